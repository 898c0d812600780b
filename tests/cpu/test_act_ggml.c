// SPDX-License-Identifier: Apache-2.0
// With activations quantized as ggml does it, the logits of quantized files are llama.cpp's but for the cache's bits and the order of sums:
// Kullback-Leibler divergence from its logits at every position, its own tokens fed.
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

#include "compiler/back/qn_compile.h"
#include "cpu/qn_cpu.h"

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

static double log_sum(const float *x)
{
    double top = x[0], sum = 0;
    for (int i = 1; i < Vocab; i++)
        top = fmax(top, x[i]);
    for (int i = 0; i < Vocab; i++)
        sum += exp(x[i] - top);
    return top + log(sum);
}

// Of q from p, natural logarithm
static double divergence(const float *p, const float *q)
{
    double zp = log_sum(p), zq = log_sum(q), sum = 0;
    for (int i = 0; i < Vocab; i++)
        sum += exp(p[i] - zp) * ((p[i] - zp) - (q[i] - zq));
    return sum;
}

typedef struct distance {
    double mean, most;
} distance;

static distance measure(const char *name, bool ggml, uint32_t act, uint32_t kv)
{
    qn_gguf *file;
    qn_prog p;
    qn_cpu *c;
    qn_why why = {""};
    char path[256];
    qn_options o = qn_options_default(qn_target_find("ulx3s"));
    o.kv_bits = kv;
    o.act_bits = act;
    o.act_ggml = ggml;
    o.context = Positions;
    snprintf(path, sizeof path, FOLDER "%s.gguf", name);
    read_golden(name);
    if (qn_gguf_open(&file, path, &why) < 0 || qn_compile(&p, file, &o, &why) < 0 || qn_cpu_open(&c, &p, &why) < 0)
        fail_msg("%s: %s", path, why.text);
    qn_gguf_close(file);
    distance d = {0, 0};
    for (uint32_t pos = 0; pos < Positions; pos++) {
        uint32_t pick, token = (uint32_t)tokens[pos];
        assert_int_equal(qn_cpu_step(c, &token, 1, pos, true, &pick, logits, &why), 0);
        double kl = divergence(golden[pos], logits);
        d.mean += kl / Positions;
        d.most = fmax(d.most, kl);
    }
    qn_cpu_close(c);
    qn_prog_free(&p);
    printf("%s, %s, cache %u bits: divergence %.2e on average, %.2e at most\n", name, ggml ? "act ggml" : act == 16 ? "act 16" : "act 8", kv, d.mean, d.most);
    return d;
}

static void test_divergence(void **state)
{
    (void)state;
    static const char *const names[] = {"xs279k-Q8_0", "xs279k-Q5_1", "xs279k-Q4_0"};
    for (int i = 0; i < 3; i++) {
        distance d = measure(names[i], true, 8, 16);
        if (!(d.mean <= 1e-3) || !(d.most <= 1e-2))
            fail_msg("%s, cache of 16 bits: at most 1e-3 and 1e-2 are asked", names[i]);
        d = measure(names[i], true, 8, 8);
        if (!(d.mean <= 6e-3))
            fail_msg("%s, cache of 8 bits: at most 6e-3 is asked", names[i]);
    }
    for (int i = 0; i < 3; i++) {            // what the option is for: Quern's own rule is further away
        measure(names[i], false, 8, 16);
        measure(names[i], false, 16, 16);
    }
}

int main(void)
{
    if (access(FOLDER, R_OK)) {
        puts("no " FOLDER);
        return 77;
    }
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_divergence)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
