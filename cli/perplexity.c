// SPDX-License-Identifier: Apache-2.0
#include "cli/perplexity.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compiler/front/qn_llama.h"
#include "driver/qn_session.h"

int cli_read_text(const char *path, char **text, size_t *n)
{
    qn_why why = {""};
    FILE *f = fopen(path, "rb");
    size_t room = 1 << 16;
    int err = f ? 0 : qn_fail(&why, QN_ERR_NOENT, "%s", strerror(errno));
    *n = 0;
    *text = malloc(room);
    while (!err && *text) {
        *n += fread(*text + *n, 1, room - *n, f);
        if (*n < room)
            break;
        char *more = realloc(*text, room *= 2);
        if (!more)
            free(*text);
        *text = more;
    }
    if (!err && ferror(f))
        err = qn_fail(&why, QN_ERR_IO, "%s", strerror(errno));
    if (!err && !*text)
        err = QN_ERR_NOMEM;
    if (f)
        fclose(f);
    return err < 0 ? cli_error(path, err, &why), err : 0;
}

typedef struct task {
    qn_session *s;
    uint64_t positions;
    qn_why why;                      // of a step
} task;

static int step(void *ctx, uint32_t token, uint32_t pos, float *logits)
{
    task *x = ctx;
    if (cli_stopped)
        return QN_ERR_STOPPED;
    int err = pos == 0 ? qn_session_reset(x->s, &x->why) : 0;
    if (!err)
        err = qn_session_decode(x->s, token, QN_SESSION_LOGITS, &x->why);
    return err < 0 ? err : qn_session_logits(x->s, logits);
}

static bool progress(void *ctx, uint64_t positions)
{
    task *x = ctx;
    cli_progress("%llu positions", (unsigned long long)positions);
    return !x->positions || positions < x->positions;
}

static int evaluate(const cli_model *m, qn_dev *dev, const char *what, const char *text, size_t n, uint64_t positions, qn_eval_result *r)
{
    task x = {.positions = positions};
    qn_graph g = {0};
    qn_float_model *f = NULL;
    qn_why why = {""};
    int err = qn_session_open(&x.s, dev, &m->prog, &x.why);
    if (!err)
        err = qn_llama_import(&g, m->gguf, &why);
    if (!err)
        err = qn_float_open(&f, &g, m->prog.context, &why);
    qn_eval_task t = {.tokens = m->token, .text = text, .n_text = n, .floats = f, .vocab = m->prog.dims.vocab, .step = step, .ctx = &x,
                      .cut = m->prog.context < 512 ? m->prog.context : 512, .positions = positions, .progress = progress, .progress_ctx = &x};
    if (!err && t.cut < 2)
        err = qn_fail(&why, QN_ERR_USAGE, "a context of %u predicts nothing", t.cut);
    if (!err)
        err = qn_eval(&t, r, &why);
    cli_progress(NULL);
    if (err < 0 && err != QN_ERR_STOPPED)
        cli_error(x.why.text[0] ? qn_dev_name(dev) : what, err, x.why.text[0] ? &x.why : &why);
    qn_float_close(f);
    qn_graph_free(&g);
    qn_session_close(x.s);
    return err;
}

int cli_perplexity(const cli_model *m, const char *device, const char *what, const char *text, size_t n, uint64_t positions, qn_eval_result *r)
{
    qn_dev *dev = NULL;
    char name[CLI_DEVICE];
    qn_why why = {""};
    if (!m->gguf) {
        qn_fail(&why, QN_ERR_USAGE, "the float path needs the GGUF file itself");
        return cli_error(m->path, QN_ERR_USAGE, &why), QN_ERR_USAGE;
    }
    cli_device(name, device, &m->prog);
    int err = qn_dev_open(&dev, name, &why);
    if (err < 0)
        return cli_error(name, err, &why), err;
    qn_dev_timed(dev, false);
    qn_dev_stop_on(dev, &cli_stopped);
    err = evaluate(m, dev, what, text, n, positions, r);
    qn_dev_close(dev);
    return err;
}
