// SPDX-License-Identifier: Apache-2.0
// qn_door_rx: what is shown as a head begins with SYNC and its CHECK is the CRC of its words 0 to 2; it holds until its frame is taken or
// given up; no byte is taken meanwhile but the payload's; the payload's words are numbered from 0 without gaps, and a frame is whole only
// with as many as its head says, followed by their CRC. Silence of 20 ms leaves nothing of a frame.
// Who takes heads wants no payload of none.

`default_nettype none

module door_rx_proof (
  input logic       clk_i,
  input logic       rst_ni,
  input logic       ms_i,
  input logic       in_valid_i,
  input logic [7:0] in_data_i,
  input logic       head_take_i,
  input logic       head_want_i,
  input logic       frame_take_i
);

  logic        in_ready, head_valid, word_valid, frame_valid;
  logic [7:0]  kind;
  logic [15:0] seq, words, word_index;
  logic [31:0] epoch, word;
  qn_door_rx u_dut (
    .clk_i, .rst_ni, .ms_i, .in_valid_i, .in_ready_o(in_ready), .in_data_i,
    .head_valid_o(head_valid), .head_take_i, .head_want_i, .type_o(kind), .seq_o(seq), .words_o(words), .epoch_o(epoch),
    .word_valid_o(word_valid), .word_index_o(word_index), .word_o(word), .frame_valid_o(frame_valid), .frame_take_i);
  (* hierconn *) logic [127:0] \u_dut.window_q ;
  (* hierconn *) logic [31:0]  \u_dut.crc_q ;
  (* hierconn *) logic [15:0]  \u_dut.index_q ;
  (* hierconn *) logic [2:0]   \u_dut.state_q ;
  (* hierconn *) logic [4:0]   \u_dut.have_q ;
  (* hierconn *) logic [4:0]   \u_dut.quiet_q ;
  (* hierconn *) logic [1:0]   \u_dut.step_q ;
  localparam [2:0] HUNT = 3'd0, CHECK = 3'd1, HEAD = 3'd2, BODY = 3'd3, FRAME = 3'd4;

  initial assume (!rst_ni);

  logic [127:0] f_window;
  logic [31:0]  f_crc1, f_crc2, f_crc3, f_next;
  assign f_window = \u_dut.window_q ;
  qn_crc32c u_crc1 (.crc_i(32'hffffffff), .word_i(f_window[31:0]), .crc_o(f_crc1));
  qn_crc32c u_crc2 (.crc_i(f_crc1), .word_i(f_window[63:32]), .crc_o(f_crc2));
  qn_crc32c u_crc3 (.crc_i(f_crc2), .word_i(f_window[95:64]), .crc_o(f_crc3));

  // The payload's CRC so far, and the word that came last
  logic [31:0] f_sum_q, f_last_q;
  logic [15:0] f_count_q;                  // words since the head was taken
  logic [4:0]  f_ms_q;                     // milliseconds since a byte, while one was waited for
  logic        f_in_q, f_held_q;
  logic [127:0] f_was_q;
  qn_crc32c u_sum (.crc_i(f_sum_q), .word_i(word), .crc_o(f_next));
  always_ff @(posedge clk_i) begin
    if (head_valid) begin
      f_sum_q   <= f_crc3;
      f_count_q <= 16'd0;
    end else if (word_valid) begin
      f_sum_q   <= f_next;
      f_count_q <= f_count_q + 16'd1;
    end
    if (in_valid_i && in_ready) f_last_q <= word;
    f_in_q   <= in_valid_i && in_ready;
    f_was_q  <= f_window;
    f_held_q <= rst_ni && (head_valid || \u_dut.state_q == BODY || frame_valid);
    if (!rst_ni || !in_ready || in_valid_i) f_ms_q <= 5'd0;
    else if (ms_i && f_ms_q != 5'd20)       f_ms_q <= f_ms_q + 5'd1;
  end

  always @(posedge clk_i) if (rst_ni) begin
    if (head_valid && head_take_i && head_want_i) assume (words != 16'd0);
    assert (\u_dut.state_q <= FRAME);
    assert (!in_ready || !(head_valid || frame_valid));
    if (\u_dut.state_q != HUNT) assert (f_window[15:0] == 16'h4e51 && \u_dut.have_q == 5'd16);
    if (\u_dut.state_q == CHECK)
      assert (\u_dut.crc_q == (\u_dut.step_q == 2'd0 ? 32'hffffffff : \u_dut.step_q == 2'd1 ? f_crc1 : \u_dut.step_q == 2'd2 ? f_crc2 : f_crc3));
    if (head_valid || \u_dut.state_q == BODY || frame_valid) assert (f_window[127:96] == ~f_crc3);
    if (head_valid) assert (\u_dut.crc_q == f_crc3 && \u_dut.step_q == 2'd0);
    if (head_valid) assert (kind == f_window[23:16] && seq == f_window[47:32] && words == f_window[63:48] && epoch == f_window[95:64]);
    if (f_held_q && (\u_dut.state_q == BODY || frame_valid)) assert (f_window == f_was_q);
    if (\u_dut.state_q == BODY) assert (\u_dut.crc_q == f_sum_q && \u_dut.index_q == f_count_q && f_count_q <= words && words != 16'd0);
    if (word_valid) assert (word_index == f_count_q && word_index < words);
    if (frame_valid) assert (f_count_q == words && f_last_q == ~f_sum_q && words != 16'd0);
    assert (\u_dut.quiet_q == (f_ms_q == 5'd20 ? \u_dut.quiet_q : f_ms_q) && \u_dut.quiet_q < 5'd20);
    if (f_ms_q == 5'd20) assert (\u_dut.state_q == HUNT && \u_dut.have_q == 5'd0);
    assert (\u_dut.have_q <= 5'd16);
    cover (head_valid && words == 16'd1);
    cover (f_ms_q == 5'd20);
  end

endmodule

`default_nettype wire
