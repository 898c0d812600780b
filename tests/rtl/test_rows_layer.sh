#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The bench whose activity gives the elements' power (bench/ppa/tb_rows.v) on the RTL: every element makes a real layer's plain products, and a wrong bit is seen.
set -euo pipefail
cd "$(dirname "$0")/../.."
command -v iverilog > /dev/null || { echo "no iverilog"; exit 77; }
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cc -std=gnu11 -O1 -Wall -Wextra -I. -o "$tmp/layer" bench/ppa/layer.c build/libquern.a -ljansson -lm -lpthread -lz
"$tmp/layer" models/quern-stories.gguf "$tmp"
if "$tmp/layer" ../shared/data/llama/stories260K.gguf "$tmp" 2> "$tmp/err"; then echo "took a model without such a layer"; exit 1; fi
[ "$(wc -l < "$tmp/err")" = 1 ] || { cat "$tmp/err"; exit 1; }

# bench ELEMENT: its last line
bench() {
    sed "s/qn_rows dut/qn_rows #(.Element($1)) dut/" bench/ppa/tb_rows.v > "$tmp/tb.v"
    iverilog -g2012 -o "$tmp/tb" -s tb -DPERIOD=4 "-DDATA=\"$tmp\"" "-DROWS_ON=16'hffff" -DSLICES_RUN=3 "$tmp/tb.v" rtl/spec/qn_isa_pkg.sv rtl/pe/qn_row*.sv rtl/pe/qn_lut_build.sv \
        rtl/lib/*.sv 2> "$tmp/log" || { cat "$tmp/log"; exit 1; }
    vvp -N "$tmp/tb" +vcd=/dev/null | tail -1
}
for element in 0 1 2; do
    [ "$(bench $element)" = "rows ffff, 384 partials right" ] || { echo "element $element: $(bench $element)"; exit 1; }
done
cp -r rtl "$tmp/rtl"
sed -i 's/{a\[15\]/{1'"'"'b0/' "$tmp/rtl/pe/qn_row_shiftadd.sv"
cmp -s rtl/pe/qn_row_shiftadd.sv "$tmp/rtl/pe/qn_row_shiftadd.sv" && { echo "nothing to spoil"; exit 1; }
cp -r bench "$tmp/bench"
cd "$tmp"
case $(bench 0) in FAIL*) ;; *) echo "a lost sign is not seen"; exit 1 ;; esac
