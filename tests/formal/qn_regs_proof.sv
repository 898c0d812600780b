// SPDX-License-Identifier: Apache-2.0
// qn_regs: of the traps of a clock (the semaphores' are said a clock later, and the vector unit's cause and address) the first in the order of trap_valid_i is kept, and no later one replaces
// it until a reset; a busy job is neither done nor trapped; a reset holds the core until the memory port is quiet, and a start is taken only when nothing of these is left.

`default_nettype none

module qn_regs_proof (
  input logic         clk_i,
  input logic         rst_ni,
  input logic         reg_valid_i,
  input logic         reg_we_i,
  input logic [6:0]   reg_addr_i,
  input logic [31:0]  reg_wdata_i,
  input logic         mem_idle_i,
  input logic         done_i,
  input logic [5:0]   trap_valid_i,
  input logic [47:0]  trap_cause_i,
  input logic [191:0] trap_addr_i,
  input logic [71:0]  trap_pc_i
);

  logic core_rst_n, start, stop;
  qn_regs #(.Rows(16)) u_dut (
    .clk_i, .rst_ni, .reg_valid_i, .reg_we_i, .reg_addr_i, .reg_wdata_i, .reg_rdata_o(),
    .core_rst_no(core_rst_n), .mem_idle_i, .start_o(start), .load_o(), .entry_o(), .prog_addr_o(), .prog_words_o(), .done_i, .stop_o(stop),
    .trap_valid_i, .trap_cause_i, .trap_addr_i, .trap_pc_i, .arg_index_i(6'd0), .arg_data_o(),
    .load_win_i(3'd0), .load_base_o(), .load_size_o(), .store_win_i(3'd0), .store_base_o(), .store_size_o(), .store_write_o(),
    .nonfinite_i(1'b0), .nonfinite_clear_o(), .pick_i('0), .pick_value_i('0), .digest_a_i('0), .digest_b_i('0), .digest_we_o(), .digest_data_o(),
    .array_i(1'b0), .array_rows_i('0), .starve_i(1'b0), .busy_i(4'd0), .mem_valid_i(1'b0), .mem_we_i(1'b0), .mem_kind_i(2'd0), .mem_len_i(5'd0));
  (* hierconn *) logic        \u_dut.busy_q , \u_dut.done_q , \u_dut.trapped_q , \u_dut.resetting_q , \u_dut.start , \u_dut.reset ;
  (* hierconn *) logic [31:0] \u_dut.trap_addr_q ;
  (* hierconn *) logic [7:0]  \u_dut.cause_q ;
  (* hierconn *) logic [11:0] \u_dut.trap_pc_q ;
  (* hierconn *) logic [4:0]   \u_dut.trap_valid_q ;
  (* hierconn *) logic [39:0]  \u_dut.all_cause_q ;
  (* hierconn *) logic [159:0] \u_dut.all_addr_q ;
  (* hierconn *) logic [59:0]  \u_dut.all_pc_q ;

  initial assume (!rst_ni);

  logic        f_trapped_q, f_quiet_q;     // a trap was seen; the memory port was quiet since the reset
  logic [4:0]   f_valid_q;                 // what the units said in the last clock
  logic [39:0]  f_causes_q;
  logic [159:0] f_addrs_q;
  logic [59:0]  f_pcs_q;
  logic         f_trap;
  logic [7:0]  f_cause_q, f_cause;
  logic [31:0] f_addr_q, f_addr;
  logic [11:0] f_pc_q, f_pc;
  always @(*) begin
    if      (f_valid_q[0]) {f_cause, f_addr, f_pc} = {f_causes_q[7:0],   f_addrs_q[31:0],    f_pcs_q[11:0]};
    else if (f_valid_q[1]) {f_cause, f_addr, f_pc} = {f_causes_q[15:8],  f_addrs_q[63:32],   f_pcs_q[23:12]};
    else if (f_valid_q[2]) {f_cause, f_addr, f_pc} = {f_causes_q[23:16], f_addrs_q[95:64],   f_pcs_q[35:24]};
    else if (f_valid_q[3]) {f_cause, f_addr, f_pc} = {trap_cause_i[31:24], trap_addr_i[127:96], f_pcs_q[47:36]};
    else if (f_valid_q[4]) {f_cause, f_addr, f_pc} = {f_causes_q[39:32], f_addrs_q[159:128], f_pcs_q[59:48]};
    else                      {f_cause, f_addr, f_pc} = {trap_cause_i[47:40], trap_addr_i[191:160], trap_pc_i[71:60]};
  end
  assign f_trap = \u_dut.busy_q && (f_valid_q != 5'd0 || trap_valid_i[5]);
  always @(posedge clk_i) begin
    f_valid_q  <= core_rst_n ? trap_valid_i[4:0] : 5'd0;
    f_causes_q <= trap_cause_i[39:0];
    f_addrs_q  <= trap_addr_i[159:0];
    f_pcs_q    <= trap_pc_i[59:0];
    if (!rst_ni || \u_dut.resetting_q ) f_trapped_q <= 1'b0;
    else if (f_trap)          f_trapped_q <= 1'b1;
    if (f_trap && !f_trapped_q) {f_cause_q, f_addr_q, f_pc_q} <= {f_cause, f_addr, f_pc};
    if (!rst_ni || \u_dut.reset ) f_quiet_q <= 1'b0;
    else if (mem_idle_i)         f_quiet_q <= 1'b1;
    if (rst_ni) begin
      assert (stop == f_trapped_q && core_rst_n == !\u_dut.resetting_q );
      assert (\u_dut.trap_valid_q == f_valid_q && \u_dut.all_cause_q == f_causes_q && \u_dut.all_addr_q == f_addrs_q && \u_dut.all_pc_q == f_pcs_q);
      if (f_trapped_q) assert (\u_dut.cause_q == f_cause_q && \u_dut.trap_addr_q == f_addr_q && \u_dut.trap_pc_q == f_pc_q && !\u_dut.busy_q );
      assert (!(\u_dut.busy_q && \u_dut.done_q ) && !(\u_dut.busy_q && \u_dut.trapped_q ));
      assert (core_rst_n == f_quiet_q);
      if (\u_dut.start ) assert (core_rst_n && !\u_dut.busy_q && !stop);
      cover (f_trapped_q && \u_dut.cause_q == 8'd7);
      cover (\u_dut.start && \u_dut.done_q );
    end
  end

endmodule

`default_nettype wire
