// SPDX-License-Identifier: Apache-2.0
// A language model's two entries, operator by operator. STREAMs stand as early as they can: the first tile of a matrix is asked for before
// the vector work whose result it will meet, so that memory never waits for arithmetic while the FIFO has room.
#include <string.h>

#include "compiler/back/qn_lower.h"

// ---- one matrix: registers A address, B format, C output column, D first slice, E last tile's words, WORDS a full tile's words
static uint32_t tile_cols(const qn_matrix *m, uint32_t i)
{
    const qn_zone z = qn_matrix_zone(m, 0);
    return qn_zone_tile(m, &z, i).cols;
}

static uint32_t tile_count(const qn_matrix *m)
{
    return qn_matrix_zone(m, 0).tiles;
}

static void matrix_load(qn_lower *l, uint32_t table)
{
    qn_asm_ldt(l->a, QN_R_A, QN_R_LAYER, table + QN_T_ADDR);
    qn_asm_ldt(l->a, QN_R_B, QN_R_LAYER, table + QN_T_FMT);
    qn_asm_ldt(l->a, QN_R_WORDS, QN_R_LAYER, table + QN_T_WORDS);
    qn_asm_ldt(l->a, QN_R_E, QN_R_LAYER, table + QN_T_LAST);
    qn_asm_ldt(l->a, QN_R_D, QN_R_LAYER, table + QN_T_SLICE);
    qn_asm_set(l->a, QN_R_C, V(0));
}

// Loads the registers and asks memory for the first tile.
static void matrix_begin(qn_lower *l, const qn_matrix *m, uint32_t table)
{
    if (m->n_part > 1) {
        qn_lower_parts_begin(l, m, table);
        return;
    }
    matrix_load(l, table);
    qn_lower_stream(l, R(QN_R_A, 0), R(tile_count(m) == 1 ? QN_R_E : QN_R_WORDS, 0), V(1), 0, R(QN_R_B, 0), V(tile_cols(m, 0)), QN_WIN_IMAGE,
                    QN_KIND_WEIGHTS);
}

static void matrix_tile(qn_lower *l, const qn_matrix *m, uint32_t cols, uint32_t read_cols, qn_val rows, bool first, bool last, unsigned wait,
                        qn_lower_reader *read)
{
    if (!first)
        qn_lower_stream(l, R(QN_R_A, 0), R(last ? QN_R_E : QN_R_WORDS, 0), V(1), 0, R(QN_R_B, 0), V(cols), QN_WIN_IMAGE, QN_KIND_WEIGHTS);
    qn_lower_gemm(l, (qn_gemm_args){.slice = R(QN_R_D, 0), .slices = V(m->slices), .cols = V(cols), .rows = rows, .acc = qn_lower_acc(0),
                                    .fmt = R(QN_R_B, 0)},
                  (qn_sems){.wait = {QN_S_TILE_FREE, wait}, .post = {QN_S_TILE_DONE}});
    read(l, read_cols, 0, first);
    qn_lower_next_tile(l);
    qn_asm_alu(l->a, QN_ALU_ADD, QN_R_A, R(QN_R_A, 0), R(QN_R_WORDS, 0));
    qn_asm_alu(l->a, QN_ALU_ADD, QN_R_C, R(QN_R_C, 0), V(m->tile));
}

// Full tiles between the first and a last one that is shorter: a loop.
static uint32_t tiles_in_loop(const qn_matrix *m)
{
    uint32_t n = tile_count(m);
    if (m->n_part > 1)
        return n > 2 ? n - 2 : 0;
    return n - 1 - (m->outputs % m->tile && n > 1);
}

// The tiles after `matrix_begin`. `wait` is for the first alone: the slices that all of them share.
static void matrix_run(qn_lower *l, const qn_matrix *m, uint32_t table, qn_val rows, unsigned wait, qn_lower_reader *read)
{
    if (m->n_part > 1) {
        qn_lower_parts_run(l, m, table, rows, wait, read);
        return;
    }
    uint32_t n = tile_count(m), whole = tiles_in_loop(m), outputs = m->outputs;
    matrix_tile(l, m, tile_cols(m, 0), n == 1 ? outputs : m->tile, rows, true, n == 1, wait, read);
    if (whole) {
        qn_asm_loop(l->a, V(whole));
        matrix_tile(l, m, m->tile, m->tile, rows, false, false, 0, read);
        qn_asm_loop_end(l->a);
    }
    if (n > 1 + whole)
        matrix_tile(l, m, tile_cols(m, n - 1), outputs - (n - 1) * m->tile, rows, false, true, 0, read);
}

static void read_to(qn_lower *l, uint32_t cols, uint32_t base, uint32_t stride)
{
    qn_lower_read(l, QN_FOR_WEIGHTS, R(QN_R_C, base), qn_lower_acc(0), V(cols), qn_lower_tokens(l), stride, QN_S_TILE_DONE, QN_S_TILE_FREE);
}

static void read_query(qn_lower *l, uint32_t cols, uint32_t lead, bool first)
{
    (void)lead;
    (void)first;
    read_to(l, cols, l->b.q, l->b.q_width);
}

static void read_kv(qn_lower *l, uint32_t cols, uint32_t lead, bool first)
{
    (void)lead;
    (void)first;
    read_to(l, cols, l->b.kv, l->b.kv_pad);
}

// The residual, and its squares for the norm that follows: only those of the last tile are not hidden behind the stream.
static void read_residual(qn_lower *l, uint32_t cols, uint32_t lead, bool first)
{
    (void)first;
    qn_val x = R(QN_R_C, l->b.x), y = R(QN_R_C, l->b.y), tokens = qn_lower_tokens(l);
    uint32_t stride = l->b.width_pad, tile = l->g->layer[0].m[QN_ROLE_Q].tile;
    if (l->b.wide[QN_FOR_WEIGHTS] == 2) {
        qn_lower_read(l, QN_FOR_WEIGHTS, V(l->b.tmp), qn_lower_acc(0), V(cols), tokens, tile, QN_S_TILE_DONE, QN_S_TILE_FREE);
        qn_asm_vec(l->a, (qn_vec_args){.fn = QN_VEC_ADD, .dst = x, .a = V(l->b.tmp), .b = x, .n = V(cols), .rows = tokens, .dstride = stride,
                                       .astride = tile, .bstride = stride});
    } else {
        qn_asm_vec(l->a, (qn_vec_args){.fn = QN_VEC_ADD, .dst = x, .a = qn_lower_acc(0), .b = x, .n = V(cols), .rows = tokens, .dstride = stride,
                                       .astride = QN_ACC_ROW, .bstride = stride, .acc = true});
        qn_asm_sync(l->a, (qn_sems){.wait = {QN_S_TILE_DONE}, .post = {QN_S_TILE_FREE}});
    }
    qn_lower_vec(l, QN_VEC_MUL, y, x, x, V((lead + cols + 31) / 32 * 32 - lead), tokens, stride);      // with the last tile the padding, zeros
}

// ---- norm: y = x * rsqrt(mean(x * x) + eps) * w, then slices; the squares stand in y already, padding as zeros
static void squares(qn_lower *l, qn_val x, qn_val rows)
{
    qn_lower_vec(l, QN_VEC_MUL, V(l->b.y), x, x, V(l->b.width_pad), rows, l->b.width_pad);
}

static void norm(qn_lower *l, qn_val x, int weights, qn_val rows)
{
    const qn_buffers *b = &l->b;
    uint32_t w = b->width_pad;
    qn_val y = V(b->y), part = V(b->y + 24), n = V(w), r = V(b->m_new);
    qn_lower_halve(l, QN_VEC_ADD, y, (l->g->dims.width + 31) / 32 * 32, rows, w);        // what a longer block pads is no part of it
    qn_asm_vec(l->a, (qn_vec_args){.fn = QN_VEC_MUL, .dst = r, .a = part, .b = V(b->consts + 8 * QN_CONST_INV_WIDTH), .n = V(8), .rows = rows,
                                   .dstride = 8, .astride = w});
    qn_lower_scalar(l, QN_VEC_ADD, r, r, V(b->consts + 8 * QN_CONST_EPS), 0, V(8), rows, 8);
    qn_lower_vec(l, QN_VEC_RSQRT, r, r, V(0), V(8), rows, 8);
    qn_lower_scalar(l, QN_VEC_MUL, y, x, r, 8, n, rows, w);
    qn_asm_vec(l->a, (qn_vec_args){.fn = QN_VEC_MUL, .dst = y, .a = y, .b = V(b->norm_w[weights]), .n = V(l->g->dims.width), .rows = rows,
                                   .dstride = w, .astride = w});
    qn_asm_sync(l->a, (qn_sems){.wait = {QN_S_LOADED}, .post = {QN_S_LOAD_FREE}});
}

static void quantize_norm(qn_lower *l, qn_val rows)
{
    qn_lower_slices(l, V(l->b.y), l->b.blocks_in, l->b.slice_in, V(0), l->b.width_pad / 32, l->g->dims.width, rows, l->b.width_pad, true);
}

// ---- embedding: the codes of a pair of rows, all blocks side by side, past unit vectors
static void embed(qn_lower *l)
{
    enum { ADDR = QN_R_A, LANE = QN_R_B, DST = QN_R_C, ODD = QN_R_D, OUT = QN_R_F, TMP = QN_R_TMP, ARG = QN_R_PASS };
    const qn_matrix *m = &l->g->embed;
    const qn_buffers *b = &l->b;
    qn_asm *a = l->a;
    uint32_t block = 32u * m->depth, blocks = m->slices / m->depth, cols = qn_tile_cols(m->tile, blocks, m->stripes), fmt = m->part->fmt->id, words = m->part->words[QN_TILE_FULL];
    uint32_t rows = l->g->opt.target->rows < block ? l->g->opt.target->rows : block;
    uint32_t base = qn_asm_put(a, m->part->addr);
    qn_asm_mark(a, "embed");
    qn_asm_set(a, ARG, V(QN_ARG_TOKEN));
    qn_asm_set(a, DST, V(b->x));
    if (!l->decode)
        qn_asm_loop(a, R(QN_R_CNT, 0));
    qn_asm_lda(a, TMP, R(ARG, 0));
    qn_asm_alu(a, QN_ALU_AND, ODD, R(TMP, 0), V(1));
    qn_asm_alu(a, QN_ALU_SHR, TMP, R(TMP, 0), V(1));
    qn_asm_alu(a, QN_ALU_MUL, TMP, R(TMP, 0), V(m->part->tile_step));
    qn_asm_ldt(a, ADDR, 0, base);
    qn_asm_alu(a, QN_ALU_ADD, ADDR, R(ADDR, 0), R(TMP, 0));
    qn_asm_set(a, LANE, V(0));
    qn_asm_set(a, OUT, R(DST, 0));
    qn_asm_loop(a, V(block / rows));
    qn_lower_stream(l, R(ADDR, 0), V(words), V(1), 0, V(fmt), V(cols), QN_WIN_IMAGE, QN_KIND_WEIGHTS);
    qn_lower_gemm(l, (qn_gemm_args){.slice = R(LANE, 0), .slices = V(m->depth), .cols = V(cols), .rows = V(rows), .acc = qn_lower_acc(0),
                                    .fmt = V(fmt), .unit = true},
                  (qn_sems){.wait = {QN_S_TILE_FREE}, .post = {QN_S_TILE_DONE}});
    qn_asm_alu(a, QN_ALU_ADD, TMP, R(QN_R_TILE, 0), R(ODD, 0));
    qn_asm_op(a, QN_OP_EMBED);
    qn_asm_slot(a, QN_SLOT_EMBED_DST, R(OUT, 0));
    qn_asm_slot(a, QN_SLOT_EMBED_A, R(TMP, 0));
    qn_asm_slot(a, QN_SLOT_EMBED_N, V(blocks));
    qn_asm_slot(a, QN_SLOT_EMBED_ROWS, V(rows));
    qn_asm_slot(a, QN_SLOT_EMBED_STEP, V(block));
    qn_asm_sync(a, (qn_sems){.wait = {QN_S_TILE_DONE}, .post = {QN_S_TILE_FREE}});
    qn_lower_next_tile(l);
    qn_asm_alu(a, QN_ALU_ADD, LANE, R(LANE, 0), V(rows));
    qn_asm_alu(a, QN_ALU_ADD, OUT, R(OUT, 0), V(rows));
    qn_asm_loop_end(a);
    if (!l->decode) {
        qn_asm_alu(a, QN_ALU_ADD, ARG, R(ARG, 0), V(1));
        qn_asm_alu(a, QN_ALU_ADD, DST, R(DST, 0), V(b->width_pad));
        qn_asm_loop_end(a);
    }
}

// ---- rotation of heads `from` to `to` at `at`, `stride` words a token; decode goes through heads as rows, prefill through tokens
static void rotate(qn_lower *l, uint32_t at, uint32_t from, uint32_t to, uint32_t stride)
{
    enum { HEAD = QN_R_F };
    const qn_buffers *b = &l->b;
    uint32_t head = l->g->lay.head_pad, heads = to - from;
    uint32_t rows_words = l->decode ? head : stride, table = l->decode ? 0 : 2 * head;
    qn_val rows = l->decode ? V(heads) : R(QN_R_CNT, 0), v = V(at + from * head);
    uint32_t t1 = b->rot, t2 = b->rot + head * (l->decode ? l->g->dims.heads : b->tokens);
    if (heads == 0)
        return;
    if (!l->decode) {
        qn_asm_set(l->a, HEAD, v);
        qn_asm_loop(l->a, V(heads));
        v = R(HEAD, 0);
    }
    qn_asm_vec(l->a, (qn_vec_args){.fn = QN_VEC_MUL, .dst = V(t1), .a = v, .b = V(b->rope), .n = V(head), .rows = rows, .dstride = head,
                                   .astride = rows_words, .bstride = table});
    qn_asm_vec(l->a, (qn_vec_args){.fn = QN_VEC_MUL, .dst = V(t2), .a = v, .b = V(b->rope + head), .n = V(head), .rows = rows, .dstride = head,
                                   .astride = rows_words, .bstride = table, .perm = 1});
    qn_asm_vec(l->a, (qn_vec_args){.fn = QN_VEC_ADD, .dst = v, .a = V(t1), .b = V(t2), .n = V(head), .rows = rows, .dstride = rows_words,
                                   .astride = head, .bstride = head});
    if (!l->decode) {
        qn_asm_alu(l->a, QN_ALU_ADD, HEAD, R(HEAD, 0), V(head));
        qn_asm_loop_end(l->a);
    }
}

// Keys: the heads that a tile completes are rotated while the next tile streams past. Where several tiles are a loop, whose body does not
// know its turn, all heads wait for the end.
static bool rotates_by_tile(const qn_lower *l)
{
    const qn_matrix *m = &l->g->layer[0].m[QN_ROLE_K];
    return tiles_in_loop(m) <= 1;
}

static void read_key(qn_lower *l, uint32_t cols, uint32_t lead, bool first)
{
    uint32_t head = l->g->lay.head_pad, at = l->key_tile++ * l->g->layer[0].m[QN_ROLE_K].tile;
    read_kv(l, cols, lead, first);
    if (rotates_by_tile(l))
        rotate(l, l->b.kv, at / head, (at + cols) / head, l->b.kv_pad);
}

// ---- cache: one token's record of keys or values, from the kv buffer to memory
static void store(qn_lower *l, qn_val src, uint32_t n, int size, qn_val addr, uint32_t estride, uint32_t sstride, uint32_t dstride, qn_sems s)
{
    qn_insn *i = qn_asm_op(l->a, QN_OP_STORE);
    QN_PUT(*i, STORE, WIN, QN_WIN_KV);
    QN_PUT(*i, STORE, KIND, QN_KIND_KV);
    QN_PUT(*i, STORE, SIZE, (uint32_t)size);
    qn_asm_slot(l->a, QN_SLOT_STORE_SRC, src);
    qn_asm_slot(l->a, QN_SLOT_STORE_N, V(n));
    qn_asm_slot(l->a, QN_SLOT_STORE_RUNS, V(l->g->lay.kv_blocks));
    qn_asm_slot(l->a, QN_SLOT_STORE_ADDR, addr);
    qn_asm_slot(l->a, QN_SLOT_STORE_DSTRIDE, V(dstride));
    if (!l->a->err)
        i->w[2 + 4] = QN_SETRAW(STORE, ESTRIDE, estride) | QN_SETRAW(STORE, SSTRIDE, sstride);
    qn_asm_sync(l->a, s);
}

enum { STORE_BYTE, STORE_HALF, STORE_WORD };

// Registers: A position, B source row, C record, D codes' byte address, E scale's byte address, F, G, TMP scratch.
static void record_token(qn_lower *l)
{
    const qn_layout *y = &l->g->lay;
    qn_insn *i = qn_asm_op(l->a, QN_OP_QUANT);
    QN_PUT(*i, QUANT, RECORD, 1);
    QN_PUT(*i, QUANT, WIDE, l->g->opt.kv_bits == 16);
    QN_PUT(*i, QUANT, GGML, l->g->opt.act_ggml);
    qn_asm_slot(l->a, QN_SLOT_QUANT_A, R(QN_R_B, 0));
    qn_asm_slot(l->a, QN_SLOT_QUANT_DST, R(QN_R_C, 0));
    qn_asm_slot(l->a, QN_SLOT_QUANT_N, V(32 * y->kv_blocks));
    qn_asm_slot(l->a, QN_SLOT_QUANT_ROWS, V(1));
    if (!l->a->err)
        i->w[2 + 4] = QN_SETRAW(QUANT, HI, l->g->dims.kv_heads * l->g->lay.head_pad);
    qn_asm_sync(l->a, (qn_sems){.post = {QN_S_RECORD}});
}

static void store_key(qn_lower *l, bool last)
{
    const qn_layout *y = &l->g->lay;
    qn_asm *a = l->a;
    uint32_t wide = l->g->opt.kv_bits / 8, kb = y->kv_blocks, codes = 8 * wide, p = l->g->opt.target->planes;
    qn_asm_ldt(a, QN_R_D, QN_R_LAYER, l->layer_table + QN_T_KEY);
    qn_asm_alu(a, QN_ALU_MUL, QN_R_D, R(QN_R_D, 0), V(4));
    qn_asm_alu(a, QN_ALU_SHR, QN_R_F, R(QN_R_A, 0), V(5));
    qn_asm_alu(a, QN_ALU_MUL, QN_R_F, R(QN_R_F, 0), V(4 * kb * y->key_tile));
    qn_asm_alu(a, QN_ALU_ADD, QN_R_D, R(QN_R_D, 0), R(QN_R_F, 0));
    qn_asm_alu(a, QN_ALU_AND, QN_R_TMP, R(QN_R_A, 0), V(31));
    qn_asm_ldt(a, QN_R_E, QN_R_TMP, l->token_table + 32 * QN_C_KEY_SCALE);
    qn_asm_alu(a, QN_ALU_ADD, QN_R_E, R(QN_R_E, 0), R(QN_R_D, 0));
    qn_asm_ldt(a, QN_R_TMP, QN_R_TMP, l->token_table + 32 * QN_C_KEY);
    qn_asm_alu(a, QN_ALU_ADD, QN_R_D, R(QN_R_D, 0), R(QN_R_TMP, 0));
    store(l, R(QN_R_C, 0), codes, STORE_WORD, R(QN_R_D, 0), 4 * p, codes, 4 * y->key_tile, (qn_sems){.wait = {QN_S_RECORD}});
    store(l, R(QN_R_C, kb * codes), 1, STORE_HALF, R(QN_R_E, 0), 2, 1, 4 * y->key_tile, (qn_sems){.post = {last ? QN_S_KEY_STORED : 0}});
}

// One byte of each column: the codes at word `src` of a record, to byte address D + `to`. Dimensions of one stripe and eight lie evenly apart.
static void store_column_bytes(qn_lower *l, uint32_t src, uint32_t to, qn_sems first)
{
    const qn_layout *y = &l->g->lay;
    uint32_t wide = l->g->opt.kv_bits / 8, p = l->g->opt.target->planes, n = p == 1 ? 32 : 8, column = 4 * p * 8 * wide;
    for (uint32_t i = 0; i < 32; i += n)
        store(l, R(QN_R_C, src + i / 4), n, STORE_BYTE, R(QN_R_D, to + 4 * qn_stripe_of(p, i) + column * qn_stripe_col(p, i)), column, 8 * wide,
              4 * y->val_tile, i == 0 ? first : (qn_sems){.wait = {0}});
}

static void store_value(qn_lower *l, bool last)
{
    const qn_layout *y = &l->g->lay;
    qn_asm *a = l->a;
    uint32_t wide = l->g->opt.kv_bits / 8, kb = y->kv_blocks, codes = 8 * wide, p = l->g->opt.target->planes;
    qn_asm_alu(a, QN_ALU_AND, QN_R_TMP, R(QN_R_A, 0), V(31));
    qn_asm_alu(a, QN_ALU_SHR, QN_R_F, R(QN_R_A, 0), V(5));
    qn_asm_ldt(a, QN_R_D, QN_R_LAYER, l->layer_table + QN_T_VAL);
    qn_asm_alu(a, QN_ALU_MUL, QN_R_D, R(QN_R_D, 0), V(4));
    qn_asm_ldt(a, QN_R_E, QN_R_LAYER, l->layer_table + QN_T_SCALE);
    qn_asm_alu(a, QN_ALU_MUL, QN_R_E, R(QN_R_E, 0), V(4));
    qn_asm_alu(a, QN_ALU_MUL, QN_R_G, R(QN_R_F, 0), V(4 * kb * y->val_tile));
    qn_asm_alu(a, QN_ALU_ADD, QN_R_D, R(QN_R_D, 0), R(QN_R_G, 0));
    qn_asm_ldt(a, QN_R_G, QN_R_TMP, l->token_table + 32 * QN_C_VALUE);
    qn_asm_alu(a, QN_ALU_ADD, QN_R_D, R(QN_R_D, 0), R(QN_R_G, 0));
    qn_asm_alu(a, QN_ALU_MUL, QN_R_G, R(QN_R_F, 0), V(64 * kb));
    qn_asm_alu(a, QN_ALU_ADD, QN_R_E, R(QN_R_E, 0), R(QN_R_G, 0));
    qn_asm_alu(a, QN_ALU_MUL, QN_R_TMP, R(QN_R_TMP, 0), V(2));
    qn_asm_alu(a, QN_ALU_ADD, QN_R_E, R(QN_R_E, 0), R(QN_R_TMP, 0));
    store_column_bytes(l, 0, 0, (qn_sems){.wait = {QN_S_RECORD}});
    if (wide == 2)
        store_column_bytes(l, 8, 32 * p, (qn_sems){.wait = {0}});
    store(l, R(QN_R_C, kb * codes), 1, STORE_HALF, R(QN_R_E, 0), 2, 1, 64, (qn_sems){.post = {last ? QN_S_VAL_STORED : 0}});
}

// For each token of the step: its record quantized, stored, or both. The last token's store posts for all.
static void cache(qn_lower *l, bool record, void (*put)(qn_lower *, bool last), uint32_t rec)
{
    const qn_buffers *b = &l->b;
    qn_asm *a = l->a;
    qn_asm_set(a, QN_R_A, R(QN_R_POS, 0));
    qn_asm_set(a, QN_R_B, V(b->kv));
    qn_asm_set(a, QN_R_C, V(rec));
    if (!l->decode) {
        qn_asm_loop(a, R(QN_R_CNT, -1));
        if (record)
            record_token(l);
        if (put)
            put(l, false);
        qn_asm_alu(a, QN_ALU_ADD, QN_R_A, R(QN_R_A, 0), V(1));
        qn_asm_alu(a, QN_ALU_ADD, QN_R_B, R(QN_R_B, 0), V(b->kv_pad));
        qn_asm_alu(a, QN_ALU_ADD, QN_R_C, R(QN_R_C, 0), V(b->rec_stride));
        qn_asm_loop_end(a);
    }
    if (record)
        record_token(l);
    if (put)
        put(l, true);
}

// ---- logits of the last token
static void read_logits(qn_lower *l, uint32_t cols, uint32_t lead, bool first)
{
    (void)lead;
    const qn_buffers *b = &l->b;
    qn_asm *a = l->a;
    qn_lower_read(l, QN_FOR_WEIGHTS, V(b->logit), qn_lower_acc(0), V(cols), V(1), 0, QN_S_TILE_DONE, QN_S_TILE_FREE);
    qn_insn *i = qn_asm_op(a, QN_OP_LOGIT);
    QN_PUT(*i, LOGIT, FIRST, first);
    qn_asm_slot(a, QN_SLOT_LOGIT_A, V(b->logit));
    qn_asm_slot(a, QN_SLOT_LOGIT_INDEX, R(QN_R_C, 0));
    qn_asm_slot(a, QN_SLOT_LOGIT_N, V(cols));
    qn_asm_loop(a, R(QN_R_F, 0));                        // once if the logits are to be kept
    qn_asm_vec(a, (qn_vec_args){.fn = QN_VEC_MOV, .dst = V(b->logit), .a = V(b->logit), .n = V(0), .rows = V(0)});
    qn_asm_sync(a, (qn_sems){.post = {QN_S_RECORD}});
    qn_insn *s = qn_asm_op(a, QN_OP_STORE);
    QN_PUT(*s, STORE, WIN, QN_WIN_IO);
    QN_PUT(*s, STORE, KIND, QN_KIND_ACT);
    QN_PUT(*s, STORE, SIZE, STORE_WORD);
    qn_asm_slot(a, QN_SLOT_STORE_SRC, V(b->logit));
    qn_asm_slot(a, QN_SLOT_STORE_N, V(cols));
    qn_asm_slot(a, QN_SLOT_STORE_RUNS, V(1));
    qn_asm_slot(a, QN_SLOT_STORE_ADDR, R(QN_R_G, 0));
    if (!a->err)
        s->w[2 + 4] = QN_SETRAW(STORE, ESTRIDE, 4);
    qn_asm_sync(a, (qn_sems){.wait = {QN_S_RECORD}, .post = {QN_S_LOGIT}});
    qn_asm_vec(a, (qn_vec_args){.fn = QN_VEC_MOV, .dst = V(b->logit), .a = V(b->logit), .n = V(0), .rows = V(0)});
    qn_asm_sync(a, (qn_sems){.wait = {QN_S_LOGIT}});
    qn_asm_alu(a, QN_ALU_ADD, QN_R_G, R(QN_R_G, 0), V(4 * cols));
    qn_asm_loop_end(a);
}

// A matrix's rows of a table, and where they begin. `slices`: where its activations lie, for each length of block.
static uint32_t put_matrix(qn_asm *a, const qn_matrix *m, const uint32_t slices[QN_BLOCKS])
{
    uint32_t table = (uint32_t)a->n_table;
    for (const qn_matrix_part *p = m->part; p < m->part + m->n_part; p++) {
        uint32_t k = 0;
        while (1u << k < p->fmt->block)
            k++;
        qn_asm_put(a, p->addr);
        qn_asm_put(a, p->fmt->id);
        for (int i = 0; i < QN_TILE_KINDS; i++)
            qn_asm_put(a, p->words[i]);
        qn_asm_put(a, slices[k] + p->slice);
    }
    return table;
}

static void logits(qn_lower *l)
{
    const qn_buffers *b = &l->b;
    const qn_matrix *m = &l->g->logits;
    qn_asm *a = l->a;
    uint32_t norm_at = qn_asm_put(a, l->g->lay.norm_out_addr), table = put_matrix(a, m, b->slice_in);
    qn_asm_mark(a, "logits");
    qn_asm_lda(a, QN_R_TMP, V(QN_ARG_LOGITS));
    qn_asm_loop(a, R(QN_R_TMP, 0));
    qn_asm_ldt(a, QN_R_TMP, 0, norm_at);
    qn_lower_load(l, R(QN_R_TMP, 0), V(l->g->dims.width), b->norm_w[0],
                  (qn_sems){.wait = {QN_S_LOAD_FREE}, .post = {QN_S_LOADED}});
    qn_asm_set(a, QN_R_LAYER, V(0));
    qn_asm_lda(a, QN_R_F, V(QN_ARG_KEEP));
    qn_asm_set(a, QN_R_G, V(0));
    qn_val x = V(b->x);
    if (!l->decode) {
        qn_asm_alu(a, QN_ALU_MUL, QN_R_TMP, R(QN_R_CNT, -1), V(b->width_pad));
        x = R(QN_R_TMP, b->x);
    }
    matrix_begin(l, m, table);
    squares(l, x, V(1));
    norm(l, x, 0, V(1));
    for (int i = 0; i < QN_BLOCKS; i++)
        if (b->blocks_logits >> i & 1)
            qn_lower_quant(l, QN_FOR_WEIGHTS, V(b->y), V(b->slice_in[i]), b->width_pad, 0, l->g->dims.width, V(1), b->width_pad, i);
    qn_asm_sync(a, (qn_sems){.post = {QN_S_SLICE}});
    matrix_run(l, m, table, V(b->wide[QN_FOR_WEIGHTS]), QN_S_SLICE, read_logits);
    qn_asm_loop_end(a);
}

// Attention's outputs of padded heads, moved together: by way of memory, since only there any word may follow any other.
static void close_ranks(qn_lower *l)
{
    const qn_buffers *b = &l->b;
    const qn_dims *d = &l->g->dims;
    qn_asm *a = l->a;
    const qn_vec_args nothing = {.fn = QN_VEC_MOV, .dst = V(0), .a = V(0), .n = V(0), .rows = V(0)};
    uint32_t words = d->heads * d->head;
    qn_asm_set(a, QN_R_F, V(b->q));
    qn_asm_set(a, QN_R_G, V(4 * l->g->lay.scratch_addr));
    for (int last = l->decode; last < 2; last++) {
        if (!last)
            qn_asm_loop(a, R(QN_R_CNT, -1));
        qn_asm_vec(a, nothing);
        qn_asm_sync(a, (qn_sems){.post = {QN_S_RECORD}});
        qn_insn *s = qn_asm_op(a, QN_OP_STORE);
        QN_PUT(*s, STORE, WIN, QN_WIN_IO);
        QN_PUT(*s, STORE, KIND, QN_KIND_ACT);
        QN_PUT(*s, STORE, SIZE, STORE_WORD);
        qn_asm_slot(a, QN_SLOT_STORE_SRC, R(QN_R_F, 0));
        qn_asm_slot(a, QN_SLOT_STORE_N, V(d->head));
        qn_asm_slot(a, QN_SLOT_STORE_RUNS, V(d->heads));
        qn_asm_slot(a, QN_SLOT_STORE_ADDR, R(QN_R_G, 0));
        qn_asm_slot(a, QN_SLOT_STORE_DSTRIDE, V(4 * d->head));
        if (!a->err)
            s->w[2 + 4] = QN_SETRAW(STORE, ESTRIDE, 4) | QN_SETRAW(STORE, SSTRIDE, l->g->lay.head_pad);
        qn_asm_sync(a, (qn_sems){.wait = {QN_S_RECORD}, .post = {last ? QN_S_KEY_STORED : 0}});
        qn_asm_alu(a, QN_ALU_ADD, QN_R_F, R(QN_R_F, 0), V(b->q_width));
        qn_asm_alu(a, QN_ALU_ADD, QN_R_G, R(QN_R_G, 0), V(4 * words));
        if (!last)
            qn_asm_loop_end(a);
    }
    qn_insn *i = qn_asm_op(a, QN_OP_LOADV);
    QN_PUT(*i, LOADV, WIN, QN_WIN_IO);
    QN_PUT(*i, LOADV, KIND, QN_KIND_ACT);
    qn_asm_slot(a, QN_SLOT_LOADV_ADDR, V(l->g->lay.scratch_addr));
    qn_asm_slot(a, QN_SLOT_LOADV_N, V(words));
    qn_asm_slot(a, QN_SLOT_LOADV_RUNS, qn_lower_tokens(l));
    qn_asm_slot(a, QN_SLOT_LOADV_STRIDE, V(words));
    qn_asm_slot(a, QN_SLOT_LOADV_DST, V(b->q));
    qn_asm_slot(a, QN_SLOT_LOADV_DSTRIDE, V(b->q_width));
    qn_asm_sync(a, (qn_sems){.wait = {QN_S_KEY_STORED}, .post = {QN_S_SV}});
    qn_asm_vec(a, nothing);
    qn_asm_sync(a, (qn_sems){.wait = {QN_S_SV}});
}

static void one_layer(qn_lower *l)
{
    const qn_graph *g = l->g;
    const qn_buffers *b = &l->b;
    const qn_matrix *m = g->layer[0].m;
    const qn_dims *d = &g->dims;
    qn_asm *a = l->a;
    qn_val tokens = qn_lower_tokens(l), rows = qn_lower_rows(l);
    qn_sems load = {.wait = {QN_S_LOAD_FREE}, .post = {QN_S_LOADED}};

    qn_asm_mark(a, "norm");
    qn_asm_ldt(a, QN_R_TMP, QN_R_LAYER, l->layer_table + QN_T_NORM_ATTN);
    qn_lower_load(l, R(QN_R_TMP, 0), V(d->width), b->norm_w[0], load);
    qn_asm_ldt(a, QN_R_TMP, QN_R_LAYER, l->layer_table + QN_T_NORM_FFN);
    qn_lower_load(l, R(QN_R_TMP, 0), V(d->width), b->norm_w[1], load);
    matrix_begin(l, &m[QN_ROLE_Q], qn_lower_table(l, QN_ROLE_Q));
    norm(l, V(b->x), 0, tokens);
    quantize_norm(l, tokens);

    qn_asm_mark(a, "qkv");
    matrix_run(l, &m[QN_ROLE_Q], qn_lower_table(l, QN_ROLE_Q), rows, QN_S_SLICE, read_query);
    // Values before keys: while the keys' weights stream past, the values' scattered bytes are stored and the queries made ready. The stores
    // come late in the program, so that their queue, once full, holds up nothing that the array waits for.
    matrix_begin(l, &m[QN_ROLE_V], qn_lower_table(l, QN_ROLE_V));
    matrix_run(l, &m[QN_ROLE_V], qn_lower_table(l, QN_ROLE_V), rows, 0, read_kv);
    matrix_begin(l, &m[QN_ROLE_K], qn_lower_table(l, QN_ROLE_K));
    qn_asm_mark(a, "cache");
    cache(l, true, NULL, b->val_rec);
    qn_asm_mark(a, "rotate");
    rotate(l, b->q, 0, d->heads, b->q_width);
    qn_lower_scalar(l, QN_VEC_MUL, V(b->q), V(b->q), V(b->consts + 8 * QN_CONST_Q_SCALE), 0, V(b->q_width), tokens, b->q_width);
    qn_lower_queries(l);
    qn_asm_mark(a, "qkv");
    matrix_load(l, qn_lower_table(l, QN_ROLE_K));
    l->key_tile = 0;
    matrix_run(l, &m[QN_ROLE_K], qn_lower_table(l, QN_ROLE_K), rows, 0, read_key);
    qn_asm_mark(a, "cache");
    cache(l, false, store_value, b->val_rec);
    if (!rotates_by_tile(l))
        rotate(l, b->kv, 0, d->kv_heads, b->kv_pad);
    cache(l, true, store_key, b->key_rec);

    qn_asm_mark(a, "attention");
    qn_lower_attend(l);
    qn_asm_mark(a, "out");
    if (g->lay.head_pad != d->head)
        close_ranks(l);
    matrix_begin(l, &m[QN_ROLE_O], qn_lower_table(l, QN_ROLE_O));
    qn_lower_slices(l, V(b->q), b->blocks_o, b->slice_o, V(0), m[QN_ROLE_O].slices, d->heads * d->head, tokens, b->q_width, true);
    matrix_run(l, &m[QN_ROLE_O], qn_lower_table(l, QN_ROLE_O), rows, QN_S_SLICE, read_residual);

    qn_asm_mark(a, "norm");
    qn_lower_feed_begin(l);
    norm(l, V(b->x), 1, tokens);
    quantize_norm(l, tokens);
    qn_asm_mark(a, "gate-up");
    qn_lower_feed(l);
    qn_asm_mark(a, "down");
    matrix_begin(l, &m[QN_ROLE_DOWN], qn_lower_table(l, QN_ROLE_DOWN));
    matrix_run(l, &m[QN_ROLE_DOWN], qn_lower_table(l, QN_ROLE_DOWN), rows, QN_S_SLICE, read_residual);
}

// A vector instruction that only posts: the empty places that semaphores start with.
static void give(qn_lower *l, unsigned sem, int n)
{
    qn_asm_vec(l->a, (qn_vec_args){.fn = QN_VEC_MOV, .dst = V(0), .a = V(0), .n = V(0), .rows = V(0)});
    qn_asm_sync(l->a, (qn_sems){.post = {sem, n == 2 ? sem : 0}});
}

// Both entries share it: where slices of a layer's matrices lie does not depend on the tokens taken at a time.
static uint32_t put_layers(qn_asm *a, const qn_graph *g, const qn_buffers *b)
{
    const qn_layout *y = &g->lay;
    uint32_t table = (uint32_t)a->n_table;
    for (uint32_t i = 0; i < g->dims.layers; i++) {
        const qn_layer *x = &g->layer[i];
        qn_asm_put(a, x->norm_attn_addr);
        qn_asm_put(a, x->norm_ffn_addr);
        qn_asm_put(a, y->key_addr + i * y->key_layer);
        qn_asm_put(a, y->val_addr + i * y->val_layer);
        qn_asm_put(a, y->scale_addr + i * y->scale_layer);
        for (int r = 0; r < QN_LAYER_ROLES; r++)
            put_matrix(a, &x->m[r], r == QN_ROLE_O ? b->slice_o : r == QN_ROLE_DOWN ? b->slice_h : b->slice_in);
    }
    return table;
}

// For each token of a block of 32: bytes from the start of a key tile to its codes and to their scale, and in a column of values to its own byte.
static uint32_t put_tokens(qn_asm *a, const qn_graph *g)
{
    const qn_fmt *key = qn_fmt_find(g->opt.kv_bits == 16 ? QN_FMT_KEY16 : QN_FMT_KEY8);
    uint32_t table = (uint32_t)a->n_table, p = g->opt.target->planes, line = 4 * p;
    for (int i = 0; i < QN_C_ROWS; i++)
        for (uint32_t t = 0; t < 32; t++) {
            uint32_t own = qn_stripe_col(p, t), pair = 4 * qn_stripe_of(p, t) + line * (own / 2 * qn_fmt_pair_words(key, true));
            uint32_t codes = pair + line * (1 + own % 2 * key->planes), scale = pair + 2 * (own % 2), value = line * (t / 4) + t % 4;
            qn_asm_put(a, i == QN_C_KEY ? codes : i == QN_C_KEY_SCALE ? scale : value);
        }
    return table;
}

static uint32_t put_passes(qn_asm *a, const qn_graph *g, const qn_buffers *b)
{
    const qn_layout *y = &g->lay;
    uint32_t table = (uint32_t)a->n_table;
    for (uint32_t i = 0; i < b->n_pass; i++) {
        qn_pass p = qn_buffers_pass(g, b, i);
        qn_asm_put(a, p.kv_block * y->key_tile);
        qn_asm_put(a, p.kv_block * y->val_tile);
        qn_asm_put(a, p.kv_block * 16);
        qn_asm_put(a, b->q + p.head * y->head_pad);
        qn_asm_put(a, p.offset);
        qn_asm_put(a, b->slice_q + i * b->pass_blocks);
    }
    return table;
}

static void entry(qn_lower *l)
{
    const qn_graph *g = l->g;
    const qn_buffers *b = &l->b;
    qn_asm *a = l->a;
    l->pass_table = put_passes(a, g, b);
    qn_asm_mark(a, "start");
    give(l, QN_S_TILE_FREE, 2);
    give(l, QN_S_LOAD_FREE, 2);
    give(l, QN_S_SCORE_FREE, 2);
    give(l, QN_S_SV_FREE, 1);
    qn_asm_lda(a, QN_R_POS, V(QN_ARG_POS));
    qn_asm_lda(a, QN_R_CNT, V(QN_ARG_COUNT));
    qn_asm_alu(a, QN_ALU_MUL, QN_R_ROWS, R(QN_R_CNT, 0), V(b->wide[QN_FOR_CACHE]));
    qn_asm_set(a, QN_R_TILE, V(0));
    qn_lower_load(l, V(g->lay.const_addr), V(QN_CONST_WORDS), b->consts, (qn_sems){.wait = {0}});
    qn_asm_alu(a, QN_ALU_MUL, QN_R_TMP, R(QN_R_POS, 0), V(g->lay.rope_step));
    qn_asm_alu(a, QN_ALU_MUL, QN_R_A, R(QN_R_CNT, 0), V(g->lay.rope_step));
    qn_lower_load(l, R(QN_R_TMP, g->lay.rope_addr), R(QN_R_A, 0), b->rope, (qn_sems){.post = {QN_S_LOADED}});
    qn_asm_vec(a, (qn_vec_args){.fn = QN_VEC_MOV, .dst = V(0), .a = V(0), .n = V(0), .rows = V(0)});
    qn_asm_sync(a, (qn_sems){.wait = {QN_S_LOADED}});
    embed(l);
    squares(l, V(b->x), qn_lower_tokens(l));
    qn_asm_set(a, QN_R_LAYER, V(0));
    qn_asm_loop(a, V(g->dims.layers));
    one_layer(l);
    qn_asm_alu(a, QN_ALU_ADD, QN_R_LAYER, R(QN_R_LAYER, 0), V(l->row));
    qn_asm_loop_end(a);
    logits(l);
    qn_asm_mark(a, "start");
    qn_asm_op(a, QN_OP_HALT);
}

// Layers have the same parts: what makes several of one takes floats alone.
static void place_rows(qn_lower *l)
{
    l->row = QN_T_MATRIX;
    for (int r = 0; r < QN_LAYER_ROLES; r++) {
        l->role_at[r] = l->row;
        l->row += QN_T_PART_WORDS * l->g->layer[0].m[r].n_part;
    }
}

int qn_lower_program(qn_asm *a, const qn_graph *g, const qn_buffers *decode, const qn_buffers *prefill, uint32_t entries[QN_ENTRIES])
{
    qn_lower l = {.a = a, .g = g, .b = *decode, .decode = true, .layer_table = put_layers(a, g, decode)};

    place_rows(&l);
    l.token_table = put_tokens(a, g);
    entries[QN_ENTRY_DECODE] = (uint32_t)a->n;
    entry(&l);
    l.b = *prefill;
    l.decode = false;
    entries[QN_ENTRY_PREFILL] = (uint32_t)a->n;
    entry(&l);
    return a->err;
}
