// SPDX-License-Identifier: Apache-2.0
// hashes.c: what ggml's reference code makes of the blocks of blocks.h. Not built by make: the figures stand in tests/model/test_num.c. With the source
// package of llama-cpp-python 0.3.36 unpacked and G its vendor/llama.cpp/ggml:
//     cc -O1 -ffp-contract=off -I. -I$G/include -I$G/src tests/data/ggml/hashes.c $G/src/ggml-quants.c -lm
#define GGML_COMMON_DECL_C
#include "ggml-common.h"
#include "ggml-quants.h"

#include <stdio.h>
#include <stdlib.h>

#include "tests/data/ggml/blocks.h"

// What ggml-quants.c names and the functions used here never call
void ggml_abort(const char *file, int line, const char *fmt, ...)
{
    (void)fmt;
    printf("%s:%d\n", file, line);
    _Exit(1);
}

size_t ggml_row_size(enum ggml_type type, int64_t n)
{
    (void)type;
    return (size_t)n;
}

size_t ggml_type_size(enum ggml_type type)
{
    (void)type;
    return 0;
}

const char *ggml_type_name(enum ggml_type type)
{
    (void)type;
    return "";
}

int main(void)
{
    float x[256];
    uint64_t h = BLOCKS_HASH;
    blocks_start();
    for (int i = 0; i < BLOCKS; i++) {
        block_q8_1 y;
        blocks_next(x, 32, -16, 36);
        quantize_row_q8_1_ref(x, &y, 32);
        h = blocks_hash(h, &y.d, 2);
        h = blocks_hash(h, &y.s, 2);
        h = blocks_hash(h, y.qs, 32);
    }
    printf("Q8_1 %016llx\n", (unsigned long long)h);
    h = BLOCKS_HASH;
    blocks_start();
    for (int i = 0; i < BLOCKS; i++) {
        block_q8_0 y;
        blocks_next(x, 32, -16, 36);
        quantize_row_q8_0_ref(x, &y, 32);
        h = blocks_hash(h, &y.d, 2);
        h = blocks_hash(h, y.qs, 32);
    }
    printf("Q8_0 %016llx\n", (unsigned long long)h);
    h = BLOCKS_HASH;
    blocks_start();
    for (int i = 0; i < BLOCKS_256; i++) {
        block_q8_K y;
        blocks_next(x, 256, -80, 200);
        quantize_row_q8_K_ref(x, &y, 256);
        h = blocks_hash(h, &y.d, 4);
        h = blocks_hash(h, y.qs, 256);
    }
    printf("Q8_K %016llx\n", (unsigned long long)h);
    return 0;
}
