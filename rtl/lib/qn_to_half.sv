// SPDX-License-Identifier: Apache-2.0
// qn_to_half: FP32 to the nearest FP16, ties to even: the bits of qn_half_near of sim/model/qn_num.h. Subnormal results are values; what is
// too large becomes infinity, and so does NaN.
// Half before a register, which takes when enabled, half behind it.
// Costs on ECP5: 97 LUT4, 22 CCU2C.

`default_nettype none

module qn_to_half (
  input  logic        clk_i,
  input  logic        en_i,
  input  logic [31:0] x_i,
  output logic [15:0] h_o
);

  // 1.m in units of the last place kept: 2^-10, below 2^-14 up to 11 places more
  logic [7:0]  exp;
  logic [3:0]  more;
  logic        normal;
  logic [34:0] mant;
  assign exp    = x_i[30:23];
  assign normal = exp[7] || (&exp[6:4] && exp[3:0] != 4'd0);        // 113 or more
  assign more   = normal ? 4'd0 : 4'd1 - exp[3:0];                 // 113 - exp
  assign mant   = {1'b1, x_i[22:0], 11'd0} >> more;

  logic        sign_q, over_q, none_q, up;
  logic [4:0]  exp_q;
  logic [34:0] mant_q;
  always_ff @(posedge clk_i) if (en_i) begin
    sign_q <= x_i[31];
    over_q <= exp >= 8'd143;
    none_q <= exp < 8'd102;
    exp_q  <= normal ? exp[4:0] - 5'd17 : 5'd0;
    mant_q <= mant;
  end

  logic [14:0] down;
  assign up   = mant_q[23] && (mant_q[24] || mant_q[22:0] != 23'd0);
  assign down = {exp_q, 10'd0} + {4'd0, mant_q[34:24]} + {14'd0, up};    // a carry ends in the exponent
  assign h_o  = {sign_q, over_q ? 15'h7c00 : none_q ? 15'd0 : down};

endmodule

`default_nettype wire
