// SPDX-License-Identifier: Apache-2.0
// qn_b0: baseline B0, the INT8 weight-stationary systolic array of today's accelerators, dequantizing before the product. Codes of Cols
// columns come in a row at a time, one dequantizer a column, and shift down the shadows while the array works; after Rows of them swap_i makes them
// its weights, row by row and column by column in step with the activations. Activations come from the left, skewed by a clock a row (the feeder's business, not counted); sums leave below, skewed by a
// clock a column, as one number of 32 bits. A sum over more than Rows inputs is finished in a buffer outside, which is not counted either.

`default_nettype none

module qn_b0 #(
  parameter int Rows   = 16,               // inputs
  parameter int Cols   = 16,               // outputs
  parameter int AccW   = 32,
  parameter int Cut    = 3,
  parameter bit Save   = 1,                // partial sums in carry-save form
  parameter int Split  = 0,                // of the element: results are a clock later then
  parameter int CodeW  = 4,
  parameter int ScaleW = 4
) (
  input  logic                   clk_i,
  input  logic                   shift_i,
  input  logic [Rows-1:0]        swap_i,   // skewed as the activations
  input  logic [CodeW*Cols-1:0]  code_i,   // two clocks ahead of its shift_i
  input  logic [ScaleW*Cols-1:0] scale_i,
  input  logic [8*Rows-1:0]      act_i,
  output logic [AccW*Cols-1:0]   sum_o
);

  // Each row leaves out 2^8 - 2^15
  localparam [31:0] ROWS = Rows;
  localparam [AccW-1:0] FOOT = ROWS[AccW-1:0] * (32'd256 - 32'd32768);

  // Shift reaches all elements at once: three levels of buffers, four elements of a row to each of the last
  logic                   shift_q;
  logic [3:0]             shift_four;
  logic [Rows-1:0]        shift_row;
  logic [Rows*Cols/4-1:0] shift;
  always_ff @(posedge clk_i) shift_q <= shift_i;
  qn_fan #(.Width(1), .Copies(4)) u_shift (.in_i(shift_q), .out_o(shift_four));
  qn_fan #(.Width(4), .Copies(Rows/4)) u_shift_row (.in_i(shift_four), .out_o(shift_row));
  qn_fan #(.Width(Rows), .Copies(Cols/4)) u_shift_all (.in_i(shift_row), .out_o(shift));

  logic [8*Rows*(Cols+1)-1:0]      act;
  logic [Rows*(Cols+1)-1:0]        swap;
  logic [8*Cols*(Rows+1)-1:0]      weight;
  localparam int Of = Save ? 2 : 1;        // bits of a sum's column
  localparam int SumW = Of * AccW;
  localparam [31:0] TALL = Of + 1;
  logic [SumW*Cols*(Rows+1)-1:0]   sum;
  assign sum[SumW*Cols-1:0] = '0;

  genvar r, c, k;
  generate
    for (r = 0; r < Rows; r = r + 1) begin : g_row
      assign act[8*r +: 8] = act_i[8*r +: 8];
      assign swap[r] = swap_i[r];
      for (c = 0; c < Cols; c = c + 1) begin : g_col
        qn_b0_element #(.AccW(AccW), .Cut(Cut), .Save(Save), .Split(Split)) u_element (
          .clk_i, .shift_i(shift[Rows*(c/4) + r]), .swap_i(swap[Rows*c + r]), .swap_o(swap[Rows*(c+1) + r]),
          .weight_i(weight[8*(Cols*r + c) +: 8]), .weight_o(weight[8*(Cols*(r+1) + c) +: 8]),
          .act_i(act[8*(Rows*c + r) +: 8]), .act_o(act[8*(Rows*(c+1) + r) +: 8]),
          .sum_i(sum[SumW*(Cols*r + c) +: SumW]), .sum_o(sum[SumW*(Cols*(r+1) + c) +: SumW]));
      end
    end
    for (c = 0; c < Cols; c = c + 1) begin : g_foot
      qn_dequant_code #(.CodeW(CodeW), .ScaleW(ScaleW)) u_dequant (
        .clk_i, .code_i(code_i[CodeW*c +: CodeW]), .scale_i(scale_i[ScaleW*c +: ScaleW]), .weight_o(weight[8*c +: 8]));
      logic [(Of+1)*AccW-1:0] bits;
      logic [2*AccW-1:0] two, two_q;
      logic [SumW-1:0]   foot;
      if (Split != 0) begin : g_split
        localparam int High = AccW - Split;
        qn_delay #(.Width(Split)) u_low (.clk_i, .in_i(sum[SumW*(Cols*Rows + c) +: Split]), .out_o(foot[Split-1:0]));
        assign foot[Split +: High] = sum[SumW*(Cols*Rows + c) + Split +: High];
      end else begin : g_whole
        assign foot = sum[SumW*(Cols*Rows + c) +: SumW];
      end
      for (k = 0; k < AccW; k = k + 1) begin : g_bit
        assign bits[(Of+1)*k +: Of + 1] = {FOOT[k], foot[Of*k +: Of]};
      end
      qn_heap #(.Cols(AccW), .Tall(Of + 1), .Heights({AccW{TALL[9:0]}})) u_two (.clk_i, .bits_i(bits), .bits_o(two));
      always_ff @(posedge clk_i) two_q <= two;
      qn_heap_sum #(.Width(AccW), .Chunks(2)) u_sum (.clk_i, .two_i(two_q), .sum_o(sum_o[AccW*c +: AccW]));
    end
  endgenerate

  logic unused;
  assign unused = ^{weight[8*Cols*Rows +: 8*Cols], act[8*Rows*Cols +: 8*Rows], swap[Rows*Cols +: Rows]};

endmodule

`default_nettype wire
