// SPDX-License-Identifier: Apache-2.0
// qn_mem_arb: the core's one memory port, shared by the program loader, the store unit and the load unit, in that order of priority.
// A master's request that is accepted in one clock stands on the port from the next, if the port is free then. A read is accepted when nothing
// stands there; a write may also wait behind one request. So whether a master is accepted never depends on memory in the same clock, and no
// write waits for two bursts. Requests reach memory in the order in which they were accepted.
// Answers are registered once and go to the master that asked: a read of one master waits until every line of the other has come (a clock
// longer), so no list of owners is kept.
// flush_i (core reset) drops answers instead; idle_o says that the port is quiet, and is what a reset waits for.

`default_nettype none

module qn_mem_arb #(
  parameter int Planes = 1                 // words of a line; addresses and lengths count lines
) (
  input  logic        clk_i,
  input  logic        rst_ni,              // power-on reset, not the core's: what is under way must be waited for
  input  logic        flush_i,
  output logic        idle_o,              // nothing offered, no answer awaited

  input  logic        prog_valid_i,        // program loader: reads
  output logic        prog_ready_o,
  input  logic [29:0] prog_addr_i,
  input  logic [4:0]  prog_len_i,
  output logic        prog_rsp_valid_o,

  input  logic        store_valid_i,       // store unit: writes of one word's bytes
  output logic        store_ready_o,
  input  logic [29:0] store_addr_i,
  input  logic [32*Planes-1:0] store_wdata_i,
  input  logic [4*Planes-1:0]  store_wstrb_i,
  input  logic [1:0]  store_kind_i,

  input  logic        load_valid_i,        // load unit: reads
  output logic        load_ready_o,
  input  logic [29:0] load_addr_i,
  input  logic [4:0]  load_len_i,
  input  logic [1:0]  load_kind_i,
  output logic        load_rsp_valid_o,

  output logic        req_valid_o,         // memory port
  input  logic        req_ready_i,
  output logic        req_we_o,
  output logic [29:0] req_addr_o,
  output logic [4:0]  req_len_o,
  output logic [32*Planes-1:0] req_wdata_o,
  output logic [4*Planes-1:0]  req_wstrb_o,
  output logic [1:0]  req_kind_o,          // for the counters
  input  logic        rsp_valid_i,
  input  logic [32*Planes-1:0] rsp_data_i,
  output logic [32*Planes-1:0] rsp_data_o  // with prog_rsp_valid_o and load_rsp_valid_o
);

  localparam int WRITE_W = 32 + 36 * Planes;
  localparam int REQ_W   = 6 + WRITE_W;

  logic        room, empty;                // a write, a read can be taken in this clock
  logic        owner_prog_q;               // whose answers are awaited
  logic [15:0] awaited_q;                  // lines asked for before the last clock and not yet here
  logic [4:0]  asked_q;                    // lines asked for in the last clock
  logic        none, none_q;               // no lines are awaited; were in the last clock, and none asked for
  logic        prog_may, load_may;         // no lines of the other are awaited
  logic        take_prog, take_store, take_load, take;
  logic        rsp_valid_q;
  logic        spare_full_q;               // a write waits behind the port's request

  assign room     = !spare_full_q && !flush_i;
  assign empty    = !req_valid_o && !flush_i;
  assign none     = awaited_q == 16'd0 && asked_q == 5'd0;
  assign prog_may = owner_prog_q || none_q;
  assign load_may = !owner_prog_q || none_q;

  assign prog_ready_o  = empty && prog_may;
  assign store_ready_o = room && !(prog_valid_i && prog_may);
  assign load_ready_o  = empty && load_may && !(prog_valid_i && prog_may) && !store_valid_i;
  assign take_prog     = prog_valid_i && prog_ready_o;
  assign take_store    = store_valid_i && store_ready_o;
  assign take_load     = load_valid_i && load_ready_o;

  assign take             = take_prog || take_store || take_load;

  assign prog_rsp_valid_o = rsp_valid_q && owner_prog_q && !flush_i;
  assign load_rsp_valid_o = rsp_valid_q && !owner_prog_q && !flush_i;
  assign idle_o           = !req_valid_o && !spare_full_q && none;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      owner_prog_q <= 1'b0;
      awaited_q    <= 16'd0;
      asked_q      <= 5'd0;
      none_q       <= 1'b0;
      rsp_valid_q  <= 1'b0;
    end else begin
      if (take_prog)      owner_prog_q <= 1'b1;
      else if (take_load) owner_prog_q <= 1'b0;
      asked_q     <= take_prog ? prog_len_i : take_load ? load_len_i : 5'd0;
      awaited_q   <= awaited_q + {11'd0, asked_q} - {15'd0, rsp_valid_q};
      none_q      <= none && !take_prog && !take_load;
      rsp_valid_q <= rsp_valid_i;
    end
  end
  always_ff @(posedge clk_i) rsp_data_o <= rsp_data_i;

  // The request on the port, and the write behind it. Payload: no reset, valid says when it means something
  logic               reload;
  logic [REQ_W-1:0]   request, port_q;
  logic [WRITE_W-1:0] write, write_q;      // the one that waits
  logic               read;

  assign write   = spare_full_q ? write_q : {store_kind_i, store_addr_i, store_wstrb_i, store_wdata_i};
  assign read    = take_prog || take_load;
  assign request = {!read, read ? {take_prog ? prog_len_i : load_len_i, take_prog ? 2'd3 : load_kind_i, take_prog ? prog_addr_i : load_addr_i}
                                : {5'd1, write[WRITE_W-1 -: 32]}, write[0 +: 36*Planes]};
  assign reload  = !req_valid_o || req_ready_i;
  assign {req_we_o, req_len_o, req_kind_o, req_addr_o, req_wstrb_o, req_wdata_o} = port_q;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      req_valid_o  <= 1'b0;
      spare_full_q <= 1'b0;
    end else if (reload) begin
      req_valid_o  <= take || spare_full_q;
      spare_full_q <= 1'b0;
    end else if (take) begin
      spare_full_q <= 1'b1;
    end
  end
  always_ff @(posedge clk_i) begin
    write_q <= write;
    if (reload) port_q <= request;
  end

endmodule

`default_nettype wire
