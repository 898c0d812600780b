// SPDX-License-Identifier: Apache-2.0
// qn_l0: baseline L0, the FP16 tile of a tensor core, M Rows x N Cols x K Lanes: each clock D = A B + C. Operands and results are registered; the FP16 weights
// arrive ready to be multiplied (whatever makes them of few bits is not counted), and C and D live outside.

`default_nettype none

module qn_l0 #(
  parameter int Rows  = 8,
  parameter int Cols  = 4,
  parameter int Lanes = 16,
  parameter int Cuts  = 42
) (
  input  logic                     clk_i,
  input  logic [16*Lanes*Rows-1:0] a_i,
  input  logic [16*Lanes*Cols-1:0] b_i,
  input  logic [16*Rows*Cols-1:0]  c_i,    // of row r, column c at 16 (Cols r + c)
  output logic [16*Rows*Cols-1:0]  d_o
);

  // What goes to Cols or Rows elements goes through buffers, two elements each
  localparam int ACopies = (Cols + 1) / 2;
  localparam int BCopies = (Rows + 1) / 2;
  logic [16*Lanes*Rows-1:0]         a_q;
  logic [16*Lanes*Cols-1:0]         b_q;
  logic [16*Rows*Cols-1:0]          c_q;
  logic [ACopies*16*Lanes*Rows-1:0] a;
  logic [BCopies*16*Lanes*Cols-1:0] b;
  always_ff @(posedge clk_i) begin
    a_q <= a_i;
    b_q <= b_i;
    c_q <= c_i;
  end
  qn_fan #(.Width(16*Lanes*Rows), .Copies(ACopies)) u_a (.in_i(a_q), .out_o(a));
  qn_fan #(.Width(16*Lanes*Cols), .Copies(BCopies)) u_b (.in_i(b_q), .out_o(b));

  genvar r, c;
  generate
    for (r = 0; r < Rows; r = r + 1) begin : g_row
      for (c = 0; c < Cols; c = c + 1) begin : g_col
        qn_l0_dot #(.Lanes(Lanes), .Cuts(Cuts)) u_dot (
          .clk_i, .a_i(a[16*Lanes*(Rows*(c/2) + r) +: 16*Lanes]), .b_i(b[16*Lanes*(Cols*(r/2) + c) +: 16*Lanes]),
          .c_i(c_q[16*(Cols*r + c) +: 16]), .y_o(d_o[16*(Cols*r + c) +: 16]));
      end
    end
  endgenerate

endmodule

`default_nettype wire
