// SPDX-License-Identifier: Apache-2.0
// qn_async_fifo: a stream from one clock to another, of any two frequencies. Pointers cross in Gray code through two registers each, so of a pointer
// that moves only one bit can be caught in between, and either reading of it is a pointer that was right a moment ago.
// Holds Depth beats and one in the output register; a beat a clock of the slower side where Depth is 16 or more. Both resets are given
// together, each for three clocks of its side at least; timing between the clocks is a false path but for the pointers' skew: less than a clock.

`default_nettype none

module qn_async_fifo #(
  parameter int Width = 8,                 // payload bits
  parameter int Depth = 16                 // beats in the memory, a power of two, 4 or more
) (
  input  logic             in_clk_i,
  input  logic             in_rst_ni,      // synchronous to in_clk_i
  input  logic             in_valid_i,
  output logic             in_ready_o,
  input  logic [Width-1:0] in_data_i,

  input  logic             out_clk_i,
  input  logic             out_rst_ni,     // synchronous to out_clk_i
  output logic             out_valid_o,
  input  logic             out_ready_i,
  output logic [Width-1:0] out_data_o
);

  localparam int AddrW = $clog2(Depth);

  // A beat is read only once its pointer has crossed, clocks after it was written
  (* no_rw_check *) logic [Width-1:0] mem [0:Depth-1];
  logic [AddrW:0] write_q, write_gray_q, write_next;       // one bit more than an address: equal means empty
  logic [AddrW:0] read_q, read_gray_q, read_next;
  logic [AddrW:0] write_a_q, write_b_q;                    // write_gray_q at the reader
  logic [AddrW:0] read_a_q, read_b_q;                      // read_gray_q at the writer

  // Write
  logic take;
  assign in_ready_o = write_gray_q != {~read_b_q[AddrW:AddrW-1], read_b_q[AddrW-2:0]};
  assign take       = in_valid_i && in_ready_o;
  assign write_next = write_q + 1'b1;

  always_ff @(posedge in_clk_i) begin
    if (!in_rst_ni) begin
      write_q      <= '0;
      write_gray_q <= '0;
      read_a_q     <= '0;
      read_b_q     <= '0;
    end else begin
      read_a_q <= read_gray_q;
      read_b_q <= read_a_q;
      if (take) begin
        write_q      <= write_next;
        write_gray_q <= write_next ^ (write_next >> 1);
      end
    end
  end

  always_ff @(posedge in_clk_i) begin
    if (take) mem[write_q[AddrW-1:0]] <= in_data_i;
  end

  // Read
  logic fetch;
  assign fetch     = read_gray_q != write_b_q && (!out_valid_o || out_ready_i);
  assign read_next = read_q + 1'b1;

  always_ff @(posedge out_clk_i) begin
    if (!out_rst_ni) begin
      read_q      <= '0;
      read_gray_q <= '0;
      write_a_q   <= '0;
      write_b_q   <= '0;
      out_valid_o <= 1'b0;
    end else begin
      write_a_q <= write_gray_q;
      write_b_q <= write_a_q;
      if (fetch) begin
        read_q      <= read_next;
        read_gray_q <= read_next ^ (read_next >> 1);
        out_valid_o <= 1'b1;
      end else if (out_ready_i) begin
        out_valid_o <= 1'b0;
      end
    end
  end

  always_ff @(posedge out_clk_i) begin
    if (fetch) out_data_o <= mem[read_q[AddrW-1:0]];
  end

`ifdef FORMAL
  // Two clocks that rise whenever they like, alone or together. Of a pointer that crosses one bit changes a clock (asserted), so a register that
  // catches it in the middle holds one of two pointers, which is the same as a clock that rose a moment earlier or later, and those are all there.
  // Traces start as the resets leave it; a side that is still in reset is one whose clock has not risen yet.
  (* gclk *) logic f_gclk;
  logic [AddrW:0] f_write_q, f_read_q;     // the pointers a moment ago
  logic           f_began_q;
  initial f_began_q = 1'b0;
  always @(posedge f_gclk) begin
    f_began_q <= 1'b1;
    f_write_q <= write_gray_q;
    f_read_q  <= read_gray_q;
  end

  function automatic [AddrW:0] f_binary(input [AddrW:0] gray);
    integer k;
    f_binary[AddrW] = gray[AddrW];
    for (k = AddrW - 1; k >= 0; k = k - 1) f_binary[k] = f_binary[k+1] ^ gray[k];
  endfunction

  // How far behind each side's knowledge is
  logic [AddrW:0] f_count, f_write_a, f_write_b, f_read_a, f_read_b;
  assign f_count   = write_q - read_q;
  assign f_write_a = write_q - f_binary(write_a_q);
  assign f_write_b = write_q - f_binary(write_b_q);
  assign f_read_a  = read_q - f_binary(read_a_q);
  assign f_read_b  = read_q - f_binary(read_b_q);

  // Two tagged beats, the f_pick-th and the next one, leave as the f_pick-th and the next, with their data
  (* anyconst *) logic [7:0]       f_pick;
  (* anyconst *) logic [Width-1:0] f_first, f_second;
  logic [7:0] f_in_q, f_out_q;             // beats that went in and came out
  initial f_in_q  = 8'd0;
  initial f_out_q = 8'd0;
  always @(posedge in_clk_i)  if (take)                       f_in_q  <= f_in_q + 8'd1;
  always @(posedge out_clk_i) if (out_valid_o && out_ready_i) f_out_q <= f_out_q + 8'd1;

  // The law of qn_stream_check, looked at at all times and not at a clock
  logic             f_held_q;
  logic [Width-1:0] f_held_data_q;
  initial f_held_q = 1'b0;
  always @(posedge out_clk_i) begin
    f_held_q      <= out_valid_o && !out_ready_i;
    f_held_data_q <= out_data_o;
  end

  logic [7:0]       f_age1, f_age2;        // beats in front of them
  logic [AddrW-1:0] f_at1, f_at2;
  assign f_age1 = f_pick - f_out_q;
  assign f_age2 = f_pick + 8'd1 - f_out_q;
  assign f_at1  = read_q[AddrW-1:0] + f_age1[AddrW-1:0] - out_valid_o;
  assign f_at2  = read_q[AddrW-1:0] + f_age2[AddrW-1:0] - out_valid_o;

  always @(*) begin
    assume (in_rst_ni && out_rst_ni);
    if (!f_began_q) assume ({write_q, write_gray_q, write_a_q, write_b_q, read_q, read_gray_q, read_a_q, read_b_q, out_valid_o} == '0);
    if (take && f_in_q == f_pick)        assume (in_data_i == f_first);
    if (take && f_in_q == f_pick + 8'd1) assume (in_data_i == f_second);

    assert (write_gray_q == (write_q ^ (write_q >> 1)) && read_gray_q == (read_q ^ (read_q >> 1)));
    if (f_began_q) assert (((write_gray_q ^ f_write_q) & ((write_gray_q ^ f_write_q) - 1'b1)) == '0);
    if (f_began_q) assert (((read_gray_q ^ f_read_q) & ((read_gray_q ^ f_read_q) - 1'b1)) == '0);
    assert (f_write_a <= f_write_b && f_write_b <= f_count && f_count <= Depth);
    assert (f_read_a <= f_read_b && {1'b0, f_count} + {1'b0, f_read_b} <= Depth);
    assert (f_in_q - f_out_q == f_count + out_valid_o);
    if (out_valid_o && f_out_q == f_pick)        assert (out_data_o == f_first);
    if (out_valid_o && f_out_q == f_pick + 8'd1) assert (out_data_o == f_second);
    // Where they stand meanwhile: what induction needs
    if (f_age1 < f_in_q - f_out_q && !(out_valid_o && f_age1 == 8'd0)) assert (mem[f_at1] == f_first);
    if (f_age2 < f_in_q - f_out_q && !(out_valid_o && f_age2 == 8'd0)) assert (mem[f_at2] == f_second);
    if (f_held_q) assert (out_valid_o && out_data_o == f_held_data_q);
    cover (!in_ready_o);
    cover (f_out_q == 8'd5 && f_count == '0);
  end
`endif

endmodule

`default_nettype wire
