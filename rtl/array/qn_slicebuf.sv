// SPDX-License-Identifier: Apache-2.0
// qn_slicebuf: quantized activations, Slices slices of 32 bytes for each row, with a scale and the sums of the codes of each half, or Q8_1's d, s and sum.
// Two banks: even rows and odd rows. A read gives 8 activations of both rows of a pair one clock later; the quantizer
// writes 8 x Lanes bits of one row, or of both rows of a pair, a clock. A slice read while it is written reads as anything.
// Rows x Slices x 315 bits of block RAM.

`default_nettype none

module qn_slicebuf #(
  parameter int Rows   = 16,
  parameter int Slices = 64,
  parameter int Lanes  = 8,                // 4 or 8
  parameter RowW   = $clog2(Rows),
  parameter SliceW = $clog2(Slices),
  parameter BeatW  = $clog2(32 / Lanes)
) (
  input  logic               clk_i,

  input  logic               qb_we_i,      // codes
  input  logic               qb_pair_i,    // both rows of a pair: qb_row_i is even, the odd row gets ..2_i
  input  logic [RowW-1:0]    qb_row_i,
  input  logic [SliceW-1:0]  qb_slice_i,
  input  logic [BeatW-1:0]   qb_beat_i,    // elements Lanes x beat and on
  input  logic [8*Lanes-1:0] qb_data_i,
  input  logic [8*Lanes-1:0] qb_data2_i,
  input  logic               qb_side_we_i, // scale and sums
  input  logic [RowW-1:0]    qb_side_row_i,
  input  logic [SliceW-1:0]  qb_side_slice_i,
  input  logic               qb_s_i,       // Q8_1: scale is {s, d} of FP16, sum_lo that of all codes
  input  logic [31:0]        qb_scale_i,
  input  logic [12:0]        qb_sum_lo_i,  // of elements 0..15, signed
  input  logic [12:0]        qb_sum_hi_i,  // of elements 16..31
  input  logic [31:0]        qb_scale2_i,
  input  logic [12:0]        qb_sum2_lo_i,
  input  logic [12:0]        qb_sum2_hi_i,

  input  logic               re_i,
  input  logic [RowW-2:0]    pair_i,
  input  logic [SliceW-1:0]  slice_i,
  input  logic [1:0]         beat_i,
  output logic [127:0]       data_o,       // {odd row, even row}, one clock after re_i
  output logic [117:0]       side_o        // {odd row, even row}, each {s, sum_hi, sum_lo, scale}
);

  localparam int Chunks = 8 / Lanes;       // writes that fill 64 bits
  localparam int Words  = Rows / 2 * Slices;

  genvar b, c;
  generate
    for (b = 0; b < 2; b = b + 1) begin : g_bank
      logic               hit, side_hit;
      logic [8*Lanes-1:0] data;
      logic [58:0]        side;
      assign hit  = qb_pair_i || qb_row_i[0] == b;
      assign data = b == 1 && qb_pair_i ? qb_data2_i : qb_data_i;
      assign side_hit = qb_pair_i || qb_side_row_i[0] == b;
      assign side = b == 1 && qb_pair_i ? {1'b0, qb_sum2_hi_i, qb_sum2_lo_i, qb_scale2_i} : {qb_s_i, qb_sum_hi_i, qb_sum_lo_i, qb_scale_i};

      for (c = 0; c < Chunks; c = c + 1) begin : g_chunk
        (* no_rw_check *) logic [8*Lanes-1:0] mem [0:4*Words-1];
        logic [8*Lanes-1:0] data_q;
        logic               we;
        logic [1:0]         beat;
        assign we   = qb_we_i && hit && (Chunks == 1 || qb_beat_i[0] == c);
        assign beat = qb_beat_i[BeatW-1 -: 2];
        always_ff @(posedge clk_i) begin
          if (we)   mem[{qb_row_i[RowW-1:1], qb_slice_i, beat}] <= data;
          if (re_i) data_q <= mem[{pair_i, slice_i, beat_i}];
        end
        assign data_o[64*b + 8*Lanes*c +: 8*Lanes] = data_q;
      end

      (* no_rw_check *) logic [58:0] side_mem [0:Words-1];
      logic [58:0] side_q;
      always_ff @(posedge clk_i) begin
        if (qb_side_we_i && side_hit) side_mem[{qb_side_row_i[RowW-1:1], qb_side_slice_i}] <= side;
        if (re_i)                     side_q <= side_mem[{pair_i, slice_i}];
      end
      assign side_o[59*b +: 59] = side_q;
    end
  endgenerate

endmodule

`default_nettype wire
