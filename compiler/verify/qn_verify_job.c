// SPDX-License-Identifier: Apache-2.0
// One job without data: the four queues as the core keeps them, with vector clocks, and a note of the last access at each place.
//
// Instructions of a unit are counted from 1. known[u][v] is how many instructions of v have certainly ended when u's present one begins: what
// the semaphores it took have told. A post carries its poster's knowledge to the wait that takes it; with one poster and one waiter, the
// k-th wait takes the k-th post in every execution. So an access by u comes after one by v's instruction i if i <= known[u][v], and
// two accesses that the run meets in any order are both looked at by whichever comes later. One more thing orders: a GEMM writes no
// accumulator before its first word has come, and so not before what the load unit had waited for when it began that STREAM.
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compiler/verify/qn_verify_in.h"
#include "sim/model/qn_exec.h"
#include "sim/model/qn_exec_check.h"

#define V(e, op, slot) ((e)->v[QN_SLOT_##op##_##slot])
#define RAW(e, op, part) QN_GETRAW((e)->v[QN_RAW_##op##_##part], op, part)

enum { SEM_MOST = 255, SEM_RING = 256, ALL_INSTRUCTIONS = 1 << 28 };
#define ALL_WORK (1ull << 36)

typedef struct sem {
    int poster, waiter;                          // units; 0: none yet
    uint32_t posted, taken, acked;               // acked: waits of which the poster knows
    uint32_t wait_at[SEM_RING];
    uint32_t clock[SEM_RING][QN_UNITS];
} sem;

typedef struct stream {
    uint64_t left;
    uint32_t fmt, cols, pc;
    uint32_t clock[QN_UNITS];                    // what the load unit knew when it began
} stream;

typedef struct access {
    uint64_t lo, hi;                             // words of memory
    uint32_t at;                                 // instruction of its unit
} access;

typedef struct accesses {
    access *a;
    size_t n, size;
} accesses;

// Words of the vector buffer: each unit's last write and read, 0 for none.
enum { W_LOAD, W_VECTOR, R_VECTOR, R_STORE, NOTES };

struct qn_vjob {
    const qn_target *t;
    const qn_prog *p;
    qn_vjob_result *result;
    qn_vseq seq;
    qn_vinsn queue[QN_UNITS][QN_EXEC_QUEUE];
    unsigned head[QN_UNITS], used[QN_UNITS];
    bool begun[QN_UNITS];
    uint32_t done[QN_UNITS], known[QN_UNITS][QN_UNITS];
    sem sem[QN_SEMS];
    stream *streams;                             // ring
    size_t streams_size, streams_at, streams_used;
    uint64_t waiting, wanted;                    // words, as qn_exec
    accesses loads, stores;                      // of windows that can be written
    uint32_t *vb[NOTES];
    uint8_t *vague, *row;                        // words of the vector buffer that depend on what this job has not written; a row of them
    uint32_t *acc_w, *acc_r;                     // [row][acc_cols]: matrix, vector
    uint32_t *slice_w, *slice_r;                 // [row][slices]: vector, matrix
    uint8_t *slice_tag;                          // block length << 4 | place in it
};

int qn_vjob_new(qn_vjob **out, const qn_target *t)
{
    *out = NULL;
    qn_vjob *j = calloc(1, sizeof *j);
    if (!j)
        return QN_ERR_NOMEM;
    j->t = t;
    bool ok = true;
    for (int k = 0; k < NOTES; k++)
        ok &= (j->vb[k] = malloc(t->vb_words * sizeof(uint32_t))) != NULL;
    ok &= (j->vague = malloc(t->vb_words)) != NULL;
    ok &= (j->row = malloc(t->vb_words)) != NULL;
    ok &= (j->acc_w = malloc((size_t)t->rows * t->acc_cols * sizeof(uint32_t))) != NULL;
    ok &= (j->acc_r = malloc((size_t)t->rows * t->acc_cols * sizeof(uint32_t))) != NULL;
    ok &= (j->slice_w = malloc((size_t)t->rows * t->slices * sizeof(uint32_t))) != NULL;
    ok &= (j->slice_r = malloc((size_t)t->rows * t->slices * sizeof(uint32_t))) != NULL;
    ok &= (j->slice_tag = malloc((size_t)t->rows * t->slices)) != NULL;
    if (!ok) {
        qn_vjob_free(j);
        return QN_ERR_NOMEM;
    }
    *out = j;
    return 0;
}

void qn_vjob_free(qn_vjob *j)
{
    if (!j)
        return;
    for (int k = 0; k < NOTES; k++)
        free(j->vb[k]);
    free(j->vague);
    free(j->row);
    free(j->acc_w);
    free(j->acc_r);
    free(j->slice_w);
    free(j->slice_r);
    free(j->slice_tag);
    free(j->streams);
    free(j->loads.a);
    free(j->stores.a);
    free(j);
}

static void clear(qn_vjob *j)
{
    const qn_target *t = j->t;
    for (int k = 0; k < NOTES; k++)
        memset(j->vb[k], 0, t->vb_words * sizeof(uint32_t));
    memset(j->vague, 1, t->vb_words);
    memset(j->acc_w, 0, (size_t)t->rows * t->acc_cols * sizeof(uint32_t));
    memset(j->acc_r, 0, (size_t)t->rows * t->acc_cols * sizeof(uint32_t));
    memset(j->slice_w, 0, (size_t)t->rows * t->slices * sizeof(uint32_t));
    memset(j->slice_r, 0, (size_t)t->rows * t->slices * sizeof(uint32_t));
    memset(j->slice_tag, 0, (size_t)t->rows * t->slices);
    memset(j->head, 0, sizeof j->head);
    memset(j->used, 0, sizeof j->used);
    memset(j->begun, 0, sizeof j->begun);
    memset(j->done, 0, sizeof j->done);
    memset(j->known, 0, sizeof j->known);
    for (int k = 0; k < QN_SEMS; k++) {
        sem *s = &j->sem[k];
        s->poster = s->waiter = 0;
        s->posted = s->taken = s->acked = 0;
    }
    j->streams_at = j->streams_used = 0;
    j->waiting = j->wanted = 0;
    j->loads.n = j->stores.n = 0;
}

__attribute__((format(printf, 3, 4))) static int fault(qn_vjob *j, uint32_t pc, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(j->result->text, sizeof j->result->text, fmt, ap);
    va_end(ap);
    j->result->at = pc;
    return QN_ERR_VERIFY;
}

// Places ---------------------------------------------------------------------------------------------------------------------

static uint32_t most(const uint32_t *a, uint32_t n)
{
    uint32_t m = 0;
    for (uint32_t i = 0; i < n; i++)
        m = a[i] > m ? a[i] : m;
    return m;
}

static void mark(uint32_t *a, uint32_t n, uint32_t at)
{
    for (uint32_t i = 0; i < n; i++)
        a[i] = at;
}

static const char *const unit_name[QN_UNITS] = {"sequencer", "load unit", "array", "vector unit", "store unit"};

// Looks at the order alone.
static int vb_touch(qn_vjob *j, const qn_entry *e, uint32_t at, uint32_t n)
{
    unsigned u = e->unit;
    j->result->work += n;
    if (most(j->vb[W_LOAD] + at, n) > j->known[u][QN_UNIT_LOAD])
        return fault(j, e->pc, "reads the vector buffer from %u on before the load unit has surely filled it", at);
    if (u == QN_UNIT_STORE && most(j->vb[W_VECTOR] + at, n) > j->known[u][QN_UNIT_VECTOR])
        return fault(j, e->pc, "reads the vector buffer from %u on before the vector unit has surely filled it", at);
    mark(j->vb[u == QN_UNIT_STORE ? R_STORE : R_VECTOR] + at, n, j->done[u] + 1);
    return 0;
}

static int vb_read(qn_vjob *j, const qn_entry *e, uint32_t at, uint32_t n)
{
    uint8_t vague = 0;
    for (uint32_t i = 0; i < n; i++)
        vague |= j->vague[at + i];
    return vague ? fault(j, e->pc, "reads words of the vector buffer from %u on that this job has not written", at) : vb_touch(j, e, at, n);
}

static int vb_write(qn_vjob *j, const qn_entry *e, uint32_t at, uint32_t n)
{
    unsigned u = e->unit, other = u == QN_UNIT_LOAD ? QN_UNIT_VECTOR : QN_UNIT_LOAD;
    j->result->work += n;
    uint32_t used = most(j->vb[u == QN_UNIT_LOAD ? W_VECTOR : W_LOAD] + at, n);
    if (u == QN_UNIT_LOAD) {
        uint32_t read = most(j->vb[R_VECTOR] + at, n);
        used = read > used ? read : used;
    }
    if (used > j->known[u][other])
        return fault(j, e->pc, "overwrites the vector buffer from %u on while the %s may still use it", at, unit_name[other]);
    if (most(j->vb[R_STORE] + at, n) > j->known[u][QN_UNIT_STORE])
        return fault(j, e->pc, "overwrites the vector buffer from %u on while the store unit may still read it", at);
    mark(j->vb[u == QN_UNIT_LOAD ? W_LOAD : W_VECTOR] + at, n, j->done[u] + 1);
    memset(j->vague + at, 0, n);
    return 0;
}

// Rows of n words, `stride` apart; rows that lie together are one.
static int vb_rows(qn_vjob *j, const qn_entry *e, int (*use)(qn_vjob *, const qn_entry *, uint32_t, uint32_t), uint32_t at, uint32_t n,
                   uint32_t stride, uint32_t rows)
{
    if (stride == n || stride == 0)
        return use(j, e, at, stride ? n * rows : n);
    int err = 0;
    for (uint32_t r = 0; !err && r < rows; r++)
        err = use(j, e, at + r * stride, n);
    return err;
}

static int acc_touch(qn_vjob *j, const qn_entry *e, uint32_t row, uint32_t col, uint32_t n)
{
    size_t at = (size_t)row * j->t->acc_cols + col;
    j->result->work += n;
    if (most(j->acc_w + at, n) > j->known[e->unit][QN_UNIT_MATRIX])
        return fault(j, e->pc, "reads accumulators of row %u from column %u on before the array has surely written them", row, col);
    mark(j->acc_r + at, n, j->done[e->unit] + 1);
    return 0;
}

static int acc_read(qn_vjob *j, const qn_entry *e, uint32_t row, uint32_t col, uint32_t n)
{
    const uint32_t *w = j->acc_w + (size_t)row * j->t->acc_cols + col;
    for (uint32_t i = 0; i < n; i++)
        if (!w[i])
            return fault(j, e->pc, "reads accumulators of row %u from column %u on that this job has not written", row, col + i);
    return acc_touch(j, e, row, col, n);
}

static void remember(accesses *l, uint64_t lo, uint64_t hi, uint32_t at, bool *ok)
{
    if (l->n == l->size) {
        size_t size = l->size ? 2 * l->size : 64;
        access *a = realloc(l->a, size * sizeof *a);
        if (!a) {
            *ok = false;
            return;
        }
        l->a = a;
        l->size = size;
    }
    l->a[l->n++] = (access){lo, hi, at};
}

// Words [lo, hi) of a window, taken whole: a strided access counts for all that it spans.
static int memory(qn_vjob *j, const qn_entry *e, unsigned win, int64_t lo, int64_t hi, bool write)
{
    qn_prog_window w = qn_prog_window_of(j->p, win);
    if (write && !w.writable)
        return fault(j, e->pc, "writes window %u, which is read only", win);
    if (lo < 0 || hi > w.size)
        return fault(j, e->pc, "%s words %lld to %lld of window %u, which has %u", write ? "writes" : "reads", (long long)lo, (long long)hi - 1, win,
                     w.size);
    if (!w.writable)
        return 0;
    unsigned u = e->unit, other = write ? QN_UNIT_LOAD : QN_UNIT_STORE;
    const accesses *others = write ? &j->loads : &j->stores;
    uint64_t from = w.base + (uint64_t)lo, to = w.base + (uint64_t)hi;
    for (size_t i = others->n; i > 0 && others->a[i - 1].at > j->known[u][other]; i--)
        if (others->a[i - 1].lo < to && from < others->a[i - 1].hi)
            return fault(j, e->pc, write ? "writes memory that an earlier instruction may not have read yet"
                                         : "reads memory that the store unit has not surely written yet");
    bool ok = true;
    remember(write ? &j->stores : &j->loads, from, to, j->done[u] + 1, &ok);
    return ok ? 0 : QN_ERR_NOMEM;
}

// Instructions ---------------------------------------------------------------------------------------------------------------

// What a run of strided pieces spans, from the first word to past the last.
static void span(int64_t at, int64_t len, int64_t stride, int64_t runs, int64_t *lo, int64_t *hi)
{
    int64_t d = stride * (runs - 1);
    *lo = at + (d < 0 ? d : 0);
    *hi = at + (d > 0 ? d : 0) + len;
}

static int operands(qn_vjob *j, const qn_vinsn *v, unsigned cause, uint32_t value)
{
    return cause ? fault(j, v->e.pc, "%s (%d)", qn_trap_text(cause), (int32_t)value) : 0;
}

static int load_memory(qn_vjob *j, const qn_vinsn *v, int64_t words)
{
    const qn_entry *e = &v->e;
    int64_t lo, hi;
    span(V(e, STREAM, ADDR), words, V(e, STREAM, STRIDE), V(e, STREAM, RUNS), &lo, &hi);
    return memory(j, e, QN_GET(e->x, STREAM, WIN), lo, hi + v->more, false);
}

// Each run of a STREAM begins with a line of the memory port.
static int lines(qn_vjob *j, const qn_vinsn *v)
{
    const qn_entry *e = &v->e;
    int64_t planes = j->t->planes, addr = (int64_t)qn_prog_window_of(j->p, QN_GET(e->x, STREAM, WIN)).base + V(e, STREAM, ADDR);
    if (addr % planes || v->step % planes || (V(e, STREAM, RUNS) > 1 && V(e, STREAM, STRIDE) % planes))
        return fault(j, e->pc, "streams words from %lld on, runs %d apart: lines have %lld words", (long long)addr, V(e, STREAM, STRIDE),
                     (long long)planes);
    return 0;
}

static int begin_stream(qn_vjob *j, const qn_vinsn *v)
{
    const qn_entry *e = &v->e;
    uint32_t value = 0;
    int err = operands(j, v, qn_check_load(j->t, e, &value), value);
    if (!err)
        err = load_memory(j, v, V(e, STREAM, WORDS));
    if (!err)
        err = lines(j, v);
    if (err)
        return err;
    uint64_t words = (uint64_t)V(e, STREAM, WORDS) * (uint64_t)V(e, STREAM, RUNS);
    const qn_fmt *f = qn_fmt_find((uint32_t)V(e, STREAM, FORMAT));
    uint64_t block = qn_fmt_tile_words(f, (uint32_t)V(e, STREAM, COLS), f->block);
    if (words % block)
        return fault(j, e->pc, "streams %llu words: no whole number of %s blocks of %d columns (%llu)", (unsigned long long)words, f->name,
                     V(e, STREAM, COLS), (unsigned long long)block);
    if (j->streams_used == j->streams_size) {
        size_t size = j->streams_size ? 2 * j->streams_size : 16;
        stream *s = malloc(size * sizeof *s);
        if (!s)
            return QN_ERR_NOMEM;
        for (size_t i = 0; i < j->streams_used; i++)
            s[i] = j->streams[(j->streams_at + i) % j->streams_size];
        free(j->streams);
        j->streams = s;
        j->streams_size = size;
        j->streams_at = 0;
    }
    j->streams[(j->streams_at + j->streams_used++) % j->streams_size] =
        (stream){.left = words, .fmt = f->id, .cols = (uint32_t)V(e, STREAM, COLS), .pc = e->pc};
    memcpy(j->streams[(j->streams_at + j->streams_used - 1) % j->streams_size].clock, j->known[QN_UNIT_LOAD], sizeof j->streams->clock);
    j->waiting += words;
    return 0;
}

static int run_loadv(qn_vjob *j, const qn_vinsn *v)
{
    const qn_entry *e = &v->e;
    uint32_t value = 0;
    int err = operands(j, v, qn_check_load(j->t, e, &value), value);
    if (err)
        return err;
    int64_t n = V(e, LOADV, N), runs = V(e, LOADV, RUNS), lo, hi;
    span((uint32_t)V(e, LOADV, DST), n, V(e, LOADV, DSTRIDE), runs, &lo, &hi);
    if (lo < 0 || hi > j->t->vb_words)
        return fault(j, e->pc, "writes words %lld to %lld of the vector buffer, which has %u", (long long)lo, (long long)hi - 1, j->t->vb_words);
    err = load_memory(j, v, QN_GET(e->x, LOADV, BF16) ? n / 2 : n);
    return err ? err : vb_rows(j, e, vb_write, (uint32_t)V(e, LOADV, DST), (uint32_t)n, (uint32_t)V(e, LOADV, DSTRIDE), (uint32_t)runs);
}

static int begin_gemm(qn_vjob *j, const qn_vinsn *v)
{
    const qn_entry *e = &v->e;
    uint32_t value = 0;
    int err = operands(j, v, qn_check_gemm(j->t, e, &value), value);
    if (!err)
        j->wanted = qn_fmt_tile_words(qn_fmt_find((uint32_t)V(e, GEMM, FORMAT)), (uint32_t)V(e, GEMM, COLS), (uint32_t)V(e, GEMM, SLICES));
    return err;
}

static void learn(uint32_t *known, const uint32_t *clock)
{
    for (int u = 0; u < QN_UNITS; u++)
        known[u] = clock[u] > known[u] ? clock[u] : known[u];
}

// `first`: what the first word's coming tells.
static int take_words(qn_vjob *j, const qn_entry *e, uint32_t first[QN_UNITS])
{
    memcpy(first, j->known[QN_UNIT_MATRIX], QN_UNITS * sizeof *first);
    learn(first, j->streams[j->streams_at].clock);
    for (uint64_t left = j->wanted; left;) {
        stream *s = &j->streams[j->streams_at];
        if (s->fmt != (uint32_t)V(e, GEMM, FORMAT) || s->cols != (uint32_t)V(e, GEMM, COLS))
            return fault(j, e->pc, "takes %s words of %d columns, but instruction %u streams %s in %u columns",
                         qn_fmt_find((uint32_t)V(e, GEMM, FORMAT))->name, V(e, GEMM, COLS), s->pc, qn_fmt_find(s->fmt)->name, s->cols);
        learn(j->known[QN_UNIT_MATRIX], s->clock);
        uint64_t n = s->left < left ? s->left : left;
        s->left -= n;
        left -= n;
        if (s->left == 0) {
            j->streams_at = (j->streams_at + 1) % j->streams_size;
            j->streams_used--;
        }
    }
    j->waiting -= j->wanted;
    j->wanted = 0;
    return 0;
}

static int run_gemm(qn_vjob *j, const qn_vinsn *v)
{
    const qn_entry *e = &v->e;
    uint32_t known[QN_UNITS], fed[QN_UNITS];
    memcpy(known, j->known[QN_UNIT_MATRIX], sizeof known);
    int err = take_words(j, e, fed);
    uint32_t at = j->done[QN_UNIT_MATRIX] + 1, slices = (uint32_t)V(e, GEMM, SLICES), first = (uint32_t)V(e, GEMM, SLICE);
    uint32_t rows = (uint32_t)V(e, GEMM, ROWS), col = (uint32_t)V(e, GEMM, ACC), cols = (uint32_t)V(e, GEMM, COLS);
    uint32_t block = qn_fmt_find((uint32_t)V(e, GEMM, FORMAT))->block;
    j->result->work += (uint64_t)rows * (slices + cols);
    for (uint32_t r = 0; !err && r < rows; r++) {
        size_t s = (size_t)r * j->t->slices + first, a = (size_t)r * j->t->acc_cols + col;
        for (uint32_t i = 0; i < slices && !QN_GET(e->x, GEMM, UNIT); i++) {
            if (!j->slice_w[s + i])
                return fault(j, e->pc, "reads slice %u of row %u, which this job has not written", first + i, r);
            if (j->slice_w[s + i] > known[QN_UNIT_VECTOR])
                return fault(j, e->pc, "reads slice %u of row %u before it has surely been quantized", first + i, r);
            if (j->slice_tag[s + i] != (block << 4 | i % block))
                return fault(j, e->pc, "slice %u of row %u stands at %u of %u in its quantizer's block, at %u of %u in its format's", first + i, r,
                             j->slice_tag[s + i] & 15u, j->slice_tag[s + i] >> 4, i % block, block);
            j->slice_r[s + i] = at;
        }
        if (most(j->acc_r + a, cols) > fed[QN_UNIT_VECTOR])
            return fault(j, e->pc, "overwrites accumulators of row %u from column %u on that the vector unit may still read", r, col);
        for (uint32_t i = 0; QN_GET(e->x, GEMM, ACCUM) && i < cols; i++)
            if (!j->acc_w[a + i])
                return fault(j, e->pc, "adds to accumulators of row %u from column %u on that this job has not written", r, col);
        mark(j->acc_w + a, cols, at);
    }
    return err;
}

// Whether rows of a source meet rows of the destination without being the same elements.
static bool meets(int64_t dst, int64_t dstride, int64_t dn, int64_t src, int64_t sstride, int64_t sn, int64_t rows, bool same)
{
    if (same && dst == src && (dstride == sstride || rows == 1))
        return false;
    if (dst >= src + sstride * (rows - 1) + sn || src >= dst + dstride * (rows - 1) + dn)
        return false;
    if (rows > 1024)
        return true;                             // perhaps; no program has so many
    for (int64_t r = 0; r < rows; r++)
        for (int64_t k = 0; k < rows; k++)
            if (dst + r * dstride < src + k * sstride + sn && src + k * sstride < dst + r * dstride + dn)
                return true;
    return false;
}

static int run_vec(qn_vjob *j, const qn_entry *e)
{
    uint32_t n = (uint32_t)V(e, VEC, N), rows = (uint32_t)V(e, VEC, ROWS), a = (uint32_t)V(e, VEC, A), dst = (uint32_t)V(e, VEC, DST);
    uint32_t b = (uint32_t)V(e, VEC, B), ds = 8 * RAW(e, VEC, DSTRIDE), as = 8 * RAW(e, VEC, ASTRIDE), bs = 8 * RAW(e, VEC, BSTRIDE);
    bool acc = QN_GET(e->x, VEC, ACC), scalar = QN_GET(e->x, VEC, BSCALAR), two = QN_GET(e->x, VEC, FN) <= QN_VEC_MAX;
    uint32_t bn = scalar && n > 8 ? 8 : n;
    int err = 0;
    if (rows > 1 && ds < n)
        return fault(j, e->pc, "writes rows that overlap");
    if (!acc && meets(dst, ds, n, a, as, n, rows, QN_GET(e->x, VEC, PERM) == 0))
        return fault(j, e->pc, "writes elements that it reads in other places as A");
    if (two && meets(dst, ds, n, b, bs, bn, rows, bn == n))
        return fault(j, e->pc, "writes elements that it reads in other places as B");
    for (uint32_t r = 0; acc && !err && r < rows; r++) {
        uint32_t at = a + as * r;
        err = acc_touch(j, e, at / QN_ACC_ROW, at % QN_ACC_ROW, n);
    }
    if (!acc)
        err = vb_rows(j, e, QN_GET(e->x, VEC, PERM) ? vb_read : vb_touch, a, n, as, rows);
    if (!err && two)
        err = vb_rows(j, e, scalar ? vb_read : vb_touch, b, bn, bs, bs == 0 ? 1 : rows);
    for (uint32_t r = 0; !err && r < rows; r++) {
        uint32_t at = a + as * r;
        const uint32_t *w = acc ? j->acc_w + (size_t)(at / QN_ACC_ROW) * j->t->acc_cols + at % QN_ACC_ROW : NULL;
        for (uint32_t i = 0; i < n; i++)
            j->row[i] = w ? w[i] == 0 : j->vague[at + i];
        for (uint32_t i = 0; two && !scalar && i < n; i++)
            j->row[i] |= j->vague[b + bs * r + i];
        int64_t limit = (int32_t)b + (QN_GET(e->x, VEC, STEP) ? (int64_t)r : 0);
        if (QN_GET(e->x, VEC, FN) == QN_VEC_MASK)
            for (uint32_t i = limit < 0 ? 0 : (uint32_t)limit; i < n; i++)
                j->row[i] = 0;                   // minus infinity, whatever was there
        err = vb_write(j, e, dst + ds * r, n);
        memcpy(j->vague + dst + ds * r, j->row, n);
    }
    return err;
}

static int run_quant(qn_vjob *j, const qn_entry *e)
{
    uint32_t n = (uint32_t)V(e, QUANT, N), rows = (uint32_t)V(e, QUANT, ROWS), a = (uint32_t)V(e, QUANT, A), dst = (uint32_t)V(e, QUANT, DST);
    uint32_t lo = RAW(e, QUANT, LO), hi = RAW(e, QUANT, HI), as = 8 * RAW(e, QUANT, ASTRIDE), ds = 8 * RAW(e, QUANT, DSTRIDE);
    bool wide = QN_GET(e->x, QUANT, WIDE), record = QN_GET(e->x, QUANT, RECORD);
    uint32_t block = 1u << QN_GET(e->x, QUANT, BLOCK), at = j->done[QN_UNIT_VECTOR] + 1, len = n / 32 * (wide ? 17 : 9);
    int err = 0;
    hi = hi < n ? hi : n;
    if (lo < hi)
        err = vb_rows(j, e, vb_read, a + lo, hi - lo, as, rows);
    if (err)
        return err;
    if (record) {
        if (rows > 1 && ds < len)
            return fault(j, e->pc, "writes rows that overlap");
        if (meets(dst, ds, len, a, as, n, rows, false))
            return fault(j, e->pc, "writes records over what it quantizes");
        return vb_rows(j, e, vb_write, dst, len, ds, rows);
    }
    uint32_t row = dst / QN_ACC_ROW * (wide ? 2 : 1), first = dst % QN_ACC_ROW;
    j->result->work += rows * (n / 32);
    for (uint32_t r = row; r < row + rows * (wide ? 2 : 1); r++)
        for (uint32_t i = 0; i < n / 32; i++) {
            size_t s = (size_t)r * j->t->slices + first + i;
            if (j->slice_r[s] > j->known[QN_UNIT_VECTOR][QN_UNIT_MATRIX])
                return fault(j, e->pc, "overwrites slice %u of row %u, which the array may still read", first + i, r);
            j->slice_w[s] = at;
            j->slice_tag[s] = (uint8_t)(block << 4 | i % block);
        }
    return 0;
}

static int run_embed(qn_vjob *j, const qn_vinsn *v)
{
    const qn_entry *e = &v->e;
    uint32_t n = (uint32_t)V(e, EMBED, N), rows = (uint32_t)V(e, EMBED, ROWS);
    int64_t step = V(e, EMBED, STEP), size = step < 0 ? -step : step;
    int err = 0;
    if (n > 1 && size < rows)
        return fault(j, e->pc, "writes elements over each other");
    for (uint32_t r = 0; !err && r < rows; r++)
        err = acc_read(j, e, r, (uint32_t)V(e, EMBED, A), 2 * n - 1 + v->more);
    for (uint32_t i = 0; !err && i < n; i++)
        err = vb_write(j, e, (uint32_t)(V(e, EMBED, DST) + step * i), rows);
    return err;
}

static int run_vector(qn_vjob *j, const qn_vinsn *v)
{
    const qn_entry *e = &v->e;
    qn_entry last = *e;                          // at the operand's greatest value
    uint32_t value = 0;
    int err = operands(j, v, qn_check_vector(j->t, e, &value), value);
    if (!err && v->vary >= 0) {
        last.v[v->vary] = (int32_t)(e->v[v->vary] + (int64_t)v->more);
        err = operands(j, v, qn_check_vector(j->t, &last, &value), value);
    }
    int32_t n = e->op == QN_OP_VEC ? V(e, VEC, N) : V(e, QUANT, N), rows = e->op == QN_OP_VEC ? V(e, VEC, ROWS) : V(e, QUANT, ROWS);
    if (err || n <= 0 || (e->op != QN_OP_LOGIT && rows <= 0))
        return err;
    switch (e->op) {
    case QN_OP_VEC: return run_vec(j, e);
    case QN_OP_QUANT: return run_quant(j, e);
    case QN_OP_EMBED: return run_embed(j, v);
    default: {
        uint32_t a = (uint32_t)V(e, LOGIT, A);
        return QN_GET(e->x, LOGIT, ACC) ? acc_read(j, e, a / QN_ACC_ROW, a % QN_ACC_ROW, (uint32_t)n) : vb_read(j, e, a, (uint32_t)n);
    }
    }
}

static int run_store(qn_vjob *j, const qn_vinsn *v)
{
    const qn_entry *e = &v->e;
    uint32_t value = 0, bytes = 1u << QN_GET(e->x, STORE, SIZE);
    int err = operands(j, v, qn_check_store(e, &value), value);
    if (err)
        return err;
    int64_t n = V(e, STORE, N), runs = V(e, STORE, RUNS), words = bytes == 1 ? (n + 3) / 4 : n, lo, hi;
    span((uint32_t)V(e, STORE, SRC), words, RAW(e, STORE, SSTRIDE), runs, &lo, &hi);
    if (hi > j->t->vb_words)
        return fault(j, e->pc, "reads words %lld to %lld of the vector buffer, which has %u", (long long)lo, (long long)hi - 1, j->t->vb_words);
    span(V(e, STORE, ADDR), RAW(e, STORE, ESTRIDE) * (n - 1) + bytes, V(e, STORE, DSTRIDE), runs, &lo, &hi);
    if (lo < 0)
        return fault(j, e->pc, "writes byte %lld of window %u", (long long)lo, QN_GET(e->x, STORE, WIN));
    err = memory(j, e, QN_GET(e->x, STORE, WIN), lo / 4, (hi + 3) / 4, true);
    return err ? err : vb_rows(j, e, vb_read, (uint32_t)V(e, STORE, SRC), (uint32_t)words, RAW(e, STORE, SSTRIDE), (uint32_t)runs);
}

// Queues ---------------------------------------------------------------------------------------------------------------------

// 1: taken; 0: one is not there; or an error.
static int take_semaphores(qn_vjob *j, const qn_entry *e)
{
    uint32_t w[2] = {qn_insn_get(&e->x, QN_INSN_WAIT0_LSB, 4), qn_insn_get(&e->x, QN_INSN_WAIT1_LSB, 4)};
    for (int k = 0; k < 2; k++) {
        sem *s = &j->sem[w[k]];
        if (!w[k])
            continue;
        if (s->waiter && s->waiter != e->unit)
            return fault(j, e->pc, "waits for semaphore %u, which the %s waits for as well", w[k], unit_name[s->waiter]);
        s->waiter = e->unit;
        if (s->posted - s->taken < (w[0] == w[1] ? 2u : 1u))
            return 0;
    }
    uint32_t *known = j->known[e->unit];
    for (int k = 0; k < 2; k++) {
        sem *s = &j->sem[w[k]];
        if (!w[k])
            continue;
        learn(known, s->clock[s->taken % SEM_RING]);
        s->wait_at[s->taken++ % SEM_RING] = j->done[e->unit] + 1;
    }
    return 1;
}

static int post_semaphores(qn_vjob *j, const qn_entry *e)
{
    uint32_t *known = j->known[e->unit];
    known[e->unit] = ++j->done[e->unit];
    for (int k = 0; k < 2; k++) {
        uint32_t i = qn_insn_get(&e->x, k ? QN_INSN_POST1_LSB : QN_INSN_POST0_LSB, 4);
        sem *s = &j->sem[i];
        if (!i)
            continue;
        if (s->poster && s->poster != e->unit)
            return fault(j, e->pc, "posts semaphore %u, which the %s posts as well", i, unit_name[s->poster]);
        s->poster = e->unit;
        while (s->acked < s->taken && s->wait_at[s->acked % SEM_RING] <= known[s->waiter])
            s->acked++;
        if (s->posted - s->acked == SEM_MOST)
            return fault(j, e->pc, "semaphore %u may pass 255", i);
        memcpy(s->clock[s->posted++ % SEM_RING], known, sizeof s->clock[0]);
    }
    return 0;
}

// As qn_exec's go_on: 1 if the unit's first instruction began or ended, 0 if it must wait, or an error.
static int go_on(qn_vjob *j, unsigned unit)
{
    if (j->used[unit] == 0)
        return 0;
    const qn_vinsn *v = &j->queue[unit][j->head[unit]];
    int err = 0, moved = 0;
    if (!j->begun[unit]) {
        moved = take_semaphores(j, &v->e);
        if (moved <= 0)
            return moved;
        j->begun[unit] = true;
        if (v->e.op == QN_OP_STREAM)
            err = begin_stream(j, v);
        else if (v->e.op == QN_OP_GEMM)
            err = begin_gemm(j, v);
        if (err)
            return err;
    }
    switch (v->e.op) {
    case QN_OP_STREAM:
        if (j->waiting > j->wanted + (uint64_t)j->t->fifo_words * j->t->planes)
            return moved;
        break;
    case QN_OP_GEMM:
        if (j->waiting < j->wanted)
            return moved;
        err = run_gemm(j, v);
        break;
    case QN_OP_LOADV: err = run_loadv(j, v); break;
    case QN_OP_STORE: err = run_store(j, v); break;
    default: err = run_vector(j, v);
    }
    if (!err)
        err = post_semaphores(j, &v->e);
    j->begun[unit] = false;
    j->head[unit] = (j->head[unit] + 1) % QN_EXEC_QUEUE;
    j->used[unit]--;
    return err ? err : 1;
}

static int drain(qn_vjob *j)
{
    for (int moved = 1; moved;) {
        moved = 0;
        for (unsigned unit = QN_UNIT_LOAD; unit < QN_UNITS; unit++) {
            int n = go_on(j, unit);
            if (n < 0)
                return n;
            moved |= n;
        }
    }
    return 0;
}

// Nothing moves any more; the instruction to name waits for a semaphore, if one does.
static int stuck(qn_vjob *j)
{
    const qn_vinsn *words = NULL;
    for (unsigned unit = QN_UNIT_LOAD; unit < QN_UNITS; unit++) {
        const qn_vinsn *v = &j->queue[unit][j->head[unit]];
        if (j->used[unit] && j->begun[unit])
            words = v;
        for (int k = 0; j->used[unit] && !j->begun[unit] && k < 2; k++) {
            uint32_t s = qn_insn_get(&v->e.x, k ? QN_INSN_WAIT1_LSB : QN_INSN_WAIT0_LSB, 4);
            if (s && j->sem[s].posted == j->sem[s].taken)
                return fault(j, v->e.pc, "waits for semaphore %u for ever", s);
        }
    }
    return words ? fault(j, words->e.pc, words->e.op == QN_OP_GEMM ? "waits for words that no STREAM brings" : "its words never find room")
                 : fault(j, j->seq.pc - 1, "waits for ever");
}

static int end(qn_vjob *j)
{
    for (unsigned u = QN_UNIT_LOAD; u < QN_UNITS; u++)
        if (j->used[u])
            return stuck(j);
    if (j->streams_used)
        return fault(j, j->streams[j->streams_at].pc, "%llu of its words are left at HALT", (unsigned long long)j->streams[j->streams_at].left);
    return 0;
}

int qn_vjob_run(qn_vjob *j, const qn_prog *p, uint32_t entry, const qn_span *args, qn_vjob_result *result)
{
    *result = (qn_vjob_result){.at = UINT32_MAX};
    j->p = p;
    j->result = result;
    clear(j);
    qn_vseq_init(&j->seq, p->image + p->lay.code_addr, p->code_words, entry, args);
    for (; result->instructions < ALL_INSTRUCTIONS && result->work < ALL_WORK; result->instructions++) {
        qn_vinsn v;
        enum qn_seq_result r = qn_vseq_step(&j->seq, &v);
        result->work += 16;
        if (r == QN_SEQ_TRAP)
            return fault(j, v.e.pc, "%s", j->seq.fault);
        if (r == QN_SEQ_HALT) {
            result->instructions++;
            result->args_read = j->seq.args_read;
            return end(j);
        }
        unsigned u = v.e.unit;
        if (u == QN_UNIT_SEQ)
            continue;
        if (j->used[u] == QN_EXEC_QUEUE)
            return stuck(j);                     // drained already: this queue never moves again
        j->queue[u][(j->head[u] + j->used[u]++) % QN_EXEC_QUEUE] = v;
        int err = drain(j);
        if (err)
            return err;
    }
    return fault(j, j->seq.pc, "does not end within the verifier's bound");
}
