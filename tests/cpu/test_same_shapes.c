// SPDX-License-Identifier: Apache-2.0
// Models of random shapes, types and options: the cpu and the model executor give the same bits, and where nothing is quantized coarsely
// their logits are near those of the float path. QN_SEED=n starts with that model, QN_SOAK=n takes so many.
#define _POSIX_C_SOURCE 200809L
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>

#include "compiler/back/qn_quantize.h"
#include "compiler/front/qn_ggml_type.h"
#include "tests/cpu/distance.h"
#include "tests/cpu/random_model.h"

// Whether floats are quantized to the format, and with `ggml` in groups that ggml's activations have.
static bool offered(uint32_t fmt, bool ggml)
{
    const qn_fmt *f = qn_fmt_find(fmt);
    return qn_quantize_fitting(f, 256) == f && (!ggml || f->block == 1 || f->block == 8);
}

// Whether it fitted the target; fails where the bits differ.
static bool check(uint32_t seed)
{
    static const char *const targets[] = {"ulx3s", "mini", "tiny", "quad", "large"};
    state = seed * 0x9e3779b97f4a7c15u + 1;
    next();
    model m = {.n = 0};
    some_shape(&m);
    const char *target = targets[next() % 5];
    qn_options o = qn_options_default(qn_target_find(target));
    o.kv_bits = next() % 2 ? 16 : 8;
    o.act_bits = next() % 2 ? 16 : 8;
    o.act_ggml = o.act_bits == 8 && next() % 2;
    o.act_coarse = !o.act_ggml && next() % 4 == 0;
    do
        o.weights.fmt = between(1, QN_FMTS);
    while (!offered(o.weights.fmt, o.act_ggml));
    o.weights.rows = next() % 8 == 0;
    char what[160];
    snprintf(what, sizeof what, "model %u (width %u, hidden %u, %u layers, %u/%u heads of %u, vocabulary %u; weights %s%s%s) on %s", seed,
             m.s.width, m.s.hidden, m.s.layers, m.s.heads, m.s.kv_heads, m.s.head, m.s.vocab, qn_fmt_find(o.weights.fmt)->name, o.weights.rows ? " by rows" : "", o.act_ggml ? ", act ggml" : o.act_coarse ? ", coarse" : "", target);

    gguf_file f = write_model(&m);
    qn_gguf *g;
    void *copy;
    qn_prog p;
    same_bits s;
    qn_why why = {""};
    if (open_copy(&f, &g, &copy, &why) < 0)
        fail_msg("%s: %s", what, why.text);
    int err = qn_compile(&p, g, &o, &why);
    if (err == QN_ERR_TOO_LARGE) {
        qn_gguf_close(g);
        free(copy);
        return false;
    }
    if (err < 0)
        fail_msg("%s: %s", what, why.text);
    if (!same_open(&s, &p) || !same_run(&s, between(1, 20), m.s.context < 50 ? m.s.context : 50))
        fail_msg("%s: %s", what, s.why);
    double far = distance(&s, g, 34, what);
    if (o.weights.fmt == QN_FMT_S8 && !o.weights.rows && !o.act_coarse && far > (o.act_bits == 16 ? 0.15 : 0.4))
        fail_msg("%s: logits differ by %g from the float path's", what, far);
    same_close(&s);
    qn_prog_free(&p);
    qn_gguf_close(g);
    free(copy);
    return true;
}

static void test_shapes(void **unused)
{
    (void)unused;
    const char *seed = getenv("QN_SEED"), *soak = getenv("QN_SOAK");
    uint32_t first = seed ? (uint32_t)strtoul(seed, NULL, 10) : 1, count = soak ? (uint32_t)strtoul(soak, NULL, 10) : 30, fitted = 0;
    for (uint32_t i = 0; i < count; i++)
        fitted += check(first + i);
    if (fitted < count / 2)
        fail_msg("only %u of %u models fit their target", fitted, count);
}

// The embeddings of two tokens stand side by side in a tile of accumulators: the widest that a program can have, and where they have no room.
static void test_widest(void **unused)
{
    (void)unused;
    model m = {.s = {.width = 4064, .hidden = 32, .layers = 1, .heads = 1, .kv_heads = 1, .head = 8, .vocab = 21, .context = 34, .rope = 8}};
    qn_target narrow = *qn_target_find("large");
    qn_options o = qn_options_default(qn_target_find("large"));
    qn_gguf *g;
    void *copy;
    qn_prog p;
    same_bits s;
    qn_why why = {""};
    state = 1;
    add_tensors(&m);
    gguf_file f = write_model(&m);
    if (open_copy(&f, &g, &copy, &why) < 0 || qn_compile(&p, g, &o, &why) < 0)
        fail_msg("%s", why.text);
    if (!same_open(&s, &p) || !same_run(&s, 5, 9))
        fail_msg("%s", s.why);
    same_close(&s);
    qn_prog_free(&p);

    narrow.acc_cols = 256;
    o.target = &narrow;
    assert_int_equal(qn_compile(&p, g, &o, &why), QN_ERR_TOO_LARGE);
    assert_non_null(strstr(why.text, "width 4064 needs 256 accumulator columns for a token's embedding, a tile of target large has 128"));
    qn_gguf_close(g);
    free(copy);
}

static const shape square = {.width = 256, .hidden = 512, .layers = 2, .heads = 4, .kv_heads = 2, .head = 64, .vocab = 70, .context = 40, .rope = 64};

// A model with all matrices in one type, for each type: the same bits on cpu and model, and logits near the float path's.
static void test_types(void **unused)
{
    (void)unused;
    int types = 0;
    for (int id = 0; qn_ggml_type_find(id); id++) {
        if (!qn_ggml_supported(qn_ggml_type_find(id)))
            continue;
        const char *what = qn_ggml_type_find(id)->name;
        model m = {.s = square};
        qn_options o = qn_options_default(qn_target_find("ulx3s"));
        o.kv_bits = o.act_bits = 16;
        qn_gguf *g;
        void *copy;
        qn_prog p;
        same_bits s;
        qn_why why = {""};
        state = (uint64_t)id + 1;
        only = id;
        add_tensors(&m);
        gguf_file f = write_model(&m);
        if (open_copy(&f, &g, &copy, &why) < 0 || qn_compile(&p, g, &o, &why) < 0)
            fail_msg("%s: %s", what, why.text);
        if (!same_open(&s, &p) || !same_run(&s, 9, 36))
            fail_msg("%s: %s", what, s.why);
        double far = distance(&s, g, 34, what), most = qn_ggml_type_find(id)->form == QN_GGML_FLOAT ? 0.1 : 0.003;
        if (getenv("V"))
            printf("%s: logits differ by %g from the float path's\n", what, far);
        if (far > most)
            fail_msg("%s: logits differ by %g from the float path's", what, far);
        same_close(&s);
        qn_prog_free(&p);
        o.act_bits = 8;                      // and with the activations that ggml has for it
        o.act_ggml = true;
        if (qn_compile(&p, g, &o, &why) < 0)
            fail_msg("%s, act ggml: %s", what, why.text);
        if (!same_open(&s, &p) || !same_run(&s, 9, 12))
            fail_msg("%s, act ggml: %s", what, s.why);
        same_close(&s);
        qn_prog_free(&p);
        qn_gguf_close(g);
        free(copy);
        types++;
    }
    only = -1;
    assert_int_equal(types, 21);
}

// The others are refused by name and reason.
static void test_refused_types(void **unused)
{
    (void)unused;
    int types = 0;
    for (int id = 0; qn_ggml_type_find(id); id++) {
        const qn_ggml_info *info = qn_ggml_type_find(id);
        if (qn_ggml_supported(info) || info->form == QN_GGML_REMOVED)
            continue;
        model m = {.s = square};
        qn_options o = qn_options_default(qn_target_find("ulx3s"));
        qn_gguf *g;
        void *copy;
        qn_prog p;
        qn_why why = {""};
        char text[200];
        state = 1;
        only = id;
        add_tensors(&m);
        gguf_file f = write_model(&m);
        if (open_copy(&f, &g, &copy, &why) < 0)
            fail_msg("%s: %s", info->name, why.text);
        assert_int_equal(qn_compile(&p, g, &o, &why), QN_ERR_UNSUPPORTED);
        snprintf(text, sizeof text, "tensor 'token_embd.weight' has type %s, wh", info->name);
        if (strncmp(why.text, text, strlen(text)))
            fail_msg("%s is refused with '%s'", info->name, why.text);
        qn_gguf_close(g);
        free(copy);
        types++;
    }
    only = -1;
    assert_int_equal(types, 14);
}

// ggml's activations are in blocks of 32 or 256: floats in groups of those are taken, in others refused by name.
static void test_ggml_groups(void **unused)
{
    (void)unused;
    model m = {.s = square};
    qn_options o = qn_options_default(qn_target_find("ulx3s"));
    qn_gguf *g;
    void *copy;
    qn_prog p;
    qn_why why = {""};
    o.act_bits = 8;
    o.act_ggml = true;
    state = 1;
    only = QN_GGML_F32;
    add_tensors(&m);
    gguf_file f = write_model(&m);
    if (open_copy(&f, &g, &copy, &why) < 0)
        fail_msg("%s", why.text);
    static const struct {
        uint32_t fmt;
        const char *refused;
    } cases[] = {{QN_FMT_B1, NULL}, {QN_FMT_B1G128, "B1G128 has groups of 128: ggml quantizes activations in blocks of 32 or 256"}, {QN_FMT_B1G256, NULL},
                 {QN_FMT_NF4, "NF4 has groups of 64: ggml quantizes activations in blocks of 32 or 256"}, {QN_FMT_S4G256, NULL}, {QN_FMT_E4M3, NULL},
                 {QN_FMT_U2M, NULL}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        same_bits s;
        o.weights.fmt = cases[i].fmt;
        const char *name = qn_fmt_find(cases[i].fmt)->name;
        int err = qn_compile(&p, g, &o, &why);
        if (err != (cases[i].refused ? QN_ERR_USAGE : 0))
            fail_msg("%s: %d '%s'", name, err, why.text);
        if (cases[i].refused) {
            assert_string_equal(why.text, cases[i].refused);
            continue;
        }
        if (!same_open(&s, &p) || !same_run(&s, 9, 12))
            fail_msg("%s, act ggml: %s", name, s.why);
        same_close(&s);
        qn_prog_free(&p);
    }
    only = -1;
    qn_gguf_close(g);
    free(copy);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_shapes), cmocka_unit_test(test_widest), cmocka_unit_test(test_types),
                                       cmocka_unit_test(test_refused_types), cmocka_unit_test(test_ggml_groups)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
