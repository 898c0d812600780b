// SPDX-License-Identifier: Apache-2.0
// qn_soc_regs: the core's registers and the mailbox, for front door and CPU, one access at a time, the door first. A register holds its
// master's request until done, which comes three clocks after the access begins. Mailbox words 0x80 to 0xbf are written by the door alone,
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

  logic        go, cpu, go_q, cpu_q, box_valid_q, box_q, busy_q, done_q;   // an access in its first, second (go_q), third and fourth clock
  (* ram_style = "distributed" *) logic [31:0] box [0:127];   // block RAMs are what an LFE5U-85F runs out of
  logic [31:0] box_data_q;
  logic [7:0]  addr;

  assign go   = (door_valid_i || cpu_valid_i) && !go_q && !busy_q && !done_q && !core_reset_i;
  assign cpu  = !door_valid_i;
  assign addr = cpu ? cpu_addr_i : door_addr_i;

  assign door_done_o = done_q && !cpu_q;
  assign cpu_done_o  = done_q && cpu_q;

  // The access, from registers to the core or to the box
  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      go_q        <= 1'b0;
      busy_q      <= 1'b0;
      done_q      <= 1'b0;
      reg_valid_o <= 1'b0;
      box_valid_q <= 1'b0;
    end else begin
      go_q        <= go;
      busy_q      <= go_q;
      done_q      <= busy_q;
      reg_valid_o <= core_reset_i || (go && !addr[7]);
      box_valid_q <= go && addr[7];
    end
    reg_we_o    <= core_reset_i || (cpu ? cpu_we_i : door_we_i);
    reg_addr_o  <= core_reset_i ? qn_isa_pkg::REG_CTRL : addr[6:0];
    reg_wdata_o <= core_reset_i ? 32'd4 : cpu ? cpu_wdata_i : door_wdata_i;
    if (go) begin
      cpu_q <= cpu;
      box_q <= addr[7];
    end
  end

  always_ff @(posedge clk_i) begin
    if (box_valid_q && reg_we_o && reg_addr_o[6] == cpu_q) box[reg_addr_o] <= reg_wdata_o;
    box_data_q <= box[reg_addr_o];
    rdata_o    <= box_q ? box_data_q : reg_rdata_i;
  end

endmodule

`default_nettype wire
