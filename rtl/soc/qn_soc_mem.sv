// SPDX-License-Identifier: Apache-2.0
// qn_soc_mem: the memory port shared by several masters of the core's kind. A request passes without a clock; one that was offered stays
// until it is taken. Whoever was served last comes last, so nobody starves. Answers go to their owners in the order of the requests: up to
// eight reads are under way.

`default_nettype none

module qn_soc_mem #(
  parameter int Masters = 4,
  parameter MasterW = $clog2(Masters)
) (
  input  logic                  clk_i,
  input  logic                  rst_ni,

  input  logic [Masters-1:0]    valid_i,
  output logic [Masters-1:0]    ready_o,
  input  logic [Masters-1:0]    we_i,
  input  logic [30*Masters-1:0] addr_i,
  input  logic [5*Masters-1:0]  len_i,
  input  logic [32*Masters-1:0] wdata_i,
  input  logic [4*Masters-1:0]  wstrb_i,
  output logic [Masters-1:0]    rsp_valid_o,

  output logic                  req_valid_o,
  input  logic                  req_ready_i,
  output logic                  req_we_o,
  output logic [29:0]           req_addr_o,
  output logic [4:0]            req_len_o,
  output logic [31:0]           req_wdata_o,
  output logic [3:0]            req_wstrb_o,
  input  logic                  rsp_valid_i
);

  localparam OWNER_W = MasterW + 5;

  logic [MasterW-1:0] last_q, who, next, tried; // served last; chosen; first in turn
  logic               held_q;              // the choice of the last clock stands
  logic [MasterW-1:0] held_who_q;
  logic               owner_valid, owner_ready, owner_room, take;
  logic [OWNER_W-1:0] owner;               // of the next answer: master, words left with it
  logic [4:0]         got_q;               // words of that read that came

  integer k;
  always @(*) begin
    next  = last_q;
    tried = last_q;
    for (k = Masters; k > 0; k = k - 1) begin
      tried = last_q + k[MasterW-1:0];
      if (valid_i[tried]) next = tried;
    end
  end
  assign who = held_q ? held_who_q : next;

  integer m;
  always @(*) begin
    req_we_o    = we_i[0];
    req_addr_o  = addr_i[29:0];
    req_len_o   = len_i[4:0];
    req_wdata_o = wdata_i[31:0];
    req_wstrb_o = wstrb_i[3:0];
    for (m = 1; m < Masters; m = m + 1)
      if (who == m[MasterW-1:0]) begin
        req_we_o    = we_i[m];
        req_addr_o  = addr_i[30*m +: 30];
        req_len_o   = len_i[5*m +: 5];
        req_wdata_o = wdata_i[32*m +: 32];
        req_wstrb_o = wstrb_i[4*m +: 4];
      end
  end
  assign req_valid_o = valid_i[who] && (req_we_o || owner_room);
  assign take        = req_valid_o && req_ready_i;
  assign ready_o     = take ? {{(Masters-1){1'b0}}, 1'b1} << who : {Masters{1'b0}};

  qn_queue #(.Width(OWNER_W), .Depth(8)) u_owners (
    .clk_i, .rst_ni, .in_valid_i(take && !req_we_o), .in_ready_o(owner_room), .in_data_i({who, req_len_o}),
    .out_valid_o(owner_valid), .out_ready_i(owner_ready), .out_data_o(owner));
  assign owner_ready = rsp_valid_i && got_q + 5'd1 == owner[4:0];
  assign rsp_valid_o = rsp_valid_i && owner_valid ? {{(Masters-1){1'b0}}, 1'b1} << owner[5 +: MasterW] : {Masters{1'b0}};

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      last_q <= '0;
      held_q <= 1'b0;
      got_q  <= 5'd0;
    end else begin
      held_q <= valid_i[who] && !take;
      if (take)        last_q <= who;
      if (rsp_valid_i) got_q  <= owner_ready ? 5'd0 : got_q + 5'd1;
    end
    held_who_q <= who;
  end

endmodule

`default_nettype wire
