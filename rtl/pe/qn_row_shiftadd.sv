// SPDX-License-Identifier: Apache-2.0
// qn_row_shiftadd: one array row. Adds the activations that a plane selects, in two halves of 16, into two partials that
// double with each plane: after the last plane of a column, most significant first, they are sums of activation x code.
// Depth lanes a clock, so a plane takes 32 / Depth clocks, lanes 0.. first; any number of planes up to 16. The partials stand 2 clocks after
// the last part of the last plane was given. A row that is not enabled keeps still.
// 512 flops of activations (in use, and the next slice's), 139 more at Depth 32, about 700 LUT4 with carries (Yosys, ECP5).

`default_nettype none

module qn_row_shiftadd #(
  parameter int Depth = 32                 // 8, 16 or 32
) (
  input  logic             clk_i,

  input  logic             load_i,         // 8 activations into the shadow: four loads, elements 0..7 first
  input  logic [63:0]      load_data_i,
  input  logic             swap_i,         // the shadow's 32 activations from the next clock on

  input  logic             en_i,           // plane_i counts for this row
  /* verilator lint_off UNUSEDSIGNAL */    // a plane in one part
  input  logic [1:0]       part_i,         // part of the plane: lanes Depth x part_i and on
  /* verilator lint_on UNUSEDSIGNAL */
  input  logic [Depth-1:0] plane_i,        // bit k: activation Depth x part_i + k
  input  logic             first_i,        // first plane of a column: forget the partials
  input  logic             neg_i,          // first plane of signed codes: it counts negative
  output logic [27:0]      lo_o,           // partials, signed: |.| <= 16 x 2^7 x 2^15
  output logic [27:0]      hi_o
);

  localparam int Quads = Depth / 4;

  logic [255:0]        shadow_q, act_q;
  logic [8*Depth-1:0]  act;                // of this part
  logic [10*Quads-1:0] quad_q;             // sums of 4 activations, 10 bits each
  logic                sum_en_q, sum_first_q, sum_neg_q;
  /* verilator lint_off UNUSEDSIGNAL */    // a plane in one part, or in two
  logic [1:0]          sum_part_q;
  /* verilator lint_on UNUSEDSIGNAL */

  // Sum of the selected ones of 4 activations
  function automatic [9:0] sum4(input [3:0] sel, input [31:0] a);
    logic [8:0] left, right;
    left  = ({9{sel[0]}} & {a[7],  a[7:0]})   + ({9{sel[1]}} & {a[15], a[15:8]});
    right = ({9{sel[2]}} & {a[23], a[23:16]}) + ({9{sel[3]}} & {a[31], a[31:24]});
    sum4  = {left[8], left} + {right[8], right};
  endfunction

  // Sums of 4 activations to their sum, plus or minus, and that to `base`
  function automatic [27:0] add(input neg, input [27:0] base, input [39:0] quads);
    logic [10:0] left, right;
    logic [11:0] sum;
    left  = {quads[9],  quads[9:0]}   + {quads[19], quads[19:10]};
    right = {quads[29], quads[29:20]} + {quads[39], quads[39:30]};
    sum   = {left[10], left} + {right[10], right};
    add   = base + ({28{neg}} ^ {{16{sum[11]}}, sum}) + {27'd0, neg};
  endfunction

  function automatic [27:0] double(input first, input [26:0] partial);
    double = {28{!first}} & {partial, 1'b0};
  endfunction

  always_ff @(posedge clk_i) begin
    if (load_i) shadow_q <= {load_data_i, shadow_q[255:64]};
    if (swap_i) act_q    <= shadow_q;

    sum_en_q <= en_i;
    if (en_i) begin
      sum_first_q <= first_i;
      sum_neg_q   <= neg_i;
      sum_part_q  <= part_i;
    end
  end

  genvar q;
  generate
    for (q = 0; q < Quads; q = q + 1) begin : g_quad
      always_ff @(posedge clk_i) if (en_i) quad_q[10*q +: 10] <= sum4(plane_i[4*q +: 4], act[32*q +: 32]);
    end

    if (Depth == 32) begin : g_whole
      assign act = act_q;
      always_ff @(posedge clk_i) begin
        if (sum_en_q) begin
          lo_o <= add(sum_neg_q, double(sum_first_q, lo_o[26:0]), quad_q[39:0]);
          hi_o <= add(sum_neg_q, double(sum_first_q, hi_o[26:0]), quad_q[79:40]);
        end
      end
    end else if (Depth == 16) begin : g_halves
      assign act = part_i[0] ? act_q[255:128] : act_q[127:0];
      always_ff @(posedge clk_i) begin
        if (sum_en_q && !sum_part_q[0]) lo_o <= add(sum_neg_q, double(sum_first_q, lo_o[26:0]), quad_q);
        if (sum_en_q && sum_part_q[0])  hi_o <= add(sum_neg_q, double(sum_first_q, hi_o[26:0]), quad_q);
      end
    end else begin : g_quarters            // the second part of a half adds to what the first has doubled
      assign act = act_q[64*part_i +: 64];
      always_ff @(posedge clk_i) begin
        if (sum_en_q && !sum_part_q[1])
          lo_o <= add(sum_neg_q, sum_part_q[0] ? lo_o : double(sum_first_q, lo_o[26:0]), {20'd0, quad_q});
        if (sum_en_q && sum_part_q[1])
          hi_o <= add(sum_neg_q, sum_part_q[0] ? hi_o : double(sum_first_q, hi_o[26:0]), {20'd0, quad_q});
      end
    end
  endgenerate

endmodule

`default_nettype wire
