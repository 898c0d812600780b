// SPDX-License-Identifier: Apache-2.0
// qn_graph.h: a decoder-only language model as the compiler sees it: sizes, tensors by role, and what was decided about each.
//
// A front end fills sizes and tensors; passes fill the rest, each its own part:
//     qn_llama_import (front)  ->  qn_pass_mix  ->  qn_pass_format  ->  qn_pass_layout  ->  qn_pass_buffers  ->  qn_emit (back)
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

// What tensors stored as floats become (compiler/back/qn_weights.h). Formats by their id, those of compiler/back/qn_quantize.h.
typedef struct qn_weights {
    uint32_t fmt;
    uint32_t sum;               // columns of `fmt` that a weight is the sum of: 1, of BCQ 2 to 4, of dual binary codes 2
    uint32_t wide;              // 0, or the format of some: of outputs, or of groups of inputs
    uint32_t share;             // of them in 1000
    uint32_t groups;            // 1: groups of inputs, 0: outputs
    uint32_t rows;              // 1: a row has one scale
} qn_weights;

typedef struct qn_options {
    const qn_target *target;
    qn_weights weights;
    uint32_t kv_bits, act_bits; // 8 or 16
    bool act_coarse;            // what meets weights has fewer values in the same rows: 4 bits, or of 16 FP8 E4M3
    bool act_ggml;              // what meets weights is quantized as ggml does it (act_bits 8), what meets the cache to 16 bits
    uint32_t context;           // 0: as the model says
} qn_options;

// Tiles are cut at multiples of `tile` outputs and where a zone begins. Those of a zone by their sizes: one that is not the last, all between it
// and the last, the last.
enum qn_tile_kind { QN_TILE_FIRST, QN_TILE_FULL, QN_TILE_LAST, QN_TILE_KINDS };

// What a GEMM takes a tile of: outputs and inputs of a matrix in one format. A matrix is one part; or wide outputs and narrow ones, a zone each; or
// several over the same outputs, whose products add up: groups of inputs that differ in format, or the columns of a sum.
typedef struct qn_matrix_part {
    const qn_fmt *fmt;
    uint32_t output, outputs;
    uint32_t slice, slices;     // of 32 inputs, multiples of the format's block
    uint32_t addr;              // word in the weight window
    uint32_t tile_step;         // words from one tile to the next
    uint32_t words[QN_TILE_KINDS];
} qn_matrix_part;

typedef struct qn_matrix {
    const qn_gguf_tensor *tensor;
    bool requantize;            // stored as floats: quantized by the compiler
    bool one_scale;             // a row has one scale, repeated for each of the format's blocks
    bool dual;                  // a sum's columns are dual binary codes, not BCQ's
    uint32_t outputs, inputs;   // as stored; of queries, keys and values with padded heads
    const uint32_t *out_order, *in_order;    // NULL, or where each was in the file
    uint32_t stripes;           // that columns are dealt out to (fmt.def)
    uint32_t slices;            // of 32 inputs, padded heads included, a multiple of each format's block
    uint32_t depth;             // slices of a tile: all, or of the embedding those of one block (qn_tile_cols)
    uint32_t tile;              // outputs of a full tile, and unless it is the embedding its columns
    uint32_t n_part;
    qn_matrix_part *part;              // zone by zone, in the order of consumption
} qn_matrix;

typedef struct qn_layer {
    qn_matrix m[QN_LAYER_ROLES];
    uint32_t *hidden_order;     // of mixed outputs: where each hidden value was
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
    uint32_t *width_order;      // of mixed outputs: where each value of the residual stream was
    qn_layout lay;
} qn_graph;

void qn_graph_free(qn_graph *g);

// The parts of a matrix over the same outputs, and their tiles.
typedef struct qn_zone {
    uint32_t first, n;          // parts
    uint32_t tiles;
} qn_zone;

qn_zone qn_matrix_zone(const qn_matrix *m, uint32_t first);

// Tile `i` of a zone: its outputs, and the columns that are streamed for them.
typedef struct qn_tile {
    uint32_t output, outputs, cols;
    enum qn_tile_kind kind;
} qn_tile;

qn_tile qn_zone_tile(const qn_matrix *m, const qn_zone *z, uint32_t i);

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
int qn_pass_mix(qn_graph *g, qn_why *why);      // which outputs are wide, and the order that brings them together
int qn_pass_format(qn_graph *g, qn_why *why);   // number formats, padding, tiles
int qn_pass_layout(qn_graph *g, qn_why *why);   // addresses; refuses what does not fit the target's memory

#endif
