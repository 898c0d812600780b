// SPDX-License-Identifier: Apache-2.0
// qn_row_lut: one array row of element `lut`. Eight tables, one for four activations each, hold the sums a3 +- a2 +- a1 +- a0; the half with -a3 is
// their negation (LUT Tensor Core's symmetrized tables). A plane's four bits, read as signs, look a sum up: bit k set is +a[k]. What they select
// is half of that sum and of all four activations' sum, so with s a half row's 16 activations and T its four looked-up sums
// a plane adds (T + s) / 2 to the partial, which doubles first. A plane that counts negative is its complement with -s. All else as qn_row_shiftadd.
// The tables are distributed RAM of 16 words: a bank of eight in use, and the next slice's. ECP5: 501 LUT4 with carries and 24 DPR16X4, 157 flops.

`default_nettype none

module qn_row_lut #(
  parameter int Depth = 32,                // 8, 16 or 32
  parameter Sums = Depth == 8 ? 4 : 2      // of the activations that one part has in one half
) (
  input  logic               clk_i,
  input  logic               rst_ni,

  input  logic               load_i,       // an entry of every table, into the bank not in use: see qn_lut_build
  input  logic [2:0]         load_entry_i, // bit k: the sign of a[k] is +
  input  logic [79:0]        load_data_i,  // of table t at 10 t
  input  logic [12*Sums-1:0] load_sum_i,   // with entry 7
  input  logic               swap_i,       // what was loaded, from the next clock on

  input  logic               en_i,
  /* verilator lint_off UNUSEDSIGNAL */    // a plane in one part
  input  logic [1:0]         part_i,
  /* verilator lint_on UNUSEDSIGNAL */
  input  logic [Depth-1:0]   plane_i,
  input  logic               first_i,
  input  logic               neg_i,
  output logic [27:0]        lo_o,
  output logic [27:0]        hi_o
);

  localparam int Quads = Depth / 4;

  logic                bank_q, swap_q;
  logic [12*Sums-1:0]  next_sum_q, sum_q;  // sum_q: a clock after the tables, when the looked-up sums are added
  logic [79:0]         entry;              // of each table
  logic [10*Quads-1:0] value;              // looked up, or all bits of it inverted: one less than its negation
  logic [Quads-1:0]    minus;              // inverted: 1 is still to be added
  logic [11*Quads/2-1:0] two_q;            // sums of two, with the first one's 1
  logic [Quads/2-1:0]  one_q;              // the second one's 1
  logic                sum_en_q, sum_first_q, sum_neg_q;
  /* verilator lint_off UNUSEDSIGNAL */    // a plane in one part, or in two
  logic [1:0]          sum_part_q;
  /* verilator lint_on UNUSEDSIGNAL */

  // a + b + carry: one bit more of carry chain instead of a third operand
  function automatic [10:0] add2(input [9:0] a, input [9:0] b, input carry);
    logic unused;
    {add2, unused} = {a[9], a, 1'b1} + {b[9], b, carry};
  endfunction

  // Two sums of two to (T + s) / 2: a sum is even, and where s is inverted it is odd, for the 1 that `add` adds
  function automatic [12:0] halve(input [21:0] twos, input [1:0] ones, input [11:0] s, input neg);
    logic [11:0] t;
    logic unused0, unused1, unused2;
    {t, unused0} = {twos[10], twos[10:0], 1'b1} + {twos[21], twos[21:11], ones[0]};
    {halve, unused1, unused2} = {{2{t[11]}}, t, 1'b1} + ({{2{s[11]}}, s, 1'b0} ^ {{14{neg}}, ones[1]});
  endfunction

  // The same of one sum of two, at Depth 8
  function automatic [12:0] halve1(input [10:0] twos, input ones, input [11:0] s, input neg);
    logic unused0, unused1;
    {halve1, unused0, unused1} = {{3{twos[10]}}, twos, 1'b1} + ({{2{s[11]}}, s, 1'b0} ^ {{14{neg}}, ones});
  endfunction

  function automatic [27:0] add(input neg, input [27:0] base, input [12:0] sum);
    logic unused;
    {add, unused} = {base, 1'b1} + {{15{sum[12]}}, sum, neg};
  endfunction

  function automatic [27:0] double(input first, input [26:0] partial);
    double = {28{!first}} & {partial, 1'b0};
  endfunction

  always_ff @(posedge clk_i) begin
    if (!rst_ni)     bank_q <= 1'b0;
    else if (swap_i) bank_q <= !bank_q;
    swap_q <= swap_i;
    if (load_i && load_entry_i == 3'd7) next_sum_q <= load_sum_i;
    if (swap_q)                         sum_q      <= next_sum_q;

    sum_en_q <= en_i;
    if (en_i) begin
      sum_first_q <= first_i;
      sum_neg_q   <= neg_i;
      sum_part_q  <= part_i;
    end
  end

  genvar t, q;
  generate
    for (t = 0; t < 8; t = t + 1) begin : g_table
      logic [3:0] sign;
      logic [2:0] index;
      assign sign  = plane_i[4*(t % Quads) +: 4] ^ {4{neg_i}};
      assign index = sign[2:0] ^ {3{!sign[3]}};
      qn_ram16 #(.Width(10)) u_ram (
        .clk_i, .we_i(load_i), .waddr_i({!bank_q, load_entry_i}), .wdata_i(load_data_i[10*t +: 10]),
        .raddr_i({bank_q, index}), .rdata_o(entry[10*t +: 10]));
    end

    for (q = 0; q < Quads; q = q + 1) begin : g_quad
      logic [9:0] looked;
      if (Depth == 32) begin : g_whole
        assign looked = entry[10*q +: 10];
      end else if (Depth == 16) begin : g_halves
        assign looked = part_i[0] ? entry[10*(q+4) +: 10] : entry[10*q +: 10];
      end else begin : g_quarters
        assign looked = entry[20*part_i + 10*q +: 10];
      end
      assign minus[q] = plane_i[4*q+3] == neg_i;
      assign value[10*q +: 10] = looked ^ {10{minus[q]}};
    end
    for (q = 0; q < Quads / 2; q = q + 1) begin : g_two
      always_ff @(posedge clk_i) begin
        if (en_i) two_q[11*q +: 11] <= add2(value[20*q +: 10], value[20*q+10 +: 10], minus[2*q]);
        if (en_i) one_q[q]          <= minus[2*q+1];
      end
    end

    if (Depth == 32) begin : g_sum_whole
      always_ff @(posedge clk_i) begin
        if (sum_en_q) begin
          lo_o <= add(sum_neg_q, double(sum_first_q, lo_o[26:0]), halve(two_q[21:0], one_q[1:0], sum_q[11:0], sum_neg_q));
          hi_o <= add(sum_neg_q, double(sum_first_q, hi_o[26:0]), halve(two_q[43:22], one_q[3:2], sum_q[23:12], sum_neg_q));
        end
      end
    end else if (Depth == 16) begin : g_sum_halves
      logic [12:0] sum;
      assign sum = halve(two_q, one_q, sum_part_q[0] ? sum_q[23:12] : sum_q[11:0], sum_neg_q);
      always_ff @(posedge clk_i) begin
        if (sum_en_q && !sum_part_q[0]) lo_o <= add(sum_neg_q, double(sum_first_q, lo_o[26:0]), sum);
        if (sum_en_q && sum_part_q[0])  hi_o <= add(sum_neg_q, double(sum_first_q, hi_o[26:0]), sum);
      end
    end else begin : g_sum_quarters        // the second part of a half adds to what the first has doubled
      logic [12:0] sum;
      assign sum = halve1(two_q, one_q, sum_q[12*sum_part_q +: 12], sum_neg_q);
      always_ff @(posedge clk_i) begin
        if (sum_en_q && !sum_part_q[1]) lo_o <= add(sum_neg_q, sum_part_q[0] ? lo_o : double(sum_first_q, lo_o[26:0]), sum);
        if (sum_en_q && sum_part_q[1])  hi_o <= add(sum_neg_q, sum_part_q[0] ? hi_o : double(sum_first_q, hi_o[26:0]), sum);
      end
    end
  endgenerate

endmodule

`default_nettype wire
