// SPDX-License-Identifier: Apache-2.0
// qn_lower.h: operators to instructions. Used by the back end's own files only.
//
// Registers keep their meaning through a program: POS, CNT, ROWS, LAYER, TILE always; the others within one operator.
#ifndef QN_LOWER_H
#define QN_LOWER_H

#include "compiler/back/qn_abi.h"
#include "compiler/back/qn_asm.h"
#include "compiler/pass/qn_buffers.h"

enum qn_lower_reg {
    QN_R_POS = 1,                 // position of the first token
    QN_R_CNT,                     // tokens in this step
    QN_R_ROWS,                    // array rows they take in attention
    QN_R_LAYER,                   // offset of the layer's row in the table
    QN_R_TILE,                    // first accumulator column of the tile in hand
    QN_R_A, QN_R_B, QN_R_C, QN_R_D, QN_R_E, QN_R_F, QN_R_G, QN_R_WORDS, QN_R_TMP, QN_R_PASS,
};

// Counting semaphores. "FREE" counts empty places, from a prologue on; the others count things done.
enum qn_lower_sem {
    QN_S_TILE_FREE = 1, QN_S_TILE_DONE,      // accumulator tiles: vector -> matrix, matrix -> vector
    QN_S_SLICE,                              // slices quantized: vector -> matrix
    QN_S_KEY_STORED, QN_S_VAL_STORED,        // store -> load
    QN_S_RECORD,                             // record ready: vector -> store
    QN_S_LOADED, QN_S_LOAD_FREE,             // tables and norm weights: load -> vector and back
    QN_S_SV, QN_S_SV_FREE,                   // value scales
    QN_S_SCORE_FREE, QN_S_SCORE_DONE,        // score tiles
    QN_S_P, QN_S_PV,                         // probabilities quantized; their product with the values done
    QN_S_LOGIT,                              // logits copied out: store -> vector
};

// A layer's row in the table.
enum qn_layer_word { QN_T_NORM_ATTN, QN_T_NORM_FFN, QN_T_KEY, QN_T_VAL, QN_T_SCALE, QN_T_MATRIX };
// Of each part of each matrix; words of a zone's first, full and last tile, as qn_tile_kind has them.
enum qn_part_word { QN_T_ADDR, QN_T_FMT, QN_T_FIRST, QN_T_WORDS, QN_T_LAST, QN_T_SLICE, QN_T_PART_WORDS };
enum qn_token_row { QN_C_KEY, QN_C_KEY_SCALE, QN_C_VALUE, QN_C_ROWS };       // of 32 words each
enum qn_pass_word { QN_P_KEY, QN_P_VAL, QN_P_SCALE, QN_P_QUERY, QN_P_OFFSET, QN_P_SLICE, QN_P_ROW };

typedef struct qn_lower {
    qn_asm *a;
    const qn_graph *g;
    qn_buffers b;
    bool decode;
    uint32_t layer_table, token_table, pass_table;
    uint32_t row;                 // words of a layer in the table
    uint32_t role_at[QN_LAYER_ROLES];        // where a matrix's parts begin in it: the same in all layers
    uint32_t key_tile;            // tiles of the keys' matrix written so far
} qn_lower;

// Rows of the step: tokens, and array rows.
static inline qn_val qn_lower_tokens(const qn_lower *l)
{
    return l->decode ? V(1) : R(QN_R_CNT, 0);
}

static inline qn_val qn_lower_rows(const qn_lower *l)
{
    return l->decode ? V(l->b.wide[QN_FOR_WEIGHTS]) : R(l->b.wide[QN_FOR_WEIGHTS] == 2 ? QN_R_ROWS : QN_R_CNT, 0);
}

// Where the table has a matrix of the layer in hand.
static inline uint32_t qn_lower_table(const qn_lower *l, enum qn_role r)
{
    return l->layer_table + l->role_at[r];
}

// Accumulators of the tile in hand, from its column `col` on.
static inline qn_val qn_lower_acc(uint32_t col)
{
    return R(QN_R_TILE, col);
}

void qn_lower_next_tile(qn_lower *l);

// Vector operator with both sources in the vector buffer, one stride for all; scalars (b) are groups of eight.
void qn_lower_vec(qn_lower *l, enum qn_vec fn, qn_val dst, qn_val a, qn_val b, qn_val n, qn_val rows, uint32_t stride);
void qn_lower_scalar(qn_lower *l, enum qn_vec fn, qn_val dst, qn_val a, qn_val b, uint32_t bstride, qn_val n, qn_val rows, uint32_t stride);
// Sum or maximum of `n` elements of each row, in place; the result's group stands 24 words behind the row's start.
void qn_lower_halve(qn_lower *l, enum qn_vec fn, qn_val at, uint32_t n, qn_val rows, uint32_t stride);
// Accumulators (high + low rows added) to dst; the first instruction waits, the last posts.
void qn_lower_read(qn_lower *l, enum qn_operand of, qn_val dst, qn_val acc, qn_val n, qn_val rows, uint32_t dstride, unsigned wait, unsigned post);
void qn_lower_quant(qn_lower *l, enum qn_operand of, qn_val src, qn_val dst, uint32_t n, uint32_t lo, uint32_t hi, qn_val rows, uint32_t stride,
                    int block);
void qn_lower_stream(qn_lower *l, qn_val addr, qn_val words, qn_val runs, uint32_t stride, qn_val fmt, qn_val cols, unsigned window,
                     enum qn_kind kind);
typedef struct qn_gemm_args {
    qn_val slice, slices, cols, rows, acc, fmt;
    bool unit, accum;
} qn_gemm_args;
void qn_lower_gemm(qn_lower *l, qn_gemm_args x, qn_sems s);
// Loads n FP32 words of the image; `addr` in words.
void qn_lower_load(qn_lower *l, qn_val addr, qn_val n, uint32_t dst, qn_sems s);

// Slices of `src` for each block length in `mask`; one post when all are there.
void qn_lower_slices(qn_lower *l, qn_val src, uint32_t mask, const uint32_t base[QN_BLOCKS], qn_val offset, uint32_t slices, uint32_t hi, qn_val rows,
                     uint32_t stride, bool post);

// A matrix of several parts: begin asks memory for the first of its first tile, run does the rest. `read` takes `cols` outputs of a tile whose first one
// is R_C, `lead` more than a multiple of 32; `first`: the matrix's first tile. Registers A, B, E, WORDS, PASS; C output column.
typedef void qn_lower_reader(qn_lower *l, uint32_t cols, uint32_t lead, bool first);
void qn_lower_parts_begin(qn_lower *l, const qn_matrix *m, uint32_t table);
void qn_lower_parts_run(qn_lower *l, const qn_matrix *m, uint32_t table, qn_val rows, unsigned wait, qn_lower_reader *read);
// One tile of a zone, for those who go through tiles themselves: the address in A moves on past it. `asked`: its first part has been streamed.
void qn_lower_parts_tile(qn_lower *l, const qn_matrix *m, const qn_zone *z, uint32_t table, const qn_tile *t, qn_val acc, qn_val rows, qn_sems s, bool asked);
// A and the first part of a zone's first tile.
void qn_lower_parts_ask(qn_lower *l, const qn_matrix *m, const qn_zone *z, uint32_t table);

// Feed-forward up to the slices of the hidden vector.
void qn_lower_feed_begin(qn_lower *l);
void qn_lower_feed(qn_lower *l);

// Attention over the cache: queries rotated and scaled in the q buffer, the step's keys and values on their way to memory.
// The queries must have been quantized by qn_lower_queries; the result stands in the q buffer.
void qn_lower_queries(qn_lower *l);
void qn_lower_attend(qn_lower *l);

// The whole program: both entries, tables, marks.
int qn_lower_program(qn_asm *a, const qn_graph *g, const qn_buffers *decode, const qn_buffers *prefill, uint32_t entry[QN_ENTRIES]);

#endif
