// SPDX-License-Identifier: Apache-2.0
// figures.h: what an architect wants to know of a run, from the sessions' costs.
#ifndef QN_FIGURES_H
#define QN_FIGURES_H

#include <jansson.h>

#include "compiler/back/qn_work.h"
#include "driver/qn_session.h"

typedef struct cli_figures {
    const qn_prog *prog;
    const qn_target *target;
    const char *device;
    bool cycles;                         // the device counts them
    const qn_session_cost *prefill, *decode;
    const qn_session_cost *prefill_by, *decode_by;   // where mark_cycles come from: the same, or the model executor's beside it
    qn_work prefill_work, decode_work;
} cli_figures;

// "cycles", "utilization", "bytes", "tokens_per_second", "simulator_cycles_per_second" ... into an object; null where unknown.
void cli_figures_json(const cli_figures *f, json_t *object);

// A table on standard output.
void cli_figures_print(const cli_figures *f, bool verbose);

#endif
