// SPDX-License-Identifier: Apache-2.0
// qn_soc_mem: one request at a time, a master's own, whole and unchanged until it is taken; requests of the others reach memory in the order in which
// they were handed over, each once; busy as long as one that was taken from a master has not reached memory (of master 1). One that waits to be handed
// over is passed by three of other masters at most; core and slice pass each other once at most. (Whose the answers are, that and the bench of the whole
// system.)
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
  (* hierconn *) logic [3:1]   \u_dut.front_who_q , \u_dut.spare_who_q ;
  (* hierconn *) logic [1:0]   \u_dut.front_index_q , \u_dut.spare_index_q ;
  (* hierconn *) logic         \u_dut.front_valid_q , \u_dut.spare_valid_q , \u_dut.core_q ;
  (* hierconn *) logic [71:0]  \u_dut.front_q , \u_dut.spare_q ;
  (* hierconn *) logic [3:0]   \u_dut.reads_q ;
  (* hierconn *) logic         \u_dut.room_q ;
  (* hierconn *) logic [3:0]   \u_dut.u_owners.head_q ;
  (* hierconn *) logic [3:0]   \u_dut.u_owners.tail_q ;
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

  // What was taken from master 1 and has not reached memory
  logic       f_core, f_slice;             // memory takes the core's, the slice's
  logic [3:0] f_gave;                      // handed over
  logic [1:0] f_here_q;
  assign f_core  = req_valid && req_ready_i && \u_dut.core_q ;
  assign f_slice = req_valid && req_ready_i && !\u_dut.core_q ;
  assign f_gave  = valid_i & ready & 4'b1110;
  always_ff @(posedge clk_i)
    f_here_q <= rst_ni ? f_here_q + {1'b0, f_gave[1]} - {1'b0, f_slice && \u_dut.front_who_q [1]} : 2'd0;

  // What was handed over, one tagged request: in which order, what it was
  (* anyconst *) logic [7:0] f_pick;
  logic [7:0]  f_in_q, f_out_q;
  logic [3:1]  f_tag_who_q;
  logic [35:0] f_tag_q, f_asked;
  integer w;
  always @(*) begin
    f_asked = 36'd0;
    for (w = 1; w < 4; w = w + 1)
      if (f_gave[w]) f_asked = f_asked | {we_i[w], addr_i[30*w +: 30], len_i[5*w +: 5]};
  end
  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      f_in_q     <= 8'd0;
      f_out_q    <= 8'd0;
    end else begin
      f_in_q  <= f_in_q + {7'd0, f_gave != 4'd0};
      f_out_q <= f_out_q + {7'd0, f_slice};
    end
    if (f_gave != 4'd0 && f_in_q == f_pick) begin
      f_tag_who_q <= f_gave[3:1];
      f_tag_q     <= f_asked;
    end
  end
  logic [7:0] f_held, f_ahead;
  assign f_held  = f_in_q - f_out_q;
  assign f_ahead = f_pick - f_out_q;       // it is here if less than f_held

  // One master of the others, how many were handed over since it offers, and how far ahead of whose turn it is it stands
  (* anyconst *) logic [1:0] f_who;
  logic [2:0] f_passed_q;
  logic [1:0] f_far;
  logic       f_core_passed_q, f_slice_passed_q;
  always_ff @(posedge clk_i) begin
    if (!rst_ni || !valid_i[f_who] || f_gave[f_who]) f_passed_q <= 3'd0;
    else if (f_gave != 4'd0)                         f_passed_q <= f_passed_q + 3'd1;
    f_core_passed_q  <= rst_ni && valid_i[0] && !f_core && (f_core_passed_q || f_slice);
    f_slice_passed_q <= rst_ni && \u_dut.front_valid_q && !f_slice && (f_slice_passed_q || f_core);
  end
  assign f_far = f_who - \u_dut.who_q ;

  integer k;
  always @(posedge clk_i) if (rst_ni) begin
    for (k = 0; k < 4; k = k + 1) begin
      if (valid_i[k]) assume (len_i[5*k +: 5] >= 5'd1 && len_i[5*k +: 5] <= 5'd16);
    end
    if (rsp_valid_i) assume (f_owners != 4'd0);
    // The core's own, or what was handed over, in order
    assert ((f_gave & (f_gave - 4'd1)) == 4'd0 && ready[0] == f_core);
    if (f_core) assert (valid_i[0] && {req_we, req_addr, req_len} == {we_i[0], addr_i[29:0], len_i[4:0]});
    if (f_slice) assert (f_held != 8'd0);
    if (f_slice && f_ahead == 8'd0 && f_held != 8'd0) assert ({req_we, req_addr, req_len} == f_tag_q && \u_dut.front_who_q == f_tag_who_q);
    assert (f_held == {7'd0, \u_dut.front_valid_q } + {7'd0, \u_dut.spare_valid_q } && (\u_dut.front_valid_q || !\u_dut.spare_valid_q ));
    if (f_ahead < f_held && f_ahead == 8'd0) assert (\u_dut.front_q [71:36] == f_tag_q && \u_dut.front_who_q == f_tag_who_q);
    if (f_ahead < f_held && f_ahead == 8'd1) assert (\u_dut.spare_q [71:36] == f_tag_q && \u_dut.spare_who_q == f_tag_who_q);
    assert ((rsp[3:1] & (rsp[3:1] - 3'd1)) == 3'd0);
    assert (\u_dut.turn_q == 4'd1 << \u_dut.who_q && \u_dut.who_q != 2'd0);
    if (\u_dut.front_valid_q ) assert ({\u_dut.front_who_q , 1'b0} == 4'd1 << \u_dut.front_index_q );
    if (\u_dut.spare_valid_q ) assert ({\u_dut.spare_who_q , 1'b0} == 4'd1 << \u_dut.spare_index_q );
    assert (busy[1] == (f_here_q != 2'd0) && f_here_q <= 2'd2);
    assert (f_here_q == {1'b0, \u_dut.front_valid_q && \u_dut.front_who_q [1]} + {1'b0, \u_dut.spare_valid_q && \u_dut.spare_who_q [1]});
    assert (f_owners <= 4'd8);
    // The list of owners is never full when a read is taken
    assert (\u_dut.reads_q == f_owners && !(\u_dut.room_q && f_owners == 4'd8));
    // Nobody waits for ever
    if (f_who != 2'd0 && valid_i[f_who]) assert (f_passed_q <= 3'd3 && f_passed_q + f_far <= 3'd3);
    if (f_core_passed_q)  assert (\u_dut.core_q && !f_slice);
    if (f_slice_passed_q) assert (!\u_dut.core_q && !f_core);
    cover (f_who != 2'd0 && f_gave[f_who] && f_passed_q == 3'd2);
    cover (f_core && f_core_passed_q && \u_dut.spare_valid_q );
    cover (f_slice && f_slice_passed_q && f_ahead == 8'd0 && f_held == 8'd2);
    cover (f_owners == 4'd8);
  end

endmodule

`default_nettype wire
