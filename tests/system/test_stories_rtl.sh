#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# stories260K generates 128 tokens on the RTL: the same tokens, logits and KV bytes as the machine model (in that run) and as the cpu executor,
# which follows the graph; and the text that a float engine gives at first.
set -euo pipefail
cd "$(dirname "$0")/../.."
model=../shared/data/llama/stories260K.gguf
[ -f "$model" ] || { echo "no $model"; exit 77; }
out=build/log
mkdir -p "$out"
for device in rtl:ulx3s cpu; do
    build/quern run "$model" -p "Once upon a time" -n 128 --ignore-eos --device $device --json > "$out/stories_${device%%:*}.json"
done
python3 - "$out" <<'PY'
import json
import sys

rtl, cpu = (json.load(open(f"{sys.argv[1]}/stories_{d}.json", encoding="utf-8")) for d in ("rtl", "cpu"))
assert rtl["same_bits"] is True, "rtl and model differ"
assert len(rtl["tokens"]) == 128, len(rtl["tokens"])
assert rtl["tokens"] == cpu["tokens"], "tokens of rtl and cpu differ"
assert rtl["digest"] == cpu["digest"], (rtl["digest"], cpu["digest"])
assert rtl["text"].startswith(", there was a little girl named Lily. She loved to play"), rtl["text"]
PY
