// SPDX-License-Identifier: Apache-2.0
// qn_exec_check.c: the conditions under which a unit refuses an instruction.
#include <assert.h>

#include "sim/model/qn_exec.h"

#define V(e, op, slot) ((e)->v[QN_SLOT_##op##_##slot])
#define RAW(e, op, part) QN_GETRAW((e)->v[QN_RAW_##op##_##part], op, part)

static unsigned refuse(unsigned cause, int64_t value, uint32_t *addr)
{
    *addr = (uint32_t)value;
    return cause;
}

// `runs` runs of `words` words from `at`, `stride` apart, in window `win`.
static unsigned check_window(const qn_exec *x, uint32_t win, int64_t at, int64_t words, int64_t runs, int64_t stride, uint32_t *addr)
{
    int64_t size = x->win_size[win], room = (int64_t)x->mem_words - x->win_base[win];
    if (room < size)
        size = room;
    int64_t last = at + (runs - 1) * stride;
    if (at < 0 || at + words > size)
        return refuse(QN_TRAP_WINDOW, at, addr);
    if (last < 0 || last + words > size) {
        int64_t first = stride < 0 ? at / -stride + 1 : (size - words - at) / stride + 1;
        return refuse(QN_TRAP_WINDOW, at + first * stride, addr);
    }
    return QN_TRAP_NONE;
}

// `rows` runs of n words of the vector buffer from `at`, `stride` apart.
static unsigned check_vb(const qn_exec *x, int64_t at, int64_t n, int64_t rows, int64_t stride, uint32_t *addr)
{
    int64_t last = at + (rows - 1) * stride, low = at < last ? at : last, high = (at > last ? at : last) + n;
    return low < 0 || high > x->t->vb_words ? refuse(QN_TRAP_BUFFER, at, addr) : QN_TRAP_NONE;
}

static unsigned check_acc(const qn_exec *x, int64_t at, int64_t n, int64_t rows, int64_t stride, uint32_t *addr)
{
    for (int64_t r = 0; r < rows; r++, at += stride)
        if (at < 0 || at / QN_ACC_ROW >= x->t->rows || at % QN_ACC_ROW + n > x->t->acc_cols)
            return refuse(QN_TRAP_BUFFER, at, addr);
    return QN_TRAP_NONE;
}

static unsigned check_stream(const qn_exec *x, const qn_entry *e, uint32_t *addr)
{
    if (V(e, STREAM, WORDS) < 1)
        return refuse(QN_TRAP_FIELD, V(e, STREAM, WORDS), addr);
    if (V(e, STREAM, RUNS) < 1)
        return refuse(QN_TRAP_FIELD, V(e, STREAM, RUNS), addr);
    if (!qn_fmt_find((uint32_t)V(e, STREAM, FORMAT)))
        return refuse(QN_TRAP_FIELD, V(e, STREAM, FORMAT), addr);
    if (V(e, STREAM, COLS) < 1 || V(e, STREAM, COLS) % 2)
        return refuse(QN_TRAP_FIELD, V(e, STREAM, COLS), addr);
    return check_window(x, QN_GET(e->x, STREAM, WIN), V(e, STREAM, ADDR), V(e, STREAM, WORDS), V(e, STREAM, RUNS),
                        V(e, STREAM, STRIDE), addr);
}

static unsigned check_loadv(const qn_exec *x, const qn_entry *e, uint32_t *addr)
{
    int32_t n = V(e, LOADV, N);
    bool half = QN_GET(e->x, LOADV, BF16);
    if (n < 1 || (half && n % 2))
        return refuse(QN_TRAP_FIELD, n, addr);
    if (V(e, LOADV, RUNS) < 1)
        return refuse(QN_TRAP_FIELD, V(e, LOADV, RUNS), addr);
    unsigned cause = check_vb(x, V(e, LOADV, DST), n, V(e, LOADV, RUNS), V(e, LOADV, DSTRIDE), addr);
    return cause ? cause : check_window(x, QN_GET(e->x, LOADV, WIN), V(e, LOADV, ADDR), half ? n / 2 : n, V(e, LOADV, RUNS),
                                        V(e, LOADV, STRIDE), addr);
}

static unsigned check_gemm(const qn_exec *x, const qn_entry *e, uint32_t *addr)
{
    const qn_fmt *f = qn_fmt_find((uint32_t)V(e, GEMM, FORMAT));
    int64_t slice = V(e, GEMM, SLICE), slices = V(e, GEMM, SLICES), cols = V(e, GEMM, COLS), rows = V(e, GEMM, ROWS);
    if (!f)
        return refuse(QN_TRAP_FIELD, V(e, GEMM, FORMAT), addr);
    if (slices < 1 || slices % f->block)
        return refuse(QN_TRAP_FIELD, slices, addr);
    if (cols < 1 || cols % 2)
        return refuse(QN_TRAP_FIELD, cols, addr);
    if (rows < 1 || rows > x->t->rows)
        return refuse(QN_TRAP_FIELD, rows, addr);
    if (!QN_GET(e->x, GEMM, UNIT) && (slice < 0 || slice + slices > x->t->slices))
        return refuse(QN_TRAP_BUFFER, slice, addr);
    if (V(e, GEMM, ACC) < 0 || V(e, GEMM, ACC) + cols > x->t->acc_cols)
        return refuse(QN_TRAP_BUFFER, V(e, GEMM, ACC), addr);
    return QN_TRAP_NONE;
}

static unsigned check_vec(const qn_exec *x, const qn_entry *e, uint32_t *addr)
{
    int64_t n = V(e, VEC, N), rows = V(e, VEC, ROWS), a = V(e, VEC, A);
    unsigned fn = QN_GET(e->x, VEC, FN), perm = QN_GET(e->x, VEC, PERM);
    bool acc = QN_GET(e->x, VEC, ACC), two = fn <= QN_VEC_MAX;
    if (fn >= QN_VEC_COUNT)
        return refuse(QN_TRAP_FIELD, fn, addr);
    if ((perm & (perm - 1)) || (perm && acc))
        return refuse(QN_TRAP_FIELD, perm, addr);
    if (n <= 0 || rows <= 0)
        return QN_TRAP_NONE;
    if (perm && n % 8)
        return refuse(QN_TRAP_FIELD, n, addr);
    if (V(e, VEC, DST) % 8)
        return refuse(QN_TRAP_FIELD, V(e, VEC, DST), addr);
    if (a % 8)
        return refuse(QN_TRAP_FIELD, a, addr);
    if (two && V(e, VEC, B) % 8)
        return refuse(QN_TRAP_FIELD, V(e, VEC, B), addr);
    unsigned cause = check_vb(x, V(e, VEC, DST), n, rows, 8 * (int64_t)RAW(e, VEC, DSTRIDE), addr);
    if (!cause)
        cause = (acc ? check_acc : check_vb)(x, a, n, rows, 8 * (int64_t)RAW(e, VEC, ASTRIDE), addr);
    if (!cause && two)
        cause = check_vb(x, V(e, VEC, B), QN_GET(e->x, VEC, BSCALAR) ? 8 : n, rows, 8 * (int64_t)RAW(e, VEC, BSTRIDE), addr);
    return cause;
}

static unsigned check_quant(const qn_exec *x, const qn_entry *e, uint32_t *addr)
{
    int64_t n = V(e, QUANT, N), rows = V(e, QUANT, ROWS), dst = V(e, QUANT, DST), block = QN_GET(e->x, QUANT, BLOCK);
    bool wide = QN_GET(e->x, QUANT, WIDE), record = QN_GET(e->x, QUANT, RECORD);
    if (record && block)
        return refuse(QN_TRAP_FIELD, block, addr);
    if (n <= 0 || rows <= 0)
        return QN_TRAP_NONE;
    if (n % (32 << block))
        return refuse(QN_TRAP_FIELD, n, addr);
    if (V(e, QUANT, A) % 8)
        return refuse(QN_TRAP_FIELD, V(e, QUANT, A), addr);
    unsigned cause = check_vb(x, V(e, QUANT, A), n, rows, 8 * (int64_t)RAW(e, QUANT, ASTRIDE), addr);
    if (cause)
        return cause;
    if (record) {
        if (dst % 8)
            return refuse(QN_TRAP_FIELD, dst, addr);
        return check_vb(x, dst, n / 32 * (wide ? 17 : 9), rows, 8 * (int64_t)RAW(e, QUANT, DSTRIDE), addr);
    }
    if (dst < 0 || (dst / QN_ACC_ROW + rows) * (wide ? 2 : 1) > x->t->rows || dst % QN_ACC_ROW + n / 32 > x->t->slices)
        return refuse(QN_TRAP_BUFFER, dst, addr);
    return QN_TRAP_NONE;
}

static unsigned check_embed(const qn_exec *x, const qn_entry *e, uint32_t *addr)
{
    int64_t n = V(e, EMBED, N), rows = V(e, EMBED, ROWS), a = V(e, EMBED, A);
    if (n <= 0 || rows <= 0)
        return QN_TRAP_NONE;
    if (rows > x->t->rows || a < 0 || a + 2 * n - 1 > x->t->acc_cols)
        return refuse(QN_TRAP_BUFFER, a, addr);
    return check_vb(x, V(e, EMBED, DST), rows, n, V(e, EMBED, STEP), addr);
}

static unsigned check_logit(const qn_exec *x, const qn_entry *e, uint32_t *addr)
{
    int64_t n = V(e, LOGIT, N), a = V(e, LOGIT, A);
    if (n <= 0)
        return QN_TRAP_NONE;
    if (a % 8)
        return refuse(QN_TRAP_FIELD, a, addr);
    return QN_GET(e->x, LOGIT, ACC) ? check_acc(x, a, n, 1, 0, addr) : check_vb(x, a, n, 1, 0, addr);
}

static unsigned check_store(const qn_exec *x, const qn_entry *e, uint32_t *addr)
{
    int64_t n = V(e, STORE, N), runs = V(e, STORE, RUNS), at = V(e, STORE, ADDR), step = RAW(e, STORE, ESTRIDE);
    int64_t stride = V(e, STORE, DSTRIDE);
    unsigned size = QN_GET(e->x, STORE, SIZE), win = QN_GET(e->x, STORE, WIN);
    if (size > 2)
        return refuse(QN_TRAP_FIELD, size, addr);
    int64_t bytes = 1 << size;
    if (n < 1)
        return refuse(QN_TRAP_FIELD, n, addr);
    if (runs < 1)
        return refuse(QN_TRAP_FIELD, runs, addr);
    if (at % bytes || step % bytes || stride % bytes)
        return refuse(QN_TRAP_FIELD, at, addr);
    unsigned cause = check_vb(x, V(e, STORE, SRC), size == 0 ? (n + 3) / 4 : n, runs, RAW(e, STORE, SSTRIDE), addr);
    if (cause)
        return cause;
    if (!(x->win_flags[win] & 1))
        return refuse(QN_TRAP_WINDOW, at, addr);
    int64_t room = (int64_t)x->mem_words - x->win_base[win], limit = x->win_size[win] < room ? x->win_size[win] : room;
    int64_t last = at + (runs - 1) * stride, low = at < last ? at : last, high = (at > last ? at : last) + (n - 1) * step + bytes;
    return low < 0 || high > 4 * limit ? refuse(QN_TRAP_WINDOW, at, addr) : QN_TRAP_NONE;
}

unsigned qn_exec_check(const qn_exec *x, const qn_entry *e, uint32_t *addr)
{
    *addr = 0;
    switch (e->op) {
    case QN_OP_STREAM: return check_stream(x, e, addr);
    case QN_OP_LOADV: return check_loadv(x, e, addr);
    case QN_OP_GEMM: return check_gemm(x, e, addr);
    case QN_OP_VEC: return check_vec(x, e, addr);
    case QN_OP_QUANT: return check_quant(x, e, addr);
    case QN_OP_EMBED: return check_embed(x, e, addr);
    case QN_OP_LOGIT: return check_logit(x, e, addr);
    case QN_OP_STORE: return check_store(x, e, addr);
    default:
        assert(!"an opcode of the sequencer in a queue");
        return QN_TRAP_NONE;
    }
}
