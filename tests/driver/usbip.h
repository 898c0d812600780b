// SPDX-License-Identifier: Apache-2.0
// usbip.h: an emulated device (usb_device.h) at the far end of USB/IP, as the kernel's vhci_hcd speaks it on a stream once it is attached:
// SUBMIT and UNLINK, answered by RET_SUBMIT and RET_UNLINK (Linux, Documentation/usb/usbip_protocol.rst).
//
//     usbip *u;
//     int err = usbip_open(&u, device, fd, devid);
//     while (!err)
//         err = usbip_step(u);                                    // whenever bytes came, and every millisecond while usbip_waits(u)
//     usbip_close(u);
//
// What the other end sends is not trusted: lengths and numbers are looked at before they are used.
#ifndef USBIP_H
#define USBIP_H

#include "tests/driver/usb_device.h"

enum {
    USBIP_HEAD = 48,                     // bytes of each packet before its data
    USBIP_DATA = 1 << 20,                // of data, at most
    USBIP_PENDING = 64,                  // transfers that wait
};

typedef struct usbip usbip;

// Device and socket stay the caller's. QN_ERR_NOMEM.
int usbip_open(usbip **out, usb_device *d, int fd, uint32_t devid);
void usbip_close(usbip *u);

// Takes what has come and answers what can be answered, without waiting. QN_ERR_NO_DEVICE: the other end is gone, or the device was pulled out;
// QN_ERR_LINK: what came is no USB/IP of this device's. Neither can be gone on from.
int usbip_step(usbip *u);

bool usbip_waits(const usbip *u);        // for the device: a transfer is not answered yet

#endif
