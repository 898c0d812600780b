// SPDX-License-Identifier: Apache-2.0
// qn_quant's FIFO of 16 scales never holds more than 7 (with GGML 8), and has a block's scale whenever one of the block's codes comes: the slot that is read is
// the one where that block's scale was put. Instructions of any number of blocks, of any size, to slices or
// records; one may be cut off at any clock.
//
// Relied upon: whole blocks of beats, in each clock or (records) each fourth; as many codes at the same pace, the first of them Lag clocks after go_o
// (qn_vector: three registers of reading, a product, a register and a sum).

`default_nettype none

// Numbers do not matter here
module qn_delay #(
  parameter int Width  = 1,
  parameter int Clocks = 1
) (
  input  logic             clk_i,
  input  logic [Width-1:0] in_i,
  output logic [Width-1:0] out_o
);

  (* anyseq *) logic [Width-1:0] f_any;
  assign out_o = f_any;

endmodule

module qn_div127 (
  input  logic        clk_i,
  input  logic        en_i,
  input  logic [30:0] x_i,
  output logic [30:0] y_o
);

  (* anyseq *) logic [30:0] f_any;
  assign y_o = f_any;

endmodule

module qn_quotient (
  input  logic        clk_i,
  input  logic        en_i,
  input  logic [30:0] recip_i,
  input  logic        times_i,
  input  logic [22:0] x_i,
  output logic [30:0] y_o
);

  (* anyseq *) logic [30:0] f_any;
  assign y_o = f_any;

endmodule

module qn_to_half (
  input  logic        clk_i,
  input  logic        en_i,
  input  logic [31:0] x_i,
  output logic [15:0] h_o
);

  (* anyseq *) logic [15:0] f_any;
  assign h_o = f_any;

endmodule

module qn_fmul (
  input  logic        clk_i,
  input  logic        en_i,
  input  logic [31:0] a_i,
  input  logic [31:0] b_i,
  output logic [31:0] y_o
);

  (* anyseq *) logic [31:0] f_any;
  assign y_o = f_any;

endmodule

module qn_quant_proof #(
  parameter int Lanes = 8
) (
  input logic                clk_i,
  input logic                rst_ni,
  input logic                clear_i,
  input logic [32*Lanes-1:0] x_data_i
);

  localparam int LatMul  = qn_isa_pkg::LAT_FMUL;
  localparam int LatFunc = qn_isa_pkg::LAT_FUNC;
  localparam int BeatW   = $clog2(32 / Lanes);
  localparam int CountW  = BeatW + 3;
  localparam int TimeW   = CountW + 4;                 // 16 of the longest blocks
  localparam int Lag     = 4 + LatMul + qn_isa_pkg::LAT_FADD;
  localparam int LatQuot = qn_isa_pkg::LAT_QUOT;
  localparam [TimeW-1:0] Scale = LatMul + 4;           // from a block's last beat to the clock with its scale, of Q8_K its top
  localparam [TimeW-1:0] Top   = Scale + LatFunc + LatQuot + 1;  // of Q8_K: to the clock with 127/top

  (* anyconst *) logic [1:0] f_block;                  // slices of 32 << f_block
  (* anyconst *) logic       f_record, f_wide, f_ggml, f_coarse;
  (* anyseq *)   logic       f_stop;

  // Clocks since the first beat, which wrap; the last beat of a block is at a multiple of period less pace
  logic             f_on_q, f_warm_q, f_end_q;         // begun; long ago; the last beat has been
  logic [TimeW-1:0] f_t_q, f_after_q, f_last_q;        // since the first; since the last (or long); when that was
  logic [TimeW-1:0] pace, period, total;               // total: from a beat to its code
  logic [TimeW-1:0] put_after, go_after;               // from a block's last beat to the clock that puts its scale, and to go_o
  logic             q8_1, q8_k;
  logic [3:0]       log;                               // of period
  logic             x_valid, code_valid, go;
  assign log    = BeatW[3:0] + {2'd0, f_record ? 2'd2 : f_block};
  assign period = {{TimeW-1{1'b0}}, 1'b1} << log;
  assign pace   = f_record ? 'd4 : 'd1;
  assign q8_1   = f_ggml && !f_record && f_block == 2'd0;
  assign q8_k   = f_ggml && !f_record && f_block == 2'd3;
  assign put_after = q8_k ? Top + LatFunc + LatQuot : Scale;
  assign go_after  = q8_k ? Top + LatFunc + LatQuot - 2 : q8_1 ? Scale + LatFunc + LatQuot - 2 : Scale + LatFunc - 2;
  assign total  = period - pace + go_after + Lag[TimeW-1:0];

  // A beat in the clock that was `ago` clocks before this one; a block's last; blocks that ended before (mod 16)
  function was(input [TimeW-1:0] now, input [TimeW-1:0] ago);
    was = f_on_q && (f_warm_q || now >= ago) && ((now - ago) & (pace - 1'b1)) == '0 && !(f_end_q && f_after_q > ago);
  endfunction
  function ended(input [TimeW-1:0] now, input [TimeW-1:0] ago);
    ended = was(now, ago) && ((now - ago + pace) & (period - 1'b1)) == '0;
  endfunction
  function [TimeW-1:0] since(input [TimeW-1:0] now, input [TimeW-1:0] ago);   // the clock `ago` clocks before this one, or the last beat's, if that was earlier
    since = f_end_q && f_after_q > ago ? f_last_q : now - ago;
  endfunction
  function [3:0] blocks(input [TimeW-1:0] now, input [TimeW-1:0] ago);
    blocks = f_on_q && (f_warm_q || now > ago) ? (since(now, ago + 1'b1) + pace) >> log : 4'd0;
  endfunction
  function [CountW-1:0] place(input [TimeW-1:0] now, input [TimeW-1:0] ago);  // beats of the block before that clock
    place = f_on_q && (f_warm_q || now > ago)
          ? ((since(now, ago + 1'b1) >> (f_record ? 2 : 0)) + 1'b1) & ((period >> (f_record ? 2 : 0)) - 1'b1) : '0;
  endfunction

  assign x_valid    = was(f_t_q, '0);
  assign code_valid = was(f_t_q, total);

  qn_quant #(.Lanes(Lanes)) u_dut (
    .clk_i, .clear_i(clear_i || !rst_ni), .block_i(f_record ? 2'd0 : f_block), .wide_i(f_wide), .record_i(f_record), .ggml_i(f_ggml), .coarse_i(f_coarse),
    .x_valid_i(x_valid), .x_data_i, .nonfinite_o(), .scale_o(), .inv_i('0), .go_o(go), .inv_o(), .away_o(), .code_valid_i(code_valid), .code_i('0),
    .row_i('0), .slice_i('0), .slice_next_o(), .slice_last_i(1'b0), .slices_end_o(), .qb_we_o(), .qb_row_o(), .qb_pair_o(), .qb_slice_o(), .qb_beat_o(), .qb_data_o(), .qb_data2_o(),
    .qb_side_we_o(), .qb_side_row_o(), .qb_side_slice_o(), .qb_s_o(), .qb_scale_o(), .qb_sum_lo_o(), .qb_sum_hi_o(), .qb_scale2_o(), .qb_sum2_lo_o(), .qb_sum2_hi_o(),
    .rec_valid_o(), .rec_kind_o(), .rec_beat_o(), .rec_words_o(), .rec_next_o());
  (* hierconn *) logic               \u_dut.q8_1 , \u_dut.q8_k ;
  (* hierconn *) logic [CountW-1:0]  \u_dut.block_last ;
  (* hierconn *) logic               \u_dut.m0_valid_q , \u_dut.m1_valid_q , \u_dut.m2_end_q , \u_dut.block_end ;
  (* hierconn *) logic [CountW-1:0]  \u_dut.m1_count_q , \u_dut.count_q ;
  (* hierconn *) logic [LatMul-1:0]  \u_dut.mul_valid_q ;
  (* hierconn *) logic [LatFunc+LatQuot:0] \u_dut.inv_valid_q , \u_dut.k_valid_q ;
  (* hierconn *) logic               \u_dut.put ;
  (* hierconn *) logic [3:0]         \u_dut.put_q , \u_dut.get_q ;

  initial assume (!rst_ni);
  always @(*) assume (!f_coarse || (!f_ggml && !f_record));                                        // others trap
  always @(*) assume (!f_ggml || f_record || (!f_wide && (f_block == 2'd0 || f_block == 2'd3)));  // others trap

  logic       put, get;
  logic [4:0] f_held_q;                                // scales in the FIFO
  logic [3:0] f_read_q;                                // blocks whose codes have all come
  assign put = \u_dut.put ;
  assign get = code_valid && \u_dut.block_end ;

  integer i;
  always @(posedge clk_i) begin
    if (!rst_ni || clear_i) begin
      f_on_q   <= 1'b0;
      f_end_q  <= 1'b0;
      f_held_q <= 5'd0;
      f_read_q <= 4'd0;
    end else begin
      f_on_q <= 1'b1;
      if (x_valid && ended(f_t_q, '0)) f_end_q <= f_stop;
      f_held_q <= f_held_q + {4'd0, put} - {4'd0, get};
      f_read_q <= f_read_q + {3'd0, get};
    end
    f_t_q    <= f_on_q ? f_t_q + 1'b1 : '0;
    f_warm_q <= f_on_q && rst_ni && !clear_i && (f_warm_q || f_t_q[TimeW-1]);
    if (!f_end_q) f_last_q <= f_t_q;
    if (!f_end_q)                     f_after_q <= 'd1;
    else if (!f_after_q[TimeW-1])     f_after_q <= f_after_q + 1'b1;

    if (rst_ni) begin
      assert (f_held_q <= (q8_1 ? 5'd8 : 5'd7));
      if (get) assert (f_held_q != 5'd0);
      if (code_valid) assert (f_held_q != 5'd0 && \u_dut.get_q == f_read_q && f_read_q == blocks(f_t_q, total) && \u_dut.block_end == ended(f_t_q, total));
      assert (put == ended(f_t_q, put_after));
      if (put) assert (\u_dut.put_q == blocks(f_t_q, put_after));
      assert (go == ended(f_t_q, go_after));

      // What induction needs
      assert (\u_dut.q8_1 == q8_1 && \u_dut.q8_k == q8_k && \u_dut.block_last == (period >> (f_record ? 2 : 0)) - 1'b1);
      assert (f_held_q[3:0] == \u_dut.put_q - \u_dut.get_q && \u_dut.get_q == f_read_q);
      assert (\u_dut.put_q == blocks(f_t_q, put_after) && \u_dut.get_q == blocks(f_t_q, total));
      assert (\u_dut.m0_valid_q == was(f_t_q, 'd1) && \u_dut.m1_valid_q == was(f_t_q, 'd2) && \u_dut.m2_end_q == ended(f_t_q, 'd3));
      assert (\u_dut.m1_count_q == place(f_t_q, 'd2) && \u_dut.count_q == place(f_t_q, total));
      for (i = 0; i < LatMul; i = i + 1)   assert (\u_dut.mul_valid_q [i] == ended(f_t_q, 4 + i));
      for (i = 0; i <= LatFunc + LatQuot; i = i + 1) begin
        assert (\u_dut.inv_valid_q [i] == ended(f_t_q, Scale + i));
        assert (\u_dut.k_valid_q [i] == (q8_k && ended(f_t_q, Top + i)));
      end
      if (!f_on_q) assert (!f_end_q && !f_warm_q && f_held_q == 5'd0);
      else if (!f_warm_q) assert (!f_t_q[TimeW-1] || f_t_q == {1'b1, {TimeW-1{1'b0}}});
      if (f_end_q) assert (f_after_q != '0 && (f_warm_q || f_after_q <= f_t_q) && f_after_q <= {1'b1, {TimeW-1{1'b0}}}
                           && (f_after_q[TimeW-1] || f_last_q == f_t_q - f_after_q) && ((f_last_q + pace) & (period - 1'b1)) == '0);

      cover (code_valid && f_block == 2'd0 && f_held_q >= 5'd3);
      cover (put && f_record);
      cover (go && q8_1);
    end
  end

endmodule

`default_nettype wire
