// SPDX-License-Identifier: Apache-2.0
// qn_mem_arb: the core's one memory port, shared by the program loader, the store unit and the load unit, in that order of priority.
// A request is registered once: a master's request that is accepted in one clock stands on the port from the next, and requests reach
// memory in the order in which they were accepted. Answers pass without a clock to the master that asked: a read of one master
// waits until every line of the other has come, so no list of owners is kept.
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
  input  logic        rsp_valid_i
);

  logic        free;                       // the request register takes a request in this clock
  logic        owner_prog_q;               // whose answers are awaited
  logic [15:0] awaited_q;                  // lines asked for and not yet here
  logic        prog_may, load_may;         // no lines of the other are awaited
  logic        take_prog, take_store, take_load;

  assign free     = (!req_valid_o || req_ready_i) && !flush_i;
  assign prog_may = owner_prog_q || awaited_q == 16'd0;
  assign load_may = !owner_prog_q || awaited_q == 16'd0;

  assign prog_ready_o  = free && prog_may;
  assign store_ready_o = free && !(prog_valid_i && prog_may);
  assign load_ready_o  = free && load_may && !(prog_valid_i && prog_may) && !store_valid_i;
  assign take_prog     = prog_valid_i && prog_ready_o;
  assign take_store    = store_valid_i && store_ready_o;
  assign take_load     = load_valid_i && load_ready_o;

  assign prog_rsp_valid_o = rsp_valid_i && owner_prog_q && !flush_i;
  assign load_rsp_valid_o = rsp_valid_i && !owner_prog_q && !flush_i;
  assign idle_o           = !req_valid_o && awaited_q == 16'd0;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      req_valid_o  <= 1'b0;
      owner_prog_q <= 1'b0;
      awaited_q    <= 16'd0;
    end else begin
      if (take_prog || take_store || take_load) req_valid_o <= 1'b1;
      else if (req_ready_i)                     req_valid_o <= 1'b0;
      if (take_prog)      owner_prog_q <= 1'b1;
      else if (take_load) owner_prog_q <= 1'b0;
      awaited_q <= awaited_q + (take_prog ? {11'd0, prog_len_i} : 16'd0) + (take_load ? {11'd0, load_len_i} : 16'd0)
                   - {15'd0, rsp_valid_i};
    end
  end

  // Payload: no reset, valid says when it means something
  always_ff @(posedge clk_i) begin
    if (free) begin
      req_we_o    <= take_store;
      req_addr_o  <= take_prog ? prog_addr_i : take_store ? store_addr_i : load_addr_i;
      req_len_o   <= take_prog ? prog_len_i : take_store ? 5'd1 : load_len_i;
      req_wdata_o <= store_wdata_i;
      req_wstrb_o <= store_wstrb_i;
      req_kind_o  <= take_prog ? 2'd3 : take_store ? store_kind_i : load_kind_i;
    end
  end

endmodule

`default_nettype wire
