// SPDX-License-Identifier: Apache-2.0
// The timing model against itself: leaps take the clocks that stepping takes. Random programs, most of them sense and some not, end with the same
// cause, the same counters and the same clocks of every instruction. (tests/system/test_model_rtl.c holds both to the RTL.)
// QN_SEED=n starts elsewhere, QN_RUNS=n runs more.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "sim/model/qn_time.h"
#include "tests/model/exec_prog.h"

static uint32_t seed;
static uint32_t random32(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 17;
    seed ^= seed << 5;
    return seed;
}

static int32_t below(int32_t n)
{
    return (int32_t)(random32() % (uint32_t)n);
}

static prog p;
static const qn_target *t;

// A semaphore for each pair of units: what the first posts the second waits for, now and then.
static unsigned tokens[QN_UNITS][QN_UNITS];

static unsigned semaphore(unsigned from, unsigned to)
{
    unsigned a = from - QN_UNIT_LOAD, b = to - QN_UNIT_LOAD;
    return 1 + 3 * a + b - (b > a);
}

static unsigned sems(unsigned unit)
{
    unsigned s[4] = {0}, waits = 0, posts = 2;
    for (unsigned other = QN_UNIT_LOAD; other < QN_UNITS; other++) {
        if (other == unit)
            continue;
        if (waits < 2 && tokens[other][unit] && below(3) == 0) {
            s[waits++] = semaphore(other, unit);
            tokens[other][unit]--;
        } else if (posts < 4 && tokens[unit][other] < 200 && below(3) == 0) {
            s[posts++] = semaphore(unit, other);
            tokens[unit][other]++;
        }
    }
    return s[0] << 12 | s[1] << 8 | s[2] << 4 | s[3];
}

// GEMMs of a format with their words, in STREAMs that end where they do or elsewhere; now and then not the words that they want.
static void matrix(void)
{
    const qn_fmt *f = qn_fmt_find((uint32_t)(1 + below(QN_FMTS)));
    int32_t blocks = 1 + below(below(3) ? 4 : (int32_t)t->slices / f->block), slices = blocks * f->block;
    int32_t cols = 2 * (1 + below(below(3) ? 16 : (int32_t)t->acc_cols / 2)), rows = 1 + below(below(2) ? 4 : (int32_t)t->rows);
    int32_t gemms = 1 + below(3), words = (int32_t)qn_fmt_tile_words(f, (uint32_t)cols, (uint32_t)slices);
    uint32_t flags = (uint32_t)below(2) | (uint32_t)below(3) << 3;
    bool odd = below(12) == 0;
    int32_t said = odd && below(2) ? 1 + below(QN_FMTS) : f->id, said_cols = odd && below(2) ? 2 * (1 + below(16)) : cols, at = below(40000);
    int way = below(4);
    if (blocks * gemms > 60)
        way = 0;
    if (way == 0) {                                      // a STREAM for all
        PUT(&p, QN_OP_STREAM, flags, 0, sems(QN_UNIT_LOAD), I(at), I(words * gemms), I(1), I(0), I(said), I(said_cols));
    } else if (way == 1) {                               // runs
        PUT(&p, QN_OP_STREAM, flags, 0, sems(QN_UNIT_LOAD), I(at), I(words / blocks), I(blocks * gemms), I(words / blocks + below(50)), I(said), I(said_cols));
    } else if (way == 2) {                               // a STREAM for each block
        for (int32_t k = 0; k < blocks * gemms; k++)
            PUT(&p, QN_OP_STREAM, flags, 0, sems(QN_UNIT_LOAD), I(at + k * words), I(words / blocks), I(1), I(0), I(said), I(said_cols));
    }
    for (int32_t g = 0; g < gemms; g++) {
        if (way == 3)
            PUT(&p, QN_OP_STREAM, flags, 0, sems(QN_UNIT_LOAD), I(at + g * words), I(words), I(1), I(0), I(said), I(said_cols));
        PUT(&p, QN_OP_GEMM, (uint32_t)below(2), 0, sems(QN_UNIT_MATRIX), I(below((int32_t)t->slices - slices + 1)), I(slices), I(cols), I(rows),
            I(below((int32_t)t->acc_cols - cols + 1)), I(f->id));
    }
}

static void vector(void)
{
    static const uint32_t ways[] = {0, 4, 8, 12, 16, 24, 28, 32, 36};        // WIDE, RECORD, GGML, COARSE
    unsigned s = sems(QN_UNIT_VECTOR);
    int32_t n = 32 * (1 + below(8)), rows = 1 + below(4);
    switch (below(4)) {
    case 0: PUT(&p, QN_OP_VEC, (uint32_t)below(10) | (uint32_t)below(2) << 4, 0, s, I(0), I(below(2) ? 0 : 1024), I(2048), I(n % 256), I(rows), I(0)); break;
    case 1: PUT(&p, QN_OP_QUANT, n == 256 && below(2) ? 16 | 3 : ways[below(9)], 0, s, I(0), I(0), I(n), I(rows), I((int32_t)QN_SETRAW(QUANT, HI, n)), I(0)); break;
    case 2: PUT(&p, QN_OP_EMBED, 0, 0, s, I(64), I(0), I(n / 8), I(rows), I(2)); break;
    default: PUT(&p, QN_OP_LOGIT, (uint32_t)below(4), 0, s, I(0), I(0), I(n % 128)); break;
    }
}

static void store(void)
{
    PUT(&p, QN_OP_STORE, (uint32_t)below(2) | (uint32_t)below(3) << 3 | (uint32_t)below(3) << 5, 0, sems(QN_UNIT_STORE), I(below(1000)), I(1 + below(40)),
        I(1 + below(3)), I(4 * below(5000)), I((int32_t)(QN_SETRAW(STORE, ESTRIDE, 4 * (1 + below(4))) | QN_SETRAW(STORE, SSTRIDE, below(64)))), I(400));
}

static void loadv(void)
{
    PUT(&p, QN_OP_LOADV, (uint32_t)below(2) | (uint32_t)below(3) << 3 | (uint32_t)below(2) << 5, 0, sems(QN_UNIT_LOAD), I(below(9000)), I(2 * (1 + below(60))),
        I(1 + below(3)), I(below(200)), I(below(4000)), I(200));
}

static void scalar(void)
{
    if (below(3)) {
        PUT(&p, QN_OP_ALU, 1, 0, 0, I(1));
    } else {
        PUT(&p, QN_OP_LOOP, 0, 0, 0, I(below(40)), I((int32_t)p.n / 8 + 2));
        PUT(&p, QN_OP_LDT, 1, 0, 0, I(0));
        PUT(&p, QN_OP_ENDLOOP, 0, 0, 0, I(0));
    }
}

// One slot or bit becomes another.
static void spoil(void)
{
    uint32_t at = (uint32_t)below((int32_t)p.n / 8);
    qn_insn x;
    memcpy(x.w, p.w + 8 * at, sizeof x.w);
    if (below(3))
        qn_insn_slot(&x, below(6), 0, below(2) ? below(40) : 1 << below(27));
    else
        x.w[1] ^= 1u << below(32);
    if (below(8))
        qn_insn_seal(&x);
    memcpy(p.w + 8 * at, x.w, sizeof x.w);
}

static void random_program(uint32_t k)
{
    static const char *const targets[] = {"ulx3s", "ulx3s", "mini", "large"};
    seed = k * 2654435761u | 1;
    t = qn_target_find(targets[below(4)]);
    p.n = 0;
    memset(tokens, 0, sizeof tokens);
    int only = below(3);                                 // the array alone, or all units
    for (int n = 1 + below(below(2) ? 8 : 30); n > 0 && p.n < sizeof p.w / 4 - 8 * 250; n--)
        switch (only ? below(9) : 0) {
        case 0: case 1: case 2: matrix(); break;
        case 3: case 4: case 5: vector(); break;
        case 6: store(); break;
        case 7: loadv(); break;
        default: scalar(); break;
        }
    HALT(&p);
    if (below(4) == 0)
        spoil();
}

// FNV-1a over what is said of each instruction's end.
static void on_end(void *ctx, const qn_entry *e, uint64_t from, uint64_t to)
{
    uint64_t *h = ctx, said[3] = {e->pc, from, to};
    for (int i = 0; i < 3; i++)
        *h = (*h ^ said[i]) * UINT64_C(0x100000001b3);
}

static uint32_t ended, trapped;
static uint64_t clocks;

static void compare(uint32_t k)
{
    uint32_t base[QN_WINDOWS] = {0}, size[QN_WINDOWS], flags[QN_WINDOWS], args[QN_ARGS] = {0};
    for (unsigned i = 0; i < QN_WINDOWS; i++) {
        base[i] = 4096 * i;
        size[i] = 1 << 20;
        flags[i] = i == 1;
    }
    random_program(k);
    qn_time_job job = {.prog = p.w, .prog_words = p.n, .load = below(4) == 0, .args = args, .win_base = base, .win_size = size, .win_flags = flags,
                       .limit = below(3) ? 100000 : 100 + (uint64_t)below(20000)};
    qn_time *x[2];
    uint64_t said[2] = {0, 0};
    int err[2];
    for (int i = 0; i < 2; i++) {
        assert_int_equal(qn_time_new(&x[i], t), 0);
        x[i]->step = i;
        x[i]->span = on_end;
        x[i]->span_ctx = &said[i];
        err[i] = qn_time_run(x[i], &job);
    }
    bool same = err[0] == err[1] && said[0] == said[1] && x[0]->trap == x[1]->trap && x[0]->trap_pc == x[1]->trap_pc &&
                x[0]->trap_addr == x[1]->trap_addr;
    for (int i = 0; i < QN_TIME_COUNTS; i++)
        if (x[0]->count[i] != x[1]->count[i]) {
            print_message("counter %d: leaps %llu, steps %llu\n", i, (unsigned long long)x[0]->count[i], (unsigned long long)x[1]->count[i]);
            same = false;
        }
    if (!same) {
        print_message("%s, QN_SEED=%u QN_RUNS=1: ended with %d and %d\n", t->name, k, err[0], err[1]);
        fail();
    }
    ended += err[0] == 0;
    trapped += x[0]->trap != 0;
    clocks += x[0]->count[QN_TIME_CYCLES];
    qn_time_free(x[0]);
    qn_time_free(x[1]);
}

static void leaps_like_steps(void **state)
{
    (void)state;
    const char *runs = getenv("QN_RUNS"), *first = getenv("QN_SEED");
    const uint32_t from = first ? (uint32_t)strtoul(first, NULL, 0) : 1, n = runs ? (uint32_t)strtoul(runs, NULL, 0) : 1200;
    for (uint32_t k = from; k < from + n; k++)
        compare(k);
    print_message("QN_SEED=%u: %u programs, %u ended, %u trapped, %llu clocks\n", from, n, ended, trapped, (unsigned long long)clocks);
}

// Programs that have found faults when they were there.
static void found_faults(void **state)
{
    (void)state;
    static const uint32_t seeds[] = {255, 417, 2120, 4836, 102672, 105605, 129544};
    for (size_t i = 0; i < sizeof seeds / sizeof *seeds; i++)
        compare(seeds[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(leaps_like_steps), cmocka_unit_test(found_faults)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
