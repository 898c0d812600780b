// SPDX-License-Identifier: Apache-2.0
// qn_trit_sum: a group's sum (one a digit) times its scale, added to what the groups before it gave the same output: 512 sums of AccW bits, in one block RAM.
// The control comes with addr_i two clocks before the product is added; a sum is ready to be read again four clocks later.

`default_nettype none

module qn_trit_sum #(
  parameter int SumW   = 15,
  parameter int ScaleW = 7,
  parameter int Digits = 1,
  parameter int AccW   = 28
) (
  input  logic              clk_i,
  input  logic [SumW-1:0]   sum_i,
  input  logic [ScaleW-1:0] scale_i,       // with sum_i
  input  logic              digit_first_i, // with addr_i, as what follows
  input  logic              write_i,       // the output's last digit
  input  logic              first_i,       // group
  input  logic [8:0]        addr_i,
  output logic [AccW-1:0]   result_o       // the sum with this group, a clock after it was added
);

  logic signed [SumW-1:0] sum;
  logic signed [ScaleW:0] scale;
  logic signed [SumW+ScaleW:0] product_q;
  assign sum   = sum_i;
  assign scale = {1'b0, scale_i};
  always_ff @(posedge clk_i) product_q <= sum * scale;

  logic [AccW-1:0] product, group, sofar, total_q;
  logic            digit_first, first, write;
  logic [8:0]      addr;
  assign product = {{AccW-SumW-ScaleW{product_q[SumW+ScaleW]}}, product_q[SumW+ScaleW-1:0]};
  qn_delay #(.Width(1), .Clocks(1)) u_digit (.clk_i, .in_i(digit_first_i), .out_o(digit_first));
  qn_delay #(.Width(1), .Clocks(2)) u_first (.clk_i, .in_i(first_i), .out_o(first));
  qn_delay #(.Width(10), .Clocks(3)) u_write (.clk_i, .in_i({write_i, addr_i}), .out_o({write, addr}));
  generate
    if (Digits > 1) begin : g_digits
      logic [AccW-1:0] group_q;
      always_ff @(posedge clk_i) group_q <= (digit_first ? '0 : group_q) + product;
      assign group = group_q;
    end else begin : g_digit
      logic unused;
      assign unused = digit_first;
      assign group = product;
    end
  endgenerate
  always_ff @(posedge clk_i) total_q <= (first ? '0 : sofar) + group;
  qn_ram512 #(.Width(AccW)) u_sums (.clk_i, .we_i(write), .waddr_i(addr), .wdata_i(total_q), .raddr_i(addr_i), .rdata_o(sofar));
  assign result_o = total_q;

endmodule

`default_nettype wire
