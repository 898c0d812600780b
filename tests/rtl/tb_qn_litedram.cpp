// SPDX-License-Identifier: Apache-2.0
// qn_ddr before LiteDRAM's controller, with the timings that a board has, and LiteDRAM's model of a part, which says what breaks a timing. Nothing is taken
// before INIT_DONE. Every word read is the one written last; sequential reads and writes keep the port's pace over rows and banks but for refreshes; what a
// request takes is printed, and bounded where README.md has a figure. QN_SEED, QN_CLOCKS (of the mixes).
#include <cstdio>
#include <cstring>
#include <exception>
#include <unistd.h>

#include "Vtb_ddr.h"
#include "tests/rtl/ddr_bench.h"
#include "verilated.h"

#define QN_DDR_REG(name, at, text) DDR_##name = at / 4,
#define QN_DDR_CONST(...)
#define QN_DDR_INIT(...)
enum {
#include "rtl/spec/ddr.def"
    REFRESHES = DDR_BURST_SEEN + 1           // of the model: refreshes so far
};

enum { PART = 1 << 23, WORDS = 1 << 16, ROW = 512 };         // words of the part; those that are looked at, sixteen rows of each bank; of a row

struct bench {
    Vtb_ddr top;
    shadow law;
    requests source{WORDS};
    uint64_t now = 0;

    bench() : law(WORDS)
    {
        top.rst_ni = 0;
        top.req_valid_i = top.ctl_valid_i = 0;
        for (int i = 0; i < 8; i++)
            edge();
        top.rst_ni = 1;
    }
    void edge()
    {
        top.clk_i = 1;
        top.eval();
        top.clk_i = 0;
        top.eval();
        now++;
    }
    void reg(unsigned at, uint32_t value)
    {
        top.ctl_valid_i = top.ctl_we_i = 1;
        top.ctl_addr_i = (uint16_t)at;
        top.ctl_wdata_i = value;
        top.eval();
        for (int i = 0; !top.ctl_done_o; i++) {
            if (i > 20)
                fail("a register does not answer");
            clock(nullptr);
        }
        clock(nullptr);
        top.ctl_valid_i = 0;
        clock(nullptr);
    }
    uint32_t read(unsigned at)
    {
        top.ctl_valid_i = 1;
        top.ctl_we_i = 0;
        top.ctl_addr_i = (uint16_t)at;
        do
            clock(nullptr);
        while (!top.ctl_done_o);
        uint32_t value = top.ctl_rdata_o;
        clock(nullptr);
        top.ctl_valid_i = 0;
        clock(nullptr);
        return value;
    }
    bool clock(const request *r)
    {
        offer(top, r, PART);
        bool taken = r && top.req_ready_o;
        if (taken)
            law.take(*r);
        edge();
        if (top.rsp_valid_o)
            law.answer(top.rsp_data_o, now);
        return taken;
    }
    void put(const request &r)
    {
        while (!clock(&r))
            ;
    }
    void drain()
    {
        for (int i = 0; i < 500; i++)
            clock(nullptr);
        if (!law.awaited.empty())
            fail(std::to_string(law.awaited.size()) + " words did not come");
    }
    void wait()
    {
        uint64_t from = now;
        while (!law.awaited.empty()) {
            clock(nullptr);
            if (now > from + 1000)
                fail("a word did not come");
        }
    }
    void mix(unsigned writes, uint64_t clocks)
    {
        request r = source.next(writes);
        for (uint64_t end = now + clocks; now < end;)
            if (clock(rnd(4) ? &r : nullptr))
                r = source.next(writes);
        put(r);
        drain();
    }
    // Clocks from a read's acceptance to its first word, the least of `tries`; before it `other` and a pause
    uint64_t first(uint32_t other, uint32_t at, bool we)
    {
        uint64_t least = ~0ull;
        for (int i = 0; i < 12; i++) {
            put({we, other, 1, 1, 15});
            wait();
            for (int k = 0; k < (we ? 0 : 30 + 11 * i); k++)
                clock(nullptr);
            put({false, at, 1, 0, 0});
            uint64_t from = now;
            wait();
            least = now - from < least ? now - from : least;
        }
        return least;
    }
    double stream(bool we, unsigned words, unsigned len)
    {
        uint64_t from = now;
        for (unsigned i = 0; i < words; i += len)
            put({we, i, len, i * 2654435761u, 15});
        wait();
        double rate = (double)words / (double)(now - from);
        drain();
        return rate;
    }
};

int main()
{
    uint64_t seed = number("QN_SEED", 1), clocks = number("QN_CLOCKS", 40000);
    char name[] = "/tmp/tb_qn_litedram.XXXXXX";
    int file = mkstemp(name), out = dup(1);
    fflush(stdout);
    dup2(file, 1);                           // the model prints what it finds
    std::string why, said;
    rng = seed;
    try {
        bench b;
        for (int i = 0; i < 200; i++) {
            request r = {true, 0, 1, 0, 15};
            b.clock(i > 190 ? &r : nullptr);
        }
        b.drain();
        if (b.top.open_o)
            fail("open before INIT_DONE");
        b.reg(DDR_DLY_SEL, 3);               // where the model has its windows
        for (unsigned reg : {DDR_BITSLIP_RST, DDR_BITSLIP_INC, DDR_BITSLIP_INC, DDR_RDLY_RST, DDR_RDLY_INC, DDR_RDLY_INC, DDR_RDLY_INC})
            b.reg(reg, 1);
        b.reg(DDR_DLY_SEL, 0);
        b.reg(DDR_INIT_DONE, 1);
        if (!b.top.open_o)
            fail("INIT_DONE does not open the port");
        const double written = b.stream(true, WORDS, 1), reading = b.stream(false, WORDS, 16), single = b.stream(false, 1 << 14, 1);
        const uint64_t open = b.first(4, 16, false), other = b.first(8 * ROW, 16, false), bank = b.first(ROW, 16, false), after = b.first(0, 16, true);
        for (unsigned writes : {1, 4, 7})
            b.mix(writes, clocks);
        const uint32_t refreshes = b.read(REFRESHES);
        char text[300];
        snprintf(text, sizeof text, "words a clock: %.3f read, %.3f by single words, %.3f written; clocks to the first word: %d row open, %d another bank's, %d another row of the bank, %d after a write",
                 reading, single, written, (int)open, (int)bank, (int)other, (int)after);
        said = text;
        if ((refreshes + 1) * 585.0 < (double)b.now)             // 7.8 us
            fail("refreshes: " + std::to_string(refreshes) + " in " + std::to_string(b.now) + " clocks");
        if (reading < 0.97 || written < 0.90 || open > 26 || after > 60)
            fail("too slow: " + said);
    } catch (const std::exception &e) {
        why = e.what();
    }
    fflush(stdout);
    dup2(out, 1);
    FILE *f = fopen(name, "r");
    char line[300];
    for (unsigned n = 0; f && fgets(line, sizeof line, f) && n < 5;)
        if (strstr(line, "violation")) {
            printf("%s", line);
            why += why.empty() ? "a timing was broken" : "";
            n++;
        }
    unlink(name);
    if (!why.empty()) {
        printf("QN_SEED=%llu: %s\n", (unsigned long long)seed, why.c_str());
        return 1;
    }
    printf("%s\n", said.c_str());
    return 0;
}
