// SPDX-License-Identifier: Apache-2.0
// The machine model as a device: bits by sim/model/qn_exec, cycles and counters by sim/model/qn_time, from the same program.
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "driver/qn_dev.h"
#include "sim/model/qn_exec.h"
#include "sim/model/qn_time.h"

typedef struct model {
    const qn_target *t;
    uint32_t *mem;
    qn_exec *exec;
    qn_time *time;
    uint32_t reg[QN_REG_WORDS];      // what was written to them
    uint32_t ctrl;                   // a start that `run` has still to carry out; 0: none
    uint32_t status;
    bool timed;
    uint64_t *profile, last_end;     // by instruction
    size_t n_insn;
} model;

static void charge(void *ctx, const qn_entry *e, uint64_t from, uint64_t to)
{
    model *m = ctx;
    (void)from;
    if (e->unit == QN_UNIT_LOAD)
        return;
    m->profile[e->pc] += to - m->last_end;
    m->last_end = to;
}

static void model_close(void *ctx)
{
    model *m = ctx;
    qn_exec_free(m->exec);
    qn_time_free(m->time);
    if (m->mem)
        munmap(m->mem, m->t->mem_bytes);
    free(m->profile);
    free(m);
}

static int model_open(void **ctx, const qn_target *t, qn_why *why)
{
    model *m = calloc(1, sizeof *m);
    int err = QN_ERR_NOMEM;
    if (!m)
        return qn_fail(why, err, "model:%s", t->name);
    m->t = t;
    m->timed = true;
    m->n_insn = t->prog_words / QN_INSN_WORDS;
    m->profile = calloc(m->n_insn, sizeof *m->profile);
    // Pages that nobody touches cost nothing
    void *mem = mmap(NULL, t->mem_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    m->mem = mem == MAP_FAILED ? NULL : mem;
    if (!m->profile || !m->mem || (err = qn_exec_new(&m->exec, t, m->mem, t->mem_bytes / 4)) < 0 || (err = qn_time_new(&m->time, t)) < 0) {
        model_close(m);
        return qn_fail(why, err, "model:%s", t->name);
    }
    m->time->span = charge;
    m->time->span_ctx = m;
    *ctx = m;
    return 0;
}

static int model_reg_read(void *ctx, unsigned reg, uint32_t *value)
{
    const model *m = ctx;
    const qn_exec *x = m->exec;
    switch (reg) {
    case QN_REG_ID: *value = QN_ID_VALUE; break;
    case QN_REG_CTRL: *value = 0; break;
    case QN_REG_STATUS: *value = m->ctrl ? QN_STATUS_BUSY : m->status; break;
    case QN_REG_TRAP: *value = x->trap; break;
    case QN_REG_TRAP_PC: *value = x->trap_pc; break;
    case QN_REG_TRAP_ADDR: *value = x->trap_addr; break;
    case QN_REG_PICK: *value = x->pick; break;
    case QN_REG_PICK_VALUE: *value = x->pick_value; break;
    case QN_REG_DIGEST_A: *value = x->digest_a; break;
    case QN_REG_DIGEST_B: *value = x->digest_b; break;
    default:
        if (reg >= QN_REG_COUNT_CYCLES && reg < QN_REG_COUNT_CYCLES + QN_TIME_COUNTS)
            *value = m->timed ? (uint32_t)m->time->count[reg - QN_REG_COUNT_CYCLES] : 0;
        else
            *value = m->reg[reg];
    }
    return 0;
}

static int model_reg_write(void *ctx, unsigned reg, uint32_t value)
{
    model *m = ctx;
    m->reg[reg] = value;
    if (reg == QN_REG_CTRL && value & QN_CTRL_START)
        m->ctrl = value;
    else if (reg == QN_REG_CTRL && value & QN_CTRL_RESET)
        m->status = 0;
    else if (reg == QN_REG_DIGEST_A)
        m->exec->digest_a = value;
    else if (reg == QN_REG_DIGEST_B)
        m->exec->digest_b = value;
    return 0;
}

static int model_read(void *ctx, uint64_t addr, void *dst, size_t n)
{
    memcpy(dst, (const char *)((model *)ctx)->mem + addr, n);
    return 0;
}

static int model_write(void *ctx, uint64_t addr, const void *src, size_t n)
{
    memcpy((char *)((model *)ctx)->mem + addr, src, n);
    return 0;
}

// Program memory as the core fills it
static int load(model *m)
{
    uint64_t at = m->reg[QN_REG_PROG_ADDR], n = m->reg[QN_REG_PROG_WORDS];
    if (n > m->t->prog_words || at + n > m->t->mem_bytes / 4)
        return QN_ERR_RANGE;
    memcpy(m->exec->prog, m->mem + at, 4 * n);
    m->exec->prog_words = (uint32_t)n;
    return 0;
}

// All at once, however many clocks are allowed: a run of the model cannot be continued, and is soon over.
static int model_run(void *ctx, uint64_t cycles)
{
    model *m = ctx;
    qn_exec *x = m->exec;
    uint32_t ctrl = m->ctrl;
    (void)cycles;
    if (!ctrl)
        return 0;
    int err = ctrl & QN_CTRL_LOAD ? load(m) : 0;
    if (err < 0)
        return err;
    m->ctrl = 0;
    memcpy(x->win_base, m->reg + QN_REG_WIN_BASE, sizeof x->win_base);
    memcpy(x->win_size, m->reg + QN_REG_WIN_SIZE, sizeof x->win_size);
    memcpy(x->win_flags, m->reg + QN_REG_WIN_FLAGS, sizeof x->win_flags);
    memcpy(x->arg, m->reg + QN_REG_ARG, sizeof x->arg);
    memset(m->profile, 0, m->n_insn * sizeof *m->profile);
    m->last_end = 0;
    x->nonfinite = false;
    err = qn_exec_run(x, m->reg[QN_REG_ENTRY], UINT64_MAX);
    m->status = (err == QN_ERR_TRAP ? QN_STATUS_TRAP : QN_STATUS_DONE) | (x->nonfinite ? QN_STATUS_NONFINITE : 0);
    if (err < 0 || !m->timed)
        return err == QN_ERR_TRAP ? 0 : err;
    qn_time_job job = {.prog = x->prog, .prog_words = x->prog_words, .prog_addr = m->reg[QN_REG_PROG_ADDR], .entry = m->reg[QN_REG_ENTRY],
                       .load = ctrl & QN_CTRL_LOAD, .args = x->arg, .win_base = x->win_base, .win_size = x->win_size,
                       .win_flags = x->win_flags, .limit = UINT64_MAX};
    err = qn_time_run(m->time, &job);
    return err == QN_ERR_TRAP ? 0 : err;
}

static const uint64_t *model_profile(void *ctx, size_t *n)
{
    model *m = ctx;
    *n = m->n_insn;
    return m->timed ? m->profile : NULL;
}

static void model_timed(void *ctx, bool on)
{
    ((model *)ctx)->timed = on;
}

const qn_port qn_port_model = {
    .name = "model", .text = "bit-exact machine model that predicts cycles", .open = model_open, .close = model_close,
    .reg_read = model_reg_read, .reg_write = model_reg_write, .read = model_read, .write = model_write, .run = model_run,
    .profile = model_profile, .timed = model_timed,
};
