// SPDX-License-Identifier: Apache-2.0
// quern devices: the kinds of devices, the targets that they can be, and the boards that are plugged in.
#include <jansson.h>
#include <stdio.h>

#include "cli/cli.h"
#include "driver/wire/qn_usb.h"

enum { BOARDS = 16 };

static json_t *target_json(const qn_target *t)
{
    return json_pack("{s:s, s:s, s:i, s:i, s:I, s:I, s:s, s:s}", "name", t->name, "text", t->text, "rows", (int)t->rows, "lanes",
                     (int)t->lanes, "memory_bytes", (json_int_t)t->mem_bytes, "clock_hz",
                     (json_int_t)t->clock_hz, "memory", t->memory.name, "element", qn_element_at(t->element)->name);
}

static int print_json(void)
{
    json_t *all = json_pack("{s:[], s:[], s:[], s:[]}", "kinds", "targets", "elements", "boards");
    for (size_t i = 0; qn_dev_port_at(i); i++)
        json_array_append_new(json_object_get(all, "kinds"),
                              json_pack("{s:s, s:s}", "name", qn_dev_port_at(i)->name, "text", qn_dev_port_at(i)->text));
    for (size_t i = 0; qn_target_at(i); i++)
        json_array_append_new(json_object_get(all, "targets"), target_json(qn_target_at(i)));
    for (size_t i = 0; qn_element_at(i); i++)
        json_array_append_new(json_object_get(all, "elements"),
                              json_pack("{s:s, s:s}", "name", qn_element_at(i)->name, "text", qn_element_at(i)->text));
    qn_usb_device list[BOARDS];
    int n = qn_usb_list(list, BOARDS, NULL);
    for (int i = 0; i < n && i < BOARDS; i++)
        json_array_append_new(json_object_get(all, "boards"), json_pack("{s:s, s:s, s:s}", "serial", list[i].serial, "product", list[i].product,
                              "state", list[i].err ? qn_err_text(list[i].err) : "free"));
    json_dumpf(all, stdout, JSON_INDENT(2));
    putchar('\n');
    json_decref(all);
    return 0;
}

typedef struct devices_options {
    cli_options c;
    bool rule;
} devices_options;

enum { OPT_RULE = 600 };

static error_t parse(int key, char *arg, struct argp_state *state)
{
    devices_options *o = state->input;
    (void)arg;
    switch (key) {
    case ARGP_KEY_INIT: state->child_inputs[0] = &o->c; break;
    case OPT_RULE: o->rule = true; break;
    default: return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

int cmd_devices(int argc, char **argv)
{
    devices_options o = {0};
    static const struct argp_option options[] = {
        {"rule", OPT_RULE, 0, 0, "print the udev rule that lets users open boards on USB (/etc/udev/rules.d/60-quern.rules) and nothing else", 0},
        {0}};
    static const struct argp_child children[] = {{&cli_common_argp, 0, 0, 0}, {0}};
    const struct argp argp = {options, parse, "", "Lists what --device takes: KIND:TARGET, KIND:TARGET/ELEMENT for rows of another element, and boards.", children, 0, 0};
    argp_parse(&argp, argc, argv, 0, NULL, &o);
    if (o.rule) {
        puts(qn_usb_rule);
        return 0;
    }
    if (o.c.json)
        return print_json();
    printf("kind\n");
    for (size_t i = 0; qn_dev_port_at(i); i++)
        printf("  %-8s %s\n", qn_dev_port_at(i)->name, qn_dev_port_at(i)->text);
    printf("target\n");
    for (size_t i = 0; qn_target_at(i); i++) {
        const qn_target *t = qn_target_at(i);
        printf("  %-8s %s: %u rows of %s, %u vector lanes, %llu MB, %.4g MHz\n", t->name, t->text, t->rows,
               qn_element_at(t->element)->name, t->lanes,
               (unsigned long long)(t->mem_bytes >> 20), t->clock_hz / 1e6);
    }
    printf("element (TARGET/ELEMENT)\n");
    for (size_t i = 0; qn_element_at(i); i++)
        printf("  %-8s %s\n", qn_element_at(i)->name, qn_element_at(i)->text);
    qn_usb_device list[BOARDS];
    qn_why why = {""};
    int n = qn_usb_list(list, BOARDS, &why);
    printf("board\n%s", n == 0 ? "  none is plugged in\n" : "");
    for (int i = 0; i < n && i < BOARDS; i++)
        printf("  usb:%-12s %s: %s\n", list[i].serial, list[i].product[0] ? list[i].product : "a device that may not be opened",
               list[i].err ? qn_err_text(list[i].err) : "free");
    if (n < 0)
        printf("  %s: %s\n", qn_err_text(n), why.text);
    return 0;
}
