// SPDX-License-Identifier: Apache-2.0
// qn_fadd: FP32 sum or difference, the qn_fadd and qn_fsub of sim/model/qn_num.h bit by bit.
// Operands every clock, the result 6 clocks later (FADD of unit.def); nothing stalls, nothing is reset.
// Costs on ECP5: 431 LUT4, 67 CCU2C, 289 FF; 105 MHz alone.

`default_nettype none

module qn_fadd (
  input  logic        clk_i,
  input  logic        sub_i,               // a - b
  input  logic [31:0] a_i,
  input  logic [31:0] b_i,
  output logic [31:0] y_o
);

  // 1: order by magnitude. Subnormals have no leading one and no fraction.
  logic        swap, a_nan, b_nan, b_sign;
  logic [31:0] major;
  logic [30:0] minor;
  assign b_sign = b_i[31] ^ sub_i;
  assign swap   = b_i[30:0] > a_i[30:0];
  assign major  = swap ? {b_sign, b_i[30:0]} : a_i;
  assign minor  = swap ? a_i[30:0] : b_i[30:0];
  assign a_nan  = &a_i[30:23] && |a_i[22:0];
  assign b_nan  = &b_i[30:23] && |b_i[22:0];

  logic [7:0]  s1_exp_q, s1_shift_q;
  logic [23:0] s1_major_q, s1_minor_q;
  logic        s1_minus_q, s1_sign_q, s1_both_q, s1_nan_q, s1_inf_q;
  always_ff @(posedge clk_i) begin
    s1_exp_q   <= major[30:23];
    s1_shift_q <= swap ? b_i[30:23] - a_i[30:23] : a_i[30:23] - b_i[30:23];
    s1_major_q <= major[30:23] == 8'd0 ? 24'd0 : {1'b1, major[22:0]};
    s1_minor_q <= minor[30:23] == 8'd0 ? 24'd0 : {1'b1, minor[22:0]};
    s1_minus_q <= a_i[31] ^ b_sign;
    s1_sign_q  <= major[31];
    s1_both_q  <= a_i[31] && b_sign;       // sign of a zero sum
    s1_nan_q   <= a_nan || b_nan || (&a_i[30:23] && &b_i[30:23] && (a_i[31] ^ b_sign));
    s1_inf_q   <= &major[30:23];
  end

  // 2: align the smaller one: 24 bits, guard, round; sticky says whether anything fell off below. From 32 places on it cannot
  // change the rounded sum, not even by its presence.
  logic [25:0] wide, by1, by2, by4, by8, by16;
  logic        off1, off2, off4, off8, off16, far;
  assign wide  = {s1_minor_q, 2'd0};
  assign by1   = s1_shift_q[0] ? wide >> 1 : wide;
  assign by2   = s1_shift_q[1] ? by1 >> 2 : by1;
  assign by4   = s1_shift_q[2] ? by2 >> 4 : by2;
  assign by8   = s1_shift_q[3] ? by4 >> 8 : by4;
  assign by16  = s1_shift_q[4] ? by8 >> 16 : by8;
  assign off1  = s1_shift_q[0] && wide[0];
  assign off2  = s1_shift_q[1] && |by1[1:0];
  assign off4  = s1_shift_q[2] && |by2[3:0];
  assign off8  = s1_shift_q[3] && |by4[7:0];
  assign off16 = s1_shift_q[4] && |by8[15:0];
  assign far   = |s1_shift_q[7:5];

  logic [7:0]  s2_exp_q;
  logic [23:0] s2_major_q;
  logic [26:0] s2_minor_q;
  logic        s2_minus_q, s2_sign_q, s2_both_q, s2_nan_q, s2_inf_q;
  always_ff @(posedge clk_i) begin
    s2_minor_q <= far ? 27'd0 : {by16, off1 || off2 || off4 || off8 || off16};
    s2_major_q <= s1_major_q;
    s2_exp_q   <= s1_exp_q;
    s2_minus_q <= s1_minus_q;
    s2_sign_q  <= s1_sign_q;
    s2_both_q  <= s1_both_q;
    s2_nan_q   <= s1_nan_q;
    s2_inf_q   <= s1_inf_q;
  end

  // 3: sum; never negative
  logic [27:0] s3_sum_q;
  logic [9:0]  s3_exp_q;                   // if the leading one is at the top
  logic        s3_sign_q, s3_both_q, s3_nan_q, s3_inf_q;
  always_ff @(posedge clk_i) begin
    s3_sum_q  <= {1'b0, s2_major_q, 3'd0} + ({1'b0, s2_minor_q} ^ {28{s2_minus_q}}) + {27'd0, s2_minus_q};
    s3_exp_q  <= {2'd0, s2_exp_q} + 10'd1;
    s3_sign_q <= s2_sign_q;
    s3_both_q <= s2_both_q;
    s3_nan_q  <= s2_nan_q;
    s3_inf_q  <= s2_inf_q;
  end

  // 4 and 5: leading one to the top. After a shift by more than 1 the low bits are exact zeros.
  logic        z16, z8, z4, z2, z1;
  logic [27:0] up16, up8, up4, up2, up1;
  assign z16  = s3_sum_q[27:12] == 16'd0;
  assign up16 = z16 ? {s3_sum_q[11:0], 16'd0} : s3_sum_q;
  assign z8   = up16[27:20] == 8'd0;
  assign up8  = z8 ? {up16[19:0], 8'd0} : up16;

  logic [27:0] s4_sum_q;
  logic [9:0]  s4_exp_q;
  logic        s4_sign_q, s4_both_q, s4_nan_q, s4_inf_q;
  always_ff @(posedge clk_i) begin
    s4_sum_q  <= up8;
    s4_exp_q  <= s3_exp_q - {5'd0, z16, z8, 3'd0};
    s4_sign_q <= s3_sign_q;
    s4_both_q <= s3_both_q;
    s4_nan_q  <= s3_nan_q;
    s4_inf_q  <= s3_inf_q;
  end

  assign z4  = s4_sum_q[27:24] == 4'd0;
  assign up4 = z4 ? {s4_sum_q[23:0], 4'd0} : s4_sum_q;
  assign z2  = up4[27:26] == 2'd0;
  assign up2 = z2 ? {up4[25:0], 2'd0} : up4;
  assign z1  = !up2[27];
  assign up1 = z1 ? {up2[26:0], 1'b0} : up2;

  logic [26:0] s5_sum_q;                   // below the leading one: 23 fraction bits, guard, 3 sticky bits
  logic [9:0]  s5_exp_q;
  logic        s5_zero_q, s5_sign_q, s5_nan_q, s5_inf_q;
  always_ff @(posedge clk_i) begin
    s5_sum_q  <= up1[26:0];
    s5_exp_q  <= s4_exp_q - {7'd0, z4, z2, z1};
    s5_zero_q <= !up1[27];
    s5_sign_q <= up1[27] || s4_inf_q ? s4_sign_q : s4_both_q;
    s5_nan_q  <= s4_nan_q;
    s5_inf_q  <= s4_inf_q;
  end

  // 6: pack
  logic        up;
  logic [31:0] y;
  assign up = s5_sum_q[3] && (s5_sum_q[4] || |s5_sum_q[2:0]);
  qn_fpack u_pack (
    .sign_i(s5_sign_q), .exp_i(s5_exp_q), .frac_i(s5_sum_q[26:4]), .up_i(up),
    .nan_i(s5_nan_q), .inf_i(s5_inf_q), .zero_i(s5_zero_q), .y_o(y));
  always_ff @(posedge clk_i) y_o <= y;

endmodule

`default_nettype wire
