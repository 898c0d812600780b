// SPDX-License-Identifier: Apache-2.0
// qn_dot: dot product of Lanes activations and Lanes weights a clock, summed over clocks, the sum in carry-save form. One array element of the
// measured tiles, of every precision; activations are in -127..127. How a weight meets its activations is its Kind:
//   PAIR     a plane of two weights selects 0, a, b or a + b; all Bits planes at once, the top one counts negative (Signed) or not
//   BOOTH    a radix-4 digit of the weight selects 0, +-a or +-2a; the +1 of each negation is left out: the column counts it once for all rows
//   TERNARY  the weight selects 0, a or -a; the +1 is left out as well
// Rows are added by a qn_heap, registered after its level Cut (0: not), Again levels further (0: not) and, when Join rows are left, before the sum so far
// is added: two to four stages. The sum is modulo 2^AccW. Whole: a clock's products are all there is to add, and no sum so far is kept.
//
// Serial: a weight comes plane by plane, Bits of them a clock (1, unsigned), the highest first: double_i doubles the sum so far, and negate_i with it, for the second
// plane of a two's complement weight, negates it too: -x - y = ~x + ~y + 2.

`default_nettype none

module qn_dot #(
  parameter int Kind   = 0,                // 0 PAIR, 1 BOOTH, 2 TERNARY
  parameter int Lanes  = 8,                // even
  parameter int Bits   = 4,                // of a weight (TERNARY: 1)
  parameter bit Signed = 1,                // PAIR: the top plane is negative
  parameter bit Serial = 0,                // Join is 3 (or more) then: column 1 has room for the 2
  parameter int AccW   = 18,
  parameter int Join   = 2,
  parameter int Cut    = 0,
  parameter int Again  = 0,
  parameter bit Whole  = 0,
  parameter DigitW = Kind == 0 ? 3 * Bits * (Lanes / 2) : Kind == 1 ? 3 * ((Bits + 1) / 2) * Lanes : 4 * Lanes
) (
  input  logic                 clk_i,
  input  logic [8*Lanes-1:0]   act_i,      // registered, as all that follows
  /* verilator lint_off UNUSEDSIGNAL */    // of PAIR only; of Serial only; not of Whole
  input  logic [9*Lanes/2-1:0] pair_i,     // sums of activations 2k and 2k + 1, inverted
  input  logic                 double_i,   // as first_i
  input  logic                 negate_i,
  input  logic                 first_i,    // what reaches the sum in the next clock starts it anew
  /* verilator lint_on UNUSEDSIGNAL */
  input  logic [DigitW-1:0]    digit_i,    // see qn_dot_digits
  output logic [2*AccW-1:0]    sum_o       // two bits a column
);

  // A row of RowW bits for each unit (pair or lane) and digit, Step columns further up for each digit
  localparam int Units  = Kind == 0 ? Lanes / 2 : Lanes;
  localparam int Digits = Kind == 1 ? (Bits + 1) / 2 : Bits;
  localparam int Step   = Kind == 1 ? 2 : 1;
  localparam int RowW   = Kind == 2 ? 8 : 9;
  localparam [9:0] UNITS = count10(Units);

  // Digits that have a bit in column c, those below digit d only
  function automatic int covers(input int c, input int d);
    int k;
    covers = 0;
    for (k = 0; k < d; k = k + 1) if (c >= Step * k && c < Step * k + RowW) covers = covers + 1;
  endfunction

  // The constant that completes the rows: sign bits are inverted (-s = ~s - 1), and a negative plane is inverted (-x = ~x + 1)
  function automatic [AccW-1:0] constant();
    int k;
    constant = '0;
    for (k = 0; k < Digits; k = k + 1) begin
      constant = constant - ({{AccW-1{1'b0}}, 1'b1} << (Step * k + RowW - 1)) * Units[AccW-1:0];
      if (Kind == 0 && Signed && k == Digits - 1) constant = constant + ({{AccW-1{1'b0}}, 1'b1} << (Step * k)) * Units[AccW-1:0];
    end
  endfunction

  /* verilator lint_off UNUSEDSIGNAL */    // a count of bits fits
  function automatic [9:0] count10(input [31:0] n);
    count10 = n[9:0];
  endfunction
  /* verilator lint_on UNUSEDSIGNAL */

  function automatic [10*AccW-1:0] row_heights();
    int c;
    for (c = 0; c < AccW; c = c + 1) begin
      row_heights[10*c +: 10] = UNITS * count10(covers(c, Digits)) + {9'd0, CONSTANT[c]};
    end
  endfunction

  function automatic int tallest();
    int c;
    tallest = 0;
    for (c = 0; c < AccW; c = c + 1) if (Units * covers(c, Digits) + 1 > tallest) tallest = Units * covers(c, Digits) + 1;
  endfunction

  localparam [AccW-1:0] CONSTANT = constant();
  localparam int Tall = tallest();

  logic [Tall*AccW-1:0] bits;
  genvar u, d, b, c;
  generate
    for (u = 0; u < Units; u = u + 1) begin : g_unit
      for (d = 0; d < Digits; d = d + 1) begin : g_digit
        localparam bit Negative = Kind == 0 && Signed && d == Digits - 1;
        logic [RowW-1:0] row;              // two's complement; a negative plane is left inverted
        if (Kind == 0) begin : g_pair
          logic [2:0] s;
          logic [8:0] x;
          assign s = digit_i[3*(u*Digits + d) +: 3];
          assign x = ~(~(({9{s[0]}} & {act_i[16*u+7], act_i[16*u +: 8]}) | ({9{s[1]}} & {act_i[16*u+15], act_i[16*u+8 +: 8]}))
                       & ({9{s[2]}} | pair_i[9*u +: 9]));
          assign row = Negative ? ~x : x;
        end else if (Kind == 1) begin : g_booth
          logic [2:0] s;                   // one, two, negative
          assign s = digit_i[3*(u*Digits + d) +: 3];
          assign row = {9{s[2]}} ^ (({9{s[0]}} & {act_i[8*u+7], act_i[8*u +: 8]}) | ({9{s[1]}} & {act_i[8*u +: 8], 1'b0}));
        end else begin : g_ternary
          logic [3:0] s;                   // not plus, not minus, plus, minus
          assign s = digit_i[4*u +: 4];
          assign row[6:0] = ~(({7{s[0]}} & act_i[8*u +: 7]) | ({7{s[1]}} & ~act_i[8*u +: 7])) ;
          assign row[7] = (s[2] & act_i[8*u+7]) | (s[3] & ~act_i[8*u+7]);
        end
        for (b = 0; b < RowW; b = b + 1) begin : g_bit
          localparam int Col = Step * d + b;
          if (Col < AccW) begin : g_in
            assign bits[Tall*Col + u*covers(Col, Digits) + covers(Col, d)] = b == RowW - 1 ? ~row[b] : row[b];
          end
        end
      end
    end
    for (c = 0; c < AccW; c = c + 1) begin : g_rest
      if (CONSTANT[c]) begin : g_one
        assign bits[Tall*c + Units*covers(c, Digits)] = 1'b1;
      end
      for (b = Units * covers(c, Digits) + (CONSTANT[c] ? 1 : 0); b < Tall; b = b + 1) begin : g_none
        assign bits[Tall*c + b] = 1'b0;
      end
    end
  endgenerate

  logic [Join*AccW-1:0] part;
  qn_heap #(.Cols(AccW), .Tall(Tall), .Heights(row_heights()), .Target(Join), .Cut(Cut), .Again(Again)) u_heap (
    .clk_i, .bits_i(bits), .bits_o(part));

  // The sum so far joins
  localparam int Tail = Join + (Whole ? 0 : 2) + (Serial ? 1 : 0);
  localparam [31:0] TAIL_ALL = Join + (Whole ? 0 : 2);
  localparam [9:0] TAIL = TAIL_ALL[9:0];
  localparam [10*AccW-1:0] TAILS = {AccW{TAIL}} + (Serial ? {{AccW-2{10'd0}}, 10'd1, 10'd0} : '0);
  localparam int Copies = 3;               // of what says how, for every third column
  logic [Join*AccW-1:0] part_q;
  logic [Tail*AccW-1:0] joined;
  logic [2*AccW-1:0]    sum_d;
  always_ff @(posedge clk_i) begin
    part_q <= part;
    sum_o  <= sum_d;
  end
  generate
    if (Serial) begin : g_serial
      logic [2:0]          how_q;          // kept, doubled, doubled and negated
      logic [3*Copies-1:0] how;
      logic [2*AccW-1:0]   below;
      assign below = {sum_o[2*AccW-3:0], 2'b00};
      qn_fan #(.Width(3), .Copies(Copies)) u_how (.in_i(how_q), .out_o(how));
      always_ff @(posedge clk_i) how_q <= {double_i && negate_i, double_i && !negate_i, !double_i && !first_i};
      for (c = 0; c < AccW; c = c + 1) begin : g_join
        logic [2:0] h;
        assign h = how[3*(c % Copies) +: 3];
        assign joined[Tail*c +: Join] = part_q[Join*c +: Join];
        assign joined[Tail*c + Join +: 2] = ({2{h[0]}} & sum_o[2*c +: 2]) | ({2{h[1]}} & below[2*c +: 2]) | ({2{h[2]}} & ~below[2*c +: 2]);
        assign joined[Tail*c + Join + 2] = c == 1 && h[2];
      end
    end else if (Whole) begin : g_whole
      assign joined = part_q;
    end else begin : g_parallel
      logic              first_q;
      logic [Copies-1:0] first;
      qn_fan #(.Width(1), .Copies(Copies)) u_first (.in_i(first_q), .out_o(first));
      always_ff @(posedge clk_i) first_q <= first_i;
      for (c = 0; c < AccW; c = c + 1) begin : g_join
        assign joined[Tail*c +: Tail] = {{2{!first[c % Copies]}} & sum_o[2*c +: 2], part_q[Join*c +: Join]};
      end
    end
  endgenerate
  qn_heap #(.Cols(AccW), .Tall(Tail), .Heights(TAILS), .Target(2)) u_join (.clk_i, .bits_i(joined), .bits_o(sum_d));

endmodule

`default_nettype wire
