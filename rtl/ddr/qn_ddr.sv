// SPDX-License-Identifier: Apache-2.0
// qn_ddr: the core's memory port (Planes = 1) before a native port of LiteDRAM, whose lines are 128 bits, at one clock. Requests are done in the
// order in which they were taken, so a read sees every write before it. A read asks for its lines one a clock, as many as there is room for; its words
// leave one a clock. Words written to one line follow each other into a buffer, and leave as one burst when a request of another kind or line comes,
// or none for seven clocks. The native port takes commands when it likes, takes a burst's data and gives a read's when it likes, in order, and is never
// refused: data to write wait for it, and lines are asked for only where there is room. README.md has the numbers.

`default_nettype none

module qn_ddr #(
  parameter int AddrW  = 25,               // bits of a line's address; those of req_addr_i above are not looked at
  parameter int Lines  = 16,               // lines read that may wait or be under way, a power of two
  parameter int Writes = 8                 // bursts to write that may wait for LiteDRAM to take their data, a power of two
) (
  input  logic             clk_i,
  input  logic             rst_ni,

  input  logic             req_valid_i,    // the core's port
  output logic             req_ready_o,
  input  logic             req_we_i,
  /* verilator lint_off UNUSEDSIGNAL */    // as wide as the core's port
  input  logic [29:0]      req_addr_i,     // word; a read stays within an aligned 16
  /* verilator lint_on UNUSEDSIGNAL */
  input  logic [4:0]       req_len_i,      // words of a read
  input  logic [31:0]      req_wdata_i,
  input  logic [3:0]       req_wstrb_i,
  output logic             rsp_valid_o,
  output logic [31:0]      rsp_data_o,

  output logic             cmd_valid_o,    // LiteDRAM's
  input  logic             cmd_ready_i,
  output logic             cmd_we_o,
  output logic [AddrW-1:0] cmd_addr_o,
  output logic             wdata_valid_o,
  input  logic             wdata_ready_i,
  output logic [127:0]     wdata_o,
  output logic [15:0]      wstrb_o,        // a bit a byte
  input  logic             rdata_valid_i,
  input  logic [127:0]     rdata_i
);

  localparam int WordW = AddrW + 2;
  localparam int REQ_W = WordW + 42;       // we, address, len, data, strobes
  localparam int RoomW = $clog2(Lines) + 1;

  // A request stands in a slice before anything is decided by what it is
  logic             ask, take, ask_we;
  logic [WordW-1:0] ask_addr;
  logic [4:0]       ask_len;
  logic [31:0]      ask_wdata;
  logic [3:0]       ask_wstrb;
  qn_queue #(.Width(REQ_W), .Depth(2)) u_ask (
    .clk_i, .rst_ni, .in_valid_i(req_valid_i), .in_ready_o(req_ready_o),
    .in_data_i({req_we_i, req_addr_i[WordW-1:0], req_len_i, req_wdata_i, req_wstrb_i}),
    .out_valid_o(ask), .out_ready_i(take), .out_data_o({ask_we, ask_addr, ask_len, ask_wdata, ask_wstrb}));

  // The read whose lines are being asked for. It is older than what the buffer holds: a read is taken only when that is empty.
  logic             read_q, reads, last;
  logic [AddrW-1:0] read_line_q;
  logic [1:0]       first_q, until_word;   // words of this line
  logic [4:0]       left_q, end_word;      // words of this and what follows; where they end, from the line's first word on
  logic [RoomW-1:0] room_q;                // lines that may still be asked for
  logic             cmd_ready, words_ready;
  assign end_word   = {3'd0, first_q} + left_q;
  assign last       = end_word <= 5'd4;
  assign until_word = last ? end_word[1:0] - 2'd1 : 2'd3;
  assign reads      = read_q && room_q != '0 && cmd_ready;

  // The buffer of what is written to one line
  logic             write_q, flush, same, quiet_q;
  logic [AddrW-1:0] write_line_q;
  logic [127:0]     write_data_q;
  logic [15:0]      write_strb_q;
  logic [2:0]       age_q;
  assign same  = ask_we && ask_addr[WordW-1:2] == write_line_q;
  assign flush = write_q && !read_q && (quiet_q || (ask && !same)) && cmd_ready && words_ready;
  assign take  = ask && (ask_we ? !write_q || same || flush : !write_q && (!read_q || (reads && last)));

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      read_q  <= 1'b0;
      write_q <= 1'b0;
    end else begin
      if (take && !ask_we)    read_q <= 1'b1;
      else if (reads && last) read_q <= 1'b0;
      if (take && ask_we)     write_q <= 1'b1;
      else if (flush)         write_q <= 1'b0;
    end
    if (take && !ask_we) begin
      {read_line_q, first_q} <= ask_addr;
      left_q                 <= ask_len;
    end else if (reads) begin
      read_line_q <= read_line_q + 1'b1;
      first_q     <= 2'd0;
      left_q      <= end_word - 5'd4;
    end
    age_q   <= take ? 3'd0 : age_q + 3'd1;
    quiet_q <= !take && (quiet_q || age_q == 3'd6);
  end

  integer b;
  always_ff @(posedge clk_i) begin
    if (take && ask_we) begin
      write_line_q <= ask_addr[WordW-1:2];
      for (b = 0; b < 16; b = b + 1) begin
        if (b[3:2] == ask_addr[1:0] && ask_wstrb[b[1:0]]) begin
          write_strb_q[b]        <= 1'b1;
          write_data_q[8*b +: 8] <= ask_wdata[8*b[1:0] +: 8];
        end else if (!write_q || flush) write_strb_q[b] <= 1'b0;
      end
    end
  end

  // Commands, and the data of those that write
  /* verilator lint_off PINCONNECTEMPTY */
  qn_queue #(.Width(AddrW + 1), .Depth(2)) u_cmd (
    .clk_i, .rst_ni, .in_valid_i(reads || flush), .in_ready_o(cmd_ready), .in_data_i({flush, read_q ? read_line_q : write_line_q}),
    .out_valid_o(cmd_valid_o), .out_ready_i(cmd_ready_i), .out_data_o({cmd_we_o, cmd_addr_o}));
  qn_queue #(.Width(144), .Depth(Writes)) u_words (
    .clk_i, .rst_ni, .in_valid_i(flush), .in_ready_o(words_ready), .in_data_i({write_strb_q, write_data_q}),
    .out_valid_o(wdata_valid_o), .out_ready_i(wdata_ready_i), .out_data_o({wstrb_o, wdata_o}));

  // Lines read, and which words of them were asked for; neither is ever full, by room_q
  logic         line_valid, want_valid, leaves, begun_q;
  logic [127:0] line;
  logic [1:0]   from, until_at, at, at_q;
  qn_queue #(.Width(128), .Depth(Lines)) u_lines (
    .clk_i, .rst_ni, .in_valid_i(rdata_valid_i), .in_ready_o(), .in_data_i(rdata_i),
    .out_valid_o(line_valid), .out_ready_i(leaves), .out_data_o(line));
  qn_queue #(.Width(4), .Depth(Lines)) u_wants (
    .clk_i, .rst_ni, .in_valid_i(reads), .in_ready_o(), .in_data_i({first_q, until_word}),
    .out_valid_o(want_valid), .out_ready_i(leaves), .out_data_o({from, until_at}));
  /* verilator lint_on PINCONNECTEMPTY */
  assign at     = begun_q ? at_q : from;
  assign leaves = line_valid && want_valid && at == until_at;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      begun_q     <= 1'b0;
      rsp_valid_o <= 1'b0;
      room_q      <= Lines[RoomW-1:0];
    end else begin
      if (line_valid) begun_q <= !leaves;
      rsp_valid_o <= line_valid && want_valid;
      room_q      <= room_q - {{RoomW-1{1'b0}}, reads} + {{RoomW-1{1'b0}}, leaves};
    end
    at_q       <= at + 2'd1;
    rsp_data_o <= line[32*at +: 32];
  end

endmodule

`default_nettype wire
