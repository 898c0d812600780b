# SPDX-License-Identifier: Apache-2.0
# rom.awk: words in hexadecimal, one a line, as the module that qn_soc_cpu reads its program from.
BEGIN {
    print "// Made from the firmware (firmware/firmware.mk): do not edit.\n`default_nettype none\n"
    print "module qn_boot_rom #(\n  parameter int AddrW = 13\n) (\n  input  logic             clk_i,\n  input  logic [AddrW-1:0] addr_i,"
    print "  output logic [31:0]      data_o\n);\n\n  logic [31:0] rom [0:(1<<AddrW)-1];\n  initial begin"
}
{ printf "    rom[%d] = 32'h%s;\n", NR - 1, $1 }
END { print "  end\n  always_ff @(posedge clk_i) data_o <= rom[addr_i];\n\nendmodule\n\n`default_nettype wire" }
