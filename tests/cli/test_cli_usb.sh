#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# `quern`, as it is, and boards on an emulated USB (tests/driver/usb_bed.c): the same bits as the model executor, weights sent once, what a user
# is told when a board is absent, taken, not his, unplugged.
. "$(dirname "$0")/expect.sh"

coproc BED { exec umockdev-wrapper build/tests/usb_bed 2> "$work/bed"; }
say() {
    echo "$*" >&"${BED[1]}" && read -r answer <&"${BED[0]}" || fail "the bed is gone: $(cat "$work/bed")"
}
say dir 0
export UMOCKDEV_DIR=$answer
quern() { umockdev-wrapper "$QUERN" "$@"; }

refused 69 'usb:: no device: none is plugged in' umockdev-wrapper "$QUERN" run $MODEL -n 4 -d usb:
say plug 0

# same FILE FILE [KEY...]: these keys; without, everything but times and the device's name
same() {
    python3 - "$@" <<'P' || fail "$1 and $2 differ"
import json, sys
a, b = ({k: v for k, v in json.load(open(f)).items() if (k in sys.argv[3:] if sys.argv[3:] else "second" not in k and k != "device")} for f in sys.argv[1:3])
for j in (a, b):
    j.get("cycles", {}).pop("by_operator", None)     # the model alone has them
assert a and a == b, {k: (a.get(k), b.get(k)) for k in a.keys() | b.keys() if a.get(k) != b.get(k)}
P
}
models=("$MODEL")
[ -r ../shared/data/llama/stories260K.gguf ] && models+=(../shared/data/llama/stories260K.gguf)
for m in "${models[@]}"; do
    "$QUERN" run "$m" -n 64 --ignore-eos --json -d model:ulx3s > "$work/model" || fail "model"
    quern run "$m" -n 64 --ignore-eos --json -d usb: > "$work/usb" || fail "usb:"
    same "$work/model" "$work/usb"
    say count 0
    quern run "$m" -n 64 --ignore-eos --json -d usb:QN1000 > "$work/usb" || fail "usb:QN1000"
    same "$work/model" "$work/usb"
    say count 0
    [ "$(cut -d' ' -f3 <<< "$answer")" = 0 ] || fail "the second run sent $answer"
done
"$QUERN" run $MODEL -n 24 -q --temperature 0.9 --seed 7 > "$work/model" && quern run $MODEL -n 24 -q --temperature 0.9 --seed 7 -d usb > "$work/usb" || fail "drawn"
cmp -s "$work/model" "$work/usb" || fail "drawn tokens differ"
# The board's firmware generates and draws
for o in "" "--temperature 0.9 --seed 7" "--temperature 1.2 --top-k 40 --top-p 0.9 --seed 3"; do
    # shellcheck disable=SC2086
    "$QUERN" run $MODEL -n 64 --json $o > "$work/model" && quern run $MODEL -n 64 --json -d usb: --firmware $o > "$work/usb" || fail "--firmware $o"
    same "$work/model" "$work/usb" tokens text digest prompt_tokens finish_reason seed
done
refused 64 '^--firmware: wrong use: it needs a board' "$QUERN" run $MODEL -n 2 --firmware

"$QUERN" compile $MODEL -o "$work/m.qn" --target mini -q || fail "compile"
refused 65 'm.qn: made for another target: compiled for mini, asked for is ulx3s' umockdev-wrapper "$QUERN" run "$work/m.qn" -d usb:

# One process at a time
quern run $MODEL -n 400 --ignore-eos -q -d usb: > "$work/long" 2> "$work/err" &
pid=$!
for _ in $(seq 100); do [ -s "$work/long" ] && break; sleep 0.05; done
refused 75 'usb:: the device is busy: .*another program uses' umockdev-wrapper "$QUERN" run $MODEL -n 4 -d usb:
quern devices > "$work/devices" && grep -q 'usb:QN1000 .*Quern ulx3s: the device is busy' "$work/devices" || fail "devices: $(cat "$work/devices")"

# Unplugged: told at once; the device is free again, and holds the weights
say unplug 0
wait $pid
code=$?
[ $code = 69 ] && grep -q 'usb:QN1000: no device' "$work/err" || fail "unplugged: $code, $(cat "$work/err")"
say plug 0
say count 0
quern run $MODEL -n 8 -q -d usb: > "$work/usb" || fail "after unplugging"
say count 0
[ "$(cut -d' ' -f3 <<< "$answer")" = 0 ] || fail "weights were sent again: $answer"

# --wait: it goes on where it was, the cable pulled or the power off
"$QUERN" run $MODEL -n 200 --ignore-eos --json -d model:ulx3s > "$work/model"
for event in unplug power; do
    say count 0
    say fault 0 out 2000 $event
    quern run $MODEL -n 200 --ignore-eos --json -d usb: --wait 20 > "$work/usb" 2> "$work/err.$event" &
    pid=$!
    for _ in $(seq 400); do [ -s "$work/err.$event" ] && break; sleep 0.05; done
    [ $event = unplug ] && say plug 0
    wait $pid || fail "--wait, $event: $(cat "$work/err.$event")"
    grep -q 'usb:QN1000: .*: waiting for it' "$work/err.$event" || fail "--wait, $event: nothing said"
    same "$work/model" "$work/usb" tokens text digest prompt_tokens tokens_taken finish_reason
done

say fault 0 out 600 unplug
"$QUERN" run $MODEL -n 200 --ignore-eos --json -d model:ulx3s > "$work/model"
quern run $MODEL -n 200 --ignore-eos --json -d usb: --firmware --wait 20 > "$work/usb" 2> "$work/err.firmware" &
pid=$!
for _ in $(seq 400); do [ -s "$work/err.firmware" ] && break; sleep 0.05; done
say plug 0
wait $pid || fail "--firmware, unplugged: $(cat "$work/err.firmware")"
same "$work/model" "$work/usb" tokens text digest finish_reason

# Hung core: told, and the next run works
say hang 0 2
refused 75 'usb:QN1000: time limit reached: .*known answer' umockdev-wrapper "$QUERN" run $MODEL -n 4 -d usb:
quern run $MODEL -n 8 -q -d usb: > "$work/again" && cmp -s "$work/again" <("$QUERN" run $MODEL -n 8 -q) || fail "after a hang"

# Who may not open it is told the rule
if [ "$(id -u)" = 0 ] && command -v setpriv > /dev/null; then
    chmod -R go+rX "$UMOCKDEV_DIR" && chmod go+w "$UMOCKDEV_DIR" && find "$UMOCKDEV_DIR/dev" -name '0*' -exec chmod 600 {} +
    cp "$QUERN" "$MODEL" "$work" && chmod -R go+rX "$work"
    refused 77 'usb:: no permission: .*60-quern.rules.*SUBSYSTEM=="usb".*uaccess' setpriv --reuid 65534 --clear-groups umockdev-wrapper "$work/quern" run "$work/quern-stories.gguf" -d usb:
fi

exec {BED[1]}>&-
finish
