// SPDX-License-Identifier: Apache-2.0
// qn_turn: turns 32 bytes into eight planes of 32 bits; words that are planes already pass through.
// Eight words of bytes go in (byte k of them = weight k), eight planes come out, most significant first. Two buffers:
// one word in and one word out a clock. 480 flops, about 300 LUT4.
// The words of bytes come in whole groups of eight; a plane behind them waits until they have left.

`default_nettype none

module qn_turn (
  input  logic        clk_i,
  input  logic        rst_ni,

  input  logic        in_valid_i,
  output logic        in_ready_o,
  input  logic        in_bytes_i,          // 1: a word of bytes, 0: a plane
  input  logic [31:0] in_data_i,

  output logic        out_valid_o,
  input  logic        out_ready_i,
  output logic [31:0] out_data_o
);

  logic [2:0]   fill_count_q;              // words gathered
  logic [3:0]   left_count_q;              // planes still to leave
  logic [223:0] fill_q;
  logic [255:0] turn_q;

  logic turning, bytes_take, full, room;
  assign turning    = left_count_q != 4'd0;
  assign full       = fill_count_q == 3'd7;
  assign room       = !turning || (left_count_q == 4'd1 && out_ready_i);
  assign in_ready_o = in_bytes_i ? !full || room : !turning && out_ready_i;
  assign bytes_take = in_valid_i && in_bytes_i && in_ready_o;

  logic [31:0] plane;
  genvar k;
  generate
    for (k = 0; k < 32; k = k + 1) begin : g_plane
      assign plane[k] = turn_q[8*k+7];
    end
  endgenerate

  assign out_valid_o = turning || (in_valid_i && !in_bytes_i);
  assign out_data_o  = turning ? plane : in_data_i;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      fill_count_q <= 3'd0;
      left_count_q <= 4'd0;
    end else begin
      if (bytes_take)                  fill_count_q <= fill_count_q + 3'd1;
      if (bytes_take && full)          left_count_q <= 4'd8;
      else if (turning && out_ready_i) left_count_q <= left_count_q - 4'd1;
    end
  end

  // A shift by one of the whole buffer moves the next bit of each byte up; what crosses a byte border is never looked at
  always_ff @(posedge clk_i) begin
    if (bytes_take) fill_q <= {in_data_i, fill_q[223:32]};
    if (bytes_take && full)          turn_q <= {in_data_i, fill_q};
    else if (turning && out_ready_i) turn_q <= {turn_q[254:0], 1'b0};
  end

  always @(posedge clk_i) begin
    if (rst_ni && in_valid_i && !in_bytes_i) assert (fill_count_q == 3'd0);
  end

`ifdef FORMAL
  initial assume (!rst_ni);
  qn_stream_check #(.Width(33), .Assume(1'b1)) u_in (
    .clk_i, .rst_ni, .valid_i(in_valid_i), .ready_i(in_ready_o), .data_i({in_bytes_i, in_data_i}));
  qn_stream_check #(.Width(32), .Assume(1'b0)) u_out (
    .clk_i, .rst_ni, .valid_i(out_valid_o), .ready_i(out_ready_i), .data_i(out_data_o));
`endif

endmodule

`default_nettype wire
