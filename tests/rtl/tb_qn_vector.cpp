// SPDX-License-Identifier: Apache-2.0
// qn_vector against the definitions in rtl/spec, computed here with the scalar functions of the C model: random VEC, QUANT, EMBED and LOGIT
// in batches that start while their predecessors drain, with load and store traffic beside them; every word of the buffer, code, scale,
// sum, digest and pick is compared, and so is the clock of every post with the formulas of rtl/README.md. Then instructions that trap.
// Written for the parameters below; tb_qn_vector_mini.cpp sets others.
#include "Vqn_vector.h"
#include "tests/rtl/num_bench.h"

#include <cstring>
#include <deque>
#include <string>
#include <vector>

extern "C" {
#include "rtl/spec/qn_isa.h"
}

#ifndef LANES
enum { LANES = 8, FUNCS = 2, DEQUANTS = 4, ROWS = 16, VB = 24576 };
#endif
enum { COLS = 256, SLICES = 64, GUEST = 512, WORK = VB - GUEST, GROUPS = LANES / DEQUANTS, TURNS = LANES / FUNCS };

static Vqn_vector top;
static uint64_t now;
static bool failed;

#define FAIL(...) (printf("clock %llu: ", (unsigned long long)now), printf(__VA_ARGS__), printf("\n"), failed = true)

static uint32_t below(uint32_t n)
{
    return random32() % n;
}

// Ports wider than 64 bits are arrays of words, narrower ones are integers
template <size_t N> static void put_word(VlWide<N> &port, int i, uint32_t v) { port[i] = v; }
static inline void put_word(uint64_t &port, int i, uint32_t v) { port = (port & ~(0xffffffffull << 32 * i)) | (uint64_t)v << 32 * i; }

// What should be ------------------------------------------------------------------------------------------------------------

struct state {
    uint32_t vb[VB];
    int8_t code[ROWS][SLICES][32];
    uint32_t scale[ROWS][SLICES];
    int sum[ROWS][SLICES][2];    // or Q8_1's s as FP32, and IS_S plus the sum of all
    uint32_t digest_a, digest_b, pick, pick_value;
    bool picked, nonfinite;
};
enum { IS_S = 1 << 20 };
static state want, got;
static uint32_t acc[ROWS][COLS];

struct insn {
    qn_insn x;
    int32_t v[6];
    uint32_t pc;
    uint64_t clocks;      // from start to post
};

#define V(slot) in.v[QN_SLOT_##slot]

static std::string text(const insn &in)
{
    char out[200];
    snprintf(out, sizeof out, "%s flags %02x %04x slots %d %d %d %d %d %08x", qn_op_name(in.x.w[0] & 255), in.x.w[0] >> 24, in.x.w[1] >> 16,
             in.v[0], in.v[1], in.v[2], in.v[3], in.v[4], (unsigned)in.v[5]);
    return out;
}

static uint32_t acc_at(int32_t addr)
{
    return acc[addr / 1024][addr % 1024];
}

static void do_vec(insn &in)
{
    int n = V(VEC_N), rows = V(VEC_ROWS), fn = QN_GET(in.x, VEC, FN), perm = QN_GET(in.x, VEC, PERM);
    bool from_acc = QN_GET(in.x, VEC, ACC), scalar = QN_GET(in.x, VEC, BSCALAR), two = fn <= QN_VEC_MAX;
    int raw = in.v[5], dstride = 8 * (int)QN_GETRAW(raw, VEC, DSTRIDE), astride = 8 * (int)QN_GETRAW(raw, VEC, ASTRIDE);
    int bstride = 8 * (int)QN_GETRAW(raw, VEC, BSTRIDE);
    std::vector<uint32_t> row(n > 0 ? n : 0);
    for (int r = 0; r < rows; r++) {
        for (int i = 0; i < n; i++) {
            int at = V(VEC_A) + astride * r + (i ^ perm);
            uint32_t au = from_acc ? acc_at(at) : want.vb[at];
            uint32_t bu = two ? want.vb[V(VEC_B) + bstride * r + (scalar ? i % 8 : i)] : 0;
            float a = qn_float(au), b = qn_float(bu);
            switch (fn) {
            case QN_VEC_ADD: row[i] = qn_bits(qn_fadd(a, b)); break;
            case QN_VEC_SUB: row[i] = qn_bits(qn_fsub(a, b)); break;
            case QN_VEC_MUL: row[i] = qn_bits(qn_fmul(a, b)); break;
            case QN_VEC_MAX: row[i] = qn_bits(qn_fmax(a, b)); break;
            case QN_VEC_MOV: row[i] = au; break;
            case QN_VEC_EXP: row[i] = qn_bits(qn_exp(a)); break;
            case QN_VEC_EXPN: row[i] = qn_bits(qn_exp(-a)); break;
            case QN_VEC_RECIP: row[i] = qn_bits(qn_recip(a)); break;
            case QN_VEC_RSQRT: row[i] = qn_bits(qn_rsqrt(a)); break;
            default: row[i] = i < (int64_t)V(VEC_B) + (QN_GET(in.x, VEC, STEP) ? r : 0) ? au : 0xff800000; break;
            }
        }
        for (int i = 0; i < n; i++)
            want.vb[V(VEC_DST) + dstride * r + i] = row[i];
    }
    if (n <= 0 || rows <= 0) {
        in.clocks = 4;
        return;
    }
    uint64_t beats = (uint64_t)rows * ((n + LANES - 1) / LANES);
    bool func = fn >= QN_VEC_EXP && fn <= QN_VEC_RSQRT;
    uint64_t reads = from_acc ? GROUPS : 1, pace = func ? TURNS : reads;
    uint64_t lat = func ? TURNS - 1 + LAT_FUNC : fn <= QN_VEC_SUB ? LAT_FADD : fn == QN_VEC_MUL ? LAT_FMUL : 0;
    in.clocks = (beats - 1) * pace + reads + (from_acc ? LAT_ACC + 1 : 2) + lat + 1;
}

static void do_quant(insn &in)
{
    int n = V(QUANT_N), rows = V(QUANT_ROWS), block = 32 << QN_GET(in.x, QUANT, BLOCK);
    bool wide = QN_GET(in.x, QUANT, WIDE), record = QN_GET(in.x, QUANT, RECORD), ggml = QN_GET(in.x, QUANT, GGML), coarse = QN_GET(in.x, QUANT, COARSE);
    int lo = QN_GETRAW(in.v[4], QUANT, LO), hi = QN_GETRAW(in.v[4], QUANT, HI);
    int dstride = 8 * (int)QN_GETRAW(in.v[5], QUANT, DSTRIDE), astride = 8 * (int)QN_GETRAW(in.v[5], QUANT, ASTRIDE);
    for (int r = 0; r < rows; r++)
        for (int at = 0; at < n; at += block) {
            float x[256];
            int16_t q[256];
            int nonfinite = 0;
            for (int i = 0; i < block; i++)
                x[i] = at + i >= lo && at + i < hi ? qn_float(want.vb[V(QUANT_A) + astride * r + at + i]) : 0;
            float s8_1 = 0, s = ggml && !record && block == 32 ? qn_quant_q8_1(x, q, &s8_1, &nonfinite) : ggml && !record ? qn_quant_q8_k(x, q, &nonfinite)
                     : coarse ? qn_quant_coarse(x, block, wide ? 16 : 8, q, &nonfinite)
                     : qn_quant_block(x, block, wide ? 16 : 8, !record ? QN_SCALE_FP32 : ggml ? QN_SCALE_BF16_NEAR : QN_SCALE_BF16_UP, q, &nonfinite);
            want.nonfinite |= nonfinite;
            if (record) {
                int base = V(QUANT_DST) + dstride * r;
                uint8_t *high = (uint8_t *)&want.vb[base + at / 32 * (wide ? 16 : 8)], *low = high + 32;
                for (int i = 0; i < 32; i++) {
                    high[i] = wide ? (uint16_t)q[i] >> 8 : (uint8_t)q[i];
                    if (wide)
                        low[i] = (uint8_t)q[i];
                }
                want.vb[base + n / 32 * (wide ? 16 : 8) + at / 32] = qn_bits(s);
                continue;
            }
            for (int i = 0; i < block; i++) {
                int row = V(QUANT_DST) / 1024 + r, slice = V(QUANT_DST) % 1024 + (at + i) / 32, k = i % 32;
                int high = wide ? (q[i] + 128) >> 8 : q[i], low = q[i] - 256 * high;
                if (wide)
                    row *= 2;
                if (k % 16 == 0)
                    want.sum[row][slice][k / 16] = 0;
                want.sum[row][slice][k / 16] += high;
                want.code[row][slice][k] = (int8_t)high;
                want.scale[row][slice] = qn_bits(wide ? qn_fmul(s, 256) : s);
                if (wide) {
                    if (k % 16 == 0)
                        want.sum[row + 1][slice][k / 16] = 0;
                    want.sum[row + 1][slice][k / 16] += low;
                    want.code[row + 1][slice][k] = (int8_t)low;
                    want.scale[row + 1][slice] = qn_bits(s);
                }
                if (ggml && block == 32 && k == 31) {
                    want.sum[row][slice][1] += want.sum[row][slice][0] + IS_S;
                    want.sum[row][slice][0] = (int)qn_bits(s8_1);
                }
            }
        }
    if (n <= 0 || rows <= 0) {
        in.clocks = 4;
        return;
    }
    uint64_t pace = record ? 4 : 1, beats = (uint64_t)rows * n / LANES, first = block / LANES;
    in.clocks = (first - 1) * pace + LAT_FMUL + LAT_FUNC + 6 + (beats - 1) * pace + LAT_FMUL + LAT_FADD + (record ? 7 : 6);
    if (ggml && !record)
        in.clocks += block == 32 ? LAT_QUOT + LAT_FMUL + 4 : LAT_FUNC + 2 * LAT_QUOT + 1;
}

static void do_embed(insn &in)
{
    int n = V(EMBED_N), rows = V(EMBED_ROWS);
    for (int r = 0; r < rows; r++)
        for (int i = 0; i < n; i++)
            want.vb[V(EMBED_DST) + r + i * V(EMBED_STEP)] = acc[r][V(EMBED_A) + 2 * i];
    in.clocks = n > 0 && rows > 0 ? (uint64_t)n * rows + LAT_ACC + 3 : 4;
}

static void do_logit(insn &in)
{
    int n = V(LOGIT_N);
    bool from_acc = QN_GET(in.x, LOGIT, ACC);
    if (n > 0 && QN_GET(in.x, LOGIT, FIRST))
        want.picked = false;
    for (int i = 0; i < n; i++) {
        uint32_t v = from_acc ? acc_at(V(LOGIT_A) + i) : want.vb[V(LOGIT_A) + i];
        if (!want.picked || qn_float(v) > qn_float(want.pick_value)) {
            want.pick = (uint32_t)V(LOGIT_INDEX) + i;
            want.pick_value = v;
            want.picked = true;
        }
        want.digest_a += v;
        want.digest_b += want.digest_a;
    }
    in.clocks = n > 0 ? (uint64_t)n + (from_acc ? LAT_ACC + 1 : 2) + 2 : 4;
}

static void execute(insn &in)
{
    switch (in.x.w[0] & 255) {
    case QN_OP_VEC: do_vec(in); break;
    case QN_OP_QUANT: do_quant(in); break;
    case QN_OP_EMBED: do_embed(in); break;
    default: do_logit(in); break;
    }
}

static bool nothing(const insn &in)
{
    unsigned op = in.x.w[0] & 255;
    int n = op == QN_OP_VEC ? V(VEC_N) : op == QN_OP_QUANT ? V(QUANT_N) : op == QN_OP_EMBED ? V(EMBED_N) : V(LOGIT_N);
    int rows = op == QN_OP_VEC ? V(VEC_ROWS) : op == QN_OP_QUANT ? V(QUANT_ROWS) : op == QN_OP_EMBED ? V(EMBED_ROWS) : 1;
    return n <= 0 || rows <= 0;
}

// Clocks of S + 1 .. P in which stores (bit 0) or loads (bit 1) must wait: rtl/README.md
static std::vector<uint8_t> ports(const insn &in)
{
    std::vector<uint8_t> at(in.clocks + 1);
    if (nothing(in))
        return at;
    uint64_t P = in.clocks;
    switch (in.x.w[0] & 255) {
    case QN_OP_VEC: {
        unsigned fn = QN_GET(in.x, VEC, FN);
        bool from_acc = QN_GET(in.x, VEC, ACC), func = fn >= QN_VEC_EXP && fn <= QN_VEC_RSQRT;
        uint64_t beats = (uint64_t)V(VEC_ROWS) * ((V(VEC_N) + LANES - 1) / LANES), pace = func ? TURNS : from_acc ? GROUPS : 1;
        for (uint64_t k = 0; k < beats; k++) {
            if (fn <= QN_VEC_MAX)
                at[1 + k * pace + (from_acc ? GROUPS - 1 + LAT_ACC - 1 : 0)] |= 1;
            at[P - (beats - 1 - k) * pace] |= 2;
        }
        break;
    }
    case QN_OP_QUANT: {
        bool record = QN_GET(in.x, QUANT, RECORD), wide = QN_GET(in.x, QUANT, WIDE);
        uint64_t pace = record ? 4 : 1, beats = (uint64_t)V(QUANT_ROWS) * V(QUANT_N) / LANES;
        uint64_t first = pace * ((32 << QN_GET(in.x, QUANT, BLOCK)) / LANES - 1) + LAT_FMUL + LAT_FUNC + 6;
        if (QN_GET(in.x, QUANT, GGML) && !record)
            first += QN_GET(in.x, QUANT, BLOCK) ? LAT_FUNC + 2 * LAT_QUOT + 1 : LAT_QUOT;
        for (uint64_t k = 0; k < beats; k++) {
            uint64_t w = first + 4 * k + LAT_FMUL + LAT_FADD + 5;
            at[first + k * pace] |= 1;
            if (record)
                at[w] |= 2;
            if (record && wide)
                at[w + 1] |= 2;
            if (record && k % (32 / LANES) == 32 / LANES - 1)
                at[w + 2] |= 2;
        }
        break;
    }
    case QN_OP_EMBED:
        for (int k = 0; k < V(EMBED_N) * V(EMBED_ROWS); k++)
            at[P - k] |= 2;
        break;
    default: break;
    }
    return at;
}

// The clock -----------------------------------------------------------------------------------------------------------------

static std::deque<insn> queue, flying;
static uint64_t taken_at, post_at;           // of the instruction in the register; last post
static std::deque<uint64_t> taken;
static uint64_t acc_pipe_addr[8];
static bool acc_pipe[8], traffic = true;
static int traffic_loads, traffic_stores, posts;
static bool store_due;
static uint32_t store_addr;
static uint8_t blocked[1 << 16];             // as `ports`, of the last clocks
static bool trap_said;
static int trap_cause = -1;
static uint32_t trap_addr, trap_pc;
// A word to load or read at once, for the bench itself
static bool own_load, own_store, own_done;
static uint32_t own_addr, own_data;

static void tick()
{
    top.clk_i = 0;
    // instruction
    bool offer = !queue.empty() && below(8);
    top.insn_valid_i = offer;
    for (int w = 0; w < 8; w++)
        top.insn_i[w] = random32();
    top.insn_i[7] &= 0xfffffff;
    if (offer) {
        const insn &in = queue.front();
        for (int w = 0; w < 6; w++)
            top.insn_i[w] = in.v[w];
        top.insn_i[6] = in.x.w[0];
        top.insn_i[7] = in.x.w[1] >> 16 | in.pc << 16;
    }
    // accumulators answer LAT_ACC clocks later, garbage otherwise
    for (int d = 0; d < DEQUANTS; d++) {
        uint64_t at = acc_pipe_addr[LAT_ACC];
        put_word(top.acc_data_i, d, acc_pipe[LAT_ACC] && at / 1024 < ROWS && at % 1024 + d < COLS ? acc[at / 1024][at % 1024 + d] : random32());
    }
    // load and store traffic in the guests' words
    top.ld_valid_i = own_load || (traffic && below(2));
    top.ld_addr_i = own_load ? own_addr : WORK + below(GUEST);
    top.ld_data_i = own_load ? own_data : random32();
    top.st_valid_i = own_store || (traffic && below(2));
    top.st_addr_i = own_store ? own_addr : WORK + below(GUEST);
    if (top.st_addr_i == top.ld_addr_i)      // undefined in the same clock
        (own_store ? top.ld_valid_i : top.st_valid_i) = 0;
    top.eval();

    blocked[now % sizeof blocked] = !top.st_ready_o | !top.ld_ready_o << 1;
    if (top.st_valid_o != store_due)
        FAIL("store port: valid %d, want %d", top.st_valid_o, store_due);
    if (store_due && top.st_data_o != want.vb[store_addr])
        FAIL("store port: word %u is %08x, want %08x", store_addr, top.st_data_o, want.vb[store_addr]);
    store_due = top.st_valid_i && top.st_ready_o && top.rst_ni;
    store_addr = top.st_addr_i;
    traffic_stores += store_due && !own_store;
    own_done = false;
    if (top.ld_valid_i && top.ld_ready_o) {
        if (!own_load)
            want.vb[top.ld_addr_i] = top.ld_data_i;
        own_done = own_load;
        traffic_loads += !own_load;
    }
    if (own_store)
        own_done = store_due;

    // accumulators
    for (int i = LAT_ACC; i > 1; i--) {
        acc_pipe[i] = acc_pipe[i - 1];
        acc_pipe_addr[i] = acc_pipe_addr[i - 1];
    }
    acc_pipe[1] = top.acc_re_o;
    acc_pipe_addr[1] = top.acc_row_o * 1024u + top.acc_col_o;
    // slices
    if (top.qb_we_o)
        for (int pair = 0; pair <= top.qb_pair_o; pair++)
            for (int i = 0; i < LANES; i++)
                got.code[top.qb_row_o + pair][top.qb_slice_o][top.qb_beat_o * LANES + i] =
                    (int8_t)((pair ? top.qb_data2_o : top.qb_data_o) >> 8 * i);
    if (top.qb_side_we_o) {
        int r = top.qb_side_row_o, s = top.qb_side_slice_o;
        got.scale[r][s] = top.qb_scale_o;
        got.sum[r][s][0] = (int16_t)(top.qb_sum_lo_o << 3) >> 3;
        got.sum[r][s][1] = (int16_t)(top.qb_sum_hi_o << 3) >> 3;
        if (top.qb_s_o) {
            got.scale[r][s] = qn_bits(qn_half((uint16_t)top.qb_scale_o));
            got.sum[r][s][0] = (int)qn_bits(qn_half((uint16_t)(top.qb_scale_o >> 16)));
            got.sum[r][s][1] = IS_S + ((int16_t)(top.qb_sum_lo_o << 3) >> 3);
        }
        if (top.qb_pair_o) {
            got.scale[r + 1][s] = top.qb_scale2_o;
            got.sum[r + 1][s][0] = (int16_t)(top.qb_sum2_lo_o << 3) >> 3;
            got.sum[r + 1][s][1] = (int16_t)(top.qb_sum2_hi_o << 3) >> 3;
        }
    }
    // instructions
    if (top.post_valid_o) {
        if (flying.empty())
            FAIL("post without an instruction");
        else {
            const insn &in = flying.front();
            unsigned post = in.x.w[0] >> 16 & 255;
            uint64_t start = taken.front() + 1 > post_at ? taken.front() + 1 : post_at;
            if (top.post_o != post)
                FAIL("post %02x, want %02x", top.post_o, post);
            if (now != start + in.clocks)
                FAIL("%s posted %llu clocks after its start, want %llu", text(in).c_str(), (unsigned long long)(now - start),
                     (unsigned long long)in.clocks);
            else {
                std::vector<uint8_t> at = ports(in);
                for (uint64_t i = 1; i <= in.clocks; i++)
                    if (blocked[(start + i) % sizeof blocked] != at[i])
                        FAIL("%s: ports %d at %llu of %llu, want %d", text(in).c_str(), blocked[(start + i) % sizeof blocked],
                             (unsigned long long)i, (unsigned long long)in.clocks, at[i]);
            }
            flying.pop_front();
            taken.pop_front();
        }
        post_at = now;
        posts++;
    }
    if (trap_said) {                                       // cause and address come a clock after it
        trap_cause = top.trap_cause_o;
        trap_addr = top.trap_addr_o;
    }
    trap_said = top.trap_valid_o;
    if (top.trap_valid_o) {
        if (trap_cause >= 0)
            FAIL("second trap");
        trap_pc = top.trap_pc_o;
        flying.clear();
        taken.clear();
    }
    if (offer && top.insn_ready_o) {
        flying.push_back(queue.front());
        taken.push_back(now);
        queue.pop_front();
    }
    top.clk_i = 1;
    top.eval();
    now++;
}

static void load(uint32_t addr, uint32_t data)
{
    want.vb[addr] = data;
    own_load = true;
    own_addr = addr;
    own_data = data;
    do
        tick();
    while (!own_done);
    own_load = false;
}

// Reads a word through the store port; tick() compares it one clock later.
static void check_word(uint32_t addr)
{
    own_store = true;
    own_addr = addr;
    do
        tick();
    while (!own_done);
    own_store = false;
}

static void reset()
{
    top.rst_ni = 0;
    tick();
    top.rst_ni = 1;
    flying.clear();
    taken.clear();
    trap_said = false;
    trap_cause = -1;
}

static void run()
{
    for (int i = 0; i < 40000 && (!queue.empty() || !flying.empty()); i++)
        tick();
    if (!queue.empty() || !flying.empty())
        FAIL("%zu instructions never ended", queue.size() + flying.size());
    top.eval();
    if (!top.idle_o || top.busy_o)
        FAIL("not idle");
    if (trap_cause >= 0)
        FAIL("trap %d at %08x by %u where none should be", trap_cause, trap_addr, trap_pc);
}

static void compare_all(const char *what)
{
    if (memcmp(want.code, got.code, sizeof want.code))
        FAIL("%s: codes differ", what);
    if (memcmp(want.scale, got.scale, sizeof want.scale))
        FAIL("%s: scales differ", what);
    if (memcmp(want.sum, got.sum, sizeof want.sum))
        FAIL("%s: sums differ", what);
    if (top.digest_a_o != want.digest_a || top.digest_b_o != want.digest_b)
        FAIL("%s: digest %08x %08x, want %08x %08x", what, top.digest_a_o, top.digest_b_o, want.digest_a, want.digest_b);
    if (top.pick_o != want.pick || top.pick_value_o != want.pick_value)
        FAIL("%s: pick %u %08x, want %u %08x", what, top.pick_o, top.pick_value_o, want.pick, want.pick_value);
    if (top.nonfinite_o != want.nonfinite)
        FAIL("%s: nonfinite %d, want %d", what, top.nonfinite_o, want.nonfinite);
}

// Random instructions -------------------------------------------------------------------------------------------------------

static uint32_t value(int kind)
{
    uint32_t r = random32();
    switch (kind) {
    case 0: return operand(0x3f800000);                                  // anything
    case 1: return (r & 0x80000000) | ((118u + below(16)) << 23) | (r & 0x7fffff);  // around 1
    case 2: return below(40) ? (r & 0x80000000) | ((118u + below(16)) << 23) | (r & 0x7fffff) : edges[below(EDGES)];
    case 3: return (r & 0x80000000) | ((20u + below(12)) << 23) | (r & 0x7fffff);   // around the quantizer's zero
    case 4: return (r & 0x80000000) | 0x3f800000 | (r & 0x70000);        // few bits: ties
    case 5: return (r & 0x80000000) | ((107u + below(12)) << 23) | (r & 0x7fffff);  // around FP16's least scale
    case 6: return qn_bits(below(32) ? (int)(r % 255 - 127) * 0.5f : 127.0f); // halves of a code
    default: return (r & 0x80000000) | ((146u + below(5)) << 23) | (r & 0x7fffff);  // around FP16's largest
    }
}

struct region {
    uint32_t at, n;
};
static std::vector<region> written;

static void fill(uint32_t at, uint32_t n, int kind)
{
    for (uint32_t i = 0; i < n; i++)
        load(at + i, value(kind));
}

static insn begin(enum qn_op op)
{
    insn in;
    memset(&in, 0, sizeof in);
    qn_insn_op(&in.x, op);
    qn_insn_put(&in.x, QN_INSN_WAIT0_LSB, 4, random32() & 15);
    qn_insn_put(&in.x, QN_INSN_POST0_LSB, 4, random32() & 15);
    qn_insn_put(&in.x, QN_INSN_POST1_LSB, 4, random32() & 15);
    in.pc = below(4096);
    return in;
}

static const uint32_t THIRD = WORK / 3 / 8 * 8;

static insn random_vec()
{
    insn in = begin(QN_OP_VEC);
    unsigned fn = below(QN_VEC_COUNT), perm = below(3) ? 0 : 1u << below(3), n, rows = 1 + below(6);
    bool from_acc = !perm && !below(3);
    n = 1 + below(below(3) ? 40 : 200);
    if (perm)
        n = (n + 7) / 8 * 8;
    unsigned groups = (n + 7) / 8, dstride = groups + below(3), astride = below(2) ? dstride : below(groups + 4), bstride = below(groups + 4);
    if (!below(20))
        dstride = 400 - below(20);
    if (!below(20))
        bstride = 300;
    uint32_t dst = below(THIRD / 8) * 8, a = THIRD + below(THIRD / 8) * 8, b = 2 * THIRD + below(THIRD / 8) * 8;
    while (dst + 8 * dstride * (rows - 1) + n > THIRD)
        dst = below(THIRD / 8) * 8, rows = 1 + below(rows);
    while (a + 8 * astride * (rows - 1) + n > 2 * THIRD)
        a = THIRD + below(8) * 8, astride /= 2;
    while (b + 8 * bstride * (rows - 1) + n > 3 * THIRD)
        b = 2 * THIRD + below(8) * 8, bstride /= 2;
    if (from_acc) {
        unsigned row = below(ROWS), down = below(3), right = below(3);
        rows = rows > ROWS - row ? ROWS - row : rows;
        while (row + down * (rows - 1) >= ROWS)
            down--;
        while (8 * right * (rows - 1) + n > COLS)
            right--;
        a = row * 1024 + below((COLS - 8 * right * (rows - 1) - n) / 8 + 1) * 8;
        astride = down * 128 + right;
    } else if (!perm && !below(4)) {         // in place
        a = dst;
        astride = dstride;
    }
    if (!below(4)) {
        b = dst;
        bstride = dstride;
    }
    bool scalar = !below(3);
    if (b == dst)
        scalar = false;
    if (!below(40))
        (below(2) ? n : rows) = -(int)below(3);
    QN_PUT(in.x, VEC, FN, fn);
    QN_PUT(in.x, VEC, ACC, from_acc);
    QN_PUT(in.x, VEC, BSCALAR, scalar);
    QN_PUT(in.x, VEC, PERM, perm);
    QN_PUT(in.x, VEC, STEP, below(2));
    V(VEC_DST) = dst;
    V(VEC_A) = a;
    V(VEC_B) = fn == QN_VEC_MASK ? (below(20) ? (int32_t)below(n + 20) - 10 : (int32_t)random32()) : b;
    V(VEC_N) = n;
    V(VEC_ROWS) = rows;
    in.v[5] = QN_SETRAW(VEC, DSTRIDE, dstride) | QN_SETRAW(VEC, ASTRIDE, astride) | QN_SETRAW(VEC, BSTRIDE, bstride);
    if ((int)n > 0 && (int)rows > 0) {
        written.push_back({dst, 8 * dstride * (rows - 1) + n});
        int kind = below(3);
        if (!from_acc && a != dst && below(2))
            fill(a, 8 * astride * (rows - 1) + n, kind);
        if (below(2))
            fill(b, scalar ? 8 : 8 * bstride * (rows - 1) + n, kind);
    }
    return in;
}

static insn random_quant()
{
    insn in = begin(QN_OP_QUANT);
    bool record = !below(3), ggml = below(2), wide = !below(3) && (record || !ggml);
    unsigned block = record ? 0 : ggml ? below(2) * 3 : below(4), n = (32u << block) * (1 + below(block > 1 ? 2 : 5));
    unsigned rows = 1 + below(wide ? ROWS / 2 : ROWS), row = below((wide ? ROWS / 2 : ROWS) - rows + 1);
    if (below(3) && rows > 4)
        row += rows - 4, rows = 4;
    unsigned astride = n / 8 + below(3), words = n / 32 * (wide ? 17 : 9), dstride = (words + 7) / 8 + below(2);
    while (8 * astride * (rows - 1) + n > THIRD || 8 * dstride * (rows - 1) + words > THIRD)
        rows--;
    uint32_t a = THIRD + below((THIRD - 8 * astride * (rows - 1) - n) / 8 + 1) * 8;
    uint32_t dst = record ? below((THIRD - 8 * dstride * (rows - 1) - words) / 8 + 1) * 8 : row * 1024 + below(SLICES - n / 32 + 1);
    unsigned lo = below(2) ? 0 : below(n / 8) * 8, hi = below(2) ? n : below(4) ? below(n / 8 + 2) * 8 : below(n + 1);
    if (!below(30))
        rows = 0;
    QN_PUT(in.x, QUANT, BLOCK, block);
    QN_PUT(in.x, QUANT, WIDE, wide);
    QN_PUT(in.x, QUANT, RECORD, record);
    QN_PUT(in.x, QUANT, GGML, ggml);
    QN_PUT(in.x, QUANT, COARSE, !record && !ggml && below(2));
    V(QUANT_A) = a;
    V(QUANT_DST) = dst;
    V(QUANT_N) = n;
    V(QUANT_ROWS) = rows;
    in.v[4] = QN_SETRAW(QUANT, LO, lo) | QN_SETRAW(QUANT, HI, hi);
    in.v[5] = QN_SETRAW(QUANT, DSTRIDE, dstride) | QN_SETRAW(QUANT, ASTRIDE, astride);
    if (record && rows)
        written.push_back({dst, 8 * dstride * (rows - 1) + words});
    int kind = 1 + below(7);
    for (unsigned r = 0; r < rows; r++)
        if (below(8))
            fill(a + 8 * astride * r, n, below(3) ? kind : 1);
    return in;
}

static insn random_embed()
{
    insn in = begin(QN_OP_EMBED);
    unsigned rows = 1 + below(ROWS), n = 1 + below(40), a = below(COLS - 2 * n + 2), step = below(4) ? rows + below(100) : 64;
    if (step < rows)
        step = rows;
    uint32_t span = step * (n - 1), dst = below(WORK - span - rows + 1);
    V(EMBED_STEP) = step;
    if (!below(4)) {
        V(EMBED_STEP) = -(int)step;
        V(EMBED_DST) = dst + span;
    } else
        V(EMBED_DST) = dst;
    V(EMBED_A) = a;
    V(EMBED_N) = n;
    V(EMBED_ROWS) = rows;
    written.push_back({dst, span + rows});
    return in;
}

static insn random_logit()
{
    insn in = begin(QN_OP_LOGIT);
    unsigned n = 1 + below(COLS), at = below(ROWS) * 1024 + below((COLS - n) / 8 + 1) * 8;
    bool from_acc = below(2);
    if (!from_acc)
        at = below((WORK - n) / 8) * 8;
    QN_PUT(in.x, LOGIT, ACC, from_acc);
    QN_PUT(in.x, LOGIT, FIRST, !below(3));
    V(LOGIT_A) = at;
    V(LOGIT_INDEX) = random32();
    V(LOGIT_N) = below(30) ? n : 0;
    return in;
}

// Traps ---------------------------------------------------------------------------------------------------------------------

struct refusal {
    const char *what;
    insn in;
    int cause;
    uint32_t addr;
};

static insn vec(int fn, int perm, bool from_acc, int dst, int a, int b, int n, int rows, int ds, int as, int bs)
{
    insn in = begin(QN_OP_VEC);
    QN_PUT(in.x, VEC, FN, fn);
    QN_PUT(in.x, VEC, PERM, perm);
    QN_PUT(in.x, VEC, ACC, from_acc);
    int v[5] = {dst, a, b, n, rows};
    memcpy(in.v, v, sizeof v);
    in.v[5] = QN_SETRAW(VEC, DSTRIDE, ds) | QN_SETRAW(VEC, ASTRIDE, as) | QN_SETRAW(VEC, BSTRIDE, bs);
    return in;
}

static insn quant(int block, bool wide, bool record, int a, int dst, int n, int rows, int ds, int as)
{
    insn in = begin(QN_OP_QUANT);
    QN_PUT(in.x, QUANT, BLOCK, block);
    QN_PUT(in.x, QUANT, WIDE, wide);
    QN_PUT(in.x, QUANT, RECORD, record);
    int v[4] = {a, dst, n, rows};
    memcpy(in.v, v, sizeof v);
    in.v[4] = QN_SETRAW(QUANT, HI, 16383);
    in.v[5] = QN_SETRAW(QUANT, DSTRIDE, ds) | QN_SETRAW(QUANT, ASTRIDE, as);
    return in;
}

static insn as_coarse(insn in)
{
    QN_PUT(in.x, QUANT, COARSE, 1);
    return in;
}

static insn as_ggml(insn in)
{
    QN_PUT(in.x, QUANT, GGML, 1);
    return in;
}

static insn embed(int dst, int a, int n, int rows, int step)
{
    insn in = begin(QN_OP_EMBED);
    int v[5] = {dst, a, n, rows, step};
    memcpy(in.v, v, sizeof v);
    return in;
}

static insn logit(bool from_acc, int a, int n)
{
    insn in = begin(QN_OP_LOGIT);
    QN_PUT(in.x, LOGIT, ACC, from_acc);
    V(LOGIT_A) = a;
    V(LOGIT_N) = n;
    return in;
}

static void traps()
{
    enum { F = QN_TRAP_FIELD, B = QN_TRAP_BUFFER };
    const refusal list[] = {
        {"fn 10", vec(10, 0, false, 0, 0, 0, 8, 1, 0, 0, 0), F, 10},
        {"fn 15 of nothing", vec(15, 0, false, 0, 0, 0, 0, 1, 0, 0, 0), F, 15},
        {"perm 3", vec(0, 3, false, 0, 0, 0, 8, 1, 0, 0, 0), F, 3},
        {"perm with acc", vec(0, 4, true, 0, 0, 0, 8, 1, 0, 0, 0), F, 4},
        {"perm, n 12", vec(0, 2, false, 0, 0, 0, 12, 1, 0, 0, 0), F, 12},
        {"odd dst", vec(0, 0, false, 4, 1, 2, 8, 1, 0, 0, 0), F, 4},
        {"odd a", vec(0, 0, false, 8, 1, 2, 8, 1, 0, 0, 0), F, 1},
        {"odd b", vec(0, 0, false, 8, 16, 2, 8, 1, 0, 0, 0), F, 2},
        {"dst below", vec(4, 0, false, -8, 0, 0, 8, 1, 0, 0, 0), B, (uint32_t)-8},
        {"dst beyond", vec(4, 0, false, VB - 8, 0, 0, 9, 1, 0, 0, 0), B, VB - 8},
        {"dst rows beyond", vec(4, 0, false, VB - 64, 0, 0, 1, 9, 1, 0, 0), B, VB - 64},
        {"dst stride 511", vec(4, 0, false, 8, 0, 0, 1, VB / 4088 + 2, 511, 0, 0), B, 8},
        {"a beyond", vec(4, 0, false, 0, VB, 0, 1, 1, 0, 0, 0), B, VB},
        {"a rows beyond", vec(4, 0, false, 0, VB - 1024, 0, 1, 3, 1, 64, 0), B, VB - 1024},
        {"b beyond", vec(3, 0, false, 0, 0, 0x40000000, 1, 1, 0, 0, 0), B, 0x40000000},
        {"b rows beyond", vec(3, 0, false, 0, 0, VB - 8, 1, 2, 1, 1, 1), B, VB - 8},
        {"n huge", vec(4, 0, false, 16, 8, 0, 0x7fffffff, 1, 0, 0, 0), B, 16},
        {"rows huge", vec(4, 0, false, 16, 8, 0, 1, 0x40000001, 0, 0, 0), B, 16},
        {"acc column", vec(4, 0, true, 0, COLS - 8, 0, 9, 1, 0, 0, 0), B, COLS - 8},
        {"acc columns by stride", vec(4, 0, true, 0, 0, 0, 8, 3, 1, 128 + COLS / 16, 0), B, 0},
        {"acc row", vec(4, 0, true, 0, ROWS * 1024, 0, 8, 1, 0, 0, 0), B, ROWS * 1024},
        {"acc rows", vec(4, 0, true, 0, 1024, 0, 8, ROWS, 1, 128, 0), B, 1024},
        {"acc below", vec(4, 0, true, 0, -1024, 0, 8, 1, 1, 128, 0), B, (uint32_t)-1024},
        {"block of a record", quant(1, false, true, 0, 0, 64, 1, 0, 0), F, 1},
        {"block of a record, as ggml", as_ggml(quant(1, false, true, 0, 0, 64, 1, 0, 0)), F, 1},
        {"a coarse record", as_coarse(quant(0, false, true, 0, 0, 64, 1, 0, 0)), F, 0},
        {"a coarse record of nothing", as_coarse(quant(0, true, true, 0, 0, 0, 1, 0, 0)), F, 0},
        {"coarse as ggml", as_coarse(as_ggml(quant(3, false, false, 0, 0, 256, 1, 0, 0))), F, 3},
        {"ggml of 16 bits", as_ggml(quant(0, true, false, 0, 0, 32, 1, 0, 0)), F, 0},
        {"ggml in blocks of 64", as_ggml(quant(1, false, false, 0, 0, 64, 1, 0, 0)), F, 1},
        {"ggml in blocks of 128, of nothing", as_ggml(quant(2, false, false, 0, 0, 0, 1, 0, 0)), F, 2},
        {"n 48", quant(0, false, false, 0, 0, 48, 1, 0, 0), F, 48},
        {"n 32 in blocks of 64", quant(1, false, false, 0, 0, 32, 1, 0, 0), F, 32},
        {"n 64 in blocks of 128", quant(2, false, false, 0, 0, 64, 1, 0, 0), F, 64},
        {"n 384 in blocks of 256", quant(3, false, false, 0, 0, 384, 1, 0, 0), F, 384},
        {"quant odd a", quant(0, false, false, 4, 0, 32, 1, 0, 0), F, 4},
        {"quant a", quant(0, false, false, VB - 24, 0, 32, 1, 0, 0), B, VB - 24},
        {"record odd dst", quant(0, false, true, 0, 4, 32, 1, 0, 0), F, 4},
        {"record dst", quant(0, false, true, 0, VB - 8, 32, 1, 0, 0), B, VB - 8},
        {"wide record dst", quant(0, true, true, 0, VB - 32, 64, 1, 0, 0), B, VB - 32},
        {"slice", quant(0, false, false, 0, SLICES - 1, 64, 1, 0, 0), B, SLICES - 1},
        {"slice row", quant(0, false, false, 0, (ROWS - 1) * 1024, 32, 2, 0, 0), B, (ROWS - 1) * 1024},
        {"slice pair", quant(0, true, false, 0, ROWS / 2 * 1024, 32, 1, 0, 0), B, ROWS / 2 * 1024},
        {"embed column", embed(0, 1, COLS / 2 + 1, 1, 1), B, 1},
        {"embed rows", embed(8, 0, 1, ROWS + 1, 1), B, 0},
        {"embed dst", embed(VB - 9, 0, 10, 1, 1), B, VB - 9},
        {"embed down", embed(15, 0, 3, 1, -8), B, 15},
        {"embed step", embed(0, 0, 2, 1, 0x40000000), B, 0},
        {"logit odd", logit(false, 9, 1), F, 9},
        {"logit beyond", logit(false, VB - 8, 9), B, VB - 8},
        {"logit column", logit(true, COLS - 8, 9), B, COLS - 8},
        {"logit row", logit(true, ROWS * 1024, 1), B, ROWS * 1024},
    };
    for (const refusal &t : list) {
        // behind an instruction that is in order, before one that must not run
        insn good = vec(QN_VEC_MOV, 0, false, 0, 64, 0, 8, 1, 0, 0, 0), after = vec(QN_VEC_MOV, 0, false, 16, 24, 0, 8, 1, 0, 0, 0);
        do_vec(good);
        queue = {good, t.in, after};
        for (int i = 0; i < 100; i++)
            tick();
        top.eval();
        if (trap_cause != t.cause || trap_addr != t.addr || trap_pc != t.in.pc)
            FAIL("%s: trap %d at %08x by %u, want %d at %08x by %u", t.what, trap_cause, trap_addr, trap_pc, t.cause, t.addr, t.in.pc);
        if (!top.idle_o)
            FAIL("%s: not idle", t.what);
        queue.clear();
        reset();
        for (int i = 0; i < 24; i++)
            check_word(i);
        tick();
        compare_all(t.what);
    }
    // What just fits
    const insn fit[] = {
        vec(QN_VEC_MOV, 0, false, VB - GUEST - 8, 0, 0, 8, 1, 0, 0, 0), vec(QN_VEC_MOV, 0, false, 0, VB - 8, 0, 8, 1, 0, 0, 0),
        vec(QN_VEC_MOV, 0, true, 0, 1024 * (ROWS - 1) + COLS - 8, 0, 8, 1, 0, 0, 0),
        vec(QN_VEC_MOV, 0, true, 0, 0, 0, 8, ROWS, 1, 128 + (COLS / 8 - 1) / (ROWS - 1), 0), quant(0, true, false, 0, (ROWS / 2 - 1) * 1024 + SLICES - 1, 32, 1, 0, 0),
        quant(0, true, true, 0, WORK - 24, 32, 1, 0, 0), embed(16, 0, 3, 1, -8), logit(true, COLS - 8, 8), logit(false, VB - 8, 8)};
    for (insn in : fit) {
        traffic = false;
        execute(in);
        queue = {in};
        run();
        compare_all("what just fits");
        traffic = true;
    }
}

int main(int argc, char **argv)
{
    Verilated::commandArgs(argc, argv);
    random_start();
    int batches = getenv("QN_BATCHES") ? atoi(getenv("QN_BATCHES")) : 700;
    top.rst_ni = 0;
    top.regs_rst_ni = 0;
    traffic = false;
    tick();
    tick();
    top.rst_ni = 1;
    top.regs_rst_ni = 1;
    for (int i = 0; i < VB; i++)
        load(i, value(2));
    traffic = true;
    top.digest_we_i = 1;
    top.digest_data_i = want.digest_a = 0xffffff00;
    tick();
    top.digest_we_i = 2;
    top.digest_data_i = want.digest_b = 0x12345678;
    tick();
    top.digest_we_i = 0;

    int counts[4] = {0};
    for (int batch = 0; batch < batches && !failed; batch++) {
        for (int r = 0; r < ROWS; r++)
            for (int c = 0; c < COLS; c++)
                if (!below(4))
                    acc[r][c] = value(below(8) ? 2 : 0);
        written.clear();
        std::deque<insn> next;
        for (int i = 1 + below(4); i > 0; i--) {     // operands of all are loaded before the first starts
            int kind = below(8);
            next.push_back(kind < 4 ? random_vec() : kind < 6 ? random_quant() : kind == 6 ? random_embed() : random_logit());
            counts[kind < 4 ? 0 : kind < 6 ? 1 : kind - 4]++;
        }
        for (insn &in : next)
            execute(in);
        queue = next;
        run();
        compare_all("batch");
        for (const region &w : written) {
            for (uint32_t i = w.n < 600 ? w.n : 600; i > 0 && !failed; i--)
                check_word(w.at + i - 1);
        }
        tick();
        if (failed)
            for (const insn &in : next)
                printf("in this batch: %s\n", text(in).c_str());
        if (!below(10)) {
            top.nonfinite_clear_i = 1;
            tick();
            top.nonfinite_clear_i = 0;
            want.nonfinite = want.picked = false;
        }
        if (!below(30)) {
            reset();
            compare_all("reset");
        }
    }
    for (int i = 0; i < VB && !failed; i++)
        check_word(i);
    if (!failed)
        traps();
    for (int i = 0; i < VB && !failed; i++)
        check_word(i);
    tick();
    if (failed)
        return 1;
    printf("%d VEC, %d QUANT, %d EMBED, %d LOGIT in %llu clocks, %d loads and %d stores between\n", counts[0], counts[1], counts[2], counts[3],
           (unsigned long long)now, traffic_loads, traffic_stores);
    return 0;
}
