// SPDX-License-Identifier: Apache-2.0
// The cpu executor, which follows the graph, and the model executor, which follows the instructions, give the same bits: every logit,
// every word of the KV cache, digest and pick, on models that others trained and on each target.
#define _POSIX_C_SOURCE 200809L
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <unistd.h>

#include "tests/cpu/same_bits.h"

#define FOLDER "../shared/data/llama/"

enum { Ggml = 1 };               // in the place of the activations' bits

static void check(const char *name, const char *target, uint32_t kv, uint32_t act, uint32_t end)
{
    qn_gguf *file;
    qn_prog p;
    same_bits s;
    qn_why why = {""};
    char path[256];
    snprintf(path, sizeof path, FOLDER "%s.gguf", name);
    qn_options o = qn_options_default(qn_target_find(target));
    o.kv_bits = kv;
    o.act_bits = act == Ggml ? 8 : act;
    o.act_ggml = act == Ggml;
    o.context = 256;
    if (qn_gguf_open(&file, path, &why) < 0 || qn_compile(&p, file, &o, &why) < 0)
        fail_msg("%s: %s", path, why.text);
    qn_gguf_close(file);
    if (!same_open(&s, &p) || !same_run(&s, 5, end))
        fail_msg("%s on %s: %s", name, target, s.why);
    same_close(&s);
    qn_prog_free(&p);
}

static void test_options(void **state)
{
    (void)state;
    static const char *const names[] = {"stories260K", "xs279k-Q8_0", "xs279k-Q5_1", "xs279k-Q4_0"};
    for (int i = 0; i < 4; i++)
        for (int k = 0; k < 6; k++)
            check(names[i], "ulx3s", k & 1 ? 16 : 8, k & 4 ? Ggml : k & 2 ? 16 : 8, 70);
}

static void test_targets(void **state)
{
    (void)state;
    check("stories260K", "mini", 8, 16, 70);
    check("stories260K", "large", 16, 16, 70);
    check("stories260K", "quad", 8, 16, 70);
    check("xs279k-Q4_0", "quad", 16, 8, 70);
    check("xs279k-Q4_0", "mini", 16, 8, 70);
    check("xs279k-Q4_0", "large", 8, 8, 70);
    check("xs279k-Q5_1", "mini", 8, Ggml, 70);
    check("xs279k-Q5_1", "quad", 16, Ggml, 70);
}

static void test_long(void **state)
{
    (void)state;
    check("stories260K", "ulx3s", 8, 16, 256);
}

// One bit of one weight in the model's memory is seen.
static void test_fault(void **state)
{
    (void)state;
    qn_gguf *file;
    qn_prog p;
    same_bits s;
    qn_why why = {""};
    qn_options o = qn_options_default(qn_target_find("ulx3s"));
    o.context = 64;
    if (qn_gguf_open(&file, FOLDER "stories260K.gguf", &why) < 0 || qn_compile(&p, file, &o, &why) < 0)
        fail_msg("%s", why.text);
    qn_gguf_close(file);
    assert_true(same_open(&s, &p));
    s.mem[p.part[p.layer[4].m[QN_ROLE_DOWN].first].addr + 5] ^= 1;
    assert_false(same_run(&s, 5, 10));
    same_close(&s);
    qn_prog_free(&p);
}

int main(void)
{
    if (access(FOLDER, R_OK)) {
        puts("no " FOLDER);
        return 77;
    }
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_options), cmocka_unit_test(test_targets), cmocka_unit_test(test_long),
                                       cmocka_unit_test(test_fault)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
