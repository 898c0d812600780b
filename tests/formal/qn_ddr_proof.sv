// SPDX-License-Identifier: Apache-2.0
// qn_ddr: data to write are there whenever LiteDRAM may take them, and a line read always finds room; commands stand unchanged until taken. A read's
// commands are those of its lines, each once, in order, and of each line its own words leave, in order; a read is begun only when nothing written before
// it is left behind, and what is written leaves only when the commands of the reads before it are gone. Any byte of any line leaves with the
// value written to it last, and as one that is written only if it was.
// Of the native port: data of a burst are taken after its command, a line comes after its own, neither without.

`default_nettype none

module qn_ddr_proof #(
  parameter int AddrW  = 4,
  parameter int Lines  = 4,
  parameter int Writes = 2
) (
  input logic             clk_i,
  input logic             rst_ni,
  input logic             req_valid_i,
  input logic             req_we_i,
  input logic [29:0]      req_addr_i,
  input logic [4:0]       req_len_i,
  input logic [31:0]      req_wdata_i,
  input logic [3:0]       req_wstrb_i,
  input logic             cmd_ready_i,
  input logic             wdata_ready_i,
  input logic             rdata_valid_i
);

  logic             req_ready, rsp_valid, cmd_valid, cmd_we, wdata_valid;
  logic [31:0]      rsp_data;
  logic [AddrW-1:0] cmd_addr;
  logic [127:0]     wdata;
  logic [15:0]      wstrb;
  qn_ddr #(.AddrW(AddrW), .Lines(Lines), .Writes(Writes)) u_dut (
    .clk_i, .rst_ni, .req_valid_i, .req_ready_o(req_ready), .req_we_i, .req_addr_i, .req_len_i, .req_wdata_i, .req_wstrb_i,
    .rsp_valid_o(rsp_valid), .rsp_data_o(rsp_data), .cmd_valid_o(cmd_valid), .cmd_ready_i, .cmd_we_o(cmd_we), .cmd_addr_o(cmd_addr),
    .wdata_valid_o(wdata_valid), .wdata_ready_i, .wdata_o(wdata), .wstrb_o(wstrb), .rdata_valid_i, .rdata_i(128'd0));
  (* hierconn *) logic             \u_dut.take , \u_dut.ask_we , \u_dut.reads , \u_dut.last , \u_dut.flush , \u_dut.read_q , \u_dut.write_q , \u_dut.begun_q ;
  (* hierconn *) logic             \u_dut.ask , \u_dut.leaves , \u_dut.line_valid , \u_dut.want_valid , \u_dut.words_ready , \u_dut.cmd_ready ;
  (* hierconn *) logic [AddrW+1:0] \u_dut.ask_addr ;
  (* hierconn *) logic [4:0]       \u_dut.ask_len , \u_dut.left_q ;
  (* hierconn *) logic [31:0]      \u_dut.ask_wdata ;
  (* hierconn *) logic [3:0]       \u_dut.ask_wstrb ;
  (* hierconn *) logic [AddrW-1:0] \u_dut.read_line_q , \u_dut.write_line_q ;
  (* hierconn *) logic [1:0]       \u_dut.first_q , \u_dut.until_word , \u_dut.from , \u_dut.until_at , \u_dut.at , \u_dut.at_q ;
  (* hierconn *) logic [2:0]       \u_dut.room_q ;
  (* hierconn *) logic [127:0]     \u_dut.write_data_q ;
  (* hierconn *) logic [15:0]      \u_dut.write_strb_q ;
  (* hierconn *) logic [3:0]       \u_dut.u_ask.count_q , \u_dut.u_cmd.count_q , \u_dut.u_words.count_q , \u_dut.u_lines.count_q , \u_dut.u_wants.count_q ;
  (* hierconn *) logic [2*AddrW+1:0]  \u_dut.u_cmd.entry_q ;
  (* hierconn *) logic [2*AddrW+87:0] \u_dut.u_ask.entry_q ;
  (* hierconn *) logic [15:0]         \u_dut.u_wants.entry_q ;

  initial assume (!rst_ni);
  qn_stream_check #(.Width(72), .Assume(1'b1)) u_in (
    .clk_i, .rst_ni, .valid_i(req_valid_i), .ready_i(req_ready), .data_i({req_we_i, req_addr_i, req_len_i, req_wdata_i, req_wstrb_i}));
  qn_stream_check #(.Width(AddrW + 1), .Assume(1'b0)) u_cmds (.clk_i, .rst_ni, .valid_i(cmd_valid), .ready_i(cmd_ready_i), .data_i({cmd_we, cmd_addr}));

  // A request stays within an aligned 16
  function fair(input [4:0] len, input [1:0] at, input [1:0] block);
    fair = len >= 5'd1 && {2'b0, block, at} + len <= 6'd16;
  endfunction

  // Commands in the queue, by kind; taken by the port and not yet served
  logic [3:0] f_cmds, f_cmd_writes, f_words, f_asks, f_lines, f_wants, f_reads_q, f_writes_q;
  assign f_asks  = \u_dut.u_ask.count_q ;
  assign f_cmds  = \u_dut.u_cmd.count_q ;
  assign f_words = \u_dut.u_words.count_q ;
  assign f_lines = \u_dut.u_lines.count_q ;
  assign f_wants = \u_dut.u_wants.count_q ;
  assign f_cmd_writes = {3'd0, f_cmds != 4'd0 && \u_dut.u_cmd.entry_q [AddrW]} + {3'd0, f_cmds == 4'd2 && \u_dut.u_cmd.entry_q [2*AddrW+1]};
  always_ff @(posedge clk_i) begin
    f_reads_q  <= rst_ni ? f_reads_q + {3'd0, cmd_valid && cmd_ready_i && !cmd_we} - {3'd0, rdata_valid_i} : 4'd0;
    f_writes_q <= rst_ni ? f_writes_q + {3'd0, cmd_valid && cmd_ready_i && cmd_we} - {3'd0, wdata_ready_i} : 4'd0;
  end

  // The read at work: where it was to begin, how many words, how many have been asked for
  logic [AddrW+1:0] f_addr_q, f_place;
  logic [4:0]       f_len_q, f_done_q, f_size;
  assign f_size  = {3'd0, \u_dut.until_word } - {3'd0, \u_dut.first_q } + 5'd1;
  assign f_place = f_addr_q + {{AddrW-3{1'b0}}, f_done_q};
  always_ff @(posedge clk_i) begin
    if (\u_dut.take && !\u_dut.ask_we ) begin
      f_addr_q <= \u_dut.ask_addr ;
      f_len_q  <= \u_dut.ask_len ;
      f_done_q <= 5'd0;
    end else if (\u_dut.reads ) f_done_q <= f_done_q + f_size;
  end

  // One byte of memory: written since it last left, and as what
  (* anyconst *) logic [AddrW-1:0] f_line;
  (* anyconst *) logic [3:0]       f_byte;
  logic       f_dirty_q, f_hit;
  logic [7:0] f_value_q;
  assign f_hit = \u_dut.take && \u_dut.ask_we && \u_dut.ask_addr == {f_line, f_byte[3:2]} && \u_dut.ask_wstrb [f_byte[1:0]];
  always_ff @(posedge clk_i) begin
    f_dirty_q <= rst_ni && (f_hit || (f_dirty_q && !(\u_dut.flush && \u_dut.write_line_q == f_line)));
    if (f_hit) f_value_q <= \u_dut.ask_wdata [8*f_byte[1:0] +: 8];
  end

  logic [AddrW+43:0] f_ask0, f_ask1;
  assign {f_ask1, f_ask0} = \u_dut.u_ask.entry_q ;
  integer k;
  always @(posedge clk_i) if (rst_ni) begin
    if (req_valid_i && !req_we_i) assume (fair(req_len_i, req_addr_i[1:0], req_addr_i[3:2]));
    if (rdata_valid_i) assume (f_reads_q != 4'd0);
    if (wdata_ready_i) assume (f_writes_q != 4'd0);

    // Room and data
    if (wdata_ready_i) assert (wdata_valid);
    assert (f_cmds <= 4'd2 && f_words <= Writes && f_asks <= 4'd2 && f_lines <= Lines && f_wants <= Lines);
    assert (f_words == f_cmd_writes + f_writes_q && f_writes_q <= Writes);
    assert (f_wants == f_cmds - f_cmd_writes + f_reads_q + f_lines && f_reads_q <= Lines);
    assert ({1'b0, \u_dut.room_q } + f_wants == Lines);
    if (rdata_valid_i) assert (f_lines != Lines);
    if (\u_dut.reads ) assert (f_wants != Lines);
    if (\u_dut.line_valid ) assert (\u_dut.want_valid );

    // What waits
    if (f_asks != 4'd0 && !f_ask0[AddrW+43]) assert (fair(f_ask0[40:36], f_ask0[42:41], f_ask0[44:43]));
    if (f_asks == 4'd2 && !f_ask1[AddrW+43]) assert (fair(f_ask1[40:36], f_ask1[42:41], f_ask1[44:43]));
    // Reads
    assert (!(\u_dut.take && !\u_dut.ask_we && \u_dut.write_q ));
    assert (!(\u_dut.flush && \u_dut.read_q ));
    if (\u_dut.read_q ) begin
      assert ({\u_dut.read_line_q , \u_dut.first_q } == f_place && \u_dut.left_q == f_len_q - f_done_q && f_done_q < f_len_q);
      assert (fair(f_len_q, f_addr_q[1:0], f_addr_q[3:2]));
    end
    if (\u_dut.reads ) begin
      assert (\u_dut.last == (f_done_q + f_size == f_len_q) && f_done_q + f_size <= f_len_q);
      assert (\u_dut.until_word >= \u_dut.first_q && (\u_dut.last || \u_dut.until_word == 2'd3));
    end
    for (k = 0; k < Lines; k = k + 1) if (k < f_wants) assert (\u_dut.u_wants.entry_q [4*k+2 +: 2] <= \u_dut.u_wants.entry_q [4*k +: 2]);
    if (\u_dut.begun_q ) assert (f_lines != 4'd0 && \u_dut.at_q > \u_dut.from && \u_dut.at_q <= \u_dut.until_at );
    if (\u_dut.line_valid && !\u_dut.begun_q ) assert (\u_dut.at == \u_dut.from );
    // Writes
    if (f_dirty_q) assert (\u_dut.write_q && \u_dut.write_line_q == f_line && \u_dut.write_data_q [8*f_byte +: 8] == f_value_q);
    if (\u_dut.write_q && \u_dut.write_line_q == f_line) assert (\u_dut.write_strb_q [f_byte] == f_dirty_q);

    cover (\u_dut.leaves && f_wants == Lines && \u_dut.read_q );
    cover (\u_dut.flush && f_dirty_q && \u_dut.take && \u_dut.ask_we );
    cover (wdata_ready_i && f_words == Writes);
    cover (\u_dut.reads && \u_dut.last && f_len_q == 5'd16);
  end

endmodule

`default_nettype wire
