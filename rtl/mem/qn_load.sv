// SPDX-License-Identifier: Apache-2.0
// qn_load: the load unit. STREAM asks memory for runs of lines and passes them to unpack, LOADV writes their words to the vector buffer.
// A line is what memory gives in a clock: Planes words. Requests are bursts of up to 16 lines inside an aligned 16. A STREAM consists of whole
// lines; it asks only for lines that unpack has room for (credits) and is over when its last request is accepted, so streams follow each
// other without waiting for memory. A LOADV starts when no line is awaited and is over when its last element is written. Each run is checked
// against its window, and each LOADV run against the vector buffer, before it is asked for.
// Costs a FIFO of 32 lines and 3 DSPs (words of a stream).

`default_nettype none

module qn_load #(
  parameter int Planes    = 1,             // words of a line: 1, 2 or 4
  parameter int VbWords   = 24576,         // words of the vector buffer
  parameter int FifoWords = 1024,          // lines that unpack holds: credits at the start
  parameter VbAddrW = $clog2(VbWords)
) (
  input  logic                           clk_i,
  input  logic                           rst_ni,

  input  logic                           insn_valid_i,
  output logic                           insn_ready_o,
  input  logic [qn_isa_pkg::ENTRY_W-1:0] insn_i,
  output logic                           post_valid_o,
  output logic [7:0]                     post_o,
  output logic                           trap_valid_o,
  output logic [7:0]                     trap_cause_o,
  output logic [31:0]                    trap_addr_o,
  output logic [11:0]                    trap_pc_o,
  output logic                           busy_o,       // an instruction in progress
  output logic                           idle_o,       // none, and no line awaited

  output logic [2:0]                     win_index_o,
  input  logic [29:0]                    win_base_i,   // in the same clock; read once, in CHECK
  input  logic [31:0]                    win_size_i,

  output logic                           req_valid_o,
  input  logic                           req_ready_i,
  output logic [29:0]                    req_addr_o,   // of a line
  output logic [4:0]                     req_len_o,
  output logic [1:0]                     req_kind_o,
  input  logic                           rsp_valid_i,
  input  logic [32*Planes-1:0]           rsp_data_i,

  output logic                           fmt_valid_o,  // once for each STREAM, before its words
  input  logic                           fmt_ready_i,
  output logic [6:0]                     fmt_id_o,
  output logic [31:0]                    fmt_cols_o,
  output logic [31:0]                    fmt_lines_o,  // of all runs
  output logic                           line_valid_o, // never refused
  output logic [32*Planes-1:0]           line_data_o,
  input  logic                           credit_i,     // room for one more line

  output logic                           vb_valid_o,   // write port of the vector buffer
  input  logic                           vb_ready_i,
  output logic [VbAddrW-1:0]             vb_addr_o,
  output logic [31:0]                    vb_data_o
);

  localparam IDLE = 3'd0, CHECK = 3'd1, FMT = 3'd2, RUN = 3'd3, ASK = 3'd4, WAIT = 3'd5, POST = 3'd6, STOP = 3'd7;
  localparam int RspLines = 32;
  localparam int LineW    = $clog2(Planes);             // address bits of a word in its line
  localparam [31:0] LINE_MASK = Planes - 1;
  localparam [31:0] COLS_MASK = Planes == 1 ? 32'd1 : 8 * Planes - 1;
  localparam RoomW = $clog2(FifoWords) + 1;

  logic [2:0]                     state_q;
  logic [191:0]                   slots_q;
  logic [7:0]                     post_q;
  logic [11:0]                    pc_q;
  logic                           vector_q;            // LOADV
  logic                           half_q;              // LOADV of BF16

  // What the instruction says
  logic [31:0] addr, count, runs, stride, format, cols, dst, dstride;
  assign addr    = slots_q[32*qn_isa_pkg::SLOT_STREAM_ADDR +: 32];
  assign count   = slots_q[32*qn_isa_pkg::SLOT_STREAM_WORDS +: 32];
  assign runs    = slots_q[32*qn_isa_pkg::SLOT_STREAM_RUNS +: 32];
  assign stride  = slots_q[32*qn_isa_pkg::SLOT_STREAM_STRIDE +: 32];
  assign format  = slots_q[32*qn_isa_pkg::SLOT_STREAM_FORMAT +: 32];
  assign cols    = slots_q[32*qn_isa_pkg::SLOT_STREAM_COLS +: 32];
  assign dst     = slots_q[32*qn_isa_pkg::SLOT_LOADV_DST +: 32];
  assign dstride = slots_q[32*qn_isa_pkg::SLOT_LOADV_DSTRIDE +: 32];

  // An instruction is offered a clock or more after it has come to the head of its queue: by then it is known whether it is a STREAM
  logic take;
  logic        stream_q;
  logic [15:0] awaited_q;                              // lines asked for before the last clock and not yet here
  logic [4:0]  asked_q;                                // lines asked for in the last clock
  logic        none, none_q;                           // no line is awaited; was in the last clock
  assign none         = awaited_q == 16'd0 && asked_q == 5'd0;
  logic        idle_q;                                 // state_q is IDLE; the semaphores wait for it and for post_valid_o, state_q is POST
  assign insn_ready_o = idle_q && (stream_q || none_q);                  // nothing is asked for in the clock before IDLE
  assign take         = insn_valid_i && insn_ready_o;

  always_ff @(posedge clk_i) begin
    none_q   <= none;
    stream_q <= insn_i[qn_isa_pkg::ENTRY_OP_LSB +: 8] == qn_isa_pkg::OP_STREAM;
    if (take) begin
      slots_q     <= insn_i[191:0];
      post_q      <= insn_i[qn_isa_pkg::ENTRY_POST0_LSB +: 8];
      pc_q        <= insn_i[qn_isa_pkg::ENTRY_PC_LSB +: qn_isa_pkg::PC_W];
      win_index_o <= insn_i[qn_isa_pkg::STREAM_WIN_LSB +: qn_isa_pkg::STREAM_WIN_W];
      req_kind_o  <= insn_i[qn_isa_pkg::STREAM_KIND_LSB +: qn_isa_pkg::STREAM_KIND_W];
      vector_q    <= insn_i[qn_isa_pkg::ENTRY_OP_LSB +: 8] == qn_isa_pkg::OP_LOADV;
      half_q      <= insn_i[qn_isa_pkg::ENTRY_OP_LSB +: 8] == qn_isa_pkg::OP_LOADV && insn_i[qn_isa_pkg::LOADV_BF16_LSB];
    end
  end

  // Runs: checks and addresses. What is said of a run is worked out in the clock before RUN: in CHECK, or after the run before was begun
  logic [31:0] offset_q, run_dst_q, runs_left_q, words, total_q;
  logic [31:0] next_offset, next_dst;
  logic [32:0] run_end_q, run_dst_end_q;               // behind its last word in the window, its last element in the buffer
  logic [29:0] base, base_q;                           // of the window
  logic [31:0] win_size_q;
  logic [31:0] run_addr_q, run_part, lines;            // a run's first word in memory, words from that line's start, lines
  logic [29:0] ask_q;
  logic [4:0]  to_edge, len_q;                         // lines of the present request
  logic [31:0] rest_q;                                 // lines of the run after it
  logic        ask, last, over_q, enough;
  logic        bad_window, bad_buffer;

  assign words       = half_q ? {1'b0, count[31:1]} : count;         // of a run
  assign base        = state_q == CHECK ? win_base_i : base_q;
  assign next_offset = state_q == CHECK ? addr : offset_q;
  assign next_dst    = state_q == CHECK ? dst : run_dst_q;
  always_ff @(posedge clk_i) begin
    if (state_q == CHECK) base_q     <= win_base_i;
    if (state_q == CHECK) win_size_q <= win_size_i;
    run_addr_q    <= {2'd0, base + next_offset[29:0]};
    run_end_q     <= {1'b0, next_offset} + {1'b0, words};
    run_dst_end_q <= {1'b0, next_dst} + {1'b0, count};
  end
  assign run_part   = (run_addr_q & LINE_MASK) + words;
  assign lines      = (run_part + LINE_MASK) >> LineW;
  assign bad_window = run_end_q > {1'b0, win_size_q} || (!vector_q && (run_addr_q & LINE_MASK) != 32'd0);
  assign bad_buffer = vector_q && run_dst_end_q > {1'b0, VbWords};
  assign to_edge    = 5'd16 - {1'b0, run_addr_q[LineW +: 4]};
  assign req_addr_o = ask_q;
  assign req_len_o  = len_q;
  assign req_valid_o = state_q == ASK && enough;
  assign ask        = req_valid_o && req_ready_i;
  assign last       = ask && rest_q == 32'd0;          // of the run

  always_ff @(posedge clk_i) begin
    case (state_q)
      CHECK: begin
        offset_q    <= addr;
        run_dst_q   <= dst;
        runs_left_q <= runs - 32'd1;                   // after the present one
        over_q      <= runs == 32'd1;
        total_q     <= count * runs;
      end
      RUN: begin
        ask_q       <= run_addr_q[29:0] >> LineW;
        len_q       <= lines > {27'd0, to_edge} ? to_edge : lines[4:0];
        rest_q      <= lines > {27'd0, to_edge} ? lines - {27'd0, to_edge} : 32'd0;
        offset_q    <= offset_q + stride;
        run_dst_q   <= run_dst_q + dstride;
      end
      ASK: if (ask) begin
        ask_q       <= ask_q + {25'd0, len_q};
        len_q       <= rest_q[31:4] != 28'd0 ? 5'd16 : {1'b0, rest_q[3:0]};
        rest_q      <= rest_q[31:4] != 28'd0 ? {rest_q[31:4] - 28'd1, rest_q[3:0]} : 32'd0;
        if (last) runs_left_q <= runs_left_q - 32'd1;
        if (last) over_q      <= runs_left_q == 32'd1;
      end
      default: ;
    endcase
  end

  // Room: a line is asked for when its place is free
  logic [RoomW-1:0] room_q;                            // in unpack
  logic [5:0]       rsp_room_q;                        // in the FIFO before the vector buffer
  logic             pop;

  assign enough = vector_q ? rsp_room_q >= {1'b0, len_q} : room_q >= {{(RoomW-5){1'b0}}, len_q};

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      room_q     <= FifoWords[RoomW-1:0];
      rsp_room_q <= RspLines[5:0];
      awaited_q  <= 16'd0;
      asked_q    <= 5'd0;
    end else begin
      room_q     <= room_q + {{(RoomW-1){1'b0}}, credit_i} - (ask && !vector_q ? {{(RoomW-5){1'b0}}, len_q} : '0);
      rsp_room_q <= rsp_room_q + {5'd0, pop} - (ask && vector_q ? {1'b0, len_q} : 6'd0);
      asked_q    <= ask ? len_q : 5'd0;
      awaited_q  <= awaited_q + {11'd0, asked_q} - {15'd0, rsp_valid_i};
    end
  end

  // STREAM: lines pass straight on
  assign fmt_valid_o  = state_q == FMT;
  assign fmt_id_o     = format[6:0];
  assign fmt_cols_o   = cols;
  assign fmt_lines_o  = total_q >> LineW;
  assign line_valid_o = rsp_valid_i && !vector_q;
  assign line_data_o  = rsp_data_i;

  // LOADV: one element a clock
  logic                 rsp_out;
  logic [32*Planes-1:0] rsp_line;
  logic [31:0]          rsp_word;
  logic                 high_q;                        // the upper half is next
  logic                 wrote, word_over, line_over, w_last_q;   // the run's last element: w_left_q is 1
  logic [31:0]          w_addr_q, w_run_q, w_left_q, w_runs_q;
  logic [31:0]          w_word_q, w_start_q;           // the element's word in its line; next run's first word in memory

  qn_queue #(.Width(32*Planes), .Depth(RspLines)) u_rsp (
    .clk_i, .rst_ni,
    .in_valid_i(rsp_valid_i && vector_q), /* verilator lint_off PINCONNECTEMPTY */ .in_ready_o(),  // there is room: it was counted
    /* verilator lint_on PINCONNECTEMPTY */ .in_data_i(rsp_data_i),
    .out_valid_o(rsp_out), .out_ready_i(pop), .out_data_o(rsp_line));

  generate
    if (Planes == 1) begin : g_word
      assign rsp_word = rsp_line;
    end else begin : g_line
      assign rsp_word = rsp_line[32*w_word_q[LineW-1:0] +: 32];
    end
  endgenerate

  assign vb_valid_o = rsp_out;
  assign vb_addr_o  = w_addr_q[VbAddrW-1:0];
  assign vb_data_o  = !half_q ? rsp_word : high_q ? {rsp_word[31:16], 16'd0} : {rsp_word[15:0], 16'd0};
  assign wrote      = vb_valid_o && vb_ready_i;
  assign word_over  = !half_q || high_q;
  assign line_over  = w_word_q == LINE_MASK || w_last_q;
  assign pop        = wrote && word_over && line_over;

  always_ff @(posedge clk_i) begin
    if (state_q == CHECK) begin
      w_word_q  <= ({2'd0, win_base_i} + addr) & LINE_MASK;
      w_start_q <= {2'd0, win_base_i} + addr + stride;
      w_addr_q <= dst;
      w_run_q  <= dst + dstride;                       // next run's first
      w_left_q <= count;
      w_last_q <= count == 32'd1;
      w_runs_q <= runs;
      high_q   <= 1'b0;
    end else if (wrote) begin
      high_q <= half_q && !high_q;
      w_last_q <= w_last_q ? count == 32'd1 : w_left_q == 32'd2;
      if (w_last_q) begin
        w_word_q  <= w_start_q & LINE_MASK;
        w_start_q <= w_start_q + stride;
        w_addr_q <= w_run_q;
        w_run_q  <= w_run_q + dstride;
        w_left_q <= count;
        w_runs_q <= w_runs_q - 32'd1;
      end else begin
        if (word_over) w_word_q <= (w_word_q + 32'd1) & LINE_MASK;
        w_addr_q <= w_addr_q + 32'd1;
        w_left_q <= w_left_q - 32'd1;
      end
    end
  end

  // Traps
  logic [7:0]  cause;
  logic [31:0] refused;
  logic        bad_count, bad_runs, bad_format, bad_cols;
  assign bad_count  = $signed(count) <= 0 || (half_q && count[0]) || (!vector_q && (count & LINE_MASK) != 32'd0);
  assign bad_runs   = $signed(runs) <= 0;
  assign bad_format = !vector_q && !qn_isa_pkg::fmt_valid(format);
  assign bad_cols   = !vector_q && (cols == 32'd0 || cols > qn_isa_pkg::ACC_ROW || (cols & COLS_MASK) != 32'd0);

  always @(*) begin
    if (state_q == CHECK) begin
      cause   = qn_isa_pkg::TRAP_FIELD;
      refused = bad_count ? count : bad_runs ? runs : bad_format ? format : cols;
    end else begin
      cause   = bad_buffer ? qn_isa_pkg::TRAP_BUFFER : qn_isa_pkg::TRAP_WINDOW;
      refused = bad_buffer ? run_dst_q : offset_q;
    end
  end

  assign trap_valid_o = (state_q == CHECK && (bad_count || bad_runs || bad_format || bad_cols)) ||
                        (state_q == RUN && (bad_buffer || bad_window));
  assign trap_cause_o = cause;
  assign trap_addr_o  = refused;
  assign trap_pc_o    = pc_q;

  // Flow
  always_ff @(posedge clk_i) begin
    if (!rst_ni)           state_q <= IDLE;
    else if (trap_valid_o) state_q <= STOP;            // until the core's reset
    else case (state_q)
      IDLE:    if (take) state_q <= CHECK;
      CHECK:   state_q <= vector_q ? RUN : FMT;
      FMT:     if (fmt_ready_i) state_q <= RUN;
      RUN:     state_q <= ASK;
      ASK:     if (last) state_q <= !over_q ? RUN : vector_q ? WAIT : POST;
      WAIT:    if (w_runs_q == 32'd0) state_q <= POST;
      POST:    state_q <= IDLE;
      default: ;
    endcase
  end

  always_ff @(posedge clk_i) begin
    idle_q       <= !rst_ni || post_valid_o || (idle_q && !take);
    post_valid_o <= rst_ni && (vector_q ? state_q == WAIT && w_runs_q == 32'd0 : last && over_q);
  end
  assign post_o       = post_q;
  assign busy_o       = !idle_q;
  assign idle_o       = idle_q && none;
  always @(posedge clk_i) begin
    if (rst_ni) assert (idle_q == (state_q == IDLE) && post_valid_o == (state_q == POST));
  end

endmodule

`default_nettype wire
