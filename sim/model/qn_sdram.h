// SPDX-License-Identifier: Apache-2.0
// qn_sdram.h: when the words of one memory move. No data here: the caller keeps it, in order of requests. A "word" of this page is
// what the core's port takes in a clock: a line, `planes` words of 32 bits.
//
//     qn_sdram m;
//     qn_sdram_init(&m, &target->memory);
//     each core clock, in this order:
//         if (want && qn_sdram_ready(&m))
//             qn_sdram_request(&m, we, word_addr, len);        // accepted in this clock
//         bool word = qn_sdram_step(&m);                       // next clock: does it bring a read word?
//
// A controller with a queue of QN_SDRAM_QUEUE requests in front of banks with one open row each. Requests are served in
// order; a request's precharge and activate go out as early as the bank allows, while words of earlier requests move. Commands
// leave on half core clocks (the memory's clock is twice the core's): row commands on odd ones, column commands on even
// ones, so one word a core clock and no two commands at once. Address bits, high to low: row, bank, column: a stream
// walks through the banks and finds the next one open. A refresh falls due every `refi`; it is done before the first
// request whose first command would come at that time or later. Everything is decided when a request is accepted.
#ifndef QN_SDRAM_H
#define QN_SDRAM_H

#include "rtl/spec/qn_isa.h"

enum {
    QN_SDRAM_QUEUE = 4,
    QN_SDRAM_IO = 2,       // core clocks that the registers at the pins add to a read
    QN_SDRAM_BANKS = 16,
    QN_SDRAM_FLIGHT = 64,  // reads accepted and not fully delivered
    QN_SDRAM_LINES = 16    // longest request
};

enum qn_sdram_cmd { QN_SDRAM_ACT, QN_SDRAM_PRE, QN_SDRAM_READ, QN_SDRAM_WRITE, QN_SDRAM_PREALL, QN_SDRAM_REFRESH };

typedef struct qn_sdram {
    qn_memory p;
    uint64_t now;                                       // core clock
    uint64_t next_row, next_col;                        // first half clocks at which a row, a column command may go out
    uint64_t read_ok, write_ok;                         // the same, by the data bus
    uint64_t refresh_due;
    uint64_t act_ok[QN_SDRAM_BANKS], pre_ok[QN_SDRAM_BANKS], col_ok[QN_SDRAM_BANKS];
    uint32_t row[QN_SDRAM_BANKS];                       // open row, QN_SDRAM_CLOSED if none
    uint32_t page_at, page_bank, page_row;              // of the last request's row: its first word, bank, row
    uint64_t leaves[QN_SDRAM_QUEUE];                    // ring: core clock in which a request is no longer in the queue
    unsigned leave_at;
    uint64_t first[QN_SDRAM_FLIGHT];                    // ring of reads: clock of the next word, words left
    unsigned left[QN_SDRAM_FLIGHT], head, tail;
    // Told of each command if set: half core clock, bank, row or column. Order of calls is not order of time.
    void (*trace)(void *ctx, uint64_t half, enum qn_sdram_cmd cmd, unsigned bank, uint32_t at);
    void *trace_ctx;
} qn_sdram;

#define QN_SDRAM_CLOSED UINT32_MAX

// Clock 0: all banks closed, first refresh due at half clock `refi`.
void qn_sdram_init(qn_sdram *m, const qn_memory *p);

// Whether a request is accepted in this clock. Depends on nothing that the caller does in this clock.
static inline bool qn_sdram_ready(const qn_sdram *m)
{
    return m->leaves[m->leave_at] <= m->now;             // the oldest of the last four has left
}

// A read of 1..16 words inside an aligned 16, or a write of one word. Only when ready. Returns the core clock that delivers the first word read.
uint64_t qn_sdram_request(qn_sdram *m, bool we, uint32_t word_addr, unsigned len);

// Enters the next core clock; true if it delivers a read word.
static inline bool qn_sdram_step(qn_sdram *m)
{
    m->now++;
    if (m->head == m->tail || m->first[m->head] != m->now)
        return false;
    m->first[m->head]++;
    if (--m->left[m->head] == 0)
        m->head = (m->head + 1) % QN_SDRAM_FLIGHT;
    return true;
}

// The core clock that delivers the next read word; UINT64_MAX if none is under way. A request's words come one a clock
// without a gap: `run`, if not NULL, gets how many.
uint64_t qn_sdram_next(const qn_sdram *m, unsigned *run);

// First core clock, this one or later, at which the queue has room if nothing more is requested.
uint64_t qn_sdram_ready_at(const qn_sdram *m);

// Enters clock `to` (not before the present one), taking delivery of every word up to and including it; returns how many.
uint64_t qn_sdram_skip(qn_sdram *m, uint64_t to);

#endif
