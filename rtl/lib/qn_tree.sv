// SPDX-License-Identifier: Apache-2.0
// qn_tree: sum of Count numbers of Width bits, two's complement, by pairs, a register after every Join levels and the last: $clog2(Count) / Join clocks,
// rounded up. The module is recursive.

`default_nettype none

module qn_tree #(
  parameter int Count = 26,
  parameter int Width = 11,
  parameter int Join  = 1,
  parameter int Level = 1,                 // of Join
  parameter SumW = Width + $clog2(Count)
) (
  /* verilator lint_off UNUSEDSIGNAL */    // of one number
  input  logic                   clk_i,
  /* verilator lint_on UNUSEDSIGNAL */
  input  logic [Width*Count-1:0] in_i,
  output logic [SumW-1:0]        sum_o
);

  localparam int Half = (Count + 1) / 2;
  generate
    if (Count == 1) begin : g_one
      assign sum_o = in_i;
    end else begin : g_level
      logic [(Width+1)*Half-1:0] next, rest;
      genvar i;
      for (i = 0; i < Half; i = i + 1) begin : g_pair
        logic [Width-1:0] a, b;
        assign a = in_i[2*Width*i +: Width];
        if (2 * i + 1 < Count) begin : g_two
          assign b = in_i[2*Width*i + Width +: Width];
        end else begin : g_left
          assign b = '0;
        end
        assign next[(Width+1)*i +: Width + 1] = {a[Width-1], a} + {b[Width-1], b};
      end
      qn_delay #(.Width((Width + 1) * Half), .Clocks(Level == Join || Half == 1 ? 1 : 0)) u_level (.clk_i, .in_i(next), .out_o(rest));
      qn_tree #(.Count(Half), .Width(Width + 1), .Join(Join), .Level(Level == Join ? 1 : Level + 1)) u_rest (.clk_i, .in_i(rest), .sum_o);
    end
  endgenerate

endmodule

`default_nettype wire
