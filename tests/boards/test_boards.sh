#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Each board's top is clean in Verilator's eyes, each of its pins has a place and a place one pin, and the report beside it is one of this board that says what
# it must. A pin that is taken away is missed. (test_route places and routes the small one; the others take longer than a test may: make board.)
set -euo pipefail
cd "$(dirname "$0")/../.."
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
say() { echo "$*"; exit 1; }
cells=/usr/share/yosys/ecp5
[ -f "$cells/cells_bb.v" ] || say "$cells: no cells of Yosys"
echo 'module BB (input wire I, input wire T, output wire O, inout wire B); assign B = T ? 1'"'"'bz : I; assign O = B; endmodule' > "$tmp/BB.v"
sed 's/^module BB /module TRELLIS_IO #(parameter DIR = "BIDIR") /' "$tmp/BB.v" > "$tmp/TRELLIS_IO.v"
echo 'module FD1S3BX (input wire PD, input wire D, input wire CK, output reg Q); always @(posedge CK or posedge PD) if (PD) Q <= 1; else Q <= D; endmodule' > "$tmp/FD1S3BX.v"

printf '`verilator_config\nlint_off -file "*/cells_bb.v"\nlint_off -file "*/TRELLIS_IO.v"\n' > "$tmp/cells.vlt"

# pins PORTS LPF: the ports (name, width) that have no place or two, and places with two ports
pins() {
    python3 - "$1" "$2" <<'PY'
import collections, re, sys

lpf = re.sub(r"#.*", "", open(sys.argv[2], encoding="utf-8").read())
place = re.findall(r'LOCATE COMP "(.*?)" SITE "(.*?)"', lpf)
levels = re.findall(r'IOBUF PORT "(.*?)" [^;]*IO_TYPE=', lpf)
wanted = []
for name, width in (line.split() for line in open(sys.argv[1], encoding="utf-8")):
    wanted += [name] if width == "1" else [f"{name}[{i}]" for i in range(int(width))]
bad = collections.Counter(wanted)
bad.subtract([p for p, _ in place])
print(*[f"{p}: places: {1 - n}" for p, n in bad.items() if n], *[f"{s}: two pins" for s, n in collections.Counter(s for _, s in place).items() if n > 1],
      *[f"{p}: no level" for p in wanted if levels.count(p) != 1], sep="\n", end="")
PY
}

# report FILE BOARD CLOCKS: what is wrong with a committed report: CLOCKS is the machine model's cycles of a token, by model, as this tree has them
report() {
    python3 - "$1" "$2" "$3" <<'PY'
import json, re, sys

r, clocks = json.load(open(sys.argv[1], encoding="utf-8")), json.loads(sys.argv[3])
bad = [f"{k}: {r[k]} of {n}" for k, n in r["available"].items() if not 0 < r[k] <= n]
if r["board"] != sys.argv[2] or not re.fullmatch(r"[0-9a-f]{64}", r["bitstream_sha256"]):
    bad.append(f"board or bitstream: {r['board']} {r['bitstream_sha256']}")
if not r["met"] or r["fmax_mhz"] < r["target_mhz"] or (r["memory_mhz"] or 1e9) < 2 * r["target_mhz"]:
    bad.append(f"clock: {r['fmax_mhz']} and {r['memory_mhz']} of {r['target_mhz']} MHz")
if r["fmax_mhz_by_seed"].get(str(r["seed"])) != r["fmax_mhz"] or max(r["fmax_mhz_by_seed"].values()) != r["fmax_mhz"]:
    bad.append(f"seed: {r['seed']} of {r['fmax_mhz_by_seed']}")
if r["cycles_per_token"] != clocks:
    bad.append(f"cycles: {r['cycles_per_token']}, today {clocks}")
bad += [f"tokens/s of {m}: {r['tokens_per_second'].get(m)}" for m, n in clocks.items() if abs(r["tokens_per_second"].get(m, 0) - 1e6 * r["target_mhz"] / n) > 0.1]
print(*bad, sep="\n", end="")
PY
}

# clocks TARGET: cycles of a token of the models that a report names
clocks() {
    local m=../shared/data/llama/stories260K.gguf
    printf '{"quern-stories": %s' "$(decode "$1" models/quern-stories.gguf)"
    [ ! -e $m ] || printf ', "stories260K": %s' "$(decode "$1" $m)"
    echo '}'
}
decode() { build/quern bench "$2" -d "model:$1" --json | python3 -c 'import json, sys; print(json.load(sys.stdin)["devices"][0]["decode"]["cycles"])'; }

for here in boards/*/; do
    # shellcheck disable=SC1090,SC1091    # TARGET PCB CORE TOP PARAMS USB EXTRA
    CORE=
    USB=fs
    EXTRA=
    . "$here/board"
    pcb=boards/$PCB
    build/rtl/gen --soc "$TARGET" > "$tmp/target.svh"
    # shellcheck disable=SC2046
    verilator --lint-only -Wall --timescale 1ns/1ps -I"$tmp" -y rtl $(ls -d rtl/*/ | sed 's/^/-y /') -y build/firmware rtl/soc/picorv32.vlt rtl/usb/luna.vlt "$tmp/cells.vlt" rtl/spec/qn_isa_pkg.sv \
        rtl/spec/qn_link_pkg.sv build/cpu/picorv32.v build/usb/qn_luna_$USB.v rtl/ddr/litedram.vlt $EXTRA $CORE -y "$tmp" -v "$cells/cells_bb.v" "$pcb/$TOP.sv" --top-module "$TOP" $(printf -- "-G%s " $PARAMS)
    yosys -q -p "read_verilog -sv -lib $cells/cells_bb.v $tmp/BB.v; read_verilog -sv -I $tmp $pcb/$TOP.sv; proc; write_json $tmp/top.json" > /dev/null
    python3 -c 'import json, sys; [print(n, len(p["bits"])) for n, p in json.load(open(sys.argv[1]))["modules"][sys.argv[2]]["ports"].items()]' "$tmp/top.json" "$TOP" > "$tmp/ports"
    wrong=$(pins "$tmp/ports" "$pcb/$PCB.lpf")
    [ -z "$wrong" ] || say "$here: $wrong"
    sed '0,/^LOCATE/{/^LOCATE/d}' "$pcb/$PCB.lpf" > "$tmp/less.lpf"
    [ -n "$(pins "$tmp/ports" "$tmp/less.lpf")" ] || say "$here: a pin without a place is not missed"

    [ -f "$here/report.json" ] || continue
    board=$(basename "$here")
    want=$([ -n "$CORE" ] && echo '{}' || clocks "$TARGET")
    wrong=$(report "$here/report.json" "$board" "$want")
    [ -z "$wrong" ] || say "$here/report.json: $wrong"
    for spoil in '"fmax_mhz": 66.6' '"memory_mhz": 90' '"board": "other"' '"bram": 209' '"cycles_per_token": {"quern-stories": 1}'; do
        python3 -c 'import json, sys; r = json.load(open(sys.argv[1])); r.update(json.loads("{" + sys.argv[2] + "}")); json.dump(r, open(sys.argv[3], "w"))' "$here/report.json" "$spoil" "$tmp/spoilt.json"
        [ -n "$(report "$tmp/spoilt.json" "$board" "$want")" ] || say "$here/report.json: not seen: $spoil"
    done
done
