// SPDX-License-Identifier: Apache-2.0
// Attention over the KV cache, in passes of rows that share the blocks of 32 dimensions that they read, and in steps of 32 tokens with an
// online softmax. While the vector unit works on the scores of one step, the array computes those of the next and then the values of this one:
//
//     stream   K0  K1  V0  K2  V1 ...          array   QK0  QK1  PV0  QK2  PV1 ...
//     vector   softmax 0, P 0 | softmax 1, merge PV 0, P 1 | softmax 2, merge PV 1, P 2 | ... | merge
#include "compiler/back/qn_lower.h"

enum { KEY = QN_R_A, VAL = QN_R_B, SCALE = QN_R_C, QUERY = QN_R_D, LIMIT = QN_R_E, SCORE = QN_R_F, COLS = QN_R_G, WORDS = QN_R_WORDS,
       TMP = QN_R_TMP, PASS = QN_R_PASS };

static const qn_fmt *key_fmt(const qn_lower *l)
{
    return qn_fmt_find(l->g->opt.kv_bits == 16 ? QN_FMT_KEY16 : QN_FMT_KEY8);
}

static const qn_fmt *val_fmt(const qn_lower *l)
{
    return qn_fmt_find(l->g->opt.kv_bits == 16 ? QN_FMT_VAL16 : QN_FMT_VAL8);
}

// Rows of a pass: decode, query heads of one token; prefill, tokens of one query head.
static qn_val pass_rows(const qn_lower *l)
{
    return l->decode ? V(l->b.pass_kv * l->b.pass_queries) : R(QN_R_CNT, 0);
}

static qn_val array_rows(const qn_lower *l)
{
    return l->decode ? V(l->b.pass_kv * l->b.pass_queries * l->b.wide[QN_FOR_CACHE]) : R(QN_R_ROWS, 0);
}

static uint32_t query_stride(const qn_lower *l)
{
    return l->decode ? l->g->lay.head_pad : l->b.q_width;
}

void qn_lower_queries(qn_lower *l)
{
    const qn_buffers *b = &l->b;
    uint32_t head = l->g->lay.head_pad;
    for (uint32_t i = 0; i < b->n_pass; i++) {
        qn_pass p = qn_buffers_pass(l->g, b, i);
        for (uint32_t j = 0; j < b->pass_kv; j++) {
            uint32_t off = p.offset + j * head, q = p.head + j * b->pass_queries;
            qn_val rows = l->decode ? V(b->pass_queries) : R(QN_R_CNT, 0);
            qn_lower_quant(l, QN_FOR_CACHE, V(b->q + q * head - off), V(j * b->pass_queries * QN_ACC_ROW + b->slice_q + i * b->pass_blocks),
                           32 * b->pass_blocks, off, off + head, rows, query_stride(l), 0);
        }
        qn_asm_sync(l->a, (qn_sems){.post = {QN_S_SLICE}});
    }
}

// COLS and WORDS for a key tile of which `TMP` tokens are left: no more columns than the target can do without.
static void key_extent(qn_lower *l)
{
    int32_t unit = (int32_t)qn_target_cols(l->g->opt.target);
    qn_asm_alu(l->a, QN_ALU_MIN, COLS, R(TMP, 0), V(32));
    qn_asm_alu(l->a, QN_ALU_AND, COLS, R(COLS, unit - 1), V(-unit));
    qn_asm_alu(l->a, QN_ALU_SHR, WORDS, R(COLS, 0), V(1));
    qn_asm_alu(l->a, QN_ALU_MUL, WORDS, R(WORDS, 0), V(qn_fmt_pair_words(key_fmt(l), true)));
}

// Streams the key tile at KEY and computes its scores into the score tile at SCORE; the queries are those of the pass `ahead` rows on.
static void scores(qn_lower *l, uint32_t ahead, unsigned wait)
{
    qn_lower_stream(l, R(KEY, 0), R(WORDS, 0), V(l->b.pass_blocks), l->g->lay.key_tile, V(key_fmt(l)->id), R(COLS, 0), QN_WIN_KV, QN_KIND_KV);
    qn_asm_ldt(l->a, TMP, PASS, l->pass_table + ahead + QN_P_SLICE);
    qn_lower_gemm(l, (qn_gemm_args){.slice = R(TMP, 0), .slices = V(l->b.pass_blocks), .cols = R(COLS, 0), .rows = array_rows(l),
                                    .acc = R(SCORE, 0), .fmt = V(key_fmt(l)->id)},
                  (qn_sems){.wait = {QN_S_SCORE_FREE, wait}, .post = {QN_S_SCORE_DONE}});
}

// The address of a region of this layer, at the pass `ahead` rows on.
static void pass_address(qn_lower *l, unsigned reg, unsigned layer, uint32_t pass)
{
    qn_asm_ldt(l->a, reg, QN_R_LAYER, l->layer_table + layer);
    qn_asm_ldt(l->a, TMP, PASS, l->pass_table + pass);
    qn_asm_alu(l->a, QN_ALU_ADD, reg, R(reg, 0), R(TMP, 0));
}

// The first scores of a pass.
static void first_scores(qn_lower *l, uint32_t ahead)
{
    pass_address(l, KEY, QN_T_KEY, ahead + QN_P_KEY);
    qn_asm_alu(l->a, QN_ALU_ADD, TMP, R(QN_R_POS, 0), R(QN_R_CNT, 0));
    key_extent(l);
    scores(l, ahead, QN_S_SLICE);
}

static void other_score_tile(qn_lower *l)
{
    qn_asm_alu(l->a, QN_ALU_SUB, SCORE, V(32), R(SCORE, 0));
}

// Ahead of the softmax of a block: the scores of the block after it, of this pass or of the next.
static void scores_ahead(qn_lower *l)
{
    const qn_layout *y = &l->g->lay;
    qn_asm *a = l->a;
    qn_asm_alu(a, QN_ALU_ADD, TMP, R(LIMIT, -33), R(QN_R_CNT, 0));
    qn_asm_alu(a, QN_ALU_MIN, COLS, R(TMP, 0), V(1));
    other_score_tile(l);
    qn_asm_loop(a, R(COLS, 0));                          // once if this pass has another block
    key_extent(l);
    qn_asm_alu(a, QN_ALU_ADD, KEY, R(KEY, 0), V(y->kv_blocks * y->key_tile));
    scores(l, 0, 0);
    qn_asm_loop_end(a);
    if (l->b.n_pass > 1) {
        qn_asm_alu(a, QN_ALU_ADD, TMP, R(LIMIT, -32), R(QN_R_CNT, 0));       // 1 or less: none
        qn_asm_alu(a, QN_ALU_SUB, TMP, V(2), R(TMP, 0));
        qn_asm_alu(a, QN_ALU_SUB, COLS, V((l->b.n_pass - 1) * QN_P_ROW), R(PASS, 0));
        qn_asm_alu(a, QN_ALU_MIN, COLS, R(COLS, 0), R(TMP, 0));
        qn_asm_alu(a, QN_ALU_MIN, COLS, R(COLS, 0), V(1));
        qn_asm_loop(a, R(COLS, 0));                      // once if it has not, and another pass follows
        first_scores(l, QN_P_ROW);
        qn_asm_loop_end(a);
    }
    other_score_tile(l);
}

static void value_stream(qn_lower *l)
{
    qn_insn *i = qn_asm_op(l->a, QN_OP_LOADV);
    QN_PUT(*i, LOADV, WIN, QN_WIN_KV);
    QN_PUT(*i, LOADV, KIND, QN_KIND_KV);
    QN_PUT(*i, LOADV, BF16, 1);
    qn_asm_slot(l->a, QN_SLOT_LOADV_ADDR, R(SCALE, 0));
    qn_asm_slot(l->a, QN_SLOT_LOADV_N, V(32 * l->b.pass_blocks));
    qn_asm_slot(l->a, QN_SLOT_LOADV_RUNS, V(1));
    qn_asm_slot(l->a, QN_SLOT_LOADV_DST, V(l->b.sv));
    qn_asm_sync(l->a, (qn_sems){.wait = {QN_S_SV_FREE}, .post = {QN_S_SV}});
    qn_lower_stream(l, R(VAL, 0), V(l->b.pass_blocks * l->g->lay.val_tile), V(1), 0, V(val_fmt(l)->id), V(32), QN_WIN_KV, QN_KIND_KV);
}

static void softmax(qn_lower *l)
{
    const qn_buffers *b = &l->b;
    qn_val rows = pass_rows(l), s = V(b->s), s2 = V(b->s2), part = V(b->s2 + 24);
    if (b->wide[QN_FOR_CACHE] == 2) {
        qn_lower_read(l, QN_FOR_CACHE, s, R(SCORE, 0), V(32), rows, 32, QN_S_SCORE_DONE, QN_S_SCORE_FREE);
        qn_asm_vec(l->a, (qn_vec_args){.fn = QN_VEC_MASK, .dst = s, .a = s, .b = R(LIMIT, 0), .n = V(32), .rows = rows, .dstride = 32,
                                       .astride = 32, .step = !l->decode});
    } else {
        qn_asm_vec(l->a, (qn_vec_args){.fn = QN_VEC_MASK, .dst = s, .a = R(SCORE, 0), .b = R(LIMIT, 0), .n = V(32), .rows = rows, .dstride = 32,
                                       .astride = QN_ACC_ROW, .step = !l->decode, .acc = true});
        qn_asm_sync(l->a, (qn_sems){.wait = {QN_S_SCORE_DONE}, .post = {QN_S_SCORE_FREE}});
    }
    qn_lower_vec(l, QN_VEC_MAX, s2, s, V(b->s + 16), V(16), rows, 32);
    qn_lower_halve(l, QN_VEC_MAX, s2, 16, rows, 32);
    qn_asm_vec(l->a, (qn_vec_args){.fn = QN_VEC_MAX, .dst = V(b->m_new), .a = V(b->m), .b = part, .n = V(8), .rows = rows, .dstride = 8,
                                   .astride = 8, .bstride = 32});
    qn_lower_vec(l, QN_VEC_SUB, V(b->alpha), V(b->m), V(b->m_new), V(8), rows, 8);
    qn_lower_vec(l, QN_VEC_EXP, V(b->alpha), V(b->alpha), V(0), V(8), rows, 8);
    qn_lower_vec(l, QN_VEC_MOV, V(b->m), V(b->m_new), V(0), V(8), rows, 8);
    qn_lower_scalar(l, QN_VEC_SUB, s, s, V(b->m_new), 8, V(32), rows, 32);
    qn_lower_vec(l, QN_VEC_EXP, s, s, V(0), V(32), rows, 32);
    qn_lower_vec(l, QN_VEC_ADD, s2, s, V(b->s + 16), V(16), rows, 32);
    qn_lower_halve(l, QN_VEC_ADD, s2, 16, rows, 32);
    qn_lower_vec(l, QN_VEC_MUL, V(b->l), V(b->l), V(b->alpha), V(8), rows, 8);
    qn_asm_vec(l->a, (qn_vec_args){.fn = QN_VEC_ADD, .dst = V(b->l), .a = V(b->l), .b = part, .n = V(8), .rows = rows, .dstride = 8,
                                   .astride = 8, .bstride = 32});
}

// Probabilities times each dimension block's value scales, quantized, times the values.
static void values(qn_lower *l)
{
    const qn_buffers *b = &l->b;
    for (uint32_t k = 0; k < b->pass_blocks; k++) {
        qn_asm_vec(l->a, (qn_vec_args){.fn = QN_VEC_MUL, .dst = V(b->s2), .a = V(b->s), .b = V(b->sv + 32 * k), .n = V(32), .rows = pass_rows(l),
                                       .dstride = 32, .astride = 32});
        qn_asm_sync(l->a, (qn_sems){.wait = {k == 0 ? QN_S_SV : 0}, .post = {k == b->pass_blocks - 1 ? QN_S_SV_FREE : 0}});
        qn_lower_quant(l, QN_FOR_CACHE, V(b->s2), V(b->slice_p + k), 32, 0, 32, pass_rows(l), 32, 0);
        qn_asm_sync(l->a, (qn_sems){.post = {QN_S_P}});
        qn_lower_gemm(l, (qn_gemm_args){.slice = V(b->slice_p + k), .slices = V(1), .cols = V(32), .rows = array_rows(l),
                                        .acc = V(b->acc_pv + 32 * k), .fmt = V(val_fmt(l)->id)},
                      (qn_sems){.wait = {QN_S_P}, .post = {k == b->pass_blocks - 1 ? QN_S_PV : 0}});
    }
}

// o = o x alpha + PV, each row's own dimensions.
static void merge(qn_lower *l)
{
    const qn_buffers *b = &l->b;
    uint32_t head = l->g->lay.head_pad, row = b->wide[QN_FOR_CACHE] * QN_ACC_ROW, stride = query_stride(l);
    qn_val o = R(QUERY, 0);
    qn_lower_scalar(l, QN_VEC_MUL, o, o, V(b->alpha_old), 8, V(head), pass_rows(l), stride);
    qn_asm_sync(l->a, (qn_sems){.wait = {QN_S_PV}});
    qn_asm_ldt(l->a, TMP, PASS, l->pass_table + QN_P_OFFSET);
    for (uint32_t j = 0; j < b->pass_kv; j++) {
        uint32_t first = j * b->pass_queries;
        qn_val rows = l->decode ? V(b->pass_queries) : R(QN_R_CNT, 0);
        qn_val acc = R(TMP, b->acc_pv + j * head + first * row), part = R(QUERY, first * head);
        if (b->wide[QN_FOR_CACHE] == 2) {
            qn_lower_read(l, QN_FOR_CACHE, V(b->tmp), acc, V(head), rows, head, 0, 0);
            qn_asm_vec(l->a, (qn_vec_args){.fn = QN_VEC_ADD, .dst = part, .a = V(b->tmp), .b = part, .n = V(head), .rows = rows,
                                           .dstride = stride, .astride = head, .bstride = stride});
        } else {
            qn_asm_vec(l->a, (qn_vec_args){.fn = QN_VEC_ADD, .dst = part, .a = acc, .b = part, .n = V(head), .rows = rows, .dstride = stride,
                                           .astride = row, .bstride = stride, .acc = true});
        }
    }
}

static void one_pass(qn_lower *l)
{
    const qn_buffers *b = &l->b;
    const qn_layout *y = &l->g->lay;
    qn_asm *a = l->a;
    qn_val rows = pass_rows(l);
    pass_address(l, VAL, QN_T_VAL, QN_P_VAL);
    pass_address(l, SCALE, QN_T_SCALE, QN_P_SCALE);
    qn_asm_ldt(a, QUERY, PASS, l->pass_table + QN_P_QUERY);
    qn_asm_vec(a, (qn_vec_args){.fn = QN_VEC_MOV, .dst = V(b->m), .a = V(b->consts + 8 * QN_CONST_NEG_INF), .n = V(8), .rows = rows, .dstride = 8});
    qn_asm_vec(a, (qn_vec_args){.fn = QN_VEC_MOV, .dst = V(b->l), .a = V(b->consts), .n = V(8), .rows = rows, .dstride = 8});
    qn_asm_vec(a, (qn_vec_args){.fn = QN_VEC_MOV, .dst = R(QUERY, 0), .a = V(b->consts), .n = V(l->g->lay.head_pad), .rows = rows,
                                .dstride = query_stride(l)});

    qn_asm_set(a, LIMIT, R(QN_R_POS, 1));
    qn_asm_alu(a, QN_ALU_ADD, TMP, R(QN_R_POS, 31), R(QN_R_CNT, 0));
    qn_asm_alu(a, QN_ALU_SHR, TMP, R(TMP, 0), V(5));
    qn_asm_loop(a, R(TMP, 0));                           // token blocks
    scores_ahead(l);
    value_stream(l);
    softmax(l);
    qn_asm_alu(a, QN_ALU_SUB, TMP, R(QN_R_POS, 1), R(LIMIT, 0));
    qn_asm_alu(a, QN_ALU_MIN, TMP, R(TMP, 0), V(1));
    qn_asm_loop(a, R(TMP, 0));                           // once unless this is the first block
    merge(l);
    qn_asm_loop_end(a);
    qn_lower_vec(l, QN_VEC_MOV, V(b->alpha_old), V(b->alpha), V(0), V(8), rows, 8);
    values(l);
    qn_asm_alu(a, QN_ALU_SUB, LIMIT, R(LIMIT, 0), V(32));
    other_score_tile(l);
    qn_asm_alu(a, QN_ALU_ADD, VAL, R(VAL, 0), V(y->kv_blocks * y->val_tile));
    qn_asm_alu(a, QN_ALU_ADD, SCALE, R(SCALE, 0), V(y->kv_blocks * 16));
    qn_asm_loop_end(a);
    merge(l);
    qn_lower_vec(l, QN_VEC_RECIP, V(b->inv_l), V(b->l), V(0), V(8), rows, 8);
    qn_lower_scalar(l, QN_VEC_MUL, R(QUERY, 0), R(QUERY, 0), V(b->inv_l), 8, V(l->g->lay.head_pad), rows, query_stride(l));
}

void qn_lower_attend(qn_lower *l)
{
    // Nothing of the cache is read before this step's keys and values are in it: a small load waits, and the streams behind it.
    qn_lower_load(l, V(l->g->lay.const_addr), V(8), l->b.logit, (qn_sems){.wait = {QN_S_KEY_STORED, QN_S_VAL_STORED}});
    qn_asm_set(l->a, PASS, V(0));
    qn_asm_set(l->a, SCORE, V(0));                       // the two score tiles alternate through all passes
    first_scores(l, 0);
    qn_asm_loop(l->a, V(l->b.n_pass));
    one_pass(l);
    qn_asm_alu(l->a, QN_ALU_ADD, PASS, R(PASS, 0), V(QN_P_ROW));
    qn_asm_loop_end(l->a);
}
