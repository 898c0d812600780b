// SPDX-License-Identifier: Apache-2.0
#include "compiler/front/qn_token_file.h"

#include <stdlib.h>
#include <string.h>

#include "driver/qn_le.h"
#include "driver/qn_size.h"

enum { HEAD = 6 * 4 + 5 * 8 + 4 * 4 };

// ---- writing: `at` NULL counts alone
typedef struct writer {
    uint8_t *at;
    size_t n;
    bool over;
} writer;

static void put(writer *w, const void *src, size_t n)
{
    if (n > QN_TOKEN_TEXT_MAX || !qn_size_add(&w->n, w->n, n)) {
        w->over = true;
        return;
    }
    if (w->at && n) {
        memcpy(w->at, src, n);
        w->at += n;
    }
}

static void put32(writer *w, uint32_t v)
{
    const uint8_t b[4] = {(uint8_t)v, (uint8_t)(v >> 8), (uint8_t)(v >> 16), (uint8_t)(v >> 24)};
    put(w, b, sizeof b);
}

static void put64(writer *w, uint64_t v)
{
    put32(w, (uint32_t)v);
    put32(w, (uint32_t)(v >> 32));
}

static void put_all(writer *w, const qn_token_spec *s)
{
    size_t scores = s->scores ? s->n_scores : 0, types = s->types ? s->n_types : 0;
    const int64_t ids[] = {s->bos, s->eos, s->eot, s->eom, s->unk};
    const int flags[] = {s->add_bos, s->add_eos, s->space_prefix, s->squeeze};
    put32(w, (uint32_t)s->n_tokens);
    put32(w, (uint32_t)scores);
    put32(w, (uint32_t)types);
    put32(w, (uint32_t)s->n_merges);
    put32(w, (uint32_t)s->model.len);
    put32(w, (uint32_t)s->pre.len);
    for (size_t i = 0; i < 5; i++)
        put64(w, (uint64_t)ids[i]);
    for (size_t i = 0; i < 4; i++)
        put32(w, (uint32_t)flags[i]);
    put(w, s->model.ptr, s->model.len);
    put(w, s->pre.ptr, s->pre.len);
    for (size_t i = 0; i < s->n_tokens; i++)
        put32(w, (uint32_t)s->tokens[i].len);
    for (size_t i = 0; i < scores; i++) {
        uint32_t bits;
        memcpy(&bits, &s->scores[i], sizeof bits);
        put32(w, bits);
    }
    for (size_t i = 0; i < types; i++)
        put32(w, (uint32_t)s->types[i]);
    for (size_t i = 0; i < s->n_merges; i++)
        put32(w, (uint32_t)s->merges[i].len);
    for (size_t i = 0; i < s->n_tokens; i++)
        put(w, s->tokens[i].ptr, s->tokens[i].len);
    for (size_t i = 0; i < s->n_merges; i++)
        put(w, s->merges[i].ptr, s->merges[i].len);
}

int qn_token_pack(const qn_token_spec *spec, uint8_t **bytes, size_t *n)
{
    *bytes = NULL;
    *n = 0;
    writer w = {0};
    put_all(&w, spec);
    if (w.over || spec->n_tokens > QN_TOKEN_COUNT_MAX || spec->n_merges > QN_TOKEN_COUNT_MAX)
        return QN_ERR_RANGE;
    *bytes = malloc(w.n);
    if (!*bytes)
        return QN_ERR_NOMEM;
    *n = w.n;
    w = (writer){.at = *bytes};
    put_all(&w, spec);
    return 0;
}

// ---- reading
typedef struct reader {
    const uint8_t *at;
    size_t left;
} reader;

// The next n bytes, or NULL if there are fewer.
static const uint8_t *take(reader *r, size_t n)
{
    if (n > r->left)
        return NULL;
    const uint8_t *at = r->at;
    r->at += n;
    r->left -= n;
    return at;
}

static const uint8_t *take_words(reader *r, size_t n)
{
    size_t bytes;
    return qn_size_mul(&bytes, n, 4) ? take(r, bytes) : NULL;
}

// n strings of the lengths that stand at `len`
static qn_gguf_str *strings(reader *r, const uint8_t *len, size_t n)
{
    qn_gguf_str *s = calloc(n + !n, sizeof *s);
    for (size_t i = 0; s && i < n; i++) {
        s[i].len = qn_le32(len + 4 * i);
        s[i].ptr = (const char *)take(r, s[i].len);
        if (!s[i].ptr) {
            free(s);
            return NULL;
        }
    }
    return s;
}

static int bad(qn_why *why, const char *what)
{
    return qn_fail(why, QN_ERR_FORMAT, "vocabulary: %s", what);
}

static int fill(qn_token_spec *s, reader *r, qn_gguf_str **tokens, qn_gguf_str **merges, float **scores, int32_t **types, qn_why *why)
{
    const uint8_t *h = take(r, HEAD);
    if (!h)
        return bad(why, "ends too early");
    s->n_tokens = qn_le32(h);
    s->n_scores = qn_le32(h + 4);
    s->n_types = qn_le32(h + 8);
    s->n_merges = qn_le32(h + 12);
    s->model.len = qn_le32(h + 16);
    s->pre.len = qn_le32(h + 20);
    int64_t *const ids[] = {&s->bos, &s->eos, &s->eot, &s->eom, &s->unk};
    int *const flags[] = {&s->add_bos, &s->add_eos, &s->space_prefix, &s->squeeze};
    for (size_t i = 0; i < 5; i++)
        *ids[i] = (int64_t)qn_le64(h + 24 + 8 * i);
    for (size_t i = 0; i < 4; i++)
        *flags[i] = (int32_t)qn_le32(h + 64 + 4 * i);
    for (size_t i = 0; i < 4; i++)
        if (*flags[i] < -1 || *flags[i] > 1)
            return bad(why, "a flag out of range");

    s->model.ptr = (const char *)take(r, s->model.len);
    s->pre.ptr = s->model.ptr ? (const char *)take(r, s->pre.len) : NULL;
    const uint8_t *token_len = s->pre.ptr ? take_words(r, s->n_tokens) : NULL;
    const uint8_t *score = token_len ? take_words(r, s->n_scores) : NULL;
    const uint8_t *type = score ? take_words(r, s->n_types) : NULL;
    const uint8_t *merge_len = type ? take_words(r, s->n_merges) : NULL;
    if (!merge_len)
        return bad(why, "ends too early");
    *scores = calloc(s->n_scores + !s->n_scores, sizeof **scores);
    *types = calloc(s->n_types + !s->n_types, sizeof **types);
    if (!*scores || !*types)
        return qn_fail(why, QN_ERR_NOMEM, "vocabulary");
    for (size_t i = 0; i < s->n_scores; i++) {
        uint32_t bits = qn_le32(score + 4 * i);
        memcpy(&(*scores)[i], &bits, sizeof bits);
    }
    for (size_t i = 0; i < s->n_types; i++)
        (*types)[i] = (int32_t)qn_le32(type + 4 * i);
    *tokens = strings(r, token_len, s->n_tokens);
    *merges = *tokens ? strings(r, merge_len, s->n_merges) : NULL;
    if (!*merges)
        return bad(why, "ends too early");
    if (r->left)
        return bad(why, "goes on after its end");
    s->tokens = *tokens;
    s->merges = *merges;
    s->scores = *scores;
    s->types = s->n_types ? *types : NULL;
    return 0;
}

int qn_token_unpack(qn_token **out, const uint8_t *bytes, size_t n, qn_why *why)
{
    *out = NULL;
    qn_token_spec s;
    qn_gguf_str *tokens = NULL, *merges = NULL;
    float *scores = NULL;
    int32_t *types = NULL;
    reader r = {bytes, n};
    qn_token_spec_init(&s);
    int err = fill(&s, &r, &tokens, &merges, &scores, &types, why);
    if (!err)
        err = qn_token_new(out, &s, why);
    free(tokens);
    free(merges);
    free(scores);
    free(types);
    return err;
}
