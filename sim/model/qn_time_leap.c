// SPDX-License-Identifier: Apache-2.0
// qn_time_leap.c: many clocks at once while only the stream moves. Not what each clock does is asked here, but in which clock each word comes and
// each plane is issued: the law of rtl/README.md ("clock by clock") as it stands there. qn_time_stream.c says the same clock by clock, and
// tests/model/test_time_leap.c holds the two together.
//
// Two sides wait for each other through the FIFO only: the memory port, which asks for bursts while there is room, and the array, which issues planes
// as they come. Each is carried on in its own time:
// - the port ahead of the array, as far as the room it knows of goes, and not past the earliest clock in which the array could end the leap;
// - the array not past the port's next clock, in which a run may be asked for to its end, and so end the leap.
// So all that is known of one side when the other moves is final, and in clock `until` both can stand still.
#include "sim/model/qn_time_core.h"

enum { RUNS = 512, CREDITS = 64 };       // powers of two; a burst or a word in flight is a run at most

// Things that come one a clock from clock `at` on
typedef struct run {
    uint64_t at, n;
} run;

typedef struct leap {
    core *x;
    uint64_t begin, until;

    // Memory port: the clock from which it may do the next thing, and that in which it does
    bool asking, waits;                  // waits: for room that it does not know of, `lack` words of it
    uint64_t port_at, port_next, lack;

    // Words not yet taken by the array, and room given back that the load unit does not yet know of: rings
    run word[RUNS], credit[CREDITS];
    unsigned word_head, word_tail, credit_head, credit_tail;
    uint64_t coming;                     // words that come in this leap or after it
    uint64_t credit_at;                  // the first clock that can give back one more

    // Unpack and turn, of the stream at hand
    const stream *s;
    uint64_t raw_left, raw_last;         // plane words that it still has; clock of the last one taken
    uint32_t raw;                        // planes of the pair that have been taken
    bool just_came;                      // a plane word, in the clock before the leap, or it does not matter
    uint64_t turned;                     // clock from which the turner's planes are there
    uint64_t heads_gone, heads_over;     // headers popped, and to be popped before that clock

    // Array
    uint64_t last, issues, starved;      // clock of the last issue
    uint64_t slot_at, full_at;           // clocks from which the last plane of a column, the first of a slice may be issued
    bool reading;                        // a slice is read into the shadows
} leap;

static uint64_t later(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

static uint64_t sooner(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static void stop_at(leap *l, uint64_t clock)
{
    l->until = sooner(l->until, clock);
}

// Room -----------------------------------------------------------------------------------------------------------------------------

// What has been given back before clock `before` is room.
static void room_known(leap *l, uint64_t before)
{
    for (; l->credit_head != l->credit_tail; l->credit_head++) {
        run *r = &l->credit[l->credit_head % CREDITS];
        if (r->at >= before)
            return;
        uint64_t n = sooner(r->n, before - r->at);
        l->x->load.room += (uint32_t)n;
        r->at += n;
        r->n -= n;
        if (r->n)
            return;
    }
}

// `n` words leave, the first in clock `at`, and then so quickly that one can be given back in each clock.
static void give_back(leap *l, uint64_t at, uint64_t n)
{
    at = later(l->credit_at, at + 1);
    run *r = &l->credit[(l->credit_tail - 1) % CREDITS];
    if (l->credit_tail != l->credit_head && r->at + r->n == at) {
        r->n += n;
    } else {
        if (l->credit_tail - l->credit_head == CREDITS)
            room_known(l, l->last);                      // the port is past it, for it waits for no room
        assert(l->credit_tail - l->credit_head < CREDITS);
        l->credit[l->credit_tail++ % CREDITS] = (run){at, n};
    }
    l->credit_at = at + n;
}

// The clock from which there is room for `len` words; NEVER if not with what has left.
static uint64_t room_at(leap *l, uint32_t len)
{
    if (l->x->load.room >= len)
        return l->port_at;
    l->lack = len - l->x->load.room;
    for (unsigned i = l->credit_head; i != l->credit_tail; i++) {
        const run *r = &l->credit[i % CREDITS];
        if (l->lack <= r->n)
            return later(l->port_at, r->at + l->lack);
        l->lack -= r->n;
    }
    return NEVER;
}

// Memory port --------------------------------------------------------------------------------------------------------------------------

// When the port does the next thing, by what is known.
static void port_look(leap *l)
{
    core *x = l->x;
    const bool asks = l->asking && x->arb.used == 0;
    const uint64_t take = asks ? room_at(l, burst(x->load.ask, x->load.left)) : NEVER;
    l->waits = asks && take == NEVER;
    l->port_next = x->arb.used ? sooner(later(l->port_at, qn_sdram_ready_at(&x->mem)), take) : take;
}

// How many words may leave before the load unit can ask for more, if it waits for that.
static uint64_t room_lacks(const leap *l)
{
    return l->waits ? l->lack : NEVER;
}

static void words_join(leap *l, uint64_t at, uint64_t n)
{
    run *r = &l->word[(l->word_tail - 1) % RUNS];
    if (l->word_tail != l->word_head && r->at + r->n == at) {
        r->n += n;
    } else {
        assert(l->word_tail - l->word_head < RUNS);
        l->word[l->word_tail++ % RUNS] = (run){at, n};
    }
}

// A stream's last word ends the leap.
static void words_come(leap *l, uint64_t at, uint64_t n)
{
    uint64_t left = l->x->unpack.words_left;
    if (l->coming < left && l->coming + n >= left)
        stop_at(l, at + (left - l->coming - 1));
    l->coming += n;
    words_join(l, at, n);
}

// What the port does in clock port_next: memory takes the request there, the load unit puts one there or behind it.
static void port_step(leap *l)
{
    core *x = l->x;
    const uint64_t now = l->port_at = l->port_next;
    room_known(l, now);
    const uint32_t len = l->asking ? burst(x->load.ask, x->load.left) : 0;
    const bool take = l->asking && x->arb.used == 0 && room_at(l, len) == now;
    if (take && len == x->load.left) {
        stop_at(l, now);
        l->port_next = NEVER;            // and nothing after it
        l->waits = false;
        return;
    }
    if (x->arb.used && qn_sdram_ready_at(&x->mem) <= now) {
        uint64_t first;
        qn_sdram_skip(&x->mem, now);
        const uint32_t n = arb_move(x, &first);
        if (n)
            words_come(l, first + 1, n);
    }
    if (take) {
        x->load.awaited += len;
        x->load.room -= len;
        x->arb.awaited += len;
        arb_take(x, false, x->load.ask, len, QN_GET(x->load.job.e.x, STREAM, KIND));
        x->load.ask += len;
        x->load.left -= len;
    }
    l->port_at = now + 1;
    port_look(l);
}

// Words ------------------------------------------------------------------------------------------------------------------------------

// The clock in which the word comes that has `k` before it; NEVER if it is not on its way.
static uint64_t word_at(const leap *l, uint64_t k)
{
    for (unsigned i = l->word_head; i != l->word_tail; i++) {
        const run *r = &l->word[i % RUNS];
        if (k < r->n)
            return r->at + k;
        k -= r->n;
    }
    return NEVER;
}

static void words_gone(leap *l, uint64_t n)
{
    while (n) {
        run *r = &l->word[l->word_head % RUNS];
        uint64_t m = sooner(n, r->n);
        r->at += m;
        r->n -= m;
        n -= m;
        l->word_head += r->n == 0;
    }
}

// A pair's headers are popped in the clocks from `at` on. They may be counted before planes that leave in these clocks: room is given back all the same.
static void heads_leave(leap *l, uint64_t at, uint32_t n)
{
    l->heads_over = at + n;
    l->heads_gone += n;
    if (n)
        give_back(l, at, n);
}

// Plane words of a pair leave the FIFO, one a clock from `at` on; the pair's headers are in front of them no more.
static void raw_leaves(leap *l, uint64_t at, uint32_t n, uint32_t pair_heads)
{
    words_gone(l, n + (l->raw == 0 ? pair_heads : 0));
    l->raw = l->raw + n == 2 * l->s->words ? 0 : l->raw + n;
    l->raw_last = at + n - 1;
    l->raw_left -= n;
    l->x->unpack.plane.gone += n;
    give_back(l, at, n);
    if (l->raw_left == 0)                                // what comes then is another stream's
        stop_at(l, at + n);
}

// Of the next plane words of the pair, how many come one a clock, and what is left of the stream.
static uint64_t raw_together(const leap *l, uint32_t pair_heads)
{
    uint64_t skip = l->raw == 0 ? pair_heads : 0, pair = 2 * l->s->words - l->raw;
    const run *r = &l->word[l->word_head % RUNS];
    return sooner(sooner(pair, l->raw_left), r->n > skip ? r->n - skip : 1);
}

// The clock in which the next word can be taken from the FIFO.
static uint64_t raw_next(const leap *l, uint32_t pair_heads)
{
    uint64_t at = l->raw_left ? word_at(l, l->raw == 0 ? pair_heads : 0) : NEVER;
    return at == NEVER ? NEVER : later(at + 3, l->raw_last + 1);
}

// Headers of the pair whose words enter the turner next: it is ahead of the array.
static uint32_t turn_heads(const leap *l)
{
    const stream *s = l->s;
    const uint32_t slice = (uint32_t)(l->x->unpack.plane.gone - s->planes) / (2 * s->words * s->pairs);
    return qn_time_head_words(s->fmt, slice % s->fmt->block == s->fmt->block - 1u);
}

// The turner takes words by groups: all but the last enter beside the planes of the group before, the last one as the last of those leaves.
static uint64_t turn_next(const leap *l)
{
    const core *x = l->x;
    const bool full = x->unpack.fill_count == l->s->group_words - 1;
    if (full && x->unpack.left_count)
        return NEVER;
    uint64_t at = raw_next(l, turn_heads(l));
    return at != NEVER && full ? later(at, l->last) : at;
}

// The next words enter, the first in clock `at`: one, or more up to the last but one of the group if they do before clock `before`.
static void turn_step(leap *l, uint64_t at, uint64_t before)
{
    core *x = l->x;
    const uint32_t heads = turn_heads(l), fill = x->unpack.fill_count, last = l->s->group_words - 1;
    const uint32_t n = fill + 1 >= last ? 1 : (uint32_t)sooner(sooner(last - fill, before - at), sooner(raw_together(l, heads), room_lacks(l)));
    raw_leaves(l, at, n, heads);
    x->unpack.fill_count = fill == last ? 0 : fill + n;
    if (fill == last) {
        x->unpack.left_count = l->s->group_planes;
        l->turned = at + 1;
    }
}

// Array ------------------------------------------------------------------------------------------------------------------------------

// Its planes come out of the turner.
static bool turned(const qn_fmt *f)
{
    return f->store != QN_STORE_PLANES;
}

static bool slice_starts(const core *x)
{
    return x->m.plane == 0 && x->m.col == 0;
}

// The clock from which the array wants the next plane.
static uint64_t wants_from(const leap *l)
{
    const core *x = l->x;
    uint64_t at = l->last + 1;
    if (!x->m.valid)
        return NEVER;
    if (slice_starts(x)) {
        at = later(at + x->m.gap, l->full_at);
        if (x->m.drain)
            at = later(at, x->m.drained + 1);
    }
    return x->m.plane == x->m.plane_last ? later(at, l->slot_at) : at;
}

// The loader of slices: the array takes the shadows over in clock `at`, and the next slice is read.
static void swap(leap *l, uint64_t at)
{
    core *x = l->x;
    x->m.drain = false;
    x->m.gap = MATRIX_GAP + 1;                           // the issue at hand counts one
    x->gemm.left -= l->reading;
    l->reading = x->gemm.state == G_LOAD && x->gemm.left;
    l->full_at = l->reading ? at + x->gemm.reads_slice + 2 : NEVER;
    if (l->reading && x->gemm.left == 1)
        stop_at(l, l->full_at - 1);
}

// With the next issue.
static bool job_ends(const core *x)
{
    return x->m.slice_left == 0 && x->m.col == x->m.col_last && x->m.plane == x->m.plane_last;
}

static void column_next(leap *l, uint32_t columns)
{
    core *x = l->x;
    l->slot_at = l->last + qn_time_slots(x);
    x->m.col += columns;
    if (x->m.col > x->m.col_last) {
        x->m.col = 0;
        x->m.slice_left--;
        x->m.block = x->m.block == x->m.block_last ? 0 : x->m.block + 1;
    }
}

static uint32_t pair_heads(const core *x)
{
    return qn_time_head_words(x->m.fmt, x->m.block == x->m.block_last);
}

// How many planes of the column can be issued one a clock from clock `at` on, before clock `before`.
static uint32_t together(const leap *l, uint64_t at, uint64_t before)
{
    const core *x = l->x;
    const uint64_t heads = x->m.plane == 0 && x->m.col % 2 == 0 ? pair_heads(x) : 0, lacks = room_lacks(l);
    const uint64_t beside = turned(x->m.fmt) ? 8 : 0;    // words that may enter the turner beside
    if (slice_starts(x) || l->raw_left <= beside || lacks <= heads + beside)
        return 1;                                        // what ends the leap or lets the load unit go on may come in between
    uint64_t n = x->m.plane_last - x->m.plane;
    n += at + n >= l->slot_at && !(x->m.slice_left == 0 && x->m.col == x->m.col_last);
    n = sooner(n, sooner(before - at, turned(x->m.fmt) ? x->unpack.left_count : raw_together(l, pair_heads(x))));
    if (!turned(x->m.fmt))
        n = sooner(n, lacks - heads);
    return n ? (uint32_t)n : 1;
}

// Issues `n` planes of a column, the first in clock `at`, `wanted` the clock from which the array wanted it.
static void issue(leap *l, uint64_t wanted, uint64_t at, uint32_t n)
{
    core *x = l->x;
    l->starved += at - wanted;
    l->issues += n;
    l->last = at + n - 1;
    if (slice_starts(x))
        swap(l, at);
    x->m.gap -= x->m.gap < n ? x->m.gap : n;
    if (turned(x->m.fmt))
        x->unpack.left_count -= n;
    else
        raw_leaves(l, at, n, pair_heads(x));
    if (x->m.plane == 0 && x->m.col % 2 == 0)
        heads_leave(l, at + 1, pair_heads(x));
    x->m.plane += n;
    if (x->m.plane > x->m.plane_last) {
        x->m.plane = 0;
        column_next(l, 1);
    }
}

// Whole pairs of a slice whose words come without a gap, in clocks before `before`; false if there is none. The array is behind the words, and issues a plane
// in each clock until it has caught up by the headers in between; or it is not, and a pair takes as many clocks as it has words.
static bool issue_pairs(leap *l, uint64_t wanted, uint64_t before)
{
    core *x = l->x;
    const uint32_t planes = 2 * (x->m.plane_last + 1), heads = pair_heads(x), words = planes + heads;
    if (x->m.plane || x->m.col % 2 || turned(x->m.fmt) || l->word_head == l->word_tail || qn_time_slots(x) > x->m.plane_last + 1)
        return false;
    if (slice_starts(x) && x->gemm.left == 1u + l->reading)
        return false;                                    // its swap will end the leap
    const run *r = &l->word[l->word_head % RUNS];
    uint64_t pairs = sooner((x->m.col_last + 1 - x->m.col) / 2, sooner(r->n / words, l->raw_left / planes));
    pairs -= x->m.slice_left == 0 && pairs == (x->m.col_last + 1 - x->m.col) / 2;      // the job's last plane ends the leap
    const uint64_t comes = r->at + heads + 3, at = later(wanted, comes), pace = at > comes ? planes : words;
    if (pairs == 0 || at + planes > before || at + planes / 2 - 1 < l->slot_at)
        return false;
    pairs = sooner(pairs, (before - at - planes) / pace + 1);
    if (at > comes && heads)
        pairs = sooner(pairs, (at - comes + heads - 1) / heads);
    pairs = sooner(pairs, (room_lacks(l) - 1) / words);                                // the load unit may not go on in between
    if (pairs == 0)
        return false;

    if (slice_starts(x))
        swap(l, at);
    give_back(l, at, pairs * words);
    words_gone(l, pairs * words);
    x->unpack.plane.gone += pairs * planes;
    l->heads_gone += pairs * heads;
    l->raw_left -= pairs * planes;
    l->issues += pairs * planes;
    l->last = at + (pairs - 1) * pace + planes - 1;
    l->raw_last = l->last;
    l->starved += l->last + 1 - wanted - pairs * planes;
    x->m.gap -= (uint32_t)sooner(x->m.gap, pairs * planes);
    column_next(l, (uint32_t)pairs * 2);
    if (l->raw_left == 0)
        stop_at(l, l->last + 1);
    return true;
}

static bool turns(const leap *l)
{
    return l->s && turned(l->s->fmt);
}

// A clock before which the array and the turner cannot end the leap.
static uint64_t array_end(const leap *l)
{
    const core *x = l->x;
    uint64_t end = turns(l) && l->raw_left != NEVER ? l->raw_last + l->raw_left : NEVER;
    if (!x->m.valid)
        return end;
    if (slice_starts(x))
        return sooner(end, l->last + 1);
    uint64_t planes = (uint64_t)(x->m.col_last + 1 - x->m.col) * (x->m.plane_last + 1) - x->m.plane;
    return sooner(end, l->last + (turns(l) ? planes : sooner(planes, l->raw_left)));
}

// What the turner and the array do before clock `before`; false if nothing.
static bool array_step(leap *l, uint64_t before)
{
    core *x = l->x;
    const uint64_t wanted = wants_from(l), turn = turns(l) ? turn_next(l) : NEVER;
    uint64_t at = NEVER;
    if (wanted != NEVER)
        at = !turns(l) ? raw_next(l, pair_heads(x)) : x->unpack.left_count ? l->turned : NEVER;
    at = later(at, wanted);
    if (at <= before && at <= turn && at < l->until && job_ends(x)) {
        stop_at(l, at);                                  // before what port and turner do in that clock
    } else if (turn < before && turn <= at) {
        turn_step(l, turn, sooner(before, at == NEVER ? at : at + 1));
    } else if (at < before) {
        if (!issue_pairs(l, wanted, before))
            issue(l, wanted, at, together(l, at, before));
    } else {
        return false;
    }
    if (l->waits)
        port_look(l);
    return true;
}

// From registers and to registers ----------------------------------------------------------------------------------------------------------

// Headers of a stream that come before word or plane `at` of those of which a pair has `pair`, those of its own pair included unless it is the first of it.
static uint64_t heads_before(const stream *s, uint32_t at, uint32_t pair)
{
    const qn_fmt *f = s->fmt;
    const uint32_t slice = at / (pair * s->pairs), begun = (at % (pair * s->pairs) + pair - 1) / pair;
    const uint32_t other = qn_time_head_words(f, false), last = qn_time_head_words(f, true);
    return (uint64_t)(slice / f->block) * s->pairs * (other * (f->block - 1u) + last) + slice % f->block * s->pairs * other +
           begun * (slice % f->block == f->block - 1u ? last : other);
}

// None is there and none comes.
static bool no_words(const core *x)
{
    return x->unpack.plane.gone == x->unpack.plane.in && !x->unpack.active;
}

// Whether the words are those that the array expects: the stream of its format and columns, at the same place. (A program that does
// otherwise makes no sense, but takes its time.)
static bool expected(const core *x)
{
    const uint32_t heads = x->m.h_sub + x->m.h_left, turning = x->unpack.fill_count + x->unpack.left_count;
    if (!x->m.valid)
        return heads == 0;
    if (no_words(x))
        return heads == 0 && turning == 0;
    const stream *s = qn_time_stream_of(x, 0);
    const uint32_t taken = (uint32_t)(x->unpack.plane.gone - s->planes);
    if (s->fmt != x->m.fmt || 2 * s->pairs != x->m.col_last + 1 || taken < x->unpack.fill_count || (turning && !turned(s->fmt)))
        return false;
    const uint32_t entered = (taken - x->unpack.fill_count) / s->group_words * s->group_planes;
    if (entered < x->unpack.left_count)
        return false;
    const uint32_t at = entered - x->unpack.left_count, column = at / s->fmt->planes;
    return at % s->fmt->planes == x->m.plane && column % (2 * s->pairs) == x->m.col &&
           column / (2 * s->pairs) % s->fmt->block == x->m.block && x->unpack.head.gone + heads == s->heads + heads_before(s, at, 2u * s->fmt->planes);
}

static void begin(leap *l)
{
    core *x = l->x;
    const uint64_t now = x->now;
    l->port_at = now;
    l->asking = x->load.state == L_ASK;
    l->credit_at = now;
    if (x->unpack.owed)
        give_back(l, now - 1, x->unpack.owed);

    // The words in the FIFO have come one a clock, at the latest so that they are there when the array could take them
    l->raw_last = l->last = now - 1;
    if (!no_words(x)) {
        l->s = qn_time_stream_of(x, 0);
        const uint32_t taken = (uint32_t)(x->unpack.plane.gone - l->s->planes);      // a stream has less than 2^32 words
        const uint64_t held = x->unpack.plane.in - x->unpack.plane.gone + x->unpack.head.in - (l->s->heads + heads_before(l->s, taken, 2 * l->s->words));
        l->raw = taken % (2 * l->s->words);
        l->raw_left = x->unpack.stream_used > 1 ? qn_time_stream_of(x, 1)->planes - x->unpack.plane.gone : NEVER;
        const uint64_t planes = x->unpack.plane.in - x->unpack.plane.gone, front = l->raw == 0 && planes ? turn_heads(l) : 0;
        const bool one_late = x->unpack.raw && !x->unpack.plane.out && planes == 2;      // it has just come
        const uint64_t age = planes == 0 ? 0 : x->unpack.raw ? 3 + front : x->unpack.plane.out ? 2 + front : 1 + front;
        l->just_came = planes > (uint64_t)x->unpack.raw + x->unpack.plane.out;
        if (held)
            words_join(l, now - later(held, age), held - one_late);
        if (one_late)
            words_join(l, now - 1, 1);
    }
    if (x->rsp)
        words_come(l, now, 1);
    if (x->rsp_next)
        words_come(l, now + 1, 1);
    for (unsigned i = x->mem.head; i != x->mem.tail; i = (i + 1) % QN_SDRAM_FLIGHT)
        words_come(l, x->mem.first[i] + 1, x->mem.left[i]);

    l->turned = now;
    heads_leave(l, now, x->m.h_sub + x->m.h_left);
    l->slot_at = now + x->m.slot;
    l->full_at = x->gemm.full ? now : x->gemm.s_end ? now + 1 : NEVER;
    l->reading = x->gemm.state == G_LOAD && x->gemm.left && !x->gemm.full && !x->gemm.s_end;
    if (l->reading) {
        l->full_at = now + (x->gemm.reads_slice - x->gemm.reads) + 1;
        if (x->gemm.left == 1)
            stop_at(l, l->full_at - 1);
    }
    port_look(l);
}

static void end(leap *l)
{
    core *x = l->x;
    const uint64_t now = l->until, n = now - l->begin, wanted = wants_from(l);
    if (wanted < now)
        l->starved += now - wanted;
    if (slice_starts(x))
        x->m.gap -= (uint32_t)sooner(x->m.gap, now - 1 - l->last);
    x->m.slot = l->slot_at > now ? (uint32_t)(l->slot_at - now) : 0;

    // Loader of slices
    x->gemm.full = l->full_at <= now;
    x->gemm.s_end = l->full_at == now + 1;
    if (l->reading) {
        bool done = x->gemm.full || x->gemm.s_end;
        x->gemm.left -= done;
        x->gemm.reads = done ? 0 : x->gemm.reads_slice - (uint32_t)(l->full_at - 1 - now);
    }

    // Room, headers
    const uint32_t heads = l->heads_over > now ? (uint32_t)(l->heads_over - now) : 0;     // still to be popped
    room_known(l, now);
    x->unpack.owed = 0;
    for (; l->credit_head != l->credit_tail; l->credit_head++)
        x->unpack.owed += (uint32_t)l->credit[l->credit_head % CREDITS].n;
    x->unpack.owed -= heads;
    x->unpack.head.gone += l->heads_gone - heads;
    x->m.h_sub = heads && x->m.sub && heads == pair_heads(x);
    x->m.h_left = heads - x->m.h_sub;

    // Words
    uint64_t later_words = 0;
    bool came1 = false, came2 = false;                   // in the clock before, and the one before that
    x->rsp = x->rsp_next = false;
    for (; l->word_head != l->word_tail; l->word_head++) {
        const run *r = &l->word[l->word_head % RUNS];
        later_words += r->at >= now ? r->n : r->at + r->n > now ? r->at + r->n - now : 0;
        x->rsp |= r->at <= now && now < r->at + r->n;
        x->rsp_next |= r->at <= now + 1 && now + 1 < r->at + r->n;
        came1 |= r->at <= now - 1 && now - 1 < r->at + r->n;
        came2 |= n > 1 && r->at <= now - 2 && now - 2 < r->at + r->n;
    }
    const uint32_t came = (uint32_t)(l->coming - later_words);
    qn_time_unpack_words(x, came - came1 - came2);
    const bool plane2 = came2 ? !qn_time_unpack_words(x, 1) : n == 1 && l->just_came, head1 = came1 && qn_time_unpack_words(x, 1);
    const bool plane1 = came1 && !head1;
    x->load.awaited -= came;
    x->load.waited = x->load.awaited || came1;
    x->arb.awaited -= came;
    const uint64_t planes = x->unpack.plane.in - x->unpack.plane.gone;
    x->unpack.raw = planes > (uint64_t)plane1 + plane2;
    x->unpack.plane.out = planes - x->unpack.raw > plane1;
    x->unpack.head.out = x->unpack.head.in - x->unpack.head.gone > head1;
    qn_time_stream_next(x);
    qn_sdram_skip(&x->mem, now);

    x->count[QN_TIME_CYCLES] += n;
    x->count[QN_TIME_ARRAY] += l->issues;
    x->count[QN_TIME_ROWS] += l->issues * x->m.rows;
    x->count[QN_TIME_STARVE] += l->starved;
    x->count[QN_TIME_MATRIX] += x->gemm.state != G_IDLE || x->m.valid || x->m.post_write != x->m.post_read ? n : 0;
    x->count[QN_TIME_LOAD] += x->load.state != L_IDLE ? n : 0;
    x->count[QN_TIME_VECTOR] += x->v.busy ? n : 0;
    x->now = now;
}

void qn_time_leap(core *x, uint64_t until)
{
    if (x->m.parts > 1 || !expected(x))                  // planes that take longer than a clock: not told here
        return;
    leap l;
    l.x = x;
    l.begin = x->now;
    l.until = until;
    l.word_head = l.word_tail = l.credit_head = l.credit_tail = 0;
    l.coming = l.lack = l.issues = l.starved = l.raw_left = l.heads_gone = 0;
    l.raw = 0;
    l.waits = l.just_came = false;
    l.s = NULL;
    begin(&l);
    for (;;) {
        const uint64_t array = array_end(&l);
        while (!l.waits && l.port_next < l.until && l.port_next < array)
            port_step(&l);
        if (array_step(&l, sooner(l.until, l.port_next)))
            continue;
        if (l.port_next >= l.until)
            break;
        port_step(&l);                                   // it comes first
    }
    if (l.until > l.begin)
        end(&l);
}
