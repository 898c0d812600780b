// SPDX-License-Identifier: Apache-2.0
// qn_trit_load: Lanes activations, written one a clock. A write walks past all lanes in groups of 16, a clock a group, and each lane has an enable of its own, so
// that nothing is far from its register. With Halves a group knows in a register whether the write is its own, and the lane's number among its 16 comes as two
// one-hot halves of four: a LUT before an enable then sees registers alone, and no long wire begins behind logic.

`default_nettype none

module qn_trit_load #(
  parameter int Lanes  = 128,
  parameter int Halves = 0,                // 1: two clocks later
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
      logic [7:0] act;
      logic [3:0] high, low;                 // one-hot
      if (Halves != 0) begin : g_halves
        logic [7:0] late;
        logic [3:0] at_q, high_q, low_q;
        logic       ours_q;
        always_ff @(posedge clk_i) {ours_q, at_q} <= {we && lane / 16 == g, lane[3:0]};
        for (l = 0; l < 4; l = l + 1) begin : g_half
          always_ff @(posedge clk_i) begin
            high_q[l] <= ours_q && at_q[3:2] == l;
            low_q[l]  <= at_q[1:0] == l;
          end
        end
        qn_delay #(.Width(8), .Clocks(2)) u_late (.clk_i, .in_i(act_q), .out_o(late));
        assign {act, high, low} = {late, high_q, low_q};
      end else begin : g_whole
        assign {act, high, low} = {act_q, 8'd0};
      end
      logic unused;
      assign unused = ^{high, low};
      for (l = 16 * g; l < 16 * g + 16 && l < Lanes; l = l + 1) begin : g_lane
        localparam [31:0] MINE = l;
        logic       en_q;
        logic [7:0] mine_q;
        always_ff @(posedge clk_i) begin
          en_q <= Halves != 0 ? high[l%16/4] && low[l%4] : we && lane == MINE[AddrW-1:0];
          if (en_q) mine_q <= act;
        end
        assign act_o[8*l +: 8] = mine_q;
      end
    end
  endgenerate

  logic unused;
  assign unused = ^walk[W*Groups +: W];

endmodule

`default_nettype wire
