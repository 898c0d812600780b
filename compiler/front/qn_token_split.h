// SPDX-License-Identifier: Apache-2.0
// qn_token_split.h: the pre-tokenizers of byte-level BPE: cuts a text into the words within which tokens are merged.
//
//     const qn_token_pre *pre = qn_token_pre_find("llama-bpe", 9);
//     int err = qn_token_split(pre, text, n, word, ctx);     // word(ctx, bytes, n) for each word, in order
//
// Each is a regular expression (or a chain of them) out of the model's own files, written here by hand over Unicode 15.1 the
// way llama.cpp reads it. Linear in the text, without memory. The words together are the text. A byte that is not part of valid
// UTF-8 is a character of its own, of class OTHER.
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
    QN_TOKEN_END,   // past the end of the text
};

// The rules. C is 's|'t|'re|'ve|'m|'ll|'d; each rule ends in |\s+(?!\S)|\s+
enum qn_token_rule {
    QN_TOKEN_GPT2,   // C| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+
    QN_TOKEN_LLAMA3, // (?i:C)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+
    QN_TOKEN_QWEN2,  // the same with \p{N} alone
    QN_TOKEN_QWEN35, // QWEN2 with marks taken for letters: [\p{L}\p{M}]+ and [^\s\p{L}\p{M}\p{N}]+
    QN_TOKEN_TEKKEN, // QWEN2 without C, with [\r\n/]*, and with U*W+|U+W* for \p{L}+: U any letter but a-z, W any but A-Z
};

// What is cut off before a rule sees the text, and what its words are cut into afterwards.
enum qn_token_chain {
    QN_TOKEN_ALONE,
    QN_TOKEN_DIGITS,  // before: \p{N}
    QN_TOKEN_FALCON,  // before: [\p{P}$+<=>^~|`]+    after: [0-9]{3}
    QN_TOKEN_DEFAULT, // before: [\p{P}$+<=>^~|]+     after: \p{N}+ and then [0-9]{3}
};

// QN_TOKEN_PRES(X): X(value of tokenizer.ggml.pre, rule, chain, ignore merges, add BOS unless the metadata says otherwise).
// Where merges are ignored, a word that is itself a token becomes that token, whatever the merges would give.
#define QN_TOKEN_PRES(X)                                \
    X("default",          GPT2,   DEFAULT, false, false) \
    X("gpt-2",            GPT2,   ALONE,   false, false) \
    X("phi-2",            GPT2,   ALONE,   false, false) \
    X("mpt",              GPT2,   ALONE,   false, false) \
    X("olmo",             GPT2,   ALONE,   false, false) \
    X("smollm",           GPT2,   DIGITS,  false, false) \
    X("starcoder",        GPT2,   DIGITS,  false, false) \
    X("refact",           GPT2,   DIGITS,  false, false) \
    X("command-r",        GPT2,   DIGITS,  false, false) \
    X("falcon",           GPT2,   FALCON,  false, false) \
    X("llama-bpe",        LLAMA3, ALONE,   true,  true)  \
    X("llama3",           LLAMA3, ALONE,   true,  true)  \
    X("llama-v3",         LLAMA3, ALONE,   true,  true)  \
    X("falcon3",          LLAMA3, ALONE,   true,  true)  \
    X("qwen2",            QWEN2,  ALONE,   false, false) \
    X("deepseek-r1-qwen", QWEN2,  ALONE,   false, false) \
    X("stablelm2",        QWEN2,  ALONE,   false, false) \
    X("qwen35",           QWEN35, ALONE,   false, false) \
    X("tekken",           TEKKEN, ALONE,   true,  true)

typedef struct qn_token_pre {
    const char *name;
    uint8_t rule, chain;
    bool ignore_merges, add_bos;
} qn_token_pre;

// NULL where the name is not in the list.
const qn_token_pre *qn_token_pre_find(const char *name, size_t n);

// Takes one word; a value other than 0 ends the split, which returns it.
typedef int qn_token_word_fn(void *ctx, const uint8_t *word, size_t n);
int qn_token_split(const qn_token_pre *pre, const uint8_t *text, size_t n, qn_token_word_fn *word, void *ctx);

// The code point at text[0..n), n > 0, and its length in bytes. What is not UTF-8: one byte, point 0xFFFFFFFF.
size_t qn_token_point(const uint8_t *text, size_t n, uint32_t *point);

enum qn_token_class qn_token_class_of(uint32_t point);

// qn_token_unicode.c: runs of code points of one class, (first << 3 | class), in order.
extern const uint32_t qn_token_unicode_runs[];
extern const size_t qn_token_unicode_n_runs;
extern const uint8_t qn_token_unicode_ascii[128];

#endif
