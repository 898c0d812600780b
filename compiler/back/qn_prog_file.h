// SPDX-License-Identifier: Apache-2.0
// qn_prog_file.h: a compiled program as a file, `.qn`.
//
//     int err = qn_prog_write(&prog, "model.qn", &why);
//     err = qn_prog_read(&prog, "model.qn", &why);       // then qn_prog_free(&prog)
//
// Little endian. A header of 64 bytes:
//     0  8e 51 55 45 52 4e 0d 0a        8  u32 version (QN_PROG_VERSION)      12  u32 bytes of header and section table
//    16  u32 sections                  20  u32 CRC-32 of header and table, these four bytes being 0
//    24  u64 bytes of the file         32  target's name, 16 bytes, padded with 0
//    48  u32 CRC-32 of the target's parameters that programs depend on        52  u32 QN_ID_VALUE        56  8 bytes of 0
// then 32 bytes for each section: name (8 bytes, padded with 0), u64 offset, u64 bytes, u32 CRC-32 (zlib's), 4 bytes of 0; then the
// sections in this order, each at the next multiple of 64, bytes between them 0:
//     model   numbers and the model's name (QN_PROG_FIELDS of the source, in order)
//     matrix  of each layer in order its seven matrices (4 u32 each) and the addresses of its two norms
//     parts   8 u32 for each part of a matrix
//     marks   u32 instruction and 16 bytes of name for each operator's code
//     vocab   the tokenizer (qn_token_file.h), or nothing
//     image   the weight window word for word: tables, weights in order of consumption, code
#ifndef QN_PROG_FILE_H
#define QN_PROG_FILE_H

#include "compiler/back/qn_prog.h"

enum { QN_PROG_VERSION = 4 };

// Writes beside `path` and renames, so that a file of that name is whole or is not touched; what is no regular file (a device, a
// pipe) is written in place. QN_ERR_NO_DISK: `why` has the system's reason; nothing is left. The same program gives the same bytes.
int qn_prog_write(const qn_prog *p, const char *path, qn_why *why);

// Checks all before it returns 0: sizes, checksums, and that what the file says of itself holds together. The instructions themselves
// are the verifier's matter. QN_ERR_NOENT, _FORMAT, _TRUNCATED, _CHECKSUM, _VERSION, _TARGET; on error *p needs no freeing.
int qn_prog_read(qn_prog *p, const char *path, qn_why *why);

// Whether these first bytes of a file are a program file's.
bool qn_prog_is(const void *bytes, size_t n);

// The sections, for those who list them: calls `f` for each of the file's. The file has been read before.
int qn_prog_sections(const char *path, void (*f)(void *ctx, const char *name, uint64_t at, uint64_t bytes, uint32_t crc), void *ctx);

#endif
