// SPDX-License-Identifier: Apache-2.0
// token_file.h: for the tokenizer's tests: texts and expected ids from tests/data/token, and a tokenizer from a GGUF file.
#ifndef TOKEN_FILE_H
#define TOKEN_FILE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compiler/front/qn_token.h"

#define DIR "tests/data/token/"
#define LLAMA "../shared/data/llama/"

enum { MaxCases = 1000, MaxIds = 4096 };

static struct {
    char *text;
    size_t n;
} cases[MaxCases];
static size_t n_cases;

static inline char *read_file(const char *path, size_t *n)
{
    FILE *f = fopen(path, "rb");
    if (!f)
        fail_msg("%s: cannot be read", path);
    fseek(f, 0, SEEK_END);
    *n = (size_t)ftell(f);
    rewind(f);
    char *text = malloc(*n + 1);
    assert_non_null(text);
    assert_int_equal(fread(text, 1, *n, f), *n);
    text[*n] = 0;
    fclose(f);
    return text;
}

// "\xNN" to bytes, in place; returns the length
static inline size_t unescape(char *s)
{
    size_t n = 0;
    for (char *in = s; *in; n++) {
        bool coded = in[0] == '\\';
        char digits[3] = {coded ? in[2] : 0, coded ? in[3] : 0, 0};
        s[n] = coded ? (char)strtol(digits, NULL, 16) : *in;
        in += coded ? 4 : 1;
    }
    s[n] = 0;
    return n;
}

// The next line of *at, without its end; NULL at the end
static inline char *next_line(char **at)
{
    if (!**at)
        return NULL;
    char *line = *at, *end = strchr(line, '\n');
    assert_non_null(end);
    *end = 0;
    *at = end + 1;
    return line;
}

static char *case_text;

static inline int read_cases(void **state)
{
    (void)state;
    size_t n;
    case_text = read_file(DIR "cases.txt", &n);
    char *at = case_text, *line = next_line(&at);
    assert_non_null(line);
    while ((line = next_line(&at))) {
        assert_true(n_cases < MaxCases);
        cases[n_cases].text = line;
        cases[n_cases++].n = unescape(line);
    }
    assert_true(n_cases > 100);
    return 0;
}

static inline int free_cases(void **state)
{
    (void)state;
    free(case_text);
    return 0;
}

static inline size_t read_ids(char *line, uint32_t ids[MaxIds])
{
    size_t n = 0;
    for (char *word = strtok(line, " "); word; word = strtok(NULL, " ")) {
        assert_true(n < MaxIds);
        ids[n++] = (uint32_t)strtoul(word, NULL, 10);
    }
    return n;
}

typedef struct options {
    const char *pre;
    bool squeeze, unused;
} options;

static inline qn_token *open_token(const char *path, options o)
{
    qn_gguf *g = NULL;
    qn_token *t = NULL;
    qn_token_spec spec;
    qn_why why = {""};
    if (qn_gguf_open(&g, path, &why) < 0 || qn_token_spec_from_gguf(&spec, g, &why) < 0)
        fail_msg("%s: %s", path, why.text);
    int32_t *types = malloc(spec.n_types * sizeof *types);
    assert_non_null(types);
    memcpy(types, spec.types, spec.n_types * sizeof *types);
    if (o.pre)
        spec.pre = (qn_gguf_str){o.pre, strlen(o.pre)};
    if (o.squeeze)
        spec.squeeze = 1;
    for (size_t i = 0; o.unused && i < spec.n_types; i += 3) // as make.py does
        types[i] = types[i] == QN_TOKEN_NORMAL ? QN_TOKEN_UNUSED : types[i];
    spec.types = types;
    if (qn_token_new(&t, &spec, &why) < 0)
        fail_msg("%s: %s", path, why.text);
    free(types);
    qn_token_spec_free(&spec);
    qn_gguf_close(g); // the tokenizer has all it needs
    return t;
}

static inline void check_ids(const qn_token *t, const char *text, size_t n, uint32_t flags, const uint32_t *want, size_t n_want, const char *what)
{
    uint32_t *ids;
    size_t n_ids;
    assert_int_equal(qn_token_encode(t, text, n, flags, &ids, &n_ids), 0);
    size_t same = 0;
    while (same < n_ids && same < n_want && ids[same] == want[same])
        same++;
    if (same < n_ids || same < n_want)
        fail_msg("%s: id %zu of %zu is %u, expected %u of %zu", what, same, n_ids, same < n_ids ? ids[same] : 0,
                 same < n_want ? want[same] : 0, n_want);
    free(ids);
}

static inline void check_back(const qn_token *t, const char *text, size_t n, uint32_t flags, const char *what)
{
    uint32_t *ids;
    size_t n_ids, n_back;
    char *back;
    assert_int_equal(qn_token_encode(t, text, n, flags, &ids, &n_ids), 0);
    assert_int_equal(qn_token_decode(t, ids, n_ids, flags, &back, &n_back), 0);
    if (n_back != n || memcmp(back, text, n))
        fail_msg("%s: decodes to \"%s\"", what, back);
    free(ids);
    free(back);
}

static inline bool has(const char *text, size_t n, const char *part)
{
    size_t len = strlen(part);
    for (size_t i = 0; i + len <= n; i++) {
        if (!memcmp(text + i, part, len))
            return true;
    }
    return false;
}

// Every case against one file of ids, and back where the vocabulary can tell
static inline void check_file(const char *vocabulary, const char *ids, uint32_t flags, options o)
{
    qn_token *t = open_token(vocabulary, o);
    size_t n;
    char path[256];
    snprintf(path, sizeof path, DIR "%s.ids", ids);
    char *file = read_file(path, &n), *at = file, *line = next_line(&at);
    uint32_t *want = malloc(MaxIds * sizeof *want);
    assert_non_null(want);
    bool spm = strstr(vocabulary, "bpe") == NULL;
    size_t n_lines = 0;
    for (; (line = next_line(&at)); n_lines++) {
        assert_true(n_lines < n_cases);
        const char *text = cases[n_lines].text;
        n = cases[n_lines].n;
        char what[64];
        snprintf(what, sizeof what, "%s, case %zu", ids, n_lines);
        bool own = has(text, n, "<sep>") || has(text, n, "(c)"); // a blank too many after these in SPM, and not in these files:
        bool skip = own && (o.squeeze || o.unused);
        size_t n_want = read_ids(line, want);
        if (!skip)
            check_ids(t, text, n, flags, want, n_want, what);
        if (!spm || !(own || o.squeeze || flags & QN_TOKEN_SPECIAL || has(text, n, "\xE2\x96\x81")))
            check_back(t, text, n, flags, what);
    }
    assert_int_equal(n_lines, n_cases);
    free(want);
    free(file);
    qn_token_free(t);
}

#endif
