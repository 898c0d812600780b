// SPDX-License-Identifier: Apache-2.0
// qn_fmul: FP32 product, the qn_fmul of sim/model/qn_num.h bit by bit.
// Operands every clock, the result 4 clocks later (FMUL of unit.def); nothing stalls, nothing is reset.
// Costs on ECP5: 101 LUT4, 54 CCU2C, 242 FF, 4 MULT18; 121 MHz alone.

`default_nettype none

module qn_fmul (
  input  logic        clk_i,
  input  logic [31:0] a_i,
  input  logic [31:0] b_i,
  output logic [31:0] y_o
);

  // 1: partial products of 18 + 6 bits each; what the operands are
  logic        a_zero, a_top, a_nan, b_zero, b_top, b_nan;
  logic [23:0] a_mant, b_mant;
  assign a_zero = a_i[30:23] == 8'd0;      // subnormals too
  assign b_zero = b_i[30:23] == 8'd0;
  assign a_top  = &a_i[30:23];
  assign b_top  = &b_i[30:23];
  assign a_nan  = a_top && |a_i[22:0];
  assign b_nan  = b_top && |b_i[22:0];
  assign a_mant = {1'b1, a_i[22:0]};
  assign b_mant = {1'b1, b_i[22:0]};

  logic [35:0] s1_ll_q;
  logic [23:0] s1_lh_q, s1_hl_q;
  logic [11:0] s1_hh_q;
  logic [9:0]  s1_exp_q;
  logic        s1_sign_q, s1_nan_q, s1_inf_q, s1_zero_q;
  always_ff @(posedge clk_i) begin
    s1_ll_q   <= {18'd0, a_mant[17:0]} * {18'd0, b_mant[17:0]};
    s1_lh_q   <= {6'd0, a_mant[17:0]} * {18'd0, b_mant[23:18]};
    s1_hl_q   <= {18'd0, a_mant[23:18]} * {6'd0, b_mant[17:0]};
    s1_hh_q   <= {6'd0, a_mant[23:18]} * {6'd0, b_mant[23:18]};
    s1_exp_q  <= {2'd0, a_i[30:23]} + {2'd0, b_i[30:23]} - 10'd127;
    s1_sign_q <= a_i[31] ^ b_i[31];
    s1_nan_q  <= a_nan || b_nan || (a_top && b_zero) || (a_zero && b_top);
    s1_inf_q  <= a_top || b_top;
    s1_zero_q <= a_zero || b_zero;
  end

  // 2: their sum, in [2^46, 2^48)
  logic [47:0] s2_prod_q;
  logic [9:0]  s2_exp_q;
  logic        s2_sign_q, s2_nan_q, s2_inf_q, s2_zero_q;
  always_ff @(posedge clk_i) begin
    s2_prod_q <= {s1_hh_q, s1_ll_q} + {5'd0, {1'd0, s1_lh_q} + {1'd0, s1_hl_q}, 18'd0};
    s2_exp_q  <= s1_exp_q;
    s2_sign_q <= s1_sign_q;
    s2_nan_q  <= s1_nan_q;
    s2_inf_q  <= s1_inf_q;
    s2_zero_q <= s1_zero_q;
  end

  // 3: leading one to its place; which way to round
  logic [46:0] norm;                       // below the leading one: 23 fraction bits, guard, 23 sticky bits
  assign norm = s2_prod_q[47] ? s2_prod_q[46:0] : {s2_prod_q[45:0], 1'b0};

  logic [22:0] s3_frac_q;
  logic [9:0]  s3_exp_q;
  logic        s3_up_q, s3_sign_q, s3_nan_q, s3_inf_q, s3_zero_q;
  always_ff @(posedge clk_i) begin
    s3_frac_q <= norm[46:24];
    s3_up_q   <= norm[23] && (norm[24] || |norm[22:0]);
    s3_exp_q  <= s2_exp_q + {9'd0, s2_prod_q[47]};
    s3_sign_q <= s2_sign_q;
    s3_nan_q  <= s2_nan_q;
    s3_inf_q  <= s2_inf_q;
    s3_zero_q <= s2_zero_q;
  end

  // 4: pack
  logic [31:0] y;
  qn_fpack u_pack (
    .sign_i(s3_sign_q), .exp_i(s3_exp_q), .frac_i(s3_frac_q), .up_i(s3_up_q),
    .nan_i(s3_nan_q), .inf_i(s3_inf_q), .zero_i(s3_zero_q), .y_o(y));
  always_ff @(posedge clk_i) y_o <= y;

endmodule

`default_nettype wire
