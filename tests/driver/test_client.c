// SPDX-License-Identifier: Apache-2.0
// The client's patience, to the millisecond: its other end is a small firmware on a line whose time only this test lets go on. What the line lost and
// the link repeated arrives late and is no hang; what hangs is told as soon as twice the job's bound and 100 ms are over.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "driver/client/qn_client.h"
#include "driver/link/qn_link_dev.h"
#include "driver/qn_le.h"
#include "driver/wire/qn_wire.h"

enum {
    WINDOW = 16, DATA = 256,
    WAY_US = 50,                         // a frame's way to the host
    TIMEOUT_MS = 100,                    // the wire's: when what was lost is asked for again
    PATIENCE_US = 100000,                // for a job whose bound is 0 clocks
    WORK_US = 50000,                     // what each job here takes, or a token: less than that
    BEGIN_US = 40000,                    // until a loop has its registers
    LOST_US = 5000,                      // the host asks every 2 ms or more often: answers are lost in here
    TOKENS = 3, TEXT = 4096,
};

typedef struct frame {
    int64_t due;
    size_t n;
    uint8_t bytes[QN_LINK_FRAME_BYTES];
} frame;

// Wire, line, link and firmware.
static struct world {
    qn_wire wire;
    int64_t now, ticked;
    qn_link_dev dev;
    qn_link_id id;
    uint8_t rx[QN_LINK_FRAME_BYTES], replies[4 * DATA * WINDOW];
    uint8_t put[QN_LINK_FRAME_BYTES];
    frame back[64];
    unsigned n_back, lost;
    int64_t lossy;                       // since then some of it is lost; -1: nothing is
    uint32_t reg[QN_MB_REGS];
    uint32_t bell;                       // of the command at work; 0: none
    int64_t since;                       // when it, or the core's job, began
    bool run, hangs;
    int64_t reset_at;
} w;

// When an answer is lost, after a job's beginning: before it is done, or the loop has begun; and before the loop's last token.
static const int64_t losses[] = {30000, 2 * WORK_US + 50000};

static bool loses(void)
{
    for (size_t i = 0; i < sizeof losses / sizeof *losses && w.lossy >= 0; i++)
        if (w.now - w.lossy >= losses[i] && w.now - w.lossy < losses[i] + LOST_US)
            return true;
    return false;
}

// ---- the firmware

static void answer(void)
{
    w.reg[QN_MB_ANSWERED] = w.bell;
    w.reg[QN_MB_STATUS] = QN_MB_STATUS_OK;
    w.reg[QN_MB_STATE] = QN_MB_STATE_IDLE;
    w.bell = 0;
}

// The loop before left its registers; they are this one's once it has begun.
static void generate(void)
{
    int64_t gone = w.now - w.since - BEGIN_US;
    if (gone < 0)
        return;
    uint32_t made = gone / WORK_US < TOKENS ? (uint32_t)(gone / WORK_US) : TOKENS;
    w.reg[QN_MB_TOKENS] = w.reg[QN_MB_STEPS] = made;
    w.reg[QN_MB_FINISH] = made == TOKENS ? QN_MB_FINISH_LENGTH : QN_MB_FINISH_NONE;
    if (made == TOKENS)
        answer();
}

static void go_on(void)
{
    if (w.hangs)
        return;
    w.run = w.run && w.now - w.since < WORK_US;
    if ((w.bell & 0xff) == QN_MB_COMMAND_GENERATE)
        generate();
    else if (w.bell && ((w.bell & 0xff) == QN_MB_COMMAND_TEST || w.now - w.since >= WORK_US))
        answer();
}

static int memory_read(void *ctx, uint32_t addr, uint8_t *dst, uint32_t words)
{
    (void)ctx;
    for (uint32_t i = 0; i < words; i++)
        qn_le32_put(dst + 4 * i, addr + i);
    return 0;
}

static int memory_write(void *ctx, uint32_t addr, const uint8_t *src, uint32_t words)
{
    (void)ctx, (void)addr, (void)src, (void)words;
    return 0;
}

static int reg_read(void *ctx, uint32_t reg, uint32_t *value)
{
    (void)ctx;
    go_on();
    *value = reg == QN_REG_STATUS ? w.run ? QN_STATUS_BUSY : QN_STATUS_DONE : w.reg[reg];
    return 0;
}

static int reg_write(void *ctx, uint32_t reg, uint32_t value)
{
    (void)ctx;
    if (reg == QN_REG_CTRL && value & QN_CTRL_START) {
        w.run = true;
        w.since = w.now;
    }
    if (reg >= QN_MB_ARG && reg < QN_MB_ARG + QN_MB_ARG_COUNT)
        w.reg[reg] = value;
    return 0;
}

static int bell(void *ctx, uint32_t number, uint32_t value)
{
    (void)ctx;
    if (number == QN_MB_BELL_COMMAND && !w.bell) {
        w.bell = value;
        w.since = w.now;
        w.reg[QN_MB_STATE] = QN_MB_STATE_BUSY;
    }
    return 0;
}

static int reset(void *ctx, uint32_t what)
{
    (void)ctx;
    w.reset_at = w.now;
    w.run = w.hangs = false;
    if (what & 2) {
        w.bell = w.reg[QN_MB_ANSWERED] = 0;
        w.reg[QN_MB_STARTS]++;
        w.reg[QN_MB_STATE] = QN_MB_STATE_IDLE;
    }
    return 0;
}

static const qn_link_port port = {memory_read, memory_write, reg_read, reg_write, bell, reset};

// ---- the line

static void to(int64_t now)
{
    w.now = now;
    qn_link_dev_tick(&w.dev, (uint32_t)(now / 1000 - w.ticked));
    w.ticked = now / 1000;
}

static int line_open(qn_wire **out, const char *place, qn_why *why);

static void line_close(qn_wire *wire)
{
    (void)wire;
}

static uint8_t *line_space(qn_wire *wire)
{
    (void)wire;
    return w.put;
}

static void line_put(qn_wire *wire, size_t n)
{
    (void)wire;
    qn_link_dev_take(&w.dev, w.put, n);
    while (w.n_back < sizeof w.back / sizeof *w.back && (w.back[w.n_back].n = qn_link_dev_next(&w.dev, w.back[w.n_back].bytes))) {
        w.back[w.n_back].due = w.now + WAY_US;
        w.lost += loses();
        w.n_back += !loses();
    }
    assert_true(w.n_back < sizeof w.back / sizeof *w.back);
}

static int line_wait(qn_wire *wire, uint32_t ms)
{
    (void)wire;
    int64_t end = w.now + 1000 * (int64_t)(ms ? ms : 1);
    to(w.n_back && w.back[0].due < end ? w.back[0].due > w.now ? w.back[0].due : w.now : end);
    return 0;
}

static size_t line_receive(qn_wire *wire, const uint8_t **bytes)
{
    static frame f;
    (void)wire;
    if (!w.n_back || w.back[0].due > w.now)
        return 0;
    f = w.back[0];
    memmove(w.back, w.back + 1, --w.n_back * sizeof *w.back);
    *bytes = f.bytes;
    return f.n;
}

static const char *line_place(const qn_wire *wire)
{
    (void)wire;
    return "";
}

static int64_t line_now(void)
{
    return w.now;
}

static void line_pass(int64_t us)
{
    to(w.now + us);
}

static const qn_wire_kind line = {
    .name = "line", .timeout_ms = TIMEOUT_MS, .slow = 1, .open = line_open, .close = line_close, .space = line_space, .put = line_put,
    .wait = line_wait, .receive = line_receive, .place = line_place, .now_us = line_now, .pass_us = line_pass};

static int line_open(qn_wire **out, const char *place, qn_why *why)
{
    (void)place, (void)why;
    w.wire.kind = &line;
    *out = &w.wire;
    return 0;
}

// ---- the jobs: each has a bound of 0 clocks

static qn_client *client(void)
{
    qn_client *c;
    qn_why why = {""};
    const qn_target *t = qn_target_find("ulx3s");
    memset(&w, 0, sizeof w);
    w.lossy = -1;
    w.id = (qn_link_id){.id = QN_ID_VALUE, .build = (uint32_t)QN_MB_VERSION << 16, .serial = 1, .name = "ulx3s", .regs = QN_MB_REGS, .bells = QN_MB_BELLS,
        .data = DATA, .window = WINDOW, .n_region = 1, .region = {{0, (uint32_t)(t->mem_bytes / 4), QN_LINK_READABLE | QN_LINK_WRITABLE}}};
    w.reg[QN_MB_STATE] = QN_MB_STATE_IDLE;
    w.reg[QN_MB_STARTS] = 1;
    w.reg[QN_MB_FINISH] = QN_MB_FINISH_END;          // of a loop before
    w.reg[QN_MB_TOKENS] = 500;
    qn_link_dev_init(&w.dev, &(qn_link_dev_setup){.port = &port, .id = &w.id, .rx = w.rx, .rx_bytes = sizeof w.rx, .replies = w.replies});
    qn_link_dev_boot(&w.dev, 0x5eed);
    if (qn_client_open(&c, &line, "", &why) < 0)
        fail_msg("%s", why.text);
    return c;
}

static int command(qn_client *c)
{
    return qn_client_command(c, QN_MB_COMMAND_SUM, NULL, 0, NULL, 0);
}

static int job(qn_client *c)
{
    qn_link_op start = {.type = QN_LINK_REG_WRITE, .addr = QN_REG_CTRL, .value = QN_CTRL_START};
    int err = qn_client_do(c, &start, 1);
    return err ? err : qn_client_wait(c, 0);
}

static uint32_t heard[TOKENS];
static unsigned n_heard;
static void hear(void *ctx, uint32_t token)
{
    (void)ctx;
    assert_true(n_heard < TOKENS);
    heard[n_heard++] = token;
}

static int loop(qn_client *c)
{
    qn_client_loop l = {.arg = {[QN_MB_GEN_TEXT] = TEXT, [QN_MB_GEN_LENGTH] = 1, [QN_MB_GEN_MOST] = TOKENS}, .token = hear};
    n_heard = 0;
    int err = qn_client_generate(c, &l);
    for (unsigned i = 0; !err && i < TOKENS; i++)
        assert_int_equal(heard[i], TEXT + 1 + i);
    assert_true(err || (n_heard == TOKENS && l.finish == QN_MB_FINISH_LENGTH));
    return err;
}

static int (*const jobs[])(qn_client *) = {command, job, loop};
static const char *const names[] = {"command", "job", "loop"};
enum { JOBS = sizeof jobs / sizeof *jobs };

// An answer that said "not yet" is lost, comes when the link asks again, after the limit, and then the job is done.
static void late(void **state)
{
    (void)state;
    for (int i = 0; i < JOBS; i++) {
        qn_client *c = client();
        int64_t start = w.now;
        w.lossy = start;
        int err = jobs[i](c);
        if (err)
            fail_msg("%s: %d (%s) after %lld ms", names[i], err, qn_client_why(c), (long long)(w.now - start) / 1000);
        assert_true(w.lost > 0);
        assert_true(w.now - start > PATIENCE_US);
        assert_int_equal(w.reg[QN_MB_STARTS], 1);
        qn_client_close(c);
    }
}

static void hangs(void **state)
{
    (void)state;
    for (int i = 0; i < JOBS; i++) {
        qn_client *c = client();
        int64_t start = w.now;
        w.hangs = true;
        assert_int_equal(jobs[i](c), QN_ERR_TIMEOUT);
        assert_non_null(strstr(qn_client_why(c), "known answer"));
        int64_t took = w.reset_at - start;
        if (took < PATIENCE_US || took > PATIENCE_US + 500)
            fail_msg("%s: told after %lld us", names[i], (long long)took);
        assert_int_equal(w.reg[QN_MB_STARTS], 2);
        assert_int_equal(jobs[i](c), 0);
        qn_client_close(c);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(late), cmocka_unit_test(hangs)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
