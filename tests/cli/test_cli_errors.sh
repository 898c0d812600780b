#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What goes wrong is said in one line, with an exit code of sysexits.h, and leaves nothing behind.
. "$(dirname "$0")/expect.sh"

# Changes bytes of a file: edit IN OUT 'python expression of b, a bytearray'
edit() {
    python3 - "$@" <<'P'
import struct, sys, zlib
b = bytearray(open(sys.argv[1], "rb").read())
def u32(at, v): b[at:at + 4] = struct.pack("<I", v)
def key_u32(key, v):
    at = b.index(key) + len(key)
    assert b[at:at + 4] == b"\x04\0\0\0"
    u32(at + 4, v)
def head_crc():
    u32(20, 0)
    u32(20, zlib.crc32(b[:256]))
exec(sys.argv[3])
open(sys.argv[2], "wb").write(b)
P
}

# Use
refused 64 'no such command' "$QUERN" frobnicate
"$QUERN" > "$work/out" 2> "$work/err"; [ $? = 64 ] && [ ! -s "$work/out" ] || fail "no command is not a usage error"
refused 64 "'kv': 8 or 16|--kv: 8 or 16" "$QUERN" run $MODEL --kv 9
refused 64 '--act: 4, 8, 16, fp8 or ggml, not 9' "$QUERN" run $MODEL --act 9
refused 64 "not a number" "$QUERN" run $MODEL -n many
refused 64 "no such kind of device" "$QUERN" run $MODEL --device abacus
refused 64 "no such target: 'moon'" "$QUERN" run $MODEL --device model:moon
refused 64 "no such target: 'moon'" "$QUERN" compile $MODEL -o "$work/x.qn" --target moon

# Models
refused 66 'absent.gguf: .*No such file' "$QUERN" run "$work/absent.gguf"
: > "$work/empty.gguf"
refused 65 'empty.gguf: ' "$QUERN" run "$work/empty.gguf"
head -c 4096 /dev/zero > "$work/zero.gguf"
refused 65 'zero.gguf: malformed' "$QUERN" run "$work/zero.gguf"
for n in 4 23 100 4000 100000 1000000; do
    head -c $n $MODEL > "$work/cut.gguf"
    refused 65 'cut.gguf: (file ends too early|malformed file)' "$QUERN" compile "$work/cut.gguf" -o "$work/x.qn"
done
edit $MODEL "$work/arch.gguf" 'at = b.index(b"llama"); b[at:at+5] = b"mamba"'
refused 65 "architecture 'mamba'" "$QUERN" run "$work/arch.gguf"
edit $MODEL "$work/long.gguf" 'key_u32(b"llama.context_length", 1000000)'
refused 65 'does not fit the target: needs [0-9]+ bytes .*target ulx3s has 33554432' "$QUERN" run "$work/long.gguf" --ctx 1000000
refused 65 'longer than the context: .*1000000.*512|longer than the context' "$QUERN" run $MODEL --ctx 1000000
refused 65 'prompt has [0-9]+ tokens, the context 16' "$QUERN" run $MODEL --ctx 16 -p "$(printf 'Once upon a time %.0s' {1..9})"

# Program files
"$QUERN" compile $MODEL -o "$work/m.qn" -q || fail "compile"
edit "$work/m.qn" "$work/bad.qn" 'b[-5] ^= 1'
refused 65 'bad.qn: checksum does not match: section image' "$QUERN" run "$work/bad.qn"
edit "$work/m.qn" "$work/bad.qn" 'b[40] ^= 1'
refused 65 'bad.qn: checksum does not match: header' "$QUERN" run "$work/bad.qn"
edit "$work/m.qn" "$work/bad.qn" 'u32(8, 99); head_crc()'
refused 65 'bad.qn: version does not match: file version 99' "$QUERN" run "$work/bad.qn"
edit "$work/m.qn" "$work/bad.qn" 'b[32:37] = b"mars\0"; head_crc()'
refused 65 "bad.qn: made for another target: target 'mars' is not known" "$QUERN" run "$work/bad.qn"
edit "$work/m.qn" "$work/bad.qn" 'u32(48, 1); head_crc()'
refused 65 "bad.qn: made for another target: target ulx3s has other parameters" "$QUERN" run "$work/bad.qn"
edit "$work/m.qn" "$work/bad.qn" 'del b[-1]'
refused 65 'bad.qn: file ends too early' "$QUERN" run "$work/bad.qn"
edit "$work/m.qn" "$work/bad.qn" 'b.append(0)'
refused 65 'bad.qn: malformed file: goes on after its end' "$QUERN" run "$work/bad.qn"
# A bit of an instruction, with all checksums right: the verifier refuses what the core would trap on
edit "$work/m.qn" "$work/bad.qn" '
code, image, n = (struct.unpack_from(f, b, at)[0] for f, at in (("<I", 256 + 64 + 4 * 40), ("<Q", 64 + 5 * 32 + 8), ("<Q", 64 + 5 * 32 + 16)))
b[image + 4 * code + 32 * 20 + 9] ^= 1
u32(64 + 5 * 32 + 24, zlib.crc32(b[image:image + n])); head_crc()'
refused 65 'bad.qn: program refused by the verifier: .*instruction 20' "$QUERN" run "$work/bad.qn"
refused 65 'm.qn: made for another target: compiled for ulx3s, asked for is mini' "$QUERN" run "$work/m.qn" --device model:mini
refused 64 'm.qn: wrong use: ' "$QUERN" run "$work/m.qn" --kv 16
refused 64 'target micro does not quantize activations as ggml does' "$QUERN" compile $MODEL --target micro --act ggml -o "$work/x.qn"

# Disks. Nothing of a file that could not be written is left.
mkdir "$work/d"
refused 73 'cannot be written: No such file' "$QUERN" compile $MODEL -o "$work/nowhere/x.qn"
refused 73 '/dev/full: cannot be written: No space' "$QUERN" compile $MODEL -o /dev/full
(ulimit -f 100 && "$QUERN" compile $MODEL -o "$work/d/x.qn") > "$work/out" 2> "$work/err"
[ $? = 73 ] && grep -q 'x.qn: cannot be written: File too large' "$work/err" || fail "a file above the limit: $(cat "$work/err")"
[ -z "$(ls "$work/d")" ] || fail "left over: $(ls "$work/d")"
cp "$work/m.qn" "$work/d/x.qn"
(ulimit -f 100 && "$QUERN" compile $MODEL -o "$work/d/x.qn") > "$work/out" 2> "$work/err"
cmp -s "$work/m.qn" "$work/d/x.qn" && [ "$(ls "$work/d")" = x.qn ] || fail "a file that was there is not as it was"
"$QUERN" run $MODEL -n 2 > /dev/full 2> "$work/err"
[ $? = 74 ] && grep -q 'standard output: ' "$work/err" || fail "a full standard output: $(cat "$work/err")"
finish
