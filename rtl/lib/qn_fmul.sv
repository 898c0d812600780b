// SPDX-License-Identifier: Apache-2.0
// qn_fmul: FP32 product, the qn_fmul of sim/model/qn_num.h bit by bit.
// Operands every clock with `en_i`, the result 4 such clocks later (FMUL of unit.def); without it nothing moves. Nothing is reset.
// Costs on ECP5: 101 LUT4, 54 CCU2C, 242 FF, 4 MULT18; 121 MHz alone.

`default_nettype none

module qn_fmul (
  input  logic        clk_i,
  input  logic        en_i,                // the pipeline moves
  input  logic [31:0] a_i,
  input  logic [31:0] b_i,
  output logic [31:0] y_o
);

  // 1: partial products of 18 + 6 bits each; what the operands are
  function automatic [2:0] special(input [30:0] a, input [30:0] b);  // NaN, infinite, zero
    logic a_zero, a_top, b_zero, b_top;
    a_zero  = a[30:23] == 8'd0;            // subnormals too
    b_zero  = b[30:23] == 8'd0;
    a_top   = &a[30:23];
    b_top   = &b[30:23];
    special = {(a_top && (|a[22:0] || b_zero)) || (b_top && (|b[22:0] || a_zero)), a_top || b_top, a_zero || b_zero};
  endfunction

  logic [5:0]  a_high, b_high;             // of the mantissas
  assign a_high = {1'b1, a_i[22:18]};
  assign b_high = {1'b1, b_i[22:18]};

  logic [35:0] s1_ll_q;
  logic [23:0] s1_lh_q, s1_hl_q;
  logic [11:0] s1_hh_q;
  logic [9:0]  s1_exp_q;
  logic        s1_sign_q, s1_nan_q, s1_inf_q, s1_zero_q;
  always_ff @(posedge clk_i) if (en_i) begin
    s1_ll_q   <= {18'd0, a_i[17:0]} * {18'd0, b_i[17:0]};
    s1_lh_q   <= {6'd0, a_i[17:0]} * {18'd0, b_high};
    s1_hl_q   <= {18'd0, a_high} * {6'd0, b_i[17:0]};
    s1_hh_q   <= {6'd0, a_high} * {6'd0, b_high};
    s1_exp_q  <= {2'd0, a_i[30:23]} + {2'd0, b_i[30:23]} - 10'd127;
    s1_sign_q <= a_i[31] ^ b_i[31];
    {s1_nan_q, s1_inf_q, s1_zero_q} <= special(a_i[30:0], b_i[30:0]);
  end

  // 2: their sum, in [2^46, 2^48)
  logic [47:0] s2_prod_q;
  logic [9:0]  s2_exp_q;
  logic        s2_sign_q, s2_nan_q, s2_inf_q, s2_zero_q;
  always_ff @(posedge clk_i) if (en_i) begin
    s2_prod_q <= {s1_hh_q, s1_ll_q} + {5'd0, {1'd0, s1_lh_q} + {1'd0, s1_hl_q}, 18'd0};
    s2_exp_q  <= s1_exp_q;
    s2_sign_q <= s1_sign_q;
    s2_nan_q  <= s1_nan_q;
    s2_inf_q  <= s1_inf_q;
    s2_zero_q <= s1_zero_q;
  end

  // 3: leading one to its place; which way to round
  function automatic [23:0] round(input [46:0] norm);  // below the leading one: 23 fraction bits, guard, 23 sticky bits
    round = {norm[46:24], norm[23] && (norm[24] || |norm[22:0])};
  endfunction

  logic [22:0] s3_frac_q;
  logic [9:0]  s3_exp_q;
  logic        s3_up_q, s3_sign_q, s3_nan_q, s3_inf_q, s3_zero_q;
  always_ff @(posedge clk_i) if (en_i) begin
    {s3_frac_q, s3_up_q} <= round(s2_prod_q[47] ? s2_prod_q[46:0] : {s2_prod_q[45:0], 1'b0});
    s3_exp_q  <= s2_exp_q + {9'd0, s2_prod_q[47]};
    s3_sign_q <= s2_sign_q;
    s3_nan_q  <= s2_nan_q;
    s3_inf_q  <= s2_inf_q;
    s3_zero_q <= s2_zero_q;
  end

  // 4: pack
  qn_fpack u_pack (
    .clk_i, .en_i, .sign_i(s3_sign_q), .exp_i(s3_exp_q), .frac_i(s3_frac_q), .up_i(s3_up_q),
    .nan_i(s3_nan_q), .inf_i(s3_inf_q), .zero_i(s3_zero_q), .y_o);

endmodule

`default_nettype wire
