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
    float *row;                   // 32 x slices, for tensors stored as floats
} column;

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
        assert(!book || c >= 0);
        code[k] = (int8_t)(many ? c & 127 : c);
        high[k] = (int8_t)(c >> 7);
    }
    qn_pack_planes(high, many, planes);
    qn_pack_planes(code, qn_fmt_col_words(f) - many, planes + many);
}

static int quantize_row(const qn_matrix *m, uint32_t row, column *c)
{
    size_t bytes = m->tensor->bytes / m->tensor->dims[1];
    uint32_t group = m->one_scale ? 32 * m->slices : 32u * m->fmt->block, blocks = group / (32u * m->fmt->block);
    int err = qn_ggml_dequant_row(m->tensor->type, m->tensor->data + (size_t)row * bytes, c->row, m->inputs);
    for (uint32_t i = 0; !err && i * group < 32 * m->slices; i++) {
        uint16_t *d = c->d + i * blocks, *min = c->m + i * blocks;
        err = qn_quantize(m->fmt, c->row + i * group, group, c->q + i * group, d, min);
        for (uint32_t k = 1; k < blocks; k++) {
            d[k] = d[0];
            min[k] = min[0];
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
    uint32_t blocks = m->inputs / info->elements, heads = info->elements / (32u * m->fmt->block);      // the stream's blocks of one in the file
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
            c->m[k] = m->fmt->sub ? b.m : b.m ^ 0x8000;  // subtracted by the machine, added by Q4_1 and Q5_1
        }
        for (uint32_t s = 0; qn_fmt_sub_word(m->fmt) && s < 8; s++)
            c->sub[8 * i + s] = m->fmt->sub == 3 ? (uint16_t)(b.sc[2 * s] | b.sc[2 * s + 1] << 4 | b.mn[2 * s] << 8 | b.mn[2 * s + 1] << 12)
                              : m->fmt->sub == 1 ? (uint16_t)((uint8_t)b.sc[s] | b.mn[s] << 8)
                                                 : (uint16_t)((uint8_t)b.sc[32 * s / b.sub] | (uint8_t)b.sc[(32 * s + 16) / b.sub] << 8);
    }
    return 0;
}

// Puts `depth` slices of `c`, from `first` on, in their places as column `col` of a tile of `cols` columns.
static void scatter(const qn_matrix *m, const column *c, uint32_t first, uint32_t cols, uint32_t col, uint32_t *tile)
{
    const qn_fmt *f = m->fmt;
    const qn_book *book = qn_book_find(f->store);
    assert(!qn_fmt_paired(f));
    const uint32_t col_words = qn_fmt_col_words(f);
    uint32_t own = qn_stripe_col(m->stripes, col), odd = own % 2, step = m->stripes, planes[16];
    uint32_t *slice = tile + qn_stripe_of(m->stripes, col);
    for (uint32_t s = first; s < first + m->depth; s++) {
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

// Output `in` of a tile that has `outputs` of them, piece by piece: one, or each of the embedding's blocks.
static void scatter_output(const qn_matrix *m, const column *c, uint32_t in, uint32_t outputs, uint32_t *tile)
{
    uint32_t pieces = m->slices / m->depth, cols = qn_tile_cols(outputs, pieces, m->stripes);
    for (uint32_t b = 0; b < pieces; b++)
        scatter(m, c, b * m->depth, cols, qn_tile_col(in, b, pieces), tile);
}

int qn_pack_matrix(const qn_matrix *m, uint32_t *image, qn_row_map *map, const void *ctx, qn_why *why)
{
    column c;
    size_t n = 32 * (size_t)m->slices;
    c.q = calloc(n, sizeof *c.q);
    c.sub = calloc(m->slices, sizeof *c.sub);
    c.d = calloc(m->slices, sizeof *c.d);
    c.m = calloc(m->slices, sizeof *c.m);
    c.row = calloc(n, sizeof *c.row);
    int err = c.q && c.sub && c.d && c.m && c.row ? 0 : QN_ERR_NOMEM;
    for (uint32_t col = 0; !err && col < m->outputs; col++) {
        uint32_t row = map ? map(col, ctx) : col;
        if (row == QN_PACK_ZERO)
            continue;
        uint32_t tile = col / m->tile, in = col % m->tile;
        uint32_t cols = m->cols - tile * m->tile < m->tile ? m->cols - tile * m->tile : m->tile;
        err = m->requantize ? quantize_row(m, row, &c) : copy_row(m, row, &c);
        if (err < 0) {
            char shown[QN_GGUF_SHOW];
            qn_fail(why, err, "tensor '%s', row %u: %s", qn_gguf_show(shown, m->tensor->name), row,
                    err == QN_ERR_RANGE ? "a scale below 2^-126, which the machine reads as zero" : qn_err_text(err));
            break;
        }
        scatter_output(m, &c, in, cols, image + m->addr + (size_t)tile * m->tile_step);
    }
    free(c.q);
    free(c.sub);
    free(c.d);
    free(c.m);
    free(c.row);
    return err;
}
