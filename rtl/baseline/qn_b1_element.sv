// SPDX-License-Identifier: Apache-2.0
// qn_b1_element: one element of baseline B1: FP16 weight-stationary systolic. Activations pass to the right, weights down through the shadows, partial
// sums down as {exponent, significand}. As in tensor cores, nothing is normalized before the column's foot: the smaller of product and partial sum is
// shifted to the larger one's exponent and truncated, and the two are added.
//
//   exp_o = max(exp_i, exponent fields of activation and weight, added; that of a subnormal or 0 counts as 1)
//   sum_o = floor(sum_i / 2^(exp_o - exp_i)) + trunc(product / its unit)       in units of 2^(exp_o - 52): two bits below a product's last
//
// Subnormal operands count, infinite ones and NaNs are not told from numbers. exp_i comes Cuts[1] clocks before its sum_i, and both leave 1 + Cuts[2] clocks later.
// Cuts says where else registers stand: 1 in the multiplier's compressors, 2 behind the product, 4 behind the shift.

`default_nettype none

module qn_b1_element #(
  parameter int SumW  = 29,                // two's complement: 24 bits, a sign, and what a column grows by
  parameter int Cuts  = 7,
  parameter int Level = 4                  // of the compressors before that cut
) (
  input  logic            clk_i,
  input  logic            shift_i,         // shadows move down
  input  logic            swap_i,          // with the last activation for the old weight: then the shadow's; goes along to the right
  output logic            swap_o,
  input  logic [15:0]     weight_i,
  output logic [15:0]     weight_o,
  input  logic [16:0]     act_i,           // {sign, exponent, significand}, see split
  output logic [16:0]     act_o,
  input  logic [5:0]      exp_i,
  output logic [5:0]      exp_o,
  input  logic [SumW-1:0] sum_i,
  output logic [SumW-1:0] sum_o
);

  /* verilator no_inline_module */
  function automatic [15:0] split(input [14:0] x);               // {exponent, significand}
    split = {x[14:10] == 5'd0 ? 5'd1 : x[14:10], x[14:10] != 5'd0, x[9:0]};
  endfunction

  logic [16:0] weight_q;
  always_ff @(posedge clk_i) begin
    if (shift_i) weight_o <= weight_i;
    if (swap_o)  weight_q <= {weight_o[15], split(weight_o[14:0])};
    act_o  <= act_i;
    swap_o <= swap_i;
  end

  // Product: a heap of 11 x 11 bits
  /* verilator lint_off UNUSEDSIGNAL */
  function automatic [9:0] ten(input [31:0] n);
    ten = n[9:0];
  endfunction
  /* verilator lint_on UNUSEDSIGNAL */
  function automatic [219:0] heights();
    int k;
    for (k = 0; k < 22; k = k + 1) heights[10*k +: 10] = k < 11 ? ten(k + 1) : ten(21 - k);
  endfunction

  logic [15:0]      a, b;
  logic [22*11-1:0] bits;
  logic [43:0]      two;
  logic [21:0]      x, y;
  assign a = act_o[15:0];
  assign b = weight_q[15:0];
  genvar j, k;
  generate
    for (j = 0; j < 22; j = j + 1) begin : g_col
      localparam int From = j < 11 ? 0 : j - 10;
      localparam int To   = j < 11 ? j : 10;
      for (k = 0; k < 11; k = k + 1) begin : g_bit
        if (k + From <= To) begin : g_in
          assign bits[11*j + k] = a[k + From] && b[j - k - From];
        end else begin : g_none
          assign bits[11*j + k] = 1'b0;
        end
      end
      assign x[j] = two[2*j];
      assign y[j] = two[2*j + 1];
    end
  endgenerate
  qn_heap #(.Cols(22), .Tall(11), .Heights(heights()), .Cut(Cuts[0] ? Level : 0)) u_two (.clk_i, .bits_i(bits), .bits_o(two));
  logic [5:0] exp_p;                       // of the product
  logic       minus;
  qn_delay #(.Width(7), .Clocks(Cuts[0] ? 1 : 0)) u_cut (
    .clk_i, .in_i({act_o[16] ^ weight_q[16], {1'b0, a[15:11]} + {1'b0, b[15:11]}}), .out_o({minus, exp_p}));

  // Which of the two is shifted, and how far: 31 for all that falls out
  logic [6:0] up;
  logic [5:0] down, by;
  logic       below;                       // the product's exponent is the smaller one
  assign up    = {1'b0, exp_p} - {1'b0, exp_i};
  assign down  = exp_i - exp_p;
  assign below = up[6];
  assign by    = below ? down : up[5:0];
  qn_delay #(.Width(6), .Clocks(Cuts[2] ? 2 : 1)) u_exp (.clk_i, .in_i(below ? exp_i : exp_p), .out_o(exp_o));

  // A negative product is complemented before the shift, which leaves -trunc - 1, and the adder's carry in completes it
  logic [22:0] product_q;
  logic [4:0]  by_q;
  logic        below_q;
  qn_delay #(.Width(29), .Clocks(Cuts[1] ? 1 : 0)) u_product (
    .clk_i, .in_i({minus, {22{minus}} ^ (x + y), by[4:0] | {5{by[5]}}, below}), .out_o({product_q, by_q, below_q}));

  // What says how goes to all columns through buffers, to every fourth one each
  localparam int Copies = 4;
  logic [7*Copies-1:0]   how;
  logic [SumW-1:0]       term, big, big_q, less_q;
  /* verilator lint_off UNOPTFLAT */        // level by level
  logic [6*SumW-1:0]     less;             // the smaller one, shifted by bits 4, 3, ... 0 of by
  /* verilator lint_on UNOPTFLAT */
  logic                  carry_q;
  assign term = {{SumW-24{product_q[22]}}, product_q[21:0], {2{product_q[22]}}};
  qn_fan #(.Width(7), .Copies(Copies)) u_how (.in_i({below_q ? product_q[22] : sum_i[SumW-1], below_q, by_q}), .out_o(how));
  generate
    for (j = 0; j < SumW; j = j + 1) begin : g_shift
      /* verilator lint_off UNUSEDSIGNAL */ // the sign, in low columns
      logic [6:0] h;
      /* verilator lint_on UNUSEDSIGNAL */
      assign h = how[7*(j % Copies) +: 7];
      assign big[j]  = h[5] ? sum_i[j] : term[j];
      assign less[j] = h[5] ? term[j] : sum_i[j];
      for (k = 0; k < 5; k = k + 1) begin : g_level
        if (j + (16 >> k) < SumW) begin : g_in
          assign less[SumW*(k+1) + j] = h[4-k] ? less[SumW*k + j + (16 >> k)] : less[SumW*k + j];
        end else begin : g_sign
          assign less[SumW*(k+1) + j] = h[4-k] ? h[6] : less[SumW*k + j];
        end
      end
    end
  endgenerate
  qn_delay #(.Width(2*SumW + 1), .Clocks(Cuts[2] ? 1 : 0)) u_shifted (
    .clk_i, .in_i({less[5*SumW +: SumW], big, product_q[22]}), .out_o({less_q, big_q, carry_q}));
  always_ff @(posedge clk_i) sum_o <= less_q + big_q + {{SumW-1{1'b0}}, carry_q};

endmodule

`default_nettype wire
