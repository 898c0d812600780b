// SPDX-License-Identifier: Apache-2.0
// qn_client.h: a device at the other end of a wire: requests, mailbox commands, and what to do when it is gone or hangs. It knows the link
// (driver/link) and the mailbox (rtl/spec/mailbox.def), and neither what carries the bytes nor what a program is.
//
//     qn_client *c;
//     int err = qn_client_open(&c, &qn_wire_usb, "", &why);
//     qn_link_op ops[] = {{.type = QN_LINK_WRITE, .addr = 0, .words = n, .data = bytes}, {.type = QN_LINK_REG_READ, .addr = QN_REG_ID}};
//     if (!err)
//         err = qn_client_do(c, ops, 2);                          // several frames in flight; ops[1].value
//     if (!err)
//         err = qn_client_command(c, QN_MB_COMMAND_SUM, args, 2, result, 100);
//     qn_client_close(c);
//
// May be used from several threads: each call is whole. Every call ends: with its answer, or with an error within the link's timeout times
// its tries, or the limit given. After QN_ERR_NO_DEVICE, QN_ERR_RESET, QN_ERR_TIMEOUT of a request or QN_ERR_LINK every call gives that error
// until qn_client_reopen. QN_ERR_STOPPED: see qn_client_stop_on.
#ifndef QN_CLIENT_H
#define QN_CLIENT_H

#include "driver/link/qn_link_host.h"
#include "driver/wire/qn_wire.h"
#include "rtl/spec/qn_isa.h"
#include "rtl/spec/qn_mailbox.h"

enum { QN_CLIENT_LINK_TRIES = 8 };       // times the wire's timeout_ms: until a device that is silent is given up

typedef struct qn_client qn_client;

// Opens the wire and a session, and waits until the firmware is idle and the core the host's. QN_ERR_VERSION: `why` says whether the device
// or this program is the older one. On error *out is NULL.
int qn_client_open(qn_client **out, const qn_wire_kind *kind, const char *place, qn_why *why);
void qn_client_close(qn_client *c);

// Gives the device up and opens it again, as often as it takes within `wait_ms`. *kept: it was not reset in between.
int qn_client_reopen(qn_client *c, uint32_t wait_ms, bool *kept, qn_why *why);

const qn_link_id *qn_client_id(const qn_client *c);
const qn_target *qn_client_target(const qn_client *c);
const char *qn_client_place(const qn_client *c);

// A flag that ends waits and transfers of memory early with QN_ERR_STOPPED once it is not 0: what was sent is still answered. NULL: none.
void qn_client_stop_on(qn_client *c, const volatile int *stop);

// All of them, in this order; returns the first error.
int qn_client_do(qn_client *c, qn_link_op *ops, size_t n);

// A mailbox command; `result` (QN_MB_RESULT_COUNT words) may be NULL. `clocks`: what it takes at most; no answer after twice that and 100 ms:
// the firmware hangs, and QN_ERR_TIMEOUT follows on qn_client_recover.
int qn_client_command(qn_client *c, unsigned command, const uint32_t *args, size_t n_args, uint32_t *result, uint64_t clocks);

// The firmware's token loop (QN_MB_COMMAND_GENERATE), which goes on without the host.
typedef struct qn_client_loop {
    uint32_t arg[QN_MB_GEN_END + QN_MB_ENDS];                     // QN_MB_GEN_...
    void (*token)(void *ctx, uint32_t token);                     // each as soon as it is there; NULL: none
    void *ctx;
    uint32_t made;                                                // of them so far; 0 at first
    uint32_t finish, pos;                                         // QN_MB_FINISH; positions that the cache holds
    uint32_t steps;                                               // of the core
    uint64_t clocks, work;                                        // of the core in them; of the CPU between them
    bool running;                                                 // false at first
} qn_client_loop;

// Starts it and stays until it ends. The stop flag ends it after the step it is in: 0 as well, with QN_MB_FINISH_STOP. After QN_ERR_NO_DEVICE
// and a qn_client_reopen that kept it, the same call goes on where the device is by then. No step for twice LIMIT and 100 ms: it hangs, as a command.
int qn_client_generate(qn_client *c, qn_client_loop *loop);

// Waits until the core is not busy. After twice `clocks` and 100 ms it hangs: QN_ERR_TIMEOUT follows on qn_client_recover.
int qn_client_wait(qn_client *c, uint64_t clocks);

// Resets core and firmware and has them give their known answer, in the last 4,096 words of memory, which lose what they hold: 0, or why not.
int qn_client_recover(qn_client *c);

// What the last error was about, one line; empty: no more is known than its text.
const char *qn_client_why(const qn_client *c);

#endif
