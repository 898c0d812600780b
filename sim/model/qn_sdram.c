// SPDX-License-Identifier: Apache-2.0
#include "sim/model/qn_sdram.h"

#include <assert.h>
#include <string.h>

static uint64_t max64(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

static uint64_t odd(uint64_t t)
{
    return t | 1;
}

static uint64_t even(uint64_t t)
{
    return (t + 1) & ~UINT64_C(1);
}

void qn_sdram_init(qn_sdram *m, const qn_memory *p)
{
    assert(m && p && p->banks >= 1 && p->banks <= QN_SDRAM_BANKS && p->row_lines >= QN_SDRAM_LINES);
    memset(m, 0, sizeof *m);
    m->p = *p;
    m->refresh_due = p->refi;
    for (unsigned b = 0; b < QN_SDRAM_BANKS; b++)
        m->row[b] = QN_SDRAM_CLOSED;
}

static void command(qn_sdram *m, uint64_t half, enum qn_sdram_cmd cmd, unsigned bank, uint32_t at)
{
    if (m->trace)
        m->trace(m->trace_ctx, half, cmd, bank, at);
}

// Precharge of all banks and refresh, both at `from` or later.
static void refresh(qn_sdram *m, uint64_t from)
{
    uint64_t pre = max64(from, m->next_row), ref = pre;
    bool open = false;
    for (unsigned b = 0; b < m->p.banks; b++) {
        if (m->row[b] == QN_SDRAM_CLOSED) {
            ref = max64(ref, m->act_ok[b]);
        } else {
            pre = max64(pre, m->pre_ok[b]);
            open = true;
        }
    }
    if (open) {
        pre = odd(pre);
        command(m, pre, QN_SDRAM_PREALL, 0, 0);
        ref = max64(ref, pre + m->p.rp);
    }
    ref = odd(ref);
    command(m, ref, QN_SDRAM_REFRESH, 0, 0);
    for (unsigned b = 0; b < m->p.banks; b++) {
        m->row[b] = QN_SDRAM_CLOSED;
        m->act_ok[b] = ref + m->p.rfc;
    }
    m->next_row = ref + 2;
    m->refresh_due += m->p.refi;
}

uint64_t qn_sdram_ready_at(const qn_sdram *m)
{
    return max64(m->now, m->leaves[m->leave_at]);
}

uint64_t qn_sdram_request(qn_sdram *m, bool we, uint32_t word_addr, unsigned len)
{
    const qn_memory *p = &m->p;
    assert(qn_sdram_ready(m) && len >= 1 && len <= (we ? 1 : QN_SDRAM_LINES) && word_addr % QN_SDRAM_LINES + len <= QN_SDRAM_LINES);
    if (word_addr - m->page_at >= p->row_lines) {
        uint32_t page = word_addr / p->row_lines;
        m->page_at = page * p->row_lines;
        m->page_bank = page % p->banks;
        m->page_row = page / p->banks;
    }
    const uint32_t column = word_addr - m->page_at, row = m->page_row;
    const unsigned b = m->page_bank;

    uint64_t start = 2 * (m->now + 1), pre, act, col;
    bool hit, open;
    for (;;) {
        hit = m->row[b] == row;
        open = m->row[b] != QN_SDRAM_CLOSED;
        pre = odd(max64(max64(start, m->next_row), m->pre_ok[b]));
        act = odd(max64(max64(start, m->next_row), open ? pre + max64(p->rp, 2) : m->act_ok[b]));
        col = max64(max64(start, m->next_col), we ? m->write_ok : m->read_ok);
        col = even(max64(col, hit ? m->col_ok[b] : act + p->rcd));
        uint64_t first = hit ? col : open ? pre : act;
        if (first < m->refresh_due)
            break;
        refresh(m, m->refresh_due);
    }

    if (!hit) {
        if (open)
            command(m, pre, QN_SDRAM_PRE, b, m->row[b]);
        command(m, act, QN_SDRAM_ACT, b, row);
        m->next_row = act + 2;
        m->row[b] = row;
        m->col_ok[b] = act + p->rcd;
        m->pre_ok[b] = act + p->ras;
    }
    for (unsigned i = 0; m->trace && i < len; i++)
        command(m, col + 2 * i, we ? QN_SDRAM_WRITE : QN_SDRAM_READ, b, column + i);
    uint64_t last = col + 2 * (len - 1);
    m->next_col = last + 2;
    if (we) {
        m->read_ok = last + 2 + p->wtr;
        m->pre_ok[b] = max64(m->pre_ok[b], last + 1 + p->wr);
    } else {
        m->write_ok = last + p->cl + 2 + p->rtw;
        m->pre_ok[b] = max64(m->pre_ok[b], last + 2);
        assert((m->tail + 1) % QN_SDRAM_FLIGHT != m->head);
        m->first[m->tail] = (col + p->cl + 4) / 2 + QN_SDRAM_IO;
        m->left[m->tail] = len;
        m->tail = (m->tail + 1) % QN_SDRAM_FLIGHT;
    }
    m->leaves[m->leave_at] = last / 2 + 1;
    m->leave_at = (m->leave_at + 1) % QN_SDRAM_QUEUE;
    return we ? UINT64_MAX : (col + p->cl + 4) / 2 + QN_SDRAM_IO;
}

uint64_t qn_sdram_next(const qn_sdram *m, unsigned *run)
{
    bool none = m->head == m->tail;
    if (run)
        *run = none ? 0 : m->left[m->head];
    return none ? UINT64_MAX : m->first[m->head];
}

uint64_t qn_sdram_skip(qn_sdram *m, uint64_t to)
{
    assert(to >= m->now);
    uint64_t words = 0;
    while (m->head != m->tail && m->first[m->head] <= to) {
        uint64_t n = to - m->first[m->head] + 1;
        n = n < m->left[m->head] ? n : m->left[m->head];
        words += n;
        m->first[m->head] += n;
        m->left[m->head] -= (unsigned)n;
        if (m->left[m->head] == 0)
            m->head = (m->head + 1) % QN_SDRAM_FLIGHT;
    }
    m->now = to;
    return words;
}
