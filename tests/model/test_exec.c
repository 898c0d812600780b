// SPDX-License-Identifier: Apache-2.0
// What instructions do to bits. Values are chosen so that FP32 is exact, and expectations are integers worked out here.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "driver/qn_err.h"
#include "sim/model/qn_exec.h"
#include "tests/model/exec_prog.h"

enum { MEM = 1 << 18 };
static uint32_t *mem;
static qn_exec *x;
static prog p;

static uint32_t seed = 1;
static uint32_t random32(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 17;
    seed ^= seed << 5;
    return seed;
}

static int setup(void **state)
{
    (void)state;
    mem = calloc(MEM, 4);
    assert_int_equal(qn_exec_new(&x, qn_target_find("ulx3s"), mem, MEM), 0);
    for (int i = 0; i < 8; i++) {
        x->win_base[i] = 0;
        x->win_size[i] = MEM;
        x->win_flags[i] = 1;
    }
    memset(&p, 0, sizeof p);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    qn_exec_free(x);
    free(mem);
    return 0;
}

static int run(void)
{
    memcpy(x->prog, p.w, p.n * 4);
    x->prog_words = p.n;
    return qn_exec_run(x, 0, 1000000);
}

static void expect_trap(unsigned cause, uint32_t pc)
{
    assert_int_equal(run(), QN_ERR_TRAP);
    assert_int_equal(x->trap, cause);
    assert_int_equal(x->trap_pc, pc);
}

static uint32_t bits(float f)
{
    uint32_t u;
    memcpy(&u, &f, 4);
    return u;
}

// Sequencer -----------------------------------------------------------------------------------------------------------------

static void loops_and_registers(void **state)
{
    (void)state;
    // r1 = 3 x 4 turns; r2 = sum of (7 * turn - 2); stores them by way of a table load and an argument
    x->arg[5] = 100;
    PUT(&p, QN_OP_LDA, 2, 0, 0, I(5));                               // r2 = 100
    PUT(&p, QN_OP_LOOP, 0, 0, 0, I(3), I(7));
    PUT(&p, QN_OP_LOOP, 0, 0, 0, I(4), I(6));
    PUT(&p, QN_OP_ALU, 3 | QN_ALU_MUL << 4, 0, 0, R(1, 0), I(7));    // r3 = r1 * 7
    PUT(&p, QN_OP_ALU, 2 | QN_ALU_ADD << 4, 0, 0, R(2, -2), R(3, 0));
    PUT(&p, QN_OP_ALU, 1 | QN_ALU_ADD << 4, 0, 0, R(1, 0), I(1));
    PUT(&p, QN_OP_ENDLOOP, 0, 0, 0, I(0));
    PUT(&p, QN_OP_ENDLOOP, 0, 0, 0, I(0));
    PUT(&p, QN_OP_LOOP, 0, 0, 0, R(1, -12), I(10));                  // zero times
    PUT(&p, QN_OP_LDA, 2, 0, 0, I(9999));
    PUT(&p, QN_OP_ENDLOOP, 0, 0, 0, I(0));
    PUT(&p, QN_OP_LDT, 4, 0, 0, R(1, 200 - 12));                     // r4 = word 200
    PUT(&p, QN_OP_ALU, 5 | QN_ALU_SUB << 4, 0, 0, I(5), I(9));
    PUT(&p, QN_OP_ALU, 6 | QN_ALU_MIN << 4, 0, 0, R(5, 0), I(3));
    PUT(&p, QN_OP_ALU, 7 | QN_ALU_MAX << 4, 0, 0, R(5, 0), I(3));
    PUT(&p, QN_OP_ALU, 8 | QN_ALU_SHR << 4, 0, 0, R(5, 0), I(28 + 32));
    PUT(&p, QN_OP_ALU, 9 | QN_ALU_AND << 4, 0, 0, R(5, 0), I(0x1234));
    HALT(&p);
    p.w[200] = 0xcafef00d;
    p.n = 201;
    assert_int_equal(run(), 0);
    int sum = 100;
    for (int turn = 0; turn < 12; turn++)
        sum += 7 * turn - 2;
    assert_int_equal(x->seq.r[1], 12);
    assert_int_equal(x->seq.r[2], sum);
    assert_int_equal(x->seq.r[4], 0xcafef00d);
    assert_int_equal((int32_t)x->seq.r[5], -4);
    assert_int_equal((int32_t)x->seq.r[6], -4);
    assert_int_equal(x->seq.r[7], 3);
    assert_int_equal(x->seq.r[8], 0xf);
    assert_int_equal(x->seq.r[9], 0x1234 & -4);
    assert_int_equal(x->instructions, 1 + 1 + 3 * (1 + 4 * 4 + 1) + 1 + 6);
}

static void sequencer_traps(void **state)
{
    (void)state;
    PUT(&p, QN_OP_ALU, 1, 0, 0, I(1));
    p.n = 8;
    expect_trap(QN_TRAP_PC, 1);                                      // runs off the end

    p.w[3] ^= 4;
    expect_trap(QN_TRAP_CHECK, 0);

    p.n = 0;
    PUT(&p, (enum qn_op)0x77, 0, 0, 0, I(0));
    expect_trap(QN_TRAP_OPCODE, 0);
    p.n = 0;
    PUT(&p, QN_OP_HALT, 0, 0, 0, I(1));
    expect_trap(QN_TRAP_OPCODE, 0);                                  // a slot that HALT does not define

    p.n = 0;
    PUT(&p, QN_OP_ENDLOOP, 0, 0, 0, I(0));
    expect_trap(QN_TRAP_LOOP, 0);
    p.n = 0;
    for (int i = 0; i < 7; i++)
        PUT(&p, QN_OP_LOOP, 0, 0, 0, I(1), I(10));
    expect_trap(QN_TRAP_LOOP, 6);
    p.n = 0;
    PUT(&p, QN_OP_LDT, 1, 0, 0, I(8));
    expect_trap(QN_TRAP_PC, 0);
    p.n = 0;
    PUT(&p, QN_OP_LDA, 1, 0, 0, I(64));
    expect_trap(QN_TRAP_ARG, 0);
    assert_int_equal(x->trap_addr, 64);
    p.n = 0;
    PUT(&p, QN_OP_ALU, 1 | 7 << 4, 0, 0, I(0));
    expect_trap(QN_TRAP_FIELD, 0);
}

// Memory and vector buffer -----------------------------------------------------------------------------------------------------

static void load_and_store(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 64; i++)
        mem[100 + i] = 0x01010101 * i;
    x->win_base[2] = 90;
    x->win_size[2] = 100;
    PUT(&p, QN_OP_LOADV, 2, 0, 0x0010, I(10), I(3), I(2), I(20), I(1000), I(5));        // 2 runs of 3
    PUT(&p, QN_OP_LOADV, 2 | 1 << 5, 0, 0x0020, I(11), I(4), I(1), I(0), I(2000), I(0));  // BF16
    PUT(&p, QN_OP_STORE, 0 | 2 << 5, 0, 0x1000, I(1000), I(3), I(2), I(4000), I(QN_SETRAW(STORE, ESTRIDE, 8) | QN_SETRAW(STORE, SSTRIDE, 5)), I(-100));
    PUT(&p, QN_OP_STORE, 0 | 0 << 5, 0, 0x2000, I(1000), I(7), I(1), I(8001), I(3), I(0));
    PUT(&p, QN_OP_STORE, 0 | 1 << 5, 0, 0, I(2000), I(4), I(1), I(9002), I(2), I(0));
    HALT(&p);
    mem[2000] = mem[2001] = 0xffffffff;
    assert_int_equal(run(), 0);
    for (uint32_t r = 0; r < 2; r++)
        for (uint32_t i = 0; i < 3; i++) {
            assert_int_equal(x->vb[1000 + 5 * r + i], 0x01010101 * (i + 20 * r));
            assert_int_equal(mem[1000 - 25 * r + 2 * i], 0x01010101 * (i + 20 * r));
        }
    assert_int_equal(x->vb[2000], 0x01010000);
    assert_int_equal(x->vb[2001], 0x01010000);
    assert_int_equal(x->vb[2003], 0x02020000);
    const uint8_t *b = (const uint8_t *)mem;
    for (int i = 0; i < 7; i++)
        assert_int_equal(b[8001 + 3 * i], i / 4);
    assert_int_equal(b[8000], 0xff);
    assert_int_equal(b[8002], 0xff);
    for (int i = 0; i < 4; i++)
        assert_int_equal(b[9002 + 2 * i] | b[9003 + 2 * i] << 8, 0x0101 * (1 + i / 2));
    assert_int_equal(x->words_read[0], 6 + 2);
    assert_int_equal(x->words_written[0], 6 + 7 + 4);              // one write an element
}

static void vector_elements(void **state)
{
    (void)state;
    for (int i = 0; i < 64; i++) {
        x->vb[i] = bits((float)(i - 9));
        x->vb[64 + i] = bits((float)(3 * i));
        x->acc[256 + 8 + i] = (float)(1000 + i);         // row 1, column 8 + i
    }
#define VEC(fn, flags, high, dst, a, b, n, rows, ds, as, bs) \
    PUT(&p, QN_OP_VEC, (fn) | (flags) << 4, high, 0, I(dst), I(a), I(b), I(n), I(rows), \
        I(QN_SETRAW(VEC, DSTRIDE, ds) | QN_SETRAW(VEC, ASTRIDE, as) | QN_SETRAW(VEC, BSTRIDE, bs)))
    VEC(QN_VEC_ADD, 0, 0, 1000, 0, 64, 13, 2, 2, 3, 1);
    VEC(QN_VEC_SUB, 0, 0, 1104, 0, 64, 8, 1, 0, 0, 0);
    VEC(QN_VEC_MUL, 2, 0, 1200, 0, 64, 32, 1, 0, 0, 0);               // BSCALAR
    VEC(QN_VEC_SUB, 0, 2, 1304, 0, 64, 16, 1, 0, 0, 0);               // PERM 2
    VEC(QN_VEC_MAX, 0, 0, 1320, 64, 32, 16, 1, 0, 0, 0);              // 3 i and i + 23
    VEC(QN_VEC_MOV, 1, 0, 1400, 1024 + 8, 0, 20, 1, 0, 0, 0);         // accumulators
    VEC(QN_VEC_MASK, 0, 8, 1504, 0, 3, 10, 2, 2, 1, 0);               // STEP: limits 3 and 4
    VEC(QN_VEC_RECIP, 0, 0, 1600, 8, 0, 8, 1, 0, 0, 0);               // -1, 0, 1, 2 ...
    VEC(QN_VEC_EXP, 0, 0, 1608, 8, 0, 8, 1, 0, 0, 0);
    VEC(QN_VEC_RSQRT, 0, 0, 1616, 8, 0, 8, 1, 0, 0, 0);
    VEC(QN_VEC_ADD, 0, 0, 1000, 0, 64, 0, 5, 0, 0, 0);                // nothing
    PUT(&p, QN_OP_EMBED, 0, 0, 0, I(1701), I(9), I(4), I(2), I(5));
    HALT(&p);
    x->vb[1013] = 77;
    assert_int_equal(run(), 0);
    for (int i = 0; i < 13; i++)
        for (int r = 0; r < 2; r++)
            assert_int_equal(x->vb[1000 + 16 * r + i], bits((float)(i + 24 * r - 9 + 3 * (i + 8 * r))));
    assert_int_equal(x->vb[1013], 77);
    for (int i = 0; i < 8; i++)
        assert_int_equal(x->vb[1104 + i], bits((float)(i - 9 - 3 * i)));
    for (int i = 0; i < 32; i++)
        assert_int_equal(x->vb[1200 + i], bits(i == 9 ? 0.0f : (float)((i - 9) * 3 * (i % 8)) == 0 && i < 9 ? -0.0f
                                                                : (float)((i - 9) * 3 * (i % 8))));
    for (int i = 0; i < 16; i++) {
        assert_int_equal(x->vb[1304 + i], bits((float)((i ^ 2) - 9 - 3 * i)));
        assert_int_equal(x->vb[1320 + i], bits((float)(i < 12 ? i + 23 : 3 * i)));
    }
    for (int i = 0; i < 20; i++)
        assert_int_equal(x->vb[1400 + i], bits((float)(1000 + i)));
    for (int r = 0; r < 2; r++)
        for (int i = 0; i < 10; i++)
            assert_int_equal(x->vb[1504 + 16 * r + i], i < 3 + r ? bits((float)(i + 8 * r - 9)) : 0xff800000);
    assert_int_equal(x->vb[1600], bits(-1));
    assert_int_equal(x->vb[1601], 0x7f800000);
    assert_int_equal(x->vb[1603], bits(0.5f));
    assert_int_equal(x->vb[1609], bits(1));
    assert_int_equal(x->vb[1616], 0x7fc00000);
    assert_int_equal(x->vb[1621], bits(0.5f));                        // 1/sqrt(4)
    for (int i = 0; i < 4; i++)
        assert_int_equal(x->vb[1702 + 5 * i], bits((float)(1001 + 2 * i)));   // row 1: column 9 + 2 i
}

// A block that holds 127 (8 bits) or 32639 (16 bits) has scale 1, and integers quantize to themselves.
static void quantizer(void **state)
{
    (void)state;
    int v[128];
    for (int i = 0; i < 128; i++) {
        v[i] = (int)(random32() % 255) - 127;
        x->vb[i] = bits((float)(i % 32 == 5 ? (v[i] = 127) : v[i]));
    }
    int w[64];
    for (int i = 0; i < 64; i++) {
        w[i] = (int)(random32() % 65279) - 32639;
        x->vb[256 + i] = bits((float)(i % 32 == 6 ? (w[i] = -32639) : w[i]));
    }
    x->vb[126] = 0x7f800000;                                          // masked: never looked at
#define SPAN(lo, hi) I(QN_SETRAW(QUANT, LO, lo) | QN_SETRAW(QUANT, HI, hi))
#define STRIDES(d, a) I(QN_SETRAW(QUANT, DSTRIDE, d) | QN_SETRAW(QUANT, ASTRIDE, a))
    PUT(&p, QN_OP_QUANT, 0, 0, 0, I(0), I(2 * 1024 + 3), I(64), I(2), SPAN(0, 64), STRIDES(0, 8));
    PUT(&p, QN_OP_QUANT, 2, 0, 0, I(0), I(7), I(128), I(1), SPAN(0, 128), STRIDES(0, 0));       // one block of 128: not finite
    PUT(&p, QN_OP_QUANT, 2, 0, 0, I(0), I(20), I(128), I(1), SPAN(8, 126), STRIDES(0, 0));
    PUT(&p, QN_OP_QUANT, 4, 0, 0, I(256), I(3 * 1024 + 40), I(64), I(1), SPAN(0, 64), STRIDES(0, 0));
    PUT(&p, QN_OP_QUANT, 8, 0, 0, I(0), I(3000), I(64), I(2), SPAN(0, 64), STRIDES(4, 4));
    PUT(&p, QN_OP_QUANT, 12, 0, 0, I(256), I(3200), I(64), I(1), SPAN(0, 64), STRIDES(0, 0));
    HALT(&p);
    assert_int_equal(run(), 0);
    assert_true(x->nonfinite);
    for (int r = 0; r < 2; r++)
        for (int s = 0; s < 2; s++) {
            size_t at = (size_t)((2 + r) * 64 + 3 + s);
            if (r == 1 && s == 1)
                continue;                                             // holds the infinity
            int lo = 0, hi = 0;
            for (int k = 0; k < 32; k++) {
                int want = v[64 * r + 32 * s + k];
                assert_int_equal(x->slice[at * 32 + (size_t)k], want);
                *(k < 16 ? &lo : &hi) += want;
            }
            assert_int_equal(x->sums[2 * at], lo);
            assert_int_equal(x->sums[2 * at + 1], hi);
            assert_int_equal(bits(x->scale[at]), bits(1));
        }
    assert_int_equal(bits(x->scale[7]), 0);
    for (int s = 0; s < 4; s++) {
        assert_int_equal(bits(x->scale[20 + s]), bits(1));
        for (int k = 0; k < 32; k++) {
            int i = 32 * s + k;
            assert_int_equal(x->slice[(20 + s) * 32 + k], i < 8 || i >= 126 ? 0 : v[i]);
        }
    }
    for (int i = 0; i < 64; i++) {
        size_t at = (size_t)(6 * 64 + 40 + i / 32);
        int hi = x->slice[at * 32 + (size_t)i % 32], lo = x->slice[(at + 64) * 32 + (size_t)i % 32];
        assert_int_equal(256 * hi + lo, w[i]);
        assert_true(lo >= -128 && lo <= 127);
        assert_int_equal(bits(x->scale[at]), bits(256));
        assert_int_equal(bits(x->scale[at + 64]), bits(1));
        const uint32_t *rec = x->vb + 3200 + 16 * (i / 32);
        int k = i % 32;
        int8_t h = (int8_t)(rec[k / 4] >> 8 * (k % 4));               // a record is plain two's complement
        assert_int_equal(256 * h + (uint8_t)(rec[8 + k / 4] >> 8 * (k % 4)), w[i]);
    }
    assert_int_equal(x->vb[3200 + 32], bits(1));
    for (int i = 0; i < 64; i++)
        assert_int_equal((int8_t)(x->vb[3000 + i / 4] >> 8 * (i % 4)), v[i]);
    assert_int_equal(x->vb[3016], bits(1));
    assert_int_equal(x->vb[3017], bits(1));
    assert_int_equal((int8_t)x->vb[3032], v[32]);                     // row 1 starts 4 groups on
}

static void greedy_pick(void **state)
{
    (void)state;
    uint32_t v[6] = {0x80000000, 0, 0x7fc00000, bits(2), bits(2), bits(-7)};
    memcpy(x->vb, v, sizeof v);
    PUT(&p, QN_OP_LOGIT, 2, 0, 0, I(0), I(50), I(2));
    PUT(&p, QN_OP_LOGIT, 0, 0, 0, I(0), I(100), I(6));
    HALT(&p);
    x->digest_a = 5;
    assert_int_equal(run(), 0);
    assert_int_equal(x->pick, 103);
    assert_int_equal(x->pick_value, bits(2));
    uint32_t a = 5, b = 0;
    for (int i = 0; i < 8; i++) {
        a += v[i < 2 ? i : i - 2];
        b += a;
    }
    assert_int_equal(x->digest_a, a);
    assert_int_equal(x->digest_b, b);
}

// Matrix ----------------------------------------------------------------------------------------------------------------------

// Random columns of a format by the text of fmt.def, and their values.
enum { Cols = 64 };
typedef struct tile {
    int w[8][Cols][32];                           // [slice][column][k]
    int lo[8][Cols], hi[8][Cols], mn[8][Cols], mn_hi[8][Cols];    // integer scales (1, 1, 0 without)
    bool halves;                                  // the high half's products go to the second number
    double d[8][Cols], m[8][Cols];                // float heads of the block that the slice is in
    uint32_t words[8 * Cols * 20];
    uint32_t n;
} tile;
static tile t;

static uint16_t half_of(int power, int sign)
{
    return (uint16_t)((uint32_t)sign << 15 | (uint32_t)(15 + power) << 10);
}

// Of columns which[0..n) one stream.
static void make_columns(const qn_fmt *f, int slices, const int *which, int n)
{
    t.n = 0;
    t.halves = f->sub == 4;
    for (int s = 0; s < slices; s++) {
        int last = (s + 1) % f->block == 0;
        for (int at = 0; at < n; at += 2) {
            uint32_t sub = 0, heads[2] = {0, 0};
            for (int half = 0, c = which[at]; half < 2; half++, c = which[at + 1]) {
                uint32_t a = f->sub == 1 ? random32() % 64 : random32() % 256, b = f->sub == 1 ? random32() % 64 : random32() % 256;
                t.lo[s][c] = f->sub == 0 ? 1 : f->sub == 1 ? (int)a : (int8_t)a;
                t.hi[s][c] = f->sub == 2 ? (int8_t)b : t.lo[s][c];
                t.mn[s][c] = t.mn_hi[s][c] = f->sub == 1 ? (int)b : 1;
                if (f->sub == 3) {
                    t.lo[s][c] = a & 15;
                    t.hi[s][c] = a >> 4;
                    t.mn[s][c] = b & 15;
                    t.mn_hi[s][c] = b >> 4;
                }
                if (t.halves) {
                    t.lo[s][c] = 1;
                    t.hi[s][c] = 0;
                }
                sub |= (a | b << 8) << (16 * half);
                int dp = (int)(random32() % 5) - 2, mp = (int)(random32() % 3) - 1, sign = random32() & 1;
                if (last) {
                    uint16_t d16 = f->head == 3 ? (uint16_t)(bits((sign ? -1.0f : 1.0f) * (float)(dp < 0 ? 1.0 / (1 << -dp) : 1 << dp)) >> 16)
                                                : half_of(dp, sign);
                    double dv = (sign ? -1 : 1) * (dp < 0 ? 1.0 / (1 << -dp) : 1 << dp), mv = mp < 0 ? 0.5 : 1 << mp;
                    for (int b0 = s + 1 - f->block; b0 <= s; b0++) {
                        t.d[b0][c] = f->head ? dv : 1;
                        t.m[b0][c] = f->head == 2 ? mv : 0;
                    }
                    if (f->head == 2)
                        heads[half] = d16 | (uint32_t)half_of(mp, 0) << 16;
                    else
                        heads[0] |= (uint32_t)d16 << (16 * half);
                }
            }
            if (qn_fmt_sub_word(f))
                t.words[t.n++] = sub;
            if (last && f->head)
                t.words[t.n++] = heads[0];
            if (last && f->head == 2)
                t.words[t.n++] = heads[1];
            for (int col = 0, c = which[at]; col < 2; col++, c = which[at + 1]) {
                const qn_book *book = qn_book_find(f->store);
                static uint32_t both[32];                // C2: a code is both columns' weight
                const int bits = book ? book->code : f->planes;
                uint32_t code[32];
                for (int k = 0; k < 32; k++) {
                    code[k] = random32() & ((1u << bits) - 1);
                    t.w[s][c][k] = f->sign && code[k] >> (f->planes - 1) ? (int)code[k] - (1 << f->planes) : (int)code[k];
                    if (f->id == QN_FMT_C2 && col == 0)
                        both[k] = code[k];
                    if (f->id == QN_FMT_C2)              // 1, i, -1, -i
                        t.w[s][c][k] = (int)(both[k] % 2) != col ? 0 : both[k] > 1 ? -1 : 1;
                    else if (book)
                        t.w[s][c][k] = book->value[code[k]];
                    else if (f->sign == QN_ODD)
                        t.w[s][c][k] = 2 * t.w[s][c][k] + 1;
                }
                if (f->store == QN_STORE_BYTES) {
                    for (int half = f->planes / 8 - 1; half >= 0; half--)
                        for (int i = 0; i < 8; i++, t.n++) {
                            t.words[t.n] = 0;
                            for (int k = 0; k < 4; k++)
                                t.words[t.n] |= (code[4 * i + k] >> (8 * half) & 255) << (8 * k);
                        }
                } else {
                    for (int plane = bits - 1; plane >= 0 && !(f->id == QN_FMT_C2 && col); plane--, t.n++) {
                        t.words[t.n] = 0;
                        for (int k = 0; k < 32; k++)
                            t.words[t.n] |= (code[k] >> plane & 1) << k;
                    }
                }
            }
        }
    }
}

static void make_tile(const qn_fmt *f, int slices, int cols)
{
    int which[Cols];
    for (int c = 0; c < cols; c++)
        which[c] = c;
    make_columns(f, slices, which, cols);
}

static int act[16][8][32];

// The contract's sum in doubles, which are exact here; every partial result must be an FP32 number for that to be a fair test.
static float reckon(const qn_fmt *f, int r, int c, int slices, double start, double scale)
{
    double sum = start;
    for (int s0 = 0; s0 < slices; s0 += f->block) {
        double i1 = 0, i2 = 0;
        for (int s = s0; s < s0 + f->block; s++)
            for (int k = 0; k < 32; k++) {
                i1 += (double)(k < 16 ? t.lo[s][c] : t.hi[s][c]) * act[r][s][k] * t.w[s][c][k];
                i2 += t.halves ? (k < 16 ? 0.0 : (double)act[r][s][k] * t.w[s][c][k]) : (double)(k < 16 ? t.mn[s][c] : t.mn_hi[s][c]) * act[r][s][k];
            }
        i1 *= t.d[s0][c] * scale;
        i2 *= t.m[s0][c] * scale;
        assert_true(i1 == (float)i1 && i2 == (float)i2);
        assert_true(sum + i1 == (float)(sum + i1));
        sum += i1;
        assert_true(sum - i2 == (float)(sum - i2));
        sum -= i2;
    }
    return (float)sum;
}

// Slices from `first` on of each row: -1, 0 and 1, of which every sum is exact; scale 0.5.
static void make_slices(int rows, int first, int slices, int block)
{
    for (int r = 0; r < rows; r++)
        for (int s = 0; s < slices; s++) {
            size_t at = (size_t)(r * 64 + first + s);
            int sum[2] = {0, 0};
            for (int k = 0; k < 32; k++) {
                act[r][s][k] = (int)(random32() % 3) - 1;
                if (random32() % 2)
                    act[r][s][k] = 0;
                x->slice[at * 32 + (size_t)k] = (int16_t)act[r][s][k];
                sum[k / 16] += act[r][s][k];
            }
            x->sums[2 * at] = (int16_t)sum[0];
            x->sums[2 * at + 1] = (int16_t)sum[1];
            x->scale[at] = x->sum_scale[at] = (s + 1) % block ? 1e30f : 0.5f;     // only the last slice's counts
        }
}

static void every_format(void **state)
{
    (void)state;
    for (uint32_t id = 1; qn_fmt_find(id); id++) {
        const qn_fmt *f = qn_fmt_find(id);
        const int slices = 8, cols = 10, rows = 3;
        make_tile(f, slices, cols);
        assert_int_equal(t.n, qn_fmt_tile_words(f, (uint32_t)cols, (uint32_t)slices));
        // three runs that do not end where blocks do
        uint32_t third = (t.n + 2) / 3;
        for (uint32_t i = 0; i < t.n; i++)
            mem[1000 + i / third * 20000 + i % third] = t.words[i];
        make_slices(rows, 9, slices, f->block);
        for (int r = 0; r < rows; r++)
            for (int c = 0; c < cols; c++)
                x->acc[r * 256 + 30 + c] = (float)(r + c);
        p.n = 0;
        uint32_t rest = t.n - 2 * third;
        PUT(&p, QN_OP_STREAM, 0, 0, 0, I(1000), I((int32_t)third), I(2), I(20000), I((int32_t)id), I(cols));
        PUT(&p, QN_OP_STREAM, 0, 0, 0, I(41000), I((int32_t)rest), I(1), I(0), I((int32_t)id), I(cols));
        PUT(&p, QN_OP_STREAM, 0, 0, 0, I(1000), I((int32_t)third), I(2), I(20000), I((int32_t)id), I(cols));
        PUT(&p, QN_OP_STREAM, 0, 0, 0, I(41000), I((int32_t)rest), I(1), I(0), I((int32_t)id), I(cols));
        PUT(&p, QN_OP_GEMM, 0, 0, 0, I(9), I(slices), I(cols), I(rows), I(50), I((int32_t)id));
        PUT(&p, QN_OP_GEMM, 1, 0, 0, I(9), I(slices), I(cols), I(rows - 1), I(30), I((int32_t)id));
        HALT(&p);
        assert_int_equal(run(), 0);
        assert_false(x->cut_apart);
        for (int r = 0; r < rows; r++)
            for (int c = 0; c < cols; c++) {
                assert_int_equal(bits(x->acc[r * 256 + 50 + c]), bits(reckon(f, r, c, slices, 0, 0.5)));
                assert_int_equal(bits(x->acc[r * 256 + 30 + c]),
                                 bits(r < rows - 1 ? reckon(f, r, c, slices, r + c, 0.5) : (float)(r + c)));
            }
    }
}

// Row r of an embedding look-up is element SLICE + r of the block, scale 1.
static void unit_rows(void **state)
{
    (void)state;
    for (uint32_t id = 1; qn_fmt_find(id); id++) {
        const qn_fmt *f = qn_fmt_find(id);
        const int slices = f->block, cols = 6, rows = 5, first = 32 * slices - 7;
        make_tile(f, slices, cols);
        memcpy(mem, t.words, t.n * 4);
        p.n = 0;
        PUT(&p, QN_OP_STREAM, 0, 0, 0, I(0), I((int32_t)t.n), I(1), I(0), I((int32_t)id), I(cols));
        PUT(&p, QN_OP_GEMM, 2, 0, 0, I(first), I(slices), I(cols), I(rows), I(0), I((int32_t)id));
        HALT(&p);
        assert_int_equal(run(), 0);
        memset(act, 0, sizeof act);
        for (int r = 0; r < rows; r++) {
            act[r][(first + r) / 32][(first + r) % 32] = 1;
            for (int c = 0; c < cols; c++)
                assert_int_equal(bits(x->acc[r * 256 + c]), bits(reckon(f, r, c, slices, 0, 1)));
        }
    }
}

// Stripes: fmt.def's last paragraph, written out here again. Stripe p has the tile's eights p, p + P, p + 2 P ..., and every P-th word.
static void make_striped(const qn_fmt *f, int slices, int cols, int stripes, uint32_t *lines)
{
    uint32_t words = 0;
    for (int p = 0; p < stripes; p++) {
        int which[Cols], n = 0;
        for (int eight = p; eight < cols / 8; eight += stripes)
            for (int k = 0; k < 8; k++)
                which[n++] = 8 * eight + k;
        make_columns(f, slices, which, n);
        for (uint32_t i = 0; i < t.n; i++, words++)
            lines[i * (uint32_t)stripes + (uint32_t)p] = t.words[i];
    }
    t.n = words;
}

// A core like ulx3s with that many stripes.
static const qn_target *open_striped(uint32_t stripes)
{
    static qn_target target;
    qn_exec_free(x);
    target = *qn_target_find("ulx3s");
    target.planes = stripes;
    assert_int_equal(qn_exec_new(&x, &target, mem, MEM), 0);
    for (int i = 0; i < 8; i++) {
        x->win_base[i] = 0;
        x->win_size[i] = MEM;
        x->win_flags[i] = 1;
    }
    return &target;
}

static void stripes(void **state)
{
    (void)state;
    for (int n = 2; n <= 4; n += 2)
        for (uint32_t id = 1; qn_fmt_find(id); id++) {
            const qn_fmt *f = qn_fmt_find(id);
            const int slices = 8, cols = 64 - 8 * n * (int)(id % 2), rows = 3;
            open_striped((uint32_t)n);
            static uint32_t lines[8 * Cols * 20];
            make_striped(f, slices, cols, n, lines);
            assert_int_equal(t.n, qn_fmt_tile_words(f, (uint32_t)cols, (uint32_t)slices));
            // whole lines in pieces that do not end where blocks do; the same again one after the other
            uint32_t third = (t.n / 3 + 8) / 4 * 4, at[] = {1000, 21000, 41000}, rest = t.n - 2 * third;
            for (uint32_t i = 0; i < t.n; i++)
                mem[at[i / third] + i % third] = mem[60000 + i] = lines[i];
            make_slices(rows, 9, slices, f->block);
            for (int r = 0; r < rows; r++)
                for (int c = 0; c < cols; c++)
                    x->acc[r * 256 + 64 + c] = (float)(r + c % 8);
            p.n = 0;
            PUT(&p, QN_OP_STREAM, 0, 0, 0, I(1000), I((int32_t)third), I(2), I(20000), I((int32_t)id), I(cols));
            PUT(&p, QN_OP_STREAM, 0, 0, 0, I(41000), I((int32_t)rest), I(1), I(0), I((int32_t)id), I(cols));
            PUT(&p, QN_OP_GEMM, 0, 0, 0, I(9), I(slices), I(cols), I(rows), I(160), I((int32_t)id));
            PUT(&p, QN_OP_STREAM, 0, 0, 0, I(60000), I((int32_t)t.n), I(1), I(0), I((int32_t)id), I(cols));
            PUT(&p, QN_OP_GEMM, 1, 0, 0, I(9), I(slices), I(cols), I(rows - 1), I(64), I((int32_t)id));
            HALT(&p);
            assert_int_equal(run(), 0);
            assert_false(x->cut_apart);
            for (int r = 0; r < rows; r++)
                for (int c = 0; c < cols; c++) {
                    assert_int_equal(bits(x->acc[r * 256 + 160 + c]), bits(reckon(f, r, c, slices, 0, 0.5)));
                    assert_int_equal(bits(x->acc[r * 256 + 64 + c]),
                                     bits(r < rows - 1 ? reckon(f, r, c, slices, r + c % 8, 0.5) : (float)(r + c % 8)));
                }
            for (int r = 0; r < rows; r++)                            // nothing beside the tiles
                for (int c = 0; c < 256; c++)
                    if (c < 64 || (c >= 64 + cols && c < 160) || c >= 160 + cols)
                        assert_int_equal(bits(x->acc[r * 256 + c]), 0);
        }
}

// Synchronization -------------------------------------------------------------------------------------------------------------

static void semaphores_order_units(void **state)
{
    (void)state;
    mem[0] = bits(3);
    // The load stands behind its reader in program order; the semaphore puts it first.
    PUT(&p, QN_OP_STORE, 2 << 5, 0, 0x2000, I(8), I(1), I(1), I(400), I(0), I(0));
    PUT(&p, QN_OP_VEC, QN_VEC_ADD, 0, 0x1020, I(8), I(0), I(0), I(1), I(1), I(0));
    PUT(&p, QN_OP_LOADV, 0, 0, 0x0010, I(0), I(1), I(1), I(0), I(0), I(0));
    HALT(&p);
    assert_int_equal(run(), 0);
    assert_int_equal(mem[100], bits(6));
}

// Runs over the same elements are allowed, as many as the field holds; the budget ends them.
static void endless_runs_are_told(void **state)
{
    const int32_t many = (1 << 27) - 1;
    (void)state;
    PUT(&p, QN_OP_STORE, 2 << 5, 0, 0, I(8), I(64), I(many), I(400), I(4), I(0));
    HALT(&p);
    assert_int_equal(run(), QN_ERR_TIMEOUT);
    p.n = 0;
    PUT(&p, QN_OP_LOADV, 0, 0, 0, I(0), I(64), I(many), I(0), I(0), I(0));
    HALT(&p);
    assert_int_equal(run(), QN_ERR_TIMEOUT);
    p.n = 0;
    PUT(&p, QN_OP_STORE, 2 << 5, 0, 0, I(0), I(many), I(many), I(400), I(0), I(0));       // leaves the buffer, but not at once
    HALT(&p);
    expect_trap(QN_TRAP_BUFFER, 0);
}

static void deadlock_is_told(void **state)
{
    (void)state;
    PUT(&p, QN_OP_VEC, QN_VEC_ADD, 0, 0x1000, I(8), I(0), I(0), I(1), I(1), I(0));
    HALT(&p);
    assert_int_equal(run(), QN_ERR_TIMEOUT);
    assert_true(x->stuck);
    assert_int_equal(x->stuck_pc[QN_UNIT_VECTOR], 0);
    assert_int_equal(x->stuck_pc[QN_UNIT_LOAD], UINT32_MAX);

    // A stream longer than the FIFO ahead of the load that its GEMM waits for
    p.n = 0;
    PUT(&p, QN_OP_STREAM, 0, 0, 0, I(0), I(9 * 160), I(1), I(0), I(QN_FMT_S4), I(4));
    PUT(&p, QN_OP_LOADV, 0, 0, 0x0010, I(0), I(1), I(1), I(0), I(0), I(0));
    PUT(&p, QN_OP_GEMM, 0, 0, 0x1000, I(0), I(40), I(8), I(1), I(0), I(QN_FMT_S4));
    HALT(&p);
    assert_int_equal(run(), QN_ERR_TIMEOUT);
    assert_int_equal(x->stuck_pc[QN_UNIT_LOAD], 0);
    assert_int_equal(x->stuck_pc[QN_UNIT_MATRIX], 2);
}

static void semaphores_end_at_255(void **state)
{
    (void)state;
    PUT(&p, QN_OP_LOOP, 0, 0, 0, I(256), I(2));
    PUT(&p, QN_OP_VEC, QN_VEC_MOV, 0, 0x0010, I(8), I(0), I(0), I(1), I(1), I(0));
    PUT(&p, QN_OP_ENDLOOP, 0, 0, 0, I(0));
    HALT(&p);
    expect_trap(QN_TRAP_SEM, 1);
}

// The FIFO holds words that a later STORE overwrites in memory: the GEMM sees the old ones.
static void store_after_stream(void **state)
{
    (void)state;
    const qn_fmt *f = qn_fmt_find(QN_FMT_S4);
    make_tile(f, 1, 4);
    memcpy(mem + 64, t.words, t.n * 4);
    for (int k = 0; k < 32; k++) {
        act[0][0][k] = k - 16;
        x->slice[k] = (int16_t)(k - 16);
    }
    x->scale[0] = 1;
    PUT(&p, QN_OP_STREAM, 0, 0, 0x0010, I(64), I((int32_t)t.n), I(1), I(0), I(QN_FMT_S4), I(4));
    PUT(&p, QN_OP_STORE, 2 << 5, 0, 0x1020, I(0), I(18), I(1), I(256), I(4), I(0));
    PUT(&p, QN_OP_GEMM, 0, 0, 0x2000, I(0), I(1), I(4), I(1), I(0), I(QN_FMT_S4));
    HALT(&p);
    assert_int_equal(run(), 0);
    assert_int_equal(mem[64], 0);
    for (int c = 0; c < 4; c++)
        assert_int_equal(bits(x->acc[c]), bits(reckon(f, 0, c, 1, 0, 1)));
}

// Traps of units --------------------------------------------------------------------------------------------------------------

static void unit_traps(void **state)
{
    (void)state;
#define ONE(cause, op, field, high, ...)             \
    do {                                             \
        p.n = 0;                                     \
        PUT(&p, op, field, high, 0, __VA_ARGS__);    \
        HALT(&p);                                    \
        expect_trap(cause, 0);                       \
    } while (0)
    x->win_size[1] = 100;
    x->win_flags[1] = 0;
    x->win_base[1] = 1000;
    ONE(QN_TRAP_FIELD, QN_OP_STREAM, 0, 0, I(0), I(0), I(1), I(0), I(4), I(2));
    ONE(QN_TRAP_FIELD, QN_OP_STREAM, 0, 0, I(0), I(9), I(0), I(0), I(4), I(2));
    ONE(QN_TRAP_FIELD, QN_OP_STREAM, 0, 0, I(0), I(9), I(1), I(0), I(QN_FMTS + 1), I(2));
    ONE(QN_TRAP_FIELD, QN_OP_STREAM, 0, 0, I(0), I(9), I(1), I(0), I(4), I(3));
    ONE(QN_TRAP_WINDOW, QN_OP_STREAM, 1, 0, I(92), I(9), I(1), I(0), I(4), I(2));
    ONE(QN_TRAP_WINDOW, QN_OP_STREAM, 1, 0, I(-1), I(9), I(1), I(0), I(4), I(2));
    ONE(QN_TRAP_WINDOW, QN_OP_STREAM, 1, 0, I(0), I(9), I(3), I(46), I(4), I(2));
    ONE(QN_TRAP_BUFFER, QN_OP_LOADV, 0, 0, I(0), I(8), I(1), I(0), I(24570), I(0));
    ONE(QN_TRAP_WINDOW, QN_OP_LOADV, 1, 0, I(99), I(2), I(1), I(0), I(0), I(0));
    ONE(QN_TRAP_WINDOW, QN_OP_STORE, 1 | 2 << 5, 0, I(0), I(1), I(1), I(0), I(0), I(0));
    ONE(QN_TRAP_FIELD, QN_OP_STORE, 3 << 5, 0, I(0), I(1), I(1), I(0), I(0), I(0));
    ONE(QN_TRAP_BUFFER, QN_OP_STORE, 2 << 5, 0, I(-1), I(1), I(1), I(0), I(0), I(0));
    ONE(QN_TRAP_FIELD, QN_OP_GEMM, 0, 0, I(0), I(3), I(2), I(1), I(0), I(QN_FMT_S4G128));
    ONE(QN_TRAP_FIELD, QN_OP_GEMM, 0, 0, I(0), I(1), I(2), I(17), I(0), I(4));
    ONE(QN_TRAP_FIELD, QN_OP_GEMM, 0, 0, I(0), I(1), I(5), I(1), I(0), I(4));
    ONE(QN_TRAP_BUFFER, QN_OP_GEMM, 0, 0, I(64), I(1), I(2), I(1), I(0), I(4));
    ONE(QN_TRAP_BUFFER, QN_OP_GEMM, 0, 0, I(0), I(1), I(2), I(1), I(255), I(4));
    ONE(QN_TRAP_FIELD, QN_OP_VEC, 10, 0, I(0), I(0), I(0), I(8), I(1), I(0));
    ONE(QN_TRAP_FIELD, QN_OP_VEC, 0, 3, I(0), I(0), I(0), I(8), I(1), I(0));
    ONE(QN_TRAP_BUFFER, QN_OP_VEC, 0, 0, I(0), I(24576), I(0), I(8), I(1), I(0));
    ONE(QN_TRAP_BUFFER, QN_OP_VEC, 4 | 1 << 4, 0, I(0), I(16 * 1024), I(0), I(8), I(1), I(0));
    ONE(QN_TRAP_FIELD, QN_OP_QUANT, 0, 0, I(0), I(0), I(33), I(1), I(0), I(0));
    ONE(QN_TRAP_BUFFER, QN_OP_QUANT, 4, 0, I(0), I(8 * 1024), I(32), I(1), I(0), I(0));
    ONE(QN_TRAP_BUFFER, QN_OP_EMBED, 0, 0, I(0), I(250), I(4), I(1), I(1));
    ONE(QN_TRAP_BUFFER, QN_OP_LOGIT, 0, 0, I(24576), I(0), I(1));
}

// What several stripes ask for beyond that: lines and eights.
static void striped_traps(void **state)
{
    (void)state;
    for (int n = 2; n <= 4; n += 2) {
        open_striped((uint32_t)n);
        int cols = 8 * n, words = 17 * cols / 2;
        x->win_base[1] = 1;
        x->win_base[2] = (uint32_t)n;
        ONE(QN_TRAP_FIELD, QN_OP_STREAM, 0, 0, I(0), I(words + 1), I(1), I(0), I(8), I(cols));
        ONE(QN_TRAP_FIELD, QN_OP_STREAM, 0, 0, I(0), I(words), I(1), I(0), I(8), I(cols + 2));
        ONE(QN_TRAP_FIELD, QN_OP_STREAM, 0, 0, I(0), I(words), I(1), I(0), I(8), I(8));
        ONE(QN_TRAP_WINDOW, QN_OP_STREAM, 0, 0, I(1), I(words), I(1), I(0), I(8), I(cols));
        ONE(QN_TRAP_WINDOW, QN_OP_STREAM, 0, 0, I(0), I(words), I(2), I(words + 1), I(8), I(cols));
        ONE(QN_TRAP_WINDOW, QN_OP_STREAM, 1, 0, I(0), I(words), I(1), I(0), I(8), I(cols));
        ONE(QN_TRAP_FIELD, QN_OP_GEMM, 0, 0, I(0), I(1), I(cols), I(1), I(8), I(8));
        ONE(QN_TRAP_FIELD, QN_OP_GEMM, 0, 0, I(0), I(1), I(cols + 8), I(1), I(0), I(8));
        p.n = 0;                                                      // and what they do not: any word to the vector buffer and back
        mem[1004] = 77;
        PUT(&p, QN_OP_LOADV, 1, 0, 0x0010, I(1003), I(1), I(1), I(0), I(8), I(0));
        PUT(&p, QN_OP_STORE, 2 | 2 << 5, 0, 0x1000, I(8), I(1), I(1), I(4 * 2001), I(4), I(0));
        PUT(&p, QN_OP_STREAM, 1, 0, 0, I(2 * n - 1), I(words), I(1), I(0), I(8), I(cols));
        PUT(&p, QN_OP_STREAM, 2, 0, 0, I(n), I(words), I(1), I(0), I(8), I(cols));
        PUT(&p, QN_OP_GEMM, 0, 0, 0, I(0), I(1), I(cols), I(1), I(cols), I(8));
        PUT(&p, QN_OP_GEMM, 0, 0, 0, I(0), I(1), I(cols), I(1), I(0), I(8));
        HALT(&p);
        assert_int_equal(run(), 0);
        assert_int_equal(mem[2001 + n], 77);
    }
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(loops_and_registers), T(sequencer_traps), T(load_and_store), T(vector_elements), T(quantizer), T(greedy_pick),
        T(every_format), T(unit_rows), T(semaphores_order_units), T(endless_runs_are_told), T(deadlock_is_told), T(semaphores_end_at_255),
        T(store_after_stream), T(stripes), T(unit_traps), T(striped_traps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
