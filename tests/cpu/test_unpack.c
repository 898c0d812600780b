// SPDX-License-Identifier: Apache-2.0
// A packed matrix gives back, value for value, what ggml's formulas make of the tensor, and its products are the plain sums of those
// values: every coded type, an odd number of rows, several tiles; with
// several stripes; as an embedding.
#define _POSIX_C_SOURCE 200809L
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "compiler/back/qn_pack.h"
#include "compiler/back/qn_quantize.h"
#include "compiler/front/qn_ggml_type.h"
#include "cpu/qn_unpack.h"
#include "tests/data/ggml/blocks.h"

#define VECTORS "../shared/data/formats/ggml_quant_vectors.npz"

enum { Rows = 35, Row = 512, Slices = Row / QN_DEPTH, Start = 48, Gap = 5 };

static const struct {
    int type;
    const char *name;             // of its arrays in the vectors; NULL: they have none
    int fmt;
} coded[] = {{QN_GGML_Q8_0, "Q8_0", QN_FMT_S8},  {QN_GGML_Q4_0, "Q4_0", QN_FMT_S4},  {QN_GGML_Q4_1, "Q4_1", QN_FMT_U4M},
             {QN_GGML_Q5_0, "Q5_0", QN_FMT_S5},  {QN_GGML_Q5_1, "Q5_1", QN_FMT_U5M}, {QN_GGML_Q4_K, "Q4_K", QN_FMT_K4},
             {QN_GGML_Q5_K, "Q5_K", QN_FMT_K5},  {QN_GGML_Q6_K, "Q6_K", QN_FMT_K6},  {QN_GGML_Q3_K, "Q3_K", QN_FMT_K3},
             {QN_GGML_TQ1_0, "TQ1_0", QN_FMT_S2G256}, {QN_GGML_TQ2_0, "TQ2_0", QN_FMT_S2G256},
             {QN_GGML_IQ4_NL, "IQ4_NL", QN_FMT_N4}, {QN_GGML_MXFP4, "MXFP4", QN_FMT_MX4},
             {QN_GGML_IQ4_XS, "IQ4_XS", QN_FMT_X4}, {QN_GGML_Q2_K, "Q2_K", QN_FMT_K2}, {QN_GGML_NVFP4, NULL, QN_FMT_NV4},
             {QN_GGML_Q1_0, NULL, QN_FMT_B1G128}, {QN_GGML_Q2_0, NULL, QN_FMT_S2G64}};

enum { Coded = sizeof coded / sizeof *coded };

static void read_array(const char *prefix, const char *name, void *q, size_t bytes)
{
    char command[256];
    snprintf(command, sizeof command, "python3 tests/compiler/npz2bin.py " VECTORS " %s%s", prefix, name);
    FILE *pipe = popen(command, "r");
    assert_non_null(pipe);
    assert_int_equal(fread(q, 1, bytes, pipe), bytes);
    assert_int_equal(fgetc(pipe), EOF);
    assert_int_equal(pclose(pipe), 0);
}

typedef int unpacker(qn_unpacked *u, const qn_prog_part *m, uint32_t planes, const uint32_t *image, uint32_t words, qn_why *why);

// Packs the rows as a matrix of tiles of `tile` outputs, `Gap` words apart, and unpacks it; tile 0: as an embedding.
static void pack(const qn_gguf_tensor *t, int fmt, uint32_t stripes, uint32_t tile, qn_unpacked *u)
{
    const qn_fmt *f = qn_fmt_find((uint32_t)fmt);
    uint32_t unit = stripes > 1 && tile ? 8 * stripes : 2, cols = (Rows + unit - 1) / unit * unit, depth = tile ? Slices : f->block;
    unpacker *unpack = tile ? qn_unpack : qn_unpack_embedding;
    tile = tile ? tile : 2;
    uint32_t tiles = (cols + tile - 1) / tile, step = (uint32_t)qn_fmt_tile_words(f, qn_tile_cols(tile, Slices / depth, stripes), depth) + Gap;
    uint32_t last = (uint32_t)qn_fmt_tile_words(f, qn_tile_cols(cols % tile ? cols % tile : tile, Slices / depth, stripes), depth);
    qn_matrix_part part = {.fmt = f, .outputs = Rows, .slices = Slices, .addr = Start, .tile_step = step};
    qn_matrix m = {.tensor = t, .outputs = Rows, .inputs = Row, .stripes = stripes, .slices = Slices, .depth = depth,
                   .tile = tile, .n_part = 1, .part = &part, .requantize = t->type == QN_GGML_F32};
    qn_prog_part in_prog = {(uint32_t)fmt, 0, Rows, 0, Slices, tile, Start, step};
    uint32_t words = Start + (tiles - 1) * step + last;
    uint32_t *image = calloc(words, sizeof *image);
    assert_non_null(image);
    qn_why why = {""};
    if (qn_pack_matrix(&m, image, NULL, NULL, &why) < 0 || unpack(u, &in_prog, stripes, image, words, &why) < 0)
        fail_msg("%s", why.text);
    qn_unpacked cut;                                               // one word less is refused
    assert_int_equal(unpack(&cut, &in_prog, stripes, image, words - 1, &why), QN_ERR_FORMAT);
    qn_unpacked_free(&cut);
    in_prog.tile_step = UINT32_MAX;
    assert_int_equal(unpack(&cut, &in_prog, stripes, image, words, &why), tiles > 1 ? QN_ERR_FORMAT : 0);
    qn_unpacked_free(&cut);
    free(image);
}

static void check_rows(const qn_unpacked *u, const float *expected)
{
    static float got[Row];
    for (uint32_t r = 0; r < Rows; r++) {
        qn_unpacked_row(u, r, got);
        for (int i = 0; i < Row; i++)
            if (got[i] != expected[r * Row + i])
                fail_msg("%s: row %u, element %d is %g, expected %g", u->fmt->name, r, i, (double)got[i], (double)expected[r * Row + i]);
    }
}

// With activations that quantization leaves as they are, a product is the sum of what the values say.
static void check_products(const qn_unpacked *u, const float *expected, uint32_t bits)
{
    qn_acts a;
    int nonfinite = 0;
    static float x[Row], y[Rows];
    assert_int_equal(qn_acts_new(&a, Slices), 0);
    int limit = bits == 8 ? 127 : 32639;
    for (int i = 0; i < Row; i++) {
        int code = i % QN_DEPTH == 0 ? limit : (int)((uint32_t)i * 2654435761u >> 8) % (2 * limit + 1) - limit;
        x[i] = (float)code * (i / 256 ? 0.25f : 4.0f);
    }
    qn_acts_quantize(&a, x, Slices, u->fmt->block, bits, &nonfinite);
    assert_int_equal(nonfinite, 0);
    qn_multiply(u, &a, y);
    for (uint32_t r = 0; r < Rows; r++) {
        double sum = 0, size = 0;
        for (int i = 0; i < Row; i++) {
            sum += (double)x[i] * expected[r * Row + i];
            size += fabs((double)x[i] * expected[r * Row + i]);
        }
        if (fabs(y[r] - sum) > 1e-6 * size)
            fail_msg("%s: product %u of %u bits is %g, expected %g of %g", u->fmt->name, r, bits, (double)y[r], sum, size);
    }
    qn_acts_free(&a);
}

// Makes the block's scale and minimum less than 2 in size, a power of two's 2^-64..2^63.
static void put_finite(const qn_ggml_info *info, uint8_t *block)
{
    if (info->form == QN_GGML_SCALE_POW)
        block[info->scale] = 64 + (block[info->scale] & 127);
    else if (info->form != QN_GGML_SUB_SCALE)
        block[info->scale + 1] &= 0xbf;
    if (info->form == QN_GGML_SCALE_MIN || info->form == QN_GGML_SUPER_MIN)
        block[info->scale + 3] &= 0xbf;
}

// The rows packed for one and several stripes, in tiles of several widths and as an embedding.
static void check_shapes(int type, int fmt, const uint8_t *q, size_t bytes, const float *expected)
{
    static const struct {
        uint32_t stripes, tile;
    } shapes[] = {{1, 2}, {1, 8}, {1, 64}, {1, 0}, {2, 16}, {2, 32}, {2, 64}, {2, 0}, {4, 32}, {4, 64}, {4, 0}};
    qn_gguf_tensor t = {.name = {"t", 1}, .data = q, .bytes = bytes, .elements = (size_t)Rows * Row, .dims = {Row, Rows, 1, 1}, .n_dims = 2,
                        .type = type};
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        qn_unpacked u;
        pack(&t, fmt, shapes[i].stripes, shapes[i].tile, &u);
        check_rows(&u, expected);
        check_products(&u, expected, 8);
        check_products(&u, expected, 16);
        qn_unpacked_free(&u);
    }
}

static void check_packed(int type, int fmt, const uint8_t *q, size_t bytes)
{
    static float expected[Rows * Row];
    assert_int_equal(qn_ggml_dequant_row(type, q, expected, (size_t)Rows * Row), 0);
    check_shapes(type, fmt, q, bytes, expected);
}

// Floats in every format that they are quantized to: what comes out is what each group was quantized to.
static void test_floats(void **state)
{
    (void)state;
    static float x[Rows * Row], expected[Rows * Row];
    uint32_t random = 7;
    for (int i = 0; i < Rows * Row; i++) {
        random = random * 1664525 + 1013904223;
        x[i] = (float)((int32_t)random >> 8) * (i / Row % 2 ? 0x1p-26f : 0x1p-20f);
    }
    for (uint32_t id = 1; id <= QN_FMTS; id++) {
        const qn_fmt *f = qn_fmt_find(id);
        uint32_t group = 32u * f->block;
        if (qn_quantize_fitting(f, Row) != f)
            continue;
        for (uint32_t at = 0; at < Rows * Row; at += group) {
            int16_t q[256];
            uint16_t d, m;
            assert_int_equal(qn_quantize(f, x + at, group, q, &d, &m), 0);
            for (uint32_t i = 0; i < group; i++)
                expected[at + i] = f->sub == 4 ? (float)q[i] * qn_ggml_f16(i < 16 ? d : m ^ 0x8000)     // halves
                                               : (float)q[i] * (f->head == 3 ? qn_ggml_bf16(d) : qn_ggml_f16(d)) - qn_ggml_f16(m);
        }
        check_shapes(QN_GGML_F32, (int)id, (const uint8_t *)x, sizeof x, expected);
    }
}

static void test_coded(void **state)
{
    (void)state;
    if (access(VECTORS, R_OK))
        skip();
    for (size_t k = 0; k < Coded; k++) {
        const qn_ggml_info *info = qn_ggml_type_find(coded[k].type);
        size_t bytes = (size_t)Rows * Row / info->elements * info->bytes;
        uint8_t *q = malloc(bytes);
        assert_non_null(q);
        if (coded[k].name) {
            read_array("q_", coded[k].name, q, bytes);
            check_packed(coded[k].type, coded[k].fmt, q, bytes);
        }
        free(q);
    }
}

// With ggml's activations a product is ggml's: the scales and codes are, byte for byte, and what it makes of them but for the order of its few sums.
// A code or an integer off by one would show: it is 2e-6 of the product's size or more.
static void test_ggml_products(void **state)
{
    (void)state;
    if (access(VECTORS, R_OK))
        skip();
    static float act[Rows][Row], dot[Rows], y[Rows];
    static uint8_t q8_0[Rows][Row / 32][34], q8_k[Rows][Row / 256][292];
    read_array("", "act", act, sizeof act);
    read_array("", "act_Q8_0", q8_0, sizeof q8_0);
    read_array("", "act_Q8_K", q8_k, sizeof q8_k);
    for (size_t k = 0; k < Coded; k++) {
        const qn_ggml_info *info = qn_ggml_type_find(coded[k].type);
        if (!coded[k].name || info->form == QN_GGML_SCALE_MIN)         // Q4_1, Q5_1: below
            continue;
        size_t bytes = (size_t)Rows * Row / info->elements * info->bytes;
        uint8_t *q = malloc(bytes);
        assert_non_null(q);
        read_array("q_", coded[k].name, q, bytes);
        read_array("dot_", coded[k].name, dot, sizeof dot);
        qn_gguf_tensor t = {.name = {"t", 1}, .data = q, .bytes = bytes, .elements = (size_t)Rows * Row, .dims = {Row, Rows, 1, 1}, .n_dims = 2,
                            .type = coded[k].type};
        qn_unpacked u;
        qn_acts a;
        pack(&t, coded[k].fmt, 1, 64, &u);
        assert_int_equal(qn_acts_new(&a, Slices), 0);
        for (uint32_t r = 0; r < Rows; r++) {
            int nonfinite = 0;
            static float w[Row];
            qn_acts_quantize_ggml(&a, act[r], Slices, u.fmt->block, &nonfinite);
            assert_int_equal(nonfinite, 0);
            double size = 0;
            qn_unpacked_row(&u, r, w);
            for (int i = 0; i < Row; i++) {
                const uint8_t *block = u.fmt->block == 8 ? q8_k[r][i / 256] + 4 : q8_0[r][i / 32] + 2;
                if (a.code[0][i] != (int8_t)block[u.fmt->block == 8 ? i % 256 : i % 32])
                    fail_msg("row %u, activation %d is %d, not %d", r, i, a.code[0][i], (int8_t)block[i % (u.fmt->block * 32)]);
                size += fabs((double)w[i] * a.code[0][i] * (double)a.scale[0][i / 32 / u.fmt->block]);
            }
            for (uint32_t b = 0; b < Slices / u.fmt->block; b++) {
                float d;
                uint16_t half;
                memcpy(&d, q8_k[r][b % (Row / 256)], 4);
                memcpy(&half, q8_0[r][b], 2);
                assert_true(a.scale[0][b] == (u.fmt->block == 8 ? d : qn_ggml_f16(half)));
            }
            qn_multiply(&u, &a, y);
            if (fabs((double)y[r] - (double)dot[r]) > 5e-7 * size)
                fail_msg("%s: product %u is %.9g, ggml's %.9g, of %g", coded[k].name, r, (double)y[r], (double)dot[r], size);
        }
        qn_acts_free(&a);
        qn_unpacked_free(&u);
        free(q);
    }
}

// The same for types that the vectors have no products of: those of tests/data/ggml/dots.c.
static const struct {
    int type, fmt, halves;
    double product[DOTS];
} dots[] = {{QN_GGML_Q4_1, QN_FMT_U4M, 2, {-79.3876495, -16.9859047, -38.0610504, -204.954956, 95.8071823, -85.1801071, 384.189545, -284.944489}},
               {QN_GGML_Q5_1, QN_FMT_U5M, 2, {128.848785, -28.3437691, 194.630722, -292.545074, -37.1547737, 397.445618, -131.808289, 30.2515869}},
               {QN_GGML_NVFP4, QN_FMT_NV4, 0, {9228.99805, -6643.4624, -39200.168, 439.029083, -5213.7085, -4932.38623, -17091.3516, -7699.26074}},
               {QN_GGML_Q1_0, QN_FMT_S2, 1, {-9.76590729, -0.54174, -33.279953, 0.393118471, -21.0201111, -2.09289742, 9.62012863, 23.6910381}},
               {QN_GGML_Q2_0, QN_FMT_S2, 1, {31.5936356, -5.81134224, -6.50476265, -2.14690161, 12.9939957, 2.72072172, -6.23045588, -10.2739553}}};

static void test_ggml_dots(void **state)
{
    (void)state;
    for (size_t k = 0; k < sizeof dots / sizeof *dots; k++) {
        const qn_ggml_info *info = qn_ggml_type_find(dots[k].type);
        for (uint32_t r = 0; r < DOTS; r++) {
            static uint8_t q[Rows * Row];                              // the row, and as many more as pack() takes
            static float x[DOT_ROW], w[Row], y[Rows];
            size_t bytes = (size_t)Row / info->elements * info->bytes;
            memset(q, 0, sizeof q);
            blocks_dot(r, q, (int)bytes, info->bytes, info->scale, dots[k].halves, x);
            qn_gguf_tensor t = {.name = {"t", 1}, .data = q, .bytes = Rows * bytes, .elements = (size_t)Rows * Row, .dims = {Row, Rows, 1, 1}, .n_dims = 2,
                                .type = dots[k].type};
            qn_unpacked u;
            qn_acts a;
            int nonfinite = 0;
            pack(&t, dots[k].fmt, 1, 64, &u);
            assert_int_equal(qn_acts_new(&a, Slices), 0);
            qn_acts_quantize_ggml(&a, x, Slices, 1, &nonfinite);
            qn_multiply(&u, &a, y);
            double size = 0;
            qn_unpacked_row(&u, 0, w);
            for (int i = 0; i < Row; i++)
                size += fabs((double)w[i] * x[i]);
            if (nonfinite || fabs((double)y[0] - dots[k].product[r]) > 5e-7 * size)
                fail_msg("%s: product %u is %.9g, ggml's %.9g, of %g", info->name, r, (double)y[0], dots[k].product[r], size);
            qn_acts_free(&a);
            qn_unpacked_free(&u);
        }
    }
}

// Blocks of any bytes under finite scales have every code, those too that ggml's own quantizer never gives.
static void test_any_codes(void **state)
{
    (void)state;
    uint32_t random = 1;
    for (size_t k = 0; k < Coded; k++) {
        const qn_ggml_info *info = qn_ggml_type_find(coded[k].type);
        size_t bytes = (size_t)Rows * Row / info->elements * info->bytes;
        uint8_t *q = malloc(bytes);
        assert_non_null(q);
        for (size_t i = 0; i < bytes; i++) {
            random = random * 1664525 + 1013904223;
            q[i] = (uint8_t)(random >> 24);
        }
        for (size_t i = 0; i < bytes; i += info->bytes)
            put_finite(info, q + i);
        check_packed(coded[k].type, coded[k].fmt, q, bytes);
        free(q);
    }
}

// What an E8M0 scale may be: what the machine reads as zero only over zeros, and none that makes a value infinite.
static void test_powers(void **state)
{
    (void)state;
    static const struct {
        uint8_t e, code;
        int err;
        double value;
    } cases[] = {{0, 0, 0, 0}, {0, 8, 0, 0}, {1, 0, 0, 0}, {255, 0, 0, 0}, {0, 1, QN_ERR_RANGE, 0}, {1, 15, QN_ERR_RANGE, 0}, {2, 1, 0, 0x1p-126},
                 {2, 15, 0, -12 * 0x1p-126}, {252, 7, 0, 12 * 0x1p124}, {253, 7, QN_ERR_NONFINITE, 0}, {253, 5, 0, 6 * 0x1p125},
                 {255, 1, 0, 0x1p127}, {255, 2, QN_ERR_NONFINITE, 0}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint8_t block[17] = {cases[i].e, cases[i].code};
        uint32_t image[64] = {0};
        qn_gguf_tensor t = {.name = {"t", 1}, .data = block, .bytes = 17, .elements = 32, .dims = {32, 1, 1, 1}, .n_dims = 2, .type = QN_GGML_MXFP4};
        qn_matrix_part part = {.fmt = qn_fmt_find(QN_FMT_MX4), .outputs = 1, .slices = 1};
        qn_matrix m = {.tensor = &t, .outputs = 1, .inputs = 32, .stripes = 1, .slices = 1, .depth = 1, .tile = 2, .n_part = 1, .part = &part};
        qn_prog_part in_prog = {QN_FMT_MX4, 0, 1, 0, 1, 2, 0, 0};
        qn_unpacked u;
        qn_why why = {""};
        int err = qn_pack_matrix(&m, image, NULL, NULL, &why);
        if (err != cases[i].err)
            fail_msg("scale %u over code %u: %d '%s', expected %d", cases[i].e, cases[i].code, err, why.text, cases[i].err);
        if (err == QN_ERR_RANGE)
            assert_string_equal(why.text, "tensor 't', row 0: a scale below 2^-126, which the machine reads as zero");
        if (err < 0)
            continue;
        float got[32];
        assert_int_equal(qn_unpack(&u, &in_prog, 1, image, 64, &why), 0);
        qn_unpacked_row(&u, 0, got);
        if ((double)got[0] != cases[i].value || got[1] != 0)
            fail_msg("scale %u over code %u is %g, expected %g", cases[i].e, cases[i].code, (double)got[0], cases[i].value);
        if (cases[i].value == 0) {           // also where scale x scale of the activations would be infinite
            qn_acts a;
            float x[32], y = 1;
            int nonfinite = 0;
            assert_int_equal(qn_acts_new(&a, 1), 0);
            for (int k = 0; k < 32; k++)
                x[k] = 8 * 127;
            qn_acts_quantize(&a, x, 1, 1, 8, &nonfinite);
            qn_multiply(&u, &a, &y);
            if (y != 0)
                fail_msg("scale %u over code %u makes a product %g", cases[i].e, cases[i].code, (double)y);
            qn_acts_free(&a);
        }
        qn_unpacked_free(&u);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_powers), cmocka_unit_test(test_floats), cmocka_unit_test(test_any_codes), cmocka_unit_test(test_coded),
                                       cmocka_unit_test(test_ggml_products), cmocka_unit_test(test_ggml_dots)};
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    if (failed || !access(VECTORS, R_OK))
        return failed;
    puts("skip: no " VECTORS);
    return 77;
}
