// SPDX-License-Identifier: Apache-2.0
// qn_turn: as many beats come out as go in, in order. A plane comes out as it went in; of eight words of bytes, any bit (f_bit of the
// f_pick-th beat, followed through the buffers) comes out once, in the plane and at the place that the transposition gives it.

`default_nettype none

module qn_turn_proof #(
  parameter int Byte = 2                   // 0 to 3: the four are copies
) (
  input logic        clk_i,
  input logic        rst_ni,
  input logic        in_valid_i,
  input logic        in_bytes_i,
  input logic [31:0] in_data_i,
  input logic        next_plane_i,         // whether the next clock brings a plane
  input logic        out_ready_i
);

  logic        in_ready, out_valid;
  logic [31:0] out_data;
  qn_turn u_dut (
    .clk_i, .rst_ni, .in_valid_i, .in_ready_o(in_ready), .next_plane_i, .in_plane_i(in_valid_i && !in_bytes_i), .in_store_i({3'd0, in_bytes_i}), .in_data_i,
    .out_valid_o(out_valid), .out_ready_i, .out_data_o(out_data));
  (* hierconn *) logic         \u_dut.turning_q ;
  (* hierconn *) logic [2:0]   \u_dut.fill_count_q ;
  (* hierconn *) logic [3:0]   \u_dut.left_count_q , \u_dut.turn_store_q ;
  (* hierconn *) logic [223:0] \u_dut.fill_q ;
  (* hierconn *) logic [255:0] \u_dut.turn_q ;

  initial assume (!rst_ni);
  logic f_plane_q;
  always @(posedge clk_i) begin
    f_plane_q <= rst_ni && next_plane_i;
    if (rst_ni) assume (f_plane_q == (in_valid_i && !in_bytes_i));
    if (rst_ni) assert (out_valid == (\u_dut.turning_q || f_plane_q));
  end
  qn_stream_check #(.Width(33), .Assume(1'b1)) u_in (
    .clk_i, .rst_ni, .valid_i(in_valid_i), .ready_i(in_ready), .data_i({in_bytes_i, in_data_i}));
  qn_stream_check #(.Width(32), .Assume(1'b0)) u_out (
    .clk_i, .rst_ni, .valid_i(out_valid), .ready_i(out_ready_i), .data_i(out_data));

  (* anyconst *) logic [7:0] f_pick;       // a beat
  (* anyconst *) logic [2:0] f_row;        // and a bit of its byte Byte
  logic [4:0] f_bit;
  localparam [1:0] BYTE = Byte;
  assign f_bit = {BYTE, f_row};
  logic [7:0] f_in_q, f_out_q, f_fill_at, f_due;
  logic [2:0] f_words_q, f_word_q;         // words of bytes in this group; which of them is followed
  logic       f_live_q, f_value_q;         // the bit is on its way
  logic       take, give;
  logic [7:0] f_in_byte;
  assign f_in_byte = in_data_i[8*Byte +: 8];
  assign take      = in_valid_i && in_ready;
  assign give      = out_valid && out_ready_i;
  assign f_fill_at = f_in_q - {5'd0, f_words_q};                                 // first beat of the group that gathers
  assign f_due     = f_pick - {5'd0, f_word_q} + {5'd0, 3'd7 - f_bit[2:0]};      // beat that carries the bit out

  logic [7:0] f_back, f_start;
  logic [2:0] f_back_in_fill, f_shift;
  logic [7:0] f_fill_byte, f_turn_byte;
  logic [31:0] f_fill_word, f_turn_word;
  logic [3:0] f_nibble;
  assign f_start     = f_pick - {5'd0, f_word_q};
  assign f_back      = f_in_q - f_pick;                  // words since, itself included: 1 is the newest
  assign f_back_in_fill = f_back[2:0];
  assign f_shift     = 4'd8 - \u_dut.left_count_q ;
  // The word in question in either buffer, and the four bits of the plane that it makes
  always @(*) begin
    case (f_back_in_fill)
      3'd1: f_fill_word = \u_dut.fill_q [223:192];
      3'd2: f_fill_word = \u_dut.fill_q [191:160];
      3'd3: f_fill_word = \u_dut.fill_q [159:128];
      3'd4: f_fill_word = \u_dut.fill_q [127:96];
      3'd5: f_fill_word = \u_dut.fill_q [95:64];
      3'd6: f_fill_word = \u_dut.fill_q [63:32];
      default: f_fill_word = \u_dut.fill_q [31:0];
    endcase
    case (f_word_q)
      3'd0: {f_nibble, f_turn_word} = {out_data[3:0], \u_dut.turn_q [31:0]};
      3'd1: {f_nibble, f_turn_word} = {out_data[7:4], \u_dut.turn_q [63:32]};
      3'd2: {f_nibble, f_turn_word} = {out_data[11:8], \u_dut.turn_q [95:64]};
      3'd3: {f_nibble, f_turn_word} = {out_data[15:12], \u_dut.turn_q [127:96]};
      3'd4: {f_nibble, f_turn_word} = {out_data[19:16], \u_dut.turn_q [159:128]};
      3'd5: {f_nibble, f_turn_word} = {out_data[23:20], \u_dut.turn_q [191:160]};
      3'd6: {f_nibble, f_turn_word} = {out_data[27:24], \u_dut.turn_q [223:192]};
      default: {f_nibble, f_turn_word} = {out_data[31:28], \u_dut.turn_q [255:224]};
    endcase
  end
  assign f_fill_byte = f_fill_word[8*Byte +: 8];
  assign f_turn_byte = f_turn_word[8*Byte +: 8];         // moved up by the planes that have left

  always @(posedge clk_i) begin
    if (!rst_ni) begin
      f_in_q    <= 8'd0;
      f_out_q   <= 8'd0;
      f_words_q <= 3'd0;
      f_live_q  <= 1'b0;
    end else begin
      if (take) f_in_q  <= f_in_q + 8'd1;
      if (give) f_out_q <= f_out_q + 8'd1;
      if (take && in_bytes_i) f_words_q <= f_words_q + 3'd1;
      if (take && in_bytes_i && f_in_q == f_pick) begin
        f_live_q  <= 1'b1;
        f_word_q  <= f_words_q;
        f_value_q <= f_in_byte[f_row];
      end else if (give && f_out_q == f_due) f_live_q <= 1'b0;

      // The sender: words of bytes come in eights
      if (in_valid_i && !in_bytes_i) assume (f_words_q == 3'd0);

      if (take && !in_bytes_i) assert (give && f_in_q == f_out_q && out_data == in_data_i);
      if (f_live_q && out_valid && f_out_q == f_due) assert (f_nibble[Byte] == f_value_q);
      assert (f_in_q - f_out_q == {5'd0, f_words_q} + {4'd0, \u_dut.left_count_q });

      // Where the bit stands meanwhile
      assert (\u_dut.turning_q == (\u_dut.left_count_q != 4'd0));
      if (\u_dut.left_count_q != 4'd0) assert (\u_dut.turn_store_q == qn_isa_pkg::STORE_BYTES);
      assert (f_words_q == \u_dut.fill_count_q && \u_dut.left_count_q <= 4'd8);
      if (f_live_q) begin
        assert (f_start == f_fill_at || f_start == f_fill_at - 8'd8);
        if (f_start == f_fill_at) assert (f_word_q < f_words_q && f_fill_byte[f_row] == f_value_q);
        else                      assert (f_due - f_out_q < {4'd0, \u_dut.left_count_q } && f_turn_byte[f_row + f_shift] == f_value_q);
      end

      cover (f_live_q && give && f_out_q == f_due && f_word_q == 3'd5 && f_pick > 8'd8 && f_value_q && take && in_bytes_i);
      cover (take && !in_bytes_i && f_in_q > 8'd7);
      cover (\u_dut.left_count_q == 4'd8 && f_words_q == 3'd7 && !in_ready);
    end
  end

endmodule

`default_nettype wire
