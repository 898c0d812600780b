// SPDX-License-Identifier: Apache-2.0
// For vector_flow_proof: what stands in for the modules inside qn_vector. Each gives anything (f_any) but what is excluded here.

`default_nettype none

// Refuses three clocks after the start or not
module qn_vec_check #(
  parameter int Rows    = 16,
  parameter int AccCols = 256,
  parameter int Slices  = 64,
  parameter int VbWords = 24576,
  parameter bit Ggml    = 1,
  parameter AddrW = $clog2(VbWords)
) (
  input  logic         clk_i,
  input  logic         start_i,
  input  logic [qn_isa_pkg::ENTRY_W-1:0] insn_i,
  input  logic         vec_i,
  input  logic         quant_i,
  input  logic         embed_i,
  input  logic         logit_i,
  input  logic         acc_i,
  input  logic [31:0]  n_i,
  input  logic [31:0]  rows_i,
  output logic         empty_o,
  output logic         bad_o,
  output logic [7:0]   bad_cause_o,
  output logic [31:0]  bad_addr_o
);

  (* anyseq *) logic [1023:0] f_any;
  assign {empty_o, bad_cause_o, bad_addr_o} = f_any;
  (* anyseq *) logic f_refuse;
  logic f_start_q, f_start2_q, f_bad_q;
  assign bad_o = f_bad_q;
  always @(posedge clk_i) begin
    f_start_q  <= start_i;
    f_start2_q <= f_start_q && !start_i;
    if (start_i)         f_bad_q <= 1'b0;
    else if (f_start2_q) f_bad_q <= f_refuse;
  end

endmodule

module qn_vbuf #(
  parameter int Lanes   = 8,
  parameter int VbWords = 24576,
  parameter AddrW = $clog2(VbWords),
  parameter BeatW = AddrW - $clog2(Lanes)
) (
  input  logic                clk_i,
  input  logic                rst_ni,
  input  logic                a_re_i,
  input  logic [BeatW-1:0]    a_beat_i,
  output logic [32*Lanes-1:0] a_data_o,
  input  logic                b_re_i,
  input  logic [BeatW-1:0]    b_beat_i,
  output logic [32*Lanes-1:0] b_data_o,
  input  logic                we_i,
  input  logic [BeatW-1:0]    w_beat_i,
  input  logic [Lanes-1:0]    w_mask_i,
  input  logic [32*Lanes-1:0] w_data_i,
  input  logic                ld_valid_i,
  output logic                ld_ready_o,
  input  logic [AddrW-1:0]    ld_addr_i,
  input  logic [31:0]         ld_data_i,
  input  logic                st_valid_i,
  output logic                st_ready_o,
  input  logic [AddrW-1:0]    st_addr_i,
  output logic                st_valid_o,
  output logic [31:0]         st_data_o
);

  (* anyseq *) logic [1023:0] f_any;
  assign {a_data_o, b_data_o, ld_ready_o, st_ready_o, st_valid_o, st_data_o} = f_any;

endmodule

module qn_func (
  input  logic        clk_i,
  input  logic        en_i,
  input  logic [1:0]  op_i,
  input  logic [31:0] a_i,
  output logic [31:0] y_o
);

  (* anyseq *) logic [1023:0] f_any;
  assign {y_o} = f_any;

endmodule

module qn_lane (
  input  logic        clk_i,
  input  logic        sum_en_i,
  input  logic        product_en_i,
  input  logic [31:0] a_i,
  input  logic [31:0] b_i,
  input  logic        quant_i,
  input  logic [31:0] inv_i,
  input  logic        away_i,
  input  logic        minifloat_i,
  input  logic        sub_i,
  output logic [15:0] code_o,
  input  logic        load_i,
  input  logic [2:0]  pick_i,
  input  logic        hide_i,
  input  logic [31:0] misc_i,
  output logic [31:0] result_o
);

  (* anyseq *) logic [1023:0] f_any;
  assign {code_o, result_o} = f_any;

endmodule

// Gives nothing after clear_i until it is given something, records where records are asked for, slices where they are not
module qn_quant #(
  parameter int Lanes  = 8,
  parameter int RowW   = 4,
  parameter int SliceW = 6,
  parameter bit Ggml   = 1,
  parameter BeatW = $clog2(32 / Lanes)
) (
  input  logic                 clk_i,
  input  logic                 clear_i,
  input  logic [1:0]           block_i,
  input  logic                 wide_i,
  input  logic                 record_i,
  input  logic                 ggml_i,
  input  logic                 coarse_i,
  input  logic                 x_valid_i,
  input  logic [32*Lanes-1:0]  x_data_i,
  output logic                 nonfinite_o,
  output logic [31:0]          scale_o,
  input  logic [31:0]          inv_i,
  output logic                 go_o,
  output logic [31:0]          inv_o,
  output logic                 away_o,
  input  logic                 code_valid_i,
  input  logic [16*Lanes-1:0]  code_i,
  input  logic [RowW-1:0]      row_i,
  input  logic [SliceW-1:0]    slice_i,
  output logic                 slice_next_o,
  input  logic                 slice_last_i,
  output logic                 slices_end_o,
  output logic                 qb_we_o,
  output logic [RowW-1:0]      qb_row_o,
  output logic                 qb_pair_o,
  output logic [SliceW-1:0]    qb_slice_o,
  output logic [BeatW-1:0]     qb_beat_o,
  output logic [8*Lanes-1:0]   qb_data_o,
  output logic [8*Lanes-1:0]   qb_data2_o,
  output logic                 qb_side_we_o,
  output logic [RowW-1:0]      qb_side_row_o,
  output logic [SliceW-1:0]    qb_side_slice_o,
  output logic                 qb_s_o,
  output logic [31:0]          qb_scale_o,
  output logic [12:0]          qb_sum_lo_o,
  output logic [12:0]          qb_sum_hi_o,
  output logic [31:0]          qb_scale2_o,
  output logic [12:0]          qb_sum2_lo_o,
  output logic [12:0]          qb_sum2_hi_o,
  output logic                 rec_valid_o,
  output logic [1:0]           rec_kind_o,
  output logic [BeatW-1:0]     rec_beat_o,
  output logic [8*Lanes-1:0]   rec_words_o,
  output logic                 rec_next_o
);

  (* anyseq *) logic [1023:0] f_any;
  assign {nonfinite_o, scale_o, go_o, inv_o, away_o, slice_next_o, slices_end_o, qb_side_row_o, qb_side_slice_o, qb_s_o, qb_we_o, qb_row_o, qb_pair_o,
          qb_slice_o, qb_beat_o, qb_data_o, qb_data2_o, qb_side_we_o, qb_scale_o, qb_sum_lo_o, qb_sum_hi_o,
          qb_scale2_o, qb_sum2_lo_o, qb_sum2_hi_o, rec_valid_o, rec_kind_o, rec_beat_o, rec_words_o, rec_next_o} = f_any;
  logic f_fed_q;
  always @(posedge clk_i) begin
    f_fed_q <= !clear_i && (x_valid_i || code_valid_i || f_fed_q);
    if (!f_fed_q) assume (!rec_valid_o && !rec_next_o && !slice_next_o && !slices_end_o && !qb_we_o && !go_o);
    if (rec_valid_o || rec_next_o) assume (record_i);
    if (slice_next_o || slices_end_o) assume (!record_i);
  end

endmodule

`default_nettype wire
