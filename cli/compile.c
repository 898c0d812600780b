// SPDX-License-Identifier: Apache-2.0
// quern compile: a GGUF file to a program file.
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "compiler/back/qn_prog_file.h"

typedef struct compile_options {
    cli_options c;
    const char *out;
} compile_options;

static error_t parse(int key, char *arg, struct argp_state *state)
{
    compile_options *o = state->input;
    switch (key) {
    case ARGP_KEY_INIT: state->child_inputs[0] = &o->c; break;
    case 'o': o->out = arg; break;
    case 't': o->c.target = arg; break;
    case ARGP_KEY_END:
        if (!o->out)
            argp_error(state, "where to? (-o OUT)");
        break;
    default: return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

static void report(const compile_options *o, const cli_model *m)
{
    const qn_prog *p = &m->prog;
    if (o->c.json) {
        json_t *j = json_pack("{s:s, s:s, s:s, s:i, s:i, s:I, s:I, s:f}", "file", o->out, "target", p->target, "model", p->model,
                              "context", (int)p->context, "instructions", (int)p->n_code, "image_bytes",
                              (json_int_t)p->lay.image_words * 4, "kv_bytes", (json_int_t)p->lay.kv_words * 4, "seconds", m->compile_seconds);
        json_dumpf(j, stdout, JSON_INDENT(2));
        putchar('\n');
        json_decref(j);
    } else if (o->c.talk >= 0) {
        printf("%s: %s for %s, context %u, %u instructions, image %.1f MB, KV cache %.1f MB (%.2f s)\n", o->out, p->model, p->target,
               p->context, p->n_code, p->lay.image_words * 4e-6, p->lay.kv_words * 4e-6, m->compile_seconds);
    }
}

int cmd_compile(int argc, char **argv)
{
    static const struct argp_option options[] = {
        {"output", 'o', "OUT", 0, "the file to write", 0},
        {"target", 't', "TARGET", 0, "the machine to compile for (ulx3s)", 0},
        {0}};
    static const struct argp_child children[] = {{&cli_model_argp, 0, 0, 0}, {0}};
    const struct argp argp = {options, parse, "MODEL.gguf", "Compiles a GGUF model to a program file (.qn).", children, 0, 0};
    compile_options o = {0};
    argp_parse(&argp, argc, argv, 0, NULL, &o);

    cli_model m;
    int err = cli_load(&m, &o.c, 0);
    if (!err) {
        // Nothing half written is left behind: signals wait for the write
        sigset_t all, old;
        sigfillset(&all);
        sigprocmask(SIG_BLOCK, &all, &old);
        qn_why why = {""};
        err = qn_prog_write(&m.prog, o.out, &why);
        sigprocmask(SIG_SETMASK, &old, NULL);
        if (err < 0)
            cli_error(o.out, err, &why);
        else
            report(&o, &m);
    }
    cli_free(&m);
    return qn_err_exit(err);
}
