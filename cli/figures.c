// SPDX-License-Identifier: Apache-2.0
#include "cli/figures.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OPERATORS_MAX = 64 };

typedef struct operators {
    const char *name[OPERATORS_MAX];
    uint64_t cycles[OPERATORS_MAX][2];   // prefill, decode
    int n;
} operators;

static const char *const kinds[QN_KINDS] = {"weights", "kv", "activations", "program"};
static const struct {
    const char *name, *text;
    int count;
} units[] = {
    {"array", "array, planes consumed", QN_COUNT(ARRAY)}, {"starve", "array, waiting for planes", QN_COUNT(STARVE)},
    {"matrix", "matrix unit busy", QN_COUNT(MATRIX)},     {"vector", "vector unit busy", QN_COUNT(VECTOR)},
    {"load", "load unit busy", QN_COUNT(LOAD)},           {"store", "store unit busy", QN_COUNT(STORE)},
};
enum { UNITS = sizeof units / sizeof *units };

// Marks of one name are one operator, in order of first appearance.
static operators by_operator(const cli_figures *f)
{
    operators o = {.n = 0};
    for (uint32_t k = 0; k < f->prog->n_mark; k++) {
        const char *name = f->prog->mark[k].name;
        int i = 0;
        while (i < o.n && strcmp(o.name[i], name) != 0)
            i++;
        if (i == OPERATORS_MAX)
            break;
        if (i == o.n)
            o.name[o.n++] = name;
        o.cycles[i][0] += f->prefill_by->mark_cycles[k];
        o.cycles[i][1] += f->decode_by->mark_cycles[k];
    }
    return o;
}

static double ratio(double a, double b)
{
    return b > 0 ? a / b : 0;
}

static double per_token(const qn_session_cost *c, uint64_t value)
{
    return ratio((double)value, c->tokens);
}

static double array_share(const cli_figures *f, const qn_session_cost *c, const qn_work *w)
{
    return ratio(w->products, (double)f->target->depth * f->target->planes * f->target->rows * (double)c->count[QN_COUNT(CYCLES)]);
}

// The memory port moves a line, a word of 4 bytes for each stripe, a cycle.
static double memory_share(const cli_figures *f, const qn_session_cost *c, const qn_work *w)
{
    return ratio(w->bytes, 4.0 * f->target->planes * (double)c->count[QN_COUNT(CYCLES)]);
}

static double speed(const cli_figures *f, const qn_session_cost *c)
{
    return ratio(c->tokens * (double)f->target->clock_hz, (double)c->count[QN_COUNT(CYCLES)]);
}

static uint64_t moved(const qn_session_cost *c, int kind)
{
    return 4 * (c->count[QN_COUNT(READ) + kind] + c->count[QN_COUNT(WRITE) + kind]);
}

// ---- JSON
static json_t *pair(const cli_figures *f, double prefill, double decode)
{
    json_t *j = json_object();
    json_object_set_new(j, "prefill", f->prefill->tokens ? json_real(prefill) : json_null());
    json_object_set_new(j, "decode", f->decode->tokens ? json_real(decode) : json_null());
    return j;
}

static json_t *cycles_json(const cli_figures *f)
{
    json_t *j = json_object(), *unit = json_object(), *op = json_object();
    json_object_set_new(j, "prefill", json_integer((json_int_t)f->prefill->count[QN_COUNT(CYCLES)]));
    json_object_set_new(j, "prefill_per_token", json_real(per_token(f->prefill, f->prefill->count[QN_COUNT(CYCLES)])));
    json_object_set_new(j, "decode", json_integer((json_int_t)f->decode->count[QN_COUNT(CYCLES)]));
    json_object_set_new(j, "decode_per_token", json_real(per_token(f->decode, f->decode->count[QN_COUNT(CYCLES)])));
    for (int i = 0; i < UNITS; i++)
        json_object_set_new(unit, units[i].name, json_integer((json_int_t)(f->prefill->count[units[i].count] + f->decode->count[units[i].count])));
    json_object_set_new(j, "by_unit", unit);
    if (!f->decode_by || !(f->decode_by->profiled || f->prefill_by->profiled)) {
        json_decref(op);
        json_object_set_new(j, "by_operator", json_null());
        return j;
    }
    operators o = by_operator(f);
    for (int i = 0; i < o.n; i++)
        json_object_set_new(op, o.name[i], json_pack("{s:I, s:I}", "prefill", (json_int_t)o.cycles[i][0], "decode", (json_int_t)o.cycles[i][1]));
    json_object_set_new(j, "by_operator", op);
    return j;
}

static json_t *bytes_json(const cli_figures *f)
{
    json_t *j = json_object(), *read = json_object(), *written = json_object();
    for (int k = 0; k < QN_KINDS; k++) {
        json_object_set_new(j, kinds[k], json_integer((json_int_t)(moved(f->prefill, k) + moved(f->decode, k))));
        json_object_set_new(read, kinds[k],
                            json_integer((json_int_t)(4 * (f->prefill->count[QN_COUNT(READ) + k] + f->decode->count[QN_COUNT(READ) + k]))));
        json_object_set_new(written, kinds[k],
                            json_integer((json_int_t)(4 * (f->prefill->count[QN_COUNT(WRITE) + k] + f->decode->count[QN_COUNT(WRITE) + k]))));
    }
    json_object_set_new(j, "read", read);
    json_object_set_new(j, "written", written);
    json_object_set_new(j, "useful", json_real(f->prefill_work.bytes + f->decode_work.bytes));
    return j;
}

void cli_figures_json(const cli_figures *f, json_t *j)
{
    static const char *const names[] = {"cycles", "utilization", "bytes", "tokens_per_second", "simulator_cycles_per_second"};
    json_object_set_new(j, "clock_hz", json_integer(f->target->clock_hz));
    json_object_set_new(j, "tokens_taken", json_pack("{s:i, s:i}", "prefill", (int)f->prefill->tokens, "decode", (int)f->decode->tokens));
    json_object_set_new(j, "seconds", pair(f, f->prefill->seconds, f->decode->seconds));
    if (!f->cycles) {
        for (int i = 0; i < 5; i++)
            json_object_set_new(j, names[i], json_null());
        return;
    }
    const qn_session_cost *p = f->prefill, *d = f->decode;
    json_object_set_new(j, "cycles", cycles_json(f));
    // Decode is what a machine is judged by; without a decoded token it is the prompt
    const qn_session_cost *main = d->tokens ? d : p;
    const qn_work *work = d->tokens ? &f->decode_work : &f->prefill_work;
    json_t *u = json_pack("{s:f, s:f}", "array", array_share(f, main, work), "memory", memory_share(f, main, work));
    json_object_set_new(u, "array_apart", pair(f, array_share(f, p, &f->prefill_work), array_share(f, d, &f->decode_work)));
    json_object_set_new(u, "memory_apart", pair(f, memory_share(f, p, &f->prefill_work), memory_share(f, d, &f->decode_work)));
    json_object_set_new(j, "utilization", u);
    json_object_set_new(j, "bytes", bytes_json(f));
    json_object_set_new(j, "tokens_per_second", json_real(speed(f, main)));
    json_object_set_new(j, "tokens_per_second_apart", pair(f, speed(f, p), speed(f, d)));
    json_object_set_new(j, "simulator_cycles_per_second", json_real(ratio((double)main->count[QN_COUNT(CYCLES)], main->seconds)));
    json_object_set_new(j, "simulator_cycles_per_second_apart", pair(f, ratio((double)p->count[QN_COUNT(CYCLES)], p->seconds),
                                                                    ratio((double)d->count[QN_COUNT(CYCLES)], d->seconds)));
}

// ---- text
static const char *cell(char out[32], bool there, const char *fmt, double v)
{
    if (there)
        snprintf(out, 32, fmt, v);
    else
        snprintf(out, 32, "-");
    return out;
}

static void row(const cli_figures *f, const char *text, const char *fmt, double prefill, double decode)
{
    char a[32], b[32];
    printf("  %-34s %14s %14s\n", text, cell(a, f->prefill->tokens, fmt, prefill), cell(b, f->decode->tokens, fmt, decode));
}

static void operator_rows(const cli_figures *f)
{
    operators o = by_operator(f);
    printf("cycles per token, by operator\n");
    for (int i = 0; i < o.n; i++)
        row(f, o.name[i], "%.0f", per_token(f->prefill_by, o.cycles[i][0]), per_token(f->decode_by, o.cycles[i][1]));
}

void cli_figures_print(const cli_figures *f, bool verbose)
{
    const qn_session_cost *p = f->prefill, *d = f->decode;
    const uint64_t pc = p->count[QN_COUNT(CYCLES)], dc = d->count[QN_COUNT(CYCLES)];
    printf("%-36s %14s %14s\n", f->device, "prefill", "decode");
    row(f, "tokens", "%.0f", p->tokens, d->tokens);
    if (!f->cycles) {
        row(f, "tokens/s of this machine", "%.1f", ratio(p->tokens, p->seconds), ratio(d->tokens, d->seconds));
        return;
    }
    row(f, "cycles per token", "%.0f", per_token(p, pc), per_token(d, dc));
    char text[64];
    snprintf(text, sizeof text, "tokens/s at %.4g MHz", f->target->clock_hz / 1e6);
    row(f, text, "%.1f", speed(f, p), speed(f, d));
    row(f, "array utilization", "%.1f %%", 100 * array_share(f, p, &f->prefill_work), 100 * array_share(f, d, &f->decode_work));
    row(f, "memory utilization", "%.1f %%", 100 * memory_share(f, p, &f->prefill_work), 100 * memory_share(f, d, &f->decode_work));
    printf("bytes per token, by kind\n");
    for (int k = 0; k < QN_KINDS; k++)
        row(f, kinds[k], "%.0f", per_token(p, moved(p, k)), per_token(d, moved(d, k)));
    if (verbose)
        row(f, "useful, each once", "%.0f", ratio(f->prefill_work.bytes, p->tokens), ratio(f->decode_work.bytes, d->tokens));
    printf("cycles per token, by unit (units overlap)\n");
    for (int i = 0; i < UNITS; i++)
        row(f, units[i].text, "%.0f", per_token(p, p->count[units[i].count]), per_token(d, d->count[units[i].count]));
    if (f->decode_by && (f->decode_by->profiled || f->prefill_by->profiled))
        operator_rows(f);
    printf("simulation\n");
    row(f, "cycles/s on this machine", "%.0f", ratio((double)pc, p->seconds), ratio((double)dc, d->seconds));
}
