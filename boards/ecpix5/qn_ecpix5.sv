// SPDX-License-Identifier: Apache-2.0
// qn_ecpix5: the system on an ECPIX-5 (LFE5UM5G-85F, 512 MB of DDR3, ULPI PHY): clocks, reset, pads, memory and the link, and nothing else. Pins: ecpix5.lpf.
// LiteDRAM's core has the PLL: 600 MHz from 100, by four for the memory's 150, of which the system's 75 are half.

`default_nettype none

module qn_ecpix5 #(
  parameter int Baud = 3000000             // of the console
) (
  input  logic        clk100_i,
  input  logic        uart_rx_i,           // from the FT2232H
  output logic        uart_tx_o,

  input  logic        ulpi_clk_i,          // the PHY's 60 MHz
  inout  wire  [7:0]  ulpi_data_io,
  input  logic        ulpi_dir_i,
  input  logic        ulpi_nxt_i,
  output logic        ulpi_stp_o,
  output logic        ulpi_rst_o,

  output logic        ddr_clk_o,           // a pair, of which nextpnr makes the other half; so are the strobes
  output logic        ddr_cke_o,
  output logic        ddr_odt_o,
  output logic        ddr_ras_no,
  output logic        ddr_cas_no,
  output logic        ddr_we_no,
  output logic [2:0]  ddr_ba_o,
  output logic [14:0] ddr_a_o,
  output logic [1:0]  ddr_dm_o,
  inout  wire  [15:0] ddr_dq_io,
  inout  wire  [1:0]  ddr_dqs_io
);

  localparam int ClockHz = 75000000;

  // The memory's controller and all clocks
  logic         clk, litedram_rst;
  logic         cmd_valid, cmd_ready, cmd_we, wdata_valid, wdata_ready, rdata_valid;
  logic [24:0]  cmd_addr;
  logic [127:0] wdata, rdata;
  logic [15:0]  wstrb;
  logic         ctl_valid, ctl_we, ctl_done;
  logic [10:0]  ctl_addr;
  logic [31:0]  ctl_wdata, ctl_rdata;
  /* verilator lint_off PINMISSING */      // outputs that nobody needs, pins that the board has not
  qn_litedram u_litedram (
    .clk(clk100_i), .rst(1'b0), .user_clk(clk), .user_rst(litedram_rst),
    .ddram_a(ddr_a_o), .ddram_ba(ddr_ba_o), .ddram_ras_n(ddr_ras_no), .ddram_cas_n(ddr_cas_no), .ddram_we_n(ddr_we_no), .ddram_dm(ddr_dm_o),
    .ddram_dq(ddr_dq_io), .ddram_dqs_p(ddr_dqs_io), .ddram_clk_p(ddr_clk_o), .ddram_cke(ddr_cke_o), .ddram_odt(ddr_odt_o),
    .ddram_clk_n(1'b0), .ddram_dqs_n(2'b00),
    .user_port_0_cmd_valid(cmd_valid), .user_port_0_cmd_ready(cmd_ready), .user_port_0_cmd_we(cmd_we), .user_port_0_cmd_addr(cmd_addr),
    .user_port_0_wdata_valid(wdata_valid), .user_port_0_wdata_ready(wdata_ready), .user_port_0_wdata_we(wstrb), .user_port_0_wdata_data(wdata),
    .user_port_0_rdata_valid(rdata_valid), .user_port_0_rdata_ready(1'b1), .user_port_0_rdata_data(rdata),
    .wb_ctrl_adr({19'd0, ctl_addr}), .wb_ctrl_dat_w(ctl_wdata), .wb_ctrl_dat_r(ctl_rdata), .wb_ctrl_sel(4'd15), .wb_ctrl_cyc(ctl_valid), .wb_ctrl_stb(ctl_valid),
    .wb_ctrl_ack(ctl_done), .wb_ctrl_we(ctl_we), .wb_ctrl_cti(3'd0), .wb_ctrl_bte(2'd0));
  /* verilator lint_on PINMISSING */

  // Reset as long as LiteDRAM's, and 256 clocks more: 204 of the PHY's
  logic [1:0] steady_q;
  logic [7:0] wait_q;
  logic       rst_n, ddr_rst_n, usb_rst_n, uart_rst_n;
  initial wait_q = 8'd0;
  initial rst_n = 1'b0;
  always_ff @(posedge clk) begin
    steady_q <= {steady_q[0], !litedram_rst};
    wait_q   <= !steady_q[1] ? 8'd0 : wait_q == 8'hff ? wait_q : wait_q + 8'd1;
    rst_n    <= wait_q == 8'hff;
  end
  qn_copies #(.Copies(3)) u_resets (.clk_i(clk), .in_i(rst_n), .out_o({ddr_rst_n, usb_rst_n, uart_rst_n}));

  // The system
  logic        in_valid, in_ready, out_valid, out_ready, out_last, console_valid, console_ready;
  logic [7:0]  in_data, out_data, console_data;
  logic        req_valid, req_ready, req_we, rsp_valid;
  logic [29:0] req_addr;
  logic [4:0]  req_len;
  logic [31:0] req_wdata, rsp_data;
  logic [3:0]  req_wstrb;
  /* verilator lint_off PINMISSING */      // the SDRAM's pins
  qn_soc #(
`include "target.svh"
    .ClockHz(ClockHz)
  ) u_soc (
    .clk_i(clk), .clk2x_i(1'b0), .rst_ni(rst_n), .dq_i(16'd0),
    .in_valid_i(in_valid), .in_ready_o(in_ready), .in_data_i(in_data),
    .out_valid_o(out_valid), .out_ready_i(out_ready), .out_data_o(out_data), .out_last_o(out_last),
    .console_valid_o(console_valid), .console_ready_i(console_ready), .console_data_o(console_data),
    .mem_valid_o(req_valid), .mem_ready_i(req_ready), .mem_we_o(req_we), .mem_addr_o(req_addr), .mem_len_o(req_len), .mem_wdata_o(req_wdata),
    .mem_wstrb_o(req_wstrb), .mem_rsp_valid_i(rsp_valid), .mem_rsp_data_i(rsp_data),
    .ctl_valid_o(ctl_valid), .ctl_we_o(ctl_we), .ctl_addr_o(ctl_addr), .ctl_wdata_o(ctl_wdata), .ctl_done_i(ctl_done), .ctl_rdata_i(ctl_rdata));
  /* verilator lint_on PINMISSING */

  qn_ddr #(.AddrW(25)) u_ddr (
    .clk_i(clk), .rst_ni(ddr_rst_n), .req_valid_i(req_valid), .req_ready_o(req_ready), .req_we_i(req_we), .req_addr_i(req_addr), .req_len_i(req_len),
    .req_wdata_i(req_wdata), .req_wstrb_i(req_wstrb), .rsp_valid_o(rsp_valid), .rsp_data_o(rsp_data),
    .cmd_valid_o(cmd_valid), .cmd_ready_i(cmd_ready), .cmd_we_o(cmd_we), .cmd_addr_o(cmd_addr), .wdata_valid_o(wdata_valid), .wdata_ready_i(wdata_ready),
    .wdata_o(wdata), .wstrb_o(wstrb), .rdata_valid_i(rdata_valid), .rdata_i(rdata));

  // The link over USB, and the console's bytes on the FT2232H
  logic [7:0] ulpi_out, ulpi_in, unused_uart;
  logic       ulpi_oe, unused_active, unused_valid, unused_ready;
  qn_usb_ulpi u_usb (
    .clk_i(clk), .rst_ni(usb_rst_n), .ulpi_clk_i, .ulpi_data_i(ulpi_in), .ulpi_data_o(ulpi_out), .ulpi_oe_o(ulpi_oe), .ulpi_dir_i, .ulpi_nxt_i,
    .ulpi_stp_o, .ulpi_rst_o, .in_valid_o(in_valid), .in_ready_i(in_ready), .in_data_o(in_data),
    .out_valid_i(out_valid), .out_ready_o(out_ready), .out_data_i(out_data), .out_last_i(out_last), .active_o(unused_active));
  qn_uart #(.ClockHz(ClockHz), .Baud(Baud)) u_uart (
    .clk_i(clk), .rst_ni(uart_rst_n), .rx_i(uart_rx_i), .tx_o(uart_tx_o), .in_valid_o(unused_valid), .in_ready_i(1'b1), .in_data_o(unused_uart),
    .out_valid_i(1'b0), .out_ready_o(unused_ready), .out_data_i(8'd0), .out_last_i(1'b0),
    .console_valid_i(console_valid), .console_ready_o(console_ready), .console_data_i(console_data));

  genvar i;
  generate
    for (i = 0; i < 8; i = i + 1) begin : g_ulpi
      BB u_pad (.I(ulpi_out[i]), .T(!ulpi_oe), .O(ulpi_in[i]), .B(ulpi_data_io[i]));
    end
  endgenerate

endmodule

`default_nettype wire
