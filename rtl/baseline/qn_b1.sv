// SPDX-License-Identifier: Apache-2.0
// qn_b1: baseline B1, B0 with FP16 activations and weights: a weight-stationary systolic array of qn_b1_element. Codes come in, are dequantized to FP16, shift and are
// swapped as in qn_b0; Free leaves the dequantizers out (weights arrive as FP16). Activations come from the left, a row's 1 + Cuts[2] clocks after the one's above; FP32 sums leave below, a
// column's a clock after its left neighbour's. A sum over more than Rows inputs is finished in a buffer outside, which is not counted, nor are the skew registers.

`default_nettype none

module qn_b1 #(
  parameter int Rows   = 16,               // inputs
  parameter int Cols   = 16,               // outputs
  parameter int SumW   = 29,               // 25 + log2(Rows)
  parameter int Cuts   = 7,
  parameter int CodeW  = 4,
  parameter int ScaleW = 4,
  parameter int Free   = 0,
  parameter InW = Free != 0 ? 16 : CodeW
) (
  input  logic                   clk_i,
  input  logic                   shift_i,
  input  logic [Rows-1:0]        swap_i,   // skewed as the activations
  input  logic [InW*Cols-1:0]    code_i,   // four clocks ahead of its shift_i (Free: with it)
  input  logic [ScaleW*Cols-1:0] scale_i,
  input  logic [16*Rows-1:0]     act_i,
  output logic [32*Cols-1:0]     sum_o
);

  function automatic [15:0] split(input [14:0] x);               // {exponent, significand}
    split = {x[14:10] == 5'd0 ? 5'd1 : x[14:10], x[14:10] != 5'd0, x[9:0]};
  endfunction

  // Shift reaches all elements at once: three levels of buffers, two elements of a row to each of the last
  localparam int Pairs = (Cols + 1) / 2;
  logic                  shift_q;
  logic [3:0]            shift_four;
  logic [Rows-1:0]       shift_row;
  logic [Rows*Pairs-1:0] shift;
  always_ff @(posedge clk_i) shift_q <= shift_i;
  qn_fan #(.Width(1), .Copies(4)) u_shift (.in_i(shift_q), .out_o(shift_four));
  qn_fan #(.Width(4), .Copies(Rows/4)) u_shift_row (.in_i(shift_four), .out_o(shift_row));
  qn_fan #(.Width(Rows), .Copies(Pairs)) u_shift_all (.in_i(shift_row), .out_o(shift));

  logic [17*Rows*(Cols+1)-1:0]   act;
  logic [Rows*(Cols+1)-1:0]      swap;
  logic [16*Cols*(Rows+1)-1:0]   weight;
  logic [6*Cols*(Rows+1)-1:0]    exp;
  logic [SumW*Cols*(Rows+1)-1:0] sum;
  assign exp[6*Cols-1:0]    = '0;
  assign sum[SumW*Cols-1:0] = '0;

  genvar r, c;
  generate
    for (r = 0; r < Rows; r = r + 1) begin : g_row
      qn_delay #(.Width(17)) u_act (.clk_i, .in_i({act_i[16*r + 15], split(act_i[16*r +: 15])}), .out_o(act[17*r +: 17]));
      qn_delay #(.Width(1)) u_swap (.clk_i, .in_i(swap_i[r]), .out_o(swap[r]));
      for (c = 0; c < Cols; c = c + 1) begin : g_col
        qn_b1_element #(.SumW(SumW), .Cuts(Cuts)) u_element (
          .clk_i, .shift_i(shift[Rows*(c/2) + r]), .swap_i(swap[Rows*c + r]), .swap_o(swap[Rows*(c+1) + r]),
          .weight_i(weight[16*(Cols*r + c) +: 16]), .weight_o(weight[16*(Cols*(r+1) + c) +: 16]),
          .act_i(act[17*(Rows*c + r) +: 17]), .act_o(act[17*(Rows*(c+1) + r) +: 17]),
          .exp_i(exp[6*(Cols*r + c) +: 6]), .exp_o(exp[6*(Cols*(r+1) + c) +: 6]),
          .sum_i(sum[SumW*(Cols*r + c) +: SumW]), .sum_o(sum[SumW*(Cols*(r+1) + c) +: SumW]));
      end
    end
    for (c = 0; c < Cols; c = c + 1) begin : g_foot
      if (Free != 0) begin : g_free
        qn_delay #(.Width(16)) u_weight (.clk_i, .in_i(code_i[16*c +: 16]), .out_o(weight[16*c +: 16]));
      end else begin : g_dequant
        qn_dequant_half #(.CodeW(CodeW), .ScaleW(ScaleW)) u_dequant (
          .clk_i, .code_i(code_i[InW*c +: CodeW]), .scale_i(scale_i[ScaleW*c +: ScaleW]), .weight_o(weight[16*c +: 16]));
      end
      logic [5:0] exp_q;
      qn_delay #(.Width(6), .Clocks(Cuts[1] ? 1 : 0)) u_exp (.clk_i, .in_i(exp[6*(Cols*Rows + c) +: 6]), .out_o(exp_q));
      qn_b1_foot #(.SumW(SumW)) u_foot (.clk_i, .exp_i(exp_q), .sum_i(sum[SumW*(Cols*Rows + c) +: SumW]), .result_o(sum_o[32*c +: 32]));
    end
  endgenerate

  logic unused;
  assign unused = ^{scale_i, weight[16*Cols*Rows +: 16*Cols], act[17*Rows*Cols +: 17*Rows], swap[Rows*Cols +: Rows]};

endmodule

`default_nettype wire
