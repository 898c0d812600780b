#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The platform, through the driver and the link's packets: the steps of `quern run` give the machine model's tokens, logits and cache; the
# firmware's own loop gives the tokens that `quern run` draws with the same seed on the machine model. TOKENS=64 (make soak): as many for all.
set -euo pipefail
cd "$(dirname "$0")/../.."
out=build/log/platform
mkdir -p "$out"

# steps MODEL TOKENS [/usb]
steps() {
    build/quern run "$1" -p "Once upon a time" -n "$2" --ignore-eos --device "platform:ulx3s${3:-}" --beside model --json > "$out/steps.json"
    python3 - "$out/steps.json" "$2" << 'PY'
import json, sys
run = json.load(open(sys.argv[1], encoding="utf-8"))
assert run["same_bits"] is True and run["beside"] == "model:ulx3s", "platform and model differ"
assert len(run["tokens"]) == int(sys.argv[2]), len(run["tokens"])
print(f"steps: {len(run['tokens'])} tokens, {run['cycles']['decode_per_token']:.0f} cycles a token")
PY
}

# loop MODEL TOKENS TEMPERATURE TOP_K TOP_P SEED
loop() {
    local run=(build/quern run "$1" -p "Once upon a time" -n "$2" --ignore-eos --temperature "$3" --top-k "$4" --top-p "$5" --seed "$6" --json)
    "${run[@]}" --device platform:ulx3s --firmware > "$out/loop.json"
    "${run[@]}" --device model:ulx3s > "$out/model.json"
    python3 - "$out" "${@:2}" << 'PY'
import json, sys
loop, model = (json.load(open(f"{sys.argv[1]}/{f}.json", encoding="utf-8")) for f in ("loop", "model"))
assert len(loop["tokens"]) == int(sys.argv[2]), loop
assert loop["tokens"] == model["tokens"], (loop["tokens"], model["tokens"])
assert loop["digest"] == model["digest"], (loop["digest"], model["digest"])
n = len(loop["tokens"])
print(f"firmware, temperature {sys.argv[3]}, top-k {sys.argv[4]}, top-p {sys.argv[5]}: {n} tokens, {loop['firmware']['cpu_cycles'] // n} clocks of the CPU a token")
PY
}

build/tests/system/platform_link
build/tests/system/platform_link ulx3s/usb
stories=../shared/data/llama/stories260K.gguf
steps models/quern-stories.gguf "${TOKENS:-2}"
loop models/quern-stories.gguf "${TOKENS:-2}" 0 0 1 0
loop models/quern-stories.gguf "${TOKENS:-3}" 1.3 0 1 11
loop models/quern-stories.gguf "${TOKENS:-3}" 0.8 40 0.95 7
[ -r "$stories" ] || exit 0
steps "$stories" "${TOKENS:-4}"
loop "$stories" "${TOKENS:-8}" 0.9 0 0.9 5
[ -z "${TOKENS:-}" ] || steps "$stories" 4 /usb       # 410 KB of weights at full speed: half a second of the board's
