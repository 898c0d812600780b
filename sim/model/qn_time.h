// SPDX-License-Identifier: Apache-2.0
// qn_time.h: the core's clocks: what a program takes on the RTL, without its data.
//
//     qn_time *x;
//     int err = qn_time_new(&x, qn_target_find("ulx3s"));
//     qn_time_job job = {.prog = words, .prog_words = n, .load = true, .prog_addr = at, .args = args,
//                        .win_base = base, .win_size = size, .win_flags = flags, .limit = UINT64_MAX};
//     err = qn_time_run(x, &job);                    // 0, QN_ERR_TRAP, QN_ERR_TIMEOUT
//     printf("%llu\n", (unsigned long long)x->count[QN_TIME_CYCLES]);
//     qn_time_free(x);
//
// Cycle 0 is the first busy clock, the one after the write of CTRL; the memory's refresh counter starts with it. Nothing here
// is fitted: each part is the RTL's, clock by clock, with its data left out (rtl/README.md).
#ifndef QN_TIME_H
#define QN_TIME_H

#include "rtl/spec/qn_isa.h"
#include "sim/model/qn_sdram.h"
#include "sim/model/qn_seq.h"

// The counters, in the order of the registers from COUNT_CYCLES on.
enum qn_time_count {
    QN_TIME_CYCLES, QN_TIME_ARRAY, QN_TIME_ROWS, QN_TIME_VECTOR, QN_TIME_MATRIX, QN_TIME_LOAD, QN_TIME_STORE, QN_TIME_STARVE,
    QN_TIME_READ, QN_TIME_WRITE = QN_TIME_READ + QN_KINDS, QN_TIME_COUNTS = QN_TIME_WRITE + QN_KINDS
};

typedef struct qn_time_job {
    const uint32_t *prog;
    uint32_t prog_words, prog_addr, entry;
    bool load;                           // the program memory is filled first
    const uint32_t *args;                // QN_ARGS
    const uint32_t *win_base, *win_size, *win_flags;   // QN_WINDOWS
    uint64_t limit;                      // cycles
} qn_time_job;

typedef struct qn_time {
    const qn_target *t;
    uint64_t count[QN_TIME_COUNTS];      // of the last run
    uint8_t trap;                        // QN_TRAP_*
    uint32_t trap_pc, trap_addr;
    // Called, if set, when an instruction of a queue ends: the clocks in which its unit took it and in which it posted.
    void (*span)(void *ctx, const qn_entry *e, uint64_t from, uint64_t to);
    void *span_ctx;
    struct qn_time_core *core;
    bool step;                           // clock by clock, without leaps: the same, and slow
} qn_time;

// On error *out is NULL.
int qn_time_new(qn_time **out, const qn_target *t);
void qn_time_free(qn_time *x);

int qn_time_run(qn_time *x, const qn_time_job *job);

#endif
