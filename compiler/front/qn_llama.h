// SPDX-License-Identifier: Apache-2.0
// qn_llama.h: the `llama` architecture of GGUF files: checks every key and tensor, and refuses by name what it does not know.
//
//     qn_graph g;
//     int err = qn_llama_import(&g, gguf, &why);
//     ...
//     qn_graph_free(&g);                   // before the GGUF file is closed
#ifndef QN_LLAMA_H
#define QN_LLAMA_H

#include "compiler/ir/qn_graph.h"

// Fills sizes and tensors of *g. Keys: llama.cpp's gguf-py/gguf/constants.py. On error *g needs no freeing.
int qn_llama_import(qn_graph *g, const qn_gguf *file, qn_why *why);

#endif
