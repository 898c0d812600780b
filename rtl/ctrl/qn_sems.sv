// SPDX-License-Identifier: Apache-2.0
// qn_sems: fifteen counting semaphores between four units.
// A head whose waits are satisfied (two waits on one semaphore need two) is offered from the next clock until the unit is ready, which
// takes them. What is posted in a clock satisfies a wait in the next; what is taken counts a clock later still, and so long its unit is
// offered nothing: it can take an instruction in every third clock. All units may post and take in one clock.
// Two units that wait for the same semaphore could both take its last token: that, and a count above 255, traps two clocks later. So a
// semaphore is waited for by one unit only.

`default_nettype none

module qn_sems #(
  parameter int Units = 4
) (
  input  logic               clk_i,
  input  logic               rst_ni,
  input  logic               stop_i,       // offer nothing any more, from the next clock on

  input  logic [Units-1:0]   head_valid_i, // heads of the queues ...
  input  logic [8*Units-1:0] head_wait_i,  // ... and their wait0 (low), wait1; 0 is none
  output logic [Units-1:0]   unit_valid_o,
  input  logic [Units-1:0]   unit_ready_i,

  input  logic [Units-1:0]   post_valid_i,
  input  logic [8*Units-1:0] post_i,       // post0 (low), post1; 0 is none

  output logic               trap_valid_o, // one clock
  output logic [3:0]         trap_sem_o    // lowest semaphore at fault
);

  logic [15:0]      some_q, two_q, bad_q;  // of each semaphore: one token is there, two are; the clock before the last broke it
  logic [Units-1:0] take, took_q;          // a unit takes its head, took one in the last clock

  assign take = unit_valid_o & unit_ready_i;
  always_ff @(posedge clk_i) took_q <= take;

  genvar u, s, p;
  generate
    for (u = 0; u < Units; u = u + 1) begin : g_unit
      logic [3:0] wait0, wait1;
      logic       there;
      assign wait0 = head_wait_i[8*u +: 4];
      assign wait1 = head_wait_i[8*u + 4 +: 4];
      assign there = wait0 == wait1 ? two_q[wait0] : some_q[wait0] && some_q[wait1];
      always_ff @(posedge clk_i) begin
        if (!rst_ni || stop_i || take[u] || took_q[u]) unit_valid_o[u] <= 1'b0;
        else if (head_valid_i[u] && there)             unit_valid_o[u] <= 1'b1;
      end
    end

    for (s = 1; s < 16; s = s + 1) begin : g_sem
      logic [Units-1:0] takes, takes2, posts, posts2;    // of each unit: one or two, two
      for (p = 0; p < Units; p = p + 1) begin : g_one
        assign takes[p]  = take[p] && (head_wait_i[8*p +: 4] == s || head_wait_i[8*p+4 +: 4] == s);
        assign takes2[p] = take[p] && head_wait_i[8*p +: 4] == s && head_wait_i[8*p+4 +: 4] == s;
        assign posts[p]  = post_valid_i[p] && (post_i[8*p +: 4] == s || post_i[8*p+4 +: 4] == s);
        assign posts2[p] = post_valid_i[p] && post_i[8*p +: 4] == s && post_i[8*p+4 +: 4] == s;
      end

      logic [3:0] taken, posted, taken_q, posted_q;
      logic       one, two;                // posted in this clock: one or more, two or more
      integer     i;
      always @(*) begin
        taken  = 4'd0;
        posted = 4'd0;
        one    = 1'b0;
        two    = 1'b0;
        for (i = 0; i < Units; i = i + 1) begin
          taken  = taken + {3'd0, takes[i]} + {3'd0, takes2[i]};
          posted = posted + {3'd0, posts[i]} + {3'd0, posts2[i]};
          two    = two || posts2[i] || (one && posts[i]);
          one    = one || posts[i];
        end
      end

      logic [7:0] count_q;                 // before the last clock
      logic [9:0] next;
      assign next = {2'd0, count_q} + {6'd0, posted_q} - {6'd0, taken_q};
      always_ff @(posedge clk_i) begin
        if (!rst_ni) begin
          taken_q   <= 4'd0;
          posted_q  <= 4'd0;
          count_q   <= 8'd0;
          some_q[s] <= 1'b0;
          two_q[s]  <= 1'b0;
          bad_q[s]  <= 1'b0;
        end else begin
          bad_q[s]  <= next[9:8] != 2'd0;
          taken_q   <= taken;
          posted_q  <= posted;
          count_q   <= next[7:0];
          some_q[s] <= one || next[7:0] != 8'd0;
          two_q[s]  <= two || next[7:1] != 7'd0 || (one && next[0]);
        end
      end
    end
  endgenerate

  // Index 0 is no semaphore: nothing to wait for
  always_ff @(posedge clk_i) begin
    some_q[0] <= 1'b1;
    two_q[0]  <= 1'b1;
    bad_q[0]  <= 1'b0;
  end

  integer k;
  always @(*) begin
    trap_valid_o = bad_q != 16'd0;
    trap_sem_o   = 4'd0;
    for (k = 15; k > 0; k = k - 1)
      if (bad_q[k]) trap_sem_o = k[3:0];
  end

endmodule

`default_nettype wire
