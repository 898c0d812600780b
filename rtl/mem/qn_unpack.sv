// SPDX-License-Identifier: Apache-2.0
// qn_unpack: cuts the stream into headers and planes (order: rtl/spec/fmt.def) and holds both for the array.
// A line, one word for each of Planes stripes, is stored in the clock it comes, so headers cost memory time and no array time; bytes and the
// codes of a book become planes on the way out of the plane FIFO. The stripes are in step: what a line is, it is for all of them.
// Costs Planes x FifoWords x 64 bits of memory, and four bits more a line.
//
// Credit: the sender starts with FifoWords credits, spends one for a line it asks of memory and gets credit_o back.
// So neither FIFO can overflow: of Q2_K's last slices three words of seven are headers, more than half as many as planes.

`default_nettype none

module qn_unpack #(
  parameter int Planes    = 1,             // stripes: 1, 2 or 4
  parameter int FifoWords = 1024           // lines of planes held, a power of two, 64 or more
) (
  input  logic        clk_i,
  input  logic        rst_ni,

  input  logic        fmt_valid_i,         // once for each STREAM, before its first line is asked of memory
  output logic        fmt_ready_o,
  input  logic [6:0]  fmt_id_i,            // a valid format
  /* verilator lint_off UNUSEDSIGNAL */    // the sender has checked the range
  input  logic [31:0] fmt_cols_i,          // 2..1024, even for each stripe
  /* verilator lint_on UNUSEDSIGNAL */
  input  logic [31:0] fmt_lines_i,         // lines of the STREAM, 1 or more

  input  logic                 line_valid_i,
  input  logic [32*Planes-1:0] line_data_i,
  output logic                 credit_o,   // room for one more line

  output logic                 plane_valid_o,
  input  logic                 plane_ready_i,
  output logic [32*Planes-1:0] plane_o,

  output logic                 head_valid_o,
  input  logic                 head_ready_i,
  output logic [32*Planes-1:0] head_o
);

  localparam int LineW = $clog2(Planes);

  // The STREAM after the one in progress: what its format says is looked up when it comes
  logic        next_full_q;
  logic [2:0]  next_sub_q;
  logic [1:0]  next_head_q;
  logic [4:0]  next_words_q;
  logic [2:0]  next_block_q;
  logic [3:0]  next_store_q;
  logic [8:0]  next_pairs_q;               // pairs of a slice, less one
  logic [31:0] next_lines_q;

  // The STREAM in progress and the place in it
  logic        active_q;
  logic [31:0] lines_left_q;
  logic        last_line_q;                // one is left
  logic [2:0]  sub_q;
  logic [1:0]  head_q;
  logic [4:0]  words_q;                    // plane words of a column
  logic [2:0]  block_q;                    // slices of a block, less one
  logic [3:0]  store_q;
  logic [8:0]  pair_last_q;                // pairs of a slice, less one
  logic [8:0]  pair_left_q;                // pairs after this one in the slice
  logic [2:0]  slice_left_q;               // slices after this one in the block
  logic [1:0]  head_left_q;                // header words of this pair still to come
  logic        is_head_q;                  // there is one
  logic [5:0]  plane_left_q;               // plane words of this pair still to come

  function automatic [1:0] head_words(input [2:0] sub, input [1:0] head, input last);
    head_words = {1'b0, sub != 3'd0 && !sub[2]} + (!last || head == 2'd0 ? 2'd0 : head == 2'd2 ? 2'd2 : 2'd1);
  endfunction

  logic stream_end, start, pair_end, slice_end;
  logic [2:0] slice_left_d;
  assign stream_end   = line_valid_i && last_line_q;
  assign start        = next_full_q && (!active_q || stream_end);
  assign pair_end     = line_valid_i && !is_head_q && plane_left_q == 6'd1;
  assign slice_end    = pair_left_q == 9'd0;
  assign slice_left_d = !slice_end ? slice_left_q : slice_left_q == 3'd0 ? block_q : slice_left_q - 3'd1;
  assign fmt_ready_o  = !next_full_q;

  function automatic [2:0] block_last(input [6:0] id);     // a block of 8 less one: bit 3 is gone
    block_last = qn_isa_pkg::fmt_block(id) == 4'd8 ? 3'd7 : qn_isa_pkg::fmt_block(id) == 4'd4 ? 3'd3
               : qn_isa_pkg::fmt_block(id) == 4'd2 ? 3'd1 : 3'd0;
  endfunction

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      next_full_q <= 1'b0;
      active_q    <= 1'b0;
    end else begin
      if (fmt_valid_i && fmt_ready_o) next_full_q <= 1'b1;
      else if (start)                 next_full_q <= 1'b0;
      if (start)                      active_q <= 1'b1;
      else if (stream_end)            active_q <= 1'b0;
    end
  end

  always_ff @(posedge clk_i) begin
    if (fmt_valid_i && fmt_ready_o) begin
      next_sub_q   <= qn_isa_pkg::fmt_sub(fmt_id_i);
      next_head_q  <= qn_isa_pkg::fmt_head(fmt_id_i);
      next_words_q <= qn_isa_pkg::fmt_words(fmt_id_i);
      next_block_q <= block_last(fmt_id_i);
      next_store_q <= qn_isa_pkg::fmt_store(fmt_id_i);
      next_pairs_q <= fmt_cols_i[LineW+1 +: 9] - 9'd1;
      next_lines_q <= fmt_lines_i;
    end
    if (start) begin
      lines_left_q <= next_lines_q;
      last_line_q  <= next_lines_q == 32'd1;
      sub_q        <= next_sub_q;
      head_q       <= next_head_q;
      words_q      <= next_words_q;
      block_q      <= next_block_q;
      store_q      <= next_store_q;
      pair_last_q  <= next_pairs_q;
      pair_left_q  <= next_pairs_q;
      slice_left_q <= next_block_q;
      head_left_q  <= head_words(next_sub_q, next_head_q, next_block_q == 3'd0);
      is_head_q    <= head_words(next_sub_q, next_head_q, next_block_q == 3'd0) != 2'd0;
      plane_left_q <= {next_words_q, 1'b0};
    end else if (line_valid_i) begin
      lines_left_q <= lines_left_q - 32'd1;
      last_line_q  <= lines_left_q == 32'd2;
      if (is_head_q) head_left_q  <= head_left_q - 2'd1;
      else           plane_left_q <= plane_left_q - 6'd1;
      if (is_head_q) is_head_q    <= head_left_q != 2'd1;
      if (pair_end) begin
        pair_left_q  <= slice_end ? pair_last_q : pair_left_q - 9'd1;
        slice_left_q <= slice_left_d;
        head_left_q  <= head_words(sub_q, head_q, slice_left_d == 3'd0);
        is_head_q    <= head_words(sub_q, head_q, slice_left_d == 3'd0) != 2'd0;
        plane_left_q <= {words_q, 1'b0};
      end
    end
  end

  // What leaves the plane FIFO stands in a register: a block RAM's output comes late in its clock, and turner and matrix unit decide by it
  logic                 raw_valid_q, raw_plane_q, raw_plane_d, raw_ready, raw_load, plane_room, head_room, front_valid;
  logic [3:0]           raw_store_q, front_store;
  logic [32*Planes-1:0] raw_q, front;
  assign raw_load = !raw_valid_q || raw_ready;
  assign raw_plane_d = rst_ni && (raw_load ? front_valid && front_store == qn_isa_pkg::STORE_PLANES : raw_plane_q);
  always_ff @(posedge clk_i) begin
    if (!rst_ni)       raw_valid_q <= 1'b0;
    else if (raw_load) raw_valid_q <= front_valid;
    raw_plane_q <= raw_plane_d;
    if (raw_load) {raw_store_q, raw_q} <= {front_store, front};
  end
  qn_fifo #(.Width(32*Planes+4), .Depth(FifoWords)) u_plane (
    .clk_i, .rst_ni,
    .in_valid_i(line_valid_i && !is_head_q), .in_ready_o(plane_room), .in_data_i({store_q, line_data_i}),
    .out_valid_o(front_valid), .out_ready_i(raw_load), .out_data_o({front_store, front}));
  qn_fifo #(.Width(32*Planes), .Depth(FifoWords)) u_head (
    .clk_i, .rst_ni,
    .in_valid_i(line_valid_i && is_head_q), .in_ready_o(head_room), .in_data_i(line_data_i),
    .out_valid_o(head_valid_o), .out_ready_i(head_ready_i), .out_data_o(head_o));

  // In step: the first stripe's handshake is that of all
  logic [Planes-1:0] turn_ready, turn_valid;
  genvar p;
  generate
    for (p = 0; p < Planes; p = p + 1) begin : g_turn
      qn_turn u_turn (
        .clk_i, .rst_ni,
        .in_valid_i(raw_valid_q), .in_ready_o(turn_ready[p]), .next_plane_i(raw_plane_d), .in_plane_i(raw_plane_q), .in_store_i(raw_store_q), .in_data_i(raw_q[32*p +: 32]),
        .out_valid_o(turn_valid[p]), .out_ready_i(plane_ready_i), .out_data_o(plane_o[32*p +: 32]));
    end
  endgenerate
  assign raw_ready     = turn_ready[0];
  assign plane_valid_o = turn_valid[0];

  // Two lines may leave in a clock; the credit of the second is owed
  localparam int OwedW = $clog2(FifoWords) + 1;
  logic [OwedW-1:0] owed_q;
  logic [1:0]       left, left_q;          // lines that leave; that left in the clock before, which owed_q does not know yet
  assign left     = {1'b0, raw_valid_q && raw_ready} + {1'b0, head_valid_o && head_ready_i};
  assign credit_o = owed_q != '0 || left_q != 2'd0;
  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      owed_q <= '0;
      left_q <= 2'd0;
    end else begin
      owed_q <= owed_q + {{(OwedW-2){1'b0}}, left_q} - {{(OwedW-1){1'b0}}, credit_o};
      left_q <= left;
    end
  end

  always @(posedge clk_i) begin
    if (rst_ni) assert (turn_ready == {Planes{raw_ready}} && turn_valid == {Planes{plane_valid_o}});
    if (rst_ni && active_q)     assert (is_head_q == (head_left_q != 2'd0));
    if (rst_ni && line_valid_i) assert (active_q && (is_head_q ? head_room : plane_room));
    if (rst_ni && fmt_valid_i)  assert (fmt_cols_i >= 32'd2 && fmt_cols_i <= 32'd1024 && fmt_cols_i % (2 * Planes) == 32'd0
                                        && fmt_lines_i != 32'd0 && qn_isa_pkg::fmt_valid({25'd0, fmt_id_i}));
  end

endmodule

`default_nettype wire
