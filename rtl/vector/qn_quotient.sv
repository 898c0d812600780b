// SPDX-License-Identifier: Apache-2.0
// qn_quotient: 1/x or 127/x to the nearest FP32 from the reciprocal that qn_func gives, for x and result positive and normal. Operands
// every clock with `en_i`, the result 4 such clocks later (QUOT of unit.def).
// Costs on ECP5: 118 LUT4, 119 CCU2C, 256 FF, 3 MULT18.
//
// The candidate is the reciprocal, or 127 times it cut off. Its remainder times 2^27 and more leaves nothing of the dividend, so what is left of
// candidate x divisor in 27 bits is the remainder, and comparing it with halves of the divisor says which neighbour is nearest: one
// below to two above (tests/model/test_num.c has every mantissa). No quotient lies in the middle.

`default_nettype none

module qn_quotient (
  input  logic        clk_i,
  input  logic        en_i,
  input  logic [30:0] recip_i,
  input  logic        times_i,             // 127/x
  input  logic [22:0] x_i,                 // its exponent is in the reciprocal's
  output logic [30:0] y_o
);

  // 1: the candidate
  logic [23:0] r;
  /* verilator lint_off UNUSEDSIGNAL */    // the candidate is cut off
  logic [30:0] r127;
  /* verilator lint_on UNUSEDSIGNAL */
  logic [30:0] s1_y_q;
  logic [23:0] s1_x_q;
  assign r    = {1'b1, recip_i[22:0]};
  assign r127 = {r, 7'd0} - {7'd0, r};
  always_ff @(posedge clk_i) if (en_i) begin
    s1_y_q <= !times_i ? recip_i
            : {recip_i[30:23] + {5'd0, 2'd3, r127[30]}, r127[30] ? r127[29:7] : r127[28:6]};
    s1_x_q <= {1'b1, x_i};
  end

  // 2, 3: its product with the divisor, 27 bits of it
  logic [23:0] y;
  logic [26:0] s2_low_q, s3_left_q;
  logic [8:0]  s2_high_q, s2_high2_q;
  logic [30:0] s2_y_q, s3_y_q;
  logic [23:0] s2_x_q, s3_x_q;
  assign y = {1'b1, s1_y_q[22:0]};
  always_ff @(posedge clk_i) if (en_i) begin
    s2_low_q   <= {9'd0, y[17:0]} * {9'd0, s1_x_q[17:0]};
    s2_high_q  <= {3'd0, y[23:18]} * s1_x_q[8:0];
    s2_high2_q <= {3'd0, s1_x_q[23:18]} * y[8:0];
    s2_y_q     <= s1_y_q;
    s2_x_q     <= s1_x_q;
    s3_left_q  <= -{s2_low_q[26:18] + s2_high_q + s2_high2_q, s2_low_q[17:0]};
    s3_y_q     <= s2_y_q;
    s3_x_q     <= s2_x_q;
  end

  // 4: the nearest
  logic signed [27:0] twice, half, three;
  assign twice = {s3_left_q, 1'b0};
  assign half  = {4'd0, s3_x_q};
  assign three = {3'd0, s3_x_q, 1'b0} + {4'd0, s3_x_q};
  always_ff @(posedge clk_i) if (en_i)
    y_o <= s3_y_q - 31'd1 + {30'd0, twice > -half} + {30'd0, twice > half} + {30'd0, twice > three};

endmodule

`default_nettype wire
