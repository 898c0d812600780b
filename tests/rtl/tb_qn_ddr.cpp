// SPDX-License-Identifier: Apache-2.0
// qn_ddr before a native port that does as LiteDRAM's may: takes commands when it likes, in order takes a burst's data in any later clock without asking
// whether they are there, and gives the lines read, in order, unasked, as late as it likes. Every word read is the one written last, before that read; what is
// offered stays; lines are never more than there is room for; what was written arrives without another request; and a port that is always ready gets a word a
// clock. Paces: QN_SEED draws them; QN_CLOCKS is the length of each.
#include <cstdio>
#include <cstring>
#include <exception>

#include "Vqn_ddr.h"
#include "tests/rtl/ddr_bench.h"
#include "verilated.h"

enum { LINES = 16, WORDS = 1 << 12 };

// What the port does, in clocks and chances of 16
struct pace {
    const char *name;
    unsigned ready, begin, latency, spread, pause, offer, writes;
};

struct native {
    struct command {
        bool we;
        uint32_t line;
        uint64_t due;                        // data of it move then, or later
    };
    std::vector<uint32_t> mem;
    std::deque<command> queue;               // taken, data not yet moved
    struct reply {
        uint32_t words[4];
        uint64_t due;
    };
    std::deque<reply> replies;
    explicit native(uint32_t words) : mem(words) {}
};

struct bench {
    Vqn_ddr top;
    shadow law;
    native port;
    requests source;
    uint64_t now = 0, silent_until = 0;
    bool held = false;
    uint32_t held_addr = 0;
    bool held_we = false;
    uint64_t reads = 0, writes = 0;

    bench() : law(WORDS), port(WORDS), source{WORDS}
    {
        for (uint32_t i = 0; i < WORDS; i++)
            law.mem[i] = port.mem[i] = i * 2654435761u ^ i >> 7;
        top.rst_ni = 0;
        top.req_valid_i = 0;
        for (int i = 0; i < 4; i++)
            edge();
        top.rst_ni = 1;
    }
    void edge()
    {
        top.clk_i = 1;
        top.eval();
        top.clk_i = 0;
        top.eval();
    }

    // A clock in which `r` is offered; true if it was taken
    bool clock(const request *r, const pace &p)
    {
        offer(top, r, WORDS);
        if (p.pause && !rnd(p.pause))
            silent_until = now + 20 + rnd(60);                   // a refresh
        bool awake = now >= silent_until;
        top.cmd_ready_i = awake && rnd(16) < p.ready;
        native::command *c = port.queue.empty() ? nullptr : &port.queue.front();
        bool moves = awake && c && now >= c->due && rnd(16) < p.begin;
        top.wdata_ready_i = moves && c->we;
        bool gives = !port.replies.empty() && now >= port.replies.front().due;
        top.rdata_valid_i = gives;
        for (int w = 0; w < 4; w++)
            top.rdata_i[w] = gives ? port.replies.front().words[w] : rnd(1u << 31);
        top.eval();                          // outputs do not depend on inputs of the same clock, or this shows it
        if (held && !(top.cmd_valid_o && top.cmd_addr_o == held_addr && top.cmd_we_o == held_we))
            fail("clock " + std::to_string(now) + ": a command that was offered went away");
        bool command = top.cmd_valid_o && top.cmd_ready_i;
        held = top.cmd_valid_o && !command;
        held_addr = top.cmd_addr_o;
        held_we = top.cmd_we_o;
        bool taken = r && top.req_ready_o;

        if (gives)
            port.replies.pop_front();
        if (moves && c->we) {
            if (!top.wdata_valid_o)
                fail("clock " + std::to_string(now) + ": no data for a burst that is written");
            for (int b = 0; b < 16; b++)
                if (top.wstrb_o >> b & 1)
                    reinterpret_cast<uint8_t *>(&port.mem[4 * c->line])[b] = reinterpret_cast<const uint8_t *>(&top.wdata_o[0])[b];
            port.queue.pop_front();
        } else if (moves) {
            native::reply y;
            std::memcpy(y.words, &port.mem[4 * c->line], sizeof y.words);
            y.due = now + 1 + p.latency + (p.spread ? rnd(p.spread) : 0);
            if (!port.replies.empty() && y.due < port.replies.back().due)
                y.due = port.replies.back().due;
            port.replies.push_back(y);
            port.queue.pop_front();
        }
        if (command) {
            port.queue.push_back({top.cmd_we_o != 0, (uint32_t)top.cmd_addr_o & (WORDS / 4 - 1), now + 1});
            (top.cmd_we_o ? writes : reads)++;
        }
        if (taken)
            law.take(*r);
        edge();
        now++;
        if (top.rsp_valid_o)
            law.answer(top.rsp_data_o, now);
        if (port.replies.size() > LINES)
            fail("clock " + std::to_string(now) + ": more lines under way than there is room for");
        return taken;
    }

    void drain(const pace &p)
    {
        for (int i = 0; i < 3000; i++)
            clock(nullptr, p);
        if (!law.awaited.empty())
            fail(std::string(p.name) + ": " + std::to_string(law.awaited.size()) + " words did not come");
        if (std::memcmp(law.mem.data(), port.mem.data(), 4 * WORDS))
            fail(std::string(p.name) + ": what was written is not in memory");
    }

    void mix(const pace &p, uint64_t clocks)
    {
        request r = source.next(p.writes);
        bool offered = false;
        for (uint64_t i = 0; i < clocks; i++) {
            offered = offered || rnd(16) < p.offer;
            if (clock(offered ? &r : nullptr, p)) {
                r = source.next(p.writes);
                offered = false;
            }
        }
        while (offered && !clock(&r, p))
            ;
        drain(p);
    }

    // Words a clock, of `n` requests one behind the other from `at` on
    double stream(const pace &p, bool we, unsigned n)
    {
        uint64_t from = now, words = 0;
        for (unsigned i = 0; i < n; i++) {
            request r = {we, (we ? i : 16 * i) % WORDS, we ? 1u : 16u, i * 77, 15};
            while (!clock(&r, p))
                ;
            words += r.len;
        }
        while (!law.awaited.empty())
            clock(nullptr, p);
        double rate = (double)words / (double)(now - from);
        drain(p);
        return rate;
    }
};

int main()
{
    uint64_t seed = number("QN_SEED", 1), clocks = number("QN_CLOCKS", 60000);
    const pace paces[] = {
        {"always ready",             16, 16, 0,  0,  0,   16, 3},
        {"as LiteDRAM",              12, 8,  12, 0,  580, 16, 3},
        {"slow to take",             2,  12, 5,  4,  0,   16, 4},
        {"slow to begin",            16, 2,  5,  9,  200, 16, 4},
        {"late answers",             16, 16, 50, 30, 0,   16, 2},
        {"few requests",             14, 12, 9,  3,  300, 1,  4},
        {"writes",                   10, 6,  9,  0,  100, 12, 7},
        {"reads",                    10, 10, 9,  20, 100, 14, 1},
    };
    rng = seed;
    try {
        bench b;
        for (const pace &p : paces)
            b.mix(p, clocks);
        const pace quick = {"stream", 16, 16, 12, 0, 0, 16, 0};
        double r = b.stream(quick, false, 400), w = b.stream(quick, true, 4000);
        if (r < 0.98 || w < 0.98)
            fail("words a clock before a port that is always ready: read " + std::to_string(r) + ", written " + std::to_string(w));
        const pace half = {"stream", 8, 16, 12, 0, 0, 16, 0};    // a burst each second clock, as DDR3 of 16 bits has them
        r = b.stream(half, false, 400);
        if (r < 0.97)
            fail("words a clock read before a port that takes a command each second clock: " + std::to_string(r));
        printf("%llu words read, by %llu lines; %llu bursts written\n", (unsigned long long)b.law.came, (unsigned long long)b.reads, (unsigned long long)b.writes);
    } catch (const std::exception &e) {
        printf("QN_SEED=%llu: %s\n", (unsigned long long)seed, e.what());
        return 1;
    }
    return 0;
}
