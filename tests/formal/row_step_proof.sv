// SPDX-License-Identifier: Apache-2.0
// qn_row_shiftadd, one part of a plane: each half's partial becomes (first ? 0 : 2 x partial) + or - the plain sum of the activations that the
// part selects in that half (partial + or - the sum where it is the half's second part), two clocks after the part and at no other time;
// activations are the last four words loaded before the swap.

`default_nettype none

module row_step_proof #(
  parameter int Depth = 32
) (
  input logic        clk_i,
  input logic        load_i,
  input logic [63:0] load_data_i,
  input logic        swap_i,
  input logic        en_i,
  input logic [1:0]  part_i,
  input logic [Depth-1:0] plane_i,
  input logic        first_i,
  input logic        neg_i
);

  logic [27:0] lo, hi;
  qn_row_shiftadd #(.Depth(Depth)) u_dut (
    .clk_i, .load_i, .load_data_i, .swap_i, .en_i, .part_i, .plane_i, .first_i, .neg_i, .lo_o(lo), .hi_o(hi));
  (* hierconn *) logic [255:0] \u_dut.shadow_q , \u_dut.act_q ;
  (* hierconn *) logic [10*(Depth/4)-1:0] \u_dut.quad_q ;
  (* hierconn *) logic [1:0]   \u_dut.sum_part_q ;
  (* hierconn *) logic         \u_dut.sum_en_q , \u_dut.sum_first_q , \u_dut.sum_neg_q ;

  // Plain sums of the selected ones of 4 activations, 28 bits; four such make the sum of 16
  function automatic [27:0] one(input sel, input [7:0] act);
    one = sel ? {{20{act[7]}}, act} : 28'd0;
  endfunction
  function automatic [27:0] four(input [3:0] sel, input [31:0] act);
    four = (one(sel[0], act[7:0]) + one(sel[1], act[15:8])) + (one(sel[2], act[23:16]) + one(sel[3], act[31:24]));
  endfunction
  logic [2:0]   f_age_q;                   // clocks since the start: before that nothing is known
  logic [63:0]  f_load0_q, f_load1_q, f_load2_q, f_load3_q;
  logic [255:0] f_act_q;
  logic [31:0]  f_plane, f_plane_q;        // the part of a plane given now, and last; lanes from 0
  logic [255:0] f_lanes;                   // the activations that it meets
  logic         f_upper, f_upper_q, f_upper2_q, f_more, f_more_q, f_more2_q;     // the upper half's; a half's second part
  logic [79:0]  f_quads;
  assign f_plane = {{(32-Depth){1'b0}}, plane_i};
  assign f_lanes = Depth == 32 ? f_act_q : Depth == 16 ? f_act_q >> (128 * part_i[0]) : f_act_q >> (64 * part_i);
  assign f_upper = Depth == 16 ? part_i[0] : part_i[1];
  assign f_more  = Depth == 8 && part_i[0];
  assign f_quads = {{(80-10*(Depth/4)){1'b0}}, \u_dut.quad_q };
  logic [27:0]  f_quad0_q, f_quad1_q, f_quad2_q, f_quad3_q, f_quad4_q, f_quad5_q, f_quad6_q, f_quad7_q;  // and the sums it makes
  logic         f_en_q, f_first_q, f_neg_q, f_en2_q, f_first2_q, f_neg2_q, f_seen_q, f_seen2_q;
  logic [27:0]  f_lo_q, f_hi_q, f_lo_sum_q, f_hi_sum_q, f_lo_want, f_hi_want;
  initial f_age_q   = 3'd0;
  initial f_seen_q  = 1'b0;
  initial f_seen2_q = 1'b0;
  function automatic [27:0] want(input first, input more, input neg, input [27:0] partial, input [27:0] sum);
    want = neg ? (more ? partial : first ? 28'd0 : partial * 28'd2) - sum : (more ? partial : first ? 28'd0 : partial * 28'd2) + sum;
  endfunction
  assign f_lo_want = Depth < 32 && f_upper2_q ? f_lo_q : want(f_first2_q, f_more2_q, f_neg2_q, f_lo_q, f_lo_sum_q);
  assign f_hi_want = Depth == 32 ? want(f_first2_q, f_more2_q, f_neg2_q, f_hi_q, f_hi_sum_q)
                   : f_upper2_q  ? want(f_first2_q, f_more2_q, f_neg2_q, f_hi_q, f_lo_sum_q) : f_hi_q;
  always @(posedge clk_i) begin
    if (f_age_q != 3'd7) f_age_q <= f_age_q + 3'd1;
    if (load_i) {f_load3_q, f_load2_q, f_load1_q, f_load0_q} <= {load_data_i, f_load3_q, f_load2_q, f_load1_q};
    if (swap_i) f_act_q <= {f_load3_q, f_load2_q, f_load1_q, f_load0_q};
    if (f_age_q == 3'd0) begin             // what stands in the registers at first is as good as any
      assume ({f_load3_q, f_load2_q, f_load1_q, f_load0_q} == \u_dut.shadow_q );
      assume (f_act_q == \u_dut.act_q );
    end else begin
      assert ({f_load3_q, f_load2_q, f_load1_q, f_load0_q} == \u_dut.shadow_q );
      assert (f_act_q == \u_dut.act_q );
    end
    f_en_q <= en_i;
    if (en_i) begin
      f_first_q  <= first_i;
      f_neg_q    <= neg_i;
      f_plane_q  <= f_plane;
      f_upper_q  <= f_upper;
      f_more_q   <= f_more;
      f_quad0_q  <= four(f_plane[3:0], f_lanes[31:0]);
      f_quad1_q  <= four(f_plane[7:4], f_lanes[63:32]);
      f_quad2_q  <= four(f_plane[11:8], f_lanes[95:64]);
      f_quad3_q  <= four(f_plane[15:12], f_lanes[127:96]);
      f_quad4_q  <= four(f_plane[19:16], f_lanes[159:128]);
      f_quad5_q  <= four(f_plane[23:20], f_lanes[191:160]);
      f_quad6_q  <= four(f_plane[27:24], f_lanes[223:192]);
      f_quad7_q  <= four(f_plane[31:28], f_lanes[255:224]);
    end
    f_seen2_q  <= f_seen_q;
    f_en2_q    <= f_en_q;
    f_first2_q <= f_first_q;
    f_neg2_q   <= f_neg_q;
    f_upper2_q <= f_upper_q;
    f_more2_q  <= f_more_q;
    f_lo_sum_q <= (f_quad0_q + f_quad1_q) + (f_quad2_q + f_quad3_q);
    f_hi_sum_q <= (f_quad4_q + f_quad5_q) + (f_quad6_q + f_quad7_q);
    f_lo_q     <= lo;
    f_hi_q     <= hi;
    if (f_seen_q) begin  // a plane was given: the quads are sums of it
      assert (f_quad0_q == {{18{f_quads[9]}}, f_quads[9:0]});
      assert (f_quad1_q == {{18{f_quads[19]}}, f_quads[19:10]});
      assert (Depth < 16 || f_quad2_q == {{18{f_quads[29]}}, f_quads[29:20]});
      assert (Depth < 16 || f_quad3_q == {{18{f_quads[39]}}, f_quads[39:30]});
      assert (Depth < 32 || f_quad4_q == {{18{f_quads[49]}}, f_quads[49:40]});
      assert (Depth < 32 || f_quad5_q == {{18{f_quads[59]}}, f_quads[59:50]});
      assert (Depth < 32 || f_quad6_q == {{18{f_quads[69]}}, f_quads[69:60]});
      assert (Depth < 32 || f_quad7_q == {{18{f_quads[79]}}, f_quads[79:70]});
      assert (Depth == 32 || (Depth == 16 ? f_upper_q == \u_dut.sum_part_q [0] : {f_upper_q, f_more_q} == \u_dut.sum_part_q ));
      assert (Depth < 32 ? f_quad4_q == 28'd0 && f_quad7_q == 28'd0 : 1'b1);
      assert (f_en_q == \u_dut.sum_en_q && f_first_q == \u_dut.sum_first_q && f_neg_q == \u_dut.sum_neg_q );
    end
    if (en_i) f_seen_q <= 1'b1;
    if (f_seen2_q) begin
      assert (lo == (f_en2_q ? f_lo_want : f_lo_q));
      assert (hi == (f_en2_q ? f_hi_want : f_hi_q));
      cover (f_en2_q && !f_first2_q && !f_neg2_q && lo == -28'd48 && hi == 28'd5 && (Depth < 32 || f_plane_q == 32'hffff0101));
      cover (f_en2_q && f_first2_q && f_neg2_q && lo == (Depth == 8 ? 28'd1024 : 28'd2048));
      cover (!f_en2_q && lo == 28'd7);
    end
  end

endmodule

`default_nettype wire
