// SPDX-License-Identifier: Apache-2.0
// A packed vocabulary is the vocabulary; cut or altered bytes are refused or harmless.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "compiler/front/qn_token_file.h"

static const char *const files[] = {"tests/data/token/spm.gguf", "tests/data/token/bpe.gguf", "models/quern-stories.gguf"};
static const char text[] = "Once upon a time,  there was \xc3\xa4 <s> caf\xc3\xa9 of 1234 \xf0\x9f\x98\x80\n\xff!";

static uint8_t *pack(const char *path, size_t *n, qn_token **t)
{
    qn_gguf *g;
    qn_token_spec spec;
    uint8_t *bytes, *again;
    size_t m;
    assert_int_equal(qn_gguf_open(&g, path, NULL), 0);
    assert_int_equal(qn_token_spec_from_gguf(&spec, g, NULL), 0);
    assert_int_equal(qn_token_new(t, &spec, NULL), 0);
    assert_int_equal(qn_token_pack(&spec, &bytes, n), 0);
    assert_int_equal(qn_token_pack(&spec, &again, &m), 0);
    assert_int_equal(m, *n);
    assert_memory_equal(bytes, again, m);
    free(again);
    qn_token_spec_free(&spec);
    qn_gguf_close(g);
    return bytes;
}

static void compare(const qn_token *a, const qn_token *b, uint32_t flags)
{
    uint32_t *ids, *others;
    size_t n, m;
    int err = qn_token_encode(a, text, sizeof text - 1, flags, &ids, &n);
    assert_int_equal(qn_token_encode(b, text, sizeof text - 1, flags, &others, &m), err);
    if (err < 0)
        return;
    assert_true(n > 4);
    assert_int_equal(n, m);
    assert_memory_equal(ids, others, n * sizeof *ids);
    free(ids);
    free(others);
}

static void same(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        size_t n;
        qn_token *t, *u;
        qn_why why = {""};
        uint8_t *bytes = pack(files[i], &n, &t);
        assert_int_equal(qn_token_unpack(&u, bytes, n, &why), 0);
        free(bytes);                                     // nothing of it is kept
        assert_int_equal(qn_token_count(t), qn_token_count(u));
        assert_int_equal(qn_token_bos(t), qn_token_bos(u));
        assert_int_equal(qn_token_eos(t), qn_token_eos(u));
        for (uint32_t id = 0; id < qn_token_count(t); id++) {
            qn_gguf_str a = qn_token_bytes(t, id, QN_TOKEN_SPECIAL), b = qn_token_bytes(u, id, QN_TOKEN_SPECIAL);
            assert_int_equal(a.len, b.len);
            assert_memory_equal(a.ptr, b.ptr, a.len);
            assert_int_equal(qn_token_is_end(t, id), qn_token_is_end(u, id));
        }
        compare(t, u, QN_TOKEN_BOS);
        compare(t, u, QN_TOKEN_BOS | QN_TOKEN_EOS | QN_TOKEN_SPECIAL);
        qn_token_free(t);
        qn_token_free(u);
    }
}

// The whole is in a block of its own size, so that a sanitizer sees a byte read beyond it.
static int unpack(const uint8_t *bytes, size_t n)
{
    uint8_t *own = malloc(n + !n);
    qn_token *t;
    memcpy(own, bytes, n);
    int err = qn_token_unpack(&t, own, n, NULL);
    qn_token_free(t);
    free(own);
    return err;
}

static void cut(void **state)
{
    (void)state;
    size_t n;
    qn_token *t;
    uint8_t *bytes = pack(files[2], &n, &t);
    qn_token_free(t);
    for (size_t m = 0; m < n; m += m < 200 || n - m < 50 ? 1 : 97)
        assert_int_equal(unpack(bytes, m), QN_ERR_FORMAT);
    uint8_t *longer = calloc(1, n + 1);
    memcpy(longer, bytes, n);
    assert_int_equal(unpack(longer, n + 1), QN_ERR_FORMAT);
    free(longer);
    free(bytes);
}

static void altered(void **state)
{
    (void)state;
    static const uint32_t values[] = {0, 1, 0x7fffffff, 0x80000000, 0xffffffff, 0x40000000, 0xfffffffe};
    size_t n;
    qn_token *t;
    uint8_t *bytes = pack(files[2], &n, &t);
    qn_token_free(t);
    int refused = 0, tried = 0;
    for (size_t at = 0; at < 400; at += 4)
        for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
            uint8_t old[4];
            memcpy(old, bytes + at, 4);
            memcpy(bytes + at, &values[i], 4);
            tried++;
            refused += unpack(bytes, n) < 0;
            memcpy(bytes + at, old, 4);
        }
    assert_true(refused > tried / 2);
    assert_int_equal(unpack(bytes, n), 0);
    free(bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(same), cmocka_unit_test(cut), cmocka_unit_test(altered)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
