// SPDX-License-Identifier: Apache-2.0
// qn_lut_tile against plain sums: random activations (ends of the range too), random two's complement weights of 1 to 8 bits and binary ones, in
// passes over a random depth with idle clocks between steps. TILE names Rows, Cols, Tables, ActW, SumW, Join, Cut, Reads, Again, Hold. QN_SEED picks another run.
#include "Vqn_lut_tile.h"
#include "tests/rtl/num_bench.h"
#include "verilated.h"
#include <vector>

static constexpr int parameters[] = {TILE};
static constexpr int ROWS = parameters[0], COLS = parameters[1], WIDE = 4 * parameters[2], ACT = parameters[3], SUM = parameters[4], CUT = parameters[6],
                     READS = parameters[7],
                     HOLD = parameters[9], WAIT = (CUT != 0) + (parameters[8] != 0), PLACES = ROWS * READS;
static Vqn_lut_tile top;

template <class port> static void put(port &p, int lsb, int width, uint64_t v)
{
    for (int i = 0; i < width; i++) {
        uint32_t *w = reinterpret_cast<uint32_t *>(&p) + (lsb + i) / 32, bit = 1u << ((lsb + i) % 32);
        *w = v >> i & 1 ? *w | bit : *w & ~bit;
    }
}
template <class port> static int64_t get(const port &p, int lsb, int width)
{
    uint64_t v = 0;
    for (int i = 0; i < width; i++)
        v |= (uint64_t)(reinterpret_cast<const uint32_t *>(&p)[(lsb + i) / 32] >> ((lsb + i) % 32) & 1) << i;
    return (int64_t)(v << (64 - width)) >> (64 - width);
}

static void clock_edge()
{
    top.clk_i = 0;
    top.eval();
    top.clk_i = 1;
    top.eval();
}

static void idle()                           // controls and data mean nothing
{
    top.valid_i = 0;
    top.keep_i = random32() & 1;
    top.double_i = random32() & 1;
    for (int i = 0; i < WIDE * COLS; i += 4)
        put(top.code_i, i, 4, random32());
}

int main(int argc, char **argv)
{
    Verilated::commandArgs(argc, argv);
    random_start();
    const int max = (1 << (ACT - 1)) - 1;
    for (int round = 0; round < 60; round++) {
        // As many bits and as much depth as the sum has room for: ACT + log2(depth) + bits - 2
        int bits = 1 + (int)(random32() % 4), room = SUM - ACT - bits + 2, depth = WIDE * (1 + (int)(random32() % ((1u << (room > 8 ? 8 : room)) / WIDE)));
        bool binary = bits == 1 && random32() % 2;
        unsigned kind = random32() % 4;
        std::vector<int> a(ROWS * depth), w(COLS * depth);
        for (int &x : a)
            x = kind == 0 ? max : kind == 1 ? -max : (int)(random32() % (2 * max + 1)) - max;
        for (int &x : w)
            x = (int)(random32() & ((1u << bits) - 1));
        int gap = (int)(random32() % 3);
        int passed = 0, taken = 0;           // clocks, places of a sum that leaves by itself
        std::vector<int64_t> held(PLACES * (COLS / READS));
        auto clock = [&] {
            clock_edge();
            top.read_i = 0;
            if (HOLD && passed && ++passed > 7 + WAIT && taken < PLACES) {
                for (int c = 0; c < COLS / READS; c++)
                    held[PLACES * c + taken] = get(top.result_o, SUM * c, SUM);
                taken++;
            }
        };
        for (int p = bits - 1; p >= 0; p--)
            for (int k = 0; k < depth; k += WIDE) {
                idle();
                for (int r = 0; r < ROWS; r++)
                    for (int i = 0; i < WIDE; i++)
                        put(top.act_i, ACT * (WIDE * r + i), ACT, (uint64_t)(int64_t)a[r * depth + k + i]);
                clock();
                top.valid_i = 1;
                top.keep_i = k != 0;
                top.double_i = k == 0 && p != bits - 1;
                for (int c = 0; c < COLS; c++)
                    for (int i = 0; i < WIDE; i++)
                        put(top.code_i, WIDE * c + i, 1, (uint64_t)((w[c * depth + k + i] >> p & 1) ^ (!binary && p == bits - 1)));
                for (int i = 0; i < WIDE * ACT * ROWS; i += 8)
                    put(top.act_i, i, 8, random32());
                if (HOLD && p == 0 && k + WIDE >= depth) {
                    top.read_i = 1;
                    passed = 1;
                }
                clock();
                for (int i = 0; i < gap; i++) {
                    idle();
                    clock();
                }
            }
        if (HOLD) {                          // another sum begins at once
            top.valid_i = 1;
            top.keep_i = top.double_i = 0;
            while (taken < PLACES)
                clock();
        }
        idle();
        for (int i = 0; i < 4 + WAIT + (int)(random32() % 5); i++)
            clock();
        for (int r = 0; r < ROWS; r++) {
            int64_t s = 0, odd = 0;
            for (int k = 0; k < depth; k++)
                s += a[r * depth + k];
            for (int k = 0; k < depth; k += 4)
                odd += (a[r * depth + k] ^ a[r * depth + k + 1] ^ a[r * depth + k + 2] ^ a[r * depth + k + 3]) & 1;
            for (int c = 0; c < COLS; c++) {
                int64_t v = held[HOLD ? PLACES * (c / READS) + ROWS * (c % READS) + r : 0];
                if (!HOLD) {
                    top.read_i = 1u << (ROWS * (c % READS) + r);
                    for (int i = 0; i < 4; i++) {
                        idle();
                        clock();
                    }
                    v = get(top.result_o, SUM * (c / READS), SUM);
                }
                int64_t dot = 0;
                for (int k = 0; k < depth; k++) {
                    int code = w[c * depth + k];
                    dot += (int64_t)a[r * depth + k] * (binary ? 2 * code - 1 : code >> (bits - 1) ? code - (1 << bits) : code);
                }
                int64_t d = 2 * v + ((1 << bits) - 1) * odd, got = binary ? d : (d - s) / 2;
                if (got != dot || (!binary && (d - s) % 2)) {
                    printf("round %d, %d bits, depth %d, row %d, column %d: %lld, not %lld\n", round, bits, depth, r, c, (long long)got, (long long)dot);
                    return 1;
                }
            }
        }
    }
    return 0;
}
