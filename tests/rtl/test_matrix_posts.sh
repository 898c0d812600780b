#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Four GEMMs unposted at a time, as few targets' shapes allow: tb_matrix_posts.sv.
set -eu
cd "$(dirname "$0")/../.."
command -v iverilog > /dev/null || { echo "no iverilog"; exit 77; }
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
package=rtl/spec/qn_isa_pkg.sv
# shellcheck disable=SC2046
iverilog -g2012 -s tb_matrix_posts -o "$tmp/tb" "$package" $(ls rtl/array/*.sv rtl/dequant/*.sv rtl/lib/*.sv rtl/mem/*.sv rtl/pe/*.sv) tests/rtl/tb_matrix_posts.sv
vvp -n "$tmp/tb" > "$tmp/out"
grep -v 'finish called' "$tmp/out" && exit 1
exit 0
