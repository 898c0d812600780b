// SPDX-License-Identifier: Apache-2.0
// The values of an open file's keys; qn_gguf.c has checked the structure that this relies on.
#include "compiler/front/qn_gguf.h"

#include <assert.h>
#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "driver/qn_le.h"

static const struct {
    const char *name;
    int bytes;
} TYPES[] = {
#define ROW(name, id, bytes) [id] = {#name, bytes},
    QN_GGUF_TYPES(ROW)
#undef ROW
};

const char *qn_gguf_type_name(int type)
{
    return type >= 0 && type < (int)(sizeof TYPES / sizeof *TYPES) ? TYPES[type].name : "unknown";
}

bool qn_gguf_str_is(qn_gguf_str s, const char *text)
{
    return s.len == strlen(text) && !memcmp(s.ptr, text, s.len);
}

const char *qn_gguf_show(char out[QN_GGUF_SHOW], qn_gguf_str s)
{
    size_t n = 0;
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i];
        if (n > QN_GGUF_SHOW - 8) { // room for one more byte in hexadecimal, or for the dots, and the NUL
            memcpy(out + n, "...", 3);
            n += 3;
            break;
        }
        if (c >= ' ' && c <= '~') {
            out[n++] = (char)c;
        } else {
            static const char HEX[] = "0123456789abcdef";
            const char escape[4] = {'\\', 'x', HEX[c >> 4], HEX[c & 15]};
            memcpy(out + n, escape, 4);
            n += 4;
        }
    }
    out[n] = 0;
    return out;
}

enum kind { INT, FLOAT, BOOL, STR };

static const char *const KIND_NAMES[] = {"an integer", "a float", "a boolean", "a string"};

static bool is_kind(int type, enum kind kind)
{
    switch (kind) {
    case FLOAT:
        return type == QN_GGUF_F32 || type == QN_GGUF_F64;
    case BOOL:
        return type == QN_GGUF_BOOL;
    case STR:
        return type == QN_GGUF_STR;
    default:
        return type != QN_GGUF_F32 && type != QN_GGUF_F64 && type != QN_GGUF_BOOL && type != QN_GGUF_STR && type != QN_GGUF_ARRAY;
    }
}

qn_gguf_str qn_gguf_str_at(const qn_gguf_kv *kv, size_t i)
{
    assert(kv->elem == QN_GGUF_STR && i < kv->count);
    const uint8_t *p = kv->strings[i];
    return (qn_gguf_str){(const char *)p + 8, (size_t)qn_le64(p)};
}

int64_t qn_gguf_int_at(const qn_gguf_kv *kv, size_t i)
{
    assert((is_kind(kv->elem, INT) || is_kind(kv->elem, BOOL)) && i < kv->count);
    const uint8_t *p = kv->data + i * (size_t)TYPES[kv->elem].bytes;
    switch (kv->elem) {
    case QN_GGUF_I8:
        return (int8_t)*p;
    case QN_GGUF_U16:
        return qn_le16(p);
    case QN_GGUF_I16:
        return (int16_t)qn_le16(p);
    case QN_GGUF_U32:
        return qn_le32(p);
    case QN_GGUF_I32:
        return (int32_t)qn_le32(p);
    case QN_GGUF_U64:
        return qn_le64(p) > INT64_MAX ? INT64_MAX : (int64_t)qn_le64(p);
    case QN_GGUF_I64:
        return (int64_t)qn_le64(p);
    default: // U8, BOOL
        return *p;
    }
}

double qn_gguf_float_at(const qn_gguf_kv *kv, size_t i)
{
    assert(is_kind(kv->elem, FLOAT) && i < kv->count);
    if (kv->elem == QN_GGUF_F32) {
        uint32_t bits = qn_le32(kv->data + 4 * i);
        float f;
        memcpy(&f, &bits, sizeof f);
        return (double)f;
    }
    uint64_t bits = qn_le64(kv->data + 8 * i);
    double d;
    memcpy(&d, &bits, sizeof d);
    return d;
}

int qn_gguf_need(int found, const char *key, qn_why *why)
{
    if (found < 0)
        return found;
    return found ? 0 : qn_fail(why, QN_ERR_FORMAT, "key '%s' is missing", key);
}

// The scalar `key` of that kind: 1 and *out, 0 if absent, or an error
static int scalar(const qn_gguf *g, const char *key, enum kind kind, const qn_gguf_kv **out, qn_why *why)
{
    const qn_gguf_kv *kv = qn_gguf_find(g, key);
    if (!kv)
        return 0;
    if (!is_kind(kv->type, kind))
        return qn_fail(why, QN_ERR_FORMAT, "key '%s' is of type %s, not %s", key, qn_gguf_type_name(kv->type), KIND_NAMES[kind]);
    *out = kv;
    return 1;
}

int qn_gguf_get_u64(const qn_gguf *g, const char *key, uint64_t *out, qn_why *why)
{
    const qn_gguf_kv *kv = NULL;
    int found = scalar(g, key, INT, &kv, why);
    if (found <= 0)
        return found;
    int64_t value = qn_gguf_int_at(kv, 0);
    if (value < 0)
        return qn_fail(why, QN_ERR_FORMAT, "key '%s' is negative: %" PRId64, key, value);
    *out = kv->type == QN_GGUF_U64 ? qn_le64(kv->data) : (uint64_t)value;
    return 1;
}

int qn_gguf_get_u32(const qn_gguf *g, const char *key, uint32_t *out, qn_why *why)
{
    uint64_t value;
    int found = qn_gguf_get_u64(g, key, &value, why);
    if (found <= 0)
        return found;
    if (value > UINT32_MAX)
        return qn_fail(why, QN_ERR_FORMAT, "key '%s' is too large: %" PRIu64, key, value);
    *out = (uint32_t)value;
    return 1;
}

int qn_gguf_get_f32(const qn_gguf *g, const char *key, float *out, qn_why *why)
{
    const qn_gguf_kv *kv = NULL;
    int found = scalar(g, key, FLOAT, &kv, why);
    if (found <= 0)
        return found;
    double value = qn_gguf_float_at(kv, 0);
    if (!isfinite(value) || fabs(value) > (double)FLT_MAX)
        return qn_fail(why, QN_ERR_NONFINITE, "key '%s' is no finite number: %g", key, value);
    *out = (float)value;
    return 1;
}

int qn_gguf_get_bool(const qn_gguf *g, const char *key, bool *out, qn_why *why)
{
    const qn_gguf_kv *kv = NULL;
    int found = scalar(g, key, BOOL, &kv, why);
    if (found > 0)
        *out = *kv->data;
    return found;
}

int qn_gguf_get_str(const qn_gguf *g, const char *key, qn_gguf_str *out, qn_why *why)
{
    const qn_gguf_kv *kv = NULL;
    int found = scalar(g, key, STR, &kv, why);
    if (found > 0)
        *out = qn_gguf_str_at(kv, 0);
    return found;
}

static int array(const qn_gguf *g, const char *key, enum kind kind, const qn_gguf_kv **out, qn_why *why)
{
    const qn_gguf_kv *kv = qn_gguf_find(g, key);
    if (!kv)
        return 0;
    if (kv->type != QN_GGUF_ARRAY)
        return qn_fail(why, QN_ERR_FORMAT, "key '%s' is of type %s, not an array", key, qn_gguf_type_name(kv->type));
    if (!is_kind(kv->elem, kind))
        return qn_fail(why, QN_ERR_FORMAT, "key '%s' has elements of type %s, each should be %s", key, qn_gguf_type_name(kv->elem),
                       KIND_NAMES[kind]);
    *out = kv;
    return 1;
}

int qn_gguf_get_strs(const qn_gguf *g, const char *key, const qn_gguf_kv **out, qn_why *why)
{
    return array(g, key, STR, out, why);
}

int qn_gguf_get_ints(const qn_gguf *g, const char *key, const qn_gguf_kv **out, qn_why *why)
{
    return array(g, key, INT, out, why);
}

int qn_gguf_get_floats(const qn_gguf *g, const char *key, const qn_gguf_kv **out, qn_why *why)
{
    return array(g, key, FLOAT, out, why);
}
