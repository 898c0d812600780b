// SPDX-License-Identifier: Apache-2.0
// A receiver hunts with a window of 16 bytes, a byte at a time, for a head whose check is right. Only then does it believe a length,
// and only if its owner wants the frame. The CRC behind the payload goes over words 0 to 2 and the payload, not over CHECK: from a
// check taken in, every head would leave the same residue, and a payload would fit behind any head.
#include "driver/link/qn_link.h"

#include <assert.h>
#include <string.h>

#include "driver/link/qn_crc32c.h"
#include "driver/qn_le.h"

enum { CHECK_AT = 4 * QN_LINK_HEAD_CHECK_WORD };

#define HEAD_PUT(name, v) ((uint32_t)(v) << QN_LINK_HEAD_##name##_LSB)
#define HEAD_GET(p, name) \
    qn_link_part(qn_le32((p) + 4 * QN_LINK_HEAD_##name##_WORD), QN_LINK_HEAD_##name##_LSB, QN_LINK_HEAD_##name##_W)

// `check` is the CRC of words 0 to 2, as word 3 has it.
static uint32_t payload_crc(uint32_t check, const uint8_t *body, size_t n)
{
    return qn_crc32c(check, body, n);
}

size_t qn_link_build(uint8_t *frame, const qn_link_head *head, const uint8_t *payload)
{
    size_t n = 4 * (size_t)head->words;
    uint8_t *body = frame + QN_LINK_HEAD_BYTES;
    qn_le32_put(frame, HEAD_PUT(SYNC, QN_LINK_SYNC) | HEAD_PUT(TYPE, head->type) | HEAD_PUT(STATUS, head->status));
    qn_le32_put(frame + 4, HEAD_PUT(SEQ, head->seq) | HEAD_PUT(WORDS, head->words));
    qn_le32_put(frame + 8, head->epoch);
    uint32_t crc = qn_crc32c(0, frame, CHECK_AT);
    qn_le32_put(frame + CHECK_AT, crc);
    if (!n)
        return QN_LINK_HEAD_BYTES;
    if (payload)
        memcpy(body, payload, n);
    qn_le32_put(body + n, payload_crc(crc, body, n));
    return QN_LINK_HEAD_BYTES + n + 4;
}

static bool head_right(const uint8_t *p)
{
    return HEAD_GET(p, SYNC) == QN_LINK_SYNC && HEAD_GET(p, CHECK) == qn_crc32c(0, p, CHECK_AT);
}

static void take(qn_link_rx *rx, uint32_t upto, const uint8_t **p, size_t *n)
{
    size_t k = upto - rx->have;
    if (k > *n)
        k = *n;
    if (!k)
        return;
    memcpy(rx->buf + rx->have, *p, k);
    rx->have += (uint32_t)k;
    rx->quiet_ms = 0;
    *p += k;
    *n -= k;
}

// Drops bytes up to the next that may begin a head.
static void slide(qn_link_rx *rx)
{
    const uint8_t *next = memchr(rx->buf + 1, QN_LINK_SYNC & 255, rx->have - 1);
    uint32_t gone = next ? (uint32_t)(next - rx->buf) : rx->have;
    rx->have -= gone;
    rx->count.skipped += gone;
    memmove(rx->buf, rx->buf + gone, rx->have);
}

enum qn_link_event qn_link_rx_next(qn_link_rx *rx, const uint8_t **p, size_t *n)
{
    assert(rx->size >= QN_LINK_HEAD_BYTES);
    for (;;) {
        if (!rx->need) {
            take(rx, QN_LINK_HEAD_BYTES, p, n);
            if (rx->have < QN_LINK_HEAD_BYTES)
                return QN_LINK_EV_MORE;
            if (head_right(rx->buf)) {
                rx->head = (qn_link_head){
                    .type = (uint8_t)HEAD_GET(rx->buf, TYPE), .status = (uint8_t)HEAD_GET(rx->buf, STATUS),
                    .seq = (uint16_t)HEAD_GET(rx->buf, SEQ), .words = (uint16_t)HEAD_GET(rx->buf, WORDS),
                    .epoch = HEAD_GET(rx->buf, EPOCH),
                };
                return QN_LINK_EV_HEAD;
            }
            slide(rx);
            continue;
        }
        take(rx, rx->need, p, n);
        if (rx->have < rx->need)
            return QN_LINK_EV_MORE;
        size_t n_body = 4 * (size_t)rx->head.words;
        const uint8_t *body = rx->buf + QN_LINK_HEAD_BYTES;
        qn_link_rx_clear(rx);
        if (!n_body || payload_crc(qn_le32(rx->buf + CHECK_AT), body, n_body) == qn_le32(body + n_body))
            return QN_LINK_EV_FRAME;
        rx->count.bad++;
    }
}

static size_t frame_bytes(const qn_link_head *head)
{
    return QN_LINK_HEAD_BYTES + (head->words ? 4 * (size_t)head->words + 4 : 0);
}

bool qn_link_rx_fits(const qn_link_rx *rx)
{
    return frame_bytes(&rx->head) <= rx->size;
}

void qn_link_rx_accept(qn_link_rx *rx)
{
    assert(!rx->need && rx->have == QN_LINK_HEAD_BYTES && qn_link_rx_fits(rx));
    rx->need = (uint32_t)frame_bytes(&rx->head);
}

void qn_link_rx_refuse(qn_link_rx *rx)
{
    assert(!rx->need && rx->have == QN_LINK_HEAD_BYTES);
    rx->count.refused++;
    qn_link_rx_clear(rx);
}

void qn_link_rx_pass(qn_link_rx *rx, uint32_t ms)
{
    if (!rx->have)
        return;
    rx->quiet_ms += ms < QN_LINK_GAP_MS ? ms : QN_LINK_GAP_MS;
    if (rx->quiet_ms < QN_LINK_GAP_MS)
        return;
    rx->count.gaps++;
    qn_link_rx_clear(rx);
}

void qn_link_rx_clear(qn_link_rx *rx)
{
    rx->have = rx->need = rx->quiet_ms = 0;
}
