// SPDX-License-Identifier: Apache-2.0
// qn_walk: the addresses of a loop over rows of evenly spaced words.
// Stands on one word; `next_i` moves to the next of the row, or to the first of the next row. `load_i` takes a new loop.
// Two adders of AddrW bits. Whether this word is the last stands in registers. No reset: nothing counts before the first load.

`default_nettype none

module qn_walk #(
  parameter int AddrW  = 16,
  parameter int CountW = 16
) (
  input  logic              clk_i,

  input  logic              load_i,
  input  logic [AddrW-1:0]  base_i,        // first word of row 0
  input  logic [AddrW-1:0]  step_i,        // from a word to the next
  input  logic [AddrW-1:0]  stride_i,      // from a row's first word to the next row's
  input  logic [CountW-1:0] count_i,       // words of a row, 1 or more
  input  logic              one_i,         // 1
  input  logic [CountW-1:0] rows_i,        // 1 or more

  input  logic              next_i,
  output logic [AddrW-1:0]  addr_o,
  output logic [AddrW-1:0]  row_addr_o,    // first word of this row
  output logic [CountW-1:0] pos_o,         // words before this one in its row
  output logic              row_end_o,     // last of its row
  output logic              end_o          // last of all
);

  logic [AddrW-1:0]  step_q, stride_q;
  logic [CountW-1:0] count_q, left_q;      // words of a row less 2; this row and those after it
  logic              one_q, last_q;        // rows of one word; the last row
  logic [AddrW-1:0]  row_next;

  assign row_next = row_addr_o + stride_q;
  assign end_o    = row_end_o && last_q;

  always_ff @(posedge clk_i) begin
    if (load_i) begin
      step_q     <= step_i;
      stride_q   <= stride_i;
      count_q    <= count_i - {{CountW-2{1'b0}}, 2'd2};
      left_q     <= rows_i;
      one_q      <= one_i;
      last_q     <= rows_i == {{CountW-1{1'b0}}, 1'b1};
      row_end_o  <= one_i;
      addr_o     <= base_i;
      row_addr_o <= base_i;
      pos_o      <= '0;
    end else if (next_i && row_end_o) begin
      left_q     <= left_q - 1'b1;
      last_q     <= left_q == {{CountW-2{1'b0}}, 2'd2};
      row_end_o  <= one_q;
      addr_o     <= row_next;
      row_addr_o <= row_next;
      pos_o      <= '0;
    end else if (next_i) begin
      row_end_o  <= pos_o == count_q;
      addr_o     <= addr_o + step_q;
      pos_o      <= pos_o + 1'b1;
    end
  end

  always @(posedge clk_i) begin
    if (load_i) assert (one_i == (count_i == {{CountW-1{1'b0}}, 1'b1}));
  end

endmodule

`default_nettype wire
