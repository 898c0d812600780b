// SPDX-License-Identifier: Apache-2.0
// qn_matrix against the definition of GEMM in rtl/spec/README.md, evaluated here with the scalar functions alone: every accumulator
// bit for bit, after runs of instructions back to back, with a stream that stalls. Single instructions without stalls
// also keep the clock law of rtl/README.md, and a reader that starts in the clock after the post finds the sums. Traps are as listed;
// a reset in the middle leaves nothing behind. QN_SEED picks another run, QN_ROUNDS a longer one.
#include "Vqn_matrix.h"
#include "tests/rtl/num_bench.h"
#include "verilated.h"
#include <deque>
#include <vector>
extern "C" {
#include "rtl/spec/qn_isa.h"
}

// The parameters of another target come with -DMATRIX='16, 8, ...'; ulx3s is the module's own. So does its element
#ifndef MATRIX
#define MATRIX 16, 8, 4, 256, 64, 32
#endif
#ifndef ELEMENT
#define ELEMENT QN_ELEMENT_shiftadd
#endif
static constexpr int parameters[] = {MATRIX};
static constexpr int ROWS = parameters[0], LANES = parameters[1], DEQUANTS = parameters[2], ACC_COLS = parameters[3],
                     SLICES = parameters[4], PARTS = 32 / parameters[5], DEQUANT_LAT = 2 * LAT_FADD + 12;
static Vqn_matrix top;

// A port of 64 bits is an integer, of more an array
static uint32_t word_of(uint64_t port, int i) { return (uint32_t)(port >> (32 * i)); }
template <size_t n> static uint32_t word_of(const VlWide<n> &port, int i) { return port[i]; }
static uint64_t now;

static struct {
    int8_t code[32];
    float scale;
    bool is_s;                                // Q8_1: d, which is the scale, and s are FP16
    uint16_t d, s;
} slices[ROWS][SLICES];
static float acc[ROWS][ACC_COLS];

struct gemm {
    const qn_fmt *f;
    int32_t slice, slices, cols, rows, acc, format;
    bool accum, unit;
    uint8_t post;
};
struct word {
    bool head;
    uint32_t bits;
};
static std::deque<word> stream;              // in the stream's order
static size_t there;                         // words of it that have come
static unsigned stall;                       // of 256 clocks, those in which no word comes
static std::deque<gemm> todo;                // instructions not taken
static std::deque<uint8_t> posts;            // expected
static uint64_t take_at, first_at, last_at, post_at;
static bool fault;

#define CHECK(ok, ...)                                                                                                 \
    do {                                                                                                               \
        if (!(ok)) {                                                                                                   \
            printf("clock %llu: ", (unsigned long long)now);                                                           \
            printf(__VA_ARGS__);                                                                                       \
            printf("\n");                                                                                              \
            fault = true;                                                                                              \
        }                                                                                                              \
    } while (0)

static int find(bool head)
{
    for (size_t i = 0; i < there && i < 8; i++)
        if (stream[i].head == head)
            return (int)i;
    return -1;
}

static void clock_edge()
{
    top.clk_i = 0;
    top.eval();
    top.clk_i = 1;
    top.eval();
    now++;
}

// One clock: stream and instruction port driven, posts compared.
static void tick()
{
    for (int burst = 0; burst < 4; burst++)  // the FIFOs let the array catch up
        if (there < stream.size() && (random32() & 255) >= stall)
            there++;
    int plane = find(false), head = find(true);
    // As behind real FIFOs, a plane shows only when the header words before it do, and the window may hide it behind headers
    top.plane_valid_i = plane >= 0;
    top.plane_i = plane >= 0 ? stream[plane].bits : random32();
    top.head_valid_i = head >= 0;
    top.head_i = head >= 0 ? stream[head].bits : random32();
    top.insn_valid_i = !todo.empty();
    if (!todo.empty()) {
        const gemm &g = todo.front();
        const int32_t slot[6] = {g.slice, g.slices, g.cols, g.rows, g.acc, g.format};
        for (int i = 0; i < 6; i++)
            top.insn_i[i] = (uint32_t)slot[i];
        top.insn_i[6] = QN_OP_GEMM | (uint32_t)g.post << 16 | (uint32_t)g.accum << 24 | (uint32_t)g.unit << 25;
        top.insn_i[7] = 0x123 << 16;
    }
    top.clk_i = 0;
    top.eval();
    if (top.array_busy_o) {
        first_at = first_at ? first_at : now;
        last_at = now;
    }
    if (top.post_valid_o) {
        CHECK(!posts.empty() && posts.front() == top.post_o, "post %02x", top.post_o);
        if (!posts.empty())
            posts.pop_front();
        post_at = now;
    }
    bool take_plane = top.plane_valid_i && top.plane_ready_o, take_head = top.head_valid_i && top.head_ready_o;
    CHECK(!top.head_ready_o || top.head_valid_i, "a header is wanted that is not there");
    if (top.insn_valid_i && top.insn_ready_o) {
        todo.pop_front();
        take_at = now;
    }
    int high = plane > head ? plane : head, low = plane > head ? head : plane;
    bool take_high = plane > head ? take_plane : take_head, take_low = plane > head ? take_head : take_plane;
    if (take_high) {
        stream.erase(stream.begin() + high);
        there--;
    }
    if (take_low) {
        stream.erase(stream.begin() + low);
        there--;
    }
    top.clk_i = 1;
    top.eval();
    now++;
}

static void reset()
{
    top.rst_ni = 0;
    top.insn_valid_i = top.plane_valid_i = top.head_valid_i = 0;
    clock_edge();
    clock_edge();
    top.rst_ni = 1;
    stream.clear();
    there = 0;
    todo.clear();
    posts.clear();
}

static uint16_t random_half()
{
    uint32_t r = random32();
    return (uint16_t)(r % 13 == 0 ? r >> 16 : r % 5 == 0 ? (r >> 16) & 0x83ff : (r & 0x80000000) >> 16 | (0x2000 + ((r >> 8) & 0x1fff)));
}

// Slices ----------------------------------------------------------------------------------------------------------------------
static float random_scale()
{
    uint32_t r = random32();
    return r % 41 == 0 ? qn_float(operand(r)) : r % 7 == 0 ? 0.0f : qn_float(0x3a000000 + r % 0x05000000);
}

static void write_slices()
{
    for (int r = 0; r < ROWS; r++)
        for (int s = 0; s < SLICES; s++) {
            unsigned kind = random32() % 8;
            for (int k = 0; k < 32; k++)
                slices[r][s].code[k] = (int8_t)(kind == 0 ? -128 : kind == 1 ? 127 : random32());
            slices[r][s].scale = random_scale();
            slices[r][s].is_s = false;
        }
    for (int r = 0; r < ROWS;) {
        bool pair = r % 2 == 0 && random32() % 2;
        for (int s = 0; s < SLICES && !pair; s++) {
            slices[r][s].is_s = random32() % 3 == 0;
            slices[r][s].d = random_half();
            slices[r][s].s = random_half();
            if (slices[r][s].is_s)
                slices[r][s].scale = qn_half(slices[r][s].d);
        }
        for (int s = 0; s < SLICES; s++)
            for (int beat = 0; beat < 32 / LANES; beat++) {
                uint32_t word[2][2] = {};
                int sum[2][2] = {};
                for (int p = 0; p < (pair ? 2 : 1); p++) {
                    for (int k = 0; k < LANES; k++)
                        word[p][k / 4] |= (uint32_t)(uint8_t)slices[r + p][s].code[LANES * beat + k] << (8 * (k % 4));
                    for (int k = 0; k < 32; k++)
                        sum[p][k / 16] += slices[r + p][s].code[k];
                }
                top.qb_we_i = 1;
                top.qb_pair_i = pair;
                top.qb_row_i = r;
                top.qb_slice_i = s;
                top.qb_side_row_i = r;
                top.qb_side_slice_i = s;
                top.qb_s_i = slices[r][s].is_s;
                top.qb_beat_i = beat;
                word[1][0] |= pair ? 0 : random32();
                top.qb_data_i = LANES == 8 ? (uint64_t)word[0][1] << 32 | word[0][0] : word[0][0];
                top.qb_data2_i = LANES == 8 ? (uint64_t)word[1][1] << 32 | word[1][0] : word[1][0];
                top.qb_side_we_i = beat == 32 / LANES - 1;
                top.qb_scale_i = qn_bits(slices[r][s].scale);
                if (top.qb_s_i) {
                    top.qb_scale_i = (uint32_t)slices[r][s].s << 16 | slices[r][s].d;
                    sum[0][0] += sum[0][1];
                    sum[0][1] = (int)random32();
                }
                top.qb_sum_lo_i = sum[0][0] & 0x1fff;
                top.qb_sum_hi_i = sum[0][1] & 0x1fff;
                top.qb_scale2_i = pair ? qn_bits(slices[r + 1][s].scale) : random32();
                top.qb_sum2_lo_i = sum[1][0] & 0x1fff;
                top.qb_sum2_hi_i = sum[1][1] & 0x1fff;
                clock_edge();
            }
        r += pair ? 2 : 1;
    }
    top.qb_we_i = top.qb_side_we_i = 0;
}

// Accumulators ----------------------------------------------------------------------------------------------------------------
// Reads rows x cols from column `from` (rounded down); compares, or learns what is there.
static void read_acc(int rows, int from, int cols, bool learn)
{
    from -= from % DEQUANTS;
    for (int r = rows - 1; r >= 0; r--)
        for (int c = from; c < from + cols && c < ACC_COLS; c += DEQUANTS) {
            top.acc_re_i = 1;
            top.acc_row_i = r;
            top.acc_col_i = c;
            clock_edge();
            top.acc_re_i = 0;
            for (int i = 1; i < LAT_ACC; i++)
                clock_edge();
            for (int k = 0; k < DEQUANTS; k++) {
                uint32_t got = word_of(top.acc_data_o, k);
                if (learn)
                    acc[r][c + k] = qn_float(got);
                else if (!fault)
                    CHECK(got == qn_bits(acc[r][c + k]), "row %d column %d: got %08x, want %08x", r, c + k, got,
                          qn_bits(acc[r][c + k]));
            }
        }
}

// GEMM by its definition, while its stream is made up ------------------------------------------------------------------------
static void expect(const gemm &g)
{
    const qn_fmt *f = g.f;
    std::vector<uint32_t> code(g.cols * 32);
    std::vector<int32_t> i1(ROWS * g.cols), i2(ROWS * g.cols);
    for (int s = 0; s < g.slices; s++) {
        bool first = s % f->block == 0, last = s % f->block == f->block - 1;
        for (int pair = 0; pair < g.cols; pair += 2) {
            uint16_t sub[2] = {(uint16_t)random32(), (uint16_t)random32()};
            uint16_t d[2] = {random_half(), random_half()}, m[2] = {random_half(), random_half()};
            if (f->head == 3)
                for (int c = 0; c < 2; c++)
                    d[c] = (uint16_t)(qn_bits(random_scale()) >> 16);
            if (qn_fmt_sub_word(f))
                stream.push_back({true, (uint32_t)sub[1] << 16 | sub[0]});
            if (last && f->head == 2) {
                stream.push_back({true, (uint32_t)m[0] << 16 | d[0]});
                stream.push_back({true, (uint32_t)m[1] << 16 | d[1]});
            } else if (last && f->head) {
                stream.push_back({true, (uint32_t)d[1] << 16 | d[0]});
            }
            for (int c = 0; c < 2; c++) {
                int32_t w[32];
                unsigned kind = random32() % 8;
                for (int k = 0; k < 32; k++) {
                    uint32_t bits = (kind == 0 ? 1u << (f->planes - 1) : kind == 1 ? ~0u : random32()) & ((1u << f->planes) - 1);
                    if (const qn_book *book = qn_fmt_paired(f) ? NULL : qn_book_find(f->store))
                        bits = (uint32_t)book->value[random32() % (1u << book->code)] & ((1u << f->planes) - 1);
                    code[32 * (pair + c) + k] = bits;
                    w[k] = f->sign && bits >> (f->planes - 1) ? (int32_t)bits - (1 << f->planes) : (int32_t)bits;
                    w[k] = f->sign == QN_ODD ? 2 * w[k] + 1 : w[k];
                }
                for (int p = f->planes - 1; p >= 0; p--) {
                    uint32_t plane = 0;
                    for (int k = 0; k < 32; k++)
                        plane |= (code[32 * (pair + c) + k] >> p & 1) << k;
                    stream.push_back({false, plane});
                }
                for (int r = 0; r < g.rows; r++) {
                    int32_t lo = 0, hi = 0, asum_lo = 0, asum_hi = 0;
                    for (int k = 0; k < 32; k++) {
                        int32_t a = g.unit ? 32 * s + k == g.slice + r : slices[r][g.slice + s].code[k];
                        (k < 16 ? lo : hi) += a * w[k];
                        (k < 16 ? asum_lo : asum_hi) += a;
                    }
                    bool is_s = !g.unit && slices[r][g.slice + s].is_s;
                    if (is_s)
                        asum_lo = 1, asum_hi = 0;
                    int32_t &x1 = i1[r * g.cols + pair + c], &x2 = i2[r * g.cols + pair + c];
                    if (first)
                        x1 = x2 = 0;
                    uint8_t low = (uint8_t)sub[c], high = (uint8_t)(sub[c] >> 8);
                    switch (f->sub) {
                    case 0: x1 += lo + hi, x2 += asum_lo + asum_hi; break;
                    case 1: x1 += low * (lo + hi), x2 += high * (asum_lo + asum_hi); break;
                    case 2: x1 += (int8_t)low * lo + (int8_t)high * hi; break;
                    case 3: x1 += (low & 15) * lo + (low >> 4) * hi, x2 += (high & 15) * asum_lo + (high >> 4) * asum_hi; break;
                    default: x1 += lo, x2 += hi; break;
                    }
                    if (!last)
                        continue;
                    float sa = g.unit ? 1.0f : slices[r][g.slice + s].scale, *sum = &acc[r][g.acc + pair + c];
                    float dd = f->head == 3 ? qn_float((uint32_t)d[c] << 16) : qn_half(d[c]);
                    if (s == f->block - 1 && !g.accum)
                        *sum = 0;
                    *sum = qn_fadd(*sum, qn_imul(x1, f->head ? qn_fmul(dd, sa) : sa));
                    if (f->head == 2)
                        *sum = qn_fsub(*sum, qn_imul(x2, qn_fmul(qn_half(m[c]), is_s && f->sub == 0 ? qn_half(slices[r][g.slice + s].s) : sa)));
                }
            }
        }
    }
}

static gemm random_gemm()
{
    gemm g;
    static gemm before;
    const bool on = before.cols && random32() % 3 == 0;  // goes on with the columns of the one before, in few planes now and then
    g.f = qn_fmt_find(on && random32() % 2 ? QN_FMT_S1 + random32() % 2 : 1 + random32() % QN_FMTS);
    g.format = g.f->id;
    g.slices = g.f->block * (1 + (int)(random32() % (g.f->block == 1 ? 6 : 2)));
    g.rows = random32() % 3 == 0 ? ROWS : 1 + (int)(random32() % ROWS);
    g.cols = 2 * (1 + (int)(random32() % (random32() % 4 ? 4 : 40)));
    g.acc = random32() % 2 ? (int)(random32() % 8) : (int)(random32() % (ACC_COLS - g.cols + 1));
    if (on) {
        g.cols = before.cols;
        g.acc = before.acc;
    }
    before = g;
    g.accum = random32() % 2;
    g.unit = random32() % 4 == 0;
    g.slice = (int)(g.unit ? random32() % (32 * g.slices) : random32() % (SLICES - g.slices + 1));
    g.post = (uint8_t)random32();
    return g;
}

static void give(const gemm &g)
{
    expect(g);
    todo.push_back(g);
    posts.push_back(g.post);
}

static void finish(uint64_t limit)
{
    for (uint64_t end = now + limit; !posts.empty() && !fault; tick())
        if (now > end) {
            CHECK(false, "no post");
            return;
        }
    CHECK(fault || (stream.empty() && todo.empty()), "words are left over");
}

// The clock law: first plane, last plane and post of one instruction whose words are all there.
static void check_law(const gemm &g)
{
    const qn_element *e = qn_element_at(ELEMENT);
    int load_clocks = (int)(e->pair_clocks * ((g.rows + 1) / 2) + e->tail_clocks), groups = (g.rows + DEQUANTS - 1) / DEQUANTS;
    uint64_t t = take_at + load_clocks + 4, start = 0, last = 0, slots = 0;
    CHECK(first_at == t, "first plane %d clocks after the instruction, not %d", (int)(first_at - take_at), load_clocks + 4);
    for (int s = 0; s < g.slices; s++) {
        if (s) {
            int wait = DEQUANT_LAT - g.cols * g.f->planes * PARTS;
            t = last + PARTS + (wait > 0 ? wait : 0);
            t = t < start + load_clocks + 2 ? start + load_clocks + 2 : t;
        }
        start = t;
        for (int c = 0; c < g.cols; c++) {
            uint64_t end = t + (g.f->planes - 1) * PARTS;
            last = end < last + slots ? last + slots : end;
            slots = groups * (g.f->head == 2 && s % g.f->block == g.f->block - 1 ? 2 : 1);
            t = last + PARTS;
        }
    }
    CHECK(last_at == last, "last plane %d clocks after the first, not %d", (int)(last_at - first_at), (int)(last - first_at));
    int mul = LAT_FMUL > 3 ? LAT_FMUL : 3;
    uint64_t post = last + 4 + PARTS + slots + mul + LAT_IMUL + LAT_FADD + (g.f->head == 2 ? LAT_FADD + 2 : 0);
    CHECK(post_at == post, "post %d clocks after the last plane, not %d", (int)(post_at - last_at), (int)(post - last));
}

static void check_trap(gemm g, unsigned cause, int32_t value)
{
    reset();
    todo.push_back(g);
    for (int i = 0; i < 6; i++)
        tick();
    CHECK(top.trap_valid_o && top.trap_cause_o == cause && top.trap_addr_o == (uint32_t)value && top.trap_pc_o == 0x123,
          "trap %d cause %d value %d", top.trap_valid_o, top.trap_cause_o, (int)top.trap_addr_o);
    CHECK(!top.insn_ready_o && !top.idle_o, "the unit goes on after a trap");
}

int main(int argc, char **argv)
{
    Verilated::commandArgs(argc, argv);
    random_start();
    const char *text = getenv("QN_ROUNDS");
    int rounds = text ? atoi(text) : 150;
    unsigned count = 0;
    top.acc_re_i = top.qb_we_i = top.qb_side_we_i = 0;
    reset();
    uint64_t begin = now;
    for (int round = 0; round < rounds && !fault; round++) {
        if (round % 8 == 0)
            write_slices();
        if (round % 5 == 4) {                // in the middle of a run: reset
            for (int i = 0; i < 3; i++)
                give(random_gemm());
            stall = random32() % 256;
            for (int i = (int)(random32() % 600); i > 0; i--)
                tick();
            reset();
            CHECK(top.idle_o == 1, "not idle after reset");
        }
        read_acc(ROWS, 0, ACC_COLS, true);
        if (round % 2) {                     // back to back
            static const unsigned stalls[] = {0, 40, 160, 250};
            stall = stalls[random32() % 4];
            for (int i = 0; i < 12; i++, count++)
                give(random_gemm());
            finish(2000000);
        } else {                             // one, with all words there, and its sums read as soon as the post says so
            for (int i = 0; i < 8 && !fault; i++, count++) {
                gemm g = random_gemm();
                give(g);
                there = stream.size();
                first_at = 0;
                finish(100000);
                check_law(g);
                read_acc(g.rows, g.acc, g.cols, false);
                CHECK(fault || top.idle_o == 1, "not idle after the post");
                if (fault)
                    printf("  %s slice=%d slices=%d cols=%d rows=%d acc=%d accum=%d unit=%d\n", g.f->name, g.slice, g.slices, g.cols,
                           g.rows, g.acc, g.accum, g.unit);
            }
        }
        if (!fault)
            read_acc(ROWS, 0, ACC_COLS, false);
    }
    if (!fault) {
        const gemm good = {qn_fmt_find(QN_FMT_K4), 0, 8, 4, 3, 0, QN_FMT_K4, false, false, 0};
        gemm g;
#define TRAP(cause, field, value) (g = good, g.field = value, check_trap(g, cause, value))
        TRAP(QN_TRAP_FIELD, format, 0), TRAP(QN_TRAP_FIELD, format, QN_FMTS + 1), TRAP(QN_TRAP_FIELD, format, 128 + QN_FMT_K4);
        TRAP(QN_TRAP_FIELD, slices, 0), TRAP(QN_TRAP_FIELD, slices, 4), TRAP(QN_TRAP_FIELD, slices, -8);
        TRAP(QN_TRAP_FIELD, cols, 0), TRAP(QN_TRAP_FIELD, cols, 3), TRAP(QN_TRAP_FIELD, cols, -2);
        TRAP(QN_TRAP_FIELD, rows, 0), TRAP(QN_TRAP_FIELD, rows, ROWS + 1), TRAP(QN_TRAP_FIELD, rows, -1);
        TRAP(QN_TRAP_BUFFER, slice, -1), TRAP(QN_TRAP_BUFFER, slice, SLICES - 7);
        TRAP(QN_TRAP_BUFFER, acc, -1), TRAP(QN_TRAP_BUFFER, acc, ACC_COLS - 3);
        reset();
        read_acc(ROWS, 0, ACC_COLS, true);
        g = good;
        g.slice = SLICES - 8, g.acc = ACC_COLS - 4;
        give(g);
        finish(10000);
        read_acc(ROWS, 0, ACC_COLS, false);
    }
    printf("%u instructions, %llu clocks\n", count, (unsigned long long)(now - begin));
    return fault;
}
