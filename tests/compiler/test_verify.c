// SPDX-License-Identifier: Apache-2.0
// The verifier accepts what the compiler makes, and refuses it with one word of the code changed, for the reason planted. Small programs
// written by hand show the faults that no single word of a compiled one makes.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "compiler/back/qn_abi.h"
#include "compiler/back/qn_compile.h"
#include "compiler/verify/qn_verify.h"
#include "tests/model/exec_prog.h"

#define EMBEDDED "models/quern-stories.gguf"
#define STORIES "../shared/data/llama/stories260K.gguf"

enum { WORK = 3000000, MUCH = 60000000, GGML = 1 };      // GGML: in the place of the activations' bits

static void compile(qn_prog *prog, const char *path, const char *target, uint32_t act, uint32_t kv, uint32_t context)
{
    qn_gguf *g;
    qn_why why = {""};
    qn_options o = qn_options_default(qn_target_find(target));
    o.act_bits = act == GGML ? 8 : act;
    o.act_ggml = act == GGML;
    o.kv_bits = kv;
    o.context = context;
    if (qn_gguf_open(&g, path, &why) < 0 || qn_compile(prog, g, &o, &why) < 0)
        fail_msg("%s: %s", path, why.text);
    qn_gguf_close(g);
}

static void accepted(const char *path)
{
    static const char *const targets[] = {"ulx3s", "mini", "quad"};
    for (int t = 0; t < 3; t++)
        for (int k = 0; k < 6; k++) {
            qn_prog prog;
            qn_verify_report r;
            qn_why why = {""};
            uint32_t act = k & 4 ? GGML : k & 1 ? 16 : 8, kv = (k & 4 ? k & 1 : k & 2) ? 16 : 8;
            compile(&prog, path, targets[t], act, kv, 100);
            int err = qn_verify_within(&prog, MUCH, &r, &why);
            if (err < 0)
                fail_msg("%s, %s, act %u, kv %u: %s", path, targets[t], act, kv, why.text);
            assert_true(r.steps > 100 && r.instructions[QN_ENTRY_PREFILL] > r.instructions[QN_ENTRY_DECODE]);
            assert_int_equal(r.fault_at, UINT32_MAX);
            qn_prog_free(&prog);
        }
}

static void accepts_embedded(void **state)
{
    (void)state;
    accepted(EMBEDDED);
}

static void accepts_stories(void **state)
{
    (void)state;
    if (access(STORIES, R_OK)) {
        puts("no " STORIES);
        skip();
    }
    accepted(STORIES);
}

// A context so short that every argument is gone through; and single steps.
static void every_step(void **state)
{
    (void)state;
    qn_prog prog;
    qn_verify_report r;
    compile(&prog, EMBEDDED, "mini", 8, 8, 4);
    assert_int_equal(qn_verify_within(&prog, UINT64_MAX, &r, NULL), 0);
    assert_true(r.every);
    qn_prog_free(&prog);

    compile(&prog, EMBEDDED, "ulx3s", 8, 8, 64);
    uint32_t args[QN_ARGS] = {0};
    qn_why why;
    args[QN_ARG_POS] = 33;
    args[QN_ARG_COUNT] = 16;
    args[QN_ARG_LOGITS] = 1;
    for (int i = 0; i < 16; i++)
        args[QN_ARG_TOKEN + i] = prog.dims.vocab - 1 - (uint32_t)i;
    assert_int_equal(qn_verify_step(&prog, QN_ENTRY_PREFILL, args, &r, &why), 0);
    assert_int_equal(r.steps, 1);
    args[QN_ARG_POS] = 49;
    assert_int_equal(qn_verify_step(&prog, QN_ENTRY_PREFILL, args, NULL, &why), QN_ERR_VERIFY);
    args[QN_ARG_POS] = 48;
    assert_int_equal(qn_verify_step(&prog, QN_ENTRY_DECODE, args, NULL, &why), QN_ERR_VERIFY);
    args[QN_ARG_COUNT] = 1;
    assert_int_equal(qn_verify_step(&prog, QN_ENTRY_DECODE, args, NULL, &why), 0);
    args[QN_ARG_TOKEN] = prog.dims.vocab;
    assert_int_equal(qn_verify_step(&prog, QN_ENTRY_DECODE, args, NULL, &why), QN_ERR_VERIFY);
    qn_prog_free(&prog);
}

// ---- planted faults
enum { WAIT0 = 0xf00, WAIT1 = 0xf000, POST0 = 0xf0000, POST1 = 0xf00000, IMM = 0xfffffff, ADD = 0 };

typedef struct planted {
    const char *what;
    enum qn_op op;
    const char *mark;
    int nth;                                     // of that opcode behind the mark, in the decode entry; where semaphores are taken away,
                                                 // of those that have them
    int word;
    uint32_t mask, value;                        // ADD: value is added
    const char *why;
} planted;

static const planted faults[] = {
    {"no wait for slices", QN_OP_GEMM, "out", 0, 0, WAIT0 | WAIT1, 1 << 8, "before it has surely been quantized"},
    {"no wait for a free tile", QN_OP_GEMM, "out", 1, 0, WAIT0, 0, "the vector unit may still read"},
    {"no wait for a tile", QN_OP_VEC, "out", 0, 0, WAIT0, 0, "before the array has surely written"},
    {"no post of a free tile", QN_OP_VEC, "out", 0, 0, POST0, 0, "for ever"},
    {"no post of slices", QN_OP_QUANT, "out", 0, 0, POST0, 0, "for ever"},
    {"a free tile twice", QN_OP_VEC, "out", 0, 0, POST1, 1 << 20, "may still read"},
    {"no wait for keys and values", QN_OP_LOADV, "attention", 0, 0, WAIT0 | WAIT1, 0, "not surely written yet"},
    {"no wait for the norm's weights", QN_OP_VEC, "norm", 0, 0, WAIT0, 0, "before the load unit has surely filled it"},
    {"no wait for room for weights", QN_OP_LOADV, "norm", 0, 0, WAIT0, 0, "the vector unit may still use"},
    {"no wait for a record", QN_OP_STORE, "cache", 0, 0, WAIT0, 0, "before the vector unit has surely filled it"},
    {"no wait for logits stored", QN_OP_STORE, "logits", 0, 0, POST0, 0, "for ever"},
    {"a semaphore of the array's", QN_OP_VEC, "out", 0, 0, WAIT1, 3 << 12, "which the array waits for as well"},
    {"weights past the window", QN_OP_STREAM, "out", 0, 2, IMM, 0x7ffff00, "of window 0"},
    {"a table past the window", QN_OP_LOADV, "norm", 0, 2, IMM, 0x7ffff00, "of window 0"},
    {"keys past the window", QN_OP_STORE, "cache", 2, 5, IMM, 0x7fffff0, "of window 1"},
    {"a write to the image", QN_OP_STORE, "cache", 0, 0, 7u << 24, QN_WIN_IMAGE << 24, "read only"},
    {"two columns more", QN_OP_STREAM, "out", 0, 7, ADD, 2, "whole number"},
    {"two columns more in the array", QN_OP_GEMM, "out", 0, 4, ADD, 2, "but instruction"},
    {"another format in the array", QN_OP_GEMM, "attention", 3, 7, IMM, QN_FMT_S8, "takes S8 words"},
    {"fewer slices", QN_OP_GEMM, "attention", 0, 3, IMM, 0, "not allowed"},
    {"other slices", QN_OP_GEMM, "out", 0, 2, ADD, 40, "which this job has not written"},
    {"slices out of step", QN_OP_GEMM, "out", 0, 2, ADD, 1, "quantizer's block"},
    {"more rows than quantized", QN_OP_GEMM, "attention", 3, 5, ADD, 8, "which this job has not written"},
    {"another block", QN_OP_QUANT, "out", 0, 0, 3u << 24, 0, "quantizer's block"},
    {"a buffer never written", QN_OP_VEC, "norm", 1, 3, ADD, 12000, "not written"},
    {"past the vector buffer", QN_OP_VEC, "norm", 1, 3, ADD, 24000, "out of range"},
    {"a row over the next", QN_OP_VEC, "attention", 0, 7, ADD, 0xfffffff, "overlap"},
    {"source and destination out of step", QN_OP_VEC, "out", 1, 2, IMM, 752, "reads in other places"},
    {"logits never computed", QN_OP_LOGIT, "logits", 0, 4, ADD, 8192, "not written"},
    {"no mask", QN_OP_VEC, "attention", 3, 0, 15u << 24, QN_VEC_MOV << 24, "not written"},
    {"a layer too many", QN_OP_LOOP, "embed", 1, 2, ADD, 1, ""},
    {"another loop's end", QN_OP_LOOP, "qkv", 0, 3, ADD, 1, "another end"},
    {"a lost HALT", QN_OP_HALT, "start", 0, 0, 0xff, QN_OP_ENDLOOP, "ends no loop"},
    {"an argument not given", QN_OP_LDA, "start", 1, 2, IMM, 5, "not given"},
    {"a count taken from a token", QN_OP_LDA, "logits", 0, 2, IMM, QN_ARG_TOKEN, "depends on a token"},
    {"an undefined bit", QN_OP_HALT, "start", 0, 2, IMM, 1, "not defined"},
    {"register 0 written", QN_OP_LDA, "start", 0, 0, 15u << 24, 0, "not allowed"},
};

// With several stripes: lines, eights of columns for each.
static const planted striped[] = {
    {"weights from the middle of a line", QN_OP_STREAM, "out", 0, 2, ADD, 2, "lines have 4 words"},
    {"embeddings from the middle of a line", QN_OP_STREAM, "embed", 0, 2, ADD, 3, "lines have 4 words"},
    {"embeddings a line and a half apart", QN_OP_ALU, "embed", 4, 3, ADD, 2, "lines have 4 words"},
    {"half a line of weights", QN_OP_STREAM, "embed", 0, 3, ADD, 2, "not allowed"},
    {"columns for one stripe", QN_OP_STREAM, "out", 0, 7, ADD, 8, "not allowed"},
    {"columns for one stripe in the array", QN_OP_GEMM, "out", 0, 4, ADD, 8, "not allowed"},
    {"accumulators of two stripes", QN_OP_GEMM, "out", 0, 6, ADD, 8, "not allowed"},
    {"other columns in the array", QN_OP_GEMM, "out", 0, 4, ADD, 32, "but instruction"},
    {"no wait for slices", QN_OP_GEMM, "out", 0, 0, WAIT0 | WAIT1, 1 << 8, "before it has surely been quantized"},
    {"no wait for keys and values", QN_OP_LOADV, "attention", 0, 0, WAIT0 | WAIT1, 0, "not surely written yet"},
    {"keys past the window", QN_OP_STORE, "cache", 2, 5, IMM, 0x7fffff0, "of window 1"},
};

static uint32_t *code_at(const qn_prog *prog, uint32_t at)
{
    return prog->image + prog->lay.code_addr + (size_t)at * QN_INSN_WORDS;
}

// The nth instruction with that opcode, and one of the bits of `sems` where there are any, behind a mark of that name.
static uint32_t *find(const qn_prog *prog, enum qn_op op, const char *mark, int nth, uint32_t sems)
{
    for (uint32_t m = 0; m < prog->n_mark && prog->mark[m].at < prog->entry[QN_ENTRY_PREFILL]; m++) {
        uint32_t end = m + 1 < prog->n_mark ? prog->mark[m + 1].at : prog->n_code;
        for (uint32_t at = prog->mark[m].at; !strcmp(prog->mark[m].name, mark) && at < end; at++)
            if ((*code_at(prog, at) & 0xff) == op && (!sems || *code_at(prog, at) & sems) && nth-- == 0)
                return code_at(prog, at);
    }
    fail_msg("no instruction %s %d behind %s", qn_op_name(op), nth, mark);
    return NULL;
}

static void seal(uint32_t *w)
{
    qn_insn x;
    memcpy(&x, w, sizeof x);
    qn_insn_seal(&x);
    memcpy(w, &x, sizeof x);
}

static void plant(const qn_prog *prog, const planted *list, size_t n)
{
    qn_why why = {""};
    qn_verify_report r;
    assert_int_equal(qn_verify_within(prog, WORK, &r, &why), 0);
    int wrong = 0;
    for (const planted *f = list; f < list + n; f++) {
        bool less = f->word == 0 && f->value == 0;
        uint32_t *w = find(prog, f->op, f->mark, f->nth, less ? f->mask & 0xffff00 : 0), old[QN_INSN_WORDS];
        memcpy(old, w, sizeof old);
        uint32_t *x = w + f->word, imm = (*x + f->value) & IMM;
        *x = f->mask == ADD ? (*x & ~(uint32_t)IMM) | imm : (*x & ~f->mask) | f->value;
        seal(w);
        why.text[0] = 0;
        int err = qn_verify_within(prog, WORK, &r, &why);
        if (err != QN_ERR_VERIFY || !strstr(why.text, f->why) || r.fault_at >= prog->n_code) {
            print_message("%s: %d, %s\n", f->what, err, why.text);
            wrong++;
        }
        if (getenv("QN_VERBOSE"))
            print_message("%s: %s\n", f->what, why.text);
        memcpy(w, old, sizeof old);
    }
    assert_int_equal(wrong, 0);
}

static void refuses_striped(void **state)
{
    (void)state;
    qn_prog prog;
    compile(&prog, EMBEDDED, "quad", 8, 8, 64);
    plant(&prog, striped, sizeof striped / sizeof *striped);
    qn_prog_free(&prog);
}

static void refuses(void **state)
{
    (void)state;
    qn_prog prog;
    qn_why why;
    qn_verify_report r;
    compile(&prog, EMBEDDED, "ulx3s", 8, 8, 64);
    plant(&prog, faults, sizeof faults / sizeof *faults);

    uint32_t *w = find(&prog, QN_OP_GEMM, "out", 0, 0);
    w[2] ^= 1;                                   // not sealed again
    assert_int_equal(qn_verify_within(&prog, WORK, &r, &why), QN_ERR_VERIFY);
    assert_non_null(strstr(why.text, "check bits"));
    assert_ptr_equal(code_at(&prog, r.fault_at), w);
    w[2] ^= 1;
    assert_int_equal(qn_verify_within(&prog, WORK, &r, &why), 0);
    qn_prog_free(&prog);
}

// ---- by hand: window 0 read only, window 1 writable, as compiled programs have them
static void by_hand_on(const char *target, uint32_t code_addr, const prog *code, const char *expected)
{
    static uint32_t image[8192];
    qn_prog q = {.dims = {.vocab = 64}, .context = 4, .chunk = 2, .n_code = code->n / QN_INSN_WORDS, .code_words = code->n, .image = image};
    snprintf(q.target, sizeof q.target, "%s", target);
    q.lay = (qn_layout){.image_words = 8192, .kv_words = 1024, .io_words = 1024, .code_addr = code_addr};
    memcpy(image + code_addr, code->w, 4 * code->n);
    qn_why why = {""};
    qn_verify_report r;
    int err = qn_verify(&q, &r, &why);
    if (expected ? err != QN_ERR_VERIFY || !strstr(why.text, expected) : err != 0)
        fail_msg("%s: %d, %s", expected ? expected : "nothing", err, why.text);
}

static void by_hand(const prog *code, const char *expected)
{
    by_hand_on("mini", 2048, code, expected);
}

// Four stripes: an S8 tile of 32 columns and one slice is 272 words, 68 lines.
static void small_striped_programs(void **state)
{
    (void)state;
    prog p = {0};
    static const struct {
        int addr, words, runs, stride, cols, acc;
        const char *why;
    } one[] = {
        {68, 272, 2, 276, 32, 32, NULL}, {68, 544, 1, 3, 32, 0, NULL}, {70, 272, 2, 276, 32, 0, "lines have 4 words"},
        {68, 272, 2, 274, 32, 0, "lines have 4 words"}, {68, 272, 2, -2, 32, 0, "lines have 4 words"}, {68, 274, 2, 276, 32, 0, "not allowed"},
        {68, 272, 2, 276, 16, 0, "not allowed"}, {68, 272, 2, 276, 32, 16, "not allowed"},
    };
    for (size_t i = 0; i < sizeof one / sizeof *one; i++) {
        p.n = 0;
        PUT(&p, QN_OP_STREAM, 0, 0, 0, I(one[i].addr), I(one[i].words), I(one[i].runs), I(one[i].stride), I(QN_FMT_S8), I(one[i].cols));
        for (int k = 0; k < 2; k++)
            PUT(&p, QN_OP_GEMM, 2, 0, 0, I(0), I(1), I(32), I(1), I(one[i].acc), I(QN_FMT_S8));
        HALT(&p);
        by_hand_on("quad", 2048, &p, one[i].why);
    }
    by_hand_on("quad", 2046, &p, "the code begins at word 2046");
    p.n = 0;
    HALT(&p);
    by_hand_on("quad", 2044, &p, NULL);
    by_hand_on("mini", 2047, &p, NULL);

    // A token as an address: every multiple of it begins a line, or some do not
    for (int k = 0; k < 3; k++) {
        static const struct {
            int scale, more;
            const char *why;
        } row[] = {{12, 8, NULL}, {6, 8, "lines have 4 words"}, {12, 7, "lines have 4 words"}};
        p.n = 0;
        PUT(&p, QN_OP_LDA, 1, 0, 0, I(QN_ARG_TOKEN));
        PUT(&p, QN_OP_ALU, 1 | QN_ALU_SHR << 4, 0, 0, R(1, 0), I(1));
        PUT(&p, QN_OP_ALU, 1 | QN_ALU_MUL << 4, 0, 0, R(1, 0), I(row[k].scale));
        PUT(&p, QN_OP_STREAM, 0, 0, 0, R(1, row[k].more), I(272), I(1), I(0), I(QN_FMT_S8), I(32));
        PUT(&p, QN_OP_GEMM, 2, 0, 0, I(0), I(1), I(32), I(1), I(0), I(QN_FMT_S8));
        HALT(&p);
        by_hand_on("quad", 2048, &p, row[k].why);
    }

    p.n = 0;                                     // the FIFO of each stripe holds 512 words: 7 tiles are 476 lines, 8 are 544
    PUT(&p, QN_OP_STREAM, 0, 0, 0, I(0), I(7 * 272), I(1), I(0), I(QN_FMT_S8), I(32));
    PUT(&p, QN_OP_LOADV, 0, 0, 0x0010, I(0), I(8), I(1), I(0), I(0), I(0));
    PUT(&p, QN_OP_GEMM, 2, 0, 0x1000, I(0), I(1), I(32), I(1), I(0), I(QN_FMT_S8));
    for (int i = 0; i < 6; i++)
        PUT(&p, QN_OP_GEMM, 2, 0, 0, I(0), I(1), I(32), I(1), I(0), I(QN_FMT_S8));
    HALT(&p);
    by_hand_on("quad", 2048, &p, NULL);
    p.w[3] = 8 * 272;
    qn_insn x;
    memcpy(&x, p.w, sizeof x);
    qn_insn_seal(&x);
    memcpy(p.w, &x, sizeof x);
    by_hand_on("quad", 2048, &p, "waits for semaphore 1 for ever");
}

static void small_programs(void **state)
{
    (void)state;
    prog p = {0};
    PUT(&p, QN_OP_LOADV, 0, 0, 0x0010, I(0), I(64), I(1), I(0), I(0), I(0));
    PUT(&p, QN_OP_STORE, 1 | 2 << 5, 0, 0x1000, I(0), I(64), I(1), I(0), I(4));
    HALT(&p);
    by_hand(&p, NULL);
    p.n -= 8;
    by_hand(&p, "no HALT");

    p.n = 0;                                     // 256 posts that the poster cannot know to be taken
    PUT(&p, QN_OP_LOOP, 0, 0, 0, I(256), I(2));
    PUT(&p, QN_OP_VEC, QN_VEC_MOV, 0, 0x0010, I(0));
    PUT(&p, QN_OP_ENDLOOP, 0, 0, 0, I(0));
    HALT(&p);
    by_hand(&p, "pass 255");

    p.n = 0;                                     // the same with an answer to each
    PUT(&p, QN_OP_VEC, QN_VEC_MOV, 0, 0x0020, I(0));
    PUT(&p, QN_OP_LOOP, 0, 0, 0, I(1000), I(4));
    PUT(&p, QN_OP_VEC, QN_VEC_MOV, 0, 0x2010, I(0));
    PUT(&p, QN_OP_LOADV, 0, 0, 0x1030, I(0), I(8), I(1), I(0), I(0), I(0));
    PUT(&p, QN_OP_ENDLOOP, 0, 0, 0, I(0));
    HALT(&p);
    by_hand(&p, "for ever");
    p.n = 0;
    PUT(&p, QN_OP_LOOP, 0, 0, 0, I(1000), I(3));
    PUT(&p, QN_OP_LOADV, 0, 0, 0x3010, I(0), I(8), I(1), I(0), I(0), I(0));
    PUT(&p, QN_OP_VEC, QN_VEC_MOV, 0, 0x1030, I(8), I(0), I(0), I(8), I(1));
    PUT(&p, QN_OP_ENDLOOP, 0, 0, 0, I(0));
    HALT(&p);
    by_hand(&p, "for ever");
    prog q = {0};
    PUT(&q, QN_OP_VEC, QN_VEC_MOV, 0, 0x0030, I(0));
    memcpy(q.w + q.n, p.w, 4 * p.n);
    q.n += p.n;
    q.n = 8;
    PUT(&q, QN_OP_LOOP, 0, 0, 0, I(1000), I(4));
    memcpy(q.w + q.n, p.w + 8, 4 * (p.n - 8));
    q.n += p.n - 8;
    by_hand(&q, NULL);

    p.n = 0;                                     // words left over; words that never find room; words that never come
    PUT(&p, QN_OP_STREAM, 0, 0, 0, I(0), I(17 * 4), I(1), I(0), I(QN_FMT_S8), I(2));
    HALT(&p);
    by_hand(&p, "left at HALT");
    p.n = 0;
    PUT(&p, QN_OP_STREAM, 0, 0, 0, I(0), I(17 * 64), I(1), I(0), I(QN_FMT_S8), I(2));
    HALT(&p);
    by_hand(&p, "never find room");
    p.n = 0;
    PUT(&p, QN_OP_GEMM, 2, 0, 0, I(0), I(1), I(2), I(1), I(0), I(QN_FMT_S8));
    HALT(&p);
    by_hand(&p, "no STREAM brings");

    p.n = 0;                                     // an order that only the schedule gives
    PUT(&p, QN_OP_STREAM, 0, 0, 0, I(0), I(17), I(1), I(0), I(QN_FMT_S8), I(2));
    PUT(&p, QN_OP_GEMM, 2, 0, 0, I(0), I(1), I(2), I(1), I(0), I(QN_FMT_S8));
    PUT(&p, QN_OP_LOGIT, 3, 0, 0, I(0), I(0), I(2));
    HALT(&p);
    by_hand(&p, "surely written");
    p.n = 8;
    PUT(&p, QN_OP_GEMM, 2, 0, 0x0010, I(0), I(1), I(2), I(1), I(0), I(QN_FMT_S8));
    PUT(&p, QN_OP_LOGIT, 3, 0, 0x1000, I(0), I(0), I(2));
    HALT(&p);
    by_hand(&p, NULL);
    p.n = 16;
    PUT(&p, QN_OP_LOGIT, 3, 0, 0x1000, I(0), I(0), I(4));
    HALT(&p);
    by_hand(&p, "not written");

    p.n = 0;                                     // two units post one semaphore
    PUT(&p, QN_OP_LOADV, 0, 0, 0x0010, I(0), I(64), I(1), I(0), I(0), I(0));
    PUT(&p, QN_OP_VEC, QN_VEC_MOV, 0, 0x0010, I(0));
    HALT(&p);
    by_hand(&p, "posts as well");

    p.n = 0;                                     // a token as an address: all of them in the window, or not
    PUT(&p, QN_OP_LDA, 1, 0, 0, I(QN_ARG_TOKEN));
    PUT(&p, QN_OP_ALU, 1 | QN_ALU_MUL << 4, 0, 0, R(1, 0), I(128));
    PUT(&p, QN_OP_LOADV, 0, 0, 0, R(1, 0), I(128), I(1), I(0), I(0), I(0));
    HALT(&p);
    by_hand(&p, NULL);
    p.n = 16;
    PUT(&p, QN_OP_LOADV, 0, 0, 0, R(1, 0), I(130), I(1), I(0), I(0), I(0));
    HALT(&p);
    by_hand(&p, "of window 0");

    p.n = 0;                                     // read where the store unit writes
    PUT(&p, QN_OP_LOADV, 0, 0, 0x0010, I(0), I(64), I(1), I(0), I(0), I(0));
    PUT(&p, QN_OP_STORE, 1 | 2 << 5, 0, 0x1020, I(0), I(64), I(1), I(0), I(4));
    PUT(&p, QN_OP_LOADV, 1, 0, 0x2000, I(63), I(64), I(1), I(0), I(64), I(0));
    HALT(&p);
    by_hand(&p, NULL);
    p.n = 16;
    PUT(&p, QN_OP_LOADV, 1, 0, 0, I(63), I(64), I(1), I(0), I(64), I(0));
    HALT(&p);
    by_hand(&p, "not surely written");
    p.n = 16;
    PUT(&p, QN_OP_LOADV, 1, 0, 0, I(64), I(64), I(1), I(0), I(64), I(0));
    HALT(&p);
    by_hand(&p, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(accepts_embedded), cmocka_unit_test(accepts_stories), cmocka_unit_test(every_step),
                                       cmocka_unit_test(refuses), cmocka_unit_test(refuses_striped), cmocka_unit_test(small_programs),
                                       cmocka_unit_test(small_striped_programs)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
