// SPDX-License-Identifier: Apache-2.0
// qn_array: Rows rows that see the same plane, and the holds behind them: the partials of a finished column, which
// leave Lanes rows at a time (rows 0..Lanes-1 first) while the rows work on the next column.
// A plane is taken in Parts = 32 / Depth clocks; the next may be given that much later. Given in clock t it is complete in the partials in
// clock t + 2 + Parts, so that clock may load the holds. Holds are shift registers: no row is ever selected by a multiplexer.

`default_nettype none

module qn_array #(
  parameter int Element = qn_isa_pkg::ELEMENT_SHIFTADD,
  parameter int Rows  = 16,
  parameter int Depth = 32,                // lanes a clock: 8, 16 or 32
  parameter int Lanes = 4,                 // rows that leave the holds at a time; Rows is 2 or more times as much
  parameter PairW  = $clog2(Rows) - 1,
  parameter RowsW  = $clog2(Rows) + 1,
  parameter Groups = Rows / Lanes
) (
  input  logic                clk_i,
  input  logic                rst_ni,

  input  logic                load_i,      // 8 activations for both rows of a pair into their shadows
  input  logic [PairW-1:0]    load_pair_i,
  input  logic                load_last_i, // the fourth of a pair
  input  logic [127:0]        load_data_i, // {odd row, even row}
  input  logic                swap_i,      // with the first plane of a slice or before, after the last of the one before: shadows become active
  input  logic [RowsW-1:0]    rows_i,      // taken at swap_i: rows below compute

  input  logic                valid_i,
  input  logic [31:0]         plane_i,
  input  logic                first_i,     // of a column
  input  logic                neg_i,

  input  logic                hold_next_i, // in the next clock: partials to holds
  input  logic [Groups-1:0]   hold_next_use_i,  // taken with hold_next_i: groups of Lanes rows that matter
  input  logic                hold_shift_i,
  output logic [56*Lanes-1:0] lane_o       // {hi, lo} of each row of the group in front
);

  localparam int Parts = 32 / Depth;
  localparam [31:0] PARTS_LESS_ONE = Parts - 1;
  localparam [1:0] PART_LAST = PARTS_LESS_ONE[1:0];
  logic             valid_q, first_q, neg_q;
  logic [Rows-1:0]  load;                  // hold_next_i's registers, for each row
  logic [31:0]      plane_q;
  logic [1:0]       part;
  logic [Rows-1:0]  row_en_q;              // rows that compute
  logic [Groups-1:0] use_next_q, use_q;    // groups that hold something: from the next clock on, now

  always_ff @(posedge clk_i) begin
    if (valid_i) begin
      first_q <= first_i;
      neg_q   <= neg_i;
    end
    if (hold_next_i) use_next_q <= hold_next_use_i;
    use_q <= use_next_q;
  end

  generate
    if (Parts == 1) begin : g_whole
      assign part = 2'd0;
      always_ff @(posedge clk_i) begin
        if (!rst_ni) valid_q <= 1'b0;
        else         valid_q <= valid_i;
        if (valid_i) plane_q <= plane_i;
      end
    end else begin : g_parts               // the plane moves down by a part a clock
      logic [1:0] part_q;
      assign part = part_q;
      always_ff @(posedge clk_i) begin
        if (!rst_ni)                        valid_q <= 1'b0;
        else if (valid_i)                   valid_q <= 1'b1;
        else if (part_q == PART_LAST)       valid_q <= 1'b0;
        if (valid_i)      part_q <= 2'd0;
        else if (valid_q) part_q <= part_q + 2'd1;
        if (valid_i)      plane_q <= plane_i;
        else if (valid_q) plane_q <= plane_q >> Depth;
      end
      always @(posedge clk_i) begin
        if (rst_ni && valid_i) assert (!valid_q || part_q == PART_LAST);
      end
    end
  endgenerate

  logic [56*(Rows+Lanes)-1:0] hold;        // the last group is zeros behind the end
  assign hold[56*Rows +: 56*Lanes] = '0;
  assign lane_o = hold[56*Lanes-1:0];

  logic [Rows-1:0]    row_used;            // below rows_i
  logic [56*Rows-1:0] partial;
  qn_rows #(.Element(Element), .Rows(Rows), .Depth(Depth)) u_rows (
    .clk_i, .rst_ni, .load_i, .load_pair_i, .load_last_i, .load_data_i, .swap_i({Rows{swap_i}} & row_used),
    .en_i({Rows{valid_q}} & row_en_q), .part_i(part), .plane_i(plane_q[Depth-1:0]), .first_i(first_q), .neg_i(neg_q), .partial_o(partial));

  qn_copies #(.Copies(Rows)) u_load (.clk_i, .in_i(hold_next_i), .out_o(load));

  genvar r;
  generate
    for (r = 0; r < Rows; r = r + 1) begin : g_row
      localparam int Next = r / Lanes + 1 < Groups ? r / Lanes + 1 : r / Lanes;
      localparam [RowsW-1:0] Row = r;
      logic [55:0] hold_q;
      logic        take;
      qn_copy u_take (.clk_i, .in_i(hold_next_i && hold_next_use_i[r/Lanes]), .out_o(take));
      assign row_used[r] = Row < rows_i;

      always_ff @(posedge clk_i) if (swap_i) row_en_q[r] <= row_used[r];

      always_ff @(posedge clk_i) begin
        if (load[r]) begin
          if (take) hold_q <= partial[56*r +: 56];
        end else if (hold_shift_i) begin
          if (use_q[Next]) hold_q <= hold[56*(r+Lanes) +: 56];
        end
      end
      assign hold[56*r +: 56] = hold_q;
    end
  endgenerate

endmodule

`default_nettype wire
