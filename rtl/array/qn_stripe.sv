// SPDX-License-Identifier: Apache-2.0
// qn_stripe: one 32-bit stripe of the matrix unit: rows that see its planes, the headers of its columns, its dequantization units and accumulators.
//
//   plane  -> rows -> holds -> deal -> dequantization units -> accumulators
//   header -> of a pair, of a column --^
//
// All that is common to the stripes (what a plane is, when columns are held and dealt, the rows' scales and sums) comes from qn_matrix.
// Lane i of the deal holds row {group, i} and goes to unit (i + column) mod Dequants, so the bank of a unit holds one of its columns a row.

`default_nettype none

module qn_stripe #(
  parameter int Element  = qn_isa_pkg::ELEMENT_SHIFTADD,
  parameter int Rows     = 16,
  parameter int Depth    = 32,
  parameter int Dequants = 4,
  parameter ColW   = 8,                    // columns of this stripe
  parameter RowW   = $clog2(Rows),
  parameter Groups = Rows / Dequants,
  parameter GroupW = $clog2(Groups),
  parameter AddrW  = GroupW + ColW
) (
  input  logic                      clk_i,
  input  logic                      rst_ni,

  input  logic                      load_i,        // activations and planes: see qn_array
  input  logic [RowW-2:0]           load_pair_i,
  input  logic                      load_last_i,
  input  logic [127:0]              load_data_i,
  input  logic                      swap_i,
  input  logic [RowW:0]             rows_i,
  input  logic                      valid_i,
  input  logic [31:0]               plane_i,
  input  logic                      first_i,
  input  logic                      neg_i,

  input  logic                      head_sub_i,    // head_i is a pair's word of sub-scales
  input  logic                      head_float_i,  // head_i is a word of float headers
  input  logic [31:0]               head_i,

  input  logic                      hold_load_i,   // a column is complete: partials to the holds, and its headers
  input  logic                      hold_next_i,   // it will be in the next clock
  input  logic [Groups-1:0]         hold_next_use_i,
  input  logic                      hold_shift_i,
  input  logic                      hold_odd_i,    // taken with hold_load_i: the second column of its pair
  input  logic [1:0]                hold_head_i,   //   its format's float headers

  input  logic                      deal_valid_i,  // a slot: a group of rows of the column held
  input  logic                      deal_second_i,
  input  logic                      deal_first_i,  // slice is the first, the last of a block
  input  logic                      deal_last_i,
  input  logic                      deal_zero_i,
  input  logic                      deal_done_i,   // last slot of an instruction
  input  logic [2:0]                deal_sub_i,
  input  logic                      deal_twice_i,  // values are 2 c + 1
  input  logic [GroupW-1:0]         deal_group_i,
  input  logic [ColW-1:0]           deal_col_i,
  input  logic [92*Dequants-1:0]    deal_side_i,   // for each lane: row computes, {s, sum_hi, sum_lo, scale of second slots, of first slots}
  output logic                      done_o,        // the sum of the slot with deal_done_i is readable
  output logic                      busy_o,        // a slot dealt before will not have left its sum in the next clock

  input  logic                      acc_re_i,
  input  logic [AddrW*Dequants-1:0] acc_addr_i,
  output logic [32*Dequants-1:0]    acc_data_o     // one clock later, by bank
);

  localparam int UnitW = Dequants > 1 ? $clog2(Dequants) : 1;

  logic [56*Dequants-1:0] lanes;
  qn_array #(.Element(Element), .Rows(Rows), .Depth(Depth), .Lanes(Dequants)) u_array (
    .clk_i, .rst_ni, .load_i, .load_pair_i, .load_last_i, .load_data_i, .swap_i, .rows_i, .valid_i, .plane_i, .first_i, .neg_i,
    .hold_next_i, .hold_next_use_i, .hold_shift_i, .lane_o(lanes));

  // Headers as they come, of the column in the holds (d and m as FP32), and of the odd one after it
  logic [31:0] h_scales_q, h_float0_q, h_float1_q, d_d_q, d_m_q, half_d, half_m;
  logic [15:0] d_scales_q, odd_scales_q, odd_d_q, odd_m_q, next_d, next_m;
  assign next_d = hold_odd_i ? odd_d_q : hold_head_i == 2'd2 ? h_float0_q[15:0] : h_float1_q[15:0];
  assign next_m = hold_odd_i ? odd_m_q : h_float0_q[31:16];
  qn_half u_half_d (.h_i(next_d), .y_o(half_d));
  qn_half u_half_m (.h_i(next_m), .y_o(half_m));
  always_ff @(posedge clk_i) begin
    if (head_sub_i) h_scales_q <= head_i;
    if (head_float_i) begin
      h_float0_q <= h_float1_q;
      h_float1_q <= head_i;
    end
    if (hold_load_i) begin
      d_scales_q <= hold_odd_i ? odd_scales_q : h_scales_q[15:0];
      d_d_q      <= hold_head_i == 2'd0 ? 32'h3f800000 : hold_head_i == 2'd3 ? {next_d, 16'd0} : half_d;
      d_m_q      <= half_m;
      if (!hold_odd_i) begin
        odd_scales_q <= h_scales_q[31:16];
        odd_d_q      <= hold_head_i == 2'd2 ? h_float1_q[15:0] : h_float1_q[31:16];
        odd_m_q      <= h_float1_q[31:16];
      end
    end
  end

  // The slot, registered: stage 0 of the units
  localparam int LaneW = 59 + 56;          // row computes, sums, scale; partials
  logic                      u_valid_q, u_second_q, u_first_q, u_last_q, u_zero_q, u_done_q, u_plain_q, u_halves_q, u_twice_q;
  logic [AddrW-1:0]          u_addr_q;
  logic [8:0]                u_sc_lo_q, u_sc_hi_q, u_mn_lo_q, u_mn_hi_q;
  logic [31:0]               u_head_q;
  logic [LaneW*Dequants-1:0] dealt, rotated, u_lane_q;
  logic [Dequants-1:0]       u_mask, u_next;
  logic [28*Dequants-1:0]    u_lo, u_hi;
  logic [26*Dequants-1:0]    u_asum;
  logic [32*Dequants-1:0]    u_scale;

  qn_rotate #(.Width(LaneW), .Count(Dequants)) u_rotate (.by_i(deal_col_i[UnitW-1:0]), .in_i(dealt), .out_o(rotated));

  genvar i;
  generate
    for (i = 0; i < Dequants; i = i + 1) begin : g_unit
      // Q8_1's s is a sum already multiplied; odd values want the sum itself
      logic        s;
      logic [25:0] sums;
      logic [31:0] second, first;
      assign {s, sums, second, first} = deal_side_i[92*i +: 91];
      assign dealt[LaneW*i +: LaneW] = {deal_side_i[92*i + 91], !s ? sums : {13'd0, deal_twice_i ? sums[12:0] : 13'd1},
                                        deal_second_i && deal_sub_i == 3'd0 ? second : first, lanes[56*i +: 56]};
      assign {u_mask[i], u_asum[26*i +: 26], u_scale[32*i +: 32], u_hi[28*i +: 28], u_lo[28*i +: 28]}
             = u_lane_q[LaneW*i +: LaneW];
      assign u_next[i] = deal_valid_i && rotated[LaneW*i + LaneW - 1];
    end
  endgenerate

  always_ff @(posedge clk_i) begin
    if (!rst_ni) u_valid_q <= 1'b0;
    else         u_valid_q <= deal_valid_i;
  end
  always_ff @(posedge clk_i) begin
    if (deal_valid_i) begin
      u_second_q <= deal_second_i;
      u_first_q  <= deal_first_i;
      u_last_q   <= deal_last_i;
      u_zero_q   <= deal_zero_i;
      u_done_q   <= deal_done_i;
      u_addr_q   <= {deal_group_i, deal_col_i};
      u_plain_q  <= deal_sub_i == 3'd0;
      u_twice_q  <= deal_twice_i;
      u_halves_q <= deal_sub_i == 3'd4;
      case (deal_sub_i)                    // of each half: scale, minimum
        3'd0:    {u_sc_lo_q, u_sc_hi_q, u_mn_lo_q, u_mn_hi_q} <= {9'd1, 9'd1, 9'd1, 9'd1};
        3'd1:    {u_sc_lo_q, u_sc_hi_q, u_mn_lo_q, u_mn_hi_q} <= {{2{1'b0, d_scales_q[7:0]}}, {2{1'b0, d_scales_q[15:8]}}};
        3'd2:    {u_sc_lo_q, u_sc_hi_q, u_mn_lo_q, u_mn_hi_q} <= {d_scales_q[7], d_scales_q[7:0], d_scales_q[15], d_scales_q[15:8], 18'd0};
        3'd3:    {u_sc_lo_q, u_sc_hi_q, u_mn_lo_q, u_mn_hi_q} <= {5'd0, d_scales_q[3:0], 5'd0, d_scales_q[7:4],
                                                                  5'd0, d_scales_q[11:8], 5'd0, d_scales_q[15:12]};
        default: {u_sc_lo_q, u_sc_hi_q, u_mn_lo_q, u_mn_hi_q} <= {9'd1, 9'd0, 9'd1, 9'd0};
      endcase
      u_head_q   <= deal_second_i ? d_m_q : d_d_q;
      u_lane_q   <= rotated;
    end
  end

  qn_dequant #(.Units(Dequants), .AddrW(AddrW)) u_dequant (
    .clk_i, .rst_ni,
    .next_i(u_next), .valid_i(u_valid_q), .mask_i(u_mask), .second_i(u_second_q), .first_i(u_first_q), .last_i(u_last_q), .zero_i(u_zero_q),
    .done_i(u_done_q), .addr_i(u_addr_q), .plain_i(u_plain_q), .twice_i(u_twice_q), .sc_lo_i(u_sc_lo_q), .sc_hi_i(u_sc_hi_q), .mn_lo_i(u_mn_lo_q), .mn_hi_i(u_mn_hi_q), .halves_i(u_halves_q),
    .head_i(u_head_q), .lo_i(u_lo), .hi_i(u_hi), .asum_i(u_asum), .scale_i(u_scale),
    .done_o, .busy_o, .acc_re_i, .acc_addr_i, .acc_data_o);

endmodule

`default_nettype wire
