#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# pack.py packs adders and multipliers closer and leaves their logic: proved (same.py) for adders of every form that the RTL has, an array row among them, mapped as Yosys
# does it. The proof sees one wrong bit of a table. The row must become as small as boards/README.md says. Of four multipliers one takes its registers in: the others' have a
# reset, are not all that reads the product, or have two enables; and a wrong enable is seen.
set -euo pipefail
cd "$(dirname "$0")/../.."
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
say() { echo "$*"; exit 1; }

cat > "$tmp/forms.v" <<'V'
module forms (
  input  wire [11:0] a, b, c, input wire [3:0] s, input wire cin,
  output wire [12:0] sum, sum_in, both, chosen, less, masked, step, odd, output wire below, equal_or_more, output wire [8:0] sum8, output wire [6:0] low);
  assign sum     = a + b;
  assign sum_in  = a + b + cin;                        // a carry in from a signal
  assign both    = (a & {12{s[0]}}) + (b & {12{s[1]}});
  assign chosen  = c + (s[2] ? a : b);
  assign less    = a - (b & {12{s[3]}});
  assign masked  = {13{s[0]}} & (a ^ {12{s[1]}}) + (b | {12{s[2]}});
  assign step    = c + 12'd5;
  assign odd     = (~(a | b)) + (~(b & c));            // functions that are 1 where all is 0
  assign below   = a < b;                              // the carry out is what is read
  assign equal_or_more = (a & {12{s[0]}}) >= c;
  assign sum8    = a[7:0] + (b[7:0] ^ {8{cin}});
  assign low     = a[6:0] + (a[6:0] & b[6:0]) + cin;
endmodule
V
yosys -q -p "read_verilog $tmp/forms.v; synth_ecp5 -abc9 -nowidelut -top forms -json $tmp/forms.json" > /dev/null
yosys -q -p "read_verilog -sv -noassert -noassume rtl/pe/qn_row_shiftadd.sv; synth_ecp5 -abc9 -nowidelut -top qn_row_shiftadd -json $tmp/row.json" > /dev/null
cat > "$tmp/products.v" <<'V'
module products (
  input wire clk, en, other, clear, input wire [15:0] a, b, output reg [31:0] taken, cleared, read, split, output wire [31:0] now);
  wire [31:0] both = (a - b) * b;
  assign now = (a ^ 16'h5555) * b;
  always @(posedge clk) begin
    if (en) taken <= a * b;
    if (clear) cleared <= 0; else if (en) cleared <= (a + b) * b;
    if (en) read <= now;
    if (en) split[15:0] <= both[15:0];
    if (other) split[31:16] <= both[31:16];
  end
endmodule
V
yosys -q -p "read_verilog $tmp/products.v; synth_ecp5 -abc9 -nowidelut -top products -json $tmp/products.json" > /dev/null
for name in forms row products; do
    cp "$tmp/$name.json" "$tmp/$name.packed.json"
    python3 boards/pack.py "$tmp/$name.packed.json" > "$tmp/out"
    [ "$(python3 boards/same.py "$tmp/$name.json" "$tmp/$name.packed.json")" = "1 modules proved equal" ] || say "$name: not proved equal"
done

# count NETLIST TYPE
count() { python3 -c 'import json, sys; print(sum(c["type"] == sys.argv[2] for m in json.load(open(sys.argv[1]))["modules"].values() for c in m["cells"].values()))' "$@"; }
luts=$(($(count "$tmp/row.packed.json" LUT4) + 2 * $(count "$tmp/row.packed.json" CCU2C)))
[ "$luts" -le 400 ] || say "an array row has $luts LUT4, 400 expected at most"

# One bit of one half's table wrong, in each of five cells: seen
python3 - "$tmp/forms.packed.json" <<'PY'
import json, sys

for i in range(5):
    d = json.load(open(sys.argv[1]))
    cells = [c for m in d["modules"].values() for c in m["cells"].values() if c["type"] == "CCU2C" and c["connections"]["S1"] != ["x"]]
    c = cells[i * len(cells) // 5]
    at = sum((c["connections"][pin + "1"][0] != "0") << k for k, pin in enumerate("ABCD"))      # one that the pins reach
    c["parameters"]["INIT1"] = f"{int(c['parameters']['INIT1'], 2) ^ 1 << at:016b}"
    json.dump(d, open(f"{sys.argv[1]}.{i}", "w"))
PY
for i in 0 1 2 3 4; do
    ! python3 boards/same.py "$tmp/forms.json" "$tmp/forms.packed.json.$i" > "$tmp/out" 2>&1 || say "a wrong table ($i) is not seen"
done

[ "$(grep -c '"REG_OUTPUT_CLK": "CLK0"' <(python3 -m json.tool "$tmp/products.packed.json"))" = 1 ] || say "not one multiplier has taken its registers in"
sed 's/"CE0": \[[0-9]*\]/"CE0": ["1"]/' "$tmp/products.packed.json" > "$tmp/wrong.json"
! python3 boards/same.py "$tmp/products.json" "$tmp/wrong.json" > "$tmp/out" 2>&1 || say "a wrong enable is not seen"

# Files that are none
echo '[]' > "$tmp/bad.json"
rc=0; python3 boards/pack.py "$tmp/bad.json" 2> "$tmp/err" || rc=$?
[ $rc = 65 ] && grep -q '^.*bad.json: not a netlist' "$tmp/err" || say "a file that is no netlist: exit status $rc"
rc=0; python3 boards/pack.py "$tmp/none.json" 2> "$tmp/err" || rc=$?
[ $rc = 66 ] || say "a file that is not there: exit status $rc"
