// SPDX-License-Identifier: Apache-2.0
// qn_time_core.h: the registers of the timing model, shared by its sources (qn_time.c, qn_time_stream.c, qn_time_unit.c) and nobody else.
#ifndef QN_TIME_CORE_H
#define QN_TIME_CORE_H

#include <assert.h>
#include <string.h>

#include "sim/model/qn_exec_check.h"
#include "sim/model/qn_time.h"

#define QN_LATENCY(name, clocks, text) LAT_##name = clocks,
enum latency {
#include "rtl/spec/unit.def"
    LAT_NONE
};
#undef QN_LATENCY

#define V(e, op, slot) ((e)->v[QN_SLOT_##op##_##slot])
#define RAW(e, op, part) QN_GETRAW((e)->v[QN_RAW_##op##_##part], op, part)

enum { RSP_LINES = 32, MATRIX_GAP = 2 * LAT_FADD + 12 - 1 };
#define NEVER UINT64_MAX

// qn_fifo: words that have come in and that have left, and whether the output register holds one
typedef struct fifo {
    uint64_t in, gone;
    bool out;
} fifo;

// A STREAM in the order of the words: how many planes and headers came before its first
typedef struct stream {
    const qn_fmt *fmt;
    uint32_t words, group_words, group_planes;     // plane words of a column; of a group that enters the turner, and what comes of it
    uint32_t pairs;                      // of a slice
    uint64_t planes, heads;
} stream;

typedef struct queue {
    qn_entry e[QN_EXEC_QUEUE];
    uint64_t from[QN_EXEC_QUEUE];        // the clock from which it stands in the queue: the sequencer goes ahead of time
    uint64_t room_at;                    // the first clock that takes a push
    unsigned head, used;
    uint64_t took_at, offer_at;          // its unit took an instruction in that clock; its head is offered from that clock on, NEVER if not yet known
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
    bool drained;                        // nothing was in progress in the last clock

    // qn_seq
    qn_seq seq;
    qn_entry next;
    enum qn_seq_result next_result;
    enum { SEQ_LOAD, SEQ_RUN, SEQ_HALT } seq_state;
    uint64_t act_at;                     // of `next`, in stage X
    uint32_t ask_addr, ask_left, fill_left;

    // qn_queue, qn_sems
    queue queue[QN_UNITS];
    int sem[QN_SEMS];                    // tokens, with those that were taken in the last clock
    uint8_t posted[2 * QN_UNITS], taken[2 * QN_UNITS], taken_before[2 * QN_UNITS];     // in this clock; in the last one
    unsigned posts, takes, takes_before;
    unsigned sem_bad;                    // semaphore that the last clock broke, 0 if none

    // qn_mem_arb
    struct {
        bool owner_prog;
        unsigned used;                   // requests: on the port, and behind it
        struct {
            bool we;
            uint32_t addr;
            uint8_t len, kind;
        } request[2];
        uint32_t awaited;
    } arb;
    bool rsp, rsp_next;                  // a word stands behind the port in this clock; comes to the port in it

    // qn_load
    struct {
        enum { L_IDLE, L_CHECK, L_FMT, L_RUN, L_ASK, L_WAIT, L_POST } state;
        job job;
        bool vector, half, high, waited;             // waited: a word was awaited in the last clock
        uint32_t count, words, offset, run_dst, runs_left, left, ask, room, awaited;
        uint32_t rsp_room, rsp_used;
        uint32_t w_left, w_runs, w_start, w_word;    // of the elements being written: this run's first word, the present word of its line
        uint32_t base, size;
    } load;

    // qn_unpack, qn_turn
    struct {
        bool next_full, active;
        const qn_fmt *next_fmt, *fmt;
        uint32_t words;                  // plane words of a column of fmt
        uint32_t next_pairs, next_words, words_left, pairs, pair_left, slice_left, head_left, plane_left;
        fifo plane, head;
        bool raw;                        // a word stands in the register behind the plane FIFO
        uint32_t owed;
        uint32_t fill_count, left_count;
        stream *stream;                  // ring: those of which plane words are in the FIFO, and the last to start
        unsigned stream_at, stream_used, stream_mask;          // mask: of a power of two
    } unpack;

    // qn_gemm_load
    struct {
        enum { G_IDLE, G_LOOK, G_CHECK, G_LOAD, G_TRAP } state;
        job job;
        bool offer, s_end, full;
        uint32_t left, reads, reads_slice;   // slices; clocks of loading done and due in this slice
    } gemm;

    // qn_matrix
    struct {
        bool valid, drain;
        const qn_fmt *fmt;
        uint32_t plane_last, block_last, col_last, acc, end, rows, group_last, head, sub;
        uint32_t parts, parts_left;      // clocks of a plane, and still to go of the one issued last
        uint32_t plane, col, slice_left, block, gap, slot;
        bool h_sub;
        uint32_t h_left;
        uint64_t drained;                // the last clock in which a job that waits for the sums of those before does not start
        uint32_t post_write, post_read;
        job post[4];
        uint64_t post_at[4];             // NEVER before its last issue
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

// What units tell each other in the same clock
typedef struct wires {
    bool take_prog, take_store, take_load, prog_rsp, load_rsp;
    uint32_t load_len;
    bool credit, fmt_ready;
} wires;

enum { RANK_SEQ, RANK_LOAD, RANK_MATRIX, RANK_VECTOR, RANK_STORE, RANK_SEM };

static inline void trap(core *x, unsigned rank, unsigned cause, uint32_t pc, uint32_t addr)
{
    if (x->trap && x->trap_rank <= rank)
        return;
    x->trap = (uint8_t)cause;
    x->trap_rank = rank;
    x->trap_pc = pc;
    x->trap_addr = addr;
}

static inline void post(core *x, const job *j)
{
    x->posted[x->posts++] = (uint8_t)qn_insn_get(&j->e.x, QN_INSN_POST0_LSB, 4);
    x->posted[x->posts++] = (uint8_t)qn_insn_get(&j->e.x, QN_INSN_POST1_LSB, 4);
    if (x->out->span)
        x->out->span(x->out->span_ctx, &j->e, j->from, x->now);
}

// The clock from which a unit may take the head of its queue, unless a semaphore changes before clock `now`.
static inline uint64_t offered_at(const core *x, unsigned unit, uint64_t now)
{
    const queue *q = &x->queue[unit];
    if (q->used == 0 || q->offer_at != NEVER)
        return q->offer_at;
    const qn_entry *e = &q->e[q->head];
    uint32_t a = qn_insn_get(&e->x, QN_INSN_WAIT0_LSB, 4), b = qn_insn_get(&e->x, QN_INSN_WAIT1_LSB, 4);
    if ((a && x->sem[a] < 1) || (b && x->sem[b] < (a == b ? 2 : 1)))
        return NEVER;
    uint64_t at = q->from[q->head] > now ? q->from[q->head] : now;
    return (at > q->took_at + 2 ? at : q->took_at + 2) + 1;
}

// The head of a unit's queue if it may be taken in this clock.
static inline const qn_entry *offered(const core *x, unsigned unit)
{
    return x->queue[unit].offer_at <= x->now ? &x->queue[unit].e[x->queue[unit].head] : NULL;
}

// The sequencer looks at nothing but room in the queues: it hands out instructions up to the one that finds its queue full.
void qn_time_hand_out(core *x);

static inline void take(core *x, unsigned unit, job *j)
{
    queue *q = &x->queue[unit];
    j->e = q->e[q->head];
    j->from = x->now;
    q->head = (q->head + 1) % QN_EXEC_QUEUE;
    q->took_at = x->now;
    q->offer_at = NEVER;
    x->taken[x->takes++] = (uint8_t)qn_insn_get(&j->e.x, QN_INSN_WAIT0_LSB, 4);
    x->taken[x->takes++] = (uint8_t)qn_insn_get(&j->e.x, QN_INSN_WAIT1_LSB, 4);
    if (q->used-- == QN_EXEC_QUEUE) {
        q->room_at = x->now + 2;             // the sequencer knows a clock later
        qn_time_hand_out(x);
    }
}

// Stream k of the ring, 0 the one of the next plane word.
static inline stream *qn_time_stream_of(const core *x, unsigned k)
{
    return &x->unpack.stream[(x->unpack.stream_at + k) & x->unpack.stream_mask];
}

// Leaves behind the streams whose plane words have left.
static inline void qn_time_stream_next(core *x)
{
    while (x->unpack.stream_used > 1 && qn_time_stream_of(x, 1)->planes <= x->unpack.plane.gone) {
        x->unpack.stream_at++;
        x->unpack.stream_used--;
    }
}

// Header words of a pair of columns, in a block's last slice or another.
static inline uint32_t qn_time_head_words(const qn_fmt *f, bool last)
{
    return qn_fmt_sub_word(f) + (!last || f->head == 0 ? 0u : f->head == 2 ? 2u : 1u);
}

// Clocks that the holds of a column of the slice at hand take to be dealt.
static inline uint32_t qn_time_slots(const core *x)
{
    return (x->m.group_last + 1) * (x->m.head == 2 && x->m.block == x->m.block_last ? 2 : 1);
}

static inline uint32_t burst(uint32_t addr, uint32_t left)
{
    uint32_t edge = 16 - (addr & 15);
    return left < edge ? left : edge;
}

static inline void arb_take(core *x, bool we, uint32_t addr, uint32_t len, unsigned kind)
{
    assert(x->arb.used < 2);
    x->arb.request[x->arb.used].we = we;
    x->arb.request[x->arb.used].addr = addr;
    x->arb.request[x->arb.used].len = (uint8_t)len;
    x->arb.request[x->arb.used++].kind = (uint8_t)kind;
}

// Memory takes the request on the port: words move. Returns how many will come, the first at the port in clock *first.
static inline uint32_t arb_move(core *x, uint64_t *first)
{
    bool we = x->arb.request[0].we;
    uint32_t len = x->arb.request[0].len;
    *first = qn_sdram_request(&x->mem, we, x->arb.request[0].addr, len);
    x->count[(we ? QN_TIME_WRITE : QN_TIME_READ) + x->arb.request[0].kind] += we ? 1 : len * x->t->planes;
    x->arb.request[0] = x->arb.request[1];
    x->arb.used--;
    return we ? 0 : len;
}

// qn_time_stream.c: the memory port, the load unit, unpack and the matrix unit.
void qn_time_ports(core *x, wires *w);                 // first: who gets the memory port
void qn_time_array(core *x, wires *w);
void qn_time_load(core *x, const wires *w);
bool qn_time_unpack_words(core *x, uint32_t n);        // they have come; whether the last one is a header

// qn_time_leap.c: enters clock `until`, before which nothing but the stream moves, or an earlier one: that in which a run of a STREAM is asked for to
// its end, a STREAM has come, a GEMM ends or its last slice has been read. Stays where it is if the words are not those that the array expects.
void qn_time_leap(core *x, uint64_t until);

// qn_time_unit.c: the sequencer, the vector and the store unit.
void qn_time_start(core *x, uint64_t act_at);          // the first instruction is in stage X in that clock
void qn_time_sequencer(core *x, const wires *w);
void qn_time_vector(core *x);
bool qn_time_vector_writes(const core *x);             // its buffer in this clock, which keeps the load unit out
void qn_time_store(core *x, const wires *w);

#endif
