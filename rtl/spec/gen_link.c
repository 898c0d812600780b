// SPDX-License-Identifier: Apache-2.0
// gen_link.c: checks link.def, mailbox.def and soc.def, and prints rtl/spec/qn_link_pkg.sv from them: the front door's, the mailbox's and the system's constants.
// Exit 1: a list is wrong (each fault on a line of stderr).
#include <stddef.h>
#include <stdio.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

typedef struct row {
    const char *owner, *name;
    long a, b, c;
    const char *text;
} row;

enum { DATA = 0x10000 };                     // words of a frame's data, a parameter of the device: DATA + 1 is data + 1

#define QN_LINK_CONST(name, value, text) {"LINK", #name, value, 0, 0, text},
#define QN_LINK_HEAD(name, word, lsb, width, text)
#define QN_LINK_TYPE(name, code, least, most, reply, text)
#define QN_LINK_NOTICE(name, code, text)
#define QN_LINK_STATUS(name, code, error, text)
#define QN_LINK_WORD(owner, name, word, lsb, width, text)
static const row consts[] = {
#include "rtl/spec/link.def"
};
#undef QN_LINK_CONST
#undef QN_LINK_HEAD
#define QN_LINK_CONST(name, value, text)
#define QN_LINK_HEAD(name, word, lsb, width, text) {"HEAD", #name, word, lsb, width, text},
static const row heads[] = {
#include "rtl/spec/link.def"
};
#undef QN_LINK_HEAD
#undef QN_LINK_TYPE
#undef QN_LINK_NOTICE
#define QN_LINK_HEAD(name, word, lsb, width, text)
#define QN_LINK_TYPE(name, code, least, most, reply, text) {"TYPE", #name, code, least, most, text},
#define QN_LINK_NOTICE(name, code, text) {"TYPE", #name, code, 0, 0, text},
static const row types[] = {
#include "rtl/spec/link.def"
};
#undef QN_LINK_TYPE
#undef QN_LINK_NOTICE
#undef QN_LINK_STATUS
#define QN_LINK_TYPE(name, code, least, most, reply, text)
#define QN_LINK_NOTICE(name, code, text)
#define QN_LINK_STATUS(name, code, error, text) {"STATUS", #name, code, 0, 0, text},
static const row statuses[] = {
#include "rtl/spec/link.def"
};
#undef QN_LINK_STATUS
#undef QN_LINK_WORD
#define QN_LINK_STATUS(name, code, error, text)
#define QN_LINK_WORD(owner, name, word, lsb, width, text) {#owner, #name, word, lsb, width, text},
static const row words[] = {
#include "rtl/spec/link.def"
};

enum { HOST, DEVICE };
#define QN_MB_CONST(name, value, text)
#define QN_MB_REG(name, reg, count, writer, text) {"REG", #name, reg, count, writer, text},
#define QN_MB_BELL(name, number, text)
#define QN_MB_STATE(name, code, text)
#define QN_MB_COMMAND(name, code, text)
#define QN_MB_GEN(name, argument, text)
#define QN_MB_STATUS(name, code, error, text)
#define QN_MB_FINISH(name, code, text)
#define QN_MB_REGION(name, base, words, flags, text)
static const row regs[] = {
#include "rtl/spec/mailbox.def"
};
#undef QN_MB_CONST
#undef QN_MB_REG
#undef QN_MB_BELL
#define QN_MB_CONST(name, value, text) {"MB", #name, value, 0, 0, text},
#define QN_MB_REG(name, reg, count, writer, text)
#define QN_MB_BELL(name, number, text) {"MB_BELL", #name, number, 0, 0, text},
static const row boxes[] = {
#include "rtl/spec/mailbox.def"
};

#define QN_SOC_REGION(name, base, bytes, text) {"SOC", #name, base, bytes, 0, text},
#define QN_SOC_REG(name, index, access, text)
#define QN_SOC_SWEEP(name, code, text)
static const row regions[] = {
#include "rtl/spec/soc.def"
};
#undef QN_SOC_REGION
#undef QN_SOC_REG
#define QN_SOC_REGION(name, base, bytes, text)
#define QN_SOC_REG(name, index, access, text) {"SOC", #name, index, 0, 0, text},
static const row owns[] = {
#include "rtl/spec/soc.def"
};
#undef QN_SOC_REG
#undef QN_SOC_SWEEP
#define QN_SOC_REG(name, index, access, text)
#define QN_SOC_SWEEP(name, code, text) {"SWEEP", #name, code, 0, 0, text},
static const row sweeps[] = {
#include "rtl/spec/soc.def"
};

static int faults;

static void need(int good, const char *list, const char *name, const char *what)
{
    if (good)
        return;
    fprintf(stderr, "%s: %s: %s\n", list, name, what);
    faults++;
}

static void check(void)
{
    for (size_t i = 0; i < COUNT(types); i++)
        for (size_t j = 0; j < i; j++)
            need(types[i].a != types[j].a, "link.def", types[i].name, "its code is also another's");
    for (size_t i = 0; i < COUNT(statuses); i++)
        need(statuses[i].a == (long)i, "link.def", statuses[i].name, "status codes are numbered from 0 without gaps");
    for (size_t i = 0; i < COUNT(heads); i++)
        need(heads[i].a < 4 && heads[i].b + heads[i].c <= 32, "link.def", heads[i].name, "outside the head");
    for (size_t i = 0; i < COUNT(owns); i++)
        need(owns[i].a == (long)i, "soc.def", owns[i].name, "registers are numbered from 0 without gaps");
    for (size_t i = 0; i < COUNT(regions); i++)
        need(regions[i].a % regions[i].b == 0 && !(regions[i].b & (regions[i].b - 1)), "soc.def", regions[i].name, "not a power of two at its own multiple");
    // A bit of the register's number tells who writes it
    for (size_t i = 0; i < COUNT(regs); i++) {
        long first = regs[i].a, last = regs[i].a + regs[i].b - 1;
        need(regs[i].b > 0 && first >= 0x80 && last < 0x100, "mailbox.def", regs[i].name, "outside 0x80..0xff");
        need(regs[i].c == HOST ? last < 0xc0 : first >= 0xc0, "mailbox.def", regs[i].name, "0x80..0xbf are the host's, 0xc0..0xff the device's");
        for (size_t j = 0; j < i; j++)
            need(first >= regs[j].a + regs[j].b || last < regs[j].a, "mailbox.def", regs[i].name, "overlaps another");
    }
}

static void print(const char *prefix, const row *r, size_t n, int width)
{
    for (size_t i = 0; i < n; i++)
        printf("  localparam [%d:0] %s_%s = %d'd%ld;  // %s\n", width - 1, prefix ? prefix : r[i].owner, r[i].name, width, r[i].a, r[i].text);
    printf("\n");
}

// What a request's payload may have: least words, most words; least 0: not a request
static void print_bounds(void)
{
    printf("  function automatic [15:0] type_least(input [7:0] code);  // words of a request's payload; 0: no request\n    case (code)\n");
    for (size_t i = 0; i < COUNT(types) && types[i].b; i++)
        printf("      TYPE_%s: type_least = 16'd%ld;\n", types[i].name, types[i].b);
    printf("      default: type_least = 16'd0;\n    endcase\n  endfunction\n\n"
           "  function automatic [15:0] type_most(input [7:0] code, input [15:0] data);  // data: words of memory in a frame\n    case (code)\n");
    for (size_t i = 0; i < COUNT(types) && types[i].b; i++)
        printf("      TYPE_%s: type_most = %s16'd%ld;\n", types[i].name, types[i].c >= DATA ? "data + " : "", types[i].c % DATA);
    printf("      default: type_most = 16'd0;\n    endcase\n  endfunction\n\n");
}

int main(void)
{
    check();
    if (faults)
        return 1;
    printf("// Made by rtl/spec/gen_link.c from rtl/spec/link.def, mailbox.def and soc.def: do not edit, `make spec` prints it again.\n"
           "// SPDX-License-Identifier: Apache-2.0\n// qn_link_pkg: link, mailbox and the system on chip as constants.\n\n"
           "/* verilator lint_off UNUSEDPARAM */  // no module uses all of them\npackage qn_link_pkg;\n\n");
    print(NULL, consts, COUNT(consts), 32);
    for (size_t i = 0; i < COUNT(heads); i++)
        printf("  localparam int HEAD_%s_LSB = %ld;  // of 128 bits: %s\n", heads[i].name, 32 * heads[i].a + heads[i].b, heads[i].text);
    printf("\n");
    print("TYPE", types, COUNT(types), 8);
    print("STATUS", statuses, COUNT(statuses), 8);
    for (size_t i = 0; i < COUNT(words); i++)
        printf("  localparam int %s_%s_LSB = %ld;  // %ld bits of the payload: %s\n", words[i].owner, words[i].name, 32 * words[i].a + words[i].b, words[i].c,
               words[i].text);
    printf("\n");
    print_bounds();
    print(NULL, boxes, COUNT(boxes), 32);
    for (size_t i = 0; i < COUNT(regions); i++)
        printf("  localparam [31:0] SOC_%s_BASE = 32'h%08lx;  // %s\n  localparam [31:0] SOC_%s_BYTES = 32'h%08lx;\n", regions[i].name, regions[i].a, regions[i].text,
               regions[i].name, regions[i].b);
    printf("\n");
    print(NULL, owns, COUNT(owns), 4);
    print("SWEEP", sweeps, COUNT(sweeps), 2);
    printf("endpackage\n/* verilator lint_on UNUSEDPARAM */\n");
    return 0;
}
