// SPDX-License-Identifier: Apache-2.0
// qn_ram16: 16 words, written at the clock's edge, read at once. ECP5: one TRELLIS_DPR16X4 for each 4 bits.

`default_nettype none

module qn_ram16 #(
  parameter int Width = 10
) (
  input  logic             clk_i,
  input  logic             we_i,
  input  logic [3:0]       waddr_i,
  input  logic [Width-1:0] wdata_i,
  input  logic [3:0]       raddr_i,
  output logic [Width-1:0] rdata_o
);

  logic [Width-1:0] mem [0:15];
  assign rdata_o = mem[raddr_i];
  always_ff @(posedge clk_i) if (we_i) mem[waddr_i] <= wdata_i;

`ifdef FORMAL
  logic [16*Width-1:0] f_mem;              // for lut_table_proof.sv
  genvar f;
  generate
    for (f = 0; f < 16; f = f + 1) begin : g_f_word
      assign f_mem[Width*f +: Width] = mem[f];
    end
  endgenerate
  (* anyconst *) logic [3:0] f_at;         // any word
  logic [Width-1:0] f_word_q;
  logic             f_known_q;
  initial f_known_q = 1'b0;
  always @(posedge clk_i) begin
    if (we_i && waddr_i == f_at) begin
      f_known_q <= 1'b1;
      f_word_q  <= wdata_i;
    end
    if (f_known_q) assert (mem[f_at] == f_word_q);
    if (f_known_q && raddr_i == f_at) assert (rdata_o == f_word_q);
    cover (f_known_q && we_i && waddr_i != f_at && raddr_i == f_at);
  end
`endif

endmodule

`default_nettype wire
