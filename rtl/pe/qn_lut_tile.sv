// SPDX-License-Identifier: Apache-2.0
// qn_lut_tile: the elongated tile of LUT Tensor Core, whole: Rows rows x Cols outputs x 4 Tables activations, one bit of each weight a clock.
// Inside: registers of activations and weights, the builders (all eight entries of a table every clock, so nothing ever waits for them), the
// tables' registers, broadcast to all columns, decoding of the codes, control, the sums, and their read-out.
//
// A step, valid_i: 4 Tables activations a row and, in the clock after them, a code of as many bits for each column, bit k the sign of a[k] (1: +).
// The sum becomes (double ? 2 sum : keep ? sum : 0) plus the signed sum, and stands while there is no step. Weights of W bits take W passes over the depth,
// most significant plane first, the first step of a pass with double_i (of the first pass: neither keep nor double), the others with keep_i. That makes D, the sum over
// planes of 2^p x signed sums. Binary weights (+1, -1) are D itself; for two's complement codes, whose top plane is streamed inverted,
// the dot product is (D - S) / 2, S the sum of the activations (a column of ones gives it): what applies the float scale takes it off.
// |a| <= 2^(ActW-1) - 1; SumW = ActW + log2(depth) + W - 1 bits are enough.
//
// Read-out: Reads columns of all rows share one; read_i, one-hot, names row r of the n-th of them at Rows n + r: result_o three clocks later. A sum is complete
// Late clocks after its last step.

`default_nettype none

module qn_lut_tile #(
  parameter int Rows   = 2,
  parameter int Cols   = 64,
  parameter int Tables = 1,
  parameter int ActW   = 8,
  parameter int SumW   = 22,
  parameter int Join   = 2,                // of qn_lut_dot
  parameter int Cut    = 0,
  parameter int Reads  = 8,
  parameter int Share  = 8,                // columns to a buffer of the tables
  parameter TableW = ActW + 2
) (
  input  logic                             clk_i,
  input  logic [4*ActW*Tables*Rows-1:0]    act_i,      // activation k of row r at ActW (4 Tables r + k)
  input  logic                             valid_i,    // what follows belongs to the activations of the clock before
  input  logic                             keep_i,
  input  logic                             double_i,
  input  logic [4*Tables*Cols-1:0]         code_i,
  input  logic [Rows*Reads-1:0]            read_i,
  output logic [SumW*(Cols/Reads)-1:0]     result_o
);

  localparam int Wait = Cut == 0 ? 0 : 1;
  logic [4*ActW*Tables*Rows-1:0] act_q;
  logic [4*Tables*Cols-1:0]      code_q;
  logic                          valid_q, i_keep_q, i_double_q, keep, double;
  logic [Rows*Reads-1:0]         read_q;
  always_ff @(posedge clk_i) begin
    act_q      <= act_i;
    code_q     <= code_i;
    valid_q    <= valid_i;
    i_keep_q   <= keep_i || !valid_i;
    i_double_q <= double_i && valid_i;
    read_q     <= read_i;
  end
  qn_delay #(.Width(2), .Clocks(1 + Wait)) u_control (.clk_i, .in_i({i_keep_q && !i_double_q, i_double_q}), .out_o({keep, double}));

  localparam int Groups = Cols / Share;
  localparam int AllW = 8 * TableW * Tables;
  genvar r, c, t, e, k;
  logic [AllW*Rows-1:0]        tables;
  logic [AllW*Rows*Groups-1:0] table_copy;
  logic [2*Groups-1:0]         control;    // {keep, double} for each group of columns
  logic [Cols-1:0]             valid;
  qn_fan #(.Width(AllW*Rows), .Copies(Groups)) u_tables (.in_i(tables), .out_o(table_copy));
  qn_fan #(.Width(2), .Copies(Groups)) u_controls (.in_i({keep, double}), .out_o(control));
  logic [Groups-1:0]           valid_group;
  qn_fan #(.Width(1), .Copies(Groups)) u_valid (.in_i(valid_q), .out_o(valid_group));
  qn_fan #(.Width(Groups), .Copies(Cols/Groups)) u_valids (.in_i(valid_group), .out_o(valid));
  logic [2*SumW*Rows*Cols-1:0] sum;
  logic [Rows*Reads*(Cols/Reads)-1:0] read;
  qn_fan #(.Width(Rows*Reads), .Copies(Cols/Reads)) u_read (.in_i(read_q), .out_o(read));
  generate
    for (r = 0; r < Rows; r = r + 1) begin : g_row
      for (t = 0; t < Tables; t = t + 1) begin : g_table
        qn_lut_entries #(.ActW(ActW)) u_entries (
          .clk_i, .act_i(act_q[4*ActW*(Tables*r + t) +: 4*ActW]), .table_o(tables[AllW*r + 8*TableW*t +: 8*TableW]));
      end
    end

    for (c = 0; c < Cols; c = c + 1) begin : g_col
      // For all rows: each code as an entry, one-hot, and its negation
      logic [8*Tables-1:0]      pick_q;
      logic [Tables-1:0]        minus_q;
      logic [9*Tables*Rows-1:0] choice;
      for (t = 0; t < Tables; t = t + 1) begin : g_code
        logic [2:0] index;
        assign index = code_q[4*(Tables*c + t) +: 3] ^ {3{!code_q[4*(Tables*c + t) + 3]}};
        for (e = 0; e < 8; e = e + 1) begin : g_pick
          localparam [2:0] ENTRY = e;
          always_ff @(posedge clk_i) pick_q[8*t + e] <= valid[c] && index == ENTRY;
        end
        always_ff @(posedge clk_i) minus_q[t] <= valid[c] && !code_q[4*(Tables*c + t) + 3];
      end
      qn_fan #(.Width(9*Tables), .Copies(Rows)) u_choice (.in_i({minus_q, pick_q}), .out_o(choice));
      for (r = 0; r < Rows; r = r + 1) begin : g_row
        qn_lut_dot #(.Tables(Tables), .TableW(TableW), .AccW(SumW), .Join(Join), .Cut(Cut)) u_dot (
          .clk_i, .table_i(table_copy[AllW*(Rows*(c/Share) + r) +: AllW]), .pick_i(choice[9*Tables*r +: 8*Tables]),
          .minus_i(choice[9*Tables*r + 8*Tables +: Tables]), .keep_i(control[2*(c/Share) + 1]), .double_i(control[2*(c/Share)]),
          .sum_o(sum[2*SumW*(Rows*c + r) +: 2*SumW]));
      end
    end

    // Read-out: columns Reads g and on, to one number
    for (c = 0; c < Cols / Reads; c = c + 1) begin : g_read
      logic [Rows*Reads*((SumW+7)/8)-1:0] read_bits;             // a copy for eight columns of a sum
      logic [2*SumW-1:0] two, two_q;
      qn_fan #(.Width(Rows*Reads), .Copies((SumW+7)/8)) u_read_bits (.in_i(read[Rows*Reads*c +: Rows*Reads]), .out_o(read_bits));
      for (k = 0; k < 2 * SumW; k = k + 1) begin : g_bit
        logic [Rows*Reads-1:0] of;
        for (r = 0; r < Rows * Reads; r = r + 1) begin : g_of
          assign of[r] = read_bits[Rows*Reads*(k/16) + r] && sum[2*SumW*(Rows*Reads*c + r) + k];
        end
        assign two[k] = |of;
      end
      always_ff @(posedge clk_i) two_q <= two;
      qn_heap_sum #(.Width(SumW), .Chunks(2)) u_sum (.clk_i, .two_i(two_q), .sum_o(result_o[SumW*c +: SumW]));
    end
  endgenerate

endmodule

`default_nettype wire
