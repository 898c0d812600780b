// SPDX-License-Identifier: Apache-2.0
// qn_delay: a word, Clocks clocks later. Clocks of 0 is a wire. No reset: carry validity apart.

`default_nettype none

module qn_delay #(
  parameter int Width  = 1,
  parameter int Clocks = 1
) (
  input  logic             clk_i,
  input  logic [Width-1:0] in_i,
  output logic [Width-1:0] out_o
);

  generate
    if (Clocks == 0) begin : g_wire
      assign out_o = in_i;
      logic unused;
      assign unused = clk_i;
    end else if (Clocks == 1) begin : g_one
      always_ff @(posedge clk_i) out_o <= in_i;
    end else begin : g_line
      logic [Width*Clocks-1:0] line_q;
      always_ff @(posedge clk_i) line_q <= {line_q[Width*(Clocks-1)-1:0], in_i};
      assign out_o = line_q[Width*(Clocks-1) +: Width];
    end
  endgenerate

endmodule

`default_nettype wire
