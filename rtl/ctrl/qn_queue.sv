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

  // The place behind the last beat is written in every clock and counts when tail_q passes it: so the write waits for no valid
  always_ff @(posedge clk_i) begin
    if (in_ready_o) entry_q[tail_q[AddrW-1:0]] <= in_data_i;
  end

`ifdef FORMAL
  initial assume (!rst_ni);                // every trace starts in reset
  qn_stream_check #(.Width(Width), .Assume(1'b1)) u_in (
    .clk_i, .rst_ni, .valid_i(in_valid_i), .ready_i(in_ready_o), .data_i(in_data_i));
  qn_stream_check #(.Width(Width), .Assume(1'b0)) u_out (
    .clk_i, .rst_ni, .valid_i(out_valid_o), .ready_i(out_ready_i), .data_i(out_data_o));

  // Two tagged beats, the f_pick-th and the next one, leave as the f_pick-th and the next, with their data.
  (* anyconst *) logic [7:0]       f_pick;
  (* anyconst *) logic [Width-1:0] f_first, f_second;
  logic [7:0]       f_in_q, f_out_q;       // beats that went in and came out
  logic [7:0]       f_held;
  logic [7:0]       f_age1, f_age2;        // beats in front of them
  logic [AddrW:0]   f_count;
  logic [AddrW-1:0] f_at1, f_at2;
  assign f_held  = f_in_q - f_out_q;
  assign f_count = tail_q - head_q;
  assign f_age1  = f_pick - f_out_q;
  assign f_age2  = f_pick + 8'd1 - f_out_q;
  assign f_at1   = head_q[AddrW-1:0] + f_age1[AddrW-1:0];
  assign f_at2   = head_q[AddrW-1:0] + f_age2[AddrW-1:0];
  always @(posedge clk_i) begin
    if (!rst_ni) begin
      f_in_q  <= '0;
      f_out_q <= '0;
    end else begin
      if (in_valid_i && in_ready_o)   f_in_q  <= f_in_q + 8'd1;
      if (out_valid_o && out_ready_i) f_out_q <= f_out_q + 8'd1;
    end
    if (rst_ni && in_valid_i && in_ready_o && f_in_q == f_pick)        assume (in_data_i == f_first);
    if (rst_ni && in_valid_i && in_ready_o && f_in_q == f_pick + 8'd1) assume (in_data_i == f_second);
    if (rst_ni && out_valid_o && f_out_q == f_pick)        assert (out_data_o == f_first);
    if (rst_ni && out_valid_o && f_out_q == f_pick + 8'd1) assert (out_data_o == f_second);
    if (rst_ni) assert (out_valid_o == (f_in_q != f_out_q));
    if (rst_ni) assert (in_ready_o == (f_held != Depth));
    // Where they stand meanwhile: what induction needs
    if (rst_ni) assert (f_count <= Depth);
    if (rst_ni) assert (f_held == {{7-AddrW{1'b0}}, f_count});
    if (rst_ni && f_age1 < f_held) assert (entry_q[f_at1] == f_first);
    if (rst_ni && f_age2 < f_held) assert (entry_q[f_at2] == f_second);
    if (rst_ni) cover (!in_ready_o);
    if (rst_ni) cover (f_out_q == f_pick + 8'd2 && !out_valid_o && f_first != f_second);
  end
`endif

endmodule

`default_nettype wire
