// SPDX-License-Identifier: Apache-2.0
// sdr_core.cpp: target ulx3s for sim/rtl/qn_rtl.cpp with the SDRAM controller and the part itself behind the core's memory port, where
// sim/rtl/qn_rtl_core.cpp has the timing model. test_sdr_core.sh links it before the library. The part's cells are the device's memory.
// What the part refuses ends the program with its message: a fault of the RTL.
#include "Vqn_sdr.h"
#include "Vqn_ulx3s.h"
#include "sim/rtl/qn_rtl_core.h"
#include "sim/platform/sdram_part.h"
#include "verilated.h"

extern "C" {
#include "driver/qn_err.h"
}

namespace {

struct sdr_core final : qn_rtl_core {
    sdr_core(const qn_target *t, uint32_t *memory) : part(sdram_part::speed_75, (int64_t)(5e11 / t->clock_hz), reinterpret_cast<uint16_t *>(memory))
    {
        top.reg_valid_i = 0;
        top.rst_ni = sdr.rst_ni = 0;
        clock();
        clock();
        top.rst_ni = sdr.rst_ni = 1;
        while (!sdr.req_ready_o)
            clock();
    }

    ~sdr_core() override
    {
        fprintf(stderr, "sdr_core: %llu memory clocks, %llu refreshes, %llu activates, nothing refused\n", (unsigned long long)part.clocks,
                (unsigned long long)part.refreshes, (unsigned long long)part.activates);
    }

    uint32_t read(unsigned reg) override
    {
        access(reg, false, 0);
        clock();
        return top.reg_rdata_o;
    }

    void write(unsigned reg, uint32_t value) override { access(reg, true, value); }

    int run(uint64_t cycles) override
    {
        access(QN_REG_STATUS, false, 0);
        top.reg_valid_i = 1;
        do
            clock();
        while ((top.reg_rdata_o & QN_STATUS_BUSY) && cycles-- > 0);
        top.reg_valid_i = 0;
        return top.reg_rdata_o & QN_STATUS_BUSY ? QN_ERR_TIMEOUT : 0;
    }

    int waves(const char *) override { return QN_ERR_UNSUPPORTED; }

private:
    void access(unsigned reg, bool we, uint32_t value)
    {
        top.reg_valid_i = 1;
        top.reg_we_i = we;
        top.reg_addr_i = (uint8_t)reg;
        top.reg_wdata_i = value;
        clock();
        top.reg_valid_i = 0;
    }

    // The port's signals are registers on both sides; then the memory's edge inside the core's clock, and the edge that both share
    void clock()
    {
        sdr.req_valid_i = top.req_valid_o;
        sdr.req_we_i = top.req_we_o;
        sdr.req_addr_i = top.req_addr_o;
        sdr.req_len_i = top.req_len_o;
        sdr.req_wdata_i = top.req_wdata_o;
        sdr.req_wstrb_i = top.req_wstrb_o;
        top.req_ready_i = sdr.req_ready_o;
        top.rsp_valid_i = sdr.rsp_valid_o;
        top.rsp_data_i = sdr.rsp_data_o;
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
        const sdram_part::pins p = {sdr.cke_o != 0, sdr.cs_no != 0, sdr.ras_no != 0, sdr.cas_no != 0, sdr.we_no != 0, sdr.ba_o, sdr.a_o, sdr.dqm_o, sdr.dq_o, sdr.dq_oe_o != 0};
        sdr.dq_i = (uint16_t)part.dq();
        sdr.clk2x_i = 1;
        sdr.clk_i = core;
        sdr.eval();
        part.clock(p);
        sdr.clk2x_i = 0;
        sdr.eval();
    }

    Vqn_ulx3s top;
    Vqn_sdr sdr;
    sdram_part part;
};

}

qn_rtl_core *qn_rtl_make_ulx3s(const qn_target *t, uint32_t *mem)
{
    return new sdr_core(t, mem);
}
