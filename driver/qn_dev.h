// SPDX-License-Identifier: Apache-2.0
// qn_dev.h: one accelerator, on a board or in a simulator: its registers, its memory, and running it.
//
//     qn_dev *dev;
//     qn_why why;
//     int err = qn_dev_open(&dev, "model:ulx3s", &why);
//     if (!err)
//         err = qn_dev_write(dev, 0, image, n_bytes);            // memory
//     if (!err)
//         err = qn_dev_reg_write(dev, QN_REG_PROG_ADDR, at);     // registers: rtl/spec/regs.def
//     if (!err)
//         err = qn_dev_start(dev, QN_CTRL_LOAD);
//     if (!err)
//         err = qn_dev_wait(dev, 1000000);                       // clocks
//     qn_dev_close(dev);
//
// The string alone chooses the executor: "kind:target", the kind alone for target ulx3s, or "kind:target/element" for the target with rows of another
// element (rtl/spec/target.def); where the kind is a board, "kind:place" ("usb:", "usb:SERIAL", "tcp:HOST:PORT", "serial:PATH"), and the target is the board's. All
// give the same bits; what differs is time. A device knows nothing of models: language models are qn_session.h's matter. Functions return 0 or a
// negative qn_err. Buffers stay the caller's. Closing NULL is fine. One thread at a time for a device, but registers and memory of boards may be used
// from several; devices know nothing of each other.
#ifndef QN_DEV_H
#define QN_DEV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "driver/qn_err.h"
#include "rtl/spec/qn_isa.h"

struct qn_prog;
struct qn_client_loop;

// How a kind of executor is reached. What may be NULL is said; the rest is asked for within the bounds of registers and memory.
typedef struct qn_port {
    const char *name, *text;
    bool whole;                                                   // `run` cannot be continued after QN_ERR_TIMEOUT
    int (*open)(void **ctx, const qn_target *t, qn_why *why);     // on error *ctx is not looked at
    // Boards, instead of `open`: what follows the colon is a place, and *t the target found there.
    int (*connect)(void **ctx, const char *place, const qn_target **t, qn_why *why);
    void (*close)(void *ctx);
    int (*reg_read)(void *ctx, unsigned reg, uint32_t *value);
    int (*reg_write)(void *ctx, unsigned reg, uint32_t value);
    int (*read)(void *ctx, uint64_t addr, void *dst, size_t n);   // bytes of memory
    int (*write)(void *ctx, uint64_t addr, const void *src, size_t n);
    // Goes on until the core is not busy, at most `cycles` clocks; QN_ERR_TIMEOUT if it still is, and then it may be called again
    // unless the port is `whole`.
    int (*run)(void *ctx, uint64_t cycles);
    // NULL, or: takes the program that is going to be loaded, for executors that follow a model's graph instead of the instructions.
    int (*attach)(void *ctx, const struct qn_prog *prog, qn_why *why);
    // NULL, or: writes waves to `path` from now on.
    int (*waves)(void *ctx, const char *path);
    // NULL, or: the clocks of the last run by the instruction they are charged to (qn_dev_profile).
    const uint64_t *(*profile)(void *ctx, size_t *n);
    // NULL, or: whether runs count cycles; without, they may be faster and the counters read 0.
    void (*timed)(void *ctx, bool on);
    // Boards, else NULL: several registers in one go; whether memory holds these bytes already (1, 0, or an error); zeros; the stop flag of
    // qn_dev_stop_on, for a `run` that is whole; another try after the device was lost (qn_dev_reopen); the
    // firmware's token loop (driver/client/qn_client.h); what the last error was about.
    int (*regs_read)(void *ctx, unsigned reg, unsigned n, uint32_t *values);
    int (*regs_write)(void *ctx, unsigned reg, unsigned n, const uint32_t *values);
    int (*holds)(void *ctx, uint64_t addr, const void *src, size_t n);
    int (*clear)(void *ctx, uint64_t addr, size_t n);
    void (*stop_on)(void *ctx, const volatile int *stop);
    int (*reopen)(void *ctx, uint32_t wait_ms, bool *kept, qn_why *why);
    int (*generate)(void *ctx, struct qn_client_loop *loop);
    const char *(*why)(void *ctx);
    const char *(*place)(void *ctx);                              // "usb:" opened this one
} qn_port;

// Kinds "model" and "cpu" are there from the start; a program that has others adds them before it opens one.
extern const qn_port qn_port_model, qn_port_cpu, qn_port_rtl, qn_port_usb, qn_port_tcp, qn_port_serial;
const qn_port *qn_port_platform(void);
int qn_dev_add_port(const qn_port *port);         // QN_ERR_RANGE: too many
const qn_port *qn_dev_port_at(size_t i);          // i-th kind, NULL past the last

typedef struct qn_dev qn_dev;

// Which target `where` has; a board is asked. QN_ERR_NO_PORT, QN_ERR_NO_TARGET, or what keeps the board from being opened.
int qn_dev_target_of(const char *where, const qn_target **t, qn_why *why);
bool qn_dev_is_board(const char *where);

// Opens what `where` names and checks its ID register. On error *out is NULL.
int qn_dev_open(qn_dev **out, const char *where, qn_why *why);
void qn_dev_close(qn_dev *dev);

const qn_target *qn_dev_target(const qn_dev *dev);
const char *qn_dev_name(const qn_dev *dev);       // "model:ulx3s"
bool qn_dev_has_cycles(const qn_dev *dev);        // its counters mean something

int qn_dev_reg_read(qn_dev *dev, unsigned reg, uint32_t *value);
int qn_dev_reg_write(qn_dev *dev, unsigned reg, uint32_t value);
int qn_dev_regs_read(qn_dev *dev, unsigned reg, unsigned n, uint32_t *values);          // `n` registers from `reg` on: one way there and back
int qn_dev_regs_write(qn_dev *dev, unsigned reg, unsigned n, const uint32_t *values);

// Bytes of device memory; QN_ERR_RANGE beyond its end.
int qn_dev_read(qn_dev *dev, uint64_t addr, void *dst, size_t n);
int qn_dev_write(qn_dev *dev, uint64_t addr, const void *src, size_t n);

// Memory is to hold these bytes, or zeros, in whole words: a board that has them already, by their checksum, is sent nothing.
int qn_dev_load(qn_dev *dev, uint64_t addr, const void *src, size_t n);
int qn_dev_clear(qn_dev *dev, uint64_t addr, uint64_t n);

// Called by qn_dev_load with bytes sent and all of them, from time to time and at the end; not where nothing is sent. NULL: none.
typedef void qn_dev_progress(void *ctx, uint64_t done, uint64_t all);
void qn_dev_progress_on(qn_dev *dev, qn_dev_progress *progress, void *ctx);

// Starts at register ENTRY; `ctrl` may add QN_CTRL_LOAD.
int qn_dev_start(qn_dev *dev, uint32_t ctrl);

// Waits until the core is done. QN_ERR_TRAP: registers TRAP.. say why. QN_ERR_TIMEOUT: still busy after `cycles` clocks.
// QN_ERR_STOPPED: *stop became nonzero (see below).
int qn_dev_wait(qn_dev *dev, uint64_t cycles);

// A flag, for instance of a signal handler, that ends a wait at the next occasion, and on a board a transfer as well; NULL: none.
void qn_dev_stop_on(qn_dev *dev, const volatile int *stop);

// After QN_ERR_NO_DEVICE, _RESET, _TIMEOUT, _LINK or _IO of a board: tries for `wait_ms` to have it back. *kept: memory is as this program
// left it, and the core's job in between broken off; else it is another board's, or somebody else used it. QN_ERR_UNSUPPORTED.
int qn_dev_reopen(qn_dev *dev, uint32_t wait_ms, bool *kept, qn_why *why);

// Has the firmware of a board run its token loop: driver/client/qn_client.h. QN_ERR_UNSUPPORTED.
int qn_dev_generate(qn_dev *dev, struct qn_client_loop *loop);

// What the last error was about, one line without newline; empty: no more is known than its text.
const char *qn_dev_why(qn_dev *dev);

int qn_dev_attach(qn_dev *dev, const struct qn_prog *prog, qn_why *why);   // 0 where the port needs none
int qn_dev_waves(qn_dev *dev, const char *path);                          // QN_ERR_UNSUPPORTED
void qn_dev_timed(qn_dev *dev, bool on);

// Clocks of the last run, charged instruction by instruction: those since the last end of a matrix, vector or store instruction go
// to the one that ends next. (Loads run ahead of what they are for; a matrix waiting for them is charged.) Their sum is the run, but
// for the last clocks, in which nothing is left to end.
// NULL where the device cannot tell.
const uint64_t *qn_dev_profile(qn_dev *dev, size_t *n);

#endif
