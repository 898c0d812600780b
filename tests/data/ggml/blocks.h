// SPDX-License-Identifier: Apache-2.0
// blocks.h: blocks of floats that try a quantizer: any mantissas, ties of the codes, both signs at the top. The same numbers for ggml's code
// (hashes.c) and for the tests.
#ifndef BLOCKS_H
#define BLOCKS_H

#include <stdint.h>
#include <string.h>

enum { BLOCKS = 50000, BLOCKS_256 = 20000 };     // of 32 values, of 256: enough for a last bit of a scale to turn a code

static uint32_t blocks_state;
static inline uint32_t blocks_random(void)
{
    blocks_state = blocks_state * 1664525 + 1013904223;
    return blocks_state >> 8;
}

static inline void blocks_start(void)
{
    blocks_state = 1;
}

// n values whose largest has an exponent from `least` to `least` + span - 1.
static inline void blocks_next(float *x, int n, int least, unsigned span)
{
    uint32_t e = (uint32_t)(127 + least) + blocks_random() % span, spread = blocks_random() % 16, kind = blocks_random() % 4;
    for (int i = 0; i < n; i++) {
        uint32_t r = blocks_random(), down = i ? blocks_random() % (spread + 1) : 0, u = r >> 1 | (e - down) << 23;
        memcpy(&x[i], &u, 4);
        if (kind == 1) {                                   // halves of the scale: every other one lies between two codes
            float unit;
            u = (e - 6) << 23;
            memcpy(&unit, &u, 4);
            x[i] = unit * (i ? (float)(r % 255) * 0.5f : 127);
        } else if (kind == 3) {                            // the same of any scale: as near to between two codes as a float comes
            x[i] = i ? x[0] / 127 * ((float)(r % 255) * 0.5f) : x[i];
        } else if (kind == 2) {                            // equal sizes
            x[i] = i ? x[0] : x[i];
        }
        if (blocks_random() & 1)
            x[i] = -x[i];
    }
}

// A product's operands: `bytes` of weights in blocks of `block` bytes, whose FP16 numbers at `scale` (and two bytes on, if two) are made finite, and
// a row of activations. Made anew for each number `at`.
enum { DOTS = 8, DOT_ROW = 512 };

static inline void blocks_dot(uint32_t at, uint8_t *q, int bytes, int block, int scale, int halves, float x[DOT_ROW])
{
    blocks_state = at + 1;
    for (int i = 0; i < bytes; i++)
        q[i] = (uint8_t)blocks_random();
    for (int i = 0; i < bytes; i += block)
        for (int h = 0; h < halves; h++)
            q[i + scale + 2 * h + 1] &= 0xbf;
    for (int i = 0; i < DOT_ROW; i += 32)
        blocks_next(x + i, 32, -3, 6);
}

// FNV-1a
static inline uint64_t blocks_hash(uint64_t h, const void *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++)
        h = (h ^ ((const uint8_t *)bytes)[i]) * 0x100000001b3ull;
    return h;
}

#define BLOCKS_HASH 0xcbf29ce484222325ull

#endif
