// SPDX-License-Identifier: Apache-2.0
#include "cpu/qn_float.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "compiler/front/qn_ggml_type.h"
#include "driver/qn_size.h"

typedef struct layer {
    float *norm_attn, *norm_ffn;
    float *m[QN_LAYER_ROLES];
    float *keys, *values;               // [position][kv_heads x head]
} layer;

struct qn_float_model {
    qn_dims dims;
    uint32_t context;
    layer *layer;
    float *embed, *logits, *norm_out;   // tied: logits == embed

    // Of a step
    float *x, *y, *out;                 // width
    float *q, *o;                       // heads x head
    float *gate, *up;                   // hidden
    float *score;                       // context
};

static float *floats(size_t a, size_t b)
{
    size_t n;
    return qn_size_mul(&n, a, b) ? calloc(n, sizeof(float)) : NULL;
}

static int dequantize(const qn_gguf_tensor *t, float **out, qn_why *why)
{
    char shown[QN_GGUF_SHOW];
    *out = floats(t->elements, 1);
    if (!*out)
        return QN_ERR_NOMEM;
    int err = qn_ggml_dequant_row(t->type, t->data, *out, t->elements);
    if (err < 0)
        return qn_fail(why, err, "tensor '%s'", qn_gguf_show(shown, t->name));
    for (size_t i = 0; i < t->elements; i++)
        if (!isfinite((*out)[i]))
            return qn_fail(why, QN_ERR_NONFINITE, "tensor '%s': element %zu is not finite", qn_gguf_show(shown, t->name), i);
    return 0;
}

static int load(qn_float_model *f, const qn_graph *g, qn_why *why)
{
    const qn_dims *d = &f->dims;
    size_t kv = (size_t)d->kv_heads * d->head;
    int err;
    if ((err = dequantize(g->embed.tensor, &f->embed, why)) < 0 || (err = dequantize(g->norm_out, &f->norm_out, why)) < 0)
        return err;
    if (d->tied)
        f->logits = f->embed;
    else if ((err = dequantize(g->logits.tensor, &f->logits, why)) < 0)
        return err;
    for (uint32_t l = 0; l < d->layers; l++) {
        layer *y = &f->layer[l];
        const qn_layer *from = &g->layer[l];
        if ((err = dequantize(from->norm_attn, &y->norm_attn, why)) < 0 || (err = dequantize(from->norm_ffn, &y->norm_ffn, why)) < 0)
            return err;
        for (int r = 0; r < QN_LAYER_ROLES; r++)
            if ((err = dequantize(from->m[r].tensor, &y->m[r], why)) < 0)
                return err;
        y->keys = floats(f->context, kv);
        y->values = floats(f->context, kv);
        if (!y->keys || !y->values)
            return QN_ERR_NOMEM;
    }
    f->x = floats(d->width, 1);
    f->y = floats(d->width, 1);
    f->out = floats(d->width, 1);
    f->q = floats(d->heads, d->head);
    f->o = floats(d->heads, d->head);
    f->gate = floats(d->hidden, 1);
    f->up = floats(d->hidden, 1);
    f->score = floats(f->context, 1);
    return f->x && f->y && f->out && f->q && f->o && f->gate && f->up && f->score ? 0 : QN_ERR_NOMEM;
}

int qn_float_open(qn_float_model **out, const qn_graph *g, uint32_t context, qn_why *why)
{
    assert(out && g);
    *out = NULL;
    if (context > g->dims.context)
        return qn_fail(why, QN_ERR_CONTEXT, "a context of %u tokens is more than the model's %u", context, g->dims.context);
    qn_float_model *f = calloc(1, sizeof *f);
    if (!f)
        return QN_ERR_NOMEM;
    f->dims = g->dims;
    f->context = context ? context : g->dims.context;
    f->layer = calloc(f->dims.layers, sizeof *f->layer);
    int err = f->layer ? load(f, g, why) : QN_ERR_NOMEM;
    if (err < 0)
        qn_float_close(f);
    else
        *out = f;
    return err;
}

void qn_float_close(qn_float_model *f)
{
    if (!f)
        return;
    for (uint32_t l = 0; f->layer && l < f->dims.layers; l++) {
        layer *y = &f->layer[l];
        free(y->norm_attn);
        free(y->norm_ffn);
        for (int r = 0; r < QN_LAYER_ROLES; r++)
            free(y->m[r]);
        free(y->keys);
        free(y->values);
    }
    if (f->logits != f->embed)
        free(f->logits);
    free(f->layer);
    free(f->embed);
    free(f->norm_out);
    free(f->x);
    free(f->y);
    free(f->out);
    free(f->q);
    free(f->o);
    free(f->gate);
    free(f->up);
    free(f->score);
    free(f);
}

// Eight partial sums: the compiler may not reorder float sums by itself.
static float dot(const float *a, const float *b, size_t n)
{
    float part[8] = {0}, rest = 0;
    size_t i = 0;
    for (; i + 8 <= n; i += 8)
        for (int k = 0; k < 8; k++)
            part[k] += a[i + k] * b[i + k];
    for (; i < n; i++)
        rest += a[i] * b[i];
    return rest + ((part[0] + part[1]) + (part[2] + part[3])) + ((part[4] + part[5]) + (part[6] + part[7]));
}

static void multiply(const float *m, const float *x, size_t outputs, size_t inputs, float *y)
{
    for (size_t r = 0; r < outputs; r++)
        y[r] = dot(m + r * inputs, x, inputs);
}

static void rms_norm(const float *x, const float *weight, size_t n, float eps, float *y)
{
    float r = 1.0f / sqrtf(dot(x, x, n) / (float)n + eps);
    for (size_t i = 0; i < n; i++)
        y[i] = x[i] * r * weight[i];
}

// Turns the first `rope` dimensions of each head, as pairs, by angles that fall with the pair's number.
static void rotate(const qn_dims *d, float *v, uint32_t heads, uint32_t pos)
{
    for (uint32_t i = 0; i < d->rope / 2; i++) {
        double angle = pos * pow(d->rope_base, -2.0 * i / d->rope);
        float c = (float)cos(angle), s = (float)sin(angle);
        uint32_t a = d->pairing == QN_PAIR_ADJACENT ? 2 * i : i;
        uint32_t b = d->pairing == QN_PAIR_ADJACENT ? 2 * i + 1 : i + d->rope / 2;
        for (uint32_t h = 0; h < heads; h++) {
            float *head = v + (size_t)h * d->head, va = head[a], vb = head[b];
            head[a] = va * c - vb * s;
            head[b] = va * s + vb * c;
        }
    }
}

// One query head over positions 0..pos.
static void attend(const qn_float_model *f, const layer *y, uint32_t h, uint32_t pos)
{
    const qn_dims *d = &f->dims;
    size_t kv = (size_t)d->kv_heads * d->head, at = (size_t)(h / (d->heads / d->kv_heads)) * d->head;
    const float *q = f->q + (size_t)h * d->head;
    float *o = f->o + (size_t)h * d->head, top = -INFINITY, sum = 0;
    for (uint32_t t = 0; t <= pos; t++) {
        f->score[t] = dot(q, y->keys + t * kv + at, d->head) / sqrtf((float)d->head);
        top = fmaxf(top, f->score[t]);
    }
    memset(o, 0, d->head * sizeof *o);
    for (uint32_t t = 0; t <= pos; t++) {
        float p = expf(f->score[t] - top);
        sum += p;
        for (uint32_t i = 0; i < d->head; i++)
            o[i] += p * y->values[t * kv + at + i];
    }
    for (uint32_t i = 0; i < d->head; i++)
        o[i] /= sum;
}

static void add(float *x, const float *y, size_t n)
{
    for (size_t i = 0; i < n; i++)
        x[i] += y[i];
}

int qn_float_step(qn_float_model *f, uint32_t token, uint32_t pos, float *logits)
{
    const qn_dims *d = &f->dims;
    if (token >= d->vocab)
        return QN_ERR_RANGE;
    if (pos >= f->context)
        return QN_ERR_CONTEXT;
    size_t width = d->width, hidden = d->hidden, all = (size_t)d->heads * d->head, kv = (size_t)d->kv_heads * d->head;
    memcpy(f->x, f->embed + token * width, width * sizeof *f->x);
    for (uint32_t l = 0; l < d->layers; l++) {
        const layer *y = &f->layer[l];
        float *k = y->keys + pos * kv, *v = y->values + pos * kv;
        rms_norm(f->x, y->norm_attn, width, d->eps, f->y);
        multiply(y->m[QN_ROLE_Q], f->y, all, width, f->q);
        multiply(y->m[QN_ROLE_K], f->y, kv, width, k);
        multiply(y->m[QN_ROLE_V], f->y, kv, width, v);
        rotate(d, f->q, d->heads, pos);
        rotate(d, k, d->kv_heads, pos);
        for (uint32_t h = 0; h < d->heads; h++)
            attend(f, y, h, pos);
        multiply(y->m[QN_ROLE_O], f->o, width, all, f->out);
        add(f->x, f->out, width);

        rms_norm(f->x, y->norm_ffn, width, d->eps, f->y);
        multiply(y->m[QN_ROLE_GATE], f->y, hidden, width, f->gate);
        multiply(y->m[QN_ROLE_UP], f->y, hidden, width, f->up);
        for (size_t i = 0; i < hidden; i++)
            f->up[i] *= f->gate[i] / (1.0f + expf(-f->gate[i]));
        multiply(y->m[QN_ROLE_DOWN], f->up, width, hidden, f->out);
        add(f->x, f->out, width);
    }
    if (!logits)
        return 0;
    rms_norm(f->x, f->norm_out, width, d->eps, f->y);
    multiply(f->logits, f->y, d->vocab, width, logits);
    return 0;
}
