// SPDX-License-Identifier: Apache-2.0
// Chooses what each matrix is streamed as: GGUF's own codes where it has any, else the integers that the options ask for.
#include <stdlib.h>

#include "compiler/back/qn_quantize.h"
#include "compiler/front/qn_ggml_type.h"
#include "compiler/pass/qn_mix.h"

static uint32_t rounded_up(uint32_t n, uint32_t unit)
{
    return (n + unit - 1) / unit * unit;
}

// The format that GGUF's own codes are streamed in; NULL for floats.
static const qn_fmt *own_format(const qn_matrix *m, const qn_options *opt)
{
    switch (m->tensor->type) {
    // ggml meets them with activations in blocks of 32
    case QN_GGML_Q1_0: return qn_fmt_find(opt->act_ggml ? QN_FMT_B1 : QN_FMT_B1G128);
    case QN_GGML_Q2_0: return qn_fmt_find(opt->act_ggml ? QN_FMT_S2 : QN_FMT_S2G64);
    case QN_GGML_Q4_0: return qn_fmt_find(QN_FMT_S4);
    case QN_GGML_Q5_0: return qn_fmt_find(QN_FMT_S5);
    case QN_GGML_IQ4_NL: return qn_fmt_find(QN_FMT_N4);
    case QN_GGML_Q8_0: return qn_fmt_find(QN_FMT_S8);
    case QN_GGML_Q4_1: return qn_fmt_find(QN_FMT_U4M);
    case QN_GGML_Q5_1: return qn_fmt_find(QN_FMT_U5M);
    case QN_GGML_Q2_K: return qn_fmt_find(QN_FMT_K2);
    case QN_GGML_NVFP4: return qn_fmt_find(QN_FMT_NV4);
    case QN_GGML_Q3_K: return qn_fmt_find(QN_FMT_K3);
    case QN_GGML_Q4_K: return qn_fmt_find(QN_FMT_K4);
    case QN_GGML_Q5_K: return qn_fmt_find(QN_FMT_K5);
    case QN_GGML_Q6_K: return qn_fmt_find(QN_FMT_K6);
    case QN_GGML_IQ4_XS: return qn_fmt_find(QN_FMT_X4);
    case QN_GGML_MXFP4: return qn_fmt_find(QN_FMT_MX4);
    case QN_GGML_TQ1_0:
    case QN_GGML_TQ2_0: return qn_fmt_find(QN_FMT_S2G256);
    default: return NULL;
    }
}

static int allocate(qn_matrix *m, uint32_t n)
{
    m->part = calloc(n, sizeof *m->part);
    m->n_part = n;
    for (uint32_t i = 0; m->part && i < n; i++)
        m->part[i].outputs = m->outputs;
    return m->part ? 0 : QN_ERR_NOMEM;
}

// All of a matrix in `n` formats, one for each column that a weight is the sum of.
static int whole(qn_matrix *m, const qn_fmt *f, uint32_t n, uint32_t unit)
{
    int err = allocate(m, n);
    m->slices = rounded_up((m->inputs + QN_DEPTH - 1) / QN_DEPTH, unit > f->block ? unit : f->block);
    for (uint32_t i = 0; !err && i < n; i++) {
        m->part[i].fmt = f;
        m->part[i].slices = m->slices;
    }
    return err;
}

// Wide outputs, then narrow ones.
static int mix_outputs(qn_matrix *m, const qn_fmt *narrow, const qn_fmt *wide, uint32_t n)
{
    int err = allocate(m, 2);
    if (err < 0)
        return err;
    m->slices = 0;
    for (int i = 0; i < 2; i++) {
        qn_matrix_part *p = &m->part[i];
        p->fmt = i ? narrow : wide;
        p->output = i ? n : 0;
        p->outputs = i ? m->outputs - n : n;
        p->slices = rounded_up((m->inputs + QN_DEPTH - 1) / QN_DEPTH, p->fmt->block);
        m->slices = p->slices > m->slices ? p->slices : m->slices;
    }
    return 0;
}

// Group by group of the inputs.
static int mix_groups(qn_matrix *m, const qn_fmt *narrow, const qn_fmt *wide, uint32_t share, qn_why *why)
{
    m->slices = rounded_up((m->inputs + QN_DEPTH - 1) / QN_DEPTH, narrow->block);
    const uint32_t n = m->slices / narrow->block;
    uint8_t *chosen = malloc(n);
    int err = chosen ? allocate(m, n) : QN_ERR_NOMEM;
    if (!err)
        err = qn_mix_wide_groups(m, narrow, wide, share, chosen, why);
    for (uint32_t i = 0; !err && i < n; i++) {
        m->part[i].fmt = chosen[i] ? wide : narrow;
        m->part[i].slice = i * narrow->block;
        m->part[i].slices = narrow->block;
    }
    free(chosen);
    return err;
}

enum use { MATRIX, MIXED_OUTPUTS, EMBEDDING };

// Floats to what the options ask for.
static int requantize(qn_matrix *m, const qn_options *opt, enum use use, uint32_t unit, qn_why *why)
{
    const qn_weights *w = &opt->weights;
    const qn_fmt *f = qn_quantize_fitting(qn_fmt_find(w->fmt), m->inputs), *wide = w->wide ? qn_quantize_fitting(qn_fmt_find(w->wide), m->inputs) : NULL;
    const uint32_t n = qn_mix_wide_outputs(w, m->outputs);
    m->requantize = true;
    m->one_scale = w->rows && !f->sub;      // halves have their own
    m->dual = w->sum > 1 && f->sign != QN_ODD;
    if (use == EMBEDDING)
        return whole(m, w->sum > 1 ? qn_fmt_find(QN_FMT_S8) : wide ? wide : f, 1, 1);
    if (wide && w->groups) {
        wide = wide->block == f->block ? wide : qn_quantize_fitting(wide, 32u * f->block);
        return wide->block == f->block ? mix_groups(m, f, wide, w->share, why)
                                       : qn_fail(why, QN_ERR_USAGE, "%u inputs have no groups that %s and %s have in common", m->inputs, f->name, wide->name);
    }
    return use == MIXED_OUTPUTS && n ? mix_outputs(m, f, wide, n) : whole(m, f, w->sum, unit);
}

// The longest block of those that read the same activations, which all of them are padded to: slices are as many in each layer.
static uint32_t block_of(const qn_matrix *m, const qn_options *opt)
{
    const qn_fmt *own = own_format(m, opt);
    return own ? own->block : qn_quantize_fitting(qn_fmt_find(opt->weights.fmt), m->inputs)->block;
}

// `unit`: slices are a multiple of it.
static int choose(qn_matrix *m, const qn_options *opt, uint32_t tile, enum use use, uint32_t unit, qn_why *why)
{
    const qn_fmt *own = own_format(m, opt);
    m->stripes = opt->target->planes;
    m->tile = tile;
    int err = own ? whole(m, own, 1, use == EMBEDDING ? 1 : unit) : requantize(m, opt, use, unit, why);
    if (err < 0)
        return err;
    m->depth = use == EMBEDDING ? m->part->fmt->block : m->slices;
    for (uint32_t i = 0; !own && i < m->n_part; i++)
        if (opt->act_ggml && m->part[i].fmt->block != 1 && m->part[i].fmt->block != 8)
            return qn_fail(why, QN_ERR_USAGE, "%s has groups of %u: ggml quantizes activations in blocks of 32 or 256", m->part[i].fmt->name,
                           32u * m->part[i].fmt->block);
    const uint32_t full = qn_tile_cols(tile, m->slices / m->depth, m->stripes);
    for (uint32_t first = 0; first < m->n_part;) {
        const qn_zone z = qn_matrix_zone(m, first);
        const qn_tile ends[] = {qn_zone_tile(m, &z, 0), qn_zone_tile(m, &z, z.tiles - 1)};
        uint32_t step = 0;
        for (uint32_t i = first; i < first + z.n; i++) {
            qn_matrix_part *p = &m->part[i];
            const uint32_t depth = use == EMBEDDING ? m->depth : p->slices;
            for (int k = 0; k < 2; k++)
                p->words[ends[k].kind] = (uint32_t)qn_fmt_tile_words(p->fmt, ends[k].cols, depth);
            p->words[QN_TILE_FULL] = z.tiles == 1 ? p->words[QN_TILE_LAST] : (uint32_t)qn_fmt_tile_words(p->fmt, full, depth);
            step += p->words[QN_TILE_FULL];
        }
        for (uint32_t i = first; i < first + z.n; i++)
            m->part[i].tile_step = step;
        first += z.n;
    }
    return 0;
}

// Heads are kept at multiples of 8 values: the columns in between are zeros.
static void pad_heads(qn_graph *g)
{
    static const enum qn_role padded[] = {QN_ROLE_Q, QN_ROLE_K, QN_ROLE_V};
    g->lay.head_pad = (g->dims.head + 7) / 8 * 8;
    for (uint32_t l = 0; l < g->dims.layers; l++)
        for (int i = 0; i < 3; i++) {
            qn_matrix *m = &g->layer[l].m[padded[i]];
            m->outputs = m->outputs / g->dims.head * g->lay.head_pad;
        }
}

int qn_pass_format(qn_graph *g, qn_why *why)
{
    pad_heads(g);
    const qn_target *t = g->opt.target;
    uint32_t unit = 16 * t->planes, tile = t->acc_cols / 2 < 256 ? t->acc_cols / 2 / unit * unit : 256 / unit * unit;    // halves are used too
    if (tile == 0)
        return qn_fail(why, QN_ERR_TOO_LARGE, "two tiles of %u columns, target %s has %u", unit, t->name, t->acc_cols);
    enum { IN, OUT, DOWN };                  // what a matrix reads: a norm's values, attention's, the hidden ones
    uint32_t longest[] = {block_of(&g->logits, &g->opt), 1, 1};
    int err;
    for (uint32_t l = 0; l < g->dims.layers; l++)
        for (int r = 0; r < QN_LAYER_ROLES; r++) {
            uint32_t *u = &longest[r == QN_ROLE_O ? OUT : r == QN_ROLE_DOWN ? DOWN : IN], b = block_of(&g->layer[l].m[r], &g->opt);
            *u = b > *u ? b : *u;
        }
    for (uint32_t l = 0; l < g->dims.layers; l++)
        for (int r = 0; r < QN_LAYER_ROLES; r++) {
            bool half = r == QN_ROLE_GATE || r == QN_ROLE_UP;      // the two share a tile, so that SiLU finds both at hand
            if ((err = choose(&g->layer[l].m[r], &g->opt, half ? tile / 2 : tile, g->layer[l].m[r].out_order ? MIXED_OUTPUTS : MATRIX,
                              longest[r == QN_ROLE_O ? OUT : r == QN_ROLE_DOWN ? DOWN : IN], why)) < 0)
                return err;
        }
    // The embedding is read a row at a time: it lies pair by pair, a copy of its own even where the logits share its values.
    if ((err = choose(&g->embed, &g->opt, 2, EMBEDDING, 1, why)) < 0)
        return err;
    return choose(&g->logits, &g->opt, tile, MATRIX, longest[IN], why);
}
