// SPDX-License-Identifier: Apache-2.0
// Random damage to a well-formed GGUF file: the reader takes it or refuses it, and whatever it takes can be read to the last byte.
// `SEED=n` repeats a run, `FILES=n` makes it longer. Meant for AddressSanitizer and UBSan.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <time.h>

#include "compiler/front/qn_ggml_type.h"
#include "compiler/front/qn_gguf.h"
#include "tests/compiler/gguf_write.h"

enum { SECONDS_MAX = 15 };

static uint64_t random_state;

// SplitMix64
static uint64_t random_u64(void)
{
    uint64_t z = random_state += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

static size_t random_below(size_t n)
{
    return (size_t)(random_u64() % n);
}

// Writes `bytes` of x somewhere
static void poke(gguf_file *f, uint64_t x, size_t bytes)
{
    if (f->n < bytes)
        return;
    size_t at = random_below(f->n - bytes + 1);
    for (size_t i = 0; i < bytes; i++)
        f->p[at + i] = (uint8_t)(x >> 8 * i);
}

static void damage(gguf_file *f)
{
    static const uint64_t edges[] = {0,          1,          2,          31,         32,        63,         64,         0x7fffffff, 0x80000000,
                                     0xffffffff, 1ull << 32, 1ull << 61, 1ull << 62, INT64_MAX, 1ull << 63, UINT64_MAX, UINT64_MAX - 7};
    for (size_t n = 1 + random_below(3); n; n--)
        switch (random_below(7)) {
        case 0:
            f->p[random_below(f->n)] ^= (uint8_t)(1u << random_below(8));
            break;
        case 1:
            poke(f, random_u64(), 1);
            break;
        case 2:
            poke(f, edges[random_below(sizeof edges / sizeof *edges)], 8);
            break;
        case 3:
            poke(f, edges[random_below(10)], 4);
            break;
        case 4:
            poke(f, random_below(48), 4);
            break;
        case 5: // one part over another
            if (f->n > 1) {
                size_t len = 1 + random_below(f->n < 64 ? f->n - 1 : 63);
                memmove(f->p + random_below(f->n - len + 1), f->p + random_below(f->n - len + 1), len);
            }
            break;
        default:
            if (!random_below(4))
                f->n = 1 + random_below(f->n);
        }
}

// Reads all that the reader vouches for
static uint64_t read_all(const qn_gguf *g)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < g->n_kv; i++) {
        const qn_gguf_kv *kv = &g->kv[i];
        char shown[QN_GGUF_SHOW];
        sum += strlen(qn_gguf_show(shown, kv->key));
        for (size_t j = 0; j < kv->count; j++)
            if (kv->elem == QN_GGUF_STR) {
                qn_gguf_str s = qn_gguf_str_at(kv, j);
                for (size_t k = 0; k < s.len; k++)
                    sum += (unsigned char)s.ptr[k];
            } else if (kv->elem == QN_GGUF_F32 || kv->elem == QN_GGUF_F64) {
                sum += qn_gguf_float_at(kv, j) > 0;
            } else {
                sum += (uint64_t)qn_gguf_int_at(kv, j);
            }
    }
    for (size_t i = 0; i < g->n_tensor; i++) {
        const qn_gguf_tensor *t = &g->tensor[i];
        for (size_t j = 0; j < t->bytes; j++)
            sum += t->data[j];
        if (t->elements && qn_ggml_supported(qn_ggml_type_find(t->type))) {
            float *row = malloc(t->dims[0] * sizeof *row);
            assert_non_null(row);
            assert_int_equal(qn_ggml_dequant_row(t->type, t->data, row, t->dims[0]), 0);
            free(row);
        }
    }
    return sum;
}

static void test_damage(void **state)
{
    (void)state;
    const char *seed = getenv("SEED"), *files = getenv("FILES");
    uint64_t first = seed ? strtoull(seed, NULL, 0) : (uint64_t)time(NULL);
    size_t n = files ? strtoull(files, NULL, 0) : 20000, taken = 0, done = 0;
    printf("SEED=%llu\n", (unsigned long long)first);
    fflush(stdout);
    random_state = first;

    size_t end;
    gguf_file sample = gguf_sample(&end);
    volatile uint64_t sink = 0;
    time_t begin = time(NULL);
    for (; done < n && (files || time(NULL) - begin < SECONDS_MAX); done++) {
        gguf_file f = {0};
        put(&f, sample.p, sample.n);
        damage(&f);
        qn_gguf *g;
        void *copy;
        qn_why why = {""};
        int err = open_copy(&f, &g, &copy, &why);
        if (!err) {
            sink += read_all(g);
            taken++;
        } else {
            assert_null(g);
            assert_true(strlen(why.text) > 0);
            assert_true(err == QN_ERR_FORMAT || err == QN_ERR_TRUNCATED || err == QN_ERR_UNSUPPORTED || err == QN_ERR_VERSION);
        }
        qn_gguf_close(g);
        free(copy);
    }
    free(sample.p);
    assert_true(done >= 2000);
    assert_in_range(taken * 100 / done, 5, 95); // damage that always or never matters tests nothing
    if (getenv("V"))
        printf("%zu files, %zu taken\n", done, taken);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_damage)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
