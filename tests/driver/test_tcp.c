// SPDX-License-Identifier: Apache-2.0
// A board behind TCP, and one behind a serial line (a pseudo terminal), in this process, and clients of it: data there and back, commands, one
// client at a time, a server that ends and comes back. The board's own law at its edges: what it refuses, what a reset stops.
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <pthread.h>
#include <unistd.h>

#include "driver/client/qn_client.h"
#include "driver/link/qn_crc32c.h"
#include "driver/serve/qn_serve.h"

static qn_board *board;
static qn_serve *server;
static pthread_t thread;
static int quit;
static char place[128], port[16];

static void *serve(void *arg)
{
    (void)arg;
    while (!__atomic_load_n(&quit, __ATOMIC_RELAXED) && qn_serve_step(server, 10) == 0)
        ;
    return NULL;
}

static void up(const char *at)
{
    qn_why why = {""};
    if (qn_serve_open(&server, board, "127.0.0.1", at, &why))
        fail_msg("%s", why.text);
    snprintf(place, sizeof place, "%s", qn_serve_place(server));
    snprintf(port, sizeof port, "%s", strrchr(place, ':') + 1);
    quit = 0;
    assert_int_equal(pthread_create(&thread, NULL, serve, NULL), 0);
}

static void down(void)
{
    __atomic_store_n(&quit, 1, __ATOMIC_RELAXED);
    pthread_join(thread, NULL);
    qn_serve_close(server);
}

static int setup(void **state)
{
    (void)state;
    qn_why why;
    return qn_board_open(&board, "model:ulx3s", 77, &why);
}

static int teardown(void **state)
{
    (void)state;
    qn_board_close(board);
    return 0;
}

static qn_client *client(void)
{
    qn_client *c;
    qn_why why = {""};
    if (qn_client_open(&c, &qn_wire_tcp, place, &why))
        fail_msg("%s: %s", place, why.text);
    return c;
}

static int one(qn_client *c, uint8_t type, uint32_t addr, uint32_t words, uint32_t *value, void *data)
{
    qn_link_op op = {.type = type, .addr = addr, .words = words, .value = value ? *value : 0, .data = data};
    int err = qn_client_do(c, &op, 1);
    if (value)
        *value = op.value;
    return err;
}

static void there_and_back(void **state)
{
    (void)state;
    enum { WORDS = 300000 };
    uint32_t *data = malloc(4 * WORDS), *back = malloc(4 * WORDS), result[QN_MB_RESULT_COUNT], x = 1;
    up("0");
    qn_client *c = client(), *other;
    qn_why why;
    for (int i = 0; i < WORDS; i++)
        data[i] = x = x * 1664525 + 1013904223;
    assert_true(qn_client_id(c)->serial == 77 && strcmp(qn_client_target(c)->name, "ulx3s") == 0);
    assert_int_equal(one(c, QN_LINK_WRITE, 1000, WORDS, NULL, data), 0);
    assert_int_equal(one(c, QN_LINK_READ, 1000, WORDS, NULL, back), 0);
    assert_memory_equal(data, back, 4 * WORDS);
    const uint32_t sum[] = {1000, WORDS}, fill[] = {1000, 10, 0x01020304};
    assert_int_equal(qn_client_command(c, QN_MB_COMMAND_SUM, sum, 2, result, WORDS), 0);
    assert_int_equal(result[0], qn_crc32c(0, data, 4 * WORDS));
    assert_int_equal(qn_client_command(c, QN_MB_COMMAND_FILL, fill, 3, NULL, WORDS), 0);
    assert_int_equal(one(c, QN_LINK_READ, 1000, 11, NULL, back), 0);
    assert_true(back[0] == 0x01020304 && back[9] == 0x01020304 && back[10] == data[10]);
    // The next client is hung up on
    assert_int_equal(qn_client_open(&other, &qn_wire_tcp, place, &why), QN_ERR_BUSY);
    assert_non_null(strstr(why.text, "another program uses it"));
    assert_int_equal(one(c, QN_LINK_REG_READ, QN_REG_ID, 0, &x, NULL), 0);
    assert_int_equal(x, QN_ID_VALUE);
    // The server ends, and comes back with the same board
    down();
    assert_int_equal(one(c, QN_LINK_REG_READ, QN_REG_ID, 0, &x, NULL), QN_ERR_NO_DEVICE);
    up(port);
    bool kept;
    assert_int_equal(qn_client_reopen(c, 2000, &kept, &why), 0);
    assert_true(kept);
    assert_int_equal(one(c, QN_LINK_READ, 1000, WORDS, NULL, back), 0);
    assert_memory_equal(data + 10, back + 10, 4 * (WORDS - 10));
    qn_client_close(c);
    down();
    free(data);
    free(back);
}

static void refused(void **state)
{
    (void)state;
    up("0");
    qn_client *c = client(), *none;
    uint32_t all = (uint32_t)(qn_client_target(c)->mem_bytes / 4), x = 5, word = 0, result[QN_MB_RESULT_COUNT];
    const uint32_t bad[][3] = {{all, 1, 0}, {all - 1, 2, 0}, {0xffffffff, 2, 0}, {0, 0xffffffff, 0}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        for (unsigned k = QN_MB_COMMAND_SUM; k <= QN_MB_COMMAND_TEST; k++)
            assert_int_equal(qn_client_command(c, k, bad[i], 3, NULL, 1000), QN_ERR_RANGE);
    const uint32_t small[] = {0, 4095}, test[] = {5000, 8192};
    assert_int_equal(qn_client_command(c, QN_MB_COMMAND_TEST, small, 2, NULL, 1000), QN_ERR_RANGE);
    assert_int_equal(qn_client_command(c, QN_MB_COMMAND_TEST, test, 2, result, 1000000), 0);
    assert_int_equal(qn_client_command(c, 99, test, 2, NULL, 1000), QN_ERR_UNSUPPORTED);
    assert_int_equal(qn_client_command(c, QN_MB_COMMAND_GENERATE, small, 2, NULL, 1000), QN_ERR_RANGE);
    assert_int_equal(one(c, QN_LINK_READ, all, 1, NULL, &word), QN_ERR_RANGE);
    assert_int_equal(one(c, QN_LINK_REG_READ, QN_MB_REGS, 0, &x, NULL), QN_ERR_RANGE);
    assert_int_equal(one(c, QN_LINK_BELL, QN_MB_BELLS, 0, &x, NULL), QN_ERR_RANGE);
    // What is the device's to write stays; what is the host's reads back
    x = 0x1234;
    assert_int_equal(one(c, QN_LINK_REG_WRITE, QN_MB_STATE, 0, &x, NULL), 0);
    assert_int_equal(one(c, QN_LINK_REG_READ, QN_MB_STATE, 0, &x, NULL), 0);
    assert_int_equal(x, QN_MB_STATE_IDLE);
    x = 0x1234;
    assert_int_equal(one(c, QN_LINK_REG_WRITE, QN_MB_ARG + 5, 0, &x, NULL), 0);
    x = 0;
    assert_int_equal(one(c, QN_LINK_REG_READ, QN_MB_ARG + 5, 0, &x, NULL), 0);
    assert_int_equal(x, 0x1234);
    // The core hangs; the reset that finds its known answer again
    qn_board_hang(board, 1);
    x = QN_CTRL_START;
    assert_int_equal(one(c, QN_LINK_REG_WRITE, QN_REG_CTRL, 0, &x, NULL), 0);
    assert_int_equal(one(c, QN_LINK_REG_READ, QN_REG_STATUS, 0, &x, NULL), 0);
    assert_int_equal(x, QN_STATUS_BUSY);
    assert_int_equal(qn_client_recover(c), 0);
    assert_int_equal(one(c, QN_LINK_REG_READ, QN_REG_STATUS, 0, &x, NULL), 0);
    assert_int_equal(x & QN_STATUS_BUSY, 0);
    qn_client_close(c);
    down();
    qn_why why;
    assert_int_equal(qn_client_open(&none, &qn_wire_tcp, place, &why), QN_ERR_NO_DEVICE);
    static const char *const wrong[] = {"", ":", "x:", ":1", "nocolon", "[::1]", "no.such.host.invalid:1"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_int_equal(qn_client_open(&none, &qn_wire_tcp, wrong[i], &why), i + 1 == sizeof wrong / sizeof *wrong ? QN_ERR_NO_DEVICE : QN_ERR_USAGE);
    qn_board *b;
    assert_int_equal(qn_board_open(&b, "abacus:x", 0, &why), QN_ERR_NO_PORT);
    assert_int_equal(qn_serve_open(&server, board, "127.0.0.1", "not a port", &why), QN_ERR_USAGE);
}

// The board's end of a serial line, which says something else as well now and then
static void *lone_line(void *arg)
{
    int fd = *(int *)arg;
    uint8_t bytes[4096];
    for (unsigned i = 0; !__atomic_load_n(&quit, __ATOMIC_RELAXED); i++) {
        struct pollfd p = {.fd = fd, .events = POLLIN};
        ssize_t n = poll(&p, 1, 5) > 0 && p.revents & POLLIN ? read(fd, bytes, sizeof bytes) : 0;
        if (n > 0)
            qn_board_take(board, bytes, (size_t)n);
        for (size_t k; (k = qn_board_next(board, bytes));)
            for (size_t at = 0; at < k && !__atomic_load_n(&quit, __ATOMIC_RELAXED);) {
                n = write(fd, bytes + at, k - at);
                at += n > 0 ? (size_t)n : 0;
            }
        if (i % 50 == 0 && write(fd, "quern: QNQN ready\n", 18) < 0)
            break;
        qn_board_tick(board, 1);
    }
    return NULL;
}

static void serial_line(void **state)
{
    (void)state;
    enum { WORDS = 20000 };
    uint32_t *data = malloc(4 * WORDS), *back = malloc(4 * WORDS);
    char path[100], with[120];
    qn_client *c, *other;
    qn_why why = {""};
    int fd = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK);
    assert_true(fd >= 0 && grantpt(fd) == 0 && unlockpt(fd) == 0 && ptsname_r(fd, path, sizeof path) == 0);
    quit = 0;
    assert_int_equal(pthread_create(&thread, NULL, lone_line, &fd), 0);
    snprintf(with, sizeof with, "%s@3000000", path);
    if (qn_client_open(&c, &qn_wire_serial, with, &why))
        fail_msg("%s", why.text);
    assert_int_equal(qn_client_open(&other, &qn_wire_serial, path, &why), QN_ERR_BUSY);
    for (int i = 0; i < WORDS; i++)
        data[i] = (uint32_t)i * 2654435761u;
    assert_int_equal(one(c, QN_LINK_WRITE, 77, WORDS, NULL, data), 0);
    assert_int_equal(one(c, QN_LINK_READ, 77, WORDS, NULL, back), 0);
    assert_memory_equal(data, back, 4 * WORDS);
    __atomic_store_n(&quit, 1, __ATOMIC_RELAXED);
    pthread_join(thread, NULL);
    close(fd);                           // the bridge is unplugged
    assert_int_equal(one(c, QN_LINK_READ, 77, 10, NULL, back), QN_ERR_NO_DEVICE);
    qn_client_close(c);
    assert_int_equal(qn_client_open(&c, &qn_wire_serial, "/dev/no such line", &why), QN_ERR_NO_DEVICE);
    assert_int_equal(qn_client_open(&c, &qn_wire_serial, "/dev/null", &why), QN_ERR_USAGE);
    static const char *const wrong[] = {"", "@9600", "/dev/x@", "/dev/x@12", "/dev/x@9600y"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_int_equal(qn_client_open(&c, &qn_wire_serial, wrong[i], &why), QN_ERR_USAGE);
    free(data);
    free(back);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(there_and_back), cmocka_unit_test(refused), cmocka_unit_test(serial_line)};
    return cmocka_run_group_tests(tests, setup, teardown);
}
