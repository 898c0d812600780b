// SPDX-License-Identifier: Apache-2.0
#include "compiler/front/qn_token_split.h"

#include <string.h>

const qn_token_pre *qn_token_pre_find(const char *name, size_t n)
{
    static const qn_token_pre pres[] = {
#define ROW(name, rule, chain, ignore_merges, add_bos) {name, QN_TOKEN_##rule, QN_TOKEN_##chain, ignore_merges, add_bos},
        QN_TOKEN_PRES(ROW)
#undef ROW
    };

    for (size_t i = 0; i < sizeof pres / sizeof *pres; i++) {
        if (strlen(pres[i].name) == n && !memcmp(pres[i].name, name, n))
            return &pres[i];
    }
    return NULL;
}

size_t qn_token_point(const uint8_t *text, size_t n, uint32_t *point)
{
    uint8_t lead = text[0];
    *point = lead;
    if (lead < 0x80)
        return 1;

    *point = UINT32_MAX;
    size_t len = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
    if (lead < 0xC2 || lead > 0xF4 || n < len)
        return 1;
    uint32_t p = lead & (0xFFu >> (len + 1));
    for (size_t i = 1; i < len; i++) {
        if ((text[i] & 0xC0) != 0x80)
            return 1;
        p = p << 6 | (text[i] & 0x3Fu);
    }
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    if (p < least[len] || p > 0x10FFFF || (p >= 0xD800 && p < 0xE000))
        return 1;
    *point = p;
    return len;
}

enum qn_token_class qn_token_class_of(uint32_t point)
{
    if (point < 128)
        return (enum qn_token_class)qn_token_unicode_ascii[point];
    if (point > 0x10FFFF)
        return QN_TOKEN_OTHER;

    // The last run that starts at or before the point; the first run starts at 0
    size_t low = 0, high = qn_token_unicode_n_runs;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (qn_token_unicode_runs[middle] >> 3 <= point)
            low = middle;
        else
            high = middle;
    }
    return (enum qn_token_class)(qn_token_unicode_runs[low] & 7);
}

// One character of the text that is being cut.
typedef struct chr {
    uint32_t point;
    enum qn_token_class cls;
    size_t next; // where the character after it starts
} chr;

static chr at(const uint8_t *t, size_t pos, size_t end)
{
    chr c = {UINT32_MAX, QN_TOKEN_END, pos};
    if (pos < end) {
        c.next = pos + qn_token_point(t + pos, end - pos, &c.point);
        c.cls = qn_token_class_of(c.point);
    }
    return c;
}

static bool is_break(chr c)
{
    return c.point == '\r' || c.point == '\n';
}

static bool is_letter(int rule, chr c)
{
    return c.cls == QN_TOKEN_LETTER || (rule == QN_TOKEN_QWEN35 && c.cls == QN_TOKEN_MARK);
}

// [^\s\p{L}\p{N}], at an end of the text too where it is not one
static bool is_sign(int rule, chr c)
{
    return !is_letter(rule, c) && c.cls != QN_TOKEN_SPACE && c.cls != QN_TOKEN_NUMBER && c.cls != QN_TOKEN_END;
}

// The length of 's 't 're 've 'm 'll 'd, in capitals too with `fold`; or 0
static size_t contraction(const uint8_t *t, size_t n, bool fold)
{
    if (n < 2 || t[0] != '\'')
        return 0;
    uint8_t bit = fold ? 0x20 : 0;
    uint8_t a = t[1] < 0x80 ? t[1] | bit : 0, b = n > 2 && t[2] < 0x80 ? t[2] | bit : 0;
    if (a == 's' || a == 't' || a == 'm' || a == 'd')
        return 2;
    if ((a == 'r' && b == 'e') || (a == 'v' && b == 'e') || (a == 'l' && b == 'l'))
        return 3;
    return 0;
}

static size_t letters_end(int rule, const uint8_t *t, size_t pos, size_t end)
{
    for (;;) {
        chr c = at(t, pos, end);
        if (!is_letter(rule, c))
            return pos;
        pos = c.next;
    }
}

static bool is_upper(chr c)
{
    return c.cls == QN_TOKEN_LETTER && !(c.point >= 'a' && c.point <= 'z');
}

static bool is_lower(chr c)
{
    return c.cls == QN_TOKEN_LETTER && !(c.point >= 'A' && c.point <= 'Z');
}

// U*W+|U+W*, where a letter outside ASCII is both. The first half needs its W: where the capitals are followed by none, it gives back
// as many of them as it takes to end in one.
static size_t tekken_end(const uint8_t *t, size_t pos, size_t end)
{
    size_t both = pos;
    bool any = false;
    chr c;
    while (c = at(t, pos, end), is_upper(c)) {
        if (is_lower(c)) {
            both = pos;
            any = true;
        }
        pos = c.next;
    }
    if (!is_lower(c)) {
        if (!any)
            return pos;
        pos = both;
    }
    while (c = at(t, pos, end), is_lower(c))
        pos = c.next;
    return pos;
}

// \s*[\r\n]+ where `breaks`, then \s+(?!\S)|\s+
static size_t spaces_end(const uint8_t *t, size_t pos, size_t end, bool breaks)
{
    size_t last = pos, after_break = 0, n = 0;
    chr c;
    while (c = at(t, pos, end), c.cls == QN_TOKEN_SPACE) {
        if (is_break(c))
            after_break = c.next;
        last = pos;
        pos = c.next;
        n++;
    }
    if (breaks && after_break)
        return after_break;
    return n > 1 && c.cls != QN_TOKEN_END ? last : pos;
}

// Where the word ends that starts at `pos`, which is before `end`.
static size_t word_end(int rule, const uint8_t *t, size_t pos, size_t end)
{
    if (rule != QN_TOKEN_TEKKEN) {
        size_t len = contraction(t + pos, end - pos, rule != QN_TOKEN_GPT2);
        if (len)
            return pos + len;
    }

    chr first = at(t, pos, end);
    chr c = first.point == ' ' ? at(t, first.next, end) : first; // what follows " ?"
    if (rule == QN_TOKEN_GPT2) {
        if (c.cls == QN_TOKEN_LETTER || c.cls == QN_TOKEN_NUMBER) {
            enum qn_token_class cls = c.cls;
            while (c.cls == cls) {
                pos = c.next;
                c = at(t, pos, end);
            }
            return pos;
        }
    } else {
        if (!is_break(first) && first.cls != QN_TOKEN_NUMBER) {
            size_t start = first.cls == QN_TOKEN_LETTER ? pos : first.next;
            if (is_letter(rule, first) || is_letter(rule, at(t, first.next, end)))
                return rule == QN_TOKEN_TEKKEN ? tekken_end(t, start, end) : letters_end(rule, t, start, end);
        }
        if (first.cls == QN_TOKEN_NUMBER) {
            pos = first.next;
            for (int i = 1; rule == QN_TOKEN_LLAMA3 && i < 3; i++) {
                chr digit = at(t, pos, end);
                if (digit.cls != QN_TOKEN_NUMBER)
                    break;
                pos = digit.next;
            }
            return pos;
        }
    }

    if (is_sign(rule, c)) {
        while (is_sign(rule, c)) {
            pos = c.next;
            c = at(t, pos, end);
        }
        while (rule != QN_TOKEN_GPT2 && (is_break(c) || (rule == QN_TOKEN_TEKKEN && c.point == '/'))) {
            pos = c.next;
            c = at(t, pos, end);
        }
        return pos;
    }
    return spaces_end(t, pos, end, rule != QN_TOKEN_GPT2);
}

// Whether the chain's first expression takes the character
static bool is_cut(int chain, chr c)
{
    if (chain == QN_TOKEN_DIGITS)
        return c.cls == QN_TOKEN_NUMBER;
    return c.cls == QN_TOKEN_PUNCT ||
           (c.point && c.point < 128 && strchr(chain == QN_TOKEN_FALCON ? "$+<=>^~|`" : "$+<=>^~|", (int)c.point));
}

// Where the piece ends that the chain's first expression leaves or takes at `pos`
static size_t piece_end(int chain, const uint8_t *t, size_t pos, size_t end)
{
    if (chain == QN_TOKEN_ALONE)
        return end;
    chr c = at(t, pos, end);
    bool cut = is_cut(chain, c);
    do {
        pos = c.next;
        c = at(t, pos, end);
    } while (c.cls != QN_TOKEN_END && is_cut(chain, c) == cut && !(cut && chain == QN_TOKEN_DIGITS));
    return pos;
}

static bool is_three_digits(const uint8_t *t, size_t pos, size_t end)
{
    if (end - pos < 3)
        return false;
    for (int i = 0; i < 3; i++) {
        if (t[pos + i] < '0' || t[pos + i] > '9')
            return false;
    }
    return true;
}

// Where the part ends that the chain's last expressions leave or take at `pos` of a word
static size_t part_end(int chain, const uint8_t *t, size_t pos, size_t end)
{
    if (chain < QN_TOKEN_FALCON)
        return end;
    if (is_three_digits(t, pos, end))
        return pos + 3;
    chr c = at(t, pos, end);
    bool number = c.cls == QN_TOKEN_NUMBER;
    do {
        pos = c.next;
        c = at(t, pos, end);
    } while (c.cls != QN_TOKEN_END && !is_three_digits(t, pos, end) &&
             (chain == QN_TOKEN_FALCON || (c.cls == QN_TOKEN_NUMBER) == number));
    return pos;
}

int qn_token_split(const qn_token_pre *pre, const uint8_t *text, size_t n, qn_token_word_fn *word, void *ctx)
{
    for (size_t pos = 0; pos < n;) {
        size_t piece = piece_end(pre->chain, text, pos, n);
        while (pos < piece) {
            size_t end = word_end(pre->rule, text, pos, piece);
            while (pos < end) {
                size_t part = part_end(pre->chain, text, pos, end);
                int err = word(ctx, text + pos, part - pos);
                if (err)
                    return err;
                pos = part;
            }
        }
    }
    return 0;
}
