// SPDX-License-Identifier: Apache-2.0
// qn_buffers.h: where a program keeps its values on the chip: words of the vector buffer, slices of the slice buffer, columns of the
// accumulators. One plan for each entry: decode takes one token, prefill up to `tokens`.
#ifndef QN_BUFFERS_H
#define QN_BUFFERS_H

#include "compiler/ir/qn_graph.h"

enum { QN_BLOCKS = 4 };                      // activation blocks of 32 << i

// What activations are multiplied with.
enum qn_operand { QN_FOR_WEIGHTS, QN_FOR_CACHE, QN_OPERANDS };

// Attention goes in passes: `kv` KV heads with `queries` query heads each are rows of one pass.
typedef struct qn_pass {
    uint32_t head;                           // first query head
    uint32_t kv_block, offset;               // first block of 32 dimensions; where the first KV head starts in it
} qn_pass;

typedef struct qn_buffers {
    uint32_t tokens, wide[QN_OPERANDS];      // wide: array rows of a token (16-bit activations: 2); the cache's are no fewer than the weights'
    uint32_t width_pad, q_width, kv_pad, rec_stride;
    // Vector buffer, first words
    uint32_t consts, rope, norm_w[2], x, y, kv, q, key_rec, val_rec, s, s2, m, l, alpha, alpha_old, m_new, inv_l, sv, h, e, tmp, rot, logit;
    uint32_t h_width;                        // hidden values quantized together
    // Slice buffer, first slices; one copy for each block length in use
    uint32_t blocks_in, blocks_o, blocks_down, blocks_logits;   // bit i: some matrix wants blocks of 32 << i
    uint32_t slice_in[QN_BLOCKS], slice_o[QN_BLOCKS], slice_h[QN_BLOCKS], slice_q, slice_p;
    // Attention
    uint32_t pass_kv, pass_queries, pass_blocks, n_pass;
    uint32_t acc_pv;
} qn_buffers;

// Plans for `tokens` tokens at a time; QN_ERR_TOO_LARGE says which buffer is too small.
int qn_pass_buffers(const qn_graph *g, bool decode, uint32_t tokens, qn_buffers *b, qn_why *why);

// Pass i of the plan.
qn_pass qn_buffers_pass(const qn_graph *g, const qn_buffers *b, uint32_t i);

#endif
