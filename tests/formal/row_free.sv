// SPDX-License-Identifier: Apache-2.0
// For mul_step_proof: any product. What is proved of a row holds whatever its multipliers give.

`default_nettype none

module qn_smul #(
  parameter int A = 8,
  parameter int B = 16
) (
  input  logic [A-1:0]   a_i,
  input  logic [B-1:0]   b_i,
  output logic [A+B-1:0] y_o
);

  (* anyseq *) logic [A+B-1:0] f_y;
  assign y_o = f_y;

endmodule

`default_nettype wire

// For lut_step_proof: whatever stands in the tables
`default_nettype none

module qn_ram16 #(
  parameter int Width = 10
) (
  input  logic             clk_i,
  input  logic             we_i,
  input  logic [3:0]       waddr_i,
  input  logic [Width-1:0] wdata_i,
  input  logic [3:0]       raddr_i,
  output logic [Width-1:0] rdata_o
);

  (* anyseq *) logic [Width-1:0] f_y;
  assign rdata_o = f_y;

endmodule

`default_nettype wire
