// SPDX-License-Identifier: Apache-2.0
// qn_b3_dot: element of baseline B3: Units fusion units of BitFusion (Sharma et al., ISCA 2018) for activations of 8 bits, their products added and summed over clocks, the sum
// in carry-save form. A unit is sixteen bricks of 2 x 2 bits, four (an activation's digits i) to each digit j of its weights, and makes one product of an 8-bit
// weight a clock, two of 4 bits or four of 2 bits: digit j then meets another activation and is shifted less before the digits are added.
//   weights of 2 bits   no shift, each digit signed
//   of 4                digits 1 and 3 by 2, and these signed
//   of 8                digits 1, 2, 3 by 2, 4, 6, and 3 signed
// As all units of an element are in the same mode, Wide of them add their like digits before the shift, which therefore is paid once (1: each unit
// has its own shifts, as published). Bits of a negative weight are inverted; the constant that completes them, start_i, is what a sum starts from.
// Registers: after level Cut of the bricks' sums (0: not), before the shift (Hold), after level CutTree of the sum of digits (0: not), before the sum so far.

`default_nettype none

module qn_b3_dot #(
  parameter int Units   = 8,
  parameter int Wide    = 8,               // divides Units
  parameter int SumW    = 22,
  parameter int Join    = 4,
  parameter int Cut     = 3,               // no more than the levels of 2 Wide rows
  parameter int Hold    = 1,
  parameter int CutTree = 0
) (
  input  logic                clk_i,
  input  logic [32*Units-1:0] act_i,       // for each digit of a unit's weights the activation that it meets
  input  logic [8*Units-1:0]  code_i,      // a unit's weights, the lowest bits first
  input  logic [3:0]          signed_i,    // digit j is a weight's highest; stands
  input  logic [5:0]          shift_i,     // {digit 3: 6, 2, 0; 2: 4; 1: 2, 0}; stands
  input  logic                first_i,     // what reaches the sum in the next clock starts it anew
  input  logic [SumW-1:0]     start_i,     // a clock after first_i, else 0
  output logic [2*SumW-1:0]   sum_o        // two bits a column
);

  localparam int Groups = Units / Wide;
  localparam int NumW   = $clog2(765 * Wide + 1);
  localparam int Tall   = 2 * Wide;
  localparam int Rows   = 8 * Groups;
  /* verilator lint_off UNUSEDSIGNAL */    // a count of bits fits
  function automatic [9:0] ten(input [31:0] n);
    ten = n[9:0];
  endfunction
  /* verilator lint_on UNUSEDSIGNAL */
  function automatic [10*NumW-1:0] brick_heights();
    int c;
    for (c = 0; c < NumW; c = c + 1) brick_heights[10*c +: 10] = c > 8 ? 10'd0 : c == 0 || c == 8 ? ten(Wide) : ten(2 * Wide);
  endfunction
  function automatic [10*SumW-1:0] tree_heights();               // digit 3 reaches furthest, and comes first
    int c;
    for (c = 0; c < SumW; c = c + 1)
      tree_heights[10*c +: 10] = c < NumW ? ten(Rows) : c < NumW + 2 ? ten(6 * Groups) : c < NumW + 4 ? ten(4 * Groups) : c < NumW + 6 ? ten(2 * Groups) : 10'd0;
  endfunction

  // Bricks, and the sums of those of one digit of weights
  logic [Rows*SumW-1:0] rows;
  logic [4*Units-1:0]   negative;          // each unit's own signed_i
  qn_fan #(.Width(4), .Copies(Units)) u_signed (.in_i(signed_i), .out_o(negative));
  genvar g, u, i, j, c;
  generate
    for (g = 0; g < Groups; g = g + 1) begin : g_group
      for (j = 0; j < 4; j = j + 1) begin : g_digit
        logic [Tall*NumW-1:0] bits;
        logic [2*NumW-1:0]    two, two_q;
        for (u = 0; u < Wide; u = u + 1) begin : g_unit
          logic [7:0] x;
          logic [1:0] y;
          logic [8:0] low, high;           // by columns: of y[0], of y[1]
          assign x = act_i[32*(Wide*g + u) + 8*j +: 8];
          assign y = code_i[8*(Wide*g + u) + 2*j +: 2];
          for (i = 0; i < 8; i = i + 1) begin : g_bit
            assign low[i]      = (x[i] && y[0]) ^ (i == 7);
            assign high[i + 1] = (x[i] && y[1]) ^ ((i == 7) ^ negative[4*(Wide*g + u) + j]);
          end
          assign low[8]  = 1'b0;
          assign high[0] = 1'b0;
          for (c = 0; c < NumW; c = c + 1) begin : g_col
            if (c == 0) begin : g_first
              assign bits[Tall*c + u] = low[0];
            end else if (c == 8) begin : g_last
              assign bits[Tall*c + u] = high[8];
            end else if (c < 8) begin : g_both
              assign bits[Tall*c + 2*u +: 2] = {high[c], low[c]};
            end
          end
          logic unused;
          assign unused = low[8] ^ high[0];
        end
        for (c = 0; c < NumW; c = c + 1) begin : g_rest
          if (c == 0 || c == 8) begin : g_half
            assign bits[Tall*c + Wide +: Wide] = '0;
          end else if (c > 8) begin : g_none
            assign bits[Tall*c +: Tall] = '0;
          end
        end
        qn_heap #(.Cols(NumW), .Tall(Tall), .Heights(brick_heights()), .Cut(Cut)) u_bricks (.clk_i, .bits_i(bits), .bits_o(two));
        qn_delay #(.Width(2*NumW), .Clocks(Hold)) u_hold (.clk_i, .in_i(two), .out_o(two_q));

        // Shifted
        for (c = 0; c < SumW; c = c + 1) begin : g_shift
          logic [1:0] by0, by2, by4, by6;
          assign by0 = c < NumW ? two_q[2*(c < NumW ? c : 0) +: 2] : 2'b00;
          assign by2 = c >= 2 && c < NumW + 2 ? two_q[2*(c >= 2 && c < NumW + 2 ? c - 2 : 0) +: 2] : 2'b00;
          assign by4 = c >= 4 && c < NumW + 4 ? two_q[2*(c >= 4 && c < NumW + 4 ? c - 4 : 0) +: 2] : 2'b00;
          assign by6 = c >= 6 && c < NumW + 6 ? two_q[2*(c >= 6 && c < NumW + 6 ? c - 6 : 0) +: 2] : 2'b00;
          localparam int At = Rows*c + 2*(Groups*(3 - j) + g);
          if (j == 0) begin : g_0
            assign rows[At +: 2] = by0;
          end else if (j == 1) begin : g_1
            assign rows[At +: 2] = ({2{shift_i[0]}} & by0) | ({2{shift_i[1]}} & by2);
          end else if (j == 2) begin : g_2
            assign rows[At +: 2] = ({2{!shift_i[2]}} & by0) | ({2{shift_i[2]}} & by4);
          end else begin : g_3
            assign rows[At +: 2] = ({2{shift_i[3]}} & by0) | ({2{shift_i[4]}} & by2) | ({2{shift_i[5]}} & by6);
          end
          logic unused;
          assign unused = ^{by2, by4, by6};
        end
      end
    end
  endgenerate

  logic [Join*SumW-1:0]     part, part_q;
  logic [(Join+2)*SumW-1:0] joined;
  logic [2*SumW-1:0]        sum_d;
  qn_heap #(.Cols(SumW), .Tall(Rows), .Heights(tree_heights()), .Target(Join), .Cut(CutTree)) u_tree (.clk_i, .bits_i(rows), .bits_o(part));

  // The sum so far joins
  localparam [31:0] TAIL = Join + 2;
  localparam int Copies = 3;
  logic              first_q;
  logic [Copies-1:0] first;
  qn_fan #(.Width(1), .Copies(Copies)) u_first (.in_i(first_q), .out_o(first));
  always_ff @(posedge clk_i) begin
    part_q  <= part;
    first_q <= first_i;
    sum_o   <= sum_d;
  end
  generate
    for (c = 0; c < SumW; c = c + 1) begin : g_join
      assign joined[(Join+2)*c +: Join + 2] = {!first[c % Copies] && sum_o[2*c + 1], (!first[c % Copies] && sum_o[2*c]) || start_i[c], part_q[Join*c +: Join]};
    end
  endgenerate
  qn_heap #(.Cols(SumW), .Tall(Join + 2), .Heights({SumW{TAIL[9:0]}})) u_join (.clk_i, .bits_i(joined), .bits_o(sum_d));

endmodule

`default_nettype wire
