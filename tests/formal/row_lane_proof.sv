// SPDX-License-Identifier: Apache-2.0
// The lane, without RTL: doubling and adding the activation where the code's bit is set is the product with the code so far, so
// after the last plane it is activation x code for every width: base (first plane, negative where the code is signed) and step.
// The whole product besides, for codes of up to Width bits.

`default_nettype none

module row_lane_proof #(
  parameter int Width = 4
) (
  input logic        clk_i,
  input logic [27:0] act_i,
  input logic [27:0] code_i,               // the code's planes so far
  input logic        bit_i,                // the next plane's
  input logic        neg_i,
  input logic [7:0]  small_i,
  input logic [Width-1:0] whole_i
);

  logic [27:0] bits, product;
  assign bits    = bit_i ? 28'd1 : 28'd0;
  assign product = act_i * code_i;

  // Base: first plane
  always @(*) assert ((bit_i ? (neg_i ? -act_i : act_i) : 28'd0) == act_i * (neg_i ? -bits : bits));
  // Step
  always @(*) if (bit_i) assert (product * 28'd2 + act_i == act_i * (code_i * 28'd2 + 28'd1));
  always @(*) if (!bit_i) assert (product * 28'd2 == act_i * (code_i * 28'd2));

  logic [27:0] act, code, partial;
  integer p;
  assign act  = {{20{small_i[7]}}, small_i};
  assign code = {{28-Width{neg_i && whole_i[Width-1]}}, whole_i};
  always @(*) begin
    partial = whole_i[Width-1] ? (neg_i ? -act : act) : 28'd0;
    for (p = Width - 2; p >= 0; p = p - 1)
      partial = partial * 28'd2 + (whole_i[p] ? act : 28'd0);
  end
  always @(*) assert (partial == act * code);
  always @(*) cover (partial == -28'd96 && code != 28'd1 && product == 28'd35 && act_i == 28'd7);

endmodule

`default_nettype wire
