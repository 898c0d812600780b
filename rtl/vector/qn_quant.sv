// SPDX-License-Identifier: Apache-2.0
// qn_quant: the quantizer: qn_quant_block of sim/model, then slices for the matrix unit or records for the KV cache.
//
//   x beats -> largest magnitude -> x RNE(1/127) -> [BF16] -> scale --+--> function unit 0 (reciprocal) -> inverse -> lanes
//                                                                     +--> FIFO of scales ----------+
//   codes of the lanes (integers of 16 bits) -> bytes -> slices, their sums and scale <-------------+
//
// With GGML, to slices, quotients are exact. Q8_1 (blocks of 32): the scale d comes out of qn_div127, its reciprocal goes through qn_quotient, and
// d and s = d x sum of codes become FP16 beside the slice's address, some clocks after its codes. Q8_K (256): the reciprocal of the largest
// magnitude becomes 127/top in qn_quotient, comes back as `scale_o`, and its own reciprocal is the block's scale.
//
// Blocks follow each other without a gap; a block's codes arrive while later blocks' maxima are taken. No stalls in either direction.
// `go_o` is the clock before the first block's first beat is read: its operands meet their inverse three clocks after it, and each later
// block meets its own if beats follow at the pace of the x beats.
// Codes never pass 127 (32,639; 32,766 where a record's scale is the nearest BF16): scale and reciprocal are exact to 2^-21, so rounding comes
// back to the limit.
// On ECP5 with 8 lanes: 2,800 LUT4 with 2 a CCU2C, 2,260 flops, 7 MULT18.

`default_nettype none

module qn_quant #(
  parameter int Lanes  = 8,                // 4 or 8
  parameter int RowW   = 4,
  parameter int SliceW = 6,
  parameter bit Ggml   = 1,                // slices as ggml has them too
  parameter BeatW = $clog2(32 / Lanes)
) (
  input  logic                 clk_i,
  input  logic                 clear_i,    // reset, or a new instruction
  input  logic [1:0]           block_i,    // 32 << block_i elements share a scale
  input  logic                 wide_i,
  input  logic                 record_i,
  input  logic                 ggml_i,
  input  logic                 coarse_i,   // codes up to 7; WIDE: 28,672

  // first pass
  input  logic                 x_valid_i,
  input  logic [32*Lanes-1:0]  x_data_i,
  output logic                 nonfinite_o, // one clock: a block held a value that is not finite
  output logic [31:0]          scale_o,    // to function unit 0, which answers LAT_FUNC clocks later
  input  logic [31:0]          inv_i,
  output logic                 go_o,
  output logic [31:0]          inv_o,      // to the lanes, for the next clock
  output logic                 away_o,     // they round ties away from zero

  // second pass
  input  logic                 code_valid_i,
  input  logic [16*Lanes-1:0]  code_i,

  // slices
  input  logic [RowW-1:0]      row_i,      // of the slice now being taken; WIDE: its pair's low row
  input  logic [SliceW-1:0]    slice_i,
  output logic                 slice_next_o, // taken whole
  input  logic                 slice_last_i, // it is the instruction's last
  output logic                 slices_end_o, // the last side word goes to the buffer in the next clock
  output logic                 qb_we_o,
  output logic [RowW-1:0]      qb_row_o,
  output logic                 qb_pair_o,  // data2 and the second side word go to qb_row_o + 1
  output logic [SliceW-1:0]    qb_slice_o,
  output logic [BeatW-1:0]     qb_beat_o,
  output logic [8*Lanes-1:0]   qb_data_o,
  output logic [8*Lanes-1:0]   qb_data2_o,
  output logic                 qb_side_we_o, // with the slice's last beat, or after it
  output logic [RowW-1:0]      qb_side_row_o,
  output logic [SliceW-1:0]    qb_side_slice_o,
  output logic                 qb_s_o,     // Q8_1: scale is {s, d} of FP16, sum_lo that of all codes
  output logic [31:0]          qb_scale_o,
  output logic [12:0]          qb_sum_lo_o, // of codes 0..15
  output logic [12:0]          qb_sum_hi_o, // of codes 16..31
  output logic [31:0]          qb_scale2_o,
  output logic [12:0]          qb_sum2_lo_o,
  output logic [12:0]          qb_sum2_hi_o,

  // records: three clocks of words for each beat, which come four clocks apart
  output logic                 rec_valid_o,
  output logic [1:0]           rec_kind_o, // 0 codes or high bytes, 1 low bytes, 2 scale (block's last beat)
  output logic [BeatW-1:0]     rec_beat_o,
  output logic [8*Lanes-1:0]   rec_words_o, // kind 2: the scale in each word
  output logic                 rec_next_o  // one clock after the last word of a block
);

  localparam [31:0] K8 = 32'h3c010204, K16 = 32'h38008183;   // RNE(1/127), RNE(1/32639)
  localparam [31:0] K4 = 32'h3e124925, KE4M3 = 32'h38124925; // RNE(1/7), RNE(1/28672)
  localparam CountW = BeatW + 3;
  localparam LatMul = qn_isa_pkg::LAT_FMUL;
  localparam LatFunc = qn_isa_pkg::LAT_FUNC;
  localparam LatQuot = qn_isa_pkg::LAT_QUOT;
  localparam LatSide = LatMul + 4;         // from a slice's last codes to its s
  localparam [30:0] FP16_END  = 31'h4afdf020;                          // 127 x 65,520: from there on a scale is infinite as FP16
  localparam [30:0] FP16_NONE = 31'h33000000;                          // 2^-25: up to it FP16 has none
  localparam [30:0] RECIP_END = 31'h7e800000;                          // 2^126: from there on a reciprocal is flushed

  // Of the instruction, which stands for two clocks or more when its first beat comes
  logic              q8_1, q8_k;
  logic [CountW-1:0] block_last;           // beats of a block less 1
  assign away_o = q8_1;
  always_ff @(posedge clk_i) begin
    q8_1       <= Ggml && ggml_i && !record_i && block_i == 2'd0;
    q8_k       <= Ggml && ggml_i && !record_i && block_i != 2'd0;
    block_last <= {{3{1'b0}}, {BeatW{1'b1}}} | ({{CountW-3{1'b0}}, block_i == 2'd3, block_i[1], block_i != 2'd0} << BeatW);
  end

  // Largest magnitude, of several the first: of neighbours, of each half of the lanes, then of the block. Its sign is the top bit.
  function [31:0] larger(input [31:0] first, input [31:0] second);
    larger = first[30:0] >= second[30:0] ? first : second;
  endfunction

  localparam Pairs = Lanes / 2;
  logic              m0_valid_q, m1_valid_q, m2_end_q;
  logic [32*Pairs-1:0] m0_q;
  logic [31:0]       m1_left_q, m1_right_q, m2_top_q;
  logic [CountW-1:0] m1_count_q;
  /* verilator lint_off UNUSEDSIGNAL */
  logic [31:0]       over_left, over_right;
  /* verilator lint_on UNUSEDSIGNAL */
  logic              stays;                // the block's largest so far is
  logic [31:0]       top;                  // of what came last
  assign top   = larger(m1_left_q, m1_right_q);
  assign over_left  = {1'b0, m2_top_q[30:0]} - {1'b0, m1_left_q[30:0]};     // differences: Yosys makes LUTs, not a carry, of these two comparisons
  assign over_right = {1'b0, m2_top_q[30:0]} - {1'b0, m1_right_q[30:0]};
  assign stays      = m1_count_q != '0 && !over_left[31] && !over_right[31];

  integer k;
  always_ff @(posedge clk_i) begin
    if (clear_i) begin
      m0_valid_q <= 1'b0;
      m1_valid_q <= 1'b0;
      m2_end_q   <= 1'b0;
      m1_count_q <= '0;
    end else begin
      m0_valid_q <= x_valid_i;
      m1_valid_q <= m0_valid_q;
      m2_end_q   <= m1_valid_q && m1_count_q == block_last;
      if (m1_valid_q) m1_count_q <= m1_count_q == block_last ? '0 : m1_count_q + 1'b1;
    end
    if (x_valid_i)
      for (k = 0; k < Pairs; k = k + 1) m0_q[32*k +: 32] <= larger(x_data_i[64*k +: 32], x_data_i[64*k + 32 +: 32]);
    if (m0_valid_q) begin
      m1_left_q  <= larger(m0_q[31:0], m0_q[32*(Pairs/2 - 1) +: 32]);
      m1_right_q <= larger(m0_q[16*Pairs +: 32], m0_q[32*(Pairs - 1) +: 32]);
    end
    if (m1_valid_q && !stays) m2_top_q <= top;
  end

  // Scale and its reciprocal
  logic        m2_infinite, m2_zero;
  logic [31:0] product;
  logic [15:0] bf16;                       // a scale is too small for a carry out of its exponent
  logic        bf16_up;
  logic [LatMul-1:0] mul_valid_q, mul_zero_q;
  // Q8_1: the multiplier's other use, below
  logic [LatSide-1:0] s_valid_q;           // clocks since a slice's last codes
  logic               s_valid, s_last;
  logic [12:0]        s_total_q, s_total_late_q; // sum of its codes
  logic [12:0]        s_size, s_up_q;      // its magnitude, and that moved up
  logic               s_sign_q, s_z8_q;
  logic [31:0]        times_a_q, times_b_q; // what the multiplier takes: top and 1/127; Q8_1: scale and the sum
  logic [15:0]        s_half, s_scale_half;
  logic [RowW-1:0]    s_row;
  logic [SliceW-1:0]  s_slice;
  logic [31:0]        c1_scale_q;          // of the slice now being taken
  assign m2_infinite = m2_top_q[30:0] >= (q8_1 ? FP16_END : q8_k ? RECIP_END : 31'h7f800000);
  assign m2_zero     = m2_infinite || m2_top_q[30:23] < 8'd27;         // below 2^-100
  assign nonfinite_o = m2_end_q && m2_infinite;
  assign bf16_up     = ggml_i ? product[15] && (product[16] || product[14:0] != 15'd0) : product[15:0] != 16'd0;
  assign bf16        = product[31:16] + {15'd0, bf16_up};
  // Enables of many registers stand in one, a clock early or late where nothing is on its way
  logic scale_en_q, div_en_q, quotient_en_q;
  always_ff @(posedge clk_i) begin
    scale_en_q    <= m1_valid_q || m2_end_q || mul_valid_q != '0 || s_valid || s_valid_q != '0;
    div_en_q      <= m1_valid_q || m2_end_q || mul_valid_q != '0;
    quotient_en_q <= (q8_1 && inv_valid_q != '0) || (q8_k && (inv_valid_q != '0 || k_valid_q != '0));
  end
  qn_fmul u_scale (.clk_i, .en_i(scale_en_q), .a_i(times_a_q), .b_i(times_b_q), .y_o(product));

  logic [30:0] d;
  qn_div127 u_div (.clk_i, .en_i(div_en_q), .x_i(m2_top_q[30:0]), .y_o(d));

  // Q8_K: what its blocks, which are 32 clocks apart or more, leave standing
  logic [31:0] inv_q;                      // what the lanes have
  logic [31:0] k_top_q, k_inv_q;           // the top; 127/top with its sign the other way
  logic        k_zero_q, k_inv_zero_q;
  logic [30:0] quotient;
  logic [22:0] divisor;

  logic [LatFunc+LatQuot:0] inv_valid_q;   // bit 0: scale_o is being taken, of Q8_K the top
  logic [LatFunc+LatQuot:0] k_valid_q;     // bit 0: 127/top is being taken
  logic                     put;           // a scale into the FIFO
  logic [31:0]              put_scale;
  assign go_o      = q8_k ? k_valid_q[LatFunc+LatQuot-2] : q8_1 ? inv_valid_q[LatFunc+LatQuot-2] : inv_valid_q[LatFunc-2];
  assign put       = q8_k ? k_valid_q[LatFunc+LatQuot] : inv_valid_q[0];
  assign put_scale = !q8_k ? scale_o : k_inv_zero_q ? 32'd0 : {k_inv_q[31], quotient};
  qn_delay #(.Width(23), .Clocks(LatFunc)) u_divisor (.clk_i, .in_i(scale_o[22:0]), .out_o(divisor));
  qn_quotient u_quotient (.clk_i, .en_i(quotient_en_q), .recip_i(inv_i[30:0]), .times_i(q8_k && inv_valid_q[LatFunc]), .x_i(divisor), .y_o(quotient));

  logic scale_quotient, inv_quotient;      // Q8_K: inv_valid_q's last, for the scale and for 127/top
  qn_copies #(.Copies(2)) u_quotients (.clk_i, .in_i(!clear_i && q8_k && inv_valid_q[LatFunc+LatQuot-1]), .out_o({scale_quotient, inv_quotient}));

  always_ff @(posedge clk_i) begin
    if (clear_i) begin
      mul_valid_q <= '0;
      inv_valid_q <= '0;
      k_valid_q   <= '0;
    end else begin
      mul_valid_q <= {mul_valid_q[LatMul-2:0], m2_end_q};
      inv_valid_q <= {inv_valid_q[LatFunc+LatQuot-1:0], mul_valid_q[LatMul-1]};
      k_valid_q   <= {k_valid_q[LatFunc+LatQuot-1:0], q8_k && inv_valid_q[LatFunc+LatQuot]};
    end
    mul_zero_q <= {mul_zero_q[LatMul-2:0], m2_zero};
    if (m2_end_q) begin
      k_top_q  <= m2_top_q;
      k_zero_q <= m2_zero;
    end
    if (inv_quotient) begin
      k_inv_q      <= {!k_top_q[31], quotient};
      k_inv_zero_q <= k_zero_q;
    end
    if (scale_quotient) scale_o <= {1'b0, quotient};
    else if (mul_valid_q[LatMul-1])
      scale_o <= mul_zero_q[LatMul-1] ? 32'd0 : q8_k ? {1'b0, k_top_q[30:0]} : q8_1 ? {1'b0, d} : record_i ? {bf16, 16'd0} : product;
    inv_q <= inv_o;
  end
  always @(*) begin
    inv_o = inv_q;
    if (q8_k) begin
      if (k_valid_q[LatFunc+LatQuot]) inv_o = k_inv_q;
    end else if (q8_1) begin
      if (inv_valid_q[LatFunc+LatQuot]) inv_o = {1'b0, quotient};
    end else if (inv_valid_q[LatFunc]) inv_o = inv_i;
  end

  // Scales wait for their codes
  logic [32:0]       fifo_q [0:15];
  logic [3:0]        put_q, get_q;
  logic [31:0]       head;
  logic              dead;                 // no scale: no codes
  logic [CountW-1:0] count_q;              // beats of the block before this one
  logic              block_end, slice_end;
  assign {dead, head} = fifo_q[get_q];
  assign block_end = count_q == block_last;
  assign slice_end = &count_q[BeatW-1:0];
  always_ff @(posedge clk_i) begin
    if (clear_i) begin
      put_q   <= 4'd0;
      get_q   <= 4'd0;
      count_q <= '0;
    end else begin
      if (put) put_q <= put_q + 4'd1;
      if (code_valid_i && block_end) get_q <= get_q + 4'd1;
      if (code_valid_i) count_q <= block_end ? '0 : count_q + 1'b1;
    end
    if (put) fifo_q[put_q] <= {put_scale[30:0] <= (q8_1 ? FP16_NONE : 31'd0), put_scale};
  end

  // 1: bytes. `one` goes to the row or is the high byte, `two` is the low byte, as a number -128..127.
  logic                c1_valid_q, c1_slice_end_q, c1_block_end_q;
  logic [BeatW-1:0]    c1_beat_q;
  logic [8*Lanes-1:0]  c1_one_q, c1_two_q;
  genvar i;
  generate
    for (i = 0; i < Lanes; i = i + 1) begin : g_code
      logic [15:0] code;
      logic [7:0]  high;
      assign code = code_i[16*i +: 16];
      assign high = code[15:8] + {7'd0, code[7] && !record_i};
      always_ff @(posedge clk_i) begin
        if (code_valid_i) begin
          c1_one_q[8*i +: 8] <= dead ? 8'd0 : wide_i ? high : code[7:0];
          c1_two_q[8*i +: 8] <= dead ? 8'd0 : code[7:0];
        end
      end
      always @(posedge clk_i) begin
        if (code_valid_i && !dead) begin
          assert ($signed(code) <= (!wide_i ? (coarse_i ? 16'sd7 : 16'sd127) : coarse_i ? 16'sd28672 : ggml_i ? 16'sd32766 : 16'sd32639));
          assert ($signed(code) >= (!wide_i ? (coarse_i ? -16'sd7 : -16'sd127) : coarse_i ? -16'sd28672 : ggml_i ? -16'sd32766 : -16'sd32639));
        end
      end
    end
  endgenerate

  always_ff @(posedge clk_i) begin
    c1_valid_q <= !clear_i && code_valid_i;
    if (code_valid_i) begin
      c1_beat_q      <= count_q[BeatW-1:0];
      c1_slice_end_q <= slice_end;
      c1_block_end_q <= block_end;
      if (slice_end) c1_scale_q <= head;   // stays for at least four clocks
    end
  end

  // 2: sums of the beat
  function [11:0] sum(input [8*Lanes-1:0] bytes);
    integer j;
    begin
      sum = 12'd0;
      for (j = 0; j < Lanes; j = j + 1) sum = sum + {{4{bytes[8*j + 7]}}, bytes[8*j +: 8]};
    end
  endfunction

  logic               c2_valid_q, c2_slice_end_q;
  logic [BeatW-1:0]   c2_beat_q;
  logic [8*Lanes-1:0] c2_one_q, c2_two_q;
  logic [11:0]        c2_sum_q, c2_sum2_q;
  always_ff @(posedge clk_i) begin
    c2_valid_q <= !clear_i && c1_valid_q && !record_i;
    if (c1_valid_q) begin
      c2_slice_end_q <= c1_slice_end_q;
      c2_beat_q <= c1_beat_q;
      c2_one_q  <= c1_one_q;
      c2_two_q  <= c1_two_q;
      c2_sum_q  <= sum(c1_one_q);
      c2_sum2_q <= sum(c1_two_q);
    end
  end

  // 3: sums of the half, out
  logic [12:0] half_q, half2_q, half, half2, lo_q, lo2_q;
  logic        half_begin, half_end;
  assign half_begin = c2_beat_q[BeatW-2:0] == '0;
  assign half_end   = &c2_beat_q[BeatW-2:0];
  assign half  = {c2_sum_q[11], c2_sum_q} + (half_begin ? 13'd0 : half_q);
  assign half2 = {c2_sum2_q[11], c2_sum2_q} + (half_begin ? 13'd0 : half2_q);
  qn_copy u_slice_next (.clk_i, .in_i(!clear_i && c1_valid_q && !record_i && c1_slice_end_q), .out_o(slice_next_o));  // of the slice in c2
  assign slices_end_o = q8_1 ? s_valid && s_last : slice_next_o && slice_last_i;
  always_ff @(posedge clk_i) begin
    qb_we_o      <= !clear_i && c2_valid_q;
    qb_side_we_o <= !clear_i && (q8_1 ? s_valid : slice_next_o);
    if (c2_valid_q) begin
      half_q     <= half;
      half2_q    <= half2;
      qb_row_o   <= row_i;
      qb_pair_o  <= wide_i;
      qb_slice_o <= slice_i;
      qb_beat_o  <= c2_beat_q;
      qb_data_o  <= c2_one_q;
      qb_data2_o <= c2_two_q;
      if (half_end && !c2_slice_end_q) begin
        lo_q  <= half;
        lo2_q <= half2;
      end
    end
    if (q8_1 ? s_valid : slice_next_o) begin
      qb_side_row_o   <= q8_1 ? s_row : row_i;
      qb_side_slice_o <= q8_1 ? s_slice : slice_i;
      qb_s_o          <= q8_1;
      qb_sum_hi_o     <= half;
      qb_sum_lo_o     <= q8_1 ? s_total_late_q : lo_q;
      qb_scale_o      <= q8_1 ? {s_half, s_scale_half} : c1_scale_q;
      qb_sum2_hi_o    <= half2;
      qb_sum2_lo_o    <= lo2_q;
      qb_scale2_o     <= c1_scale_q;
      if (wide_i && c1_scale_q != 32'd0) qb_scale_o[30:23] <= c1_scale_q[30:23] + 8'd8;   // x 256
    end
  end

  // Q8_1: the sum of a slice as a float, times d; both as FP16 with the address. Slices are four clocks apart or more, so what belongs to
  // one stands for four.
  function [31:0] to_float(input sign, input z8, input [12:0] up8);
    logic        z4, z2, z1;
    logic [12:0] up4, up2, up1;
    begin
      z4  = up8[12:9] == 4'd0;
      up4 = z4 ? {up8[8:0], 4'd0} : up8;
      z2  = up4[12:11] == 2'd0;
      up2 = z2 ? {up4[10:0], 2'd0} : up4;
      z1  = !up2[12];
      up1 = z1 ? {up2[11:0], 1'b0} : up2;
      to_float = up1[12] ? {sign, 8'd139 - {4'd0, z8, z4, z2, z1}, up1[11:0], 11'd0} : 32'd0;
    end
  endfunction

  assign s_valid = s_valid_q[LatSide-1];
  assign s_size  = s_total_q[12] ? -s_total_q : s_total_q;
  qn_delay #(.Width(1 + RowW + SliceW), .Clocks(LatSide)) u_side (.clk_i, .in_i({slice_last_i, row_i, slice_i}), .out_o({s_last, s_row, s_slice}));
  qn_to_half u_s_half (.clk_i, .en_i(1'b1), .x_i(product), .h_o(s_half));
  qn_to_half u_scale_half (.clk_i, .en_i(s_valid_q[3]), .x_i(times_a_q), .h_o(s_scale_half));
  always_ff @(posedge clk_i) begin
    if (clear_i) s_valid_q <= '0;
    else         s_valid_q <= {s_valid_q[LatSide-2:0], q8_1 && slice_next_o};
    if (q8_1 && slice_next_o) s_total_q <= lo_q + half;
    if (s_valid_q[0]) begin
      s_sign_q <= s_total_q[12];
      s_z8_q   <= s_size[12:5] == 8'd0;
      s_up_q   <= s_size[12:5] == 8'd0 ? {s_size[4:0], 8'd0} : s_size;
    end
    if (!q8_1) begin
      if (m1_valid_q && !stays) times_a_q <= {1'b0, top[30:0]};
      times_b_q <= wide_i ? (coarse_i ? KE4M3 : K16) : coarse_i ? K4 : K8;
    end else if (s_valid_q[1]) begin
      times_a_q <= c1_scale_q;
      times_b_q <= to_float(s_sign_q, s_z8_q, s_up_q);
    end
    if (s_valid_q[3]) s_total_late_q <= s_total_q;
  end

  // Records
  logic [1:0] turn_q;                      // clocks since the beat's bytes
  logic       rec_busy_q;
  assign rec_valid_o = rec_busy_q && (turn_q == 2'd0 || (turn_q == 2'd1 ? wide_i : turn_q == 2'd2 && c1_block_end_q));
  assign rec_kind_o  = turn_q;
  assign rec_beat_o  = c1_beat_q;
  assign rec_words_o = rec_kind_o == 2'd0 ? c1_one_q : rec_kind_o == 2'd1 ? c1_two_q : {Lanes/4{c1_scale_q}};
  assign rec_next_o  = rec_busy_q && turn_q == 2'd3 && c1_block_end_q;
  always_ff @(posedge clk_i) begin
    if (clear_i) begin
      rec_busy_q <= 1'b0;
      turn_q     <= 2'd0;
    end else if (code_valid_i) begin
      rec_busy_q <= record_i;
      turn_q     <= 2'd0;
    end else if (rec_busy_q) begin
      rec_busy_q <= turn_q != 2'd3;
      turn_q     <= turn_q + 2'd1;
    end
  end

endmodule

`default_nettype wire
