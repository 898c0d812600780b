// SPDX-License-Identifier: Apache-2.0
// qn_trit_code: an output's codes to digits of -1, 0 and 1 (two's complement), each at the clock at which its place in a chain wants it (qn_trit_dot).
// Digits 1: ternary weights, a code is weight + 1 (TQ2_0's). Digits 3: weights of four bits, a code is weight + 8 (Q4_0's); weight + 13 has three digits of base 3, from 0 to 2:
// the weight's own, balanced, each + 1. So four bits take three clocks, not four. The lowest digit comes first.

`default_nettype none

module qn_trit_code #(
  parameter int Lanes  = 128,
  parameter int Chain  = 8,
  parameter int Step   = 2,
  parameter int Digits = 1,
  parameter CodeW = Digits == 1 ? 2 : 4
) (
  input  logic                   clk_i,
  input  logic [CodeW*Lanes-1:0] code_i,
  input  logic [1:0]             digit_i,   // which one: 0, 1, 2 while the codes stay
  output logic [2*Lanes-1:0]     digit_o    // two clocks after it, later in later places
);

  // Digits of (code + 5), for codes 15 down to 0
  localparam [31:0] LOW  = {{2'd2, 2'd1, 2'd0}, {2'd2, 2'd1, 2'd0}, {2'd2, 2'd1, 2'd0}, {2'd2, 2'd1, 2'd0}, {2'd2, 2'd1, 2'd0}, 2'd2};
  localparam [31:0] MID  = {{3{2'd0}}, {3{2'd2}}, {3{2'd1}}, {3{2'd0}}, {3{2'd2}}, 2'd1};
  localparam [31:0] HIGH = {{3{2'd2}}, {9{2'd1}}, {4{2'd0}}};
  logic [CodeW*Lanes-1:0] code_q;
  logic [1:0]             which_q;
  always_ff @(posedge clk_i) begin
    code_q  <= code_i;
    which_q <= digit_i;
  end
  genvar l;
  generate
    for (l = 0; l < Lanes; l = l + 1) begin : g_lane
      logic [1:0] digit, digit_q;          // digit + 1
      if (Digits == 1) begin : g_one
        assign digit = code_q[2*l +: 2];
        logic unused;
        assign unused = ^which_q ^ ^LOW ^ ^MID ^ ^HIGH;
      end else begin : g_three
        logic [4:0] at;
        assign at = {code_q[4*l +: 4], 1'b0};
        assign digit = which_q == 2'd0 ? LOW[at +: 2] : which_q == 2'd1 ? MID[at +: 2] : HIGH[at +: 2];
      end
      always_ff @(posedge clk_i) digit_q <= digit - 2'd1;
      qn_delay #(.Width(2), .Clocks((l % Chain) / Step)) u_late (.clk_i, .in_i(digit_q), .out_o(digit_o[2*l +: 2]));
    end
  endgenerate

endmodule

`default_nettype wire
