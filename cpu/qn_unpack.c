// SPDX-License-Identifier: Apache-2.0
#include "cpu/qn_unpack.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "driver/qn_size.h"
#include "sim/model/qn_num.h"

// The same loops for wider vectors where the machine has them; nothing but speed depends on it.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__)
#define CLONES __attribute__((target_clones("default", "avx2")))
#else
#define CLONES
#endif

// Every `step`-th word of an image, taken one after the other: those of a stripe.
typedef struct reader {
    const uint32_t *image;
    uint64_t at, end;
    uint32_t step;
} reader;

static uint32_t take(reader *r)
{
    uint32_t word = r->image[r->at];
    r->at += r->step;
    return word;
}

static void *array(size_t a, size_t b, size_t size)
{
    size_t n;
    return qn_size_mul(&n, a, b) && n <= SIZE_MAX / size ? calloc(n ? n : 1, size) : NULL;
}

// `planes` planes, most significant first; the first one of a signed code counts negative.
static void read_codes(reader *r, unsigned planes, bool sign, int8_t code[QN_DEPTH])
{
    uint32_t plane = take(r);
    for (int k = 0; k < QN_DEPTH; k++)
        code[k] = sign ? -(int8_t)(plane >> k & 1) : (int8_t)(plane >> k & 1);
    for (unsigned p = 1; p < planes; p++) {
        plane = take(r);
        for (int k = 0; k < QN_DEPTH; k++)
            code[k] = (int8_t)(2 * code[k] + (int)(plane >> k & 1));
    }
}

// One column's values. Codes of more than 8 bits: high and low parts.
static void read_column(reader *r, const qn_unpacked *u, int8_t code[QN_DEPTH], int8_t high[QN_DEPTH])
{
    const qn_fmt *f = u->fmt;
    const qn_book *book = qn_book_find(f->store);
    if (book) {
        read_codes(r, book->code, false, code);
        for (int k = 0; k < QN_DEPTH; k++) {
            int value = book->value[code[k]];
            code[k] = (int8_t)(u->high ? value & 127 : value);
            high[k] = (int8_t)(value >> 7);
        }
        return;
    }
    if (u->high)
        read_codes(r, f->planes - 7u, f->sign, high);
    read_codes(r, u->high ? 7 : f->planes, !u->high && f->sign, code);
    if (f->sign == QN_ODD && u->high)
        for (int k = 0; k < QN_DEPTH; k++) {
            int value = 2 * (128 * high[k] + code[k]) + 1;
            code[k] = (int8_t)(value & 127);
            high[k] = (int8_t)(value >> 7);
        }
    else if (f->sign == QN_ODD)
        for (int k = 0; k < QN_DEPTH; k++)
            code[k] = (int8_t)(2 * code[k] + 1);
}

// A pair's, whose codes are weights of both.
static void read_both(reader *r, const qn_fmt *f, int8_t code[2][QN_DEPTH])
{
    const qn_book *book = qn_book_find(f->store);
    int8_t both[QN_DEPTH];
    read_codes(r, book->code, false, both);
    for (int k = 0; k < QN_DEPTH; k++) {
        int value = book->value[both[k]], high = value >> f->planes, low = value & ((1 << f->planes) - 1);
        code[0][k] = (int8_t)high;
        code[1][k] = (int8_t)(low >> (f->planes - 1) ? low - (1 << f->planes) : low);
    }
}

// A pair of columns of slice `slice`: rows `row` and the next, of which those from `end` on only fill the count up.
static bool read_pair(reader *r, qn_unpacked *u, uint32_t row, uint32_t end, uint32_t slice)
{
    const qn_fmt *f = u->fmt;
    bool last = slice % f->block == f->block - 1u;
    uint32_t sub = 0, d[2] = {0, 0}, m[2] = {0, 0};
    if (r->at + (uint64_t)r->step * (qn_fmt_pair_words(f, last) - 1) >= r->end)
        return false;
    if (qn_fmt_sub_word(f))
        sub = take(r);
    if (last && f->head == 2) {
        for (int i = 0; i < 2; i++) {
            uint32_t head = take(r);
            d[i] = head & 0xffff;
            m[i] = head >> 16;
        }
    } else if (last && f->head) {
        uint32_t head = take(r);
        d[0] = head & 0xffff;
        d[1] = head >> 16;
    }
    int8_t both[2][QN_DEPTH], high[QN_DEPTH];
    if (qn_fmt_paired(f))
        read_both(r, f, both);
    for (uint32_t i = 0; i < 2; i++, row++) {
        int8_t *code = both[i];
        if (!qn_fmt_paired(f))
            read_column(r, u, code, high);
        if (row >= end)
            continue;
        size_t at = ((size_t)row * u->slices + slice) * QN_DEPTH;
        memcpy(u->code + at, code, QN_DEPTH);
        if (u->high)
            memcpy(u->high + at, high, QN_DEPTH);
        if (u->sub)
            u->sub[(size_t)row * u->slices + slice] = (uint16_t)(sub >> (16 * i));
        if (last)
            u->d[(size_t)row * u->blocks + slice / f->block] = f->head == 3 ? qn_bf16((uint16_t)d[i]) : qn_half((uint16_t)d[i]);
        if (last && f->head == 2)
            u->m[(size_t)row * u->blocks + slice / f->block] = qn_half((uint16_t)m[i]);
    }
    return true;
}

// A tile at word r.at with rows `first` to `end`, stripe by stripe. With several pieces (qn_tile_cols), pairs of columns are those of one pair of
// rows after another.
static bool read_tile(qn_unpacked *u, reader r, uint32_t cols, uint32_t depth, uint32_t first, uint32_t end)
{
    uint32_t pieces = u->slices / depth, planes = r.step;
    uint64_t start = r.at;
    for (uint32_t p = 0; p < planes; p++) {
        r.at = start + p;
        for (uint32_t s = 0; s < depth; s++)
            for (uint32_t c = 0; c < cols / planes; c += 2) {
                uint32_t pair = qn_stripe_tile_col(planes, p, c) / 2;
                if (!read_pair(&r, u, first + 2 * (pair / pieces), end, pair % pieces * depth + s))
                    return false;
            }
    }
    return true;
}

// `unit`: what columns are multiples of.
static int unpack(qn_unpacked *u, const qn_prog_part *m, uint32_t planes, uint32_t unit, bool embedding, const uint32_t *image, uint32_t words,
                  qn_why *why)
{
    memset(u, 0, sizeof *u);
    const qn_fmt *f = u->fmt = qn_fmt_find(m->fmt);
    if (!f || f->store == QN_STORE_BYTES || f->planes > 15 || !f->head)
        return qn_fail(why, QN_ERR_FORMAT, "format %u is none of weights", m->fmt);
    if (!m->outputs || m->outputs > 1u << 22 || m->output > 1u << 22 || !m->tile || m->tile % unit || m->tile > 1u << 22 || !m->slices || m->slices % f->block ||
        m->slices > 1u << 20 || m->slice % f->block || m->slice > 1u << 20)
        return qn_fail(why, QN_ERR_FORMAT, "%u outputs of a matrix are streamed as %u slices from %u on, tiles of %u", m->outputs, m->slices, m->slice, m->tile);
    uint64_t least = (uint64_t)m->outputs * m->slices * qn_fmt_col_words(f);
    if (least > words)
        return qn_fail(why, QN_ERR_FORMAT, "%u outputs of a matrix do not lie inside the image", m->outputs);
    u->output = m->output;
    u->slice = m->slice;
    u->outputs = m->outputs;
    u->slices = m->slices;
    u->blocks = m->slices / f->block;
    u->code = array(u->outputs, u->slices, QN_DEPTH);
    bool many = f->planes + (f->sign != 1) > 8;            // odd codes double, unsigned ones lack the sign
    u->high = many ? array(u->outputs, u->slices, QN_DEPTH) : NULL;
    u->sub = qn_fmt_sub_word(f) ? array(u->outputs, u->slices, sizeof *u->sub) : NULL;
    u->d = array(u->outputs, u->blocks, sizeof *u->d);
    u->m = f->head == 2 ? array(u->outputs, u->blocks, sizeof *u->m) : NULL;
    if (!u->code || (many && !u->high) || !u->d || (qn_fmt_sub_word(f) && !u->sub) || (f->head == 2 && !u->m))
        return QN_ERR_NOMEM;

    for (uint32_t first = 0, tile = 0; first < m->outputs; tile++) {       // tiles are cut at multiples of `tile` in the matrix
        uint64_t at = m->addr + (uint64_t)tile * m->tile_step;
        uint32_t room = m->tile - (m->output + first) % m->tile, end = m->outputs - first < room ? m->outputs : first + room;
        uint32_t cols = qn_tile_cols((end - first + 1) / 2 * 2, embedding ? u->blocks : 1, planes);
        if (!read_tile(u, (reader){image, at, words, planes}, cols, embedding ? f->block : m->slices, first, end))
            return qn_fail(why, QN_ERR_FORMAT, "%u outputs of a matrix do not lie inside the image", m->outputs);
        first = end;
    }
    return 0;
}

int qn_unpack(qn_unpacked *u, const qn_prog_part *m, uint32_t planes, const uint32_t *image, uint32_t words, qn_why *why)
{
    return unpack(u, m, planes, qn_stripe_unit(planes), false, image, words, why);
}

int qn_unpack_embedding(qn_unpacked *u, const qn_prog_part *m, uint32_t planes, const uint32_t *image, uint32_t words, qn_why *why)
{
    return unpack(u, m, planes, 2, true, image, words, why);
}

void qn_unpacked_free(qn_unpacked *u)
{
    free(u->code);
    free(u->high);
    free(u->sub);
    free(u->d);
    free(u->m);
    memset(u, 0, sizeof *u);
}

void qn_unpacked_row(const qn_unpacked *u, uint32_t output, float *x)
{
    assert(output < u->outputs);
    size_t row = output;
    for (uint32_t s = 0; s < u->slices; s++) {
        size_t block = row * u->blocks + s / u->fmt->block;
        uint32_t sub = u->sub ? u->sub[row * u->slices + s] : 0;
        for (int k = 0; k < QN_DEPTH; k++) {
            size_t at = (row * u->slices + s) * QN_DEPTH + (size_t)k;
            int32_t i1 = u->code[at] + (u->high ? 128 * u->high[at] : 0), i2 = 1;
            if (u->fmt->sub == 1) {
                i1 *= (int32_t)(sub & 255);
                i2 = (int32_t)(sub >> 8);
            } else if (u->fmt->sub == 2) {
                i1 *= (int8_t)(k < 16 ? sub : sub >> 8);
            } else if (u->fmt->sub == 3) {
                i1 *= (int32_t)(sub >> (k < 16 ? 0 : 4) & 15);
                i2 = (int32_t)(sub >> (k < 16 ? 8 : 12) & 15);
            } else if (u->fmt->sub == 4) {
                i2 = k < 16 ? 0 : i1;
                i1 = k < 16 ? i1 : 0;
            }
            float v = qn_fadd(0, qn_imul(i1, qn_fmul(u->d[block], 1)));
            if (u->m)
                v = qn_fsub(v, qn_imul(i2, qn_fmul(u->m[block], 1)));
            x[QN_DEPTH * s + k] = v;
        }
    }
}

int qn_acts_new(qn_acts *a, uint32_t slices_max)
{
    memset(a, 0, sizeof *a);
    for (int i = 0; i < 2; i++) {
        a->code[i] = array(slices_max, QN_DEPTH, sizeof *a->code[i]);
        a->scale[i] = array(slices_max, 1, sizeof *a->scale[i]);
    }
    a->sum = array(slices_max, 1, sizeof *a->sum);
    if (a->code[0] && a->code[1] && a->scale[0] && a->scale[1] && a->sum)
        return 0;
    qn_acts_free(a);
    return QN_ERR_NOMEM;
}

void qn_acts_free(qn_acts *a)
{
    for (int i = 0; i < 2; i++) {
        free(a->code[i]);
        free(a->scale[i]);
    }
    free(a->sum);
    memset(a, 0, sizeof *a);
}

static void quantize(qn_acts *a, const float *x, uint32_t slices, uint32_t block, uint32_t bits, bool coarse, int *nonfinite)
{
    assert(slices % block == 0);
    uint32_t n = QN_DEPTH * block;
    a->rows = bits == 16 ? 2 : 1;
    a->block = block;
    a->q8_1 = false;
    for (uint32_t b = 0; b < slices / block; b++) {
        int16_t *q = a->code[0] + (size_t)b * n, *low = a->code[1] + (size_t)b * n;
        float s = coarse ? qn_quant_coarse(x + (size_t)b * n, (int)n, (int)bits, q, nonfinite)
                         : qn_quant_block(x + (size_t)b * n, (int)n, (int)bits, QN_SCALE_FP32, q, nonfinite);
        a->scale[0][b] = s;
        if (a->rows == 1)
            continue;
        a->scale[0][b] = qn_fmul(s, 256);
        a->scale[1][b] = s;
        for (uint32_t i = 0; i < n; i++) {
            int high = (q[i] + 128) >> 8;
            low[i] = (int16_t)(q[i] - 256 * high);
            q[i] = (int16_t)high;
        }
    }
}

void qn_acts_quantize(qn_acts *a, const float *x, uint32_t slices, uint32_t block, uint32_t bits, int *nonfinite)
{
    quantize(a, x, slices, block, bits, false, nonfinite);
}

void qn_acts_quantize_coarse(qn_acts *a, const float *x, uint32_t slices, uint32_t block, uint32_t bits, int *nonfinite)
{
    quantize(a, x, slices, block, bits, true, nonfinite);
}

void qn_acts_quantize_ggml(qn_acts *a, const float *x, uint32_t slices, uint32_t block, int *nonfinite)
{
    assert(slices % block == 0 && (block == 1 || block == 8));
    uint32_t n = QN_DEPTH * block;
    a->rows = 1;
    a->block = block;
    a->q8_1 = block == 1;
    for (uint32_t b = 0; b < slices / block; b++)
        a->scale[0][b] = a->q8_1 ? qn_quant_q8_1(x + (size_t)b * n, a->code[0] + (size_t)b * n, &a->sum[b], nonfinite)
                                 : qn_quant_q8_k(x + (size_t)b * n, a->code[0] + (size_t)b * n, nonfinite);
}

static inline int32_t dot16(const int16_t *a, const int8_t *w)
{
    int32_t sum = 0;
    for (int k = 0; k < 16; k++)
        sum += a[k] * (int16_t)w[k];
    return sum;
}

static inline int32_t sum16(const int16_t *a)
{
    int32_t sum = 0;
    for (int k = 0; k < 16; k++)
        sum += a[k];
    return sum;
}

static inline int32_t sum32(const int16_t *a)
{
    return sum16(a) + sum16(a + 16);
}

// One output's accumulator for one row of activations, added to `acc`; `many`: codes of more than 8 bits; `sum`: Q8_1's second numbers, or NULL.
static inline __attribute__((always_inline)) float accumulate(const qn_unpacked *u, bool many, size_t row, const int16_t *a, const float *scale, const float *sum, float acc)
{
    const qn_fmt *f = u->fmt;
    for (uint32_t b = 0; b < u->blocks; b++) {
        int32_t i1 = 0, i2 = 0;
        for (uint32_t s = b * f->block; s < (b + 1) * f->block; s++) {
            size_t at = (row * u->slices + s) * QN_DEPTH;
            const int8_t *w = u->code + at;
            const int16_t *x = a + (size_t)s * QN_DEPTH;
            int32_t low = dot16(x, w), high = dot16(x + 16, w + 16);
            if (many) {
                low += 128 * dot16(x, u->high + at);
                high += 128 * dot16(x + 16, u->high + at + 16);
            }
            uint32_t sub = u->sub ? u->sub[row * u->slices + s] : 0;
            if (f->sub == 0) {
                i1 += low + high;
                i2 += u->m ? sum32(x) : 0;
            } else if (f->sub == 1) {
                i1 += (int32_t)(sub & 255) * (low + high);
                i2 += (int32_t)(sub >> 8) * sum32(x);
            } else if (f->sub == 3) {
                i1 += (int32_t)(sub & 15) * low + (int32_t)(sub >> 4 & 15) * high;
                i2 += (int32_t)(sub >> 8 & 15) * sum16(x) + (int32_t)(sub >> 12) * sum16(x + 16);
            } else if (f->sub == 4) {
                i1 += low;
                i2 += high;
            } else {
                i1 += (int8_t)sub * low + (int8_t)(sub >> 8) * high;
            }
        }
        acc = qn_fadd(acc, qn_imul(i1, qn_fmul(u->d[row * u->blocks + b], scale[b])));
        if (u->m && sum && f->sub == 0)
            acc = qn_fsub(acc, qn_fmul(u->m[row * u->blocks + b], sum[b]));
        else if (u->m)
            acc = qn_fsub(acc, qn_imul(i2, qn_fmul(u->m[row * u->blocks + b], scale[b])));
    }
    return acc;
}

static inline __attribute__((always_inline)) void multiply_rows(const qn_unpacked *u, bool many, const qn_acts *a, float *const acc[2])
{
    uint32_t first = u->slice / u->fmt->block;
    for (uint32_t k = 0; k < a->rows; k++)
        for (uint32_t r = 0; r < u->outputs; r++) {
            float *to = &acc[k][u->output + r];
            *to = accumulate(u, many, r, a->code[k] + (size_t)u->slice * QN_DEPTH, a->scale[k] + first, a->q8_1 ? a->sum + first : NULL, *to);
        }
}

CLONES static void multiply(const qn_unpacked *u, const qn_acts *a, float *const acc[2])
{
    multiply_rows(u, false, a, acc);
}

CLONES static void multiply_many(const qn_unpacked *u, const qn_acts *a, float *const acc[2])
{
    multiply_rows(u, true, a, acc);
}

void qn_accumulate(const qn_unpacked *u, const qn_acts *a, float *const acc[2])
{
    assert(a->block == u->fmt->block);
    if (u->high)
        multiply_many(u, a, acc);
    else
        multiply(u, a, acc);
}

void qn_acts_sum(const qn_acts *a, uint32_t n, const float *const acc[2], float *y)
{
    for (uint32_t r = 0; r < n; r++)
        y[r] = a->rows == 2 ? qn_fadd(acc[0][r], acc[1][r]) : acc[0][r];
}

void qn_multiply(const qn_unpacked *u, const qn_acts *a, float *y)
{
    assert(a->block == u->fmt->block && !u->output && !u->slice);
    for (uint32_t r = 0; r < u->outputs; r++) {
        y[r] = accumulate(u, u->high, r, a->code[0], a->scale[0], a->q8_1 ? a->sum : NULL, 0);
        if (a->rows == 2)
            y[r] = qn_fadd(y[r], accumulate(u, u->high, r, a->code[1], a->scale[1], NULL, 0));
    }
}
