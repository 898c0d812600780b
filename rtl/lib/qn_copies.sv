// SPDX-License-Identifier: Apache-2.0
// qn_copies: Copies registers of one bit, each of which goes its own way (qn_copy).

`default_nettype none

module qn_copies #(
  parameter int Copies = 2
) (
  input  logic              clk_i,
  input  logic              in_i,
  output logic [Copies-1:0] out_o
);

  genvar c;
  generate
    for (c = 0; c < Copies; c = c + 1) begin : g_copy
      qn_copy u_copy (.clk_i, .in_i, .out_o(out_o[c]));
    end
  endgenerate

endmodule

`default_nettype wire
