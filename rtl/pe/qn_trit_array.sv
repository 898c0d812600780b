// SPDX-License-Identifier: Apache-2.0
// qn_trit_array: products of weights in ternary digits, made by adders alone (qn_trit_dot). Activation-stationary: Rows rows of Lanes activations, one group of weights deep, stay
// while outputs stream by, Parts x Cols of them with each code_valid_i. A ternary weight takes a clock, one of four bits three (qn_trit_code). A group's sum is multiplied
// by its scale and added to the output's sum so far, in the part's block RAM (qn_trit_sum): 512 of them at code_addr_i, which may come again after four clocks.
//
// Loading: load_act_i while load_ready_o, an activation of each row, lane 0 first. swap_i, with the first codes of the new set or before, must wait for full_o and for the last codes to be taken; then
// loading starts anew. A set takes some 30 clocks more than Lanes, which a matrix of as many outputs hides.
//
// Rows follow one another a clock apart, so that a code's way is from row to row: row r's results come r clocks after row 0's, with valid_o[r].

`default_nettype none

module qn_trit_array #(
  parameter int Rows   = 4,
  parameter int Parts  = 2,
  parameter int Cols   = 4,                // of a part
  parameter int Lanes  = 128,
  parameter int Chain  = 8,
  parameter int Step   = 2,
  parameter int Halves = 0,                // of qn_trit_load
  parameter int Digits = 1,
  parameter int ScaleW = 7,
  parameter int AccW   = 28,
  parameter CodeW = Digits == 1 ? 2 : 4,
  parameter Outs  = Parts * Cols
) (
  input  logic                         clk_i,
  input  logic                         rst_ni,

  output logic                         load_ready_o,
  input  logic                         load_valid_i,
  input  logic [8*Rows-1:0]            load_act_i,
  output logic                         full_o,
  input  logic                         swap_i,

  output logic                         code_ready_o,
  input  logic                         code_valid_i,
  input  logic                         code_first_i,   // group of these outputs
  input  logic                         code_last_i,
  input  logic [8:0]                   code_addr_i,
  input  logic [CodeW*Lanes*Outs-1:0]  code_i,
  input  logic [ScaleW*Outs-1:0]       scale_i,
  output logic [Rows-1:0]              valid_o,        // outputs whose last group is in
  output logic [AccW*Rows*Outs-1:0]    result_o
);

  localparam int Stages = Chain / Step;
  localparam int SumW   = $clog2(127 * Chain + 1) + 1 + $clog2(Lanes / Chain);
  localparam int AtSum  = 3 + Stages + $clog2(Lanes / Chain);             // clocks from codes to a part's sum
  localparam int AtAdd  = AtSum + 1 + (Digits > 1 ? 1 : 0);              // and to where it is added
  localparam int FactorW = ScaleW + (Digits > 1 ? 4 : 0);
  localparam [31:0] LAST_LANE  = Lanes - 1;
  localparam [31:0] LAST_DIGIT = Digits - 1;
  localparam [31:0] SETTLE     = Stages + Rows;                     // clocks until the last places of the last row have taken theirs
  localparam [31:0] ARRIVE     = Lanes / 16 + 3 + 2 * Halves;       // and until the last activation is in its place
  localparam AddrW = $clog2(Lanes);

  // Loading
  logic             full_q, load;
  logic [5:0]       settle_q;
  logic [AddrW-1:0] lane_q;
  assign load_ready_o = !full_q && settle_q == 6'd0;
  assign full_o = full_q && settle_q == 6'd0;
  assign load = load_valid_i && load_ready_o;
  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      full_q   <= 1'b0;
      settle_q <= 6'd0;
      lane_q   <= '0;
    end else begin
      if (settle_q != 6'd0) settle_q <= settle_q - 6'd1;
      if (load) begin
        lane_q <= lane_q == LAST_LANE[AddrW-1:0] ? '0 : lane_q + 1'b1;
        full_q <= lane_q == LAST_LANE[AddrW-1:0];
        if (lane_q == LAST_LANE[AddrW-1:0]) settle_q <= ARRIVE[5:0];
      end
      if (swap_i) begin
        full_q   <= 1'b0;
        settle_q <= SETTLE[5:0];
      end
    end
  end
  logic [Stages-1:0] take;
  logic              swap_q;
  always_ff @(posedge clk_i) swap_q <= swap_i;
  genvar s, r, c;
  generate
    for (s = 0; s < Stages; s = s + 1) begin : g_take
      qn_delay #(.Width(1), .Clocks(s)) u_take (.clk_i, .in_i(swap_q), .out_o(take[s]));
    end
  endgenerate

  // Digits of the codes at hand
  logic [1:0] digit_q, digit_now_q;
  logic       busy_q, first_q, last_q;
  logic [8:0] addr_q;
  logic [ScaleW*Outs-1:0] scale_q;
  assign code_ready_o = digit_q == LAST_DIGIT[1:0];
  always_ff @(posedge clk_i) begin
    if (!rst_ni)           digit_q <= 2'd0;
    else if (code_valid_i) digit_q <= code_ready_o ? 2'd0 : digit_q + 2'd1;
    busy_q      <= rst_ni && code_valid_i;
    digit_now_q <= digit_q;
    first_q     <= code_first_i;
    last_q      <= code_last_i;
    addr_q      <= code_addr_i;
    scale_q     <= scale_i;
  end
  logic [2*Lanes*Outs-1:0] digit;
  logic [FactorW*Outs-1:0] factor_q, factor;
  generate
    for (c = 0; c < Outs; c = c + 1) begin : g_code
      qn_trit_code #(.Lanes(Lanes), .Chain(Chain), .Step(Step), .Digits(Digits)) u_code (
        .clk_i, .code_i(code_i[CodeW*Lanes*c +: CodeW*Lanes]), .digit_i(digit_q), .digit_o(digit[2*Lanes*c +: 2*Lanes]));
      // The scale, times 3 for each digit below
      if (Digits > 1) begin : g_factor
        logic [FactorW-1:0] one, three;
        assign one   = {4'd0, scale_q[ScaleW*c +: ScaleW]};
        assign three = one + {one[FactorW-2:0], 1'b0};
        always_ff @(posedge clk_i)
          factor_q[FactorW*c +: FactorW] <= digit_now_q == 2'd0 ? one : digit_now_q == 2'd1 ? three : {one[FactorW-4:0], 3'd0} + one;
      end else begin : g_scale
        always_ff @(posedge clk_i) factor_q[FactorW*c +: FactorW] <= scale_q[ScaleW*c +: ScaleW];
      end
    end
  endgenerate

  // What goes with them, in time
  logic [11:0] control;
  logic        write;
  assign write = busy_q && digit_now_q == LAST_DIGIT[1:0];
  qn_delay #(.Width(FactorW * Outs), .Clocks(AtSum - 3)) u_factor (.clk_i, .in_i(factor_q), .out_o(factor));
  qn_delay #(.Width(12), .Clocks(AtAdd - 4)) u_control (.clk_i, .in_i({digit_now_q == 2'd0, write, first_q, addr_q}), .out_o(control));
  logic valid;
  qn_delay #(.Width(1), .Clocks(AtAdd)) u_valid (.clk_i, .in_i(write && last_q), .out_o(valid));

  // Row after row. What leaves the last one nobody takes
  logic [Stages*Parts*(Rows+1)-1:0]    takes;
  logic [2*Lanes*Outs*(Rows+1)-1:0]    digits;
  logic [FactorW*Outs*(Rows+1)-1:0]    factors;
  logic [12*Parts*(Rows+1)-1:0]        controls;
  assign takes[Stages*Parts-1:0]    = {Parts{take}};
  assign digits[2*Lanes*Outs-1:0]   = digit;
  assign factors[FactorW*Outs-1:0]  = factor;
  assign controls[12*Parts-1:0]     = {Parts{control}};
  generate
    for (r = 0; r < Rows; r = r + 1) begin : g_row
      qn_trit_row #(.Lanes(Lanes), .Halves(Halves), .Chain(Chain), .Step(Step), .Parts(Parts), .Cols(Cols), .Digits(Digits), .ScaleW(FactorW), .AccW(AccW)) u_row (
        .clk_i, .load_i(load), .lane_i(lane_q), .act_i(load_act_i[8*r +: 8]), .take_i(takes[Stages*Parts*r +: Stages*Parts]),
        .digit_i(digits[2*Lanes*Outs*r +: 2*Lanes*Outs]), .scale_i(factors[FactorW*Outs*r +: FactorW*Outs]), .control_i(controls[12*Parts*r +: 12*Parts]),
        .take_o(takes[Stages*Parts*(r+1) +: Stages*Parts]), .digit_o(digits[2*Lanes*Outs*(r+1) +: 2*Lanes*Outs]),
        .scale_o(factors[FactorW*Outs*(r+1) +: FactorW*Outs]), .control_o(controls[12*Parts*(r+1) +: 12*Parts]), .result_o(result_o[AccW*Outs*r +: AccW*Outs]));
      qn_delay #(.Width(1), .Clocks(r)) u_valid_row (.clk_i, .in_i(valid), .out_o(valid_o[r]));
    end
  endgenerate
  logic unused;
  assign unused = ^takes[Stages*Parts*Rows +: Stages*Parts] ^ ^digits[2*Lanes*Outs*Rows +: 2*Lanes*Outs] ^ ^factors[FactorW*Outs*Rows +: FactorW*Outs] ^
    ^controls[12*Parts*Rows +: 12*Parts];

  always_ff @(posedge clk_i) if (rst_ni) begin
    assert (!swap_i || (full_o && digit_q == 2'd0));
    assert (SumW + FactorW < AccW);
  end

endmodule

`default_nettype wire
