// SPDX-License-Identifier: Apache-2.0
// plot.h: pictures by gnuplot, as SVG in memory.
//
//     plot *p = plot_new("area against speed", "area", "tokens/s");
//     plot_series(p, "lut", false);
//     plot_point(p, 1200, 184.7, "q4_0");
//     int err = plot_svg(p, &svg, &why);               // svg is yours to free
#ifndef QN_CLI_PLOT_H
#define QN_CLI_PLOT_H

#include <stdbool.h>
#include <stddef.h>

#include "driver/qn_err.h"

typedef struct plot plot;

plot *plot_new(const char *title, const char *x, const char *y, bool log_x, bool log_y);
void plot_series(plot *p, const char *name, bool line);  // what follows belongs to it
void plot_point(plot *p, double x, double y, const char *label);
int plot_svg(plot *p, char **svg, qn_why *why);          // frees p. QN_ERR_UNSUPPORTED: gnuplot is not installed
void plot_free(plot *p);

#endif
