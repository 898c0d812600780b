// SPDX-License-Identifier: Apache-2.0
// usb_bed: boards on a USB that is not there. Answers the usbfs requests of whatever process runs with its UMOCKDEV_DIR, under
// umockdev-wrapper; behind each device stands a board (driver/serve/qn_board.h) with the model executor. It is told what to do by lines on
// standard input and answers each with one line:
//
//     plug D | unplug D                     device D (0 or 1) comes and goes; what it holds stays
//     power D                               the same as off and on again: all it knew is lost
//     hang D N                              N: bits 1 core, 2 firmware; 4: the link says nothing anymore, until the port is reset
//     fault D out|in I KIND                 frame I from now on, counted in that direction, meets KIND (see `kinds`)
//     noise D PERMILLE SEED                 so many of a thousand frames meet a kind, drawn
//     count D                               frames out, frames in, words written, frames that met a fault; counting begins anew
//     claim D ID BUILD TARGET PROTOCOL      who it says it is from now on
//     dir                                   UMOCKDEV_DIR
// It ends with its standard input.
#include <sys/ioctl.h>
#include <asm/errno.h>
#include <errno.h>
#include <linux/usbdevice_fs.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <umockdev.h>
#include <unistd.h>

#include "driver/link/qn_link.h"
#include "driver/serve/qn_board.h"
#include "driver/wire/qn_usb.h"

enum { DEVICES = 2, URBS = 64, STREAM = 1 << 20, DESCRIPTORS = 18 + 32, PROTOCOL_AT = 18 + 9 + 7 };
#define TARGET "ulx3s"
enum { HANG_LINK = 4, NEVER = 0xffffffff, NODES = 120 };     // a bus has 127 addresses

enum kind { NONE, LOSE, FLIP, REPEAT, CUT, HOLD, GARBAGE, UNPLUG, POWER, KINDS };
static const char *const kinds[KINDS] = {"none", "lose", "flip", "repeat", "cut", "hold", "garbage", "unplug", "power"};

typedef struct urb {
    UMockdevIoctlData *data;             // a struct usbdevfs_urb
    UMockdevIoctlClient *client;
    bool done;
} urb;

// One direction: how many frames went, which is to be spoiled, and one that is held back.
typedef struct way {
    uint32_t count, at;
    enum kind kind;
    size_t n_held;
    uint8_t held[QN_LINK_FRAME_BYTES];
} way;

typedef struct device {
    qn_board *board;
    UMockdevIoctlBase *handler;
    char serial[16], node[32], sys[32];
    bool plugged, mute;
    UMockdevIoctlClient *owner;          // has claimed the interface
    urb urbs[URBS];
    unsigned n_urbs, protocol, permille;
    unsigned idle;                       // times in a row that there was nothing to reap
    way out, in;
    uint64_t written, faults, ticked;
    uint8_t stream[STREAM];              // to the host
    size_t n_stream;
} device;

static device devices[DEVICES];
static UMockdevTestbed *bed;
static unsigned next_node = 2;
static uint32_t rng = 1;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

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

// ---- the board behind the endpoints

static void pull_out(device *d)
{
    d->plugged = false;                  // the rest of it is told to the test bed by who asked, without the lock
    d->n_stream = 0;
    d->in.n_held = d->out.n_held = 0;
}

static void to_board(device *d, const uint8_t *p, size_t n)
{
    if (!d->mute)
        qn_board_take(d->board, p, n);
}

static void to_host(device *d, const uint8_t *p, size_t n)
{
    if (d->mute || d->n_stream + n > STREAM)
        return;
    memcpy(d->stream + d->n_stream, p, n);
    d->n_stream += n;
}

// A frame on its way, with what befalls it.
static void pass(device *d, way *w, void (*deliver)(device *, const uint8_t *, size_t), const uint8_t *frame, size_t n)
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
        pull_out(d);
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

static void collect(device *d)
{
    uint8_t f[QN_LINK_FRAME_BYTES];
    uint64_t ms = now_ms();
    if (ms != d->ticked)
        qn_board_tick(d->board, (uint32_t)(ms - d->ticked));
    d->ticked = ms;
    for (size_t n; d->plugged && (n = qn_board_next(d->board, f));)
        pass(d, &d->in, to_host, f, n);
}

// The host sends whole frames; the bed counts them.
static void bulk_out(device *d, const uint8_t *p, size_t n)
{
    for (size_t k; n && d->plugged; p += k, n -= k) {
        uint32_t words = n >= QN_LINK_HEAD_BYTES ? (uint32_t)(p[6] | p[7] << 8) : 0;
        k = QN_LINK_HEAD_BYTES + (words ? 4 * (size_t)words + 4 : 0);
        if (n < k || p[0] != 0x51 || p[1] != 0x4e) {
            fprintf(stderr, "usb_bed: the host's transfer is no row of frames\n");
            abort();
        }
        pass(d, &d->out, to_board, p, k);
        collect(d);
    }
}

// ---- usbfs

// As a high-speed board shows them (rtl/usb), but for the version that it was told to claim
static void descriptors(const device *d, uint8_t out[DESCRIPTORS])
{
    uint8_t bytes[QN_USB_DESC_BYTES];
    size_t n = qn_usb_desc(bytes, QN_USB_DESC_DEVICE, 0, true, TARGET, d->serial);
    memcpy(out, bytes, n);
    size_t m = qn_usb_desc(bytes, QN_USB_DESC_CONFIG, 0, true, TARGET, d->serial);
    if (n + m != DESCRIPTORS)
        abort();
    memcpy(out + n, bytes, m);
    out[PROTOCOL_AT] = (uint8_t)d->protocol;
}

// Answers a control request behind its 8 bytes of setup; -1: a stall.
static int control(const device *d, uint8_t *p, int room)
{
    uint8_t s[QN_USB_DESC_BYTES];
    int n = p[0] == 0x80 && p[1] == 6 && p[3] == QN_USB_DESC_STRING ? (int)qn_usb_desc(s, QN_USB_DESC_STRING, p[2], true, TARGET, d->serial) : 0;
    if (n == 0)
        return -1;
    n = n < room ? n : room;
    memcpy(p + 8, s, (size_t)n);
    return n;
}

static struct usbdevfs_urb *of(const urb *u)
{
    return (struct usbdevfs_urb *)u->data->data;
}

static int submit(device *d, UMockdevIoctlClient *client, UMockdevIoctlData *arg)
{
    if (!d->plugged)
        return ENODEV;
    if (d->n_urbs == URBS)
        return ENOMEM;
    UMockdevIoctlData *data = umockdev_ioctl_data_resolve(arg, 0, sizeof(struct usbdevfs_urb), NULL);
    struct usbdevfs_urb *r = (struct usbdevfs_urb *)data->data;
    UMockdevIoctlData *buffer = r->buffer_length ? umockdev_ioctl_data_resolve(data, offsetof(struct usbdevfs_urb, buffer), (gsize)r->buffer_length, NULL) : NULL;
    if (r->type == USBDEVFS_URB_TYPE_BULK && d->owner != client) {
        g_clear_object(&buffer);
        g_object_unref(data);
        return EINVAL;
    }
    urb *u = &d->urbs[d->n_urbs++];
    *u = (urb){.data = data, .client = client};
    r->status = 0;
    r->actual_length = 0;
    if (r->type == USBDEVFS_URB_TYPE_CONTROL) {
        int n = control(d, buffer->data, r->buffer_length - 8);
        r->status = n < 0 ? -EPIPE : 0;
        r->actual_length = n < 0 ? 0 : n;
        u->done = true;
    } else if (r->endpoint == QN_USB_OUT) {
        bulk_out(d, buffer ? buffer->data : NULL, (size_t)r->buffer_length);
        r->actual_length = r->buffer_length;
        u->done = d->plugged && !(d->mute && r->buffer_length > 64);
    }
    g_clear_object(&buffer);
    return 0;
}

// Bytes for the oldest transfer that waits for some.
static void feed(device *d)
{
    collect(d);
    for (unsigned i = 0; i < d->n_urbs && d->n_stream; i++) {
        struct usbdevfs_urb *r = of(&d->urbs[i]);
        if (d->urbs[i].done || r->endpoint != QN_USB_IN || r->type != USBDEVFS_URB_TYPE_BULK)
            continue;
        size_t n = d->n_stream < (size_t)r->buffer_length ? d->n_stream : (size_t)r->buffer_length;
        memcpy(r->buffer, d->stream, n);
        r->actual_length = (int)n;
        d->n_stream -= n;
        memmove(d->stream, d->stream + n, d->n_stream);
        d->urbs[i].done = true;
    }
}

static bool take(device *d, UMockdevIoctlClient *client, urb *out)
{
    feed(d);
    for (unsigned i = 0; i < d->n_urbs; i++) {
        urb *u = &d->urbs[i];
        if (u->client != client || (!u->done && d->plugged))
            continue;
        if (!u->done)
            of(u)->status = -ESHUTDOWN;
        *out = *u;
        memmove(u, u + 1, (--d->n_urbs - i) * sizeof *u);
        return true;
    }
    return false;
}

static int reap(device *d, UMockdevIoctlClient *client, UMockdevIoctlData *arg)
{
    urb u;
    bool got = take(d, client, &u);
    d->idle = got ? 0 : d->idle + 1;
    if (d->idle > 1 && d->plugged) {     // the node always seems ready, so a client that waits asks at once again
        pthread_mutex_unlock(&lock);
        nanosleep(&(struct timespec){.tv_nsec = 100000}, NULL);
        pthread_mutex_lock(&lock);
        got = take(d, client, &u);
    }
    if (!got)
        return d->plugged ? EAGAIN : ENODEV;
    UMockdevIoctlData *ptr = umockdev_ioctl_data_resolve(arg, 0, sizeof(void *), NULL);
    umockdev_ioctl_data_set_ptr(ptr, 0, u.data);
    g_object_unref(u.data);
    g_object_unref(ptr);
    return 0;
}

static int discard(device *d, UMockdevIoctlClient *client, UMockdevIoctlData *arg)
{
    for (unsigned i = 0; i < d->n_urbs; i++)
        if (d->urbs[i].client == client && d->urbs[i].data->client_addr == *(gulong *)arg->data && !d->urbs[i].done) {
            of(&d->urbs[i])->status = -ENOENT;
            d->urbs[i].done = true;
            return 0;
        }
    return EINVAL;
}

static void drop(device *d, UMockdevIoctlClient *client)
{
    unsigned n = 0;
    for (unsigned i = 0; i < d->n_urbs; i++)
        if (d->urbs[i].client == client)
            g_object_unref(d->urbs[i].data);
        else
            d->urbs[n++] = d->urbs[i];
    d->n_urbs = n;
    if (d->owner == client)
        d->owner = NULL;
}

static int request(device *d, UMockdevIoctlClient *client, bool *known)
{
    UMockdevIoctlData *arg = umockdev_ioctl_client_get_arg(client), *p;
    gulong what = umockdev_ioctl_client_get_request(client);
    *known = true;
    if (what != USBDEVFS_REAPURBNDELAY && what != USBDEVFS_REAPURB && what != USBDEVFS_DISCARDURB && !d->plugged)
        return ENODEV;
    switch (what) {
    case USBDEVFS_GET_CAPABILITIES:
        p = umockdev_ioctl_data_resolve(arg, 0, sizeof(uint32_t), NULL);
        *(uint32_t *)p->data = USBDEVFS_CAP_BULK_SCATTER_GATHER | USBDEVFS_CAP_NO_PACKET_SIZE_LIM | USBDEVFS_CAP_REAP_AFTER_DISCONNECT |
                               USBDEVFS_CAP_ZERO_PACKET;
        g_object_unref(p);
        return 0;
    case USBDEVFS_CLAIMINTERFACE:
        if (d->owner && d->owner != client)
            return EBUSY;
        d->owner = client;
        return 0;
    case USBDEVFS_RELEASEINTERFACE:
        if (d->owner == client)
            d->owner = NULL;
        return 0;
    case USBDEVFS_RESET:
        d->mute = false;
        return 0;
    case USBDEVFS_CLEAR_HALT:
    case USBDEVFS_RESETEP:
    case USBDEVFS_SETINTERFACE:
        return 0;
    case USBDEVFS_GETDRIVER:
    case USBDEVFS_IOCTL:                 // detach a driver of the kernel: there is none
        return ENODATA;
    case USBDEVFS_SUBMITURB:
        return submit(d, client, arg);
    case USBDEVFS_REAPURB:
    case USBDEVFS_REAPURBNDELAY:
        return reap(d, client, arg);
    case USBDEVFS_DISCARDURB:
        return discard(d, client, arg);
    default:
        *known = false;
        return 0;
    }
}

static gboolean handle(UMockdevIoctlBase *handler, UMockdevIoctlClient *client, device *d)
{
    bool known;
    (void)handler;
    pthread_mutex_lock(&lock);
    int err = request(d, client, &known);
    pthread_mutex_unlock(&lock);
    if (known)
        umockdev_ioctl_client_complete(client, err ? -1 : 0, err);
    return known;
}

static void vanished(UMockdevIoctlBase *handler, UMockdevIoctlClient *client, device *d)
{
    (void)handler;
    pthread_mutex_lock(&lock);
    drop(d, client);
    pthread_mutex_unlock(&lock);
}

// ---- the bed

static void plug(device *d)
{
    uint8_t bytes[DESCRIPTORS];
    char text[1024], hex[2 * DESCRIPTORS + 1];
    unsigned n = next_node;
    next_node = next_node == NODES ? 2 : next_node + 1;
    snprintf(d->node, sizeof d->node, "/dev/bus/usb/001/%03u", n);
    snprintf(d->sys, sizeof d->sys, "/devices/usb1/1-%u", n);
    descriptors(d, bytes);
    for (int i = 0; i < DESCRIPTORS; i++)
        snprintf(hex + 2 * i, 3, "%02x", bytes[i]);
    snprintf(text, sizeof text,
             "P: %s\nN: %s\nE: SUBSYSTEM=usb\nE: DRIVER=usb\nE: BUSNUM=001\nE: DEVNUM=%03u\nE: DEVNAME=%s\nE: DEVTYPE=usb_device\n"
             "A: bConfigurationValue=1\\n\nA: busnum=1\\n\nA: devnum=%u\\n\nA: speed=480\\n\nH: descriptors=%s\n",
             d->sys, d->node + 5, n, d->node, n, hex);
    pthread_mutex_lock(&lock);
    d->plugged = true;
    d->owner = NULL;
    pthread_mutex_unlock(&lock);
    GError *e = NULL;
    if (!umockdev_testbed_attach_ioctl(bed, d->node, d->handler, &e) || !umockdev_testbed_add_from_string(bed, text, &e)) {
        fprintf(stderr, "usb_bed: %s\n", e ? e->message : "cannot plug in");
        exit(70);
    }
}

static void unplug(device *d)
{
    char sys[64];
    if (!d->node[0])
        return;
    pthread_mutex_lock(&lock);
    pull_out(d);
    pthread_mutex_unlock(&lock);
    snprintf(sys, sizeof sys, "/sys%s", d->sys);
    umockdev_testbed_uevent(bed, sys, "remove");
    umockdev_testbed_remove_device(bed, sys);
    umockdev_testbed_detach_ioctl(bed, d->node, NULL);
    d->node[0] = 0;
}

static enum kind kind_of(const char *name)
{
    for (int i = 0; i < KINDS; i++)
        if (strcmp(kinds[i], name) == 0)
            return (enum kind)i;
    return NONE;
}

static bool obey(const char *line)
{
    char verb[16] = "", way_name[8], kind[16], target[20];
    unsigned n = 0, a, b, c;
    if (sscanf(line, "%15s %u", verb, &n) < 1 || n >= DEVICES)
        return false;
    device *d = &devices[n];
    if (strcmp(verb, "dir") == 0) {
        printf("%s\n", getenv("UMOCKDEV_DIR"));
        return true;
    }
    if (strcmp(verb, "plug") == 0)
        unplug(d), plug(d);
    else if (strcmp(verb, "unplug") == 0)
        unplug(d);
    pthread_mutex_lock(&lock);
    bool known = true;
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
        printf("%u %u %llu %llu\n", d->out.count, d->in.count, (unsigned long long)(written - d->written), (unsigned long long)d->faults);
        d->out.count = d->in.count = 0;
        d->out.at = d->in.at = NEVER;
        d->written = written;
        d->faults = 0;
    } else {
        known = strcmp(verb, "plug") == 0 || strcmp(verb, "unplug") == 0;
    }
    pthread_mutex_unlock(&lock);
    if (known && strcmp(verb, "count") != 0)
        printf("ok\n");
    return known;
}

int main(int argc, char **argv)
{
    char line[256];
    signal(SIGPIPE, SIG_IGN);
    bed = umockdev_testbed_new();
    for (int i = 0; i < DEVICES; i++) {
        device *d = &devices[i];
        qn_why why = {""};
        if (qn_board_open(&d->board, argc > 1 ? argv[1] : "model:ulx3s", 0x1000u + (unsigned)i, &why) < 0) {
            fprintf(stderr, "usb_bed: %s\n", why.text);
            return 70;
        }
        snprintf(d->serial, sizeof d->serial, "QN%04x", 0x1000 + i);
        d->protocol = QN_USB_PROTOCOL;
        d->out.at = d->in.at = NEVER;
        d->ticked = now_ms();
        d->handler = umockdev_ioctl_base_new();
        g_signal_connect(d->handler, "handle-ioctl", G_CALLBACK(handle), d);
        g_signal_connect(d->handler, "client-vanished", G_CALLBACK(vanished), d);
    }
    setvbuf(stdout, NULL, _IOLBF, 0);
    while (fgets(line, sizeof line, stdin))
        if (!obey(line))
            printf("what?\n");
    for (int i = 0; i < DEVICES; i++) {
        unplug(&devices[i]);
        g_object_unref(devices[i].handler);
        qn_board_close(devices[i].board);
    }
    g_object_unref(bed);
    return 0;
}
