// SPDX-License-Identifier: Apache-2.0
// usb_run.h: what the USB tests run: a compiled model, some tokens of it on a device, and what must come out.
#ifndef USB_RUN_H
#define USB_RUN_H

#include "tests/driver/usb_client.h"

#include "compiler/back/qn_abi.h"
#include "compiler/back/qn_compile.h"
#include "driver/client/qn_client.h"
#include "driver/qn_session.h"

static qn_prog prog;

static inline int compile_model(const char *path, uint32_t context)
{
    qn_gguf *g;
    qn_options o = qn_options_default(qn_target_find("ulx3s"));
    o.context = context;
    int err = qn_gguf_open(&g, path, NULL);
    if (err < 0)
        return err;
    err = qn_compile(&prog, g, &o, NULL);
    qn_gguf_close(g);
    return err;
}

typedef struct result {
    qn_session_digest d;
    uint32_t token[64];
} result;

enum { PROMPT = 5 };
static const uint32_t prompt[PROMPT] = {1, 403, 407, 261, 378};

static inline int open_both(const char *where, qn_dev **dev, qn_session **s, qn_why *why)
{
    why->text[0] = 0;
    *s = NULL;
    int err = qn_dev_open(dev, where, why);
    return err < 0 ? err : qn_session_open(s, *dev, &prog, why);
}

static inline int generate(qn_session *s, unsigned n, result *r, qn_why *why)
{
    memset(r, 0, sizeof *r);
    int err = qn_session_prefill(s, prompt, PROMPT, QN_SESSION_PICK, why);
    for (unsigned i = 0; !err && i < n; i++) {
        r->token[i] = qn_session_pick(s);
        if (i + 1 < n)
            err = qn_session_decode(s, r->token[i], QN_SESSION_PICK, why);
    }
    return err < 0 ? err : qn_session_digest_get(s, &r->d);
}

static inline void run_whole(const char *where, unsigned n, result *r)
{
    qn_dev *dev;
    qn_session *s;
    qn_why why;
    int err = open_both(where, &dev, &s, &why);
    if (!err)
        err = generate(s, n, r, &why);
    if (err)
        fail_msg("%s: %d %s: %s", where, err, qn_err_text(err), why.text);
    qn_session_close(s);
    qn_dev_close(dev);
}

static inline void same(const result *a, const result *b)
{
    assert_memory_equal(a->token, b->token, sizeof a->token);
    assert_int_equal(a->d.a, b->d.a);
    assert_int_equal(a->d.b, b->d.b);
    assert_true(a->d.kv == b->d.kv);
}

#endif
