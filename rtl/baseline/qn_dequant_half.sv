// SPDX-License-Identifier: Apache-2.0
// qn_dequant_half: dequantization before the product to FP16: a code times its group's integer scale (qn_dequant_code), which FP16 has room for.
// Five registers.

`default_nettype none

module qn_dequant_half #(
  parameter int CodeW  = 4,
  parameter int ScaleW = 4
) (
  input  logic              clk_i,
  input  logic [CodeW-1:0]  code_i,
  input  logic [ScaleW-1:0] scale_i,
  output logic [15:0]       weight_o
);

  logic [7:0] weight;
  logic [6:0] size_q, up4, up2;            // -127 to 127; leading one to the top
  logic       minus_q, z4, z2, z1;
  qn_dequant_code #(.CodeW(CodeW), .ScaleW(ScaleW)) u_code (.clk_i, .code_i, .scale_i, .weight_o(weight));
  assign z4  = size_q[6:3] == 4'd0;
  assign up4 = z4 ? {size_q[2:0], 4'd0} : size_q;
  assign z2  = up4[6:5] == 2'd0;
  assign up2 = z2 ? {up4[4:0], 2'd0} : up4;
  assign z1  = !up2[6];
  always_ff @(posedge clk_i) begin
    size_q   <= weight[7] ? -weight[6:0] : weight[6:0];
    minus_q  <= weight[7];
    weight_o <= size_q == 7'd0 ? 16'd0 : {minus_q, 5'd21 - {2'd0, z4, z2, z1}, z1 ? {up2[4:0], 1'b0} : up2[5:0], 4'd0};
  end

endmodule

`default_nettype wire
