// SPDX-License-Identifier: Apache-2.0
// qn_fw.h: the firmware: self-test, mailbox commands (rtl/spec/mailbox.def), the token loop.
//
//     qn_fw_start();
//     for (;;)
//         qn_fw_turn();            // answers a command, if one was rung
//
// Everything outside goes through firmware/hal/qn_hal.h. No heap, no interrupts; one core, one command at a time.
#ifndef QN_FW_H
#define QN_FW_H

#include <stdbool.h>
#include <stdint.h>

#include "firmware/hal/qn_hal.h"
#include "rtl/spec/qn_mailbox.h"
#include "sim/model/qn_sample.h"

void qn_fw_start(void);
void qn_fw_turn(void);

// Each returns a QN_MB_STATUS.
unsigned qn_fw_generate(void);
unsigned qn_fw_ddr(void);                                     // opens memory that is DDR3 and not open yet; RESULT 1.. of each byte: its window, delay, place
unsigned qn_fw_march(uint32_t addr, uint32_t words);         // leaves zeros; RESULT 0: where it failed
unsigned qn_fw_lines(uint32_t words);                        // each address line of so many words makes another word; leaves zeros there
unsigned qn_fw_known(uint32_t addr);                         // the core's known answer, in memory from `addr` on

// Called wherever something is waited for: keeps the watchdog off, answers commands that come meanwhile BUSY.
void qn_fw_wait(void);
bool qn_fw_stopped(void);                                    // bell STOP was rung since GENERATE began

void qn_fw_sweep(unsigned what, uint32_t addr, uint32_t words, uint32_t low, uint32_t high);

// Runs the core from `entry` until it is done, at most `limit` clocks; `clocks`: what it took.
unsigned qn_fw_run(uint32_t entry, bool load, uint32_t limit, uint32_t *clocks);

// The `most` greatest of n FP32 words at `addr`, descending, the lowest index first among equals; returns how many. c has room for QN_FW_PICKS.
enum { QN_FW_PICKS = 512 };
uint32_t qn_fw_greatest(uint32_t addr, uint32_t n, uint32_t most, qn_candidate *c);

#endif
