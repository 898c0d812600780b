// SPDX-License-Identifier: Apache-2.0
// qn_vec_check: reads the counts of a vector instruction and refuses operands outside their memories.
// `bad_o` comes three clocks after `start_i`, which is before the instruction's first effect, cause and address a clock after it, and they
// stay until the next start, four clocks after this one or later: its parts; products, and the room that operands without a stride leave; the verdict; what for.
// On ECP5 720 LUT4, 300 CCU2C, 570 flops and 4 MULT18.
//
// Looked at in this order; `bad_addr_o` is the value named:
//   VEC    FIELD: undefined FN; PERM no power of two, or with ACC; N no multiple of 8 with PERM; DST, A, B no multiples of 8. BUFFER: DST, A, B.
//   QUANT  FIELD: BLOCK or COARSE with RECORD, else GGML with COARSE, WIDE or BLOCK 1 or 2; N no multiple of its block; A no multiple of 8. BUFFER: A. FIELD: a record's DST. BUFFER: DST.
//   EMBED  BUFFER: A (or ROWS), DST.
//   LOGIT  FIELD: A no multiple of 8. BUFFER: A.
// BUFFER means an element outside the vector buffer, the accumulators or the slices, or N or ROWS above VbWords. An operand's column in the
// accumulators must not carry into the row: column + 8 x (ASTRIDE mod 128) x (ROWS - 1) + N stays within AccCols.
// Where N or ROWS is zero or less only FN, PERM and BLOCK are looked at.

`default_nettype none

module qn_vec_check #(
  parameter int Rows    = 16,
  parameter int AccCols = 256,
  parameter int Slices  = 64,
  parameter int VbWords = 24576,
  parameter bit Ggml    = 1,               // QUANT makes slices as ggml has them
  parameter AddrW = $clog2(VbWords)
) (
  input  logic         clk_i,
  input  logic         start_i,
  input  logic [qn_isa_pkg::ENTRY_W-1:0] insn_i,
  input  logic         vec_i,              // which it is; none of them: does nothing
  input  logic         quant_i,
  input  logic         embed_i,
  input  logic         logit_i,
  input  logic         acc_i,              // A is in the accumulators

  input  logic [31:0]  n_i,                // its counts
  input  logic [31:0]  rows_i,
  output logic         empty_o,            // does nothing; in the same clock

  output logic         bad_o,
  output logic [7:0]   bad_cause_o,
  output logic [31:0]  bad_addr_o
);

  localparam [31:0] WORDS = VbWords;
  localparam [31:0] ROWS = Rows, COLS = AccCols, SLICES = Slices;
  localparam RoomW = 24;                   // what is left of a memory, signed: less than 2^22 of a base, 2^20 of a length

  // The instruction's parts
  logic        wide, record, ggml, coarse;
  logic [31:0] dst, a, b, step;
  logic [3:0]  fn;
  logic [2:0]  perm;
  logic [1:0]  block;
  logic [9:0]  d_stride, a_stride, b_stride;
  assign fn     = insn_i[qn_isa_pkg::VEC_FN_LSB +: 4];
  assign perm   = insn_i[qn_isa_pkg::VEC_PERM_LSB +: 3];
  assign block  = insn_i[qn_isa_pkg::QUANT_BLOCK_LSB +: 2];
  assign wide   = insn_i[qn_isa_pkg::QUANT_WIDE_LSB];
  assign record = insn_i[qn_isa_pkg::QUANT_RECORD_LSB];
  assign ggml   = insn_i[qn_isa_pkg::QUANT_GGML_LSB];
  assign coarse = insn_i[qn_isa_pkg::QUANT_COARSE_LSB];
  assign empty_o = n_i[31] || n_i == 32'd0 || rows_i[31] || rows_i == 32'd0 || !(vec_i || quant_i || embed_i || logit_i);

  always @(*) begin
    dst      = insn_i[31:0];
    a        = insn_i[63:32];
    b        = insn_i[95:64];
    step     = insn_i[128 +: 32];
    d_stride = 10'd0;
    a_stride = 10'd0;
    b_stride = 10'd0;
    if (vec_i) begin
      d_stride[qn_isa_pkg::VEC_DSTRIDE_W-1:0] =
        insn_i[32 * qn_isa_pkg::SLOT_VEC_DSTRIDE + qn_isa_pkg::VEC_DSTRIDE_LSB +: qn_isa_pkg::VEC_DSTRIDE_W];
      a_stride[qn_isa_pkg::VEC_ASTRIDE_W-1:0] =
        insn_i[32 * qn_isa_pkg::SLOT_VEC_ASTRIDE + qn_isa_pkg::VEC_ASTRIDE_LSB +: qn_isa_pkg::VEC_ASTRIDE_W];
      b_stride[qn_isa_pkg::VEC_BSTRIDE_W-1:0] =
        insn_i[32 * qn_isa_pkg::SLOT_VEC_BSTRIDE + qn_isa_pkg::VEC_BSTRIDE_LSB +: qn_isa_pkg::VEC_BSTRIDE_W];
    end
    if (quant_i) begin
      a        = insn_i[31:0];
      dst      = insn_i[63:32];
      d_stride[qn_isa_pkg::QUANT_DSTRIDE_W-1:0] =
        insn_i[32 * qn_isa_pkg::SLOT_QUANT_DSTRIDE + qn_isa_pkg::QUANT_DSTRIDE_LSB +: qn_isa_pkg::QUANT_DSTRIDE_W];
      a_stride[qn_isa_pkg::QUANT_ASTRIDE_W-1:0] =
        insn_i[32 * qn_isa_pkg::SLOT_QUANT_ASTRIDE + qn_isa_pkg::QUANT_ASTRIDE_LSB +: qn_isa_pkg::QUANT_ASTRIDE_W];
    end
    if (logit_i) a = insn_i[31:0];
  end

  // First clock: parts, lengths, and what needs no sum
  logic [17:0] rows_less1;
  logic        bad_fn, bad_perm, bad_block, bad_n;
  assign rows_less1 = rows_i[17:0] - 18'd1;
  assign bad_fn     = vec_i && fn > qn_isa_pkg::VEC_MASK;
  assign bad_perm   = vec_i && (perm == 3'd3 || perm > 3'd4 || (perm != 3'd0 && acc_i));
  assign bad_block  = quant_i && (record ? coarse || block != 2'd0 : ggml && (!Ggml || coarse || wide || (block[1] ^ block[0])));
  assign bad_n      = !empty_o && ((vec_i && perm != 3'd0 && n_i[2:0] != 3'd0)
                      || (quant_i && (n_i[4:0] != 5'd0 || (n_i[5] && block > 2'd0) || (n_i[6] && block > 2'd1) || (n_i[7] && block > 2'd2))));

  logic [31:0] leap_q;                     // EMBED's step without its sign
  logic [31:0] d_base_q, a_base_q, b_base_q, value_q;
  logic [18:0] d_len_q, n_q, rows_q;
  logic [17:0] rows_less1_q, d_times_q;    // d_times: D's stride or leap is passed so often
  logic [9:0]  d_stride_q, a_stride_q, b_stride_q;
  logic        start_q, start2_q, field_q, none_q, huge_q, leaps_q, vec_q, embed_q, down_q, acc_q, b_scalar_q, slices_q, wide_q;
  logic        d_used_q, b_used_q, d_even_q, a_even_q;

  always_ff @(posedge clk_i) begin
    start_q  <= start_i;
    start2_q <= start_q && !start_i;
    if (start_i) begin
      none_q       <= empty_o;
      vec_q        <= vec_i;
      embed_q      <= embed_i;
      down_q       <= embed_i && step[31];
      acc_q        <= acc_i;
      b_scalar_q   <= insn_i[qn_isa_pkg::VEC_BSCALAR_LSB];
      slices_q     <= quant_i && !record;
      wide_q       <= wide;
      d_used_q     <= !logit_i;
      b_used_q     <= vec_i && fn <= qn_isa_pkg::VEC_MAX;
      d_even_q     <= vec_i || (quant_i && record);
      a_even_q     <= !embed_i;
      huge_q       <= n_i > WORDS || rows_i > WORDS;
      leap_q       <= step[31] ? -step : step;
      leaps_q      <= embed_i && n_i != 32'd1;
      n_q          <= n_i[18:0];
      rows_q       <= rows_i[18:0];
      rows_less1_q <= rows_less1;
      d_times_q    <= embed_i ? n_i[17:0] - 18'd1 : rows_less1;
      d_stride_q   <= d_stride;
      a_stride_q   <= a_stride;
      b_stride_q   <= b_stride;
      d_base_q     <= dst;
      a_base_q     <= a;
      b_base_q     <= b;
      d_len_q      <= embed_i ? rows_i[18:0] : !quant_i ? n_i[18:0]
                    : (wide ? n_i[18:0] >> 1 : n_i[18:0] >> 2) + (n_i[18:0] >> 5);
      field_q      <= bad_fn || bad_perm || bad_block || bad_n;
      value_q      <= bad_fn ? {28'd0, fn} : bad_perm ? {29'd0, perm} : bad_block ? {30'd0, block} : n_i;
    end
  end

  // Second clock: what the strides add, and the room for it. Strides are of 8 words, EMBED's leap of one; a leap down has the words below.
  logic signed [RoomW-1:0] d_room, d_room8, b_room, a_room, a_col_room;
  logic [31:0]             s_end, s_row_end;
  logic                    d_odd, a_odd, b_odd;
  assign d_room     = WORDS[RoomW-1:0] - {{RoomW-AddrW{1'b0}}, d_base_q[AddrW-1:0]} - {{RoomW-19{1'b0}}, d_len_q};
  assign d_room8    = d_room >>> 3;
  assign b_room     = WORDS[RoomW-1:0] - {{RoomW-AddrW{1'b0}}, b_base_q[AddrW-1:0]} - (b_scalar_q ? 24'd8 : {{RoomW-19{1'b0}}, n_q});
  assign a_room     = WORDS[RoomW-1:0] - {{RoomW-AddrW{1'b0}}, a_base_q[AddrW-1:0]} - {{RoomW-19{1'b0}}, n_q};
  assign a_col_room = COLS[RoomW-1:0] - {{RoomW-10{1'b0}}, a_base_q[9:0]}
                    - (embed_q ? {{RoomW-20{1'b0}}, n_q, 1'b0} - 24'd1 : {{RoomW-19{1'b0}}, n_q});
  assign s_end      = {22'd0, d_base_q[9:0]} + {18'd0, n_q[18:5]};
  assign s_row_end  = {10'd0, d_base_q[31:10]} + {13'd0, rows_q};
  assign d_odd      = d_even_q && d_base_q[2:0] != 3'd0;
  assign a_odd      = a_even_q && a_base_q[2:0] != 3'd0;
  assign b_odd      = b_used_q && b_base_q[2:0] != 3'd0;

  logic signed [32:0]      d_span_q;       // a longer product belongs to N or ROWS that A refuses
  logic signed [28:0]      a_span_q, b_span_q;
  logic signed [RoomW-1:0] a_row_span_q;   // rows of the accumulators that A's stride walks
  logic signed [RoomW-1:0] d_room_q, a_room_q, a_row_room_q, b_room_q;
  logic                    d_bad_q, d_odd_q, s_bad_q, a_bad_q, b_bad_q; // whatever the strides are
  logic                    told_q, told_bad_q;                          // that decides already
  logic [31:0]             told_addr_q;
  always_ff @(posedge clk_i) if (start_q) begin
    d_span_q     <= {1'b0, {14'd0, embed_q ? leap_q[17:0] : {8'd0, d_stride_q}} * {14'd0, d_times_q}};
    a_span_q     <= {1'b0, {18'd0, acc_q ? 3'd0 : a_stride_q[9:7], a_stride_q[6:0]} * {10'd0, rows_less1_q}};
    b_span_q     <= {1'b0, {18'd0, b_stride_q} * {10'd0, rows_less1_q}};
    a_row_span_q <= {{RoomW-21{1'b0}}, {18'd0, a_stride_q[9:7]} * {3'd0, rows_less1_q}};
    d_room_q     <= down_q ? {{RoomW-AddrW{1'b0}}, d_base_q[AddrW-1:0]} : embed_q ? d_room : d_room8;
    a_room_q     <= (acc_q ? a_col_room : a_room) >>> 3;
    a_row_room_q <= ROWS[RoomW-1:0] - {{RoomW-22{1'b0}}, a_base_q[31:10]} - (embed_q ? {{RoomW-19{1'b0}}, rows_q} : 24'd1);
    b_room_q     <= b_room >>> 3;
    d_odd_q      <= d_odd;
    d_bad_q      <= d_base_q[31:AddrW] != '0 || d_room < 0 || (vec_q && huge_q) || (leaps_q && leap_q >= WORDS);
    s_bad_q      <= s_end > SLICES || (wide_q ? {s_row_end[30:0], 1'b0} : s_row_end) > ROWS;
    a_bad_q      <= (!vec_q && huge_q) || (acc_q ? embed_q && a_base_q[31:10] != 22'd0 : a_base_q[31:AddrW] != '0);
    b_bad_q      <= b_base_q[31:AddrW] != '0;
    told_q       <= field_q || none_q || (vec_q && d_odd) || a_odd || b_odd;
    told_bad_q   <= field_q || !none_q;
    told_addr_q  <= field_q ? value_q : vec_q && d_odd ? d_base_q : a_odd ? a_base_q : b_base_q;
  end

  // Third clock
  logic d_out, a_out, b_out;
  assign d_out = slices_q ? s_bad_q : d_used_q && (d_bad_q || d_span_q > $signed({{33-RoomW{d_room_q[RoomW-1]}}, d_room_q}));
  assign a_out = a_bad_q || a_span_q > $signed({{29-RoomW{a_room_q[RoomW-1]}}, a_room_q}) || (acc_q && a_row_span_q > a_row_room_q);
  assign b_out = b_used_q && (b_bad_q || b_span_q > $signed({{29-RoomW{b_room_q[RoomW-1]}}, b_room_q}));

  logic start3_q, d_out_q, a_out_q;
  always_ff @(posedge clk_i) begin
    start3_q <= start2_q && !start_i;
    if (start_i)       bad_o <= 1'b0;
    else if (start2_q) bad_o <= told_q ? told_bad_q : d_out || a_out || d_odd_q || b_out;
    if (start2_q) begin
      d_out_q <= d_out;
      a_out_q <= a_out;
    end
  end

  // Fourth clock: the first of what is wrong
  localparam [7:0] FIELD = qn_isa_pkg::TRAP_FIELD, BUFFER = qn_isa_pkg::TRAP_BUFFER;
  always_ff @(posedge clk_i) if (start3_q) begin
    if (told_q)                 {bad_cause_o, bad_addr_o} <= {FIELD, told_addr_q};
    else if (vec_q && d_out_q)  {bad_cause_o, bad_addr_o} <= {BUFFER, d_base_q};
    else if (a_out_q)           {bad_cause_o, bad_addr_o} <= {BUFFER, a_base_q};
    else if (d_odd_q)           {bad_cause_o, bad_addr_o} <= {FIELD, d_base_q};
    else if (d_out_q)           {bad_cause_o, bad_addr_o} <= {BUFFER, d_base_q};
    else                        {bad_cause_o, bad_addr_o} <= {BUFFER, b_base_q};
  end

endmodule

`default_nettype wire
