// SPDX-License-Identifier: Apache-2.0
// quern eval: how well a model on a device predicts a text, next to the same model in floating point.
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/perplexity.h"
#include "compiler/back/qn_weights.h"

typedef struct eval_options {
    cli_options c;
    const char *text;
    unsigned positions;
} eval_options;

enum { OPT_TEXT = 500, OPT_POSITIONS };

static error_t parse(int key, char *arg, struct argp_state *state)
{
    eval_options *o = state->input;
    switch (key) {
    case ARGP_KEY_INIT: state->child_inputs[0] = &o->c; break;
    case OPT_TEXT: o->text = arg; break;
    case OPT_POSITIONS: o->positions = cli_number(state, "--positions", arg, 0, UINT32_MAX); break;
    case 'd': o->c.device = arg; break;
    case ARGP_KEY_END:
        if (!o->text)
            argp_error(state, "which text? (--text FILE)");
        break;
    default: return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

static void print(const eval_options *o, const cli_model *m, const char *device, const qn_eval_result *r)
{
    if (o->c.json) {
        char text[QN_WEIGHTS_TEXT];
        json_t *j = json_pack("{s:f, s:f, s:f, s:I, s:I, s:s, s:s, s:s, s:i, s:i, s:b, s:b, s:i}", "perplexity", r->perplexity, "perplexity_float",
                              r->perplexity_float, "top1_agreement", r->top1_agreement, "positions", (json_int_t)r->positions, "stories",
                              (json_int_t)r->stories, "device", device, "model", m->prog.model, "weights",
                              qn_weights_text(&m->prog.weights, text), "kv", (int)m->prog.kv_bits, "act", cli_act_bits(&m->prog), "act_fp8", (int)(m->prog.act_coarse && m->prog.act_bits == 16), "act_ggml",
                              (int)m->prog.act_ggml, "context", (int)m->prog.context);
        json_dumpf(j, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(9));
        putchar('\n');
        json_decref(j);
        return;
    }
    printf("perplexity        %.4f on %s (%+.2f %%)\n", r->perplexity, device, 100 * (r->perplexity / r->perplexity_float - 1));
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
    static const struct argp_child children[] = {{&cli_model_argp, 0, 0, 0}, {0}};
    const struct argp argp = {options, parse, "MODEL.gguf", "Perplexity of a text, next to the float path's.", children, 0, 0};
    eval_options o = {.c = {.device = "model"}, .positions = 2000};
    argp_parse(&argp, argc, argv, 0, NULL, &o);

    char *text = NULL, name[CLI_DEVICE];
    size_t n;
    cli_model m = {0};
    qn_eval_result r;
    int err = cli_read_text(o.text, &text, &n);
    if (!err)
        err = cli_load(&m, &o.c, 512);
    if (!err) {
        cli_catch();
        err = cli_perplexity(&m, cli_device(name, o.c.device, &m.prog), o.text, text, n, o.positions, &r);
    }
    if (!err)
        print(&o, &m, name, &r);
    cli_free(&m);
    free(text);
    return qn_err_exit(err);
}
