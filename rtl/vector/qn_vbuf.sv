// SPDX-License-Identifier: Apache-2.0
// qn_vbuf: the vector buffer. VbWords words of 32 bits in `Lanes` banks (word a lies in bank a mod Lanes), each bank twice, so that
// the operands A and B are read in the same clock. 2 x VbWords x 32 bits of block RAM; data comes one clock after its address.
//
// Write port: results of the vector unit first, else one word of the load unit.
// Read port of copy B: the vector unit first, else one word of the store unit, in `st_data_o` in the next clock.
// A word read in the clock in which it is written is undefined.

`default_nettype none

module qn_vbuf #(
  parameter int Lanes   = 8,               // 4 or 8
  parameter int VbWords = 24576,           // a multiple of 8
  parameter AddrW = $clog2(VbWords),
  parameter BeatW = AddrW - $clog2(Lanes)
) (
  input  logic                clk_i,
  input  logic                rst_ni,

  // vector unit: whole beats
  input  logic                a_re_i,
  input  logic [BeatW-1:0]    a_beat_i,
  output logic [32*Lanes-1:0] a_data_o,
  input  logic                b_re_i,
  input  logic [BeatW-1:0]    b_beat_i,
  output logic [32*Lanes-1:0] b_data_o,
  input  logic                we_i,
  input  logic [BeatW-1:0]    w_beat_i,
  input  logic [Lanes-1:0]    w_mask_i,
  input  logic [32*Lanes-1:0] w_data_i,

  // load unit
  input  logic                ld_valid_i,
  output logic                ld_ready_o,
  input  logic [AddrW-1:0]    ld_addr_i,
  input  logic [31:0]         ld_data_i,

  // store unit
  input  logic                st_valid_i,
  output logic                st_ready_o,
  input  logic [AddrW-1:0]    st_addr_i,
  output logic                st_valid_o,
  output logic [31:0]         st_data_o
);

  localparam LaneW = AddrW - BeatW;
  localparam Beats = VbWords / Lanes;

  logic             write, b_read;
  logic [BeatW-1:0] write_beat, b_beat;
  logic [Lanes-1:0] write_mask;
  logic [Lanes-1:0] st_lane_q;             // one bit

  assign ld_ready_o = !we_i;
  assign st_ready_o = !b_re_i;
  assign write      = we_i || ld_valid_i;
  assign write_beat = we_i ? w_beat_i : ld_addr_i[AddrW-1:LaneW];
  assign write_mask = we_i ? w_mask_i : {{Lanes-1{1'b0}}, 1'b1} << ld_addr_i[LaneW-1:0];
  assign b_read     = b_re_i || st_valid_i;
  assign b_beat     = b_re_i ? b_beat_i : st_addr_i[AddrW-1:LaneW];

  always_ff @(posedge clk_i) begin
    st_valid_o <= rst_ni && st_valid_i && st_ready_o;
    if (st_valid_i) st_lane_q <= {{Lanes-1{1'b0}}, 1'b1} << st_addr_i[LaneW-1:0];
  end

  genvar i;
  generate
    for (i = 0; i < Lanes; i = i + 1) begin : g_bank
      logic [31:0] word;
      assign word = we_i ? w_data_i[32*i +: 32] : ld_data_i;
      qn_vbank #(.Words(Beats)) u_a (
        .clk_i, .we_i(write && write_mask[i]), .waddr_i(write_beat), .wdata_i(word), .re_i(a_re_i), .raddr_i(a_beat_i), .rdata_o(a_data_o[32*i +: 32]));
      qn_vbank #(.Words(Beats)) u_b (
        .clk_i, .we_i(write && write_mask[i]), .waddr_i(write_beat), .wdata_i(word), .re_i(b_read), .raddr_i(b_beat), .rdata_o(b_data_o[32*i +: 32]));
    end
  endgenerate

  integer k;
  always @(*) begin
    st_data_o = 32'd0;
    for (k = 0; k < Lanes; k = k + 1)
      if (st_lane_q[k]) st_data_o = st_data_o | b_data_o[32*k +: 32];
  end

endmodule

`default_nettype wire
