// SPDX-License-Identifier: Apache-2.0
// qn_dequant: Units dequantization units in step, each with its accumulator bank. A clock gives one slot: for each unit the
// partials of one row of one column, the headers of the column being common to all.
//   first (head 2 or not): acc = (zero ? +0 : acc) + I1 x (d x scale)          on the last slice of a block
//   second (head 2):       acc = acc - I2 x (m x scale), in any clock after the first of the same column and group
// Slots come every clock. What a second slot multiplied waits in a queue until its first slot's sum is written and the adder is
// free, so nothing stalls; among the slots of one instruction with second slots, first slots are two clocks apart.
// A slot may visit an accumulator DEQUANT_LAT clocks or more after the slot before (qn_matrix), then no sum is missed.

`default_nettype none

module qn_dequant #(
  parameter int Units = 4,
  parameter AddrW = 10                     // accumulators of a bank
) (
  input  logic                   clk_i,
  input  logic                   rst_ni,

  input  logic [Units-1:0]       next_i,   // units that valid_i and mask_i name in the next clock
  input  logic                   valid_i,
  input  logic [Units-1:0]       mask_i,   // units whose row exists
  input  logic                   second_i,
  input  logic                   first_i,  // slice is the first of a block
  input  logic                   last_i,   // slice is the last of a block
  input  logic                   zero_i,
  input  logic                   done_i,   // last slot of an instruction
  input  logic [AddrW-1:0]       addr_i,
  input  logic                   plain_i,  // no sub-scales
  input  logic                   twice_i,  // I1 += 2 (lo + hi) + asum
  input  logic [8:0]             sc_lo_i,
  input  logic [8:0]             sc_hi_i,
  input  logic [8:0]             mn_lo_i,
  input  logic [8:0]             mn_hi_i,
  input  logic                   halves_i, // I1 is the low half's partial, I2 the high half's
  input  logic [31:0]            head_i,   // d, or m of a second slot, FP32
  input  logic [28*Units-1:0]    lo_i,
  input  logic [28*Units-1:0]    hi_i,
  input  logic [26*Units-1:0]    asum_i,   // {of the high half, of the low half}
  input  logic [32*Units-1:0]    scale_i,
  output logic                   done_o,   // the sum of the slot with done_i is readable
  output logic                   busy_o,   // a slot will not have left its sum in the next clock, what comes in it aside

  input  logic                   acc_re_i,
  input  logic [AddrW*Units-1:0] acc_addr_i,
  output logic [32*Units-1:0]    acc_data_o  // one clock later
);

  localparam int MulLat = qn_isa_pkg::LAT_FMUL > 3 ? qn_isa_pkg::LAT_FMUL : 3;
  localparam int F      = MulLat + qn_isa_pkg::LAT_IMUL - 2;  // stage that reads the accumulator
  localparam int Back   = qn_isa_pkg::LAT_FADD + 2;           // clocks from there to the write
  localparam int Ready  = qn_isa_pkg::LAT_FADD + 1;           // a second slot's wait at stage F
  localparam int QueueW = 4;

  // Stages 1 to F of a slot: valid, and what else it carries
  localparam int CtlW = AddrW + Units + 6;
  logic [F:1]        valid_q;
  logic [CtlW*F-1:0] ctl_q;
  always_ff @(posedge clk_i) begin
    if (!rst_ni) valid_q <= '0;
    else         valid_q <= {valid_q[F-1:1], valid_i};
    ctl_q <= {ctl_q[CtlW*(F-1)-1:0], plain_i, second_i, first_i, last_i, zero_i, done_i, mask_i, addr_i};
  end

  logic [AddrW-1:0] s1_addr, s3_addr, f_in_addr;
  logic [Units-1:0] s3_mask, f_in_mask;
  logic             s1_plain, s2_first, s3_second, s3_last, f_in_second, f_in_last, f_in_zero, f_in_done;
  assign s1_addr     = ctl_q[AddrW-1:0];
  assign s1_plain    = ctl_q[CtlW-1];
  assign s2_first    = ctl_q[CtlW+AddrW+Units+3];
  assign s3_addr     = ctl_q[2*CtlW +: AddrW];
  assign s3_mask     = ctl_q[2*CtlW+AddrW +: Units];
  assign s3_last     = ctl_q[2*CtlW+AddrW+Units+2];
  assign s3_second   = ctl_q[2*CtlW+AddrW+Units+4];
  assign f_in_addr   = ctl_q[(F-1)*CtlW +: AddrW];
  assign f_in_mask   = ctl_q[(F-1)*CtlW+AddrW +: Units];
  assign f_in_done   = ctl_q[(F-1)*CtlW+AddrW+Units];
  assign f_in_zero   = ctl_q[(F-1)*CtlW+AddrW+Units+1];
  assign f_in_last   = ctl_q[(F-1)*CtlW+AddrW+Units+2];
  assign f_in_second = ctl_q[(F-1)*CtlW+AddrW+Units+4];

  // Stage F: a first slot takes the adder, else the queue's oldest product if its accumulator is written
  logic                     f_first, f_second, f_pop, f_valid;
  logic [QueueW-1:0]        f_write_q, f_read_q;
  logic [QueueW:0]          f_ready_q;     // products whose accumulator is written
  logic [Ready-1:0]         f_wait_q;
  logic [AddrW+Units:0]     queue [0:2**QueueW-1];  // {done, mask, addr}
  logic [AddrW+Units:0]     f_head;
  assign f_first  = valid_q[F] && f_in_last && !f_in_second;
  assign f_second = valid_q[F] && f_in_last && f_in_second;
  assign f_pop    = !f_first && f_ready_q != '0;
  assign f_valid  = f_first || f_pop;
  assign f_head   = f_first ? {f_in_done, f_in_mask, f_in_addr} : queue[f_read_q];

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      f_write_q <= '0;
      f_read_q  <= '0;
      f_ready_q <= '0;
      f_wait_q  <= '0;
    end else begin
      f_wait_q  <= {f_wait_q[Ready-2:0], f_second};
      f_ready_q <= f_ready_q + {{QueueW{1'b0}}, f_wait_q[Ready-1]} - {{QueueW{1'b0}}, f_pop};
      if (f_second) f_write_q <= f_write_q + 1'b1;
      if (f_pop)    f_read_q  <= f_read_q + 1'b1;
    end
  end
  always_ff @(posedge clk_i) begin
    if (f_second) queue[f_write_q] <= {f_in_done, f_in_mask, f_in_addr};
  end

  // The product of a second slot stands two clocks after stage F
  logic              f1_push_q, f2_push_q;
  logic [QueueW-1:0] f1_push_addr_q, f2_push_addr_q;
  always_ff @(posedge clk_i) begin
    f1_push_q      <= f_second;
    f2_push_q      <= f1_push_q;
    f1_push_addr_q <= f_write_q;
    f2_push_addr_q <= f1_push_addr_q;
  end

  // From stage F to the write
  localparam int WriteW = AddrW + Units + 1;
  logic [Back:1]          back_valid_q;
  logic [WriteW*Back-1:0] back_q;
  logic                   f1_zero_q, f1_pop_q, f2_pop_q;
  always_ff @(posedge clk_i) begin
    if (!rst_ni) back_valid_q <= '0;
    else         back_valid_q <= {back_valid_q[Back-1:1], f_valid};
    back_q    <= {back_q[WriteW*(Back-1)-1:0], f_head};
    f1_zero_q <= f_first && f_in_zero;
    f1_pop_q  <= f_pop;
    f2_pop_q  <= f1_pop_q;
  end

  logic             w_valid;
  logic [Units-1:0] w_mask;
  logic [AddrW-1:0] w_addr;
  assign w_valid = back_valid_q[Back];
  assign {w_mask, w_addr} = back_q[WriteW*(Back-1) +: WriteW-1];

  logic done_q;                            // w_valid && w_done: nothing stands between it and done_o, which may be far away
  always_ff @(posedge clk_i) begin
    done_q <= rst_ni && back_valid_q[Back-1] && back_q[WriteW*(Back-1) - 1];
    done_o <= rst_ni && done_q;
  end
  assign busy_o = valid_i || valid_q[F-1:1] != '0 || (valid_q[F] && f_in_last) || back_valid_q[Back-1:1] != '0 || f_write_q != f_read_q;

  genvar u;
  generate
    for (u = 0; u < Units; u = u + 1) begin : g_unit
      logic [F:1]        product_q;        // stages 1 on of a slot of this unit, until its product stands
      logic [Back-2:1]   sum_q;            // stages F + 1 on of its sum
      logic              product_en, sum_en_q;
      always_ff @(posedge clk_i) begin
        if (!rst_ni) begin
          product_q <= '0;
          sum_q     <= '0;
        end else begin
          product_q <= {product_q[F-1:1], valid_i && mask_i[u]};
          sum_q     <= {sum_q[Back-3:1], f_valid && f_head[AddrW+u]};
        end
        sum_en_q <= sum_q != '0;
      end
      assign product_en = next_i[u] || (valid_i && mask_i[u]) || product_q != '0;   // in the next clock
      qn_dequant_unit #(.AddrW(AddrW), .QueueW(QueueW)) u_unit (
        .clk_i, .product_en_i(product_en), .sum_en_i(sum_en_q),
        .s0_lo_i(lo_i[28*u +: 28]), .s0_hi_i(hi_i[28*u +: 28]), .s0_asum_lo_i(asum_i[26*u +: 13]), .s0_asum_hi_i(asum_i[26*u + 13 +: 13]),
        .s0_scale_i(scale_i[32*u +: 32]), .s0_head_i(head_i),
        .s0_sc_lo_i(sc_lo_i), .s0_sc_hi_i(sc_hi_i), .s0_mn_lo_i(mn_lo_i), .s0_mn_hi_i(mn_hi_i), .s0_halves_i(halves_i), .s0_twice_i(twice_i),
        .s1_plain_i(s1_plain), .s1_re_i(valid_q[1]), .s1_addr_i(s1_addr), .s2_first_i(s2_first),
        .s3_we_i(valid_q[3] && s3_mask[u] && !s3_last), .s3_addr_i(s3_addr), .s3_second_i(s3_second),
        .push_i(f2_push_q), .push_addr_i(f2_push_addr_q), .f_queue_addr_i(f_read_q),
        .f_re_i(f_valid), .f_addr_i(f_head[AddrW-1:0]), .f1_zero_i(f1_zero_q), .f2_queue_i(f2_pop_q),
        .w_we_i(w_valid && w_mask[u]), .w_addr_i(w_addr),
        .acc_re_i, .acc_addr_i(acc_addr_i[AddrW*u +: AddrW]), .acc_data_o(acc_data_o[32*u +: 32]));
    end
  endgenerate

  always @(posedge clk_i) begin
    if (rst_ni && f_second) assert (f_write_q + 1'b1 != f_read_q);  // room in the queue
  end

endmodule

`default_nettype wire
