// SPDX-License-Identifier: Apache-2.0
// qn_mem_arb: one grant a clock, in the order of priority; what is granted stands on the port from the next clock, unchanged until
// memory takes it; every word that memory answers goes to the master whose word it is, and to nobody while the core is reset.
// Memory answers only what it was asked for. At most 2^15 words are awaited (the masters' own credits are far below that).

`default_nettype none

module qn_mem_arb_proof (
  input logic        clk_i,
  input logic        rst_ni,
  input logic        flush_i,
  input logic        prog_valid_i,
  input logic [29:0] prog_addr_i,
  input logic [4:0]  prog_len_i,
  input logic        store_valid_i,
  input logic [29:0] store_addr_i,
  input logic [31:0] store_wdata_i,
  input logic [3:0]  store_wstrb_i,
  input logic [1:0]  store_kind_i,
  input logic        load_valid_i,
  input logic [29:0] load_addr_i,
  input logic [4:0]  load_len_i,
  input logic [1:0]  load_kind_i,
  input logic        req_ready_i,
  input logic        rsp_valid_i
);

  logic        idle, prog_ready, prog_rsp, store_ready, load_ready, load_rsp, req_valid, req_we;
  logic [29:0] req_addr;
  logic [4:0]  req_len;
  logic [31:0] req_wdata;
  logic [3:0]  req_wstrb;
  logic [1:0]  req_kind;
  qn_mem_arb u_dut (
    .clk_i, .rst_ni, .flush_i, .idle_o(idle),
    .prog_valid_i, .prog_ready_o(prog_ready), .prog_addr_i, .prog_len_i, .prog_rsp_valid_o(prog_rsp),
    .store_valid_i, .store_ready_o(store_ready), .store_addr_i, .store_wdata_i, .store_wstrb_i, .store_kind_i,
    .load_valid_i, .load_ready_o(load_ready), .load_addr_i, .load_len_i, .load_kind_i, .load_rsp_valid_o(load_rsp),
    .req_valid_o(req_valid), .req_ready_i, .req_we_o(req_we), .req_addr_o(req_addr), .req_len_o(req_len),
    .req_wdata_o(req_wdata), .req_wstrb_o(req_wstrb), .req_kind_o(req_kind), .rsp_valid_i);
  (* hierconn *) logic [15:0] \u_dut.awaited_q ;
  (* hierconn *) logic        \u_dut.owner_prog_q ;

  initial assume (!rst_ni);
  qn_stream_check #(.Width(74), .Assume(1'b0)) u_req (
    .clk_i, .rst_ni, .valid_i(req_valid), .ready_i(req_ready_i), .data_i({req_we, req_addr, req_len, req_wdata, req_wstrb, req_kind}));

  logic f_prog, f_store, f_load;           // granted
  assign f_prog  = prog_valid_i && prog_ready;
  assign f_store = store_valid_i && store_ready;
  assign f_load  = load_valid_i && load_ready;

  // Words that each master has asked for and not got, and words that memory has been asked for and has not given
  logic [15:0] f_prog_q, f_load_q, f_mem_q;
  logic        f_granted_q, f_we_q;
  logic [29:0] f_addr_q;
  logic [4:0]  f_len_q;
  logic [31:0] f_wdata_q;
  logic [3:0]  f_wstrb_q;
  logic [1:0]  f_kind_q;
  always @(posedge clk_i) begin
    f_granted_q <= rst_ni && (f_prog || f_store || f_load);
    f_we_q      <= f_store;
    f_addr_q    <= f_prog ? prog_addr_i : f_load ? load_addr_i : store_addr_i;
    f_len_q     <= f_prog ? prog_len_i : f_load ? load_len_i : 5'd1;
    f_wdata_q   <= store_wdata_i;
    f_wstrb_q   <= store_wstrb_i;
    f_kind_q    <= f_prog ? 2'd3 : f_load ? load_kind_i : store_kind_i;
    if (!rst_ni) begin
      f_prog_q <= 16'd0;
      f_load_q <= 16'd0;
      f_mem_q  <= 16'd0;
    end else begin
      f_prog_q <= f_prog_q + (f_prog ? {11'd0, prog_len_i} : 16'd0) - (rsp_valid_i && f_prog_q != 16'd0 ? 16'd1 : 16'd0);
      f_load_q <= f_load_q + (f_load ? {11'd0, load_len_i} : 16'd0) - (rsp_valid_i && f_prog_q == 16'd0 ? 16'd1 : 16'd0);
      f_mem_q  <= f_mem_q + (req_valid && req_ready_i && !req_we ? {11'd0, req_len} : 16'd0) - {15'd0, rsp_valid_i};
      assume (prog_len_i >= 5'd1 && prog_len_i <= 5'd16 && load_len_i >= 5'd1 && load_len_i <= 5'd16);
      assume (f_prog_q < 16'h4000 && f_load_q < 16'h4000);
      if (rsp_valid_i) assume (f_mem_q != 16'd0);

      // One grant, in order of priority, and no clock lost
      assert (!(f_prog && f_store) && !(f_prog && f_load) && !(f_store && f_load));
      if (f_store || f_load) assert (!prog_valid_i || f_load_q != 16'd0);
      if (f_load) assert (!store_valid_i);
      if (store_valid_i && !flush_i && (!req_valid || req_ready_i)) assert (f_store || f_prog);
      if (load_valid_i && !flush_i && (!req_valid || req_ready_i) && f_prog_q == 16'd0) assert (f_load || f_prog || f_store);
      if (prog_valid_i && !flush_i && (!req_valid || req_ready_i) && f_load_q == 16'd0) assert (f_prog);
      if (flush_i) assert (!f_prog && !f_store && !f_load && !prog_rsp && !load_rsp);
      if (f_granted_q) assert (req_valid && req_we == f_we_q && req_addr == f_addr_q && req_len == f_len_q && req_kind == f_kind_q);
      if (f_granted_q && f_we_q) assert (req_wdata == f_wdata_q && req_wstrb == f_wstrb_q);

      // The words under way are all of one master, and it gets them
      assert (f_prog_q == 16'd0 || f_load_q == 16'd0);
      if (rsp_valid_i && !flush_i) assert (prog_rsp == (f_prog_q != 16'd0) && load_rsp == (f_load_q != 16'd0));
      if (!rsp_valid_i) assert (!prog_rsp && !load_rsp);
      assert (idle == (!req_valid && f_prog_q == 16'd0 && f_load_q == 16'd0));

      assert (f_mem_q <= 16'h8000);
      // What induction needs
      assert (\u_dut.awaited_q == f_prog_q + f_load_q);
      if (f_prog_q != 16'd0) assert (\u_dut.owner_prog_q );
      if (f_load_q != 16'd0) assert (!\u_dut.owner_prog_q );
      assert (f_prog_q + f_load_q == f_mem_q + (req_valid && !req_we ? {11'd0, req_len} : 16'd0));
      if (req_valid) assert (req_len >= 5'd1 && req_len <= 5'd16);
      if (req_valid && req_we) assert (req_len == 5'd1);

      cover (f_prog && load_rsp == 1'b0 && load_valid_i && store_valid_i);
      cover (load_rsp && f_load_q == 16'd1 && prog_valid_i && !prog_ready);
      cover (prog_rsp && f_prog_q == 16'd17);
      cover (f_store && req_valid && f_load_q != 16'd0);
      cover (flush_i && rsp_valid_i && f_mem_q == 16'd1 && !req_valid);
    end
  end

endmodule

`default_nettype wire
