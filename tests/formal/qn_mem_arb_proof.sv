// SPDX-License-Identifier: Apache-2.0
// qn_mem_arb: one grant a clock, in the order of priority, whenever the port is empty, a write also behind one request; they stand on the port in the order of the
// grants, each from the next clock on if the port is free, unchanged until memory takes it; every word that memory answers goes to the
// master whose word it is, a clock later, and to nobody while the core is reset.
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
  input logic        rsp_valid_i,
  input logic [31:0] rsp_data_i
);

  logic        idle, prog_ready, prog_rsp, store_ready, load_ready, load_rsp, req_valid, req_we;
  logic [29:0] req_addr;
  logic [4:0]  req_len;
  logic [31:0] req_wdata;
  logic [3:0]  req_wstrb;
  logic [1:0]  req_kind;
  logic [31:0] rsp_data;
  qn_mem_arb u_dut (
    .clk_i, .rst_ni, .flush_i, .idle_o(idle),
    .prog_valid_i, .prog_ready_o(prog_ready), .prog_addr_i, .prog_len_i, .prog_rsp_valid_o(prog_rsp),
    .store_valid_i, .store_ready_o(store_ready), .store_addr_i, .store_wdata_i, .store_wstrb_i, .store_kind_i,
    .load_valid_i, .load_ready_o(load_ready), .load_addr_i, .load_len_i, .load_kind_i, .load_rsp_valid_o(load_rsp),
    .req_valid_o(req_valid), .req_ready_i, .req_we_o(req_we), .req_addr_o(req_addr), .req_len_o(req_len),
    .req_wdata_o(req_wdata), .req_wstrb_o(req_wstrb), .req_kind_o(req_kind), .rsp_valid_i, .rsp_data_i, .rsp_data_o(rsp_data));
  (* hierconn *) logic [15:0] \u_dut.awaited_q ;
  (* hierconn *) logic [4:0]  \u_dut.asked_q ;
  (* hierconn *) logic        \u_dut.owner_prog_q , \u_dut.none_q , \u_dut.rsp_valid_q , \u_dut.spare_full_q ;
  (* hierconn *) logic [67:0] \u_dut.write_q ;

  initial assume (!rst_ni);
  qn_stream_check #(.Width(74), .Assume(1'b0)) u_req (
    .clk_i, .rst_ni, .valid_i(req_valid), .ready_i(req_ready_i), .data_i({req_we, req_addr, req_len, req_wdata, req_wstrb, req_kind}));

  logic f_prog, f_store, f_load, f_took;   // granted; memory takes a request
  assign f_prog  = prog_valid_i && prog_ready;
  assign f_store = store_valid_i && store_ready;
  assign f_load  = load_valid_i && load_ready;
  assign f_took  = req_valid && req_ready_i;

  // Words that each master has asked for and not got, and words that memory has been asked for and has not given
  logic [15:0] f_prog_q, f_load_q, f_mem_q;
  // Granted and not yet taken by memory: up to two, the first stands on the port
  logic [1:0]  f_held_q;
  logic [73:0] f_first_q, f_second_q, f_granted;
  logic        f_none_q, f_rsp_q;          // in the last clock: no words were awaited and none asked for; a word came
  logic [31:0] f_rsp_data_q;
  assign f_granted = {f_store, f_prog ? prog_len_i : f_load ? load_len_i : 5'd1, f_prog ? 2'd3 : f_load ? load_kind_i : store_kind_i,
                      f_prog ? prog_addr_i : f_load ? load_addr_i : store_addr_i, store_wstrb_i, store_wdata_i};
  always @(posedge clk_i) begin
    f_rsp_data_q <= rsp_data_i;
    f_rsp_q      <= rst_ni && rsp_valid_i;
    f_none_q     <= rst_ni && f_prog_q == 16'd0 && f_load_q == 16'd0 && !f_prog && !f_load;
    f_held_q     <= !rst_ni ? 2'd0 : f_held_q + {1'b0, f_prog || f_store || f_load} - {1'b0, f_took};
    if (f_took)                        f_first_q <= f_held_q == 2'd2 ? f_second_q : f_granted;
    else if (f_held_q == 2'd0)         f_first_q <= f_granted;
    if (f_held_q == 2'd1)              f_second_q <= f_granted;
    if (!rst_ni) begin
      f_prog_q <= 16'd0;
      f_load_q <= 16'd0;
      f_mem_q  <= 16'd0;
    end else begin
      f_prog_q <= f_prog_q + (f_prog ? {11'd0, prog_len_i} : 16'd0) - (f_rsp_q && f_prog_q != 16'd0 ? 16'd1 : 16'd0);
      f_load_q <= f_load_q + (f_load ? {11'd0, load_len_i} : 16'd0) - (f_rsp_q && f_prog_q == 16'd0 ? 16'd1 : 16'd0);
      f_mem_q  <= f_mem_q + (f_took && !req_we ? {11'd0, req_len} : 16'd0) - {15'd0, rsp_valid_i};
      assume (prog_len_i >= 5'd1 && prog_len_i <= 5'd16 && load_len_i >= 5'd1 && load_len_i <= 5'd16);
      assume (f_prog_q < 16'h4000 && f_load_q < 16'h4000);
      if (rsp_valid_i) assume (f_mem_q != 16'd0);

      // One grant, in order of priority, and no clock lost
      assert (!(f_prog && f_store) && !(f_prog && f_load) && !(f_store && f_load));
      if (f_store || f_load) assert (!prog_valid_i || f_load_q != 16'd0 || !f_none_q);
      if (f_load) assert (!store_valid_i);
      if (store_valid_i && !flush_i && f_held_q != 2'd2) assert (f_store || prog_valid_i);
      if (load_valid_i && !flush_i && f_held_q == 2'd0 && f_none_q) assert (f_load || f_prog || f_store);
      if (load_valid_i && !flush_i && f_held_q == 2'd0 && f_load_q != 16'd0) assert (f_load || f_store);
      if (prog_valid_i && !flush_i && f_held_q == 2'd0 && (f_none_q || f_prog_q != 16'd0)) assert (f_prog);
      if (flush_i) assert (!f_prog && !f_store && !f_load && !prog_rsp && !load_rsp);
      // Requests in their order
      assert (f_held_q <= 2'd2 && req_valid == (f_held_q != 2'd0));
      if (req_valid) assert ({req_we, req_len, req_kind, req_addr, req_wstrb, req_wdata} == f_first_q);

      // The words under way are all of one master, and it gets them
      assert (f_prog_q == 16'd0 || f_load_q == 16'd0);
      if (f_rsp_q && !flush_i) assert (prog_rsp == (f_prog_q != 16'd0) && load_rsp == (f_load_q != 16'd0) && rsp_data == f_rsp_data_q);
      if (!f_rsp_q) assert (!prog_rsp && !load_rsp);
      assert (idle == (!req_valid && f_prog_q == 16'd0 && f_load_q == 16'd0));

      assert (f_mem_q <= 16'h8000);
      // What induction needs
      assert (\u_dut.awaited_q + {11'd0, \u_dut.asked_q } == f_prog_q + f_load_q && \u_dut.asked_q <= 5'd16 && \u_dut.awaited_q < 16'h8000);
      assert (\u_dut.none_q == f_none_q && \u_dut.rsp_valid_q == f_rsp_q && \u_dut.spare_full_q == (f_held_q == 2'd2));
      if (f_held_q == 2'd2) assert ({1'b1, 5'd1, \u_dut.write_q } == f_second_q);
      if (f_none_q) assert (f_prog_q == 16'd0 && f_load_q == 16'd0);
      if (f_prog_q != 16'd0) assert (\u_dut.owner_prog_q );
      if (f_load_q != 16'd0) assert (!\u_dut.owner_prog_q );
      assert (f_prog_q + f_load_q == f_mem_q + {15'd0, f_rsp_q} + (req_valid && !req_we ? {11'd0, req_len} : 16'd0));
      if (req_valid) assert (req_len >= 5'd1 && req_len <= 5'd16);
      if (req_valid && req_we) assert (req_len == 5'd1);

      cover (f_prog && load_rsp == 1'b0 && load_valid_i && store_valid_i);
      cover (load_rsp && f_load_q == 16'd1 && prog_valid_i && !prog_ready);
      cover (prog_rsp && f_prog_q == 16'd17);
      cover (f_store && req_valid && f_load_q != 16'd0);
      cover (f_held_q == 2'd2 && f_took);
      cover (flush_i && rsp_valid_i && f_mem_q == 16'd1 && !req_valid);
    end
  end

endmodule

`default_nettype wire
