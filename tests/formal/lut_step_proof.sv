// SPDX-License-Identifier: Apache-2.0
// qn_row_lut, one part of a plane: two clocks after it and at no other time each half's partial becomes (first ? 0 : 2 x partial, or the partial itself
// after a half's first part) + (T + s) / 2, T the part's looked-up sums, each negated where its sign bit is -, and s the sums loaded before
// the swap, negated where the plane is. Entries are free here; T + s is even (lut_sign_proof says so, and that half of it is the sum of
// the activations that the plane selects).

`default_nettype none

module lut_step_proof #(
  parameter int Depth = 32,
  parameter Sums = Depth == 8 ? 4 : 2
) (
  input logic         clk_i,
  input logic         load_i,
  input logic [2:0]   load_entry_i,
  input logic [12*Sums-1:0] load_sum_i,
  input logic         swap_i,
  input logic         en_i,
  input logic [1:0]   part_i,
  input logic [Depth-1:0] plane_i,
  input logic         first_i,
  input logic         neg_i
);

  localparam int Quads = Depth / 4;
  localparam int Half  = Depth == 8 ? 2 : 4;     // tables of a half that a part looks up

  logic [27:0] lo, hi;
  qn_row_lut #(.Depth(Depth)) u_dut (
    .clk_i, .rst_ni(1'b1), .load_i, .load_entry_i, .load_data_i(80'd0), .load_sum_i, .swap_i,
    .en_i, .part_i, .plane_i, .first_i, .neg_i, .lo_o(lo), .hi_o(hi));
  (* hierconn *) logic [79:0]        \u_dut.entry ;
  (* hierconn *) logic               \u_dut.swap_q ;
  (* hierconn *) logic [12*Sums-1:0] \u_dut.next_sum_q , \u_dut.sum_q ;
  (* hierconn *) logic [11*Quads/2-1:0] \u_dut.two_q ;
  (* hierconn *) logic [Quads/2-1:0] \u_dut.one_q ;
  (* hierconn *) logic [1:0]         \u_dut.sum_part_q ;
  (* hierconn *) logic               \u_dut.sum_en_q , \u_dut.sum_first_q , \u_dut.sum_neg_q ;

  // The looked-up sums of this part, two by two
  logic [12*Quads/2-1:0] f_two, f_two_q;
  logic [79:0]           f_entry;
  logic [9:0]            f_left, f_right;
  integer q;
  assign f_entry = Depth == 32 ? \u_dut.entry : Depth == 16 ? \u_dut.entry >> (40 * part_i[0]) : \u_dut.entry >> (20 * part_i);
  function automatic [11:0] plus_minus(input plus, input [9:0] entry);
    plus_minus = plus ? {{2{entry[9]}}, entry} : -{{2{entry[9]}}, entry};
  endfunction
  always @(*) begin
    f_two = '0;
    f_left = 10'd0;
    f_right = 10'd0;
    for (q = 0; q < Quads / 2; q = q + 1) begin
      f_left  = f_entry[20*q +: 10];
      f_right = f_entry[20*q+10 +: 10];
      f_two[12*q +: 12] = plus_minus(plane_i[8*q+3] != neg_i, f_left) + plus_minus(plane_i[8*q+7] != neg_i, f_right);
    end
  end

  logic               f_some_q, f_swap_q, f_seen_q, f_seen2_q, f_en_q, f_en2_q, f_first_q, f_first2_q, f_neg_q;
  logic [1:0]         f_part_q, f_part2_q;
  logic [12*Sums-1:0] f_next_q, f_sum_q;   // of the slice loaded last, of the one whose planes are summed
  logic [13:0]        f_lo_t, f_hi_t;      // T + s
  logic [13:0]        f_lo_t_q, f_hi_t_q;
  logic [27:0]        f_lo_q, f_hi_q, f_lo_want, f_hi_want;
  function automatic [13:0] wide(input [11:0] x);
    wide = {{2{x[11]}}, x};
  endfunction
  function automatic [13:0] total(input [24*2-1:0] twos, input [11:0] s, input neg);
    total = wide(twos[11:0]) + (Half == 4 ? wide(twos[23:12]) : 14'd0) + (neg ? -wide(s) : wide(s));
  endfunction
  function automatic [27:0] step(input first, input more, input [27:0] partial, input [13:0] t);
    step = (more ? partial : first ? 28'd0 : {partial[26:0], 1'b0}) + {{15{t[13]}}, t[13:1]};
  endfunction
  assign f_lo_t = total({24'd0, f_two_q[12*Half/2-1:0]}, Depth == 32 ? f_sum_q[11:0] : Depth == 16 ? f_sum_q[12*f_part_q[0] +: 12] : f_sum_q[12*f_part_q +: 12], f_neg_q);
  assign f_hi_t = Depth < 32 ? f_lo_t : total({24'd0, f_two_q[12*Quads/2-1 -: 24]}, f_sum_q[23:12], f_neg_q);
  assign f_lo_want = Depth == 16 && f_part2_q[0] || Depth == 8 && f_part2_q[1] ? f_lo_q : step(f_first2_q, Depth == 8 && f_part2_q[0], f_lo_q, f_lo_t_q);
  assign f_hi_want = Depth == 16 && !f_part2_q[0] || Depth == 8 && !f_part2_q[1] ? f_hi_q : step(f_first2_q, Depth == 8 && f_part2_q[0], f_hi_q, f_hi_t_q);
  initial f_some_q  = 1'b0;
  initial f_seen_q  = 1'b0;
  initial f_seen2_q = 1'b0;

  always @(posedge clk_i) begin
    f_some_q <= 1'b1;
    f_swap_q <= swap_i;
    if (load_i && load_entry_i == 3'd7) f_next_q <= load_sum_i;
    if (f_swap_q) f_sum_q <= f_next_q;     // when the first plane after the swap has been looked up
    if (load_i) assume (!f_swap_q);
    if (!f_some_q) assume (f_swap_q == \u_dut.swap_q && f_next_q == \u_dut.next_sum_q && f_sum_q == \u_dut.sum_q );
    else           assert (f_swap_q == \u_dut.swap_q && f_next_q == \u_dut.next_sum_q && f_sum_q == \u_dut.sum_q );

    f_en_q <= en_i;
    if (en_i) begin
      f_seen_q  <= 1'b1;
      f_first_q <= first_i;
      f_neg_q   <= neg_i;
      f_part_q  <= part_i;
      f_two_q   <= f_two;
    end
    if (f_seen_q) begin
      for (q = 0; q < Quads / 2; q = q + 1)
        assert ({\u_dut.two_q [11*q+10], \u_dut.two_q [11*q +: 11]} + {11'd0, \u_dut.one_q [q]} == f_two_q[12*q +: 12]);
      assert (f_en_q == \u_dut.sum_en_q && f_first_q == \u_dut.sum_first_q && f_neg_q == \u_dut.sum_neg_q && f_part_q == \u_dut.sum_part_q );
      if (f_en_q) assume (!f_lo_t[0] && !f_hi_t[0]);
    end
    f_seen2_q  <= f_seen_q;
    f_en2_q    <= f_en_q;
    f_first2_q <= f_first_q;
    f_part2_q  <= f_part_q;
    f_lo_t_q   <= f_lo_t;
    f_hi_t_q   <= f_hi_t;
    f_lo_q     <= lo;
    f_hi_q     <= hi;
    if (f_seen2_q) begin
      assert (lo == (f_en2_q ? f_lo_want : f_lo_q));
      assert (hi == (f_en2_q ? f_hi_want : f_hi_q));
      cover (f_en2_q && !f_first2_q && lo == -28'd48 && hi == 28'd5);
      cover (f_en2_q && f_first2_q && f_neg_q && lo == (Depth == 8 ? 28'd1024 : 28'd2048));
      cover (!f_en2_q && lo == 28'd7);
      cover (f_swap_q && f_en_q && f_en2_q);
    end
  end

endmodule

`default_nettype wire
