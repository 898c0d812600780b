// SPDX-License-Identifier: Apache-2.0
// qn_compile.h: a GGUF file to a program.
//
//     qn_options o = qn_options_default(qn_target_find("ulx3s"));
//     int err = qn_compile(&prog, gguf, &o, &why);
#ifndef QN_COMPILE_H
#define QN_COMPILE_H

#include "compiler/back/qn_prog.h"

// 8-bit weights for float tensors, groups of 32, 8-bit cache and activations, the model's own context.
qn_options qn_options_default(const qn_target *t);

// Compiles for o->target. The result needs the file no more and is freed with qn_prog_free. On error *p needs no freeing.
// The same file and options give the same bytes on any machine.
int qn_compile(qn_prog *p, const qn_gguf *file, const qn_options *o, qn_why *why);

#endif
