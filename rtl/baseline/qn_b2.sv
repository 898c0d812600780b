// SPDX-License-Identifier: Apache-2.0
// qn_b2: baseline B2, a tile of INT8 dot products of Lanes, the tree of each sharing one accumulator of 32 bits, dequantizing before the
// product: Rows tokens x Cols outputs, weights and activations streamed as in qn_dot_tile, and the same element at 8 bits. Each column has a
// dequantizer a lane, since it takes Lanes new weights a clock; Free leaves them out (weights arrive dequantized). When a result is complete the tile pauses for
// Rows clocks, in which its rows are read out one by one (read_i one-hot).

`default_nettype none

module qn_b2 #(
  parameter int Rows   = 8,
  parameter int Cols   = 8,
  parameter int Lanes  = 16,
  parameter int AccW   = 32,
  parameter int Join   = 4,
  parameter int Cut    = 4,
  parameter int Again  = 0,
  parameter int CodeW  = 4,
  parameter int ScaleW = 4,
  parameter int Halves = 2,                // copies of an activation's bits, for Cols / Halves columns each
  parameter bit Free   = 0,
  parameter InW = Free ? 8 : CodeW
) (
  input  logic                      clk_i,
  input  logic                      first_i,  // with the first slice of a result
  input  logic [Rows-1:0]           read_i,
  input  logic [8*Lanes*Rows-1:0]   act_i,    // two clocks after their codes, first_i with them (Free: with the weights)
  input  logic [InW*Lanes*Cols-1:0] code_i,
  input  logic [ScaleW*Cols-1:0]    scale_i,  // with the codes
  output logic [AccW*Cols-1:0]      result_o  // of the row read, three clocks later
);

  localparam int Meet   = (Cut == 0 ? 3 : 4) + (Again == 0 ? 0 : 1);
  localparam int Fours  = Rows < 4 ? Rows : 4;
  localparam int PairsW = 9 * Lanes / 2;
  localparam int DigitW = 3 * 8 * (Lanes / 2);
  logic [Meet-2:0] first_q;
  logic [Rows-1:0] read_q;
  always_ff @(posedge clk_i) begin
    first_q <= {first_q[Meet-3:0], first_i};
    read_q  <= read_i;
  end

  logic [Rows*Cols-1:0] read;              // two levels of buffers: a column, and eight columns of its sums
  qn_fan #(.Width(Rows), .Copies(Cols)) u_read (.in_i(read_q), .out_o(read));

  logic [Halves*8*Lanes*Rows-1:0] act;
  logic [Halves*PairsW*Rows-1:0]  pair;
  genvar r, c, k;
  generate
    for (r = 0; r < Rows; r = r + 1) begin : g_row
      logic [8*Lanes-1:0] act_q;
      logic [PairsW-1:0]  pair_q;
      qn_dot_row #(.Lanes(Lanes)) u_row (.clk_i, .act_i(act_i[8*Lanes*r +: 8*Lanes]), .act_o(act_q), .pair_o(pair_q));
      qn_fan #(.Width(8*Lanes), .Copies(Halves)) u_act (.in_i(act_q), .out_o(act[Halves*8*Lanes*r +: Halves*8*Lanes]));
      qn_fan #(.Width(PairsW), .Copies(Halves)) u_pair (.in_i(pair_q), .out_o(pair[Halves*PairsW*r +: Halves*PairsW]));
    end

    for (c = 0; c < Cols; c = c + 1) begin : g_col
      logic [8*Lanes-1:0]      weight;
      logic [DigitW-1:0]       digit_d, digit_q;
      logic [Fours*DigitW-1:0] digit;
      logic [2*AccW*Rows-1:0]  sum;
      logic [2*AccW-1:0]       two, two_q;
      if (Free) begin : g_free
        always_ff @(posedge clk_i) weight <= code_i[8*Lanes*c +: 8*Lanes];
      end else begin : g_dequant
        for (k = 0; k < Lanes; k = k + 1) begin : g_lane
          qn_dequant_code #(.CodeW(CodeW), .ScaleW(ScaleW)) u_dequant (
            .clk_i, .code_i(code_i[InW*(Lanes*c + k) +: CodeW]), .scale_i(scale_i[ScaleW*c +: ScaleW]), .weight_o(weight[8*k +: 8]));
        end
      end
      qn_dot_digits #(.Kind(0), .Lanes(Lanes), .Bits(8)) u_digits (.code_i(weight), .digit_o(digit_d));
      always_ff @(posedge clk_i) digit_q <= digit_d;
      qn_fan #(.Width(DigitW), .Copies(Fours)) u_digit (.in_i(digit_q), .out_o(digit));

      for (r = 0; r < Rows; r = r + 1) begin : g_dot
        qn_dot #(.Kind(0), .Lanes(Lanes), .Bits(8), .AccW(AccW), .Join(Join), .Cut(Cut), .Again(Again)) u_dot (
          .clk_i, .act_i(act[8*Lanes*(Halves*r + c*Halves/Cols) +: 8*Lanes]), .pair_i(pair[PairsW*(Halves*r + c*Halves/Cols) +: PairsW]),
          .double_i(1'b0), .negate_i(1'b0), .digit_i(digit[DigitW*(r*Fours/Rows) +: DigitW]), .first_i(first_q[Meet-2]), .sum_o(sum[2*AccW*r +: 2*AccW]));
      end

      // Read-out: a row's sum to one number
      logic [Rows*(AccW/8)-1:0] read_col;
      qn_fan #(.Width(Rows), .Copies(AccW/8)) u_read_col (.in_i(read[Rows*c +: Rows]), .out_o(read_col));
      for (k = 0; k < 2 * AccW; k = k + 1) begin : g_bit
        logic [Rows-1:0] of_row;
        for (r = 0; r < Rows; r = r + 1) begin : g_of
          assign of_row[r] = read_col[Rows*(k/16) + r] && sum[2*AccW*r + k];
        end
        assign two[k] = |of_row;
      end
      always_ff @(posedge clk_i) two_q <= two;
      qn_heap_sum #(.Width(AccW), .Chunks(2)) u_sum (.clk_i, .two_i(two_q), .sum_o(result_o[AccW*c +: AccW]));
    end
  endgenerate

  logic unused;
  assign unused = ^scale_i;

endmodule

`default_nettype wire
