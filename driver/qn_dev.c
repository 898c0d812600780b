// SPDX-License-Identifier: Apache-2.0
#include "driver/qn_dev.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PORTS_MAX = 8 };
#define SLICE 500000u                // clocks between two looks at the stop flag

static const qn_port *ports[PORTS_MAX] = {&qn_port_model, &qn_port_cpu};
static size_t n_ports = 2;

struct qn_dev {
    const qn_port *port;
    const qn_target *t;
    void *ctx;
    const volatile int *stop;
    bool timed;
    char name[16 + QN_TARGET_LABEL];
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

static int find(const char *where, const qn_port **port, const qn_target **t, qn_why *why)
{
    size_t len = strcspn(where, ":");
    const char *place = where[len] ? where + len + 1 : "ulx3s";
    *port = find_port(where, len);
    *t = qn_target_find(place);
    if (!*port)
        return qn_fail(why, QN_ERR_NO_PORT, "'%.*s' (quern devices lists them)", (int)(len > 40 ? 40 : len), where);
    if (!*t)
        return qn_fail(why, QN_ERR_NO_TARGET, "'%.40s' (quern devices lists them)", place);
    return 0;
}

int qn_dev_check(const char *where, qn_why *why)
{
    const qn_port *port;
    const qn_target *t;
    return find(where, &port, &t, why);
}

int qn_dev_open(qn_dev **out, const char *where, qn_why *why)
{
    assert(out && where);
    *out = NULL;
    const qn_port *port;
    const qn_target *t;
    int err = find(where, &port, &t, why);
    if (err < 0)
        return err;

    qn_dev *dev = calloc(1, sizeof *dev);
    if (!dev)
        return qn_fail(why, QN_ERR_NOMEM, "device %.40s", where);
    dev->port = port;
    dev->t = t;
    dev->timed = true;
    char label[QN_TARGET_LABEL];
    snprintf(dev->name, sizeof dev->name, "%s:%s", port->name, qn_target_label(label, t));

    err = port->open(&dev->ctx, t, why);
    if (err < 0)
        goto free_dev;
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
