// SPDX-License-Identifier: Apache-2.0
// qn_row_mul: one array row of element `mul`, the ordinary way: each lane gathers the planes of its code into an integer, and a multiplier a lane and
// two adder trees make the products' sums. So after every plane the partials are sums of activation x code so far, in the clocks of qn_row_shiftadd,
// whose ports it has. Codes are signed of 16 planes at most, or unsigned of 15. Depth multipliers of 8 x 16 bits, 1,024 flops of activations (in use,
// and the next slice's) and codes.

`default_nettype none

module qn_row_mul #(
  parameter int Depth = 32                 // 8, 16 or 32
) (
  input  logic             clk_i,

  input  logic             load_i,         // activations and planes: see qn_row_shiftadd; no load in the clock after a swap
  input  logic [63:0]      load_data_i,
  input  logic             swap_i,

  input  logic             en_i,
  /* verilator lint_off UNUSEDSIGNAL */    // a plane in one part
  input  logic [1:0]       part_i,
  /* verilator lint_on UNUSEDSIGNAL */
  input  logic [Depth-1:0] plane_i,
  input  logic             first_i,
  input  logic             neg_i,
  output logic [27:0]      lo_o,
  output logic [27:0]      hi_o
);

  localparam int Parts  = 32 / Depth;
  localparam int Eights = Depth / 8;

  logic [255:0]        shadow_q, act_q;
  logic [511:0]        code_q;             // 16 bits a lane
  logic [8*Depth-1:0]  act_part;           // activations and codes that the part in progress multiplies
  logic [16*Depth-1:0] code_part;
  logic [24*Depth-1:0] product;
  logic [27*Eights-1:0] eight;             // sums of 8 products
  logic                swap_q;             // act_q changes a clock later than the planes, which are multiplied a clock later
  logic                sum_en_q;
  /* verilator lint_off UNUSEDSIGNAL */
  logic [1:0]          sum_part_q;
  /* verilator lint_on UNUSEDSIGNAL */

  always_ff @(posedge clk_i) begin
    if (load_i) shadow_q <= {load_data_i, shadow_q[255:64]};
    if (swap_q) act_q    <= shadow_q;
    swap_q   <= swap_i;
    sum_en_q <= en_i;
    if (en_i) sum_part_q <= part_i;
  end

  genvar k, e;
  generate
    for (k = 0; k < 32; k = k + 1) begin : g_code
      localparam [31:0] PART = k / Depth;
      always_ff @(posedge clk_i) begin
        if (en_i && (Parts == 1 || part_i == PART[1:0]))
          code_q[16*k +: 16] <= first_i ? {{15{plane_i[k%Depth] && neg_i}}, plane_i[k%Depth]}
                                        : {code_q[16*k +: 15], plane_i[k%Depth]};
      end
    end
    for (k = 0; k < Depth; k = k + 1) begin : g_lane
      qn_smul #(.A(8), .B(16)) u_mul (.a_i(act_part[8*k +: 8]), .b_i(code_part[16*k +: 16]), .y_o(product[24*k +: 24]));
    end
    for (e = 0; e < Eights; e = e + 1) begin : g_eight
      assign eight[27*e +: 27] = sum8(product[192*e +: 192]);
    end

    if (Depth == 32) begin : g_whole
      assign act_part  = act_q;
      assign code_part = code_q;
      always_ff @(posedge clk_i) begin
        if (sum_en_q) lo_o <= wide(eight[26:0])  + wide(eight[53:27]);
        if (sum_en_q) hi_o <= wide(eight[80:54]) + wide(eight[107:81]);
      end
    end else if (Depth == 16) begin : g_halves
      assign act_part  = sum_part_q[0] ? act_q[255:128] : act_q[127:0];
      assign code_part = sum_part_q[0] ? code_q[511:256] : code_q[255:0];
      always_ff @(posedge clk_i) begin
        if (sum_en_q && !sum_part_q[0]) lo_o <= wide(eight[26:0]) + wide(eight[53:27]);
        if (sum_en_q && sum_part_q[0])  hi_o <= wide(eight[26:0]) + wide(eight[53:27]);
      end
    end else begin : g_quarters            // the second part of a half adds to the first
      assign act_part  = act_q[64*sum_part_q +: 64];
      assign code_part = code_q[128*sum_part_q +: 128];
      always_ff @(posedge clk_i) begin
        if (sum_en_q && !sum_part_q[1]) lo_o <= wide(eight) + ({28{sum_part_q[0]}} & lo_o);
        if (sum_en_q && sum_part_q[1])  hi_o <= wide(eight) + ({28{sum_part_q[0]}} & hi_o);
      end
    end
  endgenerate

  function automatic [27:0] wide(input [26:0] sum);
    wide = {sum[26], sum};
  endfunction

  function automatic [24:0] sum2(input [47:0] p);
    sum2 = {p[23], p[23:0]} + {p[47], p[47:24]};
  endfunction

  function automatic [26:0] sum8(input [191:0] p);
    logic [24:0] s0, s1, s2, s3;
    logic [25:0] left, right;
    s0    = sum2(p[47:0]);
    s1    = sum2(p[95:48]);
    s2    = sum2(p[143:96]);
    s3    = sum2(p[191:144]);
    left  = {s0[24], s0} + {s1[24], s1};
    right = {s2[24], s2} + {s3[24], s3};
    sum8  = {left[25], left} + {right[25], right};
  endfunction

endmodule

`default_nettype wire
