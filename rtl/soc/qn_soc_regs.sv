// SPDX-License-Identifier: Apache-2.0
// qn_soc_regs: the core's registers and the mailbox, for front door and CPU, one access at a time, the door first. A register holds its
// master's request until done, which comes two clocks after the access begins. Mailbox words 0x80 to 0xbf are written by the door alone,
// 0xc0 to 0xff by the CPU alone. core_reset_i resets the core as its register CTRL does.

`default_nettype none

module qn_soc_regs (
  input  logic        clk_i,
  input  logic        rst_ni,

  input  logic        door_valid_i,
  input  logic        door_we_i,
  input  logic [7:0]  door_addr_i,
  input  logic [31:0] door_wdata_i,
  output logic        door_done_o,
  input  logic        cpu_valid_i,
  input  logic        cpu_we_i,
  input  logic [7:0]  cpu_addr_i,
  input  logic [31:0] cpu_wdata_i,
  output logic        cpu_done_o,
  output logic [31:0] rdata_o,             // with done
  input  logic        core_reset_i,        // one clock

  output logic        reg_valid_o,         // the core's register port
  output logic        reg_we_o,
  output logic [6:0]  reg_addr_o,
  output logic [31:0] reg_wdata_o,
  input  logic [31:0] reg_rdata_i
);

  logic        reset_q, busy_q, done_q, cpu_q, box_q;   // a reset waits; access in its second, third clock; whose; the mailbox's
  logic [31:0] box [0:127];
  logic [31:0] box_q_data;
  logic        go, cpu, we;
  logic [7:0]  addr;
  logic [31:0] wdata;

  assign go    = (door_valid_i || cpu_valid_i) && !busy_q && !done_q && !reset_q;
  assign cpu   = !door_valid_i;
  assign we    = cpu ? cpu_we_i : door_we_i;
  assign addr  = cpu ? cpu_addr_i : door_addr_i;
  assign wdata = cpu ? cpu_wdata_i : door_wdata_i;

  assign reg_valid_o = reset_q || (go && !addr[7]);
  assign reg_we_o    = reset_q || we;
  assign reg_addr_o  = reset_q ? qn_isa_pkg::REG_CTRL : addr[6:0];
  assign reg_wdata_o = reset_q ? 32'd4 : wdata;

  assign door_done_o = done_q && !cpu_q;
  assign cpu_done_o  = done_q && cpu_q;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      reset_q <= 1'b0;
      busy_q  <= 1'b0;
      done_q  <= 1'b0;
    end else begin
      reset_q <= core_reset_i;
      busy_q  <= go;
      done_q  <= busy_q;
    end
  end

  always_ff @(posedge clk_i) begin
    if (go && we && addr[7] && addr[6] == cpu) box[addr[6:0]] <= wdata;
    if (go) begin
      box_q_data <= box[addr[6:0]];
      cpu_q      <= cpu;
      box_q      <= addr[7];
    end
    rdata_o <= box_q ? box_q_data : reg_rdata_i;
  end

endmodule

`default_nettype wire
