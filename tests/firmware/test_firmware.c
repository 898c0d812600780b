// SPDX-License-Identifier: Apache-2.0
// The firmware on the host: its own source, with the machine model as its core and faults planted in what it touches.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cli/sample.h"
#include "compiler/back/qn_abi.h"
#include "compiler/back/qn_compile.h"
#include "driver/link/qn_crc32c.h"
#include "driver/qn_session.h"
#include "firmware/app/qn_fw.h"
#include "firmware/hal/qn_ddr.h"
#include "sim/model/qn_model.h"

// ---- what the firmware touches
static struct soc {
    qn_model *m;
    uint32_t *mem, words, box[256], own[16];
    uint32_t pick[1024];
    uint64_t clocks;
    unsigned busy;                           // reads of STATUS until a job is over
    bool hang;                               // the core's jobs never end
    bool cut;                                // the next is cut off by a reset of the core
    unsigned sweeping;                       // reads of SWEEP_GO until a sweep from before is over
    uint32_t stuck_at, stuck_bits;           // that word loses these bits
    int lost_line;                           // address line that does nothing; -1: none
    bool wrong;                              // the core's results have a bit flipped
    unsigned ring_at, bell;                  // after so many reads of STATUS this bell rings: a command comes while one is at work
    uint32_t answered[8];                    // values of ANSWERED and of STATUS beside them
    uint32_t status[8];
    unsigned n_answered;
} soc;

static uint32_t place(uint32_t word)
{
    assert_true(word < soc.words);
    return soc.lost_line < 0 ? word : word & ~(1u << soc.lost_line);
}

static void ring(uint32_t value)
{
    soc.own[QN_SOC_BELL] |= 1u << QN_MB_BELL_COMMAND;
    soc.own[QN_SOC_BELL_VALUE] = value;
}

uint32_t qn_hal_reg(unsigned reg)
{
    assert_true(reg < 256);
    soc.clocks += 10;
    if (reg >= 0x80)
        return soc.box[reg];
    if (reg == QN_REG_STATUS && soc.ring_at && --soc.ring_at == 0) {
        if (soc.bell == QN_MB_BELL_STOP)
            soc.own[QN_SOC_BELL] |= 1u << QN_MB_BELL_STOP;
        else
            ring(QN_MB_COMMAND_SUM | 0xab00);
    }
    if (reg == QN_REG_STATUS && (soc.hang || (soc.busy && soc.busy--)))
        return QN_STATUS_BUSY;
    return qn_model_read(soc.m, reg);
}

void qn_hal_reg_set(unsigned reg, uint32_t value)
{
    assert_true(reg < 256 && (reg < 0x80 || reg >= 0xc0));       // the host's words are not the firmware's
    soc.clocks += 10;
    if (reg >= 0x80) {
        soc.box[reg] = value;
        if (reg == QN_MB_ANSWERED && value && soc.n_answered < 8) {
            soc.status[soc.n_answered] = soc.box[QN_MB_STATUS];
            soc.answered[soc.n_answered++] = value;
        }
        return;
    }
    if (reg == QN_REG_CTRL && value & QN_CTRL_START && soc.cut)
        value = QN_CTRL_RESET;
    if (reg == QN_REG_CTRL && value & QN_CTRL_RESET)
        soc.hang = soc.cut = false;
    qn_model_write(soc.m, reg, value);
    if (reg == QN_REG_CTRL && value & QN_CTRL_START)
        soc.busy = 3;
    if (reg == QN_REG_CTRL && value & QN_CTRL_START && !soc.hang)
        assert_int_equal(qn_model_run(soc.m, UINT64_MAX), 0);
}

// No DDR3 here: test_ddr.c has its own
uint32_t qn_hal_ddr(unsigned reg)
{
    fail_msg("register %u of a DDR3 controller", reg);
    return 0;
}

void qn_hal_ddr_set(unsigned reg, uint32_t value)
{
    fail_msg("register %u of a DDR3 controller becomes %u", reg, (unsigned)value);
}

static uint32_t key(uint32_t u)
{
    float f;
    memcpy(&f, &u, 4);
    return f == 0 ? 0x80000000 : u >> 31 ? ~u : u | 0x80000000;
}

static void sweep(uint32_t what)
{
    uint32_t *m = soc.mem + soc.own[QN_SOC_SWEEP_ADDR], n = soc.own[QN_SOC_SWEEP_WORDS], found = 0;
    assert_true(n <= soc.words && soc.own[QN_SOC_SWEEP_ADDR] <= soc.words - n);
    if (what == QN_SOC_SWEEP_SUM_CODE)
        soc.own[QN_SOC_SWEEP_CRC] = qn_crc32c(0, m, 4ull * n);
    for (uint32_t i = 0; i < n; i++) {
        if (what == QN_SOC_SWEEP_FILL_CODE)
            m[i] = soc.own[QN_SOC_SWEEP_LOW];
        if (what == QN_SOC_SWEEP_PICK_CODE && (m[i] & 0x7fffffff) <= 0x7f800000 && key(m[i]) >= soc.own[QN_SOC_SWEEP_LOW] && key(m[i]) <= soc.own[QN_SOC_SWEEP_HIGH]) {
            if (found < 512) {
                soc.pick[2 * found] = i;
                soc.pick[2 * found + 1] = m[i];
            }
            found++;
        }
    }
    soc.own[QN_SOC_SWEEP_COUNT] = found;
}

uint32_t qn_hal_own(unsigned reg)
{
    if (reg == QN_SOC_SWEEP_GO)
        return soc.sweeping && soc.sweeping--;
    return reg == QN_SOC_CONSOLE ? 0 : soc.own[reg];
}

void qn_hal_own_set(unsigned reg, uint32_t value)
{
    if (reg == QN_SOC_BELL)
        soc.own[QN_SOC_BELL] &= ~value;
    else if (reg == QN_SOC_SWEEP_GO)
        sweep(value);
    else
        soc.own[reg] = value;
    if (reg >= QN_SOC_SWEEP_ADDR && reg <= QN_SOC_SWEEP_GO)
        assert_int_equal(soc.sweeping, 0);   // it looks at them while it is at work
}

uint32_t qn_hal_mem(uint32_t word)
{
    uint32_t v = soc.mem[place(word)];
    if (word == soc.stuck_at)
        v &= ~soc.stuck_bits;
    if (soc.wrong && word > 1024 && word < 1280)
        v ^= 1;
    return v;
}

void qn_hal_mem_set(uint32_t word, uint32_t value)
{
    soc.mem[place(word)] = value;
}

uint32_t qn_hal_pick(uint32_t i)
{
    return soc.pick[i];
}

uint64_t qn_hal_clocks(void)
{
    return soc.clocks += 5;
}

static int setup(void **state)
{
    memset(&soc, 0, sizeof soc);
    soc.lost_line = -1;
    if (qn_model_open(&soc.m, *state ? *state : "ulx3s") < 0)
        return -1;
    qn_model_timed(soc.m, false);
    soc.mem = (uint32_t *)(void *)qn_model_memory(soc.m);
    soc.words = qn_model_target(soc.m)->mem_bytes / 4;
    soc.own[QN_SOC_MEM_WORDS] = soc.words;
    soc.own[QN_SOC_ROWS] = qn_model_target(soc.m)->rows;
    soc.own[QN_SOC_STARTS] = 1;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    qn_model_close(soc.m);
    return 0;
}

// A command as a host gives it; its status
static uint32_t command(uint32_t code, uint32_t a0, uint32_t a1, uint32_t a2)
{
    static uint32_t tag;
    uint32_t value = ++tag << 8 | code;
    soc.box[QN_MB_ARG] = a0;
    soc.box[QN_MB_ARG + 1] = a1;
    soc.box[QN_MB_ARG + 2] = a2;
    ring(value);
    qn_fw_turn();
    assert_int_equal(soc.box[QN_MB_ANSWERED], value);
    return soc.box[QN_MB_STATUS];
}

// ---- the tests
static void self_test(void **state)
{
    (void)state;
    qn_fw_start();
    assert_int_equal(soc.box[QN_MB_STATE], QN_MB_STATE_IDLE);
    assert_int_equal(soc.box[QN_MB_BOOT], QN_MB_STATUS_OK);
    soc.box[QN_MB_ARG] = 0;
    qn_model_write(soc.m, QN_REG_WIN_BASE, 77);
    assert_int_equal(command(QN_MB_COMMAND_TEST, 8192, 4096, 0), QN_MB_STATUS_OK);
    assert_int_equal(qn_model_read(soc.m, QN_REG_WIN_BASE), 77);           // a host's window is what it was
    assert_int_equal(command(QN_MB_COMMAND_TEST, soc.words - 4096, 4096, 0), QN_MB_STATUS_OK);
    assert_int_equal(command(QN_MB_COMMAND_TEST, soc.words - 4095, 4096, 0), QN_MB_STATUS_ARGUMENT);
    assert_int_equal(command(QN_MB_COMMAND_TEST, 0, 4095, 0), QN_MB_STATUS_ARGUMENT);
    soc.stuck_at = 9000;
    soc.stuck_bits = 1u << 17;
    assert_int_equal(command(QN_MB_COMMAND_TEST, 8192, 4096, 0), QN_MB_STATUS_MEMORY);
    assert_int_equal(soc.box[QN_MB_RESULT], 9000);
    assert_int_equal(soc.box[QN_MB_STATE], QN_MB_STATE_FAILED);
    assert_int_equal(command(QN_MB_COMMAND_FILL, 0, 1, 0), QN_MB_STATUS_MEMORY);   // refused until a test passes
    soc.stuck_bits = 0;
    assert_int_equal(command(QN_MB_COMMAND_TEST, 8192, 4096, 0), QN_MB_STATUS_OK);
    assert_int_equal(soc.box[QN_MB_STATE], QN_MB_STATE_IDLE);
    assert_int_equal(soc.box[QN_MB_FAULTS], 3);
    assert_int_equal(command(QN_MB_COMMAND_FILL, 0, 1, 0), QN_MB_STATUS_OK);
}

// The known answer has the rows of the core that is there
static void self_test_of_few_rows(void **state)
{
    (void)state;
    qn_fw_start();
    assert_int_equal(soc.box[QN_MB_BOOT], QN_MB_STATUS_OK);
    soc.own[QN_SOC_ROWS] = 5;                // one more than it has
    qn_fw_start();
    assert_int_equal(soc.box[QN_MB_BOOT], QN_MB_STATUS_ARRAY);
}

// What power-on must see: a wrong sum of the array, a bit that does not hold, each address line
static void power_on_faults(void **state)
{
    (void)state;
    soc.wrong = true;
    qn_fw_start();
    assert_int_equal(soc.box[QN_MB_STATE], QN_MB_STATE_FAILED);
    assert_int_equal(soc.box[QN_MB_BOOT], QN_MB_STATUS_ARRAY);
    soc.wrong = false;
    soc.stuck_at = 33;
    soc.stuck_bits = 4;
    qn_fw_start();
    assert_int_equal(soc.box[QN_MB_BOOT], QN_MB_STATUS_MEMORY);
    soc.stuck_bits = 0;
    for (soc.lost_line = 0; 1u << soc.lost_line < soc.words; soc.lost_line++) {
        qn_fw_start();
        assert_int_equal(soc.box[QN_MB_BOOT], QN_MB_STATUS_MEMORY);
    }
    soc.lost_line = -1;
    // A later start leaves memory alone
    soc.own[QN_SOC_STARTS] = 2;
    soc.mem[5] = 0x12345678;
    qn_fw_start();
    assert_int_equal(soc.mem[5], 0x12345678);
    assert_int_equal(soc.box[QN_MB_STATE], QN_MB_STATE_IDLE);
    assert_int_equal(soc.box[QN_MB_STARTS], 2);
    // It waits for a sweep that a reset found under way
    soc.sweeping = 9;
    qn_fw_start();
    assert_int_equal(command(QN_MB_COMMAND_FILL, 100, 8, 0), QN_MB_STATUS_OK);
}

static void sums(void **state)
{
    (void)state;
    qn_fw_start();
    assert_int_equal(command(QN_MB_COMMAND_FILL, 100, 8, 0), QN_MB_STATUS_OK);
    assert_int_equal(command(QN_MB_COMMAND_SUM, 100, 8, 0), QN_MB_STATUS_OK);
    assert_int_equal(soc.box[QN_MB_RESULT], 0x8a9136aa);        // RFC 3720, B.4: 32 bytes of zeroes
    assert_int_equal(command(QN_MB_COMMAND_FILL, 100, 8, 0xffffffff), QN_MB_STATUS_OK);
    assert_int_equal(command(QN_MB_COMMAND_SUM, 100, 8, 0), QN_MB_STATUS_OK);
    assert_int_equal(soc.box[QN_MB_RESULT], 0x62a8ab43);        // of ones
    assert_int_equal(command(QN_MB_COMMAND_SUM, 0xffffffff, 2, 0), QN_MB_STATUS_ARGUMENT);
    assert_int_equal(command(QN_MB_COMMAND_FILL, soc.words, 1, 0), QN_MB_STATUS_ARGUMENT);
    assert_int_equal(command(99, 0, 0, 0), QN_MB_STATUS_COMMAND);
}

// The greatest of many, against sorting all of them with the comparison of floats
static const float *sort_by;
static int descending(const void *a, const void *b)
{
    uint32_t i = *(const uint32_t *)a, j = *(const uint32_t *)b;
    return sort_by[i] > sort_by[j] ? -1 : sort_by[i] < sort_by[j] ? 1 : i < j ? -1 : 1;
}

static void greatest(void **state)
{
    (void)state;
    static float x[6000];
    static uint32_t order[6000];
    static qn_candidate c[QN_FW_PICKS];
    uint32_t seed = getenv("QN_SEED") ? (uint32_t)atoi(getenv("QN_SEED")) : 1;
    printf("seed %u\n", seed);
    srand(seed);
    sort_by = x;
    for (int round = 0; round < 400; round++) {
        uint32_t n = 1 + (uint32_t)rand() % (round % 4 ? 600 : 6000), most = 1 + (uint32_t)rand() % 256, numbers = 0;
        int kind = rand() % 5;
        for (uint32_t i = 0; i < n; i++) {
            float r = (float)rand() / (float)RAND_MAX;
            x[i] = kind == 0 ? 20 * r - 10 : kind == 1 ? (float)(rand() % 3) : kind == 2 ? (rand() % 2 ? -0.0f : 0.0f) : kind == 3 ? -1e30f * r : 7;
            if (rand() % 100 == 0)
                x[i] = rand() % 3 ? (rand() % 2 ? 1.0f / 0.0f : -1.0f / 0.0f) : (float)(0.0 / 0.0);
            if (x[i] == x[i])
                order[numbers++] = i;
        }
        qsort(order, numbers, sizeof *order, descending);
        memcpy(soc.mem + 1000, x, 4 * n);
        uint32_t found = qn_fw_greatest(1000, n, most, c);
        assert_int_equal(found, numbers < most ? numbers : most);
        for (uint32_t i = 0; i < found; i++)
            if (c[i].token != order[i])
                fail_msg("round %d, %u of %u (kind %d): place %u is %u, not %u", round, most, n, kind, i, c[i].token, order[i]);
    }
}

// ---- the token loop, against a session of the driver and the draws of quern run
static qn_prog prog;
static const uint32_t prompt[] = {1, 403, 407, 261, 378, 500, 600, 700, 800, 900, 1000, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21};
enum { PROMPT = sizeof prompt / sizeof *prompt, CONTEXT = 48, TEXT = 4000000 };

static int model_up(void **state)
{
    qn_gguf *g;
    qn_options o = qn_options_default(qn_target_find("ulx3s"));
    o.context = CONTEXT;
    if (setup(state) < 0 || qn_gguf_open(&g, "models/quern-stories.gguf", NULL) < 0 || qn_compile(&prog, g, &o, NULL) < 0)
        return -1;
    qn_gguf_close(g);
    qn_fw_start();
    return 0;
}

static int model_down(void **state)
{
    qn_prog_free(&prog);
    return teardown(state);
}

static void load(void)
{
    memcpy(soc.mem + qn_prog_window_of(&prog, QN_WIN_IMAGE).base, prog.image, 4ull * prog.lay.image_words);
    for (unsigned w = 0; w < QN_WINDOWS; w++) {
        qn_prog_window v = qn_prog_window_of(&prog, w);
        qn_model_write(soc.m, QN_REG_WIN_BASE + w, v.base);
        qn_model_write(soc.m, QN_REG_WIN_SIZE + w, v.size);
        qn_model_write(soc.m, QN_REG_WIN_FLAGS + w, v.writable);
    }
    qn_model_write(soc.m, QN_REG_PROG_ADDR, qn_prog_window_of(&prog, QN_WIN_IMAGE).base + prog.lay.code_addr);
    qn_model_write(soc.m, QN_REG_PROG_WORDS, prog.code_words);
    memcpy(soc.mem + TEXT, prompt, sizeof prompt);
}

static void arguments(uint32_t most, float temperature, uint32_t top_k, float top_p, uint32_t seed)
{
    uint32_t *a = &soc.box[QN_MB_ARG];
    memset(a, 0, 64 * sizeof *a);
    a[QN_MB_GEN_TEXT] = TEXT;
    a[QN_MB_GEN_LENGTH] = PROMPT;
    a[QN_MB_GEN_MOST] = most;
    a[QN_MB_GEN_CONTEXT] = CONTEXT;
    a[QN_MB_GEN_CHUNK] = prog.chunk;
    a[QN_MB_GEN_VOCAB] = prog.dims.vocab;
    a[QN_MB_GEN_PREFILL] = prog.entry[QN_ENTRY_PREFILL];
    a[QN_MB_GEN_DECODE] = prog.entry[QN_ENTRY_DECODE];
    a[QN_MB_GEN_LOGITS] = qn_prog_window_of(&prog, QN_WIN_IO).base;
    a[QN_MB_GEN_LIMIT] = 100000;
    memcpy(&a[QN_MB_GEN_TEMPERATURE], &temperature, 4);
    a[QN_MB_GEN_TOP_K] = top_k;
    memcpy(&a[QN_MB_GEN_TOP_P], &top_p, 4);
    a[QN_MB_GEN_SEED] = seed;
}

static uint32_t generate(void)
{
    static uint32_t tag = 0x1000;
    uint32_t value = ++tag << 8 | QN_MB_COMMAND_GENERATE;
    soc.n_answered = 0;
    ring(value);
    qn_fw_turn();
    assert_int_equal(soc.box[QN_MB_ANSWERED], value);
    return soc.box[QN_MB_STATUS];
}

static void same_text(void **state)
{
    (void)state;
    static const struct { float temperature, top_p; uint32_t top_k, seed; } way[] = {{0, 1, 0, 0}, {0.8f, 0.95f, 40, 7}, {1.5f, 1, 0, 3}, {1, 0.5f, 200, 9}};
    enum { MOST = 6 };
    float *logits = calloc(prog.dims.vocab, sizeof *logits);
    for (int k = 0; k < 4; k++) {
        qn_dev *dev;
        qn_session *s;
        uint32_t want[MOST];
        assert_int_equal(qn_dev_open(&dev, "model:ulx3s", NULL), 0);
        qn_dev_timed(dev, false);
        assert_int_equal(qn_session_open(&s, dev, &prog, NULL), 0);
        cli_sampler sampler = {.temperature = way[k].temperature, .top_k = way[k].top_k, .top_p = way[k].top_p, .state = way[k].seed};
        assert_int_equal(qn_session_prefill(s, prompt, PROMPT, QN_SESSION_LOGITS, NULL), 0);
        for (int i = 0; i < MOST; i++) {
            assert_int_equal(qn_session_logits(s, logits), 0);
            want[i] = way[k].temperature > 0 ? cli_sample(&sampler, logits, prog.dims.vocab) : qn_session_pick(s);
            if (i + 1 < MOST)
                assert_int_equal(qn_session_decode(s, want[i], QN_SESSION_LOGITS, NULL), 0);
        }
        qn_session_close(s);
        qn_dev_close(dev);

        load();
        arguments(MOST, way[k].temperature, way[k].top_k, way[k].top_p, way[k].seed);
        assert_int_equal(generate(), QN_MB_STATUS_OK);
        assert_int_equal(soc.box[QN_MB_TOKENS], MOST);
        assert_int_equal(soc.box[QN_MB_FINISH], QN_MB_FINISH_LENGTH);
        assert_int_equal(soc.box[QN_MB_POS], PROMPT + MOST - 1);
        for (int i = 0; i < MOST; i++)
            assert_int_equal(soc.mem[TEXT + PROMPT + i], want[i]);

        // An end token is not appended
        arguments(MOST, way[k].temperature, way[k].top_k, way[k].top_p, way[k].seed);
        soc.box[QN_MB_ARG + QN_MB_GEN_ENDS] = 2;
        soc.box[QN_MB_ARG + QN_MB_GEN_END] = prog.dims.vocab;
        soc.box[QN_MB_ARG + QN_MB_GEN_END + 1] = want[2];
        uint32_t upto = want[0] == want[2] ? 0 : want[1] == want[2] ? 1 : 2;
        assert_int_equal(generate(), QN_MB_STATUS_OK);
        assert_int_equal(soc.box[QN_MB_TOKENS], upto);
        assert_int_equal(soc.box[QN_MB_FINISH], QN_MB_FINISH_END);
    }
    free(logits);
}

static void ends_of_generation(void **state)
{
    (void)state;
    load();
    arguments(1000, 0, 0, 1, 0);
    assert_int_equal(generate(), QN_MB_STATUS_OK);
    assert_int_equal(soc.box[QN_MB_FINISH], QN_MB_FINISH_CONTEXT);
    assert_int_equal(soc.box[QN_MB_POS], CONTEXT);
    assert_int_equal(soc.box[QN_MB_TOKENS], CONTEXT + 1 - PROMPT);

    // A command meanwhile is answered BUSY at once; then this one's answer comes
    arguments(3, 0, 0, 1, 0);
    soc.ring_at = 2;
    soc.bell = QN_MB_BELL_COMMAND;
    assert_int_equal(generate(), QN_MB_STATUS_OK);
    assert_int_equal(soc.n_answered, 2);
    assert_int_equal(soc.answered[0], QN_MB_COMMAND_SUM | 0xab00);
    assert_int_equal(soc.status[0], QN_MB_STATUS_BUSY);

    arguments(20, 0, 0, 1, 0);
    soc.ring_at = 14;
    soc.bell = QN_MB_BELL_STOP;
    assert_int_equal(generate(), QN_MB_STATUS_OK);
    assert_int_equal(soc.box[QN_MB_FINISH], QN_MB_FINISH_STOP);
    assert_true(soc.box[QN_MB_TOKENS] < 20);

    // The core hangs; the next run works
    arguments(2, 0, 0, 1, 0);
    soc.hang = true;
    assert_int_equal(generate(), QN_MB_STATUS_TIMEOUT);
    assert_int_equal(soc.box[QN_MB_FINISH], QN_MB_FINISH_FAULT);
    assert_int_equal(soc.box[QN_MB_LAST], QN_MB_COMMAND_GENERATE);
    assert_int_equal(soc.box[QN_MB_LAST + 1], QN_MB_STATUS_TIMEOUT);
    arguments(2, 0, 0, 1, 0);
    assert_int_equal(generate(), QN_MB_STATUS_OK);

    // Somebody resets the core in its job: what it left is the job's before
    soc.cut = true;
    assert_int_equal(generate(), QN_MB_STATUS_TIMEOUT);
    assert_int_equal(generate(), QN_MB_STATUS_OK);

    // The core traps: a window too small
    qn_model_write(soc.m, QN_REG_WIN_SIZE + QN_WIN_KV, 16);
    assert_int_equal(generate(), QN_MB_STATUS_TRAP);
    assert_int_equal(soc.box[QN_MB_LAST + 2], QN_TRAP_WINDOW);
    qn_model_write(soc.m, QN_REG_CTRL, QN_CTRL_RESET);
    load();
    assert_int_equal(generate(), QN_MB_STATUS_OK);
}

static void arguments_refused(void **state)
{
    (void)state;
    static const struct { unsigned arg; uint32_t value; } bad[] = {
        {QN_MB_GEN_LENGTH, 0}, {QN_MB_GEN_LENGTH, CONTEXT + 1}, {QN_MB_GEN_POS, PROMPT}, {QN_MB_GEN_CHUNK, 0}, {QN_MB_GEN_CHUNK, 57},
        {QN_MB_GEN_VOCAB, 0}, {QN_MB_GEN_TEXT, 0xffffffff}, {QN_MB_GEN_TEXT, 8388608 - CONTEXT}, {QN_MB_GEN_CONTEXT, 0xffffffff},
        {QN_MB_GEN_TEMPERATURE, 0x7f800000}, {QN_MB_GEN_TEMPERATURE, 0xbf800000}, {QN_MB_GEN_TOP_P, 0x3f800001}, {QN_MB_GEN_TOP_K, 257},
        {QN_MB_GEN_ENDS, 9}, {QN_MB_GEN_LOGITS, 8388608}};
    load();
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        arguments(1, 1, 0, 1, 0);
        soc.box[QN_MB_ARG + bad[i].arg] = bad[i].value;
        if (generate() != QN_MB_STATUS_ARGUMENT)
            fail_msg("argument %u = %u is taken", bad[i].arg, bad[i].value);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(self_test, setup, teardown),
        cmocka_unit_test_prestate_setup_teardown(self_test_of_few_rows, setup, teardown, (void *)(uintptr_t)"micro"),
        cmocka_unit_test_setup_teardown(power_on_faults, setup, teardown),
        cmocka_unit_test_setup_teardown(sums, setup, teardown), cmocka_unit_test_setup_teardown(greatest, setup, teardown),
        cmocka_unit_test_setup_teardown(same_text, model_up, model_down), cmocka_unit_test_setup_teardown(ends_of_generation, model_up, model_down),
        cmocka_unit_test_setup_teardown(arguments_refused, model_up, model_down)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
