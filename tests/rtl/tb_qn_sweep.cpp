// SPDX-License-Identifier: Apache-2.0
// qn_sweep against C: sums (driver/link's CRC-32C, which RFC 3720's vectors judge), fills, and picks, by the comparison of floats; memory answers
// at any pace; nothing outside the words asked for is touched. The pace with a memory that never pauses: a word a clock. QN_SEED=n.
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <vector>

#include "Vqn_sweep.h"
#include "verilated.h"

extern "C" {
#include "driver/link/qn_crc32c.h"
}

#define CHECK(x, ...) do { if (!(x)) { printf("%s: ", #x); printf(__VA_ARGS__); printf("\n"); std::exit(1); } } while (0)

enum { WORDS = 8192, FILL = 1, SUM = 2, PICK = 3 };
static Vqn_sweep top;
static std::vector<uint32_t> mem(WORDS);
static std::deque<uint32_t> awaited;
static std::deque<std::pair<uint32_t, uint32_t>> wrote;   // taken, and not yet in memory
static uint32_t low_end, high_end;           // words that may be touched
static bool hurry;
static uint64_t now;

static uint32_t draw(uint32_t below)
{
    static uint32_t rng = getenv("QN_SEED") ? (uint32_t)atoi(getenv("QN_SEED")) : 1;
    rng ^= rng << 13;
    rng ^= rng >> 17;
    rng ^= rng << 5;
    return (uint32_t)((uint64_t)rng * below >> 32);
}

static void edge()
{
    top.req_ready_i = wrote.size() < 2 && (hurry || draw(3) > 0);
    top.req_busy_i = !wrote.empty();
    top.rsp_valid_i = !awaited.empty() && (hurry || draw(3) > 0);
    top.rsp_data_i = top.rsp_valid_i ? awaited.front() : 0x7f000000;
    top.eval();
    if (top.rsp_valid_i)
        awaited.pop_front();
    if (!wrote.empty() && (hurry || draw(3) > 0)) {
        mem[wrote.front().first] = wrote.front().second;
        wrote.pop_front();
    }
    if (top.req_valid_o && top.req_ready_i) {
        uint32_t at = top.req_addr_o, n = top.req_len_o;
        CHECK(n && (at & 15) + n <= 16 && at >= low_end && at + n <= high_end, "request of %u words at %u", n, at);
        if (top.req_we_o)
            wrote.push_back({at, top.req_wdata_o});
        else
            for (uint32_t i = 0; i < n; i++)
                awaited.push_back(mem[at + i]);
    }
    top.clk_i = 1;
    top.eval();
    top.clk_i = 0;
    top.eval();
    now++;
}

static uint32_t key(float f)                 // soc.def's words, by comparison and not by bits where that is possible
{
    uint32_t u;
    memcpy(&u, &f, 4);
    return f == 0 ? 0x80000000u : f < 0 ? 0xffffffffu - u : 0x80000000u + u;
}

static uint64_t sweep(int what, uint32_t at, uint32_t n, uint32_t low, uint32_t high)
{
    low_end = at;
    high_end = at + n;
    top.what_i = what;
    top.addr_i = at;
    top.words_i = n;
    top.low_i = low;
    top.high_i = high;
    top.start_i = 1;
    edge();
    top.start_i = 0;
    uint64_t start = now;
    while (top.busy_o) {
        CHECK(now - start < 20ull * WORDS + 100, "no end");
        edge();
    }
    CHECK(awaited.empty() && wrote.empty(), "words are still to come or to go");
    return now - start;
}

static void pick(uint32_t at, uint32_t n, uint32_t low, uint32_t high)
{
    std::vector<uint32_t> want;
    for (uint32_t i = 0; i < n; i++) {
        float f;
        memcpy(&f, &mem[at + i], 4);
        if (!std::isnan(f) && key(f) >= low && key(f) <= high)
            want.push_back(i);
    }
    sweep(PICK, at, n, low, high);
    CHECK(top.count_o == want.size(), "%u, want %zu", top.count_o, want.size());
    for (size_t i = 0; i < want.size() && i < 512; i++) {
        uint32_t got[2];
        for (int k = 0; k < 2; k++) {
            top.pick_addr_i = (uint16_t)(2 * i + k);
            edge();
            edge();
            got[k] = top.pick_data_o;
        }
        CHECK(got[0] == want[i] && got[1] == mem[at + want[i]], "place %zu: %u, want %u", i, got[0], want[i]);
    }
}

int main()
{
    printf("seed %s\n", getenv("QN_SEED") ? getenv("QN_SEED") : "1");
    top.rst_ni = 0;
    edge();
    edge();
    top.rst_ni = 1;
    for (int round = 0; round < 300; round++) {
        hurry = round % 3 == 0;
        for (uint32_t &w : mem)
            w = draw(8) ? draw(0x80000000u) << 1 | draw(2) : draw(2) ? draw(4) << 30 | 0x3f800000u : draw(3) == 0 ? 0x80000000u : draw(2) ? 0x7fc00000u : 0xff800000u;
        uint32_t n = draw(4) ? draw(100) : draw(WORDS), at = draw(WORDS - n + 1);
        sweep(SUM, at, n, 0, 0);
        CHECK(top.crc_o == qn_crc32c(0, mem.data() + at, 4 * (size_t)n), "sum of %u words at %u", n, at);
        uint32_t a = draw(0x80000000u) << 1, b = draw(0x80000000u) << 1;
        pick(at, n, a < b ? a : b, a < b ? b : a);
        pick(at, n, 0x80000000u, draw(2) ? 0x80000000u : 0xffffffffu);
        std::vector<uint32_t> want = mem;
        for (uint32_t i = 0; i < n; i++)
            want[at + i] = a;
        sweep(FILL, at, n, a, 0);
        CHECK(mem == want, "fill of %u words at %u", n, at);
    }
    hurry = true;
    for (int what = FILL; what <= PICK; what++) {
        uint64_t clocks = sweep(what, 0, WORDS, 0, 0);
        CHECK(clocks <= WORDS + 8, "sweep %d: %llu clocks for %d words", what, (unsigned long long)clocks, WORDS);
    }
    return 0;
}
