// SPDX-License-Identifier: Apache-2.0
// A board behind a wire as a device: `usb:SERIAL`, `tcp:HOST:PORT` and `serial:PATH` differ in the wire alone. A program that uses them adds them with
// qn_dev_add_port; USB needs libusb.
#include <stdlib.h>
#include <string.h>

#include "driver/client/qn_client.h"
#include "driver/link/qn_crc32c.h"
#include "driver/qn_dev.h"
#include "driver/qn_le.h"

static int connect_by(const qn_wire_kind *kind, void **ctx, const char *place, const qn_target **t, qn_why *why)
{
    qn_client *c;
    int err = qn_client_open(&c, kind, place, why);
    if (!err)
        *t = qn_client_target(*ctx = c);
    return err;
}

static int usb_connect(void **ctx, const char *place, const qn_target **t, qn_why *why)
{
    return connect_by(&qn_wire_usb, ctx, place, t, why);
}

static int tcp_connect(void **ctx, const char *place, const qn_target **t, qn_why *why)
{
    return connect_by(&qn_wire_tcp, ctx, place, t, why);
}

static int serial_connect(void **ctx, const char *place, const qn_target **t, qn_why *why)
{
    return connect_by(&qn_wire_serial, ctx, place, t, why);
}

static void board_close(void *ctx)
{
    qn_client_close(ctx);
}

static int board_reg_read(void *ctx, unsigned reg, uint32_t *value)
{
    qn_link_op op = {.type = QN_LINK_REG_READ, .addr = reg};
    int err = qn_client_do(ctx, &op, 1);
    *value = op.value;
    return err;
}

static int board_reg_write(void *ctx, unsigned reg, uint32_t value)
{
    qn_link_op op = {.type = QN_LINK_REG_WRITE, .addr = reg, .value = value};
    return qn_client_do(ctx, &op, 1);
}

static int board_regs_read(void *ctx, unsigned reg, unsigned n, uint32_t *values)
{
    qn_link_op op[QN_REG_WORDS];
    for (unsigned i = 0; i < n; i++)
        op[i] = (qn_link_op){.type = QN_LINK_REG_READ, .addr = reg + i};
    int err = qn_client_do(ctx, op, n);
    for (unsigned i = 0; i < n; i++)
        values[i] = op[i].value;
    return err;
}

static int board_regs_write(void *ctx, unsigned reg, unsigned n, const uint32_t *values)
{
    qn_link_op op[QN_REG_WORDS];
    for (unsigned i = 0; i < n; i++)
        op[i] = (qn_link_op){.type = QN_LINK_REG_WRITE, .addr = reg + i, .value = values[i]};
    return qn_client_do(ctx, op, n);
}

static int words(void *ctx, uint8_t type, uint64_t addr, uint8_t *data, size_t n)
{
    qn_link_op op = {.type = type, .addr = (uint32_t)(addr / 4), .words = (uint32_t)(n / 4), .data = data};
    return qn_client_do(ctx, &op, 1);
}

// Bytes of a word that is not wanted whole
static int edge(void *ctx, uint64_t addr, uint8_t *dst, const uint8_t *src, size_t n)
{
    uint8_t word[4];
    int err = words(ctx, QN_LINK_READ, addr & ~3ull, word, 4);
    if (err < 0)
        return err;
    if (dst) {
        memcpy(dst, word + addr % 4, n);
        return 0;
    }
    memcpy(word + addr % 4, src, n);
    return words(ctx, QN_LINK_WRITE, addr & ~3ull, word, 4);
}

// The link moves whole words: bytes before and behind them on their own.
static int move(void *ctx, uint64_t addr, uint8_t *dst, const uint8_t *src, size_t n)
{
    int err = 0;
    size_t head = (size_t)(-addr & 3), k;
    for (size_t at = 0; !err && at < n; at += k) {
        k = at == 0 && head ? (head < n ? head : n) : (n - at) & ~(size_t)3;
        if (!k)
            k = n - at;
        uint8_t *to = dst ? dst + at : NULL;
        const uint8_t *from = src ? src + at : NULL;
        if ((addr + at) % 4 || k % 4)
            err = edge(ctx, addr + at, to, from, k);
        else
            err = words(ctx, dst ? QN_LINK_READ : QN_LINK_WRITE, addr + at, dst ? to : (uint8_t *)(uintptr_t)from, k);
    }
    return err;
}

static int board_read(void *ctx, uint64_t addr, void *dst, size_t n)
{
    return move(ctx, addr, dst, NULL, n);
}

static int board_write(void *ctx, uint64_t addr, const void *src, size_t n)
{
    return move(ctx, addr, NULL, src, n);
}

static int board_holds(void *ctx, uint64_t addr, const void *src, size_t n)
{
    uint32_t args[2] = {(uint32_t)(addr / 4), (uint32_t)(n / 4)}, result[QN_MB_RESULT_COUNT];
    int err = n ? qn_client_command(ctx, QN_MB_COMMAND_SUM, args, 2, result, n / 4) : 0;
    return err < 0 ? err : !n || result[0] == qn_crc32c(0, src, n);
}

static int board_clear(void *ctx, uint64_t addr, size_t n)
{
    uint32_t args[3] = {(uint32_t)(addr / 4), (uint32_t)(n / 4), 0};
    return qn_client_command(ctx, QN_MB_COMMAND_FILL, args, 3, NULL, n);
}

static int board_run(void *ctx, uint64_t cycles)
{
    return qn_client_wait(ctx, cycles);
}

static void board_stop_on(void *ctx, const volatile int *stop)
{
    qn_client_stop_on(ctx, stop);
}

static int board_reopen(void *ctx, uint32_t wait_ms, bool *kept, qn_why *why)
{
    return qn_client_reopen(ctx, wait_ms, kept, why);
}

static int board_generate(void *ctx, qn_client_loop *loop)
{
    return qn_client_generate(ctx, loop);
}

static const char *board_why(void *ctx)
{
    return qn_client_why(ctx);
}

static const char *board_place(void *ctx)
{
    return qn_client_place(ctx);
}

#define BOARD                                                                                                                            \
    .whole = true, .close = board_close, .reg_read = board_reg_read, .reg_write = board_reg_write, .read = board_read,                     \
    .write = board_write, .run = board_run, .regs_read = board_regs_read, .regs_write = board_regs_write, .holds = board_holds,            \
    .clear = board_clear, .stop_on = board_stop_on, .reopen = board_reopen, .generate = board_generate,                   \
    .why = board_why, .place = board_place

const qn_port qn_port_usb = {.name = "usb", .text = "a board on USB; usb:SERIAL where there are several", .connect = usb_connect, BOARD};
const qn_port qn_port_tcp = {.name = "tcp", .text = "tcp:HOST:PORT, a board or simulation that `quern serve` offers", .connect = tcp_connect, BOARD};
const qn_port qn_port_serial = {.name = "serial", .text = "serial:PATH or PATH@BAUD (115200), a board behind a UART bridge", .connect = serial_connect, BOARD};
