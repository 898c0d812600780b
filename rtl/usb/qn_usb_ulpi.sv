// SPDX-License-Identifier: Apache-2.0
// qn_usb_ulpi: the link over USB at high speed behind a ULPI PHY (USB3300, USB3343 and their like), which gives the clock of 60 MHz. The device is
// LUNA's (gen_luna.py); README.md says how a board puts it in.

`default_nettype none

module qn_usb_ulpi (
  input  logic       clk_i,                // core
  input  logic       rst_ni,               // synchronous to clk_i, low for three clocks of ulpi_clk_i at least
  input  logic       ulpi_clk_i,

  input  logic [7:0] ulpi_data_i,          // pins, all at ulpi_clk_i
  output logic [7:0] ulpi_data_o,
  output logic       ulpi_oe_o,
  input  logic       ulpi_dir_i,
  input  logic       ulpi_nxt_i,
  output logic       ulpi_stp_o,
  output logic       ulpi_rst_o,           // of the PHY, active high

  output logic       in_valid_o,           // the host's bytes, to qn_soc
  input  logic       in_ready_i,
  output logic [7:0] in_data_o,
  input  logic       out_valid_i,          // frames, from qn_soc
  output logic       out_ready_o,
  input  logic [7:0] out_data_i,
  input  logic       out_last_i,
  output logic       active_o              // a host has configured it; at ulpi_clk_i
);

  logic       usb_rst_n, o_valid, o_ready, i_valid, i_ready, i_last;
  logic [7:0] o_data, i_data;
  qn_usb_bytes u_bytes (
    .clk_i, .rst_ni, .usb_clk_i(ulpi_clk_i), .usb_rst_no(usb_rst_n),
    .in_valid_o, .in_ready_i, .in_data_o, .out_valid_i, .out_ready_o, .out_data_i, .out_last_i,
    .usb_out_valid_i(o_valid), .usb_out_ready_o(o_ready), .usb_out_data_i(o_data),
    .usb_in_valid_o(i_valid), .usb_in_ready_i(i_ready), .usb_in_data_o(i_data), .usb_in_last_o(i_last));

  qn_luna_hs u_luna (
    .clk(ulpi_clk_i), .rst(!usb_rst_n), .active(active_o),
    .out_valid(o_valid), .out_ready(o_ready), .out_data(o_data), .in_valid(i_valid), .in_ready(i_ready), .in_data(i_data), .in_last(i_last),
    .data_i(ulpi_data_i), .data_o(ulpi_data_o), .data_oe(ulpi_oe_o), .dir_i(ulpi_dir_i), .nxt_i(ulpi_nxt_i), .stp_o(ulpi_stp_o), .phy_rst_o(ulpi_rst_o));

endmodule

`default_nettype wire
