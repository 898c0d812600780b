// SPDX-License-Identifier: Apache-2.0
// quern.h: all of libquern that programs use: compiling a GGUF model, running it on a device, text to tokens and back.
//
//     cc chat.c $(pkg-config --cflags --libs quern)
//
// Each header begins with its example: qn_compile.h and qn_prog_file.h (models), qn_token.h (text), qn_dev.h and qn_session.h (devices), qn_err.h.
// Functions return 0 or a negative qn_err; the library prints nothing and never ends its caller's process. Everything begins with qn_ or QN_.
#ifndef QUERN_H
#define QUERN_H

#include "compiler/back/qn_compile.h"
#include "compiler/back/qn_prog_file.h"
#include "compiler/front/qn_token.h"
#include "compiler/front/qn_token_file.h"
#include "compiler/verify/qn_verify.h"
#include "driver/qn_dev.h"
#include "driver/qn_session.h"
#include "driver/wire/qn_usb.h"

#endif
