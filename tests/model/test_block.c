// SPDX-License-Identifier: Apache-2.0
// A block of a GEMM, as this machine computes it and as any machine does, against the contract written out word by word, for every
// format, few rows and many, few columns and many. QN_SEED=n starts elsewhere.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sim/model/qn_block.h"
#include "sim/model/qn_num.h"

enum { MOST_ROWS = 20, MOST_COLS = 160, MOST_WORDS = 8 * MOST_COLS * 40 };

static uint32_t seed;
static uint32_t random32(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 17;
    seed ^= seed << 5;
    return seed;
}

static uint32_t words[MOST_WORDS];
static int16_t a[MOST_ROWS][256], sums[MOST_ROWS][16];
static float scale[MOST_ROWS], sum_scale[MOST_ROWS], start[MOST_ROWS][MOST_COLS];

// Bit k of plane p of column c of a pair; a weight of bytes is a byte, or two with eight words between.
static int32_t weight(const qn_fmt *f, const uint32_t *pair, unsigned odd, int k)
{
    int32_t w = 0;
    const qn_book *book = qn_book_find(f->store);
    if (f->id == QN_FMT_C2) {                            // 1, i, -1, -i: a real and an imaginary column
        static const int parts[4][2] = {{1, 0}, {0, 1}, {-1, 0}, {0, -1}};
        return parts[2 * (pair[0] >> k & 1) + (pair[1] >> k & 1)][odd];
    }
    const uint32_t *column = pair + odd * (book ? book->code : f->planes);
    if (book) {
        for (unsigned p = 0; p < book->code; p++)
            w = 2 * w + (int32_t)(column[p] >> k & 1);
        return book->value[w];
    }
    if (f->store == QN_STORE_BYTES) {
        w = (int8_t)(column[k / 4] >> 8 * (k % 4));
        return f->planes == 8 ? w : w * 256 + (int32_t)(column[8 + k / 4] >> 8 * (k % 4) & 255);
    }
    for (unsigned p = 0; p < f->planes; p++)
        w = 2 * w + (int32_t)(column[p] >> k & 1) * (p == 0 && f->sign ? -1 : 1);
    return f->sign == QN_ODD ? 2 * w + 1 : w;
}

// rtl/spec/fmt.def and rtl/spec/README.md, a column of a row at a time.
static float expected(const qn_fmt *f, uint32_t cols, uint32_t row, uint32_t c)
{
    const uint32_t *slice = words;
    int32_t i1 = 0, i2 = 0;
    float d = 1, m = 0;
    for (unsigned s = 0; s < f->block; s++) {
        bool last = s + 1u == f->block;
        unsigned pair = qn_fmt_pair_words(f, last), half = 16 * (c & 1);
        const uint32_t *at = slice + pair * (c / 2);
        uint32_t sub = f->sub && f->sub < 4 ? *at++ >> half & 0xffff : 0;
        if (last && f->head == 2) {
            d = qn_half((uint16_t)at[c & 1]);
            m = qn_half((uint16_t)(at[c & 1] >> 16));
            at += 2;
        } else if (last && f->head) {
            d = f->head == 3 ? qn_bf16((uint16_t)(*at >> half)) : qn_half((uint16_t)(*at >> half));
            at++;
        }
        int32_t dot[2] = {0, 0};
        for (int k = 0; k < 32; k++)
            dot[k / 16] += a[row][32 * s + (unsigned)k] * weight(f, at, c & 1, k);
        int32_t sum = sums[row][2 * s] + sums[row][2 * s + 1];
        if (f->sub == 3) {
            i1 += (int32_t)(sub & 15) * dot[0] + (int32_t)(sub >> 4 & 15) * dot[1];
            i2 += (int32_t)(sub >> 8 & 15) * sums[row][2 * s] + (int32_t)(sub >> 12) * sums[row][2 * s + 1];
        } else if (f->sub == 4) {
            i1 += dot[0];
            i2 += dot[1];
        } else {
            i1 += f->sub == 2 ? (int8_t)sub * dot[0] + (int8_t)(sub >> 8) * dot[1] : (f->sub ? (int32_t)(sub & 255) : 1) * (dot[0] + dot[1]);
            i2 += (f->sub ? (int32_t)(sub >> 8) : 1) * sum;
        }
        slice += pair * (cols / 2);
    }
    float acc = qn_fadd(start[row][c], qn_imul(i1, f->head ? qn_fmul(d, scale[row]) : scale[row]));
    return f->head == 2 ? qn_fsub(acc, qn_imul(i2, qn_fmul(m, f->sub ? scale[row] : sum_scale[row]))) : acc;
}

static void check(const qn_fmt *f, uint32_t cols, uint32_t rows)
{
    for (uint32_t i = 0; i < qn_block_words(f, cols); i++)
        words[i] = random32();
    const int16_t *rows_a[MOST_ROWS], *rows_sums[MOST_ROWS];
    float got[2][MOST_ROWS][MOST_COLS], *rows_acc[2][MOST_ROWS];
    for (uint32_t r = 0; r < rows; r++) {
        memset(sums[r], 0, sizeof sums[r]);
        for (int k = 0; k < 256; k++) {
            a[r][k] = (int16_t)(random32() % 16 == 0 ? -128 : (int32_t)(random32() % 256) - 128);
            sums[r][k / 16] = (int16_t)(sums[r][k / 16] + a[r][k]);
        }
        scale[r] = qn_float((random32() & 0x807fffff) | (100 + random32() % 50) << 23);
        sum_scale[r] = random32() % 2 ? scale[r] : qn_float((random32() & 0x807fffff) | (100 + random32() % 50) << 23);
        for (uint32_t c = 0; c < cols; c++)
            start[r][c] = random32() % 4 ? qn_float((random32() & 0x807fffff) | (100 + random32() % 60) << 23) : 0;
        rows_a[r] = a[r];
        rows_sums[r] = sums[r];
        for (int way = 0; way < 2; way++) {
            memcpy(got[way][r], start[r], sizeof start[r]);
            rows_acc[way][r] = got[way][r];
        }
    }
    for (int way = 0; way < 2; way++) {
        const qn_block_rows block = {rows, rows_a, rows_sums, scale, sum_scale, rows_acc[way]};
        (way ? qn_block_gemm_plain : qn_block_gemm)(f, words, cols, &block);
        for (uint32_t r = 0; r < rows; r++)
            for (uint32_t c = 0; c < cols; c++)
                if (!qn_same_bits(got[way][r][c], expected(f, cols, r, c))) {
                    print_message("%s, %u columns, %u rows, %s: row %u column %u is %08x, not %08x\n", f->name, cols, rows, way ? "plain" : "this machine's", r, c,
                                  qn_bits(got[way][r][c]), qn_bits(expected(f, cols, r, c)));
                    fail();
                }
    }
}

static void blocks(void **state)
{
    (void)state;
    static const uint32_t cols[] = {2, 14, 16, 18, 32, 62, 64, 66, 128, 160}, rows[] = {1, 2, 3, 16, 17, 20};
    const char *first = getenv("QN_SEED");
    seed = first ? (uint32_t)strtoul(first, NULL, 0) : 1;
    print_message("QN_SEED=%u\n", seed);
    for (uint32_t id = 1; id <= QN_FMTS; id++)
        for (size_t c = 0; c < sizeof cols / sizeof *cols; c++)
            for (size_t r = 0; r < sizeof rows / sizeof *rows; r++)
                check(qn_fmt_find(id), cols[c], rows[r]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(blocks)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
