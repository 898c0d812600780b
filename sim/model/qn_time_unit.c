// SPDX-License-Identifier: Apache-2.0
// qn_time_unit.c: the sequencer, the vector unit and the store unit. A function stands for a module of rtl/ctrl, rtl/vector or rtl/mem and
// keeps its names.
#include "sim/model/qn_time_core.h"

// Sequencer ----------------------------------------------------------------------------------------------------------------------

static uint32_t clocks_after(const qn_entry *e)
{
    switch (e->op) {
    case QN_OP_LOOP: return e->skipped ? 11 : 8;
    case QN_OP_ENDLOOP: return e->skipped ? 8 : 11;
    case QN_OP_LDT: return 9;
    default: return 8;
    }
}

void qn_time_hand_out(core *x)
{
    const qn_entry *e = &x->next;
    while (x->next_result == QN_SEQ_INSN && x->act_at < x->in->limit) {
        if (e->unit != QN_UNIT_SEQ) {
            queue *q = &x->queue[e->unit];
            if (q->used == QN_EXEC_QUEUE)
                return;
            unsigned tail = (q->head + q->used++) % QN_EXEC_QUEUE;
            if (x->act_at < q->room_at)
                x->act_at = q->room_at;
            q->e[tail] = *e;
            q->from[tail] = x->act_at + 1;
        }
        x->act_at += clocks_after(e);
        x->next_result = qn_seq_step(&x->seq, &x->next);
    }
}

void qn_time_start(core *x, uint64_t act_at)
{
    x->seq_state = SEQ_RUN;
    x->act_at = act_at;
    x->next_result = qn_seq_step(&x->seq, &x->next);
    qn_time_hand_out(x);
}

// Fills the program memory; when it has handed out all, halts or traps.
void qn_time_sequencer(core *x, const wires *w)
{
    if (x->seq_state == SEQ_LOAD) {
        bool filled = x->fill_left == 0;
        if (w->take_prog) {
            uint32_t len = burst(x->ask_addr, x->ask_left);
            arb_take(x, false, x->ask_addr, len, QN_KIND_PROG);
            x->arb.owner_prog = true;
            x->arb.awaited += len;
            x->ask_addr += len;
            x->ask_left -= len;
        }
        x->fill_left -= w->prog_rsp;
        if (filled)
            qn_time_start(x, x->now + 11);
    } else if (x->now == x->act_at && x->next_result == QN_SEQ_HALT) {
        x->seq_state = SEQ_HALT;
    } else if (x->now == x->act_at && x->next_result == QN_SEQ_TRAP) {
        trap(x, RANK_SEQ, x->seq.trap, x->next.pc, x->seq.trap_addr);
    }
}

// Vector -------------------------------------------------------------------------------------------------------------------------

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
    x->v.trap_at = x->v.trap ? s + 3 : NEVER;
    int32_t n = e->op == QN_OP_VEC ? V(e, VEC, N) : e->op == QN_OP_QUANT ? V(e, QUANT, N) : e->op == QN_OP_EMBED ? V(e, EMBED, N)
                                                                                                              : V(e, LOGIT, N);
    int32_t rows = e->op == QN_OP_VEC ? V(e, VEC, ROWS) : e->op == QN_OP_QUANT ? V(e, QUANT, ROWS)
                                                      : e->op == QN_OP_EMBED ? V(e, EMBED, ROWS) : 1;
    if (n <= 0 || rows <= 0) {
        x->v.fin = s + 4;
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
        uint64_t go = block_end + 3 + LAT_FMUL + 1 + LAT_FUNC - 2;
        bool ggml = QN_GET(e->x, QUANT, GGML) && !record, q8_1 = ggml && QN_GET(e->x, QUANT, BLOCK) == 0;
        if (ggml)
            go += q8_1 ? LAT_QUOT : LAT_FUNC + 2 * LAT_QUOT + 1;
        x->v.b_first = go + 1;
        x->v.b_period = period;
        x->v.b_count = beats;
        uint64_t code = x->v.b_first + 2 + LAT_FMUL + 1 + LAT_FADD, last = code + (beats - 1) * period;
        if (record) {
            x->v.w_first = code + 2;
            x->v.w_period = 4;
            x->v.w_count = beats;
            x->v.w_more = (wide ? 1 : 0) | 2;
            x->v.w_block = block;
            x->v.fin = last + 4;
        } else {
            x->v.fin = last + 3 + (q8_1 ? LAT_FMUL + 4 : 0);
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

bool qn_time_vector_writes(const core *x)
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

void qn_time_vector(core *x)
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

// Store --------------------------------------------------------------------------------------------------------------------------

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

void qn_time_store(core *x, const wires *w)
{
    x->count[QN_TIME_STORE] += x->store.state != S_IDLE;
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
        if (!w->take_store)
            break;
        arb_take(x, true, x->store.addr / x->t->planes, 1, QN_GET(x->store.job.e.x, STORE, KIND));
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
}
