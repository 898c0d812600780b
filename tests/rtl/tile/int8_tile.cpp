// SPDX-License-Identifier: Apache-2.0
// qn_int8_tile against plain sums: random int8 values, ends of the range too, random depths. TILE names Rows, Cols, Lanes, SumW, CutA.
#include "Vqn_int8_tile.h"
#include "tests/rtl/num_bench.h"
#include "verilated.h"
#include <vector>

static constexpr int parameters[] = {TILE};
static constexpr int ROWS = parameters[0], COLS = parameters[1], LANES = parameters[2], SUM = parameters[3], CUT = parameters[4];
static Vqn_int8_tile top;

template <class port> static void put(port &p, int lsb, uint8_t v)
{
    reinterpret_cast<uint8_t *>(&p)[lsb / 8] = v;
}

static void clock_edge()
{
    top.clk_i = 0;
    top.eval();
    top.clk_i = 1;
    top.eval();
}

int main(int argc, char **argv)
{
    Verilated::commandArgs(argc, argv);
    random_start();
    for (int round = 0; round < 80; round++) {
        int steps = 1 + (int)(random32() % 20);
        unsigned kind = random32() % 5;
        std::vector<int64_t> want(ROWS * COLS);
        for (int s = 0; s < steps + 4; s++) {
            std::vector<int8_t> a(ROWS * LANES), w(COLS * LANES);
            for (int8_t &x : a)
                x = s >= steps ? 0 : kind == 0 ? -128 : kind == 1 ? 127 : (int8_t)random32();
            for (int8_t &x : w)
                x = kind < 2 && random32() % 8 ? -128 : (int8_t)random32();
            for (int i = 0; i < ROWS * LANES; i++)
                put(top.act_i, 8 * i, (uint8_t)a[i]);
            for (int i = 0; i < COLS * LANES; i++)
                put(top.code_i, 8 * i, (uint8_t)w[i]);
            top.keep_i = s != 0;
            clock_edge();
            for (int r = 0; r < ROWS; r++)
                for (int c = 0; c < COLS; c++)
                    for (int k = 0; k < LANES; k++)
                        want[r * COLS + c] += a[r * LANES + k] * w[c * LANES + k];
            if (s == steps - 1 + (CUT ? 4 : 3))
                break;
        }
        for (int r = 0; r < ROWS; r++)
            for (int c = 0; c < COLS; c++) {
                int64_t got = 0;
                for (int b = 0; b < 2 * SUM; b++) {
                    int at = 2 * SUM * (ROWS * c + r) + b;
                    got += (int64_t)(reinterpret_cast<const uint32_t *>(&top.sum_o)[at / 32] >> (at % 32) & 1) << (b / 2);
                }
                if (((got - want[r * COLS + c]) & ((1LL << SUM) - 1)) != 0) {
                    printf("round %d, row %d, column %d: got %lld, want %lld\n", round, r, c, (long long)got, (long long)want[r * COLS + c]);
                    return 1;
                }
            }
    }
    return 0;
}
