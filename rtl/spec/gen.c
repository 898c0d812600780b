// SPDX-License-Identifier: Apache-2.0
// gen.c: checks the lists of rtl/spec and prints what is made from them.
//
//     gen --package > rtl/spec/qn_isa_pkg.sv      the RTL's constants
//     gen --manual > rtl/spec/manual.md           the tables of the manual
//     gen --target ulx3s                          -GElement=0 -GRows=16 ...         parameters of qn_top, for Verilator
//     gen --yosys ulx3s                           -chparam Element 0 -chparam Rows 16 ...  the same, for Yosys' `hierarchy -top qn_top`
//     gen --soc ulx3s                             .Rows(16), ... one a line     parameters of qn_soc: the core's, the memory's, the name
//     gen --targets                               names, one a line
//
// Every call checks all lists first: what it prints, it has checked. Exit 1: a list is wrong (each fault on a line of stderr).
#include "rtl/spec/qn_isa.h"

#include <assert.h>
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

// The lists as tables

typedef struct op_row {
    const char *name;
    long code;
    int unit;
    const char *text;
} op_row;

typedef struct part_row {
    const char *op, *name;
    long slot, lsb, width;                   // slot -1: field of the head; width 0: a whole slot
    const char *text;
} part_row;

#define QN_OP(name, code, unit, text) {#name, code, QN_UNIT_##unit, text},
#define QN_FIELD(op, name, lsb, width, text)
#define QN_SLOT(op, index, name, text)
#define QN_RAW(op, index, name, lsb, width, text)
static const op_row ops[] = {
#include "rtl/spec/insn.def"
};
#undef QN_OP
#undef QN_FIELD
#undef QN_SLOT
#undef QN_RAW
#define QN_OP(name, code, unit, text)
#define QN_FIELD(op, name, lsb, width, text) {#op, #name, -1, lsb, width, text},
#define QN_SLOT(op, index, name, text) {#op, #name, index, 0, 0, text},
#define QN_RAW(op, index, name, lsb, width, text) {#op, #name, index, lsb, width, text},
static const part_row parts[] = {
#include "rtl/spec/insn.def"
};

typedef struct fmt_row {
    const char *name;
    long id, planes, sign, sub, block, head, store;
    const char *store_name, *text;
} fmt_row;

typedef struct book_row {
    const char *name;
    long id, code, planes, value[16];
} book_row;

#define QN_BOOK(name, id, code, planes, ...)
#define QN_FMT(name, id, planes, sign, sub, block, head, store, text) {#name, id, planes, sign, sub, block, head, QN_STORE_##store, #store, text},
static const fmt_row fmts[] = {
#include "rtl/spec/fmt.def"
};
#undef QN_FMT
#undef QN_BOOK
#define QN_FMT(name, id, planes, sign, sub, block, head, store, text)
#define QN_BOOK(name, id, code, planes, ...) {#name, id, code, planes, {__VA_ARGS__}},
static const book_row books[] = {
#include "rtl/spec/fmt.def"
};

typedef struct reg_row {
    const char *name;
    long index, count;
    const char *access, *text;
} reg_row;

typedef struct const_row {
    const char *name;
    long value;
    const char *text;
} const_row;

#define QN_REG(name, index, count, access, text) {#name, index, count, #access, text},
#define QN_TRAP(name, code, text)
static const reg_row regs[] = {
#include "rtl/spec/regs.def"
};
#undef QN_REG
#undef QN_TRAP
#define QN_REG(name, index, count, access, text)
#define QN_TRAP(name, code, text) {#name, code, text},
static const const_row traps[] = {
#include "rtl/spec/regs.def"
};
#define QN_LATENCY(name, clocks, text) {#name, clocks, text},
static const const_row lats[] = {
#include "rtl/spec/unit.def"
    {NULL, 0, NULL}
};

static const char *const unit_names[] = {"SEQ", "LOAD", "MATRIX", "VECTOR", "STORE"};
static const const_row alus[] = {
    {"ADD", QN_ALU_ADD, NULL}, {"SUB", QN_ALU_SUB, NULL}, {"MUL", QN_ALU_MUL, NULL}, {"MIN", QN_ALU_MIN, NULL},
    {"MAX", QN_ALU_MAX, NULL}, {"SHR", QN_ALU_SHR, NULL}, {"AND", QN_ALU_AND, NULL},
};
static const const_row vecs[] = {
    {"ADD", QN_VEC_ADD, NULL}, {"SUB", QN_VEC_SUB, NULL}, {"MUL", QN_VEC_MUL, NULL}, {"MAX", QN_VEC_MAX, NULL},
    {"MOV", QN_VEC_MOV, NULL}, {"EXP", QN_VEC_EXP, NULL}, {"EXPN", QN_VEC_EXPN, NULL}, {"RECIP", QN_VEC_RECIP, NULL},
    {"RSQRT", QN_VEC_RSQRT, NULL}, {"MASK", QN_VEC_MASK, NULL},
};
static_assert(COUNT(alus) == QN_ALU_COUNT && COUNT(vecs) == QN_VEC_COUNT, "a function without a name");

// The queue entry: what the sequencer hands to a unit. Slots lowest, then 24 bits of head, 24 of field bits, the instruction's index.
enum { ENTRY_OP = 32 * QN_SLOTS, ENTRY_WAIT0 = ENTRY_OP + 8, ENTRY_WAIT1 = ENTRY_WAIT0 + 4, ENTRY_POST0 = ENTRY_WAIT1 + 4,
       ENTRY_POST1 = ENTRY_POST0 + 4, ENTRY_FLAGS = ENTRY_POST1 + 4, FLAGS_W = 24, ENTRY_PC = ENTRY_FLAGS + FLAGS_W, PC_W = 12,
       ENTRY_W = ENTRY_PC + PC_W };

// Bits 24..31 of word 0 and 16..31 of word 1 stand together.
static long flag_bit(long lsb)
{
    return lsb < 32 ? lsb - 24 : lsb - 48 + 8;
}

// Checks

static int faults;

static void fault(const char *list, const char *name, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fprintf(stderr, "%s: %s: ", list, name);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
    faults++;
}

static void check_range(const char *list, const char *name, const char *what, long v, long low, long high)
{
    if (v < low || v > high)
        fault(list, name, "%s %ld is outside %ld..%ld", what, v, low, high);
}

static void check_ops(void)
{
    for (size_t i = 0; i < COUNT(ops); i++) {
        check_range("insn.def", ops[i].name, "code", ops[i].code, 1, 255);
        for (size_t j = 0; j < i; j++) {
            if (ops[i].code == ops[j].code)
                fault("insn.def", ops[i].name, "code 0x%02lx is also %s's", ops[i].code, ops[j].name);
            if (strcmp(ops[i].name, ops[j].name) == 0)
                fault("insn.def", ops[i].name, "named twice");
        }
    }
}

static bool parts_overlap(const part_row *a, const part_row *b)
{
    if (a->slot != b->slot)
        return false;
    if (a->slot >= 0 && (!a->width || !b->width))
        return true;
    return a->lsb < b->lsb + b->width && b->lsb < a->lsb + a->width;
}

static void check_parts(void)
{
    for (size_t i = 0; i < COUNT(parts); i++) {
        const part_row *p = &parts[i];
        if (p->slot < 0) {
            long end = p->lsb + p->width;
            if (p->width < 1 || !((p->lsb >= 24 && end <= 32) || (p->lsb >= 48 && end <= 64)))
                fault("insn.def", p->name, "%s: field bits %ld..%ld are outside 24..31 and 48..63", p->op, p->lsb, end - 1);
        } else {
            check_range("insn.def", p->name, "slot", p->slot, 0, QN_SLOTS - 1);
            if (p->width)
                check_range("insn.def", p->name, "end of raw bits", p->lsb + p->width, 1, QN_IMM_BITS);
        }
        for (size_t j = 0; j < i; j++) {
            if (strcmp(p->op, parts[j].op) != 0)
                continue;
            if (parts_overlap(p, &parts[j]))
                fault("insn.def", p->name, "%s: overlaps %s", p->op, parts[j].name);
            if (strcmp(p->name, parts[j].name) == 0)
                fault("insn.def", p->name, "%s: named twice", p->op);
        }
    }
}

static const book_row *find_book(long store)
{
    for (size_t i = 0; i < COUNT(books); i++)
        if (books[i].id == store)
            return &books[i];
    return NULL;
}

static long col_words(const fmt_row *f)
{
    const book_row *b = find_book(f->store);
    return !b ? f->planes : b->planes == 2 * f->planes ? b->code / 2 : b->code;
}

static long lowest(const book_row *b)
{
    long low = 0;
    for (int i = 0; i < 16; i++)
        low = b->value[i] < low ? b->value[i] : low;
    return low;
}

static void check_books(void)
{
    for (size_t i = 0; i < COUNT(books); i++) {
        const book_row *b = &books[i];
        if (b->id != (long)i + 2)
            fault("fmt.def", b->name, "id %ld, expected %zu: books are numbered from 2 without gaps", b->id, i + 2);
        check_range("fmt.def", b->name, "id", b->id, 2, 15);
        check_range("fmt.def", b->name, "code", b->code, 2, 4);
        check_range("fmt.def", b->name, "planes", b->planes, 1, 15);
        for (int k = 0; k < 16; k++)
            check_range("fmt.def", b->name, "value", b->value[k], k < 1 << b->code ? -(1L << (b->planes - 1)) : 0, k < 1 << b->code ? (1L << (b->planes - 1)) - 1 : 0);
    }
}

static void check_fmts(void)
{
    for (size_t i = 0; i < COUNT(fmts); i++) {
        const fmt_row *f = &fmts[i];
        if (f->id != (long)i + 1)
            fault("fmt.def", f->name, "id %ld, expected %zu: formats are numbered from 1 without gaps", f->id, i + 1);
        const book_row *b = find_book(f->store);
        bool paired = b && b->planes == 2 * f->planes;
        long words = col_words(f);
        check_range("fmt.def", f->name, "id", f->id, 1, 127);
        check_range("fmt.def", f->name, "planes", f->planes, 1, 16);
        check_range("fmt.def", f->name, "signed", f->sign, 0, 2);
        check_range("fmt.def", f->name, "sub", f->sub, 0, 4);
        check_range("fmt.def", f->name, "head", f->head, 0, 3);
        if (f->block != 1 && f->block != 2 && f->block != 4 && f->block != 8)
            fault("fmt.def", f->name, "block %ld is not 1, 2, 4 or 8", f->block);
        if (f->store == QN_STORE_BYTES && f->planes % 8)
            fault("fmt.def", f->name, "codes of %ld bits cannot be stored as bytes", f->planes);
        if (f->sub && f->sub != 2 && f->head != 2)
            fault("fmt.def", f->name, "minima, or scales of halves, need two float headers (head 2)");
        long head_words = (f->sub && f->sub < 4 ? 1 : 0) + (f->head == 2 ? 2 : f->head ? 1 : 0);
        if (head_words >= 2 * words)         // the array takes a header a clock from a pair's second plane on
            fault("fmt.def", f->name, "a pair of columns has %ld header words for %ld planes", head_words, 2 * words);
        if (f->sign == QN_ODD && (f->planes > 8 || f->store != QN_STORE_PLANES))
            fault("fmt.def", f->name, "odd values of %ld planes, more than 8, or not stored as planes", f->planes);
        if (b && ((f->planes != b->planes && !paired) || f->sign != 1 || (paired && (f->sub || b->code % 2))))
            fault("fmt.def", f->name, "values of %s are signed and have %ld planes", b->name, b->planes);
        if (f->sub && (f->sign == QN_ODD || f->planes > (b && f->sub < 3 ? 8 : 6) || (b && lowest(b) < -127)))
            fault("fmt.def", f->name, "sub-scales with codes of %ld bits, more than 6 (of a book: outside -127..127)", f->planes);
    }
}

static void check_regs(void)
{
    for (size_t i = 0; i < COUNT(regs); i++) {
        const reg_row *r = &regs[i];
        check_range("regs.def", r->name, "count", r->count, 1, QN_REG_WORDS);
        check_range("regs.def", r->name, "last index", r->index + r->count - 1, 0, QN_REG_WORDS - 1);
        if (strcmp(r->access, "RW") != 0 && strcmp(r->access, "RO") != 0 && strcmp(r->access, "WO") != 0)
            fault("regs.def", r->name, "access %s is not RW, RO or WO", r->access);
        for (size_t j = 0; j < i; j++)
            if (r->index < regs[j].index + regs[j].count && regs[j].index < r->index + r->count)
                fault("regs.def", r->name, "overlaps %s", regs[j].name);
    }
    for (size_t i = 0; i < COUNT(traps); i++)
        if (traps[i].value != (long)i)
            fault("regs.def", traps[i].name, "code %ld, expected %zu: traps are numbered from 0 without gaps", traps[i].value, i);
}

static void check_lats(void)
{
    for (size_t i = 0; lats[i].name; i++) {
        check_range("unit.def", lats[i].name, "clocks", lats[i].value, 1, 64);
        for (size_t j = 0; j < i; j++)
            if (strcmp(lats[i].name, lats[j].name) == 0)
                fault("unit.def", lats[i].name, "named twice");
    }
}

static bool power_of_two(long v)
{
    return v > 0 && (v & (v - 1)) == 0;
}

static void check_targets(void)
{
    const qn_target *t;
    for (size_t i = 0; (t = qn_target_at(i)); i++) {
        const char *l = "target.def", *n = t->name;
        check_range(l, n, "rows", t->rows, 2, 256);
        if (t->depth != 8 && t->depth != 16 && t->depth != 32)
            fault(l, n, "depth %u is not 8, 16 or 32", t->depth);
        if (t->planes != 1 && t->planes != 2 && t->planes != 4)     // a block of 32 cached tokens gives each stripe eights
            fault(l, n, "planes %u is not 1, 2 or 4", t->planes);
        check_range(l, n, "acc_cols", t->acc_cols, 8, QN_ACC_ROW);
        check_range(l, n, "slices", t->slices, 8, 1024);
        check_range(l, n, "prog_words", t->prog_words, 8, 8L << PC_W);
        check_range(l, n, "fifo_words", t->fifo_words, 64, 1 << 16);
        check_range(l, n, "ggml", t->ggml, 0, 1);
        check_range(l, n, "small", t->small, 0, 1);
        check_range(l, n, "vb_words", t->vb_words, 8192, 1 << 20);       // an address holds a stride (insn.def: ten bits of eights)
        if (t->lanes != 4 && t->lanes != 8)
            fault(l, n, "lanes %u is not 4 or 8", t->lanes);
        if (!power_of_two(t->rows))
            fault(l, n, "rows %u is not a power of two", t->rows);
        if (!t->funcs || t->lanes % t->funcs)
            fault(l, n, "funcs %u does not divide lanes %u", t->funcs, t->lanes);
        if (t->funcs > t->dequants)          // the vector unit's pace from the accumulators would be that of the functions
            fault(l, n, "funcs %u is more than dequants %u", t->funcs, t->dequants);
        if (t->rows < 2 * t->dequants)
            fault(l, n, "rows %u are less than twice dequants %u", t->rows, t->dequants);
        if (!t->dequants || t->lanes % t->dequants || t->rows % t->dequants)
            fault(l, n, "dequants %u does not divide lanes %u and rows %u", t->dequants, t->lanes, t->rows);
        if (t->acc_cols % (8 * t->planes))
            fault(l, n, "acc_cols %u is not a multiple of 8 x planes", t->acc_cols);
        if (t->vb_words % 8)
            fault(l, n, "vb_words %u is not a multiple of 8", t->vb_words);
        if (!power_of_two(t->fifo_words))
            fault(l, n, "fifo_words %u is not a power of two", t->fifo_words);
        if (t->prog_words % QN_INSN_WORDS)
            fault(l, n, "prog_words %u is not a multiple of %d", t->prog_words, QN_INSN_WORDS);
        if (strlen(n) + 1 + strlen(qn_element_at(t->element)->name) >= QN_TARGET_LABEL)
            fault(l, n, "name and element take %d bytes or more", QN_TARGET_LABEL);
        if (!t->mem_bytes || t->mem_bytes > 1ull << 32)
            fault(l, n, "mem_bytes is outside 1..2^32");
        if (!t->memory.beats || !power_of_two(t->memory.row_lines) || !power_of_two(t->memory.banks))
            fault(l, n, "memory %s: beats is zero, or row_lines or banks is not a power of two", t->memory.name);
    }
}

static void check_elements(void)
{
    const qn_element *e;
    for (size_t i = 0; (e = qn_element_at(i)); i++) {
        check_range("target.def", e->name, "pair_clocks", e->pair_clocks, 4, 16);
        check_range("target.def", e->name, "tail_clocks", e->tail_clocks, 0, 15);
    }
}

// The package

static uint32_t mask(long lsb, long width)
{
    return (uint32_t)(((1ull << width) - 1) << lsb);
}

static void print_constants(const char *prefix, const const_row *rows, size_t n, int width)
{
    for (size_t i = 0; i < n; i++) {
        printf("  localparam [%d:0] %s_%s = %d'd%ld;", width - 1, prefix, rows[i].name, width, rows[i].value);
        printf(rows[i].text ? "  // %s\n" : "\n", rows[i].text);
    }
}

static void print_insns(void)
{
    printf("  // Queue entry: slots lowest. <OP>_<FIELD>_LSB below is a bit of the whole entry, <OP>_<RAW>_LSB a bit of its slot's value\n"
           "  // and SLOT_<OP>_<NAME> a slot's index: entry[32 * SLOT_GEMM_COLS +: 32], entry[GEMM_ACCUM_LSB +: GEMM_ACCUM_W].\n"
           "  localparam int ENTRY_W = %d;\n  localparam int ENTRY_OP_LSB = %d;\n  localparam int ENTRY_WAIT0_LSB = %d;\n"
           "  localparam int ENTRY_WAIT1_LSB = %d;\n  localparam int ENTRY_POST0_LSB = %d;\n  localparam int ENTRY_POST1_LSB = %d;\n"
           "  localparam int ENTRY_FLAGS_LSB = %d;  // field bits: word 0 [31:24], then word 1 [31:16]\n  localparam int FLAGS_W = %d;\n"
           "  localparam int ENTRY_PC_LSB = %d;     // index of the instruction\n  localparam int PC_W = %d;\n"
           "  localparam int SLOTS = %d;\n  localparam int IMM_W = %d;\n  localparam int LOOP_DEPTH = %d;\n  localparam int ACC_ROW = %d;\n\n",
           ENTRY_W, ENTRY_OP, ENTRY_WAIT0, ENTRY_WAIT1, ENTRY_POST0, ENTRY_POST1, ENTRY_FLAGS, FLAGS_W, ENTRY_PC, PC_W, QN_SLOTS,
           QN_IMM_BITS, QN_LOOP_DEPTH, QN_ACC_ROW);
    for (int u = 0; u < QN_UNITS; u++)
        printf("  localparam [2:0] UNIT_%s = 3'd%d;\n", unit_names[u], u);
    for (size_t i = 0; i < COUNT(ops); i++) {
        printf("\n  localparam [7:0] OP_%s = 8'h%02lx;  // %s\n", ops[i].name, ops[i].code, ops[i].text);
        for (size_t j = 0; j < COUNT(parts); j++) {
            const part_row *p = &parts[j];
            if (strcmp(p->op, ops[i].name) != 0)
                continue;
            if (p->slot >= 0)
                printf("  localparam int SLOT_%s_%s = %ld;\n", p->op, p->name, p->slot);
            if (p->width)
                printf("  localparam int %s_%s_LSB = %ld;\n  localparam int %s_%s_W = %ld;\n", p->op, p->name,
                       p->slot < 0 ? ENTRY_FLAGS + flag_bit(p->lsb) : p->lsb, p->op, p->name, p->width);
        }
    }
    printf("\n");
    print_constants("ALU", alus, COUNT(alus), 4);
    printf("\n");
    print_constants("VEC", vecs, COUNT(vecs), 4);
}

static void print_op_functions(void)
{
    printf("\n  // What an opcode defines. A bit outside these masks must be zero.\n"
           "  function automatic op_defined(input [7:0] op);\n    case (op)\n      ");
    for (size_t i = 0; i < COUNT(ops); i++)
        printf("%sOP_%s", i ? ", " : "", ops[i].name);
    printf(": op_defined = 1'b1;\n      default: op_defined = 1'b0;\n    endcase\n  endfunction\n\n"
           "  function automatic [2:0] op_unit(input [7:0] op);\n    case (op)\n");
    for (size_t i = 0; i < COUNT(ops); i++)
        printf("      OP_%s: op_unit = UNIT_%s;\n", ops[i].name, unit_names[ops[i].unit]);
    printf("      default: op_unit = UNIT_SEQ;\n    endcase\n  endfunction\n\n"
           "  function automatic [%d:0] op_flags(input [7:0] op);  // field bits, as they stand in the entry\n    case (op)\n", FLAGS_W - 1);
    for (size_t i = 0; i < COUNT(ops); i++) {
        uint32_t used = 0;
        for (size_t j = 0; j < COUNT(parts); j++)
            if (parts[j].slot < 0 && strcmp(parts[j].op, ops[i].name) == 0)
                used |= mask(flag_bit(parts[j].lsb), parts[j].width);
        if (used)
            printf("      OP_%s: op_flags = %d'h%06x;\n", ops[i].name, FLAGS_W, used);
    }
    printf("      default: op_flags = %d'h0;\n    endcase\n  endfunction\n\n"
           "  function automatic [31:0] op_slot(input [7:0] op, input [2:0] index);  // the slot's 32-bit word\n    case ({op, index})\n", FLAGS_W);
    for (size_t i = 0; i < COUNT(ops); i++)
        for (int slot = 0; slot < QN_SLOTS; slot++) {
            uint32_t used = 0;
            for (size_t j = 0; j < COUNT(parts); j++)
                if (parts[j].slot == slot && strcmp(parts[j].op, ops[i].name) == 0)
                    used |= parts[j].width ? mask(parts[j].lsb, parts[j].width) : ~0u;
            if (used)
                printf("      {OP_%s, 3'd%d}: op_slot = 32'h%08x;\n", ops[i].name, slot, used);
        }
    printf("      default: op_slot = 32'h0;\n    endcase\n  endfunction\n");
}

static void print_fmt_function(const char *name, int width, size_t offset)
{
    printf("\n  function automatic [%d:0] fmt_%s(input [6:0] id);\n    case (id)\n", width - 1, name);
    for (size_t i = 0; i < COUNT(fmts); i++) {
        long v = *(const long *)((const char *)&fmts[i] + offset);
        if (v)
            printf("      FMT_%s: fmt_%s = %d'd%ld;\n", fmts[i].name, name, width, v);
    }
    printf("      default: fmt_%s = %d'd0;\n    endcase\n  endfunction\n", name, width);
}

// What a book's codes are to unpack: Boolean functions of their bits, one for each plane of the values.
static void print_books(void)
{
    printf("\n  // How columns are stored (fmt_store): PLANES, BYTES, or a book's number. Groups of words, and the planes that come of a group.\n"
           "  localparam [3:0] STORE_PLANES = 4'd0;\n  localparam [3:0] STORE_BYTES = 4'd1;\n");
    for (size_t i = 0; i < COUNT(books); i++)
        printf("  localparam [3:0] STORE_%s = 4'd%ld;\n", books[i].name, books[i].id);
    printf("\n  function automatic [4:0] fmt_words(input [6:0] id);  // of a column\n    case (id)\n");
    for (size_t i = 0; i < COUNT(fmts); i++)
        if (find_book(fmts[i].store))
            printf("      FMT_%s: fmt_words = 5'd%ld;\n", fmts[i].name, col_words(&fmts[i]));
    printf("      default: fmt_words = fmt_planes(id);\n    endcase\n  endfunction\n");
    printf("\n  function automatic [2:0] store_last(input [3:0] store);  // words of a group, less one\n    case (store)\n"
           "      STORE_PLANES: store_last = 3'd0;\n");
    for (size_t i = 0; i < COUNT(books); i++)
        printf("      STORE_%s: store_last = 3'd%ld;\n", books[i].name, books[i].code - 1);
    printf("      default: store_last = 3'd7;\n    endcase\n  endfunction\n");
    printf("\n  function automatic [3:0] store_planes(input [3:0] store);\n    case (store)\n");
    for (size_t i = 0; i < COUNT(books); i++)
        printf("      STORE_%s: store_planes = 4'd%ld;\n", books[i].name, books[i].planes);
    printf("      default: store_planes = 4'd8;\n    endcase\n  endfunction\n");
    printf("\n  function automatic [15:0] book_bit(input [3:0] store, input [3:0] place);  // bit i: the bit of code i's value that has `place` bits from the first to itself\n"
           "    case ({store, place})\n");
    for (size_t i = 0; i < COUNT(books); i++)
        for (long place = books[i].planes; place > 0; place--) {
            unsigned table = 0;
            for (int k = 0; k < 16; k++)
                table |= ((unsigned)books[i].value[k % (1 << books[i].code)] >> (place - 1) & 1) << k;
            printf("      {STORE_%s, 4'd%ld}: book_bit = 16'h%04x;\n", books[i].name, place, table);
        }
    printf("      default: book_bit = 16'd0;\n    endcase\n  endfunction\n");
}

static void print_fmts(void)
{
    printf("\n  // Number formats. A function's argument is the id's low 7 bits: ask fmt_valid about the whole slot first.\n");
    for (size_t i = 0; i < COUNT(fmts); i++)
        printf("  localparam [6:0] FMT_%s = 7'd%ld;  // %s\n", fmts[i].name, fmts[i].id, fmts[i].text);
    printf("\n  function automatic fmt_valid(input [31:0] id);\n    fmt_valid = id >= 32'd1 && id <= 32'd%zu;\n  endfunction\n", COUNT(fmts));
    print_fmt_function("planes", 5, offsetof(fmt_row, planes));
    print_fmt_function("signed", 2, offsetof(fmt_row, sign));
    print_fmt_function("sub", 3, offsetof(fmt_row, sub));
    print_fmt_function("block", 4, offsetof(fmt_row, block));
    print_fmt_function("head", 2, offsetof(fmt_row, head));
    print_fmt_function("store", 4, offsetof(fmt_row, store));
    print_books();
}

// Vectors of bytes, an element's at 8 x its number: the dialect has no arrays.
static void print_element_clocks(const char *name, size_t offset)
{
    printf("  localparam [%d:0] ELEMENT_%s = {", 8 * QN_ELEMENTS - 1, name);
    for (int i = QN_ELEMENTS - 1; i >= 0; i--)
        printf("8'd%u%s", *(const uint32_t *)((const char *)qn_element_at((size_t)i) + offset), i ? ", " : "};\n");
}

static void print_elements(void)
{
    printf("\n  // Elements, and the clocks that the loading of a slice takes: for a pair of rows, and after the last pair; element e at [8 e +: 8]\n");
    for (int i = 0; i < QN_ELEMENTS; i++) {
        printf("  localparam int ELEMENT_");
        for (const char *c = qn_element_at((size_t)i)->name; *c; c++)
            putchar(toupper((unsigned char)*c));
        printf(" = %d;\n", i);
    }
    print_element_clocks("PAIR_CLOCKS", offsetof(qn_element, pair_clocks));
    print_element_clocks("TAIL_CLOCKS", offsetof(qn_element, tail_clocks));
}

static void print_package(void)
{
    printf("// Made by rtl/spec/gen.c from rtl/spec/*.def: do not edit, `make spec` prints it again.\n"
           "// SPDX-License-Identifier: Apache-2.0\n// qn_isa_pkg: the contracts of rtl/spec as constants.\n\n"
           "/* verilator lint_off UNUSEDPARAM */  // no module uses all of them\npackage qn_isa_pkg;\n\n");
    print_insns();
    print_op_functions();
    print_fmts();
    printf("\n  // Registers (word index) and traps\n  localparam [31:0] ID_VALUE = 32'h%08x;\n  localparam int ARGS = %d;\n", QN_ID_VALUE, QN_ARGS);
    for (size_t i = 0; i < COUNT(regs); i++)
        printf("  localparam [6:0] REG_%s = 7'h%02lx;\n", regs[i].name, regs[i].index);
    printf("\n");
    print_constants("TRAP", traps, COUNT(traps), 8);
    printf("\n  // Pipeline latencies, clocks\n");
    for (size_t i = 0; lats[i].name; i++)
        printf("  localparam int LAT_%s = %ld;  // %s\n", lats[i].name, lats[i].value, lats[i].text);
    print_elements();
    printf("\nendpackage\n/* verilator lint_on UNUSEDPARAM */\n");
}

// The manual

static void print_manual(void)
{
    printf("<!-- Made by rtl/spec/gen.c from rtl/spec/*.def: do not edit, `make spec` prints it again. -->\n# Instructions\n");
    for (size_t i = 0; i < COUNT(ops); i++) {
        printf("\n## %s (0x%02lx, %s)\n%s.\n", ops[i].name, ops[i].code, unit_names[ops[i].unit], ops[i].text);
        bool head = false;
        for (size_t j = 0; j < COUNT(parts); j++) {
            const part_row *p = &parts[j];
            if (strcmp(p->op, ops[i].name) != 0)
                continue;
            if (!head)
                printf("\n| part | where | meaning |\n|---|---|---|\n");
            head = true;
            if (p->slot < 0)
                printf("| %s | word %ld [%ld:%ld] | %s |\n", p->name, p->lsb / 32, (p->lsb + p->width - 1) % 32, p->lsb % 32, p->text);
            else if (p->width)
                printf("| %s | slot %ld [%ld:%ld], plain | %s |\n", p->name, p->slot, p->lsb + p->width - 1, p->lsb, p->text);
            else
                printf("| %s | slot %ld | %s |\n", p->name, p->slot, p->text);
        }
    }
    printf("\n# Number formats\n\n| name | id | planes | signed | sub | block | head | store | meaning |\n|---|---|---|---|---|---|---|---|---|\n");
    for (size_t i = 0; i < COUNT(fmts); i++)
        printf("| %s | %ld | %ld | %ld | %ld | %ld | %ld | %s | %s |\n", fmts[i].name, fmts[i].id, fmts[i].planes, fmts[i].sign,
               fmts[i].sub, fmts[i].block, fmts[i].head, fmts[i].store_name, fmts[i].text);
    printf("\n# Code books\n\n| name | store | bits of a code | planes | values |\n|---|---|---|---|---|\n");
    for (size_t i = 0; i < COUNT(books); i++) {
        printf("| %s | %ld | %ld | %ld |", books[i].name, books[i].id, books[i].code, books[i].planes);
        for (int k = 0; k < 1 << books[i].code; k++)
            printf(" %ld", books[i].value[k]);
        printf(" |\n");
    }
    printf("\n# Registers\n\n| name | word | count | access | meaning |\n|---|---|---|---|---|\n");
    for (size_t i = 0; i < COUNT(regs); i++)
        printf("| %s | 0x%02lx | %ld | %s | %s |\n", regs[i].name, regs[i].index, regs[i].count, regs[i].access, regs[i].text);
    printf("\n# Traps\n\n| cause | code | meaning |\n|---|---|---|\n");
    for (size_t i = 0; i < COUNT(traps); i++)
        printf("| %s | %ld | %s |\n", traps[i].name, traps[i].value, traps[i].text);
    printf("\n# Latencies\n\n| pipeline | clocks | meaning |\n|---|---|---|\n");
    for (size_t i = 0; lats[i].name; i++)
        printf("| %s | %ld | %s |\n", lats[i].name, lats[i].value, lats[i].text);
    printf("\n# Targets\n\n| name | Rows | Depth | Planes | Lanes | Funcs | Dequants | AccCols | Slices | VbWords | FifoWords | ProgWords | Ggml | Small | element | memory | clock |"
           "\n|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|\n");
    const qn_target *t;
    for (size_t i = 0; (t = qn_target_at(i)); i++)
        printf("| %s | %u | %u | %u | %u | %u | %u | %u | %u | %u | %u | %u | %u | %u | %s | %s | %.1f MHz |\n", t->name, t->rows, t->depth, t->planes, t->lanes, t->funcs, t->dequants,
               t->acc_cols, t->slices, t->vb_words, t->fifo_words, t->prog_words, t->ggml, t->small, qn_element_at(t->element)->name, t->memory.name, t->clock_hz / 1e6);
    printf("\n# Elements\n\n| name | clocks of loading, a pair of rows | after the last | meaning |\n|---|---|---|---|\n");
    const qn_element *e;
    for (size_t i = 0; (e = qn_element_at(i)); i++)
        printf("| %s | %u | %u | %s |\n", e->name, e->pair_clocks, e->tail_clocks, e->text);
}

static int print_parameters(const char *name, const char *format)
{
    const qn_target *t = qn_target_find(name);
    if (!t) {
        fprintf(stderr, "gen: %s: no such target\n", name);
        return 1;
    }
    const const_row rows[] = {
        {"Element", t->element, NULL}, {"Rows", t->rows, NULL}, {"Depth", t->depth, NULL}, {"Planes", t->planes, NULL}, {"Lanes", t->lanes, NULL}, {"Funcs", t->funcs, NULL}, {"Dequants", t->dequants, NULL},
        {"AccCols", t->acc_cols, NULL}, {"Slices", t->slices, NULL}, {"VbWords", t->vb_words, NULL},
        {"FifoWords", t->fifo_words, NULL}, {"ProgWords", t->prog_words, NULL}, {"Ggml", t->ggml, NULL}, {"Small", t->small, NULL},
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        printf(format, i ? " " : "", rows[i].name, rows[i].value);
    return 0;
}

// Parameters of an instance of qn_soc, for a board's top: the core's, then what the SDRAM's controller and the front door must know of the target
static int print_soc(const char *name)
{
    const qn_target *t = qn_target_find(name);
    if (!t || t->planes != 1 || strchr(name, '/') || strlen(name) > 16) {
        fprintf(stderr, "gen: %s: no target of a system on chip\n", name);
        return 1;
    }
    print_parameters(name, "%.0s    .%s(%ld),\n");
    const qn_memory *m = &t->memory;
    if (strncmp(m->name, "ddr", 3) == 0)     // outside, behind a controller that has its own timings
        printf("    .Ddr(1),\n");
    else
        printf("    .Rcd(%u), .Rp(%u), .Cl(%u), .Rfc(%u), .Refi(%u), .Ras(%u), .Wr(%u), .Wtr(%u), .Rtw(%u),\n", m->rcd, m->rp, m->cl, m->rfc, m->refi, m->ras,
           m->wr, m->wtr, m->rtw);
    printf("    .MemWords(32'd%llu), .Name(128'h", (unsigned long long)t->mem_bytes / 4);
    for (int i = 15; i >= 0; i--)
        printf("%02x", (size_t)i < strlen(name) ? (unsigned char)name[i] : 0);
    printf("),\n");
    return 0;
}

int main(int argc, char **argv)
{
    check_ops();
    check_parts();
    check_books();
    check_fmts();
    check_regs();
    check_lats();
    check_targets();
    check_elements();
    if (faults)
        return 1;
    if (argc == 2 && strcmp(argv[1], "--package") == 0) {
        print_package();
    } else if (argc == 2 && strcmp(argv[1], "--manual") == 0) {
        print_manual();
    } else if (argc == 2 && strcmp(argv[1], "--targets") == 0) {
        for (size_t i = 0; qn_target_at(i); i++)
            printf("%s\n", qn_target_at(i)->name);
    } else if (argc == 3 && strcmp(argv[1], "--target") == 0) {
        return print_parameters(argv[2], "%s-G%s=%ld") || putchar('\n') < 0;
    } else if (argc == 3 && strcmp(argv[1], "--soc") == 0) {
        return print_soc(argv[2]);
    } else if (argc == 3 && strcmp(argv[1], "--yosys") == 0) {
        return print_parameters(argv[2], "%s-chparam %s %ld") || putchar('\n') < 0;
    } else {
        fprintf(stderr, "usage: gen --package | --manual | --targets | --target NAME | --yosys NAME | --soc NAME\n");
        return 64;
    }
    return 0;
}
