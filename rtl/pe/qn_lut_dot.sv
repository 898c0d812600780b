// SPDX-License-Identifier: Apache-2.0
// qn_lut_dot: one output of qn_lut_tile in one row: looks Tables broadcast tables up, negates, adds, and accumulates over clocks; the sum in
// carry-save form, modulo 2^AccW. What qn_dot is to plain activations this is to tables. Looked-up numbers are added by a qn_heap, registered after its
// level Cut (0: not), Again levels further (0: not) and, when Join rows are left, before the sum so far is added: two to four stages.

`default_nettype none

module qn_lut_dot #(
  parameter int Tables = 4,
  parameter int TableW = 9,                // an entry
  parameter int AccW   = 22,               // more than TableW
  parameter int Join   = 4,
  parameter int Cut    = 0,
  parameter int Again  = 0
) (
  input  logic                       clk_i,
  input  logic [8*TableW*Tables-1:0] table_i,    // entry e of table t at TableW (8 t + e); registered, as all that follows
  input  logic [Tables-1:0]          even_i,     // of each table: a negation is the entry's, inverted, and 1
  input  logic [8*Tables-1:0]        pick_i,     // entry of each table, one-hot; none: 0 is added
  input  logic [Tables-1:0]          minus_i,    // the entry's negation is added
  input  logic                       keep_i,     // what reaches the sum in the next clock is added to it, or
  input  logic                       double_i,   // to twice the sum; neither: starts it anew
  output logic [2*AccW-1:0]          sum_o       // two bits a column
);

  // A row for each table, its sign bit inverted (-s = ~s - 1), the 1 of a negation in column 0
  /* verilator lint_off UNUSEDSIGNAL */
  function automatic [9:0] ten(input [31:0] n);
    ten = n[9:0];
  endfunction
  /* verilator lint_on UNUSEDSIGNAL */
  localparam [31:0] TABLES = Tables;
  localparam [AccW-1:0] CONSTANT = -({{AccW-1{1'b0}}, 1'b1} << (TableW - 1)) * TABLES[AccW-1:0];
  localparam int Tall = 2 * Tables + 1;
  function automatic [10*AccW-1:0] heights();
    int n;
    for (n = 0; n < AccW; n = n + 1)
      heights[10*n +: 10] = (n == 0 ? ten(2 * Tables) : n < TableW ? ten(Tables) : 10'd0) + {9'd0, CONSTANT[n]};
  endfunction

  logic [TableW*Tables-1:0] looked;
  logic [Tall*AccW-1:0]     bits;
  genvar t, b, e, c;
  generate
    for (t = 0; t < Tables; t = t + 1) begin : g_table
      for (b = 0; b < TableW; b = b + 1) begin : g_bit
        logic [7:0] entries;
        for (e = 0; e < 8; e = e + 1) begin : g_entry
          assign entries[e] = table_i[TableW*(8*t + e) + b];
        end
        assign looked[TableW*t + b] = (|(entries & pick_i[8*t +: 8])) ^ minus_i[t];
      end
    end
    for (c = 0; c < AccW; c = c + 1) begin : g_col
      localparam int Have = c == 0 ? 2 * Tables : c < TableW ? Tables : 0;
      for (t = 0; t < Tall; t = t + 1) begin : g_row
        if (t < Tables && c < TableW) begin : g_in
          assign bits[Tall*c + t] = looked[TableW*t + c] ^ (c == TableW - 1);
        end else if (t < Have) begin : g_plus
          assign bits[Tall*c + t] = minus_i[t - Tables] && even_i[t - Tables];
        end else begin : g_constant
          assign bits[Tall*c + t] = t == Have && CONSTANT[c];
        end
      end
    end
  endgenerate

  logic [Join*AccW-1:0]     part, part_q;
  logic [(Join+2)*AccW-1:0] joined;
  logic [2*AccW-1:0]        sum_d;
  localparam int Copies = 3;               // of the controls, for every third column
  logic                     keep_q, double_q;
  logic [2*Copies-1:0]      control;       // {keep, double}
  qn_fan #(.Width(2), .Copies(Copies)) u_control (.in_i({keep_q, double_q}), .out_o(control));
  qn_heap #(.Cols(AccW), .Tall(Tall), .Heights(heights()), .Target(Join), .Cut(Cut), .Again(Again)) u_heap (.clk_i, .bits_i(bits), .bits_o(part));

  // The sum so far joins
  always_ff @(posedge clk_i) begin
    part_q   <= part;
    keep_q   <= keep_i;
    double_q <= double_i;
    sum_o    <= sum_d;
  end
  generate
    for (c = 0; c < AccW; c = c + 1) begin : g_join
      logic [1:0] below;
      if (c == 0) begin : g_bottom
        assign below = 2'b00;
      end else begin : g_up
        assign below = sum_o[2*(c-1) +: 2];
      end
      assign joined[(Join+2)*c +: Join] = part_q[Join*c +: Join];
      assign joined[(Join+2)*c + Join +: 2] = ({2{control[2*(c%Copies)+1]}} & sum_o[2*c +: 2]) | ({2{control[2*(c%Copies)]}} & below);
    end
  endgenerate
  localparam [31:0] JOINED = Join + 2;
  qn_heap #(.Cols(AccW), .Tall(Join + 2), .Heights({AccW{JOINED[9:0]}}), .Target(2)) u_join (.clk_i, .bits_i(joined), .bits_o(sum_d));

endmodule

`default_nettype wire
