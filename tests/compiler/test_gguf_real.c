// SPDX-License-Identifier: Apache-2.0
// Files that other programs wrote: every key, shape and type is found, and each tensor's bytes make numbers of a plausible size.
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

#include "compiler/front/qn_ggml_type.h"
#include "compiler/front/qn_gguf.h"

#define FOLDER "../shared/data/llama/"

static qn_gguf *open_file(const char *name)
{
    char path[256];
    snprintf(path, sizeof path, FOLDER "%s", name);
    qn_gguf *g;
    qn_why why = {""};
    if (qn_gguf_open(&g, path, &why))
        fail_msg("%s: %s", path, why.text);
    return g;
}

static void check_tensor(const qn_gguf *g, const char *name, int type, size_t width, size_t rows)
{
    const qn_gguf_tensor *t = qn_gguf_tensor_find(g, name);
    if (!t)
        fail_msg("no tensor %s", name);
    assert_int_equal(t->type, type);
    assert_int_equal(t->dims[0], width);
    assert_int_equal(t->dims[1], rows);
    assert_int_equal(t->elements, width * rows);
}

// Shapes of the five layers with that feed-forward width, matrices in `type`
static void check_shapes(const qn_gguf *g, int type, size_t wide)
{
    assert_int_equal(g->n_tensor, 48);
    check_tensor(g, "token_embd.weight", type, 64, 512);
    check_tensor(g, "output.weight", type, 64, 512);
    check_tensor(g, "output_norm.weight", QN_GGML_F32, 64, 1);
    const struct {
        const char *part;
        int type;
        size_t width, rows;
    } parts[] = {{"attn_q", type, 64, 64},    {"attn_k", type, 64, 32},      {"attn_v", type, 64, 32},
                 {"attn_output", type, 64, 64}, {"ffn_gate", type, 64, wide}, {"ffn_up", type, 64, wide},
                 {"ffn_down", type, wide, 64},  {"attn_norm", QN_GGML_F32, 64, 1}, {"ffn_norm", QN_GGML_F32, 64, 1}};
    for (int layer = 0; layer < 5; layer++)
        for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
            char name[64];
            snprintf(name, sizeof name, "blk.%d.%s.weight", layer, parts[i].part);
            check_tensor(g, name, parts[i].type, parts[i].width, parts[i].rows);
        }
}

// Values of a trained model: finite, small, and of some spread
static void check_values(const qn_gguf *g)
{
    for (size_t i = 0; i < g->n_tensor; i++) {
        const qn_gguf_tensor *t = &g->tensor[i];
        float *values = malloc(t->elements * sizeof *values);
        assert_non_null(values);
        assert_int_equal(qn_ggml_dequant_row(t->type, t->data, values, t->elements), 0);
        double squares = 0;
        for (size_t j = 0; j < t->elements; j++) {
            assert_true(fabs((double)values[j]) < 20);
            squares += (double)values[j] * (double)values[j];
        }
        assert_true(squares / (double)t->elements > 1e-4);
        free(values);
    }
}

static uint32_t u32_of(const qn_gguf *g, const char *key)
{
    uint32_t value = 0;
    assert_int_equal(qn_gguf_get_u32(g, key, &value, NULL), 1);
    return value;
}

static void check_keys(const qn_gguf *g, uint32_t wide, uint32_t context)
{
    qn_gguf_str arch;
    assert_int_equal(qn_gguf_get_str(g, "general.architecture", &arch, NULL), 1);
    assert_true(qn_gguf_str_is(arch, "llama"));
    assert_int_equal(u32_of(g, "llama.block_count"), 5);
    assert_int_equal(u32_of(g, "llama.embedding_length"), 64);
    assert_int_equal(u32_of(g, "llama.feed_forward_length"), wide);
    assert_int_equal(u32_of(g, "llama.attention.head_count"), 8);
    assert_int_equal(u32_of(g, "llama.attention.head_count_kv"), 4);
    assert_int_equal(u32_of(g, "llama.rope.dimension_count"), 8);
    assert_int_equal(u32_of(g, "llama.context_length"), context);
    float epsilon = 0;
    assert_int_equal(qn_gguf_get_f32(g, "llama.attention.layer_norm_rms_epsilon", &epsilon, NULL), 1);
    assert_true(epsilon == 1e-5f);

    const qn_gguf_kv *tokens, *scores, *types;
    assert_int_equal(qn_gguf_get_strs(g, "tokenizer.ggml.tokens", &tokens, NULL), 1);
    assert_int_equal(qn_gguf_get_floats(g, "tokenizer.ggml.scores", &scores, NULL), 1);
    assert_int_equal(qn_gguf_get_ints(g, "tokenizer.ggml.token_type", &types, NULL), 1);
    assert_true(tokens->count == 512 && scores->count == 512 && types->count == 512);
    static const char *const first[] = {"<unk>", "<s>", "</s>", "<0x00>", "<0x01>"};
    for (size_t i = 0; i < sizeof first / sizeof *first; i++)
        assert_true(qn_gguf_str_is(qn_gguf_str_at(tokens, i), first[i]));
    static const int first_types[] = {2, 3, 3, 6, 6}; // unknown, control, control, byte, byte
    for (size_t i = 0; i < sizeof first_types / sizeof *first_types; i++)
        assert_int_equal(qn_gguf_int_at(types, i), first_types[i]);
}

static void test_stories260k(void **state)
{
    (void)state;
    qn_gguf *g = open_file("stories260K.gguf");
    assert_int_equal(g->n_kv, 19);
    check_keys(g, 172, 2048);
    check_shapes(g, QN_GGML_F32, 172);
    check_values(g);
    float base = 7;
    assert_int_equal(qn_gguf_get_f32(g, "llama.rope.freq_base", &base, NULL), 0); // its README says so
    assert_null(qn_gguf_tensor_find(g, "rope_freqs.weight"));

    // Tied: the output matrix is stored once more, the same
    const qn_gguf_tensor *embed = qn_gguf_tensor_find(g, "token_embd.weight"), *output = qn_gguf_tensor_find(g, "output.weight");
    assert_ptr_not_equal(embed->data, output->data);
    assert_memory_equal(embed->data, output->data, embed->bytes);
    qn_gguf_close(g);
}

static void test_xs279k(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        int type;
    } files[] = {{"xs279k-Q8_0.gguf", QN_GGML_Q8_0}, {"xs279k-Q5_1.gguf", QN_GGML_Q5_1}, {"xs279k-Q4_0.gguf", QN_GGML_Q4_0}};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        qn_gguf *g = open_file(files[i].name);
        assert_int_equal(g->n_kv, 20);
        check_keys(g, 192, 256);
        check_shapes(g, files[i].type, 192);
        check_values(g);
        float base = 0;
        assert_int_equal(qn_gguf_get_f32(g, "llama.rope.freq_base", &base, NULL), 1);
        assert_true(base == 10000);
        qn_gguf_close(g);
    }
}

// The same model in three types: values differ by the types' steps only
static void test_types_agree(void **state)
{
    (void)state;
    static const char *const names[] = {"xs279k-Q8_0.gguf", "xs279k-Q5_1.gguf", "xs279k-Q4_0.gguf"};
    static const double bounds[] = {0, 0.06, 0.12}; // relative root mean square: a step is 0.14 and 0.3 deviations
    qn_gguf *g[3];
    for (int i = 0; i < 3; i++)
        g[i] = open_file(names[i]);
    float values[2][64];
    for (size_t k = 0; k < g[0]->n_tensor; k++) {
        const qn_gguf_tensor *exact = &g[0]->tensor[k];
        for (int i = 1; i < 3; i++) {
            const qn_gguf_tensor *t = &g[i]->tensor[k];
            double error = 0, squares = 0;
            for (size_t row = 0; row < exact->elements / 64; row++) {
                assert_int_equal(qn_ggml_dequant_row(exact->type, exact->data + exact->bytes / (exact->elements / 64) * row, values[0], 64), 0);
                assert_int_equal(qn_ggml_dequant_row(t->type, t->data + t->bytes / (t->elements / 64) * row, values[1], 64), 0);
                for (int j = 0; j < 64; j++) {
                    double difference = (double)values[1][j] - (double)values[0][j];
                    error += difference * difference;
                    squares += (double)values[0][j] * (double)values[0][j];
                }
            }
            if (sqrt(error / squares) > bounds[i])
                fail_msg("tensor %zu of %s: relative error %g", k, names[i], sqrt(error / squares));
        }
    }
    for (int i = 0; i < 3; i++)
        qn_gguf_close(g[i]);
}

int main(void)
{
    if (access(FOLDER "stories260K.gguf", R_OK)) {
        printf("skip: no " FOLDER "\n");
        return 77;
    }
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_stories260k), cmocka_unit_test(test_xs279k), cmocka_unit_test(test_types_agree)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
