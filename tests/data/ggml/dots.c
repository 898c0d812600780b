// SPDX-License-Identifier: Apache-2.0
// dots.c: ggml's products of the operands of blocks.h, for the types that ../shared/data/formats has no products of. Not built by make: the figures stand
// in tests/cpu/test_unpack.c. As hashes.c, with -I$G/src/ggml-cpu and $G/src/ggml-cpu/quants.c besides.
#define GGML_COMMON_DECL_C
#include "ggml-common.h"
#include "ggml-impl.h"
#include "ggml-quants.h"

#include <stdio.h>
#include <stdlib.h>

#include "tests/data/ggml/blocks.h"

typedef void dot(int n, float *s, size_t bs, const void *vx, size_t bx, const void *vy, size_t by, int nrc);
dot ggml_vec_dot_q4_1_q8_1_generic, ggml_vec_dot_q5_1_q8_1_generic, ggml_vec_dot_nvfp4_q8_0_generic, ggml_vec_dot_q1_0_q8_0_generic,
    ggml_vec_dot_q2_0_q8_0;

float ggml_table_f32_f16[1 << 16];

// What the sources name and the functions used here never call
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

static void print(const char *name, dot *f, int elements, int block, int halves, int q8_1)
{
    printf("%s", name);
    for (int i = 0; i < DOTS; i++) {
        static uint8_t q[4096];
        static block_q8_1 y1[DOT_ROW / 32];
        static block_q8_0 y0[DOT_ROW / 32];
        float x[DOT_ROW], s = 0;
        blocks_dot((uint32_t)i, q, DOT_ROW / elements * block, block, 0, halves, x);
        quantize_row_q8_1_ref(x, y1, DOT_ROW);
        quantize_row_q8_0_ref(x, y0, DOT_ROW);
        f(DOT_ROW, &s, 0, q, 0, q8_1 ? (void *)y1 : (void *)y0, 0, 1);
        printf(" %.9g", (double)s);
    }
    printf("\n");
}

int main(void)
{
    for (uint32_t h = 0; h < 1 << 16; h++)
        ggml_table_f32_f16[h] = GGML_FP16_TO_FP32((ggml_fp16_t)h);
    print("Q4_1", ggml_vec_dot_q4_1_q8_1_generic, 32, 20, 2, 1);
    print("Q5_1", ggml_vec_dot_q5_1_q8_1_generic, 32, 24, 2, 1);
    print("NVFP4", ggml_vec_dot_nvfp4_q8_0_generic, 64, 36, 0, 0);
    print("Q1_0", ggml_vec_dot_q1_0_q8_0_generic, 128, 18, 1, 0);
    print("Q2_0", ggml_vec_dot_q2_0_q8_0, 64, 18, 1, 0);
    return 0;
}
