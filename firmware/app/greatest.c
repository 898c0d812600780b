// SPDX-License-Identifier: Apache-2.0
// The greatest of many FP32 words by their keys (rtl/spec/soc.def): a sweep counts the words at or above a bound and keeps the first 512 of
// them. The bound is searched for until as many are within as are wanted and few more; only those are read and sorted. Where too many are
// equal for any bound, those above it are taken, and then the first of the equal ones.
#include "firmware/app/qn_fw.h"

enum { FEW_MORE = 16 };
static const uint32_t top = 0xffffffff;

static uint32_t key_of(uint32_t u)
{
    return (u & 0x7fffffff) == 0 ? 0x80000000 : u >> 31 ? ~u : u | 0x80000000;
}

static uint32_t bits(float x)
{
    union { float f; uint32_t u; } v = {x};
    return v.u;
}

// Whether a comes before b
static bool before(const qn_candidate *a, const qn_candidate *b)
{
    uint32_t ka = key_of(bits(a->logit)), kb = key_of(bits(b->logit));
    return ka != kb ? ka > kb : a->token < b->token;
}

static void sink(qn_candidate *c, uint32_t i, uint32_t n)
{
    qn_candidate x = c[i];
    for (uint32_t k; (k = 2 * i + 1) < n; i = k) {
        if (k + 1 < n && before(&c[k], &c[k + 1]))
            k++;
        if (!before(&x, &c[k]))
            break;
        c[i] = c[k];
    }
    c[i] = x;
}

static void sort(qn_candidate *c, uint32_t n)
{
    for (uint32_t i = n / 2; i-- > 0;)
        sink(c, i, n);
    while (n-- > 1) {
        qn_candidate x = c[0];
        c[0] = c[n];
        c[n] = x;
        sink(c, 0, n);
    }
}

static uint32_t count(uint32_t addr, uint32_t n, uint32_t low, uint32_t high)
{
    qn_fw_sweep(QN_SOC_SWEEP_PICK_CODE, addr, n, low, high);
    return qn_hal_own(QN_SOC_SWEEP_COUNT);
}

// The first of what the last sweep kept
static void fetch(qn_candidate *c, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        union { uint32_t u; float f; } x = {qn_hal_pick(2 * i + 1)};
        c[i] = (qn_candidate){qn_hal_pick(2 * i), x.f};
    }
}

uint32_t qn_fw_greatest(uint32_t addr, uint32_t n, uint32_t most, qn_candidate *c)
{
    static uint32_t guess;                   // where the bound was last
    uint32_t enough = most + most / 4 + FEW_MORE < QN_FW_PICKS ? most + most / 4 + FEW_MORE : QN_FW_PICKS;
    uint32_t low = 0, high = top, at = guess, stride = 1u << 18, found;
    bool low_known = false, high_known = false;          // count(low) is too much; count(high) is too little
    for (;;) {
        found = count(addr, n, at, top);
        if ((found >= most || at == 0) && found <= enough)
            break;
        if (found > enough) {
            low = at;
            low_known = true;
        } else {
            high = at;
            high_known = true;
        }
        if (low_known && high_known && high - low <= 1)
            break;
        if (low_known && high_known)
            at = low + (high - low) / 2;
        else if (low_known)
            at = low < top - stride ? low + stride : top;
        else
            at = high > stride ? high - stride : 0;
        if (stride < 1u << 29)
            stride *= 4;
    }
    guess = at;
    if (found <= enough && (found >= most || at == 0)) {
        fetch(c, found);
    } else {
        // Too many equal ones at `low`
        found = count(addr, n, high, top);
        fetch(c, found);
        uint32_t equal = count(addr, n, low, low), rest = most - found;
        fetch(c + found, equal < rest ? equal : rest);
        found += equal < rest ? equal : rest;
    }
    sort(c, found);
    return found < most ? found : most;
}
