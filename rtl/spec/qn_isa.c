// SPDX-License-Identifier: Apache-2.0
#include "rtl/spec/qn_isa.h"

#include <stdio.h>
#include <string.h>

typedef struct op_info {
    const char *name;
    int code, unit;
} op_info;

typedef struct part_info {
    int op;
    const char *name;
    int slot;                                // -1: a field of the head; its lsb counts over words 0 and 1
    int lsb, width;                          // width 0: a whole slot
} part_info;

#define QN_OP(name, code, unit, text) {#name, code, QN_UNIT_##unit},
#define QN_FIELD(op, name, lsb, width, text)
#define QN_SLOT(op, index, name, text)
#define QN_RAW(op, index, name, lsb, width, text)
static const op_info ops[] = {
#include "rtl/spec/insn.def"
};
#undef QN_OP
#undef QN_FIELD
#undef QN_SLOT
#undef QN_RAW
#define QN_OP(name, code, unit, text)
#define QN_FIELD(op, name, lsb, width, text) {QN_OP_##op, #name, -1, lsb, width},
#define QN_SLOT(op, index, name, text) {QN_OP_##op, #name, index, 0, 0},
#define QN_RAW(op, index, name, lsb, width, text) {QN_OP_##op, #name, index, lsb, width},
static const part_info parts[] = {
#include "rtl/spec/insn.def"
};
#undef QN_OP
#undef QN_FIELD
#undef QN_SLOT
#undef QN_RAW

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static const op_info *find_op(unsigned op)
{
    for (size_t i = 0; i < COUNT(ops); i++)
        if (ops[i].code == (int)op)
            return &ops[i];
    return NULL;
}

int qn_op_unit(unsigned op)
{
    const op_info *o = find_op(op);
    return o ? o->unit : -1;
}

const char *qn_op_name(unsigned op)
{
    const op_info *o = find_op(op);
    return o ? o->name : "?";
}

uint16_t qn_insn_check(const qn_insn *x)
{
    uint16_t crc = 0xffff;
    for (int i = 0; i < 32; i++) {
        if (i == 4 || i == 5)
            continue;
        crc ^= (uint16_t)(((x->w[i / 4] >> (8 * (i % 4))) & 0xff) << 8);
        for (int k = 0; k < 8; k++)
            crc = (uint16_t)(crc & 0x8000 ? (crc << 1) ^ 0x1021 : crc << 1);
    }
    return crc;
}

void qn_insn_seal(qn_insn *x)
{
    qn_insn_put(x, QN_INSN_CHECK_LSB, 16, qn_insn_check(x));
}

bool qn_insn_defined(const qn_insn *x)
{
    unsigned op = qn_insn_get(x, QN_INSN_OP_LSB, 8);
    const op_info *o = find_op(op);
    if (!o)
        return false;
    qn_insn used = {{o->unit == QN_UNIT_SEQ ? 0xffu : 0xffffffu, 0xffffu, 0, 0, 0, 0, 0, 0}};
    for (size_t i = 0; i < COUNT(parts); i++) {
        const part_info *p = &parts[i];
        if (p->op != (int)op)
            continue;
        if (p->slot < 0)
            qn_insn_put(&used, p->lsb, p->width, ~0u);
        else if (p->width == 0)
            used.w[2 + p->slot] = ~0u;
        else
            used.w[2 + p->slot] |= ((1u << p->width) - 1) << p->lsb;
    }
    for (int i = 0; i < QN_INSN_WORDS; i++)
        if (x->w[i] & ~used.w[i])
            return false;
    return true;
}

void qn_insn_text(const qn_insn *x, char *out, size_t n)
{
    unsigned op = qn_insn_get(x, QN_INSN_OP_LSB, 8);
    size_t at = 0;
#define PUT(...)                                                              \
    do {                                                                      \
        int k_ = snprintf(out + at, n - at, __VA_ARGS__);                     \
        at = k_ < 0 ? at : at + (size_t)k_ < n ? at + (size_t)k_ : n - 1;     \
    } while (0)
    if (n == 0)
        return;
    out[0] = 0;
    PUT("%-8s", qn_op_name(op));
    for (size_t i = 0; i < COUNT(parts); i++) {
        const part_info *p = &parts[i];
        if (p->op != (int)op)
            continue;
        if (p->slot < 0) {
            PUT(" %s=%u", p->name, qn_insn_get(x, p->lsb, p->width));
        } else if (p->width) {
            PUT(" %s=%u", p->name, qn_part(x->w[2 + p->slot], p->lsb, p->width));
        } else if (qn_insn_slot_reg(x, p->slot)) {
            PUT(" %s=r%u%+d", p->name, qn_insn_slot_reg(x, p->slot), qn_insn_slot_imm(x, p->slot));
        } else {
            PUT(" %s=%d", p->name, qn_insn_slot_imm(x, p->slot));
        }
    }
    static const char *const sem[] = {"wait", "wait", "post", "post"};
    for (int i = 0; i < 4; i++) {
        unsigned s = qn_insn_get(x, QN_INSN_WAIT0_LSB + 4 * i, 4);
        if (s)
            PUT(" %s=%u", sem[i], s);
    }
#undef PUT
}

#define QN_BOOK(name, id, code, planes, ...)
#define QN_FMT(name, id, planes, sign, sub, block, head, store, text) {#name, id, planes, sign, sub, block, head, QN_STORE_##store},
static const qn_fmt fmts[] = {
#include "rtl/spec/fmt.def"
};
#undef QN_FMT
#undef QN_BOOK
#define QN_FMT(name, id, planes, sign, sub, block, head, store, text)
#define QN_BOOK(name, id, code, planes, ...) {#name, id, code, planes, {__VA_ARGS__}},
static const qn_book books[] = {
#include "rtl/spec/fmt.def"
};
#undef QN_FMT
#undef QN_BOOK

const qn_fmt *qn_fmt_find(uint32_t id)
{
    for (size_t i = 0; i < COUNT(fmts); i++)
        if (fmts[i].id == id)
            return &fmts[i];
    return NULL;
}

const qn_book *qn_book_find(unsigned store)
{
    for (size_t i = 0; i < COUNT(books); i++)
        if (books[i].id == store)
            return &books[i];
    return NULL;
}

int qn_book_code(const qn_book *b, int value)
{
    for (int i = 0; i < 1 << b->code; i++)
        if (b->value[i] == value)
            return i;
    return -1;
}

bool qn_fmt_paired(const qn_fmt *f)
{
    const qn_book *b = qn_book_find(f->store);
    return b && b->planes == 2 * f->planes;
}

unsigned qn_fmt_col_words(const qn_fmt *f)
{
    const qn_book *b = qn_book_find(f->store);
    return !b ? f->planes : qn_fmt_paired(f) ? b->code / 2u : b->code;
}

unsigned qn_fmt_group_words(const qn_fmt *f)
{
    return f->store == QN_STORE_PLANES ? 1 : f->store == QN_STORE_BYTES ? 8 : qn_book_find(f->store)->code;
}

unsigned qn_fmt_group_planes(const qn_fmt *f)
{
    return f->store == QN_STORE_PLANES ? 1 : f->store == QN_STORE_BYTES ? 8 : qn_book_find(f->store)->planes;
}

unsigned qn_fmt_pair_words(const qn_fmt *f, bool last)
{
    static const unsigned head_words[] = {0, 1, 2, 1};
    return (qn_fmt_sub_word(f) ? 1u : 0u) + (last ? head_words[f->head] : 0) + 2 * qn_fmt_col_words(f);
}

uint64_t qn_fmt_tile_words(const qn_fmt *f, uint32_t cols, uint32_t slices)
{
    uint64_t blocks = slices / f->block;
    uint64_t per_block = (uint64_t)(f->block - 1) * qn_fmt_pair_words(f, false) + qn_fmt_pair_words(f, true);
    return blocks * per_block * (cols / 2);
}

#define QN_REG(name, index, count, access, text)
#define QN_TRAP(name, code, text) case code: return text;
const char *qn_trap_text(unsigned cause)
{
    switch (cause) {
#include "rtl/spec/regs.def"
    default:
        return "unknown trap";
    }
}
#undef QN_REG
#undef QN_TRAP

#define QN_TARGET(...)
#define QN_ELEMENT(...)
#define QN_MEMORY(name, beats, rcd, rp, cl, rfc, refi, ras, wr, wtr, rtw, row_lines, banks, text) MEMORY_##name,
enum {
#include "rtl/spec/target.def"
};
#undef QN_MEMORY
#define QN_MEMORY(name, beats, rcd, rp, cl, rfc, refi, ras, wr, wtr, rtw, row_lines, banks, text) \
    {#name, beats, rcd, rp, cl, rfc, refi, ras, wr, wtr, rtw, row_lines, banks},
static const qn_memory memories[] = {
#include "rtl/spec/target.def"
};
#undef QN_MEMORY
#undef QN_ELEMENT
#define QN_MEMORY(...)
#define QN_ELEMENT(name, pair_clocks, tail_clocks, text) {#name, pair_clocks, tail_clocks, text},
static const qn_element elements[] = {
#include "rtl/spec/target.def"
};
#undef QN_TARGET
#undef QN_ELEMENT
#define QN_ELEMENT(...)
#define QN_TARGET(name, rows, depth, planes, lanes, funcs, deqs, acc, slices, vb, fifo, prog, ggml, small, mem, hz, element, memory, text) \
    {{#name, rows, depth, planes, lanes, funcs, deqs, acc, slices, vb, fifo, prog, ggml, small, mem, hz, QN_ELEMENT_##element, {0}, text}, MEMORY_##memory},
typedef struct target_row {
    qn_target target;
    int memory;
} target_row;
static target_row targets[] = {
#include "rtl/spec/target.def"
};
static qn_target variants[COUNT(targets)][QN_ELEMENTS];      // those with another element, filled in when they are asked for

const qn_element *qn_element_at(size_t i)
{
    return i < QN_ELEMENTS ? &elements[i] : NULL;
}

const qn_target *qn_target_at(size_t i)
{
    if (i >= COUNT(targets))
        return NULL;
    targets[i].target.memory = memories[targets[i].memory];
    return &targets[i].target;
}

static const qn_target *with_element(size_t i, const char *element)
{
    const qn_target *t = qn_target_at(i);
    for (int e = 0; e < QN_ELEMENTS; e++)
        if (strcmp(elements[e].name, element) == 0) {
            qn_target *v = &variants[i][e];
            *v = *t;
            v->element = (enum qn_element_id)e;
            return t->element == v->element ? t : v;
        }
    return NULL;
}

const qn_target *qn_target_find(const char *name)
{
    size_t len = strcspn(name, "/");
    for (size_t i = 0; i < COUNT(targets); i++) {
        const char *n = targets[i].target.name;
        if (strlen(n) == len && memcmp(n, name, len) == 0)
            return name[len] ? with_element(i, name + len + 1) : qn_target_at(i);
    }
    return NULL;
}

const char *qn_target_label(char label[QN_TARGET_LABEL], const qn_target *t)
{
    bool own = qn_target_find(t->name)->element == t->element;
    snprintf(label, QN_TARGET_LABEL, own ? "%s" : "%s/%s", t->name, elements[t->element].name);
    return label;
}
