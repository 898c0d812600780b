// SPDX-License-Identifier: Apache-2.0
// qn_verify.h: accepts a program only if it cannot do harm, hang, or read what is not there yet.
//
//     qn_verify_report r;
//     int err = qn_verify(prog, &r, &why);                           // when it is loaded
//     err = qn_verifier_open(&v, prog, &why);
//     ...
//     err = qn_verifier_step(v, QN_ENTRY_DECODE, args, &r, &why);    // before each step
//     qn_verifier_close(v);
//
// A step is one job: an entry, and the arguments of compiler/back/qn_abi.h. It is gone through instruction by instruction, without data:
// control depends on POS, COUNT, LOGITS and KEEP alone, so those are numbers; a token is every value from 0 to vocab - 1 at once (an
// interval with a step, which may reach nothing but an address). What one step's pass proves, for any timing of units and memory:
//   operands   no instruction traps: fields, counts, windows, buffers, tables, arguments. Addresses do not wrap.
//              With several stripes every run of a STREAM, and the program, begin with a line of the memory port.
//   races      no instruction reads a word of a buffer, a slice, an accumulator or device memory before what wrote it has ended, and none
//              overwrites what another unit may still read or write. The order known is that of queues and semaphores, and that a GEMM
//              writes after its first word has come: a vector clock for each unit, the last reader and writer of each place. Within VEC
//              and QUANT, destination and sources are the same elements or disjoint.
//   contents   nothing depends on words of vector buffer, slices and accumulators that this job has not written; a GEMM meets slices
//              quantized in blocks of its format. VEC may take such words element by element (columns of scores beyond the last token),
//              as long as MASK drops them before anything else looks at them. Device memory is not followed: image and cache are the host's.
//   streams    each STREAM is whole blocks; each GEMM takes words cut for its own format and columns; nothing is left at HALT.
//   draining   the step ends: loops nest, their counts are fixed on entry, and with queues of 16 and the target's FIFO every queue empties.
//              A semaphore has one unit that posts it and one that waits for it (asked for), and so has the FIFO, so what comes after what
//              does not depend on timing: that one run empties its queues shows that every run does. No semaphore can pass 255, counting
//              only the waits that its poster must know of.
//   bound      `instructions` is the exact number of instructions of the step (2^28 at most; longer ones are refused).
// Not looked at: numbers, and whether the program computes what it should.
//
// qn_verify goes through, in this order:
//   - in both entries, the first and the last positions with as many tokens as fit, and one token at 0: all four (LOGITS, KEEP) while `work` is
//     not spent, else both 1;
//   - all arguments, if that is no more than `work` by the dearest step so far (`every`); else, with LOGITS and KEEP 1:
//     prefill, every COUNT at POS 0, and full chunks at every multiple of `chunk`; decode, every POS. Where that is more than `work`, every
//     `stride`-th of these, but all within 34 of both ends (unless those alone are more than `work`).
// The other steps are argued by likeness alone. So `quern run` verifies each step, exactly, before it runs (the guard of driver/qn_session.h).
#ifndef QN_VERIFY_H
#define QN_VERIFY_H

#include "compiler/back/qn_prog.h"

enum { QN_VERIFY_WORK = 100000000 };             // some tenths of a second

typedef struct qn_verify_report {
    uint64_t steps;                              // gone through
    uint64_t instructions[QN_ENTRIES];           // most in one of them
    uint64_t work;                               // spent: words looked at, and some for each instruction
    uint32_t stride;                             // 1: every position
    bool every;                                  // every argument that is allowed
    uint32_t fault_at;                           // instruction refused, UINT32_MAX where none
} qn_verify_report;

// 0, QN_ERR_VERIFY (`why`: instruction, operator, reason, step), QN_ERR_NOMEM. `r` may be NULL.
int qn_verify(const qn_prog *p, qn_verify_report *r, qn_why *why);
int qn_verify_within(const qn_prog *p, uint64_t work, qn_verify_report *r, qn_why *why);

// Steps one at a time. Open looks at what does not depend on a step; the program must outlive the verifier.
typedef struct qn_verifier qn_verifier;
int qn_verifier_open(qn_verifier **out, const qn_prog *p, qn_why *why);
void qn_verifier_close(qn_verifier *v);
// With the arguments given (QN_ARGS words; tokens exactly these). QN_ERR_VERIFY also where they are out of range.
int qn_verifier_step(qn_verifier *v, enum qn_prog_entry entry, const uint32_t *args, qn_verify_report *r, qn_why *why);
// Open, one step, close.
int qn_verify_step(const qn_prog *p, enum qn_prog_entry entry, const uint32_t *args, qn_verify_report *r, qn_why *why);

#endif
