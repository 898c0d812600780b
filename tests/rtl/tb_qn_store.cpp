// SPDX-License-Identifier: Apache-2.0
// Random STOREs from a buffer and to a memory of random pace: every element comes once, in order, with its strobes; each refusal has
// its cause; with nothing in the way a word read and an element written take a clock each. Argument: seed.
#include <cstdio>
#include <cstdlib>
#include <deque>

#include "Vqn_store.h"
#include "verilated.h"

extern "C" {
#include "rtl/spec/qn_isa.h"
}

static uint64_t rng, now;

static uint32_t rnd(uint32_t n)
{
    rng = rng * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(rng >> 33) % n;
}

static void fail(const char *what, uint64_t got, uint64_t want)
{
    printf("%s in clock %llu: got 0x%llx, expected 0x%llx\n", what, (unsigned long long)now, (unsigned long long)got, (unsigned long long)want);
    exit(1);
}

enum { VB_WORDS = 24576, WIN_BASE = 0x3210, WIN_SIZE = 6000 };

static uint32_t buffer(uint32_t at)          // what lies at a word of the vector buffer
{
    return at * 2654435761u ^ at >> 5;
}

struct element {
    uint32_t src, addr, data, strobe;
};

int main(int argc, char **argv)
{
    rng = argc > 1 ? strtoull(argv[1], nullptr, 0) : 1;
    Vqn_store top;
    auto tick = [&] {
        top.clk_i = 1;
        top.eval();
        top.clk_i = 0;
        top.eval();
        now++;
    };
    unsigned traps = 0;
    for (unsigned n = 0; n < 4000; n++) {
        // An instruction, and what must become of it: elements in order, up to a trap at the first that is refused
        uint32_t size = rnd(3), unit = 1u << size, count = 1 + rnd(40), runs = 1 + rnd(4);
        uint32_t src = rnd(24000), addr = unit * rnd(2000 >> size), estride = unit * rnd(5), sstride = rnd(100), dstride = unit * rnd(300);
        bool writable = true;
        uint32_t trap = 0, trap_addr = 0;
        switch (rnd(16)) {
        case 0: count = -rnd(2); trap = QN_TRAP_FIELD; trap_addr = count; break;
        case 1: runs = -rnd(2); trap = QN_TRAP_FIELD; trap_addr = runs; break;
        case 2: size = 3; trap = QN_TRAP_FIELD; trap_addr = 3; break;
        case 3:
            if (size) {
                uint32_t off = 1 + rnd(unit - 1);
                uint32_t *const field[] = {&addr, &estride, &dstride};
                *field[rnd(3)] += off;
                trap = QN_TRAP_FIELD;
                trap_addr = addr;
            }
            break;
        case 4: addr = 4 * WIN_SIZE - unit * (1 + rnd(20)); break;           // across the window's end
        case 5: src = VB_WORDS - 1 - rnd(20); break;                         // across the buffer's
        case 6: writable = false; break;
        case 7: dstride = -dstride; break;
        default: break;
        }
        bool free = rnd(4) == 0;                                             // nothing in the way: clocks are counted
        std::deque<element> want;
        for (uint32_t r = 0; r < runs && !trap; r++)
            for (uint32_t i = 0; i < count && !trap; i++) {
                uint32_t s = src + r * sstride + (size ? i : i / 4), d = addr + r * dstride + i * estride;
                if (s >= VB_WORDS) {
                    trap = QN_TRAP_BUFFER;
                    trap_addr = s;
                } else if (!writable || d / 4 >= WIN_SIZE) {
                    trap = QN_TRAP_WINDOW;
                    trap_addr = d;
                } else {
                    uint32_t w = buffer(s), v = size == 2 ? w : size == 1 ? w >> 16 : w >> 8 * (i % 4) & 0xff;
                    uint32_t mask = size == 2 ? 0xffffffffu : size == 1 ? 0xffff : 0xff;
                    want.push_back({s, WIN_BASE + d / 4, (v & mask) << 8 * (d % 4), ((1u << unit) - 1) << d % 4});
                }
            }
        std::deque<element> reads;                                               // a word is read once for its bytes
        for (size_t i = 0, in_run = 0; i < want.size(); i++, in_run = in_run + 1 == count ? 0 : in_run + 1)
            if (size || in_run % 4 == 0)
                reads.push_back(want[i]);
        size_t words = reads.size();

        top.rst_ni = 0;
        top.insn_valid_i = 0;
        top.clk_i = 0;
        top.eval();                                                              // or the first edge is none
        tick();
        top.rst_ni = 1;
        top.win_base_i = WIN_BASE;
        top.win_size_i = WIN_SIZE;
        top.win_write_i = writable;
        uint32_t slots[6] = {src, count, runs, addr, estride | sstride << 14, dstride}, post = rnd(256), pc = rnd(4096);
        for (int k = 0; k < 6; k++)
            top.insn_i[k] = slots[k];
        top.insn_i[6] = QN_OP_STORE | post << 16 | (5u | 1u << 3 | size << 5) << 24;
        top.insn_i[7] = pc << 16;
        top.insn_valid_i = 1;
        top.eval();
        if (!top.insn_ready_o || !top.idle_o)
            fail("ready", top.insn_ready_o, 1);
        uint64_t start = now;
        size_t elements = want.size();
        tick();
        top.insn_valid_i = 0;
        for (bool over = false; !over;) {
            top.vb_ready_i = free || rnd(3) == 0;
            top.req_ready_i = free || rnd(3) == 0;
            top.eval();
            if (top.idle_o || !top.busy_o)
                fail("idle", 1, 0);
            if (top.req_valid_o && top.req_ready_i) {
                if (want.empty())
                    fail("writes", top.req_addr_o, 0);
                element e = want.front();
                uint32_t mask = 0;
                for (int b = 0; b < 4; b++)
                    mask |= (top.req_wstrb_o >> b & 1) * 0xffu << 8 * b;
                if (top.req_addr_o != e.addr || top.req_wstrb_o != e.strobe)
                    fail("address or strobes", (uint64_t)top.req_wstrb_o << 32 | top.req_addr_o, (uint64_t)e.strobe << 32 | e.addr);
                if ((top.req_wdata_o & mask) != e.data || top.req_kind_o != 1 || top.win_index_o != 5)
                    fail("data", top.req_wdata_o & mask, e.data);
                want.pop_front();
            }
            if (top.trap_valid_o) {
                if (!want.empty() || top.trap_cause_o != trap || top.trap_addr_o != trap_addr || top.trap_pc_o != pc)
                    fail("trap", (uint64_t)top.trap_cause_o << 32 | top.trap_addr_o, (uint64_t)trap << 32 | trap_addr);
                traps++;
                over = true;
            }
            if (top.post_valid_o) {
                if (!want.empty() || trap || top.post_o != post)
                    fail("post", top.post_o, post);
                if (free && now != start + 3 + words + elements)
                    fail("clocks", now - start, 3 + words + elements);
                over = true;
            }
            bool read = top.vb_valid_o && top.vb_ready_i && !top.trap_valid_o;   // what is read for an element that traps is not used
            uint32_t at = top.vb_addr_o;
            if (read && (!top.req_valid_o || top.req_ready_i)) {             // what is read while a write waits is read again
                if (reads.empty() || at != reads.front().src)
                    fail("reads", at, reads.empty() ? 0 : reads.front().src);
                reads.pop_front();
            }
            tick();
            top.vb_data_i = read ? buffer(at) : rnd(1u << 31);               // for one clock only
            if (now - start > 20000)
                fail("no end", now - start, 0);
        }
    }
    if (traps < 500)
        fail("traps", traps, 500);
    return 0;
}
