// SPDX-License-Identifier: Apache-2.0
// qn_num.c: the functions of qn_num.h that go through the table, and the block quantizer.
#include "sim/model/qn_num.h"

#include <assert.h>

#include "sim/model/qn_func_table.h"

// The shared datapath. `frac` is f in [0, 1) with 25 bits: 7 choose the segment, 18 are its dx.
// The quadratic c0 + dx (c1 + dx c2), or c0 - dx (c1 - dx c2) where the function falls, lies in
// [1, 2]; its excess over 1 has 28 bits. `exponent` is the biased exponent it scales.
static float evaluate(const qn_func_segment *table, int rises, uint32_t frac, int exponent, uint32_t sign)
{
    const qn_func_segment *seg = &table[frac >> 18];
    uint64_t dx = frac & 0x3ffff;
    uint32_t bend = (uint32_t)(dx * seg->c2 >> 19);
    uint32_t slope = rises ? seg->c1 + bend : seg->c1 - bend;
    uint32_t rise = (uint32_t)(dx * slope >> 18);
    uint32_t y = rises ? seg->c0 + rise : seg->c0 - rise;

    uint32_t up = (y >> 4 & 1) && (y & 0x2f); // to nearest, ties to even: bits 3..0 or bit 5
    int64_t r = (int64_t)exponent * QN_F32_MIN + (y >> 5) + up; // a carry ends in the exponent
    if (r < QN_F32_MIN)
        return qn_float(sign);
    if (r >= QN_F32_INF)
        return qn_float(sign | QN_F32_INF);
    return qn_float(sign | (uint32_t)r);
}

float qn_exp(float x)
{
    uint32_t u = qn_bits(x), e = u >> 23 & 255, mant = (u & 0x7fffff) | 0x800000;
    if ((u & QN_F32_MAG) > QN_F32_INF)
        return qn_float(QN_F32_NAN);
    if (e >= 127 + 7) // 128 and beyond
        return qn_float(u & QN_F32_SIGN ? 0 : QN_F32_INF);

    // t = |x| log2(e), rounded to 25 bits after the point; nothing is left of it below 2^-27
    uint64_t product = (uint64_t)mant * (QN_LOG2E >> 18) + ((uint64_t)mant * (QN_LOG2E & 0x3ffff) >> 18);
    uint32_t shift = 142 - e;
    int64_t t = shift < 44 ? (int64_t)((product >> shift) + (product >> (shift - 1) & 1)) : 0;
    if (u & QN_F32_SIGN)
        t = -t;
    return evaluate(qn_func_exp, 1, (uint32_t)t & 0x1ffffff, (int)(t >> 25) + 127, 0);
}

float qn_recip(float x)
{
    uint32_t u = qn_bits(x), e = u >> 23 & 255, sign = u & QN_F32_SIGN;
    if ((u & QN_F32_MAG) > QN_F32_INF)
        return qn_float(QN_F32_NAN);
    if (e == 0)
        return qn_float(sign | QN_F32_INF);
    if (e == 255)
        return qn_float(sign);
    return evaluate(qn_func_recip, 0, (u & 0x7fffff) << 2, 253 - (int)e, sign);
}

float qn_rsqrt(float x)
{
    uint32_t u = qn_bits(x), e = u >> 23 & 255, sign = u & QN_F32_SIGN;
    if ((u & QN_F32_MAG) > QN_F32_INF || (sign && e))
        return qn_float(QN_F32_NAN);
    if (e == 0)
        return qn_float(sign | QN_F32_INF);
    if (e == 255)
        return qn_float(0);
    // x = 2^k (1 + f): for k odd, which is e even, the table is that of 1/sqrt(2 (1 + f))
    return evaluate(e & 1 ? qn_func_rsqrt : qn_func_rsqrt_odd, 0, (u & 0x7fffff) << 2, 190 - (int)((e + 1) >> 1), 0);
}

// The largest magnitude; 0 for a block that becomes zero, because it is too small or a value is not finite.
static float largest(const float *x, int n, int *nonfinite)
{
    int32_t top = 0;
    for (int i = 0; i < n; i++) {
        int32_t mag = (int32_t)(qn_bits(x[i]) & QN_F32_MAG);
        top = mag > top ? mag : top;
    }
    if (top >= (int32_t)QN_F32_INF)
        *nonfinite = 1;
    return top >= (int32_t)QN_F32_INF || qn_float((uint32_t)top) < QN_QUANT_MIN ? 0 : qn_float((uint32_t)top);
}

static float no_codes(int n, int16_t *q)
{
    memset(q, 0, (size_t)n * sizeof *q);
    return 0;
}

float qn_quant_block(const float *x, int n, int bits, int rounding, int16_t *q, int *nonfinite)
{
    assert(x && q && nonfinite && n > 0 && (bits == 8 || bits == 16));

    float top = largest(x, n, nonfinite);
    if (top == 0)
        return no_codes(n, q);

    float scale = qn_fmul(top, bits == 8 ? 1.0f / 127 : 1.0f / 32639);
    if (rounding != QN_SCALE_FP32)
        scale = qn_bf16(rounding == QN_SCALE_BF16_UP ? qn_bf16_up(scale) : qn_bf16_near(scale));
    float inverse = qn_recip(scale);

    // A plain product will do: what qn_fmul would flush rounds to 0 as well. No product reaches
    // limit + 1/2: the largest is limit * (1 + 3 * 2^-23), so there is nothing to clamp. Adding
    // 1.5 * 2^23 rounds to nearest even and leaves the integer in the low bits.
    for (int i = 0; i < n; i++)
        q[i] = (int16_t)(int32_t)(qn_bits(x[i] * inverse + 0x1.8p23f) - 0x4b400000u);
    return scale;
}

float qn_quant_coarse(const float *x, int n, int bits, int16_t *q, int *nonfinite)
{
    assert(x && q && nonfinite && n > 0 && (bits == 8 || bits == 16));

    float top = largest(x, n, nonfinite);
    if (top == 0)
        return no_codes(n, q);

    float scale = qn_fmul(top, bits == 8 ? 1.0f / 7 : 1.0f / 28672), inverse = qn_recip(scale);

    // As above; for E4M3 from 16 on the number that is added has as many bits less below the point as the product has more than four above.
    for (int i = 0; i < n; i++) {
        float y = x[i] * inverse;
        uint32_t exp = qn_bits(y) >> 23 & 255, fewer = bits == 16 && exp > 130 ? exp - 130 : 0, round = 0x4b400000u + (fewer << 23);
        q[i] = (int16_t)((int32_t)(qn_bits(y + qn_float(round)) - round) * (1 << fewer));
    }
    return scale;
}

// Codes x * inverse to the nearest integer. `away`: ties away from zero. The product's last bit does that: it is clear in a tie, where setting it
// leaves the tie upwards, and elsewhere the least bit of a product below 2^22 decides nothing.
static inline void codes_of(const float *x, int n, float inverse, uint32_t away, int16_t *q)
{
    for (int i = 0; i < n; i++)
        q[i] = (int16_t)(int32_t)(qn_bits(qn_float(qn_bits(x[i] * inverse) | away) + 0x1.8p23f) - 0x4b400000u);
}

// ggml-quants.c: quantize_row_q8_K_ref
float qn_quant_q8_k(const float x[256], int16_t q[256], int *nonfinite)
{
    float top = largest(x, 256, nonfinite);
    if (top >= 0x1p126f)
        *nonfinite = 1;
    if (top == 0 || top >= 0x1p126f)
        return no_codes(256, q);
    int i = 0;
    while ((qn_bits(x[i]) & QN_F32_MAG) != qn_bits(top))
        i++;
    float inverse = -127.0f / x[i];
    codes_of(x, 256, inverse, 0, q);
    return 1.0f / inverse;
}

// ggml-quants.c: quantize_row_q8_0_ref, quantize_row_q8_1_ref
float qn_quant_q8_1(const float x[32], int16_t q[32], float *s, int *nonfinite)
{
    float d = largest(x, 32, nonfinite) / 127.0f, scale = qn_half_near(d);
    *s = 0;
    if (qn_bits(scale) == QN_F32_INF)
        *nonfinite = 1;
    if (qn_bits(scale) == QN_F32_INF || scale == 0)
        return no_codes(32, q);
    codes_of(x, 32, 1.0f / d, 1, q);
    int sum = 0;
    for (int i = 0; i < 32; i++)
        sum += q[i];
    *s = qn_half_near(qn_fmul((float)sum, d));
    return scale;
}
