// SPDX-License-Identifier: Apache-2.0
// The link, exhaustively: both real engines, every order of everything that can happen, breadth first. Four requests; faults that lose,
// repeat or delay a frame, fire the timer too early, or reset the device (what is under way arrives, or is lost). Shown of every state:
//   - a request is executed at most once, in the order of issue over all sessions, and once if its result is 0;
//   - a read returns what its own execution found: no stale reply;
//   - requests that were given to the same opening of the link and have result 0 met the same life of the device;
//   - a result, once there, stays, and the op is not touched again;
//   - where nothing more can happen, every request has a result; without faults it is 0;
//   - the graph of states has no cycle: every run ends, whatever the faults do.
// A state is the bytes of both engines and of the channels, without their counters and what is left of older frames in their buffers.
#include <stdio.h>

#include "driver/link/qn_link_dev.h"
#include "driver/link/qn_link_host.h"
#include "driver/qn_err.h"
#include "driver/qn_le.h"
#include "tests/driver/link_graph.h"

enum { OPS = 4, FRAMES = 16384, FIFO = 8, LIMBO = 4, TO_DEV = 0, TO_HOST = 1 };

typedef struct config {
    const char *name;
    uint32_t window, ops, faults, tries, seq_end, opens;
    bool cancel;                             // the user may cancel op 1
    bool at_once;                            // all requests are there from the start; else each comes at any time
} config;

typedef struct world {
    qn_link_dev dev;
    qn_link_host host;
    qn_link_op op[OPS];
    uint8_t data[OPS][8], replies[8 * QN_LINK_WINDOW_MAX];
    uint16_t fifo[2][FIFO], limbo[2][LIMBO];     // frames under way, in order; frames that may arrive at any time
    uint8_t n_fifo[2], n_limbo[2];
    uint8_t submitted, faults, opens, boots, cancels, harmed;    // harmed: by something else than losses
    uint8_t executed[OPS], serial;               // serial: executions of any
    uint8_t found[OPS];                          // what a read found: the serial
    uint8_t life[OPS], opening[OPS];             // of the device, when executed; of the host, when submitted
    uint8_t next_op;                             // the least that may still be executed
} world;

enum { WORDS = sizeof(world) / 8 };
_Static_assert(sizeof(world) % 8 == 0, "whole words");

static world w, first;
static qn_link_id dev_id, host_id;
static uint8_t dev_rx[QN_LINK_FRAME_BYTES], host_rx[QN_LINK_FRAME_BYTES];
static config cfg;
static const char *broken;                       // law that the last step broke

// What the device executes: request k names register, word or bell k.

static int run(uint32_t k, uint32_t *value)
{
    if (k >= cfg.ops || ++w.executed[k] > 1)
        broken = "executed twice";
    if (k < w.next_op)
        broken = "executed out of order";
    w.next_op = (uint8_t)(k + 1);
    w.life[k] = w.boots;
    *value = w.found[k] = ++w.serial;
    return 0;
}

static int on_read(void *ctx, uint32_t addr, uint8_t *dst, uint32_t words)
{
    uint32_t v;
    (void)ctx;
    if (words != 1)
        broken = "another length";
    run(addr, &v);
    qn_le32_put(dst, v);
    return 0;
}

static int on_write(void *ctx, uint32_t addr, const uint8_t *src, uint32_t words)
{
    uint32_t v;
    (void)ctx;
    if (words != 1 || qn_le32(src) != 0xd0 + addr)
        broken = "another request's data";
    return run(addr, &v);
}

static int on_reg_read(void *ctx, uint32_t reg, uint32_t *value)
{
    (void)ctx;
    return run(reg, value);
}

static int on_value(void *ctx, uint32_t at, uint32_t value)
{
    uint32_t v;
    (void)ctx;
    if (value != 0xd0 + at)
        broken = "another request's data";
    return run(at, &v);
}

static int on_reset(void *ctx, uint32_t what)
{
    (void)ctx;
    (void)what;
    return 0;
}

static const qn_link_port port = {on_read, on_write, on_reg_read, on_value, on_value, on_reset};

// Frames are kept once each; a channel holds their numbers.

static struct { uint8_t bytes[120]; size_t n; } frames[FRAMES];     // by the last word, which is a CRC
static unsigned n_frames;

static uint16_t intern(const uint8_t *bytes, size_t n)
{
    assert_true(n <= sizeof frames->bytes);
    unsigned i = qn_le32(bytes + n - 4) % FRAMES;
    for (; frames[i].n; i = (i + 1) % FRAMES)
        if (frames[i].n == n && memcmp(frames[i].bytes, bytes, n) == 0)
            return (uint16_t)i;
    assert_true(++n_frames < FRAMES / 2);
    memcpy(frames[i].bytes, bytes, n);
    frames[i].n = n;
    return (uint16_t)i;
}

static void deliver(int dir, uint16_t id)
{
    if (dir == TO_DEV)
        qn_link_dev_take(&w.dev, frames[id].bytes, frames[id].n);
    else
        qn_link_host_take(&w.host, frames[id].bytes, frames[id].n);
}

static uint16_t pull(uint16_t *list, uint8_t *n, unsigned i)
{
    uint16_t id = list[i];
    memmove(list + i, list + i + 1, (size_t)(*n - i - 1) * sizeof *list);
    list[--*n] = 0;
    return id;
}

static void put_aside(int dir, uint16_t id)      // in order of number: a set has no order
{
    unsigned i = w.n_limbo[dir]++;
    for (; i && w.limbo[dir][i - 1] > id; i--)
        w.limbo[dir][i] = w.limbo[dir][i - 1];
    w.limbo[dir][i] = id;
}

// Steps

enum step { SUBMIT, CANCEL, HOST_SENDS, DEV_SENDS, ARRIVES, ARRIVES_HOST, LATE, LATE_HOST = LATE + LIMBO, TIMER = LATE_HOST + LIMBO, REOPEN,
            LOSE, LOSE_HOST, REPEAT, REPEAT_HOST, DELAY, DELAY_HOST, EARLY, RESET, RESET_ALL, STEPS };
static const char *const step_names[STEPS] = {
    [SUBMIT] = "submit", [CANCEL] = "cancel", [HOST_SENDS] = "host sends", [DEV_SENDS] = "device sends", [ARRIVES] = "arrives at device",
    [ARRIVES_HOST] = "arrives at host", [LATE] = "arrives late at device", [LATE_HOST] = "arrives late at host", [TIMER] = "timeout", [REOPEN] = "open again",
    [LOSE] = "LOST to device", [LOSE_HOST] = "LOST to host", [REPEAT] = "REPEATED to device", [REPEAT_HOST] = "REPEATED to host", [DELAY] = "DELAYED to device",
    [DELAY_HOST] = "DELAYED to host", [EARLY] = "EARLY TIMEOUT", [RESET] = "DEVICE RESET", [RESET_ALL] = "DEVICE RESET, all under way lost"};

static void boot(void)
{
    qn_link_dev_boot(&w.dev, 0x10000u * ++w.boots);
}

static bool host_sends(void)
{
    uint8_t frame[QN_LINK_FRAME_BYTES];
    size_t n = w.n_fifo[TO_DEV] < FIFO ? qn_link_host_next(&w.host, frame) : 0;
    if (n)
        w.fifo[TO_DEV][w.n_fifo[TO_DEV]++] = intern(frame, n);
    return n > 0;
}

static bool dev_sends(void)
{
    uint8_t frame[QN_LINK_FRAME_BYTES];
    size_t n = w.n_fifo[TO_HOST] < FIFO ? qn_link_dev_next(&w.dev, frame) : 0;
    if (n)
        w.fifo[TO_HOST][w.n_fifo[TO_HOST]++] = intern(frame, n);
    return n > 0;
}

static bool timer(void)
{
    uint32_t due = qn_link_host_due(&w.host);
    if (due == UINT32_MAX)
        return false;
    qn_link_host_tick(&w.host, due);
    return true;
}

static void submit(void)
{
    static const uint8_t types[OPS] = {QN_LINK_REG_WRITE, QN_LINK_REG_READ, QN_LINK_WRITE, QN_LINK_READ};
    unsigned k = w.submitted++;
    w.opening[k] = w.opens;
    qn_link_op *op = &w.op[k];
    op->type = types[k];
    op->addr = k;
    op->words = 1;
    op->value = op->type == QN_LINK_REG_WRITE ? 0xd0 + k : 0;
    op->data = w.data[k];
    if (op->type == QN_LINK_WRITE)
        qn_le32_put(op->data, 0xd0 + k);
    qn_link_host_submit(&w.host, op);
}

// Takes a step, if it can be taken; else the world is as it was, but for what a sender with nothing to send found out. `quiet`: nothing is under way and neither end has anything to send.
static bool take(int step, bool quiet)
{
    if (step >= LOSE && w.faults == cfg.faults)
        return false;
    int dir = step == ARRIVES_HOST || (step >= LATE_HOST && step < TIMER) || step == LOSE_HOST || step == REPEAT_HOST || step == DELAY_HOST;
    bool flows = w.n_fifo[dir] > 0;
    switch (step) {
    case SUBMIT:
        if (w.submitted == cfg.ops)
            return false;
        submit();
        return true;
    case CANCEL:
        if (!cfg.cancel || w.cancels || w.submitted < 2 || w.op[1].result != QN_LINK_PENDING)
            return false;
        w.cancels = 1;
        qn_link_host_cancel(&w.host, &w.op[1]);
        return true;
    case HOST_SENDS: return host_sends();
    case DEV_SENDS: return dev_sends();
    case ARRIVES: case ARRIVES_HOST:
        if (flows)
            deliver(dir, pull(w.fifo[dir], &w.n_fifo[dir], 0));
        return flows;
    case TIMER: return quiet && timer();
    case REOPEN:
        if (w.host.state != QN_LINK_CLOSED || w.opens == cfg.opens)
            return false;
        w.opens++;
        qn_link_host_open(&w.host);
        return true;
    case LOSE: case LOSE_HOST:
        if (flows)
            pull(w.fifo[dir], &w.n_fifo[dir], 0);
        return flows;
    case REPEAT: case REPEAT_HOST:
        if (flows)
            put_aside(dir, w.fifo[dir][0]);
        return flows;
    case DELAY: case DELAY_HOST:
        if (flows)
            put_aside(dir, pull(w.fifo[dir], &w.n_fifo[dir], 0));
        return flows;
    case EARLY: return !quiet && timer();
    case RESET_ALL:
        memset(w.fifo, 0, sizeof w.fifo);
        memset(w.n_fifo, 0, sizeof w.n_fifo);
        boot();
        return true;
    case RESET:
        boot();
        return true;
    default: {
        unsigned i = (unsigned)(step - (dir ? LATE_HOST : LATE));
        if (i >= w.n_limbo[dir] || (i && w.limbo[dir][i] == w.limbo[dir][i - 1]))
            return false;
        deliver(dir, pull(w.limbo[dir], &w.n_limbo[dir], i));
        return true;
    }
    }
}

// What does not decide the future is taken out of the state: counters, leftovers, padding.
static void canon(void)
{
    memset(&w.dev.count, 0, sizeof w.dev.count);
    memset(&w.host.count, 0, sizeof w.host.count);
    memset(&w.dev.rx.head, 0, sizeof w.dev.rx.head);
    memset(&w.host.rx.head, 0, sizeof w.host.rx.head);
    memset(&w.dev.rx.count, 0, sizeof w.dev.rx.count);
    memset(&w.host.rx.count, 0, sizeof w.host.rx.count);
    if (w.dev.rx.need || w.host.rx.need)
        broken = "half a frame";
    qn_link_rx_clear(&w.dev.rx);             // the payload of a frame refused; garbage costs nothing that follows (test_link)
    qn_link_rx_clear(&w.host.rx);
    for (uint32_t slot = w.dev.expect; slot < cfg.window; slot++) {      // replies of another session
        memset(&w.dev.reply[slot], 0, sizeof w.dev.reply[slot]);
        memset(&w.replies[4 * slot], 0, 4);
    }
    for (uint32_t slot = 0; slot < QN_LINK_WINDOW_MAX; slot++) {
        qn_link_flight f = w.host.flight[slot], *to = &w.host.flight[slot];
        memset(to, 0, sizeof *to);
        if (f.op) {
            to->op = f.op;
            to->at = f.at;
            to->words = f.words;
            to->due = f.due;
            to->hurried = f.hurried;
        }
    }
    if (w.host.id.window) {
        if (w.host.id.window != cfg.window || w.host.id.data != 1)
            broken = "another identity";
        memcpy(&w.host.id, &host_id, sizeof host_id);
    }
}

static void judge(const world *before)
{
    for (unsigned k = 0; k < w.submitted; k++) {
        const qn_link_op *op = &w.op[k];
        if (k < before->submitted && before->op[k].result != QN_LINK_PENDING &&
            (memcmp(&before->op[k], op, sizeof *op) != 0 || memcmp(before->data[k], w.data[k], sizeof w.data[k]) != 0))
            broken = "touched after its result";
        if (op->result == QN_LINK_PENDING)
            continue;
        if (op->result == 0 && w.executed[k] != 1)
            broken = "a result without execution";
        if (op->result == 0 && op->type == QN_LINK_REG_READ && op->value != w.found[k])
            broken = "a stale reply";
        if (op->result == 0 && op->type == QN_LINK_READ && qn_le32(w.data[k]) != w.found[k])
            broken = "a stale reply";
        for (unsigned j = 0; j < k; j++)
            if (!op->result && !w.op[j].result && w.opening[j] == w.opening[k] && w.life[j] != w.life[k])
                broken = "a reset was not noticed";
        if (op->result && op->result != QN_ERR_RESET && op->result != QN_ERR_TIMEOUT && op->result != QN_ERR_NO_DEVICE &&
            !(op->result == QN_ERR_STOPPED && w.cancels && k == 1))
            broken = "a result that is not defined";
        if (op->result && !w.faults && op->result != QN_ERR_STOPPED)
            broken = "an error without a fault";
        if (op->result && !w.harmed && w.faults < cfg.tries && op->result != QN_ERR_STOPPED)
            broken = "an error though fewer frames were lost than tries are made";
    }
}

static const char *step_name(int step)
{
    return step_names[step > LATE_HOST && step < TIMER ? LATE_HOST : step > LATE && step < LATE_HOST ? LATE : step];
}

static void tell(uint32_t state, int step)
{
    static uint8_t path[4096];
    size_t n = 0;
    for (path[n++] = (uint8_t)step; state && n < sizeof path; state = g.parent[state])
        path[n++] = g.step[state];
    while (n--)
        print_error("  %s\n", step_name(path[n]));
    fail_msg("%s: %s", cfg.name, broken);
}

static void begin(void)
{
    memset(&w, 0, sizeof w);
    n_frames = 0;
    memset(frames, 0, sizeof frames);
    broken = NULL;
    memset(&dev_id, 0, sizeof dev_id);
    dev_id.regs = dev_id.bells = OPS;
    dev_id.data = 1;
    dev_id.window = (uint8_t)cfg.window;
    dev_id.n_region = 1;
    dev_id.region[0] = (qn_link_region){0, OPS, QN_LINK_READABLE | QN_LINK_WRITABLE};
    memcpy(&host_id, &dev_id, sizeof dev_id);
    qn_link_dev_init(&w.dev, &(qn_link_dev_setup){.port = &port, .id = &dev_id, .rx = dev_rx, .rx_bytes = sizeof dev_rx, .replies = w.replies});
    boot();
    qn_link_host_init(&w.host, &(qn_link_setup){.rx = host_rx, .rx_bytes = sizeof host_rx, .timeout_ms = 100, .tries = cfg.tries, .seq_end = cfg.seq_end});
    qn_link_host_open(&w.host);
    w.opens = 1;
    while (cfg.at_once && w.submitted < cfg.ops)
        submit();
    canon();
    memcpy(&first, &w, sizeof w);
}

static uint64_t *bytes_of(world *x)
{
    return (uint64_t *)(void *)x;
}

static void explore(void)
{
    level now = {0}, next = {0};
    size_t ends = 0, good = 0, reset = 0, timeout = 0, undecided = 0;
    bool fresh;
    begin();
    pack(&now, bytes_of(&w), bytes_of(&first), WORDS);
    now.states = 1;
    number(hash(now.words, now.n), 0, 0, &fresh);
    uint32_t state = 0;                      // states are numbered in the order in which they are expanded
    while (now.states) {
        next.n = next.states = 0;
        const uint64_t *p = now.words;
        for (size_t i = 0; i < now.states; i++, state++) {
            static world before;
            p = unpack(p, bytes_of(&before), bytes_of(&first), WORDS);
            memcpy(&w, &before, sizeof w);
            bool quiet = !w.n_fifo[0] && !w.n_fifo[1] && !host_sends() && !dev_sends(), end = true, dirty = true;
            for (int step = 0; step < STEPS; step++) {
                if (dirty)
                    memcpy(&w, &before, sizeof w);
                bool taken = take(step, quiet);
                dirty = taken || step == HOST_SENDS || step == DEV_SENDS;
                if (!taken)
                    continue;
                if (step >= LOSE) {
                    w.faults++;
                    w.harmed |= step > LOSE_HOST;
                } else {
                    end = false;
                }
                canon();
                judge(&before);
                if (broken)
                    tell(state, step);
                size_t mark = next.n;
                pack(&next, bytes_of(&w), bytes_of(&first), WORDS);
                link_states(state, number(hash(next.words + mark, next.n - mark), state, step, &fresh));
                if (fresh)
                    next.states++;
                else
                    next.n = mark;
            }
            if (!end)
                continue;
            ends++;
            bool all = true;
            for (unsigned k = 0; k < cfg.ops; k++) {
                int r = before.op[k].result;
                if (r == QN_LINK_PENDING || before.submitted < cfg.ops) {
                    broken = "ended without a result";
                    tell(state, SUBMIT);
                }
                all &= r == 0;
                reset += r == QN_ERR_RESET;
                timeout += r == QN_ERR_TIMEOUT || r == QN_ERR_NO_DEVICE;
                undecided += r < 0 && before.executed[k];
            }
            good += all;
        }
        level t = now;
        now = next;
        next = t;
    }
    uint32_t longest = longest_run();
    print_message("%s: window %u, %u requests, %u faults, %u tries, %u in a session: %zu states, %zu steps, no cycle, longest run %u steps; "
                  "%zu ends, %zu with all results 0; in all ends %zu RESET, %zu TIMEOUT or NO_DEVICE; %zu executed though not 0\n",
                  cfg.name, cfg.window, cfg.ops, cfg.faults, cfg.tries, cfg.seq_end, g.states, g.edges, longest, ends, good, reset, timeout, undecided);
    free(now.words);
    free(next.words);
    graph_free();
}

static void every_run_of(const config *list, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        cfg = list[i];
        explore();
    }
}

static void all_configurations(void **state)
{
    (void)state;
    //               window requests faults tries numbers openings cancel at_once
    static const config suite[] = {
        {"no fault",      4, 4, 0, 2, 3, 1, false, false},
        {"cancel",        2, 4, 2, 2, 3, 2, true,  false},
        {"wide window",   4, 4, 2, 2, 4, 2, false, false},
        {"more tries",    2, 2, 3, 4, 2, 2, false, false},
        {"three faults",  2, 4, 3, 2, 3, 2, false, false},
    };
    static const config soak[] = {
        {"three faults, cancel",      2, 4, 3, 2, 3, 2, true,  false},
        {"three faults, wide window", 4, 4, 3, 2, 4, 2, false, false},
    };
    const char *one = getenv("QN_MODEL");            // the numbers of such a line
    unsigned cancel = 0, at_once = 0;
    config c = {.name = "QN_MODEL"};
    if (one && sscanf(one, "%u %u %u %u %u %u %u %u", &c.window, &c.ops, &c.faults, &c.tries, &c.seq_end, &c.opens, &cancel, &at_once) == 8) {
        c.cancel = cancel;
        c.at_once = at_once;
        every_run_of(&c, 1);
    } else if (getenv("QN_SOAK")) {
        every_run_of(soak, sizeof soak / sizeof *soak);
    } else {
        every_run_of(suite, sizeof suite / sizeof *suite);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(all_configurations)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
