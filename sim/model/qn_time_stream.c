// SPDX-License-Identifier: Apache-2.0
// qn_time_stream.c: words on their way from memory through unpack to the array, and the sums behind it. A function stands for a module of
// rtl/mem, rtl/array or rtl/dequant and keeps its names.
#include "sim/model/qn_time_core.h"

// Memory port --------------------------------------------------------------------------------------------------------------------

void qn_time_ports(core *x, wires *w)
{
    bool mem_accepts = x->arb.used && qn_sdram_ready(&x->mem);
    bool free = x->arb.used < 2, empty = x->arb.used == 0;
    bool prog_valid = x->seq_state == SEQ_LOAD && x->ask_left;
    bool prog_may = x->arb.owner_prog || x->arb.awaited == 0, load_may = !x->arb.owner_prog || x->arb.awaited == 0;
    bool store_valid = x->store.state == S_WRITE;
    bool load_valid = false;
    if (x->load.state == L_ASK) {
        w->load_len = burst(x->load.ask, x->load.left);
        load_valid = (x->load.vector ? x->load.rsp_room : x->load.room) >= w->load_len;
    }
    w->take_prog = prog_valid && empty && prog_may;
    w->take_store = store_valid && free && !(prog_valid && prog_may);
    w->take_load = load_valid && empty && load_may && !w->take_prog && !store_valid;
    uint64_t first;
    if (mem_accepts)
        arb_move(x, &first);
    w->prog_rsp = x->rsp && x->arb.owner_prog;
    w->load_rsp = x->rsp && !x->arb.owner_prog;
    x->arb.awaited -= x->rsp;
}

// Load ---------------------------------------------------------------------------------------------------------------------------

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
    unsigned cause = qn_check_load(x->t, e, &addr);
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
    x->load.w_start = x->load.base + x->load.offset;
    x->load.w_word = x->load.w_start % x->t->planes;
    x->load.state = x->load.vector ? L_RUN : L_FMT;
}

static void load_run(core *x)
{
    const qn_entry *e = &x->load.job.e;
    if (x->load.vector && (uint64_t)x->load.run_dst + x->load.count > x->t->vb_words) {
        trap(x, RANK_LOAD, QN_TRAP_BUFFER, e->pc, x->load.run_dst);
        return;
    }
    uint32_t addr = x->load.base + x->load.offset;
    if ((uint64_t)x->load.offset + x->load.words > x->load.size || (!x->load.vector && addr % x->t->planes)) {
        trap(x, RANK_LOAD, QN_TRAP_WINDOW, e->pc, x->load.offset);
        return;
    }
    x->load.ask = addr / x->t->planes;
    x->load.left = qn_target_lines(x->t, addr, x->load.words);
    x->load.offset += (uint32_t)V(e, STREAM, STRIDE);
    x->load.run_dst += (uint32_t)V(e, LOADV, DSTRIDE);
    x->load.state = L_ASK;
}

// One element of a LOADV is written.
static void load_wrote(core *x)
{
    bool word_over = !x->load.half || x->load.high, run_over = --x->load.w_left == 0;
    x->load.high = !word_over;
    x->load.w_word += word_over;
    if (run_over || x->load.w_word == x->t->planes) {    // the line is over
        x->load.rsp_used--;
        x->load.rsp_room++;
        x->load.w_word = 0;
    }
    if (run_over) {
        x->load.w_start += (uint32_t)V(&x->load.job.e, LOADV, STRIDE);
        x->load.w_word = x->load.w_start % x->t->planes;
        x->load.w_left = x->load.count;
        x->load.w_runs--;
    }
}

void qn_time_load(core *x, const wires *w)
{
    x->count[QN_TIME_LOAD] += x->load.state != L_IDLE;
    bool vb_free = x->load.rsp_used == 0 || !qn_time_vector_writes(x);
    bool wrote = x->load.rsp_used && vb_free, load_idle = x->load.state == L_IDLE, waited = x->load.waited;
    x->load.waited = x->load.awaited != 0;
    x->load.room += w->credit;
    x->load.awaited -= w->load_rsp;
    bool w_over = x->load.w_runs == 0;
    switch (x->load.state) {
    case L_IDLE: break;
    case L_CHECK: load_check(x); break;
    case L_FMT:
        if (w->fmt_ready) {
            const qn_entry *e = &x->load.job.e;
            x->unpack.next_full = true;
            x->unpack.next_fmt = qn_fmt_find((uint32_t)V(e, STREAM, FORMAT));
            x->unpack.next_pairs = (uint32_t)V(e, STREAM, COLS) / x->t->planes / 2 - 1;
            x->unpack.next_words = x->load.count * (uint32_t)V(e, STREAM, RUNS) / x->t->planes;
            x->load.state = L_RUN;
        }
        break;
    case L_RUN: load_run(x); break;
    case L_ASK:
        if (w->take_load) {
            x->load.awaited += w->load_len;
            if (x->load.vector)
                x->load.rsp_room -= w->load_len;
            else
                x->load.room -= w->load_len;
            x->arb.awaited += w->load_len;
            x->arb.owner_prog = false;
            arb_take(x, false, x->load.ask, w->load_len, QN_GET(x->load.job.e.x, STREAM, KIND));
            x->load.ask += w->load_len;
            x->load.left -= w->load_len;
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
    if (w->load_rsp && x->load.vector)
        x->load.rsp_used++;
    if (load_idle) {
        const qn_entry *e = offered(x, QN_UNIT_LOAD);
        if (e && (e->op == QN_OP_STREAM || !waited)) {
            take(x, QN_UNIT_LOAD, &x->load.job);
            load_begin(x);
        }
    }
}

// Unpack -------------------------------------------------------------------------------------------------------------------------

static void unpack_start(core *x)
{
    const qn_fmt *f = x->unpack.next_fmt;
    x->unpack.fmt = f;
    x->unpack.words = qn_fmt_col_words(f);
    x->unpack.words_left = x->unpack.next_words;
    x->unpack.pairs = x->unpack.pair_left = x->unpack.next_pairs;
    x->unpack.slice_left = f->block - 1u;
    x->unpack.head_left = qn_time_head_words(f, f->block == 1);
    x->unpack.plane_left = 2 * qn_fmt_col_words(f);
    // Each stream in the ring but the last has plane words in the FIFO: so there is room for all
    fifo *p = &x->unpack.plane;
    while (x->unpack.stream_used && qn_time_stream_of(x, x->unpack.stream_used - 1)->planes == p->in)
        x->unpack.stream_used--;
    *qn_time_stream_of(x, x->unpack.stream_used++) = (stream){f, x->unpack.words, qn_fmt_group_words(f), qn_fmt_group_planes(f), x->unpack.pairs + 1, p->in,
                                                                          x->unpack.head.in};
    qn_time_stream_next(x);
}

// A word is counted; true if it is a header.
static inline __attribute__((always_inline)) bool unpack_word(core *x)
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
        x->unpack.head_left = qn_time_head_words(f, x->unpack.slice_left == 0);
        x->unpack.plane_left = 2 * x->unpack.words;
    }
    return false;
}

bool qn_time_unpack_words(core *x, uint32_t n)
{
    bool is_head = false;
    while (n) {
        const uint32_t planes = 2 * x->unpack.words, heads = qn_time_head_words(x->unpack.fmt, x->unpack.slice_left == 0);
        if (x->unpack.plane_left == planes && x->unpack.head_left == heads && n > planes + heads && x->unpack.pair_left) {
            uint32_t pairs = (n - 1) / (planes + heads);         // at least the last word by itself
            pairs = pairs < x->unpack.pair_left ? pairs : x->unpack.pair_left;
            x->unpack.pair_left -= pairs;
            x->unpack.words_left -= pairs * (planes + heads);
            x->unpack.plane.in += pairs * planes;
            x->unpack.head.in += pairs * heads;
            n -= pairs * (planes + heads);
        } else {
            is_head = unpack_word(x);
            x->unpack.plane.in += !is_head;
            x->unpack.head.in += is_head;
            n--;
        }
    }
    return is_head;
}

static inline void fifo_clock(fifo *f, bool in, bool out_ready)
{
    bool stored = f->in - f->gone > f->out;
    f->gone += f->out && out_ready;
    f->out = stored || (f->out && !out_ready);
    f->in += in;
}

// The plane FIFO and the register behind it: a word is gone when it has left both.
static inline void plane_clock(core *x, bool in, bool raw_ready)
{
    fifo *f = &x->unpack.plane;
    const bool raw_load = !x->unpack.raw || raw_ready, stored = f->in - f->gone > (uint64_t)x->unpack.raw + f->out;
    f->gone += x->unpack.raw && raw_ready;
    if (raw_load)
        x->unpack.raw = f->out;
    f->out = stored || (f->out && !raw_load);
    f->in += in;
}

// Matrix -------------------------------------------------------------------------------------------------------------------------

enum { MUL_LAT = LAT_FMUL > 3 ? LAT_FMUL : 3 };

// Clocks from a job's last issue to its post. Nothing stops the holds, the deal and the dequantization units, and the last slot of a job is the
// last to be written: a second slot's sum waits for its first, and no first slot of another job comes then, for the next job waits too.
static uint32_t post_after(uint32_t parts, uint32_t slots, bool two)
{
    return 4 + parts + slots + MUL_LAT + LAT_IMUL + LAT_FADD + (two ? LAT_FADD + 2 : 0);
}

static void matrix_take(core *x)
{
    const qn_entry *e = &x->gemm.job.e;
    const qn_fmt *f = qn_fmt_find((uint32_t)V(e, GEMM, FORMAT));
    uint32_t cols = (uint32_t)V(e, GEMM, COLS) / x->t->planes;           // all stripes do the same
    uint32_t acc = (uint32_t)V(e, GEMM, ACC) / x->t->planes, end = acc + cols;
    const bool goes_on = acc == x->m.acc && end == x->m.end && cols >= MATRIX_GAP + 1;
    x->m.drain = x->m.head == 2 || (end > x->m.acc && acc < x->m.end && !goes_on);
    x->m.valid = true;
    x->m.fmt = f;
    x->m.sub = qn_fmt_sub_word(f);
    x->m.head = f->head;
    x->m.plane_last = f->planes - 1u;
    x->m.block_last = f->block - 1u;
    x->m.col_last = cols - 1;
    x->m.acc = acc;
    x->m.end = end;
    x->m.rows = (uint32_t)V(e, GEMM, ROWS);
    x->m.group_last = (x->m.rows - 1) / x->t->dequants;
    x->m.slice_left = (uint32_t)V(e, GEMM, SLICES) - 1;
    x->m.block = 0;
    x->m.post_at[x->m.post_write % 4] = NEVER;
    x->m.post[x->m.post_write++ % 4] = x->gemm.job;
    x->gemm.offer = false;
}

// The loader of slices; `swap`: the array takes the slice over.
static void gemm_clock(core *x, bool swap)
{
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
            x->gemm.state = G_LOOK;
        }
        break;
    case G_LOOK: x->gemm.state = G_CHECK; break;
    case G_CHECK: {
        uint32_t addr;
        unsigned cause = qn_check_gemm(x->t, &x->gemm.job.e, &addr);
        x->gemm.state = cause ? G_TRAP : G_LOAD;
        x->gemm.reads = 0;
        x->gemm.reads_slice = qn_target_load_clocks(x->t, (uint32_t)V(&x->gemm.job.e, GEMM, ROWS));
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
}

void qn_time_array(core *x, wires *w)
{
    // What the array wants, and whether a plane is there
    const stream *s = x->unpack.raw ? qn_time_stream_of(x, 0) : NULL;
    bool turned = s && s->group_words > 1;               // words that are no planes: the turner's
    bool turning = x->unpack.left_count != 0;
    bool plane_valid = turning || (x->unpack.raw && !turned);
    bool first = x->m.plane == 0, last = x->m.plane == x->m.plane_last, slice_start = first && x->m.col == 0;
    bool taking = x->m.parts_left != 0;                  // the plane before is still being taken
    bool want = x->m.valid && !taking && (!last || x->m.slot == 0) &&
                (!slice_start || (x->gemm.full && x->m.gap == 0 && !(x->m.drain && x->now <= x->m.drained)));
    bool issue = want && plane_valid;
    bool block_last = x->m.block == x->m.block_last, two = x->m.head == 2 && block_last;
    bool slice_end = issue && last && x->m.col == x->m.col_last, job_end = slice_end && x->m.slice_left == 0;
    bool swap = issue && slice_start;
    bool head_ready = x->m.h_sub || x->m.h_left;
    x->count[QN_TIME_ARRAY] += issue;
    x->count[QN_TIME_ROWS] += issue ? x->m.rows : 0;
    x->count[QN_TIME_STARVE] += want && !plane_valid;
    x->count[QN_TIME_MATRIX] += x->gemm.state != G_IDLE || x->m.valid || x->m.post_write != x->m.post_read;

    // Turn, FIFOs, credit
    bool room = !turning || (x->unpack.left_count == 1 && want), group = turned && x->unpack.fill_count == s->group_words - 1;
    bool raw_ready = turned ? !group || room : !turning && want;
    bool raw_moves = x->unpack.raw && raw_ready, head_moves = x->unpack.head.out && head_ready;
    bool word = w->load_rsp && !x->load.vector, is_head = false;
    if (turning && want)
        x->unpack.left_count--;
    if (raw_moves && turned) {
        x->unpack.fill_count = group ? 0 : x->unpack.fill_count + 1;
        if (group)
            x->unpack.left_count = s->group_planes;
    }
    bool stream_end = word && x->unpack.words_left == 1;
    bool unpack_starts = x->unpack.next_full && (!x->unpack.active || stream_end);
    w->fmt_ready = !x->unpack.next_full;
    w->credit = x->unpack.owed != 0;
    if (word) {
        is_head = unpack_word(x);
        if (stream_end)
            x->unpack.active = false;
    }
    plane_clock(x, word && !is_head, raw_ready);
    fifo_clock(&x->unpack.head, word && is_head, head_ready);
    qn_time_stream_next(x);
    if (unpack_starts) {
        unpack_start(x);
        x->unpack.next_full = false;
        x->unpack.active = true;
    }
    x->unpack.owed += (uint32_t)raw_moves + (uint32_t)head_moves - (uint32_t)w->credit;

    // Posts
    if (x->m.post_read != x->m.post_write && x->m.post_at[x->m.post_read % 4] == x->now)
        post(x, &x->m.post[x->m.post_read++ % 4]);

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
        x->m.gap = MATRIX_GAP;
    else if (x->m.gap && (issue || taking || slice_start))
        x->m.gap--;
    x->m.parts_left = issue ? x->m.parts - 1 : x->m.parts_left - taking;
    if (issue && last)
        x->m.slot = qn_time_slots(x) - 1;
    else if (x->m.slot)
        x->m.slot--;
    if (swap)
        x->m.drain = false;
    if (issue) {
        x->m.plane = last ? 0 : x->m.plane + 1;
        if (last)
            x->m.col = slice_end ? 0 : x->m.col + 1;
    }
    if (job_end) {
        x->m.valid = false;
        x->m.drained = x->now + post_after(x->m.parts, x->m.slot + 1, two);
        x->m.post_at[(x->m.post_write - 1) % 4] = x->m.drained;
    }
    if (slice_end) {
        x->m.slice_left--;
        x->m.block = block_last ? 0 : x->m.block + 1;
    }

    gemm_clock(x, swap);
    if (job_take)
        matrix_take(x);
}
