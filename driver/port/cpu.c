// SPDX-License-Identifier: Apache-2.0
// The host's processor as a device: it follows the attached program's graph (cpu/qn_cpu.h) and answers as the core would. It has no
// cycles, and of its memory only what a host reads back: the KV cache and the logits.
#include <stdlib.h>
#include <string.h>

#include "compiler/back/qn_abi.h"
#include "cpu/qn_cpu.h"
#include "driver/qn_dev.h"

typedef struct cpu {
    const qn_prog *prog;
    qn_cpu *c;
    float *logits;
    uint32_t reg[QN_REG_WORDS];
    uint32_t pick;
    bool start;
} cpu;

static int cpu_open(void **ctx, const qn_target *t, qn_why *why)
{
    (void)t;
    *ctx = calloc(1, sizeof(cpu));
    return *ctx ? 0 : qn_fail(why, QN_ERR_NOMEM, "cpu");
}

static void cpu_close(void *ctx)
{
    cpu *d = ctx;
    qn_cpu_close(d->c);
    free(d->logits);
    free(d);
}

static int cpu_attach(void *ctx, const qn_prog *prog, qn_why *why)
{
    cpu *d = ctx;
    qn_cpu_close(d->c);
    free(d->logits);
    d->c = NULL;
    d->prog = prog;
    d->logits = calloc(prog->lay.io_words, sizeof *d->logits);
    if (!d->logits)
        return qn_fail(why, QN_ERR_NOMEM, "cpu");
    return qn_cpu_open(&d->c, prog, why);
}

static int cpu_reg_read(void *ctx, unsigned reg, uint32_t *value)
{
    const cpu *d = ctx;
    uint32_t a = 0, b = 0;
    if (d->c)
        qn_cpu_digest(d->c, &a, &b);
    switch (reg) {
    case QN_REG_ID: *value = QN_ID_VALUE; break;
    case QN_REG_STATUS: *value = QN_STATUS_DONE | (d->c && qn_cpu_nonfinite(d->c) ? QN_STATUS_NONFINITE : 0); break;
    case QN_REG_PICK: *value = d->pick; break;
    case QN_REG_DIGEST_A: *value = a; break;
    case QN_REG_DIGEST_B: *value = b; break;
    default: *value = reg >= QN_REG_WIN_BASE && (reg < QN_REG_COUNT_CYCLES || reg >= QN_REG_ARG) ? d->reg[reg] : 0;
    }
    return 0;
}

static int cpu_reg_write(void *ctx, unsigned reg, uint32_t value)
{
    cpu *d = ctx;
    d->reg[reg] = value;
    if (reg == QN_REG_CTRL && value & QN_CTRL_START)
        d->start = true;
    return 0;
}

// The word of a window that byte `addr` names, if all n bytes lie in it.
static bool inside(const cpu *d, unsigned window, uint64_t addr, size_t n, size_t *byte)
{
    qn_prog_window w = qn_prog_window_of(d->prog, window);
    uint64_t base = 4ull * w.base, size = 4ull * w.size;
    if (addr < base || addr - base > size || n > size - (addr - base))
        return false;
    *byte = (size_t)(addr - base);
    return true;
}

static int cpu_read(void *ctx, uint64_t addr, void *dst, size_t n)
{
    const cpu *d = ctx;
    size_t at;
    if (!d->c)
        return QN_ERR_USAGE;
    if (inside(d, QN_WIN_KV, addr, n, &at))
        memcpy(dst, (const char *)qn_cpu_kv(d->c) + at, n);
    else if (inside(d, QN_WIN_IO, addr, n, &at))
        memcpy(dst, (const char *)d->logits + at, n);
    else
        return QN_ERR_UNSUPPORTED;
    return 0;
}

// The image comes with the program. The cache can only be cleared as a whole.
static int cpu_write(void *ctx, uint64_t addr, const void *src, size_t n)
{
    cpu *d = ctx;
    size_t at;
    if (!d->c)
        return QN_ERR_USAGE;
    if (inside(d, QN_WIN_IMAGE, addr, n, &at))
        return 0;
    const unsigned char *bytes = src;
    for (size_t i = 0; i < n; i++)
        if (bytes[i])
            return QN_ERR_UNSUPPORTED;
    if (inside(d, QN_WIN_KV, addr, n, &at) && at == 0)
        qn_cpu_reset(d->c);
    return 0;
}

static int cpu_run(void *ctx, uint64_t cycles)
{
    cpu *d = ctx;
    const uint32_t *arg = d->reg + QN_REG_ARG;
    (void)cycles;
    if (!d->start)
        return 0;
    d->start = false;
    if (!d->c || arg[QN_ARG_COUNT] > QN_ARGS - QN_ARG_TOKEN)
        return QN_ERR_USAGE;
    bool logits = arg[QN_ARG_LOGITS] != 0;
    return qn_cpu_step(d->c, arg + QN_ARG_TOKEN, arg[QN_ARG_COUNT], arg[QN_ARG_POS], logits, &d->pick,
                       logits && arg[QN_ARG_KEEP] ? d->logits : NULL, NULL);
}

const qn_port qn_port_cpu = {
    .name = "cpu", .text = "this machine's processor, by the model's graph; no cycles", .whole = true, .open = cpu_open, .close = cpu_close,
    .reg_read = cpu_reg_read, .reg_write = cpu_reg_write, .read = cpu_read, .write = cpu_write, .run = cpu_run, .attach = cpu_attach,
};
