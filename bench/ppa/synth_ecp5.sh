#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Maps the core of target ulx3s (or TARGET) for ECP5 with Yosys, unit by unit, below build/ppa: one run a part (PARTS, all of qn_top's unless
# given), in which the units named below keep their borders, so each is mapped once and shows its own figures. Then bench/ppa/table.awk
# prints the table, and ecp5.json beside it. A part that takes longer than LIMIT seconds is reported and left out.
set -eu
cd "$(dirname "$0")/../.."
target=${TARGET:-ulx3s}
limit=${LIMIT:-900}
out=build/ppa
mkdir -p "$out"

cc -std=c11 -I. -o "$out/gen" rtl/spec/gen.c rtl/spec/qn_isa.c
"$out/gen" --yosys "$target" | tr -s ' ' '\n' | grep -v -e '^-chparam$' -e '^$' | paste - - > "$out/params"

units="qn_row_shiftadd qn_dequant_unit qn_slicebuf qn_gemm_load qn_lane qn_func qn_quant qn_vbuf qn_vec_check qn_walk qn_fifo qn_turn"
package="rtl/spec/qn_isa_pkg.sv rtl/spec/qn_link_pkg.sv"
modules=$(ls rtl/*/*.sv | grep -v _pkg.sv)

part() {
    file=$(ls rtl/*/"$1".sv)
    chparam=$(while read -r name value; do
        if grep -q "parameter int $name\>" "$file"; then printf -- '-chparam %s %s ' "$name" "$value"; fi
    done < "$out/params")
    [ "$1" = qn_dequant ] && chparam=
    keep=
    for u in $units; do
        [ "$u" = "$1" ] || keep="$keep setattr -mod -set keep_hierarchy 1 *$u;"
        [ "$u" = "$1" ] || keep="$keep setattr -mod -set keep_hierarchy 1 *$u\\\\*;"
    done
    cat > "$out/$1.ys" <<EOF
read_verilog -sv -noassert -noassume $package $(echo $modules)
hierarchy -check -top $1 $chparam
$(echo "$keep" | tr ';' '\n')
synth_ecp5 -abc9 -nowidelut
tee -q -o $out/$1.stat stat
EOF
    rm -f "$out/$1.stat"
    start=$(date +%s)
    status=0
    timeout "$limit" yosys -q -l "$out/$1.log" -s "$out/$1.ys" > "$out/$1.out" 2>&1 || status=$?
    case $status in
    0) echo "$1: $(($(date +%s) - start)) s" >&2 ;;
    124) echo "$1: not within $limit s" >&2; rm -f "$out/$1.stat" ;;
    *) tail -5 "$out/$1.out" >&2; echo "$1: Yosys failed" >&2; exit 1 ;;
    esac
}

all="qn_regs qn_seq qn_queue qn_sems qn_mem_arb qn_load qn_unpack qn_store qn_matrix qn_vector"
for p in ${PARTS:-$all}; do
    part "$p"
done
awk -v json="$out/ecp5.json" -v target="$target" -v tool="$(yosys -V | cut -d" " -f1,2), synth_ecp5 -abc9 -nowidelut" -v date="$(date +%F)" \
    -f bench/ppa/table.awk $(printf "$out/%s.stat " ${PARTS:-$all} | xargs -n1 ls 2> /dev/null)
