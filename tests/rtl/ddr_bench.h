// SPDX-License-Identifier: Apache-2.0
// ddr_bench.h: what the benches before the core's memory port share: requests, what they must find, and numbers drawn at random.
#ifndef DDR_BENCH_H
#define DDR_BENCH_H

#include <cstdint>
#include <cstdlib>
#include <deque>
#include <stdexcept>
#include <string>
#include <vector>

static uint64_t rng;

static inline uint32_t rnd(uint32_t n)
{
    rng = rng * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(rng >> 33) % n;
}

static inline uint64_t number(const char *name, uint64_t otherwise)
{
    const char *text = getenv(name);
    return text ? strtoull(text, nullptr, 0) : otherwise;
}

[[noreturn]] static inline void fail(const std::string &what)
{
    throw std::runtime_error(what);
}

struct request {
    bool we;
    uint32_t at;
    unsigned len;
    uint32_t data, strobe;
};

// One at random: in runs of neighbours, over `words` words of memory
struct requests {
    uint32_t words, at = 0;
    bool we = false;
    unsigned run = 0;
    request next(unsigned writes_of_8)
    {
        if (!run) {
            run = 1 + rnd(12);
            we = rnd(8) < writes_of_8;
            at = rnd(4) ? rnd(words) : rnd(64);                  // often the same few
        }
        run--;
        request r = {we, at % words, 1, rnd(1u << 31) << 1 | rnd(2), rnd(4) ? 15 : rnd(16)};
        if (!we) {
            unsigned most = 16 - r.at % 16;
            r.len = rnd(2) ? most : 1 + rnd(most);
        }
        at = rnd(8) ? r.at + r.len : r.at - rnd(6);
        return r;
    }
};

// Memory as the port's law has it, and the words that are awaited
struct shadow {
    std::vector<uint32_t> mem;
    std::deque<uint32_t> awaited;
    uint64_t came = 0;

    explicit shadow(uint32_t words) : mem(words) {}
    void take(const request &r)
    {
        for (unsigned i = 0; !r.we && i < r.len; i++)
            awaited.push_back(mem[r.at + i]);
        for (unsigned b = 0; r.we && b < 4; b++)
            if (r.strobe >> b & 1)
                mem[r.at] = (mem[r.at] & ~(0xffu << 8 * b)) | (r.data & 0xffu << 8 * b);
    }
    void answer(uint32_t word, uint64_t now)
    {
        char text[100];
        if (awaited.empty())
            fail("a word that nobody asked for in clock " + std::to_string(now));
        snprintf(text, sizeof text, "clock %llu: read 0x%08x, want 0x%08x", (unsigned long long)now, word, awaited.front());
        if (word != awaited.front())
            fail(text);
        awaited.pop_front();
        came++;
    }
};

// Inputs of the port in a clock that offers `r`, or nothing and anything
template <typename top> static void offer(top &t, const request *r, uint32_t words)
{
    t.req_valid_i = r != nullptr;
    t.req_we_i = r ? r->we : rnd(2);
    t.req_addr_i = r ? r->at | (rnd(4) * words & 0x3fffffff) : rnd(1u << 30);   // bits above the memory are not looked at
    t.req_len_i = (uint8_t)(r ? r->len : rnd(32));
    t.req_wdata_i = r ? r->data : rnd(1u << 31);
    t.req_wstrb_i = (uint8_t)(r ? r->strobe : rnd(16));
}

#endif
