// SPDX-License-Identifier: Apache-2.0
// The building blocks of lowering: one small function an instruction shape.
#include "compiler/back/qn_lower.h"

#include <assert.h>

void qn_lower_vec(qn_lower *l, enum qn_vec fn, qn_val dst, qn_val a, qn_val b, qn_val n, qn_val rows, uint32_t stride)
{
    qn_asm_vec(l->a, (qn_vec_args){.fn = fn, .dst = dst, .a = a, .b = b, .n = n, .rows = rows, .dstride = stride, .astride = stride,
                                   .bstride = stride});
}

void qn_lower_scalar(qn_lower *l, enum qn_vec fn, qn_val dst, qn_val a, qn_val b, uint32_t bstride, qn_val n, qn_val rows, uint32_t stride)
{
    qn_asm_vec(l->a, (qn_vec_args){.fn = fn, .dst = dst, .a = a, .b = b, .n = n, .rows = rows, .dstride = stride, .astride = stride,
                                   .bstride = bstride, .bscalar = true});
}

void qn_lower_halve(qn_lower *l, enum qn_vec fn, qn_val at, uint32_t n, qn_val rows, uint32_t stride)
{
    assert(n % 8 == 0 && n >= 8 && stride >= 32);
    while (n > 8) {
        uint32_t h = 8;
        while (2 * h < n)
            h *= 2;
        qn_lower_vec(l, fn, at, at, R(at.reg, at.imm + (int32_t)h), V(n - h), rows, stride);
        n = h;
    }
    for (unsigned perm = 4; perm; perm /= 2, at.imm += 8)
        qn_asm_vec(l->a, (qn_vec_args){.fn = fn, .dst = R(at.reg, at.imm + 8), .a = at, .b = at, .n = V(8), .rows = rows, .dstride = stride,
                                       .astride = stride, .bstride = stride, .perm = perm});
}

void qn_lower_read(qn_lower *l, enum qn_operand of, qn_val dst, qn_val acc, qn_val n, qn_val rows, uint32_t dstride, unsigned wait, unsigned post)
{
    uint32_t row = l->b.wide[of] * QN_ACC_ROW;
    bool wide = l->b.wide[of] == 2;
    qn_asm_vec(l->a, (qn_vec_args){.fn = QN_VEC_MOV, .dst = dst, .a = acc, .n = n, .rows = rows, .dstride = dstride, .astride = row, .acc = true});
    qn_asm_sync(l->a, (qn_sems){.wait = {wait}, .post = {wide ? 0 : post}});
    if (wide) {
        qn_asm_vec(l->a, (qn_vec_args){.fn = QN_VEC_ADD, .dst = dst, .a = R(acc.reg, acc.imm + QN_ACC_ROW), .b = dst, .n = n, .rows = rows,
                                       .dstride = dstride, .astride = row, .bstride = dstride, .acc = true});
        qn_asm_sync(l->a, (qn_sems){.post = {post}});
    }
}

void qn_lower_quant(qn_lower *l, enum qn_operand of, qn_val src, qn_val dst, uint32_t n, uint32_t lo, uint32_t hi, qn_val rows, uint32_t stride,
                    int block)
{
    qn_insn *i = qn_asm_op(l->a, QN_OP_QUANT);
    QN_PUT(*i, QUANT, BLOCK, (uint32_t)block);
    QN_PUT(*i, QUANT, WIDE, l->b.wide[of] == 2);
    QN_PUT(*i, QUANT, GGML, of == QN_FOR_WEIGHTS && l->g->opt.act_ggml);
    QN_PUT(*i, QUANT, COARSE, of == QN_FOR_WEIGHTS && l->g->opt.act_coarse);
    qn_asm_slot(l->a, QN_SLOT_QUANT_A, src);
    qn_asm_slot(l->a, QN_SLOT_QUANT_DST, dst);
    qn_asm_slot(l->a, QN_SLOT_QUANT_N, V(n));
    qn_asm_slot(l->a, QN_SLOT_QUANT_ROWS, rows);
    if (l->a->err)
        return;
    i->w[2 + 4] = QN_SETRAW(QUANT, LO, lo) | QN_SETRAW(QUANT, HI, hi);
    i->w[2 + 5] = QN_SETRAW(QUANT, ASTRIDE, stride / 8);
}

void qn_lower_stream(qn_lower *l, qn_val addr, qn_val words, qn_val runs, uint32_t stride, qn_val fmt, qn_val cols, unsigned window,
                     enum qn_kind kind)
{
    qn_insn *i = qn_asm_op(l->a, QN_OP_STREAM);
    QN_PUT(*i, STREAM, WIN, window);
    QN_PUT(*i, STREAM, KIND, kind);
    qn_asm_slot(l->a, QN_SLOT_STREAM_ADDR, addr);
    qn_asm_slot(l->a, QN_SLOT_STREAM_WORDS, words);
    qn_asm_slot(l->a, QN_SLOT_STREAM_RUNS, runs);
    qn_asm_slot(l->a, QN_SLOT_STREAM_STRIDE, V(stride));
    qn_asm_slot(l->a, QN_SLOT_STREAM_FORMAT, fmt);
    qn_asm_slot(l->a, QN_SLOT_STREAM_COLS, cols);
}

void qn_lower_gemm(qn_lower *l, qn_gemm_args x, qn_sems s)
{
    qn_insn *i = qn_asm_op(l->a, QN_OP_GEMM);
    QN_PUT(*i, GEMM, UNIT, x.unit);
    QN_PUT(*i, GEMM, ACCUM, x.accum);
    qn_asm_slot(l->a, QN_SLOT_GEMM_SLICE, x.slice);
    qn_asm_slot(l->a, QN_SLOT_GEMM_SLICES, x.slices);
    qn_asm_slot(l->a, QN_SLOT_GEMM_COLS, x.cols);
    qn_asm_slot(l->a, QN_SLOT_GEMM_ROWS, x.rows);
    qn_asm_slot(l->a, QN_SLOT_GEMM_ACC, x.acc);
    qn_asm_slot(l->a, QN_SLOT_GEMM_FORMAT, x.fmt);
    qn_asm_sync(l->a, s);
}

void qn_lower_load(qn_lower *l, qn_val addr, qn_val n, uint32_t dst, qn_sems s)
{
    qn_insn *i = qn_asm_op(l->a, QN_OP_LOADV);
    QN_PUT(*i, LOADV, WIN, QN_WIN_IMAGE);
    QN_PUT(*i, LOADV, KIND, QN_KIND_ACT);
    qn_asm_slot(l->a, QN_SLOT_LOADV_ADDR, addr);
    qn_asm_slot(l->a, QN_SLOT_LOADV_N, n);
    qn_asm_slot(l->a, QN_SLOT_LOADV_RUNS, V(1));
    qn_asm_slot(l->a, QN_SLOT_LOADV_DST, V(dst));
    qn_asm_sync(l->a, s);
}

void qn_lower_next_tile(qn_lower *l)
{
    qn_asm_alu(l->a, QN_ALU_SUB, QN_R_TILE, V(l->g->layer[0].m[QN_ROLE_Q].tile), R(QN_R_TILE, 0));
}

void qn_lower_slices(qn_lower *l, qn_val src, uint32_t mask, const uint32_t base[QN_BLOCKS], qn_val offset, uint32_t slices, uint32_t hi, qn_val rows,
                     uint32_t stride, bool post)
{
    for (int i = 0; i < QN_BLOCKS; i++)
        if (mask >> i & 1)
            qn_lower_quant(l, QN_FOR_WEIGHTS, src, R(offset.reg, offset.imm + (int32_t)base[i]), 32 * slices, 0, hi, rows, stride, i);
    if (post)
        qn_asm_sync(l->a, (qn_sems){.post = {QN_S_SLICE}});
}
