// SPDX-License-Identifier: Apache-2.0
// The device's: every register and word of memory has an address (rtl/spec/soc.def).
#include "firmware/hal/qn_ddr.h"
#include "firmware/hal/qn_hal.h"

#define QN_SOC_REGION(name, base, bytes, text) static volatile uint32_t *const name = (volatile uint32_t *)(uintptr_t)base;
#define QN_SOC_REG(name, index, access, text)
#define QN_SOC_SWEEP(name, code, text)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunused-variable"
#include "rtl/spec/soc.def"
#pragma GCC diagnostic pop

uint32_t qn_hal_reg(unsigned reg)
{
    return REGS[reg];
}

void qn_hal_reg_set(unsigned reg, uint32_t value)
{
    REGS[reg] = value;
}

uint32_t qn_hal_own(unsigned reg)
{
    return OWN[reg];
}

void qn_hal_own_set(unsigned reg, uint32_t value)
{
    OWN[reg] = value;
}

uint32_t qn_hal_mem(uint32_t word)
{
    return DRAM[word];
}

void qn_hal_mem_set(uint32_t word, uint32_t value)
{
    DRAM[word] = value;
}

uint32_t qn_hal_ddr(unsigned reg)
{
    return DDR[reg];
}

void qn_hal_ddr_set(unsigned reg, uint32_t value)
{
    DDR[reg] = value;
}

uint32_t qn_hal_pick(uint32_t i)
{
    return PICK[i];
}

uint64_t qn_hal_clocks(void)
{
    uint32_t low, high, again;
    do {
        __asm__ volatile("rdcycleh %0" : "=r"(high));
        __asm__ volatile("rdcycle %0" : "=r"(low));
        __asm__ volatile("rdcycleh %0" : "=r"(again));
    } while (high != again);
    return (uint64_t)high << 32 | low;
}
