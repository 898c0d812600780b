// SPDX-License-Identifier: Apache-2.0
// The firmware's DDR3 initialization on the host: its own source before registers that behave as the controller's, and a part that wants its commands in
// JEDEC's order and times and gives data back where a board would. Windows wide, narrow, at the ends, none; places that must be taken twice.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "firmware/app/qn_fw.h"
#include "firmware/hal/qn_ddr.h"

enum { US = 100 };                               // clocks, at the fastest

// Where a byte's data come: place, and the delays that catch them, first to last
typedef struct window {
    unsigned place, first, last;
} window;

static struct ddr {
    uint32_t reg[0x1044 / 4], result[4], has;
    uint64_t clocks, quiet_until;                // what the part does until then
    const char *busy;
    int step;                                    // of the initialization
    window w[2];
    unsigned slip[2], delay[2], flaky[2];        // flaky: so many resets of the delay leave the byte dead
    bool dead[2], apart;                         // a byte's strobe was paused without the other since both were
    uint32_t cells[4], read[4];                  // the burst at row 0, column 0
    bool open, seen[2];
    uint64_t row_at, write_at;
    uint32_t stuck;                              // bits of a burst's first word that read 0
    unsigned blind;                              // from this delay on data come, by chance, and no strobe is seen; 0: never
} ddr;

uint32_t qn_hal_own(unsigned reg)
{
    return reg == QN_SOC_HAS_DDR ? ddr.has : 0;
}

void qn_hal_reg_set(unsigned reg, uint32_t value)
{
    assert_true(reg > QN_MB_RESULT && reg < QN_MB_RESULT + 4);
    ddr.result[reg - QN_MB_RESULT] = value;
}

uint64_t qn_hal_clocks(void)
{
    return ddr.clocks += 20;
}

// The part: what it is told, and when
static void part(uint32_t bits, uint32_t address, uint32_t bank)
{
    uint64_t now = ddr.clocks;
    if (now < ddr.quiet_until)
        fail_msg("%s and not over: %llu clocks too early", ddr.busy, (unsigned long long)(ddr.quiet_until - now));
    assert_true(bits & QN_DDR_COMMAND_CS);
    switch (bits & (QN_DDR_COMMAND_RAS | QN_DDR_COMMAND_CAS | QN_DDR_COMMAND_WE)) {
    case QN_DDR_COMMAND_RAS | QN_DDR_COMMAND_CAS | QN_DDR_COMMAND_WE: {
        static const uint32_t banks[] = {2, 3, 1, 0};
        assert_in_range(ddr.step, 2, 5);
        assert_int_equal(bank, banks[ddr.step - 2]);
        if (bank == 2)
            assert_int_equal(address >> 3 & 7, 0);               // CWL 5
        if (bank == 1)
            assert_int_equal(address & 1, 0);                    // DLL on
        if (bank == 0) {
            assert_int_equal(address & 3, 0);                    // bursts of 8
            assert_int_equal(address & 0x74, 0x20);              // CL 6
            assert_true(address & 0x100);                        // DLL reset
            ddr.quiet_until = now + 6;                           // tMOD of 12 memory clocks
            ddr.busy = "mode register";
        }
        ddr.step++;
        break;
    }
    case QN_DDR_COMMAND_WE:                                      // ZQCL
        assert_int_equal(ddr.step, 6);
        assert_true(address & 0x400);
        ddr.step++;
        ddr.quiet_until = now + 256;
        ddr.busy = "calibration";
        break;
    case QN_DDR_COMMAND_RAS:
        assert_int_equal(ddr.step, 7);
        assert_false(ddr.open);
        ddr.open = true;
        ddr.row_at = now;
        break;
    case QN_DDR_COMMAND_CAS | QN_DDR_COMMAND_WE:
        assert_true(ddr.open && now >= ddr.row_at + 2 && bits & QN_DDR_COMMAND_WRDATA && address == 0);
        for (int i = 0; i < 4; i++)
            ddr.cells[i] = ddr.reg[(i < 2 ? QN_DDR_P0_WRDATA : QN_DDR_P1_WRDATA) + i % 2];
        ddr.write_at = now;
        break;
    case QN_DDR_COMMAND_CAS:
        assert_true(ddr.open && now >= ddr.write_at + 10 && bits & QN_DDR_COMMAND_RDDATA && address == 0);
        assert_false(ddr.apart || ddr.reg[QN_DDR_DLY_SEL]);
        for (int n = 0; n < 2; n++) {
            bool here = ddr.slip[n] == ddr.w[n].place && ddr.delay[n] >= ddr.w[n].first && ddr.delay[n] <= ddr.w[n].last && !ddr.dead[n];
            ddr.seen[n] |= here && (!ddr.blind || ddr.delay[n] < ddr.blind);
            for (int i = 0; i < 4; i++) {
                uint32_t mask = 0x00ff00ffu << 8 * n, was = i ? ddr.cells[i - 1] : 0;
                uint32_t got = here ? ddr.cells[i] : ddr.cells[i] << 16 | was >> 16;
                ddr.read[i] = (ddr.read[i] & ~mask) | (got & mask);
            }
            ddr.read[0] &= ~ddr.stuck;
        }
        break;
    case QN_DDR_COMMAND_RAS | QN_DDR_COMMAND_WE:
        assert_true(ddr.open && now >= ddr.row_at + 4 && now >= ddr.write_at + 8);
        ddr.open = false;
        break;
    default:
        fail_msg("command 0x%x", (unsigned)bits);
    }
}

uint32_t qn_hal_ddr(unsigned reg)
{
    assert_true(reg < sizeof ddr.reg / 4);
    ddr.clocks += 10;
    if (reg == QN_DDR_BURST_SEEN)
        return ddr.seen[0] | ddr.seen[1] << 1;
    if (reg == QN_DDR_P0_RDDATA || reg == QN_DDR_P0_RDDATA + 1)
        return ddr.read[reg - QN_DDR_P0_RDDATA];
    if (reg == QN_DDR_P1_RDDATA || reg == QN_DDR_P1_RDDATA + 1)
        return ddr.read[2 + reg - QN_DDR_P1_RDDATA];
    return ddr.reg[reg];
}

void qn_hal_ddr_set(unsigned reg, uint32_t value)
{
    assert_true(reg < sizeof ddr.reg / 4);
    ddr.clocks += 10;
    ddr.reg[reg] = value;
    uint32_t bytes = ddr.reg[QN_DDR_DLY_SEL];
    switch (reg) {
    case QN_DDR_CONTROL:
        if (value & QN_DDR_CONTROL_SEL) {
            assert_int_equal(ddr.step, 7);
            assert_false(ddr.open || ddr.reg[QN_DDR_DLY_SEL]);
            break;
        }
        assert_true(ddr.step < 2 && value & QN_DDR_CONTROL_RESET_N && ddr.clocks >= ddr.quiet_until);
        assert_int_equal(!!(value & QN_DDR_CONTROL_CKE), ddr.step);
        ddr.quiet_until = ddr.clocks + (ddr.step ? 27 : 500 * US);   // tXPR; from reset to CKE
        ddr.busy = ddr.step ? "tXPR" : "reset";
        ddr.step++;
        break;
    case QN_DDR_DLY_SEL: ddr.apart = value == 3 ? false : ddr.apart || value; break;
    case QN_DDR_BURST_CLEAR: ddr.seen[0] = ddr.seen[1] = false; break;
    case QN_DDR_P0_ISSUE: part(ddr.reg[QN_DDR_P0_COMMAND], ddr.reg[QN_DDR_P0_ADDRESS], ddr.reg[QN_DDR_P0_BANK]); break;
    case QN_DDR_P1_ISSUE: part(ddr.reg[QN_DDR_P1_COMMAND], ddr.reg[QN_DDR_P1_ADDRESS], ddr.reg[QN_DDR_P1_BANK]); break;
    default:
        for (int n = 0; n < 2; n++)
            if (bytes >> n & 1) {
                if (reg == QN_DDR_BITSLIP_RST)
                    ddr.slip[n] = 0;
                if (reg == QN_DDR_BITSLIP_INC)
                    ddr.slip[n] = (ddr.slip[n] + 1) % 4;
                if (reg == QN_DDR_RDLY_INC)
                    ddr.delay[n] = (ddr.delay[n] + 1) % 8;
                if (reg == QN_DDR_RDLY_RST) {
                    ddr.delay[n] = 0;
                    ddr.dead[n] = ddr.flaky[n] > 0 && ddr.w[n].place == ddr.slip[n] && bytes != 3 && ddr.flaky[n]--;
                }
            }
    }
}

static unsigned run(window low, window high)
{
    unsigned flaky[2] = {ddr.flaky[0], ddr.flaky[1]};
    uint32_t stuck = ddr.stuck, blind = ddr.blind;
    ddr = (struct ddr){.has = 1, .w = {low, high}, .flaky = {flaky[0], flaky[1]}, .stuck = stuck, .blind = blind};
    ddr.reg[QN_DDR_CONTROL] = QN_DDR_CONTROL_SEL;
    unsigned status = qn_fw_ddr();
    assert_int_equal(ddr.reg[QN_DDR_INIT_DONE], 1);              // nobody is to wait for ever
    assert_int_equal(ddr.reg[QN_DDR_INIT_ERROR], 0);
    assert_int_equal(ddr.reg[QN_DDR_CONTROL], QN_DDR_CONTROL_SEL);
    return status;
}

static bool inside(unsigned n, unsigned margin)
{
    return ddr.slip[n] == ddr.w[n].place && ddr.delay[n] >= ddr.w[n].first + margin && ddr.delay[n] + margin <= ddr.w[n].last;
}

static void windows(void **state)
{
    (void)state;
    for (unsigned place = 0; place < 4; place++)
        for (unsigned first = 0; first < 8; first++)
            for (unsigned last = first + 1; last < 8; last++) {
                assert_int_equal(run((window){place, first, last}, (window){3 - place, 7 - last, 7 - first}), QN_MB_STATUS_OK);
                unsigned margin = (last - first) / 2;            // in the middle
                assert_true(inside(0, margin) && inside(1, margin));
                assert_int_equal(ddr.result[1], (last - first + 1) | ddr.delay[0] << 8 | place << 16);
                assert_true(ddr.clocks < 1500 * 1000);           // less than the watchdog's 2 s by far
            }
}

static void none(void **state)
{
    (void)state;
    assert_int_equal(run((window){9, 0, 7}, (window){1, 0, 7}), QN_MB_STATUS_MEMORY);
    assert_int_equal(run((window){1, 0, 7}, (window){9, 0, 7}), QN_MB_STATUS_MEMORY);
    assert_int_equal(run((window){1, 3, 3}, (window){1, 2, 5}), QN_MB_STATUS_MEMORY);     // a single delay is an edge
    ddr.stuck = 1u << 17;
    assert_int_equal(run((window){1, 2, 5}, (window){1, 2, 5}), QN_MB_STATUS_MEMORY);
    ddr.stuck = 0;
}

static void again(void **state)
{
    (void)state;
    ddr.flaky[0] = 3;
    ddr.flaky[1] = 5;
    assert_int_equal(run((window){2, 2, 5}, (window){1, 1, 4}), QN_MB_STATUS_OK);
    assert_true(inside(0, 1) && inside(1, 1));
    ddr.flaky[1] = 100;
    assert_int_equal(run((window){2, 2, 5}, (window){1, 1, 4}), QN_MB_STATUS_MEMORY);
    ddr.flaky[0] = ddr.flaky[1] = 0;
}

static void strobe(void **state)
{
    (void)state;
    ddr.blind = 4;
    assert_int_equal(run((window){2, 1, 6}, (window){1, 2, 7}), QN_MB_STATUS_OK);
    assert_int_equal(ddr.result[1], 3 | 2 << 8 | 2 << 16);
    assert_int_equal(ddr.result[2], 2 | 2 << 8 | 1 << 16);
    ddr.blind = 0;
}

// Memory that is open, or none of this kind, is left alone
static void left_alone(void **state)
{
    (void)state;
    ddr = (struct ddr){.has = 0};
    assert_int_equal(qn_fw_ddr(), QN_MB_STATUS_OK);
    assert_int_equal(ddr.clocks, 0);
    ddr = (struct ddr){.has = 1};
    ddr.reg[QN_DDR_INIT_DONE] = 1;
    assert_int_equal(qn_fw_ddr(), QN_MB_STATUS_OK);
    assert_int_equal(ddr.step, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(windows), cmocka_unit_test(none), cmocka_unit_test(again), cmocka_unit_test(strobe), cmocka_unit_test(left_alone)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
