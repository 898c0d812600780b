// SPDX-License-Identifier: Apache-2.0
// qn_matrix's flow from plane to dequantizer, without arithmetic:
// - a slice is swapped in when it is whole; side words that columns on their way still need are not written over;
// - the holds are loaded when what they held is dealt, so every column is dealt all its slots, first before second, and no more;
// - the headers of a pair are popped, as many as its format has, from the clock after its first plane on and by the clock of its last, and those
//   of the next pair not before (what unpack_heads_proof relies on);
// - first slots go to the dequantizer in adjacent clocks only when no second slot is in it or on its way (what qn_dequant_proof relies on).

`default_nettype none

module matrix_flow_proof #(
  parameter int Rows     = 16,
  parameter int Dequants = 4,
  parameter int AccCols  = 16,
  parameter int Slices   = 4,
  parameter RowW = $clog2(Rows),
  parameter ColW = $clog2(AccCols)
) (
  input logic                           clk_i,
  input logic                           rst_ni,
  input logic                           insn_valid_i,
  input logic [qn_isa_pkg::ENTRY_W-1:0] insn_i,
  input logic                           plane_valid_i
);

  localparam int Lanes  = 8;
  localparam int GroupW = $clog2(Rows / Dequants);
  localparam int GapW   = $clog2(2 * qn_isa_pkg::LAT_FADD + 12);
  localparam int ColumnW = ColW + RowW + 1 + GroupW + 2 + 3 + 2 + 6;

  logic insn_ready, head_ready;
  qn_matrix #(.Rows(Rows), .Lanes(Lanes), .Dequants(Dequants), .AccCols(AccCols), .Slices(Slices)) u_dut (
    .clk_i, .rst_ni, .insn_valid_i, .insn_ready_o(insn_ready), .insn_i, .post_valid_o(), .post_o(),
    .trap_valid_o(), .trap_cause_o(), .trap_addr_o(), .trap_pc_o(), .idle_o(),
    .plane_valid_i, .plane_ready_o(), .plane_i('0), .head_valid_i(1'b1), .head_ready_o(head_ready), .head_i('0),
    .qb_we_i(1'b0), .qb_pair_i(1'b0), .qb_row_i('0), .qb_slice_i('0), .qb_beat_i('0), .qb_data_i('0), .qb_data2_i('0),
    .qb_side_we_i(1'b0), .qb_side_row_i('0), .qb_side_slice_i('0), .qb_s_i(1'b0), .qb_scale_i('0), .qb_sum_lo_i('0), .qb_sum_hi_i('0), .qb_scale2_i('0), .qb_sum2_lo_i('0), .qb_sum2_hi_i('0),
    .acc_re_i(1'b0), .acc_row_i('0), .acc_col_i('0), .acc_data_o(), .array_busy_o(), .array_rows_o(), .array_starve_o());
  (* hierconn *) logic              \u_dut.a_valid_q , \u_dut.a_drain_q , \u_dut.issue , \u_dut.swap , \u_dut.u_load.f_full_q , \u_dut.want_q , \u_dut.slice_start_q , \u_dut.side_we , \u_dut.job_valid ;
  (* hierconn *) logic              \u_dut.first , \u_dut.last_q , \u_dut.col_last_q , \u_dut.draining , \u_dut.block_last , \u_dut.job_take , \u_dut.slice_end ;
  (* hierconn *) logic [3:0]        \u_dut.a_plane_last_q , \u_dut.plane_q ;
  (* hierconn *) logic [2:0]        \u_dut.a_sub_q ;
  (* hierconn *) logic [1:0]        \u_dut.a_head_q , \u_dut.side_q , \u_dut.side_index , \u_dut.h_left_q ;
  (* hierconn *) logic [ColW-1:0]   \u_dut.a_col_last_q , \u_dut.col_q ;
  (* hierconn *) logic              \u_dut.h_sub_q , \u_dut.hold_load , \u_dut.d_valid_q , \u_dut.d_second_q , \u_dut.d_end , \u_dut.d_block_last_q ;
  (* hierconn *) logic [GroupW:0]   \u_dut.slot_q ;
  (* hierconn *) logic [GapW-1:0]   \u_dut.gap_q ;
  (* hierconn *) logic [2:0]        \u_dut.column_valid_q ;
  (* hierconn *) logic [3*ColumnW-1:0] \u_dut.u_column.genblk1.g_line.line_q ;
  (* hierconn *) logic [GroupW-1:0] \u_dut.d_group_q , \u_dut.d_group_last_q ;
  (* hierconn *) logic [1:0]        \u_dut.d_head_q , \u_dut.d_side_q ;
  (* hierconn *) logic              \u_dut.g_stripe[0].u_stripe.u_dequant.f_wet_q ;
  (* hierconn *) logic              \u_dut.g_stripe[0].u_stripe.u_dequant.f_was_q ;
  (* hierconn *) logic              \u_dut.g_stripe[0].u_stripe.u_valid_q , \u_dut.g_stripe[0].u_stripe.u_second_q , \u_dut.g_stripe[0].u_stripe.u_last_q ;

  initial assume (!rst_ni);

  // ---- Columns on their way: 0 issued in the clock before, 2 being held now, 3 dealt ------------------------------------------
  logic [3:0]      f_valid, f_odd, f_two, f_many;        // many: first slots in adjacent clocks
  logic [7:0]      f_side;
  logic [5:0]      f_slots0, f_slots1, f_slots2, f_slots3, f_rem;
  logic            f_d_odd_q, f_u_many_q, f_loaded_q;
  logic [5:0]      f_dealt_q;
  function automatic [5:0] slots(input two, input [GroupW-1:0] last);
    slots = two ? {{5-GroupW{1'b0}}, last, 1'b0} + 6'd2 : {{6-GroupW{1'b0}}, last} + 6'd1;
  endfunction
  genvar g;
  generate
    for (g = 0; g < 3; g = g + 1) begin : g_column
      assign f_valid[g]     = \u_dut.column_valid_q [g];
      assign f_odd[g]       = \u_dut.u_column.genblk1.g_line.line_q [ColumnW*g+4];
      assign f_two[g]       = \u_dut.u_column.genblk1.g_line.line_q [ColumnW*g+6 +: 2] == 2'd2 && \u_dut.u_column.genblk1.g_line.line_q [ColumnW*g+2];
      assign f_many[g]      = f_valid[g] && \u_dut.u_column.genblk1.g_line.line_q [ColumnW*g+6 +: 2] != 2'd2 && \u_dut.u_column.genblk1.g_line.line_q [ColumnW*g+2];
      assign f_side[2*g +: 2] = \u_dut.u_column.genblk1.g_line.line_q [ColumnW*g+11 +: 2];
    end
  endgenerate
  assign f_valid[3]   = \u_dut.d_valid_q ;
  assign f_odd[3]     = f_d_odd_q;
  assign f_two[3]     = \u_dut.d_head_q == 2'd2 && \u_dut.d_block_last_q ;
  assign f_many[3]    = f_valid[3] && \u_dut.d_head_q != 2'd2 && \u_dut.d_block_last_q ;
  assign f_side[7:6]  = \u_dut.d_side_q ;
  assign f_slots0 = slots(f_two[0], \u_dut.u_column.genblk1.g_line.line_q [13 +: GroupW]);
  assign f_slots1 = slots(f_two[1], \u_dut.u_column.genblk1.g_line.line_q [ColumnW+13 +: GroupW]);
  assign f_slots2 = slots(f_two[2], \u_dut.u_column.genblk1.g_line.line_q [2*ColumnW+13 +: GroupW]);
  assign f_slots3 = slots(f_two[3], \u_dut.d_group_last_q );
  // Clocks that the column in the holds still takes
  assign f_rem    = !f_valid[3] ? 6'd0 : slots(f_two[3], \u_dut.d_group_last_q - \u_dut.d_group_q ) - {5'd0, \u_dut.d_second_q };

  always @(posedge clk_i) begin
    if (\u_dut.hold_load ) begin
      f_d_odd_q <= f_odd[2];
      f_dealt_q <= 6'd0;
    end else if (f_valid[3]) f_dealt_q <= f_dealt_q + 6'd1;
    f_u_many_q <= f_many[3];
    f_loaded_q <= rst_ni && \u_dut.hold_load ;
    if (rst_ni) begin
      if (\u_dut.hold_load ) assert (!f_valid[3] || \u_dut.d_end );
      if (f_loaded_q) assert (f_valid[3] && f_dealt_q == 6'd0);
      if (f_valid[3]) assert (\u_dut.d_end == (f_dealt_q + 6'd1 == f_slots3));
      if (f_valid[3]) assert (!\u_dut.d_second_q || f_two[3]);

      // What induction needs: when the newest column's slots are over, the next may be issued
      assert (\u_dut.d_group_q <= \u_dut.d_group_last_q || !f_valid[3]);
      if (!f_valid[3]) assert (!\u_dut.d_second_q && \u_dut.d_group_q == '0);
      if (f_valid[3]) assert (f_dealt_q + f_rem == f_slots3);
      if (f_valid[2]) assert (f_rem <= 6'd1);
      if (f_valid[1]) assert (f_valid[2] ? f_slots2 <= 6'd1 : f_rem <= 6'd2);
      if (f_valid[0]) assert (f_valid[1] ? f_slots1 <= 6'd1 : f_valid[2] ? f_slots2 <= 6'd2 : f_rem <= 6'd3);
      if (f_valid[0])      assert ({{5-GroupW{1'b0}}, \u_dut.slot_q } + 6'd1 >= f_slots0);
      else if (f_valid[1]) assert ({{5-GroupW{1'b0}}, \u_dut.slot_q } + 6'd2 >= f_slots1);
      else if (f_valid[2]) assert ({{5-GroupW{1'b0}}, \u_dut.slot_q } + 6'd3 >= f_slots2);
      else                 assert ({{5-GroupW{1'b0}}, \u_dut.slot_q } + 6'd4 >= f_rem);

      cover (\u_dut.hold_load && \u_dut.d_end && f_two[3]);
      cover (f_valid[1] && f_valid[0] && f_slots1 == 6'd1);
    end
  end

  // ---- Slices and side words ---------------------------------------------------------------------------------------------------
  (* hierconn *) logic [1:0] \u_dut.u_load.f_swaps_q ;   // swaps, modulo 4
  logic       f_inside;                    // a slice has begun and is not over
  integer     i;
  assign f_inside = \u_dut.plane_q != 4'd0 || \u_dut.col_q != '0;
  always @(posedge clk_i) begin
    if (rst_ni) begin
      if (\u_dut.swap ) assert (\u_dut.u_load.f_full_q );
      // What is known of the next plane and of whether it is wanted
      if (\u_dut.want_q ) assert (\u_dut.a_valid_q && (!\u_dut.last_q || \u_dut.slot_q == '0));
      if (\u_dut.want_q && \u_dut.slice_start_q ) assert (\u_dut.u_load.f_full_q && \u_dut.gap_q == '0 && !(\u_dut.a_drain_q && \u_dut.draining ));
      if (\u_dut.a_valid_q ) assert (\u_dut.last_q == (\u_dut.plane_q == \u_dut.a_plane_last_q ) && \u_dut.col_last_q == (\u_dut.col_q == \u_dut.a_col_last_q ));
      assert (\u_dut.slice_start_q == !f_inside);

      if (\u_dut.side_we )
        for (i = 0; i < 4; i = i + 1) if (f_valid[i]) assert (\u_dut.side_index != f_side[2*i +: 2]);

      // A slice's columns come in pairs, so four columns on their way are of three slices at most
      assert (\u_dut.u_load.f_swaps_q == \u_dut.side_q + {1'b0, f_inside});
      // The newest column against the one in the array, each older one against the next newer
      if (f_valid[0])      assert (before(f_odd[0], f_side[1:0]));
      else if (f_valid[1]) assert (before(f_odd[1], f_side[3:2]));
      else if (f_valid[2]) assert (before(f_odd[2], f_side[5:4]));
      else if (f_valid[3]) assert (before(f_odd[3], f_side[7:6]));
      if (f_valid[1] && f_valid[0])               assert (follows(f_odd[1], f_side[3:2], f_odd[0], f_side[1:0]));
      if (f_valid[2] && f_valid[1])               assert (follows(f_odd[2], f_side[5:4], f_odd[1], f_side[3:2]));
      if (f_valid[2] && !f_valid[1] && f_valid[0]) assert (follows(f_odd[2], f_side[5:4], f_odd[0], f_side[1:0]));
      if (f_valid[3] && f_valid[2])               assert (follows(f_odd[3], f_side[7:6], f_odd[2], f_side[5:4]));
      else if (f_valid[3] && f_valid[1])          assert (follows(f_odd[3], f_side[7:6], f_odd[1], f_side[3:2]));
      else if (f_valid[3] && f_valid[0])          assert (follows(f_odd[3], f_side[7:6], f_odd[0], f_side[1:0]));

      cover (\u_dut.side_we && f_valid[3] && f_side[7:6] != \u_dut.side_q );
    end
  end
  // Of the column before the one in the array
  function automatic before(input odd, input [1:0] side);
    before = \u_dut.col_q == '0 ? odd && \u_dut.side_q == side + 2'd1 : odd != \u_dut.col_q [0] && \u_dut.side_q == side;
  endfunction
  function automatic follows(input odd, input [1:0] side, input next_odd, input [1:0] next_side);
    follows = next_odd != odd && (next_side == side || (odd && next_side == side + 2'd1));
  endfunction

  // ---- Posts: as many wait as jobs are in the array, on their way to the dequantizer, or in it ----------------------------------
  (* hierconn *) logic [2:0] \u_dut.post_write_q , \u_dut.post_read_q ;
  (* hierconn *) logic       \u_dut.d_done_q , \u_dut.g_stripe[0].u_stripe.u_done_q , \u_dut.post_valid_o ;
  (* hierconn *) logic [2:0] \u_dut.g_stripe[0].u_stripe.u_dequant.f_dones_q ;
  logic [2:0] f_posts;
  logic [4:0] f_on_way;
  assign f_posts  = \u_dut.post_write_q - \u_dut.post_read_q ;
  assign f_on_way = {4'd0, f_valid[0] && \u_dut.u_column.genblk1.g_line.line_q [0]}
                  + {4'd0, f_valid[1] && \u_dut.u_column.genblk1.g_line.line_q [ColumnW]}
                  + {4'd0, f_valid[2] && \u_dut.u_column.genblk1.g_line.line_q [2*ColumnW]}
                  + {4'd0, f_valid[3] && \u_dut.d_done_q }
                  + {4'd0, \u_dut.g_stripe[0].u_stripe.u_valid_q && \u_dut.g_stripe[0].u_stripe.u_done_q };
  always @(posedge clk_i) if (rst_ni) begin
    assert (f_posts <= 3'd4);
    assert ({2'd0, f_posts} == {4'd0, \u_dut.a_valid_q } + f_on_way + {2'd0, \u_dut.g_stripe[0].u_stripe.u_dequant.f_dones_q });
    if (\u_dut.post_valid_o ) assert (f_posts != 3'd0);
    cover (f_posts == 3'd2);                 // more take longer than covers look: the gap
  end

  // ---- Headers -----------------------------------------------------------------------------------------------------------------
  logic [1:0] f_popped_q;                  // of this pair
  logic [1:0] f_due;
  logic [2:0] f_left;                      // still to be popped
  assign f_due  = {1'b0, \u_dut.a_sub_q != 3'd0 && !\u_dut.a_sub_q [2]}
                + (!\u_dut.block_last || \u_dut.a_head_q == 2'd0 ? 2'd0 : \u_dut.a_head_q == 2'd2 ? 2'd2 : 2'd1);
  assign f_left = {2'b0, \u_dut.h_sub_q } + {1'b0, \u_dut.h_left_q };
  always @(posedge clk_i) begin
    if (\u_dut.issue && \u_dut.first && !\u_dut.col_q [0]) f_popped_q <= 2'd0;
    else f_popped_q <= f_popped_q + {1'b0, head_ready};
    if (rst_ni) begin
      if (\u_dut.issue && \u_dut.first && !\u_dut.col_q [0]) assert (!head_ready);
      if (\u_dut.issue && \u_dut.last_q && \u_dut.col_q [0]) assert (f_popped_q + {1'b0, head_ready} == f_due);

      // What induction needs
      if (\u_dut.col_q [0] || !\u_dut.first ) assert ({1'b0, f_popped_q} + f_left == {1'b0, f_due} && f_left <= 3'd3);
      if (!\u_dut.col_q [0] && \u_dut.first ) assert (f_left == 3'd0);
      assert (head_ready == (f_left != 3'd0));
      // One left for each plane still to come and for the clock at hand
      if (\u_dut.col_q [0] || !\u_dut.first )
        assert ({3'd0, f_left} <= {2'd0, \u_dut.a_plane_last_q } - {2'd0, \u_dut.plane_q } + 6'd1 + (\u_dut.col_q [0] ? 6'd0 : {2'd0, \u_dut.a_plane_last_q } + 6'd1));
      if (\u_dut.a_valid_q ) begin
        assert (\u_dut.a_col_last_q [0] && \u_dut.plane_q <= \u_dut.a_plane_last_q && \u_dut.col_q <= \u_dut.a_col_last_q );
        assert ({4'd0, \u_dut.a_sub_q != 3'd0 && !\u_dut.a_sub_q [2]} + {3'd0, \u_dut.a_head_q == 2'd0 ? 2'd0 : \u_dut.a_head_q == 2'd2 ? 2'd2 : 2'd1}
                <= {\u_dut.a_plane_last_q , 1'b1});
      end else assert (!f_inside);

      cover (f_popped_q == 2'd2 && f_due == 2'd2 && \u_dut.col_q [0]);
    end
  end
  // ---- Second slots ------------------------------------------------------------------------------------------------------------
  logic f_first, f_second, f_first_q, f_dry;             // slots given to the dequantizer; no second one in it
  assign f_first  = \u_dut.g_stripe[0].u_stripe.u_valid_q && \u_dut.g_stripe[0].u_stripe.u_last_q && !\u_dut.g_stripe[0].u_stripe.u_second_q ;
  assign f_second = \u_dut.g_stripe[0].u_stripe.u_valid_q && \u_dut.g_stripe[0].u_stripe.u_second_q ;
  assign f_dry    = !\u_dut.g_stripe[0].u_stripe.u_dequant.f_wet_q ;
  always @(posedge clk_i) f_first_q <= rst_ni && f_first;
  always @(posedge clk_i) if (rst_ni) begin
    if (f_second) assert (\u_dut.g_stripe[0].u_stripe.u_last_q && f_first_q);
    if (f_first && f_first_q) assert (f_dry);

    // No second slot in front of one that may follow another directly
    if (f_first && f_u_many_q) assert (f_dry);
    if (f_many[3]) assert (f_dry && !f_second);
    if (f_many[2]) assert (f_dry && !f_second && !(f_valid[3] && f_two[3]));
    if (f_many[1]) assert (f_dry && !f_second && !(f_valid[3] && f_two[3]) && !(f_valid[2] && f_two[2]));
    if (f_many[0]) assert (f_dry && !f_second && !(f_valid[3] && f_two[3]) && !(f_valid[2] && f_two[2]) && !(f_valid[1] && f_two[1]));
    if (!\u_dut.draining ) assert (f_dry && !\u_dut.g_stripe[0].u_stripe.u_valid_q && f_valid == 4'd0 && !\u_dut.g_stripe[0].u_stripe.u_dequant.f_was_q );
    if (\u_dut.a_drain_q ? !\u_dut.a_valid_q : \u_dut.a_head_q != 2'd2) assert (f_dry && !f_second && (f_valid & f_two) == 4'd0);
    if (\u_dut.a_valid_q && \u_dut.a_drain_q ) assert (!f_inside);
    if (f_first && !f_u_many_q) assert (f_valid[3] && f_two[3] && \u_dut.d_second_q );
    if (f_valid[3] && \u_dut.d_second_q ) assert (f_first);
    if (f_second) assert (!f_u_many_q);

    cover (f_first && f_first_q && f_u_many_q);
  end

endmodule

`default_nettype wire
