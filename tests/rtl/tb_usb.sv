// SPDX-License-Identifier: Apache-2.0
// tb_usb: a USB device and the front door behind it, with a memory of 64 K words and registers, for the benches tb_qn_usb_*.cpp.
// Paced: the memory answers at times only, so that the host is held up.

`default_nettype none

module tb_usb #(
  parameter bit High = 1'b0                // ULPI; else full speed on pins
) (
  input  logic        clk_i,
  input  logic        rst_ni,
  input  logic        usb_clk_i,           // 12 MHz; ULPI: 60 MHz
  input  logic        usb_clk48_i,
  input  logic        ms_i,
  input  logic [31:0] seed_i,
  input  logic        hold_i,              // memory answers nothing

  input  logic        dp_i,
  input  logic        dn_i,
  output logic        dp_o,
  output logic        dn_o,
  output logic        oe_o,
  output logic        pullup_o,

  input  logic [7:0]  ulpi_data_i,
  output logic [7:0]  ulpi_data_o,
  output logic        ulpi_oe_o,
  input  logic        ulpi_dir_i,
  input  logic        ulpi_nxt_i,
  output logic        ulpi_stp_o,
  output logic        ulpi_rst_o,

  output logic        active_o,
  output logic [31:0] taken_o              // bytes that reached the door
);

  logic       in_valid, in_ready, out_valid, out_ready, out_last;
  logic [7:0] in_data, out_data;

  generate
    if (High) begin : g_high
      qn_usb_ulpi u_usb (
        .clk_i, .rst_ni, .ulpi_clk_i(usb_clk_i), .ulpi_data_i, .ulpi_data_o, .ulpi_oe_o, .ulpi_dir_i, .ulpi_nxt_i, .ulpi_stp_o, .ulpi_rst_o,
        .in_valid_o(in_valid), .in_ready_i(in_ready), .in_data_o(in_data), .out_valid_i(out_valid), .out_ready_o(out_ready), .out_data_i(out_data),
        .out_last_i(out_last), .active_o);
      assign {dp_o, dn_o, oe_o, pullup_o} = '0;
    end else begin : g_full
      qn_usb_fs u_usb (
        .clk_i, .rst_ni, .clk12_i(usb_clk_i), .clk48_i(usb_clk48_i), .dp_i, .dn_i, .dp_o, .dn_o, .oe_o, .pullup_o,
        .in_valid_o(in_valid), .in_ready_i(in_ready), .in_data_o(in_data), .out_valid_i(out_valid), .out_ready_o(out_ready), .out_data_i(out_data),
        .out_last_i(out_last), .active_o);
      assign {ulpi_data_o, ulpi_oe_o, ulpi_stp_o, ulpi_rst_o} = '0;
    end
  endgenerate

  always_ff @(posedge clk_i) begin
    if (!rst_ni)                   taken_o <= '0;
    else if (in_valid && in_ready) taken_o <= taken_o + 1'b1;
  end

  logic        req_valid, req_ready, req_we, rsp_valid, reg_valid, reg_we, reg_done, bell_valid, reset_valid;
  logic [29:0] req_addr;
  logic [4:0]  req_len;
  logic [31:0] req_wdata, rsp_data, reg_wdata, reg_rdata, bell_value, reset;
  logic [15:0] reg_addr, bell;
  qn_door u_door (
    .clk_i, .rst_ni, .ms_i, .seed_i, .in_valid_i(in_valid), .in_ready_o(in_ready), .in_data_i(in_data), .out_valid_o(out_valid), .out_ready_i(out_ready),
    .out_data_o(out_data), .out_last_o(out_last), .req_valid_o(req_valid), .req_ready_i(req_ready), .req_busy_i(1'b0), .req_we_o(req_we), .req_addr_o(req_addr),
    .req_len_o(req_len), .req_wdata_o(req_wdata), .rsp_valid_i(rsp_valid), .rsp_data_i(rsp_data), .reg_valid_o(reg_valid), .reg_we_o(reg_we),
    .reg_addr_o(reg_addr), .reg_wdata_o(reg_wdata), .reg_done_i(reg_done), .reg_rdata_i(reg_rdata), .reg_fault_i(1'b0), .bell_valid_o(bell_valid),
    .bell_o(bell), .bell_value_o(bell_value), .reset_valid_o(reset_valid), .reset_o(reset));

  // A word a clock; a read of several is answered before the next request
  logic [31:0] mem [0:65535];
  logic [15:0] at_q;
  logic [4:0]  left_q;
  assign req_ready = left_q == 5'd0 && !hold_i;
  always_ff @(posedge clk_i) begin
    rsp_valid <= rst_ni && left_q != 5'd0;
    rsp_data  <= mem[at_q];
    if (!rst_ni)                              left_q <= 5'd0;
    else if (req_valid && req_ready && !req_we) left_q <= req_len;
    else if (left_q != 5'd0)                  left_q <= left_q - 5'd1;
    if (req_valid && req_ready) at_q <= req_addr[15:0];
    else                        at_q <= at_q + 16'd1;
    if (req_valid && req_ready && req_we) mem[req_addr[15:0]] <= req_wdata;
  end

  logic [31:0] regs [0:255];
  always_ff @(posedge clk_i) begin
    reg_done  <= reg_valid && !reg_done;
    reg_rdata <= regs[reg_addr[7:0]];
    if (reg_valid && reg_we) regs[reg_addr[7:0]] <= reg_wdata;
  end

  /* verilator lint_off UNUSEDSIGNAL */    // what no bench looks at
  logic unused;
  assign unused = &{1'b0, bell_valid, bell, bell_value, reset_valid, reset, req_addr, reg_addr, dp_i, dn_i, usb_clk48_i, ulpi_data_i, ulpi_dir_i, ulpi_nxt_i};
  /* verilator lint_on UNUSEDSIGNAL */

endmodule

`default_nettype wire
