// SPDX-License-Identifier: Apache-2.0
// Random waits, posts and readiness of four units against plain counters: what is offered, what is taken, what traps, and when. A head
// may change at any time here; one that is offered stays so until it is taken.
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
    int count[16] = {0}, before[16] = {0};   // tokens; the same with those that the last clock took
    unsigned broken[3] = {0}, offered = 0, took = 0;         // semaphore that this clock breaks, and the two before; units that are offered their heads, that took one in the last clock
    unsigned overflows = 0, underflows = 0, taken = 0;
    for (unsigned clk = 0; clk < 400000; clk++) {
        top.rst_ni = clk != 0 && !broken[2] && rnd(2000) != 0;      // a trap ends it
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

        if (clk && top.unit_valid_o != offered)
            fail("offered", clk, top.unit_valid_o, offered);
        if (clk && (top.trap_valid_o != (broken[2] != 0) || top.trap_sem_o != broken[2]))
            fail("trap", clk, top.trap_sem_o, broken[2]);
        int take[16] = {0}, post[16] = {0};
        unsigned offer = 0, takes = 0;       // from the next clock on; now
        for (unsigned u = 0; u < 4; u++) {
            unsigned w0 = top.head_wait_i >> 8 * u & 15, w1 = top.head_wait_i >> (8 * u + 4) & 15;
            bool may = w0 == w1 ? !w0 || before[w0] >= 2 : (!w0 || before[w0] >= 1) && (!w1 || before[w1] >= 1);
            if (offered & top.unit_ready_i & 1u << u) {
                take[w0]++;
                take[w1]++;
                taken++;
                takes |= 1u << u;
            } else if ((offered & 1u << u) || ((top.head_valid_i & 1u << u) && may)) {
                offer |= 1u << u;
            }
            if (top.post_valid_i >> u & 1) {
                post[top.post_i >> 8 * u & 15]++;
                post[top.post_i >> (8 * u + 4) & 15]++;
            }
        }
        offered = top.stop_i || !top.rst_ni ? 0 : offer & ~took;
        took = takes;
        broken[0] = 0;
        for (unsigned s = 15; s > 0; s--) {
            int next = count[s] + post[s] - take[s];
            if (next < 0 || next > 255) {
                broken[0] = s;
                (next < 0 ? underflows : overflows)++;
            }
            before[s] = count[s] + post[s];
            count[s] = next & 255;
        }
        if (!top.rst_ni) {
            for (unsigned s = 0; s < 16; s++)
                count[s] = before[s] = 0;
            broken[0] = broken[1] = 0;
        }
        broken[2] = broken[1];
        broken[1] = broken[0];
        top.clk_i = 1;
        top.eval();
    }
    if (overflows < 10 || underflows < 10 || taken < 10000)
        fail("too little happened", overflows, underflows, taken);
    return 0;
}
