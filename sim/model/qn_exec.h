// SPDX-License-Identifier: Apache-2.0
// qn_exec.h: what a program does to bits, without time.
//
//     qn_exec *x;
//     int err = qn_exec_new(&x, qn_target_find("ulx3s"), memory, memory_words);
//     x->win_base[0] = 0; x->win_size[0] = memory_words; x->win_flags[0] = 1;
//     memcpy(x->prog, program, 4 * n_words); x->prog_words = n_words;
//     err = qn_exec_run(x, entry, budget);          // 0, QN_ERR_TRAP (x->trap ...), QN_ERR_TIMEOUT
//     qn_exec_free(x);
//
// Four queues of QN_EXEC_QUEUE entries and the semaphores are kept as the core keeps them; within that, a unit carries out
// an instruction whole as soon as its semaphores allow. The prefetch FIFO's size counts: a STREAM is not over before what is left of
// it fits. So a program that would hang the core for want of a semaphore or of room is found out (`stuck`), and a program
// that is synchronized has the core's bits.
#ifndef QN_EXEC_H
#define QN_EXEC_H

#include "rtl/spec/qn_isa.h"
#include "sim/model/qn_seq.h"

// A STREAM of which words are left.
typedef struct qn_exec_stream {
    uint32_t base, addr, stride;         // window, run 0 in it, words from run to run
    uint32_t words, runs, run, word;     // next: word of run
    uint64_t left;
    uint32_t fmt, cols;
    uint32_t *copy;                      // what is left, where a STORE has changed the memory since; freed when consumed
    uint64_t copied;
} qn_exec_stream;

typedef struct qn_exec {
    const qn_target *t;
    uint32_t *mem;                       // the caller's
    uint64_t mem_words;

    // As the registers of these names; set by the caller, never changed by a run
    uint32_t win_base[QN_WINDOWS], win_size[QN_WINDOWS], win_flags[QN_WINDOWS], arg[QN_ARGS];
    uint32_t *prog, prog_words;          // program memory: room for t->prog_words

    // Results
    uint32_t pick, pick_value, digest_a, digest_b;
    bool nonfinite, picked;
    uint8_t trap;                        // QN_TRAP_*
    uint32_t trap_pc, trap_addr;
    bool stuck;                          // no unit can go on: waits for semaphores or words that never come
    uint32_t stuck_pc[QN_UNITS];         // of each queue's first instruction, UINT32_MAX if none
    bool cut_apart;                      // a GEMM met words whose STREAM was cut for another format or count of columns
    uint64_t instructions;               // handed out, sequencer's own included
    uint64_t words_read[QN_KINDS], words_written[QN_KINDS];   // as the counters of these names

    // Called, if set, for each instruction when the sequencer hands it out.
    void (*trace)(void *ctx, const qn_entry *e);
    void *trace_ctx;

    // Buffers
    uint32_t *vb;                        // t->vb_words
    float *acc;                          // [row][t->acc_cols]
    float *part;                         // the same, of a GEMM in progress by stripes
    int16_t *slice;                      // [row][t->slices][32]
    int16_t *sums;                       // [row][t->slices][2]
    float *scale, *sum_scale;            // [row][t->slices]; sum_scale: Q8_1's s, whose sums are 1 and 0, else the same

    // Of a run
    qn_seq seq;
    qn_entry queue[QN_UNITS][QN_EXEC_QUEUE];
    unsigned head[QN_UNITS], used[QN_UNITS];
    bool begun[QN_UNITS];                // its first instruction has taken its semaphores
    uint32_t sem[QN_SEMS];
    qn_exec_stream *streams;             // ring
    size_t streams_size, streams_at, streams_used;
    uint64_t waiting;                    // words of streams begun and not consumed
    uint64_t left;                       // elements that the budget still has
    uint64_t wanted;                     // words that the GEMM begun will take
    uint32_t *scratch, *stripe;
    size_t scratch_words;
    uint64_t stripe_size;
} qn_exec;

// On error *out is NULL. `mem` must outlive it.
int qn_exec_new(qn_exec **out, const qn_target *t, uint32_t *mem, uint64_t mem_words);
void qn_exec_free(qn_exec *x);

// Runs from instruction `entry` to HALT, at most `budget` instructions, which move or compute at most QN_EXEC_WORK elements each on average.
// QN_ERR_TIMEOUT: budget used up, or stuck. Buffers keep what an earlier run left; so do the digest and the nonfinite flag (the caller clears them).
enum { QN_EXEC_WORK = 512 };             // 64 a clock, for a budget of one instruction in eight clocks: more than any core has lanes
int qn_exec_run(qn_exec *x, uint32_t entry, uint64_t budget);

// Why the core refuses a resolved instruction: QN_TRAP_NONE or a cause, and the value for TRAP_ADDR.
unsigned qn_exec_check(const qn_exec *x, const qn_entry *e, uint32_t *addr);

#endif
