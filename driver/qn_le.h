// SPDX-License-Identifier: Apache-2.0
// qn_le.h: little-endian numbers in the bytes of a file or a frame, wherever they lie; the compiler makes one load or store of each.
#ifndef QN_LE_H
#define QN_LE_H

#include <stdint.h>

static inline uint16_t qn_le16(const uint8_t *p)
{
    return (uint16_t)(p[0] | p[1] << 8);
}

static inline uint32_t qn_le32(const uint8_t *p)
{
    return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static inline uint64_t qn_le64(const uint8_t *p)
{
    return qn_le32(p) | (uint64_t)qn_le32(p + 4) << 32;
}

static inline void qn_le32_put(uint8_t *p, uint32_t v)
{
    p[0] = (uint8_t)v;
    p[1] = (uint8_t)(v >> 8);
    p[2] = (uint8_t)(v >> 16);
    p[3] = (uint8_t)(v >> 24);
}

#endif
