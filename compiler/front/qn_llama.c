// SPDX-License-Identifier: Apache-2.0
#include "compiler/front/qn_llama.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compiler/front/qn_ggml_type.h"

// Keys of the architecture that are read, or that change nothing in the mathematics of a token.
static const char *const known_keys[] = {
    "llama.context_length",  "llama.embedding_length",     "llama.block_count",
    "llama.feed_forward_length", "llama.attention.head_count", "llama.attention.head_count_kv",
    "llama.attention.layer_norm_rms_epsilon", "llama.rope.dimension_count", "llama.rope.freq_base",
    "llama.vocab_size", "llama.attention.key_length", "llama.attention.value_length",
    "llama.rope.scaling.type", "llama.expert_count", "llama.expert_used_count",
};

static bool starts(qn_gguf_str s, const char *prefix)
{
    size_t n = strlen(prefix);
    return s.len >= n && memcmp(s.ptr, prefix, n) == 0;
}

static int check_keys(const qn_gguf *file, qn_why *why)
{
    char shown[QN_GGUF_SHOW];
    for (size_t i = 0; i < file->n_kv; i++) {
        qn_gguf_str key = file->kv[i].key;
        if (!starts(key, "llama.")) {
            if (starts(key, "general.") || starts(key, "tokenizer.") || starts(key, "quantize.") || starts(key, "GGUF.") ||
                starts(key, "split."))
                continue;
            return qn_fail(why, QN_ERR_UNSUPPORTED, "key '%s' is not known", qn_gguf_show(shown, key));
        }
        bool known = false;
        for (size_t k = 0; k < sizeof known_keys / sizeof *known_keys; k++)
            known |= qn_gguf_str_is(key, known_keys[k]);
        if (!known)
            return qn_fail(why, QN_ERR_UNSUPPORTED, "key '%s' is not supported", qn_gguf_show(shown, key));
    }
    uint32_t split = 1;
    if (qn_gguf_get_u32(file, "split.count", &split, why) < 0 || split > 1)
        return qn_fail(why, QN_ERR_UNSUPPORTED, "split.count: a model in several files is not supported");
    uint32_t experts = 0;
    int err = qn_gguf_get_u32(file, "llama.expert_count", &experts, why);
    if (err < 0)
        return err;
    if (experts)
        return qn_fail(why, QN_ERR_UNSUPPORTED, "llama.expert_count is %u: experts are not supported", experts);
    qn_gguf_str scaling = {"none", 4};
    err = qn_gguf_get_str(file, "llama.rope.scaling.type", &scaling, why);
    if (err < 0)
        return err;
    if (!qn_gguf_str_is(scaling, "none"))
        return qn_fail(why, QN_ERR_UNSUPPORTED, "llama.rope.scaling.type '%s' is not supported", qn_gguf_show(shown, scaling));
    return 0;
}

static int need_u32(const qn_gguf *file, const char *key, uint32_t low, uint32_t high, uint32_t *out, qn_why *why)
{
    int err = qn_gguf_need(qn_gguf_get_u32(file, key, out, why), key, why);
    if (err < 0)
        return err;
    if (*out < low || *out > high)
        return qn_fail(why, QN_ERR_UNSUPPORTED, "%s is %u: supported are %u to %u", key, *out, low, high);
    return 0;
}

static int read_dims(qn_dims *d, const qn_gguf *file, qn_why *why)
{
    int err;
    char shown[QN_GGUF_SHOW];
    qn_gguf_str arch;
    if ((err = qn_gguf_need(qn_gguf_get_str(file, "general.architecture", &arch, why), "general.architecture", why)) < 0)
        return err;
    if (!qn_gguf_str_is(arch, "llama"))
        return qn_fail(why, QN_ERR_UNSUPPORTED, "architecture '%s' is not supported (only llama)", qn_gguf_show(shown, arch));
    if ((err = check_keys(file, why)) < 0 ||
        (err = need_u32(file, "llama.embedding_length", 1, 16384, &d->width, why)) < 0 ||
        (err = need_u32(file, "llama.block_count", 1, QN_LAYERS_MAX, &d->layers, why)) < 0 ||
        (err = need_u32(file, "llama.feed_forward_length", 1, 65536, &d->hidden, why)) < 0 ||
        (err = need_u32(file, "llama.attention.head_count", 1, 1024, &d->heads, why)) < 0 ||
        (err = need_u32(file, "llama.context_length", 1, 1u << 20, &d->context, why)) < 0)
        return err;
    d->kv_heads = d->heads;
    if ((err = qn_gguf_get_u32(file, "llama.attention.head_count_kv", &d->kv_heads, why)) < 0)
        return err;
    if (d->kv_heads == 0 || d->kv_heads > d->heads || d->heads % d->kv_heads)
        return qn_fail(why, QN_ERR_UNSUPPORTED, "llama.attention.head_count_kv is %u: it must divide head_count (%u)", d->kv_heads, d->heads);
    d->head = d->width / d->heads;
    uint32_t value = 0;
    if ((err = qn_gguf_get_u32(file, "llama.attention.key_length", &d->head, why)) < 0)
        return err;
    value = d->head;
    if ((err = qn_gguf_get_u32(file, "llama.attention.value_length", &value, why)) < 0)
        return err;
    if (value != d->head)
        return qn_fail(why, QN_ERR_UNSUPPORTED, "llama.attention.value_length is %u, key_length %u: they must be equal", value, d->head);
    if (d->head < 8 || d->head > 128 || d->head % 2)
        return qn_fail(why, QN_ERR_UNSUPPORTED, "head size %u is not supported (even, 8 to 128)", d->head);
    d->rope = d->head;
    if ((err = qn_gguf_get_u32(file, "llama.rope.dimension_count", &d->rope, why)) < 0)
        return err;
    if (d->rope % 2 || d->rope > d->head)
        return qn_fail(why, QN_ERR_UNSUPPORTED, "llama.rope.dimension_count is %u with heads of %u", d->rope, d->head);
    d->rope_base = 10000.0f;
    if ((err = qn_gguf_get_f32(file, "llama.rope.freq_base", &d->rope_base, why)) < 0)
        return err;
    if (!(d->rope_base > 1.0f))
        return qn_fail(why, QN_ERR_UNSUPPORTED, "llama.rope.freq_base is %g", (double)d->rope_base);
    err = qn_gguf_need(qn_gguf_get_f32(file, "llama.attention.layer_norm_rms_epsilon", &d->eps, why),
                       "llama.attention.layer_norm_rms_epsilon", why);
    if (err < 0)
        return err;
    if (!(d->eps >= 0.0f && d->eps < 1.0f))
        return qn_fail(why, QN_ERR_UNSUPPORTED, "llama.attention.layer_norm_rms_epsilon is %g", (double)d->eps);
    d->pairing = QN_PAIR_ADJACENT;           // llama.cpp permutes llama weights so; halves serve other architectures
    return 0;
}

// Finds a tensor of the given shape (outputs 0: a vector) and marks it as used.
static int need_tensor(const qn_gguf *file, bool *used, const char *name, uint32_t outputs, uint32_t inputs,
                       const qn_gguf_tensor **out, qn_why *why)
{
    const qn_gguf_tensor *t = qn_gguf_tensor_find(file, name);
    if (!t)
        return qn_fail(why, QN_ERR_FORMAT, "tensor '%s' is missing", name);
    bool vector = outputs == 0;
    if (t->dims[0] != inputs || t->dims[1] != (vector ? 1 : outputs) || t->dims[2] != 1 || t->dims[3] != 1)
        return qn_fail(why, QN_ERR_FORMAT, "tensor '%s' is %zu x %zu x %zu x %zu, expected %u x %u", name, t->dims[0], t->dims[1],
                       t->dims[2], t->dims[3], inputs, vector ? 1 : outputs);
    const qn_ggml_info *info = qn_ggml_type_find(t->type);
    if (vector ? t->type != QN_GGML_F32 : !qn_ggml_supported(info))
        return qn_fail(why, QN_ERR_UNSUPPORTED, "tensor '%s' has type %s, %s", name, info ? info->name : "?",
                       vector ? "a vector's is F32" : qn_ggml_why_not(t->type));
    used[t - file->tensor] = true;
    *out = t;
    return 0;
}

static int matrix(const qn_gguf *file, bool *used, const char *name, uint32_t outputs, uint32_t inputs, qn_matrix *m, qn_why *why)
{
    m->outputs = outputs;
    m->inputs = inputs;
    return need_tensor(file, used, name, outputs, inputs, &m->tensor, why);
}

static int read_tensors(qn_graph *g, const qn_gguf *file, bool *used, qn_why *why)
{
    qn_dims *d = &g->dims;
    int err;
    const qn_gguf_tensor *embed = qn_gguf_tensor_find(file, "token_embd.weight");
    if (!embed)
        return qn_fail(why, QN_ERR_FORMAT, "tensor 'token_embd.weight' is missing");
    if (embed->dims[1] == 0 || embed->dims[1] > 1u << 20)
        return qn_fail(why, QN_ERR_UNSUPPORTED, "tensor 'token_embd.weight' has %zu rows: supported are 1 to %u", embed->dims[1], 1u << 20);
    d->vocab = (uint32_t)embed->dims[1];
    if ((err = matrix(file, used, "token_embd.weight", d->vocab, d->width, &g->embed, why)) < 0 ||
        (err = need_tensor(file, used, "output_norm.weight", 0, d->width, &g->norm_out, why)) < 0)
        return err;
    d->tied = !qn_gguf_tensor_find(file, "output.weight");
    if ((err = matrix(file, used, d->tied ? "token_embd.weight" : "output.weight", d->vocab, d->width, &g->logits, why)) < 0)
        return err;
    // A stored output that is the embedding's bytes again is tied all the same.
    if (!d->tied && g->logits.tensor->type == embed->type && memcmp(g->logits.tensor->data, embed->data, embed->bytes) == 0)
        d->tied = true;
    uint32_t q = d->heads * d->head, kv = d->kv_heads * d->head;
    const struct {
        const char *name;
        uint32_t outputs, inputs;
    } shape[QN_LAYER_ROLES] = {
        {"attn_q", q, d->width}, {"attn_k", kv, d->width}, {"attn_v", kv, d->width}, {"attn_output", d->width, q},
        {"ffn_gate", d->hidden, d->width}, {"ffn_up", d->hidden, d->width}, {"ffn_down", d->width, d->hidden},
    };
    for (uint32_t l = 0; l < d->layers; l++) {
        char name[64];
        qn_layer *y = &g->layer[l];
        for (int r = 0; r < QN_LAYER_ROLES; r++) {
            snprintf(name, sizeof name, "blk.%u.%s.weight", l, shape[r].name);
            if ((err = matrix(file, used, name, shape[r].outputs, shape[r].inputs, &y->m[r], why)) < 0)
                return err;
        }
        snprintf(name, sizeof name, "blk.%u.attn_norm.weight", l);
        if ((err = need_tensor(file, used, name, 0, d->width, &y->norm_attn, why)) < 0)
            return err;
        snprintf(name, sizeof name, "blk.%u.ffn_norm.weight", l);
        if ((err = need_tensor(file, used, name, 0, d->width, &y->norm_ffn, why)) < 0)
            return err;
    }
    for (size_t i = 0; i < file->n_tensor; i++) {
        char shown[QN_GGUF_SHOW];
        if (!used[i])
            return qn_fail(why, QN_ERR_UNSUPPORTED, "tensor '%s' is not supported", qn_gguf_show(shown, file->tensor[i].name));
    }
    return 0;
}

int qn_llama_import(qn_graph *g, const qn_gguf *file, qn_why *why)
{
    memset(g, 0, sizeof *g);
    int err = read_dims(&g->dims, file, why);
    if (err < 0)
        return err;
    g->layer = calloc(g->dims.layers, sizeof *g->layer);
    bool *used = calloc(file->n_tensor + 1, sizeof *used);
    err = g->layer && used ? read_tensors(g, file, used, why) : QN_ERR_NOMEM;
    free(used);
    if (err < 0)
        qn_graph_free(g);
    return err;
}
