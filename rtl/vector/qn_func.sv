// SPDX-License-Identifier: Apache-2.0
// qn_func: e^a, 1/a or 1/sqrt(a), the qn_exp, qn_recip and qn_rsqrt of sim/model/qn_num.h bit by bit.
// Operands every clock with `en_i`, the result 11 such clocks later (FUNC of unit.def); without it nothing moves. Nothing is reset.
// The arithmetic is described in sim/model/README.md: table of segments and a quadratic in fixed point.
// Costs on ECP5: 414 LUT4, 163 CCU2C, 823 FF, 8 MULT18, 2 DP16KD; 113 MHz alone.

`default_nettype none

module qn_func (
  input  logic        clk_i,
  input  logic        en_i,                // the pipeline moves
  input  logic [1:0]  op_i,                // 0 exp, 1 recip, 2 rsqrt
  input  logic [31:0] a_i,
  output logic [31:0] y_o
);

  localparam logic [1:0] EXP = 2'd0, RECIP = 2'd1, RSQRT = 2'd2;
  localparam logic [35:0] LOG2E = 36'd49570624150;   // 35 bits after the point, as in qn_func_table.h

  // 0: the operand, which comes from a choice of lanes a long way off
  logic [31:0] s0_a_q;
  logic [1:0]  s0_op_q;
  always_ff @(posedge clk_i) if (en_i) begin
    s0_a_q  <= a_i;
    s0_op_q <= op_i;
  end

  // 1: what the operand is; for exp, the mantissa (6 + 18 bits) times log2(e) (18 + 18 bits)
  logic [7:0]  e;
  logic [23:0] mant;
  logic        tiny, top, nan;
  assign e    = s0_a_q[30:23];
  assign mant = {1'b1, s0_a_q[22:0]};
  assign tiny = e == 8'd0;
  assign top  = e == 8'd255;
  assign nan  = top && |s0_a_q[22:0];

  /* verilator lint_off UNUSEDSIGNAL */    // what falls off at the bottom: every truncation is a floor
  logic [35:0] ll;
  logic [41:0] prod;
  logic [33:0] bend;
  /* verilator lint_on UNUSEDSIGNAL */
  assign ll = {18'd0, mant[17:0]} * {18'd0, LOG2E[17:0]};

  logic [35:0] s1_lh_q;
  logic [23:0] s1_hl_q, s1_hh_q;
  logic [17:0] s1_ll_q;
  logic [22:0] s1_mant_q;
  logic [7:0]  s1_exp_q;
  logic [5:0]  s1_shift_q;
  logic [1:0]  s1_table_q;
  logic        s1_neg_q, s1_sign_q, s1_nan_q, s1_inf_q, s1_zero_q;
  always_ff @(posedge clk_i) if (en_i) begin
    s1_ll_q    <= ll[35:18];
    s1_lh_q    <= {18'd0, mant[17:0]} * {18'd0, LOG2E[35:18]};
    s1_hl_q    <= {18'd0, mant[23:18]} * {6'd0, LOG2E[17:0]};
    s1_hh_q    <= {18'd0, mant[23:18]} * {6'd0, LOG2E[35:18]};
    s1_mant_q  <= s0_a_q[22:0];
    s1_exp_q   <= s0_op_q == RECIP ? 8'd253 - e : 8'd190 - {1'b0, e[7:1]} - {7'd0, e[0]};
    s1_shift_q <= e >= 8'd70 ? 6'd5 - e[5:0] : 6'd63;    // 133 - e; past 33 nothing is left
    s1_table_q <= s0_op_q == RSQRT && !e[0] ? 2'd3 : s0_op_q;
    s1_neg_q   <= s0_a_q[31];
    s1_sign_q  <= s0_a_q[31] && s0_op_q != EXP;
    s1_nan_q   <= nan || (s0_op_q == RSQRT && s0_a_q[31] && !tiny);
    s1_inf_q   <= s0_op_q == EXP ? e >= 8'd134 && !s0_a_q[31] : tiny;
    s1_zero_q  <= s0_op_q == EXP ? e >= 8'd134 : top || (s0_op_q == RECIP && e == 8'd254);
  end

  // 2: their sum, whose last bit is worth 2^(e - 167); e is at most 133
  assign prod = {s1_hh_q, s1_ll_q} + ({6'd0, s1_lh_q} + {18'd0, s1_hl_q});

  logic [33:0] s2_prod_q;
  logic [22:0] s2_mant_q;
  logic [7:0]  s2_exp_q;
  logic [5:0]  s2_shift_q;
  logic [1:0]  s2_table_q;
  logic        s2_neg_q, s2_sign_q, s2_nan_q, s2_inf_q, s2_zero_q;
  always_ff @(posedge clk_i) if (en_i) begin
    s2_prod_q  <= prod[41:8];
    s2_mant_q  <= s1_mant_q;
    s2_exp_q   <= s1_exp_q;
    s2_shift_q <= s1_shift_q;
    s2_table_q <= s1_table_q;
    s2_neg_q   <= s1_neg_q;
    s2_sign_q  <= s1_sign_q;
    s2_nan_q   <= s1_nan_q;
    s2_inf_q   <= s1_inf_q;
    s2_zero_q  <= s1_zero_q;
  end

  // 3: shifted to 25 bits after the point, and the bit below
  logic [33:0] s3_t_q;
  logic [22:0] s3_mant_q;
  logic [7:0]  s3_exp_q;
  logic [1:0]  s3_table_q;
  logic        s3_neg_q, s3_sign_q, s3_nan_q, s3_inf_q, s3_zero_q;
  always_ff @(posedge clk_i) if (en_i) begin
    s3_t_q     <= s2_prod_q >> s2_shift_q;
    s3_mant_q  <= s2_mant_q;
    s3_exp_q   <= s2_exp_q;
    s3_table_q <= s2_table_q;
    s3_neg_q   <= s2_neg_q;
    s3_sign_q  <= s2_sign_q;
    s3_nan_q   <= s2_nan_q;
    s3_inf_q   <= s2_inf_q;
    s3_zero_q  <= s2_zero_q;
  end

  // 4: rounded and negated in one sum; f and the exponent of each function
  logic [33:0] t;
  logic        is_exp;
  assign t      = ({1'b0, s3_t_q[33:1]} ^ {34{s3_neg_q}}) + {33'd0, s3_t_q[0] ^ s3_neg_q};
  assign is_exp = s3_table_q == EXP;

  logic [24:0] s4_frac_q;
  logic [9:0]  s4_exp_q;
  logic [1:0]  s4_table_q;
  logic        s4_sign_q, s4_nan_q, s4_inf_q, s4_zero_q;
  always_ff @(posedge clk_i) if (en_i) begin
    s4_frac_q  <= is_exp ? t[24:0] : {s3_mant_q, 2'd0};
    s4_exp_q   <= is_exp ? {t[33], t[33:25]} : {2'd0, s3_exp_q};
    s4_table_q <= s3_table_q;
    s4_sign_q  <= s3_sign_q;
    s4_nan_q   <= s3_nan_q;
    s4_inf_q   <= s3_inf_q;
    s4_zero_q  <= s3_zero_q;
  end

  // 5 and 6: the segment. A block RAM's data comes late in its clock.
  logic [66:0] s5_seg;
  qn_func_rom u_rom (.clk_i, .en_i, .addr_i({s4_table_q, s4_frac_q[24:18]}), .data_o(s5_seg));

  logic [17:0] s5_dx_q;
  logic [9:0]  s5_exp_q;
  logic        s5_rise_q, s5_sign_q, s5_nan_q, s5_inf_q, s5_zero_q;
  always_ff @(posedge clk_i) if (en_i) begin
    s5_dx_q   <= s4_frac_q[17:0];
    s5_exp_q  <= s4_exp_q + (s4_table_q == EXP ? 10'd127 : 10'd0);
    s5_rise_q <= s4_table_q == EXP;
    s5_sign_q <= s4_sign_q;
    s5_nan_q  <= s4_nan_q;
    s5_inf_q  <= s4_inf_q;
    s5_zero_q <= s4_zero_q;
  end

  logic [28:0] s6_c0_q;
  logic [21:0] s6_c1_q;
  logic [15:0] s6_c2_q;
  logic [17:0] s6_dx_q;
  logic [9:0]  s6_exp_q;
  logic        s6_rise_q, s6_sign_q, s6_nan_q, s6_inf_q, s6_zero_q;
  always_ff @(posedge clk_i) if (en_i) begin
    {s6_c0_q, s6_c1_q, s6_c2_q} <= s5_seg;
    s6_dx_q   <= s5_dx_q;
    s6_exp_q  <= s5_exp_q;
    s6_rise_q <= s5_rise_q;
    s6_sign_q <= s5_sign_q;
    s6_nan_q  <= s5_nan_q;
    s6_inf_q  <= s5_inf_q;
    s6_zero_q <= s5_zero_q;
  end

  // 7: dx c2 and dx c1. What rises is dx (c1 +- dx c2 / 2^19), and its products need not wait for that sum.
  assign bend = {16'd0, s6_dx_q} * {18'd0, s6_c2_q};

  logic [28:0] s7_c0_q;
  logic [35:0] s7_low_q;
  logic [21:0] s7_high_q;
  logic [14:0] s7_bend_q;
  logic [17:0] s7_dx_q;
  logic [9:0]  s7_exp_q;
  logic        s7_rise_q, s7_sign_q, s7_nan_q, s7_inf_q, s7_zero_q;
  always_ff @(posedge clk_i) if (en_i) begin
    s7_c0_q   <= s6_c0_q;
    s7_low_q  <= {18'd0, s6_dx_q} * {18'd0, s6_c1_q[17:0]};
    s7_high_q <= {4'd0, s6_dx_q} * {18'd0, s6_c1_q[21:18]};
    s7_bend_q <= bend[33:19];
    s7_dx_q   <= s6_dx_q;
    s7_exp_q  <= s6_exp_q;
    s7_rise_q <= s6_rise_q;
    s7_sign_q <= s6_sign_q;
    s7_nan_q  <= s6_nan_q;
    s7_inf_q  <= s6_inf_q;
    s7_zero_q <= s6_zero_q;
  end

  // 8: the sum of dx c1, and dx^2 c2
  logic [39:0] s8_line_q;
  logic [32:0] s8_bend_q;
  logic [28:0] s8_c0_q;
  logic [9:0]  s8_exp_q;
  logic        s8_rise_q, s8_sign_q, s8_nan_q, s8_inf_q, s8_zero_q;
  always_ff @(posedge clk_i) if (en_i) begin
    s8_line_q <= {s7_high_q + {4'd0, s7_low_q[35:18]}, s7_low_q[17:0]};
    s8_bend_q <= {15'd0, s7_dx_q} * {18'd0, s7_bend_q};
    s8_c0_q   <= s7_c0_q;
    s8_exp_q  <= s7_exp_q;
    s8_rise_q <= s7_rise_q;
    s8_sign_q <= s7_sign_q;
    s8_nan_q  <= s7_nan_q;
    s8_inf_q  <= s7_inf_q;
    s8_zero_q <= s7_zero_q;
  end

  // 9: y - 1, with 28 bits after the point; 2 - 1 is possible
  /* verilator lint_off UNUSEDSIGNAL */
  logic [39:0] rise;
  /* verilator lint_on UNUSEDSIGNAL */
  assign rise = s8_rise_q ? s8_line_q + {7'd0, s8_bend_q} : s8_line_q - {7'd0, s8_bend_q};

  logic [28:0] s9_y_q;
  logic [9:0]  s9_exp_q;
  logic        s9_sign_q, s9_nan_q, s9_inf_q, s9_zero_q;
  always_ff @(posedge clk_i) if (en_i) begin
    s9_y_q    <= s8_rise_q ? s8_c0_q + {7'd0, rise[39:18]} : s8_c0_q - {7'd0, rise[39:18]};
    s9_exp_q  <= s8_exp_q;
    s9_sign_q <= s8_sign_q;
    s9_nan_q  <= s8_nan_q;
    s9_inf_q  <= s8_inf_q;
    s9_zero_q <= s8_zero_q;
  end

  // 10: pack; a y of 2 is 1 of the next exponent
  qn_fpack u_pack (
    .clk_i, .en_i, .sign_i(s9_sign_q), .exp_i(s9_exp_q + {9'd0, s9_y_q[28]}), .frac_i(s9_y_q[27:5]),
    .up_i(s9_y_q[4] && (s9_y_q[5] || |s9_y_q[3:0])), .nan_i(s9_nan_q), .inf_i(s9_inf_q), .zero_i(s9_zero_q), .y_o);

endmodule

`default_nettype wire
