// SPDX-License-Identifier: Apache-2.0
// qn_mailbox.h: mailbox.def for C: QN_MB_VERSION, QN_MB_ARG (register), QN_MB_ARG_COUNT, QN_MB_BELL_STOP, QN_MB_STATE_IDLE, QN_MB_COMMAND_GENERATE,
// QN_MB_GEN_TEXT (argument), QN_MB_STATUS_BUSY, QN_MB_FINISH_END.
#ifndef QN_MAILBOX_H
#define QN_MAILBOX_H

#define QN_MB_CONST(name, value, text) QN_MB_##name = value,
#define QN_MB_REG(name, reg, count, writer, text) QN_MB_##name = reg, QN_MB_##name##_COUNT = count,
#define QN_MB_BELL(name, number, text) QN_MB_BELL_##name = number,
#define QN_MB_STATE(name, code, text) QN_MB_STATE_##name = code,
#define QN_MB_COMMAND(name, code, text) QN_MB_COMMAND_##name = code,
#define QN_MB_GEN(name, argument, text) QN_MB_GEN_##name = argument,
#define QN_MB_STATUS(name, code, error, text) QN_MB_STATUS_##name = code,
#define QN_MB_FINISH(name, code, text) QN_MB_FINISH_##name = code,
#define QN_MB_REGION(name, base, words, flags, text)
enum qn_mb_number {
#include "rtl/spec/mailbox.def"
};
#undef QN_MB_CONST
#undef QN_MB_REG
#undef QN_MB_BELL
#undef QN_MB_STATE
#undef QN_MB_COMMAND
#undef QN_MB_GEN
#undef QN_MB_STATUS
#undef QN_MB_FINISH
#undef QN_MB_REGION

#endif
