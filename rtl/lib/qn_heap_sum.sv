// SPDX-License-Identifier: Apache-2.0
// qn_heap_sum: the two numbers that a qn_heap leaves, to one. Chunks registers from input to sum_o: each adds Width / Chunks bits.

`default_nettype none

module qn_heap_sum #(
  parameter int Width  = 8,
  parameter int Chunks = 1                 // 1 or 2
) (
  input  logic               clk_i,
  input  logic [2*Width-1:0] two_i,        // two bits a column
  output logic [Width-1:0]   sum_o
);

  localparam int Low = Width / Chunks;
  logic [Width-1:0] a, b;
  genvar c;
  generate
    for (c = 0; c < Width; c = c + 1) begin : g_col
      assign a[c] = two_i[2*c];
      assign b[c] = two_i[2*c + 1];
    end
    if (Chunks == 1) begin : g_one
      always_ff @(posedge clk_i) sum_o <= a + b;
    end else begin : g_two
      logic [Low:0]         low_q;
      logic [Width-Low-1:0] a_q, b_q;
      always_ff @(posedge clk_i) begin
        low_q <= {1'b0, a[Low-1:0]} + {1'b0, b[Low-1:0]};
        a_q   <= a[Width-1:Low];
        b_q   <= b[Width-1:Low];
        sum_o <= {a_q + b_q + {{Width-Low-1{1'b0}}, low_q[Low]}, low_q[Low-1:0]};
      end
    end
  endgenerate

endmodule

`default_nettype wire
