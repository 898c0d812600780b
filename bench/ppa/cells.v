// SPDX-License-Identifier: Apache-2.0
// Techmap: qn_fa with constant inputs becomes less than a full adder; what is left becomes the library's cells (-D CELLS).

(* techmap_celltype = "qn_fa" *)
module _fa (input a_i, b_i, c_i, output sum_o, carry_o);
  parameter _TECHMAP_CONSTMSK_a_i_ = 1'b0;
  parameter _TECHMAP_CONSTMSK_b_i_ = 1'b0;
  parameter _TECHMAP_CONSTMSK_c_i_ = 1'b0;
  generate
    if (!_TECHMAP_CONSTMSK_a_i_ && !_TECHMAP_CONSTMSK_b_i_ && !_TECHMAP_CONSTMSK_c_i_) begin : g_whole
`ifdef CELLS
      FAX1 cell_fa (.A(a_i), .B(b_i), .C(c_i), .YS(sum_o), .YC(carry_o));
`else
      wire _TECHMAP_FAIL_ = 1'b1;
`endif
    end else begin : g_less
      assign sum_o   = a_i ^ b_i ^ c_i;
      assign carry_o = (a_i & b_i) | (c_i & (a_i | b_i));
    end
  endgenerate
endmodule

`ifdef CELLS
module qn_buf (input in_i, output out_o);
  BUFX4 cell_buf (.A(in_i), .Y(out_o));
endmodule
`endif
