// SPDX-License-Identifier: Apache-2.0
// qn_tab_group: inputs of one group of weights, in tables in block RAM: a byte of codes looks up the sums of its activations for Rows rows in one word, and the sums
// of Tables words are added. Radix 3: a byte is five ternary weights, digit k of its number (0..242) the k-th weight + 1. Radix 2: eight bits of a plane, bit k
// the k-th weight's; planes come most significant first, the first one negative (two's complement), and each doubles the sum before it.
// Once a clock a byte for each table; the group's sum, when its last plane has come, times its scale.
//
// Two banks: while one is looked up the other is filled, by a builder for Share tables, one table after the other. Who drives the group (qn_tab_array)
// gives all its builders the increments of a table each, then walks them through its words.

`default_nettype none

module qn_tab_group #(
  parameter int Radix  = 3,
  parameter int Tables = 26,
  parameter int Share  = 4,
  parameter int Rows   = 3,
  parameter int ScaleW = 7,
  parameter Builders = (Tables + Share - 1) / Share,
  parameter TreeW = 11 + $clog2(Tables),
  parameter SumW  = TreeW + (Radix == 2 ? 3 : 0),
  parameter ProductW = SumW + ScaleW + $clog2(ScaleW),
  parameter OutW  = ProductW + 1
) (
  input  logic                   clk_i,
  input  logic                   bank_i,       // that is looked up

  // Increments: an activation of each row (0 for the turn of the last digit), digit by digit
  input  logic                   step_we_i,
  input  logic                   step_first_i, // of a table
  input  logic [8*Rows-1:0]      act_i,
  input  logic [2:0]             digit_i,
  input  logic [3:0]             builder_i,
  // Words: of table Share b + turn of each builder b
  input  logic                   fill_i,
  input  logic                   fill_start_i,
  input  logic [2:0]             fill_digit_i,
  input  logic [7:0]             fill_code_i,
  input  logic [1:0]             fill_turn_i,

  input  logic [8*Tables-1:0]    code_i,
  input  logic                   first_i,      // plane (radix 2)
  input  logic [ScaleW-1:0]      scale_i,      // with the last plane
  output logic [OutW*Rows-1:0]   product_o
);

  localparam int W = 11;                   // of a looked-up sum: 5 or 8 activations of -127..127

  // Two registers for all that comes from the array, the way to a group being long
  localparam int ControlW = 26;
  logic [ControlW-1:0] control_q, control2_q;
  logic [8*Rows-1:0]   act_q, act2_q, act3_q;
  logic [8*Tables-1:0] code_q, code2_q;
  logic [ScaleW-1:0]   scale_q, scale2_q;
  logic                bank, step_we, step_first, fill, fill_start, first_plane;
  logic [2:0]          digit, fill_digit;
  logic [3:0]          builder;
  logic [7:0]          fill_code;
  logic [1:0]          fill_turn;
  always_ff @(posedge clk_i) begin
    control_q  <= {bank_i, step_we_i, step_first_i, digit_i, builder_i, fill_i, fill_start_i, fill_digit_i, fill_code_i, fill_turn_i, first_i};
    control2_q <= control_q;
    act_q    <= act_i;
    act2_q   <= act_q;
    code_q   <= code_i;
    code2_q  <= code_q;
    scale_q  <= scale_i;
    scale2_q <= scale_q;
  end
  assign {bank, step_we, step_first, digit, builder, fill, fill_start, fill_digit, fill_code, fill_turn, first_plane} = control2_q;

  // Activations to increments: digit d up by one and those below it back to 0 is a[d] - (Radix - 1) (a[0] + ... + a[d-1])
  logic [W*Rows-1:0]   step;
  logic [3:0]          digit_q, digit2_q;
  logic [Builders-1:0] we_q, we2_q;
  logic                first_q, any_q;
  genvar r, t, b;
  always_ff @(posedge clk_i) begin
    act3_q   <= act2_q;
    first_q  <= step_first;
    any_q    <= step_we;
    digit_q  <= {1'b0, digit};
    digit2_q <= digit_q;
    we2_q    <= we_q;
  end
  generate
    for (b = 0; b < Builders; b = b + 1) begin : g_we
      localparam [3:0] MINE = b;
      always_ff @(posedge clk_i) we_q[b] <= step_we && builder == MINE;
    end
    for (r = 0; r < Rows; r = r + 1) begin : g_step
      logic [W-1:0] a, below, below_q, step_q;
      assign a     = {{W-8{act3_q[8*r+7]}}, act3_q[8*r +: 8]};
      assign below = first_q ? '0 : below_q;
      always_ff @(posedge clk_i) begin
        step_q  <= a - (Radix == 3 ? {below[W-2:0], 1'b0} : below);
        if (any_q) below_q <= below + a;
      end
      assign step[W*r +: W] = step_q;
    end
  endgenerate

  // Builders and tables. A word is written two clocks after its digit
  logic [1:0]  fill_q;
  logic [3:0]  fill_turn_q;
  logic [15:0] fill_code_q;
  logic [W*Rows*Tables-1:0] looked;
  always_ff @(posedge clk_i) begin
    fill_q      <= {fill_q[0], fill};
    fill_code_q <= {fill_code_q[7:0], fill_code};
    fill_turn_q <= {fill_turn_q[1:0], fill_turn};
  end
  generate
    for (b = 0; b < Builders; b = b + 1) begin : g_builder
      localparam int FIRST = Share * b;
      localparam int COUNT = Tables - FIRST < Share ? Tables - FIRST : Share;
      logic [W*Rows*COUNT-1:0] out;
      qn_tab_build #(.Tables(COUNT), .Rows(Rows), .SumW(W)) u_build (
        .clk_i, .bank_i(bank), .step_we_i(we2_q[b]), .step_addr_i(digit2_q), .step_i(step), .digit_i({1'b0, fill_digit}), .start_i(fill_start),
        .word_we_i(fill_q[1]), .word_addr_i(fill_code_q[15:8]), .turn_i(fill_turn_q[3:2]), .code_i(code2_q[8*FIRST +: 8*COUNT]), .looked_o(out));
      for (t = 0; t < COUNT; t = t + 1) begin : g_table
        for (r = 0; r < Rows; r = r + 1) begin : g_row
          assign looked[W*(Tables*r + FIRST + t) +: W] = out[W*(Rows*t + r) +: W];
        end
      end
    end
  endgenerate

  // Their sum, planes, scale
  localparam int Late = 3 + $clog2(Tables);            // from code2_q to the tree's sum
  logic              first;
  logic [ScaleW-1:0] scale, scale3_q;
  qn_delay #(.Width(1), .Clocks(Late)) u_first (.clk_i, .in_i(first_plane), .out_o(first));
  qn_delay #(.Width(ScaleW), .Clocks(Late + (Radix == 2 ? 1 : 0))) u_scale (.clk_i, .in_i(scale2_q), .out_o(scale));
  always_ff @(posedge clk_i) scale3_q <= scale;
  generate
    for (r = 0; r < Rows; r = r + 1) begin : g_row
      logic [TreeW-1:0] sum;
      logic [SumW-1:0]  whole, whole_q;
      logic [(SumW+ScaleW)*ScaleW-1:0] rows_q;  // the sum for each bit of the scale
      logic [ProductW-1:0]             product;
      qn_tab_tree #(.Count(Tables), .Width(W)) u_tree (.clk_i, .in_i(looked[W*Tables*r +: W*Tables]), .sum_o(sum));
      if (Radix == 2) begin : g_planes
        logic [SumW-1:0] planes_q;
        always_ff @(posedge clk_i)
          planes_q <= first ? -{{SumW-TreeW{sum[TreeW-1]}}, sum} : {planes_q[SumW-2:0], 1'b0} + {{SumW-TreeW{sum[TreeW-1]}}, sum};
        assign whole = planes_q;
      end else begin : g_digits
        logic unused;
        assign unused = first;
        assign whole = sum;
      end
      for (b = 0; b < ScaleW; b = b + 1) begin : g_scale
        localparam [SumW+ScaleW-1:0] ZERO = '0;
        always_ff @(posedge clk_i)
          rows_q[(SumW+ScaleW)*b +: SumW+ScaleW] <= scale3_q[b] ? {{ScaleW{whole_q[SumW-1]}}, whole_q} << b : ZERO;
      end
      qn_tab_tree #(.Count(ScaleW), .Width(SumW+ScaleW)) u_product (.clk_i, .in_i(rows_q), .sum_o(product));
      always_ff @(posedge clk_i) whole_q <= whole;
      assign product_o[OutW*r +: OutW] = {{OutW-ProductW{product[ProductW-1]}}, product};
    end
  endgenerate

endmodule

`default_nettype wire
