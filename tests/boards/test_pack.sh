#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# pack.py packs adders and multipliers closer and leaves their logic: proved (same.py) for adders of every form that the RTL has, an array row among them, mapped as Yosys
# does it. The proof sees one wrong bit of a table. The row must become as small as boards/README.md says. Of four multipliers one takes its registers in: the others' have a
# reset, are not all that reads the product, or have two enables; and a wrong enable is seen. Of six block RAMs three do (a narrow one among them): the others' have a reset,
# are not all that reads the word, or follow a read port with an enable; and a register that did not stand there is seen.
set -euo pipefail
cd "$(dirname "$0")/../.."
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
say() { echo "$*"; exit 1; }

cat > "$tmp/forms.v" <<'V'
module forms (
  input  wire [11:0] a, b, c, input wire [3:0] s, input wire cin,
  output wire [12:0] sum, sum_in, both, chosen, less, masked, step, odd, output wire below, equal_or_more, output wire [8:0] sum8, output wire [6:0] low,
  output wire [11:0] entered, entered_both);
  wire [12:0] first = {a, 1'b1} + {b, s[0]}, second = {b, s[1]} + {c ^ {12{s[2]}}, s[2]};
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
  assign entered = first[12:1];                        // a first half whose sum nobody reads makes the carry in
  assign entered_both = second[12:1];
endmodule
V
yosys -q -p "read_verilog $tmp/forms.v; synth_ecp5 -abc9 -nowidelut -top forms -json $tmp/forms.json" > /dev/null
yosys -q -p "read_verilog -sv -noassert -noassume rtl/pe/qn_row_shiftadd.sv; synth_ecp5 -abc9 -nowidelut -top qn_row_shiftadd -json $tmp/row.json" > /dev/null
yosys -q -p "read_verilog -sv rtl/pe/qn_trit_dot.sv rtl/pe/qn_trit_chain.sv rtl/lib/qn_tree.sv rtl/lib/qn_delay.sv; chparam -set Lanes 32 qn_trit_dot; synth_ecp5 -abc9 -nowidelut -top qn_trit_dot -json $tmp/dot.json" > /dev/null
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
cat > "$tmp/rams.v" <<'V'
module rams (
  input wire clk, we, en, clear, half, input wire [7:0] w, r, input wire [35:0] d, output reg [35:0] taken, enabled, cleared, twice, output wire [35:0] now,
  output reg [8:0] narrow, input wire [9:0] wl, rl, input wire [8:0] dn, output reg [35:0] held);
  reg [35:0] m0 [0:511], m1 [0:511], m2 [0:511], m3 [0:511], m5 [0:511], q0, q1, q2, q3, q5;
  reg [8:0] m4 [0:2047], q4;
  wire [8:0] wa = {half, w}, ra = {!half, r};          // never what is written
  wire [10:0] wn = {half, wl}, rn = {!half, rl};
  assign now = q3;
  always @(posedge clk) begin
    if (we) begin m0[wa] <= d; m1[wa] <= ~d; m2[wa] <= d + 1; m3[wa] <= d + 3; m4[wn] <= dn; m5[wa] <= d + 5; end
    q0 <= m0[ra]; q1 <= m1[ra]; q2 <= m2[ra]; q3 <= m3[ra]; q4 <= m4[rn];
    if (en) q5 <= m5[ra];
    taken <= q0;
    if (en) enabled <= q1;
    if (clear) cleared <= 0; else cleared <= q2;
    twice <= q3;
    narrow <= q4;
    held <= q5;
  end
endmodule
V
yosys -q -p "read_verilog $tmp/rams.v; synth_ecp5 -abc9 -nowidelut -top rams -json $tmp/rams.json" > /dev/null
for name in forms row dot products rams; do
    cp "$tmp/$name.json" "$tmp/$name.packed.json"
    python3 boards/pack.py "$tmp/$name.packed.json" qn_trit_dot > "$tmp/out"
    [ "$(python3 boards/same.py "$tmp/$name.json" "$tmp/$name.packed.json")" = "1 modules proved equal" ] || say "$name: not proved equal"
done

# count NETLIST TYPE
count() { python3 -c 'import json, sys; print(sum(c["type"] == sys.argv[2] for m in json.load(open(sys.argv[1]))["modules"].values() for c in m["cells"].values()))' "$@"; }
luts=$(($(count "$tmp/row.packed.json" LUT4) + 2 * $(count "$tmp/row.packed.json" CCU2C)))
[ "$luts" -le 400 ] || say "an array row has $luts LUT4, 400 expected at most"
# Every product of a ternary digit is part of an adder, two adders share three tiles, and no way leads back to itself
[ "$(count "$tmp/dot.packed.json" LUT4)" = 0 ] || say "products of ternary digits: not all in adders"
python3 - "$tmp/dot.packed.json" <<'PY' || say "chains of adders: not as few tiles as expected"
import json, sys

design = json.load(open(sys.argv[1]))
cells = [c for m in design["modules"].values() for c in m["cells"].values() if c["type"] == "CCU2C"]
behind = {c["connections"]["CIN"][0]: c for c in cells}
tiles = 0
for c in cells:
    length = 0
    if c["connections"]["CIN"] == ["x"]:
        while c:
            c, length = behind.get(c["connections"]["COUT"][0]) if c["connections"]["COUT"] != ["x"] else None, length + 1
    tiles += -(-length // 4)
for c in cells:
    c["connections"] = {pin: bits for pin, bits in c["connections"].items() if bits != ["x"]}
json.dump(design, open(sys.argv[1] + ".loops", "w"))
sys.exit(tiles > 54)
PY
yosys -q -p "read_json $tmp/dot.packed.json.loops; read_verilog +/ecp5/cells_sim.v; hierarchy -top qn_trit_dot; proc; flatten; check" > "$tmp/out" 2>&1
! grep -q "logic loop" "$tmp/out" || say "chains that share tiles close a loop"

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

[ "$(count "$tmp/rams.json" TRELLIS_FF)" = 189 ] || say "registers of block RAMs: not 189 before"
[ "$(count "$tmp/rams.packed.json" TRELLIS_FF)" = 108 ] || say "not three block RAMs have taken their registers in"
python3 - "$tmp/rams.packed.json" <<'PY'
import json, sys

d = json.load(open(sys.argv[1]))
c = next(c for m in d["modules"].values() for c in m["cells"].values() if c["type"] == "DP16KD" and c["parameters"]["REGMODE_B"] == "NOREG")
c["parameters"].update(REGMODE_A="OUTREG", REGMODE_B="OUTREG")
json.dump(d, open(sys.argv[1] + ".0", "w"))
c["parameters"].update(REGMODE_A="NOREG", REGMODE_B="NOREG")
c = next(c for m in d["modules"].values() for c in m["cells"].values() if c["type"] == "DP16KD" and c["parameters"]["REGMODE_B"] == "OUTREG" and c["connections"]["OCEB"] != ["1"])
c["connections"].update(OCEA=["1"], OCEB=["1"])
json.dump(d, open(sys.argv[1] + ".1", "w"))
PY
for i in 0 1; do
    ! python3 boards/same.py "$tmp/rams.json" "$tmp/rams.packed.json.$i" > "$tmp/out" 2>&1 || say "a wrong register of a block RAM ($i) is not seen"
done

# Files that are none
echo '[]' > "$tmp/bad.json"
rc=0; python3 boards/pack.py "$tmp/bad.json" 2> "$tmp/err" || rc=$?
[ $rc = 65 ] && grep -q '^.*bad.json: not a netlist' "$tmp/err" || say "a file that is no netlist: exit status $rc"
rc=0; python3 boards/pack.py "$tmp/none.json" 2> "$tmp/err" || rc=$?
[ $rc = 66 ] || say "a file that is not there: exit status $rc"
