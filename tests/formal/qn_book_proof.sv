// SPDX-License-Identifier: Apache-2.0
// qn_turn, words of a book: of each group come as many planes as the book's values have, most significant first, and in each stands, at a weight's place,
// the bit that the book gives for the code that the weight's bits of the group make. Groups of planes, bytes and other books may stand before and behind.
// (What a book's bits say as numbers: the bench of qn_unpack, code by code.)

`default_nettype none

module qn_book_proof #(
  parameter int Weight = 5                 // 0 to 31: all are copies
) (
  input logic        clk_i,
  input logic        rst_ni,
  input logic        in_valid_i,
  input logic [3:0]  in_store_i,
  input logic [31:0] in_data_i,
  input logic        next_plane_i,         // whether the next clock brings a plane
  input logic        out_ready_i
);

  logic        in_ready, out_valid;
  logic [31:0] out_data;
  qn_turn u_dut (
    .clk_i, .rst_ni, .in_valid_i, .in_ready_o(in_ready), .next_plane_i, .in_plane_i(in_valid_i && in_store_i == qn_isa_pkg::STORE_PLANES), .in_store_i, .in_data_i,
    .out_valid_o(out_valid), .out_ready_i, .out_data_o(out_data));
  (* hierconn *) logic         \u_dut.turning_q ;
  (* hierconn *) logic [2:0]   \u_dut.fill_count_q ;
  (* hierconn *) logic [3:0]   \u_dut.left_count_q , \u_dut.turn_store_q ;
  (* hierconn *) logic [15:0]  \u_dut.book_q ;
  (* hierconn *) logic [223:0] \u_dut.fill_q ;
  (* hierconn *) logic [255:0] \u_dut.turn_q ;

  initial assume (!rst_ni);
  logic f_plane_q;
  always @(posedge clk_i) begin
    f_plane_q <= rst_ni && next_plane_i;
    if (rst_ni) assume (f_plane_q == (in_valid_i && in_store_i == qn_isa_pkg::STORE_PLANES));
    if (rst_ni) assert (out_valid == (\u_dut.turning_q || f_plane_q));
  end
  qn_stream_check #(.Width(36), .Assume(1'b1)) u_in (
    .clk_i, .rst_ni, .valid_i(in_valid_i), .ready_i(in_ready), .data_i({in_store_i, in_data_i}));
  qn_stream_check #(.Width(32), .Assume(1'b0)) u_out (
    .clk_i, .rst_ni, .valid_i(out_valid), .ready_i(out_ready_i), .data_i(out_data));

  logic [2:0]  f_words_q;                  // of the group that gathers
  logic [3:0]  f_store_q;                  // its kind
  logic [3:0]  f_code_q;                   // the weight's bits so far
  logic [3:0]  f_left_q, f_out_store_q, f_out_code_q;  // of the group that leaves
  logic        take, give, last;
  logic [3:0]  f_code_d;
  logic [15:0] f_bits;
  assign take     = in_valid_i && in_ready && in_store_i != qn_isa_pkg::STORE_PLANES;
  assign give     = out_valid && out_ready_i;
  assign last     = f_words_q == qn_isa_pkg::store_last(in_store_i);
  assign f_code_d = {f_words_q == 3'd0 ? 3'd0 : f_code_q[2:0], in_data_i[Weight]};
  assign f_bits   = qn_isa_pkg::book_bit(f_out_store_q, f_left_q);

  always @(posedge clk_i) begin
    if (!rst_ni) begin
      f_words_q <= 3'd0;
      f_left_q  <= 4'd0;
    end else begin
      if (take) begin
        f_words_q <= last ? 3'd0 : f_words_q + 3'd1;
        f_store_q <= in_store_i;
        f_code_q  <= f_code_d;
      end
      if (take && last) begin
        f_left_q      <= qn_isa_pkg::store_planes(in_store_i);
        f_out_store_q <= in_store_i;
        f_out_code_q  <= f_code_d;
      end else if (f_left_q != 4'd0 && give) f_left_q <= f_left_q - 4'd1;

      // The sender: whole groups of one kind
      if (in_valid_i && f_words_q != 3'd0) assume (in_store_i == f_store_q);

      if (f_left_q != 4'd0) assert (out_valid);
      if (f_left_q != 4'd0 && f_out_store_q > qn_isa_pkg::STORE_BYTES) assert (out_data[Weight] == f_bits[f_out_code_q]);
      if (f_left_q == 4'd0 && out_valid) assert (in_valid_i && in_store_i == qn_isa_pkg::STORE_PLANES && out_data == in_data_i && (!give || in_ready));

      // Where the bits stand meanwhile
      assert (\u_dut.turning_q == (f_left_q != 4'd0));
      assert (\u_dut.fill_count_q == f_words_q && \u_dut.left_count_q == f_left_q);
      if (f_words_q != 3'd0) assert (f_words_q <= qn_isa_pkg::store_last(f_store_q) && f_store_q != qn_isa_pkg::STORE_PLANES);
      if (f_words_q >= 3'd1) assert (\u_dut.fill_q [192+Weight] == f_code_q[0]);
      if (f_words_q >= 3'd2) assert (\u_dut.fill_q [160+Weight] == f_code_q[1]);
      if (f_words_q >= 3'd3) assert (\u_dut.fill_q [128+Weight] == f_code_q[2]);
      if (f_left_q != 4'd0) assert (\u_dut.turn_store_q == f_out_store_q && \u_dut.book_q == f_bits && f_left_q <= qn_isa_pkg::store_planes(f_out_store_q));
      if (f_left_q != 4'd0 && f_out_store_q > qn_isa_pkg::STORE_BYTES && qn_isa_pkg::store_last(f_out_store_q) != 3'd7) begin
        assert (\u_dut.turn_q [224+Weight] == f_out_code_q[0] && \u_dut.turn_q [192+Weight] == f_out_code_q[1]);
        if (qn_isa_pkg::store_last(f_out_store_q) >= 3'd2) assert (\u_dut.turn_q [160+Weight] == f_out_code_q[2]);
        if (qn_isa_pkg::store_last(f_out_store_q) >= 3'd3) assert (\u_dut.turn_q [128+Weight] == f_out_code_q[3]);
      end

      cover (f_left_q == 4'd1 && f_out_store_q == qn_isa_pkg::STORE_IQ4 && give && take && last && in_store_i == qn_isa_pkg::STORE_E2M1);
      cover (f_left_q == 4'd2 && f_out_store_q == qn_isa_pkg::STORE_SHIFT3 && out_data[Weight]);
    end
  end

endmodule

`default_nettype wire
