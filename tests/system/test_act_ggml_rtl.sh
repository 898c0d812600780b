#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# With activations as ggml has them, the RTL generates the same tokens, logits and KV bytes as the machine model (in that run), in the cycles that it
# predicts, and as the cpu executor: legacy types with and without minima, and the K types of the embedded model.
set -euo pipefail
cd "$(dirname "$0")/../.."
out=build/log
mkdir -p "$out"
models=(models/quern-stories.gguf)
for m in ../shared/data/llama/xs279k-{Q5_1,Q4_0}.gguf; do
    if [ -f "$m" ]; then models+=("$m"); fi
done
for m in "${models[@]}"; do
    for device in rtl:ulx3s cpu; do
        build/quern run "$m" -p "Once upon a time" -n 6 --ignore-eos --act ggml --kv 16 --device $device --json > "$out/act_ggml_${device%%:*}.json"
    done
    python3 - "$out" "$m" <<'PY'
import json
import sys

rtl, cpu = (json.load(open(f"{sys.argv[1]}/act_ggml_{d}.json", encoding="utf-8")) for d in ("rtl", "cpu"))
assert rtl["act_ggml"] is True and cpu["act_ggml"] is True, sys.argv[2]
assert rtl["same_bits"] is True, f"{sys.argv[2]}: rtl and model differ"
assert rtl["cycles_beside"] == rtl["cycles"]["prefill"] + rtl["cycles"]["decode"], f"{sys.argv[2]}: {rtl['cycles_beside']} cycles predicted"
assert rtl["tokens"] == cpu["tokens"] and rtl["digest"] == cpu["digest"], f"{sys.argv[2]}: {rtl['digest']} {cpu['digest']}"
PY
done
[ ${#models[@]} = 3 ] || { echo "no ../shared/data: the embedded model only"; exit 77; }
