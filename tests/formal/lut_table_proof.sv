// SPDX-License-Identifier: Apache-2.0
// qn_row_lut's tables: what a plane looks up is the entry, loaded before the last swap, that its four bits name (with the signs inverted where the
// uppermost is -), whatever is being loaded for the next slice. All eight entries are loaded before a swap.

`default_nettype none

module lut_table_proof #(
  parameter int Table = 5                  // the others are copies
) (
  input logic        clk_i,
  input logic        rst_ni,
  input logic        load_i,
  input logic [2:0]  load_entry_i,
  input logic [79:0] load_data_i,
  input logic        swap_i,
  input logic        en_i,
  input logic [31:0] plane_i,
  input logic        neg_i
);

  qn_row_lut u_dut (
    .clk_i, .rst_ni, .load_i, .load_entry_i, .load_data_i, .load_sum_i('0), .swap_i,
    .en_i, .part_i(2'd0), .plane_i, .first_i(1'b0), .neg_i, .lo_o(), .hi_o());
  (* hierconn *) logic [79:0] \u_dut.entry ;
  (* hierconn *) logic        \u_dut.bank_q ;

  // One entry, any
  (* anyconst *) logic [2:0] f_at;
  logic [7:0] f_have_q;                    // entries loaded since the swap
  logic [9:0] f_next_q, f_word_q;          // it, as loaded last, and of the slice in use
  logic       f_live_q;                    // a slice is in use
  logic [3:0] f_sign;
  assign f_sign = plane_i[4*Table +: 4] ^ {4{neg_i}};
  initial assume (!rst_ni);
  always @(posedge clk_i) begin
    if (load_i && load_entry_i == f_at) f_next_q <= load_data_i[10*Table +: 10];
    if (swap_i) f_word_q <= f_next_q;
    f_have_q <= !rst_ni || swap_i ? 8'd0 : load_i ? f_have_q | 8'd1 << load_entry_i : f_have_q;
    f_live_q <= rst_ni && (f_live_q || swap_i);
    if (swap_i) assume (f_have_q == 8'hff && !load_i);
    if (rst_ni) begin
      if (f_have_q[f_at]) assert (\u_dut.g_table[5].u_ram.f_mem [10*{!\u_dut.bank_q , f_at} +: 10] == f_next_q);
      if (f_live_q) assert (\u_dut.g_table[5].u_ram.f_mem [10*{\u_dut.bank_q , f_at} +: 10] == f_word_q);
      if (f_live_q && (f_sign[3] ? f_sign[2:0] : ~f_sign[2:0]) == f_at) assert (\u_dut.entry [10*Table +: 10] == f_word_q);
      cover (f_live_q && load_i && load_entry_i == f_at && f_sign == 4'b0101 && f_at == 3'b010 && f_word_q == 10'd3 && f_next_q == 10'd4);
    end
  end
  (* hierconn *) logic [159:0] \u_dut.g_table[5].u_ram.f_mem ;

endmodule

`default_nettype wire
