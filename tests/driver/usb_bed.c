// SPDX-License-Identifier: Apache-2.0
// usb_bed: emulated devices (usb_device.h) under umockdev: answers the usbfs requests of whatever process runs with its UMOCKDEV_DIR, under
// umockdev-wrapper. It is told what to do by lines on standard input and answers each with one line (usb_device.h has them).
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

#include "driver/wire/qn_usb.h"
#include "tests/driver/usb_device.h"

enum { URBS = 64, NODES = 120 };                             // a bus has 127 addresses

typedef struct urb {
    UMockdevIoctlData *data;             // a struct usbdevfs_urb
    UMockdevIoctlClient *client;
    bool done;
} urb;

typedef struct device {
    usb_device *usb;
    UMockdevIoctlBase *handler;
    char node[32], sys[32];
    UMockdevIoctlClient *owner;          // has claimed the interface
    urb urbs[URBS];
    unsigned n_urbs;
    unsigned idle;                       // times in a row that there was nothing to reap
} device;

static device devices[USB_DEVICES];
static UMockdevTestbed *bed;
static unsigned next_node = 2;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

// ---- usbfs

static struct usbdevfs_urb *of(const urb *u)
{
    return (struct usbdevfs_urb *)u->data->data;
}

static int submit(device *d, UMockdevIoctlClient *client, UMockdevIoctlData *arg)
{
    if (!usb_device_plugged(d->usb))
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
        int n = buffer && r->buffer_length >= 8 ? usb_device_control(d->usb, buffer->data, buffer->data + 8, (size_t)r->buffer_length - 8) : -1;
        r->status = n < 0 ? -EPIPE : 0;
        r->actual_length = n < 0 ? 0 : n;
        u->done = true;
    } else if (r->endpoint == QN_USB_OUT) {
        u->done = usb_device_out(d->usb, buffer ? buffer->data : NULL, (size_t)r->buffer_length);
        r->actual_length = r->buffer_length;
    }
    g_clear_object(&buffer);
    return 0;
}

// Bytes for the oldest transfer that waits for some.
static void feed(device *d)
{
    size_t n = 1;
    for (unsigned i = 0; i < d->n_urbs && n; i++) {
        struct usbdevfs_urb *r = of(&d->urbs[i]);
        if (d->urbs[i].done || r->endpoint != QN_USB_IN || r->type != USBDEVFS_URB_TYPE_BULK)
            continue;
        n = usb_device_in(d->usb, r->buffer, (size_t)r->buffer_length);
        r->actual_length = (int)n;
        d->urbs[i].done = n > 0;
    }
}

static bool take(device *d, UMockdevIoctlClient *client, urb *out)
{
    feed(d);
    for (unsigned i = 0; i < d->n_urbs; i++) {
        urb *u = &d->urbs[i];
        if (u->client != client || (!u->done && usb_device_plugged(d->usb)))
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
    if (d->idle > 1 && usb_device_plugged(d->usb)) {     // the node always seems ready, so a client that waits asks at once again
        pthread_mutex_unlock(&lock);
        nanosleep(&(struct timespec){.tv_nsec = 100000}, NULL);
        pthread_mutex_lock(&lock);
        got = take(d, client, &u);
    }
    if (!got)
        return usb_device_plugged(d->usb) ? EAGAIN : ENODEV;
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
    if (what != USBDEVFS_REAPURBNDELAY && what != USBDEVFS_REAPURB && what != USBDEVFS_DISCARDURB && !usb_device_plugged(d->usb))
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
        usb_device_reset(d->usb);
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
    uint8_t bytes[USB_DEVICE_DESCRIPTORS];
    char text[1024], hex[2 * USB_DEVICE_DESCRIPTORS + 1];
    unsigned n = next_node;
    next_node = next_node == NODES ? 2 : next_node + 1;
    snprintf(d->node, sizeof d->node, "/dev/bus/usb/001/%03u", n);
    snprintf(d->sys, sizeof d->sys, "/devices/usb1/1-%u", n);
    usb_device_descriptors(d->usb, bytes);
    for (int i = 0; i < USB_DEVICE_DESCRIPTORS; i++)
        snprintf(hex + 2 * i, 3, "%02x", bytes[i]);
    snprintf(text, sizeof text,
             "P: %s\nN: %s\nE: SUBSYSTEM=usb\nE: DRIVER=usb\nE: BUSNUM=001\nE: DEVNUM=%03u\nE: DEVNAME=%s\nE: DEVTYPE=usb_device\n"
             "A: bConfigurationValue=1\\n\nA: busnum=1\\n\nA: devnum=%u\\n\nA: speed=480\\n\nH: descriptors=%s\n",
             d->sys, d->node + 5, n, d->node, n, hex);
    pthread_mutex_lock(&lock);
    usb_device_plug(d->usb);
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
    usb_device_pull(d->usb);
    pthread_mutex_unlock(&lock);
    snprintf(sys, sizeof sys, "/sys%s", d->sys);
    umockdev_testbed_uevent(bed, sys, "remove");
    umockdev_testbed_remove_device(bed, sys);
    umockdev_testbed_detach_ioctl(bed, d->node, NULL);
    d->node[0] = 0;
}

static bool obey(const char *line)
{
    char verb[16] = "", answer[USB_DEVICE_ANSWER] = "ok";
    unsigned n = 0;
    if (sscanf(line, "%15s %u", verb, &n) < 1 || n >= USB_DEVICES)
        return false;
    device *d = &devices[n];
    bool known = true;
    if (strcmp(verb, "dir") == 0) {
        snprintf(answer, sizeof answer, "%s", getenv("UMOCKDEV_DIR"));
    } else if (strcmp(verb, "plug") == 0) {
        unplug(d);
        plug(d);
    } else if (strcmp(verb, "unplug") == 0) {
        unplug(d);
    } else {
        pthread_mutex_lock(&lock);
        known = usb_device_obey(d->usb, line, answer);
        pthread_mutex_unlock(&lock);
    }
    if (known)
        printf("%s\n", answer);
    return known;
}

int main(int argc, char **argv)
{
    char line[256];
    signal(SIGPIPE, SIG_IGN);
    bed = umockdev_testbed_new();
    for (unsigned i = 0; i < USB_DEVICES; i++) {
        device *d = &devices[i];
        qn_why why = {""};
        if (usb_device_open(&d->usb, argc > 1 ? argv[1] : "model:ulx3s", i, &why) < 0) {
            fprintf(stderr, "usb_bed: %s\n", why.text);
            return 70;
        }
        d->handler = umockdev_ioctl_base_new();
        g_signal_connect(d->handler, "handle-ioctl", G_CALLBACK(handle), d);
        g_signal_connect(d->handler, "client-vanished", G_CALLBACK(vanished), d);
    }
    setvbuf(stdout, NULL, _IOLBF, 0);
    while (fgets(line, sizeof line, stdin))
        if (!obey(line))
            printf("what?\n");
    for (int i = 0; i < USB_DEVICES; i++) {
        unplug(&devices[i]);
        g_object_unref(devices[i].handler);
        usb_device_close(devices[i].usb);
    }
    g_object_unref(bed);
    return 0;
}
