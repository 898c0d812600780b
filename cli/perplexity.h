// SPDX-License-Identifier: Apache-2.0
// perplexity.h: a model on a device against a text, next to the float path of the GGUF file it came from.
#ifndef QN_CLI_PERPLEXITY_H
#define QN_CLI_PERPLEXITY_H

#include "cli/cli.h"
#include "cpu/qn_eval.h"

// Reads a whole file; *text is the caller's to free. Prints what is wrong; 0 or a negative qn_err.
int cli_read_text(const char *path, char **text, size_t *n);

// Stories of `text`, each cut at 512 tokens or the context, until `positions` (0: all) predictions are made. `what` names the text in messages. Prints what is
// wrong; 0 or a negative qn_err. The model must come from a GGUF file.
int cli_perplexity(const cli_model *m, const char *device, const char *what, const char *text, size_t n, uint64_t positions, qn_eval_result *r);

#endif
