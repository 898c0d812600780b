// SPDX-License-Identifier: Apache-2.0
// qn_graph.h: a decoder-only language model as the compiler sees it: sizes, tensors by role, and what was decided about each.
//
// A front end fills sizes and tensors; passes fill the rest, each its own part:
//     qn_llama_import (front)  ->  qn_pass_format  ->  qn_pass_layout  ->  qn_pass_buffers  ->  qn_emit (back)
// Shapes are (outputs x inputs), a row of `inputs` contiguous, as GGUF stores them. Tensor data stays the GGUF file's.
#ifndef QN_GRAPH_H
#define QN_GRAPH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "compiler/front/qn_gguf.h"
#include "driver/qn_err.h"
#include "rtl/spec/qn_isa.h"

// Matrices of a layer, in the order in which a token meets them, then those of the whole model.
enum qn_role { QN_ROLE_Q, QN_ROLE_K, QN_ROLE_V, QN_ROLE_O, QN_ROLE_GATE, QN_ROLE_UP, QN_ROLE_DOWN, QN_LAYER_ROLES,
               QN_ROLE_EMBED = QN_LAYER_ROLES, QN_ROLE_LOGITS, QN_ROLES };

enum { QN_LAYERS_MAX = 512 };

// How rotary embedding pairs the dimensions of a head.
enum qn_pairing { QN_PAIR_ADJACENT, QN_PAIR_HALVES };

typedef struct qn_dims {
    uint32_t width, hidden, layers, heads, kv_heads, head, vocab, context;
    uint32_t rope;              // dimensions of a head that rotate, even
    enum qn_pairing pairing;
    float rope_base, eps;
    bool tied;                  // logits use the embedding's weights
} qn_dims;

typedef struct qn_options {
    const qn_target *target;
    const qn_fmt *weights;      // for tensors stored as floats: one of compiler/back/qn_quantize.h
    bool weight_rows;           // a row of them has one scale
    uint32_t kv_bits, act_bits; // 8 or 16
    bool act_ggml;              // what meets weights is quantized as ggml does it (act_bits 8), what meets the cache to 16 bits
    uint32_t context;           // 0: as the model says
} qn_options;

typedef struct qn_matrix {
    const qn_gguf_tensor *tensor;
    const qn_fmt *fmt;          // what it is streamed as
    bool requantize;            // stored as floats: quantized by the compiler
    bool one_scale;             // a row has one scale, repeated for each of the format's blocks
    uint32_t outputs, inputs;   // as stored; of queries, keys and values with padded heads
    uint32_t stripes;           // that columns are dealt out to (fmt.def)
    uint32_t cols;              // streamed columns: outputs with padded heads, rounded up to what the target streams
    uint32_t slices;            // of 32 inputs, padded heads included, a multiple of the format's block
    uint32_t depth;             // slices of a tile: all, or of the embedding those of one block (qn_tile_cols)
    uint32_t tile;              // outputs of a full tile, and unless it is the embedding its columns
    uint32_t addr;              // word in the weight window
    uint32_t tile_step;         // words from one tile to the next
    uint32_t tile_words, last_words;
} qn_matrix;

typedef struct qn_layer {
    qn_matrix m[QN_LAYER_ROLES];
    const qn_gguf_tensor *norm_attn, *norm_ffn;
    uint32_t norm_attn_addr, norm_ffn_addr;
} qn_layer;

// Where things lie in the device's memory; words.
typedef struct qn_layout {
    uint32_t head_pad;          // head rounded up to 8
    uint32_t kv_blocks;         // blocks of 32 dimensions of the concatenated keys (and values)
    uint32_t group_heads;       // KV heads that fill whole blocks together (the last group may have fewer)
    uint32_t ctx_blocks;        // blocks of 32 tokens
    uint32_t key_tile, val_tile;// words of a block of 32 tokens x 32 dimensions
    uint32_t key_layer, val_layer, scale_layer;   // words of a layer in each region
    uint32_t key_addr, val_addr, scale_addr;      // first word of each region in the KV window
    uint32_t kv_words;
    uint32_t rope_addr, rope_step;                // tables of a position: cosines and signed sines, head_pad words each
    uint32_t norm_out_addr, const_addr;
    uint32_t scratch_addr;      // in the I/O window: attention's outputs on their way to stand side by side, where heads are padded
    uint32_t image_words, io_words, code_addr;
} qn_layout;

typedef struct qn_graph {
    qn_dims dims;
    qn_options opt;
    qn_layer *layer;            // dims.layers of them
    qn_matrix embed, logits;    // tied: the same addresses
    const qn_gguf_tensor *norm_out;
    qn_layout lay;
} qn_graph;

void qn_graph_free(qn_graph *g);

// Columns of a tile of `outputs` outputs: pair by pair each one's pieces, then zeros up to what the target streams. A matrix is one piece deep; the
// embedding is as many as a row has blocks, so that those of two tokens stand side by side.
static inline uint32_t qn_tile_cols(uint32_t outputs, uint32_t pieces, uint32_t stripes)
{
    uint32_t unit = qn_stripe_unit(stripes);
    return (outputs * pieces + unit - 1) / unit * unit;
}

// The one that has piece `piece` of the tile's output `output`.
static inline uint32_t qn_tile_col(uint32_t output, uint32_t piece, uint32_t pieces)
{
    return 2 * (output / 2 * pieces + piece) + output % 2;
}

// Passes. Each needs those before it.
int qn_pass_format(qn_graph *g, qn_why *why);   // number formats, padding, tiles
int qn_pass_layout(qn_graph *g, qn_why *why);   // addresses; refuses what does not fit the target's memory

#endif
