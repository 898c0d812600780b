// SPDX-License-Identifier: Apache-2.0
// qn_serve.h: a board (qn_board.h) behind a TCP port, for driver/wire/qn_tcp.c on another machine. Whoever reaches the port may use it: there is
// no password, and nothing is encrypted.
//
//     qn_serve *s;
//     int err = qn_serve_open(&s, board, "127.0.0.1", "0", &why);
//     printf("%s\n", qn_serve_place(s));                          // HOST:PORT
//     while (!err && !stopped)
//         err = qn_serve_step(s, 100);
//     qn_serve_close(s);
#ifndef QN_SERVE_H
#define QN_SERVE_H

#include "driver/serve/qn_board.h"

typedef struct qn_serve qn_serve;

// Listens at `host` (NULL: all of this machine's addresses) and `port` ("0": any). The board stays the caller's. QN_ERR_USAGE, QN_ERR_IO, QN_ERR_NOMEM.
int qn_serve_open(qn_serve **out, qn_board *b, const char *host, const char *port, qn_why *why);
void qn_serve_close(qn_serve *s);
const char *qn_serve_place(const qn_serve *s);

// Waits until something came, at most `ms`, and does it. One client at a time: the next is hung up on. QN_ERR_IO: it listens no more.
int qn_serve_step(qn_serve *s, int ms);

#endif
