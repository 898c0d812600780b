// SPDX-License-Identifier: Apache-2.0
// The front door in the whole system, its memory behind the SDRAM controller: data there and back over a line that loses or changes one byte in
// 2,500 (`platform_link ulx3s/usb`: over USB with a fault in one transaction of 20, of which the link must see nothing); mailbox commands; a flipped bit of memory is seen by SUM; RESET starts the firmware again and memory keeps what it
// holds; a power-on forgets the session. Time is the simulation's. QN_SEED=n. Run by test_platform.sh.
#include <assert.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "driver/link/qn_crc32c.h"
#include "driver/link/qn_link_host.h"
#include "driver/qn_err.h"
#include "rtl/spec/qn_mailbox.h"
#include "sim/platform/qn_platform.h"

enum { WORDS = 1024, AT = 100000, MS = 66500, NOISE = 2500, USB_NOISE = 20 };

#define CHECK(x, ...) do { if (!(x)) { printf("%s: ", #x); printf(__VA_ARGS__); printf("\n"); exit(1); } } while (0)

static qn_platform *p;
static qn_link_host h;
static uint8_t rx[QN_LINK_FRAME_BYTES];
static uint64_t ticked;

static void meet(uint32_t salt)
{
    qn_link_host_init(&h, &(qn_link_setup){.rx = rx, .rx_bytes = sizeof rx, .timeout_ms = 25, .tries = 8, .salt = salt});
    qn_link_host_open(&h);
}

// Everything there is to say, then a slice of time
static void turn(void)
{
    uint8_t bytes[4096];
    size_t n;
    while ((n = qn_link_host_next(&h, bytes)))
        qn_platform_put(p, bytes, n);
    CHECK(qn_platform_run(p, 4096) == 0, "%s", qn_platform_why(p));
    while ((n = qn_platform_get(p, bytes, sizeof bytes)))
        qn_link_host_take(&h, bytes, n);
    uint64_t now = qn_platform_clocks(p) / MS;
    if (now > ticked)
        qn_link_host_tick(&h, (uint32_t)(now - ticked));
    ticked = now;
}

static int ask(uint8_t type, uint32_t addr, uint32_t words, uint32_t *value, uint8_t *data)
{
    qn_link_op op = {.type = type, .addr = addr, .words = words, .value = *value, .data = data};
    qn_link_host_submit(&h, &op);
    while (op.result == QN_LINK_PENDING)
        turn();
    *value = op.value;
    return op.result;
}

static uint32_t reg(uint32_t r)
{
    uint32_t v = 0;
    int err = ask(QN_LINK_REG_READ, r, 0, &v, NULL);
    CHECK(err == 0, "register %x: %s", r, qn_err_text(err));
    return v;
}

static void set(uint8_t type, uint32_t addr, uint32_t v)
{
    int err = ask(type, addr, 0, &v, NULL);
    CHECK(err == 0, "type %u at %x: %s", type, addr, qn_err_text(err));
}

static uint32_t command(uint32_t code, uint32_t a0, uint32_t a1, uint32_t a2)
{
    static uint32_t tag;
    uint32_t bell = ++tag << 8 | code;
    set(QN_LINK_REG_WRITE, QN_MB_ARG, a0);
    set(QN_LINK_REG_WRITE, QN_MB_ARG + 1, a1);
    set(QN_LINK_REG_WRITE, QN_MB_ARG + 2, a2);
    set(QN_LINK_BELL, QN_MB_BELL_COMMAND, bell);
    while (reg(QN_MB_ANSWERED) != bell)
        ;
    return reg(QN_MB_STATUS);
}

static void until_idle(void)
{
    while (reg(QN_MB_STATE) != QN_MB_STATE_IDLE)
        CHECK(reg(QN_MB_STATE) != QN_MB_STATE_FAILED, "self-test: %u", reg(QN_MB_BOOT));
}

int main(int argc, char **argv)
{
    const char *place = argc > 1 ? argv[1] : "ulx3s";
    bool usb = strcmp(place, "ulx3s") != 0;
    uint32_t seed = getenv("QN_SEED") ? (uint32_t)atoi(getenv("QN_SEED")) : 1, none = 0;
    printf("seed %u\n", seed);
    fflush(stdout);
    srand(seed);
    CHECK(qn_platform_open(&p, "mini") == QN_ERR_NO_TARGET, "mini");
    CHECK(qn_platform_open(&p, place) == 0, "open");
    qn_platform *other;
    CHECK(qn_platform_open(&other, place) == QN_ERR_BUSY, "two");
    meet(seed);
    until_idle();
    CHECK(reg(QN_MB_STARTS) == 1 && h.id.region[0].words == 8388608 && !strcmp(h.id.name, "ulx3s"), "who");

    static uint8_t data[4 * WORDS], back[4 * WORDS];
    for (size_t i = 0; i < sizeof data; i++)
        data[i] = (uint8_t)rand();
    qn_platform_disturb(p, usb ? USB_NOISE : NOISE, seed);
    CHECK(ask(QN_LINK_WRITE, AT, WORDS, &none, data) == 0, "write");
    CHECK(ask(QN_LINK_READ, AT, WORDS, &none, back) == 0 && !memcmp(data, back, sizeof data), "data");
    CHECK(usb ? h.count.again == 0 : h.count.again > 0, "%u frames sent again", h.count.again);
    qn_platform_disturb(p, 0, 0);
    CHECK(command(QN_MB_COMMAND_SUM, AT, WORDS, 0) == QN_MB_STATUS_OK && reg(QN_MB_RESULT) == qn_crc32c(0, data, sizeof data), "sum");
    CHECK(reg(QN_MB_COMMANDS) == 1, "not once");
    qn_platform_flip(p, AT + 17, 9);
    data[4 * 17 + 1] ^= 2;
    CHECK(command(QN_MB_COMMAND_SUM, AT, WORDS, 0) == QN_MB_STATUS_OK && reg(QN_MB_RESULT) == qn_crc32c(0, data, sizeof data), "flipped bit");
    CHECK(command(QN_MB_COMMAND_FILL, AT + 10, 100, 0x01020304) == QN_MB_STATUS_OK, "fill");
    for (int i = 40; i < 440; i++)
        data[i] = (uint8_t)(4 - i % 4);
    CHECK(ask(QN_LINK_READ, AT, WORDS, &none, back) == 0 && !memcmp(data, back, sizeof data), "filled");
    CHECK(command(QN_MB_COMMAND_SUM, 8388608, 1, 0) == QN_MB_STATUS_ARGUMENT, "bounds");
    CHECK(ask(QN_LINK_READ, 8388607, 2, &none, back) == QN_ERR_RANGE, "map");

    // A host's word is the host's, a device's the device's
    set(QN_LINK_REG_WRITE, QN_MB_ARG + 5, 0xcafe);
    set(QN_LINK_REG_WRITE, QN_MB_STARTS, 77);
    CHECK(reg(QN_MB_ARG + 5) == 0xcafe && reg(QN_MB_STARTS) == 1, "whose words");

    set(QN_LINK_RESET, 2, 0);
    while (reg(QN_MB_STARTS) != 2)
        ;
    until_idle();
    CHECK(ask(QN_LINK_READ, AT, WORDS, &none, back) == 0 && !memcmp(data, back, sizeof data), "memory after a reset of the CPU");

    uint32_t epoch = h.epoch;
    qn_platform_close(p);
    CHECK(qn_platform_open(&p, place) == 0, "open again");
    ticked = 0;
    uint32_t v = 0;
    CHECK(ask(QN_LINK_REG_READ, QN_MB_STATE, 0, &v, NULL) == QN_ERR_RESET, "a session from before");
    meet(seed + 1);                          // a host's salt is random; so is a board's seed, and a simulation's is not
    until_idle();
    CHECK(h.epoch != epoch, "the same epoch");
    qn_platform_close(p);
    return 0;
}
