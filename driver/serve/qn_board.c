// SPDX-License-Identifier: Apache-2.0
// A firmware's commands are done here in C, but for the token loop: that is the firmware's own (firmware/app/generate.c), on a device that is
// made up below its hardware layer. A thread's board is found through `here`.
#include "driver/serve/qn_board.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "driver/link/qn_crc32c.h"
#include "driver/link/qn_link_dev.h"
#include "driver/qn_dev.h"
#include "driver/qn_le.h"
#include "firmware/app/qn_fw.h"
#include "rtl/spec/qn_mailbox.h"

enum { WINDOW = 16, PATIENCE_MS = 500, RESET_MS = 3000, PIECE = 1 << 16, KNOWN_WORDS = 4096, MAIL = QN_MB_REGS - QN_MB_ARG };
#define JOB_CLOCKS (1ull << 32)

enum { HANG_CORE = 1, HANG_CPU = 2 };

struct qn_board {
    qn_dev *dev;
    qn_link_id id;
    qn_link_dev link;
    uint8_t rx[QN_LINK_FRAME_BYTES], replies[4 * QN_LINK_DATA_MAX * WINDOW];
    uint64_t written;

    pthread_t thread;
    pthread_mutex_t work;                // who has it has the executor
    pthread_mutex_t lock;                // what follows
    pthread_cond_t wake;
    bool quit, run, busy;                // a job of the core: to be run; from its start to its end
    uint32_t job;                        // which one
    uint32_t command;                    // the bell's value, 0: none
    unsigned hang;
    uint32_t mail[MAIL];
    bool stop_rung;                      // bell STOP
    volatile int stop;                   // breaks off what runs
    unsigned waiting;                    // for `work`, of the link

    // The board's thread's: the sweep unit
    uint32_t sweep[16], pick[2 * QN_FW_PICKS];
    bool hung;                           // the core was started and never ends
};

static _Thread_local qn_board *here;

#define MAIL_AT(b, name) ((b)->mail[QN_MB_##name - QN_MB_ARG])

// ---- the firmware's commands, in the board's thread

static bool stopped(const qn_board *b)
{
    return b->stop != 0;
}

static int sum(qn_board *b, uint32_t at, uint32_t words, uint32_t *crc)
{
    uint8_t *buf = malloc(PIECE);
    int err = buf ? 0 : QN_ERR_NOMEM;
    *crc = 0;
    for (uint64_t done = 0, n; !err && done < 4ull * words && !stopped(b); done += n) {
        n = 4ull * words - done < PIECE ? 4ull * words - done : PIECE;
        err = qn_dev_read(b->dev, 4ull * at + done, buf, (size_t)n);
        *crc = qn_crc32c(*crc, buf, (size_t)n);
    }
    free(buf);
    return err;
}

static int fill(qn_board *b, uint32_t at, uint32_t words, uint32_t value, bool stoppable)
{
    uint8_t *buf = malloc(PIECE);
    int err = buf ? 0 : QN_ERR_NOMEM;
    for (uint32_t i = 0; !err && i < PIECE / 4; i++)
        qn_le32_put(buf + 4 * i, value);
    for (uint64_t done = 0, n; !err && done < 4ull * words && !(stoppable && stopped(b)); done += n) {
        n = 4ull * words - done < PIECE ? 4ull * words - done : PIECE;
        err = qn_dev_write(b->dev, 4ull * at + done, buf, (size_t)n);
    }
    free(buf);
    return err;
}

// Each word keeps its address and the complement of it. QN_MB_STATUS_MEMORY: *where does not.
static uint32_t march(qn_board *b, uint32_t at, uint32_t words, uint32_t *where)
{
    uint8_t buf[4096];
    for (unsigned pass = 0; pass < 4; pass++)
        for (uint32_t done = 0, n; done < words && !stopped(b); done += n) {
            n = words - done < sizeof buf / 4 ? words - done : sizeof buf / 4;
            uint64_t addr = 4ull * (at + done);
            if (pass & 1 && qn_dev_read(b->dev, addr, buf, 4 * n) < 0)
                return QN_MB_STATUS_MEMORY;
            for (uint32_t i = 0; i < n; i++) {
                uint32_t want = (at + done + i) ^ (pass & 2 ? ~0u : 0);
                if (pass & 1 && qn_le32(buf + 4 * i) != want) {
                    *where = at + done + i;
                    return QN_MB_STATUS_MEMORY;
                }
                qn_le32_put(buf + 4 * i, want);
            }
            if (!(pass & 1) && qn_dev_write(b->dev, addr, buf, 4 * n) < 0)
                return QN_MB_STATUS_MEMORY;
        }
    return QN_MB_STATUS_OK;
}

// The core fetches a program of one instruction and comes to its end.
static uint32_t known_answer(qn_board *b, uint32_t at)
{
    qn_insn x = {{0}};
    uint32_t status = 0;
    qn_insn_op(&x, QN_OP_HALT);
    qn_insn_seal(&x);
    at = (at + 15) & ~15u;
    int err = qn_dev_reg_write(b->dev, QN_REG_CTRL, QN_CTRL_RESET);
    if (!err)
        err = qn_dev_write(b->dev, 4ull * at, &x, sizeof x);
    if (!err)
        err = qn_dev_reg_write(b->dev, QN_REG_PROG_ADDR, at);
    if (!err)
        err = qn_dev_reg_write(b->dev, QN_REG_PROG_WORDS, QN_INSN_WORDS);
    if (!err)
        err = qn_dev_reg_write(b->dev, QN_REG_ENTRY, 0);
    if (!err)
        err = qn_dev_start(b->dev, QN_CTRL_LOAD);
    if (!err)
        err = qn_dev_wait(b->dev, 1000000);
    if (!err)
        err = qn_dev_reg_read(b->dev, QN_REG_STATUS, &status);
    return !err && status & QN_STATUS_DONE ? QN_MB_STATUS_OK : QN_MB_STATUS_ARRAY;
}

// ---- below the firmware's token loop

uint32_t qn_hal_reg(unsigned reg)
{
    qn_board *b = here;
    uint32_t value = 0;
    if (reg >= QN_MB_ARG) {
        pthread_mutex_lock(&b->lock);
        value = b->mail[reg - QN_MB_ARG];
        pthread_mutex_unlock(&b->lock);
    } else if (reg == QN_REG_STATUS && b->hung) {
        value = stopped(b) ? QN_STATUS_DONE : QN_STATUS_BUSY;
    } else {
        pthread_mutex_lock(&b->work);
        qn_dev_reg_read(b->dev, reg, &value);
        pthread_mutex_unlock(&b->work);
    }
    return value;
}

// Lets the link have the executor, if it waits for it.
static void yield(qn_board *b)
{
    while (__atomic_load_n(&b->waiting, __ATOMIC_ACQUIRE) && !stopped(b))
        nanosleep(&(struct timespec){.tv_nsec = 10000}, NULL);
}

void qn_hal_reg_set(unsigned reg, uint32_t value)
{
    qn_board *b = here;
    if (reg >= QN_MB_ARG) {
        pthread_mutex_lock(&b->lock);
        b->mail[reg - QN_MB_ARG] = value;
        pthread_mutex_unlock(&b->lock);
        return;
    }
    pthread_mutex_lock(&b->lock);
    bool start = reg == QN_REG_CTRL && value & QN_CTRL_START, reset = reg == QN_REG_CTRL && value & QN_CTRL_RESET;
    b->hung = (b->hung && !reset) || (start && b->hang & HANG_CORE);
    b->hang &= reset ? ~(unsigned)HANG_CORE : ~0u;
    pthread_mutex_unlock(&b->lock);
    if (start && b->hung)
        return;
    yield(b);
    pthread_mutex_lock(&b->work);
    qn_dev_reg_write(b->dev, reg, value);
    if (start)
        qn_dev_wait(b->dev, JOB_CLOCKS);
    pthread_mutex_unlock(&b->work);
}

uint32_t qn_hal_mem(uint32_t word)
{
    qn_board *b = here;
    uint8_t bytes[4] = {0};
    pthread_mutex_lock(&b->work);
    qn_dev_read(b->dev, 4ull * word, bytes, 4);
    pthread_mutex_unlock(&b->work);
    return qn_le32(bytes);
}

void qn_hal_mem_set(uint32_t word, uint32_t value)
{
    qn_board *b = here;
    uint8_t bytes[4];
    qn_le32_put(bytes, value);
    pthread_mutex_lock(&b->work);
    qn_dev_write(b->dev, 4ull * word, bytes, 4);
    pthread_mutex_unlock(&b->work);
}

// A word's place among FP32 words (rtl/spec/soc.def); false: it is no number.
static bool key_of(uint32_t u, uint32_t *key)
{
    *key = (u & 0x7fffffff) == 0 ? 0x80000000 : u >> 31 ? ~u : u | 0x80000000;
    return (u & 0x7fffffff) <= 0x7f800000;
}

static void sweep_pick(qn_board *b)
{
    uint32_t n = b->sweep[QN_SOC_SWEEP_WORDS], found = 0, key;
    uint8_t *words = malloc(4ull * n + 4);
    pthread_mutex_lock(&b->work);
    int err = words ? qn_dev_read(b->dev, 4ull * b->sweep[QN_SOC_SWEEP_ADDR], words, 4ull * n) : QN_ERR_NOMEM;
    pthread_mutex_unlock(&b->work);
    for (uint32_t i = 0; !err && i < n; i++) {
        uint32_t u = qn_le32(words + 4ull * i);
        if (!key_of(u, &key) || key < b->sweep[QN_SOC_SWEEP_LOW] || key > b->sweep[QN_SOC_SWEEP_HIGH])
            continue;
        if (found < QN_FW_PICKS) {
            b->pick[2 * found] = i;
            b->pick[2 * found + 1] = u;
        }
        found++;
    }
    b->sweep[QN_SOC_SWEEP_COUNT] = found;
    free(words);
}

uint32_t qn_hal_own(unsigned reg)
{
    if (reg == QN_SOC_ROWS)
        return qn_dev_target(here->dev)->rows;
    return reg == QN_SOC_MEM_WORDS ? (uint32_t)(qn_dev_target(here->dev)->mem_bytes / 4) : reg == QN_SOC_SWEEP_GO ? 0 : here->sweep[reg];
}

void qn_hal_own_set(unsigned reg, uint32_t value)
{
    here->sweep[reg] = value;
    if (reg == QN_SOC_SWEEP_GO && value == QN_SOC_SWEEP_PICK_CODE)
        sweep_pick(here);
}

uint32_t qn_hal_pick(uint32_t i)
{
    return here->pick[i];
}

uint64_t qn_hal_clocks(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return ((uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000) * (qn_dev_target(here->dev)->clock_hz / 1000000);
}

void qn_fw_wait(void)
{
    nanosleep(&(struct timespec){.tv_nsec = 10000}, NULL);
}

bool qn_fw_stopped(void)
{
    qn_board *b = here;
    pthread_mutex_lock(&b->lock);
    bool stop = b->stop_rung || b->stop;
    pthread_mutex_unlock(&b->lock);
    return stop;
}

void qn_fw_sweep(unsigned what, uint32_t addr, uint32_t words, uint32_t low, uint32_t high)
{
    qn_hal_own_set(QN_SOC_SWEEP_ADDR, addr);
    qn_hal_own_set(QN_SOC_SWEEP_WORDS, words);
    qn_hal_own_set(QN_SOC_SWEEP_LOW, low);
    qn_hal_own_set(QN_SOC_SWEEP_HIGH, high);
    qn_hal_own_set(QN_SOC_SWEEP_GO, what);
}

// ---- the board's thread

static bool in_memory(const qn_board *b, uint32_t at, uint32_t words)
{
    uint64_t all = qn_dev_target(b->dev)->mem_bytes / 4;
    return at <= all && words <= all - at;
}

static uint32_t carry_out(qn_board *b, unsigned code, const uint32_t *arg, uint32_t *result)
{
    bool within = in_memory(b, arg[0], arg[1]);
    uint32_t status;
    switch (code) {
    case QN_MB_COMMAND_SUM:
        return !within ? QN_MB_STATUS_ARGUMENT : sum(b, arg[0], arg[1], result) < 0 ? QN_MB_STATUS_MEMORY : QN_MB_STATUS_OK;
    case QN_MB_COMMAND_FILL:
        return !within ? QN_MB_STATUS_ARGUMENT : fill(b, arg[0], arg[1], arg[2], true) < 0 ? QN_MB_STATUS_MEMORY : QN_MB_STATUS_OK;
    case QN_MB_COMMAND_TEST:
        if (!within || arg[1] < KNOWN_WORDS)
            return QN_MB_STATUS_ARGUMENT;
        status = march(b, arg[0], arg[1], result);
        return status ? status : known_answer(b, arg[0]);
    default:
        return QN_MB_STATUS_COMMAND;
    }
}

static void answer(qn_board *b, uint32_t bell, uint32_t status, const uint32_t *result)
{
    memcpy(&MAIL_AT(b, RESULT), result, QN_MB_RESULT_COUNT * sizeof *result);
    MAIL_AT(b, STATUS) = status;
    MAIL_AT(b, COMMANDS)++;
    MAIL_AT(b, ANSWERED) = bell;
}

static void *work(void *arg)
{
    qn_board *b = arg;
    here = b;
    pthread_mutex_lock(&b->lock);
    while (!b->quit) {
        bool command = b->command && !(b->hang & HANG_CPU), run = b->run && !(b->hang & HANG_CORE);
        if (!command && !run) {
            pthread_cond_wait(&b->wake, &b->lock);
            continue;
        }
        uint32_t args[QN_MB_ARG_COUNT], result[QN_MB_RESULT_COUNT] = {0}, status = 0, bell = b->command, job = b->job;
        memcpy(args, b->mail, sizeof args);
        b->stop = 0;
        b->run = b->run && !run;
        b->stop_rung = b->hung = false;
        pthread_mutex_unlock(&b->lock);
        if (!run && (bell & 0xff) == QN_MB_COMMAND_GENERATE) {
            status = qn_fw_generate();                        // takes the executor step by step
        } else {
            pthread_mutex_lock(&b->work);
            if (run)
                qn_dev_wait(b->dev, JOB_CLOCKS);
            else
                status = carry_out(b, bell & 0xff, args, result);
            pthread_mutex_unlock(&b->work);
        }
        pthread_mutex_lock(&b->lock);
        if (run && b->job == job) {
            b->busy = false;
        } else if (!run && b->command == bell) {              // else the firmware was reset
            answer(b, bell, status, result);
            b->command = 0;
            MAIL_AT(b, STATE) = QN_MB_STATE_IDLE;
        }
        pthread_cond_broadcast(&b->wake);
    }
    pthread_mutex_unlock(&b->lock);
    return NULL;
}

// ---- what the link asks for

static int get_work_within(qn_board *b, long ms)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    t.tv_sec += ms / 1000;
    t.tv_nsec += ms % 1000 * 1000000;
    t.tv_sec += t.tv_nsec / 1000000000;
    t.tv_nsec %= 1000000000;
    __atomic_add_fetch(&b->waiting, 1, __ATOMIC_RELEASE);
    int err = pthread_mutex_timedlock(&b->work, &t);
    __atomic_sub_fetch(&b->waiting, 1, __ATOMIC_RELEASE);
    return err;
}

static int get_work(qn_board *b)
{
    return get_work_within(b, PATIENCE_MS);
}

static int port_read(void *ctx, uint32_t addr, uint8_t *dst, uint32_t words)
{
    qn_board *b = ctx;
    if (get_work(b))
        return 1;
    int err = qn_dev_read(b->dev, 4ull * addr, dst, 4ull * words);
    pthread_mutex_unlock(&b->work);
    return err;
}

static int port_write(void *ctx, uint32_t addr, const uint8_t *src, uint32_t words)
{
    qn_board *b = ctx;
    if (get_work(b))
        return 1;
    int err = qn_dev_write(b->dev, 4ull * addr, src, 4ull * words);
    pthread_mutex_unlock(&b->work);
    b->written += words;
    return err;
}

static int port_reg_read(void *ctx, uint32_t reg, uint32_t *value)
{
    qn_board *b = ctx;
    pthread_mutex_lock(&b->lock);
    bool busy = b->busy;
    if (reg >= QN_MB_ARG)
        *value = b->mail[reg - QN_MB_ARG];
    pthread_mutex_unlock(&b->lock);
    if (reg >= QN_MB_ARG)
        return 0;
    if (reg == QN_REG_STATUS && busy) {
        *value = QN_STATUS_BUSY;
        return 0;
    }
    if (get_work(b))
        return 1;
    int err = qn_dev_reg_read(b->dev, reg, value);
    pthread_mutex_unlock(&b->work);
    return err;
}

// Breaks off the core's job, and with the CPU the command; true once nothing runs.
static bool halt(qn_board *b, bool cpu)
{
    pthread_mutex_lock(&b->lock);
    b->stop = b->stop || cpu || b->busy;
    b->run = b->busy = false;
    b->job++;
    pthread_mutex_unlock(&b->lock);
    return get_work_within(b, RESET_MS) == 0;
}

static int reset_core(qn_board *b)
{
    if (!halt(b, false))
        return 1;
    int err = qn_dev_reg_write(b->dev, QN_REG_CTRL, QN_CTRL_RESET);
    pthread_mutex_unlock(&b->work);
    pthread_mutex_lock(&b->lock);
    b->hang &= ~(unsigned)HANG_CORE;
    pthread_mutex_unlock(&b->lock);
    return err;
}

static int start(qn_board *b, uint32_t value)
{
    uint32_t status;
    if (get_work(b))
        return 1;
    int err = qn_dev_reg_read(b->dev, QN_REG_STATUS, &status);
    if (!err)
        err = qn_dev_reg_write(b->dev, QN_REG_CTRL, value);
    pthread_mutex_unlock(&b->work);
    if (err < 0 || status & (QN_STATUS_BUSY | QN_STATUS_TRAP))
        return err;
    pthread_mutex_lock(&b->lock);
    b->run = b->busy = true;
    b->job++;
    pthread_cond_broadcast(&b->wake);
    pthread_mutex_unlock(&b->lock);
    return 0;
}

static int port_reg_write(void *ctx, uint32_t reg, uint32_t value)
{
    qn_board *b = ctx;
    if (reg >= QN_MB_ARG) {
        pthread_mutex_lock(&b->lock);
        if (reg < QN_MB_ARG + QN_MB_ARG_COUNT)
            b->mail[reg - QN_MB_ARG] = value;
        pthread_mutex_unlock(&b->lock);
        return 0;
    }
    if (reg == QN_REG_CTRL && value & QN_CTRL_RESET)
        return reset_core(b);
    if (reg == QN_REG_CTRL && value & QN_CTRL_START)
        return start(b, value);
    if (get_work(b))
        return 1;
    int err = qn_dev_reg_write(b->dev, reg, value);
    pthread_mutex_unlock(&b->work);
    return err;
}

static int port_bell(void *ctx, uint32_t bell, uint32_t value)
{
    static const uint32_t none[QN_MB_RESULT_COUNT];
    qn_board *b = ctx;
    pthread_mutex_lock(&b->lock);
    b->stop_rung |= bell == QN_MB_BELL_STOP;
    if (bell == QN_MB_BELL_COMMAND && b->command && !(b->hang & HANG_CPU)) {
        answer(b, value, QN_MB_STATUS_BUSY, none);
    } else if (bell == QN_MB_BELL_COMMAND && !b->command) {
        b->command = value;
        MAIL_AT(b, STATE) = QN_MB_STATE_BUSY;
        pthread_cond_broadcast(&b->wake);
    }
    pthread_mutex_unlock(&b->lock);
    return 0;
}

static int port_reset(void *ctx, uint32_t what)
{
    qn_board *b = ctx;
    if (what & 2) {
        if (!halt(b, true))
            return 1;
        pthread_mutex_unlock(&b->work);
        pthread_mutex_lock(&b->lock);
        uint32_t starts = MAIL_AT(b, STARTS) + 1;
        memset(&MAIL_AT(b, STATE), 0, sizeof b->mail - QN_MB_ARG_COUNT * sizeof b->mail[0]);
        MAIL_AT(b, STARTS) = starts;
        MAIL_AT(b, STATE) = QN_MB_STATE_IDLE;
        b->command = 0;
        b->hang &= ~(unsigned)HANG_CPU;
        pthread_mutex_unlock(&b->lock);
    }
    return what & 1 ? reset_core(b) : 0;
}

static const qn_link_port port = {port_read, port_write, port_reg_read, port_reg_write, port_bell, port_reset};

// ---- the board

static void boot(qn_board *b)
{
    uint32_t seed = 0;
    if (getrandom(&seed, sizeof seed, GRND_NONBLOCK) != sizeof seed)
        seed = (uint32_t)time(NULL);
    qn_link_dev_boot(&b->link, seed);
    memset(b->mail, 0, sizeof b->mail);
    MAIL_AT(b, STATE) = QN_MB_STATE_IDLE;
    MAIL_AT(b, STARTS) = 1;
}

int qn_board_open(qn_board **out, const char *where, uint64_t serial, qn_why *why)
{
    *out = NULL;
    if (qn_dev_is_board(where))
        return qn_fail(why, QN_ERR_USAGE, "'%.40s' is a board already", where);
    qn_board *b = calloc(1, sizeof *b);
    if (!b)
        return qn_fail(why, QN_ERR_NOMEM, "board");
    int err = qn_dev_open(&b->dev, where, why);
    if (err < 0)
        goto free_board;
    const qn_target *t = qn_dev_target(b->dev);
    b->id = (qn_link_id){.id = QN_ID_VALUE, .build = QN_MB_VERSION << 16, .serial = serial, .regs = QN_MB_REGS, .bells = QN_MB_BELLS,
                         .data = QN_LINK_DATA_MAX, .window = WINDOW, .n_region = 1,
                         .region = {{0, (uint32_t)(t->mem_bytes / 4), QN_LINK_READABLE | QN_LINK_WRITABLE}}};
    strncpy(b->id.name, t->name, 4 * QN_LINK_NAME_WORDS);
    qn_dev_stop_on(b->dev, &b->stop);
    qn_link_dev_init(&b->link, &(qn_link_dev_setup){.port = &port, .ctx = b, .id = &b->id, .rx = b->rx, .rx_bytes = sizeof b->rx, .replies = b->replies});
    boot(b);
    err = QN_ERR_NOMEM;
    if (pthread_mutex_init(&b->work, NULL))
        goto close_dev;
    if (pthread_mutex_init(&b->lock, NULL))
        goto free_work;
    if (pthread_cond_init(&b->wake, NULL))
        goto free_lock;
    if (pthread_create(&b->thread, NULL, work, b))
        goto free_wake;
    *out = b;
    return 0;

free_wake:
    pthread_cond_destroy(&b->wake);
free_lock:
    pthread_mutex_destroy(&b->lock);
free_work:
    pthread_mutex_destroy(&b->work);
close_dev:
    qn_fail(why, err, "board");
    qn_dev_close(b->dev);
free_board:
    free(b);
    return err;
}

void qn_board_close(qn_board *b)
{
    if (!b)
        return;
    pthread_mutex_lock(&b->lock);
    b->quit = true;
    b->stop = 1;
    pthread_cond_broadcast(&b->wake);
    pthread_mutex_unlock(&b->lock);
    pthread_join(b->thread, NULL);
    pthread_cond_destroy(&b->wake);
    pthread_mutex_destroy(&b->lock);
    pthread_mutex_destroy(&b->work);
    qn_dev_close(b->dev);
    free(b);
}

void qn_board_take(qn_board *b, const uint8_t *bytes, size_t n)
{
    qn_link_dev_take(&b->link, bytes, n);
}

size_t qn_board_next(qn_board *b, uint8_t *frame)
{
    return qn_link_dev_next(&b->link, frame);
}

void qn_board_tick(qn_board *b, uint32_t ms)
{
    qn_link_dev_tick(&b->link, ms);
}

void qn_board_power(qn_board *b)
{
    port_reset(b, 3);
    if (get_work_within(b, RESET_MS) == 0) {
        fill(b, 0, (uint32_t)(qn_dev_target(b->dev)->mem_bytes / 4), 0xdeadbeef, false);
        pthread_mutex_unlock(&b->work);
    }
    pthread_mutex_lock(&b->lock);
    boot(b);
    pthread_mutex_unlock(&b->lock);
}

void qn_board_hang(qn_board *b, unsigned what)
{
    pthread_mutex_lock(&b->lock);
    b->hang = what;
    pthread_cond_broadcast(&b->wake);
    pthread_mutex_unlock(&b->lock);
}

void qn_board_claim(qn_board *b, uint32_t id, uint32_t build, const char *target)
{
    b->id.id = id;
    b->id.build = build;
    memset(b->id.name, 0, sizeof b->id.name);
    strncpy(b->id.name, target, 4 * QN_LINK_NAME_WORDS);
}

uint64_t qn_board_written(const qn_board *b)
{
    return b->written;
}
