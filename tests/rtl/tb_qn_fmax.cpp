// SPDX-License-Identifier: Apache-2.0
// qn_fmax against qn_fmax of the C model.
#include "Vqn_fmax.h"
#include "tests/rtl/num_bench.h"

int main()
{
    random_start();
    Vqn_fmax top;
    for (uint32_t i = 0; i < 3000000; i++) {
        uint32_t a = operand(random32()), b = operand(a);
        if (i < 4 * EDGES * EDGES) { // every pair of edges with every pair of signs
            a = edges[i / 4 % EDGES] | i << 31;
            b = edges[i / 4 / EDGES] | (i & 2) << 30;
        }
        top.a_i = a;
        top.b_i = b;
        top.eval();
        uint32_t want = qn_bits(qn_fmax(qn_float(a), qn_float(b)));
        if (top.y_o != want) {
            printf("max(%08x, %08x): got %08x, want %08x\n", a, b, top.y_o, want);
            return 1;
        }
    }
    return 0;
}
