// SPDX-License-Identifier: Apache-2.0
// qn_sdr_bank: what one bank of an SDRAM allows. A command given in one clock counts from the next.
// One timer serves all rules: after an activate it runs for tRAS (a column may come when it has run for tRCD), after a precharge
// for tRP, after a refresh for tRFC, and a write lifts it to what is left of tWR. At zero the bank takes a row command.

`default_nettype none

module qn_sdr_bank #(
  parameter int Rcd = 2,                   // clocks from activate to column
  parameter int Ras = 3,                   // activate to precharge; Rcd or more
  parameter int Rp  = 2,                   // precharge to activate or refresh
  parameter int Rfc = 5,                   // refresh to activate or refresh
  parameter int Wr  = 1                    // write to precharge; Ras - Rcd + 1 or less, or columns wait for it
) (
  input  logic clk_i,
  input  logic rst_ni,

  input  logic act_i,                      // commands to this bank: at most one row command in a clock
  input  logic pre_i,
  input  logic ref_i,
  input  logic write_i,                    // a word was written

  output logic open_o,                     // a row is open
  output logic row_ok_o,                   // a row command may come: precharge if open, else activate or refresh
  output logic col_ok_o                    // a read or a write may come
);

  localparam int TimerW = 4;               // so every time is 15 or less

  logic [TimerW-1:0] timer_q, left;
  assign left     = timer_q == '0 ? '0 : timer_q - 1'b1;
  assign row_ok_o = timer_q == '0;
  assign col_ok_o = open_o && timer_q <= Ras[TimerW-1:0] - Rcd[TimerW-1:0];

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      open_o  <= 1'b0;
      timer_q <= '0;
    end else begin
      if (act_i)      open_o <= 1'b1;
      else if (pre_i) open_o <= 1'b0;
      if (act_i)      timer_q <= Ras[TimerW-1:0] - 1'b1;
      else if (pre_i) timer_q <= Rp[TimerW-1:0] - 1'b1;
      else if (ref_i) timer_q <= Rfc[TimerW-1:0] - 1'b1;
      else if (write_i && left + 1'b1 < Wr[TimerW-1:0]) timer_q <= Wr[TimerW-1:0] - 1'b1;
      else            timer_q <= left;
    end
  end

endmodule

`default_nettype wire
