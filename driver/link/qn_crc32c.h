// SPDX-License-Identifier: Apache-2.0
// qn_crc32c.h: CRC-32C (Castagnoli; polynomial 0x1edc6f41, reflected, as RFC 3720 section 12.1 and appendix B.4 have it).
//
//     uint32_t c = qn_crc32c(0, a, n);          // of one piece
//     c = qn_crc32c(c, b, m);                   // of both, as if they were one
//
// In the link's head (16 bytes with its CRC) every error of up to 7 bits is seen, in its longest frame every one of up to 3, and every
// burst of up to 32 bits.
#ifndef QN_CRC32C_H
#define QN_CRC32C_H

#include <stddef.h>
#include <stdint.h>

uint32_t qn_crc32c(uint32_t crc, const void *bytes, size_t n);

#endif
