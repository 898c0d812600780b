// SPDX-License-Identifier: Apache-2.0
// A matrix of several parts: each tile is a GEMM for each part of its zone, of which all but the first add to what is there. The array takes one after
// the other as it would take one GEMM alone: nothing is waited for between them.
#include "compiler/back/qn_lower.h"

enum { ADDR = QN_R_A, FMT = QN_R_B, SLICE = QN_R_E, WORDS = QN_R_WORDS, ENTRY = QN_R_PASS };

static void stream(qn_lower *l, unsigned row, uint32_t entry, const qn_tile *t)
{
    qn_asm_ldt(l->a, FMT, row, entry + QN_T_FMT);
    qn_asm_ldt(l->a, WORDS, row, entry + QN_T_FIRST + t->kind);
    qn_lower_stream(l, R(ADDR, 0), R(WORDS, 0), V(1), 0, R(FMT, 0), V(t->cols), QN_WIN_IMAGE, QN_KIND_WEIGHTS);
}

// One part, whose entry in the table is at R[row] + entry.
static void step(qn_lower *l, unsigned row, uint32_t entry, const qn_matrix_part *p, const qn_tile *t, qn_val acc, qn_val rows, bool more, qn_sems s, bool asked)
{
    if (asked)
        qn_asm_ldt(l->a, FMT, row, entry + QN_T_FMT);
    else
        stream(l, row, entry, t);
    qn_lower_gemm(l, (qn_gemm_args){.slice = R(SLICE, 0), .slices = V(p->slices), .cols = V(t->cols), .rows = rows, .acc = acc, .fmt = R(FMT, 0), .accum = more}, s);
    if (asked || t->kind != QN_TILE_FULL)
        qn_asm_ldt(l->a, WORDS, row, entry + QN_T_WORDS);
    qn_asm_alu(l->a, QN_ALU_ADD, ADDR, R(ADDR, 0), R(WORDS, 0));
}

void qn_lower_parts_tile(qn_lower *l, const qn_matrix *m, const qn_zone *z, uint32_t table, const qn_tile *t, qn_val acc, qn_val rows, qn_sems s, bool asked)
{
    const qn_matrix_part *p = &m->part[z->first];
    const uint32_t entry = table + z->first * QN_T_PART_WORDS, on = z->n > 1 ? p[1].slice - p[0].slice : 0;
    const qn_sems first = {.wait = {s.wait[0], s.wait[1]}}, none = {.wait = {0}}, last = {.post = {s.post[0], s.post[1]}};
    qn_asm_ldt(l->a, SLICE, QN_R_LAYER, entry + QN_T_SLICE);
    step(l, QN_R_LAYER, entry, p, t, acc, rows, false, z->n == 1 ? s : first, asked);
    if (z->n > 2) {
        qn_asm_set(l->a, ENTRY, R(QN_R_LAYER, QN_T_PART_WORDS));
        qn_asm_loop(l->a, V(z->n - 2));
        qn_asm_alu(l->a, QN_ALU_ADD, SLICE, R(SLICE, 0), V(on));
        step(l, ENTRY, entry, p, t, acc, rows, true, none, false);
        qn_asm_alu(l->a, QN_ALU_ADD, ENTRY, R(ENTRY, 0), V(QN_T_PART_WORDS));
        qn_asm_loop_end(l->a);
    }
    if (z->n > 1) {
        qn_asm_alu(l->a, QN_ALU_ADD, SLICE, R(SLICE, 0), V(on));
        step(l, QN_R_LAYER, entry + (z->n - 1) * QN_T_PART_WORDS, p, t, acc, rows, true, last, false);
    }
}

void qn_lower_parts_ask(qn_lower *l, const qn_matrix *m, const qn_zone *z, uint32_t table)
{
    const uint32_t entry = table + z->first * QN_T_PART_WORDS;
    const qn_tile t = qn_zone_tile(m, z, 0);
    qn_asm_ldt(l->a, ADDR, QN_R_LAYER, entry + QN_T_ADDR);
    stream(l, QN_R_LAYER, entry, &t);
}

void qn_lower_parts_begin(qn_lower *l, const qn_matrix *m, uint32_t table)
{
    const qn_zone z = qn_matrix_zone(m, 0);
    qn_lower_parts_ask(l, m, &z, table);
}

// Tiles of one zone. Others than full ones stand at either end, so what is a loop is all alike.
static void run_zone(qn_lower *l, const qn_matrix *m, const qn_zone *z, uint32_t table, qn_val rows, unsigned wait, qn_lower_reader *read)
{
    for (uint32_t i = 0; i < z->tiles; i++) {
        const qn_tile t = qn_zone_tile(m, z, i);
        const bool first = z->first == 0 && i == 0, loop = t.kind == QN_TILE_FULL && z->tiles > 3;
        if (loop)
            qn_asm_loop(l->a, V(z->tiles - 2));
        qn_lower_parts_tile(l, m, z, table, &t, qn_lower_acc(0), rows, (qn_sems){.wait = {QN_S_TILE_FREE, first ? wait : 0}, .post = {QN_S_TILE_DONE}}, i == 0);
        read(l, t.outputs, t.output % 32, first);
        qn_lower_next_tile(l);
        qn_asm_alu(l->a, QN_ALU_ADD, QN_R_C, R(QN_R_C, 0), V(t.outputs));
        if (loop) {
            qn_asm_loop_end(l->a);
            i = z->tiles - 2;
        }
    }
}

void qn_lower_parts_run(qn_lower *l, const qn_matrix *m, uint32_t table, qn_val rows, unsigned wait, qn_lower_reader *read)
{
    qn_asm_ldt(l->a, ADDR, QN_R_LAYER, table + QN_T_ADDR);
    qn_asm_set(l->a, QN_R_C, V(0));
    for (uint32_t first = 0; first < m->n_part;) {
        const qn_zone z = qn_matrix_zone(m, first);
        if (first)
            qn_lower_parts_ask(l, m, &z, table);
        run_zone(l, m, &z, table, rows, wait, read);
        first += z.n;
    }
}
