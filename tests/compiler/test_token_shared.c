// SPDX-License-Identifier: Apache-2.0
// The tokenizer on what came from elsewhere: models whose prompts and generated text llama.cpp has tokenized, and whole books that must
// come back byte by byte, fast.
#define _POSIX_C_SOURCE 200809L
#include "tests/compiler/token_file.h"

#include <time.h>
#include <unistd.h>

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

// Byte-exact round trips of each text with each vocabulary; the stream gives what decoding at once gives. Sanitized code is
// three to five times slower than the library's: 2 MB stay below 20 s there.
static void test_books(void **state)
{
    (void)state;
    static const char *const texts[] = {"tinyshakespeare.txt", "tinystories_dev.txt", "tinystories_lower_more.txt", "wikitext2_valid.txt"};
    static const char *const vocabularies[] = {LLAMA "stories260K.gguf", DIR "spm.gguf", DIR "bpe.gguf"};
    for (size_t v = 0; v < 3; v++) {
        qn_token *t = open_token(vocabularies[v], (options){0});
        for (size_t i = 0; i < 4; i++) {
            char path[256];
            snprintf(path, sizeof path, TEXT "%s", texts[i]);
            size_t n, n_ids, n_back;
            char *text = read_file(path, &n), *back;
            // spm.gguf has "(c)" and "<sep>" as user-defined tokens, after which a blank is put: none of the texts holds them
            assert_false(v == 1 && (has(text, n, "(c)") || has(text, n, "<sep>")));
            uint32_t *ids;
            double start = seconds();
            assert_int_equal(qn_token_encode(t, text, n, QN_TOKEN_BOS, &ids, &n_ids), 0);
            double spent = seconds() - start;
            if (spent > 10e-6 * (double)n)
                fail_msg("%s: %zu bytes in %.1f s", path, n, spent);
            assert_int_equal(qn_token_decode(t, ids, n_ids, 0, &back, &n_back), 0);
            assert_int_equal(n_back, n);
            assert_memory_equal(back, text, n);

            qn_token_stream *s;
            assert_int_equal(qn_token_stream_open(&s, t, 0), 0);
            size_t at = 0;
            for (size_t k = 0; k <= n_ids; k++) {
                qn_gguf_str part = k < n_ids ? qn_token_stream_put(s, ids[k]) : qn_token_stream_end(s);
                assert_true(part.len <= n - at);
                assert_memory_equal(part.ptr, text + at, part.len);
                at += part.len;
                assert_true(at == n || ((uint8_t)text[at] & 0xC0) != 0x80); // never half a character
            }
            assert_int_equal(at, n);
            qn_token_stream_close(s);
            free(text);
            free(back);
            free(ids);
        }
        qn_token_free(t);
    }
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
