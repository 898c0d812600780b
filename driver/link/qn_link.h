// SPDX-License-Identifier: Apache-2.0
// qn_link.h: the contract of the link between host and device, and what both ends share: building a frame and finding frames in bytes.
//
//     uint8_t frame[QN_LINK_FRAME_BYTES];
//     size_t n = qn_link_build(frame, &(qn_link_head){.type = QN_LINK_BELL, .seq = 7, .words = 2, .epoch = e}, payload);
//
//     qn_link_rx rx = {.buf = bytes, .size = sizeof bytes};
//     for (enum qn_link_event ev; (ev = qn_link_rx_next(&rx, &p, &n));)
//         if (ev == QN_LINK_EV_HEAD)
//             wanted(&rx.head) ? qn_link_rx_accept(&rx) : qn_link_rx_refuse(&rx);
//         else
//             act(&rx.head, bytes + QN_LINK_HEAD_BYTES);              // head and payload are whole
//
// Numbers and their meaning: rtl/spec/link.def. The protocol: README.md beside this file. The ends: qn_link_host.h, qn_link_dev.h.
// Nothing here does input or output, allocates or waits. State is plain: it may be copied.
#ifndef QN_LINK_H
#define QN_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// QN_LINK_SYNC, QN_LINK_WINDOW_MAX, ...; QN_LINK_HELLO, ...; QN_LINK_STATUS_RANGE, ...; QN_LINK_HEAD_SEQ_WORD, _LSB, _W, ...
#define QN_LINK_CONST(name, value, text) QN_LINK_##name = value,
#define QN_LINK_HEAD(name, word, lsb, width, text) QN_LINK_HEAD_##name##_WORD = word, QN_LINK_HEAD_##name##_LSB = lsb, QN_LINK_HEAD_##name##_W = width,
#define QN_LINK_TYPE(name, code, least, most, reply, text) QN_LINK_##name = code,
#define QN_LINK_NOTICE(name, code, text) QN_LINK_##name = code,
#define QN_LINK_STATUS(name, code, error, text) QN_LINK_STATUS_##name = code,
#define QN_LINK_WORD(owner, name, word, lsb, width, text) \
    QN_LINK_##owner##_##name##_WORD = word, QN_LINK_##owner##_##name##_LSB = lsb, QN_LINK_##owner##_##name##_W = width,
enum qn_link_number {
#include "rtl/spec/link.def"
    QN_LINK_HELLO_WORDS = 2,
    QN_LINK_REGION_WORDS = 3,
    QN_LINK_NAME_WORDS = 4,
    QN_LINK_WELCOME_WORDS = QN_LINK_WELCOME_MAP_WORD + QN_LINK_REGION_MAX * QN_LINK_REGION_WORDS,   // at most
    QN_LINK_FRAME_BYTES = QN_LINK_HEAD_BYTES + 4 * (1 + QN_LINK_DATA_MAX) + 4,                       // at most: address, data, CRC
    QN_LINK_RX_LEAST = QN_LINK_HEAD_BYTES + 4 * QN_LINK_WELCOME_WORDS + 4,                           // a receiver's buffer, at least
};
#undef QN_LINK_CONST
#undef QN_LINK_HEAD
#undef QN_LINK_TYPE
#undef QN_LINK_NOTICE
#undef QN_LINK_STATUS
#undef QN_LINK_WORD

// Flags of a region
enum { QN_LINK_READABLE = 1, QN_LINK_WRITABLE = 2 };

typedef struct qn_link_region {
    uint32_t base, words;                // word address and size: base + words is at most 2^32
    uint32_t flags;
} qn_link_region;

// Who a device is, as WELCOME tells it.
typedef struct qn_link_id {
    uint32_t id, build;
    uint64_t serial;
    char name[4 * QN_LINK_NAME_WORDS + 1];
    uint16_t regs, bells;
    uint16_t data;                       // words of memory in a frame
    uint8_t window;
    uint8_t n_region;
    qn_link_region region[QN_LINK_REGION_MAX];
} qn_link_id;

typedef struct qn_link_head {
    uint8_t type, status;
    uint16_t seq, words;
    uint32_t epoch;
} qn_link_head;

// A field of a payload.
static inline uint32_t qn_link_part(uint32_t word, unsigned lsb, unsigned width)
{
    return word >> lsb & (uint32_t)((1ull << width) - 1);
}
#define QN_LINK_GET(words, owner, name) \
    qn_link_part((words)[QN_LINK_##owner##_##name##_WORD], QN_LINK_##owner##_##name##_LSB, QN_LINK_##owner##_##name##_W)
#define QN_LINK_PUT(words, owner, name, v) \
    ((words)[QN_LINK_##owner##_##name##_WORD] |= (uint32_t)(v) << QN_LINK_##owner##_##name##_LSB)

// Writes the frame of `head` and 4 * head->words bytes of payload, and returns its bytes. `frame` has room for them;
// the payload may be NULL when it stands in its place in `frame` already.
size_t qn_link_build(uint8_t *frame, const qn_link_head *head, const uint8_t *payload);

// Finding frames in bytes. The buffer is the caller's.
typedef struct qn_link_rx {
    uint8_t *buf;
    uint32_t size;                       // bytes of it: the largest frame that can be accepted; QN_LINK_HEAD_BYTES or more
    uint32_t have;                       // bytes in it
    uint32_t need;                       // bytes of the frame accepted, 0: none
    uint32_t quiet_ms;                   // since the last byte
    qn_link_head head;
    struct qn_link_rx_count {
        uint32_t skipped;                // bytes that belong to no frame
        uint32_t bad;                    // frames whose payload's CRC is wrong
        uint32_t refused;                // heads that were whole but not wanted
        uint32_t gaps;                   // frames that did not end
    } count;
} qn_link_rx;

enum qn_link_event {
    QN_LINK_EV_MORE,                     // all bytes are taken
    QN_LINK_EV_HEAD,                     // rx->head is whole: accept or refuse it before the next call
    QN_LINK_EV_FRAME,                    // so is its payload, which stands behind the head in rx->buf until the next call
};

// Takes bytes from *p, *n up to the next event.
enum qn_link_event qn_link_rx_next(qn_link_rx *rx, const uint8_t **p, size_t *n);
bool qn_link_rx_fits(const qn_link_rx *rx);      // whether the frame of rx->head has room
void qn_link_rx_accept(qn_link_rx *rx);          // it fits
void qn_link_rx_refuse(qn_link_rx *rx);          // what follows is looked through for the next head
void qn_link_rx_pass(qn_link_rx *rx, uint32_t ms);   // time goes by without a byte
void qn_link_rx_clear(qn_link_rx *rx);           // forgets what it has of a frame

#endif
