// SPDX-License-Identifier: Apache-2.0
#include "compiler/front/qn_ggml_type.h"

#include <assert.h>
#include <string.h>

#include "driver/qn_err.h"
#include "driver/qn_le.h"

static const qn_ggml_info TYPES[] = {
#define ROW(name, id, elements, bytes, form, bits, sub, scale) [id] = {#name, elements, bytes, QN_GGML_##form, bits, sub, scale},
    QN_GGML_TYPES(ROW)
#undef ROW
};

const qn_ggml_info *qn_ggml_type_find(int64_t type)
{
    if (type < 0 || type >= (int64_t)(sizeof TYPES / sizeof *TYPES))
        return NULL;
    return &TYPES[type];
}

const char *qn_ggml_why_not(int64_t type)
{
    const qn_ggml_info *info = qn_ggml_type_find(type);
    if (qn_ggml_supported(info))
        return NULL;
    switch (info ? type : -1) {
    case QN_GGML_IQ1_S:
    case QN_GGML_IQ1_M:
    case QN_GGML_IQ2_XXS:
    case QN_GGML_IQ2_XS:
    case QN_GGML_IQ2_S:
    case QN_GGML_IQ3_XXS:
    case QN_GGML_IQ3_S:
        return "whose lattice code books are not read";
    case QN_GGML_Q8_1:
    case QN_GGML_Q8_K:
        return "which is one of activations, not of weights";
    case QN_GGML_I8:
    case QN_GGML_I16:
    case QN_GGML_I32:
    case QN_GGML_I64:
    case QN_GGML_F64:
        return "which is none of weights";
    default:
        return "which ggml does not have";
    }
}

static float float_of(uint32_t bits)
{
    float f;
    memcpy(&f, &bits, sizeof f);
    return f;
}

float qn_ggml_bf16(uint16_t bits)
{
    return float_of((uint32_t)bits << 16);
}

float qn_ggml_f16(uint16_t bits)
{
    uint32_t sign = (uint32_t)(bits & 0x8000) << 16, exponent = bits >> 10 & 31, fraction = bits & 0x3ff;
    if (exponent == 31)
        return float_of(sign | 0x7f800000 | fraction << 13);
    if (exponent)
        return float_of(sign | (exponent + 112) << 23 | fraction << 13);
    float f = (float)fraction * 0x1p-24f; // subnormal or zero: exact
    return sign ? -f : f;
}

// 32 nibbles: the low ones are elements 0..15, the high ones 16..31
static void nibbles(int8_t *restrict q, const uint8_t *restrict qs, int offset)
{
    for (int j = 0; j < 16; j++) {
        q[j] = (int8_t)((qs[j] & 15) - offset);
        q[j + 16] = (int8_t)((qs[j] >> 4) - offset);
    }
}

// The same, where a nibble is a place in a code book
static void book(int8_t *restrict q, const uint8_t *restrict qs, const int8_t values[16])
{
    for (int j = 0; j < 16; j++) {
        q[j] = values[qs[j] & 15];
        q[j + 16] = values[qs[j] >> 4];
    }
}

static const int8_t IQ4[16] = {-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113};

// Eight 6-bit scales less 32: four bits in nibbles, the upper two side by side
static void scales_iq4_xs(int8_t *sc, uint16_t high, const uint8_t *low)
{
    for (int j = 0; j < 8; j++)
        sc[j] = (int8_t)((low[j / 2] >> 4 * (j % 2) & 15) + ((high >> 2 * j & 3) << 4) - 32);
}

static const int8_t E2M1[16] = {0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12};

// BF16 bits of 2^(e - 128): half of what E8M0 says, for E2M1's doubled values. The two smallest are subnormal; NaN's code is one more exponent.
static uint16_t half_e8m0(uint8_t e)
{
    return (uint16_t)(e < 2 ? 0x20 << e : (e - 1) << 7);
}

// The same with a fifth bit from bit i of qh for element i
static void nibbles_5(int8_t *restrict q, uint32_t qh, const uint8_t *restrict qs, int offset)
{
    for (int j = 0; j < 16; j++) {
        q[j] = (int8_t)(((qs[j] & 15) | (qh >> j & 1) << 4) - (uint32_t)offset);
        q[j + 16] = (int8_t)((qs[j] >> 4 | (qh >> (j + 16) & 1) << 4) - (uint32_t)offset);
    }
}

// Eight 6-bit scales and minima in 12 bytes: the upper two bits of the last four sit above those of the first four
static void scales_k(int8_t *sc, uint8_t *mn, const uint8_t *p)
{
    for (int j = 0; j < 4; j++) {
        sc[j] = (int8_t)(p[j] & 63);
        mn[j] = p[j + 4] & 63;
        sc[j + 4] = (int8_t)((p[j + 8] & 15) | p[j] >> 6 << 4);
        mn[j + 4] = (uint8_t)(p[j + 8] >> 4 | p[j + 4] >> 6 << 4);
    }
}

// FP16 bits of half of what UE4M3 says, for E2M1's doubled values; NaN's code is 0
static uint16_t half_ue4m3(uint8_t e)
{
    unsigned exponent = e >> 3 & 15, fraction = e & 7u;
    if (e == 0x7f)
        return 0;
    if (exponent)                            // 1.fff x 2^(exponent - 8)
        return (uint16_t)((exponent + 7) << 10 | fraction << 7);
    unsigned shift = 0;                      // fraction x 2^-10
    while (fraction && fraction >> shift > 1)
        shift++;
    return fraction ? (uint16_t)((shift + 5) << 10 | (fraction << (10 - shift) & 0x3ff)) : 0;
}

// 128 elements from each 32 bytes of bit pairs
static void codes_q2_k(int8_t *restrict q, const uint8_t *restrict qs)
{
    for (int g = 0; g < 8; g++, q += 32)
        for (int l = 0; l < 32; l++)
            q[l] = qs[32 * (g / 4) + l] >> 2 * (g % 4) & 3;
}

// Sixteen elements from eight bytes: low nibbles, then high ones
static void codes_nvfp4(int8_t *restrict q, const uint8_t *restrict qs)
{
    for (int s = 0; s < 4; s++, q += 16, qs += 8)
        for (int j = 0; j < 8; j++) {
            q[j] = E2M1[qs[j] & 15];
            q[j + 8] = E2M1[qs[j] >> 4];
        }
}

// Sixteen 6-bit scales less 32 in 12 bytes: four bits of j and j + 8 in byte j, two bits of j, j + 4, j + 8, j + 12 in byte 8 + j
static void scales_q3_k(int8_t *sc, const uint8_t *p)
{
    for (int j = 0; j < 16; j++)
        sc[j] = (int8_t)((p[j % 8] >> 4 * (j / 8) & 15) + ((p[8 + j % 4] >> 2 * (j / 4) & 3) << 4) - 32);
}

// 128 elements from 32 bytes of bit pairs; their third bit, which stands for +4 on a code of -4..-1, is bit i / 32 of hmask for element i
static void codes_q3_k(int8_t *restrict q, const uint8_t *restrict hmask, const uint8_t *restrict qs)
{
    for (int g = 0; g < 8; g++, q += 32)
        for (int l = 0; l < 32; l++)
            q[l] = (int8_t)((qs[32 * (g / 4) + l] >> 2 * (g % 4) & 3) + (hmask[l] >> g & 1) * 4 - 4);
}

// 64 elements from each 32 bytes: low nibbles, then high ones
static void codes_q4_k(int8_t *restrict q, const uint8_t *restrict qs)
{
    for (int g = 0; g < 4; g++, q += 64, qs += 32)
        for (int l = 0; l < 32; l++) {
            q[l] = qs[l] & 15;
            q[l + 32] = (int8_t)(qs[l] >> 4);
        }
}

static void codes_q5_k(int8_t *restrict q, const uint8_t *restrict qh, const uint8_t *restrict qs)
{
    for (int g = 0; g < 4; g++, q += 64, qs += 32)
        for (int l = 0; l < 32; l++) {
            q[l] = (int8_t)((qs[l] & 15) | (qh[l] >> (2 * g) & 1) << 4);
            q[l + 32] = (int8_t)(qs[l] >> 4 | (qh[l] >> (2 * g + 1) & 1) << 4);
        }
}

// 128 elements from 64 bytes of low nibbles and 32 of upper bit pairs
static void codes_q6_k(int8_t *restrict q, const uint8_t *restrict ql, const uint8_t *restrict qh)
{
    for (int h = 0; h < 2; h++, q += 128, ql += 64, qh += 32)
        for (int l = 0; l < 32; l++) {
            q[l] = (int8_t)(((ql[l] & 15) | (qh[l] & 3) << 4) - 32);
            q[l + 32] = (int8_t)(((ql[l + 32] & 15) | (qh[l] >> 2 & 3) << 4) - 32);
            q[l + 64] = (int8_t)((ql[l] >> 4 | (qh[l] >> 4 & 3) << 4) - 32);
            q[l + 96] = (int8_t)((ql[l + 32] >> 4 | qh[l] >> 6 << 4) - 32);
        }
}

static void codes_q1_0(int8_t *restrict q, const uint8_t *restrict qs)
{
    for (int i = 0; i < 128; i++)
        q[i] = qs[i / 8] >> i % 8 & 1 ? 1 : -1;
}

static void codes_q2_0(int8_t *restrict q, const uint8_t *restrict qs)
{
    for (int i = 0; i < 64; i++)
        q[i] = (int8_t)((qs[i / 4] >> 2 * (i % 4) & 3) - 1);
}

// The first `n` trits of a byte that holds them as a fraction of 256: each is what thrice the rest carries over
static void trits(int8_t *q, int step, uint8_t rest, int n)
{
    for (int i = 0; i < n; i++, q += step, rest = (uint8_t)(3 * rest))
        *q = (int8_t)((3 * rest >> 8) - 1);
}

// 160 elements from 32 bytes, 80 from 16, 16 from 4 that hold four: a byte's trits lie as far apart as there are bytes
static void codes_tq1_0(int8_t *q, const uint8_t *p)
{
    for (int m = 0; m < 32; m++)
        trits(q + m, 32, p[m], 5);
    for (int m = 0; m < 16; m++)
        trits(q + 160 + m, 16, p[32 + m], 5);
    for (int m = 0; m < 4; m++)
        trits(q + 240 + m, 4, p[48 + m], 4);
}

// 128 elements from each 32 bytes
static void codes_tq2_0(int8_t *restrict q, const uint8_t *restrict qs)
{
    for (int g = 0; g < 8; g++, q += 32)
        for (int l = 0; l < 32; l++)
            q[l] = (int8_t)((qs[32 * (g / 4) + l] >> 2 * (g % 4) & 3) - 1);
}

int qn_ggml_codes(int type, const void *block, qn_block *out)
{
    assert(block && out);
    const qn_ggml_info *info = qn_ggml_type_find(type);
    if (!info || info->form < QN_GGML_SCALE)
        return QN_ERR_UNSUPPORTED;

    const uint8_t *p = block;
    memset(out, 0, offsetof(qn_block, q));
    out->n = info->elements;
    out->sub = info->sub;
    out->d = info->form == QN_GGML_SCALE_POW ? half_e8m0(p[info->scale]) : info->form == QN_GGML_SUB_SCALE ? 0 : qn_le16(p + info->scale);
    if (info->form == QN_GGML_SCALE_MIN || info->form == QN_GGML_SUPER_MIN)
        out->m = qn_le16(p + info->scale + 2);

    switch (type) {
    case QN_GGML_Q8_0:
        memcpy(out->q, p + 2, 32);
        return 0;
    case QN_GGML_Q4_0:
        nibbles(out->q, p + 2, 8);
        return 0;
    case QN_GGML_Q4_1:
        nibbles(out->q, p + 4, 0);
        return 0;
    case QN_GGML_Q5_0:
        nibbles_5(out->q, qn_le32(p + 2), p + 6, 16);
        return 0;
    case QN_GGML_Q5_1:
        nibbles_5(out->q, qn_le32(p + 4), p + 8, 0);
        return 0;
    case QN_GGML_Q2_K:
        for (int s = 0; s < 16; s++) {
            out->sc[s] = p[s] & 15;
            out->mn[s] = p[s] >> 4;
        }
        codes_q2_k(out->q, p + 16);
        return 0;
    case QN_GGML_NVFP4:
        for (int s = 0; s < 4; s++)
            out->ds[s] = half_ue4m3(p[s]);
        codes_nvfp4(out->q, p + 4);
        return 0;
    case QN_GGML_Q3_K:
        scales_q3_k(out->sc, p + 96);
        codes_q3_k(out->q, p, p + 32);
        return 0;
    case QN_GGML_Q4_K:
        scales_k(out->sc, out->mn, p + 4);
        codes_q4_k(out->q, p + 16);
        return 0;
    case QN_GGML_Q5_K:
        scales_k(out->sc, out->mn, p + 4);
        codes_q5_k(out->q, p + 16, p + 48);
        return 0;
    case QN_GGML_Q6_K:
        memcpy(out->sc, p + 192, 16);
        codes_q6_k(out->q, p, p + 128);
        return 0;
    case QN_GGML_IQ4_NL:
        book(out->q, p + 2, IQ4);
        return 0;
    case QN_GGML_IQ4_XS:
        scales_iq4_xs(out->sc, qn_le16(p + 2), p + 4);
        for (int g = 0; g < 8; g++)
            book(out->q + 32 * g, p + 8 + 16 * g, IQ4);
        return 0;
    case QN_GGML_MXFP4:
        book(out->q, p + 1, E2M1);
        return 0;
    case QN_GGML_Q1_0:
        codes_q1_0(out->q, p + 2);
        return 0;
    case QN_GGML_Q2_0:
        codes_q2_0(out->q, p + 2);
        return 0;
    case QN_GGML_TQ1_0:
        codes_tq1_0(out->q, p);
        return 0;
    case QN_GGML_TQ2_0:
        codes_tq2_0(out->q, p);
        return 0;
    default:
        assert(!"a form with codes and no reader");
        return QN_ERR_UNSUPPORTED;
    }
}

// Products are exact in FP32 (11 bits of d, 8 of sc, 6 of q at most) but for MXFP4's that are infinite, in whatever order: only a sum rounds, as ggml's does
static void values(const qn_block *b, int form, float *dst)
{
    float d = form == QN_GGML_SCALE_POW ? qn_ggml_bf16(b->d) : qn_ggml_f16(b->d), m = qn_ggml_f16(b->m);
    switch (form) {
    case QN_GGML_SCALE:
    case QN_GGML_SCALE_UP:
    case QN_GGML_SCALE_POW:
        for (int i = 0; i < b->n; i++)
            dst[i] = (float)b->q[i] * d;
        break;
    case QN_GGML_SCALE_MIN:
        for (int i = 0; i < b->n; i++)
            dst[i] = (float)b->q[i] * d + m;
        break;
    case QN_GGML_SUB_SCALE:
        for (int i = 0; i < b->n; i++)
            dst[i] = (float)b->q[i] * qn_ggml_f16(b->ds[i / b->sub]);
        break;
    case QN_GGML_SUPER:
        for (int i = 0; i < b->n; i++)
            dst[i] = d * (float)b->sc[i / b->sub] * (float)b->q[i];
        break;
    case QN_GGML_SUPER_MIN:
        for (int i = 0; i < b->n; i++)
            dst[i] = d * (float)b->sc[i / b->sub] * (float)b->q[i] - m * (float)b->mn[i / b->sub];
        break;
    }
}

int qn_ggml_dequant_row(int type, const void *src, float *dst, size_t n)
{
    assert((src && dst) || !n);
    const qn_ggml_info *info = qn_ggml_type_find(type);
    if (!qn_ggml_supported(info))
        return QN_ERR_UNSUPPORTED;
    if (n % info->elements)
        return QN_ERR_RANGE;

    const uint8_t *p = src;
    for (size_t i = 0; i < n; i += info->elements, p += info->bytes) {
        qn_block b;
        switch (type) {
        case QN_GGML_F32:
            dst[i] = float_of(qn_le32(p));
            break;
        case QN_GGML_F16:
            dst[i] = qn_ggml_f16(qn_le16(p));
            break;
        case QN_GGML_BF16:
            dst[i] = qn_ggml_bf16(qn_le16(p));
            break;
        default:
            (void)qn_ggml_codes(type, p, &b);
            values(&b, info->form, dst + i);
        }
    }
    return 0;
}
