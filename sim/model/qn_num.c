// SPDX-License-Identifier: Apache-2.0
// qn_num.c: the functions of qn_num.h that go through the table, and the block quantizer.
#include "sim/model/qn_num.h"

#include <assert.h>

#include "sim/model/qn_func_table.h"

enum { EXP_TABLE, RECIP_TABLE, RSQRT_TABLE, RSQRT_ODD_TABLE };

// The shared datapath. `frac` is f in [0, 1) with 25 bits: 7 choose the segment, 18 are its dx.
// The quadratic c0 + dx (c1 + dx c2), or c0 - dx (c1 - dx c2) where the function falls, lies in
// [1, 2]; its excess over 1 has 28 bits. `exponent` is the biased exponent it scales.
static float evaluate(int table, uint32_t frac, int exponent, uint32_t sign)
{
    const qn_func_segment *seg = &qn_func_table[table * 128 + (int)(frac >> 18)];
    uint64_t dx = frac & 0x3ffff;
    uint32_t bend = (uint32_t)(dx * seg->c2 >> 19);
    uint32_t slope = table == EXP_TABLE ? seg->c1 + bend : seg->c1 - bend;
    uint32_t rise = (uint32_t)(dx * slope >> 18);
    uint32_t y = table == EXP_TABLE ? seg->c0 + rise : seg->c0 - rise;

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
    return evaluate(EXP_TABLE, (uint32_t)t & 0x1ffffff, (int)(t >> 25) + 127, 0);
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
    return evaluate(RECIP_TABLE, (u & 0x7fffff) << 2, 253 - (int)e, sign);
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
    return evaluate(e & 1 ? RSQRT_TABLE : RSQRT_ODD_TABLE, (u & 0x7fffff) << 2, 190 - (int)((e + 1) >> 1), 0);
}

float qn_quant_block(const float *x, int n, int bits, int scale_bf16, int16_t *q, int *nonfinite)
{
    assert(x && q && nonfinite && n > 0 && (bits == 8 || bits == 16));

    int32_t top = 0;
    for (int i = 0; i < n; i++) {
        int32_t mag = (int32_t)(qn_bits(x[i]) & QN_F32_MAG);
        top = mag > top ? mag : top;
    }
    if (top >= (int32_t)QN_F32_INF)
        *nonfinite = 1;
    if (top >= (int32_t)QN_F32_INF || qn_float((uint32_t)top) < QN_QUANT_MIN) {
        memset(q, 0, (size_t)n * sizeof *q);
        return 0;
    }

    float scale = qn_fmul(qn_float((uint32_t)top), bits == 8 ? 1.0f / 127 : 1.0f / 32639);
    if (scale_bf16)
        scale = qn_bf16(qn_bf16_up(scale));
    float inverse = qn_recip(scale);

    // A plain product will do: what qn_fmul would flush rounds to 0 as well. No product reaches
    // limit + 1/2: the largest is limit * (1 + 3 * 2^-23), so there is nothing to clamp. Adding
    // 1.5 * 2^23 rounds to nearest even and leaves the integer in the low bits.
    for (int i = 0; i < n; i++)
        q[i] = (int16_t)(int32_t)(qn_bits(x[i] * inverse + 0x1.8p23f) - 0x4b400000u);
    return scale;
}
