// SPDX-License-Identifier: Apache-2.0
// A short generation over USB with one fault, at every frame index in both directions: lost, bits wrong, repeated, cut off, overtaken, garbage
// before it, the cable pulled, the device reset. What comes out is right, or it is an error and goes on after resuming; nothing stale is ever
// taken. Then weights on their way with the same, and data over a line with one faulty frame in a hundred. QN_SEED, QN_MB; QN_SOAK: every kind at
// every index, and 1 GB.
#include "tests/driver/usb_run.h"

static const char *const kinds[] = {"lose", "flip", "repeat", "cut", "hold", "garbage", "unplug", "power"};
enum { KINDS = sizeof kinds / sizeof *kinds, UNPLUG = 6, POWER = 7, TOKENS = 2, LOOP = 8, PATIENCE_MS = 5000 };

static result expected, expected_loop;
static unsigned failed[64], resumed;

static unsigned env(const char *name, unsigned otherwise)
{
    return getenv(name) ? (unsigned)strtoul(getenv(name), NULL, 0) : otherwise;
}

static int is_defined(int err)
{
    return err == QN_ERR_NO_DEVICE || err == QN_ERR_RESET || err == QN_ERR_TIMEOUT || err == QN_ERR_LINK || err == QN_ERR_IO;
}

static char last[300];                    // what the last error was

static void note(int err, const char *what, const char *why)
{
    snprintf(last, sizeof last, "%s: %.200s", qn_err_text(err), why);
    if (!is_defined(err))
        fail_msg("%s: error %d (%s)", what, err, qn_err_text(err));
    failed[-err]++;
}

// Device and session, again after an error.
static int opened(qn_dev **dev, qn_session **s, bool replug, const char *what)
{
    qn_why why;
    int tries = 0, err;
    while ((err = open_both("usb:", dev, s, &why)) && tries++ < 3) {
        note(err, what, why.text);
        qn_session_close(*s);
        qn_dev_close(*dev);
        if (replug)
            usb_say("plug 0");
    }
    if (err)
        fail_msg("%s: cannot be opened again: %s: %s", what, qn_err_text(err), why.text);
    return tries;
}

static void once_more(qn_session *s, int err, bool replug, const char *what, qn_why *before)
{
    qn_why why = {""};
    note(err, what, before->text);
    if (replug)
        usb_say("plug 0");
    if ((err = qn_session_resume(s, PATIENCE_MS, &why)) < 0)
        fail_msg("%s: no resuming: %s: %s", what, qn_err_text(err), why.text);
    resumed++;
}

// The whole of it; returns how many errors there were.
static int go(bool replug, const char *what)
{
    qn_dev *dev;
    qn_session *s;
    result r = {0};
    qn_why why = {""};
    int errors = opened(&dev, &s, replug, what), err;
    while ((err = qn_session_prefill(s, prompt + qn_session_pos(s), PROMPT - qn_session_pos(s), QN_SESSION_PICK, &why)) < 0) {
        once_more(s, err, replug, what, &why);
        if (++errors > 3 || qn_session_pos(s) == PROMPT)
            break;
    }
    for (unsigned i = 0; i < TOKENS; i++) {
        r.token[i] = qn_session_pick(s);
        while (i + 1 < TOKENS && (err = qn_session_decode(s, r.token[i], QN_SESSION_PICK, &why)) < 0) {
            once_more(s, err, replug, what, &why);
            assert_true(++errors < 4);
        }
    }
    while ((err = qn_session_digest_get(s, &r.d)) < 0) {
        once_more(s, err, replug, what, &why);
        assert_true(++errors < 4);
    }
    if (memcmp(&r, &expected, sizeof r) != 0)
        fail_msg("%s: other bits: tokens %u %u, digest %08x %08x %016llx", what, r.token[0], r.token[1], r.d.a, r.d.b, (unsigned long long)r.d.kv);
    qn_session_close(s);
    qn_dev_close(dev);
    return errors;
}

static void keep(void *ctx, uint32_t token)
{
    result *r = ctx;
    unsigned i = 0;
    while (i < LOOP && r->token[i])
        i++;
    assert_true(i < LOOP);
    r->token[i] = token;
}

// The firmware's loop instead of steps
static int go_loop(bool replug, const char *what)
{
    qn_dev *dev;
    qn_session *s;
    result r = {0};
    qn_why why = {""};
    int errors = opened(&dev, &s, replug, what), err;
    qn_session_loop loop = {.most = LOOP, .top_p = 1, .token = keep, .ctx = &r};
    while ((err = qn_session_generate(s, prompt, PROMPT, &loop, &why)) < 0 || (err = qn_session_digest_get(s, &r.d)) < 0) {
        once_more(s, err, replug, what, &why);
        if (++errors > 3)
            fail_msg("%s: %s", what, last);
        if (loop.made == LOOP && qn_session_pos(s) == PROMPT + LOOP - 1) {
            assert_int_equal(qn_session_digest_get(s, &r.d), 0);
            break;
        }
    }
    assert_int_equal(loop.finish, QN_SESSION_RAN_OUT);
    if (memcmp(&r, &expected_loop, sizeof r) != 0)
        fail_msg("%s: other bits: %u tokens, %u %u, digest %08x %08x %016llx", what, loop.made, r.token[0], r.token[1], r.d.a, r.d.b, (unsigned long long)r.d.kv);
    qn_session_close(s);
    qn_dev_close(dev);
    return errors;
}

static void firmware_loop(void **state)
{
    (void)state;
    char what[64];
    unsigned runs = 0, met = 0;
    assert_int_equal(go_loop(false, "no fault"), 0);
    usb_count(0);
    assert_int_equal(go_loop(false, "no fault"), 0);
    usb_counts plain = usb_count(0);
    resumed = 0;
    for (unsigned i = 0; i < plain.out && i < plain.in; i++) {
        unsigned in = i & 1, kind = i % 16 < 14 ? i % 7 % UNPLUG : i % 16 == 14 ? UNPLUG : POWER;
        snprintf(what, sizeof what, "loop, frame %u %s, %s", i, in ? "back" : "out", kinds[kind]);
        usb_say("fault 0 %s %u %s", in ? "in" : "out", i, kinds[kind]);
        int errors = go_loop(kind == UNPLUG, what);
        met += usb_count(0).faults > 0;
        runs++;
        if (errors && kind < UNPLUG && i > 1)
            fail_msg("%s: an error that the link should have repaired: %s", what, last);
    }
    print_message("the firmware's loop: %u runs, %u met their fault, %u resumed\n", runs, met, resumed);
    assert_true(met > runs / 2);                                  // how often the host looks depends on the time
}

static void every_index(void **state)
{
    (void)state;
    char what[64];
    unsigned each = getenv("QN_SOAK") ? KINDS : 1, runs = 0, met = 0;
    assert_int_equal(go(false, "no fault"), 0);                   // sends the weights
    usb_count(0);
    assert_int_equal(go(false, "no fault"), 0);
    usb_counts plain = usb_count(0);
    assert_int_equal(plain.written, 0);
    double start = usb_seconds();
    for (unsigned i = 0; i < plain.out || i < plain.in; i++)
        for (unsigned k = 0; k < 2 * each; k++) {
            unsigned in = k & 1, kind = (i + in * 3) % 32;        // the last two are dear: one of sixteen
            kind = each > 1 ? k / 2 : kind < 30 ? kind % UNPLUG : kind - 24;
            snprintf(what, sizeof what, "frame %u %s, %s", i, in ? "back" : "out", kinds[kind]);
            usb_say("fault 0 %s %u %s", in ? "in" : "out", i, kinds[kind]);
            int errors = go(kind == UNPLUG, what);
            usb_counts c = usb_count(0);
            met += c.faults > 0;
            runs++;
            // The link repairs what a line does to one frame; only an opening may have to begin again
            if (errors && kind < UNPLUG && i > 1)
                fail_msg("%s: an error that the link should have repaired: %s", what, last);
            if (kind == UNPLUG && c.written)
                fail_msg("%s: %llu words sent again", what, c.written);
        }
    assert_true(met >= runs * 8 / 10);                            // polls are not the same number each time
    print_message("%u frames out, %u back: %u runs, %u met their fault, %u resumed, %.0f s; errors NO_DEVICE %u, RESET %u, TIMEOUT %u, LINK %u, IO %u\n",
                  plain.out, plain.in, runs, met, resumed, usb_seconds() - start, failed[-QN_ERR_NO_DEVICE], failed[-QN_ERR_RESET],
                  failed[-QN_ERR_TIMEOUT], failed[-QN_ERR_LINK], failed[-QN_ERR_IO]);
}

// Each kind in the middle of the weights, and at the end.
static void upload(void **state)
{
    (void)state;
    char what[64];
    for (unsigned kind = 0; kind < KINDS; kind++) {
        unsigned at = 40 + 101 * kind;
        snprintf(what, sizeof what, "upload, frame %u, %s", at, kinds[kind]);
        usb_say("power 0");
        usb_say("fault 0 %s %u %s", kind & 1 ? "in" : "out", at, kinds[kind]);
        go(kind == UNPLUG, what);
        usb_counts c = usb_count(0);
        if (c.faults != 1)
            fail_msg("%s: %llu faults in %u and %u frames", what, c.faults, c.out, c.in);
    }
}

enum { REGION = 16 << 20, MOST = 256 << 10 };

static unsigned rng;
static unsigned draw(unsigned below)
{
    rng ^= rng << 13;
    rng ^= rng >> 17;
    rng ^= rng << 5;
    return (unsigned)((uint64_t)rng * below >> 32);
}

// Writes and reads of any place and size; a mirror says what must be there.
static void noise(void **state)
{
    (void)state;
    unsigned seed = env("QN_SEED", 20261126), mb = env("QN_MB", getenv("QN_SOAK") ? 1000 : 16), ops = 0;
    uint8_t *mirror = calloc(REGION, 1), *back = malloc(MOST);
    qn_client *c;
    qn_why why;
    print_message("QN_SEED=%u\n", seed);
    rng = seed;
    assert_int_equal(qn_client_open(&c, &qn_wire_usb, "", &why), 0);
    const uint32_t fill[3] = {0, REGION / 4, 0};
    assert_int_equal(qn_client_command(c, QN_MB_COMMAND_FILL, fill, 3, NULL, REGION), 0);
    usb_count(0);
    usb_say("noise 0 10 %u", seed);
    double start = usb_seconds();
    uint64_t moved = 0;
    for (; moved < mb * 1000000ull; ops++) {
        uint32_t words = 1 + draw(MOST / 4), at = draw(REGION / 4 - words);
        bool write = draw(2);
        if (write)
            for (uint32_t i = 0, x = draw(~0u); i < words; i++, x = x * 1664525 + 1013904223)
                memcpy(mirror + 4ull * (at + i), &x, 4);
        qn_link_op op = {.type = write ? QN_LINK_WRITE : QN_LINK_READ, .addr = at, .words = words, .data = write ? mirror + 4ull * at : back};
        int err = qn_client_do(c, &op, 1);
        if (err)
            fail_msg("after %llu bytes: %s", (unsigned long long)moved, qn_err_text(err));
        if (!write)
            assert_memory_equal(back, mirror + 4ull * at, 4ull * words);
        moved += 4ull * words;
    }
    usb_say("noise 0 0 0");
    double took = usb_seconds() - start;
    usb_counts n = usb_count(0);
    for (uint32_t at = 0; at < REGION; at += MOST) {
        qn_link_op op = {.type = QN_LINK_READ, .addr = at / 4, .words = MOST / 4, .data = back};
        assert_int_equal(qn_client_do(c, &op, 1), 0);
        assert_memory_equal(back, mirror + at, MOST);
    }
    assert_true(n.faults * 200 > n.out + n.in);
    print_message("%.0f MB in %u requests, %u frames out and %u back, %llu of them faulty: nothing lost; %.1f MB/s\n", (double)moved / 1e6, ops, n.out,
                  n.in, n.faults, (double)moved / 1e6 / took);
    qn_client_close(c);
    free(mirror);
    free(back);
}

int main(int argc, char **argv)
{
    (void)argc;
    usb_under_umockdev(argv);
    usb_bed_start();
    usb_say("plug 0");
    qn_dev_add_port(&qn_port_usb);
    if (compile_model("models/quern-stories.gguf", 16))
        return 70;
    run_whole("model:ulx3s", TOKENS, &expected);
    run_whole("model:ulx3s", LOOP, &expected_loop);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_index),
        cmocka_unit_test(firmware_loop),
        cmocka_unit_test(upload),
        cmocka_unit_test(noise),
    };
    int bad = cmocka_run_group_tests(tests, NULL, NULL);
    qn_prog_free(&prog);
    return usb_bed_end() || bad;
}
