// SPDX-License-Identifier: Apache-2.0
// qn_lut_col: one output of qn_lut_tile in one row: looks the row's broadcast table up, negates, accumulates.
// The sum is cut into segments of Seg bits with a register for the carry between them, each a clock behind the one below it; so are the table's
// bits, which the tile delays for all columns, the code, which it delays for all rows, and the controls. After the last step of a
// sum its segment s is complete s clocks later than segment 0. A ripple of Seg full adders is all that one clock holds.

`default_nettype none

module qn_lut_col #(
  parameter int TableW = 10,               // an entry
  parameter int SumW   = 22,               // TableW or more
  parameter int Seg    = 8,
  parameter Segs  = (SumW + Seg - 1) / Seg,
  parameter Picks = (TableW + Seg - 1) / Seg  // segments that the table reaches
) (
  input  logic                clk_i,
  input  logic [8*TableW-1:0] table_i,     // entry e at TableW e; bits of segment s delayed by s clocks
  input  logic [8*Picks-1:0]  pick_i,      // the entry, one-hot, of segment s at 8 s; none: 0 is added
  input  logic [Picks-1:0]    minus_i,     // the entry's negation is added
  input  logic [Segs-1:0]     keep_i,      // of each segment: the sum so far is added to, or
  input  logic [Segs-1:0]     double_i,    // twice the sum so far; neither: it starts anew
  output logic [SumW-1:0]     sum_o
);

  logic [Segs:0] carry, below;             // into a segment: the carry, and the bit that doubling moves up
  logic [Segs:0] sign;                     // above the table, of the segment below, a clock ago
  assign carry[0] = minus_i[0];
  assign below[0] = 1'b0;
  assign sign[0]  = 1'b0;

  genvar s, b, e;
  generate
    for (s = 0; s < Segs; s = s + 1) begin : g_seg
      localparam int Low   = Seg * s;
      localparam int Width = SumW - Low < Seg ? SumW - Low : Seg;
      logic [Width-1:0] term, old, base, total;
      logic [Width:0]   ripple, doubled;
      logic             carry_q, top_q, sign_q;
      if (Low < TableW) begin : g_table
        localparam int Bits = TableW - Low < Width ? TableW - Low : Width;
        logic [Bits-1:0] looked;
        for (b = 0; b < Bits; b = b + 1) begin : g_bit
          logic [7:0] entries;
          for (e = 0; e < 8; e = e + 1) begin : g_entry
            assign entries[e] = table_i[TableW*e + Low + b];
          end
          assign looked[b] = (|(entries & pick_i[8*s +: 8])) ^ minus_i[s];
        end
        if (Bits < Width) begin : g_top
          assign term = {{Width-Bits{looked[Bits-1]}}, looked};
        end else begin : g_all
          assign term = looked;
        end
      end else begin : g_above
        assign term = {Width{sign[s]}};
      end
      for (b = 0; b < Width; b = b + 1) begin : g_add
        qn_fa u_fa (.a_i(base[b]), .b_i(term[b]), .c_i(ripple[b]), .sum_o(total[b]), .carry_o(ripple[b+1]));
      end
      assign old  = sum_o[Low +: Width];
      assign doubled = {old, below[s]};
      assign base = (old & {Width{keep_i[s]}}) | (doubled[Width-1:0] & {Width{double_i[s]}});
      assign ripple[0] = carry[s];
      always_ff @(posedge clk_i) begin
        sum_o[Low +: Width] <= total;
        carry_q <= ripple[Width];
        top_q   <= doubled[Width];
        sign_q  <= term[Width-1];
      end
      assign carry[s+1] = carry_q;
      assign below[s+1] = top_q;
      assign sign[s+1]  = sign_q;
    end
  endgenerate

  logic unused;                            // nothing is above the top segment
  assign unused = carry[Segs] ^ below[Segs] ^ (^sign);

endmodule

`default_nettype wire
