# SPDX-License-Identifier: Apache-2.0
# rom.awk: words in hexadecimal, one a line, as the module that qn_soc_cpu reads its program from. Whole block RAMs of 1,024 words, no more than it takes.
BEGIN {
    print "// Made from the firmware (firmware/firmware.mk): do not edit.\n`default_nettype none\n"
    print "module qn_boot_rom #(\n  parameter int AddrW = 12\n) (\n  input  logic             clk_i,\n  input  logic [AddrW-1:0] addr_i,"
    print "  output logic [31:0]      data_o\n);\n"
}
{ words = words sprintf("    rom[%d] = 32'h%s;\n", NR - 1, $1) }
END {
    printf "  logic [31:0] rom [0:%d];\n  initial begin\n%s", int((NR + 1023) / 1024) * 1024 - 1, words
    print "  end\n  always_ff @(posedge clk_i) data_o <= rom[addr_i];\n\nendmodule\n\n`default_nettype wire"
}
