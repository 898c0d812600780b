// SPDX-License-Identifier: Apache-2.0
// qn_sdr: SDR SDRAM of 16 bits behind the core's memory port, a word of 32 bits in two beats, the memory at twice the core's clock.
// Reads stream at a word a clock over columns, banks and rows; requests are answered in order and never refused once taken.
// A request taken in clock t finds its row open and the memory free: first word in t + 6. Timings are those of sim/model/qn_sdram.c.
// Defaults: sdr16_133 of rtl/spec/target.def. Address bits above the part's are not looked at. README.md has the numbers.

`default_nettype none

module qn_sdr #(
  parameter int RowW = 13,                 // address bits of the part's rows, 11 or more
  parameter int ColW = 8,                  // bits of a word's place in its row: one less than the part's column bits, 9 at most
  parameter int Rcd  = 3,                  // activate to column; all in memory clocks
  parameter int Rp   = 3,                  // precharge
  parameter int Cl   = 3,                  // read latency, 2 or 3
  parameter int Rfc  = 9,                  // refresh
  parameter int Refi = 1039,               // refresh interval
  parameter int Ras  = 6,                  // active time
  parameter int Wr   = 2,                  // write recovery, from the second beat on
  parameter int Wtr  = 2,                  // write to read, from behind the second beat on
  parameter int Rtw  = 3,                  // read to write, from behind the second beat on
  parameter int Quiet = 26,                // refresh intervals of rest after reset: 200 us or more
  parameter int Refs  = 8,                 // refreshes before the mode register is set, 2 or more
  parameter bit ReadLate = 0               // the part's data come a memory clock later: long ways on the board
) (
  input  logic            clk_i,           // core
  input  logic            clk2x_i,         // memory: twice as fast, in phase
  input  logic            rst_ni,          // synchronous to clk_i

  input  logic            req_valid_i,
  output logic            req_ready_o,
  input  logic            req_we_i,
  /* verilator lint_off UNUSEDSIGNAL */    // as wide as the core's port
  input  logic [29:0]     req_addr_i,
  /* verilator lint_on UNUSEDSIGNAL */
  input  logic [4:0]      req_len_i,
  input  logic [31:0]     req_wdata_i,
  input  logic [3:0]      req_wstrb_i,
  output logic            rsp_valid_o,
  output logic [31:0]     rsp_data_o,

  output logic            cke_o,           // to the part, from registers; its clock is the board's affair
  output logic            cs_no,
  output logic            ras_no,
  output logic            cas_no,
  output logic            we_no,
  output logic [1:0]      ba_o,
  output logic [RowW-1:0] a_o,
  output logic [1:0]      dqm_o,
  output logic [15:0]     dq_o,
  output logic            dq_oe_o,         // the pads drive dq_o
  input  logic [15:0]     dq_i
);

  logic            run, col_valid, col_we, row_valid, drive;
  logic [1:0]      col_bank, row_bank;
  logic [ColW-1:0] col_addr;
  logic [31:0]     col_wdata;
  logic [3:0]      col_wstrb;
  logic [2:0]      row_cmd;
  logic [RowW-1:0] row_addr;

  qn_sdr_plan #(
    .RowW(RowW), .ColW(ColW), .Rcd(Rcd), .Rp(Rp), .Cl(Cl), .Rfc(Rfc), .Refi(Refi), .Ras(Ras), .Wr(Wr), .Wtr(Wtr), .Rtw(Rtw),
    .Quiet(Quiet), .Refs(Refs)
  ) u_plan (
    .clk_i, .rst_ni, .req_valid_i, .req_ready_o, .req_we_i, .req_addr_i(req_addr_i[RowW+ColW+1:0]), .req_len_i, .req_wdata_i, .req_wstrb_i,
    .run_o(run), .col_valid_o(col_valid), .col_we_o(col_we), .col_bank_o(col_bank), .col_addr_o(col_addr), .col_wdata_o(col_wdata),
    .col_wstrb_o(col_wstrb), .drive_o(drive),
    .row_valid_o(row_valid), .row_cmd_o(row_cmd), .row_bank_o(row_bank), .row_addr_o(row_addr));

  qn_sdr_pins #(.RowW(RowW), .ColW(ColW), .Cl(Cl), .ReadLate(ReadLate)) u_pins (
    .clk_i, .clk2x_i, .rst_ni, .run_i(run),
    .col_valid_i(col_valid), .col_we_i(col_we), .col_bank_i(col_bank), .col_addr_i(col_addr), .col_wdata_i(col_wdata),
    .col_wstrb_i(col_wstrb), .row_valid_i(row_valid), .row_cmd_i(row_cmd), .row_bank_i(row_bank), .row_addr_i(row_addr), .drive_i(drive),
    .rsp_valid_o, .rsp_data_o, .cke_o, .cs_no, .ras_no, .cas_no, .we_no, .ba_o, .a_o, .dqm_o, .dq_o, .dq_oe_o, .dq_i);

endmodule

`default_nettype wire
