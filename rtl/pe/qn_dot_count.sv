// SPDX-License-Identifier: Apache-2.0
// qn_dot_count: for TERNARY columns, the number of negative weights of a group so far: qn_dot leaves out the +1 of each negation, and this adds
// them once for all rows. In step with qn_dot of the same Lanes, Join and Cut, as long as Lanes bits
// have a level Cut above Join (8 lanes: 6, 4): count_o stands with its sum_o.

`default_nettype none

module qn_dot_count #(
  parameter int Lanes  = 8,
  parameter int CountW = 8,                // of the count, modulo 2^CountW
  parameter int Join   = 2,
  parameter int Cut   = 0
) (
  input  logic                clk_i,
  input  logic [Lanes-1:0]    minus_i,
  input  logic                first_i,     // as for qn_dot
  output logic [2*CountW-1:0] count_o      // two bits a column
);

  // One column of Lanes bits, the others empty
  localparam [31:0] LANES = Lanes;
  localparam [31:0] JOINED = Join + 2;
  logic [Lanes*CountW-1:0]   bits;
  logic [Join*CountW-1:0]    part, part_q;
  logic [(Join+2)*CountW-1:0] joined;
  logic [2*CountW-1:0]       count_d;
  logic                      first_q;
  assign bits = {{Lanes*(CountW-1){1'b0}}, minus_i};

  qn_heap #(.Cols(CountW), .Tall(Lanes), .Heights({{CountW-1{10'd0}}, LANES[9:0]}), .Target(Join), .Cut(Cut)) u_heap (
    .clk_i, .bits_i(bits), .bits_o(part));

  genvar c;
  generate
    for (c = 0; c < CountW; c = c + 1) begin : g_join
      assign joined[(Join+2)*c +: Join + 2] = {{2{!first_q}} & count_o[2*c +: 2], part_q[Join*c +: Join]};
    end
  endgenerate
  qn_heap #(.Cols(CountW), .Tall(Join + 2), .Heights({CountW{JOINED[9:0]}}), .Target(2)) u_join (.clk_i, .bits_i(joined), .bits_o(count_d));

  always_ff @(posedge clk_i) begin
    part_q  <= part;
    first_q <= first_i;
    count_o <= count_d;
  end

endmodule

`default_nettype wire
