// SPDX-License-Identifier: Apache-2.0
// The link's two ends, rule by rule: every bit spoiled in turn, cut, oversized, among garbage, of another epoch, outside window and map.
// What is refused is never executed, what is repeated is executed once, and what comes back wrong is not believed.
#include "tests/driver/link_bench.h"

static bench b;
static uint8_t frame[QN_LINK_FRAME_BYTES], back[QN_LINK_FRAME_BYTES];

// The list: codes once each, a head without holes or overlaps.
static void list_is_sound(void **state)
{
    (void)state;
    bool code[256] = {false};
    uint32_t words[4] = {0};
#define QN_LINK_CONST(name, value, text)
#define QN_LINK_HEAD(name, word, lsb, width, text) { \
    uint32_t m = (uint32_t)(((1ull << width) - 1) << lsb); assert_int_equal(words[word] & m, 0); words[word] |= m; }
#define QN_LINK_TYPE(name, at, least, most, reply, text) assert_false(code[at] || code[at | QN_LINK_REPLY]); code[at] = code[at | QN_LINK_REPLY] = true;
#define QN_LINK_NOTICE(name, at, text) assert_true(!code[at] && at & QN_LINK_REPLY); code[at] = true;
#define QN_LINK_STATUS(name, code, error, text)
#define QN_LINK_WORD(owner, name, word, lsb, width, text)
#include "rtl/spec/link.def"
#undef QN_LINK_CONST
#undef QN_LINK_HEAD
#undef QN_LINK_TYPE
#undef QN_LINK_NOTICE
#undef QN_LINK_STATUS
#undef QN_LINK_WORD
    for (int i = 0; i < 4; i++)
        assert_int_equal(words[i], ~0u);
}

// A request to the device as raw as it comes, and its answer if there is one.
static size_t send_raw(uint8_t type, uint32_t seq, uint32_t epoch, uint32_t words, const uint32_t *w, size_t n_w)
{
    uint8_t payload[4 * 520] = {0};
    for (size_t i = 0; i < n_w; i++)
        qn_le32_put(payload + 4 * i, w[i]);
    size_t n = qn_link_build(frame, &(qn_link_head){.type = type, .seq = (uint16_t)seq, .words = (uint16_t)words, .epoch = epoch}, payload);
    qn_link_dev_take(&b.dev, frame, n);
    return n;
}

static int answer_status(uint8_t *type, uint32_t *seq)
{
    if (!qn_link_dev_next(&b.dev, back))
        return -1;
    *type = back[2];
    *seq = qn_le16(back + 4);
    return back[3];
}

static uint32_t raw_hello(void)
{
    send_raw(QN_LINK_HELLO, 1, 0, 2, (uint32_t[]){0x00010001, 0}, 2);
    assert_true(qn_link_dev_next(&b.dev, back) > 0);
    assert_int_equal(back[2], QN_LINK_HELLO | QN_LINK_REPLY);
    return qn_le32(back + 8);
}

#define EXPECT_NOTHING() do { assert_int_equal(qn_link_dev_next(&b.dev, back), 0); } while (0)
#define EXPECT(type_, status_, seq_) do { uint8_t t_; uint32_t s_ = 0; assert_int_equal(answer_status(&t_, &s_), status_); \
    assert_int_equal(t_, type_); assert_int_equal(s_, seq_); } while (0)

// Moves frames between the ends, without faults, until neither has one.
static void pump(void)
{
    size_t n;
    for (bool more = true; more;) {
        more = false;
        while ((n = qn_link_host_next(&b.host, frame))) {
            qn_link_dev_take(&b.dev, frame, n);
            more = true;
        }
        while ((n = qn_link_dev_next(&b.dev, frame))) {
            qn_link_host_take(&b.host, frame, n);
            more = true;
        }
    }
}

static qn_link_op *submit(qn_link_op *op)
{
    qn_link_host_submit(&b.host, op);
    return op;
}

static qn_link_op *put(qn_link_op *at, qn_link_op op)
{
    *at = op;
    return at;
}

static void open_session(unsigned window, unsigned data)
{
    bench_init(&b, window, data, 0, 4);
    qn_link_host_open(&b.host);
    pump();
    assert_int_equal(b.host.state, QN_LINK_OPEN);
}

static void every_request(void **state)
{
    (void)state;
    static uint8_t out[4 * 5000], in[4 * 5000];
    for (unsigned window = 1; window <= 16; window *= 2) {
        open_session(window, window == 4 ? 1 : 512);
        assert_int_equal(b.host.id.serial, 0x123456789abcdef0u);
        assert_string_equal(b.host.id.name, "ulx3s");
        assert_int_equal(b.host.id.n_region, 4);
        assert_int_equal(b.host.id.region[1].base, ROM_BASE);
        for (size_t i = 0; i < sizeof out; i++)
            out[i] = (uint8_t)draw(256);
        qn_link_op ops[] = {
            {.type = QN_LINK_WRITE, .addr = BASE + 3, .words = 5000, .data = out}, {.type = QN_LINK_READ, .addr = BASE + 3, .words = 5000, .data = in},
            {.type = QN_LINK_REG_WRITE, .addr = 5, .value = 0xabcd1234}, {.type = QN_LINK_REG_READ, .addr = 5},
            {.type = QN_LINK_BELL, .addr = 3, .value = 77}, {.type = QN_LINK_RESET, .addr = 2}, {.type = QN_LINK_READ, .addr = 0, .words = 0},
            {.type = QN_LINK_WRITE, .addr = TOP_BASE, .words = TOP, .data = out}, {.type = QN_LINK_WRITE, .addr = SINK_BASE, .words = SINK, .data = out},
        };
        for (size_t i = 0; i < sizeof ops / sizeof *ops; i++)
            submit(&ops[i]);
        pump();
        for (size_t i = 0; i < sizeof ops / sizeof *ops; i++)
            assert_int_equal(ops[i].result, 0);
        assert_memory_equal(in, out, sizeof in);
        assert_memory_equal(b.m.top, out, sizeof b.m.top);
        assert_int_equal(ops[3].value, 0xabcd1234);
        assert_int_equal(b.m.rung[77], 1);
        assert_int_equal(b.m.reset, 2);
        assert_int_equal(b.host.count.again + b.host.count.timeouts, 0);
    }
}

static void bounds_and_rights(void **state)
{
    (void)state;
    static uint8_t data[4 * 2048];
    const struct { uint8_t type; uint32_t addr, words; int result; } rows[] = {
        {QN_LINK_READ, BASE, 1, 0}, {QN_LINK_READ, BASE - 1, 1, QN_ERR_RANGE}, {QN_LINK_READ, BASE - 1, 2, QN_ERR_RANGE},
        {QN_LINK_READ, BASE + RAM - 1, 1, 0}, {QN_LINK_READ, BASE + RAM - 1, 2, QN_ERR_RANGE}, {QN_LINK_READ, BASE + RAM, 1, QN_ERR_RANGE},
        {QN_LINK_WRITE, BASE + RAM - 1, 2, QN_ERR_RANGE}, {QN_LINK_WRITE, ROM_BASE, 1, QN_ERR_RIGHTS}, {QN_LINK_READ, ROM_BASE, ROM, 0},
        {QN_LINK_READ, ROM_BASE + 1, ROM, QN_ERR_RANGE}, {QN_LINK_READ, SINK_BASE, 1, QN_ERR_RIGHTS}, {QN_LINK_READ, 0xffffffff, 1, 0},
        {QN_LINK_READ, 0xffffffff, 2, QN_ERR_RANGE}, {QN_LINK_WRITE, 0xfffffff0, 2048, QN_ERR_RANGE}, {QN_LINK_WRITE, 0, 1, QN_ERR_RANGE},
        {QN_LINK_REG_READ, REGS, 0, QN_ERR_RANGE}, {QN_LINK_REG_WRITE, 0xffffffff, 0, QN_ERR_RANGE}, {QN_LINK_BELL, BELLS, 0, QN_ERR_RANGE},
        {QN_LINK_REG_READ, STUCK, 0, QN_ERR_IO}, {QN_LINK_HELLO, 0, 0, QN_ERR_USAGE}, {8, 0, 0, QN_ERR_USAGE}, {0x82, 0, 0, QN_ERR_USAGE},
        {QN_LINK_WRITE, BASE + RAM - 512, 2048, QN_ERR_RANGE},
    };
    open_session(4, 512);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        qn_link_op op = {.type = rows[i].type, .addr = rows[i].addr, .words = rows[i].words, .data = data};
        submit(&op);
        pump();
        if (op.result != rows[i].result)
            fail_msg("row %zu: %d, expected %d", i, op.result, rows[i].result);
    }
    // What the host's end would not let out: every pair around the edges, judged by 64-bit arithmetic (place() fails out of the map)
    uint32_t epoch = b.host.epoch, seq = b.host.seq;
    const uint32_t at[] = {0, 1, BASE - 1, BASE, BASE + 1, BASE + RAM - 512, BASE + RAM - 1, BASE + RAM, ROM_BASE + ROM - 1, 0x7fffffff,
                           0x80000000, TOP_BASE - 1, TOP_BASE, 0xfffffffe, 0xffffffff};
    const uint32_t n[] = {0, 1, 2, 3, 64, 511, 512, 513, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff, 0 - BASE, 0 - TOP_BASE};
    for (size_t i = 0; i < sizeof at / sizeof *at; i++)
        for (size_t j = 0; j < sizeof n / sizeof *n; j++) {
            bool in = false, rights = false;
            for (int k = 0; k < 4; k++)
                if (at[i] >= b.id.region[k].base && (uint64_t)at[i] + n[j] <= (uint64_t)b.id.region[k].base + b.id.region[k].words)
                    in = true, rights = b.id.region[k].flags & QN_LINK_READABLE;
            int want = !n[j] || n[j] > 512 ? QN_LINK_STATUS_LENGTH : !in ? QN_LINK_STATUS_RANGE : rights ? 0 : QN_LINK_STATUS_RIGHTS;
            send_raw(QN_LINK_READ, seq, epoch, 2, (uint32_t[]){at[i], n[j]}, 2);
            EXPECT(QN_LINK_READ | QN_LINK_REPLY, want, seq);
            seq++;
        }
}

// Lengths that do not fit their type, and types that there are not, are answered and not executed.
static void lengths_and_types(void **state)
{
    (void)state;
    bench_init(&b, 4, 16, 0, 4);
    uint32_t e = raw_hello(), seq = 0, w[] = {BASE, 1, 2};
    const struct { uint8_t type; uint32_t words; int status; } rows[] = {
        {QN_LINK_READ, 1, 2}, {QN_LINK_READ, 3, 2}, {QN_LINK_READ, 0, 2}, {QN_LINK_WRITE, 1, 2}, {QN_LINK_WRITE, 17, 0}, {QN_LINK_WRITE, 18, 2},
        {QN_LINK_WRITE, 65535, 2}, {QN_LINK_REG_READ, 2, 2}, {QN_LINK_REG_WRITE, 1, 2}, {QN_LINK_BELL, 3, 2}, {QN_LINK_RESET, 2, 2}, {8, 1, 1},
        {0x7f, 17, 1}, {0, 1, 1}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        uint8_t head[QN_LINK_HEAD_BYTES];
        if (rows[i].words > 500) {                               // the head alone: its payload would be garbage
            static uint8_t large[4 * 65536 + 32];
            qn_link_build(large, &(qn_link_head){.type = rows[i].type, .seq = (uint16_t)seq, .words = (uint16_t)rows[i].words, .epoch = e}, NULL);
            memcpy(head, large, sizeof head);
            qn_link_dev_take(&b.dev, head, sizeof head);
        } else {
            send_raw(rows[i].type, seq, e, rows[i].words, w, 3);
        }
        EXPECT(rows[i].type | QN_LINK_REPLY, rows[i].status, seq);
        seq++;
    }
    assert_int_equal(b.m.writes, 1);
    assert_int_equal(b.m.reads + b.m.regs + b.m.bells + b.m.resets, 0);
}

// Every bit of every frame, in both directions: nothing happens, and the frame itself is taken afterwards.
static void each_bit_spoiled(void **state)
{
    (void)state;
    uint8_t data[12] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
    const qn_link_op kinds[] = {{.type = QN_LINK_WRITE, .addr = BASE, .words = 3, .data = data}, {.type = QN_LINK_READ, .addr = ROM_BASE, .words = 3, .data = data},
        {.type = QN_LINK_BELL, .value = 9}, {.type = QN_LINK_RESET}, {.type = QN_LINK_REG_WRITE, .addr = 1}, {.type = QN_LINK_REG_READ, .addr = 1}};
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
        open_session(2, 512);
        qn_link_op op = kinds[k];
        submit(&op);
        size_t n = qn_link_host_next(&b.host, frame);
        for (size_t bit = 0; bit < 8 * n; bit++) {
            machine before = b.m;
            frame[bit / 8] ^= (uint8_t)(1 << bit % 8);
            qn_link_dev_take(&b.dev, frame, n);
            qn_link_dev_tick(&b.dev, QN_LINK_GAP_MS);
            EXPECT_NOTHING();
            assert_memory_equal(&before, &b.m, sizeof before);
            frame[bit / 8] ^= (uint8_t)(1 << bit % 8);
        }
        qn_link_dev_take(&b.dev, frame, n);
        assert_int_equal(b.dev.count.executed, 1);
        n = qn_link_dev_next(&b.dev, back);
        for (size_t bit = 0; bit < 8 * n; bit++) {
            back[bit / 8] ^= (uint8_t)(1 << bit % 8);
            qn_link_host_take(&b.host, back, n);
            qn_link_host_tick(&b.host, 0);
            qn_link_rx_clear(&b.host.rx);
            assert_int_equal(op.result, QN_LINK_PENDING);
            back[bit / 8] ^= (uint8_t)(1 << bit % 8);
        }
        qn_link_host_take(&b.host, back, n);
        assert_int_equal(op.result, 0);
    }
}

// A head is bound to its payload: the same lengths, each with right checks of its own.
static void payload_behind_another_head(void **state)
{
    (void)state;
    bench_init(&b, 4, 512, 0, 4);
    uint32_t e = raw_hello();
    uint8_t other[QN_LINK_FRAME_BYTES];
    uint32_t w[] = {1, 5};
    for (size_t i = 0; i < 2; i++)
        qn_le32_put(other + QN_LINK_HEAD_BYTES + 4 * i, w[i]);
    size_t n = qn_link_build(other, &(qn_link_head){.type = QN_LINK_BELL, .seq = 1, .words = 2, .epoch = e}, NULL);
    qn_link_build(other, &(qn_link_head){.type = QN_LINK_BELL, .seq = 0, .words = 0, .epoch = e}, NULL);
    uint8_t head[QN_LINK_HEAD_BYTES];
    qn_link_build(frame, &(qn_link_head){.type = QN_LINK_BELL, .seq = 0, .words = 2, .epoch = e}, other + QN_LINK_HEAD_BYTES);
    memcpy(head, frame, sizeof head);
    memcpy(other, head, sizeof head);
    qn_link_dev_take(&b.dev, other, n);
    EXPECT_NOTHING();
    assert_int_equal(b.m.bells, 0);
    assert_int_equal(b.dev.rx.count.bad, 1);
}

// Cut at every length. After silence the next frame is taken; without silence what follows is, once the cut frame's length has gone by.
static void cut_anywhere(void **state)
{
    (void)state;
    uint32_t worst = 0;
    for (size_t cut = 1; cut < 16 + 4 * 513 + 4; cut += cut < 40 ? 1 : 61) {
        for (int silence = 0; silence < 2; silence++) {
            bench_init(&b, 4, 512, 0, 4);
            uint32_t e = raw_hello();
            uint8_t whole[QN_LINK_FRAME_BYTES];
            send_raw(QN_LINK_BELL, 0, e, 2, (uint32_t[]){0, 0}, 2);
            qn_link_dev_next(&b.dev, back);
            for (uint32_t i = 0; i < 513; i++)
                qn_le32_put(whole + QN_LINK_HEAD_BYTES + 4 * i, i ? i : BASE);
            qn_link_build(whole, &(qn_link_head){.type = QN_LINK_WRITE, .seq = 1, .words = 513, .epoch = e}, NULL);
            qn_link_dev_take(&b.dev, whole, cut);
            if (silence)
                qn_link_dev_tick(&b.dev, QN_LINK_GAP_MS);
            uint32_t passed = 0;
            while (b.dev.count.executed == 1) {
                assert_true(passed < 4 * 513 + 4 + 28);           // the frame that begins then, at the latest
                passed += (uint32_t)send_raw(QN_LINK_BELL, 1, e, 2, (uint32_t[]){0, 1}, 2);
            }
            assert_true(!silence || passed == 28);
            if (passed - 28 > worst)
                worst = passed - 28;
            assert_int_equal(b.m.rung[1], 1);
            assert_int_equal(b.m.writes, 0);
        }
    }
    assert_true(worst >= 4 * 513 - 28 && worst < 4 * 513 + 4 + 28);
}

// Garbage of any kind costs no frame that follows it.
static void garbage_between(void **state)
{
    (void)state;
    bench_init(&b, 4, 512, 0, 4);
    uint32_t e = raw_hello();
    uint8_t junk[512];
    for (uint32_t seq = 0; seq < 3000; seq++) {
        uint32_t n = draw(sizeof junk), kind = draw(4);
        for (uint32_t i = 0; i < n; i++)
            junk[i] = (uint8_t)(kind == 0 ? draw(256) : kind == 1 ? 0x51u - (i & 1) * 3 : kind == 2 ? 0 : (0x0006514eu >> 8 * draw(4)) & 255);
        qn_link_dev_take(&b.dev, junk, n);
        send_raw(QN_LINK_BELL, seq, e, 2, (uint32_t[]){0, seq}, 2);
        EXPECT(QN_LINK_BELL | QN_LINK_REPLY, 0, seq);
        assert_int_equal(b.m.rung[seq], 1);
    }
    assert_true(b.dev.rx.count.skipped > 100000);
}

static void epochs(void **state)
{
    (void)state;
    bench_init(&b, 4, 512, 0, 4);
    uint32_t w[] = {0, 1};
    send_raw(QN_LINK_BELL, 0, 0, 2, w, 2);                       // no epoch at all
    EXPECT_NOTHING();
    send_raw(QN_LINK_BELL, 0, 99, 2, w, 2);                      // one that never was
    EXPECT(QN_LINK_LOST, 0, 0);
    assert_int_equal(qn_le32(back + 8), 99);
    uint32_t first = raw_hello(), second = raw_hello();
    assert_int_not_equal(first, second);
    send_raw(QN_LINK_BELL, 0, first, 2, w, 2);                   // superseded before it was used
    EXPECT(QN_LINK_LOST, 0, 0);
    send_raw(QN_LINK_BELL, 2, second, 2, w, 2);                  // a session begins with its first request
    EXPECT(QN_LINK_NAK, 0, 0);
    assert_int_equal(b.m.bells, 0);
    send_raw(QN_LINK_BELL, 0, second, 2, w, 2);
    EXPECT(QN_LINK_BELL | QN_LINK_REPLY, 0, 0);
    uint32_t third = raw_hello();                                // does not end the session
    send_raw(QN_LINK_BELL, 1, second, 2, w, 2);
    EXPECT(QN_LINK_BELL | QN_LINK_REPLY, 0, 1);
    send_raw(QN_LINK_BELL, 0, third, 2, w, 2);                   // this does
    EXPECT(QN_LINK_BELL | QN_LINK_REPLY, 0, 0);
    send_raw(QN_LINK_BELL, 2, second, 2, w, 2);
    EXPECT(QN_LINK_LOST, 0, 0);
    assert_int_equal(b.m.bells, 3);
    qn_link_dev_boot(&b.dev, 0x5eed0002);
    send_raw(QN_LINK_BELL, 0, third, 2, w, 2);
    EXPECT(QN_LINK_LOST, 0, 0);
    assert_int_not_equal(raw_hello(), first);
    send_raw(QN_LINK_BELL | QN_LINK_REPLY, 0, b.dev.offer, 2, w, 2);   // our own kind, as a looped cable sends it
    EXPECT_NOTHING();
    assert_int_equal(b.m.bells, 3);
}

static void windows(void **state)
{
    (void)state;
    for (unsigned window = 1; window <= 16; window *= 2) {
        bench_init(&b, window, 16, 0, 4);
        uint32_t e = raw_hello();
        for (uint32_t i = 0; i < 40; i++) {
            send_raw(QN_LINK_REG_WRITE, 2 * i, e, 2, (uint32_t[]){2, i}, 2);
            send_raw(QN_LINK_REG_READ, 2 * i + 1, e, 1, (uint32_t[]){2}, 1);
        }
        while (qn_link_dev_next(&b.dev, back))
            ;
        uint32_t regs = b.m.regs;
        b.m.reg[2] = 1000;
        for (uint32_t seq = 0; seq < 80; seq++) {                // the last `window` are answered as then, the rest not at all
            send_raw(seq & 1 ? QN_LINK_REG_READ : QN_LINK_REG_WRITE, seq, e, 2 - (seq & 1), (uint32_t[]){2, 5000}, 2);
            if (seq < 80 - window) {
                EXPECT_NOTHING();
                continue;
            }
            EXPECT((seq & 1 ? QN_LINK_REG_READ : QN_LINK_REG_WRITE) | QN_LINK_REPLY, 0, seq);
            if (seq & 1)
                assert_int_equal(qn_le32(back + QN_LINK_HEAD_BYTES), seq / 2);
        }
        for (uint32_t ahead = window + 3; ahead; ahead--) {      // one NAK for the number missing, none from outside the window
            send_raw(QN_LINK_REG_READ, 80 + ahead, e, 1, (uint32_t[]){2}, 1);
            if (ahead == window - 1)
                EXPECT(QN_LINK_NAK, 0, 80);
            else
                EXPECT_NOTHING();
        }
        assert_int_equal(b.m.regs, regs);
        assert_int_equal(b.m.reg[2], 1000);
    }
}

// The numbers of an epoch are used once: the device takes no 65,537th request, and the host does not send it.
static void numbers_run_out(void **state)
{
    (void)state;
    bench_init(&b, 1, 16, 0, 4);
    uint32_t e = raw_hello();
    for (uint32_t seq = 0; seq < QN_LINK_SEQ_END; seq++) {
        send_raw(QN_LINK_BELL, seq, e, 2, (uint32_t[]){0, seq}, 2);
        qn_link_dev_next(&b.dev, back);
    }
    assert_int_equal(b.m.bells, QN_LINK_SEQ_END);
    send_raw(QN_LINK_BELL, 0, e, 2, (uint32_t[]){0, 0}, 2);
    EXPECT_NOTHING();
    assert_int_equal(b.m.rung[0], 1);
    bench_init(&b, 4, 16, 7, 4);
    qn_link_host_open(&b.host);
    static qn_link_op ops[100];
    for (uint32_t i = 0; i < 100; i++)
        submit(put(&ops[i], (qn_link_op){.type = QN_LINK_BELL, .value = i}));
    pump();
    for (uint32_t i = 0; i < 100; i++)
        assert_true(ops[i].result == 0 && b.m.rung[i] == 1);
    assert_int_equal(b.host.count.sessions, 15);
    // A device that was reset between two such sessions is noticed, whatever waits
    qn_link_op more[8];
    for (uint32_t i = 0; i < 8; i++)
        submit(put(&more[i], (qn_link_op){.type = QN_LINK_BELL, .value = 200 + i}));
    while (b.host.state == QN_LINK_OPEN) {
        size_t n = qn_link_host_next(&b.host, frame);
        qn_link_dev_take(&b.dev, frame, n);
        while ((n = qn_link_dev_next(&b.dev, frame)))
            qn_link_host_take(&b.host, frame, n);
    }
    qn_link_dev_boot(&b.dev, 0x5eed0003);
    pump();
    assert_int_equal(b.host.state, QN_LINK_CLOSED);
    assert_int_equal(more[7].result, QN_ERR_RESET);
    assert_int_equal(b.m.rung[207], 0);
}

// A device that answers wrongly: told, not believed.
static void wrong_answers(void **state)
{
    (void)state;
    const struct { uint8_t type, status; uint16_t words; int result; } rows[] = {
        {0x82, 0, 3, 0}, {0x82, 0, 2, QN_ERR_LINK}, {0x82, 0, 4, QN_ERR_LINK}, {0x82, 0, 0, QN_ERR_LINK}, {0x82, 0, 513, QN_ERR_LINK}, {0x83, 0, 0, QN_ERR_LINK},
        {0x82, 3, 0, QN_ERR_RANGE}, {0x82, 3, 3, QN_ERR_LINK}, {0x82, 99, 0, QN_ERR_LINK}, {0x82, 5, 0, QN_ERR_IO}, {0xf7, 0, 3, QN_ERR_LINK},
        {QN_LINK_LOST, 0, 0, QN_ERR_RESET}, {0x82, 0, 514, QN_LINK_PENDING}, {0x02, 0, 3, QN_LINK_PENDING}, {0x81, 0, 12, QN_LINK_PENDING}};
    uint8_t payload[4 * 514] = {0}, large[QN_LINK_FRAME_BYTES + 4];
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        open_session(4, 512);
        uint8_t data[12];
        qn_link_op op = {.type = QN_LINK_READ, .addr = BASE, .words = 3, .data = data};
        submit(&op);
        qn_link_host_next(&b.host, frame);
        qn_link_head head = {.type = rows[i].type, .status = rows[i].status, .words = rows[i].words, .epoch = b.host.epoch};
        for (uint32_t other = 1; other < 3; other++) {            // of another epoch, of a number not in flight
            head.epoch = b.host.epoch + (other == 1);
            head.seq = other == 2;
            if (rows[i].type == QN_LINK_LOST && other == 2)
                continue;
            qn_link_host_take(&b.host, large, qn_link_build(large, &head, payload));
            assert_int_equal(op.result, QN_LINK_PENDING);
        }
        head.seq = 0;
        head.epoch = b.host.epoch;
        qn_link_host_take(&b.host, large, qn_link_build(large, &head, payload));
        if (op.result != rows[i].result)
            fail_msg("row %zu: %d, expected %d", i, op.result, rows[i].result);
    }
    // WELCOME: each field out of its range
    const struct { uint32_t word, value; uint8_t status; int why; } bad[] = {
        {1, 0x02000404, 0, 0}, {1, 0x02000400, 0, QN_ERR_LINK}, {1, 0x02000403, 0, QN_ERR_LINK}, {1, 0x02000420, 0, QN_ERR_LINK}, {1, 0x02000304, 0, QN_ERR_LINK},
        {1, 0x02000904, 0, QN_ERR_LINK}, {1, 0x00000404, 0, QN_ERR_LINK}, {1, 0x02010404, 0, QN_ERR_LINK}, {0, 0x00020002, 6, QN_ERR_VERSION}, {0, 0, 1, QN_ERR_LINK},
        {13, 0xffffffff, 0, QN_ERR_LINK}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        bench_init(&b, 4, 512, 0, 4);
        qn_link_host_open(&b.host);
        qn_link_dev_take(&b.dev, frame, qn_link_host_next(&b.host, frame));
        size_t n = qn_link_dev_next(&b.dev, back);
        qn_le32_put(back + QN_LINK_HEAD_BYTES + 4 * bad[i].word, bad[i].value);
        qn_link_head head = {.type = back[2], .status = bad[i].status, .seq = qn_le16(back + 4), .words = qn_le16(back + 6), .epoch = qn_le32(back + 8)};
        qn_link_head old = head;
        old.seq--;                                                // answer to an earlier HELLO
        memcpy(payload, back + QN_LINK_HEAD_BYTES, 4u * head.words);
        qn_link_host_take(&b.host, back, qn_link_build(back, &old, payload));
        assert_int_equal(b.host.state, QN_LINK_OPENING);
        assert_int_equal(qn_link_build(back, &head, payload), n);
        qn_link_host_take(&b.host, back, n);
        assert_int_equal(b.host.state, bad[i].why ? QN_LINK_CLOSED : QN_LINK_OPEN);
        assert_int_equal(b.host.why, bad[i].why);
    }
    // A host of another version
    bench_init(&b, 4, 512, 0, 4);
    send_raw(QN_LINK_HELLO, 1, 0, 2, (uint32_t[]){0x00030002, 0}, 2);
    EXPECT(0x81, QN_LINK_STATUS_VERSION, 1);
    // A host with little room asks for little
    bench_init(&b, 4, 512, 0, 4);
    b.host.set.rx_bytes = b.host.rx.size = QN_LINK_RX_LEAST;
    qn_link_host_open(&b.host);
    static uint8_t in[4 * 1000];
    qn_link_op op = {.type = QN_LINK_READ, .addr = BASE, .words = 1000, .data = in};
    submit(&op);
    pump();
    assert_int_equal(op.result, 0);
    assert_int_equal(b.m.reads, (1000 + QN_LINK_WELCOME_WORDS - 1) / QN_LINK_WELCOME_WORDS);
}

// Nobody answers: everything ends, after so many timeouts and not before.
static void silence_ends(void **state)
{
    (void)state;
    qn_link_op op = {.type = QN_LINK_BELL};
    bench_init(&b, 4, 512, 0, 4);
    assert_int_equal(submit(&op)->result, QN_ERR_NO_DEVICE);
    qn_link_host_open(&b.host);
    assert_int_equal(submit(&op)->result, QN_LINK_PENDING);
    for (int sent = 0; sent < 4; sent++) {
        assert_int_equal(op.result, QN_LINK_PENDING);
        assert_true(qn_link_host_next(&b.host, frame) > 0);
        assert_int_equal(qn_link_host_next(&b.host, frame), 0);
        assert_int_equal(qn_link_host_due(&b.host), 100);
        qn_link_host_tick(&b.host, 60);
        qn_link_host_tick(&b.host, 40);
    }
    assert_int_equal(op.result, QN_ERR_NO_DEVICE);
    assert_int_equal(qn_link_host_due(&b.host), UINT32_MAX);
    open_session(4, 512);
    qn_link_op ops[6];
    for (uint32_t i = 0; i < 6; i++)
        submit(put(&ops[i], (qn_link_op){.type = QN_LINK_BELL, .value = i}));
    for (int t = 0; t < 4; t++) {
        int n = 0;
        while (qn_link_host_next(&b.host, frame))
            n++;
        assert_int_equal(n, 4);                                   // the window, no more
        assert_int_equal(ops[5].result, QN_LINK_PENDING);
        qn_link_host_tick(&b.host, 1000000);
    }
    for (int i = 0; i < 6; i++)
        assert_int_equal(ops[i].result, QN_ERR_TIMEOUT);
    assert_int_equal(submit(&op)->result, QN_ERR_TIMEOUT);
}

// A lost frame is sent again at once: no timeout is waited for.
static void hurries(void **state)
{
    (void)state;
    for (int direction = 0; direction < 2; direction++) {
        open_session(8, 512);
        qn_link_op ops[8];
        size_t n, lose = 2;
        for (uint32_t i = 0; i < 8; i++)
            submit(put(&ops[i], (qn_link_op){.type = QN_LINK_BELL, .value = i}));
        for (size_t i = 0; (n = qn_link_host_next(&b.host, frame)); i++)
            if (direction || i != lose)
                qn_link_dev_take(&b.dev, frame, n);
        for (size_t i = 0; (n = qn_link_dev_next(&b.dev, frame)); i++)
            if (!direction || i != lose)
                qn_link_host_take(&b.host, frame, n);
        pump();
        for (int i = 0; i < 8; i++)
            assert_true(ops[i].result == 0 && b.m.rung[i] == 1);
        assert_int_equal(b.host.count.timeouts, 0);
        assert_int_equal(b.host.count.again, direction ? 1 : 6);
    }
}

static void cancels(void **state)
{
    (void)state;
    static uint8_t out[4 * 8192];
    open_session(2, 512);
    qn_link_op a = {.type = QN_LINK_WRITE, .addr = BASE, .words = 8192, .data = out}, c = {.type = QN_LINK_BELL, .value = 1}, d = {.type = QN_LINK_BELL, .value = 2};
    submit(&a);
    submit(&c);
    submit(&d);
    for (size_t n; (n = qn_link_host_next(&b.host, frame));)
        qn_link_dev_take(&b.dev, frame, n);
    qn_link_host_cancel(&b.host, &a);
    qn_link_host_cancel(&b.host, &c);
    assert_int_equal(a.result, QN_LINK_PENDING);                  // two frames of it are out
    assert_int_equal(c.result, QN_ERR_STOPPED);
    pump();
    qn_link_host_cancel(&b.host, &a);
    assert_int_equal(a.result, QN_ERR_STOPPED);
    assert_int_equal(d.result, 0);
    assert_int_equal(b.m.writes, 2);
    assert_int_equal(b.m.rung[1], 0);
    assert_null(b.host.first);
}

int main(void)
{
    rng = env("QN_SEED", 20261126);
    print_message("QN_SEED=%u\n", rng);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(list_is_sound), cmocka_unit_test(every_request), cmocka_unit_test(bounds_and_rights),
        cmocka_unit_test(lengths_and_types), cmocka_unit_test(each_bit_spoiled), cmocka_unit_test(payload_behind_another_head),
        cmocka_unit_test(cut_anywhere), cmocka_unit_test(garbage_between), cmocka_unit_test(epochs), cmocka_unit_test(windows),
        cmocka_unit_test(numbers_run_out), cmocka_unit_test(wrong_answers), cmocka_unit_test(silence_ends), cmocka_unit_test(hurries),
        cmocka_unit_test(cancels)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
