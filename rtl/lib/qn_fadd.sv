// SPDX-License-Identifier: Apache-2.0
// qn_fadd: FP32 sum or difference, the qn_fadd and qn_fsub of sim/model/qn_num.h bit by bit.
// Operands every clock with `en_i`, the result 6 such clocks later (FADD of unit.def); without it nothing moves. Nothing is reset.
// Costs on ECP5: 444 LUT4, 63 CCU2C, 289 FF; 105 MHz alone.

`default_nettype none

module qn_fadd (
  input  logic        clk_i,
  input  logic        en_i,                // the pipeline moves
  input  logic        sub_i,               // a - b
  input  logic [31:0] a_i,
  input  logic [31:0] b_i,
  output logic [31:0] y_o
);

  // 1: order by magnitude; all that the order does not decide is found beside the comparison
  function automatic [66:0] order(input [31:0] a, input [31:0] b);
    logic       swap, a_none, b_none, a_top, b_top;
    logic [7:0] a_more, b_more;
    logic [30:0] unused;
    {swap, unused} = {1'b0, a[30:0]} - {1'b0, b[30:0]};          // a carry chain
    a_none = a[30:23] == 8'd0;
    b_none = b[30:23] == 8'd0;
    a_top  = &a[30:23];
    b_top  = &b[30:23];
    a_more = a[30:23] - b[30:23];
    b_more = b[30:23] - a[30:23];
    order  = {swap ? b[30:23] : a[30:23],                        // exponent
              swap ? b_more : a_more,                            // how far apart
              swap ? b[22:0] : a[22:0],
              swap ? a[22:0] : b[22:0],
              a_none && b_none, a_none || b_none,                // so the larger is zero, the smaller is
              swap ? b[31] : a[31],
              (a_top && (|a[22:0] || (b_top && (a[31] ^ b[31])))) || (b_top && |b[22:0]),
              a_top || b_top};
  endfunction

  logic [7:0]  s1_exp_q, s1_shift_q;
  logic [22:0] s1_major_q, s1_minor_q;     // fractions
  logic        s1_none_q, s1_alone_q, s1_minus_q, s1_sign_q, s1_both_q, s1_nan_q, s1_inf_q;
  always_ff @(posedge clk_i) if (en_i) begin
    {s1_exp_q, s1_shift_q, s1_major_q, s1_minor_q, s1_none_q, s1_alone_q, s1_sign_q, s1_nan_q, s1_inf_q} <= order(a_i, {b_i[31] ^ sub_i, b_i[30:0]});
    s1_minus_q <= a_i[31] ^ b_i[31] ^ sub_i;
    s1_both_q  <= a_i[31] && (b_i[31] ^ sub_i);  // sign of a zero sum
  end

  // 2: align the smaller one: 24 bits, guard, round; sticky says whether anything fell off below. From 32 places on it cannot
  // change the rounded sum, not even by its presence. Subnormals have no leading one and no fraction. The longest way first: what falls off
  // early has time to be gathered.
  function automatic [26:0] align(input [23:0] minor, input [7:0] by, input none);
    logic [25:0] wide, by1, by2, by4, by8, by16;
    logic        off1, off2, off4, off8, off16;
    wide  = {minor, 2'd0};
    by16  = by[4] ? wide >> 16 : wide;
    by8   = by[3] ? by16 >> 8 : by16;
    by4   = by[2] ? by8 >> 4 : by8;
    by2   = by[1] ? by4 >> 2 : by4;
    by1   = by[0] ? by2 >> 1 : by2;
    off16 = by[4] && |wide[15:0];
    off8  = by[3] && |by16[7:0];
    off4  = by[2] && |by8[3:0];
    off2  = by[1] && |by4[1:0];
    off1  = by[0] && by2[0];
    align = none || |by[7:5] ? 27'd0 : {by1, off1 || off2 || off4 || off8 || off16};
  endfunction

  logic [7:0]  s2_exp_q;
  logic [23:0] s2_major_q;
  logic [26:0] s2_minor_q;
  logic        s2_minus_q, s2_sign_q, s2_both_q, s2_nan_q, s2_inf_q;
  always_ff @(posedge clk_i) if (en_i) begin
    s2_minor_q <= align({1'b1, s1_minor_q}, s1_shift_q, s1_alone_q);
    s2_major_q <= s1_none_q ? 24'd0 : {1'b1, s1_major_q};
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
  always_ff @(posedge clk_i) if (en_i) begin
    s3_sum_q  <= {1'b0, s2_major_q, 3'd0} + ({1'b0, s2_minor_q} ^ {28{s2_minus_q}}) + {27'd0, s2_minus_q};
    s3_exp_q  <= {2'd0, s2_exp_q} + 10'd1;
    s3_sign_q <= s2_sign_q;
    s3_both_q <= s2_both_q;
    s3_nan_q  <= s2_nan_q;
    s3_inf_q  <= s2_inf_q;
  end

  // 4 and 5: leading one to the top. After a shift by more than 1 the low bits are exact zeros.
  function automatic [37:0] lift16_8(input [9:0] exp, input [27:0] value);
    logic        z16, z8;
    logic [27:0] up16;
    z16      = value[27:12] == 16'd0;
    up16     = z16 ? {value[11:0], 16'd0} : value;
    z8       = up16[27:20] == 8'd0;
    lift16_8 = {exp - {5'd0, z16, z8, 3'd0}, z8 ? {up16[19:0], 8'd0} : up16};
  endfunction
  function automatic [37:0] lift4_2_1(input [9:0] exp, input [27:0] value);
    logic        z4, z2, z1;
    logic [27:0] up4, up2;
    z4        = value[27:24] == 4'd0;
    up4       = z4 ? {value[23:0], 4'd0} : value;
    z2        = up4[27:26] == 2'd0;
    up2       = z2 ? {up4[25:0], 2'd0} : up4;
    z1        = !up2[27];
    lift4_2_1 = {exp - {7'd0, z4, z2, z1}, z1 ? {up2[26:0], 1'b0} : up2};
  endfunction

  logic [27:0] s4_sum_q;
  logic [9:0]  s4_exp_q;
  logic        s4_sign_q, s4_both_q, s4_nan_q, s4_inf_q;
  always_ff @(posedge clk_i) if (en_i) begin
    {s4_exp_q, s4_sum_q} <= lift16_8(s3_exp_q, s3_sum_q);
    s4_sign_q <= s3_sign_q;
    s4_both_q <= s3_both_q;
    s4_nan_q  <= s3_nan_q;
    s4_inf_q  <= s3_inf_q;
  end

  logic [27:0] s5_sum_q;                   // leading one, 23 fraction bits, guard, 3 sticky bits; no leading one: zero
  logic [9:0]  s5_exp_q;
  logic        s5_sign_q, s5_nan_q, s5_inf_q;
  always_ff @(posedge clk_i) if (en_i) begin
    {s5_exp_q, s5_sum_q} <= lift4_2_1(s4_exp_q, s4_sum_q);
    s5_sign_q <= s4_sum_q != 28'd0 || s4_inf_q ? s4_sign_q : s4_both_q;
    s5_nan_q  <= s4_nan_q;
    s5_inf_q  <= s4_inf_q;
  end

  // 6: pack
  qn_fpack u_pack (
    .clk_i, .en_i, .sign_i(s5_sign_q), .exp_i(s5_exp_q), .frac_i(s5_sum_q[26:4]),
    .up_i(s5_sum_q[3] && (s5_sum_q[4] || |s5_sum_q[2:0])),
    .nan_i(s5_nan_q), .inf_i(s5_inf_q), .zero_i(!s5_sum_q[27]), .y_o);

endmodule

`default_nettype wire
