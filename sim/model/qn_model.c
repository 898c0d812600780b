// SPDX-License-Identifier: Apache-2.0
#include "sim/model/qn_model.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "driver/qn_err.h"

struct qn_model {
    const qn_target *t;
    uint32_t *mem;
    qn_exec *exec;
    qn_time *time;
    bool timed, busy, done, load;
    uint32_t trap, trap_pc, trap_addr, entry, prog_addr, prog_words;
    uint64_t count[QN_TIME_COUNTS];
};

int qn_model_open(qn_model **out, const char *target)
{
    assert(out && target);
    *out = NULL;
    const qn_target *t = qn_target_find(target);
    if (!t)
        return QN_ERR_NO_TARGET;
    qn_model *m = calloc(1, sizeof *m);
    if (!m)
        return QN_ERR_NOMEM;
    m->t = t;
    m->timed = true;
    void *mem = mmap(NULL, t->mem_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (mem == MAP_FAILED)
        goto free_model;
    m->mem = mem;
    if (qn_exec_new(&m->exec, t, m->mem, t->mem_bytes / 4) < 0)
        goto unmap;
    if (qn_time_new(&m->time, t) < 0)
        goto free_exec;
    *out = m;
    return 0;

free_exec:
    qn_exec_free(m->exec);
unmap:
    munmap(m->mem, t->mem_bytes);
free_model:
    free(m);
    return QN_ERR_NOMEM;
}

void qn_model_close(qn_model *m)
{
    if (!m)
        return;
    qn_time_free(m->time);
    qn_exec_free(m->exec);
    munmap(m->mem, m->t->mem_bytes);
    free(m);
}

const qn_target *qn_model_target(const qn_model *m)
{
    return m->t;
}

uint8_t *qn_model_memory(qn_model *m)
{
    return (uint8_t *)m->mem;
}

qn_exec *qn_model_exec(qn_model *m)
{
    return m->exec;
}

qn_time *qn_model_time(qn_model *m)
{
    return m->time;
}

void qn_model_timed(qn_model *m, bool on)
{
    m->timed = on;
}

static uint32_t status(const qn_model *m)
{
    return (m->busy ? QN_STATUS_BUSY : 0u) | (m->done ? QN_STATUS_DONE : 0u) | (m->trap ? QN_STATUS_TRAP : 0u) |
           (m->exec->nonfinite ? QN_STATUS_NONFINITE : 0u);
}

uint32_t qn_model_read(qn_model *m, unsigned reg)
{
    const qn_exec *x = m->exec;
    if (reg >= QN_REG_ARG && reg < QN_REG_ARG + QN_ARGS)
        return x->arg[reg - QN_REG_ARG];
    if (reg >= QN_REG_COUNT_CYCLES && reg < QN_REG_COUNT_CYCLES + QN_TIME_COUNTS)
        return (uint32_t)m->count[reg - QN_REG_COUNT_CYCLES];
    switch (reg / 8 * 8) {
    case QN_REG_WIN_BASE: return x->win_base[reg % 8];
    case QN_REG_WIN_SIZE: return x->win_size[reg % 8];
    case QN_REG_WIN_FLAGS: return x->win_flags[reg % 8];
    default: break;
    }
    switch (reg) {
    case QN_REG_ID: return QN_ID_VALUE;
    case QN_REG_STATUS: return status(m);
    case QN_REG_TRAP: return m->trap;
    case QN_REG_TRAP_PC: return m->trap_pc;
    case QN_REG_TRAP_ADDR: return m->trap_addr;
    case QN_REG_ENTRY: return m->entry;
    case QN_REG_PROG_ADDR: return m->prog_addr;
    case QN_REG_PROG_WORDS: return m->prog_words;
    case QN_REG_PICK: return x->pick;
    case QN_REG_PICK_VALUE: return x->pick_value;
    case QN_REG_DIGEST_A: return x->digest_a;
    case QN_REG_DIGEST_B: return x->digest_b;
    default: return 0;
    }
}

static void control(qn_model *m, uint32_t value)
{
    if (value & QN_CTRL_RESET) {
        m->busy = m->done = m->exec->nonfinite = false;
        m->trap = m->trap_pc = m->trap_addr = 0;
    } else if ((value & QN_CTRL_START) && !m->busy && !m->trap) {
        m->busy = true;
        m->done = m->exec->nonfinite = false;
        m->load = value & QN_CTRL_LOAD;
    }
}

void qn_model_write(qn_model *m, unsigned reg, uint32_t value)
{
    qn_exec *x = m->exec;
    if (reg >= QN_REG_ARG && reg < QN_REG_ARG + QN_ARGS) {
        x->arg[reg - QN_REG_ARG] = value;
        return;
    }
    switch (reg / 8 * 8) {
    case QN_REG_WIN_BASE: x->win_base[reg % 8] = value & 0x3fffffff; return;
    case QN_REG_WIN_SIZE: x->win_size[reg % 8] = value; return;
    case QN_REG_WIN_FLAGS: x->win_flags[reg % 8] = value & 1; return;
    default: break;
    }
    switch (reg) {
    case QN_REG_CTRL: control(m, value); break;
    case QN_REG_ENTRY: m->entry = value; break;
    case QN_REG_PROG_ADDR: m->prog_addr = value & 0x3fffffff; break;
    case QN_REG_PROG_WORDS: m->prog_words = value; break;
    case QN_REG_DIGEST_A: x->digest_a = value; break;
    case QN_REG_DIGEST_B: x->digest_b = value; break;
    default: break;
    }
}

int qn_model_run(qn_model *m, uint64_t cycles)
{
    qn_exec *x = m->exec;
    if (!m->busy)
        return 0;
    memset(m->count, 0, sizeof m->count);
    bool fits = m->prog_words <= m->t->prog_words && m->prog_addr % m->t->planes == 0;
    uint64_t mem_words = m->t->mem_bytes / 4;
    if (m->load && fits) {
        if (m->prog_addr > mem_words || m->prog_words > mem_words - m->prog_addr)
            return QN_ERR_RANGE;
        memcpy(x->prog, m->mem + m->prog_addr, (size_t)m->prog_words * 4);
    }
    x->prog_words = fits ? m->prog_words : 0;            // a program that does not fit traps at its first instruction
    int err = qn_exec_run(x, m->entry, cycles / 8 + 1);
    // A product that reads a stream as another format leaves words behind, and how many then fit is a matter of time. No verified program does
    const bool time_tells = err == QN_ERR_TIMEOUT && x->stuck && m->timed;
    if (err < 0 && err != QN_ERR_TRAP && !time_tells)
        return err;
    m->trap = x->trap;
    m->trap_pc = x->trap_pc;
    m->trap_addr = x->trap_addr;
    for (int k = 0; k < QN_KINDS; k++) {
        m->count[QN_TIME_READ + k] = x->words_read[k];
        m->count[QN_TIME_WRITE + k] = x->words_written[k];
    }
    if (m->timed) {
        const qn_time_job job = {
            .prog = x->prog, .prog_words = x->prog_words, .prog_addr = m->prog_addr, .entry = m->entry, .load = m->load && fits,
            .args = x->arg, .win_base = x->win_base, .win_size = x->win_size, .win_flags = x->win_flags, .limit = cycles,
        };
        int late = qn_time_run(m->time, &job);
        if (late < 0 && late != QN_ERR_TRAP)
            return late;
        memcpy(m->count, m->time->count, sizeof m->count);
        if (m->time->trap) {                             // which of several traps comes first is a matter of time
            m->trap = m->time->trap;
            m->trap_pc = m->time->trap_pc;
            m->trap_addr = m->time->trap_addr;
        }
    }
    m->trap_pc &= 0xfff;
    m->busy = false;
    m->done = !m->trap;
    return 0;
}
