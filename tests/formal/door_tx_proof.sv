// SPDX-License-Identifier: Apache-2.0
// qn_door_tx: bytes offered stay until they are taken; a frame has the bytes that its head says, the head's words first, and its last byte is
// marked; the reply taken is the oldest that is due, and is told as being on its way until its last byte is taken.

`default_nettype none

module door_tx_proof (
  input logic         clk_i,
  input logic         rst_ni,
  input logic         welcome_i,
  input logic         lost_i,
  input logic         nak_i,
  input logic [3:0]   due_i,
  input logic [1:0]   oldest_i,
  input logic [167:0] reply_i,
  input logic [31:0]  epoch_i,
  input logic [31:0]  keep_data_i,
  input logic         out_ready_i
);

  logic        welcome_take, lost_take, nak_take, due_take, busy, out_valid, out_last;
  logic [1:0]  due_slot;
  logic [10:0] keep_addr;
  logic [7:0]  out_data;
  qn_door_tx #(.Window(4)) u_dut (
    .clk_i, .rst_ni, .boot_i(32'd5), .welcome_i, .welcome_good_i(1'b1), .welcome_tag_i(16'd7), .offer_i(32'd9), .welcome_take_o(welcome_take),
    .lost_i, .lost_epoch_i(32'd11), .lost_take_o(lost_take), .nak_i, .nak_seq_i(16'd13), .nak_epoch_i(32'd15), .nak_take_o(nak_take),
    .due_i, .oldest_i, .reply_i, .epoch_i, .due_take_o(due_take), .due_slot_o(due_slot), .busy_o(busy),
    .keep_addr_o(keep_addr), .keep_data_i, .out_valid_o(out_valid), .out_ready_i, .out_data_o(out_data), .out_last_o(out_last));
  (* hierconn *) logic       \u_dut.busy_q ;
  (* hierconn *) logic       \u_dut.kept_q ;
  (* hierconn *) logic [9:0] \u_dut.index_q ;
  (* hierconn *) logic [1:0] \u_dut.byte_q ;
  (* hierconn *) logic [9:0] \u_dut.count_q ;
  (* hierconn *) logic [1:0] \u_dut.slot_q ;
  (* hierconn *) logic [31:0] \u_dut.word_q ;
  (* hierconn *) logic [95:0] \u_dut.head_q ;
  (* hierconn *) logic [31:0] \u_dut.next_q ;
  (* hierconn *) logic [9:0]  \u_dut.last_q ;
  (* hierconn *) logic        \u_dut.end_q ;

  initial assume (!rst_ni);
  qn_stream_check #(.Width(9), .Assume(1'b0)) u_out (
    .clk_i, .rst_ni, .valid_i(out_valid), .ready_i(out_ready_i), .data_i({out_last, out_data}));

  // Bytes of the frame so far, and as many as it will have; the head's bytes as they went out
  logic [12:0]  f_bytes_q, f_all;
  logic [127:0] f_head_q;
  logic [1:0]   f_slot_q;
  logic [41:0]  f_reply;
  logic         f_sends, f_mine_q;
  assign f_reply = reply_i[42*due_slot +: 42];
  assign f_sends = welcome_take || lost_take || nak_take || due_take;
  assign f_all   = 13'd16 + (f_words_q == 10'd0 ? 13'd0 : {1'b0, f_words_q, 2'b00} + 13'd4);
  logic [9:0]   f_words_q;
  always_ff @(posedge clk_i) begin
    if (!rst_ni) f_mine_q <= 1'b0;
    if (f_sends) begin
      f_bytes_q <= 13'd0;
      f_words_q <= welcome_take ? 10'd15 : due_take ? f_reply[41:32] : 10'd0;
      f_slot_q  <= due_slot;
      f_mine_q  <= due_take;
    end else if (out_valid && out_ready_i) begin
      f_bytes_q <= f_bytes_q + 13'd1;
      if (f_bytes_q < 13'd16) f_head_q <= {out_data, f_head_q[127:8]};
    end
  end

  integer k;
  always @(posedge clk_i) if (rst_ni) begin
    for (k = 0; k < 4; k = k + 1) assume (reply_i[42*k + 32 +: 10] <= 10'd512);
    assert ({1'b0, welcome_take} + {1'b0, lost_take} + {1'b0, nak_take} + {1'b0, due_take} <= 2'd1);
    assert (!(welcome_take && !welcome_i) && !(lost_take && !lost_i) && !(nak_take && !nak_i));
    if (due_take) assert (due_i[due_slot]);
    for (k = 0; k < 4; k = k + 1)
      if (due_take && due_i[k]) assert (due_slot - oldest_i <= k[1:0] - oldest_i);
    if (f_sends) assert (!\u_dut.busy_q );
    if (!f_sends && \u_dut.busy_q ) begin
      assert (f_words_q == \u_dut.count_q && f_bytes_q == {1'b0, \u_dut.index_q , \u_dut.byte_q } && f_bytes_q < f_all && f_words_q <= 10'd512);
      assert (\u_dut.kept_q == f_mine_q && busy == f_mine_q);
      if (f_mine_q) assert (due_slot == f_slot_q);
      assert (\u_dut.head_q [63:48] == {6'd0, f_words_q});
      if (out_valid) assert (out_last == (f_bytes_q == f_all - 13'd1));
      if (!out_valid) assert (f_bytes_q == 13'd0);
      assert (\u_dut.end_q == (f_bytes_q[12:2] == f_all[12:2] - 11'd1));
      if (out_valid) assert (\u_dut.last_q == (f_words_q == 10'd0 ? 10'd2 : f_words_q + 10'd3));
      if (out_valid && f_bytes_q < 13'd8 && \u_dut.byte_q != 2'd0)
        assert (\u_dut.next_q == \u_dut.head_q [32*f_bytes_q[12:2] + 32 +: 32]);
      // The head, byte after byte
      if (out_valid && f_bytes_q < 13'd12)
        assert (out_data == \u_dut.head_q [8*f_bytes_q +: 8]);
      if (out_valid && f_bytes_q < 13'd12 && \u_dut.byte_q != 2'd3)
        assert (\u_dut.word_q [15:8] == \u_dut.head_q [8*f_bytes_q + 8 +: 8]);
      if (out_valid && f_bytes_q < 13'd12 && !\u_dut.byte_q [1])
        assert (\u_dut.word_q [23:16] == \u_dut.head_q [8*f_bytes_q + 16 +: 8]);
      if (out_valid && f_bytes_q < 13'd12 && \u_dut.byte_q == 2'd0)
        assert (\u_dut.word_q [31:24] == \u_dut.head_q [8*f_bytes_q + 24 +: 8]);
    end
    if (!\u_dut.busy_q ) assert (!out_valid);
    cover (out_valid && out_ready_i && out_last && f_mine_q && f_words_q == 10'd1);
    cover (nak_take);
  end

endmodule

`default_nettype wire
