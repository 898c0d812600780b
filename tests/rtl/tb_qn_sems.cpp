// SPDX-License-Identifier: Apache-2.0
// Random waits, posts and readiness of four units against plain counters: what is offered, what is taken, what traps.
// Argument: seed.
#include <cstdio>
#include <cstdlib>

#include "Vqn_sems.h"
#include "verilated.h"

static uint64_t rng;

static uint32_t rnd(uint32_t n)
{
    rng = rng * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(rng >> 33) % n;
}

static void fail(const char *what, unsigned clk, unsigned got, unsigned want)
{
    printf("%s in clock %u: got 0x%x, expected 0x%x\n", what, clk, got, want);
    exit(1);
}

int main(int argc, char **argv)
{
    rng = argc > 1 ? strtoull(argv[1], nullptr, 0) : 1;
    Vqn_sems top;
    int count[16] = {0};
    unsigned overflows = 0, underflows = 0, taken = 0;
    for (unsigned clk = 0; clk < 400000; clk++) {
        top.rst_ni = clk != 0 && rnd(2000) != 0;
        top.stop_i = rnd(50) == 0;
        top.head_valid_i = (uint8_t)rnd(16);
        top.unit_ready_i = (uint8_t)rnd(16);
        // Long spells of many posts let counts reach 255, others keep them near zero
        unsigned posts = clk / 1000 % 3 == 0 ? 16 : 3, range = clk / 5000 % 2 ? 16 : 4;
        top.post_valid_i = (uint8_t)rnd(posts);
        top.head_wait_i = 0;
        top.post_i = 0;
        for (unsigned i = 0; i < 8; i++) {
            top.head_wait_i |= rnd(range) << 4 * i;
            top.post_i |= rnd(range) << 4 * i;
        }
        top.clk_i = 0;
        top.eval();

        int take[16] = {0}, post[16] = {0};
        for (unsigned u = 0; u < 4; u++) {
            unsigned w0 = top.head_wait_i >> 8 * u & 15, w1 = top.head_wait_i >> (8 * u + 4) & 15;
            bool may = w0 == w1 ? !w0 || count[w0] >= 2 : (!w0 || count[w0] >= 1) && (!w1 || count[w1] >= 1);
            bool offered = (top.head_valid_i >> u & 1) && may && !top.stop_i;
            if (clk && (top.unit_valid_o >> u & 1) != offered)
                fail("offered", clk, top.unit_valid_o, offered << u);
            if (offered && (top.unit_ready_i >> u & 1)) {
                take[w0]++;
                take[w1]++;
                taken++;
            }
            if (top.post_valid_i >> u & 1) {
                post[top.post_i >> 8 * u & 15]++;
                post[top.post_i >> (8 * u + 4) & 15]++;
            }
        }
        unsigned bad = 0;
        for (unsigned s = 15; s > 0; s--) {
            if (take[s] > count[s] || count[s] + post[s] - take[s] > 255) {
                bad = s;
                (take[s] > count[s] ? underflows : overflows)++;
            }
            count[s] = (count[s] + post[s] - take[s]) & 255;
        }
        if (clk && (top.trap_valid_o != (bad != 0) || top.trap_sem_o != bad))
            fail("trap", clk, top.trap_sem_o, bad);
        if (!top.rst_ni)
            for (int &c : count)
                c = 0;
        top.clk_i = 1;
        top.eval();
    }
    if (overflows < 10 || underflows < 10 || taken < 10000)
        fail("too little happened", overflows, underflows, taken);
    return 0;
}
