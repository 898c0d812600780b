// SPDX-License-Identifier: Apache-2.0
// The link over a serial line: the fallback of boards whose USB is a UART bridge. "PATH" or "PATH@BAUD" (115200); 8 bits, no parity, no flow control: the
// link's window is that. What is no frame, a console's lines for instance, is passed over by the link.
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "driver/link/qn_link.h"
#include "driver/wire/qn_wire.h"

enum { BUFFER = 65536, BAUD = 115200 };

typedef struct serial {
    qn_wire base;
    int fd, err;
    size_t n_out, n_in;
    char place[256];
    uint8_t out[BUFFER], in[BUFFER];
} serial;

// X(baud): what termios has
#define BAUDS(X) X(9600) X(19200) X(38400) X(57600) X(115200) X(230400) X(460800) X(921600) X(1000000) X(1500000) X(2000000) X(3000000) X(4000000)

static bool speed_of(unsigned long baud, speed_t *speed)
{
    switch (baud) {
#define CASE(b) case b: *speed = B##b; return true;
    BAUDS(CASE)
#undef CASE
    default: return false;
    }
}

static bool split(const char *place, char path[200], speed_t *speed)
{
    const char *at = strrchr(place, '@');
    size_t n = at ? (size_t)(at - place) : strlen(place);
    char *end = "";
    unsigned long baud = at ? strtoul(at + 1, &end, 10) : BAUD;
    if (!n || n >= 200 || *end || (at && !at[1]))
        return false;
    snprintf(path, 200, "%.*s", (int)n, place);
    return speed_of(baud, speed);
}

static int refuse(int fd, int error, qn_why *why)
{
    if (fd >= 0)
        close(fd);
    int err = error == ENOENT || error == ENODEV || error == ENXIO ? QN_ERR_NO_DEVICE : error == EACCES ? QN_ERR_ACCESS :
              error == EBUSY || error == EWOULDBLOCK ? QN_ERR_BUSY : error == ENOTTY ? QN_ERR_USAGE : QN_ERR_IO;
    return qn_fail(why, err, "%s", err == QN_ERR_BUSY ? "another program uses the line" : strerror(error));
}

static int serial_open(qn_wire **out, const char *place, qn_why *why)
{
    char path[200];
    speed_t speed;
    struct termios t;
    *out = NULL;
    if (!split(place, path, &speed))
        return qn_fail(why, QN_ERR_USAGE, "'%.80s' is no PATH or PATH@BAUD", place);
    int fd = open(path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        return refuse(fd, errno, why);
    if (tcgetattr(fd, &t) < 0)
        return refuse(fd, ENOTTY, why);
    if (flock(fd, LOCK_EX | LOCK_NB) < 0)
        return refuse(fd, errno, why);
    cfmakeraw(&t);
    t.c_cflag |= CLOCAL | CREAD;
    t.c_cflag &= ~(tcflag_t)(CRTSCTS | CSTOPB);
    cfsetispeed(&t, speed);
    cfsetospeed(&t, speed);
    if (tcsetattr(fd, TCSANOW, &t) < 0)
        return refuse(fd, errno, why);
    tcflush(fd, TCIOFLUSH);
    serial *s = calloc(1, sizeof *s);
    if (!s)
        return refuse(fd, ENOMEM, why);
    s->base.kind = &qn_wire_serial;
    s->fd = fd;
    snprintf(s->place, sizeof s->place, "%s", place);
    *out = &s->base;
    return 0;
}

static void serial_close(qn_wire *w)
{
    close(((serial *)w)->fd);
    free(w);
}

static uint8_t *serial_space(qn_wire *w)
{
    serial *s = (serial *)w;
    return s->n_out + QN_LINK_FRAME_BYTES > BUFFER || s->err ? NULL : s->out + s->n_out;
}

static void serial_put(qn_wire *w, size_t n)
{
    ((serial *)w)->n_out += n;
}

static int serial_wait(qn_wire *w, uint32_t ms)
{
    serial *s = (serial *)w;
    if (s->err || s->n_in)
        return s->err;
    struct pollfd p = {.fd = s->fd, .events = (short)(POLLIN | (s->n_out ? POLLOUT : 0))};
    if (poll(&p, 1, ms > 1000 ? 1000 : (int)ms) < 1)
        return 0;
    ssize_t n = p.revents & POLLIN ? read(s->fd, s->in, BUFFER) : 0;
    if (n > 0)
        s->n_in = (size_t)n;
    else if (p.revents & (POLLHUP | POLLERR | POLLNVAL) || (n < 0 && errno != EAGAIN && errno != EINTR))
        s->err = QN_ERR_NO_DEVICE;       // a bridge that was unplugged
    n = p.revents & POLLOUT && !s->err ? write(s->fd, s->out, s->n_out) : 0;
    if (n < 0 && errno != EAGAIN && errno != EINTR)
        s->err = QN_ERR_NO_DEVICE;
    if (n > 0) {
        s->n_out -= (size_t)n;
        memmove(s->out, s->out + n, s->n_out);
    }
    return s->err;
}

static size_t serial_receive(qn_wire *w, const uint8_t **bytes)
{
    serial *s = (serial *)w;
    size_t n = s->n_in;
    *bytes = s->in;
    s->n_in = 0;
    return n;
}

static const char *serial_place(const qn_wire *w)
{
    return ((const serial *)w)->place;
}

const qn_wire_kind qn_wire_serial = {
    .name = "serial", .timeout_ms = 1000, .slow = 1, .open = serial_open, .close = serial_close, .space = serial_space, .put = serial_put,
    .wait = serial_wait, .receive = serial_receive, .place = serial_place,
};
