// SPDX-License-Identifier: Apache-2.0
// The tokenizer on what came from elsewhere: models whose prompts and generated text llama.cpp has tokenized, and whole books that must
// come back byte by byte, fast.
#define _POSIX_C_SOURCE 200809L
#include "tests/compiler/token_file.h"

#include <time.h>
#include <unistd.h>
#include <zlib.h>

#define TEXT "../shared/data/text/"

static void test_stories(void **state)
{
    (void)state;
    check_file(LLAMA "stories260K.gguf", "stories260K", QN_TOKEN_BOS, (options){0});
}

// The prompt and the text of what llama.cpp has generated
static void test_golden(void **state)
{
    (void)state;
    size_t n, n_models = 0;
    char *file = read_file(DIR "golden.txt", &n), *at = file, *line = next_line(&at);
    uint32_t *want = malloc(MaxIds * sizeof *want);
    assert_non_null(want);
    for (; (line = next_line(&at)); n_models++) {
        char path[256];
        snprintf(path, sizeof path, LLAMA "%s.gguf", line);
        qn_token *t = open_token(path, (options){0});
        size_t n_prompt = strtoul(next_line(&at), NULL, 10), n_want = read_ids(next_line(&at), want), n_text;
        assert_true(n_want >= n_prompt && n_prompt > 1);
        check_ids(t, "Once upon a time", 16, QN_TOKEN_BOS, want, n_prompt, path);
        char *text;
        assert_int_equal(qn_token_decode(t, want, n_want, 0, &text, &n_text), 0);
        line = next_line(&at);
        assert_int_equal(n_text, unescape(line));
        assert_string_equal(text, line);
        free(text);
        qn_token_free(t);
    }
    assert_int_equal(n_models, 4);
    free(want);
    free(file);
}


static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

// One text with one vocabulary: llama.cpp's ids, the text back, and the stream in step with it
static void check_book(const qn_token *t, const char *text, size_t n, size_t n_want, uint32_t crc_want)
{
    uint32_t *ids;
    size_t n_ids, n_back;
    char *back;
    double start = seconds();
    assert_int_equal(qn_token_encode(t, text, n, QN_TOKEN_BOS, &ids, &n_ids), 0);
    double spent = seconds() - start;
    if (spent > 10e-6 * (double)n) // a second or less per MB without sanitizers, on an idle machine
        fail_msg("%zu bytes in %.1f s", n, spent);
    assert_int_equal(n_ids, n_want);
    uLong crc = crc32(0, NULL, 0);
    for (size_t i = 0; i < n_ids; i++) {
        uint8_t id[4] = {(uint8_t)ids[i], (uint8_t)(ids[i] >> 8), (uint8_t)(ids[i] >> 16), (uint8_t)(ids[i] >> 24)};
        crc = crc32(crc, id, 4);
    }
    assert_int_equal(crc, crc_want);

    assert_int_equal(qn_token_decode(t, ids, n_ids, 0, &back, &n_back), 0);
    assert_int_equal(n_back, n);
    assert_memory_equal(back, text, n);

    qn_token_stream *s;
    assert_int_equal(qn_token_stream_open(&s, t, 0), 0);
    size_t at = 0;
    for (size_t i = 0; i <= n_ids; i++) {
        qn_gguf_str part = i < n_ids ? qn_token_stream_put(s, ids[i]) : qn_token_stream_end(s);
        if (part.len > n - at || memcmp(part.ptr, text + at, part.len))
            fail_msg("the stream differs at byte %zu", at);
        at += part.len;
        if (at < n && ((uint8_t)text[at] & 0xC0) == 0x80)
            fail_msg("half a character at byte %zu", at);
    }
    assert_int_equal(at, n);
    qn_token_stream_close(s);
    free(back);
    free(ids);
}

static void test_books(void **state)
{
    (void)state;
    size_t n, n_books = 0;
    char *file = read_file(DIR "books.txt", &n), *at = file, *line = next_line(&at);
    qn_token *t = NULL;
    char last[64] = "";
    for (; (line = next_line(&at)); n_books++) {
        char vocabulary[64], name[64], path[256];
        size_t n_want;
        uint32_t crc_want;
        assert_int_equal(sscanf(line, "%63s %63s %zu %x", vocabulary, name, &n_want, &crc_want), 4);
        if (strcmp(last, vocabulary)) {
            qn_token_free(t);
            bool shared = !strncmp(vocabulary, "stories", 7);
            snprintf(path, sizeof path, "%s%s", shared ? LLAMA : DIR, vocabulary);
            t = open_token(path, (options){0});
            memcpy(last, vocabulary, sizeof last);
        }
        snprintf(path, sizeof path, TEXT "%s", name);
        char *text = read_file(path, &n);
        check_book(t, text, n, n_want, crc_want);
        free(text);
    }
    assert_int_equal(n_books, 8);
    qn_token_free(t);
    free(file);
}

int main(void)
{
    if (access(LLAMA "stories260K.gguf", R_OK) || access(TEXT "tinystories_dev.txt", R_OK)) {
        printf("skip: no " LLAMA " or " TEXT "\n");
        return 77;
    }
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_stories), cmocka_unit_test(test_golden), cmocka_unit_test(test_books)};
    return cmocka_run_group_tests(tests, read_cases, free_cases);
}
