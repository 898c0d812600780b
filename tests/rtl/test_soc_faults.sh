#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The benches of the front door, the sweep and the UART on copies with a planted fault each: none may pass. Every eighth fault, or with QN_ALL=1
# (make soak) all of them; FAULTS=text those whose file's name or text holds it.
set -uo pipefail
cd "$(dirname "$0")/../.."
command -v verilator > /dev/null || { echo "no verilator"; exit 77; }
root=$(pwd)
out=${OUT:-build/door}
mkdir -p "$out"
for c in qn_link qn_link_dev qn_link_host qn_crc32c; do cc -std=gnu11 -O2 -I. -c -o "$out/$c.o" "driver/link/$c.c" || exit 1; done
status=0
number=0
# what | file | line as it is (a fixed string) | line with the fault
while IFS='|' read -r what file old new; do
    number=$((number + 1))
    [ -n "${QN_ALL:-}${FAULTS:-}" ] || [ $((number % 8)) = 0 ] || continue
    case "$what|$file" in *"${FAULTS:-}"*) ;; *) continue ;; esac
    rm -rf "$out/rtl" "$out/obj"
    cp -r rtl/soc "$out/rtl"
    OLD=$old NEW=$new perl -pi -e 'BEGIN { $o = $ENV{OLD}; $n = $ENV{NEW} } $i = index($_, $o); substr($_, $i, length $o) = $n if $i >= 0 && !$done++' "$out/rtl/$file"
    if cmp -s "rtl/soc/$file" "$out/rtl/$file"; then echo "FAIL $what: nothing to spoil: $old"; status=1; continue; fi
    top=qn_door
    case $file in qn_sweep.sv | qn_uart.sv) top=${file%.sv} ;; esac
    flags=$(sed -n "s/.*tb_$top: VL += //p" tests/rtl/soc.mk | grep -o -- '-G.*' | tr -d '\\')
    # shellcheck disable=SC2086
    eval verilator -Wno-fatal --cc --exe --build -MAKEFLAGS "'VM_GLOBAL_FAST= VM_PARALLEL_BUILDS=0 OPT_FAST=-O1'" -O1 --x-assign unique --x-initial unique -y "$out/rtl" rtl/spec/qn_link_pkg.sv $(printf %q\  $flags) --top-module $top \
        --Mdir "$out/obj" -o tb "$out/rtl/$top.sv" "$root/tests/rtl/tb_$top.cpp" "$root/$out"/qn_link{,_dev,_host}.o "$root/$out/qn_crc32c.o" "$root/build/tb/verilated.a" \
        -CFLAGS "'-I$root -O1'" > "$out/build.log" 2>&1 || { cat "$out/build.log"; exit 1; }
    if timeout 200 "$out/obj/tb" > "$out/bench.log"; then echo "FAIL not seen: $what"; status=1
    else echo "seen: $what: $(tail -1 "$out/bench.log")"; fi
done <<'EOT'
head's check not looked at|qn_door_rx.sv|== ~crc_q ? HEAD|!= 32'd0 ? HEAD
payload's CRC not looked at|qn_door_rx.sv|word_o == ~crc_q ? FRAME|1'b1 ? FRAME
payload not bound to its head|qn_door_rx.sv|(state_q == CHECK && step_q != 2'd3)|(state_q == CHECK)
hunting skips a head|qn_door_rx.sv|have_q >= 5'd15 && window_q|have_q == 5'd15 && window_q
half a frame never forgotten|qn_door_rx.sv|gone          = ms_i|gone          = 1'b0 && ms_i
forgotten a millisecond early|qn_door_rx.sv|LINK_GAP_MS[4:0] - 5'd1|LINK_GAP_MS[4:0] - 5'd2
epoch not checked|qn_door_act.sv|(epoch_i != epoch_q && epoch_i != offer_q);|(epoch_i == 32'd7);
oversized frame accepted|qn_door_act.sv|words_i <= Data[15:0] + 16'd1|words_i != 16'd2000
gap in the numbers not noticed|qn_door_act.sv|{1'b0, seq_q} == expect_q) begin|{1'b0, seq_q} >= expect_q) begin
a repeated request is executed again|qn_door_act.sv|expect_q <= expect_q + 17'd1;|expect_q <= {1'b0, seq_q};
oldest reply of the window not given again|qn_door_act.sv|behind <= Window[16:0]|behind < Window[16:0]
NAK each time|qn_door_act.sv|if (missing && !(nak_epoch_o == epoch_q|if (missing && !(nak_epoch_o != epoch_q
bounds one word beyond|qn_door_act.sv|end_q <= region_end;|end_q <= region_end + 33'd1;
bounds that overflow|qn_door_act.sv|end_q <= region_end;|end_q[31:0] <= region_end[31:0];
rights not checked|qn_door_act.sv|state_d = !region_right ? KEEP :|state_d =
READ longer than the buffer|qn_door_act.sv|n_q > Data) status_d|n_q > 32'd600) status_d
the same epochs after a reset|qn_door_act.sv|nonce_q   <= seed_i|nonce_q   <= 32'd7
HELLO ends the session|qn_door_act.sv|welcome_o      <= 1'b1;|welcome_o <= 1'b1; expect_q <= 17'd0;
a failed register's fault lost|qn_door_act.sv|if (reg_fault_i) status_d|if (1'b0) status_d
a slot taken while its reply is on its way|qn_door_act.sv|CLAIM: if (!(tx_busy_i && due_slot_i == slot))|CLAIM: if (1'b1)
replies of an older session sent|qn_door_act.sv|            due_q    <= '0;|            due_q    <= due_q;
a WRITE answered before memory has it|qn_door_act.sv|left_q == 10'd0 && !req_busy_i)|left_q == 10'd0)
youngest reply first|qn_door_tx.sv|tried = oldest_i + k[SlotW-1:0]|tried = oldest_i - k[SlotW-1:0]
a word behind the end|qn_sweep.sv|{25'd0, room} < left_q ? room : left_q[4:0]|room
a fill that is over before memory has it|qn_sweep.sv|left_q == 30'd0 && !req_busy_i|left_q == 30'd0
-0 before +0|qn_sweep.sv|word_q[30:0] == 31'd0 ? 32'h80000000 :|
what is no number is picked|qn_sweep.sv|hit   = key_valid_q && what_q == PICK && !none_q|hit   = key_valid_q && what_q == PICK
the last word is not waited for|qn_sweep.sv|index_q == words_i && !word_valid_q && !key_valid_q|index_q == words_i
console within a frame|qn_uart.sv|(console_valid_i && !frame_q)|console_valid_i
a spike for a start bit|qn_uart.sv|in_left_q == 4'd10 && rx_q[1] ? 4'd0|1'b0 ? 4'd0
sampled at the edge|qn_uart.sv|HALF = BIT / 2 - 1|HALF = BIT - 2
CHECK in the payload's CRC|qn_door_tx.sv|if (fresh_q && index_q != 10'd3)|if (fresh_q)
EOT
exit $status
