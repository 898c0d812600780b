// SPDX-License-Identifier: Apache-2.0
// qn_dot_count: for TERNARY columns, the number of negative weights of a group so far: qn_dot leaves out the +1 of each negation, and this adds
// them once for all rows. In step with qn_dot of the same Lanes, Join and CutA: count_o stands with its sum_o.

`default_nettype none

module qn_dot_count #(
  parameter int Lanes  = 8,
  parameter int CountW = 8,                // of the count, modulo 2^CountW
  parameter int Join   = 2,
  parameter int CutA   = 0
) (
  input  logic                clk_i,
  input  logic [Lanes-1:0]    minus_i,
  input  logic                first_i,     // as for qn_dot
  output logic [2*CountW-1:0] count_o      // two bits a column
);

  // One column of Lanes bits, the others empty. A heap that starts below the height CutA has that stage's register in front
  localparam [31:0] LANES = Lanes;
  localparam [31:0] JOINED = Join + 2;
  logic [Lanes-1:0]          minus;
  logic [Lanes*CountW-1:0]   bits;
  logic [Join*CountW-1:0]    part, part_q;
  logic [(Join+2)*CountW-1:0] joined;
  logic [2*CountW-1:0]       count_d;
  assign bits = {{Lanes*(CountW-1){1'b0}}, minus};

  generate
    if (CutA != 0 && CutA >= Lanes) begin : g_cut
      logic [Lanes-1:0] minus_q;
      always_ff @(posedge clk_i) minus_q <= minus_i;
      assign minus = minus_q;
    end else begin : g_through
      assign minus = minus_i;
    end
  endgenerate

  qn_heap #(.Cols(CountW), .Tall(Lanes), .Heights({{CountW-1{10'd0}}, LANES[9:0]}), .Target(Join), .CutA(CutA)) u_heap (
    .clk_i, .bits_i(bits), .bits_o(part));

  genvar c;
  generate
    for (c = 0; c < CountW; c = c + 1) begin : g_join
      assign joined[(Join+2)*c +: Join + 2] = {{2{!first_i}} & count_o[2*c +: 2], part_q[Join*c +: Join]};
    end
  endgenerate
  qn_heap #(.Cols(CountW), .Tall(Join + 2), .Heights({CountW{JOINED[9:0]}}), .Target(2)) u_join (.clk_i, .bits_i(joined), .bits_o(count_d));

  always_ff @(posedge clk_i) begin
    part_q  <= part;
    count_o <= count_d;
  end

endmodule

`default_nettype wire
