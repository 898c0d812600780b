// SPDX-License-Identifier: Apache-2.0
// qn_token_file.h: a vocabulary as bytes, for program files that run without the model's own file.
//
//     uint8_t *bytes;
//     size_t n;
//     int err = qn_token_pack(&spec, &bytes, &n);            // free(bytes)
//     qn_token *t;
//     err = qn_token_unpack(&t, bytes, n, &why);             // as qn_token_new of that spec
//
// Little endian, no padding: u32 counts of tokens, scores, types and merges, u32 bytes of `model` and of `pre`; i64 bos, eos, eot, eom,
// unk; i32 add_bos, add_eos, space_prefix, squeeze; `model`, `pre`; u32 bytes of each token; FP32 scores; i32 types; u32 bytes of each
// merge; the tokens' bytes; the merges'. Nothing after that.
#ifndef QN_TOKEN_FILE_H
#define QN_TOKEN_FILE_H

#include "compiler/front/qn_token.h"

// The same spec gives the same bytes. QN_ERR_NOMEM, QN_ERR_RANGE (longer than QN_TOKEN_TEXT_MAX in one part).
int qn_token_pack(const qn_token_spec *spec, uint8_t **bytes, size_t *n);

// The bytes may be anything. On error *out is NULL.
int qn_token_unpack(qn_token **out, const uint8_t *bytes, size_t n, qn_why *why);

#endif
