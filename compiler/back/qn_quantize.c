// SPDX-License-Identifier: Apache-2.0
#include "compiler/back/qn_quantize.h"

#include <assert.h>
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "compiler/front/qn_ggml_type.h"
#include "driver/qn_err.h"

uint16_t qn_to_half(float x)
{
    uint32_t u;
    memcpy(&u, &x, 4);
    uint32_t sign = u >> 16 & 0x8000, mag = u & 0x7fffffff;
    if (mag >= 0x47800000)
        return (uint16_t)(sign | 0x7c00);
    if (mag < 0x38800000) {                  // subnormal: units of 2^-24
        float a = fabsf(x) * 0x1p24f;
        return (uint16_t)(sign | (uint32_t)lrintf(a));
    }
    uint32_t r = mag - 0x38000000;
    r += 0xfff + (r >> 13 & 1);
    return (uint16_t)(sign | r >> 13);
}

bool qn_finite_half(uint16_t h)
{
    return (h & 0x7c00) != 0x7c00;
}

// Minifloats in blocks with a power of two as scale (OCP Microscaling formats 1.0). An integer counts units of 2^unit. FP8's smallest values have no integer
// of 15 bits: `unit` is the alignment, to which they are rounded.
typedef struct minifloat {
    int fmt, mantissa, min, max, unit;       // bits after the point; least and greatest exponent of a normal value
    float most;
} minifloat;

static const minifloat minifloats[] = {
    {QN_FMT_MX4, 1, 0, 2, -1, 6},       {QN_FMT_E2M3, 3, 0, 2, -3, 7.5f},      {QN_FMT_E3M2, 2, -2, 4, -4, 28},
    {QN_FMT_E4M3, 3, -6, 8, -5, 448},   {QN_FMT_E5M2, 2, -14, 15, 2, 57344},
};

static const minifloat *find_minifloat(const qn_fmt *f)
{
    for (size_t i = 0; i < sizeof minifloats / sizeof *minifloats; i++)
        if (minifloats[i].fmt == f->id)
            return &minifloats[i];
    return NULL;
}

// Nearest value of the minifloat, ties to even mantissas, beyond the greatest the greatest.
static float round_to(const minifloat *e, float x)
{
    int exp;
    frexpf(x, &exp);
    exp = exp - 1 < e->min ? e->min : exp - 1;
    float y = ldexpf(nearbyintf(ldexpf(x, e->mantissa - exp)), exp - e->mantissa);
    return y > e->most ? e->most : y < -e->most ? -e->most : y;
}

typedef struct span {
    float low, high, top, extreme, mean;     // top: largest size, extreme: with its sign, mean: of the sizes
} span;

static int find_span(const float *x, uint32_t n, span *s)
{
    double sum = 0;
    *s = (span){x[0], x[0], 0, 0, 0};
    for (uint32_t i = 0; i < n; i++) {
        if (!isfinite(x[i]))
            return QN_ERR_NONFINITE;
        s->low = x[i] < s->low ? x[i] : s->low;
        s->high = x[i] > s->high ? x[i] : s->high;
        if (fabsf(x[i]) > s->top) {
            s->top = fabsf(x[i]);
            s->extreme = x[i];
        }
        sum += fabsf(x[i]);
    }
    s->mean = (float)(sum / n);
    return 0;
}

static int32_t clamp(long v, int32_t low, int32_t high)
{
    return v < low ? low : v > high ? high : (int32_t)v;
}

// Two's complement: the scale of largest magnitude over 2^(bits-1) - 1 at 8 bits (ggml's Q8_0); below, of the signed extreme over -2^(bits-1) (ggml's
// Q4_0), which uses the whole range.
static float quantize_signed(const span *s, unsigned bits, const float *x, uint32_t n, int16_t *q)
{
    int high = (1 << (bits - 1)) - 1, low = -high - 1;
    float d = bits == 8 ? s->top / 127.0f : s->extreme / (float)low, inv = d != 0 ? 1.0f / d : 0.0f;
    for (uint32_t i = 0; i < n; i++)
        q[i] = (int16_t)clamp(lrintf(x[i] * inv), low, high);
    return d;
}

// 1 bit: the mean is the best scale of signs (XNOR-Net, arXiv:1603.05279). More: -(2^bits - 1), ..., -1, 1, ..., 2^bits - 1.
static float quantize_odd(const span *s, unsigned bits, const float *x, uint32_t n, int16_t *q)
{
    float d = qn_ggml_f16(qn_to_half(bits == 1 ? s->mean : s->top / (float)((1 << bits) - 1))), inv = d != 0 ? 1.0f / d : 0.0f;
    for (uint32_t i = 0; i < n; i++)
        q[i] = (int16_t)(2 * clamp((long)floorf(x[i] * inv / 2), -(1 << (bits - 1)), (1 << (bits - 1)) - 1) + 1);
    return d;
}

static float quantize_minimum(const span *s, unsigned bits, const float *x, uint32_t n, int16_t *q, float *minimum)
{
    int high = (1 << bits) - 1;
    float d = qn_ggml_f16(qn_to_half((s->high - s->low) / (float)high)), low = qn_ggml_f16(qn_to_half(s->low)), inv = d != 0 ? 1.0f / d : 0.0f;
    for (uint32_t i = 0; i < n; i++)
        q[i] = (int16_t)clamp(lrintf((x[i] - low) * inv), 0, high);
    *minimum = -low;
    return d;
}

// The nearest of a book's values under scale d; returns the sum of squared errors.
static double quantize_book(const qn_book *b, float d, const float *x, uint32_t n, int16_t *q)
{
    double sum = 0;
    for (uint32_t i = 0; i < n; i++) {
        float best = INFINITY;
        for (int k = 0; k < 1 << b->code; k++) {
            float e = fabsf(x[i] - d * (float)b->value[k]);
            if (e < best) {
                best = e;
                q[i] = b->value[k];
            }
        }
        sum += (double)best * best;
    }
    return sum;
}

// The extreme becomes the book's least value or its greatest, whichever leaves less error.
static float quantize_values(const qn_book *b, const span *s, const float *x, uint32_t n, int16_t *q)
{
    int low = b->value[0], high = b->value[0];
    for (int k = 1; k < 1 << b->code; k++) {
        low = b->value[k] < low ? b->value[k] : low;
        high = b->value[k] > high ? b->value[k] : high;
    }
    float d[2] = {qn_ggml_f16(qn_to_half(s->extreme / (float)low)), qn_ggml_f16(qn_to_half(s->extreme / (float)high))};
    double error = quantize_book(b, d[0], x, n, q);
    if (quantize_book(b, d[1], x, n, q) <= error)
        return d[1];
    quantize_book(b, d[0], x, n, q);
    return d[0];
}

// A power of two as scale. Below 2^-126 the machine reads it as zero, and so the block.
static uint16_t power_bits(int exp)
{
    return exp < -126 ? 0 : (uint16_t)((exp + 127) << 7);
}

static int quantize_power(const qn_fmt *f, const span *s, const float *x, uint32_t n, int16_t *q, uint16_t *d)
{
    const minifloat *e = find_minifloat(f);
    int exp, limit = (1 << (f->planes - 1)) - 1;
    frexpf(s->top, &exp);
    int shared = exp - 1 - (e ? e->max : f->planes - 2), unit = e ? e->unit : 0;
    if (s->top == 0 || shared + unit < -126 || shared < -126) {
        memset(q, 0, n * sizeof *q);
        *d = 0;
        return 0;
    }
    if (shared + unit > 127)
        return QN_ERR_NONFINITE;
    for (uint32_t i = 0; i < n; i++) {
        float v = ldexpf(x[i], -shared);
        q[i] = (int16_t)clamp(lrintf(ldexpf(e ? round_to(e, v) : v, -unit)), -limit, limit);
    }
    *d = power_bits(shared + unit);
    return 0;
}

// A scale for each half of 32: the second one stands, negated, where others have a minimum.
static int quantize_halves(const qn_fmt *f, const float *x, int16_t *q, uint16_t *d, uint16_t *m)
{
    const qn_book *book = qn_book_find(f->store);
    uint16_t bits[2];
    for (int h = 0; h < 2; h++) {
        span s;
        int err = find_span(x + 16 * h, 16, &s);
        if (err < 0)
            return err;
        bits[h] = qn_to_half(book ? quantize_values(book, &s, x + 16 * h, 16, q + 16 * h) : quantize_signed(&s, f->planes, x + 16 * h, 16, q + 16 * h));
        if (!qn_finite_half(bits[h]))
            return QN_ERR_NONFINITE;
    }
    *d = bits[0];
    *m = bits[1] ^ 0x8000;
    return 0;
}

int qn_quantize(const qn_fmt *f, const float *x, uint32_t n, int16_t *q, uint16_t *d, uint16_t *m)
{
    if (f->sub == 4) {
        assert(n == 32);
        return quantize_halves(f, x, q, d, m);
    }
    const qn_book *book = qn_book_find(f->store);
    span s;
    float scale, minimum = 0;
    int err = find_span(x, n, &s);
    *m = 0;
    if (err < 0)
        return err;
    if (f->head == 3)
        return quantize_power(f, &s, x, n, q, d);
    if (book)
        scale = quantize_values(book, &s, x, n, q);
    else if (f->head == 2)
        scale = quantize_minimum(&s, f->planes, x, n, q, &minimum);
    else if (f->sign == QN_ODD)
        scale = quantize_odd(&s, f->planes, x, n, q);
    else
        scale = quantize_signed(&s, f->planes, x, n, q);
    *d = qn_to_half(scale);
    *m = qn_to_half(minimum);
    return qn_finite_half(*d) && qn_finite_half(*m) ? 0 : QN_ERR_NONFINITE;
}

double qn_quantize_value(const qn_fmt *f, int16_t q, uint32_t k, uint16_t d, uint16_t m)
{
    double scale = (double)(f->head == 3 ? qn_ggml_bf16(d) : qn_ggml_f16(d)), second = (double)qn_ggml_f16(m);
    return f->sub != 4 ? q * scale - second : k % 32 < 16 ? q * scale : -q * second;
}

int qn_quantize_complex(const float *re, const float *im, uint32_t n, int16_t *q_re, int16_t *q_im, uint16_t d[2])
{
    double sum[2] = {0, 0};
    uint32_t count[2] = {0, 0};
    for (uint32_t i = 0; i < n; i++) {
        if (!isfinite(re[i]) || !isfinite(im[i]))
            return QN_ERR_NONFINITE;
        int part = fabsf(im[i]) > fabsf(re[i]);
        float v = part ? im[i] : re[i];
        q_re[i] = part ? 0 : v < 0 ? -1 : 1;
        q_im[i] = !part ? 0 : v < 0 ? -1 : 1;
        sum[part] += fabsf(v);
        count[part]++;
    }
    for (int part = 0; part < 2; part++)
        d[part] = qn_to_half(count[part] ? (float)(sum[part] / count[part]) : 0);
    return qn_finite_half(d[0]) && qn_finite_half(d[1]) ? 0 : QN_ERR_NONFINITE;
}

// ---- sums of columns: x[i] is about the sum of d[p] q[p][i], each q one of two values: `low` or `high`.
enum { SUM_MAX = 4, ROUNDS = 15 };

// The scales of least squared error for the codes as they are, by elimination; where columns are not independent, those of `d` that were there stay.
static void fit_scales(const float *x, uint32_t n, unsigned parts, int16_t *const q[], double d[])
{
    double a[SUM_MAX][SUM_MAX + 1] = {{0}};
    for (uint32_t i = 0; i < n; i++)
        for (unsigned r = 0; r < parts; r++) {
            for (unsigned c = 0; c < parts; c++)
                a[r][c] += q[r][i] * q[c][i];
            a[r][parts] += (double)x[i] * q[r][i];
        }
    for (unsigned k = 0; k < parts; k++) {
        unsigned best = k;
        for (unsigned r = k + 1; r < parts; r++)
            best = fabs(a[r][k]) > fabs(a[best][k]) ? r : best;
        if (fabs(a[best][k]) < 1e-9 * n)
            return;
        for (unsigned c = 0; c <= parts; c++) {
            double t = a[k][c];
            a[k][c] = a[best][c];
            a[best][c] = t;
        }
        for (unsigned r = 0; r < parts; r++)
            for (unsigned c = parts + 1; r != k && c-- > k;)
                a[r][c] -= a[r][k] / a[k][k] * a[k][c];
    }
    for (unsigned k = 0; k < parts; k++)
        d[k] = a[k][parts] / a[k][k];
}

// The nearest of the 2^parts sums for each value, of equals that of the lowest index; whether a code is another than before. Adds up squared errors.
static bool choose_codes(const float *x, uint32_t n, unsigned parts, int low, int high, const double d[], int16_t *const q[], double *error)
{
    bool changed = false;
    *error = 0;
    for (uint32_t i = 0; i < n; i++) {
        unsigned best = 0;
        double least = INFINITY;
        for (unsigned k = 0; k < 1u << parts; k++) {
            double e = (double)x[i];
            for (unsigned p = 0; p < parts; p++)
                e -= d[p] * (k >> p & 1 ? high : low);
            if (fabs(e) < least) {
                least = fabs(e);
                best = k;
            }
        }
        for (unsigned p = 0; p < parts; p++) {
            int16_t c = (int16_t)(best >> p & 1 ? high : low);
            changed |= q[p][i] != c;
            q[p][i] = c;
        }
        *error += least * least;
    }
    return changed;
}

static double rounded(double d)
{
    return (double)qn_ggml_f16(qn_to_half((float)d));
}

// From the scales in `d` on: codes, scales, codes ... while it helps (alternating least squares: arXiv:1802.00150), scales as FP16 has them.
static int fit_sum(const float *x, uint32_t n, unsigned parts, int low, int high, double d[], int16_t *const q[], uint16_t bits[])
{
    double error, before = INFINITY, kept[SUM_MAX];
    for (unsigned p = 0; p < parts; p++)
        kept[p] = d[p] = rounded(d[p]);
    for (int round = 0; round < ROUNDS; round++) {
        bool changed = choose_codes(x, n, parts, low, high, d, q, &error);
        if (!(error < before))
            break;
        before = error;
        memcpy(kept, d, parts * sizeof *d);
        if (!changed && round)
            break;
        fit_scales(x, n, parts, q, d);
        for (unsigned p = 0; p < parts; p++)
            d[p] = rounded(d[p]);
    }
    choose_codes(x, n, parts, low, high, kept, q, &error);
    for (unsigned p = 0; p < parts; p++) {
        bits[p] = qn_to_half((float)kept[p]);
        if (!qn_finite_half(bits[p]))
            return QN_ERR_NONFINITE;
    }
    return 0;
}

int qn_quantize_binary_sum(const float *x, uint32_t n, unsigned parts, int16_t *const q[], uint16_t d[])
{
    double scale[SUM_MAX];
    span s;
    int err = find_span(x, n, &s);
    assert(parts <= SUM_MAX);
    if (err < 0)
        return err;
    for (unsigned p = 0; p < parts; p++) {               // greedily: the mean of what is left
        double sum = 0;
        for (uint32_t i = 0; i < n; i++) {
            double left = (double)x[i];
            for (unsigned k = 0; k < p; k++)
                left -= scale[k] * q[k][i];
            q[p][i] = left < 0 ? -1 : 1;
            sum += fabs(left);
        }
        scale[p] = rounded(sum / n);
    }
    return fit_sum(x, n, parts, -1, 1, scale, q, d);
}

int qn_quantize_dual(const float *x, uint32_t n, int16_t *const q[2], uint16_t d[2])
{
    uint16_t bits, none;
    int err = qn_quantize(qn_fmt_find(QN_FMT_S2), x, n, q[0], &bits, &none);
    double scale = (double)qn_ggml_f16(bits), d0[2] = {2 * scale, -scale};       // codes of two bits: -2 to 1
    return err < 0 ? err : fit_sum(x, n, 2, 0, -1, d0, q, d);
}

// What has an encoder for floats here. K-quants, whose scales have two levels, are GGUF's to make.
static bool quantizes(const qn_fmt *f)
{
    return f->head && (!f->sub || f->sub == 4) && f->store != QN_STORE_BYTES && !qn_fmt_paired(f);
}

uint32_t qn_quantize_group(const qn_fmt *f)
{
    return f->sub == 4 ? 16 : 32u * f->block;
}

// Length of a format's name without its group.
static size_t stem(const char *name)
{
    const char *g = strrchr(name, 'G');
    return g && g > name && isdigit((unsigned char)g[1]) ? (size_t)(g - name) : strlen(name);
}

static bool same_stem(const char *a, const char *b)
{
    size_t n = stem(a);
    if (n != stem(b))
        return false;
    for (size_t i = 0; i < n; i++)
        if (toupper((unsigned char)a[i]) != toupper((unsigned char)b[i]))
            return false;
    return true;
}

// GGUF's names of formats that floats are quantized to. TQ2_0's stream has room for four values, and they are used.
static const struct gguf_name {
    const char *name;
    int fmt;
} gguf_names[] = {
    {"q8_0", QN_FMT_S8},   {"q4_0", QN_FMT_S4},    {"q5_0", QN_FMT_S5},    {"q4_1", QN_FMT_U4M},     {"q5_1", QN_FMT_U5M},
    {"mxfp4", QN_FMT_MX4}, {"iq4_nl", QN_FMT_N4}, {"nvfp4", QN_FMT_NV4}, {"q1_0", QN_FMT_B1G128}, {"q2_0", QN_FMT_S2G64}, {"tq2_0", QN_FMT_S2G256},
};

const qn_fmt *qn_quantize_format(const char *name, uint32_t group)
{
    const qn_fmt *best = NULL;
    for (size_t i = 0; i < sizeof gguf_names / sizeof *gguf_names; i++)
        if (strcasecmp(gguf_names[i].name, name) == 0) {
            best = qn_fmt_find((uint32_t)gguf_names[i].fmt);
            return !group || group == qn_quantize_group(best) ? best : NULL;
        }
    for (uint32_t id = 1; id <= QN_FMTS; id++) {
        const qn_fmt *f = qn_fmt_find(id);
        if (quantizes(f) && strlen(name) == stem(f->name) && same_stem(f->name, name) && (!group || group == qn_quantize_group(f)) &&
            (!best || f->block < best->block))
            best = f;
    }
    return best;
}

const qn_fmt *qn_quantize_fitting(const qn_fmt *f, uint32_t inputs)
{
    const qn_fmt *best = f->sub == 4 ? f : NULL;
    for (uint32_t id = 1; !f->sub && id <= QN_FMTS; id++) {
        const qn_fmt *g = qn_fmt_find(id);
        if (!quantizes(g) || g->sub || !same_stem(g->name, f->name) || g->block > f->block)
            continue;
        bool fits = inputs % (32u * g->block) == 0;
        if (!best || (fits ? g->block > best->block || inputs % (32u * best->block) : g->block < best->block && inputs % (32u * best->block)))
            best = g;
    }
    return best;
}

void qn_quantize_list(const char *name, char *out, uint32_t n)
{
    size_t at = 0;
    const bool known = qn_quantize_format(name, 0) != NULL;
    for (uint32_t group = 16; known && group <= 256; group *= 2)
        if (qn_quantize_format(name, group))
            at += (size_t)snprintf(out + at, n - at, "%s%u", at ? " " : "", group);
    for (uint32_t id = 1; !known && id <= QN_FMTS; id++) {
        const qn_fmt *f = qn_fmt_find(id);
        bool seen = !quantizes(f);
        for (uint32_t i = 1; i < id && !seen; i++)
            seen = quantizes(qn_fmt_find(i)) && same_stem(qn_fmt_find(i)->name, f->name);
        if (seen || at + stem(f->name) + 2 > n)
            continue;
        if (at)
            out[at++] = ' ';
        for (size_t i = 0; i < stem(f->name); i++)
            out[at++] = (char)tolower((unsigned char)f->name[i]);
        out[at] = 0;
    }
}
