#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Verilator, Icarus and Yosys each accept the whole core, without a warning, at the parameters of every target; and the parts around it.
# Yosys is one process: it elaborates every module at its own parameters once, then reads them again without that and takes the tops one by one.
set -eu
cd "$(dirname "$0")/../.."
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

cc -std=c11 -I. -o "$tmp/gen" rtl/spec/gen.c rtl/spec/qn_isa.c
package=rtl/spec/qn_isa_pkg.sv
modules="rtl/spec/qn_link_pkg.sv $(ls rtl/*.sv rtl/*/*.sv | grep -v _pkg.sv)"
folders=$(ls -d rtl/*/ | sed 's/^/-y /')
echo "read_verilog -sv $package $(echo $modules); design -reset; read_verilog -defer -sv $package $(echo $modules); design -save read" > "$tmp/ys"

# In Verilator's eyes: options, sources
verilated() {
    # shellcheck disable=SC2086
    verilator --lint-only -Wall $folders "$@"
}

# In Icarus's eyes: whose lines are not looked at (a pattern), options, sources
icarus() {
    others=$1
    shift
    # shellcheck disable=SC2086
    iverilog -g2012 -Wall -t null "$@" "$package" $modules > "$tmp/iverilog" 2>&1 || { cat "$tmp/iverilog"; exit 1; }
    if grep -v "^$others" "$tmp/iverilog"; then exit 1; fi
}

# In Yosys's, at the end: top and parameters, what else to read
yosys_top() {
    echo "log $*; design -load read; ${2:-} hierarchy -check -top $1; proc; check -assert" >> "$tmp/ys"
}

# shellcheck disable=SC2046  # lists of words
for target in $("$tmp/gen" --targets) ulx3s/lut ulx3s/mul tiny/lut tiny/mul; do
    verilated $("$tmp/gen" --target "$target") "$package" rtl/qn_top.sv --top-module qn_top
done
icarus '$' -s qn_top
for target in $("$tmp/gen" --targets | head -2); do yosys_top "qn_top $("$tmp/gen" --yosys "$target")"; done

# The elements at each depth
for element in 0 1 2; do
    for depth in 8 16 32; do
        icarus '$' -s qn_rows -P qn_rows.Element=$element -P qn_rows.Depth=$depth
        yosys_top "qn_rows -chparam Element $element -chparam Depth $depth"
    done
done

# Around the core
for top in qn_sdr qn_ddr qn_door qn_sweep qn_uart; do
    verilated "$package" rtl/spec/qn_link_pkg.sv "$(ls rtl/*/"$top".sv)" --top-module "$top"
    icarus '$' -s "$top"
    yosys_top "$top"
done

# The whole system, where firmware and CPU were built (make does, before this). The CPU's file is read as its package has it.
cpu=build/cpu/picorv32.v
rom=build/firmware/qn_boot_rom.sv
if [ -f "$cpu" ] && [ -f "$rom" ]; then
    # shellcheck disable=SC2046
    verilated --timescale 1ns/1ps $("$tmp/gen" --target ulx3s) -y rtl -y build/firmware rtl/soc/picorv32.vlt "$package" rtl/spec/qn_link_pkg.sv "$cpu" rtl/soc/qn_soc.sv \
        --top-module qn_soc
    icarus "$cpu:" -Wno-timescale -s qn_soc "$rom" "$cpu"
    yosys_top qn_soc "read_verilog -defer -sv $rom; read_verilog -defer $cpu;"
fi

# USB, where LUNA's Verilog was made; it is read as Amaranth prints it
luna="build/usb/qn_luna_fs.v build/usb/qn_luna_hs.v"
if [ -f build/usb/qn_luna_fs.v ] && [ -f build/usb/qn_luna_hs.v ]; then
    for top in qn_usb_fs qn_usb_ulpi; do
        # shellcheck disable=SC2086
        verilated rtl/usb/luna.vlt "$package" rtl/spec/qn_link_pkg.sv $luna "rtl/usb/$top.sv" --top-module "$top"
        # shellcheck disable=SC2086
        icarus build/usb/qn_luna_ -s "$top" $luna
        yosys_top "$top" "read_verilog -defer $luna;"
    done
fi
yosys -Q -T -s "$tmp/ys" > "$tmp/yosys" 2>&1 || { grep '^log ' "$tmp/yosys" | tail -1; tail -5 "$tmp/yosys"; exit 1; }
