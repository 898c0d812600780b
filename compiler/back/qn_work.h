// SPDX-License-Identifier: Apache-2.0
// qn_work.h: what a model needs at least, whatever the machine: what a device's cycles are measured against.
//
//     qn_work w = {0};
//     qn_work_add(&w, prog, pos, n, true);               // a step that takes n tokens from position pos on, logits of the last
//     double memory = w.bytes / (4.0 * target->planes * cycles);
//     double array = w.products / (1.0 * target->depth * target->planes * target->rows * cycles);
//
// Nothing that padding, tiling or placement adds is counted, and what a step reads twice counts once.
#ifndef QN_WORK_H
#define QN_WORK_H

#include "compiler/back/qn_prog.h"

typedef struct qn_work {
    // Bytes of weights with their scales, of cached keys and values read and written, of norms and rotations. Tokens of a step share them.
    double bytes;
    // Products of one bit of a weight (or of a cached number) and 8 bits of an activation: the array does `depth` in a row each cycle.
    double products;
} qn_work;

// Bits of a matrix's weights, scales included.
double qn_work_bits(const qn_prog *p, const qn_prog_matrix *m);

void qn_work_add(qn_work *w, const qn_prog *p, uint32_t pos, uint32_t n, bool logits);

#endif
