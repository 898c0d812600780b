// SPDX-License-Identifier: Apache-2.0
// qn_isa.h: the contracts of rtl/spec as C: opcodes, fields, formats, registers, traps, targets. Everything is made from the lists.
//
//     qn_insn x = {{0}};
//     qn_insn_op(&x, QN_OP_GEMM);
//     QN_PUT(x, GEMM, ACCUM, 1);
//     qn_insn_slot(&x, QN_SLOT_GEMM_COLS, reg, imm);
//     qn_insn_seal(&x);                                  // check bits, last
#ifndef QN_ISA_H
#define QN_ISA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { QN_INSN_WORDS = 8, QN_SLOTS = 6, QN_REGS = 16, QN_SEMS = 16, QN_LOOP_DEPTH = 6, QN_WINDOWS = 8, QN_DEPTH = 32,
       QN_ACC_ROW = 1024, QN_IMM_BITS = 28 };

enum qn_unit { QN_UNIT_SEQ, QN_UNIT_LOAD, QN_UNIT_MATRIX, QN_UNIT_VECTOR, QN_UNIT_STORE, QN_UNITS };

#define QN_OP(name, code, unit, text)
#define QN_FIELD(op, name, lsb, width, text)
#define QN_SLOT(op, index, name, text)
#define QN_RAW(op, index, name, lsb, width, text)
#undef QN_OP
#define QN_OP(name, code, unit, text) QN_OP_##name = code,
enum qn_op {
#include "rtl/spec/insn.def"
};
#undef QN_OP
#define QN_OP(name, code, unit, text)
#undef QN_FIELD
#define QN_FIELD(op, name, lsb, width, text) QN_##op##_##name##_LSB = lsb, QN_##op##_##name##_W = width,
enum qn_field {
#include "rtl/spec/insn.def"
    QN_FIELD_NONE
};
#undef QN_FIELD
#define QN_FIELD(op, name, lsb, width, text)
#undef QN_SLOT
#define QN_SLOT(op, index, name, text) QN_SLOT_##op##_##name = index,
enum qn_slot {
#include "rtl/spec/insn.def"
    QN_SLOT_NONE
};
#undef QN_SLOT
#define QN_SLOT(op, index, name, text)
#undef QN_RAW
#define QN_RAW(op, index, name, lsb, width, text) \
    QN_RAW_##op##_##name = index, QN_RAW_##op##_##name##_LSB = lsb, QN_RAW_##op##_##name##_W = width,
enum qn_raw {
#include "rtl/spec/insn.def"
    QN_RAW_NONE
};
#undef QN_RAW
#undef QN_OP
#undef QN_FIELD
#undef QN_SLOT

enum qn_alu { QN_ALU_ADD, QN_ALU_SUB, QN_ALU_MUL, QN_ALU_MIN, QN_ALU_MAX, QN_ALU_SHR, QN_ALU_AND, QN_ALU_COUNT };
enum qn_vec { QN_VEC_ADD, QN_VEC_SUB, QN_VEC_MUL, QN_VEC_MAX, QN_VEC_MOV, QN_VEC_EXP, QN_VEC_EXPN, QN_VEC_RECIP, QN_VEC_RSQRT,
              QN_VEC_MASK, QN_VEC_COUNT };
enum qn_kind { QN_KIND_WEIGHTS, QN_KIND_KV, QN_KIND_ACT, QN_KIND_PROG, QN_KINDS };

// Instructions
typedef struct qn_insn {
    uint32_t w[QN_INSN_WORDS];
} qn_insn;

static inline uint32_t qn_part(uint32_t v, int lsb, int width)
{
    return (v >> lsb) & ((1u << width) - 1);
}

// Fields of the head: lsb 0..63 over words 0 and 1.
static inline uint32_t qn_insn_get(const qn_insn *x, int lsb, int width)
{
    return qn_part(x->w[lsb / 32], lsb % 32, width);
}

static inline void qn_insn_put(qn_insn *x, int lsb, int width, uint32_t v)
{
    uint32_t mask = ((1u << width) - 1) << (lsb % 32);
    x->w[lsb / 32] = (x->w[lsb / 32] & ~mask) | ((v << (lsb % 32)) & mask);
}

#define QN_GET(x, op, field) qn_insn_get(&(x), QN_##op##_##field##_LSB, QN_##op##_##field##_W)
#define QN_PUT(x, op, field, v) qn_insn_put(&(x), QN_##op##_##field##_LSB, QN_##op##_##field##_W, (v))
// A raw part of a slot's resolved value `v`, and its place in an immediate.
#define QN_GETRAW(v, op, field) qn_part((uint32_t)(v), QN_RAW_##op##_##field##_LSB, QN_RAW_##op##_##field##_W)
#define QN_SETRAW(op, field, v) ((uint32_t)(v) << QN_RAW_##op##_##field##_LSB)

enum { QN_INSN_OP_LSB = 0, QN_INSN_WAIT0_LSB = 8, QN_INSN_WAIT1_LSB = 12, QN_INSN_POST0_LSB = 16, QN_INSN_POST1_LSB = 20,
       QN_INSN_CHECK_LSB = 32 };

static inline void qn_insn_op(qn_insn *x, enum qn_op op)
{
    qn_insn_put(x, QN_INSN_OP_LSB, 8, op);
}

static inline void qn_insn_slot(qn_insn *x, int slot, unsigned reg, int32_t imm)
{
    x->w[2 + slot] = (uint32_t)reg << QN_IMM_BITS | ((uint32_t)imm & ((1u << QN_IMM_BITS) - 1));
}

static inline unsigned qn_insn_slot_reg(const qn_insn *x, int slot)
{
    return x->w[2 + slot] >> QN_IMM_BITS;
}

static inline int32_t qn_insn_slot_imm(const qn_insn *x, int slot)
{
    return (int32_t)(x->w[2 + slot] << (32 - QN_IMM_BITS)) >> (32 - QN_IMM_BITS);
}

uint16_t qn_insn_check(const qn_insn *x);    // CRC-16/CCITT-FALSE (poly 0x1021, start 0xffff) over bytes 0-3 and 6-31
void qn_insn_seal(qn_insn *x);               // writes the check bits
bool qn_insn_defined(const qn_insn *x);      // opcode known, undefined bits zero; check bits not looked at
int qn_op_unit(unsigned op);                 // qn_unit, or -1 for an opcode not defined
const char *qn_op_name(unsigned op);
// One line of assembly: "gemm slice=0 slices=9 cols=r3+0 ... wait=1 post=2".
void qn_insn_text(const qn_insn *x, char *out, size_t n);

// Number formats
typedef struct qn_fmt {
    const char *name;
    uint8_t id, planes, sign, sub, block, head, store;       // sign: 0, 1 or QN_ODD
} qn_fmt;

typedef struct qn_book {
    const char *name;
    uint8_t id, code, planes;                // 2^code values of `planes` bits
    int16_t value[16];
} qn_book;

enum { QN_ODD = 2 };
#define QN_FMT(name, id, planes, sign, sub, block, head, store, text)
#define QN_BOOK(name, id, code, planes, ...) QN_STORE_##name = id,
enum qn_store { QN_STORE_PLANES, QN_STORE_BYTES,
#include "rtl/spec/fmt.def"
};
#undef QN_FMT
#undef QN_BOOK
#define QN_BOOK(name, id, code, planes, ...)
#define QN_FMT(name, id, planes, sign, sub, block, head, store, text) QN_FMT_##name = id,
enum qn_fmt_id {
#include "rtl/spec/fmt.def"
};
#undef QN_FMT
#define QN_FMT(name, id, planes, sign, sub, block, head, store, text) +1
enum { QN_FMTS = 0                            // ids are 1..QN_FMTS
#include "rtl/spec/fmt.def"
};
#undef QN_FMT
#undef QN_BOOK
const qn_fmt *qn_fmt_find(uint32_t id);      // NULL where the id is not defined
const qn_book *qn_book_find(unsigned store); // NULL where that is no book
// The code of a book's value; -1 for what it has not.
int qn_book_code(const qn_book *b, int value);
// Whether a code is a weight of both columns of a pair (fmt.def).
bool qn_fmt_paired(const qn_fmt *f);
// Words of one column in one slice, without headers.
unsigned qn_fmt_col_words(const qn_fmt *f);
// What leaves the FIFO's words as other words: of how many words a group is, and how many planes come of it. Words that are planes: 1 and 1.
unsigned qn_fmt_group_words(const qn_fmt *f);
unsigned qn_fmt_group_planes(const qn_fmt *f);
// Whether each slice has a word of sub-scales for a pair of columns.
static inline bool qn_fmt_sub_word(const qn_fmt *f)
{
    return f->sub != 0 && f->sub < 4;
}
// Words of one pair of columns in one slice; `last` tells the last slice of a block.
unsigned qn_fmt_pair_words(const qn_fmt *f, bool last);
// Words of a tile of `cols` (even) columns by `slices` (a multiple of the block).
uint64_t qn_fmt_tile_words(const qn_fmt *f, uint32_t cols, uint32_t slices);

// Registers and traps
#define QN_REG(name, index, count, access, text) QN_REG_##name = index,
#define QN_TRAP(name, code, text)
enum qn_reg {
#include "rtl/spec/regs.def"
};
#undef QN_REG
#undef QN_TRAP
#define QN_REG(name, index, count, access, text)
#define QN_TRAP(name, code, text) QN_TRAP_##name = code,
enum qn_trap {
#include "rtl/spec/regs.def"
};
#undef QN_REG
#undef QN_TRAP
const char *qn_trap_text(unsigned cause);
enum { QN_ARGS = 64, QN_REG_WORDS = 128 };
enum { QN_CTRL_START = 1, QN_CTRL_LOAD = 2, QN_CTRL_RESET = 4 };
enum { QN_STATUS_BUSY = 1, QN_STATUS_DONE = 2, QN_STATUS_TRAP = 4, QN_STATUS_NONFINITE = 8 };
#define QN_ID_VALUE 0x514e0001u

// Targets
typedef struct qn_memory {
    const char *name;
    uint32_t beats, rcd, rp, cl, rfc, refi, ras, wr, wtr, rtw, row_lines, banks;
} qn_memory;

#define QN_TARGET(...)
#define QN_MEMORY(...)
#define QN_ELEMENT(name, pair_clocks, tail_clocks, text) QN_ELEMENT_##name,
enum qn_element_id {
#include "rtl/spec/target.def"
    QN_ELEMENTS
};
#undef QN_TARGET
#undef QN_MEMORY
#undef QN_ELEMENT
typedef struct qn_element {
    const char *name;
    uint32_t pair_clocks, tail_clocks;
    const char *text;
} qn_element;

enum { QN_PLANES_MAX = 4, QN_TARGET_LABEL = 32 };

typedef struct qn_target {
    const char *name;
    uint32_t rows, depth, planes, lanes, funcs, dequants, acc_cols, slices, vb_words, fifo_words, prog_words, ggml, small;
    uint64_t mem_bytes;
    uint32_t clock_hz;
    enum qn_element_id element;
    qn_memory memory;
    const char *text;
} qn_target;

// How columns are dealt out to `planes` stripes (fmt.def): the stripe that has column `col` of a tile, and as which of its own.
static inline uint32_t qn_stripe_of(uint32_t planes, uint32_t col)
{
    return col / 8 % planes;
}

static inline uint32_t qn_stripe_col(uint32_t planes, uint32_t col)
{
    return col / (8 * planes) * 8 + col % 8;
}

// Back: the tile's column that is column `own` of a stripe.
static inline uint32_t qn_stripe_tile_col(uint32_t planes, uint32_t stripe, uint32_t own)
{
    return (own / 8 * planes + stripe) * 8 + own % 8;
}

// COLS of GEMM and STREAM are multiples of this: pairs, or whole eights for every stripe. With several stripes ACC is one too.
static inline uint32_t qn_stripe_unit(uint32_t planes)
{
    return planes == 1 ? 2 : 8 * planes;
}

static inline uint32_t qn_target_cols(const qn_target *t)
{
    return qn_stripe_unit(t->planes);
}

// Lines that hold `words` words from word address `addr` on.
static inline uint32_t qn_target_lines(const qn_target *t, uint32_t addr, uint32_t words)
{
    return (addr % t->planes + words + t->planes - 1) / t->planes;
}

// "ulx3s", or "ulx3s/lut" for the same target with another element. NULL where there is none. `name` is the target's alone, and so what
// programs are compiled for.
const qn_target *qn_target_find(const char *name);
const qn_target *qn_target_at(size_t i);             // i-th of the list, NULL past its end
// What qn_target_find would find it by: the name, and the element where it is not the target's own.
const char *qn_target_label(char label[QN_TARGET_LABEL], const qn_target *t);
const qn_element *qn_element_at(size_t i);           // by its qn_element_id, NULL past the last

// Clocks that the loading of a slice takes for `rows` rows: L of rtl/README.md.
static inline uint32_t qn_target_load_clocks(const qn_target *t, uint32_t rows)
{
    const qn_element *e = qn_element_at(t->element);
    return e->pair_clocks * ((rows + 1) / 2) + e->tail_clocks;
}

#endif
