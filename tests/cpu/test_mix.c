// SPDX-License-Identifier: Apache-2.0
// Mixtures of formats and sums of columns on models of random shapes: the cpu and the model executor give the same bits, the same on every target. And which
// outputs and groups are wide: those whose squared error falls most, found here anew from programs of one format each. QN_SEED=n starts with that model.
#define _POSIX_C_SOURCE 200809L
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>

#include "compiler/back/qn_weights.h"
#include "cpu/qn_unpack.h"
#include "tests/cpu/distance.h"
#include "tests/cpu/random_model.h"

static const struct {
    const char *name, *group;
} weights[] = {{"s4+s8:10%", NULL},   {"s4+s8:30%", "128"}, {"nf4+s8:20%", NULL},       {"s2+mx4:70%", "32"},        {"s2+s4:25%groups", NULL},  {"s2+s4:25%groups", "128"},
               {"b1+s8:50%groups", "32"}, {"bcq2", NULL},   {"bcq3", "128"},            {"bcq4", "row"},             {"db", NULL},               {"db", "128"},
               {"s4+e4m3:10%", "32"}, {"fp4+s8:10%groups", "128"}, {"s3+s5:10%", "row"}, {"u4m+s8:33.3%groups", "32"}, {"shift3+b1:90%groups", "32"},
               {"s4", "16"}, {"s2+s6:20%groups", "16"}, {"nvfp4", NULL}, {"s3+s4:30%", "16"}};

enum { Weights = sizeof weights / sizeof *weights };

static void compile(qn_prog *p, qn_gguf *file, const char *target, const char *name, const char *group, qn_options o)
{
    qn_why why = {""};
    o.target = qn_target_find(target);
    if (qn_weights_parse(&o.weights, name, group, &why) < 0 || qn_compile(p, file, &o, &why) < 0)
        fail_msg("%s on %s: %s", name, target, why.text);
}

static void test_bits(void **unused)
{
    (void)unused;
    static const char *const targets[] = {"ulx3s", "quad", "tiny", "mini", "large"};
    const char *from = getenv("QN_SEED"), *soak = getenv("QN_SOAK");
    uint32_t first = from ? (uint32_t)strtoul(from, NULL, 10) : 1, count = soak ? (uint32_t)strtoul(soak, NULL, 10) : Weights;
    print_message("QN_SEED=%u\n", first);
    for (uint32_t seed = first; seed < first + count; seed++) {
        model m = {.n = 0};
        qn_gguf *g;
        void *copy;
        qn_why why = {""};
        state = seed * 0x9e3779b97f4a7c15u + 5;
        only = next() % 2 ? QN_GGML_F32 : QN_GGML_BF16;
        some_shape(&m);
        const uint32_t k = seed % Weights, end = m.s.context < 30 ? m.s.context : 30, prompt = between(1, 12);
        qn_options o = qn_options_default(qn_target_find("ulx3s"));
        o.kv_bits = next() % 2 ? 16 : 8;
        o.act_bits = next() % 2 ? 16 : 8;
        o.act_coarse = next() % 2;
        gguf_file f = write_model(&m);
        if (open_copy(&f, &g, &copy, &why) < 0)
            fail_msg("model %u: %s", seed, why.text);
        uint32_t digest[2] = {0, 0}, runs = 0;
        for (int t = 0; t < 5; t++) {
            qn_prog p;
            same_bits s;
            o.target = qn_target_find(targets[t]);
            if (qn_weights_parse(&o.weights, weights[k].name, weights[k].group, &why) < 0)
                fail_msg("%s: %s", weights[k].name, why.text);
            int err = qn_compile(&p, g, &o, &why);
            if (err == QN_ERR_TOO_LARGE)
                continue;
            if (err < 0 || !same_open(&s, &p))
                fail_msg("model %u (width %u, hidden %u), %s, on %s: %s", seed, m.s.width, m.s.hidden, weights[k].name, targets[t], why.text);
            if (!same_run(&s, prompt, end))
                fail_msg("model %u (width %u, hidden %u), %s, on %s: %s", seed, m.s.width, m.s.hidden, weights[k].name, targets[t], s.why);
            uint32_t d[2];
            qn_cpu_digest(s.cpu, &d[0], &d[1]);
            if (runs++ && (d[0] != digest[0] || d[1] != digest[1]))
                fail_msg("model %u, %s: other bits on %s than on the target before", seed, weights[k].name, targets[t]);
            memcpy(digest, d, sizeof d);
            same_close(&s);
            qn_prog_free(&p);
        }
        assert_true(runs > 0);
        qn_gguf_close(g);
        free(copy);
    }
    only = -1;
}

// What is permuted is put back: with fine formats logits are near those of the float path, which knows no order but the file's.
static void test_near(void **unused)
{
    (void)unused;
    static const char *const names[] = {"s7+s8:30%", "s7+s8:30%groups", "bcq4"};
    for (int i = 0; i < 3; i++) {
        model m = {.s = {.width = 96, .hidden = 200, .layers = 2, .heads = 4, .kv_heads = 2, .head = 20, .vocab = 90, .context = 34, .rope = 20}};
        qn_gguf *g;
        void *copy;
        qn_prog p;
        same_bits s;
        qn_why why = {""};
        qn_options o = qn_options_default(qn_target_find("ulx3s"));
        state = 5;
        only = QN_GGML_F32;
        add_tensors(&m);
        gguf_file f = write_model(&m);
        if (open_copy(&f, &g, &copy, &why) < 0)
            fail_msg("%s", why.text);
        o.act_bits = o.kv_bits = 16;
        compile(&p, g, "ulx3s", names[i], NULL, o);
        assert_true(same_open(&s, &p));
        double far = distance(&s, g, 34, names[i]);
        print_message("%s: logits differ by %.3f from the float path's\n", names[i], far);
        assert_true(far < (i == 2 ? 0.8 : 0.15));
        same_close(&s);
        qn_prog_free(&p);
        qn_gguf_close(g);
        free(copy);
    }
    only = -1;
}

// ---- which are wide
enum { Inputs = 96, Width = Inputs, Hidden = 160 };

static const shape small = {.width = Width, .hidden = Hidden, .layers = 2, .heads = 4, .kv_heads = 4, .head = 24, .vocab = 40, .context = 34, .rope = 24};

// All rows of a matrix as a program holds them, in its own order: its parts' values added up.
static void rows_of(const qn_prog *p, const qn_prog_matrix *m, double *to)
{
    qn_why why = {""};
    memset(to, 0, (size_t)m->outputs * m->inputs * sizeof *to);
    for (uint32_t i = m->first; i < m->first + m->parts; i++) {
        qn_unpacked u;
        static float row[1024];
        assert_int_equal(qn_unpack(&u, &p->part[i], 1, p->image, p->lay.image_words, &why), 0);
        for (uint32_t r = 0; r < u.outputs; r++) {
            qn_unpacked_row(&u, r, row);
            for (uint32_t k = 0; k < 32 * u.slices && 32 * u.slice + k < m->inputs; k++)
                to[(size_t)(u.output + r) * m->inputs + 32 * u.slice + k] += (double)row[k];
        }
        qn_unpacked_free(&u);
    }
}

static void file_rows(const qn_gguf *g, const char *name, double *to)
{
    const qn_gguf_tensor *t = qn_gguf_tensor_find(g, name);
    assert_non_null(t);
    for (size_t i = 0; i < t->elements; i++) {
        float x;
        memcpy(&x, t->data + 4 * i, 4);
        to[i] = (double)x;
    }
}

static qn_gguf *small_model(void **copy)
{
    model m = {.s = small};
    qn_gguf *g;
    qn_why why = {""};
    state = 77;
    only = QN_GGML_F32;
    add_tensors(&m);
    gguf_file f = write_model(&m);
    if (open_copy(&f, &g, copy, &why) < 0)
        fail_msg("%s", why.text);
    only = -1;
    return g;
}

static int by_gain(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? 1 : x > y ? -1 : 0;
}

static double a[Hidden * Inputs], b[Hidden * Inputs], c[Hidden * Inputs], mixed[Hidden * Inputs];

// The largest stored values of a row survive any of these formats in their order, within a group's rounding: rows are told apart by what is nearest.
static uint32_t nearest(const double *row, const double *rows, uint32_t n, uint32_t inputs, const uint32_t *order)
{
    uint32_t best = n;
    double least = INFINITY;
    for (uint32_t r = 0; r < n; r++) {
        double e = 0;
        for (uint32_t i = 0; i < inputs; i++)
            e += (row[i] - rows[(size_t)r * inputs + order[i]]) * (row[i] - rows[(size_t)r * inputs + order[i]]);
        if (e < least) {
            least = e;
            best = r;
        }
    }
    return best;
}

static void test_outputs(void **unused)
{
    (void)unused;
    void *copy;
    qn_gguf *g = small_model(&copy);
    qn_prog p[3];
    static const char *const names[] = {"s4", "s8", "s4+s8:20%"};
    for (int i = 0; i < 3; i++)
        compile(&p[i], g, "ulx3s", names[i], NULL, qn_options_default(qn_target_find("ulx3s")));
    double width[Width] = {0}, sorted[Hidden];
    for (uint32_t l = 0; l < small.layers; l++) {        // the residual stream: out and down of all layers together
        for (int role = QN_ROLE_O; role <= QN_ROLE_DOWN; role += QN_ROLE_DOWN - QN_ROLE_O) {
            char name[40];
            uint32_t inputs = role == QN_ROLE_O ? Width : Hidden;
            snprintf(name, sizeof name, "blk.%u.%s.weight", l, role == QN_ROLE_O ? "attn_output" : "ffn_down");
            file_rows(g, name, a);
            rows_of(&p[0], &p[0].layer[l].m[role], b);
            rows_of(&p[1], &p[1].layer[l].m[role], c);
            double squares = 0;
            for (uint32_t i = 0; i < Width * inputs; i++)
                squares += a[i] * a[i];
            for (uint32_t i = 0; i < Width * inputs; i++)
                width[i / inputs] += (pow(a[i] - b[i], 2) - pow(a[i] - c[i], 2)) / squares;
        }
    }
    // The order of the residual stream shows in the embedding, whose rows of 8 bits are known from the file
    uint32_t order[Width], seen = 0;
    static float row[1024];
    qn_unpacked u;
    qn_why why = {""};
    file_rows(g, "token_embd.weight", a);
    assert_int_equal(qn_unpack_embedding(&u, &p[2].part[p[2].embed.first], 1, p[2].image, p[2].lay.image_words, &why), 0);
    double at[Width][40], file[Width][40];
    for (uint32_t t = 0; t < small.vocab; t++) {
        qn_unpacked_row(&u, t, row);
        for (uint32_t i = 0; i < Width; i++) {
            at[i][t] = (double)row[i];
            file[i][t] = a[t * Width + i];
        }
    }
    qn_unpacked_free(&u);
    uint32_t plain[40];
    for (uint32_t t = 0; t < 40; t++)
        plain[t] = t;
    bool used[Width] = {false};
    for (uint32_t i = 0; i < Width; i++) {
        order[i] = nearest(at[i], file[0], Width, 40, plain);
        seen += !used[order[i]];
        used[order[i]] = true;
    }
    assert_int_equal(seen, Width);
    const qn_prog_part *wide = &p[2].part[p[2].layer[0].m[QN_ROLE_O].first];
    assert_int_equal(p[2].layer[0].m[QN_ROLE_O].parts, 2);
    assert_int_equal(wide->fmt, QN_FMT_S8);
    assert_int_equal(wide->outputs, 16);                 // 20% of 96, in eights
    memcpy(sorted, width, sizeof width);
    qsort(sorted, Width, sizeof *sorted, by_gain);
    for (uint32_t i = 0; i < Width; i++)
        if (i < wide->outputs ? width[order[i]] < sorted[wide->outputs - 1] : width[order[i]] > sorted[wide->outputs])
            fail_msg("output %u, which gains %g, is %s", order[i], width[order[i]], i < wide->outputs ? "wide" : "narrow");

    // Hidden values of a layer: gate and up together. Their order shows in the gate's rows, whose inputs are in the order just found.
    double gain[Hidden] = {0};
    uint32_t hidden[Hidden];
    for (int role = QN_ROLE_GATE; role <= QN_ROLE_UP; role++) {
        file_rows(g, role == QN_ROLE_GATE ? "blk.1.ffn_gate.weight" : "blk.1.ffn_up.weight", a);
        rows_of(&p[0], &p[0].layer[1].m[role], b);
        rows_of(&p[1], &p[1].layer[1].m[role], c);
        rows_of(&p[2], &p[2].layer[1].m[role], mixed);
        double squares = 0;
        for (uint32_t i = 0; i < Hidden * Width; i++)
            squares += a[i] * a[i];
        for (uint32_t i = 0; i < Hidden * Width; i++)
            gain[i / Width] += (pow(a[i] - b[i], 2) - pow(a[i] - c[i], 2)) / squares;
        for (uint32_t r = 0; r < Hidden; r++) {
            uint32_t is = nearest(mixed + (size_t)r * Width, a, Hidden, Width, order);
            assert_true(role == QN_ROLE_GATE || is == hidden[r]);
            hidden[r] = is;
        }
    }
    const uint32_t n = p[2].part[p[2].layer[1].m[QN_ROLE_UP].first].outputs;
    assert_int_equal(n, 32);
    memcpy(sorted, gain, sizeof gain);
    qsort(sorted, Hidden, sizeof *sorted, by_gain);
    for (uint32_t r = 0; r < Hidden; r++)
        if (r < n ? gain[hidden[r]] < sorted[n - 1] : gain[hidden[r]] > sorted[n])
            fail_msg("hidden value %u, which gains %g, is %s", hidden[r], gain[hidden[r]], r < n ? "wide" : "narrow");
    for (int i = 0; i < 3; i++)
        qn_prog_free(&p[i]);
    qn_gguf_close(g);
    free(copy);
}

static void test_groups(void **unused)
{
    (void)unused;
    void *copy;
    qn_gguf *g = small_model(&copy);
    qn_prog p[3];
    static const char *const names[] = {"s2", "s4", "s2+s4:40%groups"};
    for (int i = 0; i < 3; i++)
        compile(&p[i], g, "ulx3s", names[i], NULL, qn_options_default(qn_target_find("ulx3s")));
    file_rows(g, "blk.1.ffn_down.weight", a);
    for (int i = 0; i < 2; i++)
        rows_of(&p[i], &p[i].layer[1].m[QN_ROLE_DOWN], i ? c : b);
    const qn_prog_matrix *m = &p[2].layer[1].m[QN_ROLE_DOWN];
    enum { Groups = Hidden / 32 };
    double gain[Groups] = {0}, sorted[Groups];
    for (uint32_t i = 0; i < Width * Hidden; i++)
        gain[i % Hidden / 32] += pow(a[i] - b[i], 2) - pow(a[i] - c[i], 2);
    memcpy(sorted, gain, sizeof gain);
    qsort(sorted, Groups, sizeof *sorted, by_gain);
    assert_int_equal(m->parts, Groups);
    rows_of(&p[2], m, mixed);
    for (uint32_t i = 0; i < Groups; i++) {
        assert_int_equal(p[2].part[m->first + i].slice, i);
        bool wide = p[2].part[m->first + i].fmt == QN_FMT_S4;
        assert_true(wide || p[2].part[m->first + i].fmt == QN_FMT_S2);
        assert_true(wide == (gain[i] >= sorted[1]));       // two of five
        for (uint32_t k = 0; k < Width * Hidden; k++)      // and they hold what the formats alone hold
            if (k % Hidden / 32 == i)
                assert_true(mixed[k] == (wide ? c[k] : b[k]));
    }
    for (int i = 0; i < 3; i++)
        qn_prog_free(&p[i]);
    qn_gguf_close(g);
    free(copy);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_bits), cmocka_unit_test(test_near), cmocka_unit_test(test_outputs), cmocka_unit_test(test_groups)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
