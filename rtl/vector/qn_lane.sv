// SPDX-License-Identifier: Apache-2.0
// qn_lane: one FP32 lane of the vector unit: an adder, a multiplier, a comparison and the result's register.
// Each path has its own latency and its own enable: sum FADD, product FMUL, A and larger 0 clocks from the operands to what `load_i`
// takes. For the quantizer the product of B and `inv_i` goes on into the adder a clock later, where adding 1.5 x 2^23 rounds it to an integer: FMUL + 1 + FADD
// clocks after the operands its low 16 bits are in `code_o`. A tie has a clear last bit: setting it takes the tie away from zero, and no other
// product below 2^22 anywhere else. A minifloat: of a product of 2^(k+3) or more, k above zero, 1.5 x 2^(23+k) leaves the multiples of 2^k.
// On ECP5 872 LUT4, 142 CCU2C, 631 flops and 4 MULT18, adder and multiplier included.

`default_nettype none

module qn_lane (
  input  logic        clk_i,
  input  logic        sum_en_i,            // the adder moves in the next clock
  input  logic        product_en_i,        // the multiplier

  input  logic [31:0] a_i,
  input  logic [31:0] b_i,
  input  logic        quant_i,             // from the next clock on: product of B and inv_i, into the adder
  input  logic [31:0] inv_i,               // of the next clock
  input  logic        away_i,              // and ties go away from zero
  input  logic        minifloat_i,         // to four significant bits from 16 on
  input  logic        sub_i,
  output logic [15:0] code_o,

  input  logic        load_i,              // result_o takes ...
  input  logic [2:0]  pick_i,              // ... 0 sum, 1 product, 2 larger, 3 A, 4 misc_i, a clock or more after it is said so
  input  logic        hide_i,              // with 3: -infinity in A's place
  input  logic [31:0] misc_i,
  output logic [31:0] result_o
);

  localparam [31:0] MINUS_INF = 32'hff800000;
  localparam [7:0]  ROUND_EXP = 8'h96;     // of 1.5 x 2^23
  localparam LatAdd = qn_isa_pkg::LAT_FADD;

  // Each lane has registers of its own for what decides everywhere in it
  logic       sum_en_q, product_en_q, quant_q;
  logic [2:0] pick_q;
  logic [31:0] inv_q;
  always_ff @(posedge clk_i) begin
    sum_en_q     <= sum_en_i;
    product_en_q <= product_en_i;
    quant_q      <= quant_i;
    pick_q       <= pick_i;
    inv_q        <= inv_i;
  end

  logic [31:0] sum, product, product_q, larger;
  logic [7:0]  round_exp_q;
  logic        fewer;                      // bits than an integer has
  logic [3:0]  shift;
  assign fewer = minifloat_i && product[30:23] > 8'd130;
  always_ff @(posedge clk_i) if (quant_q) begin
    product_q   <= {product[31:1], product[0] | away_i};
    round_exp_q <= fewer ? product[30:23] + 8'd20 : ROUND_EXP;
  end
  qn_delay #(.Width(4), .Clocks(LatAdd + 1)) u_shift (.clk_i, .in_i(fewer ? product[26:23] - 4'd2 : 4'd0), .out_o(shift));

  qn_fmul u_mul (.clk_i, .en_i(product_en_q), .a_i(quant_q ? inv_q : a_i), .b_i, .y_o(product));
  qn_fadd u_add (.clk_i, .en_i(sum_en_q), .sub_i, .a_i(quant_q ? product_q : a_i), .b_i(quant_q ? {1'b0, round_exp_q, 23'h400000} : b_i), .y_o(sum));
  qn_fmax u_max (.a_i, .b_i, .y_o(larger));

  assign code_o = sum[15:0] << shift;

  always_ff @(posedge clk_i) begin
    if (load_i)
      case (pick_q)
        3'd0:    result_o <= sum;
        3'd1:    result_o <= product;
        3'd2:    result_o <= larger;
        3'd3:    result_o <= hide_i ? MINUS_INF : a_i;
        default: result_o <= misc_i;
      endcase
  end

endmodule

`default_nettype wire
