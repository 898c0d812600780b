// SPDX-License-Identifier: Apache-2.0
// Gives everything its place in the device's memory, weights in the order in which a token consumes them.
#include "compiler/ir/qn_graph.h"
#include "compiler/back/qn_abi.h"

// Addresses grow in 64 bits; only at the end is the sum compared with what the target has.
typedef struct cursor {
    uint64_t at;
} cursor;

static uint32_t take(cursor *c, uint64_t words)
{
    uint64_t at = c->at;
    c->at += (words + 15) / 16 * 16;         // bursts start aligned
    return (uint32_t)at;
}

static uint64_t matrix_words(const qn_matrix *m)
{
    uint64_t tiles = (m->cols + m->tile - 1) / m->tile;
    return (tiles - 1) * m->tile_words + m->last_words;
}

static void place(cursor *c, qn_matrix *m)
{
    m->addr = take(c, matrix_words(m));
}

// Gate and up alternate, tile by tile.
static void place_pair(cursor *c, qn_matrix *gate, qn_matrix *up)
{
    uint32_t tiles = (gate->cols + gate->tile - 1) / gate->tile;
    gate->tile_step = up->tile_step = gate->tile_words + up->tile_words;
    gate->addr = take(c, (uint64_t)tiles * gate->tile_step);
    up->addr = gate->addr + gate->tile_words;
}

int qn_pass_layout(qn_graph *g, qn_why *why)
{
    const qn_dims *d = &g->dims;
    const qn_target *t = g->opt.target;
    qn_layout *y = &g->lay;
    uint32_t context = g->opt.context ? g->opt.context : d->context;
    if (context > d->context)
        return qn_fail(why, QN_ERR_CONTEXT, "a context of %u tokens is more than the model's %u", context, d->context);
    g->opt.context = context;

    y->kv_blocks = (d->kv_heads * y->head_pad + 31) / 32;
    y->group_heads = 1;
    while (y->group_heads * y->head_pad % 32)
        y->group_heads++;
    y->ctx_blocks = (context + 31) / 32;
    const qn_fmt *key = qn_fmt_find(g->opt.kv_bits == 16 ? QN_FMT_KEY16 : QN_FMT_KEY8);
    const qn_fmt *val = qn_fmt_find(g->opt.kv_bits == 16 ? QN_FMT_VAL16 : QN_FMT_VAL8);
    y->key_tile = (uint32_t)qn_fmt_tile_words(key, 32, 1);
    y->val_tile = (uint32_t)qn_fmt_tile_words(val, 32, 1);
    uint64_t tiles = (uint64_t)y->ctx_blocks * y->kv_blocks;
    uint64_t kv_words = tiles * d->layers * (y->key_tile + y->val_tile + 16);

    cursor c = {0};
    y->const_addr = take(&c, QN_CONST_WORDS);
    y->rope_step = 2 * y->head_pad;
    y->rope_addr = take(&c, (uint64_t)context * y->rope_step);
    place(&c, &g->embed);
    for (uint32_t l = 0; l < d->layers; l++) {
        qn_layer *x = &g->layer[l];
        x->norm_attn_addr = take(&c, d->width);
        place(&c, &x->m[QN_ROLE_Q]);
        place(&c, &x->m[QN_ROLE_V]);
        place(&c, &x->m[QN_ROLE_K]);
        place(&c, &x->m[QN_ROLE_O]);
        x->norm_ffn_addr = take(&c, d->width);
        place_pair(&c, &x->m[QN_ROLE_GATE], &x->m[QN_ROLE_UP]);
        place(&c, &x->m[QN_ROLE_DOWN]);
    }
    y->norm_out_addr = take(&c, d->width);
    place(&c, &g->logits);
    y->code_addr = take(&c, t->prog_words);
    uint64_t image = c.at;
    uint64_t io = (d->vocab + 15) / 16 * 16;
    y->scratch_addr = (uint32_t)io;
    if (y->head_pad != d->head)
        io += (uint64_t)t->rows * d->heads * d->head;

    uint64_t need = 4 * (QN_WIN_ALIGNED(image) + QN_WIN_ALIGNED(kv_words) + io);
    if (need > t->mem_bytes)
        return qn_fail(why, QN_ERR_TOO_LARGE,
                       "needs %llu bytes (weights and tables %llu, KV cache for %u tokens %llu, logits %llu), target %s has %llu",
                       (unsigned long long)need, (unsigned long long)(4 * image), context, (unsigned long long)(4 * kv_words),
                       (unsigned long long)(4 * io), t->name, (unsigned long long)t->mem_bytes);
    y->image_words = (uint32_t)image;
    y->kv_words = (uint32_t)kv_words;
    y->io_words = (uint32_t)io;
    y->key_layer = (uint32_t)(tiles * y->key_tile);
    y->val_layer = (uint32_t)(tiles * y->val_tile);
    y->scale_layer = (uint32_t)(tiles * 16);
    y->key_addr = 0;
    y->val_addr = y->key_addr + y->key_layer * d->layers;
    y->scale_addr = y->val_addr + y->val_layer * d->layers;
    return 0;
}
