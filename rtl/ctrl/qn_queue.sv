// SPDX-License-Identifier: Apache-2.0
// qn_queue: first in, first out, for the resolved instructions of one unit.
// A beat written in one clock is offered in the next. Depth (a power of two) x Width bits of distributed RAM, read without a clock.

`default_nettype none

module qn_queue #(
  parameter int Width = 252,               // payload bits
  parameter int Depth = 16                 // entries, a power of two
) (
  input  logic             clk_i,
  input  logic             rst_ni,

  input  logic             in_valid_i,
  output logic             in_ready_o,
  input  logic [Width-1:0] in_data_i,

  output logic             out_valid_o,
  input  logic             out_ready_i,
  output logic [Width-1:0] out_data_o
);

  localparam AddrW = $clog2(Depth);

  logic [Width-1:0] entry_q [0:Depth-1];
  logic [AddrW:0]   head_q, tail_q;        // one more bit than an index: equal means empty

  assign out_valid_o = head_q != tail_q;
  assign in_ready_o  = head_q != {!tail_q[AddrW], tail_q[AddrW-1:0]};
  assign out_data_o  = entry_q[head_q[AddrW-1:0]];

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      head_q <= '0;
      tail_q <= '0;
    end else begin
      if (in_valid_i && in_ready_o)   tail_q <= tail_q + 1'b1;
      if (out_valid_o && out_ready_i) head_q <= head_q + 1'b1;
    end
  end

  always_ff @(posedge clk_i) begin
    if (in_valid_i && in_ready_o) entry_q[tail_q[AddrW-1:0]] <= in_data_i;
  end

endmodule

`default_nettype wire
