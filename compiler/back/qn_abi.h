// SPDX-License-Identifier: Apache-2.0
// qn_abi.h: what a compiled language model and whoever runs it agree on: windows, arguments, results.
#ifndef QN_ABI_H
#define QN_ABI_H

enum qn_window {
    QN_WIN_IMAGE,                 // weights, tables, constants, code; read only
    QN_WIN_KV,                    // KV cache
    QN_WIN_IO,                    // logits out: vocab FP32 words
};

// Windows start at multiples of 256 words.
#define QN_WIN_ALIGNED(words) (((words) + 255) / 256 * 256)

// Host arguments of both entries.
enum qn_arg {
    QN_ARG_POS,                   // position of the first token
    QN_ARG_COUNT,                 // tokens in this step: decode 1, prefill 1..chunk
    QN_ARG_LOGITS,                // 1: compute the logits of the last token; 0: skip them
    QN_ARG_KEEP,                  // 1: write those logits to QN_WIN_IO as well
    QN_ARG_TOKEN = 8,             // the tokens
};

// Constants at the image's start, in groups of 8 equal words: group i at word 8 i. Zero fills 16 groups.
enum qn_const { QN_CONST_ZERO, QN_CONST_ONE = 16, QN_CONST_NEG_INF, QN_CONST_INV_WIDTH, QN_CONST_EPS, QN_CONST_Q_SCALE, QN_CONSTS };
enum { QN_CONST_WORDS = 8 * QN_CONSTS };

#endif
