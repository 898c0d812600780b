// SPDX-License-Identifier: Apache-2.0
#include "sim/model/qn_exec_check.h"

#include <assert.h>

#include "sim/model/qn_exec.h"

#define V(e, op, slot) ((e)->v[QN_SLOT_##op##_##slot])
#define RAW(e, op, part) QN_GETRAW((e)->v[QN_RAW_##op##_##part], op, part)

static unsigned refuse(unsigned cause, int64_t value, uint32_t *addr)
{
    *addr = (uint32_t)value;
    return cause;
}

unsigned qn_check_load(const qn_target *t, const qn_entry *e, uint32_t *addr)
{
    bool stream = e->op == QN_OP_STREAM;
    int32_t count = V(e, STREAM, WORDS), runs = V(e, STREAM, RUNS), format = V(e, STREAM, FORMAT), cols = V(e, STREAM, COLS);
    if (count < 1 || (stream ? count % (int32_t)t->planes != 0 : QN_GET(e->x, LOADV, BF16) && count % 2))
        return refuse(QN_TRAP_FIELD, count, addr);
    if (runs < 1)
        return refuse(QN_TRAP_FIELD, runs, addr);
    if (stream && !qn_fmt_find((uint32_t)format))
        return refuse(QN_TRAP_FIELD, format, addr);
    if (stream && (cols < 1 || cols > QN_ACC_ROW || cols % (int32_t)qn_target_cols(t)))
        return refuse(QN_TRAP_FIELD, cols, addr);
    return QN_TRAP_NONE;
}

unsigned qn_check_gemm(const qn_target *t, const qn_entry *e, uint32_t *addr)
{
    const qn_fmt *f = qn_fmt_find((uint32_t)V(e, GEMM, FORMAT));
    int64_t slice = (uint32_t)V(e, GEMM, SLICE), slices = V(e, GEMM, SLICES), cols = V(e, GEMM, COLS), rows = V(e, GEMM, ROWS);
    int64_t acc = (uint32_t)V(e, GEMM, ACC);
    if (!f)
        return refuse(QN_TRAP_FIELD, V(e, GEMM, FORMAT), addr);
    if (slices < 1 || slices % f->block)
        return refuse(QN_TRAP_FIELD, slices, addr);
    if (cols < 1 || cols % qn_target_cols(t))
        return refuse(QN_TRAP_FIELD, cols, addr);
    if (t->planes > 1 && acc % qn_target_cols(t))
        return refuse(QN_TRAP_FIELD, acc, addr);
    if (rows < 1 || rows > t->rows)
        return refuse(QN_TRAP_FIELD, rows, addr);
    if (!QN_GET(e->x, GEMM, UNIT) && slice + slices > t->slices)
        return refuse(QN_TRAP_BUFFER, slice, addr);
    if (acc + cols > t->acc_cols)
        return refuse(QN_TRAP_BUFFER, acc, addr);
    return QN_TRAP_NONE;
}

// rtl/vector/qn_vec_check.sv has the order of the conditions.
unsigned qn_check_vector(const qn_target *t, const qn_entry *e, uint32_t *addr)
{
    bool vec = e->op == QN_OP_VEC, quant = e->op == QN_OP_QUANT, embed = e->op == QN_OP_EMBED;
    int64_t n = vec ? V(e, VEC, N) : V(e, QUANT, N), rows = vec ? V(e, VEC, ROWS) : e->op == QN_OP_LOGIT ? 1 : V(e, QUANT, ROWS);
    int64_t a = (uint32_t)(vec || embed ? V(e, VEC, A) : V(e, QUANT, A)), dst = (uint32_t)(quant ? V(e, QUANT, DST) : V(e, VEC, DST));
    int64_t b = (uint32_t)V(e, VEC, B), step = embed ? V(e, EMBED, STEP) : 0, limit = t->vb_words;
    int64_t d_stride = vec ? RAW(e, VEC, DSTRIDE) : quant ? RAW(e, QUANT, DSTRIDE) : 0;
    int64_t a_stride = vec ? RAW(e, VEC, ASTRIDE) : quant ? RAW(e, QUANT, ASTRIDE) : 0, b_stride = vec ? RAW(e, VEC, BSTRIDE) : 0;
    unsigned fn = QN_GET(e->x, VEC, FN), perm = QN_GET(e->x, VEC, PERM), block = QN_GET(e->x, QUANT, BLOCK);
    bool acc = embed || (vec && QN_GET(e->x, VEC, ACC)) || (e->op == QN_OP_LOGIT && QN_GET(e->x, LOGIT, ACC));
    bool two = vec && fn <= QN_VEC_MAX, record = quant && QN_GET(e->x, QUANT, RECORD), wide = quant && QN_GET(e->x, QUANT, WIDE);
    bool none = n <= 0 || rows <= 0;

    if (vec && fn >= QN_VEC_COUNT)
        return refuse(QN_TRAP_FIELD, fn, addr);
    if (vec && ((perm & (perm - 1)) || (perm && acc)))
        return refuse(QN_TRAP_FIELD, perm, addr);
    const bool ggml = quant && QN_GET(e->x, QUANT, GGML), coarse = quant && QN_GET(e->x, QUANT, COARSE);
    if ((record && block) || (coarse && (record || ggml)) || (ggml && !record && (!t->ggml || wide || block == 1 || block == 2)))
        return refuse(QN_TRAP_FIELD, block, addr);
    if (none)
        return QN_TRAP_NONE;
    if ((vec && perm && n % 8) || (quant && n % (32 << block)))
        return refuse(QN_TRAP_FIELD, n, addr);

    bool huge = n > limit || rows > limit;
    int64_t d_len = embed ? rows : !quant ? n : n / (wide ? 2 : 4) + n / 32;
    int64_t d_span = embed ? step * (n - 1) : 8 * d_stride * (rows - 1);
    bool d_out = dst + d_len + (d_span > 0 ? d_span : 0) > limit || dst + (d_span < 0 ? d_span : 0) < 0;
    if (quant && !record)
        d_out = dst % QN_ACC_ROW + n / 32 > t->slices || (dst / QN_ACC_ROW + rows) * (wide ? 2 : 1) > t->rows;
    bool a_out = a + n + 8 * a_stride * (rows - 1) > limit;
    if (acc)
        a_out = a % QN_ACC_ROW + (embed ? 2 * n - 1 : n) + 8 * (a_stride % 128) * (rows - 1) > t->acc_cols ||
                a / QN_ACC_ROW + (embed ? rows : 1) + a_stride / 128 * (rows - 1) > t->rows || (embed && a >= QN_ACC_ROW);
    bool b_out = two && b + (QN_GET(e->x, VEC, BSCALAR) ? 8 : n) + 8 * b_stride * (rows - 1) > limit;

    if (vec && dst % 8)
        return refuse(QN_TRAP_FIELD, dst, addr);
    if (!embed && a % 8)
        return refuse(QN_TRAP_FIELD, a, addr);
    if (two && b % 8)
        return refuse(QN_TRAP_FIELD, b, addr);
    if (vec && (d_out || huge))
        return refuse(QN_TRAP_BUFFER, dst, addr);
    if (a_out || huge)
        return refuse(QN_TRAP_BUFFER, a, addr);
    if (record && dst % 8)
        return refuse(QN_TRAP_FIELD, dst, addr);
    if ((quant || embed) && d_out)
        return refuse(QN_TRAP_BUFFER, dst, addr);
    return b_out ? refuse(QN_TRAP_BUFFER, b, addr) : QN_TRAP_NONE;
}

unsigned qn_check_store(const qn_entry *e, uint32_t *addr)
{
    unsigned size = QN_GET(e->x, STORE, SIZE);
    uint32_t at = (uint32_t)V(e, STORE, ADDR), strides = RAW(e, STORE, ESTRIDE) | (uint32_t)V(e, STORE, DSTRIDE);
    if (size > 2)
        return refuse(QN_TRAP_FIELD, size, addr);
    if (V(e, STORE, N) < 1)
        return refuse(QN_TRAP_FIELD, V(e, STORE, N), addr);
    if (V(e, STORE, RUNS) < 1)
        return refuse(QN_TRAP_FIELD, V(e, STORE, RUNS), addr);
    if ((at | strides) & ((1u << size) - 1))
        return refuse(QN_TRAP_FIELD, at, addr);
    return QN_TRAP_NONE;
}

// A window ends where the memory does.
static uint64_t window_size(const qn_exec *x, unsigned win)
{
    uint64_t room = x->win_base[win] < x->mem_words ? x->mem_words - x->win_base[win] : 0;
    return room < x->win_size[win] ? room : x->win_size[win];
}

static unsigned check_load_runs(const qn_exec *x, const qn_entry *e, uint32_t *addr)
{
    bool vector = e->op == QN_OP_LOADV;
    uint32_t count = (uint32_t)V(e, STREAM, WORDS), words = vector && QN_GET(e->x, LOADV, BF16) ? count / 2 : count;
    uint32_t at = (uint32_t)V(e, STREAM, ADDR), dst = vector ? (uint32_t)V(e, LOADV, DST) : 0;
    unsigned win = QN_GET(e->x, STREAM, WIN);
    uint64_t size = window_size(x, win);
    for (int32_t r = 0; r < V(e, STREAM, RUNS); r++) {
        if (vector && (uint64_t)dst + count > x->t->vb_words)
            return refuse(QN_TRAP_BUFFER, dst, addr);
        if ((uint64_t)at + words > size || (!vector && (x->win_base[win] + at) % x->t->planes))
            return refuse(QN_TRAP_WINDOW, at, addr);
        at += (uint32_t)V(e, STREAM, STRIDE);
        dst += vector ? (uint32_t)V(e, LOADV, DSTRIDE) : 0;
    }
    return QN_TRAP_NONE;
}

static unsigned check_store_elements(const qn_exec *x, const qn_entry *e, uint32_t *addr)
{
    unsigned win = QN_GET(e->x, STORE, WIN), size = QN_GET(e->x, STORE, SIZE);
    uint64_t words = x->win_flags[win] & 1 ? window_size(x, win) : 0;
    uint32_t src = (uint32_t)V(e, STORE, SRC), dst = (uint32_t)V(e, STORE, ADDR);
    uint64_t left = x->left;             // behind that the budget ends before a fault comes
    for (int32_t r = 0; r < V(e, STORE, RUNS); r++) {
        uint32_t at = dst;
        for (uint32_t i = 0; i < (uint32_t)V(e, STORE, N); i++) {
            if (left-- == 0)
                return QN_TRAP_NONE;
            uint32_t from = src + (size == 0 ? i / 4 : i);
            if (from >= x->t->vb_words)
                return refuse(QN_TRAP_BUFFER, from, addr);
            if (at / 4 >= words)
                return refuse(QN_TRAP_WINDOW, at, addr);
            at += RAW(e, STORE, ESTRIDE);
        }
        src += RAW(e, STORE, SSTRIDE);
        dst += (uint32_t)V(e, STORE, DSTRIDE);
    }
    return QN_TRAP_NONE;
}

unsigned qn_exec_check(const qn_exec *x, const qn_entry *e, uint32_t *addr)
{
    *addr = 0;
    unsigned cause;
    switch (e->unit) {
    case QN_UNIT_LOAD:
        cause = qn_check_load(x->t, e, addr);
        return cause ? cause : check_load_runs(x, e, addr);
    case QN_UNIT_MATRIX:
        return qn_check_gemm(x->t, e, addr);
    case QN_UNIT_VECTOR:
        return qn_check_vector(x->t, e, addr);
    default:
        assert(e->unit == QN_UNIT_STORE);
        cause = qn_check_store(e, addr);
        return cause ? cause : check_store_elements(x, e, addr);
    }
}
