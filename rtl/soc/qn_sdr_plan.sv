// SPDX-License-Identifier: Apache-2.0
// qn_sdr_plan: which command an SDRAM gets in each half of a core clock, from requests of words.
// A core clock is two of the memory's. The first half is for a column command, which moves a word of two beats; the second for a row
// command: so neither waits for the other, and words stream at one a clock while the rows behind them are closed and opened.
// Four requests wait, in order. What a request's row needs is known when it comes, from the rows that those before it will leave
// open. Row commands go out in order of requests, as early as the bank allows; words move in the same order. A refresh that is due
// goes before the first request that has had no command yet; its precharge closes every row, and what waits opens its own again.
// The schedule is that of sim/model/qn_sdram.c, clock by clock.
// After reset: Quiet refresh intervals of rest, then precharge of all banks, Refs refreshes and the mode register, one in each interval.

`default_nettype none

module qn_sdr_plan #(
  parameter int RowW = 13,                 // bits of a row's address
  parameter int ColW = 8,                  // bits of a word's place in its row
  parameter int Rcd  = 3,                  // the part's timings in clocks of its own: rtl/spec/target.def says what each is
  parameter int Rp   = 3,
  parameter int Cl   = 3,
  parameter int Rfc  = 9,
  parameter int Refi = 1039,
  parameter int Ras  = 6,
  parameter int Wr   = 2,
  parameter int Wtr  = 2,
  parameter int Rtw  = 3,
  parameter int Quiet = 26,
  parameter int Refs  = 8
) (
  input  logic            clk_i,
  input  logic            rst_ni,

  input  logic            req_valid_i,
  output logic            req_ready_o,
  input  logic            req_we_i,
  input  logic [RowW+ColW+1:0] req_addr_i, // word: row, bank, place in the row
  input  logic [4:0]      req_len_i,       // words of a read, 1..16 within an aligned 16; a write has one
  input  logic [31:0]     req_wdata_i,
  input  logic [3:0]      req_wstrb_i,

  output logic            run_o,           // initialization is over
  output logic            col_valid_o,     // first half: a word is read, or written with the bytes of col_wstrb_o
  output logic            col_we_o,
  output logic [1:0]      col_bank_o,
  output logic [ColW-1:0] col_addr_o,
  output logic [31:0]     col_wdata_o,
  output logic [3:0]      col_wstrb_o,
  output logic            drive_o,         // a word is written in this clock, or was in the one before: the data pins are ours
  output logic            row_valid_o,     // second half
  output logic [2:0]      row_cmd_o,       // RAS, CAS, WE, active low
  output logic [1:0]      row_bank_o,
  output logic [RowW-1:0] row_addr_o
);

  localparam int N = 4;                    // requests that wait, the one whose words move among them

  // Clocks of the core between commands: column commands stand at even memory clocks, row commands at odd ones
  localparam int RCD = (Rcd + 2) / 2;
  localparam int RAS = (Ras + 1) / 2;
  localparam int RP  = (Rp + 1) / 2;
  localparam int RFC = (Rfc + 1) / 2;
  localparam int WR  = (Wr + 1) / 2;
  localparam int READ_WRITE = (Cl + Rtw + 3) / 2;
  localparam int WRITE_READ = (Wtr + 3) / 2;

  localparam logic [2:0] CMD_MODE = 3'b000, CMD_REF = 3'b001, CMD_PRE = 3'b010, CMD_ACT = 3'b011;
  localparam logic [RowW-1:0] ALL_BANKS = 1 << 10;
  localparam logic [RowW-1:0] MODE = {{RowW-7{1'b0}}, Cl[2:0], 4'b0001};   // bursts of two, sequential, written as they are read

  // Queue, head at index 0. Flags of places without a request are 0.
  logic [N-1:0]      valid_q, act_q, pre_q, begun_q;     // needs an activate; a precharge before it; has had a command
  logic [N-1:0]      we_q;
  logic [2*N-1:0]    bank_q;
  logic [RowW*N-1:0] row_q;
  logic [ColW*N-1:0] col_q;
  logic [4*N-1:0]    more_q;                             // words after this one
  logic [N-1:0]      last_q;                             // none
  logic [36*N-1:0]   data_q;                             // bytes to write, word

  logic push, pop;
  logic [N-1:0] stay, place, put;          // places held after the head has left; the next free one; it is taken
  assign req_ready_o = run_o && !valid_q[N-1];
  assign push        = req_valid_i && req_ready_o;
  assign stay        = pop ? valid_q >> 1 : valid_q;
  assign place       = ~stay & {stay[N-2:0], 1'b1};
  assign put         = push ? place : '0;

  logic [1:0]      req_bank;
  logic [RowW-1:0] req_row;
  logic [ColW-1:0] req_col;
  assign {req_row, req_bank, req_col} = req_addr_i;

  // Commands of this clock
  logic act_go, pre_go, col_go, close_go, ref_go;        // close: precharge of all banks
  logic [1:0]      row_bank;
  logic [RowW-1:0] row_row;

  // Places whose bank is that of the new request; that of a place before them
  logic [N-1:0] same, behind;
  integer e, f;
  always @(*) begin
    same   = '0;
    behind = '0;
    for (e = 0; e < N; e = e + 1) begin
      same[e] = valid_q[e] && bank_q[2*e +: 2] == req_bank;
      for (f = 0; f < e; f = f + 1)
        if (bank_q[2*f +: 2] == bank_q[2*e +: 2]) behind[e] = 1'b1;
    end
  end

  // Rows that the requests taken so far leave open
  logic [3:0]        last_open_q;
  logic [4*RowW-1:0] last_row_q;
  logic   req_open, req_hit;
  integer b;
  logic [3:0]        row_hit;              // each bank's row is the new request's
  always @(*) for (b = 0; b < 4; b = b + 1) row_hit[b] = last_row_q[RowW*b +: RowW] == req_row;
  assign req_open = last_open_q[req_bank] && !(ref_go && same == '0);
  assign req_hit  = req_open && row_hit[req_bank];

  // Banks
  logic [3:0] open, row_ok, col_ok, for_bank;           // for_bank: of the row command, one-hot
  genvar i;
  generate
    for (i = 0; i < 4; i = i + 1) begin : g_bank
      logic mine, used;
      assign mine = for_bank[i];
      qn_sdr_bank #(.Rcd(RCD), .Ras(RAS), .Rp(RP), .Rfc(RFC), .Wr(WR)) u_bank (
        .clk_i, .rst_ni,
        .act_i(act_go && mine), .pre_i((pre_go && mine) || (close_go && open[i])), .ref_i(ref_go),
        .write_i(col_go && we_q[0] && bank_q[1:0] == i), .open_o(open[i]), .row_ok_o(row_ok[i]), .col_ok_o(col_ok[i]));

      // A refresh leaves open what the queue will open again
      logic [N-1:0] waits;
      genvar k;
      for (k = 0; k < N; k = k + 1) begin : g_waits
        assign waits[k] = valid_q[k] && bank_q[2*k +: 2] == i;
      end
      assign used = waits != '0;
      always_ff @(posedge clk_i) begin
        if (!rst_ni)                        last_open_q[i] <= 1'b0;
        else if (push && req_bank == i)     last_open_q[i] <= 1'b1;
        else if (ref_go && !used)           last_open_q[i] <= 1'b0;
        if (push && req_bank == i)          last_row_q[RowW*i +: RowW] <= req_row;
      end
    end
  endgenerate

  // Refresh: left_q is the memory clocks from this clock's row place to the time it falls due, less 1: negative, it is due for row commands.
  // The column place is a memory clock earlier: due there too, but for a first clock in which that very clock makes the difference.
  localparam int LeftW = $clog2(Refi) + 1;
  localparam logic [LeftW-1:0] INTERVAL = Refi[LeftW-1:0], CLOCK = 2;
  logic [LeftW-1:0] left_q;
  logic due, due_q, due_col, close_may;
  assign due       = left_q[LeftW-1];
  assign due_col   = due && (due_q || !left_q[0]);
  assign close_may = run_o && due && !begun_q[0] && !col_go;
  assign close_go  = close_may && open != '0 && (open & ~row_ok) == '0;
  assign ref_go    = close_may && open == '0 && row_ok == '1;

  always_ff @(posedge clk_i) begin
    if (!rst_ni || (due && !run_o)) left_q <= INTERVAL - CLOCK;
    else if (ref_go)                left_q <= left_q + INTERVAL - CLOCK;
    else                            left_q <= left_q - CLOCK;
    due_q <= rst_ni && due && !ref_go && run_o;
  end

  // Row command: the first request that needs one. When a refresh is due, only if it and all before it have begun.
  logic [N-1:0] target, led;
  logic         row_may, opens, ready;     // the target wants its row opened, not the bank closed; its bank may
  assign target  = act_q & (~act_q + 1'b1);
  assign opens   = (target & pre_q) == '0;
  assign row_may = ready && (!due || (target & led) != '0);
  assign pre_go  = row_may && !opens && (target & behind) == '0;
  assign act_go  = row_may && opens;
  assign ready   = (for_bank & row_ok) != 4'd0;
  integer t;
  always @(*) begin
    row_bank = 2'd0;
    row_row  = '0;
    for_bank = 4'd0;
    led[0]   = begun_q[0];
    for (t = 1; t < N; t = t + 1) led[t] = led[t-1] && begun_q[t];
    for (t = 0; t < N; t = t + 1) begin
      row_bank = row_bank | (bank_q[2*t +: 2] & {2{target[t]}});
      row_row  = row_row | (row_q[RowW*t +: RowW] & {RowW{target[t]}});
      for_bank = for_bank | ({3'd0, target[t]} << bank_q[2*t +: 2]);
    end
  end

  // Column command: the head's next word
  logic       last_we_q;                   // direction of the last word, and clocks until the other may come
  logic [2:0] turn_q;
  assign col_go = valid_q[0] && !act_q[0] && col_ok[bank_q[1:0]] && (begun_q[0] || !due_col) && (we_q[0] == last_we_q || turn_q == 3'd0);
  assign pop    = col_go && last_q[0];

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      last_we_q <= 1'b0;
      turn_q    <= 3'd0;
    end else if (col_go) begin
      last_we_q <= we_q[0];
      turn_q    <= we_q[0] ? WRITE_READ[2:0] - 3'd1 : READ_WRITE[2:0] - 3'd1;
    end else if (turn_q != 3'd0) begin
      turn_q    <= turn_q - 3'd1;
    end
  end

  // Flags: what this clock's commands leave, then the shift, then the new request. After a refresh the first request of each bank
  // opens its row; those behind it in the bank need what they did.
  logic [N-1:0] act_left, pre_left, begun_left;
  assign act_left   = ref_go ? act_q | (valid_q & ~behind) : act_q & ~(target & {N{act_go}});
  assign pre_left   = ref_go ? pre_q & behind : pre_q & ~(target & {N{pre_go}});
  assign begun_left = ref_go ? '0 : begun_q | (target & {N{act_go || pre_go}}) | {{N-1{1'b0}}, col_go};

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      valid_q <= '0;
      act_q   <= '0;
      pre_q   <= '0;
      begun_q <= '0;
    end else begin
      valid_q <= stay | put;
      act_q   <= (pop ? act_left >> 1 : act_left) | (put & {N{!req_hit}});
      pre_q   <= (pop ? pre_left >> 1 : pre_left) | (put & {N{req_open && !req_hit}});
      begun_q <= pop ? begun_left >> 1 : begun_left;
    end
  end

  // Requests: no reset, valid says when they mean something; what is offered goes to the next free place, taken or not. The head's place and count
  // move on with its words.
  integer p;
  always_ff @(posedge clk_i) begin
    if (pop) begin
      we_q   <= we_q >> 1;
      bank_q <= bank_q >> 2;
      row_q  <= row_q >> RowW;
      col_q  <= col_q >> ColW;
      more_q <= more_q >> 4;
      last_q <= last_q >> 1;
      data_q <= data_q >> 36;
    end else if (col_go) begin
      col_q[3:0]  <= col_q[3:0] + 4'd1;
      more_q[3:0] <= more_q[3:0] - 4'd1;
      last_q[0]   <= more_q[3:0] == 4'd1;
    end
    for (p = 0; p < N; p = p + 1) begin
      if (place[p]) begin
        we_q[p]               <= req_we_i;
        bank_q[2*p +: 2]      <= req_bank;
        row_q[RowW*p +: RowW] <= req_row;
        col_q[ColW*p +: ColW] <= req_col;
        more_q[4*p +: 4]      <= req_len_i[3:0] - 4'd1;
        last_q[p]             <= req_len_i[3:0] == 4'd1;
        data_q[36*p +: 36]    <= {req_wstrb_i, req_wdata_i};
      end
    end
  end
  logic unused;
  assign unused = req_len_i[4];            // 16 is 0 in four bits, and so one more than 15

  // Initialization: a step each refresh interval
  localparam int LAST  = Quiet + Refs + 1;
  localparam int StepW = $clog2(LAST + 2);
  logic [StepW-1:0] step_q;
  logic init_go, init_close, init_mode;
  assign init_close = step_q == Quiet[StepW-1:0];
  assign init_mode  = step_q == LAST[StepW-1:0];
  assign init_go    = !run_o && due && step_q >= Quiet[StepW-1:0];
  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      run_o  <= 1'b0;
      step_q <= '0;
    end else if (!run_o && due) begin
      run_o  <= init_mode;
      step_q <= step_q + 1'b1;
    end
  end

  // Commands leave through registers
  always_ff @(posedge clk_i) begin
    col_valid_o <= rst_ni && col_go;
    drive_o     <= rst_ni && ((col_go && we_q[0]) || (col_valid_o && col_we_o));
    row_valid_o <= rst_ni && (act_go || pre_go || close_go || ref_go || init_go);
  end
  always_ff @(posedge clk_i) begin
    col_we_o    <= we_q[0];
    col_bank_o  <= bank_q[1:0];
    col_addr_o  <= col_q[ColW-1:0];
    {col_wstrb_o, col_wdata_o} <= data_q[35:0];
    row_bank_o  <= init_go ? 2'd0 : row_bank;
    if (init_go) begin
      row_cmd_o  <= init_close ? CMD_PRE : init_mode ? CMD_MODE : CMD_REF;
      row_addr_o <= init_mode ? MODE : ALL_BANKS;
    end else begin
      row_cmd_o  <= ref_go ? CMD_REF : close_go || !opens ? CMD_PRE : CMD_ACT;      // close_go: nobody's row opens
      row_addr_o <= close_go ? ALL_BANKS : opens ? row_row : '0;
    end
  end

endmodule

`default_nettype wire
