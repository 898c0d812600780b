#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# After synthesis: the core of the smallest target, mapped and packed for an ECP5 as boards/ does it, gives the RTL's bits, counters and cycles on known answers: random
# valid programs and products whose results the machine model has. The cells are Yosys's cells_sim.v and ecp5_sim.v. A wrong table in one LUT is seen.
set -euo pipefail
cd "$(dirname "$0")/../.."
target=${TARGET:-tiny}
out=build/netlist/$target
test=build/tests/system/test_rtl_exec
cells=$(yosys-config --datdir 2>/dev/null || echo /usr/share/yosys)/ecp5
say() { echo "$*"; exit 1; }
mkdir -p "$out"

if [ ! -s "$out/netlist.v" ] || [ -n "$(find rtl -type f -newer "$out/netlist.v")" ]; then
    # shellcheck disable=SC2046
    boards/synth.sh qn_top "$out" $(build/rtl/gen --yosys "$target") > "$out/yosys.out" 2>&1 || say "$(tail -3 "$out/yosys.out")"
    yosys -q -p "read_json $out/netlist.json; write_verilog -noattr $out/netlist.v" > "$out/write.out" 2>&1 || say "$(tail -3 "$out/write.out")"
fi

# netlist DIR FILE: a test program whose rtl:TARGET is the netlist
netlist() {
    local include
    include=$(verilator --getenv VERILATOR_ROOT)/include
    mkdir -p "$1"
    verilator --cc -O3 --x-assign fast --x-initial fast --noassert -Wno-fatal -Wno-lint -Wno-style --top-module qn_top --prefix Vqn_netlist --Mdir "$1" \
        -I"$cells" "$cells/cells_sim.v" tests/rtl/ecp5_sim.v "$2" > "$1/verilator.log" 2>&1 || say "$(tail -3 "$1/verilator.log")"
    make -s -C "$1" -f Vqn_netlist.mk OPT_FAST=-O1 OPT_SLOW=-O0 Vqn_netlist__ALL.a > "$1/make.log"
    echo "QN_RTL_TARGET(netlist, \"$target\")" > "$1/qn_rtl_targets.h"
    for f in core:sim/rtl/qn_rtl_core.cpp rtl:sim/rtl/qn_rtl.cpp verilated:"$include/verilated.cpp" threads:"$include/verilated_threads.cpp"; do
        c++ -std=c++17 -O1 -I. -I"$1" -isystem "$include" -isystem "$include/vltstd" -DVM_TRACE=0 -DQN_RTL_MODEL=Vqn_netlist -DQN_RTL_HEADER='"Vqn_netlist.h"' \
            -DQN_RTL_MAKE=qn_rtl_make_netlist -c "${f#*:}" -o "$1/${f%%:*}.o"
    done
    c++ -fsanitize=address,undefined $test.o -o "$1/test" -Wl,--start-group build/san/libquern.a "$1"/{core,rtl,verilated,threads}.o "$1/Vqn_netlist__ALL.a" \
        -Wl,--end-group -lcmocka -ljansson -lm -lpthread -lz -lusb-1.0
}

# A table that is wrong: the first LUT of the unit that multiplies sums by scales
[ -x "$out/test" ] && [ "$out/test" -nt "$out/netlist.v" ] && [ "$out/test" -nt $test.o ] && [ "$out/test" -nt tests/rtl/ecp5_sim.v ] || netlist "$out" "$out/netlist.v"
QN_TARGET=$target QN_RUNS=${RUNS:-3} "$out/test" > "$out/log" 2>&1 || say "$(tail -5 "$out/log")"
if [ -n "${QN_ALL:-}" ]; then
    mkdir -p "$out/wrong"
    awk '/^module .*qn_dequant_unit/ { on = 1 } on && /INIT\(16.h/ { sub(/16.h[0-9a-f]/, on > 1 ? "&" : "16'"'"'h5"); if (on == 1) on = 0 } { print }' "$out/netlist.v" > "$out/wrong/netlist.v"
    [ "$(diff "$out/netlist.v" "$out/wrong/netlist.v" | grep -c '^>')" = 1 ] || say "not one table differs"
    netlist "$out/wrong" "$out/wrong/netlist.v"
    if QN_TARGET=$target QN_RUNS=${RUNS:-3} "$out/wrong/test" > "$out/log" 2>&1; then say "a wrong table is not seen"; fi
    grep -q "memory word\|same_bits" "$out/log" || say "it fails otherwise: $(tail -3 "$out/log")"
fi
