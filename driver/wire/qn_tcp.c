// SPDX-License-Identifier: Apache-2.0
// The link over TCP: to `quern serve`, so that a simulation may run on another machine. What TCP repairs the link need not, but a server
// may vanish, and its frames are looked at like any other's.
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "driver/link/qn_link.h"
#include "driver/wire/qn_wire.h"

enum { CONNECT_MS = 3000, BUFFER = 65536 };

typedef struct tcp {
    qn_wire base;
    int fd, err;
    bool heard;                          // anything has come
    size_t n_out, n_in;
    char place[256];
    uint8_t out[BUFFER], in[BUFFER];
} tcp;

// "host:port" or "[v6]:port" in parts.
static bool split(const char *place, char host[200], char port[16])
{
    const char *colon = strrchr(place, ':');
    size_t n = colon ? (size_t)(colon - place) : 0;
    bool bracket = n > 2 && place[0] == '[' && place[n - 1] == ']';
    if (!n || !colon[1] || n >= 200 || strlen(colon + 1) >= 16 || (!bracket && memchr(place, ':', n)))
        return false;
    snprintf(host, 200, "%.*s", (int)(bracket ? n - 2 : n), place + bracket);
    snprintf(port, 16, "%s", colon + 1);
    return true;
}

// How the connecting under way ends: 0 or an errno.
static int connected(int fd)
{
    int error = 0;
    socklen_t n = sizeof error;
    struct pollfd p = {.fd = fd, .events = POLLOUT};
    if (poll(&p, 1, CONNECT_MS) < 1)
        return ETIMEDOUT;
    return getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &n) < 0 ? errno : error;
}

// A socket connected to it, or a negative errno.
static int try_address(const struct addrinfo *a)
{
    int fd = socket(a->ai_family, a->ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, a->ai_protocol), error = 0;
    if (fd < 0)
        return -errno;
    if (connect(fd, a->ai_addr, a->ai_addrlen) < 0)
        error = errno == EINPROGRESS ? connected(fd) : errno;
    if (error) {
        close(fd);
        return -error;
    }
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
    return fd;
}

static int tcp_open(qn_wire **out, const char *place, qn_why *why)
{
    char host[200], port[16];
    *out = NULL;
    if (!split(place, host, port))
        return qn_fail(why, QN_ERR_USAGE, "'%.60s' is no HOST:PORT", place);
    struct addrinfo *list, hints = {.ai_socktype = SOCK_STREAM};
    int err = getaddrinfo(host, port, &hints, &list);
    if (err)
        return qn_fail(why, QN_ERR_NO_DEVICE, "%.100s: %s", host, gai_strerror(err));
    int fd = -EHOSTUNREACH;
    for (const struct addrinfo *a = list; a && fd < 0; a = a->ai_next)
        fd = try_address(a);
    freeaddrinfo(list);
    if (fd < 0)
        return qn_fail(why, QN_ERR_NO_DEVICE, "%s", strerror(-fd));
    tcp *t = calloc(1, sizeof *t);
    if (!t) {
        close(fd);
        return qn_fail(why, QN_ERR_NOMEM, "TCP");
    }
    t->base.kind = &qn_wire_tcp;
    t->fd = fd;
    snprintf(t->place, sizeof t->place, "%s", place);
    *out = &t->base;
    return 0;
}

static void tcp_close(qn_wire *w)
{
    close(((tcp *)w)->fd);
    free(w);
}

static uint8_t *tcp_space(qn_wire *w)
{
    tcp *t = (tcp *)w;
    return t->n_out + QN_LINK_FRAME_BYTES > BUFFER || t->err ? NULL : t->out + t->n_out;
}

static void tcp_put(qn_wire *w, size_t n)
{
    ((tcp *)w)->n_out += n;
}

static void gone(tcp *t)
{
    if (!t->err)
        t->err = t->heard ? QN_ERR_NO_DEVICE : QN_ERR_BUSY;   // a server that has a client hangs up on the next
}

static void push(tcp *t)
{
    ssize_t n = send(t->fd, t->out, t->n_out, MSG_NOSIGNAL);
    if (n < 0 && errno != EAGAIN && errno != EINTR)
        gone(t);
    if (n <= 0)
        return;
    t->n_out -= (size_t)n;
    memmove(t->out, t->out + n, t->n_out);
}

static void pull(tcp *t)
{
    ssize_t n = recv(t->fd, t->in, BUFFER, 0);
    if (n > 0) {
        t->n_in = (size_t)n;
        t->heard = true;
    } else if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
        gone(t);
    }
}

static int tcp_wait(qn_wire *w, uint32_t ms)
{
    tcp *t = (tcp *)w;
    if (t->n_out)
        push(t);
    if (t->err || t->n_in)
        return t->err;
    struct pollfd p = {.fd = t->fd, .events = (short)(POLLIN | (t->n_out ? POLLOUT : 0))};
    int n = poll(&p, 1, ms > 1000 ? 1000 : (int)ms);
    if (n > 0 && p.revents & (POLLIN | POLLHUP | POLLERR))
        pull(t);
    return t->err;
}

static size_t tcp_receive(qn_wire *w, const uint8_t **bytes)
{
    tcp *t = (tcp *)w;
    size_t n = t->n_in;
    *bytes = t->in;
    t->n_in = 0;
    return n;
}

static const char *tcp_place(const qn_wire *w)
{
    return ((const tcp *)w)->place;
}

const qn_wire_kind qn_wire_tcp = {
    .name = "tcp", .timeout_ms = 500, .slow = 2000, .open = tcp_open, .close = tcp_close, .space = tcp_space, .put = tcp_put,
    .wait = tcp_wait, .receive = tcp_receive, .place = tcp_place,
};
