// SPDX-License-Identifier: Apache-2.0
// qn_soc: the system on chip: core, front door, CPU, sweep, SDRAM controller. README.md has the picture; rtl/spec/mailbox.def and soc.def the
// numbers. Between a board's pins and this are only clocks, pads and what makes bytes of USB or UART; and with Ddr the memory (rtl/ddr), whose port
// and registers come out at mem_* and ctl_*, while the SDRAM's pins rest.
// Parameters are a target's (rtl/spec/target.def; `gen --soc` prints them), those of the memory qn_sdr's: sdr16_133 unless named.

`default_nettype none

module qn_soc #(
  parameter int Element   = qn_isa_pkg::ELEMENT_SHIFTADD,
  parameter int Rows      = 16,
  parameter int Depth     = 32,
  parameter int Planes    = 1,             // 1: the SDRAM's width
  parameter int Lanes     = 8,
  parameter int Funcs     = 4,
  parameter int Dequants  = 4,
  parameter int AccCols   = 256,
  parameter int Slices    = 64,
  parameter int VbWords   = 24576,
  parameter int FifoWords = 1024,
  parameter int ProgWords = 16384,
  parameter int Ggml      = 1,
  parameter int Small     = 0,
  parameter logic [31:0] MemWords = 32'd8388608,
  parameter bit Ddr  = 0,                  // memory is outside
  parameter int Rcd  = 3,                  // of the SDRAM, in its clocks: qn_sdr
  parameter int Rp   = 3,
  parameter int Cl   = 3,
  parameter int Rfc  = 9,
  parameter int Refi = 1039,
  parameter int Ras  = 6,
  parameter int Wr   = 2,
  parameter int Wtr  = 2,
  parameter int Rtw  = 3,
  parameter int ClockHz   = 66500000,
  parameter logic [127:0] Name   = {64'd0, 32'h00000073, 32'h33786c75},   // of the target: ASCII, first letter lowest
  parameter logic [63:0]  Serial = 64'd1,
  parameter logic [15:0]  Build  = 16'd1
) (
  input  logic        clk_i,               // core
  input  logic        clk2x_i,             // memory: twice as fast, in phase
  input  logic        rst_ni,              // synchronous to clk_i, after power-on

  input  logic        in_valid_i,          // the link's bytes
  output logic        in_ready_o,
  input  logic [7:0]  in_data_i,
  output logic        out_valid_o,
  input  logic        out_ready_i,
  output logic [7:0]  out_data_o,
  output logic        out_last_o,

  output logic        console_valid_o,
  input  logic        console_ready_i,
  output logic [7:0]  console_data_o,

  output logic        cke_o,               // SDRAM
  output logic        cs_no,
  output logic        ras_no,
  output logic        cas_no,
  output logic        we_no,
  output logic [1:0]  ba_o,
  output logic [12:0] a_o,
  output logic [1:0]  dqm_o,
  output logic [15:0] dq_o,
  output logic        dq_oe_o,
  input  logic [15:0] dq_i,

  output logic        mem_valid_o,         // Ddr: the memory port, as the core's
  input  logic        mem_ready_i,
  output logic        mem_we_o,
  output logic [29:0] mem_addr_o,
  output logic [4:0]  mem_len_o,
  output logic [31:0] mem_wdata_o,
  output logic [3:0]  mem_wstrb_o,
  input  logic        mem_rsp_valid_i,
  input  logic [31:0] mem_rsp_data_i,
  output logic        ctl_valid_o,         // Ddr: a register of its controller, until done
  output logic        ctl_we_o,
  output logic [10:0] ctl_addr_o,
  output logic [31:0] ctl_wdata_o,
  input  logic        ctl_done_i,
  input  logic [31:0] ctl_rdata_i
);

  // Reset, for each part from a register of its own, a clock later
  localparam int MEM_RST = 0, SDR_RST = 1, CORE_RST = 2, REGS_RST = 3, CPU_RST = 4;
  logic [4:0] rst_n;
  qn_copies #(.Copies(5)) u_resets (.clk_i, .in_i(rst_ni), .out_o(rst_n));

  // Memory: who wants it
  localparam int CORE = 0, DOOR = 1, SWEEP = 2, CPU = 3;
  logic [3:0]   valid, ready, busy, mem_we, rsp;
  logic [119:0] addr;
  logic [19:0]  len;
  logic [127:0] wdata;
  logic [15:0]  wstrb;
  logic         req_valid, req_ready, req_we, rsp_valid;
  logic [29:0]  req_addr;
  logic [4:0]   req_len;
  logic [31:0]  req_wdata, rsp_data, late_data;
  logic [3:0]   req_wstrb;

  qn_soc_mem #(.Masters(4)) u_mem (
    .clk_i, .rst_ni(rst_n[MEM_RST]), .valid_i(valid), .ready_o(ready), .busy_o(busy), .we_i(mem_we), .addr_i(addr), .len_i(len), .wdata_i(wdata), .wstrb_i(wstrb),
    .rsp_valid_o(rsp), .rsp_data_o(late_data),
    .req_valid_o(req_valid), .req_ready_i(req_ready), .req_we_o(req_we), .req_addr_o(req_addr), .req_len_o(req_len), .req_wdata_o(req_wdata),
    .req_wstrb_o(req_wstrb), .rsp_valid_i(rsp_valid), .rsp_data_i(rsp_data));

  assign {mem_we_o, mem_addr_o, mem_len_o, mem_wdata_o, mem_wstrb_o} = {req_we, req_addr, req_len, req_wdata, req_wstrb};
  generate
    if (Ddr) begin : g_ddr
      logic unused_sdr;
      assign mem_valid_o = req_valid;
      assign req_ready   = mem_ready_i;
      assign rsp_valid   = mem_rsp_valid_i;
      assign rsp_data    = mem_rsp_data_i;
      assign unused_sdr  = ^{clk2x_i, dq_i, rst_n[SDR_RST]};
      assign {cke_o, cs_no, ras_no, cas_no, we_no, ba_o, a_o, dqm_o, dq_o, dq_oe_o} = {1'b0, 4'b1111, 34'd0};
    end else begin : g_sdr
      logic unused_ddr;
      assign mem_valid_o = 1'b0;
      assign unused_ddr  = ^{mem_ready_i, mem_rsp_valid_i, mem_rsp_data_i};
      qn_sdr #(.Rcd(Rcd), .Rp(Rp), .Cl(Cl), .Rfc(Rfc), .Refi(Refi), .Ras(Ras), .Wr(Wr), .Wtr(Wtr), .Rtw(Rtw)) u_sdr (
        .clk_i, .clk2x_i, .rst_ni(rst_n[SDR_RST]), .req_valid_i(req_valid), .req_ready_o(req_ready), .req_we_i(req_we), .req_addr_i(req_addr), .req_len_i(req_len),
        .req_wdata_i(req_wdata), .req_wstrb_i(req_wstrb), .rsp_valid_o(rsp_valid), .rsp_data_o(rsp_data),
        .cke_o, .cs_no, .ras_no, .cas_no, .we_no, .ba_o, .a_o, .dqm_o, .dq_o, .dq_oe_o, .dq_i);
    end
  endgenerate

  // Core
  logic        core_valid, core_we;
  logic [6:0]  core_addr;
  logic [31:0] core_wdata, core_rdata;
  qn_top #(
    .Element(Element), .Rows(Rows), .Depth(Depth), .Planes(Planes), .Lanes(Lanes), .Funcs(Funcs), .Dequants(Dequants), .AccCols(AccCols), .Slices(Slices),
    .VbWords(VbWords), .FifoWords(FifoWords), .ProgWords(ProgWords), .Ggml(Ggml), .Small(Small)
  ) u_core (
    .clk_i, .rst_ni(rst_n[CORE_RST]), .reg_valid_i(core_valid), .reg_we_i(core_we), .reg_addr_i(core_addr), .reg_wdata_i(core_wdata), .reg_rdata_o(core_rdata),
    .req_valid_o(valid[CORE]), .req_ready_i(ready[CORE]), .req_we_o(mem_we[CORE]), .req_addr_o(addr[30*CORE +: 30]), .req_len_o(len[5*CORE +: 5]),
    .req_wdata_o(wdata[32*CORE +: 32]), .req_wstrb_o(wstrb[4*CORE +: 4]), .rsp_valid_i(rsp[CORE]), .rsp_data_i(rsp_data));

  // Front door: the device starts with the first byte from the host, at a moment that is another one each time
  logic [31:0] age_q;
  logic        awake_q, ms;
  initial age_q = 32'd0;
  always_ff @(posedge clk_i) begin
    age_q <= age_q + 32'd1;                // since configuration, resets or not
    if (!rst_n[REGS_RST]) awake_q <= 1'b0;
    else if (in_valid_i)  awake_q <= 1'b1;
  end

  logic        door_ready, door_valid, door_we, door_done, bell_valid, reset_valid;
  logic [31:0] door_wdata, reg_rdata, bell_value;
  /* verilator lint_off UNUSEDSIGNAL */    // the door has seen to their bounds; two bits of RESET mean something
  logic [15:0] door_addr, bell;
  logic [31:0] reset;
  /* verilator lint_on UNUSEDSIGNAL */
  assign in_ready_o = door_ready && awake_q;
  qn_door #(
    .Regions(1), .Window(4),
    .Who({32'd3, MemWords, 32'd0, Name, Serial, qn_link_pkg::MB_VERSION[15:0], Build, qn_link_pkg::MB_BELLS[15:0], qn_link_pkg::MB_REGS[15:0],
          qn_isa_pkg::ID_VALUE, 32'd0, qn_link_pkg::LINK_DATA_MAX[15:0], 8'd1, 8'd4, qn_link_pkg::LINK_VERSION[15:0], qn_link_pkg::LINK_VERSION[15:0]})
  ) u_door (
    .clk_i, .rst_ni(awake_q), .ms_i(ms), .seed_i(age_q), .in_valid_i(in_valid_i && awake_q), .in_ready_o(door_ready), .in_data_i,
    .out_valid_o, .out_ready_i, .out_data_o, .out_last_o,
    .req_valid_o(valid[DOOR]), .req_ready_i(ready[DOOR]), .req_busy_i(busy[DOOR]), .req_we_o(mem_we[DOOR]), .req_addr_o(addr[30*DOOR +: 30]), .req_len_o(len[5*DOOR +: 5]),
    .req_wdata_o(wdata[32*DOOR +: 32]), .rsp_valid_i(rsp[DOOR]), .rsp_data_i(late_data),
    .reg_valid_o(door_valid), .reg_we_o(door_we), .reg_addr_o(door_addr), .reg_wdata_o(door_wdata), .reg_done_i(door_done), .reg_rdata_i(reg_rdata),
    .reg_fault_i(1'b0), .bell_valid_o(bell_valid), .bell_o(bell), .bell_value_o(bell_value), .reset_valid_o(reset_valid), .reset_o(reset));
  assign wstrb[4*DOOR +: 4] = 4'b1111;

  // Registers of core and mailbox
  logic        cpu_valid, cpu_we, cpu_done;
  logic [7:0]  cpu_addr;
  logic [31:0] cpu_wdata;
  qn_soc_regs u_regs (
    .clk_i, .rst_ni(rst_n[REGS_RST]), .door_valid_i(door_valid), .door_we_i(door_we), .door_addr_i(door_addr[7:0]), .door_wdata_i(door_wdata), .door_done_o(door_done),
    .cpu_valid_i(cpu_valid), .cpu_we_i(cpu_we), .cpu_addr_i(cpu_addr), .cpu_wdata_i(cpu_wdata), .cpu_done_o(cpu_done), .rdata_o(reg_rdata),
    .core_reset_i(reset_valid && reset[0]),
    .reg_valid_o(core_valid), .reg_we_o(core_we), .reg_addr_o(core_addr), .reg_wdata_o(core_wdata), .reg_rdata_i(core_rdata));

  // CPU and sweep
  logic        sweep_start, sweep_busy;
  logic [1:0]  sweep_what;
  logic [29:0] sweep_addr, sweep_words, sweep_count;
  logic [31:0] sweep_low, sweep_high, sweep_crc, pick_data;
  logic [9:0]  pick_addr;
  qn_soc_cpu #(.ClockHz(ClockHz), .Rows(Rows), .Ddr(Ddr), .MemWords(MemWords)) u_cpu (
    .clk_i, .rst_ni(rst_n[CPU_RST]), .start_i(reset_valid && reset[1]), .ms_o(ms), .bell_valid_i(bell_valid), .bell_i(bell[0]), .bell_value_i(bell_value),
    .reg_valid_o(cpu_valid), .reg_we_o(cpu_we), .reg_addr_o(cpu_addr), .reg_wdata_o(cpu_wdata), .reg_done_i(cpu_done), .reg_rdata_i(reg_rdata),
    .req_valid_o(valid[CPU]), .req_ready_i(ready[CPU]), .req_busy_i(busy[CPU]), .req_we_o(mem_we[CPU]), .req_addr_o(addr[30*CPU +: 30]), .req_wdata_o(wdata[32*CPU +: 32]),
    .req_wstrb_o(wstrb[4*CPU +: 4]), .rsp_valid_i(rsp[CPU]), .rsp_data_i(late_data),
    .sweep_start_o(sweep_start), .sweep_what_o(sweep_what), .sweep_addr_o(sweep_addr), .sweep_words_o(sweep_words), .sweep_low_o(sweep_low),
    .sweep_high_o(sweep_high), .sweep_busy_i(sweep_busy), .sweep_crc_i(sweep_crc), .sweep_count_i(sweep_count), .pick_addr_o(pick_addr),
    .pick_data_i(pick_data), .ctl_valid_o, .ctl_we_o, .ctl_addr_o, .ctl_wdata_o, .ctl_done_i, .ctl_rdata_i, .console_valid_o, .console_ready_i, .console_data_o);
  assign len[5*CPU +: 5] = 5'd1;

  qn_sweep u_sweep (
    .clk_i, .rst_ni(rst_n[MEM_RST]), .start_i(sweep_start), .what_i(sweep_what), .addr_i(sweep_addr), .words_i(sweep_words), .low_i(sweep_low), .high_i(sweep_high),
    .busy_o(sweep_busy), .crc_o(sweep_crc), .count_o(sweep_count), .pick_addr_i(pick_addr), .pick_data_o(pick_data),
    .req_valid_o(valid[SWEEP]), .req_ready_i(ready[SWEEP]), .req_busy_i(busy[SWEEP]), .req_we_o(mem_we[SWEEP]), .req_addr_o(addr[30*SWEEP +: 30]), .req_len_o(len[5*SWEEP +: 5]),
    .req_wdata_o(wdata[32*SWEEP +: 32]), .rsp_valid_i(rsp[SWEEP]), .rsp_data_i(late_data));
  assign wstrb[4*SWEEP +: 4] = 4'b1111;

endmodule

`default_nettype wire
