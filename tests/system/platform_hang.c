// SPDX-License-Identifier: Apache-2.0
// What hangs in the Verilated system, and how it comes back: the core (a semaphore that nobody posts; memory that grants it nothing), the firmware (an
// instruction of its ROM that jumps to itself: while it waits for a command, for a sweep, for the core; one that traps), both, and memory for all. Noticed by the driver within
// twice the job's bound and 100 ms, or by the watchdog within its two seconds; recovered within 1 s, confirmed by the known answer; the error is QN_ERR_TIMEOUT, and the
// next generation has the machine model's bits, without a power cycle. Time is the board's.
//
//     platform_hang MODEL TURN WAIT [NAME]     TURN, WAIT: addresses of qn_fw_turn and qn_fw_wait in ROM; NAME: what is tried, see `tried`
// QN_SCALE=n: how many times fewer clocks a millisecond has while something is waited for (400; 1: as on the board), QN_RECOVER_SCALE=n (4): and while it recovers.
// Run by test_platform_faults.sh.
#include <time.h>

#include "driver/link/qn_crc32c.h"
#include "tests/system/platform_bed.h"

enum { PROGRAM = 600000, BIG = 1000000, SPIN = 0x0000006f, DOG_MS = 2000, WAITS = 9 };

static result expected;
static uint32_t turn, wait;
static unsigned scale, recover_scale;
static const char *name;

// ---- what there is to do

static qn_client *client(void)
{
    qn_client *c;
    qn_why why = {""};
    int err = qn_client_open(&c, &bed_wire, "", &why);
    CHECK(err == 0, "%s: %s: %s", name, qn_err_text(err), why.text);
    return c;
}

static void write_reg(qn_client *c, unsigned reg, uint32_t value)
{
    qn_link_op op = {.type = QN_LINK_REG_WRITE, .addr = reg, .value = value};
    int err = qn_client_do(c, &op, 1);
    CHECK(err == 0, "%s: register %x: %s", name, reg, qn_err_text(err));
}

static void put(uint8_t *code, unsigned i, enum qn_op op, unsigned waits, const int32_t slot[QN_SLOTS])
{
    qn_insn x = {{0}};
    qn_insn_op(&x, op);
    qn_insn_put(&x, QN_INSN_WAIT0_LSB, 4, waits);
    for (int k = 0; k < QN_SLOTS; k++)
        x.w[2 + k] = (uint32_t)slot[k];
    qn_insn_seal(&x);
    memcpy(code + i * sizeof x.w, x.w, sizeof x.w);
}

// Starts a program that loads words once semaphore `waits` is up; 0: at once. `words` of them make it long
static void start_core(qn_client *c, unsigned waits, int32_t words)
{
    uint8_t code[2 * 4 * QN_INSN_WORDS];
    put(code, 0, QN_OP_LOADV, waits, (const int32_t[QN_SLOTS]){0, words, 1, 0, 0, 0});
    put(code, 1, QN_OP_HALT, 0, (const int32_t[QN_SLOTS]){0});
    qn_link_op op = {.type = QN_LINK_WRITE, .addr = PROGRAM, .words = sizeof code / 4, .data = code};
    int err = qn_client_do(c, &op, 1);
    CHECK(err == 0, "%s: %s", name, qn_err_text(err));
    write_reg(c, QN_REG_WIN_BASE, PROGRAM);
    write_reg(c, QN_REG_WIN_SIZE, 65536);
    write_reg(c, QN_REG_PROG_ADDR, PROGRAM);
    write_reg(c, QN_REG_PROG_WORDS, sizeof code / 4);
    write_reg(c, QN_REG_ENTRY, 0);
    write_reg(c, QN_REG_CTRL, QN_CTRL_START | QN_CTRL_LOAD);
}

// A generation on the device as it is now
static void next_run(void)
{
    qn_dev *dev;
    qn_session *s;
    qn_why why = {""};
    result r;
    bed_hurry(100);
    int err = qn_dev_open(&dev, "bed:", &why);
    if (!err)
        err = qn_session_open(&s, dev, &prog, &why);
    if (!err)
        err = run_steps(s, &r, &why);
    CHECK(err == 0, "after '%s': %s: %s", name, qn_err_text(err), why.text);
    CHECK(memcmp(&r, &expected, sizeof r) == 0, "after '%s': other bits", name);
    qn_session_close(s);
    qn_dev_close(dev);
}

static double ms_of(int64_t us)
{
    return (double)us / 1000;
}

static void say(const char *how, int64_t noticed, int64_t recovered, double limit)
{
    printf("%s: %s after %.1f ms of at most %.1f, well again %.1f ms later; %llu clocks\n", name, how, ms_of(noticed), limit, ms_of(recovered),
           (unsigned long long)qn_platform_clocks(bed.p));
}

// After a call that began at `start`, about a job of `clocks`: the error, its times, and that the known answer was given
static void recovered(qn_client *c, int err, int64_t start, uint64_t clocks)
{
    const double limit = 2e3 * (double)clocks * scale / 66.5e6 + 100, ask = 5e3 * scale / 66500;   // what is asked before and after: 5,000 clocks
    int64_t end = bed_us();
    CHECK(err == QN_ERR_TIMEOUT && strstr(qn_client_why(c), "known answer"), "%s: %s: %s", name, qn_err_text(err), qn_client_why(c));
    say("noticed", (int64_t)bed.reset_us - start, end - (int64_t)bed.reset_us, limit);
    CHECK((int64_t)bed.reset_us > start && ms_of((int64_t)bed.reset_us - start) <= limit + ask, "%s: noticed late", name);
    CHECK(ms_of(end - (int64_t)bed.reset_us) <= 1000, "%s: recovered late", name);
    CHECK((bed_reg(c, QN_MB_ANSWERED) & 255) == QN_MB_COMMAND_TEST && bed_reg(c, QN_MB_COMMANDS) == 1 && bed_reg(c, QN_MB_STATUS) == QN_MB_STATUS_OK,
          "%s: no known answer", name);
    CHECK(bed_reg(c, QN_MB_STATE) == QN_MB_STATE_IDLE && !(bed_reg(c, QN_REG_STATUS) & QN_STATUS_BUSY), "%s: not idle", name);
}

// ---- what is tried

enum { JOB = 20000 };

static void core_semaphore(void)
{
    qn_client *c = client();
    bed_hurry(scale);
    start_core(c, WAITS, 16);
    int64_t start = bed_us();
    recovered(c, qn_client_wait(c, JOB), start, JOB);
    qn_client_close(c);
}

// Granted again only while the core is in reset
static void core_memory(void)
{
    qn_client *c = client();
    bed_hurry(scale);
    start_core(c, 0, 8192);
    bed_pass(1);
    qn_platform_hold(bed.p, QN_PLATFORM_CORE, (uint64_t)(2 * JOB) + 110ull * 66500 / scale);
    int64_t start = bed_us();
    recovered(c, qn_client_wait(c, JOB), start, JOB);
    qn_client_close(c);
}

// The core's port never comes back: no known answer, which is told; the state stays FAILED, nothing but TEST is carried out, until it has one
static void core_memory_for_good(void)
{
    const uint32_t sum[2] = {0, 100};
    qn_client *c = client();
    bed_hurry(scale);
    start_core(c, 0, 8192);
    bed_pass(1);
    qn_platform_hold(bed.p, QN_PLATFORM_CORE, 1ull << 40);
    int err = qn_client_wait(c, JOB);
    printf("%s: %s: %s\n", name, qn_err_text(err), qn_client_why(c));
    CHECK(err == QN_ERR_ARRAY && strstr(qn_client_why(c), "does not come back"), "%s: %s: %s", name, qn_err_text(err), qn_client_why(c));
    CHECK(bed_reg(c, QN_MB_STATE) == QN_MB_STATE_FAILED, "%s: not failed", name);
    err = qn_client_command(c, QN_MB_COMMAND_SUM, sum, 2, NULL, 100000);
    CHECK(err == QN_ERR_ARRAY, "%s: a command after it: %s", name, qn_err_text(err));
    qn_client_close(c);
    qn_platform_hold(bed.p, 0, 0);
    bed_hurry(recover_scale);
    qn_client_close(client());                                 // which asks for a known answer again
}

static void firmware_idle(void)
{
    const uint32_t args[2] = {0, 1000};
    qn_client *c = client();
    bed_hurry(scale);
    qn_platform_patch(bed.p, turn, SPIN);
    bed_pass(100);
    int64_t start = bed_us();
    recovered(c, qn_client_command(c, QN_MB_COMMAND_SUM, args, 2, NULL, JOB), start, JOB);
    qn_client_close(c);
}

// Sums are right
static void sums(qn_client *c)
{
    uint32_t result[QN_MB_RESULT_COUNT] = {0}, again[QN_MB_RESULT_COUNT] = {0};
    static uint8_t data[4000];
    qn_link_op op = {.type = QN_LINK_WRITE, .addr = PROGRAM, .words = sizeof data / 4, .data = data};
    for (size_t i = 0; i < sizeof data; i++)
        data[i] = (uint8_t)(i * 7 + i / 256);
    bed_hurry(100);
    uint32_t part[2] = {PROGRAM, sizeof data / 4};
    int err = qn_client_do(c, &op, 1);
    if (!err)
        err = qn_client_command(c, QN_MB_COMMAND_SUM, part, 2, result, JOB);
    if (!err)
        err = qn_client_command(c, QN_MB_COMMAND_SUM, part, 2, again, JOB);
    CHECK(err == 0 && result[0] == qn_crc32c(0, data, sizeof data) && again[0] == result[0], "%s: a sum after it: %s, %08x %08x, not %08x", name,
          qn_err_text(err), result[0], again[0], qn_crc32c(0, data, sizeof data));
}

static void firmware_sum(void)
{
    const uint32_t args[2] = {0, BIG};
    qn_client *c = client();
    bed_hurry(scale);
    qn_platform_patch(bed.p, wait, SPIN);
    int64_t start = bed_us();
    recovered(c, qn_client_command(c, QN_MB_COMMAND_SUM, args, 2, NULL, JOB), start, JOB);
    sums(c);
    qn_client_close(c);
}

// The firmware starts again while the sweep of a sum is under way
static void sweep_restart(void)
{
    qn_client *c = client();
    uint32_t starts = bed_reg(c, QN_MB_STARTS);
    bed_hurry(100);
    qn_link_op op[] = {{.type = QN_LINK_REG_WRITE, .addr = QN_MB_ARG}, {.type = QN_LINK_REG_WRITE, .addr = QN_MB_ARG + 1, .value = 300000},
                       {.type = QN_LINK_BELL, .addr = QN_MB_BELL_COMMAND, .value = 0xabcd00 | QN_MB_COMMAND_SUM}};
    qn_link_op reset = {.type = QN_LINK_RESET, .addr = 2};
    int err = qn_client_do(c, op, 3);
    bed_pass(20000);
    CHECK(err == 0 && bed_reg(c, QN_MB_STATE) == QN_MB_STATE_BUSY && qn_client_do(c, &reset, 1) == 0, "%s", name);
    for (int64_t start = bed_us(); bed_reg(c, QN_MB_STARTS) != starts + 1 || bed_reg(c, QN_MB_STATE) != QN_MB_STATE_IDLE;)
        CHECK(bed_us() - start < 1000000, "%s: not started again", name);
    sums(c);
    qn_client_close(c);
}

// In the token loop, whose step the core never ends; the firmware is there to see it, or hangs itself
static void loop_hangs(bool spin)
{
    qn_client *c = client();
    qn_client_loop loop = {.running = false};
    loop.arg[QN_MB_GEN_TEXT] = BIG;
    loop.arg[QN_MB_GEN_LENGTH] = 1;
    loop.arg[QN_MB_GEN_MOST] = loop.arg[QN_MB_GEN_CHUNK] = 1;
    loop.arg[QN_MB_GEN_CONTEXT] = loop.arg[QN_MB_GEN_VOCAB] = 8;
    loop.arg[QN_MB_GEN_LIMIT] = JOB;
    start_core(c, WAITS, 16);                                  // its program, to be started again by the loop
    qn_link_op op = {.type = QN_LINK_RESET, .addr = 1};
    CHECK(qn_client_do(c, &op, 1) == 0, "%s", name);
    bed_hurry(scale);
    if (spin)
        qn_platform_patch(bed.p, wait, SPIN);
    int64_t start = bed_us();
    recovered(c, qn_client_generate(c, &loop), start, JOB);
    qn_client_close(c);
}

static void core_loop(void)
{
    loop_hangs(false);
}

static void firmware_loop(void)
{
    loop_hangs(true);
}

// An instruction that is none: started again at once; what was asked meanwhile is an error
static void firmware_trap(void)
{
    const uint32_t args[2] = {0, BIG};
    qn_client *c = client();
    bed_hurry(scale);
    qn_platform_patch(bed.p, wait, 0);
    int64_t start = bed_us();
    recovered(c, qn_client_command(c, QN_MB_COMMAND_SUM, args, 2, NULL, JOB), start, JOB);
    qn_client_close(c);
}

static void both(void)
{
    qn_client *c = client();
    bed_hurry(scale);
    qn_platform_patch(bed.p, turn, SPIN);
    start_core(c, WAITS, 16);
    int64_t start = bed_us();
    recovered(c, qn_client_wait(c, JOB), start, JOB);
    qn_client_close(c);
}

// Nobody looks: the watchdog starts the firmware again by itself
static void watchdog(void)
{
    qn_client *c = client();
    uint32_t starts = bed_reg(c, QN_MB_STARTS);
    bed_hurry(scale);
    qn_platform_patch(bed.p, turn, SPIN);
    int64_t start = bed_us();
    bed_pass(1000 * (DOG_MS - 50));
    CHECK(bed_reg(c, QN_MB_STARTS) == starts, "%s: before its time", name);
    const double limit = DOG_MS + 1.0 + 50e3 * scale / 66500;  // and what the start takes
    while (bed_reg(c, QN_MB_STARTS) != starts + 1 || bed_reg(c, QN_MB_STATE) != QN_MB_STATE_IDLE) {
        bed_pass(500);
        CHECK(ms_of(bed_us() - start) <= limit, "%s: not started again", name);
    }
    say("idle again", bed_us() - start, 0, limit);
    qn_client_close(c);
}

// An instruction that is none, and a write to ROM: each starts it again at once
static void trap_idle(void)
{
    static const uint32_t insn[] = {0, 0x00002023};
    qn_client *c = client();
    for (int i = 0; i < 2; i++) {
        uint32_t starts = bed_reg(c, QN_MB_STARTS);
        bed_hurry(1);
        int64_t start = bed_us();
        qn_platform_patch(bed.p, turn, insn[i]);
        while (bed_reg(c, QN_MB_STARTS) != starts + 1 || bed_reg(c, QN_MB_STATE) != QN_MB_STATE_IDLE)
            CHECK(ms_of(bed_us() - start) <= 1, "%s: not started again after %08x", name, insn[i]);
        say("idle again", bed_us() - start, 0, 1);
    }
    qn_client_close(c);
}

// It bites while the core is at a host's job, which goes with it: an error, never the results of the job before
static void watchdog_job(void)
{
    qn_client *c = client();
    bed_hurry(scale);
    qn_platform_patch(bed.p, turn, SPIN);
    start_core(c, WAITS, 16);
    int64_t start = bed_us();
    uint64_t clocks = 66500ull * 3 * DOG_MS / scale;            // a bound of six seconds' patience
    int err = qn_client_wait(c, clocks / 2);
    CHECK(err == QN_ERR_TIMEOUT && strstr(qn_client_why(c), "cut off") && strstr(qn_client_why(c), "known answer"), "%s: %s: %s", name, qn_err_text(err), qn_client_why(c));
    const double limit = DOG_MS + 1.0 + 50e3 * scale / 66500;
    say("cut off", (int64_t)bed.reset_us - start, bed_us() - (int64_t)bed.reset_us, limit);
    CHECK(ms_of((int64_t)bed.reset_us - start) <= limit, "%s: late", name);
    qn_client_close(c);
}

// Memory reads nothing for a time: the CPU in the middle of one when its watchdog bites, the door in the middle of another
static void memory_pause(void)
{
    uint8_t data[64];
    const uint32_t args[2] = {BIG, 4096};
    uint32_t starts;
    qn_client *c = client();
    starts = bed_reg(c, QN_MB_STARTS);
    bed_hurry(scale);
    qn_platform_hold(bed.p, QN_PLATFORM_READS, (uint64_t)66500 / scale * (DOG_MS + 700));
    int64_t start = bed_us();
    int err = qn_client_command(c, QN_MB_COMMAND_TEST, args, 2, NULL, 66500ull * DOG_MS / scale * 4 / 5);
    printf("%s: %s: %s\n", name, qn_err_text(err), qn_client_why(c));
    CHECK(err == QN_ERR_TIMEOUT, "%s: a test of memory that answers nothing: %s", name, qn_err_text(err));
    bed_hurry(scale);
    qn_platform_hold(bed.p, QN_PLATFORM_READS, (uint64_t)66500 / scale * 500);
    qn_link_op op = {.type = QN_LINK_READ, .addr = 0, .words = 16, .data = data};
    err = qn_client_do(c, &op, 1);
    CHECK(err == QN_ERR_TIMEOUT, "%s: a read of memory that answers nothing: %s", name, qn_err_text(err));
    bed_pass(600000);
    bool kept;
    qn_why why = {""};
    err = qn_client_reopen(c, 1000, &kept, &why);
    CHECK(err == 0, "%s: %s", name, why.text);
    CHECK(bed_reg(c, QN_MB_STARTS) > starts, "%s: no restart", name);
    say("told", bed_us() - start, 0, 0);
    qn_client_close(c);
}

static const struct { const char *name; void (*run)(void); } tried[] = {
    {"watchdog", watchdog}, {"trap_idle", trap_idle}, {"firmware_sum", firmware_sum}, {"sweep_restart", sweep_restart}, {"firmware_idle", firmware_idle}, {"firmware_loop", firmware_loop}, {"firmware_trap", firmware_trap},
    {"core_semaphore", core_semaphore}, {"core_loop", core_loop}, {"core_memory", core_memory}, {"core_memory_for_good", core_memory_for_good}, {"both", both},
    {"watchdog_job", watchdog_job}, {"memory_pause", memory_pause},
};

int main(int argc, char **argv)
{
    CHECK(argc > 3, "platform_hang MODEL TURN WAIT [NAME...]");
    setvbuf(stdout, NULL, _IOLBF, 0);
    turn = (uint32_t)strtoul(argv[2], NULL, 16);
    wait = (uint32_t)strtoul(argv[3], NULL, 16);
    scale = env("QN_SCALE", 400);
    recover_scale = env("QN_RECOVER_SCALE", 4);
    compile(argv[1]);
    run_model(&expected);
    qn_dev_add_port(bed_port());
    bed.out.at = bed.in.at = NEVER;
    bed_power(scale);
    name = "power-on";
    next_run();
    for (size_t i = 0; i < sizeof tried / sizeof *tried; i++) {
        bool wanted = argc == 4;
        for (int k = 4; k < argc; k++)
            wanted |= strcmp(argv[k], tried[i].name) == 0;
        if (!wanted)
            continue;
        struct timespec t = {0}, u = {0};
        clock_gettime(CLOCK_MONOTONIC, &t);
        name = tried[i].name;
        bed.recover_scale = recover_scale;
        tried[i].run();
        bed.recover_scale = 0;
        next_run();
        clock_gettime(CLOCK_MONOTONIC, &u);
        printf("  right bits after it; %.1f s here\n", (double)(u.tv_sec - t.tv_sec) + 1e-9 * (double)(u.tv_nsec - t.tv_nsec));
    }
    return 0;
}
