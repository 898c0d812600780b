// SPDX-License-Identifier: Apache-2.0
// qn_cpu.h: runs a compiled model by its graph: the numbers of the instruction stream without the instructions.
//
//     qn_cpu *c;
//     uint32_t pick;
//     int err = qn_cpu_open(&c, prog, &why);
//     if (!err)
//         err = qn_cpu_step(c, tokens, n, 0, true, &pick, NULL, &why);        // a prompt of n tokens, then the greedy next one
//     for (uint32_t pos = n; !err && pos < end; pos++)
//         err = qn_cpu_step(c, &pick, 1, pos, true, &pick, NULL, &why);
//     qn_cpu_close(c);
//
// Weights, tables and constants come out of the program's image, from the addresses that its layout states; what to compute, and in
// which order, is compiler/README.md. So equal bits say that instructions, schedule, placement and core are right. Only the
// arithmetic of single numbers is shared with the other executors (sim/model/qn_num.h).
#ifndef QN_CPU_H
#define QN_CPU_H

#include "compiler/back/qn_prog.h"

typedef struct qn_cpu qn_cpu;

// Unpacks the weights: about a byte each. `prog` must outlive it. Refuses a program whose parts do not fit each other. On error *out is
// NULL.
int qn_cpu_open(qn_cpu **out, const qn_prog *prog, qn_why *why);
void qn_cpu_close(qn_cpu *c); // NULL is fine

// As if opened anew: an empty cache, and nothing in the digest.
void qn_cpu_reset(qn_cpu *c);

// Takes n tokens at positions pos, pos + 1 ...; positions before `pos` must have been taken. With `logits`, computes those of the last
// one, adds them to the digest, stores the greatest one's index in *pick and, unless logits_out is NULL, all `vocab` of them there.
// Without, *pick and logits_out are left alone. QN_ERR_RANGE, QN_ERR_CONTEXT: nothing has been done.
int qn_cpu_step(qn_cpu *c, const uint32_t *tokens, uint32_t n, uint32_t pos, bool logits, uint32_t *pick, float *logits_out,
                qn_why *why);

// The KV window, word for word as the device has it: lay.kv_words of them, 0 where nothing was written.
const uint32_t *qn_cpu_kv(const qn_cpu *c);

// Of each logit's 32 bits v, in order: a += v, b += a.
void qn_cpu_digest(const qn_cpu *c, uint32_t *a, uint32_t *b);

// Whether a value that is not finite was quantized since it was opened or reset.
bool qn_cpu_nonfinite(const qn_cpu *c);

#endif
