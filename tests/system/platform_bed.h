// SPDX-License-Identifier: Apache-2.0
// platform_bed.h: the platform (sim/platform) as a board on a test bench. The driver stands before it on a wire of its own: each frame on it may meet a
// fault, and its time is the board's, so everything happens again in the same way. Power stays on between two openings.
//
//     bed_power(100);                             // on, with a hundredth of the clocks in a millisecond
//     bed_fault(&bed.out, 17, FLIP, seed);        // frame 17 from now to the board
//     err = qn_dev_open(&dev, "bed:", &why);      // after qn_dev_add_port(bed_port())
#ifndef PLATFORM_BED_H
#define PLATFORM_BED_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compiler/back/qn_compile.h"
#include "driver/client/qn_client.h"
#include "driver/qn_dev.h"
#include "driver/qn_session.h"
#include "sim/platform/qn_platform.h"

#define CHECK(x, ...) do { if (!(x)) { printf("FAIL %s:%d: %s: ", __FILE__, __LINE__, #x); printf(__VA_ARGS__); printf("\n"); exit(1); } } while (0)

// Lost; one bit wrong; twice; after the next one; after 47 others, when its place in the host's table (number modulo 16) is another's, perhaps in another
// session; without its end; the firmware traps; power goes and comes
enum kind { NONE, LOSE, FLIP, REPEAT, HOLD, LATE, CUT, CRASH, POWER, KINDS };
static const char *const kinds[KINDS] = {"no fault", "lose", "flip", "repeat", "hold", "late", "cut", "crash", "power"};
enum { LATE_BY = 47, TIMEOUT_MS = 25, ROOM = 1 << 16, NEVER = 0x7fffffff };

// One direction: how many frames went, which is to be spoiled, one that is held back, bytes that are no whole frame yet
typedef struct way {
    unsigned count, at, held_for;
    enum kind kind;
    size_t n_held, n_part;
    uint8_t held[QN_LINK_FRAME_BYTES], part[QN_LINK_FRAME_BYTES];
} way;

static struct bed {
    qn_platform *p;
    way out, in;                                 // to the board, from it
    unsigned faults, scale, recover_scale;       // how much fewer clocks a millisecond has; and from a reset of the CPU on (0: as before)
    uint32_t rng, crash_at;                      // address in ROM
    uint64_t us, reset_us;                       // time before the last power-on; when a host last reset the CPU
    size_t n_in;
    uint8_t frame[QN_LINK_FRAME_BYTES], to_host[ROOM], given[ROOM];
    qn_client *c;                                // of the device that was opened last
} bed;

static uint32_t draw(uint32_t below)
{
    bed.rng ^= bed.rng << 13;
    bed.rng ^= bed.rng >> 17;
    bed.rng ^= bed.rng << 5;
    return (uint32_t)((uint64_t)bed.rng * below >> 32);
}

static unsigned env(const char *name, unsigned otherwise)
{
    return getenv(name) ? (unsigned)strtoul(getenv(name), NULL, 0) : otherwise;
}

static int64_t bed_us(void)
{
    return (int64_t)(bed.us + (bed.p ? qn_platform_us(bed.p) : 0));
}

static void bed_hurry(unsigned scale);

static void bed_power(unsigned scale)
{
    bed.us = (uint64_t)bed_us();
    qn_platform_close(bed.p);
    bed.p = NULL;
    int err = qn_platform_open(&bed.p, "ulx3s");
    CHECK(err == 0, "%s", qn_err_text(err));
    bed.out.n_held = bed.in.n_held = bed.n_in = 0;
    bed_hurry(scale);
}

static inline void bed_fault(way *w, unsigned at, enum kind kind, uint32_t seed)
{
    w->at = w->count + at;
    w->kind = kind;
    bed.faults = 0;
    bed.rng = seed * 2654435761u | 1;
}

static void to_board(const uint8_t *p, size_t n)
{
    if (n >= QN_LINK_HEAD_BYTES + 4 && p[2] == QN_LINK_RESET && p[QN_LINK_HEAD_BYTES] & 2) {
        bed.reset_us = (uint64_t)bed_us();
        if (bed.recover_scale)
            bed_hurry(bed.recover_scale);
    }
    qn_platform_put(bed.p, p, n);
}

static void to_host(const uint8_t *p, size_t n)
{
    CHECK(bed.n_in + n <= ROOM, "the host does not read");
    memcpy(bed.to_host + bed.n_in, p, n);
    bed.n_in += n;
}

// A frame on its way, with what befalls it
static void pass(way *w, void (*deliver)(const uint8_t *, size_t), const uint8_t *frame, size_t n)
{
    uint8_t f[QN_LINK_FRAME_BYTES];
    enum kind kind = w->count++ == w->at ? w->kind : NONE;
    bool held = w->n_held && !--w->held_for;
    memcpy(f, frame, n);
    bed.faults += kind != NONE;
    switch (kind) {
    case FLIP:   f[draw((uint32_t)n)] ^= (uint8_t)(1 << draw(8)); break;
    case REPEAT: deliver(f, n); break;
    case CUT:    n -= 1 + draw((uint32_t)n - 1); break;
    case CRASH:  qn_platform_patch(bed.p, bed.crash_at, 0); break;      // no instruction
    case POWER:  bed_power(bed.scale); break;
    default: break;
    }
    if (kind == HOLD || kind == LATE) {
        memcpy(w->held, f, n);
        w->n_held = n;
        w->held_for = kind == HOLD ? 1 : LATE_BY;
    } else if (kind != LOSE) {
        deliver(f, n);
    }
    if (held) {
        deliver(w->held, w->n_held);
        w->n_held = 0;
    }
}

// Bytes as they come, frame by frame
static void feed(way *w, void (*deliver)(const uint8_t *, size_t), const uint8_t *bytes, size_t n)
{
    for (; n; bytes++, n--) {
        w->part[w->n_part++] = *bytes;
        uint32_t words = w->n_part >= QN_LINK_HEAD_BYTES ? (uint32_t)(w->part[6] | w->part[7] << 8) : 0;
        if (w->n_part < QN_LINK_HEAD_BYTES + (words ? 4 * (size_t)words + 4 : 0))
            continue;
        CHECK(w->part[0] == (QN_LINK_SYNC & 255) && w->part[1] == QN_LINK_SYNC >> 8, "no row of frames");
        pass(w, deliver, w->part, w->n_part);
        w->n_part = 0;
    }
}

// Lets the board go on, at most so many microseconds, until it has something to say
static void bed_run(int64_t us)
{
    uint8_t bytes[QN_LINK_FRAME_BYTES * 4];
    size_t n;
    uint32_t clocks = (uint32_t)((us < 100000 ? us : 100000) * 66500 / 1000 / bed.scale);
    int err = qn_platform_run(bed.p, clocks ? clocks : 1);
    CHECK(err == 0, "%s", qn_platform_why(bed.p));
    while ((n = qn_platform_get(bed.p, bytes, sizeof bytes)))
        feed(&bed.in, to_host, bytes, n);
}

static void bed_pass(int64_t us)
{
    for (int64_t end = bed_us() + us; bed_us() < end;)
        bed_run(end - bed_us());
}

// ---- the wire

static qn_wire_kind bed_wire;

static int bed_open(qn_wire **out, const char *place, qn_why *why)
{
    static qn_wire w = {&bed_wire};
    (void)place;
    (void)why;
    bed.n_in = 0;
    *out = &w;
    return 0;
}

static void bed_close(qn_wire *w)
{
    (void)w;
}

static uint8_t *bed_space(qn_wire *w)
{
    (void)w;
    return bed.frame;
}

static void bed_put(qn_wire *w, size_t n)
{
    (void)w;
    pass(&bed.out, to_board, bed.frame, n);
}

static int bed_wait(qn_wire *w, uint32_t ms)
{
    (void)w;
    for (int64_t end = bed_us() + 1000 * (int64_t)ms; !bed.n_in && bed_us() < end;)
        bed_run(end - bed_us());
    return 0;
}

static size_t bed_receive(qn_wire *w, const uint8_t **bytes)
{
    (void)w;
    size_t n = bed.n_in;
    memcpy(bed.given, bed.to_host, n);
    bed.n_in = 0;
    *bytes = bed.given;
    return n;
}

static const char *bed_place(const qn_wire *w)
{
    (void)w;
    return "";
}

static qn_wire_kind bed_wire = {
    .name = "bed", .timeout_ms = TIMEOUT_MS, .slow = 1, .open = bed_open, .close = bed_close, .space = bed_space, .put = bed_put, .wait = bed_wait,
    .receive = bed_receive, .place = bed_place, .now_us = bed_us, .pass_us = bed_pass,
};

static void bed_hurry(unsigned scale)
{
    bed.scale = scale;
    bed_wire.slow = scale;
    qn_platform_hurry(bed.p, 66500 / scale);
}

// ---- the device

static int bed_connect(void **ctx, const char *place, const qn_target **t, qn_why *why)
{
    int err = qn_client_open(&bed.c, &bed_wire, place, why);
    if (!err)
        *t = qn_client_target(*ctx = bed.c);
    return err;
}

static const qn_port *bed_port(void)
{
    static qn_port port;
    port = qn_port_tcp;
    port.name = "bed";
    port.connect = bed_connect;
    return &port;
}

static inline uint32_t bed_reg(qn_client *c, unsigned reg)
{
    qn_link_op op = {.type = QN_LINK_REG_READ, .addr = reg};
    int err = qn_client_do(c, &op, 1);
    CHECK(err == 0, "register %x: %s", reg, qn_err_text(err));
    return op.value;
}

// ---- what runs on it

enum { PROMPT = 3, TOKENS = 2, VOCAB = 264 };
static const uint32_t prompt[PROMPT] = {1, 17, 42};
static qn_prog prog;

typedef struct result {
    uint32_t token[TOKENS];
    qn_session_digest d;
    float logits[VOCAB];
} result;

static void compile(const char *path)
{
    qn_gguf *g;
    qn_why why = {""};
    qn_options o = qn_options_default(qn_target_find("ulx3s"));
    o.context = 8;
    int err = qn_gguf_open(&g, path, &why);
    if (!err)
        err = qn_compile(&prog, g, &o, &why);
    CHECK(err == 0 && prog.dims.vocab == VOCAB, "%s: %s", path, why.text);
    qn_gguf_close(g);
}

// A session of three tokens to read and two to write, by steps; the first error
static int run_steps(qn_session *s, result *r, qn_why *why)
{
    memset(r, 0, sizeof *r);
    int err = qn_session_prefill(s, prompt, PROMPT, QN_SESSION_PICK, why);
    for (unsigned i = 0; !err && i < TOKENS; i++) {
        r->token[i] = qn_session_pick(s);
        if (i + 1 < TOKENS)
            err = qn_session_decode(s, r->token[i], i + 2 < TOKENS ? QN_SESSION_PICK : QN_SESSION_LOGITS, why);
    }
    if (!err)
        err = qn_session_digest_get(s, &r->d);
    return err < 0 ? err : qn_session_logits(s, r->logits);
}

static void run_model(result *r)
{
    qn_dev *dev;
    qn_session *s;
    qn_why why = {""};
    int err = qn_dev_open(&dev, "model:ulx3s", &why);
    if (!err)
        err = qn_session_open(&s, dev, &prog, &why);
    if (!err)
        err = run_steps(s, r, &why);
    CHECK(err == 0, "%s", why.text);
    qn_session_close(s);
    qn_dev_close(dev);
}

#endif
