// SPDX-License-Identifier: Apache-2.0
// qn_num.h: the scalar arithmetic of Quern, bit by bit what the RTL computes.
//
//     float s = qn_fmul(qn_half(weight_scale), act_scale);
//     acc = qn_fadd(acc, qn_imul(dot, s));
//
//     int nonfinite = 0;
//     float scale = qn_quant_block(x, 32, 8, QN_SCALE_BF16_UP, q, &nonfinite);
//
// Contract of every function here: FP32, each operation rounded once to nearest even; a subnormal
// input reads as zero of its sign; a result that is tiny AFTER rounding becomes zero of its sign;
// overflow gives infinity; there is one NaN, 0x7fc00000; signed zeros as in IEEE 754. The bits do
// not depend on the FPU's flush modes. Compile with -ffp-contract=off, never with -ffast-math, and
// leave the rounding mode at nearest even. The inline functions have no branches, so that loops
// over them become vector code.
#ifndef QN_NUM_H
#define QN_NUM_H

#include <assert.h>
#include <float.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

static_assert(FLT_EVAL_METHOD == 0, "float arithmetic must be single precision");

#define QN_F32_SIGN 0x80000000u
#define QN_F32_MAG  0x7fffffffu
#define QN_F32_MIN  0x00800000u // the smallest normal, 2^-126
#define QN_F32_INF  0x7f800000u
#define QN_F32_NAN  0x7fc00000u

// Blocks whose largest magnitude is below this quantize to zero.
#define QN_QUANT_MIN 0x1p-100f

// The bits of a float, and back. Comparing results means comparing these.
static inline uint32_t qn_bits(float x)
{
    uint32_t u;
    memcpy(&u, &x, sizeof u);
    return u;
}

static inline float qn_float(uint32_t u)
{
    float x;
    memcpy(&x, &u, sizeof x);
    return x;
}

static inline int qn_same_bits(float a, float b)
{
    return qn_bits(a) == qn_bits(b);
}

// Subnormals to zero of the same sign.
static inline float qn_flush(float x)
{
    uint32_t u = qn_bits(x);
    return qn_float(u & QN_F32_INF ? u : u & QN_F32_SIGN);
}

// Any NaN to the one NaN.
static inline float qn_one_nan(float x)
{
    uint32_t u = qn_bits(x);
    return qn_float((u & QN_F32_MAG) > QN_F32_INF ? QN_F32_NAN : u);
}

// a + b. A sum of normals that lands below 2^-126 is exact, so flushing it is flushing after rounding.
static inline float qn_fadd(float a, float b)
{
    return qn_one_nan(qn_flush(qn_flush(a) + qn_flush(b)));
}

// a - b.
static inline float qn_fsub(float a, float b)
{
    return qn_fadd(a, -b);
}

// a * b. Whether the product is tiny after rounding is read from the same product 2^64 higher up,
// where the FPU rounds to 24 bits whatever its mode.
static inline float qn_fmul(float a, float b)
{
    a = qn_flush(a);
    b = qn_flush(b);
    uint32_t product = qn_bits(a * b), mag = product & QN_F32_MAG;
    int less = (qn_bits(a) & QN_F32_MAG) < (qn_bits(b) & QN_F32_MAG);
    float small = qn_float(less ? qn_bits(a) : qn_bits(b)), large = qn_float(less ? qn_bits(b) : qn_bits(a));
    uint32_t far = qn_bits(small * 0x1p64f * large) & QN_F32_MAG;
    mag = mag < QN_F32_MIN ? QN_F32_MIN : mag;
    mag = far < QN_F32_MIN + (64u << 23) ? 0 : mag;
    return qn_one_nan(qn_float((product & QN_F32_SIGN) | mag));
}

// i * s with one rounding, |i| < 2^29: the double product is exact. It is zero or at least 2^-126.
static inline float qn_imul(int32_t i, float s)
{
    return qn_one_nan((float)((double)i * (double)qn_flush(s)));
}

// The larger one; NaN if either is. A zero result is +0, so that the order of operands never shows.
static inline float qn_fmax(float a, float b)
{
    int32_t ua = (int32_t)qn_bits(qn_flush(a)), ub = (int32_t)qn_bits(qn_flush(b));
    int32_t top_a = ua & INT32_MAX, top_b = ub & INT32_MAX;
    int32_t ka = ua < 0 ? -top_a : top_a, kb = ub < 0 ? -top_b : top_b; // ordered as the floats are
    int32_t k = ka > kb ? ka : kb, top = top_a > top_b ? top_a : top_b;
    uint32_t r = k < 0 ? QN_F32_SIGN | (uint32_t)-k : (uint32_t)k;
    return qn_float(top > (int32_t)QN_F32_INF ? QN_F32_NAN : r);
}

// FP16 to FP32, exact. FP16 subnormals are values and stay so.
static inline float qn_half(uint16_t h)
{
    int32_t mag = h & 0x7fff;
    uint32_t sign = (uint32_t)(h & 0x8000) << 16;
    uint32_t is_small = -(uint32_t)(mag < 0x0400), is_top = -(uint32_t)(mag > 0x7bff), is_nan = -(uint32_t)(mag > 0x7c00);
    uint32_t small = qn_bits((float)mag * 0x1p-24f), normal = (uint32_t)mag * 0x2000 + (112u << 23);
    uint32_t r = (small & is_small) | (normal & ~is_small) | (QN_F32_INF & is_top);
    return qn_float((QN_F32_NAN & is_nan) | ((r | sign) & ~is_nan)); // masks, since compilers branch on small
}

// The nearest FP16 to x, ties to even, as the FP32 number it is: subnormals too; too large gives infinity.
static inline float qn_half_near(float x)
{
    uint32_t u = qn_bits(x), sign = u & QN_F32_SIGN, mag = u & QN_F32_MAG;
    if (mag > QN_F32_INF)
        return qn_float(QN_F32_NAN);
    if (mag >= qn_bits(0x1.ffep15f)) // 65,520
        return qn_float(sign | QN_F32_INF);
    float a = qn_float(mag);
    if (mag < qn_bits(0x1p-14f)) // units of 2^-24
        return qn_float(sign | qn_bits((a + 0x1p-1f) - 0x1p-1f));
    mag += 0xfff + (mag >> 13 & 1);
    return qn_float(sign | (mag & ~0x1fffu));
}

// BF16 to FP32.
static inline float qn_bf16(uint16_t h)
{
    return qn_one_nan(qn_flush(qn_float((uint32_t)h << 16)));
}

// The nearest BF16 to x, for x not negative, ties to even. Subnormal gives 0; NaN gives 0x7fc0.
static inline uint16_t qn_bf16_near(float x)
{
    uint32_t u = qn_bits(qn_one_nan(qn_flush(x)));
    return (uint16_t)((u + 0x7fff + (u >> 16 & 1)) >> 16);
}

// The smallest BF16 not below x, for x not negative. Subnormal gives 0; NaN gives 0x7fc0.
static inline uint16_t qn_bf16_up(float x)
{
    uint32_t u = qn_bits(qn_one_nan(qn_flush(x)));
    return (uint16_t)((u + 0xffff) >> 16);
}

// e^x, 1/x, 1/sqrt(x) by table and quadratic in fixed point; not correctly rounded: README.md
// states the measured error. exp(0) = 1, recip(2^k) and rsqrt(4^k) are exact. exp(-inf) = +0;
// recip of zero is infinity and of infinity zero, signs kept; rsqrt of a negative number is NaN,
// of zero infinity with the sign of the zero, of infinity +0.
float qn_exp(float x);
float qn_recip(float x);
float qn_rsqrt(float x);

// Quantizes n values to `bits` (8 or 16) bits with one scale, which is returned, perhaps rounded to BF16:
// x is about q * scale, |q| <= 127 or 32,639 (so that 16 bits split into 256 hi + lo; 32,766 where BF16 is nearest).
// With a = max|x|:  scale = a * RNE(1/127);  q = RNE(x * recip(scale)).
// Below QN_QUANT_MIN scale and q are 0. An infinity or NaN makes them 0 too and sets *nonfinite,
// which is never cleared here.
enum qn_scale { QN_SCALE_FP32, QN_SCALE_BF16_UP, QN_SCALE_BF16_NEAR }; // `rounding`
float qn_quant_block(const float *x, int n, int bits, int rounding, int16_t *q, int *nonfinite);
// The same with fewer values: `bits` 8: -7..7, scale = a * RNE(1/7); 16: the values of FP8 E4M3 that are multiples of 2^-6, as integers 64 times as large,
// |q| <= 448 * 64, scale = a * RNE(1/28672). So from 2^-3 (8) on q has four significant bits; RNE among those.
float qn_quant_coarse(const float *x, int n, int bits, int16_t *q, int *nonfinite);

// The same with 8 bits as ggml's reference code does it: 256 values as Q8_K, whose scale has a sign; 32 as Q8_1, whose scale d is an FP16 number
// and whose second one, d times the sum of codes, goes to *s (Q8_0 has the same codes and d). README.md has the formulas. A scale that FP16 has
// no room for, and of Q8_K a magnitude of 2^126 or more, counts as a value that is not finite.
float qn_quant_q8_k(const float x[256], int16_t q[256], int *nonfinite);
float qn_quant_q8_1(const float x[32], int16_t q[32], float *s, int *nonfinite);

#endif
