// SPDX-License-Identifier: Apache-2.0
// A program file gives back the program; any altered byte, any cut and any lie about itself is refused.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <zlib.h>

#include "compiler/back/qn_compile.h"
#include "compiler/back/qn_prog_file.h"
#include "cpu/qn_cpu.h"
#include "driver/qn_le.h"

enum { HEAD = 64 + 6 * 32, MODEL_AT = 256 };

static char path[] = "/tmp/quern-prog-XXXXXX";
static qn_prog prog;
static uint8_t *file;                // the bytes as written
static size_t n_file;

static void put_file(const uint8_t *bytes, size_t n)
{
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(bytes, 1, n, f), n);
    assert_int_equal(fclose(f), 0);
}

// The file is there; only its first bytes have changed.
static void put_start(const uint8_t *bytes)
{
    FILE *f = fopen(path, "r+b");
    assert_non_null(f);
    assert_int_equal(fwrite(bytes, 1, 4096, f), 4096);
    assert_int_equal(fclose(f), 0);
}

static void le32(uint8_t *p, uint32_t v)
{
    for (int i = 0; i < 4; i++)
        p[i] = (uint8_t)(v >> 8 * i);
}

static int read_back(void)
{
    qn_prog p;
    qn_why why = {""};
    int err = qn_prog_read(&p, path, &why);
    if (err < 0)
        assert_true(why.text[0] && !strchr(why.text, '\n'));
    else
        qn_prog_free(&p);
    return err;
}

static int setup(void **state)
{
    (void)state;
    qn_gguf *g;
    qn_options o = qn_options_default(qn_target_find("ulx3s"));
    o.context = 64;
    int fd = mkstemp(path);
    if (fd < 0 || close(fd) < 0 || qn_gguf_open(&g, "models/quern-stories.gguf", NULL) < 0 || qn_compile(&prog, g, &o, NULL) < 0)
        return -1;
    qn_gguf_close(g);
    prog.vocab = calloc(1, 1001);
    prog.vocab_bytes = 1001;
    if (qn_prog_write(&prog, path, NULL) < 0)
        return -1;
    FILE *f = fopen(path, "rb");
    file = malloc(16 << 20);
    n_file = fread(file, 1, 16 << 20, f);
    fclose(f);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    unlink(path);
    qn_prog_free(&prog);
    free(file);
    return 0;
}

static void same(void **state)
{
    (void)state;
    qn_prog p;
    put_file(file, n_file);
    assert_int_equal(qn_prog_read(&p, path, NULL), 0);
    assert_string_equal(p.target, prog.target);
    assert_string_equal(p.model, prog.model);
    assert_memory_equal(&p.dims, &prog.dims, sizeof p.dims);
    assert_memory_equal(&p.lay, &prog.lay, sizeof p.lay);
    assert_memory_equal(p.entry, prog.entry, sizeof p.entry);
    assert_memory_equal(&p.embed, &prog.embed, sizeof p.embed);
    assert_memory_equal(&p.logits, &prog.logits, sizeof p.logits);
    assert_int_equal(p.kv_bits, prog.kv_bits);
    assert_int_equal(p.act_bits, prog.act_bits);
    assert_int_equal(p.act_ggml, prog.act_ggml);
    assert_memory_equal(&p.weights, &prog.weights, sizeof p.weights);
    assert_int_equal(p.n_part, prog.n_part);
    assert_memory_equal(p.part, prog.part, p.n_part * sizeof *p.part);
    assert_int_equal(p.context, prog.context);
    assert_int_equal(p.chunk, prog.chunk);
    assert_int_equal(p.n_code, prog.n_code);
    assert_int_equal(p.code_words, prog.code_words);
    assert_int_equal(p.n_mark, prog.n_mark);
    for (uint32_t i = 0; i < p.n_mark; i++) {
        assert_int_equal(p.mark[i].at, prog.mark[i].at);
        assert_string_equal(p.mark[i].name, prog.mark[i].name);
    }
    assert_memory_equal(p.layer, prog.layer, p.dims.layers * sizeof *p.layer);
    assert_memory_equal(p.image, prog.image, 4u * p.lay.image_words);
    assert_int_equal(p.vocab_bytes, prog.vocab_bytes);
    assert_memory_equal(p.vocab, prog.vocab, p.vocab_bytes);

    // Written again: the same bytes
    assert_int_equal(qn_prog_write(&p, path, NULL), 0);
    FILE *f = fopen(path, "rb");
    uint8_t *again = malloc(n_file + 1);
    assert_int_equal(fread(again, 1, n_file + 1, f), n_file);
    assert_memory_equal(again, file, n_file);
    fclose(f);
    free(again);
    qn_prog_free(&p);
}

// One bit of the file, in place.
static int flipped(size_t at, int bit)
{
    FILE *f = fopen(path, "r+b");
    uint8_t b = (uint8_t)(file[at] ^ 1 << bit);
    assert_non_null(f);
    fseek(f, (long)at, SEEK_SET);
    fwrite(&b, 1, 1, f);
    fclose(f);
    int err = read_back();
    f = fopen(path, "r+b");
    fseek(f, (long)at, SEEK_SET);
    fwrite(&file[at], 1, 1, f);
    fclose(f);
    return err;
}

static void every_byte(void **state)
{
    (void)state;
    put_file(file, n_file);
    for (size_t at = 0; at < HEAD; at++)
        for (int bit = 0; bit < 8; bit += 3)
            assert_true(flipped(at, bit) < 0);
    for (size_t at = HEAD; at < 4096; at += 13)
        assert_int_equal(flipped(at, (int)(at % 8)), QN_ERR_CHECKSUM);
    for (size_t at = 4096; at < n_file; at += n_file / 40)
        assert_int_equal(flipped(at, (int)(at % 8)), QN_ERR_CHECKSUM);
    assert_int_equal(flipped(n_file - 1, 7), QN_ERR_CHECKSUM);
    assert_int_equal(read_back(), 0);
}

static void every_cut(void **state)
{
    (void)state;
    put_file(file, n_file);
    for (size_t n = n_file; n-- > 0;) {
        if (n > 2000 && n_file - n > 40)
            n -= n > 100000 ? 98765 : 997;
        assert_int_equal(truncate(path, (off_t)n), 0);
        int err = read_back();
        assert_true(err == QN_ERR_TRUNCATED);
    }
}

static void seal(uint8_t *b)
{
    for (int s = 0; s < 6; s++) {
        uint8_t *e = b + 64 + 32 * s;
        le32(e + 24, (uint32_t)crc32_z(0, b + qn_le64(e + 8), (size_t)qn_le64(e + 16)));
    }
    le32(b + 20, 0);
    le32(b + 20, (uint32_t)crc32_z(0, b, HEAD));
}

static void header_lies(void **state)
{
    (void)state;
    static const uint32_t values[] = {0, 1, 63, 0x7fffffff, 0xffffffff};
    uint8_t b[4096];
    put_file(file, n_file);
    for (size_t at = 0; at < HEAD; at += 4)
        for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
            memcpy(b, file, sizeof b);
            if (qn_le32(b + at) == values[i] || at == 20)
                continue;
            le32(b + at, values[i]);
            le32(b + 20, 0);
            le32(b + 20, (uint32_t)crc32_z(0, b, HEAD));
            put_start(b);
            // Bytes that mean nothing, or what the reader leaves to others, may be anything
            if ((at < 56 && at != 36 && at != 40 && at != 44) || (at >= 64 && at % 32 < 28))
                assert_true(read_back() < 0);
            else
                read_back();
        }
}

// With all checksums right: whatever a number says, reading refuses it or nothing that the program is then used for goes out of bounds.
static void model_lies(void **state)
{
    (void)state;
    static const uint32_t values[] = {0, 1, 3, 0xffff, 1u << 23, 0x3fffffff, 0x7fffffff, 0xffffffff};
    uint8_t b[4096];
    memcpy(b, file, sizeof b);
    put_file(file, n_file);
    size_t tried = 0, refused = 0;
    for (int part = 0; part < 3; part++) {               // model, matrix, parts
        uint8_t *entry = b + 64 + 32 * part;
        size_t from = (size_t)qn_le64(entry + 8), bytes = (size_t)qn_le64(entry + 16);
        assert_true(from + bytes <= sizeof b);
        for (size_t at = part ? from : from + 64; at < from + (part ? 72 : bytes); at += 4)
            for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
                uint32_t old = qn_le32(b + at);
                qn_prog p;
                qn_cpu *c;
                le32(b + at, values[i]);
                // Of the long sections only the short one has changed
                le32(entry + 24, (uint32_t)crc32_z(0, b + from, bytes));
                le32(b + 20, 0);
                le32(b + 20, (uint32_t)crc32_z(0, b, HEAD));
                put_start(b);
                tried++;
                if (qn_prog_read(&p, path, NULL) < 0) {
                    refused++;
                } else {
                    if (qn_cpu_open(&c, &p, NULL) == 0)
                        qn_cpu_close(c);
                    qn_prog_free(&p);
                }
                le32(b + at, old);
            }
        le32(entry + 24, (uint32_t)crc32_z(0, b + from, bytes));
    }
    assert_true(refused > tried / 4);
}

static void others_lie(void **state)
{
    (void)state;
    uint8_t *b = malloc(n_file), *marks = b + qn_le64(file + 64 + 3 * 32 + 8);
    memcpy(b, file, n_file);
    le32(marks + 20, 0xffffff);
    seal(b);
    put_file(b, n_file);
    assert_int_equal(read_back(), QN_ERR_FORMAT);
    memcpy(b, file, n_file);
    memset(marks + 4, 'a', 16);                          // a name without its end
    seal(b);
    put_file(b, n_file);
    assert_int_equal(read_back(), QN_ERR_FORMAT);
    // Code that ends beyond the image
    memcpy(b, file, n_file);
    for (size_t at = MODEL_AT + 64; at < MODEL_AT + 300; at += 4)
        if (qn_le32(b + at) == prog.lay.code_addr)
            le32(b + at, prog.lay.image_words - 8);
    assert_memory_not_equal(b, file, 1024);
    seal(b);
    put_file(b, n_file);
    assert_int_equal(read_back(), QN_ERR_FORMAT);
    memcpy(b, file, n_file);
    b[MODEL_AT] = '\033';
    seal(b);
    put_file(b, n_file);
    assert_int_equal(read_back(), QN_ERR_FORMAT);
    memcpy(b, file, n_file);
    seal(b);
    put_file(b, n_file);
    assert_int_equal(read_back(), 0);
    free(b);
}

static void not_a_file(void **state)
{
    (void)state;
    qn_prog p;
    assert_int_equal(qn_prog_read(&p, "/nowhere/x.qn", NULL), QN_ERR_NOENT);
    assert_int_equal(qn_prog_read(&p, "/tmp", NULL), QN_ERR_NOENT);
    assert_int_equal(qn_prog_write(&prog, "/nowhere/x.qn", NULL), QN_ERR_NO_DISK);
    assert_int_equal(qn_prog_write(&prog, "/tmp", NULL), QN_ERR_NO_DISK);
    assert_int_equal(qn_prog_write(&prog, "/dev/full", NULL), QN_ERR_NO_DISK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(same), cmocka_unit_test(every_byte), cmocka_unit_test(every_cut), cmocka_unit_test(header_lies),
        cmocka_unit_test(model_lies), cmocka_unit_test(others_lie), cmocka_unit_test(not_a_file),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
