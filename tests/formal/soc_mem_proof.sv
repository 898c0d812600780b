// SPDX-License-Identifier: Apache-2.0
// qn_soc_mem: one request at a time, a master's own and unchanged until it is taken; one that waits is passed by three
// requests of others at most. (Whose the answers are is by qn_queue's proof and the bench of the whole system.)
// Masters offer until they are taken; memory answers what it was asked for.

`default_nettype none

module soc_mem_proof (
  input logic        clk_i,
  input logic        rst_ni,
  input logic [3:0]  valid_i,
  input logic [3:0]  we_i,
  input logic [119:0] addr_i,
  input logic [19:0] len_i,
  input logic        req_ready_i,
  input logic        rsp_valid_i
);

  logic [3:0]  ready, rsp, req_wstrb;
  logic        req_valid, req_we;
  logic [29:0] req_addr;
  logic [4:0]  req_len;
  logic [31:0] req_wdata;
  qn_soc_mem #(.Masters(4)) u_dut (
    .clk_i, .rst_ni, .valid_i, .ready_o(ready), .we_i, .addr_i, .len_i, .wdata_i(128'd0), .wstrb_i(16'd0), .rsp_valid_o(rsp),
    .req_valid_o(req_valid), .req_ready_i, .req_we_o(req_we), .req_addr_o(req_addr), .req_len_o(req_len), .req_wdata_o(req_wdata),
    .req_wstrb_o(req_wstrb), .rsp_valid_i);
  (* hierconn *) logic [1:0] \u_dut.last_q ;
  (* hierconn *) logic       \u_dut.held_q ;
  (* hierconn *) logic [1:0] \u_dut.held_who_q ;
  (* hierconn *) logic [3:0] \u_dut.u_owners.head_q ;
  (* hierconn *) logic [3:0] \u_dut.u_owners.tail_q ;
  logic [3:0] f_owners;
  assign f_owners = \u_dut.u_owners.tail_q - \u_dut.u_owners.head_q ;

  initial assume (!rst_ni);
  qn_stream_check #(.Width(36), .Assume(1'b0)) u_req (.clk_i, .rst_ni, .valid_i(req_valid), .ready_i(req_ready_i), .data_i({req_we, req_addr, req_len}));
  genvar g;
  generate
    for (g = 0; g < 4; g = g + 1) begin : g_in
      qn_stream_check #(.Width(36), .Assume(1'b1)) u_in (
        .clk_i, .rst_ni, .valid_i(valid_i[g]), .ready_i(ready[g]), .data_i({we_i[g], addr_i[30*g +: 30], len_i[5*g +: 5]}));
    end
  endgenerate

  // One master of the four, and how many others were served since it began to wait; how far ahead of whoever was served last it and the
  // held one stand, 1 to 4
  (* anyconst *) logic [1:0] f_who;
  logic [2:0] f_passed_q, f_far, f_held_far;
  logic       f_wait_q;
  always_ff @(posedge clk_i) begin
    if (!rst_ni || !valid_i[f_who] || ready[f_who]) f_passed_q <= 3'd0;
    else if (ready != 4'd0)                         f_passed_q <= f_passed_q + 3'd1;
    f_wait_q <= rst_ni && valid_i[f_who] && !ready[f_who];
  end
  logic [1:0] f_turn, f_held_turn;
  assign f_turn      = f_who - \u_dut.last_q ;
  assign f_held_turn = \u_dut.held_who_q - \u_dut.last_q ;
  assign f_far       = f_turn == 2'd0 ? 3'd4 : {1'b0, f_turn};
  assign f_held_far  = f_held_turn == 2'd0 ? 3'd4 : {1'b0, f_held_turn};

  integer k;
  always @(posedge clk_i) if (rst_ni) begin
    for (k = 0; k < 4; k = k + 1) if (valid_i[k]) assume (len_i[5*k +: 5] >= 5'd1 && len_i[5*k +: 5] <= 5'd16);
    assert ((ready & (ready - 4'd1)) == 4'd0 && (ready & ~valid_i) == 4'd0);
    assert ((ready != 4'd0) == (req_valid && req_ready_i));
    if (ready[f_who]) assert (req_addr == addr_i[30*f_who +: 30] && req_len == len_i[5*f_who +: 5] && req_we == we_i[f_who]);
    assert ((rsp & (rsp - 4'd1)) == 4'd0);
    assert (f_owners <= 4'd8);
    if (!f_wait_q) assert (f_passed_q == 3'd0);
    if (f_wait_q) assert (f_passed_q <= 3'd3 && f_passed_q + f_far <= 3'd4);
    if (\u_dut.held_q ) assert (valid_i[\u_dut.held_who_q ]);
    // Only who was chosen before this one came may be further ahead
    if (f_wait_q && \u_dut.held_q ) assert (f_held_far <= f_far || f_passed_q == 3'd0);
    cover (ready[f_who] && f_passed_q == 3'd3);
  end

endmodule

`default_nettype wire
