// SPDX-License-Identifier: Apache-2.0
// qn_vector: the vector unit and its buffer: VEC, QUANT, EMBED and LOGIT, one instruction at a time.
//
//   walk A -> copy A / accumulators -> a_q --+-> lanes, functions -> result registers -> write port (walk W)
//   walk B -> copy B ----------------> b_q --+     (QUANT: maxima from a_q, products from b_q) -> slice buffer
//
// Elements move in beats of `Lanes` consecutive words, one a clock; accumulator operands take Lanes / Dequants clocks a beat, functions
// Lanes / Funcs, records 4; EMBED and LOGIT take one element a clock. The next instruction waits in a register and starts in the clock
// in which the last result is written. rtl/README.md has the clocks; nothing here stalls, so they depend on nothing else.
// Needs: Lanes 4 or 8; Lanes/4 <= Funcs <= Dequants <= Lanes, all powers of two; Slices and AccCols up to 1024.
// Target ulx3s on ECP5: 20k LUT4 (with 2 a CCU2C), 12.4k flops, 71 MULT18, 104 DP16KD.

`default_nettype none

module qn_vector #(
  parameter int Rows     = 16,
  parameter int Lanes    = 8,
  parameter int Funcs    = 2,
  parameter int Dequants = 4,
  parameter int AccCols  = 256,
  parameter int Slices   = 64,
  parameter int VbWords  = 24576,
  parameter bit Ggml     = 1,
  parameter VbAddrW = $clog2(VbWords),
  parameter RowW    = $clog2(Rows),
  parameter SliceW  = $clog2(Slices),
  parameter ColW    = $clog2(AccCols),
  parameter QbBeatW = $clog2(32 / Lanes)
) (
  input  logic                           clk_i,
  input  logic                           rst_ni,
  input  logic                           regs_rst_ni,  // reset of what the registers show; not touched by rst_ni

  // instructions
  input  logic                           insn_valid_i,
  output logic                           insn_ready_o,
  input  logic [qn_isa_pkg::ENTRY_W-1:0] insn_i,
  output logic                           post_valid_o,
  output logic [7:0]                     post_o,
  output logic                           trap_valid_o,
  output logic [7:0]                     trap_cause_o, // it and the address a clock later
  output logic [31:0]                    trap_addr_o,
  output logic [11:0]                    trap_pc_o,
  output logic                           busy_o,       // an instruction is being executed
  output logic                           idle_o,

  // registers
  input  logic [1:0]                     digest_we_i,  // bit 0: A, bit 1: B
  input  logic [31:0]                    digest_data_i,
  output logic [31:0]                    digest_a_o,
  output logic [31:0]                    digest_b_o,
  output logic [31:0]                    pick_o,
  output logic [31:0]                    pick_value_o,
  input  logic                           nonfinite_clear_i, // a job starts: clears the flag, and the next LOGIT picks afresh
  output logic                           nonfinite_o,  // the quantizer met a value that is not finite

  // accumulators
  output logic                           acc_re_o,
  output logic [RowW-1:0]                acc_row_o,
  output logic [ColW-1:0]                acc_col_o,    // a multiple of Dequants
  input  logic [32*Dequants-1:0]         acc_data_i,   // LAT_ACC clocks later

  // slice buffer
  output logic                           qb_we_o,
  output logic [RowW-1:0]                qb_row_o,
  output logic                           qb_pair_o,    // data2 and the second side word go to qb_row_o + 1
  output logic [SliceW-1:0]              qb_slice_o,
  output logic [QbBeatW-1:0]             qb_beat_o,
  output logic [8*Lanes-1:0]             qb_data_o,
  output logic [8*Lanes-1:0]             qb_data2_o,
  output logic                           qb_side_we_o, // with the slice's last beat, or after it
  output logic [RowW-1:0]                qb_side_row_o,
  output logic [SliceW-1:0]              qb_side_slice_o,
  output logic                           qb_s_o,       // Q8_1: scale is {s, d} of FP16, sum_lo that of all codes
  output logic [31:0]                    qb_scale_o,
  output logic [12:0]                    qb_sum_lo_o,
  output logic [12:0]                    qb_sum_hi_o,
  output logic [31:0]                    qb_scale2_o,
  output logic [12:0]                    qb_sum2_lo_o,
  output logic [12:0]                    qb_sum2_hi_o,

  // load and store units
  input  logic                           ld_valid_i,
  output logic                           ld_ready_o,
  input  logic [VbAddrW-1:0]             ld_addr_i,
  input  logic [31:0]                    ld_data_i,
  input  logic                           st_valid_i,
  output logic                           st_ready_o,
  input  logic [VbAddrW-1:0]             st_addr_i,
  output logic                           st_valid_o,
  output logic [31:0]                    st_data_o
);

  localparam AccLat  = qn_isa_pkg::LAT_ACC;
  localparam LatAdd  = qn_isa_pkg::LAT_FADD;
  localparam LatMul  = qn_isa_pkg::LAT_FMUL;
  localparam LatFunc = qn_isa_pkg::LAT_FUNC;
  localparam LatCode = LatMul + 1 + LatAdd;
  localparam ChainW  = LatFunc > LatCode ? LatFunc : LatCode;
  localparam LaneW   = $clog2(Lanes);
  localparam Groups  = Lanes / Dequants;   // accumulator reads of a beat
  localparam Turns   = Lanes / Funcs;      // function clocks of a beat
  localparam TurnW   = Turns > 1 ? $clog2(Turns) : 1;
  localparam GroupW  = Groups > 1 ? $clog2(Groups) : 1;
  localparam RecWords = Lanes / 4;         // words of a record that a beat makes
  localparam AddrW   = VbAddrW > RowW + 10 ? VbAddrW : RowW + 10;
  localparam CountW  = AddrW + 1;
  localparam BeatW   = VbAddrW - LaneW;

  // ---------------------------------------------------------------------------------------------------------------------------
  // The instruction that waits
  logic                           full_q, busy_q, stop_q, fin_q, fin, halt;
  logic                           start, start_walk, start_check, start_quant; // full_q, not stopped, nothing runs or ends now: a register, as thousands look at it
  logic                           clear;   // pipelines: what a result's tap left in them is no result of the next instruction
  logic                           in_vec, in_embed, in_logit;
  /* verilator lint_off UNUSEDSIGNAL */    // u_check refuses what does not fit the walks
  logic [qn_isa_pkg::ENTRY_W-1:0] insn_q;
  logic [31:0]                    d_n, d_rows, d_a, d_dst;
  /* verilator lint_on UNUSEDSIGNAL */
  assign in_vec       = insn_i[qn_isa_pkg::ENTRY_OP_LSB +: 8] == qn_isa_pkg::OP_VEC;
  assign in_embed     = insn_i[qn_isa_pkg::ENTRY_OP_LSB +: 8] == qn_isa_pkg::OP_EMBED;
  assign in_logit     = insn_i[qn_isa_pkg::ENTRY_OP_LSB +: 8] == qn_isa_pkg::OP_LOGIT;
  assign clear        = !rst_ni || halt || start;
  assign insn_ready_o = !stop_q && (!full_q || start);
  assign busy_o       = busy_q;
  assign idle_o       = !busy_q && !full_q;

  logic start_d;                           // in the next clock
  assign start_d = rst_ni && !halt && !stop_q && (insn_ready_o ? insn_valid_i : full_q) && (fin || (!start && (fin_q || !busy_q)));
  qn_copy u_start (.clk_i, .in_i(start_d), .out_o(start));
  qn_copy u_start_walk (.clk_i, .in_i(start_d), .out_o(start_walk));
  qn_copy u_start_check (.clk_i, .in_i(start_d), .out_o(start_check));
  qn_copy u_start_quant (.clk_i, .in_i(start_d), .out_o(start_quant));

  always_ff @(posedge clk_i) begin
    if (!rst_ni || halt)    full_q <= 1'b0;
    else if (insn_ready_o)  full_q <= insn_valid_i;
    if (insn_valid_i && insn_ready_o) begin
      insn_q  <= insn_i;
      d_vec   <= in_vec;
      d_quant <= insn_i[qn_isa_pkg::ENTRY_OP_LSB +: 8] == qn_isa_pkg::OP_QUANT;
      d_embed <= in_embed;
      d_logit <= in_logit;
      d_acc   <= in_embed || (in_vec && insn_i[qn_isa_pkg::VEC_ACC_LSB]) || (in_logit && insn_i[qn_isa_pkg::LOGIT_ACC_LSB]);
      d_n     <= in_vec ? insn_i[96 +: 32] : insn_i[64 +: 32];
      d_rows  <= in_vec ? insn_i[128 +: 32] : in_logit ? 32'd1 : insn_i[96 +: 32];
    end
  end

  // Its parts; `d_` is what it starts with. What it is and its counts, which decide most, are found when it is taken.
  logic        d_vec, d_quant, d_embed, d_logit, d_acc, d_reads_b, d_func, d_empty, d_record, d_wide, d_scalar;
  logic [3:0]  d_fn;
  assign d_fn     = insn_q[qn_isa_pkg::VEC_FN_LSB +: 4];
  assign d_func   = d_vec && d_fn >= qn_isa_pkg::VEC_EXP && d_fn <= qn_isa_pkg::VEC_RSQRT;
  assign d_reads_b = d_vec && d_fn <= qn_isa_pkg::VEC_MAX;
  assign d_scalar = insn_q[qn_isa_pkg::VEC_BSCALAR_LSB];
  assign d_record = d_quant && insn_q[qn_isa_pkg::QUANT_RECORD_LSB];
  assign d_wide   = insn_q[qn_isa_pkg::QUANT_WIDE_LSB];
  assign d_a      = d_quant || d_logit ? insn_q[31:0] : insn_q[63:32];
  assign d_dst    = d_quant ? insn_q[63:32] : insn_q[31:0];

  logic [31:0] bad_addr;
  logic [7:0]  bad_cause;
  logic        bad;
  qn_vec_check #(.Rows(Rows), .AccCols(AccCols), .Slices(Slices), .VbWords(VbWords), .Ggml(Ggml)) u_check (
    .clk_i, .start_i(start_check), .insn_i(insn_q), .vec_i(d_vec), .quant_i(d_quant), .embed_i(d_embed), .logit_i(d_logit), .acc_i(d_acc), .n_i(d_n), .rows_i(d_rows), .empty_o(d_empty),
    .bad_o(bad), .bad_cause_o(bad_cause), .bad_addr_o(bad_addr));

  // ---------------------------------------------------------------------------------------------------------------------------
  // The instruction in progress
  localparam [2:0] SUM = 3'd0, PRODUCT = 3'd1, LARGER = 3'd2, MOVE = 3'd3, MISC = 3'd4;

  logic         vec_q, quant_q, embed_q, logit_q, acc_q, func_q, record_q, wide_q, ggml_q, coarse_q, scalar_q, reads_b_q, mask_q, limit_step_q;
  logic         sub_q, negate_q;
  logic [1:0]   block_q, func_op_q;
  logic [2:0]   pick_q;
  logic [1:0]   swap_q;                    // PERM among the lanes: none, by 1, by 2, by 4
  logic         swap_beat_q;               // and by 4 where there are no more lanes
  logic [2:0]   phase_last_q;              // clocks of a beat less 1
  logic [13:0]  lo_q, hi_q;
  logic [CountW-1:0] n_q;
  logic [32:0]  limit_q;                   // of the row being written
  logic [AddrW-1:0]  rec_len_q;            // words of a row's codes
  logic [7:0]   post_q;
  logic [11:0]  pc_q;
  logic [3:1]   none_q;                    // it did nothing, started so many clocks ago

  logic [CountW-1:0] n_beats, n_blocks;    // of a row
  assign n_beats  = {{LaneW{1'b0}}, d_n[CountW-1:LaneW]} + {{CountW-1{1'b0}}, d_n[LaneW-1:0] != '0};
  assign n_blocks = {5'd0, d_n[CountW-1:5]};

  // Whether a row is one word, one beat, one block: seen without the sum
  logic d_one, d_one_beat, d_one_block;
  assign d_one       = d_n[CountW-1:0] == {{CountW-1{1'b0}}, 1'b1};
  assign d_one_beat  = d_n[CountW-1:LaneW+1] == '0 && d_n[LaneW] == (d_n[LaneW-1:0] == '0);
  assign d_one_block = d_n[CountW-1:6] == '0 && d_n[5];

  always_ff @(posedge clk_i) begin
    if (start) begin
      vec_q        <= d_vec;
      quant_q      <= d_quant;
      embed_q      <= d_embed;
      logit_q      <= d_logit;
      acc_q        <= d_acc;
      func_q       <= d_func;
      record_q     <= d_record;
      wide_q       <= d_wide;
      ggml_q       <= d_quant && insn_q[qn_isa_pkg::QUANT_GGML_LSB];
      coarse_q     <= d_quant && insn_q[qn_isa_pkg::QUANT_COARSE_LSB];
      scalar_q     <= d_scalar && d_vec;
      reads_b_q    <= d_reads_b;
      mask_q       <= d_fn == qn_isa_pkg::VEC_MASK;
      limit_step_q <= insn_q[qn_isa_pkg::VEC_STEP_LSB];
      sub_q        <= d_vec && d_fn == qn_isa_pkg::VEC_SUB;
      negate_q     <= d_fn == qn_isa_pkg::VEC_EXPN;
      block_q      <= insn_q[qn_isa_pkg::QUANT_BLOCK_LSB +: 2];
      func_op_q    <= d_quant || d_fn == qn_isa_pkg::VEC_RECIP ? 2'd1 : d_fn == qn_isa_pkg::VEC_RSQRT ? 2'd2 : 2'd0;
      swap_q       <= !d_vec ? 2'd0 : insn_q[qn_isa_pkg::VEC_PERM_LSB] ? 2'd1 : insn_q[qn_isa_pkg::VEC_PERM_LSB + 1] ? 2'd2
                    : {2{insn_q[qn_isa_pkg::VEC_PERM_LSB + 2] && Lanes == 8}};
      swap_beat_q  <= d_vec && insn_q[qn_isa_pkg::VEC_PERM_LSB + 2] && Lanes == 4;
      pick_q       <= !d_vec || d_func ? MISC
                    : d_fn == qn_isa_pkg::VEC_MUL ? PRODUCT
                    : d_fn == qn_isa_pkg::VEC_MAX ? LARGER
                    : d_fn >= qn_isa_pkg::VEC_MOV ? MOVE : SUM;
      phase_last_q <= d_func ? Turns[2:0] - 3'd1 : d_record ? 3'd3 : d_vec && d_acc ? Groups[2:0] - 3'd1 : 3'd0;
      lo_q         <= insn_q[32 * qn_isa_pkg::SLOT_QUANT_LO + qn_isa_pkg::QUANT_LO_LSB +: 14];
      hi_q         <= insn_q[32 * qn_isa_pkg::SLOT_QUANT_HI + qn_isa_pkg::QUANT_HI_LSB +: 14];
      n_q          <= d_n[CountW-1:0];
      rec_len_q    <= d_wide ? {d_n[AddrW:5], 4'd0} : {d_n[AddrW+1:5], 3'd0};
      post_q       <= insn_q[qn_isa_pkg::ENTRY_POST0_LSB +: 8];
      pc_q         <= insn_q[qn_isa_pkg::ENTRY_PC_LSB +: 12];
    end
  end

  // ---------------------------------------------------------------------------------------------------------------------------
  // Walks
  logic [AddrW-1:0]  a_addr, w_addr, w_row_addr, a_stride, w_stride;
  /* verilator lint_off UNUSEDSIGNAL */
  logic [AddrW-1:0]  b_stride;
  /* verilator lint_on UNUSEDSIGNAL */
  logic [BeatW-1:0]  b_addr;               // B counts beats
  logic [CountW-1:0] a_pos, b_pos, w_pos;
  logic              a_next, a_end, a_row_end, b_end, w_next, w_end;
  localparam [31:0] ACC_ROW = qn_isa_pkg::ACC_ROW, BEAT = Lanes, READ = Dequants, READ_LESS1 = Dequants - 1;

  always @(*) begin
    a_stride = d_embed ? ACC_ROW[AddrW-1:0] : '0;
    b_stride = '0;
    w_stride = {{AddrW-1{1'b0}}, d_embed};
    if (d_vec) begin
      a_stride[3 +: qn_isa_pkg::VEC_ASTRIDE_W] =
        insn_q[32 * qn_isa_pkg::SLOT_VEC_ASTRIDE + qn_isa_pkg::VEC_ASTRIDE_LSB +: qn_isa_pkg::VEC_ASTRIDE_W];
      b_stride[3 +: qn_isa_pkg::VEC_BSTRIDE_W] =
        insn_q[32 * qn_isa_pkg::SLOT_VEC_BSTRIDE + qn_isa_pkg::VEC_BSTRIDE_LSB +: qn_isa_pkg::VEC_BSTRIDE_W];
      w_stride[3 +: qn_isa_pkg::VEC_DSTRIDE_W] =
        insn_q[32 * qn_isa_pkg::SLOT_VEC_DSTRIDE + qn_isa_pkg::VEC_DSTRIDE_LSB +: qn_isa_pkg::VEC_DSTRIDE_W];
    end
    if (d_quant) begin
      a_stride[3 +: qn_isa_pkg::QUANT_ASTRIDE_W] =
        insn_q[32 * qn_isa_pkg::SLOT_QUANT_ASTRIDE + qn_isa_pkg::QUANT_ASTRIDE_LSB +: qn_isa_pkg::QUANT_ASTRIDE_W];
      b_stride = a_stride;
      w_stride[3 +: qn_isa_pkg::QUANT_DSTRIDE_W] =
        insn_q[32 * qn_isa_pkg::SLOT_QUANT_DSTRIDE + qn_isa_pkg::QUANT_DSTRIDE_LSB +: qn_isa_pkg::QUANT_DSTRIDE_W];
      if (!d_record) w_stride = ACC_ROW[AddrW-1:0];
    end
  end

  /* verilator lint_off PINCONNECTEMPTY */  // who need not know the row
  qn_walk #(.AddrW(AddrW), .CountW(CountW)) u_walk_a (
    .clk_i, .load_i(start_walk),
    .base_i(d_a[AddrW-1:0]),
    .step_i(d_embed ? {{AddrW-2{1'b0}}, 2'd2} : d_logit ? {{AddrW-1{1'b0}}, 1'b1} : d_acc ? READ[AddrW-1:0] : BEAT[AddrW-1:0]),
    .stride_i(a_stride),
    .count_i(d_embed || d_logit ? d_n[CountW-1:0] : d_acc ? n_beats << (Groups == 1 ? 0 : GroupW) : n_beats),
    .one_i(d_embed || d_logit ? d_one : d_one_beat && !(d_acc && Groups != 1)),
    .rows_i(d_rows[CountW-1:0]),
    .next_i(a_next), .addr_o(a_addr), .row_addr_o(), .pos_o(a_pos), .row_end_o(a_row_end), .end_o(a_end));

  qn_walk #(.AddrW(BeatW), .CountW(CountW)) u_walk_b (
    .clk_i, .load_i(start_walk),
    .base_i(d_quant ? d_a[VbAddrW-1:LaneW] : insn_q[32 * qn_isa_pkg::SLOT_VEC_B + LaneW +: BeatW]),
    .step_i({{BeatW-1{1'b0}}, !(d_vec && d_scalar)}), .stride_i(b_stride[VbAddrW-1:LaneW]), .count_i(n_beats), .one_i(d_one_beat), .rows_i(d_rows[CountW-1:0]),
    .next_i(b_read), .addr_o(b_addr), .row_addr_o(), .pos_o(b_pos), .row_end_o(), .end_o(b_end));

  qn_walk #(.AddrW(AddrW), .CountW(CountW)) u_walk_w (
    .clk_i, .load_i(start_walk),
    .base_i(d_dst[AddrW-1:0]),
    .step_i(d_vec ? BEAT[AddrW-1:0] : d_embed ? insn_q[32 * qn_isa_pkg::SLOT_EMBED_STEP +: AddrW]
          : d_record ? {{AddrW-5{1'b0}}, d_wide, !d_wide, 3'd0} : {{AddrW-1{1'b0}}, 1'b1}),
    .stride_i(w_stride),
    .count_i(d_vec ? n_beats : d_quant ? n_blocks : d_n[CountW-1:0]),
    .one_i(d_vec ? d_one_beat : d_quant ? d_one_block : d_one),
    .rows_i(d_rows[CountW-1:0]),
    .next_i(w_next), .addr_o(w_addr), .row_addr_o(w_row_addr), .pos_o(w_pos), .row_end_o(), .end_o(w_end));
  /* verilator lint_on PINCONNECTEMPTY */

  // Lanes of beat `pos` whose element lies below `bound`
  function [Lanes-1:0] below(input [CountW-1:0] pos, input [CountW-1:0] bound);
    if (pos < bound >> LaneW)       below = {Lanes{1'b1}};
    else if (pos == bound >> LaneW) below = ~({Lanes{1'b1}} << bound[LaneW-1:0]);
    else                            below = '0;
  endfunction

  // ---------------------------------------------------------------------------------------------------------------------------
  // Reading A: in the first clocks of each beat's turn. What is read in a clock was decided in the one before: a register says so.
  logic               a_run_q, a_run, tick; // tick: the beat's last read
  logic [2:0]         phase_q, phase, phase_tick;
  logic               begins;              // with something to read
  logic [AccLat+1:1]  tick_q, read_q;      // those clocks before
  logic [Lanes-1:0]   a_keep_q;
  logic [GroupW-1:0]  group_q;             // that comes next from the accumulators
  assign begins     = start && !d_empty;
  assign a_run      = !start && !halt && a_run_q && !(a_next && a_end);      // goes on
  assign phase      = !a_run_q || phase_q == phase_last_q ? 3'd0 : phase_q + 3'd1;
  assign phase_tick = acc_q && vec_q ? Groups[2:0] - 3'd1 : 3'd0;
  assign acc_row_o = a_addr[10 +: RowW];
  assign acc_col_o = a_addr[ColW-1:0] & ~READ_LESS1[ColW-1:0];

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      a_run_q  <= 1'b0;
      a_next   <= 1'b0;
      acc_re_o <= 1'b0;
      tick     <= 1'b0;
    end else begin
      a_run_q  <= begins || a_run;
      a_next   <= begins || (a_run && phase <= phase_tick);
      acc_re_o <= (begins && d_acc) || (a_run && phase <= phase_tick && acc_q);
      tick     <= (begins && !(d_acc && d_vec && Groups != 1)) || (a_run && phase == phase_tick);
    end
    phase_q <= begins ? 3'd0 : phase;
    if (clear) begin
      tick_q <= '0;
      read_q <= '0;
    end else begin
      tick_q <= {tick_q[AccLat:1], tick};
      read_q <= {read_q[AccLat:1], a_next};
    end
    if (start)                         group_q <= '0;
    else if (acc_q && read_q[AccLat])  group_q <= group_q == Groups[GroupW-1:0] - 1'b1 ? '0 : group_q + 1'b1;
    if (a_run_q) a_keep_q <= {Lanes{!quant_q}} | (below(a_pos, {{CountW-14{1'b0}}, hi_q}) & ~below(a_pos, {{CountW-14{1'b0}}, lo_q}));
  end

  // Lanes below the mask's limit: found with A's position, and shown with its operand
  logic [Lanes*AccLat-1:0] shown_q;
  logic [Lanes-1:0]        shown, shown_a;
  assign shown_a = limit_q[32] ? '0
                 : limit_q[31:CountW] != '0 ? {Lanes{1'b1}} : below(acc_q ? a_pos >> (Groups == 1 ? 0 : GroupW) : a_pos, limit_q[CountW-1:0]);
  always_ff @(posedge clk_i) begin
    if (start) limit_q <= {insn_q[32 * qn_isa_pkg::SLOT_VEC_B + 31], insn_q[32 * qn_isa_pkg::SLOT_VEC_B +: 32]};
    else if (tick && a_row_end && limit_step_q) limit_q <= limit_q + 33'd1;
    shown_q <= {shown_q[Lanes*(AccLat-1)-1:0], shown_a};
    shown   <= acc_q ? shown_q[Lanes*(AccLat-1) +: Lanes] : shown_q[Lanes-1:0];
  end

  // Reading B: with A, so that both operands are there together; the quantizer's second pass at its own pace
  logic             b_run_q, b_run, b_read, b1_q, b2_q, go;
  logic [1:0]       b_phase_q, b_phase;
  logic [Lanes-1:0] b_keep_q;
  logic [AccLat:0]  tick_all;
  assign tick_all = {tick_q[AccLat:1], tick};
  assign b_run    = !clear && (go || (b_run_q && !(b_read && b_end)));
  assign b_phase  = b_run_q && record_q ? b_phase_q + 2'd1 : 2'd0;
  always_ff @(posedge clk_i) begin
    b_run_q   <= b_run;
    b_phase_q <= b_phase;
    if (!rst_ni)            b_read <= 1'b0;
    else if (start || halt) b_read <= begins && d_reads_b && !d_acc;
    else b_read <= quant_q ? b_run && b_phase == 2'd0 : reads_b_q && (acc_q ? tick_all[AccLat-2] : a_run && phase == phase_tick);
    b1_q <= !clear && b_read;
    b2_q <= !clear && b1_q;
    if (b_read)
      b_keep_q <= {Lanes{!quant_q}} | (below(b_pos, {{CountW-14{1'b0}}, hi_q}) & ~below(b_pos, {{CountW-14{1'b0}}, lo_q}));
  end

  // The buffer
  logic [32*Lanes-1:0]      a_word, b_word, w_word;
  logic [BeatW-1:0] a_beat, b_beat;
  logic                     write_q;
  logic [BeatW-1:0] write_beat_q;
  logic [Lanes-1:0]         write_mask_q;
  // With 4 lanes half of PERM's and BSCALAR's group of 8 words shows in the address
  assign a_beat = a_addr[VbAddrW-1:LaneW] ^ {{BeatW-1{1'b0}}, swap_beat_q};
  assign b_beat = b_addr ^ {{BeatW-1{1'b0}}, Lanes == 4 && scalar_q && b_pos[0]};

  qn_vbuf #(.Lanes(Lanes), .VbWords(VbWords)) u_vbuf (
    .clk_i, .rst_ni,
    .a_re_i(a_next && !acc_q), .a_beat_i(a_beat), .a_data_o(a_word),
    .b_re_i(b_read), .b_beat_i(b_beat), .b_data_o(b_word),
    .we_i(write_q), .w_beat_i(write_beat_q), .w_mask_i(write_mask_q), .w_data_i(w_word),
    .ld_valid_i, .ld_ready_o, .ld_addr_i, .ld_data_i,
    .st_valid_i, .st_ready_o, .st_addr_i, .st_valid_o, .st_data_o);

  // ---------------------------------------------------------------------------------------------------------------------------
  // Operands
  logic [32*Lanes-1:0] a_q, b_q;
  logic                op, op_valid;       // a beat (EMBED, LOGIT: an element) is in a_q, in the next clock, now
  assign op = acc_q ? tick_q[AccLat] : tick_q[1];
  always_ff @(posedge clk_i) op_valid <= !clear && op;

  genvar i;
  generate
    for (i = 0; i < Lanes; i = i + 1) begin : g_operand
      localparam [31:0] GROUP = i / Dequants;
      logic [31:0] near, far, from_acc;    // a block RAM's data comes late in its clock: two LUTs from here to a_q
      logic [2:0]  choice;                 // each lane's own copy, of a clock before: operands come two clocks or more after the start
      qn_copy #(.Width(3)) u_choice (.clk_i, .in_i({acc_q, swap_q}), .out_o(choice));
      always @(*) begin
        near = choice[2] ? 32'd0 : choice[0] ? a_word[32*(i ^ 1) +: 32] : a_word[32*i +: 32];
        far  = choice[2] ? 32'd0 : choice[0] ? a_word[32*((i ^ 4) % Lanes) +: 32] : a_word[32*(i ^ 2) +: 32];
        from_acc = choice[2] ? acc_data_i[32*(i % Dequants) +: 32] : 32'd0;
      end
      always_ff @(posedge clk_i) begin
        if (acc_q ? read_q[AccLat] && (!vec_q || group_q == GROUP[GroupW-1:0]) : read_q[1])
          a_q[32*i +: 32] <= a_keep_q[i] ? (choice[1] ? far : near) | from_acc : 32'd0;
        if (b1_q) b_q[32*i +: 32] <= b_keep_q[i] ? b_word[32*i +: 32] : 32'd0;
      end
    end
  endgenerate

  // Functions take a beat's elements `Funcs` at a time; EMBED and LOGIT take the one that was asked for
  logic [LaneW*AccLat-1:0]     element_q;  // its lane, on the way beside it
  logic [LaneW-1:0]            element, element_d;
  logic [TurnW-1:0]            turn, turn_d;
  logic [Turns-1:0]            part_d;     // the part of a_q that is taken in the next clock, one bit
  logic                        func_valid, func_more;
  logic [32*Funcs-1:0]         func_a, func_y;
  logic [31:0]                 serial, serial_q, scale;
  assign element_d  = acc_q ? element_q[LaneW*(AccLat-1) +: LaneW] : element_q[LaneW-1:0];
  assign func_more  = func_valid && turn != Turns[TurnW-1:0] - 1'b1;
  assign turn_d     = !op && func_more ? turn + 1'b1 : '0;
  localparam FuncW = $clog2(Funcs);
  localparam [31:0] FUNCS_LESS1 = Funcs - 1;
  integer k;
  always @(*) begin
    for (k = 0; k < Turns; k = k + 1) part_d[k] = func_q ? turn_d == k[TurnW-1:0] : element_d >> FuncW == k[LaneW-1:0];
    serial = 32'd0;
    for (k = 0; k < Funcs; k = k + 1)
      if ((element & FUNCS_LESS1[LaneW-1:0]) == k[LaneW-1:0]) serial = func_a[32*k +: 32];
  end
  always_ff @(posedge clk_i) begin
    element_q  <= {element_q[LaneW*(AccLat-1)-1:0], a_addr[LaneW-1:0]};
    element    <= element_d;
    serial_q   <= serial;
    turn       <= turn_d;
    func_valid <= !clear && func_q && (op || func_more);
  end

  generate
    for (i = 0; i < Funcs; i = i + 1) begin : g_func
      logic [Turns-1:0] part;
      logic [31:0] mine, a;                // the element taken; what it is to the function
      integer      t;
      qn_copy #(.Width(Turns)) u_part (.clk_i, .in_i(part_d), .out_o(part));
      always @(*) begin
        mine = 32'd0;
        for (t = 0; t < Turns; t = t + 1) mine = mine | (a_q[32*(Funcs*t + i) +: 32] & {32{part[t]}});
      end
      assign func_a[32*i +: 32] = mine;
      logic        moves, en;              // from the second clock on: operands come later
      qn_copy u_en (.clk_i, .in_i(moves), .out_o(en));
      if (i == 0) begin : g_scale
        assign a = quant_q ? scale : {func_a[31] ^ negate_q, func_a[30:0]};
        assign moves = busy_q && (quant_q || func_q);
      end else begin : g_plain
        assign a = {func_a[32*i + 31] ^ negate_q, func_a[32*i +: 31]};
        assign moves = busy_q && func_q;
      end
      qn_func u_func (.clk_i, .en_i(en), .op_i(func_op_q), .a_i(a), .y_o(func_y[32*i +: 32]));
    end
  endgenerate

  // ---------------------------------------------------------------------------------------------------------------------------
  // Time: how many clocks ago operands went in
  logic [ChainW:1] chain_q;
  logic [ChainW:0] chain;
  logic            result, result_valid, code_valid, serial_valid;  // result: in the next clock it is valid
  assign chain = {chain_q, quant_q ? b2_q : func_q ? func_valid : op_valid};
  always @(*) begin
    case (pick_q)
      SUM:     result = chain[LatAdd-1];
      PRODUCT: result = chain[LatMul-1];
      MISC:    result = chain[LatFunc-1];
      default: result = op;
    endcase
    if (!vec_q) result = 1'b0;
  end
  always_ff @(posedge clk_i) begin
    if (clear) begin
      chain_q      <= '0;
      result_valid <= 1'b0;
      code_valid   <= 1'b0;
      serial_valid <= 1'b0;
    end else begin
      chain_q      <= chain[ChainW-1:0];
      result_valid <= result;
      code_valid   <= quant_q && chain[LatCode-1];
      serial_valid <= (embed_q || logit_q) && chain[0];
    end
  end

  // Quantizer
  logic [31:0]         inverse;
  logic [16*Lanes-1:0] code;
  logic                slice_next, slices_end, away, rec_valid, rec_next, quant_nonfinite;
  logic [1:0]          rec_kind;
  logic [QbBeatW-1:0]  rec_beat;
  logic [8*Lanes-1:0]  rec_words;
  qn_quant #(.Lanes(Lanes), .RowW(RowW), .SliceW(SliceW), .Ggml(Ggml)) u_quant (
    .clk_i, .clear_i(!rst_ni || halt || start_quant), .block_i(block_q), .wide_i(wide_q), .record_i(record_q), .ggml_i(ggml_q), .coarse_i(coarse_q),
    .x_valid_i(quant_q && tick_q[2]), .x_data_i(a_q), .nonfinite_o(quant_nonfinite),
    .scale_o(scale), .inv_i(func_y[31:0]), .go_o(go), .inv_o(inverse), .away_o(away),
    .code_valid_i(code_valid), .code_i(code),
    .row_i(wide_q ? {w_addr[10 +: RowW-1], 1'b0} : w_addr[10 +: RowW]), .slice_i(w_addr[SliceW-1:0]), .slice_next_o(slice_next),
    .slice_last_i(w_end), .slices_end_o(slices_end),
    .qb_we_o, .qb_row_o, .qb_pair_o, .qb_slice_o, .qb_beat_o, .qb_data_o, .qb_data2_o,
    .qb_side_we_o, .qb_side_row_o, .qb_side_slice_o, .qb_s_o, .qb_scale_o, .qb_sum_lo_o, .qb_sum_hi_o, .qb_scale2_o, .qb_sum2_lo_o, .qb_sum2_hi_o,
    .rec_valid_o(rec_valid), .rec_kind_o(rec_kind), .rec_beat_o(rec_beat), .rec_words_o(rec_words), .rec_next_o(rec_next));

  // ---------------------------------------------------------------------------------------------------------------------------
  // Results
  logic             w_whole;               // the beat at hand gets its last results
  logic [TurnW-1:0] w_turn_q, w_turn;
  assign w_turn  = start ? '0 : func_q && result_valid ? (w_whole ? '0 : w_turn_q + 1'b1) : w_turn_q;
  assign w_next  = w_whole || serial_valid || slice_next || rec_next;

  always_ff @(posedge clk_i) begin
    w_turn_q <= w_turn;
    w_whole  <= !clear && result && (!func_q || w_turn == Turns[TurnW-1:0] - 1'b1);
  end

  // All pipelines run from an instruction's third clock to the one after its last where it uses them, and keep still otherwise: operands come no earlier
  logic                sum_en, product_en;
  assign sum_en     = busy_q && (quant_q || pick_q == SUM);
  assign product_en = busy_q && (quant_q || pick_q == PRODUCT);

  logic [32*Funcs-1:0] misc;
  generate
    for (i = 0; i < Funcs; i = i + 1) begin : g_misc
      assign misc[32*i +: 32] = func_q ? func_y[32*i +: 32] : record_q ? rec_words[32*(i % RecWords) +: 32] : serial_q;
    end
    for (i = 0; i < Lanes; i = i + 1) begin : g_lane
      localparam [31:0] TURN = i / Funcs;
      qn_lane u_lane (
        .clk_i, .sum_en_i(sum_en), .product_en_i(product_en), .a_i(a_q[32*i +: 32]), .b_i(b_q[32*i +: 32]), .quant_i(quant_q), .inv_i(inverse), .away_i(away), .minifloat_i(coarse_q && wide_q), .sub_i(sub_q),
        .code_o(code[16*i +: 16]),
        .load_i(func_q ? result_valid && w_turn_q == TURN[TurnW-1:0] : result_valid || serial_valid || rec_valid),
        .pick_i(pick_q), .hide_i(mask_q && !shown[i]), .misc_i(misc[32*(i % Funcs) +: 32]),
        .result_o(w_word[32*i +: 32]));
    end
  endgenerate

  // Where they go, one clock later
  logic [AddrW-1:0] word;                  // EMBED and records: the first word written
  always @(*) begin
    word = w_addr;
    if (record_q) begin
      if (rec_kind == 2'd2) word = w_row_addr + w_pos[AddrW-1:0] + rec_len_q;
      else                  word = w_addr + {{AddrW-4{1'b0}}, rec_kind[0], 3'd0} + {{AddrW-QbBeatW{1'b0}}, rec_beat} * RecWords[AddrW-1:0];
    end
  end
  always_ff @(posedge clk_i) begin
    write_q <= rst_ni && !halt && (w_whole || (embed_q && serial_valid) || rec_valid);
    if (w_whole || serial_valid || rec_valid) begin
      write_beat_q <= vec_q ? w_addr[VbAddrW-1:LaneW] : word[VbAddrW-1:LaneW];
      write_mask_q <= vec_q ? below(w_pos, n_q)
                    : {{Lanes-2{1'b0}}, Lanes == 8 && rec_valid && rec_kind != 2'd2, 1'b1} << word[LaneW-1:0];
    end
  end

  // ---------------------------------------------------------------------------------------------------------------------------
  // End, trap
  logic last;
  assign last = slices_end || (w_end && (w_whole || serial_valid || (rec_valid && rec_kind == 2'd2)));
  assign halt = bad && busy_q;
  assign fin  = !halt && (last || none_q[3]);            // in the next clock
  assign post_valid_o = fin_q;
  assign post_o       = post_q;
  assign trap_valid_o = halt;
  assign trap_cause_o = bad_cause;
  assign trap_addr_o  = bad_addr;
  assign trap_pc_o    = pc_q;
  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      busy_q  <= 1'b0;
      stop_q  <= 1'b0;
      fin_q   <= 1'b0;
      none_q  <= '0;
    end else begin
      if (halt)       busy_q <= 1'b0;
      else if (start) busy_q <= 1'b1;
      else if (fin_q) busy_q <= 1'b0;
      if (halt)       stop_q <= 1'b1;
      none_q  <= {none_q[2:1], start && d_empty};
      fin_q   <= fin;
    end
  end

  // ---------------------------------------------------------------------------------------------------------------------------
  // LOGIT, and what the registers show
  logic        picked_q, greater;
  logic [31:0] index_q;
  logic        new_nan, old_nan;
  assign new_nan = serial_q[30:0] > 31'h7f800000;
  assign old_nan = pick_value_o[30:0] > 31'h7f800000;
  assign greater = !new_nan && !old_nan
                && (serial_q[31] != pick_value_o[31] ? pick_value_o[31] && (serial_q[30:0] != '0 || pick_value_o[30:0] != '0)
                    : serial_q[31] ? serial_q[30:0] < pick_value_o[30:0] : serial_q[30:0] > pick_value_o[30:0]);
  always_ff @(posedge clk_i) begin
    if (start) index_q <= insn_q[32 * qn_isa_pkg::SLOT_LOGIT_INDEX +: 32];
    else if (serial_valid) index_q <= index_q + 32'd1;

    if (!regs_rst_ni) begin
      picked_q     <= 1'b0;
      pick_o       <= 32'd0;
      pick_value_o <= 32'd0;
      digest_a_o   <= 32'd0;
      digest_b_o   <= 32'd0;
      nonfinite_o  <= 1'b0;
    end else begin
      if (digest_we_i[0]) digest_a_o <= digest_data_i;
      if (digest_we_i[1]) digest_b_o <= digest_data_i;
      if (start && d_logit && !d_empty && insn_q[qn_isa_pkg::LOGIT_FIRST_LSB]) picked_q <= 1'b0;
      if (logit_q && serial_valid) begin
        digest_a_o <= digest_a_o + serial_q;
        digest_b_o <= digest_b_o + digest_a_o + serial_q;
        picked_q   <= 1'b1;
        if (!picked_q || greater) begin
          pick_o       <= index_q;
          pick_value_o <= serial_q;
        end
      end
      if (nonfinite_clear_i) begin
        nonfinite_o <= 1'b0;
        picked_q    <= 1'b0;
      end else if (quant_nonfinite) nonfinite_o <= 1'b1;
    end
  end

  always @(posedge clk_i) begin
    if (rst_ni) assert (start == (full_q && !stop_q && (!busy_q || fin_q)));
    if (rst_ni) assert ({start_walk, start_check, start_quant} == {3{start}});
  end

endmodule

`default_nettype wire
