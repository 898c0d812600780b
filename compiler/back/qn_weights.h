// SPDX-License-Identifier: Apache-2.0
// qn_weights.h: what `--weights` and `--group` say about tensors stored as floats.
//
//     qn_weights w;
//     int err = qn_weights_parse(&w, "s4+s8:10%", "128", &why);      // a tenth of the outputs at 8 bits
//     char text[QN_WEIGHTS_TEXT];
//     puts(qn_weights_text(&w, text));                               // "S4G128+S8G128:10%"
//
// A name of qn_quantize_format; "bcq2" to "bcq4" or "db", sums of binary columns; or NARROW+WIDE:P%, the outputs that gain most (P% of them) in the wide
// format; with P%groups it is groups of inputs.
#ifndef QN_WEIGHTS_H
#define QN_WEIGHTS_H

#include "compiler/ir/qn_graph.h"

enum { QN_WEIGHTS_TEXT = 48 };

// NULL for what was not said: s8, in its smallest groups. QN_ERR_USAGE: `why` lists what there is.
int qn_weights_parse(qn_weights *w, const char *name, const char *group, qn_why *why);

const char *qn_weights_text(const qn_weights *w, char text[QN_WEIGHTS_TEXT]);

// Numbers that a program file may hold.
bool qn_weights_ok(const qn_weights *w);

#endif
