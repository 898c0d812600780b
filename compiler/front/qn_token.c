// SPDX-License-Identifier: Apache-2.0
// Makes a tokenizer from a spec: checks it, sorts its tokens by use, and builds the tables that encoding looks things up in.
#include "compiler/front/qn_token.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "compiler/front/qn_token_in.h"

// Tokens that end a generation when they are special tokens, by name: those of llama.cpp
static const char *const ENDS[] = {
    "<|eot_id|>", "<|im_end|>", "<|end|>", "<|return|>", "<|call|>", "<|flush|>", "<|calls|>", "<end_of_turn>", "<|endoftext|>", "</s>",
    "<|eom_id|>", "<EOT>", "_<EOT>", "[EOT]", "[EOS]", "<|end_of_text|>", "<end_of_utterance>", "<eos>", "<turn|>",
    "<\xEF\xBD\x9C" "end\xE2\x96\x81of\xE2\x96\x81sentence\xEF\xBD\x9C>",
};

static uint64_t mix(uint64_t x)
{
    x ^= x >> 32;
    x *= 0xD6E8FEB86659FD93u;
    x ^= x >> 32;
    x *= 0xD6E8FEB86659FD93u;
    return x ^ x >> 32;
}

static uint64_t hash(const char *text, size_t n)
{
    uint64_t h = n;
    for (; n >= 8; text += 8, n -= 8) {
        uint64_t word;
        memcpy(&word, text, 8);
        h = mix(h ^ word);
    }
    uint64_t word = 0;
    memcpy(&word, text, n);
    return mix(h ^ word);
}

uint32_t qn_token_find(const qn_token *t, const char *text, size_t n)
{
    if (!n || n > t->text_max)
        return QN_TOKEN_NONE;
    for (size_t i = hash(text, n) & t->slot_mask; t->slot[i]; i = (i + 1) & t->slot_mask) {
        uint32_t id = t->slot[i] - 1;
        qn_gguf_str s = qn_token_pool_get(&t->text, id);
        if (s.len == n && !memcmp(s.ptr, text, n))
            return id;
    }
    return QN_TOKEN_NONE;
}

uint32_t qn_token_match(const qn_token *t, const char *text, size_t n)
{
    uint32_t id = qn_token_find(t, text, n);
    return id != QN_TOKEN_NONE && t->use[id] & QN_TOKEN_USE_TEXT ? id : QN_TOKEN_NONE;
}

const qn_token_merge *qn_token_merge_find(const qn_token *t, uint32_t left, uint32_t right)
{
    size_t i = mix((uint64_t)left << 32 | right) & t->merge_mask;
    for (; t->merge[i].left != QN_TOKEN_NONE; i = (i + 1) & t->merge_mask) {
        if (t->merge[i].left == left && t->merge[i].right == right)
            return &t->merge[i];
    }
    return NULL;
}

static bool is_plain_byte(unsigned byte)
{
    return (byte > 0x20 && byte < 0x7F) || (byte > 0xA0 && byte != 0xAD);
}

size_t qn_token_byte_text(uint8_t byte, char out[2])
{
    // Printable Latin-1 stands for itself, the 68 others follow from U+0100 on
    unsigned point = byte;
    if (!is_plain_byte(byte)) {
        point = 0x100;
        for (unsigned i = 0; i < byte; i++)
            point += !is_plain_byte(i);
    }
    if (point < 0x80) {
        out[0] = (char)point;
        return 1;
    }
    out[0] = (char)(0xC0 | point >> 6);
    out[1] = (char)(0x80 | (point & 0x3F));
    return 2;
}

static bool is_hex(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'F') || (c >= 'a' && c <= 'f');
}

// "<0xXX>": the byte, or -1
static int byte_of(qn_gguf_str s)
{
    if (s.len != 6 || memcmp(s.ptr, "<0x", 3) || s.ptr[5] != '>' || !is_hex(s.ptr[3]) || !is_hex(s.ptr[4]))
        return -1;
    char digits[3] = {s.ptr[3], s.ptr[4], 0};
    return (int)strtol(digits, NULL, 16);
}

// What a token stands for, written to `out`, which has room for its text. Never longer than that.
static size_t bytes_of(bool spm, int type, qn_gguf_str s, const uint16_t byte_of_point[0x144], char *out)
{
    size_t n = 0;
    if (type == QN_TOKEN_BYTE) {
        out[n++] = (char)byte_of(s);
    } else if (type != QN_TOKEN_NORMAL && type != QN_TOKEN_UNUSED) {
        memcpy(out, s.ptr, s.len);
        n = s.len;
    } else if (spm) {
        for (size_t i = 0; i < s.len;) {
            bool blank = s.len - i >= 3 && !memcmp(s.ptr + i, QN_TOKEN_BLANK, 3);
            out[n++] = blank ? ' ' : s.ptr[i];
            i += blank ? 3 : 1;
        }
    } else {
        for (size_t i = 0; i < s.len;) {
            uint32_t point;
            size_t len = qn_token_point((const uint8_t *)s.ptr + i, s.len - i, &point);
            if (point < 0x144 && byte_of_point[point] < 256) {
                out[n++] = (char)byte_of_point[point];
            } else { // no letter of that alphabet: itself
                memcpy(out + n, s.ptr + i, len);
                n += len;
            }
            i += len;
        }
    }
    return n;
}

static int pool_new(qn_token_pool *pool, size_t n, size_t bytes)
{
    pool->text = malloc(bytes + 1);
    pool->at = malloc((n + 1) * sizeof *pool->at);
    return pool->text && pool->at ? 0 : QN_ERR_NOMEM;
}

static int check_types(const qn_token_spec *spec, qn_why *why)
{
    for (size_t i = 0; spec->types && i < spec->n_types; i++) {
        if (spec->types[i] < QN_TOKEN_NORMAL || spec->types[i] > QN_TOKEN_BYTE)
            return qn_fail(why, QN_ERR_FORMAT, "tokenizer.ggml.token_type: token %zu has type %d", i, spec->types[i]);
        char show[QN_GGUF_SHOW];
        if (spec->types[i] == QN_TOKEN_BYTE && byte_of(spec->tokens[i]) < 0)
            return qn_fail(why, QN_ERR_FORMAT, "token %zu is a byte token but reads \"%s\", not \"<0xXX>\"", i,
                           qn_gguf_show(show, spec->tokens[i]));
    }
    return 0;
}

static int check_id(const qn_token_spec *spec, const char *what, int64_t id, qn_why *why)
{
    if (id >= 0 && (uint64_t)id >= spec->n_tokens)
        return qn_fail(why, QN_ERR_FORMAT, "tokenizer.ggml.%s_token_id is %lld, the vocabulary has %zu tokens", what, (long long)id,
                       spec->n_tokens);
    return 0;
}

static int check(const qn_token_spec *spec, bool spm, qn_why *why)
{
    if (!spec->n_tokens)
        return qn_fail(why, QN_ERR_FORMAT, "tokenizer.ggml.tokens is empty");
    if (spec->n_tokens > QN_TOKEN_COUNT_MAX || spec->n_merges > QN_TOKEN_COUNT_MAX)
        return qn_fail(why, QN_ERR_RANGE, "%zu tokens and %zu merges; at most %u of each are read", spec->n_tokens, spec->n_merges,
                       QN_TOKEN_COUNT_MAX);
    if (spec->types && spec->n_types != spec->n_tokens)
        return qn_fail(why, QN_ERR_FORMAT, "tokenizer.ggml.token_type has %zu elements for %zu tokens", spec->n_types, spec->n_tokens);
    if (spm) {
        if (!spec->scores)
            return qn_fail(why, QN_ERR_FORMAT, "tokenizer.ggml.scores is missing");
        if (spec->n_scores != spec->n_tokens)
            return qn_fail(why, QN_ERR_FORMAT, "tokenizer.ggml.scores has %zu elements for %zu tokens", spec->n_scores, spec->n_tokens);
        for (size_t i = 0; i < spec->n_scores; i++) {
            if (!isfinite(spec->scores[i]))
                return qn_fail(why, QN_ERR_NONFINITE, "tokenizer.ggml.scores: the score of token %zu is not finite", i);
        }
    } else if (!spec->merges) {
        return qn_fail(why, QN_ERR_FORMAT, "tokenizer.ggml.merges is missing");
    }

    int err = check_types(spec, why);
    if (err || (err = check_id(spec, "bos", spec->bos, why)) || (err = check_id(spec, "eos", spec->eos, why)) ||
        (err = check_id(spec, "eot", spec->eot, why)) || (err = check_id(spec, "eom", spec->eom, why)) ||
        (err = check_id(spec, "unknown", spec->unk, why)))
        return err;
    return 0;
}

// An id of the metadata, or the one that the kind of vocabulary has by custom
static uint32_t id_or(int64_t id, int64_t custom, uint32_t n)
{
    if (id < 0)
        id = custom;
    return id < 0 || id >= n ? QN_TOKEN_NONE : (uint32_t)id;
}

// BOS, EOS and the unknown token, and whether they are added: customs as in llama.cpp
static int read_ids(qn_token *t, const qn_token_spec *spec, qn_why *why)
{
    t->bos = id_or(spec->bos, t->spm ? 1 : 11, t->n);
    t->eos = id_or(spec->eos, t->spm ? 2 : 11, t->n);
    t->unk = id_or(spec->unk, t->spm ? 0 : -1, t->n);
    t->add_bos = spec->add_bos >= 0 ? spec->add_bos : t->spm || t->pre->add_bos;
    t->add_eos = spec->add_eos > 0;
    t->space_prefix = t->spm && spec->space_prefix != 0;
    t->squeeze = t->spm && spec->squeeze > 0;
    if (spec->add_bos > 0 && t->bos == QN_TOKEN_NONE)
        return qn_fail(why, QN_ERR_FORMAT, "tokenizer.ggml.add_bos_token is true, but there is no BOS token");
    if (t->add_eos && t->eos == QN_TOKEN_NONE)
        return qn_fail(why, QN_ERR_FORMAT, "tokenizer.ggml.add_eos_token is true, but there is no EOS token");
    t->add_bos = t->add_bos && t->bos != QN_TOKEN_NONE;
    return 0;
}

// A file without types tells them by form and by the ids
static int type_of(const qn_token *t, const qn_token_spec *spec, uint32_t id)
{
    int type = spec->types ? spec->types[id] : QN_TOKEN_NORMAL;
    if (type == QN_TOKEN_NORMAL && t->spm && byte_of(spec->tokens[id]) >= 0)
        return QN_TOKEN_BYTE;
    if (spec->types)
        return type;
    if (id == t->bos || id == t->eos || id == spec->eot || id == spec->eom)
        return QN_TOKEN_CONTROL;
    return id == t->unk && t->spm ? QN_TOKEN_UNKNOWN : QN_TOKEN_NORMAL;
}

static uint8_t use_of(int type, qn_gguf_str s)
{
    static const uint8_t uses[] = {
        [QN_TOKEN_NORMAL] = QN_TOKEN_USE_TEXT,
        [QN_TOKEN_UNKNOWN] = QN_TOKEN_USE_HIDDEN | QN_TOKEN_USE_ASKED,
        [QN_TOKEN_CONTROL] = QN_TOKEN_USE_HIDDEN | QN_TOKEN_USE_ASKED,
        [QN_TOKEN_USER_DEFINED] = QN_TOKEN_USE_TEXT | QN_TOKEN_USE_ALWAYS | QN_TOKEN_USE_ASKED,
        [QN_TOKEN_UNUSED] = QN_TOKEN_USE_TEXT | QN_TOKEN_USE_UNUSED,
        [QN_TOKEN_BYTE] = 0,
    };
    if (type == QN_TOKEN_CONTROL || type == QN_TOKEN_USER_DEFINED) {
        for (size_t i = 0; i < sizeof ENDS / sizeof *ENDS; i++) {
            if (strlen(ENDS[i]) == s.len && !memcmp(ENDS[i], s.ptr, s.len))
                return uses[QN_TOKEN_CONTROL] | QN_TOKEN_USE_END;
        }
    }
    return uses[type];
}

// The tokens' texts, bytes and uses
static int read_tokens(qn_token *t, const qn_token_spec *spec, qn_why *why)
{
    size_t bytes = 0;
    for (size_t i = 0; i < spec->n_tokens; i++) {
        if (spec->tokens[i].len > QN_TOKEN_TEXT_MAX - bytes)
            return qn_fail(why, QN_ERR_RANGE, "the vocabulary has more than %u bytes", QN_TOKEN_TEXT_MAX);
        bytes += spec->tokens[i].len;
    }
    t->use = calloc(t->n, 1);
    if (!t->use || pool_new(&t->text, t->n, bytes) || pool_new(&t->bytes, t->n, bytes))
        return QN_ERR_NOMEM;

    uint16_t byte_of_point[0x144];
    memset(byte_of_point, 0xFF, sizeof byte_of_point);
    for (unsigned byte = 0; byte < 256; byte++) {
        char form[2];
        uint32_t point;
        qn_token_point((uint8_t *)form, qn_token_byte_text((uint8_t)byte, form), &point);
        byte_of_point[point] = (uint16_t)byte;
    }

    uint32_t text_at = 0, bytes_at = 0;
    for (uint32_t i = 0; i < t->n; i++) {
        qn_gguf_str s = spec->tokens[i];
        int type = type_of(t, spec, i);
        if (s.len)
            memcpy(t->text.text + text_at, s.ptr, s.len);
        size_t n_bytes = s.len ? bytes_of(t->spm, type, s, byte_of_point, t->bytes.text + bytes_at) : 0;
        t->text.at[i] = text_at;
        t->bytes.at[i] = bytes_at;
        text_at += (uint32_t)s.len;
        bytes_at += (uint32_t)n_bytes;
        if (s.len > t->text_max)
            t->text_max = (uint32_t)s.len;
        if (n_bytes > t->bytes_max)
            t->bytes_max = (uint32_t)n_bytes;
        t->use[i] = s.len ? use_of(type, s) : QN_TOKEN_USE_HIDDEN;
        t->any_unused |= t->use[i] & QN_TOKEN_USE_UNUSED;
    }
    t->text.at[t->n] = text_at;
    t->bytes.at[t->n] = bytes_at;

    int64_t ends[] = {t->eos == QN_TOKEN_NONE ? -1 : (int64_t)t->eos, spec->eot, spec->eom};
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        if (ends[i] >= 0)
            t->use[ends[i]] |= QN_TOKEN_USE_END;
    }
    return 0;
}

// A power of two with room to spare for n entries
static size_t table_size(size_t n)
{
    size_t size = 16;
    while (size < 2 * n)
        size *= 2;
    return size;
}

static int index_tokens(qn_token *t, qn_why *why)
{
    size_t size = table_size(t->n);
    t->slot = calloc(size, sizeof *t->slot);
    if (!t->slot)
        return QN_ERR_NOMEM;
    t->slot_mask = size - 1;
    for (uint32_t id = 0; id < t->n; id++) {
        qn_gguf_str s = qn_token_pool_get(&t->text, id);
        if (!s.len)
            continue;
        uint32_t other = qn_token_find(t, s.ptr, s.len);
        char show[QN_GGUF_SHOW];
        if (other != QN_TOKEN_NONE)
            return qn_fail(why, QN_ERR_FORMAT, "tokens %u and %u are both \"%s\"", other, id, qn_gguf_show(show, s));
        size_t i = hash(s.ptr, s.len) & t->slot_mask;
        while (t->slot[i])
            i = (i + 1) & t->slot_mask;
        t->slot[i] = id + 1;
    }
    return 0;
}

static void read_bytes(qn_token *t, const qn_token_spec *spec)
{
    for (unsigned byte = 0; byte < 256; byte++) {
        char form[2];
        t->byte_id[byte] = t->spm ? QN_TOKEN_NONE : qn_token_match(t, form, qn_token_byte_text((uint8_t)byte, form));
    }
    for (uint32_t id = t->n; t->spm && id-- > 0;) { // the first one stays
        if (type_of(t, spec, id) == QN_TOKEN_BYTE)
            t->byte_id[byte_of(spec->tokens[id])] = id;
    }
}

// Scores as integers that sort the other way round: 0 is the best possible
static int read_scores(qn_token *t, const qn_token_spec *spec)
{
    t->order = malloc(t->n * sizeof *t->order);
    if (!t->order)
        return QN_ERR_NOMEM;
    for (uint32_t id = 0; id < t->n; id++) {
        float score = spec->scores[id] + 0.0f; // -0 equals 0
        uint32_t bits;
        memcpy(&bits, &score, sizeof bits);
        t->order[id] = bits & 0x80000000u ? bits : 0x7FFFFFFFu - bits;
    }
    return 0;
}

static int read_merges(qn_token *t, const qn_token_spec *spec, qn_why *why)
{
    size_t size = table_size(spec->n_merges);
    t->merge = malloc(size * sizeof *t->merge);
    if (!t->merge)
        return QN_ERR_NOMEM;
    memset(t->merge, 0xFF, size * sizeof *t->merge);
    t->merge_mask = size - 1;

    char *both = malloc((size_t)t->text_max + 1);
    if (!both)
        return QN_ERR_NOMEM;
    int err = 0;
    for (size_t i = 0; i < spec->n_merges && !err; i++) {
        qn_gguf_str s = spec->merges[i];
        const char *blank = s.len > 1 ? memchr(s.ptr + 1, ' ', s.len - 1) : NULL;
        size_t n_left = blank ? (size_t)(blank - s.ptr) : 0, n_right = blank ? s.len - n_left - 1 : 0;
        uint32_t left = qn_token_find(t, s.ptr, n_left), right = blank ? qn_token_find(t, blank + 1, n_right) : QN_TOKEN_NONE;
        uint32_t id = QN_TOKEN_NONE;
        if (left != QN_TOKEN_NONE && right != QN_TOKEN_NONE && n_left + n_right <= t->text_max) {
            memcpy(both, s.ptr, n_left);
            memcpy(both + n_left, blank + 1, n_right);
            id = qn_token_find(t, both, n_left + n_right);
        }
        if (id == QN_TOKEN_NONE) {
            char show[QN_GGUF_SHOW];
            err = qn_fail(why, QN_ERR_FORMAT, "tokenizer.ggml.merges: merge %zu \"%s\" is not of two tokens that make a third", i,
                          qn_gguf_show(show, s));
        } else if (t->use[id] & QN_TOKEN_USE_TEXT && !qn_token_merge_find(t, left, right)) {
            size_t at = mix((uint64_t)left << 32 | right) & t->merge_mask;
            while (t->merge[at].left != QN_TOKEN_NONE)
                at = (at + 1) & t->merge_mask;
            t->merge[at] = (qn_token_merge){left, right, (uint32_t)i, id};
        }
    }
    free(both);
    return err;
}

static int by_length(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x < y) - (x > y);
}

static int read_specials(qn_token *t)
{
    uint32_t *lens = malloc(t->n * sizeof *lens);
    if (!lens)
        return QN_ERR_NOMEM;
    size_t n = 0;
    for (uint32_t id = 0; id < t->n; id++) {
        if (t->use[id] & (QN_TOKEN_USE_ALWAYS | QN_TOKEN_USE_ASKED))
            lens[n++] = (uint32_t)qn_token_pool_get(&t->text, id).len;
    }
    qsort(lens, n, sizeof *lens, by_length);
    size_t n_lens = 0;
    for (size_t i = 0; i < n; i++) {
        if (!n_lens || lens[n_lens - 1] != lens[i])
            lens[n_lens++] = lens[i];
    }

    t->special = calloc(n_lens + 1, sizeof *t->special);
    if (!t->special) {
        free(lens);
        return QN_ERR_NOMEM;
    }
    t->n_special = n_lens;
    for (size_t i = 0; i < n_lens; i++)
        t->special[i].len = lens[i];
    for (uint32_t id = 0; id < t->n; id++) {
        if (!(t->use[id] & (QN_TOKEN_USE_ALWAYS | QN_TOKEN_USE_ASKED)))
            continue;
        qn_gguf_str s = qn_token_pool_get(&t->text, id);
        uint32_t len = (uint32_t)s.len;
        uint32_t *at = bsearch(&len, lens, n_lens, sizeof *lens, by_length);
        assert(at);
        qn_token_special *special = &t->special[at - lens];
        special->use |= t->use[id];
        special->first[(uint8_t)s.ptr[0]] = true;
    }
    free(lens);
    return 0;
}

int qn_token_new(qn_token **out, const qn_token_spec *spec, qn_why *why)
{
    assert(out && spec);
    *out = NULL;
    char show[QN_GGUF_SHOW];
    bool spm = qn_gguf_str_is(spec->model, "llama");
    if (!spm && !qn_gguf_str_is(spec->model, "gpt2"))
        return qn_fail(why, QN_ERR_UNSUPPORTED, "tokenizer.ggml.model \"%s\" (llama and gpt2 are known)", qn_gguf_show(show, spec->model));
    bool named = spec->pre.len > 0;
    const qn_token_pre *pre = named ? qn_token_pre_find(spec->pre.ptr, spec->pre.len) : qn_token_pre_find("default", 7);
    if (!spm && !pre)
        return qn_fail(why, QN_ERR_UNSUPPORTED, "tokenizer.ggml.pre \"%s\"", qn_gguf_show(show, spec->pre));
    int err = check(spec, spm, why);
    if (err)
        return err;

    qn_token *t = calloc(1, sizeof *t);
    if (!t)
        return qn_fail(why, QN_ERR_NOMEM, "tokenizer");
    t->spm = spm;
    t->pre = pre;
    t->n = (uint32_t)spec->n_tokens;
    if ((err = read_ids(t, spec, why)) || (err = read_tokens(t, spec, why)) || (err = index_tokens(t, why)) ||
        (err = spm ? read_scores(t, spec) : read_merges(t, spec, why)) || (err = read_specials(t))) {
        qn_token_free(t);
        return err == QN_ERR_NOMEM ? qn_fail(why, err, "tokenizer of %zu tokens", spec->n_tokens) : err;
    }
    read_bytes(t, spec);
    *out = t;
    return 0;
}

void qn_token_free(qn_token *t)
{
    if (!t)
        return;
    free(t->text.text);
    free(t->text.at);
    free(t->bytes.text);
    free(t->bytes.at);
    free(t->use);
    free(t->order);
    free(t->slot);
    free(t->merge);
    free(t->special);
    free(t);
}

uint32_t qn_token_count(const qn_token *t)
{
    return t->n;
}

uint32_t qn_token_bos(const qn_token *t)
{
    return t->bos;
}

uint32_t qn_token_eos(const qn_token *t)
{
    return t->eos;
}

bool qn_token_is_end(const qn_token *t, uint32_t id)
{
    return id < t->n && t->use[id] & QN_TOKEN_USE_END;
}
