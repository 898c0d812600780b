#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The standalone tile of tables gives the exact sums, with activations of 8 and of 16 bits; the baselines L0 and B1 in FP16 give what their stated
# truncation and one rounding give.
set -eu
cd "$(dirname "$0")/../.."
command -v verilator >/dev/null || { echo "no verilator"; exit 77; }
out=build/tiles
mkdir -p "$out"
root=$(pwd)
cc -std=gnu11 -O2 -ffp-contract=off -fno-math-errno -I. -c -o "$out/num.o" sim/model/qn_num.c
cc -std=gnu11 -O2 -I. -c -o "$out/isa.o" rtl/spec/qn_isa.c

# tile TOP BENCH Param=Value...
tile() {
    top=$1; bench=$2; shift 2
    name=$top; values=; generics=
    for p in "$@"; do
        generics="$generics -G$p"; values="$values${values:+,}${p#*=}"; name="${name}_${p#*=}"
    done
    # shellcheck disable=SC2086
    verilator -Wall --assert --cc --exe --build -MAKEFLAGS "VM_GLOBAL_FAST= VM_PARALLEL_BUILDS=0 OPT_FAST=-O1" -O3 --x-assign unique --x-initial unique $generics -y rtl/lib -y rtl/pe -y rtl/baseline \
        --top-module "$top" --Mdir "$out/$name" -o tb $(ls rtl/*/"$top".sv) "$root/tests/rtl/tile/$bench.cpp" "$root/$out/num.o" "$root/$out/isa.o" "$root/build/tb/verilated.a" \
        -CFLAGS "-I$root -O1 -DTILE=$values" > "$out/$name.log" 2>&1 || { cat "$out/$name.log"; exit 1; }
    "$out/$name/tb"
}
tile qn_lut_tile lut_tile Rows=2 Cols=4 Tables=1 ActW=16 SumW=28 Join=2 Cut=0 Reads=2 Again=0 Hold=0 Share=2
tile qn_lut_tile lut_tile Rows=2 Cols=4 Tables=3 ActW=8 SumW=22 Join=4 Cut=1 Reads=4 Again=0 Hold=0 Share=2
tile qn_lut_tile lut_tile Rows=2 Cols=4 Tables=8 ActW=8 SumW=21 Join=4 Cut=2 Reads=2 Again=1 Hold=1 Share=2
tile qn_trit_array trit_array Rows=2 Parts=1 Cols=2 Lanes=24 Chain=8 Step=2 Digits=1 ScaleW=7 AccW=28 Halves=1
tile qn_trit_array trit_array Rows=1 Parts=2 Cols=1 Lanes=24 Chain=4 Step=1 Digits=3 ScaleW=4 AccW=28 Halves=0
tile qn_l0 l0 Rows=2 Cols=1 Lanes=4 Cuts=0
tile qn_l0 l0 Rows=1 Cols=2 Lanes=5 Cuts=255
tile qn_b1 b1 Rows=4 Cols=2 Cuts=7 Free=1
tile qn_b1 b1 Rows=4 Cols=1 Cuts=0 Free=0
