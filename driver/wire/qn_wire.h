// SPDX-License-Identifier: Apache-2.0
// qn_wire.h: how the link's bytes reach a device: USB, TCP, a serial line, the platform's simulation. A wire knows bytes and whether the other
// end is there, nothing of frames.
//
//     qn_wire *w;
//     int err = qn_wire_usb.open(&w, "", &why);                     // "": the only one; or a serial number
//     while ((p = w->kind->space(w)) && (n = qn_link_host_next(&host, p)))
//         w->kind->put(w, n);
//     err = w->kind->wait(w, ms);                                   // sends what was put, until something comes
//     while ((n = w->kind->receive(w, &bytes)) > 0)
//         qn_link_host_take(&host, bytes, n);
//     w->kind->close(w);
//
// One thread at a time for a wire; wires know nothing of each other. An error is final: the wire can only be closed then.
#ifndef QN_WIRE_H
#define QN_WIRE_H

#include <stddef.h>
#include <stdint.h>

#include "driver/qn_err.h"

typedef struct qn_wire qn_wire;

typedef struct qn_wire_kind {
    const char *name;
    // What the link's timer and the client's patience are on it: ms for a window's way there and back; and how many times slower than
    // its target's clock a device there may be.
    uint32_t timeout_ms, slow;
    // Opens `place`; on error *out is NULL. QN_ERR_NO_DEVICE, QN_ERR_BUSY, QN_ERR_ACCESS, QN_ERR_USAGE (which of several?), QN_ERR_IO, QN_ERR_NOMEM.
    int (*open)(qn_wire **out, const char *place, qn_why *why);
    void (*close)(qn_wire *w);
    // Room for QN_LINK_FRAME_BYTES; NULL: wait first.
    uint8_t *(*space)(qn_wire *w);
    void (*put)(qn_wire *w, size_t n);                              // so many bytes of it are to be sent
    // Sends what was put and waits until something came or there is space again, at most `ms`. QN_ERR_NO_DEVICE, QN_ERR_IO.
    int (*wait)(qn_wire *w, uint32_t ms);
    // The next piece of what came, valid until the next call of any function of the wire; 0: none.
    size_t (*receive)(qn_wire *w, const uint8_t **bytes);
    // NULL, or: brings a device back that answers nothing anymore; afterwards it is opened anew.
    int (*reset)(qn_wire *w);
    const char *(*place)(const qn_wire *w);                         // names exactly this device, and opens it again
    // NULL: the time that goes by here. Else the device's own, where it is simulated and only `wait` and `pass` let it go on: microseconds.
    int64_t (*now_us)(void);
    void (*pass_us)(int64_t us);
} qn_wire_kind;

struct qn_wire {
    const qn_wire_kind *kind;
};

extern const qn_wire_kind qn_wire_usb, qn_wire_tcp, qn_wire_serial, qn_wire_platform;

#endif
