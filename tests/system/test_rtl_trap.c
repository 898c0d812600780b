// SPDX-License-Identifier: Apache-2.0
// The core stops where it must, says why, and a reset brings it back, with words of memory still under way. QN_TARGET=name takes another target.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "driver/qn_err.h"
#include "sim/rtl/qn_rtl.h"

enum { PROG = 4096, SIZE = 100000 };

static qn_rtl *core;
static qn_insn prog[16];
static unsigned n;

static qn_insn *add(enum qn_op op)
{
    qn_insn_op(&prog[n], op);
    return &prog[n++];
}

static void run(void)
{
    uint32_t *mem = (uint32_t *)(void *)qn_rtl_memory(core);
    for (unsigned i = 0; i < n; i++) {
        qn_insn_seal(&prog[i]);
        memcpy(mem + PROG + i * QN_INSN_WORDS, prog[i].w, sizeof prog[i].w);
    }
    qn_rtl_write(core, QN_REG_PROG_WORDS, n * QN_INSN_WORDS);
    qn_rtl_write(core, QN_REG_CTRL, QN_CTRL_START | QN_CTRL_LOAD);
    assert_int_equal(qn_rtl_run(core, 100000), 0);
    memset(prog, 0, sizeof prog);
    n = 0;
}

static void stopped(unsigned cause, unsigned pc, uint32_t addr)
{
    assert_int_equal(qn_rtl_read(core, QN_REG_STATUS), QN_STATUS_TRAP);
    assert_int_equal(qn_rtl_read(core, QN_REG_TRAP), cause);
    assert_int_equal(qn_rtl_read(core, QN_REG_TRAP_PC), pc);
    assert_int_equal(qn_rtl_read(core, QN_REG_TRAP_ADDR), addr);
    qn_rtl_write(core, QN_REG_CTRL, QN_CTRL_START);                    // refused until a reset
    assert_int_equal(qn_rtl_read(core, QN_REG_STATUS), QN_STATUS_TRAP);
    qn_rtl_write(core, QN_REG_CTRL, QN_CTRL_RESET);
    assert_int_equal(qn_rtl_run(core, 1000), 0);
    assert_int_equal(qn_rtl_read(core, QN_REG_STATUS), 0);
    assert_int_equal(qn_rtl_read(core, QN_REG_TRAP), 0);
}

static qn_insn *stream(uint32_t addr, uint32_t words)
{
    qn_insn *x = add(QN_OP_STREAM);
    qn_insn_slot(x, QN_SLOT_STREAM_ADDR, 0, (int32_t)addr);
    qn_insn_slot(x, QN_SLOT_STREAM_WORDS, 0, (int32_t)words);
    qn_insn_slot(x, QN_SLOT_STREAM_RUNS, 0, 1);
    qn_insn_slot(x, QN_SLOT_STREAM_FORMAT, 0, QN_FMT_S8);
    qn_insn_slot(x, QN_SLOT_STREAM_COLS, 0, 2);
    return x;
}

// Copies 64 words to another place and checks them: the core works
static void works(void)
{
    uint32_t *mem = (uint32_t *)(void *)qn_rtl_memory(core);
    for (uint32_t i = 0; i < 64; i++) {
        mem[100 + i] = 0x3f800000u + i;
        mem[9000 + i] = 0;
    }
    qn_insn *x = add(QN_OP_LOADV);
    qn_insn_put(x, QN_INSN_POST0_LSB, 4, 1);
    qn_insn_slot(x, QN_SLOT_LOADV_ADDR, 0, 100);
    qn_insn_slot(x, QN_SLOT_LOADV_N, 0, 64);
    qn_insn_slot(x, QN_SLOT_LOADV_RUNS, 0, 1);
    x = add(QN_OP_STORE);
    qn_insn_put(x, QN_INSN_WAIT0_LSB, 4, 1);
    QN_PUT(*x, STORE, SIZE, 2);
    qn_insn_slot(x, QN_SLOT_STORE_N, 0, 64);
    qn_insn_slot(x, QN_SLOT_STORE_RUNS, 0, 1);
    qn_insn_slot(x, QN_SLOT_STORE_ADDR, 0, 4 * 9000);
    qn_insn_slot(x, QN_RAW_STORE_ESTRIDE, 0, (int32_t)QN_SETRAW(STORE, ESTRIDE, 4));
    add(QN_OP_HALT);
    run();
    assert_int_equal(qn_rtl_read(core, QN_REG_STATUS), QN_STATUS_DONE);
    assert_memory_equal(mem + 100, mem + 9000, 64 * 4);
}

static void traps_and_comes_back(void **state)
{
    (void)state;
    assert_int_equal(qn_rtl_open(&core, getenv("QN_TARGET") ? getenv("QN_TARGET") : "ulx3s"), 0);
    assert_int_equal(qn_rtl_read(core, QN_REG_ID), QN_ID_VALUE);
    qn_rtl_write(core, QN_REG_ENTRY, 0);
    qn_rtl_write(core, QN_REG_PROG_ADDR, PROG);
    qn_rtl_write(core, QN_REG_WIN_BASE, 0);
    qn_rtl_write(core, QN_REG_WIN_SIZE, SIZE);
    qn_rtl_write(core, QN_REG_WIN_FLAGS, 1);
    works();

    // The sequencer traps while a stream is under way
    stream(0, 900);
    stream(0, 100);
    qn_insn_op(&prog[n++], (enum qn_op)0x99);
    run();
    stopped(QN_TRAP_OPCODE, 2, 0x99);
    works();

    stream(SIZE - 99, 100);                                            // one word beyond the window
    add(QN_OP_HALT);
    run();
    stopped(QN_TRAP_WINDOW, 0, SIZE - 99);
    works();

    qn_rtl_write(core, QN_REG_WIN_FLAGS, 0);                           // a write to what is not writable
    qn_insn *x = add(QN_OP_STORE);
    QN_PUT(*x, STORE, SIZE, 2);
    qn_insn_slot(x, QN_SLOT_STORE_N, 0, 1);
    qn_insn_slot(x, QN_SLOT_STORE_RUNS, 0, 1);
    qn_insn_slot(x, QN_SLOT_STORE_ADDR, 0, 40);
    add(QN_OP_HALT);
    run();
    stopped(QN_TRAP_WINDOW, 0, 40);
    qn_rtl_write(core, QN_REG_WIN_FLAGS, 1);
    works();

    x = add(QN_OP_VEC);                                                // a vector operand beyond the buffer
    qn_insn_slot(x, QN_SLOT_VEC_DST, 0, 1 << 20);
    qn_insn_slot(x, QN_SLOT_VEC_N, 0, 8);
    qn_insn_slot(x, QN_SLOT_VEC_ROWS, 0, 1);
    add(QN_OP_HALT);
    run();
    stopped(QN_TRAP_BUFFER, 0, 1 << 20);
    works();

    x = add(QN_OP_GEMM);                                               // more rows than there are
    qn_insn_slot(x, QN_SLOT_GEMM_SLICES, 0, 1);
    qn_insn_slot(x, QN_SLOT_GEMM_COLS, 0, 2);
    qn_insn_slot(x, QN_SLOT_GEMM_ROWS, 0, 17);
    qn_insn_slot(x, QN_SLOT_GEMM_FORMAT, 0, QN_FMT_S8);
    add(QN_OP_HALT);
    run();
    stopped(QN_TRAP_FIELD, 0, 17);
    works();

    // A wait that nothing posts: the run's limit ends it, a reset brings the core back
    qn_insn_put(stream(0, 10), QN_INSN_WAIT0_LSB, 4, 7);
    add(QN_OP_HALT);
    for (unsigned i = 0; i < n; i++)
        qn_insn_seal(&prog[i]);
    memcpy(qn_rtl_memory(core) + 4 * PROG, prog, sizeof prog);
    qn_rtl_write(core, QN_REG_PROG_WORDS, n * QN_INSN_WORDS);
    qn_rtl_write(core, QN_REG_CTRL, QN_CTRL_START | QN_CTRL_LOAD);
    assert_int_equal(qn_rtl_run(core, 5000), QN_ERR_TIMEOUT);
    memset(prog, 0, sizeof prog);
    n = 0;
    qn_rtl_write(core, QN_REG_CTRL, QN_CTRL_RESET);
    assert_int_equal(qn_rtl_run(core, 1000), 0);
    works();
    qn_rtl_close(core);
}

static void refuses_a_target(void **state)
{
    (void)state;
    qn_rtl *r;
    assert_int_equal(qn_rtl_open(&r, "none"), QN_ERR_NO_TARGET);
    assert_null(r);
    qn_rtl_close(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(traps_and_comes_back), cmocka_unit_test(refuses_a_target)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
