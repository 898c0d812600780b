// SPDX-License-Identifier: Apache-2.0
// qn_ddr.h: registers of the DDR3 controller, by word, and what rtl/spec/ddr.def says of them.
#ifndef QN_DDR_H
#define QN_DDR_H

#include <stdint.h>

#define QN_DDR_REG(name, at, text) QN_DDR_##name = (at) / 4,
#define QN_DDR_CONST(name, value, text)
#define QN_DDR_INIT(what, value, bank, clocks, text)
enum qn_ddr_reg {
#include "rtl/spec/ddr.def"
};
#undef QN_DDR_REG
#undef QN_DDR_CONST
#define QN_DDR_REG(name, at, text)
#define QN_DDR_CONST(name, value, text) QN_DDR_##name = value,
enum qn_ddr_const {
#include "rtl/spec/ddr.def"
};
#undef QN_DDR_REG
#undef QN_DDR_CONST
#undef QN_DDR_INIT

uint32_t qn_hal_ddr(unsigned reg);
void qn_hal_ddr_set(unsigned reg, uint32_t value);

#endif
