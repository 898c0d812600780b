// SPDX-License-Identifier: Apache-2.0
// What floats become: small floats as ml_dtypes rounds them (tests/data/formats/minifloat.txt), code books as the papers have them, and in every format a
// group that it can hold comes back unchanged. Names and groups are found, others refused. QN_SEED=n starts elsewhere.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compiler/back/qn_quantize.h"
#include "driver/qn_err.h"
#include "sim/model/qn_num.h"

static uint32_t seed = 1;
static uint32_t below(uint32_t n)
{
    seed = seed * 1664525 + 1013904223;
    return (uint32_t)((uint64_t)seed * n >> 32);
}

static float of_bits(const char *hex)
{
    return qn_float((uint32_t)strtoul(hex, NULL, 16));
}

// d q - m as the machine reads the headers.
static double value(const qn_fmt *f, uint32_t k, int16_t q, uint16_t d, uint16_t m)
{
    if (f->sub == 4)              // a scale for each half of 32, the second negated
        return (double)q * (double)qn_half(k < 16 ? d : m ^ 0x8000);
    return (double)q * (double)(f->head == 3 ? qn_bf16(d) : qn_half(d)) - (double)qn_half(m);
}

static const struct {
    const char *name;
    int fmt;
    float top, unit;              // largest value; what the machine's integers count
} small[] = {{"E2M1", QN_FMT_MX4, 6, 0.5f}, {"E2M3", QN_FMT_E2M3, 7.5f, 0x1p-3f}, {"E3M2", QN_FMT_E3M2, 28, 0x1p-4f}, {"E4M3", QN_FMT_E4M3, 448, 0x1p-5f},
             {"E5M2", QN_FMT_E5M2, 57344, 4}};

// Beside the largest value, which makes the block's scale 1.
static void check_small(int k, float x, float expected)
{
    const qn_fmt *f = qn_fmt_find((uint32_t)small[k].fmt);
    float block[32] = {small[k].top, x, -x};
    int16_t q[32];
    uint16_t d, m;
    double aligned = nearbyint((double)expected / (double)small[k].unit) * (double)small[k].unit;
    assert_int_equal(qn_quantize(f, block, 32, q, &d, &m), 0);
    if (value(f, 0, q[0], d, m) != (double)small[k].top || value(f, 1, q[1], d, m) != aligned || value(f, 2, q[2], d, m) != -aligned)
        fail_msg("%s: %g becomes %g (and %g beside %g), expected %g", small[k].name, (double)x, value(f, 1, q[1], d, m), value(f, 2, q[2], d, m),
                 value(f, 0, q[0], d, m), aligned);
}

static void test_small_floats(void **state)
{
    (void)state;
    FILE *file = fopen("tests/data/formats/minifloat.txt", "r");
    assert_non_null(file);
    char line[4096];
    unsigned rounds = 0, values = 0, unaligned = 0;
    while (fgets(line, sizeof line, file)) {
        char *word = strtok(line, " \n"), *name = strtok(NULL, " \n");
        if (!word || word[0] == '#')
            continue;
        int k = 0;
        while (strcmp(small[k].name, name))
            k++;
        if (strcmp(word, "round") == 0) {
            float x = of_bits(strtok(NULL, " \n")), y = of_bits(strtok(NULL, " \n"));
            check_small(k, x, y);
            rounds++;
            continue;
        }
        const qn_book *book = k == 0 ? qn_book_find(QN_STORE_E2M1) : NULL;
        for (char *v = strtok(NULL, " \n"); v; v = strtok(NULL, " \n"), values++) {
            float x = of_bits(v);
            check_small(k, x, x);
            unaligned += fmodf(x, small[k].unit) != 0;
            if (book && (qn_book_code(book, (int)(2 * x)) < 0 || qn_book_code(book, (int)(-2 * x)) < 0))
                fail_msg("E2M1's book lacks %g", (double)x);
        }
    }
    fclose(file);
    print_message("%u values, of which %u of FP8 are finer than their alignment, %u roundings\n", values, unaligned, rounds);
    assert_true(values == 8 + 32 + 32 + 127 + 124 && rounds > 1000);
}

// QLoRA, appendix E.
static const float nf4[16] = {-1.0f, -0.6961928009986877f, -0.5250730514526367f, -0.39491748809814453f, -0.28444138169288635f, -0.18477343022823334f,
                              -0.09105003625154495f, 0.0f, 0.07958029955625534f, 0.16093020141124725f, 0.24611230194568634f, 0.33791524171829224f,
                              0.44070982933044434f, 0.5626170039176941f, 0.7229568362236023f, 1.0f};

// x with erf(x / sqrt 2) / 2 + 1/2 = p
static double normal_quantile(double p)
{
    double low = -10, high = 10;
    for (int i = 0; i < 100; i++)
        *(erfc(-(low + high) / 2 / sqrt(2)) / 2 < p ? &low : &high) = (low + high) / 2;
    return low;
}

static void test_books(void **state)
{
    (void)state;
    const double top = 0.9677083, most = normal_quantile(top);         // of the same construction as NF4: 3 values below zero, 4 above
    for (int i = 0; i < 8; i++) {
        double v = i < 3 ? -normal_quantile(top - (top - 0.5) * i / 3) : i > 3 ? normal_quantile(top - (top - 0.5) * (7 - i) / 4) : 0;
        assert_int_equal(qn_book_find(QN_STORE_NF3)->value[i], lrint(127 * v / most));
    }
    const qn_book *b = qn_book_find(QN_STORE_NF4);
    for (int i = 0; i < 16; i++)
        assert_int_equal(b->value[i], lrintf(127 * nf4[i]));
    static const struct {
        int store, bits;
    } shift[] = {{QN_STORE_SHIFT2, 2}, {QN_STORE_SHIFT3, 3}, {QN_STORE_SHIFT4, 4}};
    for (size_t i = 0; i < sizeof shift / sizeof *shift; i++)          // +-2^s, s of bits - 1 bits
        for (int s = 0; s < 1 << (shift[i].bits - 1); s++) {
            b = qn_book_find((unsigned)shift[i].store);
            assert_int_equal(b->code, shift[i].bits);
            assert_true(qn_book_code(b, 1 << s) >= 0 && qn_book_code(b, -(1 << s)) >= 0 && qn_book_code(b, 0) < 0);
        }
    b = qn_book_find(QN_STORE_POW4);
    for (int s = 0; s < 7; s++)
        assert_true(qn_book_code(b, 1 << s) >= 0 && qn_book_code(b, -(1 << s)) >= 0 && qn_book_code(b, 0) >= 0);
}

// A group of values that the format has, with those in it that its scale is found by.
static uint32_t make_group(const qn_fmt *f, float *x)
{
    const qn_book *book = qn_book_find(f->store);
    uint32_t n = 32u * f->block;
    if (f->sub == 4) {                       // two of 16, each with its own scale
        qn_fmt half = *f;
        half.sub = 0;
        half.head = 1;
        float y[32];
        for (int h = 0; h < 2; h++) {
            make_group(&half, y);
            memcpy(x + 16 * h, y, 16 * sizeof *x);
        }
        return n;
    }
    float d = ldexpf(1, (int)below(12) - 6) * (f->head == 3 || below(2) ? 1 : 1.25f), m = f->head == 2 ? ldexpf((float)below(64) - 32, -3) : 0;
    int high = (1 << (f->planes - (f->sign != 0))) - 1, low = f->sign ? -high - 1 : 0;
    for (uint32_t i = 0; i < n; i++) {
        int q = low + (int)below((uint32_t)(high - low + 1));
        if (book)
            q = book->value[below(1u << book->code)];
        else if (f->sign == QN_ODD)
            q = 2 * q + 1;
        else if (f->head == 3 || f->planes == 8)
            q = q == low && f->sign ? 0 : q;
        if (i == 0)
            q = f->head == 2 ? 0 : book ? book->value[0] : f->head == 3 || (f->planes == 8 && f->sign) ? high : f->sign == QN_ODD ? 2 * high + 1 : low;
        if (i == 1)
            q = book ? book->value[(1 << book->code) - 1] : f->head == 2 ? high : f->sign == QN_ODD ? -2 * high - 1 : q;
        x[i] = d * (float)q - m;
    }
    return n;
}

static bool minifloat(const qn_fmt *f)
{
    for (size_t i = 0; i < sizeof small / sizeof *small; i++)
        if (small[i].fmt == f->id)
            return true;
    return false;
}

static void test_groups(void **state)
{
    (void)state;
    const char *first = getenv("QN_SEED");
    seed = first ? (uint32_t)strtoul(first, NULL, 0) : 1;
    print_message("QN_SEED=%u\n", seed);
    unsigned tried = 0;
    for (uint32_t id = 1; id <= QN_FMTS; id++) {
        const qn_fmt *f = qn_fmt_find(id);
        float x[256];
        int16_t q[256];
        uint16_t d, m;
        if (qn_quantize_fitting(f, 256) != f)
            continue;
        tried++;
        for (int round = 0; round < 50 && !minifloat(f); round++) {
            uint32_t n = make_group(f, x);
            assert_int_equal(qn_quantize(f, x, n, q, &d, &m), 0);
            for (uint32_t i = 0; i < n; i++)
                if (value(f, i, q[i], d, m) != (double)x[i])
                    fail_msg("%s: %g becomes %g", f->name, (double)x[i], value(f, i, q[i], d, m));
        }
        for (int i = 0; i < 256; i++)
            x[i] = 0;
        assert_int_equal(qn_quantize(f, x, 32u * f->block, q, &d, &m), 0);
        for (uint32_t i = 0; i < 32u * f->block; i++)
            assert_true(value(f, i, q[i], d, m) == 0);
        x[3] = NAN;
        assert_int_equal(qn_quantize(f, x, 32, q, &d, &m), QN_ERR_NONFINITE);
        x[3] = -INFINITY;
        assert_int_equal(qn_quantize(f, x, 32, q, &d, &m), QN_ERR_NONFINITE);
        x[3] = FLT_MAX;
        int err = qn_quantize(f, x, 32, q, &d, &m);                    // more than FP16's scales reach, within BF16's
        if (err != (f->head == 3 ? 0 : QN_ERR_NONFINITE))
            fail_msg("%s: a group with the largest float: %d", f->name, err);
    }
    assert_true(tried > 40);
}

// Each complex number becomes the nearest of the four directions, and codes and book give that back: code c is i^c.
static void test_complex(void **state)
{
    (void)state;
    enum { N = 128 };
    float re[N], im[N];
    int16_t q[2][N];
    uint16_t d[2];
    for (int i = 0; i < N; i++) {
        re[i] = (float)((int)below(2001) - 1000) / 256;
        im[i] = (float)((int)below(2001) - 1000) / 256;
    }
    assert_int_equal(qn_quantize_complex(re, im, N, q[0], q[1], d), 0);
    double sum[2] = {0, 0}, count[2] = {0, 0};
    for (int i = 0; i < N; i++) {
        double best = INFINITY, is = hypot((double)(re[i] - q[0][i]), (double)(im[i] - q[1][i]));
        for (int c = 0; c < 4; c++)
            best = fmin(best, hypot((double)re[i] - (c == 0) + (c == 2), (double)im[i] - (c == 1) + (c == 3)));
        if (is > best + 1e-9)
            fail_msg("%g + %g i becomes %d + %d i", (double)re[i], (double)im[i], q[0][i], q[1][i]);
        int part = q[1][i] != 0;
        sum[part] += fabs((double)(part ? im[i] : re[i]));
        count[part]++;
    }
    for (int part = 0; part < 2; part++)
        assert_true(fabs((double)qn_half(d[part]) / (sum[part] / count[part]) - 1) < 0x1p-11);
    const qn_book *b = qn_book_find(QN_STORE_COMPLEX);
    static const int power[4][2] = {{1, 0}, {0, 1}, {-1, 0}, {0, -1}};
    for (int c = 0; c < 4; c++)
        assert_int_equal(b->value[c] & 15, (power[c][0] & 3) << 2 | (power[c][1] & 3));
    re[5] = NAN;
    assert_int_equal(qn_quantize_complex(re, im, N, q[0], q[1], d), QN_ERR_NONFINITE);
}

// Sums of binary columns: values that are sums of known scales are found again; of others each part leaves less, and no two scales do better than the dual's.
static void test_sums(void **state)
{
    (void)state;
    enum { N = 128 };
    float x[N];
    int16_t part[4][N], *q[4] = {part[0], part[1], part[2], part[3]};
    uint16_t d[4];
    for (int i = 0; i < N; i++)
        x[i] = 0.375f * (float)((i & 1 ? 4 : -4) + (i & 2 ? 2 : -2) + (i & 4 ? 1 : -1));
    assert_int_equal(qn_quantize_binary_sum(x, N, 3, q, d), 0);
    for (int i = 0; i < N; i++)
        assert_true(qn_half(d[0]) * q[0][i] + qn_half(d[1]) * q[1][i] + qn_half(d[2]) * q[2][i] == x[i]);
    for (int i = 0; i < N; i++)
        x[i] = (i & 1 ? -1.75f : 0) + (i & 2 ? 0.75f : 0);             // -1.75, -1, 0, 0.75: codes -2, -1, 0, 1
    assert_int_equal(qn_quantize_dual(x, N, q, d), 0);
    for (int i = 0; i < N; i++)
        assert_true(qn_half(d[0]) * q[0][i] + qn_half(d[1]) * q[1][i] == x[i]);
    for (int round = 0; round < 20; round++) {
        double left[5] = {0}, dual = 0, other = 0;
        for (int i = 0; i < N; i++) {
            x[i] = (float)((int)below(2001) - 1000) / 256;
            left[0] += (double)x[i] * (double)x[i];
        }
        assert_int_equal(qn_quantize_binary_sum(x, N, 4, q, d), 0);
        for (int parts = 1; parts <= 4; parts++) {
            for (int i = 0; i < N; i++) {
                double e = (double)x[i];
                for (int p = 0; p < parts; p++)
                    e -= (double)(qn_half(d[p]) * q[p][i]);
                left[parts] += e * e;
            }
            assert_true(left[parts] < left[parts - 1]);
        }
        assert_int_equal(qn_quantize_dual(x, N, q, d), 0);
        for (int i = 0; i < N; i++) {
            assert_true((q[0][i] == 0 || q[0][i] == -1) && (q[1][i] == 0 || q[1][i] == -1));
            double e = (double)x[i] - (double)(qn_half(d[0]) * q[0][i] + qn_half(d[1]) * q[1][i]), f = e + 0.02 * q[0][i] - 0.01 * q[1][i];
            dual += e * e;
            other += f * f;
        }
        assert_true(dual < other);
    }
    x[7] = NAN;
    assert_int_equal(qn_quantize_binary_sum(x, N, 2, q, d), QN_ERR_NONFINITE);
    assert_int_equal(qn_quantize_dual(x, N, q, d), QN_ERR_NONFINITE);
}

static void test_names(void **state)
{
    (void)state;
    char list[1024];
    assert_int_equal(qn_quantize_format("nf4", 0)->id, QN_FMT_NF4);
    assert_int_equal(qn_quantize_format("s4", 0)->id, QN_FMT_S4);
    assert_int_equal(qn_quantize_format("s4", 128)->id, QN_FMT_S4G128);
    assert_int_equal(qn_quantize_format("S2", 256)->id, QN_FMT_S2G256);
    static const char *const none[] = {"", "s", "s9", "k4", "key8", "val8", "s4g128", "x4"};
    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        assert_null(qn_quantize_format(none[i], 0));
    assert_int_equal(qn_quantize_format("s4", 16)->id, QN_FMT_S4G16);
    assert_int_equal(qn_quantize_format("nvfp4", 0)->id, QN_FMT_NV4);
    assert_null(qn_quantize_format("s8", 16));
    assert_null(qn_quantize_format("s4", 8));
    assert_int_equal(qn_quantize_fitting(qn_fmt_find(QN_FMT_S4G16), 40)->id, QN_FMT_S4G16);
    assert_int_equal(qn_quantize_fitting(qn_fmt_find(QN_FMT_S4), 40)->id, QN_FMT_S4);
    qn_quantize_list("s4", list, sizeof list);
    assert_string_equal(list, "16 32 64 128 256");
    assert_null(qn_quantize_format("nf4", 32));
    assert_int_equal(qn_quantize_fitting(qn_fmt_find(QN_FMT_S4G256), 256 * 3)->id, QN_FMT_S4G256);
    assert_int_equal(qn_quantize_fitting(qn_fmt_find(QN_FMT_S4G256), 128 * 3)->id, QN_FMT_S4G128);
    assert_int_equal(qn_quantize_fitting(qn_fmt_find(QN_FMT_S4G128), 40)->id, QN_FMT_S4);
    assert_int_equal(qn_quantize_fitting(qn_fmt_find(QN_FMT_NF4), 40)->id, QN_FMT_NF4);
    qn_quantize_list("B1", list, sizeof list);
    assert_string_equal(list, "32 128 256");
    qn_quantize_list("k4", list, sizeof list);
    assert_true(strncmp(list, "s1 s2 s3 ", 9) == 0 && strstr(list, " nf4") && !strstr(list, " k4") && strlen(list) < 200);
    qn_quantize_list("?", list, 16);
    assert_true(strlen(list) < 16);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_small_floats), cmocka_unit_test(test_books), cmocka_unit_test(test_groups), cmocka_unit_test(test_complex), cmocka_unit_test(test_sums),
                                       cmocka_unit_test(test_names)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
