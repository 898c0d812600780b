// SPDX-License-Identifier: Apache-2.0
// sdr_core.cpp: target ulx3s for sim/rtl/qn_rtl.cpp with the SDRAM controller and the part itself behind the core's memory port, where
// sim/rtl/qn_rtl_core.cpp has the timing model. test_sdr_core.sh links it before the library. The part's cells are the device's memory.
// What the part refuses ends the program with its message: a fault of the RTL.
#include "Vqn_sdr.h"
#include "sim/platform/sdram_part.h"
#include "tests/system/port_core.h"

namespace {

struct sdr_core final : port_core<Vqn_sdr> {
    sdr_core(const qn_target *t, uint32_t *cells) : part(sdram_part::speed_75, (int64_t)(5e11 / t->clock_hz), reinterpret_cast<uint16_t *>(cells))
    {
        top.reg_valid_i = 0;
        top.rst_ni = memory.rst_ni = 0;
        clock();
        clock();
        top.rst_ni = memory.rst_ni = 1;
        while (!memory.req_ready_o)
            clock();
    }

    ~sdr_core() override
    {
        fprintf(stderr, "sdr_core: %llu memory clocks, %llu refreshes, %llu activates, nothing refused\n", (unsigned long long)part.clocks,
                (unsigned long long)part.refreshes, (unsigned long long)part.activates);
    }

private:
    // The memory's edge inside the core's clock, and the edge that both share
    void clock() override
    {
        exchange();
        memory_edge(0);
        memory_edge(1);
        top.clk_i = 1;
        top.eval();
        top.clk_i = 0;
        top.eval();
        now++;
    }

    void memory_edge(bool core)
    {
        const sdram_part::pins p = {memory.cke_o != 0, memory.cs_no != 0, memory.ras_no != 0, memory.cas_no != 0, memory.we_no != 0, memory.ba_o, memory.a_o, memory.dqm_o, memory.dq_o, memory.dq_oe_o != 0};
        memory.dq_i = (uint16_t)part.dq();
        memory.clk2x_i = 1;
        memory.clk_i = core;
        memory.eval();
        part.clock(p);
        memory.clk2x_i = 0;
        memory.eval();
    }

    sdram_part part;
};

}

qn_rtl_core *qn_rtl_make_ulx3s(const qn_target *t, uint32_t *mem)
{
    return new sdr_core(t, mem);
}
