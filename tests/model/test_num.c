// SPDX-License-Identifier: Apache-2.0
// qn_num against the contract, worked out here from integers and doubles, in both flush modes of
// the FPU. QN_SEED picks the random vectors; QN_SOAK=1 runs every FP32 input of exp (minutes).
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#ifdef __SSE2__
#include <xmmintrin.h>
#endif

#include "sim/model/qn_num.h"
#include "tests/data/ggml/blocks.h"

enum { MANY = 1000000 };

static uint64_t seed, state;

static uint32_t random32(void)
{
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(state >> 32) ^ (uint32_t)(state >> 13);
}

static int restart(void **unused)
{
    (void)unused;
    state = seed;
    return 0;
}

// Values at which something changes: zeros, subnormals, the ends of the normal range, infinity, NaNs.
static const uint32_t edges[] = {
    0,          1,          0x007fffff, 0x00800000, 0x00800001, 0x00ffffff, 0x01000000, 0x0b800000, 0x33800000,
    0x34000000, 0x3effffff, 0x3f000000, 0x3f7fffff, 0x3f800000, 0x3f800001, 0x40000000, 0x4b7fffff, 0x7e800000,
    0x7f000000, 0x7f7ffffe, 0x7f7fffff, 0x7f800000, 0x7f800001, 0x7fc00000, 0x7fffffff,
};
enum { EDGES = sizeof edges / sizeof edges[0] };

// An operand: any bits, an edge, few mantissa bits (ties), or an exponent near that of `near`.
static uint32_t operand(uint32_t near)
{
    uint32_t r = random32(), any = random32();
    switch (r & 7) {
    case 0: return edges[any % EDGES] | (r & 0x80000000);
    case 1: return any & 0xfff80000;
    case 2: return (any & 0xff800000) | (any & 0xfff);
    case 3:
    case 4: return (any & 0x807fffff) | ((near & 0x7f800000) + (((r >> 8) % 53 - 26) << 23)) % 0x7f800000;
    default: return any;
    }
}

// What the bits mean: subnormals are zero.
static double value(uint32_t u)
{
    int e = u >> 23 & 255;
    double m = e == 0 ? 0 : e == 255 ? (u & 0x7fffff ? NAN : INFINITY) : ldexp(0x800000 | (u & 0x7fffff), e - 150);
    return u >> 31 ? -m : m;
}

// The double v rounded to 24 bits with any exponent, then flushed or overflowed.
static uint32_t rounded(double v)
{
    uint32_t sign = signbit(v) ? 0x80000000 : 0;
    if (isnan(v))
        return 0x7fc00000;
    if (v == 0 || isinf(v))
        return sign | (v == 0 ? 0 : 0x7f800000);
    int e;
    double m = nearbyint(ldexp(frexp(fabs(v), &e), 24));
    if (m == 0x1p24) {
        m = 0x1p23;
        e++;
    }
    if (e < -125)
        return sign;
    if (e > 128)
        return sign | 0x7f800000;
    return sign | ((uint32_t)(e + 126) << 23) | ((uint32_t)m - 0x800000);
}

static int mismatch(const char *what, uint32_t a, uint32_t b, float got, uint32_t want)
{
    if (qn_bits(got) != want)
        fail_msg("%s(%08x, %08x) = %08x, want %08x", what, a, b, qn_bits(got), want);
    return 0;
}

static double larger(double a, double b)
{
    return isnan(a) || isnan(b) ? NAN : (a > b ? a : b) + 0.0;
}

// Doubles round twice only where it cannot show: 53 >= 2 * 24 + 2 bits.
static void check_pair(uint32_t a, uint32_t b)
{
    float x = qn_float(a), y = qn_float(b);
    double max = larger(value(a), value(b));
    mismatch("fadd", a, b, qn_fadd(x, y), rounded(value(a) + value(b)));
    mismatch("fsub", a, b, qn_fsub(x, y), rounded(value(a) - value(b)));
    mismatch("fmul", a, b, qn_fmul(x, y), rounded(value(a) * value(b)));
    mismatch("fmax", a, b, qn_fmax(x, y), max == 0 ? 0 : rounded(max));
}

static void check_arithmetic(void)
{
    for (int i = 0; i < EDGES; i++)
        for (int j = 0; j < EDGES; j++)
            for (uint32_t signs = 0; signs < 4; signs++)
                check_pair(edges[i] | signs << 31, edges[j] | (signs & 2) << 30);
    for (int i = 0; i < MANY; i++) {
        uint32_t a = operand(random32());
        check_pair(a, operand(a));
    }

    // Products around 2^-126 (1 - 2^-25), where flushing before and after rounding differ
    for (int i = 0; i < MANY / 4; i++) {
        uint32_t a = 0x3f800000 | (random32() & 0x7fffff);
        uint32_t b = qn_bits((float)(1.0 / value(a))) + random32() % 7 - 3;
        uint32_t down = random32() % 100 + 20; // 2^-126 shared between the two
        check_pair(a - (down << 23), b - ((126 - down) << 23));
    }
    // Differences around a tie: the smaller operand's bits lie about the last place of the larger
    for (int i = 0; i < MANY / 4; i++) {
        uint32_t a = (random32() & 0x807fffff) | 0x40000000;
        uint32_t b = ((0x40000000 - ((22 + random32() % 5) << 23)) | (1u << random32() % 23)) ^ (random32() & 0x80000000);
        check_pair(a, b);
        check_pair(a, random32() & 1 ? a ^ 0x80000000 ^ (random32() & 3) : b & 0xff800000);
    }

    for (int i = 0; i < MANY; i++) {
        uint32_t s = operand(0x3f800000), r = random32();
        int32_t n = (int32_t)(random32() & 0x3fffffff) - 0x1fffffff;
        n = (r & 3) == 0 ? n >> (r >> 8) % 30 : n;
        mismatch("imul", (uint32_t)n, s, qn_imul(n, qn_float(s)), rounded((double)n * value(s)));
    }
    mismatch("imul", 0, 0x80800000, qn_imul(0, -0x1p-126f), 0x80000000);
    mismatch("imul", 0, 0x7f800000, qn_imul(0, INFINITY), 0x7fc00000);
    mismatch("imul", 0x1fffffff, 0x7f7fffff, qn_imul(0x1fffffff, 0x1.fffffep127f), 0x7f800000);
}

// Products where the moment of the flush shows. FTZ hardware that looks before rounding, and plain
// gradual underflow, get one or the other wrong.
static void test_flush_after_rounding(void **unused)
{
    (void)unused;
    static const struct {
        uint32_t a, b, want; // 24-bit factors with a * b = 2^47 - d
    } cases[] = {
        {0xc14c34, 0xa9855b, 0},                // d = 1.48 * 2^22: 24 bits hold 1 - 2^-24, tiny
        {0xf8e510, 0x83a76e, 0},                // d = 1.75 * 2^22
        {18631 << 9, 1801 << 13, 0x00800000},   // d = 2^22: the tie goes to even, 2^-126
        {0x9027c4, 0xe34f73, 0x00800000},       // d = 0.70 * 2^22
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        float a = ldexpf((float)cases[i].a, -23 - 63), b = ldexpf((float)cases[i].b, -24 - 63);
        mismatch("fmul", cases[i].a, cases[i].b, qn_fmul(a, b), cases[i].want);
        mismatch("fmul", cases[i].a, cases[i].b, qn_fmul(-b, a), cases[i].want | 0x80000000);
    }
}

static void test_arithmetic(void **unused)
{
    (void)unused;
    check_arithmetic();
}

static void test_arithmetic_fpu_flushes(void **unused)
{
    (void)unused;
#ifdef __SSE2__
    unsigned mode = _mm_getcsr();
    _mm_setcsr(mode | 0x8040); // FTZ and DAZ
    check_arithmetic();
    _mm_setcsr(mode);
#else
    skip();
#endif
}

static void test_half(void **unused)
{
    (void)unused;
    for (uint32_t h = 0; h < 65536; h++) {
        int e = h >> 10 & 31;
        double m = e == 31 ? (h & 1023 ? NAN : INFINITY) : ldexp((h & 1023) | (e ? 1024 : 0), (e ? e : 1) - 25);
        mismatch("half", h, 0, qn_half((uint16_t)h), rounded(h >> 15 ? -m : m));
    }
}

static void test_bf16(void **unused)
{
    (void)unused;
    for (uint32_t h = 0; h < 65536; h++)
        mismatch("bf16", h, 0, qn_bf16((uint16_t)h), rounded(value(h << 16)));

    for (int i = 0; i < MANY; i++) {
        uint32_t u = operand(0x3f800000) & 0x7fffffff;
        uint16_t up = qn_bf16_up(qn_float(u));
        if (u > 0x7f800000)
            assert_int_equal(up, 0x7fc0);
        else if (value(u) == 0)
            assert_int_equal(up, 0);
        else if (!(value((uint32_t)up << 16) >= value(u) && value((up - 1u) << 16) < value(u)))
            fail_msg("bf16_up(%08x) = %04x", u, up);
    }
}

typedef struct {
    float ulp, relative;
} error;

// Widens *worst by one result; the ulp is that of the exact value.
static void measure(error *worst, float got, double want)
{
    int e;
    frexp(want, &e);
    double miss = fabs((double)got - want);
    worst->ulp = fmaxf(worst->ulp, (float)ldexp(miss, 24 - e));
    worst->relative = fmaxf(worst->relative, (float)(miss / want));
}

static void expect(const char *what, error worst, float ulp, float relative)
{
    printf("[          ] %s: at most %.3f ulp, %.3g relative\n", what, (double)worst.ulp, (double)worst.relative);
    assert_true(worst.ulp <= ulp && worst.ulp > 0.5f); // below half an ulp nothing was measured
    assert_true(worst.relative <= relative);
}

static void test_recip(void **unused)
{
    (void)unused;
    error worst = {0, 0};
    float last = INFINITY;
    for (uint32_t u = 0x3f800000; u <= 0x40800000; u++) { // both mantissa sets, and the border between
        float y = qn_recip(qn_float(u));
        measure(&worst, y, 1 / value(u));
        assert_true(y <= last);
        last = y;
    }
    expect("recip", worst, 0.84f, 6.6e-8f);

    // Every exponent gives the same mantissa; where the result is tiny it is zero
    for (uint32_t e = 1; e < 255; e++)
        for (int i = 0; i < 2000; i++) {
            uint32_t mant = i ? random32() & 0x7fffff : 0, sign = random32() & 0x80000000;
            double unit = qn_recip(qn_float(0x3f800000 | mant));
            double want = ldexp(sign ? -unit : unit, 127 - (int)e);
            mismatch("recip", sign | e << 23 | mant, 0, qn_recip(qn_float(sign | e << 23 | mant)), rounded(want));
            if (!i)
                assert_true(unit == 1);
        }
    for (uint32_t sign = 0; sign <= 0x80000000; sign += 0x80000000) {
        mismatch("recip", sign, 0, qn_recip(qn_float(sign)), sign | 0x7f800000);
        mismatch("recip", sign | 1, 0, qn_recip(qn_float(sign | 1)), sign | 0x7f800000);
        mismatch("recip", sign | 0x7f800000, 0, qn_recip(qn_float(sign | 0x7f800000)), sign);
        mismatch("recip", sign | 0x7f800001, 0, qn_recip(qn_float(sign | 0x7f800001)), 0x7fc00000);
        if (sign)
            break;
    }
}

static void test_rsqrt(void **unused)
{
    (void)unused;
    error worst = {0, 0};
    float last = INFINITY;
    for (uint32_t u = 0x3f800000; u <= 0x40c00000; u++) { // 1 to 6: both parities and their borders
        float y = qn_rsqrt(qn_float(u));
        measure(&worst, y, 1 / sqrt(value(u)));
        assert_true(y <= last);
        last = y;
    }
    expect("rsqrt", worst, 0.65f, 6.6e-8f);

    for (uint32_t e = 1; e < 255; e++)
        for (int i = 0; i < 2000; i++) {
            uint32_t mant = i ? random32() & 0x7fffff : 0, half = (e & 1) ? 127 : 128;
            double unit = qn_rsqrt(qn_float(half << 23 | mant));
            double want = ldexp(unit, ((int)half - (int)e) / 2);
            mismatch("rsqrt", e << 23 | mant, 0, qn_rsqrt(qn_float(e << 23 | mant)), rounded(want));
            mismatch("rsqrt", e << 23 | mant, 0, qn_rsqrt(-qn_float(e << 23 | mant)), 0x7fc00000);
            if (!i && (e & 1))
                assert_true(unit == 1);
        }
    static const uint32_t special[][2] = {
        {0, 0x7f800000}, {0x80000000, 0xff800000}, {0x007fffff, 0x7f800000}, {0x807fffff, 0xff800000},
        {0x7f800000, 0}, {0xff800000, 0x7fc00000}, {0x7f800001, 0x7fc00000}, {0xffffffff, 0x7fc00000},
    };
    for (size_t i = 0; i < sizeof special / sizeof special[0]; i++)
        mismatch("rsqrt", special[i][0], 0, qn_rsqrt(qn_float(special[i][0])), special[i][1]);
}

// exp of one input: the range ends exactly as rounding and flushing the true value would, except
// within two ulp of an end.
static void check_exp(uint32_t u, error *worst)
{
    float y = qn_exp(qn_float(u));
    double want = exp(value(u));
    if (want < 0x1p-126) {
        if (!(y == 0 || want > 0x1p-126 * (1 - 0x1p-22)))
            fail_msg("exp(%08x) = %a is not flushed", u, (double)y);
    } else if (want >= 0x1.fffffep127) {
        if (!(isinf(y) || want < 0x1.fffffep127 * (1 + 0x1p-22)))
            fail_msg("exp(%08x) = %a does not overflow", u, (double)y);
    } else {
        measure(worst, y, want);
    }
}

static void test_exp(void **unused)
{
    (void)unused;
    error worst = {0, 0};
    uint32_t step = getenv("QN_SOAK") ? 1 : 61;
    for (uint32_t sign = 0; sign < 2; sign++) {
        float last = 1;
        for (uint32_t u = 0x32000000; u < 0x43100000; u += step) { // below 2^-27 it is 1 all over
            check_exp(u | sign << 31, &worst);
            float y = qn_exp(qn_float(u | sign << 31));
            assert_true(sign ? y <= last : y >= last);
            last = y;
        }
        for (uint32_t u = 0; u < 0x32000000; u += 0x1357)
            assert_true(qn_exp(qn_float(u | sign << 31)) == 1);
    }

    // Neighbours about each border of segments
    for (int k = -127 * 128; k < 128 * 128; k++) {
        uint32_t u = qn_bits((float)(k / 128.0 * log(2.0))), from = u < 40 ? 0 : u - 40;
        float last = qn_exp(qn_float(from));
        for (uint32_t v = from; v < from + 80; v++) {
            float y = qn_exp(qn_float(v));
            check_exp(v, &worst);
            assert_true(k < 0 ? y <= last : y >= last);
            last = y;
        }
    }
    expect("exp", worst, 0.76f, 7.9e-8f);

    static const uint32_t special[][2] = {
        {0, 0x3f800000},          {0x80000000, 0x3f800000}, {0x007fffff, 0x3f800000}, {0x7f800000, 0x7f800000},
        {0xff800000, 0},          {0x7f800001, 0x7fc00000}, {0xffffffff, 0x7fc00000}, {0x42b20000, 0x7f800000},
        {0xc2aeae14, 0},          {0x7f7fffff, 0x7f800000}, {0xff7fffff, 0},
    };
    for (size_t i = 0; i < sizeof special / sizeof special[0]; i++)
        mismatch("exp", special[i][0], 0, qn_exp(qn_float(special[i][0])), special[i][1]);
}

// The block by the text of the contract, in doubles; the inverse is judged by test_recip.
static float quantize(const float *x, int n, int bits, int rounding, int *q)
{
    double top = 0, limit = bits == 8 ? 127 : 32639;
    for (int i = 0; i < n; i++)
        top = fmax(top, fabs(value(qn_bits(x[i]))));
    uint32_t scale = rounded(top * value(rounded(1 / limit)));
    if (rounding == QN_SCALE_BF16_UP && scale & 0xffff)
        scale = (scale | 0xffff) + 1;
    if (rounding == QN_SCALE_BF16_NEAR) {
        double below = value(scale & 0xffff0000), above = value((scale | 0xffff) + 1), x0 = value(scale);
        bool up = scale & 0xffff && (x0 - below > above - x0 || (x0 - below == above - x0 && scale & 0x10000));
        scale = (scale & 0xffff0000) + (up ? 0x10000 : 0);
        limit = bits == 8 ? 127 : 32766;
    }
    if (top < 0x1p-100)
        scale = 0;
    for (int i = 0; i < n; i++) {
        double v = value(rounded(value(qn_bits(x[i])) * (double)qn_recip(qn_float(scale))));
        q[i] = scale ? (int)fmax(-limit, fmin(limit, nearbyint(v))) : 0;
    }
    return qn_float(scale);
}

static void test_quant_random(void **unused)
{
    (void)unused;
    for (int round = 0; round < 40000; round++) {
        float x[256];
        int16_t q[256];
        int want[256], nonfinite = 0, n = 1 + (int)(random32() % 256);
        int bits = random32() & 1 ? 8 : 16, rounding = (int)(random32() % 3);
        uint32_t e = random32() % 255, spread = random32() % 40;
        if (round % 8 == 0)
            e = 27 + random32() % 2; // about 2^-100
        for (int i = 0; i < n; i++) {
            uint32_t down = spread ? random32() % spread : 0;
            x[i] = qn_float((random32() & 0x807fffff) | (e > down ? e - down : 0) << 23);
        }
        float scale = quantize(x, n, bits, rounding, want);
        mismatch("scale", e, (uint32_t)n, qn_quant_block(x, n, bits, rounding, q, &nonfinite), qn_bits(scale));
        assert_int_equal(nonfinite, 0);
        for (int i = 0; i < n; i++)
            if (q[i] != want[i])
                fail_msg("block %d: q[%d] = %d, want %d", round, i, q[i], want[i]);
    }
}

static void test_quant_known(void **unused)
{
    (void)unused;
    float x[8] = {127, 0.5f, 1.5f, -2.5f, -3.5f, 126.49f, -127, 0x1p-140f};
    const int16_t want[8] = {127, 0, 2, -2, -4, 126, -127, 0}, zero[8] = {0};
    int16_t q[8];
    int nonfinite = 0;
    assert_true(qn_quant_block(x, 8, 8, 0, q, &nonfinite) == 1);
    assert_memory_equal(q, want, sizeof q);

    x[0] = 32639;
    const int16_t wide[8] = {32639, 0, 2, -2, -4, 126, -127, 0};
    assert_true(qn_quant_block(x, 8, 16, 0, q, &nonfinite) == 1);
    assert_memory_equal(q, wide, sizeof q);
    assert_int_equal(nonfinite, 0);

    // 130 / 127 = 1.0236 as BF16 rounded up is 1.03125, and 130 / 1.03125 = 126.06
    x[0] = 130;
    assert_true(qn_quant_block(x, 8, 8, 1, q, &nonfinite) == 1.03125f);
    assert_int_equal(q[0], 126);

    const float bad[] = {INFINITY, -INFINITY, NAN};
    for (int i = 0; i < 3; i++) {
        x[i + 2] = bad[i];
        nonfinite = 0;
        assert_true(qn_quant_block(x, 8, 8, 1, q, &nonfinite) == 0);
        assert_int_equal(nonfinite, 1);
        assert_memory_equal(q, zero, sizeof q);
        x[i + 2] = 1;
    }
    assert_true(qn_quant_block(x, 8, 8, 1, q, &nonfinite) != 0);
    assert_int_equal(nonfinite, 1); // stays

    float small[2] = {0x1.fffffep-101f, -0x1p-101f};
    nonfinite = 0;
    assert_true(qn_quant_block(small, 2, 16, 0, q, &nonfinite) == 0);
    assert_memory_equal(q, zero, 2 * sizeof q[0]);
    small[1] = -0x1p-100f;
    assert_true(qn_quant_block(small, 2, 16, 0, q, &nonfinite) > 0);
    assert_int_equal(q[1], -32639);
    assert_int_equal(nonfinite, 0);
}

// The FP16 whose value x is; 0xffff if there is none
static uint16_t half_bits(float x)
{
    uint32_t low = 0, high = 0x7c00, sign = qn_bits(x) & QN_F32_SIGN;
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (qn_half((uint16_t)middle) < qn_float(qn_bits(x) ^ sign))
            low = middle + 1;
        else
            high = middle;
    }
    return qn_half((uint16_t)low) == qn_float(qn_bits(x) ^ sign) ? (uint16_t)(sign >> 16 | low) : 0xffff;
}

// Rounding to 16 bits against the two neighbours
static void test_near(void **unused)
{
    (void)unused;
    for (int i = 0; i < MANY; i++) {
        uint32_t u = random32() & 1 ? operand(0x3f800000) & 0x7fffffff : ((100 + random32() % 45) << 23 | (random32() & 0x7fe000)) + random32() % 3 * 0x1000;
        if (u >= 0x7f800000)
            continue;
        double x = value(u);
        uint32_t down = 0, high = 0x7c00;
        while (down < high) {                // the largest FP16 not above x
            uint32_t middle = (down + high + 1) / 2;
            if ((double)qn_half((uint16_t)middle) <= x)
                down = middle;
            else
                high = middle - 1;
        }
        double low = (double)qn_half((uint16_t)down), top = down == 0x7bff ? 65536 : (double)qn_half((uint16_t)(down + 1));
        uint32_t near = down == 0x7c00 || x - low < top - x || (x - low == top - x && down % 2 == 0) ? down : down + 1;
        mismatch("half_near", u, 0, qn_half_near(qn_float(u)), qn_bits(qn_half((uint16_t)near)));
        mismatch("half_near", u | 0x80000000, 0, qn_half_near(qn_float(u | 0x80000000)), qn_bits(qn_half((uint16_t)near)) | 0x80000000);

        down = x == 0 ? 0 : u >> 16;
        low = value(down << 16), top = down == 0x7f7f ? 0x1p128 : value((down + 1) << 16);
        near = x == 0 || x - low < top - x || (x - low == top - x && down % 2 == 0) ? down : down + 1;
        assert_int_equal(qn_bf16_near(qn_float(u)), near);
    }
}

// What rtl/vector/qn_quotient.sv does with a reciprocal, and qn_div127.sv, for every mantissa
static uint32_t corrected(uint32_t candidate, uint32_t divisor)
{
    uint32_t y = (candidate & 0x7fffff) | 0x800000, x = (divisor & 0x7fffff) | 0x800000;
    int64_t twice = 2 * ((int64_t)(int32_t)((0u - (uint32_t)((uint64_t)y * x)) << 5) >> 5);
    return candidate - 1 + (twice > -(int64_t)x) + (twice > (int64_t)x) + (twice > 3 * (int64_t)x);
}

static void test_quotients(void **unused)
{
    (void)unused;
    for (uint32_t m = 0x3f800000; m < 0x40000000; m++) {
        float x = qn_float(m), recip = qn_recip(x);
        uint32_t r = (qn_bits(recip) & 0x7fffff) | 0x800000, times = 127 * r, big = times >> 30;
        uint32_t candidate = ((qn_bits(recip) >> 23) + 6 + big) << 23 | (times >> (6 + big) & 0x7fffff);
        mismatch("1/x", m, 0, qn_float(corrected(qn_bits(recip), m)), qn_bits(1.0f / x));
        mismatch("127/x", m, 0, qn_float(corrected(candidate, m)), qn_bits(127.0f / x));

        uint64_t mant = (m & 0x7fffff) | 0x800000, five = (mant << 28) + (mant << 21) + (mant << 14) + (mant << 7) + mant;
        big = (uint32_t)(five >> 52);
        uint32_t y = (127u - 8) << 23;
        y += (uint32_t)(five >> (28 + big)) + (big << 23) + (uint32_t)(five >> (27 + big) & 1);
        mismatch("x/127", m, 0, qn_float(y), qn_bits(x / 127.0f));
    }
}

// Scales and codes are those of ggml's reference code: tests/data/ggml/hashes.c.
static void test_quant_ggml(void **unused)
{
    (void)unused;
    float x[256];
    int16_t q[256];
    int8_t codes[256];
    int nonfinite = 0;
    uint64_t h = BLOCKS_HASH, h0 = BLOCKS_HASH;
    blocks_start();
    for (int i = 0; i < BLOCKS; i++) {
        blocks_next(x, 32, -16, 36);
        float s, d = qn_quant_q8_1(x, q, &s, &nonfinite);
        uint16_t bits[2] = {half_bits(d), half_bits(s)};
        for (int k = 0; k < 32; k++)
            codes[k] = (int8_t)q[k];
        h = blocks_hash(blocks_hash(h, bits, 4), codes, 32);
        h0 = blocks_hash(blocks_hash(h0, bits, 2), codes, 32);
    }
    assert_int_equal(h, 0x5b183130edefa377);
    assert_int_equal(h0, 0x04861635a283ad6c);
    h = BLOCKS_HASH;
    blocks_start();
    for (int i = 0; i < BLOCKS_256; i++) {
        blocks_next(x, 256, -80, 200);
        float d = qn_quant_q8_k(x, q, &nonfinite);
        for (int k = 0; k < 256; k++)
            codes[k] = (int8_t)q[k];
        h = blocks_hash(blocks_hash(h, &d, 4), codes, 256);
    }
    assert_int_equal(h, 0x634aa2b281c28c55);
    assert_int_equal(nonfinite, 0);
}

int main(void)
{
    const char *text = getenv("QN_SEED");
    seed = text ? strtoull(text, NULL, 0) : 1;
    printf("[          ] seed %llu (QN_SEED)\n", (unsigned long long)seed);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_flush_after_rounding, restart),
        cmocka_unit_test_setup(test_arithmetic, restart),
        cmocka_unit_test_setup(test_arithmetic_fpu_flushes, restart),
        cmocka_unit_test_setup(test_half, restart),
        cmocka_unit_test_setup(test_bf16, restart),
        cmocka_unit_test_setup(test_recip, restart),
        cmocka_unit_test_setup(test_rsqrt, restart),
        cmocka_unit_test_setup(test_exp, restart),
        cmocka_unit_test_setup(test_quant_random, restart),
        cmocka_unit_test_setup(test_quant_known, restart),
        cmocka_unit_test_setup(test_near, restart),
        cmocka_unit_test_setup(test_quotients, restart),
        cmocka_unit_test_setup(test_quant_ggml, restart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
