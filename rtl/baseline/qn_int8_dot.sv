// SPDX-License-Identifier: Apache-2.0
// qn_int8_dot: baseline L1's unit: dot product of Lanes int8 activations and int8 weights a clock, summed over clocks, all in one heap of
// full adders. Two weights' bits of one place select 0, a, b or a + b (as many rows as radix-4 Booth, and no negations); the sum a + b and the one-hot
// selection come from outside, made once for all that share them. The sum stays in carry-save form: two bits a column. Stages of registers: the heap is
// cut at CutA bits a column (0: not), and at Join bits, where the sum so far joins.

`default_nettype none

module qn_int8_dot #(
  parameter int Lanes = 16,
  parameter int SumW  = 27,
  parameter int CutA  = 13,
  parameter int Join  = 3
) (
  input  logic                   clk_i,
  input  logic [8*Lanes-1:0]     act_i,
  input  logic [9*Lanes/2-1:0]   pair_i,   // a + b of activations 2u, 2u + 1
  input  logic [24*Lanes/2-1:0]  pick_i,   // of bit d of weights 2u, 2u + 1 at 3 (8 u + d): only the first, only the second, both
  input  logic                   keep_i,   // what now joins is added to the sum so far
  output logic [2*SumW-1:0]      sum_o
);

  // Rows: 9 bits, sign bit inverted, for each pair and place; the top place's are inverted, for they count negative. One constant completes them
  localparam int Units = Lanes / 2;
  localparam int Tall  = 8 * Units + 1;
  localparam [31:0] CONSTANT = Units * (128 - 65280);  // the top place's + 1, and -2^8 a row for its sign bit
  function automatic int rows_at(input int column, input int places);  // of the first `places` places, those that reach the column
    int n;
    rows_at = 0;
    for (n = 0; n < places; n = n + 1) if (column >= n && column < n + 9) rows_at = rows_at + 1;
  endfunction
  /* verilator lint_off UNUSEDSIGNAL */    // a count of bits fits
  function automatic [9:0] count10(input [31:0] n);
    count10 = n[9:0];
  endfunction
  /* verilator lint_on UNUSEDSIGNAL */
  function automatic [10*SumW-1:0] row_heights();
    int n;
    for (n = 0; n < SumW; n = n + 1) row_heights[10*n +: 10] = count10(Units * rows_at(n, 8)) + {9'd0, CONSTANT[n]};
  endfunction

  logic [SumW*Tall-1:0] bits;
  genvar unit, place, slot, col;
  generate
    for (col = 0; col < SumW; col = col + 1) begin : g_constant
      if (CONSTANT[col]) begin : g_one
        assign bits[Tall*col + Units*rows_at(col, 8)] = 1'b1;
      end
      for (slot = Units * rows_at(col, 8) + (CONSTANT[col] ? 1 : 0); slot < Tall; slot = slot + 1) begin : g_none
        assign bits[Tall*col + slot] = 1'b0;
      end
    end
    for (unit = 0; unit < Units; unit = unit + 1) begin : g_unit
      for (place = 0; place < 8; place = place + 1) begin : g_place
        logic [2:0] pick;
        logic [8:0] row;
        assign pick = pick_i[3*(8*unit+place) +: 3];
        assign row  = ({9{pick[0]}} & {act_i[16*unit+7], act_i[16*unit +: 8]}) | ({9{pick[1]}} & {act_i[16*unit+15], act_i[16*unit+8 +: 8]})
                    | ({9{pick[2]}} & pair_i[9*unit +: 9]);
        for (slot = 0; slot < 9; slot = slot + 1) begin : g_bit
          assign bits[Tall*(place+slot) + Units*rows_at(place + slot, place) + unit] = row[slot] ^ ((slot == 8) != (place == 7));
        end
      end
    end
  endgenerate

  // The heap, cut
  localparam int Mid = CutA == 0 ? Tall : CutA;
  logic [SumW*Mid-1:0] mid;
  localparam [31:0] MID = Mid;
  generate
    if (CutA == 0) begin : g_whole
      assign mid = bits;
    end else begin : g_cut
      logic [SumW*Mid-1:0] mid_d, mid_q;
      qn_heap #(.Cols(SumW), .Tall(Tall), .Heights(row_heights()), .Target(Mid)) u_upper (.clk_i, .bits_i(bits), .bits_o(mid_d));
      always_ff @(posedge clk_i) mid_q <= mid_d;
      assign mid = mid_q;
    end
  endgenerate
  logic [SumW*Join-1:0] part_d, part_q;
  qn_heap #(.Cols(SumW), .Tall(Mid), .Heights(CutA == 0 ? row_heights() : {SumW{MID[9:0]}}), .Target(Join)) u_lower (
    .clk_i, .bits_i(mid), .bits_o(part_d));

  localparam [31:0] ALL = Join + 2;
  logic [SumW*(Join+2)-1:0] joined;
  logic [2*SumW-1:0] sum_d;
  generate
    for (col = 0; col < SumW; col = col + 1) begin : g_join
      assign joined[(Join+2)*col +: Join + 2] = {sum_o[2*col +: 2] & {2{keep_i}}, part_q[Join*col +: Join]};
    end
  endgenerate
  qn_heap #(.Cols(SumW), .Tall(Join + 2), .Heights({SumW{ALL[9:0]}}), .Target(2)) u_join (.clk_i, .bits_i(joined), .bits_o(sum_d));
  always_ff @(posedge clk_i) begin
    part_q <= part_d;
    sum_o  <= sum_d;
  end

endmodule

`default_nettype wire
