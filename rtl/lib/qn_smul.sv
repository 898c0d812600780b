// SPDX-License-Identifier: Apache-2.0
// qn_smul: product of two signed integers, exact. Combinational. ECP5: one MULT18X18D up to 18 x 18 bits.

`default_nettype none

module qn_smul #(
  parameter int A = 8,                     // widths
  parameter int B = 16
) (
  input  logic [A-1:0]   a_i,
  input  logic [B-1:0]   b_i,
  output logic [A+B-1:0] y_o
);

  assign y_o = $signed(a_i) * $signed(b_i);

endmodule

`default_nettype wire
