// SPDX-License-Identifier: Apache-2.0
// cost.h: what the array's elements cost where they were measured: the entries element_NAME of bench/ppa/results.json (bench/ppa/README.md says how),
// which are linked into the program.
//
//     cost_table *t = cost_load(&why);
//     cost c;
//     if (cost_of(t, "osu018", "lut", target, &c)) ... c.area, c.energy_row ...
#ifndef QN_CLI_COST_H
#define QN_CLI_COST_H

#include <stdbool.h>

#include "driver/qn_err.h"
#include "rtl/spec/qn_isa.h"

typedef struct cost_table cost_table;

typedef struct cost {
    const char *unit;                // of the area: "LUT4", "um2"
    double area;                     // of all rows of all stripes, with what loads them
    double room;                     // there is of it; 0: as much as one likes
    double clock_hz;                 // the fastest they reach there
    double energy_idle, energy_row;  // J a clock: of the whole array while it waits, and more for each row of each stripe that computes. 0: not measured
} cost;

// NULL and `why` where what was linked in is not as it should be.
cost_table *cost_load(qn_why *why);
void cost_free(cost_table *t);

// Technologies and elements that were measured, NULL past the end.
const char *cost_technology(size_t i);
const char *cost_element(const cost_table *t, size_t i);

// False where this element was not measured in this technology with the target's depth.
bool cost_of(const cost_table *t, const char *technology, const char *element, const qn_target *target, cost *c);

#endif
