// SPDX-License-Identifier: Apache-2.0
#include "compiler/back/qn_weights.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "compiler/back/qn_quantize.h"

// Sums of binary columns, named as their papers do.
static const struct sum {
    const char *name, *column;
    uint32_t columns;
} sums[] = {{"bcq2", "b1", 2}, {"bcq3", "b1", 3}, {"bcq4", "b1", 4}, {"db", "s1", 2}};

enum { SUMS = sizeof sums / sizeof *sums };

// What was asked for, and what there is instead of it.
static int none(const char *name, const char *group, qn_why *why)
{
    char list[512];
    const char *known = name;
    for (int i = 0; i < SUMS; i++)
        known = strcasecmp(name, sums[i].name) ? known : sums[i].column;
    qn_quantize_list(known, list, sizeof list);
    bool names = !qn_quantize_format(known, 0);
    return qn_fail(why, QN_ERR_USAGE, "--weights %.15s%s%.8s: there is %s%s", name, group ? " --group " : "", group ? group : "", list,
                   names ? " bcq2 bcq3 bcq4 db NARROW+WIDE:P% NARROW+WIDE:P%groups" : "");
}

// One format in groups of `group`: 0 the smallest, 1 the longest.
static const qn_fmt *find(const char *name, uint32_t group)
{
    if (group != 1)
        return qn_quantize_format(name, group);
    for (group = 256; group > 32 && !qn_quantize_format(name, group);)
        group /= 2;
    return qn_quantize_format(name, group);
}

static int find_one(qn_weights *w, uint32_t *id, const char *name, const char *group, qn_why *why)
{
    char *end = NULL;
    unsigned long n = w->rows ? 1 : group ? strtoul(group, &end, 10) : 0;
    const qn_fmt *f = w->rows || (n <= 256 && (!group || n > 1) && !(end && *end)) ? find(name, (uint32_t)n) : NULL;
    *id = f ? f->id : 0;
    return f ? 0 : none(name, group, why);
}

// `n` characters of a name; "q4" is an old one for "s4".
static void take_name(char out[16], const char *name, size_t n)
{
    snprintf(out, 16, "%.*s", (int)(n < 15 ? n : 15), name);
    if (out[0] == 'q' && out[1] >= '2' && out[1] <= '8' && !out[2])
        out[0] = 's';
}

// "10%", "12.5%groups"
static bool share_of(qn_weights *w, const char *text)
{
    char *end;
    double v = strtod(text, &end);
    if (!(v > 0 && v < 100) || *end++ != '%')
        return false;
    w->share = (uint32_t)(10 * v + 0.5);
    w->groups = strcmp(end, "groups") == 0;
    return w->share > 0 && w->share < 1000 && (w->groups || *end == 0);
}

// Groups of inputs have a length in common.
static int match_groups(qn_weights *w, const char *narrow, const char *wide, qn_why *why)
{
    const qn_fmt *f = qn_fmt_find(w->fmt), *g = qn_fmt_find(w->wide);
    char list[2][64];
    if (w->rows)
        return qn_fail(why, QN_ERR_USAGE, "--group row: groups of a row with one scale cannot differ");
    if (f->block != g->block)
        g = qn_quantize_format(wide, 32u * f->block);
    if (g) {
        w->wide = g->id;
        return 0;
    }
    qn_quantize_list(narrow, list[0], sizeof list[0]);
    qn_quantize_list(wide, list[1], sizeof list[1]);
    return qn_fail(why, QN_ERR_USAGE, "--weights %.15s+%.15s: groups have one length: there is %s, and %s", narrow, wide, list[0], list[1]);
}

int qn_weights_parse(qn_weights *w, const char *name, const char *group, qn_why *why)
{
    char narrow[16], wide[16];
    int err;
    name = name ? name : "s8";
    *w = (qn_weights){.sum = 1, .rows = group && strcmp(group, "row") == 0};
    for (int i = 0; i < SUMS; i++)
        if (strcasecmp(name, sums[i].name) == 0) {
            w->sum = sums[i].columns;
            err = find_one(w, &w->fmt, sums[i].column, group, NULL);
            return err < 0 ? none(name, group, why) : 0;
        }
    const char *plus = strchr(name, '+'), *colon = strchr(name, ':');
    if (!plus) {
        take_name(narrow, name, strlen(name));
        return find_one(w, &w->fmt, narrow, group, why);
    }
    if (!colon || colon < plus || !share_of(w, colon + 1))
        return qn_fail(why, QN_ERR_USAGE, "--weights %.40s: a mixture is NARROW+WIDE:P%% (of outputs) or NARROW+WIDE:P%%groups (of inputs), P above 0 and below 100",
                       name);
    take_name(narrow, name, (size_t)(plus - name));
    take_name(wide, plus + 1, (size_t)(colon - plus - 1));
    if ((err = find_one(w, &w->fmt, narrow, group, why)) < 0 || (err = find_one(w, &w->wide, wide, group, why)) < 0)
        return err;
    return w->groups ? match_groups(w, narrow, wide, why) : 0;
}

const char *qn_weights_text(const qn_weights *w, char text[QN_WEIGHTS_TEXT])
{
    const qn_fmt *f = qn_fmt_find(w->fmt), *g = qn_fmt_find(w->wide);
    if (w->sum > 1)
        snprintf(text, QN_WEIGHTS_TEXT, "sum of %u %.10s", w->sum, f->name);
    else if (g)
        snprintf(text, QN_WEIGHTS_TEXT, "%.10s+%.10s:%g%%%s", f->name, g->name, w->share / 10.0, w->groups ? "groups" : "");
    else
        snprintf(text, QN_WEIGHTS_TEXT, "%.10s", f->name);
    return text;
}

bool qn_weights_ok(const qn_weights *w)
{
    return qn_fmt_find(w->fmt) && w->sum >= 1 && w->sum <= 4 && (!w->wide || qn_fmt_find(w->wide)) && w->share < 1000 && w->groups <= 1 && w->rows <= 1;
}
