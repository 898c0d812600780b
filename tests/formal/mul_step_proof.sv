// SPDX-License-Identifier: Apache-2.0
// qn_row_mul, one part of a plane: each lane's code doubles and takes the plane's bit (the first plane's as 0 or 1, or as 0 or -1 where it counts
// negative), and two clocks after the part each half's partial is the plain sum of its lanes' products, signed (of the part's, or with the
// half's first part's), and changes at no other time; activations are the last four words loaded before the swap. Products are free here
// (row_free.sv): qn_smul is the language's `*` of what each multiplier is shown to get, and by row_lane_proof that is what a lane of shift and add makes.

`default_nettype none

module mul_step_proof #(
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
  qn_row_mul #(.Depth(Depth)) u_dut (
    .clk_i, .load_i, .load_data_i, .swap_i, .en_i, .part_i, .plane_i, .first_i, .neg_i, .lo_o(lo), .hi_o(hi));
  (* hierconn *) logic [255:0] \u_dut.shadow_q , \u_dut.act_q ;
  (* hierconn *) logic [511:0] \u_dut.code_q ;
  (* hierconn *) logic [8*Depth-1:0]  \u_dut.act_part ;
  (* hierconn *) logic [16*Depth-1:0] \u_dut.code_part ;
  (* hierconn *) logic [24*Depth-1:0] \u_dut.product ;
  (* hierconn *) logic         \u_dut.swap_q , \u_dut.sum_en_q ;
  (* hierconn *) logic [1:0]   \u_dut.sum_part_q ;

  function automatic [27:0] eight(input [191:0] p);
    eight = (({{4{p[23]}}, p[23:0]} + {{4{p[47]}}, p[47:24]}) + ({{4{p[71]}}, p[71:48]} + {{4{p[95]}}, p[95:72]}))
          + (({{4{p[119]}}, p[119:96]} + {{4{p[143]}}, p[143:120]}) + ({{4{p[167]}}, p[167:144]} + {{4{p[191]}}, p[191:168]}));
  endfunction

  logic         f_some_q, f_swap_q, f_seen_q, f_seen2_q, f_en_q, f_en2_q;
  logic [1:0]   f_part_q, f_part2_q;
  logic [63:0]  f_load0_q, f_load1_q, f_load2_q, f_load3_q;
  logic [255:0] f_act_q, f_mul_act_q;      // of the planes given, and of those multiplied: a clock later
  logic [511:0] f_code_q;
  logic [27:0]  f_lo_q, f_hi_q, f_sum0_q, f_sum1_q, f_lo_want, f_hi_want;
  integer k;
  initial f_some_q  = 1'b0;
  initial f_seen_q  = 1'b0;
  initial f_seen2_q = 1'b0;
  assign f_lo_want = Depth == 16 && f_part2_q[0] || Depth == 8 && f_part2_q[1] ? f_lo_q : Depth == 8 && f_part2_q[0] ? f_lo_q + f_sum0_q : f_sum0_q;
  assign f_hi_want = Depth == 32 ? f_sum1_q : Depth == 16 ? (f_part2_q[0] ? f_sum0_q : f_hi_q)
                   : f_part2_q[1] ? (f_part2_q[0] ? f_hi_q + f_sum0_q : f_sum0_q) : f_hi_q;

  always @(posedge clk_i) begin
    f_some_q <= 1'b1;
    f_swap_q <= swap_i;
    if (load_i) {f_load3_q, f_load2_q, f_load1_q, f_load0_q} <= {load_data_i, f_load3_q, f_load2_q, f_load1_q};
    if (swap_i) f_act_q <= {f_load3_q, f_load2_q, f_load1_q, f_load0_q};
    if (f_swap_q) f_mul_act_q <= f_act_q;
    if (load_i) assume (!f_swap_q && !swap_i);
    if (en_i && Depth == 16) assume (!part_i[1]);
    if (!f_some_q) begin                   // what stands in the registers at first is as good as any
      assume ({f_load3_q, f_load2_q, f_load1_q, f_load0_q} == \u_dut.shadow_q && f_mul_act_q == \u_dut.act_q );
      assume (f_code_q == \u_dut.code_q && f_swap_q == \u_dut.swap_q && (f_act_q == (f_swap_q ? \u_dut.shadow_q : \u_dut.act_q )));
    end else begin
      assert ({f_load3_q, f_load2_q, f_load1_q, f_load0_q} == \u_dut.shadow_q && f_mul_act_q == \u_dut.act_q );
      assert (f_code_q == \u_dut.code_q && f_swap_q == \u_dut.swap_q && (f_act_q == (f_swap_q ? \u_dut.shadow_q : \u_dut.act_q )));
    end

    f_en_q  <= en_i;
    f_en2_q <= f_en_q;
    f_part2_q <= f_part_q;
    if (en_i) begin
      f_seen_q <= 1'b1;
      f_part_q <= part_i;
      for (k = 0; k < 32; k = k + 1)
        if (Depth == 32 || k / Depth == (Depth == 16 ? {1'b0, part_i[0]} : part_i)) begin
          if (first_i) f_code_q[16*k +: 16] <= !plane_i[k % Depth] ? 16'd0 : neg_i ? -16'd1 : 16'd1;
          else         f_code_q[16*k +: 16] <= f_code_q[16*k +: 16] * 16'd2 + {15'd0, plane_i[k % Depth]};
        end
    end
    // What is multiplied: the part's activations as they were when it was given, and its codes with it
    if (f_seen_q && f_en_q) begin
      assert (f_part_q == \u_dut.sum_part_q );
      assert (\u_dut.act_part == (Depth == 32 ? f_mul_act_q : Depth == 16 ? f_mul_act_q[128*f_part_q[0] +: 128] : f_mul_act_q[64*f_part_q +: 64]));
      assert (\u_dut.code_part == (Depth == 32 ? f_code_q : Depth == 16 ? f_code_q[256*f_part_q[0] +: 256] : f_code_q[128*f_part_q +: 128]));
    end
    if (f_seen_q) assert (f_en_q == \u_dut.sum_en_q );
    f_sum0_q  <= Depth == 8 ? eight(\u_dut.product [191:0]) : eight(\u_dut.product [191:0]) + eight(\u_dut.product [24*(Depth-8) % 384 +: 192]);
    f_sum1_q  <= Depth < 32 ? 28'd0 : eight(\u_dut.product [24*(Depth-16) +: 192]) + eight(\u_dut.product [24*(Depth-8) +: 192]);
    f_seen2_q <= f_seen_q;
    f_lo_q    <= lo;
    f_hi_q    <= hi;
    if (f_seen2_q) begin
      assert (lo == (f_en2_q ? f_lo_want : f_lo_q));
      assert (hi == (f_en2_q ? f_hi_want : f_hi_q));
      cover (f_en2_q && lo == -28'd48 && hi == 28'd5);
      cover (!f_en2_q && lo == 28'd7 && f_en_q);
    end
  end

endmodule

`default_nettype wire
