// SPDX-License-Identifier: Apache-2.0
// qn_token_in.h: what the files of the tokenizer share; not for others.
#ifndef QN_TOKEN_IN_H
#define QN_TOKEN_IN_H

#include "compiler/front/qn_token.h"
#include "compiler/front/qn_token_split.h"

// How a token is used, from its type
enum qn_token_use {
    QN_TOKEN_USE_TEXT = 1,    // plain text becomes it
    QN_TOKEN_USE_HIDDEN = 2,  // written only where special tokens are
    QN_TOKEN_USE_ALWAYS = 4,  // matched in the text before all others
    QN_TOKEN_USE_ASKED = 8,   // the same, where special tokens are asked for
    QN_TOKEN_USE_UNUSED = 16, // taken apart again after the merges
    QN_TOKEN_USE_END = 32,    // generation ends with it
};

// All tokens' strings one after another; token i is at[i]..at[i + 1]
typedef struct qn_token_pool {
    char *text;
    uint32_t *at;
} qn_token_pool;

static inline qn_gguf_str qn_token_pool_get(const qn_token_pool *pool, uint32_t id)
{
    return (qn_gguf_str){pool->text + pool->at[id], pool->at[id + 1] - pool->at[id]};
}

// A merge of byte-level BPE; `left` is QN_TOKEN_NONE where the table has none
typedef struct qn_token_merge {
    uint32_t left, right, rank, id;
} qn_token_merge;

// One length of the tokens that are matched before all others, and the bytes that they start with
typedef struct qn_token_special {
    uint32_t len;
    uint8_t use;
    bool first[256];
} qn_token_special;

struct qn_token {
    bool spm;
    const qn_token_pre *pre; // of BPE
    uint32_t n;
    qn_token_pool text;      // as the vocabulary has them
    qn_token_pool bytes;     // what they stand for
    uint8_t *use;
    uint32_t *order;         // SPM: by score, the best merge first; equal scores are equal

    uint32_t *slot;          // text to id by hash, id + 1 each, 0: free
    size_t slot_mask;
    qn_token_merge *merge;   // by hash
    size_t merge_mask;
    qn_token_special *special; // longest first
    size_t n_special;

    uint32_t byte_id[256];
    uint32_t text_max;       // longest text, and longest bytes, of a token
    uint32_t bytes_max;
    bool any_unused;
    bool add_bos, add_eos, space_prefix, squeeze;
    uint32_t bos, eos, unk;  // or QN_TOKEN_NONE
};

#define QN_TOKEN_BLANK "\xE2\x96\x81" // how SentencePiece writes a blank: U+2581

// Whether the token of this text may come out of plain text; QN_TOKEN_NONE if there is none
uint32_t qn_token_match(const qn_token *t, const char *text, size_t n);

// The merge of two tokens, or NULL
const qn_token_merge *qn_token_merge_find(const qn_token *t, uint32_t left, uint32_t right);

// How byte-level BPE writes a byte in its vocabulary: a code point below 0x144. Returns its length in UTF-8, 1 or 2.
size_t qn_token_byte_text(uint8_t byte, char out[2]);

#endif
