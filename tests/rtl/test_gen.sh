#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The committed package and manual are what the lists say, and each kind of fault in a list is refused and named.
set -eu
cd "$(dirname "$0")/../.."
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

copy() {                                     # a fresh copy of the lists in $tmp
    rm -rf "$tmp/rtl"
    mkdir -p "$tmp/rtl"
    cp -r rtl/spec "$tmp/rtl/spec"
}

build() {
    cc -std=c11 -I "$tmp" -o "$tmp/gen" "$tmp/rtl/spec/gen.c" "$tmp/rtl/spec/qn_isa.c"
    cc -std=c11 -I "$tmp" -o "$tmp/gen_link" "$tmp/rtl/spec/gen_link.c"
}

fail() {
    echo "test_gen: $*" >&2
    exit 1
}

copy
build
"$tmp/gen" --package | cmp - rtl/spec/qn_isa_pkg.sv || fail "qn_isa_pkg.sv is stale: make spec"
"$tmp/gen" --manual | cmp - rtl/spec/manual.md || fail "manual.md is stale: make spec"
"$tmp/gen" --target ulx3s | grep -q -- '-GElement=0 -GRows=16 -GDepth=32 -GPlanes=1 -GLanes=8' || fail "parameters of ulx3s"
"$tmp/gen" --target ulx3s/lut | grep -q -- '-GElement=1 -GRows=16 -GDepth=32 -GPlanes=1 -GLanes=8' || fail "parameters of ulx3s/lut"
for t in nothing ulx3s/nothing ulx3s/ ulx3s/lut/; do
    if "$tmp/gen" --target $t >/dev/null 2>&1; then fail "an unknown target was printed: $t"; fi
done
"$tmp/gen_link" | cmp - rtl/spec/qn_link_pkg.sv || fail "qn_link_pkg.sv is stale: make spec"

# refuse FILE SED-SCRIPT MESSAGE: the edited list must be refused with this message
refuse() {
    gen="gen --package"
    case $1 in link.def | mailbox.def) gen=gen_link ;; esac
    copy
    sed -i "$2" "$tmp/rtl/spec/$1"
    if cmp -s "$tmp/rtl/spec/$1" "rtl/spec/$1"; then fail "$1: '$2' changes nothing"; fi
    build
    # shellcheck disable=SC2086  # a word or two
    if "$tmp"/$gen >/dev/null 2>"$tmp/err"; then fail "$1: '$2' was accepted"; fi
    grep -q -- "$3" "$tmp/err" || fail "$1: '$2' was refused with: $(cat "$tmp/err")"
}

refuse insn.def 's/QN_OP(LDA, 0x06/QN_OP(LDA, 0x05/' "code 0x05 is also LDT's"
refuse insn.def 's/QN_FIELD(GEMM, UNIT, 25/QN_FIELD(GEMM, UNIT, 24/' 'GEMM: overlaps ACCUM'
refuse insn.def 's/QN_FIELD(GEMM, UNIT, 25/QN_FIELD(GEMM, UNIT, 32/' 'field bits 32..32 are outside'
refuse insn.def 's/QN_SLOT(GEMM, 5/QN_SLOT(GEMM, 4/' 'GEMM: overlaps ACC'
refuse insn.def 's/QN_SLOT(GEMM, 5/QN_SLOT(GEMM, 6/' 'slot 6 is outside 0..5'
refuse insn.def 's/QN_RAW(VEC, 5, BSTRIDE, 19, 9/QN_RAW(VEC, 5, BSTRIDE, 19, 10/' 'end of raw bits 29 is outside'
refuse fmt.def 's/QN_FMT(S2,  2,/QN_FMT(S2,  3,/' 'id 3, expected 2'
refuse fmt.def 's/QN_FMT(S1,  1, 1,/QN_FMT(S1,  1, 0,/' 'planes 0 is outside 1..16'
refuse fmt.def 's/QN_FMT(KEY8,   17, 8, 1, 0, 1, 3/QN_FMT(KEY8,   17, 8, 1, 0, 3, 3/' 'block 3 is not'
refuse fmt.def 's/QN_FMT(KEY8,   17, 8/QN_FMT(KEY8,   17, 7/' 'cannot be stored as bytes'
refuse fmt.def 's/QN_FMT(K4,  11, 4/QN_FMT(K4,  11, 1/' '3 header words for 2 planes'
refuse fmt.def 's/QN_FMT(K6,  13, 6/QN_FMT(K6,  13, 7/' 'sub-scales with codes of 7 bits'
refuse regs.def 's/QN_REG(WIN_BASE, 0x10, 8/QN_REG(WIN_BASE, 0x10, 9/' 'WIN_SIZE: overlaps WIN_BASE'
refuse regs.def 's/QN_TRAP(SEM,     6/QN_TRAP(SEM,     16/' 'code 16, expected 6'
refuse target.def 's/QN_TARGET(mini, 8, 32, 1, 4, 1/QN_TARGET(mini, 8, 32, 1, 4, 3/' 'funcs 3 does not divide'
refuse target.def 's/QN_TARGET(mini, 8, 32, 1, 4, 1/QN_TARGET(mini, 8, 32, 1, 4, 4/' 'funcs 4 is more than dequants 2'
refuse target.def 's/QN_TARGET(mini, 8,/QN_TARGET(mini, 2,/' 'rows 2 are less than twice dequants 2'
refuse target.def 's/QN_TARGET(mini, 8, 32, 1, 4, 1, 2/QN_TARGET(mini, 8, 32, 1, 4, 1, 3/' 'dequants 3 does not divide'
refuse target.def 's/QN_TARGET(mini, 8, 32, 1, 4, 1, 2/QN_TARGET(mini, 8, 32, 1, 4, 1, 0/' 'dequants 0 does not divide'
refuse target.def 's/QN_TARGET(micro, 4, 32, 1, 4, 1, 1, 256, 64, 8192/QN_TARGET(micro, 4, 32, 1, 4, 1, 1, 256, 64, 4096/' 'vb_words 4096 is outside 8192'
refuse target.def 's/12288, 0,/12288, 2,/' 'ggml 2 is outside 0..1'
refuse target.def 's/QN_ELEMENT(lut,      8/QN_ELEMENT(lut,      3/' 'lut: pair_clocks 3 is outside 4..16'
refuse target.def 's/QN_TARGET(mini, 8, 32/QN_TARGET(mini, 8, 4/' 'depth 4 is not 8, 16 or 32'
refuse target.def 's/QN_TARGET(mini, 8,/QN_TARGET(mini, 9,/' 'rows 9 is not a power of two'
refuse target.def 's/QN_TARGET(mini, 8, 32, 1/QN_TARGET(mini, 8, 32, 8/' 'planes 8 is not 1, 2 or 4'
refuse link.def 's/QN_LINK_TYPE(BELL,      0x06/QN_LINK_TYPE(BELL,      0x05/' "BELL: its code is also another's"
refuse link.def 's/QN_LINK_STATUS(FAULT,   5/QN_LINK_STATUS(FAULT,   6/' 'numbered from 0 without gaps'
refuse mailbox.def 's/QN_MB_REG(STATUS,   0xc2/QN_MB_REG(STATUS,   0xc1/' 'STATUS: overlaps another'
refuse mailbox.def 's/QN_MB_REG(STATE,    0xc0, 1,  DEVICE/QN_MB_REG(STATE,    0xc0, 1,  HOST/' "0x80..0xbf are the host's"
