// SPDX-License-Identifier: Apache-2.0
// qn_session.h: a language model's program at work on a device: token after token, with what each step cost.
//
//     qn_session *s;
//     int err = qn_session_open(&s, dev, prog, &why);
//     if (!err)
//         err = qn_session_prefill(s, ids, n_ids, QN_SESSION_PICK, &why);      // the prompt, in chunks
//     for (int i = 0; !err && i < n; i++) {
//         print(qn_session_pick(s));                                           // the greedy next token
//         err = qn_session_decode(s, qn_session_pick(s), QN_SESSION_PICK, &why);
//     }
//     qn_session_close(s);
//
// The session knows the program's entries, arguments and windows (compiler/back/qn_abi.h), and no operator. Device and program are the
// caller's and must outlive it; one session at a time on a device.
#ifndef QN_SESSION_H
#define QN_SESSION_H

#include "compiler/back/qn_prog.h"
#include "driver/qn_dev.h"

enum { QN_SESSION_COUNTS = QN_REG_COUNT_WRITE + QN_KINDS - QN_REG_COUNT_CYCLES };

// Index of a counter's register in `count`
#define QN_COUNT(name) (QN_REG_COUNT_##name - QN_REG_COUNT_CYCLES)

// Sums over steps.
typedef struct qn_session_cost {
    uint32_t steps, tokens;
    uint64_t count[QN_SESSION_COUNTS];   // the registers from COUNT_CYCLES on; 0 where the device has none
    uint64_t *mark_cycles;               // prog->n_mark: clocks charged to the code of each mark (qn_dev_profile)
    bool profiled;                       // mark_cycles mean something
    double seconds;                      // of this machine's time, waiting for the device
} qn_session_cost;

// What the executor has produced: equal for equal models, options and tokens on every executor and target.
typedef struct qn_session_digest {
    uint32_t a, b;                       // of all logits: registers DIGEST_A and DIGEST_B
    uint64_t kv;                         // of the KV window as it is now: FNV-1a, 64 bits, byte by byte in the order of one stripe
} qn_session_digest;

enum qn_session_want {
    QN_SESSION_NOTHING,                  // only the cache
    QN_SESSION_PICK,                     // logits on the device, and the greatest one's index
    QN_SESSION_LOGITS,                   // the same, and qn_session_logits may read them
};

typedef struct qn_session qn_session;

// Loads image, windows and program into the device and clears the cache. QN_ERR_TARGET if the program is for another target.
int qn_session_open(qn_session **out, qn_dev *dev, const qn_prog *prog, qn_why *why);
void qn_session_close(qn_session *s);

// From position 0 again: an empty cache, and nothing in digest or costs.
int qn_session_reset(qn_session *s, qn_why *why);

// Takes tokens at the next positions: `prefill` any number, prog->chunk at a time, `decode` one, each by its own entry. QN_ERR_CONTEXT:
// more than the context holds, nothing was done. QN_ERR_TRAP: `why` has cause and instruction. After another error than QN_ERR_CONTEXT
// only close, the reading functions and, where a board was lost, resume are of use; qn_session_pos says how many tokens were taken.
int qn_session_prefill(qn_session *s, const uint32_t *tokens, uint32_t n, enum qn_session_want want, qn_why *why);
int qn_session_decode(qn_session *s, uint32_t token, enum qn_session_want want, qn_why *why);

// After a board was lost (qn_dev_reopen): waits `wait_ms` at most until it is back, and makes it what it was after the last step that
// succeeded. Weights that it still has are not sent again; a cache that it lost is worked out again from the tokens. 0: go on.
int qn_session_resume(qn_session *s, uint32_t wait_ms, qn_why *why);

// Generation by the board itself: its firmware takes the tokens at the next positions, then goes on by itself, drawing as said, while this
// program looks on; it goes on as well when nobody does. QN_ERR_UNSUPPORTED where the device is no board.
typedef struct qn_session_loop {
    uint32_t most;                       // tokens to make
    float temperature, top_p;            // 0: the greatest logit; 1: of all
    uint32_t top_k;                      // 0: 256, the most
    uint64_t seed;
    const uint32_t *ends;                // tokens that end it and are not part of the text
    uint32_t n_ends;                     // 8 at most
    void (*token)(void *ctx, uint32_t token);
    void *ctx;
    // What came of it
    uint32_t made, steps;
    enum { QN_SESSION_RAN_OUT, QN_SESSION_ENDED, QN_SESSION_FULL, QN_SESSION_STOPPED } finish;   // `most`; an end; the context; the stop flag
    uint64_t clocks, work;               // of the core; of the CPU between its steps
} qn_session_loop;

// After an error that a board may come back from: qn_session_resume, and the same call again with the same `loop`.
int qn_session_generate(qn_session *s, const uint32_t *tokens, uint32_t n, qn_session_loop *loop, qn_why *why);

// Called before each step with its entry and arguments (QN_ARGS words); an error of it ends the step before the device hears of it.
// (compiler/verify: qn_verify_step.) NULL: none.
typedef int qn_session_guard(const qn_prog *p, enum qn_prog_entry entry, const uint32_t *args, qn_why *why);
void qn_session_guard_by(qn_session *s, qn_session_guard *guard);

// Goes on from position `pos` as if so many tokens had been taken, with the cache as it is; for measuring, since no clock depends on
// data. Executors without clocks refuse the next step. QN_ERR_CONTEXT.
int qn_session_seek(qn_session *s, uint32_t pos);

uint32_t qn_session_pos(const qn_session *s);    // tokens taken
uint32_t qn_session_pick(const qn_session *s);   // of the last step that wanted it
int qn_session_logits(qn_session *s, float *logits);   // dims.vocab of them, of the last step that wanted them
const qn_session_cost *qn_session_prefill_cost(const qn_session *s);
const qn_session_cost *qn_session_decode_cost(const qn_session *s);
int qn_session_digest_get(qn_session *s, qn_session_digest *d);
bool qn_session_nonfinite(const qn_session *s);         // a value that was not finite has met the quantizer in some step

#endif
