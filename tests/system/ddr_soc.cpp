// SPDX-License-Identifier: Apache-2.0
// ddr_soc.cpp: power-on of a system with DDR3: the firmware initializes the part, finds the model's windows (gen_litedram.py: place 2, delays 2 to 5 and 3 to 6), tests
// memory, then the core, and says how it went. Argument: the status that the self-test must end with (a QN_MB_STATUS: OK, or ARRAY where there is no core).
// With bursts whose lower byte reads wrong it must be MEMORY.
#include <cstdio>
#include <cstdlib>
#include <string>

#include "Vddr_soc.h"
#include "rtl/spec/qn_mailbox.h"
#include "verilated.h"

struct outcome {
    unsigned long clocks = 0;
    uint32_t box[256] = {};
    std::string console;
};

static outcome boot(bool spoil)
{
    VerilatedContext context;
    Vddr_soc top(&context);
    outcome o;
    o.box[QN_MB_BOOT] = ~0u;
    top.spoil_i = spoil;
    for (; o.clocks < 12000000 && (o.console.empty() || o.console.back() != '\n'); o.clocks++) {
        top.rst_ni = o.clocks >= 300;
        top.clk_i = 1;
        top.eval();
        top.clk_i = 0;
        top.eval();
        if (top.rst_ni && top.box_valid_o)
            o.box[top.box_o] = top.box_data_o;
        if (top.rst_ni && top.console_valid_o)
            o.console += (char)top.console_data_o;
    }
    fprintf(stderr, "status %d after %lu clocks; window, delay, place: %d %d %d, %d %d %d; %s", (int)o.box[QN_MB_BOOT], o.clocks, o.box[QN_MB_RESULT + 1] & 255,
            o.box[QN_MB_RESULT + 1] >> 8 & 255, o.box[QN_MB_RESULT + 1] >> 16, o.box[QN_MB_RESULT + 2] & 255, o.box[QN_MB_RESULT + 2] >> 8 & 255,
            o.box[QN_MB_RESULT + 2] >> 16, o.console.c_str());
    return o;
}

int main(int argc, char **argv)
{
    const uint32_t want = argc > 1 ? (uint32_t)atoi(argv[1]) : QN_MB_STATUS_OK, low = 4 | 3 << 8 | 2 << 16, high = 4 | 4 << 8 | 2 << 16;
    const outcome good = boot(false), bad = boot(true);
    return good.box[QN_MB_BOOT] != want || good.box[QN_MB_RESULT + 1] != low || good.box[QN_MB_RESULT + 2] != high ||
           good.console != (want ? "quern: self-test failed\n" : "quern: ready\n") || bad.box[QN_MB_BOOT] != QN_MB_STATUS_MEMORY || bad.box[QN_MB_RESULT + 1] != 0 ||
           bad.box[QN_MB_RESULT + 2] != high || bad.console != "quern: self-test failed\n";
}
