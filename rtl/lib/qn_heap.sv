// SPDX-License-Identifier: Apache-2.0
// qn_heap: adds the bits of a heap (column c counts 2^c, any number of bits a column) down to two or more bits a column, modulo 2^Cols.
// Each level brings the tallest column to two thirds of its height, rounded up, with just as many full and half adders (qn_fa) as that
// takes. The bits after level Cut (1 is the first) are registered, and those Again levels further. Costs as many full adders as bits disappear. The module is recursive: one level, then
// the rest.

`default_nettype none

module qn_heap #(
  parameter int Cols   = 8,
  parameter int Tall   = 3,                      // bits that a column has room for: Tall x c and on, the first Heights of them in use
  parameter [10*Cols-1:0] Heights = {Cols{10'd3}},
  parameter int Target = 2,                      // bits a column at the output, those not in use are 0
  parameter int Cut    = 0,                      // 0: none
  parameter int Again  = 0                       // 0: not
) (
  /* verilator lint_off UNUSEDSIGNAL */          // clock of a heap without cuts, bits above the heights
  input  logic                   clk_i,
  input  logic [Cols*Tall-1:0]   bits_i,
  /* verilator lint_on UNUSEDSIGNAL */
  output logic [Cols*Target-1:0] bits_o
);

  /* verilator lint_off VARHIDDEN */             // the module holds itself
  // For each column {height afterwards, half adders, full adders}, 10 bits each
  function automatic [30*Cols-1:0] plan(input [10*Cols-1:0] heights, input int goal);
    int k, have, carries, full, half;
    carries = 0;
    for (k = 0; k < Cols; k = k + 1) begin
      have = {22'd0, heights[10*k +: 10]} + carries;
      full = have > goal ? (have - goal) / 2 : 0;
      half = have > goal ? (have - goal) % 2 : 0;
      have = have - 2 * full - half;
      carries = full + half;
      plan[30*k +: 30] = {have[9:0], half[9:0], full[9:0]};
    end
  endfunction

  function automatic [10*Cols-1:0] heights_after(input [30*Cols-1:0] adders);
    int k;
    for (k = 0; k < Cols; k = k + 1) heights_after[10*k +: 10] = adders[30*k + 20 +: 10];
  endfunction

  /* verilator lint_on VARHIDDEN */

  localparam int Third = (2 * Tall + 2) / 3;
  localparam int Goal = Third > Target ? Third : Target;
  localparam [30*Cols-1:0] PLAN = plan(Heights, Goal);

  genvar c, i;
  generate
    if (Tall <= Target) begin : g_done
      for (c = 0; c < Cols; c = c + 1) begin : g_col
        for (i = 0; i < Target; i = i + 1) begin : g_bit
          if (i < Tall && i < {22'd0, Heights[10*c +: 10]}) begin : g_used
            assign bits_o[Target*c + i] = bits_i[Tall*c + i];
          end else begin : g_zero
            assign bits_o[Target*c + i] = 1'b0;
          end
        end
      end
    end else begin : g_level
      // A column afterwards: bits that waited, sums, carries of the column below: the oldest are added first
      logic [Cols*Goal-1:0] next, held;
      /* verilator lint_off UNUSEDSIGNAL */      // carries out of the top, and of columns without adders
      logic [(Cols+1)*Tall-1:0] carry;
      /* verilator lint_on UNUSEDSIGNAL */
      assign carry[Tall-1:0] = '0;

      for (c = 0; c < Cols; c = c + 1) begin : g_col
        localparam int Full  = {22'd0, PLAN[30*c +: 10]};
        localparam int Half  = {22'd0, PLAN[30*c + 10 +: 10]};
        localparam int Have  = {22'd0, Heights[10*c +: 10]};
        localparam int Below = c == 0 ? 0 : {22'd0, PLAN[30*(c == 0 ? 0 : c - 1) +: 10]}
                                          + {22'd0, PLAN[30*(c == 0 ? 0 : c - 1) + 10 +: 10]};
        localparam int Wait  = Have - 3 * Full - 2 * Half;
        for (i = 0; i < Full; i = i + 1) begin : g_full
          qn_fa u_fa (.a_i(bits_i[Tall*c + 3*i]), .b_i(bits_i[Tall*c + 3*i + 1]), .c_i(bits_i[Tall*c + 3*i + 2]),
                      .sum_o(next[Goal*c + Wait + i]), .carry_o(carry[Tall*(c+1) + i]));
        end
        if (Half != 0) begin : g_half
          qn_fa u_fa (.a_i(bits_i[Tall*c + 3*Full]), .b_i(bits_i[Tall*c + 3*Full + 1]), .c_i(1'b0),
                      .sum_o(next[Goal*c + Wait + Full]), .carry_o(carry[Tall*(c+1) + Full]));
        end
        for (i = 0; i < Wait; i = i + 1) begin : g_wait
          assign next[Goal*c + i] = bits_i[Tall*c + 3*Full + 2*Half + i];
        end
        for (i = 0; i < Below; i = i + 1) begin : g_carry
          assign next[Goal*c + Wait + Full + Half + i] = carry[Tall*c + i];
        end
        for (i = Wait + Full + Half + Below; i < Goal; i = i + 1) begin : g_zero
          assign next[Goal*c + i] = 1'b0;
        end
        for (i = Full + Half; i < Tall; i = i + 1) begin : g_none
          assign carry[Tall*(c+1) + i] = 1'b0;
        end
      end

      if (Cut == 1) begin : g_cut
        logic [Cols*Goal-1:0] bits_q;
        always_ff @(posedge clk_i) bits_q <= next;
        assign held = bits_q;
      end else begin : g_through
        assign held = next;
      end

      qn_heap #(.Cols(Cols), .Tall(Goal), .Heights(heights_after(PLAN)), .Target(Target), .Cut(Cut == 1 ? Again : Cut > 1 ? Cut - 1 : 0), .Again(Cut == 1 ? 0 : Again)) u_rest (
        .clk_i, .bits_i(held), .bits_o);
    end
  endgenerate

endmodule

`default_nettype wire
