// SPDX-License-Identifier: Apache-2.0
// qn_fan: a word to Copies places. On standard cells a strong buffer a bit and copy (bench/ppa/cells.v maps qn_buf), elsewhere a wire.

`default_nettype none

module qn_fan #(
  parameter int Width  = 1,
  parameter int Copies = 2
) (
  input  logic [Width-1:0]        in_i,
  output logic [Width*Copies-1:0] out_o
);

  genvar b;
  generate
    for (b = 0; b < Width * Copies; b = b + 1) begin : g_bit
      qn_buf u_buf (.in_i(in_i[b % Width]), .out_o(out_o[b]));
    end
  endgenerate

endmodule

`default_nettype wire
