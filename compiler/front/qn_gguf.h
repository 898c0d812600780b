// SPDX-License-Identifier: Apache-2.0
// qn_gguf.h: a GGUF version 3 file, mapped and checked: its keys and tensors, read in place.
//
//     qn_gguf *g;
//     qn_why why;
//     uint32_t blocks;
//     int err = qn_gguf_open(&g, "model.gguf", &why);
//     if (!err)
//         err = qn_gguf_need(qn_gguf_get_u32(g, "llama.block_count", &blocks, &why), "llama.block_count", &why);
//     const qn_gguf_tensor *t = err < 0 ? NULL : qn_gguf_tensor_find(g, "token_embd.weight");
//     ...
//     qn_gguf_close(g);
//
// `open` checks the whole structure: once it returns 0, every key, string and tensor that the struct names lies inside the file, no
// name occurs twice and no two tensors overlap. What the keys and tensors mean is the caller's matter; tensors may be of types that
// qn_ggml_type.h cannot decode. Nothing is copied: pointers stay valid until `close`, and a file that shrinks meanwhile ends the
// process (SIGBUS). Functions return 0 or a negative qn_err and say in `why`, which may be NULL, which key, tensor or byte it was.
#ifndef QN_GGUF_H
#define QN_GGUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "driver/qn_err.h"

// QN_GGUF_TYPES(X): X(name, id, bytes; 0: its length is in the file)
#define QN_GGUF_TYPES(X) \
    X(U8,    0, 1)       \
    X(I8,    1, 1)       \
    X(U16,   2, 2)       \
    X(I16,   3, 2)       \
    X(U32,   4, 4)       \
    X(I32,   5, 4)       \
    X(F32,   6, 4)       \
    X(BOOL,  7, 1)       \
    X(STR,   8, 0)       \
    X(ARRAY, 9, 0)       \
    X(U64,  10, 8)       \
    X(I64,  11, 8)       \
    X(F64,  12, 8)

enum qn_gguf_type {
#define QN_GGUF_ENUM(name, id, bytes) QN_GGUF_##name = id,
    QN_GGUF_TYPES(QN_GGUF_ENUM)
#undef QN_GGUF_ENUM
};

#define QN_GGUF_KEY_MAX 65535       // bytes of a key
#define QN_GGUF_NAME_MAX 63         // bytes of a tensor's name
#define QN_GGUF_DIMS_MAX 4
#define QN_GGUF_ALIGN_MAX (1u << 20)

// Bytes of the file: no NUL at the end, and any byte inside. Keys and names have no control characters.
typedef struct qn_gguf_str {
    const char *ptr;
    size_t len;
} qn_gguf_str;

typedef struct qn_gguf_kv {
    qn_gguf_str key;
    const uint8_t *data;     // the value, of an array the first element: little endian, not aligned
    size_t count;            // elements of an array; else 1
    int type;                // enum qn_gguf_type
    int elem;                // of an array its elements' type; else the type again
    const uint8_t **strings; // of an array of strings, where each begins
} qn_gguf_kv;

typedef struct qn_gguf_tensor {
    qn_gguf_str name;
    const uint8_t *data;            // inside the file; aligned as the file says, relative to its begin
    size_t bytes;                   // 0: an empty tensor, some dimension is 0
    size_t elements;
    size_t dims[QN_GGUF_DIMS_MAX];  // [0] is contiguous: the row's length; beyond n_dims 1
    int n_dims;                     // 0..4
    int type;                       // enum qn_ggml_type, none of the removed ones
} qn_gguf_tensor;

// Read only. Keys and tensors are in the file's order.
typedef struct qn_gguf {
    const qn_gguf_kv *kv;
    size_t n_kv;
    const qn_gguf_tensor *tensor;
    size_t n_tensor;
    const uint8_t *base;            // the whole file
    size_t bytes;
    size_t data_at;                 // where the tensors' data begins
    size_t align;                   // general.alignment, or 32

    // Own use: the same by name, and what `close` gives back
    const qn_gguf_kv **kv_by_name;
    const qn_gguf_tensor **tensor_by_name;
    bool mapped;
} qn_gguf;

// Maps `path` and checks it. On error *out is NULL.
int qn_gguf_open(qn_gguf **out, const char *path, qn_why *why);

// The same of n bytes in memory, which stay the caller's and unchanged until `close`.
int qn_gguf_open_mem(qn_gguf **out, const void *buf, size_t n, qn_why *why);

// NULL is fine.
void qn_gguf_close(qn_gguf *g);

// Says that a tensor's data will hardly be read again: its pages of a mapped file need no memory any more. Reading it still works.
void qn_gguf_done(const qn_gguf *g, const qn_gguf_tensor *t);

// By name, in O(log n); NULL if there is none.
const qn_gguf_kv *qn_gguf_find(const qn_gguf *g, const char *key);
const qn_gguf_tensor *qn_gguf_tensor_find(const qn_gguf *g, const char *name);

// A key's value. Returns 1 if the key is there, 0 and leaves *out as it was if not, QN_ERR_FORMAT if its type is another or its value
// does not fit. Integers may have any width, floats too (rounded to FP32; refused with QN_ERR_NONFINITE unless finite).
int qn_gguf_get_u32(const qn_gguf *g, const char *key, uint32_t *out, qn_why *why);
int qn_gguf_get_u64(const qn_gguf *g, const char *key, uint64_t *out, qn_why *why);
int qn_gguf_get_f32(const qn_gguf *g, const char *key, float *out, qn_why *why);
int qn_gguf_get_bool(const qn_gguf *g, const char *key, bool *out, qn_why *why);
int qn_gguf_get_str(const qn_gguf *g, const char *key, qn_gguf_str *out, qn_why *why);

// The same for arrays, whose elements are then read with the functions below.
int qn_gguf_get_strs(const qn_gguf *g, const char *key, const qn_gguf_kv **out, qn_why *why);
int qn_gguf_get_ints(const qn_gguf *g, const char *key, const qn_gguf_kv **out, qn_why *why);
int qn_gguf_get_floats(const qn_gguf *g, const char *key, const qn_gguf_kv **out, qn_why *why);

// Makes an absent key an error: 1 becomes 0, 0 becomes QN_ERR_FORMAT, and errors stay.
int qn_gguf_need(int found, const char *key, qn_why *why);

// Element i < count, in O(1); a scalar is element 0. The kind is asserted: strings; integers and booleans; floats.
qn_gguf_str qn_gguf_str_at(const qn_gguf_kv *kv, size_t i);
int64_t qn_gguf_int_at(const qn_gguf_kv *kv, size_t i); // a U64 above INT64_MAX gives INT64_MAX
double qn_gguf_float_at(const qn_gguf_kv *kv, size_t i);

// "u32"; "unknown" for what is no type.
const char *qn_gguf_type_name(int type);

bool qn_gguf_str_is(qn_gguf_str s, const char *text);

// A string made fit for one line of a message: other than printable ASCII as \xNN, cut with "..." when long. Returns out.
#define QN_GGUF_SHOW 80
const char *qn_gguf_show(char out[QN_GGUF_SHOW], qn_gguf_str s);

#endif
