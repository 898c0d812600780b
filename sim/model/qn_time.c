// SPDX-License-Identifier: Apache-2.0
// qn_time.c: the RTL's control, register by register. A function stands for a module of rtl/ and keeps its names. In a clock all
// functions first look at what the registers held, then move on; what one tells another in the same clock is in `wires`.
#include "sim/model/qn_time.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "driver/qn_err.h"
#include "sim/model/qn_exec_check.h"

#define QN_LATENCY(name, clocks, text) LAT_##name = clocks,
enum latency {
#include "rtl/spec/unit.def"
    LAT_NONE
};
#undef QN_LATENCY

#define V(e, op, slot) ((e)->v[QN_SLOT_##op##_##slot])
#define RAW(e, op, part) QN_GETRAW((e)->v[QN_RAW_##op##_##part], op, part)

enum { RSP_WORDS = 32 };
#define NEVER UINT64_MAX

// qn_fifo: beats in the memory, and whether the output register holds one
typedef struct fifo {
    uint32_t count;
    bool out;
} fifo;

typedef struct queue {
    qn_entry e[QN_EXEC_QUEUE];
    unsigned head, used;
} queue;

// What an instruction in progress is, for posts, traps and the span trace
typedef struct job {
    qn_entry e;
    uint64_t from;
} job;

typedef struct qn_time_core {
    const qn_target *t;
    const qn_time_job *in;
    qn_time *out;
    uint64_t now;
    qn_sdram mem;
    uint64_t count[QN_TIME_COUNTS];
    bool stop;
    uint8_t trap;
    uint32_t trap_pc, trap_addr;
    unsigned trap_rank;

    // qn_seq
    qn_seq seq;
    qn_entry next;
    enum qn_seq_result next_result;
    enum { SEQ_LOAD, SEQ_RUN, SEQ_HALT } seq_state;
    uint64_t act_at;
    uint32_t ask_addr, ask_left, fill_left;

    // qn_queue, qn_sems
    queue queue[QN_UNITS];
    int sem[QN_SEMS];
    uint8_t posted[2 * QN_UNITS];
    unsigned posts;

    // qn_mem_arb
    struct {
        bool valid, we, owner_prog;
        uint32_t addr, awaited;
        uint8_t len, kind;
    } arb;
    bool rsp;                            // a word comes in this clock

    // qn_load
    struct {
        enum { L_IDLE, L_CHECK, L_FMT, L_RUN, L_ASK, L_WAIT, L_POST } state;
        job job;
        bool vector, half, high;
        uint32_t count, words, offset, run_dst, runs_left, left, ask, room, awaited;
        uint32_t rsp_room, rsp_used;
        uint32_t w_left, w_runs;
        uint32_t base, size;
    } load;

    // qn_unpack, qn_turn
    struct {
        bool next_full, active;
        const qn_fmt *next_fmt, *fmt;
        uint32_t next_pairs, next_words, words_left, pairs, pair_left, slice_left, head_left, plane_left;
        fifo plane, head;
        uint32_t owed;
        uint32_t fill_count, left_count;
        struct {
            uint32_t words;
            bool bytes;
        } kind[8];                       // ring: runs of words of planes or of bytes in the plane FIFO
        unsigned kind_at, kind_used;
    } unpack;

    // qn_gemm_load
    struct {
        enum { G_IDLE, G_CHECK, G_LOAD, G_TRAP } state;
        job job;
        bool offer, s_end, full;
        uint32_t left, reads, reads_slice;   // slices, clocks of reading done and due in this slice
    } gemm;

    // qn_matrix
    struct {
        bool valid, drain;
        const qn_fmt *fmt;
        uint32_t plane_last, block_last, col_last, acc, end, rows, group_last, head, sub;
        uint32_t plane, col, slice_left, block, gap, slot;
        bool h_sub;
        uint32_t h_left;
        struct {
            uint32_t slots;
            bool two, last, done;
        } column[4];                     // by the clock, modulo 4, in which they reach the holds
        uint32_t columns;                // bit k: one reaches the holds in k clocks
        uint32_t d_left, d_slots;        // slots to deal
        bool d_two, d_last, d_done;
        uint64_t pipe, pipe_first, pipe_second, pipe_done;    // bit k: a slot reaches stage F in k clocks
        uint64_t back, back_done, wait;  // the same for the write and for a second slot's turn
        uint32_t f_write, f_read, f_ready;
        uint16_t f_done;                 // by index of the queue
        bool done;                       // dequant_done
        uint32_t post_write, post_read;
        job post[4];
    } m;

    // qn_vector
    struct {
        bool full, busy;
        job wait, job;
        uint64_t fin, trap_at, start;
        uint8_t trap;
        uint32_t trap_addr;
        uint64_t w_first, w_count, b_first, b_count;     // clocks of write_q and of reads of copy B
        uint32_t w_period, b_period, w_more, w_block;    // w_more: bit 0 a second write, bit 1 a third at a block's end
    } v;

    // qn_store
    struct {
        enum { S_IDLE, S_CHECK, S_READ, S_DATA, S_WRITE, S_POST } state;
        job job;
        uint32_t src_run, src, dst_run, dst, left, runs, byte, addr, base, size;
        bool write, over;
    } store;
} core;

// Traps, posts -----------------------------------------------------------------------------------------------------------------

enum { RANK_SEQ, RANK_LOAD, RANK_MATRIX, RANK_VECTOR, RANK_STORE, RANK_SEM };

static void trap(core *x, unsigned rank, unsigned cause, uint32_t pc, uint32_t addr)
{
    if (x->trap && x->trap_rank <= rank)
        return;
    x->trap = (uint8_t)cause;
    x->trap_rank = rank;
    x->trap_pc = pc;
    x->trap_addr = addr;
}

static void post(core *x, const job *j)
{
    x->posted[x->posts++] = (uint8_t)qn_insn_get(&j->e.x, QN_INSN_POST0_LSB, 4);
    x->posted[x->posts++] = (uint8_t)qn_insn_get(&j->e.x, QN_INSN_POST1_LSB, 4);
    if (x->out->span)
        x->out->span(x->out->span_ctx, &j->e, j->from, x->now);
}

// The head of a unit's queue if its semaphores allow it in this clock.
static const qn_entry *offered(const core *x, unsigned unit)
{
    const queue *q = &x->queue[unit];
    if (q->used == 0)
        return NULL;
    const qn_entry *e = &q->e[q->head];
    uint32_t a = qn_insn_get(&e->x, QN_INSN_WAIT0_LSB, 4), b = qn_insn_get(&e->x, QN_INSN_WAIT1_LSB, 4);
    if ((a && x->sem[a] < 1) || (b && x->sem[b] < (a == b ? 2 : 1)))
        return NULL;
    return e;
}

static void take(core *x, unsigned unit, job *j)
{
    queue *q = &x->queue[unit];
    j->e = q->e[q->head];
    j->from = x->now;
    q->head = (q->head + 1) % QN_EXEC_QUEUE;
    q->used--;
    x->sem[qn_insn_get(&j->e.x, QN_INSN_WAIT0_LSB, 4)]--;
    x->sem[qn_insn_get(&j->e.x, QN_INSN_WAIT1_LSB, 4)]--;
}

static void apply_posts(core *x)
{
    for (unsigned i = 0; i < x->posts; i++)
        x->sem[x->posted[i]]++;
    for (unsigned i = 0; i < x->posts; i++)
        if (x->posted[i] && x->sem[x->posted[i]] > 255)
            trap(x, RANK_SEM, QN_TRAP_SEM, 0, x->posted[i]);
    x->posts = 0;
}

// Sequencer --------------------------------------------------------------------------------------------------------------------

static void seq_fetch(core *x, uint64_t act_at)
{
    x->next_result = qn_seq_step(&x->seq, &x->next);
    x->act_at = act_at;
}

static bool units_idle(const core *x)
{
    return x->queue[QN_UNIT_LOAD].used + x->queue[QN_UNIT_MATRIX].used + x->queue[QN_UNIT_VECTOR].used +
               x->queue[QN_UNIT_STORE].used == 0 &&
           x->load.state == L_IDLE && x->load.awaited == 0 && x->gemm.state == G_IDLE && !x->m.valid &&
           x->m.post_write == x->m.post_read && !x->v.busy && !x->v.full && x->store.state == S_IDLE &&
           !x->arb.valid && x->arb.awaited == 0;
}

// An instruction in stage X. `was_full`: its queue as the registers held it.
static void seq_clock(core *x, const bool was_full[QN_UNITS])
{
    if (x->next_result == QN_SEQ_TRAP) {
        trap(x, RANK_SEQ, x->seq.trap, x->next.pc, x->seq.trap_addr);
        return;
    }
    const qn_entry *e = &x->next;
    if (e->unit != QN_UNIT_SEQ) {
        if (was_full[e->unit])
            return;
        queue *q = &x->queue[e->unit];
        q->e[(q->head + q->used++) % QN_EXEC_QUEUE] = *e;
    }
    switch (e->op) {
    case QN_OP_HALT:
        x->seq_state = SEQ_HALT;
        x->act_at = NEVER;
        return;
    case QN_OP_LOOP: seq_fetch(x, x->now + (e->skipped ? 11 : 8)); break;
    case QN_OP_ENDLOOP: seq_fetch(x, x->now + (e->skipped ? 8 : 11)); break;
    case QN_OP_LDT: seq_fetch(x, x->now + 9); break;
    default: seq_fetch(x, x->now + 8); break;
    }
}

// Memory port ------------------------------------------------------------------------------------------------------------------

static uint32_t burst(uint32_t addr, uint32_t left)
{
    uint32_t edge = 16 - (addr & 15);
    return left < edge ? left : edge;
}

static void arb_take(core *x, bool we, uint32_t addr, uint32_t len, unsigned kind)
{
    x->arb.valid = true;
    x->arb.we = we;
    x->arb.addr = addr;
    x->arb.len = (uint8_t)len;
    x->arb.kind = (uint8_t)kind;
}

// Load -------------------------------------------------------------------------------------------------------------------------

static void load_begin(core *x)
{
    const qn_entry *e = &x->load.job.e;
    x->load.state = L_CHECK;
    x->load.vector = e->op == QN_OP_LOADV;
    x->load.half = x->load.vector && QN_GET(e->x, LOADV, BF16);
    x->load.base = x->in->win_base[QN_GET(e->x, STREAM, WIN)];
    x->load.size = x->in->win_size[QN_GET(e->x, STREAM, WIN)];
    x->load.count = (uint32_t)V(e, STREAM, WORDS);
    x->load.words = x->load.half ? x->load.count / 2 : x->load.count;
}

static void load_check(core *x)
{
    const qn_entry *e = &x->load.job.e;
    uint32_t addr;
    unsigned cause = qn_check_load(e, &addr);
    if (cause) {
        trap(x, RANK_LOAD, cause, e->pc, addr);
        return;
    }
    x->load.offset = (uint32_t)V(e, STREAM, ADDR);
    x->load.run_dst = (uint32_t)V(e, LOADV, DST);
    x->load.runs_left = (uint32_t)V(e, STREAM, RUNS) - 1;
    x->load.w_left = x->load.count;
    x->load.w_runs = (uint32_t)V(e, STREAM, RUNS);
    x->load.high = false;
    x->load.state = x->load.vector ? L_RUN : L_FMT;
}

static void load_run(core *x)
{
    const qn_entry *e = &x->load.job.e;
    if (x->load.vector && (uint64_t)x->load.run_dst + x->load.count > x->t->vb_words) {
        trap(x, RANK_LOAD, QN_TRAP_BUFFER, e->pc, x->load.run_dst);
        return;
    }
    if ((uint64_t)x->load.offset + x->load.words > x->load.size) {
        trap(x, RANK_LOAD, QN_TRAP_WINDOW, e->pc, x->load.offset);
        return;
    }
    x->load.ask = x->load.base + x->load.offset;
    x->load.left = x->load.words;
    x->load.offset += (uint32_t)V(e, STREAM, STRIDE);
    x->load.run_dst += (uint32_t)V(e, LOADV, DSTRIDE);
    x->load.state = L_ASK;
}

// One element of a LOADV is written.
static void load_wrote(core *x)
{
    if (!x->load.half || x->load.high) {
        x->load.rsp_used--;
        x->load.rsp_room++;
    }
    x->load.high = x->load.half && !x->load.high;
    if (--x->load.w_left == 0) {
        x->load.w_left = x->load.count;
        x->load.w_runs--;
    }
}

// Unpack -----------------------------------------------------------------------------------------------------------------------

static uint32_t head_words(const qn_fmt *f, bool last)
{
    return (f->sub != 0) + (!last || f->head == 0 ? 0u : f->head == 2 ? 2u : 1u);
}

static void unpack_start(core *x)
{
    const qn_fmt *f = x->unpack.next_fmt;
    x->unpack.fmt = f;
    x->unpack.words_left = x->unpack.next_words;
    x->unpack.pairs = x->unpack.pair_left = x->unpack.next_pairs;
    x->unpack.slice_left = f->block - 1u;
    x->unpack.head_left = head_words(f, f->block == 1);
    x->unpack.plane_left = 2u * f->planes;
}

// A word is counted; true if it is a header.
static bool unpack_word(core *x)
{
    const qn_fmt *f = x->unpack.fmt;
    x->unpack.words_left--;
    if (x->unpack.head_left) {
        x->unpack.head_left--;
        return true;
    }
    if (--x->unpack.plane_left == 0) {
        if (x->unpack.pair_left == 0) {
            x->unpack.pair_left = x->unpack.pairs;
            x->unpack.slice_left = x->unpack.slice_left ? x->unpack.slice_left - 1 : f->block - 1u;
        } else {
            x->unpack.pair_left--;
        }
        x->unpack.head_left = head_words(f, x->unpack.slice_left == 0);
        x->unpack.plane_left = 2u * f->planes;
    }
    return false;
}

static void kind_in(core *x, bool bytes)
{
    unsigned tail = (x->unpack.kind_at + x->unpack.kind_used - 1) % 8;
    if (x->unpack.kind_used && x->unpack.kind[tail].bytes == bytes) {
        x->unpack.kind[tail].words++;
        return;
    }
    assert(x->unpack.kind_used < 8);
    tail = (tail + 1) % 8;
    x->unpack.kind[tail].bytes = bytes;
    x->unpack.kind[tail].words = 1;
    x->unpack.kind_used++;
}

static void kind_out(core *x)
{
    if (--x->unpack.kind[x->unpack.kind_at].words == 0) {
        x->unpack.kind_at = (x->unpack.kind_at + 1) % 8;
        x->unpack.kind_used--;
    }
}

static void fifo_clock(fifo *f, bool in, bool out_ready)
{
    bool fetch = f->count != 0 && (!f->out || out_ready);
    f->out = fetch || (f->out && !out_ready);
    f->count += (uint32_t)in - (uint32_t)fetch;
}

// Matrix -----------------------------------------------------------------------------------------------------------------------

enum {
    PARTIAL = 3,
    GAP = 2 * LAT_FADD + 12 - 1,
    MUL_LAT = LAT_FMUL > 3 ? LAT_FMUL : 3,
    STAGE_F = MUL_LAT + LAT_IMUL - 2,
    BACK = LAT_FADD + 2,
    READY = LAT_FADD + 1
};

static bool matrix_draining(const core *x)
{
    return x->m.columns || x->m.d_left || (x->m.pipe & ((UINT64_C(1) << (STAGE_F + 1)) - 1)) || x->m.back ||
           x->m.f_write != x->m.f_read;
}

static void matrix_take(core *x)
{
    const qn_entry *e = &x->gemm.job.e;
    const qn_fmt *f = qn_fmt_find((uint32_t)V(e, GEMM, FORMAT));
    uint32_t acc = (uint32_t)V(e, GEMM, ACC), end = acc + (uint32_t)V(e, GEMM, COLS);
    x->m.drain = x->m.head == 2 || (end > x->m.acc && acc < x->m.end);
    x->m.valid = true;
    x->m.fmt = f;
    x->m.sub = f->sub;
    x->m.head = f->head;
    x->m.plane_last = f->planes - 1u;
    x->m.block_last = f->block - 1u;
    x->m.col_last = (uint32_t)V(e, GEMM, COLS) - 1;
    x->m.acc = acc;
    x->m.end = end;
    x->m.rows = (uint32_t)V(e, GEMM, ROWS);
    x->m.group_last = (x->m.rows - 1) / x->t->dequants;
    x->m.slice_left = (uint32_t)V(e, GEMM, SLICES) - 1;
    x->m.block = 0;
    x->m.post[x->m.post_write++ % 4] = x->gemm.job;
    x->gemm.offer = false;
}

// The holds, the deal and the dequantization units: nothing stops them.
static void dequant_clock(core *x, uint64_t now)
{
    uint64_t bit = 1;
    // Stage F of this clock
    if (x->m.pipe | x->m.back | x->m.wait | x->m.f_ready | x->m.d_left | x->m.columns | x->m.done) {
        x->m.done = (x->m.back & 1) && (x->m.back_done & 1);
        bool first = x->m.pipe_first & 1, second = x->m.pipe_second & 1, pop = !first && x->m.f_ready;
        uint64_t back = first || pop, back_done = first ? x->m.pipe_done & 1 : pop ? x->m.f_done >> (x->m.f_read % 16) & 1 : 0;
        x->m.f_ready += (uint32_t)(x->m.wait & 1) - (uint32_t)pop;
        if (second) {
            uint32_t at = x->m.f_write++ % 16;
            x->m.f_done = (uint16_t)((x->m.f_done & ~(1u << at)) | (uint32_t)(x->m.pipe_done & 1) << at);
        }
        x->m.f_read += pop;
        x->m.back = x->m.back >> 1 | back << (BACK - 1);
        x->m.back_done = x->m.back_done >> 1 | back_done << (BACK - 1);
        x->m.wait = x->m.wait >> 1 | (uint64_t)second << (READY - 1);
        x->m.pipe >>= 1;
        x->m.pipe_first >>= 1;
        x->m.pipe_second >>= 1;
        x->m.pipe_done >>= 1;
    }
    // The deal: a slot of this clock reaches stage F in STAGE_F + 1 clocks
    if (x->m.d_left) {
        bool is_second = x->m.d_two && (x->m.d_slots - x->m.d_left) % 2 == 1;
        bit <<= STAGE_F;
        x->m.pipe |= bit;
        if (x->m.d_last && !is_second)
            x->m.pipe_first |= bit;
        if (x->m.d_last && is_second)
            x->m.pipe_second |= bit;
        x->m.d_left--;
        if (x->m.d_left == 0 && x->m.d_done)
            x->m.pipe_done |= bit;
    }
    if (x->m.columns & 1) {
        unsigned k = now % 4;
        x->m.d_left = x->m.d_slots = x->m.column[k].slots;
        x->m.d_two = x->m.column[k].two;
        x->m.d_last = x->m.column[k].last;
        x->m.d_done = x->m.column[k].done;
    }
    x->m.columns >>= 1;
}

// The last plane of a column is consumed in clock `now`.
static void column_ends(core *x, uint64_t now, bool two, bool block_last, bool done)
{
    unsigned k = (now + PARTIAL) % 4;
    x->m.columns |= 1u << (PARTIAL - 1);
    x->m.column[k].slots = (x->m.group_last + 1) * (two ? 2 : 1);
    x->m.column[k].two = two;
    x->m.column[k].last = block_last;
    x->m.column[k].done = done;
}

// Vector -----------------------------------------------------------------------------------------------------------------------

static void vector_begin(core *x)
{
    const qn_target *t = x->t;
    x->v.job = x->v.wait;
    const qn_entry *e = &x->v.job.e;
    uint64_t s = x->now;
    x->v.full = false;
    x->v.busy = true;
    x->v.start = s;
    x->v.w_count = x->v.b_count = 0;
    x->v.w_more = 0;
    uint32_t addr;
    x->v.trap = (uint8_t)qn_check_vector(t, e, &addr);
    x->v.trap_addr = addr;
    x->v.trap_at = x->v.trap ? s + 2 : NEVER;
    int32_t n = e->op == QN_OP_VEC ? V(e, VEC, N) : e->op == QN_OP_QUANT ? V(e, QUANT, N) : e->op == QN_OP_EMBED ? V(e, EMBED, N)
                                                                                                              : V(e, LOGIT, N);
    int32_t rows = e->op == QN_OP_VEC ? V(e, VEC, ROWS) : e->op == QN_OP_QUANT ? V(e, QUANT, ROWS)
                                                      : e->op == QN_OP_EMBED ? V(e, EMBED, ROWS) : 1;
    if (n <= 0 || rows <= 0) {
        x->v.fin = s + 3;
        return;
    }
    uint64_t beats = ((uint64_t)n + t->lanes - 1) / t->lanes * (uint64_t)rows;
    uint32_t groups = t->lanes / t->dequants, turns = t->lanes / t->funcs;
    switch (e->op) {
    case QN_OP_VEC: {
        unsigned fn = QN_GET(e->x, VEC, FN);
        bool acc = QN_GET(e->x, VEC, ACC), func = fn >= QN_VEC_EXP && fn <= QN_VEC_RSQRT;
        uint32_t period = func ? turns : acc ? groups : 1;
        uint64_t tick = s + 1 + (acc ? groups - 1 : 0);
        uint64_t result = tick + (acc ? LAT_ACC + 1 : 2) +
                          (func ? turns - 1 + LAT_FUNC : fn <= QN_VEC_SUB ? (unsigned)LAT_FADD : fn == QN_VEC_MUL ? (unsigned)LAT_FMUL : 0u);
        x->v.w_first = result + 1;
        x->v.w_period = period;
        x->v.w_count = beats;
        if (fn <= QN_VEC_MAX) {
            x->v.b_first = acc ? tick + LAT_ACC - 1 : tick;
            x->v.b_period = period;
            x->v.b_count = beats;
        }
        x->v.fin = x->v.w_first + (beats - 1) * period;
        break;
    }
    case QN_OP_QUANT: {
        bool record = QN_GET(e->x, QUANT, RECORD), wide = QN_GET(e->x, QUANT, WIDE);
        uint32_t block = (32u << QN_GET(e->x, QUANT, BLOCK)) / t->lanes, period = record ? 4 : 1;
        uint64_t block_end = s + 1 + (uint64_t)(block - 1) * period + 2;          // last beat of the first block in a_q
        uint64_t go = block_end + 2 + LAT_FMUL + 1 + LAT_FUNC - 2;
        x->v.b_first = go + 1;
        x->v.b_period = period;
        x->v.b_count = beats;
        uint64_t code = x->v.b_first + 2 + LAT_FMUL + LAT_FADD, last = code + (beats - 1) * period;
        if (record) {
            x->v.w_first = code + 2;
            x->v.w_period = 4;
            x->v.w_count = beats;
            x->v.w_more = (wide ? 1 : 0) | 2;
            x->v.w_block = block;
            x->v.fin = last + 4;
        } else {
            x->v.fin = last + 3;
        }
        break;
    }
    case QN_OP_EMBED: {
        uint64_t elements = (uint64_t)n * (uint64_t)rows;
        x->v.w_first = s + 1 + LAT_ACC + 1 + 2;
        x->v.w_period = 1;
        x->v.w_count = elements;
        x->v.fin = x->v.w_first + elements - 1;
        break;
    }
    default:
        x->v.fin = s + 1 + (uint64_t)n - 1 + (QN_GET(e->x, LOGIT, ACC) ? LAT_ACC + 1 : 2) + 2;
        break;
    }
}

// Whether the vector unit writes its buffer in this clock, which keeps the load unit out.
static bool vector_writes(const core *x)
{
    if (x->now < x->v.w_first || x->v.w_count == 0)
        return false;
    uint64_t k = x->now - x->v.w_first, beat = k / x->v.w_period, rest = k % x->v.w_period;
    if (beat >= x->v.w_count)
        return false;
    return rest == 0 || (rest == 1 && (x->v.w_more & 1)) || (rest == 2 && (x->v.w_more & 2) && (beat + 1) % x->v.w_block == 0);
}

// Whether it reads copy B, which keeps the store unit out.
static bool vector_reads(const core *x)
{
    if (x->now < x->v.b_first || x->v.b_count == 0)
        return false;
    uint64_t k = x->now - x->v.b_first;
    return k / x->v.b_period < x->v.b_count && k % x->v.b_period == 0;
}

static void vector_clock(core *x)
{
    bool fin = x->v.busy && x->now == x->v.fin, start = x->v.full && (!x->v.busy || fin);
    x->count[QN_TIME_VECTOR] += x->v.busy;
    if (x->v.busy && x->now == x->v.trap_at)
        trap(x, RANK_VECTOR, x->v.trap, x->v.job.e.pc, x->v.trap_addr);
    if (fin) {
        post(x, &x->v.job);
        x->v.busy = false;
    }
    bool room = !x->v.full || start;
    if (start)
        vector_begin(x);
    if (room && offered(x, QN_UNIT_VECTOR)) {
        take(x, QN_UNIT_VECTOR, &x->v.wait);
        x->v.full = true;
    }
}

// Store ------------------------------------------------------------------------------------------------------------------------

static void store_check(core *x)
{
    const qn_entry *e = &x->store.job.e;
    uint32_t addr;
    unsigned cause = qn_check_store(e, &addr);
    if (cause) {
        trap(x, RANK_STORE, cause, e->pc, addr);
        return;
    }
    x->store.src = (uint32_t)V(e, STORE, SRC);
    x->store.src_run = x->store.src + RAW(e, STORE, SSTRIDE);
    x->store.dst = (uint32_t)V(e, STORE, ADDR);
    x->store.dst_run = x->store.dst + (uint32_t)V(e, STORE, DSTRIDE);
    x->store.byte = 0;
    x->store.left = (uint32_t)V(e, STORE, N);
    x->store.runs = (uint32_t)V(e, STORE, RUNS);
    x->store.state = S_READ;
}

// The next element's request is made up, and the one after it becomes the next.
static void store_next(core *x)
{
    const qn_entry *e = &x->store.job.e;
    x->store.addr = x->store.base + x->store.dst / 4;
    x->store.over = x->store.left == 1 && x->store.runs == 1;
    if (--x->store.left == 0) {
        x->store.runs--;
        x->store.src = x->store.src_run;
        x->store.src_run += RAW(e, STORE, SSTRIDE);
        x->store.dst = x->store.dst_run;
        x->store.dst_run += (uint32_t)V(e, STORE, DSTRIDE);
        x->store.byte = 0;
        x->store.left = (uint32_t)V(e, STORE, N);
    } else {
        x->store.src += QN_GET(e->x, STORE, SIZE) != 0 || x->store.byte == 3;
        x->store.dst += RAW(e, STORE, ESTRIDE);
        x->store.byte = (x->store.byte + 1) % 4;
    }
}

// False if the next element is refused.
static bool store_may(core *x)
{
    if (x->store.src >= x->t->vb_words)
        trap(x, RANK_STORE, QN_TRAP_BUFFER, x->store.job.e.pc, x->store.src);
    else if (!x->store.write || x->store.dst / 4 >= x->store.size)
        trap(x, RANK_STORE, QN_TRAP_WINDOW, x->store.job.e.pc, x->store.dst);
    else
        return true;
    return false;
}

// A clock ----------------------------------------------------------------------------------------------------------------------

// Returns true when HALT is complete in this clock.
static __attribute__((noinline)) bool clock(core *x)
{
    const uint64_t now = x->now;
    const bool was_full[QN_UNITS] = {
        false, x->queue[QN_UNIT_LOAD].used == QN_EXEC_QUEUE, x->queue[QN_UNIT_MATRIX].used == QN_EXEC_QUEUE,
        x->queue[QN_UNIT_VECTOR].used == QN_EXEC_QUEUE, x->queue[QN_UNIT_STORE].used == QN_EXEC_QUEUE,
    };
    bool done = x->seq_state == SEQ_HALT && units_idle(x);
    x->count[QN_TIME_CYCLES]++;

    // Memory port: what stands on it, who may follow
    bool mem_accepts = x->arb.valid && qn_sdram_ready(&x->mem);
    bool free = !x->arb.valid || mem_accepts;
    bool prog_valid = x->seq_state == SEQ_LOAD && x->ask_left;
    bool prog_may = x->arb.owner_prog || x->arb.awaited == 0, load_may = !x->arb.owner_prog || x->arb.awaited == 0;
    bool store_valid = x->store.state == S_WRITE;
    uint32_t load_len = 0;
    bool load_valid = false;
    if (x->load.state == L_ASK) {
        load_len = burst(x->load.ask, x->load.left);
        load_valid = (x->load.vector ? x->load.rsp_room : x->load.room) >= load_len;
    }
    bool take_prog = prog_valid && free && prog_may;
    bool take_store = store_valid && free && !take_prog;
    bool take_load = load_valid && free && load_may && !take_prog && !store_valid;
    if (mem_accepts) {
        qn_sdram_request(&x->mem, x->arb.we, x->arb.addr, x->arb.len);
        x->count[(x->arb.we ? QN_TIME_WRITE : QN_TIME_READ) + x->arb.kind] += x->arb.len;
        x->arb.valid = false;
    }
    bool prog_rsp = x->rsp && x->arb.owner_prog, load_rsp = x->rsp && !x->arb.owner_prog;
    x->arb.awaited -= x->rsp;

    // Array: what it wants and whether a plane is there
    bool bytes = x->unpack.plane.out && x->unpack.kind[x->unpack.kind_at].bytes;
    bool turning = x->unpack.left_count != 0;
    bool plane_valid = turning || (x->unpack.plane.out && !bytes);
    bool first = x->m.plane == 0, last = x->m.plane == x->m.plane_last, slice_start = first && x->m.col == 0;
    bool want = x->m.valid && (!last || x->m.slot == 0) &&
                (!slice_start || (x->gemm.full && x->m.gap == 0 && !(x->m.drain && matrix_draining(x))));
    bool issue = want && plane_valid;
    bool block_last = x->m.block == x->m.block_last, two = x->m.head == 2 && block_last;
    bool slice_end = issue && last && x->m.col == x->m.col_last, job_end = slice_end && x->m.slice_left == 0;
    bool swap = issue && slice_start;
    bool head_ready = x->m.h_sub || x->m.h_left;
    x->count[QN_TIME_ARRAY] += issue;
    x->count[QN_TIME_ROWS] += issue ? x->m.rows : 0;
    x->count[QN_TIME_STARVE] += want && !plane_valid;
    x->count[QN_TIME_MATRIX] += x->gemm.state != G_IDLE || x->m.valid || x->m.post_write != x->m.post_read;
    x->count[QN_TIME_LOAD] += x->load.state != L_IDLE;
    x->count[QN_TIME_STORE] += x->store.state != S_IDLE;

    // Turn, FIFOs, credit
    bool room = !turning || (x->unpack.left_count == 1 && want), group = x->unpack.fill_count == 7;
    bool raw_ready = bytes ? !group || room : !turning && want;
    bool raw_moves = x->unpack.plane.out && raw_ready, head_moves = x->unpack.head.out && head_ready;
    bool credit = x->unpack.owed != 0, word = load_rsp && !x->load.vector, is_head = false;
    if (turning && want)
        x->unpack.left_count--;
    if (raw_moves) {
        kind_out(x);
        if (bytes) {
            x->unpack.fill_count = (x->unpack.fill_count + 1) % 8;
            if (group)
                x->unpack.left_count = 8;
        }
    }
    bool stream_end = word && x->unpack.words_left == 1;
    bool unpack_starts = x->unpack.next_full && (!x->unpack.active || stream_end);
    bool fmt_ready = !x->unpack.next_full;
    if (word) {
        bool word_bytes = x->unpack.fmt->bytes;
        is_head = unpack_word(x);
        if (!is_head)
            kind_in(x, word_bytes);
        if (stream_end)
            x->unpack.active = false;
    }
    if (unpack_starts) {
        unpack_start(x);
        x->unpack.next_full = false;
        x->unpack.active = true;
    }
    fifo_clock(&x->unpack.plane, word && !is_head, raw_ready);
    fifo_clock(&x->unpack.head, word && is_head, head_ready);
    x->unpack.owed += (uint32_t)raw_moves + (uint32_t)head_moves - (uint32_t)credit;

    // Posts and dequantization
    if (x->m.done) {
        post(x, &x->m.post[x->m.post_read++ % 4]);
    }
    dequant_clock(x, now);

    // Headers
    if (issue && first && x->m.col % 2 == 0) {
        x->m.h_sub = x->m.sub != 0;
        x->m.h_left = !block_last || x->m.head == 0 ? 0 : x->m.head == 2 ? 2 : 1;
    } else {
        x->m.h_left -= !x->m.h_sub && x->m.h_left;
        x->m.h_sub = false;
    }

    // Array
    bool job_take = x->gemm.offer && (!x->m.valid || job_end);
    if (swap)
        x->m.gap = GAP;
    else if (x->m.gap && (issue || slice_start))
        x->m.gap--;
    if (issue && last)
        x->m.slot = two ? 2 * x->m.group_last + 1 : x->m.group_last;
    else if (x->m.slot)
        x->m.slot--;
    if (swap)
        x->m.drain = false;
    if (issue) {
        x->m.plane = last ? 0 : x->m.plane + 1;
        if (last) {
            column_ends(x, now, two, block_last, job_end);
            x->m.col = slice_end ? 0 : x->m.col + 1;
        }
    }
    if (job_end)
        x->m.valid = false;
    if (slice_end) {
        x->m.slice_left--;
        x->m.block = block_last ? 0 : x->m.block + 1;
    }

    // Loader of slices
    bool slice_read = false, was_slice_full = x->gemm.full;
    if (x->gemm.s_end)
        x->gemm.full = true;
    else if (swap)
        x->gemm.full = false;
    switch (x->gemm.state) {
    case G_IDLE:
        if (offered(x, QN_UNIT_MATRIX)) {
            take(x, QN_UNIT_MATRIX, &x->gemm.job);
            x->gemm.left = (uint32_t)V(&x->gemm.job.e, GEMM, SLICES);
            x->gemm.state = G_CHECK;
        }
        break;
    case G_CHECK: {
        uint32_t addr;
        unsigned cause = qn_check_gemm(x->t, &x->gemm.job.e, &addr);
        x->gemm.state = cause ? G_TRAP : G_LOAD;
        x->gemm.reads = 0;
        x->gemm.reads_slice = 4 * (((uint32_t)V(&x->gemm.job.e, GEMM, ROWS) + 1) / 2);
        x->gemm.offer = !cause;
        break;
    }
    case G_LOAD: {
        bool read = x->gemm.left && !was_slice_full && !x->gemm.s_end;
        if (x->gemm.left == 0 && !x->gemm.offer)
            x->gemm.state = G_IDLE;
        if (read && ++x->gemm.reads == x->gemm.reads_slice) {
            slice_read = true;
            x->gemm.reads = 0;
            x->gemm.left--;
        }
        break;
    }
    case G_TRAP: {                       // the trap stands in a register, a clock after the check
        uint32_t addr;
        unsigned cause = qn_check_gemm(x->t, &x->gemm.job.e, &addr);
        trap(x, RANK_MATRIX, cause, x->gemm.job.e.pc, addr);
        break;
    }
    }
    x->gemm.s_end = slice_read;
    if (job_take)
        matrix_take(x);

    // Load
    bool vb_free = x->load.rsp_used == 0 || !vector_writes(x);
    bool wrote = x->load.rsp_used && vb_free, load_idle = x->load.state == L_IDLE, waited = x->load.awaited != 0;
    x->load.room += credit;
    x->load.awaited -= load_rsp;
    bool w_over = x->load.w_runs == 0;
    switch (x->load.state) {
    case L_IDLE: break;
    case L_CHECK: load_check(x); break;
    case L_FMT:
        if (fmt_ready) {
            const qn_entry *e = &x->load.job.e;
            x->unpack.next_full = true;
            x->unpack.next_fmt = qn_fmt_find((uint32_t)V(e, STREAM, FORMAT));
            x->unpack.next_pairs = (uint32_t)V(e, STREAM, COLS) / 2 - 1;
            x->unpack.next_words = x->load.count * (uint32_t)V(e, STREAM, RUNS);
            x->load.state = L_RUN;
        }
        break;
    case L_RUN: load_run(x); break;
    case L_ASK:
        if (take_load) {
            x->load.awaited += load_len;
            if (x->load.vector)
                x->load.rsp_room -= load_len;
            else
                x->load.room -= load_len;
            x->arb.awaited += load_len;
            x->arb.owner_prog = false;
            arb_take(x, false, x->load.ask, load_len, QN_GET(x->load.job.e.x, STREAM, KIND));
            x->load.ask += load_len;
            x->load.left -= load_len;
            if (x->load.left == 0) {
                x->load.state = x->load.runs_left ? L_RUN : x->load.vector ? L_WAIT : L_POST;
                x->load.runs_left--;
            }
        }
        break;
    case L_WAIT:
        if (w_over)
            x->load.state = L_POST;
        break;
    case L_POST:
        post(x, &x->load.job);
        x->load.state = L_IDLE;
        break;
    }
    if (wrote)
        load_wrote(x);
    if (load_rsp && x->load.vector)
        x->load.rsp_used++;
    if (load_idle) {
        const qn_entry *e = offered(x, QN_UNIT_LOAD);
        if (e && (e->op == QN_OP_STREAM || !waited)) {
            take(x, QN_UNIT_LOAD, &x->load.job);
            load_begin(x);
        }
    }

    // Store
    switch (x->store.state) {
    case S_IDLE:
        if (offered(x, QN_UNIT_STORE)) {
            take(x, QN_UNIT_STORE, &x->store.job);
            unsigned win = QN_GET(x->store.job.e.x, STORE, WIN);
            x->store.base = x->in->win_base[win];
            x->store.size = x->in->win_size[win];
            x->store.write = x->in->win_flags[win] & 1;
            x->store.state = S_CHECK;
        }
        break;
    case S_CHECK: store_check(x); break;
    case S_READ:
        if (store_may(x) && !vector_reads(x))
            x->store.state = S_DATA;
        break;
    case S_DATA:
        store_next(x);
        x->store.state = S_WRITE;
        break;
    case S_WRITE:
        if (!take_store)
            break;
        arb_take(x, true, x->store.addr, 1, QN_GET(x->store.job.e.x, STORE, KIND));
        if (x->store.over)
            x->store.state = S_POST;
        else if (!store_may(x))
            break;
        else if (QN_GET(x->store.job.e.x, STORE, SIZE) == 0 && x->store.byte)
            store_next(x);                               // a byte of the word at hand
        else
            x->store.state = vector_reads(x) ? S_READ : S_DATA;
        break;
    case S_POST:
        post(x, &x->store.job);
        x->store.state = S_IDLE;
        break;
    }

    vector_clock(x);

    // Program loader, sequencer
    if (x->seq_state == SEQ_LOAD) {
        bool filled = x->fill_left == 0;
        if (take_prog) {
            uint32_t len = burst(x->ask_addr, x->ask_left);
            arb_take(x, false, x->ask_addr, len, QN_KIND_PROG);
            x->arb.owner_prog = true;
            x->arb.awaited += len;
            x->ask_addr += len;
            x->ask_left -= len;
        }
        x->fill_left -= prog_rsp;
        if (filled) {
            x->seq_state = SEQ_RUN;
            seq_fetch(x, now + 11);
        }
    } else if (now == x->act_at) {
        seq_clock(x, was_full);
        if (x->act_at == now)
            x->act_at = now + 1;         // its queue is full: again
    }

    apply_posts(x);
    x->rsp = qn_sdram_step(&x->mem);
    x->now++;
    return done;
}

// Streaming ----------------------------------------------------------------------------------------------------------------------

// The clock up to which nothing but the stream moves: memory, FIFOs, array. The present clock if something else may.
static uint64_t quiet_until(const core *x)
{
    const uint64_t now = x->now;
    uint64_t until = x->in->limit;
    if (x->seq_state == SEQ_RUN) {
        bool blocked = x->act_at <= now && x->next_result == QN_SEQ_INSN && x->next.unit != QN_UNIT_SEQ &&
                       x->queue[x->next.unit].used == QN_EXEC_QUEUE;
        if (x->act_at <= now && !blocked)
            return now;
        if (!blocked && x->act_at < until)
            until = x->act_at;
    } else if (x->seq_state == SEQ_LOAD || (!x->m.valid && x->gemm.state == G_IDLE && !x->v.busy && x->load.state == L_IDLE)) {
        return now;
    }
    if (x->store.state != S_IDLE || offered(x, QN_UNIT_STORE) || x->load.rsp_used || x->arb.owner_prog)
        return now;
    if (x->load.state == L_IDLE ? offered(x, QN_UNIT_LOAD) != NULL : x->load.state != L_ASK || x->load.vector)
        return now;
    if (x->gemm.state == G_IDLE ? offered(x, QN_UNIT_MATRIX) != NULL : x->gemm.state != G_LOAD || !(x->gemm.left || x->gemm.offer))
        return now;
    if ((x->gemm.offer && !x->m.valid) || (x->unpack.next_full && !x->unpack.active))
        return now;
    if (!x->v.full && offered(x, QN_UNIT_VECTOR))
        return now;
    if (!x->v.busy)
        return x->v.full ? now : until;
    until = x->v.fin < until ? x->v.fin : until;
    return x->v.trap_at < until ? x->v.trap_at : until;
}

// Nothing has moved in the clock before: what can happen next is a word of memory, or the clock `until`.
static uint64_t still_until(const core *x, uint64_t until)
{
    uint64_t word = qn_sdram_next(&x->mem, NULL);
    return word < until ? word : until;
}

// Runs the clocks up to `until`, or fewer: up to one in which a STREAM, a run of it, or a GEMM ends. The same steps as clock(), of which
// it leaves out what stands still.
static __attribute__((noinline)) void stream(core *x, uint64_t until)
{
    const uint64_t begin = x->now;
    uint64_t now = begin, issues = 0, starved = 0;
    const bool asking = x->load.state == L_ASK, valid = x->m.valid, loading = x->gemm.state == G_LOAD;
    const bool matrix_busy = x->gemm.state != G_IDLE || valid || x->m.post_write != x->m.post_read;
    const uint32_t plane_last = x->m.plane_last, col_last = x->m.col_last, group_last = x->m.group_last, head = x->m.head;
    const unsigned kind = asking ? QN_GET(x->load.job.e.x, STREAM, KIND) : 0;
    uint32_t plane = x->m.plane, col = x->m.col, slot = x->m.slot, gap = x->m.gap;
    bool rsp = x->rsp, loaded = false;

    while (now < until && !x->m.done && !loaded) {
        const bool turning = x->unpack.left_count != 0, out = x->unpack.plane.out;
        const bool bytes = out && x->unpack.kind[x->unpack.kind_at].bytes;
        const bool plane_valid = turning || (out && !bytes), first = plane == 0, last = plane == plane_last;
        const bool slice_start = first && col == 0;
        const bool want = valid && (!last || slot == 0) &&
                          (!slice_start || (x->gemm.full && gap == 0 && !(x->m.drain && matrix_draining(x))));
        const bool issue = want && plane_valid, slice_end = issue && last && col == col_last;
        const bool mem_accepts = x->arb.valid && qn_sdram_ready(&x->mem), free = !x->arb.valid || mem_accepts;
        bool take_load = false;
        uint32_t load_len = 0;
        if (asking && free) {
            load_len = burst(x->load.ask, x->load.left);
            take_load = x->load.room >= load_len;
        }
        if ((slice_end && x->m.slice_left == 0) || (rsp && x->unpack.words_left == 1) || (take_load && load_len == x->load.left))
            break;
        bool moved = issue || rsp || take_load || mem_accepts;

        // Memory port
        if (mem_accepts) {
            qn_sdram_request(&x->mem, x->arb.we, x->arb.addr, x->arb.len);
            x->count[(x->arb.we ? QN_TIME_WRITE : QN_TIME_READ) + x->arb.kind] += x->arb.len;
            x->arb.valid = false;
        }
        const bool credit = x->unpack.owed != 0;
        x->load.room += credit;
        if (take_load) {
            x->load.awaited += load_len;
            x->load.room -= load_len;
            x->arb.awaited += load_len;
            arb_take(x, false, x->load.ask, load_len, kind);
            x->load.ask += load_len;
            x->load.left -= load_len;
        }

        // Unpack
        bool is_head = false;
        if (rsp) {
            x->arb.awaited--;
            x->load.awaited--;
            is_head = unpack_word(x);
            if (!is_head)
                kind_in(x, x->unpack.fmt->bytes);
        }
        const bool room = !turning || (x->unpack.left_count == 1 && want), group = x->unpack.fill_count == 7;
        const bool raw_ready = bytes ? !group || room : !turning && want;
        const bool head_ready = x->m.h_sub || x->m.h_left, raw_moves = out && raw_ready;
        const bool head_moves = head_ready && x->unpack.head.out;
        if (turning && want)
            x->unpack.left_count--;
        if (raw_moves) {
            kind_out(x);
            if (bytes) {
                x->unpack.fill_count = (x->unpack.fill_count + 1) % 8;
                if (group)
                    x->unpack.left_count = 8;
            }
        }
        const uint32_t held = x->unpack.plane.count + x->unpack.plane.out + x->unpack.head.count + x->unpack.head.out;
        fifo_clock(&x->unpack.plane, rsp && !is_head, raw_ready);
        fifo_clock(&x->unpack.head, rsp && is_head, head_ready);
        moved |= raw_moves | head_moves | credit |
                 (held != x->unpack.plane.count + x->unpack.plane.out + x->unpack.head.count + x->unpack.head.out);
        x->unpack.owed += (uint32_t)raw_moves + (uint32_t)head_moves - (uint32_t)credit;

        // Array
        issues += issue;
        starved += want && !plane_valid;
        moved |= x->m.columns || x->m.d_left || x->m.pipe || x->m.back || x->m.wait || x->m.f_ready || slot || gap || head_ready;
        dequant_clock(x, now);
        const bool block_last = x->m.block == x->m.block_last, two = head == 2 && block_last;
        if (issue && first && col % 2 == 0) {
            x->m.h_sub = x->m.sub != 0;
            x->m.h_left = !block_last || head == 0 ? 0 : head == 2 ? 2 : 1;
        } else {
            x->m.h_left -= !x->m.h_sub && x->m.h_left;
            x->m.h_sub = false;
        }
        const bool swap = issue && slice_start;
        if (swap)
            gap = GAP;
        else if (gap && (issue || slice_start))
            gap--;
        slot -= slot != 0;
        if (issue) {
            plane++;
            if (swap)
                x->m.drain = false;
            if (last) {
                column_ends(x, now, two, block_last, false);
                slot = two ? 2 * group_last + 1 : group_last;
                plane = 0;
                col = slice_end ? 0 : col + 1;
                if (slice_end) {
                    x->m.slice_left--;
                    x->m.block = block_last ? 0 : x->m.block + 1;
                }
            }
        }

        // Loader of slices
        if (loading || x->gemm.s_end) {
            const bool read = loading && x->gemm.left && !x->gemm.full && !x->gemm.s_end;
            bool slice_read = false;
            if (read && ++x->gemm.reads == x->gemm.reads_slice) {
                slice_read = true;
                x->gemm.reads = 0;
                loaded = --x->gemm.left == 0;
            }
            moved |= read | x->gemm.s_end;
            if (x->gemm.s_end)
                x->gemm.full = true;
            else if (swap)
                x->gemm.full = false;
            x->gemm.s_end = slice_read;
        } else if (swap) {
            x->gemm.full = false;
        }

        rsp = qn_sdram_step(&x->mem);
        now++;
        if (!moved && !rsp && !x->arb.valid) {
            // All stands still until a word comes: skip to the clock before it
            uint64_t to = still_until(x, until);
            if (to > now + 1) {
                starved += want && !plane_valid ? to - 1 - now : 0;
                x->mem.now = to - 1;
                now = to - 1;
            }
        }
    }

    const uint64_t n = now - begin;
    x->count[QN_TIME_CYCLES] += n;
    x->count[QN_TIME_ARRAY] += issues;
    x->count[QN_TIME_ROWS] += issues * x->m.rows;
    x->count[QN_TIME_STARVE] += starved;
    x->count[QN_TIME_MATRIX] += matrix_busy ? n : 0;
    x->count[QN_TIME_LOAD] += asking ? n : 0;
    x->count[QN_TIME_VECTOR] += x->v.busy ? n : 0;
    x->m.plane = plane;
    x->m.col = col;
    x->m.slot = slot;
    x->m.gap = gap;
    x->rsp = rsp;
    x->now = now;
    if (x->act_at < now)
        x->act_at = now;                 // its queue is full: again
}

int qn_time_new(qn_time **out, const qn_target *t)
{
    assert(out && t);
    *out = NULL;
    qn_time *x = calloc(1, sizeof *x);
    if (!x)
        return QN_ERR_NOMEM;
    x->t = t;
    x->core = calloc(1, sizeof *x->core);
    if (!x->core) {
        free(x);
        return QN_ERR_NOMEM;
    }
    *out = x;
    return 0;
}

void qn_time_free(qn_time *x)
{
    if (x)
        free(x->core);
    free(x);
}

int qn_time_run(qn_time *out, const qn_time_job *in)
{
    core *x = out->core;
    memset(x, 0, sizeof *x);
    x->t = out->t;
    x->in = in;
    x->out = out;
    x->trap_rank = RANK_SEM + 1;
    qn_sdram_init(&x->mem, &out->t->memory);
    qn_seq_init(&x->seq, in->prog, in->prog_words, in->entry, in->args);
    x->load.room = out->t->fifo_words;
    x->load.rsp_room = RSP_WORDS;
    x->v.w_period = x->v.b_period = x->v.w_block = 1;
    x->seq_state = SEQ_RUN;
    if (in->load && in->prog_words <= out->t->prog_words) {
        x->seq_state = SEQ_LOAD;
        x->ask_addr = in->prog_addr;
        x->ask_left = x->fill_left = in->prog_words;
        x->act_at = NEVER;
    }
    bool done = false;
    // The first clock belongs to the start: the sequencer leaves its idle state
    x->count[QN_TIME_CYCLES] = 1;
    x->now = 1;
    qn_sdram_step(&x->mem);
    if (x->seq_state == SEQ_RUN)
        seq_fetch(x, 11);
    while (!done && !x->trap && x->now < in->limit) {
        uint64_t until = quiet_until(x);
        if (until > x->now)
            stream(x, until);
        if (x->now < in->limit)
            done = clock(x);
    }
    memcpy(out->count, x->count, sizeof out->count);
    out->trap = x->trap;
    out->trap_pc = x->trap_pc;
    out->trap_addr = x->trap_addr;
    return out->trap ? QN_ERR_TRAP : done ? 0 : QN_ERR_TIMEOUT;
}
