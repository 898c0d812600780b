// SPDX-License-Identifier: Apache-2.0
// qn_err.h: every error that a Quern library returns: one list, with the exit code of sysexits.h that a program maps it to.
//
//     int err = qn_gguf_open(&g, path);
//     if (err < 0)
//         fprintf(stderr, "%s: %s\n", path, qn_err_text(err));
//
// Functions return 0 or a negative code. Where a library knows more (which key, which offset), it fills a `qn_why`.
#ifndef QN_ERR_H
#define QN_ERR_H

#include <stdarg.h>

// QN_ERRORS(X): X(name, code, exit code, text)
#define QN_ERRORS(X)                                                                   \
    X(NOMEM,       -1, 71, "out of memory")                                            \
    X(IO,          -2, 74, "input or output error")                                    \
    X(NOENT,       -3, 66, "no such file, or it cannot be read")                       \
    X(FORMAT,      -4, 65, "malformed file")                                           \
    X(TRUNCATED,   -5, 65, "file ends too early")                                      \
    X(UNSUPPORTED, -6, 65, "not supported")                                            \
    X(TOO_LARGE,   -7, 65, "does not fit the target")                                  \
    X(CHECKSUM,    -8, 65, "checksum does not match")                                  \
    X(VERSION,     -9, 65, "version does not match")                                   \
    X(TARGET,     -10, 65, "made for another target")                                  \
    X(NO_TARGET,  -11, 64, "no such target")                                           \
    X(NO_PORT,    -12, 64, "no such kind of device")                                   \
    X(NO_DEVICE,  -13, 69, "no device")                                                \
    X(USAGE,      -14, 64, "wrong use")                                                \
    X(RANGE,      -15, 65, "out of range")                                             \
    X(TRAP,       -16, 70, "the core trapped")                                         \
    X(TIMEOUT,    -17, 75, "time limit reached")                                       \
    X(VERIFY,     -18, 65, "program refused by the verifier")                          \
    X(CONTEXT,    -19, 65, "longer than the context")                                  \
    X(NONFINITE,  -20, 65, "a value that is not finite")                               \
    X(NO_TOKEN,   -21, 65, "the vocabulary has no token for a byte of the text")       \
    X(STOPPED,    -22, 130, "stopped")                                                 \
    X(NO_DISK,    -23, 73, "cannot be written")                                        \
    X(MISMATCH,   -24, 70, "two executors differ")                                     \
    X(RESET,      -25, 69, "the device was reset; what was asked of it is undecided")  \
    X(LINK,       -26, 76, "an answer against the link's protocol")                    \
    X(RIGHTS,     -27, 65, "memory that may not be read or written")                   \
    X(BUSY,       -28, 75, "the device is busy")                                       \
    X(MEMORY,     -29, 70, "the device's memory does not keep what is written")        \
    X(ARRAY,      -30, 70, "the core's known answer is wrong")                         \
    X(ACCESS,     -31, 77, "no permission")

enum qn_err {
    QN_OK = 0,
#define QN_ERR_ENUM(name, code, exit, text) QN_ERR_##name = code,
    QN_ERRORS(QN_ERR_ENUM)
#undef QN_ERR_ENUM
};

// What exactly was wrong: one line, no newline, no file name. Filled by the function that returns the error.
typedef struct qn_why {
    char text[256];
} qn_why;

// Formats into `why` (which may be NULL) and returns `err`.
int qn_fail(qn_why *why, int err, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

// The list's text of an error; never NULL.
const char *qn_err_text(int err);

// The sysexits.h code that a program ends with.
int qn_err_exit(int err);

#endif
