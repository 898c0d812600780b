// SPDX-License-Identifier: Apache-2.0
// qn_imul: integer times FP32 with one rounding, the qn_imul of sim/model/qn_num.h bit by bit.
// Operands every clock with `en_i`, the result 6 such clocks later (IMUL of unit.def); without it nothing moves. Nothing is reset.
// The integer's magnitude is below 2^29: -2^29 is not a legal operand.
// Costs on ECP5: 257 LUT4, 80 CCU2C, 387 FF, 4 MULT18; 98 MHz alone.

`default_nettype none

module qn_imul (
  input  logic        clk_i,
  input  logic        en_i,                // the pipeline moves
  input  logic [29:0] a_i,                 // integer, two's complement
  input  logic [31:0] b_i,                 // FP32
  output logic [31:0] y_o
);

  // 1: magnitude, the first step of 2; what the operands are
  logic [28:0] mag;
  logic        b_zero, b_top;
  assign mag    = (a_i[28:0] ^ {29{a_i[29]}}) + {28'd0, a_i[29]};
  assign b_zero = b_i[30:23] == 8'd0;      // subnormals too
  assign b_top  = &b_i[30:23];

  logic        z16;
  assign z16 = a_i[29:13] == 17'd0 || (&a_i[29:13] && a_i[12:0] != 13'd0);  // mag[28:13] is 0: known before mag

  logic [28:0] s1_mag_q;
  logic        s1_z16_q;
  logic [23:0] s1_mant_q;
  logic [7:0]  s1_exp_q;
  logic        s1_sign_q, s1_nan_q, s1_inf_q, s1_zero_q;
  always_ff @(posedge clk_i) if (en_i) begin
    s1_mag_q  <= z16 ? {mag[12:0], 16'd0} : mag;
    s1_z16_q  <= z16;
    s1_mant_q <= {1'b1, b_i[22:0]};
    s1_exp_q  <= b_i[30:23];
    s1_sign_q <= a_i[29] ^ b_i[31];
    s1_nan_q  <= b_top && (|b_i[22:0] || a_i == 30'd0);
    s1_inf_q  <= b_top;
    s1_zero_q <= b_zero || a_i == 30'd0;
  end

  // 2 and 3: the integer's leading one to the top, then partial products of (11 + 18) x (6 + 18) bits
  function automatic [38:0] lift8_4(input [9:0] exp, input up16, input [28:0] value);
    logic        z8, z4;
    logic [28:0] up8;
    z8      = value[28:21] == 8'd0;
    up8     = z8 ? {value[20:0], 8'd0} : value;
    z4      = up8[28:25] == 4'd0;
    lift8_4 = {exp - {5'd0, up16, z8, z4, 2'd0}, z4 ? {up8[24:0], 4'd0} : up8};
  endfunction

  logic [28:0] s2_mag_q;
  logic [23:0] s2_mant_q;
  logic [9:0]  s2_exp_q;
  logic        s2_sign_q, s2_nan_q, s2_inf_q, s2_zero_q;
  always_ff @(posedge clk_i) if (en_i) begin
    {s2_exp_q, s2_mag_q} <= lift8_4({2'd0, s1_exp_q} + 10'd28, s1_z16_q, s1_mag_q);
    s2_mant_q <= s1_mant_q;
    s2_sign_q <= s1_sign_q;
    s2_nan_q  <= s1_nan_q;
    s2_inf_q  <= s1_inf_q;
    s2_zero_q <= s1_zero_q;
  end

  function automatic [30:0] lift2_1(input [28:0] value);
    logic        z2, z1;
    logic [28:0] up2;
    z2      = value[28:27] == 2'd0;
    up2     = z2 ? {value[26:0], 2'd0} : value;
    z1      = !up2[28];
    lift2_1 = {z2, z1, z1 ? {up2[27:0], 1'b0} : up2};
  endfunction
  // {exponent, four products}
  function automatic [115:0] multiply(input [9:0] exp, input [30:0] lifted, input [23:0] mant);
    multiply = {exp - {8'd0, lifted[30:29]},
                {6'd0, lifted[28:18]} * {11'd0, mant[23:18]},
                {18'd0, lifted[28:18]} * {11'd0, mant[17:0]},
                {6'd0, lifted[17:0]} * {18'd0, mant[23:18]},
                {18'd0, lifted[17:0]} * {18'd0, mant[17:0]}};
  endfunction

  logic [35:0] s3_ll_q;
  logic [23:0] s3_lh_q;
  logic [28:0] s3_hl_q;
  logic [16:0] s3_hh_q;
  logic [9:0]  s3_exp_q;
  logic        s3_sign_q, s3_nan_q, s3_inf_q, s3_zero_q;
  always_ff @(posedge clk_i) if (en_i) begin
    {s3_exp_q, s3_hh_q, s3_hl_q, s3_lh_q, s3_ll_q} <= multiply(s2_exp_q, lift2_1(s2_mag_q), s2_mant_q);
    s3_sign_q <= s2_sign_q;
    s3_nan_q  <= s2_nan_q;
    s3_inf_q  <= s2_inf_q;
    s3_zero_q <= s2_zero_q;
  end

  // 4: their sum, in [2^51, 2^53)
  logic [52:0] s4_prod_q;
  logic [9:0]  s4_exp_q;
  logic        s4_sign_q, s4_nan_q, s4_inf_q, s4_zero_q;
  always_ff @(posedge clk_i) if (en_i) begin
    s4_prod_q <= {s3_hh_q, s3_ll_q} + {5'd0, {6'd0, s3_lh_q} + {1'd0, s3_hl_q}, 18'd0};
    s4_exp_q  <= s3_exp_q;
    s4_sign_q <= s3_sign_q;
    s4_nan_q  <= s3_nan_q;
    s4_inf_q  <= s3_inf_q;
    s4_zero_q <= s3_zero_q;
  end

  // 5: the product's leading one to its place; which way to round
  function automatic [23:0] round(input [51:0] norm);  // below the leading one: 23 fraction bits, guard, 28 sticky bits
    round = {norm[51:29], norm[28] && (norm[29] || |norm[27:0])};
  endfunction

  logic [22:0] s5_frac_q;
  logic [9:0]  s5_exp_q;
  logic        s5_up_q, s5_sign_q, s5_nan_q, s5_inf_q, s5_zero_q;
  always_ff @(posedge clk_i) if (en_i) begin
    {s5_frac_q, s5_up_q} <= round(s4_prod_q[52] ? s4_prod_q[51:0] : {s4_prod_q[50:0], 1'b0});
    s5_exp_q  <= s4_exp_q + {9'd0, s4_prod_q[52]};
    s5_sign_q <= s4_sign_q;
    s5_nan_q  <= s4_nan_q;
    s5_inf_q  <= s4_inf_q;
    s5_zero_q <= s4_zero_q;
  end

  // 6: pack
  qn_fpack u_pack (
    .clk_i, .en_i, .sign_i(s5_sign_q), .exp_i(s5_exp_q), .frac_i(s5_frac_q), .up_i(s5_up_q),
    .nan_i(s5_nan_q), .inf_i(s5_inf_q), .zero_i(s5_zero_q), .y_o);

endmodule

`default_nettype wire
