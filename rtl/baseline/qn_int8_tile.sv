// SPDX-License-Identifier: Apache-2.0
// qn_int8_tile: baseline L1: an INT8 tensor core's tile, Rows x Cols outputs, Lanes products in each a clock, summed over clocks.
// Registers of activations and weights, pair sums (once a row) and selections (once a column) inside. Sums stay in carry-save form, so the adders that
// would make numbers of them are not charged to it. A step with keep_i adds to the sums, without it starts them; without valid_i
// activations have to be 0 and keep_i 1. sum_o stands 4 clocks after the step, 5 where CutA is not 0.

`default_nettype none

module qn_int8_tile #(
  parameter int Rows  = 8,
  parameter int Cols  = 4,
  parameter int Lanes = 16,
  parameter int SumW  = 27,
  parameter int CutA  = 13,
  parameter int Join  = 3
) (
  input  logic                        clk_i,
  input  logic                        keep_i,
  input  logic [8*Lanes*Rows-1:0]     act_i,     // lane k of row r at 8 (Lanes r + k)
  input  logic [8*Lanes*Cols-1:0]     code_i,
  output logic [2*SumW*Rows*Cols-1:0] sum_o      // of row r, column c at 2 SumW (Rows c + r): two bits a place
);

  localparam int Units = Lanes / 2;
  localparam int Meet  = CutA == 0 ? 3 : 4;      // clocks from a step to where its products join the sums
  logic [Meet-1:0]           keep_q;
  logic [8*Lanes*Rows-1:0]   act0_q, act_q;
  logic [9*Units*Rows-1:0]   pair_q;
  logic [8*Lanes*Cols-1:0]   code_q;
  logic [24*Units*Cols-1:0]  pick_q;
  always_ff @(posedge clk_i) begin
    keep_q <= {keep_q[Meet-2:0], keep_i};
    act0_q <= act_i;
    act_q  <= act0_q;
    code_q <= code_i;
  end

  genvar r, c, u, d;
  generate
    for (r = 0; r < Rows; r = r + 1) begin : g_row
      for (u = 0; u < Units; u = u + 1) begin : g_pair
        localparam int At = 8 * (Lanes * r + 2 * u);
        always_ff @(posedge clk_i) pair_q[9*(Units*r+u) +: 9] <= {act0_q[At+7], act0_q[At +: 8]} + {act0_q[At+15], act0_q[At+8 +: 8]};
      end
    end
    for (c = 0; c < Cols; c = c + 1) begin : g_col
      for (u = 0; u < Units; u = u + 1) begin : g_pair
        for (d = 0; d < 8; d = d + 1) begin : g_place
          logic a, b;
          assign a = code_q[8*(Lanes*c + 2*u) + d];
          assign b = code_q[8*(Lanes*c + 2*u + 1) + d];
          always_ff @(posedge clk_i) pick_q[3*(8*(Units*c+u)+d) +: 3] <= {a && b, b && !a, a && !b};
        end
      end
      for (r = 0; r < Rows; r = r + 1) begin : g_dot
        qn_int8_dot #(.Lanes(Lanes), .SumW(SumW), .CutA(CutA), .Join(Join)) u_dot (
          .clk_i, .act_i(act_q[8*Lanes*r +: 8*Lanes]), .pair_i(pair_q[9*Units*r +: 9*Units]), .pick_i(pick_q[24*Units*c +: 24*Units]),
          .keep_i(keep_q[Meet-1]), .sum_o(sum_o[2*SumW*(Rows*c+r) +: 2*SumW]));
      end
    end
  endgenerate

endmodule

`default_nettype wire
