// SPDX-License-Identifier: Apache-2.0
// qn_sems, seen through one semaphore, Sem (the fifteen are copies of one generate block; prove.sh takes the first and the last): its count never wraps unseen: with tokens counted wide, a clock that would
// leave 0..255 traps, two clocks later. An offered head stays offered until it is taken or the core stops. Where each semaphore is waited for by
// one unit only (f_owned), what a unit waits for is there when it is offered its head, and no wait can trap.

`default_nettype none

module qn_sems_proof #(
  parameter int Units = 4,
  parameter int Sem   = 15                 // 1 or 15
) (
  input logic               clk_i,
  input logic               rst_ni,
  input logic               stop_i,
  input logic [Units-1:0]   head_valid_i,
  input logic [8*Units-1:0] head_wait_i,
  input logic [Units-1:0]   unit_ready_i,
  input logic [Units-1:0]   post_valid_i,
  input logic [8*Units-1:0] post_i
);

  logic [Units-1:0] unit_valid;
  logic             trap_valid;
  logic [3:0]       trap_sem;
  qn_sems #(.Units(Units)) u_dut (
    .clk_i, .rst_ni, .stop_i, .head_valid_i, .head_wait_i, .unit_valid_o(unit_valid), .unit_ready_i,
    .post_valid_i, .post_i, .trap_valid_o(trap_valid), .trap_sem_o(trap_sem));

  localparam [3:0] f_sem = Sem;
  (* anyconst *) logic        f_owned;
  (* anyconst *) logic [$clog2(Units)-1:0] f_owner; // the unit that waits for f_sem
  (* hierconn *) logic [15:0] \u_dut.some_q , \u_dut.two_q , \u_dut.bad_q ;
  (* hierconn *) logic [Units-1:0] \u_dut.took_q ;
  (* hierconn *) logic [9:0] \u_dut.g_sem[1].next , \u_dut.g_sem[15].next ;
  initial assume (!rst_ni);

  // Tokens of f_sem, from the ports alone
  logic [11:0] f_count_q, f_next;          // signed, so wide that nothing is lost
  logic [3:0]  f_taken, f_posted;
  integer      u;
  always @(*) begin
    f_taken  = 4'd0;
    f_posted = 4'd0;
    for (u = 0; u < Units; u = u + 1) begin
      if (unit_valid[u] && unit_ready_i[u])
        f_taken = f_taken + (head_wait_i[8*u +: 4] == f_sem ? 4'd1 : 4'd0) + (head_wait_i[8*u+4 +: 4] == f_sem ? 4'd1 : 4'd0);
      if (post_valid_i[u])
        f_posted = f_posted + (post_i[8*u +: 4] == f_sem ? 4'd1 : 4'd0) + (post_i[8*u+4 +: 4] == f_sem ? 4'd1 : 4'd0);
    end
    f_next = f_count_q + {8'd0, f_posted} - {8'd0, f_taken};
  end

  // The core stops at the first trap: what follows it is not looked at
  logic f_ok_q, f_ok1_q, f_ok2_q;          // no clock was at fault until now; until the last one; the one before it
  logic f_some_q, f_two_q;                 // tokens, with those taken in the last clock: one or more, two or more
  always @(posedge clk_i) begin
    f_ok_q    <= !rst_ni || (f_ok_q && f_next <= 12'd255);
    f_ok1_q   <= !rst_ni || f_ok_q;
    f_ok2_q   <= !rst_ni || f_ok1_q;
    f_count_q <= !rst_ni ? 12'd0 : f_next;
    f_some_q  <= rst_ni && f_count_q + {8'd0, f_posted} != 12'd0;
    f_two_q   <= rst_ni && f_count_q + {8'd0, f_posted} > 12'd1;
    if (rst_ni) begin
      // A clock that would leave 0..255 traps two clocks later, and no other does on its account
      if (f_ok2_q) assert (\u_dut.bad_q [Sem] == !f_ok1_q);
      assert (trap_valid == (\u_dut.bad_q != 16'd0));
      assert (!trap_valid || (\u_dut.bad_q [trap_sem] && trap_sem <= (\u_dut.bad_q [Sem] ? f_sem : 4'd15)));
      if (f_ok_q) assert (f_count_q <= 12'd255);
      if (f_ok_q && f_owned) assert ({8'd0, f_taken} <= f_count_q);
      cover (f_ok_q && f_count_q == 12'd3 && f_taken == 4'd2 && f_owned);
      cover (trap_valid && f_ok2_q && trap_sem == f_sem && !f_owned);

      // How the core's registers say so: what induction needs
      assert ((f_ok_q || !f_ok1_q || f_count_q > 12'd255) && (f_ok1_q || !f_ok_q) && (f_ok2_q || !f_ok1_q));
      if (f_ok1_q) assert ((Sem == 1 ? \u_dut.g_sem[1].next : \u_dut.g_sem[15].next ) == f_count_q[9:0]
                           && (f_count_q < 12'd264 || f_count_q >= 12'hff8));
      if (f_ok_q) assert (\u_dut.some_q [f_sem] == f_some_q && \u_dut.two_q [f_sem] == f_two_q);
      if (f_ok_q && f_owned && !\u_dut.took_q [f_owner]) assert (f_some_q == (f_count_q != 12'd0) && f_two_q == (f_count_q > 12'd1));
      assert (\u_dut.some_q [0] && \u_dut.two_q [0]);
    end
  end
  logic f_stop_q;
  always @(posedge clk_i) f_stop_q <= !rst_ni || stop_i;

  genvar g;
  generate
    for (g = 0; g < Units; g = g + 1) begin : g_unit
      logic       wait0, wait1, held_q;
      logic [7:0] wait_q;
      assign wait0 = head_wait_i[8*g +: 4] == f_sem;
      assign wait1 = head_wait_i[8*g+4 +: 4] == f_sem;
      always @(posedge clk_i) begin
        // A head stays until it is taken
        held_q <= rst_ni && head_valid_i[g] && !(unit_valid[g] && unit_ready_i[g]);
        wait_q <= head_wait_i[8*g +: 8];
        if (rst_ni && held_q) assume (head_valid_i[g] && head_wait_i[8*g +: 8] == wait_q);
        if (f_owned && f_owner != g && head_valid_i[g]) assume (!wait0 && !wait1);
      end
      logic offered_q;
      always @(posedge clk_i) begin
        offered_q <= rst_ni && unit_valid[g] && !unit_ready_i[g];
        if (rst_ni) begin
          assert (unit_valid[g] == (head_valid_i[g] && unit_valid[g]));
          if (f_stop_q) assert (!unit_valid[g]);
          if (offered_q && !f_stop_q) assert (unit_valid[g]);
          if (\u_dut.took_q [g]) assert (!unit_valid[g]);
          // What it waits for is there
          if (f_ok_q && f_owned && unit_valid[g] && (wait0 || wait1)) assert (f_count_q >= (wait0 && wait1 ? 12'd2 : 12'd1));
        end
      end
    end
  endgenerate

endmodule

`default_nettype wire
