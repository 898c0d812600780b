// SPDX-License-Identifier: Apache-2.0
#include "compiler/ir/qn_graph.h"

#include <stdlib.h>
#include <string.h>

void qn_graph_free(qn_graph *g)
{
    for (uint32_t l = 0; g->layer && l < g->dims.layers; l++) {
        for (int r = 0; r < QN_LAYER_ROLES; r++)
            free(g->layer[l].m[r].part);
        free(g->layer[l].hidden_order);
    }
    free(g->layer);
    free(g->embed.part);
    free(g->logits.part);
    free(g->width_order);
    memset(g, 0, sizeof *g);
}

qn_zone qn_matrix_zone(const qn_matrix *m, uint32_t first)
{
    const qn_matrix_part *p = &m->part[first];
    qn_zone z = {first, 1, (p->output + p->outputs - 1) / m->tile - p->output / m->tile + 1};
    while (first + z.n < m->n_part && p[z.n].output == p->output)
        z.n++;
    return z;
}

qn_tile qn_zone_tile(const qn_matrix *m, const qn_zone *z, uint32_t i)
{
    const qn_matrix_part *p = &m->part[z->first];
    uint32_t row = p->output / m->tile + i, end = p->output + p->outputs;
    qn_tile t = {.output = i ? row * m->tile : p->output, .kind = i + 1 == z->tiles ? QN_TILE_LAST : i == 0 ? QN_TILE_FIRST : QN_TILE_FULL};
    t.outputs = ((row + 1) * m->tile < end ? (row + 1) * m->tile : end) - t.output;
    t.cols = qn_tile_cols((t.outputs + 1) / 2 * 2, m->slices / m->depth, m->stripes);
    return t;
}
