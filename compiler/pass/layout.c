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

// Parts of a zone lie tile by tile, each tile's one after the other; of a gate and its up matrix, which alternate, those of both. A last tile's parts
// begin as far apart as a full one's.
static void place(cursor *c, qn_matrix *m, qn_matrix *up)
{
    for (uint32_t first = 0; first < m->n_part;) {
        qn_zone z = qn_matrix_zone(m, first);
        uint32_t step = m->part[first].tile_step + (up ? up->part[first].tile_step : 0), offset = 0, end = 0;
        qn_matrix *each[] = {m, up};
        for (int pass = 0; pass < 2; pass++) {           // how much, then where
            uint32_t base = pass ? take(c, (uint64_t)(z.tiles - 1) * step + end) : 0;
            offset = 0;
            for (int i = 0; i < 2 && each[i]; i++)
                for (uint32_t k = first; k < first + z.n; k++) {
                    qn_matrix_part *p = &each[i]->part[k];
                    end = offset + p->words[QN_TILE_LAST];
                    p->addr = base + offset;
                    offset += p->words[QN_TILE_FULL];
                    p->tile_step = pass ? step : p->tile_step;
                }
        }
        first += z.n;
    }
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
    place(&c, &g->embed, NULL);
    for (uint32_t l = 0; l < d->layers; l++) {
        qn_layer *x = &g->layer[l];
        x->norm_attn_addr = take(&c, d->width);
        place(&c, &x->m[QN_ROLE_Q], NULL);
        place(&c, &x->m[QN_ROLE_V], NULL);
        place(&c, &x->m[QN_ROLE_K], NULL);
        place(&c, &x->m[QN_ROLE_O], NULL);
        x->norm_ffn_addr = take(&c, d->width);
        place(&c, &x->m[QN_ROLE_GATE], &x->m[QN_ROLE_UP]);
        place(&c, &x->m[QN_ROLE_DOWN], NULL);
    }
    y->norm_out_addr = take(&c, d->width);
    place(&c, &g->logits, NULL);
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
