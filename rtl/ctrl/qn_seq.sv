// SPDX-License-Identifier: Apache-2.0
// qn_seq: the sequencer. Fetches instructions of eight words, checks them, resolves their slots, runs loops and scalar arithmetic,
// and hands the rest to the units' queues.
// One word a clock through three stages: A program memory's address, B its output register, C resolve (one register read, one
// adder). The clock after an instruction's last word passed C it acts, in stage X. Instructions follow each other every 8 clocks; one
// that finds its queue full holds all stages; a jump taken starts again at A, so the next instruction acts 11 clocks later. LDT
// borrows the address for one clock: the next instruction acts 9 later. All that an instruction's own words say, but for its last one's
// check, is known before X, in registers of stage D.
// Costs ProgWords x 32 bits of block RAM, 1,536 bits of distributed RAM, 3 DSPs (ALU mul).

`default_nettype none

module qn_seq #(
  parameter int Planes    = 1,             // words of a line of memory: 1, 2 or 4
  parameter int ProgWords = 8192           // words of the program memory, a multiple of 8
) (
  input  logic                             clk_i,
  input  logic                             rst_ni,

  input  logic                             start_i,      // one clock
  input  logic                             load_i,       // with start: fill the program memory first
  input  logic [31:0]                      entry_i,      // index of the first instruction
  input  logic [29:0]                      prog_addr_i,  // a line's first word
  input  logic [31:0]                      prog_words_i,
  output logic [5:0]                       arg_index_o,
  input  logic [31:0]                      arg_data_i,   // in the same clock

  output logic                             req_valid_o,  // program loader: reads
  input  logic                             req_ready_i,
  output logic [29:0]                      req_addr_o,   // of a line
  output logic [4:0]                       req_len_o,
  input  logic                             rsp_valid_i,
  input  logic [32*Planes-1:0]             rsp_data_i,

  output logic [3:0]                       push_valid_o, // one queue each: load, matrix, vector, store; only if there is room
  input  logic [3:0]                       push_ready_i, // room, and it stays until a push
  output logic [qn_isa_pkg::ENTRY_W-1:0]   push_data_o,

  input  logic                             drained_i,    // queues, units and memory port have nothing left
  output logic                             done_o,       // one clock: HALT is complete
  input  logic                             stop_i,       // a trap elsewhere
  output logic                             trap_valid_o, // one clock
  output logic [7:0]                       trap_cause_o,
  output logic [31:0]                      trap_addr_o,
  output logic [11:0]                      trap_pc_o
);

  localparam AddrW = $clog2(ProgWords);
  localparam IDLE = 2'd0, LOAD = 2'd1, RUN = 2'd2, HALT = 2'd3;

  // CRC-16/CCITT-FALSE over one byte, most significant bit first
  function automatic [15:0] crc_byte(input [15:0] crc, input [7:0] data);
    integer b;
    begin
      crc_byte = crc ^ {data, 8'd0};
      for (b = 0; b < 8; b = b + 1)
        crc_byte = {crc_byte[14:0], 1'b0} ^ (crc_byte[15] ? 16'h1021 : 16'h0000);
    end
  endfunction

  function automatic [15:0] crc_half(input [15:0] crc, input [15:0] data);
    crc_half = crc_byte(crc_byte(crc, data[7:0]), data[15:8]);
  endfunction

  // Which bits of {CRC, word} change bit k of the CRC behind the word, or behind its upper half: a CRC is linear
  function automatic [47:0] crc_inputs(input integer k, input integer upper);
    integer    n;
    reg [47:0] one;
    reg [15:0] crc;
    begin
      for (n = 0; n < 48; n = n + 1) begin
        one = 48'd1 << n;
        crc = upper != 0 ? one[47:32] : crc_half(one[47:32], one[15:0]);
        crc = crc_half(crc, one[31:16]);
        if (upper != 0 && n < 16) crc = 16'd0;
        crc_inputs[n] = (crc & (16'd1 << k)) != 16'd0;
      end
    end
  endfunction

  // Program memory, line by line: one write port (loader), one read port (fetch, LDT)
  localparam LineW = $clog2(Planes);       // address bits of a word in its line
  localparam [31:0] LINE_MASK = Planes - 1;
  logic [32*Planes-1:0]   prog_q [0:ProgWords/Planes-1];
  logic [32*Planes-1:0]   b_line_q;
  logic [31:0]            b_word;
  logic [AddrW-1:0]       read_addr;
  logic [AddrW-LineW-1:0] fill_addr_q;
  logic                   read_en;

  always_ff @(posedge clk_i) begin
    if (rsp_valid_i) prog_q[fill_addr_q] <= rsp_data_i;
  end
  always_ff @(posedge clk_i) begin
    if (read_en) b_line_q <= prog_q[read_addr[AddrW-1:LineW]];
  end
  generate
    if (Planes == 1) begin : g_word
      assign b_word = b_line_q;
    end else begin : g_line
      logic [LineW-1:0] place_q;
      always_ff @(posedge clk_i) if (read_en) place_q <= read_addr[LineW-1:0];
      assign b_word = b_line_q[32*place_q +: 32];
    end
  endgenerate

  // Loader: bursts within aligned 16 lines, answers written as they come
  logic [1:0]     state_q;
  logic [29:0]    ask_addr_q;
  logic [AddrW:0] ask_left_q, fill_left_q;
  logic [4:0]     to_edge;                 // lines up to the next multiple of 16
  logic           too_long;                // the program does not fit, or does not start with a line
  /* verilator lint_off UNUSEDSIGNAL */    // a program that fits has AddrW bits of words
  logic [31:0]    prog_lines;
  /* verilator lint_on UNUSEDSIGNAL */
  assign prog_lines  = (prog_words_i + LINE_MASK) >> LineW;

  assign too_long    = prog_words_i > ProgWords || ({2'd0, prog_addr_i} & LINE_MASK) != 32'd0;
  assign to_edge     = 5'd16 - {1'b0, ask_addr_q[3:0]};
  assign req_addr_o  = ask_addr_q;
  assign req_len_o   = ask_left_q < {{(AddrW-4){1'b0}}, to_edge} ? ask_left_q[4:0] : to_edge;

  always_ff @(posedge clk_i) begin         // while loading, and not all is asked for
    if (!rst_ni || stop_i)               req_valid_o <= 1'b0;
    else if (start_i)                    req_valid_o <= load_i && !too_long && prog_lines[AddrW:0] != '0;
    else if (req_valid_o && req_ready_i) req_valid_o <= ask_left_q != {{(AddrW-4){1'b0}}, req_len_o};
  end
  always_ff @(posedge clk_i) begin
    if (start_i) begin
      ask_addr_q  <= prog_addr_i >> LineW;
      ask_left_q  <= prog_lines[AddrW:0];
      fill_left_q <= prog_lines[AddrW:0];
      fill_addr_q <= '0;
    end else begin
      if (req_valid_o && req_ready_i) begin
        ask_addr_q <= ask_addr_q + {25'd0, req_len_o};
        ask_left_q <= ask_left_q - {{(AddrW-4){1'b0}}, req_len_o};
      end
      if (rsp_valid_i) begin
        fill_addr_q <= fill_addr_q + 1'b1;
        fill_left_q <= fill_left_q - 1'b1;
      end
    end
  end

  // Stages A and B
  logic        go;                         // stages A, B and C move
  logic        jump;                       // X starts the fetch again
  logic        ldt;                        // X uses the program memory's address
  logic [31:0] a_pc_q, b_pc_q, c_pc_q, x_pc_q;
  logic [2:0]  a_phase_q, b_phase_q, c_phase_q;
  logic        b_valid_q, c_valid_q, x_valid_q;
  logic [31:0] c_word_q;

  assign read_en = go;

  // Stage C: word 0 and 1 are kept, slots resolved
  logic [31:0]  reg_q [0:15];
  logic [15:0]  written_q;                 // a register not written since the start reads 0
  logic [31:0]  reg_value, value;
  logic [7:0]   op;
  logic [23:0]  flags;
  logic [31:0]  c_defined_q;               // defined bits of the slot in C
  logic [15:0]  crc_q;
  logic         undefined_q;               // a slot has others
  logic [31:0]  word0_q, word1_q;
  logic [191:0] slots_q;

  assign reg_value = written_q[c_word_q[31:28]] ? reg_q[c_word_q[31:28]] : 32'd0;
  assign value     = reg_value + {{4{c_word_q[27]}}, c_word_q[27:0]};

  assign op    = word0_q[7:0];
  assign flags = qn_isa_pkg::op_flags(op);

  // Each check bit is the parity of some of these: the CRC before the word, and the word
  logic [47:0] crc_in;
  logic [15:0] crc_word, crc_upper;        // behind the word; behind its upper half alone
  assign crc_in = {crc_q | {16{c_phase_q == 3'd0}}, c_word_q};
  genvar i;
  generate
    for (i = 0; i < 16; i = i + 1) begin : g_crc
      localparam [47:0] WORD  = crc_inputs(i, 0);
      localparam [47:0] UPPER = crc_inputs(i, 1);
      assign crc_word[i]  = ^(crc_in & WORD);
      assign crc_upper[i] = ^(crc_in & UPPER);
    end
  endgenerate

  always_ff @(posedge clk_i) begin
    if (go) c_defined_q <= qn_isa_pkg::op_slot(op, b_phase_q - 3'd2);
    if (go && c_valid_q) begin
      undefined_q <= c_phase_q[2:1] != 2'd0 && (undefined_q || (c_word_q & ~c_defined_q) != 32'd0);
      crc_q       <= c_phase_q == 3'd1 ? crc_upper : crc_word;
      if (c_phase_q == 3'd0) word0_q          <= c_word_q;
      if (c_phase_q == 3'd1) word1_q          <= c_word_q;
      if (c_phase_q == 3'd2) slots_q[31:0]    <= value;
      if (c_phase_q == 3'd3) slots_q[63:32]   <= value;
      if (c_phase_q == 3'd4) slots_q[95:64]   <= value;
      if (c_phase_q == 3'd5) slots_q[127:96]  <= value;
      if (c_phase_q == 3'd6) slots_q[159:128] <= value;
      if (c_phase_q == 3'd7) slots_q[191:160] <= value;
    end
  end

  // Stage D: words 0 and 1 and slots 0 and 1 stand unchanged for four clocks or more before X, and so does what comes of them
  logic [31:0] slot0, slot1;
  logic [3:0]  dst, fn;

  assign slot0 = slots_q[31:0];
  assign slot1 = slots_q[63:32];
  assign dst   = word0_q[27:24];
  assign fn    = word0_q[31:28];

  // Loops
  logic [2:0]  depth_q;
  logic [31:0] loop_pc_q [0:7];
  logic [31:0] loop_left_q [0:7];
  logic [2:0]  top;                        // innermost loop
  logic        again;                      // ENDLOOP jumps back
  logic        skip;                       // LOOP jumps over its body

  assign top   = depth_q - 3'd1;
  assign again = $signed(loop_left_q[top]) > 1;
  assign skip  = $signed(slot0) <= 0;

  logic [2:0]  d_unit_q;
  logic        d_jump_q, d_loop_q, d_endloop_q, d_halt_q, d_ldt_q, d_lda_q, d_writes_q, d_mul_q;
  logic        d_undefined_q;              // the opcode, or bits of word 0 or 1
  logic        x_far_q;                    // the instruction lies behind the program's end
  logic [7:0]  d_cause, d_cause_q;         // trap for another reason, or TRAP_NONE
  logic        d_trap_q, d_wrong_q;        // d_wrong_q: one of these two, a clock later
  logic [31:0] d_refused, d_refused_q;
  logic [31:0] jump_pc_q, alu;
  logic [31:0] sum_q, shifted_q;           // of slots 0 and 1: sum or difference; slot 0 shifted
  logic        less_q;

  always @(*) begin
    d_cause   = qn_isa_pkg::TRAP_NONE;
    d_refused = c_pc_q;
    if (d_loop_q) begin
      if (!skip && {29'd0, depth_q} == qn_isa_pkg::LOOP_DEPTH) d_cause = qn_isa_pkg::TRAP_LOOP;
    end else if (d_endloop_q) begin
      if (depth_q == 3'd0) d_cause = qn_isa_pkg::TRAP_LOOP;
    end else if (d_writes_q) begin
      d_refused = d_ldt_q || d_lda_q ? slot0 : {28'd0, fn};
      if (d_ldt_q && slot0 >= prog_words_i)                             d_cause = qn_isa_pkg::TRAP_PC;
      else if (d_lda_q && slot0 >= qn_isa_pkg::ARGS)                    d_cause = qn_isa_pkg::TRAP_ARG;
      else if (!d_ldt_q && !d_lda_q && fn > qn_isa_pkg::ALU_AND)        d_cause = qn_isa_pkg::TRAP_FIELD;
      else if (dst == 4'd0) begin
        d_cause   = qn_isa_pkg::TRAP_FIELD;
        d_refused = 32'd0;
      end
    end
  end

  always @(*) begin
    case (fn)
      qn_isa_pkg::ALU_MIN: alu = less_q ? slot0 : slot1;
      qn_isa_pkg::ALU_MAX: alu = less_q ? slot1 : slot0;
      qn_isa_pkg::ALU_SHR: alu = shifted_q;
      qn_isa_pkg::ALU_AND: alu = slot0 & slot1;
      default:             alu = sum_q;
    endcase
  end
  always_ff @(posedge clk_i) begin
    sum_q     <= fn == qn_isa_pkg::ALU_SUB ? slot0 - slot1 : slot0 + slot1;
    shifted_q <= slot0 >> slot1[4:0];
    less_q    <= $signed(slot0) < $signed(slot1);
  end

  always_ff @(posedge clk_i) begin
    if (go) begin
      d_unit_q      <= qn_isa_pkg::op_unit(op);
      d_jump_q      <= (op == qn_isa_pkg::OP_LOOP && skip) || (op == qn_isa_pkg::OP_ENDLOOP && again);
      d_loop_q      <= op == qn_isa_pkg::OP_LOOP;
      d_endloop_q   <= op == qn_isa_pkg::OP_ENDLOOP;
      d_halt_q      <= op == qn_isa_pkg::OP_HALT;
      d_ldt_q       <= op == qn_isa_pkg::OP_LDT;
      d_lda_q       <= op == qn_isa_pkg::OP_LDA;
      d_writes_q    <= op == qn_isa_pkg::OP_ALU || op == qn_isa_pkg::OP_LDA || op == qn_isa_pkg::OP_LDT;
      d_mul_q       <= op == qn_isa_pkg::OP_ALU && fn == qn_isa_pkg::ALU_MUL;
      d_undefined_q <= !qn_isa_pkg::op_defined(op) || (word1_q[31:16] & ~flags[23:8]) != 16'd0 ||
                       (word0_q & ~{flags[7:0], {16{qn_isa_pkg::op_unit(op) != qn_isa_pkg::UNIT_SEQ}}, 8'hff}) != 32'd0;
      x_far_q       <= c_pc_q >= {3'd0, prog_words_i[31:3]} || too_long;
      d_cause_q     <= d_cause;
      d_trap_q      <= d_cause != qn_isa_pkg::TRAP_NONE;
      d_wrong_q     <= d_undefined_q || d_trap_q;
      d_refused_q   <= d_refused;
      jump_pc_q     <= op == qn_isa_pkg::OP_LOOP ? slot1 + 32'd1 : loop_pc_q[top];
    end
  end

  // Stage X: the instruction acts
  logic        acts;                       // an instruction is in X and the core is not stopping
  logic        fine;                       // and it does not trap
  logic        spoiled;                    // its check bits do not match
  logic        wrong;
  logic        waits;                      // its queue is full, or was in the last clock
  logic [3:0]  room_q;                     // queues with room in the last clock: who but this one could have filled it

  assign acts    = state_q == RUN && x_valid_q && !stop_i;
  assign spoiled = crc_q != word1_q[15:0];
  assign wrong   = x_far_q || spoiled || undefined_q || d_wrong_q;
  assign fine    = acts && !wrong;

  assign trap_valid_o = acts && wrong;
  assign trap_cause_o = x_far_q ? qn_isa_pkg::TRAP_PC : spoiled ? qn_isa_pkg::TRAP_CHECK :
                        undefined_q || d_undefined_q ? qn_isa_pkg::TRAP_OPCODE : d_cause_q;
  assign trap_addr_o  = x_far_q || spoiled ? x_pc_q : undefined_q || d_undefined_q ? {24'd0, op} : d_refused_q;
  assign trap_pc_o    = x_pc_q[11:0];

  assign push_data_o = {x_pc_q[11:0], word1_q[31:16], word0_q[31:24], word0_q[23:8], op, slots_q};
  assign push_valid_o[0] = fine && room_q[0] && d_unit_q == qn_isa_pkg::UNIT_LOAD;
  assign push_valid_o[1] = fine && room_q[1] && d_unit_q == qn_isa_pkg::UNIT_MATRIX;
  assign push_valid_o[2] = fine && room_q[2] && d_unit_q == qn_isa_pkg::UNIT_VECTOR;
  assign push_valid_o[3] = fine && room_q[3] && d_unit_q == qn_isa_pkg::UNIT_STORE;
  always @(*) begin
    case (d_unit_q)
      qn_isa_pkg::UNIT_LOAD:   waits = !room_q[0];
      qn_isa_pkg::UNIT_MATRIX: waits = !room_q[1];
      qn_isa_pkg::UNIT_VECTOR: waits = !room_q[2];
      qn_isa_pkg::UNIT_STORE:  waits = !room_q[3];
      default:                 waits = 1'b0;
    endcase
  end
  always_ff @(posedge clk_i) room_q <= push_ready_i;

  // Whether it traps does not matter to what follows but to push and halt: a trap ends it all
  assign go          = !(acts && waits);
  assign ldt         = acts && d_ldt_q;
  assign arg_index_o = slot0[5:0];
  assign jump        = acts && d_jump_q && d_unit_q == qn_isa_pkg::UNIT_SEQ;
  assign read_addr   = ldt ? slot0[AddrW-1:0] : {a_pc_q[AddrW-4:0], a_phase_q};

  // Register write, the clock after X: a value, a product, or the word that LDT read
  logic [31:0] w_value_q, w_product_q, mul_low_q;
  logic [15:0] mul_mid_q, mul_mid2_q;
  logic [3:0]  w_dst_q;
  logic        w_valid_q, w_mul_q, w_ldt_q;
  logic [31:0] w_data;
  assign w_data = w_ldt_q ? b_word : w_mul_q ? w_product_q : w_value_q;

  always_ff @(posedge clk_i) begin
    w_value_q   <= d_lda_q ? arg_data_i : alu;
    mul_low_q   <= {16'd0, slot0[15:0]} * {16'd0, slot1[15:0]};
    mul_mid_q   <= slot0[15:0] * slot1[31:16];
    mul_mid2_q  <= slot0[31:16] * slot1[15:0];
    w_product_q <= {mul_low_q[31:16] + mul_mid_q + mul_mid2_q, mul_low_q[15:0]};
    w_dst_q     <= dst;
    w_mul_q     <= d_mul_q;
    w_ldt_q     <= ldt;
    if (w_valid_q) reg_q[w_dst_q] <= w_data;
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni || start_i) w_valid_q <= 1'b0;
    else                    w_valid_q <= acts && d_writes_q;
    if (!rst_ni || start_i) written_q <= 16'd0;
    else if (w_valid_q)     written_q[w_dst_q] <= 1'b1;
  end

  // Loop stack
  always_ff @(posedge clk_i) begin
    if (!rst_ni || start_i) depth_q <= 3'd0;
    else if (acts && d_loop_q && !d_jump_q)    depth_q <= depth_q + 3'd1;
    else if (acts && d_endloop_q && !d_jump_q) depth_q <= top;
  end
  always_ff @(posedge clk_i) begin
    if (acts && d_loop_q) loop_pc_q[depth_q] <= x_pc_q + 32'd1;
    if (acts && d_loop_q)         loop_left_q[depth_q] <= slot0;
    else if (acts && d_endloop_q) loop_left_q[top] <= loop_left_q[top] - 32'd1;
  end

  // Flow
  assign done_o = state_q == HALT && drained_i && !stop_i;

  always_ff @(posedge clk_i) begin
    if (!rst_ni || stop_i) state_q <= IDLE;
    else case (state_q)
      IDLE:    if (start_i) state_q <= load_i && !too_long ? LOAD : RUN;
      LOAD:    if (fill_left_q == '0) state_q <= RUN;
      RUN:     if (trap_valid_o) state_q <= IDLE;
               else if (fine && d_halt_q) state_q <= HALT;
      default: if (done_o) state_q <= IDLE;
    endcase
  end

  always_ff @(posedge clk_i) begin
    if (start_i) begin
      a_pc_q    <= entry_i;
      a_phase_q <= 3'd0;
    end else if (jump) begin
      a_pc_q    <= jump_pc_q;
      a_phase_q <= 3'd0;
    end else if (state_q == RUN && go && !ldt) begin
      a_pc_q    <= a_pc_q + {31'd0, a_phase_q == 3'd7};
      a_phase_q <= a_phase_q + 3'd1;
    end
    if (go) begin
      b_pc_q    <= a_pc_q;
      b_phase_q <= a_phase_q;
      c_pc_q    <= b_pc_q;
      c_phase_q <= b_phase_q;
      c_word_q  <= b_word;
      x_pc_q    <= c_pc_q;
    end
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni || state_q != RUN || jump || stop_i) begin
      b_valid_q <= 1'b0;
      c_valid_q <= 1'b0;
      x_valid_q <= 1'b0;
    end else if (go) begin
      b_valid_q <= !ldt;
      c_valid_q <= b_valid_q;
      x_valid_q <= c_valid_q && c_phase_q == 3'd7;
    end
  end

endmodule

`default_nettype wire
