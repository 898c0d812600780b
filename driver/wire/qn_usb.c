// SPDX-License-Identifier: Apache-2.0
// Bulk transfers over libusb, several in flight in both directions: incoming ones wait at all times, outgoing ones carry as many frames as
// there are. Every wait has an end. A transfer that fails is lost bytes, which the link sends again; one that fails for good ends the wire.
#include "driver/wire/qn_usb.h"

#include <assert.h>
#include <libusb-1.0/libusb.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "driver/link/qn_link.h"
#include "driver/wire/qn_wire.h"

enum {
    FLIGHT = 4,                          // transfers in each direction
    TRANSFER = 65536,                    // bytes: more than a window of frames
    OUT_TIMEOUT_MS = 500,                // a device that takes nothing
    CONTROL_TIMEOUT_MS = 500,
    CLOSE_MS = 500,
    LIST = 16,                           // devices looked at
    ERRORS = 8,                          // transfers that fail in a row before it is given up
};

const char qn_usb_rule[] = "SUBSYSTEM==\"usb\", ATTR{idVendor}==\"1209\", ATTR{idProduct}==\"0001\", MODE=\"0660\", TAG+=\"uaccess\"";

typedef struct usb usb;

typedef struct transfer {
    usb *u;
    struct libusb_transfer *t;
    bool flying, full;                   // submitted; came back with bytes (in)
    size_t n;                            // bytes put (out)
    uint8_t buf[TRANSFER];
} transfer;

struct usb {
    qn_wire base;
    libusb_context *ctx;
    libusb_device_handle *handle;
    libusb_hotplug_callback_handle watch;
    bool watching, claimed, held;        // held: in[in_at] is the receiver's until its next call
    int interface;
    transfer in[FLIGHT], out[FLIGHT];
    unsigned in_at, out_at;
    unsigned errors;
    bool halted[2];                      // out, in: an endpoint that the device stalled
    int err, woke;
    char place[32];
};

static int fail(qn_why *why, int usb_error, const char *what)
{
    if (usb_error == LIBUSB_ERROR_ACCESS)
        return qn_fail(why, QN_ERR_ACCESS, "add to /etc/udev/rules.d/60-quern.rules and plug in again: %s", qn_usb_rule);
    return qn_fail(why, qn_usb_err(usb_error), "%s: %s", what, qn_usb_err_text(usb_error));
}

// ---- which device

// Leaves printable ASCII without spaces of a string descriptor.
static void string(libusb_device_handle *h, uint8_t index, char *out, size_t room, bool spaces)
{
    unsigned char d[256] = {0}, s[64] = {0};
    out[0] = 0;
    if (!index)
        return;
    int n = libusb_control_transfer(h, LIBUSB_ENDPOINT_IN, LIBUSB_REQUEST_GET_DESCRIPTOR, (uint16_t)(LIBUSB_DT_STRING << 8 | index), 0x0409,
                                    d, 255, CONTROL_TIMEOUT_MS);
    if (n < 2 || d[1] != LIBUSB_DT_STRING || d[0] > n)
        return;
    size_t k = 0;
    for (int i = 2; i + 1 < d[0] && k + 1 < sizeof s; i += 2)
        if (!d[i + 1] && (d[i] > ' ' || (spaces && d[i] == ' ')) && d[i] < 0x7f)
            s[k++] = d[i];
    snprintf(out, room, "%s", (const char *)s);
}

// The interface of ours, or a libusb_error; *protocol: the version of usb.def that it has.
static int find_interface(libusb_device *dev, int *protocol)
{
    struct libusb_config_descriptor *c;
    int err = libusb_get_active_config_descriptor(dev, &c);
    if (err < 0)
        return err;
    int found = LIBUSB_ERROR_NOT_FOUND;
    for (int i = 0; i < c->bNumInterfaces && found < 0; i++) {
        if (c->interface[i].num_altsetting < 1)
            continue;
        const struct libusb_interface_descriptor *d = &c->interface[i].altsetting[0];
        bool out = false, in = false;
        for (int k = 0; k < d->bNumEndpoints; k++) {
            bool bulk = (d->endpoint[k].bmAttributes & 3) == LIBUSB_TRANSFER_TYPE_BULK;
            out |= bulk && d->endpoint[k].bEndpointAddress == QN_USB_OUT;
            in |= bulk && d->endpoint[k].bEndpointAddress == QN_USB_IN;
        }
        if (d->bInterfaceClass == QN_USB_CLASS && d->bInterfaceSubClass == QN_USB_SUBCLASS && out && in) {
            found = d->bInterfaceNumber;
            *protocol = d->bInterfaceProtocol;
        }
    }
    libusb_free_config_descriptor(c);
    return found;
}

// Opens a device of our number and says who it is; false: not ours. d->err has what kept it from being opened, *h is NULL then.
static bool look(libusb_device *dev, qn_usb_device *d, libusb_device_handle **h, int *usb_error)
{
    struct libusb_device_descriptor dd;
    *d = (qn_usb_device){.err = 0};
    *h = NULL;
    *usb_error = 0;
    if (libusb_get_device_descriptor(dev, &dd) < 0 || dd.idVendor != QN_USB_VENDOR || dd.idProduct != QN_USB_PRODUCT)
        return false;
    *usb_error = libusb_open(dev, h);
    d->err = qn_usb_err(*usb_error);
    if (d->err < 0) {
        *h = NULL;
        return d->err != QN_ERR_NO_DEVICE;             // gone since it was listed
    }
    string(*h, dd.iProduct, d->product, sizeof d->product, true);
    string(*h, dd.iSerialNumber, d->serial, sizeof d->serial, false);
    if (strncmp(d->product, "Quern", 5) == 0)
        return true;
    libusb_close(*h);
    *h = NULL;
    return false;
}

static int context(libusb_context **ctx, qn_why *why)
{
    int err = libusb_init(ctx);
    return err < 0 ? fail(why, err, "USB") : 0;
}

int qn_usb_list(qn_usb_device *list, int room, qn_why *why)
{
    libusb_context *ctx;
    libusb_device **devs;
    int err = context(&ctx, why), n = 0;
    if (err < 0)
        return err;
    ssize_t count = libusb_get_device_list(ctx, &devs);
    if (count < 0) {
        libusb_exit(ctx);
        return fail(why, (int)count, "USB");
    }
    for (ssize_t i = 0; i < count; i++) {
        qn_usb_device d;
        libusb_device_handle *h;
        int usb_error, protocol;
        if (!look(devs[i], &d, &h, &usb_error))
            continue;
        if (h) {
            int interface = find_interface(devs[i], &protocol);
            int e = interface < 0 ? interface : libusb_claim_interface(h, interface);
            if (e == 0)
                libusb_release_interface(h, interface);
            d.err = qn_usb_err(e);
            libusb_close(h);
        }
        if (n < room)
            list[n] = d;
        n++;
    }
    libusb_free_device_list(devs, 1);
    libusb_exit(ctx);
    return n;
}

// Opens the device of that serial number, or the only one.
static int choose(usb *u, libusb_device **devs, ssize_t count, const char *place, qn_why *why)
{
    qn_usb_device d;
    libusb_device_handle *h;
    int usb_error, refused = 0, n = 0, at = 0;
    char names[160] = "";
    for (ssize_t i = 0; i < count && n < LIST; i++) {
        if (!look(devs[i], &d, &h, &usb_error))
            continue;
        if (!h) {
            refused = usb_error;
            continue;
        }
        n++;
        if (at < (int)sizeof names)
            at += snprintf(names + at, sizeof names - (size_t)at, "%susb:%s", at ? ", " : "", d.serial);
        if (!u->handle && (!place[0] || strcmp(place, d.serial) == 0)) {
            u->handle = h;
            snprintf(u->place, sizeof u->place, "%s", d.serial);
        } else {
            libusb_close(h);
        }
    }
    if (!place[0] && n > 1)
        return qn_fail(why, QN_ERR_USAGE, "which of %s?", names);
    if (u->handle)
        return 0;
    if (refused)
        return fail(why, refused, "opening it");
    return n ? qn_fail(why, QN_ERR_NO_DEVICE, "none has this serial number; there is %s", names)
             : qn_fail(why, QN_ERR_NO_DEVICE, "none is plugged in, or none that is a Quern");
}

static int claim(usb *u, qn_why *why)
{
    int protocol = 0;
    u->interface = find_interface(libusb_get_device(u->handle), &protocol);
    if (u->interface < 0)
        return fail(why, u->interface, "its interface");
    if (protocol != QN_USB_PROTOCOL)
        return qn_fail(why, QN_ERR_VERSION, "its USB interface has version %d, this program knows %d: update %s", protocol, QN_USB_PROTOCOL,
                       protocol > QN_USB_PROTOCOL ? "this program" : "the device");
    int err = libusb_claim_interface(u->handle, u->interface);
    if (err < 0)
        return fail(why, err, "claiming it");
    u->claimed = true;
    return 0;
}

// ---- transfers

static void broken(usb *u, int err)
{
    if (!u->err)
        u->err = err;
}

static void submit(transfer *x)
{
    int err = libusb_submit_transfer(x->t);
    if (err < 0)
        broken(x->u, qn_usb_err(err));
    else
        x->flying = true;
}

// Called by libusb within wait and close.
static void came_back(struct libusb_transfer *t)
{
    transfer *x = t->user_data;
    usb *u = x->u;
    bool in = t->endpoint == QN_USB_IN;
    x->flying = false;
    x->full = false;
    if (!in)
        x->n = 0;
    u->woke = 1;
    switch (t->status) {
    case LIBUSB_TRANSFER_COMPLETED:
        u->errors = 0;
        x->full = in;
        return;
    case LIBUSB_TRANSFER_CANCELLED:
        return;
    case LIBUSB_TRANSFER_NO_DEVICE:
        broken(u, QN_ERR_NO_DEVICE);
        return;
    case LIBUSB_TRANSFER_OVERFLOW:
        broken(u, QN_ERR_LINK);
        return;
    case LIBUSB_TRANSFER_STALL:
        u->halted[in] = true;
        break;
    default:                             // an error on the bus, or nothing was taken in time: lost bytes
        break;
    }
    if (++u->errors > ERRORS)
        broken(u, t->status == LIBUSB_TRANSFER_TIMED_OUT ? QN_ERR_TIMEOUT : QN_ERR_IO);
    x->full = in;                        // whatever of it came
}

static int LIBUSB_CALL left(libusb_context *ctx, libusb_device *dev, libusb_hotplug_event event, void *user)
{
    usb *u = user;
    (void)ctx;
    (void)event;
    if (dev == libusb_get_device(u->handle)) {
        broken(u, QN_ERR_NO_DEVICE);
        u->woke = 1;
    }
    return 0;
}

static int64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static bool any_flying(const usb *u)
{
    for (int i = 0; i < FLIGHT; i++)
        if (u->in[i].flying || u->out[i].flying)
            return true;
    return false;
}

static void usb_close(qn_wire *w)
{
    usb *u = (usb *)w;
    if (u->watching)
        libusb_hotplug_deregister_callback(u->ctx, u->watch);
    for (int i = 0; i < FLIGHT; i++) {
        if (u->in[i].flying)
            libusb_cancel_transfer(u->in[i].t);
        if (u->out[i].flying)
            libusb_cancel_transfer(u->out[i].t);
    }
    for (int64_t end = now_ms() + CLOSE_MS; any_flying(u) && now_ms() < end;)
        libusb_handle_events_timeout(u->ctx, &(struct timeval){.tv_usec = 10000});
    if (u->claimed)
        libusb_release_interface(u->handle, u->interface);
    if (u->handle)
        libusb_close(u->handle);         // takes back what is still flying
    for (int i = 0; i < FLIGHT; i++) {
        libusb_free_transfer(u->in[i].t);
        libusb_free_transfer(u->out[i].t);
    }
    if (u->ctx)
        libusb_exit(u->ctx);
    free(u);
}

static int make_transfers(usb *u)
{
    for (int i = 0; i < FLIGHT; i++) {
        transfer *in = &u->in[i], *out = &u->out[i];
        in->u = out->u = u;
        in->t = libusb_alloc_transfer(0);
        out->t = libusb_alloc_transfer(0);
        if (!in->t || !out->t)
            return QN_ERR_NOMEM;
        libusb_fill_bulk_transfer(in->t, u->handle, QN_USB_IN, in->buf, TRANSFER, came_back, in, 0);
        libusb_fill_bulk_transfer(out->t, u->handle, QN_USB_OUT, out->buf, 0, came_back, out, OUT_TIMEOUT_MS);
    }
    for (int i = 0; i < FLIGHT && !u->err; i++)
        submit(&u->in[i]);
    return u->err;
}

static int usb_open(qn_wire **out, const char *place, qn_why *why)
{
    *out = NULL;
    libusb_device **devs;
    usb *u = calloc(1, sizeof *u);
    if (!u)
        return qn_fail(why, QN_ERR_NOMEM, "USB");
    u->base.kind = &qn_wire_usb;
    int err = context(&u->ctx, why);
    if (err < 0) {
        free(u);
        return err;
    }
    ssize_t count = libusb_get_device_list(u->ctx, &devs);
    err = count < 0 ? fail(why, (int)count, "USB") : 0;
    if (!err) {
        err = choose(u, devs, count, place, why);
        libusb_free_device_list(devs, 1);
    }
    if (!err)
        err = claim(u, why);
    if (!err && libusb_has_capability(LIBUSB_CAP_HAS_HOTPLUG))
        u->watching = libusb_hotplug_register_callback(u->ctx, LIBUSB_HOTPLUG_EVENT_DEVICE_LEFT, 0, QN_USB_VENDOR, QN_USB_PRODUCT,
                                                       LIBUSB_HOTPLUG_MATCH_ANY, left, u, &u->watch) == 0;
    if (!err && (err = make_transfers(u)) < 0)
        qn_fail(why, err, "starting transfers");
    if (err < 0) {
        usb_close(&u->base);
        return err;
    }
    *out = &u->base;
    return 0;
}

// ---- bytes

static void send_off(usb *u)
{
    transfer *x = &u->out[u->out_at];
    if (x->flying || !x->n || u->err)
        return;
    x->t->length = (int)x->n;
    submit(x);
    u->out_at = (u->out_at + 1) % FLIGHT;
}

static uint8_t *usb_space(qn_wire *w)
{
    usb *u = (usb *)w;
    transfer *x = &u->out[u->out_at];
    if (!x->flying && x->n + QN_LINK_FRAME_BYTES > TRANSFER) {
        send_off(u);
        x = &u->out[u->out_at];
    }
    return x->flying || u->err ? NULL : x->buf + x->n;
}

static void usb_put(qn_wire *w, size_t n)
{
    usb *u = (usb *)w;
    u->out[u->out_at].n += n;
    assert(u->out[u->out_at].n <= TRANSFER);
}

// The transfer that was handed out last goes to wait for more.
static void give_in(usb *u)
{
    transfer *x = &u->in[u->in_at];
    if (!u->held)
        return;
    u->held = false;
    x->full = false;
    if (!u->err)
        submit(x);
    u->in_at = (u->in_at + 1) % FLIGHT;
}

static size_t usb_receive(qn_wire *w, const uint8_t **bytes)
{
    usb *u = (usb *)w;
    for (;;) {
        give_in(u);
        transfer *x = &u->in[u->in_at];
        if (!x->full)
            return 0;
        u->held = true;
        *bytes = x->buf;
        if (x->t->actual_length > 0)
            return (size_t)x->t->actual_length;
    }
}

static int usb_wait(qn_wire *w, uint32_t ms)
{
    usb *u = (usb *)w;
    give_in(u);
    send_off(u);
    for (int in = 0; in < 2; in++)
        if (u->halted[in]) {
            u->halted[in] = false;
            if (libusb_clear_halt(u->handle, in ? QN_USB_IN : QN_USB_OUT) == LIBUSB_ERROR_NO_DEVICE)
                broken(u, QN_ERR_NO_DEVICE);
        }
    if (u->err)
        return u->err;
    if (u->in[u->in_at].full)
        return 0;
    u->woke = 0;
    int err = libusb_handle_events_timeout_completed(u->ctx, &(struct timeval){.tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000}, &u->woke);
    if (err < 0 && err != LIBUSB_ERROR_INTERRUPTED)
        broken(u, qn_usb_err(err));
    return u->err;
}

static int usb_reset(qn_wire *w)
{
    return qn_usb_err(libusb_reset_device(((usb *)w)->handle));
}

static const char *usb_place(const qn_wire *w)
{
    return ((const usb *)w)->place;
}

const qn_wire_kind qn_wire_usb = {
    .name = "usb", .timeout_ms = 100, .slow = 1, .open = usb_open, .close = usb_close, .space = usb_space, .put = usb_put,
    .wait = usb_wait, .receive = usb_receive, .reset = usb_reset, .place = usb_place,
};
