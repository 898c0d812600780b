// SPDX-License-Identifier: Apache-2.0
#include "cpu/qn_cpu.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "compiler/back/qn_abi.h"
#include "cpu/qn_unpack.h"
#include "driver/qn_size.h"
#include "sim/model/qn_num.h"

enum {
    Block = 32,                  // tokens of a KV tile, and its dimensions
    HeadMax = 128,
    Touched = HeadMax / Block + 1 // blocks of dimensions that a head can touch
};

// A matrix's parts in the order in which their products add up, and the slices that its activations fill in each length of block.
typedef struct matrix {
    uint32_t outputs, parts, slices[4];
    qn_unpacked *part;
} matrix;

typedef struct layer {
    const uint32_t *norm_attn, *norm_ffn;        // in the image
    matrix m[QN_LAYER_ROLES];
} layer;

// 32 values as one or two rows of codes.
typedef struct small {
    int rows;
    int16_t code[2][Block];
    float scale[2];
} small;

// 32 tokens x 32 dimensions of the cache, unpacked.
typedef struct tile {
    int16_t key[Block][Block], value[Block][Block];      // [token][dimension], [dimension][token]
    float key_scale[Block], value_scale[Block];          // [token]
} tile;

// A query head, and what it has made of the token blocks so far.
typedef struct head {
    uint32_t first, blocks, at;  // blocks of dimensions that its keys touch; where in the first they begin
    small q[Touched];
    float top, sum;
    float o[Touched * Block];
} head;

struct qn_cpu {
    const qn_prog *p;
    uint32_t planes;             // stripes of the target, which the image and the cache are laid out for
    layer *layer;
    qn_unpacked embed;
    matrix logits;
    const uint32_t *norm_out;
    uint32_t *kv;
    uint32_t digest_a, digest_b;
    int nonfinite;

    // Of a step. Vectors are padded with zeros that nothing overwrites.
    float *x, *y, *sum;          // width
    float *q, *k, *v, *o;        // heads
    float *gate, *up;            // hidden
    float *out, *acc[2];         // vocab, and room for any matrix
    qn_acts acts;
    tile *tile;                  // lay.kv_blocks
    head *head;                  // dims.heads
};

// Room for n values as any format pads them.
static float *vector(uint64_t n)
{
    return calloc((size_t)(n + 255) / 256 * 256, sizeof(float));
}

// ---- Opening

static int words_at(const qn_prog *p, uint32_t addr, uint64_t n, const uint32_t **out, qn_why *why)
{
    if (addr > p->lay.image_words || n > p->lay.image_words - addr)
        return qn_fail(why, QN_ERR_FORMAT, "%llu words at %u do not lie inside the image of %u", (unsigned long long)n, addr, p->lay.image_words);
    *out = p->image + addr;
    return 0;
}

static int check_shape(const qn_prog_matrix *m, uint32_t outputs, uint32_t inputs, qn_why *why)
{
    if (m->outputs != outputs || m->inputs != inputs)
        return qn_fail(why, QN_ERR_FORMAT, "a matrix of %u x %u stands where one of %u x %u is expected", m->outputs, m->inputs, outputs, inputs);
    return 0;
}

static int block_log2(uint32_t block)
{
    return block == 8 ? 3 : block == 4 ? 2 : block == 2 ? 1 : 0;
}

// No format pads further than vector() does.
static int check_padding(uint32_t slices, uint32_t inputs, qn_why *why)
{
    return slices <= (inputs + 255) / 256 * 8 ? 0 : qn_fail(why, QN_ERR_FORMAT, "%u slices for %u inputs", slices, inputs);
}

static int unpack(const qn_cpu *c, const qn_prog_matrix *m, uint32_t outputs, uint32_t inputs, matrix *to, qn_why *why)
{
    const qn_prog *p = c->p;
    int err = check_shape(m, outputs, inputs, why);
    if (err < 0)
        return err;
    to->outputs = outputs;
    to->part = calloc(m->parts, sizeof *to->part);
    if (!to->part)
        return QN_ERR_NOMEM;
    for (uint32_t i = 0; !err && i < m->parts; i++) {
        const qn_prog_part *x = &p->part[m->first + i];
        if (x->output >= outputs || x->outputs > outputs - x->output)
            return qn_fail(why, QN_ERR_FORMAT, "a part with outputs %u to %u of a matrix of %u", x->output, x->output + x->outputs, outputs);
        to->parts++;
        if ((err = qn_unpack(&to->part[i], x, c->planes, p->image, p->lay.image_words, why)) == 0 && (err = check_padding(x->slice + x->slices, inputs, why)) == 0) {
            uint32_t *slices = &to->slices[block_log2(to->part[i].fmt->block)];
            *slices = x->slice + x->slices > *slices ? x->slice + x->slices : *slices;
        }
    }
    return err;
}

static void free_matrix(matrix *m)
{
    for (uint32_t i = 0; i < m->parts; i++)
        qn_unpacked_free(&m->part[i]);
    free(m->part);
}

static int unpack_embedding(qn_cpu *c, qn_why *why)
{
    const qn_prog *p = c->p;
    int err = check_shape(&p->embed, p->dims.vocab, p->dims.width, why);
    const qn_prog_part *x = &p->part[p->embed.first];
    if (!err && (x->output || x->slice || x->outputs != p->dims.vocab))
        err = qn_fail(why, QN_ERR_FORMAT, "the embedding is not whole");
    if (!err)
        err = qn_unpack_embedding(&c->embed, x, c->planes, p->image, p->lay.image_words, why);
    return err ? err : check_padding(c->embed.slices, p->dims.width, why);
}

// Sizes of the KV window, counted anew.
static int check_layout(const qn_prog *p, qn_why *why)
{
    const qn_dims *d = &p->dims;
    const qn_layout *y = &p->lay;
    if (!d->layers || !d->heads || !d->kv_heads || d->heads % d->kv_heads || !d->head || d->head % 2 || d->head > HeadMax ||
        d->heads > 65536 || d->width == 0 || d->width > 1u << 20 || d->hidden == 0 || d->hidden > 1u << 20 || !p->context ||
        d->layers > QN_LAYERS_MAX || (p->kv_bits != 8 && p->kv_bits != 16) || (p->act_bits != 8 && p->act_bits != 16) || p->act_ggml > (p->act_bits == 8) || p->act_coarse > !p->act_ggml)
        return qn_fail(why, QN_ERR_FORMAT, "sizes of the model are out of range");
    uint64_t blocks = ((uint64_t)d->kv_heads * y->head_pad + Block - 1) / Block, tokens = ((uint64_t)p->context + Block - 1) / Block;
    uint64_t tiles = blocks * tokens, code_words = Block * Block * p->kv_bits / 32;
    uint64_t key = tiles * (code_words + Block / 2), value = tiles * code_words, scale = tiles * (Block / 2);
    bool same = y->head_pad == (d->head + 7) / 8 * 8 && y->kv_blocks == blocks && y->ctx_blocks == tokens && y->key_tile == code_words + Block / 2 && y->val_tile == code_words &&
                y->key_layer == key && y->val_layer == value && y->scale_layer == scale;
    const uint64_t region[3][2] = {{y->key_addr, key}, {y->val_addr, value}, {y->scale_addr, scale}};
    for (int i = 0; i < 3; i++)
        same = same && region[i][0] + region[i][1] * d->layers <= y->kv_words;
    if (!same)
        return qn_fail(why, QN_ERR_FORMAT, "the layout of the KV cache is not that of the model");
    return 0;
}

static int load(qn_cpu *c, qn_why *why)
{
    const qn_prog *p = c->p;
    const qn_dims *d = &p->dims;
    const uint32_t *unused;
    uint32_t pad = p->lay.head_pad, all = d->heads * pad, kv = d->kv_heads * pad;
    const uint32_t shape[QN_LAYER_ROLES][2] = {{all, d->width}, {kv, d->width}, {kv, d->width}, {d->width, d->heads * d->head},
                                               {d->hidden, d->width}, {d->hidden, d->width}, {d->width, d->hidden}};
    int err;
    if ((err = words_at(p, p->lay.const_addr, QN_CONST_WORDS, &unused, why)) < 0 ||
        (err = words_at(p, p->lay.rope_addr, (uint64_t)(p->context - 1) * p->lay.rope_step + 2 * pad, &unused, why)) < 0 ||
        (err = words_at(p, p->lay.norm_out_addr, d->width, &c->norm_out, why)) < 0 ||
        (err = unpack_embedding(c, why)) < 0 ||
        (err = unpack(c, &p->logits, d->vocab, d->width, &c->logits, why)) < 0)
        return err;
    for (uint32_t l = 0; l < d->layers; l++) {
        const qn_prog_layer *from = &p->layer[l];
        if ((err = words_at(p, from->norm_attn_addr, d->width, &c->layer[l].norm_attn, why)) < 0 ||
            (err = words_at(p, from->norm_ffn_addr, d->width, &c->layer[l].norm_ffn, why)) < 0)
            return err;
        for (int r = 0; r < QN_LAYER_ROLES; r++)
            if ((err = unpack(c, &from->m[r], shape[r][0], shape[r][1], &c->layer[l].m[r], why)) < 0)
                return err;
    }
    return 0;
}

static int allocate(qn_cpu *c)
{
    const qn_dims *d = &c->p->dims;
    uint64_t pad = c->p->lay.head_pad, all = d->heads * pad, kv = d->kv_heads * pad, most = d->width > d->hidden ? d->width : d->hidden;
    most = most > all ? most : all;
    c->kv = calloc(c->p->lay.kv_words, sizeof *c->kv);
    c->x = vector(d->width);
    c->y = vector(d->width);
    c->sum = vector(d->width);
    c->q = vector(all);
    c->k = vector(kv);
    c->v = vector(kv);
    c->o = vector(all);
    c->gate = vector(d->hidden);
    c->up = vector(d->hidden);
    uint64_t outputs = most > d->vocab ? most : d->vocab;
    c->out = vector(outputs);
    c->acc[0] = vector(outputs);
    c->acc[1] = vector(outputs);
    c->tile = calloc(c->p->lay.kv_blocks, sizeof *c->tile);
    c->head = calloc(d->heads, sizeof *c->head);
    if (!c->tile || !c->head || !c->kv || !c->x || !c->y || !c->sum || !c->q || !c->k || !c->v || !c->o || !c->gate || !c->up || !c->out ||
        !c->acc[0] || !c->acc[1])
        return QN_ERR_NOMEM;
    return qn_acts_new(&c->acts, (uint32_t)((most + 255) / 256 * 8));
}

int qn_cpu_open(qn_cpu **out, const qn_prog *prog, qn_why *why)
{
    assert(out && prog);
    *out = NULL;
    const qn_target *t = qn_target_find(prog->target);
    if (!t)
        return qn_fail(why, QN_ERR_TARGET, "target '%.15s' is not known", prog->target);
    int err = check_layout(prog, why);
    if (err < 0)
        return err;
    qn_cpu *c = calloc(1, sizeof *c);
    if (!c)
        return QN_ERR_NOMEM;
    c->p = prog;
    c->planes = t->planes;
    c->layer = calloc(prog->dims.layers, sizeof *c->layer);
    if (!c->layer)
        err = QN_ERR_NOMEM;
    else if ((err = load(c, why)) == 0)
        err = allocate(c);
    if (err < 0)
        qn_cpu_close(c);
    else
        *out = c;
    return err;
}

void qn_cpu_close(qn_cpu *c)
{
    if (!c)
        return;
    for (uint32_t l = 0; c->layer && l < c->p->dims.layers; l++)
        for (int r = 0; r < QN_LAYER_ROLES; r++)
            free_matrix(&c->layer[l].m[r]);
    free(c->layer);
    qn_unpacked_free(&c->embed);
    free_matrix(&c->logits);
    qn_acts_free(&c->acts);
    free(c->kv);
    free(c->x);
    free(c->y);
    free(c->sum);
    free(c->q);
    free(c->k);
    free(c->v);
    free(c->o);
    free(c->gate);
    free(c->up);
    free(c->out);
    free(c->acc[0]);
    free(c->acc[1]);
    free(c->tile);
    free(c->head);
    free(c);
}

void qn_cpu_reset(qn_cpu *c)
{
    memset(c->kv, 0, c->p->lay.kv_words * sizeof *c->kv);
    c->digest_a = c->digest_b = 0;
    c->nonfinite = 0;
}

// ---- Vectors

// Overwrites x[0..n), n a multiple of 8.
static float sum(float *x, uint32_t n)
{
    while (n > 8) {
        uint32_t half = 8;
        while (2 * half < n)
            half *= 2;
        for (uint32_t i = 0; i < n - half; i++)
            x[i] = qn_fadd(x[i], x[i + half]);
        n = half;
    }
    for (int step = 4; step; step /= 2)
        for (int i = 0; i < step; i++)
            x[i] = qn_fadd(x[i + step], x[i]);
    return x[0];
}

static float constant(const qn_cpu *c, enum qn_const i)
{
    return qn_float(c->p->image[c->p->lay.const_addr + 8 * i]);
}

// c->y = the norm of c->x
static void norm(qn_cpu *c, const uint32_t *weight)
{
    uint32_t width = c->p->dims.width, padded = (width + 31) / 32 * 32;
    for (uint32_t i = 0; i < padded; i++)
        c->sum[i] = qn_fmul(c->x[i], c->x[i]);
    float mean = qn_fmul(sum(c->sum, padded), constant(c, QN_CONST_INV_WIDTH));
    float r = qn_rsqrt(qn_fadd(mean, constant(c, QN_CONST_EPS)));
    for (uint32_t i = 0; i < width; i++)
        c->y[i] = qn_fmul(qn_fmul(c->x[i], r), qn_float(weight[i]));
}

// y = m x, with x quantized as the format of each part wants it
static void product(qn_cpu *c, const matrix *m, const float *x, float *y)
{
    c->acts.block = 0;
    for (int r = 0; r < 2; r++)
        memset(c->acc[r], 0, m->outputs * sizeof *c->acc[r]);
    for (const qn_unpacked *u = m->part; u < m->part + m->parts; u++) {
        uint32_t block = u->fmt->block, slices = m->slices[block_log2(block)];
        if (block == c->acts.block)
            ;
        else if (c->p->act_ggml)
            qn_acts_quantize_ggml(&c->acts, x, slices, block, &c->nonfinite);
        else
            (c->p->act_coarse ? qn_acts_quantize_coarse : qn_acts_quantize)(&c->acts, x, slices, block, c->p->act_bits, &c->nonfinite);
        qn_accumulate(u, &c->acts, c->acc);
    }
    qn_acts_sum(&c->acts, m->outputs, (const float *const *)c->acc, y);
}

static void rotate(const qn_cpu *c, float *v, uint32_t heads, uint32_t pos)
{
    uint32_t h = c->p->lay.head_pad;
    const uint32_t *cosine = c->p->image + c->p->lay.rope_addr + (size_t)pos * c->p->lay.rope_step, *sine = cosine + h;
    for (float *x = v; x < v + (size_t)heads * h; x += h)
        for (uint32_t i = 0; i < h; i += 2) {
            float a = x[i], b = x[i + 1];
            x[i] = qn_fadd(qn_fmul(a, qn_float(cosine[i])), qn_fmul(b, qn_float(sine[i])));
            x[i + 1] = qn_fadd(qn_fmul(b, qn_float(cosine[i + 1])), qn_fmul(a, qn_float(sine[i + 1])));
        }
}

// ---- KV cache

// Words of one stripe: `step` apart.
typedef struct words {
    uint32_t *at, step;
} words;

static words skip(words w, uint32_t n)
{
    return (words){w.at + (size_t)n * w.step, w.step};
}

static void put_byte(words w, uint32_t i, int value)
{
    uint32_t shift = 8 * (i % 4), *word = skip(w, i / 4).at;
    *word = (*word & ~(255u << shift)) | (uint32_t)(value & 255) << shift;
}

static int byte_at(words w, uint32_t i)
{
    return (int)(*skip(w, i / 4).at >> (8 * (i % 4)) & 255);
}

static void put_half(words w, uint32_t i, uint32_t value)
{
    uint32_t shift = 16 * (i % 2), *word = skip(w, i / 2).at;
    *word = (*word & ~(0xffffu << shift)) | value << shift;
}

static uint16_t half_at(words w, uint32_t i)
{
    return (uint16_t)(*skip(w, i / 2).at >> (16 * (i % 2)));
}

// The 32 codes of a column: bytes, or 32 high ones and 32 low ones
static void put_code(words column, uint32_t i, int code, uint32_t bits)
{
    if (bits == 16) {
        put_byte(column, i, code >> 8);
        put_byte(column, Block + i, code);
    } else {
        put_byte(column, i, code);
    }
}

static void codes_of(words column, uint32_t bits, int16_t code[Block])
{
    for (uint32_t i = 0; i < Block; i++) {
        code[i] = (int8_t)byte_at(column, i);
        if (bits == 16)
            code[i] = (int16_t)(code[i] * 256 + byte_at(column, Block + i));
    }
}

static size_t tile_of(const qn_cpu *c, uint32_t token_block, uint32_t kv_block)
{
    return (size_t)token_block * c->p->lay.kv_blocks + kv_block;
}

static uint32_t *key_tile(const qn_cpu *c, uint32_t l, uint32_t token_block, uint32_t kv_block)
{
    const qn_layout *y = &c->p->lay;
    return c->kv + y->key_addr + (size_t)l * y->key_layer + tile_of(c, token_block, kv_block) * y->key_tile;
}

static uint32_t *value_tile(const qn_cpu *c, uint32_t l, uint32_t token_block, uint32_t kv_block)
{
    const qn_layout *y = &c->p->lay;
    return c->kv + y->val_addr + (size_t)l * y->val_layer + tile_of(c, token_block, kv_block) * y->val_tile;
}

static words value_scales(const qn_cpu *c, uint32_t l, uint32_t token_block, uint32_t kv_block)
{
    const qn_layout *y = &c->p->lay;
    return (words){c->kv + y->scale_addr + (size_t)l * y->scale_layer + tile_of(c, token_block, kv_block) * (Block / 2), 1};
}

static words stripe(const qn_cpu *c, uint32_t *tile, uint32_t col)
{
    return (words){tile + qn_stripe_of(c->planes, col), c->planes};
}

// Within a key tile, where tokens are columns: two tokens' scales in a word, the codes of the first, those of the second
static words key_pair(const qn_cpu *c, uint32_t *tile, uint32_t token)
{
    return skip(stripe(c, tile, token), qn_stripe_col(c->planes, token) / 2 * (1 + 2 * (Block * c->p->kv_bits / 32)));
}

// Within a value tile, where dimensions are columns: the codes of all tokens
static words value_column(const qn_cpu *c, uint32_t *tile, uint32_t i)
{
    return skip(stripe(c, tile, i), qn_stripe_col(c->planes, i) * (Block * c->p->kv_bits / 32));
}

// Keeps c->k and c->v of position `pos`.
static void keep(qn_cpu *c, uint32_t l, uint32_t pos)
{
    uint32_t bits = c->p->kv_bits, token = pos % Block;
    enum qn_scale rounding = c->p->act_ggml ? QN_SCALE_BF16_NEAR : QN_SCALE_BF16_UP;
    int16_t code[Block];
    for (uint32_t b = 0; b < c->p->lay.kv_blocks; b++) {
        float scale = qn_quant_block(c->k + Block * b, Block, (int)bits, rounding, code, &c->nonfinite);
        words pair = key_pair(c, key_tile(c, l, pos / Block, b), token);
        put_half(pair, token % 2, qn_bits(scale) >> 16);
        for (uint32_t i = 0; i < Block; i++)
            put_code(skip(pair, 1 + token % 2 * (Block * bits / 32)), i, code[i], bits);

        scale = qn_quant_block(c->v + Block * b, Block, (int)bits, rounding, code, &c->nonfinite);
        put_half(value_scales(c, l, pos / Block, b), token, qn_bits(scale) >> 16);
        for (uint32_t i = 0; i < Block; i++)
            put_code(value_column(c, value_tile(c, l, pos / Block, b), i), token, code[i], bits);
    }
}

// ---- Attention

static small quantize(qn_cpu *c, const float x[Block])
{
    small s = {.rows = c->p->act_bits == 16 || c->p->act_ggml ? 2 : 1};
    int16_t q[Block];
    float scale = qn_quant_block(x, Block, 8 * s.rows, QN_SCALE_FP32, q, &c->nonfinite);
    for (int i = 0; i < Block; i++) {
        int high = (q[i] + 128) >> 8;
        s.code[0][i] = (int16_t)(s.rows == 2 ? high : q[i]);
        s.code[1][i] = (int16_t)(q[i] - 256 * high);
    }
    s.scale[0] = s.rows == 2 ? qn_fmul(scale, 256) : scale;
    s.scale[1] = scale;
    return s;
}

static int32_t dot(const int16_t a[Block], const int16_t b[Block])
{
    int32_t r = 0;
    for (int i = 0; i < Block; i++)
        r += a[i] * b[i];
    return r;
}

// Reads 32 tokens of the cache into c->tile.
static void recall(qn_cpu *c, uint32_t l, uint32_t token_block)
{
    uint32_t bits = c->p->kv_bits;
    for (uint32_t b = 0; b < c->p->lay.kv_blocks; b++) {
        tile *t = &c->tile[b];
        words scale = value_scales(c, l, token_block, b);
        for (uint32_t i = 0; i < Block; i++) {
            words pair = key_pair(c, key_tile(c, l, token_block, b), i);
            codes_of(skip(pair, 1 + i % 2 * (Block * bits / 32)), bits, t->key[i]);
            codes_of(value_column(c, value_tile(c, l, token_block, b), i), bits, t->value[i]);
            t->key_scale[i] = qn_bf16(half_at(pair, i % 2));
            t->value_scale[i] = qn_bf16(half_at(scale, i));
        }
    }
}

// Places head j's query where its KV head lies in the concatenated keys, and quantizes the blocks that it touches.
static void begin_head(qn_cpu *c, uint32_t j)
{
    const qn_dims *d = &c->p->dims;
    head *h = &c->head[j];
    uint32_t pad = c->p->lay.head_pad, at = j / (d->heads / d->kv_heads) * pad;
    float placed[Touched * Block] = {0};
    *h = (head){.top = constant(c, QN_CONST_NEG_INF), .first = at / Block, .blocks = (at + pad - 1) / Block - at / Block + 1, .at = at % Block};
    memcpy(placed + h->at, c->q + (size_t)j * pad, pad * sizeof *placed);
    for (uint32_t b = 0; b < h->blocks; b++)
        h->q[b] = quantize(c, placed + Block * b);
}

// The score of token t of the block recalled.
static float score(const qn_cpu *c, const head *h, uint32_t t)
{
    float acc[2] = {0, 0};
    for (uint32_t b = 0; b < h->blocks; b++) {
        const tile *k = &c->tile[h->first + b];
        for (int r = 0; r < h->q[b].rows; r++)
            acc[r] = qn_fadd(acc[r], qn_imul(dot(h->q[b].code[r], k->key[t]), qn_fmul(k->key_scale[t], h->q[b].scale[r])));
    }
    return h->q->rows == 2 ? qn_fadd(acc[0], acc[1]) : acc[0];
}

// Adds the block's values with probabilities p, the old sums weighted with `fade`.
static void gather(qn_cpu *c, head *h, const float p[Block], float fade)
{
    for (uint32_t b = 0; b < h->blocks; b++) {
        const tile *v = &c->tile[h->first + b];
        float scaled[Block];
        for (uint32_t t = 0; t < Block; t++)
            scaled[t] = qn_fmul(p[t], v->value_scale[t]);
        small a = quantize(c, scaled);
        for (uint32_t i = 0; i < Block; i++) {
            float pv[2] = {0, 0}, *o = &h->o[b * Block + i];
            for (int r = 0; r < a.rows; r++)
                pv[r] = qn_fadd(0, qn_imul(dot(a.code[r], v->value[i]), a.scale[r]));
            *o = qn_fadd(a.rows == 2 ? qn_fadd(pv[0], pv[1]) : pv[0], qn_fmul(*o, fade));
        }
    }
}

// Takes the block recalled, whose first `tokens` tokens are not after the query.
static void add_block(qn_cpu *c, head *h, uint32_t tokens)
{
    float p[Block], copy[Block], top = h->top;
    for (uint32_t t = 0; t < Block; t++) {
        p[t] = t < tokens ? score(c, h, t) : constant(c, QN_CONST_NEG_INF);
        top = qn_fmax(top, p[t]);
    }
    float fade = qn_exp(qn_fsub(h->top, top));
    for (uint32_t t = 0; t < Block; t++)
        copy[t] = p[t] = qn_exp(qn_fsub(p[t], top));
    h->sum = qn_fadd(qn_fmul(h->sum, fade), sum(copy, Block));
    h->top = top;
    gather(c, h, p, fade);
}

// All query heads at position `pos`: c->q to c->o.
static void attend(qn_cpu *c, uint32_t l, uint32_t pos)
{
    const qn_dims *d = &c->p->dims;
    for (uint32_t j = 0; j < d->heads; j++)
        begin_head(c, j);
    for (uint32_t b = 0; b <= pos / Block; b++) {
        recall(c, l, b);
        for (uint32_t j = 0; j < d->heads; j++)
            add_block(c, &c->head[j], pos - b * Block < Block ? pos - b * Block + 1 : Block);
    }
    for (uint32_t j = 0; j < d->heads; j++) {
        const head *h = &c->head[j];
        float share = qn_recip(h->sum);
        for (uint32_t i = 0; i < d->head; i++)
            c->o[(size_t)j * d->head + i] = qn_fmul(h->o[h->at + i], share);
    }
}

// ---- A token

static void add_product(qn_cpu *c, const matrix *m, const float *x)
{
    product(c, m, x, c->out);
    for (uint32_t i = 0; i < c->p->dims.width; i++)
        c->x[i] = qn_fadd(c->out[i], c->x[i]);
}

static void run_layer(qn_cpu *c, uint32_t l, uint32_t pos)
{
    const qn_dims *d = &c->p->dims;
    const layer *y = &c->layer[l];
    norm(c, y->norm_attn);
    product(c, &y->m[QN_ROLE_Q], c->y, c->q);
    product(c, &y->m[QN_ROLE_K], c->y, c->k);
    product(c, &y->m[QN_ROLE_V], c->y, c->v);
    rotate(c, c->q, d->heads, pos);
    rotate(c, c->k, d->kv_heads, pos);
    for (uint32_t i = 0; i < d->heads * c->p->lay.head_pad; i++)
        c->q[i] = qn_fmul(c->q[i], constant(c, QN_CONST_Q_SCALE));
    keep(c, l, pos);
    attend(c, l, pos);
    add_product(c, &y->m[QN_ROLE_O], c->o);

    norm(c, y->norm_ffn);
    product(c, &y->m[QN_ROLE_GATE], c->y, c->gate);
    product(c, &y->m[QN_ROLE_UP], c->y, c->up);
    for (uint32_t i = 0; i < d->hidden; i++) {
        float e = qn_recip(qn_fadd(qn_exp(-c->gate[i]), constant(c, QN_CONST_ONE)));
        c->up[i] = qn_fmul(c->up[i], qn_fmul(c->gate[i], e));
    }
    add_product(c, &y->m[QN_ROLE_DOWN], c->up);
}

// The greatest logit, the first of equals; -0 is 0, and a NaN is never the greatest.
static uint32_t finish(qn_cpu *c)
{
    norm(c, c->norm_out);
    product(c, &c->logits, c->y, c->out);
    uint32_t best = 0;
    for (uint32_t i = 0; i < c->p->dims.vocab; i++) {
        c->digest_a += qn_bits(c->out[i]);
        c->digest_b += c->digest_a;
        best = c->out[i] > c->out[best] ? i : best;
    }
    return best;
}

int qn_cpu_step(qn_cpu *c, const uint32_t *tokens, uint32_t n, uint32_t pos, bool logits, uint32_t *pick, float *logits_out,
                qn_why *why)
{
    const qn_dims *d = &c->p->dims;
    if (pos > c->p->context || n > c->p->context - pos)
        return qn_fail(why, QN_ERR_CONTEXT, "position %u is beyond the context of %u tokens", pos + n - 1, c->p->context);
    for (uint32_t i = 0; i < n; i++)
        if (tokens[i] >= d->vocab)
            return qn_fail(why, QN_ERR_RANGE, "token %u is beyond the vocabulary of %u", tokens[i], d->vocab);
    for (uint32_t i = 0; i < n; i++) {
        qn_unpacked_row(&c->embed, tokens[i], c->x);
        for (uint32_t l = 0; l < d->layers; l++)
            run_layer(c, l, pos + i);
    }
    if (n && logits) {
        *pick = finish(c);
        if (logits_out)
            memcpy(logits_out, c->out, d->vocab * sizeof *logits_out);
    }
    return 0;
}

const uint32_t *qn_cpu_kv(const qn_cpu *c)
{
    return c->kv;
}

void qn_cpu_digest(const qn_cpu *c, uint32_t *a, uint32_t *b)
{
    *a = c->digest_a;
    *b = c->digest_b;
}

bool qn_cpu_nonfinite(const qn_cpu *c)
{
    return c->nonfinite;
}
