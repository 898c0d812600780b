// SPDX-License-Identifier: Apache-2.0
// qn_lut_tile: the elongated tile of LUT Tensor Core, whole: Rows rows x Cols outputs x 4 Tables activations, one bit of each weight a clock.
// Inside: registers of activations and weights, the builders (all eight entries of a table every clock, so nothing ever waits for them), the
// tables' registers, broadcast to all columns, decoding of the codes, control, the sums, and their read-out.
//
// A step, valid_i: 4 Tables activations a row and, in the clock after them, a code of as many bits for each column, bit k the sign of a[k] (1: +).
// The sum becomes (double ? 2 sum : keep ? sum : 0) plus half the signed sum, and stands while there is no step. Weights of W bits take W passes over the depth,
// most significant plane first, the first step of a pass with double_i (of the first pass: neither keep nor double), the others with keep_i.
// A table's half is rounded down (qn_lut_entries). So of D, the sum over planes of 2^p x signed sums, a column has V = (D - (2^W - 1) P) / 2, P the number of tables with
// an odd sum. Binary weights (+1, -1) are D; for two's complement codes, whose top plane is streamed inverted, the dot product is V - V0, V0 what a column of zeros
// has. P and V0 are numbers of the activations alone: what applies the float scale takes them off.
// |a| <= 2^(ActW-1) - 1; SumW = ActW + log2(depth) + W - 2 bits are enough.
//
// Read-out: Reads columns of all rows share one, the n-th column's row r at place Rows n + r. Without Hold sums stand, complete Sum clocks after their last step, and
// read_i, one-hot, names a place: result_o three clocks later. With Hold read_i comes with a sum's last step: the next one may begin in the clock after it, and the places
// leave one by one, the first as result_o Sum + 3 clocks later; Rows Reads clocks or more from one read_i to the next.

`default_nettype none

module qn_lut_tile #(
  parameter int Rows   = 2,
  parameter int Cols   = 64,
  parameter int Tables = 1,
  parameter int ActW   = 8,
  parameter int SumW   = 22,
  parameter int Join   = 2,                // of qn_lut_dot
  parameter int Cut    = 0,
  parameter int Again  = 0,
  parameter int Hold   = 0,                // 1: sums are copied when they leave
  parameter int Reads  = 8,
  parameter int Share  = 8,                // columns to a buffer of the tables
  parameter TableW = ActW + 1,
  parameter Places = Rows * Reads,
  parameter ReadW  = Hold != 0 ? 1 : Places
) (
  input  logic                             clk_i,
  input  logic [4*ActW*Tables*Rows-1:0]    act_i,      // activation k of row r at ActW (4 Tables r + k)
  input  logic                             valid_i,    // what follows belongs to the activations of the clock before
  input  logic                             keep_i,
  input  logic                             double_i,
  input  logic [4*Tables*Cols-1:0]         code_i,
  input  logic [ReadW-1:0]                 read_i,
  output logic [SumW*(Cols/Reads)-1:0]     result_o
);

  localparam int Wait = (Cut == 0 ? 0 : 1) + (Again == 0 ? 0 : 1);
  localparam int Sum  = 4 + Wait;
  logic [4*ActW*Tables*Rows-1:0] act_q;
  logic [4*Tables*Cols-1:0]      code_q;
  logic                          valid_q, i_keep_q, i_double_q, keep, double;
  logic [ReadW-1:0]              read_q;
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
  logic [Tables*Rows-1:0]      even;
  logic [Tables*Rows*Groups-1:0] even_copy;
  logic [AllW*Rows*Groups-1:0] table_copy;
  logic [2*Groups-1:0]         control;    // {keep, double} for each group of columns
  logic [Cols-1:0]             valid;
  qn_fan #(.Width(AllW*Rows), .Copies(Groups)) u_tables (.in_i(tables), .out_o(table_copy));
  qn_fan #(.Width(Tables*Rows), .Copies(Groups)) u_even (.in_i(even), .out_o(even_copy));
  qn_fan #(.Width(2), .Copies(Groups)) u_controls (.in_i({keep, double}), .out_o(control));
  logic [Groups-1:0]           valid_group;
  qn_fan #(.Width(1), .Copies(Groups)) u_valid (.in_i(valid_q), .out_o(valid_group));
  qn_fan #(.Width(Groups), .Copies(Cols/Groups)) u_valids (.in_i(valid_group), .out_o(valid));
  logic [2*SumW*Rows*Cols-1:0] sum;
  logic [ReadW*(Cols/Reads)-1:0] read;
  qn_fan #(.Width(ReadW), .Copies(Cols/Reads)) u_read (.in_i(read_q), .out_o(read));
  generate
    for (r = 0; r < Rows; r = r + 1) begin : g_row
      for (t = 0; t < Tables; t = t + 1) begin : g_table
        qn_lut_entries #(.ActW(ActW)) u_entries (
          .clk_i, .act_i(act_q[4*ActW*(Tables*r + t) +: 4*ActW]), .table_o(tables[AllW*r + 8*TableW*t +: 8*TableW]), .even_o(even[Tables*r + t]));
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
        qn_lut_dot #(.Tables(Tables), .TableW(TableW), .AccW(SumW), .Join(Join), .Cut(Cut), .Again(Again)) u_dot (
          .clk_i, .table_i(table_copy[AllW*(Rows*(c/Share) + r) +: AllW]), .even_i(even_copy[Tables*(Rows*(c/Share) + r) +: Tables]), .pick_i(choice[9*Tables*r +: 8*Tables]),
          .minus_i(choice[9*Tables*r + 8*Tables +: Tables]), .keep_i(control[2*(c/Share) + 1]), .double_i(control[2*(c/Share)]),
          .sum_o(sum[2*SumW*(Rows*c + r) +: 2*SumW]));
      end
    end

    // Read-out: columns Reads c and on, to one number
    for (c = 0; c < Cols / Reads; c = c + 1) begin : g_read
      localparam int Copies = (SumW + 7) / 8;                    // of what says which, for eight columns of a sum
      logic [2*SumW-1:0] two;
      if (Hold != 0) begin : g_hold
        logic [2*SumW*Places-1:0] hold_q, next;                  // place 0 leaves; behind the last one comes anything
        logic                     load_q;
        logic [Copies*Places-1:0] load;
        qn_delay #(.Clocks(Sum - 1)) u_load (.clk_i, .in_i(read[c]), .out_o(load_q));
        qn_fan #(.Width(1), .Copies(Copies * Places)) u_loads (.in_i(load_q), .out_o(load));
        assign next = {hold_q[2*SumW-1:0], hold_q[2*SumW*Places-1:2*SumW]};
        for (k = 0; k < 2 * SumW * Places; k = k + 1) begin : g_bit
          always_ff @(posedge clk_i) hold_q[k] <= load[Copies*(k/(2*SumW)) + k%(2*SumW)/16] ? sum[2*SumW*Places*c + k] : next[k];
        end
        assign two = hold_q[2*SumW-1:0];
      end else begin : g_stand
        logic [Places*Copies-1:0] read_bits;
        logic [2*SumW-1:0]        of, of_q;
        qn_fan #(.Width(Places), .Copies(Copies)) u_read_bits (.in_i(read[Places*c +: Places]), .out_o(read_bits));
        for (k = 0; k < 2 * SumW; k = k + 1) begin : g_bit
          logic [Places-1:0] place;
          for (r = 0; r < Places; r = r + 1) begin : g_of
            assign place[r] = read_bits[Places*(k/16) + r] && sum[2*SumW*(Places*c + r) + k];
          end
          assign of[k] = |place;
        end
        always_ff @(posedge clk_i) of_q <= of;
        assign two = of_q;
      end
      qn_heap_sum #(.Width(SumW), .Chunks(2)) u_sum (.clk_i, .two_i(two), .sum_o(result_o[SumW*c +: SumW]));
    end
  endgenerate

endmodule

`default_nettype wire
