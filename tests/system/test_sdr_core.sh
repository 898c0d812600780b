#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The core behind its SDRAM controller and a part that refuses what the data sheet forbids: the same tokens as with the timing model, and
# decoding takes the same cycles within 0.1% (they differ where a refresh falls; the issue allows 3%).
set -euo pipefail
cd "$(dirname "$0")/../.."
command -v verilator > /dev/null || { echo "no verilator"; exit 77; }
out=build/sdr_core
mkdir -p "$out/sdr"
include=$(verilator --getenv VERILATOR_ROOT)/include
cxx="${CXX:-c++} -std=c++17 -O3 -I. -I$out -I$out/sdr -Ibuild/rtl/ulx3s -isystem $include -isystem $include/vltstd"

verilator --cc -O3 --x-assign fast --x-initial fast --noassert -Wall -y rtl/soc --top-module qn_sdr --Mdir "$out/sdr" rtl/soc/qn_sdr.sv
make -s -C "$out/sdr" -f Vqn_sdr.mk OPT_FAST=-O3 Vqn_sdr__ALL.a > "$out/make.log"
echo 'QN_RTL_TARGET(ulx3s, "ulx3s")' > "$out/qn_rtl_targets.h"
$cxx -Wall -Wextra -c tests/system/sdr_core.cpp -o "$out/sdr_core.o"
$cxx -Wall -Wextra -c sim/rtl/qn_rtl.cpp -o "$out/qn_rtl.o"
# shellcheck disable=SC2086
${CXX:-c++} -o "$out/quern" build/obj/cli/*.o "$out/sdr_core.o" "$out/qn_rtl.o" build/rtl/verilated.o build/rtl/verilated_threads.o \
    -Wl,--start-group build/libquern.a build/rtl/ulx3s/core.a "$out/sdr/Vqn_sdr__ALL.a" build/platform/libqn_platform.a -Wl,--end-group -ljansson -lm -lpthread -lz \
    -lsystemc -lusb-1.0

build/synth -o "$out/15m.gguf"
for side in timing controller; do
    quern=build/quern
    [ "$side" = timing ] || quern=$out/quern
    "$quern" run models/quern-stories.gguf -p "Once upon a time" -n "${TOKENS:-4}" --device rtl:ulx3s --json > "$out/$side.run"
    "$quern" bench "$out/15m.gguf" --at 16 -d rtl:ulx3s --json > "$out/$side.bench"
done
exec python3 - "$out" << 'EOT'
import json, sys
run, bench = ([json.load(open(f"{sys.argv[1]}/{side}.{what}")) for side in ("timing", "controller")] for what in ("run", "bench"))
if run[0]["tokens"] != run[1]["tokens"]:
    sys.exit(f"tokens differ: {run[0]['tokens']} and {run[1]['tokens']}")
figures = [("stories, a token", [r["cycles"]["decode_per_token"] for r in run])]
for kind in ("chunk", "layers", "decode"):
    figures.append((f"15M, {kind}", [b["devices"][0][kind]["cycles"] for b in bench]))
for name, (timing, controller) in figures:
    print(f"{name}: {controller:.0f} cycles, {timing:.0f} with the timing model: {100 * (controller / timing - 1):+.4f} %")
    if abs(controller / timing - 1) > 1e-3:
        sys.exit("more than 0.1 % apart")
EOT
