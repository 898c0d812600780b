#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The small board (boards/ulx3s-45f, with a core) from RTL to bitstream, placed and routed: clocks kept, within what the board may take, and the bitstream holds what was routed, which
# Project Trellis's unpacker says. A clock that is missed, a board that is too full and a bitstream of something else are seen. What is newer than its sources is not made again.
set -euo pipefail
cd "$(dirname "$0")/../.."
board=ulx3s-45f
out=build/board/$board
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
say() { echo "$*"; exit 1; }

# what is wrong with a report
wrong() {
    python3 - "$1" <<'PY'
import json, sys

r = json.load(open(sys.argv[1], encoding="utf-8"))
most = {"lut4": 0.8, "ff": 0.75, "bram": 98 / 108, "mult": 0.75}
bad = [f"{k}: {r[k]} of {r['available'][k]}" for k, v in most.items() if not 0 < r[k] <= v * r["available"][k]]
if r["available"]["lut4"] != 43848:
    bad.append(f"part: {r['available']['lut4']} LUT4")
if r["fmax_mhz"] < r["target_mhz"] or r["target_mhz"] < 50 or not r["met"]:
    bad.append(f"clock: {r['fmax_mhz']} of {r['target_mhz']} MHz")
print(*bad, sep="\n", end="")
PY
}

# how many tables of LUTs and block RAM contents two configurations have alike; fails where one has others. What else they say differs in form: defaults are not unpacked.
alike() {
    python3 - "$1" "$2" <<'PY'
import sys

def contents(path):
    tile, found = "", set()
    for line in open(path, encoding="utf-8"):
        if line.startswith("."):
            tile, n = line.strip(), 0
        elif tile.startswith(".bram_init") and line.strip():
            n += 1
            found.add(f"{tile} {n} {line.strip()}")
        elif ":PLC2" in tile and line.startswith("word:") and "0" in line.split()[-1]:     # all ones is what a table is by itself
            found.add(f"{tile} {line.strip()}")
    return found

a, b = map(contents, sys.argv[1:])
print(len(a))
sys.exit(a != b)
PY
}

boards/board.sh $board || say "board.sh: exit $?"
bad=$(wrong $out/report.json)
[ -z "$bad" ] || say "$bad"
for spoil in '"fmax_mhz": 49.9' '"lut4": 35079' '"mult": 55' '"bram": 99'; do
    python3 -c 'import json, sys; r = json.load(open(sys.argv[1])); r.update(json.loads("{" + sys.argv[2] + "}")); json.dump(r, open(sys.argv[3], "w"))' $out/report.json "$spoil" "$tmp/spoilt.json"
    [ -n "$(wrong "$tmp/spoilt.json")" ] || say "not seen: $spoil"
done

build/board/venv/bin/yowasp-ecpunpack --input $out/$board.bit --textcfg $out/unpacked > "$tmp/log" 2>&1 || say "$board.bit: $(tail -1 "$tmp/log")"
n=$(alike $out/1.config $out/unpacked) || say "the bitstream holds something else than what was routed"
[ "$n" -gt 5000 ] || say "only $n tables in the bitstream"
sed '0,/^word: .*INIT.*0/{/^word: .*INIT.*0/s/0\([01]*\)$/1\1/}' $out/1.config > "$tmp/spoilt"
! alike "$tmp/spoilt" $out/unpacked > /dev/null || say "not seen: another bit in a table"
grep -m1 -q '^.device LFE5U-45F' $out/unpacked || say "a bitstream for another part: $(head -1 $out/unpacked)"
echo "$n tables and block RAM rows in $board.bit"
