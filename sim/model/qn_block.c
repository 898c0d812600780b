// SPDX-License-Identifier: Apache-2.0
#include "sim/model/qn_block.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "sim/model/qn_num.h"

#if defined(__x86_64__) && defined(__GNUC__)
#include <immintrin.h>
#define WIDE 1                       // has code for AVX-512 beside the portable; the integers are the same
#else
#define WIDE 0
#endif

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "words of device memory are read as bytes in place");

// Loops over rows of int16 and float become vector code of the machine at hand; the bits are the same, contraction being off.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__)
#define CLONES __attribute__((target_clones("default", "avx2", "arch=x86-64-v4")))
#else
#define CLONES
#endif
#define INLINE static inline __attribute__((always_inline))

enum { CHUNK = 64, ROWS = 16 };      // columns and rows whose integers are gathered at a time

// Byte k of spread[b] is bit k of b.
static uint64_t spread[256];

static __attribute__((constructor)) void fill_spread(void)
{
    for (unsigned b = 0; b < 256; b++)
        for (unsigned k = 0; k < 8; k++)
            spread[b] |= (uint64_t)(b >> k & 1) << (8 * k);
}

// Horner over the planes, eight codes in the bytes of a word.
INLINE void from_planes(unsigned planes, bool sign, const uint32_t *words, int16_t *w)
{
    uint64_t v[4];
    for (int g = 0; g < 4; g++)
        v[g] = spread[words[0] >> (8 * g) & 255] * (sign ? 255 : 1);
    for (unsigned p = 1; p < planes; p++)
        for (int g = 0; g < 4; g++)
            v[g] = (v[g] << 1 & UINT64_C(0xfefefefefefefefe)) | spread[words[p] >> (8 * g) & 255];
    int8_t b[QN_DEPTH];                          // codes without a sign stay below 128 up to 7 planes
    memcpy(b, v, sizeof b);
    for (int k = 0; k < QN_DEPTH; k++)
        w[k] = b[k];
}

// The same for codes of more bits.
INLINE void from_many_planes(unsigned planes, bool sign, const uint32_t *words, int16_t *w)
{
    for (int k = 0; k < QN_DEPTH; k++)
        w[k] = (int16_t)((words[0] >> k & 1) * (sign ? -1 : 1));
    for (unsigned p = 1; p < planes; p++)
        for (int k = 0; k < QN_DEPTH; k++)
            w[k] = (int16_t)(2 * w[k] + (int)(words[p] >> k & 1));
}

INLINE void from_bytes(unsigned planes, const uint32_t *words, int16_t *w)
{
    int8_t high[QN_DEPTH];
    uint8_t low[QN_DEPTH];
    memcpy(high, words, sizeof high);
    for (int k = 0; k < QN_DEPTH; k++)
        w[k] = high[k];
    if (planes == 8)
        return;
    memcpy(low, words + 8, sizeof low);
    for (int k = 0; k < QN_DEPTH; k++)
        w[k] = (int16_t)(high[k] * 256 + low[k]);
}

// Of a value that stands for a pair's two columns, one column's part.
INLINE int16_t part_of(int16_t value, unsigned planes, bool odd)
{
    unsigned up = 16 - (odd ? 1 : 2) * planes;
    return (int16_t)((int16_t)(value * (1 << up)) >> (16 - planes));
}

// The codes of a book, and their values.
INLINE void from_book(const qn_fmt *f, const uint32_t *words, bool odd, int16_t *w)
{
    const qn_book *b = qn_book_find(f->store);
    if (b->code > 3)
        from_planes(4, false, words, w);
    else
        from_planes(b->code, false, words, w);
    for (int k = 0; k < QN_DEPTH; k++)
        w[k] = b->planes == f->planes ? b->value[w[k]] : part_of(b->value[w[k]], f->planes, odd);
}

// `odd`: the second column of its pair, which tells only where both have the same words.
INLINE void codes(const qn_fmt *f, const uint32_t *words, bool odd, int16_t *w)
{
    if (f->store > QN_STORE_BYTES)
        from_book(f, words, odd, w);
    else if (f->store == QN_STORE_BYTES)
        from_bytes(f->planes, words, w);
    else if (f->planes + !f->sign > 8)
        from_many_planes(f->planes, f->sign, words, w);
    else if (f->planes == 4 && f->sign)
        from_planes(4, true, words, w);          // the common ones, unrolled
    else if (f->planes == 8 && f->sign)
        from_planes(8, true, words, w);
    else if (f->sign)
        from_planes(f->planes, true, words, w);
    else
        from_planes(f->planes, false, words, w);
}

uint64_t qn_block_words(const qn_fmt *f, uint32_t cols)
{
    return qn_fmt_tile_words(f, cols, f->block);
}

INLINE int32_t dot16(const int16_t *a, const int16_t *w)
{
    int32_t sum = 0;
    for (int k = 0; k < 16; k++)
        sum += a[k] * w[k];
    return sum;
}

INLINE int32_t dot32(const int16_t *a, const int16_t *w)
{
    int32_t sum = 0;
    for (int k = 0; k < 32; k++)
        sum += a[k] * w[k];
    return sum;
}

// For few rows and many columns: the sums of a slice's activations over each value of each byte of a plane word. Then a column is four look-ups a
// plane, and its codes are never put together (as T-MAC does on CPUs, arXiv:2407.00088).
enum { LOOKUP_ROWS = 2, LOOKUP_COLS = 32, BLOCK_MAX = 8 };
typedef int16_t lookup[4][256];

INLINE void fill_lookup(const int16_t *a, lookup t)
{
    for (int g = 0; g < 4; g++) {
        t[g][0] = 0;
        for (int k = 0; k < 8; k++)
            for (int i = 0; i < 1 << k; i++)
                t[g][(1 << k) + i] = (int16_t)(t[g][i] + a[8 * g + k]);
    }
}

// Products with the weights 0..15 and 16..31.
INLINE void look_up(const qn_fmt *f, const uint32_t *words, lookup t, int32_t half[2])
{
    for (int h = 0; h < 2; h++)
        half[h] = 0;
    for (unsigned p = 0; p < f->planes; p++)
        for (int h = 0; h < 2; h++) {
            int32_t sum = t[2 * h][words[p] >> (16 * h) & 255] + t[2 * h + 1][words[p] >> (16 * h + 8) & 255];
            half[h] = 2 * half[h] + (p == 0 && f->sign ? -sum : sum);
        }
}

// The integers of `n` columns from column `c0` and of `rows` rows from `r0`, and the columns' float heads.
typedef struct chunk {
    int32_t i1[ROWS][CHUNK], i2[ROWS][CHUNK];
    float d[CHUNK], m[CHUNK];
    uint16_t d_bits[CHUNK], m_bits[CHUNK];
    uint8_t sub0[CHUNK], sub1[CHUNK];
    const uint32_t *planes[CHUNK];
} chunk;

// Where each column of a slice has its planes, and what stands in the headers.
INLINE void headers(const qn_fmt *f, const uint32_t *p, bool last, uint32_t n, chunk *k)
{
    const unsigned pair_words = qn_fmt_pair_words(f, last), col_words = qn_fmt_paired(f) ? 0 : qn_fmt_col_words(f);
    for (uint32_t c = 0; c < n; c += 2, p += pair_words) {
        const uint32_t *at = p;
        if (qn_fmt_sub_word(f)) {
            for (uint32_t i = 0; i < 2; i++) {
                k->sub0[c + i] = (uint8_t)(*at >> 16 * i);
                k->sub1[c + i] = (uint8_t)(*at >> (16 * i + 8));
            }
            at++;
        }
        if (last && f->head == 2) {
            for (uint32_t i = 0; i < 2; i++, at++) {
                k->d_bits[c + i] = (uint16_t)*at;
                k->m_bits[c + i] = (uint16_t)(*at >> 16);
            }
        } else if (last && f->head) {
            k->d_bits[c] = (uint16_t)*at;
            k->d_bits[c + 1] = (uint16_t)(*at >> 16);
            at++;
        }
        k->planes[c] = at;
        k->planes[c + 1] = at + col_words;
    }
    if (!last || f->head == 0)
        return;
    if (f->head == 3)
        for (uint32_t c = 0; c < n; c++)
            k->d[c] = qn_bf16(k->d_bits[c]);
    else
        for (uint32_t c = 0; c < n; c++)
            k->d[c] = qn_half(k->d_bits[c]);
    if (f->head == 2)
        for (uint32_t c = 0; c < n; c++)
            k->m[c] = qn_half(k->m_bits[c]);
}

// What a slice adds to the integer that the minimum multiplies.
INLINE void minima(const qn_fmt *f, const int16_t *sums, uint32_t n, const chunk *k, int32_t *i2)
{
    if (f->head != 2 || f->sub == 4)             // 4: not a minimum
        return;
    for (uint32_t c = 0; c < n; c++)
        i2[c] += f->sub == 3 ? (k->sub1[c] & 15) * sums[0] + (k->sub1[c] >> 4) * sums[1] : (f->sub ? k->sub1[c] : 1) * (sums[0] + sums[1]);
}

INLINE void gather(const qn_fmt *f, const uint32_t *words, uint32_t cols, const qn_block_rows *r, uint32_t c0, uint32_t n,
                   uint32_t r0, uint32_t rows, lookup (*tables)[BLOCK_MAX], chunk *k)
{
    for (uint32_t i = 0; i < rows; i++)
        for (uint32_t c = 0; c < n; c++)
            k->i1[i][c] = k->i2[i][c] = 0;
    for (unsigned s = 0; s < f->block; s++) {
        bool last = s + 1u == f->block;
        headers(f, words + (size_t)s * qn_fmt_pair_words(f, false) * (cols / 2) + (size_t)qn_fmt_pair_words(f, last) * (c0 / 2), last, n, k);
        for (uint32_t i = 0; i < rows; i++)
            minima(f, r->sums[r0 + i] + 2 * s, n, k, k->i2[i]);
        for (uint32_t c = 0; c < n; c++) {
            int16_t w[QN_DEPTH] __attribute__((aligned(64)));
            if (!tables)
                codes(f, k->planes[c], c % 2, w);
            for (uint32_t i = 0; i < rows; i++) {
                const int16_t *a = r->a[r0 + i] + s * QN_DEPTH;
                int32_t half[2] = {0, 0};
                if (tables) {
                    look_up(f, k->planes[c], tables[i][s], half);
                } else if (f->sub >= 2) {
                    half[0] = dot16(a, w);
                    half[1] = dot16(a + 16, w + 16);
                } else {
                    half[0] = dot32(a, w);
                }
                if (f->sign == QN_ODD)                   // values 2c + 1
                    k->i1[i][c] += 2 * (half[0] + half[1]) + r->sums[r0 + i][2 * s] + r->sums[r0 + i][2 * s + 1];
                else if (f->sub == 0)
                    k->i1[i][c] += half[0] + half[1];
                else if (f->sub == 1)
                    k->i1[i][c] += k->sub0[c] * (half[0] + half[1]);
                else if (f->sub == 3)
                    k->i1[i][c] += (k->sub0[c] & 15) * half[0] + (k->sub0[c] >> 4) * half[1];
                else if (f->sub == 4) {
                    k->i1[i][c] += half[0];
                    k->i2[i][c] += half[1];
                } else
                    k->i1[i][c] += (int8_t)k->sub0[c] * half[0] + (int8_t)k->sub1[c] * half[1];
            }
        }
    }
}

#if WIDE
#define WIDE_TARGET __attribute__((target("avx512f,avx512bw")))

static bool wide;

static __attribute__((constructor)) void find_wide(void)
{
    __builtin_cpu_init();
    wide = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw");
}

// A plane is a mask of 32 lanes: Horner over the planes.
WIDE_TARGET INLINE __m512i wide_planes(unsigned planes, bool sign, const uint32_t *words)
{
    const __m512i one = _mm512_set1_epi16(1);
    __m512i v = _mm512_maskz_mov_epi16(words[0], sign ? _mm512_set1_epi16(-1) : one);
    for (unsigned p = 1; p < planes; p++) {
        v = _mm512_add_epi16(v, v);
        v = _mm512_mask_add_epi16(v, words[p], v, one);
    }
    return v;
}

WIDE_TARGET INLINE __m512i wide_codes(const qn_fmt *f, const uint32_t *words, bool odd)
{
    if (f->store > QN_STORE_BYTES) {
        const qn_book *b = qn_book_find(f->store);
        const __m512i value = _mm512_castsi256_si512(_mm256_loadu_si256((const void *)b->value));
        const __m512i v = _mm512_permutexvar_epi16(wide_planes(b->code, false, words), value);
        if (b->planes == f->planes)
            return v;
        return _mm512_sra_epi16(_mm512_sll_epi16(v, _mm_cvtsi32_si128(16 - (odd ? 1 : 2) * f->planes)), _mm_cvtsi32_si128(16 - f->planes));
    }
    if (f->store == QN_STORE_PLANES)
        return f->planes == 4 && f->sign ? wide_planes(4, true, words) : wide_planes(f->planes, f->sign, words);
    __m512i v = _mm512_cvtepi8_epi16(_mm256_loadu_si256((const void *)words));
    if (f->planes == 8)
        return v;
    return _mm512_or_si512(_mm512_slli_epi16(v, 8), _mm512_cvtepu8_epi16(_mm256_loadu_si256((const void *)(words + 8))));
}

// Lane c of the result is the sum of the 16 lanes of v[c].
WIDE_TARGET INLINE __m512i wide_sums(__m512i v[16])
{
    for (int i = 0; i < 8; i++)
        v[i] = _mm512_add_epi32(_mm512_unpacklo_epi32(v[2 * i], v[2 * i + 1]), _mm512_unpackhi_epi32(v[2 * i], v[2 * i + 1]));
    for (int i = 0; i < 4; i++)
        v[i] = _mm512_add_epi32(_mm512_unpacklo_epi64(v[2 * i], v[2 * i + 1]), _mm512_unpackhi_epi64(v[2 * i], v[2 * i + 1]));
    for (int i = 0; i < 2; i++)
        v[i] = _mm512_add_epi32(_mm512_shuffle_i32x4(v[2 * i], v[2 * i + 1], 0x44), _mm512_shuffle_i32x4(v[2 * i], v[2 * i + 1], 0xee));
    return _mm512_add_epi32(_mm512_shuffle_i32x4(v[0], v[1], 0x88), _mm512_shuffle_i32x4(v[0], v[1], 0xdd));
}

// As `gather`, sixteen columns at a time.
WIDE_TARGET static void gather_wide(const qn_fmt *f, const uint32_t *words, uint32_t cols, const qn_block_rows *r, uint32_t c0, uint32_t n,
                                    uint32_t r0, uint32_t rows, chunk *k)
{
    _Static_assert(CHUNK % 16 == 0, "columns past the last are there, and not looked at");
    for (unsigned s = 0; s < f->block; s++) {
        bool last = s + 1u == f->block;
        headers(f, words + (size_t)s * qn_fmt_pair_words(f, false) * (cols / 2) + (size_t)qn_fmt_pair_words(f, last) * (c0 / 2), last, n, k);
        for (uint32_t i = 0; i < rows; i++) {
            if (s == 0)
                memset(k->i2[i], 0, n * sizeof k->i2[i][0]);
            minima(f, r->sums[r0 + i] + 2 * s, n, k, k->i2[i]);
        }
        for (uint32_t c = 0; c < n; c += 16) {
            __m512i w[16], part[16];
            for (uint32_t j = 0; j < 16; j++)
                w[j] = c + j < n ? wide_codes(f, k->planes[c + j], j % 2) : _mm512_setzero_si512();
            for (uint32_t i = 0; i < rows; i++) {
                const __m512i a = _mm512_loadu_si512(r->a[r0 + i] + s * QN_DEPTH);
                for (uint32_t j = 0; j < 16; j++)
                    part[j] = _mm512_madd_epi16(a, w[j]);
                if (f->sub == 2)
                    for (uint32_t j = 0; j < 16; j++)
                        part[j] = _mm512_mullo_epi32(part[j], _mm512_mask_set1_epi32(_mm512_set1_epi32((int8_t)k->sub0[c + j]), 0xff00, (int8_t)k->sub1[c + j]));
                if (f->sub == 3)
                    for (uint32_t j = 0; j < 16; j++)
                        part[j] = _mm512_mullo_epi32(part[j], _mm512_mask_set1_epi32(_mm512_set1_epi32(k->sub0[c + j] & 15), 0xff00, k->sub0[c + j] >> 4));
                if (f->sub == 4) {
                    __m512i high[16];
                    for (uint32_t j = 0; j < 16; j++) {
                        high[j] = _mm512_maskz_mov_epi32(0xff00, part[j]);
                        part[j] = _mm512_maskz_mov_epi32(0x00ff, part[j]);
                    }
                    _mm512_storeu_si512(k->i2[i] + c, _mm512_add_epi32(wide_sums(high), _mm512_loadu_si512(k->i2[i] + c)));
                }
                __m512i sum = wide_sums(part);
                if (f->sign == QN_ODD)                   // values 2c + 1
                    sum = _mm512_add_epi32(_mm512_add_epi32(sum, sum), _mm512_set1_epi32(r->sums[r0 + i][2 * s] + r->sums[r0 + i][2 * s + 1]));
                if (f->sub == 1)
                    sum = _mm512_mullo_epi32(sum, _mm512_cvtepu8_epi32(_mm_loadu_si128((const void *)(k->sub0 + c))));
                if (s)
                    sum = _mm512_add_epi32(sum, _mm512_loadu_si512(k->i1[i] + c));
                _mm512_storeu_si512(k->i1[i] + c, sum);
            }
        }
    }
}
#else
enum { wide = 0 };
#define gather_wide(f, words, cols, r, c0, n, r0, rows, k) abort()
#endif

// out = imul(i, fmul(d, sa)); d is NULL where a format has no float scale. An operation a loop: compilers make vector code of that, and none of their sum.
INLINE void scale(float *restrict out, const int32_t *restrict i, const float *restrict d, float sa, uint32_t n)
{
    float s[CHUNK];
    for (uint32_t c = 0; c < n; c++)
        s[c] = d ? d[c] : sa;
    if (d)
        for (uint32_t c = 0; c < n; c++)
            s[c] = qn_fmul(s[c], sa);
    for (uint32_t c = 0; c < n; c++)
        out[c] = qn_imul(i[c], s[c]);
}

INLINE void fold(float *restrict acc, const int32_t *restrict i, const float *restrict d, float sa, uint32_t n)
{
    float t[CHUNK];
    scale(t, i, d, sa, n);
    for (uint32_t c = 0; c < n; c++)
        acc[c] = qn_fadd(acc[c], t[c]);
}

INLINE void fold_minimum(float *restrict acc, const int32_t *restrict i, const float *restrict m, float sa, uint32_t n)
{
    float t[CHUNK];
    scale(t, i, m, sa, n);
    for (uint32_t c = 0; c < n; c++)
        acc[c] = qn_fsub(acc[c], t[c]);
}

CLONES static void block_gemm(const qn_fmt *f, const uint32_t *words, uint32_t cols, const qn_block_rows *r, bool plain)
{
    chunk k;
    lookup tables[LOOKUP_ROWS][BLOCK_MAX];
    bool few = plain && f->store == QN_STORE_PLANES && r->rows <= LOOKUP_ROWS && cols >= LOOKUP_COLS && f->block <= BLOCK_MAX;
    for (uint32_t i = 0; few && i < r->rows; i++)
        for (unsigned s = 0; s < f->block; s++)
            fill_lookup(r->a[i] + s * QN_DEPTH, tables[i][s]);
    for (uint32_t r0 = 0; r0 < r->rows; r0 += ROWS) {
        uint32_t rows = r->rows - r0 < ROWS ? r->rows - r0 : ROWS;
        for (uint32_t c0 = 0; c0 < cols; c0 += CHUNK) {
            uint32_t n = cols - c0 < CHUNK ? cols - c0 : CHUNK;
            if (!plain)
                gather_wide(f, words, cols, r, c0, n, r0, rows, &k);
            else if (few)
                gather(f, words, cols, r, c0, n, r0, rows, tables, &k);
            else
                gather(f, words, cols, r, c0, n, r0, rows, NULL, &k);
            for (uint32_t i = 0; i < rows; i++) {
                fold(r->acc[r0 + i] + c0, k.i1[i], f->head ? k.d : NULL, r->scale[r0 + i], n);
                if (f->head == 2)
                    fold_minimum(r->acc[r0 + i] + c0, k.i2[i], k.m, (f->sub ? r->scale : r->sum_scale)[r0 + i], n);
            }
        }
    }
}

void qn_block_gemm(const qn_fmt *f, const uint32_t *words, uint32_t cols, const qn_block_rows *r)
{
    assert(f && words && r && cols % 2 == 0);
    block_gemm(f, words, cols, r, !wide);
}

void qn_block_gemm_plain(const qn_fmt *f, const uint32_t *words, uint32_t cols, const qn_block_rows *r)
{
    assert(f && words && r && cols % 2 == 0);
    block_gemm(f, words, cols, r, true);
}
