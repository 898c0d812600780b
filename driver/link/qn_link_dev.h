// SPDX-License-Identifier: Apache-2.0
// qn_link_dev.h: the device's end of the link, and the law for the RTL's front door: same bytes in, same bytes out.
//
//     qn_link_dev d;
//     qn_link_dev_init(&d, &setup);             // buffers, map, what executes requests
//     qn_link_dev_boot(&d, entropy);            // power-on, and every reset of the device
//     for (;;) {
//         qn_link_dev_take(&d, bytes, n);       // from the host, in any pieces; requests are executed within
//         while ((n = qn_link_dev_next(&d, frame)))
//             send(frame, n);                   // to the host
//         qn_link_dev_tick(&d, ms);             // since the last tick
//     }
//
// Each request of a session is executed once, in order. The replies to the last `window` of them are kept; a request seen before is
// answered from there. Nothing is executed before its CRC is known, nor outside the map.
#ifndef QN_LINK_DEV_H
#define QN_LINK_DEV_H

#include "driver/link/qn_link.h"

// What executes requests: 0, or another value for QN_LINK_STATUS_FAULT. Calls are within map, `regs` and `bells`.
typedef struct qn_link_port {
    int (*read)(void *ctx, uint32_t addr, uint8_t *dst, uint32_t words);
    int (*write)(void *ctx, uint32_t addr, const uint8_t *src, uint32_t words);
    int (*reg_read)(void *ctx, uint32_t reg, uint32_t *value);
    int (*reg_write)(void *ctx, uint32_t reg, uint32_t value);
    int (*bell)(void *ctx, uint32_t bell, uint32_t value);
    int (*reset)(void *ctx, uint32_t what);
} qn_link_port;

// Everything is the caller's and stays there.
typedef struct qn_link_dev_setup {
    const qn_link_port *port;
    void *ctx;
    const qn_link_id *id;                // window: a power of two; data: 1 to QN_LINK_DATA_MAX
    uint8_t *rx;                         // QN_LINK_HEAD_BYTES + 4 * (1 + data) + 4 bytes, and QN_LINK_RX_LEAST at least
    uint32_t rx_bytes;
    uint8_t *replies;                    // 4 * data * window bytes
} qn_link_dev_setup;

typedef struct qn_link_reply {
    uint16_t seq, words;
    uint8_t type, status;
} qn_link_reply;

typedef struct qn_link_dev {
    qn_link_dev_setup set;
    qn_link_rx rx;
    uint32_t boot, nonce;                // of this life; the last epoch made
    uint32_t epoch, offer;               // session, and the one that WELCOME offered; 0: none
    uint32_t expect;                     // sequence number of the next request, 0 to QN_LINK_SEQ_END
    uint32_t due;                        // replies to send: bit (seq mod window)
    uint32_t nak_epoch, nak_seq;         // last NAK: one for each number missing
    uint32_t lost;                       // epoch of the LOST to send
    uint16_t tag;                        // of the WELCOME to send
    uint8_t welcome;                     // 0: none; 1: a good one; 2: no version in common
    bool nak;                            // to send
    qn_link_reply reply[QN_LINK_WINDOW_MAX];
    struct qn_link_dev_count {
        uint32_t executed, repeated, missing, outside, lost;
    } count;
} qn_link_dev;

void qn_link_dev_init(qn_link_dev *d, const qn_link_dev_setup *setup);

// The device starts: no session, no replies. `seed` differs from boot to boot (a free-running counter, a noise source): with it differ
// the epochs.
void qn_link_dev_boot(qn_link_dev *d, uint32_t seed);

void qn_link_dev_take(qn_link_dev *d, const uint8_t *bytes, size_t n);
void qn_link_dev_tick(qn_link_dev *d, uint32_t ms);

// The next frame to send, written to `frame` (QN_LINK_FRAME_BYTES); its bytes, 0: none.
size_t qn_link_dev_next(qn_link_dev *d, uint8_t *frame);

#endif
