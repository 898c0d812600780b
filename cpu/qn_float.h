// SPDX-License-Identifier: Apache-2.0
// qn_float.h: a llama model in FP32, as its GGUF file means it: what Quern's own numerics are compared with.
//
//     qn_graph g;
//     qn_float_model *f;
//     int err = qn_llama_import(&g, gguf, &why);
//     if (!err)
//         err = qn_float_open(&f, &g, 512, &why);            // 512 positions of KV cache; 0: as many as the model has
//     for (uint32_t pos = 0; !err && pos < n; pos++)
//         err = qn_float_step(f, tokens[pos], pos, logits);  // vocab of them, or NULL
//     qn_float_close(f);
//
// Weights are dequantized whole, activations and cache are never quantized. Sums are in no particular order: bits may differ between
// machines. Judged by llama.cpp's logits in tests/cpu/test_float.c.
#ifndef QN_FLOAT_H
#define QN_FLOAT_H

#include "compiler/ir/qn_graph.h"

typedef struct qn_float_model qn_float_model;

// Copies what it needs of the graph. Refuses, by name, a tensor with values that are not finite. On error *out is NULL.
int qn_float_open(qn_float_model **out, const qn_graph *g, uint32_t context, qn_why *why);
void qn_float_close(qn_float_model *f); // NULL is fine

// Takes the token at position `pos` and, unless `logits` is NULL, gives the logits of the one after it. Positions before `pos` must
// have been taken. QN_ERR_RANGE for a token beyond the vocabulary, QN_ERR_CONTEXT for a position beyond the cache.
int qn_float_step(qn_float_model *f, uint32_t token, uint32_t pos, float *logits);

#endif
