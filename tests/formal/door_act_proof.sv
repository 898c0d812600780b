// SPDX-License-Identifier: Apache-2.0
// qn_door_act: nothing is executed but a whole frame of the session whose number is the next one, and with its reply the number is used up;
// within an epoch it never goes back. Memory is asked for within one region of the map that gives the right, requests stand until they are
// taken, words read are kept in order, and no kept reply is written while it is due or on its way.
// Memory answers what it was asked for; qn_door_tx takes what is due and sends one reply at a time; words of a frame come while it is taken in.

`default_nettype none

module door_act_proof (
  input logic        clk_i,
  input logic        rst_ni,
  input logic [31:0] seed_i,
  input logic        head_valid_i,
  input logic [7:0]  type_i,
  input logic [15:0] seq_i,
  input logic [15:0] words_i,
  input logic [31:0] epoch_i,
  input logic        word_valid_i,
  input logic [15:0] word_index_i,
  input logic [31:0] word_i,
  input logic        frame_valid_i,
  input logic        welcome_take_i,
  input logic        lost_take_i,
  input logic        nak_take_i,
  input logic        due_take_i,
  input logic [1:0]  first_i,
  input logic        sent_i,
  input logic        req_ready_i,
  input logic        req_busy_i,
  input logic        rsp_valid_i,
  input logic [31:0] rsp_data_i,
  input logic        reg_done_i,
  input logic        reg_fault_i
);

  localparam [191:0] MAP = {32'd1, 32'd7, 32'd200, 32'd3, 32'd40, 32'd64};   // words 64 to 103 read and written, 200 to 206 read only

  logic        head_take, head_want, frame_take, welcome, welcome_good, lost, nak, keep_we, req_valid, req_we, reg_valid, reg_we, bell_valid, reset_valid;
  logic [31:0] boot, offer, lost_epoch, nak_epoch, epoch, keep_data, req_wdata, reg_wdata, bell_value, reset;
  logic [15:0] welcome_tag, nak_seq, reg_addr, bell;
  logic [3:0]  due;
  logic [1:0]  oldest, due_slot;
  logic [167:0] reply;
  logic [10:0] keep_addr;
  logic [29:0] req_addr;
  logic [4:0]  req_len;
  logic        f_busy_q;
  logic [1:0]  f_slot_q;
  assign due_slot = f_busy_q ? f_slot_q : first_i;

  qn_door_act #(.Window(4), .Data(32), .Regions(2), .Map(MAP), .Regs(16'd16), .Bells(16'd2)) u_dut (
    .clk_i, .rst_ni, .seed_i, .head_valid_i, .head_take_o(head_take), .head_want_o(head_want), .type_i, .seq_i, .words_i, .epoch_i,
    .word_valid_i, .word_index_i, .word_i, .frame_valid_i, .frame_take_o(frame_take),
    .boot_o(boot), .welcome_o(welcome), .welcome_good_o(welcome_good), .welcome_tag_o(welcome_tag), .offer_o(offer), .welcome_take_i,
    .lost_o(lost), .lost_epoch_o(lost_epoch), .lost_take_i, .nak_o(nak), .nak_seq_o(nak_seq), .nak_epoch_o(nak_epoch), .nak_take_i,
    .due_o(due), .oldest_o(oldest), .reply_o(reply), .epoch_o(epoch), .due_take_i, .due_slot_i(due_slot), .tx_busy_i(f_busy_q),
    .keep_we_o(keep_we), .keep_addr_o(keep_addr), .keep_data_o(keep_data),
    .req_valid_o(req_valid), .req_ready_i, .req_busy_i, .req_we_o(req_we), .req_addr_o(req_addr), .req_len_o(req_len), .req_wdata_o(req_wdata),
    .rsp_valid_i, .rsp_data_i, .reg_valid_o(reg_valid), .reg_we_o(reg_we), .reg_addr_o(reg_addr), .reg_wdata_o(reg_wdata),
    .reg_done_i, .reg_rdata_i(32'd0), .reg_fault_i, .bell_valid_o(bell_valid), .bell_o(bell), .bell_value_o(bell_value),
    .reset_valid_o(reset_valid), .reset_o(reset));
  (* hierconn *) logic [3:0]  \u_dut.state_q ;
  (* hierconn *) logic [7:0]  \u_dut.type_q ;
  (* hierconn *) logic [15:0] \u_dut.seq_q ;
  (* hierconn *) logic [16:0] \u_dut.expect_q ;
  (* hierconn *) logic [31:0] \u_dut.of_q ;
  (* hierconn *) logic [31:0] \u_dut.at_q ;
  (* hierconn *) logic [31:0] \u_dut.n_q ;
  (* hierconn *) logic [15:0] \u_dut.words_q ;
  (* hierconn *) logic [29:0] \u_dut.addr_q ;
  (* hierconn *) logic [9:0]  \u_dut.left_q ;
  (* hierconn *) logic [9:0]  \u_dut.done_q ;
  (* hierconn *) logic        \u_dut.whole_q ;
  (* hierconn *) logic        \u_dut.region_q ;
  (* hierconn *) logic [31:0] \u_dut.count_q ;
  (* hierconn *) logic [32:0] \u_dut.end_q ;
  localparam [3:0] IDLE = 4'd0, NUMBER = 4'd3, CLAIM = 4'd4, CHECK = 4'd5, MAPS = 4'd6, READ = 4'd7, WRITE = 4'd8, REG = 4'd9, RING = 4'd10, KEEP = 4'd11,
                   PAST = 4'd12;
  logic [3:0] state;
  assign state = \u_dut.state_q ;

  initial assume (!rst_ni);
  qn_stream_check #(.Width(68), .Assume(1'b0)) u_req (
    .clk_i, .rst_ni, .valid_i(req_valid), .ready_i(req_ready_i), .data_i({req_we, req_addr, req_len, req_we ? req_wdata : 32'd0}));

  logic        f_frame_q;                  // a payload was wanted: it may become whole
  logic [9:0]  f_asked_q;                  // words asked for and not yet here
  logic [31:0] f_epoch_q, f_number_epoch_q;
  logic [16:0] f_expect_q;
  logic        f_run_q;
  always_ff @(posedge clk_i) begin
    f_run_q    <= rst_ni;
    f_epoch_q  <= epoch;
    f_expect_q <= \u_dut.expect_q ;
    if (!rst_ni) begin
      f_busy_q  <= 1'b0;
      f_asked_q <= 10'd0;
      f_frame_q <= 1'b0;
    end else begin
      if (due_take_i)  f_busy_q <= 1'b1;
      else if (sent_i) f_busy_q <= 1'b0;
      if (due_take_i) f_slot_q <= due_slot;
      f_asked_q <= f_asked_q + (req_valid && req_ready_i && !req_we ? {5'd0, req_len} : 10'd0) - {9'd0, rsp_valid_i};
      if (head_take)       f_frame_q <= head_want;
      else if (frame_take) f_frame_q <= 1'b0;
    end
  end

  logic        f_active;                   // a request is being executed
  logic [31:0] f_count, f_region, f_words, f_end;
  assign f_active = state >= CLAIM && state <= KEEP;
  assign f_count  = \u_dut.type_q == 8'd3 ? {16'd0, \u_dut.words_q } - 32'd1 : \u_dut.n_q ;
  // The region that MAP stopped at: region_q went one further
  logic f_first, f_second;
  assign f_first  = \u_dut.at_q >= 32'd64 && \u_dut.at_q < 32'd104 && f_count <= 32'd104 - \u_dut.at_q ;
  assign f_second = \u_dut.at_q >= 32'd200 && \u_dut.at_q < 32'd207 && f_count <= 32'd207 - \u_dut.at_q ;

  always @(posedge clk_i) if (rst_ni) begin
    // What stands around it
    assume (!(head_valid_i && frame_valid_i));
    if (state != IDLE) assume (!head_valid_i && !word_valid_i);
    if (frame_valid_i) assume (f_frame_q);
    if (word_valid_i) assume (f_frame_q);
    if (rsp_valid_i) assume (f_asked_q != 10'd0);
    assume (!due_take_i || (!f_busy_q && due[due_slot]));
    if (reg_done_i) assume (reg_valid);
    if (state == IDLE && frame_valid_i) assume (epoch_i == epoch || epoch_i == offer || type_i == 8'd1);
    if (state == IDLE && frame_valid_i) assume (epoch_i != 32'd0 || type_i == 8'd1);
    if (state == IDLE && frame_valid_i) assume (words_i != 16'd0 && words_i <= 16'd33 && !type_i[7]);

    assert (state <= PAST);
    // Only the next number, of the session, and only when it is whole
    if (state == NUMBER) assert (\u_dut.of_q != 32'd0 && (\u_dut.of_q == epoch || \u_dut.of_q == offer));
    if (state >= NUMBER) assert (\u_dut.type_q != 8'd1);
    if (f_active) assert ({1'b0, \u_dut.seq_q } == \u_dut.expect_q && \u_dut.of_q == epoch && epoch != 32'd0);
    if (reg_valid || bell_valid || reset_valid || req_valid) assert (f_active && \u_dut.whole_q );
    if (f_active && state > CHECK && state != KEEP) assert (\u_dut.whole_q );
    // The sums that stand in registers when MAP asks
    if (f_active)                  assert (\u_dut.count_q == f_count);
    if (f_active && state > CLAIM) assert (\u_dut.end_q == {1'b0, \u_dut.at_q } + {1'b0, f_count});
    if (f_run_q && epoch == f_epoch_q)
      assert (\u_dut.expect_q == f_expect_q || \u_dut.expect_q == f_expect_q + 17'd1);
    assert (\u_dut.expect_q <= 17'd65536);
    if (reg_valid) assert (reg_addr < 16'd16 && \u_dut.at_q < 32'd16 && reg_we == (\u_dut.type_q == 8'd5) && (\u_dut.type_q == 8'd4 || \u_dut.type_q == 8'd5));
    if (bell_valid) assert (\u_dut.at_q < 32'd2);
    if (state == RING) assert (\u_dut.type_q == 8'd7 || (\u_dut.type_q == 8'd6 && \u_dut.at_q < 32'd2));
    // Memory
    if (state == MAPS) assert ((\u_dut.type_q == 8'd2 || \u_dut.type_q == 8'd3) && f_count != 32'd0 && f_count <= 32'd32);
    if (state == MAPS && \u_dut.region_q ) assert (!f_first);
    if (state == READ || state == WRITE) begin
      assert (f_count != 32'd0 && f_count <= 32'd32 && \u_dut.type_q == (state == READ ? 8'd2 : 8'd3));
      assert (f_first || (f_second && state == READ));
      assert (\u_dut.left_q <= f_count[9:0] && \u_dut.addr_q == \u_dut.at_q [29:0] + (f_count[29:0] - {20'd0, \u_dut.left_q }));
    end
    if (state == READ) assert (\u_dut.done_q < f_count[9:0] && f_asked_q + \u_dut.left_q + \u_dut.done_q == f_count[9:0] && f_asked_q <= 10'd32);
    else assert (f_asked_q == 10'd0);
    if (req_valid) assert (req_len >= 5'd1 && {1'b0, req_addr[3:0]} + req_len <= 5'd16);
    if (req_valid && req_we) assert (req_addr >= 30'd64 && req_addr < 30'd104);
    if (req_valid && !req_we)
      assert ((req_addr >= 30'd64 && req_addr + req_len <= 30'd104) || (req_addr >= 30'd200 && req_addr + req_len <= 30'd207));
    // Kept replies
    if (keep_we) assert (keep_addr[10:9] == \u_dut.seq_q [1:0] && !(f_busy_q && f_slot_q == \u_dut.seq_q [1:0]) && !due[\u_dut.seq_q [1:0]]);
    if (f_active) assert (!due[\u_dut.seq_q [1:0]]);
    if (f_active && state > CLAIM) assert (!(f_busy_q && f_slot_q == \u_dut.seq_q [1:0]));
    if (state == KEEP) cover (\u_dut.expect_q == 17'd0);
    cover (req_valid && req_we && req_addr == 30'd66);
    cover (state == READ && rsp_valid_i && \u_dut.done_q == 10'd2);
  end

endmodule

`default_nettype wire
