// SPDX-License-Identifier: Apache-2.0
// qn_vbank: Words words of 32 bits, one written and one read a clock; data comes one clock after its address, and stays until the next.
// A word read in the clock in which it is written is undefined.
// The words lie in a memory of a power of two and one for the rest, because one LUT a bit then stands behind block RAMs, where Yosys's own division of
// 3,072 words into three memories has two.

`default_nettype none

module qn_vbank #(
  parameter int Words = 3072,
  parameter AddrW = $clog2(Words)
) (
  input  logic             clk_i,
  input  logic             we_i,
  input  logic [AddrW-1:0] waddr_i,
  input  logic [31:0]      wdata_i,
  input  logic             re_i,
  input  logic [AddrW-1:0] raddr_i,
  output logic [31:0]      rdata_o
);

  localparam LowW = $clog2(Words + 1) - 1;
  localparam Low  = 2**LowW;

  (* no_rw_check *) logic [31:0] low_mem [0:Low-1];
  logic [31:0] low_q;

  generate
    if (Words == Low) begin : g_one
      always_ff @(posedge clk_i) begin
        if (we_i) low_mem[waddr_i] <= wdata_i;
        if (re_i) low_q <= low_mem[raddr_i];
      end
      assign rdata_o = low_q;
    end else begin : g_two
      localparam HighW = $clog2(Words - Low);
      (* no_rw_check *) logic [31:0] high_mem [0:Words-Low-1];
      logic [31:0] high_q;
      logic        is_high_q;
      always_ff @(posedge clk_i) begin
        if (we_i && !waddr_i[LowW]) low_mem[waddr_i[LowW-1:0]] <= wdata_i;
        if (re_i) low_q <= low_mem[raddr_i[LowW-1:0]];
      end
      always_ff @(posedge clk_i) begin
        if (we_i && waddr_i[LowW]) high_mem[waddr_i[HighW-1:0]] <= wdata_i;
        if (re_i) high_q <= high_mem[raddr_i[HighW-1:0]];
      end
      qn_copy u_is_high (.clk_i, .in_i(re_i ? raddr_i[LowW] : is_high_q), .out_o(is_high_q));   // the same in every bank
      assign rdata_o = is_high_q ? high_q : low_q;
    end
  endgenerate

endmodule

`default_nettype wire
