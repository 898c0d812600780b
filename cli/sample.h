// SPDX-License-Identifier: Apache-2.0
// sample.h: the next token, drawn from the logits: temperature, top-k, top-p (nucleus sampling, Holtzman et al. 2020).
//
//     cli_sampler s = {.temperature = 0.8f, .top_k = 40, .top_p = 0.95f, .state = seed};
//     uint32_t token = cli_sample(&s, logits, vocab);
//
// The same seed and the same logits give the same tokens on every machine: the draw is sim/model's, and the firmware's too.
#ifndef QN_CLI_SAMPLE_H
#define QN_CLI_SAMPLE_H

#include "sim/model/qn_sample.h"

enum { CLI_SAMPLE_MOST = QN_SAMPLE_MOST };

typedef struct cli_sampler {
    float temperature;               // above 0
    uint32_t top_k;                  // candidates: the greatest logits, lowest index first among equals; 0: CLI_SAMPLE_MOST
    float top_p;                     // of these, the fewest whose probabilities sum to this share; 1: all
    uint64_t state;                  // the seed at first
} cli_sampler;

// n of 1 or more. A logit that is no number is never drawn, unless all are.
uint32_t cli_sample(cli_sampler *s, const float *logits, uint32_t n);

#endif
