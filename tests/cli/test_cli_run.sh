#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# `quern run` and its sisters on the embedded model and the model executor: output, figures, endings.
. "$(dirname "$0")/expect.sh"

# check FILE 'python condition on j, the JSON object'
check() {
    python3 -c 'import json, sys; j = json.load(open(sys.argv[1])); assert eval(sys.argv[2]), j' "$1" "$2" 2> "$work/check" ||
        fail "$2: $(tail -c 600 "$work/check")"
}

"$QUERN" run $MODEL -n 24 --json > "$work/a.json" 2> "$work/err" || fail "run: $(cat "$work/err")"
[ -s "$work/err" ] && fail "something on standard error"
check "$work/a.json" 'len(j["tokens"]) == 24 and j["finish_reason"] == "length" and j["device"] == "model:ulx3s" and j["target"] == "ulx3s"'
check "$work/a.json" 'j["clock_hz"] == 66500000 and j["same_bits"] is None and len(j["digest"]) == 33'
check "$work/a.json" 'j["tokens_taken"] == {"prefill": j["prompt_tokens"], "decode": 23}'
check "$work/a.json" 'all(j["cycles"][k] > 0 for k in ("prefill", "decode", "decode_per_token"))'
check "$work/a.json" '{"matrix", "vector", "load", "store", "array"} <= set(j["cycles"]["by_unit"])'
check "$work/a.json" '{"qkv", "attention", "down", "logits"} <= set(j["cycles"]["by_operator"])'
check "$work/a.json" '0 <= j["cycles"]["decode"] - sum(o["decode"] for o in j["cycles"]["by_operator"].values()) < 200 * 23'
check "$work/a.json" '0 < j["utilization"]["array"] <= 1 / 16 and 0.5 < j["utilization"]["memory"] <= 1'
check "$work/a.json" '{"weights", "kv", "activations", "program"} <= set(j["bytes"])'
check "$work/a.json" 'j["bytes"]["useful"] <= sum(j["bytes"][k] for k in ("weights", "kv", "activations", "program"))'
check "$work/a.json" 'abs(j["tokens_per_second"] * j["cycles"]["decode_per_token"] / j["clock_hz"] - 1) < 1e-6'
check "$work/a.json" 'j["simulator_cycles_per_second"] > 1e5'

# The text is what the tokens spell, streamed or not; the same from a program file, which is the same each time it is compiled
"$QUERN" run $MODEL -n 24 -q > "$work/a.txt" || fail "run -q"
python3 -c 'import json, sys; j = json.load(open(sys.argv[1])); assert open(sys.argv[2]).read() == j["prompt"] + j["text"] + "\n"' \
    "$work/a.json" "$work/a.txt" || fail "streamed text differs"
"$QUERN" compile $MODEL -o "$work/a.qn" --ctx 512 -q && "$QUERN" compile $MODEL -o "$work/b.qn" --ctx 512 -q || fail "compile"
cmp -s "$work/a.qn" "$work/b.qn" || fail "two compilations differ"
"$QUERN" run "$work/a.qn" -n 24 --json > "$work/b.json" || fail "run .qn"
pick='{k: v for k, v in j.items() if "second" not in k}'
python3 -c "import json, sys; a, b = (($pick) for j in map(json.load, map(open, sys.argv[1:]))); assert a == b" "$work/a.json" "$work/b.json" ||
    fail "a .qn file gives something else than its GGUF file"

# Other executors and targets give the same bits
"$QUERN" run $MODEL -n 24 --json --device cpu --beside model > "$work/c.json" || fail "cpu beside model"
check "$work/c.json" "j[\"same_bits\"] is True and j[\"digest\"] == \"$(python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["digest"])' "$work/a.json")\""
for target in mini quad large; do
    "$QUERN" run $MODEL -n 24 --json --device model:$target > "$work/d.json" || fail "$target"
    check "$work/d.json" "j[\"digest\"] == \"$(python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["digest"])' "$work/a.json")\""
    check "$work/d.json" '0.1 < j["utilization"]["memory"] <= 1 and j["bytes"]["useful"] <= sum(j["bytes"][k] for k in ("weights", "kv", "activations", "program"))'
done

# Drawn tokens: the seed decides, on every executor
draw="$QUERN run $MODEL -n 24 -q --temperature 0.9 --top-p 0.95"
$draw --seed 5 > "$work/s5" && $draw --seed 5 --device cpu > "$work/s5cpu" && $draw --seed 6 > "$work/s6" || fail "--temperature"
cmp -s "$work/s5" "$work/s5cpu" || fail "the same seed gives something else on cpu"
cmp -s "$work/s5" "$work/s6" && fail "another seed gives the same text"
$draw --top-k 1 > "$work/s1" && cmp -s "$work/s1" "$work/a.txt" || fail "--top-k 1 is not greedy"

# Endings
"$QUERN" run $MODEL -n 40 --ctx 12 --json > "$work/e.json" || fail "context"
check "$work/e.json" 'j["finish_reason"] == "context" and len(j["tokens"]) + j["prompt_tokens"] == 13'
"$QUERN" run $MODEL -n 40 --ctx 12 | grep -q 'context of 12 tokens is full' || fail "a full context is not said"
"$QUERN" run $MODEL -n 0 --json > "$work/f.json" || fail "-n 0"
check "$work/f.json" 'j["tokens"] == [] and j["text"] == ""'
"$QUERN" run $MODEL -n 100000 --ctx 512 --ignore-eos --weights q8 > "$work/g.txt" 2> "$work/err" &
pid=$!
sleep 0.3
kill -INT $pid
wait $pid
code=$?
{ [ $code = 130 ] && grep -q '(interrupted)' "$work/g.txt" && grep -q 'cycles per token' "$work/g.txt"; } ||
    { [ $code = 0 ] && grep -q 'context of 512' "$work/g.txt"; } || fail "Ctrl-C: exit code $code, $(tail -c 300 "$work/g.txt" "$work/err")"

# Sisters
"$QUERN" --version | grep -Eq '^quern [0-9]' || fail "--version"
for c in run compile inspect devices eval bench explore serve; do
    "$QUERN" $c --help > "$work/help" 2>&1 && grep -q -- --json "$work/help" || fail "$c --help"
done
"$QUERN" devices --json > "$work/h.json" && check "$work/h.json" '{"ulx3s", "mini", "quad", "large"} <= {t["name"] for t in j["targets"]} and {"model", "rtl", "cpu"} <= {k["name"] for k in j["kinds"]}'
"$QUERN" inspect "$work/a.qn" --json > "$work/i.json" && check "$work/i.json" '[s["name"] for s in j["sections"]] == ["model", "matrix", "parts", "marks", "vocab", "image"] and len(j["code"]) == j["instructions"] and j["code"][-1]["text"].startswith("HALT")'
"$QUERN" inspect "$work/a.qn" | grep -q 'attention .*GEMM' || fail "inspect"
"$QUERN" bench $MODEL --device model:ulx3s --at 40 --json > "$work/j.json" && check "$work/j.json" 'j["devices"][0]["chunk"]["tokens"] == 16 and 0.5 < j["devices"][0]["chunk_per_decode_layers"] < 4 and j["devices"][0]["decode"]["cycles"] > j["devices"][0]["layers"]["cycles"]'
printf 'Once upon a time there was a dog.<|endoftext|>\nThe sun was hot.\n' > "$work/text"
"$QUERN" eval $MODEL --text "$work/text" --json > "$work/k.json" && check "$work/k.json" '1 < j["perplexity_float"] < 100 and abs(j["perplexity"] / j["perplexity_float"] - 1) < 0.1 and 0.7 < j["top1_agreement"] <= 1 and j["positions"] > 8 and j["stories"] == 2'
finish
