// SPDX-License-Identifier: Apache-2.0
// gguf_write.h: a GGUF file in memory, well-formed or not, piece by piece. It checks nothing: the tests decide what is wrong.
#ifndef GGUF_WRITE_H
#define GGUF_WRITE_H

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "compiler/front/qn_gguf.h"

typedef struct gguf_file {
    uint8_t *p;
    size_t n, room;
} gguf_file;

static inline void put(gguf_file *f, const void *src, size_t n)
{
    if (f->n + n > f->room) {
        f->room = 2 * (f->n + n);
        f->p = realloc(f->p, f->room);
        assert(f->p);
    }
    if (n)
        memcpy(f->p + f->n, src, n);
    f->n += n;
}

static inline void put_le(gguf_file *f, uint64_t x, int bytes)
{
    for (int i = 0; i < bytes; i++) {
        uint8_t b = (uint8_t)(x >> 8 * i);
        put(f, &b, 1);
    }
}

static inline void put_u32(gguf_file *f, uint32_t x)
{
    put_le(f, x, 4);
}

static inline void put_u64(gguf_file *f, uint64_t x)
{
    put_le(f, x, 8);
}

static inline void put_f32(gguf_file *f, float x)
{
    uint32_t bits;
    memcpy(&bits, &x, 4);
    put_u32(f, bits);
}

static inline void put_str(gguf_file *f, const char *s)
{
    put_u64(f, strlen(s));
    put(f, s, strlen(s));
}

static inline void put_head(gguf_file *f, uint64_t tensors, uint64_t keys)
{
    put(f, "GGUF", 4);
    put_u32(f, 3);
    put_u64(f, tensors);
    put_u64(f, keys);
}

// A key and its type; the value follows
static inline void put_key(gguf_file *f, const char *key, int type)
{
    put_str(f, key);
    put_u32(f, (uint32_t)type);
}

static inline void put_key_u32(gguf_file *f, const char *key, uint32_t x)
{
    put_key(f, key, 4);
    put_u32(f, x);
}

static inline void put_key_str(gguf_file *f, const char *key, const char *s)
{
    put_key(f, key, 8);
    put_str(f, s);
}

// A key, and an array's element type and count; the elements follow
static inline void put_key_array(gguf_file *f, const char *key, int elem, uint64_t count)
{
    put_key(f, key, 9);
    put_u32(f, (uint32_t)elem);
    put_u64(f, count);
}

static inline void put_tensor(gguf_file *f, const char *name, int type, uint64_t offset, int n_dims, const int64_t *dims)
{
    put_str(f, name);
    put_u32(f, (uint32_t)n_dims);
    for (int i = 0; i < n_dims; i++)
        put_u64(f, (uint64_t)dims[i]);
    put_u32(f, (uint32_t)type);
    put_u64(f, offset);
}

static inline void put_pad(gguf_file *f, size_t align)
{
    while (f->n % align)
        put_le(f, 0, 1);
}

// n bytes of data that no zero-filled reading would give
static inline void put_data(gguf_file *f, size_t n)
{
    for (size_t i = 0; i < n; i++)
        put_le(f, i * 7 + 1, 1);
}

// One key of each type and a tensor of several shapes: what a reader must take. `end` is where the last tensor's data ends.
static inline gguf_file gguf_sample(size_t *end)
{
    gguf_file f = {0};
    put_head(&f, 5, 17);
    put_key_str(&f, "general.architecture", "llama");
    put_key_u32(&f, "general.alignment", 64);
    put_key(&f, "t.u8", 0), put_le(&f, 200, 1);
    put_key(&f, "t.i8", 1), put_le(&f, (uint64_t)-100, 1);
    put_key(&f, "t.u16", 2), put_le(&f, 60000, 2);
    put_key(&f, "t.i16", 3), put_le(&f, (uint64_t)-30000, 2);
    put_key(&f, "t.u32", 4), put_u32(&f, 4000000000u);
    put_key(&f, "t.i32", 5), put_u32(&f, (uint32_t)-2000000000);
    put_key(&f, "t.f32", 6), put_f32(&f, 1e-5f);
    put_key(&f, "t.bool", 7), put_le(&f, 1, 1);
    put_key(&f, "t.u64", 10), put_u64(&f, 1ull << 63);
    put_key(&f, "t.i64", 11), put_u64(&f, (uint64_t)-5);
    put_key(&f, "t.f64", 12), put_u64(&f, 0x3ff8000000000000u); // 1.5
    put_key_array(&f, "a.str", 8, 4), put_str(&f, "<s>"), put_str(&f, ""), put_u64(&f, 3), put(&f, "a\0b", 3), put_str(&f, "\xe2\x96\x81");
    put_key_array(&f, "a.i32", 5, 3), put_u32(&f, 1), put_u32(&f, (uint32_t)-1), put_u32(&f, 7);
    put_key_array(&f, "a.f32", 6, 2), put_f32(&f, -0.5f), put_f32(&f, 3.0f);
    put_key_array(&f, "a.none", 6, 0);
    put_tensor(&f, "w", 0, 0, 2, (int64_t[]){6, 2});            // 48 bytes of F32
    put_tensor(&f, "empty", 0, 64, 3, (int64_t[]){4, 0, 5});
    put_tensor(&f, "q", 2, 64, 1, (int64_t[]){64});             // 36 bytes of Q4_0
    put_tensor(&f, "scalar", 1, 192, 0, NULL);                  // 2 bytes of F16, after the next
    put_tensor(&f, "half", 30, 128, 4, (int64_t[]){3, 2, 1, 2}); // 24 bytes of BF16
    put_pad(&f, 64);
    put_data(&f, 194);
    *end = f.n;
    put_pad(&f, 64);
    return f;
}

// Opens an exact copy on the heap, so that a read past its end is seen; frees the file
static inline int open_copy(gguf_file *f, qn_gguf **g, void **copy, qn_why *why)
{
    *copy = malloc(f->n ? f->n : 1);
    assert(*copy);
    if (f->n)
        memcpy(*copy, f->p, f->n);
    int err = qn_gguf_open_mem(g, *copy, f->n, why);
    free(f->p);
    *f = (gguf_file){0};
    return err;
}

#endif
