#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The measuring flow runs (area, clock and power of one small design), and bench/ppa/results.json is what the committed reports say.
set -euo pipefail
cd "$(dirname "$0")/../.."
command -v sta >/dev/null || { echo "OpenSTA is not installed"; exit 77; }
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

cat > "$tmp/adders.sv" <<'EOF'
module adders (input clk_i, input [7:0] a_i, input [7:0] b_i, input [7:0] c_i, output reg [9:0] sum_o);
  reg [7:0] a, b, c;
  wire [7:0] s, k;
  genvar i;
  generate for (i = 0; i < 8; i = i + 1) begin : g
    qn_fa u_fa (.a_i(a[i]), .b_i(b[i]), .c_i(i == 0 ? 1'b0 : c[i]), .sum_o(s[i]), .carry_o(k[i]));
  end endgenerate
  always @(posedge clk_i) begin a <= a_i; b <= b_i; c <= c_i; sum_o <= {2'b0, s} + {1'b0, k, 1'b0}; end
endmodule
EOF
cat > "$tmp/tb.v" <<'EOF'
`timescale 1ns/10ps
module tb;
  reg clk = 0;
  reg [7:0] a, b, c;
  wire [9:0] sum;
  reg [8*256-1:0] vcd;
  integer i;
  adders dut (.clk_i(clk), .a_i(a), .b_i(b), .c_i(c), .sum_o(sum));
  always #(`PERIOD / 2.0) clk = !clk;
  initial begin
    repeat (`LATE) @(posedge clk);
    if ($value$plusargs("vcd=%s", vcd)) begin $dumpfile(vcd); $dumpvars(0, dut); end
    for (i = 0; i < 200; i = i + 1) begin
      @(posedge clk);
      if (i > 3 && sum !== `EXPECT) $display("FAIL %d", sum);
      #0.1 a = 8'd200; b = `MOVES ? $random : 8'd100; c = `MOVES ? $random : 8'd56;
    end
    if (`OFF) $dumpoff;
    $finish;
  end
endmodule
EOF
sed 's/sum !== `EXPECT/0/' "$tmp/tb.v" > "$tmp/tb_moves.v"

measure() { PPA_REPORTS=$tmp bench/ppa/measure.py "$1" --top adders --rtl "rtl/lib,$tmp" --stim "$2" -D "MOVES=$3" -D "EXPECT=$4" -D "LATE=${5:-0}" -D "OFF=${6:-0}"; }
measure still "$tmp/tb.v" 0 356 && measure moves "$tmp/tb_moves.v" 1 0 && measure late "$tmp/tb_moves.v" 1 0 400 && measure off "$tmp/tb.v" 0 356 0 1
# Seven full adders of 120 um2 and 33 flip-flops of 96 (c[0] is not used): the eighth adder has a constant
grep -q 'FAX1 *7$' "$tmp/still.rpt" && grep -q 'DFFPOSX1 *33$' "$tmp/still.rpt"
# Changing inputs cost power
awk '/^power_w/ { p[FILENAME] = $2 } END { exit !(p[ARGV[2]] > 1.2 * p[ARGV[1]]) }' "$tmp/still.rpt" "$tmp/moves.rpt"
# as much when the dump starts late
awk '/^power_w/ { p[FILENAME] = $2 } END { exit !(p[ARGV[2]] > 0.98 * p[ARGV[1]] && p[ARGV[2]] < 1.02 * p[ARGV[1]]) }' "$tmp/moves.rpt" "$tmp/late.rpt" ||
    { grep ^power_w "$tmp/moves.rpt" "$tmp/late.rpt"; exit 1; }
# and no more when it ends with $dumpoff, which writes an x for each net
cmp <(sed -n 's/^power_w //p' "$tmp/still.rpt") <(sed -n 's/^power_w //p' "$tmp/off.rpt")
# A wrong result is not measured
if measure wrong "$tmp/tb.v" 0 355 2> "$tmp/err"; then echo "a failing bench was measured"; exit 1; fi
grep -q FAIL "$tmp/err"

bench/ppa/figures.py --check
# Planted faults: a report whose head is not its tools' output, and one that both say otherwise
for edit in 's/^area_um2 .*/area_um2 1000/' 's/^area_um2 .*/area_um2 1000/; s/^\( *Chip area for.*: \).*/\11000/'; do
    rm -rf "$tmp/reports" && cp -r bench/ppa/reports "$tmp/reports"
    sed -i "$edit" "$tmp"/reports/*.rpt
    if PPA_REPORTS=$tmp/reports bench/ppa/figures.py --check 2> /dev/null; then echo "a changed report was not noticed"; exit 1; fi
done
