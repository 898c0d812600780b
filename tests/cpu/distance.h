// SPDX-License-Identifier: Apache-2.0
// distance.h: how far a program's logits are from those of the float path.
#ifndef DISTANCE_H
#define DISTANCE_H

#include <math.h>

#include "compiler/front/qn_llama.h"
#include "cpu/qn_float.h"
#include "tests/cpu/same_bits.h"

// Size of the difference between the logits of cpu and float path over that of the logits, in the first `n` positions.
static inline double distance(same_bits *s, const qn_gguf *file, uint32_t n, const char *what)
{
    qn_graph g;
    qn_float_model *f;
    qn_why why = {""};
    if (qn_llama_import(&g, file, &why) < 0 || qn_float_open(&f, &g, n, &why) < 0)
        fail_msg("%s: %s", what, why.text);
    qn_graph_free(&g);
    qn_cpu_reset(s->cpu);
    float *expected = calloc(s->p->dims.vocab, sizeof *expected);
    assert_non_null(expected);
    double difference = 0, size = 0;
    for (uint32_t pos = 0; pos < n; pos++) {
        uint32_t token = (pos * 7 + 3) % s->p->dims.vocab;
        assert_int_equal(qn_cpu_step(s->cpu, &token, 1, pos, true, &s->pick, s->logits, &why), 0);
        assert_int_equal(qn_float_step(f, token, pos, expected), 0);
        for (uint32_t i = 0; i < s->p->dims.vocab; i++) {
            difference += ((double)s->logits[i] - expected[i]) * ((double)s->logits[i] - expected[i]);
            size += (double)expected[i] * expected[i];
        }
    }
    free(expected);
    qn_float_close(f);
    return sqrt(difference / size);
}

#endif
