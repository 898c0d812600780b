// SPDX-License-Identifier: Apache-2.0
// qn_dot_count: for TERNARY columns, the number of negative weights of a group so far: qn_dot leaves out the +1 of each negation, and this adds
// them once for all rows. In step with qn_dot of the same Lanes, Join, Cut and Again, as long as Lanes bits
// have as many levels above Join (8 lanes: 6, 4): count_o stands with its sum_o.

`default_nettype none

module qn_dot_count #(
  parameter int Lanes  = 8,
  parameter int CountW = 8,                // of the count, modulo 2^CountW
  parameter int Join   = 2,
  parameter int Cut    = 0,
  parameter int Again  = 0,
  parameter bit Whole  = 0
) (
  input  logic                clk_i,
  input  logic [Lanes-1:0]    minus_i,
  /* verilator lint_off UNUSEDSIGNAL */    // not of Whole
  input  logic                first_i,     // as for qn_dot
  /* verilator lint_on UNUSEDSIGNAL */
  output logic [2*CountW-1:0] count_o      // two bits a column
);

  // One column of Lanes bits, the others empty
  localparam [31:0] LANES = Lanes;
  localparam int Tail = Join + (Whole ? 0 : 2);
  localparam [31:0] TAIL = Tail;
  logic [Lanes*CountW-1:0]   bits;
  logic [Join*CountW-1:0]    part, part_q;
  logic [Tail*CountW-1:0]    joined;
  logic [2*CountW-1:0]       count_d;
  assign bits = {{Lanes*(CountW-1){1'b0}}, minus_i};

  qn_heap #(.Cols(CountW), .Tall(Lanes), .Heights({{CountW-1{10'd0}}, LANES[9:0]}), .Target(Join), .Cut(Cut), .Again(Again)) u_heap (
    .clk_i, .bits_i(bits), .bits_o(part));

  genvar c;
  generate
    if (Whole) begin : g_whole
      assign joined = part_q;
    end else begin : g_sums
      logic first_q;
      always_ff @(posedge clk_i) first_q <= first_i;
      for (c = 0; c < CountW; c = c + 1) begin : g_join
        assign joined[Tail*c +: Tail] = {{2{!first_q}} & count_o[2*c +: 2], part_q[Join*c +: Join]};
      end
    end
  endgenerate
  qn_heap #(.Cols(CountW), .Tall(Tail), .Heights({CountW{TAIL[9:0]}}), .Target(2)) u_join (.clk_i, .bits_i(joined), .bits_o(count_d));

  always_ff @(posedge clk_i) begin
    part_q  <= part;
    count_o <= count_d;
  end

endmodule

`default_nettype wire
