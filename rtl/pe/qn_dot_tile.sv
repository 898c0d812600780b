// SPDX-License-Identifier: Apache-2.0
// qn_dot_tile: the array that is measured: Rows tokens x Cols outputs, Lanes products in each a clock, dequantized after the group. Each clock takes one
// slice of Lanes activations a row and Lanes codes a column, straight from the stream; there is no other storage of weights.
// After every Slices slices the sums of a group go to the columns' qn_rescale, Share rows to each, and start anew.
//
// Serial: weights of 1 to 8 bits come plane by plane, the highest first, Slices slices of each plane: a weight of fewer bits takes fewer clocks. One array for every format.
//
// What stands between the elements is here too: registers of inputs, pair sums (a row), digits and negations (a column), scales, group counter.
// A clock without a slice has valid_i low and codes of 0, a row without a token activations of 0. Pauses between
// groups are multiples of Share clocks.

`default_nettype none

module qn_dot_tile #(
  parameter int Rows   = 8,
  parameter int Cols   = 8,
  parameter int Lanes  = 32,
  parameter int Kind   = 0,                // of qn_dot
  parameter int Bits   = 4,
  parameter int SumW   = 18,               // of a group's sum
  parameter int Join   = 4,
  parameter int Cut    = 3,
  parameter int Again  = 0,
  parameter int Slices = 4,                // of a group; 1: nothing is summed over clocks but planes
  parameter int Share  = 4,                // rows to a qn_rescale, Slices or fewer
  parameter int ScaleW = 4,
  parameter int CutScale = 0,              // Cut and Parts of qn_rescale
  parameter int Parts  = 2,
  parameter bit Serial = 0,                // Bits is 1 then, Join 3, SumW enough for the longest weight
  parameter int Halves = 2,                // copies of an activation's bits, for Cols / Halves columns each
  parameter int Fours  = 4,                // copies of a digit's, for Rows / Fours rows
  parameter int CountW = 8,                // of a group's negations: TERNARY only
  parameter int OutW   = 28,
  parameter CodeW = Kind == 2 ? 2 : Bits,
  parameter Units = Rows / Share
) (
  input  logic                        clk_i,
  input  logic                        rst_ni,
  /* verilator lint_off UNUSEDSIGNAL */     // of Serial only
  input  logic [2:0]                  planes_i, // of a weight, less one; stands
  input  logic                        signed_i, // the highest counts negative (2 planes or more); stands
  /* verilator lint_on UNUSEDSIGNAL */
  input  logic                        valid_i,
  input  logic                        start_i,  // with the slices of a result's first group
  input  logic                        end_i,    // with the slices of its last
  input  logic [8*Lanes*Rows-1:0]     act_i,
  input  logic [CodeW*Lanes*Cols-1:0] code_i,
  input  logic [ScaleW*Cols-1:0]      scale_i,  // with the group's last slice
  output logic                        valid_o,  // results of row 0 of each unit, in the next clock of row 1, ...
  output logic [OutW*Units*Cols-1:0]  result_o
);

  // Control. A slice (of a plane) meets the sum so far in stage Meet; a clock later the sum is complete
  localparam int Meet = (Cut == 0 ? 3 : 4) + (Again == 0 ? 0 : 1);
  localparam bit Whole = Slices == 1 && !Serial;
  localparam int CountSW = $clog2(Slices) + 1;
  localparam [31:0] SLICES = Slices - 1;
  logic [CountSW-1:0] slice_q;
  logic               head_q;              // no slice of this group yet
  logic [Meet-2:0]    last_q;
  logic [Meet-1:0]    start_q, end_q;
  logic               slice_last, last, double, negate, first, doubled, negated;
  assign slice_last = valid_i && slice_q == SLICES[CountSW-1:0];
  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      slice_q <= '0;
      head_q  <= 1'b1;
      last_q  <= '0;
    end else begin
      if (valid_i) begin
        slice_q <= slice_last ? '0 : slice_q + 1'b1;
        head_q  <= last;
      end
      last_q <= {last_q[Meet-3:0], last};
    end
    start_q <= {start_q[Meet-2:0], start_i};
    end_q   <= {end_q[Meet-2:0], end_i};
  end
  generate
    if (Serial) begin : g_planes
      logic [2:0] plane_q;
      logic       second_q;                // plane
      assign last   = slice_last && plane_q == planes_i;
      assign double = valid_i && slice_q == '0 && !head_q;
      assign negate = signed_i && second_q;
      always_ff @(posedge clk_i) begin
        if (!rst_ni) begin
          plane_q  <= 3'd0;
          second_q <= 1'b0;
        end else if (slice_last) begin
          plane_q  <= last ? 3'd0 : plane_q + 3'd1;
          second_q <= !last && plane_q == 3'd0;
        end
      end
    end else begin : g_whole
      assign last   = slice_last;
      assign double = 1'b0;
      assign negate = 1'b0;
    end
  endgenerate

  qn_delay #(.Width(3), .Clocks(Meet - 2)) u_control (.clk_i, .in_i({valid_i && head_q, double, negate}), .out_o({first, doubled, negated}));

  localparam int PairsW = 9 * Lanes / 2;
  logic [Halves*8*Lanes*Rows-1:0] act;
  logic [Halves*PairsW*Rows-1:0]  pair;
  logic [Cols*Units-1:0]     valid;
  assign valid_o = valid[0];

  genvar r, c;
  generate
    for (r = 0; r < Rows; r = r + 1) begin : g_row
      logic [8*Lanes-1:0] act_q;
      logic [PairsW-1:0]  pair_q;
      qn_dot_row #(.Lanes(Lanes), .Pairs(Kind == 0)) u_row (
        .clk_i, .act_i(act_i[8*Lanes*r +: 8*Lanes]), .act_o(act_q), .pair_o(pair_q));
      qn_fan #(.Width(8*Lanes), .Copies(Halves)) u_act (.in_i(act_q), .out_o(act[Halves*8*Lanes*r +: Halves*8*Lanes]));
      if (Kind == 0) begin : g_pair
        qn_fan #(.Width(PairsW), .Copies(Halves)) u_pair (.in_i(pair_q), .out_o(pair[Halves*PairsW*r +: Halves*PairsW]));
      end else begin : g_no_pair
        assign pair[Halves*PairsW*r +: Halves*PairsW] = {Halves{pair_q}};
      end
    end

    for (c = 0; c < Cols; c = c + 1) begin : g_col
      localparam int DigitW = Kind == 0 ? 3 * Bits * (Lanes / 2) : Kind == 1 ? 3 * ((Bits + 1) / 2) * Lanes : 4 * Lanes;
      logic [CodeW*Lanes-1:0] code_q;
      logic [DigitW-1:0]      digit_d, digit_q;
      logic [Fours*DigitW-1:0] digit;
      logic [2*CountW-1:0]    count;
      logic [ScaleW-1:0]      scale;
      logic [2*SumW*Rows-1:0] sum;
      logic                   first_c, double_c, negate_c, last_c, start_c, end_c;
      always_ff @(posedge clk_i) begin
        code_q  <= code_i[CodeW*Lanes*c +: CodeW*Lanes];
        digit_q <= digit_d;
      end
      // A column's own control (kept apart from its neighbours' when measured): no register drives all elements
      qn_delay #(.Width(6)) u_control (.clk_i, .in_i({first, doubled, negated, last_q[Meet-2], start_q[Meet-1], end_q[Meet-1]}),
                                       .out_o({first_c, double_c, negate_c, last_c, start_c, end_c}));
      qn_dot_digits #(.Kind(Kind), .Lanes(Lanes), .Bits(Bits)) u_digits (.code_i(code_q), .digit_o(digit_d));
      qn_fan #(.Width(DigitW), .Copies(Fours)) u_digit (.in_i(digit_q), .out_o(digit));
      qn_delay #(.Width(ScaleW), .Clocks(Meet + 1)) u_scale (.clk_i, .in_i(scale_i[ScaleW*c +: ScaleW]), .out_o(scale));

      if (Kind == 2) begin : g_count
        logic [Lanes-1:0] minus;
        for (r = 0; r < Lanes; r = r + 1) begin : g_minus
          assign minus[r] = digit_q[4*r + 3];
        end
        qn_dot_count #(.Lanes(Lanes), .CountW(CountW), .Join(Join), .Cut(Cut), .Again(Again), .Whole(Whole)) u_count (
          .clk_i, .minus_i(minus), .first_i(first_c), .count_o(count));
      end else begin : g_no_count
        assign count = '0;
      end

      for (r = 0; r < Rows; r = r + 1) begin : g_dot
        qn_dot #(.Kind(Kind), .Lanes(Lanes), .Bits(Bits), .Signed(!Serial), .Serial(Serial), .AccW(SumW), .Join(Join), .Cut(Cut), .Again(Again), .Whole(Whole)) u_dot (
          .clk_i, .act_i(act[8*Lanes*(Halves*r + c*Halves/Cols) +: 8*Lanes]), .pair_i(pair[PairsW*(Halves*r + c*Halves/Cols) +: PairsW]),
          .double_i(double_c), .negate_i(negate_c), .digit_i(digit[DigitW*(r*Fours/Rows) +: DigitW]),
          .first_i(first_c), .sum_o(sum[2*SumW*r +: 2*SumW]));
      end
      for (r = 0; r < Units; r = r + 1) begin : g_rescale
        qn_rescale #(.Rows(Share), .SumW(SumW), .CountW(CountW), .Count(Kind == 2), .ScaleW(ScaleW), .Cut(CutScale), .Parts(Parts), .OutW(OutW)) u_rescale (
          .clk_i, .rst_ni, .load_i(last_c), .sum_i(sum[2*SumW*Share*r +: 2*SumW*Share]), .count_i(count), .scale_i(scale),
          .first_i(start_c), .end_i(end_c), .valid_o(valid[Units*c + r]), .result_o(result_o[OutW*(Units*c + r) +: OutW]));
      end
    end
  endgenerate

  logic unused;
  assign unused = ^valid;

endmodule

`default_nettype wire
