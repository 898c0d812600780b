// SPDX-License-Identifier: Apache-2.0
// The table's lemma, without RTL: for four activations and a plane's four bits, the signed sum that qn_row_lut looks up (entry: signs inverted where
// the uppermost is -, and the negation of it then) plus the sum of all four, both negated where the plane is, is twice the plain sum of the
// activations that the bits select. So over tables T + s is even, and half of it is the plain sum.

`default_nettype none

module lut_sign_proof (
  input logic        clk_i,
  input logic [31:0] act_i
);

  function automatic [11:0] one(input [7:0] act);
    one = {{4{act[7]}}, act};
  endfunction
  function automatic [11:0] entry(input [2:0] plus, input [31:0] act);
    entry = (one(act[31:24]) + (plus[2] ? one(act[23:16]) : -one(act[23:16])))
          + ((plus[1] ? one(act[15:8]) : -one(act[15:8])) + (plus[0] ? one(act[7:0]) : -one(act[7:0])));
  endfunction
  function automatic [11:0] four(input [3:0] sel, input [31:0] act);
    four = ((sel[0] ? one(act[7:0]) : 12'd0) + (sel[1] ? one(act[15:8]) : 12'd0))
         + ((sel[2] ? one(act[23:16]) : 12'd0) + (sel[3] ? one(act[31:24]) : 12'd0));
  endfunction

  genvar i;                                // a plane's bits and whether it counts negative, each by itself: sums without choices
  generate
    for (i = 0; i < 32; i = i + 1) begin : g_case
      localparam [3:0] SEL = i;
      localparam NEG = i >= 16;
      localparam [3:0] SIGN = NEG ? ~SEL : SEL;
      logic [11:0] looked, all, sum;
      assign looked = SIGN[3] ? entry(SIGN[2:0], act_i) : -entry(~SIGN[2:0], act_i);
      assign all    = entry(3'd7, act_i);
      assign sum    = four(SEL, act_i) * 12'd2;
      always @(*) assert (looked + (NEG ? -all : all) == (NEG ? -sum : sum));
      always @(*) cover (looked == 12'd3);
    end
  endgenerate

endmodule

`default_nettype wire
