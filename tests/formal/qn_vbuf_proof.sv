// SPDX-License-Identifier: Apache-2.0
// qn_vbuf's arbiters. Write port: a beat of the vector unit, else a word of the load unit, and what is accepted is what is written: each word of an
// accepted write gets its data, no other word changes. Read port of copy B: the vector unit, else the store unit; who was accepted has its
// data in the next clock, and the store unit the word it asked for. Seen from one word, any word.

`default_nettype none

module qn_vbuf_proof #(
  parameter int Lanes   = 4,
  parameter int VbWords = 32,
  parameter AddrW = $clog2(VbWords),
  parameter BeatW = AddrW - $clog2(Lanes)
) (
  input logic                clk_i,
  input logic                rst_ni,
  input logic                a_re_i,
  input logic [BeatW-1:0]    a_beat_i,
  input logic                b_re_i,
  input logic [BeatW-1:0]    b_beat_i,
  input logic                we_i,
  input logic [BeatW-1:0]    w_beat_i,
  input logic [Lanes-1:0]    w_mask_i,
  input logic [32*Lanes-1:0] w_data_i,
  input logic                ld_valid_i,
  input logic [AddrW-1:0]    ld_addr_i,
  input logic [31:0]         ld_data_i,
  input logic                st_valid_i,
  input logic [AddrW-1:0]    st_addr_i
);

  localparam int LaneW = AddrW - BeatW;

  logic [32*Lanes-1:0] a_data, b_data;
  logic                ld_ready, st_ready, st_valid;
  logic [31:0]         st_data;
  qn_vbuf #(.Lanes(Lanes), .VbWords(VbWords)) u_dut (
    .clk_i, .rst_ni, .a_re_i, .a_beat_i, .a_data_o(a_data), .b_re_i, .b_beat_i, .b_data_o(b_data), .we_i, .w_beat_i, .w_mask_i, .w_data_i,
    .ld_valid_i, .ld_ready_o(ld_ready), .ld_addr_i, .ld_data_i,
    .st_valid_i, .st_ready_o(st_ready), .st_addr_i, .st_valid_o(st_valid), .st_data_o(st_data));
  (* hierconn *) logic             \u_dut.write , \u_dut.b_read ;
  (* hierconn *) logic [BeatW-1:0] \u_dut.write_beat , \u_dut.b_beat ;
  (* hierconn *) logic [Lanes-1:0] \u_dut.write_mask ;
  (* hierconn *) logic [31:0]      \u_dut.g_bank[1].word ;
  (* hierconn *) logic [Lanes-1:0] \u_dut.st_lane_q ;

  initial assume (!rst_ni);

  (* anyconst *) logic [BeatW-1:0] f_beat; // a word: of this beat, bank 1 (the others are copies)
  logic        f_vec, f_load, f_hit;       // it is written by the vector unit, by the load unit; it is written
  logic        f_st_q, f_b_q;              // the read port was given to the store unit, to the vector unit
  logic [LaneW-1:0] f_lane_q;
  assign f_vec  = we_i && w_mask_i[1] && w_beat_i == f_beat;
  assign f_load = ld_valid_i && ld_ready && ld_addr_i == {f_beat, {{LaneW-1{1'b0}}, 1'b1}};
  assign f_hit  = \u_dut.write && \u_dut.write_mask [1] && \u_dut.write_beat == f_beat;
  always @(posedge clk_i) begin
    f_st_q <= rst_ni && st_valid_i && st_ready;
    f_b_q  <= rst_ni && b_re_i;
    if (st_valid_i && st_ready) f_lane_q <= st_addr_i[LaneW-1:0];
    if (rst_ni) begin
      assert (f_hit == (f_vec || f_load) && !(f_vec && f_load));
      if (f_vec)  assert (\u_dut.g_bank[1].word == w_data_i[63:32]);
      if (f_load) assert (\u_dut.g_bank[1].word == ld_data_i);
      if (ld_valid_i && !we_i) assert (ld_ready);
      assert (!(b_re_i && st_valid_i && st_ready));
      if (b_re_i) assert (\u_dut.b_read && \u_dut.b_beat == b_beat_i);
      if (st_valid_i && st_ready) assert (\u_dut.b_read && \u_dut.b_beat == st_addr_i[AddrW-1:LaneW]);
      if (st_valid_i && !b_re_i) assert (st_ready);
      assert (st_valid == f_st_q && !(f_st_q && f_b_q));
      if (f_st_q) assert (\u_dut.st_lane_q == {{Lanes-1{1'b0}}, 1'b1} << f_lane_q && st_data == b_data[32*f_lane_q +: 32]);
      cover (f_load && b_re_i && st_valid_i && a_re_i);
      cover (f_st_q && f_vec && ld_valid_i);
    end
  end

endmodule

`default_nettype wire
