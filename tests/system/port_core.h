// SPDX-License-Identifier: Apache-2.0
// port_core.h: the core of ulx3s and what its port leads to, both Verilated, for sim/rtl/qn_rtl.cpp, where sim/rtl/qn_rtl_core.cpp has the core before the timing
// model. Who derives from it resets both and says what a clock is; the port's signals are registers on both sides.
#ifndef PORT_CORE_H
#define PORT_CORE_H

#include "Vqn_ulx3s.h"
#include "sim/rtl/qn_rtl_core.h"
#include "verilated.h"

extern "C" {
#include "driver/qn_err.h"
}

template <class controller> struct port_core : qn_rtl_core {
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

protected:
    virtual void clock() = 0;
    // What the port's registers hold, to the other side
    void exchange()
    {
        memory.req_valid_i = top.req_valid_o;
        memory.req_we_i = top.req_we_o;
        memory.req_addr_i = top.req_addr_o;
        memory.req_len_i = top.req_len_o;
        memory.req_wdata_i = top.req_wdata_o;
        memory.req_wstrb_i = top.req_wstrb_o;
        top.req_ready_i = memory.req_ready_o;
        top.rsp_valid_i = memory.rsp_valid_o;
        top.rsp_data_i = memory.rsp_data_o;
    }

    Vqn_ulx3s top;
    controller memory;

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
};

#endif
