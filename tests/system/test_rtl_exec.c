// SPDX-License-Identifier: Apache-2.0
// Random programs on the Verilated core and on the executor: same memory, pick, digest, flags and counts of words, for every format, and
// the cycles that the timing model predicts; and the sums are those of the graph-following executor's product.
// Each program loads activations, quantizes them, multiplies them with a stream, passes the sums through the vector unit, stores
// them and looks for the greatest. QN_SEED=n starts elsewhere, QN_RUNS=n runs more, QN_PRODUCTS=n as many as make n products of weights with activations in
// each format, QN_TARGET=name takes another target.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cpu/qn_unpack.h"
#include "driver/qn_err.h"
#include "sim/model/qn_exec.h"
#include "sim/model/qn_num.h"
#include "sim/model/qn_time.h"
#include "sim/rtl/qn_rtl.h"

enum { PROG = 0x1000, ACTS = 0x4000, TILE = 0x10000, OUT = 0x100000, MEM_WORDS = 0x200000 };
enum { SEM_LOAD = 1, SEM_MATRIX, SEM_VECTOR, SEM_STORE };

static uint64_t rng;

static uint32_t rnd(uint32_t n)
{
    rng = rng * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(rng >> 33) % n;
}

static uint32_t word(void)
{
    return rnd(1u << 31) << 1 ^ rnd(1u << 31);
}

static uint32_t mem[MEM_WORDS];
static uint32_t n_prog;
static struct {
    uint32_t slices, rows, cols, words, last;            // elements from `last` on count as zero
    bool wide, accum, ggml, coarse;
} shape;

static qn_insn insn(enum qn_op op, unsigned wait, unsigned post0, unsigned post1)
{
    qn_insn x = {{0}};
    qn_insn_op(&x, op);
    qn_insn_put(&x, QN_INSN_WAIT0_LSB, 4, wait);
    qn_insn_put(&x, QN_INSN_POST0_LSB, 4, post0);
    qn_insn_put(&x, QN_INSN_POST1_LSB, 4, post1);
    return x;
}

#define SET(op, name, v) qn_insn_slot(&x, QN_SLOT_##op##_##name, 0, (int32_t)(v))

static void emit(qn_insn x)
{
    qn_insn_seal(&x);
    memcpy(mem + PROG + n_prog, x.w, sizeof x.w);
    n_prog += QN_INSN_WORDS;
}

// Random codes; headers are finite and less than 2. Line by line: what a word is, it is in every stripe
static uint32_t make_tile(const qn_target *t, const qn_fmt *f, uint32_t cols, uint32_t slices)
{
    static const unsigned head_words[] = {0, 1, 2, 1};
    uint32_t at = TILE;
    for (uint32_t s = 0; s < slices; s++)
        for (uint32_t pair = 0; pair < cols / t->planes / 2; pair++) {
            for (unsigned p = 0; qn_fmt_sub_word(f) && p < t->planes; p++)
                mem[at++] = word();
            for (unsigned h = 0; (s + 1) % f->block == 0 && h < t->planes * head_words[f->head]; h++)
                mem[at++] = word() & 0xbfffbfffu;
            for (unsigned p = 0; p < 2u * qn_fmt_col_words(f) * t->planes; p++)
                mem[at++] = word();
        }
    assert_int_equal(at - TILE, qn_fmt_tile_words(f, cols, slices));
    return at - TILE;
}

// One tile: acts -> slices -> GEMM -> vector unit -> memory
static void make_program(const qn_target *t, const qn_fmt *f)
{
    uint32_t slices = f->block * (1 + rnd(16 / f->block)), rows = 1 + rnd(rnd(2) ? t->rows : 2), cols = 2 + 2 * rnd(rnd(2) ? 20 : t->acc_cols / 2);
    cols = (cols + qn_target_cols(t) - 1) / qn_target_cols(t) * qn_target_cols(t);
    uint32_t n = 32 * slices, vb_out = t->vb_words / 2, out_stride = (cols + 7) / 8 * 8, words = make_tile(t, f, cols, slices);
    bool wide = rows % 2 == 0 && rnd(2), accum = rnd(2);
    uint32_t in_rows = wide ? rows / 2 : rows, last = n - (rnd(2) ? 0 : 8);
    shape.slices = slices;
    shape.rows = rows;
    shape.cols = cols;
    shape.words = words;
    shape.last = last;
    shape.wide = wide;
    shape.accum = accum;
    shape.ggml = t->ggml && !wide && (f->block == 1 || f->block == 8) && rnd(2);
    shape.coarse = !shape.ggml && rnd(3) == 0;
    for (uint32_t i = 0; i < n * in_rows; i++) {
        float v = ((float)rnd(65536) - 32768) / 8192;
        memcpy(&mem[ACTS + i], &v, 4);
    }
    n_prog = 0;

    qn_insn x = insn(QN_OP_LOADV, 0, SEM_VECTOR, 0);
    SET(LOADV, ADDR, ACTS);
    SET(LOADV, N, n);
    SET(LOADV, RUNS, in_rows);
    SET(LOADV, STRIDE, n);
    SET(LOADV, DST, 0);
    SET(LOADV, DSTRIDE, n);
    QN_PUT(x, LOADV, KIND, QN_KIND_ACT);
    emit(x);

    x = insn(QN_OP_QUANT, SEM_VECTOR, SEM_LOAD, SEM_MATRIX);
    QN_PUT(x, QUANT, BLOCK, f->block == 8 ? 3 : f->block / 2);
    QN_PUT(x, QUANT, WIDE, wide);
    QN_PUT(x, QUANT, GGML, shape.ggml);
    QN_PUT(x, QUANT, COARSE, shape.coarse);
    SET(QUANT, A, 0);
    SET(QUANT, DST, 0);
    SET(QUANT, N, n);
    SET(QUANT, ROWS, in_rows);
    qn_insn_slot(&x, QN_RAW_QUANT_LO, 0, (int32_t)(QN_SETRAW(QUANT, LO, 0) | QN_SETRAW(QUANT, HI, last)) << 4 >> 4);
    qn_insn_slot(&x, QN_RAW_QUANT_ASTRIDE, 0, (int32_t)QN_SETRAW(QUANT, ASTRIDE, n / 8));
    emit(x);

    for (unsigned pass = 0; pass < 1u + accum; pass++) {
        x = insn(QN_OP_STREAM, pass ? 0 : SEM_LOAD, 0, 0);
        SET(STREAM, ADDR, TILE);
        SET(STREAM, WORDS, words);
        SET(STREAM, RUNS, 1);
        SET(STREAM, FORMAT, f->id);
        SET(STREAM, COLS, cols);
        emit(x);
        x = insn(QN_OP_GEMM, pass ? 0 : SEM_MATRIX, pass == accum ? SEM_VECTOR : 0, 0);
        QN_PUT(x, GEMM, ACCUM, pass);
        SET(GEMM, SLICE, 0);
        SET(GEMM, SLICES, slices);
        SET(GEMM, COLS, cols);
        SET(GEMM, ROWS, rows);
        SET(GEMM, ACC, 0);
        SET(GEMM, FORMAT, f->id);
        emit(x);
    }

    static const enum qn_vec fns[] = {QN_VEC_MOV, QN_VEC_ADD, QN_VEC_MUL, QN_VEC_MAX, QN_VEC_EXPN, QN_VEC_RECIP};
    x = insn(QN_OP_VEC, SEM_VECTOR, 0, 0);
    QN_PUT(x, VEC, FN, fns[rnd(6)]);
    QN_PUT(x, VEC, ACC, 1);
    QN_PUT(x, VEC, BSCALAR, 1);
    SET(VEC, DST, vb_out);
    SET(VEC, A, 0);
    SET(VEC, B, 0);
    SET(VEC, N, cols);
    SET(VEC, ROWS, rows);
    qn_insn_slot(&x, QN_RAW_VEC_DSTRIDE, 0, (int32_t)(QN_SETRAW(VEC, DSTRIDE, out_stride / 8) | QN_SETRAW(VEC, ASTRIDE, 128)));
    emit(x);

    x = insn(QN_OP_LOGIT, 0, SEM_STORE, 0);
    QN_PUT(x, LOGIT, FIRST, 1);
    SET(LOGIT, A, vb_out);
    SET(LOGIT, INDEX, 1000);
    SET(LOGIT, N, cols);
    emit(x);

    x = insn(QN_OP_STORE, SEM_STORE, 0, 0);
    QN_PUT(x, STORE, KIND, QN_KIND_ACT);
    QN_PUT(x, STORE, SIZE, 2);
    SET(STORE, SRC, vb_out);
    SET(STORE, N, cols);
    SET(STORE, RUNS, rows);
    SET(STORE, ADDR, 4 * OUT);
    qn_insn_slot(&x, QN_RAW_STORE_ESTRIDE, 0, (int32_t)(QN_SETRAW(STORE, ESTRIDE, 4) | QN_SETRAW(STORE, SSTRIDE, out_stride)));
    SET(STORE, DSTRIDE, 4 * cols);
    emit(x);
    emit(insn(QN_OP_HALT, 0, 0, 0));
}

static void run_rtl(qn_rtl *r)
{
    memcpy(qn_rtl_memory(r), mem, sizeof mem);
    qn_rtl_write(r, QN_REG_PROG_ADDR, PROG);
    qn_rtl_write(r, QN_REG_PROG_WORDS, n_prog);
    qn_rtl_write(r, QN_REG_ENTRY, 0);
    qn_rtl_write(r, QN_REG_WIN_BASE, 0);
    qn_rtl_write(r, QN_REG_WIN_SIZE, MEM_WORDS);
    qn_rtl_write(r, QN_REG_WIN_FLAGS, 1);
    qn_rtl_write(r, QN_REG_DIGEST_A, 0);
    qn_rtl_write(r, QN_REG_DIGEST_B, 0);
    qn_rtl_write(r, QN_REG_CTRL, QN_CTRL_START | QN_CTRL_LOAD);
    assert_int_equal(qn_rtl_run(r, 2000000), 0);
    assert_int_equal(qn_rtl_read(r, QN_REG_TRAP), 0);
    assert_int_equal(qn_rtl_read(r, QN_REG_STATUS) & ~QN_STATUS_NONFINITE, QN_STATUS_DONE);
}

// How far the predicted cycles are off: programs by the difference in parts of the core's cycles.
static struct {
    uint32_t equal, thousandth, more;
    uint64_t cycles;
    double worst;
} timing;

static void same_cycles(qn_rtl *r, qn_time *time)
{
    static const uint32_t args[QN_ARGS], win_base[QN_WINDOWS], win_size[QN_WINDOWS] = {MEM_WORDS}, win_flags[QN_WINDOWS] = {1};
    const qn_time_job job = {.prog = mem + PROG, .prog_words = n_prog, .prog_addr = PROG, .load = true, .args = args, .win_base = win_base,
                             .win_size = win_size, .win_flags = win_flags, .limit = UINT64_MAX};
    assert_int_equal(qn_time_run(time, &job), 0);
    uint32_t rtl = qn_rtl_read(r, QN_REG_COUNT_CYCLES);
    double off = fabs((double)time->count[QN_TIME_CYCLES] / rtl - 1);
    timing.equal += off == 0;
    timing.thousandth += off > 0 && off <= 0.001;
    timing.more += off > 0.001;
    timing.cycles += rtl;
    timing.worst = fmax(timing.worst, off);
}

// The graph-following executor's sums of the tile.
static void same_sums(const qn_target *t, const qn_fmt *f, const qn_exec *x)
{
    const qn_prog_part m = {f->id, 0, shape.cols, 0, shape.slices, shape.cols, TILE, shape.words};
    qn_unpacked u;
    qn_acts a;
    qn_why why = {""};
    static float in[512], y[1024];
    int nonfinite = 0;
    if (shape.accum || f->store == QN_STORE_BYTES)
        return;
    assert_int_equal(qn_unpack(&u, &m, t->planes, mem, TILE + shape.words, &why), 0);
    assert_int_equal(qn_acts_new(&a, shape.slices), 0);
    for (uint32_t r = 0; r < shape.rows; r += 1u + shape.wide) {
        const float *acc = x->acc + (size_t)r * t->acc_cols;
        memset(in, 0, sizeof in);
        memcpy(in, mem + ACTS + (size_t)(r >> shape.wide) * 32 * shape.slices, 4 * (size_t)shape.last);
        if (shape.ggml)
            qn_acts_quantize_ggml(&a, in, shape.slices, f->block, &nonfinite);
        else if (shape.coarse)
            qn_acts_quantize_coarse(&a, in, shape.slices, f->block, shape.wide ? 16 : 8, &nonfinite);
        else
            qn_acts_quantize(&a, in, shape.slices, f->block, shape.wide ? 16 : 8, &nonfinite);
        qn_multiply(&u, &a, y);
        for (uint32_t c = 0; c < shape.cols; c++)
            if (!qn_same_bits(y[c], shape.wide ? qn_fadd(acc[c], acc[t->acc_cols + c]) : acc[c]))
                fail_msg("%s: row %u, column %u: the product is %08x, of the graph %08x", f->name, r, c, qn_bits(acc[c]), qn_bits(y[c]));
    }
    qn_acts_free(&a);
    qn_unpacked_free(&u);
}

static void same_bits(void **state)
{
    (void)state;
    const char *target = getenv("QN_TARGET"), *seed = getenv("QN_SEED"), *count = getenv("QN_RUNS"), *least = getenv("QN_PRODUCTS");
    uint32_t runs = count ? (uint32_t)strtoul(count, NULL, 0) : QN_FMTS, done = 0, programs = 0;
    uint64_t wanted = least ? strtoull(least, NULL, 0) : 0, products[QN_FMTS + 1] = {0};
    qn_rtl *r;
    assert_int_equal(qn_rtl_open(&r, target ? target : "ulx3s"), 0);
    const qn_target *t = qn_rtl_target(r);
    qn_time *time;
    assert_int_equal(qn_time_new(&time, t), 0);

    for (uint32_t i = 0; i < runs || done < QN_FMTS; i++) {
        rng = (seed ? strtoull(seed, NULL, 0) : 0) * 1000000 + i + 1;
        const qn_fmt *f = qn_fmt_find(1 + i % QN_FMTS);
        assert_non_null(f);
        if (i >= runs && products[f->id] >= wanted) {
            done++;
            continue;
        }
        done = 0;
        make_program(t, f);
        products[f->id] += (uint64_t)shape.rows * shape.cols * 32 * shape.slices;
        programs++;
        run_rtl(r);
        same_cycles(r, time);
        const uint32_t *got = (const uint32_t *)(const void *)qn_rtl_memory(r);

        qn_exec *x;
        assert_int_equal(qn_exec_new(&x, t, mem, MEM_WORDS), 0);
        x->win_size[0] = MEM_WORDS;
        x->win_flags[0] = 1;
        memcpy(x->prog, mem + PROG, 4 * (size_t)n_prog);
        x->prog_words = n_prog;
        assert_int_equal(qn_exec_run(x, 0, 1000), 0);

        same_sums(t, f, x);
        for (uint32_t at = 0; at < MEM_WORDS; at++)
            if (got[at] != mem[at])
                fail_msg("seed %s, program %u (%s): memory word 0x%x: core 0x%08x, executor 0x%08x", seed ? seed : "0", i, f->name, at, got[at],
                         mem[at]);
        assert_int_equal(qn_rtl_read(r, QN_REG_PICK), x->pick);
        assert_int_equal(qn_rtl_read(r, QN_REG_PICK_VALUE), x->pick_value);
        assert_int_equal(qn_rtl_read(r, QN_REG_DIGEST_A), x->digest_a);
        assert_int_equal(qn_rtl_read(r, QN_REG_DIGEST_B), x->digest_b);
        assert_int_equal(!!(qn_rtl_read(r, QN_REG_STATUS) & QN_STATUS_NONFINITE), x->nonfinite);
        for (unsigned k = 0; k < QN_KINDS; k++) {
            uint64_t program = k == QN_KIND_PROG ? n_prog : 0;
            assert_int_equal(qn_rtl_read(r, QN_REG_COUNT_READ + k), x->words_read[k] + program);
            assert_int_equal(qn_rtl_read(r, QN_REG_COUNT_WRITE + k), x->words_written[k]);
        }
        qn_exec_free(x);
    }
    print_message("%s, seed %s: %u programs, %llu cycles, predicted: %u exactly, %u within 0.1%%, %u worse, worst %.3f%%\n", t->name,
                  seed ? seed : "0", programs, (unsigned long long)timing.cycles, timing.equal, timing.thousandth, timing.more, 100 * timing.worst);
    assert_true(timing.worst <= 0.005);
    qn_time_free(time);
    qn_rtl_close(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(same_bits)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
