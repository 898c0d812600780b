// SPDX-License-Identifier: Apache-2.0
// qn_top: the core. A host's registers on one side, one memory port on the other; rtl/README.md has the picture and the protocols.
// The parameters are a target's (rtl/spec/target.def).

`default_nettype none

module qn_top #(
  parameter int Element   = qn_isa_pkg::ELEMENT_SHIFTADD,
  parameter int Rows      = 16,
  parameter int Depth     = 32,
  parameter int Planes    = 1,
  parameter int Lanes     = 8,
  parameter int Funcs     = 2,
  parameter int Dequants  = 4,
  parameter int AccCols   = 256,
  parameter int Slices    = 64,
  parameter int VbWords   = 24576,
  parameter int FifoWords = 1024,
  parameter int ProgWords = 8192,
  parameter int Ggml      = 1,
  parameter int Small     = 0              // fewer LUTs, two block RAMs more: qn_regs
) (
  input  logic        clk_i,
  input  logic        rst_ni,

  input  logic        reg_valid_i,         // registers: read data in the next clock
  input  logic        reg_we_i,
  input  logic [6:0]  reg_addr_i,
  input  logic [31:0] reg_wdata_i,
  output logic [31:0] reg_rdata_o,

  output logic        req_valid_o,         // memory, by lines of Planes words: reads of 1..16 lines inside an aligned 16, writes of one
  input  logic        req_ready_i,
  output logic        req_we_o,
  output logic [29:0] req_addr_o,
  output logic [4:0]  req_len_o,
  output logic [32*Planes-1:0] req_wdata_o,
  output logic [4*Planes-1:0]  req_wstrb_o,
  input  logic                 rsp_valid_i, // lines read, in order, never refused
  input  logic [32*Planes-1:0] rsp_data_i
);

  localparam ENTRY_W = qn_isa_pkg::ENTRY_W;
  localparam VbAddrW = $clog2(VbWords);
  localparam RowW    = $clog2(Rows);
  localparam SliceW  = $clog2(Slices);
  localparam BeatW   = $clog2(32 / Lanes);
  localparam ColW    = $clog2(AccCols);
  localparam LOAD = 0, MATRIX = 1, VECTOR = 2, STORE = 3;      // index of a unit's queue

  // Registers
  logic        core_rst_n, core_rst_next_n, mem_idle, start, load_first, done, stop;
  logic [31:0] entry, prog_words, arg_data, load_size, store_size;
  logic [29:0] prog_addr, load_base, store_base;
  logic [5:0]  arg_index;
  logic [2:0]  load_win, store_win;
  logic        store_write, nonfinite, nonfinite_clear;
  logic [1:0]  digest_we, req_kind;
  logic [31:0] digest_data, digest_a, digest_b, pick, pick_value;
  logic [5:0]   trap_valid;                // sequencer, load, matrix, vector, store, semaphores
  logic [47:0]  trap_cause;
  logic [191:0] trap_addr;
  logic [71:0]  trap_pc;
  logic         array_busy, array_starve;
  logic [RowW:0] array_rows;
  logic [3:0]   unit_busy, unit_idle;

  qn_regs #(.Rows(Rows), .Planes(Planes), .Small(Small != 0)) u_regs (
    .clk_i, .rst_ni,
    .reg_valid_i, .reg_we_i, .reg_addr_i, .reg_wdata_i, .reg_rdata_o,
    .core_rst_no(core_rst_n), .core_rst_next_no(core_rst_next_n), .mem_idle_i(mem_idle),
    .start_o(start), .load_o(load_first), .entry_o(entry), .prog_addr_o(prog_addr), .prog_words_o(prog_words),
    .done_i(done), .stop_o(stop),
    .trap_valid_i(trap_valid), .trap_cause_i(trap_cause), .trap_addr_i(trap_addr), .trap_pc_i(trap_pc),
    .arg_index_i(arg_index), .arg_data_o(arg_data),
    .load_win_i(load_win), .load_base_o(load_base), .load_size_o(load_size),
    .store_win_i(store_win), .store_base_o(store_base), .store_size_o(store_size), .store_write_o(store_write),
    .nonfinite_i(nonfinite), .nonfinite_clear_o(nonfinite_clear),
    .pick_i(pick), .pick_value_i(pick_value), .digest_a_i(digest_a), .digest_b_i(digest_b),
    .digest_we_o(digest_we), .digest_data_o(digest_data),
    .array_i(array_busy), .array_rows_i(array_rows), .starve_i(array_starve), .busy_i(unit_busy),
    .mem_valid_i(req_valid_o && req_ready_i), .mem_we_i(req_we_o), .mem_kind_i(req_kind), .mem_len_i(req_len_o));

  // Sequencer, queues, semaphores
  logic [3:0]         push_valid, push_ready, head_valid, unit_valid, unit_ready, post_valid;
  logic [ENTRY_W-1:0] push_data;
  logic [4*ENTRY_W-1:0] head;
  logic [31:0]        head_wait, post;
  logic               drained_q;           // since the last clock; what a trap's or a post's last clock holds is known by then
  logic               prog_req_valid, prog_req_ready, prog_rsp_valid;
  logic [32*Planes-1:0] rsp_data;
  logic [29:0]        prog_req_addr;
  logic [4:0]         prog_req_len;
  logic [3:0]         trap_sem;

  always_ff @(posedge clk_i) drained_q <= head_valid == 4'd0 && unit_idle == 4'b1111 && mem_idle;

  // Reset, for each unit from a register of its own
  localparam int SEQ = 4;
  logic [4:0] unit_rst_n;
  qn_copies #(.Copies(5)) u_resets (.clk_i, .in_i(core_rst_next_n), .out_o(unit_rst_n));

  qn_seq #(.Planes(Planes), .ProgWords(ProgWords)) u_seq (
    .clk_i, .rst_ni(unit_rst_n[SEQ]),
    .start_i(start), .load_i(load_first), .entry_i(entry), .prog_addr_i(prog_addr), .prog_words_i(prog_words),
    .arg_index_o(arg_index), .arg_data_i(arg_data),
    .req_valid_o(prog_req_valid), .req_ready_i(prog_req_ready), .req_addr_o(prog_req_addr), .req_len_o(prog_req_len),
    .rsp_valid_i(prog_rsp_valid), .rsp_data_i(rsp_data),
    .push_valid_o(push_valid), .push_ready_i(push_ready), .push_data_o(push_data),
    .drained_i(drained_q), .done_o(done), .stop_i(stop),
    .trap_valid_o(trap_valid[0]), .trap_cause_o(trap_cause[0 +: 8]), .trap_addr_o(trap_addr[0 +: 32]), .trap_pc_o(trap_pc[0 +: 12]));

  genvar u;
  generate
    for (u = 0; u < 4; u = u + 1) begin : g_queue
      qn_queue #(.Width(ENTRY_W), .Depth(16)) u_queue (
        .clk_i, .rst_ni(unit_rst_n[SEQ]),
        .in_valid_i(push_valid[u]), .in_ready_o(push_ready[u]), .in_data_i(push_data),
        .out_valid_o(head_valid[u]), .out_ready_i(unit_valid[u] && unit_ready[u]), .out_data_o(head[u*ENTRY_W +: ENTRY_W]));
      assign head_wait[8*u +: 8] = head[u*ENTRY_W + qn_isa_pkg::ENTRY_WAIT0_LSB +: 8];
    end
  endgenerate

  // A start finds no semaphore up, whatever the job before left
  qn_sems #(.Units(4)) u_sems (
    .clk_i, .rst_ni(core_rst_n && !start), .stop_i(stop),
    .head_valid_i(head_valid), .head_wait_i(head_wait), .unit_valid_o(unit_valid), .unit_ready_i(unit_ready),
    .post_valid_i(post_valid), .post_i(post), .trap_valid_o(trap_valid[5]), .trap_sem_o(trap_sem));
  assign trap_cause[40 +: 8]  = qn_isa_pkg::TRAP_SEM;
  assign trap_addr[160 +: 32] = {28'd0, trap_sem};
  assign trap_pc[60 +: 12]    = 12'd0;

  // Memory port
  logic        load_req_valid, load_req_ready, load_rsp_valid, store_req_valid, store_req_ready;
  logic [29:0] load_req_addr, store_req_addr;
  logic [4:0]  load_req_len;
  logic [1:0]  load_req_kind, store_req_kind;
  logic [32*Planes-1:0] store_req_wdata;
  logic [4*Planes-1:0]  store_req_wstrb;

  qn_mem_arb #(.Planes(Planes)) u_mem_arb (
    .clk_i, .rst_ni, .flush_i(!core_rst_n), .idle_o(mem_idle),
    .prog_valid_i(prog_req_valid), .prog_ready_o(prog_req_ready), .prog_addr_i(prog_req_addr), .prog_len_i(prog_req_len),
    .prog_rsp_valid_o(prog_rsp_valid),
    .store_valid_i(store_req_valid), .store_ready_o(store_req_ready), .store_addr_i(store_req_addr),
    .store_wdata_i(store_req_wdata), .store_wstrb_i(store_req_wstrb), .store_kind_i(store_req_kind),
    .load_valid_i(load_req_valid), .load_ready_o(load_req_ready), .load_addr_i(load_req_addr), .load_len_i(load_req_len),
    .load_kind_i(load_req_kind), .load_rsp_valid_o(load_rsp_valid),
    .req_valid_o, .req_ready_i, .req_we_o, .req_addr_o, .req_len_o, .req_wdata_o, .req_wstrb_o, .req_kind_o(req_kind),
    .rsp_valid_i, .rsp_data_i, .rsp_data_o(rsp_data));

  // Load: to unpack and to the vector buffer
  logic               fmt_valid, fmt_ready, line_valid, credit, ld_valid, ld_ready;
  logic [6:0]         fmt_id;
  logic [31:0]        fmt_cols, fmt_lines, ld_data;
  logic [32*Planes-1:0] line_data;
  logic [VbAddrW-1:0] ld_addr;

  qn_load #(.Planes(Planes), .VbWords(VbWords), .FifoWords(FifoWords)) u_load (
    .clk_i, .rst_ni(unit_rst_n[LOAD]),
    .insn_valid_i(unit_valid[LOAD]), .insn_ready_o(unit_ready[LOAD]), .insn_i(head[LOAD*ENTRY_W +: ENTRY_W]),
    .post_valid_o(post_valid[LOAD]), .post_o(post[8*LOAD +: 8]),
    .trap_valid_o(trap_valid[1]), .trap_cause_o(trap_cause[8 +: 8]), .trap_addr_o(trap_addr[32 +: 32]), .trap_pc_o(trap_pc[12 +: 12]),
    .busy_o(unit_busy[LOAD]), .idle_o(unit_idle[LOAD]),
    .win_index_o(load_win), .win_base_i(load_base), .win_size_i(load_size),
    .req_valid_o(load_req_valid), .req_ready_i(load_req_ready), .req_addr_o(load_req_addr), .req_len_o(load_req_len),
    .req_kind_o(load_req_kind), .rsp_valid_i(load_rsp_valid), .rsp_data_i(rsp_data),
    .fmt_valid_o(fmt_valid), .fmt_ready_i(fmt_ready), .fmt_id_o(fmt_id), .fmt_cols_o(fmt_cols), .fmt_lines_o(fmt_lines),
    .line_valid_o(line_valid), .line_data_o(line_data), .credit_i(credit),
    .vb_valid_o(ld_valid), .vb_ready_i(ld_ready), .vb_addr_o(ld_addr), .vb_data_o(ld_data));

  // Matrix
  logic        plane_valid, plane_ready, plane_head_valid, plane_head_ready;
  logic [32*Planes-1:0] plane, plane_head;
  logic               qb_we, qb_pair, qb_side_we, qb_s, acc_re;
  logic [RowW-1:0]    qb_row, qb_side_row, acc_row;
  logic [SliceW-1:0]  qb_slice, qb_side_slice;
  logic [BeatW-1:0]   qb_beat;
  logic [8*Lanes-1:0] qb_data, qb_data2;
  logic [31:0]        qb_scale, qb_scale2;
  logic [12:0]        qb_sum_lo, qb_sum_hi, qb_sum2_lo, qb_sum2_hi;
  logic [ColW-1:0]    acc_col;
  logic [32*Dequants-1:0] acc_data;

  qn_unpack #(.Planes(Planes), .FifoWords(FifoWords)) u_unpack (
    .clk_i, .rst_ni(unit_rst_n[LOAD]),
    .fmt_valid_i(fmt_valid), .fmt_ready_o(fmt_ready), .fmt_id_i(fmt_id), .fmt_cols_i(fmt_cols), .fmt_lines_i(fmt_lines),
    .line_valid_i(line_valid), .line_data_i(line_data), .credit_o(credit),
    .plane_valid_o(plane_valid), .plane_ready_i(plane_ready), .plane_o(plane),
    .head_valid_o(plane_head_valid), .head_ready_i(plane_head_ready), .head_o(plane_head));

  qn_matrix #(.Element(Element), .Rows(Rows), .Depth(Depth), .Planes(Planes), .Lanes(Lanes), .Dequants(Dequants), .AccCols(AccCols), .Slices(Slices), .Ggml(Ggml != 0)) u_matrix (
    .clk_i, .rst_ni(unit_rst_n[MATRIX]),
    .insn_valid_i(unit_valid[MATRIX]), .insn_ready_o(unit_ready[MATRIX]), .insn_i(head[MATRIX*ENTRY_W +: ENTRY_W]),
    .post_valid_o(post_valid[MATRIX]), .post_o(post[8*MATRIX +: 8]),
    .trap_valid_o(trap_valid[2]), .trap_cause_o(trap_cause[16 +: 8]), .trap_addr_o(trap_addr[64 +: 32]), .trap_pc_o(trap_pc[24 +: 12]),
    .idle_o(unit_idle[MATRIX]),
    .plane_valid_i(plane_valid), .plane_ready_o(plane_ready), .plane_i(plane),
    .head_valid_i(plane_head_valid), .head_ready_o(plane_head_ready), .head_i(plane_head),
    .qb_we_i(qb_we), .qb_pair_i(qb_pair), .qb_row_i(qb_row), .qb_slice_i(qb_slice), .qb_beat_i(qb_beat),
    .qb_data_i(qb_data), .qb_data2_i(qb_data2), .qb_side_we_i(qb_side_we), .qb_side_row_i(qb_side_row), .qb_side_slice_i(qb_side_slice), .qb_s_i(qb_s),
    .qb_scale_i(qb_scale), .qb_sum_lo_i(qb_sum_lo), .qb_sum_hi_i(qb_sum_hi),
    .qb_scale2_i(qb_scale2), .qb_sum2_lo_i(qb_sum2_lo), .qb_sum2_hi_i(qb_sum2_hi),
    .acc_re_i(acc_re), .acc_row_i(acc_row), .acc_col_i(acc_col), .acc_data_o(acc_data),
    .array_busy_o(array_busy), .array_rows_o(array_rows), .array_starve_o(array_starve));
  assign unit_busy[MATRIX] = !unit_idle[MATRIX];

  // Vector
  logic               st_valid, st_ready;
  logic [VbAddrW-1:0] st_addr;
  logic [31:0]        st_data;

  qn_vector #(.Rows(Rows), .Lanes(Lanes), .Funcs(Funcs), .Dequants(Dequants), .AccCols(AccCols), .Slices(Slices), .VbWords(VbWords), .Ggml(Ggml != 0)) u_vector (
    .clk_i, .rst_ni(unit_rst_n[VECTOR]), .regs_rst_ni(rst_ni),
    .insn_valid_i(unit_valid[VECTOR]), .insn_ready_o(unit_ready[VECTOR]), .insn_i(head[VECTOR*ENTRY_W +: ENTRY_W]),
    .post_valid_o(post_valid[VECTOR]), .post_o(post[8*VECTOR +: 8]),
    .trap_valid_o(trap_valid[3]), .trap_cause_o(trap_cause[24 +: 8]), .trap_addr_o(trap_addr[96 +: 32]), .trap_pc_o(trap_pc[36 +: 12]),
    .busy_o(unit_busy[VECTOR]), .idle_o(unit_idle[VECTOR]),
    .digest_we_i(digest_we), .digest_data_i(digest_data), .digest_a_o(digest_a), .digest_b_o(digest_b),
    .pick_o(pick), .pick_value_o(pick_value), .nonfinite_clear_i(nonfinite_clear), .nonfinite_o(nonfinite),
    .acc_re_o(acc_re), .acc_row_o(acc_row), .acc_col_o(acc_col), .acc_data_i(acc_data),
    .qb_we_o(qb_we), .qb_row_o(qb_row), .qb_pair_o(qb_pair), .qb_slice_o(qb_slice), .qb_beat_o(qb_beat),
    .qb_data_o(qb_data), .qb_data2_o(qb_data2), .qb_side_we_o(qb_side_we), .qb_side_row_o(qb_side_row), .qb_side_slice_o(qb_side_slice), .qb_s_o(qb_s),
    .qb_scale_o(qb_scale), .qb_sum_lo_o(qb_sum_lo), .qb_sum_hi_o(qb_sum_hi),
    .qb_scale2_o(qb_scale2), .qb_sum2_lo_o(qb_sum2_lo), .qb_sum2_hi_o(qb_sum2_hi),
    .ld_valid_i(ld_valid), .ld_ready_o(ld_ready), .ld_addr_i(ld_addr), .ld_data_i(ld_data),
    .st_valid_i(st_valid), .st_ready_o(st_ready), .st_addr_i(st_addr),
    /* verilator lint_off PINCONNECTEMPTY */ .st_valid_o(),    // the clock after valid and ready, which the store unit counts
    /* verilator lint_on PINCONNECTEMPTY */ .st_data_o(st_data));

  // Store
  qn_store #(.Planes(Planes), .VbWords(VbWords)) u_store (
    .clk_i, .rst_ni(unit_rst_n[STORE]),
    .insn_valid_i(unit_valid[STORE]), .insn_ready_o(unit_ready[STORE]), .insn_i(head[STORE*ENTRY_W +: ENTRY_W]),
    .post_valid_o(post_valid[STORE]), .post_o(post[8*STORE +: 8]),
    .trap_valid_o(trap_valid[4]), .trap_cause_o(trap_cause[32 +: 8]), .trap_addr_o(trap_addr[128 +: 32]), .trap_pc_o(trap_pc[48 +: 12]),
    .busy_o(unit_busy[STORE]), .idle_o(unit_idle[STORE]),
    .win_index_o(store_win), .win_base_i(store_base), .win_size_i(store_size), .win_write_i(store_write),
    .vb_valid_o(st_valid), .vb_ready_i(st_ready), .vb_addr_o(st_addr), .vb_data_i(st_data),
    .req_valid_o(store_req_valid), .req_ready_i(store_req_ready), .req_addr_o(store_req_addr),
    .req_wdata_o(store_req_wdata), .req_wstrb_o(store_req_wstrb), .req_kind_o(store_req_kind));

endmodule

`default_nettype wire
