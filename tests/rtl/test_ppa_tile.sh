#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Quern's measured tile (4-bit, 2-bit, ternary, plane by plane; two and three stages) and the baselines B2, B0 and B3 (weights of 2, 4 and 8 bits) give the plain product,
# extreme values included, and the bench notices a fault in a compressor. Their sources are clean in Verilator's eyes. SEED=N repeats one.
set -euo pipefail
cd "$(dirname "$0")/../.."
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
seed=${SEED:-$RANDOM}
lib=$(ls rtl/lib/qn_{fa,heap,heap_sum,fan,buf,delay}.sv)
rest=$(ls rtl/pe/qn_dot*.sv rtl/pe/qn_rescale.sv rtl/baseline/*.sv tests/rtl/tb_ppa_tile.sv)

bench() {                                        # sources of the library, parameters
    local sources=$1 p=()
    shift
    for x in "$@"; do p+=("-Ptb_ppa_tile.$x"); done
    # shellcheck disable=SC2086
    iverilog -g2012 -o "$tmp/tb" -s tb_ppa_tile "${p[@]}" $sources $rest && vvp -N "$tmp/tb" "+seed=$seed"
}
b3="ROWS=2 COLS=1 GROUPS=2 SUMW=22 WIDE=2"
for p in "TILE=0" "TILE=0 BITS=2 CUT=0 LANES=8" "TILE=0 KIND=2 CUT=2 SCALEW=7 SUMW=15 LANES=8" \
         "TILE=0 SERIAL=1 SLICES=2 JOIN=3 LANES=8 BITS=1 UNSIGNED=1" "TILE=0 SERIAL=1 SLICES=2 JOIN=3 LANES=8 BITS=2" "TILE=0 SERIAL=1 SLICES=2 JOIN=3 LANES=16 BITS=3 CUT=2" \
         "TILE=0 SERIAL=1 SLICES=2 JOIN=3 BITS=4 UNSIGNED=1 CUT=0" "TILE=0 SERIAL=1 SLICES=2 JOIN=3 LANES=8 BITS=8 SUMW=22" "TILE=0 ROWS=1 SHARE=1 FOURS=1" \
         "TILE=0 LANES=16 SLICES=1 CUT=2 AGAIN=2" "TILE=0 LANES=16 SLICES=1 KIND=2 CUT=2 AGAIN=1 SCALEW=7 SUMW=15" "TILE=0 LANES=16 SLICES=1 SERIAL=1 BITS=3 JOIN=3 CUT=1 AGAIN=1" "TILE=1" "TILE=1 ROWS=1" "TILE=1 KIND=2 SCALEW=7 CUT=2" \
         "TILE=2 COLS=4 CUT=0" "TILE=2 COLS=4 CUT=4" "TILE=2 COLS=4 CUT=4 SAVE=0" "TILE=2 COLS=4 CUT=4 SAVE=0 SPLIT=16" \
         "TILE=3 BITS=8 LANES=2 SLICES=8 $b3" "TILE=3 BITS=4 LANES=4 SLICES=4 $b3" "TILE=3 BITS=2 LANES=8 SLICES=2 $b3 WIDE=1 CUT=0 HOLD=0"; do
    # shellcheck disable=SC2086
    bench "$lib" $p || { echo "seed $seed, $p"; exit 1; }
done

# Planted fault: a full adder that forgets a carry
sed 's/(c_i & (a_i | b_i))/(c_i \& a_i)/' rtl/lib/qn_fa.sv > "$tmp/qn_fa.sv"
if bench "${lib/rtl\/lib\/qn_fa.sv/$tmp/qn_fa.sv}" TILE=0 > "$tmp/fault" 2>&1; then echo "a broken adder was not noticed"; exit 1; fi
# and a plane by plane sum whose negation forgets its 2
sed "s/c == 1 && h\\[2\\]/1'b0/" rtl/pe/qn_dot.sv > "$tmp/qn_dot.sv"
cmp -s rtl/pe/qn_dot.sv "$tmp/qn_dot.sv" && { echo "nothing to spoil"; exit 1; }
rest=${rest/rtl\/pe\/qn_dot.sv/$tmp/qn_dot.sv}
if bench "$lib" TILE=0 SERIAL=1 SLICES=2 JOIN=3 LANES=8 BITS=2 > "$tmp/fault" 2>&1; then echo "a forgotten 2 was not noticed"; exit 1; fi
grep -q ' wrong$' "$tmp/fault" || { cat "$tmp/fault"; exit 1; }
# and a fusion unit that takes digit 1 of an 8-bit weight for a highest one
sed 's/{1.b1, !four_q, !eight_q, !four_q,/{1'"'b1, !four_q, 1'b1"', !four_q,/' rtl/baseline/qn_b3.sv > "$tmp/qn_b3.sv"
cmp -s rtl/baseline/qn_b3.sv "$tmp/qn_b3.sv" && { echo "nothing to spoil"; exit 1; }
rest=${rest/rtl\/baseline\/qn_b3.sv/$tmp/qn_b3.sv}
# shellcheck disable=SC2086
if bench "$lib" TILE=3 BITS=8 LANES=2 SLICES=8 $b3 > "$tmp/fault" 2>&1; then echo "a wrong sign was not noticed"; exit 1; fi
grep -q ' wrong$' "$tmp/fault" || { cat "$tmp/fault"; exit 1; }

for top in "rtl/pe/qn_dot_tile.sv" "rtl/pe/qn_dot_tile.sv -GSerial=1'b1 -GBits=1 -GJoin=3" "rtl/pe/qn_dot_tile.sv -GKind=2 -GBits=1 -GSumW=15" "rtl/baseline/qn_b2.sv" "rtl/baseline/qn_b0.sv -GRows=4 -GCols=4" \
           "rtl/baseline/qn_b1.sv -GRows=4 -GCols=2" "rtl/baseline/qn_b3.sv -GUnits=2 -GWide=2 -GRows=4 -GCols=2"; do
    size="-GRows=4 -GCols=4 -GLanes=4"
    case $top in *Rows=*) size= ;; esac
    # shellcheck disable=SC2086
    verilator --lint-only -Wall -y rtl/lib -y rtl/pe -y rtl/baseline $top $size
done
