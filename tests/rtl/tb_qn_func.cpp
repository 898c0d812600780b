// SPDX-License-Identifier: Apache-2.0
// qn_func against qn_exp, qn_recip and qn_rsqrt of the C model: every mantissa of recip and rsqrt at least once with a random
// exponent, borders of segments, the ends of exp's range. QN_SOAK=1 takes all 2^32 operands of each.
#include "Vqn_func.h"
#include "tests/rtl/num_bench.h"

static uint32_t expect(unsigned op, uint32_t a)
{
    float x = qn_float(a);
    return qn_bits(op == 0 ? qn_exp(x) : op == 1 ? qn_recip(x) : qn_rsqrt(x));
}

// A random operand of exp: any in range, near 0, near a border of segments, near an end of the range.
static uint32_t exp_operand()
{
    static const float ends[] = {-87.33655f, 88.72284f, 128, -128, 64, -64};
    uint32_t r = random32(), any = random32();
    switch (r & 7) {
    case 0: return operand(0x3f800000);
    case 1: return qn_bits(ends[any % 6]) + any / 8 % 4096 - 2048;
    case 2: return qn_bits((float)((int)(any % 32768) - 16384) * 0.00541521f) + r / 8 % 16 - 8;
    default: return (r & 0x80000000) | (0x31000000 + any % (0x43080000 - 0x31000000));
    }
}

int main()
{
    random_start();
    Vqn_func top;
    uint64_t each = getenv("QN_SOAK") ? uint64_t(1) << 32 : uint64_t(1) << 23;
    uint64_t count = 3 * each;
    return pipeline(top, LAT_FUNC, count, [&](uint64_t i) {
        unsigned op = i % 3;
        uint32_t a = (uint32_t)(i / 3);
        if (each >> 32 == 0 && i % 64 == 0)
            a = edges[random32() % EDGES] | (random32() & 0x80000000);
        else if (each >> 32 == 0)
            a = op == 0 ? exp_operand() : (a & 0x7fffff) | (random32() & (op == 2 ? 0x7f800000 : 0xff800000));
        top.op_i = op;
        top.a_i = a;
        return expect(op, a);
    });
}
