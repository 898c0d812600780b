// SPDX-License-Identifier: Apache-2.0
// qn_seq.h: the sequencer without time: fetches, resolves, loops, and hands out what the four queues get, in order.
//
//     qn_seq s;
//     qn_seq_init(&s, program, n_words, entry, args);
//     qn_entry e;
//     while (qn_seq_step(&s, &e) != QN_SEQ_HALT && !s.trap)
//         if (e.unit != QN_UNIT_SEQ) ...
//
// What it does depends on the program and the arguments alone, never on data: the executor and the timing model each run
// their own.
#ifndef QN_SEQ_H
#define QN_SEQ_H

#include "rtl/spec/qn_isa.h"

enum { QN_PROG_WORDS_MAX = 65536, QN_EXEC_QUEUE = 16 };      // the latter: instructions that the queue of a unit holds

// One instruction with its slots resolved.
typedef struct qn_entry {
    qn_insn x;                       // as fetched: fields by QN_GET
    int32_t v[QN_SLOTS];
    uint32_t pc;
    uint8_t op, unit;
    bool skipped;                    // LOOP whose body is not entered, ENDLOOP that falls through
} qn_entry;

enum qn_seq_result { QN_SEQ_INSN, QN_SEQ_HALT, QN_SEQ_TRAP };

typedef struct qn_seq {
    const uint32_t *prog;            // kept by the caller
    const uint32_t *args;            // QN_ARGS words
    uint32_t words, pc, r[QN_REGS];
    struct {
        uint32_t start;
        int32_t left;
    } loop[QN_LOOP_DEPTH];
    unsigned depth;
    uint8_t good[QN_PROG_WORDS_MAX / QN_INSN_WORDS];   // instructions whose check bits were found right
    uint8_t trap;                    // QN_TRAP_*
    uint32_t trap_addr;
} qn_seq;

void qn_seq_init(qn_seq *s, const uint32_t *prog, uint32_t words, uint32_t entry, const uint32_t *args);

// Carries out one instruction of the sequencer, or resolves one for a queue.
enum qn_seq_result qn_seq_step(qn_seq *s, qn_entry *e);

#endif
