// SPDX-License-Identifier: Apache-2.0
// qn_unpack against the order of rtl/spec/fmt.def: streams of random formats, columns and lengths, cut anywhere, words and takers that stall.
// Planes and headers come out once, in order, with their bits; a header shows no later than the planes behind it; words under way and held
// never exceed the credits, and all credits come back. One word in and one out a clock, also through the turner.
#include "Vqn_unpack.h"
#include "tests/rtl/num_bench.h"
#include "verilated.h"
#include <deque>
extern "C" {
#include "rtl/spec/qn_isa.h"
}

enum { FIFO_WORDS = 1024 };
struct job {
    uint32_t id, cols, words;
};
struct out {
    uint32_t bits;
    uint64_t behind;                         // planes: header words that came before it in the stream
};
static Vqn_unpack top;
static std::deque<job> jobs;
static std::deque<uint32_t> words;           // of all jobs
static std::deque<out> planes, heads;
static std::deque<uint64_t> begins;          // index of each job's first word
static uint64_t word_total, head_total;

static void add_job(uint32_t id, uint32_t cols, uint32_t slices, uint32_t cut)
{
    const qn_fmt *f = qn_fmt_find(id);
    uint32_t n = 0;
    begins.push_back(word_total + words.size());
    auto word = [&](bool head, uint32_t bits) {
        if (n == cut)
            return;
        n++;
        words.push_back(bits);
        if (head)
            heads.push_back({bits, 0}), head_total++;
        else if (f->store == QN_STORE_PLANES)
            planes.push_back({bits, head_total});
    };
    for (uint32_t s = 0; s < slices; s++)
        for (uint32_t pair = 0; pair < cols / 2; pair++) {
            bool last = s % f->block == f->block - 1u;
            int head_words = (qn_fmt_sub_word(f) ? 1 : 0) + (!last || !f->head ? 0 : f->head == 2 ? 2 : 1);
            for (int i = 0; i < head_words; i++)
                word(true, random32());
            for (int c = 0; c < (qn_fmt_paired(f) ? 1 : 2); c++)
                for (int byte = 0; byte < (f->store == QN_STORE_BYTES ? f->planes / 8 : 1); byte++) {
                    uint32_t w[16];
                    const qn_book *book = qn_book_find(f->store);
                    int count = f->store == QN_STORE_BYTES ? 8 : book ? book->code : f->planes;
                    for (int i = 0; i < count; i++) {
                        w[i] = random32();
                        word(false, w[i]);
                    }
                    for (int p = book ? book->planes - 1 : -1; p >= 0; p--) {
                        uint32_t plane = 0;
                        for (int k = 0; k < 32; k++) {
                            int code = 0;
                            for (int i = 0; i < count; i++)
                                code = 2 * code + (w[i] >> k & 1);
                            plane |= ((uint32_t)book->value[code] >> p & 1) << k;
                        }
                        planes.push_back({plane, head_total});
                    }
                    for (int p = 7; f->store == QN_STORE_BYTES && p >= 0; p--) {
                        uint32_t plane = 0;
                        for (int k = 0; k < 32; k++)
                            plane |= (w[k / 4] >> (8 * (k % 4) + p) & 1) << k;
                        planes.push_back({plane, head_total});
                    }
                }
        }
    jobs.push_back({id, cols, n});
}

int main(int argc, char **argv)
{
    Verilated::commandArgs(argc, argv);
    random_start();
    bool fault = false;
    uint64_t now = 0, total = 0;
    for (int round = 0; round < 24 && !fault; round++) {
        top.rst_ni = 0;
        top.fmt_valid_i = top.line_valid_i = 0;
        for (int i = 0; i < 2; i++) {
            top.clk_i = 0, top.eval();
            top.clk_i = 1, top.eval();
        }
        top.rst_ni = 1;
        jobs.clear(), words.clear(), planes.clear(), heads.clear(), begins.clear();
        word_total = head_total = 0;
        bool straight = round == 0;          // one format of bytes, no stall: rate and latency
        for (int i = 0; i < (straight ? 1 : 12); i++) {
            uint32_t id = 1 + random32() % QN_FMTS;
            id = straight ? QN_FMT_VAL16 : round == 1 ? QN_FMT_S1 : id;
            uint32_t cols = straight ? 64 : 2 * (1 + random32() % (random32() % 8 ? 20 : 512));
            uint32_t slices = qn_fmt_find(id)->block * (1 + random32() % 4);
            bool cut = qn_fmt_find(id)->store == QN_STORE_PLANES && random32() % 4 == 0;
            add_job(id, cols, slices, cut ? 1 + random32() % 200 : ~0u);
        }
        size_t count = words.size();
        total += count;
        unsigned word_stall = straight ? 0 : random32() % 3 * 100, take_stall = straight ? 0 : round == 1 ? 200 : random32() % 3 * 100;
        uint64_t head_seen = 0, begin = now;
        int credits = FIFO_WORDS;
        size_t accepted = 0;                 // jobs that unpack knows
        bool offered = false;
        uint64_t quiet = 0;
        while ((!words.empty() || !planes.empty() || !heads.empty() || credits != FIFO_WORDS) && !fault) {
            offered = offered || (!jobs.empty() && (random32() & 255) >= word_stall);
            top.fmt_valid_i = offered;
            if (!jobs.empty()) {
                top.fmt_id_i = jobs.front().id;
                top.fmt_cols_i = jobs.front().cols;
                top.fmt_lines_i = jobs.front().words;
            }
            // A word may come two clocks after its format was accepted; credits are spent when it is asked for
            static size_t old_accepted;
            size_t known = old_accepted;
            old_accepted = accepted;
            bool may = !words.empty() && credits > 0 && (accepted ? known : 0) > 0 &&
                       (known >= begins.size() || word_total < begins[known]);
            top.line_valid_i = may && (random32() & 255) >= word_stall;
            top.line_data_i = top.line_valid_i ? words.front() : random32();
            top.plane_ready_i = (random32() & 255) >= take_stall;
            top.head_ready_i = (random32() & 255) >= take_stall;
            top.clk_i = 0;
            top.eval();
            bool moved = top.line_valid_i;
            if (top.fmt_valid_i && top.fmt_ready_o) {
                jobs.pop_front();
                accepted++;
                offered = false;
            }
            if (top.line_valid_i) {
                words.pop_front();
                word_total++;
                credits--;
            }
            credits += top.credit_o;
            if (top.plane_valid_o && top.plane_ready_i) {
                moved = true;
                uint64_t shown = head_seen + (top.head_valid_o ? 1 : 0);
                bool late = !planes.empty() && shown < planes.front().behind && !top.head_valid_o;
                if (planes.empty() || planes.front().bits != top.plane_o || late) {
                    printf("clock %llu: plane %08x, want %08x%s\n", (unsigned long long)now, top.plane_o,
                           planes.empty() ? 0 : planes.front().bits, late ? ", and its header is late" : "");
                    fault = true;
                }
                if (!planes.empty())
                    planes.pop_front();
            }
            if (top.head_valid_o && top.head_ready_i) {
                moved = true;
                if (heads.empty() || heads.front().bits != top.head_o) {
                    printf("clock %llu: header %08x\n", (unsigned long long)now, top.head_o);
                    fault = true;
                }
                if (!heads.empty())
                    heads.pop_front();
                head_seen++;
            }
            quiet = moved || top.credit_o ? 0 : quiet + 1;
            if (quiet > 10000) {
                printf("clock %llu: nothing moves: %zu words, %zu planes, %zu headers, %d credits\n", (unsigned long long)now,
                       words.size(), planes.size(), heads.size(), credits);
                fault = true;
            }
            top.clk_i = 1;
            top.eval();
            now++;
        }
        if (straight && now - begin > count + 20) {
            printf("%zu words took %llu clocks\n", count, (unsigned long long)(now - begin));
            fault = true;
        }
    }
    printf("%llu words in %llu clocks\n", (unsigned long long)total, (unsigned long long)now);
    return fault;
}
