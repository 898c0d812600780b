// SPDX-License-Identifier: Apache-2.0
// qn_crc32c: the CRC register (CRC-32C, driver/link/qn_crc32c.h) after a word. 32 steps of the shift register are linear: each bit of
// register plus word adds a constant, no more. Combinational, 300 to 400 LUT4.

`default_nettype none

module qn_crc32c (
  input  logic [31:0] crc_i,               // register, ones at first; the CRC is its complement
  input  logic [31:0] word_i,              // its low byte came first
  output logic [31:0] crc_o
);

  // What bit k makes: the columns of the matrix, column 31 lowest
  localparam [1023:0] COLUMNS = {
    32'hdd45aab8, 32'hbf672381, 32'h7b2231f3, 32'hf64463e6, 32'he964b13d, 32'hd725148b, 32'haba65fe7, 32'h52a0c93f,
    32'ha541927e, 32'h4f6f520d, 32'h9edea41a, 32'h38513ec5, 32'h70a27d8a, 32'he144fb14, 32'hc76580d9, 32'h8b277743,
    32'h13a29877, 32'h274530ee, 32'h4e8a61dc, 32'h9d14c3b8, 32'h3fc5f181, 32'h7f8be302, 32'hff17c604, 32'hfbc3faf9,
    32'hf26b8303, 32'he13b70f7, 32'hc79a971f, 32'h8ad958cf, 32'h105ec76f, 32'h20bd8ede, 32'h417b1dbc, 32'h82f63b78};

  logic [31:0] sum;
  assign sum = crc_i ^ word_i;

  integer k;
  always @(*) begin
    crc_o = 32'd0;
    for (k = 0; k < 32; k = k + 1)
      if (sum[k]) crc_o = crc_o ^ COLUMNS[32 * (31 - k) +: 32];
  end

endmodule

`default_nettype wire
