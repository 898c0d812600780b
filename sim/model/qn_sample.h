// SPDX-License-Identifier: Apache-2.0
// qn_sample.h: a token drawn from candidates: temperature and top-p (nucleus sampling, Holtzman et al. 2020).
//
//     qn_candidate c[QN_SAMPLE_MOST];               // the greatest logits, descending, the lowest token first among equals
//     uint32_t token = qn_sample_draw(c, n, 0.8f, 0.95f, &state);
//
// The same bits on every machine: exp is that of qn_num.h, sums go from the most likely candidate down, and the generator is SplitMix64
// (Steele, Lea and Flood 2014).
#ifndef QN_SAMPLE_H
#define QN_SAMPLE_H

#include <stdint.h>

enum { QN_SAMPLE_MOST = 256 };       // candidates at most

typedef struct qn_candidate {
    uint32_t token;
    float logit;
} qn_candidate;

// n candidates, none: token 0. Temperature above 0; `top_p`: the fewest whose probabilities sum to this share, 1: all; `state`: the seed at first.
uint32_t qn_sample_draw(const qn_candidate *c, uint32_t n, float temperature, float top_p, uint64_t *state);

#endif
