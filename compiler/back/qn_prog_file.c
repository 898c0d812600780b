// SPDX-License-Identifier: Apache-2.0
#include "compiler/back/qn_prog_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "compiler/back/qn_abi.h"
#include "compiler/back/qn_weights.h"
#include "driver/qn_le.h"
#include "driver/qn_size.h"

enum { HEAD = 64, ENTRY = 32, ALIGN = 64, MARK = 20, MATRIX_WORDS = 4, PART_WORDS = 8, LAYER_WORDS = QN_LAYER_ROLES * MATRIX_WORDS + 2 };
enum { CRC_AT = 20 };

static const uint8_t magic[8] = {0x8e, 'Q', 'U', 'E', 'R', 'N', '\r', '\n'};

enum section { MODEL, MATRIX, PARTS, MARKS, VOCAB, IMAGE, SECTIONS };
static const char *const names[SECTIONS] = {"model", "matrix", "parts", "marks", "vocab", "image"};

// QN_PROG_FIELDS(X): the numbers of section `model`, after the name's 64 bytes
#define QN_PROG_FIELDS(X)                                                                                                   \
    X(dims.width) X(dims.hidden) X(dims.layers) X(dims.heads) X(dims.kv_heads) X(dims.head) X(dims.vocab) X(dims.context)   \
    X(dims.rope) X(kv_bits) X(act_bits) X(weights.fmt) X(weights.sum) X(weights.wide) X(weights.share) X(weights.groups)    \
    X(weights.rows) X(context) X(chunk) X(entry[QN_ENTRY_DECODE])                                                          \
    X(entry[QN_ENTRY_PREFILL]) X(lay.head_pad) X(lay.kv_blocks) X(lay.group_heads) X(lay.ctx_blocks) X(lay.key_tile)        \
    X(lay.val_tile) X(lay.key_layer) X(lay.val_layer) X(lay.scale_layer) X(lay.key_addr) X(lay.val_addr) X(lay.scale_addr)  \
    X(lay.kv_words) X(lay.rope_addr) X(lay.rope_step) X(lay.norm_out_addr) X(lay.const_addr)                                 \
    X(lay.image_words) X(lay.io_words) X(lay.code_addr) X(n_code) X(code_words) X(lay.scratch_addr) X(act_ggml) X(act_coarse)
#define QN_PROG_COUNT(f) +1
enum { FIELDS = QN_PROG_FIELDS(QN_PROG_COUNT), MODEL_WORDS = FIELDS + 4 + 2 * MATRIX_WORDS, NAME = 64 };

static void le32(uint8_t *p, uint32_t v)
{
    for (int i = 0; i < 4; i++)
        p[i] = (uint8_t)(v >> 8 * i);
}

static void le64(uint8_t *p, uint64_t v)
{
    le32(p, (uint32_t)v);
    le32(p + 4, (uint32_t)(v >> 32));
}

static uint32_t crc(const void *bytes, size_t n)
{
    return (uint32_t)crc32_z(crc32_z(0, NULL, 0), bytes, n);
}

static uint32_t float_bits(float x)
{
    uint32_t u;
    memcpy(&u, &x, sizeof u);
    return u;
}

static float bits_float(uint32_t u)
{
    float x;
    memcpy(&x, &u, sizeof x);
    return x;
}

static uint32_t target_crc(const qn_target *t)
{
    const uint32_t v[] = {t->rows, t->planes, t->dequants, t->acc_cols, t->slices, t->vb_words, t->fifo_words, t->prog_words,
                          (uint32_t)t->mem_bytes, (uint32_t)(t->mem_bytes >> 32)};
    uint8_t bytes[sizeof v];
    for (size_t i = 0; i < sizeof v / sizeof *v; i++)
        le32(bytes + 4 * i, v[i]);
    return crc(bytes, sizeof bytes);
}

// ---- writing
typedef struct bytes {
    uint8_t *at;
    size_t n;
} bytes;

static void put_matrix(uint8_t **at, const qn_prog_matrix *m)
{
    const uint32_t v[MATRIX_WORDS] = {m->outputs, m->inputs, m->first, m->parts};
    for (int i = 0; i < MATRIX_WORDS; i++, *at += 4)
        le32(*at, v[i]);
}

static void put_model(uint8_t *at, const qn_prog *p)
{
    memcpy(at, p->model, NAME);
    at += NAME;
#define QN_PROG_PUT(f) le32(at, p->f), at += 4;
    QN_PROG_FIELDS(QN_PROG_PUT)
#undef QN_PROG_PUT
    const uint32_t rest[] = {(uint32_t)p->dims.pairing, float_bits(p->dims.rope_base), float_bits(p->dims.eps), p->dims.tied};
    for (size_t i = 0; i < 4; i++, at += 4)
        le32(at, rest[i]);
    put_matrix(&at, &p->embed);
    put_matrix(&at, &p->logits);
}

static void put_layers(uint8_t *at, const qn_prog *p)
{
    for (uint32_t l = 0; l < p->dims.layers; l++) {
        for (int r = 0; r < QN_LAYER_ROLES; r++)
            put_matrix(&at, &p->layer[l].m[r]);
        le32(at, p->layer[l].norm_attn_addr);
        le32(at + 4, p->layer[l].norm_ffn_addr);
        at += 8;
    }
}

static void put_parts(uint8_t *at, const qn_prog *p)
{
    for (const qn_prog_part *x = p->part; x < p->part + p->n_part; x++) {
        const uint32_t v[PART_WORDS] = {x->fmt, x->output, x->outputs, x->slice, x->slices, x->tile, x->addr, x->tile_step};
        for (int i = 0; i < PART_WORDS; i++, at += 4)
            le32(at, v[i]);
    }
}

static void put_marks(uint8_t *at, const qn_prog *p)
{
    for (uint32_t i = 0; i < p->n_mark; i++, at += MARK) {
        le32(at, p->mark[i].at);
        strncpy((char *)at + 4, p->mark[i].name, 16);
    }
}

// The image as little-endian bytes: on this machine's order of bytes, the words themselves.
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "images are used as they lie in the file");

static bool put_all(int fd, const void *src, size_t n)
{
    const uint8_t *at = src;
    while (n) {
        ssize_t done = write(fd, at, n < 1u << 30 ? n : 1u << 30);
        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0)
            return false;
        at += done;
        n -= (size_t)done;
    }
    return true;
}

static size_t align_up(size_t n)
{
    return (n + ALIGN - 1) / ALIGN * ALIGN;
}

static bool put_file(int fd, const qn_prog *p, const bytes part[SECTIONS])
{
    static const uint8_t zero[ALIGN];
    uint8_t head[HEAD + SECTIONS * ENTRY] = {0};
    size_t at = sizeof head;
    for (int s = 0; s < SECTIONS; s++) {
        uint8_t *e = head + HEAD + s * ENTRY;
        at = align_up(at);
        memcpy(e, names[s], strlen(names[s]));
        le64(e + 8, at);
        le64(e + 16, part[s].n);
        le32(e + 24, crc(part[s].at, part[s].n));
        at += part[s].n;
    }
    memcpy(head, magic, sizeof magic);
    le32(head + 8, QN_PROG_VERSION);
    le32(head + 12, sizeof head);
    le32(head + 16, SECTIONS);
    le64(head + 24, at);
    memcpy(head + 32, p->target, 16);
    le32(head + 48, target_crc(qn_target_find(p->target)));
    le32(head + 52, QN_ID_VALUE);
    le32(head + CRC_AT, crc(head, sizeof head));

    bool ok = put_all(fd, head, sizeof head);
    at = sizeof head;
    for (int s = 0; ok && s < SECTIONS; s++) {
        ok = put_all(fd, zero, align_up(at) - at) && put_all(fd, part[s].at, part[s].n);
        at = align_up(at) + part[s].n;
    }
    return ok;
}

static int no_disk(qn_why *why, int number)
{
    return qn_fail(why, QN_ERR_NO_DISK, "%s", strerror(number));
}

static int write_parts(const qn_prog *p, const char *path, const bytes part[SECTIONS], qn_why *why)
{
    struct stat st;
    bool in_place = stat(path, &st) == 0 && !S_ISREG(st.st_mode);
    size_t n = strlen(path) + 8;
    char *temp = malloc(n);
    if (!temp)
        return qn_fail(why, QN_ERR_NOMEM, "program file");
    snprintf(temp, n, in_place ? "%s" : "%s.XXXXXX", path);
    int fd = in_place ? open(path, O_WRONLY) : mkstemp(temp), number = 0, err = 0;
    if (fd < 0) {
        err = no_disk(why, errno);
        free(temp);
        return err;
    }
    mode_t mask = umask(0);
    umask(mask);
    if (!put_file(fd, p, part) || (!in_place && (fchmod(fd, 0666 & ~mask) < 0 || fsync(fd) < 0)))
        number = errno;
    if (close(fd) < 0 && !number)
        number = errno;
    if (!number && !in_place && rename(temp, path) < 0)
        number = errno;
    if (number) {
        err = no_disk(why, number);
        if (!in_place)
            unlink(temp);
    }
    free(temp);
    return err;
}

int qn_prog_write(const qn_prog *p, const char *path, qn_why *why)
{
    bytes part[SECTIONS] = {
        [MODEL] = {NULL, NAME + 4 * MODEL_WORDS},
        [MATRIX] = {NULL, (size_t)p->dims.layers * LAYER_WORDS * 4},
        [PARTS] = {NULL, (size_t)p->n_part * PART_WORDS * 4},
        [MARKS] = {NULL, (size_t)p->n_mark * MARK},
        [VOCAB] = {p->vocab, p->vocab_bytes},
        [IMAGE] = {(uint8_t *)p->image, (size_t)p->lay.image_words * 4},
    };
    int err = 0;
    for (int s = MODEL; s <= MARKS; s++)
        if (!(part[s].at = calloc(1, part[s].n + 1)))
            err = qn_fail(why, QN_ERR_NOMEM, "program file");
    if (!err) {
        put_model(part[MODEL].at, p);
        put_layers(part[MATRIX].at, p);
        put_parts(part[PARTS].at, p);
        put_marks(part[MARKS].at, p);
        err = write_parts(p, path, part, why);
    }
    for (int s = MODEL; s <= MARKS; s++)
        free(part[s].at);
    return err;
}

// ---- reading
typedef struct entry {
    uint64_t at;
    size_t n;
    uint32_t crc;
} entry;

static int get_bytes(FILE *f, uint64_t at, void *dst, size_t n, qn_why *why)
{
    if (fseeko(f, (off_t)at, SEEK_SET) < 0 || fread(dst, 1, n, f) != n)
        return ferror(f) ? qn_fail(why, QN_ERR_IO, "%s", strerror(errno)) : qn_fail(why, QN_ERR_TRUNCATED, "at byte %llu",
                                                                                  (unsigned long long)at);
    return 0;
}

static int bad(qn_why *why, const char *what)
{
    return qn_fail(why, QN_ERR_FORMAT, "%s", what);
}

static int get_target(qn_prog *p, const uint8_t *head, qn_why *why)
{
    memcpy(p->target, head + 32, sizeof p->target);
    const qn_target *t = p->target[sizeof p->target - 1] ? NULL : qn_target_find(p->target);
    if (!t) {
        char shown[QN_GGUF_SHOW];
        qn_gguf_str s = {p->target, strnlen(p->target, sizeof p->target)};
        return qn_fail(why, QN_ERR_TARGET, "target '%s' is not known", qn_gguf_show(shown, s));
    }
    if (qn_le32(head + 48) != target_crc(t))
        return qn_fail(why, QN_ERR_TARGET, "target %s has other parameters than when this was compiled", t->name);
    return 0;
}

// Header and table, all of which the checksum covers.
static int get_head(qn_prog *p, FILE *f, uint64_t file_bytes, entry part[SECTIONS], qn_why *why)
{
    uint8_t head[HEAD + SECTIONS * ENTRY];
    if (file_bytes < HEAD)
        return qn_fail(why, QN_ERR_TRUNCATED, "%llu bytes", (unsigned long long)file_bytes);
    int err = get_bytes(f, 0, head, HEAD, why);
    if (err < 0)
        return err;
    if (!qn_prog_is(head, HEAD))
        return bad(why, "not a .qn file");
    if (qn_le32(head + 8) != QN_PROG_VERSION)
        return qn_fail(why, QN_ERR_VERSION, "file version %u, this program reads %u", qn_le32(head + 8), QN_PROG_VERSION);
    if (qn_le32(head + 12) != sizeof head || qn_le32(head + 16) != SECTIONS)
        return bad(why, "a header of another size");
    if (file_bytes < sizeof head)
        return qn_fail(why, QN_ERR_TRUNCATED, "%llu bytes", (unsigned long long)file_bytes);
    if ((err = get_bytes(f, HEAD, head + HEAD, sizeof head - HEAD, why)) < 0)
        return err;
    uint32_t sum = qn_le32(head + CRC_AT);
    le32(head + CRC_AT, 0);
    if (crc(head, sizeof head) != sum)
        return qn_fail(why, QN_ERR_CHECKSUM, "header");
    if (qn_le64(head + 24) > file_bytes)
        return qn_fail(why, QN_ERR_TRUNCATED, "%llu bytes of %llu", (unsigned long long)file_bytes, (unsigned long long)qn_le64(head + 24));
    if (qn_le64(head + 24) != file_bytes)
        return bad(why, "goes on after its end");
    if (qn_le32(head + 52) != QN_ID_VALUE)
        return qn_fail(why, QN_ERR_VERSION, "instructions %08x, this program knows %08x", qn_le32(head + 52), QN_ID_VALUE);
    if ((err = get_target(p, head, why)) < 0)
        return err;
    size_t at = sizeof head;
    for (int s = 0; s < SECTIONS; s++) {
        const uint8_t *e = head + HEAD + s * ENTRY;
        char name[8] = {0};
        memcpy(name, names[s], strlen(names[s]));
        part[s] = (entry){qn_le64(e + 8), (size_t)qn_le64(e + 16), qn_le32(e + 24)};
        at = align_up(at);
        if (memcmp(e, name, 8) != 0 || part[s].at != at || part[s].n > file_bytes - at)
            return bad(why, "a section table that does not hold together");
        at += part[s].n;
    }
    return at == file_bytes ? 0 : bad(why, "sections that do not fill the file");
}

// One section, allocated with a byte to spare; its checksum, and the bytes before it being 0, are checked.
static int get_section(FILE *f, const entry part[SECTIONS], int s, uint8_t **out, qn_why *why)
{
    uint64_t from = s ? part[s - 1].at + part[s - 1].n : HEAD + SECTIONS * ENTRY;
    uint8_t pad[ALIGN];
    int err = get_bytes(f, from, pad, (size_t)(part[s].at - from), why);
    if (err < 0)
        return err;
    for (size_t i = 0; i < part[s].at - from; i++)
        if (pad[i])
            return qn_fail(why, QN_ERR_CHECKSUM, "before section %s", names[s]);
    if (!(*out = malloc(part[s].n + 1)))
        return qn_fail(why, QN_ERR_NOMEM, "section %s of %zu bytes", names[s], part[s].n);
    if ((err = get_bytes(f, part[s].at, *out, part[s].n, why)) < 0)
        return err;
    return crc(*out, part[s].n) == part[s].crc ? 0 : qn_fail(why, QN_ERR_CHECKSUM, "section %s", names[s]);
}

static qn_prog_matrix get_matrix(const uint8_t **at)
{
    uint32_t v[MATRIX_WORDS];
    for (int i = 0; i < MATRIX_WORDS; i++, *at += 4)
        v[i] = qn_le32(*at);
    return (qn_prog_matrix){v[0], v[1], v[2], v[3]};
}

// Its parts have been read.
static bool matrix_ok(const qn_prog *p, const qn_prog_matrix *m)
{
    bool ok = m->outputs && m->inputs && m->outputs <= 1u << 22 && m->parts && m->first <= p->n_part && m->parts <= p->n_part - m->first;
    for (uint32_t i = 0; ok && i < m->parts; i++) {
        const qn_prog_part *x = &p->part[m->first + i];
        ok = qn_fmt_find(x->fmt) && x->outputs && x->output < m->outputs && x->outputs <= m->outputs - x->output && x->slices && x->slices <= 1u << 20 &&
             x->slice <= 1u << 20 && x->tile;
    }
    return ok;
}

static void get_model(qn_prog *p, const uint8_t *at)
{
    memcpy(p->model, at, NAME);
    at += NAME;
#define QN_PROG_GET(f) p->f = qn_le32(at), at += 4;
    QN_PROG_FIELDS(QN_PROG_GET)
#undef QN_PROG_GET
    p->dims.pairing = qn_le32(at) ? QN_PAIR_HALVES : QN_PAIR_ADJACENT;
    p->dims.rope_base = bits_float(qn_le32(at + 4));
    p->dims.eps = bits_float(qn_le32(at + 8));
    p->dims.tied = qn_le32(at + 12) != 0;
    at += 16;
    p->embed = get_matrix(&at);
    p->logits = get_matrix(&at);
}

static bool printable(const char *s, size_t n)
{
    size_t len = strnlen(s, n);
    for (size_t i = 0; i < len; i++)
        if (s[i] < ' ' || s[i] > '~')
            return false;
    return len < n;
}

// Numbers that others index, allocate or count with.
static const char *model_wrong(const qn_prog *p, const entry part[SECTIONS])
{
    const qn_target *t = qn_target_find(p->target);
    const qn_dims *d = &p->dims;
    const qn_layout *y = &p->lay;
    if (!printable(p->model, NAME))
        return "a model's name that is no text";
    if (!d->width || !d->hidden || !d->heads || !d->kv_heads || !d->head || !d->vocab || !d->layers || d->layers > QN_LAYERS_MAX ||
        d->heads > 65536 || d->kv_heads > d->heads || d->head > 1024 || d->vocab > 1u << 22)
        return "sizes out of range";
    if ((p->kv_bits != 8 && p->kv_bits != 16) || (p->act_bits != 8 && p->act_bits != 16) || p->act_ggml > (p->act_bits == 8) || p->act_coarse > !p->act_ggml ||
        !qn_weights_ok(&p->weights) ||
        !p->context || p->context > 1u << 24 || !p->chunk || p->chunk > QN_ARGS - QN_ARG_TOKEN)
        return "options out of range";
    if (part[IMAGE].n != 4ull * y->image_words || part[MATRIX].n != 4ull * LAYER_WORDS * d->layers || part[PARTS].n % (4 * PART_WORDS) ||
        part[MARKS].n % MARK)
        return "sections of other sizes than the model's";
    uint64_t image = ((uint64_t)y->image_words + 255) / 256 * 256, kv = ((uint64_t)y->kv_words + 255) / 256 * 256;
    if (y->io_words < d->vocab || image + kv + y->io_words > t->mem_bytes / 4)
        return "more memory than the target has";
    if (!p->n_code || p->code_words > t->prog_words || p->n_code > p->code_words / QN_INSN_WORDS || y->code_addr > y->image_words ||
        p->code_words > y->image_words - y->code_addr || p->entry[QN_ENTRY_DECODE] >= p->n_code || p->entry[QN_ENTRY_PREFILL] >= p->n_code)
        return "code out of range";
    return NULL;
}

static int get_parts(qn_prog *p, const uint8_t *at, size_t n, qn_why *why)
{
    p->n_part = (uint32_t)(n / (4 * PART_WORDS));
    p->part = calloc(p->n_part + 1, sizeof *p->part);
    if (!p->part)
        return qn_fail(why, QN_ERR_NOMEM, "program file");
    for (uint32_t i = 0; i < p->n_part; i++) {
        uint32_t v[PART_WORDS];
        for (int k = 0; k < PART_WORDS; k++, at += 4)
            v[k] = qn_le32(at);
        p->part[i] = (qn_prog_part){v[0], v[1], v[2], v[3], v[4], v[5], v[6], v[7]};
    }
    return matrix_ok(p, &p->embed) && p->embed.parts == 1 && matrix_ok(p, &p->logits) ? 0 : bad(why, "a matrix out of range");
}

static int get_layers(qn_prog *p, const uint8_t *at, qn_why *why)
{
    p->layer = calloc(p->dims.layers, sizeof *p->layer);
    if (!p->layer)
        return qn_fail(why, QN_ERR_NOMEM, "program file");
    for (uint32_t l = 0; l < p->dims.layers; l++) {
        for (int r = 0; r < QN_LAYER_ROLES; r++) {
            p->layer[l].m[r] = get_matrix(&at);
            if (!matrix_ok(p, &p->layer[l].m[r]))
                return bad(why, "a matrix out of range");
        }
        p->layer[l].norm_attn_addr = qn_le32(at);
        p->layer[l].norm_ffn_addr = qn_le32(at + 4);
        at += 8;
    }
    return 0;
}

static int get_marks(qn_prog *p, const uint8_t *at, size_t n, qn_why *why)
{
    p->n_mark = (uint32_t)(n / MARK);
    p->mark = calloc(p->n_mark + 1, sizeof *p->mark);
    if (!p->mark)
        return qn_fail(why, QN_ERR_NOMEM, "program file");
    for (uint32_t i = 0; i < p->n_mark; i++, at += MARK) {
        p->mark[i].at = qn_le32(at);
        memcpy(p->mark[i].name, at + 4, sizeof p->mark[i].name);
        if (p->mark[i].at > p->n_code || (i && p->mark[i].at < p->mark[i - 1].at) || !printable(p->mark[i].name, 16))
            return bad(why, "marks out of order");
    }
    return 0;
}

static int get_all(qn_prog *p, FILE *f, uint64_t file_bytes, qn_why *why)
{
    entry part[SECTIONS];
    uint8_t *raw[SECTIONS] = {0};
    int err = get_head(p, f, file_bytes, part, why);
    if (!err && part[MODEL].n != NAME + 4 * MODEL_WORDS)
        err = bad(why, "section model of another size");
    for (int s = 0; !err && s < SECTIONS; s++)
        err = get_section(f, part, s, &raw[s], why);
    if (!err) {
        get_model(p, raw[MODEL]);
        const char *wrong = model_wrong(p, part);
        err = wrong ? bad(why, wrong) : 0;
    }
    if (!err)
        err = get_parts(p, raw[PARTS], part[PARTS].n, why);
    if (!err)
        err = get_layers(p, raw[MATRIX], why);
    if (!err)
        err = get_marks(p, raw[MARKS], part[MARKS].n, why);
    if (!err) {
        p->image = (uint32_t *)(void *)raw[IMAGE];
        p->vocab = part[VOCAB].n ? raw[VOCAB] : NULL;
        p->vocab_bytes = part[VOCAB].n;
        raw[IMAGE] = NULL;
        if (p->vocab)
            raw[VOCAB] = NULL;
    }
    for (int s = 0; s < SECTIONS; s++)
        free(raw[s]);
    return err;
}

bool qn_prog_is(const void *bytes, size_t n)
{
    return n >= sizeof magic && memcmp(bytes, magic, sizeof magic) == 0;
}

int qn_prog_read(qn_prog *p, const char *path, qn_why *why)
{
    memset(p, 0, sizeof *p);
    FILE *f = fopen(path, "rb");
    struct stat st;
    if (!f || fstat(fileno(f), &st) < 0 || !S_ISREG(st.st_mode)) {
        int number = f ? EINVAL : errno;
        if (f)
            fclose(f);
        return qn_fail(why, QN_ERR_NOENT, "%s", strerror(number));
    }
    int err = get_all(p, f, (uint64_t)st.st_size, why);
    fclose(f);
    if (err < 0)
        qn_prog_free(p);
    return err;
}

int qn_prog_sections(const char *path, void (*fn)(void *ctx, const char *name, uint64_t at, uint64_t bytes, uint32_t crc), void *ctx)
{
    qn_prog p = {0};
    entry part[SECTIONS];
    struct stat st;
    FILE *f = fopen(path, "rb");
    if (!f)
        return QN_ERR_NOENT;
    int err = fstat(fileno(f), &st) < 0 ? QN_ERR_IO : get_head(&p, f, (uint64_t)st.st_size, part, NULL);
    for (int s = 0; !err && s < SECTIONS; s++)
        fn(ctx, names[s], part[s].at, part[s].n, part[s].crc);
    fclose(f);
    return err;
}
