// SPDX-License-Identifier: Apache-2.0
// qn_board.h: a board out of any executor: the device's end of the link, memory and registers, mailbox and firmware's commands. What a wire
// brings goes in, what it takes comes out; `quern serve` puts it behind TCP, the tests behind USB.
//
//     qn_board *b;
//     int err = qn_board_open(&b, "model:ulx3s", serial, &why);
//     for (;;) {
//         qn_board_take(b, bytes, n);
//         while ((n = qn_board_next(b, frame)))
//             send(frame, n);
//         qn_board_tick(b, ms);                                   // since the last tick
//     }
//
// The core's jobs and the firmware's commands run in a thread of the board's, so that the link answers meanwhile, as a board's would. While
// one runs, registers but STATUS and memory answer only if it ends soon, else with a fault. One thread for the functions here.
#ifndef QN_BOARD_H
#define QN_BOARD_H

#include <stddef.h>
#include <stdint.h>

#include "driver/qn_err.h"

typedef struct qn_board qn_board;

// Opens the executor `where`, a kind without a board. On error *out is NULL.
int qn_board_open(qn_board **out, const char *where, uint64_t serial, qn_why *why);
void qn_board_close(qn_board *b);

void qn_board_take(qn_board *b, const uint8_t *bytes, size_t n);
size_t qn_board_next(qn_board *b, uint8_t *frame);              // QN_LINK_FRAME_BYTES; 0: none
void qn_board_tick(qn_board *b, uint32_t ms);

// For tests of hosts. Power-on: link, registers and mailbox as new, and memory of noise. Hang: from now on bit 0 the core's jobs, bit 1 the
// firmware's commands never end, until they are reset. Versions: what WELCOME says.
void qn_board_power(qn_board *b);
void qn_board_hang(qn_board *b, unsigned what);
void qn_board_claim(qn_board *b, uint32_t id, uint32_t build, const char *target);
uint64_t qn_board_written(const qn_board *b);                   // words of memory that hosts have written

#endif
