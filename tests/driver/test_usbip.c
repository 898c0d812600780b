// SPDX-License-Identifier: Apache-2.0
// The USB/IP end of an emulated device (usbip.c), without a kernel: packets as Linux' Documentation/usb/usbip_protocol.rst has them, byte for
// byte, and packets that lie. What a kernel makes of it: `make soak-qemu`. QN_SEED.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "driver/link/qn_link.h"
#include "tests/driver/usbip.h"

enum { DEVID = 0x00010002 };

static usb_device *device;
static usbip *ip;
static int ours, theirs;

static int up(void **state)
{
    (void)state;
    int ends[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    ours = ends[0];
    theirs = ends[1];
    usb_device_plug(device);
    return usbip_open(&ip, device, theirs, DEVID);
}

static int down(void **state)
{
    (void)state;
    usbip_close(ip);
    close(ours);
    close(theirs);
    return 0;
}

static void give(const void *p, size_t n)
{
    assert_int_equal(send(ours, p, n, MSG_NOSIGNAL), n);
}

// What came back is exactly that; NULL: nothing did.
static void comes(const void *want, size_t n)
{
    uint8_t got[4096];
    ssize_t k = recv(ours, got, sizeof got, MSG_DONTWAIT);
    assert_int_equal(k, want ? (ssize_t)n : -1);
    if (want)
        assert_memory_equal(got, want, n);
}

static void word(uint8_t *head, unsigned i, uint32_t v)
{
    for (unsigned k = 0; k < 4; k++)
        head[4 * i + k] = (uint8_t)(v >> (24 - 8 * k));
}

// A head of SUBMIT for endpoint `ep`
static void submit(uint8_t head[48], uint32_t seqnum, uint32_t in, uint32_t ep, uint32_t length)
{
    memset(head, 0, 48);
    word(head, 0, 1);
    word(head, 1, seqnum);
    word(head, 2, DEVID);
    word(head, 3, in);
    word(head, 4, ep);
    word(head, 6, length);
}

static void configure(uint32_t seqnum)
{
    uint8_t head[48], done[48] = {0, 0, 0, 3};
    submit(head, seqnum, 0, 0, 0);
    head[41] = 9;
    head[42] = 1;
    word(done, 1, seqnum);
    give(head, 48);
    assert_int_equal(usbip_step(ip), 0);
    comes(done, 48);
    assert_true(usb_device_configured(device));
}

// ---- packets

static void descriptor(void **state)
{
    (void)state;
    static const uint8_t ask[48] = {0, 0, 0, 1, 0, 0, 0x0d, 0x05, 0, 1, 0, 2, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0x40, 0, 0, 0, 0,
                                    0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0x80, 6, 0, 1, 0, 0, 0x40, 0};
    static const uint8_t want[48 + 18] = {0, 0, 0, 3, 0, 0, 0x0d, 0x05, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 18, 0, 0, 0, 0,
                                          0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
                                          18, 1, 0, 2, 0, 0, 0, 64, 0x09, 0x12, 0x01, 0x00, 0x00, 0x01, 1, 2, 3, 1};
    static const uint8_t stall[48] = {0, 0, 0, 3, 0, 0, 0x0d, 0x05, [20] = 0xff, 0xff, 0xff, 0xe0};      // -EPIPE
    give(ask, 48);
    assert_int_equal(usbip_step(ip), 0);
    comes(want, sizeof want);
    for (int i = 0; i < 48; i++) {                                // a byte at a time
        comes(NULL, 0);
        give(ask + i, 1);
        assert_int_equal(usbip_step(ip), 0);
    }
    comes(want, sizeof want);
    uint8_t other[48];
    memcpy(other, ask, 48);
    other[43] = 15;                                               // BOS, which it has not
    give(other, 48);
    assert_int_equal(usbip_step(ip), 0);
    comes(stall, 48);
}

// A frame goes to the board, and its answer to the transfer that waited; one that is taken back is none anymore.
static void bulk(void **state)
{
    (void)state;
    uint8_t head[48], frame[QN_LINK_FRAME_BYTES], got[4096], gone[48] = {0, 0, 0, 4, 0, 0, 0, 23, [20] = 0xff, 0xff, 0xff, 0x98},   // -ECONNRESET
            late[48] = {0, 0, 0, 4, 0, 0, 0, 24}, taken[48] = {0, 0, 0, 3, 0, 0, 0, 25};
    submit(head, 20, 1, 1, 4096);                                 // not configured yet
    give(head, 48);
    assert_int_equal(usbip_step(ip), 0);
    assert_int_equal(recv(ours, got, sizeof got, 0), 48);
    assert_true(got[23] == 0xe0 && !usbip_waits(ip));
    configure(1);
    for (uint32_t seqnum = 21; seqnum < 23; seqnum++) {
        submit(head, seqnum, 1, 1, 512);
        give(head, 48);
    }
    assert_int_equal(usbip_step(ip), 0);
    comes(NULL, 0);
    assert_true(usbip_waits(ip));
    memset(head, 0, 48);                                          // UNLINK of the first
    word(head, 0, 2);
    word(head, 1, 23);
    word(head, 2, DEVID);
    word(head, 5, 21);
    give(head, 48);
    assert_int_equal(usbip_step(ip), 0);
    comes(gone, 48);
    word(head, 1, 24);                                            // and once more: it is gone
    give(head, 48);
    assert_int_equal(usbip_step(ip), 0);
    comes(late, 48);

    const uint8_t hello[4 * QN_LINK_HELLO_WORDS] = {QN_LINK_VERSION, 0, QN_LINK_VERSION, 0, 1};
    size_t n = qn_link_build(frame, &(qn_link_head){.type = QN_LINK_HELLO, .words = QN_LINK_HELLO_WORDS}, hello);
    submit(head, 25, 0, 1, (uint32_t)n);
    word(taken, 6, (uint32_t)n);
    give(head, 48);
    give(frame, n - 1);
    assert_int_equal(usbip_step(ip), 0);
    comes(NULL, 0);
    give(frame + n - 1, 1);
    ssize_t k = 0;
    for (int i = 0; i < 1000 && k < 96; i++) {
        assert_int_equal(usbip_step(ip), 0);
        ssize_t more = recv(ours, got + k, sizeof got - (size_t)k, MSG_DONTWAIT);
        k += more > 0 ? more : 0;
        usleep(more > 0 ? 0 : 1000);
    }
    assert_true(k > 96);
    assert_memory_equal(got, taken, 48);
    assert_true(got[48 + 3] == 3 && got[48 + 7] == 22 && got[96] == 0x51 && got[97] == 0x4e && got[98] == (QN_LINK_HELLO | QN_LINK_REPLY));
    assert_int_equal(got[48 + 26] << 8 | got[48 + 27], k - 96);
    assert_false(usbip_waits(ip));
}

static void ends(void **state)
{
    (void)state;
    configure(1);
    shutdown(ours, SHUT_RDWR);
    assert_int_equal(usbip_step(ip), QN_ERR_NO_DEVICE);
    down(NULL);
    up(NULL);
    configure(1);
    usb_device_pull(device);
    assert_int_equal(usbip_step(ip), QN_ERR_NO_DEVICE);
}

// ---- lies

static void lies(void **state)
{
    (void)state;
    static const struct { unsigned word; uint32_t value; const char *what; } t[] = {
        {0, 0, "command 0"}, {0, 3, "an answer"}, {0, 0x01000000, "the other end first"}, {2, DEVID + 1, "another device"}, {3, 2, "direction 2"},
        {4, 16, "endpoint 16"}, {4, 0xffffff81, "endpoint with its direction"}, {6, USBIP_DATA + 1, "a byte too long"},
        {6, 0x80000000, "negative"}, {6, 0xffffffff, "minus one"}, {8, 1, "isochronous packets"}, {8, 0x7fffffff, "many of them"}};
    for (size_t i = 0; i < sizeof t / sizeof *t; i++)
        for (uint32_t in = 0; in < 2; in++) {
            uint8_t head[48];
            submit(head, 7, in, 1, 0);
            word(head, t[i].word, t[i].value);
            give(head, 48);
            if (usbip_step(ip) != QN_ERR_LINK)
                fail_msg("%s: taken", t[i].what);
            down(NULL);
            up(NULL);
        }
    uint8_t head[48];
    configure(1);
    for (int i = 0; i < 2; i++) {                                // the same number twice
        submit(head, 7, 1, 1, 512);
        give(head, 48);
        assert_int_equal(usbip_step(ip), i ? QN_ERR_LINK : 0);
    }
    down(NULL);
    up(NULL);
    configure(1);
    for (uint32_t i = 0; i <= USBIP_PENDING; i++) {              // one too many: no memory for it
        comes(NULL, 0);
        submit(head, 100 + i, 1, 1, 512);
        give(head, 48);
        assert_int_equal(usbip_step(ip), 0);
    }
    static const uint8_t nomem[48] = {0, 0, 0, 3, 0, 0, 0, 100 + USBIP_PENDING, [20] = 0xff, 0xff, 0xff, 0xf4};
    comes(nomem, 48);
}

// Heads with any word and any bit wrong, in rows of three: the sanitizers look on. Not to the bulk endpoint out, where a row of frames is due.
static void random_heads(void **state)
{
    (void)state;
    const char *s = getenv("QN_SEED");
    unsigned seed = s ? (unsigned)strtoul(s, NULL, 0) : 20271, refused = 0;
    print_message("QN_SEED=%u\n", seed);
    srand(seed);
    for (int i = 0; i < 20000; i++) {
        uint8_t row[3][48], sink[8192];
        for (int k = 0; k < 3; k++) {
            submit(row[k], (uint32_t)rand() % 8, 1, (uint32_t)rand() % 3, (uint32_t)rand() % 600);
            for (int b = 0; b < 8; b++)
                row[k][40 + b] = (uint8_t)(rand() % 4 ? rand() % 16 : rand());
            if (rand() % 4 == 0)
                word(row[k], 0, 2);
            if (rand() % 8 == 0)
                row[k][(rand() % 11) * 4 + rand() % 4] ^= (uint8_t)(1 << rand() % 8);
            if (!row[k][15] && row[k][19] == 1)
                row[k][19] = 2;
        }
        give(row, (size_t)(rand() % 8 ? sizeof row : (unsigned)rand() % sizeof row));
        int err = usbip_step(ip);
        assert_true(err == 0 || err == QN_ERR_LINK);
        while (recv(ours, sink, sizeof sink, MSG_DONTWAIT) > 0)
            ;
        refused += err != 0;
        if (err || rand() % 16 == 0) {
            down(NULL);
            up(NULL);
        }
    }
    assert_true(refused > 1000 && refused < 19000);
}

int main(void)
{
    qn_why why = {""};
    if (usb_device_open(&device, "model:ulx3s", 0, &why) < 0) {
        fprintf(stderr, "%s\n", why.text);
        return 70;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(descriptor, up, down),
        cmocka_unit_test_setup_teardown(bulk, up, down),
        cmocka_unit_test_setup_teardown(ends, up, down),
        cmocka_unit_test_setup_teardown(lies, up, down),
        cmocka_unit_test_setup_teardown(random_heads, up, down),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    usb_device_close(device);
    return failed;
}
