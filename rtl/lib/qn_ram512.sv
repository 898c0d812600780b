// SPDX-License-Identifier: Apache-2.0
// qn_ram512: 512 words of Width (36 or fewer) bits, one write and one read port, the word two clocks after its address: a block RAM with its output register.
// A word that is read in the clock that writes it is none that counts (no_rw_check: Yosys would put a multiplexer there); so boards/pack.py can move that register into
// the DP16KD, which Yosys does not.

`default_nettype none

module qn_ram512 #(
  parameter int Width = 33
) (
  input  logic             clk_i,
  input  logic             we_i,
  input  logic [8:0]       waddr_i,
  input  logic [Width-1:0] wdata_i,
  input  logic [8:0]       raddr_i,
  output logic [Width-1:0] rdata_o
);

  (* ram_style = "block", no_rw_check *) logic [Width-1:0] mem [0:511];
  logic [Width-1:0] data_q;
  always_ff @(posedge clk_i) begin
    if (we_i) mem[waddr_i] <= wdata_i;
    data_q  <= mem[raddr_i];
    rdata_o <= data_q;
  end

endmodule

`default_nettype wire
