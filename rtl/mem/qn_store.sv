// SPDX-License-Identifier: Apache-2.0
// qn_store: the store unit. Copies elements of bytes, halves or words from the vector buffer to memory, one write request each:
// two clocks an element (data, write; the next word is read while one is written), one for the bytes that follow in the same word,
// when nothing is in the way. Each element is checked against its window and the buffer before it is read.
// Over when the last request is accepted: memory keeps the order of requests, so a later read sees it.

`default_nettype none

module qn_store #(
  parameter int Planes  = 1,               // words of a line of memory: 1, 2 or 4
  parameter int VbWords = 24576,           // words of the vector buffer
  parameter VbAddrW = $clog2(VbWords)
) (
  input  logic                           clk_i,
  input  logic                           rst_ni,

  input  logic                           insn_valid_i,
  output logic                           insn_ready_o,
  /* verilator lint_off UNUSEDSIGNAL */                // opcode and waits: this unit has one instruction, the waits are over
  input  logic [qn_isa_pkg::ENTRY_W-1:0] insn_i,
  /* verilator lint_on UNUSEDSIGNAL */
  output logic                           post_valid_o,
  output logic [7:0]                     post_o,
  output logic                           trap_valid_o,
  output logic [7:0]                     trap_cause_o,
  output logic [31:0]                    trap_addr_o,
  output logic [11:0]                    trap_pc_o,
  output logic                           busy_o,       // an instruction in progress
  output logic                           idle_o,

  output logic [2:0]                     win_index_o,
  input  logic [29:0]                    win_base_i,   // in the same clock; read once, in CHECK
  input  logic [31:0]                    win_size_i,
  input  logic                           win_write_i,  // writable

  output logic                           vb_valid_o,   // read port of the vector buffer
  input  logic                           vb_ready_i,
  output logic [VbAddrW-1:0]             vb_addr_o,
  input  logic [31:0]                    vb_data_i,    // in the clock after valid and ready

  output logic                           req_valid_o,
  input  logic                           req_ready_i,
  output logic [29:0]                    req_addr_o,   // of a line
  output logic [32*Planes-1:0]           req_wdata_o,
  output logic [4*Planes-1:0]            req_wstrb_o,  // of bytes of one word
  output logic [1:0]                     req_kind_o
);

  localparam IDLE = 3'd0, CHECK = 3'd1, READ = 3'd2, DATA = 3'd3, WRITE = 3'd4, POST = 3'd5, STOP = 3'd6;
  localparam BYTE = 2'd0, HALF = 2'd1;
  localparam int LineW = $clog2(Planes);   // address bits of a word in its line
  localparam [31:0] LINE_MASK = Planes - 1;

  logic [2:0]   state_q;
  /* verilator lint_off UNUSEDSIGNAL */    // a raw slot has 28 bits
  logic [191:0] slots_q;
  /* verilator lint_on UNUSEDSIGNAL */
  logic [7:0]   post_q;
  logic [11:0]  pc_q;
  logic [1:0]   size_q;
  logic [29:0]  base_q;                    // of the window
  logic [31:0]  win_size_q;
  logic         win_write_q;

  logic [31:0] src, count, runs, addr, dstride;
  logic [13:0] estride, sstride;
  assign src     = slots_q[32*qn_isa_pkg::SLOT_STORE_SRC +: 32];
  assign count   = slots_q[32*qn_isa_pkg::SLOT_STORE_N +: 32];
  assign runs    = slots_q[32*qn_isa_pkg::SLOT_STORE_RUNS +: 32];
  assign addr    = slots_q[32*qn_isa_pkg::SLOT_STORE_ADDR +: 32];
  assign dstride = slots_q[32*qn_isa_pkg::SLOT_STORE_DSTRIDE +: 32];
  assign estride = slots_q[32*qn_isa_pkg::SLOT_STORE_ESTRIDE + qn_isa_pkg::STORE_ESTRIDE_LSB +: qn_isa_pkg::STORE_ESTRIDE_W];
  assign sstride = slots_q[32*qn_isa_pkg::SLOT_STORE_SSTRIDE + qn_isa_pkg::STORE_SSTRIDE_LSB +: qn_isa_pkg::STORE_SSTRIDE_W];

  logic take;
  logic idle_q;                            // state_q is IDLE; the semaphores wait for it and for post_valid_o, state_q is POST
  assign insn_ready_o = idle_q;
  assign take         = insn_valid_i && insn_ready_o;

  always_ff @(posedge clk_i) begin
    if (take) begin
      slots_q     <= insn_i[191:0];
      post_q      <= insn_i[qn_isa_pkg::ENTRY_POST0_LSB +: 8];
      pc_q        <= insn_i[qn_isa_pkg::ENTRY_PC_LSB +: qn_isa_pkg::PC_W];
      win_index_o <= insn_i[qn_isa_pkg::STORE_WIN_LSB +: qn_isa_pkg::STORE_WIN_W];
      req_kind_o  <= insn_i[qn_isa_pkg::STORE_KIND_LSB +: qn_isa_pkg::STORE_KIND_W];
      size_q      <= insn_i[qn_isa_pkg::STORE_SIZE_LSB +: qn_isa_pkg::STORE_SIZE_W];
    end
    if (state_q == CHECK) begin
      base_q      <= win_base_i;
      win_size_q  <= win_size_i;
      win_write_q <= win_write_i;
    end
  end

  // The next element: its word in the buffer, its byte in that word, its byte in the window
  logic [31:0] src_run_q, src_q, dst_run_q, dst_q, left_q, runs_q, word_q;
  logic [1:0]  byte_q;
  logic        over_q;                     // the request stands for the last element
  logic        same_q;                     // it lies in the word at hand
  logic        last_q;                     // it is the run's last: left_q is 1
  logic        single_q;                   // a run is one element
  logic        accepted, more, next, next_run;

  assign accepted = state_q == WRITE && req_ready_i;
  assign more     = accepted && !over_q;
  assign next     = state_q == DATA || (more && same_q);     // it moves to the request
  assign next_run = next && last_q;

  always_ff @(posedge clk_i) begin
    single_q <= count == 32'd1;
    if (state_q == CHECK) begin
      same_q <= 1'b0;
      last_q <= count == 32'd1;
    end else if (next) begin
      same_q <= size_q == BYTE && byte_q != 2'd3 && !last_q;
      last_q <= last_q ? single_q : left_q == 32'd2;
    end
    if (state_q == CHECK) begin
      src_run_q <= src + {18'd0, sstride};             // next run's first
      src_q     <= src;
      dst_run_q <= addr + dstride;
      dst_q     <= addr;
      byte_q    <= 2'd0;
      left_q    <= count;
      runs_q    <= runs;
    end else if (next_run) begin
      src_run_q <= src_run_q + {18'd0, sstride};
      src_q     <= src_run_q;
      dst_run_q <= dst_run_q + dstride;
      dst_q     <= dst_run_q;
      byte_q    <= 2'd0;
      left_q    <= count;
      runs_q    <= runs_q - 32'd1;
    end else if (next) begin
      src_q     <= src_q + {31'd0, size_q != BYTE || byte_q == 2'd3};
      dst_q     <= dst_q + {18'd0, estride};
      byte_q    <= byte_q + 2'd1;
      left_q    <= left_q - 32'd1;
    end
  end

  // While a word is written the next one is read, again and again until the write is taken: so the buffer does not wait for memory. A word of an element
  // that traps is read, too, and not used
  assign vb_valid_o = state_q == READ || (state_q == WRITE && !over_q && !same_q);
  assign vb_addr_o  = src_q[VbAddrW-1:0];

  // A word of the buffer comes late in its clock: what is stored of it is cut out behind the register
  logic [1:0]  taken_q;                    // the byte of word_q that is stored
  logic [7:0]  code;
  logic [31:0] wdata;
  always @(*) begin
    case (taken_q)
      2'd0:    code = word_q[7:0];
      2'd1:    code = word_q[15:8];
      2'd2:    code = word_q[23:16];
      default: code = word_q[31:24];
    endcase
  end
  assign wdata       = size_q == BYTE ? {4{code}} : size_q == HALF ? {2{word_q[31:16]}} : word_q;
  assign req_wdata_o = {Planes{wdata}};

  logic [29:0]         addr_word;          // the element's word in memory
  logic [3:0]          wstrb;
  logic [4*Planes-1:0] line_wstrb;
  assign addr_word = base_q + dst_q[31:2];
  assign wstrb     = size_q == BYTE ? 4'b0001 << dst_q[1:0] : size_q == HALF ? (dst_q[1] ? 4'b1100 : 4'b0011) : 4'b1111;
  genvar p;
  generate
    for (p = 0; p < Planes; p = p + 1) begin : g_wstrb
      localparam [29:0] Word = p;
      assign line_wstrb[4*p +: 4] = (addr_word & LINE_MASK[29:0]) == Word ? wstrb : 4'd0;
    end
  endgenerate

  assign req_valid_o = state_q == WRITE;
  always_ff @(posedge clk_i) begin
    if (next) begin
      if (state_q == DATA) word_q <= vb_data_i;
      taken_q     <= byte_q;
      over_q      <= last_q && runs_q == 32'd1;
      req_addr_o  <= addr_word >> LineW;
      req_wstrb_o <= line_wstrb;
    end
  end

  // Traps
  logic [7:0]  cause;
  logic [31:0] refused;
  logic [1:0]  odd;                        // address bits that must be zero
  assign odd = size_q == BYTE ? 2'b00 : size_q == HALF ? 2'b01 : 2'b11;

  logic bad_count, bad_runs, bad_place, bad_buffer, bad_window;
  assign bad_count  = $signed(count) <= 0;
  assign bad_runs   = $signed(runs) <= 0;
  assign bad_place  = ((addr[1:0] | estride[1:0] | dstride[1:0]) & odd) != 2'd0;
  assign bad_buffer = src_q >= VbWords;
  assign bad_window = !win_write_q || {2'd0, dst_q[31:2]} >= win_size_q;

  always @(*) begin
    if (state_q == CHECK) begin
      cause   = qn_isa_pkg::TRAP_FIELD;
      refused = size_q == 2'd3 ? {30'd0, size_q} : bad_count ? count : bad_runs ? runs : addr;
    end else begin
      cause   = bad_buffer ? qn_isa_pkg::TRAP_BUFFER : qn_isa_pkg::TRAP_WINDOW;
      refused = bad_buffer ? src_q : dst_q;
    end
  end

  assign trap_valid_o = (state_q == CHECK && (size_q == 2'd3 || bad_count || bad_runs || bad_place)) ||
                        ((state_q == READ || more) && (bad_buffer || bad_window));
  assign trap_cause_o = cause;
  assign trap_addr_o  = refused;
  assign trap_pc_o    = pc_q;

  // Flow
  always_ff @(posedge clk_i) begin
    if (!rst_ni)           state_q <= IDLE;
    else if (trap_valid_o) state_q <= STOP;            // until the core's reset
    else case (state_q)
      IDLE:    if (take) state_q <= CHECK;
      CHECK:   state_q <= READ;
      READ:    if (vb_ready_i) state_q <= DATA;
      DATA:    state_q <= WRITE;
      WRITE:   if (req_ready_i) state_q <= over_q ? POST : same_q ? WRITE : vb_ready_i ? DATA : READ;
      POST:    state_q <= IDLE;
      default: ;
    endcase
  end

  always_ff @(posedge clk_i) begin
    idle_q       <= !rst_ni || post_valid_o || (idle_q && !take);
    post_valid_o <= rst_ni && accepted && over_q;
  end
  assign post_o       = post_q;
  assign busy_o       = !idle_q;
  assign idle_o       = idle_q;
  always @(posedge clk_i) begin
    if (rst_ni) assert (idle_q == (state_q == IDLE) && post_valid_o == (state_q == POST));
  end

endmodule

`default_nettype wire
