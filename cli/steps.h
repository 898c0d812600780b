// SPDX-License-Identifier: Apache-2.0
// steps.h: what a chunk of a prompt and a decoded token cost at one position of a model on a device.
#ifndef QN_CLI_STEPS_H
#define QN_CLI_STEPS_H

#include "driver/qn_session.h"

enum { CLI_CHUNK, CLI_LAYERS, CLI_DECODE, CLI_STEPS };

typedef struct cli_step {
    const char *name, *text;
    uint32_t tokens;
    uint64_t cycles, planes, rows;       // of the device; planes the array consumed; rows that computed with them. 0 where it does not count
    double seconds;                      // of this machine
    double array, memory;                // utilization: the model's products over the array's capacity, its bytes over the port's
    double products, bytes;              // the model's, at least (qn_work.h)
} cli_step;

// Measures all three: the chunk ends at position `at`, the token is decoded there. Which tokens they are does not matter to any clock, so the cache up to there
// stays empty on devices that count cycles. QN_ERR_CONTEXT: there is no such position.
int cli_steps(cli_step x[CLI_STEPS], qn_dev *dev, const qn_prog *p, uint32_t at, qn_why *why);

#endif
