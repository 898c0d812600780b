// SPDX-License-Identifier: Apache-2.0
// qn_door: the front door: the device's end of the link (driver/link/README.md) over any stream of bytes. Frames in, requests executed once
// each and in order, within the map that WELCOME tells, replies kept and sent; nothing happens before a frame's CRC is known.
// A byte a clock each way. Memory: a word a clock, written when a frame is whole. README.md has the numbers.

`default_nettype none

module qn_door #(
  parameter int Regions = 1,
  parameter int Window  = 4,               // as Who has it
  parameter logic [32*(12+3*Regions)-1:0] Who = {    // WELCOME's payload (rtl/spec/link.def), its first word lowest; BOOT is not looked at
    32'd3, 32'h800000, 32'd0, 64'd0, 32'h00000073, 32'h33786c75, 64'd0, 32'd0, 16'd2, 16'd256, 32'h514e0001, 32'd0, 16'd512, 8'd1, 8'd4, 16'd1, 16'd1}
) (
  input  logic        clk_i,
  input  logic        rst_ni,
  input  logic        ms_i,                // one clock each millisecond
  input  logic [31:0] seed_i,              // another number at each reset: a counter running since power-on

  input  logic        in_valid_i,          // bytes from the host
  output logic        in_ready_o,
  input  logic [7:0]  in_data_i,
  output logic        out_valid_o,         // bytes to the host
  input  logic        out_ready_i,
  output logic [7:0]  out_data_o,
  output logic        out_last_o,          // of a frame: a transfer may end here

  output logic        req_valid_o,         // memory, as the core's port
  input  logic        req_ready_i,
  input  logic        req_busy_i,          // some of what was taken has not reached memory
  output logic        req_we_o,
  output logic [29:0] req_addr_o,
  output logic [4:0]  req_len_o,
  output logic [31:0] req_wdata_o,
  input  logic        rsp_valid_i,
  input  logic [31:0] rsp_data_i,

  output logic        reg_valid_o,         // a register: holds until done, which brings read data and whether it failed
  output logic        reg_we_o,
  output logic [15:0] reg_addr_o,
  output logic [31:0] reg_wdata_o,
  input  logic        reg_done_i,
  input  logic [31:0] reg_rdata_i,
  input  logic        reg_fault_i,

  output logic        bell_valid_o,        // one clock
  output logic [15:0] bell_o,
  output logic [31:0] bell_value_o,
  output logic        reset_valid_o,       // one clock; bit 0 the core, bit 1 the CPU
  output logic [31:0] reset_o
);

  localparam int SlotW = $clog2(Window);
  localparam int Data  = {16'd0, Who[qn_link_pkg::WELCOME_DATA_LSB +: 16]};

  logic        head_valid, head_take, head_want, word_valid, frame_valid, frame_take;
  logic [7:0]  kind;
  logic [15:0] seq, words, word_index;
  logic [31:0] head_epoch, word;

  qn_door_rx u_rx (
    .clk_i, .rst_ni, .ms_i, .in_valid_i, .in_ready_o, .in_data_i,
    .head_valid_o(head_valid), .head_take_i(head_take), .head_want_i(head_want), .type_o(kind), .seq_o(seq), .words_o(words), .epoch_o(head_epoch),
    .word_valid_o(word_valid), .word_index_o(word_index), .word_o(word), .frame_valid_o(frame_valid), .frame_take_i(frame_take));

  logic [31:0]          boot, offer, lost_epoch, nak_epoch, epoch;
  logic                 welcome, welcome_good, welcome_take, lost, lost_take, nak, nak_take, due_take, tx_busy;
  logic [15:0]          welcome_tag, nak_seq;
  logic [Window-1:0]    due;
  logic [SlotW-1:0]     oldest, due_slot;
  logic [42*Window-1:0] reply;
  logic                 keep_we;
  logic [SlotW+8:0]     keep_waddr, keep_raddr;
  logic [31:0]          keep_wdata, keep_rdata;

  qn_door_act #(
    .Window(Window), .Data(Data), .Regions(Regions), .Map(Who[qn_link_pkg::WELCOME_MAP_LSB +: 96*Regions]),
    .Regs(Who[qn_link_pkg::WELCOME_REGS_LSB +: 16]), .Bells(Who[qn_link_pkg::WELCOME_BELLS_LSB +: 16])
  ) u_act (
    .clk_i, .rst_ni, .seed_i,
    .head_valid_i(head_valid), .head_take_o(head_take), .head_want_o(head_want), .type_i(kind), .seq_i(seq), .words_i(words), .epoch_i(head_epoch),
    .word_valid_i(word_valid), .word_index_i(word_index), .word_i(word), .frame_valid_i(frame_valid), .frame_take_o(frame_take),
    .boot_o(boot), .welcome_o(welcome), .welcome_good_o(welcome_good), .welcome_tag_o(welcome_tag), .offer_o(offer), .welcome_take_i(welcome_take),
    .lost_o(lost), .lost_epoch_o(lost_epoch), .lost_take_i(lost_take),
    .nak_o(nak), .nak_seq_o(nak_seq), .nak_epoch_o(nak_epoch), .nak_take_i(nak_take),
    .due_o(due), .oldest_o(oldest), .reply_o(reply), .epoch_o(epoch), .due_take_i(due_take), .due_slot_i(due_slot), .tx_busy_i(tx_busy),
    .keep_we_o(keep_we), .keep_addr_o(keep_waddr), .keep_data_o(keep_wdata),
    .req_valid_o, .req_ready_i, .req_busy_i, .req_we_o, .req_addr_o, .req_len_o, .req_wdata_o, .rsp_valid_i, .rsp_data_i,
    .reg_valid_o, .reg_we_o, .reg_addr_o, .reg_wdata_o, .reg_done_i, .reg_rdata_i, .reg_fault_i,
    .bell_valid_o, .bell_o, .bell_value_o, .reset_valid_o, .reset_o);

  // Replies to the last Window requests
  (* no_rw_check *) logic [31:0] keep [0:512*Window-1];   // a slot is never read while it is written
  always_ff @(posedge clk_i) begin
    if (keep_we) keep[keep_waddr] <= keep_wdata;
    keep_rdata <= keep[keep_raddr];
  end

  qn_door_tx #(.Window(Window), .Regions(Regions), .Who(Who)) u_tx (
    .clk_i, .rst_ni, .boot_i(boot),
    .welcome_i(welcome), .welcome_good_i(welcome_good), .welcome_tag_i(welcome_tag), .offer_i(offer), .welcome_take_o(welcome_take),
    .lost_i(lost), .lost_epoch_i(lost_epoch), .lost_take_o(lost_take),
    .nak_i(nak), .nak_seq_i(nak_seq), .nak_epoch_i(nak_epoch), .nak_take_o(nak_take),
    .due_i(due), .oldest_i(oldest), .reply_i(reply), .epoch_i(epoch), .due_take_o(due_take), .due_slot_o(due_slot), .busy_o(tx_busy),
    .keep_addr_o(keep_raddr), .keep_data_i(keep_rdata),
    .out_valid_o, .out_ready_i, .out_data_o, .out_last_o);

endmodule

`default_nettype wire
