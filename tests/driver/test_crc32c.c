// SPDX-License-Identifier: Apache-2.0
// CRC-32C: the vectors of RFC 3720, every length against bit by bit, and the errors that the link's frames cannot hide.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "driver/link/qn_crc32c.h"
#include "driver/link/qn_link.h"
#include "driver/qn_le.h"

static void crc_vectors(void **state)
{
    (void)state;
    uint8_t a[70];
    // RFC 3720, appendix B.4
    static const uint8_t pdu[48] = {0x01, 0xc0, [16] = 0x14, [22] = 0x04, [27] = 0x14, [31] = 0x18, [32] = 0x28, [40] = 0x02};
    memset(a, 0, 32);
    assert_int_equal(qn_crc32c(0, a, 32), 0x8a9136aa);
    memset(a, 0xff, 32);
    assert_int_equal(qn_crc32c(0, a, 32), 0x62a8ab43);
    for (int i = 0; i < 32; i++)
        a[i] = (uint8_t)i;
    assert_int_equal(qn_crc32c(0, a, 32), 0x46dd794e);
    for (int i = 0; i < 32; i++)
        a[i] = (uint8_t)(31 - i);
    assert_int_equal(qn_crc32c(0, a, 32), 0x113fdb5c);
    assert_int_equal(qn_crc32c(0, pdu, 48), 0xd9963a56);
    assert_int_equal(qn_crc32c(0, "123456789", 9), 0xe3069283);
    // Bit by bit, all lengths, cut anywhere
    for (size_t i = 0; i < sizeof a; i++)
        a[i] = (uint8_t)(i * i * 37 + 11 * i);
    for (size_t n = 0; n <= sizeof a; n++) {
        uint32_t c = ~0u;
        for (size_t i = 0; i < 8 * n; i++)
            c = c >> 1 ^ (0x82f63b78 & -((c ^ a[i / 8] >> i % 8) & 1));
        assert_int_equal(qn_crc32c(0, a, n), ~c);
        for (size_t cut = 0; cut <= n; cut++)
            assert_int_equal(qn_crc32c(qn_crc32c(0, a, cut), a + cut, n - cut), ~c);
    }
}

static int by_value(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

// What a single wrong bit of a head or of the longest frame adds to its check: `n` bytes of which the last four are the CRC.
static void syndromes(uint32_t *s, size_t n)
{
    static uint8_t z[QN_LINK_FRAME_BYTES];
    for (size_t bit = 0; bit < 8 * n; bit++) {
        z[bit / 8] = (uint8_t)(1 << bit % 8);
        s[bit] = qn_crc32c(0, z, n - 4) ^ qn_le32(z + n - 4);
        z[bit / 8] = 0;
        s[bit] ^= qn_crc32c(0, z, n - 4);
    }
}

// What qn_crc32c.h says of errors. Up to 7 wrong bits of a head: no sum of 3 or less equals a sum of 4 or less others. Up to 3 in a frame:
// the single bits differ, and a sum of three is never nothing because the polynomial divides by x + 1: it has an even number of terms.
static void distances(void **state)
{
    (void)state;
    enum { HEAD = 128, THREES = 1 + HEAD + HEAD * (HEAD - 1) / 2 + HEAD * (HEAD - 1) * (HEAD - 2) / 6 };
    static uint32_t s[8 * QN_LINK_FRAME_BYTES], few[THREES];
    static uint8_t there[1 << 27];
    size_t n = 0;
    syndromes(s, QN_LINK_HEAD_BYTES);
    few[n++] = 0;
    for (int i = 0; i < HEAD; i++) {
        few[n++] = s[i];
        for (int j = 0; j < i; j++) {
            few[n++] = s[i] ^ s[j];
            for (int k = 0; k < j; k++)
                few[n++] = s[i] ^ s[j] ^ s[k];
        }
    }
    assert_int_equal(n, THREES);
    qsort(few, n, sizeof *few, by_value);
    for (size_t i = 1; i < n; i++)
        assert_true(few[i] != few[i - 1]);                       // up to 6 bits
    for (size_t i = 0; i < n; i++)
        there[few[i] >> 5] |= (uint8_t)(1 << (few[i] >> 2 & 7));  // a sieve before the search
    for (int i = 0; i < HEAD; i++)
        for (int j = 0; j < i; j++)
            for (int k = 0; k < j; k++)
                for (int l = 0; l < k; l++) {
                    uint32_t x = s[i] ^ s[j] ^ s[k] ^ s[l];
                    if (there[x >> 5] >> (x >> 2 & 7) & 1)
                        assert_null(bsearch(&x, few, n, sizeof x, by_value));
                }
    syndromes(s, QN_LINK_FRAME_BYTES - 4);                        // words 0 to 2, payload, CRC
    qsort(s, 8 * (QN_LINK_FRAME_BYTES - 4), sizeof *s, by_value);
    for (size_t i = 0; i < 8 * (QN_LINK_FRAME_BYTES - 4); i++)
        assert_true(s[i] && (!i || s[i] != s[i - 1]));
    assert_int_equal(__builtin_popcount(0x1edc6f41) % 2, 1);      // with x^32 an even number
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(crc_vectors), cmocka_unit_test(distances)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
