// SPDX-License-Identifier: Apache-2.0
// qn_rescale: dequantization after the group, one multiplier for Rows elements of a column. Takes their sums in the clock after load_i and in the Rows clocks from
// then on multiplies each by the group's integer scale (unsigned) and adds it to the row's result: result[r] += sum[r] x scale.
// The float scale of the channel comes once at the very end, outside.
//
//   t + 1 + r      sum r is at the end of the holds (t: after load_i)
//   t + 2 + r      is one number, the column's count of negations taken in
//   t + 3 + r      is multiplied, two numbers; t + 4 + r one number
//   t + 6 + r      is added: result_o                    (with a count all but the first a clock later)
//
// Loads are Rows clocks apart, or a multiple: the results go round in a ring of Rows places all the time.

`default_nettype none

module qn_rescale #(
  parameter int Rows   = 4,
  parameter int SumW   = 18,
  parameter int CountW = 8,                // of the count
  parameter bit Count  = 0,                // there is a count
  parameter int ScaleW = 4,
  parameter int OutW   = 28
) (
  input  logic                   clk_i,
  input  logic                   rst_ni,
  input  logic                   load_i,   // in the clock before the sums are there
  input  logic [2*SumW*Rows-1:0] sum_i,
  /* verilator lint_off UNUSEDSIGNAL */
  input  logic [2*CountW-1:0]    count_i,  // with the sums
  /* verilator lint_on UNUSEDSIGNAL */
  input  logic [ScaleW-1:0]      scale_i,  // with the sums
  input  logic                   first_i,  // with the sums: the results start anew
  input  logic                   end_i,    // with the sums: what comes of them is valid_o
  output logic                   valid_o,
  output logic [OutW-1:0]        result_o
);

  // Control: Rows clocks after a load, and what goes along
  logic              load_q;
  logic [Rows-1:0]   step_q;
  logic [4:0]        valid_q;
  logic [1:0]        first_q;
  logic [2*ScaleW-1:0] scale_q;
  logic              first_hold_q, end_hold_q;
  logic [4:0]        end_q;
  logic              step, first, last;
  logic [ScaleW-1:0] scale;
  qn_delay #(.Width(ScaleW + 3), .Clocks(Count ? 1 : 0)) u_late (
    .clk_i, .in_i({scale_q[ScaleW-1:0], step_q[0], first_hold_q, end_hold_q}), .out_o({scale, step, first, last}));
  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      load_q  <= 1'b0;
      step_q  <= '0;
      valid_q <= '0;
    end else begin
      load_q  <= load_i;
      step_q  <= load_q ? {Rows{1'b1}} : step_q >> 1;
      valid_q <= {valid_q[3:0], step};
    end
    if (load_q) begin
      first_hold_q        <= first_i;
      end_hold_q          <= end_i;
      scale_q[ScaleW-1:0] <= scale_i;
    end
    scale_q[2*ScaleW-1:ScaleW] <= scale;
    first_q <= {first_q[0], first};
    end_q   <= {end_q[3:0], last};
  end

  // Holds
  /* verilator lint_off UNOPTFLAT */        // a register stands between any two rows
  logic [2*SumW*(Rows+1)-1:0] hold;        // the last, of no row, whatever
  /* verilator lint_on UNOPTFLAT */
  logic [2*Rows-1:0]          load;
  qn_fan #(.Width(1), .Copies(2 * Rows)) u_load (.in_i(load_q), .out_o(load));
  assign hold[2*SumW*Rows +: 2*SumW] = hold[2*SumW*(Rows-1) +: 2*SumW];
  genvar c, i;
  generate
    for (i = 0; i < 2 * Rows; i = i + 1) begin : g_hold
      logic [SumW-1:0] hold_q;
      always_ff @(posedge clk_i) hold_q <= load[i] ? sum_i[SumW*i +: SumW] : hold[SumW*(i+2) +: SumW];
      assign hold[SumW*i +: SumW] = hold_q;
    end
  endgenerate

  // To one number
  localparam int Tall = Count ? 4 : 2;
  localparam [31:0] TALL = Tall;
  logic [Tall*SumW-1:0] bits;
  logic [2*SumW-1:0]    two, two_q;
  logic [SumW-1:0]      sum_q;
  generate
    for (c = 0; c < SumW; c = c + 1) begin : g_sum
      assign bits[Tall*c +: 2] = hold[2*c +: 2];
    end
    if (Count) begin : g_count
      logic [2*CountW-1:0] count_q;
      always_ff @(posedge clk_i) if (load_q) count_q <= count_i;
      for (c = 0; c < SumW; c = c + 1) begin : g_col
        if (c < CountW) begin : g_in
          assign bits[Tall*c + 2 +: 2] = count_q[2*c +: 2];
        end else begin : g_none
          assign bits[Tall*c + 2 +: 2] = 2'b00;
        end
      end
    end
  endgenerate
  qn_heap #(.Cols(SumW), .Tall(Tall), .Heights({SumW{TALL[9:0]}})) u_two (.clk_i, .bits_i(bits), .bits_o(two));
  generate
    if (Count) begin : g_two
      always_ff @(posedge clk_i) two_q <= two;
    end else begin : g_no_two
      assign two_q = two;
    end
  endgenerate
  qn_heap_sum #(.Width(SumW)) u_one (.clk_i, .two_i(two_q), .sum_o(sum_q));

  // Times scale: a row a bit of it, sign bits inverted, and the constant that this takes
  function automatic [OutW-1:0] constant();
    int n;
    constant = '0;
    for (n = 0; n < ScaleW; n = n + 1) constant = constant - ({{OutW-1{1'b0}}, 1'b1} << (SumW - 1 + n));
  endfunction
  localparam [OutW-1:0] CONSTANT = constant();
  localparam [31:0] TALL_P = ScaleW + 1;
  logic [(ScaleW+1)*OutW-1:0] pp;
  logic [2*OutW-1:0] prod, prod_q;
  logic [OutW-1:0]   term_q;
  generate
    for (c = 0; c < OutW; c = c + 1) begin : g_col
      for (i = 0; i < ScaleW; i = i + 1) begin : g_row
        if (c >= i && c < i + SumW) begin : g_in
          assign pp[(ScaleW+1)*c + i] = (scale_q[ScaleW + i] && sum_q[c - i]) ^ (c - i == SumW - 1);
        end else begin : g_none
          assign pp[(ScaleW+1)*c + i] = 1'b0;
        end
      end
      assign pp[(ScaleW+1)*c + ScaleW] = CONSTANT[c];
    end
  endgenerate
  qn_heap #(.Cols(OutW), .Tall(ScaleW + 1), .Heights({OutW{TALL_P[9:0]}})) u_product (.clk_i, .bits_i(pp), .bits_o(prod));
  always_ff @(posedge clk_i) prod_q <= prod;
  qn_heap_sum #(.Width(OutW)) u_term (.clk_i, .two_i(prod_q), .sum_o(term_q));

  // Into the ring, the high half a clock after the low one: result_o is its head, its tail is due next
  localparam int Low = OutW / 2;
  localparam int High = OutW - Low;
  logic [Rows*Low-1:0]  low_q;
  logic [Rows*High-1:0] high_q;
  logic [Low-1:0]       low2_q;
  logic [High-1:0]      term_high_q;
  logic                 carry_q, use_q, keep_q, use_low_q, keep_low_q;     // use: a term comes; keep: the ring's tail counts
  logic [Low:0]         low_sum;
  logic [High-1:0]      high_sum;
  logic [(Rows+1)*Low-1:0]  low_ring;      // what comes in, below what is there
  logic [(Rows+1)*High-1:0] high_ring;
  assign low_sum   = {1'b0, {Low{use_low_q}} & term_q[Low-1:0]} + {1'b0, {Low{keep_low_q}} & low_q[(Rows-1)*Low +: Low]};
  assign high_sum  = ({High{use_q}} & term_high_q) + ({High{keep_q}} & high_q[(Rows-1)*High +: High]) + {{High-1{1'b0}}, carry_q};
  assign low_ring  = {low_q, low_sum[Low-1:0]};
  assign high_ring = {high_q, high_sum};
  always_ff @(posedge clk_i) begin
    {carry_q, low_q} <= {low_sum[Low], low_ring[Rows*Low-1:0]};
    term_high_q <= term_q[OutW-1:Low];
    use_low_q   <= valid_q[1];
    keep_low_q  <= !valid_q[1] || !first_q[1];
    use_q       <= use_low_q;
    keep_q      <= keep_low_q;
    high_q <= high_ring[Rows*High-1:0];
    low2_q <= low_q[Low-1:0];
  end
  assign result_o = {high_q[High-1:0], low2_q};
  assign valid_o  = valid_q[4] && end_q[4];

  logic unused;
  assign unused = ^{low_ring[Rows*Low +: Low], high_ring[Rows*High +: High]};

endmodule

`default_nettype wire
