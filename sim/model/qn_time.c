// SPDX-License-Identifier: Apache-2.0
// qn_time.c: the RTL's control, register by register. In a clock all parts look at what the registers held and move on; what one tells another
// in the same clock is in `wires`.
#include <stdlib.h>

#include "driver/qn_err.h"
#include "sim/model/qn_time_core.h"

static void sems_settle(core *x)
{
    for (unsigned i = 0; i < x->takes_before; i++)
        x->sem[x->taken_before[i]]--;
    x->takes_before = 0;
}

// What was taken in the last clock and what was posted in this one counts; a semaphore broken in this clock traps in the next.
static void sems_clock(core *x)
{
    sems_settle(x);
    if (x->posts + x->takes == 0)
        return;
    int count[QN_SEMS];
    for (unsigned i = 0; i < x->posts; i++)
        x->sem[x->posted[i]]++;
    memcpy(count, x->sem, sizeof count);
    for (unsigned i = 0; i < x->takes; i++) {
        count[x->taken[i]]--;
        x->taken_before[i] = x->taken[i];
    }
    for (unsigned s = QN_SEMS - 1; s > 0; s--)
        if (count[s] < 0 || count[s] > 255)
            x->sem_bad = s;
    x->takes_before = x->takes;
    x->takes = x->posts = 0;
}

// Heads whose waits are satisfied in clock `now` are offered from the next on.
static void sems_offer(core *x, uint64_t now)
{
    for (unsigned u = QN_UNIT_LOAD; u < QN_UNITS; u++)
        if (x->queue[u].used && x->queue[u].offer_at == NEVER && offered_at(x, u, now) == now + 1)
            x->queue[u].offer_at = now + 1;
}

static bool units_idle(const core *x)
{
    return x->queue[QN_UNIT_LOAD].used + x->queue[QN_UNIT_MATRIX].used + x->queue[QN_UNIT_VECTOR].used +
               x->queue[QN_UNIT_STORE].used == 0 &&
           x->load.state == L_IDLE && x->load.awaited == 0 && x->gemm.state == G_IDLE && !x->m.valid &&
           x->m.post_write == x->m.post_read && !x->v.busy && !x->v.full && x->store.state == S_IDLE &&
           !x->arb.used && x->arb.awaited == 0;
}

// A clock. Returns true when HALT is complete in it.
static bool clock(core *x)
{
    wires w = {0};
    bool done = x->seq_state == SEQ_HALT && x->drained;
    x->drained = units_idle(x);
    x->count[QN_TIME_CYCLES]++;
    if (x->sem_bad)
        trap(x, RANK_SEM, QN_TRAP_SEM, 0, x->sem_bad);
    sems_offer(x, x->now);
    qn_time_ports(x, &w);
    qn_time_array(x, &w);
    qn_time_load(x, &w);
    qn_time_store(x, &w);
    qn_time_vector(x);
    qn_time_sequencer(x, &w);
    sems_clock(x);
    x->rsp = x->rsp_next;
    x->rsp_next = qn_sdram_step(&x->mem);
    x->now++;
    return done;
}

// The clock up to which nothing but the stream moves: memory, FIFOs, array. The present clock, or one before it, if something else may.
static uint64_t quiet_until(const core *x)
{
    const uint64_t now = x->now;
    uint64_t until = x->in->limit;
    if (x->seq_state == SEQ_RUN && x->next_result != QN_SEQ_INSN) {
        if (x->act_at < until)
            until = x->act_at;
    } else if (x->seq_state == SEQ_LOAD ||
               (x->seq_state == SEQ_HALT && !x->m.valid && x->gemm.state == G_IDLE && !x->v.busy && x->load.state == L_IDLE)) {
        return now;
    }
    if (x->m.post_read != x->m.post_write && x->m.post_at[x->m.post_read % 4] < until)
        until = x->m.post_at[x->m.post_read % 4];
    if (x->store.state != S_IDLE || x->load.rsp_used || x->arb.owner_prog || x->sem_bad)
        return now;
    if (x->load.state != L_IDLE && (x->load.state != L_ASK || x->load.vector) && (x->load.state != L_FMT || !x->unpack.next_full))
        return now;
    if (x->gemm.state != G_IDLE && (x->gemm.state != G_LOAD || !(x->gemm.left || x->gemm.offer)))
        return now;
    if ((x->gemm.offer && !x->m.valid) || (x->unpack.next_full && !x->unpack.active))
        return now;
    const bool ready[QN_UNITS] = {[QN_UNIT_LOAD] = x->load.state == L_IDLE, [QN_UNIT_MATRIX] = x->gemm.state == G_IDLE,
                                  [QN_UNIT_VECTOR] = !x->v.full, [QN_UNIT_STORE] = true};
    for (unsigned u = QN_UNIT_LOAD; u < QN_UNITS; u++)
        if (ready[u] && offered_at(x, u, now) < until)
            until = offered_at(x, u, now);
    if (!x->v.busy)
        return x->v.full ? now : until;
    until = x->v.fin < until ? x->v.fin : until;
    return x->v.trap_at < until ? x->v.trap_at : until;
}

// Streams of which the FIFO can hold words, and one that comes.
static unsigned ring_size(const qn_target *t)
{
    unsigned size = 2;
    while (size < t->fifo_words + 1)
        size *= 2;
    return size;
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
    stream *ring = calloc(ring_size(t), sizeof *ring);
    if (!x->core || !ring) {
        free(ring);
        free(x->core);
        free(x);
        return QN_ERR_NOMEM;
    }
    x->core->unpack.stream = ring;
    *out = x;
    return 0;
}

void qn_time_free(qn_time *x)
{
    if (x) {
        free(x->core->unpack.stream);
        free(x->core);
    }
    free(x);
}

int qn_time_run(qn_time *out, const qn_time_job *in)
{
    core *x = out->core;
    stream *ring = x->unpack.stream;
    memset(x, 0, sizeof *x);
    x->unpack.stream = ring;
    x->unpack.stream_mask = ring_size(out->t) - 1;
    x->t = out->t;
    x->in = in;
    x->out = out;
    x->trap_rank = RANK_SEM + 1;
    for (unsigned u = 0; u < QN_UNITS; u++)
        x->queue[u].offer_at = NEVER;
    qn_sdram_init(&x->mem, &out->t->memory);
    qn_seq_init(&x->seq, in->prog, in->prog_words, in->entry, in->args);
    x->load.room = out->t->fifo_words;
    x->load.rsp_room = RSP_LINES;
    x->m.parts = 32 / out->t->depth;
    x->v.w_period = x->v.b_period = x->v.w_block = 1;
    x->seq_state = SEQ_RUN;
    if (in->load && in->prog_words <= out->t->prog_words) {
        x->seq_state = SEQ_LOAD;
        x->ask_addr = in->prog_addr / out->t->planes;
        x->ask_left = x->fill_left = qn_target_lines(out->t, in->prog_addr, in->prog_words);
        x->act_at = NEVER;
    }
    bool done = false;
    // The first clock belongs to the start: the sequencer leaves its idle state
    x->count[QN_TIME_CYCLES] = 1;
    x->now = 1;
    qn_sdram_step(&x->mem);
    if (x->seq_state == SEQ_RUN)
        qn_time_start(x, 11);
    while (!done && !x->trap && x->now < in->limit) {
        uint64_t until = out->step ? x->now : quiet_until(x);
        if (until > x->now) {
            sems_offer(x, x->now);
            sems_settle(x);
            qn_time_leap(x, until);
            sems_offer(x, x->now - 1);
        }
        if (x->now < in->limit)
            done = clock(x);
    }
    x->count[QN_TIME_CYCLES] += x->trap != 0;            // it is known a clock after it was told
    memcpy(out->count, x->count, sizeof out->count);
    out->trap = x->trap;
    out->trap_pc = x->trap_pc;
    out->trap_addr = x->trap_addr;
    return out->trap ? QN_ERR_TRAP : done ? 0 : QN_ERR_TIMEOUT;
}
