// SPDX-License-Identifier: Apache-2.0
// qn_soc_mul against the products of RISC-V's manual: every pair of corner values and a million random ones for each instruction, and that other instructions
// get no answer.
#include "Vqn_soc_mul.h"
#include "tests/rtl/num_bench.h"

static void clock(Vqn_soc_mul &t)
{
    t.clk_i = 0;
    t.eval();
    t.clk_i = 1;
    t.eval();
}

// MUL, MULH, MULHSU, MULHU: funct3 of 0 to 3
static uint32_t expected(unsigned op, uint32_t a, uint32_t b)
{
    __int128 x = op == 3 ? (__int128)a : (__int128)(int32_t)a, y = op >= 2 ? (__int128)b : (__int128)(int32_t)b;
    return (uint32_t)((unsigned __int128)(x * y) >> (op ? 32 : 0));
}

int main()
{
    random_start();
    Vqn_soc_mul t;
    static const uint32_t ends[] = {0, 1, 2, 0xffff, 0x10000, 0x10001, 0x7fffffff, 0x80000000, 0x80000001, 0xffff0000, 0xfffffffe, 0xffffffff};
    const unsigned n = sizeof ends / sizeof ends[0];
    t.rst_ni = 0;
    t.valid_i = 0;
    for (int i = 0; i < 4; i++)
        clock(t);
    t.rst_ni = 1;
    for (uint32_t i = 0; i < 4 * n * n + 4000000; i++) {
        unsigned op = i % 4;
        uint32_t a = i < 4 * n * n ? ends[i / 4 / n] : random32(), b = i < 4 * n * n ? ends[i / 4 % n] : random32();
        t.valid_i = 1;
        t.insn_i = 0x02000033 | op << 12 | (random32() & 0x01ff8f80);
        t.rs1_i = a;
        t.rs2_i = b;
        int clocks = 0;
        do {
            clock(t);
            clocks++;
        } while (!t.ready_o && clocks < 10);
        if (clocks != 5 || t.rd_o != expected(op, a, b)) {
            printf("op %u, %08x x %08x: %08x after %d clocks, %08x after 5 expected\n", op, a, b, t.rd_o, clocks, expected(op, a, b));
            return 1;
        }
        t.valid_i = 0; // as PicoRV32 does
        for (uint32_t k = random32() % 4 == 0 ? 2 : 1; k; k--)
            clock(t);
        if (random32() % 1024 == 0) { // not one of these: DIV, ADD, a load
            static const uint32_t others[] = {0x02004033, 0x02007033, 0x00000033, 0x40000033, 0x02000003};
            t.valid_i = 1;
            t.insn_i = others[random32() % 5];
            for (int k = 0; k < 8; k++) {
                clock(t);
                if (t.ready_o || t.wait_o) {
                    printf("instruction %08x is answered\n", t.insn_i);
                    return 1;
                }
            }
        }
    }
    return 0;
}
