// SPDX-License-Identifier: Apache-2.0
// qn_sems, seen through one semaphore, Sem (the fifteen are copies of one generate block; prove.sh takes the first and the last): its count never wraps unseen: with tokens counted wide, a clock that would
// leave 0..255 traps. A unit takes only what is there. Where each semaphore is waited for by one unit only (f_owned), no wait
// can trap, and an offered head stays offered until it is taken.

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
  (* hierconn *) logic [15:0] \u_dut.some_q , \u_dut.two_q , \u_dut.bad ;
  (* hierconn *) logic [7:0] \u_dut.g_sem[1].count_q , \u_dut.g_sem[15].count_q ;
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
  logic f_ok_q;                            // no trap until now
  always @(posedge clk_i) begin
    f_ok_q    <= !rst_ni || (f_ok_q && !trap_valid);
    f_count_q <= !rst_ni ? 12'd0 : f_next;
    if (rst_ni && f_ok_q) begin
      assert (f_count_q <= 12'd255);
      // A clock that takes what is not there, or would leave 255, traps, and no other does on its account
      assert (\u_dut.bad [Sem] == ({8'd0, f_taken} > f_count_q || f_next > 12'd255));
      assert (trap_valid == (\u_dut.bad != 16'd0));
      assert (!trap_valid || (\u_dut.bad [trap_sem] && trap_sem <= (\u_dut.bad [Sem] ? f_sem : 4'd15)));
      if (f_owned) assert ({8'd0, f_taken} <= f_count_q);
      // How the core's flags say so
      assert (\u_dut.some_q [f_sem] == (f_count_q != 12'd0));
      assert (\u_dut.two_q [f_sem] == (f_count_q > 12'd1));
      cover (f_count_q == 12'd3 && f_taken == 4'd2 && f_owned);
      cover (trap_valid && f_next == 12'hfff && trap_sem == f_sem);
    end
  end

  // Its count in the core: what induction needs
  always @(posedge clk_i) if (rst_ni && f_ok_q) assert ({4'd0, Sem == 1 ? \u_dut.g_sem[1].count_q : \u_dut.g_sem[15].count_q } == f_count_q);

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
      // What it waits for is there when it is offered
      always @(posedge clk_i) if (rst_ni && f_ok_q && unit_valid[g]) begin
        if (wait0 || wait1) assert (f_count_q >= (wait0 && wait1 ? 12'd2 : 12'd1));
        assert (head_valid_i[g] && !stop_i);
      end
    end
  endgenerate

  // An offered head stays offered: its waits are for f_sem alone here; waits for two semaphores are two such
  logic f_offered_q;
  logic f_only;
  assign f_only = (head_wait_i[8*f_owner +: 4] == f_sem || head_wait_i[8*f_owner +: 4] == 4'd0)
                  && (head_wait_i[8*f_owner+4 +: 4] == f_sem || head_wait_i[8*f_owner+4 +: 4] == 4'd0);
  always @(posedge clk_i) begin
    f_offered_q <= rst_ni && f_owned && f_only && unit_valid[f_owner] && !unit_ready_i[f_owner];
    if (rst_ni && f_ok_q && f_offered_q && !stop_i) assert (unit_valid[f_owner]);
    if (rst_ni) cover (f_offered_q && f_count_q == 12'd2);
  end

endmodule

`default_nettype wire
