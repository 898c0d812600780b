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

  // A bit of the digit (two's complement) of each code 15 down to 0: the digits of code + 5, less 1
  function automatic [15:0] bits(input int place, input bit high);
    int c, d;
    for (c = 0; c < 16; c = c + 1) begin
      d = (c + 5) / place % 3;
      bits[c] = high ? d == 0 : d != 1;
    end
  endfunction
  logic [CodeW*Lanes-1:0] code_q;
  logic                   first_q;         // digit
  always_ff @(posedge clk_i) begin
    code_q  <= code_i;
    first_q <= digit_i == 2'd0;
  end
  genvar l, b;
  generate
    for (l = 0; l < Lanes; l = l + 1) begin : g_lane
      logic [1:0] digit, digit_q;
      if (Digits == 1) begin : g_one
        assign digit = code_q[2*l +: 2] - 2'd1;
        logic unused;
        assign unused = first_q;
      end else begin : g_three             // the digit after this one waits in a register
        logic [1:0] low, mid, high, next_q;
        for (b = 0; b < 2; b = b + 1) begin : g_bit
          qn_trit_table #(.Table(bits(1, b == 1))) u_low  (.in_i(code_q[4*l +: 4]), .out_o(low[b]));
          qn_trit_table #(.Table(bits(3, b == 1))) u_mid  (.in_i(code_q[4*l +: 4]), .out_o(mid[b]));
          qn_trit_table #(.Table(bits(9, b == 1))) u_high (.in_i(code_q[4*l +: 4]), .out_o(high[b]));
        end
        assign digit = first_q ? low : next_q;
        always_ff @(posedge clk_i) next_q <= first_q ? mid : high;
      end
      always_ff @(posedge clk_i) digit_q <= digit;
      qn_delay #(.Width(2), .Clocks((l % Chain) / Step)) u_late (.clk_i, .in_i(digit_q), .out_o(digit_o[2*l +: 2]));
    end
  endgenerate

endmodule

`default_nettype wire
