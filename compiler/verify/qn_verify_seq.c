// SPDX-License-Identifier: Apache-2.0
#include <string.h>

#include "compiler/verify/qn_verify_in.h"

void qn_vseq_init(qn_vseq *s, const uint32_t *prog, uint32_t words, uint32_t entry, const qn_span *args)
{
    memset(s, 0, sizeof *s);
    s->prog = prog;
    s->words = words;
    s->args = args;
    s->pc = entry;
}

static bool one(qn_span a)
{
    return a.lo == a.hi;
}

static qn_span wrapped(uint32_t v)
{
    return (qn_span){(int32_t)v, (int32_t)v, 0};
}

// An interval that does not fit may be anything.
static qn_span fitted(int64_t lo, int64_t hi, int64_t step)
{
    return lo < INT32_MIN || hi > INT32_MAX ? (qn_span){INT32_MIN, INT32_MAX, 1} : (qn_span){lo, hi, step};
}

static int64_t common(int64_t a, int64_t b)
{
    while (b) {
        int64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

static qn_span alu_one(unsigned fn, uint32_t a, uint32_t b)
{
    switch (fn) {
    case QN_ALU_ADD: return wrapped(a + b);
    case QN_ALU_SUB: return wrapped(a - b);
    case QN_ALU_MUL: return wrapped(a * b);
    case QN_ALU_MIN: return wrapped((int32_t)a < (int32_t)b ? a : b);
    case QN_ALU_MAX: return wrapped((int32_t)a > (int32_t)b ? a : b);
    case QN_ALU_SHR: return wrapped(a >> (b & 31));
    default: return wrapped(a & b);
    }
}

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t greatest(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static qn_span alu(unsigned fn, qn_span a, qn_span b)
{
    if (one(a) && one(b))
        return alu_one(fn, (uint32_t)a.lo, (uint32_t)b.lo);
    bool positive = a.lo >= 0 && b.lo >= 0;
    switch (fn) {
    case QN_ALU_ADD: return fitted(a.lo + b.lo, a.hi + b.hi, common(a.step, b.step));
    case QN_ALU_SUB: return fitted(a.lo - b.hi, a.hi - b.lo, common(a.step, b.step));
    case QN_ALU_MIN: return fitted(least(a.lo, b.lo), least(a.hi, b.hi), 1);
    case QN_ALU_MAX: return fitted(greatest(a.lo, b.lo), greatest(a.hi, b.hi), 1);
    case QN_ALU_MUL:
        if (positive)                            // (lo + i step) (lo' + k step')
            return fitted(a.lo * b.lo, a.hi * b.hi, common(common(a.lo * b.step, a.step * b.lo), a.step * b.step));
        break;
    case QN_ALU_SHR:
        if (positive && one(b))
            return fitted(a.lo >> (b.lo & 31), a.hi >> (b.lo & 31), 1);
        break;
    default:
        if (positive)
            return fitted(0, least(a.hi, b.hi), 1);
    }
    return fitted(INT32_MIN, INT32_MAX, 1);
}

static enum qn_seq_result fault(qn_vseq *s, const char *what)
{
    s->fault = what;
    return QN_SEQ_TRAP;
}

static qn_span slot(const qn_vseq *s, const qn_insn *x, int k)
{
    return alu(QN_ALU_ADD, s->r[qn_insn_slot_reg(x, k)], wrapped((uint32_t)qn_insn_slot_imm(x, k)));
}

static enum qn_seq_result scalar(qn_vseq *s, qn_vinsn *v)
{
    const qn_insn *x = &v->e.x;
    qn_span a = slot(s, x, 0), value = {0, 0, 0};
    unsigned dst = 0;
    switch (v->e.op) {
    case QN_OP_HALT:
        return s->depth ? fault(s, "HALT inside a loop") : QN_SEQ_HALT;
    case QN_OP_LOOP:
        if (!one(a))
            return fault(s, "the loop's count depends on a token");
        if (a.lo <= 0) {
            s->pc = (uint32_t)slot(s, x, QN_SLOT_LOOP_END).lo + 1;
        } else {
            s->loop[s->depth].start = s->pc;
            s->loop[s->depth++].left = a.lo;
        }
        return QN_SEQ_INSN;
    case QN_OP_ENDLOOP:
        if (--s->loop[s->depth - 1].left > 0)
            s->pc = s->loop[s->depth - 1].start;
        else
            s->depth--;
        return QN_SEQ_INSN;
    case QN_OP_ALU:
        dst = QN_GET(*x, ALU, DST);
        value = alu(QN_GET(*x, ALU, FN), a, slot(s, x, QN_SLOT_ALU_B));
        break;
    case QN_OP_LDT:
        dst = QN_GET(*x, LDT, DST);
        if (!one(a) || a.lo < 0 || a.lo >= s->words)
            return fault(s, "table index beyond the program");
        value = wrapped(s->prog[a.lo]);
        break;
    default:
        dst = QN_GET(*x, LDA, DST);
        if (!one(a) || a.lo < 0 || a.lo >= QN_ARGS || s->args[a.lo].lo > s->args[a.lo].hi)
            return fault(s, "an argument that is not given");
        value = s->args[a.lo];
        if (a.lo < 32)
            s->args_read |= 1u << a.lo;
    }
    s->r[dst] = value;
    return QN_SEQ_INSN;
}

enum qn_seq_result qn_vseq_step(qn_vseq *s, qn_vinsn *v)
{
    qn_entry *e = &v->e;
    e->pc = s->pc;
    memcpy(e->x.w, s->prog + (size_t)s->pc * QN_INSN_WORDS, sizeof e->x.w);
    e->op = (uint8_t)qn_insn_get(&e->x, QN_INSN_OP_LSB, 8);
    e->unit = (uint8_t)qn_op_unit(e->op);
    e->skipped = false;
    v->vary = -1;
    v->more = v->step = 0;
    s->pc++;
    if (e->unit == QN_UNIT_SEQ)
        return scalar(s, v);
    for (int k = 0; k < QN_SLOTS; k++) {
        qn_span x = slot(s, &e->x, k);
        e->v[k] = (int32_t)x.lo;
        if (one(x))
            continue;
        if (v->vary >= 0)
            return fault(s, "two operands depend on a token");
        v->vary = k;
        v->more = (uint32_t)(x.hi - x.lo);
        v->step = (uint32_t)x.step;
    }
    bool address = (e->op == QN_OP_STREAM && v->vary == QN_SLOT_STREAM_ADDR) || (e->op == QN_OP_LOADV && v->vary == QN_SLOT_LOADV_ADDR) ||
                   (e->op == QN_OP_EMBED && v->vary == QN_SLOT_EMBED_A);
    return v->vary >= 0 && !address ? fault(s, "an operand other than an address depends on a token") : QN_SEQ_INSN;
}
