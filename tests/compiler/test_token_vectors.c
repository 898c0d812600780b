// SPDX-License-Identifier: Apache-2.0
// The tokenizer gives the ids that llama.cpp and SentencePiece give for the vocabularies of tests/data/token (see make.py there), and
// the text back. With arguments VOCABULARY.gguf INP OUT: for one of llama.cpp's own test vectors (soak_token.sh).
#include "tests/compiler/token_file.h"

static void test_spm(void **state)
{
    (void)state;
    check_file(DIR "spm.gguf", "spm", QN_TOKEN_BOS, (options){0});
}

static void test_spm_special(void **state)
{
    (void)state;
    check_file(DIR "spm.gguf", "spm-special", QN_TOKEN_SPECIAL, (options){0});
}

static void test_spm_squeeze(void **state)
{
    (void)state;
    check_file(DIR "spm.gguf", "spm-squeeze", 0, (options){.squeeze = true});
}

static void test_spm_unused(void **state)
{
    (void)state;
    check_file(DIR "spm.gguf", "spm-unused", 0, (options){.unused = true});
}

static void test_bpe(void **state)
{
    (void)state;
    static const char *const pres[] = {"default", "gpt-2", "smollm", "falcon", "llama-bpe", "qwen2", "qwen35", "tekken"};
    for (size_t i = 0; i < sizeof pres / sizeof *pres; i++) {
        char ids[32];
        snprintf(ids, sizeof ids, "bpe-%s", pres[i]);
        check_file(DIR "bpe.gguf", ids, 0, (options){.pre = pres[i]});
    }
    check_file(DIR "bpe.gguf", "bpe-special", QN_TOKEN_SPECIAL, (options){0});
}

// llama.cpp's models/ggml-vocab-*.gguf.inp: texts between lines "__ggml_vocab_test__"; .out: a line of ids for each
static int check_vectors(const char *vocabulary, const char *inp, const char *out)
{
    static const char rule[] = "\n__ggml_vocab_test__\n";
    qn_token *t = open_token(vocabulary, (options){0});
    size_t n_inp, n_out, n_cases_seen = 0;
    char *texts = read_file(inp, &n_inp), *lines = read_file(out, &n_out), *at = texts, *line_at = lines, *line;
    uint32_t *want = malloc(MaxIds * sizeof *want);
    assert_non_null(want);
    while ((line = next_line(&line_at))) {
        char *end = strstr(at, rule);
        if (!end)
            break;
        char what[512];
        snprintf(what, sizeof what, "%s, case %zu", inp, n_cases_seen++);
        size_t n_want = read_ids(line, want);
        check_ids(t, at, (size_t)(end - at), 0, want, n_want, what);
        at = end + sizeof rule - 1;
    }
    assert_false(*at);
    assert_true(n_cases_seen > 40);
    printf("%s: %zu texts as in llama.cpp\n", vocabulary, n_cases_seen);
    free(want);
    free(texts);
    free(lines);
    qn_token_free(t);
    return 0;
}

static char **arguments;

static void test_arguments(void **state)
{
    (void)state;
    check_vectors(arguments[1], arguments[2], arguments[3]);
}

int main(int argc, char **argv)
{
    if (argc == 4) {
        arguments = argv;
        const struct CMUnitTest given[] = {cmocka_unit_test(test_arguments)};
        return cmocka_run_group_tests(given, NULL, NULL);
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_spm),        cmocka_unit_test(test_spm_special), cmocka_unit_test(test_spm_squeeze),
        cmocka_unit_test(test_spm_unused), cmocka_unit_test(test_bpe),
    };
    return cmocka_run_group_tests(tests, read_cases, free_cases);
}
