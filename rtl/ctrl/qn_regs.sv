// SPDX-License-Identifier: Apache-2.0
// qn_regs: the host's registers (rtl/spec/regs.def): start, reset and trap state, windows, arguments, counters.
// A write takes effect in the next clock; read data comes in the clock after its request, and stays.
// Small: less logic for two block RAMs. The sequencer's arguments lie there, and come a clock after their index; the counters share an adder.
// A start is ignored while the core is busy, trapped or in reset. Reset holds the core until the memory port is quiet, with STATUS busy.

`default_nettype none

module qn_regs #(
  parameter int Rows   = 16,
  parameter int Planes = 1,                // words of a line of memory
  parameter bit Small  = 0,
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

  input  logic [5:0]      arg_index_i,     // answers in the same clock; Small: index of the clock before
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
  logic [31:0] win_size_q [0:7];
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

  // Arguments, for the sequencer and for the host: arg_word in the clock of the request, arg_late in the one after it
  /* verilator lint_off UNDRIVEN */
  /* verilator lint_off UNUSEDSIGNAL */
  logic [31:0] arg_word, arg_late;
  /* verilator lint_on UNUSEDSIGNAL */
  /* verilator lint_on UNDRIVEN */
  generate
    if (Small) begin : g_arg_blocks
      (* no_rw_check, ram_style = "block" *) logic [31:0] arg_q [0:63];
      (* no_rw_check, ram_style = "block" *) logic [31:0] copy_q [0:63];
      logic [31:0] data_q, late_q;
      assign arg_data_o = data_q;
      assign arg_late   = late_q;
      assign arg_word   = 32'd0;
      always_ff @(posedge clk_i) begin
        if (write && reg_addr_i[6]) arg_q[reg_addr_i[5:0]] <= reg_wdata_i;
        data_q <= arg_q[arg_index_i];
      end
      always_ff @(posedge clk_i) begin
        if (write && reg_addr_i[6]) copy_q[reg_addr_i[5:0]] <= reg_wdata_i;
        if (reg_valid_i)            late_q <= copy_q[reg_addr_i[5:0]];
      end
    end else begin : g_arg
      logic [31:0] arg_q [0:63];
      always_ff @(posedge clk_i) begin
        if (write && reg_addr_i[6]) arg_q[reg_addr_i[5:0]] <= reg_wdata_i;
      end
      assign arg_data_o = arg_q[arg_index_i];
      assign arg_word   = arg_q[reg_addr_i[5:0]];
    end
  endgenerate

  assign load_base_o   = win_base_q[load_win_i];
  assign load_size_o   = win_size_q[load_win_i];
  assign store_base_o  = win_base_q[store_win_i];
  assign store_size_o  = win_size_q[store_win_i];
  assign store_write_o = win_write_q[store_win_i];

  // Counters: they run while the core is busy, from its first clock on, in which they are cleared. They count the last clock's events: with `done` there are none, and those of
  // a trap's clock are counted in the clock after it
  localparam int Counters = 16;            // REG_COUNT_CYCLES and on
  /* verilator lint_off UNUSEDSIGNAL */    // most count one
  /* verilator lint_off UNDRIVEN */
  logic [511:0]    count_q, step;          // counts, unless Small; what each counts in this clock
  /* verilator lint_on UNDRIVEN */
  /* verilator lint_on UNUSEDSIGNAL */
  logic [31:0]     count_word;             // of the one asked for
  logic [3:0]      counter;
  assign counter = reg_addr_i[3:0] - qn_isa_pkg::REG_COUNT_CYCLES[3:0];
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
    if (Small) begin : g_turns
      // Each counts the events of sixteen clocks in a few bits, and adds them to its word when it is its turn: a count is the sum of both
      localparam int PartW = RowW > 5 + LineW ? RowW + 4 : 9 + LineW;
      logic [31:0]               whole_q [0:Counters-1];
      logic [Counters-1:0]       there_q;  // words that were written since the start
      logic [PartW*Counters-1:0] part;
      logic [3:0]                turn_q;
      logic [PartW-1:0]          turn_part, shown_part;
      integer                    k;
      always @(*) begin
        turn_part  = '0;
        shown_part = '0;
        for (k = 0; k < Counters; k = k + 1) begin
          if (turn_q == k[3:0])  turn_part  = turn_part | part[PartW*k +: PartW];
          if (counter == k[3:0]) shown_part = shown_part | part[PartW*k +: PartW];
        end
      end
      assign count_word = (there_q[counter] ? whole_q[counter] : 32'd0) + {{32-PartW{1'b0}}, shown_part};
      always_ff @(posedge clk_i) begin
        turn_q <= rst_ni ? turn_q + 4'd1 : 4'd0;
        if (busy_q) there_q <= start_o ? '0 : there_q | (16'd1 << turn_q);
      end
      always_ff @(posedge clk_i) begin
        if (busy_q) whole_q[turn_q] <= (there_q[turn_q] ? whole_q[turn_q] : 32'd0) + {{32-PartW{1'b0}}, turn_part};
      end

      for (i = 0; i < Counters; i = i + 1) begin : g_part
        localparam int MyW = i == 2 ? RowW + 4 : i >= 8 && i < 12 ? 9 + LineW : 5;
        logic [MyW-1:0] part_q;
        always_ff @(posedge clk_i) begin
          if (busy_q) part_q <= (start_o || turn_q == i ? '0 : part_q) + step[32*i +: MyW];
        end
        assign part[PartW*i +: PartW] = {{PartW-MyW{1'b0}}, part_q};
      end

`ifdef FORMAL
      // Any counter is what one of its own would be; its few bits hold what it counts between its turns
      (* anyconst *) logic [3:0] f_pick;
      logic [31:0]               f_count_q, f_most;
      logic                      f_started_q;
      logic [3:0]                f_since;  // clocks since its turn, less one
      assign f_since = turn_q - f_pick - 4'd1;
      assign f_most  = f_pick == 4'd2 ? Rows : f_pick >= 4'd8 && f_pick < 4'd12 ? 32'd16 << LineW : 32'd1;
      initial assume (!rst_ni);
      always @(posedge clk_i) begin
        assume (array_rows_i <= Rows && mem_len_i <= 5'd16);
        assume (array_rows_q <= Rows && moved_len_q <= 5'd16);   // what the assumption above left there
        if (busy_q) f_count_q <= (start_o ? 32'd0 : f_count_q) + step[32*f_pick +: 32];
        f_started_q <= rst_ni && (f_started_q || (busy_q && start_o));
        if (rst_ni && f_started_q)
          assert (f_count_q == (there_q[f_pick] ? whole_q[f_pick] : 32'd0) + {{32-PartW{1'b0}}, part[PartW*f_pick +: PartW]});
        if (rst_ni && busy_q && !start_o)
          assert (f_started_q && {{32-PartW{1'b0}}, part[PartW*f_pick +: PartW]} <= f_most * ({28'd0, f_since} + 32'd1));
        cover (f_started_q && there_q[f_pick] && f_count_q > f_most + 32'd2);
      end
`endif
    end else begin : g_whole
      assign count_word = count_q[32*counter +: 32];
    end
    for (i = 0; i < (Small ? 0 : Counters); i = i + 1) begin : g_count
      always_ff @(posedge clk_i) begin
        if (busy_q) count_q[32*i +: 32] <= (start_o ? 32'd0 : count_q[32*i +: 32]) + step[32*i +: 32];
      end
    end
  endgenerate

  // Read
  logic [31:0] rdata, base_word, size_word;
  assign base_word  = {2'd0, win_base_q[reg_addr_i[2:0]]};
  assign size_word  = win_size_q[reg_addr_i[2:0]];

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
  logic [31:0] rdata_q;
  always_ff @(posedge clk_i) begin
    if (reg_valid_i) rdata_q <= rdata;
  end
  generate
    if (Small) begin : g_late
      logic block_q;                       // the word comes out of the block RAM
      always_ff @(posedge clk_i) begin
        if (reg_valid_i) block_q <= reg_addr_i[6];
      end
      assign reg_rdata_o = block_q ? arg_late : rdata_q;
    end else begin : g_now
      assign reg_rdata_o = rdata_q;
    end
  endgenerate

endmodule

`default_nettype wire
