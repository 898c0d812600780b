// SPDX-License-Identifier: Apache-2.0
// qn_dot_row: a row's slice of activations on its way to the row's elements: two registers, and between them the sums of pairs.
// (inverted, as qn_dot takes them). Once a row, for all columns.

`default_nettype none

module qn_dot_row #(
  parameter int Lanes = 8,
  parameter bit Pairs = 1                  // pair_o is made
) (
  input  logic                 clk_i,
  input  logic [8*Lanes-1:0]   act_i,
  output logic [8*Lanes-1:0]   act_o,
  output logic [9*Lanes/2-1:0] pair_o
);

  logic [8*Lanes-1:0] act_q;
  always_ff @(posedge clk_i) begin
    act_q <= act_i;
    act_o <= act_q;
  end

  genvar u;
  generate
    for (u = 0; u < Lanes / 2; u = u + 1) begin : g_pair
      if (Pairs) begin : g_sum
        always_ff @(posedge clk_i)
          pair_o[9*u +: 9] <= ~({act_q[16*u+7], act_q[16*u +: 8]} + {act_q[16*u+15], act_q[16*u+8 +: 8]});
      end else begin : g_none
        assign pair_o[9*u +: 9] = '0;
      end
    end
  endgenerate

endmodule

`default_nettype wire
