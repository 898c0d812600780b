// SPDX-License-Identifier: Apache-2.0
// qn_prog.h: a compiled program: what a `.qn` file holds. Sizes in words of 4 bytes unless said otherwise.
//
//     qn_prog p;
//     int err = qn_compile(&p, gguf, &options, &why);       // or qn_prog_read(&p, "model.qn", &why)
//     ...
//     qn_prog_free(&p);
#ifndef QN_PROG_H
#define QN_PROG_H

#include "compiler/ir/qn_graph.h"

enum qn_prog_entry { QN_ENTRY_DECODE, QN_ENTRY_PREFILL, QN_ENTRIES };

// From instruction `at` on (up to the next mark), code belongs to operator `name`.
typedef struct qn_mark {
    uint32_t at;
    char name[16];
} qn_mark;

// A part of a matrix (qn_graph.h) as it lies in the image, for executors that follow the graph instead of the instructions.
typedef struct qn_prog_part {
    uint32_t fmt, output, outputs, slice, slices, tile, addr, tile_step;
} qn_prog_part;

// Parts `first` and so on; where several have the same outputs, their products add up in this order.
typedef struct qn_prog_matrix {
    uint32_t outputs, inputs, first, parts;
} qn_prog_matrix;

typedef struct qn_prog_layer {
    qn_prog_matrix m[QN_LAYER_ROLES];
    uint32_t norm_attn_addr, norm_ffn_addr;
} qn_prog_layer;

typedef struct qn_prog {
    char target[16];
    char model[64];               // general.name, printable ASCII
    qn_dims dims;
    uint32_t kv_bits, act_bits, act_ggml, act_coarse, context;       // qn_options
    qn_weights weights;
    uint32_t chunk;               // tokens that the prefill entry takes at most
    uint32_t entry[QN_ENTRIES];   // instruction index
    qn_layout lay;
    qn_prog_layer *layer;         // dims.layers
    qn_prog_matrix embed, logits;
    qn_prog_part *part;
    uint32_t n_part;

    uint32_t n_code;              // instructions
    uint32_t code_words;          // instructions and the tables behind them; they also stand in the image at lay.code_addr
    uint32_t *image;              // lay.image_words: window QN_WIN_IMAGE
    qn_mark *mark;
    uint32_t n_mark;

    uint8_t *vocab;               // tokenizer section, bytes as qn_token_spec_pack makes them; may be NULL
    size_t vocab_bytes;
} qn_prog;

void qn_prog_free(qn_prog *p);

// Where window `w` starts in device memory, its size, and whether the device may write it.
typedef struct qn_prog_window {
    uint32_t base, size;
    bool writable;
} qn_prog_window;
qn_prog_window qn_prog_window_of(const qn_prog *p, unsigned w);

#endif
