#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The standalone tile of tables gives the exact sums, with activations of 8 and of 16 bits.
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
    verilator -Wall --assert --cc --exe --build -O3 --x-assign unique --x-initial unique $generics -y rtl/lib -y rtl/pe \
        --top-module "$top" --Mdir "$out/$name" -o tb $(ls rtl/*/"$top".sv) "$root/tests/rtl/tile/$bench.cpp" "$root/$out/num.o" "$root/$out/isa.o" \
        -CFLAGS "-I$root -O1 -DTILE=$values" > "$out/$name.log" 2>&1 || { cat "$out/$name.log"; exit 1; }
    "$out/$name/tb"
}
tile qn_lut_tile lut_tile Rows=2 Cols=6 ActW=8 SumW=22 Seg=8
tile qn_lut_tile lut_tile Rows=2 Cols=6 ActW=8 SumW=22 Seg=6
tile qn_lut_tile lut_tile Rows=2 Cols=6 ActW=16 SumW=28 Seg=7
