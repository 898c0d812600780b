// SPDX-License-Identifier: Apache-2.0
#include "cli/steps.h"

#include <stdlib.h>

#include "cli/cli.h"
#include "compiler/back/qn_work.h"

static int reach(qn_session *s, qn_dev *dev, const uint32_t *tokens, uint32_t pos, qn_why *why)
{
    if (qn_dev_has_cycles(dev))
        return qn_session_seek(s, pos);
    int err = qn_session_reset(s, why);
    return err < 0 ? err : qn_session_prefill(s, tokens, pos, QN_SESSION_NOTHING, why);
}

static int measure(cli_step *x, int kind, qn_session *s, qn_dev *dev, const qn_prog *p, const uint32_t *tokens, uint32_t at, qn_why *why)
{
    static const char *const names[CLI_STEPS] = {"chunk", "layers", "decode"};
    static const char *const texts[CLI_STEPS] = {"chunk of a prompt, no logits", "decoded token, no logits", "decoded token"};
    bool decode = kind != CLI_CHUNK;
    uint32_t n = decode ? 1 : p->chunk < at ? p->chunk : at, pos = decode ? at : at - n;
    enum qn_session_want want = kind == CLI_DECODE ? QN_SESSION_PICK : QN_SESSION_NOTHING;
    int err = reach(s, dev, tokens, pos, why);
    if (err < 0)
        return err;
    const qn_session_cost *c = decode ? qn_session_decode_cost(s) : qn_session_prefill_cost(s);
    qn_session_cost before = *c;
    err = decode ? qn_session_decode(s, tokens[pos], want, why) : qn_session_prefill(s, tokens + pos, n, want, why);
    qn_work w = {0};
    qn_work_add(&w, p, pos, n, kind == CLI_DECODE);
    const qn_target *t = qn_dev_target(dev);
    *x = (cli_step){.name = names[kind],
                    .text = texts[kind],
                    .tokens = n,
                    .cycles = c->count[QN_COUNT(CYCLES)] - before.count[QN_COUNT(CYCLES)],
                    .planes = c->count[QN_COUNT(ARRAY)] - before.count[QN_COUNT(ARRAY)],
                    .rows = c->count[QN_COUNT(ROWS)] - before.count[QN_COUNT(ROWS)],
                    .seconds = c->seconds - before.seconds,
                    .products = w.products,
                    .bytes = w.bytes};
    if (x->cycles) {
        x->array = w.products / ((double)t->depth * t->planes * t->rows * (double)x->cycles);
        x->memory = w.bytes / (4.0 * t->planes * (double)x->cycles);
    }
    return err;
}

int cli_steps(cli_step x[CLI_STEPS], qn_dev *dev, const qn_prog *p, uint32_t at, qn_why *why)
{
    qn_session *s = NULL;
    uint32_t *tokens = calloc(p->context, sizeof *tokens);
    int err = tokens ? 0 : QN_ERR_NOMEM;
    if (!err && at >= p->context)
        err = qn_fail(why, QN_ERR_CONTEXT, "position %u, the context is %u", at, p->context);
    for (uint32_t i = 0; !err && i < p->context; i++)
        tokens[i] = i * 2654435761u % p->dims.vocab;
    if (!err)
        err = qn_session_open(&s, dev, p, why);
    // The program memory is filled in the first step, which nothing measures
    if (!err)
        err = qn_session_decode(s, 0, QN_SESSION_NOTHING, why);
    for (int k = 0; !err && k < CLI_STEPS; k++) {
        cli_progress("%s: %d of %d", qn_dev_name(dev), k + 1, CLI_STEPS);
        err = measure(&x[k], k, s, dev, p, tokens, at, why);
    }
    cli_progress(NULL);
    qn_session_close(s);
    free(tokens);
    return err;
}
