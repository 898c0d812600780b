// SPDX-License-Identifier: Apache-2.0
// qn_crc32c.h: CRC-32C (Castagnoli; polynomial 0x1edc6f41, reflected, as RFC 3720 section 12.1 and appendix B.4 have it).
//
//     uint32_t c = qn_crc32c(0, a, n);          // of one piece
//     c = qn_crc32c(c, b, m);                   // of both, as if they were one
//
// Chosen for frames of up to 2 KB: all errors of up to three bits in any frame of ours are seen, and all bursts of up to 32 bits.
#ifndef QN_CRC32C_H
#define QN_CRC32C_H

#include <stddef.h>
#include <stdint.h>

uint32_t qn_crc32c(uint32_t crc, const void *bytes, size_t n);

#endif
