// SPDX-License-Identifier: Apache-2.0
// qn_buf: a wire that a flow may map to a strong buffer. See qn_fan.

`default_nettype none

module qn_buf (
  input  logic in_i,
  output logic out_o
);

  assign out_o = in_i;

endmodule

`default_nettype wire
