// SPDX-License-Identifier: Apache-2.0
// qn_fadd against qn_fadd and qn_fsub of the C model.
#include "Vqn_fadd.h"
#include "tests/rtl/num_bench.h"

int main()
{
    random_start();
    Vqn_fadd top;
    return pipeline(top, LAT_FADD, 6000000, [&](uint64_t i) {
        uint32_t a = operand(random32()), b = operand(a);
        if (i < 4 * EDGES * EDGES) { // every pair of edges with every pair of signs
            a = edges[i / 4 % EDGES] | (uint32_t)i << 31;
            b = edges[i / 4 / EDGES] | (uint32_t)(i & 2) << 30;
        }
        top.sub_i = i >> 12 & 1;
        top.a_i = a;
        top.b_i = b;
        return qn_bits(top.sub_i ? qn_fsub(qn_float(a), qn_float(b)) : qn_fadd(qn_float(a), qn_float(b)));
    });
}
