// SPDX-License-Identifier: Apache-2.0
// Devices and sessions: the executors agree, however a prompt is cut, and what a device says goes wrong is told.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "compiler/back/qn_abi.h"
#include "compiler/back/qn_compile.h"
#include "driver/client/qn_client.h"
#include "driver/qn_session.h"
#include "rtl/spec/qn_mailbox.h"

static qn_prog prog;
static const uint32_t prompt[] = {1, 403, 407, 261, 378, 500, 600, 700, 800, 900, 1000, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21};
enum { PROMPT = sizeof prompt / sizeof *prompt };

static int compile_for(const char *target, uint32_t kv_bits)
{
    qn_gguf *g;
    qn_options o = qn_options_default(qn_target_find(target));
    o.context = 32;
    o.kv_bits = kv_bits;
    if (qn_gguf_open(&g, "models/quern-stories.gguf", NULL) < 0 || qn_compile(&prog, g, &o, NULL) < 0)
        return -1;
    qn_gguf_close(g);
    return 0;
}

static int setup(void **state)
{
    (void)state;
    return compile_for("ulx3s", 8);
}

static int teardown(void **state)
{
    (void)state;
    qn_prog_free(&prog);
    return 0;
}

typedef struct bench {
    qn_dev *dev;
    qn_session *s;
} bench;

static bench start(const char *where)
{
    bench b;
    qn_why why = {""};
    assert_int_equal(qn_dev_open(&b.dev, where, &why), 0);
    assert_int_equal(qn_session_open(&b.s, b.dev, &prog, &why), 0);
    return b;
}

static void end(bench *b)
{
    qn_session_close(b->s);
    qn_dev_close(b->dev);
}

typedef struct result {
    qn_session_digest d;
    uint32_t pick;
    float logits[1024];
} result;

// The prompt in pieces of `piece` (0: token by token through the decode entry), then three tokens more.
static result go(bench *b, uint32_t piece)
{
    result r;
    uint32_t step = piece ? piece : 1;
    assert_int_equal(prog.dims.vocab, 1024);
    assert_int_equal(qn_session_reset(b->s, NULL), 0);
    for (uint32_t at = 0; at < PROMPT; at += step) {
        uint32_t n = PROMPT - at < step ? PROMPT - at : step;
        enum qn_session_want want = at + n == PROMPT ? QN_SESSION_PICK : QN_SESSION_NOTHING;
        assert_int_equal(piece ? qn_session_prefill(b->s, prompt + at, n, want, NULL) : qn_session_decode(b->s, prompt[at], want, NULL), 0);
    }
    for (int i = 0; i < 3; i++)
        assert_int_equal(qn_session_decode(b->s, qn_session_pick(b->s), QN_SESSION_LOGITS, NULL), 0);
    r.pick = qn_session_pick(b->s);
    assert_int_equal(qn_session_logits(b->s, r.logits), 0);
    assert_int_equal(qn_session_digest_get(b->s, &r.d), 0);
    assert_int_equal(qn_session_pos(b->s), PROMPT + 3);
    assert_false(qn_session_nonfinite(b->s));
    return r;
}

static void equal(const result *a, const result *b)
{
    assert_int_equal(a->pick, b->pick);
    assert_int_equal(a->d.a, b->d.a);
    assert_int_equal(a->d.b, b->d.b);
    assert_true(a->d.kv == b->d.kv);
    assert_memory_equal(a->logits, b->logits, sizeof a->logits);
}

static void executors_agree(void **state)
{
    (void)state;
    bench model = start("model:ulx3s"), cpu = start("cpu");
    qn_dev_timed(model.dev, false);
    result whole = go(&model, PROMPT), apart = go(&model, 5), single = go(&model, 0), other = go(&cpu, PROMPT), again = go(&cpu, 7);
    equal(&whole, &apart);
    equal(&whole, &single);
    equal(&whole, &other);
    equal(&whole, &again);
    for (uint32_t i = 0; i < 1024; i++)
        assert_false(whole.logits[i] > whole.logits[whole.pick]);
    assert_false(qn_dev_has_cycles(cpu.dev));
    end(&model);
    end(&cpu);
}

// Targets as well, though with several stripes the cache lies in another order.
static void targets_agree(void **state)
{
    (void)state;
    qn_prog own = prog;
    for (uint32_t bits = 8; bits <= 16; bits += 8) {
        static const char *const targets[] = {"ulx3s", "mini", "tiny", "micro", "quad", "large"};
        result first;
        for (int i = 0; i < 6; i++) {
            char where[16];
            assert_int_equal(compile_for(targets[i], bits), 0);
            snprintf(where, sizeof where, "%s:%s", i == 4 ? "cpu" : "model", targets[i]);
            bench b = start(where);
            qn_dev_timed(b.dev, false);
            result r = go(&b, PROMPT);
            if (i == 0)
                first = r;
            equal(&first, &r);
            end(&b);
            qn_prog_free(&prog);
        }
    }
    prog = own;
}

// Every bit of the cache counts in its digest, and so does where it stands.
static void digest_of_the_cache(void **state)
{
    (void)state;
    qn_prog own = prog;
    assert_int_equal(compile_for("quad", 8), 0);
    bench b = start("model:quad");
    qn_dev_timed(b.dev, false);
    result r = go(&b, PROMPT);
    uint64_t base = 4ull * qn_prog_window_of(&prog, QN_WIN_KV).base;
    const uint32_t at[] = {0, prog.lay.key_tile + 8, prog.lay.val_addr - 1, prog.lay.val_addr + 3, prog.lay.scale_addr, prog.lay.kv_words - 1};
    for (size_t i = 0; i < sizeof at / sizeof *at; i++) {
        uint32_t word, other;
        qn_session_digest d;
        assert_int_equal(qn_dev_read(b.dev, base + 4ull * at[i], &word, 4), 0);
        other = word ^ 1u << (5 * i);
        assert_int_equal(qn_dev_write(b.dev, base + 4ull * at[i], &other, 4), 0);
        assert_int_equal(qn_session_digest_get(b.s, &d), 0);
        assert_false(d.kv == r.d.kv);
        assert_int_equal(qn_dev_write(b.dev, base + 4ull * at[i], &word, 4), 0);
        assert_int_equal(qn_session_digest_get(b.s, &d), 0);
        assert_true(d.kv == r.d.kv);
    }
    uint32_t two[2], swapped[2];
    assert_int_equal(qn_dev_read(b.dev, base + 16, two, 8), 0);
    swapped[0] = two[1];
    swapped[1] = two[0];
    assert_int_not_equal(two[0], two[1]);
    assert_int_equal(qn_dev_write(b.dev, base + 16, swapped, 8), 0);
    assert_int_equal(qn_session_digest_get(b.s, &r.d), 0);
    result again = go(&b, 3);
    assert_false(again.d.kv == r.d.kv);
    end(&b);
    qn_prog_free(&prog);
    prog = own;
}

static void costs(void **state)
{
    (void)state;
    bench b = start("model:ulx3s");
    assert_true(qn_dev_has_cycles(b.dev));
    go(&b, PROMPT);
    const qn_session_cost *p = qn_session_prefill_cost(b.s), *d = qn_session_decode_cost(b.s);
    assert_int_equal(p->steps, 2);
    assert_int_equal(p->tokens, PROMPT);
    assert_int_equal(d->tokens, 3);
    // Three tokens read all weights three times, two chunks twice, the first without the logits' weights
    assert_true(d->count[QN_COUNT(READ)] > p->count[QN_COUNT(READ)]);
    assert_true(d->count[QN_COUNT(CYCLES)] > d->count[QN_COUNT(READ)]);
    assert_true(p->profiled && d->profiled);
    uint64_t sum = 0;
    for (uint32_t k = 0; k < prog.n_mark; k++)
        sum += d->mark_cycles[k];
    assert_true(sum <= d->count[QN_COUNT(CYCLES)] && sum + 3 * 200 > d->count[QN_COUNT(CYCLES)]);
    assert_int_equal(qn_session_reset(b.s, NULL), 0);
    assert_int_equal(d->tokens + d->count[QN_COUNT(CYCLES)], 0);
    end(&b);
}

static void limits(void **state)
{
    (void)state;
    bench b = start("model");
    qn_why why = {""};
    uint32_t token = 5, bad = prog.dims.vocab, value;
    qn_dev_timed(b.dev, false);
    assert_int_equal(qn_session_prefill(b.s, &bad, 1, QN_SESSION_PICK, &why), QN_ERR_RANGE);
    for (uint32_t i = 0; i < prog.context; i++)
        assert_int_equal(qn_session_decode(b.s, token, QN_SESSION_NOTHING, &why), 0);
    assert_int_equal(qn_session_decode(b.s, token, QN_SESSION_PICK, &why), QN_ERR_CONTEXT);
    assert_int_equal(qn_session_pos(b.s), prog.context);
    assert_int_equal(qn_session_seek(b.s, prog.context + 1), QN_ERR_CONTEXT);

    uint64_t bytes = qn_dev_target(b.dev)->mem_bytes;
    assert_int_equal(qn_dev_read(b.dev, bytes - 4, &value, 4), 0);
    assert_int_equal(qn_dev_read(b.dev, bytes - 3, &value, 4), QN_ERR_RANGE);
    assert_int_equal(qn_dev_write(b.dev, bytes + 1, &value, 0), QN_ERR_RANGE);
    assert_int_equal(qn_dev_write(b.dev, UINT64_MAX, &value, 4), QN_ERR_RANGE);
    assert_int_equal(qn_dev_reg_read(b.dev, QN_REG_WORDS, &value), QN_ERR_RANGE);
    assert_int_equal(qn_dev_waves(b.dev, "/tmp/x"), QN_ERR_UNSUPPORTED);
    volatile int stop = 1;
    qn_dev_stop_on(b.dev, &stop);
    assert_int_equal(qn_session_reset(b.s, &why), 0);
    assert_int_equal(qn_session_decode(b.s, token, QN_SESSION_PICK, &why), QN_ERR_STOPPED);
    end(&b);
}

static void names(void **state)
{
    (void)state;
    qn_dev *dev;
    qn_session *s;
    qn_why why = {""};
    assert_int_equal(qn_dev_open(&dev, "abacus:ulx3s", &why), QN_ERR_NO_PORT);
    assert_null(dev);
    assert_int_equal(qn_dev_open(&dev, "model:", &why), QN_ERR_NO_TARGET);
    assert_int_equal(qn_dev_open(&dev, "", &why), QN_ERR_NO_PORT);
    assert_int_equal(qn_dev_open(&dev, "model:mini", &why), 0);
    assert_string_equal(qn_dev_name(dev), "model:mini");
    assert_int_equal(qn_session_open(&s, dev, &prog, &why), QN_ERR_TARGET);
    assert_null(s);
    qn_dev_close(dev);
}

static void trap_is_told(void **state)
{
    (void)state;
    bench b = start("model");
    qn_why why = {""};
    // A bit of an instruction of the decode entry changes: its check bits no longer match
    uint64_t at = 4ull * (qn_prog_window_of(&prog, QN_WIN_IMAGE).base + prog.lay.code_addr);
    uint32_t word;
    assert_int_equal(qn_dev_read(b.dev, at + 4 * 8 * 6, &word, 4), 0);
    word ^= 1u << 27;
    assert_int_equal(qn_dev_write(b.dev, at + 4 * 8 * 6, &word, 4), 0);
    assert_int_equal(qn_session_decode(b.s, 1, QN_SESSION_PICK, &why), QN_ERR_TRAP);
    assert_non_null(strstr(why.text, "check bits do not match"));
    assert_non_null(strstr(why.text, "instruction 6: ALU"));
    assert_null(strchr(why.text, '\n'));
    end(&b);
}

static uint32_t guarded[3];
static int guard(const qn_prog *p, enum qn_prog_entry entry, const uint32_t *args, qn_why *why)
{
    assert_ptr_equal(p, &prog);
    guarded[0] = entry;
    guarded[1] = args[QN_ARG_POS];
    guarded[2] = args[QN_ARG_TOKEN];
    return args[QN_ARG_TOKEN] == 7 ? qn_fail(why, QN_ERR_VERIFY, "seven") : 0;
}

static void guard_decides(void **state)
{
    (void)state;
    bench b = start("model");
    qn_why why = {""};
    qn_session_guard_by(b.s, guard);
    assert_int_equal(qn_session_prefill(b.s, prompt, 2, QN_SESSION_NOTHING, &why), 0);
    assert_int_equal(guarded[0], QN_ENTRY_PREFILL);
    assert_int_equal(guarded[2], prompt[0]);
    assert_int_equal(qn_session_decode(b.s, 7, QN_SESSION_PICK, &why), QN_ERR_VERIFY);
    assert_string_equal(why.text, "seven");
    assert_int_equal(guarded[1], 2);
    assert_int_equal(qn_session_pos(b.s), 2);
    end(&b);
}

// A device that lies about what it is, and one that never ends
static uint32_t lie_id;
static int lie_open(void **ctx, const qn_target *t, qn_why *why)
{
    (void)t, (void)why;
    *ctx = NULL;
    return 0;
}
static void lie_close(void *ctx)
{
    (void)ctx;
}
static int lie_reg_read(void *ctx, unsigned reg, uint32_t *value)
{
    (void)ctx;
    *value = reg == QN_REG_ID ? lie_id : QN_STATUS_BUSY;
    return 0;
}
static int lie_reg_write(void *ctx, unsigned reg, uint32_t value)
{
    (void)ctx, (void)reg, (void)value;
    return 0;
}
static int lie_read(void *ctx, uint64_t addr, void *dst, size_t n)
{
    (void)ctx, (void)addr;
    memset(dst, 0, n);
    return 0;
}
static int lie_write(void *ctx, uint64_t addr, const void *src, size_t n)
{
    (void)ctx, (void)addr, (void)src, (void)n;
    return 0;
}
static uint64_t lie_cycles;
static int lie_run(void *ctx, uint64_t cycles)
{
    (void)ctx;
    lie_cycles += cycles;
    return QN_ERR_TIMEOUT;
}
static const qn_port lie = {.name = "lie", .text = "", .open = lie_open, .close = lie_close, .reg_read = lie_reg_read,
                            .reg_write = lie_reg_write, .read = lie_read, .write = lie_write, .run = lie_run};

static void lying_device(void **state)
{
    (void)state;
    qn_dev *dev;
    qn_session *s;
    qn_why why = {""};
    assert_int_equal(qn_dev_add_port(&lie), 0);
    assert_int_equal(qn_dev_open(&dev, "lie:ulx3s", &why), QN_ERR_VERSION);
    lie_id = QN_ID_VALUE;
    assert_int_equal(qn_dev_open(&dev, "lie:ulx3s", &why), 0);
    assert_int_equal(qn_dev_wait(dev, 1234567), QN_ERR_TIMEOUT);
    assert_int_equal(lie_cycles, 1234567);
    assert_int_equal(qn_session_open(&s, dev, &prog, &why), 0);
    assert_int_equal(qn_session_decode(s, 1, QN_SESSION_PICK, &why), QN_ERR_TIMEOUT);
    assert_non_null(strstr(why.text, "lie:ulx3s at position 0"));
    qn_session_close(s);
    qn_dev_close(dev);
}

// A device is lost between a loop's end and the reading of what it left: the next call reads, and does not begin the loop again.
static unsigned loops;
static bool lost;

static int loop_once(void *ctx, qn_client_loop *l)
{
    (void)ctx;
    loops++;
    lost = true;
    l->pos = l->arg[QN_MB_GEN_LENGTH];
    l->finish = QN_MB_FINISH_END;
    l->steps = 3;
    return 0;
}

static int read_unless_lost(void *ctx, unsigned reg, uint32_t *value)
{
    return lost && reg == QN_REG_DIGEST_A ? QN_ERR_NO_DEVICE : qn_port_model.reg_read(ctx, reg, value);
}

static void loop_over(void **state)
{
    (void)state;
    static qn_port port;
    port = qn_port_model;
    port.name = "late";
    port.regs_read = NULL;
    port.reg_read = read_unless_lost;
    port.generate = loop_once;
    assert_int_equal(qn_dev_add_port(&port), 0);
    bench b = start("late:ulx3s");
    qn_session_loop l = {.most = 4, .top_p = 1};
    qn_why why = {""};
    assert_int_equal(qn_session_generate(b.s, prompt, PROMPT, &l, &why), QN_ERR_NO_DEVICE);
    lost = false;
    assert_int_equal(qn_session_generate(b.s, prompt, PROMPT, &l, &why), 0);
    assert_int_equal(loops, 1);
    assert_true(l.finish == QN_SESSION_ENDED && l.steps == 3 && qn_session_pos(b.s) == PROMPT);
    end(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(executors_agree), cmocka_unit_test(targets_agree), cmocka_unit_test(digest_of_the_cache),
        cmocka_unit_test(costs), cmocka_unit_test(limits), cmocka_unit_test(names),
        cmocka_unit_test(trap_is_told), cmocka_unit_test(guard_decides),
        cmocka_unit_test(lying_device),
        cmocka_unit_test(loop_over),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
