// SPDX-License-Identifier: Apache-2.0
// qn_turn: makes planes of words that are none; words that are planes already pass through.
//   bytes   eight words (byte k of them = weight k) are turned into eight planes
//   a book  the planes of the weights' codes, two to four, become the planes of the codes' values: each one a Boolean function of them (fmt.def)
// Most significant plane first. Two buffers: one word in and one plane out a clock. 508 flops, 975 LUT4 (Yosys, ECP5).
// Words come in whole groups; a plane behind them waits until theirs have left.

`default_nettype none

module qn_turn (
  input  logic        clk_i,
  input  logic        rst_ni,

  input  logic        in_valid_i,
  output logic        in_ready_o,
  input  logic        next_plane_i,        // in_plane_i of the next clock
  input  logic        in_plane_i,          // valid, and a plane
  input  logic [3:0]  in_store_i,          // what the word is: qn_isa_pkg::STORE_*
  input  logic [31:0] in_data_i,

  output logic        out_valid_o,
  input  logic        out_ready_i,
  output logic [31:0] out_data_o
);

  logic [2:0]   fill_count_q;              // words gathered
  logic         turning_q;                 // planes still to leave
  logic [3:0]   left_count_q;              // how many
  logic [3:0]   turn_store_q;              // of which kind
  logic [223:0] fill_q;
  logic [255:0] turn_q;

  logic take, full, room, group, leaves;
  assign full       = fill_count_q == qn_isa_pkg::store_last(in_store_i);
  assign room       = !turning_q || (left_count_q == 4'd1 && out_ready_i);
  assign in_ready_o = in_plane_i ? !turning_q && out_ready_i : !full || room;
  assign take       = in_valid_i && !in_plane_i && in_ready_o;
  assign group      = take && full;        // a whole group goes to the buffer that is emptied
  assign leaves     = turning_q && out_ready_i;

  // The book's bits for the plane at hand stand in a register; those of the first plane and of the next one are looked up beside what decides between them
  logic [3:0]  first_count, next_count;
  logic [15:0] book_q, book_first, book_next;
  assign first_count = qn_isa_pkg::store_planes(in_store_i);
  assign next_count  = left_count_q - 4'd1;
  assign book_first  = qn_isa_pkg::book_bit(in_store_i, first_count);
  assign book_next   = qn_isa_pkg::book_bit(turn_store_q, next_count);
  always_ff @(posedge clk_i) begin
    if (group)       book_q <= book_first;
    else if (leaves) book_q <= book_next;
  end

  logic [31:0] plane, value;
  genvar k;
  generate
    for (k = 0; k < 32; k = k + 1) begin : g_plane
      assign plane[k] = turn_q[8*k+7];
      assign value[k] = book_q[{turn_q[128+k], turn_q[160+k], turn_q[192+k], turn_q[224+k]}];  // the last words are the codes' last bits
    end
  endgenerate

  // A register of its own, for the array, which decides by it: turning_q || in_plane_i
  logic       turning_d;
  logic [3:0] left_count_d;
  assign {turning_d, left_count_d} = group ? {1'b1, first_count} : leaves ? {left_count_q != 4'd1, next_count} : {turning_q, left_count_q};
  qn_copy u_valid (.clk_i, .in_i(rst_ni && (turning_d || next_plane_i)), .out_o(out_valid_o));
  assign out_data_o  = !turning_q ? in_data_i : turn_store_q == qn_isa_pkg::STORE_BYTES ? plane : value;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      fill_count_q <= 3'd0;
      turning_q    <= 1'b0;
      left_count_q <= 4'd0;
    end else begin
      if (take) fill_count_q <= full ? 3'd0 : fill_count_q + 3'd1;
      {turning_q, left_count_q} <= {turning_d, left_count_d};
    end
  end

  // Bytes: a shift by one of the whole buffer moves the next bit of each byte up; what crosses a byte border is never looked at
  always_ff @(posedge clk_i) begin
    if (take) fill_q <= {in_data_i, fill_q[223:32]};
    if (group) turn_store_q <= in_store_i;
    if (group) begin
      turn_q <= {in_data_i, fill_q};
    end else if (leaves && turn_store_q == qn_isa_pkg::STORE_BYTES) begin
      turn_q <= {turn_q[254:0], 1'b0};
    end
  end

  always @(posedge clk_i) begin
    if (rst_ni && in_plane_i) assert (fill_count_q == 3'd0);
    if (rst_ni)               assert (in_plane_i == (in_valid_i && in_store_i == qn_isa_pkg::STORE_PLANES));
    if (rst_ni)               assert (turning_q == (left_count_q != 4'd0));
    if (rst_ni)               assert (out_valid_o == (turning_q || in_plane_i));
  end

`ifdef FORMAL
  logic f_plane_q;
  always @(posedge clk_i) f_plane_q <= rst_ni && next_plane_i;
  always @(posedge clk_i) if (rst_ni) assume (in_plane_i == f_plane_q);
  initial assume (!rst_ni);
  qn_stream_check #(.Width(36), .Assume(1'b1)) u_in (
    .clk_i, .rst_ni, .valid_i(in_valid_i), .ready_i(in_ready_o), .data_i({in_store_i, in_data_i}));
  qn_stream_check #(.Width(32), .Assume(1'b0)) u_out (
    .clk_i, .rst_ni, .valid_i(out_valid_o), .ready_i(out_ready_i), .data_i(out_data_o));
`endif

endmodule

`default_nettype wire
