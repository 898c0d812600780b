// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "driver/serve/qn_serve.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "driver/link/qn_link.h"

enum { OUT = 1 << 18, IN = 1 << 16 };

struct qn_serve {
    qn_board *board;
    int listener, client;                // client -1: none
    int64_t ticked_ms;
    size_t n_out;
    char place[128];
    uint8_t out[OUT], in[IN];
};

static int64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static int listen_at(const struct addrinfo *a)
{
    int fd = socket(a->ai_family, a->ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, a->ai_protocol);
    if (fd < 0)
        return -errno;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int));
    if (bind(fd, a->ai_addr, a->ai_addrlen) == 0 && listen(fd, 4) == 0)
        return fd;
    int error = errno;
    close(fd);
    return -error;
}

static void name(qn_serve *s)
{
    struct sockaddr_storage a;
    socklen_t n = sizeof a;
    char host[80] = "?", port[16] = "?";
    if (getsockname(s->listener, (struct sockaddr *)&a, &n) == 0)
        getnameinfo((struct sockaddr *)&a, n, host, sizeof host, port, sizeof port, NI_NUMERICHOST | NI_NUMERICSERV);
    snprintf(s->place, sizeof s->place, strchr(host, ':') ? "[%s]:%s" : "%s:%s", host, port);
}

int qn_serve_open(qn_serve **out, qn_board *b, const char *host, const char *port, qn_why *why)
{
    *out = NULL;
    struct addrinfo *list, hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE};
    int err = getaddrinfo(host, port, &hints, &list);
    if (err)
        return qn_fail(why, QN_ERR_USAGE, "%.80s:%.20s: %s", host ? host : "", port, gai_strerror(err));
    int fd = -EADDRNOTAVAIL;
    for (const struct addrinfo *a = list; a && fd < 0; a = a->ai_next)
        fd = listen_at(a);
    freeaddrinfo(list);
    if (fd < 0)
        return qn_fail(why, QN_ERR_IO, "%.80s:%.20s: %s", host ? host : "", port, strerror(-fd));
    qn_serve *s = calloc(1, sizeof *s);
    if (!s) {
        close(fd);
        return qn_fail(why, QN_ERR_NOMEM, "server");
    }
    s->board = b;
    s->listener = fd;
    s->client = -1;
    s->ticked_ms = now_ms();
    name(s);
    *out = s;
    return 0;
}

static void hang_up(qn_serve *s)
{
    if (s->client >= 0)
        close(s->client);
    s->client = -1;
    s->n_out = 0;
}

void qn_serve_close(qn_serve *s)
{
    if (!s)
        return;
    hang_up(s);
    close(s->listener);
    free(s);
}

const char *qn_serve_place(const qn_serve *s)
{
    return s->place;
}

static int welcome(qn_serve *s)
{
    int fd = accept4(s->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd < 0)
        return errno == EAGAIN || errno == EINTR || errno == ECONNABORTED ? 0 : QN_ERR_IO;
    if (s->client >= 0) {
        close(fd);
        return 0;
    }
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
    s->client = fd;
    return 0;
}

static void pull(qn_serve *s)
{
    ssize_t n = recv(s->client, s->in, IN, 0);
    if (n > 0)
        qn_board_take(s->board, s->in, (size_t)n);
    else if (n == 0 || (errno != EAGAIN && errno != EINTR))
        hang_up(s);
}

static void push(qn_serve *s)
{
    for (size_t n; s->n_out + QN_LINK_FRAME_BYTES <= OUT && (n = qn_board_next(s->board, s->out + s->n_out));)
        s->n_out += n;
    if (s->client < 0 || !s->n_out) {
        s->n_out = 0;
        return;
    }
    ssize_t n = send(s->client, s->out, s->n_out, MSG_NOSIGNAL);
    if (n < 0 && errno != EAGAIN && errno != EINTR)
        hang_up(s);
    if (n <= 0)
        return;
    s->n_out -= (size_t)n;
    memmove(s->out, s->out + n, s->n_out);
}

int qn_serve_step(qn_serve *s, int ms)
{
    struct pollfd p[2] = {{.fd = s->listener, .events = POLLIN},
                          {.fd = s->client, .events = (short)((s->n_out < OUT / 2 ? POLLIN : 0) | (s->n_out ? POLLOUT : 0))}};
    if (poll(p, 2, ms) < 0 && errno != EINTR)
        return QN_ERR_IO;
    int64_t now = now_ms();
    qn_board_tick(s->board, (uint32_t)(now - s->ticked_ms));
    s->ticked_ms = now;
    if (s->client >= 0 && p[1].revents & (POLLIN | POLLHUP | POLLERR))
        pull(s);
    push(s);
    return p[0].revents & POLLIN ? welcome(s) : 0;
}
