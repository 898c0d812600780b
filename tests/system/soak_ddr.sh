#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The core of ecpix5 behind qn_ddr and LiteDRAM: the same tokens as with the timing model, and its cycles beside the model's. Minutes: part of make soak.
set -euo pipefail
cd "$(dirname "$0")/../.."
out=build/ddr/soc
mkdir -p "$out/ddr"
include=$(verilator --getenv VERILATOR_ROOT)/include
cxx="${CXX:-c++} -std=c++17 -O2 -I. -I$out/ddr -Ibuild/rtl/ulx3s -isystem $include -isystem $include/vltstd"

# The two targets' cores are the same module at the same parameters
[ "$(build/rtl/gen --target ecpix5)" = "$(build/rtl/gen --target ulx3s)" ] || { echo "ecpix5 is another core than ulx3s"; exit 1; }
verilator --cc -O3 --x-assign fast --x-initial fast --noassert --timescale 1ns/1ps -y rtl/ddr -y rtl/ctrl rtl/ddr/litedram.vlt build/ddr/qn_litedram_sim.v --top-module tb_ddr --Mdir "$out/ddr" tests/rtl/tb_ddr.sv
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
    if not 0.98 < rtl / model < 1.02:
        sys.exit("more than 2 % apart")
EOT
