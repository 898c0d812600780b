// SPDX-License-Identifier: Apache-2.0
// qn_usb_fs: the link over USB at full speed on three pins, without a PHY: D+, D- and what drives the pull-up of D+. The device is LUNA's
// (gen_luna.py); README.md says how a board puts it in. The pull-up is on from reset on, so a host sees the board once it is configured.

`default_nettype none

module qn_usb_fs (
  input  logic       clk_i,                // core
  input  logic       rst_ni,               // synchronous to clk_i, low for three clocks of clk12_i at least
  input  logic       clk12_i,              // both from one PLL, in phase
  input  logic       clk48_i,

  input  logic       dp_i,                 // pins
  input  logic       dn_i,
  output logic       dp_o,
  output logic       dn_o,
  output logic       oe_o,                 // drives both
  output logic       pullup_o,

  output logic       in_valid_o,           // the host's bytes, to qn_soc
  input  logic       in_ready_i,
  output logic [7:0] in_data_o,
  input  logic       out_valid_i,          // frames, from qn_soc
  output logic       out_ready_o,
  input  logic [7:0] out_data_i,
  input  logic       out_last_i,
  output logic       active_o              // a host has configured it; at 12 MHz
);

  logic       usb_rst_n, o_valid, o_ready, i_valid, i_ready, i_last;
  logic [7:0] o_data, i_data;
  qn_usb_bytes u_bytes (
    .clk_i, .rst_ni, .usb_clk_i(clk12_i), .usb_rst_no(usb_rst_n),
    .in_valid_o, .in_ready_i, .in_data_o, .out_valid_i, .out_ready_o, .out_data_i, .out_last_i,
    .usb_out_valid_i(o_valid), .usb_out_ready_o(o_ready), .usb_out_data_i(o_data),
    .usb_in_valid_o(i_valid), .usb_in_ready_i(i_ready), .usb_in_data_o(i_data), .usb_in_last_o(i_last));

  // LUNA looks at the pins' state without registers of its own
  logic [1:0] dp_q, dn_q;
  always_ff @(posedge clk48_i) begin
    dp_q <= {dp_q[0], dp_i};
    dn_q <= {dn_q[0], dn_i};
  end

  qn_luna_fs u_luna (
    .clk(clk12_i), .clk_io(clk48_i), .rst(!usb_rst_n), .active(active_o),
    .out_valid(o_valid), .out_ready(o_ready), .out_data(o_data), .in_valid(i_valid), .in_ready(i_ready), .in_data(i_data), .in_last(i_last),
    .dp_i(dp_q[1]), .dp_o(dp_o), .dp_oe(oe_o), .dn_i(dn_q[1]), .dn_o(dn_o), .pullup_o);

endmodule

`default_nettype wire
