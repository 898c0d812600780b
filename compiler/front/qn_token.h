// SPDX-License-Identifier: Apache-2.0
// qn_token.h: text to token ids and back, by the vocabulary that a model carries.
//
//     qn_token_spec spec;
//     qn_token *t = NULL;
//     qn_why why;
//     int err = qn_token_spec_from_gguf(&spec, g, &why);
//     if (!err)
//         err = qn_token_new(&t, &spec, &why);
//     qn_token_spec_free(&spec);
//
//     uint32_t *ids;
//     size_t n_ids;
//     err = qn_token_encode(t, "Once upon a time", 16, QN_TOKEN_BOS, &ids, &n_ids);      // free(ids)
//
//     qn_token_stream *s;                                    // text as the ids come, never half a character
//     err = qn_token_stream_open(&s, t, QN_TOKEN_CONTINUE);
//     qn_gguf_str text = qn_token_stream_put(s, id);         // print text.ptr[0..text.len), which may be empty
//     text = qn_token_stream_end(s);                         // what was held back
//     qn_token_stream_close(s);
//     qn_token_free(t);
//
// Two kinds of vocabulary: SentencePiece ("llama": pairs merged by score, what has no token spelt in byte tokens) and byte-level BPE
// ("gpt2": words as qn_token_split.h cuts them, pairs merged by rank; the values of tokenizer.ggml.pre that are known are its
// QN_TOKEN_PRES, any other is refused by name). Ids are those of llama.cpp, with these differences:
//   - Control, unknown, unused and byte tokens never come out of plain text, however it is spelt (as in SentencePiece).
//   - A token of type normal is never special, whatever its name ("</s>" is text in some vocabularies).
//   - Bytes that are not UTF-8 are kept: byte tokens spell them.
//   - Where the metadata asks for remove_extra_whitespaces, SentencePiece text loses them.
//   - A byte that the vocabulary cannot spell is an error (QN_ERR_NO_TOKEN), it is not dropped; SentencePiece has its unknown token.
// Decoding what was encoded gives the same bytes again, but for what a SentencePiece vocabulary cannot tell apart: it writes blanks
// as U+2581 and takes that character in the text for a blank; what it knows no token for is lost; and text after a special or
// user-defined token begins with one more blank, since each stretch of text is given a blank to start with.
//
// Everything is checked: no vocabulary makes these functions read or write out of bounds, loop or recurse without bound. Encoding
// takes O(n log n) in the text's length. A qn_token is read only once made and may be shared by threads; a stream may not.
#ifndef QN_TOKEN_H
#define QN_TOKEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "compiler/front/qn_gguf.h"
#include "driver/qn_err.h"

#define QN_TOKEN_NONE UINT32_MAX         // no token
#define QN_TOKEN_TEXT_MAX (1u << 29)     // bytes of a text to encode, and of a vocabulary
#define QN_TOKEN_COUNT_MAX (1u << 24)    // tokens, and merges

// As tokenizer.ggml.token_type has them
enum qn_token_type {
    QN_TOKEN_NORMAL = 1,
    QN_TOKEN_UNKNOWN = 2,
    QN_TOKEN_CONTROL = 3,      // only where QN_TOKEN_SPECIAL is given
    QN_TOKEN_USER_DEFINED = 4, // matched in any text before all others
    QN_TOKEN_UNUSED = 5,
    QN_TOKEN_BYTE = 6,         // "<0xXX>"
};

// What a tokenizer is made of. Strings and arrays are borrowed; qn_token_new copies what it needs.
typedef struct qn_token_spec {
    qn_gguf_str model;          // "llama" or "gpt2"
    qn_gguf_str pre;            // for "gpt2": which pre-tokenizer; empty: "default"
    size_t n_tokens, n_scores, n_types, n_merges;
    const qn_gguf_str *tokens;
    const float *scores;        // "llama": as many as tokens; else not looked at
    const int32_t *types;       // as many as tokens, or NULL: told from the tokens' form
    const qn_gguf_str *merges;  // "gpt2": "left right", best first
    int64_t bos, eos, eot, eom, unk; // ids; -1 where not said: then what the model's kind has
    int add_bos, add_eos;            // 0, 1; -1 where not said
    int space_prefix;                // "llama": a blank before the text; -1: yes
    int squeeze;                     // "llama": remove_extra_whitespaces; -1: no
    void *own;                       // what qn_token_spec_from_gguf has allocated
} qn_token_spec;

// All empty or not said.
void qn_token_spec_init(qn_token_spec *spec);

// Reads tokenizer.ggml.*. The spec points into `g` and must be freed, also after an error.
int qn_token_spec_from_gguf(qn_token_spec *spec, const qn_gguf *g, qn_why *why);
void qn_token_spec_free(qn_token_spec *spec);

typedef struct qn_token qn_token;

// Refuses, by name: models and pre-tokenizers that are not known; arrays of other lengths than the tokens; scores that are absent
// or not finite; types and ids out of range; two tokens of one text; merges of what is no token. On error *out is NULL.
int qn_token_new(qn_token **out, const qn_token_spec *spec, qn_why *why);
void qn_token_free(qn_token *t);

enum qn_token_flags {
    QN_TOKEN_BOS = 1,      // encode: begin with BOS if the metadata says that texts do
    QN_TOKEN_EOS = 2,      // encode: end with EOS if it says so
    QN_TOKEN_SPECIAL = 4,  // encode: control and unknown tokens are matched in the text; decode: they are written
    QN_TOKEN_CONTINUE = 8, // decode: the ids go on from a text before them, so their first blank is not a prefix
};

// Texts may hold any bytes. The ids are malloc'ed. QN_ERR_NO_TOKEN, QN_ERR_RANGE for a text above QN_TOKEN_TEXT_MAX, QN_ERR_NOMEM.
int qn_token_encode(const qn_token *t, const char *text, size_t n, uint32_t flags, uint32_t **ids, size_t *n_ids);

// The whole text, malloc'ed, with a NUL after its *n_text bytes. QN_ERR_RANGE for an id that is no token.
int qn_token_decode(const qn_token *t, const uint32_t *ids, size_t n_ids, uint32_t flags, char **text, size_t *n_text);

// The bytes that one token stands for, a SentencePiece blank included; they may be part of a character. Empty for control
// and unknown tokens unless `flags` has QN_TOKEN_SPECIAL, and for an id that is no token. Valid as long as `t`.
qn_gguf_str qn_token_bytes(const qn_token *t, uint32_t id, uint32_t flags);

// Decodes id by id. Bytes that may still become a character are held back (three at most); bytes that cannot are given as they
// are. So all texts together are what qn_token_decode gives. A text is valid until the next call.
typedef struct qn_token_stream qn_token_stream;
int qn_token_stream_open(qn_token_stream **out, const qn_token *t, uint32_t flags);
qn_gguf_str qn_token_stream_put(qn_token_stream *s, uint32_t id);
qn_gguf_str qn_token_stream_end(qn_token_stream *s); // and starts anew
void qn_token_stream_close(qn_token_stream *s);

uint32_t qn_token_count(const qn_token *t);
uint32_t qn_token_bos(const qn_token *t); // or QN_TOKEN_NONE
uint32_t qn_token_eos(const qn_token *t); // or QN_TOKEN_NONE

// Whether generation ends with this token: EOS, the ends of turn and message, and special tokens known by name, as in llama.cpp.
bool qn_token_is_end(const qn_token *t, uint32_t id);

// The token of exactly this text (as the vocabulary writes it), or QN_TOKEN_NONE.
uint32_t qn_token_find(const qn_token *t, const char *text, size_t n);

#endif
