// SPDX-License-Identifier: Apache-2.0
// vcd_activity SCOPE FILE: reads a value change dump and prints, for each pin of a library cell below the instance SCOPE, the command that
// tells OpenSTA how often it changed and what share of the time it was high, from the dump's first time to its last.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

typedef struct { unsigned long long changes, since, high; char value; } net;
typedef struct { char *pin; size_t net; } pin;

static size_t code_index(const char *s)         // VCD's printable codes, base 94
{
    size_t n = 0, power = 1;
    for (; *s >= 33 && *s <= 126; s++, power *= 94)
        n += (size_t)(*s - 32) * power;
    return n;
}

static void *grow(void *p, size_t *have, size_t need, size_t size)
{
    if (need < *have)
        return p;
    size_t more = *have ? *have : 1024;
    while (more <= need)
        more *= 2;
    p = realloc(p, more * size);
    if (!p)
        exit(EX_OSERR);
    memset((char *)p + *have * size, 0, (more - *have) * size);
    *have = more;
    return p;
}

static int is_pin(const char *name)
{
    static const char *pins[] = {"A", "B", "C", "D", "S", "Y", "YC", "YS", "Q"};
    for (size_t i = 0; i < sizeof pins / sizeof *pins; i++)
        if (!strcmp(name, pins[i]))
            return 1;
    return 0;
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        fprintf(stderr, "usage: vcd_activity SCOPE FILE\n");
        return EX_USAGE;
    }
    FILE *f = fopen(argv[2], "r");
    if (!f) {
        perror(argv[2]);
        return EX_NOINPUT;
    }
    net *nets = NULL;
    pin *pins = NULL;
    size_t n_nets = 0, room_pins = 0, n_pins = 0, depth = 0, dut = 0;
    char *scope[64], line[4096], word[5][1024];
    unsigned long long now = 0, start = 0;
    int started = 0;

    while (fgets(line, sizeof line, f)) {
        if (line[0] == '#') {
            now = strtoull(line + 1, NULL, 10);
            if (!started)
                start = now;
            started = 1;
        } else if (line[0] == '0' || line[0] == '1' || line[0] == 'x' || line[0] == 'z') {
            size_t i = code_index(line + 1);
            if (i >= n_nets)
                continue;
            net *n = &nets[i];
            if (n->value == '1')
                n->high += now - n->since;
            n->changes += n->value && n->value != 'x' && line[0] != 'x' && line[0] != n->value;
            n->since = now;
            n->value = line[0];
        } else if (sscanf(line, "$scope %1023s %1023s", word[0], word[1]) == 2) {
            if (depth == 64)
                return EX_DATAERR;
            scope[depth++] = strdup(word[1]);
            if (!dut && !strcmp(word[1], argv[1]))
                dut = depth;
        } else if (!strncmp(line, "$upscope", 8)) {
            if (!depth)
                return EX_DATAERR;
            free(scope[--depth]);
            if (depth < dut)
                dut = (size_t)-1;
        } else if (sscanf(line, "$var %1023s %1023s %1023s %1023s", word[0], word[1], word[2], word[3]) == 4) {
            if (!dut || dut == (size_t)-1 || depth <= dut || !is_pin(word[3]))
                continue;
            char path[4096] = "";
            for (size_t i = dut; i < depth; i++)
                snprintf(path + strlen(path), sizeof path - strlen(path), "%s/", scope[i]);
            snprintf(path + strlen(path), sizeof path - strlen(path), "%s", word[3]);
            size_t i = code_index(word[2]);
            nets = grow(nets, &n_nets, i, sizeof *nets);
            pins = grow(pins, &room_pins, n_pins, sizeof *pins);
            pins[n_pins++] = (pin){strdup(path), i};
        }
    }
    now -= start;
    if (!n_pins || !now) {
        fprintf(stderr, "%s: no pins below %s\n", argv[2], argv[1]);
        return EX_DATAERR;
    }
    printf("# %zu pins, %llu steps\n", n_pins, now);
    for (size_t i = 0; i < n_pins; i++) {
        const net *n = &nets[pins[i].net];
        unsigned long long high = n->high + (n->value == '1' ? now + start - n->since : 0);
        printf("qn_pin %s %.9g %.6g\n", pins[i].pin, (double)n->changes / (double)now, (double)high / (double)now);
    }
    fclose(f);
    return 0;
}
