#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# synth.sh TOP DIR [ARGUMENT...]: maps module TOP for an ECP5 with Yosys, from the root of the tree: DIR/mapped.json, DIR/netlist.v, DIR/stat; and packs it
# closer: DIR/netlist.json (pack.py; same.py DIR/mapped.json DIR/netlist.json proves that the two are the same). Arguments go to Yosys's hierarchy
# (-chparam Name Value); SOURCES are read besides rtl's, or in their place, with DIR for what they include.
# Modules that stand often or are large keep their borders: each is mapped once, minutes instead of tens, and a path's names say where it lies.
set -euo pipefail
top=$1
dir=$2
shift 2
keep="qn_row_shiftadd qn_dequant_unit qn_slicebuf qn_gemm_load qn_lane qn_func qn_quant qn_vbuf qn_vec_check qn_walk qn_fifo qn_turn qn_regs qn_seq qn_queue
      qn_sems qn_load qn_store qn_unpack qn_matrix qn_vector qn_door qn_sdr qn_soc_cpu qn_sweep qn_copy
      qn_trit_row qn_trit_load qn_trit_part qn_trit_dot qn_trit_code qn_trit_table"
modules=$(ls rtl/*.sv rtl/*/*.sv | grep -v -e _pkg.sv -e ^rtl/baseline)
mkdir -p "$dir"
{
    echo "read_verilog -sv -noassert -noassume -I $dir rtl/spec/qn_isa_pkg.sv rtl/spec/qn_link_pkg.sv" $modules
    for s in ${SOURCES:-}; do echo "read_verilog $([ "${s##*.}" = sv ] && echo -sv) -overwrite -I $dir $s"; done
    echo "read_verilog -lib +/ecp5/cells_sim.v +/ecp5/cells_bb.v"
    echo "hierarchy -check -top $top $*"
    for u in $keep; do
        [ "$u" = "$top" ] || printf 'setattr -mod -set keep_hierarchy 1 *%s *%s\\\\*\n' "$u" "$u"
    done
    echo "proc; select qn_luna*; opt -full; select -clear"      # LUNA's choices, before they are flattened: minutes otherwise
    echo "synth_ecp5 -abc9 -nowidelut -top $top -json $dir/mapped.json.new"
    echo "tee -q -o $dir/stat stat"
    echo "write_verilog -noattr $dir/netlist.v"
} > "$dir/synth.ys"
yosys -q -l "$dir/yosys.log" -s "$dir/synth.ys"
mv "$dir/mapped.json.new" "$dir/mapped.json"
cp "$dir/mapped.json" "$dir/packed.json"
python3 boards/pack.py "$dir/packed.json" qn_trit_dot
mv "$dir/packed.json" "$dir/netlist.json"
