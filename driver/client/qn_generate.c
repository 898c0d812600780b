// SPDX-License-Identifier: Apache-2.0
#include "driver/client/qn_generate.h"

#include <assert.h>
#include <string.h>

#include "compiler/back/qn_abi.h"
#include "driver/link/qn_crc32c.h"
#include "driver/qn_le.h"

static uint32_t bits(float x)
{
    uint32_t u;
    memcpy(&u, &x, sizeof u);
    return u;
}

static int reg_write(qn_client *c, unsigned reg, const uint32_t *values, unsigned n)
{
    qn_link_op op[QN_MB_ARG_COUNT];
    assert(n <= QN_MB_ARG_COUNT);
    for (unsigned i = 0; i < n; i++)
        op[i] = (qn_link_op){.type = QN_LINK_REG_WRITE, .addr = reg + i, .value = values[i]};
    return qn_client_do(c, op, n);
}

static int memory(qn_client *c, uint8_t type, uint32_t addr, void *words, uint32_t n)
{
    qn_link_op op = {.type = type, .addr = addr, .words = n, .data = words};
    return qn_client_do(c, &op, 1);
}

// The first word behind the windows, or 0: no room for the text
static uint32_t text_at(qn_client *c, const qn_prog *p)
{
    uint64_t at = 0, room = p->context + 1ull;
    for (unsigned w = 0; w < QN_WINDOWS; w++) {
        qn_prog_window v = qn_prog_window_of(p, w);
        uint64_t end = (uint64_t)v.base + v.size;
        at = end > at ? end : at;
    }
    return at + room <= qn_client_target(c)->mem_bytes / 4 ? (uint32_t)at : 0;
}

int qn_generate_load(qn_client *c, const qn_prog *p)
{
    uint32_t win[3 * QN_WINDOWS], result[QN_MB_RESULT_COUNT];
    qn_prog_window image = qn_prog_window_of(p, QN_WIN_IMAGE), kv = qn_prog_window_of(p, QN_WIN_KV);
    uint32_t prog[2] = {image.base + p->lay.code_addr, p->code_words};
    uint32_t sum[2] = {image.base, p->lay.image_words}, fill[3] = {kv.base, kv.size, 0};
    for (unsigned w = 0; w < QN_WINDOWS; w++) {
        qn_prog_window v = qn_prog_window_of(p, w);
        win[w] = v.base;
        win[QN_WINDOWS + w] = v.size;
        win[2 * QN_WINDOWS + w] = v.writable;
    }
    if (!text_at(c, p))
        return QN_ERR_TOO_LARGE;
    int err = qn_client_command(c, QN_MB_COMMAND_SUM, sum, 2, result, p->lay.image_words);
    if (!err && result[0] != qn_crc32c(0, p->image, 4ull * p->lay.image_words))
        err = memory(c, QN_LINK_WRITE, image.base, p->image, p->lay.image_words);
    if (!err)
        err = qn_client_command(c, QN_MB_COMMAND_FILL, fill, 3, NULL, kv.size);
    if (!err)
        err = reg_write(c, QN_REG_WIN_BASE, win, 3 * QN_WINDOWS);
    return err < 0 ? err : reg_write(c, QN_REG_PROG_ADDR, prog, 2);
}

static bool answered(qn_client *c, uint32_t bell)
{
    qn_link_op op = {.type = QN_LINK_REG_READ, .addr = QN_MB_ANSWERED};
    return qn_client_do(c, &op, 1) == 0 && op.value == bell;
}

int qn_generate_begin(qn_client *c, qn_generate *g, const uint32_t *tokens, uint32_t n)
{
    const qn_prog *p = g->prog;
    uint32_t arg[QN_MB_GEN_END + QN_MB_ENDS] = {0};
    if (!n || n > p->context || g->n_ends > QN_MB_ENDS)
        return QN_ERR_RANGE;
    g->text = text_at(c, p);
    g->length = n;
    g->seen = 0;
    g->done = false;
    g->bell = (g->bell + 0x100) | 0x80000000u;
    g->bell = (g->bell & ~0xffu) | QN_MB_COMMAND_GENERATE;
    arg[QN_MB_GEN_TEXT] = g->text;
    arg[QN_MB_GEN_LENGTH] = n;
    arg[QN_MB_GEN_MOST] = g->most;
    arg[QN_MB_GEN_CONTEXT] = p->context;
    arg[QN_MB_GEN_CHUNK] = p->chunk;
    arg[QN_MB_GEN_VOCAB] = p->dims.vocab;
    arg[QN_MB_GEN_PREFILL] = p->entry[QN_ENTRY_PREFILL];
    arg[QN_MB_GEN_DECODE] = p->entry[QN_ENTRY_DECODE];
    arg[QN_MB_GEN_LOGITS] = qn_prog_window_of(p, QN_WIN_IO).base;
    // As qn_session has it: far above what any step takes
    uint64_t limit = 100000000u + 64ull * (p->lay.image_words + (uint64_t)p->lay.kv_words);
    arg[QN_MB_GEN_LIMIT] = limit < UINT32_MAX ? (uint32_t)limit : UINT32_MAX;
    arg[QN_MB_GEN_TEMPERATURE] = bits(g->temperature);
    arg[QN_MB_GEN_TOP_K] = g->top_k;
    arg[QN_MB_GEN_TOP_P] = bits(g->top_p);
    arg[QN_MB_GEN_SEED] = (uint32_t)g->seed;
    arg[QN_MB_GEN_SEED + 1] = (uint32_t)(g->seed >> 32);
    arg[QN_MB_GEN_ENDS] = g->n_ends;
    memcpy(arg + QN_MB_GEN_END, g->ends, g->n_ends * sizeof *g->ends);
    int err = memory(c, QN_LINK_WRITE, g->text, (void *)(uintptr_t)tokens, n);
    if (!err)
        err = reg_write(c, QN_MB_ARG, arg, QN_MB_GEN_END + QN_MB_ENDS);
    qn_link_op ring = {.type = QN_LINK_BELL, .addr = QN_MB_BELL_COMMAND, .value = g->bell}, op = {.type = QN_LINK_REG_READ, .addr = QN_MB_STATE};
    if (!err)
        err = qn_client_do(c, &ring, 1);
    // TOKENS is the last run's until the firmware has begun with this one
    do
        err = err < 0 ? err : qn_client_do(c, &op, 1);
    while (!err && op.value != QN_MB_STATE_BUSY && !answered(c, g->bell));
    return err;
}

static int status_err(uint32_t status)
{
    switch (status) {
#define QN_MB_CONST(name, value, text)
#define QN_MB_REG(name, reg, count, writer, text)
#define QN_MB_BELL(name, number, text)
#define QN_MB_STATE(name, code, text)
#define QN_MB_COMMAND(name, code, text)
#define QN_MB_GEN(name, argument, text)
#define QN_MB_STATUS(name, code, error, text) case code: return QN_##error;
#define QN_MB_FINISH(name, code, text)
#define QN_MB_REGION(name, base, words, flags, text)
#include "rtl/spec/mailbox.def"
    default: return QN_ERR_LINK;
    }
}

// ANSWERED is read first and the rest after it, so an answer that is seen is whole
int qn_generate_look(qn_client *c, qn_generate *g, uint32_t *tokens, uint32_t room, uint32_t *n)
{
    static const unsigned regs[] = {QN_MB_ANSWERED, QN_MB_STATUS, QN_MB_FINISH, QN_MB_TOKENS, QN_MB_CLOCKS, QN_MB_CLOCKS + 1, QN_MB_WORK, QN_MB_WORK + 1};
    enum { REGS = sizeof regs / sizeof *regs };
    qn_link_op op[REGS];
    for (unsigned i = 0; i < REGS; i++)
        op[i] = (qn_link_op){.type = QN_LINK_REG_READ, .addr = regs[i]};
    *n = 0;
    int err = qn_client_do(c, op, REGS);
    if (err < 0)
        return err;
    bool ended = op[0].value == g->bell;
    uint32_t there = op[3].value;
    if (there > g->most || there < g->seen)
        return QN_ERR_LINK;
    *n = there - g->seen < room ? there - g->seen : room;
    if (*n)
        err = memory(c, QN_LINK_READ, g->text + g->length + g->seen, tokens, *n);
    if (err < 0)
        return err;
    g->seen += *n;
    g->done = ended && g->seen == there;
    if (!g->done)
        return 0;
    g->finish = op[2].value;
    g->clocks = op[4].value | (uint64_t)op[5].value << 32;
    g->work = op[6].value | (uint64_t)op[7].value << 32;
    return status_err(op[1].value);
}

int qn_generate_stop(qn_client *c)
{
    qn_link_op ring = {.type = QN_LINK_BELL, .addr = QN_MB_BELL_STOP};
    return qn_client_do(c, &ring, 1);
}
