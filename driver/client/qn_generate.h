// SPDX-License-Identifier: Apache-2.0
// qn_generate.h: text by the device's firmware (GENERATE of rtl/spec/mailbox.def): the host gives a prompt and reads tokens; the device goes on
// when the host is away.
//
//     qn_generate g = {.prog = &prog, .most = 64, .temperature = 0.8f, .top_p = 0.95f, .seed = 7, .ends = ends, .n_ends = 2};
//     int err = qn_generate_load(c, &prog);                      // image, windows, an empty cache
//     if (!err)
//         err = qn_generate_begin(c, &g, prompt, n_prompt);
//     while (!err && !g.done)
//         err = qn_generate_look(c, &g, tokens, room, &n);       // those that are new
#ifndef QN_GENERATE_H
#define QN_GENERATE_H

#include "compiler/back/qn_prog.h"
#include "driver/client/qn_client.h"

typedef struct qn_generate {
    const qn_prog *prog;
    uint32_t most;                   // tokens at most
    float temperature, top_p;        // 0: the greatest logit; 1: all
    uint32_t top_k;                  // 0: 256
    uint64_t seed;
    const uint32_t *ends;            // tokens that end the text, QN_MB_ENDS at most
    uint32_t n_ends;
    // Filled in by begin and look
    uint32_t text, length, bell;     // word address; tokens at the start; what was rung
    uint32_t seen;                   // tokens given to the host
    bool done;
    uint32_t finish;                 // a QN_MB_FINISH
    uint64_t clocks, work;           // of the core, and of the CPU between its steps
} qn_generate;

// Weights that are there already are not sent again. QN_ERR_TOO_LARGE: no room for the text behind the program's windows.
int qn_generate_load(qn_client *c, const qn_prog *p);
int qn_generate_begin(qn_client *c, qn_generate *g, const uint32_t *tokens, uint32_t n);

// What has come since: at most `room` tokens, *n. When `done`, all of them were given; an error is how GENERATE ended.
int qn_generate_look(qn_client *c, qn_generate *g, uint32_t *tokens, uint32_t room, uint32_t *n);

int qn_generate_stop(qn_client *c);  // after the step it is in

#endif
