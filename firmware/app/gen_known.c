// SPDX-License-Identifier: Apache-2.0
// gen_known.c: runs on the host: prints the self-test's program (known.c) as a header. Every unit of the core has a part in it: activations
// are loaded and quantized, columns of bytes stream past them, sums go through the vector unit and back to memory.
#include <stdio.h>
#include <string.h>

#include "rtl/spec/qn_isa.h"

// Rows: as many as the core has (argument 0), these at the most
enum { ROWS = 16, COLS = 16, HAS = 1, SUMS = 2, ACT = 128, TILE = ACT + 32 * ROWS, OUT = 1024, VB_OUT = 1024, FMT = QN_FMT_VAL8 };

static uint32_t code[16 * QN_INSN_WORDS], n;

// A slot that is a register's value
#define REG(r) (int32_t)((uint32_t)(r) << QN_IMM_BITS)

// Waits for a semaphore and posts one; 0: none
static void put(enum qn_op op, uint32_t field, unsigned wait, unsigned post, const int32_t slot[QN_SLOTS])
{
    qn_insn x = {{0}};
    qn_insn_op(&x, op);
    qn_insn_put(&x, 24, 8, field);
    qn_insn_put(&x, QN_INSN_WAIT0_LSB, 4, wait);
    qn_insn_put(&x, QN_INSN_POST0_LSB, 4, post);
    for (int k = 0; k < QN_SLOTS; k++)
        x.w[2 + k] = (uint32_t)slot[k];
    qn_insn_seal(&x);
    memcpy(code + n, x.w, sizeof x.w);
    n += QN_INSN_WORDS;
}

int main(void)
{
    put(QN_OP_LDA, HAS, 0, 0, (const int32_t[QN_SLOTS]){0});
    put(QN_OP_ALU, SUMS | QN_ALU_MUL << 4, 0, 0, (const int32_t[QN_SLOTS]){REG(HAS), COLS});
    put(QN_OP_LOADV, 0, 0, 1, (const int32_t[QN_SLOTS]){ACT, 32 * ROWS, 1, 0, 0, 0});
    put(QN_OP_QUANT, 0, 1, 2, (const int32_t[QN_SLOTS]){0, 0, 32, REG(HAS), 32 << 14, 4 << 10});
    put(QN_OP_STREAM, 0, 0, 0, (const int32_t[QN_SLOTS]){TILE, 8 * COLS, 1, 0, FMT, COLS});
    put(QN_OP_GEMM, 0, 2, 3, (const int32_t[QN_SLOTS]){0, 1, COLS, REG(HAS), 0, FMT});
    put(QN_OP_VEC, QN_VEC_MOV | 1 << 4, 3, 4, (const int32_t[QN_SLOTS]){VB_OUT, 0, 0, COLS, REG(HAS), COLS / 8 | 128 << 9});
    put(QN_OP_STORE, 2 << 5, 4, 0, (const int32_t[QN_SLOTS]){VB_OUT, REG(SUMS), 1, 4 * OUT, 4, 0});
    put(QN_OP_HALT, 0, 0, 0, (const int32_t[QN_SLOTS]){0});
    printf("// Made by firmware/app/gen_known.c: do not edit.\n#include <stdint.h>\n\nenum { KNOWN_ROWS = %d, KNOWN_COLS = %d, KNOWN_ACT = %d, KNOWN_TILE = %d, KNOWN_OUT = %d, KNOWN_WORDS = %u };\n"
           "static const uint32_t known_code[KNOWN_WORDS] = {", ROWS, COLS, ACT, TILE, OUT, n);
    for (uint32_t i = 0; i < n; i++)
        printf("%s0x%08x,", i % 8 ? " " : "\n    ", code[i]);
    printf("\n};\n");
    return n > ACT;
}
