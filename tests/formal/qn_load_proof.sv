// SPDX-License-Identifier: Apache-2.0
// qn_load asks for the words of its instruction and for no others: run after run, word after word, each once, each run within the window, in bursts inside
// an aligned 16, never more than the credits (STREAM) or the free places of its FIFO (LOADV), and a request stands until it is taken.
// A STREAM gives its format once, before its words. Words go to unpack or to the FIFO, whose they are; none is lost. A LOADV writes
// its elements in order, each once, to DST + run x DSTRIDE + element, a run only when it has been checked and asked for. One
// post for each instruction, after its last effect; none after a trap.
//
// In three parts, for z3's sake; each may rely on those before it. Part 0: requests, formats, posts; also of a memory of lines. Part 1: room, words, how far the writer
// is; with Small = 1 for LOADV's runs of at most 33 words, with Small = 0 for runs of at least 33 (then no product of a run's words is
// needed, for the FIFO holds 32). Part 2: the addresses written.

`default_nettype none

`define FIRST(x)  begin if (Part == 0) assert (x ); if (Part > 0) assume (x ); end
`define SECOND(x) begin if (Part == 1) assert (x ); if (Part > 1) assume (x ); end
`define THIRD(x)  begin if (Part == 2) assert (x ); end

module qn_load_proof #(
  parameter int Part   = 0,
  parameter int Small  = 1,
  parameter int Planes = 1                 // parts 1 and 2: 1
) (
  input logic                           clk_i,
  input logic                           rst_ni,
  input logic                           insn_valid_i,
  input logic [qn_isa_pkg::ENTRY_W-1:0] insn_i,
  input logic                           req_ready_i,
  input logic                           rsp_valid_i,
  input logic                           fmt_ready_i,
  input logic                           credit_i,
  input logic                           vb_ready_i
);

  localparam int VbWords = 64, FifoWords = 64;
  localparam int LineW = $clog2(Planes);
  localparam [31:0] LINE_MASK = Planes - 1;
  localparam [2:0] IDLE = 3'd0, CHECK = 3'd1, FMT = 3'd2, RUN = 3'd3, ASK = 3'd4, WAIT = 3'd5, POST = 3'd6, STOP = 3'd7;

  (* anyconst *) logic [29:0] f_win_base;  // a window does not change while it is used
  (* anyconst *) logic [31:0] f_win_size;
  logic        insn_ready, post_valid, trap_valid, idle, req_valid, fmt_valid, word_valid, vb_valid;
  logic [7:0]  post;
  logic [29:0] req_addr;
  logic [4:0]  req_len;
  logic [6:0]  fmt_id;
  logic [1:0]  req_kind;
  logic [31:0] fmt_cols;
  logic [5:0]  vb_addr;
  qn_load #(.Planes(Planes), .VbWords(VbWords), .FifoWords(FifoWords)) u_dut (
    .clk_i, .rst_ni, .insn_valid_i, .insn_ready_o(insn_ready), .insn_i, .post_valid_o(post_valid), .post_o(post),
    .trap_valid_o(trap_valid), .trap_cause_o(), .trap_addr_o(), .trap_pc_o(), .busy_o(), .idle_o(idle),
    .win_index_o(), .win_base_i(f_win_base), .win_size_i(f_win_size),
    .req_valid_o(req_valid), .req_ready_i, .req_addr_o(req_addr), .req_len_o(req_len), .req_kind_o(req_kind),
    .rsp_valid_i, .rsp_data_i('0), .fmt_valid_o(fmt_valid), .fmt_ready_i, .fmt_id_o(fmt_id), .fmt_cols_o(fmt_cols), .fmt_lines_o(),
    .line_valid_o(word_valid), .line_data_o(), .credit_i, .vb_valid_o(vb_valid), .vb_ready_i, .vb_addr_o(vb_addr), .vb_data_o());
  (* hierconn *) logic [2:0]   \u_dut.state_q ;
  (* hierconn *) logic         \u_dut.idle_q ;
  (* hierconn *) logic [191:0] \u_dut.slots_q ;
  (* hierconn *) logic [7:0]   \u_dut.post_q ;
  (* hierconn *) logic         \u_dut.vector_q , \u_dut.half_q , \u_dut.high_q ;
  (* hierconn *) logic [31:0]  \u_dut.offset_q , \u_dut.run_dst_q , \u_dut.runs_left_q , \u_dut.rest_q , \u_dut.run_addr_q , \u_dut.win_size_q ;
  (* hierconn *) logic [32:0]  \u_dut.run_end_q , \u_dut.run_dst_end_q ;
  (* hierconn *) logic [29:0]  \u_dut.base_q ;
  (* hierconn *) logic [4:0]   \u_dut.len_q , \u_dut.asked_q ;
  (* hierconn *) logic         \u_dut.stream_q , \u_dut.over_q , \u_dut.w_last_q , \u_dut.none_q ;
  (* hierconn *) logic [31:0]  \u_dut.w_addr_q , \u_dut.w_run_q , \u_dut.w_left_q , \u_dut.w_runs_q , \u_dut.w_word_q ;
  (* hierconn *) logic [29:0]  \u_dut.ask_q ;
  (* hierconn *) logic [15:0]  \u_dut.awaited_q ;
  (* hierconn *) logic [6:0]   \u_dut.room_q ;
  (* hierconn *) logic [5:0]   \u_dut.rsp_room_q ;
  (* hierconn *) logic [5:0]   \u_dut.u_rsp.head_q , \u_dut.u_rsp.tail_q ;
  (* hierconn *) logic         \u_dut.u_rsp.in_ready_o ;

  initial assume (!rst_ni);
  generate
    if (Part == 1) begin : g_req
      qn_stream_check #(.Width(37), .Assume(1'b0)) u_req (
        .clk_i, .rst_ni, .valid_i(req_valid), .ready_i(req_ready_i), .data_i({req_addr, req_len, req_kind}));
    end
  endgenerate
  // An instruction is offered a clock after it has come to the head of its queue, or later
  logic [7:0] f_op_q;
  always @(posedge clk_i) f_op_q <= insn_i[qn_isa_pkg::ENTRY_OP_LSB +: 8];

  logic f_fmt_held_q;                      // a format was offered and not taken; what it says is asserted below
  always @(posedge clk_i) begin
    f_fmt_held_q <= rst_ni && fmt_valid && !fmt_ready_i;
  end

  // The instruction in progress
  logic         f_open_q, f_stop_q, f_given_q;         // taken and not posted; trapped; its format is given
  logic         f_vec_q, f_half_q;
  logic [191:0] f_slots_q;
  logic [7:0]   f_post_q;
  logic [31:0]  f_count, f_runs, f_words;              // elements of a run, runs, words of a run
  assign f_count = f_slots_q[32*qn_isa_pkg::SLOT_STREAM_WORDS +: 32];
  assign f_runs  = f_slots_q[32*qn_isa_pkg::SLOT_STREAM_RUNS +: 32];
  assign f_words = f_half_q ? {1'b0, f_count[31:1]} : f_count;

  // Where it is to ask next, and where to write
  logic [31:0] f_run_q, f_k_q, f_from_q;               // run, line of the run, the run's first word in the window
  logic [31:0] f_lines, f_within;                      // lines that the run lies in; words before it in the first
  logic [29:0] f_at_q;                                 // the same in memory
  logic [31:0] f_dst_q;                                // and its first in the buffer
  logic [31:0] f_wrun_q, f_wk_q, f_wdst_q;             // run, word, the run's first in the buffer
  logic        f_high_q;                               // the word's upper half
  logic [6:0]  f_credit_q, f_stream_way_q;             // credits; words awaited of STREAMs
  logic [5:0]  f_vec_way_q, f_vec_held_q, f_vec_out_q;   // of a LOADV; words in the FIFO; both
  logic [5:0]  f_ahead_q;                              // runs asked for, less runs written
  logic [31:0] f_gap_q;                                // words asked for of the run being written and of later ones
  logic        take, ask, wrote, pop, f_run_end, f_wrun_end;
  assign take       = insn_valid_i && insn_ready;
  assign ask        = req_valid && req_ready_i;
  assign wrote      = vb_valid && vb_ready_i;
  assign pop        = wrote && (!f_half_q || f_high_q);
  assign f_run_end  = ask && f_k_q + {27'd0, req_len} == f_lines;
  assign f_within   = {2'd0, f_at_q} & LINE_MASK;
  assign f_lines    = (f_within + f_words + LINE_MASK) >> LineW;
  assign f_wrun_end = pop && f_wk_q + 32'd1 == f_words;

  always @(posedge clk_i) begin
    if (!rst_ni) begin
      f_open_q       <= 1'b0;
      f_stop_q       <= 1'b0;
      f_credit_q     <= FifoWords;
      f_stream_way_q <= 7'd0;
      f_vec_way_q    <= 6'd0;
      f_vec_out_q    <= 6'd0;
      f_vec_held_q   <= 6'd0;
    end else begin
      if (take)            f_open_q <= 1'b1;
      else if (post_valid) f_open_q <= 1'b0;
      if (trap_valid)      f_stop_q <= 1'b1;
      f_credit_q     <= f_credit_q + {6'd0, credit_i} - (ask && !f_vec_q ? {2'd0, req_len} : 7'd0);
      f_stream_way_q <= f_stream_way_q + (ask && !f_vec_q ? {2'd0, req_len} : 7'd0) - {6'd0, rsp_valid_i && f_stream_way_q != 7'd0};
      f_vec_way_q    <= f_vec_way_q + (ask && f_vec_q ? {1'd0, req_len} : 6'd0) - {5'd0, rsp_valid_i && f_stream_way_q == 7'd0};
      f_vec_held_q   <= f_vec_held_q + {5'd0, rsp_valid_i && f_stream_way_q == 7'd0} - {5'd0, pop};
      f_vec_out_q    <= f_vec_out_q + (ask && f_vec_q ? {1'd0, req_len} : 6'd0) - {5'd0, pop};
    end
    if (take) begin
      f_vec_q   <= insn_i[qn_isa_pkg::ENTRY_OP_LSB +: 8] == qn_isa_pkg::OP_LOADV;
      f_half_q  <= insn_i[qn_isa_pkg::ENTRY_OP_LSB +: 8] == qn_isa_pkg::OP_LOADV && insn_i[qn_isa_pkg::LOADV_BF16_LSB];
      f_slots_q <= insn_i[191:0];
      f_post_q  <= insn_i[qn_isa_pkg::ENTRY_POST0_LSB +: 8];
      f_given_q <= 1'b0;
      f_run_q   <= 32'd0;
      f_k_q     <= 32'd0;
      f_from_q  <= insn_i[32*qn_isa_pkg::SLOT_STREAM_ADDR +: 32];
      f_at_q    <= f_win_base + insn_i[32*qn_isa_pkg::SLOT_STREAM_ADDR +: 30];
      f_gap_q   <= 32'd0;
      f_dst_q   <= insn_i[32*qn_isa_pkg::SLOT_LOADV_DST +: 32];
      f_wdst_q  <= insn_i[32*qn_isa_pkg::SLOT_LOADV_DST +: 32];
      f_wrun_q  <= 32'd0;
      f_wk_q    <= 32'd0;
      f_high_q  <= 1'b0;
      f_ahead_q <= 6'd0;
    end else begin
      if (fmt_valid && fmt_ready_i) f_given_q <= 1'b1;
      if (ask) f_k_q <= f_run_end ? 32'd0 : f_k_q + {27'd0, req_len};
      if (f_run_end) begin
        f_run_q  <= f_run_q + 32'd1;
        f_from_q <= f_from_q + f_slots_q[32*qn_isa_pkg::SLOT_STREAM_STRIDE +: 32];
        f_at_q   <= f_at_q + f_slots_q[32*qn_isa_pkg::SLOT_STREAM_STRIDE +: 30];
        f_dst_q  <= f_dst_q + f_slots_q[32*qn_isa_pkg::SLOT_LOADV_DSTRIDE +: 32];
      end
      if (wrote) f_high_q <= f_half_q && !f_high_q;
      if (pop)   f_wk_q <= f_wrun_end ? 32'd0 : f_wk_q + 32'd1;
      if (f_wrun_end) begin
        f_wrun_q <= f_wrun_q + 32'd1;
        f_wdst_q <= f_wdst_q + f_slots_q[32*qn_isa_pkg::SLOT_LOADV_DSTRIDE +: 32];
      end
      f_gap_q   <= f_gap_q + (ask && f_vec_q ? {27'd0, req_len} : 32'd0) - (f_wrun_end ? f_words : 32'd0);
      f_ahead_q <= f_ahead_q + {5'd0, f_run_end && f_vec_q} - {5'd0, f_wrun_end};
    end
  end

  logic [31:0] f_elements;                             // written of the run
  assign f_elements = f_half_q ? {f_wk_q[30:0], f_high_q} : f_wk_q;

  // The writer's registers mean something: also while a trapped LOADV's words still come
  logic f_writing;
  assign f_writing = \u_dut.state_q != IDLE && \u_dut.state_q != CHECK && f_vec_q && (\u_dut.state_q != STOP || f_vec_out_q != 6'd0);

  always @(posedge clk_i) if (rst_ni) begin
    // The world: two opcodes, answers and credits for what was asked
    if (insn_valid_i) assume (insn_i[qn_isa_pkg::ENTRY_OP_LSB +: 8] == f_op_q);
    if (take) assume (insn_i[qn_isa_pkg::ENTRY_OP_LSB +: 8] == qn_isa_pkg::OP_STREAM || insn_i[qn_isa_pkg::ENTRY_OP_LSB +: 8] == qn_isa_pkg::OP_LOADV);
    if (rsp_valid_i) assume (f_stream_way_q != 7'd0 || f_vec_way_q != 6'd0);
    if (credit_i) assume (f_credit_q + f_stream_way_q < FifoWords);
    if (f_open_q && f_vec_q) assume (Small ? f_words <= 32'd33 : f_words >= 32'd33);

    // Part 0. Requests
    if (req_valid) begin
      `FIRST(f_open_q && !f_stop_q && f_run_q < f_runs && (f_vec_q || f_given_q))
      `FIRST(req_addr == (f_at_q >> LineW) + f_k_q[29:0] && (f_vec_q || f_within == 32'd0) && f_at_q == f_win_base + f_from_q[29:0])
      `FIRST(req_len >= 5'd1 && {1'b0, req_addr[3:0]} + req_len <= 5'd16)
      `FIRST({1'b0, f_from_q} + {1'b0, f_words} <= {1'b0, f_win_size})
      `FIRST({1'b0, f_k_q} + {28'd0, req_len} <= {1'b0, f_lines})
      `FIRST(!f_vec_q || {1'b0, f_dst_q} + {1'b0, f_count} <= VbWords)
    end
    // Formats
    if (f_fmt_held_q) `FIRST(fmt_valid)
    if (fmt_valid) `FIRST(f_open_q && !f_vec_q && !f_given_q && fmt_id == f_slots_q[32*qn_isa_pkg::SLOT_STREAM_FORMAT +: 7]
                          && fmt_cols == f_slots_q[32*qn_isa_pkg::SLOT_STREAM_COLS +: 32])
    // Instructions
    if (insn_ready) `FIRST(!f_open_q && !f_stop_q)
    if (post_valid) `FIRST(f_open_q && !f_stop_q && post == f_post_q && f_run_q == f_runs && (f_vec_q || f_given_q))
    if (f_stop_q) `FIRST(!fmt_valid && !req_valid && !post_valid)
    // What induction needs
    `FIRST(\u_dut.stream_q == (f_op_q == qn_isa_pkg::OP_STREAM))
    `FIRST(f_open_q == (\u_dut.state_q != IDLE) && f_stop_q == (\u_dut.state_q == STOP))
    `FIRST(\u_dut.idle_q == (\u_dut.state_q == IDLE) && post_valid == (\u_dut.state_q == POST))
    if (f_open_q) `FIRST(\u_dut.slots_q == f_slots_q && \u_dut.post_q == f_post_q && \u_dut.vector_q == f_vec_q && \u_dut.half_q == f_half_q)
    if (f_open_q && f_half_q) `FIRST(f_vec_q)
    if (\u_dut.state_q == CHECK) `FIRST(f_run_q == 32'd0 && f_k_q == 32'd0 && !f_given_q)
    if (\u_dut.state_q == CHECK) `FIRST(f_at_q == f_win_base + f_from_q[29:0] && f_from_q == f_slots_q[32*qn_isa_pkg::SLOT_STREAM_ADDR +: 32]
                                         && f_dst_q == f_slots_q[32*qn_isa_pkg::SLOT_LOADV_DST +: 32])
    if (\u_dut.state_q == FMT) `FIRST(!f_given_q && !f_vec_q)
    if ((\u_dut.state_q == RUN || \u_dut.state_q == ASK || \u_dut.state_q == WAIT || \u_dut.state_q == POST) && !f_vec_q) `FIRST(f_given_q)
    if (\u_dut.state_q == FMT || \u_dut.state_q == RUN || \u_dut.state_q == ASK) begin
      `FIRST(\u_dut.runs_left_q + f_run_q + 32'd1 == f_runs)
      `FIRST(\u_dut.over_q == (\u_dut.runs_left_q == 32'd0))
      `FIRST(\u_dut.base_q == f_win_base && \u_dut.win_size_q == f_win_size)
      if (\u_dut.state_q != ASK) `FIRST(\u_dut.run_addr_q == {2'd0, f_at_q} && \u_dut.run_end_q == {1'b0, f_from_q} + {1'b0, f_words})
      if (\u_dut.state_q != ASK) `FIRST(\u_dut.run_dst_end_q == {1'b0, f_dst_q} + {1'b0, f_count})
      `FIRST(f_run_q < f_runs)
      `FIRST(f_at_q == f_win_base + f_from_q[29:0])
      if (\u_dut.state_q != ASK) `FIRST(f_k_q == 32'd0)
      if (\u_dut.state_q != ASK) `FIRST(\u_dut.offset_q == f_from_q && \u_dut.run_dst_q == f_dst_q)
    end
    if (\u_dut.state_q == ASK) begin
      `FIRST(\u_dut.offset_q == f_from_q + f_slots_q[32*qn_isa_pkg::SLOT_STREAM_STRIDE +: 32])
      `FIRST(\u_dut.run_dst_q == f_dst_q + f_slots_q[32*qn_isa_pkg::SLOT_LOADV_DSTRIDE +: 32])
      `FIRST(\u_dut.ask_q == (f_at_q >> LineW) + f_k_q[29:0] && (f_vec_q || f_within == 32'd0))
      `FIRST(\u_dut.rest_q + {27'd0, \u_dut.len_q } + f_k_q == f_lines && \u_dut.rest_q < f_lines && \u_dut.len_q != 5'd0)
      `FIRST({1'b0, \u_dut.ask_q [3:0]} + \u_dut.len_q <= 5'd16 && \u_dut.len_q <= 5'd16)
      if (\u_dut.rest_q != 32'd0) `FIRST({1'b0, \u_dut.ask_q [3:0]} + \u_dut.len_q == 5'd16)
      `FIRST({1'b0, f_from_q} + {1'b0, f_words} <= {1'b0, f_win_size})
      `FIRST(!f_vec_q || {1'b0, f_dst_q} + {1'b0, f_count} <= VbWords)
    end
    if (\u_dut.state_q != IDLE && \u_dut.state_q != CHECK && \u_dut.state_q != STOP)
      `FIRST(f_words != 32'd0 && !f_count[31] && f_runs != 32'd0 && !f_runs[31] && (\u_dut.state_q != ASK || f_k_q < f_lines) && (!f_half_q || !f_count[0]))
    if (\u_dut.state_q == WAIT) `FIRST(f_vec_q)
    if (\u_dut.state_q == STOP) `FIRST(f_k_q == 32'd0)
    if (\u_dut.state_q == WAIT || \u_dut.state_q == POST) `FIRST(f_run_q == f_runs && f_k_q == 32'd0)

    // Part 1. Room, words, and how far the writer is
    if (req_valid && f_vec_q) `SECOND({1'b0, req_len} + f_vec_out_q <= 6'd32)
    if (req_valid && !f_vec_q) `SECOND({2'd0, req_len} <= f_credit_q)
    `SECOND(f_stream_way_q == 7'd0 || f_vec_way_q == 6'd0)
    if (rsp_valid_i) `SECOND(word_valid == (f_stream_way_q != 7'd0))
    if (rsp_valid_i && f_vec_way_q != 6'd0) `SECOND(\u_dut.u_rsp.in_ready_o )
    if (!rsp_valid_i) `SECOND(!word_valid)
    if (vb_valid) `SECOND(f_open_q && f_vec_q && f_wrun_q < f_runs && (f_wrun_q != f_run_q ? f_wrun_q < f_run_q : f_wk_q < f_k_q))
    if (post_valid && f_vec_q) `SECOND(f_wrun_q == f_runs)
    if (idle) `SECOND(!f_open_q && f_stream_way_q == 7'd0 && f_vec_way_q == 6'd0)
    // What induction needs
    if (\u_dut.state_q == IDLE && \u_dut.none_q ) `SECOND(f_stream_way_q == 7'd0 && f_vec_way_q == 6'd0)
    `SECOND(\u_dut.awaited_q + {11'd0, \u_dut.asked_q } == {9'd0, f_stream_way_q} + {10'd0, f_vec_way_q})
    `SECOND(\u_dut.room_q == f_credit_q && f_credit_q <= FifoWords && f_stream_way_q <= FifoWords && f_credit_q + f_stream_way_q <= FifoWords)
    `SECOND(\u_dut.rsp_room_q <= 6'd32 && f_vec_way_q <= 6'd32 && f_vec_held_q <= 6'd32 && f_vec_out_q <= 6'd32)
    `SECOND({1'b0, \u_dut.rsp_room_q } + {1'b0, f_vec_out_q} == 7'd32)
    `SECOND({1'b0, f_vec_out_q} == {1'b0, f_vec_way_q} + {1'b0, f_vec_held_q})
    `SECOND(f_vec_held_q == \u_dut.u_rsp.tail_q - \u_dut.u_rsp.head_q )
    if (f_stream_way_q != 7'd0) `SECOND(!\u_dut.vector_q )
    if (!f_open_q || !f_vec_q || \u_dut.state_q == CHECK) `SECOND(f_vec_out_q == 6'd0)
    if (f_open_q && f_vec_q) `SECOND(f_stream_way_q == 7'd0)
    if (\u_dut.state_q == CHECK) `SECOND(f_wrun_q == 32'd0 && f_wk_q == 32'd0 && !f_high_q && f_ahead_q == 6'd0 && f_gap_q == 32'd0)
    if (f_writing) begin
      `SECOND(\u_dut.w_left_q + f_elements == f_count && \u_dut.w_left_q != 32'd0 && \u_dut.w_left_q <= f_count)
      `SECOND(f_wk_q < f_words)
      `SECOND(\u_dut.w_last_q == (\u_dut.w_left_q == 32'd1))
      `SECOND(\u_dut.w_word_q == 32'd0)     // a line is a word here
      `SECOND(\u_dut.high_q == f_high_q && (f_half_q || !f_high_q) && (!f_high_q || f_vec_held_q != 6'd0))
      `SECOND(\u_dut.w_runs_q + f_wrun_q == f_runs)
      `SECOND(f_run_q <= f_runs && f_wrun_q <= f_run_q)
      `SECOND(f_run_q == f_wrun_q + {26'd0, f_ahead_q} && f_ahead_q <= (Small ? 6'd33 : 6'd1))
      `SECOND(f_words != 32'd0 && !f_count[31] && !f_runs[31] && f_k_q < f_words && (!f_half_q || (!f_count[0])))
      `SECOND(f_gap_q == (Small ? {20'd0, {6'd0, f_words[5:0]} * {6'd0, f_ahead_q} + {6'd0, f_k_q[5:0]}}
                                : (f_ahead_q != 6'd0 ? f_words : 32'd0) + f_k_q))
      `SECOND(f_gap_q == {26'd0, f_vec_out_q} + f_wk_q)
    end

    // Part 2. Addresses written
    if (vb_valid) `THIRD(vb_addr == f_wdst_q[5:0] + f_elements[5:0])
    if (\u_dut.state_q == CHECK) `THIRD(f_wdst_q == f_slots_q[32*qn_isa_pkg::SLOT_LOADV_DST +: 32])
    if (f_writing) `THIRD(\u_dut.w_addr_q == f_wdst_q + f_elements)
    if (f_writing) `THIRD(\u_dut.w_run_q == f_wdst_q + f_slots_q[32*qn_isa_pkg::SLOT_LOADV_DSTRIDE +: 32])

    if (Part == 0) begin
      cover (insn_ready && f_post_q == 8'h5a && f_given_q);
      cover (post_valid && !f_vec_q && f_runs == 32'd2);
    end
    if (Part == 1) begin
      cover (f_vec_way_q == 6'd3 && f_vec_held_q == 6'd2);
      cover (f_stop_q && wrote);
    end
    if (Part == 2) cover (post_valid && f_vec_q && f_half_q && f_runs == 32'd2);
  end

endmodule

`undef FIRST
`undef SECOND
`undef THIRD
`default_nettype wire
