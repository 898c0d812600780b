#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Proves NAME... (all without names; --list prints them): every assertion for all time, by induction from any state that the assertions allow, and every cover
# reached from reset. A proof without a cover, a cover that is not reached and an assertion that fails end it with status 1.
# RTL=folder proves a copy of rtl/ (faults.sh). Logs and counterexamples: build/formal/NAME*.
set -uo pipefail
cd "$(dirname "$0")/../.."
rtl=${RTL:-rtl}
out=${OUT:-build/formal}
mkdir -p "$out"
PATH=$PWD/build/formal/venv/bin:$PATH          # Yices, which prove.mk brings

# name     top              clocks  cover  files with properties | files without (their promises are proved apart) | parameters
proofs() {
    cat <<'EOF'
qn_fifo    qn_fifo          2  14  R/mem/qn_fifo.sv R/lib/qn_stream_check.sv | | Width=4 Depth=4
qn_async_fifo qn_async_fifo 3  24  R/mem/qn_async_fifo.sv | | Width=2 Depth=4
qn_usb_tail qn_usb_tail     2  24  R/usb/qn_usb_tail.sv R/lib/qn_stream_check.sv | | Wait=4
qn_queue   qn_queue         2  14  R/ctrl/qn_queue.sv R/lib/qn_stream_check.sv | | Width=4 Depth=4
qn_sems    qn_sems_proof    2   9  T/qn_sems_proof.sv | R/ctrl/qn_sems.sv | Units=4 Sem=15
qn_sems_1  qn_sems_proof    2   9  T/qn_sems_proof.sv | R/ctrl/qn_sems.sv | Units=2 Sem=1
qn_mem_arb qn_mem_arb_proof 2  14  T/qn_mem_arb_proof.sv R/lib/qn_stream_check.sv | R/mem/qn_mem_arb.sv |
qn_turn    qn_turn_proof    2  30  R/spec/qn_isa_pkg.sv T/qn_turn_proof.sv R/lib/qn_stream_check.sv | R/mem/qn_turn.sv R/lib/qn_copy.sv | Byte=2
qn_book    qn_book_proof    2  16  R/spec/qn_isa_pkg.sv T/qn_book_proof.sv R/lib/qn_stream_check.sv | R/mem/qn_turn.sv R/lib/qn_copy.sv | Weight=5
qn_unpack  qn_unpack_proof  2  20  T/qn_unpack_proof.sv | R/spec/qn_isa_pkg.sv R/mem/qn_unpack.sv R/mem/qn_fifo.sv R/mem/qn_turn.sv R/lib/qn_copy.sv | FifoWords=64
unpack_heads unpack_heads_proof 2 16 R/spec/qn_isa_pkg.sv T/unpack_heads_proof.sv | R/mem/qn_unpack.sv R/mem/qn_fifo.sv R/mem/qn_turn.sv R/lib/qn_copy.sv | FifoWords=64
qn_dequant qn_dequant_proof 2  22  R/spec/qn_isa_pkg.sv T/qn_dequant_proof.sv | R/dequant/qn_dequant.sv R/dequant/qn_dequant_unit.sv R/dequant/qn_imul.sv R/lib/qn_fadd.sv R/lib/qn_fmul.sv R/lib/qn_fpack.sv R/lib/qn_delay.sv R/lib/qn_copy.sv R/lib/qn_copies.sv | Units=2 AddrW=4
qn_gemm_load qn_gemm_load_proof 2 16 R/spec/qn_isa_pkg.sv T/qn_gemm_load_proof.sv R/lib/qn_stream_check.sv | R/array/qn_gemm_load.sv |
gemm_load_lut qn_gemm_load_proof 2 40 R/spec/qn_isa_pkg.sv T/qn_gemm_load_proof.sv R/lib/qn_stream_check.sv | R/array/qn_gemm_load.sv | Element=1 Rows=4
matrix_flow matrix_flow_proof 2 20 R/spec/qn_isa_pkg.sv T/matrix_flow_proof.sv T/matrix_free.sv | R/array/qn_matrix.sv R/array/qn_stripe.sv R/lib/qn_half.sv R/lib/qn_rotate.sv R/lib/qn_delay.sv R/lib/qn_copy.sv |
qn_sdr_plan qn_sdr_plan_proof 2 30  T/qn_sdr_plan_proof.sv | R/soc/qn_sdr_plan.sv R/soc/qn_sdr_bank.sv | Late=0
qn_sdr_late qn_sdr_plan_proof 2 20  T/qn_sdr_plan_proof.sv | R/soc/qn_sdr_plan.sv R/soc/qn_sdr_bank.sv | Late=1
door_rx    door_rx_proof    2  24  R/spec/qn_link_pkg.sv T/door_rx_proof.sv T/door_free.sv | R/soc/qn_door_rx.sv |
door_act   door_act_proof   2  24  R/spec/qn_link_pkg.sv T/door_act_proof.sv R/lib/qn_stream_check.sv | R/soc/qn_door_act.sv |
door_tx    door_tx_proof    2  30  R/spec/qn_link_pkg.sv T/door_tx_proof.sv T/door_free.sv R/lib/qn_stream_check.sv | R/soc/qn_door_tx.sv |
soc_mem    soc_mem_proof    3  12  T/soc_mem_proof.sv R/lib/qn_stream_check.sv | R/soc/qn_soc_mem.sv R/ctrl/qn_queue.sv |
qn_ddr     qn_ddr_proof     2  24  T/qn_ddr_proof.sv R/lib/qn_stream_check.sv T/ddr_free.sv | R/ddr/qn_ddr.sv |
load_ask   qn_load_proof    2  12  R/spec/qn_isa_pkg.sv T/qn_load_proof.sv R/lib/qn_stream_check.sv | R/mem/qn_load.sv R/ctrl/qn_queue.sv | Part=0
load_ask_4 qn_load_proof    2  12  R/spec/qn_isa_pkg.sv T/qn_load_proof.sv R/lib/qn_stream_check.sv | R/mem/qn_load.sv R/ctrl/qn_queue.sv | Part=0 Planes=4
load_room  qn_load_proof    2  12  R/spec/qn_isa_pkg.sv T/qn_load_proof.sv R/lib/qn_stream_check.sv | R/mem/qn_load.sv R/ctrl/qn_queue.sv | Part=1 Small=0
load_room_1 qn_load_proof   2  12  R/spec/qn_isa_pkg.sv T/qn_load_proof.sv R/lib/qn_stream_check.sv | R/mem/qn_load.sv R/ctrl/qn_queue.sv | Part=1 Small=1
load_write qn_load_proof    2  18  R/spec/qn_isa_pkg.sv T/qn_load_proof.sv R/lib/qn_stream_check.sv | R/mem/qn_load.sv R/ctrl/qn_queue.sv | Part=2
qn_store   qn_store_proof   2  16  R/spec/qn_isa_pkg.sv T/qn_store_proof.sv R/lib/qn_stream_check.sv | R/mem/qn_store.sv |
qn_store_4 qn_store_proof   2  16  R/spec/qn_isa_pkg.sv T/qn_store_proof.sv R/lib/qn_stream_check.sv | R/mem/qn_store.sv | Planes=4
qn_vbuf    qn_vbuf_proof    2  5   T/qn_vbuf_proof.sv | R/vector/qn_vbuf.sv R/vector/qn_vbank.sv R/lib/qn_copy.sv |
vector_flow vector_flow_proof 2 16 R/spec/qn_isa_pkg.sv T/vector_flow_proof.sv T/vector_free.sv | R/vector/qn_vector.sv R/vector/qn_walk.sv R/lib/qn_copy.sv |
qn_quant   qn_quant_proof   2  40  R/spec/qn_isa_pkg.sv T/qn_quant_proof.sv | R/vector/qn_quant.sv R/lib/qn_copy.sv R/lib/qn_copies.sv |
qn_quant_4 qn_quant_proof   2  43  R/spec/qn_isa_pkg.sv T/qn_quant_proof.sv | R/vector/qn_quant.sv R/lib/qn_copy.sv R/lib/qn_copies.sv | Lanes=4
qn_seq     qn_seq_proof     2  10  R/spec/qn_isa_pkg.sv T/qn_seq_proof.sv R/lib/qn_stream_check.sv | R/ctrl/qn_seq.sv |
qn_seq_4   qn_seq_proof     2  10  R/spec/qn_isa_pkg.sv T/qn_seq_proof.sv R/lib/qn_stream_check.sv | R/ctrl/qn_seq.sv | Planes=4
qn_regs    qn_regs_proof    2  8   R/spec/qn_isa_pkg.sv T/qn_regs_proof.sv | R/ctrl/qn_regs.sv |
regs_small qn_regs          2  24  R/spec/qn_isa_pkg.sv R/ctrl/qn_regs.sv | | Rows=4 Small=1
row_step   row_step_proof   3  14  T/row_step_proof.sv | R/pe/qn_row_shiftadd.sv |
row_step16 row_step_proof   3  14  T/row_step_proof.sv | R/pe/qn_row_shiftadd.sv | Depth=16
row_step8  row_step_proof   3  14  T/row_step_proof.sv | R/pe/qn_row_shiftadd.sv | Depth=8
lut_build  lut_build_proof  2  24  T/lut_build_proof.sv | R/pe/qn_lut_build.sv |
lut_build8 lut_build_proof  2  24  T/lut_build_proof.sv | R/pe/qn_lut_build.sv | Depth=8
qn_ram16   qn_ram16         2  6   R/lib/qn_ram16.sv | | Width=4
lut_sign   lut_sign_proof   1  4   T/lut_sign_proof.sv | |
lut_table  lut_table_proof  2  30  T/lut_table_proof.sv R/lib/qn_ram16.sv | R/pe/qn_row_lut.sv |
lut_step   lut_step_proof   3  24  T/lut_step_proof.sv T/row_free.sv | R/pe/qn_row_lut.sv |
lut_step16 lut_step_proof   3  24  T/lut_step_proof.sv T/row_free.sv | R/pe/qn_row_lut.sv | Depth=16
lut_step8  lut_step_proof   3  24  T/lut_step_proof.sv T/row_free.sv | R/pe/qn_row_lut.sv | Depth=8
mul_step8  mul_step_proof   3  14  T/mul_step_proof.sv T/row_free.sv | R/pe/qn_row_mul.sv | Depth=8
row_lanes  row_lanes_proof  1   4  T/row_lanes_proof.sv | |
row_lane   row_lane_proof   1   4  T/row_lane_proof.sv | | Width=4
EOF
}

prove() {
    local name=$1 top=$2 clocks=$3 cover=$4 files=$5 plain params log start clocking=async2sync solver=yices
    plain=${files#*|}; params=${plain#*|}; plain=${plain%%|*}; files=${files%%|*}
    case $top in *async*) clocking=clk2fflogic ;; esac     # more than one clock
    case $name in row_lane | door_act) solver=z3 ;; esac   # what rewriting decides and search does not: Yices does not finish
    log=$out/$name
    start=$SECONDS
    {
        echo "read_verilog -sv -formal $files" | sed "s#R/#$rtl/#g; s#T/#tests/formal/#g"
        # Last: Yosys 0.23 leaves -noassert on
        [ -z "${plain// /}" ] || echo "read_verilog -sv -noassert -noassume $plain" | sed "s#R/#$rtl/#g; s#T/#tests/formal/#g"
        # Not hierarchy's -chparam: Yosys 0.23 falls over modules that it derives twice
        [ -z "${params// /}" ] || echo "chparam $(echo "$params" | sed 's/\([A-Za-z]*\)=\([0-9]*\)/-set \1 \2/g') $top"
        echo "hierarchy -check -top $top"
        echo "proc -norom; flatten; prep -nordff; $clocking; dffunmap; check -assert; write_smt2 -wires $log.smt2"
    } > "$log.ys"
    yosys -q -s "$log.ys" > "$log.log" 2>&1 || { tail -5 "$log.log"; echo "FAIL $name: not read"; return 1; }
    [ "$(grep -c '^; yosys-smt2-assert ' "$log.smt2")" -gt 0 ] || { echo "FAIL $name: nothing to prove"; return 1; }
    [ "$(grep -c '^; yosys-smt2-cover ' "$log.smt2")" -gt 0 ] || { echo "FAIL $name: no cover"; return 1; }
    local smt="timeout ${LIMIT:-600} yosys-smtbmc --noprogress --unroll -s $solver --presat"
    # shellcheck disable=SC2086  # lists of words
    $smt -t "$clocks" --dump-vcd "$log.vcd" "$log.smt2" > "$log.bmc" 2>&1 || { grep -m3 'Assert failed' "$log.bmc"; echo "FAIL $name: fails from reset"; return 1; }
    # shellcheck disable=SC2086
    $smt -i -t "$clocks" --dump-vcd "$log.vcd" "$log.smt2" > "$log.induct" 2>&1 || { grep -m3 'Assert failed' "$log.induct"; echo "FAIL $name: induction"; return 1; }
    # shellcheck disable=SC2086
    timeout "${LIMIT:-600}" yosys-smtbmc --noprogress --unroll -s $solver -c -t "$cover" "$log.smt2" > "$log.cover" 2>&1 || { grep -i unreached "$log.cover"; echo "FAIL $name: cover not reached"; return 1; }
    echo "proved $name ($((SECONDS - start)) s)"
}

[ "${1:-}" != --list ] || { proofs | cut -d' ' -f1; exit 0; }
status=0
for name in ${*:-$(proofs | cut -d' ' -f1)}; do
    line=$(proofs | grep "^$name ") || { echo "no proof is named $name"; exit 64; }
    # shellcheck disable=SC2086
    set -- $line
    prove "$1" "$2" "$3" "$4" "${*:5}" || status=1
done
exit $status
