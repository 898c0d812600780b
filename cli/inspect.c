// SPDX-License-Identifier: Apache-2.0
// quern inspect: what a program file holds, or what a GGUF file compiles to.
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "compiler/back/qn_prog_file.h"
#include "compiler/back/qn_weights.h"
#include "compiler/back/qn_work.h"

static error_t parse(int key, char *arg, struct argp_state *state)
{
    cli_options *o = state->input;
    switch (key) {
    case ARGP_KEY_INIT: state->child_inputs[0] = o; break;
    case 't': o->target = arg; break;
    default: return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

static const char *const roles[QN_LAYER_ROLES] = {"q", "k", "v", "out", "gate", "up", "down"};

// Instruction i in words, and the operator that it is part of.
static const char *instruction(const qn_prog *p, uint32_t i, char *text, size_t n)
{
    qn_insn x;
    memcpy(&x, p->image + p->lay.code_addr + (size_t)i * QN_INSN_WORDS, sizeof x);
    qn_insn_text(&x, text, n);
    const char *name = "";
    for (uint32_t k = 0; k < p->n_mark && p->mark[k].at <= i; k++)
        name = p->mark[k].name;
    return name;
}

// ---- JSON
static void section_json(void *ctx, const char *name, uint64_t at, uint64_t bytes, uint32_t crc)
{
    json_array_append_new(ctx, json_pack("{s:s, s:I, s:I, s:I}", "name", name, "offset", (json_int_t)at, "bytes", (json_int_t)bytes, "crc32",
                                         (json_int_t)crc));
}

// The formats of a matrix's parts, each once, with the first one's first: "S4 S8".
static const char *formats(const qn_prog *p, const qn_prog_matrix *m, char text[48])
{
    size_t n = 0;
    for (uint32_t i = 0; i < m->parts; i++) {
        bool seen = false;
        for (uint32_t k = 0; k < i; k++)
            seen |= p->part[m->first + k].fmt == p->part[m->first + i].fmt;
        if (!seen)
            n += (size_t)snprintf(text + n, 48 - n, "%s%.15s", n ? " " : "", qn_fmt_find(p->part[m->first + i].fmt)->name);
    }
    return text;
}

static double bits(const qn_prog *p, const qn_prog_matrix *m)
{
    return qn_work_bits(p, m) / ((double)m->outputs * m->inputs);
}

// Of a weight in the matrices that a token meets.
static double all_bits(const qn_prog *p)
{
    double sum = qn_work_bits(p, &p->logits), n = (double)p->logits.outputs * p->logits.inputs;
    for (uint32_t l = 0; l < p->dims.layers; l++)
        for (int r = 0; r < QN_LAYER_ROLES; r++) {
            const qn_prog_matrix *m = &p->layer[l].m[r];
            sum += qn_work_bits(p, m);
            n += (double)m->outputs * m->inputs;
        }
    return sum / n;
}

static json_t *matrix_json(const qn_prog *p, const char *name, const qn_prog_matrix *m)
{
    char text[48];
    return json_pack("{s:s, s:s, s:f, s:I, s:I, s:I}", "name", name, "format", formats(p, m, text), "bits", bits(p, m), "outputs", (json_int_t)m->outputs,
                     "inputs", (json_int_t)m->inputs, "address", (json_int_t)p->part[m->first].addr);
}

static void print_json(const cli_model *m, bool file, bool code)
{
    const qn_prog *p = &m->prog;
    const qn_dims *d = &p->dims;
    char text[QN_WEIGHTS_TEXT];
    json_t *j = json_pack("{s:s, s:s, s:i, s:i, s:s, s:b, s:i, s:i, s:b, s:b, s:i}", "model", p->model, "target", p->target, "context", (int)p->context,
                          "chunk", (int)p->chunk, "weights", qn_weights_text(&p->weights, text), "rows", (int)p->weights.rows, "kv", (int)p->kv_bits, "act",
                          cli_act_bits(p), "act_fp8", (int)(p->act_coarse && p->act_bits == 16), "act_ggml", (int)p->act_ggml, "instructions", (int)p->n_code);
    json_object_set_new(j, "dims", json_pack("{s:i, s:i, s:i, s:i, s:i, s:i, s:i}", "width", (int)d->width, "hidden", (int)d->hidden, "layers",
                                             (int)d->layers, "heads", (int)d->heads, "kv_heads", (int)d->kv_heads, "head", (int)d->head,
                                             "vocab", (int)d->vocab));
    json_object_set_new(j, "bits", json_real(all_bits(p)));
    json_object_set_new(j, "image_bytes", json_integer((json_int_t)p->lay.image_words * 4));
    json_object_set_new(j, "kv_bytes", json_integer((json_int_t)p->lay.kv_words * 4));
    json_object_set_new(j, "entry", json_pack("{s:i, s:i}", "decode", (int)p->entry[QN_ENTRY_DECODE], "prefill", (int)p->entry[QN_ENTRY_PREFILL]));
    json_t *sections = json_array(), *first = json_array(), *list = json_array();
    if (file)
        qn_prog_sections(m->path, section_json, sections);
    json_object_set_new(j, "sections", sections);
    json_array_append_new(first, matrix_json(p, "embed", &p->embed));
    for (int r = 0; r < QN_LAYER_ROLES; r++)
        json_array_append_new(first, matrix_json(p, roles[r], &p->layer[0].m[r]));
    json_array_append_new(first, matrix_json(p, "logits", &p->logits));
    json_object_set_new(j, "matrices_of_layer_0", first);
    for (uint32_t i = 0; code && i < p->n_code; i++) {
        char text[192];
        const char *name = instruction(p, i, text, sizeof text);
        json_array_append_new(list, json_pack("{s:i, s:s, s:s}", "at", (int)i, "operator", name, "text", text));
    }
    json_object_set_new(j, "code", list);
    json_dumpf(j, stdout, JSON_INDENT(2));
    putchar('\n');
    json_decref(j);
}

// ---- text
static void section_text(void *ctx, const char *name, uint64_t at, uint64_t bytes, uint32_t crc)
{
    (void)ctx;
    printf("  %-8s at %10llu  %12llu bytes  crc %08x\n", name, (unsigned long long)at, (unsigned long long)bytes, crc);
}

static void matrix_text(const qn_prog *p, const char *name, const qn_prog_matrix *m)
{
    char text[48];
    printf("  %-8s %-7s %6u x %-6u at word %u, %.2f bits a weight\n", name, formats(p, m, text), m->outputs, m->inputs, p->part[m->first].addr, bits(p, m));
}

static void print_text(const cli_model *m, bool file, bool code)
{
    const qn_prog *p = &m->prog;
    const qn_dims *d = &p->dims;
    printf("model    %s: width %u, hidden %u, %u layers, %u heads of %u (%u of keys), vocabulary %u\n", p->model, d->width, d->hidden, d->layers,
           d->heads, d->head, d->kv_heads, d->vocab);
    printf("target   %s; context %u, prompts %u tokens at a time\n", p->target, p->context, p->chunk);
    char text[QN_WEIGHTS_TEXT];
    printf("bits     activations %d%s, cache %u, weights stored as floats %s%s; %.2f a weight, embedding aside\n", cli_act_bits(p), p->act_ggml ? " as ggml's" : p->act_coarse && p->act_bits == 16 ? " (FP8)" : "",
           p->kv_bits, qn_weights_text(&p->weights, text), p->weights.rows ? ", one scale a row" : "", all_bits(p));
    printf("memory   image %.1f MB, cache %.1f MB, logits %.1f MB\n", p->lay.image_words * 4e-6, p->lay.kv_words * 4e-6, p->lay.io_words * 4e-6);
    printf("code     %u instructions, decode from %u, prefill from %u; %u words with tables\n", p->n_code, p->entry[QN_ENTRY_DECODE],
           p->entry[QN_ENTRY_PREFILL], p->code_words);
    if (file) {
        printf("sections\n");
        qn_prog_sections(m->path, section_text, NULL);
    }
    printf("matrices (of layer 0), outputs x inputs\n");
    matrix_text(p, "embed", &p->embed);
    for (int r = 0; r < QN_LAYER_ROLES; r++)
        matrix_text(p, roles[r], &p->layer[0].m[r]);
    matrix_text(p, "logits", &p->logits);
    if (code)
        printf("instructions\n");
    for (uint32_t i = 0; code && i < p->n_code; i++) {
        char text[192];
        const char *name = instruction(p, i, text, sizeof text);
        printf("  %5u  %-10s %s\n", i, name, text);
    }
}

int cmd_inspect(int argc, char **argv)
{
    static const struct argp_option options[] = {{"target", 't', "TARGET", 0, "of a GGUF file: what to compile it for (ulx3s)", 0}, {0}};
    static const struct argp_child children[] = {{&cli_model_argp, 0, 0, 0}, {0}};
    const struct argp argp = {options, parse, "MODEL(.gguf or .qn)", "Shows a program; with -q without its instructions.", children, 0, 0};
    cli_options o = {0};
    argp_parse(&argp, argc, argv, 0, NULL, &o);
    cli_model m;
    int err = cli_load(&m, &o, 0);
    if (!err)
        (o.json ? print_json : print_text)(&m, !m.gguf, o.talk >= 0);
    cli_free(&m);
    return qn_err_exit(err);
}
