// SPDX-License-Identifier: Apache-2.0
// quern explore: which element, at which precision, on which technology, for this model: every combination side by side. Cycles come from the machine model,
// area, clock and energy of the array from measurements (cost.h), perplexity from the model's own bits.
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cost.h"
#include "cli/perplexity.h"
#include "cli/plot.h"
#include "cli/steps.h"

enum { LIST = 16, OWN_CONTEXT = 512 };

typedef struct explore_options {
    cli_options c;
    const char *text, *html;
    char *elements, *formats, *targets, *technologies;       // with commas between
    unsigned at, positions;
} explore_options;

typedef struct list {
    const char *item[LIST];
    size_t n;
} list;

typedef struct point {
    const qn_target *target;
    const char *technology, *element, *format;
    cli_step decode, chunk;
    bool costed;                     // this element was measured there
    cost cost;
    double clock_hz, energy;         // the target's, or what the technology reaches; J a decoded token in the array, 0: not measured
    qn_eval_result accuracy;         // positions 0: none
} point;

typedef struct explore {
    const explore_options *o;
    cost_table *costs;
    list elements, formats, targets, technologies;
    char *text;
    size_t n_text;
    point *points;
    size_t n_points;
} explore;

enum { OPT_ELEMENT = 700, OPT_FORMAT, OPT_TARGET, OPT_TECH, OPT_TEXT, OPT_POSITIONS, OPT_AT, OPT_HTML };

static error_t parse(int key, char *arg, struct argp_state *state)
{
    explore_options *o = state->input;
    switch (key) {
    case ARGP_KEY_INIT: state->child_inputs[0] = &o->c; break;
    case OPT_ELEMENT: o->elements = arg; break;
    case OPT_FORMAT: o->formats = arg; break;
    case OPT_TARGET: o->targets = arg; break;
    case OPT_TECH: o->technologies = arg; break;
    case OPT_TEXT: o->text = arg; break;
    case OPT_POSITIONS: o->positions = cli_number(state, "--positions", arg, 1, UINT32_MAX); break;
    case OPT_AT: o->at = cli_number(state, "--at", arg, 1, 1u << 24); break;
    case OPT_HTML: o->html = arg; break;
    default: return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

// ---- lists
static const char *target_name(const void *ctx, size_t i)
{
    (void)ctx;
    const qn_target *t = qn_target_at(i);
    return t ? t->name : NULL;
}

static const char *technology_name(const void *ctx, size_t i)
{
    (void)ctx;
    return cost_technology(i);
}

static const char *element_name(const void *ctx, size_t i)
{
    return cost_element(ctx, i);
}

// Splits `text` (which it changes) at commas; each item must be one that `name` gives, if that is not NULL.
static int split(list *l, char *text, const char *option, const char *(*name)(const void *, size_t), const void *ctx)
{
    char *next, known[200] = "";
    qn_why why;
    for (char *s = strtok_r(text, ",", &next); s; s = strtok_r(NULL, ",", &next)) {
        const char *k = NULL;
        for (size_t i = 0; name && (k = name(ctx, i)) && strcmp(k, s) != 0; i++)
            ;
        if ((name && !k) || l->n == LIST) {
            for (size_t i = 0; name && (k = name(ctx, i)); i++)
                snprintf(known + strlen(known), sizeof known - strlen(known), "%s%s", i ? ", " : "", k);
            qn_fail(&why, QN_ERR_USAGE, l->n == LIST ? "too many of them%s" : "there is %s", l->n == LIST ? "" : known);
            return cli_error(s, QN_ERR_USAGE, &why), QN_ERR_USAGE;
        }
        l->item[l->n++] = s;
    }
    if (l->n)
        return 0;
    qn_fail(&why, QN_ERR_USAGE, "an empty list");
    return cli_error(option, QN_ERR_USAGE, &why), QN_ERR_USAGE;
}

// ---- measuring
static int add(explore *x, const point *p)
{
    point *more = realloc(x->points, (x->n_points + 1) * sizeof *more);
    if (!more)
        return QN_ERR_NOMEM;
    x->points = more;
    x->points[x->n_points++] = *p;
    return 0;
}

static int on_element(explore *x, const cli_model *m, point p)
{
    char name[64];
    qn_why why = {""};
    qn_dev *dev = NULL;
    cli_step step[CLI_STEPS];
    snprintf(name, sizeof name, "model:%s/%s", p.target->name, p.element);
    int err = qn_dev_open(&dev, name, &why);
    if (!err) {
        qn_dev_stop_on(dev, &cli_stopped);
        err = cli_steps(step, dev, &m->prog, x->o->at, &why);
    }
    qn_dev_close(dev);
    if (err < 0)
        return cli_error(name, err, &why), err;
    p.decode = step[CLI_DECODE];
    p.chunk = step[CLI_CHUNK];
    for (size_t i = 0; !err && i < x->technologies.n; i++) {
        p.technology = x->technologies.item[i];
        p.costed = cost_of(x->costs, p.technology, p.element, p.target, &p.cost);
        p.clock_hz = p.costed && p.cost.clock_hz < p.target->clock_hz ? p.cost.clock_hz : p.target->clock_hz;
        p.energy = p.costed && p.cost.energy_row > 0
                       ? (double)p.decode.cycles * p.cost.energy_idle + (double)p.decode.rows * p.target->planes * p.cost.energy_row : 0;
        err = add(x, &p);
    }
    return err;
}

static int on_target(explore *x, const char *format, const qn_target *t, qn_eval_result *accuracy)
{
    cli_options c = x->o->c;
    cli_model m;
    c.device = NULL;
    c.target = t->name;
    c.weights = strcmp(format, "own") == 0 ? NULL : format;
    int err = cli_load(&m, &c, OWN_CONTEXT);
    if (!err && x->text && !accuracy->positions)
        err = cli_perplexity(&m, "cpu", x->o->text, x->text, x->n_text, x->o->positions, accuracy);
    for (size_t i = 0; !err && i < x->elements.n; i++)
        err = on_element(x, &m, (point){.target = t, .element = x->elements.item[i], .format = format, .accuracy = *accuracy});
    cli_free(&m);
    return err;
}

static int measure(explore *x)
{
    int err = 0;
    for (size_t i = 0; !err && i < x->formats.n; i++) {
        qn_eval_result accuracy = {0};       // bits do not depend on the target
        for (size_t k = 0; !err && k < x->targets.n; k++)
            err = on_target(x, x->formats.item[i], qn_target_find(x->targets.item[k]), &accuracy);
    }
    return err;
}

// ---- telling
static double tokens_per_second(const point *p, const cli_step *s)
{
    return s->tokens * p->clock_hz / (double)s->cycles;
}

static bool fits(const point *p)
{
    return p->cost.room <= 0 || p->cost.area <= p->cost.room;
}

static void print_text(const explore *x)
{
    printf("%s, decoded token at position %u; area, clock and energy of the array\n", x->o->c.model, x->o->at);
    printf("%-8s %-7s %-9s %-8s %14s %9s %12s %10s %12s %11s %10s\n", "target", "tech", "element", "format", "area", "clock", "cycles", "tokens/s",
           "prompt/s", "uJ/token", "perplexity");
    for (size_t i = 0; i < x->n_points; i++) {
        const point *p = &x->points[i];
        printf("%-8s %-7s %-9s %-8s ", p->target->name, p->technology, p->element, p->format);
        if (p->costed)
            printf("%8.0f %4s%s", p->cost.area, p->cost.unit, fits(p) ? " " : "!");
        else
            printf("%14s", "-");
        printf(" %5.1f MHz %12llu %10.1f %12.1f ", 1e-6 * p->clock_hz, (unsigned long long)p->decode.cycles, tokens_per_second(p, &p->decode),
               tokens_per_second(p, &p->chunk));
        if (p->energy > 0)
            printf("%11.3f ", 1e6 * p->energy);
        else
            printf("%11s ", "-");
        if (p->accuracy.positions)
            printf("%10.4f\n", p->accuracy.perplexity);
        else
            printf("%10s\n", "-");
    }
    for (size_t i = 0; i < x->n_points; i++)
        if (x->points[i].costed && !fits(&x->points[i])) {
            printf("! more than there is (LFE5U-85F: 83640 LUT4)\n");
            break;
        }
}

static json_t *to_json(const explore *x)
{
    json_t *all = json_array();
    for (size_t i = 0; i < x->n_points; i++) {
        const point *p = &x->points[i];
        json_t *j = json_pack("{s:s, s:s, s:s, s:s, s:f, s:I, s:f, s:f, s:I, s:f, s:f, s:f, s:I}", "target", p->target->name, "technology", p->technology,
                              "element", p->element, "format", p->format, "clock_hz", p->clock_hz, "cycles", (json_int_t)p->decode.cycles,
                              "tokens_per_second", tokens_per_second(p, &p->decode), "prompt_tokens_per_second", tokens_per_second(p, &p->chunk),
                              "chunk_cycles", (json_int_t)p->chunk.cycles, "bytes", p->decode.bytes, "array", p->decode.array, "memory",
                              p->decode.memory, "rows", (json_int_t)p->decode.rows);
        json_object_set_new(j, "area", p->costed ? json_real(p->cost.area) : json_null());
        json_object_set_new(j, "area_unit", p->costed ? json_string(p->cost.unit) : json_null());
        json_object_set_new(j, "fits", p->costed ? json_boolean(fits(p)) : json_null());
        json_object_set_new(j, "energy", p->energy > 0 ? json_real(p->energy) : json_null());
        json_object_set_new(j, "perplexity", p->accuracy.positions ? json_real(p->accuracy.perplexity) : json_null());
        json_object_set_new(j, "perplexity_float", p->accuracy.positions ? json_real(p->accuracy.perplexity_float) : json_null());
        json_array_append_new(all, j);
    }
    return json_pack("{s:s, s:i, s:o}", "model", x->o->c.model, "position", (int)x->o->at, "points", all);
}

static void series_name(char out[48], const point *p)
{
    snprintf(out, 48, "%.10s %.8s %.10s", p->target->name, p->technology, p->element);
}

// Area against speed, one picture for each technology, since their areas have nothing in common
static int picture_area(const explore *x, const char *technology, char **svg, qn_why *why)
{
    char title[64], axis[48] = "", name[48], last[48] = "";
    size_t n = 0;
    snprintf(title, sizeof title, "Area against speed, %s", technology);
    for (size_t i = 0; i < x->n_points; i++)
        if (strcmp(x->points[i].technology, technology) == 0 && x->points[i].costed)
            snprintf(axis, sizeof axis, "area of the array, %s", x->points[i].cost.unit);
    plot *p = plot_new(title, axis, "tokens/s", true, true);
    if (!p)
        return QN_ERR_NOMEM;
    for (size_t t = 0; t < x->targets.n; t++)
        for (size_t e = 0; e < x->elements.n; e++)
            for (size_t i = 0; i < x->n_points; i++) {
                const point *q = &x->points[i];
                if (!q->costed || strcmp(q->technology, technology) != 0 || strcmp(q->target->name, x->targets.item[t]) != 0
                    || strcmp(q->element, x->elements.item[e]) != 0)
                    continue;
                series_name(name, q);
                if (strcmp(name, last) != 0)
                    plot_series(p, name, false);
                strcpy(last, name);
                plot_point(p, q->cost.area, tokens_per_second(q, &q->decode), q->format);
                n++;
            }
    if (!n)
        return plot_free(p), 0;
    return plot_svg(p, svg, why);
}

static int picture_energy(const explore *x, char **svg, qn_why *why)
{
    char name[48], last[48] = "";
    size_t n = 0;
    plot *p = plot_new("Energy against accuracy", "array, uJ a decoded token", "perplexity", true, true);
    if (!p)
        return QN_ERR_NOMEM;
    for (size_t t = 0; t < x->targets.n; t++)
        for (size_t e = 0; e < x->elements.n; e++)
            for (size_t i = 0; i < x->n_points; i++) {
                const point *q = &x->points[i];
                if (q->energy <= 0 || !q->accuracy.positions || strcmp(q->target->name, x->targets.item[t]) != 0
                    || strcmp(q->element, x->elements.item[e]) != 0)
                    continue;
                series_name(name, q);
                if (strcmp(name, last) != 0)
                    plot_series(p, name, false);
                strcpy(last, name);
                plot_point(p, 1e6 * q->energy, q->accuracy.perplexity, q->format);
                n++;
            }
    if (!n)
        return plot_free(p), 0;
    return plot_svg(p, svg, why);
}

// Products (a weight's bit times 8 bits of an activation) a second against products a byte: what memory allows, what the array allows, what came out
static int picture_roofline(const explore *x, char **svg, qn_why *why)
{
    char name[48];
    plot *p = plot_new("Roofline: bit products, at the targets' own clocks", "products a byte of memory traffic", "products a second", true, true);
    if (!p)
        return QN_ERR_NOMEM;
    for (size_t t = 0; t < x->targets.n; t++) {
        const qn_target *q = qn_target_find(x->targets.item[t]);
        double peak = (double)q->rows * q->depth * q->planes * q->clock_hz, stream = 4.0 * q->planes * q->clock_hz;
        snprintf(name, sizeof name, "%.20s, bound", q->name);
        plot_series(p, name, true);
        plot_point(p, 1, stream, "");
        plot_point(p, peak / stream, peak, "");
        plot_point(p, 8 * peak / stream, peak, "");
        for (int chunk = 0; chunk < 2; chunk++) {
            snprintf(name, sizeof name, "%.20s, %s", q->name, chunk ? "prompt" : "decode");
            plot_series(p, name, false);
            for (size_t i = 0; i < x->n_points; i++) {
                const point *r = &x->points[i];
                const cli_step *s = chunk ? &r->chunk : &r->decode;
                if (r->target == q && strcmp(r->element, x->elements.item[0]) == 0 && strcmp(r->technology, x->technologies.item[0]) == 0)
                    plot_point(p, s->products / s->bytes, s->products * q->clock_hz / (double)s->cycles, r->format);
            }
        }
    }
    return plot_svg(p, svg, why);
}

static void escaped(FILE *f, const char *s)
{
    for (; *s; s++)
        if (*s == '<' || *s == '>' || *s == '&')
            fprintf(f, "&#%d;", *s);
        else
            putc(*s, f);
}

// One page with everything in it.
static void page(const explore *x, FILE *f, char *const *svg, size_t n)
{
    static const char *const heads[] = {"target", "technology", "element", "format", "area", "clock MHz", "cycles a token", "tokens/s",
                                        "prompt tokens/s", "array uJ a token", "perplexity"};
    fprintf(f, "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>quern explore</title>\n<style>body{font:15px sans-serif;margin:2em;"
               "max-width:80em}table{border-collapse:collapse}td,th{padding:.2em .7em;border-bottom:1px solid #ccc;text-align:right}"
               "td:nth-child(-n+4),th:nth-child(-n+4){text-align:left}figure{margin:1.5em 0}</style></head><body>\n<h1>quern explore: ");
    escaped(f, x->o->c.model);
    fprintf(f, "</h1>\n<p>Decoded token at position %u. Cycles: machine model, which predicts the RTL's. Area, clock and energy: the array alone (rows with what "
               "loads them), as measured in <code>bench/ppa/results.json</code>; a clock below the target's own slows memory with it. Perplexity: ",
            x->o->at);
    if (x->text) {
        fprintf(f, "%u positions of ", x->o->positions);
        escaped(f, x->o->text);
        fprintf(f, ", float path %.4f", x->n_points ? x->points[0].accuracy.perplexity_float : 0);
    } else
        fprintf(f, "not asked for (<code>--text</code>)");
    fprintf(f, ".</p>\n<table><tr>");
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++)
        fprintf(f, "<th>%s</th>", heads[i]);
    fprintf(f, "</tr>\n");
    for (size_t i = 0; i < x->n_points; i++) {
        const point *p = &x->points[i];
        fprintf(f, "<tr><td>%s</td><td>%s</td><td>%s</td><td>", p->target->name, p->technology, p->element);
        escaped(f, p->format);
        fprintf(f, p->costed ? "</td><td>%.0f %s%s</td>" : "</td><td>-</td>", p->cost.area, p->cost.unit, fits(p) ? "" : " (does not fit)");
        fprintf(f, "<td>%.1f</td><td>%llu</td><td>%.1f</td><td>%.1f</td>", 1e-6 * p->clock_hz, (unsigned long long)p->decode.cycles,
                tokens_per_second(p, &p->decode), tokens_per_second(p, &p->chunk));
        fprintf(f, p->energy > 0 ? "<td>%.3f</td>" : "<td>-</td>", 1e6 * p->energy);
        fprintf(f, p->accuracy.positions ? "<td>%.4f</td></tr>\n" : "<td>-</td></tr>\n", p->accuracy.perplexity);
    }
    fprintf(f, "</table>\n");
    for (size_t i = 0; i < n; i++)
        if (svg[i]) {
            const char *body = strstr(svg[i], "<svg");
            fprintf(f, "<figure>%s</figure>\n", body ? body : svg[i]);
        }
    fprintf(f, "</body></html>\n");
}

static int write_html(const explore *x)
{
    char *svg[LIST + 2] = {NULL}, part[4096];
    size_t n = 0;
    qn_why why = {""};
    int err = 0;
    for (size_t i = 0; !err && i < x->technologies.n; i++)
        err = picture_area(x, x->technologies.item[i], &svg[n++], &why);
    if (!err)
        err = picture_energy(x, &svg[n++], &why);
    if (!err)
        err = picture_roofline(x, &svg[n++], &why);
    FILE *f = NULL;
    if (!err && (size_t)snprintf(part, sizeof part, "%s.part", x->o->html) >= sizeof part)
        err = qn_fail(&why, QN_ERR_NO_DISK, "a name too long");
    if (!err && !(f = fopen(part, "w")))
        err = qn_fail(&why, QN_ERR_NO_DISK, "%s", strerror(errno));
    if (f) {
        page(x, f, svg, n);
        bool bad = fflush(f) != 0 || ferror(f);
        if (fclose(f) != 0 || bad || rename(part, x->o->html) != 0) {
            err = qn_fail(&why, QN_ERR_NO_DISK, "%s", strerror(errno));
            remove(part);
        }
    }
    for (size_t i = 0; i < n; i++)
        free(svg[i]);
    return err < 0 ? cli_error(x->o->html, err, &why), err : 0;
}

int cmd_explore(int argc, char **argv)
{
    static const struct argp_option options[] = {
        {"element", OPT_ELEMENT, "LIST", 0, "elements of the array (shiftadd,lut,mul)", 0},
        {"format", OPT_FORMAT, "LIST", 0, "formats for weights stored as floats, as --weights; `own`: as compiled without it (own)", 0},
        {"target", OPT_TARGET, "LIST", 0, "targets (ulx3s)", 0},
        {"tech", OPT_TECH, "LIST", 0, "technologies (ecp5,osu018)", 0},
        {"text", OPT_TEXT, "FILE", 0, "stories with <|endoftext|> between them, for the perplexity", 0},
        {"positions", OPT_POSITIONS, "N", 0, "of the text (500)", 0},
        {"at", OPT_AT, "POSITION", 0, "where a token is decoded (128)", 0},
        {"html", OPT_HTML, "FILE", 0, "write a page with plots", 0},
        {0}};
    static const struct argp_child children[] = {{&cli_model_argp, 0, 0, 0}, {0}};
    const struct argp argp = {options, parse, "MODEL.gguf", "Elements, formats, targets and technologies for a model, side by side.", children, 0, 0};
    char elements[] = "shiftadd,lut,mul", formats[] = "own", targets[] = "ulx3s", technologies[] = "ecp5,osu018";
    explore_options o = {.elements = elements, .formats = formats, .targets = targets, .technologies = technologies, .at = 128, .positions = 500};
    argp_parse(&argp, argc, argv, 0, NULL, &o);

    explore x = {.o = &o};
    qn_why why = {""};
    int err = 0;
    if (!(x.costs = cost_load(&why)))
        err = QN_ERR_FORMAT, cli_error("quern", err, &why);
    if (!err)
        err = split(&x.elements, o.elements, "--element", element_name, x.costs);
    if (!err)
        err = split(&x.formats, o.formats, "--format", NULL, NULL);
    if (!err)
        err = split(&x.targets, o.targets, "--target", target_name, NULL);
    if (!err)
        err = split(&x.technologies, o.technologies, "--tech", technology_name, NULL);
    if (!err && o.text)
        err = cli_read_text(o.text, &x.text, &x.n_text);
    cli_catch();
    if (!err)
        err = measure(&x);
    if (!err && o.html)
        err = write_html(&x);
    if (!err && o.c.json) {
        json_t *j = to_json(&x);
        json_dumpf(j, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(9));
        putchar('\n');
        json_decref(j);
    } else if (!err)
        print_text(&x);
    cost_free(x.costs);
    free(x.points);
    free(x.text);
    return qn_err_exit(err);
}
