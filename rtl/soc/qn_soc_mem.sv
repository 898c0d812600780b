// SPDX-License-Identifier: Apache-2.0
// qn_soc_mem: the memory port shared by several masters of the core's kind. Master 0 is the core: its requests pass without a clock while nobody
// else waits. The others hand theirs over, in turn, to a slice of two, so that no path of theirs reaches the port or comes back from it in the same
// clock: such a master is told `ready` before memory has its request, and by busy_o when memory has all of them. What depends on a write waits for that.
// Core and slice have the port in turn. Both turns stand in registers and move to one who waits; so nobody starves, and a core that comes while the
// slice has the turn loses a clock. Answers go to their owners in the order of the requests, the core's at once, the others' a clock later: up to
// eight reads are under way.

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
  localparam int READS = 8;                // under way at most

  // The others' requests: whose turn it is to hand over, in a number and in one bit for each
  logic [MasterW-1:0]       who_q, next, tried;
  logic [Masters-1:0]       turn_q;
  logic [Masters-1:0]       asks;
  logic                     give, spare_valid_q, take, core_q;
  logic [REQ_W*Masters-1:0] req;           // of each master
  logic [REQ_W-1:0]         given;
  assign asks = {valid_i[Masters-1:1], 1'b0};
  assign give = (asks & turn_q) != '0 && !spare_valid_q;

  integer k;
  always @(*) begin
    next  = who_q;
    tried = who_q;
    for (k = Masters - 1; k > 0; k = k - 1) begin
      tried = who_q + k[MasterW-1:0];
      if (asks[tried]) next = tried;
    end
  end
  integer c;
  always @(*) begin
    given = '0;
    for (c = 1; c < Masters; c = c + 1) given = given | (req[REQ_W*c +: REQ_W] & {REQ_W{turn_q[c]}});
  end
  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      who_q  <= 1;
      turn_q <= 2;
    end else if (give || !asks[who_q]) begin
      who_q  <= next;
      turn_q <= {{(Masters-1){1'b0}}, 1'b1} << next;
    end
  end

  // The slice: the request in front and one behind it, each with its master's number and bit
  logic                     front_valid_q, front_take;
  logic [MasterW-1:0]       front_index_q, spare_index_q;
  logic [Masters-1:1]       front_who_q, spare_who_q;
  logic [REQ_W-1:0]         front_q, spare_q;
  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      front_valid_q <= 1'b0;
      spare_valid_q <= 1'b0;
    end else if (!front_valid_q || front_take) begin
      front_valid_q <= give || spare_valid_q;
      spare_valid_q <= 1'b0;
    end else if (give) begin
      spare_valid_q <= 1'b1;
    end
    if (!spare_valid_q) {spare_index_q, spare_who_q, spare_q} <= {who_q, turn_q[Masters-1:1], given};
    if (!front_valid_q || front_take)
      {front_index_q, front_who_q, front_q} <= spare_valid_q ? {spare_index_q, spare_who_q, spare_q} : {who_q, turn_q[Masters-1:1], given};
  end

  genvar m;
  generate
    for (m = 0; m < Masters; m = m + 1) begin : g_master
      assign req[REQ_W*m +: REQ_W] = {we_i[m], addr_i[30*m +: 30], len_i[5*m +: 5], wdata_i[32*m +: 32], wstrb_i[4*m +: 4]};
      if (m == 0) begin : g_core
        assign ready_o[m] = take && core_q;
        assign busy_o[m]  = valid_i[m];
      end else begin : g_other
        assign ready_o[m] = turn_q[m] && !spare_valid_q;
        assign busy_o[m]  = (front_valid_q && front_who_q[m]) || (spare_valid_q && spare_who_q[m]);
      end
    end
  endgenerate

  // The port: the core's turn, else the slice's
  logic room_q;                            // one more read may be asked for
  assign {req_we_o, req_addr_o, req_len_o, req_wdata_o, req_wstrb_o} = core_q ? req[REQ_W-1:0] : front_q;
  assign req_valid_o = (core_q ? valid_i[0] : front_valid_q) && (req_we_o || room_q);
  assign take        = req_valid_o && req_ready_i;
  assign front_take  = take && !core_q;
  always_ff @(posedge clk_i) begin
    if (!rst_ni) core_q <= 1'b1;
    else if (take || !(core_q ? valid_i[0] : front_valid_q)) core_q <= core_q ? !front_valid_q : valid_i[0] || !front_valid_q;
  end

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
    /* verilator lint_on PINCONNECTEMPTY */ .in_data_i({core_q ? {MasterW{1'b0}} : front_index_q, req_len_o}),
    .out_valid_o(owner_valid), .out_ready_i(owner_ready), .out_data_o(owner));
  assign owner_ready = rsp_valid_i && got_q + 5'd1 == owner[4:0];
  assign mine        = rsp_valid_i && owner_valid ? {{(Masters-1){1'b0}}, 1'b1} << owner[5 +: MasterW] : {Masters{1'b0}};
  assign rsp_valid_o = {late_q, mine[0]};

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      got_q   <= 5'd0;
      late_q  <= '0;
      reads_q <= 4'd0;
      room_q  <= 1'b0;
    end else begin
      if (rsp_valid_i) got_q <= owner_ready ? 5'd0 : got_q + 5'd1;
      late_q  <= mine[Masters-1:1];
      reads_q <= reads_q + {3'd0, read} - {3'd0, owner_ready};
      room_q  <= reads_q < READS[3:0] - 4'd1 || (room_q && !read);   // what is offered stays offered
    end
    rsp_data_o <= rsp_data_i;
  end

endmodule

`default_nettype wire
