// SPDX-License-Identifier: Apache-2.0
#include "sim/model/qn_sample.h"

#include "sim/model/qn_num.h"

// A number from 0 to below 1, of 24 bits
static float draw(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    z ^= z >> 31;
    return (float)(z >> 40) * 0x1p-24f;
}

uint32_t qn_sample_draw(const qn_candidate *c, uint32_t n, float temperature, float top_p, uint64_t *state)
{
    if (n == 0)
        return 0;
    float upto[QN_SAMPLE_MOST], inverse = qn_recip(temperature), all = 0;
    for (uint32_t i = 0; i < n; i++) {
        float below = qn_fsub(c[i].logit, c[0].logit);           // equal infinities differ by nothing
        all = qn_fadd(all, c[i].logit == c[0].logit ? 1 : qn_exp(qn_fmul(below, inverse)));
        upto[i] = all;
    }
    float limit = qn_fmul(all, top_p);
    uint32_t kept = 1;
    while (kept < n && upto[kept - 1] < limit)
        kept++;
    float mark = qn_fmul(draw(state), upto[kept - 1]);
    uint32_t i = 0;
    while (i + 1 < kept && !(mark < upto[i]))
        i++;
    return c[i].token;
}
