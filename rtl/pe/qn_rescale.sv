// SPDX-License-Identifier: Apache-2.0
// qn_rescale: dequantization after the group, one multiplier for Rows elements of a column. Takes their sums in the clock after load_i and in the Rows clocks from
// then on multiplies each by the group's integer scale (unsigned) and adds it to the row's result: result[r] += sum[r] x scale.
// The float scale of the channel comes once at the very end, outside.
//
//   t + 1 + r      sum r is at the end of the holds (t: after load_i); one row needs none, and all that follows is a clock earlier
//   t + 2 + r      is one number, the column's count of negations taken in
//   t + 3 + r      is multiplied, two numbers; t + 4 + r one number
//   t + 4 + Parts + r  is added: result_o              (with a count or a cut all but the first a clock later, with both two)
//
// Loads are Rows clocks apart, or a multiple: the results go round in a ring of Rows places all the time.

`default_nettype none

module qn_rescale #(
  parameter int Rows   = 4,
  parameter int SumW   = 18,
  parameter int CountW = 8,                // of the count
  parameter bit Count  = 0,                // there is a count
  parameter int ScaleW = 4,
  parameter int Cut    = 0,                // of the product: a register after this level of its heap, and a clock more
  parameter int Parts  = 2,                // of the results' adder, a clock each
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

  // Control
  localparam int Late = Parts + (Cut == 0 ? 0 : 1);
  logic              load_q;
  logic [Late+2:0]   valid_q;
  logic [Late-Parts+1:0] first_q;
  logic [ScaleW-1:0] scale_q;
  logic [Late+2:0]   end_q;
  logic [ScaleW+2:0] held;                 // scale, step (there is a sum), first, end
  logic              step, first, last;
  logic [ScaleW-1:0] scale;
  qn_delay #(.Width(ScaleW + 3), .Clocks(Count ? 1 : 0)) u_late (.clk_i, .in_i(held), .out_o({scale, step, first, last}));
  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      load_q  <= 1'b0;
      valid_q <= '0;
    end else begin
      load_q  <= load_i;
      valid_q <= {valid_q[Late+1:0], step};
    end
    scale_q <= scale;
    first_q <= {first_q[Late-Parts:0], first};
    end_q   <= {end_q[Late+1:0], last};
  end

  // The sum to go, in carry-save form, and its column's count: out of holds, which Rows clocks empty, or straight
  logic [2*SumW-1:0]   hold;
  /* verilator lint_off UNUSEDSIGNAL */     // of a count only
  logic [2*CountW-1:0] count;
  /* verilator lint_on UNUSEDSIGNAL */
  genvar c, i;
  generate
    if (Rows == 1) begin : g_straight
      assign hold  = sum_i;
      assign count = count_i;
      assign held  = {scale_i, load_q, first_i, end_i};
    end else begin : g_holds
      logic [Rows-1:0]     step_q;
      logic [ScaleW+1:0]   held_q;
      logic [2*CountW-1:0] count_q;
      /* verilator lint_off UNOPTFLAT */    // a register stands between any two rows
      logic [2*SumW*(Rows+1)-1:0] holds;   // the last, of no row, whatever
      /* verilator lint_on UNOPTFLAT */
      logic [2*Rows-1:0] load;
      qn_fan #(.Width(1), .Copies(2 * Rows)) u_load (.in_i(load_q), .out_o(load));
      assign holds[2*SumW*Rows +: 2*SumW] = holds[2*SumW*(Rows-1) +: 2*SumW];
      for (i = 0; i < 2 * Rows; i = i + 1) begin : g_hold
        logic [SumW-1:0] hold_q;
        always_ff @(posedge clk_i) hold_q <= load[i] ? sum_i[SumW*i +: SumW] : holds[SumW*(i+2) +: SumW];
        assign holds[SumW*i +: SumW] = hold_q;
      end
      always_ff @(posedge clk_i) begin
        if (!rst_ni) step_q <= '0;
        else         step_q <= load_q ? {Rows{1'b1}} : step_q >> 1;
        if (load_q) begin
          held_q  <= {scale_i, first_i, end_i};
          count_q <= count_i;
        end
      end
      assign hold  = holds[2*SumW-1:0];
      assign count = count_q;
      assign held  = {held_q[ScaleW+1:2], step_q[0], held_q[1:0]};
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
      for (c = 0; c < SumW; c = c + 1) begin : g_col
        if (c < CountW) begin : g_in
          assign bits[Tall*c + 2 +: 2] = count[2*c +: 2];
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
          assign pp[(ScaleW+1)*c + i] = (scale_q[i] && sum_q[c - i]) ^ (c - i == SumW - 1);
        end else begin : g_none
          assign pp[(ScaleW+1)*c + i] = 1'b0;
        end
      end
      assign pp[(ScaleW+1)*c + ScaleW] = CONSTANT[c];
    end
  endgenerate
  qn_heap #(.Cols(OutW), .Tall(ScaleW + 1), .Heights({OutW{TALL_P[9:0]}}), .Cut(Cut)) u_product (.clk_i, .bits_i(pp), .bits_o(prod));
  always_ff @(posedge clk_i) prod_q <= prod;
  qn_heap_sum #(.Width(OutW)) u_term (.clk_i, .two_i(prod_q), .sum_o(term_q));

  // Into the ring, part by part, each a clock after the one below it: result_o is its head, its tail is due next
  localparam int Part = (OutW + Parts - 1) / Parts;
  logic [Parts-1:0] use_q, keep_q;          // a part's term comes; the ring's tail counts
  logic [Parts:0]   carry;
  assign carry[0] = 1'b0;
  generate
    for (i = 0; i < Parts; i = i + 1) begin : g_part
      localparam int At = Part * i;
      localparam int W  = i == Parts - 1 ? OutW - At : Part;
      logic [W-1:0]          term;
      logic [Rows*W-1:0]     ring_q;
      logic [(Rows+1)*W-1:0] ring;         // what comes in, below what is there
      logic [W:0]            sum;
      logic                  carry_q;
      qn_delay #(.Width(W), .Clocks(i)) u_term (.clk_i, .in_i(term_q[At +: W]), .out_o(term));
      assign sum  = {1'b0, {W{use_q[i]}} & term} + {1'b0, {W{keep_q[i]}} & ring_q[(Rows-1)*W +: W]} + {{W{1'b0}}, carry[i]};
      assign ring = {ring_q, sum[W-1:0]};
      always_ff @(posedge clk_i) begin
        carry_q <= sum[W];
        ring_q  <= ring[Rows*W-1:0];
      end
      assign carry[i + 1] = carry_q;
      qn_delay #(.Width(W), .Clocks(Parts - 1 - i)) u_result (.clk_i, .in_i(ring_q[W-1:0]), .out_o(result_o[At +: W]));
      logic unused;
      assign unused = ^ring[Rows*W +: W];
    end
  endgenerate
  always_ff @(posedge clk_i) begin
    use_q  <= {use_q[Parts-2:0], valid_q[Late-Parts+1]};
    keep_q <= {keep_q[Parts-2:0], !valid_q[Late-Parts+1] || !first_q[Late-Parts+1]};
  end
  assign valid_o = valid_q[Late+2] && end_q[Late+2];

  logic unused;
  assign unused = carry[Parts];

endmodule

`default_nettype wire
