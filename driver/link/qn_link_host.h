// SPDX-License-Identifier: Apache-2.0
// qn_link_host.h: the host's end of the link: requests of any size, cut into frames, several of them in flight, sent again when lost.
//
//     qn_link_host h;
//     qn_link_host_init(&h, &(qn_link_setup){.rx = buf, .rx_bytes = sizeof buf, .timeout_ms = 100, .tries = 8, .salt = random});
//     qn_link_host_open(&h);                                            // begins with HELLO
//     qn_link_op op = {.type = QN_LINK_WRITE, .addr = 0x1000, .words = 16384, .data = bytes};
//     qn_link_host_submit(&h, &op);
//     while (op.result == QN_LINK_PENDING) {
//         while ((n = qn_link_host_next(&h, frame)))
//             send(frame, n);
//         n = receive(bytes, qn_link_host_due(&h));                     // waits so many ms at most
//         qn_link_host_take(&h, bytes, n);
//         qn_link_host_tick(&h, ms);                                    // since the last tick
//     }
//
// An op and its data are the host's end's from submit until its result is there. Each ends: after `tries` timeouts without an answer at
// the latest. Result 0: it was executed once. QN_ERR_RANGE, _RIGHTS, _UNSUPPORTED, _IO: the device refused some of it and the rest was not
// sent. QN_ERR_RESET, _TIMEOUT: the session is over and what had been sent was executed once or not at all; once a next session has
// answered, it will not be executed anymore. No memory, no threads, no clock, no input or output.
#ifndef QN_LINK_HOST_H
#define QN_LINK_HOST_H

#include "driver/link/qn_link.h"

enum { QN_LINK_PENDING = 1 };

typedef struct qn_link_op {
    uint8_t type;                        // READ, WRITE, REG_READ, REG_WRITE, BELL, RESET of rtl/spec/link.def
    uint32_t addr;                       // word address; register; doorbell; what to reset
    uint32_t words;                      // READ and WRITE: any number
    uint32_t value;                      // REG_WRITE, BELL: to the device; REG_READ: from there
    uint8_t *data;                       // 4 * words bytes, READ: to, WRITE: from
    int result;                          // QN_LINK_PENDING, 0 or a negative qn_err
    // The host's end's
    int err;                             // the first that a frame of it met
    uint32_t issued, open;               // units given to frames; frames without an answer
    struct qn_link_op *next;
} qn_link_op;

typedef struct qn_link_setup {
    uint8_t *rx;                         // QN_LINK_RX_LEAST bytes or more; it bounds the frames asked for
    uint32_t rx_bytes;
    uint32_t timeout_ms;                 // more than a window's way there and back and QN_LINK_GAP_MS
    uint32_t tries;                      // timeouts in a row after which the session is given up, 1 or more
    uint32_t seq_end;                    // requests in a session; 0: QN_LINK_SEQ_END
    uint32_t salt;                       // random
} qn_link_setup;

enum qn_link_state {
    QN_LINK_CLOSED,                      // no session; ops are refused
    QN_LINK_OPENING,                     // HELLO is on its way; ops wait
    QN_LINK_OPEN,
};

typedef struct qn_link_flight {
    qn_link_op *op;                      // NULL: answered
    uint32_t at, words;                  // its part of the op
    bool due;                            // to send, or to send again
    bool hurried;                        // sent again without waiting for the timer
} qn_link_flight;

typedef struct qn_link_host {
    qn_link_setup set;
    qn_link_rx rx;
    enum qn_link_state state;
    int why;                             // error that closed it, 0: none yet
    qn_link_id id;                       // of the device; means something once a session was open
    uint16_t highest;                    // version that the device speaks; means something with QN_ERR_VERSION
    uint32_t boot;                       // of the device
    bool known;                          // boot is of this opening: another one is a reset
    bool hello;                          // to send
    uint16_t tag;                        // of the last HELLO
    uint32_t epoch;
    uint32_t base, seq;                  // oldest request without an answer; next to issue
    uint32_t left_ms, tries;             // to the timeout; timeouts in a row
    qn_link_flight flight[QN_LINK_WINDOW_MAX];
    qn_link_op *first, *last, *issue;    // all ops; the one that frames are made of
    struct qn_link_host_count {
        uint32_t sent, again, timeouts, naks, stale, sessions;
    } count;
} qn_link_host;

void qn_link_host_init(qn_link_host *h, const qn_link_setup *setup);
void qn_link_host_open(qn_link_host *h);             // from CLOSED; elsewhere nothing
void qn_link_host_close(qn_link_host *h, int err);   // every op ends with `err`
void qn_link_host_submit(qn_link_host *h, qn_link_op *op);
void qn_link_host_cancel(qn_link_host *h, qn_link_op *op);   // no further frame of it; it ends, with QN_ERR_STOPPED, when those sent are answered

size_t qn_link_host_next(qn_link_host *h, uint8_t *frame);   // as qn_link_dev_next
void qn_link_host_take(qn_link_host *h, const uint8_t *bytes, size_t n);
void qn_link_host_tick(qn_link_host *h, uint32_t ms);
uint32_t qn_link_host_due(const qn_link_host *h);            // ms until a tick does something; UINT32_MAX: none will

#endif
