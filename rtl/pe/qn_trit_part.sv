// SPDX-License-Identifier: Apache-2.0
// qn_trit_part: one row's activations in use, and Cols outputs that are computed from them. Digits, scales and control go on to
// the same part of the next row, a clock later.

`default_nettype none

module qn_trit_part #(
  parameter int Lanes  = 128,
  parameter int Chain  = 8,
  parameter int Step   = 2,
  parameter int Cols   = 4,
  parameter int Digits = 1,
  parameter int ScaleW = 7,
  parameter int AccW   = 28
) (
  input  logic                     clk_i,
  input  logic [Chain/Step-1:0]    take_i,   // activations of these places, a clock before the digits that want them
  input  logic [8*Lanes-1:0]       act_i,
  input  logic [2*Lanes*Cols-1:0]  digit_i,
  input  logic [ScaleW*Cols-1:0]   scale_i,
  input  logic [11:0]              control_i,
  output logic [Chain/Step-1:0]    take_o,
  output logic [2*Lanes*Cols-1:0]  digit_o,
  output logic [ScaleW*Cols-1:0]   scale_o,
  output logic [11:0]              control_o,
  output logic [AccW*Cols-1:0]     result_o
);

  localparam SumW = $clog2(127 * Chain + 1) + 1 + $clog2(Lanes / Chain);
  logic [Chain/Step-1:0]    take_q;
  logic [8*Lanes-1:0]       act_q;
  logic [2*Lanes*Cols-1:0]  digit_q;
  logic [ScaleW*Cols-1:0]   scale_q;
  logic [11:0]              control_q;
  always_ff @(posedge clk_i) begin
    take_q    <= take_i;
    digit_q   <= digit_i;
    scale_q   <= scale_i;
    control_q <= control_i;
  end
  assign take_o    = take_q;
  assign digit_o   = digit_q;
  assign scale_o   = scale_q;
  assign control_o = control_q;
  genvar l, c;
  generate
    for (l = 0; l < Lanes; l = l + 1) begin : g_lane
      always_ff @(posedge clk_i) if (take_q[(l % Chain) / Step]) act_q[8*l +: 8] <= act_i[8*l +: 8];
    end
    for (c = 0; c < Cols; c = c + 1) begin : g_col
      logic [SumW-1:0] sum;
      qn_trit_dot #(.Lanes(Lanes), .Chain(Chain), .Step(Step)) u_dot (.clk_i, .act_i(act_q), .digit_i(digit_q[2*Lanes*c +: 2*Lanes]), .sum_o(sum));
      qn_trit_sum #(.SumW(SumW), .ScaleW(ScaleW), .Digits(Digits), .AccW(AccW)) u_sum (
        .clk_i, .sum_i(sum), .scale_i(scale_q[ScaleW*c +: ScaleW]), .digit_first_i(control_q[11]), .write_i(control_q[10]), .first_i(control_q[9]),
        .addr_i(control_q[8:0]), .result_o(result_o[AccW*c +: AccW]));
    end
  endgenerate

endmodule

`default_nettype wire
