// SPDX-License-Identifier: Apache-2.0
// qn_fmul against qn_fmul of the C model.
#include "Vqn_fmul.h"
#include "tests/rtl/num_bench.h"

int main()
{
    random_start();
    Vqn_fmul top;
    return pipeline(top, LAT_FMUL, 6000000, [&](uint64_t i) {
        uint32_t a = operand(random32()), b = operand(a);
        if (i < 4 * EDGES * EDGES) { // every pair of edges with every pair of signs
            a = edges[i / 4 % EDGES] | (uint32_t)i << 31;
            b = edges[i / 4 / EDGES] | (uint32_t)(i & 2) << 30;
        } else if (i % 4 == 0) { // products about 2^-126 and, in every fourth of these, about 2^128
            uint32_t m = 0x3f800000 | (random32() & 0x7fffff), split = 20 + random32() % 100;
            b = qn_bits(1 / qn_float(m)) + random32() % 7 - 3;
            a = i % 16 ? m - (split << 23) : m + (split << 23);
            b = i % 16 ? b - ((126 - split) << 23) : b + ((128 - split) << 23);
        } else if (i % 8 == 2) { // ties, and all but ties by the last bit or two
            a |= 1;
            b = (b & 0xff800000) | (cofactor((a & 0x7fffff) | 0x800000, 0x7fffff + random32() % 4) & 0x7fffff);
        } else if (i % 4 == 1) { // few bits in both: ties
            a &= 0xfffff000;
            b &= 0xffffe000;
        }
        top.a_i = a;
        top.b_i = b;
        return qn_bits(qn_fmul(qn_float(a), qn_float(b)));
    });
}
