// SPDX-License-Identifier: Apache-2.0
// synth: writes a llama-architecture GGUF of any shape with random weights, for measuring speed and cycles (not sense).
//
//     build/synth -o build/15m.gguf --width 288 --layers 6 --heads 6 --kv-heads 6 --hidden 768 --vocab 32000 --type q4_0
//
// The same arguments give the same bytes. Weights: blocks of random codes under a scale that keeps activations near 1.
#include <argp.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compiler/front/qn_ggml_type.h"

typedef struct args {
    const char *out;
    uint32_t width, layers, heads, kv_heads, hidden, vocab, context, seed;
    int type;
} args;

static uint64_t state;

static uint32_t next(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (uint32_t)(state >> 32);
}

static FILE *out;
static uint64_t written;

static void put(const void *p, size_t n)
{
    if (fwrite(p, 1, n, out) != n) {
        perror("synth");
        exit(74);
    }
    written += n;
}

static void put_u32(uint32_t v) { put(&v, 4); }
static void put_u64(uint64_t v) { put(&v, 8); }

static void put_str(const char *s)
{
    put_u64(strlen(s));
    put(s, strlen(s));
}

static void key_u32(const char *key, uint32_t v)
{
    put_str(key);
    put_u32(4);
    put_u32(v);
}

static void key_f32(const char *key, float v)
{
    put_str(key);
    put_u32(6);
    put(&v, 4);
}

static void key_str(const char *key, const char *v)
{
    put_str(key);
    put_u32(8);
    put_str(v);
}

// A vocabulary of byte tokens and numbered words; it only has to be valid.
static void put_vocab(uint32_t n)
{
    char text[16];
    key_str("tokenizer.ggml.model", "llama");
    put_str("tokenizer.ggml.tokens");
    put_u32(9);
    put_u32(8);
    put_u64(n);
    for (uint32_t i = 0; i < n; i++) {
        if (i < 3)
            put_str(i == 0 ? "<unk>" : i == 1 ? "<s>" : "</s>");
        else {
            snprintf(text, sizeof text, i < 259 ? "<0x%02X>" : "w%u", i < 259 ? i - 3 : i);
            put_str(text);
        }
    }
    put_str("tokenizer.ggml.scores");
    put_u32(9);
    put_u32(6);
    put_u64(n);
    for (uint32_t i = 0; i < n; i++) {
        float f = -(float)i;
        put(&f, 4);
    }
    put_str("tokenizer.ggml.token_type");
    put_u32(9);
    put_u32(5);
    put_u64(n);
    for (uint32_t i = 0; i < n; i++)
        put_u32(i == 0 ? 2 : i < 3 ? 3 : i < 259 ? 6 : 1);
    key_u32("tokenizer.ggml.bos_token_id", 1);
    key_u32("tokenizer.ggml.eos_token_id", 2);
}

typedef struct tensor {
    char name[40];
    uint64_t cols, rows, offset, bytes;
    int type;
} tensor;

static uint64_t align32(uint64_t n)
{
    return (n + 31) / 32 * 32;
}

static void put_tensor(const tensor *t)
{
    const qn_ggml_info *info = qn_ggml_type_find(t->type);
    static uint8_t row[1 << 20];
    uint64_t row_bytes = t->cols / info->elements * info->bytes;
    if (row_bytes > sizeof row) {
        fprintf(stderr, "synth: rows of %llu bytes are too long\n", (unsigned long long)row_bytes);
        exit(65);
    }
    for (uint64_t r = 0; r < t->rows; r++) {
        if (t->type == QN_GGML_F32) {
            for (uint64_t i = 0; i < t->cols; i++) {
                float one = 1.0f;
                memcpy(row + 4 * i, &one, 4);
            }
        } else if (t->type == QN_GGML_F16) {
            for (uint64_t i = 0; i < t->cols; i++) {     // +-2^-6 .. 2^-5
                uint16_t h = (uint16_t)((next() & 0x83ff) | 0x2400);
                memcpy(row + 2 * i, &h, 2);
            }
        } else {
            for (uint64_t i = 0; i + 4 <= row_bytes + 3; i += 4) {
                uint32_t v = next();
                memcpy(row + i, &v, 4);
            }
            // FP16 scale 2^-7 .. 2^-6 over codes of 4 bits (smaller for wider codes), where the type keeps it
            for (uint64_t b = 0; b < t->cols / info->elements; b++) {
                uint8_t *p = row + b * info->bytes;
                uint16_t d = (uint16_t)(0x2000 - ((info->bits > 4 ? info->bits - 4 : 0) << 10) + (next() & 0x3ff));
                if (info->sub)
                    d = (uint16_t)(d < 5 << 10 ? d & 0x3ff : d - (5 << 10));     // subnormal for IQ4_XS
                if (info->form == QN_GGML_SCALE_POW)
                    p[info->scale] = (uint8_t)(128 - 7 - (next() & 1));
                else if (info->form == QN_GGML_SUB_SCALE)
                    for (int s = 0; s < info->elements / info->sub; s++)
                        p[s] = (uint8_t)(8 | (next() & 7));
                else
                    memcpy(p + info->scale, &d, 2);
                if (info->form == QN_GGML_SCALE_MIN || info->form == QN_GGML_SUPER_MIN)
                    memcpy(p + info->scale + 2, &d, 2);
            }
        }
        put(row, row_bytes);
    }
    static const uint8_t zero[32];
    put(zero, align32(t->bytes) - t->bytes);
}

static void add(tensor *t, size_t *n, uint64_t *at, const char *name, int type, uint64_t cols, uint64_t rows)
{
    const qn_ggml_info *info = qn_ggml_type_find(type);
    tensor *x = &t[(*n)++];
    snprintf(x->name, sizeof x->name, "%s", name);
    x->cols = cols;
    x->rows = rows;
    x->type = type;
    x->bytes = cols / info->elements * info->bytes * rows;
    x->offset = *at;
    *at += align32(x->bytes);
}

static void write_model(const args *a)
{
    uint64_t kv = (uint64_t)a->width / a->heads * a->kv_heads, at = 0;
    tensor *t = calloc(9ull * a->layers + 2, sizeof *t);
    size_t n = 0;
    if (!t)
        exit(71);
    add(t, &n, &at, "token_embd.weight", a->type, a->width, a->vocab);
    add(t, &n, &at, "output_norm.weight", QN_GGML_F32, a->width, 1);
    for (uint32_t l = 0; l < a->layers; l++) {
        const struct {
            const char *name;
            uint64_t cols, rows;
            int norm;
        } part[] = {{"attn_norm", a->width, 1, 1}, {"attn_q", a->width, a->width, 0}, {"attn_k", a->width, kv, 0},
                    {"attn_v", a->width, kv, 0}, {"attn_output", a->width, a->width, 0}, {"ffn_norm", a->width, 1, 1},
                    {"ffn_gate", a->width, a->hidden, 0}, {"ffn_up", a->width, a->hidden, 0}, {"ffn_down", a->hidden, a->width, 0}};
        for (int i = 0; i < 9; i++) {
            char name[40];
            snprintf(name, sizeof name, "blk.%u.%s.weight", l, part[i].name);
            add(t, &n, &at, name, part[i].norm ? QN_GGML_F32 : a->type, part[i].cols, part[i].rows);
        }
    }
    put("GGUF", 4);
    put_u32(3);
    put_u64(n);
    put_u64(16);
    key_str("general.architecture", "llama");
    key_str("general.name", "synthetic");
    key_u32("llama.context_length", a->context);
    key_u32("llama.embedding_length", a->width);
    key_u32("llama.block_count", a->layers);
    key_u32("llama.feed_forward_length", a->hidden);
    key_u32("llama.attention.head_count", a->heads);
    key_u32("llama.attention.head_count_kv", a->kv_heads);
    key_u32("llama.rope.dimension_count", a->width / a->heads);
    key_f32("llama.attention.layer_norm_rms_epsilon", 1e-5f);
    put_vocab(a->vocab);                         // six keys
    for (size_t i = 0; i < n; i++) {
        put_str(t[i].name);
        put_u32(t[i].rows == 1 ? 1 : 2);
        put_u64(t[i].cols);
        if (t[i].rows != 1)
            put_u64(t[i].rows);
        put_u32((uint32_t)t[i].type);
        put_u64(t[i].offset);
    }
    static const uint8_t zero[32];
    put(zero, align32(written) - written);
    for (size_t i = 0; i < n; i++)
        put_tensor(&t[i]);
    free(t);
}

static error_t parse(int key, char *arg, struct argp_state *s)
{
    args *a = s->input;
    static const struct {
        const char *name;
        int type;
    } types[] = {{"q4_0", QN_GGML_Q4_0}, {"q4_1", QN_GGML_Q4_1}, {"q5_0", QN_GGML_Q5_0}, {"q5_1", QN_GGML_Q5_1}, {"q8_0", QN_GGML_Q8_0},
                 {"q2_k", QN_GGML_Q2_K}, {"nvfp4", QN_GGML_NVFP4}, {"q3_k", QN_GGML_Q3_K}, {"q4_k", QN_GGML_Q4_K}, {"q5_k", QN_GGML_Q5_K}, {"q6_k", QN_GGML_Q6_K}, {"tq1_0", QN_GGML_TQ1_0},
                 {"tq2_0", QN_GGML_TQ2_0}, {"iq4_nl", QN_GGML_IQ4_NL}, {"iq4_xs", QN_GGML_IQ4_XS}, {"mxfp4", QN_GGML_MXFP4}, {"q1_0", QN_GGML_Q1_0},
                 {"q2_0", QN_GGML_Q2_0}, {"f16", QN_GGML_F16}};
    switch (key) {
    case 'o': a->out = arg; return 0;
    case 'w': a->width = (uint32_t)strtoul(arg, NULL, 0); return 0;
    case 'l': a->layers = (uint32_t)strtoul(arg, NULL, 0); return 0;
    case 'h': a->heads = (uint32_t)strtoul(arg, NULL, 0); return 0;
    case 'k': a->kv_heads = (uint32_t)strtoul(arg, NULL, 0); return 0;
    case 'f': a->hidden = (uint32_t)strtoul(arg, NULL, 0); return 0;
    case 'v': a->vocab = (uint32_t)strtoul(arg, NULL, 0); return 0;
    case 'c': a->context = (uint32_t)strtoul(arg, NULL, 0); return 0;
    case 's': a->seed = (uint32_t)strtoul(arg, NULL, 0); return 0;
    case 't':
        for (size_t i = 0; i < sizeof types / sizeof *types; i++)
            if (strcmp(arg, types[i].name) == 0) {
                a->type = types[i].type;
                return 0;
            }
        argp_error(s, "no such type: %s", arg);
        return EINVAL;
    case ARGP_KEY_END:
        if (!a->out || !a->heads || a->width % a->heads || a->vocab < 259)
            argp_error(s, "wants -o FILE, heads that divide the width, a vocabulary of 259 or more");
        return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

int main(int argc, char **argv)
{
    args a = {.width = 288, .layers = 6, .heads = 6, .kv_heads = 6, .hidden = 768, .vocab = 32000, .context = 256, .seed = 1,
              .type = QN_GGML_Q4_0};
    static const struct argp_option options[] = {
        {"output", 'o', "FILE", 0, "GGUF file to write", 0}, {"width", 'w', "N", 0, "embedding length", 0},
        {"layers", 'l', "N", 0, "layers", 0}, {"heads", 'h', "N", 0, "query heads", 0}, {"kv-heads", 'k', "N", 0, "key and value heads", 0},
        {"hidden", 'f', "N", 0, "feed-forward length", 0}, {"vocab", 'v', "N", 0, "vocabulary", 0}, {"context", 'c', "N", 0, "context", 0},
        {"seed", 's', "N", 0, "seed of the weights", 0}, {"type", 't', "TYPE", 0, "q4_0 q4_1 q5_0 q5_1 q8_0 q2_k q3_k q4_k q5_k q6_k tq1_0 tq2_0 iq4_nl iq4_xs mxfp4 nvfp4 q1_0 q2_0 f16", 0}, {0}};
    argp_parse(&(struct argp){.options = options, .parser = parse, .doc = "Writes a synthetic llama-architecture GGUF."}, argc, argv, 0, NULL, &a);
    state = 0x9e3779b97f4a7c15ull ^ a.seed;
    out = fopen(a.out, "wb");
    if (!out) {
        perror(a.out);
        return 73;
    }
    write_model(&a);
    if (fclose(out)) {
        perror(a.out);
        return 74;
    }
    return 0;
}
