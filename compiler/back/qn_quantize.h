// SPDX-License-Identifier: Apache-2.0
// qn_quantize.h: floats to the integers and scales of a number format, a group at a time: what `--weights` asks for.
//
//     int16_t q[128];
//     uint16_t d, m;
//     int err = qn_quantize(qn_fmt_find(QN_FMT_U4MG128), x, 128, q, &d, &m);      // x[i] is about d q[i] - m
//
// Every value that comes out is one that the format has, so what a device computes with it is exact. How the scale is found is no part of any contract.
#ifndef QN_QUANTIZE_H
#define QN_QUANTIZE_H

#include <stdbool.h>
#include <stdint.h>

#include "rtl/spec/qn_isa.h"

// `n` is one group; of groups of 16 two. `q`: integers as the array multiplies them (of a book its values, odd ones odd); `d`, `m`: header bits, FP16 or BF16 as the format has them. Returns
// QN_ERR_NONFINITE for a value, or a scale, that is not finite.
int qn_quantize(const qn_fmt *f, const float *x, uint32_t n, int16_t *q, uint16_t *d, uint16_t *m);

// What weight `k` of a group is then: code q under headers d and m.
double qn_quantize_value(const qn_fmt *f, int16_t q, uint32_t k, uint16_t d, uint16_t m);

// Complex numbers to the nearest of 1, i, -1, -i under a scale for the real and one for the imaginary ones (iFairy, arXiv:2508.05571): a pair of columns of C2, each value
// in one of them.
int qn_quantize_complex(const float *re, const float *im, uint32_t n, int16_t *q_re, int16_t *q_im, uint16_t d[2]);

// Sums of formats: x[i] is about the sum of d[p] q[p][i]. Each part is streamed as a column of its own format, and a GEMM of a part adds to those before it.
// BCQ with a scale for each plane (LUT-GEMM, arXiv:2206.09557): `parts` binary columns (B1 and its groups), each of what those before it have left.
int qn_quantize_binary_sum(const float *x, uint32_t n, unsigned parts, int16_t *const q[], uint16_t d[]);
// Dual binary codes (DB-LLM, arXiv:2402.11960): two columns of 0 and -1 (S1 and its groups), the planes of 2-bit codes under the two scales that suit them best.
int qn_quantize_dual(const float *x, uint32_t n, int16_t *const q[2], uint16_t d[2]);

// Formats that floats are quantized to. `name` is that of fmt.def without its group ("s4", "nf4"), or GGUF's ("q4_0"); group 0: the format's smallest, else 32 to 256 weights.
// NULL where there is none.
const qn_fmt *qn_quantize_format(const char *name, uint32_t group);
// Weights that share a scale.
uint32_t qn_quantize_group(const qn_fmt *f);
// The same for rows of `inputs` weights: the largest group of `f`'s that divides them and is not above f's own, else the smallest.
const qn_fmt *qn_quantize_fitting(const qn_fmt *f, uint32_t inputs);
// For a message: the groups of the format `name`, "32 128 256", or all names where there is none of that name. n is 16 or more.
void qn_quantize_list(const char *name, char *out, uint32_t n);

// FP32 to FP16, round to nearest even; too large gives infinity.
uint16_t qn_to_half(float x);
bool qn_finite_half(uint16_t h);

#endif
