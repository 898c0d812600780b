// SPDX-License-Identifier: Apache-2.0
// A tokenizer's spec out of a GGUF file: which keys it reads, and what it says of keys that lie about themselves.
#include "tests/compiler/token_file.h"

#include "tests/compiler/gguf_write.h"

#define KEY "tokenizer.ggml."

static const char *const tokens[] = {"<unk>", "<s>", "</s>", "a", "b", "ab"};

static void put_tokens(gguf_file *f)
{
    put_key_array(f, KEY "tokens", QN_GGUF_STR, 6);
    for (int i = 0; i < 6; i++)
        put_str(f, tokens[i]);
}

static void put_scores(gguf_file *f)
{
    put_key_array(f, KEY "scores", QN_GGUF_F32, 6);
    for (int i = 0; i < 6; i++)
        put_f32(f, (float)-i);
}

static void put_key_bool(gguf_file *f, const char *key, bool x)
{
    put_key(f, key, QN_GGUF_BOOL);
    put_le(f, x, 1);
}

// The spec of a file; the tokenizer too if that is well
static int open_spec(gguf_file *f, qn_token_spec *spec, qn_token **t, qn_why *why)
{
    qn_gguf *g;
    void *copy;
    *t = NULL;
    why->text[0] = 0;
    if (open_copy(f, &g, &copy, why))
        fail_msg("%s", why->text);
    int err = qn_token_spec_from_gguf(spec, g, why);
    if (!err)
        err = qn_token_new(t, spec, why);
    qn_gguf_close(g);
    free(copy);
    return err;
}

static void refused(gguf_file *f, int err, const char *words)
{
    qn_token_spec spec;
    qn_token *t;
    qn_why why;
    assert_int_equal(open_spec(f, &spec, &t, &why), err);
    assert_null(t);
    if (!strstr(why.text, words))
        fail_msg("\"%s\" does not say \"%s\"", why.text, words);
    qn_token_spec_free(&spec);
}

static void test_keys(void **state)
{
    (void)state;
    gguf_file f = {0};
    put_head(&f, 0, 14);
    put_key_str(&f, KEY "model", "llama");
    put_key_str(&f, KEY "pre", "default");
    put_tokens(&f);
    put_key_array(&f, KEY "scores", QN_GGUF_I32, 6); // integers in some files
    for (int i = 0; i < 6; i++)
        put_u32(&f, (uint32_t)-i);
    put_key_array(&f, KEY "token_type", QN_GGUF_U8, 6);
    put(&f, "\2\3\3\1\1\1", 6);
    put_key_u32(&f, KEY "bos_token_id", 5);
    put_key(&f, KEY "eos_token_id", QN_GGUF_I32), put_u32(&f, UINT32_MAX); // none: by custom
    put_key_u32(&f, KEY "eot_token_id", 4);
    put_key_u32(&f, KEY "eom_token_id", UINT32_MAX);
    put_key_u32(&f, KEY "unknown_token_id", 0);
    put_key_bool(&f, KEY "add_bos_token", false);
    put_key_bool(&f, KEY "add_eos_token", true);
    put_key_bool(&f, KEY "add_space_prefix", false);
    put_key_bool(&f, KEY "remove_extra_whitespaces", true);
    qn_token_spec spec;
    qn_token *t;
    qn_why why;
    if (open_spec(&f, &spec, &t, &why))
        fail_msg("%s", why.text);
    assert_true(spec.bos == 5 && spec.eos == -1 && spec.eot == 4 && spec.eom == -1 && spec.unk == 0);
    assert_true(spec.add_bos == 0 && spec.add_eos == 1 && spec.space_prefix == 0 && spec.squeeze == 1);
    assert_true(spec.n_tokens == 6 && spec.n_scores == 6 && spec.n_types == 6 && spec.n_merges == 0 && !spec.merges);
    qn_token_spec_free(&spec);
    assert_null(spec.tokens);

    assert_int_equal(qn_token_bos(t), 5);
    assert_int_equal(qn_token_eos(t), 2);
    assert_true(qn_token_is_end(t, 2) && qn_token_is_end(t, 4) && !qn_token_is_end(t, 5));
    check_ids(t, "  ab ", 5, QN_TOKEN_BOS | QN_TOKEN_EOS, (uint32_t[]){5, 2}, 2, "the file's flags");
    qn_token_free(t);
}

static void test_refused(void **state)
{
    (void)state;
    gguf_file f = {0};
    put_head(&f, 0, 1);
    put_tokens(&f);
    refused(&f, QN_ERR_FORMAT, KEY "model");
    put_head(&f, 0, 1);
    put_key_str(&f, KEY "model", "llama");
    refused(&f, QN_ERR_FORMAT, KEY "tokens");
    put_head(&f, 0, 2);
    put_key_str(&f, KEY "model", "llama");
    put_key_array(&f, KEY "tokens", QN_GGUF_U8, 0);
    refused(&f, QN_ERR_FORMAT, KEY "tokens");
    put_head(&f, 0, 2);
    put_key_str(&f, KEY "model", "llama");
    put_tokens(&f);
    refused(&f, QN_ERR_FORMAT, KEY "scores is missing");
    put_head(&f, 0, 3);
    put_key_str(&f, KEY "model", "llama");
    put_tokens(&f);
    put_key_array(&f, KEY "scores", QN_GGUF_F32, 1), put_f32(&f, 0);
    refused(&f, QN_ERR_FORMAT, KEY "scores has 1 elements for 6 tokens");
    put_head(&f, 0, 3);
    put_key_str(&f, KEY "model", "llama");
    put_tokens(&f);
    put_key_str(&f, KEY "scores", "none");
    refused(&f, QN_ERR_FORMAT, KEY "scores");
    put_head(&f, 0, 4);
    put_key_str(&f, KEY "model", "llama");
    put_tokens(&f);
    put_scores(&f);
    put_key_array(&f, KEY "token_type", QN_GGUF_I64, 6);
    for (int i = 0; i < 6; i++)
        put_u64(&f, 1ull << 32 | 1);
    refused(&f, QN_ERR_FORMAT, KEY "token_type: token 0 has type -1");
    put_head(&f, 0, 4);
    put_key_str(&f, KEY "model", "llama");
    put_tokens(&f);
    put_scores(&f);
    put_key_u32(&f, KEY "eos_token_id", 6);
    refused(&f, QN_ERR_FORMAT, KEY "eos_token_id is 6, the vocabulary has 6 tokens");
    put_head(&f, 0, 4);
    put_key_str(&f, KEY "model", "llama");
    put_tokens(&f);
    put_scores(&f);
    put_key_str(&f, KEY "bos_token_id", "1");
    refused(&f, QN_ERR_FORMAT, KEY "bos_token_id");
    put_head(&f, 0, 2);
    put_key_str(&f, KEY "model", "gpt2");
    put_tokens(&f);
    refused(&f, QN_ERR_FORMAT, KEY "merges is missing");
    put_head(&f, 0, 3);
    put_key_str(&f, KEY "model", "gpt2");
    put_tokens(&f);
    put_key_array(&f, KEY "merges", QN_GGUF_STR, 2), put_str(&f, "a b"), put_str(&f, "ab c");
    refused(&f, QN_ERR_FORMAT, KEY "merges: merge 1 \"ab c\"");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_keys), cmocka_unit_test(test_refused)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
