// SPDX-License-Identifier: Apache-2.0
// qn_b3: baseline B3, a tile of BitFusion's fusion units for activations of 8 bits: Rows tokens x Cols outputs, Units in each (qn_b3_dot), weights of 2, 4 or 8 bits, of which a
// clock takes 4, 2 or 1 a unit. All else is Quern's: streams, control and dequantization after the group are those of qn_dot_tile (a product with the group's scale before would
// make 8 bits of every weight).
//
// A group takes Slices slices of 2-bit weights, 2 Slices of 4-bit ones, 4 Slices of 8-bit ones. A unit's four activations come side by side, of which 4-bit weights use
// the lower two and 8-bit ones the lowest; its codes are 8 bits, the first weight the lowest.
// A group's slices come without a pause (valid_i), pauses between groups are multiples of Share clocks. A row without a token has activations of 0.

`default_nettype none

module qn_b3 #(
  parameter int Rows    = 8,
  parameter int Cols    = 8,
  parameter int Units   = 8,
  parameter int Wide    = 8,               // of qn_b3_dot, as what follows
  parameter int Join    = 4,
  parameter int Cut     = 3,
  parameter int Hold    = 1,
  parameter int CutTree = 0,
  parameter int SumW    = 22,              // of a group's sum
  parameter int Slices  = 4,
  parameter int Share   = 4,               // rows to a qn_rescale, Slices or fewer
  parameter int ScaleW  = 4,
  parameter int Halves  = 2,               // copies of an activation's bits, for Cols / Halves columns each
  parameter int Fours   = 4,               // copies of a code's, for Rows / Fours rows
  parameter int OutW    = 32,
  parameter Dequants = Rows / Share
) (
  input  logic                         clk_i,
  input  logic                         rst_ni,
  input  logic                         four_i,   // weights have 4 bits or 8; stands
  input  logic                         eight_i,  // 8; stands
  input  logic                         valid_i,
  input  logic                         start_i,  // with the slices of a result's first group
  input  logic                         end_i,    // with the slices of its last
  input  logic [32*Units*Rows-1:0]     act_i,
  input  logic [8*Units*Cols-1:0]      code_i,
  input  logic [ScaleW*Cols-1:0]       scale_i,  // with the group's last slice
  output logic                         valid_o,  // results of row 0 of each dequantizer, in the next clock of row 1, ...
  output logic [OutW*Dequants*Cols-1:0] result_o
);

  // Control. A slice meets the sum so far in stage Meet; a clock later the sum is complete
  localparam int Meet = 3 + (Cut != 0 ? 1 : 0) + Hold + (CutTree != 0 ? 1 : 0);
  localparam int CountW = $clog2(4 * Slices) + 1;
  localparam [31:0] SLICES = Slices;
  logic [CountW-1:0] slice_q, slices_q;    // slices of a group, less one
  logic              four_q, eight_q, head_q;      // no slice of this group yet
  logic [Meet-2:0]   last_q;
  logic [Meet-1:0]   start_q, end_q;
  logic              last, first;
  assign last = valid_i && slice_q == slices_q;
  always_ff @(posedge clk_i) begin
    four_q   <= four_i;
    eight_q  <= eight_i;
    slices_q <= ((SLICES[CountW-1:0] << four_q) << eight_q) - 1'b1;
    if (!rst_ni) begin
      slice_q <= '0;
      head_q  <= 1'b1;
      last_q  <= '0;
    end else begin
      if (valid_i) begin
        slice_q <= last ? '0 : slice_q + 1'b1;
        head_q  <= last;
      end
      last_q <= {last_q[Meet-3:0], last};
    end
    start_q <= {start_q[Meet-2:0], start_i};
    end_q   <= {end_q[Meet-2:0], end_i};
  end
  qn_delay #(.Width(1), .Clocks(Meet - 2)) u_control (.clk_i, .in_i(valid_i && head_q), .out_o(first));

  // What completes a group's inverted bits. A unit and clock lack 128 + 256 for a digit that is not signed, 128 + 254 for one that is, each times the digit's place
  /* verilator lint_off UNUSEDSIGNAL */    // numbers fit
  function automatic [SumW-1:0] constant(input [31:0] clocks, input [31:0] lack);
    constant = -(clocks[SumW-1:0] * lack[SumW-1:0]);
  endfunction
  /* verilator lint_on UNUSEDSIGNAL */
  localparam [31:0] CLOCKS = Slices * Units;
  localparam [SumW-1:0] TWO   = constant(CLOCKS,     32'd4 * 32'd382);
  localparam [SumW-1:0] FOUR  = constant(2 * CLOCKS, 32'd2 * (32'd384 + 32'd4 * 32'd382));
  localparam [SumW-1:0] EIGHT = constant(4 * CLOCKS, 32'd384 * 32'd21 + 32'd382 * 32'd64);

  logic [Halves*32*Units*Rows-1:0] act;
  logic [Cols*Dequants-1:0]        valid;
  assign valid_o = valid[0];
  genvar r, c, u;
  generate
    for (r = 0; r < Rows; r = r + 1) begin : g_row
      // Two registers, between them to the digits of weights that they meet
      logic [32*Units-1:0] act_q, met, met_q;
      logic [1:0]          width;          // a row's own
      logic [2*Units-1:0]  widths;
      qn_delay #(.Width(2)) u_width (.clk_i, .in_i({eight_q, four_q}), .out_o(width));
      qn_fan #(.Width(2), .Copies(Units)) u_width_fan (.in_i(width), .out_o(widths));
      for (u = 0; u < Units; u = u + 1) begin : g_unit
        logic [7:0] a0, a1;
        logic       eight, four;
        assign {eight, four} = widths[2*u +: 2];
        assign a0 = act_q[32*u +: 8];
        assign a1 = act_q[32*u + 8 +: 8];
        assign met[32*u +: 32] = {eight ? a0 : four ? a1 : act_q[32*u + 24 +: 8], eight ? a0 : four ? a1 : act_q[32*u + 16 +: 8], four ? a0 : a1, a0};
      end
      always_ff @(posedge clk_i) begin
        act_q <= act_i[32*Units*r +: 32*Units];
        met_q <= met;
      end
      qn_fan #(.Width(32*Units), .Copies(Halves)) u_act (.in_i(met_q), .out_o(act[Halves*32*Units*r +: Halves*32*Units]));
    end

    for (c = 0; c < Cols; c = c + 1) begin : g_col
      localparam int HowW = 10;
      localparam int Pairs = (Rows + 1) / 2;
      logic [8*Units-1:0]       code_q;
      logic [Fours*8*Units-1:0] code;
      logic [HowW-1:0]          how;
      logic [HowW*Pairs-1:0]    hows;
      logic [SumW-1:0]          from_q;
      logic [SumW*Pairs-1:0]    from;
      logic [ScaleW-1:0]        scale;
      logic [2*SumW*Rows-1:0]   sum;
      logic                     first_c, last_c, start_c, end_c;
      qn_delay #(.Width(8*Units), .Clocks(2)) u_code (.clk_i, .in_i(code_i[8*Units*c +: 8*Units]), .out_o(code_q));
      qn_fan #(.Width(8*Units), .Copies(Fours)) u_code_fan (.in_i(code_q), .out_o(code));
      // A column's own control, and the widths of its weights to two rows each
      qn_delay #(.Width(4)) u_control (.clk_i, .in_i({first, last_q[Meet-2], start_q[Meet-1], end_q[Meet-1]}), .out_o({first_c, last_c, start_c, end_c}));
      qn_delay #(.Width(HowW)) u_how (.clk_i, .in_i({1'b1, !four_q, !eight_q, !four_q, eight_q, four_q && !eight_q, !four_q, eight_q, four_q, !four_q}), .out_o(how));
      qn_fan #(.Width(HowW), .Copies(Pairs)) u_how_fan (.in_i(how), .out_o(hows));
      logic [1:0] width;
      qn_delay #(.Width(2)) u_width (.clk_i, .in_i({eight_q, four_q}), .out_o(width));
      always_ff @(posedge clk_i) from_q <= {SumW{first_c}} & (width[1] ? EIGHT : width[0] ? FOUR : TWO);
      qn_fan #(.Width(SumW), .Copies(Pairs)) u_from (.in_i(from_q), .out_o(from));
      qn_delay #(.Width(ScaleW), .Clocks(Meet + 1)) u_scale (.clk_i, .in_i(scale_i[ScaleW*c +: ScaleW]), .out_o(scale));

      for (r = 0; r < Rows; r = r + 1) begin : g_dot
        qn_b3_dot #(.Units(Units), .Wide(Wide), .SumW(SumW), .Join(Join), .Cut(Cut), .Hold(Hold), .CutTree(CutTree)) u_dot (
          .clk_i, .act_i(act[32*Units*(Halves*r + c*Halves/Cols) +: 32*Units]), .code_i(code[8*Units*(r*Fours/Rows) +: 8*Units]),
          .signed_i(hows[HowW*(r/2) + 6 +: 4]), .shift_i(hows[HowW*(r/2) +: 6]), .first_i(first_c), .start_i(from[SumW*(r/2) +: SumW]),
          .sum_o(sum[2*SumW*r +: 2*SumW]));
      end
      for (r = 0; r < Dequants; r = r + 1) begin : g_rescale
        qn_rescale #(.Rows(Share), .SumW(SumW), .ScaleW(ScaleW), .OutW(OutW)) u_rescale (
          .clk_i, .rst_ni, .load_i(last_c), .sum_i(sum[2*SumW*Share*r +: 2*SumW*Share]), .count_i(16'd0), .scale_i(scale),
          .first_i(start_c), .end_i(end_c), .valid_o(valid[Dequants*c + r]), .result_o(result_o[OutW*(Dequants*c + r) +: OutW]));
      end
    end
  endgenerate

  logic unused;
  assign unused = ^valid;

endmodule

`default_nettype wire
