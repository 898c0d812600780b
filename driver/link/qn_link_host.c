// SPDX-License-Identifier: Apache-2.0
// A request in flight is remembered as the part of an op that it carries; its frame is made again whenever it is sent. Its place is its
// number modulo the largest window, so a number is in flight at most once.
#include "driver/link/qn_link_host.h"

#include <assert.h>
#include <string.h>

#include "driver/qn_err.h"
#include "driver/qn_le.h"

void qn_link_host_init(qn_link_host *h, const qn_link_setup *setup)
{
    assert(setup->rx_bytes >= QN_LINK_RX_LEAST && setup->timeout_ms && setup->tries && setup->seq_end <= QN_LINK_SEQ_END);
    memset(h, 0, sizeof *h);
    h->set = *setup;
    if (!h->set.seq_end)
        h->set.seq_end = QN_LINK_SEQ_END;
    h->rx.buf = setup->rx;
    h->rx.size = setup->rx_bytes;
    h->tag = (uint16_t)(setup->salt >> 16);
}

// Ops

static bool bulk(const qn_link_op *op)
{
    return op->type == QN_LINK_READ || op->type == QN_LINK_WRITE;
}

static uint32_t units(const qn_link_op *op)
{
    return bulk(op) ? op->words : 1;
}

static void finish(qn_link_host *h, qn_link_op *op, int result)
{
    qn_link_op **p = &h->first, *before = NULL;
    for (; *p != op; p = &(*p)->next)
        before = *p;
    *p = op->next;
    if (h->last == op)
        h->last = before;
    if (h->issue == op)
        h->issue = op->next;
    op->next = NULL;
    op->result = result;
}

static void finish_if_done(qn_link_host *h, qn_link_op *op)
{
    if (!op->open && (op->err || op->issued == units(op)))
        finish(h, op, op->err);
}

void qn_link_host_submit(qn_link_host *h, qn_link_op *op)
{
    op->issued = op->open = 0;
    op->err = 0;
    op->next = NULL;
    op->result = QN_LINK_PENDING;
    if (op->type <= QN_LINK_HELLO || op->type > QN_LINK_RESET)
        op->result = QN_ERR_USAGE;
    else if (bulk(op) && op->words && op->words - 1 > UINT32_MAX - op->addr)
        op->result = QN_ERR_RANGE;
    else if (h->state == QN_LINK_CLOSED)
        op->result = h->why ? h->why : QN_ERR_NO_DEVICE;
    else if (!units(op))
        op->result = 0;
    if (op->result != QN_LINK_PENDING)
        return;
    if (h->last)
        h->last->next = op;
    else
        h->first = op;
    h->last = op;
    if (!h->issue)
        h->issue = op;
}

void qn_link_host_cancel(qn_link_host *h, qn_link_op *op)
{
    if (op->result != QN_LINK_PENDING)
        return;
    if (!op->err)
        op->err = QN_ERR_STOPPED;
    finish_if_done(h, op);
}

// The session

static void start_timer(qn_link_host *h)
{
    h->left_ms = h->set.timeout_ms;
    h->tries = 0;
}

static void say_hello(qn_link_host *h)
{
    h->state = QN_LINK_OPENING;
    h->hello = true;
    h->tag++;
    h->left_ms = h->set.timeout_ms;
}

void qn_link_host_open(qn_link_host *h)
{
    if (h->state != QN_LINK_CLOSED)
        return;
    h->known = false;
    h->why = 0;
    h->tries = 0;
    say_hello(h);
}

void qn_link_host_close(qn_link_host *h, int err)
{
    h->state = QN_LINK_CLOSED;
    h->why = err;
    h->hello = false;
    h->base = h->seq = h->epoch = h->left_ms = h->tries = 0;
    memset(h->flight, 0, sizeof h->flight);
    while (h->first)
        finish(h, h->first, h->first->err ? h->first->err : err);
}

static qn_link_flight *flight(qn_link_host *h, uint32_t seq)
{
    return &h->flight[seq % QN_LINK_WINDOW_MAX];
}

static size_t build(const qn_link_host *h, const qn_link_flight *f, uint32_t seq, uint8_t *frame)
{
    const qn_link_op *op = f->op;
    uint8_t *payload = frame + QN_LINK_HEAD_BYTES;
    qn_link_head head = {.type = op->type, .seq = (uint16_t)seq, .words = 2, .epoch = h->epoch};
    qn_le32_put(payload, op->addr + (bulk(op) ? f->at : 0));
    if (op->type == QN_LINK_WRITE) {
        memcpy(payload + 4, op->data + 4 * (size_t)f->at, 4 * (size_t)f->words);
        head.words = (uint16_t)(1 + f->words);
    } else if (op->type == QN_LINK_READ) {
        qn_le32_put(payload + 4, f->words);
    } else if (op->type == QN_LINK_REG_WRITE || op->type == QN_LINK_BELL) {
        qn_le32_put(payload + 4, op->value);
    } else {
        head.words = 1;
    }
    return qn_link_build(frame, &head, NULL);
}

// Puts the next part of an op in flight, if there is one.
static bool issue(qn_link_host *h)
{
    while (h->issue && (h->issue->err || h->issue->issued == units(h->issue)))
        h->issue = h->issue->next;
    qn_link_op *op = h->issue;
    if (!op)
        return false;
    uint32_t left = units(op) - op->issued, words = left < h->id.data ? left : h->id.data;
    *flight(h, h->seq) = (qn_link_flight){.op = op, .at = op->issued, .words = words, .due = true};
    op->issued += words;
    op->open++;
    if (h->base == h->seq)
        start_timer(h);
    h->seq++;
    return true;
}

size_t qn_link_host_next(qn_link_host *h, uint8_t *frame)
{
    if (h->state == QN_LINK_OPENING && h->hello) {
        uint32_t w[QN_LINK_HELLO_WORDS] = {0};
        QN_LINK_PUT(w, HELLO, LOWEST, QN_LINK_VERSION);
        QN_LINK_PUT(w, HELLO, HIGHEST, QN_LINK_VERSION);
        QN_LINK_PUT(w, HELLO, SALT, h->set.salt);
        for (uint32_t i = 0; i < QN_LINK_HELLO_WORDS; i++)
            qn_le32_put(frame + QN_LINK_HEAD_BYTES + 4 * i, w[i]);
        h->hello = false;
        h->count.sent++;
        return qn_link_build(frame, &(qn_link_head){.type = QN_LINK_HELLO, .seq = h->tag, .words = QN_LINK_HELLO_WORDS}, NULL);
    }
    if (h->state != QN_LINK_OPEN)
        return 0;
    uint32_t seq = h->base;
    while (seq < h->seq && !flight(h, seq)->due)
        seq++;
    if (seq == h->seq && (seq - h->base == h->id.window || seq == h->set.seq_end || !issue(h)))
        return 0;
    qn_link_flight *f = flight(h, seq);
    f->due = false;
    h->count.sent++;
    return build(h, f, seq, frame);
}

// Sends requests first..end-1 again, as far as they are not answered; `hurry`: only those for which that was not done before.
static void again(qn_link_host *h, uint32_t first, uint32_t end, bool hurry)
{
    for (uint32_t seq = first; seq < end; seq++) {
        qn_link_flight *f = flight(h, seq);
        if (!f->op || f->due || (hurry && f->hurried))
            continue;
        f->due = true;
        f->hurried = hurry;
        h->count.again++;
    }
}

void qn_link_host_tick(qn_link_host *h, uint32_t ms)
{
    qn_link_rx_pass(&h->rx, ms);
    if (h->state == QN_LINK_CLOSED || (h->state == QN_LINK_OPEN && h->base == h->seq))
        return;
    if (ms < h->left_ms) {
        h->left_ms -= ms;
        return;
    }
    h->count.timeouts++;
    if (++h->tries == h->set.tries) {
        qn_link_host_close(h, h->state == QN_LINK_OPENING ? QN_ERR_NO_DEVICE : QN_ERR_TIMEOUT);
        return;
    }
    h->left_ms = h->set.timeout_ms;
    if (h->state == QN_LINK_OPENING)
        say_hello(h);
    else
        again(h, h->base, h->seq, false);
}

uint32_t qn_link_host_due(const qn_link_host *h)
{
    return h->state == QN_LINK_CLOSED || (h->state == QN_LINK_OPEN && h->base == h->seq) ? UINT32_MAX : h->left_ms;
}

// Frames in

// Takes the identity; false: it is not one.
static bool learn(qn_link_host *h, const qn_link_head *head, const uint8_t *payload, uint32_t *boot)
{
    uint32_t w[QN_LINK_WELCOME_WORDS] = {0};
    for (uint32_t i = 0; i < head->words; i++)
        w[i] = qn_le32(payload + 4 * i);
    qn_link_id id = {
        .id = QN_LINK_GET(w, WELCOME, ID), .build = QN_LINK_GET(w, WELCOME, BUILD),
        .serial = QN_LINK_GET(w, WELCOME, SERIAL0) | (uint64_t)QN_LINK_GET(w, WELCOME, SERIAL1) << 32,
        .regs = (uint16_t)QN_LINK_GET(w, WELCOME, REGS), .bells = (uint16_t)QN_LINK_GET(w, WELCOME, BELLS),
        .data = (uint16_t)QN_LINK_GET(w, WELCOME, DATA), .window = (uint8_t)QN_LINK_GET(w, WELCOME, WINDOW),
        .n_region = (uint8_t)QN_LINK_GET(w, WELCOME, REGIONS),
    };
    if (!id.data || id.data > QN_LINK_DATA_MAX || !id.window || id.window > QN_LINK_WINDOW_MAX || (id.window & (id.window - 1)) ||
        id.n_region > QN_LINK_REGION_MAX || head->words != QN_LINK_WELCOME_MAP_WORD + id.n_region * QN_LINK_REGION_WORDS || !head->epoch)
        return false;
    memcpy(id.name, payload + 4 * QN_LINK_WELCOME_NAME_WORD, 4 * QN_LINK_NAME_WORDS);
    for (uint32_t i = 0; i < id.n_region; i++) {
        const uint32_t *r = &w[QN_LINK_WELCOME_MAP_WORD + i * QN_LINK_REGION_WORDS];
        id.region[i] = (qn_link_region){.base = r[0], .words = r[1], .flags = r[2]};
        if (r[1] && r[1] - 1 > UINT32_MAX - r[0])
            return false;
    }
    uint32_t room = (h->rx.size - QN_LINK_HEAD_BYTES - 4) / 4;
    if (id.data > room)
        id.data = (uint16_t)room;
    *boot = QN_LINK_GET(w, WELCOME, BOOT);
    h->id = id;
    return true;
}

static void welcome(qn_link_host *h, const qn_link_head *head, const uint8_t *payload)
{
    uint32_t boot = 0;
    if (head->status == QN_LINK_STATUS_VERSION) {
        if (head->words > QN_LINK_WELCOME_HIGHEST_WORD)
            h->highest = (uint16_t)(qn_le32(payload + 4 * QN_LINK_WELCOME_HIGHEST_WORD) >> QN_LINK_WELCOME_HIGHEST_LSB);
        qn_link_host_close(h, QN_ERR_VERSION);
    } else if (head->status != QN_LINK_STATUS_OK || !learn(h, head, payload, &boot)) {
        qn_link_host_close(h, QN_ERR_LINK);
    } else if (h->known && boot != h->boot) {
        qn_link_host_close(h, QN_ERR_RESET);
    } else {
        h->state = QN_LINK_OPEN;
        h->known = true;
        h->boot = boot;
        h->epoch = head->epoch;
        h->base = h->seq = 0;
        h->count.sessions++;
    }
}

static int status_err(uint8_t status)
{
    switch (status) {
#define QN_LINK_CONST(name, value, text)
#define QN_LINK_HEAD(name, word, lsb, width, text)
#define QN_LINK_TYPE(name, code, least, most, reply, text)
#define QN_LINK_NOTICE(name, code, text)
#define QN_LINK_STATUS(name, code, error, text) case code: return QN_##error;
#define QN_LINK_WORD(owner, name, word, lsb, width, text)
#include "rtl/spec/link.def"
    default: return QN_ERR_LINK;
    }
}

static void answer(qn_link_host *h, const qn_link_head *head, const uint8_t *payload)
{
    uint32_t seq = head->seq;
    qn_link_flight *f = flight(h, seq);
    if (seq < h->base || seq >= h->seq || !f->op) {
        h->count.stale++;
        return;
    }
    qn_link_op *op = f->op;
    uint32_t words = op->type == QN_LINK_READ ? f->words : op->type == QN_LINK_REG_READ ? 1 : 0;
    int err = status_err(head->status);
    if (head->type != (op->type | QN_LINK_REPLY) || head->words != (head->status ? 0 : words))
        err = QN_ERR_LINK;
    if (!err && op->type == QN_LINK_READ)
        memcpy(op->data + 4 * (size_t)f->at, payload, 4 * (size_t)words);
    if (!err && op->type == QN_LINK_REG_READ)
        op->value = qn_le32(payload);
    if (err && !op->err)
        op->err = err;
    op->open--;
    f->op = NULL;
    f->due = false;
    while (h->base < h->seq && !flight(h, h->base)->op)
        h->base++;
    start_timer(h);
    again(h, h->base, seq, true);            // replies come in order: those before it are lost
    finish_if_done(h, op);
    if (h->base == h->set.seq_end)           // the numbers are used up and all is answered
        say_hello(h);
}

// Whether the frame of this head is for us, now.
static bool admit(qn_link_host *h, const qn_link_head *head)
{
    bool hello = head->type == (QN_LINK_HELLO | QN_LINK_REPLY);
    bool ours = hello ? h->state == QN_LINK_OPENING && head->seq == h->tag && !h->hello && head->words <= QN_LINK_WELCOME_WORDS
                      : h->state == QN_LINK_OPEN && head->epoch == h->epoch && head->type & QN_LINK_REPLY;
    if (!ours)
        h->count.stale++;
    return ours && qn_link_rx_fits(&h->rx);
}

static void frame_in(qn_link_host *h, const qn_link_head *head, const uint8_t *payload)
{
    if (head->type == (QN_LINK_HELLO | QN_LINK_REPLY)) {
        welcome(h, head, payload);
    } else if (head->type == QN_LINK_LOST) {
        qn_link_host_close(h, QN_ERR_RESET);
    } else if (head->type == QN_LINK_NAK) {
        h->count.naks++;
        if (head->seq >= h->base)
            again(h, head->seq, h->seq, true);
    } else {
        answer(h, head, payload);
    }
}

void qn_link_host_take(qn_link_host *h, const uint8_t *bytes, size_t n)
{
    for (enum qn_link_event ev; (ev = qn_link_rx_next(&h->rx, &bytes, &n));) {
        if (ev == QN_LINK_EV_FRAME)
            frame_in(h, &h->rx.head, h->rx.buf + QN_LINK_HEAD_BYTES);
        else if (admit(h, &h->rx.head))
            qn_link_rx_accept(&h->rx);
        else
            qn_link_rx_refuse(&h->rx);
    }
}
