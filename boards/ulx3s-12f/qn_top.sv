// SPDX-License-Identifier: Apache-2.0
// qn_top for an FPGA without room for a core: its ports, and nothing behind them. Registers read 0, so the firmware's self-test says that there is no array; memory,
// link, console and the CPU are the system's.

`default_nettype none

/* verilator lint_off UNUSEDPARAM */
/* verilator lint_off UNUSEDSIGNAL */
module qn_top #(
  parameter int Element   = qn_isa_pkg::ELEMENT_SHIFTADD,
  parameter int Rows      = 16,
  parameter int Depth     = 32,
  parameter int Planes    = 1,
  parameter int Lanes     = 8,
  parameter int Funcs     = 2,
  parameter int Dequants  = 4,
  parameter int AccCols   = 256,
  parameter int Slices    = 64,
  parameter int VbWords   = 24576,
  parameter int FifoWords = 1024,
  parameter int ProgWords = 8192,
  parameter int Ggml      = 1,
  parameter int Small     = 0
) (
  input  logic        clk_i,
  input  logic        rst_ni,

  input  logic        reg_valid_i,         // registers: read data in the next clock
  input  logic        reg_we_i,
  input  logic [6:0]  reg_addr_i,
  input  logic [31:0] reg_wdata_i,
  output logic [31:0] reg_rdata_o,

  output logic        req_valid_o,         // memory, by lines of Planes words: reads of 1..16 lines inside an aligned 16, writes of one
  input  logic        req_ready_i,
  output logic        req_we_o,
  output logic [29:0] req_addr_o,
  output logic [4:0]  req_len_o,
  output logic [32*Planes-1:0] req_wdata_o,
  output logic [4*Planes-1:0]  req_wstrb_o,
  input  logic                 rsp_valid_i, // lines read, in order, never refused
  input  logic [32*Planes-1:0] rsp_data_i
);

  assign reg_rdata_o = '0;
  assign req_valid_o = '0;
  assign req_we_o = '0;
  assign req_addr_o = '0;
  assign req_len_o = '0;
  assign req_wdata_o = '0;
  assign req_wstrb_o = '0;

endmodule

/* verilator lint_on UNUSEDSIGNAL */
/* verilator lint_on UNUSEDPARAM */

`default_nettype wire
