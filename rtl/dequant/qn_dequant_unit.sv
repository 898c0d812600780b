// SPDX-License-Identifier: Apache-2.0
// qn_dequant_unit: arithmetic and memories of one dequantization unit and its accumulator bank. It holds no control: what a
// clock does is said by the ports, which qn_dequant delays for all units together (the names carry the stage).
// About 1,500 LUT4 with carries, 1,260 flops, 12 DSPs and, for 1,024 accumulators, 7 block RAMs (Yosys, ECP5).
//
//   stage 0      lo, hi, sums, sub-scales; headers and activation scale into qn_fmul
//   stage 1..3   products, their sum, I1 and I2 (read and written back in the bank's integer memory)
//   mul_lat      qn_imul: I1 or I2 times scale
//   F, F+1, F+2  accumulator read, zero or value, qn_fadd (or qn_fsub with a product out of the queue); written at the end

`default_nettype none

module qn_dequant_unit #(
  parameter AddrW = 10,                    // accumulators of the bank
  parameter int QueueW = 4
) (
  input  logic             clk_i,
  input  logic             product_en_i,   // in the next clock a slot of this unit is between its partials and its product
  input  logic             sum_en_i,       // or between the operands of its sum and the sum: else the arithmetic keeps still

  input  logic [27:0]      s0_lo_i,        // partials
  input  logic [27:0]      s0_hi_i,
  input  logic [12:0]      s0_asum_lo_i,   // sums of the activations, signed
  input  logic [12:0]      s0_asum_hi_i,
  input  logic [31:0]      s0_scale_i,     // of the activations, FP32
  input  logic [31:0]      s0_head_i,      // d or m, FP32
  input  logic [8:0]       s0_sc_lo_i,     // sub-scales and minima, signed
  input  logic [8:0]       s0_sc_hi_i,
  input  logic [8:0]       s0_mn_lo_i,
  input  logic [8:0]       s0_mn_hi_i,
  input  logic             s0_halves_i,    // I2 += hi
  input  logic             s0_twice_i,     // no sub-scales: I1 += 2 (lo + hi) + asum
  input  logic             s1_plain_i,     // no sub-scales: I1 += lo + hi
  input  logic             s1_re_i,
  input  logic [AddrW-1:0] s1_addr_i,
  input  logic             s2_first_i,     // first slice of a block: I1, I2 from zero
  input  logic             s3_we_i,        // I1, I2 are kept for the next slice
  input  logic [AddrW-1:0] s3_addr_i,
  input  logic             s3_second_i,    // the product is I2's

  input  logic             push_i,         // the product goes to the queue
  input  logic [QueueW-1:0] push_addr_i,
  input  logic [QueueW-1:0] f_queue_addr_i,
  input  logic             f_re_i,
  input  logic [AddrW-1:0] f_addr_i,
  input  logic             f1_zero_i,      // accumulate on +0
  input  logic             f2_queue_i,     // subtract the product out of the queue
  input  logic             w_we_i,
  input  logic [AddrW-1:0] w_addr_i,

  input  logic             acc_re_i,       // read port of others
  input  logic [AddrW-1:0] acc_addr_i,
  output logic [31:0]      acc_data_o
);

  localparam int MulLat  = qn_isa_pkg::LAT_FMUL > 3 ? qn_isa_pkg::LAT_FMUL : 3;  // stage where integer and scale meet
  localparam int IntWait = MulLat - 3;
  localparam int MulWait = MulLat - qn_isa_pkg::LAT_FMUL;

  // Integers
  logic               int_en, scale_en, product_en;  // product_en_i's registers, for a part of the unit each
  qn_copies #(.Copies(3)) u_en (.clk_i, .in_i(product_en_i), .out_o({int_en, scale_en, product_en}));

  logic signed [26:0] s1_lo_q, s1_hi_q;     // products without the partial's last bit
  logic signed [9:0]  s1_odd_q;             // what the last bits add
  logic signed [17:0] s0_low;               // what the low minimum meets
  logic signed [23:0] s1_min_lo_q;
  logic signed [21:0] s1_min_hi_q;
  logic signed [13:0] s0_asum;
  logic signed [28:0] s0_sum, s1_sum_q, s2_dot_q;
  logic signed [29:0] s3_dot_q;
  logic signed [23:0] s2_min_q, s3_min_q;
  (* no_rw_check *) logic [53:0] int_mem [0:2**AddrW-1];
  logic [53:0]        s2_kept_q;

  assign s0_low  = s0_halves_i ? s0_hi_i[17:0] : {{5{s0_asum_lo_i[12]}}, s0_asum_lo_i};
  assign s0_asum = $signed({s0_asum_lo_i[12], s0_asum_lo_i}) + $signed({s0_asum_hi_i[12], s0_asum_hi_i});
  assign s0_sum  = $signed({s0_lo_i[27], s0_lo_i}) + $signed({s0_hi_i[27], s0_hi_i});
  always_ff @(posedge clk_i) if (int_en) begin
    // With sub-scales values are -127 to 127 (fmt.def), so 19 bits hold a partial: one more than a multiplier of the chip takes
    s1_lo_q  <= $signed(s0_lo_i[18:1]) * $signed(s0_sc_lo_i);
    s1_hi_q  <= $signed(s0_hi_i[18:1]) * $signed(s0_sc_hi_i);
    s1_odd_q <= $signed({s0_sc_lo_i[8] && s0_lo_i[0], s0_sc_lo_i & {9{s0_lo_i[0]}}}) + $signed({s0_sc_hi_i[8] && s0_hi_i[0], s0_sc_hi_i & {9{s0_hi_i[0]}}});
    s1_min_lo_q <= s0_low * $signed(s0_mn_lo_i);
    s1_min_hi_q <= $signed(s0_asum_hi_i) * $signed(s0_mn_hi_i);
    s1_sum_q <= s0_twice_i ? {s0_sum[27:0], 1'b0} + {{15{s0_asum[13]}}, s0_asum} : s0_sum;

    s2_dot_q <= s1_plain_i ? s1_sum_q : {s1_lo_q[26], s1_lo_q, 1'b0} + {s1_hi_q[26], s1_hi_q, 1'b0} + {{19{s1_odd_q[9]}}, s1_odd_q};
    s2_min_q <= s1_min_lo_q + {{2{s1_min_hi_q[21]}}, s1_min_hi_q};

    s3_dot_q <= {s2_dot_q[28], s2_dot_q} + $signed(s2_first_i ? 30'd0 : s2_kept_q[29:0]);
    s3_min_q <= s2_min_q + $signed(s2_first_i ? 24'd0 : s2_kept_q[53:30]);
  end
  always_ff @(posedge clk_i) begin
    if (s1_re_i) s2_kept_q <= int_mem[s1_addr_i];
    if (s3_we_i) int_mem[s3_addr_i] <= {s3_min_q, s3_dot_q};
  end

  // Integer times scale
  logic [29:0] factor, factor_late;
  logic [31:0] scale, scale_late, product;
  assign factor = s3_second_i ? {{6{s3_min_q[23]}}, s3_min_q} : s3_dot_q;
  qn_fmul u_fmul (.clk_i, .en_i(scale_en), .a_i(s0_head_i), .b_i(s0_scale_i), .y_o(scale));
  qn_delay #(.Width(30), .Clocks(IntWait)) u_factor (.clk_i, .in_i(factor), .out_o(factor_late));
  qn_delay #(.Width(32), .Clocks(MulWait)) u_scale  (.clk_i, .in_i(scale), .out_o(scale_late));
  qn_imul u_imul (.clk_i, .en_i(product_en), .a_i(factor_late), .b_i(scale_late), .y_o(product));

  // Products that wait for the first half of their accumulation
  (* no_rw_check *) logic [31:0] queue [0:2**QueueW-1];
  logic [31:0] f1_queue_q, f2_queue_q;
  always_ff @(posedge clk_i) begin
    if (push_i) queue[push_addr_i] <= product;
    f1_queue_q <= queue[f_queue_addr_i];
    f2_queue_q <= f1_queue_q;
  end

  // Accumulators
  (* no_rw_check *) logic [31:0] acc_mem [0:2**AddrW-1];
  logic [31:0] f1_acc_q, f2_acc_q, sum;
  always_ff @(posedge clk_i) begin
    if (f_re_i)   f1_acc_q   <= acc_mem[f_addr_i];
    if (acc_re_i) acc_data_o <= acc_mem[acc_addr_i];
    if (w_we_i)   acc_mem[w_addr_i] <= sum;
    f2_acc_q <= f1_zero_i ? 32'd0 : f1_acc_q;
  end
  // No word is read in the clock that writes it (no_rw_check: else the tools build a bypass: 220 flops)
  always @(posedge clk_i) begin
    if (s1_re_i && s3_we_i) assert (s1_addr_i != s3_addr_i);
    if (f_re_i && w_we_i)   assert (f_addr_i != w_addr_i);
  end
  qn_fadd u_fadd (.clk_i, .en_i(sum_en_i), .sub_i(f2_queue_i), .a_i(f2_acc_q), .b_i(f2_queue_i ? f2_queue_q : product), .y_o(sum));

endmodule

`default_nettype wire
