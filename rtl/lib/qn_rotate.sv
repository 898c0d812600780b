// SPDX-License-Identifier: Apache-2.0
// qn_rotate: Count items in a ring: item i goes to place (i + by) mod Count. Combinational; log2(Count) multiplexers a bit. A single item stays, whatever by_i is.

`default_nettype none

module qn_rotate #(
  parameter int Width = 32,                // of an item
  parameter int Count = 4,                 // a power of two
  parameter ByW = Count > 1 ? $clog2(Count) : 1
) (
  input  logic [ByW-1:0]         by_i,
  input  logic [Width*Count-1:0] in_i,
  output logic [Width*Count-1:0] out_o
);

  genvar s;
  generate
    for (s = 0; s < $clog2(Count); s = s + 1) begin : g_step
      localparam int Low = Width * (Count - 2**s);       // bits of the items that go up without wrapping
      logic [Width*Count-1:0] from, to;
      if (s == 0) begin : g_first
        assign from = in_i;
      end else begin : g_next
        assign from = g_step[s-1].to;
      end
      assign to = by_i[s] ? {from[Low-1:0], from[Width*Count-1:Low]} : from;
    end
    if (Count == 1) begin : g_single
      /* verilator lint_off UNUSEDSIGNAL */
      logic unused_by;
      /* verilator lint_on UNUSEDSIGNAL */
      assign unused_by = by_i[0];
      assign out_o     = in_i;
    end else begin : g_ring
      assign out_o = g_step[ByW-1].to;
    end
  endgenerate

endmodule

`default_nettype wire
