#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# netlist.sh: after synthesis and packing for an ECP5 (boards/synth.sh) the core of TARGET (tiny) gives the RTL's bits, counters, traps and cycles: where the Verilated RTL
# stands in test_rtl_exec, test_model_rtl, test_rtl_trap and quern, the Verilated netlist stands, its cells those of ecp5_cells.v. RUNS (40) random programs of each kind from
# SEED (1) on, then TOKENS (4) tokens of MODEL after PROMPT. FAULTS=n plants n faults after that. What is already there is not made again.
set -euo pipefail
cd "$(dirname "$0")/../.."
target=${TARGET:-tiny}
runs=${RUNS:-40}
seed=${SEED:-1}
model=${MODEL:-../shared/data/llama/stories260K.gguf}
prompt=${PROMPT-Once upon a time}
tokens=${TOKENS:-4}
out=build/netlist/$target
tests=build/tests/system
include=$(verilator --getenv VERILATOR_ROOT)/include
say() { echo "$*"; exit 1; }
newer() { [ ! -e "$1" ] || [ -n "$(find "${@:2}" -type f -newer "$1")" ]; }
mkdir -p "$out"

# The models of cells are Yosys's where it has them: by SAT, over time where they remember
if newer "$out/proved" tests/boards/ecp5_cells.v "$0"; then
    {
        sed -n '/^module LUT4/,/^\/\/ A product/p' tests/boards/ecp5_cells.v | sed 's/^module \([A-Z]\)/module our_\1/'
        echo 'module pair (input clk, input [8:0] a, input [3:0] di, wad, input we, input [3:0] at);'
        echo '  reg [3:0] rad; reg set; initial set = 0; always @(posedge clk) begin set <= 1; if (!set) rad <= at; end'      # any address, but one
        n=0
        for init in 0000 8000 6996 ca35 96aa "$(printf %04x $((seed * 40503 & 65535)))"; do
            n=$((n + 1))
            echo "  wire z$n, y$n; LUT4 #(.INIT(16'h$init)) l$n (a[0], a[1], a[2], a[3], z$n); our_LUT4 #(.INIT(16'h$init)) m$n (a[0], a[1], a[2], a[3], y$n);"
            p=".INIT0(16'h$init), .INIT1(~16'h$init ^ 16'h0f0), .INJECT1_0(\"NO\"), .INJECT1_1(\"NO\")"
            c=".CIN(a[8]), .A0(a[0]), .B0(a[1]), .C0(a[2]), .D0(a[3]), .A1(a[4]), .B1(a[5]), .C1(a[6]), .D1(a[7])"
            echo "  wire [2:0] s$n, t$n; CCU2C #($p) c$n ($c, .S0(s$n[0]), .S1(s$n[1]), .COUT(s$n[2])); our_CCU2C #($p) d$n ($c, .S0(t$n[0]), .S1(t$n[1]), .COUT(t$n[2]));"
            echo "  always @* assert (z$n == y$n && s$n == t$n);"
            p=".INITVAL(64'h${init}0123${init}4567)"
            c=".DI(di), .WAD(wad), .WRE(we), .WCK(clk), .RAD(rad)"
            echo "  wire [3:0] o$n, q$n; TRELLIS_DPR16X4 #($p) r$n ($c, .DO(o$n)); our_TRELLIS_DPR16X4 #($p) x$n ($c, .DO(q$n)); always @* assert (o$n == q$n);"
        done
        for set in RESET SET; do
            for ce in CE INV 1; do
                for lsr in LSR INV; do
                    n=$((n + 1))
                    p=".GSR(\"DISABLED\"), .CEMUX(\"$ce\"), .LSRMUX(\"$lsr\"), .REGSET(\"$set\")"
                    c=".CLK(clk), .CE(a[0]), .LSR(a[1]), .DI(a[2])"
                    echo "  wire o$n, q$n; TRELLIS_FF #($p) f$n ($c, .Q(o$n)); our_TRELLIS_FF #($p) g$n ($c, .Q(q$n));"
                    echo "  always @* assert (o$n == q$n);"
                done
            done
        done
        echo endmodule
    } > "$out/pair.v"
    yosys -q -p "read_verilog -defer +/ecp5/cells_sim.v; read_verilog -defer -sv -formal $out/pair.v; hierarchy -check -top pair; proc; flatten; memory_map; opt -full
                 sat -verify -tempinduct -prove-asserts -maxsteps 4 -timeout 300 pair" > "$out/proved.log" 2>&1 || say "ecp5_cells.v is not cells_sim.v: $(tail -3 "$out/proved.log")"
    touch "$out/proved"
fi

if newer "$out/netlist.json" rtl boards/synth.sh boards/pack.py; then
    echo "$target: synthesis (Yosys; minutes)" >&2
    # shellcheck disable=SC2046
    boards/synth.sh qn_top "$out" $(build/rtl/gen --yosys "$target") > "$out/yosys.out" 2>&1 || say "$(tail -3 "$out/yosys.out")"
fi

# The netlist Verilated, below $right
right=$out/right
mkdir -p "$right"
if newer "$right/verilated" "$out/netlist.json" tests/boards/ecp5_cells.v tests/boards/netlist_verilog.py; then
    echo "$target: Verilator and C++ (minutes)" >&2
    python3 tests/boards/netlist_verilog.py "$out/netlist.json" "$right/netlist.v"
    rm -rf "$right/obj"
    verilator --cc -O3 --x-assign fast --x-initial fast -Wno-lint -Wno-style -Wno-MULTIDRIVEN -Werror-UNOPTFLAT --output-split 80000 --output-split-cfuncs 500 \
        --top-module qn_top --prefix Vqn_netlist --Mdir "$right/obj" tests/boards/ecp5_cells.v "$right/netlist.v" > "$right/verilator.log" 2>&1 || say "$(tail -3 "$right/verilator.log")"
    touch "$right/verilated"
fi
make -s -j"${JOBS:-2}" -C "$right/obj" -f Vqn_netlist.mk OPT_FAST=-O1 OPT_SLOW=-O0 Vqn_netlist__ALL.a > "$right/make.log" 2>&1 || say "$(tail -3 "$right/make.log")"
if newer "$right/core.o" "$right/verilated" sim/rtl; then
    echo "QN_RTL_TARGET(netlist, \"$target\")" > "$right/qn_rtl_targets.h"
    for f in verilated:"$include/verilated.cpp" threads:"$include/verilated_threads.cpp" rtl:sim/rtl/qn_rtl.cpp core:sim/rtl/qn_rtl_core.cpp; do
        c++ -std=c++17 -O1 -I. -I"$right" -I"$right/obj" -isystem "$include" -isystem "$include/vltstd" -DVM_TRACE=0 -DQN_RTL_MODEL=Vqn_netlist \
            -DQN_RTL_HEADER='"Vqn_netlist.h"' -DQN_RTL_MAKE=qn_rtl_make_netlist -c "${f#*:}" -o "$right/${f%%:*}.o"
    done
fi
core="$right/core.o $right/rtl.o $right/verilated.o $right/threads.o $right/obj/Vqn_netlist__ALL.a"

# link DIR [OBJECT]: the bench's programs in DIR, whose rtl:TARGET is the netlist, with OBJECT in the place of one of Verilator's
link() {
    # shellcheck disable=SC2086
    for t in test_rtl_exec test_model_rtl test_rtl_trap; do
        c++ -fsanitize=address,undefined $tests/$t.o ${2:-} -o "$1/$t" -Wl,--start-group build/san/libquern.a $core -Wl,--end-group -lcmocka -ljansson -lm -lpthread -lz -lusb-1.0
    done
}
# programs DIR RUNS: random programs
programs() {
    export QN_TARGET=$target QN_SEED=$seed QN_RUNS=$2
    "$1/test_rtl_exec" > "$1/log" 2>&1 && "$1/test_model_rtl" >> "$1/log" 2>&1 && "$1/test_rtl_trap" >> "$1/log" 2>&1
}

link "$right"
SECONDS=0
programs "$right" "$runs" || say "$(tail -5 "$right/log")"
grep -E 'predicted|spoiled|programs' "$right/log"
echo "$target: random programs: $SECONDS s"

# shellcheck disable=SC2086
c++ build/obj/cli/*.o -o "$right/quern" -Wl,--start-group build/libquern.a $core build/platform/libqn_platform.a -Wl,--end-group -ljansson -lm -lpthread -lz -lsystemc -lusb-1.0
SECONDS=0
"$right/quern" run "$model" -p "$prompt" -n "$tokens" --ignore-eos --device "rtl:$target" --json > "$out/run.json"
python3 - "$out/run.json" <<'P'
import json, sys
j = json.load(open(sys.argv[1], encoding="utf-8"))
cycles = j["cycles"]["prefill"] + j["cycles"]["decode"]
assert j["same_bits"] is True and cycles == j["cycles_beside"], (j["same_bits"], cycles, j["cycles_beside"])
print(f"{len(j['tokens'])} tokens, digest {j['digest']}, {cycles} cycles: the machine model's")
P
echo "$target: $model: $SECONDS s"

[ -n "${FAULTS:-}" ] || exit 0
# Faults in what Verilator made of the netlist, one after the other: a LUT's table inverted, a RAM that writes to another word. The random programs must
# see half of them: a table may lie in a copy of the logic that no register takes, or say what is never asked
wrong=$out/wrong
mkdir -p "$wrong"
files=("$right"/obj/*DepSet*[0-9].cpp)
flags="-std=gnu++17 -O1 -w -I$right/obj -I$include -I$include/vltstd -DVM_COVERAGE=0 -DVM_SC=0 -DVM_TRACE=0"
seen=0
for n in $(seq "$FAULTS"); do
    for next in "${!files[@]}"; do              # the first one from here on that has something to spoil
        file=${files[$(((seed + 7919 * n + next) % ${#files[@]}))]}
        N=$((seed * 104729 + n * 7907)) RAM=$((n % 3 == 0)) perl -0777 -pe '
            my ($re, $to) = $ENV{RAM} ? (qr/__DOT__mem\[(?=vlSelf->__Vdlyvdim0)/, sub { "$_[0]1 ^ " })
                                      : (qr/\(1U & \(0x[0-9a-f]+(?=U\s*>>)/, sub { $_[0] =~ s|0x([0-9a-f]+)|sprintf "0x%x", hex($1) ^ 0xffff|er });
            my $count = () = /$re/g;
            if ($count) { my ($k, $at) = ($ENV{N} % $count, 0); s/$re/$at++ == $k ? $to->($&) : $&/ge }' "$file" > "$wrong/wrong.cpp"
        line=$(cmp "$file" "$wrong/wrong.cpp") || break
    done
    [ -n "$line" ] || say "fault $n: nothing to spoil"
    what="fault $n ($([ $((n % 3)) = 0 ] && echo RAM || echo LUT), $(basename "$file"), line ${line##* })"
    # shellcheck disable=SC2086
    c++ $flags -c "$wrong/wrong.cpp" -o "$wrong/wrong.o"
    link "$wrong" "$wrong/wrong.o"
    if programs "$wrong" 5; then echo "not seen: $what"
    else seen=$((seen + 1)) && echo "seen: $what: $(grep -m1 -E 'memory word|rtl [0-9a-f]|LINE' "$wrong/log")"; fi
done
echo "$seen of $FAULTS planted faults seen"
[ $((2 * seen)) -ge "$FAULTS" ]
