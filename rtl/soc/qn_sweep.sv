// SPDX-License-Identifier: Apache-2.0
// qn_sweep: goes over memory at a word a clock for the firmware: fills it, sums it (CRC-32C), or picks the words whose order as FP32 lies in
// a range, the first 512 of them with their indices: so a CPU without floating point need not walk the logits. rtl/spec/soc.def.

`default_nettype none

module qn_sweep (
  input  logic        clk_i,
  input  logic        rst_ni,

  input  logic        start_i,             // ignored while busy
  input  logic [1:0]  what_i,              // QN_SOC_SWEEP
  input  logic [29:0] addr_i,              // these hold while it is busy
  input  logic [29:0] words_i,             // 0: nothing happens
  input  logic [31:0] low_i,
  input  logic [31:0] high_i,
  output logic        busy_o,
  output logic [31:0] crc_o,
  output logic [29:0] count_o,

  input  logic [9:0]  pick_addr_i,         // {pair, index or word}: data in the second clock
  output logic [31:0] pick_data_o,

  output logic        req_valid_o,
  input  logic        req_ready_i,
  input  logic        req_busy_i,          // some of what was taken has not reached memory
  output logic        req_we_o,
  output logic [29:0] req_addr_o,
  output logic [4:0]  req_len_o,
  output logic [31:0] req_wdata_o,
  input  logic        rsp_valid_i,
  input  logic [31:0] rsp_data_i
);

  localparam [1:0] FILL = qn_link_pkg::SWEEP_FILL, SUM = qn_link_pkg::SWEEP_SUM, PICK = qn_link_pkg::SWEEP_PICK;

  logic [1:0]  what_q;
  logic [29:0] left_q, index_q;            // words not yet asked for; word whose answer is next
  logic [29:0] left_less;                  // when those of the request are asked for
  logic [4:0]  room;
  logic        set_q;                      // the request is: from the second clock on
  logic        take, over;
  assign room        = 5'd16 - {1'b0, req_addr_o[3:0]};
  assign left_less   = left_q - {25'd0, req_len_o};
  assign req_we_o    = what_q == FILL;
  assign req_wdata_o = low_i;
  assign take        = req_valid_o && req_ready_i;
  assign over        = req_we_o ? left_q == 30'd0 && !req_busy_i : index_q == words_i && !word_valid_q && !key_valid_q;

  // A word's CRC in the clock after it came; its key then, and the comparison in the next
  logic        word_valid_q, key_valid_q, hit;
  logic [31:0] word_q, key_q, value_q, crc_q, crc_next;
  logic [29:0] at_q, key_at_q;
  logic        none_q;                     // no number
  qn_crc32c u_crc (.crc_i(crc_q), .word_i(word_q), .crc_o(crc_next));
  assign crc_o = ~crc_q;
  assign hit   = key_valid_q && what_q == PICK && !none_q && key_q >= low_i && key_q <= high_i;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      busy_o       <= 1'b0;
      word_valid_q <= 1'b0;
      key_valid_q  <= 1'b0;
    end else begin
      if (start_i && !busy_o) busy_o <= 1'b1;
      else if (over)          busy_o <= 1'b0;
      word_valid_q <= rsp_valid_i;
      key_valid_q  <= word_valid_q;
    end
  end

  // The first request goes to a multiple of 16 words, those behind it start there
  always_ff @(posedge clk_i) begin
    set_q <= rst_ni && busy_o;
    if (!rst_ni || !busy_o) req_valid_o <= 1'b0;
    else if (!set_q)        req_valid_o <= left_q != 30'd0;
    else if (take)          req_valid_o <= left_less != 30'd0;
  end
  always_ff @(posedge clk_i) begin
    if (!busy_o) begin
      what_q     <= what_i;
      req_addr_o <= addr_i;
      left_q     <= words_i;
    end else if (take) begin
      req_addr_o <= req_addr_o + {25'd0, req_len_o};
      left_q     <= left_less;
    end
    if (!set_q)    req_len_o <= req_we_o ? 5'd1 : {25'd0, room} < left_q ? room : left_q[4:0];
    else if (take) req_len_o <= req_we_o ? 5'd1 : left_less[29:4] != 26'd0 ? 5'd16 : left_less[4:0];
  end
  always_ff @(posedge clk_i) begin
    if (start_i && !busy_o) begin
      index_q <= 30'd0;
      count_o <= 30'd0;
      crc_q   <= 32'hffffffff;
    end else begin
      if (rsp_valid_i) index_q <= index_q + 30'd1;
      if (word_valid_q && what_q == SUM) crc_q <= crc_next;
      if (hit) count_o <= count_o + 30'd1;
    end
    word_q   <= rsp_data_i;
    at_q     <= index_q;
    value_q  <= word_q;
    key_q    <= word_q[30:0] == 31'd0 ? 32'h80000000 : word_q[31] ? ~word_q : {1'b1, word_q[30:0]};
    none_q   <= word_q[30:0] > 31'h7f800000;
    key_at_q <= at_q;
  end

  // The pairs found
  logic [31:0] index_mem [0:511], value_mem [0:511];
  logic [31:0] index_data_q, value_data_q;
  logic        pick_value_q;
  always_ff @(posedge clk_i) begin
    if (hit && count_o < 30'd512) begin
      index_mem[count_o[8:0]] <= {2'd0, key_at_q};
      value_mem[count_o[8:0]] <= value_q;
    end
    index_data_q <= index_mem[pick_addr_i[9:1]];
    value_data_q <= value_mem[pick_addr_i[9:1]];
    pick_value_q <= pick_addr_i[0];
    pick_data_o  <= pick_value_q ? value_data_q : index_data_q;
  end

endmodule

`default_nettype wire
