// SPDX-License-Identifier: Apache-2.0
// qn_rescale: dequantization after the group. Takes the group's sums of Rows elements of one column, and in the Rows clocks that follow multiplies
// each by the group's integer scale and adds it to the row's running result: result[r] += sum[r] x scale. One multiplier for Rows rows.
// The scale is unsigned; the float scale of the channel comes once at the very end, outside.
//
//   clock 0        load_i: sums into the holds, which then shift down, row 0 first
//   1 + r          hold to one number (with the column's count of negations taken in)
//   2 + r          times scale, carry-save
//   3 + r          low Chunk bits into the ring of results; in each clock after it the next Chunk
//
// result_o shows a row's result complete 3 + r + OutW / Chunk - 1 clocks after load_i, and the next clock it moves on in the ring.
// Loads are Rows clocks apart, or more; step_i is high in the Rows clocks after a load (1 .. Rows), and moves all stages' control along.

`default_nettype none

module qn_rescale #(
  parameter int Rows   = 4,
  parameter int SumW   = 18,
  parameter int CountW = 1,                // of the count; 1 without a count
  parameter bit Count  = 0,
  parameter int ScaleW = 4,
  parameter int OutW   = 28,
  parameter int Chunk  = 14                // of the results' adder, OutW a multiple
) (
  input  logic                   clk_i,
  input  logic                   load_i,
  input  logic                   step_i,
  input  logic [2*SumW*Rows-1:0] sum_i,
  /* verilator lint_off UNUSEDSIGNAL */
  input  logic [2*CountW-1:0]    count_i,  // held outside of it for as long as step_i needs it: taken at load_i
  /* verilator lint_on UNUSEDSIGNAL */
  input  logic [ScaleW-1:0]      scale_i,  // taken at load_i
  input  logic                   first_i,  // taken at load_i: results start anew
  output logic [OutW-1:0]        result_o  // skewed: chunk k comes k clocks after chunk 0
);

  // Holds
  logic [2*SumW*Rows-1:0] hold_q;
  logic [ScaleW-1:0]      scale_q, scale2_q;
  logic                   first_q, first2_q, first3_q;
  always_ff @(posedge clk_i) begin
    if (load_i) begin
      hold_q  <= sum_i;
      scale_q <= scale_i;
      first_q <= first_i;
    end else if (step_i) begin
      hold_q  <= {hold_q[2*SumW-1:0], hold_q[2*SumW*Rows-1:2*SumW]};
    end
    scale2_q <= scale_q;
    first2_q <= first_q;
    first3_q <= first2_q;
  end

  // To one number
  logic [SumW-1:0] a, b, x, y, sum_q;
  genvar c, i;
  generate
    for (c = 0; c < SumW; c = c + 1) begin : g_two
      assign a[c] = hold_q[2*c];
      assign b[c] = hold_q[2*c + 1];
    end
    if (Count) begin : g_count
      logic [2*CountW-1:0] count_q;
      logic [CountW-1:0] m, n, mn, mk;
      logic [SumW-1:0] count, k;
      always_ff @(posedge clk_i) if (load_i) count_q <= count_i;
      for (c = 0; c < CountW; c = c + 1) begin : g_m
        assign m[c] = count_q[2*c];
        assign n[c] = count_q[2*c + 1];
      end
      assign mn = m;
      assign mk = n;
      // Two numbers of the count and two of the sum: two rows of full adders
      logic [SumW-1:0] s1, k1;
      for (c = 0; c < SumW; c = c + 1) begin : g_fa
        logic mb, nb, c1, c2;
        if (c < CountW) begin : g_in
          assign mb = mn[c];
          assign nb = mk[c];
        end else begin : g_out
          assign mb = 1'b0;
          assign nb = 1'b0;
        end
        qn_fa u_one (.a_i(a[c]), .b_i(b[c]), .c_i(mb), .sum_o(s1[c]), .carry_o(c1));
        if (c + 1 < SumW) begin : g_c1
          assign k1[c + 1] = c1;
        end
        if (c == 0) begin : g_k1
          assign k1[0] = 1'b0;
        end
        qn_fa u_two (.a_i(s1[c]), .b_i(k1[c]), .c_i(nb), .sum_o(count[c]), .carry_o(c2));
        if (c + 1 < SumW) begin : g_c2
          assign k[c + 1] = c2;
        end
        if (c == 0) begin : g_k2
          assign k[0] = 1'b0;
        end
      end
      assign x = count;
      assign y = k;
    end else begin : g_no_count
      assign x = a;
      assign y = b;
    end
  endgenerate
  always_ff @(posedge clk_i) sum_q <= x + y;

  // Times scale: ScaleW rows, signed by their top bit: inverted there, and a constant
  localparam int ProdW = SumW + ScaleW;
  localparam [31:0] SCALE_W = ScaleW;
  function automatic [10*ProdW-1:0] heights();
    int h, n;
    for (h = 0; h < ProdW; h = h + 1) begin
      heights[10*h +: 10] = h == ProdW - 1 || h == SumW - 1 ? 10'd1 : 10'd0;
      for (n = 0; n < ScaleW; n = n + 1)
        if (h >= n && h < n + SumW) heights[10*h +: 10] = heights[10*h +: 10] + 10'd1;
    end
  endfunction
  localparam [ProdW-1:0] LOW_TOP = {{ProdW-1{1'b0}}, 1'b1} << (SumW - 1);

  logic [(ScaleW+1)*ProdW-1:0] pp;
  logic [2*ProdW-1:0] prod, prod_q;
  generate
    for (c = 0; c < ProdW; c = c + 1) begin : g_col
      localparam int From = c < SumW ? 0 : c - SumW + 1;
      localparam int To   = c < ScaleW ? c : ScaleW - 1;
      for (i = 0; i <= ScaleW; i = i + 1) begin : g_row
        if (i + From <= To) begin : g_in
          localparam int Bit = c - (i + From);
          assign pp[(ScaleW+1)*c + i] = Bit == SumW - 1 ? !(sum_q[Bit] && scale2_q[i + From]) : sum_q[Bit] && scale2_q[i + From];
        end else if (i == To - From + 1 && (c == ProdW - 1 || LOW_TOP[c])) begin : g_one
          assign pp[(ScaleW+1)*c + i] = 1'b1;
        end else begin : g_none
          assign pp[(ScaleW+1)*c + i] = 1'b0;
        end
      end
    end
  endgenerate
  qn_heap #(.Cols(ProdW), .Tall(ScaleW + 1), .Heights(heights())) u_product (.clk_i, .bits_i(pp), .bits_o(prod));
  always_ff @(posedge clk_i) prod_q <= prod;

  // Into the ring, chunk by chunk
  localparam int Chunks = OutW / Chunk;
  logic [2*OutW-1:0] term;                 // the product, sign-extended: its top column is taken for a number of its own
  logic [Chunks:0]   carry;                // of each chunk, a clock later in the next
  generate
    for (c = 0; c < OutW; c = c + 1) begin : g_term
      if (c < ProdW) begin : g_in
        assign term[2*c +: 2] = prod_q[2*c +: 2];
      end else begin : g_sign
        assign term[2*c +: 2] = 2'b00;
      end
    end
  endgenerate
  assign carry[0] = 1'b0;

  logic unused;
  assign unused = ^{SCALE_W, term[0], carry[Chunks]};

endmodule

`default_nettype wire
