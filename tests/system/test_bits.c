// SPDX-License-Identifier: Apache-2.0
// Time is proportional to bits, and a change of format costs none of it, on the Verilated core and on the machine model alike:
// - one matrix with groups of 128, one row: the array's cycles of 1, 2, 4 and 8 bits are 1 : 2 : 4 : 8, and the totals as their words are;
// - a matrix whose output tiles change between 4 and 8 bits takes the cycles of its tiles of 4 and its tiles of 8 bits;
// - a matrix whose groups change between 2 and 4 bits, in any pattern, takes as many as with all groups of a kind together.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "sim/model/qn_model.h"
#include "sim/rtl/qn_rtl.h"
#include "tests/model/exec_prog.h"

enum { ProgAt = 0x1000, FloatsAt = 0x8000, StreamAt = 0x20000, Mem = 1 << 20, Slices = 32, Cols = 128, Group = 4 };

static prog p;
static int32_t at;                           // the next word of the stream
static uint32_t planes;                      // that the array will have taken: planes x columns x slices
static uint32_t gathered;                    // words that a book's first codes are gathered from, behind planes that the array takes meanwhile

static void begin(void)
{
    memset(&p, 0, sizeof p);
    at = planes = gathered = 0;
    PUT(&p, QN_OP_LOADV, 0, 0, 0x0010, I(FloatsAt), I(32 * Slices), I(1), I(0), I(0), I(32 * Slices));
    PUT(&p, QN_OP_QUANT, 2, 0, 0x1020, I(0), I(0), I(32 * Slices), I(1), I((int32_t)QN_SETRAW(QUANT, HI, 32 * Slices)), I((int32_t)QN_SETRAW(QUANT, ASTRIDE, 4 * Slices)));
}

// `slices` from `slice` on of a tile; the first GEMM waits for the quantizer.
static void multiply(int fmt, int32_t slice, int32_t slices, int32_t acc, bool first)
{
    const qn_fmt *f = qn_fmt_find((uint32_t)fmt);
    const int32_t words = (int32_t)qn_fmt_tile_words(f, Cols, (uint32_t)slices);
    PUT(&p, QN_OP_STREAM, 0, 0, 0, I(StreamAt + at), I(words), I(1), I(0), I(fmt), I(Cols));
    PUT(&p, QN_OP_GEMM, slice != 0, 0, first ? 0x2000u : 0, I(slice), I(slices), I(Cols), I(1), I(acc), I(fmt));
    static bool turned;
    if (!first && !turned)
        gathered += qn_fmt_group_words(f) > 1 ? qn_fmt_group_words(f) : 0;
    turned = qn_fmt_group_words(f) > 1;
    at += words;
    planes += (uint32_t)(f->planes * Cols * slices);
}

typedef struct cost {
    uint32_t cycles, array, words, gathered;
} cost;

// Twice: the first time the program is loaded, which takes the time of its words.
#define RUN(device, d, load)                                                                                           \
    qn_##device##_write(d, QN_REG_PROG_ADDR, ProgAt);                                                                  \
    qn_##device##_write(d, QN_REG_PROG_WORDS, p.n);                                                                    \
    qn_##device##_write(d, QN_REG_ENTRY, 0);                                                                           \
    qn_##device##_write(d, QN_REG_WIN_BASE, 0);                                                                        \
    qn_##device##_write(d, QN_REG_WIN_SIZE, Mem);                                                                      \
    qn_##device##_write(d, QN_REG_WIN_FLAGS, 1);                                                                       \
    qn_##device##_write(d, QN_REG_CTRL, QN_CTRL_START | (load));                                                       \
    assert_int_equal(qn_##device##_run(d, 20000000), 0);                                                               \
    assert_int_equal(qn_##device##_read(d, QN_REG_STATUS) & ~QN_STATUS_NONFINITE, QN_STATUS_DONE)

static qn_rtl *rtl;
static qn_model *model;

static cost run(void)
{
    HALT(&p);
    assert_true(StreamAt + at < Mem);
    memcpy(qn_rtl_memory(rtl) + 4 * ProgAt, p.w, 4 * (size_t)p.n);
    memcpy(qn_model_memory(model) + 4 * ProgAt, p.w, 4 * (size_t)p.n);
    RUN(rtl, rtl, QN_CTRL_LOAD);
    RUN(rtl, rtl, 0);
    RUN(model, model, QN_CTRL_LOAD);
    RUN(model, model, 0);
    cost c = {qn_rtl_read(rtl, QN_REG_COUNT_CYCLES), qn_rtl_read(rtl, QN_REG_COUNT_ARRAY), (uint32_t)at, gathered};
    assert_int_equal(qn_model_read(model, QN_REG_COUNT_CYCLES), c.cycles);
    assert_int_equal(c.array, planes);
    return c;
}

// What a program costs more than one that does nothing but load and quantize, for `tiles` tiles of one format.
static cost uniform(int fmt, int tiles)
{
    begin();
    for (int i = 0; i < tiles; i++)
        multiply(fmt, 0, Slices, i % 2 * Cols, i == 0);
    return run();
}

// Of one more tile: what stands before the first and behind the last is left out.
static cost tile_cost(int fmt)
{
    cost a = uniform(fmt, 2), b = uniform(fmt, 6);
    return (cost){(b.cycles - a.cycles) / 4, (b.array - a.array) / 4, (b.words - a.words) / 4, 0};
}

static void bits(void **state)
{
    (void)state;
    static const int fmts[] = {QN_FMT_B1G128, QN_FMT_S2G128, QN_FMT_S4G128, QN_FMT_S8G128};
    cost c[4];
    for (int i = 0; i < 4; i++) {
        c[i] = tile_cost(fmts[i]);
        print_message("%s: array %u, total %u cycles of %u words\n", qn_fmt_find((uint32_t)fmts[i])->name, c[i].array, c[i].cycles, c[i].words);
    }
    for (int i = 1; i < 4; i++) {
        assert_int_equal(c[i].array, c[0].array << i);
        double total = (double)c[i].cycles / c[0].cycles, words = (double)c[i].words / c[0].words;
        if (total / words > 1.05 || total / words < 0.95)
            fail_msg("%d bits take %g times the cycles of one bit, their words are %g times as many", 1 << i, total, words);
    }
}

// Tiles of 4 bits among tiles of 8, one in `period`, against the same tiles in two heaps.
static void tiles(void **state)
{
    (void)state;
    for (int period = 2; period <= 10; period += 4) {
        cost c[2];
        for (int sorted = 0; sorted < 2; sorted++) {
            begin();
            for (int i = 0; i < 20; i++) {
                bool wide = sorted ? i >= 20 - 20 / period : i % period == period - 1;
                multiply(wide ? QN_FMT_S8G128 : QN_FMT_S4G128, 0, Slices / 2, i % 2 * Cols, i == 0);
            }
            c[sorted] = run();
        }
        print_message("one tile of 8 bits in %d: %u cycles, in two heaps %u\n", period, c[0].cycles, c[1].cycles);
        assert_int_equal(c[0].words, c[1].words);
        assert_int_equal(c[0].cycles, c[1].cycles);
    }
}

// Groups of a format, and one of another in `period`: the sums go on from group to group. Against the same words as two GEMMs.
static void change(int narrow_fmt, int wide_fmt)
{
    enum { Groups = Slices / Group };
    for (int period = 1; period <= 8; period *= 2) {
        cost c[2];
        for (int sorted = 0; sorted < 2; sorted++) {
            begin();
            for (int tile = 0; tile < 4; tile++) {
                int32_t wide = Groups / period, slice = 0;
                if (sorted) {
                    if (wide < Groups)
                        multiply(narrow_fmt, 0, Group * (Groups - wide), tile % 2 * Cols, tile == 0);
                    multiply(wide_fmt, Group * (Groups - wide), Group * wide, tile % 2 * Cols, tile == 0 && wide == Groups);
                }
                for (int g = 0; !sorted && g < Groups; g++, slice += Group)
                    multiply(g % period == period - 1 ? wide_fmt : narrow_fmt, slice, Group, tile % 2 * Cols, tile == 0 && g == 0);
            }
            c[sorted] = run();
        }
        double weights = 4.0 * Cols * 32 * Slices;
        print_message("one group of %s in %d, %.2f bits a weight: %u cycles, in two heaps %u\n", qn_fmt_find((uint32_t)wide_fmt)->name, period, 32 * c[0].words / weights, c[0].cycles, c[1].cycles);
        assert_int_equal(c[0].words, c[1].words);
        assert_int_equal(c[0].cycles, c[1].cycles + c[0].gathered - c[1].gathered);
    }
}

// Memory is what both wait for. Then the array, which takes a plane more for each column of the first than memory has words: there a change into a book
// shows the four clocks in which its first codes are gathered.
static void groups(void **state)
{
    (void)state;
    change(QN_FMT_S2G128, QN_FMT_S4G128);
    change(QN_FMT_FP4G128, QN_FMT_S4G128);
}

static int open_both(void **state)
{
    (void)state;
    if (qn_rtl_open(&rtl, "ulx3s") < 0 || qn_model_open(&model, "ulx3s") < 0)
        return -1;
    for (uint32_t i = 0; i < Mem; i++) {
        uint32_t v = (i * 2654435761u ^ i >> 7) & 0xbfffbfffu;
        memcpy(qn_rtl_memory(rtl) + 4 * i, &v, 4);
        memcpy(qn_model_memory(model) + 4 * i, &v, 4);
    }
    return 0;
}

static int close_both(void **state)
{
    (void)state;
    qn_rtl_close(rtl);
    qn_model_close(model);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(bits), cmocka_unit_test(tiles), cmocka_unit_test(groups)};
    return cmocka_run_group_tests(tests, open_both, close_both);
}
