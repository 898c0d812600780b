// SPDX-License-Identifier: Apache-2.0
// Draws follow the softmax of the logits, cut as top-k and top-p say; the generator is SplitMix64 as published.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "cli/sample.c"
#include "sim/model/qn_sample.c"

// Rosetta Code's vector for seed 1234567
static void generator(void **state)
{
    (void)state;
    static const uint64_t want[] = {6457827717110365317u, 3203168211198807973u, 9817491932198370423u, 4593380528125082431u};
    uint64_t s = 1234567;
    for (int i = 0; i < 4; i++)
        assert_true(draw(&s) == (float)(want[i] >> 40) * 0x1p-24f);
}

// 20,000 draws against probabilities in doubles: within five standard deviations, and nothing outside the cut.
static void frequencies(const float *logits, uint32_t n, cli_sampler s, const double *want)
{
    enum { DRAWS = 20000 };
    uint32_t count[CLI_SAMPLE_MOST + 64] = {0};
    for (int i = 0; i < DRAWS; i++)
        count[cli_sample(&s, logits, n)]++;
    for (uint32_t i = 0; i < n; i++) {
        double sigma = sqrt(DRAWS * want[i] * (1 - want[i]));
        if (fabs(count[i] - DRAWS * want[i]) > 5 * sigma)
            fail_msg("token %u: %u draws of %d, its probability is %g", i, count[i], DRAWS, want[i]);
    }
}

static const float logits[] = {1.0f, -2.0f, 3.5f, 3.0f, -INFINITY, 0.25f, 3.0f, -40.0f};
enum { N = sizeof logits / sizeof *logits };

// Probabilities of the tokens of which keep[i] is set
static void softmax(double temperature, const int keep[N], double p[N])
{
    double sum = 0;
    for (int i = 0; i < N; i++)
        sum += p[i] = keep[i] ? exp(logits[i] / temperature) : 0;
    for (int i = 0; i < N; i++)
        p[i] /= sum;
}

static void whole(void **state)
{
    (void)state;
    double p[N];
    for (int k = 0; k < 3; k++) {
        static const double t[] = {1, 0.6, 2.5};
        softmax(t[k], (int[N]){1, 1, 1, 1, 1, 1, 1, 1}, p);
        frequencies(logits, N, (cli_sampler){.temperature = (float)t[k], .top_p = 1, .state = 7}, p);
    }
}

static void top_k(void **state)
{
    (void)state;
    double p[N];
    softmax(1, (int[N]){0, 0, 1, 1}, p);                 // of two equal ones the lower index
    frequencies(logits, N, (cli_sampler){.temperature = 1, .top_k = 2, .top_p = 1, .state = 1}, p);
    softmax(1, (int[N]){0, 0, 1}, p);
    frequencies(logits, N, (cli_sampler){.temperature = 1, .top_k = 1, .top_p = 1, .state = 1}, p);
}

static void top_p(void **state)
{
    (void)state;
    double p[N];
    softmax(1, (int[N]){0, 0, 1, 1}, p);                 // 0.42 and 0.25 pass 0.6 together
    frequencies(logits, N, (cli_sampler){.temperature = 1, .top_p = 0.6f, .state = 3}, p);
    softmax(1, (int[N]){0, 0, 1}, p);
    frequencies(logits, N, (cli_sampler){.temperature = 1, .top_p = 0, .state = 3}, p);
}

static void odd_values(void **state)
{
    (void)state;
    float many[300];
    for (int i = 0; i < 300; i++)
        many[i] = (float)(i % 150);
    double p[300] = {0};
    p[149] = p[299] = 0.5;
    frequencies(many, 300, (cli_sampler){.temperature = 0.01f, .top_p = 1, .state = 5}, p);
    const float nan[] = {NAN, 2, NAN, INFINITY, NAN};
    cli_sampler s = {.temperature = 1e-40f, .top_p = 1};
    assert_int_equal(cli_sample(&s, nan, 5), 3);
    assert_int_equal(cli_sample(&s, nan, 1), 0);
    cli_sampler a = {.temperature = 1, .top_p = 1, .state = 9}, b = a;
    for (int i = 0; i < 1000; i++)
        assert_int_equal(cli_sample(&a, logits, N), cli_sample(&b, logits, N));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(generator), cmocka_unit_test(whole), cmocka_unit_test(top_k),
                                       cmocka_unit_test(top_p), cmocka_unit_test(odd_values)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
