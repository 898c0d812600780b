// SPDX-License-Identifier: Apache-2.0
// The link into the platform (sim/platform): the whole system simulated in a thread of its own, which goes on while the host does other
// things, as a board would. A program that uses it links libqn_platform.a.
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "driver/link/qn_link.h"
#include "driver/wire/qn_wire.h"
#include "sim/platform/qn_platform.h"

enum { BUFFER = 65536, SLICE = 1024 };       // clocks between two looks at the host's side

typedef struct sim {
    qn_wire base;
    char place[32];
    uint8_t frames[BUFFER], got[BUFFER];     // the host's thread's: what it writes, what it was given
    size_t n_frames;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t news;                     // something for the host, or an end
    uint8_t to[BUFFER], from[BUFFER];        // both threads'
    size_t n_to, n_from;
    bool stop, up;                           // the host closes; the platform is open
    int err;
} sim;

// Between two slices: takes what the host has put and gives what has come.
static bool trade(sim *s, qn_platform *p, int err)
{
    uint8_t bytes[BUFFER];
    size_t n;
    pthread_mutex_lock(&s->lock);
    n = s->n_to;
    memcpy(bytes, s->to, n);
    s->n_to = 0;
    s->n_from += qn_platform_get(p, s->from + s->n_from, BUFFER - s->n_from);
    s->up = true;
    s->err = err;
    bool stop = s->stop || err;
    if (s->n_from || err)
        pthread_cond_signal(&s->news);
    pthread_mutex_unlock(&s->lock);
    if (n)
        qn_platform_put(p, bytes, n);
    return !stop;
}

static void *simulate(void *ctx)
{
    sim *s = ctx;
    qn_platform *p;
    int err = qn_platform_open(&p, s->place);
    if (err < 0) {
        pthread_mutex_lock(&s->lock);
        s->err = err;
        pthread_cond_signal(&s->news);
        pthread_mutex_unlock(&s->lock);
        return NULL;
    }
    while (trade(s, p, err))
        err = qn_platform_run(p, SLICE);
    qn_platform_close(p);
    return NULL;
}

static void until(sim *s, uint32_t ms)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    t.tv_sec += ms / 1000;
    t.tv_nsec += (long)(ms % 1000) * 1000000;
    t.tv_sec += t.tv_nsec / 1000000000;
    t.tv_nsec %= 1000000000;
    pthread_cond_timedwait(&s->news, &s->lock, &t);
}

static void sim_close(qn_wire *w)
{
    sim *s = (sim *)w;
    pthread_mutex_lock(&s->lock);
    s->stop = true;
    pthread_mutex_unlock(&s->lock);
    pthread_join(s->thread, NULL);
    pthread_cond_destroy(&s->news);
    pthread_mutex_destroy(&s->lock);
    free(s);
}

static int sim_open(qn_wire **out, const char *place, qn_why *why)
{
    *out = NULL;
    sim *s = calloc(1, sizeof *s);
    if (!s)
        return qn_fail(why, QN_ERR_NOMEM, "platform");
    s->base.kind = &qn_wire_platform;
    snprintf(s->place, sizeof s->place, "%s", *place ? place : "ulx3s");
    pthread_mutex_init(&s->lock, NULL);
    pthread_cond_init(&s->news, NULL);
    if (pthread_create(&s->thread, NULL, simulate, s)) {
        free(s);
        return qn_fail(why, QN_ERR_NOMEM, "platform");
    }
    pthread_mutex_lock(&s->lock);
    while (!s->up && !s->err)
        until(s, 10);
    int err = s->err;
    pthread_mutex_unlock(&s->lock);
    if (err == QN_ERR_NO_TARGET)
        qn_fail(why, err, "no platform of '%.20s' (ulx3s, ulx3s/usb)", s->place);
    else if (err < 0)
        qn_fail(why, err, "one platform at a time");
    if (err < 0)
        sim_close(&s->base);
    else
        *out = &s->base;
    return err;
}

static uint8_t *sim_space(qn_wire *w)
{
    sim *s = (sim *)w;
    return s->n_frames + QN_LINK_FRAME_BYTES > BUFFER ? NULL : s->frames + s->n_frames;
}

static void sim_put(qn_wire *w, size_t n)
{
    ((sim *)w)->n_frames += n;
}

static int sim_wait(qn_wire *w, uint32_t ms)
{
    sim *s = (sim *)w;
    pthread_mutex_lock(&s->lock);
    size_t n = s->n_frames < BUFFER - s->n_to ? s->n_frames : BUFFER - s->n_to;
    memcpy(s->to + s->n_to, s->frames, n);
    s->n_to += n;
    if (!s->n_from && !s->err)
        until(s, ms < 1000 ? ms : 1000);
    int err = s->err;
    pthread_mutex_unlock(&s->lock);
    s->n_frames -= n;
    memmove(s->frames, s->frames + n, s->n_frames);
    return err;
}

static size_t sim_receive(qn_wire *w, const uint8_t **bytes)
{
    sim *s = (sim *)w;
    pthread_mutex_lock(&s->lock);
    size_t n = s->n_from;
    memcpy(s->got, s->from, n);
    s->n_from = 0;
    pthread_mutex_unlock(&s->lock);
    *bytes = s->got;
    return n;
}

static const char *sim_place(const qn_wire *w)
{
    return ((const sim *)w)->place;
}

const qn_wire_kind qn_wire_platform = {
    .name = "platform", .timeout_ms = 20000, .slow = 4000, .open = sim_open, .close = sim_close, .space = sim_space, .put = sim_put,
    .wait = sim_wait, .receive = sim_receive, .place = sim_place,
};
