// SPDX-License-Identifier: Apache-2.0
// qn_copy: a register that stands beside others of the same value, each for the part of the chip around it: where hundreds look at one signal its
// way there takes most of a clock. boards/synth.sh keeps this module's borders, or Yosys would make one register of them again.

`default_nettype none

module qn_copy #(
  parameter int Width = 1
) (
  input  logic             clk_i,
  input  logic [Width-1:0] in_i,
  output logic [Width-1:0] out_o
);

  always_ff @(posedge clk_i) out_o <= in_i;

endmodule

`default_nettype wire
