// SPDX-License-Identifier: Apache-2.0
// ecp5_sim.v: the two cells of an ECP5 that Yosys's cells_sim.v only declares, for simulating a netlist: DP16KD and MULT18X18D, as Lattice's
// memory and sysDSP usage guides describe them, in the modes that synth_ecp5 and boards/pack.py use; any other mode ends the simulation.
// What one port reads while the other writes it is not defined: here it comes out inverted.

module DP16KD (
  input DIA17, DIA16, DIA15, DIA14, DIA13, DIA12, DIA11, DIA10, DIA9, DIA8, DIA7, DIA6, DIA5, DIA4, DIA3, DIA2, DIA1, DIA0,
  input ADA13, ADA12, ADA11, ADA10, ADA9, ADA8, ADA7, ADA6, ADA5, ADA4, ADA3, ADA2, ADA1, ADA0,
  input CEA, OCEA, CLKA, WEA, RSTA, CSA2, CSA1, CSA0,
  output DOA17, DOA16, DOA15, DOA14, DOA13, DOA12, DOA11, DOA10, DOA9, DOA8, DOA7, DOA6, DOA5, DOA4, DOA3, DOA2, DOA1, DOA0,
  input DIB17, DIB16, DIB15, DIB14, DIB13, DIB12, DIB11, DIB10, DIB9, DIB8, DIB7, DIB6, DIB5, DIB4, DIB3, DIB2, DIB1, DIB0,
  input ADB13, ADB12, ADB11, ADB10, ADB9, ADB8, ADB7, ADB6, ADB5, ADB4, ADB3, ADB2, ADB1, ADB0,
  input CEB, OCEB, CLKB, WEB, RSTB, CSB2, CSB1, CSB0,
  output DOB17, DOB16, DOB15, DOB14, DOB13, DOB12, DOB11, DOB10, DOB9, DOB8, DOB7, DOB6, DOB5, DOB4, DOB3, DOB2, DOB1, DOB0
);
  parameter integer DATA_WIDTH_A = 18;
  parameter integer DATA_WIDTH_B = 18;
  parameter REGMODE_A = "NOREG", REGMODE_B = "NOREG", RESETMODE = "SYNC", ASYNC_RESET_RELEASE = "SYNC";
  parameter CSDECODE_A = "0b000", CSDECODE_B = "0b000", WRITEMODE_A = "NORMAL", WRITEMODE_B = "NORMAL";
  parameter CLKAMUX = "CLKA", CLKBMUX = "CLKB", GSR = "AUTO";
  parameter [319:0] INITVAL_00 = 0;
  parameter [319:0] INITVAL_01 = 0;
  parameter [319:0] INITVAL_02 = 0;
  parameter [319:0] INITVAL_03 = 0;
  parameter [319:0] INITVAL_04 = 0;
  parameter [319:0] INITVAL_05 = 0;
  parameter [319:0] INITVAL_06 = 0;
  parameter [319:0] INITVAL_07 = 0;
  parameter [319:0] INITVAL_08 = 0;
  parameter [319:0] INITVAL_09 = 0;
  parameter [319:0] INITVAL_0A = 0;
  parameter [319:0] INITVAL_0B = 0;
  parameter [319:0] INITVAL_0C = 0;
  parameter [319:0] INITVAL_0D = 0;
  parameter [319:0] INITVAL_0E = 0;
  parameter [319:0] INITVAL_0F = 0;
  parameter [319:0] INITVAL_10 = 0;
  parameter [319:0] INITVAL_11 = 0;
  parameter [319:0] INITVAL_12 = 0;
  parameter [319:0] INITVAL_13 = 0;
  parameter [319:0] INITVAL_14 = 0;
  parameter [319:0] INITVAL_15 = 0;
  parameter [319:0] INITVAL_16 = 0;
  parameter [319:0] INITVAL_17 = 0;
  parameter [319:0] INITVAL_18 = 0;
  parameter [319:0] INITVAL_19 = 0;
  parameter [319:0] INITVAL_1A = 0;
  parameter [319:0] INITVAL_1B = 0;
  parameter [319:0] INITVAL_1C = 0;
  parameter [319:0] INITVAL_1D = 0;
  parameter [319:0] INITVAL_1E = 0;
  parameter [319:0] INITVAL_1F = 0;
  parameter [319:0] INITVAL_20 = 0;
  parameter [319:0] INITVAL_21 = 0;
  parameter [319:0] INITVAL_22 = 0;
  parameter [319:0] INITVAL_23 = 0;
  parameter [319:0] INITVAL_24 = 0;
  parameter [319:0] INITVAL_25 = 0;
  parameter [319:0] INITVAL_26 = 0;
  parameter [319:0] INITVAL_27 = 0;
  parameter [319:0] INITVAL_28 = 0;
  parameter [319:0] INITVAL_29 = 0;
  parameter [319:0] INITVAL_2A = 0;
  parameter [319:0] INITVAL_2B = 0;
  parameter [319:0] INITVAL_2C = 0;
  parameter [319:0] INITVAL_2D = 0;
  parameter [319:0] INITVAL_2E = 0;
  parameter [319:0] INITVAL_2F = 0;
  parameter [319:0] INITVAL_30 = 0;
  parameter [319:0] INITVAL_31 = 0;
  parameter [319:0] INITVAL_32 = 0;
  parameter [319:0] INITVAL_33 = 0;
  parameter [319:0] INITVAL_34 = 0;
  parameter [319:0] INITVAL_35 = 0;
  parameter [319:0] INITVAL_36 = 0;
  parameter [319:0] INITVAL_37 = 0;
  parameter [319:0] INITVAL_38 = 0;
  parameter [319:0] INITVAL_39 = 0;
  parameter [319:0] INITVAL_3A = 0;
  parameter [319:0] INITVAL_3B = 0;
  parameter [319:0] INITVAL_3C = 0;
  parameter [319:0] INITVAL_3D = 0;
  parameter [319:0] INITVAL_3E = 0;
  parameter [319:0] INITVAL_3F = 0;

  wire [35:0] di = {DIB17, DIB16, DIB15, DIB14, DIB13, DIB12, DIB11, DIB10, DIB9, DIB8, DIB7, DIB6, DIB5, DIB4, DIB3, DIB2, DIB1, DIB0,
                    DIA17, DIA16, DIA15, DIA14, DIA13, DIA12, DIA11, DIA10, DIA9, DIA8, DIA7, DIA6, DIA5, DIA4, DIA3, DIA2, DIA1, DIA0};
  wire [13:0] a = {ADA13, ADA12, ADA11, ADA10, ADA9, ADA8, ADA7, ADA6, ADA5, ADA4, ADA3, ADA2, ADA1, ADA0};
  wire [13:0] b = {ADB13, ADB12, ADB11, ADB10, ADB9, ADB8, ADB7, ADB6, ADB5, ADB4, ADB3, ADB2, ADB1, ADB0};

  // The place of a port's word: 2,048 cells of 9 bits; widths below 9 use 8 of them, and a word of 18 or 36 bits has its byte enables in the
  // lowest address bits
  reg [8:0] cells [0:2047];
  reg [35:0] out_a, out_b, reg_a, reg_b;   // read, and a register later
  wire [35:0] do_a = REGMODE_A == "OUTREG" ? reg_a : out_a, do_b = REGMODE_B == "OUTREG" ? reg_b : out_b;
  always @(posedge CLKA) if (OCEA) reg_a <= out_a;
  always @(posedge CLKB) if (OCEB) reg_b <= out_b;
  assign {DOA17, DOA16, DOA15, DOA14, DOA13, DOA12, DOA11, DOA10, DOA9, DOA8, DOA7, DOA6, DOA5, DOA4, DOA3, DOA2, DOA1, DOA0} =
    DATA_WIDTH_B == 36 ? do_b[17:0] : do_a[17:0];
  assign {DOB17, DOB16, DOB15, DOB14, DOB13, DOB12, DOB11, DOB10, DOB9, DOB8, DOB7, DOB6, DOB5, DOB4, DOB3, DOB2, DOB1, DOB0} =
    DATA_WIDTH_B == 36 ? do_b[35:18] : do_b[17:0];

  localparam integer BYTES_A = DATA_WIDTH_A < 9 ? 1 : DATA_WIDTH_A / 9, BYTES_B = DATA_WIDTH_B < 9 ? 1 : DATA_WIDTH_B / 9;
  wire [10:0] first_a = BYTES_A == 4 ? {a[13:5], 2'd0} : BYTES_A == 2 ? {a[13:4], 1'd0} : a[13:3];
  wire [10:0] first_b = BYTES_B == 4 ? {b[13:5], 2'd0} : BYTES_B == 2 ? {b[13:4], 1'd0} : b[13:3];
  wire [2:0]  bit_a = DATA_WIDTH_A == 1 ? a[2:0] : DATA_WIDTH_A == 2 ? {a[2:1], 1'd0} : DATA_WIDTH_A == 4 ? {a[2], 2'd0} : 3'd0;
  wire [2:0]  bit_b = DATA_WIDTH_B == 1 ? b[2:0] : DATA_WIDTH_B == 2 ? {b[2:1], 1'd0} : DATA_WIDTH_B == 4 ? {b[2], 2'd0} : 3'd0;
  wire [8:0]  mask_a = DATA_WIDTH_A == 1 ? 9'd1 << bit_a : DATA_WIDTH_A == 2 ? 9'd3 << bit_a : DATA_WIDTH_A == 4 ? 9'd15 << bit_a : 9'd511;
  wire [8:0]  mask_b = DATA_WIDTH_B == 1 ? 9'd1 << bit_b : DATA_WIDTH_B == 2 ? 9'd3 << bit_b : DATA_WIDTH_B == 4 ? 9'd15 << bit_b : 9'd511;

  integer i;
  task init(input integer row, input [319:0] v);
    integer k;
    for (k = 0; k < 16; k = k + 1) {cells[32*row + 2*k + 1], cells[32*row + 2*k]} = v[20*k +: 18];
  endtask
  initial begin
    out_a = 0;
    out_b = 0;
    reg_a = 0;
    reg_b = 0;
    init(0, INITVAL_00);
    init(1, INITVAL_01);
    init(2, INITVAL_02);
    init(3, INITVAL_03);
    init(4, INITVAL_04);
    init(5, INITVAL_05);
    init(6, INITVAL_06);
    init(7, INITVAL_07);
    init(8, INITVAL_08);
    init(9, INITVAL_09);
    init(10, INITVAL_0A);
    init(11, INITVAL_0B);
    init(12, INITVAL_0C);
    init(13, INITVAL_0D);
    init(14, INITVAL_0E);
    init(15, INITVAL_0F);
    init(16, INITVAL_10);
    init(17, INITVAL_11);
    init(18, INITVAL_12);
    init(19, INITVAL_13);
    init(20, INITVAL_14);
    init(21, INITVAL_15);
    init(22, INITVAL_16);
    init(23, INITVAL_17);
    init(24, INITVAL_18);
    init(25, INITVAL_19);
    init(26, INITVAL_1A);
    init(27, INITVAL_1B);
    init(28, INITVAL_1C);
    init(29, INITVAL_1D);
    init(30, INITVAL_1E);
    init(31, INITVAL_1F);
    init(32, INITVAL_20);
    init(33, INITVAL_21);
    init(34, INITVAL_22);
    init(35, INITVAL_23);
    init(36, INITVAL_24);
    init(37, INITVAL_25);
    init(38, INITVAL_26);
    init(39, INITVAL_27);
    init(40, INITVAL_28);
    init(41, INITVAL_29);
    init(42, INITVAL_2A);
    init(43, INITVAL_2B);
    init(44, INITVAL_2C);
    init(45, INITVAL_2D);
    init(46, INITVAL_2E);
    init(47, INITVAL_2F);
    init(48, INITVAL_30);
    init(49, INITVAL_31);
    init(50, INITVAL_32);
    init(51, INITVAL_33);
    init(52, INITVAL_34);
    init(53, INITVAL_35);
    init(54, INITVAL_36);
    init(55, INITVAL_37);
    init(56, INITVAL_38);
    init(57, INITVAL_39);
    init(58, INITVAL_3A);
    init(59, INITVAL_3B);
    init(60, INITVAL_3C);
    init(61, INITVAL_3D);
    init(62, INITVAL_3E);
    init(63, INITVAL_3F);
    if ((REGMODE_A != "NOREG" && REGMODE_A != "OUTREG") || (REGMODE_B != "NOREG" && REGMODE_B != "OUTREG") || RESETMODE != "SYNC" || CSDECODE_A != "0b000" || CSDECODE_B != "0b000" ||
        CLKAMUX != "CLKA" || CLKBMUX != "CLKB" || WRITEMODE_A != "NORMAL" || WRITEMODE_B != "NORMAL") begin
      $display("DP16KD: a mode that is not modelled");
      $finish;
    end
  end

  // Bits of cell `at` that a port writes in this clock; both ports have one clock in every netlist here
  wire write_a = CEA && WEA, write_b = CEB && WEB;
  function [8:0] written_a(input [10:0] at);
    written_a = write_a && at >= first_a && {1'b0, at} < {1'b0, first_a} + BYTES_A && (BYTES_A == 1 || a[at[1:0] - first_a[1:0]]) ? mask_a : 9'd0;
  endfunction
  function [8:0] written_b(input [10:0] at);
    written_b = write_b && at >= first_b && {1'b0, at} < {1'b0, first_b} + BYTES_B && (BYTES_B == 1 || b[at[1:0] - first_b[1:0]]) ? mask_b : 9'd0;
  endfunction

  always @(posedge CLKA) begin
    for (i = 0; i < BYTES_A; i = i + 1) begin
      if (CEA && !WEA) out_a[9*i +: 9] <= (cells[first_a + i[10:0]] ^ written_b(first_a + i[10:0])) >> bit_a;
      if (write_a && (BYTES_A == 1 || a[i]))
        cells[first_a + i[10:0]] <= (cells[first_a + i[10:0]] & ~mask_a) | ((di[9*i +: 9] << bit_a) & mask_a);
    end
    if (RSTA) out_a <= 0;
  end
  always @(posedge CLKB) begin
    for (i = 0; i < BYTES_B; i = i + 1) begin
      if (CEB && !WEB) out_b[9*i +: 9] <= (cells[first_b + i[10:0]] ^ written_a(first_b + i[10:0])) >> bit_b;
      if (write_b && BYTES_B < 4 && (BYTES_B == 1 || b[i]))
        cells[first_b + i[10:0]] <= (cells[first_b + i[10:0]] & ~mask_b) | ((di[18 + 9*(i % 2) +: 9] << bit_b) & mask_b);
    end
    if (RSTB) out_b <= 0;
  end
endmodule

module MULT18X18D (
  input A0, A1, A2, A3, A4, A5, A6, A7, A8, A9, A10, A11, A12, A13, A14, A15, A16, A17,
  input B0, B1, B2, B3, B4, B5, B6, B7, B8, B9, B10, B11, B12, B13, B14, B15, B16, B17,
  input C0, C1, C2, C3, C4, C5, C6, C7, C8, C9, C10, C11, C12, C13, C14, C15, C16, C17,
  input SIGNEDA, SIGNEDB, SOURCEA, SOURCEB, CLK0, CE0, RST0,
  output P0, P1, P2, P3, P4, P5, P6, P7, P8, P9, P10, P11, P12, P13, P14, P15, P16, P17,
  output P18, P19, P20, P21, P22, P23, P24, P25, P26, P27, P28, P29, P30, P31, P32, P33, P34, P35
);
  wire signed [35:0] a = {{18{A17 && SIGNEDA}}, A17, A16, A15, A14, A13, A12, A11, A10, A9, A8, A7, A6, A5, A4, A3, A2, A1, A0};
  wire signed [35:0] b = {{18{B17 && SIGNEDB}}, B17, B16, B15, B14, B13, B12, B11, B10, B9, B8, B7, B6, B5, B4, B3, B2, B1, B0};
  parameter REG_INPUTA_CLK = "NONE", REG_INPUTB_CLK = "NONE", REG_PIPELINE_CLK = "NONE";
  parameter REG_OUTPUT_CLK = "NONE", REG_OUTPUT_CE = "CE0", REG_OUTPUT_RST = "RST0";
  reg signed [35:0] p_q = 0;
  always @(posedge CLK0) if (RST0) p_q <= 0; else if (CE0) p_q <= a * b;
  assign {P35, P34, P33, P32, P31, P30, P29, P28, P27, P26, P25, P24, P23, P22, P21, P20, P19, P18, P17, P16, P15, P14, P13, P12, P11, P10, P9, P8, P7, P6, P5,
          P4, P3, P2, P1, P0} = REG_OUTPUT_CLK == "CLK0" ? p_q : a * b;
  initial if (REG_INPUTA_CLK != "NONE" || REG_INPUTB_CLK != "NONE" || REG_PIPELINE_CLK != "NONE" || (REG_OUTPUT_CLK != "NONE" && REG_OUTPUT_CLK != "CLK0")) begin
    $display("MULT18X18D: a register that is not modelled");
    $finish;
  end
endmodule
