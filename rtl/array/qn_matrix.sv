// SPDX-License-Identifier: Apache-2.0
// qn_matrix: the matrix unit. GEMM: slices of activations x streamed columns, dequantized into accumulators.
//
//   slice buffer -> loader ->+-> stripe 0: rows -> holds -> deal -> dequantization units -> accumulators
//   control of a job and of the deal ->+-> stripe 1 ...            (qn_stripe)
//
// The stripes are in step: each has a plane and a header of its own in every line, and columns of its own; all else is common.
// What happens in which clock: rtl/README.md, "The matrix unit: clock by clock".

`default_nettype none

module qn_matrix #(
  parameter int Element  = qn_isa_pkg::ELEMENT_SHIFTADD,
  parameter int Rows     = 16,             // all powers of two; Rows >= 2 x Dequants
  parameter int Depth    = 32,             // lanes of a row: 8, 16 or 32; a plane takes 32 / Depth clocks
  parameter int Planes   = 1,              // stripes: 1, 2 or 4
  parameter int Lanes    = 8,
  parameter int Dequants = 4,
  parameter int AccCols  = 256,
  parameter int Slices   = 64,
  parameter bit Ggml     = 1,              // side words may be Q8_1's
  parameter RowW   = $clog2(Rows),
  parameter SliceW = $clog2(Slices),
  parameter BeatW  = $clog2(32 / Lanes),
  parameter ColW   = $clog2(AccCols)
) (
  input  logic                           clk_i,
  input  logic                           rst_ni,

  input  logic                           insn_valid_i,
  output logic                           insn_ready_o,
  input  logic [qn_isa_pkg::ENTRY_W-1:0] insn_i,
  output logic                           post_valid_o,
  output logic [7:0]                     post_o,
  output logic                           trap_valid_o,  // stays until reset
  output logic [7:0]                     trap_cause_o,
  output logic [31:0]                    trap_addr_o,
  output logic [11:0]                    trap_pc_o,
  output logic                           idle_o,

  input  logic                           plane_valid_i,
  output logic                           plane_ready_o,
  input  logic [32*Planes-1:0]           plane_i,
  input  logic                           head_valid_i,  // headers stand there no later than their planes
  output logic                           head_ready_o,
  input  logic [32*Planes-1:0]           head_i,

  input  logic                           qb_we_i,       // quantizer to slice buffer: see qn_slicebuf
  input  logic                           qb_pair_i,
  input  logic [RowW-1:0]                qb_row_i,
  input  logic [SliceW-1:0]              qb_slice_i,
  input  logic [BeatW-1:0]               qb_beat_i,
  input  logic [8*Lanes-1:0]             qb_data_i,
  input  logic [8*Lanes-1:0]             qb_data2_i,
  input  logic                           qb_side_we_i,
  input  logic [RowW-1:0]                qb_side_row_i,
  input  logic [SliceW-1:0]              qb_side_slice_i,
  input  logic                           qb_s_i,
  input  logic [31:0]                    qb_scale_i,
  input  logic [12:0]                    qb_sum_lo_i,
  input  logic [12:0]                    qb_sum_hi_i,
  input  logic [31:0]                    qb_scale2_i,
  input  logic [12:0]                    qb_sum2_lo_i,
  input  logic [12:0]                    qb_sum2_hi_i,

  input  logic                           acc_re_i,      // Dequants columns from acc_col_i on, a multiple of Dequants
  input  logic [RowW-1:0]                acc_row_i,
  input  logic [ColW-1:0]                acc_col_i,
  output logic [32*Dequants-1:0]         acc_data_o,    // LAT_ACC clocks later

  output logic                           array_busy_o,  // a plane was consumed
  output logic [RowW:0]                  array_rows_o,  // rows that computed with it; 0 if none was
  output logic                           array_starve_o // the array was ready and no plane was there
);

  localparam int UnitW  = $clog2(Dequants);     // of the accumulator banks' numbers: none where there is one
  localparam int BankW  = UnitW > 0 ? UnitW : 1;
  localparam int Groups = Rows / Dequants;
  localparam int GroupW = $clog2(Groups);
  localparam int LineW  = $clog2(Planes);
  localparam int OwnW   = ColW - LineW;    // columns of a stripe
  localparam int AddrW  = GroupW + OwnW;   // accumulators of a bank: {group of rows, column}
  localparam int Parts   = 32 / Depth;     // clocks of a plane
  localparam [31:0] PARTS_LESS_ONE = Parts - 1;
  localparam int Partial = 2 + Parts;      // clocks from a plane to partials that hold it
  // Clocks between two visits of an accumulator: read, add, write, and the same again for a second slot
  localparam int DEQUANT_LAT = 2 * qn_isa_pkg::LAT_FADD + 12;
  localparam int GapW   = $clog2(DEQUANT_LAT);
  localparam [GapW-1:0] GAP = DEQUANT_LAT[GapW-1:0] - 1'b1;

  // ---- Loader and slice buffer -------------------------------------------------------------------------------------------
  logic              load_idle, job_valid, job_take, job_accum;
  logic [31:0]       job_slices;
  logic [ColW:0]     job_cols;
  logic [RowW:0]     job_rows;
  logic [ColW-1:0]   job_acc;
  logic [6:0]        job_format;
  logic [3:0]        job_block;
  logic [7:0]        job_post;
  logic              buf_re, shadow_next, swap, load, load_last, side_we;
  logic [RowW-2:0]   buf_pair, load_pair;
  logic [SliceW-1:0] buf_slice;
  logic [1:0]        buf_beat, side_index;
  logic [127:0]      buf_data, load_data;
  logic [117:0]      buf_side, side;
  logic [RowW-2:0]   side_pair;

  qn_gemm_load #(.Element(Element), .Rows(Rows), .Planes(Planes), .AccCols(AccCols), .Slices(Slices)) u_load (
    .clk_i, .rst_ni, .insn_valid_i, .insn_ready_o, .insn_i,
    .trap_valid_o, .trap_cause_o, .trap_addr_o, .trap_pc_o, .idle_o(load_idle),
    .job_valid_o(job_valid), .job_take_i(job_take), .job_slices_o(job_slices), .job_cols_o(job_cols), .job_rows_o(job_rows),
    .job_acc_o(job_acc), .job_format_o(job_format), .job_block_o(job_block), .job_accum_o(job_accum), .job_post_o(job_post),
    .buf_re_o(buf_re), .buf_pair_o(buf_pair), .buf_slice_o(buf_slice), .buf_beat_o(buf_beat),
    .buf_data_i(buf_data), .buf_side_i(buf_side),
    .shadow_next_o(shadow_next), .swap_i(swap), .load_o(load), .load_pair_o(load_pair), .load_last_o(load_last), .load_data_o(load_data),
    .side_we_o(side_we), .side_pair_o(side_pair), .side_index_o(side_index), .side_o(side));

  qn_slicebuf #(.Rows(Rows), .Slices(Slices), .Lanes(Lanes)) u_buf (
    .clk_i, .qb_we_i, .qb_pair_i, .qb_row_i, .qb_slice_i, .qb_beat_i, .qb_data_i, .qb_data2_i, .qb_side_we_i, .qb_side_row_i, .qb_side_slice_i, .qb_s_i,
    .qb_scale_i, .qb_sum_lo_i, .qb_sum_hi_i, .qb_scale2_i, .qb_sum2_lo_i, .qb_sum2_hi_i,
    .re_i(buf_re), .pair_i(buf_pair), .slice_i(buf_slice), .beat_i(buf_beat), .data_o(buf_data), .side_o(buf_side));

  // From the buffer to the rows, which stand all over the chip: a clock (of the element's TAIL)
  logic              row_load_q, row_last_q;
  logic [RowW-2:0]   row_pair_q;
  logic [127:0]      row_data_q;
  always_ff @(posedge clk_i) begin
    row_load_q <= rst_ni && load;
    row_last_q <= load_last;
    row_pair_q <= load_pair;
    if (load) row_data_q <= load_data;
  end

  // ---- The job in the array ----------------------------------------------------------------------------------------------
  logic              a_valid_q;
  logic              a_signed_q, a_odd_q, a_drain_q;             // drain: wait until all earlier sums are written
  logic [3:0]        a_plane_last_q;
  logic [2:0]        a_sub_q;
  logic [1:0]        a_head_q;
  logic [2:0]        a_block_last_q;
  logic [ColW-1:0]   a_acc_q, a_col_last_q;
  logic [ColW:0]     a_end_q;                            // behind the last accumulator column
  logic [RowW:0]     a_rows_q;
  logic [GroupW-1:0] a_group_last_q;

  logic [3:0]        plane_q;                            // of the column
  logic              last_q, col_last_q, slice_start_q;  // the column's last one; of the slice's last column; the slice's first one
  logic [ColW-1:0]   col_q;
  logic [31:0]       slice_left_q;                       // slices after this one
  logic              slice_none_q;                       // none: known by the slice's second column
  logic [2:0]        block_q;                            // slice of the block
  logic              fresh_q;                            // the first block of a GEMM without ACCUM
  logic [1:0]        side_q;                             // slices since reset, modulo 4
  logic [GapW-1:0]   gap_q;
  logic [GroupW:0]   slot_q;                             // slots of the column before still to be dealt

  logic taking, taking_next;                             // the plane before is still being taken; in the next clock too, if none is taken now
  logic want_q;                                          // a plane
  logic posts_full;                                      // no place for one more post
  logic first, issue, block_last, two, slice_end, job_end, may_take, draining;
  assign first       = plane_q == 4'd0;
  assign block_last  = block_q == a_block_last_q;
  assign two         = a_head_q == 2'd2 && block_last;   // slots for I1 and for I2
  assign issue       = want_q && plane_valid_i;
  assign swap        = issue && slice_start_q;
  assign slice_end   = issue && last_q && col_last_q;
  assign job_end     = slice_end && slice_none_q;
  assign may_take    = job_valid && !posts_full;
  assign job_take    = may_take && (!a_valid_q || job_end);

  assign plane_ready_o  = want_q;
  assign array_busy_o   = issue;
  assign array_rows_o   = issue ? a_rows_q : '0;
  assign array_starve_o = want_q && !plane_valid_i;

  generate
    if (Parts == 1) begin : g_at_once
      assign taking = 1'b0;
      assign taking_next = 1'b0;
    end else begin : g_in_parts
      logic [1:0] parts_q;                               // clocks still to go
      assign taking = parts_q != 2'd0;
      assign taking_next = parts_q[1];
      always_ff @(posedge clk_i) begin
        if (!rst_ni)     parts_q <= 2'd0;
        else if (issue)  parts_q <= PARTS_LESS_ONE[1:0];
        else if (taking) parts_q <= parts_q - 2'd1;
      end
    end
  endgenerate

  // A job that goes on with the columns of the one before meets each of them as late as if it were one job, if a plane of each column is gap enough
  logic [ColW:0] job_end_col;
  logic          goes_on;
  assign job_end_col = {1'b0, job_acc} + job_cols;
  assign goes_on     = job_acc == a_acc_q && job_end_col == a_end_q && {{(31-ColW){1'b0}}, job_cols} >= DEQUANT_LAT;
  /* verilator lint_off UNUSEDSIGNAL */    // counts less one: 1..2^n become n bits, and rows become groups
  logic [ColW:0] job_col_last;
  logic [RowW:0] job_row_last;
  logic [4:0]    job_plane_last;
  logic [3:0]    job_block_last;
  /* verilator lint_on UNUSEDSIGNAL */
  assign job_col_last   = job_cols - 1'b1;
  assign job_row_last   = job_rows - 1'b1;
  assign job_plane_last = qn_isa_pkg::fmt_planes(job_format) - 5'd1;
  assign job_block_last = job_block - 4'd1;

  // The sums of the job before are still on their way: wait if it may delay them, or if this one adds to them
  logic job_drain;
  assign job_drain = a_head_q == 2'd2 || (job_end_col > {1'b0, a_acc_q} && {1'b0, job_acc} < a_end_q && !goes_on);

  // Whether a plane is wanted in the next clock, for each thing that this one may bring: only the choice between them waits for the plane.
  // No slice begins in the clock after a swap (it has two columns or more), so gap and shadows are looked at as if none were.
  logic one_plane, last_next, slice_next, slot_none, slot_none_last, want_stay, want_plane, want_slice, want_job, want;
  assign one_plane      = a_plane_last_q == 4'd0;
  assign last_next      = plane_q + 4'd1 == a_plane_last_q;
  assign slice_next     = shadow_next && gap_q[GapW-1:1] == '0;
  assign slot_none      = slot_q[GroupW:1] == '0;
  assign slot_none_last = !two && a_group_last_q == '0;  // after the last plane of a column
  assign want_stay      = a_valid_q && !taking_next && (!slice_start_q || (slice_next && !(a_drain_q && draining))) && (!last_q || slot_none);
  assign want_plane     = Parts == 1 && (last_q ? !one_plane || slot_none_last : !last_next || slot_none);
  assign want_slice     = Parts == 1 && slice_next && (!one_plane || slot_none_last);
  assign want_job       = !(a_valid_q && Parts > 1) && !taking_next && slice_next && !(job_drain && (draining || a_valid_q))
                          && (job_plane_last[3:0] != 4'd0 || (a_valid_q ? slot_none_last : slot_none));
  assign want = !issue ? (a_valid_q ? want_stay : may_take && want_job)
                : !(last_q && col_last_q) ? want_plane : !slice_none_q ? want_slice : may_take && want_job;
  always_ff @(posedge clk_i) begin
    if (!rst_ni) want_q <= 1'b0;
    else         want_q <= want;
  end

  // The rows take the next slice's activations as soon as its first plane is wanted, not when it is there
  logic open, opened_q;
  assign open = want_q && slice_start_q && !opened_q;
  always_ff @(posedge clk_i) opened_q <= rst_ni && (open || opened_q) && !issue;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      a_valid_q <= 1'b0;
      plane_q   <= 4'd0;
      col_q     <= '0;
      slice_start_q <= 1'b1;
      side_q    <= 2'd0;
      gap_q     <= '0;
      slot_q    <= '0;
    end else begin
      if (job_take)     a_valid_q <= 1'b1;
      else if (job_end) a_valid_q <= 1'b0;

      if (issue)           plane_q <= last_q ? 4'd0 : plane_q + 4'd1;
      if (issue)           slice_start_q <= last_q && col_last_q;
      if (issue && last_q) col_q   <= col_last_q ? '0 : col_q + 1'b1;
      if (slice_end)     side_q  <= side_q + 2'd1;

      if (swap)                                         gap_q <= GAP;
      else if (gap_q != '0 && (issue || taking || slice_start_q)) gap_q <= gap_q - 1'b1;

      if (issue && last_q)   slot_q <= two ? {a_group_last_q, 1'b1} : {1'b0, a_group_last_q};
      else if (slot_q != '0) slot_q <= slot_q - 1'b1;
    end
  end

  always_ff @(posedge clk_i) begin
    if (job_take)             last_q <= job_plane_last[3:0] == 4'd0;
    else if (issue)           last_q <= last_q ? one_plane : last_next;
    if (job_take)             col_last_q <= 1'b0;
    else if (issue && last_q) col_last_q <= !col_last_q && col_q + 1'b1 == a_col_last_q;
  end

  always_ff @(posedge clk_i) begin
    slice_none_q <= slice_left_q == 32'd0;
    if (swap) a_drain_q <= 1'b0;           // only the first slice waits
    if (job_take) begin
      a_signed_q     <= qn_isa_pkg::fmt_signed(job_format) != 2'd0;
      a_odd_q        <= qn_isa_pkg::fmt_signed(job_format) == 2'd2;
      a_sub_q        <= qn_isa_pkg::fmt_sub(job_format);
      a_head_q       <= qn_isa_pkg::fmt_head(job_format);
      a_plane_last_q <= job_plane_last[3:0];
      a_block_last_q <= job_block_last[2:0];
      a_col_last_q   <= job_col_last[ColW-1:0];
      a_acc_q        <= job_acc;
      a_end_q        <= job_end_col;
      a_rows_q       <= job_rows;
      a_group_last_q <= job_row_last[RowW-1:UnitW];
      a_drain_q      <= job_drain;
      slice_left_q   <= job_slices - 32'd1;
      block_q        <= 3'd0;
      fresh_q        <= !job_accum;
    end else if (slice_end) begin
      slice_left_q <= slice_left_q - 32'd1;
      block_q      <= block_last ? 3'd0 : block_q + 3'd1;
      if (block_last) fresh_q <= 1'b0;
    end
  end

  // ---- A column on its way to the holds ----------------------------------------------------------------------------------
  logic              hold_load, hold_shift;
  logic [Groups-1:0] hold_use, hold_next_use;            // of the column; of the one that is held in the next clock
  localparam int ColumnW = OwnW + RowW + 1 + GroupW + 2 + 3 + 2 + 6;
  logic [Partial-1:0] column_valid_q;
  logic [ColumnW-1:0] column, c_column;
  logic [OwnW-1:0]    column_addr;
  assign column_addr = a_acc_q[OwnW-1:0] + col_q[OwnW-1:0];
  assign column = {column_addr, a_rows_q, a_group_last_q, side_q, a_sub_q, a_head_q, a_odd_q,
                   col_q[0], block_q == 3'd0, block_last, fresh_q && block_last, job_end};
  qn_delay #(.Width(ColumnW), .Clocks(Partial)) u_column (.clk_i, .in_i(column), .out_o(c_column));
  always_ff @(posedge clk_i) begin
    if (!rst_ni) column_valid_q <= '0;
    else         column_valid_q <= {column_valid_q[Partial-2:0], issue && last_q};
  end
  assign hold_load = column_valid_q[Partial-1];

  logic [OwnW-1:0]   c_addr;
  logic [RowW:0]     c_rows;
  logic [GroupW-1:0] c_group_last;
  logic [2:0]        c_sub;
  logic [1:0]        c_side, c_head;
  logic              c_odd, c_twice, c_block_first, c_block_last, c_zero, c_done;
  assign {c_addr, c_rows, c_group_last, c_side, c_sub, c_head, c_twice, c_odd, c_block_first, c_block_last, c_zero, c_done} = c_column;

  genvar g, i;
  generate
    for (g = 0; g < Groups; g = g + 1) begin : g_use
      localparam [GroupW:0] Group = g;
      assign hold_use[g] = Group < {1'b0, a_group_last_q} + 1'b1;
    end
  endgenerate
  qn_delay #(.Width(Groups), .Clocks(Partial - 1)) u_use (.clk_i, .in_i(hold_use), .out_o(hold_next_use));

  // ---- Headers of a pair: popped one clock after its first plane, one word a clock ---------------------------------------
  // They are complete when its first column is held, and the next pair's come after that (fmt.def: less than a pair's plane words).
  logic        h_start;
  logic        h_sub_d, h_sub_q, h_any_q;  // the sub-scales' word comes first; a word is popped
  logic [1:0]  h_left_d, h_left_q;         // float headers' words
  logic        h_float;                    // one of them is
  assign h_start      = issue && first && !col_q[0];
  assign h_sub_d      = h_start && a_sub_q != 3'd0 && !a_sub_q[2];
  assign head_ready_o = h_any_q;
  always @(*) begin
    h_left_d = h_left_q;
    if (h_start)                              h_left_d = !block_last || a_head_q == 2'd0 ? 2'd0 : a_head_q == 2'd2 ? 2'd2 : 2'd1;
    else if (!h_sub_q && h_left_q != 2'd0)    h_left_d = h_left_q - 2'd1;
  end
  always_ff @(posedge clk_i) begin
    h_sub_q  <= rst_ni && h_sub_d;
    h_left_q <= rst_ni ? h_left_d : 2'd0;
    h_any_q  <= rst_ni && (h_sub_d || h_left_d != 2'd0);
  end
  qn_copy u_h_float (.clk_i, .in_i(rst_ni && !h_sub_d && h_left_d != 2'd0), .out_o(h_float));

  // ---- Deal: one group of rows a slot, to the units ----------------------------------------------------------------------
  logic              d_valid_q, d_second_q;
  logic [GroupW-1:0] d_group_q, d_group_last_q;
  logic [OwnW-1:0]   d_addr_q;
  logic [RowW:0]     d_rows_q;
  logic [2:0]        d_sub_q;
  logic [1:0]        d_side_q, d_head_q;
  logic              d_twice_q, d_block_first_q, d_block_last_q, d_zero_q, d_done_q;
  logic              d_two, d_step, d_end;
  assign d_two      = d_head_q == 2'd2 && d_block_last_q;
  assign d_step     = d_valid_q && (d_second_q || !d_two);
  assign d_end      = d_step && d_group_q == d_group_last_q;
  assign hold_shift = d_step && !d_end;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      d_valid_q  <= 1'b0;
      d_second_q <= 1'b0;
      d_group_q  <= '0;
    end else begin
      if (hold_load)  d_valid_q <= 1'b1;
      else if (d_end) d_valid_q <= 1'b0;
      if (d_valid_q)  d_second_q <= d_two && !d_second_q;
      if (d_end)       d_group_q <= '0;
      else if (d_step) d_group_q <= d_group_q + 1'b1;
    end
  end
  always_ff @(posedge clk_i) begin
    if (hold_load) begin
      d_addr_q        <= c_addr;
      d_rows_q        <= c_rows;
      d_group_last_q  <= c_group_last;
      d_side_q        <= c_side;
      d_sub_q         <= c_sub;
      d_head_q        <= c_head;
      d_twice_q       <= c_twice;
      d_block_first_q <= c_block_first;
      d_block_last_q  <= c_block_last;
      d_zero_q        <= c_zero;
      d_done_q        <= c_done;
    end
  end

  // Side words of a pair with the scales of first and of second slots as FP32: of Q8_1 d and s, else the one scale
  // One lane has one memory, which takes them one after the other: the loader shows both for two clocks or more
  localparam int WideW = Ggml ? 59 + 32 : 58;
  localparam int Sides = Dequants > 1 ? 2 : 1;
  localparam int Ring  = Dequants > 1 ? Dequants : 0;    // lanes that deal in a ring
  logic [Sides*WideW-1:0] wide;
  logic [59*Sides-1:0]    side_now;
  generate
    for (i = 0; i < Sides; i = i + 1) begin : g_wide
      /* verilator lint_off UNUSEDSIGNAL */
      logic        s;
      /* verilator lint_on UNUSEDSIGNAL */
      logic [25:0] sums;
      logic [31:0] scale;
      assign {s, sums, scale} = side_now[59*i +: 59];
      if (Ggml) begin : g_s
        logic [31:0] s_wide, d_wide;
        qn_half u_s (.h_i(scale[31:16]), .y_o(s_wide));
        qn_half u_d (.h_i(scale[15:0]), .y_o(d_wide));
        assign wide[WideW*i +: WideW] = {s, sums, s ? s_wide : scale, s ? d_wide : scale};
      end else begin : g_plain
        assign wide[WideW*i +: WideW] = {sums, scale};
      end
    end
  endgenerate

  // Lane i holds row {group, i}: whether it computes, its sums and its scales, which stand where the loader put them
  localparam int SideW = 1 + 59 + 32;
  logic [SideW*Dequants-1:0] d_side;
  logic [WideW*Dequants-1:0] d_kept;
  logic [Dequants-1:0]       d_computes;
  generate
    if (Dequants == 1) begin : g_single
      logic [WideW-1:0] side_mem [0:4*Rows-1];
      logic             odd_q;             // the odd row's turn
      assign side_now = odd_q ? side[117:59] : side[58:0];
      always_ff @(posedge clk_i) begin
        odd_q <= rst_ni && side_we;
        if (side_we || odd_q) side_mem[{side_index, side_pair, odd_q}] <= wide;
      end
      assign d_kept     = side_mem[{d_side_q, d_group_q}];
      assign d_computes = {1'b0, d_group_q} < d_rows_q;
    end
    else begin : g_both
      assign side_now = side;
    end
    for (i = 0; i < Ring; i = i + 1) begin : g_lane
      localparam [UnitW-1:0] Lane = i;
      logic [WideW-1:0] side_mem [0:4*Groups-1];
      logic [RowW-1:0] lane_row;
      logic        side_hit;
      if (Dequants == 2) begin : g_two
        assign side_hit = side_we;
      end else begin : g_more
        assign side_hit = side_we && side_pair[UnitW-2:0] == Lane[UnitW-1:1];
      end
      always_ff @(posedge clk_i) begin
        if (side_hit) side_mem[{side_index, side_pair[RowW-2:UnitW-1]}] <= wide[WideW*(i%2) +: WideW];
      end
      assign lane_row = {d_group_q, Lane};
      assign d_kept[WideW*i +: WideW] = side_mem[{d_side_q, d_group_q}];
      assign d_computes[i] = {1'b0, lane_row} < d_rows_q;
    end
    for (i = 0; i < Dequants; i = i + 1) begin : g_side
      if (Ggml) begin : g_s
        assign d_side[SideW*i +: SideW] = {d_computes[i], d_kept[WideW*i +: WideW]};
      end else begin : g_plain
        assign d_side[SideW*i +: SideW] = {d_computes[i], 1'b0, d_kept[WideW*i + 32 +: 26], {2{d_kept[WideW*i +: 32]}}};
      end
    end
  endgenerate

  // ---- Stripes -----------------------------------------------------------------------------------------------------------
  // Column c of the accumulators is column {c / 8P, c mod 8} of stripe (c / 8) mod P; {row, c} stands in bank (row + c) mod Dequants
  logic [Planes-1:0]             stripe_re, dequant_done, dequant_busy;
  logic [OwnW-UnitW-1:0]         acc_own;  // without the bits that choose the bank
  logic [AddrW*Dequants-1:0]     acc_addr;
  logic [32*Dequants*Planes-1:0] acc_banks;
  logic [32*Dequants-1:0]        acc_bank, acc_data;
  logic                          acc_re_q;
  logic [BankW-1:0]              acc_row_q;

  genvar p;
  generate
    if (Planes == 1) begin : g_one
      assign acc_own   = acc_col_i[ColW-1:UnitW];
      assign stripe_re = acc_re_i;
      assign acc_bank  = acc_banks;
    end else begin : g_many
      logic [LineW-1:0] acc_stripe_q;
      if (UnitW == 3) begin : g_eights
        assign acc_own = acc_col_i[ColW-1:3+LineW];
      end else begin : g_less
        assign acc_own = {acc_col_i[ColW-1:3+LineW], acc_col_i[2:UnitW]};
      end
      for (p = 0; p < Planes; p = p + 1) begin : g_re
        localparam [LineW-1:0] Stripe = p;
        assign stripe_re[p] = acc_re_i && acc_col_i[3 +: LineW] == Stripe;
      end
      always_ff @(posedge clk_i) if (acc_re_i) acc_stripe_q <= acc_col_i[3 +: LineW];
      assign acc_bank = acc_banks[32*Dequants*acc_stripe_q +: 32*Dequants];
    end
    if (Dequants == 1) begin : g_single_acc
      assign acc_addr = {acc_row_i, acc_own};
    end
    for (i = 0; i < Ring; i = i + 1) begin : g_acc
      localparam [UnitW-1:0] Unit = i;
      logic [UnitW-1:0] acc_low;           // the column of this bank
      assign acc_low = Unit - acc_row_i[UnitW-1:0];
      assign acc_addr[AddrW*i +: AddrW] = {acc_row_i[RowW-1:UnitW], acc_own, acc_low};
    end
    for (p = 0; p < Planes; p = p + 1) begin : g_stripe
      qn_stripe #(.Element(Element), .Rows(Rows), .Depth(Depth), .Dequants(Dequants), .ColW(OwnW)) u_stripe (
        .clk_i, .rst_ni, .load_i(row_load_q), .load_pair_i(row_pair_q), .load_last_i(row_last_q), .load_data_i(row_data_q), .swap_i(open), .rows_i(a_rows_q),
        .valid_i(issue), .plane_i(plane_i[32*p +: 32]), .first_i(first), .neg_i(first && a_signed_q),
        .head_sub_i(h_sub_q), .head_float_i(h_float), .head_i(head_i[32*p +: 32]),
        .hold_load_i(hold_load), .hold_next_i(column_valid_q[Partial-2]), .hold_next_use_i(hold_next_use), .hold_shift_i(hold_shift), .hold_odd_i(c_odd), .hold_head_i(c_head),
        .deal_valid_i(d_valid_q), .deal_second_i(d_second_q), .deal_first_i(d_block_first_q), .deal_last_i(d_block_last_q),
        .deal_zero_i(d_zero_q), .deal_done_i(d_done_q && d_end), .deal_sub_i(d_sub_q), .deal_twice_i(d_twice_q),
        .deal_group_i(d_group_q), .deal_col_i(d_addr_q), .deal_side_i(d_side),
        .done_o(dequant_done[p]), .busy_o(dequant_busy[p]),
        .acc_re_i(stripe_re[p]), .acc_addr_i(acc_addr), .acc_data_o(acc_banks[32*Dequants*p +: 32*Dequants]));
    end
  endgenerate
  logic flows_q, deep_q;                   // before the dequantization units; in them
  always_ff @(posedge clk_i) begin
    flows_q <= rst_ni && ((issue && last_q) || column_valid_q != '0 || d_valid_q);
    deep_q  <= rst_ni && dequant_busy[0];
  end
  assign draining = flows_q || deep_q;

  // Accumulator read: column k of the row comes out of bank (row + k) mod Dequants
  qn_rotate #(.Width(32), .Count(Dequants)) u_unrotate (.by_i(-acc_row_q), .in_i(acc_bank), .out_o(acc_data));
  always_ff @(posedge clk_i) begin
    acc_re_q <= acc_re_i;
    if (acc_re_i) acc_row_q  <= acc_row_i[BankW-1:0];
    if (acc_re_q) acc_data_o <= acc_data;
  end

  // ---- Posts of the jobs taken whose sums are not all written ------------------------------------------------------------
  logic [7:0] post_mem [0:3];
  logic [2:0] post_write_q, post_read_q;   // one bit more than an address: all four may wait
  assign post_valid_o = dequant_done[0];
  assign post_o       = post_mem[post_read_q[1:0]];
  assign posts_full   = post_write_q - post_read_q == 3'd4;
  assign idle_o       = load_idle && !a_valid_q && post_write_q == post_read_q;
  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      post_write_q <= 3'd0;
      post_read_q  <= 3'd0;
    end else begin
      if (job_take)     post_write_q <= post_write_q + 3'd1;
      if (post_valid_o) post_read_q  <= post_read_q + 3'd1;
    end
    if (job_take) post_mem[post_write_q[1:0]] <= job_post;
  end

  always @(posedge clk_i) begin
    if (rst_ni && want_q)                               assert (a_valid_q && !taking && (!last_q || slot_q == '0)
                                                                && (!slice_start_q || (gap_q == '0 && !(a_drain_q && draining))));
    if (rst_ni && a_valid_q)                            assert (last_q == (plane_q == a_plane_last_q) && col_last_q == (col_q == a_col_last_q) &&
                                                                (!col_last_q || slice_none_q == (slice_left_q == 32'd0)));
    if (rst_ni)                                         assert (slice_start_q == (first && col_q == '0));
    if (rst_ni)                                         assert (h_any_q == (h_sub_q || h_left_q != 2'd0));
    if (rst_ni && head_ready_o)                         assert (head_valid_i);
    if (rst_ni && issue && first && !col_q[0])          assert (!head_ready_o);
    if (rst_ni && hold_load)                            assert (!d_valid_q || d_end);
    if (rst_ni)                                         assert (!posts_full || !job_valid || a_valid_q);  // never waits: the gap is longer
    if (rst_ni && acc_re_i)                             assert (Dequants == 1 || acc_col_i[BankW-1:0] == '0);
    if (rst_ni)                                         assert (dequant_done == {Planes{post_valid_o}} &&
                                                                dequant_busy == {Planes{dequant_busy[0]}});
  end

endmodule

`default_nettype wire
