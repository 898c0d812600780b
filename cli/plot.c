// SPDX-License-Identifier: Apache-2.0
#include "cli/plot.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SERIES = 64 };

struct plot {
    FILE *f;                         // the data, block after block
    char *data;
    size_t size;
    const char *title, *x, *y;
    bool log_x, log_y;
    char name[SERIES][48];
    bool line[SERIES];
    int series;
};

plot *plot_new(const char *title, const char *x, const char *y, bool log_x, bool log_y)
{
    plot *p = calloc(1, sizeof *p);
    if (!p)
        return NULL;
    *p = (plot){.title = title, .x = x, .y = y, .log_x = log_x, .log_y = log_y};
    if (!(p->f = open_memstream(&p->data, &p->size))) {
        free(p);
        return NULL;
    }
    return p;
}

void plot_free(plot *p)
{
    if (!p)
        return;
    if (p->f)
        fclose(p->f);
    free(p->data);
    free(p);
}

void plot_series(plot *p, const char *name, bool line)
{
    if (p->series == SERIES)
        return;
    snprintf(p->name[p->series], sizeof *p->name, "%s", name);
    p->line[p->series] = line;
    if (p->series++)
        fputs("\n\n", p->f);
}

void plot_point(plot *p, double x, double y, const char *label)
{
    fprintf(p->f, "%.9g %.9g \"%s\"\n", x, y, label);
}

static void script(const plot *p, FILE *f)
{
    fprintf(f, "set terminal svg size 760,460 font 'sans-serif,12' background '#ffffff'\nset title \"%s\" noenhanced\nset xlabel \"%s\" noenhanced\n"
               "set ylabel \"%s\" noenhanced\nset key outside right top noenhanced\nset grid\nset autoscale noextend\nset offsets graph 0.08, graph 0.12, graph 0.08, graph 0.08\n",
            p->title, p->x, p->y);
    if (p->log_x)
        fputs("set logscale x\n", f);
    if (p->log_y)
        fputs("set logscale y\n", f);
    fprintf(f, "$data << END\n%sEND\nplot ", p->data);
    for (int i = 0; i < p->series; i++) {
        fprintf(f, "%s$data index %d using 1:2 with %s title \"%s\"", i ? ", " : "", i, p->line[i] ? "lines lw 2" : "points pt 7 ps 0.9", p->name[i]);
        if (!p->line[i])
            fprintf(f, ", $data index %d using 1:2:3 with labels font ',9' offset 0,0.8 noenhanced notitle", i);
    }
    fputc('\n', f);
}

// Gives `in` to gnuplot and takes what it prints. Through files, since both may be long.
static int gnuplot(const char *in, char **out, qn_why *why)
{
    FILE *from = tmpfile(), *to = tmpfile();
    int err = from && to ? 0 : QN_ERR_IO, status = -1;
    long n = 0;
    if (!err && (fputs(in, from) < 0 || fflush(from) || fseek(from, 0, SEEK_SET)))
        err = QN_ERR_IO;
    pid_t child = err ? -1 : fork();
    if (child == 0) {
        dup2(fileno(from), 0);
        dup2(fileno(to), 1);
        execlp("gnuplot", "gnuplot", "-", (char *)NULL);
        _exit(127);
    }
    if (!err && (child < 0 || waitpid(child, &status, 0) < 0))
        err = QN_ERR_IO;
    if (!err && WIFEXITED(status) && WEXITSTATUS(status) == 127)
        err = qn_fail(why, QN_ERR_UNSUPPORTED, "pictures need gnuplot, which is not installed");
    else if (!err && status)
        err = qn_fail(why, QN_ERR_IO, "gnuplot ended with %d", WIFEXITED(status) ? WEXITSTATUS(status) : -1);
    if (!err && (fseek(to, 0, SEEK_END) || (n = ftell(to)) <= 0 || fseek(to, 0, SEEK_SET)))
        err = QN_ERR_IO;
    if (!err && (!(*out = malloc((size_t)n + 1)) || fread(*out, 1, (size_t)n, to) != (size_t)n))
        err = QN_ERR_IO;
    if (!err)
        (*out)[n] = 0;
    if (from)
        fclose(from);
    if (to)
        fclose(to);
    return err;
}

int plot_svg(plot *p, char **svg, qn_why *why)
{
    char *text = NULL;
    size_t size;
    *svg = NULL;
    fflush(p->f);
    FILE *f = open_memstream(&text, &size);
    int err = f ? 0 : QN_ERR_NOMEM;
    if (f) {
        script(p, f);
        fclose(f);
        err = gnuplot(text, svg, why);
    }
    free(text);
    plot_free(p);
    return err;
}
