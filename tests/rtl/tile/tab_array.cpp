// SPDX-License-Identifier: Apache-2.0
// qn_tab_array against plain products: sets of random activations (ends of the range too) are filled while the one before is multiplied by random codes, every
// code of a byte among them. TILE names Radix, Tables, Groups, Share, Rows, ScaleW. QN_SEED picks another run.
#include "Vqn_tab_array.h"
#include "tests/rtl/num_bench.h"
#include "verilated.h"
#include <deque>
#include <vector>

static constexpr int parameters[] = {TILE};
static constexpr int RADIX = parameters[0], TABLES = parameters[1], GROUPS = parameters[2], SHARE = parameters[3], ROWS = parameters[4],
                     SCALE = parameters[5];
static constexpr int DIGITS = RADIX == 3 ? 5 : 8, STEPS = RADIX == 3 ? 6 : 8, PLANES = RADIX == 3 ? 1 : 4, CODES = RADIX == 3 ? 243 : 256;
static constexpr int BUILDERS = (TABLES + SHARE - 1) / SHARE, DEPTH = GROUPS * TABLES * DIGITS, SETS = 4;
static constexpr int log2up(int n) { return n <= 1 ? 0 : 1 + log2up((n + 1) / 2); }
static constexpr int OUT = 11 + log2up(TABLES) + (RADIX == 2 ? 3 : 0) + SCALE + log2up(SCALE) + 1 + log2up(GROUPS);
static Vqn_tab_array top;

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

static int8_t act[SETS][ROWS][DEPTH];
static bool seen[256];

// One output's weights: codes of each plane for the device, and what its products are
struct output {
    std::vector<uint8_t> codes[4];
    std::vector<int> scale;
    int64_t sum[ROWS];
};

static output make(int set, unsigned kind)
{
    output o;
    for (int g = 0; g < GROUPS; g++)
        o.scale.push_back(kind == 0 ? (1 << SCALE) - 1 : (int)(random32() % (1u << SCALE)));
    for (int r = 0; r < ROWS; r++)
        o.sum[r] = 0;
    for (int t = 0; t < GROUPS * TABLES; t++) {
        int weight[8] = {};
        for (int p = 0; p < PLANES; p++) {
            uint8_t c = (uint8_t)(kind == 0 ? (RADIX == 2 && p == 0 ? 255 : 0) : random32() % CODES);
            seen[c] = true;
            o.codes[p].push_back(c);
            for (int k = 0, rest = c; k < DIGITS; k++, rest /= RADIX)
                weight[k] = RADIX == 3 ? rest % 3 - 1 : 2 * weight[k] + (p == 0 ? -(rest % 2) : rest % 2);
        }
        for (int r = 0; r < ROWS; r++)
            for (int k = 0; k < DIGITS; k++)
                o.sum[r] += (int64_t)act[set][r][t * DIGITS + k] * weight[k] * o.scale[t / TABLES];
    }
    return o;
}

int main(int argc, char **argv)
{
    Verilated::commandArgs(argc, argv);
    random_start();
    for (int s = 0; s < SETS; s++)
        for (int r = 0; r < ROWS; r++)
            for (int8_t &a : act[s][r])
                a = (int8_t)(s == 0 ? 127 : s == 1 ? -127 : (int)(random32() % 255) - 127);
    int filling = 0, at = 0, set = -1, left = 0, plane = 0;
    size_t checked = 0, waited = 0;
    output now;
    std::deque<output> want;
    top.rst_ni = 0;
    for (int t = 0; t < 60000 && checked < SETS * 300; t++) {
        top.clk_i = 0;
        top.eval();
        // The next activation: builder by builder, digit by digit
        bool load = t > 0 && filling < SETS && random32() % 4;
        int turn = at / (BUILDERS * STEPS), builder = at / STEPS % BUILDERS, digit = at % STEPS, table = SHARE * builder + turn;
        for (int g = 0; g < GROUPS; g++)
            for (int r = 0; r < ROWS; r++)
                put(top.load_act_i, 8 * (ROWS * g + r), 8, (uint64_t)(digit == DIGITS ? 0 : table >= TABLES ? (int)random32() :
                    act[filling % SETS][r][(g * TABLES + table) * DIGITS + digit]));
        top.load_valid_i = load;
        // The next plane
        top.swap_i = 0;
        top.last_i = 0;
        if (t > 0 && left == 0 && top.full_o) {
            set++;
            top.swap_i = 1;
            left = 300;
            plane = 0;
        }
        waited += left == 0;
        if (left && random32() % 8) {
            if (plane == 0)
                now = make(set, left == 300 ? 0 : 1);
            for (int i = 0; i < GROUPS * TABLES; i++)
                put(top.code_i, 8 * i, 8, now.codes[plane][i]);
            top.first_i = plane == 0;
            top.last_i = plane == PLANES - 1;
            for (int g = 0; g < GROUPS; g++)
                put(top.scale_i, SCALE * g, SCALE, (uint64_t)(plane == PLANES - 1 ? now.scale[g] : (int)random32()));
            if (++plane == PLANES) {
                plane = 0;
                left--;
                want.push_back(now);
            }
        } else if (plane)
            plane = 0;                       // planes of an output come one after the other: it starts anew
        top.eval();
        load = load && top.load_ready_o;
        top.clk_i = 1;
        top.eval();
        if (load && ++at == SHARE * BUILDERS * STEPS) {
            at = 0;
            filling++;
        }
        top.rst_ni = 1;
        if (t < 40 || !top.valid_o)
            continue;
        for (int r = 0; r < ROWS; r++)
            if (want.empty() || get(top.result_o, OUT * r, OUT) != want.front().sum[r]) {
                printf("clock %d, output %zu, row %d: %lld, not %lld\n", t, checked, r, (long long)get(top.result_o, OUT * r, OUT),
                       want.empty() ? 0LL : (long long)want.front().sum[r]);
                return 1;
            }
        want.pop_front();
        checked++;
    }
    int codes = 0;
    for (bool s : seen)
        codes += s;
    if (checked != SETS * 300 || codes != CODES) {
        printf("%zu outputs, %d codes\n", checked, codes);
        return 1;
    }
    return 0;
}
