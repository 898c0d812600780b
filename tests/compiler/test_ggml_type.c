// SPDX-License-Identifier: Apache-2.0
// Blocks of every type that is read: ggml's own bytes give ggml's own values, bit for bit, and the integers taken out of a block do
// so too.
#define _POSIX_C_SOURCE 200809L
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "compiler/front/qn_ggml_type.h"
#include "driver/qn_err.h"

#define VECTORS "../shared/data/formats/ggml_quant_vectors.npz"

enum { Rows = 35, Row = 512 };

static const struct {
    int type;
    const char *name;
} coded[] = {{QN_GGML_Q8_0, "Q8_0"}, {QN_GGML_Q4_0, "Q4_0"}, {QN_GGML_Q4_1, "Q4_1"}, {QN_GGML_Q5_0, "Q5_0"},
             {QN_GGML_Q5_1, "Q5_1"}, {QN_GGML_Q4_K, "Q4_K"}, {QN_GGML_Q5_K, "Q5_K"}, {QN_GGML_Q6_K, "Q6_K"},
             {QN_GGML_Q3_K, "Q3_K"}, {QN_GGML_TQ1_0, "TQ1_0"}, {QN_GGML_TQ2_0, "TQ2_0"},
             {QN_GGML_IQ4_NL, "IQ4_NL"}, {QN_GGML_MXFP4, "MXFP4"}, {QN_GGML_IQ4_XS, "IQ4_XS"}, {QN_GGML_Q2_K, "Q2_K"}};

enum { Coded = sizeof coded / sizeof *coded };

static void read_arrays(const char *name, uint8_t *q, size_t q_bytes, float *d)
{
    char command[256];
    snprintf(command, sizeof command, "python3 tests/compiler/npz2bin.py " VECTORS " q_%s d_%s", name, name);
    FILE *pipe = popen(command, "r");
    assert_non_null(pipe);
    assert_int_equal(fread(q, 1, q_bytes, pipe), q_bytes);
    assert_int_equal(fread(d, sizeof *d, (size_t)Rows * Row, pipe), Rows * Row);
    assert_int_equal(fgetc(pipe), EOF);
    assert_int_equal(pclose(pipe), 0);
}

static uint32_t bits_of(float f)
{
    uint32_t bits;
    memcpy(&bits, &f, sizeof bits);
    return bits;
}

// The value of one code by the header's formulas
static float value_of(const qn_block *b, const qn_ggml_info *info, int i)
{
    float d = info->form == QN_GGML_SCALE_POW ? qn_ggml_bf16(b->d) : qn_ggml_f16(b->d), m = qn_ggml_f16(b->m), q = b->q[i];
    switch (info->form) {
    case QN_GGML_SCALE:
    case QN_GGML_SCALE_UP:
    case QN_GGML_SCALE_POW:
        return d * q;
    case QN_GGML_SCALE_MIN:
        return d * q + m;
    case QN_GGML_SUB_SCALE:
        return qn_ggml_f16(b->ds[i / b->sub]) * q;
    case QN_GGML_SUPER:
        return d * b->sc[i / b->sub] * q;
    default:
        return d * b->sc[i / b->sub] * q - m * b->mn[i / b->sub];
    }
}

static void check_range(const qn_ggml_info *info, int low, int high)
{
    int whole = 1 << info->bits, up = info->form == QN_GGML_SCALE_UP, is_signed = info->form != QN_GGML_SCALE_MIN && info->form != QN_GGML_SUPER_MIN;
    assert_in_range(low + 128, (is_signed ? up - whole / 2 : 0) + 128, 127 + 128);
    assert_in_range(high + 128, 0, (is_signed ? up + whole / 2 : whole) - 1 + 128);
}

static void test_vectors(void **state)
{
    (void)state;
    if (access(VECTORS, R_OK))
        skip();
    static float expected[Rows * Row], got[Rows * Row];
    for (int k = 0; k < Coded; k++) {
        const qn_ggml_info *info = qn_ggml_type_find(coded[k].type);
        assert_string_equal(info->name, coded[k].name);
        size_t row_bytes = (size_t)Row / info->elements * info->bytes;
        uint8_t *q = malloc(Rows * row_bytes + 1);
        assert_non_null(q);
        read_arrays(coded[k].name, q + 1, Rows * row_bytes, expected); // at an odd address
        assert_int_equal(qn_ggml_dequant_row(coded[k].type, q + 1, got, (size_t)Rows * Row), 0);
        int low = 127, high = -128, different = 0;
        for (size_t i = 0; i < (size_t)Rows * Row; i++) {
            qn_block b;
            size_t block = i / info->elements;
            if (i % info->elements == 0)
                assert_int_equal(qn_ggml_codes(coded[k].type, q + 1 + block * info->bytes, &b), 0);
            assert_int_equal(b.n, info->elements);
            int code = b.q[i % info->elements];
            low = code < low ? code : low;
            high = code > high ? code : high;
            different += bits_of(got[i]) != bits_of(expected[i]) ||
                         bits_of(value_of(&b, info, (int)(i % info->elements))) != bits_of(expected[i]);
        }
        if (different)
            fail_msg("%s: %d of %d values differ", coded[k].name, different, Rows * Row);
        check_range(info, low, high);
        free(q);
    }
}

// FNV-1a over the bits of the values of 64 blocks of any bytes under scales less than 2 (MXFP4: 2^-64..2^63): codes that ggml's quantizers never write are
// among them. Expected: `gguf.quants.dequantize` of the PyPI package gguf 0.19.0; of
// Q1_0 and Q2_0, which it does not decode, the formulas of ggml-quants.c.
static const struct {
    int type;
    uint32_t digest;
} any_bytes[] = {{QN_GGML_Q8_0, 0xc2bdf803}, {QN_GGML_Q4_0, 0x87d4c41c}, {QN_GGML_Q4_1, 0x36cf3304}, {QN_GGML_Q5_0, 0x3f9e21ca},
                 {QN_GGML_Q5_1, 0x0bf0da62}, {QN_GGML_Q4_K, 0x51e3d0f6}, {QN_GGML_Q5_K, 0x7f419a30}, {QN_GGML_Q6_K, 0xbc7f610e},
                 {QN_GGML_Q3_K, 0x5a91a97f}, {QN_GGML_TQ1_0, 0x83e50723}, {QN_GGML_TQ2_0, 0x6945fa42}, {QN_GGML_IQ4_NL, 0x9b71801a},
                 {QN_GGML_MXFP4, 0x94cd0fcc}, {QN_GGML_Q1_0, 0x0522f7c5}, {QN_GGML_Q2_0, 0x5680cd4b},
                 {QN_GGML_IQ4_XS, 0xc33ad9ef}, {QN_GGML_Q2_K, 0x00b07a07}, {QN_GGML_NVFP4, 0x0e56618a}};

static void put_finite(const qn_ggml_info *info, uint8_t *block)
{
    if (info->form == QN_GGML_SCALE_POW)
        block[info->scale] = 64 + (block[info->scale] & 127);
    else if (info->form != QN_GGML_SUB_SCALE)
        block[info->scale + 1] &= 0xbf;
    if (info->form == QN_GGML_SCALE_MIN || info->form == QN_GGML_SUPER_MIN)
        block[info->scale + 3] &= 0xbf;
}

static void test_any_bytes(void **state)
{
    (void)state;
    enum { Blocks = 64 };
    for (size_t k = 0; k < sizeof any_bytes / sizeof *any_bytes; k++) {
        const qn_ggml_info *info = qn_ggml_type_find(any_bytes[k].type);
        uint8_t bytes[Blocks * 256];
        float values[Blocks * 256];
        uint32_t random = 1, digest = 2166136261u;
        for (int i = 0; i < Blocks * info->bytes; i++) {
            random = random * 1664525 + 1013904223;
            bytes[i] = (uint8_t)(random >> 24);
        }
        for (int i = 0; i < Blocks; i++)
            put_finite(info, bytes + i * info->bytes);
        assert_int_equal(qn_ggml_dequant_row(any_bytes[k].type, bytes, values, (size_t)Blocks * info->elements), 0);
        for (int i = 0; i < Blocks * info->elements; i++)
            for (int shift = 0; shift < 32; shift += 8)
                digest = (digest ^ (bits_of(values[i]) >> shift & 255)) * 16777619;
        if (digest != any_bytes[k].digest)
            fail_msg("%s: values of any bytes have digest 0x%08x, expected 0x%08x", info->name, digest, any_bytes[k].digest);
    }
}

// All 65,536 FP16 and BF16 patterns, against value = (-1)^s * fraction * 2^exponent
static void test_halves(void **state)
{
    (void)state;
    static uint8_t bytes[2 << 16];
    static float f16[1 << 16], bf16[1 << 16];
    for (int i = 0; i < 1 << 16; i++) {
        bytes[2 * i] = (uint8_t)i;
        bytes[2 * i + 1] = (uint8_t)(i >> 8);
    }
    assert_int_equal(qn_ggml_dequant_row(QN_GGML_F16, bytes, f16, 1 << 16), 0);
    assert_int_equal(qn_ggml_dequant_row(QN_GGML_BF16, bytes, bf16, 1 << 16), 0);
    for (int i = 0; i < 1 << 16; i++) {
        static const struct {
            int fraction_bits, bias;
        } formats[2] = {{10, 15}, {7, 127}};
        for (int k = 0; k < 2; k++) {
            int width = formats[k].fraction_bits, top = (1 << (15 - width)) - 1;
            int exponent = i >> width & top, fraction = i & ((1 << width) - 1);
            float got = k ? bf16[i] : f16[i];
            assert_int_equal(!!signbit(got), i >> 15);
            if (exponent == top) {
                assert_true(fraction ? isnan(got) : isinf(got));
                continue;
            }
            double value = exponent ? ldexp(fraction + (1 << width), exponent - formats[k].bias - width)
                                    : ldexp(fraction, 1 - formats[k].bias - width);
            assert_true(fabs((double)got) == value);
        }
    }
}

static void test_f32(void **state)
{
    (void)state;
    static const uint8_t bytes[] = {0xff, 0, 0, 0x80, 0x3f, 1, 0, 0, 0x80, 0xdb, 0x0f, 0x49, 0xc0}; // from an odd address
    float got[3];
    assert_int_equal(qn_ggml_dequant_row(QN_GGML_F32, bytes + 1, got, 3), 0);
    assert_int_equal(bits_of(got[0]), 0x3f800000);
    assert_int_equal(bits_of(got[1]), 0x80000001);
    assert_int_equal(bits_of(got[2]), 0xc0490fdb);
}

// All E8M0 scales, over code 1: 2^(e - 128), and 2^127 for what OCP's specification has as NaN, as ggml does
static void test_e8m0(void **state)
{
    (void)state;
    for (int e = 0; e < 256; e++) {
        uint8_t block[17] = {(uint8_t)e, 0x1f};
        float got[32];
        assert_int_equal(qn_ggml_dequant_row(QN_GGML_MXFP4, block, got, 32), 0);
        assert_true((double)got[16] == ldexp(1, e - 128) && bits_of(got[1]) == 0);
        assert_true(e > 252 ? isinf(got[0]) : (double)got[0] == -12 * ldexp(1, e - 128));
    }
}

// Ids, sizes and names of ggml.h, ggml-common.h and ggml.c
static void test_table(void **state)
{
    (void)state;
    static const struct {
        int id, elements, bytes;
        const char *name;
    } rows[] = {{0, 1, 4, "F32"},         {1, 1, 2, "F16"},         {2, 32, 18, "Q4_0"},      {3, 32, 20, "Q4_1"},     {6, 32, 22, "Q5_0"},
                {7, 32, 24, "Q5_1"},      {8, 32, 34, "Q8_0"},      {9, 32, 36, "Q8_1"},      {10, 256, 84, "Q2_K"},   {11, 256, 110, "Q3_K"},
                {12, 256, 144, "Q4_K"},   {13, 256, 176, "Q5_K"},   {14, 256, 210, "Q6_K"},   {15, 256, 292, "Q8_K"},  {16, 256, 66, "IQ2_XXS"},
                {17, 256, 74, "IQ2_XS"},  {18, 256, 98, "IQ3_XXS"}, {19, 256, 50, "IQ1_S"},   {20, 32, 18, "IQ4_NL"},  {21, 256, 110, "IQ3_S"},
                {22, 256, 82, "IQ2_S"},   {23, 256, 136, "IQ4_XS"}, {24, 1, 1, "I8"},         {25, 1, 2, "I16"},       {26, 1, 4, "I32"},
                {27, 1, 8, "I64"},        {28, 1, 8, "F64"},        {29, 256, 56, "IQ1_M"},   {30, 1, 2, "BF16"},      {34, 256, 54, "TQ1_0"},
                {35, 256, 66, "TQ2_0"},   {39, 32, 17, "MXFP4"},    {40, 64, 36, "NVFP4"},    {41, 128, 18, "Q1_0"},   {42, 64, 18, "Q2_0"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const qn_ggml_info *info = qn_ggml_type_find(rows[i].id);
        assert_string_equal(info->name, rows[i].name);
        assert_int_equal(info->elements, rows[i].elements);
        assert_int_equal(info->bytes, rows[i].bytes);
    }
    int supported = 0, removed = 0;
    for (int id = 0; id < 43; id++) {
        const qn_ggml_info *info = qn_ggml_type_find(id);
        assert_non_null(info->name); // no gap in the list
        assert_int_equal(!qn_ggml_why_not(id), qn_ggml_supported(info));
        assert_int_equal(qn_ggml_why_not(id) && strstr(qn_ggml_why_not(id), "does not have"), info->form == QN_GGML_REMOVED); // others: a reason
        assert_int_equal(!info->elements, info->form == QN_GGML_REMOVED);
        supported += qn_ggml_supported(info);
        removed += info->form == QN_GGML_REMOVED;
    }
    assert_int_equal(removed, 43 - sizeof rows / sizeof *rows);
    assert_int_equal(supported, 21);
    assert_non_null(qn_ggml_why_not(-1));
    assert_non_null(qn_ggml_why_not(43));
    assert_null(qn_ggml_type_find(-1));
    assert_null(qn_ggml_type_find(43));
    assert_null(qn_ggml_type_find(INT64_MIN));
    assert_null(qn_ggml_type_find(1ll << 32));
}

static void test_refused(void **state)
{
    (void)state;
    uint8_t bytes[300] = {0};
    float values[256];
    qn_block b;
    assert_int_equal(qn_ggml_codes(QN_GGML_F16, bytes, &b), QN_ERR_UNSUPPORTED);
    assert_int_equal(qn_ggml_codes(QN_GGML_IQ2_S, bytes, &b), QN_ERR_UNSUPPORTED);
    assert_int_equal(qn_ggml_codes(QN_GGML_Q4_2, bytes, &b), QN_ERR_UNSUPPORTED);
    assert_int_equal(qn_ggml_codes(99, bytes, &b), QN_ERR_UNSUPPORTED);
    assert_int_equal(qn_ggml_dequant_row(QN_GGML_IQ2_S, bytes, values, 256), QN_ERR_UNSUPPORTED);
    assert_int_equal(qn_ggml_dequant_row(-1, bytes, values, 1), QN_ERR_UNSUPPORTED);
    assert_int_equal(qn_ggml_dequant_row(QN_GGML_Q4_0, bytes, values, 33), QN_ERR_RANGE);
    assert_int_equal(qn_ggml_dequant_row(QN_GGML_Q6_K, bytes, values, 32), QN_ERR_RANGE);
    assert_int_equal(qn_ggml_dequant_row(QN_GGML_Q4_0, bytes, values, 0), 0);
}

// With V=1 prints elements per second; without sanitizers each type should make more than 200 M/s
static void test_speed(void **state)
{
    (void)state;
    if (!getenv("V"))
        return;
    enum { Bytes = 1 << 20, Rounds = 64 };
    uint8_t *bytes = malloc(Bytes);
    assert_non_null(bytes);
    for (size_t i = 0; i < Bytes; i++)
        bytes[i] = (uint8_t)(i * 2654435761u >> 16);
    for (int k = 0; k < Coded; k++) {
        const qn_ggml_info *info = qn_ggml_type_find(coded[k].type);
        size_t blocks = Bytes / info->bytes;
        volatile int sink = 0;
        clock_t begin = clock();
        for (int round = 0; round < Rounds; round++)
            for (size_t i = 0; i < blocks; i++) {
                qn_block b;
                (void)qn_ggml_codes(coded[k].type, bytes + i * info->bytes, &b);
                sink += b.q[i % info->elements];
            }
        double seconds = (double)(clock() - begin) / CLOCKS_PER_SEC;
        printf("%s: %.0f M elements/s\n", info->name, (double)blocks * info->elements * Rounds / seconds / 1e6);
    }
    free(bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_halves), cmocka_unit_test(test_f32),   cmocka_unit_test(test_table), cmocka_unit_test(test_refused),
        cmocka_unit_test(test_speed),  cmocka_unit_test(test_any_bytes), cmocka_unit_test(test_e8m0),
        cmocka_unit_test(test_vectors),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    if (failed || !access(VECTORS, R_OK))
        return failed;
    printf("skip: no " VECTORS "\n");
    return 77;
}
