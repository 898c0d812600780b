// SPDX-License-Identifier: Apache-2.0
// same_bits.h: runs a program on the cpu executor and on the model executor, step by step, and compares all they leave behind.
#ifndef SAME_BITS_H
#define SAME_BITS_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compiler/back/qn_abi.h"
#include "compiler/back/qn_compile.h"
#include "cpu/qn_cpu.h"
#include "sim/model/qn_exec.h"

typedef struct same_bits {
    const qn_prog *p;
    qn_cpu *cpu;
    qn_exec *model;
    uint32_t *mem;
    float *logits;
    uint32_t pick;
    char why[200];               // what differs, or failed; empty: nothing
} same_bits;

static inline bool same_fail(same_bits *s, const char *what, uint32_t pos, uint32_t at, uint32_t cpu, uint32_t model)
{
    snprintf(s->why, sizeof s->why, "kv %u, act %u, after %u positions: %s %u is %08x on cpu, %08x on model", s->p->kv_bits, s->p->act_bits,
             pos, what, at, cpu, model);
    return false;
}

static inline bool same_open(same_bits *s, const qn_prog *p)
{
    qn_why why = {""};
    qn_prog_window io = qn_prog_window_of(p, QN_WIN_IO);
    uint64_t words = (uint64_t)io.base + io.size;
    memset(s, 0, sizeof *s);
    s->p = p;
    s->mem = calloc(words, sizeof *s->mem);
    s->logits = calloc(p->dims.vocab, sizeof *s->logits);
    if (!s->mem || !s->logits || qn_cpu_open(&s->cpu, p, &why) < 0 || qn_exec_new(&s->model, qn_target_find(p->target), s->mem, words) < 0) {
        snprintf(s->why, sizeof s->why, "%.180s", why.text);
        return false;
    }
    memcpy(s->mem, p->image, p->lay.image_words * sizeof *s->mem);
    for (unsigned w = QN_WIN_IMAGE; w <= QN_WIN_IO; w++) {
        qn_prog_window v = qn_prog_window_of(p, w);
        s->model->win_base[w] = v.base;
        s->model->win_size[w] = v.size;
        s->model->win_flags[w] = v.writable;
    }
    memcpy(s->model->prog, p->image + p->lay.code_addr, p->code_words * sizeof *p->image);
    s->model->prog_words = p->code_words;
    return true;
}

static inline void same_close(same_bits *s)
{
    qn_cpu_close(s->cpu);
    qn_exec_free(s->model);
    free(s->mem);
    free(s->logits);
}

// Tokens at pos.. through the prefill entry in chunks, or one token through the decode entry.
static inline bool same_model(same_bits *s, const uint32_t *tokens, uint32_t n, uint32_t pos, bool decode)
{
    uint32_t chunk = decode ? 1 : s->p->chunk;
    for (uint32_t k = 0; k < n; k += chunk) {
        uint32_t m = n - k < chunk ? n - k : chunk;
        s->model->arg[QN_ARG_POS] = pos + k;
        s->model->arg[QN_ARG_COUNT] = m;
        s->model->arg[QN_ARG_LOGITS] = s->model->arg[QN_ARG_KEEP] = k + m == n;
        memcpy(&s->model->arg[QN_ARG_TOKEN], tokens + k, m * sizeof *tokens);
        int err = qn_exec_run(s->model, s->p->entry[decode ? QN_ENTRY_DECODE : QN_ENTRY_PREFILL], UINT64_MAX);
        if (err < 0) {
            snprintf(s->why, sizeof s->why, "at position %u: %s, trap %u at %u, stuck %d", pos + k, qn_err_text(err), s->model->trap,
                     s->model->trap_pc, s->model->stuck);
            return false;
        }
    }
    return true;
}

static inline bool same_step(same_bits *s, const uint32_t *tokens, uint32_t n, uint32_t pos, bool decode)
{
    const qn_prog *p = s->p;
    qn_why why = {""};
    if (!same_model(s, tokens, n, pos, decode))
        return false;
    if (qn_cpu_step(s->cpu, tokens, n, pos, true, &s->pick, s->logits, &why) < 0) {
        snprintf(s->why, sizeof s->why, "cpu: %.180s", why.text);
        return false;
    }
    uint32_t a, b, kv_base = qn_prog_window_of(p, QN_WIN_KV).base, io_base = qn_prog_window_of(p, QN_WIN_IO).base;
    const uint32_t *kv = qn_cpu_kv(s->cpu);
    for (uint32_t i = 0; i < p->lay.kv_words; i++)
        if (kv[i] != s->mem[kv_base + i])
            return same_fail(s, "word of KV cache", pos + n, i, kv[i], s->mem[kv_base + i]);
    for (uint32_t i = 0; i < p->dims.vocab; i++) {
        uint32_t bits;
        memcpy(&bits, s->logits + i, sizeof bits);
        if (bits != s->mem[io_base + i])
            return same_fail(s, "logit", pos + n, i, bits, s->mem[io_base + i]);
    }
    qn_cpu_digest(s->cpu, &a, &b);
    if (a != s->model->digest_a || b != s->model->digest_b)
        return same_fail(s, "digest", pos + n, 0, b, s->model->digest_b);
    if (s->pick != s->model->pick)
        return same_fail(s, "pick", pos + n, 0, s->pick, s->model->pick);
    if (s->model->nonfinite || qn_cpu_nonfinite(s->cpu))
        return same_fail(s, "nonfinite", pos + n, 0, qn_cpu_nonfinite(s->cpu), s->model->nonfinite);
    return true;
}

// A prompt, then up to `end` positions: mostly greedy tokens one at a time, now and then several, odd ones.
static inline bool same_run(same_bits *s, uint32_t prompt, uint32_t end)
{
    uint32_t tokens[64], vocab = s->p->dims.vocab;
    for (uint32_t pos = 0, n = prompt; pos + n <= end;) {
        for (uint32_t i = pos ? 1 : 0; i < n; i++)
            tokens[i] = ((pos + i) * 2654435761u >> 9) % vocab;
        if (!same_step(s, tokens, n, pos, n == 1))
            return false;
        pos += n;
        tokens[0] = s->pick;
        n = pos % 11 == 7 ? 2 + pos % 30 : 1;
    }
    return true;
}

#endif
