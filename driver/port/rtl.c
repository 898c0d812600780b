// SPDX-License-Identifier: Apache-2.0
// The Verilated core as a device. A program that uses it links libqn_rtl.a and adds it with qn_dev_add_port.
#include <string.h>

#include "driver/qn_dev.h"
#include "sim/rtl/qn_rtl.h"

static int rtl_open(void **ctx, const qn_target *t, qn_why *why)
{
    qn_rtl *r;
    char label[QN_TARGET_LABEL];
    int err = qn_rtl_open(&r, qn_target_label(label, t));
    if (err == QN_ERR_UNSUPPORTED)
        return qn_fail(why, err, "built without the core of %s (sim/rtl/rtl.mk: RTL_TARGETS)", label);
    if (err < 0)
        return qn_fail(why, err, "%s", label);
    *ctx = r;
    return 0;
}

static void rtl_close(void *ctx)
{
    qn_rtl_close(ctx);
}

static int rtl_reg_read(void *ctx, unsigned reg, uint32_t *value)
{
    *value = qn_rtl_read(ctx, reg);
    return 0;
}

static int rtl_reg_write(void *ctx, unsigned reg, uint32_t value)
{
    qn_rtl_write(ctx, reg, value);
    return 0;
}

static int rtl_read(void *ctx, uint64_t addr, void *dst, size_t n)
{
    memcpy(dst, qn_rtl_memory(ctx) + addr, n);
    return 0;
}

static int rtl_write(void *ctx, uint64_t addr, const void *src, size_t n)
{
    memcpy(qn_rtl_memory(ctx) + addr, src, n);
    return 0;
}

static int rtl_run(void *ctx, uint64_t cycles)
{
    return qn_rtl_run(ctx, cycles);
}

static int rtl_waves(void *ctx, const char *path)
{
    return qn_rtl_waves(ctx, path);
}

const qn_port qn_port_rtl = {
    .name = "rtl", .text = "the RTL, Verilated, cycle by cycle", .open = rtl_open, .close = rtl_close, .reg_read = rtl_reg_read,
    .reg_write = rtl_reg_write, .read = rtl_read, .write = rtl_write, .run = rtl_run, .waves = rtl_waves,
};
