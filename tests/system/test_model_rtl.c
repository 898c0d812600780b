// SPDX-License-Identifier: Apache-2.0
// The RTL judged by the machine model: random synchronized programs end with the same memory, pick and digest, and every counter,
// cycles first, is predicted exactly. QN_SEED=n starts elsewhere, QN_RUNS=n runs more, QN_VERBOSE=1 prints each program.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "driver/qn_err.h"
#include "sim/model/qn_exec.h"
#include "sim/model/qn_time.h"
#include "sim/rtl/qn_rtl.h"
#include "tests/model/exec_prog.h"

enum { MEM = 1 << 20, PROG_AT = 0x1000, FLOATS_AT = 0x8000, STREAM_AT = 0x20000, STORE_AT = 0x80000 };

static uint32_t seed;
static uint32_t random32(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 17;
    seed ^= seed << 5;
    return seed;
}

static int32_t below(uint32_t n)
{
    return (int32_t)(random32() % n);
}

typedef struct machine {
    const qn_target *t;
    qn_rtl *rtl;
    uint32_t *rtl_mem, *mem;
    qn_exec *exec;
    qn_time *time;
    uint32_t args[QN_ARGS], base[QN_WINDOWS], size[QN_WINDOWS], flags[QN_WINDOWS];
} machine;

static prog p;
static int stores;                           // words of memory given to STOREs

// Scalar instructions, which take the sequencer's time.
static void some_scalar(void)
{
    for (int n = below(4); n > 0; n--)
        switch (below(4)) {
        case 0: PUT(&p, QN_OP_ALU, (uint32_t)(1 + below(15)) | (uint32_t)below(7) << 4, 0, 0, R((unsigned)below(16), below(1000)), R((unsigned)below(16), -below(99))); break;
        case 1: PUT(&p, QN_OP_LDT, (uint32_t)(1 + below(15)), 0, 0, I(below(8))); break;
        case 2: PUT(&p, QN_OP_LDA, (uint32_t)(1 + below(15)), 0, 0, I(below(64))); break;
        default: {
            uint32_t at = p.n / 8;
            PUT(&p, QN_OP_LOOP, 0, 0, 0, I(below(4)), I((int32_t)at + 2));
            PUT(&p, QN_OP_ALU, 1 | QN_ALU_ADD << 4, 0, 0, R(1, 0), I(3));
            PUT(&p, QN_OP_ENDLOOP, 0, 0, 0, I(0));
        }
        }
}

// One pass through the machine: memory, vector unit, quantizer, array, vector unit, memory. Semaphores 1..7 in turn; buffers of
// its own, so that passes may overlap.
static void one_pass(const qn_target *t, int pass)
{
    int32_t vb = pass * 3072, slice0 = pass * 8, acc0 = pass * 32;
    uint32_t flags = 1u;                                  // window 1
    int32_t rows = 1 + below(t->rows), blocks = below(4), n = 32 << blocks;
    if (rows * n > 1024)
        rows = 1024 / n;
    bool wide = below(4) == 0 && rows * 2 <= (int32_t)t->rows && slice0 < 64;
    if (below(2))
        rows = 1 + below(2);
    if (wide && rows * 2 > (int32_t)t->rows)
        wide = false;
    // memory to VB: rows x n floats, plain or BF16
    bool half = below(3) == 0;
    int32_t stride = below(3) == 0 ? 1 + below(300) : half ? n / 2 : n;
    PUT(&p, QN_OP_LOADV, flags | (uint32_t)below(3) << 3 | (half ? 1u << 5 : 0), 0, 0x0010, I(below(4000)), I(n), I(rows), I(stride), I(vb), I(n));
    some_scalar();
    // elementwise to the second region, several functions
    int32_t from = vb, to = vb + 1024;
    unsigned sem = 1;
    for (int k = below(4); k >= 0; k--) {
        unsigned fn = (unsigned)below(10);
        uint32_t high = below(4) == 0 && fn != QN_VEC_MASK ? 1u << below(3) : 0;
        bool scalar = below(4) == 0;
        int32_t b = fn == QN_VEC_MASK ? below(n) : from + 8 * below((uint32_t)n / 8);
        int32_t bstride = scalar || b != from ? 0 : n / 8;
        if (fn != QN_VEC_MASK && b + n > from + 1024)
            b = from;
        PUT(&p, QN_OP_VEC, fn | (scalar ? 2u << 4 : 0), fn == QN_VEC_MASK ? 8u * (uint32_t)below(2) : high, sem << 12, I(to), I(from), I(b), I(below(3) || high ? n : 1 + below((uint32_t)n)), I(rows),
            I((int32_t)(QN_SETRAW(VEC, DSTRIDE, n / 8) | QN_SETRAW(VEC, ASTRIDE, n / 8) | QN_SETRAW(VEC, BSTRIDE, bstride))));
        sem = 0;
        int32_t was = from;
        from = to;
        to = was;
    }
    // quantize
    bool record = below(4) == 0;
    int32_t lo = 8 * below(3), hi = n - below(3) * 8;
    if (record)
        PUT(&p, QN_OP_QUANT, (uint32_t)below(2) << 2 | 8, 0, 0x0030, I(from), I(vb + 2048), I(n), I(n > 32 ? 1 : rows > 8 ? 8 : rows), I((int32_t)(QN_SETRAW(QUANT, LO, lo) | QN_SETRAW(QUANT, HI, hi))),
            I((int32_t)(QN_SETRAW(QUANT, DSTRIDE, 3 * n / 32) | QN_SETRAW(QUANT, ASTRIDE, n / 8))));
    int32_t slices = n / 32, block = below((uint32_t)blocks + 1);
    PUT(&p, QN_OP_QUANT, (uint32_t)block | (wide ? 4 : 0), 0, record ? 0x0020 : 0x0023, I(from), I(slice0), I(n), I(rows), I((int32_t)(QN_SETRAW(QUANT, LO, lo) | QN_SETRAW(QUANT, HI, hi))),
        I((int32_t)QN_SETRAW(QUANT, ASTRIDE, n / 8)));
    // stream and array, in one or two GEMMs
    const qn_fmt *f;
    do
        f = qn_fmt_find(1 + random32() % 20);
    while (slices % f->block);
    int32_t cols = 2 * (1 + below(16)), grows = wide ? 2 * rows : rows;
    int32_t words = (int32_t)qn_fmt_tile_words(f, (uint32_t)cols, (uint32_t)slices);
    uint32_t gemms = 1 + random32() % 2;
    for (uint32_t g = 0; g < gemms; g++) {
        int32_t at = below(20000), kind = below(3);
        if (below(2)) {
            PUT(&p, QN_OP_STREAM, flags | (uint32_t)kind << 3, 0, 0, I(STREAM_AT - FLOATS_AT + at), I(words), I(1), I(0), I(f->id), I(cols));
        } else {                                         // a run for each block
            int32_t runs = slices / f->block;
            PUT(&p, QN_OP_STREAM, flags | (uint32_t)kind << 3, 0, 0, I(STREAM_AT - FLOATS_AT + at), I(words / runs), I(runs), I(words / runs + below(100)), I(f->id), I(cols));
        }
        some_scalar();
        bool unit = below(6) == 0;
        PUT(&p, QN_OP_GEMM, (g ? 1u : 0) | (unit ? 2u : 0), 0, g == 0 ? (g + 1 == gemms ? 0x2040 : 0x2000) : 0x0040, I(unit ? below((uint32_t)n) : slice0), I(slices), I(cols),
            I(below(3) ? grows : 1 + below((uint32_t)grows)), I(acc0), I(f->id));
    }
    // accumulators to VB
    int32_t out = vb + 2048 + 512;
    unsigned fn = below(2) ? QN_VEC_MOV : QN_VEC_EXPN;
    PUT(&p, QN_OP_VEC, fn | 1u << 4, 0, 0x4000, I(out), I(acc0), I(0), I(cols), I(1), I(0));
    if (below(2))
        PUT(&p, QN_OP_VEC, (uint32_t)below(4) | 1u << 4, 0, 0, I(out), I(acc0), I(out), I(cols), I(1), I(0));
    if (below(2))
        PUT(&p, QN_OP_EMBED, 0, 0, 0, I(out + 64 + below(5)), I(acc0), I(cols / 2), I(1 + below((uint32_t)grows)), I(1 + below(16)));
    bool direct = below(2);
    PUT(&p, QN_OP_LOGIT, (direct ? 1u : 0) | (pass == 0 ? 2u : 0), 0, 0x0050, I(direct ? acc0 : out), I(pass * 1000), I(cols));
    // VB to memory
    int32_t size = below(3), bytes = 1 << size, count = 1 + below(48), runs = 1 + below(3), step = bytes * (1 + below(5));
    PUT(&p, QN_OP_STORE, 2u | (uint32_t)below(3) << 3 | (uint32_t)size << 5, 0, record ? 0x5300 : 0x5000, I(below(2) ? out : vb + 1024), I(count), I(runs), I(4 * stores + bytes * below(4)),
        I((int32_t)(QN_SETRAW(STORE, ESTRIDE, step) | QN_SETRAW(STORE, SSTRIDE, below(64)))), I(step * count + 16));
    if (!record) {                                       // takes the other post of the quantizer
        PUT(&p, QN_OP_STORE, 2u | 2u << 5, 0, 0x3000, I(vb + 2048), I(4), I(1), I(4 * stores + 4000), I(4), I(0));
    }
    stores += 2048;
}

static void show(void)
{
    for (uint32_t i = 0; i < p.n / 8; i++) {
        char line[300];
        qn_insn x;
        memcpy(x.w, p.w + 8 * i, sizeof x.w);
        qn_insn_text(&x, line, sizeof line);
        print_message("%3u %s\n", i, line);
    }
}

// Runs the program on all three, and compares.
static void compare(machine *m, uint32_t run_seed)
{
    const qn_target *t = m->t;
    memcpy(m->mem + PROG_AT, p.w, p.n * 4);
    memcpy(m->rtl_mem, m->mem, MEM * 4);
    for (int i = 0; i < QN_ARGS; i++) {
        m->args[i] = random32();
        qn_rtl_write(m->rtl, QN_REG_ARG + (unsigned)i, m->args[i]);
    }
    for (unsigned i = 0; i < QN_WINDOWS; i++) {
        qn_rtl_write(m->rtl, QN_REG_WIN_BASE + i, m->base[i]);
        qn_rtl_write(m->rtl, QN_REG_WIN_SIZE + i, m->size[i]);
        qn_rtl_write(m->rtl, QN_REG_WIN_FLAGS + i, m->flags[i]);
    }
    qn_rtl_write(m->rtl, QN_REG_CTRL, QN_CTRL_RESET);
    qn_rtl_write(m->rtl, QN_REG_ENTRY, 0);
    qn_rtl_write(m->rtl, QN_REG_PROG_ADDR, PROG_AT);
    qn_rtl_write(m->rtl, QN_REG_PROG_WORDS, p.n);
    qn_rtl_write(m->rtl, QN_REG_DIGEST_A, 7);
    qn_rtl_write(m->rtl, QN_REG_DIGEST_B, 9);
    qn_rtl_write(m->rtl, QN_REG_CTRL, QN_CTRL_START | QN_CTRL_LOAD);
    int rtl_err = qn_rtl_run(m->rtl, 3000000);

    memcpy(m->exec->prog, p.w, p.n * 4);
    m->exec->prog_words = p.n;
    memcpy(m->exec->arg, m->args, sizeof m->args);
    memcpy(m->exec->win_base, m->base, sizeof m->base);
    memcpy(m->exec->win_size, m->size, sizeof m->size);
    memcpy(m->exec->win_flags, m->flags, sizeof m->flags);
    m->exec->digest_a = 7;
    m->exec->digest_b = 9;
    m->exec->nonfinite = false;
    int exec_err = qn_exec_run(m->exec, 0, 1000000);

    qn_time_job job = {.prog = p.w, .prog_words = p.n, .prog_addr = PROG_AT, .load = true, .args = m->args, .win_base = m->base,
                       .win_size = m->size, .win_flags = m->flags, .limit = 3000000};
    int time_err = qn_time_run(m->time, &job);

    uint32_t status = qn_rtl_read(m->rtl, QN_REG_STATUS);
    int wrong = rtl_err != 0 || exec_err != (status & QN_STATUS_TRAP ? QN_ERR_TRAP : 0) || time_err != exec_err;
    if (wrong)
        print_message("%s seed %u: rtl %d status %u trap %u pc %u addr %x; exec %d trap %u pc %u addr %x; time %d trap %u\n", t->name, run_seed, rtl_err, status,
                      qn_rtl_read(m->rtl, QN_REG_TRAP), qn_rtl_read(m->rtl, QN_REG_TRAP_PC), qn_rtl_read(m->rtl, QN_REG_TRAP_ADDR), exec_err, m->exec->trap,
                      m->exec->trap_pc, m->exec->trap_addr, time_err, m->time->trap);
    static const char *const names[] = {"cycles", "array", "rows", "vector", "matrix", "load", "store", "starve", "read0", "read1", "read2",
                                        "read3", "write0", "write1", "write2", "write3"};
    for (unsigned i = 0; i < QN_TIME_COUNTS; i++) {
        uint32_t got = qn_rtl_read(m->rtl, QN_REG_COUNT_CYCLES + i);
        if (got != (uint32_t)m->time->count[i]) {
            print_message("%s seed %u: %s: rtl %u, predicted %u\n", t->name, run_seed, names[i], got, (uint32_t)m->time->count[i]);
            wrong = 1;
        }
    }
    if (status & QN_STATUS_TRAP) {
        wrong |= qn_rtl_read(m->rtl, QN_REG_TRAP) != m->time->trap || qn_rtl_read(m->rtl, QN_REG_TRAP_PC) != m->time->trap_pc ||
                 qn_rtl_read(m->rtl, QN_REG_TRAP_ADDR) != m->time->trap_addr;
        if (m->time->trap != QN_TRAP_SEM)
            wrong |= m->exec->trap != m->time->trap || m->exec->trap_pc != m->time->trap_pc || m->exec->trap_addr != m->time->trap_addr;
        if (wrong)
            print_message("trap: time %u pc %u addr %x\n", m->time->trap, m->time->trap_pc, m->time->trap_addr);
    } else {
        int bad = 0;
        for (uint32_t i = 0; i < MEM && bad < 3; i++)
            if (m->mem[i] != m->rtl_mem[i]) {
                print_message("%s seed %u: memory word %x: rtl %08x, model %08x\n", t->name, run_seed, i, m->rtl_mem[i], m->mem[i]);
                bad++;
            }
        wrong |= bad != 0;
        const uint32_t regs[] = {QN_REG_PICK, QN_REG_PICK_VALUE, QN_REG_DIGEST_A, QN_REG_DIGEST_B};
        const uint32_t want[] = {m->exec->pick, m->exec->pick_value, m->exec->digest_a, m->exec->digest_b};
        for (int i = 0; i < 4; i++)
            if (qn_rtl_read(m->rtl, regs[i]) != want[i]) {
                print_message("%s seed %u: register %x: rtl %08x, model %08x\n", t->name, run_seed, regs[i], qn_rtl_read(m->rtl, regs[i]), want[i]);
                wrong = 1;
            }
        if (((status & QN_STATUS_NONFINITE) != 0) != m->exec->nonfinite) {
            print_message("%s seed %u: nonfinite: rtl %d\n", t->name, run_seed, (status & QN_STATUS_NONFINITE) != 0);
            wrong = 1;
        }
    }
    if (getenv("QN_VERBOSE"))
        print_message("%u instructions, %u cycles\n", (unsigned)m->exec->instructions, (unsigned)m->time->count[0]);
    if (wrong)
        show();
    assert_false(wrong);
}

static void fill_memory(machine *m)
{
    for (uint32_t i = 0; i < MEM; i++)
        m->mem[i] = random32();
    for (uint32_t i = FLOATS_AT; i < STREAM_AT; i++)     // floats of sizes that meet each other, as words and as halves
        m->mem[i] = (random32() & 0x807f807f) | (uint32_t)(120 + below(16)) << 23 | (uint32_t)(120 + below(16)) << 7;
    for (uint32_t i = STREAM_AT; i < STORE_AT; i++)      // headers that are numbers, mostly
        if (below(16))
            m->mem[i] &= 0x9fff9fff;
}

static void agree(const char *target)
{
    machine m = {.t = qn_target_find(target)};
    assert_int_equal(qn_rtl_open(&m.rtl, target), 0);
    m.rtl_mem = (uint32_t *)(void *)qn_rtl_memory(m.rtl);
    m.mem = calloc(MEM, 4);
    assert_non_null(m.mem);
    assert_int_equal(qn_exec_new(&m.exec, m.t, m.mem, MEM), 0);
    assert_int_equal(qn_time_new(&m.time, m.t), 0);
    for (int i = 0; i < QN_WINDOWS; i++) {
        m.base[i] = i == 2 ? STORE_AT : FLOATS_AT;
        m.size[i] = i == 2 ? MEM - STORE_AT : STORE_AT - FLOATS_AT;
        m.flags[i] = i == 2;
    }
    uint32_t first = getenv("QN_SEED") ? (uint32_t)atoi(getenv("QN_SEED")) : 1;
    uint32_t runs = getenv("QN_RUNS") ? (uint32_t)atoi(getenv("QN_RUNS")) : 60;
    for (uint32_t k = first; k < first + runs; k++) {
        seed = k * 2654435761u | 1;
        fill_memory(&m);
        p.n = 0;
        stores = 0;
        some_scalar();
        int passes = 1 + below(m.t->vb_words / 3072 < 8 ? m.t->vb_words / 3072 : 8);
        for (int pass = 0; pass < passes; pass++)
            one_pass(m.t, pass);
        HALT(&p);
        compare(&m, k);
    }
    qn_time_free(m.time);
    qn_exec_free(m.exec);
    free(m.mem);
    qn_rtl_close(m.rtl);
}

static void ulx3s(void **state)
{
    (void)state;
    agree("ulx3s");
}

static void mini(void **state)
{
    (void)state;
    agree("mini");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(ulx3s), cmocka_unit_test(mini)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
