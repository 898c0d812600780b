// SPDX-License-Identifier: Apache-2.0
// qn_tab_array between registers, for place and route: its inputs come out of a shift register that one pin fills (a byte's bits are shifted from one to the next),
// its results are folded into one pin. Every path of the array is register to register.

`default_nettype none

module tab_ecp5 #(
  parameter int Radix  = 3,
  parameter int Tables = 26,
  parameter int Groups = 8,
  parameter int ScaleW = 7,
  parameter int Rows   = 3
) (
  input  logic clk_i,
  input  logic d_i,
  output logic q_o
);

  localparam int OutW = 12 + $clog2(Tables) + (Radix == 2 ? 3 : 0) + ScaleW + $clog2(ScaleW) + $clog2(Groups);
  localparam int ActW = 8 * Rows * Groups;
  localparam int CodeW = 8 * Tables * Groups;
  localparam int InW  = 5 + ActW + CodeW + ScaleW * Groups;
  logic [InW-1:0]       in_q;
  logic [OutW*Rows-1:0] result, fold_q;
  logic                 ready, full, valid;

  always_ff @(posedge clk_i) in_q <= {in_q[InW-2:0], d_i};

  qn_tab_array #(.Radix(Radix), .Tables(Tables), .Groups(Groups), .Rows(Rows), .ScaleW(ScaleW)) u_array (
    .clk_i, .rst_ni(in_q[0]), .load_ready_o(ready), .load_valid_i(in_q[1]), .load_act_i(in_q[5 +: ActW]), .full_o(full), .swap_i(in_q[2]),
    .first_i(in_q[3]), .last_i(in_q[4]), .code_i(in_q[5+ActW +: CodeW]), .scale_i(in_q[5+ActW+CodeW +: ScaleW*Groups]),
    .valid_o(valid), .result_o(result));

  always_ff @(posedge clk_i) fold_q <= valid ? result : {fold_q[OutW*Rows-2:0], fold_q[OutW*Rows-1] ^ ready ^ full};
  assign q_o = fold_q[0];

endmodule

`default_nettype wire
