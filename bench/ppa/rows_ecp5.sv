// SPDX-License-Identifier: Apache-2.0
// qn_rows between registers, for place and route: its inputs come out of a shift register that one pin fills, its outputs are folded into one pin, half a
// row each clock. Every path of the rows is register to register.

`default_nettype none

module rows_ecp5 #(
  parameter int Element = 0,
  parameter int Rows    = 4
) (
  input  logic clk_i,
  input  logic d_i,
  output logic q_o
);

  localparam PairW = $clog2(Rows) - 1;
  localparam int InW = 1 + PairW + 1 + 128 + 2 * Rows + 32 + 3;
  logic [InW-1:0]     in_q;
  logic [56*Rows-1:0] partial, fold_q;

  always_ff @(posedge clk_i) in_q <= {in_q[InW-2:0], d_i};

  qn_rows #(.Element(Element), .Rows(Rows)) u_rows (
    .clk_i, .rst_ni(in_q[0]), .load_i(in_q[1]), .load_last_i(in_q[2]), .load_pair_i(in_q[3 +: PairW]), .load_data_i(in_q[3+PairW +: 128]),
    .swap_i(in_q[131+PairW +: Rows]), .en_i(in_q[131+PairW+Rows +: Rows]), .part_i(2'd0), .plane_i(in_q[131+PairW+2*Rows +: 32]),
    .first_i(in_q[163+PairW+2*Rows]), .neg_i(in_q[164+PairW+2*Rows]), .partial_o(partial));

  always_ff @(posedge clk_i) fold_q <= in_q[5] ? partial : {1'b0, fold_q[56*Rows-1:1]} ^ {fold_q[0], {56*Rows-1{1'b0}}};
  assign q_o = fold_q[0];

endmodule

`default_nettype wire
