// SPDX-License-Identifier: Apache-2.0
// qn_soc_mul: RISC-V's MUL, MULH, MULHSU and MULHU for PicoRV32, behind its co-processor port (PCPI). Its own fast multiplier makes 64 bits of four products in
// one clock, 20 ns of an ECP5; here each step has a clock: operands, four products of 17 x 17 bits, their middle sum, the whole. An answer in the fifth clock.

`default_nettype none

module qn_soc_mul (
  input  logic        clk_i,
  input  logic        rst_ni,

  input  logic        valid_i,             // until ready_o
  /* verilator lint_off UNUSEDSIGNAL */    // its register numbers
  input  logic [31:0] insn_i,
  /* verilator lint_on UNUSEDSIGNAL */
  input  logic [31:0] rs1_i,
  input  logic [31:0] rs2_i,
  output logic        wait_o,              // an instruction of these: the answer will come
  output logic        ready_o,             // one clock
  output logic [31:0] rd_o
);

  // 33 bits, signed, as 17 signed upper and 16 lower ones
  logic signed [16:0] a_hi_q, b_hi_q;
  logic [15:0]        a_lo_q, b_lo_q;
  /* verilator lint_off UNUSEDSIGNAL */    // hh: 64 bits are asked for
  logic signed [33:0] hh_q, hl_q, lh_q;
  /* verilator lint_on UNUSEDSIGNAL */
  logic [31:0]        ll_q;
  logic signed [34:0] mid_q;
  logic [47:0]        upper_q, upper;      // bits 16 and on of the product, mid aside
  logic [15:0]        lowest_q;
  logic [3:0]         step_q;              // one of the clocks after an instruction was seen
  logic               high_q, mine;

  assign mine    = valid_i && insn_i[6:0] == 7'b0110011 && insn_i[31:25] == 7'b0000001 && !insn_i[14];
  assign wait_o  = mine;
  assign upper   = upper_q + {{13{mid_q[34]}}, mid_q};

  always_ff @(posedge clk_i) begin
    a_hi_q <= {rs1_i[31] && insn_i[13:12] != 2'd3, rs1_i[31:16]};      // MULHU: both unsigned; MUL does not care
    b_hi_q <= {rs2_i[31] && !insn_i[13], rs2_i[31:16]};                // MULHSU and MULHU
    a_lo_q <= rs1_i[15:0];
    b_lo_q <= rs2_i[15:0];
    high_q <= insn_i[13:12] != 2'd0;

    hh_q <= a_hi_q * b_hi_q;
    hl_q <= a_hi_q * $signed({1'b0, b_lo_q});
    lh_q <= $signed({1'b0, a_lo_q}) * b_hi_q;
    ll_q <= a_lo_q * b_lo_q;

    mid_q    <= {hl_q[33], hl_q} + {lh_q[33], lh_q};
    upper_q  <= {hh_q[31:0], ll_q[31:16]};
    lowest_q <= ll_q[15:0];

    rd_o    <= high_q ? upper[47:16] : {upper[15:0], lowest_q};
    ready_o <= step_q[3] && rst_ni;
    step_q  <= {step_q[2:0], mine && step_q == 4'd0 && !ready_o} & {4{rst_ni}};
  end

endmodule

`default_nettype wire
