// SPDX-License-Identifier: Apache-2.0
// qn_trit_array between registers, for place and route: its inputs come out of a shift register that one pin fills (a lane's bits are shifted from one to the next),
// its results are folded into one pin. Every path of the array is register to register.

`default_nettype none

module trit_ecp5 #(
  parameter int Rows   = 4,
  parameter int Parts  = 2,
  parameter int Cols   = 4,
  parameter int Digits = 1,
  parameter int Halves = 0,
  parameter int ScaleW = 7,
  parameter int AccW   = 28
) (
  input  logic clk_i,
  input  logic d_i,
  output logic q_o
);

  localparam int Outs  = Parts * Cols;
  localparam int CodeW = 128 * Outs * (Digits == 1 ? 2 : 4);
  localparam int ActW  = 8 * Rows;
  localparam int InW   = 15 + ActW + ScaleW * Outs + CodeW;
  logic [InW-1:0]            in_q;
  logic [AccW*Rows*Outs-1:0] result, fold_q;
  logic                      load_ready, full, code_ready;
  logic [Rows-1:0]           valid;

  always_ff @(posedge clk_i) in_q <= {in_q[InW-2:0], d_i};

  qn_trit_array #(.Rows(Rows), .Parts(Parts), .Cols(Cols), .Digits(Digits), .Halves(Halves), .ScaleW(ScaleW), .AccW(AccW)) u_array (
    .clk_i, .rst_ni(in_q[0]), .load_ready_o(load_ready), .load_valid_i(in_q[1]), .load_act_i(in_q[15 +: ActW]), .full_o(full), .swap_i(in_q[2]),
    .code_ready_o(code_ready), .code_valid_i(in_q[3]), .code_first_i(in_q[4]), .code_last_i(in_q[5]), .code_addr_i(in_q[14:6]),
    .code_i(in_q[15+ActW+ScaleW*Outs +: CodeW]), .scale_i(in_q[15+ActW +: ScaleW*Outs]), .valid_o(valid), .result_o(result));

  always_ff @(posedge clk_i) fold_q <= valid[0] ? result : {fold_q[AccW*Rows*Outs-2:0], fold_q[AccW*Rows*Outs-1] ^ load_ready ^ full ^ code_ready ^ (^valid)};
  assign q_o = fold_q[0];

endmodule

`default_nettype wire
