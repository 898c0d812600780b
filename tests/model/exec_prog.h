// SPDX-License-Identifier: Apache-2.0
// exec_prog.h: hand-written programs for tests of the executors.
//
//     prog p = {0};
//     put(&p, QN_OP_HALT, 0, 0, (slots){0});
#ifndef EXEC_PROG_H
#define EXEC_PROG_H

#include <string.h>

#include "rtl/spec/qn_isa.h"

typedef struct prog {
    uint32_t w[4096];
    uint32_t n;                      // words
} prog;

typedef struct slot {
    unsigned reg;
    int32_t imm;
} slot;

typedef struct slots {
    slot s[QN_SLOTS];
} slots;

#define I(x) {0, (x)}
#define R(r, x) {(r), (x)}

// `field` goes into bits 31:24 of word 0, `high` into bits 31:16 of word 1; sems = wait0, wait1, post0, post1 as hex digits.
static inline uint32_t put_full(prog *p, enum qn_op op, uint32_t field, uint32_t high, unsigned sems, slots s)
{
    qn_insn x = {{0}};
    qn_insn_op(&x, op);
    qn_insn_put(&x, 24, 8, field);
    qn_insn_put(&x, 48, 16, high);
    qn_insn_put(&x, QN_INSN_WAIT0_LSB, 4, sems >> 12);
    qn_insn_put(&x, QN_INSN_WAIT1_LSB, 4, sems >> 8 & 15);
    qn_insn_put(&x, QN_INSN_POST0_LSB, 4, sems >> 4 & 15);
    qn_insn_put(&x, QN_INSN_POST1_LSB, 4, sems & 15);
    for (int k = 0; k < QN_SLOTS; k++)
        qn_insn_slot(&x, k, s.s[k].reg, s.s[k].imm);
    qn_insn_seal(&x);
    memcpy(p->w + p->n, x.w, sizeof x.w);
    p->n += QN_INSN_WORDS;
    return p->n / QN_INSN_WORDS - 1;
}

#define PUT(p, op, field, high, sems, ...) put_full(p, op, field, high, sems, (slots){{__VA_ARGS__}})
#define HALT(p) PUT(p, QN_OP_HALT, 0, 0, 0, I(0))

#endif
