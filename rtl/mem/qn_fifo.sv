// SPDX-License-Identifier: Apache-2.0
// qn_fifo: first in, first out, over a memory with registered read (block RAM, or distributed RAM when small).
// One beat in and one out a clock; a beat comes out two clocks after it went in, at the earliest.
// Holds Depth beats in the memory and one in the output register.

`default_nettype none

module qn_fifo #(
  parameter int Width = 8,                 // payload bits
  parameter int Depth = 16                 // beats in the memory, a power of two, 2 or more
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

  localparam int AddrW = $clog2(Depth);

  // Never read and written at one place in a clock: it would be empty or full
  (* no_rw_check *) logic [Width-1:0] mem [0:Depth-1];
  logic [AddrW:0]   write_q, read_q;       // one bit more than an address: equal means empty

  logic take, fetch, empty;
  assign empty      = write_q == read_q;
  assign in_ready_o = write_q != {~read_q[AddrW], read_q[AddrW-1:0]};
  assign take       = in_valid_i && in_ready_o;
  assign fetch      = !empty && (!out_valid_o || out_ready_i);

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      write_q     <= '0;
      read_q      <= '0;
      out_valid_o <= 1'b0;
    end else begin
      if (take)             write_q     <= write_q + 1'b1;
      if (fetch)            read_q      <= read_q + 1'b1;
      if (fetch)            out_valid_o <= 1'b1;
      else if (out_ready_i) out_valid_o <= 1'b0;
    end
  end

  always_ff @(posedge clk_i) begin
    if (in_ready_o) mem[write_q[AddrW-1:0]] <= in_data_i;  // counts when write_q passes it: so the write waits for no valid
    if (fetch)      out_data_o              <= mem[read_q[AddrW-1:0]];
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
  logic [7:0] f_in_q, f_out_q;             // beats that went in and came out
  logic [AddrW:0] f_count;
  assign f_count = write_q - read_q;
  logic [7:0]       f_age1, f_age2;        // beats in front of them
  logic [AddrW-1:0] f_at1, f_at2;
  assign f_age1 = f_pick - f_out_q;
  assign f_age2 = f_pick + 8'd1 - f_out_q;
  assign f_at1  = read_q[AddrW-1:0] + f_age1[AddrW-1:0] - out_valid_o;
  assign f_at2  = read_q[AddrW-1:0] + f_age2[AddrW-1:0] - out_valid_o;
  always @(posedge clk_i) begin
    if (!rst_ni) begin
      f_in_q  <= '0;
      f_out_q <= '0;
    end else begin
      if (take) f_in_q <= f_in_q + 8'd1;
      if (out_valid_o && out_ready_i) f_out_q <= f_out_q + 8'd1;
    end
    if (rst_ni && take && f_in_q == f_pick)        assume (in_data_i == f_first);
    if (rst_ni && take && f_in_q == f_pick + 8'd1) assume (in_data_i == f_second);
    if (rst_ni && out_valid_o && f_out_q == f_pick)        assert (out_data_o == f_first);
    if (rst_ni && out_valid_o && f_out_q == f_pick + 8'd1) assert (out_data_o == f_second);
    // Where they stand meanwhile: what induction needs
    if (rst_ni && f_age1 < f_in_q - f_out_q && !(out_valid_o && f_age1 == 8'd0)) assert (mem[f_at1] == f_first);
    if (rst_ni && f_age2 < f_in_q - f_out_q && !(out_valid_o && f_age2 == 8'd0)) assert (mem[f_at2] == f_second);
    if (rst_ni) assert (f_count <= Depth);
    if (rst_ni) assert (f_in_q - f_out_q == f_count + out_valid_o);
    if (rst_ni) cover (!in_ready_o);
    if (rst_ni) cover (f_out_q == f_pick + 8'd2 && empty);
  end
`endif

endmodule

`default_nettype wire
