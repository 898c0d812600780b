// SPDX-License-Identifier: Apache-2.0
// The core's known answer: integers from a generator times integers from it, whose sums this CPU works out as well. Activations are whole
// numbers with 127 in each row, so the quantizer's scale is 1 and every sum is exact in FP32.
#include "build/firmware/known.h"
#include "firmware/app/qn_fw.h"
#include "rtl/spec/qn_isa.h"

enum { LIMIT = 100000, SAVED = 6 };
static const uint8_t saved_reg[SAVED] = {QN_REG_WIN_BASE, QN_REG_WIN_SIZE, QN_REG_WIN_FLAGS, QN_REG_PROG_ADDR, QN_REG_PROG_WORDS, QN_REG_ARG};

static uint32_t rng;                         // xorshift32
static int32_t draw(void)                    // -128 to 127
{
    rng ^= rng << 13;
    rng ^= rng >> 17;
    rng ^= rng << 5;
    return (int32_t)(rng >> 24) - 128;
}

static uint32_t bits_of(int32_t x)
{
    union { float f; uint32_t u; } v = {(float)x};
    return v.u;
}

static int32_t act(uint32_t addr, uint32_t row, uint32_t k)
{
    union { uint32_t u; float f; } v = {qn_hal_mem(addr + KNOWN_ACT + 32 * row + k)};
    return (int32_t)v.f;
}

static void fill(uint32_t addr)
{
    rng = 0x51e5;
    for (uint32_t i = 0; i < KNOWN_WORDS; i++)
        qn_hal_mem_set(addr + i, known_code[i]);
    for (uint32_t i = 0; i < 32 * KNOWN_ROWS; i++) {
        int32_t x = draw();
        qn_hal_mem_set(addr + KNOWN_ACT + i, bits_of(i % 32 == 0 ? 127 : x == -128 ? -127 : x));
    }
    for (uint32_t i = 0; i < 8 * KNOWN_COLS; i++) {
        uint32_t word = 0;
        for (int k = 0; k < 4; k++)
            word |= (uint32_t)(draw() & 255) << 8 * k;
        qn_hal_mem_set(addr + KNOWN_TILE + i, word);
    }
}

// One row against one column
static bool right(uint32_t addr, uint32_t row, uint32_t col)
{
    int32_t sum = 0;
    for (uint32_t k = 0; k < 32; k += 4) {
        uint32_t word = qn_hal_mem(addr + KNOWN_TILE + 8 * col + k / 4);
        for (uint32_t j = 0; j < 4; j++)
            sum += act(addr, row, k + j) * (int8_t)(word >> 8 * j);
    }
    return qn_hal_mem(addr + KNOWN_OUT + KNOWN_COLS * row + col) == bits_of(sum);
}

unsigned qn_fw_known(uint32_t addr)
{
    uint32_t saved[SAVED], clocks, rows = qn_hal_own(QN_SOC_ROWS);
    if (rows > KNOWN_ROWS)
        rows = KNOWN_ROWS;
    for (int i = 0; i < SAVED; i++)
        saved[i] = qn_hal_reg(saved_reg[i]);
    fill(addr);
    qn_hal_reg_set(QN_REG_WIN_BASE, addr);
    qn_hal_reg_set(QN_REG_WIN_SIZE, KNOWN_OUT + KNOWN_ROWS * KNOWN_COLS);
    qn_hal_reg_set(QN_REG_WIN_FLAGS, 1);
    qn_hal_reg_set(QN_REG_PROG_ADDR, addr);
    qn_hal_reg_set(QN_REG_PROG_WORDS, KNOWN_WORDS);
    qn_hal_reg_set(QN_REG_ARG, rows);
    unsigned status = qn_fw_run(0, true, LIMIT, &clocks);
    // Each row and each column twice: all of them would take a CPU without floating point too long
    for (uint32_t i = 0; !status && i < rows; i++)
        if (!right(addr, i, i % KNOWN_COLS) || !right(addr, i, (i + 5) % KNOWN_COLS))
            status = QN_MB_STATUS_ARRAY;
    for (int i = 0; i < SAVED; i++)
        qn_hal_reg_set(saved_reg[i], saved[i]);
    if (status) {
        qn_hal_reg_set(QN_REG_CTRL, QN_CTRL_RESET);
        status = QN_MB_STATUS_ARRAY;
    }
    return status;
}
