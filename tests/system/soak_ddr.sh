#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# DDR3 in the whole system, all of it RTL but for LiteDRAM's model of PHY and part. Power-on with the firmware on its CPU: initialization, leveling, self-test (the
# smallest core). And the core of ecpix5 behind qn_ddr and LiteDRAM: the same tokens as with the timing model, and its cycles beside the model's. Minutes.
set -euo pipefail
cd "$(dirname "$0")/../.."
out=build/ddr/soc
mkdir -p "$out/soc" "$out/ddr"
folders=$(ls -d rtl/*/ | sed 's/^/-y /')
waive="rtl/soc/picorv32.vlt rtl/ddr/litedram.vlt"
include=$(verilator --getenv VERILATOR_ROOT)/include
cxx="${CXX:-c++} -std=c++17 -O2 -I. -I$out/ddr -Ibuild/rtl/ulx3s -isystem $include -isystem $include/vltstd"

if [ "${ONLY:-boot}" = boot ]; then
    build/rtl/gen --soc micro | sed 's/^    \.Rcd.*/    .Ddr(1),/' > "$out/target.svh"
    # shellcheck disable=SC2086
    verilator --cc --exe -O3 --x-assign fast --x-initial fast --noassert -Wall --timescale 1ns/1ps -I"$out" -y rtl $folders -y tests/rtl -y build/firmware $waive rtl/spec/qn_isa_pkg.sv \
        rtl/spec/qn_link_pkg.sv build/cpu/picorv32.v build/ddr/qn_litedram_sim.v --top-module ddr_soc --Mdir "$out/soc" -o boot tests/system/ddr_soc.sv "$PWD/tests/system/ddr_soc.cpp"
    make -s -C "$out/soc" -f Vddr_soc.mk OPT_FAST=-O1 OPT_SLOW=-O0 OPT_GLOBAL=-O0 > "$out/make.log" 2>&1 || { tail "$out/make.log"; exit 1; }
    "$out/soc/boot" > "$out/boot.log" || { echo "power-on: not as it should"; exit 1; }
    if grep -m3 violation "$out/boot.log"; then exit 1; fi
fi

if [ "${ONLY:-core}" = core ]; then
    # The two targets' cores are the same module at the same parameters
    [ "$(build/rtl/gen --target ecpix5)" = "$(build/rtl/gen --target ulx3s)" ] || { echo "ecpix5 is another core than ulx3s"; exit 1; }
    # shellcheck disable=SC2086
    verilator --cc -O3 --x-assign fast --x-initial fast --noassert --timescale 1ns/1ps -y rtl/ddr -y rtl/ctrl $waive build/ddr/qn_litedram_sim.v --top-module tb_ddr --Mdir "$out/ddr" tests/rtl/tb_ddr.sv
    make -s -C "$out/ddr" -f Vtb_ddr.mk OPT_FAST=-O2 Vtb_ddr__ALL.a > "$out/make.log"
    echo 'QN_RTL_TARGET(ecpix5, "ecpix5")' > "$out/qn_rtl_targets.h"
    $cxx -Wall -Wextra -c tests/system/ddr_core.cpp -o "$out/ddr_core.o"
    $cxx -Wall -Wextra -I"$out" -c sim/rtl/qn_rtl.cpp -o "$out/qn_rtl.o"
    ${CXX:-c++} -o "$out/quern" build/obj/cli/*.o "$out/ddr_core.o" "$out/qn_rtl.o" build/rtl/verilated.o build/rtl/verilated_threads.o \
        -Wl,--start-group build/libquern.a build/rtl/ulx3s/core.a "$out/ddr/Vtb_ddr__ALL.a" build/platform/libqn_platform.a -Wl,--end-group -ljansson -lm -lpthread -lz -lsystemc -lusb-1.0
    build/synth -o "$out/15m.gguf"
    for side in model rtl; do
        quern=build/quern
        [ $side = model ] || quern=$out/quern
        "$quern" run models/quern-stories.gguf -p "Once upon a time" -n "${TOKENS:-4}" --device $side:ecpix5 --json 2> /dev/null | grep -v '^\[' > "$out/$side.run"
        "$quern" bench "$out/15m.gguf" --at 16 -d $side:ecpix5 --json 2> /dev/null | grep -v '^\[' > "$out/$side.bench"
    done
    python3 - "$out" << 'EOT'
import json, sys
run, bench = ([json.load(open(f"{sys.argv[1]}/{side}.{what}")) for side in ("model", "rtl")] for what in ("run", "bench"))
if run[0]["tokens"] != run[1]["tokens"]:
    sys.exit(f"tokens differ: {run[0]['tokens']} and {run[1]['tokens']}")
figures = [("stories, a token", [r["cycles"]["decode_per_token"] for r in run])]
for kind in ("chunk", "layers", "decode"):
    figures.append((f"15M, {kind}", [b["devices"][0][kind]["cycles"] for b in bench]))
for name, (model, rtl) in figures:
    print(f"{name}: {rtl:.0f} cycles, {model:.0f} with the timing model: {100 * (rtl / model - 1):+.2f} %")
    if not 0.97 < rtl / model < 1.005:
        sys.exit("the timing model is more than 3 % slower, or faster by more than 0.5 %")
EOT
fi
