// SPDX-License-Identifier: Apache-2.0
// Feed-forward: gate and up by half tiles side by side, SiLU as they come, slices of the hidden vector as they fill.
#include "compiler/back/qn_lower.h"

enum { GATE = QN_R_A, GATE_FMT = QN_R_B, OUT = QN_R_C, HIDDEN = QN_R_D, UP_WORDS = QN_R_E, UP = QN_R_F, UP_FMT = QN_R_G };

void qn_lower_feed_begin(qn_lower *l)
{
    const qn_matrix *m = &l->g->layer[0].m[QN_ROLE_GATE];
    const qn_zone z = qn_matrix_zone(m, 0);
    const bool one = z.tiles == 1;
    uint32_t gate = qn_lower_table(l, QN_ROLE_GATE), up = qn_lower_table(l, QN_ROLE_UP);
    if (m->n_part > 1) {
        qn_lower_parts_ask(l, m, &z, gate);
        qn_asm_set(l->a, OUT, V(0));
        qn_asm_set(l->a, HIDDEN, V(l->b.h));
        return;
    }
    qn_asm_ldt(l->a, GATE, QN_R_LAYER, gate + QN_T_ADDR);
    qn_asm_ldt(l->a, GATE_FMT, QN_R_LAYER, gate + QN_T_FMT);
    qn_asm_ldt(l->a, QN_R_WORDS, QN_R_LAYER, gate + (one ? QN_T_LAST : QN_T_WORDS));
    qn_asm_ldt(l->a, UP, QN_R_LAYER, up + QN_T_ADDR);
    qn_asm_ldt(l->a, UP_FMT, QN_R_LAYER, up + QN_T_FMT);
    qn_asm_ldt(l->a, UP_WORDS, QN_R_LAYER, up + (one ? QN_T_LAST : QN_T_WORDS));
    qn_asm_set(l->a, OUT, V(0));
    qn_asm_set(l->a, HIDDEN, V(l->b.h));
    qn_lower_stream(l, R(GATE, 0), R(QN_R_WORDS, 0), V(1), 0, R(GATE_FMT, 0), V(qn_zone_tile(m, &z, 0).cols), QN_WIN_IMAGE, QN_KIND_WEIGHTS);
}

static void silu(qn_lower *l, uint32_t cols)
{
    const qn_buffers *b = &l->b;
    uint32_t half = l->g->layer[0].m[QN_ROLE_GATE].tile, hs = b->h_width, row = b->wide[QN_FOR_WEIGHTS] * QN_ACC_ROW;
    qn_val n = V(cols), rows = qn_lower_tokens(l), e = V(b->e), one = V(b->consts + 8 * QN_CONST_ONE), tmp = V(b->tmp), out = R(HIDDEN, 0);
    bool wide = b->wide[QN_FOR_WEIGHTS] == 2;
    if (wide)
        qn_lower_read(l, QN_FOR_WEIGHTS, tmp, qn_lower_acc(0), n, rows, half, QN_S_TILE_DONE, 0);
    qn_asm_vec(l->a, (qn_vec_args){.fn = QN_VEC_EXPN, .dst = e, .a = wide ? tmp : qn_lower_acc(0), .n = n, .rows = rows, .dstride = half,
                                   .astride = wide ? half : row, .acc = !wide});
    if (!wide)
        qn_asm_sync(l->a, (qn_sems){.wait = {QN_S_TILE_DONE}});
    qn_lower_scalar(l, QN_VEC_ADD, e, e, one, 0, n, rows, half);
    qn_lower_vec(l, QN_VEC_RECIP, e, e, V(0), n, rows, half);
    qn_asm_vec(l->a, (qn_vec_args){.fn = QN_VEC_MUL, .dst = e, .a = wide ? tmp : qn_lower_acc(0), .b = e, .n = n, .rows = rows, .dstride = half,
                                   .astride = wide ? half : row, .bstride = half, .acc = !wide});
    if (wide)
        qn_lower_read(l, QN_FOR_WEIGHTS, tmp, qn_lower_acc(half), n, rows, half, 0, QN_S_TILE_FREE);
    qn_asm_vec(l->a, (qn_vec_args){.fn = QN_VEC_MUL, .dst = out, .a = wide ? tmp : qn_lower_acc(half), .b = e, .n = n, .rows = rows, .dstride = hs,
                                   .astride = wide ? half : row, .bstride = half, .acc = !wide});
    if (!wide)
        qn_asm_sync(l->a, (qn_sems){.post = {QN_S_TILE_FREE}});
}

static void gate_tile(qn_lower *l, uint32_t cols, uint32_t outputs, bool first, bool last)
{
    const qn_matrix *m = &l->g->layer[0].m[QN_ROLE_GATE];
    if (last && !first) {
        qn_asm_ldt(l->a, QN_R_WORDS, QN_R_LAYER, qn_lower_table(l, QN_ROLE_GATE) + QN_T_LAST);
        qn_asm_ldt(l->a, UP_WORDS, QN_R_LAYER, qn_lower_table(l, QN_ROLE_UP) + QN_T_LAST);
    }
    if (!first)
        qn_lower_stream(l, R(GATE, 0), R(QN_R_WORDS, 0), V(1), 0, R(GATE_FMT, 0), V(cols), QN_WIN_IMAGE, QN_KIND_WEIGHTS);
    qn_lower_stream(l, R(UP, 0), R(UP_WORDS, 0), V(1), 0, R(UP_FMT, 0), V(cols), QN_WIN_IMAGE, QN_KIND_WEIGHTS);
    qn_asm_ldt(l->a, QN_R_TMP, QN_R_LAYER, qn_lower_table(l, QN_ROLE_GATE) + QN_T_SLICE);
    qn_lower_gemm(l, (qn_gemm_args){.slice = R(QN_R_TMP, 0), .slices = V(m->slices), .cols = V(cols), .rows = qn_lower_rows(l),
                                    .acc = qn_lower_acc(0), .fmt = R(GATE_FMT, 0)},
                  (qn_sems){.wait = {QN_S_TILE_FREE, first ? QN_S_SLICE : 0}});
    qn_asm_ldt(l->a, QN_R_TMP, QN_R_LAYER, qn_lower_table(l, QN_ROLE_UP) + QN_T_SLICE);
    qn_lower_gemm(l, (qn_gemm_args){.slice = R(QN_R_TMP, 0), .slices = V(m->slices), .cols = V(cols), .rows = qn_lower_rows(l),
                                    .acc = qn_lower_acc(m->tile), .fmt = R(UP_FMT, 0)},
                  (qn_sems){.post = {QN_S_TILE_DONE}});
    silu(l, outputs);
    qn_lower_next_tile(l);
    qn_asm_alu(l->a, QN_ALU_ADD, HIDDEN, R(HIDDEN, 0), V(m->tile));
    qn_asm_alu(l->a, QN_ALU_ADD, QN_R_TMP, R(QN_R_WORDS, 0), R(UP_WORDS, 0));
    qn_asm_alu(l->a, QN_ALU_ADD, GATE, R(GATE, 0), R(QN_R_TMP, 0));
    qn_asm_alu(l->a, QN_ALU_ADD, UP, R(UP, 0), R(QN_R_TMP, 0));
}

// `n` full tiles, then the slices of what they filled.
static void gate_chunk(qn_lower *l, uint32_t n, bool first, bool post)
{
    const qn_buffers *b = &l->b;
    uint32_t tile = l->g->layer[0].m[QN_ROLE_GATE].tile, more = n - first;
    if (first)
        gate_tile(l, tile, tile, true, false);
    if (more > 1)
        qn_asm_loop(l->a, V(more));
    if (more)
        gate_tile(l, tile, tile, false, false);
    if (more > 1)
        qn_asm_loop_end(l->a);
    qn_lower_slices(l, V(b->h), b->blocks_down, b->slice_h, R(OUT, 0), b->h_width / 32, b->h_width, qn_lower_tokens(l), b->h_width, post);
    qn_asm_alu(l->a, QN_ALU_ADD, OUT, R(OUT, 0), V(b->h_width / 32));
    qn_asm_set(l->a, HIDDEN, V(b->h));
}

// ---- of several parts
static qn_tile tile_at(const qn_matrix *m, uint32_t i, qn_zone *z)
{
    *z = qn_matrix_zone(m, 0);
    while (i >= z->tiles) {
        i -= z->tiles;
        *z = qn_matrix_zone(m, z->first + z->n);
    }
    return qn_zone_tile(m, z, i);
}

// Tile `i` of both matrices; where a zone begins it is asked for here, the first of all ahead of the norm.
static void parts_tile(qn_lower *l, uint32_t i)
{
    const qn_matrix *gate = &l->g->layer[0].m[QN_ROLE_GATE], *up = &l->g->layer[0].m[QN_ROLE_UP];
    const uint32_t gate_at = qn_lower_table(l, QN_ROLE_GATE), up_at = qn_lower_table(l, QN_ROLE_UP);
    qn_zone z;
    const qn_tile t = tile_at(gate, i, &z);
    const bool begins = t.output == gate->part[z.first].output;
    if (begins && z.first)
        qn_lower_parts_ask(l, gate, &z, gate_at);
    qn_lower_parts_tile(l, gate, &z, gate_at, &t, qn_lower_acc(0), qn_lower_rows(l), (qn_sems){.wait = {QN_S_TILE_FREE, i ? 0 : QN_S_SLICE}}, begins);
    qn_lower_parts_tile(l, up, &z, up_at, &t, qn_lower_acc(gate->tile), qn_lower_rows(l), (qn_sems){.post = {QN_S_TILE_DONE}}, false);
    silu(l, t.outputs);
    qn_lower_next_tile(l);
    qn_asm_alu(l->a, QN_ALU_ADD, HIDDEN, R(HIDDEN, 0), V(t.outputs));
}

// Tiles in the chunk of the hidden vector that begins with tile `i`; `alike`: all are full ones.
static uint32_t chunk_tiles(const qn_lower *l, uint32_t i, bool *alike)
{
    const qn_matrix *m = &l->g->layer[0].m[QN_ROLE_GATE];
    qn_zone z;
    qn_tile t = tile_at(m, i, &z);
    uint32_t end = t.output + l->b.h_width < m->outputs ? t.output + l->b.h_width : m->outputs, n = 0;
    *alike = true;
    do {
        *alike = *alike && t.kind == QN_TILE_FULL;
        n++;
        if (t.output + t.outputs < end)
            t = tile_at(m, i + n, &z);
        else
            return n;
    } while (true);
}

static void parts_chunk(qn_lower *l, uint32_t i, uint32_t n, uint32_t slices, uint32_t hi, bool post)
{
    const qn_buffers *b = &l->b;
    for (uint32_t k = 0; k < n; k++)
        parts_tile(l, i + k);
    qn_lower_slices(l, V(b->h), b->blocks_down, b->slice_h, R(OUT, 0), slices, hi, qn_lower_tokens(l), b->h_width, post);
    qn_asm_alu(l->a, QN_ALU_ADD, OUT, R(OUT, 0), V(b->h_width / 32));
    qn_asm_set(l->a, HIDDEN, V(b->h));
}

static void feed_parts(qn_lower *l)
{
    const qn_buffers *b = &l->b;
    const qn_matrix *m = &l->g->layer[0].m[QN_ROLE_GATE], *down = &l->g->layer[0].m[QN_ROLE_DOWN];
    const uint32_t chunks = (m->outputs + b->h_width - 1) / b->h_width;
    for (uint32_t c = 0, i = 0; c < chunks;) {
        bool alike;
        uint32_t n = chunk_tiles(l, i, &alike), same = 1;
        for (bool more = alike; more && c + same + 1 < chunks; same += more)       // the last posts, and stands alone
            chunk_tiles(l, i + same * n, &more);
        const bool last = c + 1 == chunks;
        if (same > 1)
            qn_asm_loop(l->a, V(same));
        parts_chunk(l, i, n, last ? down->slices - c * b->h_width / 32 : b->h_width / 32, last ? m->outputs - c * b->h_width : b->h_width, last);
        if (same > 1)
            qn_asm_loop_end(l->a);
        c += same;
        i += same * n;
    }
}

void qn_lower_feed(qn_lower *l)
{
    const qn_buffers *b = &l->b;
    if (l->g->layer[0].m[QN_ROLE_GATE].n_part > 1) {
        feed_parts(l);
        return;
    }
    const qn_matrix *m = &l->g->layer[0].m[QN_ROLE_GATE], *down = &l->g->layer[0].m[QN_ROLE_DOWN];
    const qn_zone z = qn_matrix_zone(m, 0);
    uint32_t per = b->h_width / m->tile, tiles = z.tiles, whole = m->outputs / b->h_width, rest = tiles - whole * per;
    if (whole)
        gate_chunk(l, per, true, whole == 1 && rest == 0);
    if (whole > 1) {
        qn_asm_loop(l->a, V(whole - 1));
        gate_chunk(l, per, false, false);
        qn_asm_loop_end(l->a);
    }
    if (rest) {
        uint32_t left = m->outputs - whole * b->h_width;
        for (uint32_t t = 0; t < rest; t++) {
            uint32_t i = whole * per + t, cols = qn_zone_tile(m, &z, i).cols, out = left - t * m->tile < cols ? left - t * m->tile : cols;
            gate_tile(l, cols, out, i == 0, i == tiles - 1);
        }
        qn_lower_slices(l, V(b->h), b->blocks_down, b->slice_h, R(OUT, 0), down->slices - whole * b->h_width / 32, left, qn_lower_tokens(l),
                 b->h_width, true);
    } else if (whole > 1) {                              // the loop's body cannot post for its last turn alone
        qn_asm_vec(l->a, (qn_vec_args){.fn = QN_VEC_MOV, .dst = V(b->e), .a = V(b->consts), .n = V(0), .rows = V(0)});
        qn_asm_sync(l->a, (qn_sems){.post = {QN_S_SLICE}});
    }
}

