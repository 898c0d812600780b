// SPDX-License-Identifier: Apache-2.0
// The tokenizer by itself: what it refuses and in which words, special tokens, streams that never show half a character, random
// vocabularies against a merge loop written plainly, random bytes there and back, and texts made to be slow. QN_SEED seeds.
#define _POSIX_C_SOURCE 200809L
#include "tests/compiler/token_file.h"

#include <math.h>
#include <time.h>

#include "compiler/front/qn_token_split.h"

static uint64_t seed;

static uint32_t rnd(uint32_t below)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)((seed >> 33) % below);
}

static qn_gguf_str str(const char *s)
{
    return (qn_gguf_str){s, strlen(s)};
}

// A small vocabulary of each kind, to be changed by the tests
enum { Tokens = 8 };
static struct {
    qn_token_spec spec;
    qn_gguf_str tokens[Tokens], merges[3];
    float scores[Tokens];
    int32_t types[Tokens];
} v;

static void small(const char *model)
{
    static const char *const spm[Tokens] = {"<unk>", "<s>", "</s>", "<0x41>", "\xE2\x96\x81", "a", "b", "ab"};
    static const char *const bpe[Tokens] = {"<|endoftext|>", "a", "b", "ab", "\xC4\xA0", "aba", "<x>", "c"};
    static const int32_t spm_types[Tokens] = {2, 3, 3, 6, 1, 1, 1, 1}, bpe_types[Tokens] = {3, 1, 1, 1, 1, 1, 4, 1};
    bool is_spm = model[0] == 'l';
    qn_token_spec_init(&v.spec);
    for (int i = 0; i < Tokens; i++) {
        v.tokens[i] = str(is_spm ? spm[i] : bpe[i]);
        v.types[i] = is_spm ? spm_types[i] : bpe_types[i];
        v.scores[i] = (float)-i;
    }
    v.merges[0] = str("a b");
    v.merges[1] = str("ab a");
    v.spec.model = str(model);
    v.spec.tokens = v.tokens;
    v.spec.types = v.types;
    v.spec.n_tokens = v.spec.n_types = Tokens;
    if (is_spm) {
        v.spec.scores = v.scores;
        v.spec.n_scores = Tokens;
    } else {
        v.spec.pre = str("gpt-2");
        v.spec.merges = v.merges;
        v.spec.n_merges = 2;
        v.spec.bos = v.spec.eos = 0;
    }
}

static void refused(int err, const char *words)
{
    qn_token *t = (qn_token *)&v;
    qn_why why = {""};
    assert_int_equal(qn_token_new(&t, &v.spec, &why), err);
    assert_null(t);
    if (!strstr(why.text, words))
        fail_msg("\"%s\" does not say \"%s\"", why.text, words);
    assert_null(strchr(why.text, '\n'));
}

static qn_token *made(void)
{
    qn_token *t;
    qn_why why = {""};
    if (qn_token_new(&t, &v.spec, &why))
        fail_msg("%s", why.text);
    return t;
}

static void test_refused(void **state)
{
    (void)state;
    small("llama");
    v.spec.model = str("bert");
    refused(QN_ERR_UNSUPPORTED, "tokenizer.ggml.model \"bert\"");
    small("gpt2");
    v.spec.pre = str("poro-chat\n");
    refused(QN_ERR_UNSUPPORTED, "tokenizer.ggml.pre \"poro-chat\\x0a\"");
    small("llama");
    v.spec.n_tokens = 0;
    refused(QN_ERR_FORMAT, "tokenizer.ggml.tokens is empty");
    v.spec.n_tokens = QN_TOKEN_COUNT_MAX + 1u;
    refused(QN_ERR_RANGE, "16777217 tokens");
    small("llama");
    v.spec.n_types = 7;
    refused(QN_ERR_FORMAT, "token_type has 7 elements for 8 tokens");
    small("llama");
    v.spec.scores = NULL;
    refused(QN_ERR_FORMAT, "scores is missing");
    small("llama");
    v.spec.n_scores = 9;
    refused(QN_ERR_FORMAT, "scores has 9 elements for 8 tokens");
    small("llama");
    v.scores[6] = NAN;
    refused(QN_ERR_NONFINITE, "score of token 6");
    small("llama");
    v.types[5] = 7;
    refused(QN_ERR_FORMAT, "token 5 has type 7");
    small("llama");
    v.types[5] = 6;
    refused(QN_ERR_FORMAT, "token 5 is a byte token but reads \"a\"");
    small("llama");
    v.spec.bos = 8;
    refused(QN_ERR_FORMAT, "bos_token_id is 8, the vocabulary has 8 tokens");
    small("llama");
    v.spec.unk = INT64_MAX;
    refused(QN_ERR_FORMAT, "unknown_token_id is 9223372036854775807");
    small("llama");
    v.tokens[6] = str("a");
    refused(QN_ERR_FORMAT, "tokens 5 and 6 are both \"a\"");
    small("gpt2");
    v.spec.merges = NULL;
    refused(QN_ERR_FORMAT, "merges is missing");
    small("gpt2");
    v.merges[1] = str("ab d");
    refused(QN_ERR_FORMAT, "merge 1 \"ab d\"");
    v.merges[1] = str("b a");
    refused(QN_ERR_FORMAT, "merge 1 \"b a\" is not of two tokens that make a third");
    v.merges[1] = str("ab");
    refused(QN_ERR_FORMAT, "merge 1 \"ab\"");
    v.merges[1] = str("");
    refused(QN_ERR_FORMAT, "merge 1 \"\"");
    v.merges[1] = str("ab ");
    refused(QN_ERR_FORMAT, "merge 1 \"ab \"");
    small("gpt2");
    v.spec.bos = -1;
    v.spec.add_bos = 1; // by custom 11, which is no token here
    refused(QN_ERR_FORMAT, "add_bos_token is true, but there is no BOS token");
    small("gpt2");
    v.spec.eos = -1;
    v.spec.add_eos = 1;
    refused(QN_ERR_FORMAT, "add_eos_token is true, but there is no EOS token");
    small("llama");
    v.tokens[5].len = QN_TOKEN_TEXT_MAX; // is not read
    refused(QN_ERR_RANGE, "more than 536870912 bytes");
}

static void encodes(const qn_token *t, const char *text, uint32_t flags, const char *want)
{
    char list[256] = "";
    size_t n = strlen(want), n_want = 0;
    assert_true(n < sizeof list);
    memcpy(list, want, n);
    uint32_t ids[MaxIds];
    n_want = read_ids(list, ids);
    check_ids(t, text, strlen(text), flags, ids, n_want, text);
}

static void test_spm_small(void **state)
{
    (void)state;
    small("llama");
    qn_token *t = made();
    encodes(t, "", 0, "");
    encodes(t, "", QN_TOKEN_BOS, "1"); // by custom, without a key
    encodes(t, "ab", QN_TOKEN_BOS | QN_TOKEN_EOS, "1 4 7");
    encodes(t, "aab", 0, "4 5 7");
    encodes(t, "A", 0, "4 3");
    encodes(t, "aXYZb", 0, "4 5 0 6");       // no byte tokens for these: unknown, once
    encodes(t, "</s>", 0, "4 0");            // not the control token
    encodes(t, "a</s>b", QN_TOKEN_SPECIAL, "4 5 2 4 6");
    encodes(t, "<0x41>", QN_TOKEN_SPECIAL, "4 0"); // byte tokens have no spelling in text
    assert_true(qn_token_is_end(t, 2));
    assert_false(qn_token_is_end(t, 1) || qn_token_is_end(t, 7) || qn_token_is_end(t, QN_TOKEN_NONE));
    assert_int_equal(qn_token_bos(t), 1);
    assert_int_equal(qn_token_eos(t), 2);
    assert_int_equal(qn_token_find(t, "ab", 2), 7);
    assert_int_equal(qn_token_find(t, "ba", 2), QN_TOKEN_NONE);
    assert_int_equal(qn_token_count(t), Tokens);
    assert_int_equal(qn_token_bytes(t, 99, 0).len, 0);
    uint32_t ids[] = {1, 4, 7, 2, 8};
    char *text;
    size_t n;
    assert_int_equal(qn_token_decode(t, ids, 4, 0, &text, &n), 0);
    assert_string_equal(text, "ab");
    free(text);
    assert_int_equal(qn_token_decode(t, ids, 4, QN_TOKEN_CONTINUE, &text, &n), 0);
    assert_string_equal(text, " ab");
    free(text);
    assert_int_equal(qn_token_decode(t, ids, 4, QN_TOKEN_SPECIAL, &text, &n), 0);
    assert_string_equal(text, "<s> ab</s>");
    free(text);
    assert_int_equal(qn_token_decode(t, ids, 5, 0, &text, &n), QN_ERR_RANGE);
    assert_null(text);
    qn_token_free(t);

    v.spec.types = NULL; // told from the form: the same
    v.spec.n_types = 0;
    t = made();
    encodes(t, "aA</s>b", QN_TOKEN_SPECIAL | QN_TOKEN_BOS, "1 4 5 3 2 4 6");
    encodes(t, "<s>", 0, "4 0");
    qn_token_free(t);

    static const int32_t never[] = {QN_TOKEN_CONTROL, QN_TOKEN_UNKNOWN};
    for (int i = 0; i < 2; i++) {
        small("llama");
        v.types[7] = never[i];
        t = made();
        encodes(t, "ab", 0, "4 5 6");
        encodes(t, "ab", QN_TOKEN_SPECIAL, "7");
        qn_token_free(t);
    }

    small("llama");
    v.spec.add_bos = v.spec.space_prefix = 0;
    v.spec.add_eos = 1;
    t = made();
    encodes(t, "ab a", QN_TOKEN_BOS | QN_TOKEN_EOS, "7 4 5 2");
    encodes(t, "ab", QN_TOKEN_BOS, "7");
    qn_token_free(t);

    v.types[0] = QN_TOKEN_NORMAL; // no unknown token
    v.spec.unk = -1;
    v.spec.types = v.types;
    v.tokens[0] = (qn_gguf_str){"", 0};
    t = made();
    encodes(t, "ab", 0, "7");
    qn_token_free(t);
}

static void test_bpe_small(void **state)
{
    (void)state;
    small("gpt2");
    qn_token *t = made();
    encodes(t, "aba ab a", QN_TOKEN_BOS, "5 4 3 4 1"); // BOS only where asked for
    encodes(t, "b<x>ab", 0, "2 6 3");              // a user-defined token in any text
    encodes(t, "<x><x>", 0, "6 6");
    uint32_t *ids;
    size_t n;
    assert_int_equal(qn_token_encode(t, "<|endoftext|>", 13, 0, &ids, &n), QN_ERR_NO_TOKEN);
    assert_null(ids);
    encodes(t, "<|endoftext|>a", QN_TOKEN_SPECIAL, "0 1");
    assert_true(qn_token_is_end(t, 0));
    qn_token_free(t);

    v.types[3] = QN_TOKEN_CONTROL; // merges that give it do not count
    t = made();
    encodes(t, "ab aba", 0, "1 2 4 1 2 1");
    qn_token_free(t);

    v.types[3] = QN_TOKEN_NORMAL;
    v.spec.pre = str("llama-bpe"); // has BOS by custom, and takes words that are tokens as they are
    v.spec.n_merges = 1;
    t = made();
    encodes(t, "aba abab", QN_TOKEN_BOS, "0 5 4 3 3");
    qn_token_free(t);

    v.spec.pre = str(""); // default
    t = made();
    encodes(t, "aba", QN_TOKEN_BOS, "3 1");
    qn_token_free(t);
}

// The longest user-defined token first, whatever lies left of it; then the leftmost
static void test_matches(void **state)
{
    (void)state;
    small("llama");
    v.spec.space_prefix = 0;
    v.tokens[3] = str("bab");
    v.tokens[4] = str("aba");
    v.tokens[5] = str("c");
    v.types[3] = v.types[4] = QN_TOKEN_USER_DEFINED;
    v.types[5] = v.types[6] = v.types[7] = QN_TOKEN_USER_DEFINED;
    qn_token *t = made();
    encodes(t, "ababab", 0, "4 3");
    encodes(t, "babab", 0, "3 7");
    encodes(t, "abcbab", 0, "7 5 3");
    encodes(t, "cc", 0, "5 5");
    qn_token_free(t);
}

static void streams(const qn_token *t, const char *const pieces[], const char *const shown[])
{
    qn_token_stream *s;
    assert_int_equal(qn_token_stream_open(&s, t, 0), 0);
    for (int round = 0; round < 2; round++) { // `end` starts anew
        size_t i = 0;
        for (; pieces[i]; i++) {
            uint32_t id = qn_token_find(t, pieces[i], strlen(pieces[i]));
            assert_true(id != QN_TOKEN_NONE);
            qn_gguf_str part = qn_token_stream_put(s, id);
            if (!qn_gguf_str_is(part, shown[i]))
                fail_msg("piece %zu shows \"%.*s\"", i, (int)part.len, part.ptr);
        }
        assert_true(qn_gguf_str_is(qn_token_stream_end(s), shown[i]));
    }
    qn_token_stream_close(s);
}

static void test_streams(void **state)
{
    (void)state;
    qn_token *t = open_token(DIR "spm.gguf", (options){0});
    const char *euro[] = {"<s>", "\xE2\x96\x81", "<0x20>", "<0xE2>", "<0x82>", "<0xAC>", "a", NULL};
    const char *euro_shown[] = {"", "", " ", "", "", "\xE2\x82\xAC", "a", ""};
    streams(t, euro, euro_shown);
    const char *face[] = {"a", "<0xF0>", "<0x9F>", "<0x98>", "<0x80>", "<0xC3>", NULL};
    const char *face_shown[] = {"a", "", "", "", "\xF0\x9F\x98\x80", "", "\xC3"};
    streams(t, face, face_shown);
    const char *broken[] = {"<0xF0>", "<0x9F>", "a", "<0xC3>", "<0xC3>", "<0xA9>", "<0x80>", NULL};
    const char *broken_shown[] = {"", "", "\xF0\x9F" "a", "", "\xC3", "\xC3\xA9", "\x80", ""};
    streams(t, broken, broken_shown);
    // Overlong, surrogate, above U+10FFFF, no lead at all: known to be no character as soon as it shows
    const char *never[] = {"<0xE0>", "<0x9F>", "<0xED>", "<0xA0>", "<0xF4>", "<0x90>", "<0xC0>", "<0xFF>", NULL};
    const char *never_shown[] = {"", "\xE0\x9F", "", "\xED\xA0", "", "\xF4\x90", "\xC0", "\xFF", ""};
    streams(t, never, never_shown);
    qn_token_free(t);
}

// Random ids: the stream gives what decoding at once gives
static void test_stream_random(void **state)
{
    (void)state;
    static const char *const files[] = {DIR "spm.gguf", DIR "bpe.gguf"};
    for (int f = 0; f < 2; f++) {
        qn_token *t = open_token(files[f], (options){0});
        qn_token_stream *s;
        for (int round = 0; round < 300; round++) {
            uint32_t ids[200], flags = rnd(2) * QN_TOKEN_SPECIAL | rnd(2) * QN_TOKEN_CONTINUE;
            size_t n = rnd(200), n_text, at = 0;
            for (size_t i = 0; i < n; i++)
                ids[i] = rnd(3) ? rnd(260) : rnd(qn_token_count(t)); // byte tokens often
            char *text;
            assert_int_equal(qn_token_decode(t, ids, n, flags, &text, &n_text), 0);
            assert_int_equal(qn_token_stream_open(&s, t, flags), 0);
            for (size_t i = 0; i <= n; i++) {
                qn_gguf_str part = i < n ? qn_token_stream_put(s, ids[i]) : qn_token_stream_end(s);
                assert_true(part.len <= n_text - at);
                assert_memory_equal(part.ptr, text + at, part.len);
                at += part.len;
            }
            assert_int_equal(at, n_text);
            qn_token_stream_close(s);
            free(text);
        }
        qn_token_free(t);
    }
}

// Merging as the definition says it: the best pair of all, over and over
typedef struct plain {
    const char *at;
    size_t len;
} plain;

static uint32_t plain_token(const char *s, size_t n)
{
    for (uint32_t i = 0; i < v.spec.n_tokens; i++) {
        if (v.spec.tokens[i].len == n && !memcmp(v.spec.tokens[i].ptr, s, n))
            return i;
    }
    return QN_TOKEN_NONE;
}

static bool plain_merge(const plain *a, const plain *b, double *best)
{
    if (v.spec.scores) {
        uint32_t id = plain_token(a->at, a->len + b->len);
        *best = id == QN_TOKEN_NONE ? 0 : -(double)v.spec.scores[id];
        return id != QN_TOKEN_NONE;
    }
    for (size_t i = 0; i < v.spec.n_merges; i++) {
        qn_gguf_str m = v.spec.merges[i];
        if (m.len == a->len + b->len + 1 && !memcmp(m.ptr, a->at, a->len) && m.ptr[a->len] == ' ' &&
            !memcmp(m.ptr + a->len + 1, b->at, b->len)) {
            *best = (double)i;
            return true;
        }
    }
    return false;
}

static size_t plain_encode(const char *text, size_t n, uint32_t *ids)
{
    plain part[64];
    for (size_t i = 0; i < n; i++)
        part[i] = (plain){text + i, 1};
    for (;;) {
        size_t at = n;
        double best = 0, cost;
        for (size_t i = 0; i + 1 < n; i++) {
            if (plain_merge(&part[i], &part[i + 1], &cost) && (at == n || cost < best)) {
                at = i;
                best = cost;
            }
        }
        if (at == n)
            break;
        part[at].len += part[at + 1].len;
        memmove(part + at + 1, part + at + 2, (n - at - 2) * sizeof *part);
        n--;
    }
    for (size_t i = 0; i < n; i++)
        ids[i] = plain_token(part[i].at, part[i].len);
    return n;
}

static void test_merges(void **state)
{
    (void)state;
    enum { MaxTokens = 60 };
    static char text[MaxTokens][8];
    static char merge_text[1000][20];
    qn_gguf_str tokens[MaxTokens], merges[1000];
    float scores[MaxTokens];
    for (int round = 0; round < 2000; round++) {
        bool spm = rnd(2);
        size_t n = 3;
        for (size_t i = 0; i < 3; i++)
            snprintf(text[i], sizeof text[i], "%c", (int)('a' + i));
        while (n < 3 + rnd(MaxTokens - 3)) {
            char word[8];
            size_t len = 2 + rnd(5);
            for (size_t i = 0; i < len; i++)
                word[i] = (char)('a' + rnd(3));
            bool known = false;
            for (size_t i = 0; i < n; i++)
                known |= strlen(text[i]) == len && !memcmp(text[i], word, len);
            if (!known) {
                memcpy(text[n], word, len);
                text[n++][len] = 0;
            }
        }
        for (size_t i = 0; i < n; i++) {
            tokens[i] = str(text[i]);
            scores[i] = rnd(8) ? (float)rnd(8) - 4 : -0.0f; // equal ones, both zeros and both signs
        }
        qn_token_spec_init(&v.spec);
        v.spec.model = str(spm ? "llama" : "gpt2");
        v.spec.pre = str("gpt-2");
        v.spec.tokens = tokens;
        v.spec.n_tokens = n;
        v.spec.add_bos = v.spec.space_prefix = 0;
        if (spm) {
            v.spec.bos = v.spec.eos = v.spec.unk = -1;
            v.spec.scores = scores;
            v.spec.n_scores = n;
        } else { // some of all pairs that make a token, in random order
            v.spec.merges = merges;
            for (int tries = 0; tries < 2000 && v.spec.n_merges < 1000; tries++) {
                uint32_t a = rnd((uint32_t)n), b = rnd((uint32_t)n);
                char both[16];
                snprintf(both, sizeof both, "%s%s", text[a], text[b]);
                if (plain_token(both, strlen(both)) == QN_TOKEN_NONE)
                    continue;
                size_t k = v.spec.n_merges++; // repeated ones too: the first counts
                snprintf(merge_text[k], sizeof merge_text[k], "%s %s", text[a], text[b]);
                merges[k] = str(merge_text[k]);
            }
        }
        int32_t types[MaxTokens];
        for (size_t i = 0; i < n; i++)
            types[i] = QN_TOKEN_NORMAL;
        v.spec.types = types;
        v.spec.n_types = n;
        qn_token *t = made();
        for (int k = 0; k < 5; k++) {
            char line[64];
            uint32_t want[64];
            size_t len = 1 + rnd(60);
            for (size_t i = 0; i < len; i++)
                line[i] = (char)('a' + rnd(3));
            size_t n_want = plain_encode(line, len, want);
            check_ids(t, line, len, 0, want, n_want, spm ? "a random SPM vocabulary" : "a random BPE vocabulary");
        }
        qn_token_free(t);
    }
}

typedef struct joined {
    const char *text;
    size_t n, at;
} joined;

static int join(void *ctx, const uint8_t *word, size_t n)
{
    joined *j = ctx;
    assert_true(n > 0);
    assert_ptr_equal(word, j->text + j->at);
    j->at += n;
    assert_true(j->at <= j->n);
    return 0;
}

// Any bytes: they come back, and the pre-tokenizers leave none out
static void test_random_bytes(void **state)
{
    (void)state;
    static const char *const pres[] = {"default", "gpt-2", "smollm", "falcon", "llama-bpe", "qwen2", "qwen35", "tekken", NULL};
    static const char bias[] = " \r\n'sStTlL09aZ/<(\xE2\x96\x82\xC3\xA9\xF0\x9F\x98\x80\xCC\x81\xD9\xA3\xED\xA0";
    for (size_t p = 0; p < sizeof pres / sizeof *pres; p++) {
        qn_token *t = open_token(pres[p] ? DIR "bpe.gguf" : DIR "spm.gguf", (options){.pre = pres[p]});
        for (int round = 0; round < 400; round++) {
            char text[400];
            size_t n = rnd(sizeof text);
            uint32_t kind = rnd(3);
            for (size_t i = 0; i < n; i++)
                text[i] = kind == 0 || (kind == 1 && rnd(2)) ? (char)rnd(256) : bias[rnd(sizeof bias)];
            if (pres[p]) {
                joined j = {text, n, 0};
                assert_int_equal(qn_token_split(qn_token_pre_find(pres[p], strlen(pres[p])), (uint8_t *)text, n, join, &j), 0);
                assert_int_equal(j.at, n);
            }
            if (pres[p] || !(has(text, n, "\xE2\x96\x81") || has(text, n, "(c)") || has(text, n, "<sep>")))
                check_back(t, text, n, 0, pres[p] ? pres[p] : "spm");
        }
        qn_token_free(t);
    }
}

// Random specs, most of them nonsense: refused with a line or usable, never a crash
static void test_random_specs(void **state)
{
    (void)state;
    static const char *const words[] = {"", "a", "b", "ab", "aa", "<s>", "<0x41>", "<0x4", "\xE2\x96\x81", "\xC4\xA0", "\xFF", "</s>", "<unk>", "a b", "\xE2\x96\x81" "a", "ba"};
    int n_made = 0;
    for (int round = 0; round < 20000; round++) {
        small(rnd(2) ? "llama" : "gpt2");
        for (int i = 0; i < Tokens; i++) {
            if (rnd(4) == 0)
                v.tokens[i] = str(words[rnd(sizeof words / sizeof *words)]);
            if (rnd(6) == 0)
                v.types[i] = (int32_t)rnd(10) - 1;
            if (rnd(40) == 0)
                v.scores[i] = rnd(2) ? INFINITY : -0.0f;
        }
        int64_t *ids[] = {&v.spec.bos, &v.spec.eos, &v.spec.eot, &v.spec.eom, &v.spec.unk};
        for (int i = 0; i < 5; i++) {
            if (rnd(6) == 0)
                *ids[i] = (int64_t)rnd(12) - 1;
        }
        int *flags[] = {&v.spec.add_bos, &v.spec.add_eos, &v.spec.space_prefix, &v.spec.squeeze};
        for (int i = 0; i < 4; i++)
            *flags[i] = (int)rnd(3) - 1;
        if (rnd(20) == 0)
            v.spec.types = NULL;
        if (rnd(20) == 0)
            v.spec.n_tokens = rnd(Tokens);
        qn_token *t;
        qn_why why = {""};
        int err = qn_token_new(&t, &v.spec, &why);
        if (err) {
            assert_null(t);
            assert_true(strlen(why.text) > 5);
            continue;
        }
        n_made++;
        const char *text = "a<s>abba \xC4\xA0</s>AB\xE2\x96\x81 <0x41>";
        uint32_t *out;
        size_t n_ids, n_text;
        char *back;
        uint32_t how = rnd(8);
        if (!qn_token_encode(t, text, strlen(text), how, &out, &n_ids)) {
            for (size_t i = 0; i < n_ids; i++)
                assert_true(out[i] < qn_token_count(t));
            assert_int_equal(qn_token_decode(t, out, n_ids, how, &back, &n_text), 0);
            free(back);
            free(out);
        }
        qn_token_free(t);
    }
    assert_true(n_made > 1000);
}

// The classes at both sides of some borders, by the Unicode Character Database
static void test_classes(void **state)
{
    (void)state;
    static const struct {
        uint32_t point;
        enum qn_token_class cls;
    } known[] = {{0, QN_TOKEN_OTHER}, {9, QN_TOKEN_SPACE}, {0x1C, QN_TOKEN_OTHER}, {'$', QN_TOKEN_SYMBOL}, {'_', QN_TOKEN_PUNCT}, {0x85, QN_TOKEN_SPACE},
                 {0xA0, QN_TOKEN_SPACE}, {0xAA, QN_TOKEN_LETTER}, {0xB2, QN_TOKEN_NUMBER}, {0xD7, QN_TOKEN_SYMBOL}, {0x300, QN_TOKEN_MARK}, {0x378, QN_TOKEN_OTHER},
                 {0x660, QN_TOKEN_NUMBER}, {0x180E, QN_TOKEN_OTHER}, {0x200B, QN_TOKEN_OTHER}, {0x2014, QN_TOKEN_PUNCT}, {0x2160, QN_TOKEN_NUMBER}, {0x3000, QN_TOKEN_SPACE},
                 {0x4E00, QN_TOKEN_LETTER}, {0x9FFF, QN_TOKEN_LETTER}, {0xD800, QN_TOKEN_OTHER}, {0xFFFD, QN_TOKEN_SYMBOL}, {0x1F600, QN_TOKEN_SYMBOL}, {0x1F1E9, QN_TOKEN_SYMBOL},
                 {0x2EBF0, QN_TOKEN_LETTER}, {0xE0100, QN_TOKEN_MARK}, {0x10FFFF, QN_TOKEN_OTHER}, {0x110000, QN_TOKEN_OTHER}, {UINT32_MAX, QN_TOKEN_OTHER}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (qn_token_class_of(known[i].point) != known[i].cls)
            fail_msg("U+%04X is of class %d", known[i].point, qn_token_class_of(known[i].point));
    }
    for (size_t i = 1; i < qn_token_unicode_n_runs; i++)
        assert_true(qn_token_unicode_runs[i - 1] >> 3 < qn_token_unicode_runs[i] >> 3);
}

// Texts that are quadratic in a careless tokenizer; sanitized code, a busy machine
static void test_speed(void **state)
{
    (void)state;
    enum { N = 100000 };
    char *text = malloc(N);
    assert_non_null(text);
    static const char *const units[] = {"a", " ", "\n", "1", ".", "<", "ab", "\xE2\x96\x81", "(c", "A\xC3\x80", " \n", "'"};
    for (int f = 0; f < 3; f++) {
        qn_token *t = open_token(f == 0 ? DIR "spm.gguf" : DIR "bpe.gguf", (options){.pre = f == 2 ? "tekken" : NULL});
        for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
            size_t len = strlen(units[i]), n = N / len * len;
            for (size_t at = 0; at < n; at += len)
                memcpy(text + at, units[i], len);
            uint32_t *ids;
            size_t n_ids;
            clock_t start = clock();
            assert_int_equal(qn_token_encode(t, text, n, QN_TOKEN_SPECIAL, &ids, &n_ids), 0);
            double spent = (double)(clock() - start) / CLOCKS_PER_SEC;
            if (spent > 2)
                fail_msg("100 KB of \"%s\" in %.1f s", units[i], spent);
            free(ids);
        }
        qn_token_free(t);
    }
    free(text);
}

int main(void)
{
    const char *text = getenv("QN_SEED");
    seed = text ? strtoull(text, NULL, 0) : 1;
    printf("[          ] seed %llu (QN_SEED)\n", (unsigned long long)seed);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_refused), cmocka_unit_test(test_spm_small), cmocka_unit_test(test_bpe_small), cmocka_unit_test(test_matches),
        cmocka_unit_test(test_streams), cmocka_unit_test(test_stream_random), cmocka_unit_test(test_merges), cmocka_unit_test(test_random_bytes),
        cmocka_unit_test(test_random_specs), cmocka_unit_test(test_classes), cmocka_unit_test(test_speed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
