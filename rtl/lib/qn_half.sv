// SPDX-License-Identifier: Apache-2.0
// qn_half: FP16 to FP32, exact, the qn_half of sim/model/qn_num.h bit by bit. FP16 subnormals are values.
// Combinational, and short: the leading one of a subnormal is found for all places side by side.
// Costs on ECP5: 84 LUT4.

`default_nettype none

module qn_half (
  input  logic [15:0] h_i,
  output logic [31:0] y_o
);

  logic [4:0] e;
  logic [9:0] f;
  assign e = h_i[14:10];
  assign f = h_i[9:0];

  // A subnormal's leading one: lead[p] if it is bit p, 10 - p places below where it belongs
  logic [9:0] lead, up;
  logic [3:0] places;
  assign lead[9] = f[9];
  genvar p;
  generate
    for (p = 0; p < 9; p = p + 1) begin : g_lead
      assign lead[p] = f[9:p] == 1;
    end
  endgenerate
  always @(*) begin : p_up
    integer k;
    up     = 10'd0;
    places = 4'd0;
    for (k = 0; k < 10; k = k + 1) begin
      if (lead[k]) up = up | (f << (10 - k));
      if (lead[k]) places = places | (4'd10 - k[3:0]);
    end
  end

  logic       low, top;                    // the exponent's ends
  logic [7:0] exp;
  logic [9:0] frac;
  assign low  = e == 5'd0;
  assign top  = e == 5'd31;
  assign frac = low ? up : top ? {f != 10'd0, 9'd0} : f;
  assign exp  = low ? (f == 10'd0 ? 8'd0 : 8'd113 - {4'd0, places}) : top ? 8'd255 : {3'd0, e} + 8'd112;
  assign y_o  = {h_i[15] && !(top && f != 10'd0), exp, frac, 13'd0};

endmodule

`default_nettype wire
