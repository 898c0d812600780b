// SPDX-License-Identifier: Apache-2.0
// qn_regs: the host's registers (rtl/spec/regs.def): start, reset and trap state, windows, arguments, counters.
// A write takes effect in the next clock; read data comes in the clock after its request, and stays.
// A start is ignored while the core is busy, trapped or in reset. Reset holds the core until the memory port is quiet, with STATUS busy.

`default_nettype none

module qn_regs #(
  parameter int Rows   = 16,
  parameter int Planes = 1,                // words of a line of memory
  parameter RowW = $clog2(Rows) + 1
) (
  input  logic            clk_i,
  input  logic            rst_ni,

  input  logic            reg_valid_i,
  input  logic            reg_we_i,
  input  logic [6:0]      reg_addr_i,
  input  logic [31:0]     reg_wdata_i,
  output logic [31:0]     reg_rdata_o,

  output logic            core_rst_no,     // to all but this and the memory arbiter
  output logic            core_rst_next_no, // what it will be in the next clock, for registers beside it
  input  logic            mem_idle_i,
  output logic            start_o,         // one clock
  output logic            load_o,
  output logic [31:0]     entry_o,
  output logic [29:0]     prog_addr_o,
  output logic [31:0]     prog_words_o,
  input  logic            done_i,
  output logic            stop_o,          // trapped: nothing new begins

  input  logic [5:0]      trap_valid_i,    // sequencer, load, matrix, vector (cause and address a clock later), store; semaphores, a clock later than those; the lowest wins
  input  logic [47:0]     trap_cause_i,
  input  logic [191:0]    trap_addr_i,
  input  logic [71:0]     trap_pc_i,

  input  logic [5:0]      arg_index_i,     // answers in the same clock
  output logic [31:0]     arg_data_o,
  input  logic [2:0]      load_win_i,
  output logic [29:0]     load_base_o,
  output logic [31:0]     load_size_o,
  input  logic [2:0]      store_win_i,
  output logic [29:0]     store_base_o,
  output logic [31:0]     store_size_o,
  output logic            store_write_o,

  input  logic            nonfinite_i,     // the quantizer has met such a value
  output logic            nonfinite_clear_o,
  input  logic [31:0]     pick_i,
  input  logic [31:0]     pick_value_i,
  input  logic [31:0]     digest_a_i,
  input  logic [31:0]     digest_b_i,
  output logic [1:0]      digest_we_o,     // host writes: bit 0 A, bit 1 B
  output logic [31:0]     digest_data_o,

  input  logic            array_i,         // counters: the array consumed a plane ...
  input  logic [RowW-1:0] array_rows_i,    // ... for that many rows
  input  logic            starve_i,
  input  logic [3:0]      busy_i,          // load, matrix, vector, store
  input  logic            mem_valid_i,     // a request was accepted by memory
  input  logic            mem_we_i,
  input  logic [1:0]      mem_kind_i,
  input  logic [4:0]      mem_len_i        // lines
);

  localparam int LineW = $clog2(Planes);   // words of a line

  logic write;
  assign write          = reg_valid_i && reg_we_i;
  assign digest_data_o  = reg_wdata_i;
  assign digest_we_o[0] = write && reg_addr_i == qn_isa_pkg::REG_DIGEST_A;
  assign digest_we_o[1] = write && reg_addr_i == qn_isa_pkg::REG_DIGEST_B;

  // Job state
  logic        busy_q, done_q, trapped_q, resetting_q;
  logic        start, reset;
  logic [31:0] trap_addr_q;
  logic [11:0] trap_pc_q, trap_pc;
  logic [7:0]  cause_q, cause;
  logic [31:0] trap_addr;
  logic        trap;
  logic [4:0]  trap_valid_q;

  assign reset   = write && reg_addr_i == qn_isa_pkg::REG_CTRL && reg_wdata_i[2];
  assign start   = write && reg_addr_i == qn_isa_pkg::REG_CTRL && reg_wdata_i[0] && !reset && !busy_q && !trapped_q && !resetting_q;
  assign trap    = (trap_valid_q != 5'd0 || trap_valid_i[5]) && busy_q;
  assign stop_o  = trapped_q;

  // What the units said in the last clock, and the semaphores say in this one; of traps in one clock the first counts
  localparam int VECTOR = 3;               // says cause and address in this clock as well
  logic [39:0]  all_cause_q;
  logic [159:0] all_addr_q;
  logic [59:0]  all_pc_q;
  integer t;
  always @(*) begin
    cause     = trap_cause_i[8*5 +: 8];
    trap_addr = trap_addr_i[32*5 +: 32];
    trap_pc   = trap_pc_i[12*5 +: 12];
    for (t = 4; t >= 0; t = t - 1)
      if (trap_valid_q[t]) begin
        cause     = t == VECTOR ? trap_cause_i[8*VECTOR +: 8]  : all_cause_q[8*t +: 8];
        trap_addr = t == VECTOR ? trap_addr_i[32*VECTOR +: 32] : all_addr_q[32*t +: 32];
        trap_pc   = all_pc_q[12*t +: 12];
      end
  end
  always_ff @(posedge clk_i) begin
    trap_valid_q <= core_rst_no ? trap_valid_i[4:0] : 5'd0;
    all_cause_q  <= trap_cause_i[39:0];
    all_addr_q   <= trap_addr_i[159:0];
    all_pc_q     <= trap_pc_i[59:0];
  end

  assign core_rst_next_no = rst_ni && !reset && (core_rst_no || (resetting_q && mem_idle_i));
  always_ff @(posedge clk_i) core_rst_no <= core_rst_next_no;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      busy_q      <= 1'b0;
      done_q      <= 1'b0;
      trapped_q   <= 1'b0;
      resetting_q <= 1'b1;
      start_o     <= 1'b0;
    end else begin
      start_o <= start;
      if (reset) begin
        resetting_q <= 1'b1;
      end else if (resetting_q && mem_idle_i) begin
        resetting_q <= 1'b0;
      end
      if (reset || done_i || trap)        busy_q <= 1'b0;
      else if (start)                     busy_q <= 1'b1;
      if (reset || start)                 done_q <= 1'b0;
      else if (done_i && !trap)           done_q <= 1'b1;
      if (resetting_q)                    trapped_q <= 1'b0;
      else if (trap)                      trapped_q <= 1'b1;
    end
  end

  // The trap's registers stay once it has trapped, and are read only then
  always_ff @(posedge clk_i) begin
    if (!trapped_q) begin
      cause_q     <= cause;
      trap_addr_q <= trap_addr;
      trap_pc_q   <= trap_pc;
    end
    if (start) load_o <= reg_wdata_i[1];
    nonfinite_clear_o <= reset || start;
  end

  // Plain registers
  logic [6:0]  group;                      // address of the eight that the request is in
  logic [29:0] win_base_q [0:7];
  logic [31:0] win_size_q [0:7], arg_q [0:63];
  logic [7:0]  win_write_q;

  assign group = {reg_addr_i[6:3], 3'd0};

  always_ff @(posedge clk_i) begin
    if (write && reg_addr_i == qn_isa_pkg::REG_ENTRY)      entry_o <= reg_wdata_i;
    if (write && reg_addr_i == qn_isa_pkg::REG_PROG_ADDR)  prog_addr_o <= reg_wdata_i[29:0];
    if (write && reg_addr_i == qn_isa_pkg::REG_PROG_WORDS) prog_words_o <= reg_wdata_i;
  end
  always_ff @(posedge clk_i) begin
    if (write && group == qn_isa_pkg::REG_WIN_BASE) win_base_q[reg_addr_i[2:0]] <= reg_wdata_i[29:0];
  end
  always_ff @(posedge clk_i) begin
    if (write && group == qn_isa_pkg::REG_WIN_SIZE) win_size_q[reg_addr_i[2:0]] <= reg_wdata_i;
  end
  always_ff @(posedge clk_i) begin
    if (!rst_ni) win_write_q <= 8'd0;
    else if (write && group == qn_isa_pkg::REG_WIN_FLAGS) win_write_q[reg_addr_i[2:0]] <= reg_wdata_i[0];
  end
  always_ff @(posedge clk_i) begin
    if (write && reg_addr_i[6]) arg_q[reg_addr_i[5:0]] <= reg_wdata_i;
  end

  assign arg_data_o    = arg_q[arg_index_i];
  assign load_base_o   = win_base_q[load_win_i];
  assign load_size_o   = win_size_q[load_win_i];
  assign store_base_o  = win_base_q[store_win_i];
  assign store_size_o  = win_size_q[store_win_i];
  assign store_write_o = win_write_q[store_win_i];

  // Counters: they run while the core is busy, from its first clock on, in which they are cleared. They count the last clock's events: with `done` there are none, and those of
  // a trap's clock are counted in the clock after it
  logic [511:0]    count_q, step;          // sixteen: REG_COUNT_CYCLES and on
  logic            array_q, starve_q;
  logic [RowW-1:0] array_rows_q;
  logic [3:0]      busy_was_q;
  logic [7:0]      moved_q;                // words read, then written, by kind
  logic [4:0]      moved_len_q;
  always_ff @(posedge clk_i) begin
    array_q      <= array_i;
    starve_q     <= starve_i;
    array_rows_q <= array_i ? array_rows_i : '0;
    busy_was_q   <= busy_i;
    moved_q      <= !mem_valid_i ? 8'd0 : 8'd1 << {mem_we_i, mem_kind_i};
    moved_len_q  <= mem_we_i ? 5'd1 : mem_len_i;
  end

  assign step[32*0 +: 32] = 32'd1;
  assign step[32*1 +: 32] = {31'd0, array_q};
  assign step[32*2 +: 32] = {{(32-RowW){1'b0}}, array_rows_q};
  assign step[32*3 +: 32] = {31'd0, busy_was_q[2]};
  assign step[32*4 +: 32] = {31'd0, busy_was_q[1]};
  assign step[32*5 +: 32] = {31'd0, busy_was_q[0]};
  assign step[32*6 +: 32] = {31'd0, busy_was_q[3]};
  assign step[32*7 +: 32] = {31'd0, starve_q};

  genvar i;
  generate
    for (i = 0; i < 8; i = i + 1) begin : g_moved
      assign step[32*(8 + i) +: 32] = !moved_q[i] ? 32'd0 : i < 4 ? {27'd0, moved_len_q} << LineW : 32'd1;
    end
    for (i = 0; i < 16; i = i + 1) begin : g_count
      always_ff @(posedge clk_i) begin
        if (busy_q) count_q[32*i +: 32] <= (start_o ? 32'd0 : count_q[32*i +: 32]) + step[32*i +: 32];
      end
    end
  endgenerate

  // Read
  logic [31:0] rdata, arg_word, base_word, size_word, count_word;
  logic [3:0]  counter;
  assign arg_word   = arg_q[reg_addr_i[5:0]];
  assign base_word  = {2'd0, win_base_q[reg_addr_i[2:0]]};
  assign size_word  = win_size_q[reg_addr_i[2:0]];
  assign counter    = reg_addr_i[3:0] - qn_isa_pkg::REG_COUNT_CYCLES[3:0];
  assign count_word = count_q[32*counter +: 32];

  always @(*) begin
    rdata = 32'd0;
    case (reg_addr_i)
      qn_isa_pkg::REG_ID:         rdata = qn_isa_pkg::ID_VALUE;
      qn_isa_pkg::REG_STATUS:     rdata = {28'd0, nonfinite_i, trapped_q, done_q, busy_q || resetting_q};
      qn_isa_pkg::REG_TRAP:       rdata = trapped_q ? {24'd0, cause_q} : 32'd0;
      qn_isa_pkg::REG_TRAP_PC:    rdata = trapped_q ? {20'd0, trap_pc_q} : 32'd0;
      qn_isa_pkg::REG_TRAP_ADDR:  rdata = trapped_q ? trap_addr_q : 32'd0;
      qn_isa_pkg::REG_ENTRY:      rdata = entry_o;
      qn_isa_pkg::REG_PROG_ADDR:  rdata = {2'd0, prog_addr_o};
      qn_isa_pkg::REG_PROG_WORDS: rdata = prog_words_o;
      qn_isa_pkg::REG_PICK:       rdata = pick_i;
      qn_isa_pkg::REG_PICK_VALUE: rdata = pick_value_i;
      qn_isa_pkg::REG_DIGEST_A:   rdata = digest_a_i;
      qn_isa_pkg::REG_DIGEST_B:   rdata = digest_b_i;
      default:
        if (reg_addr_i[6])                                          rdata = arg_word;
        else if (group == qn_isa_pkg::REG_WIN_BASE)   rdata = base_word;
        else if (group == qn_isa_pkg::REG_WIN_SIZE)   rdata = size_word;
        else if (group == qn_isa_pkg::REG_WIN_FLAGS)  rdata = {31'd0, win_write_q[reg_addr_i[2:0]]};
        else if (reg_addr_i >= qn_isa_pkg::REG_COUNT_CYCLES && reg_addr_i < qn_isa_pkg::REG_COUNT_CYCLES + 7'd16)
          rdata = count_word;
    endcase
  end
  always_ff @(posedge clk_i) begin
    if (reg_valid_i) reg_rdata_o <= rdata;
  end

endmodule

`default_nettype wire
