// SPDX-License-Identifier: Apache-2.0
// link_bench.h: both ends of the link with a small machine behind the device's: memory, registers, bells, and how often each was touched.
#ifndef LINK_BENCH_H
#define LINK_BENCH_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "driver/link/qn_crc32c.h"
#include "driver/link/qn_link_dev.h"
#include "driver/link/qn_link_host.h"
#include "driver/qn_err.h"
#include "driver/qn_le.h"

// RAM at BASE, read and written; a ROM of 64 words at its end's address plus a hole; the last words of the address space; a write-only region.
enum { BASE = 0x1000, RAM = 65536, ROM_BASE = BASE + RAM + 16, ROM = 64, SINK_BASE = 0x800, SINK = 64, REGS = 16, BELLS = 4, IDS = 1 << 16 };
#define TOP_BASE 0xffffffc0u
enum { TOP = 64, STUCK = 13 };               // register STUCK does not answer

typedef struct machine {
    uint8_t ram[4 * RAM], rom[4 * ROM], sink[4 * SINK], top[4 * TOP];
    uint32_t reg[REGS], reset;
    uint8_t rung[IDS];                        // bells by value
    uint32_t writes, reads, bells, resets, regs;
} machine;

typedef struct bench {
    machine m;
    qn_link_dev dev;
    qn_link_host host;
    qn_link_id id;
    uint8_t dev_rx[QN_LINK_FRAME_BYTES], replies[4 * QN_LINK_DATA_MAX * QN_LINK_WINDOW_MAX], host_rx[QN_LINK_FRAME_BYTES];
} bench;

static uint8_t *place(machine *m, uint32_t addr, uint32_t words)
{
    const struct { uint32_t base, words; uint8_t *bytes; } parts[] = {
        {BASE, RAM, m->ram}, {ROM_BASE, ROM, m->rom}, {SINK_BASE, SINK, m->sink}, {TOP_BASE, TOP, m->top}};
    for (int i = 0; i < 4; i++)
        if (addr >= parts[i].base && (uint64_t)addr + words <= (uint64_t)parts[i].base + parts[i].words)
            return parts[i].bytes + 4 * (size_t)(addr - parts[i].base);
    fail_msg("the device went out of its map: word 0x%x, %u words", addr, words);
    return NULL;
}

static int bench_read(void *ctx, uint32_t addr, uint8_t *dst, uint32_t words)
{
    machine *m = ctx;
    m->reads++;
    memcpy(dst, place(m, addr, words), 4 * (size_t)words);
    return 0;
}

static int bench_write(void *ctx, uint32_t addr, const uint8_t *src, uint32_t words)
{
    machine *m = ctx;
    m->writes++;
    memcpy(place(m, addr, words), src, 4 * (size_t)words);
    return 0;
}

static int bench_reg_read(void *ctx, uint32_t reg, uint32_t *value)
{
    machine *m = ctx;
    assert_true(reg < REGS);
    m->regs++;
    *value = m->reg[reg];
    return reg == STUCK;
}

static int bench_reg_write(void *ctx, uint32_t reg, uint32_t value)
{
    machine *m = ctx;
    assert_true(reg < REGS);
    m->regs++;
    m->reg[reg] = value;
    return 0;
}

static int bench_bell(void *ctx, uint32_t bell, uint32_t value)
{
    machine *m = ctx;
    assert_true(bell < BELLS && value < IDS);
    m->bells++;
    m->rung[value]++;
    return 0;
}

static int bench_reset(void *ctx, uint32_t what)
{
    machine *m = ctx;
    m->resets++;
    m->reset = what;
    return 0;
}

static const qn_link_port bench_port = {bench_read, bench_write, bench_reg_read, bench_reg_write, bench_bell, bench_reset};

static void bench_init(bench *b, unsigned window, unsigned data, uint32_t seq_end, uint32_t tries)
{
    memset(b, 0, sizeof *b);
    b->id = (qn_link_id){.id = 0x514e0001, .build = 7, .serial = 0x123456789abcdef0u, .name = "ulx3s", .regs = REGS, .bells = BELLS,
        .data = (uint16_t)data, .window = (uint8_t)window, .n_region = 4, .region = {{BASE, RAM, QN_LINK_READABLE | QN_LINK_WRITABLE},
        {ROM_BASE, ROM, QN_LINK_READABLE}, {SINK_BASE, SINK, QN_LINK_WRITABLE}, {TOP_BASE, TOP, QN_LINK_READABLE | QN_LINK_WRITABLE}}};
    qn_link_dev_init(&b->dev, &(qn_link_dev_setup){.port = &bench_port, .ctx = &b->m, .id = &b->id, .rx = b->dev_rx,
                     .rx_bytes = sizeof b->dev_rx, .replies = b->replies});
    qn_link_dev_boot(&b->dev, 0x5eed0001);
    qn_link_host_init(&b->host, &(qn_link_setup){.rx = b->host_rx, .rx_bytes = sizeof b->host_rx, .timeout_ms = 100, .tries = tries,
                      .seq_end = seq_end, .salt = 0x00070000});
}

static uint32_t rng;                          // xorshift32; the seed is printed
static uint32_t draw(uint32_t below)
{
    rng ^= rng << 13;
    rng ^= rng >> 17;
    rng ^= rng << 5;
    return (uint32_t)((uint64_t)rng * below >> 32);
}

static uint32_t env(const char *name, uint32_t otherwise)
{
    return getenv(name) ? (uint32_t)strtoul(getenv(name), NULL, 0) : otherwise;
}

#endif
