// SPDX-License-Identifier: Apache-2.0
// The order of the questions is the protocol: is the head whole, is its epoch ours, does it fit, is the payload whole, is the number
// the next one, is the request allowed. Only then does anything happen.
#include "driver/link/qn_link_dev.h"

#include <assert.h>
#include <string.h>

#include "driver/qn_le.h"

static const uint32_t epoch_step = 0x9e3779b1;   // odd: 2^32 epochs before one comes again

void qn_link_dev_init(qn_link_dev *d, const qn_link_dev_setup *setup)
{
    const qn_link_id *id = setup->id;
    assert(id->window && id->window <= QN_LINK_WINDOW_MAX && !(id->window & (id->window - 1)));
    assert(id->data && id->data <= QN_LINK_DATA_MAX && id->n_region <= QN_LINK_REGION_MAX);
    assert(setup->rx_bytes >= QN_LINK_RX_LEAST && setup->rx_bytes >= QN_LINK_HEAD_BYTES + 4u * (1u + id->data) + 4u);
    memset(d, 0, sizeof *d);
    d->set = *setup;
}

void qn_link_dev_boot(qn_link_dev *d, uint32_t seed)
{
    qn_link_dev_setup set = d->set;
    memset(d, 0, sizeof *d);
    d->set = set;
    d->rx.buf = set.rx;
    d->rx.size = set.rx_bytes;
    d->boot = d->nonce = seed;
}

// Execution

static uint8_t in_map(const qn_link_id *id, uint32_t addr, uint32_t words, uint32_t right)
{
    for (uint32_t i = 0; i < id->n_region; i++) {
        const qn_link_region *r = &id->region[i];
        if (addr >= r->base && addr - r->base < r->words && words <= r->words - (addr - r->base))
            return r->flags & right ? QN_LINK_STATUS_OK : QN_LINK_STATUS_RIGHTS;
    }
    return QN_LINK_STATUS_RANGE;
}

static uint8_t fault(int failed)
{
    return failed ? QN_LINK_STATUS_FAULT : QN_LINK_STATUS_OK;
}

// Executes, writes the reply's payload to `out` (`data` words) and its size to *words.
static uint8_t execute(qn_link_dev *d, const qn_link_head *head, const uint8_t *payload, uint8_t *out, uint16_t *words)
{
    const qn_link_id *id = d->set.id;
    const qn_link_port *port = d->set.port;
    void *ctx = d->set.ctx;
    uint32_t DATA = id->data, least, most, reply;
    switch (head->type) {
#define QN_LINK_CONST(name, value, text)
#define QN_LINK_HEAD(name, word, lsb, width, text)
#define QN_LINK_TYPE(name, code, least_, most_, reply_, text) case code: least = least_, most = most_, reply = reply_; break;
#define QN_LINK_NOTICE(name, code, text)
#define QN_LINK_STATUS(name, code, error, text)
#define QN_LINK_WORD(owner, name, word, lsb, width, text)
#include "rtl/spec/link.def"
    default: return QN_LINK_STATUS_TYPE;
    }
    if (head->words < least || head->words > most)
        return QN_LINK_STATUS_LENGTH;
    uint32_t at = qn_le32(payload), n = head->words > 1 ? qn_le32(payload + 4) : 0, value = 0;
    uint8_t status;
    switch (head->type) {
    case QN_LINK_READ:
        if (!n || n > DATA)
            return QN_LINK_STATUS_LENGTH;
        if ((status = in_map(id, at, n, QN_LINK_READABLE)) == QN_LINK_STATUS_OK)
            status = fault(port->read(ctx, at, out, n));
        reply = n;
        break;
    case QN_LINK_WRITE:
        if ((status = in_map(id, at, head->words - 1u, QN_LINK_WRITABLE)) == QN_LINK_STATUS_OK)
            status = fault(port->write(ctx, at, payload + 4, head->words - 1u));
        break;
    case QN_LINK_REG_READ:
        status = at < id->regs ? fault(port->reg_read(ctx, at, &value)) : QN_LINK_STATUS_RANGE;
        qn_le32_put(out, value);
        break;
    case QN_LINK_REG_WRITE:
        status = at < id->regs ? fault(port->reg_write(ctx, at, n)) : QN_LINK_STATUS_RANGE;
        break;
    case QN_LINK_BELL:
        status = at < id->bells ? fault(port->bell(ctx, at, n)) : QN_LINK_STATUS_RANGE;
        break;
    default:                             // RESET: HELLO does not come here
        status = fault(port->reset(ctx, at));
    }
    if (status == QN_LINK_STATUS_OK)
        *words = (uint16_t)reply;
    return status;
}

// The session

static void hello(qn_link_dev *d, const qn_link_head *head, const uint8_t *payload)
{
    uint32_t w[QN_LINK_HELLO_WORDS] = {qn_le32(payload), qn_le32(payload + 4)};
    d->nonce ^= QN_LINK_GET(w, HELLO, SALT);
    do
        d->nonce += epoch_step;
    while (!d->nonce || d->nonce == d->epoch);
    bool good = QN_LINK_GET(w, HELLO, LOWEST) <= QN_LINK_VERSION && QN_LINK_GET(w, HELLO, HIGHEST) >= QN_LINK_VERSION;
    d->offer = good ? d->nonce : 0;
    d->tag = head->seq;
    d->welcome = good ? 1 : 2;
}

// A request past a gap: one NAK for each number missing.
static void missing(qn_link_dev *d)
{
    d->count.missing++;
    if (d->nak_epoch == d->epoch && d->nak_seq == d->expect)
        return;
    d->nak_epoch = d->epoch;
    d->nak_seq = d->expect;
    d->nak = true;
}

// A request of session or offer. `payload` NULL: it is larger than any frame of ours.
static void request(qn_link_dev *d, const qn_link_head *head, const uint8_t *payload)
{
    uint32_t window = d->set.id->window, seq = head->seq, slot = seq & (window - 1);
    if (head->epoch != d->epoch) {
        d->epoch = d->offer;
        d->offer = d->expect = d->due = 0;
    }
    if (seq == d->expect) {
        qn_link_reply *r = &d->reply[slot];
        *r = (qn_link_reply){.seq = head->seq, .type = head->type, .status = QN_LINK_STATUS_LENGTH};
        if (payload)
            r->status = execute(d, head, payload, d->set.replies + (size_t)slot * 4 * d->set.id->data, &r->words);
        d->expect++;
        d->due |= 1u << slot;
        d->nak = false;
        d->count.executed++;
    } else if (seq < d->expect && d->expect - seq <= window) {
        d->due |= 1u << slot;
        d->count.repeated++;
    } else if (seq > d->expect && seq - d->expect < window) {
        missing(d);
    } else {
        d->count.outside++;
    }
}

// Whether the payload behind this head is worth having.
static bool admit(qn_link_dev *d, const qn_link_head *head)
{
    if (head->type & QN_LINK_REPLY)
        return false;
    if (head->type == QN_LINK_HELLO)
        return head->words == QN_LINK_HELLO_WORDS;
    if (!head->epoch || (head->epoch != d->epoch && head->epoch != d->offer)) {
        d->lost = head->epoch;
        d->count.lost++;
        return false;
    }
    if (head->words && head->words <= d->set.id->data + 1u)
        return true;
    request(d, head, NULL);
    return false;
}

void qn_link_dev_take(qn_link_dev *d, const uint8_t *bytes, size_t n)
{
    for (enum qn_link_event ev; (ev = qn_link_rx_next(&d->rx, &bytes, &n));) {
        const uint8_t *payload = d->rx.buf + QN_LINK_HEAD_BYTES;
        if (ev == QN_LINK_EV_HEAD && admit(d, &d->rx.head))
            qn_link_rx_accept(&d->rx);
        else if (ev == QN_LINK_EV_HEAD)
            qn_link_rx_refuse(&d->rx);
        else if (d->rx.head.type == QN_LINK_HELLO)
            hello(d, &d->rx.head, payload);
        else
            request(d, &d->rx.head, payload);
    }
}

void qn_link_dev_tick(qn_link_dev *d, uint32_t ms)
{
    qn_link_rx_pass(&d->rx, ms);
}

// Frames out

static size_t welcome(qn_link_dev *d, uint8_t *frame)
{
    const qn_link_id *id = d->set.id;
    uint32_t w[QN_LINK_WELCOME_WORDS] = {0}, n = QN_LINK_WELCOME_MAP_WORD + (uint32_t)id->n_region * QN_LINK_REGION_WORDS;
    QN_LINK_PUT(w, WELCOME, LOWEST, QN_LINK_VERSION);
    QN_LINK_PUT(w, WELCOME, HIGHEST, QN_LINK_VERSION);
    QN_LINK_PUT(w, WELCOME, WINDOW, id->window);
    QN_LINK_PUT(w, WELCOME, REGIONS, id->n_region);
    QN_LINK_PUT(w, WELCOME, DATA, id->data);
    QN_LINK_PUT(w, WELCOME, BOOT, d->boot);
    QN_LINK_PUT(w, WELCOME, ID, id->id);
    QN_LINK_PUT(w, WELCOME, REGS, id->regs);
    QN_LINK_PUT(w, WELCOME, BELLS, id->bells);
    QN_LINK_PUT(w, WELCOME, BUILD, id->build);
    QN_LINK_PUT(w, WELCOME, SERIAL0, id->serial);
    QN_LINK_PUT(w, WELCOME, SERIAL1, id->serial >> 32);
    for (uint32_t i = 0; i < QN_LINK_NAME_WORDS; i++)
        w[QN_LINK_WELCOME_NAME_WORD + i] = qn_le32((const uint8_t *)id->name + 4 * i);
    for (uint32_t i = 0; i < id->n_region; i++) {
        uint32_t *r = &w[QN_LINK_WELCOME_MAP_WORD + i * QN_LINK_REGION_WORDS];
        r[0] = id->region[i].base;
        r[1] = id->region[i].words;
        r[2] = id->region[i].flags;
    }
    for (uint32_t i = 0; i < n; i++)
        qn_le32_put(frame + QN_LINK_HEAD_BYTES + 4 * i, w[i]);
    qn_link_head head = {.type = QN_LINK_HELLO | QN_LINK_REPLY, .seq = d->tag, .words = (uint16_t)n, .epoch = d->offer,
                         .status = d->welcome == 1 ? QN_LINK_STATUS_OK : QN_LINK_STATUS_VERSION};
    d->welcome = 0;
    return qn_link_build(frame, &head, NULL);
}

size_t qn_link_dev_next(qn_link_dev *d, uint8_t *frame)
{
    uint32_t window = d->set.id->window;
    if (d->welcome)
        return welcome(d, frame);
    if (d->lost) {
        qn_link_head head = {.type = QN_LINK_LOST, .epoch = d->lost};
        d->lost = 0;
        return qn_link_build(frame, &head, NULL);
    }
    if (d->nak) {
        d->nak = false;
        return qn_link_build(frame, &(qn_link_head){.type = QN_LINK_NAK, .seq = (uint16_t)d->nak_seq, .epoch = d->nak_epoch}, NULL);
    }
    for (uint32_t back = d->expect < window ? d->expect : window; d->due && back; back--) {
        uint32_t slot = (d->expect - back) & (window - 1);
        const qn_link_reply *r = &d->reply[slot];
        if (!(d->due >> slot & 1))
            continue;
        d->due &= ~(1u << slot);
        return qn_link_build(frame, &(qn_link_head){.type = r->type | QN_LINK_REPLY, .status = r->status, .seq = r->seq, .words = r->words,
                                                    .epoch = d->epoch}, d->set.replies + (size_t)slot * 4 * d->set.id->data);
    }
    return 0;
}
