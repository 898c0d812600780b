// SPDX-License-Identifier: Apache-2.0
// qn_seq's streams. A push comes only to a queue that has room, and only to one; it moves the stages on, so an instruction is pushed once. While its queue has
// no room an instruction waits, unchanged, and no stage moves. The loader asks for the program's lines, each once, in order, in
// bursts inside an aligned 16, writes the answers to consecutive lines, and the program runs when the last has come.

`default_nettype none

module qn_seq_proof #(
  parameter int Planes = 1                 // words of a line
) (
  input logic        clk_i,
  input logic        rst_ni,
  input logic        start_i,
  input logic        load_i,
  input logic [31:0] entry_i,
  input logic [31:0] arg_data_i,
  input logic        req_ready_i,
  input logic        rsp_valid_i,
  input logic [32*Planes-1:0] rsp_data_i,
  input logic [3:0]  push_ready_i,
  input logic        drained_i,
  input logic        stop_i
);

  localparam int ProgWords = 64;
  localparam int LineW = $clog2(Planes);
  localparam [1:0] IDLE = 2'd0, LOAD = 2'd1, RUN = 2'd2;

  (* anyconst *) logic [29:0] f_addr;      // registers of the host do not change while a job runs
  (* anyconst *) logic [31:0] f_words;
  logic        req_valid, done, trap_valid;
  logic [29:0] req_addr;
  logic [4:0]  req_len;
  logic [3:0]  push_valid;
  logic [qn_isa_pkg::ENTRY_W-1:0] push_data;
  qn_seq #(.Planes(Planes), .ProgWords(ProgWords)) u_dut (
    .clk_i, .rst_ni, .start_i, .load_i, .entry_i, .prog_addr_i(f_addr), .prog_words_i(f_words), .arg_index_o(), .arg_data_i,
    .req_valid_o(req_valid), .req_ready_i, .req_addr_o(req_addr), .req_len_o(req_len), .rsp_valid_i, .rsp_data_i,
    .push_valid_o(push_valid), .push_ready_i, .push_data_o(push_data), .drained_i, .done_o(done), .stop_i,
    .trap_valid_o(trap_valid), .trap_cause_o(), .trap_addr_o(), .trap_pc_o());
  (* hierconn *) logic [1:0] \u_dut.state_q ;
  (* hierconn *) logic [6:0] \u_dut.ask_left_q , \u_dut.fill_left_q ;
  (* hierconn *) logic [5-LineW:0] \u_dut.fill_addr_q ;
  (* hierconn *) logic [29:0] \u_dut.ask_addr_q ;
  (* hierconn *) logic [31:0] \u_dut.a_pc_q ;
  (* hierconn *) logic [2:0] \u_dut.d_unit_q ;
  (* hierconn *) logic \u_dut.d_halt_q , \u_dut.x_valid_q , \u_dut.go , \u_dut.b_valid_q , \u_dut.c_valid_q ;
  (* hierconn *) logic [2:0] \u_dut.a_phase_q , \u_dut.b_phase_q , \u_dut.c_phase_q ;
  (* hierconn *) logic [3:0] \u_dut.room_q ;

  initial assume (!rst_ni);
  qn_stream_check #(.Width(35), .Assume(1'b0)) u_req (
    .clk_i, .rst_ni(rst_ni && !stop_i), .valid_i(req_valid), .ready_i(req_ready_i), .data_i({req_addr, req_len}));

  logic                           f_waits_q;           // an instruction waited for room
  logic [3:0]                     f_room_q;            // there is room since the last clock: only a push takes it away
  logic [qn_isa_pkg::ENTRY_W-1:0] f_data_q;
  logic [31:0]                    f_pc_q;
  logic                           f_pushed_q;
  logic [3:0]                     f_ready_q;
  logic                           f_loading_q;
  logic [6:0]                     f_asked_q, f_came_q; // lines
  logic [31:0]                    f_lines;
  logic [29:0]                    f_first;
  assign f_lines = (f_words + Planes - 1) >> LineW;
  assign f_first = f_addr >> LineW;
  always @(posedge clk_i) begin
    f_waits_q <= rst_ni && !stop_i && !\u_dut.go ;
    f_room_q  <= rst_ni ? push_ready_i & ~push_valid : 4'd0;
    f_data_q <= push_data;
    f_ready_q <= push_ready_i;
    f_pushed_q <= rst_ni && push_valid != 4'd0;
    f_pc_q   <= \u_dut.a_pc_q ;
    f_loading_q <= rst_ni && \u_dut.state_q == LOAD;
    if (!rst_ni || start_i) begin
      f_asked_q <= 7'd0;
      f_came_q  <= 7'd0;
    end else begin
      if (req_valid && req_ready_i) f_asked_q <= f_asked_q + {2'd0, req_len};
      if (rsp_valid_i)              f_came_q <= f_came_q + 7'd1;
    end
    if (rst_ni) begin
      if (start_i) assume (\u_dut.state_q == IDLE && f_asked_q == f_came_q && !stop_i);
      if (rsp_valid_i) assume (f_came_q < f_asked_q);

      // Pushes
      assume ((f_room_q & ~push_ready_i) == 4'd0);
      if (f_waits_q) assert (push_data == f_data_q && \u_dut.a_pc_q == f_pc_q);
      assert ((push_valid & ~push_ready_i) == 4'd0);
      if (push_valid != 4'd0) assert (\u_dut.go );
      if (f_pushed_q) assert (push_valid == 4'd0);
      assert ((push_valid & (push_valid - 4'd1)) == 4'd0);
      if (push_valid != 4'd0) assert (\u_dut.state_q == RUN && !stop_i && !trap_valid && !done);
      // The loader
      if (req_valid) begin
        assert (req_addr == f_first + {23'd0, f_asked_q} && req_len != 5'd0 && {1'b0, req_addr[3:0]} + req_len <= 5'd16);
        assert ({1'b0, f_asked_q} + {3'd0, req_len} <= f_lines[7:0] && f_words <= ProgWords && f_first << LineW == f_addr);
      end
      if (rsp_valid_i) assert (\u_dut.fill_addr_q == f_came_q[5-LineW:0] && f_came_q < 7'd64 >> LineW);
      if (f_loading_q && \u_dut.state_q == RUN) assert (f_came_q == f_lines[6:0] && f_asked_q == f_came_q);

      // What induction needs
      assert (\u_dut.room_q == f_ready_q);
      if (\u_dut.b_valid_q ) assert (\u_dut.a_phase_q == \u_dut.b_phase_q + 3'd1);
      if (\u_dut.b_valid_q && \u_dut.c_valid_q ) assert (\u_dut.b_phase_q == \u_dut.c_phase_q + 3'd1);
      if (\u_dut.x_valid_q && \u_dut.c_valid_q ) assert (\u_dut.c_phase_q == 3'd0);
      assert (req_valid == (\u_dut.state_q == LOAD && \u_dut.ask_left_q != 7'd0));
      if (\u_dut.x_valid_q && \u_dut.d_halt_q ) assert (\u_dut.d_unit_q == qn_isa_pkg::UNIT_SEQ);
      assert (f_came_q <= f_asked_q && f_asked_q <= 7'd64 >> LineW);
      if (\u_dut.state_q != LOAD && (f_words > ProgWords || f_first << LineW != f_addr)) assert (f_asked_q == 7'd0);
      if (\u_dut.state_q == LOAD) begin
        assert (f_words <= ProgWords && f_first << LineW == f_addr && \u_dut.ask_addr_q == f_first + {23'd0, f_asked_q});
        assert (\u_dut.ask_left_q + f_asked_q == f_lines[6:0] && \u_dut.ask_left_q <= 7'd64 >> LineW);
      end
      if (\u_dut.state_q == LOAD || f_came_q != f_asked_q) begin
        assert (\u_dut.fill_addr_q == f_came_q[5-LineW:0]);
        if (\u_dut.state_q == LOAD) assert (\u_dut.fill_left_q + f_came_q == f_lines[6:0] && \u_dut.fill_left_q <= 7'd64 >> LineW);
      end

      // No cover of a push: it needs eight words that match their CRC, which z3 looks for for minutes
      cover (\u_dut.state_q == RUN && f_came_q == 7'd3);
    end
  end

endmodule

`default_nettype wire
