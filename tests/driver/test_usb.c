// SPDX-License-Identifier: Apache-2.0
// The USB driver, unmodified, before emulated devices (usb_bed.c): bits, throughput, who may open what, unplugging, hangs. Expected bits are
// the model executor's without a link between.
#include "tests/driver/usb_run.h"

#include <libusb-1.0/libusb.h>

#include "driver/wire/qn_usb.h"

// ---- bits

static uint64_t progress_last, progress_all;

static void progress(void *ctx, uint64_t done, uint64_t all)
{
    (void)ctx;
    assert_true(done >= progress_last && done <= all);
    progress_last = done;
    progress_all = all;
}

// Loading tells how far it is, up to the end; where nothing is sent it tells nothing.
static void loading(void **state)
{
    (void)state;
    qn_dev *dev;
    uint8_t *data = malloc(1 << 20);
    memset(data, 0x5a, 1 << 20);
    assert_int_equal(qn_dev_open(&dev, "usb:", NULL), 0);
    qn_dev_progress_on(dev, progress, NULL);
    for (int round = 0; round < 2; round++) {
        progress_last = progress_all = 0;
        usb_count(0);
        assert_int_equal(qn_dev_load(dev, 4096, data, 1 << 20), 0);
        assert_int_equal(usb_count(0).written, round ? 0 : 1 << 18);
        assert_true(progress_last == progress_all && progress_all == (round ? 0 : 1 << 20));
    }
    assert_int_equal(qn_dev_clear(dev, 8192, 65536), 0);
    assert_int_equal(qn_dev_read(dev, 8192, data, 65536), 0);
    for (int i = 0; i < 65536; i++)
        assert_int_equal(data[i], 0);
    assert_int_equal(qn_dev_load(dev, 2, data, 4), QN_ERR_RANGE);
    assert_int_equal(qn_dev_clear(dev, qn_dev_target(dev)->mem_bytes, 4), QN_ERR_RANGE);
    qn_dev_close(dev);
    free(data);
}

static void model_is_same(const char *path)
{
    result model, usb, again;
    assert_int_equal(compile_model(path, 128), 0);
    run_whole("model:ulx3s", 64, &model);
    usb_count(0);
    run_whole("usb:", 64, &usb);
    usb_counts first = usb_count(0);
    same(&model, &usb);
    assert_true(first.written >= prog.lay.image_words);
    run_whole("usb:QN1000", 64, &again);
    usb_counts second = usb_count(0);
    same(&model, &again);
    assert_int_equal(second.written, 0);
    print_message("%s: 64 tokens, %u frames out and %u back, %llu words sent; the second time %u and %u, 0 words\n", path, first.out, first.in,
                  first.written, second.out, second.in);
    qn_prog_free(&prog);
}

static void bits(void **state)
{
    (void)state;
    model_is_same("models/quern-stories.gguf");
    if (access("../shared/data/llama/stories260K.gguf", R_OK) == 0)
        model_is_same("../shared/data/llama/stories260K.gguf");
}

// ---- throughput

enum { BLOCK = 65536, BLOCKS = 16 };

static double rate(qn_client *c, uint8_t type, uint8_t *data)
{
    double start = usb_seconds();
    for (int i = 0; i < BLOCKS; i++) {
        qn_link_op op = {.type = type, .addr = (uint32_t)(i * BLOCK / 4), .words = BLOCK / 4, .data = data};
        assert_int_equal(qn_client_do(c, &op, 1), 0);
    }
    return BLOCKS * (double)BLOCK / 1e6 / (usb_seconds() - start);
}

// Of a machine that does other things as well: the best of some tries.
static void throughput(void **state)
{
    (void)state;
    qn_client *c;
    qn_why why;
    uint8_t *data = malloc(BLOCK), *back = malloc(BLOCK);
    double out = 0, in = 0;
    for (int i = 0; i < BLOCK; i++)
        data[i] = (uint8_t)(i * 7 + i / 256);
    assert_int_equal(qn_client_open(&c, &qn_wire_usb, "", &why), 0);
    for (int i = 0; i < 150 && (out < 20 || in < 20); i++) {
        double o = rate(c, QN_LINK_WRITE, data), n = rate(c, QN_LINK_READ, back);
        out = o > out ? o : out;
        in = n > in ? n : in;
        assert_memory_equal(data, back, BLOCK);
    }
    double start = usb_seconds();
    for (int i = 0; i < 200; i++) {
        qn_link_op op = {.type = QN_LINK_REG_READ, .addr = QN_REG_ID};
        assert_int_equal(qn_client_do(c, &op, 1), 0);
    }
    print_message("at 64 KB: %.1f MB/s to the device, %.1f MB/s back; %.0f us there and back\n", out, in, (usb_seconds() - start) / 200 * 1e6);
    assert_true(out >= 20 && in >= 20);
    qn_client_close(c);
    free(data);
    free(back);
}

// ---- who may open what

static void refused(const char *where, int code, const char *part)
{
    qn_dev *dev;
    qn_why why = {""};
    double start = usb_seconds();
    int err = qn_dev_open(&dev, where, &why);
    if (err != code || !strstr(why.text, part))
        fail_msg("%s: %d (%s) instead of %d (%s)", where, err, why.text, code, part);
    assert_null(dev);
    assert_true(usb_seconds() - start < 5);
}

static void opening(void **state)
{
    (void)state;
    qn_dev *dev, *other;
    qn_usb_device list[4];
    qn_why why;
    refused("usb:QN9999", QN_ERR_NO_DEVICE, "none has this serial number; there is usb:QN1000");
    assert_int_equal(qn_dev_open(&dev, "usb:", &why), 0);
    assert_string_equal(qn_dev_name(dev), "usb:QN1000");
    refused("usb:", QN_ERR_BUSY, "another program uses the device");
    usb_say("plug 1");
    refused("usb:", QN_ERR_USAGE, "which of usb:QN100");
    assert_int_equal(qn_usb_list(list, 4, &why), 2);
    for (int i = 0; i < 2; i++)
        assert_int_equal(list[i].err, strcmp(list[i].serial, "QN1000") == 0 ? QN_ERR_BUSY : 0);
    assert_int_equal(qn_dev_open(&other, "usb:QN1001", &why), 0);
    uint32_t x = 0x12345678, y = 0;
    assert_int_equal(qn_dev_write(other, 1003, &x, 4), 0);        // bytes that are no whole words
    assert_int_equal(qn_dev_read(other, 1003, &y, 4), 0);
    assert_int_equal(y, x);
    assert_int_equal(qn_dev_read(dev, 1003, &y, 4), 0);
    assert_int_not_equal(y, x);
    assert_int_equal(qn_dev_read(dev, qn_dev_target(dev)->mem_bytes - 3, &y, 4), QN_ERR_RANGE);
    qn_dev_close(other);
    qn_dev_close(dev);
    usb_say("unplug 1");
    usb_say("unplug 0");
    refused("usb:", QN_ERR_NO_DEVICE, "none is plugged in");
    assert_int_equal(qn_usb_list(list, 4, &why), 0);
    usb_say("plug 0");
}

static void versions(void **state)
{
    (void)state;
    const unsigned id = QN_ID_VALUE, build = QN_MB_VERSION << 16;
    const struct { unsigned id, build, protocol; const char *target; int err; const char *part; } t[] = {
        {id + 1, build, QN_USB_PROTOCOL, "ulx3s", QN_ERR_VERSION, "the core of the device has version 2, this program knows 1: update this program"},
        {id - 1, build, QN_USB_PROTOCOL, "ulx3s", QN_ERR_VERSION, "update the device's bitstream and firmware"},
        {id, build + 0x10000, QN_USB_PROTOCOL, "ulx3s", QN_ERR_VERSION, "the mailbox of the device has version 2, this program knows 1: update this program"},
        {id, 0, QN_USB_PROTOCOL, "ulx3s", QN_ERR_VERSION, "update the device's bitstream and firmware"},
        {id, build, QN_USB_PROTOCOL + 1, "ulx3s", QN_ERR_VERSION, "update this program"},
        {id, build, QN_USB_PROTOCOL - 1, "ulx3s", QN_ERR_VERSION, "update the device"},
        {id, build, QN_USB_PROTOCOL, "moon", QN_ERR_NO_TARGET, "'moon'"},
        {0xcafe0001, build, QN_USB_PROTOCOL, "ulx3s", QN_ERR_LINK, "no Quern"},
        {id, build, QN_USB_PROTOCOL, "quad", QN_ERR_LINK, "not those of a quad"},
    };
    for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
        usb_say("claim 0 %x %x %s %u", t[i].id, t[i].build, t[i].target, t[i].protocol);
        usb_say("plug 0");
        refused("usb:", t[i].err, t[i].part);
    }
    usb_say("claim 0 %x %x ulx3s %u", id, build, QN_USB_PROTOCOL);
    usb_say("plug 0");
}

// Every error of libusb's list has a line and a code of its own choosing; what else it may return as well.
static void errors(void **state)
{
    (void)state;
    static const struct { int usb, ours; } t[] = {
        {LIBUSB_SUCCESS, 0}, {LIBUSB_ERROR_IO, QN_ERR_IO}, {LIBUSB_ERROR_INVALID_PARAM, QN_ERR_IO}, {LIBUSB_ERROR_ACCESS, QN_ERR_ACCESS},
        {LIBUSB_ERROR_NO_DEVICE, QN_ERR_NO_DEVICE}, {LIBUSB_ERROR_NOT_FOUND, QN_ERR_UNSUPPORTED}, {LIBUSB_ERROR_BUSY, QN_ERR_BUSY},
        {LIBUSB_ERROR_TIMEOUT, QN_ERR_TIMEOUT}, {LIBUSB_ERROR_OVERFLOW, QN_ERR_LINK}, {LIBUSB_ERROR_PIPE, QN_ERR_IO},
        {LIBUSB_ERROR_INTERRUPTED, QN_ERR_STOPPED}, {LIBUSB_ERROR_NO_MEM, QN_ERR_NOMEM}, {LIBUSB_ERROR_NOT_SUPPORTED, QN_ERR_UNSUPPORTED},
        {LIBUSB_ERROR_OTHER, QN_ERR_IO}, {-1000, QN_ERR_IO}};
    enum { N = sizeof t / sizeof *t };
    assert_int_equal(N, LIBUSB_ERROR_COUNT + 1);                 // the list is whole: libusb has no others
    for (int i = 0; i < N; i++) {
        assert_int_equal(qn_usb_err(t[i].usb), t[i].ours);
        assert_true(strlen(qn_usb_err_text(t[i].usb)) > 5 && !strchr(qn_usb_err_text(t[i].usb), '\n'));
        for (int k = 0; k < i; k++)
            assert_string_not_equal(qn_usb_err_text(t[i].usb), qn_usb_err_text(t[k].usb));
    }
}

// ---- unplugging

static qn_client *client(void)
{
    qn_client *c;
    qn_why why = {""};
    if (qn_client_open(&c, &qn_wire_usb, "", &why))
        fail_msg("%s", why.text);
    return c;
}

// In the middle of each kind of transfer: a call that was under way ends within 100 ms of the unplugging, and so do the next ones.
static void unplugging(void **state)
{
    (void)state;
    enum { WORDS = 1 << 18 };
    uint8_t *data = calloc(WORDS, 4);
    const uint32_t sum[2] = {0, 1 << 20};
    static const struct { const char *what; uint8_t type; uint32_t addr, words; unsigned at; } t[] = {
        {"upload, first frame", QN_LINK_WRITE, 0, WORDS, 0}, {"upload", QN_LINK_WRITE, 0, WORDS, 217}, {"download", QN_LINK_READ, 0, WORDS, 300},
        {"register read", QN_LINK_REG_READ, QN_REG_STATUS, 0, 0}, {"register write", QN_LINK_REG_WRITE, QN_REG_ARG, 0, 0},
        {"bell", QN_LINK_BELL, QN_MB_BELL_STOP, 0, 0}, {"reset", QN_LINK_RESET, 1, 0, 0}, {"command", 0, 0, 0, 2}};
    for (unsigned back = 0; back < 2; back++)
        for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
            qn_client *c = client();
            bool kept = false;
            qn_why why = {""};
            usb_count(0);
            usb_say("fault 0 %s %u unplug", back ? "in" : "out", t[i].at);
            qn_link_op op = {.type = t[i].type, .addr = t[i].addr, .words = t[i].words, .data = data};
            double start = usb_seconds();
            int err = op.type ? qn_client_do(c, &op, 1) : qn_client_command(c, QN_MB_COMMAND_SUM, sum, 2, NULL, sum[1]);
            double first = usb_seconds() - start;
            start = usb_seconds();
            int next = qn_client_do(c, &op, 1);
            double second = usb_seconds() - start;
            if (err != QN_ERR_NO_DEVICE || (op.type && next != QN_ERR_NO_DEVICE))
                fail_msg("%s: %d, then %d", t[i].what, err, next);
            if (second > 0.1 || (!t[i].words && first > 0.1))     // a large one takes its time before it is broken off
                fail_msg("%s: noticed after %.0f ms, then %.0f ms", t[i].what, 1e3 * first, 1e3 * second);
            usb_say("plug 0");
            assert_int_equal(qn_client_reopen(c, 3000, &kept, &why), 0);
            assert_true(kept);
            op = (qn_link_op){.type = QN_LINK_REG_READ, .addr = QN_REG_ID};
            assert_int_equal(qn_client_do(c, &op, 1), 0);
            assert_int_equal(op.value, QN_ID_VALUE);
            qn_client_close(c);
        }
    // While nothing is asked for: the next call tells
    qn_client *c = client();
    usb_say("unplug 0");
    qn_link_op op = {.type = QN_LINK_REG_READ, .addr = QN_REG_ID};
    double start = usb_seconds();
    assert_int_equal(qn_client_do(c, &op, 1), QN_ERR_NO_DEVICE);
    assert_true(usb_seconds() - start < 0.1);
    bool kept;
    assert_int_equal(qn_client_reopen(c, 100, &kept, NULL), QN_ERR_NO_DEVICE);
    usb_say("plug 0");
    usb_say("power 0");
    assert_int_equal(qn_client_reopen(c, 3000, &kept, NULL), 0);
    assert_false(kept);
    // Somebody else used it in between
    usb_say("unplug 0");
    assert_int_equal(qn_client_do(c, &op, 1), QN_ERR_NO_DEVICE);
    usb_say("plug 0");
    qn_client_close(client());
    assert_int_equal(qn_client_reopen(c, 3000, &kept, NULL), 0);
    assert_false(kept);
    qn_client_close(c);
    free(data);
}

// ---- hanging

static void hanging(void **state)
{
    (void)state;
    qn_client *c = client();
    const uint32_t sum[2] = {0, 1 << 18};
    uint64_t clocks = (uint64_t)qn_client_target(c)->clock_hz / 5;      // 200 ms
    qn_link_op start = {.type = QN_LINK_REG_WRITE, .addr = QN_REG_CTRL, .value = QN_CTRL_START};
    for (int i = 0; i < 3; i++) {
        double bound = i ? 0.02 : 0.2, t0 = usb_seconds();
        usb_say("hang 0 %d", i == 0 ? 1 : i == 1 ? 2 : 3);
        int err;
        if (i == 0) {
            assert_int_equal(qn_client_do(c, &start, 1), 0);
            err = qn_client_wait(c, clocks);
        } else {
            err = qn_client_command(c, QN_MB_COMMAND_SUM, sum, 2, NULL, clocks / 10);
        }
        double took = usb_seconds() - t0;
        int ms[2] = {0, 0};
        assert_int_equal(err, QN_ERR_TIMEOUT);
        assert_non_null(strstr(qn_client_why(c), "known answer"));
        const char *of = strstr(qn_client_why(c), "after ");
        assert_true(of && sscanf(of, "after %d", &ms[0]) == 1);
        print_message("%s\n", qn_client_why(c));
        assert_true(took - 1e-3 * ms[0] <= 2 * bound + 0.1 + 0.05);     // noticed (50 ms: this machine's other work)
        assert_true(ms[0] < 1000);                                       // recovered
        qn_link_op commands = {.type = QN_LINK_REG_READ, .addr = QN_MB_COMMANDS};
        assert_int_equal(qn_client_do(c, &commands, 1), 0);
        assert_int_equal(commands.value, 1);                             // since the firmware's reset: the known answer
        assert_int_equal(qn_client_command(c, QN_MB_COMMAND_SUM, sum, 2, NULL, clocks), 0);
    }
    // The link says nothing anymore: told, and a reset of the port helps
    usb_say("hang 0 4");
    double t0 = usb_seconds();
    qn_link_op op = {.type = QN_LINK_REG_READ, .addr = QN_REG_ID};
    assert_int_equal(qn_client_do(c, &op, 1), QN_ERR_TIMEOUT);
    assert_true(usb_seconds() - t0 < 1.2);
    qn_client_close(c);
    t0 = usb_seconds();
    c = client();
    print_message("a silent link, opened: %.0f ms\n", 1e3 * (usb_seconds() - t0));
    assert_true(usb_seconds() - t0 < 2.5);
    assert_int_equal(qn_client_do(c, &op, 1), 0);
    qn_client_close(c);
}

// The firmware's loop: how it ends, and that a core that hangs in it is told of.
typedef struct heard {
    uint32_t token[64];
    unsigned n;
    volatile int stop;
    unsigned stop_at;
} heard;

static void hear(void *ctx, uint32_t token)
{
    heard *h = ctx;
    assert_true(h->n < 64);
    h->token[h->n++] = token;
    if (h->n == h->stop_at)
        h->stop = 1;
}

static void firmware(void **state)
{
    (void)state;
    qn_dev *dev;
    qn_session *s;
    qn_why why;
    result model;
    assert_int_equal(compile_model("models/quern-stories.gguf", 40), 0);
    run_whole("model:ulx3s", 36, &model);                        // the context is full then
    int err = open_both("usb:", &dev, &s, &why);
    if (err)
        fail_msg("%s", why.text);
    heard h = {.n = 0};
    qn_session_loop l = {.most = 20, .top_p = 1, .token = hear, .ctx = &h};
    assert_int_equal(qn_session_generate(s, prompt, PROMPT, &l, &why), 0);
    assert_true(l.finish == QN_SESSION_RAN_OUT && l.made == 20 && l.steps == 20 && l.clocks > 1000000 && qn_session_pos(s) == PROMPT + 19);
    l.ends = &model.token[30];                                   // goes on with the token that is not in the cache yet
    l.n_ends = 1;
    assert_int_equal(qn_session_generate(s, &h.token[19], 1, &l, &why), 0);
    assert_true(l.finish == QN_SESSION_ENDED && l.made <= 10 && h.n <= 30);
    l.n_ends = 0;
    l.most = 30;
    uint32_t next = model.token[h.n];
    h.token[h.n++] = next;
    assert_int_equal(qn_session_generate(s, &next, 1, &l, &why), 0);
    assert_true(l.finish == QN_SESSION_FULL);
    assert_memory_equal(h.token, model.token, 36 * sizeof(uint32_t));
    qn_session_digest d;
    assert_int_equal(qn_session_digest_get(s, &d), 0);
    assert_true(d.a == model.d.a && d.b == model.d.b && d.kv == model.d.kv);
    // Stopped, and hung
    assert_int_equal(qn_session_reset(s, &why), 0);
    h = (heard){.stop_at = 2};
    l = (qn_session_loop){.most = 35, .top_p = 1, .token = hear, .ctx = &h};
    qn_dev_stop_on(dev, &h.stop);
    assert_int_equal(qn_session_generate(s, prompt, PROMPT, &l, &why), 0);
    assert_true(l.finish == QN_SESSION_STOPPED || l.made == 35);  // it may have been faster
    assert_memory_equal(h.token, model.token, h.n * sizeof(uint32_t));
    h.stop = 0;
    assert_int_equal(qn_session_reset(s, &why), 0);
    usb_say("hang 0 2");
    assert_int_equal(qn_session_generate(s, prompt, PROMPT, &l, &why), QN_ERR_TIMEOUT);
    assert_non_null(strstr(why.text, "known answer"));
    qn_session_close(s);
    qn_dev_close(dev);
    run_whole("usb:", 36, &model);
    assert_true(d.a == model.d.a && d.b == model.d.b && d.kv == model.d.kv);
    qn_prog_free(&prog);
}

static void hear_and_cut(void *ctx, uint32_t token)
{
    heard *h = ctx;
    hear(h, token);
    if (h->n == 1)
        usb_say("power 0");
}

// The power fails while tokens come: the loop begins again on a board that knows nothing of it, and each token is given once.
static void power_cut(void **state)
{
    (void)state;
    enum { MOST = 24 };
    qn_dev *dev;
    qn_session *s;
    qn_why why;
    result model;
    int err = 0;
    assert_int_equal(compile_model("models/quern-stories.gguf", 40), 0);
    run_whole("model:ulx3s", MOST, &model);
    assert_int_equal(open_both("usb:", &dev, &s, &why), 0);
    for (int tries = 0; !err; tries++) {                         // a board that was done at the first look is not cut short
        assert_true(tries < 5);
        heard h = {.n = 0};
        qn_session_loop l = {.most = MOST, .top_p = 1, .token = hear_and_cut, .ctx = &h};
        assert_int_equal(qn_session_reset(s, &why), 0);
        err = qn_session_generate(s, prompt, PROMPT, &l, &why);
        assert_true(!err || (h.n > 0 && h.n < MOST));
        assert_int_equal(qn_session_resume(s, 5000, &why), 0);
        if (!err)
            continue;
        assert_int_equal(qn_session_generate(s, prompt, PROMPT, &l, &why), 0);
        assert_true(l.finish == QN_SESSION_RAN_OUT && l.made == MOST && h.n == MOST);
        assert_memory_equal(h.token, model.token, MOST * sizeof(uint32_t));
    }
    qn_session_close(s);
    qn_dev_close(dev);
    qn_prog_free(&prog);
}

// A flag breaks a transfer off; what comes next works.
static void stopping(void **state)
{
    (void)state;
    qn_client *c = client();
    volatile int stop = 1;
    uint8_t *data = calloc(1 << 20, 4);
    qn_link_op op = {.type = QN_LINK_WRITE, .words = 1 << 20, .data = data};
    qn_client_stop_on(c, &stop);
    assert_int_equal(qn_client_do(c, &op, 1), QN_ERR_STOPPED);
    stop = 0;
    assert_int_equal(qn_client_do(c, &op, 1), 0);
    qn_client_close(c);
    free(data);
}

int main(int argc, char **argv)
{
    (void)argc;
    usb_under_umockdev(argv);
    usb_bed_start();
    usb_say("plug 0");
    qn_dev_add_port(&qn_port_usb);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bits),
        cmocka_unit_test(loading),
        cmocka_unit_test(throughput),
        cmocka_unit_test(opening),
        cmocka_unit_test(versions),
        cmocka_unit_test(errors),
        cmocka_unit_test(unplugging),
        cmocka_unit_test(hanging),
        cmocka_unit_test(stopping),
        cmocka_unit_test(firmware),
        cmocka_unit_test(power_cut),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    return usb_bed_end() || failed;
}
