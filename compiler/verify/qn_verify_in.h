// SPDX-License-Identifier: Apache-2.0
// qn_verify_in.h: between the files of this folder: the sequencer over intervals, and one job.
#ifndef QN_VERIFY_IN_H
#define QN_VERIFY_IN_H

#include "compiler/back/qn_abi.h"
#include "compiler/verify/qn_verify.h"
#include "sim/model/qn_seq.h"

// All values that a register may have, as signed 32-bit numbers: lo, lo + step .. hi. A single one has step 0.
typedef struct qn_span {
    int64_t lo, hi, step;
} qn_span;

// An instruction with its slots resolved at their least values; one slot at most may be greater, by multiples of `step` up to `more`.
typedef struct qn_vinsn {
    qn_entry e;
    int vary;                        // that slot, or -1
    uint32_t more, step;
} qn_vinsn;

// The sequencer. `fault`, where not NULL, says why it cannot go on.
typedef struct qn_vseq {
    const uint32_t *prog;            // code and tables
    uint32_t words, pc, args_read;   // bit i: argument i was read (the first 32)
    const qn_span *args;             // QN_ARGS; lo > hi: not given
    qn_span r[QN_REGS];
    struct {
        uint32_t start;
        int64_t left;
    } loop[QN_LOOP_DEPTH];
    unsigned depth;
    const char *fault;
} qn_vseq;

void qn_vseq_init(qn_vseq *s, const uint32_t *prog, uint32_t words, uint32_t entry, const qn_span *args);
// The static part must hold: opcodes and bits defined, loops matched, HALT last (qn_verify_code).
enum qn_seq_result qn_vseq_step(qn_vseq *s, qn_vinsn *x);

// Buffers for jobs of one target, used again and again.
typedef struct qn_vjob qn_vjob;
typedef struct qn_vjob_result {
    uint64_t instructions, work;
    uint32_t args_read;
    uint32_t at;                     // of a fault
    char text[128];
} qn_vjob_result;

int qn_vjob_new(qn_vjob **out, const qn_target *t);
void qn_vjob_free(qn_vjob *j);
// 0, QN_ERR_VERIFY (result: at, text), QN_ERR_NOMEM.
int qn_vjob_run(qn_vjob *j, const qn_prog *p, uint32_t entry, const qn_span *args, qn_vjob_result *result);

#endif
