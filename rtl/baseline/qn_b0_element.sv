// SPDX-License-Identifier: Apache-2.0
// qn_b0_element: one element of baseline B0: INT8 weight-stationary systolic. Activations pass to the right, partial sums of 32 bits down, in
// carry-save form (Save: no carry is ever propagated in the array) or as one number (half the flip-flops), whose bits from Split on (0: none) are a clock behind the others all the way down;
// weights down through the shadows. A Baugh-Wooley product, its compressors cut by a
// register after level Cut of 4 (0: not). The constant that completes it, -(2^15 - 2^8) a row, is added once at the column's foot.

`default_nettype none

module qn_b0_element #(
  parameter int AccW = 32,
  parameter int Cut  = 3,
  parameter bit Save = 1,
  parameter int Split = 0,                 // 16 or more
  parameter SumW = Save ? 2 * AccW : AccW
) (
  input  logic              clk_i,
  input  logic              shift_i,       // shadows move down
  input  logic              swap_i,        // with the last activation for the old weight: then the shadow's; goes along to the right
  output logic              swap_o,
  input  logic [7:0]        weight_i,
  output logic [7:0]        weight_o,
  input  logic [7:0]        act_i,
  output logic [7:0]        act_o,
  input  logic [SumW-1:0]   sum_i,         // Save: two bits a column
  output logic [SumW-1:0]   sum_o
);

  logic [7:0] weight_q;
  always_ff @(posedge clk_i) begin
    if (shift_i) weight_o <= weight_i;
    if (swap_o)  weight_q <= weight_o;
    act_o  <= act_i;
    swap_o <= swap_i;
  end

  // Columns of the product: terms of a sign and another bit are inverted. All 64 terms are below 2^16 together, so the rest is exact
  /* verilator lint_off UNUSEDSIGNAL */
  function automatic [9:0] ten(input [31:0] n);
    ten = n[9:0];
  endfunction
  /* verilator lint_on UNUSEDSIGNAL */
  function automatic [159:0] row_heights();
    int k;
    for (k = 0; k < 16; k = k + 1) row_heights[10*k +: 10] = k < 8 ? ten(k + 1) : ten(15 - k);
  endfunction

  logic [16*8-1:0] bits;
  genvar c, i;
  generate
    for (c = 0; c < 16; c = c + 1) begin : g_col
      localparam int From = c < 8 ? 0 : c - 7;
      localparam int To   = c < 8 ? c : 7;
      for (i = 0; i < 8; i = i + 1) begin : g_bit
        if (i + From <= To) begin : g_in
          assign bits[8*c + i] = (act_o[i + From] && weight_q[c - i - From]) ^ ((i + From == 7) != (c - i - From == 7));
        end else begin : g_none
          assign bits[8*c + i] = 1'b0;
        end
      end
    end
  endgenerate

  // The product, two numbers, and the sum; where it is split, its low columns and a carry
  localparam int Of   = Save ? 2 : 1;
  localparam int Tall = Of + 2;
  localparam int Low  = Split == 0 ? AccW : Split + 1;
  localparam [31:0] TALL = Tall;
  logic [31:0]         two;
  logic [Tall*Low-1:0] terms;
  logic [2*Low-1:0]    sum_d;
  qn_heap #(.Cols(16), .Tall(8), .Heights(row_heights()), .Cut(Cut)) u_product (.clk_i, .bits_i(bits), .bits_o(two));
  generate
    for (c = 0; c < Low; c = c + 1) begin : g_sum
      if (Split != 0 && c == Split) begin : g_carry
        assign terms[Tall*c +: Of] = '0;
      end else begin : g_low
        assign terms[Tall*c +: Of] = sum_i[Of*c +: Of];
      end
      if (c < 16) begin : g_in
        assign terms[Tall*c + Of +: 2] = two[2*c +: 2];
      end else begin : g_above
        assign terms[Tall*c + Of +: 2] = 2'b00;
      end
    end
  endgenerate
  qn_heap #(.Cols(Low), .Tall(Tall), .Heights({Low{TALL[9:0]}})) u_sum (.clk_i, .bits_i(terms), .bits_o(sum_d));
  generate
    if (Save) begin : g_save
      always_ff @(posedge clk_i) sum_o <= sum_d;
    end else if (Split == 0) begin : g_one
      qn_heap_sum #(.Width(AccW)) u_one (.clk_i, .two_i(sum_d), .sum_o);
    end else begin : g_split
      logic [Split:0]        low_q;        // a carry above
      logic [AccW-Split-1:0] high_q;
      qn_heap_sum #(.Width(Low)) u_low (.clk_i, .two_i(sum_d), .sum_o(low_q));
      always_ff @(posedge clk_i) high_q <= sum_i[AccW-1:Split] + {{AccW-Split-1{1'b0}}, low_q[Split]};
      assign sum_o = {high_q, low_q[Split-1:0]};
    end
  endgenerate

endmodule

`default_nettype wire
