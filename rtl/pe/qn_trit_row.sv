// SPDX-License-Identifier: Apache-2.0
// qn_trit_row: one row's next activations, which come lane by lane, and the parts that take them all at once. What is common to all rows goes on to the next one.

`default_nettype none

module qn_trit_row #(
  parameter int Lanes  = 128,
  parameter int Chain  = 8,
  parameter int Step   = 2,
  parameter int Parts  = 2,
  parameter int Cols   = 4,                // of a part
  parameter int Halves = 0,                // of qn_trit_load
  parameter int Digits = 1,
  parameter int ScaleW = 7,
  parameter int AccW   = 28,
  parameter AddrW = $clog2(Lanes)
) (
  input  logic                           clk_i,
  input  logic                           load_i,
  input  logic [AddrW-1:0]               lane_i,
  input  logic [7:0]                     act_i,
  input  logic [Chain/Step*Parts-1:0]    take_i,
  input  logic [2*Lanes*Cols*Parts-1:0]  digit_i,
  input  logic [ScaleW*Cols*Parts-1:0]   scale_i,
  input  logic [12*Parts-1:0]            control_i,
  output logic [Chain/Step*Parts-1:0]    take_o,
  output logic [2*Lanes*Cols*Parts-1:0]  digit_o,
  output logic [ScaleW*Cols*Parts-1:0]   scale_o,
  output logic [12*Parts-1:0]            control_o,
  output logic [AccW*Cols*Parts-1:0]     result_o
);

  localparam int Stages = Chain / Step;
  logic [8*Lanes-1:0] act;
  qn_trit_load #(.Lanes(Lanes), .Halves(Halves)) u_load (.clk_i, .we_i(load_i), .lane_i, .act_i, .act_o(act));
  genvar p;
  generate
    for (p = 0; p < Parts; p = p + 1) begin : g_part
      qn_trit_part #(.Lanes(Lanes), .Chain(Chain), .Step(Step), .Cols(Cols), .Digits(Digits), .ScaleW(ScaleW), .AccW(AccW)) u_part (
        .clk_i, .take_i(take_i[Stages*p +: Stages]), .act_i(act), .digit_i(digit_i[2*Lanes*Cols*p +: 2*Lanes*Cols]), .scale_i(scale_i[ScaleW*Cols*p +: ScaleW*Cols]),
        .control_i(control_i[12*p +: 12]), .take_o(take_o[Stages*p +: Stages]), .digit_o(digit_o[2*Lanes*Cols*p +: 2*Lanes*Cols]),
        .scale_o(scale_o[ScaleW*Cols*p +: ScaleW*Cols]), .control_o(control_o[12*p +: 12]), .result_o(result_o[AccW*Cols*p +: AccW*Cols]));
    end
  endgenerate

endmodule

`default_nettype wire
