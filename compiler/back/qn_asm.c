// SPDX-License-Identifier: Apache-2.0
#include "compiler/back/qn_asm.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

// Makes room for one more of a growing array; false (and a sticking error) when there is no memory.
static bool grow(qn_asm *a, void **array, size_t n, size_t *cap, size_t size)
{
    if (a->err)
        return false;
    if (n < *cap)
        return true;
    size_t more = *cap ? 2 * *cap : 64;
    void *p = realloc(*array, more * size);
    if (!p) {
        a->err = QN_ERR_NOMEM;
        return false;
    }
    *array = p;
    *cap = more;
    return true;
}

void qn_asm_free(qn_asm *a)
{
    free(a->code);
    free(a->table);
    free(a->fix);
    free(a->mark);
    *a = (qn_asm){0};
}

void qn_asm_mark(qn_asm *a, const char *name)
{
    if (!grow(a, (void **)&a->mark, a->n_mark, &a->cap_mark, sizeof *a->mark))
        return;
    qn_mark *m = &a->mark[a->n_mark++];
    *m = (qn_mark){.at = (uint32_t)a->n};
    snprintf(m->name, sizeof m->name, "%s", name);
}

qn_insn *qn_asm_op(qn_asm *a, enum qn_op op)
{
    static qn_insn nowhere;
    if (!grow(a, (void **)&a->code, a->n, &a->cap, sizeof *a->code))
        return &nowhere;
    qn_insn *x = &a->code[a->n++];
    *x = (qn_insn){{0}};
    qn_insn_op(x, op);
    return x;
}

void qn_asm_slot(qn_asm *a, int slot, qn_val v)
{
    if (a->err)
        return;
    assert(v.imm >= -(1 << 27) && v.imm < 1 << 27);
    qn_insn_slot(&a->code[a->n - 1], slot, v.reg, v.imm);
}

void qn_asm_sync(qn_asm *a, qn_sems s)
{
    if (a->err)
        return;
    qn_insn *x = &a->code[a->n - 1];
    qn_insn_put(x, QN_INSN_WAIT0_LSB, 4, s.wait[0]);
    qn_insn_put(x, QN_INSN_WAIT1_LSB, 4, s.wait[1]);
    qn_insn_put(x, QN_INSN_POST0_LSB, 4, s.post[0]);
    qn_insn_put(x, QN_INSN_POST1_LSB, 4, s.post[1]);
}

void qn_asm_alu(qn_asm *a, enum qn_alu fn, unsigned dst, qn_val x, qn_val y)
{
    qn_insn *i = qn_asm_op(a, QN_OP_ALU);
    QN_PUT(*i, ALU, DST, dst);
    QN_PUT(*i, ALU, FN, fn);
    qn_asm_slot(a, QN_SLOT_ALU_A, x);
    qn_asm_slot(a, QN_SLOT_ALU_B, y);
}

void qn_asm_set(qn_asm *a, unsigned dst, qn_val x)
{
    qn_asm_alu(a, QN_ALU_ADD, dst, x, V(0));
}

void qn_asm_lda(qn_asm *a, unsigned dst, qn_val index)
{
    qn_insn *i = qn_asm_op(a, QN_OP_LDA);
    QN_PUT(*i, LDA, DST, dst);
    qn_asm_slot(a, QN_SLOT_LDA_INDEX, index);
}

void qn_asm_loop(qn_asm *a, qn_val count)
{
    qn_asm_op(a, QN_OP_LOOP);
    qn_asm_slot(a, QN_SLOT_LOOP_COUNT, count);
    assert(a->depth < QN_LOOP_DEPTH);
    a->loop[a->depth++] = a->n - 1;
}

void qn_asm_loop_end(qn_asm *a)
{
    assert(a->depth > 0);
    size_t start = a->loop[--a->depth];
    qn_asm_op(a, QN_OP_ENDLOOP);
    if (!a->err)
        qn_insn_slot(&a->code[start], QN_SLOT_LOOP_END, 0, (int32_t)(a->n - 1));
}

uint32_t qn_asm_put(qn_asm *a, uint32_t word)
{
    if (!grow(a, (void **)&a->table, a->n_table, &a->cap_table, sizeof *a->table))
        return 0;
    a->table[a->n_table] = word;
    return (uint32_t)a->n_table++;
}

void qn_asm_ldt(qn_asm *a, unsigned dst, unsigned reg, uint32_t offset)
{
    qn_insn *i = qn_asm_op(a, QN_OP_LDT);
    QN_PUT(*i, LDT, DST, dst);
    qn_asm_slot(a, QN_SLOT_LDT_INDEX, R(reg, offset));
    if (grow(a, (void **)&a->fix, a->n_fix, &a->cap_fix, sizeof *a->fix))
        a->fix[a->n_fix++] = (struct qn_fix){a->n - 1, QN_SLOT_LDT_INDEX};
}

int qn_asm_finish(qn_asm *a, uint32_t prog_words, qn_why *why)
{
    if (a->err)
        return qn_fail(why, a->err, "%s", qn_err_text(a->err));
    assert(a->depth == 0);
    size_t words = a->n * QN_INSN_WORDS + a->n_table;
    if (words > prog_words)
        return qn_fail(why, QN_ERR_TOO_LARGE, "the program takes %zu words, the target's program memory has %u", words, prog_words);
    for (size_t i = 0; i < a->n_fix; i++) {
        qn_insn *x = &a->code[a->fix[i].at];
        int slot = a->fix[i].slot;
        qn_insn_slot(x, slot, qn_insn_slot_reg(x, slot), qn_insn_slot_imm(x, slot) + (int32_t)(a->n * QN_INSN_WORDS));
    }
    for (size_t i = 0; i < a->n; i++)
        qn_insn_seal(&a->code[i]);
    return 0;
}

void qn_asm_vec(qn_asm *a, qn_vec_args v)
{
    qn_insn *i = qn_asm_op(a, QN_OP_VEC);
    QN_PUT(*i, VEC, FN, v.fn);
    QN_PUT(*i, VEC, ACC, v.acc);
    QN_PUT(*i, VEC, BSCALAR, v.bscalar);
    QN_PUT(*i, VEC, PERM, v.perm);
    QN_PUT(*i, VEC, STEP, v.step);
    qn_asm_slot(a, QN_SLOT_VEC_DST, v.dst);
    qn_asm_slot(a, QN_SLOT_VEC_A, v.a);
    qn_asm_slot(a, QN_SLOT_VEC_B, v.b);
    qn_asm_slot(a, QN_SLOT_VEC_N, v.n);
    qn_asm_slot(a, QN_SLOT_VEC_ROWS, v.rows);
    assert(v.dstride % 8 == 0 && v.astride % 8 == 0 && v.bstride % 8 == 0);
    assert(v.dstride / 8 < 1u << QN_RAW_VEC_DSTRIDE_W && v.astride / 8 < 1u << QN_RAW_VEC_ASTRIDE_W && v.bstride / 8 < 1u << QN_RAW_VEC_BSTRIDE_W);
    if (!a->err)
        a->code[a->n - 1].w[2 + 5] = QN_SETRAW(VEC, DSTRIDE, v.dstride / 8) | QN_SETRAW(VEC, ASTRIDE, v.astride / 8) |
                                     QN_SETRAW(VEC, BSTRIDE, v.bstride / 8);
}
