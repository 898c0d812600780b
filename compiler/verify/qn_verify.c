// SPDX-License-Identifier: Apache-2.0
#include "compiler/verify/qn_verify.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compiler/verify/qn_verify_in.h"

enum { ENDS = 34 };                              // positions at both ends that are never thinned out

static qn_insn insn_at(const qn_prog *p, uint32_t at)
{
    qn_insn x;
    memcpy(&x, p->image + p->lay.code_addr + (size_t)at * QN_INSN_WORDS, sizeof x);
    return x;
}

static const char *operator_at(const qn_prog *p, uint32_t at)
{
    const char *name = "?";
    for (uint32_t i = 0; i < p->n_mark && p->mark[i].at <= at; i++)
        name = p->mark[i].name;
    return name;
}

static int refuse(const qn_prog *p, uint32_t at, const char *what, const char *step, qn_verify_report *r, qn_why *why)
{
    qn_insn x = insn_at(p, at);
    char text[200];
    qn_insn_text(&x, text, sizeof text);
    r->fault_at = at;
    return qn_fail(why, QN_ERR_VERIFY, "instruction %u (%.16s) %s%s: %s", at, operator_at(p, at), what, step, text);
}

// ---- what does not depend on a step
static int sizes(const qn_prog *p, const qn_target *t, qn_why *why)
{
    uint64_t memory = t->mem_bytes / 4;
    if (!p->image || p->lay.code_addr > p->lay.image_words || p->code_words > p->lay.image_words - p->lay.code_addr)
        return qn_fail(why, QN_ERR_VERIFY, "the code lies outside the image");
    if (((uint64_t)qn_prog_window_of(p, QN_WIN_IMAGE).base + p->lay.code_addr) % t->planes)
        return qn_fail(why, QN_ERR_VERIFY, "the code begins at word %u: no line of %u words of %s begins there", p->lay.code_addr, t->planes, t->name);
    if (p->code_words > t->prog_words || p->n_code == 0 || p->n_code > p->code_words / QN_INSN_WORDS)
        return qn_fail(why, QN_ERR_VERIFY, "%u instructions and %u words of code, %s has room for %u words", p->n_code, p->code_words, t->name,
                       t->prog_words);
    for (unsigned w = 0; w < QN_WINDOWS; w++) {
        qn_prog_window a = qn_prog_window_of(p, w);
        if (a.base > memory || a.size > memory - a.base)
            return qn_fail(why, QN_ERR_VERIFY, "window %u goes beyond the memory of %s", w, t->name);
        for (unsigned k = 0; k < w; k++) {
            qn_prog_window b = qn_prog_window_of(p, k);
            if ((a.writable || b.writable) && a.base < (uint64_t)b.base + b.size && b.base < (uint64_t)a.base + a.size)
                return qn_fail(why, QN_ERR_VERIFY, "windows %u and %u overlap", k, w);
        }
    }
    if (p->context == 0 || p->context > 1u << 24 || p->dims.vocab == 0 || p->dims.vocab > 1u << 24)
        return qn_fail(why, QN_ERR_VERIFY, "context %u, vocabulary %u", p->context, p->dims.vocab);
    if (p->chunk == 0 || p->chunk > QN_ARGS - QN_ARG_TOKEN)
        return qn_fail(why, QN_ERR_VERIFY, "chunks of %u tokens, there are arguments for %d", p->chunk, QN_ARGS - QN_ARG_TOKEN);
    for (int e = 0; e < QN_ENTRIES; e++)
        if (p->entry[e] >= p->n_code)
            return qn_fail(why, QN_ERR_VERIFY, "entry %d at %u of %u instructions", e, p->entry[e], p->n_code);
    return 0;
}

static const char *check_insn(const qn_insn *x)
{
    unsigned op = qn_insn_get(x, QN_INSN_OP_LSB, 8);
    if (qn_insn_get(x, QN_INSN_CHECK_LSB, 16) != qn_insn_check(x))
        return "has wrong check bits";
    if (!qn_insn_defined(x))
        return "is not defined";
    if ((op == QN_OP_ALU && (QN_GET(*x, ALU, FN) >= QN_ALU_COUNT || QN_GET(*x, ALU, DST) == 0)) ||
        (op == QN_OP_LDT && QN_GET(*x, LDT, DST) == 0) || (op == QN_OP_LDA && QN_GET(*x, LDA, DST) == 0))
        return "has a field that is not allowed";
    return NULL;
}

// Check bits, definitions, loops that match and nest, entries outside loops, HALT at the end.
static int code(const qn_prog *p, qn_verify_report *r, qn_why *why)
{
    uint32_t loop[QN_LOOP_DEPTH], depth = 0;
    for (uint32_t at = 0; at < p->n_code; at++) {
        qn_insn x = insn_at(p, at);
        const char *what = check_insn(&x);
        unsigned op = qn_insn_get(&x, QN_INSN_OP_LSB, 8);
        bool entry = at == p->entry[QN_ENTRY_DECODE] || at == p->entry[QN_ENTRY_PREFILL];
        if (!what && depth && (op == QN_OP_HALT || entry))
            what = op == QN_OP_HALT ? "stops inside a loop" : "is an entry inside a loop";
        if (!what && op == QN_OP_LOOP) {
            if (depth == QN_LOOP_DEPTH)
                what = "nests loops too deep";
            else if (qn_insn_slot_reg(&x, QN_SLOT_LOOP_END) != 0)
                what = "has no fixed end";
            else
                loop[depth++] = at;
        } else if (!what && op == QN_OP_ENDLOOP) {
            if (depth == 0)
                what = "ends no loop";
            else {
                qn_insn begin = insn_at(p, loop[--depth]);
                if ((uint32_t)qn_insn_slot_imm(&begin, QN_SLOT_LOOP_END) != at)
                    return refuse(p, loop[depth], "names another end than its own", "", r, why);
            }
        }
        if (what)
            return refuse(p, at, what, "", r, why);
    }
    if (depth)
        return refuse(p, loop[depth - 1], "begins a loop that has no end", "", r, why);
    qn_insn last = insn_at(p, p->n_code - 1);
    return qn_insn_get(&last, QN_INSN_OP_LSB, 8) == QN_OP_HALT ? 0 : refuse(p, p->n_code - 1, "is last and no HALT", "", r, why);
}

// ---- steps
typedef struct walk {
    const qn_prog *p;
    qn_vjob *job;
    qn_verify_report *r;
    qn_why *why;
    uint32_t args_read;
    uint64_t limit, dearest[QN_ENTRIES];         // work to spend; most work of a step
} walk;

static int job(walk *w, enum qn_prog_entry entry, const qn_span *args)
{
    qn_vjob_result x;
    int err = qn_vjob_run(w->job, w->p, w->p->entry[entry], args, &x);
    w->args_read = x.args_read;
    if (x.work > w->dearest[entry])
        w->dearest[entry] = x.work;
    w->r->steps++;
    w->r->work += x.work;
    if (x.instructions > w->r->instructions[entry])
        w->r->instructions[entry] = x.instructions;
    if (err == QN_ERR_NOMEM)
        return qn_fail(w->why, err, "verifier");
    if (!err)
        return 0;
    char step[80];
    snprintf(step, sizeof step, " (%s, position %u, tokens %u)", entry == QN_ENTRY_DECODE ? "decode" : "prefill",
             (unsigned)args[QN_ARG_POS].lo, (unsigned)args[QN_ARG_COUNT].lo);
    return refuse(w->p, x.at, x.text, step, w->r, w->why);
}

// A step with any tokens; `flags`: bit 0 LOGITS, bit 1 KEEP.
static int step(walk *w, enum qn_prog_entry entry, uint32_t pos, uint32_t count, unsigned flags)
{
    qn_span args[QN_ARGS];
    for (uint32_t i = 0; i < QN_ARGS; i++)
        args[i] = i >= QN_ARG_TOKEN && i < QN_ARG_TOKEN + count ? (qn_span){0, (int64_t)w->p->dims.vocab - 1, 1} : (qn_span){1, 0, 0};
    args[QN_ARG_POS] = (qn_span){pos, pos, 0};
    args[QN_ARG_COUNT] = (qn_span){count, count, 0};
    args[QN_ARG_LOGITS] = (qn_span){flags & 1, flags & 1, 0};
    args[QN_ARG_KEEP] = (qn_span){flags >> 1, flags >> 1, 0};
    return job(w, entry, args);
}

// All values of LOGITS and KEEP, while there is work to spend. A step that did not read one of them is the same for both its values.
static int flags(walk *w, enum qn_prog_entry entry, uint32_t pos, uint32_t count)
{
    const uint32_t logits = 1u << QN_ARG_LOGITS, keep = 1u << QN_ARG_KEEP;
    int err = step(w, entry, pos, count, 3);
    uint32_t read = w->args_read;
    if (w->r->work > w->limit)
        return err;
    if (!err && read & keep) {
        err = step(w, entry, pos, count, 1);
        read |= w->args_read;
    }
    if (!err && read & logits) {
        err = step(w, entry, pos, count, 2);
        if (!err && w->args_read & keep)
            err = step(w, entry, pos, count, 0);
    }
    return err;
}

static uint32_t most_tokens(const qn_prog *p, enum qn_prog_entry entry, uint32_t pos)
{
    uint32_t chunk = entry == QN_ENTRY_DECODE ? 1 : p->chunk;
    return p->context - pos < chunk ? p->context - pos : chunk;
}

static int extremes(walk *w)
{
    int err = 0;
    for (int e = 0; !err && e < QN_ENTRIES; e++) {
        uint32_t last = e == QN_ENTRY_DECODE || w->p->context < w->p->chunk ? w->p->context - 1 : w->p->context - w->p->chunk;
        const uint32_t at[] = {0, last, w->p->context - 1};
        err = flags(w, e, 0, 1);
        for (int i = 0; !err && i < 3; i++)
            err = flags(w, e, at[i], most_tokens(w->p, e, at[i]));
    }
    return err;
}

static int everything(walk *w)
{
    int err = 0;
    for (int e = 0; !err && e < QN_ENTRIES; e++)
        for (uint32_t pos = 0; !err && pos < w->p->context; pos++)
            for (uint32_t n = 1; !err && n <= most_tokens(w->p, e, pos); n++)
                err = flags(w, e, pos, n);
    w->r->every = err == 0;
    return err;
}

static int chosen(walk *w, uint32_t stride)
{
    const qn_prog *p = w->p;
    uint32_t ends = ENDS * w->dearest[QN_ENTRY_DECODE] <= w->limit ? ENDS : 0;
    int err = 0;
    for (uint32_t n = 1; !err && n <= most_tokens(p, QN_ENTRY_PREFILL, 0); n++)
        err = step(w, QN_ENTRY_PREFILL, 0, n, 3);
    for (uint32_t pos = 0; !err && pos < p->context; pos++) {
        bool near = pos < ends || p->context - pos <= ends;
        if (near || pos % stride == 0)
            err = step(w, QN_ENTRY_DECODE, pos, 1, 3);
        if (!err && pos % p->chunk == 0 && (near || pos / p->chunk % stride == 0))
            err = step(w, QN_ENTRY_PREFILL, pos, most_tokens(p, QN_ENTRY_PREFILL, pos), 3);
    }
    return err;
}

static int steps(walk *w, uint64_t work)
{
    const qn_prog *p = w->p;
    w->limit = work;
    int err = extremes(w);
    if (err < 0)
        return err;
    uint64_t decode = w->dearest[QN_ENTRY_DECODE], prefill = w->dearest[QN_ENTRY_PREFILL], all = 3 * p->context * (decode + p->chunk * prefill);
    if (all <= work)
        return everything(w);
    uint64_t some = p->context * (decode + prefill / p->chunk);
    w->r->stride = (uint32_t)(1 + some / (work + 1));
    return chosen(w, w->r->stride);
}

static int begin(walk *w, const qn_prog *p, qn_verify_report *r, qn_why *why)
{
    *r = (qn_verify_report){.stride = 1, .fault_at = UINT32_MAX};
    *w = (walk){.p = p, .r = r, .why = why};
    char name[sizeof p->target + 1] = "";
    memcpy(name, p->target, sizeof p->target);
    const qn_target *t = qn_target_find(name);
    if (!t)
        return qn_fail(why, QN_ERR_VERIFY, "unknown target '%s'", name);
    int err = sizes(p, t, why);
    if (!err)
        err = code(p, r, why);
    if (!err && (err = qn_vjob_new(&w->job, t)) < 0)
        qn_fail(why, err, "verifier");
    return err;
}

int qn_verify_within(const qn_prog *p, uint64_t work, qn_verify_report *r, qn_why *why)
{
    assert(p);
    qn_verify_report own;
    walk w;
    int err = begin(&w, p, r ? r : &own, why);
    if (!err)
        err = steps(&w, work);
    qn_vjob_free(w.job);
    return err;
}

int qn_verify(const qn_prog *p, qn_verify_report *r, qn_why *why)
{
    return qn_verify_within(p, QN_VERIFY_WORK, r, why);
}

struct qn_verifier {
    walk w;
    qn_verify_report r;
};

int qn_verifier_open(qn_verifier **out, const qn_prog *p, qn_why *why)
{
    assert(out && p);
    *out = NULL;
    qn_verifier *v = calloc(1, sizeof *v);
    if (!v)
        return qn_fail(why, QN_ERR_NOMEM, "verifier");
    int err = begin(&v->w, p, &v->r, why);
    if (err < 0) {
        qn_verifier_close(v);
        return err;
    }
    *out = v;
    return 0;
}

void qn_verifier_close(qn_verifier *v)
{
    if (!v)
        return;
    qn_vjob_free(v->w.job);
    free(v);
}

int qn_verifier_step(qn_verifier *v, enum qn_prog_entry entry, const uint32_t *args, qn_verify_report *r, qn_why *why)
{
    assert(v && args && (unsigned)entry < QN_ENTRIES);
    const qn_prog *p = v->w.p;
    uint32_t pos = args[QN_ARG_POS], count = args[QN_ARG_COUNT];
    v->w.r = r ? r : &v->r;
    v->w.why = why;
    *v->w.r = (qn_verify_report){.stride = 1, .fault_at = UINT32_MAX};
    if (pos >= p->context || count == 0 || count > most_tokens(p, entry, pos))
        return qn_fail(why, QN_ERR_VERIFY, "%u tokens at position %u: chunks of %u, context %u", count, pos, p->chunk, p->context);
    for (uint32_t i = 0; i < count; i++)
        if (args[QN_ARG_TOKEN + i] >= p->dims.vocab)
            return qn_fail(why, QN_ERR_VERIFY, "token %u, the vocabulary has %u", args[QN_ARG_TOKEN + i], p->dims.vocab);
    qn_span a[QN_ARGS];
    for (uint32_t i = 0; i < QN_ARGS; i++)
        a[i] = i > QN_ARG_KEEP && (i < QN_ARG_TOKEN || i >= QN_ARG_TOKEN + count) ? (qn_span){1, 0, 0}
                                                                                  : (qn_span){(int32_t)args[i], (int32_t)args[i], 0};
    return job(&v->w, entry, a);
}

int qn_verify_step(const qn_prog *p, enum qn_prog_entry entry, const uint32_t *args, qn_verify_report *r, qn_why *why)
{
    qn_verifier *v;
    int err = qn_verifier_open(&v, p, why);
    if (!err)
        err = qn_verifier_step(v, entry, args, r, why);
    qn_verifier_close(v);
    return err;
}
