// SPDX-License-Identifier: Apache-2.0
// qn_door_act: the device's session and what executes its requests, in the order that driver/link/qn_link_dev.c is the law of: is the epoch
// ours, does it fit, is the payload whole, is the number the next one, is the request allowed. One request at a time. What is to be sent
// stands in flags, which qn_door_tx takes. A request that is about to take a reply's place waits until that reply is not on its way.

`default_nettype none

module qn_door_act #(
  parameter int Window  = 4,               // requests in flight: replies kept, a power of two, 2 or more
  parameter int Data    = 512,             // words of memory in a frame, 1 to 512
  parameter int Regions = 1,
  parameter logic [96*Regions-1:0] Map = {32'd3, 32'd64, 32'd0},   // of each: base, words, flags
  parameter logic [15:0] Regs  = 16'd256,
  parameter logic [15:0] Bells = 16'd2,
  parameter SlotW = $clog2(Window)
) (
  input  logic        clk_i,
  input  logic        rst_ni,
  input  logic [31:0] seed_i,              // another one at each reset: looked at while in reset

  input  logic        head_valid_i,        // from qn_door_rx
  output logic        head_take_o,
  output logic        head_want_o,
  input  logic [7:0]  type_i,
  input  logic [15:0] seq_i,
  input  logic [15:0] words_i,
  input  logic [31:0] epoch_i,
  input  logic        word_valid_i,
  input  logic [15:0] word_index_i,
  input  logic [31:0] word_i,
  input  logic        frame_valid_i,
  output logic        frame_take_o,

  output logic [31:0] boot_o,              // to qn_door_tx: what to send, and what was taken of it
  output logic        welcome_o,
  output logic        welcome_good_o,
  output logic [15:0] welcome_tag_o,
  output logic [31:0] offer_o,
  input  logic        welcome_take_i,
  output logic        lost_o,
  output logic [31:0] lost_epoch_o,
  input  logic        lost_take_i,
  output logic        nak_o,
  output logic [15:0] nak_seq_o,
  output logic [31:0] nak_epoch_o,
  input  logic        nak_take_i,
  output logic [Window-1:0]    due_o,      // replies to send, by slot
  output logic [SlotW-1:0]     oldest_o,   // the slot that comes first
  output logic [42*Window-1:0] reply_o,    // of each slot: words (10), status, type, seq
  output logic [31:0]          epoch_o,
  input  logic                 due_take_i,
  input  logic [SlotW-1:0]     due_slot_i, // the slot taken, and while tx_busy_i the one on its way
  input  logic                 tx_busy_i,

  output logic             keep_we_o,      // the kept replies' memory: {slot, word}
  output logic [SlotW+8:0] keep_addr_o,
  output logic [31:0]      keep_data_o,

  output logic        req_valid_o,         // memory, as the core's port
  input  logic        req_ready_i,
  input  logic        req_busy_i,          // some of what was taken has not reached memory
  output logic        req_we_o,
  output logic [29:0] req_addr_o,
  output logic [4:0]  req_len_o,
  output logic [31:0] req_wdata_o,
  input  logic        rsp_valid_i,
  input  logic [31:0] rsp_data_i,

  output logic        reg_valid_o,         // a register, until it is done; read data and fault with done
  output logic        reg_we_o,
  output logic [15:0] reg_addr_o,
  output logic [31:0] reg_wdata_o,
  input  logic        reg_done_i,
  input  logic [31:0] reg_rdata_i,
  input  logic        reg_fault_i,

  output logic        bell_valid_o,        // one clock
  output logic [15:0] bell_o,
  output logic [31:0] bell_value_o,
  output logic        reset_valid_o,       // one clock
  output logic [31:0] reset_o
);

  localparam [31:0] EPOCH_STEP = 32'h9e3779b1;
  localparam int    RegionW = Regions > 1 ? $clog2(Regions) : 1;

  localparam [3:0] IDLE = 4'd0, HELLO = 4'd1, NONCE = 4'd2, NUMBER = 4'd3, CLAIM = 4'd4, CHECK = 4'd5, MAP = 4'd6, READ = 4'd7, WRITE = 4'd8,
                   REG = 4'd9, RING = 4'd10, KEEP = 4'd11, PAST = 4'd12;

  logic [3:0]  state_q, state_d;
  logic [7:0]  type_q, status_q, status_d;
  logic [15:0] seq_q, words_q;
  logic [31:0] of_q;                       // EPOCH of the frame
  logic        whole_q;                    // the payload came: else it is larger than any frame of ours
  logic [31:0] at_q, n_q;                  // words 0 and 1 of the payload
  logic [31:0] epoch_q, offer_q, nonce_q;
  logic [16:0] expect_q;                   // SEQ of the next request; 65,536: none
  logic [Window-1:0] due_q, due_set, due_clear;
  logic [41:0] reply_q [0:Window-1];
  logic [9:0]  reply_words_q;
  logic [RegionW-1:0] region_q;

  logic             hello, foreign, fits, act_null;
  logic [SlotW-1:0] slot;
  logic [16:0]      ahead, behind;
  assign slot   = seq_q[SlotW-1:0];
  assign ahead  = {1'b0, seq_q} - expect_q;
  assign behind = expect_q - {1'b0, seq_q};

  // Admission, by the head alone
  assign hello   = type_i == qn_link_pkg::TYPE_HELLO;
  assign foreign = epoch_i == 32'd0 || (epoch_i != epoch_q && epoch_i != offer_q);
  assign fits    = words_i != 16'd0 && words_i <= Data[15:0] + 16'd1;
  assign head_take_o = state_q == IDLE && head_valid_i;
  assign head_want_o = !type_i[7] && (hello ? words_i == 16'd2 : !foreign && fits);
  assign act_null    = head_take_o && !type_i[7] && !hello && !foreign && !fits;

  logic speaks;                            // HELLO: a version in common
  assign speaks = at_q[qn_link_pkg::HELLO_LOWEST_LSB +: 16] <= qn_link_pkg::LINK_VERSION[15:0] &&
                  at_q[qn_link_pkg::HELLO_HIGHEST_LSB +: 16] >= qn_link_pkg::LINK_VERSION[15:0];

  // Execution: the request's bounds
  logic [31:0] count_q;                    // words of memory that it moves, 1 or more
  logic [32:0] end_q, region_end;          // behind the last of them, and of the region; registers stand long before MAP asks
  logic        long_enough, region_hit, region_right;
  logic [31:0] region_base;
  logic [1:0]  region_flags;
  assign long_enough  = words_q >= qn_link_pkg::type_least(type_q) && words_q <= qn_link_pkg::type_most(type_q, Data[15:0]);
  assign region_base  = Map[96*region_q +: 32];
  assign region_end   = {1'b0, region_base} + {1'b0, Map[96*region_q + 32 +: 32]};
  assign region_flags = Map[96*region_q + 64 +: 2];
  assign region_hit   = at_q >= region_base && end_q <= region_end;
  assign region_right = type_q == qn_link_pkg::TYPE_WRITE ? region_flags[1] : region_flags[0];

  always_ff @(posedge clk_i) begin
    count_q <= type_q == qn_link_pkg::TYPE_WRITE ? {16'd0, words_q} - 32'd1 : n_q;
    end_q   <= {1'b0, at_q} + {1'b0, count_q};
  end

  // Memory: words of a WRITE wait here. Written from word 1 of the payload on
  logic [31:0] data [0:511];
  logic [31:0] data_q;
  logic [9:0]  left_q, done_q;             // words not yet asked for; words that came
  logic [8:0]  next_q, next_d;             // word of the data under way
  logic [29:0] addr_q;
  logic [4:0]  room;                       // to the end of the aligned 16
  logic        take;
  assign take        = req_valid_o && req_ready_i;
  assign room        = 5'd16 - {1'b0, addr_q[3:0]};
  assign req_valid_o = (state_q == READ || state_q == WRITE) && left_q != 10'd0;
  assign req_we_o    = state_q == WRITE;
  assign req_addr_o  = addr_q;
  assign req_len_o   = req_we_o ? 5'd1 : {5'd0, room} < left_q ? room : left_q[4:0];
  assign req_wdata_o = data_q;
  assign next_d      = state_q == WRITE && take ? next_q + 9'd1 : next_q;

  always_ff @(posedge clk_i) begin
    if (word_valid_i && word_index_i != 16'd0) data[word_index_i[8:0] - 9'd1] <= word_i;
    if (state_q != WRITE || take) data_q <= data[next_d];
  end

  assign reg_valid_o   = state_q == REG;
  assign reg_we_o      = type_q == qn_link_pkg::TYPE_REG_WRITE;
  assign reg_addr_o    = at_q[15:0];
  assign reg_wdata_o   = n_q;
  assign bell_valid_o  = state_q == RING && type_q == qn_link_pkg::TYPE_BELL;
  assign bell_o        = at_q[15:0];
  assign bell_value_o  = n_q;
  assign reset_valid_o = state_q == RING && type_q == qn_link_pkg::TYPE_RESET;
  assign reset_o       = at_q;

  assign keep_we_o   = (state_q == READ && rsp_valid_i) || (state_q == REG && reg_done_i);
  assign keep_addr_o = {slot, state_q == READ ? done_q[8:0] : 9'd0};
  assign keep_data_o = state_q == READ ? rsp_data_i : reg_rdata_i;

  logic fresh;                             // the nonce will do for an epoch
  assign fresh = nonce_q != 32'd0 && nonce_q != epoch_q;

  // Order of the questions
  always @(*) begin
    state_d   = state_q;
    status_d  = status_q;
    due_set   = '0;
    due_clear = '0;
    case (state_q)
      IDLE:
        if (act_null)           state_d = NUMBER;
        else if (frame_valid_i) state_d = type_i == qn_link_pkg::TYPE_HELLO ? HELLO : NUMBER;
      HELLO: state_d = NONCE;
      NONCE: if (fresh) state_d = IDLE;
      NUMBER:
        if (of_q != epoch_q) state_d = NUMBER;                                      // the offer is taken up: a new session
        else if ({1'b0, seq_q} == expect_q) begin
          due_clear[slot] = 1'b1;                                                    // its place is this request's now
          state_d = CLAIM;
        end else begin
          if ({1'b0, seq_q} < expect_q && behind <= Window[16:0]) due_set[slot] = 1'b1;    // seen before
          state_d = PAST;
        end
      CLAIM: if (!(tx_busy_i && due_slot_i == slot)) state_d = CHECK;
      CHECK: begin
        state_d  = KEEP;
        status_d = qn_link_pkg::STATUS_OK;
        if (!whole_q)                                          status_d = qn_link_pkg::STATUS_LENGTH;
        else if (qn_link_pkg::type_least(type_q) == 16'd0)     status_d = qn_link_pkg::STATUS_TYPE;
        else if (!long_enough)                                 status_d = qn_link_pkg::STATUS_LENGTH;
        else case (type_q)
          qn_link_pkg::TYPE_READ:
            if (n_q == 32'd0 || n_q > Data) status_d = qn_link_pkg::STATUS_LENGTH;
            else                            state_d = MAP;
          qn_link_pkg::TYPE_WRITE: state_d = MAP;
          qn_link_pkg::TYPE_REG_READ, qn_link_pkg::TYPE_REG_WRITE:
            if (at_q >= {16'd0, Regs}) status_d = qn_link_pkg::STATUS_RANGE;
            else                       state_d = REG;
          qn_link_pkg::TYPE_BELL:
            if (at_q >= {16'd0, Bells}) status_d = qn_link_pkg::STATUS_RANGE;
            else                        state_d = RING;
          default: state_d = RING;
        endcase
      end
      MAP:
        if (region_hit) begin
          state_d = !region_right ? KEEP : type_q == qn_link_pkg::TYPE_WRITE ? WRITE : READ;
          if (!region_right) status_d = qn_link_pkg::STATUS_RIGHTS;
        end else if ({{(32-RegionW){1'b0}}, region_q} == Regions - 1) begin
          state_d  = KEEP;
          status_d = qn_link_pkg::STATUS_RANGE;
        end
      READ:  if (rsp_valid_i && done_q + 10'd1 == count_q[9:0]) state_d = KEEP;
      WRITE: if (left_q == 10'd0 && !req_busy_i)              state_d = KEEP;        // what follows must not overtake it
      REG:
        if (reg_done_i) begin
          state_d = KEEP;
          if (reg_fault_i) status_d = qn_link_pkg::STATUS_FAULT;
        end
      RING:    state_d = KEEP;
      KEEP: begin
        due_set[slot] = 1'b1;
        state_d       = IDLE;
      end
      default: state_d = IDLE;                                                       // PAST: the number is not to be executed
    endcase
  end
  assign frame_take_o = whole_q && (state_q == KEEP || state_q == PAST || (state_q == NONCE && fresh));

  logic missing;                           // a request past a gap: one NAK for each number missing
  assign missing = state_q == NUMBER && of_q == epoch_q && {1'b0, seq_q} > expect_q && ahead < Window[16:0];

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      state_q   <= IDLE;
      epoch_q   <= 32'd0;
      offer_q   <= 32'd0;
      nonce_q   <= seed_i;
      boot_o    <= seed_i;
      expect_q  <= 17'd0;
      due_q     <= '0;
      welcome_o <= 1'b0;
      lost_o    <= 1'b0;
      nak_o     <= 1'b0;
      welcome_good_o <= 1'b0;
      welcome_tag_o  <= 16'd0;
      nak_epoch_o <= 32'd0;
      nak_seq_o   <= 16'd0;
    end else begin
      state_q <= state_d;
      due_q   <= (due_q & ~due_clear & ~(due_take_i ? {{(Window-1){1'b0}}, 1'b1} << due_slot_i : {Window{1'b0}})) | due_set;
      if (welcome_take_i) welcome_o <= 1'b0;
      if (lost_take_i)    lost_o    <= 1'b0;
      if (nak_take_i)     nak_o     <= 1'b0;
      if (head_take_o && !type_i[7] && !hello && foreign) lost_o <= epoch_i != 32'd0;
      case (state_q)
        HELLO: nonce_q <= (nonce_q ^ n_q) + EPOCH_STEP;
        NONCE: begin
          if (!fresh) nonce_q <= nonce_q + EPOCH_STEP;
          else begin
            offer_q        <= speaks ? nonce_q : 32'd0;
            welcome_o      <= 1'b1;
            welcome_good_o <= speaks;
            welcome_tag_o  <= seq_q;
          end
        end
        NUMBER:
          if (of_q != epoch_q) begin
            epoch_q  <= offer_q;
            offer_q  <= 32'd0;
            expect_q <= 17'd0;
            due_q    <= '0;
          end
        KEEP: begin
          expect_q <= expect_q + 17'd1;
          nak_o    <= 1'b0;
        end
        default: ;
      endcase
      if (missing && !(nak_epoch_o == epoch_q && nak_seq_o == expect_q[15:0])) begin
        nak_o       <= 1'b1;
        nak_epoch_o <= epoch_q;
        nak_seq_o   <= expect_q[15:0];
      end
    end
  end

  // What comes with them
  always_ff @(posedge clk_i) begin
    status_q <= status_d;
    if (state_q == IDLE) begin
      type_q  <= type_i;
      seq_q   <= seq_i;
      words_q <= words_i;
      of_q    <= epoch_i;
      whole_q <= !act_null;
    end
    if (head_take_o && !type_i[7] && !hello && foreign) lost_epoch_o <= epoch_i;
    if (word_valid_i && word_index_i == 16'd0) at_q <= word_i;
    if (word_valid_i && word_index_i == 16'd1) n_q  <= word_i;
    region_q <= state_q == MAP ? region_q + 1'b1 : '0;
    if (state_q == CHECK) reply_words_q <= type_q == qn_link_pkg::TYPE_READ ? n_q[9:0] : type_q == qn_link_pkg::TYPE_REG_READ ? 10'd1 : 10'd0;
    if (state_q == KEEP)
      reply_q[slot] <= {status_q == qn_link_pkg::STATUS_OK ? reply_words_q : 10'd0, status_q, type_q, seq_q};

    next_q <= state_q == WRITE ? next_d : 9'd0;
    if (state_q == MAP) begin
      addr_q <= at_q[29:0];
      left_q <= count_q[9:0];
      done_q <= 10'd0;
    end else begin
      if (take)                                  addr_q <= addr_q + {25'd0, req_len_o};
      if (take)                                  left_q <= left_q - {5'd0, req_len_o};
      if (state_q == READ && rsp_valid_i)        done_q <= done_q + 10'd1;
    end
  end

  genvar i;
  generate
    for (i = 0; i < Window; i = i + 1) begin : g_reply
      assign reply_o[42*i +: 42] = reply_q[i];
    end
  endgenerate
  assign due_o    = due_q;
  assign oldest_o = expect_q[SlotW-1:0];
  assign offer_o  = offer_q;
  assign epoch_o  = epoch_q;

endmodule

`default_nettype wire
