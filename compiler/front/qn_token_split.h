// SPDX-License-Identifier: Apache-2.0
// qn_token_split.h: the pre-tokenizers of byte-level BPE: cuts a text into the words within which tokens are merged.
//
//     const qn_token_pre *pre = qn_token_pre_find("llama-bpe", 9);
//     qn_token_cut cut;
//     qn_token_cut_init(&cut, pre, text, n);
//     while ((len = qn_token_cut_next(&cut)) > 0)
//         ... the next `len` bytes of the text are a word ...
//
// Each is a regular expression (or a chain of them) in the model's own files, written out here by hand over Unicode 15.1 as
// llama.cpp reads it. Linear in the text, no memory. A byte that is no part of valid UTF-8 is a character of its own, of class OTHER.
#ifndef QN_TOKEN_SPLIT_H
#define QN_TOKEN_SPLIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum qn_token_class {
    QN_TOKEN_OTHER, // controls, unassigned, and bytes that are not UTF-8
    QN_TOKEN_SPACE, // White_Space
    QN_TOKEN_LETTER,
    QN_TOKEN_NUMBER,
    QN_TOKEN_MARK,
    QN_TOKEN_PUNCT,
    QN_TOKEN_SYMBOL,
    QN_TOKEN_END, // past the end of the text
};

// The expressions. C below is (?i:'s|'t|'re|'ve|'m|'ll|'d), and every one ends in \s+(?!\S)|\s+
enum qn_token_rule {
    QN_TOKEN_GPT2,   // C in lower case only| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+
    QN_TOKEN_LLAMA3, // C|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+
    QN_TOKEN_QWEN2,  // the same with \p{N}
    QN_TOKEN_QWEN35, // QWEN2 with [\p{L}\p{M}] for \p{L}
    QN_TOKEN_TEKKEN, // QWEN2 without C, words cut before an upper-case ASCII letter that follows a lower-case one
};

// What is cut before the rule above sees the text, and again from the words that it gives
enum qn_token_chain {
    QN_TOKEN_CHAIN_NONE,
    QN_TOKEN_CHAIN_NUMBER,  // before: \p{N}
    QN_TOKEN_CHAIN_FALCON,  // before: [\p{P}$+<=>^~|`]+; after: [0-9]{3}
    QN_TOKEN_CHAIN_DEFAULT, // before: [\p{P}$+<=>^~|]+; after: \p{N}+, then [0-9]{3}
};

typedef struct qn_token_pre {
    const char *name; // as in tokenizer.ggml.pre
    uint8_t rule, chain;
    bool ignore_merges; // a word that is a token is that token, whatever the merges give
    bool add_bos;       // unless the metadata says otherwise
} qn_token_pre;

// NULL where the name is not supported. No name at all means "default".
const qn_token_pre *qn_token_pre_find(const char *name, size_t n);

// The supported names, separated by blanks.
const char *qn_token_pre_names(void);

typedef struct qn_token_cut {
    const qn_token_pre *pre;
    const uint8_t *text;
    size_t n, at;           // the text, and the end of the last word
    size_t piece_end;       // the piece that the chain's first cut has left
    size_t word_end;        // the rule's word, of which the chain's last cuts give parts
    size_t part_end;        // and the part of it between those
    bool piece_whole, part_whole; // not to be cut further
} qn_token_cut;

void qn_token_cut_init(qn_token_cut *cut, const qn_token_pre *pre, const char *text, size_t n);

// The length of the next word, 0 at the end.
size_t qn_token_cut_next(qn_token_cut *cut);

// The code point at text[0..n) and its length in bytes; n > 0. Not UTF-8 (strictly): one byte, 0xFFFFFFFF.
size_t qn_token_point(const uint8_t *text, size_t n, uint32_t *point);

enum qn_token_class qn_token_class_of(uint32_t point);

extern const unsigned qn_token_unicode_runs[];
extern const unsigned qn_token_unicode_n_runs;

#endif
