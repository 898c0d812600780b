// SPDX-License-Identifier: Apache-2.0
// qn_imul against qn_imul of the C model.
#include "Vqn_imul.h"
#include "tests/rtl/num_bench.h"

int main()
{
    random_start();
    Vqn_imul top;
    return pipeline(top, LAT_IMUL, 6000000, [&](uint64_t i) {
        static const int32_t ends[] = {0, 1, -1, 2, -2, 3, 0x1fffffff, -0x1fffffff, 0x10000000, -0x10000000, 0x1ffffffe};
        uint32_t r = random32(), s = operand(0x3f800000);
        int32_t n = ((int32_t)random32() >> 2) | 1; // -2^29 itself is not legal
        switch (r & 7) {
        case 0: n = ends[r / 8 % (sizeof ends / sizeof ends[0])]; break;
        case 1: n &= ~0xffff; break; // few bits in both: ties
        case 2: n = (1 << (r >> 3) % 29) * (r >> 31 ? 1 : -1); break;
        case 3: break;
        default: n >>= (r >> 3) % 30;
        }
        s = r & 0x100 ? s & 0xfffff000 : s;
        if (i % 8 == 0) { // ties, and all but ties by the last bit or two
            s |= 1;
            n = (int32_t)(cofactor((s & 0x7fffff) | 0x800000, 0xfffffff + r % 4) & 0x1fffffff);
            n = r >> 31 ? -n : n;
        }
        n = n == -0x20000000 ? 0 : n;
        top.a_i = (uint32_t)n & 0x3fffffff;
        top.b_i = s;
        return qn_bits(qn_imul(n, qn_float(s)));
    });
}
