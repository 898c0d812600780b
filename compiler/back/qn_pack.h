// SPDX-License-Identifier: Apache-2.0
// qn_pack.h: turns a tensor into the stream of its format, tile by tile. fmt.def says the order of the words.
#ifndef QN_PACK_H
#define QN_PACK_H

#include "compiler/ir/qn_graph.h"

// Columns c of the stream take row `row(c, ctx)` of the tensor, or zeros where it says QN_PACK_ZERO.
#define QN_PACK_ZERO UINT32_MAX
typedef uint32_t qn_row_map(uint32_t col, const void *ctx);

// Writes all tiles of `m` into image (words, zeroed by the caller where nothing is written). `map` NULL: the identity.
int qn_pack_matrix(const qn_matrix *m, uint32_t *image, qn_row_map *map, const void *ctx, qn_why *why);

// 32 codes to `planes` words, most significant plane first; bit k belongs to code k.
void qn_pack_planes(const int8_t q[32], unsigned planes, uint32_t *out);

#endif
