// SPDX-License-Identifier: Apache-2.0
// The machine model as a device: bits and predicted cycles (sim/model/qn_model.h).
#include <stdlib.h>
#include <string.h>

#include "driver/qn_dev.h"
#include "sim/model/qn_model.h"

typedef struct model {
    qn_model *m;
    bool timed;
    uint64_t *profile, last_end;     // clocks of the last run by instruction, and when the last one ended
    size_t n_insn;
} model;

static void charge(void *ctx, const qn_entry *e, uint64_t from, uint64_t to)
{
    model *d = ctx;
    (void)from;
    if (e->unit == QN_UNIT_LOAD || e->pc >= d->n_insn)
        return;
    d->profile[e->pc] += to - d->last_end;
    d->last_end = to;
}

static void model_close(void *ctx)
{
    model *d = ctx;
    qn_model_close(d->m);
    free(d->profile);
    free(d);
}

static int model_open(void **ctx, const qn_target *t, qn_why *why)
{
    char label[QN_TARGET_LABEL];
    model *d = calloc(1, sizeof *d);
    if (!d)
        return qn_fail(why, QN_ERR_NOMEM, "model:%s", qn_target_label(label, t));
    d->timed = true;
    d->n_insn = t->prog_words / QN_INSN_WORDS;
    d->profile = calloc(d->n_insn, sizeof *d->profile);
    int err = d->profile ? qn_model_open(&d->m, qn_target_label(label, t)) : QN_ERR_NOMEM;
    if (err < 0) {
        model_close(d);
        return qn_fail(why, err, "model:%s", label);
    }
    qn_model_time(d->m)->span = charge;
    qn_model_time(d->m)->span_ctx = d;
    *ctx = d;
    return 0;
}

static int model_reg_read(void *ctx, unsigned reg, uint32_t *value)
{
    *value = qn_model_read(((model *)ctx)->m, reg);
    return 0;
}

static int model_reg_write(void *ctx, unsigned reg, uint32_t value)
{
    qn_model_write(((model *)ctx)->m, reg, value);
    return 0;
}

static int model_read(void *ctx, uint64_t addr, void *dst, size_t n)
{
    memcpy(dst, qn_model_memory(((model *)ctx)->m) + addr, n);
    return 0;
}

static int model_write(void *ctx, uint64_t addr, const void *src, size_t n)
{
    memcpy(qn_model_memory(((model *)ctx)->m) + addr, src, n);
    return 0;
}

static int model_run(void *ctx, uint64_t cycles)
{
    model *d = ctx;
    memset(d->profile, 0, d->n_insn * sizeof *d->profile);
    d->last_end = 0;
    return qn_model_run(d->m, cycles);
}

static const uint64_t *model_profile(void *ctx, size_t *n)
{
    model *d = ctx;
    *n = d->n_insn;
    return d->timed ? d->profile : NULL;
}

static void model_timed(void *ctx, bool on)
{
    model *d = ctx;
    d->timed = on;
    qn_model_timed(d->m, on);
}

const qn_port qn_port_model = {
    .name = "model", .text = "bit-exact machine model that predicts cycles", .whole = true, .open = model_open, .close = model_close,
    .reg_read = model_reg_read, .reg_write = model_reg_write, .read = model_read, .write = model_write, .run = model_run,
    .profile = model_profile, .timed = model_timed,
};
