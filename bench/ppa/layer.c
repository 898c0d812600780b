// SPDX-License-Identifier: Apache-2.0
// layer MODEL.gguf FOLDER: what an array of 16 rows sees of a real layer: the first layer's query matrix (Q4_K) and, of 16 tokens of a text, the normed
// embeddings that it multiplies, in 8 bits. For power from activity that is real. Leaves in FOLDER
//     act.hex     slice by slice, pairs of rows, four words of {8 bytes of the odd row, 8 of the even row}
//     plane.hex   slice by slice, 64 columns, four planes of 32 weights, the highest first
// and what a tile of W4A8 with groups of 128 sees of it:
//     token.hex   64 tokens, 16 words each of 16 activations, the first one lowest
//     code.hex    64 columns, 16 words each of 16 codes (4 bits, two's complement), the first one lowest
//     scale.hex   64 columns, the integer scale of each group (1..15)
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "compiler/front/qn_ggml_type.h"
#include "compiler/front/qn_gguf.h"
#include "compiler/front/qn_token.h"

enum { ROWS = 16, TOKENS = 64, COLS = 64, K = 256, SLICES = K / 32, GROUP = 128 };

static const char text[] =
    "Once upon a time there was a small mouse who lived in a big red box near the garden. One day she saw a cat sleeping under the old tree, and she ran "
    "home as fast as she could. Her mother gave her some cheese and told her a long story about a brave little bird who flew over the sea to find his friend.";

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

static FILE *create(const char *folder, const char *name)
{
    char path[1024];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *f = fopen(path, "w");
    if (!f)
        fail(path, "cannot be written");
    return f;
}

// The layer's weights in groups of 128: code x integer scale x the column's float scale
static int write_groups(const char *folder, const qn_gguf_tensor *w)
{
    FILE *codes = create(folder, "code.hex"), *scales = create(folder, "scale.hex");
    int err = !codes || !scales ? EX_CANTCREAT : 0;
    size_t row = K / qn_ggml_type_find(w->type)->elements * qn_ggml_type_find(w->type)->bytes;
    for (int c = 0; c < COLS && !err; c++) {
        float x[K], top[K / GROUP] = {0}, most = 0;
        int code[K];
        if (qn_ggml_dequant_row(w->type, w->data + (size_t)c * row, x, K) < 0) {
            err = fail("query matrix", "a row that is not Q4_K");
            break;
        }
        for (int k = 0; k < K; k++)
            top[k / GROUP] = fmaxf(top[k / GROUP], fabsf(x[k]));
        for (int g = 0; g < K / GROUP; g++)
            most = fmaxf(most, top[g]);
        float unit = most > 0 ? most / (7 * 15) : 1;       // the column's float scale
        for (int g = 0; g < K / GROUP; g++) {
            int scale = (int)fmaxf(1, ceilf(top[g] / (7 * unit) - 1e-3f));
            fprintf(scales, "%x\n", scale);
            for (int k = g * GROUP; k < (g + 1) * GROUP; k++)
                code[k] = (int)fminf(7, fmaxf(-8, rintf(x[k] / (unit * scale))));
        }
        for (int k = 0; k < K; k += 16) {
            for (int i = 15; i >= 0; i--)
                fprintf(codes, "%x", code[k + i] & 15);
            fputc('\n', codes);
        }
    }
    if (codes && fclose(codes) && !err)
        err = fail("code.hex", "cannot be written");
    if (scales && fclose(scales) && !err)
        err = fail("scale.hex", "cannot be written");
    return err;
}

static int write_tokens(const char *folder, const int8_t q[TOKENS][K])
{
    FILE *f = create(folder, "token.hex");
    if (!f)
        return EX_CANTCREAT;
    for (int t = 0; t < TOKENS; t++)
        for (int k = 0; k < K; k += 16) {
            for (int i = 15; i >= 0; i--)
                fprintf(f, "%02x", (uint8_t)q[t][k + i]);
            fputc('\n', f);
        }
    return fclose(f) ? fail("token.hex", "cannot be written") : 0;
}

static int write_act(const char *folder, const int8_t q[TOKENS][K])
{
    FILE *f = create(folder, "act.hex");
    if (!f)
        return EX_CANTCREAT;
    for (int s = 0; s < SLICES; s++)
        for (int p = 0; p < ROWS / 2; p++)
            for (int b = 0; b < 4; b++) {
                for (int half = 1; half >= 0; half--)
                    for (int i = 7; i >= 0; i--)
                        fprintf(f, "%02x", (uint8_t)q[2 * p + half][32 * s + 8 * b + i]);
                fputc('\n', f);
            }
    return fclose(f) ? fail("act.hex", "cannot be written") : 0;
}

static int write_planes(const char *folder, const qn_gguf_tensor *w)
{
    FILE *f = create(folder, "plane.hex");
    if (!f)
        return EX_CANTCREAT;
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
    return fclose(f) ? fail("plane.hex", "cannot be written") : 0;
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
    int8_t q[TOKENS][K];
    memcpy(scale, norm->data, sizeof scale);
    if (qn_token_spec_from_gguf(&spec, g, &why) < 0 || qn_token_new(&t, &spec, &why) < 0
        || qn_token_encode(t, text, strlen(text), QN_TOKEN_BOS, &ids, &n) < 0 || n < TOKENS)
        return fail(argv[1], "the text has too few tokens");
    for (int r = 0; r < TOKENS; r++)
        if (quantized(embed, scale, ids[r], q[r]) < 0)
            return fail(argv[1], "a token without an embedding");
    int err = write_act(argv[2], q);
    if (!err)
        err = write_planes(argv[2], w);
    if (!err)
        err = write_tokens(argv[2], q);
    if (!err)
        err = write_groups(argv[2], w);
    free(ids);
    qn_token_free(t);
    qn_token_spec_free(&spec);
    qn_gguf_close(g);
    return err;
}
