// SPDX-License-Identifier: Apache-2.0
// quern: compile language models for Quern and run them.
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "cli/cli.h"

static const struct {
    const char *name, *text;
    int (*run)(int argc, char **argv);
} commands[] = {
    {"run", "generate text with a model, and say what it cost", cmd_run},
    {"compile", "compile a GGUF model to a program file (.qn)", cmd_compile},
    {"inspect", "show a program: header, sections, instructions", cmd_inspect},
    {"devices", "list kinds of devices and targets", cmd_devices},
    {"eval", "perplexity of a text, next to the float path's", cmd_eval},
    {"bench", "cycles of prefill and decode on several devices", cmd_bench},
    {"explore", "elements, formats, targets and technologies side by side", cmd_explore},
    {"serve", "offer a device of this machine over TCP", cmd_serve},
};
enum { COMMANDS = sizeof commands / sizeof *commands };

static void usage(FILE *f)
{
    fprintf(f, "Usage: quern COMMAND [OPTION...]\n\n");
    for (int i = 0; i < COMMANDS; i++)
        fprintf(f, "  %-9s %s\n", commands[i].name, commands[i].text);
    fprintf(f, "\n`quern COMMAND --help` says more; `quern --version` gives the version.\n");
}

int main(int argc, char **argv)
{
    argp_err_exit_status = EX_USAGE;
    argp_program_version = QN_CLI_VERSION;
    signal(SIGXFSZ, SIG_IGN);            // a write beyond a limit is an error of that write, as a full disk is
    qn_dev_add_port(&qn_port_rtl);
    qn_dev_add_port(&qn_port_usb);
    qn_dev_add_port(&qn_port_tcp);
    qn_dev_add_port(&qn_port_serial);
    qn_dev_add_port(qn_port_platform());
    const char *name = argc > 1 ? argv[1] : "";
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0 || strcmp(name, "help") == 0) {
        usage(stdout);
        return cli_finish(0);
    }
    if (strcmp(name, "--version") == 0 || strcmp(name, "-V") == 0) {
        puts(QN_CLI_VERSION);
        return cli_finish(0);
    }
    for (int i = 0; i < COMMANDS; i++)
        if (strcmp(name, commands[i].name) == 0) {
            char program[32];
            snprintf(program, sizeof program, "quern %s", name);
            argv[1] = program;
            return cli_finish(commands[i].run(argc - 1, argv + 1));
        }
    if (argc < 2)
        usage(stderr);
    else
        fprintf(stderr, "quern: %.40s: no such command (quern --help lists them)\n", name);
    return EX_USAGE;
}
