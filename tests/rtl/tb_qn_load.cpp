// SPDX-License-Identifier: Apache-2.0
// Random STREAMs and LOADVs before a memory of random pace: every word comes once, in order, to the right place; no more words are
// under way than there is room for; each refusal has its cause. Argument: seed.
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <map>
#include <vector>

#include "Vqn_load.h"
#include "verilated.h"

extern "C" {
#include "rtl/spec/qn_isa.h"
}

static uint64_t rng;
static Vqn_load *top;
static uint64_t now;

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

enum { VB_WORDS = 24576, FIFO_WORDS = 1024, WIN_BASE = 0x123450, WIN_SIZE = 5000 };

static uint32_t memory(uint32_t at)          // what lies at a word of memory
{
    return at * 2654435761u ^ at >> 7;
}

struct insn {
    int op;
    bool half;
    uint32_t slot[6], post, pc;
    unsigned trap;                           // expected, or 0
    uint32_t trap_addr;
};

static insn make()
{
    insn x = {};
    x.op = rnd(2) ? QN_OP_STREAM : QN_OP_LOADV;
    x.half = x.op == QN_OP_LOADV && rnd(2);
    x.post = rnd(256);
    x.pc = rnd(4096);
    uint32_t count = 1 + rnd(rnd(3) ? 40 : 300), runs = 1 + rnd(4), stride = rnd(400);
    if (x.half)
        count += count & 1;
    x.slot[0] = rnd(2000);
    x.slot[1] = count;
    x.slot[2] = runs;
    x.slot[3] = stride;
    x.slot[4] = x.op == QN_OP_STREAM ? 1 + rnd(QN_FMTS) : rnd(10000);
    x.slot[5] = x.op == QN_OP_STREAM ? 2 + 2 * rnd(512) : rnd(400);
    if (rnd(8))
        return x;
    switch (rnd(8)) {
    case 0: x.slot[1] = -rnd(2); x.trap = QN_TRAP_FIELD; x.trap_addr = x.slot[1]; break;
    case 1: x.slot[2] = -rnd(2); x.trap = QN_TRAP_FIELD; x.trap_addr = x.slot[2]; break;
    case 2:
        if (x.half) {
            x.slot[1] |= 1;
            x.trap_addr = x.slot[1];
        } else {
            x.op = QN_OP_STREAM;
            x.slot[5] = 2;
            x.slot[4] = x.trap_addr = rnd(2) ? QN_FMTS + 1 + 128 * rnd(2) : 0;
        }
        x.trap = QN_TRAP_FIELD;
        break;
    case 3:
        x.op = QN_OP_STREAM;
        x.half = false;
        x.slot[4] = 1;
        x.slot[5] = x.trap_addr = rnd(2) ? 2 * rnd(100) + 1 : rnd(2) ? 0 : 1026;
        x.trap = QN_TRAP_FIELD;
        break;
    case 4: {                                // last run one word beyond the window
        uint32_t words = x.half ? count / 2 : count;
        x.slot[0] = WIN_SIZE + 1 - words - (runs - 1) * stride;
        x.trap = QN_TRAP_WINDOW;
        x.trap_addr = x.slot[0] + (runs - 1) * stride;
        break;
    }
    case 5: {                                // up to the window's last word: fine
        uint32_t words = x.half ? count / 2 : count;
        x.slot[0] = WIN_SIZE - words - (runs - 1) * stride;
        break;
    }
    case 6: x.slot[0] = 0u - 1 - rnd(200); x.trap = QN_TRAP_WINDOW; x.trap_addr = x.slot[0]; break;
    default:
        if (x.op == QN_OP_LOADV) {
            bool bad = rnd(2);
            x.slot[4] = VB_WORDS + bad - count - (runs - 1) * x.slot[5];
            if (bad) {
                x.trap = QN_TRAP_BUFFER;
                x.trap_addr = VB_WORDS + 1 - count;
            }
        }
    }
    return x;
}

static void set_insn(const insn &x)
{
    for (int k = 0; k < 6; k++)
        top->insn_i[k] = x.slot[k];
    top->insn_i[6] = (uint32_t)x.op | x.post << 16 | (3u | 2u << 3 | (x.half ? 1u << 5 : 0)) << 24;
    top->insn_i[7] = x.pc << 16;
}

static void tick()
{
    top->clk_i = 1;
    top->eval();
    top->clk_i = 0;
    top->eval();
    now++;
}

int main(int argc, char **argv)
{
    rng = argc > 1 ? strtoull(argv[1], nullptr, 0) : 1;
    top = new Vqn_load;
    std::deque<uint32_t> flight;             // addresses asked for
    std::deque<insn> running;                // taken and not over: at most one
    std::deque<uint32_t> words;              // expected at unpack
    std::deque<std::vector<uint32_t>> formats;
    std::map<uint32_t, uint32_t> vb, vb_want;
    uint32_t held = 0;                       // words of streams asked for and not given back
    uint32_t vb_writes = 0;
    insn next = make();
    unsigned done = 0, traps = 0, stall = 0;
    bool reset = true, stopped = false, fresh = true;       // fresh: it has just come to the head of its queue, and is not yet offered
    unsigned pace = 4;

    while (done < 3000) {
        top->rst_ni = !reset;
        if (now % 500 == 0)
            pace = 1 + rnd(6);
        top->win_base_i = WIN_BASE;
        top->win_size_i = WIN_SIZE;
        top->insn_valid_i = !fresh && rnd(4) != 0;
        fresh = false;
        set_insn(next);
        top->req_ready_i = rnd(pace) == 0;
        top->rsp_valid_i = !flight.empty() && rnd(pace) == 0;
        if (top->rsp_valid_i)
            top->rsp_data_i = memory(flight.front());
        top->fmt_ready_i = rnd(3) == 0;
        top->credit_i = held > flight.size() && rnd(pace) == 0;
        top->vb_ready_i = rnd(pace) != 1;
        top->eval();

        if (!reset) {
            if (top->idle_o != (running.empty() && flight.empty()))
                fail("idle", top->idle_o, running.empty());
            if (top->trap_valid_o) {
                const insn &x = running.front();
                if (!x.trap || top->trap_cause_o != x.trap || top->trap_addr_o != x.trap_addr || top->trap_pc_o != x.pc)
                    fail("trap", (uint64_t)top->trap_cause_o << 32 | top->trap_addr_o, (uint64_t)x.trap << 32 | x.trap_addr);
                stopped = true;
                traps++;
            }
            if (top->insn_valid_i && top->insn_ready_o) {
                if (!running.empty())
                    fail("taken before the one before is over", running.size(), 0);
                if (next.op == QN_OP_LOADV && !flight.empty())
                    fail("LOADV taken with words awaited", flight.size(), 0);
                running.push_back(next);
                vb.clear();
                vb_want.clear();
                vb_writes = 0;
                if (next.op == QN_OP_STREAM)
                    formats.push_back({next.slot[4], next.slot[5], next.slot[1] * next.slot[2]});
                for (uint32_t r = 0; r < (next.trap ? 0 : next.slot[2]); r++)
                    for (uint32_t i = 0; i < next.slot[1]; i++) {
                        uint32_t at = WIN_BASE + next.slot[0] + r * next.slot[3] + (next.half ? i / 2 : i);
                        if (next.op == QN_OP_STREAM)
                            words.push_back(memory(at));
                        else
                            vb_want[next.slot[4] + r * next.slot[5] + i] =
                                !next.half ? memory(at) : i % 2 ? memory(at) & 0xffff0000u : memory(at) << 16;
                    }
                next = make();
                fresh = true;
            }
            if (top->fmt_valid_o && top->fmt_ready_i) {
                std::vector<uint32_t> got = {top->fmt_id_o, top->fmt_cols_o, top->fmt_lines_o};
                if (formats.empty() || got != formats.front())
                    fail("format", got[0], formats.empty() ? 0 : formats.front()[0]);
                formats.pop_front();
            }
            if (top->req_valid_o && top->req_ready_i) {
                const insn &x = running.front();
                if (top->req_addr_o % 16 + top->req_len_o > 16 || top->req_len_o == 0)
                    fail("burst", top->req_addr_o, top->req_len_o);
                if (top->req_addr_o < WIN_BASE || top->req_addr_o + top->req_len_o > WIN_BASE + WIN_SIZE)
                    fail("outside the window", top->req_addr_o, WIN_BASE);
                if (top->req_kind_o != 2)
                    fail("kind", top->req_kind_o, 2);
                if (x.op == QN_OP_STREAM && !formats.empty())
                    fail("words asked for before the format", 0, 0);
                for (unsigned i = 0; i < top->req_len_o; i++)
                    flight.push_back(top->req_addr_o + i);
                if (x.op == QN_OP_STREAM)
                    held += top->req_len_o;
                if (held > FIFO_WORDS)
                    fail("credits", held, FIFO_WORDS);
            }
            if (top->line_valid_o) {
                if (!running.empty() && running.front().op == QN_OP_LOADV)
                    fail("word of a LOADV at unpack", top->line_data_o, 0);
                if (!(running.size() && running.front().trap) && (words.empty() || words.front() != top->line_data_o))
                    fail("word", top->line_data_o, words.empty() ? 0 : words.front());
                if (!words.empty())
                    words.pop_front();
            }
            if (top->vb_valid_o && top->vb_ready_i) {
                vb[top->vb_addr_o] = top->vb_data_o;
                vb_writes++;
            }
            if (top->post_valid_o) {
                if (running.empty() || running.front().trap || top->post_o != running.front().post)
                    fail("post", top->post_o, running.empty() ? 0 : running.front().post);
                const insn &x = running.front();
                // Runs may overlap in the buffer: then the later run's word stays
                if (x.op == QN_OP_LOADV && (vb != vb_want || vb_writes != x.slot[1] * x.slot[2]))
                    fail("vector buffer, elements", vb_writes, x.slot[1] * x.slot[2]);
                if (x.op == QN_OP_STREAM && words.size() + top->rsp_valid_i != flight.size())
                    fail("words of a STREAM not asked for", words.size(), flight.size());
                running.pop_front();
                done++;
                stall = 0;
            }
            if (top->credit_i)
                held--;
        }
        if (top->rsp_valid_i)
            flight.pop_front();
        if (stall++ > 60000)
            fail("nothing goes on", stall, 0);
        tick();
        reset = false;
        if (stopped && flight.empty()) {     // as the core does: reset when the port is quiet
            reset = true;
            stopped = false;
            running.clear();
            formats.clear();
            words.clear();
            held = 0;
        }
    }
    if (traps < 200)
        fail("traps", traps, 200);
    delete top;
    return 0;
}
