// SPDX-License-Identifier: Apache-2.0
// qn_usb_tail: where a transfer to the host ends. Frames that follow each other at once go as one transfer, in full packets; after a frame that none
// follows within Wait clocks the transfer ends, so that the host has it without another packet. One register of payload, a beat a clock.

`default_nettype none

module qn_usb_tail #(
  parameter int Wait = 16                  // clocks, 2 or more
) (
  input  logic       clk_i,
  input  logic       rst_ni,

  input  logic       in_valid_i,
  output logic       in_ready_o,
  input  logic [7:0] in_data_i,
  input  logic       in_last_i,            // of a frame

  output logic       out_valid_o,
  input  logic       out_ready_i,
  output logic [7:0] out_data_o,
  output logic       out_last_o            // of a transfer
);

  localparam int CntW = $clog2(Wait);
  localparam int LAST = Wait - 1;

  logic            full_q, last_q;         // a byte waits; it ends a frame
  logic            end_q, on_q;            // it was offered as a transfer's last, or as none
  logic [CntW-1:0] wait_q;
  logic            over;
  assign over        = last_q && wait_q == LAST[CntW-1:0];
  assign out_last_o  = end_q || (over && !on_q && !in_valid_i);
  assign out_valid_o = full_q && (!last_q || on_q || in_valid_i || over);
  assign in_ready_o  = !full_q || (out_valid_o && out_ready_i);

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      full_q <= 1'b0;
      last_q <= 1'b0;
      end_q  <= 1'b0;
      on_q   <= 1'b0;
      wait_q <= '0;
    end else if (in_ready_o) begin
      full_q <= in_valid_i;
      last_q <= in_valid_i && in_last_i;
      end_q  <= 1'b0;
      on_q   <= 1'b0;
      wait_q <= '0;
    end else begin
      if (!over) wait_q <= wait_q + 1'b1;
      end_q <= out_valid_o && out_last_o;
      on_q  <= out_valid_o && !out_last_o;
    end
  end

  always_ff @(posedge clk_i) begin
    if (in_valid_i && in_ready_o) out_data_o <= in_data_i;
  end

`ifdef FORMAL
  initial assume (!rst_ni);                // every trace starts in reset
  qn_stream_check #(.Width(9), .Assume(1'b1)) u_in (
    .clk_i, .rst_ni, .valid_i(in_valid_i), .ready_i(in_ready_o), .data_i({in_last_i, in_data_i}));
  qn_stream_check #(.Width(9), .Assume(1'b0)) u_out (
    .clk_i, .rst_ni, .valid_i(out_valid_o), .ready_i(out_ready_i), .data_i({out_last_o, out_data_o}));

  // Every byte comes out once and in order (two tagged ones stand for all); a transfer ends only where a frame does, and where none follows at once it does end
  (* anyconst *) logic [7:0] f_pick, f_first, f_second;
  logic [7:0] f_in_q, f_out_q;
  logic       f_last_q;                    // the byte that came in last ends a frame
  logic [CntW:0] f_idle_q;                 // clocks since then
  always @(posedge clk_i) begin
    if (!rst_ni) begin
      f_in_q   <= '0;
      f_out_q  <= '0;
      f_last_q <= 1'b0;
      f_idle_q <= '0;
    end else begin
      if (in_valid_i && in_ready_o) begin
        f_in_q   <= f_in_q + 8'd1;
        f_last_q <= in_last_i;
      end
      if (out_valid_o && out_ready_i) f_out_q <= f_out_q + 8'd1;
      f_idle_q <= in_valid_i ? '0 : f_idle_q == Wait[CntW:0] ? f_idle_q : f_idle_q + 1'b1;
    end
    if (rst_ni && in_valid_i && in_ready_o && f_in_q == f_pick)        assume (in_data_i == f_first);
    if (rst_ni && in_valid_i && in_ready_o && f_in_q == f_pick + 8'd1) assume (in_data_i == f_second);
    if (rst_ni && full_q && f_out_q == f_pick)        assert (out_data_o == f_first);
    if (rst_ni && full_q && f_out_q == f_pick + 8'd1) assert (out_data_o == f_second);
    if (rst_ni) assert (f_in_q - f_out_q == {7'd0, full_q});
    if (rst_ni) assert (!full_q || last_q == f_last_q);
    if (rst_ni && out_valid_o && out_last_o) assert (last_q);
    if (rst_ni) assert (!(end_q && on_q) && (full_q || !(last_q || end_q || on_q)) && (!end_q || over));
    if (rst_ni && last_q && !over) assert (f_idle_q <= {1'b0, wait_q});
    if (rst_ni && full_q && f_idle_q == Wait[CntW:0]) assert (out_valid_o && (out_last_o || !last_q || on_q));
    if (rst_ni) cover (out_valid_o && out_ready_i && out_last_o && f_out_q == 8'd3);
    if (rst_ni) cover (out_valid_o && out_ready_i && !out_last_o && last_q);
  end
`endif

endmodule

`default_nettype wire
