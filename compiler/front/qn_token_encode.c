// SPDX-License-Identifier: Apache-2.0
// Text to token ids. The text is cut at the tokens that are matched before all others; what lies between becomes symbols (characters,
// or the bytes of a word), and the best pair of neighbours is merged until no pair is a token.
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "compiler/front/qn_token_in.h"

#define NONE QN_TOKEN_NONE

// A piece of text that is, or may become, one token. Merged into its left neighbour: len 0.
typedef struct symbol {
    uint32_t prev, next; // or NONE
    uint32_t at, len;    // SPM: bytes of `buf`; BPE: len as the vocabulary writes it
    uint32_t id;         // or NONE
} symbol;

// A pair that could be merged to `id`. Lower keys first: the order of merges, then the left symbol's index.
typedef struct pair {
    uint64_t key;
    uint32_t right, id;
} pair;

// A token matched before all others
typedef struct match {
    uint32_t at, len, id;
} match;

typedef struct work {
    const qn_token *t;
    uint32_t *ids;
    size_t n_ids, cap_ids;
    symbol *sym;
    size_t n_sym, cap_sym;
    pair *heap;
    size_t n_heap, cap_heap;
    char *buf;           // SPM: the fragment with its blanks written as U+2581; BPE: a word as the vocabulary writes it
    uint32_t *unused_left; // SPM: by id, the length of the left part that an unused token was last merged from
} work;

// Makes room for one more element of an array
static int grow(void **array, size_t *cap, size_t n, size_t size)
{
    if (n < *cap)
        return 0;
    size_t more = *cap ? 2 * *cap : 64;
    void *p = realloc(*array, more * size);
    if (!p)
        return QN_ERR_NOMEM;
    *array = p;
    *cap = more;
    return 0;
}

static int put_id(work *w, uint32_t id)
{
    void *p = w->ids;
    int err = grow(&p, &w->cap_ids, w->n_ids, sizeof *w->ids);
    w->ids = p;
    if (!err)
        w->ids[w->n_ids++] = id;
    return err;
}

static int put_symbol(work *w, uint32_t at, uint32_t len, uint32_t id)
{
    void *p = w->sym;
    int err = grow(&p, &w->cap_sym, w->n_sym, sizeof *w->sym);
    w->sym = p;
    if (err)
        return err;
    uint32_t i = (uint32_t)w->n_sym++;
    w->sym[i] = (symbol){.prev = i ? i - 1 : NONE, .next = NONE, .at = at, .len = len, .id = id};
    if (i)
        w->sym[i - 1].next = i;
    return 0;
}

static void sift_down(pair *heap, size_t n, size_t i)
{
    pair moved = heap[i];
    for (;;) {
        size_t child = 2 * i + 1;
        if (child >= n)
            break;
        if (child + 1 < n && heap[child + 1].key < heap[child].key)
            child++;
        if (heap[child].key >= moved.key)
            break;
        heap[i] = heap[child];
        i = child;
    }
    heap[i] = moved;
}

static void sift_up(pair *heap, size_t i)
{
    pair moved = heap[i];
    while (i && heap[(i - 1) / 2].key > moved.key) {
        heap[i] = heap[(i - 1) / 2];
        i = (i - 1) / 2;
    }
    heap[i] = moved;
}

// Appends the pair of two neighbours, if it is one; the heap is not in order afterwards.
static int put_pair(work *w, uint32_t left, uint32_t right)
{
    if (left == NONE || right == NONE)
        return 0;
    const symbol *a = &w->sym[left], *b = &w->sym[right];
    pair p = {.right = right};
    if (w->t->spm) {
        p.id = qn_token_match(w->t, w->buf + a->at, (size_t)a->len + b->len);
        if (p.id == NONE)
            return 0;
        p.key = (uint64_t)w->t->order[p.id] << 32 | left;
        if (w->unused_left)
            w->unused_left[p.id] = a->len;
    } else {
        if (a->id == NONE || b->id == NONE)
            return 0;
        const qn_token_merge *merge = qn_token_merge_find(w->t, a->id, b->id);
        if (!merge)
            return 0;
        p.id = merge->id;
        p.key = (uint64_t)merge->rank << 32 | left;
    }
    void *heap = w->heap;
    int err = grow(&heap, &w->cap_heap, w->n_heap, sizeof *w->heap);
    w->heap = heap;
    if (!err)
        w->heap[w->n_heap++] = p;
    return err;
}

static int push_pair(work *w, uint32_t left, uint32_t right)
{
    size_t n = w->n_heap;
    int err = put_pair(w, left, right);
    if (w->n_heap > n)
        sift_up(w->heap, n);
    return err;
}

// Merges the symbols until no pair is left that could be.
static int merge_all(work *w)
{
    int err;
    w->n_heap = 0;
    for (uint32_t i = 1; i < w->n_sym; i++) {
        if ((err = put_pair(w, i - 1, i)))
            return err;
    }
    for (size_t i = w->n_heap / 2; i-- > 0;)
        sift_down(w->heap, w->n_heap, i);

    while (w->n_heap) {
        pair p = w->heap[0];
        w->heap[0] = w->heap[--w->n_heap];
        if (w->n_heap)
            sift_down(w->heap, w->n_heap, 0);

        uint32_t left = (uint32_t)p.key;
        symbol *a = &w->sym[left], *b = &w->sym[p.right];
        if (!a->len || !b->len || a->len + b->len != qn_token_pool_get(&w->t->text, p.id).len)
            continue; // one of them has been merged since
        a->len += b->len;
        a->id = p.id;
        a->next = b->next;
        b->len = 0;
        if (a->next != NONE)
            w->sym[a->next].prev = left;
        if ((err = push_pair(w, a->prev, left)) || (err = push_pair(w, left, a->next)))
            return err;
    }
    return 0;
}

// SPM: a symbol that is no token: its bytes, or the unknown token, once for a run of them
static int put_unknown(work *w, const char *text, uint32_t len)
{
    const qn_token *t = w->t;
    bool all = true;
    for (uint32_t i = 0; i < len; i++)
        all = all && t->byte_id[(uint8_t)text[i]] != NONE;
    int err = 0;
    if (all) {
        for (uint32_t i = 0; i < len && !err; i++)
            err = put_id(w, t->byte_id[(uint8_t)text[i]]);
        return err;
    }
    if (t->unk == NONE)
        return QN_ERR_NO_TOKEN;
    return w->n_ids && w->ids[w->n_ids - 1] == t->unk ? 0 : put_id(w, t->unk);
}

// SPM: a symbol's token; an unused one is taken apart the way it was merged
static int put_token(work *w, uint32_t at, uint32_t len)
{
    const qn_token *t = w->t;
    struct part {
        uint32_t at, len;
    } *stack = NULL;
    size_t n = 0, cap = 0;
    int err;
    do {
        uint32_t id = qn_token_match(t, w->buf + at, len), left = 0;
        if (id != NONE && t->use[id] & QN_TOKEN_USE_UNUSED) {
            left = w->unused_left[id];
            id = NONE;
        }
        if (left) {
            void *p = stack;
            err = grow(&p, &cap, n, sizeof *stack);
            stack = p;
            if (err)
                break;
            stack[n++] = (struct part){at + left, len - left};
            len = left;
            continue;
        }
        err = id != NONE ? put_id(w, id) : put_unknown(w, w->buf + at, len);
        if (!n)
            break;
        n--;
        at = stack[n].at;
        len = stack[n].len;
    } while (!err);
    free(stack);
    return err;
}

static int spm_fragment(work *w, const char *text, size_t n, bool prefix)
{
    const qn_token *t = w->t;
    while (t->squeeze && n && *text == ' ') {
        text++;
        n--;
    }
    while (t->squeeze && n && text[n - 1] == ' ')
        n--;
    if (!n)
        return 0;

    w->buf = malloc(3 * (n + 1));
    if (!w->buf)
        return QN_ERR_NOMEM;
    uint32_t end = 0;
    for (size_t i = 0; i < n + prefix; i++) {
        char c = prefix ? i ? text[i - 1] : ' ' : text[i];
        if (c != ' ') {
            w->buf[end++] = c;
        } else if (!t->squeeze || end < 3 || memcmp(w->buf + end - 3, QN_TOKEN_BLANK, 3)) {
            memcpy(w->buf + end, QN_TOKEN_BLANK, 3);
            end += 3;
        }
    }

    // A byte that is not UTF-8 is a symbol of its own, so that it never takes a blank with it
    int err = 0;
    w->n_sym = 0;
    for (uint32_t at = 0; at < end && !err;) {
        uint32_t point, len = (uint32_t)qn_token_point((const uint8_t *)w->buf + at, end - at, &point);
        err = put_symbol(w, at, len, NONE);
        at += len;
    }
    if (!err)
        err = merge_all(w);
    for (uint32_t i = 0; i != NONE && !err; i = w->sym[i].next)
        err = put_token(w, w->sym[i].at, w->sym[i].len);
    free(w->buf);
    w->buf = NULL;
    return err;
}

// The token that a whole word is, or NONE
static uint32_t word_token(work *w, const uint8_t *word, size_t n)
{
    size_t len = 0;
    if (n > w->t->text_max)
        return NONE;
    for (size_t i = 0; i < n; i++)
        len += qn_token_byte_text(word[i], w->buf + len);
    return qn_token_match(w->t, w->buf, len);
}

static int bpe_word(void *ctx, const uint8_t *word, size_t n)
{
    work *w = ctx;
    const qn_token *t = w->t;
    int err = 0;
    if (t->pre->ignore_merges) {
        uint32_t id = word_token(w, word, n);
        if (id != NONE)
            return put_id(w, id);
    }

    w->n_sym = 0;
    for (size_t i = 0; i < n && !err; i++) {
        uint32_t id = t->byte_id[word[i]];
        if (id == NONE)
            return QN_ERR_NO_TOKEN;
        err = put_symbol(w, 0, (uint32_t)qn_token_pool_get(&t->text, id).len, id);
    }
    if (!err)
        err = merge_all(w);
    for (uint32_t i = 0; i != NONE && !err; i = w->sym[i].next)
        err = put_id(w, w->sym[i].id);
    return err;
}

static int put_fragment(work *w, const char *text, size_t n, bool prefix)
{
    if (!n)
        return 0;
    if (w->t->spm)
        return spm_fragment(w, text, n, prefix);
    return qn_token_split(w->t->pre, (const uint8_t *)text, n, bpe_word, w);
}

static int by_place(const void *a, const void *b)
{
    uint32_t x = ((const match *)a)->at, y = ((const match *)b)->at;
    return (x > y) - (x < y);
}

// All tokens of the text that are matched before others: the longest first, of one length the leftmost, none overlapping another.
static int find_matches(const qn_token *t, const char *text, size_t n, uint32_t flags, match **out, size_t *n_out)
{
    uint8_t use = flags & QN_TOKEN_SPECIAL ? QN_TOKEN_USE_ASKED : QN_TOKEN_USE_ALWAYS;
    uint8_t *taken = NULL;
    size_t cap = 0;
    for (size_t k = 0; k < t->n_special; k++) {
        const qn_token_special *special = &t->special[k];
        size_t len = special->len;
        if (!(special->use & use))
            continue;
        for (size_t at = 0; at + len <= n;) {
            // A longer match that overlaps this place covers one of its ends
            if (!special->first[(uint8_t)text[at]] || (taken && (taken[at] || taken[at + len - 1]))) {
                at++;
                continue;
            }
            uint32_t id = qn_token_find(t, text + at, len);
            if (id == NONE || !(t->use[id] & use)) {
                at++;
                continue;
            }
            void *p = *out;
            int err = grow(&p, &cap, *n_out, sizeof **out);
            *out = p;
            if (!err && !taken && !(taken = calloc(n, 1)))
                err = QN_ERR_NOMEM;
            if (err) {
                free(taken);
                return err;
            }
            (*out)[(*n_out)++] = (match){(uint32_t)at, (uint32_t)len, id};
            memset(taken + at, 1, len);
            at += len;
        }
    }
    free(taken);
    if (*n_out)
        qsort(*out, *n_out, sizeof **out, by_place);
    return 0;
}

static int encode(work *w, const char *text, size_t n, uint32_t flags, match **matches)
{
    const qn_token *t = w->t;
    size_t n_matches = 0;
    int err = find_matches(t, text, n, flags, matches, &n_matches);
    if (!err && flags & QN_TOKEN_BOS && t->add_bos)
        err = put_id(w, t->bos);

    size_t at = 0;
    for (size_t i = 0; i < n_matches && !err; i++) {
        const match *m = &(*matches)[i];
        err = put_fragment(w, text + at, m->at - at, t->space_prefix);
        if (!err)
            err = put_id(w, m->id);
        at = m->at + m->len;
    }
    if (!err)
        err = put_fragment(w, text + at, n - at, t->space_prefix);
    if (!err && flags & QN_TOKEN_EOS && t->add_eos)
        err = put_id(w, t->eos);
    return err;
}

int qn_token_encode(const qn_token *t, const char *text, size_t n, uint32_t flags, uint32_t **ids, size_t *n_ids)
{
    assert(t && ids && n_ids && (text || !n));
    *ids = NULL;
    *n_ids = 0;
    if (n > QN_TOKEN_TEXT_MAX)
        return QN_ERR_RANGE;

    work w = {.t = t};
    match *matches = NULL;
    int err = 0;
    if (t->spm && t->any_unused && !(w.unused_left = calloc(t->n, sizeof *w.unused_left)))
        err = QN_ERR_NOMEM;
    if (!t->spm && !(w.buf = malloc(2 * (size_t)t->text_max + 2)))
        err = QN_ERR_NOMEM;
    if (!err)
        err = encode(&w, text, n, flags, &matches);
    if (!err && !w.ids && !(w.ids = malloc(sizeof *w.ids))) // no ids: still something to free
        err = QN_ERR_NOMEM;
    free(matches);
    free(w.sym);
    free(w.heap);
    free(w.buf);
    free(w.unused_left);
    if (err) {
        free(w.ids);
        return err;
    }
    *ids = w.ids;
    *n_ids = w.n_ids;
    return 0;
}
