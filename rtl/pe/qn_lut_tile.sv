// SPDX-License-Identifier: Apache-2.0
// qn_lut_tile: the elongated tile of LUT Tensor Core, whole: Rows rows x Cols outputs x 4 activations, one bit of each weight a clock.
// Inside: registers of activations and weights, the builder (all eight entries of a row's table every clock, so nothing ever waits for it), the
// table's registers, broadcast to all columns, decoding of the codes, control, and the sums.
//
// A step: four activations a row; in the clock after them valid_i, the controls and a code of 4 bits for each column, bit k the sign of a[k]
// (1: +). The sum becomes (double ? 2 sum : keep ? sum : 0) plus the signed sum, or minus it with neg_i. A sum is complete Segs + 2 clocks
// after the step; it is kept while there is no step. Weights of W bits take W passes over the depth, most significant plane first, the
// first step of a pass with double_i (of the first pass: neither keep nor double), the others with keep_i. That makes D, the sum over
// planes of 2^p x signed sums (the top plane negative for two's complement). Binary weights (+1, -1) are D itself; for two's complement
// codes the dot product is (D - S) / 2, S the sum of the activations, sum_act_o: a dequantizer takes it off as it does for a minimum.
// |a| <= 2^(ActW-1) - 1; SumW = ActW + log2(depth) + W - 1 bits are enough.

`default_nettype none

module qn_lut_tile #(
  parameter int Rows = 2,
  parameter int Cols = 64,
  parameter int ActW = 8,
  parameter int SumW = 22,
  parameter int Seg  = 8,
  parameter TableW = ActW + 2,
  parameter Segs  = (SumW + Seg - 1) / Seg,
  parameter Picks = (TableW + Seg - 1) / Seg
) (
  input  logic                      clk_i,
  input  logic [4*ActW*Rows-1:0]    act_i,       // activation k of row r at ActW (4 r + k)
  input  logic                      valid_i,     // what follows belongs to the activations of the clock before
  input  logic                      keep_i,
  input  logic                      double_i,
  input  logic                      neg_i,
  input  logic                      count_i,     // the activations are added to sum_act_o, too; with neither keep nor double it starts with them
  input  logic [4*Cols-1:0]         code_i,
  output logic [SumW*Rows*Cols-1:0] sum_o,       // of row r, column c at SumW (Rows c + r)
  output logic [SumW*Rows-1:0]      sum_act_o
);

  logic [4*ActW*Rows-1:0] act_q;
  logic [4*Cols-1:0]      code_q;
  logic                   valid_q, neg_q, i_keep_q, i_double_q, i_count_q, count_q;
  logic [Segs-1:0]        keep_q, double_q;      // of each segment
  always_ff @(posedge clk_i) begin
    act_q      <= act_i;
    code_q     <= code_i;
    valid_q    <= valid_i;
    neg_q      <= neg_i;
    i_keep_q   <= keep_i || !valid_i;
    i_double_q <= double_i && valid_i;
    i_count_q  <= count_i && valid_i;
    count_q    <= i_count_q;
    keep_q     <= {keep_q[Segs-2:0], i_keep_q && !i_double_q};
    double_q   <= {double_q[Segs-2:0], i_double_q};
  end

  genvar r, c, e;
  logic [8*TableW*Rows-1:0] tables;
  generate
    for (r = 0; r < Rows; r = r + 1) begin : g_row
      logic [TableW-1:0] all;
      logic [SumW-1:0]   own_q;
      qn_lut_entries #(.ActW(ActW), .Seg(Seg)) u_entries (
        .clk_i, .act_i(act_q[4*ActW*r +: 4*ActW]), .table_o(tables[8*TableW*r +: 8*TableW]), .all_o(all));
      always_ff @(posedge clk_i) if (count_q) own_q <= (keep_q[0] ? own_q : '0) + {{SumW-TableW{all[TableW-1]}}, all};
      assign sum_act_o[SumW*r +: SumW] = own_q;
    end

    for (c = 0; c < Cols; c = c + 1) begin : g_col
      // For all rows: the code as an entry, one-hot, and its negation, for each segment
      logic [2:0]         index;
      logic               minus;
      logic [8*Picks-1:0] pick_q;
      logic [Picks-1:0]   minus_q;
      assign index = code_q[4*c +: 3] ^ {3{!code_q[4*c+3]}};
      assign minus = valid_q && (!code_q[4*c+3] ^ neg_q);
      for (e = 0; e < 8; e = e + 1) begin : g_pick
        localparam [2:0] ENTRY = e;
        always_ff @(posedge clk_i) pick_q[e] <= valid_q && index == ENTRY;
      end
      always_ff @(posedge clk_i) minus_q[0] <= minus;
      if (Picks > 1) begin : g_skew
        always_ff @(posedge clk_i) begin
          pick_q[8*Picks-1:8] <= pick_q[8*Picks-9:0];
          minus_q[Picks-1:1]  <= minus_q[Picks-2:0];
        end
      end
      for (r = 0; r < Rows; r = r + 1) begin : g_row
        qn_lut_col #(.TableW(TableW), .SumW(SumW), .Seg(Seg)) u_col (
          .clk_i, .table_i(tables[8*TableW*r +: 8*TableW]), .pick_i(pick_q), .minus_i(minus_q),
          .keep_i(keep_q), .double_i(double_q), .sum_o(sum_o[SumW*(Rows*c+r) +: SumW]));
      end
    end
  endgenerate

endmodule

`default_nettype wire
