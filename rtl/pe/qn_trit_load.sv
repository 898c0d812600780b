// SPDX-License-Identifier: Apache-2.0
// qn_trit_load: Lanes activations, written one a clock. A write walks past all lanes in groups of 16, a clock a group, and each lane has an enable of its own, so
// that nothing is far from its register.

`default_nettype none

module qn_trit_load #(
  parameter int Lanes = 128,
  parameter AddrW = $clog2(Lanes)
) (
  input  logic               clk_i,
  input  logic               we_i,
  input  logic [AddrW-1:0]   lane_i,
  input  logic [7:0]         act_i,
  output logic [8*Lanes-1:0] act_o
);

  localparam int Groups = (Lanes + 15) / 16;
  localparam int W = 1 + AddrW + 8;
  logic [W*(Groups+1)-1:0] walk;
  assign walk[W-1:0] = {we_i, lane_i, act_i};
  genvar g, l;
  generate
    for (g = 0; g < Groups; g = g + 1) begin : g_group
      logic [W-1:0]     here_q;
      logic [7:0]       act_q;
      logic             we;
      logic [AddrW-1:0] lane;
      assign {we, lane} = here_q[W-1:8];
      assign walk[W*(g+1) +: W] = here_q;
      always_ff @(posedge clk_i) begin
        here_q <= walk[W*g +: W];
        act_q  <= here_q[7:0];
      end
      for (l = 16 * g; l < 16 * g + 16 && l < Lanes; l = l + 1) begin : g_lane
        localparam [31:0] MINE = l;
        logic       en_q;
        logic [7:0] mine_q;
        always_ff @(posedge clk_i) begin
          en_q <= we && lane == MINE[AddrW-1:0];
          if (en_q) mine_q <= act_q;
        end
        assign act_o[8*l +: 8] = mine_q;
      end
    end
  endgenerate

  logic unused;
  assign unused = ^walk[W*Groups +: W];

endmodule

`default_nettype wire
