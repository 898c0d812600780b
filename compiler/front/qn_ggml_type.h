// SPDX-License-Identifier: Apache-2.0
// qn_ggml_type.h: the number types of GGUF tensors: how large their blocks are and what the bits of a block mean.
//
//     qn_block b;
//     for (size_t i = 0; i < n_blocks; i++) {
//         qn_ggml_codes(QN_GGML_Q4_K, src + i * qn_ggml_type_find(QN_GGML_Q4_K)->bytes, &b);
//         ... b.q[0..255], b.sc[0..7], b.mn[0..7], b.d, b.m ...
//     }
//
// A block is a run of elements of one row that share their scales. `qn_ggml_codes` gives the integers as they are stored, nothing
// rounded; `qn_ggml_dequant_row` gives the FP32 values that ggml's reference code gives, bit for bit. Layouts: ggml/src/ggml-quants.c.
#ifndef QN_GGML_TYPE_H
#define QN_GGML_TYPE_H

#include <stddef.h>
#include <stdint.h>

// How an element's value follows from its code q. All but REMOVED have a size; what this compiler takes starts at FLOAT.
enum qn_ggml_form {
    QN_GGML_REMOVED,   // an id that ggml has retired: no layout
    QN_GGML_KNOWN,     // a layout that is not read here
    QN_GGML_FLOAT,     // no code: the element is its value
    QN_GGML_SCALE,     // d*q
    QN_GGML_SCALE_UP,  // d*q, where q reaches one further up than down: -q is what two's complement has room for
    QN_GGML_SCALE_POW, // d*q, where d is a power of two
    QN_GGML_SCALE_MIN, // d*q + m
    QN_GGML_SUB_SCALE, // ds*q
    QN_GGML_SUPER,     // d*sc*q
    QN_GGML_SUPER_MIN, // d*sc*q - m*mn
};

// QN_GGML_TYPES(X): X(name, id, elements per block, bytes per block, form, bits per code, elements per sub-scale, byte of the scale)
#define QN_GGML_TYPES(X)                             \
    X(F32,       0,   1,   4, FLOAT,     0,  0,   0) \
    X(F16,       1,   1,   2, FLOAT,     0,  0,   0) \
    X(Q4_0,      2,  32,  18, SCALE,     4,  0,   0) \
    X(Q4_1,      3,  32,  20, SCALE_MIN, 4,  0,   0) \
    X(Q4_2,      4,   0,   0, REMOVED,   0,  0,   0) \
    X(Q4_3,      5,   0,   0, REMOVED,   0,  0,   0) \
    X(Q5_0,      6,  32,  22, SCALE,     5,  0,   0) \
    X(Q5_1,      7,  32,  24, SCALE_MIN, 5,  0,   0) \
    X(Q8_0,      8,  32,  34, SCALE,     8,  0,   0) \
    X(Q8_1,      9,  32,  36, KNOWN,     0,  0,   0) \
    X(Q2_K,     10, 256,  84, SUPER_MIN, 2, 16,  80) \
    X(Q3_K,     11, 256, 110, SUPER,     3, 16, 108) \
    X(Q4_K,     12, 256, 144, SUPER_MIN, 4, 32,   0) \
    X(Q5_K,     13, 256, 176, SUPER_MIN, 5, 32,   0) \
    X(Q6_K,     14, 256, 210, SUPER,     6, 16, 208) \
    X(Q8_K,     15, 256, 292, KNOWN,     0,  0,   0) \
    X(IQ2_XXS,  16, 256,  66, KNOWN,     0,  0,   0) \
    X(IQ2_XS,   17, 256,  74, KNOWN,     0,  0,   0) \
    X(IQ3_XXS,  18, 256,  98, KNOWN,     0,  0,   0) \
    X(IQ1_S,    19, 256,  50, KNOWN,     0,  0,   0) \
    X(IQ4_NL,   20,  32,  18, SCALE,     8,  0,   0) \
    X(IQ3_S,    21, 256, 110, KNOWN,     0,  0,   0) \
    X(IQ2_S,    22, 256,  82, KNOWN,     0,  0,   0) \
    X(IQ4_XS,   23, 256, 136, SUPER,     8, 32,   0) \
    X(I8,       24,   1,   1, KNOWN,     0,  0,   0) \
    X(I16,      25,   1,   2, KNOWN,     0,  0,   0) \
    X(I32,      26,   1,   4, KNOWN,     0,  0,   0) \
    X(I64,      27,   1,   8, KNOWN,     0,  0,   0) \
    X(F64,      28,   1,   8, KNOWN,     0,  0,   0) \
    X(IQ1_M,    29, 256,  56, KNOWN,     0,  0,   0) \
    X(BF16,     30,   1,   2, FLOAT,     0,  0,   0) \
    X(Q4_0_4_4, 31,   0,   0, REMOVED,   0,  0,   0) \
    X(Q4_0_4_8, 32,   0,   0, REMOVED,   0,  0,   0) \
    X(Q4_0_8_8, 33,   0,   0, REMOVED,   0,  0,   0) \
    X(TQ1_0,    34, 256,  54, SCALE,     2,  0,  52) \
    X(TQ2_0,    35, 256,  66, SCALE_UP,  2,  0,  64) \
    X(IQ4_NL_4_4, 36, 0,   0, REMOVED,   0,  0,   0) \
    X(IQ4_NL_4_8, 37, 0,   0, REMOVED,   0,  0,   0) \
    X(IQ4_NL_8_8, 38, 0,   0, REMOVED,   0,  0,   0) \
    X(MXFP4,    39,  32,  17, SCALE_POW, 5,  0,   0) \
    X(NVFP4,    40,  64,  36, SUB_SCALE, 5, 16,   0) \
    X(Q1_0,     41, 128,  18, SCALE,     2,  0,   0) \
    X(Q2_0,     42,  64,  18, SCALE_UP,  2,  0,   0)

enum qn_ggml_type {
#define QN_GGML_ENUM(name, id, elements, bytes, form, bits, sub, scale) QN_GGML_##name = id,
    QN_GGML_TYPES(QN_GGML_ENUM)
#undef QN_GGML_ENUM
};

typedef struct qn_ggml_info {
    const char *name;
    uint16_t elements; // of a block; 0: removed
    uint16_t bytes;    // of a block
    uint8_t form;      // enum qn_ggml_form
    uint8_t bits;      // of a code (SCALE_UP: of -q): signed without a minimum, unsigned with one
    uint8_t sub;       // elements under one sub-scale; 0: the block has none
    uint8_t scale;     // byte of a block where its scale stands; a minimum follows it
} qn_ggml_info;

// NULL for an id that ggml has never given.
const qn_ggml_info *qn_ggml_type_find(int64_t type);

// What `qn_ggml_codes` and `qn_ggml_dequant_row` take.
static inline int qn_ggml_supported(const qn_ggml_info *info)
{
    return info && info->form >= QN_GGML_FLOAT;
}

// Why a type is not taken, to follow its name; NULL for one that is.
const char *qn_ggml_why_not(int64_t type);

// One block's content. Codes are as the value formulas above want them: Q1_0 -1 and 1, Q2_0 -1..2, Q3_K -4..3, Q4_0 -8..7, Q5_0 -16..15, Q6_K -32..31,
// Q8_0 -128..127, IQ4_NL, IQ4_XS -127..113 (their code book's), TQ1_0 -1..1, TQ2_0 -1..2, MXFP4, NVFP4 -12..12 (E2M1 doubled), with the stored offset taken off; Q2_K 0..3, Q4_1, Q4_K 0..15 and Q5_1, Q5_K 0..31 as stored. Fields that a type does not have are 0, codes after n
// unset.
typedef struct qn_block {
    uint16_t n;     // elements: 32, 64, 128 or 256
    uint16_t sub;   // elements under one sub-scale; 0: sc and mn say nothing
    uint16_t d;     // FP16 bits: scale; MXFP4: BF16 bits of 2^-128..2^127
    uint16_t m;     // FP16 bits: Q4_1, Q5_1 minimum; Q2_K, Q4_K, Q5_K scale of the minima
    int8_t sc[16];  // sub-scales: Q2_K 16 of 0..15; Q4_K, Q5_K 8 of 0..63; IQ4_XS 8 of -32..31; Q3_K 16 of -32..31; Q6_K 16 of -128..127
    uint8_t mn[16]; // minima: Q2_K 16 of 0..15; Q4_K, Q5_K 8 of 0..63
    uint16_t ds[4]; // NVFP4: FP16 bits of each 16's scale, halved
    int8_t q[256];
} qn_block;

// Takes `block` apart; it need not be aligned. Returns QN_ERR_UNSUPPORTED for a type without codes.
int qn_ggml_codes(int type, const void *block, qn_block *out);

// The FP32 values of n elements, a multiple of the type's block (else QN_ERR_RANGE). In a bad file scales may be Inf or NaN, and then
// values too: that is the caller's to refuse.
int qn_ggml_dequant_row(int type, const void *src, float *dst, size_t n);

// Exact values of FP16 and BF16 bit patterns. A NaN stays one.
float qn_ggml_f16(uint16_t bits);
float qn_ggml_bf16(uint16_t bits);

#endif
