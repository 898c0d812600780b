#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What one row of each element takes on ECP5, and the builder of tables that serves all rows: as Yosys leaves it and packed (boards/pack.py), not placed. Below build/ppa.
set -eu
cd "$(dirname "$0")/../.."
out=build/ppa
mkdir -p "$out"
for top in qn_row_shiftadd qn_row_lut qn_lut_build qn_row_mul; do
    yosys -q -p "read_verilog -sv -noassert -noassume rtl/lib/qn_ram16.sv rtl/lib/qn_smul.sv rtl/pe/$top.sv; hierarchy -top $top; synth_ecp5 -abc9 -nowidelut -json $out/$top.json; \
        tee -q -o $out/$top.rows stat" > "$out/$top.out" 2>&1 || { cat "$out/$top.out"; exit 1; }
    python3 boards/pack.py "$out/$top.json" > "$out/$top.out"
    yosys -q -p "read_json $out/$top.json; tee -q -o $out/$top.packed stat" > "$out/$top.out" 2>&1 || { cat "$out/$top.out"; exit 1; }
    for made in rows packed; do
        awk -v top=$top -v made=$made '{ n[$1] = $2 } END { printf "%-16s %-6s LUT %d (LUT4 %d, CCU2C %d, DPR16X4 %d) FF %d MULT18X18D %d\n", top, made,
            n["LUT4"] + 2 * n["CCU2C"] + 6 * n["TRELLIS_DPR16X4"], n["LUT4"], n["CCU2C"], n["TRELLIS_DPR16X4"], n["TRELLIS_FF"], n["MULT18X18D"] }' "$out/$top.$made"
    done
done
