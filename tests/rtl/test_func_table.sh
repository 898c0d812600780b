#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The committed function tables are what their generator prints, and a changed entry is noticed.
set -eu
cd "$(dirname "$0")/../.."
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

cc -std=c11 -O1 -ffp-contract=off -o "$tmp/func_table" rtl/spec/func_table.c -lm
"$tmp/func_table" c | cmp - sim/model/qn_func_table.h || { echo "qn_func_table.h is stale: make func-table" >&2; exit 1; }
"$tmp/func_table" sv | cmp - rtl/vector/qn_func_rom.sv || { echo "qn_func_rom.sv is stale: make func-table" >&2; exit 1; }

sed 's/rom\[100\] = {29/rom[100] = {28/' rtl/vector/qn_func_rom.sv > "$tmp/changed.sv"
if "$tmp/func_table" sv | cmp -s - "$tmp/changed.sv"; then echo "a changed entry went unnoticed" >&2; exit 1; fi
