// SPDX-License-Identifier: Apache-2.0
// Self-test. Memory: a march that finds words stuck, coupled or addressed twice (MATS++: up w0; up r0 w1; down r1 w0 r0, by words with
// complements of their address in place of 0 and 1), checked a word at a time.
#include "firmware/app/qn_fw.h"

static bool check(uint32_t at, uint32_t want)
{
    if (qn_hal_mem(at) == want)
        return true;
    qn_hal_reg_set(QN_MB_RESULT, at);
    return false;
}

unsigned qn_fw_march(uint32_t addr, uint32_t words)
{
    for (uint32_t i = 0; i < words; i++) {
        if (!(i & 1023))
            qn_fw_wait();
        qn_hal_mem_set(addr + i, addr + i);
    }
    for (uint32_t i = 0; i < words; i++) {
        if (!(i & 1023))
            qn_fw_wait();
        if (!check(addr + i, addr + i))
            return QN_MB_STATUS_MEMORY;
        qn_hal_mem_set(addr + i, ~(addr + i));
    }
    for (uint32_t i = words; i-- > 0;) {
        if (!(i & 1023))
            qn_fw_wait();
        if (!check(addr + i, ~(addr + i)))
            return QN_MB_STATUS_MEMORY;
        qn_hal_mem_set(addr + i, 0);
        if (!check(addr + i, 0))
            return QN_MB_STATUS_MEMORY;
    }
    return QN_MB_STATUS_OK;
}

unsigned qn_fw_lines(uint32_t words)
{
    qn_hal_mem_set(0, 0);
    for (uint32_t at = 1; at < words; at *= 2)
        qn_hal_mem_set(at, ~at);
    if (!check(0, 0))
        return QN_MB_STATUS_MEMORY;
    for (uint32_t at = 1; at < words; at *= 2) {
        if (!check(at, ~at))
            return QN_MB_STATUS_MEMORY;
        qn_hal_mem_set(at, 0);
    }
    return QN_MB_STATUS_OK;
}
