// SPDX-License-Identifier: Apache-2.0
// The token loop: prompt in chunks, then a token at a time, appended to the text in memory. It needs no host until it ends.
#include <stddef.h>

#include "compiler/back/qn_abi.h"
#include "firmware/app/qn_fw.h"
#include "rtl/spec/qn_isa.h"

typedef struct loop {
    uint32_t arg[QN_MB_GEN_END + QN_MB_ENDS];
    uint32_t length, pos, made, steps;
    uint64_t clocks, work, since;            // of the core; of the CPU between its steps; since its last step
    uint64_t seed;
    bool loaded;
} loop;

#define ARG(x, name) ((x)->arg[QN_MB_GEN_##name])

// Of a job that is over. Neither done nor trapped: somebody reset the core
static unsigned core_status(void)
{
    uint32_t status = qn_hal_reg(QN_REG_STATUS);
    return status & QN_STATUS_TRAP ? QN_MB_STATUS_TRAP : status & QN_STATUS_DONE ? QN_MB_STATUS_OK : QN_MB_STATUS_TIMEOUT;
}

unsigned qn_fw_run(uint32_t entry, bool load, uint32_t limit, uint32_t *clocks)
{
    qn_hal_reg_set(QN_REG_ENTRY, entry);
    qn_hal_reg_set(QN_REG_CTRL, QN_CTRL_START | (load ? QN_CTRL_LOAD : 0));
    uint64_t start = qn_hal_clocks();
    while (qn_hal_reg(QN_REG_STATUS) & QN_STATUS_BUSY) {
        qn_fw_wait();
        if (qn_hal_clocks() - start <= limit)
            continue;
        qn_hal_reg_set(QN_REG_CTRL, QN_CTRL_RESET);
        return QN_MB_STATUS_TIMEOUT;
    }
    *clocks = qn_hal_reg(QN_REG_COUNT_CYCLES);
    return core_status();
}

static bool fits(uint32_t addr, uint32_t words)
{
    uint32_t all = qn_hal_own(QN_SOC_MEM_WORDS);
    return words <= all && addr <= all - words;
}

static bool sane(const loop *x)
{
    enum { ONE = 0x3f800000, INF = 0x7f800000, CHUNK_MOST = QN_ARGS - QN_ARG_TOKEN };
    return ARG(x, CONTEXT) && ARG(x, CONTEXT) < UINT32_MAX && ARG(x, LENGTH) <= ARG(x, CONTEXT) && ARG(x, POS) < ARG(x, LENGTH) &&
           ARG(x, CHUNK) && ARG(x, CHUNK) <= CHUNK_MOST && ARG(x, VOCAB) && ARG(x, TEMPERATURE) < INF && ARG(x, TOP_P) <= ONE &&
           ARG(x, TOP_K) <= QN_SAMPLE_MOST && ARG(x, ENDS) <= QN_MB_ENDS && fits(ARG(x, TEXT), ARG(x, CONTEXT) + 1) &&
           (!ARG(x, TEMPERATURE) || fits(ARG(x, LOGITS), ARG(x, VOCAB)));
}

// n tokens of the text from pos on; `logits`: of the last of them
static unsigned step(loop *x, uint32_t entry, uint32_t n, bool logits)
{
    qn_hal_reg_set(QN_REG_ARG + QN_ARG_POS, x->pos);
    qn_hal_reg_set(QN_REG_ARG + QN_ARG_COUNT, n);
    qn_hal_reg_set(QN_REG_ARG + QN_ARG_LOGITS, logits);
    qn_hal_reg_set(QN_REG_ARG + QN_ARG_KEEP, logits && ARG(x, TEMPERATURE));
    for (uint32_t i = 0; i < n; i++)
        qn_hal_reg_set(QN_REG_ARG + QN_ARG_TOKEN + i, qn_hal_mem(ARG(x, TEXT) + x->pos + i));
    uint32_t clocks = 0;
    x->work += qn_hal_clocks() - x->since;
    unsigned status = qn_fw_run(entry, !x->loaded, ARG(x, LIMIT), &clocks);
    x->since = qn_hal_clocks();
    if (status)
        return status;
    x->loaded = true;
    x->pos += n;
    x->clocks += clocks;
    qn_hal_reg_set(QN_MB_POS, x->pos);
    qn_hal_reg_set(QN_MB_STEPS, ++x->steps);
    qn_hal_reg_set(QN_MB_CLOCKS, (uint32_t)x->clocks);
    qn_hal_reg_set(QN_MB_CLOCKS + 1, (uint32_t)(x->clocks >> 32));
    qn_hal_reg_set(QN_MB_WORK, (uint32_t)x->work);
    qn_hal_reg_set(QN_MB_WORK + 1, (uint32_t)(x->work >> 32));
    return QN_MB_STATUS_OK;
}

static float from_bits(uint32_t u)
{
    union { uint32_t u; float f; } x = {u};
    return x.f;
}

static uint32_t next_token(loop *x)
{
    static qn_candidate c[QN_FW_PICKS];
    if (!ARG(x, TEMPERATURE))
        return qn_hal_reg(QN_REG_PICK);
    uint32_t most = ARG(x, TOP_K) ? ARG(x, TOP_K) : QN_SAMPLE_MOST, n = qn_fw_greatest(ARG(x, LOGITS), ARG(x, VOCAB), most, c);
    return qn_sample_draw(c, n, from_bits(ARG(x, TEMPERATURE)), from_bits(ARG(x, TOP_P)), &x->seed);
}

static bool ends(const loop *x, uint32_t token)
{
    for (uint32_t i = 0; i < ARG(x, ENDS); i++)
        if (x->arg[QN_MB_GEN_END + i] == token)
            return true;
    return false;
}

// Until it ends, with a QN_MB_FINISH or a status
static unsigned go_on(loop *x, unsigned *finish)
{
    unsigned status;
    while (x->pos < x->length) {
        uint32_t left = x->length - x->pos, n = left < ARG(x, CHUNK) ? left : ARG(x, CHUNK);
        if ((status = step(x, ARG(x, PREFILL), n, n == left)))
            return status;
        if (qn_fw_stopped())
            return *finish = QN_MB_FINISH_STOP, QN_MB_STATUS_OK;
    }
    for (;;) {
        if (x->made == ARG(x, MOST))
            return *finish = QN_MB_FINISH_LENGTH, QN_MB_STATUS_OK;
        uint32_t token = next_token(x);
        if (ends(x, token))
            return *finish = QN_MB_FINISH_END, QN_MB_STATUS_OK;
        qn_hal_mem_set(ARG(x, TEXT) + x->length++, token);
        qn_hal_reg_set(QN_MB_TOKENS, ++x->made);
        if (x->made == ARG(x, MOST))
            continue;
        if (x->pos == ARG(x, CONTEXT))
            return *finish = QN_MB_FINISH_CONTEXT, QN_MB_STATUS_OK;
        if (qn_fw_stopped())
            return *finish = QN_MB_FINISH_STOP, QN_MB_STATUS_OK;
        if ((status = step(x, ARG(x, DECODE), 1, true)))
            return status;
    }
}

unsigned qn_fw_generate(void)
{
    loop x = {.length = 0};
    for (size_t i = 0; i < sizeof x.arg / sizeof *x.arg; i++)
        x.arg[i] = qn_hal_reg(QN_MB_ARG + (unsigned)i);
    if (!sane(&x))
        return QN_MB_STATUS_ARGUMENT;
    x.length = ARG(&x, LENGTH);
    x.pos = ARG(&x, POS);
    x.seed = x.arg[QN_MB_GEN_SEED] | (uint64_t)x.arg[QN_MB_GEN_SEED + 1] << 32;
    x.since = qn_hal_clocks();
    unsigned finish = QN_MB_FINISH_FAULT, status = go_on(&x, &finish);
    qn_hal_reg_set(QN_MB_FINISH, finish);
    return status;
}
