// SPDX-License-Identifier: Apache-2.0
// qn_mix.h: which outputs, or groups of inputs, of a mixture of two formats are wide.
#ifndef QN_MIX_H
#define QN_MIX_H

#include "compiler/ir/qn_graph.h"

// Of `outputs`: whole eights, from 24 on whole 32s, which four stripes stream without padding; at least eight and not all; 0 where there are fewer than 16.
uint32_t qn_mix_wide_outputs(const qn_weights *w, uint32_t outputs);

// chosen[i] for each group of inputs: `share` of 1000, at least one and not all; none where there is one alone.
int qn_mix_wide_groups(const qn_matrix *m, const qn_fmt *narrow, const qn_fmt *wide, uint32_t share, uint8_t *chosen, qn_why *why);

#endif
