// SPDX-License-Identifier: Apache-2.0
// qn_dequant's queue of second slots never overflows, is never read empty, and never holds more than a few: what qn_matrix deals it (below)
// leaves the adder free every other clock at least. A second slot leaves the queue when its first slot's sum has been written, not before.
//
// Relied upon: a second slot comes in the clock after its first one; first slots of finished blocks come in adjacent clocks only
// while no second slot is in the pipeline or the queue (qn_matrix: an instruction without them waits, matrix_flow_proof).

`default_nettype none

module qn_dequant_proof #(
  parameter int Units = 2,
  parameter int AddrW = 4
) (
  input logic             clk_i,
  input logic             rst_ni,
  input logic             valid_i,
  input logic [Units-1:0] mask_i,
  input logic             second_i,
  input logic             first_i,
  input logic             last_i,
  input logic             zero_i,
  input logic             done_i,
  input logic [AddrW-1:0] addr_i
);

  localparam int MulLat = qn_isa_pkg::LAT_FMUL > 3 ? qn_isa_pkg::LAT_FMUL : 3;
  localparam int F      = MulLat + qn_isa_pkg::LAT_IMUL - 2;
  localparam int Back   = qn_isa_pkg::LAT_FADD + 2;
  localparam int Ready  = qn_isa_pkg::LAT_FADD + 1;
  localparam int CtlW   = AddrW + Units + 6;

  logic done, busy;
  qn_dequant #(.Units(Units), .AddrW(AddrW)) u_dut (
    .clk_i, .rst_ni, .next_i('0), .valid_i, .mask_i, .second_i, .first_i, .last_i, .zero_i, .done_i, .addr_i,
    .plain_i(1'b0), .sc_lo_i('0), .sc_hi_i('0), .mn_lo_i('0), .mn_hi_i('0), .halves_i(1'b0), .head_i('0), .lo_i('0), .hi_i('0), .asum_i('0), .scale_i('0),
    .done_o(done), .busy_o(busy), .acc_re_i(1'b0), .acc_addr_i('0), .acc_data_o());
  (* hierconn *) logic [F:1]           \u_dut.valid_q ;
  (* hierconn *) logic [CtlW*F-1:0]    \u_dut.ctl_q ;
  (* hierconn *) logic [Ready-1:0]     \u_dut.f_wait_q ;
  (* hierconn *) logic [4:0]           \u_dut.f_ready_q ;
  (* hierconn *) logic [3:0]           \u_dut.f_write_q , \u_dut.f_read_q ;
  (* hierconn *) logic [Back:1]        \u_dut.back_valid_q ;
  (* hierconn *) logic                 \u_dut.f_pop , \u_dut.f_first , \u_dut.f_second ;

  initial assume (!rst_ni);

  // Slots of finished blocks in stages 0 (now) to F: first, second
  logic [F:0] f_first, f_second;
  assign f_first[0]  = valid_i && last_i && !second_i;
  assign f_second[0] = valid_i && last_i && second_i;
  genvar g;
  generate
    for (g = 1; g <= F; g = g + 1) begin : g_stage
      assign f_first[g]  = \u_dut.valid_q [g] && \u_dut.ctl_q [CtlW*(g-1)+AddrW+Units+2] && !\u_dut.ctl_q [CtlW*(g-1)+AddrW+Units+4];
      assign f_second[g] = \u_dut.valid_q [g] && \u_dut.ctl_q [CtlW*(g-1)+AddrW+Units+2] && \u_dut.ctl_q [CtlW*(g-1)+AddrW+Units+4];
    end
  endgenerate

  logic [3:0] f_held, f_waiting;           // in the queue; of these not ready
  logic       f_late_q;                    // in the clock before a product became ready and a first slot had the adder
  logic       f_idle_q;                    // not busy in the clock before
  logic       f_dry;                       // no second slot anywhere
  integer     i;
  assign f_held = \u_dut.f_write_q - \u_dut.f_read_q ;
  assign f_dry  = f_second[F:1] == '0 && f_held == 4'd0;
  always @(*) begin
    f_waiting = 4'd0;
    for (i = 0; i < Ready; i = i + 1) f_waiting = f_waiting + {3'd0, \u_dut.f_wait_q [i]};
  end

  always @(posedge clk_i) begin
    f_idle_q <= rst_ni && !busy;
    f_late_q <= rst_ni && \u_dut.f_wait_q [Ready-1] && f_first[F];
    if (rst_ni) begin
      if (valid_i && second_i) assume (last_i);
      if (!f_dry) assert (busy);
      if (f_idle_q) assert (\u_dut.valid_q == '0 && \u_dut.back_valid_q == '0 && f_held == 4'd0);
      if (f_idle_q && busy) assert (valid_i);  // only a slot makes it busy (matrix_free)
      if (f_second[0]) assume (f_first[1]);
      if (f_first[0] && f_first[1]) assume (f_dry);

      assert (f_held <= 4'd6);
      if (\u_dut.f_pop ) assert (f_held != 4'd0);
      if (\u_dut.f_second ) assert (f_held < 4'd6);

      // What induction needs
      assert (\u_dut.f_ready_q <= 5'd2 && {1'b0, f_held} == {1'b0, f_waiting} + \u_dut.f_ready_q );
      if (\u_dut.f_ready_q == 5'd2) assert (f_late_q);
      if (f_late_q) assert (!\u_dut.f_wait_q [Ready-1] && !f_first[F]);
      assert ((\u_dut.f_wait_q & (\u_dut.f_wait_q << 1)) == '0);
      if (f_second[F]) assert (!\u_dut.f_wait_q [0]);
      for (i = 1; i < F; i = i + 1) begin
        if (f_second[i]) assert (f_first[i+1]);
        if (f_first[i] && f_first[i+1]) assert (f_held == 4'd0 && \u_dut.f_wait_q == '0);
      end
      // Two first slots side by side: no second slot before them
      for (i = 1; i < F - 1; i = i + 1)
        if (f_first[i] && f_first[i+1]) assert ((f_second >> (i + 2)) == '0);

      cover (f_held == 4'd3 && f_second[F]);
      cover (\u_dut.f_ready_q == 5'd1 && f_first[F]);
      cover (f_first[1] && f_first[2] && f_first[3] && f_late_q == 1'b0);
    end
  end

endmodule

`default_nettype wire
