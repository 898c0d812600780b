// SPDX-License-Identifier: Apache-2.0
// qn_store writes the elements of its instruction and no others, each once and in order: run after run, element after element, to the word and the
// bytes of its address, within the window, with the data of the word that was read for it, out of the buffer's own words. A request
// stands unchanged until memory takes it. A word is read again until the port is free; its data is looked at in the next clock only. One post for
// each instruction, in the clock after its last write was taken; none after a trap.

`default_nettype none

module qn_store_proof #(
  parameter int Planes = 1
) (
  input logic                           clk_i,
  input logic                           rst_ni,
  input logic                           insn_valid_i,
  input logic [qn_isa_pkg::ENTRY_W-1:0] insn_i,
  input logic                           vb_ready_i,
  input logic [31:0]                    vb_data_i,
  input logic                           req_ready_i
);

  localparam int VbWords = 64;
  localparam int LineW   = $clog2(Planes);
  localparam [29:0] Place = Planes - 1;    // a word's place in its line
  localparam [2:0] IDLE = 3'd0, CHECK = 3'd1, READ = 3'd2, DATA = 3'd3, WRITE = 3'd4, POST = 3'd5, STOP = 3'd6;

  (* anyconst *) logic [29:0] f_win_base;  // a window does not change while it is used
  (* anyconst *) logic [31:0] f_win_size;
  (* anyconst *) logic        f_win_write;
  logic        insn_ready, post_valid, trap_valid, idle, vb_valid, req_valid;
  logic [7:0]  post;
  logic [5:0]  vb_addr;
  logic [29:0] req_addr;
  logic [32*Planes-1:0] line_wdata;
  logic [4*Planes-1:0]  line_wstrb;
  logic [1:0]  req_kind;
  qn_store #(.Planes(Planes), .VbWords(VbWords)) u_dut (
    .clk_i, .rst_ni, .insn_valid_i, .insn_ready_o(insn_ready), .insn_i, .post_valid_o(post_valid), .post_o(post),
    .trap_valid_o(trap_valid), .trap_cause_o(), .trap_addr_o(), .trap_pc_o(), .busy_o(), .idle_o(idle),
    .win_index_o(), .win_base_i(f_win_base), .win_size_i(f_win_size), .win_write_i(f_win_write),
    .vb_valid_o(vb_valid), .vb_ready_i, .vb_addr_o(vb_addr), .vb_data_i,
    .req_valid_o(req_valid), .req_ready_i, .req_addr_o(req_addr), .req_wdata_o(line_wdata), .req_wstrb_o(line_wstrb), .req_kind_o(req_kind));
  (* hierconn *) logic [2:0]   \u_dut.state_q ;
  (* hierconn *) logic         \u_dut.idle_q ;
  (* hierconn *) logic [191:0] \u_dut.slots_q ;
  (* hierconn *) logic [7:0]   \u_dut.post_q ;
  (* hierconn *) logic [1:0]   \u_dut.size_q , \u_dut.byte_q ;
  (* hierconn *) logic         \u_dut.over_q , \u_dut.next , \u_dut.same_q , \u_dut.last_q , \u_dut.single_q , \u_dut.win_write_q ;
  (* hierconn *) logic [29:0]  \u_dut.base_q ;
  (* hierconn *) logic [31:0]  \u_dut.win_size_q ;
  (* hierconn *) logic [31:0]  \u_dut.src_run_q , \u_dut.src_q , \u_dut.dst_run_q , \u_dut.dst_q , \u_dut.left_q , \u_dut.runs_q , \u_dut.word_q ;

  initial assume (!rst_ni);
  qn_stream_check #(.Width(36*Planes + 32), .Assume(1'b0)) u_req (
    .clk_i, .rst_ni, .valid_i(req_valid), .ready_i(req_ready_i), .data_i({req_addr, line_wdata, line_wstrb, req_kind}));

  // The instruction in progress
  logic         f_open_q, f_stop_q;        // taken and not posted; trapped
  logic [191:0] f_slots_q;
  logic [7:0]   f_post_q;
  logic [1:0]   f_size_q;
  logic [31:0]  f_count, f_runs;
  logic [31:0]  f_sstride, f_estride, f_dstride;
  assign f_count   = f_slots_q[32*qn_isa_pkg::SLOT_STORE_N +: 32];
  assign f_runs    = f_slots_q[32*qn_isa_pkg::SLOT_STORE_RUNS +: 32];
  assign f_estride = {18'd0, f_slots_q[32*qn_isa_pkg::SLOT_STORE_ESTRIDE + qn_isa_pkg::STORE_ESTRIDE_LSB +: qn_isa_pkg::STORE_ESTRIDE_W]};
  assign f_sstride = {18'd0, f_slots_q[32*qn_isa_pkg::SLOT_STORE_SSTRIDE + qn_isa_pkg::STORE_SSTRIDE_LSB +: qn_isa_pkg::STORE_SSTRIDE_W]};
  assign f_dstride = f_slots_q[32*qn_isa_pkg::SLOT_STORE_DSTRIDE +: 32];

  // The element that comes into the request next: run, element, the run's first word and first byte, its own word and byte
  logic [31:0] f_run_q, f_k_q, f_from_q, f_to_q, f_at_q, f_src_q;
  // The word read last, and the request that stands, with its element
  logic        f_read_q;                   // its data comes in this clock
  logic [31:0] f_word_q, f_word;
  logic        f_up_q, f_over_q, f_done_q; // a request stands; it is the last; the last was taken
  logic [31:0] f_req_at_q, f_req_word_q;
  logic [1:0]  f_req_byte_q;
  logic        take, took, f_last, f_next;
  logic        f_reads;                    // a word for an element: what is read while a write waits is read again
  assign f_reads = vb_valid && !trap_valid && (!req_valid || req_ready_i);
  assign take   = insn_valid_i && insn_ready;
  assign took   = req_valid && req_ready_i;
  assign f_next = \u_dut.next && !trap_valid;
  assign f_last = f_k_q + 32'd1 == f_count;
  assign f_word = f_read_q ? vb_data_i : f_word_q;

  always @(posedge clk_i) begin
    f_read_q <= rst_ni && f_reads && vb_ready_i;
    if (f_read_q) f_word_q <= vb_data_i;
    f_done_q <= rst_ni && took && f_over_q;
    if (!rst_ni) begin
      f_open_q <= 1'b0;
      f_stop_q <= 1'b0;
      f_up_q   <= 1'b0;
    end else begin
      if (take)            f_open_q <= 1'b1;
      else if (post_valid) f_open_q <= 1'b0;
      if (trap_valid)      f_stop_q <= 1'b1;
      if (f_next)    f_up_q <= 1'b1;
      else if (took)       f_up_q <= 1'b0;
    end
    if (take) begin
      f_size_q  <= insn_i[qn_isa_pkg::STORE_SIZE_LSB +: 2];
      f_slots_q <= insn_i[191:0];
      f_post_q  <= insn_i[qn_isa_pkg::ENTRY_POST0_LSB +: 8];
      f_run_q   <= 32'd0;
      f_k_q     <= 32'd0;
      f_from_q  <= insn_i[32*qn_isa_pkg::SLOT_STORE_SRC +: 32];
      f_src_q   <= insn_i[32*qn_isa_pkg::SLOT_STORE_SRC +: 32];
      f_to_q    <= insn_i[32*qn_isa_pkg::SLOT_STORE_ADDR +: 32];
      f_at_q    <= insn_i[32*qn_isa_pkg::SLOT_STORE_ADDR +: 32];
    end else if (f_next) begin
      f_k_q   <= f_last ? 32'd0 : f_k_q + 32'd1;
      f_at_q  <= f_last ? f_to_q + f_dstride : f_at_q + f_estride;
      f_src_q <= f_last ? f_from_q + f_sstride : f_size_q != 2'd0 || f_k_q[1:0] == 2'd3 ? f_src_q + 32'd1 : f_src_q;
      if (f_last) begin
        f_run_q  <= f_run_q + 32'd1;
        f_from_q <= f_from_q + f_sstride;
        f_to_q   <= f_to_q + f_dstride;
      end
    end
    if (f_next) begin
      f_over_q     <= f_last && f_run_q + 32'd1 == f_runs;
      f_req_at_q   <= f_at_q;
      f_req_word_q <= f_word;
      f_req_byte_q <= f_k_q[1:0];
    end
  end
  // The word that the request writes, and whether it writes no byte of another
  logic [29:0] f_addr;
  logic [31:0] req_wdata;
  logic [3:0]  req_wstrb;
  logic        f_alone;
  integer      f_p;
  assign f_addr = f_win_base + f_req_at_q[31:2];
  always @(*) begin
    req_wdata = line_wdata[31:0];
    req_wstrb = line_wstrb[3:0];
    f_alone   = 1'b1;
    for (f_p = 0; f_p < Planes; f_p = f_p + 1) begin
      if ((f_addr & Place) == f_p) begin
        req_wdata = line_wdata[32*f_p +: 32];
        req_wstrb = line_wstrb[4*f_p +: 4];
      end else if (line_wstrb[4*f_p +: 4] != 4'd0) f_alone = 1'b0;
    end
  end
  logic [7:0] f_code;
  always @(*) begin
    case (f_req_byte_q)
      2'd0:    f_code = f_req_word_q[7:0];
      2'd1:    f_code = f_req_word_q[15:8];
      2'd2:    f_code = f_req_word_q[23:16];
      default: f_code = f_req_word_q[31:24];
    endcase
  end

  always @(posedge clk_i) if (rst_ni) begin
    // One request for each element: it is there until it is taken, and the next comes then
    assert (req_valid == f_up_q);
    if (f_next) assert ((!f_up_q || took) && f_run_q < f_runs && f_k_q < f_count && f_open_q && !f_stop_q);
    if (req_valid) begin
      assert (f_open_q && !f_stop_q && req_addr == f_addr >> LineW && f_alone);
      assert (f_win_write && {2'd0, f_req_at_q[31:2]} < f_win_size);
      case (f_size_q)
        2'd0:    assert (req_wstrb == 4'd1 << f_req_at_q[1:0] && req_wdata == {4{f_code}});
        2'd1:    assert (req_wstrb == (f_req_at_q[1] ? 4'b1100 : 4'b0011) && !f_req_at_q[0] && req_wdata == {2{f_req_word_q[31:16]}});
        default: assert (f_size_q == 2'd2 && req_wstrb == 4'b1111 && f_req_at_q[1:0] == 2'd0 && req_wdata == f_req_word_q);
      endcase
    end
    // The word that is read is the element's; bytes behind the first of a word need no read
    if (f_reads) assert (f_open_q && !f_stop_q && f_src_q < VbWords && vb_addr == f_src_q[5:0] && (f_size_q != 2'd0 || f_k_q[1:0] == 2'd0));
    if (f_next) assert (f_read_q || (f_size_q == 2'd0 && f_k_q[1:0] != 2'd0));
    // Instructions
    if (insn_ready) assert (!f_open_q && !f_stop_q);
    assert (post_valid == f_done_q);
    if (post_valid) assert (f_open_q && !f_stop_q && post == f_post_q && f_run_q == f_runs);
    if (f_stop_q) assert (!req_valid && !vb_valid && !post_valid);
    if (idle) assert (!f_open_q && !f_up_q);

    // What induction needs
    assert (f_open_q == (\u_dut.state_q != IDLE) && f_stop_q == (\u_dut.state_q == STOP) && \u_dut.state_q <= STOP);
    assert (\u_dut.idle_q == (\u_dut.state_q == IDLE) && post_valid == (\u_dut.state_q == POST));
    assert (f_read_q == (\u_dut.state_q == DATA));
    if (f_open_q) assert (\u_dut.slots_q == f_slots_q && \u_dut.post_q == f_post_q && \u_dut.size_q == f_size_q);
    if (\u_dut.state_q == CHECK) assert (f_run_q == 32'd0 && f_k_q == 32'd0 && f_from_q == f_slots_q[32*qn_isa_pkg::SLOT_STORE_SRC +: 32]
                                         && f_src_q == f_from_q && f_to_q == f_slots_q[32*qn_isa_pkg::SLOT_STORE_ADDR +: 32] && f_at_q == f_to_q);
    if (\u_dut.state_q == READ || \u_dut.state_q == DATA || \u_dut.state_q == WRITE) begin
      assert (f_size_q != 2'd3 && f_count != 32'd0 && !f_count[31] && f_runs != 32'd0 && !f_runs[31] && f_k_q < f_count);
      if (f_size_q != 2'd0) assert (!f_at_q[0] && !f_estride[0] && !f_dstride[0] && !f_to_q[0]);
      if (f_size_q == 2'd2) assert (!f_at_q[1] && !f_estride[1] && !f_dstride[1] && !f_to_q[1]);
      assert (\u_dut.left_q + f_k_q == f_count && \u_dut.left_q <= f_count);
      assert (\u_dut.runs_q + f_run_q == f_runs && \u_dut.runs_q <= f_runs);
      assert (\u_dut.src_run_q == f_from_q + f_sstride && \u_dut.src_q == f_src_q);
      assert (\u_dut.dst_run_q == f_to_q + f_dstride && \u_dut.dst_q == f_at_q);
      assert (f_size_q != 2'd0 || \u_dut.byte_q == f_k_q[1:0]);
      if (\u_dut.state_q != WRITE || !f_over_q) assert (f_run_q < f_runs);
      assert (\u_dut.base_q == f_win_base && \u_dut.win_size_q == f_win_size && \u_dut.win_write_q == f_win_write);
      assert (\u_dut.same_q == (f_size_q == 2'd0 && \u_dut.byte_q != 2'd0));
      assert (\u_dut.last_q == (\u_dut.left_q == 32'd1) && \u_dut.single_q == (f_count == 32'd1));
    end
    if (\u_dut.state_q == READ || \u_dut.state_q == DATA) assert (f_size_q != 2'd0 || f_k_q[1:0] == 2'd0);
    if (\u_dut.state_q == DATA) assert (f_src_q < VbWords && f_win_write && {2'd0, f_at_q[31:2]} < f_win_size);
    if (\u_dut.state_q == WRITE) begin
      assert (\u_dut.word_q == f_word_q && \u_dut.word_q == f_req_word_q && \u_dut.over_q == f_over_q);
      if (f_over_q) assert (f_run_q == f_runs);
    end
    if (\u_dut.state_q == POST) assert (f_run_q == f_runs);

    cover (post_valid && f_runs == 32'd2 && f_count == 32'd2 && f_size_q == 2'd0);
    cover (post_valid && f_count == 32'd2 && f_size_q == 2'd1);
    cover (took && vb_valid && !vb_ready_i);
    cover (vb_valid && vb_ready_i && req_valid && !req_ready_i);
    cover (f_stop_q && f_run_q != 32'd0);
  end

endmodule

`default_nettype wire
