// SPDX-License-Identifier: Apache-2.0
// Activations with few values. FP8: those E4M3 values of tests/data/formats/minifloat.txt (ml_dtypes) that are multiples of 2^-6, each x the nearest of them by
// search through them all, ties to the even code. 4 bits: -7..7, the nearest by division. QN_SEED=n starts elsewhere.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/model/qn_num.h"

static uint32_t seed = 1;
static uint32_t next(void)
{
    seed = seed * 1664525 + 1013904223;
    return seed >> 1;
}

static double value[256];                // ascending; value[i] is even where i is
static int values;

static int load(void **state)
{
    (void)state;
    char line[8192];
    FILE *f = fopen("tests/data/formats/minifloat.txt", "r");
    if (!f)
        return -1;
    while (fgets(line, sizeof line, f)) {
        if (strncmp(line, "values E4M3 ", 12))
            continue;
        for (char *v = strtok(line + 12, " \n"); v; v = strtok(NULL, " \n")) {
            double x = (double)qn_float((uint32_t)strtoul(v, NULL, 16));
            if (fmod(x, 0x1p-6) == 0)
                value[values++] = x;
        }
    }
    fclose(f);
    const char *from = getenv("QN_SEED");
    seed = from ? (uint32_t)strtoul(from, NULL, 10) : 1;
    print_message("QN_SEED=%u\n", seed);
    return 0;
}

// 64 times the nearest value to x, which is not negative.
static int nearest(double x)
{
    int best = 0;
    for (int i = 1; i < values; i++) {
        double was = fabs(x - value[best]), is = fabs(x - value[i]);
        if (is < was || (is == was && i % 2 == 0))
            best = i;
    }
    return (int)(64 * value[best]);
}

// With 448 in the block the scale is 2^-6, and x is what is rounded.
static void check_fp8(float x)
{
    float block[32] = {448, x, -x};
    int16_t q[32];
    int nonfinite = 0;
    assert_true(qn_quant_coarse(block, 32, 16, q, &nonfinite) == 0x1p-6f);
    if (q[0] != 448 * 64 || q[1] != nearest((double)x) || q[2] != -q[1] || q[3] != 0)
        fail_msg("%.9g becomes %d/64, the nearest is %d/64", (double)x, q[1], nearest((double)x));
}

static void test_fp8(void **state)
{
    (void)state;
    assert_int_equal(values, 9 + 12 * 8 - 2);             // 0..8 64ths, twelve binades of eight from there on, less 480 and the double 8
    for (int i = 0; i < values; i++) {
        float v = (float)value[i], half = i + 1 < values ? (float)((value[i] + value[i + 1]) / 2) : v;
        check_fp8(v);
        check_fp8(half);
        check_fp8(nextafterf(half, 0));
        check_fp8(half < 448 ? nextafterf(half, 500) : half);
    }
    for (int i = 0; i < 200000; i++)
        check_fp8(ldexpf((float)(next() % 7340033) / 7340032, -(int)(next() % 18)) * 448);
}

// Any largest value: codes are the nearest for a/448, but where that is a tie to within the scale's rounding.
static void test_scales(void **state)
{
    (void)state;
    for (int round = 0; round < 20000; round++) {
        float x[64];
        int16_t q[64];
        int nonfinite = 0, bits = round % 2 ? 16 : 8;
        double top = 0;
        for (int i = 0; i < 64; i++) {
            x[i] = ldexpf((float)next() - 0x1p30f, (int)(next() % 9) - 40 + round % 50);
            top = fmax(top, fabs((double)x[i]));
        }
        double scale = (double)qn_quant_coarse(x, 64, bits, q, &nonfinite), unit = top / (bits == 16 ? 28672 : 7);
        assert_true(fabs(scale / unit - 1) < 0x1p-22);
        for (int i = 0; i < 64; i++) {
            double y = fabs((double)x[i]) / unit, low = y * (1 - 0x1p-20), high = fmin(y * (1 + 0x1p-20), bits == 16 ? 28672 : 7);
            int a = bits == 16 ? nearest(low / 64) : (int)nearbyint(low), b = bits == 16 ? nearest(high / 64) : (int)nearbyint(high);
            if (abs(q[i]) != a && abs(q[i]) != b)
                fail_msg("%g of %g becomes %d, expected %d or %d", (double)x[i], top, q[i], a, b);
            assert_true(q[i] == 0 || (q[i] < 0) == (x[i] < 0));
        }
    }
    float odd[32] = {1, NAN};
    int16_t q[32];
    int nonfinite = 0;
    assert_true(qn_quant_coarse(odd, 32, 8, q, &nonfinite) == 0 && nonfinite && q[0] == 0);
    odd[0] = odd[1] = 0x1p-101f;
    nonfinite = 0;
    assert_true(qn_quant_coarse(odd, 32, 16, q, &nonfinite) == 0 && !nonfinite && q[0] == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_fp8), cmocka_unit_test(test_scales)};
    return cmocka_run_group_tests(tests, load, NULL);
}
