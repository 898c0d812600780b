// SPDX-License-Identifier: Apache-2.0
#include "sim/model/qn_seq.h"

#include <assert.h>
#include <string.h>

void qn_seq_init(qn_seq *s, const uint32_t *prog, uint32_t words, uint32_t entry, const uint32_t *args)
{
    assert(s && prog && args && words <= QN_PROG_WORDS_MAX);
    memset(s, 0, sizeof *s);
    s->prog = prog;
    s->words = words;
    s->args = args;
    s->pc = entry;
}

static enum qn_seq_result trap(qn_seq *s, unsigned cause, uint32_t addr)
{
    s->trap = (uint8_t)cause;
    s->trap_addr = addr;
    return QN_SEQ_TRAP;
}

static bool alu(unsigned fn, uint32_t a, uint32_t b, uint32_t *out)
{
    int32_t sa = (int32_t)a, sb = (int32_t)b;
    switch (fn) {
    case QN_ALU_ADD: *out = a + b; return true;
    case QN_ALU_SUB: *out = a - b; return true;
    case QN_ALU_MUL: *out = a * b; return true;
    case QN_ALU_MIN: *out = sa < sb ? a : b; return true;
    case QN_ALU_MAX: *out = sa > sb ? a : b; return true;
    case QN_ALU_SHR: *out = a >> (b & 31); return true;
    case QN_ALU_AND: *out = a & b; return true;
    default: return false;
    }
}

enum qn_seq_result qn_seq_step(qn_seq *s, qn_entry *e)
{
    uint32_t pc = s->pc;
    e->pc = pc;
    e->unit = QN_UNIT_SEQ;
    e->op = 0;
    if (pc >= s->words / QN_INSN_WORDS)
        return trap(s, QN_TRAP_PC, pc);
    memcpy(e->x.w, s->prog + (size_t)pc * QN_INSN_WORDS, sizeof e->x.w);
    e->op = (uint8_t)qn_insn_get(&e->x, QN_INSN_OP_LSB, 8);
    int unit = qn_op_unit(e->op);
    if (!s->good[pc]) {
        if (qn_insn_get(&e->x, QN_INSN_CHECK_LSB, 16) != qn_insn_check(&e->x))
            return trap(s, QN_TRAP_CHECK, pc);
        if (unit < 0)
            return trap(s, QN_TRAP_OPCODE, e->op);
        if (!qn_insn_defined(&e->x))
            return trap(s, QN_TRAP_OPCODE, e->op);
        s->good[pc] = 1;
    }
    e->unit = (uint8_t)unit;
    for (int k = 0; k < QN_SLOTS; k++)
        e->v[k] = (int32_t)(s->r[qn_insn_slot_reg(&e->x, k)] + (uint32_t)qn_insn_slot_imm(&e->x, k));
    s->pc = pc + 1;

    e->skipped = false;
    unsigned dst = 0;
    uint32_t value = 0;
    switch (e->op) {
    case QN_OP_HALT:
        return QN_SEQ_HALT;
    case QN_OP_LOOP:
        if (e->v[QN_SLOT_LOOP_COUNT] <= 0) {
            s->pc = (uint32_t)e->v[QN_SLOT_LOOP_END] + 1;
            e->skipped = true;
        } else if (s->depth == QN_LOOP_DEPTH) {
            return trap(s, QN_TRAP_LOOP, pc);
        } else {
            s->loop[s->depth].start = s->pc;
            s->loop[s->depth++].left = e->v[QN_SLOT_LOOP_COUNT];
        }
        return QN_SEQ_INSN;
    case QN_OP_ENDLOOP:
        if (s->depth == 0)
            return trap(s, QN_TRAP_LOOP, pc);
        if (--s->loop[s->depth - 1].left > 0) {
            s->pc = s->loop[s->depth - 1].start;
        } else {
            s->depth--;
            e->skipped = true;
        }
        return QN_SEQ_INSN;
    case QN_OP_ALU:
        dst = QN_GET(e->x, ALU, DST);
        if (!alu(QN_GET(e->x, ALU, FN), (uint32_t)e->v[QN_SLOT_ALU_A], (uint32_t)e->v[QN_SLOT_ALU_B], &value))
            return trap(s, QN_TRAP_FIELD, QN_GET(e->x, ALU, FN));
        break;
    case QN_OP_LDT:
        dst = QN_GET(e->x, LDT, DST);
        if ((uint32_t)e->v[QN_SLOT_LDT_INDEX] >= s->words)
            return trap(s, QN_TRAP_PC, (uint32_t)e->v[QN_SLOT_LDT_INDEX]);
        value = s->prog[e->v[QN_SLOT_LDT_INDEX]];
        break;
    case QN_OP_LDA:
        dst = QN_GET(e->x, LDA, DST);
        if ((uint32_t)e->v[QN_SLOT_LDA_INDEX] >= QN_ARGS)
            return trap(s, QN_TRAP_ARG, (uint32_t)e->v[QN_SLOT_LDA_INDEX]);
        value = s->args[e->v[QN_SLOT_LDA_INDEX]];
        break;
    default:
        return QN_SEQ_INSN;
    }
    if (dst == 0)
        return trap(s, QN_TRAP_FIELD, 0);
    s->r[dst] = value;
    return QN_SEQ_INSN;
}
