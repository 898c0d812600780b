// SPDX-License-Identifier: Apache-2.0
// ddr_soc: the system of a board with DDR3, LiteDRAM's controller before its model of a part in the place of pins. The parameters are target.svh's.

`default_nettype none

module ddr_soc (
  input  logic        clk_i,
  input  logic        rst_ni,
  input  logic        spoil_i,             // what the firmware reads of a burst has a wrong bit
  output logic        box_valid_o,         // the firmware writes a word of the mailbox
  output logic [7:0]  box_o,
  output logic [31:0] box_data_o,
  output logic        console_valid_o,
  output logic [7:0]  console_data_o
);

  logic         req_valid, req_ready, req_we, rsp_valid, ctl_valid, ctl_we, ctl_done;
  logic [29:0]  req_addr;
  logic [4:0]   req_len;
  logic [31:0]  req_wdata, rsp_data, ctl_wdata, ctl_rdata, burst_bit;
  logic [3:0]   req_wstrb;
  logic [10:0]  ctl_addr;
  assign burst_bit = {31'd0, spoil_i && ctl_addr == 11'h407};
  assign box_valid_o = u_soc.cpu_valid && u_soc.cpu_we && u_soc.cpu_done;
  assign box_o       = u_soc.cpu_addr;
  assign box_data_o  = u_soc.cpu_wdata;
  /* verilator lint_off PINMISSING */
  qn_soc #(
`include "target.svh"
    .ClockHz(75000000)
  ) u_soc (
    .clk_i, .clk2x_i(1'b0), .rst_ni, .dq_i(16'd0), .in_valid_i(1'b0), .in_data_i(8'd0), .out_ready_i(1'b1),
    .console_valid_o, .console_ready_i(1'b1), .console_data_o,
    .mem_valid_o(req_valid), .mem_ready_i(req_ready), .mem_we_o(req_we), .mem_addr_o(req_addr), .mem_len_o(req_len), .mem_wdata_o(req_wdata),
    .mem_wstrb_o(req_wstrb), .mem_rsp_valid_i(rsp_valid), .mem_rsp_data_i(rsp_data),
    .ctl_valid_o(ctl_valid), .ctl_we_o(ctl_we), .ctl_addr_o(ctl_addr), .ctl_wdata_o(ctl_wdata), .ctl_done_i(ctl_done), .ctl_rdata_i(ctl_rdata ^ burst_bit));
  tb_ddr u_ddr (
    .clk_i, .rst_ni, .req_valid_i(req_valid), .req_ready_o(req_ready), .req_we_i(req_we), .req_addr_i(req_addr), .req_len_i(req_len),
    .req_wdata_i(req_wdata), .req_wstrb_i(req_wstrb), .rsp_valid_o(rsp_valid), .rsp_data_o(rsp_data),
    .ctl_valid_i(ctl_valid), .ctl_we_i(ctl_we), .ctl_addr_i(ctl_addr), .ctl_wdata_i(ctl_wdata), .ctl_done_o(ctl_done), .ctl_rdata_o(ctl_rdata));
  /* verilator lint_on PINMISSING */

endmodule

`default_nettype wire
