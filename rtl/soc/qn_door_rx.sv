// SPDX-License-Identifier: Apache-2.0
// qn_door_rx: finds frames in bytes (driver/link/README.md). Hunts a byte at a time for 16 that are a head; shows it, and when it is wanted
// hands out the payload's words as they come and says at their end whether they are whole. A byte a clock, but for four clocks at a SYNC.
// Silence of GAP_MS within a frame: what there is of it is forgotten.

`default_nettype none

module qn_door_rx (
  input  logic        clk_i,
  input  logic        rst_ni,
  input  logic        ms_i,                // one clock each millisecond

  input  logic        in_valid_i,
  output logic        in_ready_o,
  input  logic [7:0]  in_data_i,

  output logic        head_valid_o,        // a head whose check is right, until it is taken
  input  logic        head_take_i,
  input  logic        head_want_i,         // with take: its payload follows, WORDS is not 0
  output logic [7:0]  type_o,              // these hold until the frame is taken, or given up
  output logic [15:0] seq_o,
  output logic [15:0] words_o,
  output logic [31:0] epoch_o,

  output logic        word_valid_o,        // of the payload, never refused; it may all be for nothing
  output logic [15:0] word_index_o,
  output logic [31:0] word_o,

  output logic        frame_valid_o,       // the payload is whole: no byte is taken until the frame is
  input  logic        frame_take_i
);

  localparam [2:0] HUNT = 3'd0, CHECK = 3'd1, HEAD = 3'd2, BODY = 3'd3, FRAME = 3'd4;

  logic [2:0]   state_q, state_d;
  logic [127:0] window_q;                  // the last 16 bytes, the oldest lowest
  logic [4:0]   have_q;                    // bytes of them that count
  logic [1:0]   step_q;                    // word of the head under the CRC; byte of the payload's word
  logic [23:0]  part_q;                    // bytes of the payload's word
  logic [15:0]  index_q;                   // word of the payload
  logic [31:0]  crc_q, crc_word, crc_next;
  logic [4:0]   quiet_q;                   // milliseconds
  logic         take, sync, body_word, gone;

  assign in_ready_o    = state_q == HUNT || state_q == BODY;
  assign take          = in_valid_i && in_ready_o;
  assign sync          = have_q >= 5'd15 && window_q[23:8] == qn_link_pkg::LINK_SYNC[15:0];   // as it will stand
  assign head_valid_o  = state_q == HEAD;
  assign frame_valid_o = state_q == FRAME;
  assign type_o        = window_q[qn_link_pkg::HEAD_TYPE_LSB +: 8];
  assign seq_o         = window_q[qn_link_pkg::HEAD_SEQ_LSB +: 16];
  assign words_o       = window_q[qn_link_pkg::HEAD_WORDS_LSB +: 16];
  assign epoch_o       = window_q[qn_link_pkg::HEAD_EPOCH_LSB +: 32];
  assign body_word     = state_q == BODY && take && step_q == 2'd3;
  assign word_o        = {in_data_i, part_q};
  assign word_index_o  = index_q;
  assign word_valid_o  = body_word && index_q != words_o;
  assign gone          = ms_i && quiet_q == qn_link_pkg::LINK_GAP_MS[4:0] - 5'd1 && !take;

  assign crc_word = state_q == BODY ? word_o : window_q[32 * step_q +: 32];
  qn_crc32c u_crc (.crc_i(crc_q), .word_i(crc_word), .crc_o(crc_next));

  always @(*) begin
    state_d = state_q;
    case (state_q)
      HUNT:    if (take && sync) state_d = CHECK;
      CHECK:   if (step_q == 2'd3) state_d = window_q[qn_link_pkg::HEAD_CHECK_LSB +: 32] == ~crc_q ? HEAD : HUNT;
      HEAD:    if (head_take_i) state_d = head_want_i ? BODY : HUNT;
      BODY:
        if (body_word && index_q == words_o) state_d = word_o == ~crc_q ? FRAME : HUNT;
        else if (gone)                       state_d = HUNT;
      default: if (frame_take_i) state_d = HUNT;
    endcase
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      state_q <= HUNT;
      have_q  <= 5'd0;
      step_q  <= 2'd0;
      index_q <= 16'd0;
      quiet_q <= 5'd0;
    end else begin
      state_q <= state_d;
      if (state_q == HUNT && take && !have_q[4])                          have_q <= have_q + 5'd1;
      else if ((state_q != HUNT && state_q != CHECK && state_d == HUNT) || (state_q == HUNT && gone)) have_q <= 5'd0;
      if (state_q == CHECK || (state_q == BODY && take)) step_q <= step_q + 2'd1;
      else if (state_q == HUNT || state_q == HEAD)       step_q <= 2'd0;
      if (state_q == HEAD) index_q <= 16'd0;
      else if (body_word)  index_q <= index_q + 16'd1;
      if (take || !in_ready_o) quiet_q <= 5'd0;
      else if (ms_i)           quiet_q <= gone ? 5'd0 : quiet_q + 5'd1;
    end
  end

  // Payload: no reset, the states say when it means something
  always_ff @(posedge clk_i) begin
    if (state_q == HUNT && take) window_q <= {in_data_i, window_q[127:8]};
    if (state_q == BODY && take) part_q   <= {in_data_i, part_q[23:8]};
    if (state_q == HUNT)                                   crc_q <= 32'hffffffff;
    else if (body_word || (state_q == CHECK && step_q != 2'd3)) crc_q <= crc_next;
  end

endmodule

`default_nettype wire
