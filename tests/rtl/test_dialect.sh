#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Verilator, Icarus and Yosys each accept the whole core, without a warning, at the parameters of every target; and the parts around it.
set -eu
cd "$(dirname "$0")/../.."
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

cc -std=c11 -I. -o "$tmp/gen" rtl/spec/gen.c rtl/spec/qn_isa.c
package=rtl/spec/qn_isa_pkg.sv
modules="rtl/spec/qn_link_pkg.sv $(ls rtl/*.sv rtl/*/*.sv | grep -v _pkg.sv)"

for target in $("$tmp/gen" --targets) ulx3s/lut ulx3s/mul tiny/lut tiny/mul; do
    # shellcheck disable=SC2046  # lists of words
    verilator --lint-only -Wall $("$tmp/gen" --target "$target") $(ls -d rtl/*/ | sed 's/^/-y /') "$package" rtl/qn_top.sv --top-module qn_top
done
# shellcheck disable=SC2086
iverilog -g2012 -Wall -t null -s qn_top "$package" $modules 2> "$tmp/iverilog" || { cat "$tmp/iverilog"; exit 1; }
if [ -s "$tmp/iverilog" ]; then cat "$tmp/iverilog"; exit 1; fi
for target in $("$tmp/gen" --targets | head -2); do
    # shellcheck disable=SC2086
    yosys -q -p "read_verilog -sv $package $(echo $modules); hierarchy -check -top qn_top $("$tmp/gen" --yosys "$target"); proc; check -assert" \
        > "$tmp/yosys" 2>&1 || { cat "$tmp/yosys"; exit 1; }
done

# The elements at each depth
for element in 0 1 2; do
    for depth in 8 16 32; do
        # shellcheck disable=SC2086
        iverilog -g2012 -Wall -t null -s qn_rows -P qn_rows.Element=$element -P qn_rows.Depth=$depth "$package" $modules 2> "$tmp/iverilog" || { cat "$tmp/iverilog"; exit 1; }
        if [ -s "$tmp/iverilog" ]; then cat "$tmp/iverilog"; exit 1; fi
        yosys -q -p "read_verilog -sv $package $(echo rtl/lib/*.sv rtl/pe/*.sv); hierarchy -check -top qn_rows -chparam Element $element -chparam Depth $depth; proc; check -assert" \
            > "$tmp/yosys" 2>&1 || { cat "$tmp/yosys"; exit 1; }
    done
done

# Around the core
for top in qn_sdr qn_door qn_sweep qn_uart; do
    # shellcheck disable=SC2046
    verilator --lint-only -Wall $(ls -d rtl/*/ | sed 's/^/-y /') "$package" rtl/spec/qn_link_pkg.sv "$(ls rtl/*/"$top".sv)" --top-module "$top"
    # shellcheck disable=SC2086
    iverilog -g2012 -Wall -t null -s "$top" "$package" $modules 2> "$tmp/iverilog" || { cat "$tmp/iverilog"; exit 1; }
    if [ -s "$tmp/iverilog" ]; then cat "$tmp/iverilog"; exit 1; fi
    yosys -q -p "read_verilog -sv $package $(echo $modules); hierarchy -check -top $top; proc; check -assert" > "$tmp/yosys" 2>&1 || { cat "$tmp/yosys"; exit 1; }
done

# The whole system, where firmware and CPU were built (make does, before this). The CPU's file is read as its package has it.
cpu=build/cpu/picorv32.v
rom=build/firmware/qn_boot_rom.sv
[ -f "$cpu" ] && [ -f "$rom" ] || exit 0
# shellcheck disable=SC2046
verilator --lint-only -Wall --timescale 1ns/1ps $("$tmp/gen" --target ulx3s) -y rtl $(ls -d rtl/*/ | sed 's/^/-y /') -y build/firmware rtl/soc/picorv32.vlt "$package" \
    rtl/spec/qn_link_pkg.sv "$cpu" rtl/soc/qn_soc.sv --top-module qn_soc
# shellcheck disable=SC2086
iverilog -g2012 -Wall -Wno-timescale -t null -s qn_soc "$package" $modules "$rom" "$cpu" 2> "$tmp/iverilog" || { cat "$tmp/iverilog"; exit 1; }
if grep -v "^$cpu:" "$tmp/iverilog"; then exit 1; fi
# shellcheck disable=SC2086,SC2116
yosys -q -p "read_verilog -sv $package $(echo $modules) $rom; read_verilog $cpu; hierarchy -check -top qn_soc; proc; check -assert" > "$tmp/yosys" 2>&1 || { cat "$tmp/yosys"; exit 1; }

# USB, where LUNA's Verilog was made; it is read as Amaranth prints it
[ -f build/usb/qn_luna_fs.v ] && [ -f build/usb/qn_luna_hs.v ] || exit 0
for top in qn_usb_fs qn_usb_ulpi; do
    # shellcheck disable=SC2046
    verilator --lint-only -Wall $(ls -d rtl/*/ | sed 's/^/-y /') rtl/usb/luna.vlt "$package" rtl/spec/qn_link_pkg.sv build/usb/qn_luna_?s.v "rtl/usb/$top.sv" --top-module "$top"
    # shellcheck disable=SC2086
    iverilog -g2012 -Wall -t null -s "$top" "$package" $modules build/usb/qn_luna_?s.v 2> "$tmp/iverilog" || { cat "$tmp/iverilog"; exit 1; }
    if grep -v '^build/usb/qn_luna_' "$tmp/iverilog"; then exit 1; fi
    # shellcheck disable=SC2086,SC2116
    yosys -q -p "read_verilog -sv $package $(echo $modules); read_verilog $(echo build/usb/qn_luna_?s.v); hierarchy -check -top $top; proc; check -assert" > "$tmp/yosys" 2>&1 || { cat "$tmp/yosys"; exit 1; }
done
