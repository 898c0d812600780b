#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Measures the README's table and prints it as Markdown; the JSON it is made from stays in build/bench. Needs build/quern and build/synth.
set -euo pipefail
cd "$(dirname "$0")/.."
out=build/bench
mkdir -p "$out"
build/synth -o "$out/15m.gguf"
build/synth -o "$out/square.gguf" --width 512 --layers 1 --heads 8 --kv-heads 8 --hidden 512 --vocab 16384 --type f16 --context 64
build/quern bench "$out/15m.gguf" --at 128 -d rtl:ulx3s,model:ulx3s,model:ulx3s,model:ulx3s --json > "$out/15m.json"
for target in quad large; do
    build/quern bench "$out/15m.gguf" --at 128 -d model:$target --json > "$out/$target.json"
done
for bits in 2 4; do
    build/quern bench "$out/square.gguf" --at 32 --weights q$bits --group 128 -d model:ulx3s --json > "$out/q$bits.json"
done
build/quern run models/quern-stories.gguf -p "Once upon a time" -n 32 --device rtl:ulx3s --json > "$out/stories.json"
python3 bench/table.py "$out"
