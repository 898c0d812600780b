#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# `quern run` on the RTL: the model executor beside it has the same bits and the same cycles; Ctrl-C inside a step.
. "$(dirname "$0")/expect.sh"
"$QUERN" run $MODEL -n 4 --device rtl:ulx3s --json > "$work/a.json" 2> "$work/err" || fail "run: $(cat "$work/err")"
python3 - "$work/a.json" <<'P' || fail "$(cat "$work/a.json")"
import json, sys
j = json.load(open(sys.argv[1]))
assert j["same_bits"] is True and j["beside"] == "model:ulx3s" and len(j["tokens"]) == 4
assert j["cycles"]["prefill"] + j["cycles"]["decode"] == j["cycles_beside"]
assert sum(j["cycles"]["by_operator"][o]["decode"] for o in j["cycles"]["by_operator"]) > 0.99 * j["cycles"]["decode"]
P
# Rows that take a plane in parts, several stripes, and the other elements: the same tokens, the cycles that the model says
for target in tiny micro quad mini/lut mini/mul; do
    mkdir -p "$work/$(dirname $target)"
    "$QUERN" run $MODEL -n 2 --device rtl:$target --json > "$work/$target.json" 2> "$work/err" || fail "$target: $(cat "$work/err")"
    python3 - "$work/$target.json" "$work/a.json" <<'P' || fail "$(cat "$work/$target.json")"
import json, sys
j, a = (json.load(open(p)) for p in sys.argv[1:])
assert j["same_bits"] is True and j["tokens"] == a["tokens"][:2] and j["cycles"]["prefill"] + j["cycles"]["decode"] == j["cycles_beside"]
P
done
"$QUERN" run $MODEL -n 4 --device rtl:ulx3s | grep -q '^same bits as the model executor: yes$' || fail "same bits: not said"
refused 65 '(not supported|waves)' "$QUERN" run $MODEL -n 1 --device model --waves "$work/x.fst"

"$QUERN" run $MODEL -n 400 --device rtl:ulx3s > "$work/b.txt" 2> "$work/err" &
pid=$!
sleep 4
kill -INT $pid
wait $pid
code=$?
[ $code = 130 ] && grep -q '(interrupted)' "$work/b.txt" && grep -q 'cycles per token' "$work/b.txt" && grep -q 'so far: yes' "$work/b.txt" ||
    fail "Ctrl-C: exit code $code, $(tail -c 600 "$work/b.txt" "$work/err")"
finish
