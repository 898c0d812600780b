// SPDX-License-Identifier: Apache-2.0
// Commands, and what goes on beside them. Answers are written before ANSWERED, so whoever reads it equal to what it rang reads the rest.
#include "firmware/app/qn_fw.h"
#include "rtl/spec/qn_isa.h"

enum { DOG_MS = 2000, TEST_WORDS = 4096, BOOT_WORDS = 64 };

static uint32_t commands, faults;
static bool stopped;

static void console(const char *s)
{
    for (; *s; s++) {
        for (int i = 0; i < 1000 && qn_hal_own(QN_SOC_CONSOLE); i++)
            ;
        qn_hal_own_set(QN_SOC_CONSOLE, (uint8_t)*s);
    }
}

static void answer(uint32_t bell, unsigned status)
{
    qn_hal_reg_set(QN_MB_STATUS, status);
    qn_hal_reg_set(QN_MB_COMMANDS, ++commands);
    qn_hal_reg_set(QN_MB_ANSWERED, bell);
}

// A command that was rung and not yet taken
static bool rung(uint32_t *bell)
{
    if (!(qn_hal_own(QN_SOC_BELL) & 1u << QN_MB_BELL_COMMAND))
        return false;
    qn_hal_own_set(QN_SOC_BELL, 1u << QN_MB_BELL_COMMAND);
    *bell = qn_hal_own(QN_SOC_BELL_VALUE);
    return true;
}

static void live(void)
{
    qn_hal_own_set(QN_SOC_DOG, DOG_MS);
    qn_hal_reg_set(QN_MB_SECONDS, qn_hal_own(QN_SOC_MS) / 1000);
}

void qn_fw_wait(void)
{
    uint32_t bell;
    live();
    if (rung(&bell))
        answer(bell, QN_MB_STATUS_BUSY);
}

bool qn_fw_stopped(void)
{
    if (qn_hal_own(QN_SOC_BELL) & 1u << QN_MB_BELL_STOP) {
        qn_hal_own_set(QN_SOC_BELL, 1u << QN_MB_BELL_STOP);
        stopped = true;
    }
    return stopped;
}

void qn_fw_sweep(unsigned what, uint32_t addr, uint32_t words, uint32_t low, uint32_t high)
{
    qn_hal_own_set(QN_SOC_SWEEP_ADDR, addr);
    qn_hal_own_set(QN_SOC_SWEEP_WORDS, words);
    qn_hal_own_set(QN_SOC_SWEEP_LOW, low);
    qn_hal_own_set(QN_SOC_SWEEP_HIGH, high);
    qn_hal_own_set(QN_SOC_SWEEP_GO, what);
    while (qn_hal_own(QN_SOC_SWEEP_GO))
        qn_fw_wait();
}

static bool inside(uint32_t addr, uint32_t words)
{
    uint32_t all = qn_hal_own(QN_SOC_MEM_WORDS);
    return words <= all && addr <= all - words;
}

static unsigned test(uint32_t addr, uint32_t words)
{
    if (words < TEST_WORDS || !inside(addr, words))
        return QN_MB_STATUS_ARGUMENT;
    unsigned status = qn_fw_march(addr, words);
    return status ? status : qn_fw_known(addr);
}

static unsigned execute(uint32_t command)
{
    uint32_t addr = qn_hal_reg(QN_MB_ARG), words = qn_hal_reg(QN_MB_ARG + 1);
    switch (command) {
    case QN_MB_COMMAND_SUM:
        if (!inside(addr, words))
            return QN_MB_STATUS_ARGUMENT;
        qn_fw_sweep(QN_SOC_SWEEP_SUM_CODE, addr, words, 0, 0);
        qn_hal_reg_set(QN_MB_RESULT, qn_hal_own(QN_SOC_SWEEP_CRC));
        return QN_MB_STATUS_OK;
    case QN_MB_COMMAND_FILL:
        if (!inside(addr, words))
            return QN_MB_STATUS_ARGUMENT;
        qn_fw_sweep(QN_SOC_SWEEP_FILL_CODE, addr, words, qn_hal_reg(QN_MB_ARG + 2), 0);
        return QN_MB_STATUS_OK;
    case QN_MB_COMMAND_TEST: return test(addr, words);
    case QN_MB_COMMAND_GENERATE:
        stopped = false;
        qn_hal_own_set(QN_SOC_BELL, 1u << QN_MB_BELL_STOP);
        return qn_fw_generate();
    default: return QN_MB_STATUS_COMMAND;
    }
}

static void record(uint32_t command, unsigned status)
{
    qn_hal_reg_set(QN_MB_LAST, command);
    qn_hal_reg_set(QN_MB_LAST + 1, status);
    qn_hal_reg_set(QN_MB_LAST + 2, qn_hal_reg(QN_REG_TRAP));
    qn_hal_reg_set(QN_MB_LAST + 3, qn_hal_reg(QN_REG_TRAP_PC));
    qn_hal_reg_set(QN_MB_FAULTS, ++faults);
}

static uint32_t state;

// Memory is tested at power-on only: later starts find weights there
void qn_fw_start(void)
{
    uint32_t starts = qn_hal_own(QN_SOC_STARTS);
    commands = faults = 0;
    qn_hal_reg_set(QN_MB_STATE, QN_MB_STATE_BOOT);
    for (unsigned r = QN_MB_ANSWERED; r < QN_MB_WORK + QN_MB_WORK_COUNT; r++)
        qn_hal_reg_set(r, 0);
    qn_hal_reg_set(QN_MB_STARTS, starts);
    live();
    // What a start found running is not the firmware's anymore. A sweep looks at its registers until it is done
    qn_hal_reg_set(QN_REG_CTRL, QN_CTRL_RESET);
    for (; qn_hal_own(QN_SOC_SWEEP_GO); live())
        ;
    unsigned status = qn_fw_ddr();
    if (starts == 1) {
        if (!status)
            status = qn_fw_march(0, BOOT_WORDS);
        if (!status)
            status = qn_fw_lines(qn_hal_own(QN_SOC_MEM_WORDS));
        if (!status)
            status = qn_fw_known(0);
    }
    qn_hal_reg_set(QN_MB_BOOT, status);
    state = status ? QN_MB_STATE_FAILED : QN_MB_STATE_IDLE;
    console(status ? "quern: self-test failed\n" : "quern: ready\n");
    qn_hal_reg_set(QN_MB_STATE, state);
}

void qn_fw_turn(void)
{
    uint32_t bell;
    live();
    if (!rung(&bell))
        return;
    uint32_t command = bell & 255;
    if (state == QN_MB_STATE_FAILED && command != QN_MB_COMMAND_TEST) {
        answer(bell, qn_hal_reg(QN_MB_BOOT));
        return;
    }
    for (unsigned r = QN_MB_TOKENS; command == QN_MB_COMMAND_GENERATE && r <= QN_MB_POS; r++)
        qn_hal_reg_set(r, 0);            // before BUSY: who sees that sees no tokens of the last run
    qn_hal_reg_set(QN_MB_STATE, QN_MB_STATE_BUSY);
    unsigned status = execute(command);
    if (status > QN_MB_STATUS_BUSY)
        record(command, status);
    if (command == QN_MB_COMMAND_TEST && status != QN_MB_STATUS_ARGUMENT) {
        state = status ? QN_MB_STATE_FAILED : QN_MB_STATE_IDLE;
        qn_hal_reg_set(QN_MB_BOOT, status);
    }
    qn_hal_reg_set(QN_MB_STATE, state);
    answer(bell, status);
}
