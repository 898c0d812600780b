// SPDX-License-Identifier: Apache-2.0
// qn_usb_desc.h: usb.def in C: its numbers, and the descriptors that a device shows on USB.
//
//     uint8_t d[QN_USB_DESC_BYTES];
//     size_t n = qn_usb_desc(d, QN_USB_DESC_CONFIG, 0, true, "ulx3s", "QN0001");     // 0: a device has none of these
#ifndef QN_USB_DESC_H
#define QN_USB_DESC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define QN_USB(name, value, text) QN_USB_##name = value,
#define QN_USB_TEXT(name, string, text)
enum qn_usb_number {
#include "rtl/spec/usb.def"
};
#undef QN_USB
#undef QN_USB_TEXT

// Types as USB 2.0 counts them (table 9-5); MS: what the vendor request QN_USB_MS_CODE gives, by its wIndex
enum qn_usb_desc_type {
    QN_USB_DESC_DEVICE = 1,
    QN_USB_DESC_CONFIG = 2,
    QN_USB_DESC_STRING = 3,
    QN_USB_DESC_QUALIFIER = 6,
    QN_USB_DESC_MS = 0x100,
};
enum { QN_USB_DESC_BYTES = 256, QN_USB_STRING_MAKER = 1, QN_USB_STRING_PRODUCT = 2, QN_USB_STRING_SERIAL = 3, QN_USB_STRING_MS = 0xee };

// high: at high speed. A text of more than 126 letters is cut.
size_t qn_usb_desc(uint8_t out[QN_USB_DESC_BYTES], unsigned type, unsigned index, bool high, const char *target, const char *serial);

#ifdef __cplusplus
}
#endif

#endif
