// SPDX-License-Identifier: Apache-2.0
// qn_rows: the processing elements: Rows rows of Depth lanes that see the same plane, of the element that the target names (target.def).
// Ports, clocks and bits are the same for every element, but for the clocks that the loading of a slice takes (ELEMENT_PAIR_CLOCKS, ELEMENT_TAIL_CLOCKS).

`default_nettype none

module qn_rows #(
  parameter int Element = qn_isa_pkg::ELEMENT_SHIFTADD,
  parameter int Rows    = 16,
  parameter int Depth   = 32,              // lanes a clock: 8, 16 or 32
  parameter PairW = $clog2(Rows) - 1
) (
  input  logic               clk_i,
  /* verilator lint_off UNUSEDSIGNAL */    // the builder's
  input  logic               rst_ni,
  /* verilator lint_on UNUSEDSIGNAL */

  input  logic               load_i,       // 8 activations for both rows of a pair: four loads in a row, elements 0..7 first;
  input  logic [PairW-1:0]   load_pair_i,  //   none in the clock after a swap
  /* verilator lint_off UNUSEDSIGNAL */
  input  logic               load_last_i,  // the fourth
  /* verilator lint_on UNUSEDSIGNAL */
  input  logic [127:0]       load_data_i,  // {odd row, even row}
  input  logic [Rows-1:0]    swap_i,       // the row computes with what was loaded from the next clock on

  input  logic [Rows-1:0]    en_i,         // the plane counts for the row
  input  logic [1:0]         part_i,       // part of the plane: lanes Depth x part_i and on
  input  logic [Depth-1:0]   plane_i,      // bit k: activation Depth x part_i + k
  input  logic               first_i,      // first plane of a column: forget the partials
  input  logic               neg_i,        // first plane of signed codes: it counts negative
  output logic [56*Rows-1:0] partial_o     // {hi, lo} of each row, signed: |.| <= 16 x 2^7 x 2^15, 2 clocks after the last part
);

  genvar r;
  generate
    if (Element == qn_isa_pkg::ELEMENT_LUT) begin : g_lut
      localparam int Sums = Depth == 8 ? 4 : 2;
      logic               we;
      logic [PairW-1:0]   pair;
      logic [2:0]         entry;
      logic [159:0]       data;
      logic [24*Sums-1:0] sum;
      qn_lut_build #(.PairW(PairW), .Depth(Depth)) u_build (
        .clk_i, .rst_ni, .load_i, .load_pair_i, .load_last_i, .load_data_i,
        .we_o(we), .pair_o(pair), .entry_o(entry), .data_o(data), .sum_o(sum));

      for (r = 0; r < Rows; r = r + 1) begin : g_row
        localparam [31:0] Row = r;
        qn_row_lut #(.Depth(Depth)) u_row (
          .clk_i, .rst_ni,
          .load_i(we && pair == Row[PairW:1]), .load_entry_i(entry), .load_data_i(data[80*(r%2) +: 80]),
          .load_sum_i(sum[12*Sums*(r%2) +: 12*Sums]), .swap_i(swap_i[r]),
          .en_i(en_i[r]), .part_i, .plane_i, .first_i, .neg_i, .lo_o(partial_o[56*r +: 28]), .hi_o(partial_o[56*r+28 +: 28]));
      end
    end else if (Element == qn_isa_pkg::ELEMENT_MUL) begin : g_mul
      for (r = 0; r < Rows; r = r + 1) begin : g_row
        localparam [31:0] Row = r;
        qn_row_mul #(.Depth(Depth)) u_row (
          .clk_i,
          .load_i(load_i && load_pair_i == Row[PairW:1]), .load_data_i(load_data_i[64*(r%2) +: 64]), .swap_i(swap_i[r]),
          .en_i(en_i[r]), .part_i, .plane_i, .first_i, .neg_i, .lo_o(partial_o[56*r +: 28]), .hi_o(partial_o[56*r+28 +: 28]));
      end
    end else begin : g_shiftadd
      for (r = 0; r < Rows; r = r + 1) begin : g_row
        localparam [31:0] Row = r;
        qn_row_shiftadd #(.Depth(Depth)) u_row (
          .clk_i,
          .load_i(load_i && load_pair_i == Row[PairW:1]), .load_data_i(load_data_i[64*(r%2) +: 64]), .swap_i(swap_i[r]),
          .en_i(en_i[r]), .part_i, .plane_i, .first_i, .neg_i, .lo_o(partial_o[56*r +: 28]), .hi_o(partial_o[56*r+28 +: 28]));
      end
    end
  endgenerate

endmodule

`default_nettype wire
