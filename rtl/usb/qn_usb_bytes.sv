// SPDX-License-Identifier: Apache-2.0
// qn_usb_bytes: between a USB device's streams at its clock and qn_soc's at the core's: a crossing each way, and where transfers end.

`default_nettype none

module qn_usb_bytes (
  input  logic       clk_i,                // core
  input  logic       rst_ni,
  input  logic       usb_clk_i,
  output logic       usb_rst_no,           // synchronous to usb_clk_i

  output logic       in_valid_o,           // the host's bytes, to qn_soc
  input  logic       in_ready_i,
  output logic [7:0] in_data_o,
  input  logic       out_valid_i,          // frames, from qn_soc
  output logic       out_ready_o,
  input  logic [7:0] out_data_i,
  input  logic       out_last_i,

  input  logic       usb_out_valid_i,      // from the endpoint OUT
  output logic       usb_out_ready_o,
  input  logic [7:0] usb_out_data_i,
  output logic       usb_in_valid_o,       // to the endpoint IN
  input  logic       usb_in_ready_i,
  output logic [7:0] usb_in_data_o,
  output logic       usb_in_last_o
);

  logic [1:0] rst_q;
  always_ff @(posedge usb_clk_i) rst_q <= {rst_q[0], rst_ni};
  assign usb_rst_no = rst_q[1];

  qn_async_fifo #(.Width(8), .Depth(16)) u_in (
    .in_clk_i(usb_clk_i), .in_rst_ni(usb_rst_no), .in_valid_i(usb_out_valid_i), .in_ready_o(usb_out_ready_o), .in_data_i(usb_out_data_i),
    .out_clk_i(clk_i), .out_rst_ni(rst_ni), .out_valid_o(in_valid_o), .out_ready_i(in_ready_i), .out_data_o(in_data_o));

  logic       valid, ready, last;
  logic [7:0] data;
  qn_async_fifo #(.Width(9), .Depth(16)) u_out (
    .in_clk_i(clk_i), .in_rst_ni(rst_ni), .in_valid_i(out_valid_i), .in_ready_o(out_ready_o), .in_data_i({out_last_i, out_data_i}),
    .out_clk_i(usb_clk_i), .out_rst_ni(usb_rst_no), .out_valid_o(valid), .out_ready_i(ready), .out_data_o({last, data}));

  qn_usb_tail u_tail (
    .clk_i(usb_clk_i), .rst_ni(usb_rst_no), .in_valid_i(valid), .in_ready_o(ready), .in_data_i(data), .in_last_i(last),
    .out_valid_o(usb_in_valid_o), .out_ready_i(usb_in_ready_i), .out_data_o(usb_in_data_o), .out_last_o(usb_in_last_o));

endmodule

`default_nettype wire
