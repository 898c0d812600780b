// SPDX-License-Identifier: Apache-2.0
// ddr_core.cpp: target ecpix5 for sim/rtl/qn_rtl.cpp with qn_ddr and LiteDRAM's controller behind the core's memory port, where sim/rtl/qn_rtl_core.cpp has
// the timing model. soak_ddr.sh links it before the library. The clocks are theirs; the data are the device's memory's, taken when a request is (that
// the two agree is what tb_qn_litedram shows).
#include <cstring>
#include <deque>

#include "Vqn_ulx3s.h"
#include "Vtb_ddr.h"
#include "sim/rtl/qn_rtl_core.h"
#include "verilated.h"

extern "C" {
#include "driver/qn_err.h"
}

#define QN_DDR_REG(name, at, text) DDR_##name = at / 4,
#define QN_DDR_CONST(...)
#define QN_DDR_INIT(...)
enum {
#include "rtl/spec/ddr.def"
};

namespace {

struct ddr_core final : qn_rtl_core {
    ddr_core(const qn_target *t, uint32_t *memory) : mem(memory), words(t->mem_bytes / 4)
    {
        top.reg_valid_i = ddr.ctl_valid_i = 0;
        top.rst_ni = ddr.rst_ni = 0;
        for (int i = 0; i < 8; i++)
            clock();
        top.rst_ni = ddr.rst_ni = 1;
        ddr.ctl_valid_i = ddr.ctl_we_i = 1;
        ddr.ctl_addr_i = DDR_INIT_DONE;
        ddr.ctl_wdata_i = 1;
        do
            clock();
        while (!ddr.ctl_done_o);
        clock();
        ddr.ctl_valid_i = 0;
        clock();
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
    // The port's signals are registers on both sides
    void clock()
    {
        ddr.req_valid_i = top.req_valid_o;
        ddr.req_we_i = top.req_we_o;
        ddr.req_addr_i = top.req_addr_o;
        ddr.req_len_i = top.req_len_o;
        ddr.req_wdata_i = top.req_wdata_o;
        ddr.req_wstrb_i = top.req_wstrb_o;
        top.req_ready_i = ddr.req_ready_o;
        top.rsp_valid_i = ddr.rsp_valid_o;
        if (ddr.rsp_valid_o) {
            top.rsp_data_i = read_words.empty() ? 0 : read_words.front();
            if (read_words.empty())
                fprintf(stderr, "ddr_core: a word that nobody asked for\n");
            else
                read_words.pop_front();
        }
        if (top.req_valid_o && ddr.req_ready_o && top.rst_ni)
            take();
        for (int edge = 1; edge >= 0; edge--) {
            ddr.clk_i = top.clk_i = (uint8_t)edge;
            ddr.eval();
            top.eval();
        }
    }
    void take()
    {
        uint64_t at = top.req_addr_o;
        if (at + 16 > words)
            return;
        if (!top.req_we_o) {
            read_words.insert(read_words.end(), mem + at, mem + at + top.req_len_o);
            return;
        }
        for (unsigned b = 0; b < 4; b++)
            if (top.req_wstrb_o >> b & 1)
                std::memcpy(reinterpret_cast<uint8_t *>(mem + at) + b, reinterpret_cast<const uint8_t *>(&top.req_wdata_o) + b, 1);
    }

    Vqn_ulx3s top;
    Vtb_ddr ddr;
    uint32_t *mem;
    uint64_t words;
    std::deque<uint32_t> read_words;
};

}

qn_rtl_core *qn_rtl_make_ecpix5(const qn_target *t, uint32_t *mem)
{
    return new ddr_core(t, mem);
}
