// SPDX-License-Identifier: Apache-2.0
// qn_soc_mem: the memory port shared by several masters of the core's kind. Master 0 is the core: its requests pass without a clock while nobody
// else waits. The others' go through queues of two, so that no path of theirs reaches the port or comes back from it in the same clock: such a
// master is told `ready` before memory has its request, and by busy_o when memory has all of them. What depends on a write waits for that.
// Whose turn it is stands in a register: the next one's who waits, in order, else the core's; so nobody starves, and a core that comes while another
// has the turn loses a clock. Answers go to their owners in the order of the requests, the core's at once, the others' a clock later: up to eight
// reads are under way.

`default_nettype none

module qn_soc_mem #(
  parameter int Masters = 4,               // a power of two
  parameter MasterW = $clog2(Masters)
) (
  input  logic                  clk_i,
  input  logic                  rst_ni,

  input  logic [Masters-1:0]    valid_i,
  output logic [Masters-1:0]    ready_o,
  output logic [Masters-1:0]    busy_o,    // requests are here that memory has not taken
  input  logic [Masters-1:0]    we_i,
  input  logic [30*Masters-1:0] addr_i,
  input  logic [5*Masters-1:0]  len_i,
  input  logic [32*Masters-1:0] wdata_i,
  input  logic [4*Masters-1:0]  wstrb_i,
  output logic [Masters-1:0]    rsp_valid_o,
  output logic [31:0]           rsp_data_o,  // of all but the core, which sees the memory's

  output logic                  req_valid_o,
  input  logic                  req_ready_i,
  output logic                  req_we_o,
  output logic [29:0]           req_addr_o,
  output logic [4:0]            req_len_o,
  output logic [31:0]           req_wdata_o,
  output logic [3:0]            req_wstrb_o,
  input  logic                  rsp_valid_i,
  input  logic [31:0]           rsp_data_i
);

  localparam OWNER_W = MasterW + 5;
  localparam REQ_W   = 72;                 // we, addr, len, wdata, wstrb
  localparam [MasterW-1:0] CORE = 0;

  localparam int READS = 8;                // under way at most

  // What waits, and whose turn it is
  logic [Masters-1:0]       held, taken;
  logic [REQ_W*Masters-1:0] req;
  logic [REQ_W-1:0]         chosen;
  logic [MasterW-1:0]       who_q, next, tried;
  logic [Masters-1:0]       turn_q;                // who_q, one bit for each
  logic                     take;
  logic                     room_q;                // one more read may be asked for

  genvar m;
  generate
    for (m = 0; m < Masters; m = m + 1) begin : g_master
      logic [REQ_W-1:0] asked;
      assign asked = {we_i[m], addr_i[30*m +: 30], len_i[5*m +: 5], wdata_i[32*m +: 32], wstrb_i[4*m +: 4]};
      if (m == 0) begin : g_core
        assign held[m]    = valid_i[m];
        assign ready_o[m] = taken[m];
        assign req[0 +: REQ_W] = asked;
      end else begin : g_queue
        qn_queue #(.Width(REQ_W), .Depth(2)) u_queue (
          .clk_i, .rst_ni, .in_valid_i(valid_i[m]), .in_ready_o(ready_o[m]), .in_data_i(asked),
          .out_valid_o(held[m]), .out_ready_i(taken[m]), .out_data_o(req[REQ_W*m +: REQ_W]));
      end
      assign taken[m]  = take && turn_q[m];
      assign busy_o[m] = held[m];
    end
  endgenerate

  integer k;
  always @(*) begin
    next  = held[who_q] ? who_q : CORE;    // one that was taken may have another behind it
    tried = who_q;
    for (k = Masters - 1; k > 0; k = k - 1) begin
      tried = who_q + k[MasterW-1:0];
      if (held[tried]) next = tried;
    end
  end

  integer c;
  always @(*) begin
    chosen = '0;
    for (c = 0; c < Masters; c = c + 1) chosen = chosen | (req[REQ_W*c +: REQ_W] & {REQ_W{turn_q[c]}});
  end

  assign {req_we_o, req_addr_o, req_len_o, req_wdata_o, req_wstrb_o} = chosen;
  assign req_valid_o = (held & turn_q) != '0 && (req_we_o || room_q);
  assign take        = req_valid_o && req_ready_i;

  // Whose the answers are
  logic               owner_valid, owner_ready, read;
  logic [3:0]         reads_q;             // under way
  logic [OWNER_W-1:0] owner;               // of the next answer: master, words left with it
  logic [4:0]         got_q;               // words of that read that came
  logic [Masters-1:0] mine;
  logic [Masters-1:1] late_q;
  assign read = take && !req_we_o;
  qn_queue #(.Width(OWNER_W), .Depth(READS)) u_owners (
    .clk_i, .rst_ni, .in_valid_i(read),
    /* verilator lint_off PINCONNECTEMPTY */ .in_ready_o(),   // room_q says so a clock earlier
    /* verilator lint_on PINCONNECTEMPTY */ .in_data_i({who_q, req_len_o}),
    .out_valid_o(owner_valid), .out_ready_i(owner_ready), .out_data_o(owner));
  assign owner_ready = rsp_valid_i && got_q + 5'd1 == owner[4:0];
  assign mine        = rsp_valid_i && owner_valid ? {{(Masters-1){1'b0}}, 1'b1} << owner[5 +: MasterW] : {Masters{1'b0}};
  assign rsp_valid_o = {late_q, mine[0]};

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      who_q   <= CORE;
      turn_q  <= 1;
      got_q   <= 5'd0;
      late_q  <= '0;
      reads_q <= 4'd0;
      room_q  <= 1'b0;
    end else begin
      if (take || !held[who_q]) begin
        who_q  <= next;
        turn_q <= {{(Masters-1){1'b0}}, 1'b1} << next;
      end
      if (rsp_valid_i) got_q <= owner_ready ? 5'd0 : got_q + 5'd1;
      late_q  <= mine[Masters-1:1];
      reads_q <= reads_q + {3'd0, read} - {3'd0, owner_ready};
      room_q  <= reads_q < READS[3:0] - 4'd1 || (room_q && !read);   // what is offered stays offered
    end
    rsp_data_o <= rsp_data_i;
  end

endmodule

`default_nettype wire
