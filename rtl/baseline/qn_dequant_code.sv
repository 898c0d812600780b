// SPDX-License-Identifier: Apache-2.0
// qn_dequant_code: dequantization before the product: a code times its group's integer scale, to an 8-bit weight. The product fits by the choice
// of scale: 4-bit codes take scales up to 15, ternary codes up to 127. Three registers: in, middle, out.

`default_nettype none

module qn_dequant_code #(
  parameter int CodeW  = 4,                // signed; 2: ternary
  parameter int ScaleW = 4                 // unsigned
) (
  input  logic              clk_i,
  input  logic [CodeW-1:0]  code_i,
  input  logic [ScaleW-1:0] scale_i,
  output logic [7:0]        weight_o
);

  logic [CodeW-1:0]  code_q;
  logic [ScaleW-1:0] scale_q;
  always_ff @(posedge clk_i) begin
    code_q  <= code_i;
    scale_q <= scale_i;
  end

  // What inverted sign bits of ScaleW rows take
  function automatic [7:0] constant();
    int n;
    constant = '0;
    for (n = 0; n < ScaleW; n = n + 1) constant = constant - (8'd1 << (CodeW - 1 + n));
  endfunction

  generate
    if (CodeW == 2) begin : g_ternary
      logic [7:0] scale;
      assign scale = {{8-ScaleW{1'b0}}, scale_q};
      logic [7:0] term_q;
      logic       minus_q;
      always_ff @(posedge clk_i) begin
        term_q   <= {8{code_q[0]}} & ({8{code_q[1]}} ^ scale);
        minus_q  <= code_q[1];
        weight_o <= term_q + {7'd0, minus_q};
      end
    end else begin : g_product
      // A row of the code for each bit of the scale
      localparam [7:0]  CONSTANT = constant();
      localparam [31:0] TALL = ScaleW + 1;
      logic [8*(ScaleW+1)-1:0] bits;
      logic [15:0] two, two_q;
      genvar c, i;
      for (c = 0; c < 8; c = c + 1) begin : g_col
        for (i = 0; i < ScaleW; i = i + 1) begin : g_row
          if (c >= i && c < i + CodeW) begin : g_in
            assign bits[(ScaleW+1)*c + i] = (scale_q[i] && code_q[c - i]) ^ (c - i == CodeW - 1);
          end else begin : g_none
            assign bits[(ScaleW+1)*c + i] = 1'b0;
          end
        end
        assign bits[(ScaleW+1)*c + ScaleW] = CONSTANT[c];
      end
      qn_heap #(.Cols(8), .Tall(ScaleW + 1), .Heights({8{TALL[9:0]}})) u_heap (.clk_i, .bits_i(bits), .bits_o(two));
      always_ff @(posedge clk_i) two_q <= two;
      qn_heap_sum #(.Width(8)) u_sum (.clk_i, .two_i(two_q), .sum_o(weight_o));
    end
  endgenerate

endmodule

`default_nettype wire
