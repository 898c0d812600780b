// SPDX-License-Identifier: Apache-2.0
#define _DEFAULT_SOURCE                      // mmap, madvise
#include "compiler/front/qn_gguf.h"

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "compiler/front/qn_ggml_type.h"
#include "driver/qn_le.h"
#include "driver/qn_size.h"

enum {
    HEADER_BYTES = 24,     // magic, version, two counts
    KV_BYTES_MIN = 14,     // length, one byte of key, type, one byte of value
    TENSOR_BYTES_MIN = 25, // length, one byte of name, dimension count, type, offset
    ALIGN_DEFAULT = 32,
};

// Bytes of a value; 0: its length is in the file
static const uint8_t VALUE_BYTES[] = {
#define ROW(name, id, bytes) [id] = bytes,
    QN_GGUF_TYPES(ROW)
#undef ROW
};

static bool type_known(int64_t type)
{
    return type >= 0 && type < (int64_t)sizeof VALUE_BYTES;
}

// Where reading has come to, and what is being read
typedef struct cursor {
    const uint8_t *base;
    size_t n, at;
    qn_why *why;
    char what[QN_GGUF_SHOW + 16];
} cursor;

// The next n bytes; NULL, with `why` filled, if the file ends before
static const uint8_t *take(cursor *c, uint64_t n, const char *part)
{
    if (n > c->n - c->at) {
        qn_fail(c->why, QN_ERR_TRUNCATED, "%s: %s of %" PRIu64 " bytes at byte %zu: the file ends at byte %zu", c->what, part, n,
                c->at, c->n);
        return NULL;
    }
    const uint8_t *p = c->base + c->at;
    c->at += (size_t)n;
    return p;
}

static int take_string(cursor *c, qn_gguf_str *out, const char *part)
{
    const uint8_t *p = take(c, 8, "a string's length");
    if (!p)
        return QN_ERR_TRUNCATED;
    uint64_t len = qn_le64(p);
    p = take(c, len, part);
    if (!p)
        return QN_ERR_TRUNCATED;
    *out = (qn_gguf_str){(const char *)p, (size_t)len};
    return 0;
}

// A key or a tensor's name: not empty, of at most `max` bytes, none of them a control character
static int take_name(cursor *c, qn_gguf_str *out, size_t max)
{
    int err = take_string(c, out, "a name");
    if (err < 0)
        return err;
    if (!out->len)
        return qn_fail(c->why, QN_ERR_FORMAT, "%s: its name is empty", c->what);
    char shown[QN_GGUF_SHOW];
    if (out->len > max)
        return qn_fail(c->why, QN_ERR_FORMAT, "%s: its name '%s' has %zu bytes, more than %zu", c->what, qn_gguf_show(shown, *out),
                       out->len, max);
    for (size_t i = 0; i < out->len; i++)
        if (iscntrl((unsigned char)out->ptr[i]))
            return qn_fail(c->why, QN_ERR_FORMAT, "%s: a control character in its name '%s'", c->what, qn_gguf_show(shown, *out));
    return 0;
}

static void name_what(cursor *c, const char *kind, qn_gguf_str name)
{
    char shown[QN_GGUF_SHOW];
    snprintf(c->what, sizeof c->what, "%s '%s'", kind, qn_gguf_show(shown, name));
}

// Walks an array of strings once to see that all are there, and once more to note where each begins
static int take_strings(cursor *c, qn_gguf_kv *kv)
{
    size_t begin = c->at;
    qn_gguf_str s;
    for (size_t i = 0; i < kv->count; i++) {
        int err = take_string(c, &s, "a string");
        if (err < 0)
            return err;
    }
    if (!kv->count)
        return 0;
    kv->strings = malloc(kv->count * sizeof *kv->strings); // count strings of 8 bytes or more are in the file: no overflow
    if (!kv->strings)
        return qn_fail(c->why, QN_ERR_NOMEM, "%s: no memory for an index of %zu strings", c->what, kv->count);
    const uint8_t *p = c->base + begin;
    for (size_t i = 0; i < kv->count; i++) {
        kv->strings[i] = p;
        p += 8 + qn_le64(p);
    }
    return 0;
}

static int check_bools(cursor *c, const qn_gguf_kv *kv)
{
    for (size_t i = 0; i < kv->count; i++)
        if (kv->data[i] > 1)
            return qn_fail(c->why, QN_ERR_FORMAT, "%s: a boolean with the value %d", c->what, kv->data[i]);
    return 0;
}

// The elements of `kv`, whose type and count are known
static int take_values(cursor *c, qn_gguf_kv *kv)
{
    kv->data = c->base + c->at;
    size_t bytes, size = VALUE_BYTES[kv->elem];
    if (!qn_size_mul(&bytes, kv->count, size ? size : 8))
        return qn_fail(c->why, QN_ERR_FORMAT, "%s: an array of %zu elements cannot be: its size overflows", c->what, kv->count);
    if (!size)
        return take_strings(c, kv);
    if (!take(c, bytes, kv->type == QN_GGUF_ARRAY ? "an array" : "a value"))
        return QN_ERR_TRUNCATED;
    return kv->elem == QN_GGUF_BOOL ? check_bools(c, kv) : 0;
}

static int take_kv(cursor *c, qn_gguf_kv *kv)
{
    *kv = (qn_gguf_kv){.count = 1};
    int err = take_name(c, &kv->key, QN_GGUF_KEY_MAX);
    if (err < 0)
        return err;
    name_what(c, "key", kv->key);

    const uint8_t *p = take(c, 4, "a type");
    if (!p)
        return QN_ERR_TRUNCATED;
    int32_t type = (int32_t)qn_le32(p);
    if (!type_known(type))
        return qn_fail(c->why, QN_ERR_FORMAT, "%s: no such value type: %" PRId32, c->what, type);
    kv->type = kv->elem = (int)type;
    if (type != QN_GGUF_ARRAY)
        return take_values(c, kv);

    p = take(c, 12, "an array's type and count");
    if (!p)
        return QN_ERR_TRUNCATED;
    int32_t elem = (int32_t)qn_le32(p);
    if (!type_known(elem))
        return qn_fail(c->why, QN_ERR_FORMAT, "%s: no such element type: %" PRId32, c->what, elem);
    if (elem == QN_GGUF_ARRAY)
        return qn_fail(c->why, QN_ERR_UNSUPPORTED, "%s: an array of arrays", c->what);
    kv->elem = (int)elem;
    uint64_t count = qn_le64(p + 4);
    if (count > INT64_MAX || !qn_size_from(&kv->count, count))
        return qn_fail(c->why, QN_ERR_FORMAT, "%s: an array of %" PRIu64 " elements cannot be", c->what, count);
    return take_values(c, kv);
}

// Sizes of a tensor from its dimensions and type
static int size_tensor(cursor *c, qn_gguf_tensor *t)
{
    const qn_ggml_info *info = qn_ggml_type_find(t->type);
    if (t->dims[0] % info->elements)
        return qn_fail(c->why, QN_ERR_FORMAT, "%s: a row of %zu elements is no multiple of the %d in a block of %s", c->what,
                       t->dims[0], info->elements, info->name);
    t->elements = 1;
    for (int i = 0; i < QN_GGUF_DIMS_MAX; i++)
        if (!qn_size_mul(&t->elements, t->elements, t->dims[i]) || t->elements > INT64_MAX)
            return qn_fail(c->why, QN_ERR_FORMAT, "%s: its element count overflows", c->what);
    if (!qn_size_mul(&t->bytes, t->elements / info->elements, info->bytes))
        return qn_fail(c->why, QN_ERR_FORMAT, "%s: its size in bytes overflows", c->what);
    return 0;
}

static int take_tensor(cursor *c, qn_gguf_tensor *t, uint64_t *offset)
{
    *t = (qn_gguf_tensor){.dims = {1, 1, 1, 1}};
    int err = take_name(c, &t->name, QN_GGUF_NAME_MAX);
    if (err < 0)
        return err;
    name_what(c, "tensor", t->name);

    const uint8_t *p = take(c, 4, "a dimension count");
    if (!p)
        return QN_ERR_TRUNCATED;
    uint32_t n_dims = qn_le32(p);
    if (n_dims > QN_GGUF_DIMS_MAX)
        return qn_fail(c->why, QN_ERR_FORMAT, "%s: %" PRIu32 " dimensions, more than %d", c->what, n_dims, QN_GGUF_DIMS_MAX);
    t->n_dims = (int)n_dims;
    p = take(c, 8 * n_dims, "dimensions");
    if (!p)
        return QN_ERR_TRUNCATED;
    for (uint32_t i = 0; i < n_dims; i++) {
        int64_t dim = (int64_t)qn_le64(p + 8 * i);
        if (dim < 0 || !qn_size_from(&t->dims[i], (uint64_t)dim))
            return qn_fail(c->why, QN_ERR_FORMAT, "%s: dimension %" PRIu32 " is %" PRId64, c->what, i, dim);
    }

    p = take(c, 12, "a type and an offset");
    if (!p)
        return QN_ERR_TRUNCATED;
    int32_t type = (int32_t)qn_le32(p);
    const qn_ggml_info *info = qn_ggml_type_find(type);
    if (!info)
        return qn_fail(c->why, QN_ERR_FORMAT, "%s: no such tensor type: %" PRId32, c->what, type);
    if (info->form == QN_GGML_REMOVED)
        return qn_fail(c->why, QN_ERR_UNSUPPORTED, "%s: type %" PRId32 " (%s) was removed from ggml", c->what, type, info->name);
    t->type = (int)type;
    *offset = qn_le64(p + 4);
    return size_tensor(c, t);
}

// Names are ordered by length first: most comparisons then need no look at the bytes
static int compare_names(qn_gguf_str a, qn_gguf_str b)
{
    if (a.len != b.len)
        return a.len < b.len ? -1 : 1;
    return memcmp(a.ptr, b.ptr, a.len);
}

static int compare_kv(const void *a, const void *b)
{
    return compare_names((*(const qn_gguf_kv *const *)a)->key, (*(const qn_gguf_kv *const *)b)->key);
}

static int compare_tensors(const void *a, const void *b)
{
    return compare_names((*(const qn_gguf_tensor *const *)a)->name, (*(const qn_gguf_tensor *const *)b)->name);
}

static int compare_data(const void *a, const void *b)
{
    const qn_gguf_tensor *s = *(const qn_gguf_tensor *const *)a, *t = *(const qn_gguf_tensor *const *)b;
    return s->data < t->data ? -1 : s->data > t->data;
}

const qn_gguf_kv *qn_gguf_find(const qn_gguf *g, const char *key)
{
    const qn_gguf_kv wanted = {.key = {key, strlen(key)}}, *p = &wanted;
    const qn_gguf_kv **found = g->n_kv ? bsearch(&p, g->kv_by_name, g->n_kv, sizeof p, compare_kv) : NULL;
    return found ? *found : NULL;
}

const qn_gguf_tensor *qn_gguf_tensor_find(const qn_gguf *g, const char *name)
{
    const qn_gguf_tensor wanted = {.name = {name, strlen(name)}}, *p = &wanted;
    const qn_gguf_tensor **found = g->n_tensor ? bsearch(&p, g->tensor_by_name, g->n_tensor, sizeof p, compare_tensors) : NULL;
    return found ? *found : NULL;
}

// Room for one more of n elements of `size` bytes, doubling; what a count in the file claims is never allocated before it is read
static void *grow(void *list, size_t n, size_t size)
{
    if (n & (n - 1) || (n && n < 16))
        return list;
    size_t bytes;
    if (!qn_size_mul(&bytes, n ? 2 * n : 16, size))
        return NULL;
    return realloc(list, bytes);
}

static int read_header(cursor *c, size_t *n_tensor, size_t *n_kv)
{
    snprintf(c->what, sizeof c->what, "header");
    if (c->n >= 4 && !memcmp(c->base, "FUGG", 4))
        return qn_fail(c->why, QN_ERR_UNSUPPORTED, "a byte-swapped GGUF file");
    if (memcmp(c->base, "GGUF", c->n < 4 ? c->n : 4))
        return qn_fail(c->why, QN_ERR_FORMAT, "not a GGUF file: it does not begin with 'GGUF'");
    if (c->n >= 8) {
        uint32_t version = qn_le32(c->base + 4);
        if (version && !(version & 0xffff))
            return qn_fail(c->why, QN_ERR_UNSUPPORTED, "a byte-swapped (big-endian) GGUF file");
        if (version != 3)
            return qn_fail(c->why, QN_ERR_VERSION, "GGUF version %" PRIu32 ", only 3 is read", version);
    }
    const uint8_t *p = take(c, HEADER_BYTES, "a header");
    if (!p)
        return QN_ERR_TRUNCATED;

    const struct {
        const char *name;
        size_t bytes_min, *out;
    } counts[2] = {{"tensor", TENSOR_BYTES_MIN, n_tensor}, {"key", KV_BYTES_MIN, n_kv}};
    for (int i = 0; i < 2; i++) {
        int64_t count = (int64_t)qn_le64(p + 8 + 8 * i);
        if (count < 0)
            return qn_fail(c->why, QN_ERR_FORMAT, "header: the %s count is negative: %" PRId64, counts[i].name, count);
        if ((uint64_t)count > (c->n - c->at) / counts[i].bytes_min)
            return qn_fail(c->why, QN_ERR_TRUNCATED, "header: a %s count of %" PRId64 " is more than a file of %zu bytes can hold",
                           counts[i].name, count, c->n);
        *counts[i].out = (size_t)count;
    }
    return 0;
}

static int read_keys(qn_gguf *g, cursor *c, size_t n)
{
    for (; g->n_kv < n; g->n_kv++) {
        snprintf(c->what, sizeof c->what, "key %zu", g->n_kv);
        qn_gguf_kv *list = grow((void *)g->kv, g->n_kv, sizeof *list);
        if (!list)
            return qn_fail(c->why, QN_ERR_NOMEM, "no memory for %zu keys", n);
        g->kv = list;
        int err = take_kv(c, &list[g->n_kv]);
        if (err < 0)
            return err;
    }
    if (!n)
        return 0;

    g->kv_by_name = malloc(n * sizeof *g->kv_by_name); // less than what holds the keys themselves
    if (!g->kv_by_name)
        return qn_fail(c->why, QN_ERR_NOMEM, "no memory for an index of %zu keys", n);
    for (size_t i = 0; i < n; i++)
        g->kv_by_name[i] = &g->kv[i];
    qsort(g->kv_by_name, n, sizeof *g->kv_by_name, compare_kv);
    for (size_t i = 1; i < n; i++)
        if (!compare_kv(&g->kv_by_name[i - 1], &g->kv_by_name[i])) {
            name_what(c, "key", g->kv_by_name[i]->key);
            return qn_fail(c->why, QN_ERR_FORMAT, "%s occurs twice", c->what);
        }
    return 0;
}

static int read_align(qn_gguf *g, qn_why *why)
{
    static const char KEY[] = "general.alignment";
    g->align = ALIGN_DEFAULT;
    const qn_gguf_kv *kv = qn_gguf_find(g, KEY);
    if (!kv)
        return 0;
    if (kv->type != QN_GGUF_U32)
        return qn_fail(why, QN_ERR_FORMAT, "key '%s' is of type %s, not U32", KEY, qn_gguf_type_name(kv->type));
    uint32_t align = qn_le32(kv->data);
    if (!align || align & (align - 1))
        return qn_fail(why, QN_ERR_FORMAT, "key '%s': %" PRIu32 " is no power of two", KEY, align);
    if (align > QN_GGUF_ALIGN_MAX)
        return qn_fail(why, QN_ERR_FORMAT, "key '%s': %" PRIu32 " is more than %u", KEY, align, QN_GGUF_ALIGN_MAX);
    g->align = align;
    return 0;
}

// Sees that no two tensors share a byte. Uses the name index as working space, before it is sorted by name.
static int check_overlap(const qn_gguf *g, cursor *c)
{
    for (size_t i = 0; i < g->n_tensor; i++)
        g->tensor_by_name[i] = &g->tensor[i];
    qsort(g->tensor_by_name, g->n_tensor, sizeof *g->tensor_by_name, compare_data);
    for (size_t i = 1; i < g->n_tensor; i++) {
        const qn_gguf_tensor *a = g->tensor_by_name[i - 1], *b = g->tensor_by_name[i];
        if ((size_t)(b->data - a->data) < a->bytes) {
            char shown[QN_GGUF_SHOW];
            name_what(c, "tensor", b->name);
            return qn_fail(c->why, QN_ERR_FORMAT, "%s overlaps tensor '%s' at byte %td", c->what, qn_gguf_show(shown, a->name),
                           b->data - g->base);
        }
    }
    return 0;
}

// Gives every tensor its place in the file: tensor i's offset is offsets[i]
static int place_tensors(qn_gguf *g, qn_gguf_tensor *list, const uint64_t *offsets, cursor *c)
{
    if (!qn_size_align(&g->data_at, c->at, g->align))
        return qn_fail(c->why, QN_ERR_FORMAT, "the tensors' data would begin beyond any file");
    for (size_t i = 0; i < g->n_tensor; i++) {
        qn_gguf_tensor *t = &list[i];
        name_what(c, "tensor", t->name);
        if (offsets[i] % g->align)
            return qn_fail(c->why, QN_ERR_FORMAT, "%s: its offset %" PRIu64 " is no multiple of the alignment %zu", c->what, offsets[i],
                           g->align);
        size_t at = c->n, offset; // an empty tensor has its place at the file's end
        if (t->bytes) {
            if (!qn_size_from(&offset, offsets[i]) || !qn_size_add(&at, g->data_at, offset) || at > c->n)
                return qn_fail(c->why, QN_ERR_TRUNCATED, "%s: its offset %" PRIu64 " from byte %zu is past the file's end at byte %zu",
                               c->what, offsets[i], g->data_at, c->n);
            if (t->bytes > c->n - at)
                return qn_fail(c->why, QN_ERR_TRUNCATED, "%s: its %zu bytes at byte %zu end after the file's %zu", c->what, t->bytes, at,
                               c->n);
        }
        t->data = g->base + at;
    }
    return 0;
}

static int read_tensors(qn_gguf *g, cursor *c, size_t n)
{
    uint64_t *offsets = NULL;
    int err = 0;
    for (; g->n_tensor < n; g->n_tensor++) {
        snprintf(c->what, sizeof c->what, "tensor %zu", g->n_tensor);
        qn_gguf_tensor *list = grow((void *)g->tensor, g->n_tensor, sizeof *list);
        if (list)
            g->tensor = list;
        uint64_t *more = grow(offsets, g->n_tensor, sizeof *more);
        if (more)
            offsets = more;
        if (list && more)
            err = take_tensor(c, &list[g->n_tensor], &offsets[g->n_tensor]);
        else
            err = qn_fail(c->why, QN_ERR_NOMEM, "no memory for %zu tensors", n);
        if (err < 0)
            goto free_offsets;
    }
    err = place_tensors(g, (void *)g->tensor, offsets, c);
    if (err < 0 || !n)
        goto free_offsets;

    err = QN_ERR_NOMEM;
    g->tensor_by_name = malloc(n * sizeof *g->tensor_by_name);
    if (!g->tensor_by_name) {
        qn_fail(c->why, err, "no memory for an index of %zu tensors", n);
        goto free_offsets;
    }
    err = check_overlap(g, c);
    if (err < 0)
        goto free_offsets;
    for (size_t i = 0; i < n; i++)
        g->tensor_by_name[i] = &g->tensor[i];
    qsort(g->tensor_by_name, n, sizeof *g->tensor_by_name, compare_tensors);
    for (size_t i = 1; i < n; i++)
        if (!compare_tensors(&g->tensor_by_name[i - 1], &g->tensor_by_name[i])) {
            name_what(c, "tensor", g->tensor_by_name[i]->name);
            err = qn_fail(c->why, QN_ERR_FORMAT, "%s occurs twice", c->what);
            goto free_offsets;
        }

free_offsets:
    free(offsets);
    return err;
}

int qn_gguf_open_mem(qn_gguf **out, const void *buf, size_t n, qn_why *why)
{
    assert(out && (buf || !n));
    *out = NULL;
    if (!n)
        return qn_fail(why, QN_ERR_TRUNCATED, "the file is empty");

    qn_gguf *g = calloc(1, sizeof *g);
    if (!g)
        return qn_fail(why, QN_ERR_NOMEM, "no memory");
    g->base = buf;
    g->bytes = n;

    cursor c = {.base = buf, .n = n, .why = why};
    size_t n_tensor = 0, n_kv = 0;
    int err = read_header(&c, &n_tensor, &n_kv);
    if (!err)
        err = read_keys(g, &c, n_kv);
    if (!err)
        err = read_align(g, why);
    if (!err)
        err = read_tensors(g, &c, n_tensor);
    if (err < 0) {
        qn_gguf_close(g);
        return err;
    }
    *out = g;
    return 0;
}

int qn_gguf_open(qn_gguf **out, const char *path, qn_why *why)
{
    assert(out && path);
    *out = NULL;

    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); // not to wait for a pipe's writer
    if (fd < 0)
        return qn_fail(why, QN_ERR_NOENT, "%s", strerror(errno));
    int err = 0;
    size_t n = 0;
    void *base = MAP_FAILED;
    struct stat st;
    if (fstat(fd, &st) < 0)
        err = qn_fail(why, QN_ERR_IO, "%s", strerror(errno));
    else if (!S_ISREG(st.st_mode))
        err = qn_fail(why, QN_ERR_NOENT, "not a regular file");
    else if (!st.st_size)
        err = qn_fail(why, QN_ERR_TRUNCATED, "the file is empty");
    else if (!qn_size_from(&n, (uint64_t)st.st_size))
        err = qn_fail(why, QN_ERR_TOO_LARGE, "a file of %jd bytes is too large for this machine", (intmax_t)st.st_size);
    else if ((base = mmap(NULL, n, PROT_READ, MAP_PRIVATE, fd, 0)) == MAP_FAILED)
        err = qn_fail(why, QN_ERR_IO, "it cannot be mapped: %s", strerror(errno));
    close(fd);
    if (err < 0)
        return err;

    err = qn_gguf_open_mem(out, base, n, why);
    if (err < 0)
        munmap(base, n);
    else
        (*out)->mapped = true;
    return err;
}

void qn_gguf_done(const qn_gguf *g, const qn_gguf_tensor *t)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE), first = (size_t)(t->data - g->base) / page * page;
    if (g->mapped && t->bytes)
        madvise((void *)(uintptr_t)(g->base + first), (size_t)(t->data - g->base) + t->bytes - first, MADV_DONTNEED);
}

void qn_gguf_close(qn_gguf *g)
{
    if (!g)
        return;
    if (g->mapped)
        munmap((void *)(uintptr_t)g->base, g->bytes);
    for (size_t i = 0; i < g->n_kv; i++)
        free(g->kv[i].strings);
    free((void *)g->kv);
    free((void *)g->tensor);
    free(g->kv_by_name);
    free(g->tensor_by_name);
    free(g);
}
