// SPDX-License-Identifier: Apache-2.0
// quern eval: how well a model on a device predicts a text, next to the same model in floating point.
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "compiler/front/qn_llama.h"
#include "cpu/qn_eval.h"
#include "driver/qn_session.h"

typedef struct eval_options {
    cli_options c;
    const char *model, *text;
    unsigned positions;
} eval_options;

typedef struct eval {
    const eval_options *o;
    cli_model m;
    qn_dev *dev;
    qn_session *s;
    qn_why why;                      // of a step
} eval;

enum { OPT_TEXT = 500, OPT_POSITIONS };

static error_t parse(int key, char *arg, struct argp_state *state)
{
    eval_options *o = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        for (int i = 0; i < 2; i++)
            state->child_inputs[i] = &o->c;
        break;
    case OPT_TEXT: o->text = arg; break;
    case OPT_POSITIONS: o->positions = cli_number(state, "--positions", arg, 0, UINT32_MAX); break;
    case 'd': o->c.device = arg; break;
    case ARGP_KEY_ARG:
        if (state->arg_num)
            return ARGP_ERR_UNKNOWN;
        o->model = arg;
        break;
    case ARGP_KEY_END:
        if (!o->model)
            argp_error(state, "which model?");
        if (!o->text)
            argp_error(state, "which text? (--text FILE)");
        break;
    default: return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

static int read_text(const char *path, char **text, size_t *n)
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

static int step(void *ctx, uint32_t token, uint32_t pos, float *logits)
{
    eval *x = ctx;
    if (cli_stopped)
        return QN_ERR_STOPPED;
    int err = pos == 0 ? qn_session_reset(x->s, &x->why) : 0;
    if (!err)
        err = qn_session_decode(x->s, token, QN_SESSION_LOGITS, &x->why);
    return err < 0 ? err : qn_session_logits(x->s, logits);
}

static bool progress(void *ctx, uint64_t positions)
{
    eval *x = ctx;
    cli_progress("%llu positions", (unsigned long long)positions);
    return !x->o->positions || positions < x->o->positions;
}

static int measure(eval *x, const char *text, size_t n, qn_eval_result *r)
{
    qn_graph g = {0};
    qn_float_model *f = NULL;
    qn_why why = {""};
    int err = qn_llama_import(&g, x->m.gguf, &why);
    if (!err)
        err = qn_float_open(&f, &g, x->m.prog.context, &why);
    qn_eval_task task = {.tokens = x->m.token, .text = text, .n_text = n, .floats = f, .vocab = x->m.prog.dims.vocab, .step = step, .ctx = x,
                         .cut = x->m.prog.context < 512 ? x->m.prog.context : 512, .positions = x->o->positions, .progress = progress,
                         .progress_ctx = x};
    if (!err && task.cut < 2)
        err = qn_fail(&why, QN_ERR_USAGE, "a context of %u predicts nothing", task.cut);
    if (!err)
        err = qn_eval(&task, r, &why);
    if (err == QN_ERR_STOPPED)
        cli_progress(NULL);
    else if (err < 0)
        cli_error(x->why.text[0] ? qn_dev_name(x->dev) : x->o->text, err, x->why.text[0] ? &x->why : &why);
    qn_float_close(f);
    qn_graph_free(&g);
    return err;
}

static void print(const eval *x, const qn_eval_result *r)
{
    cli_progress(NULL);
    if (x->o->c.json) {
        json_t *j = json_pack("{s:f, s:f, s:f, s:I, s:I, s:s, s:s, s:s, s:i, s:i, s:b, s:i}", "perplexity", r->perplexity, "perplexity_float",
                              r->perplexity_float, "top1_agreement", r->top1_agreement, "positions", (json_int_t)r->positions, "stories",
                              (json_int_t)r->stories, "device", qn_dev_name(x->dev), "model", x->m.prog.model, "weights",
                              qn_fmt_find(x->m.prog.weight_fmt)->name, "kv", (int)x->m.prog.kv_bits, "act", (int)x->m.prog.act_bits, "act_ggml", (int)x->m.prog.act_ggml, "context",
                              (int)x->m.prog.context);
        json_dumpf(j, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(9));
        putchar('\n');
        json_decref(j);
        return;
    }
    printf("perplexity        %.4f on %s (%+.2f %%)\n", r->perplexity, qn_dev_name(x->dev), 100 * (r->perplexity / r->perplexity_float - 1));
    printf("perplexity_float  %.4f\n", r->perplexity_float);
    printf("top1_agreement    %.2f %%\n", 100 * r->top1_agreement);
    printf("positions         %llu in %llu stories\n", (unsigned long long)r->positions, (unsigned long long)r->stories);
}

int cmd_eval(int argc, char **argv)
{
    static const struct argp_option options[] = {
        {"text", OPT_TEXT, "FILE", 0, "stories with <|endoftext|> between them, each cut at 512 tokens", 0},
        {"positions", OPT_POSITIONS, "N", 0, "stop after the story that reaches so many (2000; 0: all)", 0},
        {"device", 'd', "DEVICE", 0, "where to run (model:ulx3s)", 0},
        {0}};
    static const struct argp_child children[] = {{&cli_model_argp, 0, 0, 0}, {&cli_common_argp, 0, 0, 0}, {0}};
    const struct argp argp = {options, parse, "MODEL.gguf", "Perplexity of a text, next to the float path's.", children, 0, 0};
    eval_options o = {.c = {.device = "model"}, .positions = 2000};
    argp_parse(&argp, argc, argv, 0, NULL, &o);

    eval x = {.o = &o};
    char *text = NULL, name[64];
    size_t n;
    qn_why why = {""};
    int err = read_text(o.text, &text, &n);
    if (!err)
        err = cli_load(&x.m, o.model, &o.c, 512);
    if (!err && !x.m.gguf) {
        err = qn_fail(&why, QN_ERR_USAGE, "the float path needs the GGUF file itself");
        cli_error(o.model, err, &why);
    }
    if (!err) {
        cli_device(name, o.c.device, &x.m.prog);
        if ((err = qn_dev_open(&x.dev, name, &why)) == 0) {
            qn_dev_timed(x.dev, false);
            qn_dev_stop_on(x.dev, &cli_stopped);
            err = qn_session_open(&x.s, x.dev, &x.m.prog, &why);
        }
        if (err < 0)
            cli_error(name, err, &why);
    }
    if (!err) {
        cli_catch();
        qn_eval_result r;
        if ((err = measure(&x, text, n, &r)) == 0)
            print(&x, &r);
    }
    qn_session_close(x.s);
    qn_dev_close(x.dev);
    cli_free(&x.m);
    free(text);
    return qn_err_exit(err);
}
