// SPDX-License-Identifier: Apache-2.0
// qn_size.h: arithmetic on sizes that came from a file or a user. Each function says whether the result fits, and stores it if so.
//
//     size_t bytes;
//     if (!qn_size_mul(&bytes, rows, row_bytes) || !qn_size_add(&bytes, bytes, header_bytes))
//         return QN_ERR_RANGE;
#ifndef QN_SIZE_H
#define QN_SIZE_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

static inline bool qn_size_add(size_t *out, size_t a, size_t b)
{
    size_t sum;
    if (__builtin_add_overflow(a, b, &sum))
        return false;
    *out = sum;
    return true;
}

static inline bool qn_size_mul(size_t *out, size_t a, size_t b)
{
    size_t product;
    if (__builtin_mul_overflow(a, b, &product))
        return false;
    *out = product;
    return true;
}

// Rounds up to a multiple of `align`, a power of two.
static inline bool qn_size_align(size_t *out, size_t a, size_t align)
{
    assert(align && !(align & (align - 1)));
    size_t sum;
    if (!qn_size_add(&sum, a, align - 1))
        return false;
    *out = sum & ~(align - 1);
    return true;
}

// A 64-bit count of a file as a size of this machine.
static inline bool qn_size_from(size_t *out, uint64_t n)
{
    if (n > SIZE_MAX)
        return false;
    *out = (size_t)n;
    return true;
}

#endif
