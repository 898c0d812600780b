// SPDX-License-Identifier: Apache-2.0
// qn_hal.h: all that the firmware touches: registers of core and mailbox, the system's own, memory, clocks. soc.c is the device's; unit tests on the
// host bring another.
//
//     qn_hal_reg_set(QN_MB_STATE, QN_MB_STATE_IDLE);          // rtl/spec/regs.def and mailbox.def
//     qn_hal_own_set(QN_SOC_DOG, 2000);                       // rtl/spec/soc.def
#ifndef QN_HAL_H
#define QN_HAL_H

#include <stdint.h>

#define QN_SOC_REGION(name, base, bytes, text)
#define QN_SOC_REG(name, index, access, text) QN_SOC_##name = index,
#define QN_SOC_SWEEP(name, code, text) QN_SOC_SWEEP_##name##_CODE = code,
enum qn_soc_reg {
#include "rtl/spec/soc.def"
};
#undef QN_SOC_REGION
#undef QN_SOC_REG
#undef QN_SOC_SWEEP

uint32_t qn_hal_reg(unsigned reg);
void qn_hal_reg_set(unsigned reg, uint32_t value);
uint32_t qn_hal_own(unsigned reg);
void qn_hal_own_set(unsigned reg, uint32_t value);
uint32_t qn_hal_mem(uint32_t word);              // of the core's memory
void qn_hal_mem_set(uint32_t word, uint32_t value);
uint32_t qn_hal_pick(uint32_t i);                // word i of what a sweep found: index, value, index, value, ...
uint64_t qn_hal_clocks(void);                    // since the CPU started

#endif
