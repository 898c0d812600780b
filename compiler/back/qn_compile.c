// SPDX-License-Identifier: Apache-2.0
#include "compiler/back/qn_compile.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compiler/back/qn_abi.h"
#include "compiler/back/qn_lower.h"
#include "compiler/back/qn_pack.h"
#include "compiler/back/qn_trig.h"
#include "compiler/front/qn_llama.h"

qn_options qn_options_default(const qn_target *t)
{
    return (qn_options){.target = t, .weights = {.fmt = QN_FMT_S8, .sum = 1}, .kv_bits = 8, .act_bits = 8};
}

void qn_prog_free(qn_prog *p)
{
    free(p->layer);
    free(p->part);
    free(p->image);
    free(p->mark);
    free(p->vocab);
    *p = (qn_prog){0};
}

qn_prog_window qn_prog_window_of(const qn_prog *p, unsigned w)
{
    uint32_t kv = QN_WIN_ALIGNED(p->lay.image_words), io = kv + QN_WIN_ALIGNED(p->lay.kv_words);
    switch (w) {
    case QN_WIN_IMAGE: return (qn_prog_window){0, p->lay.image_words, false};
    case QN_WIN_KV: return (qn_prog_window){kv, p->lay.kv_words, true};
    case QN_WIN_IO: return (qn_prog_window){io, p->lay.io_words, true};
    default: return (qn_prog_window){0, 0, false};
    }
}

static uint32_t float_word(float x)
{
    uint32_t u;
    memcpy(&u, &x, 4);
    return u;
}

static void fill_constants(const qn_graph *g, uint32_t *image)
{
    const struct {
        enum qn_const at;
        float value;
    } c[] = {
        {QN_CONST_ONE, 1.0f}, {QN_CONST_NEG_INF, -INFINITY}, {QN_CONST_INV_WIDTH, (float)(1.0 / g->dims.width)},
        {QN_CONST_EPS, g->dims.eps}, {QN_CONST_Q_SCALE, (float)(1.0 / sqrt(g->dims.head))},
    };
    for (size_t i = 0; i < sizeof c / sizeof *c; i++)
        for (int k = 0; k < 8; k++)
            image[g->lay.const_addr + 8 * (uint32_t)c[i].at + (uint32_t)k] = float_word(c[i].value);
}

// Per position a (padded) head's cosines, then its sines with the sign that the pair's partner takes.
static void fill_rope(const qn_graph *g, uint32_t *image)
{
    const qn_dims *d = &g->dims;
    uint32_t head = g->lay.head_pad;
    for (uint32_t pos = 0; pos < g->opt.context; pos++) {
        uint32_t *row = image + g->lay.rope_addr + (size_t)pos * g->lay.rope_step;
        for (uint32_t i = 0; i < head; i += 2) {
            float c = 1, s = 0;
            if (i < d->rope)
                qn_trig_rope(pos, i / 2, d->rope, d->rope_base, &c, &s);
            row[i] = row[i + 1] = float_word(c);
            row[head + i] = float_word(-s);
            row[head + i + 1] = float_word(s);
        }
    }
}

// Padded heads to stored rows.
static uint32_t head_row(uint32_t col, const void *ctx)
{
    const qn_graph *g = ctx;
    uint32_t head = col / g->lay.head_pad, i = col % g->lay.head_pad;
    return i < g->dims.head ? head * g->dims.head + i : QN_PACK_ZERO;
}

// The same for heads whose pairs are (i, i + n/2): partners become neighbours, which a dot product of heads does not see.
static uint32_t neighbour_row(uint32_t col, const void *ctx)
{
    const qn_graph *g = ctx;
    uint32_t head = col / g->lay.head_pad, i = col % g->lay.head_pad;
    if (i < g->dims.rope)
        i = i / 2 + (i % 2) * (g->dims.rope / 2);
    return i < g->dims.head ? head * g->dims.head + i : QN_PACK_ZERO;
}

static int fill_vector(const qn_graph *g, const qn_gguf_tensor *t, uint32_t *dst, qn_why *why)
{
    for (uint32_t i = 0; i < g->dims.width; i++) {
        memcpy(&dst[i], t->data + 4 * (size_t)(g->width_order ? g->width_order[i] : i), 4);
        if ((dst[i] & 0x7f800000) == 0x7f800000) {
            char shown[QN_GGUF_SHOW];
            return qn_fail(why, QN_ERR_NONFINITE, "tensor '%s': element %u is not finite", qn_gguf_show(shown, t->name), i);
        }
    }
    return 0;
}

// One matrix into the image, after which its tensor is not needed: so a model is never in memory twice.
static int fill_matrix(const qn_gguf *file, const qn_matrix *m, uint32_t *image, qn_row_map *map, const void *ctx, qn_why *why)
{
    int err = qn_pack_matrix(m, image, map, ctx, why);
    qn_gguf_done(file, m->tensor);
    return err;
}

static int fill_weights(const qn_graph *g, const qn_gguf *file, uint32_t *image, qn_why *why)
{
    const qn_dims *d = &g->dims;
    int err = fill_matrix(file, &g->embed, image, NULL, NULL, why);
    for (uint32_t l = 0; !err && l < d->layers; l++) {
        const qn_layer *y = &g->layer[l];
        err = fill_vector(g, y->norm_attn, image + y->norm_attn_addr, why);
        for (int r = 0; !err && r < QN_LAYER_ROLES; r++) {
            bool shuffle = d->pairing == QN_PAIR_HALVES && (r == QN_ROLE_Q || r == QN_ROLE_K);
            bool heads = r == QN_ROLE_Q || r == QN_ROLE_K || r == QN_ROLE_V;
            err = fill_matrix(file, &y->m[r], image, shuffle ? neighbour_row : heads ? head_row : NULL, g, why);
        }
        if (!err)
            err = fill_vector(g, y->norm_ffn, image + y->norm_ffn_addr, why);
    }
    if (!err)
        err = fill_vector(g, g->norm_out, image + g->lay.norm_out_addr, why);
    return err ? err : fill_matrix(file, &g->logits, image, NULL, NULL, why);
}

// The largest chunk of a prompt that the buffers hold.
static int plan(const qn_graph *g, qn_buffers *decode, qn_buffers *prefill, uint32_t *chunk, qn_why *why)
{
    int err = qn_pass_buffers(g, true, 1, decode, why);
    if (err < 0)
        return err;
    *chunk = g->opt.target->rows / decode->wide[QN_FOR_CACHE];
    if (*chunk > QN_ARGS - QN_ARG_TOKEN)
        *chunk = QN_ARGS - QN_ARG_TOKEN;
    while ((err = qn_pass_buffers(g, false, *chunk, prefill, why)) < 0 && *chunk > 1)
        *chunk /= 2;
    return err;
}

// Room for another matrix's parts is there.
static qn_prog_matrix summary(qn_prog *p, const qn_matrix *m)
{
    qn_prog_matrix s = {m->outputs, m->inputs, p->n_part, m->n_part};
    for (uint32_t i = 0; i < m->n_part; i++) {
        const qn_matrix_part *x = &m->part[i];
        p->part[p->n_part++] = (qn_prog_part){x->fmt->id, x->output, x->outputs, x->slice, x->slices, m->tile, x->addr, x->tile_step};
    }
    return s;
}

static uint32_t count_parts(const qn_graph *g)
{
    uint32_t n = g->embed.n_part + g->logits.n_part;
    for (uint32_t l = 0; l < g->dims.layers; l++)
        for (int r = 0; r < QN_LAYER_ROLES; r++)
            n += g->layer[l].m[r].n_part;
    return n;
}

static int fill_prog(qn_prog *p, const qn_graph *g, const qn_gguf *file)
{
    snprintf(p->target, sizeof p->target, "%s", g->opt.target->name);
    qn_gguf_str name = {"unnamed", 7};
    qn_gguf_get_str(file, "general.name", &name, NULL);
    char shown[QN_GGUF_SHOW];
    snprintf(p->model, sizeof p->model, "%.63s", qn_gguf_show(shown, name));
    p->dims = g->dims;
    p->kv_bits = g->opt.kv_bits;
    p->act_bits = g->opt.act_bits;
    p->act_ggml = g->opt.act_ggml;
    p->act_coarse = g->opt.act_coarse;
    p->weights = g->opt.weights;
    p->context = g->opt.context;
    p->lay = g->lay;
    p->layer = calloc(g->dims.layers, sizeof *p->layer);
    p->part = calloc(count_parts(g), sizeof *p->part);
    if (!p->layer || !p->part)
        return QN_ERR_NOMEM;
    p->embed = summary(p, &g->embed);
    for (uint32_t l = 0; l < g->dims.layers; l++) {
        for (int r = 0; r < QN_LAYER_ROLES; r++)
            p->layer[l].m[r] = summary(p, &g->layer[l].m[r]);
        p->layer[l].norm_attn_addr = g->layer[l].norm_attn_addr;
        p->layer[l].norm_ffn_addr = g->layer[l].norm_ffn_addr;
    }
    p->logits = summary(p, &g->logits);
    return 0;
}

static int build(qn_prog *p, qn_graph *g, const qn_gguf *file, qn_why *why)
{
    qn_buffers decode, prefill;
    qn_asm a = {0};
    int err;
    if ((err = qn_pass_mix(g, why)) < 0 || (err = qn_pass_format(g, why)) < 0 || (err = qn_pass_layout(g, why)) < 0 || (err = plan(g, &decode, &prefill, &p->chunk, why)) < 0)
        return err;
    if ((err = qn_lower_program(&a, g, &decode, &prefill, p->entry)) < 0 || (err = qn_asm_finish(&a, g->opt.target->prog_words, why)) < 0)
        goto out;
    p->image = calloc(g->lay.image_words, 4);
    if (!p->image || fill_prog(p, g, file) < 0) {
        err = qn_fail(why, QN_ERR_NOMEM, "%u words of weights: %s", g->lay.image_words, qn_err_text(QN_ERR_NOMEM));
        goto out;
    }
    fill_constants(g, p->image);
    fill_rope(g, p->image);
    if ((err = fill_weights(g, file, p->image, why)) < 0)
        goto out;
    p->n_code = (uint32_t)a.n;
    p->code_words = (uint32_t)(a.n * QN_INSN_WORDS + a.n_table);
    memcpy(p->image + g->lay.code_addr, a.code, a.n * sizeof *a.code);
    memcpy(p->image + g->lay.code_addr + a.n * QN_INSN_WORDS, a.table, 4 * a.n_table);
    p->mark = a.mark;
    p->n_mark = (uint32_t)a.n_mark;
    a.mark = NULL;
out:
    qn_asm_free(&a);
    return err;
}

int qn_compile(qn_prog *p, const qn_gguf *file, const qn_options *o, qn_why *why)
{
    qn_graph g;
    memset(p, 0, sizeof *p);
    if (o->act_ggml && !o->target->ggml)
        return qn_fail(why, QN_ERR_USAGE, "target %s does not quantize activations as ggml does", o->target->name);
    int err = qn_llama_import(&g, file, why);
    if (err < 0)
        return err;
    g.opt = *o;
    err = build(p, &g, file, why);
    qn_graph_free(&g);
    if (err < 0)
        qn_prog_free(p);
    return err;
}
