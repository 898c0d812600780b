// SPDX-License-Identifier: Apache-2.0
// Chooses what each matrix is streamed as: GGUF's own codes where it has any, else the integers that the options ask for.
#include "compiler/back/qn_quantize.h"
#include "compiler/front/qn_ggml_type.h"
#include "compiler/ir/qn_graph.h"

static uint32_t rounded_up(uint32_t n, uint32_t unit)
{
    return (n + unit - 1) / unit * unit;
}

static int choose(qn_matrix *m, const qn_options *opt, uint32_t tile, qn_why *why)
{
    m->stripes = opt->target->planes;
    m->requantize = false;
    switch (m->tensor->type) {
    // ggml meets them with activations in blocks of 32
    case QN_GGML_Q1_0: m->fmt = qn_fmt_find(opt->act_ggml ? QN_FMT_S2 : QN_FMT_B1G128); break;
    case QN_GGML_Q2_0: m->fmt = qn_fmt_find(opt->act_ggml ? QN_FMT_S2 : QN_FMT_S2G64); break;
    case QN_GGML_Q4_0: m->fmt = qn_fmt_find(QN_FMT_S4); break;
    case QN_GGML_Q5_0: m->fmt = qn_fmt_find(QN_FMT_S5); break;
    case QN_GGML_IQ4_NL: m->fmt = qn_fmt_find(QN_FMT_N4); break;
    case QN_GGML_Q8_0: m->fmt = qn_fmt_find(QN_FMT_S8); break;
    case QN_GGML_Q4_1: m->fmt = qn_fmt_find(QN_FMT_U4M); break;
    case QN_GGML_Q5_1: m->fmt = qn_fmt_find(QN_FMT_U5M); break;
    case QN_GGML_Q2_K: m->fmt = qn_fmt_find(QN_FMT_K2); break;
    case QN_GGML_NVFP4: m->fmt = qn_fmt_find(QN_FMT_NV4); break;
    case QN_GGML_Q3_K: m->fmt = qn_fmt_find(QN_FMT_K3); break;
    case QN_GGML_Q4_K: m->fmt = qn_fmt_find(QN_FMT_K4); break;
    case QN_GGML_Q5_K: m->fmt = qn_fmt_find(QN_FMT_K5); break;
    case QN_GGML_Q6_K: m->fmt = qn_fmt_find(QN_FMT_K6); break;
    case QN_GGML_IQ4_XS: m->fmt = qn_fmt_find(QN_FMT_X4); break;
    case QN_GGML_MXFP4: m->fmt = qn_fmt_find(QN_FMT_MX4); break;
    case QN_GGML_TQ1_0:
    case QN_GGML_TQ2_0: m->fmt = qn_fmt_find(QN_FMT_S2G256); break;
    default:
        m->requantize = true;
        m->one_scale = opt->weight_rows;
        m->fmt = qn_quantize_fitting(opt->weights, m->inputs);
        if (opt->act_ggml && m->fmt->block != 1)
            return qn_fail(why, QN_ERR_USAGE, "ggml quantizes activations in blocks of 32 or 256: no weights in groups of %u", 32u * m->fmt->block);
        if (opt->act_ggml && m->fmt->sign == QN_ODD)
            return qn_fail(why, QN_ERR_USAGE, "weights of %s need the sums of activations, in whose place ggml's quantization has something else", m->fmt->name);
    }
    m->cols = rounded_up(m->outputs, qn_target_cols(opt->target));
    m->slices = m->depth = rounded_up((m->inputs + QN_DEPTH - 1) / QN_DEPTH, m->fmt->block);
    m->tile = tile;
    uint32_t last = m->cols % tile ? m->cols % tile : tile;
    m->tile_words = (uint32_t)qn_fmt_tile_words(m->fmt, tile, m->slices);
    m->last_words = (uint32_t)qn_fmt_tile_words(m->fmt, last, m->slices);
    m->tile_step = m->tile_words;
    return 0;
}

// The embedding is read a row at a time: it lies pair by pair, a copy of its own even where the logits share its values.
static int choose_embed(qn_matrix *m, const qn_options *opt, qn_why *why)
{
    int err = choose(m, opt, 2, why);
    if (err < 0)
        return err;
    m->cols = rounded_up(m->outputs, 2);
    m->depth = m->fmt->block;
    m->tile_words = (uint32_t)qn_fmt_tile_words(m->fmt, qn_tile_cols(m->tile, m->slices / m->depth, m->stripes), m->depth);
    m->last_words = m->tile_step = m->tile_words;
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
    int err;
    for (uint32_t l = 0; l < g->dims.layers; l++)
        for (int r = 0; r < QN_LAYER_ROLES; r++) {
            bool half = r == QN_ROLE_GATE || r == QN_ROLE_UP;      // the two share a tile, so that SiLU finds both at hand
            if ((err = choose(&g->layer[l].m[r], &g->opt, half ? tile / 2 : tile, why)) < 0)
                return err;
        }
    if ((err = choose_embed(&g->embed, &g->opt, why)) < 0)
        return err;
    return choose(&g->logits, &g->opt, tile, why);
}
