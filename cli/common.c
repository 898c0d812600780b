// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "cli/cli.h"
#include "compiler/back/qn_prog_file.h"
#include "compiler/back/qn_weights.h"
#include "compiler/front/qn_token_file.h"
#include "compiler/verify/qn_verify.h"

enum { VERIFY_WORK = 40000000 };     // about a tenth of a second

// ---- messages
int cli_error(const char *what, int err, const qn_why *why)
{
    cli_progress(NULL);
    fflush(stdout);
    if (why && why->text[0])
        fprintf(stderr, "%s: %s: %s\n", what, qn_err_text(err), why->text);
    else
        fprintf(stderr, "%s: %s\n", what, qn_err_text(err));
    return qn_err_exit(err);
}

void cli_progress(const char *fmt, ...)
{
    static int terminal = -1;
    static bool shown;
    if (terminal < 0)
        terminal = isatty(STDERR_FILENO);
    if (!terminal || (!fmt && !shown))
        return;
    fputs("\r\033[K", stderr);
    shown = fmt != NULL;
    if (fmt) {
        va_list ap;
        va_start(ap, fmt);
        vfprintf(stderr, fmt, ap);
        va_end(ap);
    }
    fflush(stderr);
}

int cli_finish(int code)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return code;
    fprintf(stderr, "standard output: %s: %s\n", qn_err_text(QN_ERR_NO_DISK), strerror(errno));
    return code ? code : EX_IOERR;
}

// ---- Ctrl-C
volatile int cli_stopped;

static void stop(int number)
{
    (void)number;
    cli_stopped = 1;
}

void cli_catch(void)
{
    struct sigaction a = {.sa_handler = stop, .sa_flags = (int)(SA_RESTART | SA_RESETHAND)};
    sigaction(SIGINT, &a, NULL);
    sigaction(SIGTERM, &a, NULL);
}

// ---- options
unsigned cli_number(struct argp_state *state, const char *option, const char *text, unsigned long min, unsigned long max)
{
    char *end;
    errno = 0;
    unsigned long v = strtoul(text, &end, 10);
    if (errno || end == text || *end || text[0] == '-' || v < min || v > max)
        argp_failure(state, EX_USAGE, 0, "%s: '%s' is not a number from %lu to %lu", option, text, min, max);
    return (unsigned)v;
}

double cli_real(struct argp_state *state, const char *option, const char *text, double min, double max)
{
    char *end;
    errno = 0;
    double v = strtod(text, &end);
    if (errno || end == text || *end || !(v >= min && v <= max))
        argp_failure(state, EX_USAGE, 0, "%s: '%s' is not a number from %g to %g", option, text, min, max);
    return v;
}

static unsigned one_of(struct argp_state *state, const char *option, const char *text, unsigned a, unsigned b)
{
    unsigned v = cli_number(state, option, text, a, b);
    if (v != a && v != b)
        argp_failure(state, EX_USAGE, 0, "%s: %u or %u, not %u", option, a, b, v);
    return v;
}

enum { OPT_WEIGHTS = 256, OPT_GROUP, OPT_KV, OPT_ACT, OPT_CTX, OPT_JSON };

static error_t parse_common(int key, char *arg, struct argp_state *state)
{
    cli_options *o = state->input;
    (void)arg;
    switch (key) {
    case OPT_JSON: o->json = true; break;
    case 'v': o->talk = 1; break;
    case 'q': o->talk = -1; break;
    default: return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

const struct argp cli_common_argp = {
    .options = (const struct argp_option[]){
        {0, 0, 0, 0, "Output:", 20},
        {"json", OPT_JSON, 0, 0, "print one JSON object and nothing else", 0},
        {"verbose", 'v', 0, 0, "say more", 0},
        {"quiet", 'q', 0, 0, "say less", 0},
        {0}},
    .parser = parse_common,
};

static error_t parse_model(int key, char *arg, struct argp_state *state)
{
    cli_options *o = state->input;
    switch (key) {
    case ARGP_KEY_INIT: state->child_inputs[0] = o; break;
    case ARGP_KEY_ARG:
        if (state->arg_num)
            return ARGP_ERR_UNKNOWN;
        o->model = arg;
        break;
    case ARGP_KEY_END:
        if (!o->model)
            argp_error(state, "which model?");
        break;
    case OPT_WEIGHTS: o->weights = arg; break;
    case OPT_GROUP: o->group = arg; break;
    case OPT_KV: o->kv = one_of(state, "--kv", arg, 8, 16); break;
    case OPT_ACT:
        o->act_ggml = strcmp(arg, "ggml") == 0;
        o->act_coarse = strcmp(arg, "4") == 0 || strcmp(arg, "fp8") == 0;
        o->act = strcmp(arg, "16") == 0 || strcmp(arg, "fp8") == 0 ? 16 : 8;
        if (!o->act_ggml && !o->act_coarse && strcmp(arg, "8") != 0 && o->act == 8)
            argp_failure(state, EX_USAGE, 0, "--act: 4, 8, 16, fp8 or ggml, not %s", arg);
        break;
    case OPT_CTX: o->ctx = cli_number(state, "--ctx", arg, 1, 1u << 24); break;
    default: return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

const struct argp cli_model_argp = {
    .options = (const struct argp_option[]){
        {0, 0, 0, 0, "How a GGUF model is compiled (a .qn file has been already):", 10},
        {"weights", OPT_WEIGHTS, "FORMAT", 0, "format of weights that the file stores as floats: s2 to s8, nf4, mx4, bcq3, ...; a name that is none, `?`, lists them; s4+s8:10% has the tenth of the outputs that gains most at 8 bits, s2+s4:25%groups a quarter of the groups of inputs at 4 (s8)", 0},
        {"group", OPT_GROUP, "N", 0, "weights of those that share a scale: 16 to 256 as the format has it, or `row` (the format's smallest, 32 or more)", 0},
        {"kv", OPT_KV, "BITS", 0, "bits of cached keys and values: 8 or 16 (8)", 0},
        {"act", OPT_ACT, "BITS", 0, "activations that meet weights: of 4, 8 or 16 bits, fp8 (E4M3), or ggml, as llama.cpp quantizes them (8)", 0},
        {"ctx", OPT_CTX, "TOKENS", 0, "context", 0},
        {0}},
    .parser = parse_model,
    .children = (const struct argp_child[]){{&cli_common_argp, 0, 0, 0}, {0}},
};

// ---- models
int cli_act_bits(const qn_prog *p)
{
    return (int)(p->act_coarse ? p->act_bits / 2 : p->act_bits);
}

const char *cli_device(char out[CLI_DEVICE], const char *device, const qn_prog *p)
{
    snprintf(out, CLI_DEVICE, strchr(device, ':') || qn_dev_is_board(device) ? "%.280s" : "%.200s:%s", device, p->target);
    return out;
}

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

// Which target to compile for: --target, or the device's, or ulx3s.
static int find_target(const qn_target **t, const cli_options *o, qn_why *why)
{
    const char *name = o->target ? o->target : o->device_target ? o->device_target : "ulx3s";
    *t = qn_target_find(name);
    return *t ? 0 : qn_fail(why, QN_ERR_NO_TARGET, "'%.40s' (quern devices lists them)", name);
}

static int compile(cli_model *m, const cli_options *o, unsigned ctx_default, qn_why *why)
{
    const qn_target *t;
    int err = find_target(&t, o, why);
    if (err < 0)
        return err;
    qn_options q = qn_options_default(t);
    uint32_t context = 0;
    qn_gguf_get_u32(m->gguf, "llama.context_length", &context, NULL);
    q.context = o->ctx ? o->ctx : ctx_default && context > ctx_default ? ctx_default : 0;
    if ((err = qn_weights_parse(&q.weights, o->weights, o->group, why)) < 0)
        return err;
    q.kv_bits = o->kv ? o->kv : q.kv_bits;
    q.act_bits = o->act ? o->act : q.act_bits;
    q.act_ggml = o->act_ggml;
    q.act_coarse = o->act_coarse;
    cli_progress("compiling for %s", t->name);
    double start = seconds();
    err = qn_compile(&m->prog, m->gguf, &q, why);
    m->compile_seconds = seconds() - start;
    return err;
}

static int load_gguf(cli_model *m, const cli_options *o, unsigned ctx_default, qn_why *why)
{
    qn_token_spec spec;
    int err = qn_gguf_open(&m->gguf, m->path, why);
    if (err < 0)
        return err;
    if ((err = compile(m, o, ctx_default, why)) < 0)
        return err;
    err = qn_token_spec_from_gguf(&spec, m->gguf, why);
    if (!err)
        err = qn_token_new(&m->token, &spec, why);
    if (!err)
        err = qn_token_pack(&spec, &m->prog.vocab, &m->prog.vocab_bytes);
    qn_token_spec_free(&spec);
    return err;
}

static int load_qn(cli_model *m, const cli_options *o, qn_why *why)
{
    if (o->weights || o->group || o->kv || o->act || o->ctx)
        return qn_fail(why, QN_ERR_USAGE, "--weights, --group, --kv, --act and --ctx were settled when this was compiled");
    int err = qn_prog_read(&m->prog, m->path, why);
    if (err < 0)
        return err;
    const char *want = o->target ? o->target : o->device_target ? o->device_target : m->prog.target;
    const qn_target *t = qn_target_find(want);
    if (strcmp(t ? t->name : want, m->prog.target) != 0)
        return qn_fail(why, QN_ERR_TARGET, "compiled for %s, asked for is %.40s", m->prog.target, want);
    if (!m->prog.vocab)
        return qn_fail(why, QN_ERR_FORMAT, "no vocabulary");
    return qn_token_unpack(&m->token, m->prog.vocab, m->prog.vocab_bytes, why);
}

// The target that the device has or is named with; none for a simulator's kind alone, which takes any.
static int device_target(cli_options *o, qn_why *why)
{
    const qn_target *t;
    o->device_target = NULL;
    int err = o->device ? qn_dev_target_of(o->device, &t, why) : 0;
    if (!err && o->device && (strchr(o->device, ':') || qn_dev_is_board(o->device)))
        o->device_target = t->name;
    return err;
}

int cli_load(cli_model *m, const cli_options *options, unsigned ctx_default)
{
    *m = (cli_model){.path = options->model};
    cli_options with_target = *options;
    const cli_options *o = &with_target;
    qn_why why = {""};
    char first[8] = {0};
    int err = device_target(&with_target, &why);
    if (err < 0) {
        cli_error(o->device, err, &why);
        return err;
    }
    FILE *f = fopen(m->path, "rb");
    if (!f) {
        err = qn_fail(&why, QN_ERR_NOENT, "%s", strerror(errno));
    } else {
        size_t n = fread(first, 1, sizeof first, f);
        fclose(f);
        err = qn_prog_is(first, n) ? load_qn(m, o, &why) : load_gguf(m, o, ctx_default, &why);
    }
    cli_progress(NULL);
    if (!err)
        err = qn_verify_within(&m->prog, VERIFY_WORK, NULL, &why);
    if (!err && qn_token_count(m->token) != m->prog.dims.vocab)
        err = qn_fail(&why, QN_ERR_FORMAT, "the vocabulary has %u tokens, the model %u", qn_token_count(m->token), m->prog.dims.vocab);
    if (err < 0)
        cli_error(m->path, err, &why);
    return err;
}

void cli_free(cli_model *m)
{
    qn_prog_free(&m->prog);
    qn_token_free(m->token);
    qn_gguf_close(m->gguf);
}
