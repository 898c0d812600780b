// SPDX-License-Identifier: Apache-2.0
#include "compiler/back/qn_work.h"

// Bits of one weight with its share of the scales.
static double weight_bits(const qn_fmt *f)
{
    double head = f->head == 0 ? 0 : f->head == 2 ? 32 : 16;
    return qn_fmt_col_words(f) + (qn_fmt_sub_word(f) ? 16.0 / 32 : 0) + head / (32.0 * f->block);
}

// Weights of a part.
static double numbers(const qn_prog_matrix *m, const qn_prog_part *x)
{
    double from = 32.0 * x->slice, to = from + 32.0 * x->slices;
    return x->outputs * ((to < m->inputs ? to : m->inputs) - from);
}

double qn_work_bits(const qn_prog *p, const qn_prog_matrix *m)
{
    double bits = 0;
    for (uint32_t i = m->first; i < m->first + m->parts; i++)
        bits += numbers(m, &p->part[i]) * weight_bits(qn_fmt_find(p->part[i].fmt));
    return bits;
}

static void matrix(qn_work *w, const qn_prog *p, const qn_prog_matrix *m, double vectors)
{
    w->bytes += qn_work_bits(p, m) / 8;
    for (uint32_t i = m->first; i < m->first + m->parts; i++)
        w->products += numbers(m, &p->part[i]) * qn_fmt_find(p->part[i].fmt)->planes * vectors;
}

void qn_work_add(qn_work *w, const qn_prog *p, uint32_t pos, uint32_t n, bool logits)
{
    const qn_dims *d = &p->dims;
    double wide = p->act_bits / 8, wide_cache = p->act_ggml ? 2 : wide, cached = 2.0 * d->kv_heads * d->head;          // keys and values of a token
    for (uint32_t l = 0; l < d->layers; l++)
        for (int r = 0; r < QN_LAYER_ROLES; r++)
            matrix(w, p, &p->layer[l].m[r], n * wide);
    if (logits)
        matrix(w, p, &p->logits, wide);
    w->bytes += n * (double)d->width * weight_bits(qn_fmt_find(p->part[p->embed.first].fmt)) / 8;
    w->bytes += 4.0 * d->width * (2.0 * d->layers + (logits ? 1 : 0)) + 8.0 * d->head * n;
    // The cache: all tokens before read once, those of this step written; a record of 32 has a scale of 16 bits
    double token_bytes = cached * (p->kv_bits / 8 + 2.0 / 32);
    w->bytes += d->layers * token_bytes * ((double)pos + n);
    for (uint32_t i = 0; i < n; i++)
        w->products += d->layers * 2.0 * d->heads * d->head * (pos + i + 1.0) * p->kv_bits * wide_cache;
}
