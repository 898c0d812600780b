// SPDX-License-Identifier: Apache-2.0
// qn_rtl.h: the core's RTL, Verilated, behind a C interface, with a memory that moves words when the target's SDRAM would.
//
//     qn_rtl *r;
//     int err = qn_rtl_open(&r, "ulx3s");
//     memcpy(qn_rtl_memory(r) + 4 * at, program, 4 * n);
//     qn_rtl_write(r, QN_REG_PROG_ADDR, at);
//     qn_rtl_write(r, QN_REG_PROG_WORDS, n);
//     qn_rtl_write(r, QN_REG_CTRL, QN_CTRL_START | QN_CTRL_LOAD);
//     err = qn_rtl_run(r, 1000000);                  // 0 once the core is not busy: done or trapped, see STATUS
//     uint32_t status = qn_rtl_read(r, QN_REG_STATUS);
//     qn_rtl_close(r);
//
// Each call moves the core's clock: a register write by one (a start by three), a read by two, a run by as many as it says. The memory's time
// begins anew with each start, so that a job takes the same cycles whatever the host did before. One thread at a time for a
// device; devices know nothing of each other.
#ifndef QN_RTL_H
#define QN_RTL_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#include "rtl/spec/qn_isa.h"

typedef struct qn_rtl qn_rtl;

// A core of the named target ("ulx3s", "ulx3s/lut"), just out of reset, before an empty memory. QN_ERR_NO_TARGET, QN_ERR_UNSUPPORTED where the library
// was built without it (RTL_TARGETS of rtl.mk), QN_ERR_NOMEM; on error *out is NULL.
int qn_rtl_open(qn_rtl **out, const char *target);
void qn_rtl_close(qn_rtl *r);

const qn_target *qn_rtl_target(const qn_rtl *r);

// The device's memory, target->mem_bytes long, zeroed, little-endian words; pages that nobody touches cost nothing.
uint8_t *qn_rtl_memory(qn_rtl *r);

uint32_t qn_rtl_read(qn_rtl *r, unsigned reg);
void qn_rtl_write(qn_rtl *r, unsigned reg, uint32_t value);

// Clocks the core until it is not busy, at most `cycles` clocks. QN_ERR_TIMEOUT if it still is; QN_ERR_RANGE (at once) when the core asked
// for a word beyond the memory.
int qn_rtl_run(qn_rtl *r, uint64_t cycles);

// Clocks since open.
uint64_t qn_rtl_cycles(const qn_rtl *r);

// Writes an FST trace to `path` from now until close. QN_ERR_UNSUPPORTED where the library was built without (see rtl.mk).
int qn_rtl_waves(qn_rtl *r, const char *path);

#ifdef __cplusplus
}
#endif

#endif
