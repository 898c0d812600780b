// SPDX-License-Identifier: Apache-2.0
// qn_row_shiftadd: one array row. Adds the activations that a plane selects, in two halves of 16, into two partials that
// double with each plane: after the last plane of a column, most significant first, they are sums of activation x code.
// One plane a clock, any number of planes up to 16. The partials stand 2 clocks after their last plane was given.
// 512 flops of activations (in use, and the next slice's), 139 more, about 700 LUT4 with carries (Yosys, ECP5). A row that is not enabled keeps still.

`default_nettype none

module qn_row_shiftadd (
  input  logic        clk_i,

  input  logic        load_i,              // 8 activations into the shadow: four loads, elements 0..7 first
  input  logic [63:0] load_data_i,
  input  logic        swap_i,              // the shadow's 32 activations from the next clock on

  input  logic        en_i,                // plane_i counts for this row
  input  logic [31:0] plane_i,             // bit k: activation k
  input  logic        first_i,             // first plane of a column: forget the partials
  input  logic        neg_i,               // first plane of signed codes: it counts negative
  output logic [27:0] lo_o,                // partials, signed: |.| <= 16 x 2^7 x 2^15
  output logic [27:0] hi_o
);

  logic [255:0] shadow_q, act_q;
  logic [39:0]  lo_quad_q, hi_quad_q;      // sums of 4 activations, 10 bits each
  logic         sum_en_q, sum_first_q, sum_neg_q;

  // Sum of the selected ones of 4 activations
  function automatic [9:0] sum4(input [3:0] sel, input [31:0] act);
    logic [8:0] left, right;
    left  = ({9{sel[0]}} & {act[7],  act[7:0]})   + ({9{sel[1]}} & {act[15], act[15:8]});
    right = ({9{sel[2]}} & {act[23], act[23:16]}) + ({9{sel[3]}} & {act[31], act[31:24]});
    sum4  = {left[8], left} + {right[8], right};
  endfunction

  // Sums of 4 activations to their sum, and that into the partial
  function automatic [27:0] step(input first, input neg, input [26:0] partial, input [39:0] quads);
    logic [10:0] left, right;
    logic [11:0] sum;
    left  = {quads[9],  quads[9:0]}   + {quads[19], quads[19:10]};
    right = {quads[29], quads[29:20]} + {quads[39], quads[39:30]};
    sum   = {left[10], left} + {right[10], right};
    step  = ({28{!first}} & {partial, 1'b0}) + ({28{neg}} ^ {{16{sum[11]}}, sum}) + {27'd0, neg};
  endfunction

  always_ff @(posedge clk_i) begin
    if (load_i) shadow_q <= {load_data_i, shadow_q[255:64]};
    if (swap_i) act_q    <= shadow_q;

    sum_en_q <= en_i;
    if (en_i) begin
      sum_first_q <= first_i;
      sum_neg_q   <= neg_i;
      lo_quad_q   <= {sum4(plane_i[15:12], act_q[127:96]),  sum4(plane_i[11:8],  act_q[95:64]),
                      sum4(plane_i[7:4],   act_q[63:32]),   sum4(plane_i[3:0],   act_q[31:0])};
      hi_quad_q   <= {sum4(plane_i[31:28], act_q[255:224]), sum4(plane_i[27:24], act_q[223:192]),
                      sum4(plane_i[23:20], act_q[191:160]), sum4(plane_i[19:16], act_q[159:128])};
    end
    if (sum_en_q) begin
      lo_o <= step(sum_first_q, sum_neg_q, lo_o[26:0], lo_quad_q);
      hi_o <= step(sum_first_q, sum_neg_q, hi_o[26:0], hi_quad_q);
    end
  end

endmodule

`default_nettype wire
