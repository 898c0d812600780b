// SPDX-License-Identifier: Apache-2.0
// qn_fa: full adder, the compressor of which every reduction in Quern and in the baselines is built. A module of its own so that
// a flow can map it to the library's full adder cell (bench/ppa/cells.v) instead of rebuilding it from gates.

`default_nettype none

module qn_fa (
  input  logic a_i,
  input  logic b_i,
  input  logic c_i,
  output logic sum_o,
  output logic carry_o
);

  assign sum_o   = a_i ^ b_i ^ c_i;
  assign carry_o = (a_i & b_i) | (c_i & (a_i | b_i));

endmodule

`default_nettype wire
