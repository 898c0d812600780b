// SPDX-License-Identifier: Apache-2.0
#include "compiler/back/qn_work.h"

// Bits of one weight with its share of the scales.
static double weight_bits(const qn_fmt *f)
{
    double head = f->head == 0 ? 0 : f->head == 2 ? 32 : 16;
    return qn_fmt_col_words(f) + (qn_fmt_sub_word(f) ? 16.0 / 32 : 0) + head / (32.0 * f->block);
}

static double numbers(const qn_prog_matrix *m)
{
    return (double)m->outputs * m->inputs;
}

static void matrix(qn_work *w, const qn_prog_matrix *m, double vectors)
{
    const qn_fmt *f = qn_fmt_find(m->fmt);
    w->bytes += numbers(m) * weight_bits(f) / 8;
    w->products += numbers(m) * f->planes * vectors;
}

void qn_work_add(qn_work *w, const qn_prog *p, uint32_t pos, uint32_t n, bool logits)
{
    const qn_dims *d = &p->dims;
    double wide = p->act_bits / 8, wide_cache = p->act_ggml ? 2 : wide, cached = 2.0 * d->kv_heads * d->head;          // keys and values of a token
    for (uint32_t l = 0; l < d->layers; l++)
        for (int r = 0; r < QN_LAYER_ROLES; r++)
            matrix(w, &p->layer[l].m[r], n * wide);
    if (logits)
        matrix(w, &p->logits, wide);
    w->bytes += n * (double)d->width * weight_bits(qn_fmt_find(p->embed.fmt)) / 8;
    w->bytes += 4.0 * d->width * (2.0 * d->layers + (logits ? 1 : 0)) + 8.0 * d->head * n;
    // The cache: all tokens before read once, those of this step written; a record of 32 has a scale of 16 bits
    double token_bytes = cached * (p->kv_bits / 8 + 2.0 / 32);
    w->bytes += d->layers * token_bytes * ((double)pos + n);
    for (uint32_t i = 0; i < n; i++)
        w->products += d->layers * 2.0 * d->heads * d->head * (pos + i + 1.0) * p->kv_bits * wide_cache;
}
