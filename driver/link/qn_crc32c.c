// SPDX-License-Identifier: Apache-2.0
// A word at a time: 32 steps of the shift register are linear, so the register after a word is the sum of what each of its bits makes.
// Row k holds the sums for bits 4k to 4k + 3; its four constants are those columns of the 32 x 32 matrix, the same that the RTL adds.
#include "driver/link/qn_crc32c.h"

#include "driver/qn_le.h"

#define ROW(a, b, c, d) \
    {0, a, b, a ^ b, c, a ^ c, b ^ c, a ^ b ^ c, d, a ^ d, b ^ d, a ^ b ^ d, c ^ d, a ^ c ^ d, b ^ c ^ d, a ^ b ^ c ^ d}

static const uint32_t rows[8][16] = {
    ROW(0xdd45aab8, 0xbf672381, 0x7b2231f3, 0xf64463e6),
    ROW(0xe964b13d, 0xd725148b, 0xaba65fe7, 0x52a0c93f),
    ROW(0xa541927e, 0x4f6f520d, 0x9edea41a, 0x38513ec5),
    ROW(0x70a27d8a, 0xe144fb14, 0xc76580d9, 0x8b277743),
    ROW(0x13a29877, 0x274530ee, 0x4e8a61dc, 0x9d14c3b8),
    ROW(0x3fc5f181, 0x7f8be302, 0xff17c604, 0xfbc3faf9),
    ROW(0xf26b8303, 0xe13b70f7, 0xc79a971f, 0x8ad958cf),
    ROW(0x105ec76f, 0x20bd8ede, 0x417b1dbc, 0x82f63b78),
};

static uint32_t word(uint32_t x)
{
    return rows[0][x & 15] ^ rows[1][x >> 4 & 15] ^ rows[2][x >> 8 & 15] ^ rows[3][x >> 12 & 15] ^ rows[4][x >> 16 & 15] ^
           rows[5][x >> 20 & 15] ^ rows[6][x >> 24 & 15] ^ rows[7][x >> 28];
}

uint32_t qn_crc32c(uint32_t crc, const void *bytes, size_t n)
{
    const uint8_t *p = bytes;
    crc = ~crc;
    for (; n >= 4; p += 4, n -= 4)
        crc = word(crc ^ qn_le32(p));
    // A byte is the top of a word whose other bits have left already: four bits at a time, row 7 alone shifts by four
    for (; n; p++, n--) {
        crc ^= *p;
        crc = crc >> 4 ^ rows[7][crc & 15];
        crc = crc >> 4 ^ rows[7][crc & 15];
    }
    return ~crc;
}
