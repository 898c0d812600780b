// SPDX-License-Identifier: Apache-2.0
// qn_matrix with eight groups of rows: a long GEMM of all rows, then short ones of few rows. Four are taken before the first of them is posted,
// as many as the queue of posts holds; each posts once, in order. Icarus; prints nothing when it is right (test_matrix_posts.sh).

`default_nettype none

module tb_matrix_posts;

  logic         clk = 1'b0, rst_n = 1'b0, valid, ready, post_valid, idle;
  logic [251:0] insn;
  logic [7:0]   post;
  always #5 clk = !clk;

  qn_matrix #(.Rows(64), .Lanes(8), .Dequants(8), .AccCols(1024), .Slices(512)) u_dut (
    .clk_i(clk), .rst_ni(rst_n), .insn_valid_i(valid), .insn_ready_o(ready), .insn_i(insn), .post_valid_o(post_valid), .post_o(post),
    .trap_valid_o(), .trap_cause_o(), .trap_addr_o(), .trap_pc_o(), .idle_o(idle),
    .plane_valid_i(1'b1), .plane_ready_o(), .plane_i(32'd0), .head_valid_i(1'b1), .head_ready_o(), .head_i(32'd0),
    .qb_we_i(1'b0), .qb_pair_i(1'b0), .qb_row_i(6'd0), .qb_slice_i(9'd0), .qb_beat_i(2'd0), .qb_data_i(64'd0), .qb_data2_i(64'd0),
    .qb_side_we_i(1'b0), .qb_side_row_i(6'd0), .qb_side_slice_i(9'd0), .qb_s_i(1'b0), .qb_scale_i(32'd0), .qb_sum_lo_i(13'd0), .qb_sum_hi_i(13'd0), .qb_scale2_i(32'd0), .qb_sum2_lo_i(13'd0), .qb_sum2_hi_i(13'd0),
    .acc_re_i(1'b0), .acc_row_i(6'd0), .acc_col_i(10'd0), .acc_data_o(), .array_busy_o(), .array_rows_o(), .array_starve_o());

  function [251:0] gemm(input [31:0] format, input [31:0] cols, input [31:0] rows, input [31:0] acc, input [7:0] posts);
    begin
      gemm = 252'd0;
      gemm[32*qn_isa_pkg::SLOT_GEMM_SLICES +: 32]  = 32'd1;
      gemm[32*qn_isa_pkg::SLOT_GEMM_COLS +: 32]    = cols;
      gemm[32*qn_isa_pkg::SLOT_GEMM_ROWS +: 32]    = rows;
      gemm[32*qn_isa_pkg::SLOT_GEMM_ACC +: 32]     = acc;
      gemm[32*qn_isa_pkg::SLOT_GEMM_FORMAT +: 32]  = format;
      gemm[qn_isa_pkg::ENTRY_OP_LSB +: 8]          = qn_isa_pkg::OP_GEMM;
      gemm[qn_isa_pkg::ENTRY_POST0_LSB +: 8]       = posts;
    end
  endfunction

  integer taken = 0, posted = 0, waiting = 0, most = 0;
  assign valid = rst_n && taken < 5;
  assign insn = taken == 0 ? gemm(32'd1, 32'd24, 32'd64, 32'd0, 8'd1)       // S1
              : taken == 1 ? gemm(32'd8, 32'd2, 32'd2, 32'd64, 8'd2)        // S8
              : taken == 2 ? gemm(32'd1, 32'd2, 32'd2, 32'd128, 8'd3)
              : taken == 3 ? gemm(32'd1, 32'd2, 32'd2, 32'd192, 8'd4)
              :              gemm(32'd1, 32'd2, 32'd2, 32'd256, 8'd5);
  always @(posedge clk) if (rst_n) begin
    if (valid && ready) taken <= taken + 1;
    waiting <= waiting + (u_dut.job_take ? 1 : 0) - (post_valid ? 1 : 0);
    if (waiting > most) most <= waiting;
    if (post_valid) begin
      posted <= posted + 1;
      if (post != posted + 1) $display("post %0d comes as number %0d", post, posted + 1);
    end
  end

  initial begin
    #100 rst_n = 1'b1;
    #6000;
    if (posted != 5) $display("%0d posts of 5", posted);
    if (most != 4) $display("%0d jobs unposted at most: this is to try 4", most);
    if (!idle) $display("not idle at the end");
    $finish;
  end

endmodule

`default_nettype wire
