// SPDX-License-Identifier: Apache-2.0
// ddr_core.cpp: target ecpix5 for sim/rtl/qn_rtl.cpp with qn_ddr and LiteDRAM's controller behind the core's memory port, where sim/rtl/qn_rtl_core.cpp has
// the timing model. soak_ddr.sh links it before the library. The clocks are theirs; the data are the device's memory's, taken when a request is (that
// the two agree is what tb_qn_litedram shows).
#include "Vtb_ddr.h"
#include "tests/system/port_core.h"
#include <cstdlib>
#include <cstring>
#include <deque>

#define QN_DDR_REG(name, at, text) DDR_##name = at / 4,
#define QN_DDR_CONST(...)
#define QN_DDR_INIT(...)
enum {
#include "rtl/spec/ddr.def"
};

namespace {

struct ddr_core final : port_core<Vtb_ddr> {
    ddr_core(const qn_target *t, uint32_t *cells) : mem(cells), words(t->mem_bytes / 4)
    {
        top.reg_valid_i = memory.ctl_valid_i = 0;
        top.rst_ni = memory.rst_ni = 0;
        for (int i = 0; i < 8; i++)
            clock();
        top.rst_ni = memory.rst_ni = 1;
        memory.ctl_valid_i = memory.ctl_we_i = 1;
        memory.ctl_addr_i = DDR_INIT_DONE;
        memory.ctl_wdata_i = 1;
        do
            clock();
        while (!memory.ctl_done_o);
        clock();
        memory.ctl_valid_i = 0;
        clock();
    }

private:
    void clock() override
    {
        exchange();
        if (memory.rsp_valid_o) {
            if (read_words.empty()) {
                fprintf(stderr, "ddr_core: a word that nobody asked for\n");
                exit(70);
            }
            top.rsp_data_i = read_words.front();
            read_words.pop_front();
        }
        if (top.req_valid_o && memory.req_ready_o && top.rst_ni)
            take();
        for (int edge = 1; edge >= 0; edge--) {
            memory.clk_i = top.clk_i = (uint8_t)edge;
            memory.eval();
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

    uint32_t *mem;
    uint64_t words;
    std::deque<uint32_t> read_words;
};

}

qn_rtl_core *qn_rtl_make_ecpix5(const qn_target *t, uint32_t *mem)
{
    return new ddr_core(t, mem);
}
