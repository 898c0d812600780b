// SPDX-License-Identifier: Apache-2.0
#include "tests/driver/usb_device.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "driver/link/qn_link.h"
#include "driver/serve/qn_board.h"
#include "driver/wire/qn_usb.h"

enum { STREAM = 1 << 20, PROTOCOL_AT = 9 + 7 };
enum { TAKEN_MUTE = 64 };                // bytes that its buffers still take when nobody looks at them
#define TARGET "ulx3s"
#define NEVER UINT32_MAX
enum { HANG_LINK = 4 };

// Standard requests (USB 2.0, table 9-4), of which it knows those that rtl/usb does
enum { GET_STATUS = 0, CLEAR_FEATURE = 1, GET_DESCRIPTOR = 6, GET_CONFIGURATION = 8, SET_CONFIGURATION = 9, ENDPOINT_HALT = 0 };
enum { TO_HOST = 0x80, VENDOR = 0x40, RECIPIENT = 0x1f, ENDPOINT = 2 };

enum kind { NONE, LOSE, FLIP, REPEAT, CUT, HOLD, GARBAGE, UNPLUG, POWER, KINDS };
static const char *const kinds[KINDS] = {"none", "lose", "flip", "repeat", "cut", "hold", "garbage", "unplug", "power"};

// One direction: how many frames went, which is to be spoiled, and one that is held back.
typedef struct way {
    uint32_t count, at;
    enum kind kind;
    size_t n_held;
    uint8_t held[QN_LINK_FRAME_BYTES];
} way;

struct usb_device {
    qn_board *board;
    char serial[16];
    bool plugged, mute;
    uint8_t configuration;
    unsigned protocol, permille;
    way out, in;
    uint64_t written, faults, ticked;
    uint8_t stream[STREAM];              // to the host
    size_t n_stream;
};

static uint32_t rng = 1;

static uint32_t draw(uint32_t below)
{
    rng ^= rng << 13;
    rng ^= rng >> 17;
    rng ^= rng << 5;
    return (uint32_t)((uint64_t)rng * below >> 32);
}

static uint64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

int usb_device_open(usb_device **out, const char *where, unsigned number, qn_why *why)
{
    *out = NULL;
    usb_device *d = calloc(1, sizeof *d);
    if (!d)
        return qn_fail(why, QN_ERR_NOMEM, "device");
    int err = qn_board_open(&d->board, where, 0x1000u + number, why);
    if (err < 0) {
        free(d);
        return err;
    }
    snprintf(d->serial, sizeof d->serial, "QN%04x", 0x1000u + number);
    d->protocol = QN_USB_PROTOCOL;
    d->out.at = d->in.at = NEVER;
    d->ticked = now_ms();
    *out = d;
    return 0;
}

void usb_device_close(usb_device *d)
{
    if (!d)
        return;
    qn_board_close(d->board);
    free(d);
}

const char *usb_device_serial(const usb_device *d)
{
    return d->serial;
}

void usb_device_plug(usb_device *d)
{
    d->plugged = true;
    d->configuration = 0;
}

void usb_device_pull(usb_device *d)
{
    d->plugged = false;
    d->n_stream = 0;
    d->in.n_held = d->out.n_held = 0;
}

bool usb_device_plugged(const usb_device *d)
{
    return d->plugged;
}

bool usb_device_configured(const usb_device *d)
{
    return d->plugged && d->configuration;
}

void usb_device_reset(usb_device *d)
{
    d->mute = false;
}

// ---- frames between board and endpoints

static void to_board(usb_device *d, const uint8_t *p, size_t n)
{
    if (!d->mute)
        qn_board_take(d->board, p, n);
}

static void to_host(usb_device *d, const uint8_t *p, size_t n)
{
    if (d->mute || d->n_stream + n > STREAM)
        return;
    memcpy(d->stream + d->n_stream, p, n);
    d->n_stream += n;
}

// A frame on its way, with what befalls it.
static void pass(usb_device *d, way *w, void (*deliver)(usb_device *, const uint8_t *, size_t), const uint8_t *frame, size_t n)
{
    uint8_t f[QN_LINK_FRAME_BYTES], junk[333];
    enum kind kind = w->count == w->at ? w->kind : d->permille && draw(1000) < d->permille ? LOSE + (enum kind)draw(GARBAGE) : NONE;
    memcpy(f, frame, n);
    w->count++;
    d->faults += kind != NONE;
    switch (kind) {
    case LOSE:
        return;
    case FLIP:
        f[draw((uint32_t)n)] ^= (uint8_t)(1 << draw(8));
        break;
    case REPEAT:
        deliver(d, f, n);
        break;
    case CUT:
        n -= 1 + draw((uint32_t)n - 1);
        break;
    case HOLD:                           // comes after the next one
        memcpy(w->held, f, n);
        w->n_held = n;
        return;
    case GARBAGE:
        for (size_t i = 0; i < sizeof junk; i++)
            junk[i] = (uint8_t)(draw(3) ? draw(256) : 0x51 - 3 * (i & 1));
        deliver(d, junk, sizeof junk);
        break;
    case UNPLUG:
        usb_device_pull(d);
        return;
    case POWER:
        qn_board_power(d->board);
        return;
    default:
        break;
    }
    deliver(d, f, n);
    if (w->n_held) {
        deliver(d, w->held, w->n_held);
        w->n_held = 0;
    }
}

static void collect(usb_device *d)
{
    uint8_t f[QN_LINK_FRAME_BYTES];
    uint64_t ms = now_ms();
    if (ms != d->ticked)
        qn_board_tick(d->board, (uint32_t)(ms - d->ticked));
    d->ticked = ms;
    for (size_t n; d->plugged && (n = qn_board_next(d->board, f));)
        pass(d, &d->in, to_host, f, n);
}

// The host sends whole frames; they are counted here.
bool usb_device_out(usb_device *d, const uint8_t *p, size_t n)
{
    size_t all = n;
    for (size_t k; n && d->plugged; p += k, n -= k) {
        uint32_t words = n >= QN_LINK_HEAD_BYTES ? (uint32_t)(p[6] | p[7] << 8) : 0;
        k = QN_LINK_HEAD_BYTES + (words ? 4 * (size_t)words + 4 : 0);
        if (n < k || k > QN_LINK_FRAME_BYTES || p[0] != 0x51 || p[1] != 0x4e) {
            fprintf(stderr, "usb_device: the host's transfer is no row of frames\n");
            abort();
        }
        pass(d, &d->out, to_board, p, k);
        collect(d);
    }
    return d->plugged && !(d->mute && all > TAKEN_MUTE);
}

size_t usb_device_in(usb_device *d, uint8_t *p, size_t room)
{
    collect(d);
    size_t n = d->n_stream < room ? d->n_stream : room;
    memcpy(p, d->stream, n);
    d->n_stream -= n;
    memmove(d->stream, d->stream + n, d->n_stream);
    return n;
}

// ---- endpoint 0

// As a high-speed board shows it (rtl/usb), but for the version that it was told to claim
static size_t descriptor(const usb_device *d, unsigned type, unsigned index, uint8_t out[QN_USB_DESC_BYTES])
{
    size_t n = qn_usb_desc(out, type, index, true, TARGET, d->serial);
    if (type == QN_USB_DESC_CONFIG && n > PROTOCOL_AT)
        out[PROTOCOL_AT] = (uint8_t)d->protocol;
    return n;
}

void usb_device_descriptors(const usb_device *d, uint8_t out[USB_DEVICE_DESCRIPTORS])
{
    uint8_t bytes[QN_USB_DESC_BYTES];
    size_t n = descriptor(d, QN_USB_DESC_DEVICE, 0, bytes);
    memcpy(out, bytes, n);
    size_t m = descriptor(d, QN_USB_DESC_CONFIG, 0, bytes);
    if (n + m != USB_DEVICE_DESCRIPTORS)
        abort();
    memcpy(out + n, bytes, m);
}

// What it has to say; -1: a stall.
static int answer_to(usb_device *d, const uint8_t s[8], uint8_t out[QN_USB_DESC_BYTES])
{
    unsigned value = (unsigned)(s[2] | s[3] << 8), index = (unsigned)(s[4] | s[5] << 8), length = (unsigned)(s[6] | s[7] << 8);
    size_t n;
    if ((s[0] & ~RECIPIENT) == (TO_HOST | VENDOR) && s[1] == QN_USB_MS_CODE)
        return (n = qn_usb_desc(out, QN_USB_DESC_MS, index, true, TARGET, d->serial)) ? (int)n : -1;
    if ((s[0] & ~RECIPIENT) == TO_HOST) {
        switch (s[1]) {
        case GET_STATUS:
            memset(out, 0, 2);
            return 2;
        case GET_DESCRIPTOR:
            return (n = descriptor(d, value >> 8, value & 255, out)) ? (int)n : -1;
        case GET_CONFIGURATION:
            out[0] = d->configuration;
            return 1;
        default:
            return -1;
        }
    }
    if (s[0] == ENDPOINT && s[1] == CLEAR_FEATURE && value == ENDPOINT_HALT && !length)
        return index == QN_USB_OUT || index == QN_USB_IN ? 0 : -1;
    if (s[0] == 0 && s[1] == SET_CONFIGURATION && value <= 1 && !length) {
        d->configuration = (uint8_t)value;
        return 0;
    }
    return -1;
}

int usb_device_control(usb_device *d, const uint8_t setup[8], uint8_t *data, size_t room)
{
    uint8_t out[QN_USB_DESC_BYTES];
    int n = answer_to(d, setup, out);
    size_t most = (size_t)(setup[6] | setup[7] << 8);
    most = most < room ? most : room;
    if (n > 0 && (size_t)n > most)
        n = (int)most;
    if (n > 0)
        memcpy(data, out, (size_t)n);
    return n;
}

// ---- what it is told

static enum kind kind_of(const char *name)
{
    for (int i = 0; i < KINDS; i++)
        if (strcmp(kinds[i], name) == 0)
            return (enum kind)i;
    return NONE;
}

bool usb_device_obey(usb_device *d, const char *line, char answer[USB_DEVICE_ANSWER])
{
    char verb[16] = "", way_name[8], kind[16], target[20];
    unsigned a, b, c;
    sscanf(line, "%15s", verb);
    snprintf(answer, USB_DEVICE_ANSWER, "ok");
    if (strcmp(verb, "power") == 0) {
        qn_board_power(d->board);
    } else if (sscanf(line, "hang %*u %u", &a) == 1) {
        qn_board_hang(d->board, a);
        d->mute = a & HANG_LINK;
    } else if (sscanf(line, "fault %*u %7s %u %15s", way_name, &a, kind) == 3) {
        way *w = strcmp(way_name, "out") == 0 ? &d->out : &d->in;
        w->at = w->count + a;
        w->kind = kind_of(kind);
    } else if (sscanf(line, "noise %*u %u %u", &a, &b) == 2) {
        d->permille = a;
        rng = b ? b : 1;
    } else if (sscanf(line, "claim %*u %x %x %19s %u", &a, &b, target, &c) == 4) {
        qn_board_claim(d->board, a, b, target);
        d->protocol = c;
    } else if (strcmp(verb, "count") == 0) {
        uint64_t written = qn_board_written(d->board);
        snprintf(answer, USB_DEVICE_ANSWER, "%u %u %llu %llu", d->out.count, d->in.count, (unsigned long long)(written - d->written),
                 (unsigned long long)d->faults);
        d->out.count = d->in.count = 0;
        d->out.at = d->in.at = NEVER;
        d->written = written;
        d->faults = 0;
    } else {
        return false;
    }
    return true;
}
