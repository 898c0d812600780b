// SPDX-License-Identifier: Apache-2.0
// qn_b1_foot: what stands below a column of baseline B1: the column's {exponent, significand}, once to FP32, rounded to nearest even. A sum of FP16
// products is never subnormal or too large there. Five registers: in, magnitude, leading one at the top, rounded (two halves).

`default_nettype none

module qn_b1_foot #(
  parameter int SumW = 29                  // 33 or less
) (
  input  logic            clk_i,
  input  logic [5:0]      exp_i,           // in units of 2^(exp_i - 52)
  input  logic [SumW-1:0] sum_i,
  output logic [31:0]     result_o
);

  function automatic [36:0] lift(input [31:0] value);            // {places, value}, its leading one at the top
    logic [31:0] up16, up8, up4, up2;
    logic        z16, z8, z4, z2, z1;
    z16  = value[31:16] == 16'd0;
    up16 = z16 ? {value[15:0], 16'd0} : value;
    z8   = up16[31:24] == 8'd0;
    up8  = z8 ? {up16[23:0], 8'd0} : up16;
    z4   = up8[31:28] == 4'd0;
    up4  = z4 ? {up8[27:0], 4'd0} : up8;
    z2   = up4[31:30] == 2'd0;
    up2  = z2 ? {up4[29:0], 2'd0} : up4;
    z1   = !up2[31];
    lift = {z16, z8, z4, z2, z1, z1 ? {up2[30:0], 1'b0} : up2};
  endfunction

  localparam int Low = 33 - SumW;          // below the last bit
  logic [SumW-1:0] sum_q;
  logic [SumW-2:0] size_q;
  logic [31:0]     size, norm, norm_q;
  logic [4:0]      places, places_q;
  logic [17:0]     exp_q;
  logic [1:0]      minus_q;
  logic            up;
  generate
    if (Low == 0) begin : g_full
      assign size = size_q;
    end else begin : g_low
      assign size = {size_q, {Low{1'b0}}};
    end
  endgenerate
  assign {places, norm} = lift(size);
  assign up = norm_q[7] && (norm_q[8] || |norm_q[6:0]);

  // Rounding up: the lower half, then the upper one and the exponent. A leading one at 2^(SumW - 2) is 2^(SumW - 2 + exp - 52)
  localparam [31:0] BIAS = 127 + SumW - 2 - 52;
  logic [12:0] low_q;
  logic [18:0] high_q;                     // exponent, upper 11 bits
  logic        some_q, minus3_q;
  always_ff @(posedge clk_i) begin
    sum_q    <= sum_i;
    size_q   <= sum_q[SumW-1] ? -sum_q[SumW-2:0] : sum_q[SumW-2:0];
    norm_q   <= norm;
    places_q <= places;
    exp_q    <= {exp_q[11:0], exp_i};
    minus_q  <= {minus_q[0], sum_q[SumW-1]};
    low_q    <= {1'b0, norm_q[19:8]} + {12'd0, up};
    high_q   <= {{2'd0, exp_q[17:12]} + BIAS[7:0] - {3'd0, places_q}, norm_q[30:20]};
    some_q   <= norm_q[31];
    minus3_q <= minus_q[1];
    result_o <= {minus3_q, high_q + {18'd0, low_q[12]}, low_q[11:0]} & {32{some_q}};
  end

endmodule

`default_nettype wire
