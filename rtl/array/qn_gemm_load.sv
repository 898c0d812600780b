// SPDX-License-Identifier: Apache-2.0
// qn_gemm_load: takes a GEMM, checks it, offers it to the array as a job, and loads the shadows with its slices one after the
// other: the next one as soon as the array has swapped. Two rows, 8 activations each, a clock, in four clocks of as many as the element asks for
// a pair; so a slice takes PAIR x ceil(ROWS / 2) + TAIL + 2 clocks from one swap to the next at least. With UNIT the activations are made here.

`default_nettype none

module qn_gemm_load #(
  parameter int Element = qn_isa_pkg::ELEMENT_SHIFTADD,
  parameter int Rows    = 16,
  parameter int Planes  = 1,               // stripes: 1, 2 or 4
  parameter int AccCols = 256,
  parameter int Slices  = 64,
  parameter RowW   = $clog2(Rows),
  parameter SliceW = $clog2(Slices),
  parameter ColW   = $clog2(AccCols)
) (
  input  logic                           clk_i,
  input  logic                           rst_ni,

  input  logic                           insn_valid_i,
  output logic                           insn_ready_o,
  /* verilator lint_off UNUSEDSIGNAL */                 // the opcode and the waits were looked at by others
  input  logic [qn_isa_pkg::ENTRY_W-1:0] insn_i,
  /* verilator lint_on UNUSEDSIGNAL */
  output logic                           trap_valid_o,  // stays until reset
  output logic [7:0]                     trap_cause_o,
  output logic [31:0]                    trap_addr_o,
  output logic [11:0]                    trap_pc_o,
  output logic                           idle_o,

  output logic                           job_valid_o,   // the fields below are a checked GEMM's
  input  logic                           job_take_i,
  output logic [31:0]                    job_slices_o,
  output logic [ColW:0]                  job_cols_o,    // of each stripe
  output logic [RowW:0]                  job_rows_o,
  output logic [ColW-1:0]                job_acc_o,     // of each stripe
  output logic [6:0]                     job_format_o,
  output logic [3:0]                     job_block_o,   // its slices of a block
  output logic                           job_accum_o,
  output logic [7:0]                     job_post_o,

  output logic                           buf_re_o,      // slice buffer
  output logic [RowW-2:0]                buf_pair_o,
  output logic [SliceW-1:0]              buf_slice_o,
  output logic [1:0]                     buf_beat_o,
  input  logic [127:0]                   buf_data_i,
  input  logic [117:0]                   buf_side_i,

  output logic                           shadow_next_o, // a whole slice stands in the shadows from the next clock on, unless swap_i takes it
  input  logic                           swap_i,        // it has been taken over
  output logic                           load_o,        // 8 activations of both rows of a pair
  output logic [RowW-2:0]                load_pair_o,
  output logic                           load_last_o,   // the fourth of the pair
  output logic [127:0]                   load_data_o,
  output logic                           side_we_o,     // a clock after the pair's first load
  output logic [RowW-2:0]                side_pair_o,
  output logic [1:0]                     side_index_o,  // slices since reset, modulo 4
  output logic [117:0]                   side_o         // {odd row, even row}, each {s, sum_hi, sum_lo, scale}: see qn_slicebuf
);

  localparam IDLE = 3'd0, LOOK = 3'd1, CHECK = 3'd2, LOAD = 3'd3, STOP = 3'd4;
  localparam [7:0] PAIR = qn_isa_pkg::ELEMENT_PAIR_CLOCKS[8*Element +: 8];   // the first four clocks of a pair read
  localparam [7:0] TAIL = qn_isa_pkg::ELEMENT_TAIL_CLOCKS[8*Element +: 8];   // clocks after the last pair's
  localparam [4:0] STEP_LAST = PAIR[4:0] - 5'd1, STEP_END = PAIR[4:0] + TAIL[4:0] - 5'd1;
  localparam int LineW = $clog2(Planes);
  localparam [31:0] COLS_MASK = Planes == 1 ? 32'd1 : 8 * Planes - 1;  // pairs, or eights for all stripes

  logic [2:0]  state_q;
  logic [31:0] slice_q, slices_q, cols_q, rows_q, acc_q, format_q;
  logic [7:0]  post_q;
  logic [11:0] pc_q;
  logic        accum_q, unit_q;
  logic        offer_q;                    // the job has not been taken yet

  // ---- Check: what there is to refuse is looked at in one clock, and in the next what of it comes first ------------------------------
  logic [3:0]  block_q;
  logic        format_bad_q, slices_bad_q, cols_bad_q, acc_odd_q, rows_bad_q, slices_over_q, cols_over_q;
  always_ff @(posedge clk_i) begin
    block_q       <= qn_isa_pkg::fmt_block(format_q[6:0]);
    format_bad_q  <= !qn_isa_pkg::fmt_valid(format_q);
    slices_bad_q  <= $signed(slices_q) < 1;
    cols_bad_q    <= $signed(cols_q) < 1 || (cols_q & COLS_MASK) != 32'd0;
    acc_odd_q     <= Planes > 1 && (acc_q & COLS_MASK) != 32'd0;
    rows_bad_q    <= $signed(rows_q) < 1 || rows_q > Rows;
    slices_over_q <= !unit_q && (slices_q > Slices || slice_q > Slices - slices_q);
    cols_over_q   <= cols_q > AccCols || acc_q > AccCols - cols_q;
  end

  logic [7:0]  cause;
  logic [31:0] refused;
  logic        block_cut;                  // the last block is not whole
  assign block_cut = (slices_q[3:0] & (block_q - 4'd1)) != 4'd0;
  always @(*) begin
    cause   = qn_isa_pkg::TRAP_NONE;
    refused = format_q;
    if (format_bad_q) cause = qn_isa_pkg::TRAP_FIELD;
    else if (slices_bad_q || block_cut) begin
      cause   = qn_isa_pkg::TRAP_FIELD;
      refused = slices_q;
    end else if (cols_bad_q) begin
      cause   = qn_isa_pkg::TRAP_FIELD;
      refused = cols_q;
    end else if (acc_odd_q) begin
      cause   = qn_isa_pkg::TRAP_FIELD;
      refused = acc_q;
    end else if (rows_bad_q) begin
      cause   = qn_isa_pkg::TRAP_FIELD;
      refused = rows_q;
    end else if (slices_over_q) begin
      cause   = qn_isa_pkg::TRAP_BUFFER;
      refused = slice_q;
    end else if (cols_over_q) begin
      cause   = qn_isa_pkg::TRAP_BUFFER;
      refused = acc_q;
    end
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) trap_valid_o <= 1'b0;
    else if (state_q == CHECK && cause != qn_isa_pkg::TRAP_NONE) trap_valid_o <= 1'b1;
    if (state_q == CHECK) begin
      trap_cause_o <= cause;
      trap_addr_o  <= refused;
      trap_pc_o    <= pc_q;
    end
  end

  // ---- Slices ------------------------------------------------------------------------------------------------------------
  logic [31:0]     left_q;                 // slices not read yet
  logic [RowW-2:0] pair_q, pair_last, s_pair_q;
  logic [4:0]      step_q;                 // clock of the pair
  logic [1:0]      s_beat_q, side_q, s_side_q;
  logic            going, read, slice_end;
  logic            s_valid_q, s_end_q, s_unit_q;  // a clock after the read: store
  logic [31:0]     s_place_q;              // UNIT: the element at which the even row is 1
  /* verilator lint_off UNUSEDSIGNAL */
  logic [RowW:0]   row_last;
  /* verilator lint_on UNUSEDSIGNAL */
  logic            full_q;
  assign row_last  = rows_q[RowW:0] - 1'b1;
  assign pair_last = row_last[RowW-1:1];
  assign going     = state_q == LOAD && left_q != 32'd0 && !full_q && !s_end_q;
  assign read      = going && step_q[4:2] == 3'd0;
  assign slice_end = step_q == STEP_END && pair_q == pair_last;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      state_q   <= IDLE;
      offer_q   <= 1'b0;
      pair_q    <= '0;
      step_q    <= 5'd0;
      side_q    <= 2'd0;
      s_valid_q <= 1'b0;
      s_end_q   <= 1'b0;
      full_q    <= 1'b0;
    end else begin
      case (state_q)
        IDLE:    if (insn_valid_i) state_q <= LOOK;
        LOOK:    state_q <= CHECK;
        CHECK:   state_q <= cause == qn_isa_pkg::TRAP_NONE ? LOAD : STOP;
        LOAD:    if (left_q == 32'd0 && !offer_q) state_q <= IDLE;
        default: state_q <= STOP;
      endcase
      if (state_q == CHECK && cause == qn_isa_pkg::TRAP_NONE) offer_q <= 1'b1;
      else if (job_take_i)                                    offer_q <= 1'b0;

      if (going) begin
        step_q <= step_q + 5'd1;
        if (slice_end) begin
          step_q <= 5'd0;
          pair_q <= '0;
        end else if (step_q == STEP_LAST && pair_q != pair_last) begin
          step_q <= 5'd0;
          pair_q <= pair_q + 1'b1;
        end
        if (slice_end)            side_q <= side_q + 2'd1;
      end
      s_valid_q <= read;
      s_end_q   <= going && slice_end;
      if (s_end_q)     full_q <= 1'b1;
      else if (swap_i) full_q <= 1'b0;
    end
  end

  always_ff @(posedge clk_i) begin
    if (state_q == IDLE) begin             // whatever is offered: whether it is valid is known late
      slice_q  <= insn_i[32*qn_isa_pkg::SLOT_GEMM_SLICE +: 32];
      slices_q <= insn_i[32*qn_isa_pkg::SLOT_GEMM_SLICES +: 32];
      left_q   <= insn_i[32*qn_isa_pkg::SLOT_GEMM_SLICES +: 32];
      cols_q   <= insn_i[32*qn_isa_pkg::SLOT_GEMM_COLS +: 32];
      rows_q   <= insn_i[32*qn_isa_pkg::SLOT_GEMM_ROWS +: 32];
      acc_q    <= insn_i[32*qn_isa_pkg::SLOT_GEMM_ACC +: 32];
      format_q <= insn_i[32*qn_isa_pkg::SLOT_GEMM_FORMAT +: 32];
      accum_q  <= insn_i[qn_isa_pkg::GEMM_ACCUM_LSB];
      unit_q   <= insn_i[qn_isa_pkg::GEMM_UNIT_LSB];
      post_q   <= insn_i[qn_isa_pkg::ENTRY_POST0_LSB +: 8];
      pc_q     <= insn_i[qn_isa_pkg::ENTRY_PC_LSB +: qn_isa_pkg::PC_W];
    end else if (going && slice_end) begin
      left_q  <= left_q - 32'd1;
      slice_q <= unit_q ? slice_q - 32'd32 : slice_q + 32'd1;
    end
    if (read) begin
      s_pair_q  <= pair_q;
      s_beat_q  <= step_q[1:0];
      s_side_q  <= side_q;
      s_unit_q  <= unit_q;
      s_place_q <= slice_q + {{(32-RowW){1'b0}}, pair_q, 1'b0};
    end
  end

  // UNIT: 8 activations, the one at `place` of the slice is 1
  function automatic [63:0] one_hot(input [31:0] place, input [1:0] beat);
    one_hot = {63'd0, place[31:5] == 27'd0 && place[4:3] == beat} << {place[2:0], 3'd0};
  endfunction
  // and so is the sum of its half; scale 1.0
  function automatic [58:0] unit_side(input [27:0] half);
    unit_side = {13'd0, half == 28'd1, 12'd0, half == 28'd0, 32'h3f800000};
  endfunction
  logic [31:0] s_place_odd;
  assign s_place_odd = s_place_q + 32'd1;

  assign insn_ready_o  = state_q == IDLE;
  assign idle_o        = state_q == IDLE;
  assign job_valid_o   = offer_q;
  assign job_slices_o  = slices_q;
  assign job_cols_o    = cols_q[ColW:0] >> LineW;
  assign job_rows_o    = rows_q[RowW:0];
  assign job_acc_o     = acc_q[ColW-1:0] >> LineW;
  assign job_format_o  = format_q[6:0];
  assign job_block_o   = block_q;
  assign job_accum_o   = accum_q;
  assign job_post_o    = post_q;
  assign buf_re_o      = read;
  assign buf_pair_o    = pair_q;
  assign buf_slice_o   = slice_q[SliceW-1:0];
  assign buf_beat_o    = step_q[1:0];
  assign shadow_next_o = full_q || s_end_q;
  assign load_o        = s_valid_q;
  assign load_pair_o   = s_pair_q;
  assign load_last_o   = s_beat_q == 2'd3;
  assign load_data_o   = s_unit_q ? {one_hot(s_place_odd, s_beat_q), one_hot(s_place_q, s_beat_q)} : buf_data_i;

  // A clock more for the side words, which come late out of their block RAM
  always_ff @(posedge clk_i) begin
    if (!rst_ni) side_we_o <= 1'b0;
    else         side_we_o <= s_valid_q && s_beat_q == 2'd0;
    side_pair_o  <= s_pair_q;
    side_index_o <= s_side_q;
    side_o       <= s_unit_q ? {unit_side(s_place_odd[31:4]), unit_side(s_place_q[31:4])} : buf_side_i;
  end

  always @(posedge clk_i) begin
    if (rst_ni && swap_i) assert (full_q);
  end

endmodule

`default_nettype wire
