// SPDX-License-Identifier: Apache-2.0
#include "driver/qn_session.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "compiler/back/qn_abi.h"
#include "driver/client/qn_client.h"
#include "driver/qn_le.h"

struct qn_session {
    qn_dev *dev;
    const qn_prog *p;
    uint32_t pos, pick;
    uint32_t digest[2];              // as it was after the last step
    uint32_t *token;                 // what was taken, position by position
    bool seeked;                     // and from there on these are not known
    bool loaded;                     // the program memory
    bool nonfinite;
    qn_session_guard *guard;
    uint64_t limit;                  // clocks that a step may take
    qn_client_loop loop;             // of the firmware
    qn_session_loop *user;           // whose it is
    bool looping, over, again;       // it has begun and what it left is not known yet; it has ended; it is to begin again, from the same place
    qn_session_cost prefill, decode;
};

enum { BLOCK = 1 << 20 };

static uint64_t window_at(const qn_session *s, unsigned w)
{
    return 4ull * qn_prog_window_of(s->p, w).base;
}

static int clear_window(qn_session *s, unsigned w)
{
    return qn_dev_clear(s->dev, window_at(s, w), 4ull * qn_prog_window_of(s->p, w).size);
}

// What the device must know of the program.
static int load(qn_session *s)
{
    const qn_prog *p = s->p;
    uint32_t win[3 * QN_WINDOWS], prog[2] = {qn_prog_window_of(p, QN_WIN_IMAGE).base + p->lay.code_addr, p->code_words};
    for (unsigned w = 0; w < QN_WINDOWS; w++) {
        qn_prog_window v = qn_prog_window_of(p, w);
        win[w] = v.base;
        win[QN_REG_WIN_SIZE - QN_REG_WIN_BASE + w] = v.size;
        win[QN_REG_WIN_FLAGS - QN_REG_WIN_BASE + w] = v.writable;
    }
    s->loaded = false;
    int err = qn_dev_load(s->dev, window_at(s, QN_WIN_IMAGE), p->image, 4ull * p->lay.image_words);
    if (!err)
        err = qn_dev_regs_write(s->dev, QN_REG_WIN_BASE, 3 * QN_WINDOWS, win);
    return err < 0 ? err : qn_dev_regs_write(s->dev, QN_REG_PROG_ADDR, 2, prog);
}

// The device's reason, where it has one.
static int failed(qn_session *s, int err, qn_why *why, const char *doing)
{
    const char *reason = qn_dev_why(s->dev);
    return reason[0] ? qn_fail(why, err, "%s", reason) : qn_fail(why, err, "%s %.200s", doing, qn_dev_name(s->dev));
}

static void forget(qn_session_cost *c, uint32_t marks)
{
    uint64_t *m = c->mark_cycles;
    memset(m, 0, marks * sizeof *m);
    *c = (qn_session_cost){.mark_cycles = m};
}

int qn_session_reset(qn_session *s, qn_why *why)
{
    s->pos = 0;
    s->nonfinite = false;
    forget(&s->prefill, s->p->n_mark);
    forget(&s->decode, s->p->n_mark);
    s->seeked = s->looping = s->over = s->again = false;
    s->digest[0] = s->digest[1] = 0;
    int err = clear_window(s, QN_WIN_KV);
    if (!err)
        err = qn_dev_regs_write(s->dev, QN_REG_DIGEST_A, 2, s->digest);
    return err < 0 ? failed(s, err, why, "clearing") : 0;
}

int qn_session_open(qn_session **out, qn_dev *dev, const qn_prog *p, qn_why *why)
{
    *out = NULL;
    const qn_target *t = qn_dev_target(dev);
    if (strcmp(p->target, t->name) != 0)
        return qn_fail(why, QN_ERR_TARGET, "the program is for '%s', the device is %s", p->target, qn_dev_name(dev));
    qn_session *s = calloc(1, sizeof *s);
    if (!s)
        return qn_fail(why, QN_ERR_NOMEM, "session");
    s->dev = dev;
    s->p = p;
    // Far above what any step takes: every word of memory once for each of its tokens, and long arithmetic
    s->limit = 100000000u + 64ull * (p->lay.image_words + (uint64_t)p->lay.kv_words);
    s->prefill.mark_cycles = calloc(p->n_mark + 1, sizeof(uint64_t));
    s->decode.mark_cycles = calloc(p->n_mark + 1, sizeof(uint64_t));
    s->token = calloc(p->context + 1ull, sizeof *s->token);
    int err = QN_ERR_NOMEM;
    if (!s->prefill.mark_cycles || !s->decode.mark_cycles || !s->token)
        err = qn_fail(why, err, "session");
    else if ((err = qn_dev_attach(dev, p, why)) == 0 && (err = load(s)) < 0)
        failed(s, err, why, "loading");
    if (!err)
        err = qn_session_reset(s, why);
    if (err < 0) {
        qn_session_close(s);
        return err;
    }
    *out = s;
    return 0;
}

void qn_session_close(qn_session *s)
{
    if (!s)
        return;
    free(s->prefill.mark_cycles);
    free(s->decode.mark_cycles);
    free(s->token);
    free(s);
}

static void charge(const qn_prog *p, qn_session_cost *c, const uint64_t *cycles, size_t n)
{
    if (!cycles)
        return;
    c->profiled = true;
    for (uint32_t k = 0; k < p->n_mark; k++) {
        uint32_t end = k + 1 < p->n_mark ? p->mark[k + 1].at : p->n_code;
        for (uint32_t i = p->mark[k].at; i < end && i < n; i++)
            c->mark_cycles[k] += cycles[i];
    }
}

static int trapped(qn_session *s, qn_why *why)
{
    uint32_t cause = 0, pc = 0, addr = 0;
    char text[160] = "?";
    qn_dev_reg_read(s->dev, QN_REG_TRAP, &cause);
    qn_dev_reg_read(s->dev, QN_REG_TRAP_PC, &pc);
    qn_dev_reg_read(s->dev, QN_REG_TRAP_ADDR, &addr);
    if (pc < s->p->n_code) {
        qn_insn x;
        memcpy(&x, s->p->image + s->p->lay.code_addr + (size_t)pc * QN_INSN_WORDS, sizeof x);
        qn_insn_text(&x, text, sizeof text);
    }
    return qn_fail(why, QN_ERR_TRAP, "%s (0x%x) at position %u, instruction %u: %s", qn_trap_text(cause), addr, s->pos, pc, text);
}

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static int run(qn_session *s, enum qn_prog_entry entry, const uint32_t args[QN_ARGS], uint32_t n)
{
    int err = qn_dev_regs_write(s->dev, QN_REG_ARG, QN_ARG_TOKEN + n, args);
    if (!err)
        err = qn_dev_reg_write(s->dev, QN_REG_ENTRY, s->p->entry[entry]);
    if (!err)
        err = qn_dev_start(s->dev, s->loaded ? 0 : QN_CTRL_LOAD);
    if (!err)
        err = qn_dev_wait(s->dev, s->limit);
    if (!err)
        s->loaded = true;
    return err;
}

static int step(qn_session *s, enum qn_prog_entry entry, const uint32_t *tokens, uint32_t n, enum qn_session_want want, qn_why *why)
{
    qn_session_cost *c = entry == QN_ENTRY_DECODE ? &s->decode : &s->prefill;
    uint32_t args[QN_ARGS] = {0};
    args[QN_ARG_POS] = s->pos;
    args[QN_ARG_COUNT] = n;
    args[QN_ARG_LOGITS] = want != QN_SESSION_NOTHING;
    args[QN_ARG_KEEP] = want == QN_SESSION_LOGITS;
    memcpy(args + QN_ARG_TOKEN, tokens, n * sizeof *tokens);
    int err = s->guard ? s->guard(s->p, entry, args, why) : 0;
    if (err < 0)
        return err;
    enum { SEEN = QN_REG_DIGEST_B + 1 - QN_REG_STATUS };
    uint32_t count[QN_SESSION_COUNTS], seen[SEEN];
    double start = seconds();
    err = run(s, entry, args, n);
    double end = seconds();
    if (err == QN_ERR_TRAP)
        return trapped(s, why);
    if (!err)
        err = qn_dev_regs_read(s->dev, QN_REG_COUNT_CYCLES, QN_SESSION_COUNTS, count);
    if (!err)
        err = qn_dev_regs_read(s->dev, QN_REG_STATUS, SEEN, seen);
    if (err < 0) {
        const char *reason = qn_dev_why(s->dev);
        return qn_fail(why, err, "%s at position %u", reason[0] ? reason : qn_dev_name(s->dev), s->pos);
    }
    // The step is taken: nothing above has changed what is known
    c->seconds += end - start;
    c->steps++;
    c->tokens += n;
    memcpy(s->token + s->pos, tokens, n * sizeof *tokens);
    s->pos += n;
    for (unsigned i = 0; i < QN_SESSION_COUNTS; i++)
        c->count[i] += count[i];
    if (want != QN_SESSION_NOTHING)
        s->pick = seen[QN_REG_PICK - QN_REG_STATUS];
    s->digest[0] = seen[QN_REG_DIGEST_A - QN_REG_STATUS];
    s->digest[1] = seen[QN_REG_DIGEST_B - QN_REG_STATUS];
    s->nonfinite |= (seen[0] & QN_STATUS_NONFINITE) != 0;
    size_t n_insn;
    const uint64_t *cycles = qn_dev_profile(s->dev, &n_insn);
    charge(s->p, c, cycles, n_insn);
    return 0;
}

// The cache as it was: what each position took, again, at no cost that counts.
static int replay(qn_session *s, qn_why *why)
{
    uint32_t pos = s->pos, chunk = s->p->chunk;
    qn_session_cost cost = s->prefill;
    cost.mark_cycles = calloc(s->p->n_mark + 1, sizeof(uint64_t));
    if (!cost.mark_cycles)
        return qn_fail(why, QN_ERR_NOMEM, "session");
    qn_session_cost kept = s->prefill;
    s->prefill = cost;
    int err = clear_window(s, QN_WIN_KV);
    if (err < 0)
        failed(s, err, why, "clearing");
    s->pos = 0;
    while (!err && s->pos < pos)
        err = step(s, QN_ENTRY_PREFILL, s->token + s->pos, pos - s->pos < chunk ? pos - s->pos : chunk, QN_SESSION_NOTHING, why);
    free(s->prefill.mark_cycles);
    s->prefill = kept;
    s->pos = pos;
    return err;
}

int qn_session_resume(qn_session *s, uint32_t wait_ms, qn_why *why)
{
    bool kept;
    uint32_t digest[2] = {s->digest[0], s->digest[1]};
    int err = qn_dev_reopen(s->dev, wait_ms, &kept, why);
    if (err < 0)
        return err;
    if (strcmp(qn_dev_target(s->dev)->name, s->p->target) != 0)
        return qn_fail(why, QN_ERR_TARGET, "another board is there now");
    if (kept && s->looping)
        return 0;                    // the firmware is at it, or done
    s->again = s->looping;
    s->over = false;
    if ((err = load(s)) < 0)
        return failed(s, err, why, "loading");
    if (!kept && s->seeked)
        return qn_fail(why, QN_ERR_UNSUPPORTED, "the device was reset, and the tokens before position %u are not known", s->pos);
    if (!kept && (err = replay(s, why)) < 0)
        return err;
    memcpy(s->digest, digest, sizeof digest);
    err = qn_dev_regs_write(s->dev, QN_REG_DIGEST_A, 2, s->digest);
    return err < 0 ? failed(s, err, why, "resuming") : 0;
}

static int room(const qn_session *s, const uint32_t *tokens, uint32_t n, qn_why *why)
{
    if (n > s->p->context - s->pos)
        return qn_fail(why, QN_ERR_CONTEXT, "%u tokens after %u, the context has %u", n, s->pos, s->p->context);
    for (uint32_t i = 0; i < n; i++)
        if (tokens[i] >= s->p->dims.vocab)
            return qn_fail(why, QN_ERR_RANGE, "token %u, the vocabulary has %u", tokens[i], s->p->dims.vocab);
    return 0;
}

int qn_session_prefill(qn_session *s, const uint32_t *tokens, uint32_t n, enum qn_session_want want, qn_why *why)
{
    int err = room(s, tokens, n, why);
    for (uint32_t at = 0, m; !err && at < n; at += m) {
        m = n - at < s->p->chunk ? n - at : s->p->chunk;
        err = step(s, QN_ENTRY_PREFILL, tokens + at, m, at + m == n ? want : QN_SESSION_NOTHING, why);
    }
    return err;
}

// Behind all windows: where the text of the firmware's loop has room, as a word address; false: it has not.
static bool text_place(const qn_session *s, uint32_t *at)
{
    uint64_t end = 0, all = qn_dev_target(s->dev)->mem_bytes / 4;
    for (unsigned w = 0; w < QN_WINDOWS; w++) {
        qn_prog_window v = qn_prog_window_of(s->p, w);
        if (v.size && (uint64_t)v.base + v.size > end)
            end = (uint64_t)v.base + v.size;
    }
    *at = (uint32_t)QN_WIN_ALIGNED(end);
    return QN_WIN_ALIGNED(end) + s->p->context + 1 <= all;
}

static uint32_t bits(float x)
{
    uint32_t u;
    memcpy(&u, &x, sizeof u);
    return u;
}

// A loop that began again makes the same tokens as before: those are known already.
static void made_one(void *ctx, uint32_t token)
{
    qn_session *s = ctx;
    uint32_t at = s->loop.arg[QN_MB_GEN_LENGTH] + s->loop.made;
    if (at > s->p->context || s->loop.made < s->user->made)
        return;
    s->token[at] = token;
    s->user->made++;
    if (s->user->token)
        s->user->token(s->user->ctx, token);
}

// The text so far and the loop's arguments
static int begin_loop(qn_session *s, const uint32_t *tokens, uint32_t n, const qn_session_loop *l, qn_why *why)
{
    const qn_prog *p = s->p;
    uint32_t at, length = s->pos + n;
    if (!n || l->n_ends > QN_MB_ENDS || s->seeked)
        return qn_fail(why, QN_ERR_USAGE, "a loop needs a token to begin with, all those before it, and at most %u ends", QN_MB_ENDS);
    if (!text_place(s, &at))
        return qn_fail(why, QN_ERR_TOO_LARGE, "no room for the text behind the program");
    memmove(s->token + s->pos, tokens, n * sizeof *tokens);
    s->loop = (qn_client_loop){.token = made_one, .ctx = s};
    uint32_t *a = s->loop.arg;
    a[QN_MB_GEN_TEXT] = at;
    a[QN_MB_GEN_LENGTH] = length;
    a[QN_MB_GEN_POS] = s->pos;
    a[QN_MB_GEN_MOST] = l->most;
    a[QN_MB_GEN_CONTEXT] = p->context;
    a[QN_MB_GEN_CHUNK] = p->chunk;
    a[QN_MB_GEN_VOCAB] = p->dims.vocab;
    a[QN_MB_GEN_PREFILL] = p->entry[QN_ENTRY_PREFILL];
    a[QN_MB_GEN_DECODE] = p->entry[QN_ENTRY_DECODE];
    a[QN_MB_GEN_LOGITS] = qn_prog_window_of(p, QN_WIN_IO).base;
    a[QN_MB_GEN_LIMIT] = s->limit < UINT32_MAX ? (uint32_t)s->limit : UINT32_MAX;
    a[QN_MB_GEN_TEMPERATURE] = bits(l->temperature);
    a[QN_MB_GEN_TOP_K] = l->top_k;
    a[QN_MB_GEN_TOP_P] = bits(l->top_p);
    a[QN_MB_GEN_SEED] = (uint32_t)l->seed;
    a[QN_MB_GEN_SEED + 1] = (uint32_t)(l->seed >> 32);
    a[QN_MB_GEN_ENDS] = l->n_ends;
    for (uint32_t i = 0; i < l->n_ends; i++)
        a[QN_MB_GEN_END + i] = l->ends[i];
    uint8_t *text = malloc(4ull * length);
    if (!text)
        return qn_fail(why, QN_ERR_NOMEM, "session");
    for (uint32_t i = 0; i < length; i++)
        qn_le32_put(text + 4ull * i, s->token[i]);
    int err = qn_dev_write(s->dev, 4ull * at, text, 4ull * length);
    free(text);
    return err < 0 ? failed(s, err, why, "writing the text to") : 0;
}

// What the loop left: position, digest, whether a value was not finite.
static int end_loop(qn_session *s, qn_session_loop *l, qn_why *why)
{
    const qn_client_loop *c = &s->loop;
    uint32_t digest[2], status;
    int err = qn_dev_regs_read(s->dev, QN_REG_DIGEST_A, 2, digest);
    if (!err)
        err = qn_dev_reg_read(s->dev, QN_REG_STATUS, &status);
    if (!err && (c->pos < s->pos || c->pos > s->p->context))
        err = QN_ERR_LINK;
    if (err < 0)
        return failed(s, err, why, "after the loop of");
    memcpy(s->digest, digest, sizeof digest);
    s->nonfinite |= (status & QN_STATUS_NONFINITE) != 0;
    s->pos = c->pos;
    s->loaded = true;
    s->looping = s->over = false;
    l->steps = c->steps;
    l->clocks = c->clocks;
    l->work = c->work;
    l->finish = c->finish == QN_MB_FINISH_END ? QN_SESSION_ENDED : c->finish == QN_MB_FINISH_CONTEXT ? QN_SESSION_FULL :
                c->finish == QN_MB_FINISH_STOP ? QN_SESSION_STOPPED : QN_SESSION_RAN_OUT;
    return 0;
}

int qn_session_generate(qn_session *s, const uint32_t *tokens, uint32_t n, qn_session_loop *l, qn_why *why)
{
    int err = 0;
    s->user = l;
    if (!s->looping) {
        l->made = 0;
        if ((err = room(s, tokens, n, why)) == 0)
            err = begin_loop(s, tokens, n, l, why);
    } else if (s->again) {
        err = begin_loop(s, s->token + s->pos, s->loop.arg[QN_MB_GEN_LENGTH] - s->pos, l, why);
    }
    if (err < 0)
        return err;
    s->looping = true;
    s->again = false;
    err = s->over ? 0 : qn_dev_generate(s->dev, &s->loop);
    if (err == QN_ERR_TRAP) {
        s->looping = false;
        return trapped(s, why);
    }
    if (err < 0)
        return failed(s, err, why, "the token loop of");
    s->over = true;
    return end_loop(s, l, why);
}

int qn_session_decode(qn_session *s, uint32_t token, enum qn_session_want want, qn_why *why)
{
    int err = room(s, &token, 1, why);
    return err < 0 ? err : step(s, QN_ENTRY_DECODE, &token, 1, want, why);
}

void qn_session_guard_by(qn_session *s, qn_session_guard *guard)
{
    s->guard = guard;
}

int qn_session_seek(qn_session *s, uint32_t pos)
{
    if (pos > s->p->context)
        return QN_ERR_CONTEXT;
    s->pos = pos;
    s->seeked = true;
    return 0;
}

uint32_t qn_session_pos(const qn_session *s)
{
    return s->pos;
}

uint32_t qn_session_pick(const qn_session *s)
{
    return s->pick;
}

int qn_session_logits(qn_session *s, float *logits)
{
    return qn_dev_read(s->dev, window_at(s, QN_WIN_IO), logits, 4ull * s->p->dims.vocab);
}

const qn_session_cost *qn_session_prefill_cost(const qn_session *s)
{
    return &s->prefill;
}

const qn_session_cost *qn_session_decode_cost(const qn_session *s)
{
    return &s->decode;
}

// A cache tile of 32 columns as it would lie with one stripe.
static void gather(const uint32_t *tile, uint32_t words, uint32_t stripes, uint32_t *out)
{
    uint32_t pair = words / 16;
    for (uint32_t i = 0; i < 16 * pair; i++) {
        uint32_t col = i / pair * 2;
        out[i] = tile[qn_stripe_of(stripes, col) + stripes * (qn_stripe_col(stripes, col) / 2 * pair + i % pair)];
    }
}

// What the word at `at` of the cache belongs to: a tile of keys or values, or scales; and where such tiles end.
static uint32_t tile_at(const qn_prog *p, uint32_t at, uint32_t *end)
{
    const qn_layout *y = &p->lay;
    const qn_fmt *key = qn_fmt_find(p->kv_bits == 16 ? QN_FMT_KEY16 : QN_FMT_KEY8), *value = qn_fmt_find(p->kv_bits == 16 ? QN_FMT_VAL16 : QN_FMT_VAL8);
    const qn_fmt *f = at < y->val_addr ? key : at < y->scale_addr ? value : NULL;
    *end = f == key ? y->val_addr : f ? y->scale_addr : y->kv_words;
    *end = *end < y->kv_words ? *end : y->kv_words;
    return f ? (uint32_t)qn_fmt_tile_words(f, 32, 1) : 1;
}

int qn_session_digest_get(qn_session *s, qn_session_digest *d)
{
    uint32_t size = s->p->lay.kv_words, stripes = qn_dev_target(s->dev)->planes, end;
    d->kv = 0xcbf29ce484222325u;
    int err = qn_dev_reg_read(s->dev, QN_REG_DIGEST_A, &d->a);
    if (!err)
        err = qn_dev_reg_read(s->dev, QN_REG_DIGEST_B, &d->b);
    uint32_t *block = malloc(BLOCK), *tile = malloc(BLOCK);
    if (!block || !tile)
        err = QN_ERR_NOMEM;
    for (uint32_t at = 0, n; !err && at < size; at += n) {
        uint32_t words = tile_at(s->p, at, &end), most = BLOCK / 4 / words * words;
        n = end - at < most ? end - at : most;
        err = qn_dev_read(s->dev, window_at(s, QN_WIN_KV) + 4ull * at, block, 4ull * n);
        for (uint32_t i = 0; !err && words > 1 && n - i >= words; i += words) {
            gather(block + i, words, stripes, tile);
            memcpy(block + i, tile, 4ull * words);
        }
        for (size_t i = 0; !err && i < 4ull * n; i++)
            d->kv = (d->kv ^ ((const uint8_t *)block)[i]) * 0x100000001b3u;
    }
    free(block);
    free(tile);
    return err;
}

bool qn_session_nonfinite(const qn_session *s)
{
    return s->nonfinite;
}
