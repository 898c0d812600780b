// SPDX-License-Identifier: Apache-2.0
// One device, several threads, under ThreadSanitizer: each finds what it wrote, a stop flag from yet another breaks off what is under way, and
// after unplugging every thread is told.
#include "tests/driver/usb_client.h"

#include <pthread.h>

#include "driver/client/qn_client.h"

enum { THREADS = 4, ROUNDS = 20, WORDS = 3000 };

static qn_client *c;
static int stop;

typedef struct job {
    pthread_t thread;
    unsigned number;
    int err;                             // the first
    bool wrong;
    uint32_t data[WORDS], back[WORDS];
} job;

static job jobs[THREADS];

static void *work(void *arg)
{
    job *j = arg;
    for (unsigned i = 0; i < ROUNDS && !j->err; i++) {
        for (unsigned k = 0; k < WORDS; k++)
            j->data[k] = j->number << 24 | i << 16 | k;
        qn_link_op ops[] = {
            {.type = QN_LINK_WRITE, .addr = j->number * WORDS, .words = WORDS, .data = (uint8_t *)j->data},
            {.type = QN_LINK_REG_WRITE, .addr = QN_REG_ARG + j->number, .value = i},
            {.type = QN_LINK_READ, .addr = j->number * WORDS, .words = WORDS, .data = (uint8_t *)j->back},
            {.type = QN_LINK_REG_READ, .addr = QN_REG_ARG + j->number}};
        j->err = qn_client_do(c, ops, 4);
        j->wrong |= !j->err && (memcmp(j->data, j->back, sizeof j->data) != 0 || ops[3].value != i);
    }
    return NULL;
}

static void start(void)
{
    for (unsigned i = 0; i < THREADS; i++) {
        jobs[i].number = i;
        jobs[i].err = 0;
        assert_int_equal(pthread_create(&jobs[i].thread, NULL, work, &jobs[i]), 0);
    }
}

static void finish(int err)
{
    for (unsigned i = 0; i < THREADS; i++) {
        pthread_join(jobs[i].thread, NULL);
        assert_int_equal(jobs[i].err, err);
        assert_false(jobs[i].wrong);
    }
}

static void threads(void **state)
{
    (void)state;
    bool kept;
    qn_why why;
    assert_int_equal(qn_client_open(&c, &qn_wire_usb, "", &why), 0);
    start();
    finish(0);

    qn_client_stop_on(c, &stop);
    start();
    __atomic_store_n(&stop, 1, __ATOMIC_RELAXED);
    finish(QN_ERR_STOPPED);
    __atomic_store_n(&stop, 0, __ATOMIC_RELAXED);

    start();
    usb_say("unplug 0");
    finish(QN_ERR_NO_DEVICE);
    usb_say("plug 0");
    assert_int_equal(qn_client_reopen(c, 5000, &kept, &why), 0);
    start();
    finish(0);
    qn_client_close(c);
}

int main(int argc, char **argv)
{
    (void)argc;
    usb_under_umockdev(argv);
    usb_bed_start();
    usb_say("plug 0");
    const struct CMUnitTest tests[] = {cmocka_unit_test(threads)};
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    return usb_bed_end() || failed;
}
