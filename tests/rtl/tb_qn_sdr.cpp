// SPDX-License-Identifier: Apache-2.0
// The SDRAM controller before a part that refuses what the data sheet forbids (sdram_part.h): every word read is the one written last,
// sequential reads take 95% of the pins or more, and words come and requests are taken in the clocks that sim/model/qn_sdram.c says,
// but for few refreshes. QN_SEED; QN_CLOCKS is the length of each mix; QN_WINDOW=1 streams for a whole refresh window of 64 ms;
// QN_FREE=1 leaves the clocks to the part alone.
// Other parameters (test_sdr.sh): -DPART=speed, -DTARGET=target, -DREAD_LATE=memory clocks.
#include <cstdlib>
#include <deque>
#include <exception>
#include <vector>

#include "Vqn_sdr.h"
#include "sim/platform/sdram_part.h"
#include "verilated.h"

extern "C" {
#include "sim/model/qn_sdram.h"
}

#ifndef PART
#define PART speed_75
#define TARGET "ulx3s"
#define READ_LATE 0
#endif

static uint64_t rng;

static uint32_t rnd(uint32_t n)
{
    rng = rng * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(rng >> 33) % n;
}

static void fail(const std::string &what)
{
    throw std::runtime_error(what);
}

struct request {
    bool we;
    uint32_t at;
    unsigned len;
    uint32_t data, strobe;
};

static uint64_t number(const char *name, uint64_t otherwise)
{
    const char *text = getenv(name);
    return text ? strtoull(text, nullptr, 0) : otherwise;
}

struct bench {
    static constexpr uint32_t WORDS = 1u << 23;
    const qn_target *target = qn_target_find(TARGET);
    Vqn_sdr top;
    std::vector<uint16_t> cells;
    sdram_part part;
    std::vector<uint32_t> shadow;
    qn_sdram model;
    std::deque<request> to_model;            // accepted by the controller and not yet by the model
    std::deque<uint32_t> expected;           // words awaited
    std::deque<uint64_t> came, said;         // clocks of words, by the controller and by the model, not yet compared
    std::deque<unsigned> on_the_way;         // what the part's data pins will show, READ_LATE memory clocks later
    uint64_t now = 0, ready_at = 0;          // core clocks since reset, and when the first request could be taken
    uint64_t words = 0, compared = 0, reported = 0;
    // The two schedules part where a row was opened early for a request that a refresh then overtook. Later words mean nothing until both
    // have been idle over a refresh.
    bool parted = false;
    unsigned partings = 0, all_partings = 0;
    const bool free_running = number("QN_FREE", 0) != 0;
    int64_t most = 0;                        // clocks that the first word was late

    bench() : cells(sdram_part::CELLS), part(sdram_part::PART, (int64_t)(5e11 / target->clock_hz), cells.data()), shadow(WORDS), on_the_way(READ_LATE, 0)
    {
        for (uint32_t i = 0; i < WORDS; i++) {
            shadow[i] = i * 2654435761u ^ i >> 7;
            cells[2 * i] = (uint16_t)shadow[i];
            cells[2 * i + 1] = (uint16_t)(shadow[i] >> 16);
        }
        top.req_valid_i = 0;
        top.rst_ni = 0;
        edge(true);
        edge(false);
        edge(true);
        top.rst_ni = 1;
        while (!top.req_ready_o)
            clock(nullptr);
        if (now < target->clock_hz / 5000)
            fail("initialization of less than 200 us");
        ready_at = now;
        qn_sdram_init(&model, &target->memory);
    }

    // One edge of the memory's clock, of the core's too if `core`
    void edge(bool core)
    {
        sdram_part::pins p = {top.cke_o != 0, top.cs_no != 0, top.ras_no != 0, top.cas_no != 0, top.we_no != 0, top.ba_o, top.a_o, top.dqm_o, top.dq_o, top.dq_oe_o != 0};
        on_the_way.push_back(part.drives() ? part.dq() : rnd(65536));
        top.dq_i = (uint16_t)on_the_way.front();
        on_the_way.pop_front();
        top.clk2x_i = 1;
        top.clk_i = core;
        top.eval();
        part.clock(p);
        top.clk2x_i = 0;
        top.eval();
    }

    // The rest of this core clock, in which `r` is offered, and the edges into the next. True if it was taken.
    bool clock(const request *r)
    {
        top.req_valid_i = r != nullptr;
        top.req_we_i = r ? r->we : rnd(2);
        top.req_addr_i = r ? r->at | rnd(128) << 23 : rnd(1u << 30);
        top.req_len_i = (uint8_t)(r ? r->len : rnd(32));
        top.req_wdata_i = r ? r->data : rnd(1u << 31);
        top.req_wstrb_i = (uint8_t)(r ? r->strobe : rnd(16));
        bool taken = r && top.req_ready_o;
        if (ready_at && to_model.empty() && (top.req_ready_o != 0) != qn_sdram_ready(&model))
            part_ways(1);
        if (taken)
            take(*r);
        if (ready_at && !to_model.empty() && qn_sdram_ready(&model)) {
            const request q = to_model.front();
            to_model.pop_front();
            uint64_t first = qn_sdram_request(&model, q.we, q.at, q.len);
            for (unsigned i = 0; !q.we && i < q.len; i++)
                said.push_back(first + i);
        }
        edge(false);
        edge(true);
        now++;
        if (ready_at)
            qn_sdram_step(&model);
        if (top.rsp_valid_o)
            answer();
        for (; !came.empty() && !said.empty(); came.pop_front(), said.pop_front()) {
            if (came.front() != said.front())
                part_ways((int64_t)(came.front() - said.front()));
            compared += !parted;
        }
        return taken;
    }

    void part_ways(int64_t clocks)
    {
        if (parted || free_running)
            return;
        if (clocks < 0 || clocks > 3)
            fail("core clock " + std::to_string(now) + ": " + std::to_string(clocks) + " clocks later than qn_sdram says");
        parted = true;
        partings++;
        all_partings++;
        most = clocks > most ? clocks : most;
    }

    void take(const request &r)
    {
        to_model.push_back(r);
        for (unsigned i = 0; !r.we && i < r.len; i++)
            expected.push_back(shadow[r.at + i]);
        for (unsigned b = 0; r.we && b < 4; b++)
            if (r.strobe >> b & 1)
                shadow[r.at] = (shadow[r.at] & ~(0xffu << 8 * b)) | (r.data & 0xffu << 8 * b);
    }

    void answer()
    {
        if (expected.empty())
            fail("a word that nobody asked for in core clock " + std::to_string(now));
        if (top.rsp_data_o != expected.front()) {
            char text[100];
            snprintf(text, sizeof text, "core clock %llu: read 0x%08x, want 0x%08x", (unsigned long long)now, top.rsp_data_o, expected.front());
            fail(text);
        }
        expected.pop_front();
        came.push_back(now - ready_at);
        words++;
    }

    void drain()
    {
        for (unsigned i = 0; i < target->memory.refi; i++)
            clock(nullptr);
        if (!expected.empty() || !came.empty() || !said.empty() || !to_model.empty())
            fail(std::to_string(expected.size()) + " words did not come");
        parted = false;
    }

    void report(const char *what)
    {
        uint64_t refreshes = part.refreshes - reported;
        printf("%-36s %7llu words in the clock of qn_sdram; parted at %u of %llu refreshes, by %lld clocks\n", what, (unsigned long long)compared, partings,
               (unsigned long long)refreshes, (long long)most);
        reported = part.refreshes;
        compared = partings = 0;
        most = 0;
    }

    // Sequential reads of `len` words: share of the pins' bandwidth, from the first word on
    double stream(uint64_t clocks, unsigned len)
    {
        drain();
        request r = {false, rnd(WORDS / 16) * 16, len, 0, 0};
        uint64_t from = words;
        for (uint64_t i = 0; i < clocks; i++)
            if (clock(&r))
                r.at = (r.at + len) % WORDS;
        double share = (double)(words - from) / (double)clocks;
        drain();
        return share;
    }
};

// Requests of some habit: chances in a hundred of a write, of a place next to the last one, and of a request in a clock
struct habit {
    const char *name;
    unsigned write, near, busy;
    uint32_t range;                          // of other places, words
};

static const habit habits[] = {
    {"reads, mostly in sequence", 0, 90, 100, bench::WORDS},
    {"reads anywhere", 0, 0, 100, bench::WORDS},
    {"reads anywhere in four rows a bank", 0, 20, 100, 4096},
    {"reads, now and then", 0, 70, 4, bench::WORDS},
    {"reads and writes", 20, 70, 100, bench::WORDS},
    {"reads and writes, half of the time", 30, 70, 25, 65536},
    {"reads and writes of four rows a bank", 50, 40, 100, 4096},
    {"writes in sequence", 100, 97, 100, bench::WORDS},
    {"writes anywhere", 100, 20, 100, bench::WORDS},
    {"reads and writes of some words", 50, 0, 100, 64},
};

static void mix(bench &b, const habit &h, uint64_t clocks)
{
    uint32_t at = 0;
    request r = {};
    bool waiting = false;
    for (uint64_t i = 0; i < clocks; i++) {
        if (!waiting && rnd(100) < h.busy) {
            bool near = rnd(100) < h.near;
            r.we = rnd(100) < h.write;
            if (!near)
                at = rnd(h.range);
            r.len = r.we ? 1 : 1 + rnd(16 - at % 16);
            if (rnd(3) == 0 && !r.we)
                r.len = 16 - at % 16;
            r.at = at;
            r.data = rnd(65536) << 16 | rnd(65536);
            r.strobe = rnd(3) ? 15 : rnd(16);
            at = (at + r.len) % bench::WORDS;
            waiting = true;
        }
        if (b.clock(waiting ? &r : nullptr))
            waiting = false;
        if (b.parted && !waiting)
            b.drain();
    }
    b.drain();
    b.report(h.name);
}

// Latency by hand (133 MHz): accepted in clock 0, ACTIVATE in the second half of 1, READ in the first half of 3, its word in 8 by qn_sdram.h;
// with the row open, READ is in 1; with another row open, PRECHARGE in 1, ACTIVATE in 3, READ in 5
static void first_word(bench &b, uint32_t at, unsigned want)
{
    request r = {false, at, 1, 0, 0};
    b.clock(&r);
    unsigned clocks = 1;
    for (; !b.top.rsp_valid_o; clocks++)
        b.clock(nullptr);
    if (clocks != want)
        fail("first word " + std::to_string(clocks) + " clocks after its request, want " + std::to_string(want));
}

int main()
{
    rng = number("QN_SEED", 1);
    uint64_t clocks = number("QN_CLOCKS", 100000);
    printf("seed %llu (QN_SEED)\n", (unsigned long long)rng);
    try {
        bench b;
        printf("ready %llu core clocks after reset, %llu refreshes\n", (unsigned long long)b.ready_at, (unsigned long long)b.part.refreshes);
        const unsigned open = (b.target->memory.cl + READ_LATE + 8) / 2 + 1, rcd = (b.target->memory.rcd + 2) / 2, rp = (b.target->memory.rp + 1) / 2;
        first_word(b, 12345, open + rcd);
        first_word(b, 12346, open);
        first_word(b, 12345 + 1024, open + rp + rcd);
        b.drain();
        b.report("single words");
        for (unsigned len = 16; len >= 4; len /= 2) {
            double share = b.stream(3 * clocks, len);
            printf("sequential reads of %2u words: %.4f of the pins' bandwidth\n", len, share);
            if (len >= 8 && share < 0.95)
                fail("less than 0.95");
            b.report("sequential reads");
        }
        for (const habit &h : habits)
            mix(b, h, clocks);
        if (number("QN_WINDOW", 0)) {
            printf("64 ms of sequential reads: %.4f of the pins' bandwidth\n", b.stream(b.target->clock_hz / 1000 * 65, 16));
            b.report("64 ms");
        }
        if (b.all_partings * 50 > b.part.refreshes)
            fail(std::to_string(b.all_partings) + " partings from qn_sdram, more than one in fifty refreshes");
    } catch (const std::exception &e) {
        printf("%s\n", e.what());
        return 1;
    }
    return 0;
}
