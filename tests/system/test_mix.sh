#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Matrices of several formats, sums of columns, groups of 16, activations of 4 bits and FP8, compiled: the same bits on cpu, model and RTL and on targets of other rows and stripes, and no cycle lost where
# the format changes: an operator takes what its weights take in each format alone, by their share (within 0.5%, which is refresh and the tiles' ends).
. "$(dirname "$0")/../cli/expect.sh"
model=$work/m.gguf
build/synth -o "$model" --width 256 --layers 1 --heads 4 --kv-heads 2 --hidden 512 --vocab 320 --context 64 --type f16 2> /dev/null || fail synth

run() { # NAME DEVICE OPTION...
    local name=$1 device=$2
    shift 2
    "$QUERN" run "$model" -p a -n 3 --json --device "$device" "$@" > "$work/$name.json" || fail "$name on $device: $*"
}

digest() { python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["digest"])' "$work/$1.json"; }

for w in s4+s8:10% s2+s4:25%groups s4+s8:40%groups bcq3 db; do
    for act in 4 8 16 fp8; do
        run cpu cpu --weights $w --act $act
        for device in model:ulx3s model:mini model:quad model:large; do
            run other $device --weights $w --act $act
            [ "$(digest other)" = "$(digest cpu)" ] || fail "$w, act $act: other bits on $device than on cpu"
        done
    done
    run other rtl:mini --weights $w --act fp8
    [ "$(digest other)" = "$(digest cpu)" ] || fail "$w: other bits on rtl:mini than on cpu"
done
run cpu cpu --weights s4 --group 16 --act 4
for device in model:mini model:ulx3s rtl:mini rtl:ulx3s; do
    run other $device --weights s4 --group 16 --act 4
    [ "$(digest other)" = "$(digest cpu)" ] || fail "groups of 16, act 4: other bits on $device than on cpu"
done

# Cycles of the operators' weights: by operator, NAME-BITS.json of each format alone beside the mixture
for device in rtl:mini model:ulx3s; do
    for w in s2 s4 s8 s4+s8:10% s4+s8:50% s2+s4:25%groups s4+s8:50%groups bcq2 bcq3 bcq4; do
        run "$w" $device --weights "$w" --group 128
        "$QUERN" inspect "$model" --weights "$w" --group 128 --target ${device#*:} -q --json > "$work/$w.inspect" || fail inspect
    done
    python3 - "$work" $device << 'PY' || fail "cycles on $device"
import json, sys
work, device = sys.argv[1:]
parts = {"out": ["out"], "gate-up": ["gate", "up"], "down": ["down"]}     # queries wait for the embedding, which is in the wide format
def cycles(w, op):
    return json.load(open(f"{work}/{w}.json"))["cycles"]["by_operator"][op]["decode"]
def bits(w, op):
    m = [m for m in json.load(open(f"{work}/{w}.inspect"))["matrices_of_layer_0"] if m["name"] in parts[op]]
    return sum(m["bits"] * m["outputs"] * m["inputs"] for m in m) / sum(m["outputs"] * m["inputs"] for m in m)
wrong = 0
for mixed, narrow, wide in ("s4+s8:10%", "s4", "s8"), ("s4+s8:50%", "s4", "s8"), ("s2+s4:25%groups", "s2", "s4"), ("s4+s8:50%groups", "s4", "s8"), ("bcq3", "bcq2", "bcq4"):
    for op in parts:
        share = (bits(mixed, op) - bits(narrow, op)) / (bits(wide, op) - bits(narrow, op))
        expected = cycles(narrow, op) + share * (cycles(wide, op) - cycles(narrow, op))
        print(f"{device} {mixed} {op}: {cycles(mixed, op)} cycles, {100 * share:.1f} % {wide} and the rest {narrow} would be {expected:.0f}")
        wrong += cycles(mixed, op) > 1.005 * expected
        assert 0 <= share < 1
sys.exit(wrong > 0)
PY
done

# What cannot be is refused, with what there is
refused 64 'a mixture is NARROW\+WIDE:P% .* or NARROW\+WIDE:P%groups' "$QUERN" inspect "$model" --weights s4+s8
refused 64 'a mixture is' "$QUERN" inspect "$model" --weights s4+s8:100%
refused 64 'a mixture is' "$QUERN" inspect "$model" --weights s4+s8:10%rows
refused 64 '--weights s9: there is s1 .*bcq4 db NARROW' "$QUERN" inspect "$model" --weights s9+s8:10%
refused 64 '--weights s9: there is s1 ' "$QUERN" inspect "$model" --weights s4+s9:10%groups
refused 64 '--weights bcq3 --group 64: there is 32 128 256' "$QUERN" inspect "$model" --weights bcq3 --group 64
refused 64 '--weights db --group 256: there is 32 128' "$QUERN" inspect "$model" --weights db --group 256
refused 64 's2\+nf4: groups have one length: there is .*32 64 128 256, and 64' "$QUERN" inspect "$model" --weights s2+nf4:10%groups
refused 64 '--group row: groups of a row' "$QUERN" inspect "$model" --weights s2+s4:10%groups --group row
refused 65 "tensor '.*' has type Q.*: sums and mixtures of formats are made of F32, F16 and BF16 alone" "$QUERN" inspect models/quern-stories.gguf --weights bcq2
refused 64 'B1G128 has groups of 128: ggml quantizes activations in blocks of 32 or 256' "$QUERN" inspect "$model" --weights bcq2 --group 128 --act ggml
finish
