// SPDX-License-Identifier: Apache-2.0
// qn_asm.h: writes instructions one after the other. Errors stick: the first is kept, and the rest does nothing.
//
//     qn_asm a = {0};
//     qn_loop(&a, V(4));
//     qn_gemm(&a, (qn_gemm_args){.slice = V(0), .slices = V(9), .cols = V(128), .rows = R(ROWS, 0), ...});
//     qn_sync(&a, (qn_sems){.wait = {TILE_FREE}, .post = {TILE_DONE}});     // of the last instruction
//     qn_loop_end(&a);
#ifndef QN_ASM_H
#define QN_ASM_H

#include "compiler/back/qn_prog.h"

// A slot: register + immediate.
typedef struct qn_val {
    unsigned reg;
    int32_t imm;
} qn_val;
#define V(x) ((qn_val){0, (int32_t)(x)})
#define R(r, x) ((qn_val){(r), (int32_t)(x)})

typedef struct qn_asm {
    qn_insn *code;
    size_t n, cap;
    uint32_t *table;             // words behind the code
    size_t n_table, cap_table;
    struct qn_fix {
        size_t at;
        int slot;
    } *fix;                      // slots that hold a table index and still lack the code's length
    size_t n_fix, cap_fix;
    qn_mark *mark;
    size_t n_mark, cap_mark;
    size_t loop[QN_LOOP_DEPTH];
    int depth;
    int err;
} qn_asm;

void qn_asm_free(qn_asm *a);
void qn_asm_mark(qn_asm *a, const char *name);

// Appends an all-zero instruction of `op`.
qn_insn *qn_asm_op(qn_asm *a, enum qn_op op);
void qn_asm_slot(qn_asm *a, int slot, qn_val v);             // of the last instruction
typedef struct qn_sems {
    unsigned wait[2], post[2];
} qn_sems;
void qn_asm_sync(qn_asm *a, qn_sems s);                      // of the last instruction

void qn_asm_alu(qn_asm *a, enum qn_alu fn, unsigned dst, qn_val x, qn_val y);
void qn_asm_set(qn_asm *a, unsigned dst, qn_val x);
void qn_asm_lda(qn_asm *a, unsigned dst, qn_val index);
void qn_asm_loop(qn_asm *a, qn_val count);
void qn_asm_loop_end(qn_asm *a);

// Tables: words behind the code. `put` returns the word's offset in the table; `ldt` reads word (offset + register).
uint32_t qn_asm_put(qn_asm *a, uint32_t word);
void qn_asm_ldt(qn_asm *a, unsigned dst, unsigned reg, uint32_t offset);

// Closes the program: table indexes become word indexes, check bits are written. Returns the first error.
int qn_asm_finish(qn_asm *a, uint32_t prog_words, qn_why *why);

typedef struct qn_vec_args {
    enum qn_vec fn;
    qn_val dst, a, b, n, rows;
    uint32_t dstride, astride, bstride;      // words, multiples of 8 (accumulators: rows x QN_ACC_ROW)
    bool acc, bscalar, step;
    unsigned perm;
} qn_vec_args;
void qn_asm_vec(qn_asm *a, qn_vec_args v);

#endif
