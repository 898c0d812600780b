#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The benches of USB on copies with a planted fault each, in the device, in what is replaced of LUNA's, or in the bench's own host: none may pass.
# Every fifth fault, or with QN_ALL=1 (make soak) all of them; FAULTS=text those whose file's name or text holds it.
set -uo pipefail
cd "$(dirname "$0")/../.."
command -v verilator > /dev/null || { echo "no verilator"; exit 77; }
root=$(pwd)
out=${OUT:-build/usb/faults}
python=build/usb/venv/bin/python
status=0
number=0
# bench | what | file | text as it is (a fixed string) | text with the fault
while IFS="|" read -r bench what file old new; do
    old=${old/\\x7c/|}                # the table's own bar
    number=$((number + 1))
    [ -n "${QN_ALL:-}${FAULTS:-}" ] || [ $((number % 5)) = 0 ] || continue
    case "$what|$file" in *"${FAULTS:-}"*) ;; *) continue ;; esac
    rm -rf "$out"
    mkdir -p "$out/rtl" "$out/sim" "$out/obj"
    cp -r rtl/usb rtl/spec "$out/rtl"
    cp -r sim/platform "$out/sim"
    OLD=$old NEW=$new perl -pi -e 'BEGIN { $o = $ENV{OLD}; $n = $ENV{NEW} } $i = index($_, $o); substr($_, $i, length $o) = $n if $i >= 0 && !$done++' "$out/$file"
    if cmp -s "$file" "$out/$file"; then echo "FAIL $what: nothing to spoil: $old"; status=1; continue; fi
    for speed in fs hs; do
        [ $speed = hs ] && [ "$bench" = fs ] && { cp build/usb/qn_luna_hs.v "$out/"; continue; }
        [ $speed = fs ] && [ "$bench" = ulpi ] && { cp build/usb/qn_luna_fs.v "$out/"; continue; }
        case $file in *.py | */spec/*) ;; *) cp build/usb/qn_luna_$speed.v "$out/"; continue ;; esac
        cc -I"$out" -I. -o "$out/descriptors" "$out/rtl/usb/descriptors.c" "$out/rtl/spec/qn_usb_desc.c" &&
            "$out/descriptors" $speed ulx3s QN0001 > "$out/$speed.txt" &&
            "$python" "$out/rtl/usb/gen_luna.py" $speed "$out/$speed.txt" > "$out/qn_luna_$speed.v" 2> "$out/made" || break
    done
    if [ ! -s "$out/qn_luna_hs.v" ] || [ ! -s "$out/qn_luna_fs.v" ]; then
        if grep -q AssertionError "$out/made"; then echo "seen while it is made: $what"; else echo "FAIL $what: not made"; cat "$out/made"; status=1; fi
        continue
    fi
    high=(); [ "$bench" = fs ] || high=("-GHigh=1'b1")
    if ! verilator --cc --exe --build -MAKEFLAGS "VM_GLOBAL_FAST= VM_PARALLEL_BUILDS=0 OPT_FAST=-O1" -O3 --assert --x-assign unique --x-initial unique "${high[@]}" -y "$out/rtl/usb" -y rtl/mem -y rtl/lib -y rtl/soc rtl/spec/qn_isa_pkg.sv \
        rtl/spec/qn_link_pkg.sv rtl/usb/luna.vlt "$out/qn_luna_fs.v" "$out/qn_luna_hs.v" -Wno-lint --top-module tb_usb --Mdir "$out/obj" -o tb tests/rtl/tb_usb.sv \
        "$root/tests/rtl/tb_qn_usb_$bench.cpp" "$root/build/libquern.a" "$root/build/tb/verilated.a" -CFLAGS "-I$root/$out -I$root -O1" > "$out/log" 2>&1; then
        echo "FAIL $what: not built"; tail -5 "$out/log"; status=1; continue
    fi
    if message=$(timeout 200 "$out/obj/tb" 2>&1); then echo "FAIL not seen: $what"; status=1
    else echo "seen: $what: $(tail -1 <<< "$message")"; fi
done << 'EOL'
fs|a stuffed bit after seven ones|sim/platform/usb_wire.h|if (ones == 6)|if (ones == 7)
fs|CRC5 of another polynomial|sim/platform/usb_host.h|crc >> 1 ^ 0x14|crc >> 1 ^ 0x12
fs|CRC16 of another polynomial|sim/platform/usb_host.h|crc >> 1 ^ 0xa001|crc >> 1 ^ 0x8408
ulpi|a descriptor of another length|rtl/spec/qn_usb_desc.c|LE16(32)|LE16(33)
fs|endpoints not begun anew|rtl/usb/gen_luna.py|device.reset_detected \x7c control.interface.config_changed|0
fs|an ACK for another device is taken|rtl/usb/gen_luna.py|device_module.USBTokenDetector = TokenDetector|pass
fs|LUNA's FIFO between 48 and 12 MHz|rtl/usb/gen_luna.py|receiver.AsyncFIFOBuffered = InPhaseFifo|pass
fs|an answer before the packet is judged|rtl/usb/gen_luna.py|12e6: (1, 7)|12e6: (0, 7)
fs|transfers do not end|rtl/usb/qn_usb_bytes.sv|{out_last_i, out_data_i}|{1'b0, out_data_i}
ulpi|transfers end with each byte|rtl/usb/qn_usb_tail.sv|assign out_last_o  = end_q|assign out_last_o  = 1'b1
ulpi|a byte that waits before the PHY is written over|rtl/usb/gen_luna.py|ready.eq(~behind_valid)|ready.eq(1)
ulpi|a byte that waits is forgotten|rtl/usb/gen_luna.py|behind_valid.eq(valid)|behind_valid.eq(0)
ulpi|an endpoint with too little room|rtl/usb/gen_luna.py|buffer_size=2 * self.packet|buffer_size=self.packet // 2
EOL
exit $status
