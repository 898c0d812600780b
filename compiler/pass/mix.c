// SPDX-License-Identifier: Apache-2.0
// Which outputs of a mixture are wide, and which groups of inputs. What decides is how much squared error goes when weights are quantized to the wide
// format and not to the narrow one: of an output (a row), or of a group in all rows together. Of several matrices that share the choice, each one's
// errors count by its own squares. A target has no say in it, so that bits do not depend on one.
//
// Wide outputs come first. The order that this makes is undone where outputs are inputs: hidden values are permuted in gate, up and the inputs of down; values
// of the residual stream in out and down of all layers, and wherever it is read: the embedding, norms, inputs. Queries, keys, values (their places in a head
// mean something) and logits (tokens) have no wide outputs.
#include "compiler/pass/qn_mix.h"

#include <stdlib.h>
#include <string.h>

#include "compiler/back/qn_quantize.h"
#include "compiler/front/qn_ggml_type.h"

// Squared error of a row's `n` values, the last group filled up with zeros.
static int row_error(const qn_fmt *f, const float *row, uint32_t n, bool one_scale, double *error)
{
    const uint32_t group = one_scale && !f->sub ? n : 32u * f->block;
    int16_t *q = malloc(2 * (size_t)(n + 256));
    float *x = calloc(n + 256, sizeof *x);
    uint16_t d, m;
    int err = q && x ? 0 : QN_ERR_NOMEM;
    if (!err)
        memcpy(x, row, n * sizeof *x);
    *error = 0;
    for (uint32_t i = 0; !err && i < n; i += group) {
        err = qn_quantize(f, x + i, group, q, &d, &m);
        for (uint32_t k = 0; !err && k < group && i + k < n; k++) {
            double e = (double)x[i + k] - qn_quantize_value(f, q[k], k, d, m);
            *error += e * e;
        }
    }
    free(q);
    free(x);
    return err;
}

static int read_row(const qn_matrix *m, uint32_t row, float *x, qn_why *why)
{
    int err = qn_ggml_dequant_row(m->tensor->type, m->tensor->data + (size_t)row * (m->tensor->bytes / m->tensor->dims[1]), x, m->inputs);
    char shown[QN_GGUF_SHOW];
    return err < 0 ? qn_fail(why, err, "tensor '%s', row %u: %s", qn_gguf_show(shown, m->tensor->name), row, qn_err_text(err)) : 0;
}

// Adds what each output of `m` gains to gain[0..outputs).
static int add_gains(const qn_graph *g, const qn_matrix *m, double *gain, qn_why *why)
{
    const qn_weights *w = &g->opt.weights;
    const qn_fmt *narrow = qn_quantize_fitting(qn_fmt_find(w->fmt), m->inputs), *wide = qn_quantize_fitting(qn_fmt_find(w->wide), m->inputs);
    float *x = malloc(m->inputs * sizeof *x);
    double *own = malloc(m->outputs * sizeof *own), squares = 0, e[2];
    int err = x && own ? 0 : QN_ERR_NOMEM;
    for (uint32_t r = 0; !err && r < m->outputs; r++) {
        if ((err = read_row(m, r, x, why)) < 0 || (err = row_error(narrow, x, m->inputs, w->rows, &e[0])) < 0 ||
            (err = row_error(wide, x, m->inputs, w->rows, &e[1])) < 0)
            break;
        own[r] = e[0] - e[1];
        for (uint32_t i = 0; i < m->inputs; i++)
            squares += (double)x[i] * (double)x[i];
    }
    for (uint32_t r = 0; !err && r < m->outputs && squares > 0; r++)
        gain[r] += own[r] / squares;
    free(x);
    free(own);
    return err;
}

// The `count` greatest of n, of equals the first.
static void choose_greatest(const double *gain, uint32_t n, uint32_t count, uint8_t *chosen)
{
    memset(chosen, 0, n);
    for (uint32_t k = 0; k < count; k++) {
        uint32_t best = n;
        for (uint32_t i = 0; i < n; i++)
            if (!chosen[i] && (best == n || gain[i] > gain[best]))
                best = i;
        chosen[best] = 1;
    }
}

uint32_t qn_mix_wide_outputs(const qn_weights *w, uint32_t outputs)
{
    uint32_t eights = outputs / 8, wide = (uint32_t)(((uint64_t)outputs * w->share + 4000) / 8000);
    wide = wide >= 3 ? (wide + 2) / 4 * 4 : wide;
    return eights < 2 ? 0 : 8 * (wide < 1 ? 1 : wide > eights - 1 ? eights - 1 : wide);
}

static int make_order(const qn_weights *w, const double *gain, uint32_t n, uint32_t **order)
{
    uint8_t *wide = malloc(n);
    uint32_t at = 0;
    *order = malloc(n * sizeof **order);
    if (!wide || !*order) {
        free(wide);
        return QN_ERR_NOMEM;
    }
    choose_greatest(gain, n, qn_mix_wide_outputs(w, n), wide);
    for (int turn = 1; turn >= 0; turn--)
        for (uint32_t i = 0; i < n; i++)
            if (wide[i] == turn)
                (*order)[at++] = i;
    free(wide);
    return 0;
}

// What is permuted, and what has parts, is quantized here.
static int only_floats(const qn_graph *g, qn_why *why)
{
    char shown[QN_GGUF_SHOW];
    const qn_matrix *m = &g->embed;
    for (uint32_t i = 0; i < 2 + g->dims.layers * QN_LAYER_ROLES; i++) {
        m = i == 0 ? &g->embed : i == 1 ? &g->logits : &g->layer[(i - 2) / QN_LAYER_ROLES].m[(i - 2) % QN_LAYER_ROLES];
        if (qn_ggml_type_find(m->tensor->type)->form != QN_GGML_FLOAT)
            return qn_fail(why, QN_ERR_UNSUPPORTED, "tensor '%s' has type %s: sums and mixtures of formats are made of F32, F16 and BF16 alone",
                           qn_gguf_show(shown, m->tensor->name), qn_ggml_type_find(m->tensor->type)->name);
    }
    return 0;
}

int qn_pass_mix(qn_graph *g, qn_why *why)
{
    const qn_dims *d = &g->dims;
    const qn_weights *w = &g->opt.weights;
    int err = w->sum > 1 || w->wide ? only_floats(g, why) : 0;
    if (err < 0 || !w->wide || w->groups)
        return err;
    double *width = calloc(d->width, sizeof *width), *hidden = malloc(d->hidden * sizeof *hidden);
    err = width && hidden ? 0 : QN_ERR_NOMEM;
    for (uint32_t l = 0; !err && l < d->layers; l++) {
        qn_layer *y = &g->layer[l];
        memset(hidden, 0, d->hidden * sizeof *hidden);
        if ((err = add_gains(g, &y->m[QN_ROLE_GATE], hidden, why)) == 0 && (err = add_gains(g, &y->m[QN_ROLE_UP], hidden, why)) == 0 &&
            (err = add_gains(g, &y->m[QN_ROLE_O], width, why)) == 0 && (err = add_gains(g, &y->m[QN_ROLE_DOWN], width, why)) == 0)
            err = make_order(w, hidden, d->hidden, &y->hidden_order);
    }
    if (!err)
        err = make_order(w, width, d->width, &g->width_order);
    g->embed.in_order = g->logits.in_order = g->width_order;
    for (uint32_t l = 0; !err && l < d->layers; l++) {
        qn_layer *y = &g->layer[l];
        for (int r = 0; r < QN_LAYER_ROLES; r++) {
            y->m[r].in_order = r == QN_ROLE_O ? NULL : r == QN_ROLE_DOWN ? y->hidden_order : g->width_order;
            y->m[r].out_order = r == QN_ROLE_O || r == QN_ROLE_DOWN ? g->width_order : r == QN_ROLE_GATE || r == QN_ROLE_UP ? y->hidden_order : NULL;
        }
    }
    free(width);
    free(hidden);
    return err;
}

int qn_mix_wide_groups(const qn_matrix *m, const qn_fmt *narrow, const qn_fmt *wide, uint32_t share, uint8_t *chosen, qn_why *why)
{
    const uint32_t group = 32u * narrow->block, n = (m->inputs + group - 1) / group;
    double *gain = calloc(n, sizeof *gain), e[2];
    float *x = calloc((size_t)n * group, sizeof *x);
    uint32_t count = (n * share + 500) / 1000;
    int err = gain && x ? 0 : QN_ERR_NOMEM;
    for (uint32_t r = 0; !err && r < m->tensor->dims[1]; r++) {
        err = read_row(m, r, x, why);
        for (uint32_t i = 0; !err && i < n; i++)
            if ((err = row_error(narrow, x + (size_t)i * group, group, false, &e[0])) == 0 && (err = row_error(wide, x + (size_t)i * group, group, false, &e[1])) == 0)
                gain[i] += e[0] - e[1];
    }
    if (!err)
        choose_greatest(gain, n, n < 2 ? 0 : count < 1 ? 1 : count > n - 1 ? n - 1 : count, chosen);
    free(gain);
    free(x);
    return err;
}
