// SPDX-License-Identifier: Apache-2.0
// qn_l0_dot: element of baseline L0: FP16 dot product of Lanes products and an addend, as tensor cores make it: products are aligned to the largest
// exponent, added as integers, and the sum is rounded once, to nearest even. Far smaller than a tree of FP16 adders.
//
//   sum = c + a0 b0 + a1 b1 + ...  each term truncated towards zero to a multiple of 2^(top - 52), top the largest term's exponent field: a product's
//   is the sum of its factors' (0 counts as 1), c's its own + 14. A term of the largest exponent field is whole, so a sum of terms of like size is exact.
//
// Subnormal operands count, subnormal results become 0, too large ones infinite; infinite operands and NaNs are not told from numbers. All of that is in the baseline's favour.
// Cuts says after which steps a register stands: 1 products in carry-save form, exponents; 128 products, upper half of the largest exponent; 2 its lower half; 4 shifts;
// 8 aligned; 16 two numbers; 32 magnitude; 64 leading one at the top. Registered at the end. In from registers.

`default_nettype none

module qn_l0_dot #(
  parameter int Lanes = 16,
  parameter int Cuts  = 42
) (
  input  logic                clk_i,
  input  logic [16*Lanes-1:0] a_i,
  input  logic [16*Lanes-1:0] b_i,
  input  logic [15:0]         c_i,
  output logic [15:0]         y_o
);

  localparam int Terms = Lanes + 1;
  localparam int TermW = 24;               // 22 bits of a product, 2 below
  localparam int SumW  = 30;

  // Factors: significand, exponent; products as heaps, and their exponents
  function automatic [15:0] split(input [14:0] x);               // {exponent, significand}
    split = {x[14:10] == 5'd0 ? 5'd1 : x[14:10], x[14:10] != 5'd0, x[9:0]};
  endfunction
  /* verilator lint_off UNUSEDSIGNAL */
  function automatic [9:0] ten(input [31:0] n);
    ten = n[9:0];
  endfunction
  /* verilator lint_on UNUSEDSIGNAL */
  function automatic [219:0] heights();
    int k;
    for (k = 0; k < 22; k = k + 1) heights[10*k +: 10] = k < 11 ? ten(k + 1) : ten(21 - k);
  endfunction

  logic [Terms-1:0]   s1_sign_q, s2_sign_q, s3_sign_q;
  logic [6*Terms-1:0] s1_exp, s1_exp_q, s2_exp_q;
  logic [Terms-1:0]   sign;
  logic [22*Terms-1:0] s2_term, half_term_q, s2_term_q, s3_term_q;
  logic [15:0] c;
  genvar i, j, k;
  generate
    for (i = 0; i < Lanes; i = i + 1) begin : g_product
      logic [15:0]      a, b;
      logic [22*11-1:0] bits;
      logic [43:0]      two, two_q;
      assign a = split(a_i[16*i +: 15]);
      assign b = split(b_i[16*i +: 15]);
      for (j = 0; j < 22; j = j + 1) begin : g_col
        localparam int From = j < 11 ? 0 : j - 10;
        localparam int To   = j < 11 ? j : 10;
        for (k = 0; k < 11; k = k + 1) begin : g_bit
          if (k + From <= To) begin : g_in
            assign bits[11*j + k] = a[k + From] && b[j - k - From];
          end else begin : g_none
            assign bits[11*j + k] = 1'b0;
          end
        end
      end
      qn_heap #(.Cols(22), .Tall(11), .Heights(heights())) u_two (.clk_i, .bits_i(bits), .bits_o(two));
      qn_delay #(.Width(44), .Clocks(Cuts[0] ? 1 : 0)) u_two_q (.clk_i, .in_i(two), .out_o(two_q));
      assign s1_exp[6*i +: 6] = {1'b0, a[15:11]} + {1'b0, b[15:11]};
      assign sign[i] = a_i[16*i + 15] ^ b_i[16*i + 15];
      logic [21:0] x, y;
      for (j = 0; j < 22; j = j + 1) begin : g_two
        assign x[j] = two_q[2*j];
        assign y[j] = two_q[2*j + 1];
      end
      assign s2_term[22*i +: 22] = x + y;
    end
  endgenerate
  assign c = split(c_i[14:0]);
  assign s1_exp[6*Lanes +: 6] = {1'b0, c[15:11]} + 6'd14;
  assign sign[Lanes] = c_i[15];
  logic [10:0] c_q;
  qn_delay #(.Width(11 + 7*Terms), .Clocks(Cuts[0] ? 1 : 0)) u_s1 (.clk_i, .in_i({c[10:0], sign, s1_exp}), .out_o({c_q, s1_sign_q, s1_exp_q}));
  assign s2_term[22*Lanes +: 22] = {c_q, 11'd0};

  // The largest exponent: bit by bit from the top, all terms at once, those that lack a bit that another one has drop out
  logic [5:0]         top_q, s3_top_q, s4_top_q, s5_top_q, s6_top_q;
  logic [2:0]         high_q;              // its upper half
  logic [6*Terms-1:0] half_exp_q;
  logic [Terms-1:0]   half_sign_q;
  /* verilator lint_off UNOPTFLAT */        // bit by bit downwards
  logic [5:0]         top;
  logic [6*Terms-1:0] in_play;
  /* verilator lint_on UNOPTFLAT */
  logic [Terms-1:0]   left, left_q;
  generate
    for (j = 5; j >= 0; j = j - 1) begin : g_top
      logic [Terms-1:0] have;
      for (i = 0; i < Terms; i = i + 1) begin : g_have
        assign have[i] = j > 2 ? s1_exp_q[6*i + j] : half_exp_q[6*i + j];
      end
      assign top[j] = |(in_play[j*Terms +: Terms] & have);
      if (j == 5) begin : g_all
        assign in_play[j*Terms +: Terms] = {Terms{1'b1}};
      end
      if (j == 3) begin : g_half
        assign left = in_play[j*Terms +: Terms] & (have | {Terms{!top[j]}});
        assign in_play[2*Terms +: Terms] = left_q;
      end else if (j > 0) begin : g_next
        assign in_play[(j-1)*Terms +: Terms] = in_play[j*Terms +: Terms] & (have | {Terms{!top[j]}});
      end
    end
  endgenerate
  qn_delay #(.Width(30*Terms + 3), .Clocks(Cuts[7] ? 1 : 0)) u_half (
    .clk_i, .in_i({s2_term, s1_exp_q, s1_sign_q, left, top[5:3]}), .out_o({half_term_q, half_exp_q, half_sign_q, left_q, high_q}));
  qn_delay #(.Width(29*Terms + 6), .Clocks(Cuts[1] ? 1 : 0)) u_s2 (
    .clk_i, .in_i({half_term_q, half_exp_q, half_sign_q, high_q, top[2:0]}), .out_o({s2_term_q, s2_exp_q, s2_sign_q, top_q}));

  // Shifts, 31 for all that fall out
  logic [5*Terms-1:0] shift, shift_q;
  generate
    for (i = 0; i < Terms; i = i + 1) begin : g_shift
      logic [5:0] by;
      assign by = top_q - s2_exp_q[6*i +: 6];
      assign shift[5*i +: 5] = by[4:0] | {5{by[5]}};
    end
  endgenerate
  qn_delay #(.Width(28*Terms + 6), .Clocks(Cuts[2] ? 1 : 0)) u_s3 (
    .clk_i, .in_i({s2_term_q, shift, s2_sign_q, top_q}), .out_o({s3_term_q, shift_q, s3_sign_q, s3_top_q}));

  logic [TermW*Terms-1:0] aligned, aligned_q;
  logic [Terms-1:0]       s4_sign_q;
  generate
    for (i = 0; i < Terms; i = i + 1) begin : g_align
      assign aligned[TermW*i +: TermW] = {TermW{s3_sign_q[i]}} ^ ({s3_term_q[22*i +: 22], 2'b00} >> shift_q[5*i +: 5]);
    end
  endgenerate
  qn_delay #(.Width((TermW+1)*Terms + 6), .Clocks(Cuts[3] ? 1 : 0)) u_s4 (
    .clk_i, .in_i({aligned, s3_sign_q, s3_top_q}), .out_o({aligned_q, s4_sign_q, s4_top_q}));

  // Their sum: a row of two's complement each, its sign bit inverted (-s = ~s - 1), the +1 of a negation in column 0
  localparam int Tall = 2 * Terms + 1;
  localparam [31:0] TERMS = Terms;
  localparam [SumW-1:0] CONSTANT = -({{SumW-1{1'b0}}, 1'b1} << TermW) * TERMS[SumW-1:0];
  function automatic [10*SumW-1:0] sum_heights();
    int n;
    for (n = 0; n < SumW; n = n + 1)
      sum_heights[10*n +: 10] = (n == 0 ? ten(2 * Terms) : n <= TermW ? ten(Terms) : 10'd0) + {9'd0, CONSTANT[n]};
  endfunction
  logic [Tall*SumW-1:0] rows;
  logic [2*SumW-1:0]    two, two_q;
  logic [SumW-1:0]      x, y, sum;
  generate
    for (j = 0; j < SumW; j = j + 1) begin : g_row
      localparam int Have = j == 0 ? 2 * Terms : j <= TermW ? Terms : 0;
      for (i = 0; i < Tall; i = i + 1) begin : g_bit
        if (i < Terms && j < TermW) begin : g_in
          assign rows[Tall*j + i] = aligned_q[TermW*i + j];
        end else if (i < Terms && j == TermW) begin : g_sign
          assign rows[Tall*j + i] = !s4_sign_q[i];
        end else if (j == 0 && i < 2 * Terms) begin : g_plus
          assign rows[Tall*j + i] = s4_sign_q[i - Terms];
        end else begin : g_constant
          assign rows[Tall*j + i] = i == Have && CONSTANT[j];
        end
      end
      assign x[j] = two_q[2*j];
      assign y[j] = two_q[2*j + 1];
    end
  endgenerate
  qn_heap #(.Cols(SumW), .Tall(Tall), .Heights(sum_heights())) u_sum (.clk_i, .bits_i(rows), .bits_o(two));
  qn_delay #(.Width(2*SumW + 6), .Clocks(Cuts[4] ? 1 : 0)) u_s5 (.clk_i, .in_i({two, s4_top_q}), .out_o({two_q, s5_top_q}));
  assign sum = x + y;

  // Magnitude, and where its leading one is
  logic [28:0] size, size_q;
  logic        minus_q;
  logic [28:0] negation;                   // made beside the sum: ~x + ~y + 2
  assign negation = (x[28:0] ^ y[28:0]) + {~x[27:0] & ~y[27:0], 1'b1} + 29'd1;
  assign size = sum[SumW-1] ? negation : sum[28:0];
  qn_delay #(.Width(36), .Clocks(Cuts[5] ? 1 : 0)) u_s6 (.clk_i, .in_i({size, sum[SumW-1], s5_top_q}), .out_o({size_q, minus_q, s6_top_q}));

  // Leading one to the top of 32 bits: 0 below a value of 29 bits; round and pack
  function automatic [36:0] lift(input [31:0] value);            // {places, value}
    logic [31:0] up16, up8, up4, up2;
    logic        z16, z8, z4, z2, z1;
    z16  = value[31:16] == 16'd0;
    up16 = z16 ? {value[15:0], 16'd0} : value;
    z8   = up16[31:24] == 8'd0;
    up8  = z8 ? {up16[23:0], 8'd0} : up16;
    z4   = up8[31:28] == 4'd0;
    up4  = z4 ? {up8[27:0], 4'd0} : up8;
    z2   = up4[31:30] == 2'd0;
    up2  = z2 ? {up4[29:0], 2'd0} : up4;
    z1   = !up2[31];
    lift = {z16, z8, z4, z2, z1, z1 ? {up2[30:0], 1'b0} : up2};
  endfunction

  logic [31:0] norm, norm_q;
  logic [4:0]  places, places_q;
  logic [5:0]  s7_top_q;
  logic        s7_minus_q;
  logic [7:0]  exp;
  logic [17:0] packed_sum;
  assign {places, norm} = lift({size_q, 3'd0});
  qn_delay #(.Width(44), .Clocks(Cuts[6] ? 1 : 0)) u_s7 (
    .clk_i, .in_i({norm, places, s6_top_q, minus_q}), .out_o({norm_q, places_q, s7_top_q, s7_minus_q}));
  // size 2^28 (places 0) is 2^(28 + top - 52), and the exponent field of 1 is 15
  assign exp = {2'd0, s7_top_q} - {3'd0, places_q} - 8'd9;
  assign packed_sum = {exp, norm_q[30:21]} + {17'd0, norm_q[20] && (norm_q[21] || |norm_q[19:0])};
  always_ff @(posedge clk_i) begin
    y_o[15] <= s7_minus_q;
    if (!norm_q[31] || packed_sum[17] || packed_sum[16:10] == 7'd0) y_o[14:0] <= 15'd0;
    else if (packed_sum[16:10] >= 7'd31)                          y_o[14:0] <= {5'd31, 10'd0};
    else                                                         y_o[14:0] <= packed_sum[14:0];
  end

endmodule

`default_nettype wire
