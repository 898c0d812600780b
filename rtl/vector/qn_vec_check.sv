// SPDX-License-Identifier: Apache-2.0
// qn_vec_check: reads the counts of a vector instruction and refuses operands outside their memories.
// The counts are combinational. `bad_o` comes two clocks after `start_i`, which is before the instruction's first effect, and
// stays until the next start. About 1,600 LUT4 and 4 MULT18 on ECP5.
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
  parameter AddrW = $clog2(VbWords)
) (
  input  logic         clk_i,
  input  logic         start_i,
  input  logic [qn_isa_pkg::ENTRY_W-1:0] insn_i,

  output logic [31:0]  n_o,
  output logic [31:0]  rows_o,
  output logic         empty_o,            // does nothing

  output logic         bad_o,
  output logic [7:0]   bad_cause_o,
  output logic [31:0]  bad_addr_o
);

  localparam [31:0] WORDS = VbWords;
  localparam [31:0] ROWS = Rows, COLS = AccCols, SLICES = Slices;
  localparam SumW = 32;

  // The instruction's parts
  logic        vec, quant, embed, logit, wide, record, ggml, coarse, uses_b;
  logic [31:0] dst, a, b, step, slot2, slot3, slot4;
  logic [3:0]  fn;
  logic [2:0]  perm;
  logic [1:0]  block;
  logic [9:0]  d_stride, a_stride, b_stride;
  logic        acc;                        // A is in the accumulators
  assign slot2  = insn_i[64 +: 32];
  assign slot3  = insn_i[96 +: 32];
  assign slot4  = insn_i[128 +: 32];
  assign vec    = insn_i[qn_isa_pkg::ENTRY_OP_LSB +: 8] == qn_isa_pkg::OP_VEC;
  assign quant  = insn_i[qn_isa_pkg::ENTRY_OP_LSB +: 8] == qn_isa_pkg::OP_QUANT;
  assign embed  = insn_i[qn_isa_pkg::ENTRY_OP_LSB +: 8] == qn_isa_pkg::OP_EMBED;
  assign logit  = insn_i[qn_isa_pkg::ENTRY_OP_LSB +: 8] == qn_isa_pkg::OP_LOGIT;
  assign fn     = insn_i[qn_isa_pkg::VEC_FN_LSB +: 4];
  assign perm   = insn_i[qn_isa_pkg::VEC_PERM_LSB +: 3];
  assign block  = insn_i[qn_isa_pkg::QUANT_BLOCK_LSB +: 2];
  assign wide   = insn_i[qn_isa_pkg::QUANT_WIDE_LSB];
  assign record = insn_i[qn_isa_pkg::QUANT_RECORD_LSB];
  assign ggml   = insn_i[qn_isa_pkg::QUANT_GGML_LSB];
  assign coarse = insn_i[qn_isa_pkg::QUANT_COARSE_LSB];
  assign acc    = embed || (vec && insn_i[qn_isa_pkg::VEC_ACC_LSB]) || (logit && insn_i[qn_isa_pkg::LOGIT_ACC_LSB]);
  assign uses_b = vec && fn <= qn_isa_pkg::VEC_MAX;
  assign n_o    = vec ? slot3 : slot2;
  assign rows_o = vec ? slot4 : logit ? 32'd1 : slot3;
  assign empty_o = $signed(n_o) <= 0 || $signed(rows_o) <= 0 || !(vec || quant || embed || logit);

  always @(*) begin
    dst      = insn_i[31:0];
    a        = insn_i[63:32];
    b        = insn_i[95:64];
    step     = slot4;
    d_stride = 10'd0;
    a_stride = 10'd0;
    b_stride = 10'd0;
    if (vec) begin
      d_stride[qn_isa_pkg::VEC_DSTRIDE_W-1:0] =
        insn_i[32 * qn_isa_pkg::SLOT_VEC_DSTRIDE + qn_isa_pkg::VEC_DSTRIDE_LSB +: qn_isa_pkg::VEC_DSTRIDE_W];
      a_stride[qn_isa_pkg::VEC_ASTRIDE_W-1:0] =
        insn_i[32 * qn_isa_pkg::SLOT_VEC_ASTRIDE + qn_isa_pkg::VEC_ASTRIDE_LSB +: qn_isa_pkg::VEC_ASTRIDE_W];
      b_stride[qn_isa_pkg::VEC_BSTRIDE_W-1:0] =
        insn_i[32 * qn_isa_pkg::SLOT_VEC_BSTRIDE + qn_isa_pkg::VEC_BSTRIDE_LSB +: qn_isa_pkg::VEC_BSTRIDE_W];
    end
    if (quant) begin
      a        = insn_i[31:0];
      dst      = insn_i[63:32];
      d_stride[qn_isa_pkg::QUANT_DSTRIDE_W-1:0] =
        insn_i[32 * qn_isa_pkg::SLOT_QUANT_DSTRIDE + qn_isa_pkg::QUANT_DSTRIDE_LSB +: qn_isa_pkg::QUANT_DSTRIDE_W];
      a_stride[qn_isa_pkg::QUANT_ASTRIDE_W-1:0] =
        insn_i[32 * qn_isa_pkg::SLOT_QUANT_ASTRIDE + qn_isa_pkg::QUANT_ASTRIDE_LSB +: qn_isa_pkg::QUANT_ASTRIDE_W];
    end
    if (logit) a = insn_i[31:0];
  end

  // First clock: what needs no sum, and the products
  logic [17:0] n_less1, rows_less1;
  logic [31:0] leap;                       // EMBED's step without its sign
  logic        bad_fn, bad_perm, bad_block, bad_n;
  assign n_less1    = n_o[17:0] - 18'd1;
  assign rows_less1 = rows_o[17:0] - 18'd1;
  assign leap       = step[31] ? -step : step;
  assign bad_fn     = vec && fn > qn_isa_pkg::VEC_MASK;
  assign bad_perm   = vec && (perm == 3'd3 || perm > 3'd4 || (perm != 3'd0 && acc));
  assign bad_block  = quant && (record ? coarse || block != 2'd0 : ggml && (coarse || wide || (block[1] ^ block[0])));
  assign bad_n      = !empty_o && ((vec && perm != 3'd0 && n_o[2:0] != 3'd0)
                      || (quant && (n_o[4:0] != 5'd0 || (n_o[5] && block > 2'd0) || (n_o[6] && block > 2'd1) || (n_o[7] && block > 2'd2))));

  logic [31:0] d_span_q;                   // a longer product belongs to N or ROWS that A refuses
  logic [28:0] a_span_q, b_span_q;
  logic [20:0] a_row_span_q;               // rows of the accumulators that A's stride walks
  logic [31:0] d_base_q, a_base_q, b_base_q, value_q;
  logic [18:0] d_len_q, n_q, rows_q;
  logic        start_q, field_q, none_q, huge_q, leap_q, vec_q, embed_q, down_q, acc_q, b_scalar_q, slices_q, wide_q;
  logic        d_used_q, b_used_q, d_even_q, a_even_q;

  always_ff @(posedge clk_i) begin
    start_q <= start_i;
    if (start_i) begin
      none_q       <= empty_o;
      vec_q        <= vec;
      embed_q      <= embed;
      down_q       <= embed && step[31];
      acc_q        <= acc;
      b_scalar_q   <= insn_i[qn_isa_pkg::VEC_BSCALAR_LSB];
      slices_q     <= quant && !record;
      wide_q       <= wide;
      d_used_q     <= !logit;
      b_used_q     <= uses_b;
      d_even_q     <= vec || (quant && record);
      a_even_q     <= !embed;
      huge_q       <= n_o > WORDS || rows_o > WORDS;
      leap_q       <= embed && leap >= WORDS && n_o != 32'd1;
      n_q          <= n_o[18:0];
      rows_q       <= rows_o[18:0];
      d_base_q     <= dst;
      a_base_q     <= a;
      b_base_q     <= b;
      d_span_q     <= {14'd0, embed ? leap[17:0] : {8'd0, d_stride}} * {14'd0, embed ? n_less1 : rows_less1};
      a_span_q     <= {19'd0, acc ? 3'd0 : a_stride[9:7], a_stride[6:0]} * {11'd0, rows_less1};
      b_span_q     <= {19'd0, b_stride} * {11'd0, rows_less1};
      a_row_span_q <= {18'd0, a_stride[9:7]} * {3'd0, rows_less1};
      d_len_q      <= embed ? rows_o[18:0] : !quant ? n_o[18:0]
                    : (wide ? n_o[18:0] >> 1 : n_o[18:0] >> 2) + (n_o[18:0] >> 5);
      field_q      <= bad_fn || bad_perm || bad_block || bad_n;
      value_q      <= bad_fn ? {28'd0, fn} : bad_perm ? {29'd0, perm} : bad_block ? {30'd0, block} : n_o;
    end
  end

  // Second clock: ends against limits
  logic [SumW-1:0] n, rows, d_base, d_end, a_end, b_end, a_col_end, a_row_end, s_end, s_row_end;
  logic            d_odd, a_odd, b_odd, d_out, a_out, b_out;
  assign n         = {{SumW-19{1'b0}}, n_q};
  assign rows      = {{SumW-19{1'b0}}, rows_q};
  assign d_base    = {{SumW-AddrW{1'b0}}, d_base_q[AddrW-1:0]};
  assign d_end     = d_base + {{SumW-19{1'b0}}, d_len_q}
                   + (down_q ? '0 : embed_q ? d_span_q : {d_span_q[SumW-4:0], 3'd0});
  assign a_end     = {{SumW-AddrW{1'b0}}, a_base_q[AddrW-1:0]} + n + {a_span_q, 3'd0};
  assign b_end     = {{SumW-AddrW{1'b0}}, b_base_q[AddrW-1:0]} + (b_scalar_q ? 32'd8 : n) + {b_span_q, 3'd0};
  assign a_col_end = {{SumW-10{1'b0}}, a_base_q[9:0]} + (embed_q ? {n[SumW-2:0], 1'b0} - 32'd1 : n) + {a_span_q, 3'd0};
  assign a_row_end = {{SumW-22{1'b0}}, a_base_q[31:10]} + (embed_q ? rows : 32'd1) + {{SumW-21{1'b0}}, a_row_span_q};
  assign s_end     = {{SumW-10{1'b0}}, d_base_q[9:0]} + (n >> 5);
  assign s_row_end = {{SumW-22{1'b0}}, d_base_q[31:10]} + rows;
  assign d_odd     = d_even_q && d_base_q[2:0] != 3'd0;
  assign a_odd     = a_even_q && a_base_q[2:0] != 3'd0;
  assign b_odd     = b_used_q && b_base_q[2:0] != 3'd0;
  assign d_out     = slices_q ? s_end > SLICES || (wide_q ? {s_row_end[SumW-2:0], 1'b0} : s_row_end) > ROWS
                   : d_used_q && (d_base_q[31:AddrW] != '0 || d_end > WORDS || (down_q && d_base < d_span_q)
                                  || (vec_q && huge_q) || leap_q);
  assign a_out     = (!vec_q && huge_q)
                   || (acc_q ? a_col_end > COLS || a_row_end > ROWS || (embed_q && a_base_q[31:10] != 22'd0)
                       : a_base_q[31:AddrW] != '0 || a_end > WORDS);
  assign b_out     = b_used_q && (b_base_q[31:AddrW] != '0 || b_end > WORDS);

  localparam [7:0] FIELD = qn_isa_pkg::TRAP_FIELD, BUFFER = qn_isa_pkg::TRAP_BUFFER;
  always_ff @(posedge clk_i) begin
    if (start_i) bad_o <= 1'b0;
    else if (start_q) begin
      bad_o <= 1'b1;
      if (field_q)             {bad_cause_o, bad_addr_o} <= {FIELD, value_q};
      else if (none_q)         bad_o <= 1'b0;
      else if (vec_q && d_odd) {bad_cause_o, bad_addr_o} <= {FIELD, d_base_q};
      else if (a_odd)          {bad_cause_o, bad_addr_o} <= {FIELD, a_base_q};
      else if (b_odd)          {bad_cause_o, bad_addr_o} <= {FIELD, b_base_q};
      else if (vec_q && d_out) {bad_cause_o, bad_addr_o} <= {BUFFER, d_base_q};
      else if (a_out)          {bad_cause_o, bad_addr_o} <= {BUFFER, a_base_q};
      else if (d_odd)          {bad_cause_o, bad_addr_o} <= {FIELD, d_base_q};
      else if (d_out)          {bad_cause_o, bad_addr_o} <= {BUFFER, d_base_q};
      else if (b_out)          {bad_cause_o, bad_addr_o} <= {BUFFER, b_base_q};
      else                     bad_o <= 1'b0;
    end
  end

endmodule

`default_nettype wire
