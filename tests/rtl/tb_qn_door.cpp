// SPDX-License-Identifier: Apache-2.0
// tb_qn_door: the front door against driver/link's device engine, driven by driver/link's host engine.
//
// Lockstep: every byte goes to both devices; both must answer with the same bytes, and their machines must be touched the same way. One
// fault at each frame of a dialog in turn: loss, a wrong bit, repetition, a cut, a delay behind the next frame, garbage before it, reset of
// the device. Then frames that no host would send. Free: the door alone, bytes and memory at random paces, one faulty frame in twenty:
// each request executed once. Last: its pace. QN_SEED=n; QN_DIALOGS=n.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <map>
#include <vector>

#include "Vqn_door.h"
#include "verilated.h"

extern "C" {
#include "driver/link/qn_link_dev.h"
#include "driver/link/qn_link_host.h"
#include "driver/qn_err.h"
}

typedef std::vector<uint8_t> bytes;

static uint32_t rng;                         // xorshift32
static uint32_t draw(uint32_t below)
{
    rng ^= rng << 13;
    rng ^= rng >> 17;
    rng ^= rng << 5;
    return (uint32_t)((uint64_t)rng * below >> 32);
}
#define CHECK(x, ...) do { if (!(x)) { printf("%s: ", #x); printf(__VA_ARGS__); printf("\n"); std::exit(1); } } while (0)

// ---- the machine behind either device. The map is that of tests/rtl/soc.mk
enum { BASE = 0x1000, RAM = 65536, ROM_BASE = BASE + RAM + 16, ROM = 64, SINK_BASE = 0x800, SINK = 64, TOP_BASE = 0x3fffffc0, TOP = 64, REGS = 16,
       BELLS = 4, STUCK = 13, WINDOW = 4, DATA = 512 };

struct machine {
    std::map<uint32_t, uint32_t> mem;
    uint32_t reg[REGS] = {}, reset = 0;
    std::map<uint32_t, uint32_t> rung;       // bells by value
    uint32_t regs = 0, resets = 0;

    static bool inside(uint32_t a)
    {
        return a - BASE < RAM || a - ROM_BASE < ROM || a - SINK_BASE < SINK || a - (uint32_t)TOP_BASE < TOP;
    }
    uint32_t read(uint32_t a)
    {
        CHECK(inside(a) && !(a - SINK_BASE < SINK), "read of word 0x%x", a);
        auto i = mem.find(a);
        return i == mem.end() ? a * 0x9e3779b1u : i->second;
    }
    void write(uint32_t a, uint32_t v)
    {
        CHECK(inside(a) && !(a - ROM_BASE < ROM), "write of word 0x%x", a);
        mem[a] = v;
    }
    bool operator==(const machine &m) const
    {
        return mem == m.mem && rung == m.rung && !memcmp(reg, m.reg, sizeof reg) && reset == m.reset && regs == m.regs && resets == m.resets;
    }
};

static int c_read(void *ctx, uint32_t addr, uint8_t *dst, uint32_t words)
{
    for (uint32_t i = 0; i < words; i++) {
        uint32_t v = ((machine *)ctx)->read(addr + i);
        memcpy(dst + 4 * i, &v, 4);
    }
    return 0;
}
static int c_write(void *ctx, uint32_t addr, const uint8_t *src, uint32_t words)
{
    for (uint32_t i = 0; i < words; i++) {
        uint32_t v;
        memcpy(&v, src + 4 * i, 4);
        ((machine *)ctx)->write(addr + i, v);
    }
    return 0;
}
static int c_reg_read(void *ctx, uint32_t reg, uint32_t *value)
{
    machine *m = (machine *)ctx;
    m->regs++;
    *value = m->reg[reg];
    return reg == STUCK;
}
static int c_reg_write(void *ctx, uint32_t reg, uint32_t value)
{
    machine *m = (machine *)ctx;
    m->regs++;
    m->reg[reg] = value;
    return reg == STUCK;
}
static int c_bell(void *ctx, uint32_t bell, uint32_t value)
{
    CHECK(bell < BELLS, "bell %u", bell);
    ((machine *)ctx)->rung[value]++;
    return 0;
}
static int c_reset(void *ctx, uint32_t what)
{
    machine *m = (machine *)ctx;
    m->resets++;
    m->reset = what;
    return 0;
}

// ---- the engine's side
struct engine {
    machine m;
    qn_link_id id = {};
    qn_link_port port = {c_read, c_write, c_reg_read, c_reg_write, c_bell, c_reset};
    qn_link_dev dev;
    uint8_t rx[QN_LINK_FRAME_BYTES];
    std::vector<uint8_t> replies;

    engine() : replies(4 * QN_LINK_DATA_MAX * QN_LINK_WINDOW_MAX)
    {
        id.id = 0x514e0001;
        id.build = 7;
        id.serial = 0x123456789abcdef0u;
        memcpy(id.name, "ulx3s", 5);
        id.regs = REGS;
        id.bells = BELLS;
        id.data = DATA;
        id.window = WINDOW;
        id.n_region = 4;
        id.region[0] = {BASE, RAM, 3};
        id.region[1] = {ROM_BASE, ROM, 1};
        id.region[2] = {SINK_BASE, SINK, 2};
        id.region[3] = {TOP_BASE, TOP, 3};
        qn_link_dev_setup set = {};
        set.port = &port;
        set.ctx = &m;
        set.id = &id;
        set.rx = rx;
        set.rx_bytes = sizeof rx;
        set.replies = replies.data();
        qn_link_dev_init(&dev, &set);
    }
};

// ---- the door's side
struct door {
    machine m;
    Vqn_door top;
    uint32_t hurry = 256;                    // memory takes, bytes are taken: of 256 clocks
    std::deque<uint32_t> awaited;            // words read
    std::deque<std::pair<uint32_t, uint32_t>> wrote;   // taken, and not yet in memory
    bytes out;
    uint64_t now = 0;

    void clock(bool valid = false, uint8_t byte = 0, bool *taken = nullptr)
    {
        bool all = hurry == 256;
        top.in_valid_i = valid;
        top.in_data_i = byte;
        top.out_ready_i = all || draw(256) < hurry;
        top.req_ready_i = wrote.size() < 2 && (all || draw(256) < hurry);
        top.req_busy_i = !wrote.empty();
        top.rsp_valid_i = !awaited.empty() && (all || draw(256) < hurry);
        top.rsp_data_i = top.rsp_valid_i ? awaited.front() : 0xdeadbeef;
        top.reg_done_i = top.reg_valid_o && (all || draw(256) < hurry);
        top.reg_fault_i = top.reg_addr_o == STUCK;
        top.reg_rdata_i = top.reg_addr_o < REGS ? m.reg[top.reg_addr_o] : 0;
        top.eval();
        if (taken)
            *taken = valid && top.in_ready_o;
        if (top.out_valid_o && top.out_ready_i)
            out.push_back(top.out_data_o);
        if (top.rsp_valid_i)
            awaited.pop_front();
        if (!wrote.empty() && (all || draw(48) == 0)) {
            m.write(wrote.front().first, wrote.front().second);
            wrote.pop_front();
        }
        if (top.req_valid_o && top.req_ready_i) {
            CHECK(top.req_len_o >= 1 && (top.req_addr_o & 15) + top.req_len_o <= 16, "burst");
            if (top.req_we_o)
                wrote.push_back({top.req_addr_o, top.req_wdata_o});
            else
                for (unsigned i = 0; i < top.req_len_o; i++)
                    awaited.push_back(m.read(top.req_addr_o + i));
        }
        if (top.reg_done_i || top.bell_valid_o || top.reset_valid_o || (top.req_valid_o && !top.req_we_o))
            CHECK(wrote.empty(), "something overtook what was written");
        if (top.reg_done_i) {
            CHECK(top.reg_addr_o < REGS, "register %u", top.reg_addr_o);
            m.regs++;
            if (top.reg_we_o)
                m.reg[top.reg_addr_o] = top.reg_wdata_o;
        }
        if (top.bell_valid_o) {
            CHECK(top.bell_o < BELLS, "bell %u", top.bell_o);
            m.rung[top.bell_value_o]++;
        }
        if (top.reset_valid_o) {
            m.resets++;
            m.reset = top.reset_o;
        }
        top.clk_i = 1;
        top.eval();
        top.clk_i = 0;
        top.eval();
        top.ms_i = 0;
        now++;
    }
    void boot(uint32_t seed)
    {
        top.rst_ni = 0;
        top.seed_i = seed;
        clock();
        clock();
        top.rst_ni = 1;
        awaited.clear();
        out.clear();
    }
    void byte(uint8_t b)
    {
        bool taken = false;
        for (int i = 0; !taken; i++) {
            CHECK(i < 100000, "the door takes no byte");
            clock(true, b, &taken);
        }
    }
};

// ---- what the host asks for
struct task {
    qn_link_op op;
    bytes data, want;
    int expect;
    bool submitted;
};

struct host {
    qn_link_host h;
    uint8_t rx[QN_LINK_FRAME_BYTES];
    std::deque<task> tasks;
    machine ref;                             // what the machine is like when each was executed once

    host(uint32_t salt)
    {
        qn_link_setup set = {};
        set.rx = rx;
        set.rx_bytes = sizeof rx;
        set.timeout_ms = 100;
        set.tries = 8;
        set.salt = salt;
        qn_link_host_init(&h, &set);
        qn_link_host_open(&h);
    }
    void add(uint8_t type, uint32_t addr, uint32_t words, uint32_t value, int expect)
    {
        tasks.push_back({});
        task &t = tasks.back();
        t.op.type = type;
        t.op.addr = addr;
        t.op.words = words;
        t.op.value = value;
        t.expect = expect;
        t.data.resize(4 * (size_t)words + 4);
        t.want.resize(4 * (size_t)words + 4);
        t.op.data = t.data.data();
        if (type == QN_LINK_WRITE) {
            for (uint8_t &b : t.data)
                b = (uint8_t)draw(256);
            if (!expect)
                c_write(&ref, addr, t.data.data(), words);
        } else if (type == QN_LINK_READ && !expect) {
            c_read(&ref, addr, t.want.data(), words);
        } else if (type == QN_LINK_REG_READ && !expect) {
            memcpy(t.want.data(), &ref.reg[addr], 4);
            ref.regs++;
        } else if (type == QN_LINK_REG_WRITE && !expect) {
            c_reg_write(&ref, addr, value);
        } else if (type == QN_LINK_BELL && !expect) {
            ref.rung[value]++;
        } else if (type == QN_LINK_RESET) {
            c_reset(&ref, addr);
        }
        qn_link_host_submit(&h, &t.op);
    }
    void some(uint32_t i)
    {
        uint32_t n;
        switch (draw(12)) {
        case 0: n = 1 + draw(24); add(QN_LINK_WRITE, BASE + draw(RAM - n), n, 0, 0); break;
        case 1: n = 1 + draw(24); add(QN_LINK_READ, BASE + draw(64), n, 0, 0); break;
        case 2: add(QN_LINK_WRITE, BASE + draw(64), 1 + draw(24), 0, 0); break;
        case 3: n = 513 + draw(200); add(draw(2) ? QN_LINK_READ : QN_LINK_WRITE, BASE + draw(RAM - n), n, 0, 0); break;
        case 4: add(QN_LINK_REG_READ, draw(STUCK), 0, 0, 0); break;
        case 5: add(QN_LINK_REG_WRITE, draw(STUCK), 0, rng, 0); break;
        case 6: add(QN_LINK_BELL, draw(BELLS), 0, i, 0); break;
        case 7: add(QN_LINK_RESET, draw(4), 0, 0, 0); break;
        case 8: add(QN_LINK_READ, ROM_BASE + draw(ROM), 1, 0, 0); break;
        case 9:
            switch (draw(6)) {
            case 0: add(QN_LINK_WRITE, ROM_BASE, 2, 0, QN_ERR_RIGHTS); break;
            case 1: add(QN_LINK_READ, BASE + RAM - 1, 2, 0, QN_ERR_RANGE); break;
            case 2: add(QN_LINK_READ, 0xffffffff, 1, 0, QN_ERR_RANGE); break;
            case 3: add(QN_LINK_READ, SINK_BASE + 3, 2, 0, QN_ERR_RIGHTS); break;
            case 4: add(QN_LINK_BELL, BELLS, 0, 0, QN_ERR_RANGE); break;
            default: add(draw(2) ? QN_LINK_REG_READ : QN_LINK_REG_WRITE, REGS + draw(70000), 0, 0, QN_ERR_RANGE);
            }
            break;
        case 10: add(QN_LINK_WRITE, TOP_BASE + TOP - 4, 4, 0, 0); break;
        default: add(QN_LINK_READ, TOP_BASE + draw(TOP), 1, 0, 0);
        }
    }
    bool done() const
    {
        for (const task &t : tasks)
            if (t.op.result == QN_LINK_PENDING)
                return false;
        return true;
    }
    void judge(const char *what)
    {
        for (const task &t : tasks) {
            CHECK(t.op.result == t.expect, "%s: type %u at 0x%x, %u words: result %d, not %d", what, t.op.type, t.op.addr, t.op.words, t.op.result, t.expect);
            if (!t.expect && t.op.type == QN_LINK_READ)
                CHECK(!memcmp(t.data.data(), t.want.data(), 4 * (size_t)t.op.words), "%s: data read at 0x%x", what, t.op.addr);
            if (!t.expect && t.op.type == QN_LINK_REG_READ)
                CHECK(!memcmp(&t.op.value, t.want.data(), 4), "%s: register %u", what, t.op.addr);
        }
    }
};

// ---- a line with a fault
enum fault { LOSS, BIT, TWICE, CUT, LATE, GARBAGE, RESET, FAULTS };
static const char *const fault_names[] = {"loss", "a wrong bit", "repetition", "a cut", "delay behind the next", "garbage before it", "reset"};

struct line {
    bytes late;
    bytes pass(const bytes &frame, int fault)    // -1: none
    {
        bytes b = frame;
        switch (fault) {
        case LOSS: b.clear(); break;
        case BIT: b[draw((uint32_t)b.size())] ^= (uint8_t)(1 << draw(8)); break;
        case TWICE: b.insert(b.end(), frame.begin(), frame.end()); break;
        case CUT: b.resize(draw((uint32_t)b.size())); break;
        case LATE: late = b; return {};
        case GARBAGE: {
            bytes g(1 + draw(30));
            for (uint8_t &x : g)
                x = draw(3) ? (uint8_t)draw(256) : draw(2) ? 'Q' : 'N';
            b.insert(b.begin(), g.begin(), g.end());
            break;
        }
        }
        b.insert(b.end(), late.begin(), late.end());
        late.clear();
        return b;
    }
};

// ---- lockstep
struct pair {
    engine e;
    door d;
    uint32_t seed = 0x5eed0001;

    pair() { boot(); }
    void boot()
    {
        qn_link_dev_boot(&e.dev, seed);
        d.boot(seed);
        seed += 0x1000;
    }
    void tick()
    {
        qn_link_dev_tick(&e.dev, 1);
        for (int i = 0; i < 8; i++)          // a head is looked at for four clocks, in which no time goes by
            d.clock();
        d.top.ms_i = 1;
        d.clock();
    }
    // A byte to both; what both answer
    void byte(uint8_t b, std::deque<bytes> &frames)
    {
        uint8_t frame[QN_LINK_FRAME_BYTES];
        const qn_link_dev::qn_link_dev_count was = e.dev.count;
        bytes want;
        qn_link_dev_take(&e.dev, &b, 1);
        for (size_t n; (n = qn_link_dev_next(&e.dev, frame));) {
            want.insert(want.end(), frame, frame + n);
            frames.push_back(bytes(frame, frame + n));
        }
        d.byte(b);
        if (want.empty() && !memcmp(&was, &e.dev.count, sizeof was)) {
            CHECK(d.out.empty(), "the door answers where the engine is silent");
            return;
        }
        for (int i = 0; i < 40000 && d.out.size() < want.size(); i++)
            d.clock();
        for (int i = 0; i < 12; i++)
            d.clock();
        if (d.out != want) {
            printf("the engine answers");
            for (size_t i = 0; i < want.size() && i < 64; i++)
                printf(" %02x", want[i]);
            printf(" (%zu bytes)\nthe door answers  ", want.size());
            for (size_t i = 0; i < d.out.size() && i < 64; i++)
                printf(" %02x", d.out[i]);
            printf(" (%zu bytes)\n", d.out.size());
            std::exit(1);
        }
        CHECK(e.m == d.m, "the machines differ");
        d.out.clear();
    }
    void send(const bytes &b, std::deque<bytes> &frames)
    {
        for (uint8_t x : b)
            byte(x, frames);
    }
};

// A dialog with a fault at frame `at` (of both directions, in order); returns its frames.
static uint32_t dialog(uint32_t seed, uint32_t at, int fault)
{
    rng = seed;
    pair p;
    p.d.hurry = draw(2) ? 256 : 100;
    host h(draw(1u << 31));
    for (uint32_t i = 0; i < 14; i++)
        h.some(i);
    line out, in;
    std::deque<bytes> replies;
    uint32_t n = 0, ms = 0;
    bool reset = false;                      // RESET is an answer: the device was, or HELLO came twice or late (driver/link/README.md)
    while (!h.done() || ms < 3) {            // and a little longer: nothing may come late
        uint8_t frame[QN_LINK_FRAME_BYTES];
        if (size_t k = qn_link_host_next(&h.h, frame)) {
            if (n == at && fault == RESET) {
                p.boot();
                reset = true;
                replies.clear();
            }
            reset |= n == at && frame[2] == QN_LINK_HELLO && (fault == TWICE || fault == LATE);
            p.send(out.pass(bytes(frame, frame + k), n == at ? fault : -1), replies);
            n++;
            continue;
        }
        if (!replies.empty()) {
            bytes b = in.pass(replies.front(), n == at ? fault : -1);
            replies.pop_front();
            n++;
            qn_link_host_take(&h.h, b.data(), b.size());
            continue;
        }
        p.tick();
        qn_link_host_tick(&h.h, 1);
        ms = h.done() ? ms + 1 : 0;
        CHECK(p.d.now < 4000000, "no end");
    }
    char what[80];
    snprintf(what, sizeof what, "%s at frame %u", fault < 0 ? "no fault" : fault_names[fault], at);
    if (reset) {
        for (const task &t : h.tasks)
            CHECK(t.op.result == t.expect || t.op.result == QN_ERR_RESET, "%s: result %d", what, t.op.result);
    } else {
        h.judge(what);
        CHECK(p.d.m.mem == h.ref.mem && p.d.m.rung == h.ref.rung && p.d.m.resets == h.ref.resets, "%s: not each once", what);
    }
    return n;
}

// Frames that no host would send, to both: heads of any kind around the session's epoch and number, any length
static void strange(uint32_t seed, uint32_t frames)
{
    rng = seed;
    pair p;
    std::deque<bytes> replies;
    uint32_t epoch = 0, seq = 0, executed = 0, repeated = 0, missing = 0;
    std::vector<uint32_t> seen = {0};
    for (uint32_t i = 0; i < frames; i++) {
        uint8_t frame[QN_LINK_FRAME_BYTES + 4096], payload[4 * (DATA + 16)];
        qn_link_head head = {};
        uint32_t kind = draw(40);
        static const uint8_t types[] = {QN_LINK_READ, QN_LINK_WRITE, QN_LINK_REG_READ, QN_LINK_REG_WRITE, QN_LINK_BELL, QN_LINK_RESET, 0, 8, 0x82, QN_LINK_HELLO};
        head.type = types[draw(draw(4) ? 6 : 10)];
        head.epoch = draw(8) ? epoch : seen[draw((uint32_t)seen.size())];
        head.seq = (uint16_t)(draw(3) ? seq : seq + draw(12) - 6);
        head.words = (uint16_t)(draw(3) ? 2 : draw(8) ? draw(5) : draw(6) ? draw(DATA + 8) : draw(65536));
        if (kind == 0) {
            head.type = QN_LINK_HELLO;
            head.words = draw(8) ? 2 : 3;
            head.epoch = 0;
        }
        uint32_t words = head.words < DATA + 8 ? head.words : 0;
        for (uint32_t k = 0; k < 4 * words; k++)
            payload[k] = (uint8_t)draw(256);
        uint32_t at[] = {BASE + draw(RAM), ROM_BASE + draw(80) - 8, SINK_BASE + draw(80) - 8, TOP_BASE + draw(70), draw(20)};
        uint32_t w0 = head.type == QN_LINK_HELLO ? (draw(6) ? 0x00010001 : draw(2) ? 0x00050002 : 0) : at[head.type <= QN_LINK_WRITE ? draw(5) : 4];
        uint32_t w1 = head.type == QN_LINK_READ ? (draw(8) ? 1 + draw(20) : draw(600)) : draw(1u << 31);
        if (words > 0) memcpy(payload, &w0, 4);
        if (words > 1 && head.type != QN_LINK_WRITE) memcpy(payload + 4, &w1, 4);
        qn_link_head built = head;
        built.words = (uint16_t)words;
        size_t n = qn_link_build(frame, head.words == words ? &head : &built, payload);
        if (head.words != words) {           // longer than any frame: only the head
            qn_link_head big = head;
            std::vector<uint8_t> room(4 * 65536 + 64);
            qn_link_build(room.data(), &big, room.data() + 16);
            memcpy(frame, room.data(), 16);
            n = 16 + draw(100);
        }
        if (!draw(10))
            frame[draw((uint32_t)n)] ^= (uint8_t)(1 << draw(8));
        if (!draw(20))
            n = draw((uint32_t)n);
        for (uint32_t k = 0; k < (draw(10) ? 0 : draw(30)); k++)
            p.tick();
        // A pause within: as long as it may be, or a millisecond longer
        size_t until = draw(12) || !n ? n : draw((uint32_t)n);
        p.send(bytes(frame, frame + until), replies);
        for (uint32_t k = until == n ? 0 : 19 + draw(2); k; k--)
            p.tick();
        p.send(bytes(frame + until, frame + n), replies);
        for (; !replies.empty(); replies.pop_front()) {
            const bytes &r = replies.front();
            uint32_t e = r[8] | r[9] << 8 | r[10] << 16 | (uint32_t)r[11] << 24;
            if (r[2] == (QN_LINK_HELLO | 0x80)) {
                seen.push_back(e);
                epoch = e;
                seq = 0;
            } else if (r[2] == QN_LINK_LOST) {
                epoch = p.e.dev.epoch;
                seq = p.e.dev.expect;
            } else if (e == p.e.dev.epoch) {
                epoch = e;
                seq = p.e.dev.expect;
            }
        }
        if (!draw(200) || i + 1 == frames) {
            executed += p.e.dev.count.executed;
            repeated += p.e.dev.count.repeated;
            missing += p.e.dev.count.missing;
            p.boot();
            epoch = seq = 0;
        }
    }
    printf("strange frames: %u executed, %u repeated, %u past a gap\n", executed, repeated, missing);
    CHECK(executed > frames / 10 && repeated > frames / 50 && missing > frames / 50, "hardly one met a session");
}

// ---- free: the door alone, pieces of frames at any pace
static uint32_t free_run(uint32_t seed, uint32_t tasks, uint32_t one_in, uint32_t hurry, bool bulk)
{
    rng = seed;
    door d;
    d.hurry = hurry;
    d.boot(0x5eed0001);
    host h(draw(1u << 31));
    if (bulk) {
        h.add(QN_LINK_WRITE, BASE, 16384, 0, 0);
        h.add(QN_LINK_READ, BASE, 16384, 0, 0);
    }
    for (uint32_t i = 0; !bulk && i < tasks; i++)
        h.some(i);
    std::deque<uint8_t> to;
    bytes from;
    line out;
    uint64_t ms = 0, next_ms = d.now + 2000;
    uint32_t faults = 0;
    while (!h.done()) {
        uint8_t frame[QN_LINK_FRAME_BYTES];
        if (to.size() < 4096)
            if (size_t k = qn_link_host_next(&h.h, frame)) {
                bool bad = one_in && !draw(one_in);
                faults += bad;
                bytes b = out.pass(bytes(frame, frame + k), bad ? (int)draw(RESET) : -1);
                to.insert(to.end(), b.begin(), b.end());
            }
        bool taken = false;
        d.clock(!to.empty() && (hurry == 256 || draw(256) < hurry), to.empty() ? 0 : to.front(), &taken);
        if (taken)
            to.pop_front();
        if (d.out.size() > 64 || (!d.out.empty() && !draw(64))) {
            if (one_in && !draw(one_in * 20)) {
                d.out[draw((uint32_t)d.out.size())] ^= 1 << draw(8);
                faults++;
            }
            qn_link_host_take(&h.h, d.out.data(), d.out.size());
            d.out.clear();
        }
        if (d.now >= next_ms) {              // a millisecond of 2,000 clocks
            next_ms += 2000;
            d.top.ms_i = 1;
            qn_link_host_tick(&h.h, 1);
            CHECK(++ms < 200000, "no end");
        }
    }
    h.judge("free");
    CHECK(d.m.mem == h.ref.mem && d.m.rung == h.ref.rung && d.m.resets == h.ref.resets, "free: not each once");
    return faults;
}

// Clocks of `n` words each way with a host that never waits
static void pace()
{
    for (int way = 0; way < 2; way++) {
        rng = 1;
        door d;
        d.boot(1);
        host h(1);
        uint64_t start = 0;
        std::deque<uint8_t> to;
        bool asked = false;
        while (!asked || !h.done()) {
            uint8_t frame[QN_LINK_FRAME_BYTES];
            if (!asked && h.h.state == QN_LINK_OPEN) {
                h.add(way ? QN_LINK_READ : QN_LINK_WRITE, BASE, 32768, 0, 0);
                start = d.now;
                asked = true;
            }
            if (to.size() < 8192)
                while (size_t k = qn_link_host_next(&h.h, frame))
                    to.insert(to.end(), frame, frame + k);
            bool taken = false;
            d.clock(!to.empty(), to.empty() ? 0 : to.front(), &taken);
            if (taken)
                to.pop_front();
            if (!d.out.empty())
                qn_link_host_take(&h.h, d.out.data(), d.out.size());
            d.out.clear();
        }
        h.judge("pace");
        double clocks = (double)(d.now - start) / 131072;
        printf("%s: %.3f clocks a byte\n", way ? "READ" : "WRITE", clocks);
        CHECK(clocks < (way ? 1.05 : 1.30), "slower than it was");
    }
}

int main()
{
    const char *s = getenv("QN_SEED"), *d = getenv("QN_DIALOGS");
    uint32_t seed = s ? (uint32_t)strtoul(s, nullptr, 0) : 1, dialogs = d ? (uint32_t)strtoul(d, nullptr, 0) : 1, runs = 0, faults = 0;
    printf("seed %u\n", seed);
    if (!seed)
        return 64;
    for (uint32_t k = 0; k < dialogs; k++) {
        uint32_t frames = dialog(seed + k, UINT32_MAX, -1);
        for (uint32_t at = 0; at < frames; at++)
            for (int fault = 0; fault < FAULTS; fault++, runs++)
                dialog(seed + k, at, fault);
        strange(seed + k, 3000);
    }
    for (uint32_t k = 0; k < dialogs; k++) {
        faults += free_run(seed + k, 300, 20, 200, false);
        faults += free_run(seed + k, 300, 20, 256, false);
        faults += free_run(seed + k, 0, 40, 256, true);
    }
    pace();
    printf("%u dialogs with a fault each, the same bytes from both; %u faults met at other paces, each request once\n", runs, faults);
    return 0;
}
