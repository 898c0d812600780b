// SPDX-License-Identifier: Apache-2.0
// quern serve: an executor of this machine as a board that others reach over TCP (--device tcp:HOST:PORT there).
#include <stdio.h>

#include "cli/cli.h"
#include "driver/serve/qn_serve.h"

enum { STEP_MS = 200 };

typedef struct serve_options {
    cli_options c;
    const char *bind;
    unsigned port;
} serve_options;

enum { OPT_BIND = 500, OPT_PORT };

static error_t parse(int key, char *arg, struct argp_state *state)
{
    serve_options *o = state->input;
    switch (key) {
    case ARGP_KEY_INIT: state->child_inputs[0] = &o->c; break;
    case 'd': o->c.device = arg; break;
    case OPT_BIND: o->bind = arg; break;
    case OPT_PORT: o->port = cli_number(state, "--port", arg, 0, 65535); break;
    default: return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

int cmd_serve(int argc, char **argv)
{
    static const struct argp_option options[] = {
        {"device", 'd', "DEVICE", 0, "what to offer: a kind and a target (model:ulx3s)", 0},
        {"bind", OPT_BIND, "ADDRESS", 0, "of this machine, where to listen (127.0.0.1); whoever reaches it may use the device: there is no password", 0},
        {"port", OPT_PORT, "N", 0, "0: any that is free (7531)", 0},
        {0}};
    static const struct argp_child children[] = {{&cli_common_argp, 0, 0, 0}, {0}};
    const struct argp argp = {options, parse, "", "Offers a device of this machine over TCP, to one client at a time, until Ctrl-C.", children, 0, 0};
    serve_options o = {.bind = "127.0.0.1", .port = 7531, .c = {.device = "model:ulx3s"}};
    argp_parse(&argp, argc, argv, 0, NULL, &o);
    qn_why why = {""};
    qn_board *b = NULL;
    qn_serve *s = NULL;
    char port[16];
    snprintf(port, sizeof port, "%u", o.port);
    int err = qn_board_open(&b, o.c.device, 0, &why);
    if (err < 0)
        return cli_error(o.c.device, err, &why);
    if ((err = qn_serve_open(&s, b, o.bind, port, &why)) < 0) {
        cli_error("serve", err, &why);
    } else {
        printf(o.c.json ? "{\"device\": \"tcp:%s\"}\n" : "tcp:%s\n", qn_serve_place(s));
        fflush(stdout);
        cli_catch();
        while (!err && !cli_stopped)
            err = qn_serve_step(s, STEP_MS);
        if (err < 0)
            cli_error("serve", err, NULL);
    }
    qn_serve_close(s);
    qn_board_close(b);
    return err < 0 ? qn_err_exit(err) : 0;
}
