// SPDX-License-Identifier: Apache-2.0
#include "tests/driver/usbip.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "driver/wire/qn_usb.h"

enum { CMD_SUBMIT = 1, CMD_UNLINK = 2, RET_SUBMIT = 3, RET_UNLINK = 4, WORDS = USBIP_HEAD / 4, SETUP_AT = 40, ENDPOINTS = 16 };
#define NO_PACKETS UINT32_MAX                        // of an isochronous transfer: how some kernels say that it is none

// Words of a head, most significant byte first
enum { COMMAND, SEQNUM, DEVID, DIRECTION, EP };
enum { SUBMIT_FLAGS = 5, SUBMIT_LENGTH, SUBMIT_START, SUBMIT_PACKETS, SUBMIT_INTERVAL };
enum { UNLINK_SEQNUM = 5 };
enum { RET_STATUS = 5, RET_LENGTH };

typedef struct pending {
    uint32_t seqnum, length;
    bool in;
} pending;

struct usbip {
    usb_device *d;
    int fd;
    uint32_t devid;
    pending wait[USBIP_PENDING];         // the oldest first
    unsigned n_wait;
    size_t n_in;
    uint8_t in[USBIP_HEAD + USBIP_DATA], out[USBIP_HEAD + USBIP_DATA];
};

int usbip_open(usbip **out, usb_device *d, int fd, uint32_t devid)
{
    usbip *u = *out = calloc(1, sizeof *u);
    if (!u)
        return QN_ERR_NOMEM;
    u->d = d;
    u->fd = fd;
    u->devid = devid;
    return 0;
}

void usbip_close(usbip *u)
{
    free(u);
}

bool usbip_waits(const usbip *u)
{
    return u->n_wait;
}

static uint32_t word(const uint8_t *head, unsigned i)
{
    const uint8_t *p = head + 4 * i;
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static void put(uint8_t *head, unsigned i, uint32_t v)
{
    for (int k = 0; k < 4; k++)
        head[4 * i + (unsigned)k] = (uint8_t)(v >> (24 - 8 * k));
}

// The head in u->out, and `n` bytes of data that are there behind it.
static int answer(usbip *u, uint32_t command, uint32_t seqnum, int status, uint32_t length, size_t n)
{
    memset(u->out, 0, USBIP_HEAD);
    put(u->out, COMMAND, command);
    put(u->out, SEQNUM, seqnum);
    put(u->out, RET_STATUS, (uint32_t)status);
    if (command == RET_SUBMIT)
        put(u->out, RET_LENGTH, length);
    const uint8_t *p = u->out;
    for (n += USBIP_HEAD; n;) {
        ssize_t k = send(u->fd, p, n, MSG_NOSIGNAL);
        if (k < 0 && errno == EINTR)
            continue;
        if (k <= 0)
            return QN_ERR_NO_DEVICE;
        p += k;
        n -= (size_t)k;
    }
    return 0;
}

static unsigned find(const usbip *u, uint32_t seqnum)
{
    unsigned i = 0;
    while (i < u->n_wait && u->wait[i].seqnum != seqnum)
        i++;
    return i;
}

static void forget(usbip *u, unsigned i)
{
    memmove(&u->wait[i], &u->wait[i + 1], (--u->n_wait - i) * sizeof *u->wait);
}

// Bytes for the oldest transfers that wait for some.
static int feed(usbip *u)
{
    int err = 0;
    for (unsigned i = 0; i < u->n_wait && !err;) {
        pending p = u->wait[i];
        size_t n = p.in ? usb_device_in(u->d, u->out + USBIP_HEAD, p.length) : 0;
        if (p.in && !n)
            break;
        if (n) {
            forget(u, i);
            err = answer(u, RET_SUBMIT, p.seqnum, 0, (uint32_t)n, n);
        } else {
            i++;
        }
    }
    return err;
}

static int control(usbip *u, uint32_t seqnum, const uint8_t *setup, bool in, uint32_t length)
{
    int n = in == !!(setup[0] & 0x80) || !length ? usb_device_control(u->d, setup, u->out + USBIP_HEAD, in ? length : 0) : -1;
    if (n >= 0 && setup[0] == 0 && setup[1] == 9)    // SET_CONFIGURATION: all that comes over USB/IP of a port's reset
        usb_device_reset(u->d);
    return answer(u, RET_SUBMIT, seqnum, n < 0 ? -EPIPE : 0, n < 0 ? 0 : in ? (uint32_t)n : length, n > 0 && in ? (size_t)n : 0);
}

static int submit(usbip *u, const uint8_t *head, const uint8_t *data)
{
    uint32_t seqnum = word(head, SEQNUM), length = word(head, SUBMIT_LENGTH);
    bool in = word(head, DIRECTION);
    unsigned ep = word(head, EP) | (in ? 0x80 : 0);
    if (word(head, EP) == 0)
        return control(u, seqnum, head + SETUP_AT, in, length);
    if ((ep != QN_USB_OUT && ep != QN_USB_IN) || !usb_device_configured(u->d))
        return answer(u, RET_SUBMIT, seqnum, -EPIPE, 0, 0);
    if (!in && usb_device_out(u->d, data, length))
        return answer(u, RET_SUBMIT, seqnum, 0, length, 0);
    if (!usb_device_plugged(u->d))
        return QN_ERR_NO_DEVICE;
    if (u->n_wait == USBIP_PENDING)
        return answer(u, RET_SUBMIT, seqnum, -ENOMEM, 0, 0);
    u->wait[u->n_wait++] = (pending){seqnum, length, in};
    return 0;
}

// A transfer that is answered already is none to be taken back: 0 says so.
static int unlink_one(usbip *u, const uint8_t *head)
{
    unsigned i = find(u, word(head, UNLINK_SEQNUM));
    int status = i < u->n_wait ? -ECONNRESET : 0;
    if (status)
        forget(u, i);
    return answer(u, RET_UNLINK, word(head, SEQNUM), status, 0, 0);
}

// Bytes of data behind a head, or QN_ERR_LINK.
static int data_of(const usbip *u, const uint8_t *head)
{
    uint32_t length = word(head, SUBMIT_LENGTH), packets = word(head, SUBMIT_PACKETS);
    if (word(head, DEVID) != u->devid || word(head, DIRECTION) > 1 || word(head, EP) >= ENDPOINTS)
        return QN_ERR_LINK;
    if (word(head, COMMAND) == CMD_UNLINK)
        return 0;
    if (word(head, COMMAND) != CMD_SUBMIT || length > USBIP_DATA || (packets && packets != NO_PACKETS) || find(u, word(head, SEQNUM)) < u->n_wait)
        return QN_ERR_LINK;
    return word(head, DIRECTION) ? 0 : (int)length;
}

// Whole packets of what came.
static int act(usbip *u)
{
    size_t at = 0;
    int err = 0;
    while (!err && u->n_in - at >= USBIP_HEAD) {
        const uint8_t *head = u->in + at;
        int n = data_of(u, head);
        if (n < 0)
            return n;
        if (u->n_in - at < USBIP_HEAD + (size_t)n)
            break;
        at += USBIP_HEAD + (size_t)n;
        err = word(head, COMMAND) == CMD_SUBMIT ? submit(u, head, head + USBIP_HEAD) : unlink_one(u, head);
    }
    u->n_in -= at;
    memmove(u->in, u->in + at, u->n_in);
    return err;
}

int usbip_step(usbip *u)
{
    ssize_t n = 0;
    int err = 0;
    while (!err && (n = recv(u->fd, u->in + u->n_in, sizeof u->in - u->n_in, MSG_DONTWAIT)) != 0) {
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            break;
        u->n_in += (size_t)n;
        err = act(u);
    }
    if (!err && (n == 0 || (errno != EAGAIN && errno != EWOULDBLOCK)))
        err = QN_ERR_NO_DEVICE;
    if (!err)
        err = feed(u);
    return err ? err : usb_device_plugged(u->d) ? 0 : QN_ERR_NO_DEVICE;
}
