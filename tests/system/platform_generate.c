// SPDX-License-Identifier: Apache-2.0
// platform_generate MODEL.qn PROMPT TOKENS TEMPERATURE TOP_K TOP_P SEED [DISTURB]: the firmware of the platform generates; prints the tokens and what
// they cost as JSON. Twice: the second time in the same session's memory, where the weights are found and not sent. test_platform.sh judges.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "compiler/back/qn_prog_file.h"
#include "compiler/front/qn_token.h"
#include "compiler/front/qn_token_file.h"
#include "driver/client/qn_generate.h"

static int fail(const char *what, int err)
{
    fprintf(stderr, "%s: %s\n", what, qn_err_text(err));
    return 1;
}

int main(int argc, char **argv)
{
    if (argc != 8)
        return 64;
    qn_prog prog;
    qn_why why = {""};
    qn_token *token;
    qn_client *c;
    uint32_t *prompt, tokens[4096], n_tokens = 0, most = (uint32_t)atoi(argv[3]);
    size_t n_prompt;
    int err = qn_prog_read(&prog, argv[1], &why);
    if (!err)
        err = qn_token_unpack(&token, prog.vocab, prog.vocab_bytes, &why);
    if (!err)
        err = qn_token_encode(token, argv[2], strlen(argv[2]), QN_TOKEN_BOS, &prompt, &n_prompt);
    if (err < 0)
        return fail(why.text, err);
    if ((err = qn_client_open(&c, &qn_wire_platform, "ulx3s", &why)) < 0)
        return fail(why.text, err);
    qn_generate g = {.prog = &prog, .most = most, .temperature = (float)atof(argv[4]), .top_k = (uint32_t)atoi(argv[5]), .top_p = (float)atof(argv[6]),
                     .seed = strtoull(argv[7], NULL, 0)};
    for (int round = 0; !err && round < 2; round++) {
        uint32_t n;
        g.most = round ? 1 : most;
        err = qn_generate_load(c, &prog);
        if (!err)
            err = qn_generate_begin(c, &g, prompt, (uint32_t)n_prompt);
        for (uint32_t at = 0; !err && !g.done; at += n) {
            usleep(20000);
            err = qn_generate_look(c, &g, tokens + at, 4096 - at, &n);
            if (round && !err && at + n && !g.done && tokens[0] != tokens[at])
                err = QN_ERR_MISMATCH;
            if (!round)
                n_tokens = at + n;
        }
        if (!err && !round) {
            printf("{\"tokens\": [");
            for (uint32_t i = 0; i < n_tokens; i++)
                printf("%s%u", i ? ", " : "", tokens[i]);
            printf("], \"finish\": %u, \"clocks\": %llu, \"work\": %llu}\n", g.finish, (unsigned long long)g.clocks, (unsigned long long)g.work);
            fflush(stdout);
        }
    }
    if (err < 0)
        fail(qn_client_why(c), err);
    qn_client_close(c);
    qn_token_free(token);
    qn_prog_free(&prog);
    free(prompt);
    return err < 0;
}
