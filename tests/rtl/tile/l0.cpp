// SPDX-License-Identifier: Apache-2.0
// qn_l0 against exact arithmetic: each term is truncated as qn_l0_dot.sv says, their sum (exact in a double) is rounded to FP16 by the C library's
// nearbyint. Operands: any, of like size (then nothing is truncated, and the result is the exact sum rounded to nearest even), extreme, cancelling.
// TILE names Rows, Cols, Lanes, Cuts. QN_SEED picks another run.
#include "Vqn_l0.h"
#include "tests/rtl/num_bench.h"
#include "verilated.h"
#include <cmath>
#include <deque>
#include <vector>

static constexpr int parameters[] = {TILE};
static constexpr int ROWS = parameters[0], COLS = parameters[1], LANES = parameters[2], CUTS = parameters[3];
static Vqn_l0 top;

template <class port> static uint16_t *half(port &p, int i) { return reinterpret_cast<uint16_t *>(&p) + i; }

static int field(uint16_t x) { int e = x >> 10 & 31; return e ? e : 1; }
static double value(uint16_t x)
{
    int e = x >> 10 & 31;
    double v = std::ldexp((e ? 1024 : 0) + (x & 1023), field(x) - 25);
    return x >> 15 ? -v : v;
}

static uint16_t rounded(double v)            // to nearest even; what is subnormal 0, what is too large infinite
{
    uint16_t sign = v < 0 ? 0x8000 : 0;
    if (v == 0)
        return 0;
    int e;
    std::frexp(v, &e);                       // |v| in [2^(e-1), 2^e)
    double r = std::ldexp(std::nearbyint(std::ldexp(std::fabs(v), 11 - e)), e - 11);
    if (r < std::ldexp(1, -14))
        return sign;
    if (r >= 65536)
        return sign | 0x7c00;
    std::frexp(r, &e);
    return sign | (uint16_t)((e + 14) << 10) | ((uint16_t)std::ldexp(r, 11 - e) & 1023);
}

static bool truncated;
static uint16_t expected(const uint16_t *a, const uint16_t *b, uint16_t c)
{
    int most = field(c) + 14;
    for (int i = 0; i < LANES; i++)
        most = std::max(most, field(a[i]) + field(b[i]));
    double sum = 0, exact = 0;
    for (int i = 0; i <= LANES; i++) {
        double term = i == LANES ? value(c) : value(a[i]) * value(b[i]);
        sum += std::ldexp(std::trunc(std::ldexp(term, 52 - most)), most - 52);
        exact += term;
    }
    truncated = sum != exact;
    return rounded(sum);
}

static uint16_t factor(unsigned kind)
{
    uint16_t x = (uint16_t)random32();
    switch (kind) {
    case 0: return x >> 10 == 63 || (x >> 10 & 31) == 31 ? x & 0xbfff : x;          // any finite one
    case 1: return (x & 0x83ff) | (uint16_t)((14 + random32() % 3) << 10);          // of like size
    case 2: return (x & 0x8000) | (random32() % 2 ? 0x7bff : 0x0001 + (x & 1));     // extreme
    case 3: return (x & 0x8000) | 0x3c00 | (random32() % 4 ? 0 : x & 3);            // close to 1: they cancel, or end half-way
    default: return random32() % 3 ? 0 : x & 0x83ff;                                // zero, subnormal
    }
}

int main(int argc, char **argv)
{
    Verilated::commandArgs(argc, argv);
    random_start();
    const int late = 2 + __builtin_popcount(CUTS);
    std::deque<std::vector<uint16_t>> want;
    size_t whole = 0, odd = 0, checked = 0;
    for (int t = 0; t < 20000; t++) {
        std::vector<uint16_t> a(ROWS * LANES), b(COLS * LANES), c(ROWS * COLS), y;
        unsigned kind = random32() % 6, other = random32() % 4 ? kind : random32() % 6;
        for (uint16_t &x : a) x = factor(kind == 5 ? random32() % 5 : kind);
        for (uint16_t &x : b) x = factor(other == 5 ? random32() % 5 : other);
        for (uint16_t &x : c) x = factor(kind == 5 ? random32() % 5 : kind);
        for (size_t i = 0; i < a.size(); i++) *half(top.a_i, (int)i) = a[i];
        for (size_t i = 0; i < b.size(); i++) *half(top.b_i, (int)i) = b[i];
        for (size_t i = 0; i < c.size(); i++) *half(top.c_i, (int)i) = c[i];
        for (int r = 0; r < ROWS; r++)
            for (int k = 0; k < COLS; k++) {
                y.push_back(expected(&a[LANES * r], &b[LANES * k], c[COLS * r + k]));
                whole += !truncated;
                odd += truncated;
            }
        want.push_back(y);
        top.clk_i = 0;
        top.eval();
        top.clk_i = 1;
        top.eval();
        if (t + 1 < late)
            continue;
        for (int i = 0; i < ROWS * COLS; i++, checked++) {
            uint16_t got = *half(top.d_o, i), w = want.front()[i];
            if (got != w && !(((got | w) & 0x7fff) == 0)) {
                printf("clock %d, result %d: %04x, not %04x\n", t, i, got, w);
                return 1;
            }
        }
        want.pop_front();
    }
    if (checked < 39000 || whole < checked / 4 || odd < checked / 20) {
        printf("of %zu results %zu whole, %zu truncated\n", checked, whole, odd);
        return 1;
    }
    return 0;
}
