// SPDX-License-Identifier: Apache-2.0
#include "driver/wire/qn_usb.h"

#include <libusb-1.0/libusb.h>

// X(libusb's name, ours, text)
#define USB_ERRORS(X)                                                                                                  \
    X(IO,            IO,          "the transfer failed on the bus")                                                    \
    X(INVALID_PARAM, IO,          "libusb: wrong argument, a fault of this program")                                   \
    X(ACCESS,        ACCESS,      "this user may not open the device")                                                 \
    X(NO_DEVICE,     NO_DEVICE,   "the device was unplugged")                                                          \
    X(NOT_FOUND,     UNSUPPORTED, "the device lacks the interface or the endpoint")                                    \
    X(BUSY,          BUSY,        "another program uses the device")                                                   \
    X(TIMEOUT,       TIMEOUT,     "the device took no data in time")                                                   \
    X(OVERFLOW,      LINK,        "the device sent more than was asked for")                                           \
    X(PIPE,          IO,          "the device refused the transfer (endpoint halted)")                                 \
    X(INTERRUPTED,   STOPPED,     "a signal broke the call off")                                                       \
    X(NO_MEM,        NOMEM,       "no memory for USB transfers (usbfs_memory_mb limits them)")                         \
    X(NOT_SUPPORTED, UNSUPPORTED, "this system's USB cannot do that")                                                  \
    X(OTHER,         IO,          "libusb gives no reason")

int qn_usb_err(int libusb_error)
{
    switch (libusb_error) {
    case LIBUSB_SUCCESS: return 0;
#define CASE(name, ours, text) case LIBUSB_ERROR_##name: return QN_ERR_##ours;
    USB_ERRORS(CASE)
#undef CASE
    default: return QN_ERR_IO;
    }
}

const char *qn_usb_err_text(int libusb_error)
{
    switch (libusb_error) {
    case LIBUSB_SUCCESS: return "no error";
#define CASE(name, ours, text) case LIBUSB_ERROR_##name: return text;
    USB_ERRORS(CASE)
#undef CASE
    default: return "an error that libusb does not name";
    }
}
