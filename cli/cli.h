// SPDX-License-Identifier: Apache-2.0
// cli.h: what the subcommands of `quern` share: options, loading a model, messages.
//
// A subcommand is a function cmd_NAME(argc, argv) with argv[0] "quern NAME"; it returns the process's exit code. Results go to
// standard output, everything else to standard error. Errors are one line, `file: what: why`.
#ifndef QN_CLI_H
#define QN_CLI_H

#include <argp.h>
#include <signal.h>
#include <stdbool.h>

#include "compiler/back/qn_compile.h"
#include "compiler/front/qn_token.h"
#include "driver/qn_dev.h"

#define QN_CLI_VERSION "quern 0.1.0"

int cmd_run(int argc, char **argv);
int cmd_compile(int argc, char **argv);
int cmd_inspect(int argc, char **argv);
int cmd_devices(int argc, char **argv);
int cmd_eval(int argc, char **argv);
int cmd_bench(int argc, char **argv);
int cmd_explore(int argc, char **argv);
int cmd_serve(int argc, char **argv);

// Options that several subcommands have. 0 and NULL: not given.
typedef struct cli_options {
    const char *model;               // the file, for those that have cli_model_argp
    const char *device, *target;     // "rtl:ulx3s"; "ulx3s"
    const char *device_target;       // what cli_load found for the device; NULL: any
    const char *weights, *group;     // "nf4"; "64" or "row"
    unsigned kv, act, ctx;
    bool act_ggml, act_coarse;
    bool json;
    int talk;                        // -1 quiet, 0, 1 verbose
} cli_options;

// Children of a subcommand's parser, which gives them its cli_options as child_inputs[0]: one or the other
extern const struct argp cli_common_argp;    // --json -v -q
extern const struct argp cli_model_argp;     // these and MODEL --weights --group --kv --act --ctx

// Parses a number of an option or ends the program with a message.
unsigned cli_number(struct argp_state *state, const char *option, const char *text, unsigned long min, unsigned long max);
double cli_real(struct argp_state *state, const char *option, const char *text, double min, double max);

// A model ready to run: from a GGUF file compiled here, or from a .qn file.
typedef struct cli_model {
    const char *path;
    qn_prog prog;
    qn_token *token;
    qn_gguf *gguf;                   // NULL: came from a .qn file
    double compile_seconds;
} cli_model;

// Loads for the target that `device` (NULL: "model") names; a .qn file says itself what its target is, and the default context of a
// GGUF file is at most `ctx_default` (0: the model's). The verifier has gone over what comes out. Prints what is wrong; returns 0 or a
// negative qn_err. Free it in both cases.
int cli_load(cli_model *m, const cli_options *o, unsigned ctx_default);
void cli_free(cli_model *m);

// Bits of the activations that meet weights: 4, 8 (of FP8 too) or 16.
int cli_act_bits(const qn_prog *p);

// The device string with its target: "model" and a program for mini give "model:mini"; a board's stays. Written to out.
enum { CLI_DEVICE = 288 };
const char *cli_device(char out[CLI_DEVICE], const char *device, const qn_prog *p);

// Prints `what: text of err: why` and returns err's exit code.
int cli_error(const char *what, int err, const qn_why *why);

// A line on standard error that the next one overwrites; nothing when that is no terminal. NULL clears it.
void cli_progress(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

// Set by Ctrl-C once cli_catch has been called; the second one ends the process at once.
extern volatile int cli_stopped;
void cli_catch(void);

// Flushes standard output; an error there is reported, and an exit code returned.
int cli_finish(int code);

#endif
