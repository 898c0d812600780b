// SPDX-License-Identifier: Apache-2.0
// qn_lut_entries: builder and registers of one table of qn_lut_tile: the eight sums D = a3 +- a2 +- a1 +- a0 of four activations, new every clock.
// An entry is half of its sum, rounded down, and even_o says that nothing was lost, which is the same for all eight: so
//   D = 2 E + !even        -D = 2 (~E + even) + !even
// and what takes the entries leaves !even out, a number of the activations alone. Two stages: sums and differences of two, then of four.

`default_nettype none

module qn_lut_entries #(
  parameter int ActW = 8,
  parameter TableW = ActW + 1
) (
  input  logic                clk_i,
  input  logic [4*ActW-1:0]   act_i,       // registered
  output logic [8*TableW-1:0] table_o,     // entry e at TableW e, bit k of e: a[k] counts +; 2 clocks later
  output logic                even_o       // with them
);

  localparam int PairW = ActW + 1;
  logic [PairW-1:0] a0, a1, a2, a3, p_q, m_q, lp_q, lm_q;
  /* verilator lint_off UNUSEDSIGNAL */    // the lowest bit
  logic [8*(PairW+1)-1:0] sums;
  /* verilator lint_on UNUSEDSIGNAL */
  assign a0 = {act_i[ActW-1],   act_i[0 +: ActW]};
  assign a1 = {act_i[2*ActW-1], act_i[ActW +: ActW]};
  assign a2 = {act_i[3*ActW-1], act_i[2*ActW +: ActW]};
  assign a3 = {act_i[4*ActW-1], act_i[3*ActW +: ActW]};
  always_ff @(posedge clk_i) begin
    p_q  <= a3 + a2;
    m_q  <= a3 - a2;
    lp_q <= a1 + a0;
    lm_q <= a1 - a0;
    even_o <= p_q[0] == lp_q[0];
  end

  genvar e;
  generate
    for (e = 0; e < 8; e = e + 1) begin : g_entry
      localparam [2:0] PLUS = e;
      logic [PairW-1:0]  upper, lower;
      assign upper = PLUS[2] ? p_q : m_q;
      assign lower = PLUS[1] == PLUS[0] ? lp_q : lm_q;
      if (PLUS[1]) begin : g_plus
        assign sums[(PairW+1)*e +: PairW + 1] = {upper[PairW-1], upper} + {lower[PairW-1], lower};
      end else begin : g_minus
        assign sums[(PairW+1)*e +: PairW + 1] = {upper[PairW-1], upper} - {lower[PairW-1], lower};
      end
      always_ff @(posedge clk_i) table_o[TableW*e +: TableW] <= sums[(PairW+1)*e + 1 +: TableW];
    end
  endgenerate

endmodule

`default_nettype wire
