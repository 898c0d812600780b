// SPDX-License-Identifier: Apache-2.0
// A short generation over USB with one fault, at every frame index in both directions: lost, bits wrong, repeated, cut off, overtaken, garbage
// before it, the cable pulled, the device reset. What comes out is right, or it is an error and goes on after resuming; nothing stale is ever
// taken. Then weights on their way with the same, and noise. QN_SEED, QN_STRIDE (1: every index).
#include "tests/driver/usb_run.h"

static const char *const kinds[] = {"lose", "flip", "repeat", "cut", "hold", "garbage", "unplug", "power"};
enum { KINDS = sizeof kinds / sizeof *kinds, UNPLUG = 6, POWER = 7, TOKENS = 2, PATIENCE_MS = 5000 };

static result expected;
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

static void every_index(void **state)
{
    (void)state;
    char what[64];
    unsigned stride = env("QN_STRIDE", 1), runs = 0, met = 0;
    assert_int_equal(go(false, "no fault"), 0);                   // sends the weights
    usb_count(0);
    assert_int_equal(go(false, "no fault"), 0);
    usb_counts plain = usb_count(0);
    assert_int_equal(plain.written, 0);
    double start = usb_seconds();
    for (unsigned i = 0; i < plain.out || i < plain.in; i += stride)
        for (int in = 0; in < 2; in++) {
            unsigned kind = (i / stride + (unsigned)in * 3) % 32;  // the last two are dear: one of sixteen
            kind = kind < 30 ? kind % UNPLUG : kind - 24;
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
        assert_true(usb_count(0).faults == 1);
    }
}

static void noise(void **state)
{
    (void)state;
    unsigned seed = env("QN_SEED", 20261126);
    print_message("QN_SEED=%u\n", seed);
    usb_say("power 0");
    usb_say("noise 0 20 %u", seed);
    go(false, "noise");
    usb_say("noise 0 0 0");
    print_message("noise: %llu faults\n", usb_count(0).faults);
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
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_index),
        cmocka_unit_test(upload),
        cmocka_unit_test(noise),
    };
    int bad = cmocka_run_group_tests(tests, NULL, NULL);
    qn_prog_free(&prog);
    return usb_bed_end() || bad;
}
