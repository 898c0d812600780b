// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "cpu/qn_eval.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char separator[] = "<|endoftext|>";

// Sums so far
typedef struct sums {
    double loss, loss_float;
    uint64_t positions, agreed, stories;
} sums;

static bool blank(char c)
{
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

// Takes the next story off *text.
static qn_gguf_str next_story(const char **text, const char *end)
{
    size_t left = (size_t)(end - *text);
    const char *at = *text, *stop = memmem(at, left, separator, sizeof separator - 1);
    *text = stop ? stop + sizeof separator - 1 : end;
    if (!stop)
        stop = end;
    while (at < stop && blank(*at))
        at++;
    while (at < stop && blank(stop[-1]))
        stop--;
    return (qn_gguf_str){at, (size_t)(stop - at)};
}

static uint32_t greatest(const float *x, uint32_t n)
{
    uint32_t best = 0;
    for (uint32_t i = 1; i < n; i++)
        best = x[i] > x[best] ? i : best;
    return best;
}

// -log of the softmax at `token`; not finite if a logit is not.
static double loss(const float *x, uint32_t n, uint32_t token)
{
    double top = x[greatest(x, n)], sum = 0;
    for (uint32_t i = 0; i < n; i++)
        sum += isfinite(x[i]) ? exp(x[i] - top) : (double)NAN;
    return top - x[token] + log(sum);
}

static int eval_story(const qn_eval_task *k, const uint32_t *ids, size_t n, float *logits, sums *s, qn_why *why)
{
    float *floats = logits + k->vocab;
    for (uint32_t pos = 0; pos + 1 < n; pos++) {
        if (ids[pos + 1] >= k->vocab)
            return qn_fail(why, QN_ERR_RANGE, "token %u is beyond the model's vocabulary of %u", ids[pos + 1], k->vocab);
        int err = k->step(k->ctx, ids[pos], pos, logits);
        if (!err)
            err = qn_float_step(k->floats, ids[pos], pos, floats);
        if (err < 0)
            return qn_fail(why, err, "story %llu, position %u: %s", (unsigned long long)s->stories + 1, pos, qn_err_text(err));
        double mine = loss(logits, k->vocab, ids[pos + 1]), other = loss(floats, k->vocab, ids[pos + 1]);
        if (!isfinite(mine) || !isfinite(other))
            return qn_fail(why, QN_ERR_NONFINITE, "story %llu, position %u: a logit is not finite", (unsigned long long)s->stories + 1, pos);
        s->loss += mine;
        s->loss_float += other;
        s->agreed += greatest(logits, k->vocab) == greatest(floats, k->vocab);
        s->positions++;
    }
    s->stories++;
    return 0;
}

int qn_eval(const qn_eval_task *k, qn_eval_result *r, qn_why *why)
{
    assert(k->tokens && k->floats && k->step && k->cut >= 2 && k->vocab);
    sums s = {0};
    const char *at = k->text, *end = k->text + k->n_text;
    float *logits = calloc(2 * (size_t)k->vocab, sizeof *logits);
    int err = logits ? 0 : QN_ERR_NOMEM;
    bool go_on = true;
    while (!err && go_on && at < end && (!k->positions || s.positions < k->positions)) {
        qn_gguf_str story = next_story(&at, end);
        uint32_t *ids;
        size_t n;
        if (!story.len)
            continue;
        err = qn_token_encode(k->tokens, story.ptr, story.len, QN_TOKEN_BOS, &ids, &n);
        if (err < 0) {
            qn_fail(why, err, "story %llu: %s", (unsigned long long)s.stories + 1, qn_err_text(err));
            break;
        }
        err = eval_story(k, ids, n < k->cut ? n : k->cut, logits, &s, why);
        free(ids);
        if (!err && k->progress)
            go_on = k->progress(k->progress_ctx, s.positions);
    }
    free(logits);
    if (!err && !s.positions)
        err = qn_fail(why, QN_ERR_RANGE, "the text has no token to predict");
    if (err < 0)
        return err;
    double n = (double)s.positions;
    *r = (qn_eval_result){exp(s.loss / n), exp(s.loss_float / n), (double)s.agreed / n, s.positions, s.stories};
    return 0;
}
