// SPDX-License-Identifier: Apache-2.0
// qn_block.h: blocks of the numeric contract: streamed columns times slices, in the order of rtl/spec/README.md.
//
//     qn_block_rows rows = {.rows = 1, .a = &a, .sums = &sums, .scale = &scale, .sum_scale = &scale, .acc = &acc};
//     qn_block_gemm(fmt, words, cols, &rows);      // one float block: fmt->block slices of `cols` columns
//
// No machine here: no buffers, no addresses. Bits depend on nothing but the arguments.
#ifndef QN_BLOCK_H
#define QN_BLOCK_H

#include "rtl/spec/qn_isa.h"

// The activations of a float block for each row, and where its results go.
typedef struct qn_block_rows {
    uint32_t rows;
    const int16_t *const *a;         // [row]: block x 32 codes
    const int16_t *const *sums;      // [row]: block x 2, the sums of codes 0..15 and 16..31
    const float *scale;              // [row]
    const float *sum_scale;          // [row]: what sums are multiplied with where a format has minima and no sub-scales
    float *const *acc;               // [row]: cols accumulators, updated
} qn_block_rows;

// Words of one float block of `cols` columns.
uint64_t qn_block_words(const qn_fmt *f, uint32_t cols);

void qn_block_gemm(const qn_fmt *f, const uint32_t *words, uint32_t cols, const qn_block_rows *r);

// The same without what only some machines have (AVX-512); for tests.
void qn_block_gemm_plain(const qn_fmt *f, const uint32_t *words, uint32_t cols, const qn_block_rows *r);

#endif
