// SPDX-License-Identifier: Apache-2.0
// The float path against llama.cpp: logits at every position and the greedy tokens. llama.cpp rounds the activations that meet a
// quantized matrix to 8 bits, so of quantized files only closeness is asked.
#define _POSIX_C_SOURCE 200809L
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "compiler/front/qn_llama.h"
#include "cpu/qn_float.h"

#define FOLDER "../shared/data/llama/"

enum { Positions = 101, Vocab = 512 };

static int32_t tokens[Positions];
static float golden[Positions][Vocab], logits[Vocab];

static void read_golden(const char *name)
{
    char command[256];
    snprintf(command, sizeof command, "python3 tests/compiler/npz2bin.py " FOLDER "%s.golden.npz tokens logits", name);
    FILE *pipe = popen(command, "r");
    assert_non_null(pipe);
    assert_int_equal(fread(tokens, sizeof *tokens, Positions, pipe), Positions);
    assert_int_equal(fread(golden, sizeof **golden, Positions * Vocab, pipe), Positions * Vocab);
    assert_int_equal(fgetc(pipe), EOF);
    assert_int_equal(pclose(pipe), 0);
}

static int top(const float *x)
{
    int best = 0;
    for (int i = 1; i < Vocab; i++)
        best = x[i] > x[best] ? i : best;
    return best;
}

// Largest difference of a logit, its root mean square over all, and at how many positions the greatest logit is another
typedef struct distance {
    double most, rms;
    int other;
} distance;

static distance measure(const char *name)
{
    qn_gguf *file;
    qn_graph g;
    qn_float_model *f;
    qn_why why = {""};
    char path[256];
    snprintf(path, sizeof path, FOLDER "%s.gguf", name);
    read_golden(name);
    if (qn_gguf_open(&file, path, &why) < 0 || qn_llama_import(&g, file, &why) < 0 || qn_float_open(&f, &g, Positions, &why) < 0)
        fail_msg("%s: %s", path, why.text);
    qn_graph_free(&g);
    qn_gguf_close(file);

    distance r = {0, 0, 0};
    for (uint32_t pos = 0; pos < Positions; pos++) {
        assert_int_equal(qn_float_step(f, (uint32_t)tokens[pos], pos, logits), 0);
        for (int i = 0; i < Vocab; i++) {
            double difference = fabs((double)logits[i] - golden[pos][i]);
            r.most = fmax(r.most, difference);
            r.rms += difference * difference;
        }
        r.other += top(logits) != top(golden[pos]);
    }
    r.rms = sqrt(r.rms / (Positions * Vocab));
    assert_int_equal(qn_float_step(f, Vocab, 0, logits), QN_ERR_RANGE);
    assert_int_equal(qn_float_step(f, 0, Positions, logits), QN_ERR_CONTEXT);
    qn_float_close(f);
    return r;
}

static void test_f32(void **state)
{
    (void)state;
    distance d = measure("stories260K");
    if (d.most > 1e-3 || d.other)
        fail_msg("stories260K: a logit differs by %g, the greatest at %d positions", d.most, d.other);
}

static void test_quantized(void **state)
{
    (void)state;
    static const char *const names[] = {"xs279k-Q8_0", "xs279k-Q5_1", "xs279k-Q4_0"};
    for (int i = 0; i < 3; i++) {
        distance d = measure(names[i]);
        if (d.rms > 0.2 || d.other > 5)
            fail_msg("%s: logits differ by %g (root mean square %g), the greatest at %d of %d positions", names[i], d.most, d.rms,
                     d.other, Positions);
    }
}

int main(void)
{
    if (access(FOLDER, R_OK)) {
        puts("no " FOLDER);
        return 77;
    }
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_f32), cmocka_unit_test(test_quantized)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
