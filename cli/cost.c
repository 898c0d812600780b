// SPDX-License-Identifier: Apache-2.0
#include "cli/cost.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

// bench/ppa/results.json, as the linker names what it is given (cli.mk)
extern const char _binary_bench_ppa_results_json_start[], _binary_bench_ppa_results_json_end[];

struct cost_table {
    json_t *all;
};

static const struct technology {
    const char *name, *unit;
    double room;
} technologies[] = {{"ecp5", "LUT4", 83640}, {"osu018", "um2", 0}};

static const char *const elements[] = {"shiftadd", "lut", "mul"};

cost_table *cost_load(qn_why *why)
{
    cost_table *t = calloc(1, sizeof *t);
    json_error_t e;
    const char *text = _binary_bench_ppa_results_json_start;
    if (t && (t->all = json_loadb(text, (size_t)(_binary_bench_ppa_results_json_end - text), 0, &e)))
        return t;
    qn_fail(why, t ? QN_ERR_FORMAT : QN_ERR_NOMEM, "results.json: line %d: %.100s", t ? e.line : 0, t ? e.text : "");
    free(t);
    return NULL;
}

void cost_free(cost_table *t)
{
    if (t)
        json_decref(t->all);
    free(t);
}

const char *cost_technology(size_t i)
{
    return i < sizeof technologies / sizeof *technologies ? technologies[i].name : NULL;
}

const char *cost_element(const cost_table *t, size_t i)
{
    (void)t;
    return i < sizeof elements / sizeof *elements ? elements[i] : NULL;
}

static double number(const json_t *j, const char *key)
{
    return json_number_value(json_object_get(j, key));
}

bool cost_of(const cost_table *t, const char *technology, const char *element, const qn_target *target, cost *c)
{
    char key[48];
    const struct technology *tech = NULL;
    for (size_t i = 0; i < sizeof technologies / sizeof *technologies; i++)
        if (strcmp(technologies[i].name, technology) == 0)
            tech = &technologies[i];
    snprintf(key, sizeof key, "element_%.30s", element);
    const json_t *j = json_object_get(json_object_get(t->all, key), technology);
    if (!tech || !json_is_object(j) || number(j, "depth") != target->depth || number(j, "rows") <= 0 || number(j, "clock_mhz") <= 0)
        return false;
    double times = target->rows * target->planes / number(j, "rows");
    *c = (cost){tech->unit, number(j, "area") * times, tech->room, 1e6 * number(j, "clock_mhz"), 1e-12 * number(j, "energy_idle_pj") * times,
                1e-12 * number(j, "energy_row_pj")};
    return true;
}
