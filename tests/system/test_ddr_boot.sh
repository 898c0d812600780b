#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Power-on of a system with DDR3, all of it RTL but for LiteDRAM's model of PHY and part, with the firmware on its CPU: initialization, leveling, self-test. Without a core,
# whose absence the self-test finds after memory; QN_ALL=1 (make soak) with the smallest core as well.
set -euo pipefail
cd "$(dirname "$0")/../.."
command -v verilator > /dev/null || { echo "no verilator"; exit 77; }
out=build/ddr/boot

# boot NAME STATUS SOURCES...: the system with target micro's parameters and the core of SOURCES, or rtl's
boot() {
    mkdir -p "$out/$1"
    build/rtl/gen --soc micro | sed 's/^    \.Rcd.*/    .Ddr(1),/' > "$out/target.svh"
    # shellcheck disable=SC2046
    verilator --cc --exe -O3 --x-assign fast --x-initial fast --noassert -Wall --timescale 1ns/1ps -I"$out" $(ls -d rtl/*/ | sed 's/^/-y /') -y tests/rtl -y build/firmware \
        rtl/soc/picorv32.vlt rtl/ddr/litedram.vlt rtl/spec/qn_isa_pkg.sv rtl/spec/qn_link_pkg.sv "${@:3}" build/cpu/picorv32.v build/ddr/qn_litedram_sim.v --top-module ddr_soc \
        --Mdir "$out/$1" -o boot tests/system/ddr_soc.sv "$PWD/tests/system/ddr_soc.cpp" "$PWD/build/tb/verilated.a" -CFLAGS "-I$PWD"
    make -s -C "$out/$1" -f Vddr_soc.mk OPT_FAST=-O1 OPT_SLOW=-O0 VM_GLOBAL_FAST= VM_PARALLEL_BUILDS=0 > "$out/make.log" 2>&1 || { tail "$out/make.log"; exit 1; }
    "$out/$1/boot" "$2" > "$out/log" || { echo "power-on, $1: not as it should"; exit 1; }
    if grep -m3 violation "$out/log"; then exit 1; fi
}
boot bare 5 boards/ulx3s-12f/qn_top.sv
[ -z "${QN_ALL:-}" ] || boot micro 0 -y rtl
