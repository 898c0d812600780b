// SPDX-License-Identifier: Apache-2.0
// qn_unpack.h: a matrix, or a part of one, taken out of a program's image, and its product with quantized activations.
//
//     qn_unpacked m;
//     qn_acts a;
//     int err = qn_unpack(&m, &prog->part[prog->layer[0].m[QN_ROLE_Q].first], planes, prog->image, prog->lay.image_words, &why);
//     if (!err)
//         err = qn_acts_new(&a, m.slices);
//     qn_acts_quantize(&a, x, m.slices, m.fmt->block, 8, &nonfinite);       // x: 32 x slices values
//     qn_multiply(&m, &a, y);                                              // y: m.outputs values
//     qn_unpacked_free(&m);
//     qn_acts_free(&a);
//
// The law is rtl/spec/README.md (GEMM, QUANT) and rtl/spec/fmt.def; this is a second reading of it, which shares nothing with
// sim/model but the arithmetic of single numbers.
#ifndef QN_UNPACK_H
#define QN_UNPACK_H

#include "compiler/back/qn_prog.h"

// Row by row: what the device streams column by column.
typedef struct qn_unpacked {
    const qn_fmt *fmt;
    uint32_t output, slice;      // of a part: which of the matrix's outputs and slices it begins with
    uint32_t outputs, slices, blocks;
    int8_t *code;                // [output][32 x slices]
    int8_t *high;                // the same: codes of more than 8 bits are 128 high + code, code 0..127; NULL for others
    uint16_t *sub;               // [output][slices]; NULL where the format has no second level
    float *d, *m;                // [output][blocks]; m NULL where the format has no minimum
} qn_unpacked;

// A part whose columns are dealt out to `planes` stripes; the embedding, whose tiles are two rows. Refuses what does not lie inside the
// image's `words`. Also after an error *u may be freed.
int qn_unpack(qn_unpacked *u, const qn_prog_part *m, uint32_t planes, const uint32_t *image, uint32_t words, qn_why *why);
int qn_unpack_embedding(qn_unpacked *u, const qn_prog_part *m, uint32_t planes, const uint32_t *image, uint32_t words, qn_why *why);
void qn_unpacked_free(qn_unpacked *u);

// Row `output` as the device looks an embedding up: 32 x slices values.
void qn_unpacked_row(const qn_unpacked *u, uint32_t output, float *x);

// Activations: of 8 bits one row of codes, of 16 two, the high and the low part.
typedef struct qn_acts {
    uint32_t rows, block;
    int16_t *code[2];            // [32 x slices]
    float *scale[2];             // [block]
    bool q8_1;                   // ggml's, of one slice: sums are there multiplied, as FP16
    float *sum;                  // [block]
} qn_acts;

int qn_acts_new(qn_acts *a, uint32_t slices_max);
void qn_acts_free(qn_acts *a);

// 32 x slices values in blocks of `block` slices. Sets *nonfinite if one of them is not finite.
void qn_acts_quantize(qn_acts *a, const float *x, uint32_t slices, uint32_t block, uint32_t bits, int *nonfinite);
// The same with fewer values: `bits` 8: of 4 bits; 16: FP8 E4M3 (qn_quant_coarse).
void qn_acts_quantize_coarse(qn_acts *a, const float *x, uint32_t slices, uint32_t block, uint32_t bits, int *nonfinite);
// The same with 8 bits and ggml's rules; `block` is 1 or 8.
void qn_acts_quantize_ggml(qn_acts *a, const float *x, uint32_t slices, uint32_t block, int *nonfinite);

// Adds the products of a part to acc[row][output] for each row of the activations, which are those of the whole matrix.
void qn_accumulate(const qn_unpacked *u, const qn_acts *a, float *const acc[2]);
// The products of `n` outputs, whose sums of high and low parts are complete.
void qn_acts_sum(const qn_acts *a, uint32_t n, const float *const acc[2], float *y);
// All of that for a matrix of one part.
void qn_multiply(const qn_unpacked *u, const qn_acts *a, float *y);

#endif
