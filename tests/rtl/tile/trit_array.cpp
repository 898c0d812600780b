// SPDX-License-Identifier: Apache-2.0
// qn_trit_array against plain products: sets of random activations (ends of the range too) are loaded while the one before is multiplied by random codes, every one
// among them, for all outputs again and again, so that sums over groups go through its memory; a set's outputs come in another order each time, with pauses.
// TILE names Rows, Parts, Cols, Lanes, Chain, Step, Digits, ScaleW, AccW. QN_SEED picks another run.
#include "Vqn_trit_array.h"
#include "tests/rtl/num_bench.h"
#include "verilated.h"
#include <algorithm>
#include <cstring>
#include <deque>
#include <random>
#include <vector>

static constexpr int parameters[] = {TILE};
static constexpr int ROWS = parameters[0], COLS = parameters[1] * parameters[2], LANES = parameters[3], DIGITS = parameters[6], SCALE = parameters[7],
                     ACC = parameters[8];
static constexpr int CODE = DIGITS == 1 ? 2 : 4, CODES = DIGITS == 1 ? 3 : 16, ZERO = DIGITS == 1 ? 1 : 8, SETS = 6, SUM = 3, OUTPUTS = 40;  // a sum has SUM sets
static Vqn_trit_array top;

template <class port> static void put(port &p, int lsb, int width, uint64_t v)
{
    for (int i = 0; i < width; i++) {
        uint8_t *w = reinterpret_cast<uint8_t *>(&p) + (lsb + i) / 8, bit = (uint8_t)(1u << ((lsb + i) % 8));
        *w = (uint8_t)(v >> i & 1 ? *w | bit : *w & ~bit);
    }
}
template <class port> static int64_t get(const port &p, int lsb, int width)
{
    uint64_t v = 0;
    for (int i = 0; i < width; i++)
        v |= (uint64_t)(reinterpret_cast<const uint8_t *>(&p)[(lsb + i) / 8] >> ((lsb + i) % 8) & 1) << i;
    return (int64_t)(v << (64 - width)) >> (64 - width);
}

struct sums {
    int64_t of[ROWS][COLS];
};

int main(int argc, char **argv)
{
    Verilated::commandArgs(argc, argv);
    random_start();
    static int8_t act[SETS][ROWS][LANES];
    for (int s = 0; s < SETS; s++)
        for (int r = 0; r < ROWS; r++)
            for (int8_t &a : act[s][r])
                a = (int8_t)(s == 0 ? 127 : s == 1 ? -127 : (int)(random32() % 255) - 127);
    static sums sum[OUTPUTS];
    std::vector<int> order(OUTPUTS), place(512);
    for (int i = 0; i < OUTPUTS; i++)
        order[i] = i;
    for (int i = 0; i < 512; i++)
        place[i] = i;
    std::shuffle(place.begin(), place.end(), std::mt19937(random32()));
    std::deque<sums> want[ROWS];             // rows follow one another
    int last[OUTPUTS] = {};                  // clock in which its codes came
    bool seen[16] = {}, offered = false;
    int loading = 0, lane = 0, set = -1, at = OUTPUTS;
    size_t checked = 0;
    top.rst_ni = 0;
    for (int t = 0; t < 60000 && checked < (size_t)SETS / SUM * OUTPUTS * ROWS; t++) {
        top.clk_i = 0;
        top.eval();
        top.load_valid_i = t > 2 && loading < SETS && random32() % 4;
        for (int r = 0; r < ROWS; r++)
            put(top.load_act_i, 8 * r, 8, (uint64_t)(top.load_valid_i ? act[loading][r][lane] : (int)random32()));
        bool load = top.load_valid_i && top.load_ready_o;
        // The next set, while codes of the one before are on their way; then the next output's codes
        top.swap_i = t > 2 && at == OUTPUTS && set + 1 < SETS && top.full_o;
        if (top.swap_i) {
            set++;
            at = 0;
            std::shuffle(order.begin(), order.end(), std::mt19937(random32()));
            if (set % SUM == 0)
                memset(sum, 0, sizeof sum);
        }
        // What is offered stays until it is taken
        bool fresh = !offered && at < OUTPUTS && random32() % 8 && t >= last[order[at]] + 4;
        offered |= fresh;
        top.code_valid_i = offered;
        bool code = offered && top.code_ready_o;
        if (!offered || fresh) {
            top.code_first_i = fresh ? set % SUM == 0 : random32() & 1;
            top.code_last_i  = fresh ? set % SUM == SUM - 1 : random32() & 1;
            top.code_addr_i  = (uint16_t)(fresh ? place[order[at]] : random32() % 512);
            for (int c = 0; c < COLS; c++) {
                int scale = (int)(at == 0 ? (1u << SCALE) - 1 : random32() % (1u << SCALE));
                put(top.scale_i, SCALE * c, SCALE, (uint64_t)scale);
                for (int l = 0; l < LANES; l++) {
                    int k = at == 0 ? 0 : (int)(random32() % CODES);
                    put(top.code_i, CODE * (LANES * c + l), CODE, (uint64_t)k);
                    seen[k] |= fresh;
                    for (int r = 0; fresh && r < ROWS; r++)
                        sum[order[at]].of[r][c] += (int64_t)act[set][r][l] * (k - ZERO) * scale;
                }
            }
        }
        for (int r = 0; code && top.code_last_i && r < ROWS; r++)
            want[r].push_back(sum[order[at]]);
        if (code) {
            last[order[at++]] = t;
            offered = false;
        }
        top.eval();
        top.clk_i = 1;
        top.eval();
        if (load && ++lane == LANES) {
            lane = 0;
            loading++;
        }
        top.rst_ni = t > 0;
        for (int r = 0; t >= 20 && r < ROWS; r++) {
            if (!(top.valid_o >> r & 1))
                continue;
            for (int c = 0; c < COLS; c++)
                if (want[r].empty() || get(top.result_o, ACC * (COLS * r + c), ACC) != want[r].front().of[r][c]) {
                    printf("clock %d, output %zu, row %d, column %d: %lld, not %lld\n", t, checked, r, c, (long long)get(top.result_o, ACC * (COLS * r + c), ACC),
                           want[r].empty() ? 0LL : (long long)want[r].front().of[r][c]);
                    return 1;
                }
            want[r].pop_front();
            checked++;
        }
    }
    int codes = (int)std::count(seen, seen + 16, true);
    if (checked != SETS / SUM * OUTPUTS * ROWS || codes != CODES) {
        printf("%zu outputs, %d codes\n", checked, codes);
        return 1;
    }
    return 0;
}
