// SPDX-License-Identifier: Apache-2.0
// qn_vector's instructions and ports, without arithmetic. The register where one instruction waits loses none: what is taken waits, unchanged,
// until it starts, and starts once, when no other runs or in the clock that ends it. In the clock after a start every tap of the chain is empty:
// what an instruction left in the pipelines is no result of the next. The write port has one user in a clock: results of VEC, of
// EMBED or records; An instruction that is refused is the last, and posts nothing. One
// post for each of the others, while it runs.
//
// Relied upon: behind an instruction's last result there is no other (its walks count the same beats; tb_qn_vector looks at that).

`default_nettype none

module vector_flow_proof (
  input logic                           clk_i,
  input logic                           rst_ni,
  input logic                           insn_valid_i,
  input logic [qn_isa_pkg::ENTRY_W-1:0] insn_i
);

  logic insn_ready, post_valid, trap_valid, busy, idle;
  qn_vector #(.Rows(8), .Lanes(8), .Funcs(4), .Dequants(4), .AccCols(16), .Slices(8), .VbWords(64)) u_dut (
    .clk_i, .rst_ni, .regs_rst_ni(1'b1), .insn_valid_i, .insn_ready_o(insn_ready), .insn_i, .post_valid_o(post_valid), .post_o(),
    .trap_valid_o(trap_valid), .trap_cause_o(), .trap_addr_o(), .trap_pc_o(), .busy_o(busy), .idle_o(idle),
    .digest_we_i(2'd0), .digest_data_i('0), .digest_a_o(), .digest_b_o(), .pick_o(), .pick_value_o(), .nonfinite_clear_i(1'b0), .nonfinite_o(),
    .acc_re_o(), .acc_row_o(), .acc_col_o(), .acc_data_i('0),
    .qb_we_o(), .qb_row_o(), .qb_pair_o(), .qb_slice_o(), .qb_beat_o(), .qb_data_o(), .qb_data2_o(), .qb_side_we_o(), .qb_side_row_o(), .qb_side_slice_o(), .qb_s_o(), .qb_scale_o(),
    .qb_sum_lo_o(), .qb_sum_hi_o(), .qb_scale2_o(), .qb_sum2_lo_o(), .qb_sum2_hi_o(),
    .ld_valid_i(1'b0), .ld_ready_o(), .ld_addr_i('0), .ld_data_i('0), .st_valid_i(1'b0), .st_ready_o(), .st_addr_i('0), .st_valid_o(), .st_data_o());
  (* hierconn *) logic \u_dut.full_q , \u_dut.busy_q , \u_dut.stop_q , \u_dut.fin_q , \u_dut.start , \u_dut.start_walk , \u_dut.start_check , \u_dut.start_quant ;
  (* hierconn *) logic [3:1] \u_dut.none_q ;
  (* hierconn *) logic \u_dut.w_whole , \u_dut.w_next , \u_dut.serial_valid , \u_dut.rec_valid ;
  (* hierconn *) logic \u_dut.vec_q , \u_dut.quant_q , \u_dut.embed_q , \u_dut.logit_q , \u_dut.record_q , \u_dut.func_q , \u_dut.acc_q ;
  (* hierconn *) logic \u_dut.d_vec , \u_dut.d_quant , \u_dut.d_embed , \u_dut.d_logit , \u_dut.d_acc ;
  (* hierconn *) logic \u_dut.a_run_q , \u_dut.b_run_q , \u_dut.b1_q , \u_dut.b2_q , \u_dut.write_q , \u_dut.last ;
  (* hierconn *) logic \u_dut.a_next , \u_dut.tick , \u_dut.b_read , \u_dut.op_valid , \u_dut.func_valid , \u_dut.result_valid , \u_dut.code_valid ;
  (* hierconn *) logic \u_dut.u_quant.f_fed_q , \u_dut.u_check.f_start_q , \u_dut.u_check.f_start2_q , \u_dut.u_check.f_bad_q ;
  (* hierconn *) logic [qn_isa_pkg::LAT_ACC+1:1] \u_dut.tick_q , \u_dut.read_q ;
  (* hierconn *) logic [qn_isa_pkg::LAT_FMUL+1+qn_isa_pkg::LAT_FADD:1] \u_dut.chain_q ;
  (* hierconn *) logic [qn_isa_pkg::ENTRY_W-1:0] \u_dut.insn_q ;

  initial assume (!rst_ni);

  logic                           f_wait_q;            // an instruction waits
  logic                           f_run_q, f_stop_q;   // one was started and has not ended; one was refused
  logic                           f_some_q;            // one was started
  logic                           f_new_q;             // in the clock before
  logic [2:0]                     f_age_q;             // clocks since; 4: or more
  logic                           f_write_q;           // the clock before had a result that is written
  logic [qn_isa_pkg::ENTRY_W-1:0] f_insn_q;
  logic                           take, f_result;
  logic                           f_taps;              // something is on its way
  assign take     = insn_valid_i && insn_ready;
  assign f_result = \u_dut.w_whole || (\u_dut.embed_q && \u_dut.serial_valid ) || \u_dut.rec_valid ;
  assign f_taps   = \u_dut.tick_q [qn_isa_pkg::LAT_ACC+1:2] != '0 || \u_dut.chain_q != '0 || \u_dut.op_valid || \u_dut.func_valid || \u_dut.result_valid
                    || \u_dut.w_whole || \u_dut.serial_valid || \u_dut.code_valid || \u_dut.u_quant.f_fed_q || \u_dut.b2_q || \u_dut.b_run_q ;
  always @(posedge clk_i) begin
    f_new_q   <= rst_ni && \u_dut.start ;
    f_write_q <= rst_ni && f_result && !trap_valid;
    if (!rst_ni) begin
      f_wait_q <= 1'b0;
      f_run_q  <= 1'b0;
      f_stop_q <= 1'b0;
      f_some_q <= 1'b0;
    end else begin
      if (\u_dut.start )     f_some_q <= 1'b1;
      if (take)              f_wait_q <= 1'b1;
      else if (\u_dut.start ) f_wait_q <= 1'b0;
      if (\u_dut.start )     f_run_q <= 1'b1;
      else if (post_valid)   f_run_q <= 1'b0;
      if (trap_valid)        f_stop_q <= 1'b1;
    end
    if (take) f_insn_q <= insn_i;

    f_age_q <= \u_dut.start ? 3'd1 : f_age_q[2] ? 3'd4 : f_age_q + 3'd1;
    if (rst_ni) begin
      if (\u_dut.last ) assume (f_run_q && !post_valid);

      // Nothing is lost, nothing starts twice, one at a time
      if (take) assert (!f_wait_q || \u_dut.start );
      if (\u_dut.start ) assert (f_wait_q && (!f_run_q || post_valid) && \u_dut.insn_q == f_insn_q);
      if (f_wait_q && !f_stop_q) assert (\u_dut.full_q );
      if (f_wait_q && !f_stop_q && !trap_valid && (!f_run_q || post_valid)) assert (\u_dut.start );
      assert (busy == (f_run_q && !f_stop_q) && idle == (!busy && (!f_wait_q || f_stop_q)));
      // A refused one is the last
      if (f_stop_q) assert (!insn_ready && !\u_dut.start && !post_valid && !trap_valid && !\u_dut.w_next );
      if (trap_valid) assert (f_run_q);
      // The chain is empty when an instruction starts
      if (f_new_q) assert (!f_taps && \u_dut.tick_q == '0 && \u_dut.read_q == '0 && !\u_dut.b1_q
                           && !\u_dut.w_next && !f_result && !post_valid && !trap_valid);
      if (post_valid) assert (f_run_q && !trap_valid);
      // Ports
      assert (!(\u_dut.w_whole && \u_dut.embed_q ) && !(\u_dut.w_whole && \u_dut.rec_valid ) && !(\u_dut.embed_q && \u_dut.rec_valid ));
      assert (\u_dut.write_q == f_write_q);

      // What induction needs
      assert (\u_dut.start == (\u_dut.full_q && !\u_dut.stop_q && (!\u_dut.busy_q || \u_dut.fin_q )));
      assert ({\u_dut.start_walk , \u_dut.start_check , \u_dut.start_quant } == {3{\u_dut.start }});
      assert (\u_dut.stop_q == f_stop_q && \u_dut.busy_q == (f_run_q && !f_stop_q));
      if (!f_stop_q) assert (\u_dut.full_q == f_wait_q);
      if (f_stop_q) assert (!\u_dut.full_q );
      if (f_wait_q) assert (\u_dut.insn_q == f_insn_q);
      if (f_some_q) assert (f_new_q == (f_age_q == 3'd1) && f_age_q != 3'd0 && f_age_q <= 3'd4);
      if (f_new_q) assert (f_some_q && f_run_q);
      if (f_some_q) assert (\u_dut.u_check.f_start_q == f_new_q && \u_dut.u_check.f_start2_q == (f_age_q == 3'd2));
      if (\u_dut.none_q [1]) assert (f_new_q);
      if (\u_dut.none_q [2]) assert (f_run_q && f_age_q == 3'd2);
      if (\u_dut.none_q [3]) assert (f_run_q && f_age_q == 3'd3);
      if (\u_dut.fin_q ) assert (f_run_q && f_age_q == 3'd4 && !\u_dut.u_check.f_bad_q );
      if (f_some_q && f_age_q == 3'd2) assert (f_run_q && !f_taps);
      if (f_some_q && f_age_q == 3'd3) assert (f_run_q && \u_dut.chain_q == '0 && !\u_dut.serial_valid && !\u_dut.u_quant.f_fed_q && !\u_dut.b_run_q );
      if (f_run_q && !f_stop_q && f_age_q != 3'd3) assert (!\u_dut.u_check.f_bad_q );
      if (f_stop_q) assert (\u_dut.none_q == '0 && !\u_dut.fin_q && !\u_dut.a_run_q && !\u_dut.a_next && !\u_dut.tick && !\u_dut.b_read
                            && !f_taps && \u_dut.tick_q == '0 && !\u_dut.b1_q && !\u_dut.write_q );
      if (f_some_q) assert ({2'd0, \u_dut.vec_q } + {2'd0, \u_dut.quant_q } + {2'd0, \u_dut.embed_q } + {2'd0, \u_dut.logit_q } <= 3'd1
                            && (!\u_dut.record_q || \u_dut.quant_q ) && (!\u_dut.func_q || \u_dut.vec_q ) && (!\u_dut.embed_q || \u_dut.acc_q ));
      else assert (!f_run_q && !\u_dut.a_run_q && !\u_dut.a_next && !\u_dut.tick && !\u_dut.b_read && !f_taps && \u_dut.tick_q == '0
                   && !\u_dut.b1_q && !\u_dut.write_q );
      if (\u_dut.w_whole || \u_dut.result_valid ) assert (\u_dut.vec_q );
      if (\u_dut.serial_valid ) assert (\u_dut.embed_q || \u_dut.logit_q );
      // What waits is of one kind, as it says
      if (f_wait_q && !f_stop_q) assert ({2'd0, \u_dut.d_vec } + {2'd0, \u_dut.d_quant } + {2'd0, \u_dut.d_embed } + {2'd0, \u_dut.d_logit } <= 3'd1
                            && (!\u_dut.d_embed || \u_dut.d_acc ));

      cover (\u_dut.start && post_valid && take);
      cover (trap_valid && f_wait_q);
      cover (\u_dut.write_q && \u_dut.vec_q );
    end
  end

endmodule

`default_nettype wire
