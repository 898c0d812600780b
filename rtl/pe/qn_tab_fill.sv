// SPDX-License-Identifier: Apache-2.0
// qn_tab_fill: makes the words of a table one a clock, for Rows rows: walks through all codes in the order of their numbers, in which each step turns a digit up
// by one and the digits below it back to 0: so a step adds one of a few increments, which are kept in distributed RAM.

`default_nettype none

module qn_tab_fill #(
  parameter int Rows = 3,
  parameter int SumW = 11
) (
  input  logic                 clk_i,
  input  logic                 we_i,       // an increment
  input  logic [3:0]           waddr_i,
  input  logic [SumW*Rows-1:0] step_i,
  input  logic [3:0]           raddr_i,    // which increment is added
  input  logic                 start_i,    // the word is 0 instead
  output logic [SumW*Rows-1:0] word_o      // two clocks later
);

  logic [SumW*Rows-1:0] step, step_q;
  logic                 start_q;
  qn_ram16 #(.Width(SumW*Rows)) u_steps (.clk_i, .we_i, .waddr_i, .wdata_i(step_i), .raddr_i, .rdata_o(step));
  genvar r;
  generate
    for (r = 0; r < Rows; r = r + 1) begin : g_row
      always_ff @(posedge clk_i)
        word_o[SumW*r +: SumW] <= start_q ? '0 : word_o[SumW*r +: SumW] + step_q[SumW*r +: SumW];
    end
  endgenerate
  always_ff @(posedge clk_i) begin
    step_q  <= step;
    start_q <= start_i;
  end

endmodule

`default_nettype wire
