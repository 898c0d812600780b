// SPDX-License-Identifier: Apache-2.0
// Cycles of tiny programs, reckoned by hand from the clocks that rtl/README.md states, and the device around the models.
// (tests/system/test_model_rtl.c holds the model to the RTL itself.)
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "driver/qn_err.h"
#include "sim/model/qn_model.h"
#include "tests/model/exec_prog.h"

static prog p;
static qn_model *m;

static int setup(void **state)
{
    (void)state;
    memset(&p, 0, sizeof p);
    return qn_model_open(&m, "ulx3s");
}

static int teardown(void **state)
{
    (void)state;
    qn_model_close(m);
    return 0;
}

// Cycles of the program, the program memory being filled already: so there is no loading.
static uint32_t cycles(void)
{
    memcpy(qn_model_exec(m)->prog, p.w, p.n * 4);
    qn_model_write(m, QN_REG_PROG_WORDS, p.n);
    for (unsigned i = 0; i < QN_WINDOWS; i++) {
        qn_model_write(m, QN_REG_WIN_SIZE + i, 1 << 20);
        qn_model_write(m, QN_REG_WIN_FLAGS + i, 1);
    }
    qn_model_write(m, QN_REG_CTRL, QN_CTRL_START);
    assert_int_equal(qn_model_run(m, 1000000), 0);
    assert_int_equal(qn_model_read(m, QN_REG_STATUS) & 7, QN_STATUS_DONE);
    return qn_model_read(m, QN_REG_COUNT_CYCLES);
}

// Clock 0 is the start. The fetch begins in clock 1, the instruction acts in 11, HALT is complete in 12.
static void halt(void **state)
{
    (void)state;
    HALT(&p);
    assert_int_equal(cycles(), 13);
}

// 8 clocks an instruction, 9 after LDT, 11 after a jump back.
static void sequencer(void **state)
{
    (void)state;
    PUT(&p, QN_OP_LOOP, 0, 0, 0, I(3), I(3));            // 11
    PUT(&p, QN_OP_ALU, 1, 0, 0, I(1));                   // 19, 38, 57
    PUT(&p, QN_OP_LDT, 1, 0, 0, I(0));                   // 27, 46, 65
    PUT(&p, QN_OP_ENDLOOP, 0, 0, 0, I(0));               // 36, 55 + 1 ... each turn 8 + 9 + 11
    HALT(&p);                                            // last ENDLOOP at 11 + 8 + 2 x 28 + 17, HALT 8 later
    assert_int_equal(cycles(), 11 + 8 + 2 * 28 + 17 + 8 + 2);
}

// Acts in 11, at the head of its queue in 12, offered and taken in 13, starts in 14. The first beat is read in 15, its operands stand in 17, its
// sum 6 later, written one after that; eight beats, one a clock; the unit is idle in the clock after the post, which is that of the last write,
// and HALT is complete in the clock after that.
static void sum_of_64(void **state)
{
    (void)state;
    PUT(&p, QN_OP_VEC, QN_VEC_ADD, 0, 0, I(64), I(0), I(0), I(64), I(1), I(0));
    HALT(&p);
    assert_int_equal(cycles(), (14 + 1 + 2 + 6 + 1 + 7) + 1 + 2);
    assert_int_equal(qn_model_read(m, QN_REG_COUNT_VECTOR), 1 + 2 + 6 + 1 + 7);
}

// Two clocks an element, after one for the first read; the last write waits in the port's register, and memory accepts it a clock later.
static void store_of_4(void **state)
{
    (void)state;
    PUT(&p, QN_OP_STORE, 2 << 5, 0, 0, I(0), I(4), I(1), I(0), I(4), I(0));
    HALT(&p);
    assert_int_equal(cycles(), (13 + 1 + 1 + 2 * 4 + 1) + 1 + 2);      // taken 13, check 14, read 15, elements, post, idle, known
    assert_int_equal(qn_model_read(m, QN_REG_COUNT_STORE), 1 + 1 + 2 * 4 + 1);
    assert_int_equal(qn_model_read(m, QN_REG_COUNT_WRITE), 4);
}

// 64 columns of 4 planes and nothing in the way: the array consumes what memory brings, and each counter says so.
static void array(void **state)
{
    (void)state;
    const qn_fmt *f = qn_fmt_find(QN_FMT_S4);
    int32_t words = (int32_t)qn_fmt_tile_words(f, 64, 16);
    PUT(&p, QN_OP_STREAM, 0, 0, 0, I(0), I(words), I(1), I(0), I(QN_FMT_S4), I(64));
    PUT(&p, QN_OP_GEMM, 0, 0, 0, I(0), I(16), I(64), I(3), I(0), I(QN_FMT_S4));
    HALT(&p);
    uint32_t n = cycles();
    assert_int_equal(qn_model_read(m, QN_REG_COUNT_ARRAY), 16 * 64 * 4);
    assert_int_equal(qn_model_read(m, QN_REG_COUNT_ROWS), 3 * 16 * 64 * 4);
    assert_int_equal(qn_model_read(m, QN_REG_COUNT_READ), words);
    assert_in_range(n, words, words * 103 / 100 + 100);
}

static void traps_and_reset(void **state)
{
    (void)state;
    PUT(&p, QN_OP_VEC, 12, 0, 0, I(64), I(0), I(0), I(64), I(1), I(0));
    HALT(&p);
    memcpy(qn_model_memory(m) + 4096, p.w, p.n * 4);
    qn_model_write(m, QN_REG_PROG_ADDR, 1024);
    qn_model_write(m, QN_REG_PROG_WORDS, p.n);
    qn_model_write(m, QN_REG_CTRL, QN_CTRL_START | QN_CTRL_LOAD);
    assert_int_equal(qn_model_read(m, QN_REG_STATUS), QN_STATUS_BUSY);
    assert_int_equal(qn_model_run(m, 1000), 0);
    assert_int_equal(qn_model_read(m, QN_REG_STATUS), QN_STATUS_TRAP);
    assert_int_equal(qn_model_read(m, QN_REG_TRAP), QN_TRAP_FIELD);
    assert_int_equal(qn_model_read(m, QN_REG_TRAP_ADDR), 12);
    assert_int_equal(qn_model_read(m, QN_REG_COUNT_READ + QN_KIND_PROG), 16);
    qn_model_write(m, QN_REG_CTRL, QN_CTRL_START);                     // not before a reset
    assert_int_equal(qn_model_read(m, QN_REG_STATUS), QN_STATUS_TRAP);
    qn_model_write(m, QN_REG_CTRL, QN_CTRL_RESET);
    assert_int_equal(qn_model_read(m, QN_REG_STATUS), 0);
    assert_int_equal(qn_model_read(m, QN_REG_TRAP), 0);
}

static void time_runs_out(void **state)
{
    (void)state;
    PUT(&p, QN_OP_LOOP, 0, 0, 0, I(1 << 26), I(1));
    PUT(&p, QN_OP_ENDLOOP, 0, 0, 0, I(0));
    HALT(&p);
    memcpy(qn_model_exec(m)->prog, p.w, p.n * 4);
    qn_model_write(m, QN_REG_PROG_WORDS, p.n);
    qn_model_write(m, QN_REG_CTRL, QN_CTRL_START);
    assert_int_equal(qn_model_run(m, 1000), QN_ERR_TIMEOUT);
    assert_int_equal(qn_model_read(m, QN_REG_STATUS), QN_STATUS_BUSY);
}

// A program longer than its memory traps; one that lies beyond the device's memory cannot be read.
static void program_that_does_not_fit(void **state)
{
    (void)state;
    qn_model_write(m, QN_REG_PROG_WORDS, qn_model_target(m)->prog_words + 1);
    qn_model_write(m, QN_REG_CTRL, QN_CTRL_START | QN_CTRL_LOAD);
    assert_int_equal(qn_model_run(m, 1000), 0);
    assert_int_equal(qn_model_read(m, QN_REG_TRAP), QN_TRAP_PC);
    qn_model_write(m, QN_REG_CTRL, QN_CTRL_RESET);
    qn_model_write(m, QN_REG_PROG_WORDS, 16);
    qn_model_write(m, QN_REG_PROG_ADDR, (uint32_t)(qn_model_target(m)->mem_bytes / 4 - 8));
    qn_model_write(m, QN_REG_CTRL, QN_CTRL_START | QN_CTRL_LOAD);
    assert_int_equal(qn_model_run(m, 1000), QN_ERR_RANGE);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(halt), T(sequencer), T(sum_of_64), T(store_of_4), T(array), T(traps_and_reset), T(time_runs_out), T(program_that_does_not_fit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
