// SPDX-License-Identifier: Apache-2.0
#include "driver/qn_err.h"

#include <stdio.h>

int qn_fail(qn_why *why, int err, const char *fmt, ...)
{
    if (why) {
        va_list ap;
        va_start(ap, fmt);
        vsnprintf(why->text, sizeof why->text, fmt, ap);
        va_end(ap);
    }
    return err;
}

const char *qn_err_text(int err)
{
    switch (err) {
    case QN_OK:
        return "no error";
#define QN_ERR_TEXT(name, code, exit, text) case code: return text;
    QN_ERRORS(QN_ERR_TEXT)
#undef QN_ERR_TEXT
    default:
        return "unknown error";
    }
}

int qn_err_exit(int err)
{
    switch (err) {
    case QN_OK:
        return 0;
#define QN_ERR_EXIT(name, code, exit, text) case code: return exit;
    QN_ERRORS(QN_ERR_EXIT)
#undef QN_ERR_EXIT
    default:
        return 70;
    }
}
