// SPDX-License-Identifier: Apache-2.0
#include "driver/qn_dev.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PORTS_MAX = 8 };
#define SLICE 500000u                // clocks between two looks at the stop flag
#define PIECE ((size_t)1 << 18)      // bytes between two words of progress

static const qn_port *ports[PORTS_MAX] = {&qn_port_model, &qn_port_cpu};
static size_t n_ports = 2;

struct qn_dev {
    const qn_port *port;
    const qn_target *t;
    void *ctx;
    const volatile int *stop;
    qn_dev_progress *progress;
    void *progress_ctx;
    bool timed;
    char name[288];
};

int qn_dev_add_port(const qn_port *port)
{
    if (n_ports == PORTS_MAX)
        return QN_ERR_RANGE;
    ports[n_ports++] = port;
    return 0;
}

const qn_port *qn_dev_port_at(size_t i)
{
    return i < n_ports ? ports[i] : NULL;
}

static const qn_port *find_port(const char *where, size_t len)
{
    for (size_t i = 0; i < n_ports; i++)
        if (strlen(ports[i]->name) == len && memcmp(ports[i]->name, where, len) == 0)
            return ports[i];
    return NULL;
}

// The kind; what follows the colon; and the target, which a board does not name.
static int find(const char *where, const qn_port **port, const char **place, const qn_target **t, qn_why *why)
{
    size_t len = strcspn(where, ":");
    *port = find_port(where, len);
    if (!*port)
        return qn_fail(why, QN_ERR_NO_PORT, "'%.*s' (quern devices lists them)", (int)(len > 40 ? 40 : len), where);
    *place = where[len] ? where + len + 1 : (*port)->connect ? "" : "ulx3s";
    *t = (*port)->connect ? NULL : qn_target_find(*place);
    if (!*t && !(*port)->connect)
        return qn_fail(why, QN_ERR_NO_TARGET, "'%.40s' (quern devices lists them)", *place);
    return 0;
}

bool qn_dev_is_board(const char *where)
{
    const qn_port *port = find_port(where, strcspn(where, ":"));
    return port && port->connect;
}

int qn_dev_target_of(const char *where, const qn_target **t, qn_why *why)
{
    const qn_port *port;
    const char *place;
    int err = find(where, &port, &place, t, why);
    if (err < 0 || *t)
        return err;
    qn_dev *dev;
    if ((err = qn_dev_open(&dev, where, why)) < 0)
        return err;
    *t = dev->t;
    qn_dev_close(dev);
    return 0;
}

int qn_dev_open(qn_dev **out, const char *where, qn_why *why)
{
    assert(out && where);
    *out = NULL;
    const qn_port *port;
    const qn_target *t;
    const char *place;
    int err = find(where, &port, &place, &t, why);
    if (err < 0)
        return err;

    qn_dev *dev = calloc(1, sizeof *dev);
    if (!dev)
        return qn_fail(why, QN_ERR_NOMEM, "device %.40s", where);
    dev->port = port;
    dev->timed = true;

    err = port->connect ? port->connect(&dev->ctx, place, &t, why) : port->open(&dev->ctx, t, why);
    if (err < 0)
        goto free_dev;
    dev->t = t;
    char label[QN_TARGET_LABEL];
    snprintf(dev->name, sizeof dev->name, "%s:%s", port->name, port->connect ? port->place(dev->ctx) : qn_target_label(label, t));
    uint32_t id = 0;
    err = port->reg_read(dev->ctx, QN_REG_ID, &id);
    if (!err && id != QN_ID_VALUE)
        err = qn_fail(why, QN_ERR_VERSION, "%s has ID %08x, this program knows %08x", dev->name, id, QN_ID_VALUE);
    if (err < 0)
        goto close_port;
    *out = dev;
    return 0;

close_port:
    port->close(dev->ctx);
free_dev:
    free(dev);
    return err;
}

void qn_dev_close(qn_dev *dev)
{
    if (!dev)
        return;
    dev->port->close(dev->ctx);
    free(dev);
}

const qn_target *qn_dev_target(const qn_dev *dev)
{
    return dev->t;
}

const char *qn_dev_name(const qn_dev *dev)
{
    return dev->name;
}

bool qn_dev_has_cycles(const qn_dev *dev)
{
    return dev->timed && !dev->port->attach;
}

int qn_dev_reg_read(qn_dev *dev, unsigned reg, uint32_t *value)
{
    *value = 0;
    return reg < QN_REG_WORDS ? dev->port->reg_read(dev->ctx, reg, value) : QN_ERR_RANGE;
}

int qn_dev_reg_write(qn_dev *dev, unsigned reg, uint32_t value)
{
    return reg < QN_REG_WORDS ? dev->port->reg_write(dev->ctx, reg, value) : QN_ERR_RANGE;
}

int qn_dev_regs_read(qn_dev *dev, unsigned reg, unsigned n, uint32_t *values)
{
    memset(values, 0, n * sizeof *values);
    if (reg >= QN_REG_WORDS || n > QN_REG_WORDS - reg)
        return QN_ERR_RANGE;
    if (dev->port->regs_read)
        return dev->port->regs_read(dev->ctx, reg, n, values);
    int err = 0;
    for (unsigned i = 0; !err && i < n; i++)
        err = dev->port->reg_read(dev->ctx, reg + i, &values[i]);
    return err;
}

int qn_dev_regs_write(qn_dev *dev, unsigned reg, unsigned n, const uint32_t *values)
{
    if (reg >= QN_REG_WORDS || n > QN_REG_WORDS - reg)
        return QN_ERR_RANGE;
    if (dev->port->regs_write)
        return dev->port->regs_write(dev->ctx, reg, n, values);
    int err = 0;
    for (unsigned i = 0; !err && i < n; i++)
        err = dev->port->reg_write(dev->ctx, reg + i, values[i]);
    return err;
}

static bool in_memory(const qn_dev *dev, uint64_t addr, size_t n)
{
    return addr <= dev->t->mem_bytes && n <= dev->t->mem_bytes - addr;
}

int qn_dev_read(qn_dev *dev, uint64_t addr, void *dst, size_t n)
{
    return in_memory(dev, addr, n) ? dev->port->read(dev->ctx, addr, dst, n) : QN_ERR_RANGE;
}

int qn_dev_write(qn_dev *dev, uint64_t addr, const void *src, size_t n)
{
    return in_memory(dev, addr, n) ? dev->port->write(dev->ctx, addr, src, n) : QN_ERR_RANGE;
}

int qn_dev_load(qn_dev *dev, uint64_t addr, const void *src, size_t n)
{
    if (!in_memory(dev, addr, n) || addr % 4 || n % 4)
        return QN_ERR_RANGE;
    int err = dev->port->holds ? dev->port->holds(dev->ctx, addr, src, n) : 0;
    if (err)
        return err < 0 ? err : 0;
    for (size_t at = 0, k; !err && at < n; at += k) {
        k = n - at < PIECE ? n - at : PIECE;
        if (dev->progress)
            dev->progress(dev->progress_ctx, at, n);
        err = dev->port->write(dev->ctx, addr + at, (const uint8_t *)src + at, k);
    }
    if (dev->progress && !err)
        dev->progress(dev->progress_ctx, n, n);
    return err;
}

int qn_dev_clear(qn_dev *dev, uint64_t addr, uint64_t n)
{
    if (n > SIZE_MAX || !in_memory(dev, addr, (size_t)n) || addr % 4 || n % 4)
        return QN_ERR_RANGE;
    if (dev->port->clear)
        return n ? dev->port->clear(dev->ctx, addr, (size_t)n) : 0;
    size_t most = n < PIECE ? (size_t)n : PIECE;
    void *zero = calloc(1, most + 1);
    int err = zero ? 0 : QN_ERR_NOMEM;
    for (uint64_t at = 0, k; !err && at < n; at += k) {
        k = n - at < most ? n - at : most;
        err = dev->port->write(dev->ctx, addr + at, zero, (size_t)k);
    }
    free(zero);
    return err;
}

void qn_dev_progress_on(qn_dev *dev, qn_dev_progress *progress, void *ctx)
{
    dev->progress = progress;
    dev->progress_ctx = ctx;
}

int qn_dev_start(qn_dev *dev, uint32_t ctrl)
{
    return qn_dev_reg_write(dev, QN_REG_CTRL, QN_CTRL_START | ctrl);
}

int qn_dev_wait(qn_dev *dev, uint64_t cycles)
{
    int err;
    do {
        if (dev->stop && *dev->stop)
            return QN_ERR_STOPPED;
        uint64_t slice = cycles < SLICE || dev->port->whole ? cycles : SLICE;
        err = dev->port->run(dev->ctx, slice);
        cycles -= slice;
    } while (err == QN_ERR_TIMEOUT && cycles > 0);
    if (err < 0)
        return err;
    uint32_t status;
    err = qn_dev_reg_read(dev, QN_REG_STATUS, &status);
    return err < 0 ? err : status & QN_STATUS_TRAP ? QN_ERR_TRAP : 0;
}

void qn_dev_stop_on(qn_dev *dev, const volatile int *stop)
{
    dev->stop = stop;
    if (dev->port->stop_on)
        dev->port->stop_on(dev->ctx, stop);
}

int qn_dev_reopen(qn_dev *dev, uint32_t wait_ms, bool *kept, qn_why *why)
{
    *kept = false;
    return dev->port->reopen ? dev->port->reopen(dev->ctx, wait_ms, kept, why) : qn_fail(why, QN_ERR_UNSUPPORTED, "%.200s", dev->name);
}

int qn_dev_generate(qn_dev *dev, struct qn_client_loop *loop)
{
    return dev->port->generate ? dev->port->generate(dev->ctx, loop) : QN_ERR_UNSUPPORTED;
}

const char *qn_dev_why(qn_dev *dev)
{
    return dev->port->why ? dev->port->why(dev->ctx) : "";
}

int qn_dev_attach(qn_dev *dev, const struct qn_prog *prog, qn_why *why)
{
    return dev->port->attach ? dev->port->attach(dev->ctx, prog, why) : 0;
}

int qn_dev_waves(qn_dev *dev, const char *path)
{
    return dev->port->waves ? dev->port->waves(dev->ctx, path) : QN_ERR_UNSUPPORTED;
}

void qn_dev_timed(qn_dev *dev, bool on)
{
    if (dev->port->timed) {
        dev->port->timed(dev->ctx, on);
        dev->timed = on;
    }
}

const uint64_t *qn_dev_profile(qn_dev *dev, size_t *n)
{
    *n = 0;
    return dev->port->profile ? dev->port->profile(dev->ctx, n) : NULL;
}
