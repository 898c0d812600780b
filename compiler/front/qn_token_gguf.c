// SPDX-License-Identifier: Apache-2.0
#include <stdlib.h>
#include <string.h>

#include "compiler/front/qn_token.h"
#include "driver/qn_size.h"

void qn_token_spec_init(qn_token_spec *spec)
{
    memset(spec, 0, sizeof *spec);
    spec->bos = spec->eos = spec->eot = spec->eom = spec->unk = -1;
    spec->add_bos = spec->add_eos = spec->space_prefix = spec->squeeze = -1;
}

// The arrays that the spec owns, in one allocation each
typedef struct arrays {
    qn_gguf_str *tokens, *merges;
    float *scores;
    int32_t *types;
} arrays;

void qn_token_spec_free(qn_token_spec *spec)
{
    arrays *own = spec->own;
    if (own) {
        free(own->tokens);
        free(own->merges);
        free(own->scores);
        free(own->types);
        free(own);
    }
    qn_token_spec_init(spec);
}

static int too_many(const char *key, size_t n, qn_why *why)
{
    return qn_fail(why, QN_ERR_RANGE, "%s has %zu elements, at most %u are read", key, n, QN_TOKEN_COUNT_MAX);
}

static int strings(qn_gguf_str **own, size_t *n, const qn_gguf *g, const char *key, qn_why *why)
{
    const qn_gguf_kv *kv;
    int found = qn_gguf_get_strs(g, key, &kv, why);
    if (found != 1)
        return found;
    if (kv->count > QN_TOKEN_COUNT_MAX)
        return too_many(key, kv->count, why);
    *own = malloc((kv->count + !kv->count) * sizeof **own);
    if (!*own)
        return qn_fail(why, QN_ERR_NOMEM, "%s", key);
    for (size_t i = 0; i < kv->count; i++)
        (*own)[i] = qn_gguf_str_at(kv, i);
    *n = kv->count;
    return 1;
}

// Scores are floats, or integers in some files
static int scores(float **own, size_t *n, const qn_gguf *g, qn_why *why)
{
    const char *key = "tokenizer.ggml.scores";
    const qn_gguf_kv *kv = qn_gguf_find(g, key);
    bool ints = kv && kv->type == QN_GGUF_ARRAY && kv->elem != QN_GGUF_F32 && kv->elem != QN_GGUF_F64;
    int found = ints ? qn_gguf_get_ints(g, key, &kv, why) : qn_gguf_get_floats(g, key, &kv, why);
    if (found != 1)
        return found;
    if (kv->count > QN_TOKEN_COUNT_MAX)
        return too_many(key, kv->count, why);
    *own = malloc((kv->count + !kv->count) * sizeof **own);
    if (!*own)
        return qn_fail(why, QN_ERR_NOMEM, "%s", key);
    for (size_t i = 0; i < kv->count; i++)
        (*own)[i] = ints ? (float)qn_gguf_int_at(kv, i) : (float)qn_gguf_float_at(kv, i);
    *n = kv->count;
    return 1;
}

static int types(int32_t **own, size_t *n, const qn_gguf *g, qn_why *why)
{
    const char *key = "tokenizer.ggml.token_type";
    const qn_gguf_kv *kv;
    int found = qn_gguf_get_ints(g, key, &kv, why);
    if (found != 1)
        return found;
    if (kv->count > QN_TOKEN_COUNT_MAX)
        return too_many(key, kv->count, why);
    *own = malloc((kv->count + !kv->count) * sizeof **own);
    if (!*own)
        return qn_fail(why, QN_ERR_NOMEM, "%s", key);
    for (size_t i = 0; i < kv->count; i++) {
        int64_t type = qn_gguf_int_at(kv, i);
        (*own)[i] = type < 0 || type > INT32_MAX ? -1 : (int32_t)type;
    }
    *n = kv->count;
    return 1;
}

// An id; all ones, which some converters write, is none
static int id(int64_t *out, const qn_gguf *g, const char *key, qn_why *why)
{
    const qn_gguf_kv *kv = qn_gguf_find(g, key);
    if (kv && (kv->type == QN_GGUF_I32 || kv->type == QN_GGUF_I64) && qn_gguf_int_at(kv, 0) == -1)
        return 0;
    uint32_t value;
    int found = qn_gguf_get_u32(g, key, &value, why);
    if (found == 1 && value != UINT32_MAX)
        *out = value;
    return found;
}

static int flag(int *out, const qn_gguf *g, const char *key, qn_why *why)
{
    bool value;
    int found = qn_gguf_get_bool(g, key, &value, why);
    if (found == 1)
        *out = value;
    return found;
}

int qn_token_spec_from_gguf(qn_token_spec *spec, const qn_gguf *g, qn_why *why)
{
    qn_token_spec_init(spec);
    arrays *own = calloc(1, sizeof *own);
    if (!own)
        return QN_ERR_NOMEM;
    spec->own = own;

    const char *key = "tokenizer.ggml.model";
    int err = qn_gguf_need(qn_gguf_get_str(g, key, &spec->model, why), key, why);
    if (err < 0)
        return err;
    key = "tokenizer.ggml.tokens";
    err = qn_gguf_need(strings(&own->tokens, &spec->n_tokens, g, key, why), key, why);
    if (err < 0)
        return err;
    if ((err = qn_gguf_get_str(g, "tokenizer.ggml.pre", &spec->pre, why)) < 0 ||
        (err = scores(&own->scores, &spec->n_scores, g, why)) < 0 ||
        (err = types(&own->types, &spec->n_types, g, why)) < 0 ||
        (err = strings(&own->merges, &spec->n_merges, g, "tokenizer.ggml.merges", why)) < 0 ||
        (err = id(&spec->bos, g, "tokenizer.ggml.bos_token_id", why)) < 0 ||
        (err = id(&spec->eos, g, "tokenizer.ggml.eos_token_id", why)) < 0 ||
        (err = id(&spec->eot, g, "tokenizer.ggml.eot_token_id", why)) < 0 ||
        (err = id(&spec->eom, g, "tokenizer.ggml.eom_token_id", why)) < 0 ||
        (err = id(&spec->unk, g, "tokenizer.ggml.unknown_token_id", why)) < 0 ||
        (err = flag(&spec->add_bos, g, "tokenizer.ggml.add_bos_token", why)) < 0 ||
        (err = flag(&spec->add_eos, g, "tokenizer.ggml.add_eos_token", why)) < 0 ||
        (err = flag(&spec->space_prefix, g, "tokenizer.ggml.add_space_prefix", why)) < 0 ||
        (err = flag(&spec->squeeze, g, "tokenizer.ggml.remove_extra_whitespaces", why)) < 0)
        return err;
    spec->tokens = own->tokens;
    spec->merges = own->merges;
    spec->scores = own->scores;
    spec->types = own->types;
    return 0;
}
