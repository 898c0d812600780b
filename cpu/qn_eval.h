// SPDX-License-Identifier: Apache-2.0
// qn_eval.h: how well an executor predicts a text, next to the float path.
//
//     qn_eval_task task = {.tokens = t, .text = text, .n_text = n, .floats = f, .vocab = vocab, .step = step, .ctx = executor,
//                          .cut = 512, .positions = 2000};
//     qn_eval_result r;
//     int err = qn_eval(&task, &r, &why);
//     ... r.perplexity, r.perplexity_float, r.top1_agreement, r.positions ...
//
// The text is stories with "<|endoftext|>" between them; blanks around a story are not part of it, and an empty one is skipped. Each
// story is encoded by itself, with BOS if the metadata says that texts have one, cut at `cut` tokens, and fed from position 0 on: at each
// position both get the story's own tokens so far, and the next one is to be predicted.
#ifndef QN_EVAL_H
#define QN_EVAL_H

#include "compiler/front/qn_token.h"
#include "cpu/qn_float.h"

// Gives the `vocab` logits after `token` at position `pos`; position 0 begins anew. 0 or a negative qn_err.
typedef int qn_eval_step(void *ctx, uint32_t token, uint32_t pos, float *logits);

typedef struct qn_eval_task {
    const qn_token *tokens;
    const char *text;
    size_t n_text;
    qn_float_model *floats;
    uint32_t vocab;
    qn_eval_step *step;
    void *ctx;
    uint32_t cut;                // tokens of a story, 2 or more, at most the context of both
    uint64_t positions;          // ends with the story that reaches so many predictions; 0: the whole text
    bool (*progress)(void *ctx, uint64_t positions);       // after each story, unless NULL; false ends the evaluation there
    void *progress_ctx;
} qn_eval_task;

typedef struct qn_eval_result {
    double perplexity, perplexity_float;     // e to the mean negative log-likelihood of the next token
    double top1_agreement;                   // share of positions at which both find the same token likeliest
    uint64_t positions;                      // predictions made
    uint64_t stories;
} qn_eval_result;

// QN_ERR_NONFINITE if a logit is not finite, QN_ERR_RANGE if the text has nothing to predict, else what a step or the tokenizer returns.
int qn_eval(const qn_eval_task *task, qn_eval_result *r, qn_why *why);

#endif
