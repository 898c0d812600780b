// SPDX-License-Identifier: Apache-2.0
// layer MODEL.gguf FOLDER: what an array of 16 rows sees of a real layer: the first layer's query matrix (Q4_K) and, of 16 tokens of a text, the normed
// embeddings that it multiplies, in 8 bits. For power from activity that is real. Leaves in FOLDER
//     act.hex     slice by slice, pairs of rows, four words of {8 bytes of the odd row, 8 of the even row}
//     plane.hex   slice by slice, 64 columns, four planes of 32 weights, the highest first
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "compiler/front/qn_ggml_type.h"
#include "compiler/front/qn_gguf.h"
#include "compiler/front/qn_token.h"

enum { ROWS = 16, COLS = 64, K = 256, SLICES = K / 32 };

static const char text[] = "Once upon a time there was a small mouse who lived in a big red box near the garden";

static int fail(const char *what, const char *why)
{
    fprintf(stderr, "layer: %s: %s\n", what, why);
    return EX_DATAERR;
}

static const qn_gguf_tensor *tensor(const qn_gguf *g, const char *name, int type, size_t rows)
{
    const qn_gguf_tensor *t = qn_gguf_tensor_find(g, name);
    return t && (type < 0 || t->type == type) && t->dims[0] == K && t->dims[1] >= rows ? t : NULL;
}

// x / rms(x) x norm, then bytes by the row's absolute maximum
static int quantized(const qn_gguf_tensor *embed, const float *norm, uint32_t token, int8_t *q)
{
    float x[K];
    double sum = 0;
    float top = 0;
    const qn_ggml_info *info = qn_ggml_type_find(embed->type);
    size_t row = K / info->elements * info->bytes;
    if (token >= embed->dims[1] || qn_ggml_dequant_row(embed->type, embed->data + token * row, x, K) < 0)
        return -1;
    for (int k = 0; k < K; k++)
        sum += (double)x[k] * x[k];
    for (int k = 0; k < K; k++) {
        x[k] *= norm[k] / sqrtf((float)(sum / K) + 1e-5f);
        top = fmaxf(top, fabsf(x[k]));
    }
    for (int k = 0; k < K; k++)
        q[k] = (int8_t)lrintf(x[k] * 127 / top);
    return 0;
}

static int write_act(const char *folder, const int8_t q[ROWS][K])
{
    char path[1024];
    snprintf(path, sizeof path, "%s/act.hex", folder);
    FILE *f = fopen(path, "w");
    if (!f)
        return fail(path, "cannot be written");
    for (int s = 0; s < SLICES; s++)
        for (int p = 0; p < ROWS / 2; p++)
            for (int b = 0; b < 4; b++) {
                for (int half = 1; half >= 0; half--)
                    for (int i = 7; i >= 0; i--)
                        fprintf(f, "%02x", (uint8_t)q[2 * p + half][32 * s + 8 * b + i]);
                fputc('\n', f);
            }
    return fclose(f) ? fail(path, "cannot be written") : 0;
}

static int write_planes(const char *folder, const qn_gguf_tensor *w)
{
    char path[1024];
    snprintf(path, sizeof path, "%s/plane.hex", folder);
    FILE *f = fopen(path, "w");
    if (!f)
        return fail(path, "cannot be written");
    for (int s = 0; s < SLICES; s++)
        for (int c = 0; c < COLS; c++) {
            qn_block b;
            qn_ggml_codes(w->type, w->data + (size_t)c * qn_ggml_type_find(w->type)->bytes, &b);
            for (int p = 3; p >= 0; p--) {
                uint32_t plane = 0;
                for (int k = 0; k < 32; k++)
                    plane |= (uint32_t)(b.q[32 * s + k] >> p & 1) << k;
                fprintf(f, "%08x\n", plane);
            }
        }
    return fclose(f) ? fail(path, "cannot be written") : 0;
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        fprintf(stderr, "usage: layer MODEL.gguf FOLDER\n");
        return EX_USAGE;
    }
    qn_gguf *g;
    qn_why why;
    qn_token_spec spec;
    qn_token *t = NULL;
    uint32_t *ids = NULL;
    size_t n = 0;
    if (qn_gguf_open(&g, argv[1], &why) < 0)
        return fail(argv[1], why.text);
    const qn_gguf_tensor *w = tensor(g, "blk.0.attn_q.weight", QN_GGML_Q4_K, COLS), *embed = tensor(g, "token_embd.weight", -1, 1);
    const qn_gguf_tensor *norm = tensor(g, "blk.0.attn_norm.weight", QN_GGML_F32, 1);
    if (!w || !embed || !norm)
        return fail(argv[1], "a layer of width 256 with a query matrix of Q4_K is needed");
    float scale[K];
    int8_t q[ROWS][K];
    memcpy(scale, norm->data, sizeof scale);
    if (qn_token_spec_from_gguf(&spec, g, &why) < 0 || qn_token_new(&t, &spec, &why) < 0
        || qn_token_encode(t, text, strlen(text), QN_TOKEN_BOS, &ids, &n) < 0 || n < ROWS)
        return fail(argv[1], "the text has too few tokens");
    for (int r = 0; r < ROWS; r++)
        if (quantized(embed, scale, ids[r], q[r]) < 0)
            return fail(argv[1], "a token without an embedding");
    int err = write_act(argv[2], q);
    if (!err)
        err = write_planes(argv[2], w);
    free(ids);
    qn_token_free(t);
    qn_token_spec_free(&spec);
    qn_gguf_close(g);
    return err;
}
