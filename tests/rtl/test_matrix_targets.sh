#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The bench of qn_matrix with the parameters of another target, another element (target/element) or another depth (then /depth), and with assertions on.
set -eu
cd "$(dirname "$0")/../.."
command -v verilator >/dev/null || { echo "no verilator"; exit 77; }
out=build/matrix_targets
mkdir -p "$out"
cc -std=c11 -I. -o "$out/gen" rtl/spec/gen.c rtl/spec/qn_isa.c
cc -std=gnu11 -O2 -ffp-contract=off -fno-math-errno -I. -c -o "$out/num.o" sim/model/qn_num.c
cc -std=gnu11 -O2 -I. -c -o "$out/isa.o" rtl/spec/qn_isa.c
root=$(pwd)
for what in ${TARGETS:-micro mini mini/shiftadd/16 mini/shiftadd/8 mini/lut mini/lut/8 mini/mul mini/mul/16}; do
    target=$what
    case $what in */*/*) target=${what%/*} ;; esac
    generics=
    values=
    for name in Rows Lanes Dequants AccCols Slices Depth; do
        value=$("$out/gen" --target "$target" | tr ' ' '\n' | sed -n "s/^-G$name=//p")
        [ "$name" != Depth ] || [ "$what" = "$target" ] || value=${what##*/}
        generics="$generics -G$name=$value"
        values="$values${values:+,}$value"
    done
    element=$("$out/gen" --target "$target" | tr ' ' '\n' | sed -n 's/^-GElement=//p')
    generics="$generics -GElement=$element"
    name=$(echo "$what" | tr / _)
    verilator -Wall --assert --cc --exe --build -MAKEFLAGS "VM_GLOBAL_FAST= VM_PARALLEL_BUILDS=0 OPT_FAST=-O1" -O3 --x-assign unique --x-initial unique $generics \
        -y rtl/lib -y rtl/pe -y rtl/array -y rtl/dequant rtl/spec/qn_isa_pkg.sv --top-module qn_matrix --Mdir "$out/$name" -o tb \
        rtl/array/qn_matrix.sv "$root/tests/rtl/tb_qn_matrix.cpp" "$root/$out/num.o" "$root/$out/isa.o" "$root/build/tb/verilated.a" \
        -CFLAGS "-I$root -O1 -DMATRIX=$values -DELEMENT=$element" >"$out/$name.log" 2>&1 || { cat "$out/$name.log"; exit 1; }
    echo "$what: $values"
    QN_ROUNDS=${QN_ROUNDS:-40} "$out/$name/tb"
done
