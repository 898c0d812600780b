// SPDX-License-Identifier: Apache-2.0
// ecp5_cells.v: the cells of an ECP5 in a netlist of boards/synth.sh, for simulating it (netlist.sh); netlist_verilog.py writes the netlist to them. The logic
// is that of Yosys's cells_sim.v (netlist.sh proves it); DP16KD and MULT18X18D, which Yosys only declares, are as Lattice's guides on memory (FPGA-TN-02204) and multipliers
// (FPGA-TN-02205) describe them. A parameter that has no name here, or a value other than these, ends Verilator's run: nothing is guessed.
// A register begins as the part's does after configuration. GSR has no effect: no netlist has the cell that pulls it.

`default_nettype none

module LUT4 #(
  parameter [15:0] INIT = 0
) (
  input wire A, B, C, D, output wire Z);
  assign Z = INIT[{D, C, B, A}];
endmodule

module CCU2C #(
  parameter [15:0] INIT0 = 0, INIT1 = 0,
  parameter INJECT1_0 = "YES", INJECT1_1 = "YES"
) (
  input wire CIN, A0, B0, C0, D0, A1, B1, C1, D1, output wire S0, S1, COUT);
  wire p0 = INIT0[{D0, C0, B0, A0}], g0 = INIT0[{2'd0, B0, A0}], carry = p0 ? CIN : g0;
  wire p1 = INIT1[{D1, C1, B1, A1}], g1 = INIT1[{2'd0, B1, A1}];
  assign S0   = p0 ^ CIN;
  assign S1   = p1 ^ carry;
  assign COUT = p1 ? carry : g1;
  generate if (INJECT1_0 != "NO" || INJECT1_1 != "NO") $error("CCU2C: INJECT1 is not modelled"); endgenerate
endmodule

module TRELLIS_FF #(
  parameter GSR = "ENABLED", CEMUX = "1", CLKMUX = "CLK", LSRMUX = "LSR", SRMODE = "LSR_OVER_CE", REGSET = "RESET"
) (
  input wire CLK, LSR, CE, DI, output reg Q);
  wire enable = CEMUX == "INV" ? !CE : CEMUX == "1" || CE, clear = LSRMUX == "INV" ? !LSR : LSR;
  initial Q = REGSET == "SET";
  always @(posedge CLK)
    if (clear) Q <= REGSET == "SET";
    else if (enable) Q <= DI;
  generate if ((CEMUX != "1" && CEMUX != "CE" && CEMUX != "INV") || CLKMUX != "CLK" || (LSRMUX != "LSR" && LSRMUX != "INV") || SRMODE != "LSR_OVER_CE" ||
               (REGSET != "SET" && REGSET != "RESET"))
    $error("TRELLIS_FF: a mode that is not modelled"); endgenerate
endmodule

module TRELLIS_DPR16X4 #(
  parameter WCKMUX = "WCK", WREMUX = "WRE",
  parameter [63:0] INITVAL = 0
) (
  input wire [3:0] DI, WAD, RAD, input wire WRE, WCK, output wire [3:0] DO);
  reg [3:0] mem [0:15];
  integer i;
  initial for (i = 0; i < 16; i = i + 1) mem[i] = INITVAL[4*i +: 4];
  always @(posedge WCK) if (WRE) mem[WAD] <= DI;
  assign DO = mem[RAD];
  generate if (WCKMUX != "WCK" || WREMUX != "WRE") $error("TRELLIS_DPR16X4: a mode that is not modelled"); endgenerate
endmodule

// A product, with a register behind it or none
module MULT18X18D #(
  parameter REG_INPUTA_CLK = "NONE", REG_INPUTA_CE = "CE0", REG_INPUTA_RST = "RST0", REG_INPUTB_CLK = "NONE", REG_INPUTB_CE = "CE0", REG_INPUTB_RST = "RST0",
  parameter REG_PIPELINE_CLK = "NONE", REG_PIPELINE_CE = "CE0", REG_PIPELINE_RST = "RST0", REG_OUTPUT_CLK = "NONE", REG_OUTPUT_CE = "CE0", REG_OUTPUT_RST = "RST0"
) (
  input wire [17:0] A, B, C, input wire SIGNEDA, SIGNEDB, SOURCEA, SOURCEB, CLK0, CE0, RST0, output wire [35:0] P);
  wire signed [35:0] a = {{18{A[17] && SIGNEDA}}, A}, b = {{18{B[17] && SIGNEDB}}, B}, product = a * b;
  reg signed [35:0] product_q;
  initial product_q = 0;
  always @(posedge CLK0)
    if (RST0) product_q <= 0;
    else if (CE0) product_q <= product;
  assign P = REG_OUTPUT_CLK == "CLK0" ? product_q : product;
  generate if (REG_INPUTA_CLK != "NONE" || REG_INPUTB_CLK != "NONE" || REG_PIPELINE_CLK != "NONE" || (REG_OUTPUT_CLK != "NONE" && REG_OUTPUT_CLK != "CLK0") ||
               REG_OUTPUT_CE != "CE0" || REG_OUTPUT_RST != "RST0")
    $error("MULT18X18D: a mode that is not modelled"); endgenerate
  always @(posedge CLK0) if (SOURCEA || SOURCEB) $fatal(1, "MULT18X18D: a shifted operand is not modelled");
endmodule

// 2,048 bytes of 9 bits. A word of 18 or 36 bits has its byte enables on the lowest address pins; one of 1, 2 or 4 bits lies in the lower 8 bits of a byte. 36 bits are
// written through port A and read through port B, low half on A's pins, high half on B's. INITVAL is INITVAL_3F to INITVAL_00.
// No reset: RESETMODE and ASYNC_RESET_RELEASE say nothing.
// Both ports have one clock in every netlist here. What one port reads while the other writes it is not defined: here it comes out inverted.
module DP16KD #(
  parameter DATA_WIDTH_A = 18, DATA_WIDTH_B = 18,
  parameter REGMODE_A = "NOREG", REGMODE_B = "NOREG", RESETMODE = "SYNC", ASYNC_RESET_RELEASE = "SYNC", CSDECODE_A = "0b000", CSDECODE_B = "0b000",
  parameter WRITEMODE_A = "NORMAL", WRITEMODE_B = "NORMAL", CLKAMUX = "CLKA", CLKBMUX = "CLKB", GSR = "ENABLED",
  parameter [20479:0] INITVAL = 0
) (
  input wire [17:0] DIA, DIB, input wire [13:0] ADA, ADB, input wire CEA, OCEA, CLKA, WEA, RSTA, CEB, OCEB, CLKB, WEB, RSTB, input wire [2:0] CSA, CSB,
  output wire [17:0] DOA, DOB);
  localparam BYTES_A = DATA_WIDTH_A < 9 ? 1 : DATA_WIDTH_A / 9, BYTES_B = DATA_WIDTH_B < 9 ? 1 : DATA_WIDTH_B / 9;
  localparam [8:0] ONES_A = DATA_WIDTH_A < 9 ? (9'd1 << DATA_WIDTH_A) - 9'd1 : 9'd511, ONES_B = DATA_WIDTH_B < 9 ? (9'd1 << DATA_WIDTH_B) - 9'd1 : 9'd511;
  reg [8:0] mem [0:2047];

  // A port's first byte, its bits of a byte, the bytes that it writes
  wire [10:0] at_a = {ADA[13:5], BYTES_A == 4 ? 2'd0 : BYTES_A == 2 ? {ADA[4], 1'd0} : ADA[4:3]};
  wire [10:0] at_b = {ADB[13:5], BYTES_B == 4 ? 2'd0 : BYTES_B == 2 ? {ADB[4], 1'd0} : ADB[4:3]};
  wire [2:0]  low_a = DATA_WIDTH_A == 1 ? ADA[2:0] : DATA_WIDTH_A == 2 ? {ADA[2:1], 1'd0} : DATA_WIDTH_A == 4 ? {ADA[2], 2'd0} : 3'd0;
  wire [2:0]  low_b = DATA_WIDTH_B == 1 ? ADB[2:0] : DATA_WIDTH_B == 2 ? {ADB[2:1], 1'd0} : DATA_WIDTH_B == 4 ? {ADB[2], 2'd0} : 3'd0;
  wire [8:0]  mask_a = ONES_A << low_a, mask_b = ONES_B << low_b;
  wire        on_a = CEA && CSA == 3'd0, on_b = CEB && CSB == 3'd0;
  wire [3:0]  bytes_a = !on_a || !WEA ? 4'd0 : BYTES_A == 4 ? ADA[3:0] : BYTES_A == 2 ? {2'd0, ADA[1:0]} : 4'd1;
  wire [3:0]  bytes_b = !on_b || !WEB ? 4'd0 : BYTES_B == 2 ? {2'd0, ADB[1:0]} : 4'd1;
  wire [35:0] in_a = {DIB, DIA}, in_b = {18'd0, DIB};
  reg  [35:0] word_a, word_b, word_a_q, word_b_q;

  function [8:0] other_a(input [10:0] at);             // what B writes of a byte that A reads
    other_a = at - at_b < BYTES_B && bytes_b[at[1:0] - at_b[1:0]] ? mask_b : 9'd0;
  endfunction
  function [8:0] other_b(input [10:0] at);
    other_b = at - at_a < BYTES_A && bytes_a[at[1:0] - at_a[1:0]] ? mask_a : 9'd0;
  endfunction

  integer i;
  initial begin
    for (i = 0; i < 2048; i = i + 1) mem[i] = INITVAL[20*(i/2) + 9*(i%2) +: 9];
    word_a = 0;
    word_b = 0;
    word_a_q = 0;
    word_b_q = 0;
  end
  always @(posedge CLKA) begin
    for (i = 0; i < BYTES_A; i = i + 1) begin
      if (on_a && (!WEA || WRITEMODE_A == "READBEFOREWRITE")) word_a[9*i +: 9] <= (mem[at_a + i[10:0]] ^ other_a(at_a + i[10:0])) >> low_a & ONES_A;
      if (bytes_a[i]) mem[at_a + i[10:0]] <= mem[at_a + i[10:0]] & ~mask_a | in_a[9*i +: 9] << low_a & mask_a;
    end
    if (OCEA) word_a_q <= word_a;
  end
  always @(posedge CLKB) begin
    for (i = 0; i < BYTES_B; i = i + 1) begin
      if (on_b && (!WEB || WRITEMODE_B == "READBEFOREWRITE")) word_b[9*i +: 9] <= (mem[at_b + i[10:0]] ^ other_b(at_b + i[10:0])) >> low_b & ONES_B;
      if (bytes_b[i]) mem[at_b + i[10:0]] <= mem[at_b + i[10:0]] & ~mask_b | in_b[9*i +: 9] << low_b & mask_b;
    end
    if (DATA_WIDTH_B == 36 ? OCEA : OCEB) word_b_q[17:0] <= word_b[17:0];
    if (OCEB) word_b_q[35:18] <= word_b[35:18];
  end

  wire [35:0] out_a = REGMODE_A == "OUTREG" ? word_a_q : word_a;
  wire [35:0] out_b = {REGMODE_B == "OUTREG" ? word_b_q[35:18] : word_b[35:18],
                       (DATA_WIDTH_B == 36 ? REGMODE_A == "OUTREG" : REGMODE_B == "OUTREG") ? word_b_q[17:0] : word_b[17:0]};
  assign DOA = DATA_WIDTH_B == 36 ? out_b[17:0] : out_a[17:0];
  assign DOB = DATA_WIDTH_B == 36 ? out_b[35:18] : out_b[17:0];

  always @(posedge CLKA) begin
    if (RSTA) $fatal(1, "DP16KD: a reset is not modelled");
    if (DATA_WIDTH_A == 36 && on_a && !WEA) $fatal(1, "DP16KD: 36 bits read through port A are not modelled");
  end
  always @(posedge CLKB) begin
    if (RSTB) $fatal(1, "DP16KD: a reset is not modelled");
    if (DATA_WIDTH_B == 36 && on_b && WEB) $fatal(1, "DP16KD: 36 bits written through port B are not modelled");
  end
  generate if ((REGMODE_A != "NOREG" && REGMODE_A != "OUTREG") || (REGMODE_B != "NOREG" && REGMODE_B != "OUTREG") || CSDECODE_A != "0b000" || CSDECODE_B != "0b000" ||
               (WRITEMODE_A != "NORMAL" && WRITEMODE_A != "READBEFOREWRITE") || (WRITEMODE_B != "NORMAL" && WRITEMODE_B != "READBEFOREWRITE") ||
               CLKAMUX != "CLKA" || CLKBMUX != "CLKB")
    $error("DP16KD: a mode that is not modelled"); endgenerate
endmodule

`default_nettype wire
