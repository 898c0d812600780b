// SPDX-License-Identifier: Apache-2.0
// There is no thread here: whoever calls moves the bytes until his requests are answered, one caller at a time. Nothing comes from a device
// unasked, so nothing is missed in between.
#include "driver/client/qn_client.h"

#include <assert.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "driver/qn_le.h"

enum {
    WAIT_MS = 20,                        // longest wait between two looks at the stop flag
    GRACE_MS = 100,                      // beyond twice a job's bound
    BOOT_MS = 2000,                      // the firmware's start, self-test included
    COMES_BACK_MS = 1000,                // until a device that was reset is enumerated again
    RECOVER_MS = 300,                    // from its reset to its start, and from there until it is idle: a sweep of all memory may be under way, 130 ms
    KNOWN_WORDS = 4096,                  // QN_MB_COMMAND_TEST
    KNOWN_CLOCKS = 4000000,              // what it takes at most: 3.03 million on ulx3s
    POLL_US = 2000,                      // longest pause between two polls
    OWNER = QN_MB_ARG + QN_MB_ARG_COUNT - 1,   // the last argument, which no command has: whose the device's memory is
};

struct qn_client {
    const qn_wire_kind *kind;
    qn_wire *wire;                       // NULL: given up
    char place[256];
    pthread_mutex_t lock;
    qn_link_host host;
    const qn_target *t;
    const volatile int *stop;
    int64_t ticked_ms;
    uint32_t tag;
    uint32_t owner;                      // what was written to OWNER; 0: memory is not as this client left it
    bool kept;                           // it was still there when the device was opened again
    uint32_t loop;                       // bell of the token loop that this client began and has not seen end; 0: none
    qn_why why;
    uint8_t rx[QN_LINK_FRAME_BYTES];
};

static int64_t now_us(const qn_client *c)
{
    struct timespec t;
    if (c->kind->now_us)
        return c->kind->now_us();
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static void pause_us(const qn_client *c, int64_t us)
{
    if (c->kind->pass_us)
        c->kind->pass_us(us);
    else
        nanosleep(&(struct timespec){.tv_sec = us / 1000000, .tv_nsec = us % 1000000 * 1000}, NULL);
}

static uint32_t random_word(const qn_client *c)
{
    uint32_t x = 0;
    if (getrandom(&x, sizeof x, GRND_NONBLOCK) != sizeof x)
        x = (uint32_t)now_us(c);
    return x;
}

// ---- moving bytes

// The wire's bytes once around; an error of the wire ends the session.
static void turn(qn_client *c)
{
    const qn_wire_kind *k = c->kind;
    const uint8_t *bytes;
    uint8_t *p;
    size_t n;
    while ((p = k->space(c->wire)) && (n = qn_link_host_next(&c->host, p)))
        k->put(c->wire, n);
    uint32_t due = qn_link_host_due(&c->host);
    int err = k->wait(c->wire, due < WAIT_MS ? due : WAIT_MS);
    while ((n = k->receive(c->wire, &bytes)))
        qn_link_host_take(&c->host, bytes, n);
    if (err < 0)
        qn_link_host_close(&c->host, err);
    int64_t ms = now_us(c) / 1000;
    qn_link_host_tick(&c->host, (uint32_t)(ms - c->ticked_ms));
    c->ticked_ms = ms;
}

static bool stopped(const qn_client *c)
{
    return c->stop && __atomic_load_n(c->stop, __ATOMIC_RELAXED);
}

// As qn_client_do; locked.
static int exchange(qn_client *c, qn_link_op *ops, size_t n)
{
    int err = 0;
    bool open = true, cancelled = false;
    int64_t ms = now_us(c) / 1000;
    qn_link_host_tick(&c->host, (uint32_t)(ms - c->ticked_ms));
    c->ticked_ms = ms;
    for (size_t i = 0; i < n; i++)
        qn_link_host_submit(&c->host, &ops[i]);
    while (open) {
        open = false;
        for (size_t i = 0; i < n; i++)
            open |= ops[i].result == QN_LINK_PENDING;
        if (!open)
            break;
        for (size_t i = 0; i < n && stopped(c) && !cancelled; i++)
            if (ops[i].type == QN_LINK_READ || ops[i].type == QN_LINK_WRITE)
                qn_link_host_cancel(&c->host, &ops[i]);
        cancelled = stopped(c);
        turn(c);
    }
    for (size_t i = 0; i < n && !err; i++)
        err = ops[i].result;
    return err;
}

static int peek(qn_client *c, unsigned reg, uint32_t *value)
{
    qn_link_op op = {.type = QN_LINK_REG_READ, .addr = reg};
    int err = exchange(c, &op, 1);
    *value = op.value;
    return err;
}

int qn_client_do(qn_client *c, qn_link_op *ops, size_t n)
{
    pthread_mutex_lock(&c->lock);
    c->why.text[0] = 0;
    int err = exchange(c, ops, n);
    pthread_mutex_unlock(&c->lock);
    return err;
}

// ---- opening

static int older(qn_why *why, const char *what, unsigned theirs, unsigned ours)
{
    return qn_fail(why, QN_ERR_VERSION, "%s of the device has version %u, this program knows %u: update %s", what, theirs, ours,
                   theirs > ours ? "this program" : "the device's bitstream and firmware");
}

// Whether the other end is one that this program knows.
static int check(qn_client *c, qn_why *why)
{
    const qn_link_id *id = &c->host.id;
    if (id->id >> 16 != QN_ID_VALUE >> 16)
        return qn_fail(why, QN_ERR_LINK, "its ID is %08x: no Quern", id->id);
    if (id->id != QN_ID_VALUE)
        return older(why, "the core", id->id & 0xffff, QN_ID_VALUE & 0xffff);
    if (id->build >> 16 != QN_MB_VERSION)
        return older(why, "the mailbox", id->build >> 16, QN_MB_VERSION);
    c->t = qn_target_find(id->name);
    if (!c->t)
        return qn_fail(why, QN_ERR_NO_TARGET, "the device is a '%.16s', which this program does not know: update it", id->name);
    if (id->regs < QN_MB_REGS || id->bells < QN_MB_BELLS || !id->n_region || id->region[0].base || id->region[0].words != c->t->mem_bytes / 4)
        return qn_fail(why, QN_ERR_LINK, "its registers, bells or memory are not those of a %s", c->t->name);
    return 0;
}

// HELLO, until there is a session or an error.
static int greet(qn_client *c, qn_why *why)
{
    qn_link_host_init(&c->host, &(qn_link_setup){.rx = c->rx, .rx_bytes = sizeof c->rx, .timeout_ms = c->kind->timeout_ms,
                      .tries = QN_CLIENT_LINK_TRIES, .salt = random_word(c)});
    qn_link_host_open(&c->host);
    c->ticked_ms = now_us(c) / 1000;
    while (c->host.state == QN_LINK_OPENING && !stopped(c))
        turn(c);
    if (c->host.state == QN_LINK_OPEN)
        return check(c, why);
    if (c->host.state == QN_LINK_OPENING)
        return QN_ERR_STOPPED;
    int err = c->host.why;
    if (err == QN_ERR_VERSION)
        return older(why, "the link", c->host.highest, QN_LINK_VERSION);
    if (err == QN_ERR_BUSY)
        return qn_fail(why, err, "it hangs up: another program uses it");
    return qn_fail(why, err, "%s", err == QN_ERR_NO_DEVICE && c->kind->reset ? "it was unplugged, or does not answer" : "it does not answer");
}

static int mailbox_err(uint32_t status)
{
    switch (status) {
#define QN_MB_CONST(name, value, text)
#define QN_MB_REG(name, reg, count, writer, text)
#define QN_MB_BELL(name, number, text)
#define QN_MB_STATE(name, code, text)
#define QN_MB_COMMAND(name, code, text)
#define QN_MB_GEN(name, argument, text)
#define QN_MB_STATUS(name, code, error, text) case code: return QN_##error;
#define QN_MB_FINISH(name, code, text)
#define QN_MB_REGION(name, base, words, flags, text)
#include "rtl/spec/mailbox.def"
    default: return QN_ERR_LINK;
    }
}

// Waits until the firmware takes commands; a generation that a host left behind is told to stop.
static int until_idle(qn_client *c, uint32_t ms, qn_why *why)
{
    int64_t end = now_us(c) + (int64_t)ms * 1000 * (c->kind->slow > 1 ? 100 : 1);
    bool told = false;
    for (;;) {
        uint32_t state, status;
        int err = peek(c, QN_MB_STATE, &state);
        if (err < 0 || state == QN_MB_STATE_IDLE)
            return err;
        if (state == QN_MB_STATE_FAILED) {
            err = peek(c, QN_MB_BOOT, &status);
            return err < 0 ? err : qn_fail(why, mailbox_err(status), "its self-test failed");
        }
        if (state == QN_MB_STATE_BUSY && !told) {
            qn_link_op stop = {.type = QN_LINK_BELL, .addr = QN_MB_BELL_STOP};
            if ((err = exchange(c, &stop, 1)) < 0)
                return err;
            told = true;
        }
        if (stopped(c))
            return QN_ERR_STOPPED;
        if (now_us(c) > end)
            return qn_fail(why, QN_ERR_TIMEOUT, "its firmware is %s", state == QN_MB_STATE_BUSY ? "busy and does not stop" : "not up");
        pause_us(c, POLL_US);
    }
}

static int reset(qn_client *c, uint32_t what)
{
    qn_link_op op = {.type = QN_LINK_RESET, .addr = what};
    return exchange(c, &op, 1);
}

// Whether the token loop that this client began is still at work, or has ended and nothing came after it.
static bool still_looping(qn_client *c)
{
    uint32_t owner, answered, state;
    if (!c->loop || !c->owner || peek(c, OWNER, &owner) < 0 || peek(c, QN_MB_ANSWERED, &answered) < 0 || peek(c, QN_MB_STATE, &state) < 0)
        return false;
    return owner == c->owner && (state == QN_MB_STATE_BUSY || answered == c->loop);
}

// Leaves a mark that the next host writes over, and looks whether the last one is still there.
static int own(qn_client *c)
{
    uint32_t before, mine = random_word(c) | 1;
    qn_link_op op = {.type = QN_LINK_REG_WRITE, .addr = OWNER, .value = mine};
    int err = peek(c, OWNER, &before);
    if (!err)
        err = exchange(c, &op, 1);
    c->kept = !err && c->owner && before == c->owner;
    if (!err)
        c->owner = mine;
    return err;
}

static int recover(qn_client *c, qn_why *why);

// Whether a known answer that was asked for after the start was wrong. What failed at power-on has failed for good: a short test of it proves nothing.
static bool failed_since(qn_client *c)
{
    uint32_t state, starts;
    return peek(c, QN_MB_STATE, &state) == 0 && peek(c, QN_MB_STARTS, &starts) == 0 && state == QN_MB_STATE_FAILED && starts > 1;
}

// The wire, a session, an idle firmware, and a core that nobody left running.
static int connect_once(qn_client *c, qn_why *why)
{
    int err = c->kind->open(&c->wire, c->place, why);
    if (err < 0)
        return err;
    snprintf(c->place, sizeof c->place, "%s", c->kind->place(c->wire));
    err = greet(c, why);
    if (!err && still_looping(c)) {
        c->kept = true;
        return 0;
    }
    c->loop = 0;
    if (!err && (err = until_idle(c, BOOT_MS, why)) < 0 && c->host.state == QN_LINK_OPEN && (err == QN_ERR_TIMEOUT || failed_since(c))) {
        why->text[0] = 0;
        err = recover(c, why);           // what hangs since before
    }
    if (!err)
        err = reset(c, 1);
    if (!err)
        err = own(c);
    if (err < 0 && !why->text[0])
        qn_fail(why, err, "while it was opened");
    return err;
}

static void give_up(qn_client *c)
{
    if (c->wire)
        c->kind->close(c->wire);
    c->wire = NULL;
}

// Once more after a reset of the wire, for a device that is there and silent.
static int connect_client(qn_client *c, qn_why *why)
{
    int err = connect_once(c, why);
    bool silent = c->wire && c->kind->reset && (err == QN_ERR_NO_DEVICE || err == QN_ERR_TIMEOUT) && c->host.count.timeouts >= QN_CLIENT_LINK_TRIES;
    if (silent) {
        c->kind->reset(c->wire);         // whatever it says: a device that enumerates anew is another to the system
        int64_t end = now_us(c) + COMES_BACK_MS * 1000;
        do {
            give_up(c);
            pause_us(c, POLL_US);
            why->text[0] = 0;
            err = connect_once(c, why);
        } while (!c->wire && err == QN_ERR_NO_DEVICE && now_us(c) < end);
    }
    if (err < 0)
        give_up(c);
    return err;
}

int qn_client_open(qn_client **out, const qn_wire_kind *kind, const char *place, qn_why *why)
{
    qn_why local = {""};
    *out = NULL;
    why = why ? why : &local;
    why->text[0] = 0;
    qn_client *c = calloc(1, sizeof *c);
    if (!c)
        return qn_fail(why, QN_ERR_NOMEM, "client");
    if (pthread_mutex_init(&c->lock, NULL)) {
        free(c);
        return qn_fail(why, QN_ERR_NOMEM, "client");
    }
    c->kind = kind;
    c->tag = random_word(c);
    snprintf(c->place, sizeof c->place, "%s", place);
    int err = connect_client(c, why);
    if (err < 0) {
        qn_client_close(c);
        return err;
    }
    *out = c;
    return 0;
}

void qn_client_close(qn_client *c)
{
    if (!c)
        return;
    give_up(c);
    pthread_mutex_destroy(&c->lock);
    free(c);
}

int qn_client_reopen(qn_client *c, uint32_t wait_ms, bool *kept, qn_why *why)
{
    qn_why local = {""};
    why = why ? why : &local;
    int64_t end = now_us(c) + (int64_t)wait_ms * 1000;
    int err;
    pthread_mutex_lock(&c->lock);
    uint32_t boot = c->host.boot;
    uint64_t serial = c->host.id.serial;
    bool looping = c->loop != 0;
    give_up(c);
    for (;;) {
        why->text[0] = 0;
        err = connect_client(c, why);
        bool may_come = err == QN_ERR_NO_DEVICE || err == QN_ERR_ACCESS || err == QN_ERR_BUSY || err == QN_ERR_IO || err == QN_ERR_TIMEOUT || err == QN_ERR_RESET;
        if (!may_come || now_us(c) > end || stopped(c))
            break;
        pause_us(c, 20000);
    }
    *kept = !err && c->kept && looping == (c->loop != 0) && c->host.boot == boot && c->host.id.serial == serial;
    if (err < 0)
        qn_link_host_close(&c->host, err);
    pthread_mutex_unlock(&c->lock);
    return err;
}

// ---- jobs

// How long `clocks` may take before something hangs.
static int64_t patience_us(const qn_client *c, uint64_t clocks)
{
    uint64_t clock_us = c->t->clock_hz / 1000000, us = clocks / (clock_us ? clock_us : 1);
    return (int64_t)(2 * us * c->kind->slow) + GRACE_MS * 1000;
}

// A pause that grows with the time that has gone by, and ends where `limit` does.
static void rest(const qn_client *c, int64_t since, int64_t limit)
{
    int64_t gone = now_us(c) - since, us = gone / 8 < POLL_US ? gone / 8 : POLL_US, left = limit + 1 - gone;
    us = us < left ? us : left;
    pause_us(c, us < 20 ? 20 : us);
}

// Writes arguments and rings; *bell is what is answered.
static int ring(qn_client *c, unsigned code, const uint32_t *args, size_t n_args, uint32_t *bell)
{
    qn_link_op ops[QN_MB_ARG_COUNT + 1] = {0};
    assert(n_args < QN_MB_ARG_COUNT);
    *bell = (++c->tag & 0xffffff) << 8 | code;
    for (size_t i = 0; i < n_args; i++)
        ops[i] = (qn_link_op){.type = QN_LINK_REG_WRITE, .addr = (uint32_t)(QN_MB_ARG + i), .value = args[i]};
    ops[n_args] = (qn_link_op){.type = QN_LINK_BELL, .addr = QN_MB_BELL_COMMAND, .value = *bell};
    return exchange(c, ops, n_args + 1);
}

// Arguments, bell, answer; *status and `result` are the answer's. QN_ERR_TIMEOUT with a session that is open: none came.
static int command(qn_client *c, unsigned code, const uint32_t *args, size_t n_args, uint32_t *result, int64_t limit_us)
{
    enum { ANSWER = 2 + QN_MB_RESULT_COUNT };
    qn_link_op answer[ANSWER];
    uint32_t bell;
    int err = ring(c, code, args, n_args, &bell);
    for (int64_t start = now_us(c); !err;) {
        static const unsigned regs[ANSWER] = {QN_MB_ANSWERED, QN_MB_STATUS, QN_MB_RESULT, QN_MB_RESULT + 1, QN_MB_RESULT + 2, QN_MB_RESULT + 3};
        int64_t asked = now_us(c);        // an answer may be that old when the link had to repeat it
        for (int i = 0; i < ANSWER; i++)
            answer[i] = (qn_link_op){.type = QN_LINK_REG_READ, .addr = regs[i]};
        err = exchange(c, answer, ANSWER);
        if (!err && answer[0].value == bell)
            break;
        if (!err && asked - start > limit_us)
            err = QN_ERR_TIMEOUT;
        if (!err)
            rest(c, start, limit_us);
    }
    for (int i = 0; !err && result && i < QN_MB_RESULT_COUNT; i++)
        result[i] = answer[2 + i].value;
    return err < 0 ? err : mailbox_err(answer[1].value);
}

// Until the firmware has started again: what its registers say before that is from the last start.
static int until_started(qn_client *c, uint32_t before)
{
    uint32_t starts;
    int64_t start = now_us(c), limit = (int64_t)RECOVER_MS * 1000 * (c->kind->slow > 1 ? 100 : 1);
    for (;;) {
        int err = peek(c, QN_MB_STARTS, &starts);
        if (err < 0 || starts != before)
            return err;
        if (now_us(c) - start > limit)
            return QN_ERR_TIMEOUT;
        rest(c, start, limit);
    }
}

static int recover(qn_client *c, qn_why *why)
{
    uint32_t starts;
    c->loop = 0;
    uint32_t words = c->host.id.region[0].words;
    uint32_t args[2] = {words - KNOWN_WORDS, KNOWN_WORDS};
    c->owner = 0;
    int err = peek(c, QN_MB_STARTS, &starts);
    if (!err)
        err = reset(c, 3);
    if (!err)
        err = until_started(c, starts);
    if (!err)
        err = until_idle(c, RECOVER_MS, why);
    if (!err)
        err = command(c, QN_MB_COMMAND_TEST, args, 2, NULL, patience_us(c, KNOWN_CLOCKS));
    if (err < 0 && !why->text[0])
        qn_fail(why, err, "it does not come back from a reset: %s", qn_err_text(err));
    return err;
}

// After a job that did not end; `us` CUT_OFF: the core or the firmware was reset under it, which nobody here had asked for.
enum { CUT_OFF = -1 };
static int hung(qn_client *c, const char *what, int64_t us)
{
    char how[64];
    int64_t start = now_us(c);
    c->why.text[0] = 0;
    int err = recover(c, &c->why);
    if (err < 0)
        return err;
    snprintf(how, sizeof how, us == CUT_OFF ? "was cut off by a restart of the firmware" : "did not end within %lld ms", (long long)us / 1000);
    return qn_fail(&c->why, QN_ERR_TIMEOUT, "%s %s; it was reset and gave its known answer after %lld ms", what, how, (long long)(now_us(c) - start) / 1000);
}

int qn_client_recover(qn_client *c)
{
    pthread_mutex_lock(&c->lock);
    c->why.text[0] = 0;
    int err = recover(c, &c->why);
    pthread_mutex_unlock(&c->lock);
    return err;
}

int qn_client_command(qn_client *c, unsigned code, const uint32_t *args, size_t n_args, uint32_t *result, uint64_t clocks)
{
    pthread_mutex_lock(&c->lock);
    c->why.text[0] = 0;
    int err = command(c, code, args, n_args, result, patience_us(c, clocks));
    if (err == QN_ERR_TIMEOUT && c->host.state == QN_LINK_OPEN)
        err = hung(c, "a command of the firmware", patience_us(c, clocks));
    pthread_mutex_unlock(&c->lock);
    return err;
}

// Tokens that the device has made since, from its memory.
static int take_tokens(qn_client *c, qn_client_loop *l, uint32_t made)
{
    while (l->made < made) {
        uint8_t bytes[256];
        uint32_t n = made - l->made < sizeof bytes / 4 ? made - l->made : (uint32_t)sizeof bytes / 4;
        qn_link_op op = {.type = QN_LINK_READ, .addr = l->arg[QN_MB_GEN_TEXT] + l->arg[QN_MB_GEN_LENGTH] + l->made, .words = n, .data = bytes};
        int err = exchange(c, &op, 1);
        if (err < 0)
            return err;
        for (uint32_t i = 0; i < n; i++, l->made++)
            if (l->token)
                l->token(l->ctx, qn_le32(bytes + 4 * i));
    }
    return 0;
}

// Looks at the loop until it ends; *status is what it was answered with. QN_ERR_TIMEOUT: it hangs, or, *cut, the firmware was started again.
static int watch(qn_client *c, qn_client_loop *l, const volatile int *stop, uint32_t *status, bool *cut)
{
    enum { SEEN = QN_MB_WORK + QN_MB_WORK_COUNT - QN_MB_ANSWERED };
    int64_t news = now_us(c), limit = patience_us(c, l->arg[QN_MB_GEN_LIMIT]);
    uint32_t starts = 0;
    bool told = false;
    for (;;) {
        // FINISH comes first: where it is none, what is read after it is this loop's and not the one's before
        qn_link_op op[1 + SEEN] = {{.type = QN_LINK_REG_READ, .addr = QN_MB_FINISH}}, bell = {.type = QN_LINK_BELL, .addr = QN_MB_BELL_STOP};
        for (unsigned i = 0; i < SEEN; i++)
            op[1 + i] = (qn_link_op){.type = QN_LINK_REG_READ, .addr = QN_MB_ANSWERED + i};
        int64_t asked = now_us(c);
        int err = exchange(c, op, 1 + SEEN);
#define SEEN_AT(name, i) op[1 + QN_MB_##name - QN_MB_ANSWERED + i].value
        if (err < 0)
            return err;
        *cut = starts && SEEN_AT(STARTS, 0) != starts;
        if (*cut)
            return QN_ERR_TIMEOUT;
        starts = SEEN_AT(STARTS, 0);
        bool done = SEEN_AT(ANSWERED, 0) == c->loop;
        if (!done && op[0].value != QN_MB_FINISH_NONE) {
            if (asked - news > limit)
                return QN_ERR_TIMEOUT;
            rest(c, news, limit);
            continue;
        }
        uint32_t made = SEEN_AT(TOKENS, 0);
        if (made > l->arg[QN_MB_GEN_MOST] || made < l->made)
            return qn_fail(&c->why, QN_ERR_LINK, "%u tokens after %u, of %u", made, l->made, l->arg[QN_MB_GEN_MOST]);
        if (made != l->made || SEEN_AT(STEPS, 0) != l->steps)
            news = now_us(c);
        l->steps = SEEN_AT(STEPS, 0);
        l->pos = SEEN_AT(POS, 0);
        l->finish = SEEN_AT(FINISH, 0);
        l->clocks = SEEN_AT(CLOCKS, 0) | (uint64_t)SEEN_AT(CLOCKS, 1) << 32;
        l->work = SEEN_AT(WORK, 0) | (uint64_t)SEEN_AT(WORK, 1) << 32;
        *status = SEEN_AT(STATUS, 0);
#undef SEEN_AT
        if ((err = take_tokens(c, l, made)) < 0 || done)
            return err;
        if (stop && __atomic_load_n(stop, __ATOMIC_RELAXED) && !told) {
            if ((err = exchange(c, &bell, 1)) < 0)
                return err;
            told = true;
        }
        if (asked - news > limit)
            return QN_ERR_TIMEOUT;
        rest(c, news, limit);
    }
}

int qn_client_generate(qn_client *c, qn_client_loop *l)
{
    uint32_t status = 0;
    pthread_mutex_lock(&c->lock);
    c->why.text[0] = 0;
    const volatile int *stop = c->stop;  // ends the loop, not the requests about it
    c->stop = NULL;
    int err = 0;
    bool cut = false;
    if (!l->running)
        err = ring(c, QN_MB_COMMAND_GENERATE, l->arg, sizeof l->arg / sizeof *l->arg, &c->loop);
    else if (!c->loop)
        err = qn_fail(&c->why, QN_ERR_RESET, "the loop did not outlive it");
    l->running |= !err;
    if (!err)
        err = watch(c, l, stop, &status, &cut);
    bool over = !err;
    if (!err)
        err = mailbox_err(status);
    if (over)
        c->loop = 0;
    // Over with a timeout: a step was, and the firmware has reset the core
    if (err == QN_ERR_TIMEOUT && c->host.state == QN_LINK_OPEN)
        err = hung(c, over ? "a step of the token loop" : "the token loop", cut ? CUT_OFF : patience_us(c, l->arg[QN_MB_GEN_LIMIT]));
    c->stop = stop;
    pthread_mutex_unlock(&c->lock);
    return err;
}

int qn_client_wait(qn_client *c, uint64_t clocks)
{
    int64_t start = now_us(c), limit = patience_us(c, clocks);
    uint32_t status = QN_STATUS_BUSY;
    int err = 0;
    pthread_mutex_lock(&c->lock);
    c->why.text[0] = 0;
    while (!err && status & QN_STATUS_BUSY) {
        int64_t asked = now_us(c);
        err = peek(c, QN_REG_STATUS, &status);
        if (err < 0 || !(status & QN_STATUS_BUSY))
            break;
        if (stopped(c))
            err = QN_ERR_STOPPED;
        else if (asked - start > limit)
            err = hung(c, "the core's job", limit);
        else
            rest(c, start, limit);
    }
    if (!err && !(status & (QN_STATUS_DONE | QN_STATUS_TRAP)))
        err = hung(c, "the core's job", CUT_OFF);    // what it left is an older job's
    pthread_mutex_unlock(&c->lock);
    return err;
}

// ---- what it is

const qn_link_id *qn_client_id(const qn_client *c)
{
    return &c->host.id;
}

const qn_target *qn_client_target(const qn_client *c)
{
    return c->t;
}

const char *qn_client_place(const qn_client *c)
{
    return c->place;
}

void qn_client_stop_on(qn_client *c, const volatile int *stop)
{
    pthread_mutex_lock(&c->lock);
    c->stop = stop;
    pthread_mutex_unlock(&c->lock);
}

const char *qn_client_why(const qn_client *c)
{
    return c->why.text;
}
