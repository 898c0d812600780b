// SPDX-License-Identifier: Apache-2.0
#include "cli/sample.h"

#include <assert.h>

// The greatest logits in descending order; returns how many.
static uint32_t greatest(const float *logits, uint32_t n, qn_candidate *c, uint32_t most)
{
    uint32_t used = 0;
    for (uint32_t i = 0; i < n; i++) {
        if (logits[i] != logits[i] || (used == most && !(logits[i] > c[used - 1].logit)))
            continue;
        uint32_t at = used < most ? used++ : used - 1;
        for (; at > 0 && logits[i] > c[at - 1].logit; at--)
            c[at] = c[at - 1];
        c[at] = (qn_candidate){i, logits[i]};
    }
    return used;
}

uint32_t cli_sample(cli_sampler *s, const float *logits, uint32_t n)
{
    assert(s->temperature > 0 && n > 0);
    qn_candidate c[CLI_SAMPLE_MOST];
    uint32_t most = s->top_k && s->top_k < CLI_SAMPLE_MOST ? s->top_k : CLI_SAMPLE_MOST;
    return qn_sample_draw(c, greatest(logits, n, c, most), s->temperature, s->top_p, &s->state);
}
