// SPDX-License-Identifier: Apache-2.0
// qn_unpack's credit law: a sender that spends a credit for each word it asks of memory, and gets one back with each clock of credit_o, never
// finds the plane FIFO full, whatever words are headers and however planes and headers are taken; and every credit comes back. Words of a
// format that was given find it in progress. The header FIFO's room: unpack_heads_proof.

`default_nettype none

module qn_unpack_proof #(
  parameter int FifoWords = 64
) (
  input logic        clk_i,
  input logic        rst_ni,
  input logic        ask_i,                // the sender asks memory for a word
  input logic        fmt_valid_i,
  input logic [6:0]  fmt_id_i,
  input logic [31:0] fmt_cols_i,
  input logic [31:0] fmt_lines_i,
  input logic        line_valid_i,
  input logic        plane_ready_i,
  input logic        head_ready_i
);

  localparam int CountW = $clog2(FifoWords) + 2;

  logic        fmt_ready, credit, plane_valid, head_valid;
  logic [31:0] plane, head;
  qn_unpack #(.FifoWords(FifoWords)) u_dut (
    .clk_i, .rst_ni, .fmt_valid_i, .fmt_ready_o(fmt_ready), .fmt_id_i, .fmt_cols_i, .fmt_lines_i, .line_valid_i, .line_data_i(32'd0),
    .credit_o(credit), .plane_valid_o(plane_valid), .plane_ready_i, .plane_o(plane), .head_valid_o(head_valid), .head_ready_i, .head_o(head));
  (* hierconn *) logic \u_dut.is_head_q , \u_dut.plane_room , \u_dut.head_room , \u_dut.front_valid , \u_dut.raw_valid_q , \u_dut.raw_ready ;
  (* hierconn *) logic \u_dut.active_q , \u_dut.next_full_q , \u_dut.last_line_q ;
  (* hierconn *) logic [31:0]       \u_dut.lines_left_q , \u_dut.next_lines_q ;
  (* hierconn *) logic [1:0]        \u_dut.left ;
  (* hierconn *) logic [CountW-2:0] \u_dut.owed_q ;
  (* hierconn *) logic [1:0]        \u_dut.left_q ;
  logic [CountW-1:0] f_owed;               // lines that left and are not given back
  assign f_owed = {1'b0, \u_dut.owed_q } + {{CountW-2{1'b0}}, \u_dut.left_q };
  (* hierconn *) logic [CountW-2:0] \u_dut.u_plane.write_q , \u_dut.u_plane.read_q ;
  (* hierconn *) logic [CountW-2:0] \u_dut.u_head.write_q , \u_dut.u_head.read_q ;

  initial assume (!rst_ni);

  logic [CountW-1:0] f_credit_q, f_way_q;  // the sender's credits, words asked for and not yet here
  logic [CountW-1:0] f_out_q, f_in_q, f_held_q;
  logic [33:0]       f_todo_q;             // words of the formats given that have not come
  logic [33:0]       f_due_q;              // words of the formats given that have not been asked for
  logic [CountW-1:0] f_planes_q, f_heads_q;  // beats that went in and have not come out ...
  logic [CountW-1:0] f_planes, f_heads;      // ... which is what the FIFOs hold
  logic [CountW-2:0] f_plane_mem;
  logic [CountW-2:0] f_head_mem;
  assign f_plane_mem = \u_dut.u_plane.write_q - \u_dut.u_plane.read_q ;
  assign f_head_mem  = \u_dut.u_head.write_q - \u_dut.u_head.read_q ;
  assign f_planes    = {1'b0, f_plane_mem} + {{CountW-1{1'b0}}, \u_dut.front_valid } + {{CountW-1{1'b0}}, \u_dut.raw_valid_q };
  assign f_heads     = {1'b0, f_head_mem} + {{CountW-1{1'b0}}, head_valid};
  always @(posedge clk_i) begin
    if (!rst_ni) begin
      f_credit_q <= FifoWords[CountW-1:0];
      f_way_q    <= {CountW{1'b0}};
      f_due_q    <= 34'd0;
      f_todo_q   <= 34'd0;
      f_out_q    <= FifoWords[CountW-1:0];
      f_in_q     <= {CountW{1'b0}};
      f_held_q   <= {CountW{1'b0}};
      f_planes_q <= {CountW{1'b0}};
      f_heads_q  <= {CountW{1'b0}};
    end else begin
      f_credit_q <= f_credit_q + {{CountW-1{1'b0}}, credit} - {{CountW-1{1'b0}}, ask_i};
      f_way_q    <= f_way_q + {{CountW-1{1'b0}}, ask_i} - {{CountW-1{1'b0}}, line_valid_i};
      f_due_q    <= f_due_q + (fmt_valid_i && fmt_ready ? {2'd0, fmt_lines_i} : 34'd0) - {33'd0, ask_i};
      f_planes_q <= f_planes_q + {{CountW-1{1'b0}}, line_valid_i && !\u_dut.is_head_q } - {{CountW-1{1'b0}}, \u_dut.raw_valid_q && \u_dut.raw_ready };
      f_heads_q  <= f_heads_q + {{CountW-1{1'b0}}, line_valid_i && \u_dut.is_head_q } - {{CountW-1{1'b0}}, head_valid && head_ready_i};
      f_out_q    <= f_out_q + {{CountW-1{1'b0}}, credit} - {{CountW-1{1'b0}}, line_valid_i};
      f_in_q     <= f_in_q + {{CountW-1{1'b0}}, line_valid_i} - {{CountW-1{1'b0}}, credit};
      f_held_q   <= f_held_q + {{CountW-1{1'b0}}, line_valid_i} - {{CountW-2{1'b0}}, \u_dut.left };
      f_todo_q   <= f_todo_q + (fmt_valid_i && fmt_ready ? {2'd0, fmt_lines_i} : 34'd0) - {33'd0, line_valid_i};
      if (ask_i) assume (f_credit_q != {CountW{1'b0}} && f_due_q != 34'd0);
      if (line_valid_i) assume (f_way_q != {CountW{1'b0}});
      if (fmt_valid_i) assume (fmt_lines_i != 32'd0);
      // The header FIFO's room: see unpack_heads_proof
      if (line_valid_i && \u_dut.is_head_q ) assume (\u_dut.head_room );

      if (line_valid_i) assert (\u_dut.plane_room && \u_dut.active_q );
      assert (credit == (f_owed != 0));              // what is owed comes back, one a clock
      // Credits, words on their way, words held and credits owed are always FifoWords: sums of two, for z3's sake
      assert (f_out_q + f_in_q == FifoWords[CountW-1:0]);
      assert (f_out_q == f_credit_q + f_way_q && f_in_q == f_held_q + f_owed && f_held_q == f_planes_q + f_heads_q);
      assert (f_out_q <= FifoWords[CountW-1:0] && f_held_q <= FifoWords[CountW-1:0]);
      assert (f_planes_q == f_planes && f_heads_q == f_heads);
      assert (f_planes_q <= FifoWords[CountW-1:0] && f_heads_q <= FifoWords[CountW-1:0]);
      assert (f_credit_q <= FifoWords[CountW-1:0] && f_way_q <= FifoWords[CountW-1:0]);
      assert (f_plane_mem <= FifoWords[CountW-2:0] && f_head_mem <= FifoWords[CountW-2:0] && f_owed <= FifoWords[CountW-1:0] && \u_dut.left_q <= 2'd2);
      assert (!f_due_q[33]);
      // Words to come are words of the formats given
      assert (f_todo_q == f_due_q + {{34-CountW{1'b0}}, f_way_q});
      assert (f_todo_q == (\u_dut.active_q ? {2'd0, \u_dut.lines_left_q } : 34'd0)
                                                      + (\u_dut.next_full_q ? {2'd0, \u_dut.next_lines_q } : 34'd0));
      if (\u_dut.next_full_q ) assert (\u_dut.next_lines_q != 32'd0);
      if (\u_dut.active_q )    assert (\u_dut.lines_left_q != 32'd0 && \u_dut.last_line_q == (\u_dut.lines_left_q == 32'd1));
      if (!\u_dut.active_q )   assert (f_way_q == {CountW{1'b0}});

      cover (f_planes == 3 && f_heads == 1 && credit);
      cover (f_owed == 2 && f_credit_q == FifoWords[CountW-1:0] - 2);
    end
  end

endmodule

`default_nettype wire
