# SPDX-License-Identifier: Apache-2.0
"""table.py DIR [CEILINGS]: the README's table from the JSON that bench.sh leaves in DIR.
With CEILINGS (tests/system/ceilings.json) it says instead which figure is worse than committed, and ends with 1 if any is."""
import json
import sys


def load(name):
    with open(f"{sys.argv[1]}/{name}.json", encoding="utf-8") as f:
        return json.load(f)


def device(report, name):
    return next(d for d in report["devices"] if d["device"] == name)


shape = load("15m")
rtl, model = device(shape, "rtl:ulx3s"), device(shape, "model:ulx3s")


def logits(name):
    d = device(load(name), "model:ulx3s")
    return d["decode"]["cycles"] - d["layers"]["cycles"]


def speed(name):
    # The best of those measured: the model needs a few milliseconds, in which a machine may do something else
    return max(d["decode"]["simulator_cycles_per_second"] for d in shape["devices"] if d["device"] == name)


bits = logits("q2") / logits("q4")
wide = {t: device(load(t), f"model:{t}") for t in ("quad", "large")}
value = {
    "decode_cycles": rtl["decode"]["cycles"],
    "layers_cycles": rtl["layers"]["cycles"],
    "chunk_cycles": rtl["chunk"]["cycles"],
    "chunk_per_decode_layers": rtl["chunk_per_decode_layers"],
    "two_bits_per_four_bits": bits,
    "quad_decode_cycles": wide["quad"]["decode"]["cycles"],
    "large_decode_cycles": wide["large"]["decode"]["cycles"],
    "memory_idle": 1 - rtl["decode"]["memory"],
    "rtl_speed_per_model_speed": speed("rtl:ulx3s") / speed("model:ulx3s"),
    "prediction_error": max(abs(model[k]["cycles"] / rtl[k]["cycles"] - 1) for k in ("chunk", "layers", "decode")),
}
if len(sys.argv) > 2:
    with open(sys.argv[2], encoding="utf-8") as f:
        ceilings = json.load(f)
    worse = [f"{k}: {value[k]} is above {c}" for k, c in ceilings.items() if value[k] > c]
    print("\n".join(worse))
    sys.exit(1 if worse else 0)

stories = load("stories")
mhz = rtl["clock_hz"] / 1e6
print("| figure | value | command |\n|---|---|---|")
cmd = "`quern bench 15m.gguf --at 128 -d rtl:ulx3s`"
rows = [
    ("15M, decoded token at position 128", f"{value['decode_cycles']:,} cycles, {rtl['decode']['tokens_per_second']:.1f} tokens/s at {mhz:g} MHz", cmd),
    ("- share of the memory stream's cycles in use", f"{100 * rtl['decode']['memory']:.1f} %", cmd),
    ("15M, chunk of 16 prompt tokens, over a decoded token's layers", f"{value['chunk_per_decode_layers']:.3f}", cmd),
    *((f"15M on `{t}`, decoded token at position 128; share of the memory stream's cycles",
       f"{d['decode']['cycles']:,} cycles, {d['decode']['tokens_per_second']:,.0f} tokens/s at {d['clock_hz'] / 1e6:g} MHz; {100 * d['decode']['memory']:.1f} %",
       f"`quern bench 15m.gguf --at 128 -d model:{t}`") for t, d in wide.items()),
    ("2-bit over 4-bit weights, groups of 128, cycles of one 512 x 16,384 matrix", f"{bits:.3f}", "`make bench`"),
    ("cycles that the model predicts, against the RTL's", f"{100 * value['prediction_error']:.4f} % off", cmd),
    ("embedded model on the RTL, same bits and digest as the model", "yes" if stories["same_bits"] else "NO", "`make run`"),
    ("simulator, decoding 15M: RTL", f"{rtl['decode']['simulator_cycles_per_second'] / 1e3:.0f} thousand cycles/s", cmd),
    ("- chunk of a prompt: RTL", f"{rtl['chunk']['simulator_cycles_per_second'] / 1e3:.0f} thousand cycles/s", cmd),
    ("- machine model, times the RTL's speed in the same run", f"{1 / value['rtl_speed_per_model_speed']:.0f} x", cmd),
]
for r in rows:
    print("| " + " | ".join(r) + " |")
