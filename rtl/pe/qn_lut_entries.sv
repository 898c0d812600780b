// SPDX-License-Identifier: Apache-2.0
// qn_lut_entries: builder and registers of one table of qn_lut_tile: the eight sums a3 +- a2 +- a1 +- a0 of four activations, new every clock.
// Two stages: sums and differences of two, then of four. The table leaves in segments of Seg bits, each a clock behind the one below it.

`default_nettype none

module qn_lut_entries #(
  parameter int ActW = 8,
  parameter int Seg  = 8,
  parameter TableW = ActW + 2
) (
  input  logic                clk_i,
  input  logic [4*ActW-1:0]   act_i,       // registered
  output logic [8*TableW-1:0] table_o,     // entry e at TableW e, bit k of e: a[k] counts +; 3 clocks later, segment s after 3 + s
  output logic [TableW-1:0]   all_o        // entry 7, all of it in the third clock
);

  localparam int PairW = ActW + 1;
  logic [PairW-1:0] a0, a1, a2, a3, p_q, m_q, lp_q, lm_q;
  assign a0 = {act_i[ActW-1],   act_i[0 +: ActW]};
  assign a1 = {act_i[2*ActW-1], act_i[ActW +: ActW]};
  assign a2 = {act_i[3*ActW-1], act_i[2*ActW +: ActW]};
  assign a3 = {act_i[4*ActW-1], act_i[3*ActW +: ActW]};
  always_ff @(posedge clk_i) begin
    p_q  <= a3 + a2;
    m_q  <= a3 - a2;
    lp_q <= a1 + a0;
    lm_q <= a1 - a0;
  end

  genvar e, s;
  generate
    for (e = 0; e < 8; e = e + 1) begin : g_entry
      localparam [2:0] PLUS = e;
      logic [PairW-1:0]  upper, lower;
      logic [TableW-1:0] entry_q;
      assign upper = PLUS[2] ? p_q : m_q;
      assign lower = PLUS[1] == PLUS[0] ? lp_q : lm_q;
      if (PLUS[1]) begin : g_plus
        always_ff @(posedge clk_i) entry_q <= {upper[PairW-1], upper} + {lower[PairW-1], lower};
      end else begin : g_minus
        always_ff @(posedge clk_i) entry_q <= {upper[PairW-1], upper} - {lower[PairW-1], lower};
      end
      for (s = 0; s < TableW; s = s + Seg) begin : g_seg
        localparam int Width = TableW - s < Seg ? TableW - s : Seg;
        qn_delay #(.Width(Width), .Clocks(s / Seg)) u_skew (.clk_i, .in_i(entry_q[s +: Width]), .out_o(table_o[TableW*e + s +: Width]));
      end
      if (e == 7) begin : g_all
        assign all_o = entry_q;
      end
    end
  endgenerate

endmodule

`default_nettype wire
