// SPDX-License-Identifier: Apache-2.0
// qn_rtl_core.h: what one target's Verilated core offers to qn_rtl.cpp. qn_rtl_core.cpp is compiled once for each target.
#ifndef QN_RTL_CORE_H
#define QN_RTL_CORE_H

#include <cstdint>

extern "C" {
#include "rtl/spec/qn_isa.h"
}

struct qn_rtl_core {
    virtual ~qn_rtl_core() {}
    virtual uint32_t read(unsigned reg) = 0;
    virtual void write(unsigned reg, uint32_t value) = 0;
    virtual int run(uint64_t cycles) = 0;
    virtual int waves(const char *path) = 0;
    uint64_t now = 0;                        // clocks since the core was made
};

// QN_RTL_MAKE of each target makes one; throws std::bad_alloc.

#endif
