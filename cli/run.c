// SPDX-License-Identifier: Apache-2.0
// quern run: text from a model on a device, and what it cost. On `rtl` the model executor runs beside it, step by step, and both must
// give the same tokens, logits and cache.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/figures.h"
#include "cli/sample.h"
#include "compiler/back/qn_weights.h"
#include "compiler/verify/qn_verify.h"
#include "driver/qn_session.h"

typedef struct run_options {
    cli_options c;
    const char *prompt, *waves, *beside;
    unsigned n, wait;                // seconds for a board that was lost
    bool ignore_eos, firmware;       // the board's firmware generates
    unsigned seed, top_k;
    double temperature, top_p;       // temperature 0: the greatest logit, which the device picks
} run_options;

// A device with a session on it
typedef struct runner {
    qn_dev *dev;
    qn_session *s;
    bool talking;                    // a line of text has been begun
} runner;

typedef struct run {
    const run_options *o;
    cli_model m;
    runner a, b;                     // b: the executor beside it, or nothing
    cli_sampler sampler;
    float *logits;                   // NULL: greedy
    uint32_t *prompt, *tokens;
    size_t n_prompt, n_tokens;
    bool same_tokens;
    const char *finish;
    qn_session_loop loop;            // of the firmware, and what it cost
    qn_work prefill_work, decode_work;
    char *text;                      // what was generated
    size_t n_text, text_room;
} run;

enum { OPT_WAVES = 400, OPT_SEED, OPT_TEMPERATURE, OPT_TOP_K, OPT_TOP_P, OPT_IGNORE_EOS, OPT_BESIDE, OPT_WAIT, OPT_FIRMWARE };

static error_t parse(int key, char *arg, struct argp_state *state)
{
    run_options *o = state->input;
    switch (key) {
    case ARGP_KEY_INIT: state->child_inputs[0] = &o->c; break;
    case 'p': o->prompt = arg; break;
    case 'n': o->n = cli_number(state, "-n", arg, 0, 1u << 24); break;
    case 'd': o->c.device = arg; break;
    case OPT_WAVES: o->waves = arg; break;
    case OPT_SEED: o->seed = cli_number(state, "--seed", arg, 0, UINT32_MAX); break;
    case OPT_TEMPERATURE: o->temperature = cli_real(state, "--temperature", arg, 0, 100); break;
    case OPT_TOP_K: o->top_k = cli_number(state, "--top-k", arg, 0, CLI_SAMPLE_MOST); break;
    case OPT_TOP_P: o->top_p = cli_real(state, "--top-p", arg, 0, 1); break;
    case OPT_IGNORE_EOS: o->ignore_eos = true; break;
    case OPT_BESIDE: o->beside = arg; break;
    case OPT_FIRMWARE: o->firmware = true; break;
    case OPT_WAIT: o->wait = cli_number(state, "--wait", arg, 0, 86400); break;
    default: return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

// ---- devices
static void uploading(void *ctx, uint64_t done, uint64_t all)
{
    (void)ctx;
    if (done < all)
        cli_progress("sending weights: %.1f of %.1f MB", (double)done / 1e6, (double)all / 1e6);
    else
        cli_progress(NULL);
}

static int start(runner *r, const char *device, const qn_prog *p, const char *waves)
{
    char name[CLI_DEVICE];
    qn_why why = {""};
    cli_device(name, device, p);
    int err = qn_dev_open(&r->dev, name, &why);
    if (err < 0) {
        cli_error(name, err, &why);
        return err;
    }
    qn_dev_stop_on(r->dev, &cli_stopped);
    qn_dev_progress_on(r->dev, uploading, NULL);
    if (waves && (err = qn_dev_waves(r->dev, waves)) < 0) {
        qn_fail(&why, err, err == QN_ERR_UNSUPPORTED ? "waves (make waves builds a quern that has them)" : "waves");
        cli_error(waves, err, &why);
        return err;
    }
    if ((err = qn_session_open(&r->s, r->dev, p, &why)) < 0)
        cli_error(qn_dev_name(r->dev), err, &why);
    return err;
}

// No step runs that the verifier has not gone through.
static int guard(const qn_prog *p, enum qn_prog_entry entry, const uint32_t *args, qn_why *why)
{
    return qn_verify_step(p, entry, args, NULL, why);
}

static void end(runner *r)
{
    qn_session_close(r->s);
    qn_dev_close(r->dev);
}

// Whether a board that failed like this may come back.
static bool may_return(const runner *r, int err)
{
    return qn_dev_is_board(qn_dev_name(r->dev)) &&
           (err == QN_ERR_NO_DEVICE || err == QN_ERR_RESET || err == QN_ERR_TIMEOUT || err == QN_ERR_LINK || err == QN_ERR_IO);
}

static void waiting(const runner *r, int err, const qn_why *why)
{
    fprintf(stderr, "%s: %s: %s: waiting for it\n", qn_dev_name(r->dev), qn_err_text(err), why->text);
}

// Tokens on one device: through the prefill entry where it is the prompt.
static int feed_one(runner *r, const uint32_t *tokens, uint32_t n, bool prompt, enum qn_session_want want, unsigned wait)
{
    qn_why why = {""};
    uint32_t from = qn_session_pos(r->s);
    int err = prompt ? qn_session_prefill(r->s, tokens, n, want, &why) : qn_session_decode(r->s, tokens[0], want, &why);
    while (wait && may_return(r, err)) {
        waiting(r, err, &why);
        if ((err = qn_session_resume(r->s, wait * 1000, &why)) < 0)
            break;
        uint32_t done = qn_session_pos(r->s) - from;
        err = prompt ? qn_session_prefill(r->s, tokens + done, n - done, want, &why) : done ? 0 : qn_session_decode(r->s, tokens[0], want, &why);
    }
    if (err < 0 && err != QN_ERR_STOPPED) {
        if (r->talking)
            putchar('\n');
        cli_error(qn_dev_name(r->dev), err, &why);
    }
    return err;
}

static int feed(run *x, const uint32_t *tokens, uint32_t n, bool prompt)
{
    enum qn_session_want want = x->logits ? QN_SESSION_LOGITS : QN_SESSION_PICK;
    int err = feed_one(&x->a, tokens, n, prompt, want, x->o->wait);
    if (err < 0)
        return err;
    if (x->b.s) {
        if ((err = feed_one(&x->b, tokens, n, prompt, want, 0)) < 0)
            return err;
        x->same_tokens &= qn_session_pick(x->a.s) == qn_session_pick(x->b.s);
    }
    uint32_t pos = qn_session_pos(x->a.s) - n, chunk = prompt ? x->m.prog.chunk : 1;
    for (uint32_t at = 0, k; at < n; at += k) {
        k = n - at < chunk ? n - at : chunk;
        qn_work_add(prompt ? &x->prefill_work : &x->decode_work, &x->m.prog, pos + at, k, at + k == n);
    }
    return 0;
}

// ---- text
static int put_text(run *x, qn_gguf_str s)
{
    if (!s.len)
        return 0;
    if (x->n_text + s.len + 1 > x->text_room) {
        size_t room = 2 * (x->n_text + s.len + 64);
        char *text = realloc(x->text, room);
        if (!text)
            return QN_ERR_NOMEM;
        x->text = text;
        x->text_room = room;
    }
    memcpy(x->text + x->n_text, s.ptr, s.len);
    x->n_text += s.len;
    if (!x->o->c.json) {
        fwrite(s.ptr, 1, s.len, stdout);
        fflush(stdout);
    }
    return 0;
}

// ---- the loop
static int next_token(run *x, uint32_t *t)
{
    if (!x->logits) {
        *t = qn_session_pick(x->a.s);
        return 0;
    }
    int err = qn_session_logits(x->a.s, x->logits);
    if (err < 0)
        return cli_error(qn_dev_name(x->a.dev), err, NULL), err;
    *t = cli_sample(&x->sampler, x->logits, x->m.prog.dims.vocab);
    return 0;
}

static int generate(run *x, qn_token_stream *stream)
{
    const run_options *o = x->o;
    cli_progress("%zu tokens of prompt on %s", x->n_prompt, qn_dev_name(x->a.dev));
    int err = feed(x, x->prompt, (uint32_t)x->n_prompt, true);
    cli_progress(NULL);
    if (!o->c.json) {
        fputs(o->prompt, stdout);
        fflush(stdout);
        x->a.talking = x->b.talking = true;
    }
    while (!err) {
        if (x->n_tokens == o->n) {
            x->finish = "length";
            break;
        }
        uint32_t t;
        if ((err = next_token(x, &t)) < 0)
            break;
        if (!o->ignore_eos && qn_token_is_end(x->m.token, t)) {
            x->finish = "stop";
            break;
        }
        x->tokens[x->n_tokens++] = t;
        if ((err = put_text(x, qn_token_stream_put(stream, t))) < 0)
            break;
        if (x->n_tokens == o->n)
            continue;
        if (qn_session_pos(x->a.s) == x->m.prog.context) {
            x->finish = "context";
            break;
        }
        err = feed(x, &t, 1, false);
    }
    if (err == QN_ERR_STOPPED)
        x->finish = "interrupt";
    else if (err < 0)
        return err;
    return put_text(x, qn_token_stream_end(stream));
}

// ---- the firmware's loop
typedef struct firmware_run {
    run *x;
    qn_token_stream *stream;
    int err;
} firmware_run;

static void firmware_token(void *ctx, uint32_t token)
{
    firmware_run *f = ctx;
    f->x->tokens[f->x->n_tokens++] = token;
    if (!f->err)
        f->err = put_text(f->x, qn_token_stream_put(f->stream, token));
}

static int firmware(run *x, qn_token_stream *stream)
{
    const run_options *o = x->o;
    firmware_run f = {.x = x, .stream = stream};
    uint32_t ends[8], vocab = x->m.prog.dims.vocab, n_ends = 0;
    for (uint32_t t = 0; t < vocab && !o->ignore_eos; t++)
        if (qn_token_is_end(x->m.token, t)) {
            if (n_ends == sizeof ends / sizeof *ends)
                return cli_error(x->m.path, QN_ERR_UNSUPPORTED, NULL), QN_ERR_UNSUPPORTED;
            ends[n_ends++] = t;
        }
    x->loop = (qn_session_loop){.most = o->n, .temperature = (float)o->temperature, .top_p = (float)o->top_p, .top_k = o->top_k,
                                .seed = x->sampler.state, .ends = ends, .n_ends = n_ends, .token = firmware_token, .ctx = &f};
    if (!o->c.json) {
        fputs(o->prompt, stdout);
        fflush(stdout);
        x->a.talking = true;
    }
    qn_why why = {""};
    int err = qn_session_generate(x->a.s, x->prompt, (uint32_t)x->n_prompt, &x->loop, &why);
    while (o->wait && may_return(&x->a, err)) {
        waiting(&x->a, err, &why);
        if ((err = qn_session_resume(x->a.s, o->wait * 1000, &why)) == 0)
            err = qn_session_generate(x->a.s, x->prompt, (uint32_t)x->n_prompt, &x->loop, &why);
    }
    if (err < 0) {
        if (x->a.talking)
            putchar('\n');
        cli_error(qn_dev_name(x->a.dev), err, &why);
        return err;
    }
    static const char *const finish[] = {"length", "stop", "context", "interrupt"};
    x->finish = finish[x->loop.finish];
    return f.err ? f.err : put_text(x, qn_token_stream_end(stream));
}

// ---- what comes after
// 1 yes, 0 no, -1 not known: nothing to compare with, or a step was broken off, which leaves the two apart.
static int same_bits(run *x, qn_session_digest *d)
{
    qn_session_digest e;
    if (qn_session_digest_get(x->a.s, d) < 0)
        return x->b.s ? 0 : -1;
    if (!x->b.s)
        return -1;
    if (strcmp(x->finish, "interrupt") == 0)
        return x->same_tokens ? -1 : 0;
    return qn_session_digest_get(x->b.s, &e) == 0 && x->same_tokens && d->a == e.a && d->b == e.b && d->kv == e.kv;
}

static cli_figures figures(const run *x)
{
    const runner *by = x->b.s && qn_dev_has_cycles(x->b.dev) ? &x->b : &x->a;
    return (cli_figures){
        .prog = &x->m.prog, .target = qn_dev_target(x->a.dev), .device = qn_dev_name(x->a.dev), .cycles = qn_dev_has_cycles(x->a.dev),
        .prefill = qn_session_prefill_cost(x->a.s), .decode = qn_session_decode_cost(x->a.s),
        .prefill_by = qn_session_prefill_cost(by->s), .decode_by = qn_session_decode_cost(by->s),
        .prefill_work = x->prefill_work, .decode_work = x->decode_work,
    };
}

// Clocks of both, where both have some
static bool both_cycles(const run *x, uint64_t *a, uint64_t *b)
{
    if (!x->b.s || qn_session_pos(x->a.s) != qn_session_pos(x->b.s) || !qn_dev_has_cycles(x->a.dev) || !qn_dev_has_cycles(x->b.dev))
        return false;
    *a = qn_session_prefill_cost(x->a.s)->count[0] + qn_session_decode_cost(x->a.s)->count[0];
    *b = qn_session_prefill_cost(x->b.s)->count[0] + qn_session_decode_cost(x->b.s)->count[0];
    return *a > 0;
}

// Text as JSON wants it: bytes that are no UTF-8 become U+FFFD.
static json_t *text_json(const char *s, size_t n)
{
    json_t *j = json_stringn(s ? s : "", n);
    if (j)
        return j;
    char *t = malloc(3 * n + 1);
    size_t m = 0;
    for (size_t i = 0, k; t && i < n; i += k) {
        for (k = n - i < 4 ? n - i : 4; k > 1; k--) {
            json_t *piece = (s[i] & 0x80) ? json_stringn(s + i, k) : NULL;
            bool whole = piece && ((s[i] & 0xe0) == 0xc0 ? k == 2 : (s[i] & 0xf0) == 0xe0 ? k == 3 : k == 4);
            json_decref(piece);
            if (whole)
                break;
        }
        bool good = k > 1 || !(s[i] & 0x80);
        memcpy(t + m, good ? s + i : "\xef\xbf\xbd", good ? k : 3);
        m += good ? k : 3;
    }
    j = json_stringn(t ? t : "", m);
    free(t);
    return j;
}

static void print_json(run *x, const qn_session_digest *d, int same)
{
    const cli_figures f = figures(x);
    char digest[48], weights[QN_WEIGHTS_TEXT];
    snprintf(digest, sizeof digest, "%08x%08x-%016llx", d->a, d->b, (unsigned long long)d->kv);
    json_t *j = json_object(), *ids = json_array();
    for (size_t i = 0; i < x->n_tokens; i++)
        json_array_append_new(ids, json_integer(x->tokens[i]));
    json_object_set_new(j, "prompt", text_json(x->o->prompt, strlen(x->o->prompt)));
    json_object_set_new(j, "text", text_json(x->text, x->n_text));
    json_object_set_new(j, "tokens", ids);
    json_object_set_new(j, "prompt_tokens", json_integer((json_int_t)x->n_prompt));
    json_object_set_new(j, "model", json_string(x->m.prog.model));
    json_object_set_new(j, "device", json_string(f.device));
    json_object_set_new(j, "target", json_string(f.target->name));
    json_object_set_new(j, "context", json_integer(x->m.prog.context));
    json_object_set_new(j, "weights", json_string(qn_weights_text(&x->m.prog.weights, weights)));
    json_object_set_new(j, "kv", json_integer(x->m.prog.kv_bits));
    json_object_set_new(j, "act", json_integer(cli_act_bits(&x->m.prog)));
    json_object_set_new(j, "act_fp8", json_boolean(x->m.prog.act_coarse && x->m.prog.act_bits == 16));
    json_object_set_new(j, "act_ggml", json_boolean(x->m.prog.act_ggml));
    if (x->o->firmware)
        json_object_set_new(j, "firmware", json_pack("{s:i, s:I, s:I}", "steps", (int)x->loop.steps, "core_cycles", (json_int_t)x->loop.clocks,
                            "cpu_cycles", (json_int_t)x->loop.work));
    else
        cli_figures_json(&f, j);
    json_object_set_new(j, "digest", json_string(digest));
    json_object_set_new(j, "same_bits", same < 0 ? json_null() : json_boolean(same));
    json_object_set_new(j, "beside", x->b.s ? json_string(qn_dev_name(x->b.dev)) : json_null());
    uint64_t a, b;
    if (both_cycles(x, &a, &b))
        json_object_set_new(j, "cycles_beside", json_integer((json_int_t)b));
    json_object_set_new(j, "temperature", json_real(x->o->temperature));
    json_object_set_new(j, "seed", x->logits ? json_integer(x->o->seed) : json_null());
    json_object_set_new(j, "finish_reason", json_string(x->finish));
    json_dumpf(j, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(9));
    putchar('\n');
    json_decref(j);
}

static void print_text(run *x, const qn_session_digest *d, int same)
{
    const cli_figures f = figures(x);
    printf("\n");
    if (strcmp(x->finish, "context") == 0)
        printf("(the context of %u tokens is full)\n", x->m.prog.context);
    else if (strcmp(x->finish, "interrupt") == 0)
        printf("(interrupted)\n");
    if (x->o->c.talk >= 0 && x->o->firmware) {
        printf("\n%s: %u tokens, %u steps, %llu cycles of the core, %llu of the CPU between them: %.1f tokens/s at %.4g MHz\n", f.device, x->loop.made,
               x->loop.steps, (unsigned long long)x->loop.clocks, (unsigned long long)x->loop.work,
               x->loop.made * (double)f.target->clock_hz / (double)(x->loop.clocks + x->loop.work + 1), f.target->clock_hz / 1e6);
        if (x->o->c.talk > 0)
            printf("digest %08x%08x-%016llx\n", d->a, d->b, (unsigned long long)d->kv);
    } else if (x->o->c.talk >= 0) {
        printf("\n");
        cli_figures_print(&f, x->o->c.talk > 0);
        if (x->o->c.talk > 0)
            printf("digest %08x%08x-%016llx\n", d->a, d->b, (unsigned long long)d->kv);
    }
    uint64_t a, b;
    if (x->o->c.talk >= 0 && both_cycles(x, &a, &b))
        printf("cycles that the model executor predicts: %llu of %llu (%+.3f %%)\n", (unsigned long long)b, (unsigned long long)a,
               100.0 * ((double)b - (double)a) / (double)a);
    if (x->b.s && same < 0)
        printf("same tokens as %s so far: yes\n", qn_dev_name(x->b.dev));
    else if (x->b.s)
        printf("same bits as the %s executor: %s\n", strncmp(qn_dev_name(x->b.dev), "model:", 6) == 0 ? "model" : qn_dev_name(x->b.dev),
               same ? "yes" : "no");
    if (qn_session_nonfinite(x->a.s))
        fprintf(stderr, "%s: warning: a value that is not finite was met\n", x->m.path);
}

static int report(run *x)
{
    qn_session_digest d = {0};
    qn_dev_stop_on(x->a.dev, NULL);      // what was interrupted is over; its digest is read all the same
    int same = same_bits(x, &d);
    if (x->o->c.json)
        print_json(x, &d, same);
    else
        print_text(x, &d, same);
    if (same == 0) {
        qn_why why = {""};
        qn_fail(&why, QN_ERR_MISMATCH, "tokens, logits or cache are not those of %s", qn_dev_name(x->b.dev));
        return cli_error(qn_dev_name(x->a.dev), QN_ERR_MISMATCH, &why);
    }
    return strcmp(x->finish, "interrupt") == 0 ? qn_err_exit(QN_ERR_STOPPED) : 0;
}

static int encode(run *x)
{
    qn_why why = {""};
    int err = qn_token_encode(x->m.token, x->o->prompt, strlen(x->o->prompt), QN_TOKEN_BOS, &x->prompt, &x->n_prompt);
    if (!err && x->n_prompt == 0)
        err = qn_fail(&why, QN_ERR_USAGE, "an empty prompt, and the model has no token to begin with");
    if (!err && x->n_prompt > x->m.prog.context)
        err = qn_fail(&why, QN_ERR_CONTEXT, "the prompt has %zu tokens, the context %u", x->n_prompt, x->m.prog.context);
    if (!err && !(x->tokens = calloc(x->o->n + 1u, sizeof *x->tokens)))
        err = QN_ERR_NOMEM;
    if (!err && x->o->temperature > 0 && !(x->logits = calloc(x->m.prog.dims.vocab, sizeof *x->logits)))
        err = QN_ERR_NOMEM;
    if (err < 0)
        cli_error("prompt", err, &why);
    return err;
}

int cmd_run(int argc, char **argv)
{
    static const struct argp_option options[] = {
        {"prompt", 'p', "TEXT", 0, "what to go on from (\"Once upon a time\")", 0},
        {"tokens", 'n', "N", 0, "tokens to generate (64)", 0},
        {"device", 'd', "DEVICE", 0, "where to run: quern devices lists them (model:ulx3s)", 0},
        {"ignore-eos", OPT_IGNORE_EOS, 0, 0, "go on after the end of the text", 0},
        {"temperature", OPT_TEMPERATURE, "T", 0, "draw tokens instead of taking the likeliest: 1 as the model says, less is safer (0: the likeliest)", 0},
        {"top-k", OPT_TOP_K, "K", 0, "draw from the K likeliest (256, the most)", 0},
        {"top-p", OPT_TOP_P, "P", 0, "draw from the likeliest whose probabilities sum to P (1)", 0},
        {"seed", OPT_SEED, "N", 0, "of the draws: the same seed gives the same text (0)", 0},
        {"beside", OPT_BESIDE, "DEVICE", 0, "run that too and compare all bits; none: do not (model for rtl, else none)", 0},
        {"firmware", OPT_FIRMWARE, 0, 0, "let the board's firmware generate and draw, token after token; it goes on when nobody looks on", 0},
        {"wait", OPT_WAIT, "SECONDS", 0, "when a board is unplugged or stops answering, wait so long for it and go on where it was (0)", 0},
        {"waves", OPT_WAVES, "FILE", 0, "write an FST trace (rtl)", 0},
        {0}};
    static const struct argp_child children[] = {{&cli_model_argp, 0, 0, 0}, {0}};
    const struct argp argp = {options, parse, "MODEL(.gguf or .qn)", "Generates text and says what it cost.", children, 0, 0};
    run_options o = {.prompt = "Once upon a time", .n = 64, .top_p = 1, .c = {.device = "model"}};
    argp_parse(&argp, argc, argv, 0, NULL, &o);
    char model[64];                      // of the same target and element
    snprintf(model, sizeof model, "model%.40s", o.c.device + strcspn(o.c.device, ":"));
    if (!o.beside)
        o.beside = strncmp(o.c.device, "rtl", 3) == 0 ? model : "none";

    run x = {.o = &o, .same_tokens = true, .finish = "length",
             .sampler = {.temperature = (float)o.temperature, .top_k = o.top_k, .top_p = (float)o.top_p, .state = o.seed}};
    qn_token_stream *stream = NULL;
    if (o.firmware && (!qn_dev_is_board(o.c.device) || strcmp(o.beside, "none") != 0)) {
        qn_why why = {""};
        qn_fail(&why, QN_ERR_USAGE, "it needs a board (--device usb:), and nothing beside it");
        return cli_error("--firmware", QN_ERR_USAGE, &why);
    }
    int code = 0, err = cli_load(&x.m, &o.c, 512);
    if (!err)
        err = encode(&x);
    if (!err)
        err = start(&x.a, o.c.device, &x.m.prog, o.waves);
    if (!err)
        qn_session_guard_by(x.a.s, guard);
    if (!err && strcmp(o.beside, "none") != 0)
        err = start(&x.b, o.beside, &x.m.prog, NULL);
    if (!err && (err = qn_token_stream_open(&stream, x.m.token, QN_TOKEN_CONTINUE)) < 0)
        cli_error(o.c.model, err, NULL);
    if (!err) {
        cli_catch();
        err = o.firmware ? firmware(&x, stream) : generate(&x, stream);
        code = err < 0 ? 0 : report(&x);
    }
    qn_token_stream_close(stream);
    end(&x.a);
    end(&x.b);
    free(x.text);
    free(x.prompt);
    free(x.tokens);
    free(x.logits);
    cli_free(&x.m);
    return err < 0 ? qn_err_exit(err) : code;
}
