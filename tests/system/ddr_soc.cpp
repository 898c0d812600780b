// SPDX-License-Identifier: Apache-2.0
// ddr_soc.cpp: power-on of a system with DDR3: the firmware initializes the part, finds places and delays, tests memory and core, and says so. With bursts that
// read wrong it must say that. Clocks it took, on stderr.
#include <cstdio>
#include <string>

#include "Vddr_soc.h"
#include "verilated.h"

static std::string boot(bool spoil, unsigned long &clocks)
{
    VerilatedContext context;
    Vddr_soc top(&context);
    std::string said;
    top.spoil_i = spoil;
    for (clocks = 0; clocks < 12000000 && (said.empty() || said.back() != '\n'); clocks++) {
        top.rst_ni = clocks >= 300;
        top.clk_i = 1;
        top.eval();
        top.clk_i = 0;
        top.eval();
        if (top.console_valid_o && top.rst_ni)
            said += (char)top.console_data_o;
    }
    return said;
}

int main()
{
    unsigned long good = 0, bad = 0;
    std::string first = boot(false, good), second = boot(true, bad);
    fprintf(stderr, "%lu clocks: %s%lu clocks: %s", good, first.c_str(), bad, second.c_str());
    return first != "quern: ready\n" || second != "quern: self-test failed\n";
}
