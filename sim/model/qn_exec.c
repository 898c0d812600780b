// SPDX-License-Identifier: Apache-2.0
#include "sim/model/qn_exec.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "driver/qn_err.h"
#include "driver/qn_size.h"
#include "sim/model/qn_block.h"
#include "sim/model/qn_num.h"

#define V(e, op, slot) ((e)->v[QN_SLOT_##op##_##slot])
#define RAW(e, op, part) QN_GETRAW((e)->v[QN_RAW_##op##_##part], op, part)

int qn_exec_new(qn_exec **out, const qn_target *t, uint32_t *mem, uint64_t mem_words)
{
    assert(out && t && mem && t->prog_words <= QN_PROG_WORDS_MAX && t->acc_cols <= QN_ACC_ROW && t->slices <= QN_ACC_ROW);
    *out = NULL;
    qn_exec *x = calloc(1, sizeof *x);
    if (!x)
        return QN_ERR_NOMEM;
    x->t = t;
    x->mem = mem;
    x->mem_words = mem_words;
    size_t rows = t->rows;
    x->prog = calloc(t->prog_words, sizeof *x->prog);
    x->vb = calloc(t->vb_words, sizeof *x->vb);
    x->acc = calloc(rows * t->acc_cols, sizeof *x->acc);
    x->part = calloc(rows * t->acc_cols, sizeof *x->part);
    x->slice = calloc(rows * t->slices * QN_DEPTH, sizeof *x->slice);
    x->sums = calloc(rows * t->slices * 2, sizeof *x->sums);
    x->scale = calloc(rows * t->slices, sizeof *x->scale);
    x->sum_scale = calloc(rows * t->slices, sizeof *x->sum_scale);
    if (!x->prog || !x->vb || !x->acc || !x->part || !x->slice || !x->sums || !x->scale || !x->sum_scale) {
        qn_exec_free(x);
        return QN_ERR_NOMEM;
    }
    *out = x;
    return 0;
}

static void drop_streams(qn_exec *x)
{
    for (size_t i = 0; i < x->streams_used; i++)
        free(x->streams[(x->streams_at + i) % x->streams_size].copy);
    x->streams_used = 0;
    x->waiting = x->wanted = 0;
}

void qn_exec_free(qn_exec *x)
{
    if (!x)
        return;
    drop_streams(x);
    free(x->streams);
    free(x->scratch);
    free(x->stripe);
    free(x->prog);
    free(x->vb);
    free(x->acc);
    free(x->part);
    free(x->slice);
    free(x->sums);
    free(x->scale);
    free(x->sum_scale);
    free(x);
}

// Load unit -----------------------------------------------------------------------------------------------------------------

static bool begin_stream(qn_exec *x, const qn_entry *e)
{
    if (x->streams_used == x->streams_size) {
        size_t size = x->streams_size ? 2 * x->streams_size : 16;
        qn_exec_stream *bigger = malloc(size * sizeof *bigger);
        if (!bigger)
            return false;
        for (size_t i = 0; i < x->streams_used; i++)
            bigger[i] = x->streams[(x->streams_at + i) % x->streams_size];
        free(x->streams);
        x->streams = bigger;
        x->streams_size = size;
        x->streams_at = 0;
    }
    uint32_t words = (uint32_t)V(e, STREAM, WORDS), runs = (uint32_t)V(e, STREAM, RUNS);
    qn_exec_stream *s = &x->streams[(x->streams_at + x->streams_used++) % x->streams_size];
    *s = (qn_exec_stream){
        .base = x->win_base[QN_GET(e->x, STREAM, WIN)], .addr = (uint32_t)V(e, STREAM, ADDR),
        .words = words, .runs = runs, .stride = (uint32_t)V(e, STREAM, STRIDE), .left = (uint64_t)words * runs,
        .fmt = (uint32_t)V(e, STREAM, FORMAT), .cols = (uint32_t)V(e, STREAM, COLS),
    };
    x->waiting += s->left;
    x->words_read[QN_GET(e->x, STREAM, KIND)] += s->left;
    return true;
}

static const uint32_t *stream_at(const qn_exec *x, const qn_exec_stream *s, uint64_t *contiguous)
{
    if (s->copy) {
        *contiguous = s->left;
        return s->copy + (s->copied - s->left);
    }
    *contiguous = s->words - s->word;
    return x->mem + s->base + (uint32_t)(s->addr + s->run * s->stride) + s->word;
}

static void advance(qn_exec *x, uint64_t n)
{
    qn_exec_stream *s = &x->streams[x->streams_at];
    s->left -= n;
    s->word += (uint32_t)n;
    if (s->word == s->words) {
        s->word = 0;
        s->run++;
    }
    x->waiting -= n;
    if (s->left == 0) {
        free(s->copy);
        s->copy = NULL;
        x->streams_at = (x->streams_at + 1) % x->streams_size;
        x->streams_used--;
    }
}

// The next n words of the stream, in place where they lie together. NULL: no memory.
static const uint32_t *take_words(qn_exec *x, uint64_t n, uint32_t fmt, uint32_t cols)
{
    assert(n <= x->waiting);
    uint64_t run;
    qn_exec_stream *s = &x->streams[x->streams_at];
    const uint32_t *at = stream_at(x, s, &run);
    if (run >= n && !s->copy) {
        x->cut_apart |= s->fmt != fmt || s->cols != cols;
        advance(x, n);
        return at;
    }
    if (x->scratch_words < n) {
        free(x->scratch);
        x->scratch = malloc((size_t)n * sizeof *x->scratch);
        x->scratch_words = x->scratch ? (size_t)n : 0;
        if (!x->scratch)
            return NULL;
    }
    for (uint64_t got = 0; got < n;) {
        s = &x->streams[x->streams_at];
        x->cut_apart |= s->fmt != fmt || s->cols != cols;
        at = stream_at(x, s, &run);
        run = run < n - got ? run : n - got;
        memcpy(x->scratch + got, at, (size_t)run * sizeof *at);
        got += run;
        advance(x, run);
    }
    return x->scratch;
}

// Keeps what the FIFO holds when a STORE to memory words [from, to) comes later in time than the STREAM's reads.
static bool keep_streams(qn_exec *x, uint64_t from, uint64_t to)
{
    for (size_t i = 0; i < x->streams_used; i++) {
        qn_exec_stream *s = &x->streams[(x->streams_at + i) % x->streams_size];
        int64_t span = (int32_t)s->stride * ((int64_t)s->runs - 1), addr = (int64_t)s->base + s->addr;
        int64_t low = addr + (span < 0 ? span : 0), high = addr + (span > 0 ? span : 0) + s->words;
        if (s->copy || high <= (int64_t)from || low >= (int64_t)to)
            continue;
        uint32_t *copy = malloc((size_t)s->left * sizeof *copy);
        if (!copy)
            return false;
        qn_exec_stream r = *s;
        for (uint64_t got = 0, n; got < s->left; got += n, r.word = 0, r.run++) {
            const uint32_t *at = stream_at(x, &r, &n);
            memcpy(copy + got, at, (size_t)n * sizeof *copy);
        }
        s->copy = copy;
        s->copied = s->left;
        s->word = s->run = 0;
        s->words = UINT32_MAX;                           // no run ends any more
    }
    return true;
}

static void run_loadv(qn_exec *x, const qn_entry *e)
{
    const uint32_t *mem = x->mem + x->win_base[QN_GET(e->x, LOADV, WIN)];
    uint32_t at = (uint32_t)V(e, LOADV, ADDR), dst = (uint32_t)V(e, LOADV, DST);   // wrap as the core's do
    int32_t n = V(e, LOADV, N), runs = V(e, LOADV, RUNS);
    bool half = QN_GET(e->x, LOADV, BF16);
    for (int32_t r = 0; r < runs; r++, at += (uint32_t)V(e, LOADV, STRIDE), dst += (uint32_t)V(e, LOADV, DSTRIDE)) {
        uint32_t word = x->win_base[QN_GET(e->x, LOADV, WIN)] + at;
        x->words_read[QN_GET(e->x, LOADV, KIND)] += (uint64_t)qn_target_lines(x->t, word, (uint32_t)(half ? n / 2 : n)) * x->t->planes;
        if (half)
            for (int32_t i = 0; i < n; i++)
                x->vb[dst + (uint32_t)i] = i & 1 ? mem[at + (uint32_t)i / 2] & 0xffff0000u : mem[at + (uint32_t)i / 2] << 16;
        else
            memcpy(x->vb + dst, mem + at, (size_t)n * sizeof *x->vb);
    }
}

// Matrix unit ---------------------------------------------------------------------------------------------------------------

// Between the accumulators of a GEMM's columns and those of each stripe, which lie together in `part` ([stripe][row][column]).
static void deal_acc(const qn_exec *x, const qn_entry *e, float *part, bool back)
{
    uint32_t stripes = x->t->planes, cols = (uint32_t)V(e, GEMM, COLS) / stripes, rows = (uint32_t)V(e, GEMM, ROWS);
    for (uint32_t p = 0; p < stripes; p++)
        for (uint32_t r = 0; r < rows; r++, part += cols) {
            float *acc = x->acc + (size_t)r * x->t->acc_cols + V(e, GEMM, ACC);
            for (uint32_t c = 0; c < cols; c += 8) {
                float *tile = acc + qn_stripe_tile_col(stripes, p, c);
                memcpy(back ? tile : part + c, back ? part + c : tile, 8 * sizeof *part);
            }
        }
}

// The words of one stripe in lines of all. NULL: no memory.
static const uint32_t *stripe_words(qn_exec *x, const uint32_t *lines, uint64_t n, uint32_t stripe)
{
    if (x->stripe_size < n) {
        free(x->stripe);
        x->stripe = malloc((size_t)n * sizeof *x->stripe);
        x->stripe_size = x->stripe ? n : 0;
        if (!x->stripe)
            return NULL;
    }
    for (uint64_t i = 0; i < n; i++)
        x->stripe[i] = lines[i * x->t->planes + stripe];
    return x->stripe;
}

static bool run_gemm(qn_exec *x, const qn_entry *e)
{
    const qn_fmt *f = qn_fmt_find((uint32_t)V(e, GEMM, FORMAT));
    uint32_t slices = (uint32_t)V(e, GEMM, SLICES), cols = (uint32_t)V(e, GEMM, COLS), rows = (uint32_t)V(e, GEMM, ROWS);
    bool unit = QN_GET(e->x, GEMM, UNIT);
    uint64_t words = qn_block_words(f, cols);
    enum { MOST = 256 };
    const int16_t *a[MOST], *sums[MOST];
    float scale[MOST], sum_scale[MOST], *acc[QN_PLANES_MAX * MOST];
    int16_t unit_a[MOST][8 * QN_DEPTH], unit_sums[MOST][16];
    uint32_t stripes = x->t->planes, stripe_cols = cols / stripes;
    assert(rows <= MOST && f->block <= 8 && stripes <= QN_PLANES_MAX);

    for (uint32_t r = 0; r < rows; r++) {
        acc[r] = x->acc + (size_t)r * x->t->acc_cols + V(e, GEMM, ACC);
        if (!QN_GET(e->x, GEMM, ACCUM))
            memset(acc[r], 0, cols * sizeof *acc[r]);
    }
    if (stripes > 1) {
        deal_acc(x, e, x->part, false);
        for (uint32_t i = 0; i < stripes * rows; i++)
            acc[i] = x->part + (size_t)i * stripe_cols;
    }
    for (uint32_t s = 0; s < slices; s += f->block) {
        for (uint32_t r = 0; r < rows; r++) {
            if (unit) {
                memset(unit_a[r], 0, sizeof unit_a[r]);
                memset(unit_sums[r], 0, sizeof unit_sums[r]);
                int64_t k = (int64_t)V(e, GEMM, SLICE) + r - 32 * (int64_t)s;
                if (k >= 0 && k < 32 * f->block)
                    unit_a[r][k] = unit_sums[r][k / 16] = 1;
                a[r] = unit_a[r];
                sums[r] = unit_sums[r];
                scale[r] = sum_scale[r] = 1;
            } else {
                size_t at = (size_t)r * x->t->slices + (size_t)V(e, GEMM, SLICE) + s;
                a[r] = x->slice + at * QN_DEPTH;
                sums[r] = x->sums + at * 2;
                scale[r] = x->scale[at + f->block - 1];
                sum_scale[r] = x->sum_scale[at + f->block - 1];
            }
        }
        const uint32_t *at = take_words(x, words, f->id, cols);
        if (!at)
            return false;
        for (uint32_t p = 0; p < stripes; p++) {
            const qn_block_rows block = {rows, a, sums, scale, sum_scale, acc + p * rows};
            const uint32_t *own = stripes == 1 ? at : stripe_words(x, at, words / stripes, p);
            if (!own)
                return false;
            qn_block_gemm(f, own, stripe_cols, &block);
        }
    }
    if (stripes > 1)
        deal_acc(x, e, x->part, true);
    x->wanted = 0;
    return true;
}

// Vector unit ---------------------------------------------------------------------------------------------------------------

static const uint32_t *acc_at(const qn_exec *x, int64_t addr)
{
    return (const uint32_t *)(const void *)(x->acc + addr / QN_ACC_ROW * x->t->acc_cols + addr % QN_ACC_ROW);
}

static void run_vec(qn_exec *x, const qn_entry *e)
{
    int32_t n = V(e, VEC, N), rows = V(e, VEC, ROWS);
    unsigned fn = QN_GET(e->x, VEC, FN), perm = QN_GET(e->x, VEC, PERM);
    bool acc = QN_GET(e->x, VEC, ACC), scalar = QN_GET(e->x, VEC, BSCALAR), two = fn <= QN_VEC_MAX;
    for (int32_t r = 0; r < rows; r++) {
        uint32_t *dst = x->vb + V(e, VEC, DST) + 8 * (int64_t)RAW(e, VEC, DSTRIDE) * r;
        int64_t a_addr = V(e, VEC, A) + 8 * (int64_t)RAW(e, VEC, ASTRIDE) * r;
        const uint32_t *a = acc ? acc_at(x, a_addr) : x->vb + a_addr;
        const uint32_t *b = two ? x->vb + V(e, VEC, B) + 8 * (int64_t)RAW(e, VEC, BSTRIDE) * r : NULL;
        int64_t limit = (int64_t)V(e, VEC, B) + (QN_GET(e->x, VEC, STEP) ? r : 0);
        for (int32_t i = 0; i < n; i++) {
            float av;
            memcpy(&av, a + (i ^ (int32_t)perm), sizeof av);
            float bv = two ? qn_float(b[scalar ? i % 8 : i]) : 0, d;
            switch (fn) {
            case QN_VEC_ADD: d = qn_fadd(av, bv); break;
            case QN_VEC_SUB: d = qn_fsub(av, bv); break;
            case QN_VEC_MUL: d = qn_fmul(av, bv); break;
            case QN_VEC_MAX: d = qn_fmax(av, bv); break;
            case QN_VEC_EXP: d = qn_exp(av); break;
            case QN_VEC_EXPN: d = qn_exp(-av); break;
            case QN_VEC_RECIP: d = qn_recip(av); break;
            case QN_VEC_RSQRT: d = qn_rsqrt(av); break;
            case QN_VEC_MASK: d = i < limit ? av : qn_float(QN_F32_SIGN | QN_F32_INF); break;
            default: d = av; break;
            }
            dst[i] = qn_bits(d);
        }
    }
}

static void slice_write(qn_exec *x, uint32_t row, uint32_t slice, const int16_t *q, float scale)
{
    size_t at = (size_t)row * x->t->slices + slice;
    memcpy(x->slice + at * QN_DEPTH, q, QN_DEPTH * sizeof *q);
    for (int h = 0; h < 2; h++) {
        int sum = 0;
        for (int k = 0; k < 16; k++)
            sum += q[16 * h + k];
        x->sums[2 * at + (size_t)h] = (int16_t)sum;
    }
    x->scale[at] = x->sum_scale[at] = scale;
}

static void slice_write_q8_1(qn_exec *x, uint32_t row, uint32_t slice, const int16_t *q, float scale, float s)
{
    size_t at = (size_t)row * x->t->slices + slice;
    slice_write(x, row, slice, q, scale);
    x->sums[2 * at] = 1;
    x->sums[2 * at + 1] = 0;
    x->sum_scale[at] = s;
}

static void run_quant(qn_exec *x, const qn_entry *e)
{
    int32_t n = V(e, QUANT, N), rows = V(e, QUANT, ROWS), block = 32 << QN_GET(e->x, QUANT, BLOCK);
    int32_t lo = (int32_t)RAW(e, QUANT, LO), hi = (int32_t)RAW(e, QUANT, HI);
    bool wide = QN_GET(e->x, QUANT, WIDE), record = QN_GET(e->x, QUANT, RECORD), ggml = QN_GET(e->x, QUANT, GGML), coarse = QN_GET(e->x, QUANT, COARSE);
    enum qn_scale rounding = !record ? QN_SCALE_FP32 : ggml ? QN_SCALE_BF16_NEAR : QN_SCALE_BF16_UP;
    int32_t code_words = wide ? 16 : 8;
    int nonfinite = 0;
    for (int32_t r = 0; r < rows; r++) {
        const uint32_t *a = x->vb + V(e, QUANT, A) + 8 * (int64_t)RAW(e, QUANT, ASTRIDE) * r;
        uint32_t *out = x->vb + (record ? V(e, QUANT, DST) + 8 * (int64_t)RAW(e, QUANT, DSTRIDE) * r : 0);
        uint32_t *out_scale = out + (int64_t)n / 32 * code_words;
        for (int32_t i0 = 0; i0 < n; i0 += block) {
            float in[256];
            int16_t q[256], high[256], low[256];
            for (int32_t i = 0; i < block; i++)
                in[i] = i0 + i >= lo && i0 + i < hi ? qn_float(a[i0 + i]) : 0;
            float s = 0, scale = ggml && !record && block == 32 ? qn_quant_q8_1(in, q, &s, &nonfinite)
                               : ggml && !record ? qn_quant_q8_k(in, q, &nonfinite)
                               : coarse ? qn_quant_coarse(in, block, wide ? 16 : 8, q, &nonfinite)
                               : qn_quant_block(in, block, wide ? 16 : 8, rounding, q, &nonfinite);
            for (int32_t i = 0; i < block; i++) {
                high[i] = !wide ? q[i] : record ? (int16_t)(q[i] >> 8) : (int16_t)((q[i] + 128) >> 8);   // a record is plain two's complement
                low[i] = (int16_t)(q[i] - 256 * high[i]);
            }
            if (record) {
                for (int32_t i = 0; i < 32; i += 4, out++) {
                    *out = 0;
                    for (int32_t k = 0; k < 4; k++)
                        *out |= (uint32_t)(high[i + k] & 255) << (8 * k);
                    if (wide) {
                        out[8] = 0;
                        for (int32_t k = 0; k < 4; k++)
                            out[8] |= (uint32_t)(low[i + k] & 255) << (8 * k);
                    }
                }
                out += code_words - 8;
                *out_scale++ = qn_bits(scale);
                continue;
            }
            uint32_t dst = (uint32_t)V(e, QUANT, DST), row = dst / QN_ACC_ROW + (uint32_t)r, at = dst % QN_ACC_ROW + (uint32_t)i0 / 32;
            for (int32_t i = 0; i < block; i += 32, at++) {
                if (ggml && block == 32) {
                    slice_write_q8_1(x, row, at, q, scale, s);
                } else if (wide) {
                    slice_write(x, 2 * row, at, high + i, qn_fmul(scale, 256));
                    slice_write(x, 2 * row + 1, at, low + i, scale);
                } else {
                    slice_write(x, row, at, q + i, scale);
                }
            }
        }
    }
    x->nonfinite |= nonfinite != 0;
}

static void run_embed(qn_exec *x, const qn_entry *e)
{
    for (int32_t r = 0; r < V(e, EMBED, ROWS); r++)
        for (int32_t i = 0; i < V(e, EMBED, N); i++)
            x->vb[V(e, EMBED, DST) + r + (int64_t)i * V(e, EMBED, STEP)] =
                qn_bits(x->acc[(size_t)r * x->t->acc_cols + (size_t)V(e, EMBED, A) + 2 * (size_t)i]);
}

// a > b as FP32: zeros are equal, NaN is never greater.
static bool greater(uint32_t a, uint32_t b)
{
    return qn_float(a) > qn_float(b);
}

static void run_logit(qn_exec *x, const qn_entry *e)
{
    int32_t n = V(e, LOGIT, N);
    if (n <= 0)
        return;
    if (QN_GET(e->x, LOGIT, FIRST))
        x->picked = false;
    const uint32_t *a = QN_GET(e->x, LOGIT, ACC) ? acc_at(x, V(e, LOGIT, A)) : x->vb + V(e, LOGIT, A);
    for (int32_t i = 0; i < n; i++) {
        uint32_t v;
        memcpy(&v, a + i, sizeof v);
        if (!x->picked || greater(v, x->pick_value)) {
            x->pick = (uint32_t)V(e, LOGIT, INDEX) + (uint32_t)i;
            x->pick_value = v;
            x->picked = true;
        }
        x->digest_a += v;
        x->digest_b += x->digest_a;
    }
}

// Store unit ----------------------------------------------------------------------------------------------------------------

static bool run_store(qn_exec *x, const qn_entry *e)
{
    unsigned size = QN_GET(e->x, STORE, SIZE), bytes = 1u << size;
    int64_t base = 4 * (int64_t)x->win_base[QN_GET(e->x, STORE, WIN)] + V(e, STORE, ADDR);
    int64_t step = RAW(e, STORE, ESTRIDE), stride = V(e, STORE, DSTRIDE);
    int32_t n = V(e, STORE, N), runs = V(e, STORE, RUNS);
    int64_t span = stride * (runs - 1), end = base + (span > 0 ? span : 0) + step * (n - 1) + bytes;
    if (!keep_streams(x, (uint64_t)(base + (span < 0 ? span : 0)) / 4, (uint64_t)(end + 3) / 4))
        return false;
    for (int32_t r = 0; r < runs; r++) {
        const uint32_t *src = x->vb + V(e, STORE, SRC) + (int64_t)r * RAW(e, STORE, SSTRIDE);
        for (int32_t i = 0; i < n; i++) {
            int64_t at = base + r * stride + i * step;
            uint32_t value = size == 0 ? src[i / 4] >> (8 * (i % 4)) & 0xff : size == 1 ? src[i] >> 16 : src[i];
            uint32_t mask = size == 0 ? 0xff : size == 1 ? 0xffff : 0xffffffff, shift = 8 * (uint32_t)(at & 3);
            uint32_t *word = x->mem + at / 4;
            *word = (*word & ~(mask << shift)) | value << shift;
        }
    }
    x->words_written[QN_GET(e->x, STORE, KIND)] += (uint64_t)n * (uint64_t)runs;
    return true;
}

// Elements that an instruction moves or computes; 0: no more than buffers hold, or than were streamed.
static uint64_t elements(const qn_entry *e)
{
    int32_t n = 0, rows = 0;
    switch (e->op) {
    case QN_OP_LOADV: n = V(e, LOADV, N); rows = V(e, LOADV, RUNS); break;
    case QN_OP_VEC: n = V(e, VEC, N); rows = V(e, VEC, ROWS); break;
    case QN_OP_QUANT: n = V(e, QUANT, N); rows = V(e, QUANT, ROWS); break;
    case QN_OP_EMBED: n = V(e, EMBED, N); rows = V(e, EMBED, ROWS); break;
    case QN_OP_STORE: n = V(e, STORE, N); rows = V(e, STORE, RUNS); break;
    default: break;
    }
    return n > 0 && rows > 0 ? (uint64_t)n * (uint64_t)rows : 0;
}

// Queues --------------------------------------------------------------------------------------------------------------------

static int trap(qn_exec *x, unsigned cause, uint32_t pc, uint32_t addr)
{
    x->trap = (uint8_t)cause;
    x->trap_pc = pc;
    x->trap_addr = addr;
    return QN_ERR_TRAP;
}

// Takes the semaphores that an instruction waits for, if they are all there. Both may be the same one.
static bool take_semaphores(qn_exec *x, const qn_entry *e)
{
    uint32_t a = qn_insn_get(&e->x, QN_INSN_WAIT0_LSB, 4), b = qn_insn_get(&e->x, QN_INSN_WAIT1_LSB, 4);
    if ((a && x->sem[a] == 0) || (b && x->sem[b] < (a == b ? 2u : 1u)))
        return false;
    if (a)
        x->sem[a]--;
    if (b)
        x->sem[b]--;
    return true;
}

static int post_semaphores(qn_exec *x, const qn_entry *e)
{
    for (int k = 0; k < 2; k++) {
        uint32_t s = qn_insn_get(&e->x, k ? QN_INSN_POST1_LSB : QN_INSN_POST0_LSB, 4);
        if (s && x->sem[s]++ == 255)
            return trap(x, QN_TRAP_SEM, e->pc, s);
    }
    return 0;
}

// Goes on with a unit's first instruction: 1 if it ended or began, 0 if it must wait, or an error.
static int go_on(qn_exec *x, unsigned unit)
{
    if (x->used[unit] == 0)
        return 0;
    const qn_entry *e = &x->queue[unit][x->head[unit]];
    int moved = 0;
    if (!x->begun[unit]) {
        if (!take_semaphores(x, e))
            return 0;
        x->begun[unit] = true;
        moved = 1;
        uint32_t addr;
        unsigned cause = qn_exec_check(x, e, &addr);
        if (cause)
            return trap(x, cause, e->pc, addr);
        if (e->op == QN_OP_STREAM && !begin_stream(x, e))
            return QN_ERR_NOMEM;
        if (e->op == QN_OP_GEMM)
            x->wanted = qn_fmt_tile_words(qn_fmt_find((uint32_t)V(e, GEMM, FORMAT)), (uint32_t)V(e, GEMM, COLS),
                                          (uint32_t)V(e, GEMM, SLICES));
    }
    uint64_t work = elements(e);
    if (work > x->left)
        return QN_ERR_TIMEOUT;
    x->left -= work;
    bool ok = true;
    switch (e->op) {
    case QN_OP_STREAM:
        if (x->waiting > x->wanted + (uint64_t)x->t->fifo_words * x->t->planes)
            return moved;
        break;
    case QN_OP_GEMM:
        if (x->waiting < x->wanted)
            return moved;
        ok = run_gemm(x, e);
        break;
    case QN_OP_LOADV: run_loadv(x, e); break;
    case QN_OP_VEC: run_vec(x, e); break;
    case QN_OP_QUANT: run_quant(x, e); break;
    case QN_OP_EMBED: run_embed(x, e); break;
    case QN_OP_LOGIT: run_logit(x, e); break;
    case QN_OP_STORE: ok = run_store(x, e); break;
    default: assert(!"an opcode of the sequencer in a queue");
    }
    if (!ok)
        return QN_ERR_NOMEM;
    int err = post_semaphores(x, e);
    x->begun[unit] = false;
    x->head[unit] = (x->head[unit] + 1) % QN_EXEC_QUEUE;
    x->used[unit]--;
    return err ? err : 1;
}

// Lets the units go on until all must wait.
static int drain(qn_exec *x)
{
    for (int moved = 1; moved;) {
        moved = 0;
        for (unsigned unit = QN_UNIT_LOAD; unit < QN_UNITS; unit++) {
            int n = go_on(x, unit);
            if (n < 0)
                return n;
            moved |= n;
        }
    }
    return 0;
}

static int stuck(qn_exec *x)
{
    x->stuck = true;
    for (unsigned u = 0; u < QN_UNITS; u++)
        x->stuck_pc[u] = x->used[u] ? x->queue[u][x->head[u]].pc : UINT32_MAX;
    return QN_ERR_TIMEOUT;
}

int qn_exec_run(qn_exec *x, uint32_t entry, uint64_t budget)
{
    assert(x && x->prog_words <= x->t->prog_words);
    qn_seq_init(&x->seq, x->prog, x->prog_words, entry, x->arg);
    drop_streams(x);
    memset(x->head, 0, sizeof x->head);
    memset(x->used, 0, sizeof x->used);
    memset(x->begun, 0, sizeof x->begun);
    memset(x->sem, 0, sizeof x->sem);
    memset(x->words_read, 0, sizeof x->words_read);
    memset(x->words_written, 0, sizeof x->words_written);
    x->trap = 0;
    x->trap_pc = x->trap_addr = 0;
    x->stuck = x->cut_apart = x->picked = false;
    x->left = budget > UINT64_MAX / QN_EXEC_WORK ? UINT64_MAX : budget * QN_EXEC_WORK;
    for (x->instructions = 0; x->instructions < budget; x->instructions++) {
        qn_entry e;
        enum qn_seq_result result = qn_seq_step(&x->seq, &e);
        if (result == QN_SEQ_TRAP)
            return trap(x, x->seq.trap, e.pc, x->seq.trap_addr);
        if (x->trace)
            x->trace(x->trace_ctx, &e);
        if (result == QN_SEQ_HALT) {
            for (unsigned u = QN_UNIT_LOAD; u < QN_UNITS; u++)
                if (x->used[u])
                    return stuck(x);
            return 0;
        }
        if (e.unit == QN_UNIT_SEQ)
            continue;
        if (x->used[e.unit] == QN_EXEC_QUEUE)
            return stuck(x);                             // drained already: the queue never moves again
        x->queue[e.unit][(x->head[e.unit] + x->used[e.unit]++) % QN_EXEC_QUEUE] = e;
        int err = drain(x);
        if (err)
            return err;
    }
    return QN_ERR_TIMEOUT;
}
