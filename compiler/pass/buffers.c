// SPDX-License-Identifier: Apache-2.0
#include "compiler/pass/qn_buffers.h"

#include <string.h>

#include "compiler/back/qn_abi.h"

// The lengths of block that a matrix wants its activations in.
static uint32_t block_bit(const qn_matrix *m)
{
    uint32_t bits = 0;
    for (uint32_t i = 0; i < m->n_part; i++)
        bits |= m->part[i].fmt->block;
    return bits;
}

static uint32_t largest_divisor(uint32_t n, uint32_t most)
{
    uint32_t best = 1;
    for (uint32_t i = 1; i <= n && i <= most; i++)
        if (n % i == 0)
            best = i;
    return best;
}

// Which heads share a pass. A pass reads whole blocks of 32 dimensions; those that a row does not touch add nothing to it.
static void plan_passes(const qn_graph *g, bool decode, qn_buffers *b)
{
    const qn_dims *d = &g->dims;
    uint32_t rows = g->opt.target->rows / b->wide[QN_FOR_CACHE], share = d->heads / d->kv_heads;
    b->pass_kv = 1;
    b->pass_queries = 1;
    if (decode) {
        b->pass_queries = largest_divisor(share, rows);
        if (b->pass_queries == share) {
            uint32_t most = rows / share;
            b->pass_kv = largest_divisor(d->kv_heads, most < g->lay.group_heads ? most : g->lay.group_heads);
        }
    }
    b->n_pass = d->kv_heads / b->pass_kv * (share / b->pass_queries);
    b->pass_blocks = 0;
    for (uint32_t k = 0; k < d->kv_heads; k += b->pass_kv) {
        uint32_t first = k * g->lay.head_pad / 32, end = ((k + b->pass_kv) * g->lay.head_pad + 31) / 32;
        b->pass_blocks = end - first > b->pass_blocks ? end - first : b->pass_blocks;
    }
}

qn_pass qn_buffers_pass(const qn_graph *g, const qn_buffers *b, uint32_t i)
{
    const qn_dims *d = &g->dims;
    uint32_t share = d->heads / d->kv_heads;
    qn_pass p = {.head = i * b->pass_kv * b->pass_queries};
    uint32_t kv = p.head / share;
    p.kv_block = kv * g->lay.head_pad / 32;
    if (p.kv_block + b->pass_blocks > g->lay.kv_blocks)
        p.kv_block = g->lay.kv_blocks - b->pass_blocks;
    p.offset = kv * g->lay.head_pad - 32 * p.kv_block;
    return p;
}

static uint32_t take(uint64_t *at, uint64_t words)
{
    uint64_t here = *at;
    *at += (words + 7) / 8 * 8;
    return (uint32_t)here;
}

static uint64_t take_slices(uint32_t mask, uint32_t slices, uint64_t at, uint32_t base[QN_BLOCKS])
{
    for (int i = 0; i < QN_BLOCKS; i++)
        if (mask >> i & 1) {
            base[i] = (uint32_t)at;
            at += slices;
        }
    return at;
}

static uint32_t max(uint32_t a, uint32_t b)
{
    return a > b ? a : b;
}

int qn_pass_buffers(const qn_graph *g, bool decode, uint32_t tokens, qn_buffers *b, qn_why *why)
{
    const qn_dims *d = &g->dims;
    const qn_target *t = g->opt.target;
    const qn_matrix *first = g->layer[0].m;
    memset(b, 0, sizeof *b);
    b->tokens = tokens;
    b->wide[QN_FOR_WEIGHTS] = g->opt.act_bits == 16 ? 2 : 1;
    b->wide[QN_FOR_CACHE] = g->opt.act_bits == 16 || g->opt.act_ggml ? 2 : 1;
    b->width_pad = 32 * max(max(first[QN_ROLE_Q].slices, first[QN_ROLE_GATE].slices), max(g->embed.slices, g->logits.slices));
    b->q_width = d->heads * g->lay.head_pad;
    b->kv_pad = 32 * g->lay.kv_blocks;
    uint32_t rec = g->opt.kv_bits == 16 ? 16 : 8;
    b->rec_stride = g->lay.kv_blocks * rec + (g->lay.kv_blocks + 7) / 8 * 8;
    plan_passes(g, decode, b);

    for (uint32_t l = 0; l < d->layers; l++) {
        const qn_matrix *m = g->layer[l].m;
        b->blocks_in |= block_bit(&m[QN_ROLE_Q]) | block_bit(&m[QN_ROLE_K]) | block_bit(&m[QN_ROLE_V]) | block_bit(&m[QN_ROLE_GATE]) |
                        block_bit(&m[QN_ROLE_UP]);
        b->blocks_o |= block_bit(&m[QN_ROLE_O]);
        b->blocks_down |= block_bit(&m[QN_ROLE_DOWN]);
    }
    b->blocks_logits = block_bit(&g->logits);
    b->blocks_in |= b->blocks_logits;

    uint32_t tile = first[QN_ROLE_Q].tile, rows = decode ? b->pass_kv * b->pass_queries : tokens;
    b->h_width = tile / 2;
    for (int i = 0; i < QN_BLOCKS; i++)
        if (b->blocks_down >> i & 1)
            b->h_width = max(b->h_width, 32u << i);

    uint32_t stride = max(max(b->width_pad, b->q_width), b->kv_pad), most = 8 * ((1u << QN_RAW_VEC_DSTRIDE_W) - 1);
    if (stride > most)
        return qn_fail(why, QN_ERR_TOO_LARGE, "a width of %u: vector instructions step by %u words at most", stride, most);

    uint64_t at = 0;
    b->consts = take(&at, QN_CONST_WORDS);
    b->rope = take(&at, (uint64_t)tokens * 2 * g->lay.head_pad);
    b->norm_w[0] = take(&at, b->width_pad);
    b->norm_w[1] = take(&at, b->width_pad);
    b->x = take(&at, (uint64_t)tokens * b->width_pad);
    b->y = b->kv = take(&at, (uint64_t)tokens * max(b->width_pad, b->kv_pad));
    at += at < 160 ? 160 : 0;                // a query's address may start up to a pass's blocks before its head
    b->q = take(&at, (uint64_t)tokens * (b->q_width + 31) / 32 * 32);
    b->key_rec = take(&at, (uint64_t)tokens * b->rec_stride);
    b->val_rec = take(&at, (uint64_t)tokens * b->rec_stride);
    uint32_t scalars = 8 * max(rows, tokens), tmp = b->wide[QN_FOR_CACHE] == 2 ? max(tokens * tile, rows * max(32, g->lay.head_pad)) : 0;
    b->m_new = take(&at, scalars);
    b->sv = take(&at, 32 * b->pass_blocks);
    b->tmp = take(&at, tmp);
    b->logit = take(&at, tile);
    // Attention and feed-forward never overlap in the vector unit: what only one of them uses shares the rest.
    uint64_t feed = at;
    b->s = take(&at, 32 * rows);
    b->s2 = take(&at, 32 * rows);
    b->m = take(&at, scalars);
    b->l = take(&at, scalars);
    b->alpha = take(&at, scalars);
    b->alpha_old = take(&at, scalars);
    b->inv_l = take(&at, scalars);
    b->rot = take(&at, 2ull * g->lay.head_pad * (decode ? d->heads : tokens));
    b->h = take(&feed, (uint64_t)tokens * b->h_width);
    b->e = take(&feed, (uint64_t)tokens * tile / 2);
    at = feed > at ? feed : at;
    if (at > t->vb_words)
        return qn_fail(why, QN_ERR_TOO_LARGE, "width %u needs %llu words of vector buffer for %u token(s), target %s has %u", d->width,
                       (unsigned long long)at, tokens, t->name, t->vb_words);

    uint64_t in_end = take_slices(b->blocks_in, b->width_pad / 32, 0, b->slice_in);
    uint64_t h_end = take_slices(b->blocks_down, first[QN_ROLE_DOWN].slices, in_end, b->slice_h);
    uint64_t o_end = take_slices(b->blocks_o, first[QN_ROLE_O].slices, in_end, b->slice_o);
    b->slice_q = (uint32_t)o_end;
    b->slice_p = (uint32_t)(o_end + (uint64_t)b->n_pass * b->pass_blocks);
    uint64_t p_end = b->slice_p + (uint64_t)b->pass_blocks, slices = p_end > h_end ? p_end : h_end;
    if (slices > t->slices)
        return qn_fail(why, QN_ERR_TOO_LARGE, "width %u, hidden %u and %u heads need %llu slices of 32, target %s has %u", d->width,
                       d->hidden, d->heads, (unsigned long long)slices, t->name, t->slices);

    b->acc_pv = 64;
    uint32_t acc = b->acc_pv + 32 * b->pass_blocks, embed = qn_tile_cols(2, g->embed.slices / g->embed.depth, t->planes);
    if (acc > t->acc_cols)
        return qn_fail(why, QN_ERR_TOO_LARGE, "attention needs %u accumulator columns, target %s has %u", acc, t->name, t->acc_cols);
    if (embed > tile)
        return qn_fail(why, QN_ERR_TOO_LARGE, "width %u needs %u accumulator columns for a token's embedding, a tile of target %s has %u", d->width,
                       embed, t->name, tile);
    return 0;
}
