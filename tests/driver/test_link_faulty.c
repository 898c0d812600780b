// SPDX-License-Identifier: Apache-2.0
// The link over a bad line: frames lost, repeated, swapped, held back and replayed, bits wrong, pieces cut out, garbage between, the
// device reset at any point. What a result of 0 promises is there, on both sides; the rest has a defined error. QN_SEED, QN_MB (per mix).
#include "tests/driver/link_bench.h"

enum { OPS = 6, OP_WORDS = 16384, LINE = 1 << 20, OLD = 64, QUEUE = 4096 };

enum fault { LOSE, REPEAT, HOLD, REPLAY, FLIP, BURST, CUT_TAIL, CUT_HEAD, CUT_MIDDLE, GARBAGE, FAULTS };
static const char *const fault_names[FAULTS] = {"lost", "repeated", "held back", "replayed", "bits", "bursts", "cut off", "beheaded", "holed", "garbage"};

// One direction: bytes under way, frames held back, and old frames for replay.
typedef struct line {
    uint8_t bytes[LINE];
    size_t head, tail;
    struct { uint8_t bytes[QN_LINK_FRAME_BYTES]; size_t n; unsigned after; } held, old[OLD];
    unsigned n_old;
} line;

typedef struct mix {
    const char *name;
    uint32_t per_mille;                      // faulty frames
    uint32_t resets;                         // device resets in a million steps
    uint32_t window, data, seq_end, most;    // most: words of a request
    uint32_t kb;                             // to move
} mix;

static bench b;
static line wires[2];
static mix now;
static uint64_t frames, bytes_sent, faulty, seen[FAULTS];

static void append(line *l, const uint8_t *p, size_t n)
{
    if (l->head == l->tail)
        l->head = l->tail = 0;
    if (l->tail + n > LINE) {
        memmove(l->bytes, l->bytes + l->head, l->tail - l->head);
        l->tail -= l->head;
        l->head = 0;
    }
    assert_true(l->tail + n <= LINE);
    memcpy(l->bytes + l->tail, p, n);
    l->tail += n;
}

static void spoil(line *l, uint8_t *f, size_t n)
{
    uint8_t junk[700];
    enum fault kind = (enum fault)draw(FAULTS);
    size_t from = draw((uint32_t)n), k = 1 + draw((uint32_t)(n - from));
    seen[kind]++;
    faulty++;
    switch (kind) {
    case LOSE:
        return;
    case REPEAT:
        append(l, f, n);
        break;
    case HOLD:
        if (l->held.n)
            append(l, l->held.bytes, l->held.n);
        memcpy(l->held.bytes, f, n);
        l->held.n = n;
        l->held.after = 1 + draw(20);
        return;
    case REPLAY:
        if (l->n_old) {
            unsigned i = draw(l->n_old < OLD ? l->n_old : OLD);
            append(l, l->old[i].bytes, l->old[i].n);
        }
        break;
    case FLIP:
        for (uint32_t i = 1 + draw(8); i; i--)
            f[draw((uint32_t)n)] ^= (uint8_t)(1 << draw(8));
        break;
    case BURST:
        for (size_t i = from; i < from + k && i < from + 64; i++)
            f[i] = (uint8_t)draw(256);
        break;
    case CUT_TAIL:
        append(l, f, from);
        return;
    case CUT_HEAD:
        append(l, f + from, n - from);
        return;
    case CUT_MIDDLE:
        append(l, f, from);
        append(l, f + from + k, n - from - k);
        return;
    default:
        k = 1 + draw(sizeof junk - 1);
        for (size_t i = 0; i < k; i++)
            junk[i] = (uint8_t)(draw(4) ? draw(256) : 0x51 - 3 * (i & 1));
        append(l, junk, k);
    }
    append(l, f, n);
}

static void transmit(line *l, uint8_t *f, size_t n)
{
    frames++;
    bytes_sent += n;
    if (draw(16) == 0) {
        unsigned i = l->n_old++ % OLD;
        memcpy(l->old[i].bytes, f, n);
        l->old[i].n = n;
    }
    if (draw(1000) < now.per_mille)
        spoil(l, f, n);
    else
        append(l, f, n);
    if (l->held.n && !--l->held.after) {
        append(l, l->held.bytes, l->held.n);
        l->held.n = 0;
    }
}

static bool receive(line *l, bool to_dev)
{
    size_t n = l->tail - l->head, k = draw(8) ? n : draw(2) ? 1 + draw(64) : 1 + draw(4096);
    if (k > n)
        k = n;
    if (to_dev)
        qn_link_dev_take(&b.dev, l->bytes + l->head, k);
    else
        qn_link_host_take(&b.host, l->bytes + l->head, k);
    l->head += k;
    return k;
}

// The user: up to OPS requests at a time, and what each of them must find.

typedef struct slot {
    qn_link_op op;
    bool live, settled;
    uint8_t data[4 * OP_WORDS], expect[4 * OP_WORDS];
    uint32_t value, serial;
} slot;

static slot slots[OPS];
static uint8_t front[4 * RAM], back[4 * RAM];    // memory with all that was asked for; with what is answered, in order
static uint32_t reg_front[REGS], serial, oldest, bell;
static uint64_t moved, done, failed[64], sessions_lost;

static void ask(slot *s)
{
    uint32_t kind = draw(10), words = 1 + draw(draw(3) ? now.most : 8), at = draw(RAM - now.most);
    s->op = (qn_link_op){.addr = BASE + at, .words = words, .data = s->data};
    if (kind < 4) {
        s->op.type = QN_LINK_WRITE;
        uint32_t x = draw(~0u);
        for (uint32_t i = 0; i < words; i++)
            qn_le32_put(s->data + 4 * i, x = x * 1664525 + 1013904223);
        memcpy(front + 4 * at, s->data, 4 * words);
    } else if (kind < 8) {
        s->op.type = QN_LINK_READ;
        memcpy(s->expect, front + 4 * at, 4 * words);
    } else if (kind == 8) {
        s->op.type = draw(2) ? QN_LINK_REG_READ : QN_LINK_REG_WRITE;
        s->op.addr = draw(STUCK);
        s->op.value = draw(~0u);
        if (s->op.type == QN_LINK_REG_WRITE)
            reg_front[s->op.addr] = s->op.value;
        s->value = reg_front[s->op.addr];
    } else {
        s->op.type = QN_LINK_BELL;
        s->op.addr = draw(BELLS);
        s->op.value = bell++ % IDS;
        assert_true(bell < IDS);
    }
    s->live = true;
    s->settled = false;
    s->serial = serial++;
    qn_link_host_submit(&b.host, &s->op);
}

static slot *by_serial(uint32_t n)
{
    for (int i = 0; i < OPS; i++)
        if (slots[i].live && slots[i].serial == n)
            return &slots[i];
    return NULL;
}

static bool is_write(const slot *s)
{
    return s->op.type == QN_LINK_WRITE;
}

// All that was answered with 0, oldest first, as far as nothing older is still open.
static void settle(void)
{
    for (slot *s; (s = by_serial(oldest)) && s->settled; oldest++) {
        if (is_write(s))
            memcpy(back + 4 * (s->op.addr - BASE), s->data, 4 * s->op.words);
        s->live = false;
    }
}

// The session broke: every word is what is settled, or what a request without a good answer may have written, unless a later one that was
// answered wrote over it.
static void take_stock(void)
{
    static bool good[RAM];
    for (uint32_t i = 0; i < RAM; i++)
        good[i] = memcmp(b.m.ram + 4 * i, back + 4 * i, 4) == 0;
    for (uint32_t n = oldest; n < serial; n++) {
        slot *s = by_serial(n);
        if (!s)
            continue;
        uint32_t at = s->op.addr - BASE;
        for (uint32_t i = 0; is_write(s) && i < s->op.words; i++) {
            bool same = memcmp(b.m.ram + 4 * (at + i), s->data + 4 * i, 4) == 0;
            good[at + i] = same || (!s->settled && good[at + i]);
        }
        s->live = false;
    }
    for (uint32_t i = 0; i < RAM; i++)
        if (!good[i])
            fail_msg("%s: word %u is neither old nor new", now.name, i);
    memcpy(back, b.m.ram, sizeof back);
    memcpy(front, b.m.ram, sizeof front);
    memcpy(reg_front, b.m.reg, sizeof reg_front);
    oldest = serial;
}

static void collect(void)
{
    for (int i = 0; i < OPS; i++) {
        slot *s = &slots[i];
        if (!s->live || s->settled || s->op.result == QN_LINK_PENDING)
            continue;
        if (s->op.result) {
            int r = s->op.result;
            failed[-r]++;
            if (r != QN_ERR_RESET && r != QN_ERR_TIMEOUT && r != QN_ERR_NO_DEVICE)
                fail_msg("%s: result %d", now.name, r);
            continue;
        }
        done++;
        s->settled = true;
        if (s->op.type == QN_LINK_READ)
            assert_memory_equal(s->data, s->expect, 4 * s->op.words);
        if (s->op.type == QN_LINK_REG_READ)
            assert_int_equal(s->op.value, s->value);
        if (s->op.type == QN_LINK_BELL)
            assert_int_equal(b.m.rung[s->op.value], 1);
        if (is_write(s) || s->op.type == QN_LINK_READ)
            moved += 4ull * s->op.words;
    }
    settle();
}

// A new session. Old frames may still run until it has answered: only then is stock taken.
static void reopen(void)
{
    qn_link_op probe = {.type = QN_LINK_REG_READ, .addr = 0, .result = QN_ERR_RESET};
    uint8_t f[QN_LINK_FRAME_BYTES];
    sessions_lost++;
    for (uint32_t round = 0; probe.result; round++) {
        assert_true(round < 1000000);
        if (b.host.state == QN_LINK_CLOSED)
            qn_link_host_open(&b.host);
        if (probe.result != QN_LINK_PENDING)
            qn_link_host_submit(&b.host, &probe);
        size_t n;
        if ((n = qn_link_host_next(&b.host, f)))
            transmit(&wires[0], f, n);
        receive(&wires[0], true);
        if ((n = qn_link_dev_next(&b.dev, f)))
            transmit(&wires[1], f, n);
        receive(&wires[1], false);
        qn_link_host_tick(&b.host, 3);
        qn_link_dev_tick(&b.dev, 3);
    }
    take_stock();
}

static void go(const mix *m)
{
    uint8_t f[QN_LINK_FRAME_BYTES];
    uint32_t boots = 0x5eed0001, idle = 0;
    now = *m;
    bench_init(&b, m->window, m->data, m->seq_end, 8);
    memset(slots, 0, sizeof slots);
    memset(wires, 0, sizeof wires);
    memset(front, 0, sizeof front);
    memset(back, 0, sizeof back);
    memset(reg_front, 0, sizeof reg_front);
    memset(failed, 0, sizeof failed);
    memset(seen, 0, sizeof seen);
    serial = oldest = bell = 0;
    frames = bytes_sent = faulty = moved = done = sessions_lost = 0;
    uint64_t target = 1024ull * m->kb;
    bool open = true;
    qn_link_host_open(&b.host);
    while (open) {
        open = false;
        for (int i = 0; i < OPS; i++) {
            if (!slots[i].live && moved < target && bell < IDS - 1 && b.host.state != QN_LINK_CLOSED && draw(4) == 0)
                ask(&slots[i]);
            open |= slots[i].live;
        }
        open |= moved < target && bell < IDS - 1;
        bool busy = false;
        size_t n;
        for (uint32_t k = draw(2 * m->window + 1); k && (n = qn_link_host_next(&b.host, f)); k--, busy = true)
            transmit(&wires[0], f, n);
        busy |= receive(&wires[0], true);
        for (uint32_t k = draw(2 * m->window + 1); k && (n = qn_link_dev_next(&b.dev, f)); k--, busy = true)
            transmit(&wires[1], f, n);
        busy |= receive(&wires[1], false);
        if (draw(1000000) < m->resets)
            qn_link_dev_boot(&b.dev, ++boots);
        idle = busy ? 0 : idle + 1;
        assert_true(idle < 100000);
        uint32_t ms = busy ? draw(200) == 0 : 5;     // a step of traffic takes no time worth counting
        qn_link_host_tick(&b.host, ms);
        qn_link_dev_tick(&b.dev, ms);
        collect();
        if (b.host.state == QN_LINK_CLOSED)
            reopen();
    }
    if (memcmp(front, b.m.ram, sizeof front) != 0 || memcmp(back, b.m.ram, sizeof back) != 0)
        fail_msg("%s: the memories differ", m->name);
    assert_memory_equal(reg_front, b.m.reg, sizeof reg_front);
    for (uint32_t i = 0; i < IDS; i++)
        assert_true(b.m.rung[i] <= 1);
    print_message("%s: %.1f MB in %llu requests, %llu frames of %.1f MB, %llu faulty:", m->name, (double)moved / 1e6, (unsigned long long)done,
                  (unsigned long long)frames, (double)bytes_sent / 1e6, (unsigned long long)faulty);
    for (int i = 0; i < FAULTS; i++)
        print_message(" %llu %s", (unsigned long long)seen[i], fault_names[i]);
    print_message("; %u sent again, %u timeouts; %llu sessions lost; results RESET %llu, TIMEOUT %llu, NO_DEVICE %llu\n", b.host.count.again,
                  b.host.count.timeouts, (unsigned long long)sessions_lost, (unsigned long long)failed[-QN_ERR_RESET],
                  (unsigned long long)failed[-QN_ERR_TIMEOUT], (unsigned long long)failed[-QN_ERR_NO_DEVICE]);
    if (!m->resets && m->per_mille <= 10)
        assert_int_equal(sessions_lost, 0);
}

static void mixes(void **state)
{
    (void)state;
    uint32_t mb = env("QN_MB", getenv("QN_SOAK") ? 1000 : 70);
    const mix all[] = {
        {"no faults",         0,   0, 8, 512, 0,    OP_WORDS, 8000},
        {"one in a hundred", 10,   0, 8, 512, 0,    OP_WORDS, 1000 * mb},
        {"one in ten",      100,   0, 4, 512, 5000, 4096,     4000},
        {"three in ten",    300,   0, 8, 16,  300,  100,       300},
        {"resets",           10, 5000, 4, 512, 0,    OP_WORDS, 16000},
        {"resets, noise",   100, 5000, 2, 64, 500,  1000,      2000},
        {"one at a time",    50, 5000, 1, 512, 100, 4096,     4000},
        {"sixteen of one",   50, 1000, 16, 1,  40,  64,        200},
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        go(&all[i]);
}

int main(void)
{
    rng = env("QN_SEED", 20261126);
    print_message("QN_SEED=%u\n", rng);
    const struct CMUnitTest tests[] = {cmocka_unit_test(mixes)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
