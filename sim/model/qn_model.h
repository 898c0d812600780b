// SPDX-License-Identifier: Apache-2.0
// qn_model.h: the machine model as a device: the same registers, memory and calls as the RTL's (sim/rtl/qn_rtl.h), the same bits, the
// same counters, far sooner.
//
//     qn_model *m;
//     int err = qn_model_open(&m, "ulx3s");
//     memcpy(qn_model_memory(m) + 4 * at, program, 4 * n);
//     qn_model_write(m, QN_REG_PROG_ADDR, at);
//     qn_model_write(m, QN_REG_PROG_WORDS, n);
//     qn_model_write(m, QN_REG_CTRL, QN_CTRL_START | QN_CTRL_LOAD);
//     err = qn_model_run(m, 1000000);                // 0 once the core is not busy: done or trapped, see STATUS
//     qn_model_close(m);
//
// A job runs whole inside qn_model_run. One thread at a time for a device; devices know nothing of each other.
#ifndef QN_MODEL_H
#define QN_MODEL_H

#include "rtl/spec/qn_isa.h"
#include "sim/model/qn_exec.h"
#include "sim/model/qn_time.h"

typedef struct qn_model qn_model;

// QN_ERR_NO_TARGET, QN_ERR_NOMEM; on error *out is NULL.
int qn_model_open(qn_model **out, const char *target);
void qn_model_close(qn_model *m);

const qn_target *qn_model_target(const qn_model *m);

// The device's memory, target->mem_bytes long, zeroed, little-endian words; pages that nobody touches cost nothing.
uint8_t *qn_model_memory(qn_model *m);

uint32_t qn_model_read(qn_model *m, unsigned reg);
void qn_model_write(qn_model *m, unsigned reg, uint32_t value);

// Runs the job that was started. QN_ERR_TIMEOUT if it takes more than `cycles` cycles or would never end; then the core stays busy
// until it is reset, and its memory is that of some moment.
int qn_model_run(qn_model *m, uint64_t cycles);

// Without time the counters of cycles stay 0 and only bits are worked out: several times as fast. On at first.
void qn_model_timed(qn_model *m, bool on);

// What is inside, for traces and for tests.
qn_exec *qn_model_exec(qn_model *m);
qn_time *qn_model_time(qn_model *m);

#endif
