// SPDX-License-Identifier: Apache-2.0
// qn_sems: fifteen counting semaphores between four units.
// A unit's head is offered while its waits are satisfied (two waits on one semaphore need two), and takes them when the unit is ready.
// What is posted or taken in a clock counts from the next. All units may post and take in one clock.
// Two units that wait for the same semaphore could both take its last token: that, and a count above 255, traps. So a semaphore is
// waited for by one unit only; then an offered head stays offered.

`default_nettype none

module qn_sems #(
  parameter int Units = 4
) (
  input  logic               clk_i,
  input  logic               rst_ni,
  input  logic               stop_i,       // offer nothing any more

  input  logic [Units-1:0]   head_valid_i, // heads of the queues ...
  input  logic [8*Units-1:0] head_wait_i,  // ... and their wait0 (low), wait1; 0 is none
  output logic [Units-1:0]   unit_valid_o,
  input  logic [Units-1:0]   unit_ready_i,

  input  logic [Units-1:0]   post_valid_i,
  input  logic [8*Units-1:0] post_i,       // post0 (low), post1; 0 is none

  output logic               trap_valid_o, // one clock
  output logic [3:0]         trap_sem_o    // lowest semaphore at fault
);

  logic [15:0] some_q, two_q, bad;         // of each semaphore: count >= 1, count >= 2, broken in this clock

  genvar u, s;
  generate
    for (u = 0; u < Units; u = u + 1) begin : g_unit
      logic [3:0] wait0, wait1;
      logic       first, second;
      assign wait0  = head_wait_i[8*u +: 4];
      assign wait1  = head_wait_i[8*u + 4 +: 4];
      assign first  = wait0 == 4'd0 || some_q[wait0];
      assign second = wait1 == 4'd0 || (wait0 == wait1 ? two_q[wait1] : some_q[wait1]);
      assign unit_valid_o[u] = head_valid_i[u] && first && second && !stop_i;
    end

    for (s = 1; s < 16; s = s + 1) begin : g_sem
      logic [7:0] count_q;
      logic [3:0] taken, posted;           // at most two a unit
      logic [9:0] next;
      integer     i;
      always @(*) begin
        taken  = 4'd0;
        posted = 4'd0;
        for (i = 0; i < Units; i = i + 1) begin
          if (unit_valid_o[i] && unit_ready_i[i])
            taken = taken + {3'd0, head_wait_i[8*i +: 4] == s} + {3'd0, head_wait_i[8*i + 4 +: 4] == s};
          if (post_valid_i[i])
            posted = posted + {3'd0, post_i[8*i +: 4] == s} + {3'd0, post_i[8*i + 4 +: 4] == s};
        end
      end
      assign next   = {2'd0, count_q} + {6'd0, posted} - {6'd0, taken};
      assign bad[s] = {4'd0, taken} > count_q || next[9:8] != 2'd0;
      always_ff @(posedge clk_i) begin
        if (!rst_ni) begin
          count_q   <= 8'd0;
          some_q[s] <= 1'b0;
          two_q[s]  <= 1'b0;
        end else begin
          count_q   <= next[7:0];
          some_q[s] <= next[7:0] != 8'd0;
          two_q[s]  <= next[7:1] != 7'd0;
        end
      end
    end
  endgenerate

  // Index 0 is no semaphore
  assign bad[0] = 1'b0;
  always_ff @(posedge clk_i) begin
    some_q[0] <= 1'b0;
    two_q[0]  <= 1'b0;
  end

  integer k;
  always @(*) begin
    trap_valid_o = bad != 16'd0;
    trap_sem_o   = 4'd0;
    for (k = 15; k > 0; k = k - 1)
      if (bad[k]) trap_sem_o = k[3:0];
  end

endmodule

`default_nettype wire
