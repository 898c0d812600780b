#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The Verilated system behind the driver: a generation of a model of a few KB with a fault at one frame, and what hangs in it. Some of each; QN_SOAK=1 (make
# soak-platform): every kind at every frame, everything that hangs, and some of it at the board's own pace.
set -euo pipefail
cd "$(dirname "$0")/../.."
out=build/log/platform
mkdir -p "$out"
model=$out/kilobytes.gguf
build/synth -o "$model" --width 32 --layers 1 --heads 1 --kv-heads 1 --hidden 32 --vocab 264 --context 8 --type q4_0 2> /dev/null
rom() { riscv64-unknown-elf-nm build/firmware/boot.elf | sed -n "s/^\(.*\) T $1\$/\1/p"; }
QN_CRASH_AT=0x$(rom qn_fw_turn)
export QN_CRASH_AT
faults=build/tests/system/platform_faults
hang=(build/tests/system/platform_hang "$model" "$(rom qn_fw_turn)" "$(rom qn_fw_wait)")
if [ -z "${QN_SOAK:-}" ]; then
    "$faults" "$model" steps 8
    "${hang[@]}" watchdog trap_idle sweep_restart firmware_sum
    exit
fi
for part in ${PARTS:-steps loop upload tcp hangs pace faults}; do
    case $part in
    steps | loop | upload) "$faults" "$model" "$part" ;;
    tcp) "$faults" "$model" tcp 24 ;;
    hangs) "${hang[@]}" ;;
    pace) QN_SCALE=1 QN_RECOVER_SCALE=1 "${hang[@]}" core_semaphore core_loop firmware_idle firmware_sum ;;
    faults) tests/system/platform_faults.sh ;;
    *) echo "no part: $part" >&2; exit 64 ;;
    esac
done
