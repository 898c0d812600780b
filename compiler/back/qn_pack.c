// SPDX-License-Identifier: Apache-2.0
#include "compiler/back/qn_pack.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "compiler/back/qn_quantize.h"
#include "compiler/front/qn_ggml_type.h"

// One column: the integers that codes stand for, and for each slice and block its headers.
typedef struct column {
    int16_t *q;                   // 32 x slices
    uint16_t *sub;                // a slice
    uint16_t *d, *m;              // a block
    float *row, *stored;          // 32 x slices, for tensors stored as floats
} column;

enum { SUM_MAX = 4 };

// Transposes 8 x 8 bits: byte i of x becomes bit i of each byte. Hacker's Delight, 7-3.
static uint64_t transpose8(uint64_t x)
{
    uint64_t t = (x ^ (x >> 7)) & 0x00aa00aa00aa00aaull;
    x ^= t ^ (t << 7);
    t = (x ^ (x >> 14)) & 0x0000cccc0000ccccull;
    x ^= t ^ (t << 14);
    t = (x ^ (x >> 28)) & 0x00000000f0f0f0f0ull;
    return x ^ t ^ (t << 28);
}

void qn_pack_planes(const int8_t q[32], unsigned planes, uint32_t *out)
{
    uint64_t part[4];
    for (int i = 0; i < 4; i++) {
        uint64_t x = 0;
        for (int k = 7; k >= 0; k--)
            x = x << 8 | (uint8_t)q[8 * i + k];
        part[i] = transpose8(x);
    }
    for (unsigned p = 0; p < planes; p++) {
        unsigned bit = 8 * (planes - 1 - p);
        out[p] = (uint32_t)((part[0] >> bit & 0xff) | (part[1] >> bit & 0xff) << 8 | (part[2] >> bit & 0xff) << 16 |
                            (part[3] >> bit & 0xff) << 24);
    }
}

// Planes of what stands for the 32 values `q`: a book's codes, or the integers themselves, c of an odd 2c + 1.
static void put_planes(const qn_fmt *f, const qn_book *book, const int16_t q[32], uint32_t planes[16])
{
    int8_t code[32], high[32];
    unsigned many = book || f->planes <= 8 ? 0 : f->planes - 7u;         // more than 8 bits are packed in two parts
    for (int k = 0; k < 32; k++) {
        int c = book ? qn_book_code(book, q[k]) : f->sign == QN_ODD ? (q[k] - 1) / 2 : q[k];
        assert(!book || c >= 0 || q[k] == 0);
        c = book && c < 0 ? 0 : c;           // padding, which a book without zero has as any code under a scale of 0
        code[k] = (int8_t)(many ? c & 127 : c);
        high[k] = (int8_t)(c >> 7);
    }
    qn_pack_planes(high, many, planes);
    qn_pack_planes(code, qn_fmt_col_words(f) - many, planes + many);
}

// A row as the file has it, its inputs in the matrix's order.
static int read_row(const qn_matrix *m, uint32_t row, column *c)
{
    size_t bytes = m->tensor->bytes / m->tensor->dims[1];
    int err = qn_ggml_dequant_row(m->tensor->type, m->tensor->data + (size_t)row * bytes, m->in_order ? c->stored : c->row, m->inputs);
    for (uint32_t i = 0; !err && m->in_order && i < m->inputs; i++)
        c->row[i] = c->stored[m->in_order[i]];
    return err;
}

// What the row that was read is in the `n` parts from `p` on: one, or the columns of a sum.
static int quantize_row(const qn_matrix *m, const qn_matrix_part *p, uint32_t n, column *c)
{
    const uint32_t block = p->fmt->block, group = 32 * (m->one_scale ? p->slices : block), blocks = group / (32 * block), end = p->slice + p->slices;
    int err = 0;
    for (uint32_t s = p->slice; !err && s < end; s += group / 32) {
        const float *x = c->row + 32 * (size_t)s;
        int16_t *q[SUM_MAX];
        uint16_t d[SUM_MAX], min = 0;
        for (uint32_t k = 0; k < n; k++)
            q[k] = c[k].q + 32 * (size_t)s;
        err = n == 1 ? qn_quantize(p->fmt, x, group, q[0], d, &min) : m->dual ? qn_quantize_dual(x, group, q, d) : qn_quantize_binary_sum(x, group, n, q, d);
        for (uint32_t k = 0; k < n * blocks; k++) {
            c[k / blocks].d[s / block + k % blocks] = d[k / blocks];
            c[k / blocks].m[s / block + k % blocks] = min;
        }
    }
    return err;
}

// A scale that the machine would read as zero under a code that is not, or a value that is not finite. A block of zeros gets the scale 0: ggml's
// quantizer gives it the least one.
static int power_scale(const qn_block *b, uint16_t *d)
{
    int top = 0;
    for (int i = 0; i < b->n; i++)
        top = abs(b->q[i]) > top ? abs(b->q[i]) : top;
    float scale = qn_ggml_bf16(b->d);
    *d = top ? b->d : 0;
    if (top && scale < 0x1p-126f)
        return QN_ERR_RANGE;
    return isfinite(scale * (float)top) ? 0 : QN_ERR_NONFINITE;
}

static int copy_row(const qn_matrix *m, uint32_t row, column *c)
{
    const qn_ggml_info *info = qn_ggml_type_find(m->tensor->type);
    const uint8_t *at = m->tensor->data + (size_t)row * (m->tensor->bytes / m->tensor->dims[1]);
    const qn_fmt *f = m->part->fmt;
    uint32_t blocks = m->inputs / info->elements, heads = info->elements / (32u * f->block);      // the stream's blocks of one in the file
    qn_block b;
    for (uint32_t i = 0; i < blocks; i++, at += info->bytes) {
        int err = qn_ggml_codes(m->tensor->type, at, &b);
        if (err < 0)
            return err;
        bool power = info->form == QN_GGML_SCALE_POW;
        if (!power && (!qn_finite_half(b.d) || !qn_finite_half(b.m)))
            return QN_ERR_NONFINITE;
        int16_t *q = c->q + (size_t)i * b.n;
        for (uint32_t k = 0; k < b.n; k++)
            q[k] = info->form == QN_GGML_SCALE_UP ? -b.q[k] : b.q[k];
        uint16_t d = info->form == QN_GGML_SCALE_UP ? b.d ^ 0x8000 : b.d;
        if (power && (err = power_scale(&b, &d)) < 0)
            return err;
        for (uint32_t k = i * heads, s = 0; k < (i + 1) * heads; k++, s += 2) {
            c->d[k] = d;
            if (info->form == QN_GGML_SUB_SCALE) {
                c->d[k] = b.ds[s];
                c->m[k] = b.ds[s + 1] ^ 0x8000;
                continue;
            }
            c->m[k] = f->sub ? b.m : b.m ^ 0x8000;  // subtracted by the machine, added by Q4_1 and Q5_1
        }
        for (uint32_t s = 0; qn_fmt_sub_word(f) && s < 8; s++)
            c->sub[8 * i + s] = f->sub == 3 ? (uint16_t)(b.sc[2 * s] | b.sc[2 * s + 1] << 4 | b.mn[2 * s] << 8 | b.mn[2 * s + 1] << 12)
                              : f->sub == 1 ? (uint16_t)((uint8_t)b.sc[s] | b.mn[s] << 8)
                                                 : (uint16_t)((uint8_t)b.sc[32 * s / b.sub] | (uint8_t)b.sc[(32 * s + 16) / b.sub] << 8);
    }
    return 0;
}

// Puts slices `first` to `end` of `c` in their places as column `col` of a tile of `cols` columns.
static void scatter(const qn_fmt *f, uint32_t stripes, const column *c, uint32_t first, uint32_t end, uint32_t cols, uint32_t col, uint32_t *tile)
{
    const qn_book *book = qn_book_find(f->store);
    assert(!qn_fmt_paired(f));
    const uint32_t col_words = qn_fmt_col_words(f);
    uint32_t own = qn_stripe_col(stripes, col), odd = own % 2, step = stripes, planes[16];
    uint32_t *slice = tile + qn_stripe_of(stripes, col);
    for (uint32_t s = first; s < end; s++) {
        bool last = (s + 1) % f->block == 0;
        uint32_t words = qn_fmt_pair_words(f, last), block = s / f->block;
        uint32_t *w = slice + (size_t)(own / 2) * words * step;
        if (qn_fmt_sub_word(f)) {
            *w |= (uint32_t)c->sub[s] << (16 * odd);
            w += step;
        }
        if (last && f->head == 2) {
            w[odd * step] = c->d[block] | (uint32_t)c->m[block] << 16;
            w += 2 * step;
        } else if (last && f->head) {
            *w |= (uint32_t)c->d[block] << (16 * odd);
            w += step;
        }
        put_planes(f, book, c->q + 32 * (size_t)s, planes);
        for (uint32_t i = 0; i < col_words; i++)
            w[(odd * col_words + i) * step] = planes[i];
        slice += (size_t)words * (cols / 2);             // of all stripes
    }
}

// Output `in` of a tile of `cols` columns, piece by piece: one, or each of the embedding's blocks.
static void scatter_output(const qn_matrix *m, const qn_matrix_part *p, const column *c, uint32_t in, uint32_t cols, uint32_t *tile)
{
    uint32_t pieces = m->slices / m->depth;
    if (pieces == 1)
        scatter(p->fmt, m->stripes, c, p->slice, p->slice + p->slices, cols, in, tile);
    for (uint32_t b = 0; pieces > 1 && b < pieces; b++)
        scatter(p->fmt, m->stripes, c, b * m->depth, (b + 1) * m->depth, cols, qn_tile_col(in, b, pieces), tile);
}

// All parts of a zone: of a sum together, of others one by one.
static int pack_output(const qn_matrix *m, const qn_zone *z, uint32_t tile, uint32_t in, uint32_t cols, uint32_t row, column *c, uint32_t *image)
{
    const qn_matrix_part *first = &m->part[z->first];
    bool sum = z->n > 1 && first[1].slice == first[0].slice;
    int err = m->requantize ? read_row(m, row, c) : copy_row(m, row, c);
    for (uint32_t i = 0; !err && i < z->n; i++) {
        const qn_matrix_part *p = &first[i];
        if (m->requantize && (!sum || i == 0))
            err = quantize_row(m, p, sum ? z->n : 1, c);
        if (!err)
            scatter_output(m, p, &c[sum ? i : 0], in, cols, image + p->addr + (size_t)tile * p->tile_step);
    }
    return err;
}

static int pack_zone(const qn_matrix *m, const qn_zone *z, column *c, uint32_t *image, qn_row_map *map, const void *ctx, qn_why *why)
{
    for (uint32_t t = 0; t < z->tiles; t++) {
        const qn_tile tile = qn_zone_tile(m, z, t);
        for (uint32_t i = 0; i < tile.outputs; i++) {
            uint32_t row = map ? map(tile.output + i, ctx) : m->out_order ? m->out_order[tile.output + i] : tile.output + i;
            int err = row == QN_PACK_ZERO ? 0 : pack_output(m, z, t, i, tile.cols, row, c, image);
            char shown[QN_GGUF_SHOW];
            if (err < 0)
                return qn_fail(why, err, "tensor '%s', row %u: %s", qn_gguf_show(shown, m->tensor->name), row,
                               err == QN_ERR_RANGE ? "a scale below 2^-126, which the machine reads as zero" : qn_err_text(err));
        }
    }
    return 0;
}

int qn_pack_matrix(const qn_matrix *m, uint32_t *image, qn_row_map *map, const void *ctx, qn_why *why)
{
    column c[SUM_MAX] = {{0}};
    size_t n = 32 * (size_t)m->slices;
    int err = 0;
    for (int i = 0; i < SUM_MAX; i++) {
        c[i].q = calloc(n, sizeof *c[i].q);
        c[i].sub = calloc(m->slices, sizeof *c[i].sub);
        c[i].d = calloc(m->slices, sizeof *c[i].d);
        c[i].m = calloc(m->slices, sizeof *c[i].m);
        err = c[i].q && c[i].sub && c[i].d && c[i].m ? err : QN_ERR_NOMEM;
    }
    c->row = calloc(n, sizeof *c->row);
    c->stored = calloc(n, sizeof *c->stored);
    err = c->row && c->stored ? err : QN_ERR_NOMEM;
    for (uint32_t first = 0; !err && first < m->n_part;) {
        const qn_zone z = qn_matrix_zone(m, first);
        err = pack_zone(m, &z, c, image, map, ctx, why);
        first += z.n;
    }
    free(c->row);
    free(c->stored);
    for (int i = 0; i < SUM_MAX; i++) {
        free(c[i].q);
        free(c[i].sub);
        free(c[i].d);
        free(c[i].m);
    }
    return err;
}
