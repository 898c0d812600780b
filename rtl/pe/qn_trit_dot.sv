// SPDX-License-Identifier: Apache-2.0
// qn_trit_dot: the sum of Lanes activations (-127..127), each times a digit of -1, 0 or 1: chains of Chain adders, a register after every Step of them, and a tree
// of the chains with a register after each level. What is for place k of a chain k / Step clocks after what is for place 0.

`default_nettype none

module qn_trit_dot #(
  parameter int Lanes = 128,
  parameter int Chain = 8,                 // divides Lanes
  parameter int Step  = 2,                 // divides Chain
  parameter SumW = $clog2(127 * Chain + 1) + 1 + $clog2(Lanes / Chain)
) (
  input  logic               clk_i,
  input  logic [8*Lanes-1:0] act_i,
  input  logic [2*Lanes-1:0] digit_i,
  output logic [SumW-1:0]    sum_o
);

  localparam int ChainW = $clog2(127 * Chain + 1) + 1;
  logic [ChainW*(Lanes/Chain)-1:0] chains;
  genvar c;
  generate
    for (c = 0; c < Lanes / Chain; c = c + 1) begin : g_chain
      qn_trit_chain #(.Chain(Chain), .Step(Step)) u_chain (
        .clk_i, .sum_i(1'b0), .act_i(act_i[8*Chain*c +: 8*Chain]), .digit_i(digit_i[2*Chain*c +: 2*Chain]), .sum_o(chains[ChainW*c +: ChainW]));
    end
  endgenerate
  qn_tree #(.Count(Lanes / Chain), .Width(ChainW)) u_tree (.clk_i, .in_i(chains), .sum_o);

endmodule

`default_nettype wire
