// SPDX-License-Identifier: Apache-2.0
// tb_ddr: the core's memory port before LiteDRAM's controller and its model of a part, with the controller's registers.

`default_nettype none

module tb_ddr (
  input  logic        clk_i,
  input  logic        rst_ni,

  input  logic        req_valid_i,
  output logic        req_ready_o,
  input  logic        req_we_i,
  input  logic [29:0] req_addr_i,
  input  logic [4:0]  req_len_i,
  input  logic [31:0] req_wdata_i,
  input  logic [3:0]  req_wstrb_i,
  output logic        rsp_valid_o,
  output logic [31:0] rsp_data_o,

  input  logic        ctl_valid_i,         // a register, until done
  input  logic        ctl_we_i,
  input  logic [10:0] ctl_addr_i,
  input  logic [31:0] ctl_wdata_i,
  output logic        ctl_done_o,
  output logic [31:0] ctl_rdata_o,
  output logic        open_o               // commands are taken
);

  logic         cmd_valid, cmd_ready, cmd_we, wdata_valid, wdata_ready, rdata_valid;
  logic [20:0]  cmd_addr;
  logic [127:0] wdata, rdata;
  logic [15:0]  wstrb;
  qn_ddr #(.AddrW(21)) u_ddr (
    .clk_i, .rst_ni, .req_valid_i, .req_ready_o, .req_we_i, .req_addr_i, .req_len_i, .req_wdata_i, .req_wstrb_i, .rsp_valid_o, .rsp_data_o,
    .cmd_valid_o(cmd_valid), .cmd_ready_i(cmd_ready), .cmd_we_o(cmd_we), .cmd_addr_o(cmd_addr), .wdata_valid_o(wdata_valid), .wdata_ready_i(wdata_ready),
    .wdata_o(wdata), .wstrb_o(wstrb), .rdata_valid_i(rdata_valid), .rdata_i(rdata));

  logic unused_clk, unused_rst, unused_err, unused_error;
  qn_litedram_sim u_litedram (
    .clk(clk_i), .sim_trace(1'b0), .init_done(open_o), .init_error(unused_error), .user_clk(unused_clk), .user_rst(unused_rst),
    .user_port_0_cmd_valid(cmd_valid), .user_port_0_cmd_ready(cmd_ready), .user_port_0_cmd_we(cmd_we), .user_port_0_cmd_addr(cmd_addr),
    .user_port_0_wdata_valid(wdata_valid), .user_port_0_wdata_ready(wdata_ready), .user_port_0_wdata_we(wstrb), .user_port_0_wdata_data(wdata),
    .user_port_0_rdata_valid(rdata_valid), .user_port_0_rdata_ready(1'b1), .user_port_0_rdata_data(rdata),
    .wb_ctrl_adr({19'd0, ctl_addr_i}), .wb_ctrl_dat_w(ctl_wdata_i), .wb_ctrl_dat_r(ctl_rdata_o), .wb_ctrl_sel(4'd15), .wb_ctrl_cyc(ctl_valid_i),
    .wb_ctrl_stb(ctl_valid_i), .wb_ctrl_ack(ctl_done_o), .wb_ctrl_we(ctl_we_i), .wb_ctrl_cti(3'd0), .wb_ctrl_bte(2'd0), .wb_ctrl_err(unused_err));

endmodule

`default_nettype wire
