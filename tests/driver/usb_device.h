// SPDX-License-Identifier: Apache-2.0
// usb_device.h: a Quern device on a USB that is not there: descriptors, control requests and bulk endpoints before a board out of an executor
// (driver/serve/qn_board.h), and what befalls the frames between them. Who carries its transfers is a front end: umockdev (usb_bed.c), where a
// process believes in it, and USB/IP (usbip.h, usb_vhci.c), where a kernel does.
//
//     usb_device *d;
//     int err = usb_device_open(&d, "model:ulx3s", 0, &why);
//     usb_device_plug(d);
//     int n = usb_device_control(d, setup, data, room);
//     if (usb_device_out(d, frames, n_frames))
//         while (!(n = usb_device_in(d, data, room)))             // nothing yet: ask again
//             ;
//     usb_device_close(d);
//
// A fault may pull the cable: a front end looks at usb_device_plugged whenever it has called. One thread for the functions of a device.
#ifndef USB_DEVICE_H
#define USB_DEVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "driver/qn_err.h"

typedef struct usb_device usb_device;

enum { USB_DEVICES = 2, USB_DEVICE_ANSWER = 128, USB_DEVICE_DESCRIPTORS = 18 + 32 };

// Number n has the serial number QN100n. On error *out is NULL.
int usb_device_open(usb_device **out, const char *where, unsigned number, qn_why *why);
void usb_device_close(usb_device *d);
const char *usb_device_serial(const usb_device *d);

void usb_device_plug(usb_device *d);
void usb_device_pull(usb_device *d);             // what its board holds stays
bool usb_device_plugged(const usb_device *d);
bool usb_device_configured(const usb_device *d);
void usb_device_reset(usb_device *d);            // of the port

// The device's descriptor and its configuration's, as sysfs shows them.
void usb_device_descriptors(const usb_device *d, uint8_t out[USB_DEVICE_DESCRIPTORS]);

// A request on endpoint 0: how many bytes it answers, at most `room`, or -1: a stall.
int usb_device_control(usb_device *d, const uint8_t setup[8], uint8_t *data, size_t room);

// A transfer on the bulk endpoints. Out: false: the device does not take the end of it, until the port is reset. In: 0: there is nothing yet.
bool usb_device_out(usb_device *d, const uint8_t *p, size_t n);
size_t usb_device_in(usb_device *d, uint8_t *p, size_t room);

// One of the lines below, which front ends get on standard input; `answer` is the line that answers it, without its end. False: none of these.
//
//     power D                               the same as off and on again: all it knew is lost
//     hang D N                              N: bits 1 core, 2 firmware; 4: the link says nothing anymore, until the port is reset
//     fault D out|in I KIND                 frame I from now on, counted in that direction, meets KIND: lose, flip, repeat, cut, hold, garbage,
//                                           unplug, power
//     noise D PERMILLE SEED                 so many of a thousand frames meet one of the first six, drawn
//     count D                               frames out, frames in, words written, frames that met a fault; counting begins anew
//     claim D ID BUILD TARGET PROTOCOL      who it says it is from now on
//
// Front ends have these themselves: plug D, unplug D; dir: what UMOCKDEV_DIR is to be ("-": there is a kernel). They end with their input.
bool usb_device_obey(usb_device *d, const char *line, char answer[USB_DEVICE_ANSWER]);

#endif
