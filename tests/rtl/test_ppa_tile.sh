#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Quern's measured tile (4-bit, 2-bit, ternary, plane by plane; two to four stages; groups of one clock and of several) and the baselines B2, B0 and B3 (weights of 2, 4 and 8 bits)
# give the plain product, extreme values included, and the bench notices faults. Their sources are clean in Verilator's eyes. SEED=N repeats one. QN_ALL=1: and so do a row and a
# column of each tree as it was measured (bench/ppa), which Icarus is too slow for.
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
         "TILE=0 LANES=16 SLICES=1 CUT=2 AGAIN=2 PARTS=3" "TILE=0 LANES=16 SLICES=1 KIND=2 CUT=2 AGAIN=1 SCALEW=7 SUMW=15 PARTS=3 CUTSCALE=3" "TILE=0 LANES=8 KIND=2 CUT=2 SCALEW=7 SUMW=15 CUTSCALE=2" "TILE=0 LANES=16 SLICES=1 SERIAL=1 BITS=3 JOIN=3 CUT=1 AGAIN=1" "TILE=1" "TILE=1 ROWS=1" "TILE=1 LANES=8 CUT=2 AGAIN=2" "TILE=1 KIND=2 SCALEW=7 CUT=2" \
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

# and an adder of results whose upper parts know no carry
rest=${rest/$tmp\/qn_b3.sv/rtl\/baseline\/qn_b3.sv}
rest=${rest/$tmp\/qn_dot.sv/rtl\/pe\/qn_dot.sv}
sed "s/carry_q <= sum\[W\]/carry_q <= 1'b0/" rtl/pe/qn_rescale.sv > "$tmp/qn_rescale.sv"
cmp -s rtl/pe/qn_rescale.sv "$tmp/qn_rescale.sv" && { echo "nothing to spoil"; exit 1; }
if rest=${rest/rtl\/pe\/qn_rescale.sv/$tmp/qn_rescale.sv} bench "$lib" TILE=0 LANES=8 SLICES=1 SHARE=1 CUT=1 PARTS=3 > "$tmp/fault" 2>&1; then echo "a lost carry was not noticed"; exit 1; fi
grep -q ' wrong$' "$tmp/fault" || { cat "$tmp/fault"; exit 1; }
# and a column of B0 whose upper half knows none
sed "s/, low_q\[Split\]}/, 1'b0}/" rtl/baseline/qn_b0_element.sv > "$tmp/qn_b0_element.sv"
cmp -s rtl/baseline/qn_b0_element.sv "$tmp/qn_b0_element.sv" && { echo "nothing to spoil"; exit 1; }
if rest=${rest/rtl\/baseline\/qn_b0_element.sv/$tmp/qn_b0_element.sv} bench "$lib" TILE=2 COLS=4 CUT=4 SAVE=0 SPLIT=16 > "$tmp/fault" 2>&1; then echo "a lost carry of B0 was not noticed"; exit 1; fi
grep -q ' wrong$' "$tmp/fault" || { cat "$tmp/fault"; exit 1; }

for top in "rtl/pe/qn_dot_tile.sv" "rtl/pe/qn_dot_tile.sv -GSerial=1'b1 -GBits=1 -GJoin=3" "rtl/pe/qn_dot_tile.sv -GKind=2 -GBits=1 -GSumW=15" "rtl/baseline/qn_b2.sv" "rtl/baseline/qn_b0.sv -GRows=4 -GCols=4" \
           "rtl/baseline/qn_b1.sv -GRows=4 -GCols=2" "rtl/baseline/qn_b3.sv -GUnits=2 -GWide=2 -GRows=4 -GCols=2"; do
    size="-GRows=4 -GCols=4 -GLanes=4"
    case $top in *Rows=*) size= ;; esac
    # shellcheck disable=SC2086
    verilator --lint-only -Wall -y rtl/lib -y rtl/pe -y rtl/baseline $top $size
done

[ "${QN_ALL:-0}" = 1 ] || exit 0
PYTHONPATH=bench/ppa python3 - > "$tmp/measured" <<'PY'
import fig_flex as f, fig_tiles as t

designs = {n: (top, p) for n, (top, p, *_) in t.DESIGNS.items() if top in ("qn_dot_tile", "qn_b2")}
designs.update({f"flex_w{b}": ("qn_dot_tile", {**f.TILE, **p}) for b, p in f.DEDICATED.items()}, flex=("qn_dot_tile", {**f.TILE, **f.FLEX, "Bits": 3}))
for name, (top, p) in designs.items():
    print(name, "TILE=%d" % (top == "qn_b2"), *(f"{k.upper()}={v}" for k, v in p.items() if k not in ("Rows", "Cols", "Halves")), "ROWS=1 COLS=1 FOURS=1")
PY
while read -r name p; do
    rm -rf "$tmp/built"
    # shellcheck disable=SC2086,SC2001
    verilator --binary --timing -Wno-fatal -Wno-lint -Wno-style -O3 -MAKEFLAGS "OPT_FAST=-O1" --top-module tb_ppa_tile --Mdir "$tmp/built" -o tb $(echo "$p" | sed 's/[A-Z]*=/-G&/g') $lib $rest > "$tmp/log" 2>&1 || { cat "$tmp/log"; exit 1; }
    "$tmp/built/tb" "+seed=$seed" > "$tmp/log" 2>&1 && grep -q ', 0 wrong$' "$tmp/log" || { cat "$tmp/log"; echo "seed $seed, $name: $p"; exit 1; }
    echo "$name as measured: $(grep wrong "$tmp/log")"
done < "$tmp/measured"
