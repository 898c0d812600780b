// SPDX-License-Identifier: Apache-2.0
// For matrix_flow_proof: what stands in for the modules inside qn_matrix. Each does anything that its own proof allows.

`default_nettype none

// qn_gemm_load_proof: jobs are legal and stay offered; side words carry the number of the slice that is loaded, never while one waits
module qn_gemm_load #(
  parameter int Element = 0,
  parameter int Rows    = 16,
  parameter int Planes  = 1,
  parameter int AccCols = 256,
  parameter int Slices  = 64,
  parameter RowW   = $clog2(Rows),
  parameter SliceW = $clog2(Slices),
  parameter ColW   = $clog2(AccCols)
) (
  input  logic                           clk_i,
  input  logic                           rst_ni,
  input  logic                           insn_valid_i,
  output logic                           insn_ready_o,
  input  logic [qn_isa_pkg::ENTRY_W-1:0] insn_i,
  output logic                           trap_valid_o,
  output logic [7:0]                     trap_cause_o,
  output logic [31:0]                    trap_addr_o,
  output logic [11:0]                    trap_pc_o,
  output logic                           idle_o,
  output logic                           job_valid_o,
  input  logic                           job_take_i,
  output logic [31:0]                    job_slices_o,
  output logic [ColW:0]                  job_cols_o,
  output logic [RowW:0]                  job_rows_o,
  output logic [ColW-1:0]                job_acc_o,
  output logic [6:0]                     job_format_o,
  output logic [3:0]                     job_block_o,
  output logic                           job_accum_o,
  output logic [7:0]                     job_post_o,
  output logic                           buf_re_o,
  output logic [RowW-2:0]                buf_pair_o,
  output logic [SliceW-1:0]              buf_slice_o,
  output logic [1:0]                     buf_beat_o,
  input  logic [127:0]                   buf_data_i,
  input  logic [117:0]                   buf_side_i,
  output logic                           shadow_next_o,
  input  logic                           swap_i,
  output logic                           load_o,
  output logic [RowW-2:0]                load_pair_o,
  output logic                           load_last_o,
  output logic [127:0]                   load_data_o,
  output logic                           side_we_o,
  output logic [RowW-2:0]                side_pair_o,
  output logic [1:0]                     side_index_o,
  output logic [117:0]                   side_o
);

  (* anyseq *) logic            f_job, f_whole, f_load, f_side, f_accum;
  (* anyseq *) logic [31:0]     f_slices;
  (* anyseq *) logic [ColW:0]   f_cols;
  (* anyseq *) logic [RowW:0]   f_rows;
  (* anyseq *) logic [ColW-1:0] f_acc;
  (* anyseq *) logic [6:0]      f_format;
  logic [1:0] f_swaps_q;
  logic       f_full_q;
  always @(posedge clk_i) begin
    f_swaps_q <= !rst_ni ? 2'd0 : f_swaps_q + {1'b0, swap_i};
    f_full_q  <= rst_ni && shadow_next_o && !swap_i;
    if (rst_ni && f_job) assume (f_slices != 32'd0 && f_cols != '0 && !f_cols[0] && f_cols <= AccCols && f_rows != '0 && f_rows <= Rows
                                 && {1'b0, f_acc} + f_cols <= AccCols && qn_isa_pkg::fmt_valid({25'd0, f_format}));
    if (rst_ni && f_side) assume (!f_full_q);
  end
  assign {insn_ready_o, trap_valid_o, trap_cause_o, trap_addr_o, trap_pc_o, idle_o} = '0;
  assign {buf_re_o, buf_pair_o, buf_slice_o, buf_beat_o, load_pair_o, load_last_o, load_data_o, side_pair_o, side_o, job_post_o} = '0;
  assign job_valid_o   = f_job;
  assign job_slices_o  = f_slices;
  assign job_cols_o    = f_cols;
  assign job_rows_o    = f_rows;
  assign job_acc_o     = f_acc;
  assign job_format_o  = f_format;
  assign job_block_o   = qn_isa_pkg::fmt_block(f_format);
  assign job_accum_o   = f_accum;
  assign shadow_next_o = f_full_q || f_whole;
  assign load_o        = f_load;
  assign side_we_o     = f_side;
  assign side_index_o  = f_swaps_q;

endmodule

module qn_slicebuf #(
  parameter int Rows   = 16,
  parameter int Slices = 64,
  parameter int Lanes  = 8,
  parameter RowW   = $clog2(Rows),
  parameter SliceW = $clog2(Slices),
  parameter BeatW  = $clog2(32 / Lanes)
) (
  input  logic               clk_i,
  input  logic               qb_we_i,
  input  logic               qb_pair_i,
  input  logic [RowW-1:0]    qb_row_i,
  input  logic [SliceW-1:0]  qb_slice_i,
  input  logic [BeatW-1:0]   qb_beat_i,
  input  logic [8*Lanes-1:0] qb_data_i,
  input  logic [8*Lanes-1:0] qb_data2_i,
  input  logic               qb_side_we_i,
  input  logic [RowW-1:0]    qb_side_row_i,
  input  logic [SliceW-1:0]  qb_side_slice_i,
  input  logic               qb_s_i,
  input  logic [31:0]        qb_scale_i,
  input  logic [12:0]        qb_sum_lo_i,
  input  logic [12:0]        qb_sum_hi_i,
  input  logic [31:0]        qb_scale2_i,
  input  logic [12:0]        qb_sum2_lo_i,
  input  logic [12:0]        qb_sum2_hi_i,
  input  logic               re_i,
  input  logic [RowW-2:0]    pair_i,
  input  logic [SliceW-1:0]  slice_i,
  input  logic [1:0]         beat_i,
  output logic [127:0]       data_o,
  output logic [117:0]       side_o
);

  assign {data_o, side_o} = '0;

endmodule

module qn_array #(
  parameter int Element = 0,
  parameter int Rows  = 16,
  parameter int Depth = 32,
  parameter int Lanes = 4,
  parameter PairW  = $clog2(Rows) - 1,
  parameter RowsW  = $clog2(Rows) + 1,
  parameter Groups = Rows / Lanes
) (
  input  logic                clk_i,
  input  logic                rst_ni,
  input  logic                load_i,
  input  logic [PairW-1:0]    load_pair_i,
  input  logic                load_last_i,
  input  logic [127:0]        load_data_i,
  input  logic                swap_i,
  input  logic [RowsW-1:0]    rows_i,
  input  logic                valid_i,
  input  logic [31:0]         plane_i,
  input  logic                first_i,
  input  logic                neg_i,
  input  logic                hold_next_i,
  input  logic [Groups-1:0]   hold_next_use_i,
  input  logic                hold_shift_i,
  output logic [56*Lanes-1:0] lane_o
);

  assign lane_o = '0;

endmodule

// Second slots stay in it for any time (f_wet_q: one is there); while one does it is busy
module qn_dequant #(
  parameter int Units = 4,
  parameter AddrW = 10
) (
  input  logic                   clk_i,
  input  logic                   rst_ni,
  input  logic [Units-1:0]       next_i,
  input  logic                   valid_i,
  input  logic [Units-1:0]       mask_i,
  input  logic                   second_i,
  input  logic                   first_i,
  input  logic                   last_i,
  input  logic                   zero_i,
  input  logic                   done_i,
  input  logic [AddrW-1:0]       addr_i,
  input  logic                   plain_i,
  input  logic                   twice_i,
  input  logic [8:0]             sc_lo_i,
  input  logic [8:0]             sc_hi_i,
  input  logic [8:0]             mn_lo_i,
  input  logic [8:0]             mn_hi_i,
  input  logic                   halves_i,
  input  logic [31:0]            head_i,
  input  logic [28*Units-1:0]    lo_i,
  input  logic [28*Units-1:0]    hi_i,
  input  logic [26*Units-1:0]    asum_i,
  input  logic [32*Units-1:0]    scale_i,
  output logic                   done_o,
  output logic                   busy_o,
  input  logic                   acc_re_i,
  input  logic [AddrW*Units-1:0] acc_addr_i,
  output logic [32*Units-1:0]    acc_data_o
);

  (* anyseq *) logic f_busy, f_stay, f_done;
  logic f_wet_q;
  logic [2:0] f_dones_q;                   // slots with done_i whose done_o is still to come, each once
  always @(posedge clk_i) f_dones_q <= !rst_ni ? 3'd0 : f_dones_q + {2'd0, valid_i && done_i} - {2'd0, f_done};
  always @(posedge clk_i) if (rst_ni && f_done) assume (f_dones_q != 3'd0);
  always @(posedge clk_i) f_wet_q <= rst_ni && ((valid_i && second_i) || (f_wet_q && f_stay));
  logic f_was_q;                           // busy in the clock before: else only a slot makes it so (qn_dequant_proof)
  always @(posedge clk_i) f_was_q <= rst_ni && busy_o;
  assign busy_o     = valid_i || f_wet_q || (f_busy && f_was_q);
  assign done_o     = f_done;
  assign acc_data_o = '0;

endmodule

`default_nettype wire
