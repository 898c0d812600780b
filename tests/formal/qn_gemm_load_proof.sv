// SPDX-License-Identifier: Apache-2.0
// qn_gemm_load: each slice of a GEMM stands in the shadows once, in order, whole before it is offered, and nothing is loaded over it until it is
// swapped: between two swaps every pair of rows gets its four beats once, in four clocks in a row, as far apart as the element asks, and as long before
// the slice is offered, from the slice whose turn it is. The side words carry the slices' number modulo 4. A job is offered once, with its fields, until it is taken; the next GEMM is accepted when all slices
// of the one before are read and its job is taken. A refused GEMM is never offered.

`default_nettype none

module qn_gemm_load_proof #(
  parameter int Element = qn_isa_pkg::ELEMENT_SHIFTADD,
  parameter int Rows    = 8,
  parameter int AccCols = 16,
  parameter int Slices  = 8,
  parameter RowW   = $clog2(Rows),
  parameter SliceW = $clog2(Slices),
  parameter ColW   = $clog2(AccCols)
) (
  input logic                           clk_i,
  input logic                           rst_ni,
  input logic                           insn_valid_i,
  input logic [qn_isa_pkg::ENTRY_W-1:0] insn_i,
  input logic                           job_take_i,
  input logic                           swap_i
);

  localparam [2:0] IDLE = 3'd0, LOOK = 3'd1, CHECK = 3'd2, LOAD = 3'd3, STOP = 3'd4;

  logic              insn_ready, trap_valid, idle, job_valid, job_accum, buf_re, shadow_full, shadow_next, load, load_last, side_we;
  logic [31:0]       job_slices;
  logic [ColW:0]     job_cols;
  logic [RowW:0]     job_rows;
  logic [ColW-1:0]   job_acc;
  logic [6:0]        job_format;
  logic [3:0]        job_block;
  logic [7:0]        job_post;
  logic [RowW-2:0]   buf_pair, load_pair, side_pair;
  logic [SliceW-1:0] buf_slice;
  logic [1:0]        buf_beat, side_index;
  qn_gemm_load #(.Element(Element), .Rows(Rows), .AccCols(AccCols), .Slices(Slices)) u_dut (
    .clk_i, .rst_ni, .insn_valid_i, .insn_ready_o(insn_ready), .insn_i,
    .trap_valid_o(trap_valid), .trap_cause_o(), .trap_addr_o(), .trap_pc_o(), .idle_o(idle),
    .job_valid_o(job_valid), .job_take_i, .job_slices_o(job_slices), .job_cols_o(job_cols), .job_rows_o(job_rows), .job_acc_o(job_acc),
    .job_format_o(job_format), .job_block_o(job_block), .job_accum_o(job_accum), .job_post_o(job_post),
    .buf_re_o(buf_re), .buf_pair_o(buf_pair), .buf_slice_o(buf_slice), .buf_beat_o(buf_beat), .buf_data_i('0), .buf_side_i('0),
    .shadow_next_o(shadow_next), .swap_i, .load_o(load), .load_pair_o(load_pair), .load_last_o(load_last), .load_data_o(),
    .side_we_o(side_we), .side_pair_o(side_pair), .side_index_o(side_index), .side_o());
  (* hierconn *) logic [2:0]      \u_dut.state_q ;
  (* hierconn *) logic            \u_dut.full_q , \u_dut.format_bad_q , \u_dut.slices_bad_q , \u_dut.cols_bad_q , \u_dut.rows_bad_q , \u_dut.cols_over_q ;
  assign shadow_full = \u_dut.full_q ;
  (* hierconn *) logic [31:0]     \u_dut.left_q , \u_dut.rows_q , \u_dut.slices_q , \u_dut.slice_q , \u_dut.cols_q , \u_dut.acc_q , \u_dut.format_q ;
  (* hierconn *) logic [RowW-2:0] \u_dut.pair_q , \u_dut.pair_last ;
  (* hierconn *) logic [4:0]      \u_dut.step_q ;
  (* hierconn *) logic [1:0]      \u_dut.side_q , \u_dut.s_side_q , \u_dut.s_beat_q ;
  (* hierconn *) logic            \u_dut.s_end_q , \u_dut.s_valid_q , \u_dut.unit_q , \u_dut.accum_q ;

  initial assume (!rst_ni);
  qn_stream_check #(.Width(32 + ColW + 1 + RowW + 1 + ColW + 7 + 1 + 8), .Assume(1'b0)) u_job (
    .clk_i, .rst_ni, .valid_i(job_valid), .ready_i(job_take_i),
    .data_i({job_slices, job_cols, job_rows, job_acc, job_format, job_accum, job_post}));

  // Places of a slice, in order: pair, beat
  localparam [7:0] PAIR = qn_isa_pkg::ELEMENT_PAIR_CLOCKS[8*Element +: 8], TAIL = qn_isa_pkg::ELEMENT_TAIL_CLOCKS[8*Element +: 8];
  logic [7:0]        f_step, f_age_q;      // of the pair; clocks since a pair's last load, 255: none since the swap
  logic [2:0]        f_beats;              // of the pair, read already
  logic [RowW+1:0] f_place_q, f_need_q;      // that the shadows get next; places of the slice read last
  logic [1:0]    f_swaps_q;                // swaps, modulo 4
  logic          f_some_q, f_due_q;        // a GEMM was accepted; its job has not been taken
  logic [31:0]   f_left_q, f_slice_q;      // its slices not read; the one being read
  logic          take, f_read_end;
  logic          f_loaded_q, f_was_q, f_next_q, f_swap_q;  // in the clock before
  logic [RowW-2:0] f_pair_q;
  logic [1:0]    f_beat_q;
  assign take       = insn_valid_i && insn_ready;
  assign f_step     = {3'd0, \u_dut.step_q };
  assign f_read_end = \u_dut.state_q == LOAD && \u_dut.left_q != 32'd0 && !shadow_full && !\u_dut.s_end_q
                      && f_step == PAIR + TAIL - 8'd1 && \u_dut.pair_q == \u_dut.pair_last ;
  assign f_beats    = f_step < 8'd4 ? f_step[2:0] : 3'd4;
  always @(posedge clk_i) begin
    if (!rst_ni) begin
      f_place_q <= '0;
      f_swaps_q <= 2'd0;
      f_some_q  <= 1'b0;
      f_due_q   <= 1'b0;
      f_age_q   <= 8'd255;
    end else begin
      f_place_q <= swap_i ? '0 : f_place_q + {{(RowW+1){1'b0}}, load};
      f_swaps_q <= f_swaps_q + {1'b0, swap_i};
      f_age_q   <= load && load_last ? 8'd1 : swap_i || f_age_q == 8'd255 ? 8'd255 : f_age_q + 8'd1;
      if (take) f_some_q <= 1'b1;
      if (take) f_due_q <= 1'b1;
      else if (job_valid && job_take_i) f_due_q <= 1'b0;
    end
    f_loaded_q <= rst_ni && load;
    f_was_q    <= rst_ni;
    f_next_q   <= shadow_next;
    f_swap_q   <= swap_i;
    f_pair_q   <= load_pair;
    f_beat_q   <= \u_dut.s_beat_q ;
    if (f_read_end) f_need_q <= {1'b0, \u_dut.pair_last , 2'd3} + 1'b1;
    if (take) begin
      f_left_q  <= insn_i[32*qn_isa_pkg::SLOT_GEMM_SLICES +: 32];
      f_slice_q <= insn_i[32*qn_isa_pkg::SLOT_GEMM_SLICE +: 32];
    end else if (f_read_end) begin
      f_left_q  <= f_left_q - 32'd1;
      f_slice_q <= f_slice_q + 32'd1;
    end

    if (rst_ni) begin
      if (swap_i) assume (shadow_full);
      if (job_take_i) assume (job_valid);

      // What is loaded is the next place, and never over a slice that waits; whole when offered
      if (load) assert (!shadow_full && {1'b0, load_pair, \u_dut.s_beat_q } == f_place_q);
      if (shadow_full) assert (f_place_q == f_need_q);
      if (load) assert (load_last == (\u_dut.s_beat_q == 2'd3));
      if (load && load_last && f_place_q[RowW+1:2] != '0) assert (f_age_q == PAIR);
      if (load && !load_last && f_place_q[RowW+1:2] != '0) assert (f_age_q == PAIR - 8'd3 + {6'd0, \u_dut.s_beat_q });
      if (shadow_full && f_age_q != 8'd255) assert (f_age_q >= TAIL + PAIR - 8'd3);
      if (buf_re) assert (f_left_q != 32'd0 && (\u_dut.unit_q || buf_slice == f_slice_q[SliceW-1:0]));
      // A side word comes a clock after its pair's first load, and before the slice is whole
      assert (side_we == (f_loaded_q && f_beat_q == 2'd0));
      if (side_we) assert (side_index == f_swaps_q && side_pair == f_pair_q && !shadow_full);
      if (f_was_q) assert (shadow_full == (f_next_q && !f_swap_q));
      if (job_valid) assert (job_block == qn_isa_pkg::fmt_block(job_format));
      if (\u_dut.state_q == CHECK) assert (job_block == qn_isa_pkg::fmt_block(job_format));
      if (job_valid) assert (f_due_q && !trap_valid && qn_isa_pkg::fmt_valid({25'd0, job_format}) && job_slices != 32'd0
                             && job_cols != '0 && !job_cols[0] && job_rows != '0 && {1'b0, job_acc} + {1'b0, job_cols} <= AccCols);
      if (insn_ready && f_some_q) assert (!f_due_q && !trap_valid && f_left_q == 32'd0);
      if (trap_valid) assert (!job_valid && !load && !buf_re && !insn_ready);

      // What induction needs
      if (\u_dut.state_q != LOAD) assert (!\u_dut.s_valid_q && !job_valid);
      if (\u_dut.state_q == LOOK || \u_dut.state_q == CHECK || \u_dut.state_q == LOAD) assert (f_some_q && (f_due_q == job_valid || \u_dut.state_q != LOAD));
      if (\u_dut.state_q == LOOK || \u_dut.state_q == CHECK) assert (f_due_q && !trap_valid);
      assert (\u_dut.state_q <= STOP);
      // What was looked at is what stands there
      if (\u_dut.state_q == CHECK) begin
        assert (\u_dut.format_bad_q == !qn_isa_pkg::fmt_valid(\u_dut.format_q ) && \u_dut.slices_bad_q == ($signed(\u_dut.slices_q ) < 1));
        assert (\u_dut.cols_bad_q == ($signed(\u_dut.cols_q ) < 1 || \u_dut.cols_q [0]) && \u_dut.rows_bad_q == ($signed(\u_dut.rows_q ) < 1 || \u_dut.rows_q > Rows));
        assert (\u_dut.cols_over_q == (\u_dut.cols_q > AccCols || \u_dut.acc_q > AccCols - \u_dut.cols_q ));
      end
      if (trap_valid) assert (\u_dut.state_q == STOP);
      if (f_some_q && \u_dut.state_q != IDLE) assert (\u_dut.left_q == f_left_q && (\u_dut.unit_q || \u_dut.slice_q == f_slice_q));
      if (!f_some_q) assert (\u_dut.state_q == IDLE && !f_due_q);
      if (\u_dut.state_q == LOAD) assert (\u_dut.rows_q != 32'd0 && \u_dut.rows_q <= Rows && \u_dut.pair_q <= \u_dut.pair_last );
      if (\u_dut.state_q != LOAD || \u_dut.left_q == 32'd0 || shadow_full || \u_dut.s_end_q ) assert (\u_dut.pair_q == '0 && f_step == 8'd0);
      else assert ({1'b0, \u_dut.pair_q , 2'd0} + f_beats == f_place_q + {{(RowW+1){1'b0}}, \u_dut.s_valid_q });
      assert (f_step < (\u_dut.pair_q == \u_dut.pair_last ? PAIR + TAIL : PAIR));
      if (!shadow_full && !\u_dut.s_valid_q && !\u_dut.s_end_q && \u_dut.pair_q == '0 && f_step == 8'd0) assert (f_place_q == '0);
      if (\u_dut.s_end_q ) assert (f_place_q + \u_dut.s_valid_q == f_need_q);
      if (\u_dut.s_valid_q && !\u_dut.s_end_q ) assert (\u_dut.left_q != 32'd0);
      if (\u_dut.s_end_q ) assert (\u_dut.s_valid_q == (PAIR + TAIL == 8'd4));
      if (\u_dut.s_end_q && \u_dut.s_valid_q ) assert (\u_dut.s_beat_q == 2'd3);
      if (\u_dut.s_valid_q && !\u_dut.s_end_q ) assert (f_step == {6'd0, \u_dut.s_beat_q } + 8'd1 || (PAIR == 8'd4 && f_step == 8'd0 && \u_dut.s_beat_q == 2'd3));
      if (!\u_dut.s_valid_q && f_step != 8'd0) assert (f_step > 8'd4);
      if (f_step > 8'd4) assert (f_age_q == f_step - 8'd4);
      if (f_step == 8'd0 && \u_dut.pair_q != '0) assert (f_age_q == PAIR - 8'd4 || (PAIR == 8'd4 && \u_dut.s_valid_q ));
      if (f_step != 8'd0 && f_step <= 8'd4 && \u_dut.pair_q != '0) assert (f_age_q == f_step + PAIR - 8'd4);
      if (\u_dut.s_end_q && TAIL + PAIR > 8'd4) assert (f_age_q == PAIR + TAIL - 8'd4);
      if (f_place_q[RowW+1:2] == '0) assert (f_age_q == 8'd255);
      if (job_valid) assert (job_slices == \u_dut.slices_q && !\u_dut.rows_q [31] && job_rows == \u_dut.rows_q [RowW:0]);
      assert (\u_dut.side_q == f_swaps_q + {1'b0, shadow_full || \u_dut.s_end_q });
      if (\u_dut.s_valid_q ) assert (\u_dut.s_side_q == f_swaps_q);

      cover (swap_i && f_swaps_q == 2'd0 && f_need_q == 8 && \u_dut.state_q == IDLE);
      cover (take && shadow_full);
      cover (trap_valid && shadow_full);
      cover (job_valid && job_take_i && shadow_full && f_left_q == 32'd0);
    end
  end

endmodule

`default_nettype wire
