// SPDX-License-Identifier: Apache-2.0
// qn_b1 against exact arithmetic: each step of a column aligns and truncates as qn_b1_element.sv says (exact in doubles), the column's sum is rounded to FP32 by the
// compiler's cast. Operands: any, of like size (then nothing is truncated), extreme, cancelling, subnormal; without Free weights that are codes times scales. New
// weights are shifted in while the tokens before are still under way. TILE names Rows, Cols, Cuts, Free. QN_SEED picks another run.
#include "Vqn_b1.h"
#include "tests/rtl/num_bench.h"
#include "verilated.h"
#include <algorithm>
#include <cmath>
#include <cstring>

static constexpr int parameters[] = {TILE};
static constexpr int ROWS = parameters[0], COLS = parameters[1], CUTS = parameters[2], TOKENS = 24, BATCHES = 400;
static constexpr bool FREE = parameters[3];
static Vqn_b1 top;

static int field(uint16_t x)
{
    int e = x >> 10 & 31;
    return e ? e : 1;
}

static double value(uint16_t x)
{
    double v = ldexp((x >> 10 & 31 ? 1024 : 0) + (x & 1023), field(x) - 25);
    return x >> 15 ? -v : v;
}

static size_t truncated, whole;
static uint32_t expected(const uint16_t *act, const uint16_t *weight)
{
    int exp = 0;
    double sum = 0, exact = 0;
    for (int i = 0; i < ROWS; i++) {
        int e = field(act[i]) + field(weight[i]);
        double product = value(act[i]) * value(weight[i]);
        exp = e > exp ? e : exp;
        double unit = ldexp(1, exp - 52);
        sum = (floor(sum / unit) + trunc(product / unit)) * unit;
        exact += product;
    }
    if (sum == exact)
        whole++;
    else
        truncated++;
    float y = (float)sum + 0.0f;
    uint32_t bits;
    memcpy(&bits, &y, 4);
    return bits;
}

static uint16_t factor(unsigned kind)
{
    uint16_t x = (uint16_t)random32();
    switch (kind) {
    case 0: return (x >> 10 & 31) == 31 ? x & 0xbfff : x;                           // any finite one
    case 1: return (x & 0x83ff) | (uint16_t)((14 + random32() % 2) << 10);          // of like size
    case 2: return (x & 0x8000) | (random32() % 2 ? 0x7bff : 0x0001 + (x & 1));     // extreme
    case 3: return (x & 0x8000) | 0x3c00 | (random32() % 4 ? 0 : x & 3);            // close to 1: they cancel
    default: return random32() % 3 ? 0 : x & 0x83ff;                                // zero, subnormal
    }
}

static uint16_t half(int n)                              // of a small integer
{
    if (!n)
        return 0;
    int size = abs(n), e = ilogb(size);
    return (uint16_t)((n < 0 ? 0x8000 : 0) | (15 + e) << 10 | ((size << (10 - e)) & 1023));
}

template <class port> static void put(port &p, int lsb, int width, unsigned v)
{
    unsigned char *at = reinterpret_cast<unsigned char *>(&p);
    for (int b = lsb; b < lsb + width; b++)
        at[b / 8] = (unsigned char)((at[b / 8] & ~(1 << b % 8)) | ((v >> (b - lsb) & 1) << b % 8));
}

static uint16_t act[BATCHES][TOKENS][ROWS], weight[BATCHES][COLS][ROWS];
static int code[BATCHES][COLS][ROWS], scale[BATCHES][COLS];

int main(int argc, char **argv)
{
    Verilated::commandArgs(argc, argv);
    random_start();
    for (int b = 0; b < BATCHES; b++) {
        unsigned kind = random32() % 6, other = random32() % 4 ? kind : random32() % 6;
        for (auto &token : act[b])
            for (uint16_t &x : token)
                x = factor(kind == 5 ? random32() % 5 : kind);
        for (int c = 0; c < COLS; c++) {
            scale[b][c] = (int)(random32() % 16);
            for (int i = 0; i < ROWS; i++) {
                code[b][c][i] = (int)(random32() % 16) - 8;
                weight[b][c][i] = FREE ? factor(other == 5 ? random32() % 5 : other) : half(code[b][c][i] * scale[b][c]);
            }
        }
    }

    // Row 0 sees a batch's first token START clocks after its first weights came; its sum leaves column 0 LATE clocks after that
    const int step = CUTS & 4 ? 2 : 1, ahead = FREE ? 0 : 4, start = ROWS + ahead + 2, late = step * ROWS + 7 + (CUTS & 1) + (CUTS >> 1 & 1);
    static_assert(3 * ROWS + COLS + 2 < TOKENS, "weights would be shifted before the ones before are taken");
    size_t checked = 0;
    for (int t = 0; t < TOKENS * BATCHES + start + late + COLS; t++) {
        int b = t / TOKENS, n = t % TOKENS;
        if (b < BATCHES && n < ROWS)
            for (int c = 0; c < COLS; c++) {             // the last row's weights first
                if (FREE)
                    put(top.code_i, 16 * c, 16, weight[b][c][ROWS - 1 - n]);
                else
                    put(top.code_i, 4 * c, 4, (unsigned)code[b][c][ROWS - 1 - n]);
                put(top.scale_i, 4 * c, 4, (unsigned)scale[b][c]);
            }
        top.shift_i = t >= ahead && (t - ahead) % TOKENS < ROWS;
        for (int i = 0; i < ROWS; i++) {
            int at = t - start - step * i;
            put(top.swap_i, i, 1, at >= -1 && (at + 1) % TOKENS == 0);
            put(top.act_i, 16 * i, 16, at >= 0 && at < TOKENS * BATCHES ? act[at / TOKENS][at % TOKENS][i] : 0);
        }
        top.clk_i = 0;
        top.eval();
        top.clk_i = 1;
        top.eval();
        for (int c = 0; c < COLS; c++) {
            int at = t - start - late - c;
            if (at < 0 || at >= TOKENS * BATCHES)
                continue;
            uint32_t got, want = expected(act[at / TOKENS][at % TOKENS], weight[at / TOKENS][c]);
            memcpy(&got, reinterpret_cast<unsigned char *>(&top.sum_o) + 4 * c, 4);
            checked++;
            if (got != want) {
                printf("batch %d, token %d, column %d: %08x, not %08x\n", at / TOKENS, at % TOKENS, c, got, want);
                return 1;
            }
        }
    }
    if (checked != (size_t)TOKENS * BATCHES * COLS || whole < checked / 4 || (FREE && truncated < checked / 20)) {
        printf("of %zu results %zu whole, %zu truncated\n", checked, whole, truncated);
        return 1;
    }
    return 0;
}
