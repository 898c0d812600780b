// SPDX-License-Identifier: Apache-2.0
// qn_rtl_core.cpp: clocks one target's Verilated core and answers its memory port. Compiled once for each target:
//     -DQN_RTL_MODEL=Vqn_ulx3s -DQN_RTL_HEADER='"Vqn_ulx3s.h"' -DQN_RTL_MAKE=qn_rtl_make_ulx3s
#include <array>
#include <cstring>
#include <memory>

#include QN_RTL_HEADER
#include "sim/rtl/qn_rtl_core.h"
#include "verilated.h"
#if VM_TRACE
#include "verilated_fst_c.h"
#endif

extern "C" {
#include "driver/qn_err.h"
#include "sim/model/qn_sdram.h"
}

namespace {

struct core final : qn_rtl_core {
    core(const qn_target *t, uint32_t *memory) : target(t), top(prepared(&context)), mem(memory), mem_words(t->mem_bytes / 4), planes(t->planes)
    {
        qn_sdram_init(&sdram, &t->memory);
        top.reg_valid_i = 0;
        top.rst_ni = 0;
        clock();
        clock();
        top.rst_ni = 1;
        clock();
        clock();
    }

    ~core() override
    {
#if VM_TRACE
        if (trace)
            trace->close();
#endif
        top.final();
    }

    uint32_t read(unsigned reg) override
    {
        top.reg_valid_i = 1;
        top.reg_we_i = 0;
        top.reg_addr_i = (uint8_t)reg;
        clock();
        top.reg_valid_i = 0;
        clock();
        return top.reg_rdata_o;
    }

    // A start begins the memory's time anew, so that a job's cycles do not depend on what the host did before. (A start while words of a
    // trapped job are still on their way is refused by the core, and they must arrive.)
    void write(unsigned reg, uint32_t value) override
    {
        bool starts = reg == QN_REG_CTRL && (value & QN_CTRL_START) && !(read(QN_REG_STATUS) & QN_STATUS_BUSY);
        top.reg_valid_i = 1;
        top.reg_we_i = 1;
        top.reg_addr_i = (uint8_t)reg;
        top.reg_wdata_i = value;
        clock();
        top.reg_valid_i = 0;
        if (starts && head == tail)
            qn_sdram_init(&sdram, &target->memory);
    }

    // STATUS is read in every clock
    int run(uint64_t cycles) override
    {
        top.reg_valid_i = 1;
        top.reg_we_i = 0;
        top.reg_addr_i = QN_REG_STATUS;
        clock();
        while ((top.reg_rdata_o & QN_STATUS_BUSY) && !beyond) {
            if (cycles-- == 0)
                break;
            clock();
        }
        top.reg_valid_i = 0;
        if (beyond)
            return QN_ERR_RANGE;
        return top.reg_rdata_o & QN_STATUS_BUSY ? QN_ERR_TIMEOUT : 0;
    }

    int waves(const char *path) override
    {
#if VM_TRACE
        trace = std::make_unique<VerilatedFstC>();
        top.trace(trace.get(), 99);
        trace->open(path);
        return trace->isOpen() ? 0 : QN_ERR_IO;
#else
        (void)path;
        return QN_ERR_UNSUPPORTED;
#endif
    }

private:
    static VerilatedContext *prepared(VerilatedContext *c)
    {
        c->traceEverOn(VM_TRACE);            // before the model is made
        return c;
    }

    // A request's data moves when it is accepted, so reads and writes keep their order; a line read waits here for its clock.
    // Ports of any width lie in memory as words, low first.
    void request()
    {
        uint64_t at = (uint64_t)top.req_addr_o * planes;
        unsigned len = top.req_we_o ? 1 : top.req_len_o;
        if (at + len * planes > mem_words) {
            beyond = true;
            return;
        }
        if (top.req_we_o) {
            static const uint32_t lanes[] = {0, 0xff, 0xff00, 0xffff, 0xff0000, 0xff00ff, 0xffff00, 0xffffff};
            uint32_t data[QN_PLANES_MAX];
            std::memcpy(data, &top.req_wdata_o, 4 * planes);
            for (unsigned p = 0; p < planes; p++) {
                unsigned strobe = top.req_wstrb_o >> (4 * p) & 15;
                uint32_t mask = lanes[strobe & 7] | (strobe & 8 ? 0xff000000u : 0);
                mem[at + p] = (mem[at + p] & ~mask) | (data[p] & mask);
            }
        } else {
            for (unsigned i = 0; i < len; i++)
                std::memcpy(&lines[tail++ % flight * planes], mem + at + i * planes, 4 * planes);
        }
        qn_sdram_request(&sdram, top.req_we_o, (uint32_t)top.req_addr_o, len);
    }

    void clock()
    {
        top.req_ready_i = qn_sdram_ready(&sdram) && !beyond;
        if (top.req_valid_o && top.req_ready_i)
            request();
        top.rsp_valid_i = arrives;
        if (arrives)
            std::memcpy(&top.rsp_data_i, &lines[head++ % flight * planes], 4 * planes);
        top.clk_i = 1;
        top.eval();
#if VM_TRACE
        if (trace)
            trace->dump(2 * now);
#endif
        top.clk_i = 0;
        top.eval();
#if VM_TRACE
        if (trace)
            trace->dump(2 * now + 1);
#endif
        arrives = qn_sdram_step(&sdram);
        now++;
    }

    const qn_target *target;
    VerilatedContext context;
    QN_RTL_MODEL top;
    uint32_t *mem;
    uint64_t mem_words;
    unsigned planes;
    qn_sdram sdram;
    static constexpr unsigned flight = QN_SDRAM_FLIGHT * QN_SDRAM_LINES;
    std::array<uint32_t, flight * QN_PLANES_MAX> lines;
    unsigned head = 0, tail = 0;
    bool arrives = false;                    // a line read comes in this clock
    bool beyond = false;                     // a request beyond the memory: the port is dead
#if VM_TRACE
    std::unique_ptr<VerilatedFstC> trace;
#endif
};

}

qn_rtl_core *QN_RTL_MAKE(const qn_target *t, uint32_t *mem)
{
    return new core(t, mem);
}
