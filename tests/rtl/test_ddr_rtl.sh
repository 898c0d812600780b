#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The benches of qn_ddr on copies with a planted fault each, in the bridge or in LiteDRAM's controller: what they say of them is listed. One fault in twelve,
# or with QN_ALL=1 (make soak) all of them. And what LiteDRAM generates is what the firmware was told (rtl/spec/ddr.def): another address, value or step is refused.
set -uo pipefail
cd "$(dirname "$0")/../.."
command -v verilator > /dev/null || { echo "no verilator"; exit 77; }
root=$(pwd)
out=build/ddr/faults
mkdir -p "$out"
status=0

# bench FOLDER: with qn_ddr.sv alone before a native port of its own, or with qn_litedram_sim.v there as well
bench() {
    local files="-y rtl/ctrl $1/qn_ddr.sv --top-module qn_ddr $root/tests/rtl/tb_qn_ddr.cpp"
    [ ! -f "$1/qn_litedram_sim.v" ] ||
        files="--timescale 1ns/1ps -y rtl/ctrl $1/qn_ddr.sv rtl/ddr/litedram.vlt $1/qn_litedram_sim.v tests/rtl/tb_ddr.sv --top-module tb_ddr $root/tests/rtl/tb_qn_litedram.cpp"
    rm -rf "$out/obj" "$out/bench.log"
    # shellcheck disable=SC2086    # a list of words
    verilator -Wno-fatal --cc --exe --build -MAKEFLAGS "VM_GLOBAL_FAST= VM_PARALLEL_BUILDS=0 OPT_FAST=-O1" -O3 --x-assign unique --x-initial unique --Mdir "$out/obj" -o tb \
        $files "$root/build/tb/verilated.a" -CFLAGS "-I$root -O1" > "$out/build.log" 2>&1 || { cat "$out/build.log"; return 2; }
    timeout 60 "$out/obj/tb" > "$out/bench.log"
}

# what | file | as it is (a fixed string) | with the fault | what the bench is to say of it
number=0
while IFS='|' read -r what file old new says; do
    number=$((number + 1))
    [ -n "${QN_ALL:-}" ] || [ $((number % 12)) = 6 ] || continue
    rm -rf "$out/rtl"
    mkdir -p "$out/rtl"
    cp rtl/ddr/qn_ddr.sv "$out/rtl"
    from=rtl/ddr
    [ "$file" = qn_ddr.sv ] || { from=build/ddr; cp build/ddr/qn_litedram_sim.v "$out/rtl"; }
    OLD=$old NEW=$new perl -pi -e 'BEGIN { $o = $ENV{OLD}; $n = $ENV{NEW} } $i = index($_, $o); substr($_, $i, length $o) = $n if $i >= 0 && !$done++' "$out/rtl/$file"
    if cmp -s "$from/$file" "$out/rtl/$file"; then echo "FAIL $what: nothing to spoil: $old"; status=1; continue; fi
    if bench "$out/rtl"; then echo "FAIL not seen: $what"; status=1
    else
        message=$(tail -2 "$out/bench.log" | tr '\n' ' ')
        case $message in
        *"$says"*) echo "seen: $what: $message" ;;
        *) echo "FAIL $what: $message"; status=1 ;;
        esac
    fi
done <<'EOT'
lines asked for without room|qn_ddr.sv|read_q && room_q != '0|read_q|read 0x
one line more than there is room for|qn_ddr.sv|<= Lines[RoomW-1:0];|<= Lines[RoomW-1:0] + 1'b1;|read 0x
a read before what was written|qn_ddr.sv|: !write_q && (!read_q|: (!read_q|read 0x
a write before a read|qn_ddr.sv|flush = write_q && !read_q &&|flush = write_q &&|read 0x
bytes of the line before|qn_ddr.sv|flush) write_strb_q[b] <= 1'b0;|1'b0) write_strb_q[b] <= 1'b0;|read 0x
the buffer keeps what it has|qn_ddr.sv|quiet_q <= !take &&|quiet_q <= 1'b0 &&|what was written is not in memory
commands without their data|qn_ddr.sv|&& cmd_ready && words_ready;|&& cmd_ready;|no data for a burst
a word too few|qn_ddr.sv|end_word[1:0] - 2'd1 : 2'd3|end_word[1:0] - 2'd1 : 2'd2|read 0x
the first line's place for all|qn_ddr.sv|first_q     <= 2'd0;|first_q     <= first_q;|read 0x
another line's words|qn_ddr.sv|ask_addr[WordW-1:2] == write_line_q;|ask_addr[WordW-1:3] == write_line_q[AddrW-1:1];|read 0x
a line at a time|qn_ddr.sv|room_q != '0|room_q == Lines[RoomW-1:0]|words a clock
a row closed too soon after a write|qn_litedram_sim.v|bankmachine0_twtpcon_count <= 3'd6|bankmachine0_twtpcon_count <= 3'd1|WR->PRE violation
a bank opened too soon after a refresh|qn_litedram_sim.v|sequencer_trigger == 5'd22|sequencer_trigger == 5'd12|REF->ACT violation
refreshes too far apart|qn_litedram_sim.v|timer_count1 <= 10'd584|timer_count1 <= 10'd640|refreshes: 
EOT

# ddr.def against LiteDRAM's files of this build
python3 - "$out" << 'EOT'
import re, subprocess, sys
text = open("rtl/spec/ddr.def", encoding="utf-8").read()
judge = "import sys; sys.path.insert(0, 'rtl/ddr'); import gen_litedram as g; g.judge('build/ddr/board', sys.argv[1])"
def said(t):
    open(f"{sys.argv[1]}/ddr.def", "w", encoding="utf-8").write(t)
    return subprocess.run(["build/ddr/venv/bin/python", "-c", judge, f"{sys.argv[1]}/ddr.def"], capture_output=True, text=True).stderr
assert said(text) == "", said(text)
for was, now in (("0x0818,", "0x081c,"), ("DELAYS,   8", "DELAYS,   4"), ("0x320, 0", "0x330, 0"), ("QN_DDR_INIT(0x0f,    0x000, 3", "//"), ('QN_DDR_REG(P1_BANK', '//')):
    assert was in text
    assert "is not LiteDRAM's" in said(text.replace(was, now)), f"not seen: {now}"
EOT
[ $? = 0 ] || status=1
exit $status
