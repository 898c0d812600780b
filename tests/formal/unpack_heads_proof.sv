// SPDX-License-Identifier: Apache-2.0
// qn_unpack's header FIFO has room for every header word, whatever valid formats follow each other, and every header stands there when the
// array pops it. Relied upon: words keep to the credit (qn_unpack_proof); a STREAM is whole pairs of columns (the compiler's verifier); the
// array pops the headers of a pair between its first plane and its last (matrix_flow_proof).
//
// Seen from one pair, any pair: it is picked in any clock between two pairs (pick_i). What is held in front of it, of it and behind it is
// counted, and while it is the pair that the array is at, there is room. The array is at some pair in each clock, so there always
// is; before it is at the picked one, room may be assumed: else an earlier pair would have found none first.
//
// Room is what the credit says: both FIFOs are as deep. Of a book's words, which are not looked at here, the turner holds fewer.

`default_nettype none

module unpack_heads_proof #(
  parameter int FifoWords = 64
) (
  input logic        clk_i,
  input logic        rst_ni,
  input logic        fmt_valid_i,
  input logic [6:0]  fmt_id_i,
  input logic [31:0] fmt_cols_i,
  input logic [31:0] fmt_lines_i,
  input logic        line_valid_i,
  input logic        plane_ready_i,
  input logic        head_ready_i,
  input logic        pick_i
);

  localparam int CountW = $clog2(FifoWords) + 2;

  logic        fmt_ready, credit, plane_valid, head_valid;
  logic [31:0] plane, head;
  qn_unpack #(.FifoWords(FifoWords)) u_dut (
    .clk_i, .rst_ni, .fmt_valid_i, .fmt_ready_o(fmt_ready), .fmt_id_i, .fmt_cols_i, .fmt_lines_i, .line_valid_i, .line_data_i(32'd0),
    .credit_o(credit), .plane_valid_o(plane_valid), .plane_ready_i, .plane_o(plane), .head_valid_o(head_valid), .head_ready_i, .head_o(head));
  (* hierconn *) logic \u_dut.is_head_q , \u_dut.plane_room , \u_dut.head_room , \u_dut.front_valid , \u_dut.raw_valid_q , \u_dut.raw_ready , \u_dut.pair_end , \u_dut.stream_end ;
  (* hierconn *) logic \u_dut.active_q , \u_dut.next_full_q ;
  (* hierconn *) logic [2:0]        \u_dut.sub_q ;
  (* hierconn *) logic [1:0]        \u_dut.head_q , \u_dut.head_left_q ;
  (* hierconn *) logic [4:0]        \u_dut.words_q ;
  (* hierconn *) logic [2:0]        \u_dut.next_sub_q ;
  (* hierconn *) logic [1:0]        \u_dut.next_head_q ;
  (* hierconn *) logic [4:0]        \u_dut.next_words_q ;
  (* hierconn *) logic [3:0]        \u_dut.raw_store_q ;
  (* hierconn *) logic              \u_dut.raw_plane_q ;
  (* hierconn *) logic              \u_dut.g_turn[0].u_turn.turning_q ;
  (* hierconn *) logic [5:0]        \u_dut.plane_left_q ;
  (* hierconn *) logic [2:0]        \u_dut.g_turn[0].u_turn.fill_count_q ;
  (* hierconn *) logic [3:0]        \u_dut.g_turn[0].u_turn.left_count_q ;
  (* hierconn *) logic [CountW-2:0] \u_dut.u_plane.write_q , \u_dut.u_plane.read_q ;
  (* hierconn *) logic [CountW-2:0] \u_dut.u_head.write_q , \u_dut.u_head.read_q ;

  initial assume (!rst_ni);

  logic [CountW-1:0] f_planes, f_heads;    // beats held
  logic [CountW-2:0] f_plane_mem, f_head_mem;
  assign f_plane_mem = \u_dut.u_plane.write_q - \u_dut.u_plane.read_q ;
  assign f_head_mem  = \u_dut.u_head.write_q - \u_dut.u_head.read_q ;
  assign f_planes    = {1'b0, f_plane_mem} + {{CountW-1{1'b0}}, \u_dut.front_valid } + {{CountW-1{1'b0}}, \u_dut.raw_valid_q };
  assign f_heads     = {1'b0, f_head_mem} + {{CountW-1{1'b0}}, head_valid};
  logic [7:0] f_planes_q, f_heads_q;       // planes and headers that came in and did not leave
  logic [7:0] f_fifo_q;                    // of the planes: in the FIFO
  logic [4:0] f_turn_q;                    // and in the turner
  logic [6:0] f_id_q;                      // format of the STREAM that waits
  always @(posedge clk_i) if (fmt_valid_i && fmt_ready) f_id_q <= fmt_id_i;
  always @(posedge clk_i) if (rst_ni) begin
    if (line_valid_i) assume (\u_dut.active_q && f_fifo_q + f_heads_q < FifoWords);
    if (fmt_valid_i) assume (qn_isa_pkg::fmt_valid({25'd0, fmt_id_i}));
    assume (\u_dut.raw_store_q <= qn_isa_pkg::STORE_BYTES);      // a book's words: see above
    assert (\u_dut.raw_plane_q == (\u_dut.raw_valid_q && \u_dut.raw_store_q == qn_isa_pkg::STORE_PLANES));
    if (\u_dut.stream_end ) assume (\u_dut.pair_end );
    if (\u_dut.next_full_q ) assert (qn_isa_pkg::fmt_valid({25'd0, f_id_q}) && \u_dut.next_sub_q == qn_isa_pkg::fmt_sub(f_id_q) &&
                                     \u_dut.next_head_q == qn_isa_pkg::fmt_head(f_id_q) && \u_dut.next_words_q == qn_isa_pkg::fmt_words(f_id_q));
  end

  // ---- The pair that comes in ----------------------------------------------------------------------------------------------
  logic [1:0] f_head_in_q;                 // its words so far
  logic [5:0] f_plane_in_q;
  logic       head_in, plane_in, f_between;
  assign head_in   = line_valid_i && \u_dut.is_head_q ;
  assign plane_in  = line_valid_i && !\u_dut.is_head_q ;
  assign f_between = f_head_in_q == 2'd0 && f_plane_in_q == 6'd0;
  always @(posedge clk_i) begin
    if (!rst_ni || \u_dut.pair_end ) begin
      f_head_in_q  <= 2'd0;
      f_plane_in_q <= 6'd0;
    end else begin
      if (head_in)  f_head_in_q  <= f_head_in_q + 2'd1;
      if (plane_in) f_plane_in_q <= f_plane_in_q + 6'd1;
    end
    if (rst_ni) begin
      if (!\u_dut.active_q ) assert (f_between);
      if (\u_dut.active_q ) begin
        assert (\u_dut.is_head_q == (\u_dut.head_left_q != 2'd0));
        // The law of the formats: at most three header words, fewer than plane words
        assert ({1'b0, f_head_in_q} + {1'b0, \u_dut.head_left_q } <= 3'd3);
        assert ({4'd0, f_head_in_q} + {4'd0, \u_dut.head_left_q } < {\u_dut.words_q , 1'b0});
        assert ({1'b0, f_plane_in_q} + {1'b0, \u_dut.plane_left_q } == {1'b0, \u_dut.words_q , 1'b0});
        assert (\u_dut.plane_left_q != 6'd0 && \u_dut.words_q <= 5'd16);
        assert (f_plane_in_q == 6'd0 || \u_dut.head_left_q == 2'd0);
        assert ({5'd0, \u_dut.sub_q != 3'd0 && !\u_dut.sub_q [2]} + {4'd0, \u_dut.head_q == 2'd2 ? 2'd2 : {1'b0, \u_dut.head_q != 2'd0}} < {\u_dut.words_q , 1'b0});
      end
    end
  end

  // ---- The picked pair -----------------------------------------------------------------------------------------------------
  logic       f_on_q;                      // a pair is picked and not yet through
  logic       f_whole_q;                   // all its words have come
  logic       f_started_q;                 // its first plane is taken
  logic [7:0] f_before_h_q, f_before_p_q;  // headers and planes held of the pairs in front of it
  logic [7:0] f_own_h_q, f_own_p_q;        // of itself
  logic [7:0] f_after_h_q, f_after_p_q;    // and of the pairs behind it
  logic [7:0] f_front_h_q, f_front_p_q;    // of itself and in front of it
  logic [7:0] f_heads_d, f_planes_d, f_before_h_d, f_before_p_d, f_own_p_d;
  logic       f_late_q;                    // a header came in the clock before ...
  logic       f_late_own_q;                // ... and it is none of a pair behind the picked one
  logic       head_out, plane_out, f_at, f_end;
  assign head_out     = head_valid && head_ready_i;
  assign plane_out    = plane_valid && plane_ready_i;
  assign f_at         = f_on_q && f_before_p_q == 8'd0;     // the array is at it
  assign f_heads_d    = f_heads_q + {7'd0, head_in} - {7'd0, head_out};
  assign f_planes_d   = f_planes_q + {7'd0, plane_in} - {7'd0, plane_out};
  assign f_before_p_d = f_before_p_q - {7'd0, plane_out && f_before_p_q != 8'd0};
  assign f_before_h_d = f_before_h_q - {7'd0, head_out && f_before_h_q != 8'd0};
  assign f_own_p_d    = f_own_p_q + {7'd0, plane_in && !f_whole_q} - {7'd0, plane_out && f_before_p_q == 8'd0};
  assign f_end        = f_at && (f_whole_q || \u_dut.pair_end ) && f_own_p_d == 8'd0;
  always @(posedge clk_i) begin
    f_heads_q    <= rst_ni ? f_heads_d : 8'd0;
    f_planes_q   <= rst_ni ? f_planes_d : 8'd0;
    f_fifo_q     <= rst_ni ? f_fifo_q + {7'd0, plane_in} - {7'd0, \u_dut.raw_valid_q && \u_dut.raw_ready } : 8'd0;
    f_turn_q     <= rst_ni ? f_turn_q + {4'd0, \u_dut.raw_valid_q && \u_dut.raw_ready } - {4'd0, plane_out} : 5'd0;
    f_late_q     <= rst_ni && head_in;
    f_late_own_q <= !f_on_q || !f_whole_q;
    if (!rst_ni) begin
      f_on_q       <= pick_i;
      f_front_h_q  <= 8'd0;
      f_front_p_q  <= 8'd0;
      f_whole_q    <= 1'b0;
      f_started_q  <= 1'b0;
      f_before_h_q <= 8'd0;
      f_before_p_q <= 8'd0;
      f_own_h_q    <= 8'd0;
      f_own_p_q    <= 8'd0;
      f_after_h_q  <= 8'd0;
      f_after_p_q  <= 8'd0;
    end else if (!f_on_q) begin
      f_on_q       <= pick_i && (\u_dut.pair_end || (f_between && !line_valid_i));
      f_before_h_q <= f_heads_d;
      f_before_p_q <= f_planes_d;
      f_front_h_q  <= f_heads_d;
      f_front_p_q  <= f_planes_d;
      f_whole_q    <= 1'b0;
      f_started_q  <= 1'b0;
      f_own_h_q    <= 8'd0;
      f_own_p_q    <= 8'd0;
      f_after_h_q  <= 8'd0;
      f_after_p_q  <= 8'd0;
    end else begin
      f_on_q       <= !f_end;
      if (\u_dut.pair_end ) f_whole_q <= 1'b1;
      if (f_at && plane_out) f_started_q <= 1'b1;
      f_before_h_q <= f_before_h_d;
      f_before_p_q <= f_before_p_d;
      f_own_h_q    <= f_own_h_q + {7'd0, head_in && !f_whole_q} - {7'd0, head_out && f_before_h_q == 8'd0};
      f_own_p_q    <= f_own_p_d;
      f_front_h_q  <= f_front_h_q + {7'd0, head_in && !f_whole_q} - {7'd0, head_out};
      f_front_p_q  <= f_front_p_q + {7'd0, plane_in && !f_whole_q} - {7'd0, plane_out};
      f_after_h_q  <= f_after_h_q + {7'd0, head_in && f_whole_q};
      f_after_p_q  <= f_after_p_q + {7'd0, plane_in && f_whole_q};
    end

    if (rst_ni) begin
      // The array: all headers in front of the picked pair are popped by the clock that takes the last plane in front of it, its own after its
      // first plane, and none of a pair behind it
      if (f_on_q && f_before_p_d == 8'd0) assume (f_before_h_d == 8'd0);
      if (f_at && head_ready_i) assume (f_started_q && f_own_h_q != 8'd0);
      if (f_on_q && !f_at && head_ready_i) assume (f_before_h_q != 8'd0);
      // Before it is at the picked pair there was room: it was at a pair in front
      if (!f_at && head_in) assume (\u_dut.head_room );

      if (f_at && head_in) assert (\u_dut.head_room );
      if (f_at && head_ready_i) assert (head_valid);

      // What induction needs
      if (f_at) assert (f_before_h_q == 8'd0);
      if (f_on_q) begin
        // Sums of two, for z3's sake
        assert (f_front_h_q == f_before_h_q + f_own_h_q && f_heads_q == f_front_h_q + f_after_h_q);
        assert (f_front_p_q == f_before_p_q + f_own_p_q && f_planes_q == f_front_p_q + f_after_p_q);
        assert (f_front_h_q <= 8'd96 && f_front_p_q <= 8'd96);
        assert (f_before_h_q <= 8'd96 && f_own_h_q <= 8'd3 && f_after_h_q <= 8'd96);
        assert (f_before_p_q <= 8'd96 && f_own_p_q <= 8'd32 && f_after_p_q <= 8'd96);
        if (f_started_q) assert (f_at);
        if (f_whole_q) begin
          assert (f_after_h_q >= {6'd0, f_head_in_q} && f_after_p_q >= {2'd0, f_plane_in_q});
          assert (f_own_p_q != 8'd0);
        end else begin
          assert (f_after_h_q == 8'd0 && f_after_p_q == 8'd0);
          assert (f_own_h_q <= {6'd0, f_head_in_q} && f_own_p_q <= {2'd0, f_plane_in_q});
          if (f_started_q) assert (f_plane_in_q != 6'd0);
          if (f_late_q && f_late_own_q) assert (f_plane_in_q == 6'd0);
        end
        if (f_late_q && f_late_own_q) assert (!f_started_q);
        if (f_late_q && !f_late_own_q) assert (f_after_h_q != 8'd0);
      end
      assert (f_heads_q == {{8-CountW{1'b0}}, f_heads} && f_fifo_q == {{8-CountW{1'b0}}, f_planes});
      assert (f_planes_q == f_fifo_q + {3'd0, f_turn_q});
      assert (f_turn_q == {2'd0, \u_dut.g_turn[0].u_turn.fill_count_q } + {1'b0, \u_dut.g_turn[0].u_turn.left_count_q });
      assert (f_fifo_q + f_heads_q <= FifoWords && f_turn_q <= 5'd15);
      assert (\u_dut.g_turn[0].u_turn.left_count_q <= 4'd8);
      assert (\u_dut.g_turn[0].u_turn.turning_q == (\u_dut.g_turn[0].u_turn.left_count_q != 4'd0));
      assert (plane_valid == (\u_dut.g_turn[0].u_turn.turning_q || \u_dut.raw_plane_q ));
      if (!head_valid) assert (f_head_mem <= {{CountW-2{1'b0}}, f_late_q});

      cover (f_at && f_whole_q && f_heads == 2 && head_in);
      cover (f_at && f_started_q && f_own_h_q == 8'd2 && head_out);
    end
  end

endmodule

`default_nettype wire
