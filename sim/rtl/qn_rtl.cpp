// SPDX-License-Identifier: Apache-2.0
#include "sim/rtl/qn_rtl.h"

#include <sys/mman.h>

#include <cassert>
#include <cstring>
#include <new>

#include "sim/rtl/qn_rtl_core.h"

#define QN_RTL_TARGET(symbol, label) qn_rtl_core *qn_rtl_make_##symbol(const qn_target *t, uint32_t *mem);
#include "qn_rtl_targets.h"
#undef QN_RTL_TARGET

extern "C" {
#include "driver/qn_err.h"
}

struct qn_rtl {
    const qn_target *target;
    void *mem;
    qn_rtl_core *core;
};

typedef qn_rtl_core *make_fn(const qn_target *t, uint32_t *mem);

static make_fn *find_make(const char *name)
{
#define QN_RTL_TARGET(symbol, label) \
    if (strcmp(name, label) == 0)    \
        return qn_rtl_make_##symbol;
#include "qn_rtl_targets.h"
#undef QN_RTL_TARGET
    return nullptr;
}

int qn_rtl_open(qn_rtl **out, const char *target)
{
    assert(out && target);
    *out = nullptr;
    const qn_target *t = qn_target_find(target);
    if (!t)
        return QN_ERR_NO_TARGET;
    char label[QN_TARGET_LABEL];
    make_fn *make = find_make(qn_target_label(label, t));
    if (!make)
        return QN_ERR_UNSUPPORTED;

    qn_rtl *r = new (std::nothrow) qn_rtl{t, nullptr, nullptr};
    if (!r)
        return QN_ERR_NOMEM;
    r->mem = mmap(nullptr, t->mem_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (r->mem == MAP_FAILED)
        goto free_rtl;
    try {
        r->core = make(t, static_cast<uint32_t *>(r->mem));
    } catch (const std::bad_alloc &) {
        goto unmap;
    }
    *out = r;
    return 0;

unmap:
    munmap(r->mem, t->mem_bytes);
free_rtl:
    delete r;
    return QN_ERR_NOMEM;
}

void qn_rtl_close(qn_rtl *r)
{
    if (!r)
        return;
    delete r->core;
    munmap(r->mem, r->target->mem_bytes);
    delete r;
}

const qn_target *qn_rtl_target(const qn_rtl *r)
{
    return r->target;
}

uint8_t *qn_rtl_memory(qn_rtl *r)
{
    return static_cast<uint8_t *>(r->mem);
}

uint32_t qn_rtl_read(qn_rtl *r, unsigned reg)
{
    return r->core->read(reg);
}

void qn_rtl_write(qn_rtl *r, unsigned reg, uint32_t value)
{
    r->core->write(reg, value);
}

int qn_rtl_run(qn_rtl *r, uint64_t cycles)
{
    return r->core->run(cycles);
}

uint64_t qn_rtl_cycles(const qn_rtl *r)
{
    return r->core->now;
}

int qn_rtl_waves(qn_rtl *r, const char *path)
{
    return r->core->waves(path);
}
