// SPDX-License-Identifier: Apache-2.0
// qn_soc_cpu: the firmware's CPU (PicoRV32, RV32IM), its ROM and RAM, the bus with its bounds, timer, watchdog, doorbells and the sweep's
// registers: rtl/spec/soc.def is its map. An access outside the map, an illegal instruction and the watchdog start the CPU again; what it
// left in RAM stays, and STARTS tells. RAM and ROM take 1 clock, its own registers 2, the core's 5, memory what it takes.

`default_nettype none

module qn_soc_cpu #(
  parameter int ClockHz = 66500000,
  parameter int Rows    = 16,              // what the core has, for the firmware
  parameter bit Ddr     = 0,               // there is a DDR3 controller, whose registers are at ctl_*
  parameter logic [31:0] MemWords = 32'd8388608
) (
  input  logic        clk_i,
  input  logic        rst_ni,              // power-on
  input  logic        start_i,             // one clock: the CPU starts again
  output logic        ms_o,                // one clock each millisecond

  input  logic        bell_valid_i,        // one clock
  input  logic        bell_i,
  input  logic [31:0] bell_value_i,

  output logic        reg_valid_o,         // a register of core or mailbox, until done
  output logic        reg_we_o,
  output logic [7:0]  reg_addr_o,
  output logic [31:0] reg_wdata_o,
  input  logic        reg_done_i,
  input  logic [31:0] reg_rdata_i,

  output logic        req_valid_o,         // memory: one word at a time
  input  logic        req_ready_i,
  input  logic        req_busy_i,          // some of what was taken has not reached memory
  output logic        req_we_o,
  output logic [29:0] req_addr_o,
  output logic [31:0] req_wdata_o,
  output logic [3:0]  req_wstrb_o,
  input  logic        rsp_valid_i,
  input  logic [31:0] rsp_data_i,

  output logic        sweep_start_o,       // qn_sweep
  output logic [1:0]  sweep_what_o,
  output logic [29:0] sweep_addr_o,
  output logic [29:0] sweep_words_o,
  output logic [31:0] sweep_low_o,
  output logic [31:0] sweep_high_o,
  input  logic        sweep_busy_i,
  input  logic [31:0] sweep_crc_i,
  input  logic [29:0] sweep_count_i,
  output logic [9:0]  pick_addr_o,
  input  logic [31:0] pick_data_i,

  output logic        ctl_valid_o,         // a register of the DDR3 controller, until done
  output logic        ctl_we_o,
  output logic [10:0] ctl_addr_o,
  output logic [31:0] ctl_wdata_o,
  input  logic        ctl_done_i,
  input  logic [31:0] ctl_rdata_i,

  output logic        console_valid_o,     // text for whoever watches
  input  logic        console_ready_i,
  output logic [7:0]  console_data_o
);

  localparam int RAM_W = $clog2(qn_link_pkg::SOC_RAM_BYTES / 4);
  localparam int ROM_W = $clog2(qn_link_pkg::SOC_ROM_BYTES / 4);
  localparam int MsW   = $clog2(ClockHz / 1000);
  localparam int MS_LAST = ClockHz / 1000 - 1;

  // The CPU, held in reset for a few clocks whenever it starts
  logic [2:0]  hold_q;
  logic        cpu_rst_n, trap, bad, bark;
  logic        mem_valid, mem_ready;
  logic [31:0] mem_addr, mem_wdata, mem_rdata;
  /* verilator lint_off UNUSEDSIGNAL */    // the bits of a word's place
  logic [31:0] next_addr;                  // mem_addr of the next clock, where an access begins in it
  /* verilator lint_on UNUSEDSIGNAL */
  logic [3:0]  mem_wstrb;
  logic        mul_valid, mul_wait, mul_ready;
  logic [31:0] mul_insn, mul_a, mul_b, mul_rd;
  assign cpu_rst_n = hold_q == 3'd0;

  /* verilator lint_off PINMISSING */
  picorv32 #(
    .BARREL_SHIFTER(1), .ENABLE_PCPI(1), .ENABLE_DIV(1), .LATCHED_MEM_RDATA(1), .PROGADDR_RESET(qn_link_pkg::SOC_ROM_BASE),
    .STACKADDR(qn_link_pkg::SOC_RAM_BASE + qn_link_pkg::SOC_RAM_BYTES)
  ) u_cpu (
    .clk(clk_i), .resetn(cpu_rst_n), .trap(trap), .mem_valid(mem_valid), .mem_ready(mem_ready), .mem_addr(mem_addr), .mem_wdata(mem_wdata),
    .mem_wstrb(mem_wstrb), .mem_rdata(mem_rdata), .mem_la_addr(next_addr), .irq(32'd0),
    .pcpi_valid(mul_valid), .pcpi_insn(mul_insn), .pcpi_rs1(mul_a), .pcpi_rs2(mul_b), .pcpi_wr(mul_ready), .pcpi_rd(mul_rd), .pcpi_wait(mul_wait),
    .pcpi_ready(mul_ready));
  /* verilator lint_on PINMISSING */

  qn_soc_mul u_mul (
    .clk_i, .rst_ni(cpu_rst_n), .valid_i(mul_valid), .insn_i(mul_insn), .rs1_i(mul_a), .rs2_i(mul_b), .wait_o(mul_wait), .ready_o(mul_ready), .rd_o(mul_rd));

  // Whose the access is
  logic we, in_rom, in_ram, in_regs, in_own, in_pick, in_ddr, in_dram;
  assign we      = mem_wstrb != 4'd0;
  assign in_rom  = (mem_addr & ~(qn_link_pkg::SOC_ROM_BYTES - 1)) == qn_link_pkg::SOC_ROM_BASE && !we;
  assign in_ram  = (mem_addr & ~(qn_link_pkg::SOC_RAM_BYTES - 1)) == qn_link_pkg::SOC_RAM_BASE;
  assign in_regs = (mem_addr & ~(qn_link_pkg::SOC_REGS_BYTES - 1)) == qn_link_pkg::SOC_REGS_BASE;
  assign in_own  = (mem_addr & ~(qn_link_pkg::SOC_OWN_BYTES - 1)) == qn_link_pkg::SOC_OWN_BASE;
  assign in_pick = (mem_addr & ~(qn_link_pkg::SOC_PICK_BYTES - 1)) == qn_link_pkg::SOC_PICK_BASE && !we;
  assign in_ddr  = (mem_addr & ~(qn_link_pkg::SOC_DDR_BYTES - 1)) == qn_link_pkg::SOC_DDR_BASE && Ddr;
  assign in_dram = mem_addr[31];
  assign bad     = mem_valid && !(in_rom || in_ram || in_regs || in_own || in_pick || in_ddr || in_dram);

  // ROM and RAM: read by the clock in which the access begins
  logic [31:0] rom_data_q, ram_data_q;
  (* no_rw_check *) logic [31:0] ram [0:(1<<RAM_W)-1];   // what is read in the clock of a write is not looked at
  qn_boot_rom #(.AddrW(ROM_W)) u_rom (.clk_i, .addr_i(next_addr[2 +: ROM_W]), .data_o(rom_data_q));
  integer b;
  always_ff @(posedge clk_i) begin
    if (mem_valid && in_ram)
      for (b = 0; b < 4; b = b + 1)
        if (mem_wstrb[b]) ram[mem_addr[2 +: RAM_W]][8*b +: 8] <= mem_wdata[8*b +: 8];
    ram_data_q <= ram[next_addr[2 +: RAM_W]];
  end

  // Answers, through a register: ROM and RAM in the second clock, its own registers in the third, picks in the fourth
  logic        pick_q, near_q, asked_q;    // the picks were asked a clock ago; memory was asked
  logic [31:0] own_data_q;
  logic        waits, near, mem_done, answered;
  logic [31:0] answer;
  assign waits       = mem_valid && !mem_ready;
  assign near        = waits && (in_own || pick_q) && !near_q;
  assign reg_valid_o = waits && in_regs;
  assign reg_we_o    = we;
  assign reg_addr_o  = mem_addr[9:2];
  assign reg_wdata_o = mem_wdata;
  assign ctl_valid_o = waits && in_ddr;
  assign ctl_we_o    = we;
  assign ctl_addr_o  = mem_addr[12:2];
  assign ctl_wdata_o = mem_wdata;
  assign req_valid_o = waits && in_dram && !asked_q;
  assign req_we_o    = we;
  assign req_addr_o  = {1'b0, mem_addr[30:2]};
  assign req_wdata_o = mem_wdata;
  assign req_wstrb_o = mem_wstrb;
  assign mem_done    = asked_q && (we ? !req_busy_i : rsp_valid_i);   // a write that memory has, so nothing overtakes it
  assign answered    = (waits && (in_rom || in_ram)) || near_q || (reg_valid_o && reg_done_i) || (ctl_valid_o && ctl_done_i) || mem_done;
  assign answer      = in_dram ? rsp_data_i : in_ddr ? ctl_rdata_i : in_regs ? reg_rdata_i : in_ram ? ram_data_q : in_rom ? rom_data_q : in_pick ? pick_data_i : own_data_q;
  assign pick_addr_o = mem_addr[11:2];

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      pick_q    <= 1'b0;
      near_q    <= 1'b0;
      mem_ready <= 1'b0;
      asked_q   <= 1'b0;
    end else begin
      pick_q    <= waits && in_pick && !pick_q && !near_q && cpu_rst_n;
      near_q    <= near && cpu_rst_n;
      mem_ready <= answered && cpu_rst_n;
      if (req_valid_o && req_ready_i) asked_q <= 1'b1;
      else if (mem_done)              asked_q <= 1'b0;
    end
  end

  // Its own registers
  logic [3:0]     own;
  logic           own_we;
  logic [MsW-1:0] tick_q;
  logic [31:0]    ms_q, starts_q, bell_value_q, own_data;
  logic [15:0]    dog_q;
  logic [1:0]     bell_q;
  assign own    = mem_addr[5:2];
  assign own_we = near && in_own && we;
  assign bark   = ms_o && dog_q == 16'd1;

  always @(*) begin
    own_data = 32'd0;
    case (own)
      qn_link_pkg::SOC_MS:          own_data = ms_q;
      qn_link_pkg::SOC_STARTS:      own_data = starts_q;
      qn_link_pkg::SOC_BELL:        own_data = {30'd0, bell_q};
      qn_link_pkg::SOC_BELL_VALUE:  own_data = bell_value_q;
      qn_link_pkg::SOC_CONSOLE:     own_data = {31'd0, console_valid_o};
      qn_link_pkg::SOC_SWEEP_GO:    own_data = {31'd0, sweep_busy_i || sweep_start_o};
      qn_link_pkg::SOC_SWEEP_CRC:   own_data = sweep_crc_i;
      qn_link_pkg::SOC_SWEEP_COUNT: own_data = {2'd0, sweep_count_i};
      qn_link_pkg::SOC_MEM_WORDS:   own_data = MemWords;
      qn_link_pkg::SOC_ROWS:        own_data = Rows;
      qn_link_pkg::SOC_HAS_DDR:     own_data = {31'd0, Ddr};
      default: ;
    endcase
  end

  // What the CPU asked of memory must be done before it starts: the port forgets nothing
  logic restart_q;
  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      hold_q    <= 3'd7;
      restart_q <= 1'b0;
      starts_q  <= 32'd1;
    end else begin
      // A trap and an access outside the map stand until the CPU is in reset
      if (restart_q && !asked_q && !req_valid_o && !reg_valid_o && !ctl_valid_o) begin
        restart_q <= 1'b0;
        hold_q    <= 3'd7;
        starts_q  <= starts_q + 32'd1;
      end else begin
        if (start_i || (cpu_rst_n && (trap || bad || bark))) restart_q <= 1'b1;
        if (hold_q != 3'd0) hold_q <= hold_q - 3'd1;
      end
    end
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) tick_q <= MS_LAST[MsW-1:0];
    else         tick_q <= ms_o ? MS_LAST[MsW-1:0] : tick_q - 1'b1;
    ms_o <= rst_ni && tick_q == 1;
    if (!cpu_rst_n) begin
      ms_q   <= 32'd0;
      dog_q  <= 16'd0;
      bell_q <= 2'd0;
      sweep_start_o   <= 1'b0;
      console_valid_o <= 1'b0;
    end else begin
      if (ms_o) ms_q <= ms_q + 32'd1;
      if (own_we && own == qn_link_pkg::SOC_DOG) dog_q <= mem_wdata[15:0];
      else if (ms_o && dog_q != 16'd0)           dog_q <= dog_q - 16'd1;
      bell_q <= (bell_q & ~(own_we && own == qn_link_pkg::SOC_BELL ? mem_wdata[1:0] : 2'd0)) | (bell_valid_i ? 2'd1 << bell_i : 2'd0);
      sweep_start_o <= own_we && own == qn_link_pkg::SOC_SWEEP_GO;
      if (own_we && own == qn_link_pkg::SOC_CONSOLE) console_valid_o <= 1'b1;
      else if (console_ready_i)                      console_valid_o <= 1'b0;
    end
  end

  always_ff @(posedge clk_i) begin
    own_data_q <= own_data;
    if (answered) mem_rdata <= answer;       // stands until the next: LATCHED_MEM_RDATA
    if (bell_valid_i && !bell_i) bell_value_q <= bell_value_i;
    if (own_we && own == qn_link_pkg::SOC_CONSOLE)     console_data_o <= mem_wdata[7:0];
    if (own_we && own == qn_link_pkg::SOC_SWEEP_ADDR)  sweep_addr_o   <= mem_wdata[29:0];
    if (own_we && own == qn_link_pkg::SOC_SWEEP_WORDS) sweep_words_o  <= mem_wdata[29:0];
    if (own_we && own == qn_link_pkg::SOC_SWEEP_LOW)   sweep_low_o    <= mem_wdata;
    if (own_we && own == qn_link_pkg::SOC_SWEEP_HIGH)  sweep_high_o   <= mem_wdata;
    if (own_we && own == qn_link_pkg::SOC_SWEEP_GO)    sweep_what_o   <= mem_wdata[1:0];
  end

endmodule

`default_nettype wire
