// SPDX-License-Identifier: Apache-2.0
// usb_vhci: emulated devices (usb_device.h) on the USB of the kernel that it runs on: each plugged one is a socket whose other end vhci_hcd has,
// and the kernel enumerates it as it would one on a cable. Root's, with the module loaded. It is told what to do by lines on standard input and
// answers each with one line (usb_device.h has them): "plug" and "unplug" once the kernel has come to terms with it. Standard error has the time
// of each unplugging, in seconds of /proc/uptime.
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "tests/driver/usbip.h"

#define VHCI "/sys/devices/platform/vhci_hcd.0"
enum { SPEED_HIGH = 3, PORT_FREE = 4, BUS = 1, PATIENCE_MS = 5000, TURN_MS = 1 };

typedef struct device {
    usb_device *usb;
    usbip *ip;                           // NULL: not attached
    int fd;
    unsigned port;
} device;

static device devices[USB_DEVICES];

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_BOOTTIME, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static int tell(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    ssize_t n = write(fd, text, strlen(text));
    int err = n < 0 ? -errno : 0;
    close(fd);
    return err;
}

// Lines of VHCI/status: hub, port, status, ...
static bool port_is_free(unsigned port)
{
    char line[160];
    unsigned p, status;
    bool is_free = false;
    FILE *f = fopen(VHCI "/status", "r");
    while (f && fgets(line, sizeof line, f))
        if (sscanf(line, "hs %u %u", &p, &status) == 2 && p == port)
            is_free = status == PORT_FREE;
    if (f)
        fclose(f);
    return is_free;
}

// The kernel has bound it: its interface is there.
static bool is_bound(const device *d)
{
    char path[64];
    snprintf(path, sizeof path, "/sys/bus/usb/devices/%u-%u:1.0", BUS, d->port + 1);
    return usb_device_configured(d->usb) && access(path, F_OK) == 0;
}

static bool is_gone(const device *d)
{
    char path[64];
    snprintf(path, sizeof path, "/sys/bus/usb/devices/%u-%u", BUS, d->port + 1);
    return port_is_free(d->port) && access(path, F_OK) != 0;
}

static void leave(device *d)
{
    usbip_close(d->ip);
    close(d->fd);
    d->ip = NULL;
    usb_device_pull(d->usb);
}

static void pull(device *d)
{
    char text[16];
    if (!d->ip)
        return;
    fprintf(stderr, "unplugged %u %.3f\n", d->port, seconds());
    snprintf(text, sizeof text, "%u", d->port);
    int err = tell(VHCI "/detach", text);
    if (err)
        fprintf(stderr, "usb_vhci: detach: %s\n", strerror(-err));
    leave(d);
}

// Does what there is to do for a while; a line on standard input ends it.
static void serve(int ms)
{
    struct pollfd p[1 + USB_DEVICES] = {{.fd = 0, .events = POLLIN}};
    for (int i = 0; i < USB_DEVICES; i++) {
        p[1 + i] = (struct pollfd){.fd = devices[i].ip ? devices[i].fd : -1, .events = POLLIN};
        if (devices[i].ip && usbip_waits(devices[i].ip))
            ms = TURN_MS;
    }
    poll(p, 1 + USB_DEVICES, ms);
    for (int i = 0; i < USB_DEVICES; i++) {
        device *d = &devices[i];
        int err = d->ip ? usbip_step(d->ip) : 0;
        if (!err)
            continue;
        if (!usb_device_plugged(d->usb)) {
            pull(d);
        } else {
            fprintf(stderr, "usb_vhci: port %u: %s\n", d->port, qn_err_text(err));
            leave(d);
        }
    }
}

static bool serve_until(bool (*done)(const device *), const device *d)
{
    double end = seconds() + 1e-3 * PATIENCE_MS;
    while (!done(d)) {
        if (seconds() > end)
            return false;
        serve(TURN_MS);
    }
    return true;
}

static bool unplug(device *d)
{
    pull(d);
    return serve_until(is_gone, d);
}

static bool plug(device *d)
{
    int ends[2];
    char text[64];
    uint32_t devid = (uint32_t)BUS << 16 | (d->port + 2);
    if (!unplug(d) || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends))
        return false;
    if (usbip_open(&d->ip, d->usb, ends[0], devid)) {
        close(ends[0]);
        close(ends[1]);
        return false;
    }
    d->fd = ends[0];
    usb_device_plug(d->usb);
    snprintf(text, sizeof text, "%u %d %u %d", d->port, ends[1], devid, SPEED_HIGH);
    int err = tell(VHCI "/attach", text);
    close(ends[1]);                      // the kernel has it
    if (err) {
        fprintf(stderr, "usb_vhci: attach: %s\n", strerror(-err));
        leave(d);
        return false;
    }
    return serve_until(is_bound, d);
}

static void obey(const char *line)
{
    char verb[16] = "", answer[USB_DEVICE_ANSWER] = "ok";
    unsigned n = 0;
    bool known = sscanf(line, "%15s %u", verb, &n) >= 1 && n < USB_DEVICES;
    if (known && strcmp(verb, "dir") == 0)
        snprintf(answer, sizeof answer, "-");
    else if (known && strcmp(verb, "plug") == 0)
        snprintf(answer, sizeof answer, plug(&devices[n]) ? "ok" : "cannot plug in");
    else if (known && strcmp(verb, "unplug") == 0)
        snprintf(answer, sizeof answer, unplug(&devices[n]) ? "ok" : "cannot unplug");
    else
        known = known && usb_device_obey(devices[n].usb, line, answer);
    printf("%s\n", known ? answer : "what?");
}

int main(int argc, char **argv)
{
    char line[256];
    signal(SIGPIPE, SIG_IGN);
    for (unsigned i = 0; i < USB_DEVICES; i++) {
        qn_why why = {""};
        devices[i].port = i;
        if (usb_device_open(&devices[i].usb, argc > 1 ? argv[1] : "model:ulx3s", i, &why) < 0) {
            fprintf(stderr, "usb_vhci: %s\n", why.text);
            return 70;
        }
    }
    setvbuf(stdin, NULL, _IONBF, 0);     // what poll does not see must not lie in a buffer
    setvbuf(stdout, NULL, _IOLBF, 0);
    for (struct pollfd in = {.fd = 0, .events = POLLIN};;) {
        if (poll(&in, 1, 0) <= 0)
            serve(-1);
        else if (fgets(line, sizeof line, stdin))
            obey(line);
        else
            break;
    }
    for (int i = 0; i < USB_DEVICES; i++) {
        unplug(&devices[i]);
        usb_device_close(devices[i].usb);
    }
    return 0;
}
