// SPDX-License-Identifier: Apache-2.0
// DDR3: the part's initialization (rtl/spec/ddr.def), then for each byte of the pins the place and the delay at which what was written is read again.
// A read's data come back at a time that the board decides: the first beat in one of BITSLIPS places, and the window in which the strobe is awaited at one
// of DELAYS. All are tried; of the longest row of delays that work, at the same place, the middle is taken.
#include "firmware/app/qn_fw.h"
#include "firmware/hal/qn_ddr.h"

enum { ALL = (1 << QN_DDR_BYTES) - 1, SEEDS = 3, LEAST = 2, TRIES = 8, REST = 50 };

static void rest(uint32_t clocks)
{
    uint32_t from = (uint32_t)qn_hal_clocks();
    while ((uint32_t)qn_hal_clocks() - from < clocks)
        ;
}

// Registers of phase 0, and of phase 1 so many words behind them
static void command(unsigned phase, uint32_t bits, uint32_t address, uint32_t bank)
{
    phase *= QN_DDR_P1_COMMAND - QN_DDR_P0_COMMAND;
    qn_hal_ddr_set(QN_DDR_P0_ADDRESS + phase, address);
    qn_hal_ddr_set(QN_DDR_P0_BANK + phase, bank);
    qn_hal_ddr_set(QN_DDR_P0_COMMAND + phase, bits);
    qn_hal_ddr_set(QN_DDR_P0_ISSUE + phase, 1);
}

static void initialize(void)
{
    static const struct {
        uint8_t command, bank;
        uint16_t value, clocks;
    } steps[] = {
#define CONTROL 0
#define QN_DDR_REG(...)
#define QN_DDR_CONST(...)
#define QN_DDR_INIT(what, value, bank, clocks, text) {what, bank, value, clocks},
#include "rtl/spec/ddr.def"
#undef QN_DDR_INIT
#undef QN_DDR_CONST
#undef QN_DDR_REG
#undef CONTROL
    };
    for (unsigned i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        if (steps[i].command)
            command(0, steps[i].command, steps[i].value, steps[i].bank);
        else
            qn_hal_ddr_set(QN_DDR_CONTROL, steps[i].value);
        rest(steps[i].clocks);
    }
}

// A register of the read path, for `bytes`; then all strobes begin anew, together
static void adjust(unsigned reg, unsigned bytes)
{
    qn_hal_ddr_set(QN_DDR_DLY_SEL, bytes);
    qn_hal_ddr_set(reg, 1);
    qn_hal_ddr_set(QN_DDR_DLY_SEL, 0);
    qn_hal_ddr_set(QN_DDR_DLY_SEL, ALL);
    qn_hal_ddr_set(QN_DDR_DLY_SEL, 0);
}

static void place(unsigned bytes, unsigned slip, unsigned delay)
{
    adjust(QN_DDR_BITSLIP_RST, bytes);
    while (slip--)
        adjust(QN_DDR_BITSLIP_INC, bytes);
    adjust(QN_DDR_RDLY_RST, bytes);
    while (delay--)
        adjust(QN_DDR_RDLY_INC, bytes);
}

// Writes a burst to the part and reads it: the bytes of the pins that came back in all beats
static unsigned good(void)
{
    static const unsigned at[] = {0, 1, QN_DDR_P1_WRDATA - QN_DDR_P0_WRDATA, QN_DDR_P1_WRDATA - QN_DDR_P0_WRDATA + 1};
    unsigned bytes = ALL;
    uint32_t x = 0x2545f491;
    for (unsigned seed = 0; seed < SEEDS; seed++) {
        uint32_t sent[4];
        for (unsigned i = 0; i < 4; i++) {
            x ^= x << 13;
            x ^= x >> 17;
            x ^= x << 5;
            sent[i] = x;
            qn_hal_ddr_set(QN_DDR_P0_WRDATA + at[i], x);
        }
        command(0, QN_DDR_COMMAND_RAS | QN_DDR_COMMAND_CS, 0, 0);
        rest(REST);
        command(QN_DDR_WRPHASE, QN_DDR_COMMAND_CAS | QN_DDR_COMMAND_WE | QN_DDR_COMMAND_CS | QN_DDR_COMMAND_WRDATA, 0, 0);
        rest(REST);
        qn_hal_ddr_set(QN_DDR_BURST_CLEAR, 1);
        command(QN_DDR_RDPHASE, QN_DDR_COMMAND_CAS | QN_DDR_COMMAND_CS | QN_DDR_COMMAND_RDDATA, 0, 0);
        rest(REST);
        command(0, QN_DDR_COMMAND_RAS | QN_DDR_COMMAND_WE | QN_DDR_COMMAND_CS, 0, 0);
        rest(REST);
        bytes &= qn_hal_ddr(QN_DDR_BURST_SEEN);
        for (unsigned i = 0; i < 4; i++) {
            uint32_t wrong = qn_hal_ddr(QN_DDR_P0_RDDATA + at[i]) ^ sent[i];
            for (unsigned n = 0; n < QN_DDR_BYTES; n++)
                if (wrong & 0x00ff00ffu << 8 * n)
                    bytes &= ~(1u << n);
        }
    }
    return bytes;
}

unsigned qn_fw_ddr(void)
{
    if (!qn_hal_own(QN_SOC_HAS_DDR) || qn_hal_ddr(QN_DDR_INIT_DONE))
        return QN_MB_STATUS_OK;
    initialize();

    unsigned slip[QN_DDR_BYTES] = {0}, delay[QN_DDR_BYTES] = {0}, most[QN_DDR_BYTES] = {0}, found = 0;
    for (unsigned s = 0; s < QN_DDR_BITSLIPS; s++) {
        unsigned run[QN_DDR_BYTES] = {0};
        place(ALL, s, 0);
        for (unsigned d = 0; d < QN_DDR_DELAYS; d++) {
            unsigned bytes = good();
            for (unsigned n = 0; n < QN_DDR_BYTES; n++) {
                run[n] = bytes >> n & 1 ? run[n] + 1 : 0;
                if (run[n] > most[n]) {
                    most[n] = run[n];
                    slip[n] = s;
                    delay[n] = d - run[n] / 2;
                }
            }
            adjust(QN_DDR_RDLY_INC, ALL);
        }
    }
    for (unsigned n = 0; n < QN_DDR_BYTES; n++)
        if (most[n] >= LEAST)
            found |= 1u << n;

    // A place may have to be taken more than once: the strobes' counters begin when they like
    for (unsigned i = 0; found == ALL; i++) {
        for (unsigned n = 0; n < QN_DDR_BYTES; n++)
            place(1u << n, slip[n], delay[n]);
        if (good() == ALL)
            break;
        if (i == TRIES - 1)
            found = 0;
    }
    // The port opens either way, so that nobody waits for ever; the self-test has the last word
    qn_hal_ddr_set(QN_DDR_CONTROL, QN_DDR_CONTROL_SEL);
    qn_hal_ddr_set(QN_DDR_INIT_DONE, 1);
    for (unsigned n = 0; n < QN_DDR_BYTES; n++)
        qn_hal_reg_set(QN_MB_RESULT + 1 + n, most[n] | delay[n] << 8 | slip[n] << 16);
    return found == ALL ? QN_MB_STATUS_OK : QN_MB_STATUS_MEMORY;
}
