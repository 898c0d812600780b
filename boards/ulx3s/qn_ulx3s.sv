// SPDX-License-Identifier: Apache-2.0
// qn_ulx3s: the system on a ULX3S (any of its FPGAs, 32 MB of SDR SDRAM): clocks, reset, pads and the link, and nothing else. Pins: ulx3s.lpf.

`default_nettype none

module qn_ulx3s #(
  parameter int CoreDiv = 12,              // of the PLL's 800 MHz for the core's clock, even: 12 for 66.67 MHz
  parameter int Usb     = 1,               // the link: over the FPGA's own USB, the console over the FT231X; 0: both over the FT231X
  parameter int Baud    = 3000000          // the most that the FT231X does
) (
  input  logic        clk25_i,
  input  logic        uart_rx_i,           // from the FT231X
  output logic        uart_tx_o,
  inout  wire         usb_dp_io,           // the FPGA's own USB, full speed
  inout  wire         usb_dn_io,
  output logic        usb_pullup_o,        // of D+

  output logic        sdram_clk_o,
  output logic        sdram_cke_o,
  output logic        sdram_cs_no,
  output logic        sdram_ras_no,
  output logic        sdram_cas_no,
  output logic        sdram_we_no,
  output logic [1:0]  sdram_ba_o,
  output logic [12:0] sdram_a_o,
  output logic [1:0]  sdram_dqm_o,
  inout  wire  [15:0] sdram_dq_io
);

  // 800 MHz from 25; by CoreDiv the core's clock, by half of it the memory's, in phase
  localparam int ClockHz = (800000000 + CoreDiv / 2) / CoreDiv;
  logic clk, clk2x, clk40, feedback, locked, usb_locked;
  /* verilator lint_off PINMISSING */      // outputs that nobody needs
  (* ICP_CURRENT = "12", LPF_RESISTOR = "8" *)
  EHXPLLL #(
    .CLKI_DIV(1), .CLKFB_DIV(2), .FEEDBK_PATH("INT_OS2"),
    .CLKOP_ENABLE("ENABLED"),  .CLKOP_DIV(CoreDiv), .CLKOP_CPHASE(CoreDiv - 1), .CLKOP_FPHASE(0),
    .CLKOS_ENABLE("ENABLED"),  .CLKOS_DIV(CoreDiv / 2), .CLKOS_CPHASE(CoreDiv / 2 - 1), .CLKOS_FPHASE(0),
    .CLKOS2_ENABLE("ENABLED"), .CLKOS2_DIV(16), .CLKOS2_CPHASE(15), .CLKOS2_FPHASE(0),
    .CLKOS3_ENABLE(Usb != 0 ? "ENABLED" : "DISABLED"), .CLKOS3_DIV(20), .CLKOS3_CPHASE(19), .CLKOS3_FPHASE(0)
  ) u_pll (
    .CLKI(clk25_i), .CLKFB(feedback), .CLKINTFB(feedback), .CLKOP(clk), .CLKOS(clk2x), .CLKOS3(clk40), .LOCK(locked),
    .RST(1'b0), .STDBY(1'b0), .PHASESEL0(1'b0), .PHASESEL1(1'b0), .PHASEDIR(1'b0), .PHASESTEP(1'b0), .PHASELOADREG(1'b0),
    .PLLWAKESYNC(1'b0), .ENCLKOP(1'b0), .ENCLKOS(1'b0), .ENCLKOS2(1'b0), .ENCLKOS3(1'b0));
  /* verilator lint_on PINMISSING */

  // Reset until all clocks have been steady for 256 of the core's, 46 of 12 MHz
  logic [1:0] locked_q;
  logic [7:0] wait_q;
  logic       rst_n, uart_rst_n;
  initial wait_q = 8'd0;
  initial rst_n = 1'b0;
  always_ff @(posedge clk) begin
    locked_q <= {locked_q[0], locked && usb_locked};
    wait_q   <= !locked_q[1] ? 8'd0 : wait_q == 8'hff ? wait_q : wait_q + 8'd1;
    rst_n    <= wait_q == 8'hff;
  end

  // The system
  logic        in_valid, in_ready, out_valid, out_ready, out_last, console_valid, console_ready, dq_oe;
  logic [7:0]  in_data, out_data, console_data;
  logic [15:0] dq_out, dq_in;
  /* verilator lint_off PINMISSING */      // memory outside
  qn_soc #(
`include "target.svh"
    .ClockHz(ClockHz)
  ) u_soc (
    .clk_i(clk), .clk2x_i(clk2x), .rst_ni(rst_n),
    .in_valid_i(in_valid), .in_ready_o(in_ready), .in_data_i(in_data),
    .out_valid_o(out_valid), .out_ready_i(out_ready), .out_data_o(out_data), .out_last_o(out_last),
    .console_valid_o(console_valid), .console_ready_i(console_ready), .console_data_o(console_data),
    .cke_o(sdram_cke_o), .cs_no(sdram_cs_no), .ras_no(sdram_ras_no), .cas_no(sdram_cas_no), .we_no(sdram_we_no), .ba_o(sdram_ba_o),
    .a_o(sdram_a_o), .dqm_o(sdram_dqm_o), .dq_o(dq_out), .dq_oe_o(dq_oe), .dq_i(dq_in));
  /* verilator lint_on PINMISSING */

  // The link, and the console's bytes on the FT231X
  logic       uart_in_valid, uart_out_ready, usb_in_valid, usb_out_ready;
  logic [7:0] uart_in_data, usb_in_data;
  assign in_valid  = Usb != 0 ? usb_in_valid  : uart_in_valid;
  assign in_data   = Usb != 0 ? usb_in_data   : uart_in_data;
  assign out_ready = Usb != 0 ? usb_out_ready : uart_out_ready;
  qn_copy u_uart_rst (.clk_i(clk), .in_i(rst_n), .out_o(uart_rst_n));
  qn_uart #(.ClockHz(ClockHz), .Baud(Baud)) u_uart (
    .clk_i(clk), .rst_ni(uart_rst_n), .rx_i(uart_rx_i), .tx_o(uart_tx_o),
    .in_valid_o(uart_in_valid), .in_ready_i(Usb != 0 || in_ready), .in_data_o(uart_in_data),
    .out_valid_i(Usb == 0 && out_valid), .out_ready_o(uart_out_ready), .out_data_i(out_data), .out_last_i(out_last),
    .console_valid_i(console_valid), .console_ready_o(console_ready), .console_data_i(console_data));

  generate
    if (Usb != 0) begin : g_usb
      // 480 MHz from 40 (the phase detector sees 40): 48 MHz for the pins and 12 for bytes, in phase. 25 MHz has no such multiple that one PLL can make.
      logic clk48, clk12, usb_feedback, dp, dn, dp_out, dn_out, oe, unused_active;
      /* verilator lint_off PINMISSING */
      (* ICP_CURRENT = "12", LPF_RESISTOR = "8" *)
      EHXPLLL #(
        .CLKI_DIV(1), .CLKFB_DIV(1), .FEEDBK_PATH("INT_OS2"),
        .CLKOP_ENABLE("ENABLED"),  .CLKOP_DIV(10), .CLKOP_CPHASE(9), .CLKOP_FPHASE(0),
        .CLKOS_ENABLE("ENABLED"),  .CLKOS_DIV(40), .CLKOS_CPHASE(39), .CLKOS_FPHASE(0),
        .CLKOS2_ENABLE("ENABLED"), .CLKOS2_DIV(12), .CLKOS2_CPHASE(11), .CLKOS2_FPHASE(0)
      ) u_usb_pll (
        .CLKI(clk40), .CLKFB(usb_feedback), .CLKINTFB(usb_feedback), .CLKOP(clk48), .CLKOS(clk12), .LOCK(usb_locked),
        .RST(!locked), .STDBY(1'b0), .PHASESEL0(1'b0), .PHASESEL1(1'b0), .PHASEDIR(1'b0), .PHASESTEP(1'b0), .PHASELOADREG(1'b0),
        .PLLWAKESYNC(1'b0), .ENCLKOP(1'b0), .ENCLKOS(1'b0), .ENCLKOS2(1'b0), .ENCLKOS3(1'b0));
      /* verilator lint_on PINMISSING */

      qn_usb_fs u_usb (
        .clk_i(clk), .rst_ni(uart_rst_n), .clk12_i(clk12), .clk48_i(clk48),
        .dp_i(dp), .dn_i(dn), .dp_o(dp_out), .dn_o(dn_out), .oe_o(oe), .pullup_o(usb_pullup_o),
        .in_valid_o(usb_in_valid), .in_ready_i(in_ready), .in_data_o(usb_in_data),
        .out_valid_i(out_valid), .out_ready_o(usb_out_ready), .out_data_i(out_data), .out_last_i(out_last), .active_o(unused_active));
      BB u_dp (.I(dp_out), .T(!oe), .O(dp), .B(usb_dp_io));
      BB u_dn (.I(dn_out), .T(!oe), .O(dn), .B(usb_dn_io));
    end
    else begin : g_uart
      logic unused_dp, unused_dn, unused_clk40;
      assign unused_clk40 = clk40;
      BB u_dp (.I(1'b0), .T(1'b1), .O(unused_dp), .B(usb_dp_io));
      BB u_dn (.I(1'b0), .T(1'b1), .O(unused_dn), .B(usb_dn_io));
      assign usb_locked    = 1'b1;
      assign usb_pullup_o  = 1'b0;
      assign usb_in_valid  = 1'b0;
      assign usb_in_data   = 8'd0;
      assign usb_out_ready = 1'b0;
    end
  endgenerate

  // The part samples in the middle of what the pins show: its clock is the memory's, inverted
  ODDRX1F u_clk (.SCLK(clk2x), .RST(1'b0), .D0(1'b0), .D1(1'b1), .Q(sdram_clk_o));

  genvar i;
  generate
    for (i = 0; i < 16; i = i + 1) begin : g_dq
      BB u_pad (.I(dq_out[i]), .T(!dq_oe), .O(dq_in[i]), .B(sdram_dq_io[i]));
    end
  endgenerate

endmodule

`default_nettype wire
