#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A floor plan taken from a placement is given to a netlist: by a cell's name, else by its unit, else not at all; and a plan taken from what was given is the same plan. Each plan of a
# board names every place once, and places that its part has for such cells.
set -euo pipefail
cd "$(dirname "$0")/../.."
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
say() { echo "$*"; exit 1; }

cat > "$tmp/t.v" <<'V'
module half (input clk, input [17:0] a, b, c, output reg [35:0] p, q);
  always @(posedge clk) p <= a * b;
  always @(posedge clk) q <= a * c;
endmodule
(* top *) module whole (input clk, input [17:0] a, b, c, output [35:0] p, q, r, s);
  half u_a (clk, a, b, c, p, q);
  half u_b (clk, b, c, a, r, s);
endmodule
V
yosys -q -p "read_verilog $tmp/t.v; synth_ecp5 -noflatten -top whole; flatten; write_json $tmp/flat.json" > "$tmp/log" 2>&1 || say "$(tail -3 "$tmp/log")"
names() { python3 -c 'import json, sys; [print(n) for m in json.load(open(sys.argv[1]))["modules"].values() for n, c in m["cells"].items() if c["type"] == "MULT18X18D" and c.get("attributes", {}).get("BEL", "") == sys.argv[2]]' "$@"; }
mapfile -t cells < <(names "$tmp/flat.json" "")
[ ${#cells[@]} = 4 ] || say "four multipliers expected: ${cells[*]}"
a=$(printf '%s\n' "${cells[@]}" | grep -m1 u_a)

# One by its name, one by its unit, two left
printf 'X4/Y10/MULT18_0 %s\nX4/Y10/MULT18_1 u_b.old_MULT18X18D\nX9/Y10/EBR0 u_b.ram\n' "$a" > "$tmp/floor"
said=$(boards/floor.py --give "$tmp/floor" "$tmp/flat.json" "$tmp/out.json")
[[ $said == *" 1 block RAMs and multipliers where "*", 1 where it has another of their unit, 2 left to the placer" ]] || say "it says: $said"
[ "$(names "$tmp/out.json" X4/Y10/MULT18_0)" = "$a" ] || say "$a is elsewhere"
[[ $(names "$tmp/out.json" X4/Y10/MULT18_1) == u_b.* ]] || say "none of u_b's has its place"
[ -z "$(names "$tmp/out.json" X9/Y10/EBR0)" ] || say "a multiplier in a block RAM's place"

# There and back
sed 's/"BEL"/"NEXTPNR_BEL"/g' "$tmp/out.json" > "$tmp/placed.json"
boards/floor.py --take "$tmp/placed.json" > "$tmp/again"
boards/floor.py --give "$tmp/again" "$tmp/flat.json" "$tmp/out2.json" > "$tmp/log"
cmp "$tmp/out.json" "$tmp/out2.json" || say "the plan of a plan differs"

status=0
boards/floor.py --give "$tmp/floor" "$tmp/none.json" "$tmp/o.json" 2> "$tmp/log" || status=$?
[ $status = 66 ] && [ ! -e "$tmp/o.json" ] || say "no netlist: status $status"
for wrong in none:66 word:65; do
    echo X4/Y10/MULT18_0 > "$tmp/word"
    status=0
    boards/floor.py --give "$tmp/${wrong%:*}" "$tmp/flat.json" "$tmp/o.json" 2> "$tmp/log" || status=$?
    [ $status = "${wrong#*:}" ] && [ ! -e "$tmp/o.json" ] && [ "$(wc -l < "$tmp/log")" = 1 ] || say "no plan (${wrong%:*}): status $status"
done

for plan in boards/*/floor; do
    [ -e "$plan" ] || continue
    twice=$(cut -d' ' -f1 "$plan" | sort | uniq -d)
    [ -z "$twice" ] || say "$plan: taken twice: $twice"
    wrong=$(grep -vE '^X[0-9]+/Y[0-9]+/(EBR[0-9]+ .*|MULT18_[0-9] .*MULT18X18D.*)$' "$plan" || true)
    [ -z "$wrong" ] || say "$plan: $wrong"
done
