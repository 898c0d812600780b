// SPDX-License-Identifier: Apache-2.0
// Token ids to text.
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "compiler/front/qn_token_in.h"
#include "driver/qn_size.h"

qn_gguf_str qn_token_bytes(const qn_token *t, uint32_t id, uint32_t flags)
{
    if (id >= t->n || (t->use[id] & QN_TOKEN_USE_HIDDEN && !(flags & QN_TOKEN_SPECIAL)))
        return (qn_gguf_str){"", 0};
    return qn_token_pool_get(&t->bytes, id);
}

// The same less the blank that encoding put before the text. A token that writes nothing leaves *at_start as it is.
static qn_gguf_str piece(const qn_token *t, uint32_t id, uint32_t flags, bool *at_start)
{
    qn_gguf_str s = qn_token_bytes(t, id, flags);
    if (s.len && *at_start) {
        *at_start = false;
        if (s.ptr[0] == ' ' && !(t->use[id] & (QN_TOKEN_USE_ALWAYS | QN_TOKEN_USE_ASKED)))
            return (qn_gguf_str){s.ptr + 1, s.len - 1};
    }
    return s;
}

int qn_token_decode(const qn_token *t, const uint32_t *ids, size_t n_ids, uint32_t flags, char **text, size_t *n_text)
{
    *text = NULL;
    *n_text = 0;
    size_t n = 1;
    for (size_t i = 0; i < n_ids; i++) {
        if (ids[i] >= t->n || !qn_size_add(&n, n, qn_token_bytes(t, ids[i], flags).len))
            return QN_ERR_RANGE;
    }
    char *out = malloc(n);
    if (!out)
        return QN_ERR_NOMEM;
    bool at_start = t->space_prefix && !(flags & QN_TOKEN_CONTINUE);
    n = 0;
    for (size_t i = 0; i < n_ids; i++) {
        qn_gguf_str s = piece(t, ids[i], flags, &at_start);
        memcpy(out + n, s.ptr, s.len);
        n += s.len;
    }
    out[n] = 0;
    *text = out;
    *n_text = n;
    return 0;
}

struct qn_token_stream {
    const qn_token *t;
    uint32_t flags;
    bool at_start;
    size_t n, n_given; // bytes in `buf`, and how many of them the last call gave
    char buf[];        // room for what is held back and one token
};

static void start(qn_token_stream *s)
{
    s->at_start = s->t->space_prefix && !(s->flags & QN_TOKEN_CONTINUE);
    s->n = s->n_given = 0;
}

int qn_token_stream_open(qn_token_stream **out, const qn_token *t, uint32_t flags)
{
    assert(out && t);
    *out = malloc(sizeof **out + 3 + t->bytes_max);
    if (!*out)
        return QN_ERR_NOMEM;
    (*out)->t = t;
    (*out)->flags = flags;
    start(*out);
    return 0;
}

void qn_token_stream_close(qn_token_stream *s)
{
    free(s);
}

// How many bytes at the end begin a character without being one yet: 0 to 3
static size_t open_end(const uint8_t *text, size_t n)
{
    for (size_t held = 1; held <= 3 && held <= n; held++) {
        const uint8_t *p = text + n - held;
        if (*p < 0x80)
            return 0;
        if (*p < 0xC0)
            continue; // a trail byte: its lead is further left
        size_t len = *p >= 0xF0 ? 4 : *p >= 0xE0 ? 3 : 2;
        if (*p < 0xC2 || *p > 0xF4 || held >= len)
            return 0;
        if (held == 1)
            return held;
        // Overlong forms, surrogates and what is above U+10FFFF show in the second byte
        uint8_t low = *p == 0xE0 ? 0xA0 : *p == 0xF0 ? 0x90 : 0x80, high = *p == 0xED ? 0x9F : *p == 0xF4 ? 0x8F : 0xBF;
        return p[1] >= low && p[1] <= high ? held : 0;
    }
    return 0;
}

static void drop_given(qn_token_stream *s)
{
    s->n -= s->n_given;
    memmove(s->buf, s->buf + s->n_given, s->n);
    s->n_given = 0;
}

qn_gguf_str qn_token_stream_put(qn_token_stream *s, uint32_t id)
{
    drop_given(s);
    qn_gguf_str add = piece(s->t, id, s->flags, &s->at_start);
    memcpy(s->buf + s->n, add.ptr, add.len);
    s->n += add.len;
    s->n_given = s->n - open_end((const uint8_t *)s->buf, s->n);
    return (qn_gguf_str){s->buf, s->n_given};
}

qn_gguf_str qn_token_stream_end(qn_token_stream *s)
{
    drop_given(s);
    qn_gguf_str rest = {s->buf, s->n};
    start(s);
    return rest;
}
