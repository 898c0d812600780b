// SPDX-License-Identifier: Apache-2.0
// qn_trit_table: a function of four bits. A LUT4 of its own where the module keeps its border: among others its logic would be shared and take more of them.

`default_nettype none

module qn_trit_table #(
  parameter [15:0] Table = 16'h0000        // bit n: for the input n
) (
  input  logic [3:0] in_i,
  output logic       out_o
);

  assign out_o = Table[in_i];

endmodule

`default_nettype wire
