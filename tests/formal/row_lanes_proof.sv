// SPDX-License-Identifier: Apache-2.0
// The reduction lemma, without RTL: sixteen lanes, each doubling its own partial and adding its own term, sum to what one partial becomes
// that doubles and adds the terms' sum. With row_step_proof: a half row is the sum of sixteen lanes, by induction over the planes.

`default_nettype none

module row_lanes_proof (
  input logic          clk_i,
  input logic [16*28-1:0] partial_i,       // of each lane
  input logic [16*28-1:0] term_i           // activation where the plane selects it, else 0; negated where the plane is
);

  logic [27:0] lanes, sum, terms;
  integer k;
  always @(*) begin
    lanes = 28'd0;
    sum   = 28'd0;
    terms = 28'd0;
    for (k = 0; k < 16; k = k + 1) begin
      lanes = lanes + (partial_i[28*k +: 28] * 28'd2 + term_i[28*k +: 28]);
      sum   = sum + partial_i[28*k +: 28];
      terms = terms + term_i[28*k +: 28];
    end
  end
  always @(*) assert (lanes == sum * 28'd2 + terms);
  always @(*) cover (lanes == 28'd12345);

endmodule

`default_nettype wire
