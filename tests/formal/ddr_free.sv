// SPDX-License-Identifier: Apache-2.0
// What the proof of qn_ddr takes in the place of qn_queue: the same first in, first out (proved in the module), its entries in one register, the next one lowest.

`default_nettype none

module qn_queue #(
  parameter int Width = 8,
  parameter int Depth = 4
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

  logic [Width*Depth-1:0] entry_q, left;
  logic [3:0]             count_q, count;  // held; held but for one that leaves
  assign out_valid_o = count_q != 4'd0;
  assign in_ready_o  = count_q != Depth;
  assign out_data_o  = entry_q[Width-1:0];
  assign count       = count_q - {3'd0, out_valid_o && out_ready_i};
  assign left        = out_valid_o && out_ready_i ? entry_q >> Width : entry_q;

  integer k;
  always_ff @(posedge clk_i) begin
    if (!rst_ni) count_q <= 4'd0;
    else         count_q <= count + {3'd0, in_valid_i && in_ready_o};
    for (k = 0; k < Depth; k = k + 1)
      entry_q[Width*k +: Width] <= k == count ? in_data_i : left[Width*k +: Width];
  end

endmodule

`default_nettype wire
