// SPDX-License-Identifier: Apache-2.0
// qn_sdr_plan: the part's timing rules hold for an arbitrary bank and between banks; every request taken gets its words, in order, from
// or into the row that it named; the data pins change hands with time between; a refresh is never later than its bound.
// Commands are watched as they are decided; the outputs are those decisions a clock later. Ages count core clocks since a command and stop
// at 15. In a core clock a column command stands half a clock before its row command: "2 * age - 1" and the like are memory clocks.
// A trace starts in reset or, so that covers are near, at the end of initialization.

`default_nettype none

module qn_sdr_plan_proof #(
  parameter bit Late = 0                   // 0: rules and words; 1: refresh in time
) (
  input logic        clk_i,
  input logic        rst_ni,
  input logic        req_valid_i,
  input logic        req_we_i,
  input logic [17:0] req_addr_i,
  input logic [4:0]  req_len_i,
  input logic [31:0] req_wdata_i,
  input logic [3:0]  req_wstrb_i
);

  localparam int RowW = 11, ColW = 5, Rcd = 3, Rp = 3, Cl = 3, Rfc = 9, Refi = 1039, Ras = 6, Wr = 2, Wtr = 2, Rtw = 3, Quiet = 1, Refs = 2;
  localparam int LAST = Quiet + Refs + 1;   // step that sets the mode register
  localparam int BOUND = 220;              // core clocks that a refresh may be late: 8192 fit in 64 ms if it is below 256

  logic            ready, run, col_valid, col_we, drive, row_valid;
  logic [1:0]      col_bank, row_bank;
  logic [ColW-1:0] col_addr;
  logic [31:0]     col_wdata;
  logic [3:0]      col_wstrb;
  logic [2:0]      row_cmd;
  logic [RowW-1:0] row_addr;
  qn_sdr_plan #(.RowW(RowW), .ColW(ColW), .Rcd(Rcd), .Rp(Rp), .Cl(Cl), .Rfc(Rfc), .Refi(Refi), .Ras(Ras), .Wr(Wr), .Wtr(Wtr), .Rtw(Rtw),
                .Quiet(Quiet), .Refs(Refs)) u_dut (
    .clk_i, .rst_ni, .req_valid_i, .req_ready_o(ready), .req_we_i, .req_addr_i, .req_len_i, .req_wdata_i, .req_wstrb_i,
    .run_o(run), .col_valid_o(col_valid), .col_we_o(col_we), .col_bank_o(col_bank), .col_addr_o(col_addr), .col_wdata_o(col_wdata),
    .col_wstrb_o(col_wstrb), .drive_o(drive), .row_valid_o(row_valid), .row_cmd_o(row_cmd), .row_bank_o(row_bank), .row_addr_o(row_addr));

  (* hierconn *) logic [3:0]        \u_dut.valid_q , \u_dut.act_q , \u_dut.pre_q , \u_dut.begun_q , \u_dut.we_q , \u_dut.led , \u_dut.behind ;
  (* hierconn *) logic [7:0]        \u_dut.bank_q ;
  (* hierconn *) logic [4*RowW-1:0] \u_dut.row_q , \u_dut.last_row_q ;
  (* hierconn *) logic [4*ColW-1:0] \u_dut.col_q ;
  (* hierconn *) logic [15:0]       \u_dut.more_q ;
  (* hierconn *) logic [3:0]        \u_dut.last_q ;
  (* hierconn *) logic [143:0]      \u_dut.data_q ;
  (* hierconn *) logic [3:0]        \u_dut.last_open_q , \u_dut.open ;
  (* hierconn *) logic              \u_dut.act_go , \u_dut.pre_go , \u_dut.col_go , \u_dut.close_go , \u_dut.ref_go , \u_dut.init_go , \u_dut.pop ;
  (* hierconn *) logic              \u_dut.last_we_q , \u_dut.due , \u_dut.due_q , \u_dut.due_col ;
  (* hierconn *) logic [1:0]        \u_dut.row_bank ;
  (* hierconn *) logic [RowW-1:0]   \u_dut.row_row ;
  (* hierconn *) logic [2:0]        \u_dut.turn_q , \u_dut.step_q ;
  (* hierconn *) logic [11:0]       \u_dut.left_q ;
  (* hierconn *) logic [3:0]        \u_dut.g_bank[0].u_bank.timer_q , \u_dut.g_bank[1].u_bank.timer_q ;
  (* hierconn *) logic [3:0]        \u_dut.g_bank[2].u_bank.timer_q , \u_dut.g_bank[3].u_bank.timer_q ;

  // Short names
  logic [3:0] valid, act, pre, begun, we, open, led;
  logic [7:0] bank;
  logic [15:0] timer;
  logic act_go, pre_go, col_go, close_go, ref_go, init_go, push, pop;
  assign valid = \u_dut.valid_q ;
  assign act   = \u_dut.act_q ;
  assign pre   = \u_dut.pre_q ;
  assign begun = \u_dut.begun_q ;
  assign we    = \u_dut.we_q ;
  assign led   = \u_dut.led ;
  assign bank  = \u_dut.bank_q ;
  assign open  = \u_dut.open ;
  assign timer = {\u_dut.g_bank[3].u_bank.timer_q , \u_dut.g_bank[2].u_bank.timer_q , \u_dut.g_bank[1].u_bank.timer_q , \u_dut.g_bank[0].u_bank.timer_q };
  assign {act_go, pre_go, col_go, close_go, ref_go, init_go} =
    {\u_dut.act_go , \u_dut.pre_go , \u_dut.col_go , \u_dut.close_go , \u_dut.ref_go , \u_dut.init_go };
  assign push  = req_valid_i && ready;
  assign pop   = \u_dut.pop ;

  // The end of initialization: nothing waits, all banks are closed and rested
  logic f_first_q = 1'b1;
  always @(posedge clk_i) f_first_q <= 1'b0;
  logic f_ended;
  assign f_ended = run && valid == 4'd0 && act == 4'd0 && pre == 4'd0 && begun == 4'd0 && open == 4'd0 && timer == 16'd0 &&
    \u_dut.last_open_q == 4'd0 && \u_dut.turn_q == 3'd0 && !\u_dut.last_we_q && \u_dut.step_q == LAST + 1 && !col_valid && !row_valid &&
    !drive && !\u_dut.due_q && \u_dut.left_q < 12'd60;
  always @(*) if (f_first_q) assume (!req_valid_i && (!rst_ni || f_ended));

  // One bank, any
  (* anyconst *) logic [1:0] f_bank;
  logic [3:0] f_timer;
  logic       f_row_cmd, f_col_cmd;        // a row, a column command to it in this clock
  logic       f_act, f_pre;
  assign f_timer   = timer[4*f_bank +: 4];
  assign f_act     = act_go && \u_dut.row_bank == f_bank;
  assign f_pre     = f_open_q && ((pre_go && \u_dut.row_bank == f_bank) || close_go);
  assign f_row_cmd = f_act || f_pre || ref_go;
  assign f_col_cmd = col_go && bank[1:0] == f_bank;

  logic            f_open_q;
  logic [RowW-1:0] f_row_q;
  logic [3:0]      f_act_q, f_pre_q, f_ref_q, f_col_q;          // ages, of this bank's commands
  logic [3:0]      f_read_q, f_write_q;                         // of words of any bank
  always @(posedge clk_i) begin
    if (!rst_ni || f_first_q) begin
      f_open_q <= 1'b0;
      {f_act_q, f_pre_q, f_ref_q, f_col_q, f_read_q, f_write_q} <= {24{1'b1}};
    end else begin
      f_open_q  <= f_act || (f_open_q && !f_pre);
      f_act_q   <= f_act ? 4'd1 : f_act_q + (f_act_q != 4'hf);
      f_pre_q   <= f_pre ? 4'd1 : f_pre_q + (f_pre_q != 4'hf);
      f_ref_q   <= ref_go ? 4'd1 : f_ref_q + (f_ref_q != 4'hf);
      f_col_q   <= f_col_cmd ? 4'd1 : f_col_q + (f_col_q != 4'hf);
      f_read_q  <= col_go && !we[0] ? 4'd1 : f_read_q + (f_read_q != 4'hf);
      f_write_q <= col_go && we[0] ? 4'd1 : f_write_q + (f_write_q != 4'hf);
    end
    if (f_act) f_row_q <= \u_dut.row_row ;
  end

  // One request, any: the f_pick-th
  (* anyconst *) logic [7:0]  f_pick;
  (* anyconst *) logic        f_we;
  (* anyconst *) logic [17:0] f_addr;
  (* anyconst *) logic [4:0]  f_len;
  (* anyconst *) logic [35:0] f_data;
  logic [7:0] f_in_q, f_out_q, f_age, f_held;
  logic [3:0] f_word_q;                    // words of the head that moved
  logic [2:0] f_count;
  assign f_age   = f_pick - f_out_q;
  assign f_held  = f_in_q - f_out_q;
  assign f_count = {2'd0, valid[0]} + {2'd0, valid[1]} + {2'd0, valid[2]} + {2'd0, valid[3]};
  always @(posedge clk_i) begin
    if (!rst_ni || f_first_q) begin
      f_in_q   <= 8'd0;
      f_out_q  <= 8'd0;
      f_word_q <= 4'd0;
    end else begin
      if (push)        f_in_q   <= f_in_q + 8'd1;
      if (pop)         f_out_q  <= f_out_q + 8'd1;
      if (pop)         f_word_q <= 4'd0;
      else if (col_go) f_word_q <= f_word_q + 4'd1;
    end
  end

  // The queue's entries of that bank, and the place of the last of them
  logic [3:0] f_mine, f_mine_first, f_used;              // f_used: banks
  integer e, f;
  always @(*) begin
    f_used = 4'd0;
    for (e = 0; e < 4; e = e + 1) begin
      if (valid[e]) f_used[bank[2*e +: 2]] = 1'b1;
      f_mine[e]       = valid[e] && bank[2*e +: 2] == f_bank;
      f_mine_first[e] = f_mine[e];
      for (f = 0; f < e; f = f + 1) if (f_mine[f]) f_mine_first[e] = 1'b0;
    end
  end

  // Between the precharge of all banks and the refresh
  logic f_closing_q;
  always @(posedge clk_i)
    if (!rst_ni || f_first_q || ref_go) f_closing_q <= 1'b0;
    else if (close_go) f_closing_q <= 1'b1;

  // Clocks that a refresh is late, and how many more it may be: each one that passes takes one away at least. 41 for each request that has
  // begun behind the head; for the head its words, what its row needs, its bank's timer and the turn of the data pins.
  logic [8:0] f_late_q, f_rank;
  logic [5:0] f_timers;
  assign f_timers = {2'd0, timer[3:0]} + {2'd0, timer[7:4]} + {2'd0, timer[11:8]} + {2'd0, timer[15:12]};
  always @(*) begin
    f_rank = 9'd1 + f_timers + (open != 4'd0 ? 9'd17 : 9'd0);
    if (led[0])
      f_rank = 9'd40 + (led[3] ? 9'd123 : led[2] ? 9'd82 : led[1] ? 9'd41 : 9'd0) + \u_dut.more_q [3:0] + 9'd10
             + (act[0] ? 9'd8 : 9'd0) + (pre[0] ? 9'd8 : 9'd0) + timer[4*bank[1:0] +: 4] + (we[0] != \u_dut.last_we_q ? \u_dut.turn_q : 9'd0);
  end
  always @(posedge clk_i)
    if (!rst_ni || f_first_q || ref_go || !\u_dut.due_col || !run) f_late_q <= 9'd0;
    else f_late_q <= f_late_q + 9'd1;

  // Memory clocks since the last refresh was due, as the part would count them
  logic [12:0] f_debt_q;
  always @(posedge clk_i)
    if (!rst_ni || !run) f_debt_q <= 13'd2;
    else if (f_first_q)  f_debt_q <= Refi + 2 - \u_dut.left_q ;
    else                 f_debt_q <= f_debt_q + 13'd2 - (ref_go ? Refi : 13'd0);

  logic [1:0]      f_was_q;                // decided a clock ago: column, row
  logic            f_was_we_q;
  logic [1:0]      f_was_bank_q, f_was_row_bank_q;
  logic [ColW-1:0] f_was_col_q;
  logic [35:0]     f_was_data_q;
  logic [2:0]      f_was_cmd_q;
  logic [RowW-1:0] f_was_row_q;
  logic            f_was_all_q, f_init_q;
  always @(posedge clk_i) begin
    f_was_q          <= {rst_ni && col_go, rst_ni && (act_go || pre_go || close_go || ref_go)};
    f_was_we_q       <= we[0];
    f_was_bank_q     <= bank[1:0];
    f_was_col_q      <= \u_dut.col_q [ColW-1:0];
    f_was_data_q     <= \u_dut.data_q [35:0];
    f_was_cmd_q      <= act_go ? 3'b011 : ref_go ? 3'b001 : 3'b010;
    f_was_row_bank_q <= \u_dut.row_bank ;
    f_was_row_q      <= \u_dut.row_row ;
    f_was_all_q      <= close_go;
    f_init_q         <= init_go;
  end

  // Both proofs stand on these
  always @(posedge clk_i) if (rst_ni && !f_first_q) begin
    if (req_valid_i) assume (req_len_i >= 5'd1 && {2'd0, req_addr_i[3:0]} + req_len_i <= 6'd16 && (!req_we_i || req_len_i == 5'd1));
    assert ((valid & (valid + 4'd1)) == 4'd0 && (act & ~valid) == 4'd0 && (pre & ~act) == 4'd0 && (begun & ~valid) == 4'd0);
    assert (timer[3:0] < 4'd5 && timer[7:4] < 4'd5 && timer[11:8] < 4'd5 && timer[15:12] < 4'd5);
    assert (\u_dut.turn_q < 3'd4);
    assert (\u_dut.step_q <= LAST + 1 && run == (\u_dut.step_q == LAST + 1));
    if (init_go) assert (!run);
    if (!run)    assert (!act_go && !pre_go && !close_go && !ref_go && !col_go && open == 4'd0 && valid == 4'd0);
    if (f_closing_q) assert (run && open == 4'd0 && \u_dut.due && \u_dut.due_q && !begun[0]);
    if (\u_dut.due_q ) assert (\u_dut.due && run);
    if (\u_dut.due && !\u_dut.due_q ) assert ($signed(\u_dut.left_q ) >= -2);
    assert ($signed(\u_dut.left_q ) < Refi);
    for (e = 0; e < 4; e = e + 1) begin
      // The first request of a bank relies on what is open, the others on those before them, the next one on the last
      if (valid[e] && !\u_dut.behind [e] && !f_closing_q) assert (open[bank[2*e +: 2]] == (!act[e] || pre[e]));
      if (valid[e] && \u_dut.behind [e]) assert (act[e] == pre[e] && !begun[e]);
      if (f_used[e])         assert (\u_dut.last_open_q [e]);
      else if (!f_closing_q) assert (\u_dut.last_open_q [e] == open[e]);
    end
  end

  generate
    if (Late) begin : g_late
      always @(posedge clk_i) if (rst_ni && !f_first_q) begin
        if (run) assert (f_debt_q <= Refi + 2*BOUND + 2);
        if (run) assert ($signed({1'b0, f_debt_q}) + $signed(\u_dut.left_q ) == Refi);
        assert ((\u_dut.last_q & valid) == ({\u_dut.more_q [15:12] == 4'd0, \u_dut.more_q [11:8] == 4'd0, \u_dut.more_q [7:4] == 4'd0, \u_dut.more_q [3:0] == 4'd0} & valid));
        if (run && \u_dut.due_col ) begin
          assert (f_late_q + f_rank <= BOUND);
          assert ($signed(\u_dut.left_q ) + $signed({1'b0, f_late_q, 1'b0}) >= -3 && $signed(\u_dut.left_q ) + $signed({1'b0, f_late_q, 1'b0}) < -1);
        end
        cover (ref_go && f_late_q == 9'd12);
      end
    end else begin : g_rules
      always @(posedge clk_i) if (rst_ni && !f_first_q) begin
        assume ($signed(\u_dut.left_q ) >= -2*BOUND - 2);   // what the other proof shows
        if (push && f_in_q == f_pick) assume ({req_we_i, req_addr_i, req_len_i, req_wstrb_i, req_wdata_i} == {f_we, f_addr, f_len, f_data});
        assume (f_len >= 5'd1 && {2'd0, f_addr[3:0]} + f_len <= 6'd16 && (!f_we || f_len == 5'd1));

        // The part's rules
        assert (act_go + pre_go + close_go + ref_go + init_go <= 1);
        if (f_act)     assert (!f_open_q && 2*f_pre_q >= Rp && 2*f_ref_q >= Rfc && 2*f_act_q >= Ras + Rp);
        if (f_pre)     assert (2*f_act_q >= Ras && 2*f_col_q >= Wr && f_col_q >= 4'd1 && !f_col_cmd);
        if (ref_go)    assert (!f_open_q && 2*f_pre_q >= Rp && 2*f_ref_q >= Rfc);
        if (f_col_cmd) assert (f_open_q && 2*f_act_q - 1 >= Rcd);
        if (col_go && we[0])  assert (2*f_read_q >= Cl + 2 + Rtw);
        if (col_go && !we[0]) assert (2*f_write_q >= 2 + Wtr);

        // The slots are what was decided; the pins are ours when a word is written and a clock longer, and no word read is on them
        // then, nor in the clock before: it is there two clocks after its slot, and its age counts from its decision
        assert (col_valid == f_was_q[1]);
        if (f_was_q[1]) assert ({col_we, col_bank, col_addr, col_wstrb, col_wdata} == {f_was_we_q, f_was_bank_q, f_was_col_q, f_was_data_q});
        if (f_was_q[0]) assert (row_valid && row_cmd == f_was_cmd_q && (row_cmd == 3'b001 || f_was_all_q || row_bank == f_was_row_bank_q));
        if (f_was_q[0] && f_was_cmd_q == 3'b011) assert (row_addr == f_was_row_q);
        if (f_was_q[0] && f_was_cmd_q == 3'b010) assert (row_addr[10] == f_was_all_q);
        if (row_valid && !f_was_q[0]) assert (f_init_q);
        if (drive) assert (f_read_q != 4'd3 && f_read_q != 4'd4);
        if (col_valid && col_we) assert (drive);

        // Every request gets its words, in order, in its row
        if (valid[0] && f_age == 8'd0) begin
          if (col_go) assert (we[0] == f_we && bank[1:0] == f_addr[ColW +: 2] && \u_dut.col_q [ColW-1:0] == f_addr[ColW-1:0] + f_word_q
                              && \u_dut.data_q [35:0] == f_data);
          if (col_go && f_bank == f_addr[ColW +: 2]) assert (f_row_q == f_addr[ColW+2 +: RowW]);
          assert (pop == (col_go && f_word_q + 5'd1 == f_len));
        end

        // What induction needs: the queue ...
        assert (f_held == {5'd0, f_count});
        if (!begun[0] || act[0]) assert (f_word_q == 4'd0);
        for (e = 0; e < 4; e = e + 1) begin
          if (valid[e]) assert (\u_dut.last_q [e] == (\u_dut.more_q [4*e +: 4] == 4'd0));
          if (valid[e] && f_age == e) begin
            assert ({we[e], bank[2*e +: 2], \u_dut.row_q [RowW*e +: RowW], \u_dut.data_q [36*e +: 36]} == {f_we, f_addr[ColW +: 2], f_addr[ColW+2 +: RowW], f_data});
            assert (\u_dut.col_q [ColW*e +: ColW] == f_addr[ColW-1:0] + (e == 0 ? f_word_q : 4'd0));
            assert (\u_dut.more_q [4*e +: 4] + 5'd1 + (e == 0 ? f_word_q : 4'd0) == f_len);
          end
          // ... the rows that its entries rely on
          if (f_mine_first[e] && !f_closing_q && !act[e]) assert (f_row_q == \u_dut.row_q [RowW*e +: RowW]);
          for (f = 0; f < e; f = f + 1)
            if (f_mine[e] && f_mine[f] && (f + 1 == e || !f_mine[f+1]) && (f + 2 >= e || !f_mine[f+2]) && !act[e])
              assert (\u_dut.row_q [RowW*e +: RowW] == \u_dut.row_q [RowW*f +: RowW]);
          if (f_mine[e] && (e == 3 || !f_mine[e+1]) && (e >= 2 || !f_mine[e+2]) && (e >= 1 || !f_mine[e+3]))
            assert (\u_dut.last_row_q [RowW*f_bank +: RowW] == \u_dut.row_q [RowW*e +: RowW]);
        end
        if (f_mine == 4'd0 && !f_closing_q && f_open_q) assert (\u_dut.last_row_q [RowW*f_bank +: RowW] == f_row_q);

        // ... and timers
        assert (open[f_bank] == f_open_q);
        assert (f_act_q != 4'd0 && f_pre_q != 4'd0 && f_ref_q != 4'd0 && f_col_q != 4'd0 && f_read_q != 4'd0 && f_write_q != 4'd0);
        if (f_open_q) assert (f_timer < 4'd3 && f_act_q + f_timer >= 5'd3 && (f_timer == 4'd0 || f_act_q + f_timer == 5'd3));
        else          assert (f_pre_q + f_timer >= 5'd2 && f_act_q + f_timer >= 5'd5);
        if (f_open_q) assert (f_ref_q >= 5'd5 + f_act_q || f_ref_q == 4'hf);
        assert (f_ref_q + f_timer >= 5'd5);
        if (\u_dut.last_we_q ) assert (f_write_q + \u_dut.turn_q >= 5'd2 && f_read_q >= 4'd4);
        else                   assert (f_read_q + \u_dut.turn_q >= 5'd4 && f_write_q >= 4'd2);
        if (f_was_q[1]) assert ((f_was_we_q ? f_write_q : f_read_q) == 4'd1);
        if (drive) assert (f_write_q == 4'd1 || f_write_q == 4'd2);

        cover (pop && f_out_q == 8'd3 && f_pick == 8'd3 && f_len == 5'd3 && f_row_q != 11'd0 && f_bank == f_addr[ColW +: 2]);
        cover (pre_go && col_go && !we[0]);
        cover (ref_go && valid == 4'b1111 && f_mine == 4'b1010 && !act[1]);
        cover (col_go && we[0] && f_read_q == 4'd4);
        cover (col_go && !we[0] && f_write_q == 4'd2);
        cover (close_go && begun[1]);      // a row opened early for a request that a refresh overtakes
        cover (col_go && \u_dut.due && !\u_dut.due_col && !begun[0]);
      end
    end
  endgenerate

endmodule

`default_nettype wire
