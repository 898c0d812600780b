// SPDX-License-Identifier: Apache-2.0
#include "cli/sample.h"

#include <assert.h>

#include "sim/model/qn_num.h"

typedef struct candidate {
    uint32_t token;
    float logit;
} candidate;

// The greatest logits in descending order; returns how many.
static uint32_t greatest(const float *logits, uint32_t n, candidate *c, uint32_t most)
{
    uint32_t used = 0;
    for (uint32_t i = 0; i < n; i++) {
        if (logits[i] != logits[i] || (used == most && !(logits[i] > c[used - 1].logit)))
            continue;
        uint32_t at = used < most ? used++ : used - 1;
        for (; at > 0 && logits[i] > c[at - 1].logit; at--)
            c[at] = c[at - 1];
        c[at] = (candidate){i, logits[i]};
    }
    return used;
}

// A number from 0 to below 1, of 24 bits
static float draw(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    z ^= z >> 31;
    return (float)(z >> 40) * 0x1p-24f;
}

uint32_t cli_sample(cli_sampler *s, const float *logits, uint32_t n)
{
    assert(s->temperature > 0 && n > 0);
    candidate c[CLI_SAMPLE_MOST];
    float upto[CLI_SAMPLE_MOST], inverse = qn_recip(s->temperature), all = 0;
    uint32_t most = s->top_k && s->top_k < CLI_SAMPLE_MOST ? s->top_k : CLI_SAMPLE_MOST, used = greatest(logits, n, c, most);
    for (uint32_t i = 0; i < used; i++) {
        float below = qn_fsub(c[i].logit, c[0].logit);           // equal infinities differ by nothing
        all = qn_fadd(all, c[i].logit == c[0].logit ? 1 : qn_exp(qn_fmul(below, inverse)));
        upto[i] = all;
    }
    float limit = qn_fmul(all, s->top_p);
    uint32_t kept = 1;
    while (kept < used && upto[kept - 1] < limit)
        kept++;
    if (used == 0)
        return 0;
    float mark = qn_fmul(draw(&s->state), upto[kept - 1]);
    uint32_t i = 0;
    while (i + 1 < kept && !(mark < upto[i]))
        i++;
    return c[i].token;
}
