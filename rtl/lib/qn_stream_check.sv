// SPDX-License-Identifier: Apache-2.0
// qn_stream_check: the law of a valid/ready stream. Costs nothing: it exists only in proofs and in simulation with assertions.
// A beat that was offered and not taken is offered again unchanged. Assume = 1: an input that may be
// relied upon; Assume = 0: an output that must hold.

`default_nettype none

module qn_stream_check #(
  parameter int Width  = 8,                // payload bits
  parameter bit Assume = 1'b0              // 1: assume the law, 0: assert it
) (
  input logic             clk_i,
  input logic             rst_ni,
  input logic             valid_i,
  input logic             ready_i,
  input logic [Width-1:0] data_i
);

  logic             f_held_q;              // the last clock offered a beat that nobody took
  logic [Width-1:0] f_data_q;
  initial f_held_q = 1'b0;

  always_ff @(posedge clk_i) begin
    f_held_q <= rst_ni && valid_i && !ready_i;
    f_data_q <= data_i;
  end

  generate
    if (Assume) begin : g_assume
`ifdef FORMAL
      always @(posedge clk_i) if (rst_ni && f_held_q) assume (valid_i && data_i == f_data_q);
`else
      always @(posedge clk_i) if (rst_ni && f_held_q) assert (valid_i && data_i == f_data_q);
`endif
    end else begin : g_assert
      always @(posedge clk_i) if (rst_ni && f_held_q) assert (valid_i && data_i == f_data_q);
    end
  endgenerate

endmodule

`default_nettype wire
