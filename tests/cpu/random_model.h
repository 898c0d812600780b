// SPDX-License-Identifier: Apache-2.0
// random_model.h: GGUF models of random shapes, types and weights.
#ifndef RANDOM_MODEL_H
#define RANDOM_MODEL_H

#include <math.h>
#include <stdio.h>

#include "compiler/front/qn_ggml_type.h"
#include "tests/compiler/gguf_write.h"

static uint64_t state;

static inline uint32_t next(void)
{
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(state >> 33);
}

static inline uint32_t between(uint32_t low, uint32_t high)
{
    return low + next() % (high - low + 1);
}

typedef struct shape {
    uint32_t width, hidden, layers, heads, kv_heads, head, vocab, context, rope;
    bool separate;
} shape;

typedef struct tensor {
    char name[40];
    int type;
    uint32_t inputs, outputs;
    uint64_t offset;
} tensor;

enum { Tensors = 64 };

typedef struct model {
    shape s;
    tensor t[Tensors];
    int n;
    uint64_t bytes;
} model;

static inline uint64_t tensor_bytes(const tensor *t)
{
    const qn_ggml_info *info = qn_ggml_type_find(t->type);
    return (uint64_t)t->inputs / info->elements * info->bytes * t->outputs;
}

static int only = -1;             // the type of all matrices; -1: any

// A type that rows of `inputs` can have
static inline int some_type(uint32_t inputs)
{
    if (only >= 0)
        return only;
    static const int any[] = {QN_GGML_F32, QN_GGML_F16, QN_GGML_BF16};
    static const int by32[] = {QN_GGML_Q4_0, QN_GGML_Q4_1, QN_GGML_Q5_0, QN_GGML_Q5_1, QN_GGML_Q8_0, QN_GGML_IQ4_NL, QN_GGML_MXFP4};
    static const int by256[] = {QN_GGML_Q2_K, QN_GGML_Q3_K, QN_GGML_Q4_K, QN_GGML_Q5_K, QN_GGML_Q6_K, QN_GGML_TQ1_0, QN_GGML_TQ2_0, QN_GGML_IQ4_XS};
    uint32_t pick = next() % 4;
    if (inputs % 64 == 0 && next() % 8 == 0)
        return QN_GGML_NVFP4;
    if (inputs % 128 == 0 && next() % 8 == 0)
        return next() % 2 ? QN_GGML_Q1_0 : QN_GGML_Q2_0;
    if (inputs % 256 == 0 && pick < 2)
        return by256[next() % (sizeof by256 / sizeof *by256)];
    if (inputs % 32 == 0 && pick < 3)
        return by32[next() % (sizeof by32 / sizeof *by32)];
    return any[next() % 3];
}

static inline void add_tensor(model *m, const char *name, int type, uint32_t inputs, uint32_t outputs)
{
    tensor *t = &m->t[m->n++];
    *t = (tensor){.type = type, .inputs = inputs, .outputs = outputs, .offset = m->bytes};
    snprintf(t->name, sizeof t->name, "%s", name);
    m->bytes += (tensor_bytes(t) + 31) / 32 * 32;
}

static inline void add_tensors(model *m);

static inline void some_shape(model *m)
{
    static const uint32_t heads[] = {8, 10, 16, 20, 24, 32, 36, 40, 48, 64, 72, 96, 100, 128};
    shape *s = &m->s;
    s->head = heads[next() % 14];
    s->kv_heads = between(1, s->head > 48 ? 2 : 5);
    s->heads = s->kv_heads * between(1, s->head > 48 ? 2 : 4);
    s->width = next() % 3 == 0 ? 256 : next() % 2 ? 32 * between(1, 6) : between(20, 200);
    s->hidden = next() % 3 == 0 ? 256 : next() % 2 ? 32 * between(1, 9) : between(20, 300);
    s->layers = between(1, 3);
    s->vocab = between(20, 400);
    s->context = between(34, 100);
    s->rope = next() % 3 ? s->head : 2 * between(1, s->head / 2);
    s->separate = next() % 2;
    add_tensors(m);
}

static inline void add_tensors(model *m)
{
    const shape *s = &m->s;
    uint32_t q = s->heads * s->head, kv = s->kv_heads * s->head;
    add_tensor(m, "token_embd.weight", some_type(s->width), s->width, s->vocab);
    add_tensor(m, "output_norm.weight", QN_GGML_F32, s->width, 1);
    if (s->separate)
        add_tensor(m, "output.weight", some_type(s->width), s->width, s->vocab);
    for (uint32_t l = 0; l < s->layers; l++) {
        const struct {
            const char *name;
            uint32_t inputs, outputs;
        } part[] = {{"attn_norm", s->width, 1}, {"attn_q", s->width, q}, {"attn_k", s->width, kv}, {"attn_v", s->width, kv},
                    {"attn_output", q, s->width}, {"ffn_norm", s->width, 1}, {"ffn_gate", s->width, s->hidden},
                    {"ffn_up", s->width, s->hidden}, {"ffn_down", s->hidden, s->width}};
        for (int i = 0; i < 9; i++) {
            char name[40];
            snprintf(name, sizeof name, "blk.%u.%s.weight", l, part[i].name);
            add_tensor(m, name, part[i].outputs == 1 ? QN_GGML_F32 : some_type(part[i].inputs), part[i].inputs, part[i].outputs);
        }
    }
}

// About Gauss: variance 1
static inline float normal(void)
{
    float sum = 0;
    for (int i = 0; i < 4; i++)
        sum += (float)(next() & 0xffff) * 0x1p-16f - 0.5f;
    return sum * 1.73f;
}

// Scales that keep a product's size near that of its inputs; the second one is positive or negative
static inline void put_scale(uint8_t *at, uint32_t bits, uint32_t sub_bits, bool sign)
{
    uint16_t d = (uint16_t)(((15 - 1 - bits - sub_bits) << 10) + (next() & 0x3ff));
    if (sign && next() % 2)
        d |= 0x8000;
    memcpy(at, &d, 2);
}

static inline void put_values(gguf_file *f, const tensor *t)
{
    const qn_ggml_info *info = qn_ggml_type_find(t->type);
    float size = t->outputs == 1 ? 1.0f : 1.0f / sqrtf((float)t->inputs);
    for (uint64_t i = 0; i < (uint64_t)t->inputs / info->elements * t->outputs; i++) {
        uint8_t block[300];
        float x = t->outputs == 1 ? 1.0f + 0.3f * normal() : 2 * size * normal();
        uint32_t bits;
        memcpy(&bits, &x, 4);
        switch (t->type) {
        case QN_GGML_F32: put_f32(f, x); continue;
        case QN_GGML_BF16: put_le(f, bits >> 16, 2); continue;
        case QN_GGML_F16:
            bits = (bits & 0x7fffffff) < 0x38800000 ? 0 : bits;
            put_le(f, bits ? (bits >> 16 & 0x8000) | ((bits >> 13 & 0x3ffff) - (112u << 10)) : 0, 2);
            continue;
        default: break;
        }
        for (int k = 0; k < info->bytes; k++)
            block[k] = (uint8_t)next();
        uint32_t sub = info->sub ? t->type == QN_GGML_Q6_K ? 7 : 5 : 0;
        if (info->form == QN_GGML_SCALE_POW)
            block[info->scale] = (uint8_t)(128 - 5 - next() % 2);
        else if (info->form == QN_GGML_SUB_SCALE)
            for (int k = 0; k < 4; k++)      // 2^-6 to 2^-5, halved
                block[k] = 8 | (block[k] & 7);
        else
            put_scale(block + info->scale, info->bits + 1u, sub, true);
        if (info->form == QN_GGML_SCALE_MIN || info->form == QN_GGML_SUPER_MIN)
            put_scale(block + info->scale + 2, 2, sub, true);
        put(f, block, info->bytes);
    }
}

static inline gguf_file write_model(const model *m)
{
    gguf_file f = {0};
    const shape *s = &m->s;
    put_head(&f, (uint64_t)m->n, 12);
    put_key_str(&f, "general.architecture", "llama");
    put_key_u32(&f, "llama.context_length", s->context);
    put_key_u32(&f, "llama.embedding_length", s->width);
    put_key_u32(&f, "llama.block_count", s->layers);
    put_key_u32(&f, "llama.feed_forward_length", s->hidden);
    put_key_u32(&f, "llama.attention.head_count", s->heads);
    put_key_u32(&f, "llama.attention.head_count_kv", s->kv_heads);
    put_key_u32(&f, "llama.attention.key_length", s->head);
    put_key_u32(&f, "llama.attention.value_length", s->head);
    put_key_u32(&f, "llama.rope.dimension_count", s->rope);
    put_key(&f, "llama.attention.layer_norm_rms_epsilon", 6), put_f32(&f, 1e-5f);
    put_key(&f, "llama.rope.freq_base", 6), put_f32(&f, next() % 2 ? 10000.0f : 500.0f);
    for (int i = 0; i < m->n; i++)
        put_tensor(&f, m->t[i].name, m->t[i].type, m->t[i].offset, m->t[i].outputs == 1 ? 1 : 2,
                   (int64_t[]){m->t[i].inputs, m->t[i].outputs});
    put_pad(&f, 32);
    for (int i = 0; i < m->n; i++) {
        put_values(&f, &m->t[i]);
        put_pad(&f, 32);
    }
    return f;
}

#endif
