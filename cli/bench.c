// SPDX-License-Identifier: Apache-2.0
// quern bench: what a full chunk of a prompt and a decoded token cost at one position, on several devices.
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/steps.h"

typedef struct bench_options {
    cli_options c;
    unsigned at;
} bench_options;

enum { OPT_AT = 600 };

static error_t parse(int key, char *arg, struct argp_state *state)
{
    bench_options *o = state->input;
    switch (key) {
    case ARGP_KEY_INIT: state->child_inputs[0] = &o->c; break;
    case 'd': o->c.device = arg; break;
    case OPT_AT: o->at = cli_number(state, "--at", arg, 1, 1u << 24); break;
    default: return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

static void print_text(const qn_dev *dev, const cli_step *x, uint32_t at)
{
    const qn_target *t = qn_dev_target(dev);
    printf("%s, position %u\n", qn_dev_name(dev), at);
    for (int k = 0; k < CLI_STEPS; k++) {
        printf("  %-30s %3u tokens ", x[k].text, x[k].tokens);
        if (x[k].cycles)
            printf("%12llu cycles %9.1f tokens/s  array %5.1f %%  memory %5.1f %%  simulated at %.0f cycles/s\n", (unsigned long long)x[k].cycles,
                   x[k].tokens * (double)t->clock_hz / (double)x[k].cycles, 100 * x[k].array, 100 * x[k].memory,
                   (double)x[k].cycles / x[k].seconds);
        else
            printf("%12.3f ms of this machine %9.1f tokens/s\n", 1e3 * x[k].seconds, x[k].tokens / x[k].seconds);
    }
    if (x[CLI_CHUNK].cycles)
        printf("  chunk / decoded token, layers  %.3f\n", (double)x[CLI_CHUNK].cycles / (double)x[CLI_LAYERS].cycles);
}

static json_t *to_json(const qn_dev *dev, const cli_step *x, uint32_t at)
{
    const qn_target *t = qn_dev_target(dev);
    json_t *j = json_pack("{s:s, s:s, s:i, s:i}", "device", qn_dev_name(dev), "target", t->name, "clock_hz", (int)t->clock_hz, "position", (int)at);
    for (int k = 0; k < CLI_STEPS; k++) {
        json_t *s = json_pack("{s:i, s:f}", "tokens", (int)x[k].tokens, "seconds", x[k].seconds);
        if (x[k].cycles)
            json_object_update_new(s, json_pack("{s:I, s:f, s:f, s:f, s:f}", "cycles", (json_int_t)x[k].cycles, "tokens_per_second",
                                                x[k].tokens * (double)t->clock_hz / (double)x[k].cycles, "array", x[k].array, "memory",
                                                x[k].memory, "simulator_cycles_per_second", (double)x[k].cycles / x[k].seconds));
        json_object_set_new(j, x[k].name, s);
    }
    json_object_set_new(j, "chunk_per_decode_layers",
                        x[CLI_CHUNK].cycles ? json_real((double)x[CLI_CHUNK].cycles / (double)x[CLI_LAYERS].cycles) : json_null());
    return j;
}

// One device: compiles for its target and measures.
static int bench(const bench_options *o, const char *device, json_t *all)
{
    cli_options c = o->c;
    cli_model m;
    char name[CLI_DEVICE];
    qn_why why = {""};
    qn_dev *dev = NULL;
    cli_step x[CLI_STEPS];
    c.device = device;
    int err = cli_load(&m, &c, 512);
    if (err < 0) {
        cli_free(&m);
        return err;
    }
    cli_device(name, device, &m.prog);
    err = qn_dev_open(&dev, name, &why);
    if (!err) {
        qn_dev_stop_on(dev, &cli_stopped);
        err = cli_steps(x, dev, &m.prog, o->at, &why);
    }
    if (err < 0)
        cli_error(name, err, &why);
    else if (o->c.json)
        json_array_append_new(all, to_json(dev, x, o->at));
    else
        print_text(dev, x, o->at);
    fflush(stdout);
    qn_dev_close(dev);
    cli_free(&m);
    return err;
}

int cmd_bench(int argc, char **argv)
{
    static const struct argp_option options[] = {
        {"device", 'd', "DEVICE,...", 0, "devices, with commas between them (cpu,model:ulx3s)", 0},
        {"at", OPT_AT, "POSITION", 0, "where the chunk ends and the token is decoded (128)", 0},
        {0}};
    static const struct argp_child children[] = {{&cli_model_argp, 0, 0, 0}, {0}};
    const struct argp argp = {options, parse, "MODEL(.gguf or .qn)", "What prompts and decoded tokens cost, on several devices.", children, 0, 0};
    bench_options o = {.c = {.device = "cpu,model:ulx3s"}, .at = 128};
    argp_parse(&argp, argc, argv, 0, NULL, &o);
    cli_catch();
    json_t *all = json_array();
    char *list = strdup(o.c.device), *next = NULL;
    int err = list ? 0 : QN_ERR_NOMEM;
    for (char *d = list ? strtok_r(list, ",", &next) : NULL; d && !err; d = strtok_r(NULL, ",", &next))
        err = bench(&o, d, all);
    if (!err && o.c.json) {
        json_t *j = json_pack("{s:O}", "devices", all);
        json_dumpf(j, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(9));
        putchar('\n');
        json_decref(j);
    }
    json_decref(all);
    free(list);
    return qn_err_exit(err);
}
