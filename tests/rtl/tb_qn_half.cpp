// SPDX-License-Identifier: Apache-2.0
// qn_half against qn_half of the C model, all 65,536 operands.
#include "Vqn_half.h"
#include "tests/rtl/num_bench.h"

int main()
{
    Vqn_half top;
    for (uint32_t h = 0; h < 65536; h++) {
        top.h_i = (uint16_t)h;
        top.eval();
        if (top.y_o != qn_bits(qn_half((uint16_t)h))) {
            printf("half %04x: got %08x, want %08x\n", h, top.y_o, qn_bits(qn_half((uint16_t)h)));
            return 1;
        }
    }
    return 0;
}
