#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# `quern explore`: every combination once, its figures those of bench, eval and bench/ppa/results.json, the page whole, and what is refused.
. "$(dirname "$0")/expect.sh"
model=../shared/data/llama/stories260K.gguf
[ -r "$model" ] || { echo "no $model"; exit 77; }
head -c 3000 ../shared/data/text/tinystories_dev.txt > "$work/text"

"$QUERN" explore "$model" --element shiftadd,lut,mul --format q4_0,mxfp4 --target ulx3s,mini --text "$work/text" --positions 60 --at 100 --html "$work/x.html" \
    --json > "$work/x.json" || fail "explore"
"$QUERN" bench "$model" --weights s4 --at 100 --device model:ulx3s,model:ulx3s/lut,model:mini --json > "$work/b.json" || fail "bench"
"$QUERN" eval "$model" --weights mx4 --device cpu --text "$work/text" --positions 60 --json > "$work/e.json" || fail "eval"
python3 - "$work" << 'PY' || fail "figures"
import json, re, sys
x, b, e = (json.load(open(f"{sys.argv[1]}/{n}.json")) for n in "xbe")
costs = json.load(open("bench/ppa/results.json"))
points = {(p["target"], p["technology"], p["element"], p["format"]): p for p in x["points"]}
assert len(points) == len(x["points"]) == 2 * 2 * 3 * 2, len(x["points"])
cycles = {d["device"]: d["decode"]["cycles"] for d in b["devices"]}
assert points["ulx3s", "ecp5", "shiftadd", "q4_0"]["cycles"] == cycles["model:ulx3s"]
assert points["ulx3s", "ecp5", "lut", "q4_0"]["cycles"] == cycles["model:ulx3s/lut"]
assert points["mini", "osu018", "mul", "q4_0"]["cycles"] == cycles["model:mini"]
energies = 0
for (target, tech, element, fmt), p in points.items():
    if fmt == "mxfp4":
        assert p["perplexity"] == e["perplexity"] and p["perplexity_float"] == e["perplexity_float"], (p["perplexity"], e["perplexity"])
    c = costs.get("element_" + element, {}).get(tech)  # null: not measured
    rows, clock = {"ulx3s": (16, 66.5e6), "mini": (8, 50e6)}[target]
    if not c:
        assert p["area"] is None and p["energy"] is None
        continue
    assert abs(p["area"] / (c["area"] * rows / c["rows"]) - 1) < 1e-6
    clock = min(clock, 1e6 * c["clock_mhz"])
    assert abs(p["tokens_per_second"] / (clock / p["cycles"]) - 1) < 1e-6
    if tech == "osu018":
        want = 1e-12 * (p["cycles"] * c["energy_idle_pj"] * rows / c["rows"] + p["rows"] * c["energy_row_pj"])
        assert abs(p["energy"] / want - 1) < 1e-6
        energies += 1
    else:
        assert p["energy"] is None
page = open(sys.argv[1] + "/x.html").read()
pictures = 1 + len({t for (_, t, _, _), p in points.items() if p["area"]}) + (energies > 0)
assert page.count("<svg") == page.count("</svg>") == pictures and page.endswith("</body></html>\n"), (page.count("<svg"), pictures)
assert page.count("<tr>") == 1 + len(points)
assert not re.search(r'(src|href)="http', page)
PY

refused 64 'there is shiftadd, lut, mul' "$QUERN" explore "$model" --element systolic
refused 64 'there is ulx3s' "$QUERN" explore "$model" --target nothing
refused 64 'there is ecp5, osu018' "$QUERN" explore "$model" --tech tsmc5
refused 64 'there is .*mx4' "$QUERN" explore "$model" --format q4_9
refused 66 'nothing.gguf' "$QUERN" explore "$work/nothing.gguf"
refused 73 'cannot be written' "$QUERN" explore "$model" --element mul --html "$work/no/such/x.html"
refused 65 'gnuplot' env PATH="$work/empty" "$(realpath "$QUERN")" explore "$model" --element mul --html "$work/y.html"
[ -e "$work/y.html" ] && fail "a page without pictures"
finish
