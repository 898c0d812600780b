// SPDX-License-Identifier: Apache-2.0
// qn_fpack: the last step of every FP32 unit: rounds, then flushes or overflows, then puts in the special results.
// One clock, when it is enabled.
// A carry out of the fraction steps the exponent, so what is tiny is decided after rounding; but a carry is known without the sum, which
// decides beside it.
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

  // What either carry makes of the exponent is known before the carry is
  function automatic [31:0] pack(input sign, input [9:0] exp, input [22:0] frac, input up, input nan, input inf, input zero);
    logic        carry, fixed, top, special, infinite;
    logic [30:0] rounded;
    carry    = up && &frac;
    top      = !exp[9] && (exp[8] || &exp[7:0]);
    fixed    = nan || inf || zero || exp[9] || top;
    special  = carry ? fixed || &exp[7:1] : fixed || exp[7:0] == 8'd0;
    infinite = inf || (!zero && (top || (!exp[9] && &exp[7:1] && carry)));
    rounded  = {exp[7:0], frac} + {30'd0, up};
    pack     = {sign && !nan, special ? {{8{nan || infinite}}, nan, 22'd0} : rounded};
  endfunction

  always_ff @(posedge clk_i) if (en_i) y_o <= pack(sign_i, exp_i, frac_i, up_i, nan_i, inf_i, zero_i);

endmodule

`default_nettype wire
