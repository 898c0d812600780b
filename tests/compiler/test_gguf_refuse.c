// SPDX-License-Identifier: Apache-2.0
// The GGUF reader refuses each thing that has broken other readers, with an error and a message of its own.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <time.h>

#include "compiler/front/qn_gguf.h"
#include "tests/compiler/gguf_write.h"

// The file is refused with that error and a line that holds `fragment`
static void refuse_at(int line, gguf_file *f, int wanted, const char *fragment)
{
    qn_gguf *g;
    void *copy;
    qn_why why = {""};
    int err = open_copy(f, &g, &copy, &why);
    if (err != wanted || !strstr(why.text, fragment) || g)
        fail_msg("line %d: wanted %d '...%s...', got %d '%s'", line, wanted, fragment, err, why.text);
    for (const char *c = why.text; *c; c++)
        assert_in_range((unsigned char)*c, ' ', '~');
    free(copy);
}
#define refuse(f, wanted, fragment) refuse_at(__LINE__, f, wanted, fragment)

// Every shorter file is refused, whatever part it ends in; only the padding after the last tensor may be absent
static void test_truncated(void **state)
{
    (void)state;
    size_t end;
    gguf_file f = gguf_sample(&end);
    for (size_t n = 0; n <= f.n; n++) {
        gguf_file part = {0};
        put(&part, f.p, n);
        if (n < end) {
            refuse(&part, QN_ERR_TRUNCATED, n ? "byte" : "empty");
            continue;
        }
        qn_gguf *g;
        void *copy;
        assert_int_equal(open_copy(&part, &g, &copy, NULL), 0);
        qn_gguf_close(g);
        free(copy);
    }
    free(f.p);
}

static void test_header(void **state)
{
    (void)state;
    gguf_file f = {0};
    put(&f, "GGML", 4), put_u32(&f, 3), put_u64(&f, 0), put_u64(&f, 0);
    refuse(&f, QN_ERR_FORMAT, "not a GGUF file");
    static const struct {
        uint32_t version;
        int err;
        const char *fragment;
    } versions[] = {{0, QN_ERR_VERSION, "GGUF version 0,"},
                    {1, QN_ERR_VERSION, "GGUF version 1,"},
                    {2, QN_ERR_VERSION, "GGUF version 2,"},
                    {4, QN_ERR_VERSION, "GGUF version 4,"},
                    {0xffffffff, QN_ERR_VERSION, "GGUF version 4294967295,"},
                    {0x03000000, QN_ERR_UNSUPPORTED, "byte-swapped"}};
    for (size_t i = 0; i < sizeof versions / sizeof *versions; i++) {
        put(&f, "GGUF", 4), put_u32(&f, versions[i].version), put_u64(&f, 0), put_u64(&f, 0);
        refuse(&f, versions[i].err, versions[i].fragment);
    }
    put(&f, "FUGG", 4), put_u32(&f, 3), put_u64(&f, 0), put_u64(&f, 0);
    refuse(&f, QN_ERR_UNSUPPORTED, "byte-swapped");

    put_head(&f, (uint64_t)-1, 0);
    refuse(&f, QN_ERR_FORMAT, "tensor count is negative: -1");
    put_head(&f, 0, 1ull << 63);
    refuse(&f, QN_ERR_FORMAT, "key count is negative: -9223372036854775808");
    put_head(&f, INT64_MAX, 0);
    refuse(&f, QN_ERR_TRUNCATED, "a tensor count of 9223372036854775807 is more than a file of 24 bytes can hold");
    put_head(&f, 0, INT64_MAX / 56 + 1); // times an entry's size it would wrap
    refuse(&f, QN_ERR_TRUNCATED, "a key count of");
    put_head(&f, 0, 2), put_data(&f, 27);
    refuse(&f, QN_ERR_TRUNCATED, "a key count of 2 ");
}

static void test_keys(void **state)
{
    (void)state;
    gguf_file f = {0};
    put_head(&f, 0, 1), put_u64(&f, UINT64_MAX - 7), put_data(&f, 40);
    refuse(&f, QN_ERR_TRUNCATED, "key 0: a name of 18446744073709551608 bytes at byte 32");
    put_head(&f, 0, 1), put_key(&f, "k", 8), put_u64(&f, UINT64_MAX), put_data(&f, 9);
    refuse(&f, QN_ERR_TRUNCATED, "key 'k': a string of 18446744073709551615 bytes");
    put_head(&f, 0, 1), put_key_u32(&f, "", 1), put_data(&f, 9);
    refuse(&f, QN_ERR_FORMAT, "key 0: its name is empty");
    put_head(&f, 0, 1), put_key_u32(&f, "a\nb", 1);
    refuse(&f, QN_ERR_FORMAT, "key 0: a control character in its name 'a\\x0ab'");
    char *longest = calloc(1, QN_GGUF_KEY_MAX + 2);
    memset(longest, 'k', QN_GGUF_KEY_MAX + 1);
    put_head(&f, 0, 1), put_key_u32(&f, longest, 1);
    refuse(&f, QN_ERR_FORMAT, "65536 bytes, more than 65535");
    free(longest);
    put_head(&f, 0, 2), put_key_u32(&f, "twice", 1), put_key_u32(&f, "twice", 1);
    refuse(&f, QN_ERR_FORMAT, "key 'twice' occurs twice");
    put_head(&f, 0, 3), put_key_u32(&f, "twice", 1), put_key_u32(&f, "once", 1), put_key_str(&f, "twice", "1");
    refuse(&f, QN_ERR_FORMAT, "key 'twice' occurs twice");
    put_head(&f, 0, 1), put_key_u32(&f, "k", 1), f.p[f.n - 8] = 13;
    refuse(&f, QN_ERR_FORMAT, "key 'k': no such value type: 13");
    put_head(&f, 0, 1), put_key(&f, "k", -1), put_u32(&f, 0);
    refuse(&f, QN_ERR_FORMAT, "key 'k': no such value type: -1");
    put_head(&f, 0, 1), put_key(&f, "k", 7), put_le(&f, 2, 1);
    refuse(&f, QN_ERR_FORMAT, "key 'k': a boolean with the value 2");
}

static void test_arrays(void **state)
{
    (void)state;
    gguf_file f = {0};
    put_head(&f, 0, 1), put_key_array(&f, "k", 4, 1ull << 63);
    refuse(&f, QN_ERR_FORMAT, "key 'k': an array of 9223372036854775808 elements cannot be");
    put_head(&f, 0, 1), put_key_array(&f, "k", 4, (1ull << 62) + 1), put_data(&f, 4); // times 4 it is 4
    refuse(&f, QN_ERR_FORMAT, "key 'k': an array of 4611686018427387905 elements cannot be: its size overflows");
    put_head(&f, 0, 1), put_key_array(&f, "k", 8, INT64_MAX), put_data(&f, 64);
    refuse(&f, QN_ERR_FORMAT, "key 'k': an array of 9223372036854775807 elements cannot be: its size overflows");
    put_head(&f, 0, 1), put_key_array(&f, "k", 5, 3), put_data(&f, 11);
    refuse(&f, QN_ERR_TRUNCATED, "key 'k': an array of 12 bytes");
    put_head(&f, 0, 1), put_key_array(&f, "k", 8, 1000000), put_str(&f, "only");
    refuse(&f, QN_ERR_TRUNCATED, "key 'k': a string's length");
    put_head(&f, 0, 1), put_key_array(&f, "k", 9, 1), put_data(&f, 40);
    refuse(&f, QN_ERR_UNSUPPORTED, "key 'k': an array of arrays");
    put_head(&f, 0, 1), put_key_array(&f, "k", 13, 1), put_data(&f, 40);
    refuse(&f, QN_ERR_FORMAT, "key 'k': no such element type: 13");
    put_head(&f, 0, 1), put_key_array(&f, "k", 7, 3), put_le(&f, 0xff0100, 3);
    refuse(&f, QN_ERR_FORMAT, "key 'k': a boolean with the value 255");

    // Token types as bytes: read by their own width, and refused where floats are wanted
    put_head(&f, 0, 1), put_key_array(&f, "tokenizer.ggml.token_type", 0, 3), put_le(&f, 0x060302, 3);
    qn_gguf *g;
    void *copy;
    const qn_gguf_kv *kv;
    assert_int_equal(open_copy(&f, &g, &copy, NULL), 0);
    assert_int_equal(qn_gguf_get_ints(g, "tokenizer.ggml.token_type", &kv, NULL), 1);
    assert_true(qn_gguf_int_at(kv, 0) == 2 && qn_gguf_int_at(kv, 1) == 3 && qn_gguf_int_at(kv, 2) == 6);
    assert_int_equal(qn_gguf_get_floats(g, "tokenizer.ggml.token_type", &kv, NULL), QN_ERR_FORMAT);
    qn_gguf_close(g);
    free(copy);
}

static void test_alignment(void **state)
{
    (void)state;
    static const struct {
        uint32_t align;
        const char *fragment;
    } bad[] = {{0, "0 is no power of two"},
               {33, "33 is no power of two"},
               {0xffffffff, "4294967295 is no power of two"},
               {1u << 31, "2147483648 is more than 1048576"}};
    gguf_file f = {0};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        put_head(&f, 1, 1), put_key_u32(&f, "general.alignment", bad[i].align);
        put_tensor(&f, "w", 0, 0, 1, (int64_t[]){8}), put_data(&f, 200);
        refuse(&f, QN_ERR_FORMAT, bad[i].fragment);
    }
    put_head(&f, 0, 1), put_key(&f, "general.alignment", 10), put_u64(&f, 32);
    refuse(&f, QN_ERR_FORMAT, "key 'general.alignment' is of type U64, not U32");
    put_head(&f, 0, 1), put_key(&f, "general.alignment", 5), put_u32(&f, 32);
    refuse(&f, QN_ERR_FORMAT, "key 'general.alignment' is of type I32, not U32");
}

// A file of one tensor and 256 bytes of data
static gguf_file one_tensor(const char *name, int type, uint64_t offset, int n_dims, const int64_t *dims)
{
    gguf_file f = {0};
    put_head(&f, 1, 0), put_tensor(&f, name, type, offset, n_dims, dims), put_pad(&f, 32), put_data(&f, 256);
    return f;
}

static void test_shapes(void **state)
{
    (void)state;
    gguf_file f = one_tensor("w", 0, 0, 5, (int64_t[]){1, 1, 1, 1, 1});
    refuse(&f, QN_ERR_FORMAT, "tensor 'w': 5 dimensions, more than 4");
    f = one_tensor("w", 0, 0, 0, NULL), f.p[33] = f.p[34] = f.p[35] = f.p[36] = 0xff;
    refuse(&f, QN_ERR_FORMAT, "tensor 'w': 4294967295 dimensions");
    f = one_tensor("w", 0, 0, 2, (int64_t[]){4, -1});
    refuse(&f, QN_ERR_FORMAT, "tensor 'w': dimension 1 is -1");
    f = one_tensor("w", 0, 0, 1, (int64_t[]){INT64_MIN});
    refuse(&f, QN_ERR_FORMAT, "tensor 'w': dimension 0 is -9223372036854775808");
    f = one_tensor("w", 24, 0, 2, (int64_t[]){1ll << 32, 1ll << 32}); // I8: 2^64 elements
    refuse(&f, QN_ERR_FORMAT, "tensor 'w': its element count overflows");
    f = one_tensor("w", 24, 0, 2, (int64_t[]){1ll << 32, 1ll << 31}); // 2^63
    refuse(&f, QN_ERR_FORMAT, "tensor 'w': its element count overflows");
    f = one_tensor("w", 0, 0, 2, (int64_t[]){1ll << 31, 1ll << 31}); // 2^62 elements of 4 bytes
    refuse(&f, QN_ERR_FORMAT, "tensor 'w': its size in bytes overflows");
    f = one_tensor("w", 2, 0, 2, (int64_t[]){48, 2});
    refuse(&f, QN_ERR_FORMAT, "tensor 'w': a row of 48 elements is no multiple of the 32 in a block of Q4_0");
    f = one_tensor("w", 12, 0, 2, (int64_t[]){32, 8});
    refuse(&f, QN_ERR_FORMAT, "no multiple of the 256 in a block of Q4_K");
    f = one_tensor("w", -1, 0, 1, (int64_t[]){32});
    refuse(&f, QN_ERR_FORMAT, "tensor 'w': no such tensor type: -1");
    f = one_tensor("w", 43, 0, 1, (int64_t[]){32});
    refuse(&f, QN_ERR_FORMAT, "tensor 'w': no such tensor type: 43");
    f = one_tensor("w", INT32_MIN, 0, 1, (int64_t[]){32});
    refuse(&f, QN_ERR_FORMAT, "no such tensor type: -2147483648");
    static const int removed[] = {4, 5, 31, 32, 33, 36, 37, 38};
    for (size_t i = 0; i < sizeof removed / sizeof *removed; i++) {
        f = one_tensor("w", removed[i], 0, 1, (int64_t[]){32});
        refuse(&f, QN_ERR_UNSUPPORTED, "was removed from ggml");
    }
    f = one_tensor("", 0, 0, 1, (int64_t[]){32});
    refuse(&f, QN_ERR_FORMAT, "tensor 0: its name is empty");
    f = one_tensor("0123456789012345678901234567890123456789012345678901234567890123", 0, 0, 1, (int64_t[]){32});
    refuse(&f, QN_ERR_FORMAT, "has 64 bytes, more than 63");

    // The longest name, and a dimension of zero, are fine
    f = one_tensor("012345678901234567890123456789012345678901234567890123456789012", 2, 0, 2, (int64_t[]){0, 3});
    qn_gguf *g;
    void *copy;
    assert_int_equal(open_copy(&f, &g, &copy, NULL), 0);
    assert_int_equal(g->tensor[0].bytes, 0);
    qn_gguf_close(g);
    free(copy);
}

// A file of two F32 tensors of 8 elements, "a" and "b", with an I8 tensor between them in the list, and `bytes` of data
static gguf_file three_tensors(uint64_t a, uint64_t middle, int64_t middle_bytes, uint64_t b, size_t bytes)
{
    gguf_file f = {0};
    put_head(&f, 3, 0);
    put_tensor(&f, "a", 0, a, 1, (int64_t[]){8});
    put_tensor(&f, "middle", 24, middle, 1, &middle_bytes);
    put_tensor(&f, "b", 0, b, 1, (int64_t[]){8});
    put_pad(&f, 32), put_data(&f, bytes);
    return f;
}

static void test_places(void **state)
{
    (void)state;
    gguf_file f = one_tensor("w", 0, 4, 1, (int64_t[]){8});
    refuse(&f, QN_ERR_FORMAT, "tensor 'w': its offset 4 is no multiple of the alignment 32");
    f = one_tensor("w", 0, 512, 1, (int64_t[]){8});
    refuse(&f, QN_ERR_TRUNCATED, "tensor 'w': its offset 512 from byte 64 is past the file's end at byte 320");
    f = one_tensor("w", 0, UINT64_MAX - 31, 1, (int64_t[]){8});
    refuse(&f, QN_ERR_TRUNCATED, "tensor 'w': its offset 18446744073709551584 from byte 64 is past the file's end");
    f = one_tensor("w", 0, 0, 1, (int64_t[]){65});
    refuse(&f, QN_ERR_TRUNCATED, "tensor 'w': its 260 bytes at byte 64 end after the file's 320");
    f = one_tensor("w", 24, 0, 1, (int64_t[]){INT64_MAX}); // padded to the alignment it is 2^63: two of them wrap to 0
    refuse(&f, QN_ERR_TRUNCATED, "tensor 'w': its 9223372036854775807 bytes");
    f = one_tensor("w", 1, 0, 1, (int64_t[]){INT64_MAX - 31}); // F16: 2^64 - 64 bytes, from byte 64
    refuse(&f, QN_ERR_TRUNCATED, "tensor 'w': its 18446744073709551552 bytes at byte 64 end after the file's 320");
    f = three_tensors(0, 32, INT64_MAX, 32, 64);
    refuse(&f, QN_ERR_TRUNCATED, "tensor 'middle': its 9223372036854775807 bytes");

    f = three_tensors(0, 64, 32, 0, 96);
    refuse(&f, QN_ERR_FORMAT, "overlaps tensor '");
    f = three_tensors(64, 0, 65, 96, 128);
    refuse(&f, QN_ERR_FORMAT, "tensor 'a' overlaps tensor 'middle' at byte");
    f = three_tensors(0, 32, 96, 64, 128);
    refuse(&f, QN_ERR_FORMAT, "tensor 'b' overlaps tensor 'middle' at byte");
    f = (gguf_file){0};
    put_head(&f, 2, 0), put_tensor(&f, "w", 0, 0, 1, (int64_t[]){8}), put_tensor(&f, "w", 0, 32, 1, (int64_t[]){8});
    put_pad(&f, 32), put_data(&f, 64);
    refuse(&f, QN_ERR_FORMAT, "tensor 'w' occurs twice");

    // Any order, gaps, and an empty tensor in another's place are fine
    f = three_tensors(96, 32, 0, 32, 128);
    qn_gguf *g;
    void *copy;
    assert_int_equal(open_copy(&f, &g, &copy, NULL), 0);
    assert_ptr_equal(g->tensor[0].data, g->tensor[2].data + 64);
    qn_gguf_close(g);
    free(copy);
}

// The least there can be: one key of one byte, one empty tensor, no data and no padding
static void test_least(void **state)
{
    (void)state;
    gguf_file f = {0};
    put_head(&f, 1, 1), put_key(&f, "k", 0), put_le(&f, 1, 1), put_tensor(&f, "w", 0, 0, 1, (int64_t[]){0});
    qn_gguf *g;
    void *copy;
    assert_int_equal(open_copy(&f, &g, &copy, NULL), 0);
    assert_int_equal(g->n_kv, 1);
    assert_int_equal(g->n_tensor, 1);
    assert_int_equal(g->tensor[0].bytes, 0);
    qn_gguf_close(g);
    free(copy);
    put_head(&f, 0, 1), put_key(&f, "k", 0), put_le(&f, 1, 1);
    assert_int_equal(open_copy(&f, &g, &copy, NULL), 0);
    qn_gguf_close(g);
    free(copy);
    put_head(&f, 0, 0);
    assert_int_equal(open_copy(&f, &g, &copy, NULL), 0);
    assert_null(qn_gguf_find(g, "k"));
    assert_null(qn_gguf_tensor_find(g, "w"));
    qn_gguf_close(g);
    free(copy);
}

static double cpu_seconds(void)
{
    return (double)clock() / CLOCKS_PER_SEC;
}

// 43 bytes that claim an array of 2^63 - 1 strings
static void test_tiny_claim(void **state)
{
    (void)state;
    gguf_file f = {0};
    put_head(&f, 0, 1), put_u64(&f, 1), put(&f, "k", 1), put_u32(&f, 9), put_u32(&f, 8), put_le(&f, INT64_MAX, 2);
    assert_int_equal(f.n, 43);
    double begin = cpu_seconds();
    refuse(&f, QN_ERR_TRUNCATED, "an array's type and count");
    put_head(&f, 0, 1), put_u64(&f, 1), put(&f, "k", 1), put_u32(&f, 9), put_u32(&f, 0), put_u64(&f, 1ull << 63);
    refuse(&f, QN_ERR_FORMAT, "an array of 9223372036854775808 elements cannot be");
    assert_true(cpu_seconds() - begin < 0.05);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_truncated), cmocka_unit_test(test_header), cmocka_unit_test(test_keys),   cmocka_unit_test(test_arrays),
        cmocka_unit_test(test_alignment), cmocka_unit_test(test_shapes), cmocka_unit_test(test_places), cmocka_unit_test(test_tiny_claim),
        cmocka_unit_test(test_least),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
