// SPDX-License-Identifier: Apache-2.0
// qn_b1_foot: what stands below a column of baseline B1: the column's {exponent, significand}, once to FP32, rounded to nearest even. A sum of FP16
// products is never subnormal or too large there. Six registers: in, magnitude, leading one to the
// top (two), rounded (two halves).

`default_nettype none

module qn_b1_foot #(
  parameter int SumW = 29                  // 33 or less
) (
  input  logic            clk_i,
  input  logic [5:0]      exp_i,           // in units of 2^(exp_i - 52)
  input  logic [SumW-1:0] sum_i,
  output logic [31:0]     result_o
);

  function automatic [33:0] lift_far(input [31:0] value);        // {places of 16 and 8, value}, its leading one in the upper 8 bits
    logic [31:0] up16;
    logic        z16, z8;
    z16  = value[31:16] == 16'd0;
    up16 = z16 ? {value[15:0], 16'd0} : value;
    z8   = up16[31:24] == 8'd0;
    lift_far = {z16, z8, z8 ? {up16[23:0], 8'd0} : up16};
  endfunction
  function automatic [34:0] lift_near(input [31:0] value);       // {places of 4, 2, 1, value}, its leading one at the top
    logic [31:0] up4, up2;
    logic        z4, z2, z1;
    z4   = value[31:28] == 4'd0;
    up4  = z4 ? {value[27:0], 4'd0} : value;
    z2   = up4[31:30] == 2'd0;
    up2  = z2 ? {up4[29:0], 2'd0} : up4;
    z1   = !up2[31];
    lift_near = {z4, z2, z1, z1 ? {up2[30:0], 1'b0} : up2};
  endfunction

  localparam int Low = 33 - SumW;          // below the last bit
  logic [SumW-1:0] sum_q;
  logic [SumW-2:0] size_q;
  logic [31:0]     size, far_q, norm, norm_q;
  logic [1:0]      far_places_q;
  logic [2:0]      places;
  logic [4:0]      places_q;
  logic [23:0]     exp_q;
  logic [2:0]      minus_q;
  logic            up;
  generate
    if (Low == 0) begin : g_full
      assign size = size_q;
    end else begin : g_low
      assign size = {size_q, {Low{1'b0}}};
    end
  endgenerate
  assign {places, norm} = lift_near(far_q);
  assign up = norm_q[7] && (norm_q[8] || |norm_q[6:0]);

  // Rounding up: the lower half, then the upper one and the exponent. A leading one at 2^(SumW - 2) is 2^(SumW - 2 + exp - 52)
  localparam [31:0] BIAS = 127 + SumW - 2 - 52;
  logic [12:0] low_q;
  logic [18:0] high_q;                     // exponent, upper 11 bits
  logic        some_q, last_minus_q;
  always_ff @(posedge clk_i) begin
    sum_q    <= sum_i;
    size_q   <= sum_q[SumW-1] ? -sum_q[SumW-2:0] : sum_q[SumW-2:0];
    {far_places_q, far_q} <= lift_far(size);
    norm_q   <= norm;
    places_q <= {far_places_q, places};
    exp_q    <= {exp_q[17:0], exp_i};
    minus_q  <= {minus_q[1:0], sum_q[SumW-1]};
    low_q    <= {1'b0, norm_q[19:8]} + {12'd0, up};
    high_q   <= {{2'd0, exp_q[23:18]} + BIAS[7:0] - {3'd0, places_q}, norm_q[30:20]};
    some_q   <= norm_q[31];
    last_minus_q <= minus_q[2];
    result_o <= {last_minus_q, high_q + {18'd0, low_q[12]}, low_q[11:0]} & {32{some_q}};
  end

endmodule

`default_nettype wire
