// SPDX-License-Identifier: Apache-2.0
// qn_soc_mem: one request at a time, a master's own and unchanged until it is taken; busy as long as a request that was taken from a master has not
// reached memory (of master 1; the others' queues are its like); one that waits is passed by three requests of others at most. (That a queue keeps order
// and data is qn_queue's proof; whose the answers are, that and the bench of the whole system.)
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

  logic [3:0]  ready, busy, rsp, req_wstrb;
  logic        req_valid, req_we;
  logic [29:0] req_addr;
  logic [4:0]  req_len;
  logic [31:0] req_wdata, rsp_data;
  qn_soc_mem #(.Masters(4)) u_dut (
    .clk_i, .rst_ni, .valid_i, .ready_o(ready), .busy_o(busy), .we_i, .addr_i, .len_i, .wdata_i(128'd0), .wstrb_i(16'd0), .rsp_valid_o(rsp),
    .rsp_data_o(rsp_data), .req_valid_o(req_valid), .req_ready_i, .req_we_o(req_we), .req_addr_o(req_addr), .req_len_o(req_len),
    .req_wdata_o(req_wdata), .req_wstrb_o(req_wstrb), .rsp_valid_i, .rsp_data_i(32'd0));
  (* hierconn *) logic [1:0]   \u_dut.who_q ;
  (* hierconn *) logic [3:0]   \u_dut.turn_q ;
  (* hierconn *) logic [3:0]   \u_dut.held ;
  (* hierconn *) logic [3:0]   \u_dut.taken ;
  (* hierconn *) logic [287:0] \u_dut.req ;
  (* hierconn *) logic [3:0]   \u_dut.reads_q ;
  (* hierconn *) logic         \u_dut.room_q ;
  (* hierconn *) logic [3:0]   \u_dut.u_owners.head_q ;
  (* hierconn *) logic [3:0]   \u_dut.u_owners.tail_q ;
  (* hierconn *) logic [1:0]   \u_dut.g_master[1].g_queue.u_queue.head_q ;
  (* hierconn *) logic [1:0]   \u_dut.g_master[1].g_queue.u_queue.tail_q ;
  logic [3:0] f_owners, held, taken;
  assign f_owners = \u_dut.u_owners.tail_q - \u_dut.u_owners.head_q ;
  assign held     = \u_dut.held ;
  assign taken    = \u_dut.taken ;

  initial assume (!rst_ni);
  qn_stream_check #(.Width(36), .Assume(1'b0)) u_req (.clk_i, .rst_ni, .valid_i(req_valid), .ready_i(req_ready_i), .data_i({req_we, req_addr, req_len}));
  genvar g;
  generate
    for (g = 0; g < 4; g = g + 1) begin : g_in
      qn_stream_check #(.Width(36), .Assume(1'b1)) u_in (
        .clk_i, .rst_ni, .valid_i(valid_i[g]), .ready_i(ready[g]), .data_i({we_i[g], addr_i[30*g +: 30], len_i[5*g +: 5]}));
      // What a queue offers stands, by qn_queue's proof
      qn_stream_check #(.Width(36), .Assume(1'b1)) u_held (
        .clk_i, .rst_ni, .valid_i(held[g]), .ready_i(taken[g]), .data_i(\u_dut.req [72*g + 36 +: 36]));
    end
  endgenerate

  // What was taken from master 1 and has not reached memory
  logic [1:0] f_here_q;
  always_ff @(posedge clk_i)
    f_here_q <= rst_ni ? f_here_q + {1'b0, valid_i[1] && ready[1]} - {1'b0, req_valid && req_ready_i && \u_dut.who_q == 2'd1} : 2'd0;

  // One master of the four, how many others were served since its request came to wait, and how far ahead of whose turn it is it stands
  (* anyconst *) logic [1:0] f_who;
  logic [2:0] f_passed_q;
  logic [1:0] f_far;
  always_ff @(posedge clk_i) begin
    if (!rst_ni || !held[f_who] || taken[f_who]) f_passed_q <= 3'd0;
    else if (taken != 4'd0)                      f_passed_q <= f_passed_q + 3'd1;
  end
  assign f_far = f_who - \u_dut.who_q ;

  integer k;
  always @(posedge clk_i) if (rst_ni) begin
    for (k = 0; k < 4; k = k + 1) begin
      if (valid_i[k]) assume (len_i[5*k +: 5] >= 5'd1 && len_i[5*k +: 5] <= 5'd16);
    end
    if (rsp_valid_i) assume (f_owners != 4'd0);
    assert ((taken & (taken - 4'd1)) == 4'd0 && (taken & ~held) == 4'd0);
    assert ((taken != 4'd0) == (req_valid && req_ready_i));
    if (req_valid && \u_dut.who_q == f_who) assert ({req_we, req_addr, req_len} == \u_dut.req [72*f_who + 36 +: 36]);
    if (taken[f_who]) assert (\u_dut.who_q == f_who);
    assert (ready[0] == taken[0] && held[0] == valid_i[0]);
    assert ((rsp[3:1] & (rsp[3:1] - 3'd1)) == 3'd0);
    assert (\u_dut.turn_q == 4'd1 << \u_dut.who_q );
    assert (busy[1] == (f_here_q != 2'd0) && f_here_q <= 2'd2);
    assert (f_here_q == \u_dut.g_master[1].g_queue.u_queue.tail_q - \u_dut.g_master[1].g_queue.u_queue.head_q );
    assert (f_owners <= 4'd8);
    // The list of owners is never full when a read is taken
    assert (\u_dut.reads_q == f_owners && !(\u_dut.room_q && f_owners == 4'd8));
    if (held[f_who]) assert (f_passed_q <= 3'd3 && f_passed_q + f_far <= 3'd3);
    cover (taken[f_who] && f_passed_q == 3'd3);
    cover (taken == 4'd1 && held == 4'd15);
    cover (f_owners == 4'd8);
  end

endmodule

`default_nettype wire
