#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Plants one fault after the other in the door, the CPU's surroundings, the firmware and the driver, each in a copy of the tree, and has the part of
# test_platform_faults.sh run that should see it; one that is not seen is a failure. FAULTS=text runs those whose line holds it. Part of `make soak-platform`: half a
# minute of CPU for each fault of RTL or firmware, which are Verilated anew.
set -uo pipefail
cd "$(dirname "$0")/../.."
make -s build/synth build/tests/system/platform_faults build/tests/system/platform_hang || exit
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
cp -a Makefile bench boards cli compiler cpu driver firmware models rtl sim tests tools "$tree"
status=0
model=$(pwd)/build/log/platform/kilobytes.gguf
mkdir -p build/log/platform
build/synth -o "$model" --width 32 --layers 1 --heads 1 --kv-heads 1 --hidden 32 --vocab 264 --context 8 --type q4_0 2> /dev/null
rom() { riscv64-unknown-elf-nm "$tree/build/firmware/boot.elf" | sed -n "s/^\(.*\) T $1\$/\1/p"; }

# file | line as it is (a fixed string) | with the fault | a mode of platform_faults and its environment, or a hang of platform_hang | in words
while IFS=@ read -r file old new test text; do
    [ -n "$file" ] || continue
    case "$file@$old@$new@$text" in *"${FAULTS:-}"*) ;; *) continue ;; esac
    rm -rf "$tree/build"
    mkdir -p "$tree/build"
    cp -a build/cpu build/firmware build/obj build/platform build/rtl build/usb build/libquern.a "$tree/build"
    OLD=$old NEW=$new perl -pe 'BEGIN { $o = $ENV{OLD}; $n = $ENV{NEW} } $i = index($_, $o); substr($_, $i, length $o) = $n if $i >= 0 && !$done++' "$file" > "$tree/$file"
    if cmp -s "$file" "$tree/$file"; then echo "FAIL nothing to spoil: $old"; status=1; continue; fi
    case $test in steps*) program=platform_faults ;; *) program=platform_hang ;; esac
    # The Verilated cores have no part in it
    if ! make -s -C "$tree" -o build/rtl/libqn_rtl.a "build/tests/system/$program" > "$tree/log" 2>&1; then
        echo "FAIL does not build: $new"
        tail -5 "$tree/log"
        status=1
        cp -p "$file" "$tree/$file"
        continue
    elif [ $program = platform_faults ]; then
        env "QN_CRASH_AT=0x$(rom qn_fw_turn)" ${test#steps} timeout 1200 "$tree/build/tests/system/$program" "$model" steps > "$tree/log" 2>&1
    else
        timeout 300 "$tree/build/tests/system/$program" "$model" "$(rom qn_fw_turn)" "$(rom qn_fw_wait)" "$test" > "$tree/log" 2>&1
    fi
    case $? in
    0) echo "FAIL not seen: $text: $new"; status=1 ;;
    124) echo "seen: $text: $test (hangs)" ;;
    *) echo "seen: $text: $test ($(sed -n 's/^FAIL [^ ]*: //p' "$tree/log" | tail -1 | cut -c1-150))" ;;
    esac
    cp -p "$file" "$tree/$file"
done <<'EOF'
rtl/soc/qn_door_rx.sv@word_o == ~crc_q ? FRAME@1'b1 ? FRAME@steps@payload's CRC not looked at
rtl/soc/qn_door_rx.sv@== ~crc_q ? HEAD@!= 32'd0 ? HEAD@steps@head's check not looked at
rtl/soc/qn_door_act.sv@{1'b0, seq_q} == expect_q) begin@{1'b0, seq_q} <= expect_q) begin@steps@a number from before is executed again
rtl/soc/qn_door_act.sv@(epoch_i != epoch_q && epoch_i != offer_q);@(epoch_i == 32'd7);@steps QN_OFFSET=200@epoch not checked
rtl/soc/qn_soc_cpu.sv@assign bark   = ms_o && dog_q == 16'd1;@assign bark   = ms_o && dog_q == 16'd1 && 1'b0;@watchdog@no watchdog
rtl/soc/qn_soc_cpu.sv@if (restart_q && !asked_q@if (restart_q && !trap && !bad && !asked_q@trap_idle@a trap is never left (as it was until 2026-11-27)
firmware/app/command.c@enum { DOG_MS = 2000@enum { DOG_MS = 0@watchdog@the firmware does not set its watchdog
firmware/app/command.c@for (; qn_hal_own(QN_SOC_SWEEP_GO); live())@for (; 0; live())@sweep_restart@a sweep from before not waited for (as it was)
firmware/app/command.c@        qn_hal_reg_set(QN_MB_BOOT, status);@        ;@core_memory_for_good@commands after a failed test answered OK (as it was)
driver/link/qn_link_host.c@if (seq < h->base || seq >= h->seq || !f->op) {@if (!f->op) {@steps@a stale reply accepted
driver/link/qn_link_host.c@again(h, h->base, h->seq, false);@(void)0;@steps@nothing sent again
driver/client/qn_client.c@err = command(c, QN_MB_COMMAND_TEST@err = 0 && command(c, QN_MB_COMMAND_TEST@firmware_idle@recovery not confirmed by the known answer
driver/client/qn_client.c@err = reset(c, 3);@err = reset(c, 1);@firmware_idle@only the core reset
driver/client/qn_client.c@err = until_started(c, starts);@err = 0 && until_started(c, starts);@core_memory_for_good@state of the last start believed (as it was)
driver/client/qn_client.c@if (!err && asked - start > limit_us)@if (!err && asked - start > 4 * limit_us)@firmware_idle@noticed late
driver/client/qn_client.c@if (!err && !(status & (QN_STATUS_DONE | QN_STATUS_TRAP)))@if (0)@watchdog_job@a job that was cut off taken for one that is done (as it was)
EOF
exit $status
