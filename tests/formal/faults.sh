#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Plants one fault after the other in a copy of rtl/ and expects the proof to fail. FAULTS=text runs those whose line holds it.
set -uo pipefail
cd "$(dirname "$0")/../.."
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
status=0

# proof | file | line as it is (a fixed string) | line with the fault
while IFS='|' read -r name file old new; do
    [ -n "$name" ] || continue
    case "$name|$file|$old" in *"${FAULTS:-}"*) ;; *) continue ;; esac
    rm -rf "$tmp/rtl"
    cp -r rtl "$tmp/rtl"
    OLD=$old NEW=$new perl -pi -e 'BEGIN { $o = $ENV{OLD}; $n = $ENV{NEW} } $i = index($_, $o); substr($_, $i, length $o) = $n if $i >= 0 && !$done++' \
        "$tmp/rtl/$file"
    if cmp -s "rtl/$file" "$tmp/rtl/$file"; then echo "FAIL $name: nothing to spoil: $old"; status=1; continue; fi
    if message=$(RTL=$tmp/rtl OUT=$tmp/out tests/formal/prove.sh "$name"); then echo "FAIL $name does not see: $new"; status=1
    else
        case $message in
        *"Assert failed"*) echo "seen by ${message##*FAIL }: $new" ;;
        *) echo "FAIL $name decides nothing (${message##*FAIL }): $new"; status=1 ;;
        esac
    fi
done <<'EOF'
qn_fifo|mem/qn_fifo.sv|write_q != {~read_q|read_q != {~read_q
qn_fifo|mem/qn_fifo.sv|if (fetch)            read_q      <= read_q + 1'b1;|if (fetch && take) read_q <= read_q + 1'b1;
qn_async_fifo|mem/qn_async_fifo.sv|write_next ^ (write_next >> 1);|write_next;
qn_async_fifo|mem/qn_async_fifo.sv|{~read_b_q[AddrW:AddrW-1], read_b_q[AddrW-2:0]}|{~read_b_q[AddrW], read_b_q[AddrW-1:0]}
qn_async_fifo|mem/qn_async_fifo.sv|if (fetch) out_data_o|if (out_ready_i) out_data_o
qn_usb_tail|usb/qn_usb_tail.sv|(over && !on_q|(over
qn_usb_tail|usb/qn_usb_tail.sv|last_q <= in_valid_i && in_last_i;|last_q <= in_valid_i;
qn_usb_tail|usb/qn_usb_tail.sv|if (!over) wait_q|if (out_ready_i) wait_q
qn_queue|ctrl/qn_queue.sv|assign in_ready_o  = head_q != {!tail_q[AddrW], tail_q[AddrW-1:0]}|assign in_ready_o  = 1'b1
qn_queue|ctrl/qn_queue.sv|if (in_ready_o) entry_q|if (in_valid_i) entry_q
qn_sems|ctrl/qn_sems.sv|wait0 == wait1 ? two_q[wait0]|wait0 == wait1 ? some_q[wait0]
qn_sems|ctrl/qn_sems.sv|next[9:8] != 2'd0|next[9] != 1'b0
qn_sems|ctrl/qn_sems.sv|next[7:1] != 7'd0|next[7:0] != 8'd0
qn_sems|ctrl/qn_sems.sv|took_q <= take;|took_q <= '0;
qn_sems_1|ctrl/qn_sems.sv|(one && posts[i]);|posts[i];
qn_mem_arb|mem/qn_mem_arb.sv|empty && load_may && !(prog_valid_i|empty && !(prog_valid_i
qn_mem_arb|mem/qn_mem_arb.sv|assign write   = spare_full_q ? write_q :|assign write   = req_ready_i ? write_q :
qn_mem_arb|mem/qn_mem_arb.sv|!spare_full_q && !flush_i;|!flush_i;
qn_mem_arb|mem/qn_mem_arb.sv|none && !take_prog && !take_load;|none && !take_prog;
qn_mem_arb|mem/qn_mem_arb.sv|&& !store_valid_i;|;
door_rx|soc/qn_door_rx.sv|== ~crc_q ? HEAD|!= 32'd0 ? HEAD
door_rx|soc/qn_door_rx.sv|quiet_q + 5'd1;|quiet_q;
door_rx|soc/qn_door_rx.sv|if (state_q == HEAD) index_q <= 16'd0;|if (!rst_ni) index_q <= 16'd0;
door_act|soc/qn_door_act.sv|&& end_q <= region_end;|&& {1'b0, at_q} < region_end;
door_act|soc/qn_door_act.sv|CLAIM: if (!(tx_busy_i && due_slot_i == slot))|CLAIM: if (!tx_busy_i || due_slot_i == slot)
door_act|soc/qn_door_act.sv|else if ({1'b0, seq_q} == expect_q) begin|else if (seq_q == expect_q[15:0]) begin
door_act|soc/qn_door_act.sv| take) data_q <= data| !take) data_q <= data
door_tx|soc/qn_door_tx.sv|assign go_lost    = go && !welcome_i && lost_i|assign go_lost    = go && lost_i
door_tx|soc/qn_door_tx.sv|10'd2 : count_q + 10'd3|10'd2 : count_q + 10'd2
door_tx|soc/qn_door_tx.sv|tried = oldest_i + k[SlotW-1:0]|tried = k[SlotW-1:0]
qn_ddr|ddr/qn_ddr.sv|assign reads      = read_q && room_q != '0|assign reads      = read_q
qn_ddr|ddr/qn_ddr.sv|flush = write_q && !read_q &&|flush = write_q &&
qn_ddr|ddr/qn_ddr.sv|: !write_q && (!read_q|: (!read_q
qn_ddr|ddr/qn_ddr.sv|&& cmd_ready && words_ready;|&& cmd_ready;
qn_ddr|ddr/qn_ddr.sv|ask_addr[1:0] && ask_wstrb[b[1:0]]) begin|ask_addr[1:0]) begin
qn_ddr|ddr/qn_ddr.sv|assign last       = end_word <= 5'd4|assign last       = end_word < 5'd4
qn_ddr|ddr/qn_ddr.sv|first_q     <= 2'd0;|first_q     <= first_q;
qn_ddr|ddr/qn_ddr.sv|assign same  = ask_we && ask_addr[WordW-1:2] == write_line_q|assign same  = ask_we && ask_addr[WordW-1:3] == write_line_q[AddrW-1:1]
qn_ddr|ddr/qn_ddr.sv|at == until_at;|at >= 2'd3;
soc_mem|soc/qn_soc_mem.sv|tried = who_q + k[MasterW-1:0]|tried = k[MasterW-1:0]
soc_mem|soc/qn_soc_mem.sv|reads_q < READS[3:0] - 4'd1|reads_q < READS[3:0]
soc_mem|soc/qn_soc_mem.sv|busy_o[m]  = (front_valid_q && front_who_q[m])|busy_o[m]  = (front_valid_q && front_who_q[m] && !front_take)
soc_mem|soc/qn_soc_mem.sv|if (!spare_valid_q) {spare_index_q|if (!front_take) {spare_index_q
soc_mem|soc/qn_soc_mem.sv|core_q ? !front_valid_q : valid_i[0]|core_q ? 1'b1 : valid_i[0]
qn_turn|mem/qn_turn.sv|left_count_q == 4'd1 && out_ready_i|left_count_q == 4'd1
qn_turn|mem/qn_turn.sv|turn_q <= {in_data_i, fill_q}|turn_q <= {fill_q, in_data_i}
qn_turn|mem/qn_turn.sv|.in_i(rst_ni && (turning_d|.in_i(rst_ni && (turning_q
qn_book|mem/qn_turn.sv|turn_q[160+k], turn_q[192+k]|turn_q[192+k], turn_q[160+k]
qn_book|mem/qn_turn.sv|first_count = qn_isa_pkg::store_planes(in_store_i);|first_count = 4'd8;
qn_book|mem/qn_turn.sv|if (group) turn_store_q <=|if (take) turn_store_q <=
qn_unpack|mem/qn_unpack.sv|{1'b0, raw_valid_q && raw_ready}|{1'b0, raw_ready}
qn_unpack|mem/qn_unpack.sv|.out_ready_i(raw_load)|.out_ready_i(1'b1)
qn_unpack|mem/qn_unpack.sv|last_line_q  <= lines_left_q == 32'd2;|last_line_q  <= lines_left_q == 32'd1;
qn_unpack|mem/qn_unpack.sv|assign credit_o = owed_q != '0|assign credit_o = line_valid_i && owed_q != '0
qn_unpack|mem/qn_unpack.sv|if (start)                      active_q <= 1'b1;|if (start && !active_q) active_q <= 1'b1;
unpack_heads|spec/qn_isa_pkg.sv|FMT_K4: fmt_planes = 5'd4|FMT_K4: fmt_planes = 5'd1
unpack_heads|mem/qn_unpack.sv|plane_left_q <= {words_q, 1'b0};|plane_left_q <= {1'b0, words_q};
unpack_heads|mem/qn_unpack.sv|head == 2'd2 ? 2'd2 : 2'd1|2'd2
unpack_heads|mem/qn_unpack.sv|is_head_q    <= head_left_q != 2'd1;|is_head_q    <= head_left_q != 2'd2;
qn_dequant|dequant/qn_dequant.sv|assign f_pop    = !f_first && f_ready_q != '0;|assign f_pop    = !f_first && (f_ready_q != '0) != f_wait_q[Ready-1];
qn_dequant|dequant/qn_dequant.sv|assign f_pop    = !f_first && f_ready_q|assign f_pop    = !f_first && !f_second && f_ready_q
qn_dequant|dequant/qn_dequant.sv|if (f_second) f_write_q <= f_write_q + 1'b1;|if (f_second && !f_pop) f_write_q <= f_write_q + 1'b1;
qn_dequant|dequant/qn_dequant.sv|f_write_q != f_read_q;|f_write_q > f_read_q;
qn_dequant|dequant/qn_dequant.sv|(valid_q[F] && f_in_last)|(valid_q[F] && f_in_zero)
qn_gemm_load|array/qn_gemm_load.sv|!full_q && !s_end_q;|!full_q;
qn_gemm_load|array/qn_gemm_load.sv|if (left_q == 32'd0 && !offer_q)|if (left_q == 32'd0)
qn_gemm_load|array/qn_gemm_load.sv|s_end_q   <= going && slice_end;|s_end_q   <= going && pair_q == pair_last;
qn_gemm_load|array/qn_gemm_load.sv|side_we_o <= s_valid_q && s_beat_q == 2'd0;|side_we_o <= s_valid_q && s_beat_q == 2'd3;
qn_gemm_load|array/qn_gemm_load.sv|LOOK:    state_q <= CHECK;|LOOK:    state_q <= LOAD;
qn_gemm_load|array/qn_gemm_load.sv|if (slice_end)            side_q|if (slice_end && !unit_q) side_q
qn_sdr_plan|soc/qn_sdr_bank.sv|timer_q <= Rp[TimerW-1:0] - 1'b1|timer_q <= '0
qn_sdr_plan|soc/qn_sdr_bank.sv|&& timer_q <= Ras[TimerW-1:0] - Rcd[TimerW-1:0]|
qn_sdr_plan|soc/qn_sdr_plan.sv|row_may && !opens && (target & behind) == '0|row_may && !opens
qn_sdr_plan|soc/qn_sdr_plan.sv|(we_q[0] == last_we_q|(1'b1
qn_sdr_plan|soc/qn_sdr_plan.sv|(valid_q & ~behind) :|(valid_q & behind) :
qn_sdr_plan|soc/qn_sdr_plan.sv|&& !(ref_go && same == '0)|
qn_sdr_plan|soc/qn_sdr_plan.sv|col_q[3:0] + 4'd1|col_q[3:0] + 4'd2
qn_sdr_plan|soc/qn_sdr_plan.sv|&& !begun_q[0] && !col_go|&& !begun_q[0]
qn_sdr_late|soc/qn_sdr_plan.sv|(begun_q[0]|(1'b1
qn_sdr_late|soc/qn_sdr_plan.sv|&& (!due|&& (1'b1
row_step|pe/qn_row_shiftadd.sv|{9{sel[1]}} & {a[15]|{9{sel[1]}} & {1'b0
matrix_flow|array/qn_matrix.sv|slot_q <= two ? {a_group_last_q, 1'b1}|slot_q <= two ? {a_group_last_q, 1'b0}
matrix_flow|array/qn_matrix.sv|a_head_q == 2'd2 ? 2'd2 : 2'd1|a_head_q == 2'd2 ? 2'd3 : 2'd1
matrix_flow|array/qn_matrix.sv|job_drain = a_head_q == 2'd2|job_drain = a_head_q == 2'd3
matrix_flow|array/qn_matrix.sv|slice_next     = shadow_next && gap_q|slice_next     = gap_q
matrix_flow|array/qn_matrix.sv|slot_none      = slot_q[GroupW:1] == '0;|slot_none      = slot_q[0] == '0;
matrix_flow|array/qn_matrix.sv|job_drain && (draining|!draining && (draining
matrix_flow|array/qn_matrix.sv|if (slice_end)     side_q  <= side_q + 2'd1;|if (slice_end)     side_q  <= side_q - 2'd1;
matrix_flow|array/qn_matrix.sv|&& !posts_full;|;
matrix_flow|array/qn_matrix.sv|deep_q  <= rst_ni && dequant_busy[0];|deep_q  <= 1'b0;
matrix_flow|array/qn_matrix.sv|h_any_q  <= rst_ni|h_any_q  <= rst_ni && h_sub_q
matrix_flow|array/qn_matrix.sv|if (job_take)     post_write_q|if (job_take && !job_end) post_write_q
matrix_flow|array/qn_matrix.sv|if (hold_load)  d_valid_q <= 1'b1;|if (hold_load && !d_end)  d_valid_q <= 1'b1;
load_ask|mem/qn_load.sv|lines > {27'd0, to_edge} ? to_edge : lines[4:0];|lines > 32'd16 ? 5'd16 : lines[4:0];
load_ask|mem/qn_load.sv|run_end_q > {1'b0, win_size_q}|run_end_q > {1'b0, win_size_q} + 33'd1
load_ask|mem/qn_load.sv|rest_q[31:4] - 28'd1|rest_q[31:4]
load_ask|mem/qn_load.sv|if (last) over_q      <= runs_left_q == 32'd1;|if (last) over_q      <= runs_left_q <= 32'd2;
load_room|mem/qn_load.sv|vector_q ? rsp_room_q >= {1'b0, len_q} : room_q|vector_q ? rsp_room_q != 6'd0 : room_q
load_room|mem/qn_load.sv|if (w_runs_q == 32'd0) state_q|if (w_runs_q[30:0] == 31'd1) state_q
load_room_1|mem/qn_load.sv|(ask && !vector_q ? {{(RoomW-5)|(ask ? {{(RoomW-5)
load_write|mem/qn_load.sv|w_addr_q <= w_run_q;|w_addr_q <= w_addr_q + dstride;
load_ask_4|mem/qn_load.sv|= (run_part + LINE_MASK) >> LineW;|= (words + LINE_MASK) >> LineW;
qn_store_4|mem/qn_store.sv|(addr_word & LINE_MASK[29:0]) == Word|(dst_q[31:2] & LINE_MASK[29:0]) == Word
qn_seq_4|ctrl/qn_seq.sv|(prog_words_i + LINE_MASK) >> LineW;|prog_words_i >> LineW;
qn_store|mem/qn_store.sv|accepted && !over_q;|accepted;
qn_store|mem/qn_store.sv|byte_q != 2'd3 && !last_q;|byte_q[0] != 1'b1 && !last_q;
qn_store|mem/qn_store.sv|src_q     <= src_run_q;|src_q     <= src_run_q + {18'd0, sstride};
qn_store|mem/qn_store.sv|{2'd0, dst_q[31:2]} >= win_size_q|{2'd0, dst_q[31:2]} > win_size_q
qn_store|mem/qn_store.sv|if (state_q == DATA) word_q|if (more) word_q
qn_vbuf|vector/qn_vbuf.sv|assign ld_ready_o = !we_i;|assign ld_ready_o = 1'b1;
qn_vbuf|vector/qn_vbuf.sv|b_re_i ? b_beat_i :|!st_valid_i ? b_beat_i :
vector_flow|vector/qn_vector.sv|!stop_q && (!full_q|!stop_q && (!b_run_q
vector_flow|vector/qn_vector.sv|else if (insn_ready_o)  full_q <= insn_valid_i;|else                    full_q <= insn_valid_i;
vector_flow|vector/qn_vector.sv|if (halt)       stop_q|if (halt && fin_q) stop_q
vector_flow|vector/qn_vector.sv|chain_q      <= '0;|chain_q      <= chain_q << 1;
vector_flow|vector/qn_vector.sv|op_valid <= !clear && op;|op_valid <= op;
qn_quant|vector/qn_quant.sv|if (code_valid_i && block_end) get_q|if (code_valid_i && slice_end) get_q
qn_quant|vector/qn_quant.sv|m1_valid_q <= m0_valid_q;|m1_valid_q <= x_valid_i;
qn_quant|vector/qn_quant.sv|if (put) put_q|if (inv_valid_q[LatFunc]) put_q
qn_quant|vector/qn_quant.sv|put       = q8_k ? k_valid_q[LatFunc+LatQuot] :|put       = q8_k ? k_valid_q[LatFunc] :
qn_quant|vector/qn_quant.sv|m1_count_q == block_last ? '0 : m1_count_q + 1'b1|m1_count_q + 1'b1
qn_quant|vector/qn_quant.sv|: q8_1 ? inv_valid_q[LatFunc+LatQuot-2]|: q8_1 ? inv_valid_q[LatFunc-2]
qn_seq|ctrl/qn_seq.sv|end else if (go) begin|end else begin
qn_seq|ctrl/qn_seq.sv|if (go && c_valid_q) begin|if (c_valid_q) begin
qn_seq|ctrl/qn_seq.sv|to_edge     = 5'd16 - {1'b0, ask_addr_q[3:0]};|to_edge     = 5'd16;
qn_seq|ctrl/qn_seq.sv|if (fill_left_q == '0) state_q|if (ask_left_q == '0) state_q
qn_regs|ctrl/qn_regs.sv|for (t = 4; t >= 0; t = t - 1)|for (t = 0; t <= 4; t = t + 1)
qn_regs|ctrl/qn_regs.sv|    if (!trapped_q) begin|    if (!trapped_q || trap_valid_q != 5'd0) begin
qn_regs|ctrl/qn_regs.sv|else if (resetting_q && mem_idle_i)|else if (resetting_q)
regs_small|ctrl/qn_regs.sv|there_q <= start_o ? '0 : there_q|there_q <= there_q
regs_small|ctrl/qn_regs.sv|i < 12 ? 9 + LineW|i < 12 ? 8 + LineW
regs_small|ctrl/qn_regs.sv|(there_q[turn_q] ? whole_q[turn_q] : 32'd0) + {|(there_q[turn_q] ? whole_q[turn_q] : 32'd1) + {
row_step|pe/qn_row_shiftadd.sv|+ {27'd0, neg}|+ 28'd0
row_step16|pe/qn_row_shiftadd.sv|if (sum_en_q && sum_part_q[0])  hi|if (sum_en_q) hi
row_step8|pe/qn_row_shiftadd.sv|sum_part_q[0] ? hi_o : double|sum_part_q[1] ? hi_o : double
row_step|pe/qn_row_shiftadd.sv|{load_data_i, shadow_q[255:64]}|{shadow_q[191:0], load_data_i}
gemm_load_lut|array/qn_gemm_load.sv|else if (step_q == STEP_LAST &&|else if (step_q == STEP_LAST - 5'd1 &&
lut_table|pe/qn_row_lut.sv|.raddr_i({bank_q, index})|.raddr_i({bank_q ^ load_i, index})
lut_build|pe/qn_lut_build.sv|plus[1] == plus[0])|plus[0])
lut_build|pe/qn_lut_build.sv|we_o    <= entry_o != 3'd7;|we_o    <= entry_o != 3'd6;
lut_step8|pe/qn_row_lut.sv|if (swap_q)                         sum_q|if (swap_i)                         sum_q
lut_step8|pe/qn_row_lut.sv|{b[9], b, carry}|{b[9], b, 1'b0}
mul_step8|pe/qn_row_mul.sv|{15{plane_i[k%Depth] && neg_i}}|{15{1'b0}}
mul_step8|pe/qn_row_mul.sv|if (swap_q) act_q    <= shadow_q;|if (swap_i) act_q    <= shadow_q;
EOF
exit $status
