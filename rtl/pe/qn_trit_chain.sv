// SPDX-License-Identifier: Apache-2.0
// qn_trit_chain: sum_i and Chain - Place activations (-127..127), each times a digit of -1, 0 or 1 (two's complement): an adder after the other, a register after
// every Step of them. Place is that of the first one, and the module is recursive.
//
// A bit of an adder sees a bit of the sum so far, one of the activation and the digit's two: a half of an ECP5's carry cell, multiplication and all (boards/pack.py;
// the cell's two tables share the entries of a digit whose bits are 0, so that digit is 0).

`default_nettype none

module qn_trit_chain #(
  parameter int Chain = 8,
  parameter int Step  = 2,
  parameter int Place = 0,
  parameter InW  = $clog2(127 * Place + 1) + 1,          // one bit of 0 before the first
  parameter OutW = $clog2(127 * Chain + 1) + 1
) (
  input  logic                       clk_i,
  input  logic [InW-1:0]             sum_i,
  input  logic [8*(Chain-Place)-1:0] act_i,
  input  logic [2*(Chain-Place)-1:0] digit_i,
  output logic [OutW-1:0]            sum_o
);

  localparam int W = $clog2(127 * (Place + 1) + 1) + 1;
  logic [1:0]   digit;
  logic         minus;
  logic [W-1:0] part, product, next;                    // the product less 1 where minus
  /* verilator lint_off UNUSEDSIGNAL */
  logic [W:0]   sum;                                    // and a place for that 1 to come in
  /* verilator lint_on UNUSEDSIGNAL */
  assign digit   = digit_i[1:0];
  assign minus   = digit[1];
  assign product = {W{digit[0]}} & ({{W-7{act_i[7]}}, act_i[6:0]} ^ {W{minus}});
  assign sum     = {part, 1'b1} + {product, minus};
  qn_delay #(.Width(W), .Clocks(Place % Step == Step - 1 ? 1 : 0)) u_sum (.clk_i, .in_i(sum[W:1]), .out_o(next));
  generate
    if (W == InW) begin : g_wide
      assign part = sum_i;
    end else begin : g_extend
      assign part = {{W-InW{sum_i[InW-1]}}, sum_i};
    end
    if (Place == Chain - 1) begin : g_last
      assign sum_o = next;
    end else begin : g_rest
      qn_trit_chain #(.Chain(Chain), .Step(Step), .Place(Place + 1)) u_rest (
        .clk_i, .sum_i(next), .act_i(act_i[8*(Chain-Place)-1:8]), .digit_i(digit_i[2*(Chain-Place)-1:2]), .sum_o);
    end
  endgenerate

endmodule

`default_nettype wire
