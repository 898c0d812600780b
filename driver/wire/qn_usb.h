// SPDX-License-Identifier: Apache-2.0
// qn_usb.h: what is particular to USB: who is a Quern device, what libusb's errors mean, which devices are plugged in.
//
//     qn_usb_device list[8];
//     int n = qn_usb_list(list, 8, &why);               // as many as there are, at most 8 of them in `list`; negative: an error
#ifndef QN_USB_H
#define QN_USB_H

#include "driver/qn_err.h"
#include "rtl/spec/qn_usb_desc.h"

typedef struct qn_usb_device {
    char serial[32];                     // printable ASCII; empty where it cannot be read
    char product[32];
    int err;                             // 0, or why it cannot be opened: QN_ERR_ACCESS, QN_ERR_BUSY, ...
} qn_usb_device;

int qn_usb_list(qn_usb_device *list, int room, qn_why *why);

// What a number of enum libusb_error is here, and a line that says so. Known for all of them; others are QN_ERR_IO.
int qn_usb_err(int libusb_error);
const char *qn_usb_err_text(int libusb_error);

// The line that lets users of this machine open a device (/etc/udev/rules.d/60-quern.rules), and what to say with it.
extern const char qn_usb_rule[];

#endif
