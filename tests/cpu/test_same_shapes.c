// SPDX-License-Identifier: Apache-2.0
// Models of random shapes, types and options: the cpu and the model executor give the same bits, and where nothing is quantized coarsely
// their logits are near those of the float path. QN_SEED=n starts with that model, QN_SOAK=n takes so many.
#define _POSIX_C_SOURCE 200809L
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>

#include "compiler/back/qn_quantize.h"
#include "compiler/front/qn_ggml_type.h"
#include "compiler/front/qn_llama.h"
#include "cpu/qn_float.h"
#include "tests/compiler/gguf_write.h"
#include "tests/cpu/same_bits.h"

static uint64_t state;

static uint32_t next(void)
{
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(state >> 33);
}

static uint32_t between(uint32_t low, uint32_t high)
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

static uint64_t tensor_bytes(const tensor *t)
{
    const qn_ggml_info *info = qn_ggml_type_find(t->type);
    return (uint64_t)t->inputs / info->elements * info->bytes * t->outputs;
}

static int only = -1;             // the type of all matrices; -1: any

// A type that rows of `inputs` can have
static int some_type(uint32_t inputs)
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

static void add_tensor(model *m, const char *name, int type, uint32_t inputs, uint32_t outputs)
{
    tensor *t = &m->t[m->n++];
    *t = (tensor){.type = type, .inputs = inputs, .outputs = outputs, .offset = m->bytes};
    snprintf(t->name, sizeof t->name, "%s", name);
    m->bytes += (tensor_bytes(t) + 31) / 32 * 32;
}

static void add_tensors(model *m);

static void some_shape(model *m)
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

static void add_tensors(model *m)
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
static float normal(void)
{
    float sum = 0;
    for (int i = 0; i < 4; i++)
        sum += (float)(next() & 0xffff) * 0x1p-16f - 0.5f;
    return sum * 1.73f;
}

// Scales that keep a product's size near that of its inputs; the second one is positive or negative
static void put_scale(uint8_t *at, uint32_t bits, uint32_t sub_bits, bool sign)
{
    uint16_t d = (uint16_t)(((15 - 1 - bits - sub_bits) << 10) + (next() & 0x3ff));
    if (sign && next() % 2)
        d |= 0x8000;
    memcpy(at, &d, 2);
}

static void put_values(gguf_file *f, const tensor *t)
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

static gguf_file write_model(const model *m)
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

// Size of the difference between the logits of cpu and float path over that of the logits, in the first `n` positions.
static double distance(same_bits *s, const qn_gguf *file, uint32_t n, const char *what)
{
    qn_graph g;
    qn_float_model *f;
    qn_why why = {""};
    if (qn_llama_import(&g, file, &why) < 0 || qn_float_open(&f, &g, n, &why) < 0)
        fail_msg("%s: %s", what, why.text);
    qn_graph_free(&g);
    qn_cpu_reset(s->cpu);
    float *expected = calloc(s->p->dims.vocab, sizeof *expected);
    assert_non_null(expected);
    double difference = 0, size = 0;
    for (uint32_t pos = 0; pos < n; pos++) {
        uint32_t token = (pos * 7 + 3) % s->p->dims.vocab;
        assert_int_equal(qn_cpu_step(s->cpu, &token, 1, pos, true, &s->pick, s->logits, &why), 0);
        assert_int_equal(qn_float_step(f, token, pos, expected), 0);
        for (uint32_t i = 0; i < s->p->dims.vocab; i++) {
            difference += ((double)s->logits[i] - expected[i]) * ((double)s->logits[i] - expected[i]);
            size += (double)expected[i] * expected[i];
        }
    }
    free(expected);
    qn_float_close(f);
    return sqrt(difference / size);
}

// Whether it fitted the target; fails where the bits differ.
static bool check(uint32_t seed)
{
    static const char *const targets[] = {"ulx3s", "mini", "tiny", "quad", "large"};
    state = seed * 0x9e3779b97f4a7c15u + 1;
    next();
    model m = {.n = 0};
    some_shape(&m);
    const char *target = targets[next() % 5];
    qn_options o = qn_options_default(qn_target_find(target));
    o.kv_bits = next() % 2 ? 16 : 8;
    o.act_bits = next() % 2 ? 16 : 8;
    o.act_ggml = o.act_bits == 8 && next() % 2;
    do
        o.weights = qn_fmt_find(between(1, QN_FMTS));
    while (qn_quantize_fitting(o.weights, 256) != o.weights || (o.act_ggml && (o.weights->block != 1 || o.weights->sign == QN_ODD)));       // one that floats are quantized to
    o.weight_rows = next() % 8 == 0;
    char what[160];
    snprintf(what, sizeof what, "model %u (width %u, hidden %u, %u layers, %u/%u heads of %u, vocabulary %u; weights %s%s%s) on %s", seed,
             m.s.width, m.s.hidden, m.s.layers, m.s.heads, m.s.kv_heads, m.s.head, m.s.vocab, o.weights->name, o.weight_rows ? " by rows" : "", o.act_ggml ? ", act ggml" : "", target);

    gguf_file f = write_model(&m);
    qn_gguf *g;
    void *copy;
    qn_prog p;
    same_bits s;
    qn_why why = {""};
    if (open_copy(&f, &g, &copy, &why) < 0)
        fail_msg("%s: %s", what, why.text);
    int err = qn_compile(&p, g, &o, &why);
    if (err == QN_ERR_TOO_LARGE) {
        qn_gguf_close(g);
        free(copy);
        return false;
    }
    if (err < 0)
        fail_msg("%s: %s", what, why.text);
    if (!same_open(&s, &p) || !same_run(&s, between(1, 20), m.s.context < 50 ? m.s.context : 50))
        fail_msg("%s: %s", what, s.why);
    double far = distance(&s, g, 34, what);
    if (o.weights->id == QN_FMT_S8 && !o.weight_rows && far > (o.act_bits == 16 ? 0.15 : 0.4))
        fail_msg("%s: logits differ by %g from the float path's", what, far);
    same_close(&s);
    qn_prog_free(&p);
    qn_gguf_close(g);
    free(copy);
    return true;
}

static void test_shapes(void **unused)
{
    (void)unused;
    const char *seed = getenv("QN_SEED"), *soak = getenv("QN_SOAK");
    uint32_t first = seed ? (uint32_t)strtoul(seed, NULL, 10) : 1, count = soak ? (uint32_t)strtoul(soak, NULL, 10) : 30, fitted = 0;
    for (uint32_t i = 0; i < count; i++)
        fitted += check(first + i);
    if (fitted < count / 2)
        fail_msg("only %u of %u models fit their target", fitted, count);
}

// The embeddings of two tokens stand side by side in a tile of accumulators: the widest that a program can have, and where they have no room.
static void test_widest(void **unused)
{
    (void)unused;
    model m = {.s = {.width = 4064, .hidden = 32, .layers = 1, .heads = 1, .kv_heads = 1, .head = 8, .vocab = 21, .context = 34, .rope = 8}};
    qn_target narrow = *qn_target_find("large");
    qn_options o = qn_options_default(qn_target_find("large"));
    qn_gguf *g;
    void *copy;
    qn_prog p;
    same_bits s;
    qn_why why = {""};
    state = 1;
    add_tensors(&m);
    gguf_file f = write_model(&m);
    if (open_copy(&f, &g, &copy, &why) < 0 || qn_compile(&p, g, &o, &why) < 0)
        fail_msg("%s", why.text);
    if (!same_open(&s, &p) || !same_run(&s, 5, 9))
        fail_msg("%s", s.why);
    same_close(&s);
    qn_prog_free(&p);

    narrow.acc_cols = 256;
    o.target = &narrow;
    assert_int_equal(qn_compile(&p, g, &o, &why), QN_ERR_TOO_LARGE);
    assert_non_null(strstr(why.text, "width 4064 needs 256 accumulator columns for a token's embedding, a tile of target large has 128"));
    qn_gguf_close(g);
    free(copy);
}

static const shape square = {.width = 256, .hidden = 512, .layers = 2, .heads = 4, .kv_heads = 2, .head = 64, .vocab = 70, .context = 40, .rope = 64};

// A model with all matrices in one type, for each type: the same bits on cpu and model, and logits near the float path's.
static void test_types(void **unused)
{
    (void)unused;
    int types = 0;
    for (int id = 0; qn_ggml_type_find(id); id++) {
        if (!qn_ggml_supported(qn_ggml_type_find(id)))
            continue;
        const char *what = qn_ggml_type_find(id)->name;
        model m = {.s = square};
        qn_options o = qn_options_default(qn_target_find("ulx3s"));
        o.kv_bits = o.act_bits = 16;
        qn_gguf *g;
        void *copy;
        qn_prog p;
        same_bits s;
        qn_why why = {""};
        state = (uint64_t)id + 1;
        only = id;
        add_tensors(&m);
        gguf_file f = write_model(&m);
        if (open_copy(&f, &g, &copy, &why) < 0 || qn_compile(&p, g, &o, &why) < 0)
            fail_msg("%s: %s", what, why.text);
        if (!same_open(&s, &p) || !same_run(&s, 9, 36))
            fail_msg("%s: %s", what, s.why);
        double far = distance(&s, g, 34, what), most = qn_ggml_type_find(id)->form == QN_GGML_FLOAT ? 0.1 : 0.003;
        if (getenv("V"))
            printf("%s: logits differ by %g from the float path's\n", what, far);
        if (far > most)
            fail_msg("%s: logits differ by %g from the float path's", what, far);
        same_close(&s);
        qn_prog_free(&p);
        o.act_bits = 8;                      // and with the activations that ggml has for it
        o.act_ggml = true;
        if (qn_compile(&p, g, &o, &why) < 0)
            fail_msg("%s, act ggml: %s", what, why.text);
        if (!same_open(&s, &p) || !same_run(&s, 9, 12))
            fail_msg("%s, act ggml: %s", what, s.why);
        same_close(&s);
        qn_prog_free(&p);
        qn_gguf_close(g);
        free(copy);
        types++;
    }
    only = -1;
    assert_int_equal(types, 21);
}

// The others are refused by name and reason.
static void test_refused_types(void **unused)
{
    (void)unused;
    int types = 0;
    for (int id = 0; qn_ggml_type_find(id); id++) {
        const qn_ggml_info *info = qn_ggml_type_find(id);
        if (qn_ggml_supported(info) || info->form == QN_GGML_REMOVED)
            continue;
        model m = {.s = square};
        qn_options o = qn_options_default(qn_target_find("ulx3s"));
        qn_gguf *g;
        void *copy;
        qn_prog p;
        qn_why why = {""};
        char text[200];
        state = 1;
        only = id;
        add_tensors(&m);
        gguf_file f = write_model(&m);
        if (open_copy(&f, &g, &copy, &why) < 0)
            fail_msg("%s: %s", info->name, why.text);
        assert_int_equal(qn_compile(&p, g, &o, &why), QN_ERR_UNSUPPORTED);
        snprintf(text, sizeof text, "tensor 'token_embd.weight' has type %s, wh", info->name);
        if (strncmp(why.text, text, strlen(text)))
            fail_msg("%s is refused with '%s'", info->name, why.text);
        qn_gguf_close(g);
        free(copy);
        types++;
    }
    only = -1;
    assert_int_equal(types, 14);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_shapes), cmocka_unit_test(test_widest), cmocka_unit_test(test_types),
                                       cmocka_unit_test(test_refused_types)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
