// SPDX-License-Identifier: Apache-2.0
// A whole generation on the Verilated system behind the driver, with one fault, at every frame in both directions (platform_bed.h has the kinds). What comes out
// is right (the machine model's tokens, logits, cache, digest), or it is a defined error and goes on after resuming; a fault of the line alone never ends in
// an error once the session stands, and no command is carried out twice. Between them, clean runs on the same device: after each of them where there are few, after
// the six of an index where there are all.
//
//     platform_faults MODEL MODE [N]      steps: from here; loop: by the firmware; upload: weights sent first; tcp: by steps, the line a socket.
//                                         N: so many runs, spread over indices and kinds; else all
// QN_EVERY=n, QN_OFFSET=k: every n-th index from k on. QN_SEED. QN_ONE=out,17,flip: that run alone. Run by test_platform_faults.sh.
#define _GNU_SOURCE
#include <netinet/in.h>
#include <pthread.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "compiler/back/qn_abi.h"
#include "tests/system/platform_bed.h"

enum { SCALE = 100, RECOVER_SCALE = 4, DEAR = 16, PATIENCE_MS = 60000, OPENING = 2 };

static result expected;
static const char *where = "bed:";
static bool loop_mode, upload_mode, tcp_mode;
static unsigned failed[64], resumed, commands, commands_of_a_run;
static char what[80];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;      // of the bed, where the board is another thread's

static void note(int err, const char *why)
{
    bool is_defined = err == QN_ERR_NO_DEVICE || err == QN_ERR_RESET || err == QN_ERR_TIMEOUT || err == QN_ERR_LINK || err == QN_ERR_IO;
    CHECK(is_defined, "%s: error %d (%s): %s", what, err, qn_err_text(err), why);
    failed[-err]++;
}

// Device and session, again after an error; returns how many there were
static int opened(qn_dev **dev, qn_session **s)
{
    for (int errors = 0;; errors++) {
        qn_why why = {""};
        *s = NULL;
        int err = qn_dev_open(dev, where, &why);
        if (!err)
            err = qn_session_open(s, *dev, &prog, &why);
        if (!err)
            return errors;
        CHECK(errors < 3, "%s: cannot be opened again: %s: %s", what, qn_err_text(err), why.text);
        note(err, why.text);
        qn_session_close(*s);
        qn_dev_close(*dev);
    }
}

static void once_more(qn_session *s, int err, const qn_why *before)
{
    qn_why why = {""};
    note(err, before->text);
    err = qn_session_resume(s, PATIENCE_MS, &why);
    CHECK(err == 0, "%s: no resuming after '%s': %s: %s", what, before->text, qn_err_text(err), why.text);
    resumed++;
}

static void keep(void *ctx, uint32_t token)
{
    result *r = ctx;
    unsigned i = 0;
    while (i < TOKENS && r->token[i])
        i++;
    CHECK(i < TOKENS, "%s: a token too many", what);
    r->token[i] = token;
}

#define TRY(call)                                                        \
    while ((err = (call)) < 0) {                                         \
        CHECK(++errors < 5, "%s: %s: %s", what, qn_err_text(err), why.text); \
        once_more(s, err, &why);                                         \
    }

// The whole of it; returns how many errors there were
static int go(void)
{
    qn_dev *dev;
    qn_session *s;
    result r = {.token = {0}};
    qn_why why = {""};
    uint32_t count;
    int errors = opened(&dev, &s), err;
    if (loop_mode) {
        qn_session_loop loop = {.most = TOKENS, .top_p = 1, .token = keep, .ctx = &r};
        TRY(qn_session_generate(s, prompt, PROMPT, &loop, &why));
        CHECK(loop.finish == QN_SESSION_RAN_OUT && loop.made == TOKENS, "%s: %u tokens, finish %d", what, loop.made, loop.finish);
    } else {
        TRY(qn_session_prefill(s, prompt + qn_session_pos(s), PROMPT - qn_session_pos(s), QN_SESSION_PICK, &why));
        for (unsigned i = 0; i < TOKENS; i++) {
            r.token[i] = qn_session_pick(s);
            if (i + 1 < TOKENS)
                TRY(qn_session_decode(s, r.token[i], i + 2 < TOKENS ? QN_SESSION_PICK : QN_SESSION_LOGITS, &why));
        }
        TRY(qn_session_logits(s, r.logits));
    }
    TRY(qn_session_digest_get(s, &r.d));
    TRY(qn_dev_reg_read(dev, QN_REG_ID, &count));             // the line is quiet again
    if (loop_mode)
        memcpy(r.logits, expected.logits, sizeof r.logits);   // a greedy loop leaves none
    CHECK(memcmp(&r, &expected, sizeof r) == 0, "%s: other bits: tokens %u %u, digest %08x %08x %016llx, not %u %u, %08x %08x %016llx", what, r.token[0], r.token[1],
          r.d.a, r.d.b, (unsigned long long)r.d.kv, expected.token[0], expected.token[1], expected.d.a, expected.d.b, (unsigned long long)expected.d.kv);
    if (bed.c) {
        count = bed_reg(bed.c, QN_MB_COMMANDS);
        CHECK(errors || !commands_of_a_run || count - commands == commands_of_a_run, "%s: %u commands carried out, not %u", what, count - commands, commands_of_a_run);
        commands = count;
    }
    qn_session_close(s);
    qn_dev_close(dev);
    return errors;
}

// ---- a board behind a socket: the bed in a thread of its own

static int listener = -1;

static void *serve(void *ctx)
{
    (void)ctx;
    int client = -1;
    bed_power(SCALE);
    for (;;) {
        uint8_t bytes[4096];
        ssize_t n = 0;
        if (client < 0)
            client = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
        if (client >= 0 && (n = recv(client, bytes, sizeof bytes, 0)) == 0) {
            close(client);
            client = -1;
        }
        pthread_mutex_lock(&lock);
        if (n > 0)
            feed(&bed.out, to_board, bytes, (size_t)n);
        bed_run(20);
        for (size_t at = 0; client >= 0 && at < bed.n_in; at += n > 0 ? (size_t)n : 0)
            if ((n = send(client, bed.to_host + at, bed.n_in - at, MSG_NOSIGNAL)) == 0)
                break;
        bed.n_in = 0;
        pthread_mutex_unlock(&lock);
    }
    return NULL;
}

static void serve_tcp(void)
{
    static char place[40];
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof a;
    pthread_t thread;
    listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    CHECK(listener >= 0 && bind(listener, (struct sockaddr *)&a, sizeof a) == 0 && listen(listener, 1) == 0 && getsockname(listener, (struct sockaddr *)&a, &n) == 0,
          "no socket");
    snprintf(place, sizeof place, "tcp:127.0.0.1:%u", ntohs(a.sin_port));
    where = place;
    CHECK(pthread_create(&thread, NULL, serve, NULL) == 0, "no thread");
}

// ---- the sweep

enum { LOOK = 24 };                      // frames of a look at the firmware's loop, each way

static unsigned runs, met, cleans, index_of[2];

// Spoils a word of the image, so that it has to be sent
static void lose_weights(void)
{
    if (upload_mode)
        qn_platform_flip(bed.p, qn_prog_window_of(&prog, QN_WIN_IMAGE).base + prog.lay.image_words / 2, 5);
}

static void clean(void)
{
    char after[sizeof what];
    memcpy(after, what, sizeof what);
    snprintf(what, sizeof what, "after %.70s", after);
    int errors = go();
    CHECK(!errors, "%s: an error without a fault", what);
    cleans++;
}

static void one(unsigned in, unsigned i, enum kind kind, uint32_t seed)
{
    bool line = kind <= CUT;
    unsigned of_a_run = commands_of_a_run;
    commands_of_a_run = line ? of_a_run : 0;                   // else counted from a start of the firmware
    snprintf(what, sizeof what, "frame %u %s, %s", i, in ? "back" : "out", kinds[kind]);
    pthread_mutex_lock(&lock);
    lose_weights();
    bed.recover_scale = line ? 0 : RECOVER_SCALE;
    bed_fault(in ? &bed.in : &bed.out, i, kind, seed + 1000 * i + 10 * kind + in);
    pthread_mutex_unlock(&lock);
    int errors = go();
    runs++;
    met += bed.faults > 0;
    // How often a host looks depends on the time of a socket, and of the loop's beginning among the board's clocks
    CHECK(bed.faults || tcp_mode || (loop_mode && i + LOOK >= index_of[in]), "%s: the run never came to it", what);
    CHECK(!errors || !line || i < OPENING, "%s: an error that the link should have repaired", what);
    pthread_mutex_lock(&lock);
    bed.out.at = bed.in.at = NEVER;
    bed_hurry(SCALE);
    pthread_mutex_unlock(&lock);
    if (line)
        return;
    clean();
    commands_of_a_run = of_a_run;
}

int main(int argc, char **argv)
{
    const char *mode = argc > 2 ? argv[2] : "";
    unsigned seed = env("QN_SEED", 20261127), every = env("QN_EVERY", 1), offset = env("QN_OFFSET", 0), n = argc > 3 ? (unsigned)atoi(argv[3]) : 0;
    tcp_mode = strcmp(mode, "tcp") == 0;
    setvbuf(stdout, NULL, _IOLBF, 0);
    loop_mode = strcmp(mode, "loop") == 0;
    upload_mode = strcmp(mode, "upload") == 0;
    CHECK(tcp_mode || loop_mode || upload_mode || strcmp(mode, "steps") == 0, "which of steps, loop, upload, tcp?");
    bed.crash_at = env("QN_CRASH_AT", 0);
    printf("QN_SEED=%u\n", seed);
    compile(argv[1]);
    run_model(&expected);
    qn_dev_add_port(bed_port());
    qn_dev_add_port(&qn_port_tcp);
    bed.out.at = bed.in.at = NEVER;
    if (tcp_mode)
        serve_tcp();
    else
        bed_power(SCALE);

    snprintf(what, sizeof what, "no fault");
    CHECK(go() == 0, "errors without a fault");               // sends the weights
    unsigned before = commands;
    bed.out.count = bed.in.count = 0;
    uint64_t clocks = tcp_mode ? 0 : qn_platform_clocks(bed.p);
    lose_weights();
    CHECK(go() == 0, "errors without a fault");
    index_of[0] = bed.out.count;
    index_of[1] = bed.in.count;
    commands_of_a_run = commands - before;
    printf("%s: %u words of weights and program, %u frames out, %u back", mode, prog.lay.image_words, index_of[0], index_of[1]);
    if (!tcp_mode)
        printf(", %llu clocks, %u commands", (unsigned long long)(qn_platform_clocks(bed.p) - clocks), commands_of_a_run);
    printf("\n");

    char way_name[8], kind_name[16];
    unsigned index;
    if (getenv("QN_ONE") && sscanf(getenv("QN_ONE"), "%7[^,],%u,%15s", way_name, &index, kind_name) == 3) {
        for (unsigned k = 1; k < KINDS; k++)
            if (strcmp(kind_name, kinds[k]) == 0)
                one(strcmp(way_name, "in") == 0, index, k, seed), clean();
    } else if (n) {
        for (unsigned k = 0; k < n; k++)
            one((k + k / CUT) & 1, (unsigned)((uint64_t)k * index_of[(k + k / CUT) & 1] / n), 1 + k % CUT, seed), clean();
    } else {
        for (unsigned i = offset; i < index_of[0] || i < index_of[1]; i += every)
            for (unsigned in = 0; in < 2; in++) {
                for (unsigned k = 1; i < index_of[in] && k < (i / every % DEAR == 8 && !tcp_mode && !in ? KINDS : CUT + 1); k++)
                    if (k != CRASH || bed.crash_at)
                        one(in, i, k, seed);
                if (i < index_of[in])
                    clean();
            }
    }
    printf("%s: %u runs, %u met their fault, right bits in each and in %u clean ones between them; %u resumed; errors NO_DEVICE %u, RESET %u, TIMEOUT %u, LINK %u, IO %u\n",
           mode, runs, met, cleans, resumed, failed[-QN_ERR_NO_DEVICE], failed[-QN_ERR_RESET], failed[-QN_ERR_TIMEOUT], failed[-QN_ERR_LINK], failed[-QN_ERR_IO]);
    return 0;
}
