// SPDX-License-Identifier: Apache-2.0
// qn_dot_digits: weights of a slice to the digits that qn_dot takes, a bit for each choice; what takes a pair's sum, of PAIR, is inverted as that sum is: so a
// choice is two gates. Once a column, for all rows.

`default_nettype none

module qn_dot_digits #(
  parameter int Kind  = 0,                 // 0 PAIR, 1 BOOTH, 2 TERNARY
  parameter int Lanes = 8,
  parameter int Bits  = 4,                 // of a weight, two's complement (PAIR: or planes of any meaning; TERNARY: 1, the weight has 2 bits)
  parameter CodeW  = Kind == 2 ? 2 : Bits,
  parameter DigitW = Kind == 0 ? 3 * Bits * (Lanes / 2) : Kind == 1 ? 3 * ((Bits + 1) / 2) * Lanes : 4 * Lanes
) (
  input  logic [CodeW*Lanes-1:0] code_i,
  output logic [DigitW-1:0]      digit_o
);

  genvar u, d;
  generate
    if (Kind == 0) begin : g_pair
      for (u = 0; u < Lanes / 2; u = u + 1) begin : g_unit
        for (d = 0; d < Bits; d = d + 1) begin : g_plane
          logic a, b;
          assign a = code_i[Bits*2*u + d];
          assign b = code_i[Bits*(2*u+1) + d];
          assign digit_o[3*(u*Bits + d) +: 3] = {!(a && b), b && !a, a && !b};
        end
      end
    end else if (Kind == 1) begin : g_booth
      localparam int Digits = (Bits + 1) / 2;
      for (u = 0; u < Lanes; u = u + 1) begin : g_unit
        logic [2*Digits:0] w;              // sign-extended, a 0 below
        assign w = {{2*Digits-Bits{code_i[Bits*u + Bits - 1]}}, code_i[Bits*u +: Bits], 1'b0};
        for (d = 0; d < Digits; d = d + 1) begin : g_digit
          logic one, two;
          assign one = w[2*d+1] ^ w[2*d];
          assign two = (w[2*d+2] ^ w[2*d+1]) && !one;
          assign digit_o[3*(u*Digits + d) +: 3] = {w[2*d+2] && (one || two), two, one};
        end
      end
    end else begin : g_ternary
      for (u = 0; u < Lanes; u = u + 1) begin : g_unit
        logic plus, minus;
        assign plus  = code_i[2*u +: 2] == 2'b01;
        assign minus = code_i[2*u + 1];
        assign digit_o[4*u +: 4] = {minus, plus, !minus, !plus};
      end
    end
  endgenerate

endmodule

`default_nettype wire
