// SPDX-License-Identifier: Apache-2.0
// qn_fmax: the larger of two FP32 numbers, the qn_fmax of sim/model/qn_num.h bit by bit.
// A zero result is +0 and a NaN on either side gives NaN, so neither order nor grouping shows.
// Combinational.
// Costs on ECP5: 70 LUT4, 15 CCU2C.

`default_nettype none

module qn_fmax (
  input  logic [31:0] a_i,
  input  logic [31:0] b_i,
  output logic [31:0] y_o
);

  logic        a_nan, b_nan, a_more, a_wins;
  logic [30:0] unused;
  logic [31:0] a, b;                       // without subnormals: not known to the comparison, which takes longest
  assign a_nan = &a_i[30:23] && |a_i[22:0];
  assign b_nan = &b_i[30:23] && |b_i[22:0];
  // Among negative numbers the smaller magnitude is the larger. Subnormals and zeros of either sign
  // may come out in any order: the result is +0 whichever wins.
  assign {a_more, unused} = {1'b0, b_i[30:0]} - {1'b0, a_i[30:0]};      // a carry chain
  assign a_wins = a_i[31] != b_i[31] ? b_i[31] : a_more ^ a_i[31];
  assign a   = a_i[30:23] == 8'd0 ? 32'd0 : a_i;
  assign b   = b_i[30:23] == 8'd0 ? 32'd0 : b_i;
  assign y_o = a_nan || b_nan ? 32'h7fc00000 : a_wins ? a : b;

endmodule

`default_nettype wire
