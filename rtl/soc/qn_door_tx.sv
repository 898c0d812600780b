// SPDX-License-Identifier: Apache-2.0
// qn_door_tx: frames to bytes: WELCOME, LOST, NAK, then kept replies, the oldest first. A frame's head is settled when it is begun; its CRC
// is made as its words go out. A byte a clock, two clocks between frames.

`default_nettype none

module qn_door_tx #(
  parameter int Window  = 4,
  parameter int Regions = 1,
  parameter logic [32*(12+3*Regions)-1:0] Who = '0,   // WELCOME's payload, but for BOOT
  parameter SlotW = $clog2(Window)
) (
  input  logic        clk_i,
  input  logic        rst_ni,

  input  logic [31:0] boot_i,              // from qn_door_act
  input  logic        welcome_i,
  input  logic        welcome_good_i,
  input  logic [15:0] welcome_tag_i,
  input  logic [31:0] offer_i,
  output logic        welcome_take_o,
  input  logic        lost_i,
  input  logic [31:0] lost_epoch_i,
  output logic        lost_take_o,
  input  logic        nak_i,
  input  logic [15:0] nak_seq_i,
  input  logic [31:0] nak_epoch_i,
  output logic        nak_take_o,
  input  logic [Window-1:0]    due_i,
  input  logic [SlotW-1:0]     oldest_i,
  input  logic [42*Window-1:0] reply_i,
  input  logic [31:0]          epoch_i,
  output logic                 due_take_o,
  output logic [SlotW-1:0]     due_slot_o,
  output logic                 busy_o,     // the kept reply of that slot is on its way

  output logic [SlotW+8:0] keep_addr_o,    // the kept replies' memory: data in the next clock
  input  logic [31:0]      keep_data_i,

  output logic        out_valid_o,
  input  logic        out_ready_i,
  output logic [7:0]  out_data_o,
  output logic        out_last_o           // of its frame
);

  localparam int WORDS = 12 + 3 * Regions;
  localparam int WhoW  = $clog2(WORDS);

  // The slot that is due first, from the oldest on
  logic [SlotW-1:0] first, tried;
  logic [41:0]      reply;
  integer j, k;
  always @(*) begin
    first = oldest_i;
    tried = oldest_i;
    for (k = Window - 1; k >= 0; k = k - 1) begin
      tried = oldest_i + k[SlotW-1:0];
      if (due_i[tried]) first = tried;
    end
  end
  always @(*) begin
    reply = reply_i[41:0];
    for (j = 1; j < Window; j = j + 1)
      if (first == j[SlotW-1:0]) reply = reply_i[42*j +: 42];
  end

  logic             busy_q, welcome_q, kept_q;
  logic [SlotW-1:0] slot_q;
  logic [95:0]      head_q;                // words 0 to 2
  logic [9:0]       count_q;               // words of payload
  logic [9:0]       index_q;               // word under way: 0 to 3 the head's, then the payload, then its CRC
  logic [1:0]       byte_q;
  logic [31:0]      word_q, crc_q, crc_next, next, next_q;
  logic [9:0]       last_q;                // index of the word before the frame's last: 2, or count_q + 3
  logic             end_q;                 // the word under way is the last
  logic             fresh_q;               // word_q has not gone into the CRC
  logic             load, step;
  logic             go, go_welcome, go_lost, go_nak, go_due;

  assign go         = !busy_q;
  assign go_welcome = go && welcome_i;
  assign go_lost    = go && !welcome_i && lost_i;
  assign go_nak     = go && !welcome_i && !lost_i && nak_i;
  assign go_due     = go && !welcome_i && !lost_i && !nak_i && due_i != '0;
  assign welcome_take_o = go_welcome;
  assign lost_take_o    = go_lost;
  assign nak_take_o     = go_nak;
  assign due_take_o     = go_due;
  assign due_slot_o     = busy_q ? slot_q : first;
  assign busy_o         = busy_q && kept_q;

  assign step      = out_valid_o && out_ready_i;
  assign load      = step && byte_q == 2'd3 && !end_q;
  assign out_data_o = word_q[7:0];
  assign out_last_o = end_q && byte_q == 2'd3;

  // The word after the one under way: a word has four bytes, so there is time for a register
  logic [8:0]      place;                  // in the payload
  logic [WhoW-1:0] who;
  assign place = index_q[8:0] - 9'd3;
  assign who   = place[WhoW-1:0];
  assign keep_addr_o = {slot_q, place};
  always @(*) begin
    if (index_q == 10'd0)                                        next = head_q[63:32];
    else if (index_q == 10'd1)                                   next = head_q[95:64];
    else if (index_q == 10'd2 || index_q == last_q)              next = ~crc_q;
    else if (!welcome_q)                                         next = keep_data_i;
    else if (32 * who == qn_link_pkg::WELCOME_BOOT_LSB)          next = boot_i;
    else                                                         next = Who[32*who +: 32];
  end
  always_ff @(posedge clk_i) begin
    next_q <= next;
    last_q <= count_q == 10'd0 ? 10'd2 : count_q + 10'd3;
  end

  qn_crc32c u_crc (.crc_i(crc_q), .word_i(word_q), .crc_o(crc_next));

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      busy_q      <= 1'b0;
      out_valid_o <= 1'b0;
    end else if (!busy_q) begin
      busy_q      <= welcome_i || lost_i || nak_i || due_i != '0;
    end else if (!out_valid_o) begin
      out_valid_o <= 1'b1;
    end else if (step && out_last_o) begin
      busy_q      <= 1'b0;
      out_valid_o <= 1'b0;
    end
  end

  always_ff @(posedge clk_i) begin
    if (!busy_q) begin
      welcome_q <= go_welcome;
      kept_q    <= go_due;
      slot_q    <= first;
      count_q   <= 10'd0;
      if (go_welcome) begin
        head_q  <= {offer_i, 16'd0, welcome_tag_i, welcome_good_i ? qn_link_pkg::STATUS_OK : qn_link_pkg::STATUS_VERSION,
                    qn_link_pkg::TYPE_HELLO | 8'h80, qn_link_pkg::LINK_SYNC[15:0]};
        head_q[63:48] <= WORDS[15:0];
        count_q <= WORDS[9:0];
      end else if (go_lost) begin
        head_q  <= {lost_epoch_i, 32'd0, 8'd0, qn_link_pkg::TYPE_LOST, qn_link_pkg::LINK_SYNC[15:0]};
      end else if (go_nak) begin
        head_q  <= {nak_epoch_i, 16'd0, nak_seq_i, 8'd0, qn_link_pkg::TYPE_NAK, qn_link_pkg::LINK_SYNC[15:0]};
      end else begin
        head_q  <= {epoch_i, 6'd0, reply[41:32], reply[15:0], reply[31:24], reply[23:16] | 8'h80, qn_link_pkg::LINK_SYNC[15:0]};
        count_q <= reply[41:32];
      end
      index_q <= 10'd0;
      byte_q  <= 2'd0;
      end_q   <= 1'b0;
      fresh_q <= 1'b0;
      crc_q   <= 32'hffffffff;
    end else if (!out_valid_o) begin
      word_q  <= head_q[31:0];
      fresh_q <= 1'b1;
    end else begin
      // CHECK itself stays out of the CRC behind the payload
      if (fresh_q && index_q != 10'd3) crc_q <= crc_next;
      fresh_q <= load;
      if (step) byte_q <= byte_q + 2'd1;
      if (load) begin
        word_q  <= next_q;
        index_q <= index_q + 10'd1;
        end_q   <= index_q == last_q;
      end else if (step) begin
        word_q  <= {8'd0, word_q[31:8]};
      end
    end
  end

endmodule

`default_nettype wire
