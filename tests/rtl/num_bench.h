// SPDX-License-Identifier: Apache-2.0
// num_bench.h: what the benches of the scalar units share: operands that hit borders, latencies from unit.def, and the loop that
// feeds a pipeline every clock and compares each result, that many clocks later, with the C model.
#ifndef NUM_BENCH_H
#define NUM_BENCH_H

#include <cstdint>
#include <cstdio>
#include <cstdlib>

extern "C" {
#include "sim/model/qn_num.h"
}

enum {
#define QN_LATENCY(name, clocks, text) LAT_##name = clocks,
#include "rtl/spec/unit.def"
#undef QN_LATENCY
};

static uint64_t random_state;

static inline uint32_t random32()
{
    random_state = random_state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(random_state >> 32) ^ (uint32_t)(random_state >> 13);
}

// Takes the seed from QN_SEED and prints it.
static inline void random_start()
{
    const char *text = getenv("QN_SEED");
    random_state = text ? strtoull(text, nullptr, 0) : 1;
    printf("seed %llu (QN_SEED)\n", (unsigned long long)random_state);
}

// Zeros, subnormals, ends of the normal range, one and its neighbours, infinity, NaNs.
static const uint32_t edges[] = {
    0,          1,          0x007fffff, 0x00800000, 0x00800001, 0x00ffffff, 0x01000000, 0x0b800000, 0x33800000,
    0x34000000, 0x3effffff, 0x3f000000, 0x3f7fffff, 0x3f800000, 0x3f800001, 0x40000000, 0x4b7fffff, 0x7e800000,
    0x7f000000, 0x7f7ffffe, 0x7f7fffff, 0x7f800000, 0x7f800001, 0x7fc00000, 0x7fffffff,
};
enum { EDGES = sizeof edges / sizeof edges[0] };

// An operand: an edge, few mantissa bits (ties), an exponent near that of `near`, nearly `near` itself, or any bits.
static inline uint32_t operand(uint32_t near)
{
    uint32_t r = random32(), any = random32();
    switch (r & 15) {
    case 0: return edges[any % EDGES] | (r & 0x80000000);
    case 1: return any & 0xfff80000;
    case 2: return (any & 0xff800000) | (any & 0xfff);
    case 3: return (near ^ (r & 0x80000000)) + any % 5 - 2; // cancellation
    case 4: return (any & 0xff800000) | (1u << any % 23);
    case 5:
    case 6:
    case 7:
    case 8: return (any & 0x807fffff) | ((near & 0x7f800000) + (((r >> 8) % 53 - 26) << 23)) % 0x7f800000;
    default: return any;
    }
}

// The x with x * odd = low in the last 32 bits: for products whose last bits are chosen.
static inline uint32_t cofactor(uint32_t odd, uint32_t low)
{
    uint32_t inverse = odd; // right in 3 bits, and twice as many after each step
    for (int i = 0; i < 4; i++)
        inverse *= 2 - odd * inverse;
    return inverse * low;
}

template <class Top> void clock_once(Top &top)
{
    top.clk_i = 0;
    top.eval();
    top.clk_i = 1;
    top.eval();
}

// Feeds `count` operands to a pipeline of `latency` clocks. `drive(i)` sets the inputs for operand i and returns the expected
// result. Now and then a clock without enable, with other operands there: nothing moves. Returns the exit status.
template <class Top, class Drive> int pipeline(Top &top, unsigned latency, uint64_t count, Drive drive)
{
    uint32_t want[64], stopped = 1;
    for (uint64_t i = 0; i < count + latency - 1; i++) {
        stopped = stopped * 1664525 + 1013904223;
        if (i > latency && stopped >> 28 == 0) {
            uint32_t before = top.y_o;
            top.en_i = 0;
            drive(i / 2);
            clock_once(top);
            if (top.y_o != before) {
                printf("operand %llu: moved without enable\n", (unsigned long long)i);
                return 1;
            }
        }
        top.en_i = 1;
        want[i % 64] = drive(i);
        clock_once(top);
        if (i + 1 < latency)
            continue;
        uint64_t due = i + 1 - latency;
        if (top.y_o != want[due % 64]) {
            printf("operand %llu: got %08x, want %08x\n", (unsigned long long)due, top.y_o, want[due % 64]);
            return 1;
        }
    }
    printf("%llu results agree, %u clocks after their operands\n", (unsigned long long)count, latency);
    return 0;
}

#endif
